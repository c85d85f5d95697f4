//! The fields of a kustomization that change all objects or name a few: namespace, prefix and suffix,
//! annotations, replicas, images, replacements.

use super::set::{KustomizeObject, ObjectSet};
use crate::extract::scalar::known_text;
use crate::syntax::yaml::{MappingEntry, NodeKind, YamlNode};

/// In kustomize's own order.
pub(super) fn transform(root: &YamlNode, set: &mut ObjectSet) {
    if let Some(namespace) = root.get("namespace") {
        for resource in &mut set.resources {
            resource.set_metadata("namespace", namespace.clone());
        }
    }
    let affix = |field: &str| known_text(root.get(field)).unwrap_or_default();
    if !affix("namePrefix").is_empty() || !affix("nameSuffix").is_empty() {
        set.rename(affix("namePrefix"), affix("nameSuffix"));
    }
    set.follow_names();
    if let Some(annotations) = root.get("commonAnnotations") {
        for resource in &mut set.resources {
            annotate(resource, annotations);
        }
    }
    let items = |field: &str| root.get(field).map(YamlNode::items).unwrap_or_default();
    for item in items("replicas") {
        scale(set, item);
    }
    for item in items("images") {
        for resource in &mut set.resources {
            if let Some(root) = with_image(&resource.root, item) {
                resource.root = root;
            }
        }
    }
    for item in items("replacements") {
        replace(set, item);
    }
}

/// Common annotations stand on objects and on the pods that they make.
fn annotate(resource: &mut KustomizeObject, annotations: &YamlNode) {
    for path in [
        &["metadata"][..],
        &["spec", "template", "metadata"][..],
        &["spec", "jobTemplate", "spec", "template", "metadata"][..],
    ] {
        let merged = change_field(&resource.root, path, &|metadata| {
            let own = metadata.get("annotations");
            let base = own.filter(|own| own.is_map()).cloned();
            let merged = annotations.entries().iter().fold(
                base.unwrap_or_else(|| annotations.clone()),
                |all, entry| match entry.key.as_str() {
                    Some(key) => all.with_entry(key, entry.value.clone()),
                    None => all,
                },
            );
            metadata.with_entry("annotations", merged)
        });
        if let Some(root) = merged {
            resource.root = root;
        }
    }
}

/// The root with the node at a path changed; nothing where there is no such node.
fn change_field(
    root: &YamlNode,
    path: &[&str],
    change: &dyn Fn(&YamlNode) -> YamlNode,
) -> Option<YamlNode> {
    let Some((first, rest)) = path.split_first() else {
        return Some(change(root));
    };
    let inner = change_field(root.get(first)?, rest, change)?;
    Some(root.with_entry(first, inner))
}

fn scale(set: &mut ObjectSet, item: &YamlNode) {
    let (Some(name), Some(count)) = (known_text(item.get("name")), item.get("count")) else {
        return;
    };
    for resource in &mut set.resources {
        let scales = matches!(
            resource.kind(),
            "Deployment" | "StatefulSet" | "ReplicaSet" | "ReplicationController"
        );
        if !scales || !resource.was_called(name) {
            continue;
        }
        let scaled = change_field(&resource.root, &["spec"], &|spec| {
            spec.with_entry("replicas", count.clone())
        });
        if let Some(root) = scaled {
            resource.root = root;
        }
    }
}

/// The node with the image of every container that an `images:` entry is for; nothing where it is
/// for none.
fn with_image(node: &YamlNode, item: &YamlNode) -> Option<YamlNode> {
    match &node.kind {
        NodeKind::Scalar(_) => None,
        NodeKind::Seq(items) => {
            let new: Vec<_> = items.iter().map(|node| with_image(node, item)).collect();
            new.iter().any(Option::is_some).then(|| {
                let items = items.iter().zip(new);
                let items = items.map(|(old, new)| new.unwrap_or_else(|| old.clone()));
                node.rebuilt(NodeKind::Seq(items.collect()))
            })
        }
        NodeKind::Map(entries) => {
            let of = |entry: &MappingEntry| match entry.key.as_str() {
                Some("containers" | "initContainers") => containers(&entry.value, item),
                _ => with_image(&entry.value, item),
            };
            let new: Vec<_> = entries.iter().map(of).collect();
            new.iter().any(Option::is_some).then(|| {
                let entries = entries.iter().zip(new).map(|(old, new)| MappingEntry {
                    key: old.key.clone(),
                    value: new.unwrap_or_else(|| old.value.clone()),
                });
                node.rebuilt(NodeKind::Map(entries.collect()))
            })
        }
    }
}

fn containers(list: &YamlNode, item: &YamlNode) -> Option<YamlNode> {
    let of = |container: &YamlNode| {
        let image = container.get("image")?;
        Some(container.with_entry("image", image_of(image, item)?))
    };
    let new: Vec<_> = list.items().iter().map(of).collect();
    new.iter().any(Option::is_some).then(|| {
        let items = list.items().iter().zip(new);
        let items = items.map(|(old, new)| new.unwrap_or_else(|| old.clone()));
        list.rebuilt(NodeKind::Seq(items.collect()))
    })
}

/// What an `images:` entry makes of an image; it stands where the entry says the part that changed.
fn image_of(image: &YamlNode, item: &YamlNode) -> Option<YamlNode> {
    let text = known_text(Some(image))?;
    let (name, rest) = name_and_rest(text);
    if known_text(item.get("name")) != Some(name) {
        return None;
    }
    let field = |name: &str| item.get(name).filter(|node| !node.is_null());
    let (new_name, tag, digest) = (field("newName"), field("newTag"), field("digest"));
    let at = digest.or(tag).or(new_name)?;
    let name = new_name.and_then(YamlNode::as_str).unwrap_or(name);
    let rest = match (
        digest.and_then(YamlNode::as_str),
        tag.and_then(YamlNode::as_str),
    ) {
        (Some(digest), _) => format!("@{digest}"),
        (None, Some(tag)) => format!(":{tag}"),
        (None, None) => rest.to_owned(),
    };
    Some(YamlNode::from_text(&format!("{name}{rest}"), at.span))
}

/// An image's name with its registry, and its tag or digest with the sign before it.
fn name_and_rest(text: &str) -> (&str, &str) {
    let last_part = text.rfind('/').map_or(0, |at| at + 1);
    let at = text[last_part..].find([':', '@']);
    text.split_at(at.map_or(text.len(), |at| last_part + at))
}

/// A replacement copies a value from one object into fields of others: what is there afterwards is
/// not followed.
fn replace(set: &mut ObjectSet, item: &YamlNode) {
    let targets = item.get("targets").map(YamlNode::items).unwrap_or_default();
    for target in targets {
        let select = target.get("select");
        let of = |field: &str| known_text(select?.get(field));
        let paths: Vec<&str> = target
            .get("fieldPaths")
            .map(YamlNode::items)
            .unwrap_or_default()
            .iter()
            .filter_map(|path| known_text(Some(path)))
            .collect();
        for resource in &mut set.resources {
            let selected = of("kind").is_none_or(|kind| kind == resource.kind())
                && of("name").is_none_or(|name| resource.was_called(name));
            if !selected {
                continue;
            }
            for path in &paths {
                if let Some(root) = forget_field(&resource.root, &field_path(path)) {
                    resource.root = root;
                }
            }
        }
    }
}

/// The steps of `spec.template.spec.containers.[name=a].image`.
fn field_path(path: &str) -> Vec<&str> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        let end = if rest.starts_with('[') {
            rest.find(']').map_or(rest.len(), |at| at + 1)
        } else {
            rest.find('.').unwrap_or(rest.len())
        };
        steps.push(&rest[..end]);
        rest = rest[end..].trim_start_matches('.');
    }
    steps
}

/// The node with an unknown value at a path.
fn forget_field(node: &YamlNode, path: &[&str]) -> Option<YamlNode> {
    let Some((first, rest)) = path.split_first() else {
        return Some(node.to_unknown());
    };
    match &node.kind {
        NodeKind::Map(_) => {
            let inner = forget_field(node.get(first)?, rest)?;
            Some(node.with_entry(first, inner))
        }
        NodeKind::Seq(items) => {
            let wanted = |index: usize, item: &YamlNode| match first
                .strip_prefix('[')
                .and_then(|s| s.strip_suffix(']'))
                .and_then(|s| s.split_once('='))
            {
                Some((key, value)) => known_text(item.get(key)) == Some(value),
                None => *first == "*" || first.parse() == Ok(index),
            };
            let items = items.iter().enumerate().map(|(index, item)| {
                let changed = wanted(index, item)
                    .then(|| forget_field(item, rest))
                    .flatten();
                changed.unwrap_or_else(|| item.clone())
            });
            Some(node.rebuilt(NodeKind::Seq(items.collect())))
        }
        NodeKind::Scalar(_) => None,
    }
}
