//! Text to trees: what a file says in its own notation, with the position of every part.
//!
//! Each module reads one notation from an [`Excerpt`](crate::source::Excerpt) and returns a tree or
//! a list whose spans lie in the file, together with the syntax errors it found. Reading never
//! fails, because half a file still has useful content. No module here knows what a text is about;
//! names of servers, platforms and libraries belong to later stages.

pub mod base64;
mod block_header;
pub mod code;
pub mod conf;
pub mod dockerfile;
pub mod dotenv;
pub mod hcl;
pub mod here_document;
pub mod jinja;
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
