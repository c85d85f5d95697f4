//! Releases of charts: what `values` give, in order, and the `set` blocks over them.
//!
//! Values in files of the tree are followed. What would have to be evaluated is not known, and neither
//! is what it lies over.

use crate::extract::chart::{Release, deploy, deploy_by_signs};
use crate::extract::manifest_context::Context;
use crate::extract::shape::Visibility;
use crate::extract::terraform::Files;
use crate::facts::Cause;
use crate::facts::raw::{ObjectName, Raw};
use crate::knowledge::shapes::ChartName;
use crate::source::{Excerpt, path};
use crate::syntax::hcl::{self, Block, Item, Value, is_interpolated};
use crate::syntax::yaml::{self, Entry, Node, NodeKind};

/// Blocks, or lists of objects, that set single values.
const SETS: [&str; 3] = ["set", "set_sensitive", "set_list"];

/// The paths of files that releases are given as values.
pub fn files_of(excerpt: &Excerpt) -> Vec<String> {
    let blocks = hcl::parse(excerpt);
    let is_followed = |block: &&Block| {
        let chart = block.attribute("chart").and_then(Item::known);
        is_release(block) && chart.is_some()
    };
    let releases = blocks.iter().filter(is_followed);
    let items = releases.flat_map(|block| listed(block.attribute("values")));
    items.filter_map(file_of).collect()
}

pub(super) fn is_release(block: &Block) -> bool {
    block.ident == "resource"
        && block
            .labels
            .first()
            .is_some_and(|kind| kind == "helm_release")
}

pub(super) fn read(block: &Block, context: &Context<'_>, files: &Files<'_>, raw: &mut Raw) {
    let text = |name: &str| {
        let item = block.attribute(name)?;
        item.known().map(str::to_owned)
    };
    let Some((values, visibility)) = values_of(block, files) else {
        return;
    };
    let chart = text("chart").unwrap_or_default();
    let mut release = Release {
        object: ObjectName {
            kind: "helm_release".to_owned(),
            namespace: text("namespace"),
            name: block.labels.get(1).cloned().unwrap_or_default(),
            templated: false,
        },
        anchor: Some(block.header),
        chart: ChartName {
            name: path::name(&chart).to_owned(),
            repository: text("repository"),
            version: text("version"),
        },
        values: &values,
        release: text("name"),
        visibility,
    };
    if deploy(&release, context, raw) {
        return;
    }
    let below = &mut release.visibility.below;
    below.get_or_insert(Cause::ChartValues(chart.clone()));
    deploy_by_signs(&release, context, raw);
}

/// The values laid over each other, and what of them cannot be seen; none where none can.
fn values_of(block: &Block, files: &Files<'_>) -> Option<(Node, Visibility)> {
    let mut visibility = Visibility::default();
    let mut known: Option<Node> = None;
    let values = block.attribute("values");
    let items: Vec<&Item> = match values.map(|item| &item.value) {
        Some(Value::List(items)) => items.iter().collect(),
        Some(_) => values.into_iter().collect(),
        None => Vec::new(),
    };
    for item in items {
        match (values_in(item, files), &mut known) {
            (Some(over), Some(below)) if visibility.above.is_none() => {
                *below = below.overlaid(&over);
            }
            (Some(over), _) => {
                visibility.above = None;
                known = Some(over);
            }
            (None, _) => {
                let why = Cause::Release("some values are set elsewhere");
                visibility.below = Some(why.clone());
                visibility.above = known.is_some().then_some(why);
            }
        }
    }
    for over in sets(block) {
        match over {
            Some(over) => {
                let below = known.unwrap_or_else(|| Node::made_map(Vec::new(), block.header));
                known = Some(below.overlaid(&over));
            }
            None => {
                visibility.above = Some(Cause::Release(
                    "a `set` that is not followed may replace it",
                ));
            }
        }
    }
    Some((known?, visibility))
}

fn listed(item: Option<&Item>) -> &[Item] {
    match item.map(|item| &item.value) {
        Some(Value::List(items)) => items,
        _ => &[],
    }
}

// Single values.

/// What each `set` gives; none for one that cannot be followed.
fn sets(block: &Block) -> Vec<Option<Node>> {
    let mut found = Vec::new();
    for kind in SETS {
        for inner in block.blocks_of(kind) {
            found.push(set(kind, inner.attribute("name"), inner.attribute("value")));
        }
        for item in listed(block.attribute(kind)) {
            let of = |wanted: &str| match &item.value {
                Value::Object(entries) => {
                    let entry = entries.iter().find(|(key, _)| key == wanted);
                    entry.map(|(_, item)| item)
                }
                _ => None,
            };
            found.push(set(kind, of("name"), of("value")));
        }
        let other = block.attribute(kind);
        if other.is_some_and(|item| !matches!(item.value, Value::List(_))) {
            found.push(None);
        }
    }
    let mut dynamic = block.blocks_of("dynamic");
    if dynamic.any(|inner| {
        inner
            .labels
            .iter()
            .any(|label| SETS.contains(&label.as_str()))
    }) {
        found.push(None);
    }
    found
}

fn set(kind: &str, name: Option<&Item>, value: Option<&Item>) -> Option<Node> {
    let name = name?;
    let unknown = || Node::made_text("", name.span).made_unknown();
    // Helm reads lists, commas and backslashes in it.
    let is_plain = |text: &str| !text.contains(['{', ',', '\\', '[']);
    let is_text = kind == SETS[0];
    let value = match value {
        Some(item) if is_text && item.known().is_some_and(is_plain) => node(item),
        _ => unknown(),
    };
    value.nested(name.known()?)
}

// Values as a whole.

/// Values that stand in the file: as a text, or as an object that is made one; or in a file of the tree.
fn values_in(item: &Item, files: &Files<'_>) -> Option<Node> {
    if let Some(path) = file_of(item) {
        return filled_in(&files(&path)?);
    }
    match &item.value {
        Value::Text { text, .. } => {
            let document = yaml::parse(text).documents.into_iter().next();
            filled_in(&document?.root)
        }
        Value::Call(name, arguments) if name == "yamlencode" || name == "jsonencode" => {
            arguments.first().map(node)
        }
        _ => None,
    }
}

/// The file whose text an item is, from the folder of the file that names it.
fn file_of(item: &Item) -> Option<String> {
    let path = match &item.value {
        Value::Call(name, arguments) if name == "file" || name == "templatefile" => {
            match &arguments.first()?.value {
                Value::Text { text, .. } => text.text().to_owned(),
                _ => return None,
            }
        }
        // The form of older releases.
        Value::Text { text, here: false } => {
            let call = text.text().strip_prefix("${file(\"")?;
            call.strip_suffix("\")}")?.to_owned()
        }
        _ => return None,
    };
    let path = path.strip_prefix("${path.module}/").unwrap_or(&path);
    (!is_interpolated(path)).then(|| path.to_owned())
}

/// The tree without what Terraform fills in; none where it decides which lines there are.
fn filled_in(node: &Node) -> Option<Node> {
    Some(match &node.kind {
        NodeKind::Scalar(scalar) if scalar.as_str().contains("%{") => return None,
        NodeKind::Scalar(scalar) if scalar.as_str().contains("${") && scalar.header().is_none() => {
            node.made_unknown()
        }
        NodeKind::Scalar(_) => node.clone(),
        NodeKind::Seq(items) => {
            let items: Option<Vec<Node>> = items.iter().map(filled_in).collect();
            node.rebuilt(NodeKind::Seq(items?))
        }
        NodeKind::Map(entries) => {
            let entry = |entry: &Entry| {
                Some(Entry {
                    key: filled_in(&entry.key)?,
                    value: filled_in(&entry.value)?,
                })
            };
            let entries: Option<Vec<Entry>> = entries.iter().map(entry).collect();
            node.rebuilt(NodeKind::Map(entries?))
        }
    })
}

fn node(item: &Item) -> Node {
    let empty = || Node::made_text("", item.span);
    match &item.value {
        Value::Text { text, here: true } if item.known().is_some() => {
            Node::made_lines(text.clone())
        }
        Value::Text { text, .. } if item.known().is_some() => Node::made_part(text.clone()),
        Value::Plain(text) => Node::made_text(text, item.span),
        Value::List(items) => {
            let nodes = items.iter().map(node).collect();
            empty().rebuilt(NodeKind::Seq(nodes))
        }
        Value::Object(entries) => {
            let entries = entries.iter().map(|(key, item)| (key.as_str(), node(item)));
            Node::made_map(entries.collect(), item.span)
        }
        _ => empty().made_unknown(),
    }
}
