//! The header and the lines of a block scalar. Needed because the parser's range starts after the
//! indentation of the first line, and at the next token if the block is empty.

use std::ops::Range;

use crate::syntax::block_header;

/// A block scalar in the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BlockScalarPlace {
    /// `|` or `>` with its indicators.
    pub(super) header: Range<usize>,
    /// The start of the first line after the header.
    pub(super) lines_start: usize,
    /// How many blanks the line at the parser's start begins with.
    pub(super) indent: usize,
}

/// Finds the header of the block scalar whose content (or next token) is at `start`. Nothing but
/// indicators, tags, anchors and comments can stand between `previous_end`, the end of the token
/// before it, and its header.
pub(super) fn locate(source: &str, previous_end: usize, start: usize) -> Option<BlockScalarPlace> {
    let between = source.get(previous_end..start)?;
    let trimmed = between.trim_end_matches([' ', '\t', '\n', '\r']);
    let line_start = trimmed.rfind(['\n', '\r']).map_or(0, |at| at + 1);
    let header = block_header::find(&trimmed[line_start..])?;
    let shift = previous_end + line_start;
    let line_end = previous_end + trimmed.len();
    Some(BlockScalarPlace {
        header: shift + header.start..shift + header.end,
        lines_start: after_line(source, line_end, start),
        indent: blanks_before(source, start),
    })
}

/// The start of the line after the one that ends with blanks from `line_end` on.
fn after_line(source: &str, line_end: usize, limit: usize) -> usize {
    let rest = &source[line_end..limit];
    let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    let line_break = match &rest.as_bytes()[blanks..] {
        [b'\r', b'\n', ..] => 2,
        [_, ..] => 1,
        [] => 0,
    };
    line_end + blanks + line_break
}

fn blanks_before(source: &str, at: usize) -> usize {
    let before = &source[..at];
    before.len() - before.trim_end_matches(' ').len()
}
