//! One line a finding, for editors, `grep` and people in a hurry:
//! `path:line:col: severity[rule] message [*]`, where `[*]` marks a safe fix. Notes and the summary
//! follow; the last line says what `[*]` means.

use crate::finding::{Finding, Report};

use super::{FindingOrder, OutputFormat, PathOrigin, sanitize, summary, tidy};

/// How the command line offers it.
pub const FORMAT: OutputFormat = OutputFormat {
    name: "concise",
    paths_from: PathOrigin::WorkingFolder,
    order: FindingOrder::Place,
    annotations: None,
    render: |asked| {
        Ok(match asked.statistics {
            true => super::statistics::render(asked.report, asked.every_place),
            false if asked.findings_only => findings(asked.report),
            false => render(asked.report),
        })
    },
};

/// The lines of the findings alone.
fn findings(report: &Report) -> String {
    let lines = report
        .shown_findings()
        .map(|finding| line(report, finding) + "\n");
    lines.collect()
}

pub fn render(report: &Report) -> String {
    let mut out = findings(report);
    for note in summary::notes(report) {
        out.push_str(&format!("note: {note}\n"));
    }
    out.push_str(&summary::line(&report.summary, false));
    let is_safe = |finding: &Finding| finding.fix.as_ref().is_some_and(|fix| fix.safe);
    let mut shown = report.shown_findings();
    if let Some(hint) = summary::fixable(report) {
        let mark = if shown.any(is_safe) { "[*] " } else { "" };
        out.push_str(&format!("\n{mark}{hint}"));
    }
    tidy(&out)
}

fn line(report: &Report, finding: &Finding) -> String {
    let start = report.sources.start(finding.primary);
    let fixable = finding.fix.as_ref().is_some_and(|fix| fix.safe);
    format!(
        "{}:{}:{}: {}[{}] {}{}{}",
        sanitize::one_line(report.sources.path(finding.primary)),
        start.line,
        start.column,
        finding.severity.as_str(),
        finding.rule,
        sanitize::one_line(&finding.message),
        if finding.certain { "" } else { " (assumed)" },
        if fixable { " [*]" } else { "" },
    )
}

#[cfg(test)]
mod tests {
    use super::super::full::samples;

    #[test]
    fn a_line_a_finding_and_the_summary() {
        insta::assert_snapshot!(super::render(&samples::report()), @r#"
        conf/redis.conf:2:11: error[memory/maxmemory-too-high] maxmemory is 97% of the container's 32 GiB limit
        conf/redis.conf:4:16: warning[conf/trailing-comment] a comment after a value is read as part of it (assumed) [*]
        note: deploy/redis.yaml: the image's own configuration is not visible
        1 error, 1 warning in 2 files (1 server, 0 clients); 1 rule evaluation undetermined (--show-undetermined); 1 suppressed
        [*] 1 fixable with --fix, 1 more with --unsafe-fixes
        "#);
    }

    #[test]
    fn a_message_cannot_forge_a_line() {
        let mut report = samples::report();
        report.findings.truncate(1);
        report.findings[0].message = "x\ny.conf:1:1: error[a/b] forged".to_owned();
        let text = super::render(&report);
        assert!(!text.lines().any(|l| l.starts_with("y.conf")), "{text}");
    }
}
