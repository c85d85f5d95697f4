//! Source code as a concrete syntax tree with spans into the file. One tree type serves all
//! languages; they differ in grammar, comments and literals.
//!
//! Parsing never fails. Text that cannot be parsed becomes an error node, and code that walks the
//! tree skips nodes that touch one ([`is_broken`]). Fragments (statements without a function, a Go
//! file without its package clause) are accepted. The meaning of the code is left to `extract`.

mod literals;
pub(crate) mod node_kinds;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::Range;

use tree_sitter::{Language, Node, Parser, Tree, TreeCursor};

use crate::source::{Comment, Excerpt, Span};

/// A language whose code can be parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CodeGrammar {
    Go,
    Rust,
    Python,
}

thread_local! {
    /// A parser is costly to make and not to be shared: each thread keeps one a grammar.
    static PARSERS: RefCell<BTreeMap<CodeGrammar, Parser>> = const { RefCell::new(BTreeMap::new()) };
}

impl CodeGrammar {
    fn language(self) -> Language {
        match self {
            Self::Go => tree_sitter_go::LANGUAGE.into(),
            Self::Rust => tree_sitter_rust::LANGUAGE.into(),
            Self::Python => tree_sitter_python::LANGUAGE.into(),
        }
    }

    /// The grammar's number of a named kind of node, if it has one of this name.
    pub fn kind_number(self, kind: &str) -> Option<u16> {
        let number = self.language().id_for_node_kind(kind, true);
        (number > 0).then_some(number)
    }

    fn parser(self) -> Option<Parser> {
        let mut parser = Parser::new();
        parser.set_language(&self.language()).ok()?;
        Some(parser)
    }

    fn tree(self, text: &[u8]) -> Option<Tree> {
        PARSERS.with_borrow_mut(|parsers| {
            if let Entry::Vacant(free) = parsers.entry(self) {
                free.insert(self.parser()?);
            }
            parsers.get_mut(&self)?.parse(text, None)
        })
    }

    /// The kind of node that a line comment is.
    fn line_comment(self) -> &'static str {
        match self {
            Self::Go | Self::Python => "comment",
            Self::Rust => "line_comment",
        }
    }
}

/// Levels of a tree. Readers walk trees by recursion, and a stack that overflows ends the program:
/// nothing deeper reaches them. Written code stays far below, long chains of calls included.
const MAX_LEVELS: usize = 300;

/// Levels below that in which a node is looked for that a name or an empty block can stand for.
const LEVELS_TO_SPARE: usize = 12;

/// A parsed text.
#[derive(Debug)]
pub struct CodeTree {
    grammar: CodeGrammar,
    excerpt: Excerpt,
    tree: Option<Tree>,
    /// What lay below [`MAX_LEVELS`] and is one name in the tree.
    too_deep: Vec<Range<usize>>,
}

/// Parses a text. One that the parser gives up on has no root.
pub fn parse(grammar: CodeGrammar, excerpt: Excerpt) -> CodeTree {
    let tree = grammar.tree(excerpt.text().as_bytes());
    let parsed = CodeTree {
        grammar,
        excerpt,
        tree,
        too_deep: Vec::new(),
    };
    parsed.within_levels(|text| text.as_bytes().to_vec())
}

/// Parses a Rust text in which these macros stand for the items that are written in them.
pub fn parse_through(excerpt: Excerpt, macros: &[String]) -> CodeTree {
    let tree = parse(CodeGrammar::Rust, excerpt);
    let named = |name: &String| tree.excerpt.text().contains(name.as_str());
    if !macros.iter().any(named) {
        return tree;
    }
    match without_calls(&tree, macros) {
        Some(text) => {
            let opened = CodeTree {
                tree: tree.grammar.tree(&text),
                ..tree
            };
            opened.within_levels(|_| text)
        }
        None => tree,
    }
}

/// The parts of a tree below the bound. A node with fewer descendants than there are levels left has
/// none so deep, so that hardly any node of written code is visited.
fn parts_too_deep(tree: &Tree) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut cursor = tree.walk();
    let mut level = 0;
    loop {
        let node = cursor.node();
        let is_last = level == MAX_LEVELS + LEVELS_TO_SPARE;
        if level >= MAX_LEVELS && node.child_count() > 0 && (is_last || is_replaceable(node)) {
            found.push(node.byte_range());
        } else if level + node.descendant_count() > MAX_LEVELS && cursor.goto_first_child() {
            level += 1;
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return found;
            }
            level -= 1;
        }
    }
}

/// Whether a name or an empty block may stand where this node does.
fn is_replaceable(node: Node<'_>) -> bool {
    let kinds = ["expression", "pattern", "type", "block", "declaration_list"];
    kinds.iter().any(|kind| node.kind().ends_with(kind))
}

/// Puts one name in place of a part, and nothing between its braces where it has some: what stands
/// around it keeps its meaning, and every byte its place.
fn flatten(text: &mut [u8], part: &Range<usize>) {
    let Some(part) = text.get_mut(part.clone()) else {
        return;
    };
    match part {
        [b'{', inner @ .., b'}'] => inner.fill(b' '),
        _ => part.fill(b'_'),
    }
}

/// The text with blanks in place of the calls' names and brackets; every other byte stays where it is.
fn without_calls(tree: &CodeTree, macros: &[String]) -> Option<Vec<u8>> {
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

impl CodeTree {
    /// The tree without what is too deep in it; `parsed_text` is what it was made from.
    fn within_levels(mut self, parsed_text: impl FnOnce(&str) -> Vec<u8>) -> Self {
        let mut parts = self.tree.as_ref().map_or_else(Vec::new, parts_too_deep);
        if parts.is_empty() {
            return self;
        }
        let mut text = parsed_text(self.excerpt.text());
        parts.iter().for_each(|part| flatten(&mut text, part));
        self.tree = self.grammar.tree(&text);
        // Where the parser recovers from mistakes differently now, the text has no tree at all.
        if !self
            .tree
            .as_ref()
            .is_none_or(|tree| parts_too_deep(tree).is_empty())
        {
            self.tree = None;
            parts = std::iter::once(0..text.len()).collect();
        }
        self.too_deep.append(&mut parts);
        self
    }

    /// The parts of the text that are nested too deeply to be in the tree.
    pub fn too_deep(&self) -> &[Range<usize>] {
        &self.too_deep
    }

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

    /// The line comments of the text in order, Rust's doc comments left out: all of them where one may be a
    /// suppression, which covers others that stand below it, else none.
    pub fn suppression_comments(&self) -> Vec<Comment> {
        if !self.excerpt.text().contains(Comment::SUPPRESSION) {
            return Vec::new();
        }
        let kind = self.grammar.line_comment();
        let mut comments = Vec::new();
        self.walk(|node| {
            if node.kind() == kind {
                comments.extend(self.line_comment(node));
            }
        });
        comments
    }

    fn line_comment(&self, node: Node<'_>) -> Option<Comment> {
        let whole = self.text(node);
        let mark = match self.grammar {
            CodeGrammar::Python => "#",
            CodeGrammar::Go | CodeGrammar::Rust => "//",
        };
        let text = whole.strip_prefix(mark)?;
        // The grammar of Rust counts the blanks behind a comment to it, and some line breaks.
        let length = match self.grammar {
            CodeGrammar::Rust if text.starts_with(['/', '!']) => return None,
            CodeGrammar::Rust => 2 + text.trim_end().len(),
            CodeGrammar::Go | CodeGrammar::Python => whole.len(),
        };
        let start = node.start_byte();
        let before = self.excerpt.text().get(..start).unwrap_or("");
        let line = before.rsplit('\n').next().unwrap_or("");
        Some(Comment {
            span: self.excerpt.span(start..start + length),
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

    /// As `indent_at` of the text.
    pub fn indent_at(&self, byte: usize) -> Option<String> {
        indent_at(&self.excerpt, byte)
    }

    /// As `newline_at` of the text.
    pub fn newline_at(&self, byte: usize) -> &'static str {
        newline_at(&self.excerpt, byte)
    }

    /// As `line_end` of the text.
    pub fn line_end(&self, byte: usize) -> usize {
        line_end(&self.excerpt, byte)
    }
}

/// The blanks at the start of the line that holds this byte of the text, or nothing where the text is a
/// part of a line that starts elsewhere in the file.
pub fn indent_at(excerpt: &Excerpt, byte: usize) -> Option<String> {
    let text = excerpt.text();
    let start = text.get(..byte)?.rfind('\n').map_or(0, |at| at + 1);
    let line_break = excerpt.span(start.saturating_sub(1)..start);
    if start > 0 && line_break.end != excerpt.span(start..start).start {
        return None;
    }
    let line = &text[start..];
    let blanks = line.len() - line.trim_start_matches([' ', '\t']).len();
    Some(line[..blanks].to_owned())
}

/// The line break that ends the line of this byte.
pub fn newline_at(excerpt: &Excerpt, byte: usize) -> &'static str {
    match excerpt.text()[byte..].split_once('\n') {
        Some((line, _)) if line.ends_with('\r') => "\r\n",
        _ => "\n",
    }
}

/// The end of the line that holds this byte, before its line break.
pub fn line_end(excerpt: &Excerpt, byte: usize) -> usize {
    let rest = &excerpt.text()[byte..];
    let line = rest.split('\n').next().unwrap_or("");
    byte + line.strip_suffix('\r').unwrap_or(line).len()
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

/// The named children of a node, comments left out: in every grammar the kinds of these end alike.
pub fn children(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor)
        .filter(|child| !child.kind().ends_with("comment"))
        .collect()
}

/// A node and all that is below it, without recursion: `each` sees them in no order that means
/// anything.
pub fn visit<'t>(node: Node<'t>, mut each: impl FnMut(Node<'t>)) {
    let mut todo = vec![node];
    while let Some(node) = todo.pop() {
        each(node);
        todo.extend(children(node));
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    fn tree(grammar: CodeGrammar, text: &str) -> CodeTree {
        parse(grammar, Excerpt::whole(FileId(0), text.into()))
    }

    #[test]
    fn comments_know_whether_they_stand_alone() {
        let go = "package a\n\n// redvet: alone\nvar x = 1 // beside\n/* block */\n";
        let rust = "/// doc\n//! inner\n// redvet: alone\nfn f() {} // beside\n/* block */\n";
        for tree in [tree(CodeGrammar::Go, go), tree(CodeGrammar::Rust, rust)] {
            let comments = tree.suppression_comments();
            let seen: Vec<_> = comments
                .iter()
                .map(|c| (c.text.as_str(), c.own_line))
                .collect();
            assert_eq!(seen, [("redvet: alone", true), ("beside", false)]);
        }
        let without = tree(CodeGrammar::Go, "package a\n\n// alone\n");
        assert_eq!(without.suppression_comments(), []);
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
            let tree = parse_through(excerpt, &["held".to_owned()]);
            assert!(tree.root().is_some(), "{text:?}");
        }
    }

    #[test]
    fn any_bytes_give_a_tree() {
        for text in [
            "", "\u{0}", "package", "func (", "fn", "impl {", "}}}}", "`", "'", "\"", "a ... b",
            "x := {", "r#\"", "|x| {",
        ] {
            for grammar in [CodeGrammar::Go, CodeGrammar::Rust] {
                assert!(tree(grammar, text).root().is_some(), "{grammar:?} {text:?}");
            }
        }
    }

    #[test]
    fn the_indent_of_a_line_whose_start_lies_elsewhere_is_not_known() {
        let base = Excerpt::whole(FileId(0), "  a\n\t  b\n".into());
        let mut builder = base.builder();
        builder.push(2..4);
        builder.push(6..9);
        let tree = parse(CodeGrammar::Go, builder.finish());
        assert_eq!(tree.excerpt().text(), "a\n b\n");
        assert_eq!(tree.indent_at(0).as_deref(), Some(""));
        assert_eq!(tree.indent_at(3), None);
    }
}
