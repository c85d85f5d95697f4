//! HCL, the language of Terraform: blocks, attributes and values that can be read without
//! evaluation. A value that would have to be evaluated is unknown and keeps its position.
//!
//! In a file with a syntax error, the blocks that are complete are still read.

use std::ops::Range;

use hcl_edit::Span as _;
use hcl_edit::expr::{Expression, ObjectKey};
use hcl_edit::structure::{Body, Structure};

use crate::source::{Comment, Excerpt, Span};

/// A block with its labels.
#[derive(Clone, Debug)]
pub struct HclBlock {
    pub ident: String,
    pub labels: Vec<String>,
    /// Its first line.
    pub header: Span,
    pub attributes: Vec<(String, HclItem)>,
    pub blocks: Vec<HclBlock>,
}

/// A value and its place.
#[derive(Clone, Debug)]
pub struct HclItem {
    pub value: HclValue,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub enum HclValue {
    /// A string or a here-document. Interpolations stay in it as they are written.
    Text {
        text: Excerpt,
        here: bool,
    },
    /// A number or a truth value, as it is written.
    Plain(String),
    List(Vec<HclItem>),
    Object(Vec<(String, HclItem)>),
    /// A function and its arguments.
    Call(String, Vec<HclItem>),
    /// A name with its fields, `var.size`, as it is written.
    Reference(String),
    /// It would have to be evaluated.
    Unknown,
}

impl HclBlock {
    pub fn attribute(&self, name: &str) -> Option<&HclItem> {
        let found = self.attributes.iter().find(|(own, _)| own == name);
        found.map(|(_, item)| item)
    }

    pub fn blocks_of<'b>(&'b self, ident: &'b str) -> impl Iterator<Item = &'b HclBlock> {
        self.blocks.iter().filter(move |block| block.ident == ident)
    }
}

impl HclItem {
    /// A text without interpolations, or a plain value.
    pub fn known_text(&self) -> Option<&str> {
        match &self.value {
            HclValue::Text { text, .. } if !is_interpolated(text.text()) => Some(text.text()),
            HclValue::Plain(text) => Some(text),
            _ => None,
        }
    }
}

/// Names with dots between them, and no index or splat.
fn is_reference(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    text.chars().all(is_part)
}

/// Something in the text is filled in.
pub fn is_interpolated(text: &str) -> bool {
    text.contains("${") || text.contains("%{")
}

/// The blocks of a file. Any text will do.
pub fn parse(excerpt: &Excerpt) -> Vec<HclBlock> {
    let text = excerpt.text();
    let reader = |at| HclReader { excerpt, at };
    if let Ok(body) = hcl_edit::parser::parse_body(text) {
        return reader(0).body(&body).1;
    }
    chunks(text)
        .into_iter()
        .filter_map(|range| {
            let body = hcl_edit::parser::parse_body(&text[range.clone()]).ok()?;
            Some(reader(range.start).body(&body).1)
        })
        .flatten()
        .collect()
}

/// The attributes of a file that has no blocks.
pub fn attributes(excerpt: &Excerpt) -> Vec<(String, HclItem)> {
    let body = hcl_edit::parser::parse_body(excerpt.text());
    let reader = HclReader { excerpt, at: 0 };
    body.map(|body| reader.body(&body).0).unwrap_or_default()
}

/// The first mistake, after which a file is read block by block.
pub fn mistake(excerpt: &Excerpt) -> Option<(Span, String)> {
    let error = hcl_edit::parser::parse_body(excerpt.text()).err()?;
    let text = excerpt.text();
    let line = error.location().line().saturating_sub(1);
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let written = text[start..].lines().next().unwrap_or_default();
    let span = excerpt.span(start..start + written.trim_end().len());
    Some((span, "invalid HCL from here on".to_owned()))
}

/// The text without what Terraform itself fills in.
pub fn without_interpolations(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let own = line.trim_start().starts_with("${") || line.contains("%{");
        out.push_str(if own { "\n" } else { line });
    }
    out
}

/// The comments that stand on lines of their own.
pub fn comments(excerpt: &Excerpt) -> Vec<Comment> {
    let mut start = 0;
    let mut found = Vec::new();
    for line in excerpt.text().split_inclusive('\n') {
        let text = line.trim();
        if text.starts_with('#') || text.starts_with("//") {
            let at = start + (line.len() - line.trim_start().len());
            found.push(Comment {
                text: text.trim_start_matches(['#', '/']).trim().to_owned(),
                own_line: true,
                span: excerpt.span(at..at + text.len()),
            });
        }
        start += line.len();
    }
    found
}

/// Stretches that look like a block each: from a line that begins with a word to a brace that stands
/// alone at the start of a line.
fn chunks(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut open = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let begins = line.starts_with(|c: char| c.is_ascii_alphabetic());
        if begins && line.trim_end().ends_with('{') {
            open = Some(at);
        }
        at += line.len();
        if line.trim_end() == "}"
            && let Some(start) = open.take()
        {
            found.push(start..at);
        }
    }
    found
}

struct HclReader<'a> {
    excerpt: &'a Excerpt,
    /// Where the parsed part begins.
    at: usize,
}

impl HclReader<'_> {
    fn range(&self, range: Option<Range<usize>>) -> Range<usize> {
        let text = self.excerpt.text();
        let range = range.map(|range| range.start + self.at..range.end + self.at);
        range
            .filter(|range| text.get(range.clone()).is_some())
            .unwrap_or(self.at..self.at)
    }

    fn body(&self, body: &Body) -> (Vec<(String, HclItem)>, Vec<HclBlock>) {
        let mut attributes = Vec::new();
        let mut blocks = Vec::new();
        for structure in body {
            match structure {
                Structure::Attribute(attribute) => {
                    let item = self.item(&attribute.value);
                    attributes.push((attribute.key.as_str().to_owned(), item));
                }
                Structure::Block(block) => {
                    let (attributes, inner) = self.body(&block.body);
                    blocks.push(HclBlock {
                        ident: block.ident.as_str().to_owned(),
                        labels: block.labels.iter().map(|l| l.as_str().to_owned()).collect(),
                        header: self.header(self.range(block.span())),
                        attributes,
                        blocks: inner,
                    });
                }
            }
        }
        (attributes, blocks)
    }

    fn header(&self, block: Range<usize>) -> Span {
        let text = &self.excerpt.text()[block.clone()];
        let line = text.lines().next().unwrap_or_default().trim_end();
        self.excerpt.span(block.start..block.start + line.len())
    }

    fn item(&self, expression: &Expression) -> HclItem {
        let range = self.range(expression.span());
        HclItem {
            span: self.excerpt.span(range.clone()),
            value: self.value(expression, &range),
        }
    }

    fn value(&self, expression: &Expression, range: &Range<usize>) -> HclValue {
        let written = || self.excerpt.text()[range.clone()].trim().to_owned();
        match expression {
            Expression::Bool(_) | Expression::Number(_) => HclValue::Plain(written()),
            Expression::String(text) => HclValue::Text {
                text: self.read_quoted(range, Some(text.as_str())),
                here: false,
            },
            Expression::StringTemplate(_) => HclValue::Text {
                text: self.read_quoted(range, None),
                here: false,
            },
            Expression::HeredocTemplate(_) => HclValue::Text {
                text: self.here_document(range),
                here: true,
            },
            Expression::Array(items) => {
                HclValue::List(items.iter().map(|e| self.item(e)).collect())
            }
            Expression::Object(object) => HclValue::Object(
                object
                    .iter()
                    .filter_map(|(key, value)| Some((key_text(key)?, self.item(value.expr()))))
                    .collect(),
            ),
            Expression::Parenthesis(inner) => self.item(inner.inner()).value,
            Expression::FuncCall(call) => HclValue::Call(
                call.name.name.as_str().to_owned(),
                call.args.iter().map(|e| self.item(e)).collect(),
            ),
            Expression::Traversal(_) if is_reference(&written()) => HclValue::Reference(written()),
            _ => HclValue::Unknown,
        }
    }

    /// A string without its quotes; `decoded` is what its escapes come to.
    fn read_quoted(&self, range: &Range<usize>, decoded: Option<&str>) -> Excerpt {
        let text = &self.excerpt.text()[range.clone()];
        let start = range.start + text.find('"').map_or(0, |at| at + 1);
        let end = range.start + text.rfind('"').unwrap_or(text.len());
        let inner = start..end.max(start);
        let spelled = &self.excerpt.text()[inner.clone()];
        let mut builder = self.excerpt.builder();
        match decoded {
            Some(decoded) if decoded != spelled => builder.push_as(decoded, inner),
            _ => builder.push(inner),
        }
        builder.finish_at(start)
    }

    /// The lines of a here-document, without the indentation that `<<-` takes away.
    fn here_document(&self, range: &Range<usize>) -> Excerpt {
        let text = self.excerpt.text();
        let written = &text[range.clone()];
        let open = written.find("<<").unwrap_or(0);
        let first = written[open..].lines().next().unwrap_or_default();
        let mark = first.trim_start_matches('<');
        let strips = mark.starts_with('-');
        let delimiter = mark.trim_start_matches('-').trim();
        let mut at = range.start + open + first.len();
        at += text[at..].find('\n').map_or(0, |line_break| line_break + 1);
        let mut lines: Vec<Range<usize>> = Vec::new();
        let start = at;
        for line in text[at..].split_inclusive('\n') {
            if line.trim() == delimiter || at >= range.end.max(start + 1) {
                break;
            }
            lines.push(at..at + line.len());
            at += line.len();
        }
        let blanks = |line: &Range<usize>| {
            let line = &text[line.clone()];
            line.len() - line.trim_start_matches([' ', '\t']).len()
        };
        let filled = lines
            .iter()
            .filter(|line| !text[(*line).clone()].trim().is_empty());
        let indent = if strips {
            filled.map(blanks).min().unwrap_or(0)
        } else {
            0
        };
        let mut builder = self.excerpt.builder();
        for line in lines {
            let cut = indent.min(blanks(&line));
            builder.push(line.start + cut..line.end);
        }
        builder.finish_at(start)
    }
}

fn key_text(key: &ObjectKey) -> Option<String> {
    match key {
        ObjectKey::Ident(ident) => Some(ident.as_str().to_owned()),
        ObjectKey::Expression(expression) => expression.as_str().map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;
    use proptest::prelude::*;

    fn read(text: &str) -> Vec<HclBlock> {
        parse(&Excerpt::whole(FileId(0), text.into()))
    }

    const TEXT: &str = "resource \"a\" \"b\" {\n  name = \"n\\\"q\"\n  list = [{ name = \"x\", \"y\" = 1 }]\n  text = <<-EOT\n    one ${two}\n      three\n  EOT\n  call = file(\"p\")\n  other = var.x\n  inner { k = true }\n}\n";

    #[test]
    fn values_are_read_where_they_stand() {
        let block = &read(TEXT)[0];
        assert_eq!(
            (block.ident.as_str(), &block.labels[..]),
            ("resource", &["a".to_owned(), "b".to_owned()][..])
        );
        assert_eq!(&TEXT[block.header.range()], "resource \"a\" \"b\" {");
        assert_eq!(block.attribute("name").unwrap().known_text(), Some("n\"q"));
        let HclValue::Text { text, here: true } = &block.attribute("text").unwrap().value else {
            panic!("{block:?}");
        };
        assert_eq!(text.text(), "one ${two}\n  three\n");
        let at = text.text().find("three").unwrap();
        assert_eq!(&TEXT[text.span(at..at + 5).range()], "three");
        let HclValue::List(items) = &block.attribute("list").unwrap().value else {
            panic!("{block:?}");
        };
        let HclValue::Object(entries) = &items[0].value else {
            panic!("{items:?}");
        };
        assert_eq!(entries[1].1.known_text(), Some("1"));
        assert!(matches!(
            &block.attribute("other").unwrap().value,
            HclValue::Reference(name) if name == "var.x"
        ));
        assert_eq!(
            block.blocks[0].attribute("k").unwrap().known_text(),
            Some("true")
        );
    }

    #[test]
    fn a_broken_block_costs_only_itself() {
        let text = format!("resource \"x\" \"y\" {{\n  a = = 1\n}}\n\n{TEXT}");
        let found = read(&text);
        assert_eq!(found.len(), 1);
        assert_eq!(&text[found[0].header.range()], "resource \"a\" \"b\" {");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn any_text_can_be_read(text in "([a-z]{1,3} ?(=|\\{)? ?(\"[a${}\"]{0,4}|<<-?E\n|E\n|\\}|1|é)?[ \n]{0,2}){0,14}") {
            for block in read(&text) {
                for (_, item) in block.attributes {
                    prop_assert!(text.get(item.span.range()).is_some());
                }
            }
        }
    }
}
