//! Fingerprints for consumers that want each of them once: the second finding with the same one is
//! told from the first by a number, in the report's order.

use std::collections::HashMap;

use crate::finding::Report;

/// The fingerprint of every finding, suppressed ones too, so that the numbers do not depend on what
/// is shown.
pub(super) fn unique(report: &Report) -> Vec<String> {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    let findings = report.findings.iter();
    findings
        .map(|finding| {
            let count = seen.entry(finding.fingerprint.as_str()).or_default();
            *count += 1;
            match *count {
                1 => finding.fingerprint.clone(),
                n => format!("{}-{n}", finding.fingerprint),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::full::samples;

    #[test]
    fn equal_ones_are_numbered_whatever_is_shown() {
        let report = samples::report();
        assert_eq!(super::unique(&report), ["f00d", "f00d-2", "f00d-3"]);
    }
}
