//! ConfigMaps and Secrets that a kustomization generates out of files, literals and lists of
//! variables. Each value keeps its place in the file that holds it.

use super::set::{KustomizeObject, ObjectSet};
use super::tree::{KustomizeTree, join_path};
use crate::extract::scalar::known_text;
use crate::source::path;
use crate::syntax::yaml::{NodeKind, ScalarStyle, YamlNode};

/// Where a generator stands.
pub(super) struct GeneratorPlace<'a> {
    pub(super) tree: &'a KustomizeTree,
    pub(super) dir: &'a str,
    /// The kustomization's `generatorOptions`.
    pub(super) options: Option<&'a YamlNode>,
}

/// The file paths that a generator reads, as it writes them.
pub(super) fn paths(generator: &YamlNode) -> Vec<&str> {
    let items = |field: &str| {
        generator
            .get(field)
            .map(YamlNode::items)
            .unwrap_or_default()
    };
    let files = items("files").iter().filter_map(|item| {
        let text = known_text(Some(item))?;
        Some(text.split_once('=').map_or(text, |(_, path)| path))
    });
    files
        .chain(
            items("envs")
                .iter()
                .filter_map(|item| known_text(Some(item))),
        )
        .chain(known_text(generator.get("env")))
        .collect()
}

/// Adds what a generator makes to the set, or merges it into what is there.
pub(super) fn generate(
    set: &mut ObjectSet,
    generator: &YamlNode,
    kind: &str,
    place: &GeneratorPlace<'_>,
) {
    let Some(name) = generator.get("name") else {
        return;
    };
    let data = data(generator, place);
    let field = if kind == "Secret" {
        "stringData"
    } else {
        "data"
    };
    let behavior = known_text(generator.get("behavior")).unwrap_or("create");
    let existing = name.as_str().and_then(|name| set.find(kind, name));
    if let (Some(index), "merge" | "replace") = (existing, behavior) {
        let resource = &mut set.resources[index];
        let base = resource.root.get(field).filter(|_| behavior == "merge");
        let base = base.cloned();
        let merged = match base {
            Some(base) => data
                .iter()
                .fold(base, |all, (key, value)| all.with_entry(key, value.clone())),
            None => map(&data, generator),
        };
        resource.root = resource.root.with_entry(field, merged);
        resource.hashed |= hashes(generator, place);
        return;
    }
    let mut metadata = vec![("name", name.clone())];
    if let Some(namespace) = generator.get("namespace") {
        metadata.push(("namespace", namespace.clone()));
    }
    let mut entries = vec![
        ("kind", YamlNode::from_text(kind, generator.span)),
        ("metadata", YamlNode::from_entries(metadata, name.span)),
        (field, map(&data, generator)),
    ];
    if let Some(immutable) = option(generator, place, "immutable") {
        entries.push(("immutable", immutable.clone()));
    }
    let made = KustomizeObject::new(YamlNode::from_entries(entries, generator.span));
    set.resources.extend(made.map(|mut resource| {
        resource.hashed = hashes(generator, place);
        resource
    }));
}

fn map(data: &[(String, YamlNode)], generator: &YamlNode) -> YamlNode {
    let entries = data
        .iter()
        .map(|(key, value)| (key.as_str(), value.clone()));
    YamlNode::from_entries(entries.collect(), generator.span)
}

/// Names get a hash of the content unless someone switched that off.
fn hashes(generator: &YamlNode, place: &GeneratorPlace<'_>) -> bool {
    option(generator, place, "disableNameSuffixHash").and_then(YamlNode::as_bool) != Some(true)
}

fn option<'n>(
    generator: &'n YamlNode,
    place: &'n GeneratorPlace<'_>,
    field: &str,
) -> Option<&'n YamlNode> {
    let own = generator.get("options").and_then(|o| o.get(field));
    own.or_else(|| place.options.and_then(|o| o.get(field)))
}

fn data(generator: &YamlNode, place: &GeneratorPlace<'_>) -> Vec<(String, YamlNode)> {
    let items = |field: &str| {
        generator
            .get(field)
            .map(YamlNode::items)
            .unwrap_or_default()
    };
    let mut data = Vec::new();
    data.extend(items("files").iter().filter_map(|item| file(item, place)));
    data.extend(items("literals").iter().filter_map(literal));
    let lists = items("envs").iter().chain(generator.get("env"));
    data.extend(lists.flat_map(|item| variables(item, place)));
    data
}

/// `path` or `key=path`; a file that is not there has an unknown value.
fn file(item: &YamlNode, place: &GeneratorPlace<'_>) -> Option<(String, YamlNode)> {
    let text = known_text(Some(item))?;
    let (key, path) = match text.split_once('=') {
        Some((key, path)) => (key, path),
        None => (path::name(text), text),
    };
    let found = join_path(place.dir, path).and_then(|path| place.tree.get(&path));
    let value = match found {
        Some(file) => YamlNode::from_lines(file.excerpt.clone()),
        None => item.to_unknown(),
    };
    Some((key.to_owned(), value))
}

/// `key=value`, the value in quotes or not.
fn literal(item: &YamlNode) -> Option<(String, YamlNode)> {
    let scalar = item.scalar()?;
    let text = scalar.as_str();
    let at = text.find('=')?;
    let value = &text[at + 1..];
    let quoted = |mark: char| value.len() >= 2 && value.starts_with(mark) && value.ends_with(mark);
    let inset = usize::from(quoted('"') || quoted('\''));
    let range = at + 1 + inset..text.len() - inset;
    let part = scalar.value().slice(range);
    let value = match scalar.style() {
        // Each line of the value is a line of the file.
        ScalarStyle::Literal => YamlNode::from_lines(part),
        _ => YamlNode::from_part(part),
    };
    let value = if scalar.has_placeholder() {
        value.to_unknown()
    } else {
        value
    };
    Some((text[..at].to_owned(), value))
}

/// The lines `key=value` of a file.
fn variables(item: &YamlNode, place: &GeneratorPlace<'_>) -> Vec<(String, YamlNode)> {
    let found = known_text(Some(item))
        .and_then(|path| join_path(place.dir, path))
        .and_then(|path| place.tree.get(&path));
    let Some(file) = found else { return Vec::new() };
    let text = file.excerpt.text();
    let mut start = 0;
    let mut data = Vec::new();
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim_end_matches(['\n', '\r']);
        if let Some(at) = trimmed.find('=').filter(|_| !trimmed.starts_with('#')) {
            let part = file.excerpt.slice(start + at + 1..start + trimmed.len());
            data.push((trimmed[..at].trim().to_owned(), YamlNode::from_part(part)));
        }
        start += line.len();
    }
    data
}

/// Whether a node holds anything, for fields that may be there and empty.
pub(super) fn is_filled(node: Option<&YamlNode>) -> bool {
    node.is_some_and(|node| match &node.kind {
        NodeKind::Seq(items) => !items.is_empty(),
        NodeKind::Map(entries) => !entries.is_empty(),
        NodeKind::Scalar(_) => !node.is_null(),
    })
}
