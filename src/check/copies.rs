//! Copies of one object: a manifest that is rendered or written out several times has each of its
//! faults once, at the first of its files; the others are named with it.
//!
//! It comes after comments, waivers, the baseline and what was there before: they know single places,
//! and a copy that is new is reported although the fault is known elsewhere.

use std::collections::HashMap;

use crate::finding::{FaultCopy, Finding, Severity};
use crate::source::Sources;

/// What the copies of one fault have in common: rule, object, message, and how bad and how sure it is,
/// so that a certain error is never hidden behind an assumed copy.
type CopyKey<'a> = (String, &'a str, String, Severity, bool);

/// The findings with copies joined.
pub(super) fn join_copies(findings: Vec<Finding>, sources: &Sources) -> Vec<Finding> {
    let mut order: Vec<usize> = (0..findings.len()).collect();
    // Sources stand before what is rendered of them in the common layouts (base, then install.yaml).
    order.sort_by_key(|at| sources.path(findings[*at].primary));
    let mut firsts: HashMap<CopyKey<'_>, usize> = HashMap::new();
    let mut first_of: Vec<Option<usize>> = vec![None; findings.len()];
    for at in order {
        let finding = &findings[at];
        let Some(object) = finding.object.as_deref() else {
            continue;
        };
        if finding.suppressed.is_some() {
            continue;
        }
        let key = (
            finding.rule.clone(),
            object,
            finding.message.clone(),
            finding.severity,
            finding.certain,
        );
        let first = *firsts.entry(key).or_insert(at);
        let is_copy = findings[first].primary.file != finding.primary.file;
        first_of[at] = Some(first).filter(|_| is_copy);
    }
    let mut copies: HashMap<usize, Vec<FaultCopy>> = HashMap::new();
    for (at, finding) in findings.iter().enumerate() {
        if let Some(first) = first_of[at] {
            let own = FaultCopy {
                subject: finding.subject.clone(),
                at: finding.primary,
            };
            let all = finding.also.iter().cloned().chain([own]);
            copies.entry(first).or_default().extend(all);
        }
    }
    let kept = findings.into_iter().enumerate();
    let kept = kept.filter(|(at, _)| first_of[*at].is_none());
    kept.map(|(at, mut finding)| {
        finding.also.extend(copies.remove(&at).unwrap_or_default());
        finding.also.sort();
        finding.also.dedup();
        finding
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::SubjectRef;
    use crate::source::{SourceFile, Span};

    fn finding(sources: &mut Sources, path: &str, certain: bool) -> Finding {
        let file = sources.add(SourceFile::new(path, "kind: StatefulSet\n"));
        Finding {
            rule: "a/b".to_owned(),
            severity: if certain {
                Severity::Error
            } else {
                Severity::Warning
            },
            certain,
            waivable: true,
            message: "it stops".to_owned(),
            consequence: None,
            help: None,
            url: None,
            primary: Span::new(file, 0, 4),
            stands_in: false,
            unset: None,
            item: None,
            object: Some("StatefulSet/redis".to_owned()),
            labels: Vec::new(),
            subject: SubjectRef::new("server", "StatefulSet/redis".to_owned()),
            also: Vec::new(),
            parts: Vec::new(),
            fix: None,
            fix_obstacle: None,
            fingerprint: path.to_owned(),
            former: Vec::new(),
            suppressed: None,
        }
    }

    #[test]
    fn a_certain_error_is_not_hidden_behind_an_assumed_copy() {
        let mut sources = Sources::default();
        let findings = vec![
            finding(&mut sources, "base/redis.yaml", false),
            finding(&mut sources, "install.yaml", true),
            finding(&mut sources, "rendered.yaml", true),
        ];
        let joined = join_copies(findings, &sources);
        let shown: Vec<_> = joined.iter().map(|f| (f.certain, f.also.len())).collect();
        assert_eq!(shown, [(false, 0), (true, 1)]);
    }
}
