//! Releases of charts: what `values` give, in order, and the `set` blocks over them.
//!
//! Values in files of the tree are followed. What would have to be evaluated is not known, and neither
//! is what it lies over.

use crate::extract::chart::{deploy, deploy_by_signs};
use crate::extract::chart_release::ChartRelease;
use crate::extract::manifest_context::ManifestContext;
use crate::extract::shape::ValueVisibility;
use crate::extract::terraform::FileLookup;
use crate::extract::value_layers::ValueLayers;
use crate::facts::Cause;
use crate::facts::raw::{ObjectName, RawFacts};
use crate::knowledge::shapes::ChartName;
use crate::source::{Excerpt, path};
use crate::syntax::hcl::{self, HclBlock, HclItem, HclValue, is_interpolated};
use crate::syntax::yaml::{self, MappingEntry, NodeKind, YamlNode};

/// Blocks, or lists of objects, that set single values.
const SETS: [&str; 3] = ["set", "set_sensitive", "set_list"];

/// The paths of files that releases are given as values.
pub fn files_of(excerpt: &Excerpt) -> Vec<String> {
    let blocks = hcl::parse(excerpt);
    let is_followed = |block: &&HclBlock| {
        let chart = block.attribute("chart").and_then(HclItem::known_text);
        is_release(block) && chart.is_some()
    };
    let releases = blocks.iter().filter(is_followed);
    let items = releases.flat_map(|block| list_items(block.attribute("values")));
    items.filter_map(file_of).collect()
}

pub(super) fn is_release(block: &HclBlock) -> bool {
    block.ident == "resource"
        && block
            .labels
            .first()
            .is_some_and(|kind| kind == "helm_release")
}

pub(super) fn read(
    block: &HclBlock,
    context: &ManifestContext<'_>,
    files: &FileLookup<'_>,
    raw: &mut RawFacts,
) {
    let text = |name: &str| {
        let item = block.attribute(name)?;
        item.known_text().map(str::to_owned)
    };
    let Some((values, visibility)) = values_of(block, files) else {
        return;
    };
    let chart = text("chart").unwrap_or_default();
    let mut release = ChartRelease {
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
        sample: false,
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
fn values_of(block: &HclBlock, files: &FileLookup<'_>) -> Option<(YamlNode, ValueVisibility)> {
    let mut layers = ValueLayers::default();
    let values = block.attribute("values");
    let items: Vec<&HclItem> = match values.map(|item| &item.value) {
        Some(HclValue::List(items)) => items.iter().collect(),
        Some(_) => values.into_iter().collect(),
        None => Vec::new(),
    };
    for item in items {
        match values_in(item, files) {
            Some(layer) => layers.lay(layer),
            None => layers.lay_unseen(Cause::Release("some values are set elsewhere")),
        }
    }
    for over in sets(block) {
        match over {
            Some(over) => layers.lay(over),
            None => {
                let why = "a `set` that is not followed may replace it";
                layers.lay_unseen(Cause::Release(why));
            }
        }
    }
    layers.finish()
}

fn list_items(item: Option<&HclItem>) -> &[HclItem] {
    match item.map(|item| &item.value) {
        Some(HclValue::List(items)) => items,
        _ => &[],
    }
}

// Single values.

/// What each `set` gives; none for one that cannot be followed.
fn sets(block: &HclBlock) -> Vec<Option<YamlNode>> {
    let mut found = Vec::new();
    for kind in SETS {
        for inner in block.blocks_of(kind) {
            found.push(set(kind, inner.attribute("name"), inner.attribute("value")));
        }
        for item in list_items(block.attribute(kind)) {
            let of = |wanted: &str| match &item.value {
                HclValue::Object(entries) => {
                    let entry = entries.iter().find(|(key, _)| key == wanted);
                    entry.map(|(_, item)| item)
                }
                _ => None,
            };
            found.push(set(kind, of("name"), of("value")));
        }
        let other = block.attribute(kind);
        if other.is_some_and(|item| !matches!(item.value, HclValue::List(_))) {
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

fn set(kind: &str, name: Option<&HclItem>, value: Option<&HclItem>) -> Option<YamlNode> {
    let name = name?;
    let unknown = || YamlNode::from_text("", name.span).to_unknown();
    // Helm reads lists, commas and backslashes in it.
    let is_plain = |text: &str| !text.contains(['{', ',', '\\', '[']);
    let is_text = kind == SETS[0];
    let value = match value {
        Some(item) if is_text && item.known_text().is_some_and(is_plain) => node(item),
        _ => unknown(),
    };
    value.find_nested(name.known_text()?)
}

// Values as a whole.

/// Values that stand in the file: as a text, or as an object that is made one; or in a file of the tree.
fn values_in(item: &HclItem, files: &FileLookup<'_>) -> Option<YamlNode> {
    if let Some(path) = file_of(item) {
        return remove_filled_in(&files(&path)?);
    }
    match &item.value {
        HclValue::Text { text, .. } => {
            let document = yaml::parse(text).documents.into_iter().next();
            remove_filled_in(&document?.root)
        }
        HclValue::Call(name, arguments) if name == "yamlencode" || name == "jsonencode" => {
            arguments.first().map(node)
        }
        _ => None,
    }
}

/// The file whose text an item is, from the folder of the file that names it.
fn file_of(item: &HclItem) -> Option<String> {
    let path = match &item.value {
        HclValue::Call(name, arguments) if name == "file" || name == "templatefile" => {
            match &arguments.first()?.value {
                HclValue::Text { text, .. } => text.text().to_owned(),
                _ => return None,
            }
        }
        // The form of older releases.
        HclValue::Text { text, here: false } => {
            let call = text.text().strip_prefix("${file(\"")?;
            call.strip_suffix("\")}")?.to_owned()
        }
        _ => return None,
    };
    let path = path.strip_prefix("${path.module}/").unwrap_or(&path);
    (!is_interpolated(path)).then(|| path.to_owned())
}

/// The tree without what Terraform fills in; none where it decides which lines there are.
fn remove_filled_in(node: &YamlNode) -> Option<YamlNode> {
    Some(match &node.kind {
        NodeKind::Scalar(scalar) if scalar.as_str().contains("%{") => return None,
        NodeKind::Scalar(scalar) if scalar.as_str().contains("${") && scalar.header().is_none() => {
            node.to_unknown()
        }
        NodeKind::Scalar(_) => node.clone(),
        NodeKind::Seq(items) => {
            let items: Option<Vec<YamlNode>> = items.iter().map(remove_filled_in).collect();
            node.rebuilt(NodeKind::Seq(items?))
        }
        NodeKind::Map(entries) => {
            let entry = |entry: &MappingEntry| {
                Some(MappingEntry {
                    key: remove_filled_in(&entry.key)?,
                    value: remove_filled_in(&entry.value)?,
                })
            };
            let entries: Option<Vec<MappingEntry>> = entries.iter().map(entry).collect();
            node.rebuilt(NodeKind::Map(entries?))
        }
    })
}

/// A value as the YAML that it is encoded as.
pub(super) fn node(item: &HclItem) -> YamlNode {
    let empty = || YamlNode::from_text("", item.span);
    match &item.value {
        HclValue::Text { text, here: true } if item.known_text().is_some() => {
            YamlNode::from_lines(text.clone())
        }
        HclValue::Text { text, .. } if item.known_text().is_some() => {
            YamlNode::from_part(text.clone())
        }
        HclValue::Plain(text) => YamlNode::from_text(text, item.span),
        HclValue::List(items) => {
            let nodes = items.iter().map(node).collect();
            empty().rebuilt(NodeKind::Seq(nodes))
        }
        HclValue::Object(entries) => {
            let entries = entries.iter().map(|(key, item)| (key.as_str(), node(item)));
            YamlNode::from_entries(entries.collect(), item.span)
        }
        _ => empty().to_unknown(),
    }
}
