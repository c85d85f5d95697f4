//! Custom resources that an operator makes servers of, read by the path maps of `knowledge/shapes`.
//! Nothing here knows an operator.

use std::collections::BTreeMap;

use crate::extract::command;
use crate::extract::manifest::{Context, object_name};
use crate::extract::scalar::{first_entry, known, raw_scalar, template_reason};
use crate::facts::Reason;
use crate::facts::raw::{ConfPart, ObjectName, RawScalar, RawServer};
use crate::knowledge::shapes::{ConfSource, ResourceShape, ServerPaths, WordRule};
use crate::syntax::yaml::Node;

/// The servers of a resource whose kind some shape describes.
pub fn servers(root: &Node, kind: &str, context: &Context<'_>) -> Vec<RawServer> {
    let api = known(root.get("apiVersion")).unwrap_or_default();
    let (Some(shape), Some(object)) = (context.shapes.resource(api, kind), object_name(root, kind))
    else {
        return Vec::new();
    };
    shape
        .servers
        .iter()
        .map(|paths| server(root, &object, shape, paths))
        .collect()
}

fn server(
    root: &Node,
    object: &ObjectName,
    shape: &ResourceShape,
    paths: &ServerPaths,
) -> RawServer {
    let fill = |pattern: &str| {
        pattern
            .replace("{kind}", &object.kind)
            .replace("{name}", &object.name)
    };
    let image = root.at(&paths.image).map(raw_scalar);
    let image_fallback = match (&image, &paths.default_image) {
        (None, Some(text)) => Some(Ok(text.clone())),
        (None, None) => Some(Err(Reason::new("the resource names no image"))),
        _ => None,
    };
    RawServer {
        name: fill(&paths.name),
        namespace: object.namespace.clone(),
        kind: paths.kind,
        anchor: first_entry(root),
        image,
        image_fallback,
        figures: figures(root, paths),
        figure_defaults: paths
            .fixed
            .iter()
            .map(|(fact, text)| (fact.clone(), Ok(text.clone())))
            .collect(),
        words: paths
            .words
            .iter()
            .map(|(path, rule)| (path.clone(), word(root, rule)))
            .collect(),
        conf: paths
            .conf
            .iter()
            .filter_map(|source| conf_part(root, object, shape, source))
            .collect(),
        hosts: paths.hosts.iter().map(|host| fill(host)).collect(),
        mounts: None,
        data_directory: None,
        labels: BTreeMap::new(),
        fragment: false,
    }
}

/// Figures at their paths; below a templated parent they are not known.
fn figures(root: &Node, paths: &ServerPaths) -> BTreeMap<String, RawScalar> {
    let written = paths.figures.iter().filter_map(|(fact, path)| {
        let scalar = match root.at(path) {
            Some(node) => raw_scalar(node),
            None => RawScalar {
                text: Err(template_reason()),
                ..raw_scalar(open_ancestor(root, path)?)
            },
        };
        Some((fact.clone(), scalar))
    });
    written.collect()
}

/// The nearest node above a missing path that a template may add to.
fn open_ancestor<'n>(root: &'n Node, path: &str) -> Option<&'n Node> {
    let mut node = root;
    let mut open = node.is_open().then_some(node);
    for part in path.split('.') {
        let Some(next) = node.get(part) else { break };
        node = next;
        let holed_scalar = node.scalar().is_some() && node.has_hole();
        if node.is_open() || holed_scalar {
            open = Some(node);
        }
    }
    open
}

fn word(root: &Node, rule: &WordRule) -> Result<String, Reason> {
    let node = root.at(&rule.field);
    if node.is_none() && open_ancestor(root, &rule.field).is_some() {
        return Err(template_reason());
    }
    if let Some(wanted) = &rule.equals {
        return match node {
            Some(node) if node.has_hole() => Err(template_reason()),
            node => Ok((node.and_then(Node::as_str) == Some(wanted)).to_string()),
        };
    }
    let (word, case) = match node {
        Some(_) => (&rule.present, "present"),
        None => (&rule.absent, "absent"),
    };
    word.clone()
        .ok_or_else(|| Reason::new(format!("{} is {case}", rule.field)))
}

fn conf_part(
    root: &Node,
    object: &ObjectName,
    shape: &ResourceShape,
    source: &ConfSource,
) -> Option<ConfPart> {
    if let Some(path) = &source.when {
        root.at(path)?;
    }
    if let Some(path) = &source.config_map {
        return config_map(root, object, path, source.key.as_deref()?);
    }
    if let Some(path) = &source.items {
        let items = root.at(path)?.items();
        return Some(ConfPart::Lines(
            items.iter().filter_map(command::field_line).collect(),
        ));
    }
    let lines = source.generated.iter().filter_map(|words| {
        let (name, args) = words.split_first()?;
        Some((name.clone()?, args.iter().cloned().collect()))
    });
    Some(ConfPart::Generated {
        source: shape.shape.clone(),
        lines: lines.collect(),
    })
}

fn config_map(root: &Node, object: &ObjectName, path: &str, key: &str) -> Option<ConfPart> {
    let node = root.at(path)?;
    let name = node.as_str()?;
    Some(ConfPart::Key {
        object: ObjectName {
            kind: "ConfigMap".to_owned(),
            namespace: object.namespace.clone(),
            name: name.to_owned(),
            templated: node.has_hole(),
        },
        key: key.to_owned(),
        evidence: path.to_owned(),
        at: node.span,
    })
}
