//! What a fix changes, as lines that are kept, removed and added: a small diff for people. Secrets are
//! masked. Applying a fix, and the patch that a program takes, are left to `fix`.

use std::ops::Range;

use similar::{ChangeTag, TextDiff};

use crate::finding::{Fix, Report, TextEdit};
use crate::source::secret_words::{mask_parts, secrets_of_line};
use crate::source::{FileId, MASK, SourceFile};

use super::shown_fix::repeats_secret;

/// Unchanged lines shown before and after a change.
const CONTEXT: usize = 1;

/// A stretch of a file that a fix changes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FixHunk {
    pub(super) path: String,
    /// The number of its first line, from 1.
    pub(super) first_line: usize,
    pub(super) lines: Vec<PreviewLine>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct PreviewLine {
    pub(super) change: LineChange,
    /// Without its line break.
    pub(super) text: String,
    /// The first character that its counterpart, removed or added, has not.
    pub(super) first_difference: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineChange {
    Kept,
    Removed,
    Added,
}

/// The hunks of a fix, by file and line. Empty where it changes nothing, and where it would write
/// over a secret: half of a secret beside its replacement would show the other half.
pub(super) fn hunks(report: &Report, fix: &Fix) -> Vec<FixHunk> {
    let mut edits: Vec<&TextEdit> = fix.edits.iter().collect();
    edits.sort_by_key(|edit| (edit.span.file, edit.span.start, edit.span.end));
    let covers = |edit: &&TextEdit| {
        let same = report.secrets.iter().filter(|s| s.file == edit.span.file);
        same.into_iter()
            .any(|s| s.start < edit.span.end && edit.span.start < s.end)
    };
    if edits.iter().any(covers) || repeats_secret(&report.sources, fix) {
        return Vec::new();
    }
    // Edits whose lines touch share a hunk: a line is never shown twice.
    let near = |a: &&TextEdit, b: &&TextEdit| {
        a.span.file == b.span.file && lines_of(report, b).start <= lines_of(report, a).end
    };
    let hunks = edits.chunk_by(near).filter_map(|edits| hunk(report, edits));
    hunks.collect()
}

/// The lines that an edit touches, with the context around them, counted from 0.
fn lines_of(report: &Report, edit: &TextEdit) -> Range<usize> {
    let file = report.sources.get(edit.span.file);
    let first = file.line_of(edit.span.start as usize);
    let last = file.line_of(edit.span.end as usize);
    // What follows the last line break is no line.
    let count = file.line_count() - usize::from(file.text().ends_with('\n'));
    let end = (last + 1 + CONTEXT).min(count).max(last + 1);
    first.saturating_sub(CONTEXT)..end.min(file.line_count())
}

fn hunk(report: &Report, edits: &[&TextEdit]) -> Option<FixHunk> {
    let (first, last) = (edits.first()?, edits.last()?);
    let id = first.span.file;
    let file = report.sources.get(id);
    let lines = lines_of(report, first).start..lines_of(report, last).end;
    let start = file.line_range(lines.start).start;
    let end = file.line_range(lines.end).start;
    let (mut after, mut at) = (String::new(), start);
    for edit in edits {
        let span = edit.span.range();
        after.push_str(&mask_stretch(report, id, at..span.start.max(at)));
        after.push_str(&edit.replacement);
        at = span.end.max(at);
    }
    after.push_str(&mask_stretch(report, id, at..end.max(at)));
    let after = mask_guessed(&after, file.path());
    let before = mask_guessed(&mask_stretch(report, id, start..end.max(at)), file.path());
    let lines_shown = diff_lines(&before, &after);
    let changes = lines_shown
        .iter()
        .any(|line| line.change != LineChange::Kept);
    changes.then(|| FixHunk {
        path: file.path().to_owned(),
        first_line: lines.start + 1,
        lines: lines_shown,
    })
}

fn diff_lines(before: &str, after: &str) -> Vec<PreviewLine> {
    let diff = TextDiff::from_lines(before, after);
    let mut lines: Vec<PreviewLine> = diff
        .iter_all_changes()
        .map(|change| PreviewLine {
            change: match change.tag() {
                ChangeTag::Equal => LineChange::Kept,
                ChangeTag::Delete => LineChange::Removed,
                ChangeTag::Insert => LineChange::Added,
            },
            text: change.value().trim_end_matches(['\n', '\r']).to_owned(),
            first_difference: 0,
        })
        .collect();
    // A line that goes is likest to one that comes where both begin alike the longest.
    for at in 0..lines.len() {
        let own = &lines[at];
        let others = lines.iter().filter(|other| {
            own.change != LineChange::Kept
                && other.change != LineChange::Kept
                && other.change != own.change
        });
        let same = others.map(|other| common_start(&own.text, &other.text));
        lines[at].first_difference = same.max().unwrap_or(0);
    }
    lines
}

/// How many characters two lines begin with alike.
fn common_start(one: &str, other: &str) -> usize {
    let chars = one.chars().zip(other.chars());
    chars.take_while(|(a, b)| a == b).count()
}

/// The text of a file without what looks like a secret.
fn mask_guessed(text: &str, path: &str) -> String {
    let file = SourceFile::new(path, text);
    let lines = 0..file.line_count();
    let guessed: Vec<Range<usize>> = lines
        .flat_map(|line| secrets_of_line(&file, line))
        .collect();
    mask_parts(text, &guessed).into_owned()
}

/// A stretch of a file with its secrets masked, each by one mask whatever its length.
fn mask_stretch(report: &Report, id: FileId, range: Range<usize>) -> String {
    let text = report.sources.get(id).text();
    let mut secrets: Vec<Range<usize>> = report
        .secrets
        .iter()
        .filter(|secret| secret.file == id)
        .map(|secret| secret.range())
        .filter(|secret| secret.start < range.end && range.start < secret.end)
        .collect();
    secrets.sort_by_key(|secret| secret.start);
    let (mut out, mut at) = (String::new(), range.start);
    for secret in secrets.into_iter().filter(|secret| !secret.is_empty()) {
        // Secrets may overlap: what is masked already is not masked again.
        if secret.end > at {
            out.push_str(text.get(at..secret.start.max(at)).unwrap_or_default());
            out.push_str(MASK);
            at = secret.end;
        }
    }
    out.push_str(text.get(at..range.end.max(at)).unwrap_or_default());
    out
}

#[cfg(test)]
mod tests {
    use super::super::full::samples;
    use super::*;
    use crate::source::Span;

    fn preview(edits: Vec<TextEdit>) -> Vec<String> {
        let report = samples::report();
        let fix = Fix {
            safe: true,
            title: "do it".to_owned(),
            edits,
        };
        let line = |hunk: &FixHunk, line: &PreviewLine| {
            let mark = match line.change {
                LineChange::Kept => ' ',
                LineChange::Removed => '-',
                LineChange::Added => '+',
            };
            format!("{}:{}{mark}{}", hunk.path, hunk.first_line, line.text)
        };
        let hunks = hunks(&report, &fix);
        let lines = hunks
            .iter()
            .flat_map(|h| h.lines.iter().map(move |l| line(h, l)));
        lines.collect()
    }

    fn edit(needle: &str, replacement: &str) -> TextEdit {
        let sources = samples::sources();
        TextEdit {
            span: samples::span_of(&sources, "conf/redis.conf", needle),
            replacement: replacement.to_owned(),
        }
    }

    #[test]
    fn a_change_stands_between_its_neighbours_and_secrets_are_masked() {
        assert_eq!(
            preview(vec![edit("31gb", "28gb")]),
            [
                "conf/redis.conf:1 # cache",
                "conf/redis.conf:1-maxmemory 31gb",
                "conf/redis.conf:1+maxmemory 28gb",
                &format!("conf/redis.conf:1 requirepass {MASK}"),
            ]
        );
    }

    #[test]
    fn edits_of_neighbouring_lines_are_one_hunk() {
        let lines = preview(vec![edit(" # keep", ""), edit("31gb", "28gb")]);
        assert_eq!(
            lines.iter().filter(|l| l.contains("requirepass")).count(),
            1
        );
        assert_eq!(lines.last().unwrap(), "conf/redis.conf:1+appendonly yes");
    }

    #[test]
    fn a_line_at_the_end_of_the_file_is_added() {
        let sources = samples::sources();
        let whole = samples::span_of(&sources, "conf/redis.conf", "appendonly yes # keep\n");
        let at = Span {
            start: whole.end,
            ..whole
        };
        let lines = preview(vec![TextEdit {
            span: at,
            replacement: "hz 10\n".to_owned(),
        }]);
        assert_eq!(
            lines,
            [
                "conf/redis.conf:4 appendonly yes # keep",
                "conf/redis.conf:4+hz 10"
            ]
        );
    }

    #[test]
    fn nothing_is_shown_of_a_fix_that_touches_a_secret_or_changes_nothing() {
        assert_eq!(preview(vec![edit("hunter2", "x")]), [""; 0]);
        assert_eq!(preview(vec![edit("31gb", "31gb")]), [""; 0]);
    }
}
