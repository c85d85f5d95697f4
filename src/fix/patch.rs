//! Fixed files as a patch that `patch -p1` and `git apply` take.
//!
//! Lines that hold secrets are never shown: as context they are cut away, and with them what lies
//! beyond. The caller sees to it that no edit touches one.

use std::collections::{BTreeMap, BTreeSet};

use similar::{Change, ChangeTag, TextDiff};

use super::FixedFile;

/// Unchanged lines shown around a change, as `diff -u` does.
const CONTEXT: usize = 3;

/// Lines that must not be shown, counted from 0, by the path of their file.
pub type HiddenLines = BTreeMap<String, BTreeSet<usize>>;

/// The patch from the texts before to those after.
pub fn patch(files: &[FixedFile], hidden: &HiddenLines) -> String {
    let none = BTreeSet::new();
    files
        .iter()
        .map(|file| file_patch(file, hidden.get(&file.path).unwrap_or(&none)))
        .collect()
}

fn file_patch(file: &FixedFile, hidden: &BTreeSet<usize>) -> String {
    let diff = TextDiff::from_lines(&*file.before, file.after.as_str());
    let changes: Vec<Change<&str>> = diff.iter_all_changes().collect();
    let shown = mark_shown(&changes, hidden);
    let mut out = format!("--- a/{0}\n+++ b/{0}\n", file.path);
    let (mut old, mut new, mut at) = (0, 0, 0);
    for run in shown.chunk_by(|a, b| a == b) {
        let lines = &changes[at..at + run.len()];
        let (removed, added) = (
            count(lines, ChangeTag::Insert),
            count(lines, ChangeTag::Delete),
        );
        if run[0] {
            out.push_str(&format!(
                "@@ -{} +{} @@\n",
                range(old, removed),
                range(new, added)
            ));
            lines.iter().for_each(|line| push(&mut out, line));
        }
        (old, new, at) = (old + removed, new + added, at + run.len());
    }
    out
}

/// The lines of one side: all but those that only the other has.
fn count(lines: &[Change<&str>], others: ChangeTag) -> usize {
    lines.iter().filter(|line| line.tag() != others).count()
}

/// An empty range names the line before it.
fn range(start: usize, length: usize) -> String {
    match length {
        0 => format!("{start},0"),
        1 => format!("{}", start + 1),
        _ => format!("{},{length}", start + 1),
    }
}

fn push(out: &mut String, line: &Change<&str>) {
    out.push(match line.tag() {
        ChangeTag::Equal => ' ',
        ChangeTag::Delete => '-',
        ChangeTag::Insert => '+',
    });
    out.push_str(line.value());
    if !line.value().ends_with('\n') {
        out.push_str("\n\\ No newline at end of file\n");
    }
}

/// Changed lines and the context next to them.
fn mark_shown(changes: &[Change<&str>], hidden: &BTreeSet<usize>) -> Vec<bool> {
    let forward = near(changes.iter(), hidden);
    let mut backward = near(changes.iter().rev(), hidden);
    backward.reverse();
    forward.iter().zip(backward).map(|(a, b)| *a || b).collect()
}

/// What lies few lines behind a change, with no hidden line between.
fn near<'c>(
    changes: impl Iterator<Item = &'c Change<&'c str>>,
    hidden: &BTreeSet<usize>,
) -> Vec<bool> {
    let mut left = 0;
    let mut seen = Vec::new();
    for change in changes {
        let hides = change
            .old_index()
            .is_some_and(|line| hidden.contains(&line));
        if change.tag() != ChangeTag::Equal {
            left = CONTEXT;
            seen.push(true);
        } else if hides || left == 0 {
            left = 0;
            seen.push(false);
        } else {
            left -= 1;
            seen.push(true);
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(before: &str, after: &str, hidden: &[usize]) -> String {
        let file = FixedFile {
            path: "a/redis.conf".to_owned(),
            before: before.into(),
            after: after.to_owned(),
        };
        let hidden = [(file.path.clone(), hidden.iter().copied().collect())];
        patch(&[file], &hidden.into())
    }

    #[test]
    fn hunks_have_three_lines_of_context_and_are_joined_where_they_touch() {
        let before = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15\n16\n";
        let after = before.replace("5\n", "five\n").replace("16\n", "16\n17");
        let expected = "--- a/a/redis.conf\n+++ b/a/redis.conf\n\
            @@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n\
            @@ -12,5 +12,6 @@\n 12\n 13\n 14\n-15\n+1five\n 16\n+17\n\\ No newline at end of file\n";
        assert_eq!(of(before, &after, &[]), expected);
    }

    #[test]
    fn the_context_ends_before_a_hidden_line() {
        let patch = of("a\nsecret\nhz 1\nb\n", "a\nsecret\nhz 2\nb\n", &[1]);
        assert!(
            patch.ends_with("@@ -3,2 +3,2 @@\n-hz 1\n+hz 2\n b\n"),
            "{patch}"
        );
    }

    #[test]
    fn an_insertion_at_the_start_and_line_breaks_of_any_kind() {
        let patch = of("a\r\n", "b\r\na\r\n", &[]);
        assert!(patch.ends_with("@@ -1 +1,2 @@\n+b\r\n a\r\n"), "{patch}");
    }
}
