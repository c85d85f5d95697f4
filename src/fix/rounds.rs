//! Rounds of fixes: apply, check the new texts, and again until nothing is left to apply.
//!
//! A fix must cure: where its finding is still there afterwards, the round is taken back and done
//! again without it, so that nothing useless is written and nothing is written twice. A round that
//! adds an error is taken back, too, and done again with half of its fixes. The
//! check itself is the caller's; texts stay in memory.
//!
//! A fix that failed is tried again from each new text, so that a second run has nothing to
//! do.

use std::collections::{BTreeMap, BTreeSet};

use crate::finding::{Finding, Report, Severity, SubjectRef};

use super::{FixedFile, apply_these};

/// Rounds after which a project is left as it is. Fixes that wait for each other need two or three,
/// one that does harm among others a few more; this only bounds what no sound rule does.
const MAX_ROUNDS: usize = 100;

/// What all rounds come to.
#[derive(Debug)]
pub struct FixOutcome {
    /// The check of the new texts.
    pub report: Report,
    /// The files that differ from what they were, sorted by path.
    pub files: Vec<FixedFile>,
    /// How many findings were fixed.
    pub applied: usize,
}

/// A finding as it can be found again after its text has moved.
type FindingKey = (String, SubjectRef, String);

/// Applies the fixes that `allowed` lets pass. `check` checks the project with these files instead
/// of what stands on disk.
pub fn run_rounds(
    first: Report,
    allowed: &dyn Fn(&Report, &Finding) -> bool,
    check: &dyn Fn(&[FixedFile]) -> Report,
) -> FixOutcome {
    let mut outcome = FixOutcome {
        report: first,
        files: Vec::new(),
        applied: 0,
    };
    let mut barred: BTreeSet<FindingKey> = BTreeSet::new();
    let mut at_once = usize::MAX;
    for _ in 0..MAX_ROUNDS {
        let before = &outcome.report;
        let fixable = before
            .shown_findings()
            .filter(|f| allowed(before, f) && !barred.contains(&key(before, f)))
            .take(at_once);
        let (texts, applied) = apply_these(before, fixable);
        if applied.is_empty() {
            break;
        }
        let files = join_rounds(&outcome.files, texts);
        let report = check(&files);
        let useless = not_cured(before, &report, &applied);
        if !useless.is_empty() {
            barred.extend(useless);
        } else if !does_harm(before, &report, allowed) {
            outcome.applied += applied.len();
            outcome.files = files;
            outcome.report = report;
            barred.clear();
            at_once = usize::MAX;
        } else if let [one] = applied[..] {
            barred.insert(key(before, one));
            at_once = usize::MAX;
        } else {
            at_once = applied.len() / 2;
        }
    }
    outcome
}

/// Whether the new texts have an error that the old ones had not and that no later round fixes. One in
/// place of another, about the same thing, only shows once that is cured.
fn does_harm(before: &Report, after: &Report, allowed: &dyn Fn(&Report, &Finding) -> bool) -> bool {
    let (there, left) = (errors(before), errors(after));
    let count = |of: &BTreeMap<ErrorKey, usize>, key: &ErrorKey| of.get(key).copied().unwrap_or(0);
    let is_more = |key: &ErrorKey| count(&left, key) > count(&there, key);
    let is_gone = |key: &ErrorKey| count(&left, key) < count(&there, key);
    let is_revealed = |new: &Finding| {
        let mut old = before
            .shown_findings()
            .filter(|old| old.subject == new.subject);
        old.any(|old| is_gone(&error_key(before, old)))
    };
    after.shown_findings().any(|finding| {
        let is_new = finding.severity == Severity::Error && is_more(&error_key(after, finding));
        is_new && !allowed(after, finding) && !is_revealed(finding)
    })
}

/// A rule and a path: a fix may rename what an error is about.
type ErrorKey = (String, String);

fn error_key(report: &Report, finding: &Finding) -> ErrorKey {
    let path = report.sources.path(finding.primary).to_owned();
    (finding.rule.clone(), path)
}

fn errors(report: &Report) -> BTreeMap<ErrorKey, usize> {
    let errors = report
        .shown_findings()
        .filter(|f| f.severity == Severity::Error);
    errors.fold(BTreeMap::new(), |mut counts, finding| {
        *counts.entry(error_key(report, finding)).or_default() += 1;
        counts
    })
}

fn key(report: &Report, finding: &Finding) -> FindingKey {
    let path = report.sources.path(finding.primary).to_owned();
    (finding.rule.clone(), finding.subject.clone(), path)
}

/// Every fix takes one finding away, that of a bundle at least one of its parts; where more are left,
/// one of the fixes did not.
fn not_cured(before: &Report, after: &Report, applied: &[&Finding]) -> Vec<FindingKey> {
    let (there, left) = (counts(before), counts(after));
    let mut fixed: BTreeMap<FindingKey, usize> = BTreeMap::new();
    for finding in applied {
        *fixed.entry(key(before, finding)).or_default() += 1;
    }
    let count =
        |of: &BTreeMap<FindingKey, usize>, key: &FindingKey| of.get(key).copied().unwrap_or(0);
    fixed
        .into_iter()
        .filter(|(key, fixes)| count(&left, key) + fixes > count(&there, key))
        .map(|(key, _)| key)
        .collect()
}

fn counts(report: &Report) -> BTreeMap<FindingKey, usize> {
    let mut counts = BTreeMap::new();
    for finding in report.shown_findings() {
        *counts.entry(key(report, finding)).or_default() += finding.parts.len().max(1);
    }
    counts
}

/// The new texts over the earlier ones, each with the text from before the first round.
fn join_rounds(earlier: &[FixedFile], later: Vec<FixedFile>) -> Vec<FixedFile> {
    let mut by_path: BTreeMap<String, FixedFile> = earlier
        .iter()
        .map(|file| (file.path.clone(), file.clone()))
        .collect();
    for file in later {
        match by_path.get_mut(&file.path) {
            Some(known) => known.after = file.after,
            None => {
                by_path.insert(file.path.clone(), file);
            }
        }
    }
    by_path
        .into_values()
        .filter(|file| *file.before != *file.after)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fix::tests::{finding, report};

    /// Finds the first `bad` (rule `swap`: write `good`) and a missing end (rule `end`: its fix
    /// inserts, and cures nothing).
    fn check(text: &str) -> Report {
        let mut findings = Vec::new();
        if let Some(at) = text.find("bad") {
            findings.push(finding("swap", true, &[(at, at + 3, "good")]));
        }
        findings.push(finding("end", true, &[(text.len(), text.len(), "!")]));
        report(text, findings)
    }

    #[test]
    fn rounds_follow_each_other_until_nothing_is_left_and_useless_fixes_are_taken_back() {
        let text_of = |files: &[FixedFile]| files.first().map(|f| f.after.clone());
        let again = |files: &[FixedFile]| check(&text_of(files).unwrap_or_default());
        let outcome = run_rounds(check("bad bad\n"), &|_, _| true, &again);
        // The second `bad` shows up under the same name only once the first is gone: taken for a
        // fix that cures nothing, it would stay.
        assert_eq!(text_of(&outcome.files), None);
        let outcome = run_rounds(check("bad one\n"), &|_, _| true, &again);
        assert_eq!(text_of(&outcome.files).as_deref(), Some("good one\n"));
        assert_eq!((outcome.applied, outcome.report.findings.len()), (1, 1));
        assert_eq!(&*outcome.files[0].before, "bad one\n");
    }

    /// A fix of rule `swap` leaves an error that nothing fixes where it writes `worse`.
    #[test]
    fn a_fix_that_does_harm_is_taken_back_alone() {
        let check = |text: &str| {
            let mut findings = Vec::new();
            for (rule, from, to) in [
                ("one", "one", "1"),
                ("bad", "bad", "worse"),
                ("two", "two", "2"),
            ] {
                if let Some(at) = text.find(from) {
                    findings.push(finding(rule, true, &[(at, at + 3, to)]));
                }
            }
            if text.contains("worse") {
                findings.push(Finding {
                    severity: Severity::Error,
                    ..finding("harm", true, &[])
                });
            }
            report(text, findings)
        };
        let text_of = |files: &[FixedFile]| files.first().map(|f| f.after.clone());
        let again = |files: &[FixedFile]| check(&text_of(files).unwrap_or_default());
        let allowed = |_: &Report, f: &Finding| f.rule != "harm";
        let outcome = run_rounds(check("one bad two\n"), &allowed, &again);
        assert_eq!(text_of(&outcome.files).as_deref(), Some("1 bad 2\n"));
        assert_eq!(outcome.applied, 2);
    }

    #[test]
    fn what_is_not_allowed_is_left() {
        let outcome = run_rounds(check("bad\n"), &|_, f| f.rule != "swap", &|_| {
            check("bad\n")
        });
        assert_eq!((outcome.applied, outcome.files.len()), (0, 0));
    }
}
