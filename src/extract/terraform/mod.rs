//! Terraform: parameters of managed services and configuration texts in ConfigMaps; releases of charts
//! are read by [`release`].
//!
//! Which resources are services, and where they keep their parameters, is said in `knowledge/shapes`.
//! A managed service decides most of a configuration by itself: what is not written is not known.

mod release;

use crate::extract::conf::{self, TextFrame};
use crate::extract::manifest_context::ManifestContext;
use crate::facts::deployment::{Deployment, DeploymentQuantity};
use crate::facts::fact_path::ServerFact;
use crate::facts::raw::{
    ConfPart, LineForm, ObjectName, RawFacts, RawLine, RawServer, RawWord, TextPlace,
};
use crate::facts::{Cause, EditTarget};
use crate::knowledge::shapes::ManagedShape;
use crate::source::Excerpt;
use crate::syntax::hcl::{self, HclBlock, HclItem, HclValue};
use crate::syntax::yaml::YamlNode;

pub use release::files_of;

/// Finds the YAML behind a path that a file names.
pub type FileLookup<'a> = dyn Fn(&str) -> Option<YamlNode> + 'a;

/// Reads a file.
pub fn read(excerpt: &Excerpt, context: &ManifestContext<'_>, files: &FileLookup<'_>) -> RawFacts {
    let mut raw = RawFacts {
        comments: hcl::comments(excerpt),
        ..RawFacts::default()
    };
    for block in &hcl::parse(excerpt) {
        let [kind, ..] = &block.labels[..] else {
            continue;
        };
        if block.ident == "resource" && kind.starts_with("kubernetes_config_map") {
            config_map(block, context, &mut raw);
        } else if release::is_release(block) {
            release::read(block, context, files, &mut raw);
        } else {
            let managed = context.shapes.servers.managed.iter();
            let shape = managed.into_iter().find(|shape| is_of(block, shape));
            raw.servers
                .extend(shape.map(|shape| managed_server(block, shape, context)));
        }
    }
    raw
}

fn is_of(block: &HclBlock, shape: &ManagedShape) -> bool {
    match (&shape.resource, &shape.module) {
        (Some(resource), _) => block.ident == "resource" && block.labels.first() == Some(resource),
        (None, Some(module)) => {
            let source = block.attribute("source").and_then(HclItem::known);
            block.ident == "module"
                && source.is_some_and(|source| source.starts_with(module.as_str()))
        }
        (None, None) => false,
    }
}

// Managed services.

fn managed_server(
    block: &HclBlock,
    shape: &ManagedShape,
    context: &ManifestContext<'_>,
) -> RawServer {
    let mut parameters = Vec::new();
    let mut seen_whole = true;
    for inner in shape.blocks.iter().flat_map(|name| block.blocks_of(name)) {
        parameters.push((inner.attribute("name"), inner.attribute("value")));
    }
    for list in shape.lists.iter().filter_map(|name| block.attribute(name)) {
        let HclValue::List(items) = &list.value else {
            seen_whole = false;
            continue;
        };
        for item in items {
            let HclValue::Object(entries) = &item.value else {
                seen_whole = false;
                continue;
            };
            let of = |wanted: &str| entries.iter().find(|(key, _)| key == wanted);
            parameters.push((of("name").map(|e| &e.1), of("value").map(|e| &e.1)));
        }
    }
    let mut lines: Vec<RawLine> = Vec::new();
    let mut add = |name: &str, at: &HclItem, value: &HclItem| {
        if (context.is_directive)(name) {
            lines.push(line(lines.len() + 1, name, at, value));
        }
    };
    for (name, value) in &parameters {
        match (name.and_then(|name| Some((name, name.known()?))), value) {
            (Some((at, name)), Some(value)) => add(name, at, value),
            _ => seen_whole = false,
        }
    }
    for map in shape.maps.iter().filter_map(|name| block.attribute(name)) {
        let HclValue::Object(entries) = &map.value else {
            seen_whole = false;
            continue;
        };
        for (name, value) in entries {
            add(name, value, value);
        }
    }
    let mut conf = vec![ConfPart::NotVisible {
        reason: Cause::Provider("the managed service decides unset parameters"),
        at: None,
    }];
    if !lines.is_empty() {
        conf.push(ConfPart::Lines(lines));
    }
    if !seen_whole {
        conf.push(ConfPart::NotVisible {
            reason: Cause::Provider("some parameters are set elsewhere"),
            at: None,
        });
    }
    let engine = shape.engines.iter().find_map(|name| block.attribute(name));
    let name = match &block.labels[..] {
        [name] => format!("{}/{name}", block.ident),
        labels => labels.join("/"),
    };
    RawServer {
        image_fallback: Some(
            engine
                .and_then(HclItem::known)
                .and_then(image)
                .ok_or(Cause::Provider("the engine version is set elsewhere")),
        ),
        deployment: managed_deployment(),
        conf,
        ..RawServer::new(name, block.header)
    }
}

/// A provider runs the server, and decides what the parameters do not say.
fn managed_deployment() -> Deployment {
    let decides = || Cause::Provider("a provider manages the server");
    Deployment::by("the service")
        .with_known(ServerFact::Managed, true)
        .with_known(ServerFact::LimitOwner, "service")
        .with_unknown(ServerFact::Exporter, decides())
        .with_unknown(ServerFact::StorageKind, decides())
        .with_unknown(ServerFact::Reachable, decides())
        .with_default(DeploymentQuantity::LimitsMemory, Err(decides()))
        .with_default(DeploymentQuantity::LimitsCpu, Err(decides()))
        .with_default(DeploymentQuantity::Replicas, Err(decides()))
}

fn line(number: usize, name: &str, at: &HclItem, value: &HclItem) -> RawLine {
    let known = value.known();
    let hole = known
        .is_none()
        .then_some(Cause::Provider("it is set elsewhere"));
    let mut words = vec![RawWord {
        text: name.to_owned(),
        span: at.span,
        unresolved: None,
    }];
    let text = known.unwrap_or("?");
    let values: Vec<&str> = text.split_whitespace().collect();
    let values = if values.is_empty() { vec![""] } else { values };
    words.extend(values.into_iter().map(|word| RawWord {
        text: word.to_owned(),
        span: value.span,
        unresolved: hole.clone(),
    }));
    RawLine {
        number,
        span: at.span.to(value.span),
        form: LineForm::Field,
        argument_count: words.len(),
        words,
        trailing_comment: None,
        error: None,
        text_after_quote: false,
        slot: EditTarget::None,
    }
}

/// The engine that a family or version names, as an image would: `redis7`, `redis6.x`, `REDIS_7_0`.
fn image(engine: &str) -> Option<String> {
    let engine = engine.to_lowercase();
    let at = engine.find(|c: char| !c.is_ascii_alphabetic())?;
    let version = engine[at..].trim_matches('_').replace('_', ".");
    let version = version.trim_end_matches(".x");
    (at > 0).then(|| format!("managed/{}:{version}", &engine[..at]))
}

// Kubernetes.

/// The name that a block's `metadata` gives; one that is filled in is its raw expression.
fn named(block: &HclBlock, kind: &str, context: &ManifestContext<'_>) -> Option<ObjectName> {
    let metadata = block.blocks_of("metadata").next()?;
    let name = metadata.attribute("name")?;
    let namespace = metadata.attribute("namespace").and_then(HclItem::known);
    Some(ObjectName {
        kind: kind.to_owned(),
        namespace: namespace.map(str::to_owned),
        templated: name.known().is_none(),
        name: name
            .known()
            .map_or_else(|| written(name, context), str::to_owned),
    })
}

fn written(item: &HclItem, context: &ManifestContext<'_>) -> String {
    let text = (context.file_text)(item.span.file);
    text.get(item.span.range()).unwrap_or_default().to_owned()
}

fn config_map(block: &HclBlock, context: &ManifestContext<'_>, raw: &mut RawFacts) {
    let Some(object) = named(block, "ConfigMap", context) else {
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
        let file_text = (context.file_text)(text.file());
        let mut read = conf::read(name, place, text.clone(), frame, &file_text, context.shapes);
        read.text.recognised = recognised;
        raw.texts.push(read.text);
        raw.comments.extend(read.comments);
    }
}
