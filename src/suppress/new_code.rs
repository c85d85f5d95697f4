//! What another state of the project already had: findings that it had are not new, unless they
//! stand on lines that have changed since.
//!
//! Where the figures in a finding's message differ, the facts that it stands on have changed, and it
//! is new again. Which state is meant, and how its files are read, is left to the caller.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::finding::{Finding, Report};
use crate::source::{FileId, SourceFile, Sources, Span};

use super::known_findings::{KnownFinding, StateComparison};

/// A state of the project to compare with.
#[derive(Clone, Debug, Default)]
pub struct NewCode {
    had: Vec<KnownFinding>,
    /// The texts of its files, by path.
    texts: BTreeMap<String, Arc<str>>,
}

impl NewCode {
    /// What a report of that state shows: what was silenced then is new when it speaks now. The
    /// report must hold single findings, since that is what is compared.
    pub fn of(report: &Report) -> Self {
        let had = report.shown_findings();
        let files = report.sources.iter();
        let texts = files.map(|(_, file)| (file.path().to_owned(), Arc::clone(file.text())));
        Self {
            had: had.map(|f| KnownFinding::of(f, &report.sources)).collect(),
            texts: texts.collect(),
        }
    }

    /// Takes out the findings that are not new; they must be in the report's order.
    pub fn retain_new(&self, findings: &mut Vec<Finding>, sources: &Sources) {
        let now = findings.iter().map(|f| KnownFinding::of(f, sources));
        let now: Vec<KnownFinding> = now.collect();
        let mut changes = LineChanges {
            texts: &self.texts,
            before: self.find_renamed(&now, sources),
            changed: BTreeMap::new(),
            sources,
        };
        let is_changed: Vec<bool> = findings.iter().map(|f| changes.touch(f)).collect();
        // A finding on a changed line is new whatever was there. It takes no known one, which is left
        // for an equal finding on a line that stayed.
        let unchanged = now.into_iter().zip(&is_changed);
        let unchanged: Vec<KnownFinding> = unchanged
            .filter(|(_, is_changed)| !**is_changed)
            .map(|(finding, _)| finding)
            .collect();
        let mut pairs = self.pairs(&unchanged, sources).into_iter();
        let mut is_changed = is_changed.into_iter();
        findings.retain(|_| is_changed.next() == Some(true) || pairs.next().flatten().is_none());
    }

    /// The path that a file had, by the path it has: where a finding moved from a file that is gone
    /// to one that was not there.
    fn find_renamed(&self, now: &[KnownFinding], sources: &Sources) -> BTreeMap<String, String> {
        let pairs = self.pairs(now, sources);
        let moved = now.iter().zip(pairs).filter_map(|(finding, pair)| {
            let old = &self.had[pair?].path;
            let is_new = !self.texts.contains_key(&finding.path);
            is_new.then(|| (finding.path.clone(), old.clone()))
        });
        moved.collect()
    }

    fn pairs(&self, now: &[KnownFinding], sources: &Sources) -> Vec<Option<usize>> {
        let files: BTreeSet<&str> = sources.iter().map(|(_, file)| file.path()).collect();
        let comparison = StateComparison {
            is_gone: &|path| !files.contains(path),
            // Other figures mean that facts have changed, in whichever file.
            by_message: true,
        };
        comparison.pairs(&self.had, now)
    }
}

/// Which lines are not as they were.
struct LineChanges<'a> {
    texts: &'a BTreeMap<String, Arc<str>>,
    /// The former path of a renamed file.
    before: BTreeMap<String, String>,
    changed: BTreeMap<FileId, Vec<Range<usize>>>,
    sources: &'a Sources,
}

impl LineChanges<'_> {
    /// Whether a line has changed that a finding stands on or points at.
    fn touch(&mut self, finding: &Finding) -> bool {
        let labels = finding.labels.iter().map(|label| label.span);
        // A change of the line beside which a value is missing says nothing about it.
        let own = (!finding.stands_in).then_some(finding.primary);
        own.into_iter().chain(labels).any(|span| self.hold(span))
    }

    fn hold(&mut self, span: Span) -> bool {
        let file = self.sources.get(span.file);
        if !self.changed.contains_key(&span.file) {
            self.changed.insert(span.file, self.of_file(file));
        }
        let first = file.line_of(span.start as usize);
        let last = file.line_of((span.end.max(span.start + 1) - 1) as usize);
        let lines = self.changed.get(&span.file).into_iter().flatten();
        lines.into_iter().any(|l| l.start <= last && first < l.end)
    }

    /// The 0-based lines of a file that are not as they were.
    fn of_file(&self, file: &SourceFile) -> Vec<Range<usize>> {
        let all = 0..file.line_count();
        let before = self.before.get(file.path());
        let before = before.map_or_else(|| file.path(), String::as_str);
        match self.texts.get(before) {
            None => vec![all],
            Some(before) if before == file.text() => Vec::new(),
            Some(before) => differences(before, file.text()),
        }
    }
}

/// The lines of `after` that `before` has not, in their order.
fn differences(before: &str, after: &str) -> Vec<Range<usize>> {
    let old: Vec<&str> = before.split_inclusive('\n').collect();
    let new: Vec<&str> = after.split_inclusive('\n').collect();
    let same_start = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let (old, new) = (&old[same_start..], &new[same_start..]);
    let ends = old.iter().rev().zip(new.iter().rev());
    let same_end = ends.take_while(|(a, b)| a == b).count();
    let (old, new) = (&old[..old.len() - same_end], &new[..new.len() - same_end]);
    let operations = capture_diff_slices(Algorithm::Myers, old, new);
    let changed = operations.iter().filter_map(|operation| match operation {
        DiffOp::Equal { .. } | DiffOp::Delete { .. } => None,
        DiffOp::Insert { .. } | DiffOp::Replace { .. } => Some(operation.new_range()),
    });
    changed
        .map(|range| range.start + same_start..range.end + same_start)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::differences;

    fn shown(before: &str, after: &str) -> String {
        let all = differences(before, after);
        all.iter()
            .map(|l| format!("{}..{} ", l.start, l.end))
            .collect()
    }

    #[test]
    fn lines_that_moved_have_not_changed() {
        assert_eq!(shown("a\nb\n", "x\ny\na\nb\n"), "0..2 ");
        assert_eq!(shown("a\nb\nc\n", "a\nB\nc\n"), "1..2 ");
        assert_eq!(shown("a\nb\nc\nd\n", "A\nb\nc\nD\n"), "0..1 3..4 ");
        assert_eq!(shown("a\nb\nc\n", "a\nc\n"), "");
        assert_eq!(shown("a", "a\n"), "0..1 ");
        assert_eq!(shown("", "a\nb"), "0..2 ");
    }
}
