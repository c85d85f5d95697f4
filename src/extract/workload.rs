//! Workloads: the server containers of pods, with their command, limits, volumes and neighbours.
//!
//! A container is a server if its image is one or if its command runs a server program; names say
//! nothing. What the command does not show (a wrapper script, a file written by an init container or
//! baked into an image) is kept as a part that is not visible.

use std::collections::BTreeMap;

use crate::extract::command::{self, ArgWord, Environment, Invocation};
use crate::extract::manifest::{Context, object_name};
use crate::extract::scalar::{first_entry, known, raw_scalar, template_reason};
use crate::facts::Reason;
use crate::facts::raw::{ConfPart, ObjectName, RawKind, RawMount, RawScalar, RawServer, Storage};
use crate::knowledge::shapes::{ImageReference, ImageShape, Shapes};
use crate::syntax::yaml::Node;

/// Where a kind keeps its pod spec.
fn pod_spec_path(kind: &str) -> Option<&'static str> {
    match kind {
        "Pod" => Some("spec"),
        "CronJob" => Some("spec.jobTemplate.spec.template.spec"),
        "Deployment"
        | "StatefulSet"
        | "DaemonSet"
        | "ReplicaSet"
        | "ReplicationController"
        | "Job" => Some("spec.template.spec"),
        _ => None,
    }
}

/// The servers of a workload; none for any other kind.
pub fn servers(root: &Node, kind: &str, context: &Context<'_>) -> Vec<RawServer> {
    let (Some(path), Some(object)) = (pod_spec_path(kind), object_name(root, kind)) else {
        return Vec::new();
    };
    let Some(spec) = root.at(path) else {
        return Vec::new();
    };
    let pod = Pod {
        root,
        spec,
        object,
        shapes: context.shapes,
    };
    let mut found: Vec<(String, RawServer)> = pod
        .containers()
        .filter_map(|container| {
            let name = known(container.get("name")).unwrap_or_default().to_owned();
            Some((name, pod.server(container)?))
        })
        .collect();
    if found.len() > 1 {
        for (container, server) in &mut found {
            server.name = format!("{}/{container}", server.name);
        }
    }
    found.into_iter().map(|(_, server)| server).collect()
}

struct Pod<'a> {
    root: &'a Node,
    spec: &'a Node,
    object: ObjectName,
    shapes: &'a Shapes,
}

/// An image as far as it is written.
struct Image<'a> {
    reference: Option<ImageReference>,
    shape: Option<&'a ImageShape>,
    official: bool,
}

/// What was made of a container's command.
enum Started {
    /// It runs a server.
    Server(Box<Invocation>),
    /// A server image runs something that cannot be followed.
    Hidden(Reason),
    /// It is no server.
    Other,
}

impl<'a> Pod<'a> {
    fn containers(&self) -> impl Iterator<Item = &'a Node> {
        self.spec
            .get("containers")
            .map(Node::items)
            .unwrap_or_default()
            .iter()
    }

    fn server(&self, container: &'a Node) -> Option<RawServer> {
        let image = self.image(container);
        let environment = environment(container);
        let started = self.started(container, &image, &environment);
        let conf = match started {
            Started::Other => return None,
            Started::Hidden(reason) => vec![ConfPart::NotVisible {
                reason,
                at: container.get("command").map(|node| node.span),
            }],
            Started::Server(invocation) => {
                if invocation
                    .options
                    .iter()
                    .any(|o| self.shapes.servers.other_modes.contains(o))
                {
                    return None;
                }
                self.conf_parts(container, *invocation)
            }
        };
        Some(RawServer {
            name: format!("{}/{}", self.object.kind, self.object.name),
            namespace: self.object.namespace.clone(),
            kind: RawKind::Unknown,
            anchor: first_entry(container),
            image: container.get("image").map(image_scalar),
            image_fallback: None,
            figures: self.figures(container),
            figure_defaults: self.figure_defaults(),
            words: self.words(container),
            conf,
            hosts: Vec::new(),
            mounts: self.mounts(container),
            data_directory: image
                .shape
                .filter(|_| image.official)
                .and_then(|shape| shape.data.clone()),
            labels: self.labels(),
            fragment: self.is_fragment(container),
        })
    }

    fn image(&self, container: &Node) -> Image<'a> {
        let reference = container
            .get("image")
            .map(image_scalar)
            .and_then(|scalar| scalar.text.ok())
            .map(|text| ImageReference::parse(&text));
        let shape = reference.as_ref().and_then(|r| self.shapes.server_image(r));
        let official = match (&reference, shape) {
            (Some(reference), Some(shape)) => shape.is_official(reference),
            _ => false,
        };
        Image {
            reference,
            shape,
            official,
        }
    }

    fn started(&self, container: &Node, image: &Image<'_>, environment: &Environment) -> Started {
        let command = container.get("command");
        let args = container.get("args");
        if [command, args]
            .into_iter()
            .flatten()
            .any(|n| n.scalar().is_some() && n.has_hole())
        {
            return self.hidden_or_other(container, image, "a template writes its command");
        }
        let words: Vec<ArgWord> = [command, args]
            .into_iter()
            .flatten()
            .flat_map(|node| command::list_words(node, environment))
            .collect();
        if let Some(invocation) = self.direct(&words) {
            return Started::Server(Box::new(invocation));
        }
        if let Some(script) = script(container)
            && is_shell(&words)
        {
            return self.scripted(container, script, image, environment);
        }
        match (command, image.shape) {
            (None, Some(shape)) => self.by_entrypoint(shape, image, &words),
            (Some(_), Some(_)) => {
                self.hidden_or_other(container, image, "its command is not followed")
            }
            (_, None) => Started::Other,
        }
    }

    /// A program among the words, behind wrappers such as `docker-entrypoint.sh` or `tini --`.
    fn direct(&self, words: &[ArgWord]) -> Option<Invocation> {
        let at = words
            .iter()
            .position(|word| self.shapes.program(&word.text).is_some())?;
        Some(command::invocation(
            Some(words[at].text.clone()),
            &words[at + 1..],
        ))
    }

    fn scripted(
        &self,
        container: &Node,
        script: &Node,
        image: &Image<'_>,
        environment: &Environment,
    ) -> Started {
        let commands = command::script_commands(script, environment);
        let found = commands.iter().find_map(|words| self.direct(words));
        match found {
            Some(mut invocation) => {
                if commands.len() > 1 && invocation.file.is_some() {
                    invocation.gap = Some(Reason::new(
                        "its start script may write the configuration before the server reads it",
                    ));
                }
                Started::Server(Box::new(invocation))
            }
            None => self.hidden_or_other(container, image, "its start script is not followed"),
        }
    }

    /// The official entrypoints put the program before options and files, and run other words as they
    /// are. Of other images it is not known what they do.
    fn by_entrypoint(&self, shape: &ImageShape, image: &Image<'_>, words: &[ArgWord]) -> Started {
        let Some(program) = shape.entrypoint.clone().filter(|_| image.official) else {
            let name = image
                .reference
                .as_ref()
                .map_or(&shape.name, |r| &r.repository);
            return Started::Hidden(Reason::new(format!(
                "what the image {name} runs by itself is not known"
            )));
        };
        match words.first() {
            Some(first) if !first.text.starts_with('-') && !first.text.ends_with(".conf") => {
                Started::Other
            }
            _ => Started::Server(Box::new(command::invocation(Some(program), words))),
        }
    }

    /// A server image whose command names no server program is a client's shell unless it listens.
    fn hidden_or_other(&self, container: &Node, image: &Image<'_>, why: &str) -> Started {
        let listens = container
            .get("ports")
            .is_some_and(|ports| !ports.items().is_empty());
        if image.shape.is_some() && listens {
            Started::Hidden(Reason::new(why))
        } else {
            Started::Other
        }
    }

    // Configuration.

    fn conf_parts(&self, container: &Node, invocation: Invocation) -> Vec<ConfPart> {
        let mut parts = Vec::new();
        if let Some(file) = &invocation.file {
            parts.extend(self.templates(container, file));
            parts.push(self.file_part(container, file));
        }
        if let Some(reason) = invocation.gap {
            parts.push(ConfPart::NotVisible { reason, at: None });
        }
        if !invocation.lines.is_empty() {
            parts.push(ConfPart::Lines(invocation.lines));
        }
        let open = container.is_open()
            || [container.get("command"), container.get("args")]
                .into_iter()
                .flatten()
                .any(Node::is_open);
        if open {
            parts.push(ConfPart::NotVisible {
                reason: template_reason(),
                at: None,
            });
        }
        parts
    }

    /// The file that the server is given, followed through mount and volume to what holds it.
    fn file_part(&self, container: &Node, file: &ArgWord) -> ConfPart {
        let gap = |why: String| ConfPart::NotVisible {
            reason: Reason::new(why),
            at: Some(file.span),
        };
        if let Some(reason) = &file.hole {
            return gap(format!(
                "the path of its configuration file is not known: {reason}"
            ));
        }
        let path = file.text.as_str();
        let mounts = container
            .get("volumeMounts")
            .map(Node::items)
            .unwrap_or_default();
        let best = mounts
            .iter()
            .filter_map(|mount| Some((mount, within(mount, path)?)))
            .min_by_key(|(_, rest)| rest.len());
        let Some((mount, rest)) = best else {
            return gap(format!(
                "{path} is part of the image or written at start-up"
            ));
        };
        let Some(volume) = known(mount.get("name")).and_then(|name| self.volume(name)) else {
            return gap(format!("the volume that holds {path} is not visible"));
        };
        self.volume_part(volume, &rest, path, file)
            .unwrap_or_else(gap)
    }

    /// Where the server's file is written at start-up: the ConfigMaps that the writers are shown.
    fn templates(&self, container: &Node, file: &ArgWord) -> Vec<ConfPart> {
        let mounted = |node: &'a Node| {
            node.get("volumeMounts")
                .map(Node::items)
                .unwrap_or_default()
        };
        let volume_of = |mount: &Node| known(mount.get("name")).and_then(|name| self.volume(name));
        let holds = |mount: &&Node| within(mount, &file.text).is_some();
        let container_mounts = container
            .get("volumeMounts")
            .map(Node::items)
            .unwrap_or_default();
        let written = container_mounts
            .iter()
            .find(holds)
            .and_then(volume_of)
            .is_some_and(|volume| volume.get("emptyDir").is_some());
        if !written {
            return Vec::new();
        }
        let writers = self
            .spec
            .get("initContainers")
            .map(Node::items)
            .unwrap_or_default();
        let sources = writers
            .iter()
            .flat_map(mounted)
            .filter_map(volume_of)
            .filter_map(key_source);
        sources
            .map(|source| ConfPart::Template {
                object: ObjectName {
                    kind: source.kind.to_owned(),
                    namespace: self.object.namespace.clone(),
                    name: source.name.to_owned(),
                    templated: source.templated,
                },
                evidence: format!(
                    "{} is written at start-up from what an init container is shown",
                    file.text
                ),
                at: file.span,
            })
            .collect()
    }

    fn volume(&self, name: &str) -> Option<&'a Node> {
        let volumes = self
            .spec
            .get("volumes")
            .map(Node::items)
            .unwrap_or_default();
        volumes
            .iter()
            .find(|volume| known(volume.get("name")) == Some(name))
    }

    fn volume_part(
        &self,
        volume: &Node,
        rest: &str,
        path: &str,
        file: &ArgWord,
    ) -> Result<ConfPart, String> {
        if let Some(source) = key_source(volume) {
            return self.key_part(&source, rest, file);
        }
        let projected = volume
            .at("projected.sources")
            .map(Node::items)
            .unwrap_or_default();
        let sources: Vec<_> = projected.iter().filter_map(key_source).collect();
        let holding: Vec<_> = sources
            .iter()
            .filter(|source| source.items.is_none() || source.key_at(rest).is_some())
            .collect();
        if let [only] = &holding[..] {
            return self.key_part(only, rest, file);
        }
        if volume.get("emptyDir").is_some() {
            return Err(format!(
                "{path} is written at start-up, by an init container or the start script"
            ));
        }
        Err(format!(
            "the volume that holds {path} is not a ConfigMap of the scanned tree"
        ))
    }

    fn key_part(
        &self,
        source: &KeySource<'_>,
        rest: &str,
        file: &ArgWord,
    ) -> Result<ConfPart, String> {
        let key = match source.items {
            None => rest.to_owned(),
            Some(_) => source.key_at(rest).ok_or_else(|| {
                format!(
                    "no item of {}/{} is mounted as {rest}",
                    source.kind, source.name
                )
            })?,
        };
        Ok(ConfPart::Key {
            object: ObjectName {
                kind: source.kind.to_owned(),
                namespace: self.object.namespace.clone(),
                name: source.name.to_owned(),
                templated: source.templated,
            },
            key,
            evidence: format!("mounted at {}", file.text),
            at: file.span,
        })
    }

    // Figures and neighbours.

    fn figures(&self, container: &Node) -> BTreeMap<String, RawScalar> {
        let mut figures = BTreeMap::new();
        for (fact, path) in [
            ("limits.memory", "resources.limits.memory"),
            ("limits.cpu", "resources.limits.cpu"),
            ("requests.memory", "resources.requests.memory"),
            ("requests.cpu", "resources.requests.cpu"),
        ] {
            if let Some(scalar) = figure(container, path) {
                figures.insert(fact.to_owned(), scalar);
            }
        }
        if let Some(node) = self.root.at("spec.replicas") {
            figures.insert("replicas".to_owned(), raw_scalar(node));
        }
        figures
    }

    /// Kubernetes runs one process where nothing is said, and a DaemonSet one on every node.
    fn figure_defaults(&self) -> BTreeMap<String, Result<String, Reason>> {
        let replicas = if self.object.kind == "DaemonSet" {
            Err(Reason::new("it runs once on every node"))
        } else if self.root.get("spec").is_some_and(Node::is_open) {
            Err(template_reason())
        } else {
            Ok("1".to_owned())
        };
        BTreeMap::from([("replicas".to_owned(), replicas)])
    }

    fn words(&self, container: &Node) -> BTreeMap<String, Result<String, Reason>> {
        let exports = self
            .containers()
            .filter(|other| !std::ptr::eq(*other, container))
            .filter_map(|other| known(other.get("image")))
            .any(|image| self.shapes.is_exporter(&ImageReference::parse(image)));
        let exporter = if !exports
            && (self.spec.is_open() || self.spec.get("containers").is_some_and(Node::is_open))
        {
            Err(template_reason())
        } else {
            Ok(exports.to_string())
        };
        BTreeMap::from([("exporter".to_owned(), exporter)])
    }

    fn mounts(&self, container: &Node) -> Option<Vec<RawMount>> {
        let mounts = container.get("volumeMounts");
        let open =
            container.is_open() || mounts.is_some_and(|m| m.is_open() || m.scalar().is_some());
        let items = mounts.map(Node::items).unwrap_or_default();
        let mut found: Vec<_> = items.iter().filter_map(|mount| self.mount(mount)).collect();
        if open {
            // Whatever a template adds may hold the data directory.
            found.push(RawMount {
                path: "/".to_owned(),
                storage: Storage::Unknown,
                span: container.span,
            });
        }
        Some(found)
    }

    fn mount(&self, mount: &Node) -> Option<RawMount> {
        let path = mount.get("mountPath")?;
        let name = known(mount.get("name"));
        let storage = match name {
            Some(name) if self.is_claim_template(name) => Storage::Persistent,
            Some(name) => self.volume(name).map_or(Storage::Unknown, storage),
            None => Storage::Unknown,
        };
        let (path_text, storage) = match known(Some(path)) {
            Some(text) => (text.to_owned(), storage),
            None => ("/".to_owned(), Storage::Unknown),
        };
        Some(RawMount {
            path: path_text,
            storage,
            span: mount.span,
        })
    }

    fn is_claim_template(&self, name: &str) -> bool {
        let templates = self.root.at("spec.volumeClaimTemplates");
        let templates = templates.map(Node::items).unwrap_or_default();
        templates
            .iter()
            .any(|claim| known(claim.at("metadata.name")) == Some(name))
    }

    fn labels(&self) -> BTreeMap<String, String> {
        let path = if self.object.kind == "Pod" {
            "metadata.labels"
        } else {
            "spec.template.metadata.labels"
        };
        let labels = self.root.at(path).map(Node::entries).unwrap_or_default();
        labels
            .iter()
            .filter_map(|entry| {
                Some((
                    entry.key.as_str()?.to_owned(),
                    known(Some(&entry.value))?.to_owned(),
                ))
            })
            .collect()
    }

    /// A patch names a few fields of a workload that stands elsewhere: it has no selector.
    fn is_fragment(&self, container: &Node) -> bool {
        let whole = self.object.kind == "Pod"
            || self.object.kind.ends_with("Job")
            || self.root.at("spec.selector").is_some()
            || self.root.get("spec").is_some_and(Node::is_open);
        !whole || container.get("image").is_none()
    }
}

/// A ConfigMap or Secret that a volume shows as files.
struct KeySource<'a> {
    kind: &'static str,
    name: &'a str,
    templated: bool,
    items: Option<&'a [Node]>,
}

impl KeySource<'_> {
    /// The key that an item shows under this path.
    fn key_at(&self, path: &str) -> Option<String> {
        let item = self
            .items?
            .iter()
            .find(|item| known(item.get("path")) == Some(path))?;
        known(item.get("key")).map(str::to_owned)
    }
}

fn key_source(volume: &Node) -> Option<KeySource<'_>> {
    let (kind, source, name) = match (volume.get("configMap"), volume.get("secret")) {
        (Some(source), _) => ("ConfigMap", source, source.get("name")?),
        (None, Some(source)) => (
            "Secret",
            source,
            source.get("secretName").or(source.get("name"))?,
        ),
        (None, None) => return None,
    };
    Some(KeySource {
        kind,
        name: name.as_str()?,
        templated: name.has_hole(),
        items: source.get("items").map(Node::items),
    })
}

/// The path below a mount, if the mount holds it; a sub-path mount is the key itself.
fn within(mount: &Node, path: &str) -> Option<String> {
    let at = known(mount.get("mountPath"))?.trim_end_matches('/');
    if at == path {
        return known(mount.get("subPath")).map(str::to_owned);
    }
    let rest = path.strip_prefix(at)?.strip_prefix('/')?;
    match known(mount.get("subPath")) {
        Some(folder) => Some(format!("{folder}/{rest}")),
        None => Some(rest.to_owned()),
    }
}

fn storage(volume: &Node) -> Storage {
    let Some(entry) = volume
        .entries()
        .iter()
        .find(|e| e.key.as_str() != Some("name"))
    else {
        return Storage::Unknown;
    };
    match entry.key.as_str() {
        Some("emptyDir" | "ephemeral") => Storage::Ephemeral,
        Some("configMap" | "secret" | "projected" | "downwardAPI" | "image") => Storage::Files,
        Some(
            "persistentVolumeClaim"
            | "hostPath"
            | "nfs"
            | "csi"
            | "iscsi"
            | "fc"
            | "rbd"
            | "cephfs",
        ) => Storage::Persistent,
        _ => Storage::Unknown,
    }
}

/// The image; a template in the tag alone leaves the name known.
fn image_scalar(node: &Node) -> RawScalar {
    let scalar = raw_scalar(node);
    let tag_only = node.as_str().filter(|text| {
        let name = text.rsplit('/').next().unwrap_or(text);
        name.find("{{")
            .is_some_and(|hole| name[..hole].contains([':', '@']))
            && !text[..text.len() - name.len()].contains("{{")
    });
    match (&scalar.text, tag_only) {
        (Err(_), Some(text)) => RawScalar {
            text: Ok(text.split("{{").next().unwrap_or(text).to_owned()),
            ..scalar
        },
        _ => scalar,
    }
}

/// A figure of the container; below a template it is not known.
fn figure(container: &Node, path: &str) -> Option<RawScalar> {
    if let Some(node) = container.at(path) {
        return Some(raw_scalar(node));
    }
    let mut node = container;
    for part in path.split('.') {
        if node.is_open() || node.scalar().is_some() && node.has_hole() {
            break;
        }
        node = node.get(part)?;
    }
    Some(RawScalar {
        text: Err(template_reason()),
        ..raw_scalar(node)
    })
}

fn environment(container: &Node) -> Environment {
    let entries = container.get("env").map(Node::items).unwrap_or_default();
    entries
        .iter()
        .filter_map(|entry| {
            let name = known(entry.get("name"))?.to_owned();
            let value = match entry.get("value") {
                Some(value) if !value.has_hole() => Ok(value.as_str()?.to_owned()),
                Some(_) => Err(template_reason()),
                None => Err(Reason::new(format!(
                    "environment variable {name} comes from elsewhere"
                ))),
            };
            Some((name, value))
        })
        .collect()
}

/// The script of `sh -c SCRIPT`: the item after `-c`, in the command or the arguments.
fn script(container: &Node) -> Option<&Node> {
    let command = container
        .get("command")
        .map(Node::items)
        .unwrap_or_default();
    let args = container.get("args").map(Node::items).unwrap_or_default();
    let items: Vec<&Node> = command.iter().chain(args).collect();
    let at = items
        .iter()
        .position(|item| item.as_str().is_some_and(is_script_flag))?;
    items.get(at + 1).copied()
}

fn is_script_flag(word: &str) -> bool {
    word.starts_with('-') && !word.starts_with("--") && word.ends_with('c')
}

fn is_shell(words: &[ArgWord]) -> bool {
    let name = words
        .first()
        .map(|word| word.text.rsplit('/').next().unwrap_or(&word.text));
    matches!(name, Some("sh" | "bash" | "ash" | "dash"))
}
