//! What the readers of client code share, whatever the language: constants, addresses and their
//! secrets, and the note about code that was not followed. Names, types and statements are read by
//! `go` and `rust`.

pub(in crate::extract) mod address;
pub(in crate::extract) mod branches;
pub(in crate::extract) mod fold;

use std::ops::Range;

use crate::source::Span;
use crate::syntax::code::CodeTree;

/// What has to be said where a part of a file that was not followed may build a client.
pub(in crate::extract) fn skipped(
    tree: &CodeTree,
    parts: &[Range<usize>],
    worth: &dyn Fn(&str) -> bool,
) -> Option<(Span, String)> {
    let text = tree.excerpt().text();
    let mut parts = parts.iter().chain(tree.too_deep());
    let part = parts.find(|part| text.get((*part).clone()).is_some_and(worth))?;
    let note = "a part of this file is nested or branches too much to be followed: a client that it \
                builds may be missing here";
    Some((tree.excerpt().span(part.start..part.start), note.to_owned()))
}
