//! Workloads: the server containers of pods, with their command, limits, volumes and neighbours.
//!
//! A container is a server if its image is one or if its command runs a server program; names say
//! nothing. What the command does not show (an unknown program, a file written by an init
//! container or baked into an image) is kept as a part that is not visible.

mod connections;
mod container;
mod environment;
mod health;
mod programs;
mod start;
mod unread;
mod volumes;

use std::cell::OnceCell;
use std::collections::BTreeMap;

use crate::extract::launch::LaunchResult;
use crate::extract::manifest_context::ManifestContext;
use crate::extract::object_name::object_name;
use crate::extract::scalar::{container_anchor, known_text, raw_scalar, template_reason};
use crate::extract::tree_files::TreeImage;
use crate::facts::deployment::{Deployment, DeploymentQuantities, DeploymentQuantity};
use crate::facts::fact_path::ServerFact;
use crate::facts::raw::{
    ConfPart, ObjectName, RawExporter, RawFacts, RawScalar, RawServer, RawText, Uncertainty,
    UnsetPlaces,
};
use crate::facts::words::{RolloutTrigger, ServiceQuality};
use crate::facts::{Cause, Strength};
use crate::knowledge::shapes::{DeploymentShapes, ImageReference};
use crate::source::Span;
use crate::syntax::yaml::{MappingEntry, YamlNode};
pub use programs::programs;
use start::image_scalar;

/// Takes in the servers of a workload and the texts that their start scripts write; nothing of any
/// other kind.
pub fn read(root: &YamlNode, kind: &str, context: &ManifestContext<'_>, raw: &mut RawFacts) {
    let (Some(shape), Some(object)) = (context.shapes.workload(kind), object_name(root, kind))
    else {
        return;
    };
    let Some(spec) = root.at(&shape.pod) else {
        return;
    };
    let pod = PodSpec {
        root,
        spec,
        object,
        context,
        shapes: context.shapes,
        shared: PodFacts::default(),
    };
    let started: Vec<(&YamlNode, RawServer)> = pod
        .neighbours()
        .filter_map(|container| Some((container, pod.server(container, &mut raw.texts)?)))
        .collect();
    // A script in the place of the image's own start, without a port, looks after the server beside it.
    let is_seen = |server: &RawServer| server.container.is_some();
    let serves = started.iter().any(|(_, server)| is_seen(server));
    let mut found: Vec<(String, RawServer)> = started
        .into_iter()
        .filter(|(node, server)| is_seen(server) || !serves || !is_helper(node))
        .map(|(node, server)| {
            let name = known_text(node.get("name")).unwrap_or_default().to_owned();
            (name, server)
        })
        .collect();
    if found.len() > 1 {
        for (container, server) in &mut found {
            server.name = format!("{}/{container}", server.name);
        }
    }
    // What reads localhost in a pod reads the pod's own server, where there is one alone.
    for connection in pod.exporter_connections() {
        match (&mut found[..], &connection.address.host) {
            (_, Some(_)) => raw.connections.push(connection),
            ([(_, server)], None) => server.connections.push(connection),
            _ => {}
        }
    }
    raw.servers
        .extend(found.into_iter().map(|(_, server)| server));
}

fn is_helper(container: &YamlNode) -> bool {
    container.get("command").is_some() && container.get("ports").is_none()
}

/// The names that a container gives to its ports.
fn port_names(container: &YamlNode) -> BTreeMap<String, String> {
    let listed = container.get("ports").map(YamlNode::items);
    let ports = listed.unwrap_or_default().iter();
    let named = ports.filter_map(|port| {
        let number = known_text(port.get("containerPort"))?;
        Some((known_text(port.get("name"))?.to_owned(), number.to_owned()))
    });
    named.collect()
}

struct PodSpec<'a> {
    root: &'a YamlNode,
    spec: &'a YamlNode,
    object: ObjectName,
    context: &'a ManifestContext<'a>,
    shapes: &'a DeploymentShapes,
    shared: PodFacts<'a>,
}

/// What holds for all containers of a pod: each is worked out from all of them, once.
#[derive(Default)]
struct PodFacts<'a> {
    quality: OnceCell<Result<ServiceQuality, Cause>>,
    rollout: OnceCell<Option<Result<RolloutTrigger, Cause>>>,
    watchers: OnceCell<Vec<WatchingContainer<'a>>>,
    service_ports: OnceCell<Vec<String>>,
}

/// A container of a pod that exports metrics, or may.
struct WatchingContainer<'a> {
    container: &'a YamlNode,
    /// The name of an agent that may; none where the container certainly does.
    agent: Option<String>,
}

impl<'a> PodSpec<'a> {
    fn containers(&self) -> impl Iterator<Item = &'a YamlNode> {
        self.list_containers("containers")
    }

    fn list_containers(&self, list: &str) -> impl Iterator<Item = &'a YamlNode> + use<'a> {
        let items = self.spec.get(list).map(YamlNode::items);
        items.unwrap_or_default().iter()
    }

    /// The containers that run as long as the pod does: native sidecars stand among those that
    /// prepare it.
    fn neighbours(&self) -> impl Iterator<Item = &'a YamlNode> {
        let lasts = |node: &&YamlNode| known_text(node.get("restartPolicy")) == Some("Always");
        self.containers()
            .chain(self.list_containers("initContainers").filter(lasts))
    }

    fn server(&self, container: &'a YamlNode, texts: &mut Vec<RawText>) -> Option<RawServer> {
        let (image, launched) = self.read_start(container);
        let mut unread = Vec::new();
        let mut own = None;
        let conf = match launched {
            LaunchResult::Other => return None,
            LaunchResult::Hidden(reason) => vec![ConfPart::NotVisible {
                reason,
                at: container.get("command").map(|node| node.span),
            }],
            LaunchResult::Server(invocation) => {
                unread = self.unread(container, &invocation);
                own = Some(self.raw_container(container, &image, &invocation));
                self.conf_parts(container, &image, *invocation, texts)
            }
        };
        Some(RawServer {
            namespace: self.object.namespace.clone(),
            image: match &image.built {
                Some(built) => Some(built.image.base.clone()),
                None => container.get("image").map(image_scalar),
            },
            doubt: image.built.as_ref().and_then(assume_build),
            installed: image
                .built
                .as_ref()
                .and_then(|b| b.image.find_installed(self.shapes)),
            built_from: image.built.as_ref().map(|built| built.file.path.clone()),
            deployment: self.deployment(container),
            conf,
            mounts: self.mounts(container),
            container: own,
            data_directory: image
                .shape
                .filter(|_| image.official)
                .and_then(|shape| shape.data.clone()),
            port_names: port_names(container),
            connections: self.probes(container),
            unset_places: UnsetPlaces {
                field: removed_start(container),
                ..UnsetPlaces::default()
            },
            labels: self.labels(),
            fragment: self.is_fragment(container),
            unread,
            ..RawServer::new(self.object_title(), container_anchor(container))
        })
    }

    /// `StatefulSet/redis`.
    fn object_title(&self) -> String {
        self.object.title()
    }

    /// Kubernetes runs one process where nothing is said, and a DaemonSet one on every node.
    fn quantities(&self, container: &YamlNode) -> DeploymentQuantities {
        let mut written = self.patience(container);
        for quantity in DeploymentQuantity::RESOURCES {
            let path = format!("resources.{}", quantity.path());
            let own = figure(container, &path);
            if let Some(scalar) = own.or_else(|| self.figure_of_pod(container, &path)) {
                written.insert(quantity, scalar);
            }
        }
        if let Some(node) = self.root.at("spec.replicas") {
            written.insert(DeploymentQuantity::Replicas, raw_scalar(node));
        }
        let replicas = if self.object.kind == "DaemonSet" {
            Err(Cause::Deployment("it runs once on every node"))
        } else if self.root.get("spec").is_some_and(YamlNode::is_open) {
            Err(template_reason())
        } else {
            Ok("1".to_owned())
        };
        DeploymentQuantities {
            written,
            defaults: BTreeMap::from([(DeploymentQuantity::Replicas, replicas)]),
        }
    }

    /// What a container does not say itself the pod may say for all of them together. A template that
    /// may write it there is no reason to think so where the container has resources of its own.
    fn figure_of_pod(&self, container: &YamlNode, path: &str) -> Option<RawScalar> {
        let written = self.spec.get("resources").is_some();
        let has_own = only(container, "resources").is_some_and(|own| !own.has_placeholder());
        figure(self.spec, path).filter(|_| written || !has_own)
    }

    fn deployment(&self, container: &YamlNode) -> Deployment {
        Deployment {
            quantities: self.quantities(container),
            attributes: self.health(container),
            places: resources_block(container),
            ..Deployment::by("the deployment")
        }
        .with(ServerFact::Exporter, self.exporter(container))
        .with_known(ServerFact::LimitOwner, "container")
        .with_known(ServerFact::LimitsMemoryField, "resources.limits.memory")
    }

    /// Whether a metrics exporter runs beside the container.
    fn exporter(&self, container: &YamlNode) -> Result<bool, Cause> {
        let watchers = self.shared.watchers.get_or_init(|| self.find_watchers());
        let others = || {
            let all = watchers.iter();
            all.filter(|watcher| !std::ptr::eq(watcher.container, container))
        };
        let exports = others().any(|watcher| watcher.agent.is_none());
        let agent = others().find_map(|watcher| watcher.agent.clone());
        match agent {
            _ if exports => Ok(true),
            _ if self.spec.may_grow()
                || self.spec.get("containers").is_some_and(YamlNode::may_grow) =>
            {
                Err(template_reason())
            }
            Some(agent) => Err(Cause::Named {
                name: agent,
                fact: "may watch it",
            }),
            None => Ok(false),
        }
    }

    /// The containers that export metrics, or may.
    fn find_watchers(&self) -> Vec<WatchingContainer<'a>> {
        let watching = self.neighbours().filter_map(|container| {
            let image = known_text(container.get("image")).map(ImageReference::parse)?;
            let exports = self.shapes.is_exporter(&image);
            let watches = exports || self.shapes.is_agent(&image);
            watches.then_some(WatchingContainer {
                container,
                agent: (!exports).then_some(image.name),
            })
        });
        watching.collect()
    }

    fn labels(&self) -> BTreeMap<String, String> {
        let path = if self.object.kind == "Pod" {
            "metadata.labels"
        } else {
            "spec.template.metadata.labels"
        };
        let labels = self
            .root
            .at(path)
            .map(YamlNode::entries)
            .unwrap_or_default();
        labels
            .iter()
            .filter_map(|entry| {
                Some((
                    entry.key.as_str()?.to_owned(),
                    entry.value.as_str()?.to_owned(),
                ))
            })
            .collect()
    }

    /// A patch names a few fields of a workload that stands elsewhere: it has no selector.
    fn is_fragment(&self, container: &YamlNode) -> bool {
        // A replication controller's selector is its pods' labels unless it says otherwise.
        let labelled = self.root.at("spec.template.metadata.labels").is_some();
        let whole = self.object.kind == "Pod"
            || self.object.kind == "ReplicationController" && labelled
            || self.object.kind.ends_with("Job")
            || self.root.at("spec.selector").is_some()
            || self.root.get("spec").is_some_and(YamlNode::is_open);
        !whole || container.get("image").is_none()
    }
}

/// Nothing says that the image is the one that a Dockerfile of its name makes.
fn assume_build(built: &TreeImage<'_>) -> Option<Uncertainty> {
    let reason = Cause::Named {
        name: built.file.path.clone(),
        fact: "is assumed to make the image, which is called the same",
    };
    let is_assumed = built.strength == Strength::Assumed;
    is_assumed.then_some(Uncertainty { reason, all: true })
}

/// The exporters of a workload that has no server in it.
pub fn exporters(
    root: &YamlNode,
    kind: &str,
    context: &ManifestContext<'_>,
) -> Option<RawExporter> {
    let spec = root.at(&context.shapes.workload(kind)?.pod)?;
    let object = object_name(root, kind)?;
    let containers = spec
        .get("containers")
        .map(YamlNode::items)
        .unwrap_or_default();
    let exporter = containers.iter().find(|container| {
        let image = known_text(container.get("image")).map(ImageReference::parse);
        image.is_some_and(|image| context.shapes.is_exporter(&image))
    })?;
    Some(RawExporter {
        name: object.title(),
        span: container_anchor(exporter),
    })
}

/// The value of a key that is written once: in a template another one may be an alternative.
fn only<'a>(node: &'a YamlNode, key: &str) -> Option<&'a YamlNode> {
    let mut entries = node.entries().iter();
    let is_key = |entry: &&MappingEntry| entry.key.as_str() == Some(key);
    let found = entries.find(is_key)?;
    entries.find(is_key).is_none().then_some(&found.value)
}

/// Where the container's resources are: what is missing among them is written there. A chart's own
/// values may be where they come from, and a patch may have removed them.
fn resources_block(container: &YamlNode) -> BTreeMap<ServerFact, Span> {
    let missing = DeploymentQuantity::RESOURCES;
    let places = missing.into_iter().filter_map(|quantity| {
        let path = format!("{RESOURCES}.{}", quantity.path());
        let place = find_removal(container, &path).or_else(|| find_block(container))?;
        Some((quantity.fact(), place))
    });
    places.collect()
}

/// Where a patch removed a field, or the mapping that held it.
fn find_removal(container: &YamlNode, path: &str) -> Option<Span> {
    let mut node = container;
    for part in path.split('.') {
        if let Some(at) = node.removal(part) {
            return Some(at);
        }
        node = node.get(part)?;
    }
    None
}

/// Where a patch removed what the container is started with.
fn removed_start(container: &YamlNode) -> Option<Span> {
    let fields = ["args", "command"];
    fields.iter().find_map(|field| container.removal(field))
}

const RESOURCES: &str = "resources";

fn find_block(container: &YamlNode) -> Option<Span> {
    let block = container.entry(RESOURCES)?;
    let given = &block.value;
    let is_elsewhere = !given.has_placeholder() && given.span.file != container.span.file;
    let is_empty = given.entries().is_empty() && (given.is_map() || given.is_null());
    Some(match is_elsewhere && is_empty {
        true => given.span,
        false => block.key.span,
    })
}

/// A figure of the container; below a template it is not known.
fn figure(container: &YamlNode, path: &str) -> Option<RawScalar> {
    if let Some(node) = container.at(path) {
        return Some(raw_scalar(node));
    }
    let mut node = container;
    for part in path.split('.') {
        if node.scalar().is_some() && node.has_placeholder() {
            break;
        }
        node = match only(node, part) {
            Some(inside) => inside,
            // Written twice: the branches of a condition.
            None if node.may_grow() || node.get(part).is_some() => break,
            None => return None,
        };
    }
    Some(RawScalar {
        text: Err(template_reason()),
        ..raw_scalar(node)
    })
}
