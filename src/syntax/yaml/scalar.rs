//! Builds a scalar from one parser event: its value as an excerpt of the file, its style, and what
//! a template could change in it.

use std::ops::Range;
use std::sync::Arc;

use granit_parser::Tag;

use super::align::{self, ValueStretch};
use super::block::{self, BlockScalarPlace};
use super::node::BlockScalarText;
use super::{Excerpt, MaskedTemplate, NodeKind, Scalar, ScalarStyle, YamlNode};

/// A scalar as the parser reports it, and the text that it stands in.
pub(super) struct WrittenScalar<'a> {
    pub(super) excerpt: &'a Excerpt,
    pub(super) masked: &'a MaskedTemplate<'a>,
    /// The end of the token before it: a block scalar's header comes after that.
    pub(super) previous_end: usize,
    pub(super) value: &'a str,
    pub(super) range: Range<usize>,
}

impl WrittenScalar<'_> {
    pub(super) fn node(&self, style: granit_parser::ScalarStyle, string_tag: bool) -> YamlNode {
        let style = own_style(style);
        match style {
            ScalarStyle::Literal | ScalarStyle::Folded => self.block(style, string_tag),
            _ => self.flow(style, string_tag),
        }
    }

    fn flow(&self, style: ScalarStyle, string_tag: bool) -> YamlNode {
        let quote = usize::from(style != ScalarStyle::Plain);
        let inner = self.range.start + quote..self.range.end.saturating_sub(quote);
        let parts = align::flow(&self.masked.text, inner.clone(), self.value, style);
        let placeholders = self.masked.touches(&self.range);
        let scalar = Scalar {
            style,
            value: Arc::new(self.excerpt_of(parts, inner.start)),
            placeholders,
            string_tag,
            block: None,
        };
        YamlNode {
            kind: NodeKind::Scalar(scalar),
            span: self.excerpt.span(self.range.clone()),
            placeholder: placeholders,
            open: false,
            may_grow: false,
            tag: None,
            removed: None,
        }
    }

    fn block(&self, style: ScalarStyle, string_tag: bool) -> YamlNode {
        // At the end of the text the parser's range of an empty block is its header.
        let is_empty = self.value.bytes().all(|byte| byte == b'\n');
        let start = if is_empty {
            self.range.end
        } else {
            self.range.start
        };
        let place = block::locate(&self.masked.text, self.previous_end, start);
        let (parts, indent) = match &place {
            Some(place) => self.block_parts(place),
            None => (None, None),
        };
        let start = place.as_ref().map_or(self.range.start, |p| p.lines_start);
        let placeholders = match parts.as_deref() {
            Some([first, .., last]) => self.masked.touches(&(first.range.start..last.range.end)),
            Some([only]) => self.masked.touches(&only.range),
            Some([]) => false,
            None => self.masked.touches(&self.range),
        };
        let value = self.excerpt_of(parts, start);
        let span = value.span_all();
        let scalar = Scalar {
            style,
            value: Arc::new(value),
            placeholders,
            string_tag,
            block: place.map(|place| BlockScalarText {
                header: self.excerpt.span(place.header),
                indent,
            }),
        };
        YamlNode {
            kind: NodeKind::Scalar(scalar),
            span,
            placeholder: placeholders,
            open: false,
            may_grow: false,
            tag: None,
            removed: None,
        }
    }

    /// The parts of the value and what its lines are indented by. A block that template actions
    /// stand in as lines of their own was blanked out for the parser: its lines come as they are.
    fn block_parts(&self, place: &BlockScalarPlace) -> (Option<Vec<ValueStretch>>, Option<usize>) {
        if let Some(block) = self.masked.block_at(place.header.start) {
            let parts = block
                .lines
                .iter()
                .cloned()
                .map(ValueStretch::verbatim)
                .collect();
            return (Some(parts), Some(block.indent));
        }
        let lines = place.lines_start..self.range.end.max(place.lines_start);
        let indent = place.indent;
        let parts = align::block(&self.masked.text, lines, indent, self.value);
        let has_lines = self.value.bytes().any(|byte| byte != b'\n');
        (parts, has_lines.then_some(indent))
    }

    /// The value; where the parts are not known all of it stands for all of the source.
    fn excerpt_of(&self, parts: Option<Vec<ValueStretch>>, empty_at: usize) -> Excerpt {
        let mut builder = self.excerpt.builder();
        let Some(parts) = parts else {
            builder.push_as(self.value, self.range.clone());
            return builder.finish_at(empty_at);
        };
        for part in parts {
            match part.stands_for {
                None => builder.push(part.range),
                Some(char) => builder.push_as(char.encode_utf8(&mut [0; 4]), part.range),
            }
        }
        builder.finish_at(empty_at)
    }
}

fn own_style(style: granit_parser::ScalarStyle) -> ScalarStyle {
    match style {
        granit_parser::ScalarStyle::Plain => ScalarStyle::Plain,
        granit_parser::ScalarStyle::SingleQuoted => ScalarStyle::SingleQuoted,
        granit_parser::ScalarStyle::DoubleQuoted => ScalarStyle::DoubleQuoted,
        granit_parser::ScalarStyle::Literal => ScalarStyle::Literal,
        granit_parser::ScalarStyle::Folded => ScalarStyle::Folded,
    }
}

/// A tag of the format's own, which YAML gives no meaning: `!reset`.
pub(super) fn local(tag: Option<&Tag>) -> Option<Arc<str>> {
    let written = tag?.to_string();
    written.starts_with('!').then(|| written.into())
}
