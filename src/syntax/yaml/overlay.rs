//! Lays one tree over another: mappings are merged key by key, everything else replaces the value
//! below. Every node keeps the position where it is written.

use std::sync::Arc;

use super::{MappingEntry, NodeKind, Scalar, ScalarStyle, YamlNode};

impl YamlNode {
    /// This tree with another one over it.
    pub fn overlaid(&self, over: &YamlNode) -> YamlNode {
        if !self.is_map() || !over.is_map() {
            return over.clone();
        }
        let kept = self.entries().iter().map(|entry| {
            let above = entry.key.as_str().and_then(|key| over.get(key));
            match above {
                Some(above) => MappingEntry {
                    key: entry.key.clone(),
                    value: entry.value.overlaid(above),
                },
                None => entry.clone(),
            }
        });
        let mut entries: Vec<MappingEntry> = kept.collect();
        let added = over.entries().iter().filter(|entry| {
            let key = entry.key.as_str();
            key.is_none_or(|key| self.get(key).is_none())
        });
        entries.extend(added.cloned());
        YamlNode {
            kind: NodeKind::Map(entries),
            span: over.span,
            placeholder: self.placeholder || over.placeholder,
            open: self.open || over.open,
            may_grow: self.may_grow || over.may_grow,
            tag: over.tag.clone(),
            removed: over.removed.clone(),
        }
    }

    /// The entries that all of the others have, too, with this node's values.
    pub fn common_with(&self, others: &[&YamlNode]) -> YamlNode {
        let kept = self.entries().iter().filter_map(|entry| {
            let key = entry.key.as_str()?;
            let beside: Option<Vec<&YamlNode>> =
                others.iter().map(|other| other.get(key)).collect();
            let value = match entry.value.is_map() {
                true => entry.value.common_with(&beside?),
                false => beside.map(|_| entry.value.clone())?,
            };
            Some(MappingEntry {
                key: entry.key.clone(),
                value,
            })
        });
        self.rebuilt(NodeKind::Map(kept.collect()))
    }

    /// A scalar below the keys of a dotted path, where `\.` is a dot in a key. `None` where the path
    /// leads into a list.
    pub fn find_nested(&self, path: &str) -> Option<YamlNode> {
        let keys = keys(path)?;
        let plain = Scalar {
            style: ScalarStyle::Plain,
            string_tag: false,
            ..self.scalar()?.clone()
        };
        let leaf = YamlNode {
            kind: NodeKind::Scalar(plain),
            ..self.clone()
        };
        keys.into_iter().rev().try_fold(leaf, |value, key| {
            Some(YamlNode {
                span: self.span,
                placeholder: value.placeholder,
                open: false,
                may_grow: false,
                tag: None,
                removed: None,
                kind: NodeKind::Map(vec![MappingEntry {
                    key: self.key(&key)?,
                    value,
                }]),
            })
        })
    }

    /// A key that stands where this scalar does.
    fn key(&self, text: &str) -> Option<YamlNode> {
        let value = self.scalar()?.value();
        let mut builder = value.builder();
        builder.push_as(text, 0..value.text().len());
        let key = Scalar {
            style: ScalarStyle::Plain,
            value: Arc::new(builder.finish()),
            placeholders: false,
            string_tag: true,
            block: None,
        };
        Some(YamlNode {
            kind: NodeKind::Scalar(key),
            span: self.span,
            placeholder: false,
            open: false,
            may_grow: false,
            tag: None,
            removed: None,
        })
    }
}

/// The parts of a path.
fn keys(path: &str) -> Option<Vec<String>> {
    let mut keys = vec![String::new()];
    let mut chars = path.chars();
    while let Some(c) = chars.next() {
        let last = keys.last_mut()?;
        match c {
            '\\' => last.extend(chars.next()),
            '[' => return None,
            '.' => keys.push(String::new()),
            c => last.push(c),
        }
    }
    keys.iter().all(|key| !key.is_empty()).then_some(keys)
}
