//! JSON Lines: one finding a line, each the object that the JSON report holds in `findings`. Nothing
//! is printed where nothing is found. Suppressed findings are left out.

use crate::finding::Report;

use super::{FindingOrder, OutputFormat, PathOrigin, json};

/// How the command line offers it.
pub const FORMAT: OutputFormat = OutputFormat {
    name: "jsonl",
    paths_from: PathOrigin::Project,
    order: FindingOrder::Place,
    annotations: None,
    render: |asked| render(asked.report),
};

pub fn render(report: &Report) -> Result<String, serde_json::Error> {
    report
        .shown_findings()
        .map(|finding| json::line(&report.sources, finding))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::full::samples;

    #[test]
    fn each_line_is_a_finding_of_the_json_report() {
        let report = samples::report();
        let whole: serde_json::Value =
            serde_json::from_str(&super::json::render(&report).unwrap()).unwrap();
        let text = super::render(&report).unwrap();
        let lines: Vec<serde_json::Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let shown = [&whole["findings"][0], &whole["findings"][2]];
        assert_eq!(lines.iter().collect::<Vec<_>>(), shown);
    }

    #[test]
    fn a_message_cannot_break_its_line() {
        let mut report = samples::report();
        report.findings.truncate(1);
        report.findings[0].message = "a\nb\u{2028}c".to_owned();
        let text = super::render(&report).unwrap();
        assert_eq!(text.lines().count(), 1);
        assert!(text.contains(r"a\nb\u2028c"), "{text}");
    }

    #[test]
    fn no_finding_is_no_line() {
        let mut report = samples::report();
        report.findings.clear();
        assert_eq!(super::render(&report).unwrap(), "");
    }
}
