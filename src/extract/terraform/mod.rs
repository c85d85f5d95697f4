//! Terraform: which of a file's blocks are servers of a provider ([`managed`]), releases of charts
//! ([`release`]), objects of Kubernetes ([`kubernetes`]) and configuration texts in ConfigMaps.
//!
//! Variables, locals and calls of modules in the tree are filled in first ([`modules`]); other
//! expressions are not evaluated.

mod kubernetes;
pub(super) mod managed;
mod modules;
mod release;

use crate::extract::conf::{self, TextFrame};
use crate::extract::manifest;
use crate::extract::manifest_context::ManifestContext;
use crate::facts::raw::{ObjectName, RawFacts, TextPlace};
use crate::source::{Excerpt, path};
use crate::syntax::hcl::{self, HclBlock, HclItem, HclValue};
use crate::syntax::yaml::YamlNode;

pub use modules::TerraformModules;
pub use release::files_of;

/// Finds the YAML behind a path that a file names.
pub type FileLookup<'a> = dyn Fn(&str) -> Option<YamlNode> + 'a;

/// Reads a file of a module.
pub fn read(
    path: &str,
    excerpt: &Excerpt,
    modules: &TerraformModules,
    context: &ManifestContext<'_>,
    files: &FileLookup<'_>,
) -> RawFacts {
    let mut raw = RawFacts {
        comments: hcl::comments(excerpt),
        ..RawFacts::default()
    };
    let folder = path::folder(path);
    let module: Vec<HclBlock> = modules.blocks_of(folder).collect();
    let own = module.iter();
    for block in own.filter(|block| block.header.file == excerpt.file()) {
        let kind = block.labels.first().map_or("", String::as_str);
        if block.ident == "resource" && kind.starts_with("kubernetes_config_map") {
            config_map(block, context, &mut raw);
        } else if release::is_release(block) {
            release::read(block, context, files, &mut raw);
        } else if let Some(root) = kubernetes::manifest(block, context.shapes) {
            manifest::read_object(&root, context, &mut raw);
        } else if let Some(shape) = managed::shape_of(block, context.shapes) {
            raw.servers
                .extend(managed::server(block, shape, &module, context));
        }
    }
    raw
}

// Kubernetes.

/// The name that a block's `metadata` gives; one that is filled in is its raw expression.
fn read_object_name(
    block: &HclBlock,
    kind: &str,
    context: &ManifestContext<'_>,
) -> Option<ObjectName> {
    let metadata = block.blocks_of("metadata").next()?;
    let name = metadata.attribute("name")?;
    let namespace = metadata
        .attribute("namespace")
        .and_then(HclItem::known_text);
    Some(ObjectName {
        kind: kind.to_owned(),
        namespace: namespace.map(str::to_owned),
        templated: name.known_text().is_none(),
        name: name
            .known_text()
            .map_or_else(|| read_written(name, context), str::to_owned),
    })
}

fn read_written(item: &HclItem, context: &ManifestContext<'_>) -> String {
    let text = (context.file_text)(item.span.file);
    text.get(item.span.range()).unwrap_or_default().to_owned()
}

fn config_map(block: &HclBlock, context: &ManifestContext<'_>, raw: &mut RawFacts) {
    let Some(object) = read_object_name(block, "ConfigMap", context) else {
        return;
    };
    let Some(HclValue::Object(entries)) = block.attribute("data").map(|data| &data.value) else {
        return;
    };
    for (key, item) in entries {
        let HclValue::Text { text, here } = &item.value else {
            continue;
        };
        let place = TextPlace::Key {
            object: object.clone(),
            key: key.clone(),
        };
        let name = format!("ConfigMap/{} key {key}", object.name);
        let frame = if *here {
            TextFrame::Lines
        } else {
            TextFrame::Inline
        };
        let recognised =
            context.shapes.is_text_key(key) || conf::looks_like_text(text, context.is_directive);
        let mut read = conf::read(
            name,
            place,
            text.clone(),
            frame,
            context.file_text,
            context.shapes,
        );
        read.text.recognised = recognised;
        raw.texts.push(read.text);
        raw.comments.extend(read.comments);
    }
}
