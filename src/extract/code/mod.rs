//! What the readers of client code share, whatever the language: one form of code, one interpreter over
//! it, constants, addresses and their secrets, and the note about code that was not followed.
//!
//! `form` is what a front end lowers a file to, `project` the files and how they name each other,
//! `value` what the interpreter knows at a point. `interpreter` runs bodies and statements,
//! `conditions` their branches, `loops` their loops, `join` puts together what two of them leave,
//! `evaluate` expressions, `calls` calls, `callers` looks for the callers of a function; `clients`
//! tells what was built, `settings` what files and classes of settings stand for. `precondition` says
//! what holds where a variable of the environment is not set. `outline` knows where every expression
//! stands and `seen` who names a function: by them `lifetime` says how long a client lives,
//! `concurrency` how many of a call run at once, `bindings` what a value was bound to; `waiting` says
//! how long a call waits. `typed` is the interpreter's part for languages whose names and types are
//! declared: `package` and `scope` are what it reads, `typed_words` what their front ends say,
//! `options` what is written on an options value. No grammar and no library is known here: a front
//! end gives the one, `knowledge` the other. A front end may also say what its expressions are
//! (`interpreter::OwnValues`), as Rust's does: statements, branches, loops and functions are run for
//! it. `url_parts` makes a URL of what code writes apart.

pub(in crate::extract) mod address;
pub(in crate::extract) mod bindings;
mod callers;
mod calls;
mod clients;
pub(in crate::extract) mod concurrency;
mod conditions;
mod evaluate;
pub(in crate::extract) mod fold;
pub(in crate::extract) mod form;
pub(in crate::extract) mod interpreter;
mod join;
pub(in crate::extract) mod lifetime;
mod loops;
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
pub(in crate::extract) mod url_parts;
pub(in crate::extract) mod value;
pub(in crate::extract) mod waiting;

use std::ops::Range;

use crate::source::{Excerpt, Span};
use crate::syntax::code::CodeTree;

/// Where the parser gave up, or missed something, in order.
pub(in crate::extract) fn find_broken(tree: &CodeTree) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    tree.walk(|node| {
        if node.is_error() || node.is_missing() {
            found.push(node.byte_range());
        }
    });
    found
}

/// What has to be said where a part of a text that was not followed may build a client.
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
