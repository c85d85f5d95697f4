//! YAML nodes as raw scalars and names: text with its place, or why it cannot be known.

use crate::facts::raw::RawScalar;
use crate::facts::{Cause, EditTarget, TextEncoding};
use crate::source::{Excerpt, Span};
use crate::syntax::yaml::{ScalarStyle, YamlNode};

/// Why a template keeps a value from being known.
pub fn template_reason() -> Cause {
    Cause::Template("fills it in")
}

/// A scalar node's text; a mapping or list in its place is no figure.
pub fn raw_scalar(node: &YamlNode) -> RawScalar {
    let text = match node.as_str() {
        _ if node.has_hole() || node.is_open() => Err(template_reason()),
        Some(text) => Ok(text.to_owned()),
        None => Err(Cause::Deployment("it is not a plain value")),
    };
    RawScalar {
        text,
        span: node.span,
        slot: replace(node),
    }
}

/// A one-line scalar can be written anew with its quotes.
pub fn replace(node: &YamlNode) -> EditTarget {
    let one_line = |style| !matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
    // What was put together out of several places cannot be written anew at one.
    let is_one = |value: &Excerpt| {
        let all = 0..value.text().len();
        !value.is_filled(&all) || node.span == value.span(all) && node.span.file != value.file()
    };
    match node.scalar() {
        Some(scalar)
            if one_line(scalar.style()) && !scalar.has_hole() && is_one(scalar.value()) =>
        {
            EditTarget::Replace {
                span: node.span,
                encoding: TextEncoding::YamlScalar,
            }
        }
        _ => EditTarget::None,
    }
}

/// Where a finding on a whole mapping stands: its first entry.
pub fn first_entry(node: &YamlNode) -> Span {
    match node.entries().first() {
        Some(entry)
            if entry.value.scalar().is_some() && entry.key.span.file == entry.value.span.file =>
        {
            entry.key.span.to(entry.value.span)
        }
        Some(entry) => entry.key.span,
        None => node.span,
    }
}

/// A known text without a template in it.
pub fn known(node: Option<&YamlNode>) -> Option<&str> {
    node.filter(|node| !node.has_hole())
        .and_then(YamlNode::as_str)
}
