//! The parts of a server's configuration, as its shape says: lines that the operator writes by itself,
//! keys of ConfigMaps, texts, mappings and lists in fields.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::extract::conf::{self, TextFrame};
use crate::extract::scalar::{replace, template_reason};
use crate::extract::shape::{FieldContent, ShapeReading, gap, is_filled, scalar_text};
use crate::extract::{command, mapping};
use crate::facts::raw::{
    ConfPart, LineForm, ObjectName, RawFacts, RawLine, RawWord, TextPlace, UnsetPlaces,
};
use crate::facts::{Cause, EditTarget};
use crate::knowledge::shapes::path::FieldPath;
use crate::knowledge::shapes::schema::{
    ConfPartShape, ConfSource, FieldCondition, ObjectKey, RecordLines, ServerPaths, ValueTree,
};
use crate::source::{FileId, Span};
use crate::syntax;
use crate::syntax::yaml::{Scalar, YamlNode};

impl<'a> ShapeReading<'a> {
    /// The parts, in the server's own order.
    pub(super) fn conf(&self, paths: &'a ServerPaths, raw: &mut RawFacts) -> Vec<ConfPart> {
        let anchor = Some(self.owner.anchor);
        let below = self.visibility.below.iter().map(|why| gap(why, anchor));
        let mut parts: Vec<ConfPart> = below.collect();
        for source in &paths.conf {
            parts.extend(self.source(source, raw));
        }
        parts.extend(self.visibility.above.iter().map(|why| gap(why, anchor)));
        parts
    }

    /// Where what is missing in the configuration would be written: the field that holds directives, and
    /// the one that makes the operator or chart write a directive.
    pub(super) fn unset_places(&self, paths: &ServerPaths) -> UnsetPlaces {
        let mut places = UnsetPlaces::default();
        for source in &paths.conf {
            if let ConfPartShape::Map(path)
            | ConfPartShape::Text(path)
            | ConfPartShape::Items(path)
            | ConfPartShape::Flags(path) = &source.part
                && matches!(self.fields.get(path), FieldContent::Written(_))
            {
                places.field = self.fields.nearest_block(path).or(places.field);
            }
            let (ConfPartShape::Generated(lines), Some(condition)) =
                (&source.part, source.when.first())
            else {
                continue;
            };
            if self.fields.hold(&source.when) != Some(false) {
                continue;
            }
            if let Some(switch) = self.fields.nearest_block(&condition.field) {
                let names = lines.iter().filter_map(|line| line.first()?.clone());
                places.switches.extend(names.map(|name| (name, switch)));
            }
        }
        places
    }

    fn source(&self, source: &'a ConfSource, raw: &mut RawFacts) -> Vec<ConfPart> {
        match self.fields.hold(&source.when) {
            Some(false) => return Vec::new(),
            // Lines that may be there put in doubt what they name, and nothing else.
            None => match &source.part {
                ConfPartShape::Generated(lines) => return self.doubtful(lines),
                _ => return vec![gap(&undecided_cause(&source.when), None)],
            },
            Some(true) => {}
        }
        let parts = self.part(&source.part, raw);
        if !source.included || parts.is_empty() {
            return parts;
        }
        let closes = std::iter::once(ConfPart::Closes);
        let opens = std::iter::once(ConfPart::Opens);
        opens.chain(parts).chain(closes).collect()
    }

    fn part(&self, part: &'a ConfPartShape, raw: &mut RawFacts) -> Vec<ConfPart> {
        match part {
            ConfPartShape::Generated(lines) => self.generate_parts(lines),
            ConfPartShape::Object(key) => self.object(key),
            ConfPartShape::Items(path) => self.items(path, LineForm::Field),
            ConfPartShape::RuntimeItems(path) => self.items(path, LineForm::Runtime),
            ConfPartShape::Records(records) => self.records(records),
            ConfPartShape::Map(path) => self.map(path),
            ConfPartShape::Text(path) => self.text_part(path, raw),
            ConfPartShape::Flags(path) => self.flags(path),
            ConfPartShape::NotVisible(why) => vec![gap(&Cause::Shape(why.clone()), None)],
        }
    }

    /// Lines without a field are the shape's own; a field that a person wrote makes the line theirs.
    fn generate_parts(&self, lines: &[Vec<Option<String>>]) -> Vec<ConfPart> {
        let mut parts = Vec::new();
        let mut own = Vec::new();
        for line in lines {
            match self.generate_line(line) {
                Some(GeneratedLine::Own(name, args)) => own.push((name, args)),
                Some(GeneratedLine::Written(line)) => {
                    if !own.is_empty() {
                        parts.push(self.own_lines(std::mem::take(&mut own)));
                    }
                    parts.push(ConfPart::Lines(vec![*line]));
                }
                None => {}
            }
        }
        if !own.is_empty() {
            parts.push(self.own_lines(own));
        }
        parts
    }

    /// Lines of which a template decides whether they are there.
    fn doubtful(&self, lines: &[Vec<Option<String>>]) -> Vec<ConfPart> {
        let names = lines
            .iter()
            .filter_map(|line| line.first().cloned().flatten());
        vec![self.own_lines(names.map(|name| (name, None)).collect())]
    }

    fn own_lines(&self, lines: Vec<(String, Option<Vec<String>>)>) -> ConfPart {
        ConfPart::Generated {
            source: self.shape.shape.clone(),
            lines,
        }
    }

    fn generate_line(&self, words: &[Option<String>]) -> Option<GeneratedLine> {
        let (name, args) = words.split_first()?;
        let name = name.clone()?;
        let mut known = Some(Vec::new());
        let mut written = None;
        for arg in args {
            let field = arg.as_deref().and_then(placeholder);
            let text = match (arg, &field) {
                (_, Some(path)) => match self.fields.text(path) {
                    Some(Ok(text)) => Some(text),
                    _ => None,
                },
                (arg, None) => arg.clone(),
            };
            if let Some(FieldContent::Written(node) | FieldContent::Hidden(node)) =
                field.map(|path| self.fields.get(&path))
            {
                written = Some(node);
            }
            match (&mut known, text) {
                (Some(words), Some(text)) => words.push(text),
                (known, _) => *known = None,
            }
        }
        Some(match written {
            Some(node) => GeneratedLine::Written(Box::new(field_line(&name, known, node))),
            None => GeneratedLine::Own(name, known),
        })
    }

    fn object(&self, key: &ObjectKey) -> Vec<ConfPart> {
        let node = match self.fields.get(&key.named_by) {
            FieldContent::Written(node) => node,
            FieldContent::Hidden(node) => return vec![gap(&template_reason(), Some(node.span))],
            FieldContent::Default(_) | FieldContent::Absent => return Vec::new(),
        };
        let Some(name) = node.as_str().filter(|name| !name.is_empty()) else {
            return Vec::new();
        };
        let object = ObjectName {
            kind: key.kind.as_str().to_owned(),
            namespace: self.owner.object.namespace.clone(),
            name: name.to_owned(),
            templated: node.has_placeholder(),
        };
        let evidence = key.named_by.as_str().to_owned();
        let at = node.span;
        if key.assumed {
            let template = ConfPart::Template {
                object,
                evidence,
                at,
            };
            let why =
                Cause::Operator("whether the server reads its ConfigMap depends on the operator");
            return vec![template, gap(&why, Some(at))];
        }
        vec![ConfPart::Key {
            object,
            key: key.key.clone(),
            evidence,
            at,
        }]
    }

    fn items(&self, path: &FieldPath, form: LineForm) -> Vec<ConfPart> {
        match self.fields.get(path) {
            FieldContent::Written(node) if node.is_seq() => {
                let conditions = self.conditions_in(node);
                let lines = node.items().iter().filter_map(|item| {
                    let line = conditions.judge(command::field_line(item)?, item.span);
                    Some(RawLine { form, ..line })
                });
                let lines = lines.collect();
                let mut parts = vec![ConfPart::Lines(lines)];
                parts.extend(
                    node.is_open()
                        .then(|| gap(&template_reason(), Some(node.span))),
                );
                parts
            }
            found => self.not_plain(&found),
        }
    }

    /// A line of each entry of a list.
    fn records(&self, records: &RecordLines) -> Vec<ConfPart> {
        match self.fields.get(&records.list) {
            FieldContent::Written(node) if node.is_seq() => {
                let conditions = self.conditions_in(node);
                let lines = node.items().iter().map(|item| {
                    let line = record_line(&records.line, item);
                    conditions.judge(line, item.span)
                });
                let mut parts = vec![ConfPart::Lines(lines.collect())];
                let open = node.is_open();
                parts.extend(open.then(|| gap(&template_reason(), Some(node.span))));
                parts
            }
            found => self.not_plain(&found),
        }
    }

    fn conditions_in(&self, node: &YamlNode) -> ConditionalParts {
        let text = (self.context.file_text)(node.span.file);
        ConditionalParts::read(if node.is_open() { &text } else { "" }, node.span)
    }

    fn flags(&self, path: &FieldPath) -> Vec<ConfPart> {
        match self.fields.get(path) {
            FieldContent::Written(node) if node.is_seq() => {
                let conditions = self.conditions_in(node);
                let mut words = command::list_words(node, &BTreeMap::new());
                for word in &mut words {
                    if conditions.hold(word.span) {
                        word.unresolved.get_or_insert_with(template_reason);
                    }
                }
                let invocation = command::invocation(None, &words);
                let open = invocation.gap.clone();
                let mut parts: Vec<ConfPart> = invocation.option_parts().collect();
                parts.extend(open.map(|why| gap(&why, Some(node.span))));
                parts.extend(
                    node.is_open()
                        .then(|| gap(&template_reason(), Some(node.span))),
                );
                parts
            }
            found => self.not_plain(&found),
        }
    }

    /// A mapping of directives, merged with the entries that hold by default.
    fn map(&self, path: &FieldPath) -> Vec<ConfPart> {
        let written = match self.fields.get(path) {
            FieldContent::Written(node) if node.is_map() => Some(node),
            FieldContent::Default(_) => None,
            found => return self.not_plain(&found),
        };
        let entries = written.map(YamlNode::entries).unwrap_or_default();
        let says = |key: &str| entries.iter().any(|entry| entry.key.as_str() == Some(key));
        let defaults = self.fields.default(path).and_then(ValueTree::as_mapping);
        let own = defaults.into_iter().flatten().filter_map(|(key, value)| {
            let key = key.as_str().filter(|key| !says(key))?;
            Some(default_lines(key, value))
        });
        let own: Vec<_> = own.flatten().collect();
        let non_null = entries.iter().filter(|entry| !entry.value.is_null());
        let conditions = written.map(|node| self.conditions_in(node));
        let lines = non_null.flat_map(|entry| {
            let lines = mapping::entry_lines(entry).into_iter();
            let at = entry.key.span;
            lines.map(move |line| (line, at))
        });
        let lines: Vec<_> = lines
            .map(|(line, at)| match &conditions {
                Some(conditions) => conditions.judge(line, at),
                None => line,
            })
            .collect();
        let mut parts = Vec::new();
        if !own.is_empty() {
            parts.push(self.own_lines(own));
        }
        if !lines.is_empty() {
            parts.push(ConfPart::Lines(lines));
        }
        if let Some(open) = written.filter(|node| node.is_open()) {
            parts.push(gap(&template_reason(), Some(open.span)));
        }
        parts
    }

    /// A text of configuration in a field.
    fn text_part(&self, path: &FieldPath, raw: &mut RawFacts) -> Vec<ConfPart> {
        let found = self.fields.get(path);
        match found {
            FieldContent::Written(_) if is_filled(&found) == Some(false) => Vec::new(),
            FieldContent::Written(node) => match node.scalar() {
                Some(scalar) => {
                    self.put_text(path, node.span, scalar, raw);
                    vec![ConfPart::Field {
                        evidence: path.as_str().to_owned(),
                        at: node.span,
                    }]
                }
                None => vec![gap(
                    &Cause::Named {
                        name: path.as_str().to_owned(),
                        fact: "is not text",
                    },
                    Some(node.span),
                )],
            },
            FieldContent::Default(tree) => self.default_text(tree),
            FieldContent::Hidden(node) => vec![gap(&template_reason(), Some(node.span))],
            FieldContent::Absent => Vec::new(),
        }
    }

    fn default_text(&self, tree: &ValueTree) -> Vec<ConfPart> {
        let text = scalar_text(tree).unwrap_or_default();
        let lines = syntax::conf::lines(&text).into_iter().filter_map(|line| {
            let mut words = line.words.into_iter().map(|word| word.text);
            Some((words.next()?, Some(words.collect())))
        });
        let lines: Vec<_> = lines.collect();
        if lines.is_empty() {
            return Vec::new();
        }
        vec![self.own_lines(lines)]
    }

    /// Several servers may read one field.
    fn put_text(&self, path: &FieldPath, span: Span, scalar: &Scalar, raw: &mut RawFacts) {
        let place = TextPlace::Field { at: span };
        if raw.texts.iter().any(|text| text.place == place) {
            return;
        }
        let object = &self.owner.object;
        let name = format!("{} {}", object.title(), path.as_str());
        let excerpt = scalar.value().clone();
        let read = conf::read(
            name,
            place,
            excerpt,
            TextFrame::of_scalar(scalar),
            self.context.file_text,
            self.context.shapes,
        );
        raw.texts.push(read.text);
        raw.comments.extend(read.comments);
    }

    /// What stands in the place of a list or a mapping.
    fn not_plain(&self, found: &FieldContent<'_>) -> Vec<ConfPart> {
        match found {
            FieldContent::Absent | FieldContent::Default(_) => Vec::new(),
            FieldContent::Hidden(node) => vec![gap(&template_reason(), Some(node.span))],
            FieldContent::Written(_) if is_filled(found) == Some(false) => Vec::new(),
            FieldContent::Written(node) if node.has_placeholder() => {
                vec![gap(&template_reason(), Some(node.span))]
            }
            FieldContent::Written(node) => {
                vec![gap(
                    &Cause::Operator("it is written in an unexpected form"),
                    Some(node.span),
                )]
            }
        }
    }
}

/// The parts of a list or a mapping that a template writes on a condition, in order.
struct ConditionalParts {
    file: FileId,
    ranges: Vec<Range<usize>>,
}

impl ConditionalParts {
    /// Those between the actions that open a block in the text from `from` on and those that end it.
    fn read(text: &str, node: Span) -> Self {
        let mut ranges = Vec::new();
        let mut depth = 0_u32;
        let mut start = node.range().start;
        let inside = text.get(node.range()).unwrap_or_default();
        for (at, _) in inside.match_indices("{{") {
            let code = inside[at + 2..].trim_start_matches(|c: char| c == '-' || c.is_whitespace());
            match code.split(|c: char| !c.is_ascii_alphabetic()).next() {
                Some("if" | "with" | "range" | "block" | "define") => {
                    start = if depth == 0 {
                        node.range().start + at
                    } else {
                        start
                    };
                    depth += 1;
                }
                Some("end") => {
                    if depth == 1 {
                        ranges.push(start..node.range().start + at);
                    }
                    depth = depth.saturating_sub(1);
                }
                _ => {}
            }
        }
        if depth > 0 {
            ranges.push(start..node.range().end);
        }
        let file = node.file;
        Self { file, ranges }
    }

    fn hold(&self, span: Span) -> bool {
        let start = span.range().start;
        let next = self.ranges.partition_point(|range| range.end <= start);
        let range = self.ranges.get(next);
        span.file == self.file && range.is_some_and(|range| range.contains(&start))
    }

    /// A line that may not be there leaves its directive as it is: the value is in doubt.
    fn judge(&self, mut line: RawLine, at: Span) -> RawLine {
        if self.hold(at) {
            for word in line.words.iter_mut().skip(1) {
                word.unresolved.get_or_insert_with(template_reason);
            }
            line.slot = EditTarget::None;
        }
        line
    }
}

/// A template decides whether there is a part.
fn undecided_cause(conditions: &[FieldCondition]) -> Cause {
    let fields: Vec<_> = conditions
        .iter()
        .map(|c| c.field.as_str().to_owned())
        .collect();
    Cause::TemplateFields(fields)
}

/// A line that a shape makes.
enum GeneratedLine {
    /// The shape's own.
    Own(String, Option<Vec<String>>),
    /// A person's, since a field of theirs stands in it.
    Written(Box<RawLine>),
}

/// The path in `{path}`.
fn placeholder(word: &str) -> Option<FieldPath> {
    let inner = word.strip_prefix('{')?.strip_suffix('}')?;
    FieldPath::parse(inner).ok()
}

/// The line that a field makes of its value.
fn field_line(name: &str, args: Option<Vec<String>>, node: &YamlNode) -> RawLine {
    let template_cause = args.is_none().then(template_reason);
    let word = |text: String, template_cause: Option<Cause>| RawWord {
        text,
        span: node.span,
        unresolved: template_cause,
    };
    let mut words = vec![word(name.to_owned(), None)];
    match args {
        Some(args) => words.extend(args.into_iter().map(|arg| word(arg, None))),
        None => words.push(word(
            node.as_str().unwrap_or_default().to_owned(),
            template_cause,
        )),
    }
    RawLine {
        number: 1,
        span: node.span,
        form: LineForm::Field,
        argument_count: words.len(),
        slot: match words.len() {
            2 => replace(node),
            _ => EditTarget::None,
        },
        words,
        trailing_comment: None,
        text_after_quote: false,
        error: None,
    }
}

/// The line that a mapping becomes.
fn record_line(line: &[String], item: &YamlNode) -> RawLine {
    let word = |word: &String| {
        let key = word
            .strip_prefix('{')
            .and_then(|word| word.strip_suffix('}'));
        let node = key.and_then(|key| match key {
            "" => Some(item),
            key => item.get(key),
        });
        let text = match (key, node) {
            (None, _) => word.as_str(),
            (Some(_), node) => node.and_then(YamlNode::as_str).unwrap_or_default(),
        };
        let is_open = item.is_open() || node.is_some_and(YamlNode::has_placeholder);
        RawWord {
            text: text.to_owned(),
            span: node.map_or(item.span, |node| node.span),
            unresolved: (key.is_some() && is_open).then(template_reason),
        }
    };
    let words: Vec<RawWord> = line.iter().map(word).collect();
    RawLine {
        number: 1,
        span: item.span,
        form: LineForm::Field,
        argument_count: words.len(),
        slot: EditTarget::None,
        words,
        trailing_comment: None,
        text_after_quote: false,
        error: None,
    }
}

/// A default entry of a mapping; a list repeats the directive.
fn default_lines(key: &str, value: &ValueTree) -> Vec<(String, Option<Vec<String>>)> {
    let values = match value {
        ValueTree::Sequence(items) => items.as_slice(),
        other => std::slice::from_ref(other),
    };
    let texts = values.iter().filter_map(scalar_text);
    let words = texts.map(|text| {
        let words = syntax::conf::words(&text).0;
        words.into_iter().map(|word| word.text).collect()
    });
    words.map(|words| (key.to_owned(), Some(words))).collect()
}
