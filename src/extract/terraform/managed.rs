//! Servers that a provider runs: parameters, parameter groups and topology, as far as they are written.
//!
//! Which resources these are, and what their attributes are called, is said in `knowledge/shapes`. The
//! provider decides most of a configuration by itself: what is not written is not known.

use crate::extract::manifest_context::ManifestContext;
use crate::extract::terraform::read_written;
use crate::facts::deployment::{Deployment, DeploymentQuantity};
use crate::facts::fact_path::ServerFact;
use crate::facts::raw::{ConfPart, LineForm, RawKind, RawLine, RawServer, RawWord};
use crate::facts::{Cause, EditTarget};
use crate::knowledge::shapes::{DeploymentShapes, ManagedShape};
use crate::syntax::hcl::{HclBlock, HclItem, HclValue};

/// What is known of a kind of resource or module.
pub(crate) fn shape_of<'s>(
    block: &HclBlock,
    shapes: &'s DeploymentShapes,
) -> Option<&'s ManagedShape> {
    let mut rows = shapes.servers.managed.iter();
    rows.find(|shape| match (&shape.resource, &shape.module) {
        (Some(resource), _) => block.ident == "resource" && block.labels.first() == Some(resource),
        (None, Some(module)) => {
            let source = block.attribute("source").and_then(HclItem::known_text);
            block.ident == "module"
                && source.is_some_and(|source| source.starts_with(module.as_str()))
        }
        (None, None) => false,
    })
}

/// The server of a block; `module` holds all blocks beside it. None for another engine, for a group of
/// parameters that a server of the module is given, and for a member of another server.
pub(crate) fn server(
    block: &HclBlock,
    shape: &ManagedShape,
    module: &[HclBlock],
    context: &ManifestContext<'_>,
) -> Option<RawServer> {
    let is_member = |name: &String| block.attribute(name).is_some();
    if shape.member_of.iter().any(is_member) || is_given_elsewhere(block, module, context) {
        return None;
    }
    let group = group_of(block, shape, module, context);
    let group_shape = group.and_then(|group| shape_of(group, context.shapes));
    let engine = engine(block, shape);
    let engine = engine.or_else(|| engine_of_family(group?, group_shape?));
    if engine.is_none() && !is_for_servers(block, shape, context) {
        return None;
    }
    let flavor = engine
        .as_deref()
        .and_then(|image| image.split(['/', ':']).nth(1));
    let is_flavor = |flavor: &str| {
        context
            .shapes
            .servers
            .images
            .iter()
            .any(|i| i.flavor == flavor)
    };
    if flavor.is_some_and(|flavor| !is_flavor(flavor)) {
        return None;
    }
    let mut parameters = Parameters::default();
    if let (Some(group), Some(shape)) = (group, group_shape) {
        parameters.take(group, shape, context);
    }
    parameters.take(block, shape, context);
    if group.is_none()
        && shape
            .group
            .as_ref()
            .is_some_and(|name| is_elsewhere(block, name))
    {
        parameters.seen_whole = false;
    }
    let name = match &block.labels[..] {
        [name] => format!("{}/{name}", block.ident),
        labels => labels.join("/"),
    };
    Some(RawServer {
        kind: kind(block, shape, &parameters),
        image_fallback: Some(engine.ok_or(Cause::Provider("the engine version is set elsewhere"))),
        deployment: deployment(),
        conf: parameters.parts(),
        ..RawServer::new(name, block.header)
    })
}

// Parameters.

/// The parameters of a server that are written.
struct Parameters {
    lines: Vec<RawLine>,
    seen_whole: bool,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            lines: Vec::new(),
            seen_whole: true,
        }
    }
}

impl Parameters {
    fn take(&mut self, block: &HclBlock, shape: &ManagedShape, context: &ManifestContext<'_>) {
        for inner in shape.blocks.iter().flat_map(|name| block.blocks_of(name)) {
            self.add_pair(inner.attribute("name"), inner.attribute("value"), context);
        }
        for list in shape.lists.iter().filter_map(|name| block.attribute(name)) {
            let HclValue::List(items) = &list.value else {
                self.seen_whole = false;
                continue;
            };
            for item in items {
                let HclValue::Object(entries) = &item.value else {
                    self.seen_whole = false;
                    continue;
                };
                let of = |wanted: &str| entries.iter().find(|(key, _)| key == wanted);
                self.add_pair(of("name").map(|e| &e.1), of("value").map(|e| &e.1), context);
            }
        }
        for map in shape.maps.iter().filter_map(|name| block.attribute(name)) {
            let HclValue::Object(entries) = &map.value else {
                self.seen_whole = false;
                continue;
            };
            for (name, value) in entries {
                self.add(name, value, value, context);
            }
        }
        let mut dynamic = block.blocks_of("dynamic");
        if dynamic.any(|inner| {
            inner
                .labels
                .iter()
                .any(|label| shape.blocks.contains(label))
        }) {
            self.seen_whole = false;
        }
    }

    fn add_pair(
        &mut self,
        name: Option<&HclItem>,
        value: Option<&HclItem>,
        context: &ManifestContext<'_>,
    ) {
        match (
            name.and_then(|name| Some((name, name.known_text()?))),
            value,
        ) {
            (Some((at, name)), Some(value)) => self.add(name, at, value, context),
            _ => self.seen_whole = false,
        }
    }

    fn add(&mut self, name: &str, at: &HclItem, value: &HclItem, context: &ManifestContext<'_>) {
        if (context.is_directive)(name) {
            self.lines.push(line(self.lines.len() + 1, name, at, value));
        }
    }

    /// The value of a parameter.
    fn value(&self, name: &str) -> Option<&str> {
        let mut words = self.lines.iter().map(|line| &line.words);
        let words = words.find(|words| words[0].text == name)?;
        words.get(1).map(|word| word.text.as_str())
    }

    fn parts(self) -> Vec<ConfPart> {
        let hidden = |reason| ConfPart::NotVisible { reason, at: None };
        let mut conf = vec![hidden(Cause::Provider(
            "the managed service decides unset parameters",
        ))];
        if !self.lines.is_empty() {
            conf.push(ConfPart::Lines(self.lines));
        }
        if !self.seen_whole {
            conf.push(hidden(Cause::Provider("some parameters are set elsewhere")));
        }
        conf
    }
}

fn line(number: usize, name: &str, at: &HclItem, value: &HclItem) -> RawLine {
    let known = value.known_text();
    let placeholder = known
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
        unresolved: placeholder.clone(),
    }));
    // A value that another file or block gives does not stand behind the name.
    let follows = at.span.file == value.span.file && at.span.start <= value.span.start;
    RawLine {
        number,
        span: match follows {
            true => at.span.to(value.span),
            false => at.span,
        },
        form: LineForm::Field,
        argument_count: words.len(),
        words,
        trailing_comment: None,
        error: None,
        text_after_quote: false,
        slot: EditTarget::None,
    }
}

// Groups of parameters.

/// The group of parameters beside it that a server is given: by reference, or by its name.
fn group_of<'m>(
    block: &HclBlock,
    shape: &ManagedShape,
    module: &'m [HclBlock],
    context: &ManifestContext<'_>,
) -> Option<&'m HclBlock> {
    let given = block.attribute(shape.group.as_ref()?)?;
    let mut groups = module
        .iter()
        .filter(|other| other.ident == "resource" && other.labels.first() == shape.groups.as_ref());
    groups.find(|group| is_named(group, given, context))
}

/// Whether a value names a group: by its own name, or by a reference, in whatever expression.
fn is_named(group: &HclBlock, given: &HclItem, context: &ManifestContext<'_>) -> bool {
    match given.known_text() {
        Some(given) => group.attribute("name").and_then(HclItem::known_text) == Some(given),
        None => {
            let given = read_written(given, context);
            let name = group
                .attribute("name")
                .map(|name| read_written(name, context));
            let reference = group.labels.join(".");
            // One of several is named by its key: `aws_elasticache_parameter_group.cache[each.key].name`.
            let refers = given
                .match_indices(&reference)
                .any(|(at, _)| given[at + reference.len()..].starts_with(['.', '[']));
            refers || name == Some(given)
        }
    }
}

/// The block is a group of parameters that a server beside it is given.
fn is_given_elsewhere(
    block: &HclBlock,
    module: &[HclBlock],
    context: &ManifestContext<'_>,
) -> bool {
    module.iter().any(|other| {
        shape_of(other, context.shapes).is_some_and(|shape| {
            let is_group = block.labels.first() == shape.groups.as_ref();
            let given = shape.group.as_ref().and_then(|name| other.attribute(name));
            is_group && given.is_some_and(|given| is_named(block, given, context))
        })
    })
}

/// A group is given that is not in the tree; the provider's own groups change nothing.
fn is_elsewhere(block: &HclBlock, name: &str) -> bool {
    let given = block.attribute(name);
    given.is_some_and(|item| {
        !item
            .known_text()
            .is_some_and(|name| name.starts_with("default."))
    })
}

// What runs it.

/// The engine as an image would name it: `managed/redis:7.1`.
fn engine(block: &HclBlock, shape: &ManagedShape) -> Option<String> {
    let known = |name: &Option<String>| {
        let item = block.attribute(name.as_ref()?)?;
        item.known_text().map(str::to_owned)
    };
    if let Some(version) = known(&shape.version) {
        let engine = match block.attribute(shape.engine.as_deref().unwrap_or_default()) {
            Some(item) => item.known_text()?.to_lowercase(),
            None => shape.default_engine.clone()?,
        };
        let version = version.trim_end_matches(".x");
        return Some(format!("managed/{engine}:{version}"));
    }
    engine_of_family(block, shape).or_else(|| {
        let engine = known(&shape.engine)?;
        Some(format!("managed/{}", engine.to_lowercase()))
    })
}

/// The engine that a family or version names: `redis7`, `redis6.x`, `REDIS_7_0`, `memorydb_valkey7`.
fn engine_of_family(block: &HclBlock, shape: &ManagedShape) -> Option<String> {
    let mut items = shape
        .engines
        .iter()
        .filter_map(|name| block.attribute(name));
    let family = items.next()?.known_text()?.to_lowercase();
    let names_engine = |part: &&str| part.starts_with(|c: char| c.is_ascii_alphabetic());
    let service = family.split('_').filter(names_engine).rev().skip(1);
    let before: usize = service.map(|part| part.len() + 1).sum();
    let engine = family.get(before..)?;
    let at = engine.find(|c: char| !c.is_ascii_alphabetic())?;
    let version = engine[at..].trim_matches('_').replace('_', ".");
    let version = version.trim_end_matches(".x");
    (at > 0).then(|| format!("managed/{}:{version}", &engine[..at]))
}

/// Whether a block of an unknown engine is a server all the same: the service runs nothing else where an
/// engine need not be named, or the block is called after one.
fn is_for_servers(block: &HclBlock, shape: &ManagedShape, context: &ManifestContext<'_>) -> bool {
    shape.engine.is_none()
        || shape.default_engine.is_some()
        || block.labels[1..]
            .iter()
            .any(|label| context.shapes.speaks_of_servers(label))
}

/// How its processes relate, where the numbers say it.
fn kind(block: &HclBlock, shape: &ManagedShape, parameters: &Parameters) -> RawKind {
    let count = |paths: &[String]| paths.iter().find_map(|path| number(block, path));
    let tier = shape.tier.as_ref().and_then(|name| block.attribute(name));
    if let Some(kind) = tier.and_then(|tier| shape.tiers.get(tier.known_text()?)) {
        return *kind;
    }
    let clustered = shape.cluster_parameter.as_ref();
    let clustered = clustered.and_then(|name| parameters.value(name)) == Some("yes");
    let shards = count(&shape.shards);
    match (shards, count(&shape.shard_replicas), count(&shape.nodes)) {
        _ if clustered => RawKind::Cluster,
        (Some(2..), _, _) => RawKind::Cluster,
        (_, Some(1..), _) | (_, _, Some(2..)) => RawKind::Replication,
        (_, _, Some(1)) | (Some(1), Some(0), None) => RawKind::Standalone,
        _ => RawKind::Unknown,
    }
}

/// A number of an attribute, or of one in a block: `cluster_mode.num_node_groups`.
fn number(block: &HclBlock, path: &str) -> Option<u64> {
    let item = match path.split_once('.') {
        Some((inner, name)) => block.blocks_of(inner).next()?.attribute(name)?,
        None => block.attribute(path)?,
    };
    item.known_text()?.parse().ok()
}

/// A provider runs the server, and decides what the parameters do not say.
fn deployment() -> Deployment {
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
