//! Custom resources that an operator makes servers of, read by the shapes of `knowledge/shapes`.
//! Nothing here knows an operator.

use crate::extract::manifest_context::Context;
use crate::extract::object_name::object_name;
use crate::extract::scalar::{first_entry, known};
use crate::extract::shape::{Fields, Owner, Reading, Visibility};
use crate::facts::raw::Raw;
use crate::syntax::yaml::Node;

/// The servers of a resource whose kind some shape describes.
pub fn read(root: &Node, kind: &str, context: &Context<'_>, raw: &mut Raw) {
    let api = known(root.get("apiVersion")).unwrap_or_default();
    let (Some(shape), Some(object)) = (
        context.shapes.library.resource(api, kind),
        object_name(root, kind),
    ) else {
        return;
    };
    let owner = Owner {
        object,
        anchor: first_entry(root),
        full_name: None,
    };
    let reading = Reading {
        owner,
        shape,
        fields: Fields::of_resource(root, shape.defaults_of(None)),
        visibility: Visibility::default(),
        context,
    };
    reading.read(raw);
}
