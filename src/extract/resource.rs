//! Custom resources that an operator makes servers of, read by the shapes of `knowledge/shapes`.
//! Nothing here knows an operator.

use crate::extract::manifest_context::ManifestContext;
use crate::extract::object_name::object_name;
use crate::extract::scalar::{known_text, object_anchor};
use crate::extract::shape::{ShapeFields, ShapeOwner, ShapeReading, ValueVisibility};
use crate::facts::raw::RawFacts;
use crate::syntax::yaml::YamlNode;

/// The servers of a resource whose kind some shape describes.
pub fn read(root: &YamlNode, kind: &str, context: &ManifestContext<'_>, raw: &mut RawFacts) {
    let api = known_text(root.get("apiVersion")).unwrap_or_default();
    let (Some(shape), Some(object)) = (
        context.shapes.library.resource(api, kind),
        object_name(root, kind),
    ) else {
        return;
    };
    let owner = ShapeOwner {
        object,
        anchor: object_anchor(root),
        full_name: None,
        sample: false,
    };
    let reading = ShapeReading {
        owner,
        shape,
        fields: ShapeFields::of_resource(root, shape.defaults_of(None)),
        visibility: ValueVisibility::default(),
        other_release: None,
        context,
    };
    reading.read(raw);
}
