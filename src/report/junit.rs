//! JUnit XML: a suite a file, a failing case a finding, and one passing case where nothing is found,
//! since a run without cases counts as broken in many viewers. No times: the same input gives the
//! same bytes.

use std::fmt::Write;

use crate::finding::{Finding, Report};

use super::{FindingOrder, OutputFormat, PathOrigin, sanitize, summary};

/// How the command line offers it.
pub const FORMAT: OutputFormat = OutputFormat {
    name: "junit",
    paths_from: PathOrigin::Repository,
    order: FindingOrder::Place,
    annotations: None,
    render: |asked| Ok(render(asked.report)),
};

pub fn render(report: &Report) -> String {
    let shown: Vec<&Finding> = report.shown_findings().collect();
    let cases = shown.len().max(1);
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let failures = shown.len();
    let _ = writeln!(
        out,
        "<testsuites name=\"redvet\" tests=\"{cases}\" failures=\"{failures}\" errors=\"0\">"
    );
    if shown.is_empty() {
        out.push_str(&clean(report));
    }
    for findings in shown.chunk_by(|a, b| a.primary.file == b.primary.file) {
        out.push_str(&suite(report, findings));
    }
    out.push_str("</testsuites>\n");
    out
}

fn clean(report: &Report) -> String {
    let said = attribute(&summary::line(&report.summary, true));
    format!(
        "  <testsuite name=\"redvet\" tests=\"1\" failures=\"0\" errors=\"0\">\n    \
         <testcase name=\"{said}\" classname=\"redvet\"/>\n  </testsuite>\n"
    )
}

/// The findings of one file; they follow each other in a report.
fn suite(report: &Report, findings: &[&Finding]) -> String {
    let path = findings
        .first()
        .map_or("", |finding| report.sources.path(finding.primary));
    let count = findings.len();
    let mut out = format!(
        "  <testsuite name=\"{}\" tests=\"{count}\" failures=\"{count}\" errors=\"0\">\n",
        attribute(path)
    );
    for finding in findings {
        out.push_str(&case(report, finding));
    }
    out.push_str("  </testsuite>\n");
    out
}

fn case(report: &Report, finding: &Finding) -> String {
    let path = report.sources.path(finding.primary);
    let start = report.sources.start(finding.primary);
    let assumed = if finding.certain { "" } else { " (assumed)" };
    let message = format!("{}{assumed}", sanitize::one_line(&finding.message));
    let mut body = format!("{path}:{}:{}: {message}", start.line, start.column);
    if let Some(advice) = finding.advice() {
        let _ = write!(body, "\nhelp: {advice}");
    }
    format!(
        "    <testcase name=\"{} (line {})\" classname=\"{}\" file=\"{}\" line=\"{}\">\n      \
         <failure message=\"{}\" type=\"{}\">{}</failure>\n    </testcase>\n",
        attribute(&finding.rule),
        start.line,
        attribute(path),
        attribute(path),
        start.line,
        attribute(&message),
        finding.severity.as_str(),
        text(&body),
    )
}

fn attribute(text: &str) -> String {
    sanitize::escape_markup(&sanitize::one_line(text))
}

fn text(text: &str) -> String {
    sanitize::escape_markup(&sanitize::lines(text))
}

#[cfg(test)]
mod tests {
    use super::super::full::samples;

    #[test]
    fn a_suite_a_file_and_a_failure_a_finding() {
        insta::assert_snapshot!(super::render(&samples::report()), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="redvet" tests="2" failures="2" errors="0">
          <testsuite name="conf/redis.conf" tests="2" failures="2" errors="0">
            <testcase name="memory/maxmemory-too-high (line 2)" classname="conf/redis.conf" file="conf/redis.conf" line="2">
              <failure message="maxmemory is 97% of the container&#39;s 32 GiB limit" type="error">conf/redis.conf:2:11: maxmemory is 97% of the container&#39;s 32 GiB limit
        help: Set maxmemory to at most 28.16 GiB.</failure>
            </testcase>
            <testcase name="conf/trailing-comment (line 4)" classname="conf/redis.conf" file="conf/redis.conf" line="4">
              <failure message="a comment after a value is read as part of it (assumed)" type="warning">conf/redis.conf:4:16: a comment after a value is read as part of it (assumed)</failure>
            </testcase>
          </testsuite>
        </testsuites>
        "#);
    }

    #[test]
    fn a_clean_run_has_a_passing_case() {
        let mut report = samples::report();
        report.findings.clear();
        report.summary = crate::finding::ReportSummary::default();
        let text = super::render(&report);
        assert!(text.contains("tests=\"1\" failures=\"0\""), "{text}");
        assert!(text.contains("<testcase name=\"No findings in"), "{text}");
        assert!(!text.contains("<failure"), "{text}");
    }

    #[test]
    fn markup_and_controls_in_a_message_stay_text() {
        let mut report = samples::report();
        report.findings.truncate(1);
        report.findings[0].message = "</failure>\"&'\u{1}\u{ffff}\n".to_owned();
        let text = super::render(&report);
        assert!(
            text.contains("message=\"&lt;/failure&gt;&quot;&amp;&#39;␁\u{fffd}\""),
            "{text}"
        );
        assert_eq!(text.matches("</failure>").count(), 1);
    }
}
