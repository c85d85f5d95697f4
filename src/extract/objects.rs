//! The ConfigMaps, Secrets, Services and chart repositories of a tree, for what refers to them by name while
//! another document is read: the start script that a workload mounts, the variables that it is given, where a
//! release takes its chart from.
//!
//! Which configuration text belongs to which server is not decided here: that is `link`'s.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::extract::kustomize::{KustomizeOutput, KustomizeTree, TreeFile};
use crate::extract::object_name::object_name;
use crate::extract::scalar::known_text;
use crate::facts::raw::ObjectName;
use crate::facts::{Cause, tree};
use crate::source::{FileId, path};
use crate::syntax::yaml::{YamlNode, YamlStream};

const SERVICE: &str = "Service";

/// No more Services than these are looked at for one container.
const MAX_SERVICES: usize = 128;

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
    /// The Services by what they select, made when the first pod asks.
    selecting: OnceLock<BTreeMap<SelectorPair, Vec<HeldPlace>>>,
}

/// A label that a Service asks pods for, in its namespace.
type SelectorPair = (Option<String>, String, String);

/// Where an object stands among those of its kind and name.
type HeldPlace = (String, usize);

/// An object and its namespace.
struct HeldObject<'t> {
    root: &'t YamlNode,
    namespace: Option<String>,
}

impl HeldObject<'_> {
    fn list_selector_pairs(&self) -> Vec<SelectorPair> {
        let known = list_selector(self.root);
        let known = known.filter_map(|(key, value)| {
            Some((self.namespace.clone(), key.to_owned(), value?.to_owned()))
        });
        known.collect()
    }
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
            .take(MAX_SERVICES)
            .collect()
    }

    /// The ports of a pod to which the Services lead that select it by these labels, as they are
    /// written: a number, or the name that a container gives its port.
    pub fn list_target_ports(
        &self,
        namespace: Option<&String>,
        labels: &BTreeMap<String, String>,
    ) -> Vec<String> {
        let selecting = self.selecting.get_or_init(|| self.index_selectors());
        let near = labels.iter().flat_map(|(key, value)| {
            let pair = (namespace.cloned(), key.clone(), value.clone());
            selecting.get(&pair).into_iter().flatten()
        });
        let near = near.filter_map(|(name, place)| {
            let held = self.found.get(&(SERVICE.to_owned(), name.clone()))?;
            Some(held.get(*place)?.root)
        });
        // Those that share a label and not the others are looked at in vain, so they count.
        let fitting = near.take(MAX_SERVICES).filter(|root| {
            let mut pairs = list_selector(root);
            pairs.all(|(key, value)| labels.get(key).map(String::as_str) == value)
        });
        let ports = fitting.flat_map(|root| {
            let ports = root.at("spec.ports").map(YamlNode::items);
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

    /// Each Service under the pair of its selector that the fewest Services have: a pod that it selects
    /// has all of them, so one is enough to find it.
    fn index_selectors(&self) -> BTreeMap<SelectorPair, Vec<HeldPlace>> {
        let of_kind = self.found.iter().filter(|((kind, _), _)| kind == SERVICE);
        let services: Vec<(HeldPlace, Vec<SelectorPair>)> = of_kind
            .flat_map(|((_, name), held)| {
                let places = held.iter().enumerate();
                places.map(|(at, held)| ((name.clone(), at), held.list_selector_pairs()))
            })
            .collect();
        let mut counts: BTreeMap<&SelectorPair, usize> = BTreeMap::new();
        for pair in services.iter().flat_map(|(_, pairs)| pairs) {
            *counts.entry(pair).or_default() += 1;
        }
        let mut found: BTreeMap<SelectorPair, Vec<HeldPlace>> = BTreeMap::new();
        for (place, pairs) in &services {
            if let Some(rarest) = pairs.iter().min_by_key(|pair| counts.get(pair)) {
                found.entry(rarest.clone()).or_default().push(place.clone());
            }
        }
        found
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
        let what = wanted.title();
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

/// The labels that a Service asks pods for; without a value where that is not known.
fn list_selector(root: &YamlNode) -> impl Iterator<Item = (&str, Option<&str>)> {
    let selector = root.at("spec.selector").map(YamlNode::entries);
    let pairs = selector.unwrap_or_default().iter();
    pairs.filter_map(|pair| Some((pair.key.as_str()?, known_text(Some(&pair.value)))))
}

/// A namespace that is not written may be any.
fn is_of(namespace: Option<&String>, wanted: &ObjectName) -> bool {
    match (namespace, &wanted.namespace) {
        (Some(own), Some(wanted)) => own == wanted,
        _ => true,
    }
}
