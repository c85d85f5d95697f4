//! Questions about code that need the tree alone: what is a declaration, what is of tests, what is called.

use tree_sitter::Node;

use crate::extract::code::form::{CodeExpressionForm, CodeFile, ExpressionId};
use crate::facts::raw::ConstValue;
use crate::syntax::code::{self, CodeTree};

/// Items that are no statements.
pub(super) fn is_declaration(kind: &str) -> bool {
    matches!(
        kind,
        "use_declaration"
            | "attribute_item"
            | "inner_attribute_item"
            | "struct_item"
            | "enum_item"
            | "union_item"
            | "type_item"
            | "extern_crate_declaration"
            | "macro_definition"
            | "macro_invocation"
            | "mod_item"
            | "function_item"
            | "function_signature_item"
            | "impl_item"
            | "trait_item"
            | "const_item"
            | "static_item"
            | "empty_statement"
            | "foreign_mod_item"
            | "shebang"
    )
}

/// The method or the last name of the path that is called.
pub(super) fn find_callee<'t>(node: Node<'t>, tree: &'t CodeTree) -> Option<&'t str> {
    let mut function = code::field(node, "function")?;
    if function.kind() == "generic_function" {
        function = code::field(function, "function")?;
    }
    let name = match function.kind() {
        "field_expression" => code::field(function, "field")?,
        "scoped_identifier" => code::field(function, "name")?,
        "identifier" => function,
        _ => return None,
    };
    Some(tree.text(name))
}

/// Whether an expression is a literal text.
pub(super) fn is_text(code: &CodeFile, id: ExpressionId) -> bool {
    matches!(
        code.expression(id).form,
        CodeExpressionForm::Constant(ConstValue::Text(_))
    )
}

/// The last name of a type: `Pool` of `bb8::Pool<M>`.
pub(super) fn type_name<'t>(ty: Node<'t>, tree: &'t CodeTree) -> Option<&'t str> {
    match ty.kind() {
        "type_identifier" | "identifier" => Some(tree.text(ty)),
        "generic_type" => type_name(code::field(ty, "type")?, tree),
        "scoped_type_identifier" | "scoped_identifier" => Some(tree.text(code::field(ty, "name")?)),
        "reference_type" => type_name(code::field(ty, "type")?, tree),
        _ => None,
    }
}

/// The children of a node without those that an attribute before them makes test code.
pub(super) fn outside_tests<'t>(node: Node<'t>, tree: &CodeTree) -> Vec<Node<'t>> {
    let mut left = Vec::new();
    let mut test = false;
    for child in code::children(node) {
        if child.kind() == "attribute_item" {
            test |= makes_test(tree.text(child));
        } else if !std::mem::take(&mut test) {
            left.push(child);
        }
    }
    left
}

/// Whether a node stands in an item that an attribute makes test code.
pub(super) fn is_test_code(node: Node<'_>, tree: &CodeTree) -> bool {
    let mut at = Some(node);
    while let Some(item) = at {
        let mut before = item.prev_named_sibling();
        while let Some(attribute) = before.filter(|b| b.kind() == "attribute_item") {
            if makes_test(tree.text(attribute)) {
                return true;
            }
            before = attribute.prev_named_sibling();
        }
        at = item.parent();
    }
    false
}

pub(super) fn makes_test(attribute: &str) -> bool {
    let inner = attribute
        .trim_start_matches('#')
        .trim_start_matches('[')
        .trim_end_matches(']');
    let name = inner.split('(').next().unwrap_or(inner).trim();
    if name == "cfg" {
        let word = |c: char| !c.is_alphanumeric() && c != '_';
        return inner.split(word).any(|w| w == "test") && !inner.contains("not(");
    }
    let last = name.rsplit("::").next().unwrap_or(name);
    matches!(last, "test" | "rstest" | "bench" | "test_case")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_of_tests() {
        assert!(makes_test("#[cfg(test)]"));
        assert!(makes_test("#[cfg(any(test, feature = \"x\"))]"));
        assert!(makes_test("#[tokio::test]"));
        assert!(makes_test("#[test]"));
        assert!(!makes_test("#[cfg(not(test))]"));
        assert!(!makes_test("#[derive(Debug)]"));
        assert!(!makes_test("#[cfg(feature = \"latest\")]"));
    }
}
