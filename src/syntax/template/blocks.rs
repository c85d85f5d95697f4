//! Block scalars in templates. Their content is not YAML, so an action inside does no harm unless
//! it is left of the content (`{{ … | indent 4 }}` at the start of a line) or is the first line and
//! indented differently. Such blocks are removed and kept line by line.

use std::ops::Range;

use super::MaskedBlock;
use super::action::{ActionKind, TemplateAction};
use super::lines::{TemplateLine, TemplateLineKind, output_column};
use crate::syntax::block_header;

/// Finds the block scalars with actions in them, settles the fate of their lines, and gives back
/// those that have to be taken out.
pub(super) fn take_out(
    text: &str,
    actions: &[TemplateAction],
    lines: &mut [TemplateLine],
) -> Vec<MaskedBlock> {
    let mut taken = Vec::new();
    let mut next = 0;
    while next < lines.len() {
        let index = next;
        next += 1;
        let Some(header) = header(text, actions, &lines[index]) else {
            continue;
        };
        let block = BlockScalarLines::find(actions, lines, index, header);
        next = block.lines.end;
        comment_out(&mut lines[next..]);
        if !block.has_actions(lines) {
            continue;
        }
        let fits = block.fits(lines);
        block.settle(lines, fits);
        if !fits {
            taken.push(block.mask_block(text, lines));
        }
    }
    taken
}

/// The lines of actions that follow a block scalar and are not a part of it.
fn comment_out(lines: &mut [TemplateLine]) {
    let follow = |line: &&mut TemplateLine| line.is_blank() || line.only_actions();
    for line in lines.iter_mut().take_while(follow) {
        if line.only_actions() {
            line.line_kind = TemplateLineKind::Comment;
        }
    }
}

/// A block scalar's header line.
struct BlockScalarHeader {
    /// `|` or `>` with its indicators.
    range: Range<usize>,
    /// The column of the key or dash that the block has to be indented under.
    parent: usize,
    /// An indentation indicator, and what it says.
    explicit: Option<usize>,
    strips: bool,
    keeps: bool,
    /// An action after it on its line: the block's text starts there.
    action: Option<usize>,
}

fn header(
    text: &str,
    actions: &[TemplateAction],
    line: &TemplateLine,
) -> Option<BlockScalarHeader> {
    let body = &text[line.range.clone()];
    if line.continues || !body.contains(['|', '>']) || body.starts_with("---") {
        return None;
    }
    let last = actions[line.actions.clone()].last();
    let last = last.filter(|action| {
        text[action.range.end.min(line.range.end)..line.range.end]
            .trim()
            .is_empty()
    });
    let cut = last.and_then(|action| body.get(..action.range.start - line.range.start));
    let (found, action) = match cut.and_then(block_header::find) {
        Some(found) => (found, last.map(|action| action.range.start)),
        None => (block_header::find(body)?, None),
    };
    let parent = parent_column(body, found.start)?;
    let range = line.range.start + found.start..line.range.start + found.end;
    let in_action = |action: &TemplateAction| action.range.contains(&range.start);
    if actions[line.actions.clone()].iter().any(in_action) {
        return None;
    }
    let indicators = &text[range.clone()];
    let digit = indicators.bytes().find(u8::is_ascii_digit);
    Some(BlockScalarHeader {
        parent,
        explicit: digit.map(|digit| parent + usize::from(digit - b'0')),
        strips: indicators.contains('-'),
        keeps: indicators.contains('+'),
        range,
        action,
    })
}

/// Where the entry that the block is the value of starts. Nothing if the sign is a part of a plain
/// scalar: only a colon, a dash, a tag or an anchor can come before a block.
fn parent_column(body: &str, sign: usize) -> Option<usize> {
    let before = body[..sign].trim_end();
    let word = before.rsplit([' ', '\t']).next().unwrap_or("");
    let introduces = word.ends_with(':')
        || matches!(word, "-" | "?")
        || word.starts_with('!')
        || word.starts_with('&');
    if !introduces {
        return None;
    }
    let mut column = 0;
    let mut entry = 0;
    while let Some(byte) = body.as_bytes().get(column).filter(|_| column < sign) {
        let is_dash = matches!(byte, b'-' | b'?')
            && matches!(body.as_bytes().get(column + 1), Some(b' ' | b'\t'));
        if !is_dash && !matches!(byte, b' ' | b'\t') {
            return Some(column);
        }
        if is_dash {
            entry = column;
        }
        column += 1;
    }
    Some(entry)
}

/// A block scalar: its header and the lines that belong to it.
struct BlockScalarLines {
    header: BlockScalarHeader,
    header_line: usize,
    lines: Range<usize>,
    indent: usize,
}

impl BlockScalarLines {
    fn find(
        actions: &[TemplateAction],
        lines: &[TemplateLine],
        index: usize,
        header: BlockScalarHeader,
    ) -> Self {
        let first = index + 1;
        let mut end = first;
        for (at, line) in lines.iter().enumerate().skip(first) {
            if line.is_blank() {
                continue;
            }
            if belongs(line, actions, header.parent)
                || (writes_as_it_likes(line, actions)
                    && (end == first || line.indent < header.parent))
                || (line.continues && end == at)
            {
                end = at + 1;
            } else if !line.only_actions() {
                break;
            }
        }
        let indent = indent(actions, &lines[first..end], &header);
        Self {
            header,
            header_line: index,
            lines: first..end,
            indent,
        }
    }

    fn has_actions(&self, lines: &[TemplateLine]) -> bool {
        let own = &lines[self.lines.clone()];
        self.header.action.is_some() || own.iter().any(|line| !line.actions.is_empty())
    }

    /// The parser can read it as it stands.
    fn fits(&self, lines: &[TemplateLine]) -> bool {
        let mut texts = lines[self.lines.clone()]
            .iter()
            .filter(|line| !line.is_blank());
        let first = texts.clone().next();
        self.header.action.is_none()
            && texts.all(|line| line.indent >= self.indent)
            && (self.header.explicit.is_some()
                || first.is_some_and(|line| line.indent == self.indent))
    }

    fn settle(&self, lines: &mut [TemplateLine], fits: bool) {
        let line_kind = if fits {
            TemplateLineKind::Kept
        } else {
            TemplateLineKind::Blanked
        };
        for line in &mut lines[self.lines.clone()] {
            line.line_kind = line_kind;
        }
        if let Some(at) = self.header.action {
            lines[self.header_line].line_kind = TemplateLineKind::BlankedFrom(at);
        }
    }

    /// Its lines as they are. A folded block is not folded, since what its actions write is unknown.
    fn mask_block(&self, text: &str, lines: &[TemplateLine]) -> MaskedBlock {
        let own = &lines[self.lines.clone()];
        let mut ranges: Vec<_> = own.iter().map(|line| self.without_indent(line)).collect();
        if let Some(at) = self.header.action {
            ranges.insert(0, at..lines[self.header_line].next);
        }
        if self.header.keeps {
            let rest = &lines[self.lines.end..];
            let blank = rest.iter().take_while(|line| line.is_blank());
            ranges.extend(blank.map(|line| line.range.end..line.next));
        }
        if let Some(last) = ranges.last_mut().filter(|_| self.header.strips) {
            let body = text[last.clone()].trim_end_matches(['\n', '\r']);
            last.end = last.start + body.len();
        }
        MaskedBlock {
            header: self.header.range.start,
            lines: ranges,
            indent: self.indent,
        }
    }

    fn without_indent(&self, line: &TemplateLine) -> Range<usize> {
        line.range.start + line.indent.min(self.indent)..line.next
    }
}

/// The line is indented under the block's parent, or holds an action that writes text which is.
fn belongs(line: &TemplateLine, actions: &[TemplateAction], parent: usize) -> bool {
    line.indent > parent
        || (line.only_actions() && written_column(line, actions).is_some_and(|c| c > parent))
}

/// An action that does not say how far its text is indented, as `{{- include "x" . }}`, brings its
/// own blanks. Under a header without lines it writes those. Further down, to the left of all that
/// could follow the block, it may write more of them: to take it for a part of the block says that
/// the block is not known, which is the careful reading.
fn writes_as_it_likes(line: &TemplateLine, actions: &[TemplateAction]) -> bool {
    let free = |action: &TemplateAction| action.sort == ActionKind::Output { indent: None };
    line.only_actions() && actions[line.actions.clone()].iter().any(free)
}

fn written_column(line: &TemplateLine, actions: &[TemplateAction]) -> Option<usize> {
    actions[line.actions.clone()]
        .iter()
        .find_map(|action| output_column(action, line.indent))
}

/// What the block's lines are indented by: as the header says, else as the leftmost line of text is
/// (an action may leave the first one out), else as the actions are.
fn indent(actions: &[TemplateAction], lines: &[TemplateLine], header: &BlockScalarHeader) -> usize {
    if let Some(explicit) = header.explicit {
        return explicit;
    }
    let under = |column: &usize| *column > header.parent;
    // In a block a comment is text, too.
    let is_text = |line: &&TemplateLine| {
        !line.is_blank() && !line.continues && !starts_with_action(line, actions)
    };
    let of_text = lines.iter().filter(is_text).map(|line| line.indent);
    let of_actions = || {
        let columns = lines
            .iter()
            .filter_map(|line| written_column(line, actions));
        columns.filter(under).min()
    };
    of_text
        .filter(under)
        .min()
        .or_else(of_actions)
        .unwrap_or(header.parent + 1)
}

fn starts_with_action(line: &TemplateLine, actions: &[TemplateAction]) -> bool {
    let first = actions[line.actions.clone()].first();
    first.is_some_and(|action| action.range.start == line.range.start + line.indent)
}
