//! What a server's files are: the way from its configuration file through mount and volume to what
//! holds it, and what its data directory may be on.

use crate::extract::command::{ArgWord, Invocation};
use crate::extract::scalar::{known, template_reason};
use crate::extract::workload::Pod;
use crate::facts::Reason;
use crate::facts::raw::{ConfPart, ObjectName, RawMount, Storage};
use crate::syntax::yaml::Node;

impl<'a> Pod<'a> {
    pub(super) fn conf_parts(&self, container: &Node, invocation: Invocation) -> Vec<ConfPart> {
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

    pub(super) fn volume(&self, name: &str) -> Option<&'a Node> {
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

    pub(super) fn mounts(&self, container: &Node) -> Option<Vec<RawMount>> {
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
}

/// A ConfigMap or Secret that a volume shows as files.
pub(super) struct KeySource<'a> {
    pub(super) kind: &'static str,
    pub(super) name: &'a str,
    pub(super) templated: bool,
    items: Option<&'a [Node]>,
}

impl KeySource<'_> {
    /// The key that an item shows under this path.
    pub(super) fn key_at(&self, path: &str) -> Option<String> {
        let item = self
            .items?
            .iter()
            .find(|item| known(item.get("path")) == Some(path))?;
        known(item.get("key")).map(str::to_owned)
    }
}

pub(super) fn key_source(volume: &Node) -> Option<KeySource<'_>> {
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
