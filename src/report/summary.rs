//! The last lines of the formats for people: how much was found in how much, and what can be fixed.

use crate::finding::{Report, ReportSummary};

use super::sanitize;

/// Each note in one line, with the file that it is about.
pub(super) fn notes(report: &Report) -> impl Iterator<Item = String> {
    report.notes.iter().map(|note| {
        let path = note.path.as_deref().map(sanitize::one_line);
        let place = path.map_or(String::new(), |path| format!("{path}: "));
        format!("{place}{}", sanitize::one_line(&note.message))
    })
}

/// `2 errors, 1 info in 14 files (1 server, 2 clients); 5 rule evaluations undetermined
/// (--show-undetermined)`.
/// An evaluation is one rule on one subject. `listed`: they are shown above, so no hint how to list
/// them is needed.
pub(super) fn line(summary: &ReportSummary, listed: bool) -> String {
    let mut text = format!("{} in {}", findings(summary), scope(summary));
    if summary.undetermined > 0 {
        let rules = count(summary.undetermined, "rule evaluation", "rule evaluations");
        let how = if listed { "" } else { " (--show-undetermined)" };
        text.push_str(&format!("; {rules} undetermined{how}"));
    }
    if summary.suppressed > 0 {
        text.push_str(&format!("; {} suppressed", summary.suppressed));
    }
    text
}

/// `14 files (1 server, 2 clients)`: what was read.
pub(super) fn scope(summary: &ReportSummary) -> String {
    format!(
        "{} ({}, {})",
        count(summary.files, "file", "files"),
        count(summary.servers, "server", "servers"),
        count(summary.clients, "client", "clients"),
    )
}

/// How many of the findings shown have a fix, if any has.
pub(super) fn fixable(report: &Report) -> Option<String> {
    let fixes = report.shown_findings().filter_map(|f| f.fix.as_ref());
    let (safe, risky): (Vec<_>, Vec<_>) = fixes.partition(|fix| fix.safe);
    match (safe.len(), risky.len()) {
        (0, 0) => None,
        (safe, 0) => Some(format!("{safe} fixable with --fix")),
        (0, risky) => Some(format!("{risky} fixable with --unsafe-fixes")),
        (safe, risky) => Some(format!(
            "{safe} fixable with --fix, {risky} more with --unsafe-fixes"
        )),
    }
}

/// `2 errors, 1 info`, or that there is none.
pub(super) fn findings(summary: &ReportSummary) -> String {
    let parts: Vec<String> = [
        (summary.error, "error", "errors"),
        (summary.warning, "warning", "warnings"),
        (summary.info, "info", "info"),
    ]
    .into_iter()
    .filter(|(n, _, _)| *n > 0)
    .map(|(n, one, many)| count(n, one, many))
    .collect();
    if parts.is_empty() {
        "No findings".to_owned()
    } else {
        parts.join(", ")
    }
}

fn count(n: usize, one: &str, many: &str) -> String {
    let word = if n == 1 { one } else { many };
    format!("{n} {word}")
}
