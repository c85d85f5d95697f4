//! The first line of a report for people: how many servers and clients have errors, warnings and
//! notes. It is made of severities, kinds of subjects and counts; it knows no rule. A configuration line
//! counts as the server that reads it.

use std::collections::BTreeMap;

use crate::finding::{Finding, Report, Severity, SubjectRef};

use super::sanitize;

/// `1 server has errors; 2 clients have warnings`, each subject under its worst finding.
pub(super) fn verdict_line(report: &Report) -> String {
    let worst = worst_by_subject(report);
    let parts: Vec<String> = Severity::ALL
        .iter()
        .filter_map(|severity| part(&worst, *severity))
        .collect();
    if parts.is_empty() {
        "No findings".to_owned()
    } else {
        parts.join("; ")
    }
}

/// Copies of one fault name the servers that share it, so that each of them counts.
fn worst_by_subject(report: &Report) -> BTreeMap<&SubjectRef, Severity> {
    let mut worst = BTreeMap::new();
    for finding in report.shown_findings() {
        for subject in subjects(finding) {
            let known = worst.entry(subject).or_insert(finding.severity);
            *known = finding.severity.max(*known);
        }
    }
    worst
}

/// What a finding counts for. The same name in another file is the same object, rendered or overlaid.
fn subjects(finding: &Finding) -> impl Iterator<Item = &SubjectRef> {
    let first = finding.subject.counted();
    let copies = finding.also.iter().map(|copy| copy.subject.counted());
    let others = copies.filter(move |copy| (copy.kind, &copy.name) != (first.kind, &first.name));
    std::iter::once(first).chain(others)
}

fn part(worst: &BTreeMap<&SubjectRef, Severity>, severity: Severity) -> Option<String> {
    let mut counts: BTreeMap<usize, Vec<&SubjectRef>> = BTreeMap::new();
    let of_severity = worst.iter().filter(|(_, s)| **s == severity);
    for (subject, _) in of_severity {
        let (order, _) = word(subject.kind);
        counts.entry(order).or_default().push(subject);
    }
    let total: usize = counts.values().map(Vec::len).sum();
    let names: Vec<String> = counts
        .values()
        .map(|subjects| name_subjects(subjects))
        .collect();
    let verb = if total == 1 { "has" } else { "have" };
    let what = match severity {
        Severity::Error => "errors",
        Severity::Warning => "warnings",
        Severity::Info => "notes",
    };
    (total > 0).then(|| format!("{} {verb} {what}", join_names(&names)))
}

/// `2 clients`, or `1 server (Deployment/cache)`: a single server or program is named, since a reader
/// knows it by that name.
fn name_subjects(subjects: &[&SubjectRef]) -> String {
    match subjects {
        [] => String::new(),
        [one] if matches!(one.kind, "server" | "service") => {
            let name = sanitize::one_line(&one.name);
            format!("1 {} ({name})", word(one.kind).1)
        }
        [one] => format!("1 {}", word(one.kind).1),
        [one, ..] => format!("{} {}s", subjects.len(), word(one.kind).1),
    }
}

/// The order in which kinds are named, and the word for one of them.
fn word(kind: &str) -> (usize, &'static str) {
    match kind {
        "server" => (0, "server"),
        "directive" => (1, "configuration line"),
        "client" => (2, "client"),
        "service" => (3, "program"),
        "connection" => (4, "connection"),
        _ => (5, "setting"),
    }
}

fn join_names(names: &[String]) -> String {
    match names {
        [most @ .., last] if !most.is_empty() => format!("{} and {last}", most.join(", ")),
        _ => names.join(""),
    }
}

#[cfg(test)]
mod tests {
    use super::super::full::samples;
    use super::*;

    #[test]
    fn each_subject_counts_once_under_its_worst_finding() {
        let mut report = samples::report();
        assert_eq!(
            verdict_line(&report),
            "1 server (StatefulSet/redis) has errors; 1 server (StatefulSet/other) has warnings"
        );
        let mut client = report.findings[2].clone();
        client.subject.kind = "client";
        report.findings.push(client);
        let mut again = report.findings[2].clone();
        again.subject = report.findings[0].subject.clone();
        report.findings.push(again);
        assert_eq!(
            verdict_line(&report),
            "1 server (StatefulSet/redis) has errors; 1 server (StatefulSet/other) and 1 client have warnings"
        );
    }

    #[test]
    fn a_clean_report_says_so() {
        let mut report = samples::report();
        report.findings.clear();
        assert_eq!(verdict_line(&report), "No findings");
    }
}
