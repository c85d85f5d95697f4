//! Rust source as a concrete syntax tree with spans into the file.
//!
//! Parsing never fails: what cannot be read becomes an error node, and whoever walks the tree leaves
//! out what touches one ([`is_broken`]). Fragments (statements without a function) parse as they are.

use std::cell::RefCell;

use tree_sitter::{Node, Parser, Tree, TreeCursor};

use crate::source::{Comment, Excerpt, Span};

thread_local! {
    static PARSER: RefCell<Option<Parser>> = RefCell::new(new_parser());
}

fn new_parser() -> Option<Parser> {
    let mut parser = Parser::new();
    let language = tree_sitter_rust::LANGUAGE.into();
    parser.set_language(&language).ok()?;
    Some(parser)
}

/// A parsed Rust text.
#[derive(Debug)]
pub struct RustTree {
    excerpt: Excerpt,
    tree: Option<Tree>,
}

/// Parses a Rust text. A text that the parser gives up on has no root.
pub fn parse(excerpt: Excerpt) -> RustTree {
    let tree = PARSER.with_borrow_mut(|parser| parser.as_mut()?.parse(excerpt.text(), None));
    RustTree { excerpt, tree }
}

/// Parses a Rust text in which these macros stand for the items that are written in them.
pub fn parse_through(excerpt: Excerpt, macros: &[String]) -> RustTree {
    let tree = parse(excerpt);
    let named = |name: &String| tree.excerpt.text().contains(name.as_str());
    if !macros.iter().any(named) {
        return tree;
    }
    match without_calls(&tree, macros) {
        Some(text) => {
            let opened = PARSER.with_borrow_mut(|parser| parser.as_mut()?.parse(text, None));
            RustTree {
                tree: opened,
                ..tree
            }
        }
        None => tree,
    }
}

/// The text with blanks in place of the calls' names and brackets; every other byte stays where it is.
fn without_calls(tree: &RustTree, macros: &[String]) -> Option<Vec<u8>> {
    let mut text = tree.excerpt.text().as_bytes().to_vec();
    let mut opened = false;
    tree.walk(|node| {
        let called = (node.kind() == "macro_invocation").then(|| field(node, "macro"));
        let Some(name) = called.flatten().map(|name| tree.text(name)) else {
            return;
        };
        let last = name.rsplit("::").next().unwrap_or(name);
        let body = children(node).into_iter().next_back();
        let Some(body) = body.filter(|b| b.kind() == "token_tree") else {
            return;
        };
        if !macros.iter().any(|m| m == last) || body.end_byte() < body.start_byte() + 2 {
            return;
        }
        text[node.start_byte()..=body.start_byte()].fill(b' ');
        text[body.end_byte() - 1] = b' ';
        opened = true;
    });
    opened.then_some(text)
}

impl RustTree {
    pub fn root(&self) -> Option<Node<'_>> {
        self.tree.as_ref().map(Tree::root_node)
    }

    pub fn excerpt(&self) -> &Excerpt {
        &self.excerpt
    }

    pub fn text(&self, node: Node<'_>) -> &str {
        self.excerpt.text().get(node.byte_range()).unwrap_or("")
    }

    pub fn span(&self, node: Node<'_>) -> Span {
        self.excerpt.span(node.byte_range())
    }

    /// The line comments of the text in order, doc comments left out.
    pub fn comments(&self) -> Vec<Comment> {
        let mut comments = Vec::new();
        self.walk(|node| {
            if node.kind() == "line_comment" {
                comments.extend(self.line_comment(node));
            }
        });
        comments
    }

    fn line_comment(&self, node: Node<'_>) -> Option<Comment> {
        let text = self.text(node).strip_prefix("//")?;
        if text.starts_with(['/', '!']) {
            return None;
        }
        let start = node.start_byte();
        let before = self.excerpt.text().get(..start).unwrap_or("");
        let line = before.rsplit('\n').next().unwrap_or("");
        let text = text.trim();
        Some(Comment {
            span: self
                .excerpt
                .span(start..start + 2 + self.text(node)[2..].trim_end().len()),
            text: text.to_owned(),
            own_line: line.trim().is_empty(),
        })
    }

    /// Calls `visit` for every node, outermost first, without recursion.
    pub fn walk<'t>(&'t self, mut visit: impl FnMut(Node<'t>)) {
        let Some(root) = self.root() else { return };
        let mut cursor = root.walk();
        loop {
            visit(cursor.node());
            if !(cursor.goto_first_child() || next_in_order(&mut cursor)) {
                return;
            }
        }
    }

    /// The blanks at the start of the line that holds this byte of the text, or nothing where the
    /// text is a part of a line that starts elsewhere in the file.
    pub fn indent_at(&self, byte: usize) -> Option<String> {
        let text = self.excerpt.text();
        let start = text.get(..byte)?.rfind('\n').map_or(0, |at| at + 1);
        let line_break = self.excerpt.span(start.saturating_sub(1)..start);
        if start > 0 && line_break.end != self.excerpt.span(start..start).start {
            return None;
        }
        let line = &text[start..];
        let blanks = line.len() - line.trim_start_matches([' ', '\t']).len();
        Some(line[..blanks].to_owned())
    }
}

fn next_in_order(cursor: &mut TreeCursor<'_>) -> bool {
    loop {
        if cursor.goto_next_sibling() {
            return true;
        }
        if !cursor.goto_parent() {
            return false;
        }
    }
}

/// The named children of a node, comments left out.
pub fn children(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor)
        .filter(|child| !child.kind().ends_with("_comment"))
        .collect()
}

/// The child under this field name.
pub fn field<'t>(node: Node<'t>, name: &str) -> Option<Node<'t>> {
    node.child_by_field_name(name)
}

/// Part of this node could not be read.
pub fn is_broken(node: Node<'_>) -> bool {
    node.has_error() || node.is_missing()
}

/// The text that a string literal stands for: `"a\n"`, `r#"a"#`.
pub fn string_value(literal: &str) -> Option<String> {
    if let Some(raw) = literal.strip_prefix('r') {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        let body = raw.get(hashes..raw.len().checked_sub(hashes)?)?;
        return Some(body.strip_prefix('"')?.strip_suffix('"')?.to_owned());
    }
    let body = literal.strip_prefix('"')?.strip_suffix('"')?;
    let mut value = String::new();
    let mut rest = body.chars().peekable();
    while let Some(c) = rest.next() {
        if c != '\\' {
            value.push(c);
            continue;
        }
        if rest.peek().is_some_and(|c| matches!(c, '\n' | '\r')) {
            while rest.next_if(|c| c.is_whitespace()).is_some() {}
            continue;
        }
        value.push(escape(&mut rest)?);
    }
    Some(value)
}

fn escape(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<char> {
    Some(match rest.next()? {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        '0' => '\0',
        c @ ('\\' | '"' | '\'') => c,
        'x' => {
            let code = rest.next()?.to_digit(16)? * 16 + rest.next()?.to_digit(16)?;
            char::from_u32(code)?
        }
        'u' => {
            rest.next_if_eq(&'{')?;
            let mut code = 0u32;
            loop {
                match rest.next()? {
                    '}' => return char::from_u32(code),
                    '_' => {}
                    digit => code = code.checked_mul(16)?.checked_add(digit.to_digit(16)?)?,
                }
            }
        }
        _ => return None,
    })
}

/// The value of an integer literal: `1_000`, `0x10`, `10u32`, `0b1`, `0o17`.
pub fn int_value(literal: &str) -> Option<i64> {
    let text = literal.replace('_', "");
    let text = text.as_str();
    let (digits, radix) = match text.as_bytes() {
        [b'0', b'x', ..] => (&text[2..], 16),
        [b'0', b'b', ..] => (&text[2..], 2),
        [b'0', b'o', ..] => (&text[2..], 8),
        _ => (text, 10),
    };
    let end = digits.find(['i', 'u']).unwrap_or(digits.len());
    let suffix = &digits[end..];
    let known = ["", "8", "16", "32", "64", "128", "size"];
    if !known.contains(&suffix.trim_start_matches(['i', 'u'])) {
        return None;
    }
    i64::from_str_radix(&digits[..end], radix).ok()
}

/// The value of a float literal: `1.5`, `2e3`, `1.0f64`.
pub fn float_value(literal: &str) -> Option<f64> {
    let text = literal.replace('_', "");
    let figures = text.strip_suffix("f64").or(text.strip_suffix("f32"));
    figures.unwrap_or(&text).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    fn tree(text: &str) -> RustTree {
        parse(Excerpt::whole(FileId(0), text.into()))
    }

    #[test]
    fn literals_are_read() {
        assert_eq!(int_value("1_000"), Some(1000));
        assert_eq!(int_value("10u32"), Some(10));
        assert_eq!(int_value("0xff_u8"), Some(255));
        assert_eq!(int_value("0o17"), Some(15));
        assert_eq!(int_value("1x"), None);
        assert_eq!(float_value("1.5f32"), Some(1.5));
        assert_eq!(
            string_value(r#""a\tb\u{e9}\x41""#).as_deref(),
            Some("a\tbéA")
        );
        assert_eq!(string_value("\"a\\\n   b\"").as_deref(), Some("ab"));
        assert_eq!(string_value("r#\"a\\\"n\"#").as_deref(), Some("a\\\"n"));
        assert_eq!(string_value(r#""\q""#), None);
    }

    #[test]
    fn doc_comments_are_no_comments() {
        let tree = tree("/// doc\n//! inner\n// alone\nfn f() {} // beside\n/* block */\n");
        let comments = tree.comments();
        let texts: Vec<_> = comments.iter().map(|c| c.text.as_str()).collect();
        assert_eq!(texts, ["alone", "beside"]);
        assert!(comments[0].own_line && !comments[1].own_line);
    }

    #[test]
    fn macros_that_only_hold_items_are_looked_through() {
        let text = "lazy::held! {\n    static ref A: u8 = f();\n}\nother! { static B: u8 = 1; }\n";
        let excerpt = Excerpt::whole(FileId(0), text.into());
        let tree = parse_through(excerpt, &["held".to_owned()]);
        let mut names = Vec::new();
        tree.walk(|node| {
            if node.kind() == "static_item" {
                names.push(tree.text(field(node, "name").unwrap()).to_owned());
            }
        });
        assert_eq!(names, ["A"]);
        for text in [
            "held! {",
            "held!{}",
            "held! { é } }",
            "held!(",
            "held! { held! { x } }",
        ] {
            let excerpt = Excerpt::whole(FileId(0), text.into());
            assert!(
                parse_through(excerpt, &["held".to_owned()])
                    .root()
                    .is_some()
            );
        }
    }

    #[test]
    fn any_bytes_give_a_tree() {
        for text in [
            "", "\u{0}", "fn", "impl {", "}}}}", "'", "\"", "a ... b", "r#\"", "|x| {",
        ] {
            assert!(tree(text).root().is_some(), "{text:?}");
        }
    }
}
