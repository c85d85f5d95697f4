//! Trees of our own files, which `build.rs` parsed: JSON in which each scalar is a text behind the
//! letter of its style. Their nodes have no place, for nobody is shown where they stand.

use std::fmt;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::{Excerpt, MappingEntry, NodeKind, Scalar, ScalarStyle, YamlNode};
use crate::source::Span;

/// The tree; `None` if the text is none.
pub fn decode(json: &str) -> Option<YamlNode> {
    serde_json::from_str::<EncodedNode>(json)
        .ok()
        .map(|node| node.0)
}

struct EncodedNode(YamlNode);

impl<'de> Deserialize<'de> for EncodedNode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor).map(Self)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = YamlNode;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a scalar, a list or a mapping")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<YamlNode, E> {
        let mut letters = text.chars();
        let style = match letters.next() {
            Some('p') => ScalarStyle::Plain,
            Some('s') => ScalarStyle::SingleQuoted,
            Some('d') => ScalarStyle::DoubleQuoted,
            Some('l') => ScalarStyle::Literal,
            Some('f') => ScalarStyle::Folded,
            _ => return Err(E::custom("a scalar without a style")),
        };
        let value = Excerpt::at_span(letters.as_str(), Span::default());
        Ok(node(NodeKind::Scalar(Scalar {
            style,
            value: Arc::new(value),
            placeholders: false,
            string_tag: false,
            block: None,
        })))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<YamlNode, A::Error> {
        let mut all = Vec::new();
        while let Some(EncodedNode(item)) = items.next_element()? {
            all.push(item);
        }
        Ok(node(NodeKind::Seq(all)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<YamlNode, A::Error> {
        let mut all = Vec::new();
        while let Some((EncodedNode(key), EncodedNode(value))) = entries.next_entry()? {
            all.push(MappingEntry { key, value });
        }
        Ok(node(NodeKind::Map(all)))
    }
}

fn node(kind: NodeKind) -> YamlNode {
    YamlNode {
        kind,
        span: Span::default(),
        placeholder: false,
        open: false,
        may_grow: false,
        tag: None,
        removed: None,
    }
}
