//! Questions about names that need the tree alone: what a piece of code assigns, what its function
//! literals use, how it is quoted in a reason.

use std::collections::{BTreeMap, BTreeSet};

use tree_sitter::Node;

use crate::extract::go::package::bases;
use crate::facts::cause::Cause;
use crate::syntax::code::{self, CodeGrammar, CodeTree};

/// Longer code is not quoted in a message.
const QUOTED: usize = 60;

/// Declarations that are no statements.
pub(super) fn is_declaration(kind: &str) -> bool {
    matches!(
        kind,
        "package_clause" | "import_declaration" | "type_declaration" | "const_declaration"
    )
}

/// Every variable that is assigned to below a node, by plain assignment or as a loop's variable.
pub(super) fn find_assigned<'t>(tree: &'t CodeTree, node: Node<'t>) -> BTreeSet<&'t str> {
    let mut found = BTreeSet::new();
    code::visit(node, |node| {
        let target = match node.kind() {
            "assignment_statement" | "range_clause" => code::field(node, "left"),
            "inc_statement" | "dec_statement" => Some(node),
            _ => None,
        };
        found.extend(target.into_iter().flat_map(bases).map(|b| tree.text(b)));
    });
    found
}

/// Where each variable is last assigned to below a node, and the labels that are jumped to.
pub(super) fn changes<'t>(
    tree: &'t CodeTree,
    node: Node<'t>,
) -> (BTreeMap<&'t str, usize>, BTreeSet<&'t str>) {
    let mut last = BTreeMap::new();
    let mut jumps = BTreeSet::new();
    code::visit(node, |node| {
        let target = match node.kind() {
            "assignment_statement" | "range_clause" => code::field(node, "left"),
            "inc_statement" | "dec_statement" => Some(node),
            "goto_statement" => {
                jumps.extend(code::children(node).first().map(|label| tree.text(*label)));
                None
            }
            _ => None,
        };
        for base in target.into_iter().flat_map(bases) {
            let at = last.entry(tree.text(base)).or_insert(0);
            *at = node.end_byte().max(*at);
        }
    });
    (last, jumps)
}

/// Every identifier below a node.
pub(super) fn find_mentioned<'t>(tree: &'t CodeTree, node: Node<'t>) -> BTreeSet<&'t str> {
    let mut found = BTreeSet::new();
    code::visit(node, |node| {
        if node.kind() == "identifier" {
            found.insert(tree.text(node));
        }
    });
    found
}

/// The outer variables that function literals below a node use; those inside others count with them.
pub(super) fn find_captured<'t>(tree: &'t CodeTree, node: Node<'t>) -> BTreeSet<&'t str> {
    let mut found = BTreeSet::new();
    let mut todo = vec![node];
    while let Some(node) = todo.pop() {
        if node.kind() == "func_literal" {
            let own = declared(tree, node);
            let used = find_mentioned(tree, node);
            found.extend(used.into_iter().filter(|name| !own.contains(name)));
        } else {
            todo.extend(code::children(node));
        }
    }
    found
}

/// Every variable that is declared below a node.
pub(super) fn declared<'t>(tree: &'t CodeTree, node: Node<'t>) -> BTreeSet<&'t str> {
    let mut found = BTreeSet::new();
    code::visit(node, |node| {
        let idents = match node.kind() {
            "short_var_declaration" => {
                code::field(node, "left").map_or_else(Vec::new, code::children)
            }
            "var_spec" | "parameter_declaration" => code::fields(node, "name"),
            _ => Vec::new(),
        };
        found.extend(idents.into_iter().map(|ident| tree.text(ident)));
    });
    found
}

/// How a piece of code is named where its value is not known. Never shows a literal that could hold
/// a secret: of a call only the function and a first argument that looks like a key.
pub(super) fn quote_code(tree: &CodeTree, node: Node<'_>) -> Cause {
    let mut node = node;
    while matches!(node.kind(), "unary_expression" | "parenthesized_expression") {
        match code::children(node).first() {
            Some(inner) => node = *inner,
            None => break,
        }
    }
    match node.kind() {
        "identifier" | "selector_expression" if !has_call(node) => short(tree.text(node)),
        "call_expression" => call(tree, node),
        "composite_literal" => Cause::Literal,
        _ => Cause::Code("an expression"),
    }
}

fn has_call(node: Node<'_>) -> bool {
    let mut found = false;
    code::visit(node, |n| {
        found |= !matches!(
            n.kind(),
            "identifier" | "field_identifier" | "selector_expression"
        );
    });
    found
}

fn call(tree: &CodeTree, node: Node<'_>) -> Cause {
    let function = code::field(node, "function").filter(|f| !has_call(*f));
    let Some(function) = function else {
        return Cause::Code("a call");
    };
    let arguments = code::field(node, "arguments").map_or_else(Vec::new, code::children);
    let key = arguments.first().and_then(|first| {
        let value = CodeGrammar::Go.string_value(tree.text(*first))?;
        looks_like_key(&value).then_some(value)
    });
    let rest = match (&key, arguments.len()) {
        (Some(key), 1) => format!("\"{key}\""),
        (Some(key), _) => format!("\"{key}\", …"),
        (None, 0) => String::new(),
        (None, _) => "…".to_owned(),
    };
    short(&format!("{}({rest})", tree.text(function)))
}

fn looks_like_key(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    (1..=40).contains(&text.len()) && text.chars().all(plain)
}

fn short(text: &str) -> Cause {
    let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if one_line.chars().count() > QUOTED || one_line.contains('`') {
        return Cause::Code("an expression");
    }
    Cause::Expression(one_line)
}
