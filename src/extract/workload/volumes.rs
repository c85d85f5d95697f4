//! What a server's files are: the way from its configuration file through mount and volume to what
//! holds it, and what its data directory may be on.

use std::collections::BTreeSet;

use crate::extract::command::CommandInvocation;
use crate::extract::generated_config::{GeneratedConfig, ProcessFiles};
use crate::extract::generated_file::GeneratedFile;
use crate::extract::scalar::{known_text, template_reason};
use crate::extract::workload::PodSpec;
use crate::extract::workload::start::ContainerImage;
use crate::facts::Cause;
use crate::facts::raw::ArgWord;
use crate::facts::raw::{ConfPart, MountContent, MountStorage, ObjectName, RawMount, RawText};
use crate::source::path;
use crate::syntax::yaml::YamlNode;

/// The files that a container sees.
struct ContainerFiles<'s, 'a> {
    pod: &'s PodSpec<'a>,
    container: &'a YamlNode,
    image: &'s ContainerImage<'a>,
    file: &'s ArgWord,
    mounted: ConfPart,
}

impl ProcessFiles for ContainerFiles<'_, '_> {
    fn before(&mut self) -> Vec<ConfPart> {
        let mut parts = self.pod.templates(self.container, self.file);
        parts.push(self.mounted.clone());
        parts
    }

    fn other(&mut self, file: &ArgWord) -> ConfPart {
        self.pod.file_part(self.container, self.image, file)
    }

    fn template_of(&mut self, file: &ArgWord) -> Option<ConfPart> {
        self.pod.template_of(self.container, file, self.file)
    }
}

impl<'a> PodSpec<'a> {
    pub(super) fn conf_parts(
        &self,
        container: &'a YamlNode,
        image: &ContainerImage<'a>,
        mut invocation: CommandInvocation,
        texts: &mut Vec<RawText>,
    ) -> Vec<ConfPart> {
        let hidden = |reason| ConfPart::NotVisible { reason, at: None };
        let mut parts = Vec::new();
        if let Some(file) = &invocation.file {
            let recipe = invocation.recipe.take();
            if let Some(recipe) = &recipe {
                invocation.gap.clone_from(&recipe.gap);
            }
            parts.extend(self.file_parts(container, image, file, recipe, texts));
        }
        parts.extend(invocation.gap.take().map(hidden));
        parts.extend(invocation.option_parts());
        let written = [container.get("command"), container.get("args")];
        // A condition may leave out what is written, and adds nothing.
        let is_conditional = container.is_open() && written.iter().any(Option::is_some);
        let open = container.may_grow()
            || is_conditional
            || written.into_iter().flatten().any(YamlNode::is_open);
        parts.extend(open.then(|| hidden(template_reason())));
        parts
    }

    /// The server's file: as it is mounted, as an init container makes it, or as its start script does.
    fn file_parts(
        &self,
        container: &'a YamlNode,
        image: &ContainerImage<'a>,
        file: &ArgWord,
        recipe: Option<GeneratedFile>,
        texts: &mut Vec<RawText>,
    ) -> Vec<ConfPart> {
        let mounted = self.file_part(container, image, file);
        // What a ConfigMap or a Secret shows cannot be written.
        let fixed = matches!(mounted, ConfPart::Key { .. });
        let mut files = ContainerFiles {
            pod: self,
            container,
            image,
            file,
            mounted,
        };
        let Some(recipe) = recipe.filter(|_| !fixed) else {
            return files.before();
        };
        let maker = GeneratedConfig {
            owner: &self.object,
            file_text: self.context.file_text,
            shapes: self.shapes,
        };
        maker.parts(recipe, file, &mut files, texts)
    }

    /// The ConfigMap that a file is made from, which is changed on the way.
    fn template_of(
        &self,
        container: &YamlNode,
        source: &ArgWord,
        file: &ArgWord,
    ) -> Option<ConfPart> {
        let (held, _) = self.source_of(container, &source.text)?;
        Some(ConfPart::Template {
            object: held.object(self.object.namespace.clone()),
            evidence: format!("{} is made from {}", file.text, source.text),
            at: source.span,
        })
    }

    /// The object and the key that a container sees under a path.
    pub(super) fn source_of(
        &self,
        container: &YamlNode,
        path: &str,
    ) -> Option<(KeySource<'a>, String)> {
        let (mount, rest) = best_mount(container, path)?;
        let volume = self.volume(known_text(mount.get("name"))?)?;
        let source = match key_source(volume) {
            Some(source) => source,
            None => {
                let projected = volume.at("projected.sources").map(YamlNode::items);
                let sources = projected.unwrap_or_default().iter().filter_map(key_source);
                let mut holding =
                    sources.filter(|s| s.items.is_none() || s.key_at(&rest).is_some());
                let only = holding.next()?;
                holding.next().is_none().then_some(only)?
            }
        };
        let key = match source.items {
            None => rest,
            Some(_) => source.key_at(&rest)?,
        };
        Some((source, key))
    }

    /// The file that the server is given, followed through mount and volume to what holds it.
    fn file_part(
        &self,
        container: &YamlNode,
        image: &ContainerImage<'_>,
        file: &ArgWord,
    ) -> ConfPart {
        let gap = |reason: Cause| ConfPart::NotVisible {
            reason,
            at: Some(file.span),
        };
        if let Some(reason) = &file.unresolved {
            return gap(Cause::FilePath(Box::new(reason.clone())));
        }
        let built = image.built.as_ref();
        let at = built.map(|built| built.image.absolute(&file.text));
        let path = at.as_deref().unwrap_or(&file.text);
        let best = best_mount(container, path);
        let Some((mount, rest)) = best else {
            let files = self.context.files;
            let held = built.and_then(|b| b.file_part(path, file.span, files, self.shapes));
            return held.unwrap_or_else(|| gap(Cause::InImage(path.to_owned())));
        };
        let Some(volume) = known_text(mount.get("name")).and_then(|name| self.volume(name)) else {
            return gap(Cause::VolumeOf {
                path: path.to_owned(),
                fact: "is not visible",
            });
        };
        self.volume_part(volume, &rest, path, file)
            .unwrap_or_else(gap)
    }

    /// Where the server's file is written at start-up: the ConfigMaps that the writers are shown.
    fn templates(&self, container: &YamlNode, file: &ArgWord) -> Vec<ConfPart> {
        let mounted = |node: &'a YamlNode| {
            node.get("volumeMounts")
                .map(YamlNode::items)
                .unwrap_or_default()
        };
        let volume_of =
            |mount: &YamlNode| known_text(mount.get("name")).and_then(|name| self.volume(name));
        let holds = |mount: &&YamlNode| within(mount, &file.text).is_some();
        let container_mounts = container
            .get("volumeMounts")
            .map(YamlNode::items)
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
            .map(YamlNode::items)
            .unwrap_or_default();
        let sources = writers
            .iter()
            .flat_map(mounted)
            .filter_map(volume_of)
            .filter_map(key_source);
        sources
            .map(|source| ConfPart::Template {
                object: source.object(self.object.namespace.clone()),
                evidence: format!(
                    "{} is written at start-up from what an init container is shown",
                    file.text
                ),
                at: file.span,
            })
            .collect()
    }

    pub(super) fn volume(&self, name: &str) -> Option<&'a YamlNode> {
        let volumes = self
            .spec
            .get("volumes")
            .map(YamlNode::items)
            .unwrap_or_default();
        volumes
            .iter()
            .find(|volume| known_text(volume.get("name")) == Some(name))
    }

    fn volume_part(
        &self,
        volume: &YamlNode,
        rest: &str,
        path: &str,
        file: &ArgWord,
    ) -> Result<ConfPart, Cause> {
        if let Some(source) = key_source(volume) {
            return self.key_part(&source, rest, file);
        }
        let projected = volume
            .at("projected.sources")
            .map(YamlNode::items)
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
            return Err(Cause::Named {
                name: path.to_owned(),
                fact: "is written at start-up, by an init container or the start script",
            });
        }
        Err(Cause::VolumeOf {
            path: path.to_owned(),
            fact: "is not a ConfigMap of the scanned tree",
        })
    }

    fn key_part(
        &self,
        source: &KeySource<'_>,
        rest: &str,
        file: &ArgWord,
    ) -> Result<ConfPart, Cause> {
        let key = match source.items {
            None => rest.to_owned(),
            Some(_) => source.key_at(rest).ok_or_else(|| Cause::NoItem {
                object: format!("{}/{}", source.kind, source.name),
                path: rest.to_owned(),
            })?,
        };
        Ok(ConfPart::Key {
            object: source.object(self.object.namespace.clone()),
            key,
            evidence: format!("mounted at {}", file.text),
            at: file.span,
        })
    }

    pub(super) fn mounts(&self, container: &YamlNode) -> Option<Vec<RawMount>> {
        let mounts = container.get("volumeMounts");
        let open = container.may_grow()
            || mounts.is_some_and(|m| container.is_open() || m.is_open() || m.scalar().is_some());
        let items = mounts.map(YamlNode::items).unwrap_or_default();
        let mut found: Vec<_> = items.iter().filter_map(|mount| self.mount(mount)).collect();
        if open {
            // Whatever a template adds may hold the data directory.
            found.push(RawMount {
                path: "/".to_owned(),
                storage: MountStorage::Unknown,
                read_only: false,
                content: MountContent::Unknown(template_reason()),
                span: container.span,
            });
        }
        Some(found)
    }

    fn mount(&self, mount: &YamlNode) -> Option<RawMount> {
        let path = mount.get("mountPath")?;
        let name = known_text(mount.get("name"));
        let volume = name.and_then(|name| self.volume(name));
        let storage = match name {
            Some(name) if self.is_claim_template(name) => MountStorage::Persistent,
            Some(_) => match volume.map_or(MountStorage::Unknown, storage) {
                // A folder of its own for each pod.
                MountStorage::Shared if mount.get("subPathExpr").is_some() => {
                    MountStorage::Persistent
                }
                storage => storage,
            },
            None => MountStorage::Unknown,
        };
        let is_known = known_text(Some(path)).is_some();
        Some(RawMount {
            // What stands at a path that is not known may stand anywhere.
            path: known_text(Some(path)).unwrap_or("/").to_owned(),
            storage: if is_known {
                storage
            } else {
                MountStorage::Unknown
            },
            read_only: is_known && is_read_only(mount, volume),
            content: match is_known {
                true => self.content(mount, volume),
                false => MountContent::Unknown(template_reason()),
            },
            span: mount.span,
        })
    }

    /// What stands at a mount when the container starts.
    fn content(&self, mount: &YamlNode, volume: Option<&'a YamlNode>) -> MountContent {
        let shown = volume.map(|volume| self.list_files(volume));
        let sub_path = mount.get("subPath").or(mount.get("subPathExpr"));
        let content = match (shown, sub_path) {
            (Some(content), None) => content,
            (Some(MountContent::Files { paths, source }), Some(part)) => {
                match known_text(Some(part)) {
                    Some(part) if paths.contains(part) => MountContent::File,
                    Some(part) if !paths.iter().any(|path| path::is_within(path, part)) => {
                        MountContent::Missing(source)
                    }
                    _ => MountContent::Unknown(Cause::Deployment("a part of a volume is mounted")),
                }
            }
            (Some(MountContent::Unknown(why)), Some(_)) => MountContent::Unknown(why),
            (_, Some(_)) => {
                MountContent::Unknown(Cause::Deployment("a part of a volume is mounted"))
            }
            (None, None) => MountContent::Unknown(Cause::Deployment("its volume is not visible")),
        };
        match content {
            MountContent::Empty if self.has_writers() => MountContent::Unknown(Cause::Deployment(
                "an init container or a neighbour may write it",
            )),
            content => content,
        }
    }

    /// Another container may put something on a volume before the server starts.
    fn has_writers(&self) -> bool {
        self.list_containers("initContainers").next().is_some() || self.containers().count() > 1
    }

    /// The files of a volume by itself.
    fn list_files(&self, volume: &'a YamlNode) -> MountContent {
        if volume.is_open() {
            return MountContent::Unknown(template_reason());
        }
        if volume.get("emptyDir").is_some() {
            return MountContent::Empty;
        }
        let projected = volume.at("projected.sources").map(YamlNode::items);
        let sources: Vec<&YamlNode> = match projected {
            Some(sources) => sources.iter().collect(),
            None => vec![volume],
        };
        let mut paths = BTreeSet::new();
        let mut names = Vec::new();
        for source in sources {
            let Some(keys) = key_source(source) else {
                return MountContent::Unknown(Cause::Deployment(
                    "what is on its volume is unknown",
                ));
            };
            match self.keys(&keys) {
                Ok(found) => paths.extend(found),
                Err(why) => return MountContent::Unknown(why),
            }
            names.push(format!("{}/{}", keys.kind, keys.name));
        }
        MountContent::Files {
            paths,
            source: names.join(", "),
        }
    }

    /// The files that a ConfigMap or Secret is shown as.
    fn keys(&self, source: &KeySource<'_>) -> Result<Vec<String>, Cause> {
        let object = source.object(self.object.namespace.clone());
        let root = self.context.objects.find(&object, self.spec.span.file)?;
        let fields = ["data", "binaryData", "stringData"];
        let held = || fields.iter().filter_map(|field| root.get(field));
        if root.is_open() || held().any(YamlNode::is_open) {
            return Err(template_reason());
        }
        let entries = held().flat_map(|data| data.entries());
        let keys: Vec<&str> = entries.filter_map(|entry| entry.key.as_str()).collect();
        let Some(items) = source.items else {
            return Ok(keys.into_iter().map(str::to_owned).collect());
        };
        let shown = items.iter().filter(|item| {
            let key = known_text(item.get("key"));
            key.is_none_or(|key| keys.contains(&key))
        });
        let path = |item: &YamlNode| {
            let path = known_text(item.get("path"));
            path.map(str::to_owned).ok_or_else(template_reason)
        };
        shown.map(path).collect()
    }

    fn is_claim_template(&self, name: &str) -> bool {
        let templates = self.root.at("spec.volumeClaimTemplates");
        let templates = templates.map(YamlNode::items).unwrap_or_default();
        templates
            .iter()
            .any(|claim| known_text(claim.at("metadata.name")) == Some(name))
    }
}

/// A ConfigMap or Secret that a volume shows as files.
pub(super) struct KeySource<'a> {
    pub(super) kind: &'static str,
    pub(super) name: &'a str,
    pub(super) templated: bool,
    items: Option<&'a [YamlNode]>,
}

impl KeySource<'_> {
    pub(super) fn object(&self, namespace: Option<String>) -> ObjectName {
        ObjectName {
            kind: self.kind.to_owned(),
            namespace,
            name: self.name.to_owned(),
            templated: self.templated,
        }
    }

    /// The key that an item shows under this path.
    pub(super) fn key_at(&self, path: &str) -> Option<String> {
        let item = self
            .items?
            .iter()
            .find(|item| known_text(item.get("path")) == Some(path))?;
        known_text(item.get("key")).map(str::to_owned)
    }
}

pub(super) fn key_source(volume: &YamlNode) -> Option<KeySource<'_>> {
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
        templated: name.has_placeholder(),
        items: source.get("items").map(YamlNode::items),
    })
}

/// The mount that holds a path most closely, and the path below it.
fn best_mount<'n>(container: &'n YamlNode, path: &str) -> Option<(&'n YamlNode, String)> {
    let mounts = container.get("volumeMounts").map(YamlNode::items);
    let holding = mounts
        .unwrap_or_default()
        .iter()
        .filter_map(|mount| Some((mount, within(mount, path)?)));
    holding.min_by_key(|(_, rest)| rest.len())
}

/// The path below a mount, if the mount holds it; a sub-path mount is the key itself.
fn within(mount: &YamlNode, path: &str) -> Option<String> {
    let at = known_text(mount.get("mountPath"))?.trim_end_matches('/');
    if at == path {
        return known_text(mount.get("subPath")).map(str::to_owned);
    }
    let rest = path.strip_prefix(at)?.strip_prefix('/')?;
    match known_text(mount.get("subPath")) {
        Some(folder) => Some(format!("{folder}/{rest}")),
        None => Some(rest.to_owned()),
    }
}

/// Nothing can be written at the mount: it says so, or the volume does.
fn is_read_only(mount: &YamlNode, volume: Option<&YamlNode>) -> bool {
    let kinds = volume.map(YamlNode::entries).unwrap_or_default();
    let of_volume = kinds.iter().filter_map(|entry| entry.value.get("readOnly"));
    let mut said = mount.get("readOnly").into_iter().chain(of_volume);
    said.any(|node| node.as_bool() == Some(true))
}

fn storage(volume: &YamlNode) -> MountStorage {
    let Some(entry) = volume
        .entries()
        .iter()
        .find(|e| e.key.as_str() != Some("name"))
    else {
        return MountStorage::Unknown;
    };
    match entry.key.as_str() {
        Some("emptyDir" | "ephemeral") => MountStorage::Ephemeral,
        Some("configMap" | "secret" | "projected" | "downwardAPI" | "image") => MountStorage::Files,
        Some("persistentVolumeClaim" | "nfs" | "cephfs") => MountStorage::Shared,
        Some("hostPath" | "csi" | "iscsi" | "fc" | "rbd") => MountStorage::Persistent,
        _ => MountStorage::Unknown,
    }
}
