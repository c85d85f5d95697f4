//! Go source as a concrete syntax tree with spans into the file.
//!
//! Parsing never fails: what cannot be read becomes an error node, and whoever walks the tree leaves
//! out what touches one ([`is_broken`]). Fragments without a package clause parse as they are.

use std::cell::RefCell;

use tree_sitter::{Node, Parser, Tree, TreeCursor};

use crate::source::{Comment, Excerpt, Span};

thread_local! {
    static PARSER: RefCell<Option<Parser>> = RefCell::new(new_parser());
}

fn new_parser() -> Option<Parser> {
    let mut parser = Parser::new();
    let language = tree_sitter_go::LANGUAGE.into();
    parser.set_language(&language).ok()?;
    Some(parser)
}

/// A parsed Go text.
#[derive(Debug)]
pub struct GoTree {
    excerpt: Excerpt,
    tree: Option<Tree>,
}

/// Parses a Go text. A text that the parser gives up on has no root.
pub fn parse(excerpt: Excerpt) -> GoTree {
    let tree = PARSER.with_borrow_mut(|parser| parser.as_mut()?.parse(excerpt.text(), None));
    GoTree { excerpt, tree }
}

impl GoTree {
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

    /// The line comments of the text, in order.
    pub fn comments(&self) -> Vec<Comment> {
        let mut comments = Vec::new();
        self.walk(|node| {
            if node.kind() == "comment" {
                comments.extend(self.line_comment(node));
            }
        });
        comments
    }

    fn line_comment(&self, node: Node<'_>) -> Option<Comment> {
        let text = self.text(node).strip_prefix("//")?;
        let start = node.start_byte();
        let before = self.excerpt.text().get(..start).unwrap_or("");
        let line = before.rsplit('\n').next().unwrap_or("");
        Some(Comment {
            span: self.span(node),
            text: text.trim().to_owned(),
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

    /// The line break that ends the line of this byte.
    pub fn newline_at(&self, byte: usize) -> &'static str {
        match self.excerpt.text()[byte..].split_once('\n') {
            Some((line, _)) if line.ends_with('\r') => "\r\n",
            _ => "\n",
        }
    }

    /// The end of the line that holds this byte, before its line break.
    pub fn line_end(&self, byte: usize) -> usize {
        let rest = &self.excerpt.text()[byte..];
        let line = rest.split('\n').next().unwrap_or("");
        byte + line.strip_suffix('\r').unwrap_or(line).len()
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
        .filter(|child| child.kind() != "comment")
        .collect()
}

/// The child under this field name.
pub fn field<'t>(node: Node<'t>, name: &str) -> Option<Node<'t>> {
    node.child_by_field_name(name)
}

/// Every child under this field name that is more than punctuation.
pub fn fields<'t>(node: Node<'t>, name: &str) -> Vec<Node<'t>> {
    let mut cursor = node.walk();
    node.children_by_field_name(name, &mut cursor)
        .filter(Node::is_named)
        .collect()
}

/// Part of this node could not be read.
pub fn is_broken(node: Node<'_>) -> bool {
    node.has_error() || node.is_missing()
}

/// The text that a string literal stands for.
pub fn string_value(literal: &str) -> Option<String> {
    if let Some(raw) = literal.strip_prefix('`') {
        return Some(raw.strip_suffix('`')?.replace('\r', ""));
    }
    let body = literal.strip_prefix('"')?.strip_suffix('"')?;
    let mut value = String::new();
    let mut rest = body.chars();
    while let Some(c) = rest.next() {
        if c == '\\' {
            value.push(escape(&mut rest)?);
        } else {
            value.push(c);
        }
    }
    Some(value)
}

fn escape(rest: &mut std::str::Chars<'_>) -> Option<char> {
    let (digits, radix) = match rest.next()? {
        'n' => return Some('\n'),
        't' => return Some('\t'),
        'r' => return Some('\r'),
        'a' => return Some('\u{7}'),
        'b' => return Some('\u{8}'),
        'f' => return Some('\u{c}'),
        'v' => return Some('\u{b}'),
        c @ ('\\' | '"' | '\'') => return Some(c),
        'x' => (2, 16),
        'u' => (4, 16),
        'U' => (8, 16),
        _ => return None,
    };
    let mut code = 0u32;
    for _ in 0..digits {
        code = code.checked_mul(radix)? + rest.next()?.to_digit(radix)?;
    }
    char::from_u32(code)
}

/// The value of an integer literal: `1_000`, `0x10`, `0b1`, `0o17`, `017`.
pub fn int_value(literal: &str) -> Option<i64> {
    let digits = literal.replace('_', "").to_ascii_lowercase();
    let (digits, radix) = match digits.as_bytes() {
        [b'0', b'x', ..] => (&digits[2..], 16),
        [b'0', b'b', ..] => (&digits[2..], 2),
        [b'0', b'o', ..] => (&digits[2..], 8),
        [b'0', _, ..] => (&digits[1..], 8),
        _ => (digits.as_str(), 10),
    };
    i64::from_str_radix(digits, radix).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    fn tree(text: &str) -> GoTree {
        parse(Excerpt::whole(FileId(0), text.into()))
    }

    #[test]
    fn literals_are_read() {
        assert_eq!(int_value("1_000"), Some(1000));
        assert_eq!(int_value("0x10"), Some(16));
        assert_eq!(int_value("017"), Some(15));
        assert_eq!(int_value("0"), Some(0));
        assert_eq!(string_value(r#""a\tb\u00e9""#).as_deref(), Some("a\tbé"));
        assert_eq!(string_value("`a\\n`").as_deref(), Some("a\\n"));
        assert_eq!(string_value(r#""\q""#), None);
    }

    #[test]
    fn comments_know_whether_they_stand_alone() {
        let tree = tree("package a\n\n// alone\nvar x = 1 // beside\n/* block */\n");
        let comments = tree.comments();
        assert_eq!(comments.len(), 2);
        assert_eq!(
            (comments[0].text.as_str(), comments[0].own_line),
            ("alone", true)
        );
        assert_eq!(
            (comments[1].text.as_str(), comments[1].own_line),
            ("beside", false)
        );
    }

    #[test]
    fn any_bytes_give_a_tree() {
        for text in [
            "", "\u{0}", "package", "func (", "}}}}", "`", "\"", "a ... b", "x := {",
        ] {
            assert!(tree(text).root().is_some(), "{text:?}");
        }
    }

    #[test]
    fn the_indent_of_a_line_whose_start_lies_elsewhere_is_not_known() {
        let base = Excerpt::whole(FileId(0), "  a\n\t  b\n".into());
        let mut builder = base.builder();
        builder.push(2..4);
        builder.push(6..9);
        let tree = parse(builder.finish());
        assert_eq!(tree.excerpt().text(), "a\n b\n");
        assert_eq!(tree.indent_at(0).as_deref(), Some(""));
        assert_eq!(tree.indent_at(3), None);
    }
}
