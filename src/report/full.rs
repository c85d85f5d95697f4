//! The report for people: each finding with the lines it is about, what to do and where to read
//! more; then what could not be decided, if asked for, the notes and the summary.

use crate::finding::{Finding, FindingLabel, Report, Undetermined};
use crate::source::Span;

use super::snippet::{self, SnippetMark};
use super::{Color, OutputFormat, TextLayout, sanitize, summary, tidy};

/// How the command line offers it.
pub const FORMAT: OutputFormat = OutputFormat {
    name: "full",
    paths_from_repository: false,
    annotations: Some(&super::github::FORMAT),
    render: |asked| {
        Ok(match asked.statistics {
            true => super::statistics::render(asked.report),
            false => render(asked.report, asked.layout, asked.show_undetermined),
        })
    },
};

/// Renders the findings that are not suppressed, in the report's order.
pub fn render(report: &Report, layout: TextLayout, show_undetermined: bool) -> String {
    let mut out = String::new();
    for finding in report.shown() {
        out.push_str(&one(report, finding, layout));
        out.push('\n');
    }
    if show_undetermined {
        out.push_str(&undetermined(report, layout.color));
    }
    out.push_str(&closing(report, layout.color, show_undetermined));
    tidy(&out)
}

fn drawn(report: &Report, finding: &Finding, help: Option<&str>, layout: TextLayout) -> String {
    let marks = marks(report, finding);
    snippet::render(&report.sources, &report.secrets, &marks, help, layout)
}

fn one(report: &Report, finding: &Finding, layout: TextLayout) -> String {
    let mut out = format!("{}\n", heading(finding, layout.color));
    out.push_str(&drawn(report, finding, finding.help.as_deref(), layout));
    for (word, text) in footers(finding) {
        out.push_str(&format!("  {} {text}\n", layout.color.accent(word)));
    }
    out
}

fn heading(finding: &Finding, color: Color) -> String {
    let head = format!("{}[{}]", finding.severity.as_str(), finding.rule);
    let assumed = if finding.certain { "" } else { " (assumed)" };
    format!(
        "{}: {}{assumed}",
        color.severity(finding.severity, &head),
        color.bold(&sanitize::one_line(&finding.message)),
    )
}

/// The primary place first. A label on that very place, around it or within it is its text, not a
/// second underline through the first.
pub(super) fn marks(report: &Report, finding: &Finding) -> Vec<SnippetMark> {
    let belongs = |label: &FindingLabel| nested_in_a_line(report, label.span, finding.primary);
    let (own, others): (Vec<&FindingLabel>, Vec<&FindingLabel>) =
        finding.labels.iter().partition(|label| belongs(label));
    let texts: Vec<&str> = own.iter().map(|label| label.text.as_str()).collect();
    let primary = SnippetMark {
        span: finding.primary,
        text: (!texts.is_empty()).then(|| texts.join("; ")),
        primary: true,
    };
    std::iter::once(primary)
        .chain(others.into_iter().map(|label| SnippetMark {
            span: label.span,
            text: Some(label.text.clone()),
            primary: false,
        }))
        .collect()
}

/// Whether two places share a line and one holds the other.
fn nested_in_a_line(report: &Report, a: Span, b: Span) -> bool {
    let outer = if a.contains(b) { a } else { b };
    let nested = a == b || a.contains(b) || b.contains(a);
    nested && !report.sources.slice(outer).trim_end().contains('\n')
}

fn footers(finding: &Finding) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    if let Some(fix) = &finding.fix {
        let flag = if fix.safe { "--fix" } else { "--unsafe-fixes" };
        lines.push((
            " fix:",
            format!("{} ({flag})", sanitize::one_line(&fix.title)),
        ));
    }
    if !finding.also.is_empty() {
        let names: Vec<String> = std::iter::once(&finding.subject)
            .chain(finding.also.iter().map(|copy| &copy.subject))
            .map(|subject| sanitize::one_line(&subject.name).into_owned())
            .collect();
        lines.push((" for:", names.join(", ")));
    }
    lines.push(("more:", format!("redvet explain {}", finding.rule)));
    lines
}

fn undetermined(report: &Report, color: Color) -> String {
    let mut out = String::new();
    for case in &report.undetermined {
        out.push_str(&undetermined_line(report, case, color));
        out.push('\n');
    }
    if !out.is_empty() {
        out.push('\n');
    }
    out
}

fn undetermined_line(report: &Report, case: &Undetermined, color: Color) -> String {
    let at = report.sources.start(case.at);
    let reasons: Vec<_> = case.reasons.iter().map(|r| sanitize::one_line(r)).collect();
    format!(
        "{} {}:{}:{}: {}: {}",
        color.faint(&format!("undetermined[{}]", case.rule)),
        sanitize::one_line(report.sources.path(case.at)),
        at.line,
        at.column,
        sanitize::one_line(&case.subject.name),
        reasons.join("; "),
    )
}

fn closing(report: &Report, color: Color, listed: bool) -> String {
    let mut out = String::new();
    for note in &report.notes {
        let place = note.path.as_deref().map_or(String::new(), |path| {
            format!("{}: ", sanitize::one_line(path))
        });
        let text = sanitize::one_line(&note.message);
        out.push_str(&format!("{} {place}{text}\n", color.accent("note:")));
    }
    out.push_str(&color.bold(&summary::line(&report.summary, listed)));
    out.push('\n');
    if let Some(hint) = summary::fixable(report) {
        out.push_str(&hint);
        out.push('\n');
    }
    out
}

#[cfg(test)]
pub(super) mod samples {
    //! Reports that the tests of the formats share.

    use crate::finding::*;
    use crate::source::{SourceFile, Sources, Span};

    /// The span of the `nth` occurrence of `needle` in a file.
    pub(in crate::report) fn span_of(sources: &Sources, path: &str, needle: &str) -> Span {
        let (id, file) = sources.iter().find(|(_, f)| f.path() == path).unwrap();
        let at = file.text().find(needle).unwrap();
        Span::new(id, at, at + needle.len())
    }

    pub(in crate::report) fn sources() -> Sources {
        let mut sources = Sources::default();
        sources.add(SourceFile::new(
            "conf/redis.conf",
            "# cache\nmaxmemory 31gb\nrequirepass hunter2\nappendonly yes # keep\n",
        ));
        sources.add(SourceFile::new(
            "deploy/redis.yaml",
            "kind: StatefulSet\nspec:\n  resources:\n    limits:\n      memory: 32Gi\n",
        ));
        sources
    }

    pub(in crate::report) fn finding(rule: &str, severity: Severity, primary: Span) -> Finding {
        Finding {
            rule: rule.to_owned(),
            severity,
            certain: true,
            waivable: true,
            message: "something is wrong".to_owned(),
            help: None,
            url: None,
            primary,
            labels: Vec::new(),
            subject: SubjectRef {
                kind: "server",
                name: "StatefulSet/redis".to_owned(),
            },
            also: Vec::new(),
            parts: Vec::new(),
            fix: None,
            fingerprint: "f00d".to_owned(),
            former: Vec::new(),
            stands_in: false,
            unset: None,
            suppressed: None,
        }
    }

    pub(in crate::report) fn report() -> Report {
        let sources = sources();
        let findings = vec![too_high(&sources), password(&sources), comment(&sources)];
        Report {
            root: String::new(),
            secrets: vec![span_of(&sources, "conf/redis.conf", "hunter2")],
            undetermined: vec![Undetermined {
                rule: "threads/io-threads-too-many".to_owned(),
                subject: findings[0].subject.clone(),
                at: span_of(&sources, "deploy/redis.yaml", "kind"),
                reasons: vec!["no CPU limit is known".to_owned()],
                waits_for_version: false,
            }],
            findings,
            runs: Vec::new(),
            notes: vec![ReportNote {
                path: Some("deploy/redis.yaml".to_owned()),
                message: "the image's own configuration is not visible".to_owned(),
            }],
            gone: Vec::new(),
            summary: ReportSummary {
                files: 2,
                servers: 1,
                clients: 0,
                error: 1,
                warning: 1,
                info: 0,
                undetermined: 1,
                suppressed: 1,
            },
            sources,
        }
    }

    fn too_high(sources: &Sources) -> Finding {
        let primary = span_of(sources, "conf/redis.conf", "31gb");
        Finding {
            message: "maxmemory is 97% of the container's 32 GiB limit".to_owned(),
            help: Some("Set maxmemory to at most 28.16 GiB.".to_owned()),
            url: Some("https://example.org/memory".to_owned()),
            labels: vec![FindingLabel {
                span: span_of(sources, "deploy/redis.yaml", "32Gi"),
                text: "the kernel kills the container above 32 GiB".to_owned(),
            }],
            fix: Some(Fix {
                safe: false,
                title: "Lower maxmemory".to_owned(),
                edits: vec![TextEdit {
                    span: primary,
                    replacement: "30236569763".to_owned(),
                }],
            }),
            ..finding("memory/maxmemory-too-high", Severity::Error, primary)
        }
    }

    fn password(sources: &Sources) -> Finding {
        Finding {
            suppressed: Some(Suppressed {
                by: "comment",
                reason: "a test password".to_owned(),
            }),
            ..finding(
                "security/plaintext-password",
                Severity::Error,
                span_of(sources, "conf/redis.conf", "requirepass hunter2"),
            )
        }
    }

    fn comment(sources: &Sources) -> Finding {
        let primary = span_of(sources, "conf/redis.conf", "# keep");
        Finding {
            certain: false,
            message: "a comment after a value is read as part of it".to_owned(),
            also: vec![FaultCopy {
                subject: SubjectRef {
                    kind: "server",
                    name: "StatefulSet/other".to_owned(),
                },
                at: primary,
            }],
            labels: vec![FindingLabel {
                span: primary,
                text: "the server takes these words as arguments".to_owned(),
            }],
            fix: Some(Fix {
                safe: true,
                title: "Move the comment above its line".to_owned(),
                edits: Vec::new(),
            }),
            ..finding("conf/trailing-comment", Severity::Warning, primary)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::samples::*;
    use super::*;
    use crate::finding::Severity;
    use crate::source::{FileId, SourceFile, Span};

    #[test]
    fn what_a_person_reads() {
        insta::assert_snapshot!(render(&report(), TextLayout::default(), true), @r#"
        error[memory/maxmemory-too-high]: maxmemory is 97% of the container's 32 GiB limit
           ╭─[conf/redis.conf:2:11]
         1 │ # cache
         2 │ maxmemory 31gb
           ·           ────
         3 │ requirepass ***
           ╰────
           ╭─[deploy/redis.yaml:5:15]
         4 │     limits:
         5 │       memory: 32Gi
           ·               ──┬─
           ·                 ╰── the kernel kills the container above 32 GiB
           ╰────
          help: Set maxmemory to at most 28.16 GiB.
           fix: Lower maxmemory (--unsafe-fixes)
          more: redvet explain memory/maxmemory-too-high

        warning[conf/trailing-comment]: a comment after a value is read as part of it (assumed)
           ╭─[conf/redis.conf:4:16]
         3 │ requirepass ***
         4 │ appendonly yes # keep
           ·                ───┬──
           ·                   ╰── the server takes these words as arguments
           ╰────
           fix: Move the comment above its line (--fix)
           for: StatefulSet/redis, StatefulSet/other
          more: redvet explain conf/trailing-comment

        undetermined[threads/io-threads-too-many] deploy/redis.yaml:1:1: StatefulSet/redis: no CPU limit is known

        note: deploy/redis.yaml: the image's own configuration is not visible
        1 error, 1 warning in 2 files (1 server, 0 clients); 1 rule undetermined; 1 suppressed
        1 fixable with --fix, 1 more with --unsafe-fixes
        "#);
    }

    #[test]
    fn a_label_within_the_mark_or_around_it_is_its_text() {
        let sources = sources();
        let line = span_of(&sources, "conf/redis.conf", "maxmemory 31gb");
        let value = span_of(&sources, "conf/redis.conf", "31gb");
        let report = report();
        for (primary, label) in [(line, value), (value, line), (value, value)] {
            let mut finding = finding("a/b", Severity::Info, primary);
            finding.labels = vec![FindingLabel {
                span: label,
                text: "so much".to_owned(),
            }];
            let marks = marks(&report, &finding);
            assert_eq!(marks.len(), 1);
            assert_eq!(marks[0].text.as_deref(), Some("so much"));
        }
    }

    #[test]
    fn a_clean_run_says_so_in_one_line() {
        let mut report = report();
        report.findings.clear();
        report.notes.clear();
        report.summary = crate::finding::ReportSummary {
            files: 14,
            servers: 1,
            clients: 2,
            ..Default::default()
        };
        insta::assert_snapshot!(
            render(&report, TextLayout::default(), false),
            @"No findings in 14 files (1 server, 2 clients)"
        );
    }

    #[test]
    fn secrets_and_escapes_are_not_shown() {
        let mut report = report();
        report.findings.truncate(2);
        report.findings[1].suppressed = None;
        report.findings[0].message = "red \u{1b}[31m".to_owned();
        let text = render(&report, TextLayout::default(), false);
        assert!(!text.contains("hunter2"), "{text}");
        assert!(text.contains("requirepass ***"), "{text}");
        assert!(!text.contains('\u{1b}'), "{text}");
    }

    #[test]
    fn colour_changes_nothing_but_styles() {
        let layout = TextLayout {
            color: Color::Always,
            ..TextLayout::default()
        };
        let colored = render(&report(), layout, true);
        let styles = regex::Regex::new("\u{1b}\\[[0-9;]*m").unwrap();
        assert_ne!(styles.replace_all(&colored, ""), colored);
        let plain: Vec<String> = styles
            .replace_all(&colored, "")
            .lines()
            .map(|l| l.trim_end().to_owned())
            .collect();
        let expected = render(&report(), TextLayout::default(), true);
        assert_eq!(plain, expected.lines().collect::<Vec<_>>());
    }

    fn report_on(text: &str, spans: &[Span], secrets: Vec<Span>) -> Report {
        let mut report = report();
        report.sources = Default::default();
        report.sources.add(SourceFile::new("a.conf", text));
        report.secrets = secrets;
        report.undetermined.clear();
        let mut only = finding("a/b", Severity::Error, spans[0]);
        only.labels = spans[1..]
            .iter()
            .map(|span| FindingLabel {
                span: *span,
                text: "here".to_owned(),
            })
            .collect();
        report.findings = vec![only];
        report
    }

    #[test]
    fn a_mark_far_in_a_long_line_is_shown_with_its_surroundings() {
        let text = format!("{}maxmemory{}\n", "x".repeat(100_000), "y".repeat(100_000));
        let at = 100_000;
        let span = Span::new(FileId(0), at, at + 9);
        let shown = render(
            &report_on(&text, &[span], vec![]),
            TextLayout::default(),
            false,
        );
        assert!(shown.contains("xmaxmemoryy"), "{shown}");
        assert!(shown.lines().all(|l| l.chars().count() < 120), "{shown}");
        assert!(shown.contains("[a.conf:1:100001]"), "{shown}");
    }

    #[test]
    fn a_mark_over_many_lines_shows_its_first_one() {
        let text = "a {\n".to_owned() + &"  b\n".repeat(50) + "}\n";
        let span = Span::new(FileId(0), 0, text.len());
        let shown = render(
            &report_on(&text, &[span], vec![]),
            TextLayout::default(),
            false,
        );
        insta::assert_snapshot!(shown, @r#"
        error[a/b]: something is wrong
           ╭─[a.conf:1:1]
         1 │ a {
           · ───
         2 │   b
           ╰────
          more: redvet explain a/b

        note: deploy/redis.yaml: the image's own configuration is not visible
        1 error, 1 warning in 2 files (1 server, 0 clients); 1 rule undetermined (--show-undetermined); 1 suppressed
        "#);
    }

    proptest! {
        #[test]
        fn rendering_never_panics_nor_leaks(
            text in "([a-zé日\u{1b}\r\n\t\u{202e} ]{0,12}|x{200}|\u{0}\u{7f}){0,12}",
            places in proptest::collection::vec((0usize..400, 0usize..400), 1..5),
            width in 0usize..300,
            secret in (0usize..100, 0usize..100),
        ) {
            let span = |(a, b): (usize, usize)| Span::new(FileId(0), a.min(b), a.max(b));
            let spans: Vec<Span> = places.into_iter().map(span).collect();
            let report = report_on(&text, &spans, vec![span(secret)]);
            let shown = render(&report, TextLayout { color: Color::Never, width }, true);
            prop_assert!(!shown.contains("Failed to read"), "{}", shown);
            prop_assert!(!shown.contains("OutOfBounds"), "{}", shown);
            prop_assert!(shown.chars().all(|c| c == '\n' || !c.is_control()));
            prop_assert!(shown.ends_with('\n') && !shown.ends_with("\n\n"));
            prop_assert!(shown.lines().all(|l| l == l.trim_end()));
        }
    }
}
