//! GitHub workflow commands: one line a finding, from which the runner makes an annotation on the
//! line of the pull request.
//!
//! The form and the escapes are those of the runner's own toolkit (actions/toolkit,
//! `packages/core/src/command.ts`): `%`, carriage return and line feed in the message; `:` and `,`
//! in properties as well.

use crate::finding::{Finding, Report, Severity};

use super::{FindingOrder, OutputFormat, PathOrigin, sanitize};

/// How the command line offers it.
pub const FORMAT: OutputFormat = OutputFormat {
    name: "github",
    paths_from: PathOrigin::Repository,
    order: FindingOrder::Place,
    annotations: None,
    render: |asked| Ok(render(asked.report)),
};

pub fn render(report: &Report) -> String {
    report
        .shown_findings()
        .map(|finding| line(report, finding))
        .collect()
}

fn line(report: &Report, finding: &Finding) -> String {
    let command = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    };
    let properties: Vec<String> = properties(report, finding)
        .into_iter()
        .map(|(name, value)| format!("{name}={}", property(&value)))
        .collect();
    format!(
        "::{command} {}::{}\n",
        properties.join(","),
        data(&message(finding))
    )
}

/// Columns are left out where the place has several lines: the runner knows them within one only.
fn properties(report: &Report, finding: &Finding) -> Vec<(&'static str, String)> {
    let start = report.sources.start(finding.primary);
    let end = report.sources.end(finding.primary);
    let mut all = vec![
        ("title", format!("redvet ({})", finding.rule)),
        // A log is read in a terminal too.
        (
            "file",
            sanitize::one_line(report.sources.path(finding.primary)).into_owned(),
        ),
        ("line", start.line.to_string()),
        ("endLine", end.line.to_string()),
    ];
    if start.line == end.line {
        all.push(("col", start.column.to_string()));
        all.push(("endColumn", end.column.to_string()));
    }
    all
}

fn message(finding: &Finding) -> String {
    let assumed = if finding.certain { "" } else { " (assumed)" };
    let message = sanitize::one_line(&finding.message);
    match finding.advice() {
        Some(advice) => format!("{message}{assumed}\n{}", sanitize::lines(&advice)),
        None => format!("{message}{assumed}"),
    }
}

fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::super::full::samples;

    #[test]
    fn a_command_a_finding() {
        insta::assert_snapshot!(super::render(&samples::report()), @r#"
        ::error title=redvet (memory/maxmemory-too-high),file=conf/redis.conf,line=2,endLine=2,col=11,endColumn=15::maxmemory is 97%25 of the container's 32 GiB limit%0ASet maxmemory to at most 28.16 GiB.
        ::warning title=redvet (conf/trailing-comment),file=conf/redis.conf,line=4,endLine=4,col=16,endColumn=22::a comment after a value is read as part of it (assumed)
        "#);
    }

    #[test]
    fn nothing_in_a_finding_can_end_its_command_or_start_another() {
        let mut report = samples::report();
        report.findings.truncate(1);
        report.findings[0].message = "50%\r\n::error::forged".to_owned();
        report.findings[0].rule = "a/b,line=9::x".to_owned();
        let text = super::render(&report);
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(
            text.contains("title=redvet (a/b%2Cline=9%3A%3Ax),file="),
            "{text}"
        );
        assert!(text.contains("::50%25"), "{text}");
    }

    #[test]
    fn a_place_of_several_lines_has_no_columns() {
        let mut report = samples::report();
        report.findings.truncate(1);
        report.findings[0].primary.end += 8;
        let text = super::render(&report);
        assert!(text.contains("line=2,endLine=3::"), "{text}");
    }
}
