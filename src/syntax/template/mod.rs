//! Templates of Go, Jinja and build tools: converts a text with `{{ … }}`, `{% … %}`, `{# … #}` and
//! `@NAME@` to YAML of the same length, so that every byte keeps its position.
//!
//! An action inside a line is replaced by letters, which makes it a scalar or a part of one; lines
//! with only actions are replaced by blanks. Block scalars are left alone unless an action is left
//! of their content: then the block is blanked out and its lines are returned as they are. Actions
//! are not evaluated.

mod action;
mod blocks;
mod lines;

use std::borrow::Cow;
use std::ops::Range;

/// A text of the same length and with the same line breaks, without template actions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaskedTemplate<'a> {
    pub text: Cow<'a, str>,
    /// Where the actions stand, in order.
    pub placeholders: Vec<Range<usize>>,
    /// The actions that stand alone on their lines and write, repeat or leave out something.
    pub(in crate::syntax) actions: Vec<ActionLine>,
    /// The block scalars that were blanked out, in order.
    pub(in crate::syntax) blocks: Vec<MaskedBlock>,
}

/// A line of actions alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::syntax) struct ActionLine {
    pub(in crate::syntax) at: usize,
    /// Where the text that it writes (or decides about) stands in its line.
    pub(in crate::syntax) column: usize,
    /// It writes text itself; else it decides whether and how often other lines are there.
    pub(in crate::syntax) writes: bool,
    /// It decides about the key of a mapping: the next line is no item of a list.
    pub(in crate::syntax) before_key: bool,
}

/// A block scalar that was blanked out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::syntax) struct MaskedBlock {
    /// Where its `|` or `>` stands.
    pub(in crate::syntax) header: usize,
    /// What is left of its lines without their indentation, line breaks included.
    pub(in crate::syntax) lines: Vec<Range<usize>>,
    pub(in crate::syntax) indent: usize,
}

impl<'a> MaskedTemplate<'a> {
    /// A text that is no template.
    pub(in crate::syntax) fn unchanged(text: &'a str) -> Self {
        Self {
            text: Cow::Borrowed(text),
            placeholders: Vec::new(),
            actions: Vec::new(),
            blocks: Vec::new(),
        }
    }

    /// A text whose actions are known but left in place.
    pub(in crate::syntax) fn holes_only(text: &'a str) -> Self {
        let actions = action::find(text);
        Self {
            placeholders: actions.into_iter().map(|action| action.range).collect(),
            ..Self::unchanged(text)
        }
    }

    /// An action stands in this range, or a part of one does.
    pub(in crate::syntax) fn touches(&self, range: &Range<usize>) -> bool {
        let next = self
            .placeholders
            .partition_point(|placeholder| placeholder.end <= range.start);
        self.placeholders
            .get(next)
            .is_some_and(|placeholder| placeholder.start < range.end)
    }

    /// What there is of a comment in the text itself: a line of actions may have been made one.
    pub(in crate::syntax) fn comment(
        &self,
        text: &str,
        range: Range<usize>,
    ) -> Option<Range<usize>> {
        let next = self
            .placeholders
            .partition_point(|placeholder| placeholder.end <= range.start);
        let starts_here = |placeholder: &&Range<usize>| placeholder.start <= range.start;
        if self.placeholders.get(next).filter(starts_here).is_none() {
            return Some(range);
        }
        let inside = self.placeholders[next..].iter();
        let last = inside
            .take_while(|placeholder| placeholder.start < range.end)
            .last()?;
        let rest = text.get(last.end..range.end)?;
        rest.find('#').map(|at| last.end + at..range.end)
    }

    /// The blanked-out block scalar whose header stands here.
    pub(in crate::syntax) fn block_at(&self, header: usize) -> Option<&MaskedBlock> {
        let found = self
            .blocks
            .binary_search_by_key(&header, |block| block.header);
        found.ok().map(|index| &self.blocks[index])
    }
}

/// The text may be a template.
pub fn is_templated(text: &str) -> bool {
    text.contains("{{") || text.contains("{%") || action::has_placeholder(text)
}

/// Where the actions of a text stand, with their delimiters, in order.
pub fn actions(text: &str) -> Vec<Range<usize>> {
    let actions = action::find(text);
    actions.into_iter().map(|action| action.range).collect()
}

/// Takes the template actions out of a YAML text.
pub fn mask(text: &str) -> MaskedTemplate<'_> {
    let actions = action::find(text);
    if actions.is_empty() {
        return MaskedTemplate::unchanged(text);
    }
    let mut lines = lines::classify(text, &actions);
    let blocks = blocks::take_out(text, &actions, &mut lines);
    lines::find_optional(text, &actions, &mut lines);
    MaskedTemplate {
        text: Cow::Owned(lines::fill(text, &lines, &actions)),
        actions: lines::action_lines(text, &lines, &actions),
        placeholders: actions.into_iter().map(|action| action.range).collect(),
        blocks,
    }
}

#[cfg(test)]
mod tests;
