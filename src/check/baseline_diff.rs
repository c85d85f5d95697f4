//! The baseline beside today's findings: findings that it holds are marked, entries without a finding become a note.

use crate::finding::{Finding, ReportNote, Undetermined};
use crate::policy::{self, RuleSet};
use crate::source::Sources;

use super::ReportScope;

/// Marks what the baseline knows, and says which of its entries are gone: their rule was decided
/// everywhere, and the whole project is looked at.
pub(super) fn mark_gone_entries(
    rules: &RuleSet,
    settings: &policy::RuleSettings,
    scope: &ReportScope,
    findings: &mut [Finding],
    sources: &Sources,
    undetermined: &[Undetermined],
) -> Vec<String> {
    let Some(baseline) = &scope.accepted.baseline else {
        return Vec::new();
    };
    let left = baseline.apply(findings, sources, scope.accepted.partial);
    if scope.accepted.partial {
        return Vec::new();
    }
    let ran = policy::running_rules(rules, settings);
    let today = |id: &str| {
        let renamed = rules.former().find(|(old, _)| *old == id);
        renamed.map_or_else(|| id.to_owned(), |(_, new)| new.to_owned())
    };
    let decided = |id: &String| ran.contains(id) && undetermined.iter().all(|u| u.rule != *id);
    let gone = left
        .into_iter()
        .filter(|entry| decided(&today(&entry.rule)));
    gone.map(|entry| entry.fingerprint).collect()
}

pub(super) fn note(gone: &[String]) -> Option<ReportNote> {
    let count = match gone.len() {
        0 => return None,
        1 => "1 finding in the baseline has been".to_owned(),
        n => format!("{n} findings in the baseline have been"),
    };
    Some(ReportNote {
        path: None,
        message: format!(
            "{count} fixed; run `redvet baseline prune` or `redvet check --fix` to update it"
        ),
    })
}
