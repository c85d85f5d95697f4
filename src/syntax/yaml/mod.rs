//! YAML: an excerpt in, a tree with spans out, together with its comments and syntax errors.
//!
//! Events come from granit-parser. The tree adds what YAML readers do but events do not: aliases
//! and merge keys are resolved, and the value of every scalar is an excerpt that maps to the file
//! byte by byte, so that configuration text in a block scalar can be parsed like a file. A text
//! with template actions that is not valid YAML is read through [`template::mask`]; whatever an
//! action could change is marked ([`YamlNode::has_hole`], [`YamlNode::is_open`]).
//!
//! The meaning of keys is left to `extract`.

mod actions;
mod align;
mod block;
mod build;
mod encoded;
mod merge;
mod node;
mod overlay;
mod scalar;
mod synthetic;
mod typing;
mod unread;

pub use encoded::decode;
pub use node::{MappingEntry, NodeKind, Scalar, ScalarStyle, YamlNode};
pub use unread::UnreadDocuments;

use super::SyntaxError;
use super::template::{self, MaskedTemplate};
use crate::source::{Comment, Excerpt, Span};

/// All documents of one text.
#[derive(Clone, Debug, Default)]
pub struct YamlStream {
    pub documents: Vec<YamlDocument>,
    pub errors: Vec<SyntaxError>,
    pub comments: Vec<Comment>,
}

/// One document of a stream.
#[derive(Clone, Debug)]
pub struct YamlDocument {
    pub root: YamlNode,
    pub span: Span,
    /// The document was read to its end. If not, an error of the stream says why, and more nodes
    /// may follow in the file than the tree holds.
    pub complete: bool,
}

/// Reads all documents. A broken one is kept as far as it could be read, and does not hide the
/// others.
pub fn parse(excerpt: &Excerpt) -> YamlStream {
    let none = UnreadDocuments {
        key: "",
        values: &[],
    };
    parse_without(excerpt, none)
}

/// Reads all documents but those of kinds that no reader asks for.
pub fn parse_without(excerpt: &Excerpt, unread: UnreadDocuments<'_>) -> YamlStream {
    let text = excerpt.text();
    let parts = unread.select_parts(text);
    let read = |masked: &MaskedTemplate<'_>| build::read(excerpt, masked, &parts);
    if !template::is_templated(text) {
        return read(&MaskedTemplate::unchanged(text)).stream;
    }
    let as_it_stands = read(&MaskedTemplate::holes_only(text));
    if as_it_stands.stream.errors.is_empty() && !as_it_stands.brace_pair_opens_mapping {
        return as_it_stands.stream;
    }
    read(&template::mask(text)).stream
}

#[cfg(test)]
mod tests;
