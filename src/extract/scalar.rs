//! YAML nodes as raw scalars and names: text with its place, or why it cannot be known.

use crate::facts::raw::RawScalar;
use crate::facts::{Cause, EditTarget, TextEncoding};
use crate::source::{Excerpt, Span};
use crate::syntax::yaml::{MappingEntry, ScalarStyle, YamlNode};

/// Why a template keeps a value from being known.
pub fn template_reason() -> Cause {
    Cause::Template("fills it in")
}

/// A scalar node's text; a mapping or list in its place is no figure.
pub fn raw_scalar(node: &YamlNode) -> RawScalar {
    let text = match node.as_str() {
        _ if node.has_placeholder() || node.is_open() => Err(template_reason()),
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
            if one_line(scalar.style()) && !scalar.has_placeholder() && is_one(scalar.value()) =>
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
    node.entries().first().map_or(node.span, entry_span)
}

/// Where a finding on a whole object stands: what names it, else its kind.
pub fn object_anchor(root: &YamlNode) -> Span {
    let metadata = root.get("metadata");
    let named = metadata.and_then(|node| node.entry("name").or_else(|| node.entry("generateName")));
    let anchor = named.or_else(|| root.entry("kind"));
    anchor.map_or_else(|| first_entry(root), entry_span)
}

/// Where a finding on a whole container stands: its image, else its name.
pub fn container_anchor(container: &YamlNode) -> Span {
    let anchor = container.entry("image").or_else(|| container.entry("name"));
    anchor.map_or_else(|| first_entry(container), entry_span)
}

/// A scalar stands with its key, a block is its key alone.
fn entry_span(entry: &MappingEntry) -> Span {
    let is_one_line =
        entry.value.scalar().is_some() && entry.key.span.file == entry.value.span.file;
    match is_one_line {
        true => entry.key.span.to(entry.value.span),
        false => entry.key.span,
    }
}

/// A known text without a template in it.
pub fn known_text(node: Option<&YamlNode>) -> Option<&str> {
    node.filter(|node| !node.has_placeholder())
        .and_then(YamlNode::as_str)
}
