//! Types as code writes them, in the form that the shared reader reads.

use tree_sitter::Node;

use super::uses::path_of;
use crate::extract::code::form::TypeForm;
use crate::syntax::code::{self, CodeTree};

/// A type as code writes it.
pub(super) fn lower_type(node: Node<'_>, tree: &CodeTree) -> TypeForm {
    match node.kind() {
        "reference_type" | "mutable_type" | "parenthesized_type" => {
            let inner = code::field(node, "type").or_else(|| code::children(node).last().copied());
            let inner = inner.map_or(TypeForm::Other(Vec::new()), |ty| lower_type(ty, tree));
            match node.kind() {
                "reference_type" => TypeForm::Pointer(Box::new(inner)),
                _ => inner,
            }
        }
        "generic_type" | "generic_type_with_turbofish" | "generic_function" => {
            let outer = code::field(node, "type").or_else(|| code::field(node, "function"));
            let Some(outer) = outer else {
                return TypeForm::Other(Vec::new());
            };
            let arguments = code::field(node, "type_arguments");
            let arguments = arguments.map_or_else(Vec::new, code::children).into_iter();
            let arguments = arguments.filter(|argument| argument.kind() != "lifetime");
            let arguments = arguments.map(|argument| lower_type(argument, tree));
            TypeForm::Applied(Box::new(lower_type(outer, tree)), arguments.collect())
        }
        kind if kind.ends_with("identifier") || kind == "primitive_type" => {
            TypeForm::Named(None, path_of(node, tree).join("::"))
        }
        _ => TypeForm::Other(Vec::new()),
    }
}

/// Whether what stands before a name of a path is a type that is applied to others.
pub(super) fn is_type(node: Node<'_>) -> bool {
    matches!(node.kind(), "generic_type" | "generic_type_with_turbofish")
}

/// The types of a list of them.
pub(super) fn list_types(body: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = body.walk();
    body.children_by_field_name("type", &mut cursor)
        .filter(Node::is_named)
        .collect()
}
