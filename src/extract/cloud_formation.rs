//! Templates of CloudFormation, and of SAM: resources that are services of a provider, in the form in
//! which [`managed`](super::terraform::managed) reads them.
//!
//! A reference to a parameter stands for its default; other functions are not evaluated.

use std::collections::BTreeMap;

use crate::extract::manifest_context::ManifestContext;
use crate::extract::scalar::known_text;
use crate::extract::terraform::managed;
use crate::facts::raw::RawServer;
use crate::syntax::hcl::{HclBlock, HclItem, HclValue};
use crate::syntax::yaml::{NodeKind, YamlNode};

/// Values are nested no deeper.
const MAX_DEPTH: usize = 16;
/// The tag of a reference's short form.
const REFERENCE: &str = "!Ref";
/// How resources are called among the blocks of a module.
const RESOURCE: &str = "resource";

/// What the names of a template stand for, found once: each value may refer to any of them.
struct TemplateNames<'t> {
    parameters: BTreeMap<&'t str, &'t YamlNode>,
    resources: BTreeMap<&'t str, &'t YamlNode>,
}

/// The servers of a template; none of any other document.
pub fn servers(root: &YamlNode, context: &ManifestContext<'_>) -> Vec<RawServer> {
    let resources = root.get("Resources").map_or(&[][..], YamlNode::entries);
    let names = TemplateNames {
        parameters: root
            .get("Parameters")
            .map_or(&[][..], YamlNode::entries)
            .iter()
            .filter_map(|entry| Some((entry.key.as_str()?, &entry.value)))
            .collect(),
        resources: resources
            .iter()
            .filter_map(|entry| Some((entry.key.as_str()?, &entry.key)))
            .collect(),
    };
    let found = resources.iter().filter_map(|entry| {
        let kind = known_text(entry.value.get("Type"))?;
        let name = entry.key.scalar()?;
        let properties = entry.value.get("Properties").map(YamlNode::entries);
        let own = properties.unwrap_or_default().iter().filter_map(|field| {
            let name = field.key.as_str()?.to_owned();
            Some((name, item(&field.value, &names, 0)))
        });
        // Others refer to it by its key in the template.
        let called = HclItem {
            value: HclValue::Text {
                text: name.value().clone(),
                here: false,
            },
            span: entry.key.span,
        };
        Some(HclBlock {
            ident: RESOURCE.to_owned(),
            labels: vec![kind.to_owned(), name.as_str().to_owned()],
            header: entry.key.span,
            attributes: std::iter::once(("name".to_owned(), called))
                .chain(own)
                .collect(),
            blocks: Vec::new(),
        })
    });
    let module: Vec<HclBlock> = found.collect();
    let servers = module.iter().filter_map(|block| {
        let shape = managed::shape_of(block, context.shapes)?;
        managed::server(block, shape, &module, context)
    });
    servers.collect()
}

/// A value, as far as it is written.
fn item(node: &YamlNode, names: &TemplateNames<'_>, depth: usize) -> HclItem {
    let unknown = HclItem {
        value: HclValue::Unknown,
        span: node.span,
    };
    if depth > MAX_DEPTH || node.has_placeholder() {
        return unknown;
    }
    if let Some(name) = reference(node) {
        return match names.parameters.get(name) {
            Some(parameter) => match parameter.get("Default") {
                Some(default) => item(default, names, depth + 1),
                None => unknown,
            },
            None => resource(name, names, unknown),
        };
    }
    let is_function = |name: &str| name.starts_with("Fn::");
    let value = match &node.kind {
        _ if node.tag().is_some() => return unknown,
        NodeKind::Scalar(scalar) => HclValue::Text {
            text: scalar.value().clone(),
            here: false,
        },
        NodeKind::Seq(items) => {
            let items = items.iter().map(|one| item(one, names, depth + 1));
            HclValue::List(items.collect())
        }
        NodeKind::Map(entries) => {
            let mut keys = entries.iter().filter_map(|entry| entry.key.as_str());
            if keys.any(is_function) {
                return unknown;
            }
            let fields = entries.iter().filter_map(|entry| {
                let key = entry.key.as_str()?.to_owned();
                Some((key, item(&entry.value, names, depth + 1)))
            });
            HclValue::Object(fields.collect())
        }
    };
    HclItem {
        value,
        span: node.span,
    }
}

/// `!Ref NAME`, or its long form.
fn reference(node: &YamlNode) -> Option<&str> {
    match node.tag() {
        Some(REFERENCE) => node.as_str(),
        _ => known_text(node.get("Ref")),
    }
}

/// Another resource of the template, by the key that it stands under.
fn resource(name: &str, names: &TemplateNames<'_>, unknown: HclItem) -> HclItem {
    let key = names.resources.get(name).and_then(|key| key.scalar());
    match key {
        Some(scalar) => HclItem {
            value: HclValue::Text {
                text: scalar.value().clone(),
                here: false,
            },
            ..unknown
        },
        None => unknown,
    }
}
