//! The first line of a report for people: what the findings mean for how many servers and clients. The
//! words of a consequence come with its finding; where a finding has none, its severity is said. A
//! configuration line counts as the server that reads it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::finding::{Consequence, Finding, Report, Severity, SubjectRef};

use super::sanitize;

/// How many consequences are named before the rest is counted by severity: what a reader takes in from
/// one or two lines.
const MAX_NAMED_CONSEQUENCES: usize = 4;

/// The worst that is found about a subject.
#[derive(Clone, Copy, PartialEq, Eq)]
struct WorstFault<'r> {
    severity: Severity,
    consequence: Option<&'r Consequence>,
}

impl<'r> WorstFault<'r> {
    /// Smaller is worse. What has no consequence comes after all that have one.
    fn order(self) -> (Reverse<Severity>, usize) {
        let rank = self.consequence.map_or(usize::MAX, |known| known.rank);
        (Reverse(self.severity), rank)
    }

    fn worse(self, other: Self) -> Self {
        if other.order() < self.order() {
            other
        } else {
            self
        }
    }
}

/// The subjects of which a report says the same.
struct VerdictPart<'r> {
    worst: WorstFault<'r>,
    subjects: Vec<&'r SubjectRef>,
}

impl<'r> VerdictPart<'r> {
    /// A consequence is said once, however its rules weigh it.
    fn says(&self, fault: WorstFault<'r>) -> bool {
        match (self.worst.consequence, fault.consequence) {
            (None, None) => self.worst.severity == fault.severity,
            (own, other) => own == other,
        }
    }

    fn add(&mut self, subject: &'r SubjectRef, fault: WorstFault<'r>) {
        self.subjects.push(subject);
        self.worst = self.worst.worse(fault);
    }
}

/// `1 server (cache) will not start; 2 clients have warnings`, each subject under its worst finding.
pub(super) fn verdict_line(report: &Report) -> String {
    let worst = worst_by_subject(report);
    let named = named_consequences(worst.values().copied());
    let mut parts: Vec<VerdictPart<'_>> = Vec::new();
    for (subject, fault) in worst {
        let is_named = |known: &&Consequence| named.contains(&known.rank);
        let fault = WorstFault {
            consequence: fault.consequence.filter(is_named),
            ..fault
        };
        match parts.iter_mut().find(|part| part.says(fault)) {
            Some(part) => part.add(subject, fault),
            None => parts.push(VerdictPart {
                worst: fault,
                subjects: vec![subject],
            }),
        }
    }
    parts.sort_by_key(|part| part.worst.order());
    if parts.is_empty() {
        return "No findings".to_owned();
    }
    let words: Vec<String> = parts.iter().map(word_part).collect();
    words.join("; ")
}

/// The worst fault of each subject. Copies of one fault name the servers that share it, so that each of
/// them counts.
fn worst_by_subject(report: &Report) -> BTreeMap<&SubjectRef, WorstFault<'_>> {
    let mut worst: BTreeMap<&SubjectRef, WorstFault<'_>> = BTreeMap::new();
    for finding in report.shown_findings() {
        let fault = WorstFault {
            severity: finding.severity,
            consequence: finding.consequence.as_ref(),
        };
        for subject in subjects(finding) {
            let known = worst.entry(subject).or_insert(fault);
            *known = known.worse(fault);
        }
    }
    worst
}

/// The ranks of the consequences that are named.
fn named_consequences<'r>(faults: impl Iterator<Item = WorstFault<'r>>) -> BTreeSet<usize> {
    let mut ranks: Vec<_> = faults
        .filter_map(|fault| Some((fault.order(), fault.consequence?.rank)))
        .collect();
    ranks.sort_unstable();
    let mut named = BTreeSet::new();
    for (_, rank) in ranks {
        if named.len() < MAX_NAMED_CONSEQUENCES {
            named.insert(rank);
        }
    }
    named
}

/// What a finding counts for. The same name in another file is the same object, rendered or overlaid.
fn subjects(finding: &Finding) -> impl Iterator<Item = &SubjectRef> {
    let first = finding.subject.counted();
    let copies = finding.also.iter().map(|copy| copy.subject.counted());
    let others = copies.filter(move |copy| (copy.kind, &copy.name) != (first.kind, &first.name));
    std::iter::once(first).chain(others)
}

fn word_part(part: &VerdictPart<'_>) -> String {
    let mut kinds: BTreeMap<usize, Vec<&SubjectRef>> = BTreeMap::new();
    for subject in &part.subjects {
        let (order, _) = word(subject.kind);
        kinds.entry(order).or_default().push(subject);
    }
    let names: Vec<String> = kinds
        .values()
        .map(|subjects| name_subjects(subjects))
        .collect();
    let what = word_fault(part.worst, part.subjects.len());
    format!("{} {what}", join_names(&names))
}

/// What is said of so many subjects.
fn word_fault(fault: WorstFault<'_>, subjects: usize) -> String {
    if let Some(known) = fault.consequence {
        let words = if subjects == 1 {
            &known.one
        } else {
            &known.many
        };
        return sanitize::one_line(words).into_owned();
    }
    let verb = if subjects == 1 { "has" } else { "have" };
    let what = match fault.severity {
        Severity::Error => "errors",
        Severity::Warning => "warnings",
        Severity::Info => "notes",
    };
    format!("{verb} {what}")
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
        _ => (5, "file"),
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
    fn a_consequence_is_named_before_severities_and_counts_every_server_once() {
        let consequence = |rank, one: &str, many: &str| {
            let (one, many) = (one.to_owned(), many.to_owned());
            Some(Consequence { rank, one, many })
        };
        let mut report = samples::report();
        let mut data = report.findings[0].clone();
        data.consequence = consequence(1, "may lose data", "may lose data");
        let mut start = data.clone();
        start.consequence = consequence(0, "will not start", "will not start");
        let mut defaults = report.findings[2].clone();
        defaults.consequence = consequence(2, "runs on defaults", "run on defaults");
        defaults.subject.name = "StatefulSet/third".to_owned();
        defaults.also.clear();
        report
            .findings
            .extend([data.clone(), start, defaults.clone()]);
        assert_eq!(
            verdict_line(&report),
            "1 server (StatefulSet/redis) will not start; 1 server (StatefulSet/third) runs on defaults; \
             1 server (StatefulSet/other) has warnings"
        );
        // Another rule weighs the same consequence less: it is one count.
        data.severity = Severity::Info;
        data.subject.name = "StatefulSet/third".to_owned();
        report.findings.push(data);
        for rank in 3..8 {
            let mut more = defaults.clone();
            more.consequence = consequence(rank, "is odd", "are odd");
            more.subject.name = format!("StatefulSet/{rank}");
            report.findings.push(more);
        }
        let line = verdict_line(&report);
        assert!(line.ends_with("; 4 servers have warnings"), "{line}");
    }

    #[test]
    fn a_clean_report_says_so() {
        let mut report = samples::report();
        report.findings.clear();
        assert_eq!(verdict_line(&report), "No findings");
    }
}
