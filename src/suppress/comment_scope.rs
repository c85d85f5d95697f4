//! How far a comment reaches: the line that it stands on or above, or, above the first directive of
//! a configuration text, that text as a whole.

use std::collections::{BTreeSet, HashMap};

use crate::source::{Comment, FileId, Sources, Span};

use super::comment::IgnoreComment;
use super::{SuppressionInputs, WholeText};

/// Which comments cover which places; comments are named by their index.
pub(super) struct CommentScope<'a> {
    inputs: SuppressionInputs<'a>,
    by_line: HashMap<(FileId, usize), Vec<usize>>,
    /// The texts of each file with comments above their first directive.
    by_text: HashMap<FileId, Vec<(WholeText, Vec<usize>)>>,
}

impl<'a> CommentScope<'a> {
    pub(super) fn new(inputs: &SuppressionInputs<'a>, directives: &[IgnoreComment<'_>]) -> Self {
        let alone = comment_lines(inputs);
        let mut by_line: HashMap<_, Vec<usize>> = HashMap::new();
        for (index, directive) in directives.iter().enumerate() {
            let line = target_line(inputs.sources, directive.comment, &alone);
            let file = directive.comment.span.file;
            by_line.entry((file, line)).or_default().push(index);
        }
        let mut texts: Vec<WholeText> = inputs.whole_texts.to_vec();
        texts.sort_by_key(|whole| whole.text);
        let mut by_text: HashMap<FileId, Vec<(WholeText, Vec<usize>)>> = HashMap::new();
        for whole in texts {
            let above = find_above(whole, directives);
            if !above.is_empty() {
                let of_file = by_text.entry(whole.text.file).or_default();
                of_file.push((whole, above));
            }
        }
        Self {
            inputs: *inputs,
            by_line,
            by_text,
        }
    }

    /// Marks every comment that covers this rule at this place as used; the first one's index.
    pub(super) fn silence(
        &self,
        directives: &mut [IgnoreComment<'_>],
        at: Span,
        rule: &str,
    ) -> Option<usize> {
        let file = self.inputs.sources.get(at.file);
        let line = file.line_of((at.start as usize).min(file.text().len()));
        let by_line = self.by_line.get(&(at.file, line)).into_iter().flatten();
        let of_file = self.by_text.get(&at.file).into_iter().flatten();
        let by_text = of_file
            .filter(|(whole, _)| stands_on_whole(*whole, at))
            .flat_map(|(_, above)| above);
        let mut first = None;
        for index in by_line.chain(by_text) {
            for id in &mut directives[*index].ids {
                if self.inputs.means(|name| id.matches(name), rule) {
                    id.used = true;
                    first.get_or_insert(*index);
                }
            }
        }
        first
    }
}

/// The comments that stand alone in a text before its first directive. The directives are in the order
/// of the files, so that only those of the text are looked at.
fn find_above(whole: WholeText, directives: &[IgnoreComment<'_>]) -> Vec<usize> {
    let (text, first) = (whole.text, whole.first_directive_line);
    let place =
        |directive: &IgnoreComment<'_>| (directive.comment.span.file, directive.comment.span.start);
    let from = directives.partition_point(|one| place(one) < (text.file, text.start));
    let to = directives.partition_point(|one| place(one) < (text.file, first.start));
    let stands = |index: &usize| {
        let comment = directives[*index].comment;
        comment.own_line && text.contains(comment.span) && comment.span.end <= first.start
    };
    (from..to).filter(stands).collect()
}

/// Whether a finding stands on the text as a whole: on all of it, on a place without width in it,
/// above its first directive, or on that directive's whole line, where absent directives are shown.
fn stands_on_whole(whole: WholeText, at: Span) -> bool {
    let first = whole.first_directive_line;
    let above_first = at.end <= first.start;
    whole.text.contains(at) && (at == whole.text || at == first || at.is_empty() || above_first)
}

/// The lines of each file that hold nothing but a comment, each with the next line that does not.
type CommentLines = HashMap<(FileId, usize), usize>;

fn comment_lines(inputs: &SuppressionInputs<'_>) -> CommentLines {
    let alone = inputs.comments.iter().filter(|comment| comment.own_line);
    let lines: BTreeSet<(FileId, usize)> = alone
        .flat_map(|comment| {
            let (first, last) = lines_of(inputs.sources, comment);
            (first..=last).map(|line| (comment.span.file, line))
        })
        .collect();
    // From the last line up, so that a long row of comments is walked once.
    let mut next = CommentLines::new();
    for (file, line) in lines.into_iter().rev() {
        let behind = next.get(&(file, line + 1)).copied();
        next.insert((file, line), behind.unwrap_or(line + 1));
    }
    next
}

fn lines_of(sources: &Sources, comment: &Comment) -> (usize, usize) {
    let file = sources.get(comment.span.file);
    let first = file.line_of(comment.span.start as usize);
    let last = file.line_of(comment.span.end.max(comment.span.start) as usize);
    (first, last)
}

/// The line that a comment is about: its own, or for one that stands alone the next line that is
/// not a comment alone.
fn target_line(sources: &Sources, comment: &Comment, alone: &CommentLines) -> usize {
    let (first, last) = lines_of(sources, comment);
    if !comment.own_line {
        return first;
    }
    let next = alone.get(&(comment.span.file, last + 1));
    next.copied().unwrap_or(last + 1)
}
