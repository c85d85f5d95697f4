//! Rounds of fixes: apply, check the new texts, and again until nothing is left to apply.
//!
//! A fix must cure: where its finding is still there afterwards, the round is taken back and done
//! again without it, so that nothing useless is written and nothing is written twice. The check itself
//! is the caller's; texts stay in memory.

use std::collections::{BTreeMap, BTreeSet};

use crate::finding::{Finding, Report, SubjectRef};

use super::{FixedFile, apply_these};

/// Rounds after which a project is left as it is. Fixes that wait for each other need two or three;
/// this only bounds what no sound rule does.
const MOST: usize = 20;

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
pub fn mend(
    first: Report,
    allowed: &dyn Fn(&Report, &Finding) -> bool,
    check: &dyn Fn(&[FixedFile]) -> Report,
) -> FixOutcome {
    let mut mended = FixOutcome {
        report: first,
        files: Vec::new(),
        applied: 0,
    };
    let mut barred: BTreeSet<FindingKey> = BTreeSet::new();
    for _ in 0..MOST {
        let before = &mended.report;
        let fixable = before
            .shown()
            .filter(|f| allowed(before, f) && !barred.contains(&key(before, f)));
        let (texts, applied) = apply_these(before, fixable);
        if applied.is_empty() {
            break;
        }
        let files = joined(&mended.files, texts);
        let report = check(&files);
        let useless = not_cured(before, &report, &applied);
        if useless.is_empty() {
            mended.applied += applied.len();
            mended.files = files;
            mended.report = report;
        } else {
            barred.extend(useless);
        }
    }
    mended
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
    for finding in report.shown() {
        *counts.entry(key(report, finding)).or_default() += finding.parts.len().max(1);
    }
    counts
}

/// The new texts over the earlier ones, each with the text from before the first round.
fn joined(earlier: &[FixedFile], later: Vec<FixedFile>) -> Vec<FixedFile> {
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
        let mended = mend(check("bad bad\n"), &|_, _| true, &again);
        // The second `bad` shows up under the same name only once the first is gone: taken for a
        // fix that cures nothing, it would stay.
        assert_eq!(text_of(&mended.files), None);
        let mended = mend(check("bad one\n"), &|_, _| true, &again);
        assert_eq!(text_of(&mended.files).as_deref(), Some("good one\n"));
        assert_eq!((mended.applied, mended.report.findings.len()), (1, 1));
        assert_eq!(&*mended.files[0].before, "bad one\n");
    }

    #[test]
    fn what_is_not_allowed_is_left() {
        let mended = mend(check("bad\n"), &|_, f| f.rule != "swap", &|_| {
            check("bad\n")
        });
        assert_eq!((mended.applied, mended.files.len()), (0, 0));
    }
}
