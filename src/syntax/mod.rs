//! Text in, trees out: what a file says in its own notation, with the place of every part.
//!
//! Each module reads one notation out of an [`Excerpt`](crate::source::Excerpt) and gives back a
//! tree (or a list) whose spans lie in the file, together with the mistakes it met. Reading never
//! fails: half a file still has content in it. No module here knows what the text is about, so the
//! names of servers, platforms and libraries are left to the stages above.

pub mod base64;
mod block_header;
pub mod code;
pub mod conf;
pub mod dockerfile;
pub mod dotenv;
pub mod hcl;
pub mod here_document;
pub mod markdown;
pub mod options;
pub mod shell;
pub mod starlark;
pub mod template;
pub mod unit;
pub mod yaml;

use crate::source::Span;

/// A place where the text breaks the rules of its notation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    pub span: Span,
    pub message: String,
}
