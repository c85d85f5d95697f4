//! Values of a template's expressions, and how they are written: as plain text, quoted, as YAML, and
//! indented. Each piece of the text keeps the place that it comes from.

use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use crate::extract::helm::TemplateValues;
use crate::source::Span;
use crate::syntax::template;
use crate::syntax::yaml::{NodeKind, ScalarStyle, YamlNode};

/// What an expression comes to.
#[derive(Clone, Debug)]
pub(super) enum TemplateValue<'a> {
    /// Everything that a template can refer to.
    Root(TemplateValues<'a>),
    Node(&'a YamlNode),
    /// A mapping that a template makes; what is not known of it has no value.
    Dict(Rc<BTreeMap<String, Option<TemplateValue<'a>>>>),
    /// A text that was made; `typed` if it is a number or a truth value. A named template may leave
    /// actions in it that could not be worked out.
    Text {
        text: RenderedText,
        typed: bool,
    },
    /// The values hold no such key.
    Missing,
}

/// Text and where its pieces come from.
#[derive(Clone, Debug, Default)]
pub(super) struct RenderedText(Vec<RenderedPiece>);

#[derive(Clone, Debug)]
pub(super) struct RenderedPiece {
    pub(super) text: String,
    /// Nothing for what is only layout.
    pub(super) far: Option<Span>,
}

/// What is written deeper is not, nor what comes to more pieces.
const MAX_DEPTH: usize = 32;
const MAX_PIECES: usize = 4096;

impl RenderedText {
    pub(super) fn new(text: &str, far: Option<Span>) -> Self {
        let mut made = Self::default();
        made.push(text, far);
        made
    }

    pub(super) fn pieces(&self) -> &[RenderedPiece] {
        &self.0
    }

    /// Where it begins.
    pub(super) fn place(&self) -> Option<Span> {
        self.0.first()?.far
    }

    pub(super) fn push(&mut self, text: &str, far: Option<Span>) {
        if !text.is_empty() {
            self.0.push(RenderedPiece {
                text: text.to_owned(),
                far,
            });
        }
    }

    pub(super) fn append(&mut self, other: RenderedText) {
        self.0.extend(other.0);
    }

    pub(super) fn text(&self) -> String {
        self.0.iter().map(|piece| piece.text.as_str()).collect()
    }

    /// No text that an action writes is longer: what grows with every step is not followed.
    const MAX_BYTES: usize = 64 * 1024;

    pub(super) fn len(&self) -> usize {
        self.0.iter().map(|piece| piece.text.len()).sum()
    }

    pub(super) fn within_bounds(self) -> Option<Self> {
        (self.len() <= Self::MAX_BYTES).then_some(self)
    }

    /// It holds nothing that would be read as an action once it is written.
    pub(super) fn is_plain(&self) -> bool {
        let text = self.text();
        !text.contains("{{") && !text.contains("{%")
    }

    /// Every line with so many blanks before it.
    pub(super) fn indent_by(&self, by: usize) -> Self {
        let blanks = " ".repeat(by);
        let mut made = Self::new(&blanks, None);
        for piece in &self.0 {
            let linear = piece
                .far
                .filter(|far| far.range().len() == piece.text.len());
            let mut at = 0;
            for line in piece.text.split_inclusive('\n') {
                let far = match linear {
                    Some(far) => {
                        let start = far.range().start + at;
                        Some(Span::new(far.file, start, start + line.len()))
                    }
                    None => piece.far,
                };
                at += line.len();
                made.push(line, far);
                if line.ends_with('\n') {
                    made.push(&blanks, None);
                }
            }
        }
        made
    }

    /// Actions that could not be worked out stand in it, among lines of their own kind: a block of
    /// YAML or of configuration, and no value.
    pub(super) fn is_open_block(&self) -> bool {
        let text = self.text();
        let mut rest = String::new();
        let mut at = 0;
        for action in template::actions(&text) {
            rest.push_str(text.get(at..action.start).unwrap_or_default());
            at = action.end;
        }
        rest.push_str(text.get(at..).unwrap_or_default());
        let lines = || rest.lines().map(str::trim).filter(|line| !line.is_empty());
        lines().count() > 1 || lines().any(|line| line.contains(": ") || line.ends_with(':'))
    }

    /// Without blanks on either side.
    pub(super) fn trim(mut self) -> Self {
        while let Some(first) = self.0.first_mut() {
            let rest = first.text.trim_start();
            if !rest.is_empty() {
                first.cut(first.text.len() - rest.len()..first.text.len());
                break;
            }
            self.0.remove(0);
        }
        while let Some(last) = self.0.last_mut() {
            let kept = last.text.trim_end().len();
            if kept > 0 {
                last.cut(0..kept);
                break;
            }
            self.0.pop();
        }
        self
    }
}

impl RenderedPiece {
    /// Keeps a part of it; its place is that of the part where it stands letter by letter.
    fn cut(&mut self, range: Range<usize>) {
        let linear = |far: &Span| far.range().len() == self.text.len();
        if let Some(far) = self.far.filter(linear) {
            let start = far.range().start;
            self.far = Some(Span::new(far.file, start + range.start, start + range.end));
        }
        self.text = self.text.get(range).unwrap_or_default().to_owned();
    }
}

impl<'a> TemplateValue<'a> {
    pub(super) fn literal(text: &str, far: Span, typed: bool) -> Self {
        Self::Text {
            text: RenderedText::new(text, Some(far)),
            typed,
        }
    }

    /// A text that is not too long to be followed further.
    pub(super) fn within_bounds(self) -> Option<Self> {
        match self {
            Self::Text { text, typed } => Some(Self::Text {
                text: text.within_bounds()?,
                typed,
            }),
            value => Some(value),
        }
    }

    /// It costs next to nothing to be kept.
    pub(super) fn is_small(&self) -> bool {
        !matches!(self, Self::Text { text, .. } if text.pieces().len() > 16 || text.len() > 1024)
    }

    /// A mapping or a list.
    pub(super) fn is_collection(&self) -> bool {
        matches!(self, Self::Node(node) if node.is_map() || node.is_seq())
    }

    /// Whether a condition on it holds.
    pub(super) fn holds(&self) -> Option<bool> {
        match self {
            Self::Missing => Some(false),
            Self::Root(_) => Some(true),
            Self::Dict(entries) => Some(!entries.is_empty()),
            Self::Text { text, .. } if !text.is_plain() => None,
            Self::Text { text, typed } => {
                let text = text.text();
                Some(!(text.is_empty() || *typed && matches!(text.as_str(), "false" | "0")))
            }
            Self::Node(node) if node.is_open() || node.has_placeholder() => None,
            Self::Node(node) => match &node.kind {
                NodeKind::Seq(items) => Some(!items.is_empty()),
                NodeKind::Map(entries) => Some(!entries.is_empty()),
                NodeKind::Scalar(scalar) if scalar.style() != ScalarStyle::Plain => {
                    Some(!scalar.as_str().is_empty())
                }
                NodeKind::Scalar(_) if node.is_null() => Some(false),
                NodeKind::Scalar(_) if node.as_bool().is_some() => node.as_bool(),
                NodeKind::Scalar(scalar) => match sort(scalar.as_str()) {
                    PlainScalarKind::Number => {
                        Some(!scalar.as_str().trim_matches(['0', '.']).is_empty())
                    }
                    PlainScalarKind::Text => Some(true),
                    _ => None,
                },
            },
        }
    }

    /// As an action writes it that says no more.
    pub(super) fn print(&self) -> Option<RenderedText> {
        match self {
            Self::Missing | Self::Root(_) | Self::Dict(_) => None,
            Self::Text { text, .. } => Some(text.clone()).filter(RenderedText::is_plain),
            Self::Node(node) if node.has_placeholder() || node.is_open() => None,
            Self::Node(node) => print(node)?.within_bounds(),
        }
    }

    /// The same, also where actions are left in it.
    pub(super) fn print_open(&self) -> Option<RenderedText> {
        match self {
            Self::Text { text, .. } => Some(text.clone()),
            value => value.print(),
        }
    }

    pub(super) fn quote(&self, mark: &str) -> Option<RenderedText> {
        let inner = self.print()?;
        let text = inner.text();
        if text.contains(['\n', '\\', '\t', '\r']) || text.contains(mark) {
            return None;
        }
        let mut made = RenderedText::new(mark, None);
        made.append(inner);
        made.push(mark, None);
        Some(made)
    }

    pub(super) fn as_yaml(&self) -> Option<RenderedText> {
        match self {
            Self::Node(node) if node.has_placeholder() => None,
            Self::Node(node) => {
                let mut text = RenderedText::default();
                yaml(node, 0, &mut text)?;
                Some(text)
            }
            Self::Text { text, typed: true } => Some(text.clone()),
            Self::Text { .. } | Self::Missing | Self::Root(_) | Self::Dict(_) => None,
        }
    }

    /// A whole number, however it would be printed.
    pub(super) fn whole(&self) -> Option<RenderedText> {
        let text = match self {
            Self::Node(node) => pieces_of(node),
            Self::Text { text, .. } => text.clone(),
            Self::Missing | Self::Root(_) | Self::Dict(_) => return None,
        };
        let digits = text.text();
        (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())).then_some(text)
    }
}

/// What a plain scalar is as a value of a chart.
#[derive(Clone, Copy, PartialEq, Eq)]
enum PlainScalarKind {
    Text,
    /// Printed as it is written.
    Number,
    /// Printed otherwise than it is written: a large number, a word that older YAML takes for a truth
    /// value.
    Changed,
}

/// From this on numbers are written with an exponent.
const MAX_DIGITS: usize = 6;

fn sort(text: &str) -> PlainScalarKind {
    let lower = text.to_ascii_lowercase();
    if matches!(lower.as_str(), "yes" | "no" | "on" | "off" | "y" | "n") {
        return PlainScalarKind::Changed;
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return PlainScalarKind::Text;
    }
    let canonical = |text: &str| {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        digits && text.len() <= MAX_DIGITS && (text == "0" || !text.starts_with('0'))
    };
    if canonical(unsigned) && !text.starts_with('+') {
        return PlainScalarKind::Number;
    }
    match unsigned.split_once('.') {
        Some((whole, part)) if canonical(whole) && !part.ends_with('0') && part.len() < 4 => {
            let digits = part.bytes().all(|byte| byte.is_ascii_digit());
            if digits && !part.is_empty() {
                PlainScalarKind::Number
            } else {
                PlainScalarKind::of_words(text)
            }
        }
        _ => PlainScalarKind::of_words(text),
    }
}

impl PlainScalarKind {
    /// A word that begins like a number: `7.2-alpine`, `1gb`, but also `1_000`, `0x10`, `1:30`, `1e6`.
    fn of_words(text: &str) -> Self {
        let numeric = |c: char| c.is_ascii_hexdigit() || "xobeE_:+-.".contains(c);
        let one_dot = text.matches('.').count() < 2;
        if one_dot && text.chars().all(numeric) {
            Self::Changed
        } else {
            Self::Text
        }
    }
}

/// The text of a scalar with its places.
fn pieces_of(node: &YamlNode) -> RenderedText {
    let mut text = RenderedText::default();
    if let Some(scalar) = node.scalar() {
        for (part, span) in scalar.value().parts() {
            text.push(part, Some(span));
        }
    }
    text
}

fn print(node: &YamlNode) -> Option<RenderedText> {
    let scalar = node.scalar()?;
    if node.is_null() {
        return Some(RenderedText::default());
    }
    let as_written = scalar.style() != ScalarStyle::Plain
        || node.as_bool().is_some()
        || sort(scalar.as_str()) != PlainScalarKind::Changed;
    as_written.then(|| pieces_of(node))
}

/// A node as block-style YAML, from the column `by` on.
fn yaml(node: &YamlNode, by: usize, out: &mut RenderedText) -> Option<()> {
    if by > 2 * MAX_DEPTH || out.0.len() > MAX_PIECES {
        return None;
    }
    match &node.kind {
        NodeKind::Scalar(_) => scalar(node, out),
        NodeKind::Map(entries) if entries.is_empty() => out.push("{}", Some(node.span)),
        NodeKind::Seq(items) if items.is_empty() => out.push("[]", Some(node.span)),
        NodeKind::Map(entries) => {
            for (index, entry) in entries.iter().enumerate() {
                if index > 0 {
                    out.push(&line_break(by), None);
                }
                scalar(&entry.key, out);
                let deeper = is_filled(&entry.value);
                out.push(if deeper { ":" } else { ": " }, None);
                if deeper {
                    out.push(&line_break(by + 2), None);
                }
                yaml(&entry.value, by + 2, out)?;
            }
        }
        NodeKind::Seq(items) => {
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(&line_break(by), None);
                }
                out.push("- ", None);
                yaml(item, by + 2, out)?;
            }
        }
    }
    Some(())
}

fn is_filled(node: &YamlNode) -> bool {
    !(node.items().is_empty() && node.entries().is_empty())
}

fn line_break(by: usize) -> String {
    format!("\n{}", " ".repeat(by))
}

/// A scalar: as it is where that reads the same, else between double quotes.
fn scalar(node: &YamlNode, out: &mut RenderedText) {
    let Some(scalar) = node.scalar() else { return };
    let text = scalar.as_str();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '/' | '-' | '$');
    let bare = text.chars().all(plain) && text.starts_with(|c: char| c.is_ascii_alphanumeric());
    let typed = scalar.style() == ScalarStyle::Plain;
    let is_word = bare && text.contains(|c: char| c.is_ascii_alphabetic());
    let is_other =
        node.is_null() || node.as_bool().is_some() || sort(text) == PlainScalarKind::Changed;
    let reads_the_same = is_word && !matches!(text, "true" | "false" | "null") && !is_other;
    if (typed || reads_the_same) && (bare || is_other && typed) {
        out.append(pieces_of(node));
        return;
    }
    let quoted = serde_json::Value::String(text.to_owned()).to_string();
    out.push(&quoted, Some(node.span));
}
