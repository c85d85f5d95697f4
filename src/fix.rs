//! From the edits of a report to new texts. [`apply`] is one round: fixes that touch the same bytes
//! wait for the next round, after a new check. [`rounds`] repeats that until nothing is left to
//! apply, [`patch`] shows what came of it. Writing files is left to `cli`.

pub mod patch;
pub mod rounds;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::finding::{Finding, Fix, Report, TextEdit};
use crate::source::{FileId, Span};

/// Which fixes may be applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FixLevel {
    /// Those that need no person's judgement.
    Safe,
    /// All.
    Unsafe,
}

/// A file with its fixes applied.
#[derive(Clone, Debug)]
pub struct FixedFile {
    /// Relative to the root, with `/`.
    pub path: String,
    pub before: Arc<str>,
    pub after: String,
}

/// What one round comes to.
#[derive(Clone, Debug, Default)]
pub struct FixRound {
    /// Sorted by path.
    pub files: Vec<FixedFile>,
    /// How many findings it fixes.
    pub applied: usize,
}

/// Applies the fixes of the findings that are shown, in the report's order. A fix is applied whole or
/// not at all; one that would touch bytes of an earlier one is left for the next round.
pub fn apply(report: &Report, level: FixLevel) -> FixRound {
    let fixable = report
        .shown_findings()
        .filter(|f| fix_of(f, level).is_some());
    let (files, applied) = apply_these(report, fixable);
    FixRound {
        files,
        applied: applied.len(),
    }
}

/// The fix of a finding, if the level allows it.
pub fn fix_of(finding: &Finding, level: FixLevel) -> Option<&Fix> {
    let fix = finding.fix.as_ref()?;
    (fix.safe || level == FixLevel::Unsafe).then_some(fix)
}

/// Applies the fixes of these findings, and says of which it could.
fn apply_these<'r>(
    report: &'r Report,
    findings: impl Iterator<Item = &'r Finding>,
) -> (Vec<FixedFile>, Vec<&'r Finding>) {
    let mut accepted: Vec<(&Finding, &TextEdit)> = Vec::new();
    let mut applied = Vec::new();
    for finding in findings {
        let Some(fix) = finding.fix.as_ref().filter(|fix| changes(fix, report)) else {
            continue;
        };
        let fits = |edit: &TextEdit| {
            accepted
                .iter()
                .all(|(by, other)| agree(finding, edit, by, other))
        };
        // What another fix writes already at this place is there for both.
        let is_written = |edit: &TextEdit| accepted.iter().any(|(_, other)| edit == *other);
        let own: Vec<&TextEdit> = fix.edits.iter().filter(|edit| !is_written(edit)).collect();
        if own.iter().copied().all(fits) {
            accepted.extend(own.into_iter().map(|edit| (finding, edit)));
            applied.push(finding);
        }
    }
    let files = texts(report, accepted.into_iter().map(|(_, edit)| edit));
    (files, applied)
}

/// Whether a fix writes anything that does not stand there already.
fn changes(fix: &Fix, report: &Report) -> bool {
    let differs = |edit: &TextEdit| report.sources.slice(edit.span) != edit.replacement;
    fix.edits.iter().any(differs)
}

/// Two edits can stand together if they touch different bytes. Insertions at one place follow each
/// other where each brings its own separator, but a rule that inserts there twice means two
/// subjects and would write its line twice.
fn agree(finding: &Finding, edit: &TextEdit, by: &Finding, other: &TextEdit) -> bool {
    let (a, b) = (edit.span, other.span);
    if a.file != b.file {
        return true;
    }
    if a == b && a.is_empty() {
        return finding.rule != by.rule && edit.is_separate() && other.is_separate();
    }
    a.end <= b.start || b.end <= a.start
}

fn texts<'e>(report: &Report, edits: impl Iterator<Item = &'e TextEdit>) -> Vec<FixedFile> {
    let mut by_file: BTreeMap<FileId, Vec<&TextEdit>> = BTreeMap::new();
    for edit in edits {
        by_file.entry(edit.span.file).or_default().push(edit);
    }
    let mut files: Vec<FixedFile> = by_file
        .into_iter()
        .map(|(file, edits)| fix_file(report, file, edits))
        .collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

fn fix_file(report: &Report, file: FileId, mut edits: Vec<&TextEdit>) -> FixedFile {
    let source = report.sources.get(file);
    let before = Arc::clone(source.text());
    // A stable sort keeps insertions at one place in the report's order.
    edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let mut after = String::with_capacity(before.len());
    let mut at = 0;
    for edit in edits {
        let Span { start, end, .. } = edit.span;
        after.push_str(before.get(at..start as usize).unwrap_or_default());
        after.push_str(&edit.replacement);
        at = end as usize;
    }
    after.push_str(before.get(at..).unwrap_or_default());
    FixedFile {
        path: source.path().to_owned(),
        before,
        after,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{ReportSummary, Severity, SubjectRef};
    use crate::source::{SourceFile, Sources};

    pub(super) fn finding(rule: &str, safe: bool, edits: &[(usize, usize, &str)]) -> Finding {
        let span = |start, end| Span::new(FileId(0), start, end);
        Finding {
            rule: rule.into(),
            severity: Severity::Warning,
            certain: true,
            waivable: true,
            message: String::new(),
            consequence: None,
            help: None,
            url: None,
            primary: span(0, 0),
            labels: Vec::new(),
            subject: SubjectRef::new("server", String::new()),
            also: Vec::new(),
            parts: Vec::new(),
            fix: Some(Fix {
                safe,
                title: String::new(),
                edits: edits
                    .iter()
                    .map(|(start, end, text)| TextEdit {
                        span: span(*start, *end),
                        replacement: (*text).into(),
                    })
                    .collect(),
            }),
            fix_obstacle: None,
            fingerprint: String::new(),
            former: Vec::new(),
            stands_in: false,
            unset: None,
            item: None,
            object: None,
            suppressed: None,
        }
    }

    /// A report on one file `a`.
    pub(super) fn report(text: &str, findings: Vec<Finding>) -> Report {
        let mut sources = Sources::default();
        sources.add(SourceFile::new("a", text));
        Report {
            root: String::new(),
            sources,
            secrets: Vec::new(),
            findings,
            undetermined: Vec::new(),
            runs: Vec::new(),
            notes: Vec::new(),
            gone: Vec::new(),
            summary: ReportSummary::default(),
        }
    }

    fn round(findings: Vec<Finding>, level: FixLevel) -> (String, usize) {
        let report = report("one two three\n", findings);
        let round = apply(&report, level);
        let text = round
            .files
            .first()
            .map(|f| f.after.clone())
            .unwrap_or_default();
        (text, round.applied)
    }

    #[test]
    fn fixes_that_touch_the_same_bytes_wait() {
        let first = finding("a", true, &[(0, 3, "1"), (4, 7, "2")]);
        let second = finding("b", true, &[(4, 7, "zwei")]);
        assert_eq!(
            round(vec![first, second], FixLevel::Safe),
            ("1 2 three\n".into(), 1)
        );
    }

    #[test]
    fn insertions_at_one_place_follow_each_other_but_not_from_one_rule() {
        let insert = |rule, text| finding(rule, true, &[(3, 3, text)]);
        let findings = vec![
            insert("a", ".x()"),
            insert("b", ".y()"),
            insert("a", ".z()"),
        ];
        assert_eq!(
            round(findings, FixLevel::Safe),
            ("one.x().y() two three\n".into(), 2)
        );
    }

    #[test]
    fn what_two_fixes_write_alike_is_written_once() {
        let insert = |rule| finding(rule, true, &[(3, 3, ".x()")]);
        assert_eq!(
            round(vec![insert("a"), insert("b")], FixLevel::Safe),
            ("one.x() two three\n".into(), 2)
        );
        let replace = |rule, rest| finding(rule, true, &[(0, 3, "1"), (4, 7, rest)]);
        assert_eq!(
            round(
                vec![replace("a", "2"), replace("b", "zwei")],
                FixLevel::Safe
            ),
            ("1 2 three\n".into(), 1)
        );
    }

    #[test]
    fn insertions_without_a_separator_wait_for_each_other() {
        let insert = |rule, text| finding(rule, true, &[(3, 3, text)]);
        assert_eq!(
            round(
                vec![insert("a", "X: 1"), insert("b", "Y: 1")],
                FixLevel::Safe
            ),
            ("oneX: 1 two three\n".into(), 1)
        );
    }

    #[test]
    fn an_unsafe_fix_needs_leave() {
        let one = finding("a", false, &[(0, 3, "1")]);
        assert_eq!(round(vec![one.clone()], FixLevel::Safe).1, 0);
        assert_eq!(round(vec![one], FixLevel::Unsafe).1, 1);
    }
}
