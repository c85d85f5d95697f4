//! GitLab Code Quality: the list of issues that a merge request shows
//! (docs.gitlab.com/ci/testing/code_quality, "Code Quality report format"). Each needs a fingerprint
//! of its own; lines start at 1.

use serde_json::{Value, json};

use crate::finding::{Finding, Report, Severity};

use super::{FindingOrder, OutputFormat, PathOrigin, json, sanitize};

/// How the command line offers it.
pub const FORMAT: OutputFormat = OutputFormat {
    name: "gitlab",
    paths_from: PathOrigin::Repository,
    order: FindingOrder::Place,
    annotations: None,
    render: |asked| render(asked.report),
};

pub fn render(report: &Report) -> Result<String, serde_json::Error> {
    let issues = report
        .shown_findings()
        .map(|finding| issue(report, finding));
    let issues: Vec<Value> = issues.collect();
    json::print(&issues)
}

fn issue(report: &Report, finding: &Finding) -> Value {
    let start = report.sources.start(finding.primary);
    let end = report.sources.end(finding.primary);
    let assumed = if finding.certain { "" } else { " (assumed)" };
    let mut issue = json!({
        "type": "issue",
        "description": format!("{}{assumed}", sanitize::one_line(&finding.message)),
        "check_name": finding.rule,
        "fingerprint": finding.fingerprint,
        "severity": severity(finding.severity),
        "location": {
            "path": report.sources.path(finding.primary),
            "lines": { "begin": start.line, "end": end.line },
        },
    });
    if let Some(advice) = finding.advice() {
        issue["content"] = json!({ "body": advice });
    }
    issue
}

/// The words of the format are info, minor, major, critical and blocker.
fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Warning => "minor",
        Severity::Error => "major",
    }
}

#[cfg(test)]
mod tests {
    use super::super::full::samples;

    #[test]
    fn issues_have_lines_from_one_and_a_fingerprint() {
        let text = super::render(&samples::report()).unwrap();
        let issues: serde_json::Value = serde_json::from_str(&text).unwrap();
        let issues = issues.as_array().unwrap();
        assert_eq!(issues.len(), 2, "the suppressed one is left out");
        assert_eq!(issues[0]["location"]["lines"]["begin"], 2);
        assert_eq!(issues[0]["severity"], "major");
        assert_eq!(issues[0]["fingerprint"], "f00d");
    }

    #[test]
    fn no_finding_is_an_empty_list() {
        let mut report = samples::report();
        report.findings.clear();
        assert_eq!(super::render(&report).unwrap(), "[]\n");
    }
}
