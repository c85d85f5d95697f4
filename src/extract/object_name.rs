//! The identity of a Kubernetes object, as its own document writes it.

use crate::extract::scalar::known_text;
use crate::facts::raw::ObjectName;
use crate::syntax::yaml::YamlNode;

/// Kind, namespace and name of an object; a templated name is its raw expression.
pub fn object_name(root: &YamlNode, kind: &str) -> Option<ObjectName> {
    let name = root.at("metadata.name")?;
    Some(ObjectName {
        kind: kind.to_owned(),
        namespace: known_text(root.at("metadata.namespace")).map(str::to_owned),
        name: name.as_str()?.to_owned(),
        templated: name.has_placeholder(),
    })
}
