//! Charts whose values describe pods: each workload of the values is put into the form that Kubernetes
//! reads, and read as such by [`workload`](super::workload).
//!
//! Where such charts keep what is said in `knowledge/shapes`. Jobs hold no servers and are left out, and
//! so is what the chart decides beside pods.

use crate::extract::chart_release::ChartRelease;
use crate::extract::manifest_context::ManifestContext;
use crate::extract::scalar::known_text;
use crate::extract::workload;
use crate::facts::raw::{RawFacts, RawService};
use crate::knowledge::shapes::PodChartShape;
use crate::source::Span;
use crate::syntax::yaml::{MappingEntry, NodeKind, YamlNode};

/// Reads the values if they describe pods. `false` where they do not.
pub fn read(release: &ChartRelease<'_>, context: &ManifestContext<'_>, raw: &mut RawFacts) -> bool {
    let mut shapes = context.shapes.servers.pod_charts.iter();
    let found = shapes.find_map(|shape| {
        let lifted = lift_single_pod(release, shape);
        let values = lifted.unwrap_or_else(|| release.values.clone());
        describes_pods(&values, shape).then_some((shape, values))
    });
    let Some((shape, values)) = found else {
        return false;
    };
    let values = &values;
    let chart = PodChart {
        shape,
        release,
        values,
    };
    let servers = raw.servers.len();
    for entry in switched_on(values.get(&shape.workloads)) {
        if let Some((kind, root)) = chart.workload(entry) {
            workload::read(&root, &kind, context, raw);
            raw.workloads
                .extend(workload::programs(&root, &kind, context));
            raw.exporters
                .extend(workload::exporters(&root, &kind, context));
        }
    }
    for server in &mut raw.servers[servers..] {
        server.fragment |= release.visibility.below.is_some();
        server.doubt = server.doubt.take().or(release.visibility.doubt.clone());
    }
    raw.services.extend(chart.services());
    true
}

fn describes_pods(values: &YamlNode, shape: &PodChartShape) -> bool {
    let workloads = switched_on(values.get(&shape.workloads));
    let mut containers = workloads.flat_map(|w| switched_on(w.value.get(&shape.containers)));
    containers.any(|container| container.value.get(&shape.image.block).is_some())
}

/// Values of a release of the chart that has one pod alone, in the form of those with several: what is
/// said of its container stands at the top there.
fn lift_single_pod(release: &ChartRelease<'_>, shape: &PodChartShape) -> Option<YamlNode> {
    let (values, single) = (release.values, &shape.single);
    let is_it = single.charts.contains(&release.chart.name);
    let image = values.get(&shape.image.block).filter(|_| is_it)?;
    let span = image.span;
    let fields = single.container_fields.iter();
    let fields = fields.filter_map(|field| Some((field.as_str(), values.get(field)?.clone())));
    let container = YamlNode::from_entries(fields.collect(), span);
    let mut containers = YamlNode::from_entries(vec![(single.key.as_str(), container)], span);
    for block in &single.beside {
        let others = values.get(block).map(YamlNode::entries);
        for other in others.unwrap_or_default() {
            let name = other.key.as_str().unwrap_or_default();
            containers = containers.with_entry(name, other.value.clone());
        }
    }
    let empty = YamlNode::from_entries(Vec::new(), span);
    let workload = values.get(&single.workload).unwrap_or(&empty);
    let workload = workload.with_entry(&shape.containers, containers);
    let workloads = YamlNode::from_entries(vec![(single.key.as_str(), workload)], span);
    let lifted = values.with_entry(&shape.workloads, workloads);
    let Some(volumes) = values.get(&shape.volumes) else {
        return Some(lifted);
    };
    let mut mounted = volumes.clone();
    for entry in volumes.entries() {
        let (Some(name), Some(path)) = (entry.key.as_str(), entry.value.get(&single.mount)) else {
            continue;
        };
        let mut fields = vec![("path", path.clone())];
        for key in ["subPath", "readOnly"] {
            let written = entry.value.get(key).cloned();
            fields.extend(written.map(|value| (key, value)));
        }
        let place = YamlNode::from_entries(fields, path.span);
        let places = make_list(std::iter::once(place), path.span);
        let volume = entry.value.with_entry(&shape.mounts, places);
        mounted = mounted.with_entry(name, volume);
    }
    Some(lifted.with_entry(&shape.volumes, mounted))
}

/// The entries of a mapping that are not switched off.
fn switched_on(node: Option<&YamlNode>) -> impl Iterator<Item = &MappingEntry> {
    let entries = node.map(YamlNode::entries).unwrap_or_default().iter();
    let is_off = |entry: &&MappingEntry| {
        let switch = entry.value.get("enabled").and_then(YamlNode::as_bool);
        switch == Some(false)
    };
    entries.filter(move |entry| entry.value.is_map() && !is_off(entry))
}

struct PodChart<'a> {
    shape: &'a PodChartShape,
    release: &'a ChartRelease<'a>,
    values: &'a YamlNode,
}

/// One workload of the values.
struct PodWorkload<'a> {
    /// Its key, by which other parts of the values mean it.
    key: &'a str,
    node: &'a YamlNode,
    /// The container that mounts are read for, and its volumes.
    claims: Vec<&'a YamlNode>,
}

impl PodChart<'_> {
    /// The kind of a workload and what Kubernetes is given of it.
    fn workload(&self, entry: &MappingEntry) -> Option<(String, YamlNode)> {
        let (key, node) = (entry.key.as_str()?, &entry.value);
        let kind = match node.get(&self.shape.kind) {
            None => self.shape.kinds.first()?,
            Some(written) => {
                let written = known_text(Some(written))?;
                self.shape.kinds.iter().find(|kind| kind.word == written)?
            }
        };
        let claims = node.at(&self.shape.claims).map(YamlNode::items);
        let workload = PodWorkload {
            key,
            node,
            claims: claims.unwrap_or_default().iter().collect(),
        };
        let span = entry.key.span;
        let label = || YamlNode::from_entries(vec![("controller", make_text(key, span))], span);
        let template = vec![
            (
                "metadata",
                YamlNode::from_entries(vec![("labels", label())], span),
            ),
            ("spec", self.pod(&workload, span)),
        ];
        let mut spec = vec![
            (
                "selector",
                YamlNode::from_entries(vec![("matchLabels", label())], span),
            ),
            ("template", YamlNode::from_entries(template, span)),
            (
                "volumeClaimTemplates",
                make_list(workload.claims.iter().filter_map(|c| make_claim(c)), span),
            ),
        ];
        let strategy = match node.get("strategy") {
            Some(written) => written.clone(),
            None => make_text(&kind.strategy, span),
        };
        spec.push((
            "strategy",
            YamlNode::from_entries(vec![("type", strategy)], span),
        ));
        if let Some(replicas) = node.get("replicas") {
            spec.push(("replicas", replicas.clone()));
        }
        let root = YamlNode::from_entries(
            vec![
                ("kind", make_text(&kind.kind, span)),
                ("metadata", self.metadata(entry, &self.shape.workloads)),
                ("spec", YamlNode::from_entries(spec, span)),
            ],
            span,
        );
        Some((kind.kind.clone(), root))
    }

    fn metadata(&self, entry: &MappingEntry, block: &str) -> YamlNode {
        let span = entry.key.span;
        let mut metadata = vec![("name", make_text(&self.object_name(entry, block), span))];
        if let Some(namespace) = &self.release.object.namespace {
            metadata.push(("namespace", make_text(namespace, span)));
        }
        if let Some(annotations) = entry.value.get("annotations") {
            metadata.push(("annotations", annotations.clone()));
        }
        YamlNode::from_entries(metadata, span)
    }

    /// An object is called like the release; one of several has its key behind that.
    fn object_name(&self, entry: &MappingEntry, block: &str) -> String {
        let key = entry.key.as_str().unwrap_or_default();
        let release = match &self.release.release {
            Some(release) => release,
            None => &self.release.object.name,
        };
        let is_one = switched_on(self.values.get(block)).count() == 1;
        match release.as_str() {
            "" => key.to_owned(),
            release if is_one || release.ends_with(&format!("-{key}")) => release.to_owned(),
            release => format!("{release}-{key}"),
        }
    }

    fn pod(&self, workload: &PodWorkload<'_>, span: Span) -> YamlNode {
        let empty = YamlNode::from_entries(Vec::new(), span);
        let common = self.values.get(&self.shape.every_pod);
        let own = workload.node.get(&self.shape.pod);
        let pod = match (common, own) {
            (Some(common), Some(own)) => common.overlaid(own),
            (Some(only), None) | (None, Some(only)) => only.clone(),
            (None, None) => empty,
        };
        let containers = |field: &str| {
            let entries = switched_on(workload.node.get(field));
            make_list(
                entries.filter_map(|entry| self.container(entry, workload)),
                span,
            )
        };
        let volumes = switched_on(self.values.get(&self.shape.volumes));
        let volumes = volumes.filter_map(|entry| self.volume(entry));
        pod.with_entry("containers", containers(&self.shape.containers))
            .with_entry("initContainers", containers(&self.shape.init_containers))
            .with_entry("volumes", make_list(volumes, span))
    }

    /// A container under its own name, with what the chart spells otherwise as Kubernetes does.
    fn container(&self, entry: &MappingEntry, workload: &PodWorkload<'_>) -> Option<YamlNode> {
        let (name, node) = (entry.key.as_str()?, &entry.value);
        let mut made_node = node.without_entry(&self.shape.image.block);
        if let Some(image) = node.get(&self.shape.image.block) {
            made_node = made_node.with_entry("image", self.image(image));
        }
        for list_of_words in ["command", "args"] {
            if let Some(word) = node.get(list_of_words).filter(|n| n.scalar().is_some()) {
                let words = word.rebuilt(NodeKind::Seq(vec![word.clone()]));
                made_node = made_node.with_entry(list_of_words, words);
            }
        }
        if let Some(variables) = node.get("env").filter(|variables| variables.is_map()) {
            let named = variables.entries().iter().filter_map(make_variable);
            made_node = made_node.with_entry("env", make_list(named, variables.span));
        }
        for probe in switched_on(node.get("probes")) {
            if let (Some(name), Some(made_probe)) = (probe.key.as_str(), make_probe(&probe.value)) {
                made_node = made_node.with_entry(&format!("{name}Probe"), made_probe);
            }
        }
        let mounts = make_list(self.mounts(workload, name).into_iter(), entry.key.span);
        Some(
            made_node
                .with_entry("volumeMounts", mounts)
                .with_entry("name", make_text(name, entry.key.span)),
        )
    }

    /// `repository:tag` at the place of the tag.
    fn image(&self, image: &YamlNode) -> YamlNode {
        let fields = &self.shape.image;
        let Some(repository) = image.get(&fields.repository) else {
            return image.clone();
        };
        let tag = image.get(&fields.tag);
        let place = tag.unwrap_or(repository);
        let Some(name) = known_text(Some(repository)) else {
            return place.to_unknown();
        };
        match tag.map(|tag| known_text(Some(tag))) {
            None => make_text(name, place.span),
            Some(Some(tag)) => make_text(&format!("{name}:{tag}"), place.span),
            Some(None) => place.to_unknown(),
        }
    }

    /// Where a container has the volumes of the release, and those that its workload claims.
    fn mounts(&self, workload: &PodWorkload<'_>, container: &str) -> Vec<YamlNode> {
        let mut found = Vec::new();
        for entry in switched_on(self.values.get(&self.shape.volumes)) {
            let Some(name) = entry.key.as_str() else {
                continue;
            };
            let everywhere = entry.value.get(&self.shape.mounts);
            let somewhere = entry.value.get(&self.shape.chosen_mounts);
            let chosen = somewhere.and_then(|node| node.get(workload.key)?.get(container));
            let listed = [everywhere, chosen].into_iter().flatten();
            let listed: Vec<&YamlNode> = listed.flat_map(YamlNode::items).collect();
            // Without a list of its own a volume is at its name in every container.
            if listed.is_empty() && everywhere.is_none() && somewhere.is_none() {
                found.push(make_mount(name, None, entry.key.span));
            }
            found.extend(listed.iter().map(|at| make_mount(name, Some(at), at.span)));
        }
        for claim in &workload.claims {
            let Some(name) = known_text(claim.get("name")) else {
                continue;
            };
            let everywhere = claim.get(&self.shape.mounts);
            let chosen = claim
                .get(&self.shape.chosen_mounts)
                .and_then(|node| node.get(container));
            let listed = [everywhere, chosen].into_iter().flatten();
            let listed = listed.flat_map(YamlNode::items);
            found.extend(listed.map(|at| make_mount(name, Some(at), at.span)));
        }
        found
    }

    fn volume(&self, entry: &MappingEntry) -> Option<YamlNode> {
        let (name, node) = (entry.key.as_str()?, &entry.value);
        let span = entry.key.span;
        let kind = known_text(node.get("type")).unwrap_or(&self.shape.usual_volume);
        let named = |field: &str, text: Option<&YamlNode>| {
            let text = text.cloned().unwrap_or_else(|| make_text(name, span));
            YamlNode::from_entries(vec![(field, text)], span)
        };
        let what = match kind {
            "persistentVolumeClaim" => named("claimName", node.get("existingClaim")),
            "configMap" => {
                let object = named("name", Some(&self.named_object(node, name)));
                match node.get("items") {
                    Some(items) => object.with_entry("items", items.clone()),
                    None => object,
                }
            }
            "secret" => named("secretName", Some(&self.named_object(node, name))),
            "emptyDir" => YamlNode::from_entries(Vec::new(), span),
            "hostPath" => named("path", node.get("hostPath")),
            "custom" => {
                let written = node.get("volumeSpec")?;
                return Some(written.with_entry("name", make_text(name, span)));
            }
            _ => node.clone(),
        };
        let volume = YamlNode::from_entries(vec![(kind, what)], span);
        Some(volume.with_entry("name", make_text(name, span)))
    }

    /// The object that a volume shows: by its own name, or one that the release makes.
    fn named_object(&self, node: &YamlNode, name: &str) -> YamlNode {
        let by_key = |key: &str| {
            let block = self.values.get(&self.shape.texts)?;
            let entry = block.entry(key)?;
            let name = self.object_name(entry, &self.shape.texts);
            Some(make_text(&name, entry.key.span))
        };
        match node.get("name") {
            Some(written) => written.clone(),
            None => {
                let key = known_text(node.get("identifier")).unwrap_or(name);
                by_key(key).unwrap_or_else(|| make_text(key, node.span))
            }
        }
    }

    fn services(&self) -> Vec<RawService> {
        let entries = switched_on(self.values.get(&self.shape.services));
        let service = |entry: &MappingEntry| {
            let ports = switched_on(entry.value.get("ports"));
            let targets = ports.filter_map(|port| {
                let target = port.value.get("targetPort").or(port.value.get("port"));
                known_text(target).map(str::to_owned)
            });
            let workloads = switched_on(self.values.get(&self.shape.workloads));
            let only = workloads.map(|entry| entry.key.as_str()).next().flatten();
            let controller = known_text(entry.value.get("controller")).or(only)?;
            Some(RawService {
                name: self.object_name(entry, &self.shape.services),
                namespace: self.release.object.namespace.clone(),
                selector: [("controller".to_owned(), controller.to_owned())].into(),
                external_name: None,
                targets: targets.collect(),
                headless: known_text(entry.value.get("clusterIP")) == Some("None"),
                span: entry.key.span,
            })
        };
        entries.filter_map(service).collect()
    }
}

fn make_text(text: &str, span: Span) -> YamlNode {
    YamlNode::from_text(text, span)
}

fn make_list(items: impl Iterator<Item = YamlNode>, span: Span) -> YamlNode {
    YamlNode::from_entries(Vec::new(), span).rebuilt(NodeKind::Seq(items.collect()))
}

/// A variable with its value, or with where that comes from.
fn make_variable(entry: &MappingEntry) -> Option<YamlNode> {
    let name = make_text(entry.key.as_str()?, entry.key.span);
    let variable = match entry.value.is_map() {
        true => entry.value.clone(),
        false => YamlNode::from_entries(vec![("value", entry.value.clone())], entry.value.span),
    };
    Some(variable.with_entry("name", name))
}

/// A probe of one's own stands there whole; another one asks for the port, or runs a command.
fn make_probe(probe: &YamlNode) -> Option<YamlNode> {
    probe.get("enabled")?.as_bool().filter(|on| *on)?;
    let empty = || YamlNode::from_entries(Vec::new(), probe.span);
    let written = probe.get("spec").cloned().unwrap_or_else(empty);
    if probe.get("custom").and_then(YamlNode::as_bool) == Some(true) {
        return Some(written);
    }
    Some(match probe.get("command") {
        Some(command) => {
            let run = YamlNode::from_entries(vec![("command", command.clone())], command.span);
            written.with_entry("exec", run)
        }
        None => written.with_entry("tcpSocket", empty()),
    })
}

fn make_mount(volume: &str, at: Option<&YamlNode>, span: Span) -> YamlNode {
    let field = |key: &str| at.and_then(|at| at.get(key)).cloned();
    let path = field("path").unwrap_or_else(|| make_text(&format!("/{volume}"), span));
    let mut fields = vec![("name", make_text(volume, span)), ("mountPath", path)];
    for key in ["subPath", "readOnly"] {
        fields.extend(field(key).map(|value| (key, value)));
    }
    YamlNode::from_entries(fields, span)
}

/// A claim that each replica makes for itself.
fn make_claim(claim: &YamlNode) -> Option<YamlNode> {
    let name = claim.get("name")?.clone();
    let metadata = YamlNode::from_entries(vec![("name", name)], claim.span);
    let mut spec = Vec::new();
    if let Some(mode) = claim.get("accessMode") {
        let modes = mode.rebuilt(NodeKind::Seq(vec![mode.clone()]));
        spec.push(("accessModes", modes));
    }
    let spec = YamlNode::from_entries(spec, claim.span);
    Some(YamlNode::from_entries(
        vec![("metadata", metadata), ("spec", spec)],
        claim.span,
    ))
}
