//! Strategic merge: a patch laid over an object, field by field. What the patch says keeps its place
//! in the patch, everything else its place in the object; of what it removes the place in the patch is kept.
//!
//! Which object a patch is for is decided in [`patch`](super::patch).

use crate::syntax::yaml::{MappingEntry, NodeKind, YamlNode};

/// How lists are merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ListMerge {
    /// Lists of Kubernetes' own kinds whose items have a name are merged item by item.
    ByKey,
    /// Of other kinds nothing is known: a list replaces a list.
    Whole,
}

/// The field that tells the items of a list apart, the first that the patch's item has.
fn merge_keys(list: &str) -> &'static [&'static str] {
    match list {
        "containers"
        | "initContainers"
        | "ephemeralContainers"
        | "volumes"
        | "env"
        | "imagePullSecrets" => &["name"],
        "volumeMounts" => &["mountPath"],
        "volumeDevices" => &["devicePath"],
        "ports" => &["containerPort", "port", "name"],
        "hostAliases" => &["ip"],
        "topologySpreadConstraints" => &["topologyKey"],
        _ => &[],
    }
}

/// The base with the patch laid over it; nothing where the patch deletes it.
pub(super) fn merge(
    base: &YamlNode,
    patch: &YamlNode,
    field: &str,
    lists: ListMerge,
) -> Option<YamlNode> {
    if patch.is_null() {
        return None;
    }
    match (&base.kind, &patch.kind) {
        (NodeKind::Map(_), NodeKind::Map(_)) => maps(base, patch, lists),
        (NodeKind::Seq(items), NodeKind::Seq(patches)) => Some(base.rebuilt(NodeKind::Seq(
            match (lists, merge_keys(field)) {
                (ListMerge::Whole, _) | (_, []) => return Some(read_additions(patch)),
                (ListMerge::ByKey, keys) => sequences(items, patches, keys, lists),
            },
        ))),
        _ => Some(read_additions(patch)),
    }
}

fn directive(patch: &YamlNode) -> Option<&str> {
    patch.get("$patch").and_then(YamlNode::as_str)
}

fn maps(base: &YamlNode, patch: &YamlNode, lists: ListMerge) -> Option<YamlNode> {
    match directive(patch) {
        Some("delete") => return None,
        Some("replace") => return Some(read_additions(patch)),
        _ => {}
    }
    let mut entries = base.entries().to_vec();
    let mut removed = Vec::new();
    for said in patch.entries().iter().filter(|e| !is_directive(e)) {
        let key = said.key.as_str();
        let Some(at) = entries.iter().rposition(|e| e.key.as_str() == key) else {
            if !said.value.is_null() {
                entries.push(MappingEntry {
                    key: said.key.clone(),
                    value: read_additions(&said.value),
                });
            }
            continue;
        };
        match merge(
            &entries[at].value,
            &said.value,
            key.unwrap_or_default(),
            lists,
        ) {
            Some(value) => entries[at] = entry(&entries[at], said, value),
            None => {
                entries.remove(at);
                removed.extend(key.map(|key| (key, said.key.span)));
            }
        }
    }
    let merged = base.rebuilt(NodeKind::Map(entries));
    let removed = removed.into_iter();
    Some(removed.fold(merged, |node, (key, at)| node.with_removal(key, at)))
}

/// The entry belongs to the file that wrote its value; a patch that repeats a value changes nothing.
fn entry(base: &MappingEntry, patch: &MappingEntry, value: YamlNode) -> MappingEntry {
    let same = base.value.as_str().is_some() && base.value.as_str() == value.as_str();
    if same {
        return base.clone();
    }
    let key = match value.scalar() {
        Some(_) => &patch.key,
        None => &base.key,
    };
    MappingEntry {
        key: key.clone(),
        value,
    }
}

fn sequences(
    base: &[YamlNode],
    patches: &[YamlNode],
    keys: &[&str],
    lists: ListMerge,
) -> Vec<YamlNode> {
    let mut items = base.to_vec();
    let mut new = Vec::new();
    for patch in patches {
        let Some(key) = keys.iter().find(|key| patch.get(key).is_some()) else {
            new.push(read_additions(patch));
            continue;
        };
        let wanted = patch.get(key).and_then(YamlNode::as_str);
        let at = items.iter().position(|item| {
            wanted.is_some() && item.get(key).and_then(YamlNode::as_str) == wanted
        });
        match at {
            None if directive(patch) == Some("delete") => {}
            None => new.push(read_additions(patch)),
            Some(at) => match merge(&items[at], patch, "", lists) {
                Some(item) => items[at] = item,
                None => {
                    items.remove(at);
                }
            },
        }
    }
    // New items come before those of the base.
    new.extend(items);
    new
}

/// What a patch adds, without its own instructions and the fields that it deletes.
fn read_additions(patch: &YamlNode) -> YamlNode {
    match &patch.kind {
        NodeKind::Scalar(_) => patch.clone(),
        NodeKind::Seq(items) => {
            let kept = items.iter().filter(|i| directive(i) != Some("delete"));
            patch.rebuilt(NodeKind::Seq(kept.map(read_additions).collect()))
        }
        NodeKind::Map(entries) => {
            let kept = entries
                .iter()
                .filter(|e| !is_directive(e) && !e.value.is_null());
            let kept = kept.map(|e| MappingEntry {
                key: e.key.clone(),
                value: read_additions(&e.value),
            });
            patch.rebuilt(NodeKind::Map(kept.collect()))
        }
    }
}

fn is_directive(entry: &MappingEntry) -> bool {
    entry.key.as_str().is_some_and(|key| {
        key == "$patch" || key == "$retainKeys" || key.starts_with("$setElementOrder")
    })
}
