//! What another state of the project already had: findings that it had are not new, unless they
//! stand on lines that have changed since.
//!
//! Where the figures in a finding's message differ, the facts that it stands on have changed, and it
//! is new again. Which state is meant, and how its files are read, is the caller's business.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::finding::{Finding, Report};
use crate::source::{FileId, SourceFile, Sources};

/// A state of the project to compare with.
#[derive(Clone, Debug, Default)]
pub struct NewCode {
    /// How often it had each finding, by fingerprint and message.
    had: BTreeMap<(String, String), usize>,
    /// The texts of its files, by path.
    texts: BTreeMap<String, Arc<str>>,
}

impl NewCode {
    /// What a report of that state shows: what was silenced then is new when it speaks now.
    pub fn of(report: &Report) -> Self {
        let mut had = BTreeMap::new();
        // Findings are compared before they are bundled, so that a bundle is taken apart here.
        for finding in report.shown().flat_map(Finding::members) {
            // Each copy was there.
            *had.entry(key(finding)).or_default() += finding.places();
        }
        let files = report.sources.iter();
        let texts = files.map(|(_, file)| (file.path().to_owned(), Arc::clone(file.text())));
        Self {
            had,
            texts: texts.collect(),
        }
    }

    /// Takes out the findings that are not new; they must be in the report's order.
    pub fn retain_new(&self, findings: &mut Vec<Finding>, sources: &Sources) {
        let mut left = self.had.clone();
        let mut changed: BTreeMap<FileId, Vec<Range<usize>>> = BTreeMap::new();
        findings.retain(|finding| {
            let was_there = left.get_mut(&key(finding)).is_some_and(|count| {
                let any = *count > 0;
                *count = count.saturating_sub(1);
                any
            });
            let labels = finding.labels.iter().map(|label| label.span);
            // A change of the line beside which a value is missing says nothing about it.
            let own = (!finding.stands_in).then_some(finding.primary);
            let touched = own.into_iter().chain(labels).any(|span| {
                let file = sources.get(span.file);
                let lines = changed
                    .entry(span.file)
                    .or_insert_with(|| self.changed_lines(file));
                let first = file.line_of(span.start as usize);
                let last = file.line_of((span.end.max(span.start + 1) - 1) as usize);
                lines.iter().any(|l| l.start <= last && first < l.end)
            });
            !was_there || touched
        });
    }

    /// The 0-based lines of a file that are not as they were.
    fn changed_lines(&self, file: &SourceFile) -> Vec<Range<usize>> {
        let all = 0..file.line_count();
        match self.texts.get(file.path()) {
            None => vec![all],
            Some(before) if before == file.text() => Vec::new(),
            Some(before) => differences(before, file.text()),
        }
    }
}

fn key(finding: &Finding) -> (String, String) {
    (finding.fingerprint.clone(), finding.message.clone())
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
