//! Variables that deployments give to programs: compose services, containers of workloads, and the
//! data of ConfigMaps. Values that something else fills in are kept as unknown.

use crate::extract::scalar::raw_scalar;
use crate::facts::Cause;
use crate::facts::raw::{RawScalar, RawVariable};
use crate::syntax::yaml::{YamlDocument, YamlNode};

/// How deep the containers of a document lie at most.
const MAX_DEPTH: usize = 24;

/// The variables in a document.
pub fn read(document: &YamlDocument) -> Vec<RawVariable> {
    let root = &document.root;
    let mut found = Vec::new();
    if root.get("kind").and_then(YamlNode::as_str) == Some("ConfigMap") {
        let data = root.get("data").map(YamlNode::entries).unwrap_or_default();
        let owner = root.at("metadata.name").and_then(YamlNode::as_str);
        for entry in data {
            let name = entry.key.as_str().unwrap_or_default();
            let owner = format!("ConfigMap/{}", owner.unwrap_or_default());
            found.extend(variable(name, Some(&raw_scalar(&entry.value)), owner));
        }
        return found;
    }
    let services = root
        .get("services")
        .map(YamlNode::entries)
        .unwrap_or_default();
    for service in services {
        let name = service.key.as_str().unwrap_or_default();
        if let Some(environment) = service.value.get("environment") {
            read_compose_variables(environment, name, &mut found);
        }
    }
    read_container_variables(root, 0, &mut found);
    found
}

/// `environment:` of a compose service, as a map or a list.
fn read_compose_variables(environment: &YamlNode, service: &str, found: &mut Vec<RawVariable>) {
    let owner = || format!("service {service}");
    for entry in environment.entries() {
        let name = entry.key.as_str().unwrap_or_default();
        found.extend(variable(name, Some(&raw_scalar(&entry.value)), owner()));
    }
    for item in environment.items() {
        let Some(text) = item.as_str() else { continue };
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        let mut scalar = raw_scalar(item);
        if text.contains('=') && scalar.text.is_ok() {
            scalar.text = Ok(value.to_owned());
        } else {
            scalar.text = Err(Cause::Deployment("its value is set elsewhere"));
        }
        found.extend(variable(name, Some(&scalar), owner()));
    }
}

/// `env:` of every container below a node.
fn read_container_variables(node: &YamlNode, depth: usize, found: &mut Vec<RawVariable>) {
    if depth > MAX_DEPTH {
        return;
    }
    for entry in node.entries() {
        if entry.key.as_str() == Some("env") && entry.value.is_seq() {
            let owner = node
                .get("name")
                .and_then(YamlNode::as_str)
                .unwrap_or("a container");
            for item in entry.value.items() {
                let name = item
                    .get("name")
                    .and_then(YamlNode::as_str)
                    .unwrap_or_default();
                let value = item.get("value").map(raw_scalar);
                found.extend(variable(name, value.as_ref(), format!("container {owner}")));
            }
        } else {
            read_container_variables(&entry.value, depth + 1, found);
        }
    }
    for item in node.items() {
        read_container_variables(item, depth + 1, found);
    }
}

/// Names of variables are in capitals; what is not one is no variable.
fn variable(name: &str, value: Option<&RawScalar>, owner: String) -> Option<RawVariable> {
    let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    if name.is_empty() || !name.chars().all(plain) {
        return None;
    }
    let text = match value {
        Some(scalar) => match &scalar.text {
            Ok(text) if !text.contains(['$', '{']) => Ok(text.clone()),
            Ok(_) => Err(Cause::Deployment("it is set elsewhere")),
            Err(reason) => Err(reason.clone()),
        },
        None => Err(Cause::Deployment("its value is set elsewhere")),
    };
    Some(RawVariable {
        name: name.to_owned(),
        text,
        owner,
        of_image: false,
    })
}
