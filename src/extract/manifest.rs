//! Kubernetes documents: ConfigMaps and Secrets hold texts, Services give host names, LimitRanges
//! default limits; workloads are
//! read by [`workload`](super::workload), custom resources by [`resource`](super::resource).

use std::collections::BTreeMap;

use crate::extract::conf::{self, TextFrame};
use crate::extract::kustomize::KustomizeOutput;
use crate::extract::manifest_context::ManifestContext;
use crate::extract::object_name::object_name;
use crate::extract::scalar::{known_text, raw_scalar};
use crate::extract::{gitops, resource, workload};
use crate::facts::Cause;
use crate::facts::deployment::DeploymentQuantity;
use crate::facts::overlay_scope::OverlayScope;
use crate::facts::raw::{
    ConfPart, ObjectName, RawAutoscaler, RawFacts, RawLimitRange, RawServer, RawService, TextPlace,
};
use crate::source::Excerpt;
use crate::syntax::base64;
use crate::syntax::yaml::{YamlNode, YamlStream};

/// Reads what a kustomization makes.
pub fn read_render(render: &KustomizeOutput, context: &ManifestContext<'_>) -> RawFacts {
    let mut raw = RawFacts::default();
    for resource in &render.resources {
        let (texts, servers) = (raw.texts.len(), raw.servers.len());
        read_object(&resource.root, context, &mut raw);
        if resource.hashed {
            let renewed = "its name ends in a hash of its content";
            for text in &mut raw.texts[texts..] {
                text.renewed = Some(renewed.to_owned());
            }
        }
        if let Some(why) = &resource.opaque {
            for server in &mut raw.servers[servers..] {
                obscure(server, why);
            }
        }
    }
    for fragment in &render.fragments {
        let servers = raw.servers.len();
        read_object(fragment, context, &mut raw);
        for server in &mut raw.servers[servers..] {
            server.fragment = true;
        }
    }
    raw.extents.push(OverlayScope {
        dir: render.dir.clone(),
        texts: 0..raw.texts.len(),
        servers: 0..raw.servers.len(),
        services: 0..raw.services.len(),
        limit_ranges: 0..raw.limit_ranges.len(),
        workloads: 0..raw.workloads.len(),
    });
    raw
}

/// What is not written may have been added, and what is written may not be the last word.
fn obscure(server: &mut RawServer, why: &Cause) {
    server.fragment = true;
    server.conf.push(ConfPart::NotVisible {
        reason: why.clone(),
        at: None,
    });
}

/// Reads every document of a stream.
pub fn read(stream: &YamlStream, context: &ManifestContext<'_>) -> RawFacts {
    let mut raw = RawFacts::default();
    for document in &stream.documents {
        read_object(&document.root, context, &mut raw);
    }
    raw.comments.extend(stream.comments.iter().cloned());
    raw
}

/// Reads one object.
pub fn read_object(root: &YamlNode, context: &ManifestContext<'_>, raw: &mut RawFacts) {
    let Some(kind) = known_text(root.get("kind")) else {
        return;
    };
    match kind {
        "ConfigMap" => read_texts(root, kind, "data", "binaryData", context, raw),
        "Secret" => read_texts(root, kind, "stringData", "data", context, raw),
        "Service" => raw.services.extend(service(root)),
        "LimitRange" => raw.limit_ranges.extend(limit_range(root)),
        "HorizontalPodAutoscaler" => raw.autoscalers.extend(autoscaler(root)),
        _ if kind.ends_with("List") && root.get("items").is_some_and(YamlNode::is_seq) => {
            for item in root.get("items").map(YamlNode::items).unwrap_or_default() {
                read_object(item, context, raw);
            }
        }
        _ => {
            workload::read(root, kind, context, raw);
            raw.workloads
                .extend(workload::programs(root, kind, context));
            raw.exporters
                .extend(workload::exporters(root, kind, context));
            resource::read(root, kind, context, raw);
            gitops::read(root, kind, context, raw);
        }
    }
}

/// The texts of an object, in its field of plain ones and in that of encoded ones.
fn read_texts(
    root: &YamlNode,
    kind: &str,
    plain: &str,
    encoded: &str,
    context: &ManifestContext<'_>,
    raw: &mut RawFacts,
) {
    let Some(object) = object_name(root, kind) else {
        return;
    };
    let texts = raw.texts.len();
    let entries = |field| {
        let entries = root.get(field).map(YamlNode::entries).unwrap_or_default();
        entries.iter().filter_map(|entry| {
            let scalar = entry.value.scalar()?;
            Some((entry.key.as_str()?, scalar))
        })
    };
    for (key, scalar) in entries(plain) {
        let excerpt = scalar.value().clone();
        read_text(
            &object,
            key,
            excerpt,
            TextFrame::of_scalar(scalar),
            context,
            raw,
        );
    }
    for (key, scalar) in entries(encoded) {
        // Base64 hides where in it a secret stands, so the whole scalar counts as one.
        raw.secrets.push(scalar.value().span_all());
        if let Some(text) = base64::decode(scalar.as_str()).filter(|_| !scalar.has_placeholder()) {
            let excerpt = Excerpt::at_span(&text, scalar.value().span_all());
            read_text(&object, key, excerpt, TextFrame::Inline, context, raw);
        }
    }
    let renewed = find_renewal(root, &object);
    for text in &mut raw.texts[texts..] {
        text.renewed.clone_from(&renewed);
    }
}

/// Why the users of an object are restarted when it changes: its name changes with its content.
fn find_renewal(root: &YamlNode, object: &ObjectName) -> Option<String> {
    if root.get("immutable").and_then(YamlNode::as_bool) == Some(true) {
        return Some("it is immutable".to_owned());
    }
    let ending = object.name.rsplit('-').next()?;
    let number = ending.strip_prefix('v').unwrap_or_default();
    if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some("its name carries a version".to_owned());
    }
    // kustomize writes a hash in ten of these letters (api/hasher/hasher.go).
    let hash = ending.len() == 10 && ending.chars().all(|c| "2456789bcdfghkmt".contains(c));
    hash.then(|| "its name ends in a hash of its content".to_owned())
}

fn read_text(
    object: &ObjectName,
    key: &str,
    excerpt: Excerpt,
    frame: TextFrame,
    context: &ManifestContext<'_>,
    raw: &mut RawFacts,
) {
    let place = TextPlace::Key {
        object: object.clone(),
        key: key.to_owned(),
    };
    let name = format!("{} key {key}", object.title());
    let by_name = context.shapes.is_text_key(key);
    let recognised = by_name || conf::looks_like_text(&excerpt, context.is_directive);
    let mut read = conf::read(
        name,
        place,
        excerpt,
        frame,
        context.file_text,
        context.shapes,
    );
    read.text.recognised = recognised;
    raw.texts.push(read.text);
    raw.comments.extend(read.comments);
}

/// The limits that a namespace gives to containers that have none.
fn limit_range(root: &YamlNode) -> Option<RawLimitRange> {
    let object = object_name(root, "LimitRange")?;
    // A namespace that a template makes up is not the one that a server leaves open.
    if root
        .at("metadata.namespace")
        .is_some_and(YamlNode::has_placeholder)
    {
        return None;
    }
    let items = root
        .at("spec.limits")
        .map(YamlNode::items)
        .unwrap_or_default();
    let of_containers = items
        .iter()
        .filter(|item| known_text(item.get("type")) == Some("Container"));
    let mut quantities = BTreeMap::new();
    for item in of_containers {
        // The greatest limit is the default where none is given.
        for (quantity, path, greatest) in [
            (
                DeploymentQuantity::LimitsMemory,
                "default.memory",
                "max.memory",
            ),
            (DeploymentQuantity::LimitsCpu, "default.cpu", "max.cpu"),
        ] {
            if let Some(node) = item.at(path).or_else(|| item.at(greatest)) {
                quantities.insert(quantity, raw_scalar(node));
            }
        }
    }
    Some(RawLimitRange {
        name: object.name,
        namespace: object.namespace,
        quantities,
    })
}

fn autoscaler(root: &YamlNode) -> Option<RawAutoscaler> {
    let object = object_name(root, "HorizontalPodAutoscaler")?;
    let target = root.at("spec.scaleTargetRef")?;
    let name = known_text(target.get("name"))?;
    Some(RawAutoscaler {
        name: object.name,
        namespace: object.namespace,
        target: format!("{}/{name}", known_text(target.get("kind"))?),
        most: raw_scalar(root.at("spec.maxReplicas")?),
    })
}

fn service(root: &YamlNode) -> Option<RawService> {
    let object = object_name(root, "Service")?;
    let selector = root.at("spec.selector");
    // What a template selects by more labels than can be seen may lead to other pods.
    if object.templated && selector.is_none_or(YamlNode::is_open) {
        return None;
    }
    let selector = selector.map(YamlNode::entries).unwrap_or_default();
    let ports = root.at("spec.ports").map(YamlNode::items);
    let ports = ports.unwrap_or_default().iter();
    Some(RawService {
        name: object.name,
        namespace: object.namespace,
        selector: selector
            .iter()
            .filter_map(|entry| {
                // One template action is the same text wherever it stands.
                let key = entry.key.as_str()?.to_owned();
                Some((key, entry.value.as_str()?.to_owned()))
            })
            .collect(),
        headless: known_text(root.at("spec.clusterIP")) == Some("None"),
        external_name: known_text(root.at("spec.externalName")).map(str::to_owned),
        targets: ports
            .filter_map(|port| {
                let target = known_text(port.get("targetPort").or(port.get("port")));
                target.map(str::to_owned)
            })
            .collect(),
        span: root.span,
    })
}
