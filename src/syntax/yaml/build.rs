//! Builds a tree from parser events: collections are assembled on an explicit stack (no recursion),
//! aliases are replaced by copies, and after a syntax error the parser continues with the next
//! document.
//!
//! Scalars are left to [`scalar`](super::scalar), lines of template actions to
//! [`actions`](super::actions).

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use granit_parser::{Event, Parser, ScanError, StructureStyle, Tag};

use super::actions::{ActionSpans, OwnActions};
use super::scalar::{self, WrittenScalar};
use super::{
    Comment, Excerpt, MappingEntry, NodeKind, Scalar, ScalarStyle, YamlDocument, YamlNode,
};
use super::{MaskedTemplate, SyntaxError, YamlStream, merge};

/// How many nodes all aliases of a document together may add to it.
const MAX_ALIASED_NODES: usize = 100_000;
/// How many nodes all aliases of a stream together may add to it.
const MAX_ALIASED_IN_STREAM: usize = 400_000;
/// How many nodes may be kept for aliases that could follow; a nested anchor keeps its nodes again.
const MAX_ANCHORED_NODES: usize = 1_000_000;
/// How deep a tree may be, aliases replaced: everything that walks it does so by recursion.
const MAX_DEPTH: usize = 512;

/// What was read, and what tells a template from YAML that merely has double braces in a string.
pub(super) struct YamlReading {
    pub(super) stream: YamlStream,
    /// A `{{` was read as a mapping in a mapping, which is never meant.
    pub(super) brace_pair_opens_mapping: bool,
}

/// Reads parts of the masked text of an excerpt, each as a stream of its own; values and spans come
/// from the excerpt itself. Masking keeps every byte in its place, so the parts fit both texts.
pub(super) fn read(
    excerpt: &Excerpt,
    masked: &MaskedTemplate<'_>,
    parts: &[Range<usize>],
) -> YamlReading {
    let mut builder = YamlTreeBuilder::new(excerpt, masked);
    for part in parts {
        builder.read_part(part);
    }
    builder.finish()
}

fn options() -> granit_parser::Options {
    granit_parser::options! {
        emit_unresolved_aliases: true,
        // Long runs of comments are common: licences, and values that are commented out.
        max_buffered_comment_events: usize::MAX,
    }
}

struct YamlTreeBuilder<'a> {
    excerpt: &'a Excerpt,
    masked: &'a MaskedTemplate<'a>,
    reading: YamlReading,
    frames: Vec<OpenCollection>,
    anchors: HashMap<usize, BuiltNode>,
    aliased: usize,
    aliased_in_stream: usize,
    anchored: usize,
    is_cut: bool,
    /// Where the part that is being read begins in the text.
    part_start: usize,
    document: Option<OpenDocument>,
    /// The end of the last token with text.
    previous_end: usize,
    actions: ActionSpans<'a>,
}

struct OpenDocument {
    start: usize,
    root: Option<YamlNode>,
}

/// A collection whose end was not reached yet.
struct OpenCollection {
    items: CollectionItems,
    range: Range<usize>,
    /// Where its entries stand in their lines.
    column: usize,
    block: bool,
    /// Where template actions begin to be actions of this collection.
    actions_from: usize,
    anchor: usize,
    tag: Option<Arc<str>>,
    nodes: usize,
    depth: usize,
}

/// What stands before a collection: an anchor, zero for none, and a tag.
type NodeProperties<'t> = (usize, Option<&'t Tag>);

enum CollectionItems {
    Seq(Vec<YamlNode>),
    Map(Vec<MappingEntry>, Option<YamlNode>),
}

/// A finished node with what its copies would cost.
#[derive(Clone)]
struct BuiltNode {
    node: YamlNode,
    nodes: usize,
    depth: usize,
}

impl BuiltNode {
    fn leaf(node: YamlNode) -> Self {
        Self {
            node,
            nodes: 1,
            depth: 1,
        }
    }
}

impl<'a> YamlTreeBuilder<'a> {
    fn new(excerpt: &'a Excerpt, masked: &'a MaskedTemplate<'a>) -> Self {
        Self {
            excerpt,
            masked,
            reading: YamlReading {
                stream: YamlStream::default(),
                brace_pair_opens_mapping: false,
            },
            frames: Vec::new(),
            anchors: HashMap::new(),
            aliased: 0,
            aliased_in_stream: 0,
            anchored: 0,
            is_cut: false,
            part_start: 0,
            document: None,
            previous_end: 0,
            actions: ActionSpans::new(&masked.actions),
        }
    }

    fn read_part(&mut self, part: &Range<usize>) {
        let text = self.text().get(part.clone()).unwrap_or("");
        let mut parser = Parser::new_from_str_with_options(text, options());
        self.part_start = part.start;
        loop {
            match parser.next_event() {
                None => break,
                Some(Ok((event, span))) => self.event(event, span),
                Some(Err(error)) => {
                    self.record_error(&error);
                    if !parser.proceed_next_document().unwrap_or(false) {
                        break;
                    }
                }
            }
        }
        self.end_document(part.end, false);
    }

    fn finish(self) -> YamlReading {
        self.reading
    }

    fn text(&self) -> &'a str {
        &self.masked.text
    }

    fn event(&mut self, event: Event<'_>, span: granit_parser::Span) {
        let within = span.byte_range().unwrap_or_default();
        let start = self.part_start;
        let range = self.clamp(start + within.start..start + within.end);
        match event {
            Event::DocumentStart(explicit, _) => self.start_document(&range, explicit),
            Event::DocumentEnd => self.end_document(range.end, true),
            Event::Comment(..) => self.comment(range),
            Event::Scalar(value, style, anchor, tag) => {
                let missing = range.is_empty() && style == granit_parser::ScalarStyle::Plain;
                let (mut node, range) = if missing {
                    self.build_missing(range)
                } else {
                    let node = self.scalar(&value, style, tag.as_deref(), &range);
                    (node, range)
                };
                node.tag = scalar::local(tag.as_deref());
                self.pass_range(&range);
                self.add(BuiltNode::leaf(node), anchor, range);
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.start_seq(style, (anchor, tag.as_deref()), range);
            }
            Event::MappingStart(style, anchor, tag) => {
                self.start_map(style, (anchor, tag.as_deref()), range);
            }
            Event::SequenceEnd | Event::MappingEnd => self.end_collection(range),
            Event::Alias(anchor) => {
                self.pass_range(&range);
                let built = self.resolve_alias(anchor, &range);
                self.add(built, 0, range);
            }
            Event::UnresolvedAlias(name) => {
                self.pass_range(&range);
                self.error(&range, format!("no anchor `&{name}` stands before this"));
                let built = BuiltNode::leaf(self.null(&range));
                self.add(built, 0, range);
            }
            _ => {}
        }
    }

    /// The parser's ranges are trusted, but a wrong one must not bring the program down.
    fn clamp(&self, range: Range<usize>) -> Range<usize> {
        let text = self.text();
        let fits = range.start <= range.end && text.get(range.clone()).is_some();
        if fits { range } else { text.len()..text.len() }
    }

    fn pass_range(&mut self, range: &Range<usize>) {
        if !range.is_empty() {
            self.previous_end = range.end;
        }
    }

    fn start_document(&mut self, range: &Range<usize>, explicit: bool) {
        self.anchors.clear();
        self.aliased = 0;
        self.anchored = 0;
        if explicit {
            self.pass_range(range);
        }
        self.document = Some(OpenDocument {
            start: range.start,
            root: None,
        });
    }

    fn end_document(&mut self, end: usize, complete: bool) {
        // What a mistake cut off may have had more entries.
        self.is_cut = !complete && !self.reading.stream.errors.is_empty();
        while !self.frames.is_empty() {
            self.end_collection(end..end);
        }
        let is_cut = std::mem::take(&mut self.is_cut);
        let Some(OpenDocument { start, root }) = self.document.take() else {
            return;
        };
        if let Some(mut root) = root {
            if is_cut {
                root.open_last();
            }
            let span = self.excerpt.span(start..end.max(start));
            let documents = &mut self.reading.stream.documents;
            documents.push(YamlDocument {
                root,
                span,
                complete,
            });
        }
    }

    fn record_error(&mut self, error: &ScanError) {
        let text = self.text();
        let offset = error.marker().byte_offset();
        let at = offset.map_or(self.previous_end, |at| self.part_start + at);
        let rest = text.get(at..).unwrap_or("");
        let at = text.len() - rest.len();
        let length = rest
            .chars()
            .next()
            .filter(|c| !matches!(c, '\n' | '\r'))
            .map_or(0, char::len_utf8);
        self.error(&(at..at + length), error.info());
        // An error may be reported far ahead of what was read, so the tree ends with its nodes.
        self.end_document(self.previous_end, false);
    }

    fn error(&mut self, range: &Range<usize>, message: String) {
        let span = self.excerpt.span(range.clone());
        self.reading
            .stream
            .errors
            .push(SyntaxError { span, message });
    }

    fn comment(&mut self, range: Range<usize>) {
        let text = self.excerpt.text();
        let Some(range) = self.masked.comment(text, range) else {
            return;
        };
        let line_start = text[..range.start]
            .rfind(['\n', '\r'])
            .map_or(0, |at| at + 1);
        let before = text[line_start..range.start].trim_start_matches('\u{feff}');
        let comment = Comment {
            text: text[range.clone()]
                .trim_start_matches('#')
                .trim()
                .to_owned(),
            own_line: before.trim().is_empty(),
            span: self.excerpt.span(range),
        };
        self.reading.stream.comments.push(comment);
    }

    fn start_seq(&mut self, style: StructureStyle, marks: NodeProperties<'_>, range: Range<usize>) {
        let mut range = range;
        if style == StructureStyle::Block {
            range.start = self.first_dash(range.start);
        } else {
            self.pass_range(&range);
        }
        self.start_collection(CollectionItems::Seq(Vec::new()), style, marks, range);
    }

    /// A sequence that is not indented starts, to the parser, only after its first dash.
    fn first_dash(&self, start: usize) -> usize {
        let between = self.text().get(self.previous_end..start).unwrap_or("");
        let between = between.trim_end_matches([' ', '\t', '\n', '\r']);
        if between.ends_with('-') {
            return self.previous_end + between.len() - 1;
        }
        start
    }

    fn start_map(&mut self, style: StructureStyle, marks: NodeProperties<'_>, range: Range<usize>) {
        if style == StructureStyle::Flow {
            self.reading.brace_pair_opens_mapping |= self.text()[range.start..].starts_with("{{");
            self.pass_range(&range);
        }
        self.start_collection(CollectionItems::Map(Vec::new(), None), style, marks, range);
    }

    fn start_collection(
        &mut self,
        items: CollectionItems,
        style: StructureStyle,
        (anchor, tag): NodeProperties<'_>,
        range: Range<usize>,
    ) {
        let block = style == StructureStyle::Block;
        let column = if block { self.column(range.start) } else { 0 };
        // A condition above the first entry applies to that entry, unless it applies to all of the
        // document.
        let actions_from = if self.frames.is_empty() {
            range.start
        } else {
            self.previous_end
        };
        self.frames.push(OpenCollection {
            items,
            range,
            column,
            block,
            actions_from,
            anchor,
            tag: scalar::local(tag),
            nodes: 1,
            depth: 1,
        });
    }

    fn end_collection(&mut self, range: Range<usize>) {
        self.pass_range(&range);
        let Some(mut frame) = self.frames.pop() else {
            return;
        };
        frame.range.end = frame.range.end.max(if frame.block { 0 } else { range.end });
        let is_list = matches!(frame.items, CollectionItems::Seq(_));
        let own = match frame.block {
            true => self
                .actions
                .open(frame.actions_from, range.start, frame.column, is_list),
            false => OwnActions::None,
        };
        let open = own != OwnActions::None || self.is_cut;
        let kind = match frame.items {
            CollectionItems::Seq(items) => NodeKind::Seq(items),
            CollectionItems::Map(mut entries, key) => {
                if let Some(key) = key {
                    let end = frame.range.end;
                    let value = self.null(&(end..end));
                    entries.push(MappingEntry { key, value });
                }
                NodeKind::Map(merge::resolve(entries))
            }
        };
        let node = YamlNode {
            kind,
            span: self.excerpt.span(frame.range.clone()),
            placeholder: open || self.masked.touches(&frame.range),
            open,
            may_grow: own == OwnActions::Writing || self.is_cut,
            tag: frame.tag,
            removed: None,
        };
        let built = BuiltNode {
            node,
            nodes: frame.nodes,
            depth: frame.depth,
        };
        self.add(built, frame.anchor, frame.range);
    }

    /// Puts a finished node where it belongs.
    fn add(&mut self, built: BuiltNode, anchor: usize, range: Range<usize>) {
        if anchor != 0 && self.anchored + built.nodes <= MAX_ANCHORED_NODES {
            self.anchored += built.nodes;
            self.anchors.insert(anchor, built.clone());
        }
        let Some(frame) = self.frames.last_mut() else {
            if let Some(document) = &mut self.document {
                document.root = Some(built.node);
            }
            return;
        };
        frame.range.end = frame.range.end.max(range.end);
        frame.nodes += built.nodes;
        frame.depth = frame.depth.max(built.depth + 1);
        match &mut frame.items {
            CollectionItems::Seq(items) => items.push(built.node),
            CollectionItems::Map(entries, key) => match key.take() {
                None => *key = Some(built.node),
                Some(key) => entries.push(MappingEntry {
                    key,
                    value: built.node,
                }),
            },
        }
    }

    fn resolve_alias(&mut self, anchor: usize, range: &Range<usize>) -> BuiltNode {
        let refusal = match self.anchors.get(&anchor) {
            None => "this alias cannot be resolved",
            Some(built) if self.aliased + built.nodes > MAX_ALIASED_NODES => {
                "the aliases of this document stand for too many nodes"
            }
            Some(built) if self.aliased_in_stream + built.nodes > MAX_ALIASED_IN_STREAM => {
                "the aliases of this file stand for too many nodes"
            }
            Some(built) if self.frames.len() + built.depth > MAX_DEPTH => {
                "the aliases of this document are nested too deeply"
            }
            Some(built) => {
                self.aliased += built.nodes;
                self.aliased_in_stream += built.nodes;
                return built.clone();
            }
        };
        self.error(range, refusal.to_owned());
        BuiltNode::leaf(self.null(range))
    }

    fn null(&self, range: &Range<usize>) -> YamlNode {
        let value = self.excerpt.builder().finish_at(range.start);
        let scalar = Scalar {
            style: ScalarStyle::Plain,
            value: Arc::new(value),
            placeholders: false,
            string_tag: false,
            block: None,
        };
        YamlNode {
            kind: NodeKind::Scalar(scalar),
            span: self.excerpt.span(range.clone()),
            placeholder: false,
            open: false,
            may_grow: false,
            tag: None,
            removed: None,
        }
    }

    fn scalar(
        &self,
        value: &str,
        style: granit_parser::ScalarStyle,
        tag: Option<&Tag>,
        range: &Range<usize>,
    ) -> YamlNode {
        let written = WrittenScalar {
            excerpt: self.excerpt,
            masked: self.masked,
            previous_end: self.previous_end,
            value,
            range: range.clone(),
        };
        let is_string = tag.is_some_and(|tag| tag.is_yaml_core_schema_tag("str"));
        written.node(style, is_string)
    }

    /// A node without text, and its place: after the colon, where the parser puts it before. It may
    /// be what an action on the next line writes.
    fn build_missing(&mut self, range: Range<usize>) -> (YamlNode, Range<usize>) {
        let colon = self.text()[range.start..].starts_with(':');
        let at = range.start + usize::from(colon && range.start >= self.previous_end);
        let mut node = self.null(&(at..at));
        let column = self.frames.last().map_or(0, |frame| frame.column);
        if self.actions.replace(self.text(), at, column) {
            node.placeholder = true;
            node.open = true;
            node.may_grow = true;
            if let NodeKind::Scalar(scalar) = &mut node.kind {
                scalar.placeholders = true;
            }
        }
        (node, at..at)
    }

    fn column(&self, at: usize) -> usize {
        let before = &self.text()[..at];
        at - before
            .rfind(['\n', '\r'])
            .map_or(0, |line_break| line_break + 1)
    }
}
