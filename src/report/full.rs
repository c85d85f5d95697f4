//! The report for people: the verdict, then each fault with the lines it is about, what to do and what
//! a fix would change; then what could not be decided, if asked for, the notes and the summary.
//!
//! Findings that say the same are shown once with all their places ([`fault_groups`]); the order is
//! the report's, which the caller has sorted.

use crate::finding::{Finding, FindingLabel, Report, SubjectRef, Undetermined};
use crate::source::Span;

use super::fault_groups::{FaultGroup, PlaceBlock, place_blocks};
use super::fix_preview::{self, LineChange};
use super::marked_lines::{draw_marked_lines, place_of};
use super::snippet::{self, SnippetMark};
use super::verdict_line::verdict_line;
use super::wrap_text::wrap_text;
use super::{Color, FindingOrder, OutputFormat, PathOrigin, TextLayout, sanitize, summary, tidy};

/// How the command line offers it.
pub const FORMAT: OutputFormat = OutputFormat {
    name: "full",
    paths_from: PathOrigin::WorkingFolder,
    order: FindingOrder::Severity,
    annotations: Some(&super::github::FORMAT),
    render: |asked| {
        let detail = FullDetail {
            undetermined: asked.show_undetermined,
            every_place: asked.every_place,
            findings_only: asked.findings_only,
        };
        Ok(match asked.statistics {
            true => super::statistics::render(asked.report, asked.every_place),
            false => render(asked.report, asked.layout, detail),
        })
    },
};

/// Places of one fault that are drawn in its own file before the rest is counted.
const MAX_DRAWN: usize = 8;

/// Places of one fault elsewhere that are listed before the rest is counted.
const MAX_LISTED: usize = 3;

/// What stands before the text of a changed line.
const PREVIEW_INDENT: usize = 9;

/// The end of a report with findings.
const ABOUT_A_RULE: &str = "more about a rule: redvet explain RULE";

/// Lines of a fix that are shown.
const MAX_CHANGED: usize = 8;

/// How much is shown.
#[derive(Clone, Copy, Debug, Default)]
pub struct FullDetail {
    /// What could not be decided, and why.
    pub undetermined: bool,
    /// Every place of a fault that has many.
    pub every_place: bool,
    /// No verdict, notes, summary or hints.
    pub findings_only: bool,
}

/// Renders the findings that are not suppressed, in the report's order.
pub fn render(report: &Report, layout: TextLayout, detail: FullDetail) -> String {
    let view = FullView {
        report,
        layout,
        detail,
    };
    let mut out = String::new();
    if detail.findings_only && report.shown_findings().next().is_none() {
        return out;
    }
    if !detail.findings_only && report.shown_findings().next().is_some() {
        let verdict = wrap_text(&verdict_line(report), view.columns(), 0, 2);
        out.push_str(&view.bold_lines(&verdict));
        out.push('\n');
    }
    for block in place_blocks(report) {
        out.push_str(&view.block(&block));
        out.push('\n');
    }
    if detail.undetermined {
        out.push_str(&undetermined(report, layout.color));
    }
    if !detail.findings_only {
        out.push_str(&view.closing());
    }
    tidy(&out)
}

/// A report on its way to a terminal.
struct FullView<'a> {
    report: &'a Report,
    layout: TextLayout,
    detail: FullDetail,
}

impl FullView<'_> {
    fn columns(&self) -> usize {
        self.layout.width.max(40)
    }

    fn bold_lines(&self, lines: &[String]) -> String {
        let bold = lines.iter().map(|line| self.layout.color.bold(line) + "\n");
        bold.collect()
    }

    /// The first group with its snippet; of the others, only what that snippet does not show.
    fn block(&self, block: &PlaceBlock<'_>) -> String {
        let mut out = String::new();
        let mut drawn: Vec<(Span, Option<String>)> = vec![(block.at, None)];
        for (at, group) in block.groups.iter().enumerate() {
            if at > 0 {
                out.push('\n');
            }
            out.push_str(&self.heading(group));
            let in_file = self.places_to_draw(group);
            let marks: Vec<SnippetMark> = in_file
                .iter()
                .flat_map(|finding| marks(self.report, finding))
                .collect();
            let mut fresh = Vec::new();
            for mark in marks {
                let key = (mark.span, mark.text.clone());
                let is_place = at == 0 && key == (block.at, None);
                if is_place || !drawn.contains(&key) {
                    drawn.push(key);
                    fresh.push(mark);
                }
            }
            // A finding about a file stands on each of its lines.
            let places = in_file.len().max(group.first.parts.len().min(fresh.len()));
            if !self.detail.every_place {
                fresh.truncate(MAX_DRAWN.max(in_file.len()));
            }
            out.push_str(&self.snippet(&fresh, places));
            out.push_str(&self.footers(group, &in_file));
        }
        out
    }

    /// One place with the lines around it; several by their lines alone.
    fn snippet(&self, marks: &[SnippetMark], places: usize) -> String {
        let (sources, secrets) = (&self.report.sources, &self.report.secrets);
        match (marks.is_empty(), places) {
            (true, _) => String::new(),
            (false, 1) => snippet::render(sources, secrets, marks, self.layout),
            _ => draw_marked_lines(self.report, marks, self.layout),
        }
    }

    /// The findings of a group whose lines are drawn: those in the first one's file.
    fn places_to_draw<'f>(&self, group: &FaultGroup<'f>) -> Vec<&'f Finding> {
        let most = if self.detail.every_place {
            usize::MAX
        } else {
            MAX_DRAWN
        };
        let file = group.first.primary.file;
        let in_file = group.findings().filter(|f| f.primary.file == file);
        in_file.take(most).collect()
    }

    fn heading(&self, group: &FaultGroup<'_>) -> String {
        let (first, color) = (group.first, self.layout.color);
        let head = format!("{}[{}]", first.severity.as_str(), first.rule);
        let mut message = sanitize::one_line(&first.message).into_owned();
        let places = format!("{} places", group.len());
        let asides: Vec<&str> = [
            (!first.certain).then_some("assumed"),
            (group.len() > 1).then_some(places.as_str()),
        ]
        .into_iter()
        .flatten()
        .collect();
        if !asides.is_empty() {
            message.push_str(&format!(" ({})", asides.join(", ")));
        }
        let taken = head.chars().count() + 2;
        let lines = wrap_text(&message, self.columns(), taken, 4);
        let head = color.severity(first.severity, &head);
        format!("{head}: {}", self.bold_lines(&lines))
    }

    fn footers(&self, group: &FaultGroup<'_>, in_file: &[&Finding]) -> String {
        let mut out = String::new();
        if let Some(help) = &group.first.help {
            out.push_str(&self.footer("help:", &sanitize::lines(help)));
        }
        out.push_str(&self.fix(group));
        if let Some(obstacle) = &group.first.fix_obstacle {
            let text = format!("not offered: {}", sanitize::one_line(obstacle));
            out.push_str(&self.footer(" fix:", &text));
        }
        let same = group
            .first
            .also
            .iter()
            .filter(|copy| copy.at == group.first.primary);
        let names: Vec<String> = std::iter::once(&group.first.subject)
            .chain(same.map(|copy| &copy.subject))
            .map(name)
            .collect();
        if names.len() > 1 {
            out.push_str(&self.footer(" for:", &names.join(", ")));
        }
        out.push_str(&self.other_places(group, in_file));
        out
    }

    fn footer(&self, word: &str, text: &str) -> String {
        let indent = 2 + word.len() + 1;
        let lines = wrap_text(text, self.columns(), indent, indent);
        format!(
            "  {} {}\n",
            self.layout.color.accent(word),
            lines.join("\n")
        )
    }

    /// The first fix of a group, with what it changes.
    fn fix(&self, group: &FaultGroup<'_>) -> String {
        let fixes: Vec<_> = group.findings().filter_map(|f| f.fix.as_ref()).collect();
        let Some(fix) = fixes.first() else {
            return String::new();
        };
        let flag = if fix.safe { "--fix" } else { "--unsafe-fixes" };
        let some = if fixes.len() < group.len() {
            format!("; {} of {} places", fixes.len(), group.len())
        } else {
            String::new()
        };
        let title = sanitize::one_line(&fix.title);
        let mut out = self.footer(" fix:", &format!("{title} ({flag}{some})"));
        let hunks = fix_preview::hunks(self.report, fix);
        let lines = hunks.iter().flat_map(|hunk| &hunk.lines);
        let changed = lines.filter(|line| line.change != LineChange::Kept);
        let changed: Vec<_> = changed.collect();
        for line in changed.iter().take(MAX_CHANGED) {
            let mark = if line.change == LineChange::Added {
                '+'
            } else {
                '-'
            };
            let room = self.columns().saturating_sub(PREVIEW_INDENT);
            let text = around_change(&line.text, line.first_difference, room);
            let text = text.replace('\t', "    ");
            let text = format!("       {mark} {}", sanitize::one_line(&text));
            out.push_str(&clip_text(&text, self.columns()));
            out.push('\n');
        }
        if changed.len() > MAX_CHANGED {
            let left = changed.len() - MAX_CHANGED;
            out.push_str(&format!("       and {left} more lines (--diff)\n"));
        }
        out
    }

    /// The places of a group that no snippet shows.
    fn other_places(&self, group: &FaultGroup<'_>, in_file: &[&Finding]) -> String {
        let drawn: Vec<Span> = in_file.iter().map(|finding| finding.primary).collect();
        let own = group.findings().map(|f| (f.primary, &f.subject));
        let copies = group.findings().flat_map(|finding| {
            let elsewhere = finding
                .also
                .iter()
                .filter(|copy| copy.at != finding.primary);
            elsewhere.map(|copy| (copy.at, &copy.subject))
        });
        let mut places: Vec<(Span, &SubjectRef)> = own.chain(copies).collect();
        places.retain(|(at, _)| !drawn.contains(at));
        places.sort_unstable();
        places.dedup_by_key(|(at, _)| *at);
        let most = if self.detail.every_place {
            places.len()
        } else {
            MAX_LISTED
        };
        let mut out = String::new();
        for (at, subject) in places.iter().take(most) {
            let mut text = place_of(self.report, *at);
            let path = self.report.sources.path(*at);
            let is_known = subject.name == group.first.subject.name;
            if !is_known && !subject.name.starts_with(path) {
                text.push_str(&format!(" ({})", name(subject)));
            }
            let mut here = group.findings().filter(|finding| finding.primary == *at);
            if let Some(obstacle) = here.find_map(|finding| finding.fix_obstacle.as_deref()) {
                text.push_str(&format!(
                    " (fix not offered: {})",
                    sanitize::one_line(obstacle)
                ));
            }
            out.push_str(&self.footer("also:", &text));
        }
        let left = places.len().saturating_sub(most);
        if left > 0 {
            out.push_str(&self.footer("also:", &format!("and {left} more like this (--all)")));
        }
        out
    }

    fn closing(&self) -> String {
        let (report, color) = (self.report, self.layout.color);
        let mut out = String::new();
        for note in summary::notes(report) {
            let lines = wrap_text(&note, self.columns(), 6, 6);
            out.push_str(&format!("{} {}\n", color.accent("note:"), lines.join("\n")));
        }
        if report.shown_findings().any(|finding| !finding.certain) {
            let text = "rests on a value or link that redvet inferred; redvet.toml can state it";
            out.push_str(&format!("{} {text}\n", color.accent("assumed:")));
        }
        let listed = self.detail.undetermined;
        out.push_str(&color.bold(&summary::line(&report.summary, listed)));
        out.push('\n');
        let about = report
            .shown_findings()
            .next()
            .map(|_| ABOUT_A_RULE.to_owned());
        let hints: Vec<String> = summary::fixable(report).into_iter().chain(about).collect();
        if !hints.is_empty() {
            out.push_str(&hints.join("; "));
            out.push('\n');
        }
        out
    }
}

fn name(subject: &SubjectRef) -> String {
    sanitize::one_line(&subject.name).into_owned()
}

/// The part of a long line that holds its change: without it both lines would look the same.
fn around_change(text: &str, change: usize, room: usize) -> String {
    let before = room / 3;
    if text.chars().count() <= room || change < room - before {
        return text.to_owned();
    }
    let rest: String = text.chars().skip(change - before).collect();
    format!("…{rest}")
}

fn clip_text(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut text: String = text.chars().take(most.saturating_sub(1)).collect();
    text.push('…');
    text
}

/// The primary place first. A label on that very place, around it or within it is its text, not a
/// second underline through the first.
pub(super) fn marks(report: &Report, finding: &Finding) -> Vec<SnippetMark> {
    let belongs = |label: &FindingLabel| is_nested_in_line(report, label.span, finding.primary);
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
fn is_nested_in_line(report: &Report, a: Span, b: Span) -> bool {
    let outer = if a.contains(b) { a } else { b };
    let nested = a == b || a.contains(b) || b.contains(a);
    nested && !report.sources.slice(outer).trim_end().contains('\n')
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
            consequence: None,
            help: None,
            url: None,
            primary,
            labels: Vec::new(),
            subject: SubjectRef::new("server", "StatefulSet/redis".to_owned()),
            also: Vec::new(),
            parts: Vec::new(),
            fix: None,
            fix_obstacle: None,
            fingerprint: "f00d".to_owned(),
            former: Vec::new(),
            stands_in: false,
            unset: None,
            item: None,
            object: None,
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
                subject: SubjectRef::new("server", "StatefulSet/other".to_owned()),
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

    const LISTED: FullDetail = FullDetail {
        undetermined: true,
        every_place: false,
        findings_only: false,
    };

    #[test]
    fn what_a_person_reads() {
        insta::assert_snapshot!(render(&report(), TextLayout::default(), LISTED), @r#"
        1 server (StatefulSet/redis) has errors; 1 server (StatefulSet/other) has warnings

        error[memory/maxmemory-too-high]: maxmemory is 97% of the container's 32 GiB limit
           ╭─[conf/redis.conf:2:11]
         1 │ # cache
         2 │ maxmemory 31gb
           ·           ────
           ╭─[deploy/redis.yaml:5:15]
         4 │     limits:
         5 │       memory: 32Gi
           ·               ──┬─
           ·                 ╰── the kernel kills the container above 32 GiB
          help: Set maxmemory to at most 28.16 GiB.
           fix: Lower maxmemory (--unsafe-fixes)
               - maxmemory 31gb
               + maxmemory 30236569763

        warning[conf/trailing-comment]: a comment after a value is read as part of it (assumed)
           ╭─[conf/redis.conf:4:16]
         3 │ requirepass ***
         4 │ appendonly yes # keep
           ·                ───┬──
           ·                   ╰── the server takes these words as arguments
           fix: Move the comment above its line (--fix)
           for: StatefulSet/redis, StatefulSet/other

        undetermined[threads/io-threads-too-many] deploy/redis.yaml:1:1: StatefulSet/redis: no CPU limit is known

        note: deploy/redis.yaml: the image's own configuration is not visible
        assumed: rests on a value or link that redvet inferred; redvet.toml can state it
        1 error, 1 warning in 2 files (1 server, 0 clients); 1 rule evaluation undetermined; 1 suppressed
        1 fixable with --fix, 1 more with --unsafe-fixes; more about a rule: redvet explain RULE
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
            render(&report, TextLayout::default(), FullDetail::default()),
            @"No findings in 14 files (1 server, 2 clients)"
        );
    }

    #[test]
    fn secrets_and_escapes_are_not_shown() {
        let mut report = report();
        report.findings.truncate(2);
        report.findings[1].suppressed = None;
        report.findings[0].message = "red \u{1b}[31m".to_owned();
        let text = render(&report, TextLayout::default(), FullDetail::default());
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
        let colored = render(&report(), layout, LISTED);
        let styles = regex::Regex::new("\u{1b}\\[[0-9;]*m").unwrap();
        assert_ne!(styles.replace_all(&colored, ""), colored);
        let plain: Vec<String> = styles
            .replace_all(&colored, "")
            .lines()
            .map(|l| l.trim_end().to_owned())
            .collect();
        let expected = render(&report(), TextLayout::default(), LISTED);
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
            FullDetail::default(),
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
            FullDetail::default(),
        );
        insta::assert_snapshot!(shown, @r#"
        1 server (StatefulSet/redis) has errors

        error[a/b]: something is wrong
           ╭─[a.conf:1:1]
         1 │ a {
           · ───

        note: deploy/redis.yaml: the image's own configuration is not visible
        1 error, 1 warning in 2 files (1 server, 0 clients); 1 rule evaluation undetermined (--show-undetermined); 1 suppressed
        more about a rule: redvet explain RULE
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
            let shown = render(&report, TextLayout { color: Color::Never, width }, LISTED);
            prop_assert!(!shown.contains("Failed to read"), "{}", shown);
            prop_assert!(!shown.contains("OutOfBounds"), "{}", shown);
            prop_assert!(shown.chars().all(|c| c == '\n' || !c.is_control()));
            prop_assert!(shown.ends_with('\n') && !shown.ends_with("\n\n"));
            prop_assert!(shown.lines().all(|l| l == l.trim_end()));
        }
    }
}
