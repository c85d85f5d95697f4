//! JSON patches (RFC 6902) over objects: `op`, `path`, `value`.

use crate::source::Span;
use crate::syntax::yaml::{MappingEntry, NodeKind, YamlNode};

/// The object after all operations; why not, where one cannot be done.
pub(super) fn apply(object: &YamlNode, operations: &[YamlNode]) -> Result<YamlNode, String> {
    let mut object = object.clone();
    for operation in operations {
        object = one(&object, operation)?;
    }
    Ok(object)
}

fn one(object: &YamlNode, operation: &YamlNode) -> Result<YamlNode, String> {
    let field = |name: &str| operation.get(name).and_then(YamlNode::as_str);
    let op = field("op").unwrap_or_default();
    let pointer = field("path").ok_or("an operation has no path")?;
    let path = steps(pointer);
    let value = || {
        operation
            .get("value")
            .ok_or_else(|| format!("`{op} {pointer}` has no value"))
    };
    let from = || {
        let from = field("from").ok_or_else(|| format!("`{op} {pointer}` has no from"))?;
        let found = object
            .pointer(from)
            .ok_or_else(|| format!("`{op}` finds nothing at {from}"))?;
        Ok::<_, String>((steps(from), found.clone()))
    };
    let changed = match op {
        "add" => put(object, &path, value()?, PatchOperation::Insert),
        "replace" => put(object, &path, value()?, PatchOperation::Replace),
        "remove" => remove(object, &path, operation.get("path").map(|node| node.span)),
        "test" => Some(object.clone()),
        "copy" => put(object, &path, &from()?.1, PatchOperation::Insert),
        "move" => {
            let (old, node) = from()?;
            remove(object, &old, None)
                .and_then(|without| put(&without, &path, &node, PatchOperation::Insert))
        }
        _ => None,
    };
    changed.ok_or_else(|| format!("`{op} {pointer}` finds nothing there"))
}

fn steps(pointer: &str) -> Vec<String> {
    let parts = pointer.split('/').skip(1);
    parts
        .map(|part| part.replace("~1", "/").replace("~0", "~"))
        .collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum PatchOperation {
    Insert,
    Replace,
}

fn put(
    node: &YamlNode,
    path: &[String],
    value: &YamlNode,
    how: PatchOperation,
) -> Option<YamlNode> {
    let Some((first, rest)) = path.split_first() else {
        return Some(value.clone());
    };
    match &node.kind {
        NodeKind::Map(entries) => {
            let at = entries.iter().rposition(|e| e.key.as_str() == Some(first));
            let mut entries = entries.clone();
            match at {
                Some(at) if rest.is_empty() => {
                    entries[at] = MappingEntry {
                        key: entries[at].key.clone(),
                        value: value.clone(),
                    };
                }
                Some(at) => entries[at].value = put(&entries[at].value, rest, value, how)?,
                None if rest.is_empty() && how == PatchOperation::Insert => {
                    return Some(node.with_entry(first, value.clone()));
                }
                None => return None,
            }
            Some(node.rebuilt(NodeKind::Map(entries)))
        }
        NodeKind::Seq(items) => {
            let mut items = items.clone();
            let at = if first == "-" {
                items.len()
            } else {
                first.parse().ok()?
            };
            if !rest.is_empty() {
                let item = items.get_mut(at)?;
                *item = put(item, rest, value, how)?;
            } else if how == PatchOperation::Replace {
                *items.get_mut(at)? = value.clone();
            } else if at <= items.len() {
                items.insert(at, value.clone());
            } else {
                return None;
            }
            Some(node.rebuilt(NodeKind::Seq(items)))
        }
        NodeKind::Scalar(_) => None,
    }
}

/// The object without what stands at the path; `at` is where a reader would take the removal back.
fn remove(node: &YamlNode, path: &[String], at: Option<Span>) -> Option<YamlNode> {
    let (first, rest) = path.split_first()?;
    match &node.kind {
        NodeKind::Map(entries) => {
            let index = entries
                .iter()
                .rposition(|e| e.key.as_str() == Some(first))?;
            if rest.is_empty() {
                return Some(match at {
                    Some(at) => node.with_removal(first, at),
                    None => node.without_entry(first),
                });
            }
            let mut entries = entries.clone();
            entries[index].value = remove(&entries[index].value, rest, at)?;
            Some(node.rebuilt(NodeKind::Map(entries)))
        }
        NodeKind::Seq(items) => {
            let index: usize = first.parse().ok()?;
            let mut items = items.clone();
            if rest.is_empty() {
                (index < items.len()).then(|| items.remove(index))?;
            } else {
                let item = items.get_mut(index)?;
                *item = remove(item, rest, at)?;
            }
            Some(node.rebuilt(NodeKind::Seq(items)))
        }
        NodeKind::Scalar(_) => None,
    }
}
