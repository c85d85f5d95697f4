//! The nodes of a YAML tree, and lookups in them. Trees are built by [`build`](super::build); plain
//! scalars are typed by [`typing`](super::typing).

use std::sync::Arc;

use crate::source::{Excerpt, Span};

/// A value somewhere in a document.
#[derive(Clone, Debug, PartialEq)]
pub struct YamlNode {
    pub kind: NodeKind,
    /// Where it stands in the file: a scalar with its quotes, a block scalar without its header, a
    /// collection from its first to its last node. The node behind an alias stands where it is
    /// defined.
    pub span: Span,
    pub(super) placeholder: bool,
    pub(super) open: bool,
    pub(super) may_grow: bool,
    pub(super) tag: Option<Arc<str>>,
    /// What patches took out of this mapping.
    pub(super) removed: Option<Arc<Vec<RemovedEntry>>>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum NodeKind {
    Scalar(Scalar),
    Seq(Vec<YamlNode>),
    Map(Vec<MappingEntry>),
}

/// A key that a patch took out of a mapping, and where the patch says so.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RemovedEntry {
    pub(super) key: Arc<str>,
    pub(super) at: Span,
}

/// A key and its value. A key that is written twice has two entries, in order.
#[derive(Clone, Debug, PartialEq)]
pub struct MappingEntry {
    pub key: YamlNode,
    pub value: YamlNode,
}

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScalarStyle {
    Plain,
    SingleQuoted,
    DoubleQuoted,
    Literal,
    Folded,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Scalar {
    pub(super) style: ScalarStyle,
    /// Shared, because an alias repeats its whole node.
    pub(super) value: Arc<Excerpt>,
    pub(super) placeholders: bool,
    pub(super) string_tag: bool,
    pub(super) block: Option<BlockScalarText>,
}

/// What only a block scalar has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BlockScalarText {
    pub(super) header: Span,
    pub(super) indent: Option<usize>,
}

impl Scalar {
    pub fn style(&self) -> ScalarStyle {
        self.style
    }

    /// The value, each byte of which leads back to the file.
    pub fn value(&self) -> &Excerpt {
        &self.value
    }

    pub fn as_str(&self) -> &str {
        self.value.text()
    }

    /// A template action stands in it, so that its final text is not known.
    pub fn has_placeholder(&self) -> bool {
        self.placeholders
    }

    /// A block scalar's `|` or `>` with its indicators.
    pub fn header(&self) -> Option<Span> {
        self.block.map(|block| block.header)
    }

    /// How many blanks every line of a block scalar starts with; none if it has no lines.
    pub fn indent(&self) -> Option<usize> {
        self.block.and_then(|block| block.indent)
    }

    /// Only a plain scalar without a string tag can be anything but a string.
    pub(super) fn is_typed(&self) -> bool {
        self.style == ScalarStyle::Plain && !self.string_tag
    }
}

impl YamlNode {
    /// The value of a key; of the last one if it is written twice, as most YAML readers have it.
    pub fn get(&self, key: &str) -> Option<&YamlNode> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The entry of a key, whose `key.span` says where the key stands.
    pub fn entry(&self, key: &str) -> Option<&MappingEntry> {
        self.entries()
            .iter()
            .rev()
            .find(|entry| entry.key.as_str() == Some(key))
    }

    /// The node behind a dotted path: `spec.containers.0.image`. A key with a dot in it needs
    /// [`get`](Self::get).
    pub fn at(&self, path: &str) -> Option<&YamlNode> {
        path.split('.').try_fold(self, YamlNode::step)
    }

    /// The node behind a JSON pointer: `/data/redis.conf`, with `~1` for `/` and `~0` for `~`.
    pub fn pointer(&self, pointer: &str) -> Option<&YamlNode> {
        if pointer.is_empty() {
            return Some(self);
        }
        pointer
            .strip_prefix('/')?
            .split('/')
            .try_fold(self, |node, part| {
                node.step(&part.replace("~1", "/").replace("~0", "~"))
            })
    }

    fn step(&self, part: &str) -> Option<&YamlNode> {
        match &self.kind {
            NodeKind::Seq(items) => items.get(part.parse::<usize>().ok()?),
            NodeKind::Map(_) => self.get(part),
            NodeKind::Scalar(_) => None,
        }
    }

    /// Where a patch took a key out of this mapping, unless something wrote it again.
    pub fn removal(&self, key: &str) -> Option<Span> {
        let removed = self.removed.as_deref()?;
        let last = removed.iter().rev().find(|entry| *entry.key == *key)?;
        self.get(key).is_none().then_some(last.at)
    }

    /// The items of a sequence; nothing for any other node.
    pub fn items(&self) -> &[YamlNode] {
        match &self.kind {
            NodeKind::Seq(items) => items,
            _ => &[],
        }
    }

    /// The entries of a mapping; nothing for any other node.
    pub fn entries(&self) -> &[MappingEntry] {
        match &self.kind {
            NodeKind::Map(entries) => entries,
            _ => &[],
        }
    }

    pub fn is_seq(&self) -> bool {
        matches!(self.kind, NodeKind::Seq(_))
    }

    pub fn is_map(&self) -> bool {
        matches!(self.kind, NodeKind::Map(_))
    }

    pub fn scalar(&self) -> Option<&Scalar> {
        match &self.kind {
            NodeKind::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The text of a scalar of any style and type: `6379` as well as `"6379"`.
    pub fn as_str(&self) -> Option<&str> {
        self.scalar().map(Scalar::as_str)
    }

    /// A template action stands somewhere inside it.
    pub fn has_placeholder(&self) -> bool {
        self.placeholder
    }

    /// The tag before it, where it is one that YAML itself gives no meaning: `!reset`.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// A template action on a line of its own may add to this node, replace what stands in it or
    /// leave parts of it out, or a mistake in the text cut it off: what is missing here is not known
    /// to be missing.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Whether what is missing here may be written by an action. Conditions alone leave out entries that
    /// stand in the text, and add none that do not.
    pub fn may_grow(&self) -> bool {
        self.may_grow
    }

    /// The collections that end where the reading ended: a line that is indented wrongly ends them to
    /// the parser, and belongs to one of them in the author's layout.
    pub(super) fn open_last(&mut self) {
        let mut node = Some(self);
        while let Some(last) = node {
            last.open |= last.scalar().is_none();
            last.may_grow |= last.scalar().is_none();
            node = match &mut last.kind {
                NodeKind::Seq(items) => items.last_mut(),
                NodeKind::Map(entries) => entries.last_mut().map(|entry| &mut entry.value),
                NodeKind::Scalar(_) => None,
            };
        }
    }
}
