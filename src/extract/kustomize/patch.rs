//! Patches of a kustomization: which objects each is for, and what is left of them.

use regex::{Regex, RegexBuilder};

use super::json_patch;
use super::merge::{ListMerge, merge};
use super::set::{KustomizeObject, ObjectSet};
use crate::extract::scalar::known_text;
use crate::facts::Cause;
use crate::syntax::yaml::YamlNode;

/// Applies a patch: operations, or objects to be laid over others. Objects whose target is not in
/// the set come back.
pub(super) fn apply(
    set: &mut ObjectSet,
    patch: &YamlNode,
    target: Option<&YamlNode>,
) -> Vec<YamlNode> {
    if patch.is_seq() {
        operate(set, patch.items(), target);
        return Vec::new();
    }
    let indexes = match target {
        Some(target) => targets(set, target),
        None => own_target(set, patch).into_iter().collect(),
    };
    if indexes.is_empty() {
        return if target.is_none() {
            vec![patch.clone()]
        } else {
            Vec::new()
        };
    }
    let body = without_identity(patch);
    let mut deleted = Vec::new();
    for index in indexes {
        let resource = &mut set.resources[index];
        let lists = if resource.is_native() {
            ListMerge::ByKey
        } else {
            ListMerge::Whole
        };
        match merge(&resource.root, &body, "", lists) {
            Some(root) => resource.root = root,
            None => deleted.push(index),
        }
    }
    for index in deleted.into_iter().rev() {
        set.resources.remove(index);
    }
    Vec::new()
}

/// A patch that cannot be read may change what its target selects; without a target, any object.
pub(super) fn obscure(set: &mut ObjectSet, target: Option<&YamlNode>) {
    let unread = "a patch of it is not in the scanned tree";
    let Some(target) = target else {
        return set.opaque(unread);
    };
    for index in targets(set, target) {
        set.resources[index].obscure(unread);
    }
}

fn operate(set: &mut ObjectSet, operations: &[YamlNode], target: Option<&YamlNode>) {
    let Some(target) = target else { return };
    for index in targets(set, target) {
        let resource = &mut set.resources[index];
        match json_patch::apply(&resource.root, operations) {
            Ok(root) => resource.root = root,
            Err(why) => {
                let why = Cause::PatchNotFollowed(why);
                resource.opaque.get_or_insert(why);
            }
        }
    }
}

/// A patch does not change what its object is called.
fn without_identity(patch: &YamlNode) -> YamlNode {
    let body = patch.without_entry("kind").without_entry("apiVersion");
    match body.get("metadata") {
        Some(metadata) if metadata.is_map() => {
            let metadata = metadata.without_entry("name").without_entry("namespace");
            body.with_entry("metadata", metadata)
        }
        _ => body,
    }
}

fn own_target(set: &ObjectSet, patch: &YamlNode) -> Option<usize> {
    let kind = known_text(patch.get("kind"))?;
    let name = known_text(patch.at("metadata.name"))?;
    set.find(kind, name)
}

/// Bytes that a compiled pattern may come to: any pattern over names that people write fits, and one
/// of nested repetitions costs no more than a few milliseconds.
const MAX_PATTERN_BYTES: usize = 256 << 10;

/// The objects that a `target:` selects: every field that it has must fit.
fn targets(set: &ObjectSet, target: &YamlNode) -> Vec<usize> {
    let field = |name: &str| known_text(target.get(name)).filter(|text| !text.is_empty());
    let pattern = |name: &str| {
        // Names and kinds are patterns over the whole word.
        field(name).map(|text| {
            let whole = format!("^(?:{text})$");
            let mut pattern = RegexBuilder::new(&whole);
            pattern.size_limit(MAX_PATTERN_BYTES).build().ok()
        })
    };
    let (kind, name, namespace) = (pattern("kind"), pattern("name"), pattern("namespace"));
    let fits = |pattern: &Option<Option<Regex>>, words: &[&str]| match pattern {
        None => true,
        Some(None) => false,
        Some(Some(regex)) => words.iter().any(|word| regex.is_match(word)),
    };
    let selected = |resource: &KustomizeObject| {
        let names: Vec<&str> = resource.names().iter().map(String::as_str).collect();
        let group = field("group").is_none_or(|group| group == resource.group());
        group
            && fits(&kind, &[resource.kind()])
            && fits(&name, &names)
            && fits(&namespace, &[resource.namespace().unwrap_or("default")])
            && matches_selector(resource, "labels", field("labelSelector"))
            && matches_selector(resource, "annotations", field("annotationSelector"))
    };
    let all = set.resources.iter().enumerate();
    all.filter(|(_, resource)| selected(resource))
        .map(|(index, _)| index)
        .collect()
}

/// A selector of the form `a=b,c!=d,e`.
fn matches_selector(resource: &KustomizeObject, field: &str, selector: Option<&str>) -> bool {
    let metadata = resource.root.get("metadata");
    let value = |key: &str| known_text(metadata?.get(field)?.get(key));
    let holds = |term: &str| {
        let term = term.trim();
        if let Some((key, wanted)) = term.split_once("!=") {
            return value(key.trim()) != Some(wanted.trim());
        }
        match term.split_once('=') {
            Some((key, wanted)) => {
                let wanted = wanted.trim_start_matches('=').trim();
                value(key.trim()) == Some(wanted)
            }
            None => value(term).is_some(),
        }
    };
    selector.is_none_or(|selector| selector.split(',').all(holds))
}
