//! The ConfigMaps, Secrets, Services and chart repositories of a tree, for what refers to them by name while
//! another document is read: the start script that a workload mounts, the variables that it is given, where a
//! release takes its chart from.
//!
//! Which configuration text belongs to which server is not decided here: that is `link`'s.

use std::collections::BTreeMap;

use crate::extract::kustomize::{KustomizeOutput, KustomizeTree, TreeFile};
use crate::extract::object_name::object_name;
use crate::extract::scalar::known_text;
use crate::facts::raw::ObjectName;
use crate::facts::{Cause, tree};
use crate::source::{FileId, path};
use crate::syntax::yaml::{YamlNode, YamlStream};

const SERVICE: &str = "Service";

/// No more Services than these are looked at for one container.
const MOST_SERVICES: usize = 128;

/// All of them by kind and name.
#[derive(Default)]
pub struct ObjectIndex<'t> {
    found: BTreeMap<(String, String), Vec<HeldObject<'t>>>,
    /// Files that are parsed only when one of them may hold what is asked for.
    unread: Vec<&'t TreeFile>,
    paths: BTreeMap<FileId, &'t str>,
    environments: &'t [String],
    /// Where to look for what is not here.
    beside: Option<&'t ObjectIndex<'t>>,
}

/// An object and its namespace.
struct HeldObject<'t> {
    root: &'t YamlNode,
    namespace: Option<String>,
}

impl<'t> ObjectIndex<'t> {
    /// What the files of a tree say by themselves: those in `read`, and those in `unread` where they
    /// are asked for.
    pub fn new(
        tree: &'t KustomizeTree,
        read: &[&str],
        unread: &[&str],
        environments: &'t [String],
    ) -> Self {
        let mut objects = Self {
            environments,
            ..Self::default()
        };
        for path in read {
            if let Some((path, file)) = tree.entry(path) {
                objects.paths.insert(file.excerpt.file(), path);
                let documents = &file.stream().documents;
                let roots = documents.iter().map(|document| &document.root);
                roots.for_each(|root| objects.add(root));
            }
        }
        for path in unread {
            if let Some((path, file)) = tree.entry(path) {
                objects.paths.insert(file.excerpt.file(), path);
                objects.unread.push(file);
            }
        }
        objects
    }

    /// What a snippet shows.
    pub fn of_stream(stream: &'t YamlStream) -> Self {
        Self::of_streams(std::slice::from_ref(stream))
    }

    /// What several texts show that belong together.
    pub fn of_streams(streams: &'t [YamlStream]) -> Self {
        let mut objects = Self::default();
        let documents = streams.iter().flat_map(|stream| &stream.documents);
        documents.for_each(|document| objects.add(&document.root));
        objects
    }

    /// What a kustomization makes, and what it refers to beside that.
    pub fn of_render(render: &'t KustomizeOutput, beside: &'t ObjectIndex<'t>) -> Self {
        let mut objects = Self {
            beside: Some(beside),
            ..Self::default()
        };
        for resource in &render.resources {
            objects.add(&resource.root);
        }
        objects
    }

    fn add(&mut self, root: &'t YamlNode) {
        let Some(kind) = known_text(root.get("kind")) else {
            return;
        };
        if kind.ends_with("List") {
            let items = root.get("items").map(YamlNode::items).unwrap_or_default();
            return items.iter().for_each(|item| self.add(item));
        }
        let is_kept = matches!(
            kind,
            "ConfigMap" | "Secret" | "HelmRepository" | "OCIRepository" | SERVICE
        );
        if !is_kept {
            return;
        }
        if let Some(object) = object_name(root, kind) {
            let held = self.found.entry((object.kind, object.name)).or_default();
            held.push(HeldObject {
                root,
                namespace: object.namespace,
            });
        }
    }

    /// The names of the Services in a namespace, as far as the tree has them.
    pub fn services(&self, namespace: Option<&String>) -> Vec<&str> {
        let of_kind = self.found.iter().filter(|((kind, _), _)| kind == SERVICE);
        let is_near = |held: &HeldObject<'_>| match (&held.namespace, namespace) {
            (Some(own), Some(other)) => own == other,
            _ => true,
        };
        let own = of_kind
            .filter(|(_, held)| held.iter().any(is_near))
            .map(|((_, name), _)| name.as_str());
        let beside = self.beside.map(|objects| objects.services(namespace));
        own.chain(beside.into_iter().flatten())
            .take(MOST_SERVICES)
            .collect()
    }

    /// The ports of a pod to which the Services lead that select it by these labels, by number.
    pub fn list_target_ports(
        &self,
        namespace: Option<&String>,
        labels: &BTreeMap<String, String>,
    ) -> Vec<String> {
        let of_kind = self.found.iter().filter(|((kind, _), _)| kind == SERVICE);
        let held = of_kind
            .flat_map(|(_, held)| held)
            .filter(|held| held.namespace.as_ref() == namespace);
        let selecting = held.filter(|held| {
            let selector = held.root.at("spec.selector").map(YamlNode::entries);
            let selector = selector.unwrap_or_default();
            let mut pairs = selector.iter();
            let fits = pairs.all(|pair| {
                let label = pair.key.as_str().and_then(|key| labels.get(key));
                label.is_some() && label.map(String::as_str) == known_text(Some(&pair.value))
            });
            fits && !selector.is_empty()
        });
        let ports = selecting.take(MOST_SERVICES).flat_map(|held| {
            let ports = held.root.at("spec.ports").map(YamlNode::items);
            ports.unwrap_or_default()
        });
        let own: Vec<String> = ports
            .filter_map(|port| known_text(port.get("targetPort").or(port.get("port"))))
            .map(str::to_owned)
            .collect();
        match self.beside {
            Some(beside) if own.is_empty() => beside.list_target_ports(namespace, labels),
            _ => own,
        }
    }

    /// The object of this name that is meant in a file; or why that is not known.
    pub fn find(&self, wanted: &ObjectName, from: FileId) -> Result<&YamlNode, Cause> {
        let key = (wanted.kind.clone(), wanted.name.clone());
        let held = self.found.get(&key).map(Vec::as_slice).unwrap_or_default();
        let mut found: Vec<&YamlNode> = held
            .iter()
            .filter(|held| is_of(held.namespace.as_ref(), wanted))
            .map(|held| held.root)
            .collect();
        if found.is_empty() {
            found = self.unread(wanted);
        }
        if let (true, Some(beside)) = (found.is_empty(), self.beside) {
            return beside.find(wanted, from);
        }
        self.choose(found, wanted, from)
    }

    fn unread(&self, wanted: &ObjectName) -> Vec<&YamlNode> {
        let speaks = |file: &&&TreeFile| {
            let text = file.excerpt.text();
            text.contains(&wanted.name) && text.contains(&wanted.kind)
        };
        let documents = self.unread.iter().filter(speaks);
        let roots = documents
            .flat_map(|file| &file.stream().documents)
            .map(|document| &document.root);
        roots
            .filter(|root| {
                object_name(root, &wanted.kind).is_some_and(|object| {
                    known_text(root.get("kind")) == Some(&wanted.kind)
                        && object.name == wanted.name
                        && is_of(object.namespace.as_ref(), wanted)
                })
            })
            .collect()
    }

    /// Of several the one in the same file, else the one in the same folder.
    fn choose<'n>(
        &self,
        mut found: Vec<&'n YamlNode>,
        wanted: &ObjectName,
        from: FileId,
    ) -> Result<&'n YamlNode, Cause> {
        let what = format!("{}/{}", wanted.kind, wanted.name);
        if found.is_empty() {
            return Err(Cause::OutsideTree(what));
        }
        let path = |node: &YamlNode| self.paths.get(&node.span.file).copied();
        if let Some(own) = self.paths.get(&from) {
            found.retain(|node| {
                path(node).is_none_or(|other| !tree::apart(own, other, self.environments))
            });
            let in_folder =
                |node: &&YamlNode| path(node).is_some_and(|p| path::folder(p) == path::folder(own));
            let in_file = |node: &&YamlNode| node.span.file == from;
            if found.iter().any(in_file) {
                found.retain(in_file);
            } else if found.iter().any(in_folder) {
                found.retain(in_folder);
            }
        }
        match found[..] {
            [only] => Ok(only),
            [] => Err(Cause::OtherEnvironment(what)),
            _ => Err(Cause::SeveralInTree {
                name: what,
                count: Some(found.len()),
            }),
        }
    }
}

/// A namespace that is not written may be any.
fn is_of(namespace: Option<&String>, wanted: &ObjectName) -> bool {
    match (namespace, &wanted.namespace) {
        (Some(own), Some(wanted)) => own == wanted,
        _ => true,
    }
}
