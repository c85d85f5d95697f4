//! What the readers of client code share, whatever the language: one form of code, one interpreter over
//! it, constants, addresses and their secrets, and the note about code that was not followed.
//!
//! `form` is what a front end lowers a file to, `project` the files and how they name each other,
//! `value` what the interpreter knows at a point. `interpreter` runs bodies and statements, `conditions`
//! their branches, `evaluate` expressions, `calls` calls, `callers` looks for the callers of a function;
//! `clients` tells what was built, `settings` what files and classes of settings stand for.
//! `precondition` says what holds where a variable of the environment is not set. `outline` knows where
//! every expression stands and `seen` who names a function: by them `lifetime` says how long a client
//! lives, `concurrency` how many of a call run at once, `bindings` what a value was bound to; `waiting`
//! says how long a call waits. `typed` is the interpreter's part for languages whose names and types are
//! declared: `package` and `scope` are what it reads, `typed_words` what their front ends say, `options`
//! what is written on an options value. No grammar and no library is known here: a front end gives the
//! one, `knowledge` the other. Rust is lowered too, for the analyses that need no values; its options are
//! worked out by an interpreter of its own.

pub(in crate::extract) mod address;
pub(in crate::extract) mod bindings;
pub(in crate::extract) mod branches;
mod callers;
mod calls;
mod clients;
pub(in crate::extract) mod concurrency;
mod conditions;
mod evaluate;
pub(in crate::extract) mod fold;
pub(in crate::extract) mod form;
pub(in crate::extract) mod interpreter;
pub(in crate::extract) mod lifetime;
pub(in crate::extract) mod options;
pub(in crate::extract) mod outline;
pub(in crate::extract) mod package;
pub(in crate::extract) mod precondition;
pub(in crate::extract) mod project;
pub(in crate::extract) mod scope;
pub(in crate::extract) mod seen;
mod settings;
pub(in crate::extract) mod text;
mod typed;
pub(in crate::extract) mod typed_words;
pub(in crate::extract) mod value;
pub(in crate::extract) mod waiting;

use std::ops::Range;

use crate::source::{Excerpt, Span};
use crate::syntax::code::CodeTree;

/// What has to be said where a part of a file that was not followed may build a client.
pub(in crate::extract) fn note_skipped(
    tree: &CodeTree,
    parts: &[Range<usize>],
    worth: &dyn Fn(&str) -> bool,
) -> Option<(Span, String)> {
    note_unfollowed(tree.excerpt(), parts.iter().chain(tree.too_deep()), worth)
}

/// The same for the parts of any text.
pub(in crate::extract) fn note_unfollowed<'p>(
    excerpt: &Excerpt,
    mut parts: impl Iterator<Item = &'p Range<usize>>,
    worth: &dyn Fn(&str) -> bool,
) -> Option<(Span, String)> {
    let text = excerpt.text();
    let part = parts.find(|part| text.get((*part).clone()).is_some_and(worth))?;
    let note = "a part of this file is nested or branches too much to be followed: a client that it \
                builds may be missing here";
    Some((excerpt.span(part.start..part.start), note.to_owned()))
}
