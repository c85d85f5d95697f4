//! Objects of Kubernetes in Terraform: a manifest as an object or as a text, and the provider's own
//! resources, whose blocks and names are those of a manifest in another spelling.
//!
//! The tree that comes out is read like any other manifest.

use crate::extract::terraform::release::node;
use crate::knowledge::shapes::DeploymentShapes;
use crate::syntax::hcl::{HclBlock, HclItem, HclValue, is_interpolated};
use crate::syntax::yaml::{self, NodeKind, YamlNode};

/// What the resources of the provider begin with.
const PREFIX: &str = "kubernetes_";
const MANIFEST: &str = "kubernetes_manifest";
/// A resource of another provider that takes a manifest as text.
const TEXT_MANIFEST: &str = "kubectl_manifest";

/// The manifest that a resource is; none for resources of other kinds.
pub(super) fn manifest(block: &HclBlock, shapes: &DeploymentShapes) -> Option<YamlNode> {
    let kind = block.labels.first().filter(|_| block.ident == "resource")?;
    match kind.as_str() {
        MANIFEST => block.attribute("manifest").map(node),
        TEXT_MANIFEST => {
            let HclValue::Text { text, .. } = &block.attribute("yaml_body")?.value else {
                return None;
            };
            let whole = !is_interpolated(text.text());
            let stream = whole.then(|| yaml::parse(text))?;
            stream.documents.into_iter().next().map(|d| d.root)
        }
        name => {
            let name = name.strip_prefix(PREFIX)?;
            let kind = capitalize(&camel(without_version(name)));
            let known = shapes.workload(&kind).is_some() || kind == "Service";
            known.then(|| of_blocks(block, &kind, shapes))
        }
    }
}

fn of_blocks(block: &HclBlock, kind: &str, shapes: &DeploymentShapes) -> YamlNode {
    let body = body(block, shapes);
    let body = body.with_entry("kind", YamlNode::from_text(kind, block.header));
    body.with_entry("apiVersion", YamlNode::from_text("v1", block.header))
}

/// The attributes and blocks of a block as the mapping that they stand for.
fn body(block: &HclBlock, shapes: &DeploymentShapes) -> YamlNode {
    let mut root = YamlNode::from_entries(Vec::new(), block.header);
    for (name, item) in &block.attributes {
        root = root.with_entry(&camel(name), value(item));
    }
    let mut names: Vec<&str> = block
        .blocks
        .iter()
        .map(|inner| inner.ident.as_str())
        .collect();
    names.dedup();
    for name in names {
        let inner = block.blocks_of(name).map(|inner| body(inner, shapes));
        let inner: Vec<YamlNode> = inner.collect();
        let list = shapes.servers.terraform_lists.get(name);
        root = match (list, inner.into_iter()) {
            (Some(list), inner) => {
                let seq = YamlNode::from_text("", block.header);
                root.with_entry(list, seq.rebuilt(NodeKind::Seq(inner.collect())))
            }
            (None, mut inner) => match inner.next() {
                Some(first) => root.with_entry(&camel(name), first),
                None => root,
            },
        };
    }
    // What a dynamic block adds is not known.
    match block.blocks_of("dynamic").next() {
        Some(_) => root.to_unknown(),
        None => root,
    }
}

/// A value; keys of maps (labels, limits) are spelled as they are.
fn value(item: &HclItem) -> YamlNode {
    node(item)
}

fn without_version(name: &str) -> &str {
    name.strip_suffix("_v1").unwrap_or(name)
}

/// `volume_mount` as `volumeMount`.
fn camel(name: &str) -> String {
    let mut parts = name.split('_');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| all + &capitalize(part))
}

fn capitalize(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}
