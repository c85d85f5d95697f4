//! Patterns in the form that the shared reader reads: what they bind, and how it is taken apart.

use tree_sitter::Node;

use super::uses::path_of;
use crate::extract::code::form::BindingForm;
use crate::syntax::code::{self, CodeTree};

/// What a pattern binds.
pub(super) fn lower_pattern(node: Node<'_>, tree: &CodeTree) -> BindingForm {
    let inner = || {
        let parts = code::children(node).into_iter();
        parts.filter(|part| part.kind() != "mutable_specifier")
    };
    match node.kind() {
        "identifier" | "shorthand_field_identifier" => {
            BindingForm::Name(tree.text(node).to_owned())
        }
        "mut_pattern" | "ref_pattern" | "reference_pattern" => {
            let bound = inner().map(|part| lower_pattern(part, tree));
            BindingForm::Changeable(Box::new(BindingForm::Same(bound.collect())))
        }
        "captured_pattern" => {
            BindingForm::Same(inner().map(|part| lower_pattern(part, tree)).collect())
        }
        "tuple_pattern" => {
            BindingForm::Tuple(inner().map(|part| lower_pattern(part, tree)).collect())
        }
        "tuple_struct_pattern" => {
            let ty = code::field(node, "type");
            let parts = inner().filter(|part| Some(*part) != ty);
            let path = ty.map_or_else(Vec::new, |ty| path_of(ty, tree));
            BindingForm::Variant(
                path.join("::"),
                parts.map(|part| lower_pattern(part, tree)).collect(),
            )
        }
        "struct_pattern" => {
            let fields = inner().filter(|part| part.kind() == "field_pattern");
            let fields = fields.filter_map(|field| {
                let name = code::field(field, "name")?;
                let target = code::field(field, "pattern").unwrap_or(name);
                Some((tree.text(name).to_owned(), lower_pattern(target, tree)))
            });
            BindingForm::Struct(fields.collect())
        }
        _ => {
            let mut found = Vec::new();
            code::visit(node, |part| {
                if matches!(part.kind(), "identifier" | "shorthand_field_identifier") {
                    found.push(tree.text(part).to_owned());
                }
            });
            BindingForm::Names(found)
        }
    }
}
