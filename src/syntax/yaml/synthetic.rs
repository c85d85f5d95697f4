//! Nodes that are not in any text as they are: results of patches, generators and renamings. Each
//! part keeps the position of its origin.

use std::sync::Arc;

use super::node::RemovedEntry;
use super::{Excerpt, MappingEntry, NodeKind, Scalar, ScalarStyle, YamlNode};
use crate::source::Span;

impl YamlNode {
    /// The same place with other content.
    pub fn rebuilt(&self, kind: NodeKind) -> Self {
        let placeholder = self.open
            || match &kind {
                NodeKind::Scalar(scalar) => scalar.placeholders,
                NodeKind::Seq(items) => items.iter().any(YamlNode::has_placeholder),
                NodeKind::Map(entries) => {
                    let holed =
                        |e: &MappingEntry| e.key.has_placeholder() || e.value.has_placeholder();
                    entries.iter().any(holed)
                }
            };
        Self {
            kind,
            span: self.span,
            placeholder,
            open: self.open,
            may_grow: self.may_grow,
            tag: self.tag.clone(),
            removed: self.removed.clone(),
        }
    }

    /// A scalar with a text that was made of what stands at `span`; it cannot be written anew there.
    pub fn from_text(text: &str, span: Span) -> Self {
        Self::scalar_of(Excerpt::at_span(text, span), ScalarStyle::Folded, span)
    }

    /// A scalar that holds the lines of an excerpt as they stand there.
    pub fn from_lines(excerpt: Excerpt) -> Self {
        let span = excerpt.span_all();
        Self::scalar_of(excerpt, ScalarStyle::Literal, span)
    }

    /// A scalar that is a part of a line.
    pub fn from_part(excerpt: Excerpt) -> Self {
        let span = excerpt.span_all();
        Self::scalar_of(excerpt, ScalarStyle::Folded, span)
    }

    /// A scalar in this node's place of which nothing is known.
    pub fn to_unknown(&self) -> Self {
        let mut node = Self::from_text("", self.span);
        if let NodeKind::Scalar(scalar) = &mut node.kind {
            scalar.placeholders = true;
        }
        node.placeholder = true;
        node
    }

    /// A mapping out of entries that stand at `span`.
    pub fn from_entries(entries: Vec<(&str, YamlNode)>, span: Span) -> Self {
        let entries = entries
            .into_iter()
            .map(|(key, value)| MappingEntry {
                key: Self::from_text(key, value.span),
                value,
            })
            .collect();
        Self {
            kind: NodeKind::Map(Vec::new()),
            span,
            placeholder: false,
            open: false,
            may_grow: false,
            tag: None,
            removed: None,
        }
        .rebuilt(NodeKind::Map(entries))
    }

    /// The mapping with a key set to a value; a key that is not there comes last.
    pub fn with_entry(&self, key: &str, value: YamlNode) -> Self {
        let mut entries = self.entries().to_vec();
        let at = entries.iter().rposition(|e| e.key.as_str() == Some(key));
        match at {
            Some(at) => entries[at].value = value,
            None => entries.push(MappingEntry {
                key: Self::from_text(key, value.span),
                value,
            }),
        }
        self.rebuilt(NodeKind::Map(entries))
    }

    /// The mapping without a key.
    pub fn without_entry(&self, key: &str) -> Self {
        let kept = self.entries().iter();
        let kept = kept.filter(|entry| entry.key.as_str() != Some(key));
        self.rebuilt(NodeKind::Map(kept.cloned().collect()))
    }

    /// The mapping without a key that a patch takes out of it at `at`.
    pub fn with_removal(&self, key: &str, at: Span) -> Self {
        let mut removed: Vec<RemovedEntry> = self.removed.as_deref().cloned().unwrap_or_default();
        removed.push(RemovedEntry {
            key: key.into(),
            at,
        });
        Self {
            removed: Some(Arc::new(removed)),
            ..self.without_entry(key)
        }
    }

    fn scalar_of(value: Excerpt, style: ScalarStyle, span: Span) -> Self {
        let scalar = Scalar {
            style,
            value: Arc::new(value),
            placeholders: false,
            string_tag: true,
            block: None,
        };
        Self {
            kind: NodeKind::Scalar(scalar),
            span,
            placeholder: false,
            open: false,
            may_grow: false,
            tag: None,
            removed: None,
        }
    }
}
