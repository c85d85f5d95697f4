//! The lines of a template: which consist only of actions, and what replaces them.

use std::ops::Range;

use super::ActionLine;
use super::action::{ActionKind, TemplateAction};

/// A line of the template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TemplateLine {
    /// Without its line break.
    pub(super) range: Range<usize>,
    /// Where the next line starts.
    pub(super) next: usize,
    /// The blanks it starts with; all of it if it is blank.
    pub(super) indent: usize,
    /// The actions that stand in it, or reach into it, by their place in the list.
    pub(super) actions: Range<usize>,
    /// Something other than blanks and a comment stands outside of its actions.
    pub(super) has_content: bool,
    /// It starts inside of an action.
    pub(super) continues: bool,
    pub(super) line_kind: TemplateLineKind,
}

/// What becomes of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TemplateLineKind {
    /// Its actions become letters, or blanks if nothing else stands in it.
    Masked,
    /// As above, for lines right after a block scalar: blanks would be read as more of the block,
    /// so they start with the sign of a comment.
    Comment,
    /// It belongs to a block scalar that can be read as it is.
    Kept,
    /// It belongs to a block scalar that cannot.
    Blanked,
    /// It is a block scalar's header, and what stands from here on belongs to the block.
    BlankedFrom(usize),
    /// A key, and from here on an action that writes its value on the lines below: other lines of
    /// the same value may follow.
    WrittenBelow(usize),
    /// An entry of a collection that a condition on its own line decides about: where the line is
    /// written out it stands elsewhere in it, so its collection has more than can be read.
    Optional,
}

impl TemplateLine {
    pub(super) fn is_blank(&self) -> bool {
        self.indent == self.range.len()
    }

    /// Nothing but actions (and perhaps a comment) stands in it.
    pub(super) fn only_actions(&self) -> bool {
        !self.actions.is_empty() && !self.has_content
    }
}

pub(super) fn classify(text: &str, actions: &[TemplateAction]) -> Vec<TemplateLine> {
    let mut lines = Vec::new();
    let (mut start, mut first) = (0, 0);
    while start < text.len() {
        let (end, next) = line_end(text, start);
        let range = start..end;
        while actions.get(first).is_some_and(|a| a.range.end <= start) {
            first += 1;
        }
        let reached = actions[first..].partition_point_linear(|a| a.range.start < range.end);
        lines.push(line(text, range, next, actions, first..first + reached));
        start = next;
    }
    lines
}

/// Finds the entries that conditions on their own lines decide about, outside of block scalars:
/// `{% if X %}- item{% endif %}`.
pub(super) fn find_optional(text: &str, actions: &[TemplateAction], lines: &mut [TemplateLine]) {
    for line in lines {
        if line.line_kind == TemplateLineKind::Masked
            && line.has_content
            && is_optional(text, actions, line)
        {
            line.line_kind = TemplateLineKind::Optional;
        }
    }
}

fn is_optional(text: &str, actions: &[TemplateAction], line: &TemplateLine) -> bool {
    let [first, .., last] = &actions[line.actions.clone()] else {
        return false;
    };
    let starts = first.sort == ActionKind::Branch
        && first.range.start == line.range.start + line.indent
        && first.range.end <= last.range.start;
    let rest = text.get(last.range.end..line.range.end);
    let ends = last.sort == ActionKind::Silent && rest.is_some_and(|rest| rest.trim().is_empty());
    if !(starts && ends) {
        return false;
    }
    let entry = text
        .get(first.range.end..last.range.start)
        .unwrap_or_default();
    let entry = entry.trim();
    let key = entry.split(':').next().unwrap_or_default();
    let is_word = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
    let is_key = entry.len() > key.len() && !key.is_empty() && key.chars().all(is_word);
    let separates = entry[key.len()..].starts_with(": ") || entry.len() == key.len() + 1;
    entry.starts_with("- ") || is_key && separates
}

/// Where the line that starts here ends, and where the next one starts.
fn line_end(text: &str, start: usize) -> (usize, usize) {
    let bytes = text.as_bytes();
    let Some(length) = memchr::memchr2(b'\n', b'\r', &bytes[start..]) else {
        return (text.len(), text.len());
    };
    let end = start + length;
    let two = bytes[end..].starts_with(b"\r\n");
    (end, end + if two { 2 } else { 1 })
}

/// `partition_point` over what is near: the actions of one line, not those of the whole text.
trait PartitionNearby<T> {
    fn partition_point_linear(&self, holds: impl Fn(&T) -> bool) -> usize;
}

impl<T> PartitionNearby<T> for [T] {
    fn partition_point_linear(&self, holds: impl Fn(&T) -> bool) -> usize {
        self.iter().take_while(|item| holds(item)).count()
    }
}

fn line(
    text: &str,
    range: Range<usize>,
    next: usize,
    actions: &[TemplateAction],
    own: Range<usize>,
) -> TemplateLine {
    let body = &text[range.clone()];
    TemplateLine {
        indent: body.len() - body.trim_start_matches([' ', '\t']).len(),
        has_content: has_content(text, &range, &actions[own.clone()]),
        line_kind: find_written_below(text, &range, &actions[own.clone()])
            .map_or(TemplateLineKind::Masked, TemplateLineKind::WrittenBelow),
        continues: actions
            .get(own.start)
            .is_some_and(|action| action.range.start < range.start),
        actions: own,
        range,
        next,
    }
}

fn has_content(text: &str, line: &Range<usize>, actions: &[TemplateAction]) -> bool {
    let mut from = line.start;
    for action in actions {
        let outside = text.get(from..action.range.start).unwrap_or("").trim();
        if !outside.is_empty() {
            return !outside.starts_with('#');
        }
        from = action.range.end;
    }
    let outside = text.get(from..line.end).unwrap_or("").trim();
    !outside.is_empty() && !outside.starts_with('#')
}

/// Where the action starts in `key: {{- … | nindent 4 }}`.
fn find_written_below(
    text: &str,
    line: &Range<usize>,
    actions: &[TemplateAction],
) -> Option<usize> {
    let last = actions.last()?;
    let ActionKind::Output { indent: Some(_) } = last.sort else {
        return None;
    };
    let before = text.get(line.start..last.range.start)?.trim_end();
    let after = text.get(last.range.end.min(line.end)..line.end)?.trim();
    let is_value = before.ends_with(':') && after.is_empty();
    is_value.then_some(last.range.start)
}

/// The masked text.
pub(super) fn fill(text: &str, lines: &[TemplateLine], actions: &[TemplateAction]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for line in lines {
        match line.line_kind {
            TemplateLineKind::Kept => {}
            TemplateLineKind::Blanked | TemplateLineKind::Optional => {
                paint(&mut bytes, line.range.clone(), b' ');
            }
            TemplateLineKind::BlankedFrom(at) | TemplateLineKind::WrittenBelow(at) => {
                mask_actions(&mut bytes, line, actions, line.range.start..at);
                paint(&mut bytes, at..line.range.end, b' ');
            }
            TemplateLineKind::Masked => mask_actions(&mut bytes, line, actions, line.range.clone()),
            TemplateLineKind::Comment => {
                mask_actions(&mut bytes, line, actions, line.range.clone());
                let indent = if line.continues { 0 } else { line.indent };
                let at = line.range.start + indent;
                paint(&mut bytes, at..at + 1, b'#');
            }
        }
    }
    // Whole actions were painted, and whole lines: both start and end at characters.
    String::from_utf8(bytes).unwrap_or_else(|_| blank(text))
}

fn mask_actions(
    bytes: &mut [u8],
    line: &TemplateLine,
    actions: &[TemplateAction],
    range: Range<usize>,
) {
    let filler = if line.has_content { b'x' } else { b' ' };
    for action in &actions[line.actions.clone()] {
        let start = action.range.start.max(range.start);
        let end = action.range.end.min(range.end);
        // Text after an action that began above stands wherever that action ends: only blanks keep
        // it from being read as the start of the line.
        let filler = if action.range.start < line.range.start {
            b' '
        } else {
            filler
        };
        if start < end {
            paint(bytes, start..end, filler);
        }
    }
}

fn paint(bytes: &mut [u8], range: Range<usize>, filler: u8) {
    if let Some(part) = bytes.get_mut(range) {
        part.fill(filler);
    }
}

/// A text of blanks of the same length and with the same line breaks.
fn blank(text: &str) -> String {
    let keep = |byte: u8| matches!(byte, b'\n' | b'\r');
    text.bytes()
        .map(|byte| if keep(byte) { char::from(byte) } else { ' ' })
        .collect()
}

/// The lines that hold only actions, outside of block scalars. A condition applies to the next
/// line that has text of its own.
pub(super) fn action_lines(
    text: &str,
    lines: &[TemplateLine],
    actions: &[TemplateAction],
) -> Vec<ActionLine> {
    let mut found = Vec::new();
    let mut next_column = 0;
    let mut before_key = false;
    for line in lines.iter().rev() {
        if line.has_content {
            next_column = line.indent;
            let written = text.get(line.range.clone()).unwrap_or_default();
            before_key = !written.trim_start().starts_with('-');
            found.extend(value_below(line, actions));
            if line.line_kind == TemplateLineKind::Optional {
                found.push(ActionLine {
                    at: line.range.start + line.indent,
                    column: line.indent,
                    writes: true,
                    before_key: false,
                });
            }
        } else if matches!(
            line.line_kind,
            TemplateLineKind::Masked | TemplateLineKind::Comment
        ) && let Some(action) = action_line(line, actions, next_column)
        {
            next_column = action.column;
            found.push(ActionLine {
                before_key: before_key && !action.writes,
                ..action
            });
        }
    }
    found.reverse();
    found
}

fn value_below(line: &TemplateLine, actions: &[TemplateAction]) -> Option<ActionLine> {
    let TemplateLineKind::WrittenBelow(at) = line.line_kind else {
        return None;
    };
    let action = actions[line.actions.clone()].last()?;
    let column = output_column(action, line.indent)?;
    Some(ActionLine {
        at,
        column,
        writes: true,
        before_key: false,
    })
}

fn action_line(
    line: &TemplateLine,
    actions: &[TemplateAction],
    next_column: usize,
) -> Option<ActionLine> {
    let started = |action: &&TemplateAction| action.range.start >= line.range.start;
    let own = || actions[line.actions.clone()].iter().filter(started);
    let at = own().next()?.range.start;
    let written = own().find_map(|action| output_column(action, line.indent));
    let (column, writes) = match written {
        Some(column) => (column, true),
        None if own().any(|action| action.sort == ActionKind::Branch) => (next_column, false),
        None => return None,
    };
    Some(ActionLine {
        at,
        column,
        writes,
        before_key: false,
    })
}

/// Where the text that an action writes stands in its line.
pub(super) fn output_column(action: &TemplateAction, own: usize) -> Option<usize> {
    match action.sort {
        ActionKind::Output { indent } => Some(indent.unwrap_or(own)),
        ActionKind::Branch | ActionKind::Silent => None,
    }
}
