//! The objects that a kustomization has gathered so far: what each is and was called, and the
//! references between them, which follow a renaming.

use crate::extract::scalar::known_text;
use crate::facts::Cause;
use crate::syntax::yaml::{MappingEntry, NodeKind, YamlNode};

/// An object on its way through the kustomizations.
#[derive(Clone, Debug)]
pub struct KustomizeObject {
    pub root: YamlNode,
    /// Every name that it had, the present one last.
    names: Vec<String>,
    /// Its final name ends in a hash of its content.
    pub hashed: bool,
    /// Why something that cannot be followed may have changed it.
    pub opaque: Option<Cause>,
}

impl KustomizeObject {
    /// The object of a document; nothing for what has no kind or no name.
    pub(super) fn new(root: YamlNode) -> Option<Self> {
        known_text(root.get("kind"))?;
        let name = root.at("metadata.name")?.as_str()?.to_owned();
        Some(Self {
            root,
            names: vec![name],
            hashed: false,
            opaque: None,
        })
    }

    pub(super) fn kind(&self) -> &str {
        known_text(self.root.get("kind")).unwrap_or_default()
    }

    pub(super) fn group(&self) -> &str {
        let api = known_text(self.root.get("apiVersion")).unwrap_or_default();
        api.split_once('/').map_or("", |(group, _)| group)
    }

    pub(super) fn namespace(&self) -> Option<&str> {
        known_text(self.root.at("metadata.namespace"))
    }

    pub(super) fn name(&self) -> &str {
        self.names.last().map_or("", String::as_str)
    }

    pub(super) fn was_called(&self, name: &str) -> bool {
        self.names.iter().any(|own| own == name)
    }

    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether Kubernetes itself, not an operator, defines its kind.
    pub(super) fn is_native(&self) -> bool {
        let group = self.group();
        !group.contains('.') || group.ends_with(".k8s.io")
    }

    /// Something that cannot be followed may have changed it.
    pub(super) fn obscure(&mut self, why: &'static str) {
        self.opaque.get_or_insert(Cause::Kustomize(why));
    }

    fn rename(&mut self, name: String) {
        if let Some(metadata) = self.root.get("metadata") {
            let span = metadata.get("name").map_or(metadata.span, |n| n.span);
            let metadata = metadata.with_entry("name", YamlNode::from_text(&name, span));
            self.root = self.root.with_entry("metadata", metadata);
        }
        self.names.push(name);
    }

    pub(super) fn set_metadata(&mut self, field: &str, value: YamlNode) {
        if let Some(metadata) = self.root.get("metadata") {
            let metadata = metadata.with_entry(field, value);
            self.root = self.root.with_entry("metadata", metadata);
        }
    }
}

/// All objects of a kustomization.
#[derive(Clone, Debug, Default)]
pub(super) struct ObjectSet {
    pub(super) resources: Vec<KustomizeObject>,
}

impl ObjectSet {
    /// The object that a patch or a reference means: its present name wins over former ones.
    pub(super) fn find(&self, kind: &str, name: &str) -> Option<usize> {
        let of_kind = |r: &KustomizeObject| r.kind() == kind;
        let present = |r: &KustomizeObject| of_kind(r) && r.name() == name;
        let former = |r: &KustomizeObject| of_kind(r) && r.was_called(name);
        let position =
            |test: &dyn Fn(&KustomizeObject) -> bool| self.resources.iter().position(test);
        position(&present).or_else(|| position(&former))
    }

    /// Puts a prefix and a suffix around every name, and lets references follow.
    pub(super) fn rename(&mut self, prefix: &str, suffix: &str) {
        for resource in &mut self.resources {
            // What is not of a namespace, or names a definition, keeps its name.
            if !matches!(
                resource.kind(),
                "Namespace" | "CustomResourceDefinition" | "APIService"
            ) {
                let name = format!("{prefix}{}{suffix}", resource.name());
                resource.rename(name);
            }
        }
    }

    /// Every reference names its object as it is called now.
    pub(super) fn follow_names(&mut self) {
        let present = |kind: &str, name: &str| {
            let found = &self.resources[self.find(kind, name)?];
            (found.name() != name).then(|| found.name().to_owned())
        };
        let renamed: Vec<Option<YamlNode>> = self
            .resources
            .iter()
            .map(|resource| rewrite_references(&resource.root, "", &present))
            .collect();
        for (resource, root) in self.resources.iter_mut().zip(renamed) {
            if let Some(root) = root {
                resource.root = root;
            }
        }
    }

    pub(super) fn opaque(&mut self, why: &'static str) {
        for resource in &mut self.resources {
            resource.obscure(why);
        }
    }
}

/// Which kind of object a field names, by the field and what holds it.
fn find_referred<'n>(owner: &str, field: &str, siblings: &'n [MappingEntry]) -> Option<&'n str> {
    Some(match (owner, field) {
        ("configMap" | "configMapRef" | "configMapKeyRef", "name") => "ConfigMap",
        ("secret", "secretName" | "name") | ("secretRef" | "secretKeyRef", "name") => "Secret",
        ("persistentVolumeClaim", "claimName") => "PersistentVolumeClaim",
        (_, "serviceName") => "Service",
        ("scaleTargetRef", "name") => siblings
            .iter()
            .find(|e| e.key.as_str() == Some("kind"))
            .and_then(|e| e.value.as_str())?,
        _ => return None,
    })
}

/// The node with references renamed; nothing where there is none to rename.
fn rewrite_references(
    node: &YamlNode,
    owner: &str,
    present: &dyn Fn(&str, &str) -> Option<String>,
) -> Option<YamlNode> {
    match &node.kind {
        NodeKind::Scalar(_) => None,
        NodeKind::Seq(items) => {
            let new: Vec<_> = items
                .iter()
                .map(|item| rewrite_references(item, owner, present))
                .collect();
            if new.iter().all(Option::is_none) {
                return None;
            }
            let items = items.iter().zip(new);
            let items = items.map(|(old, new)| new.unwrap_or_else(|| old.clone()));
            Some(node.rebuilt(NodeKind::Seq(items.collect())))
        }
        NodeKind::Map(entries) => {
            let of = |entry: &MappingEntry| {
                let field = entry.key.as_str().unwrap_or_default();
                let named = entry.value.as_str().and_then(|name| {
                    let kind = find_referred(owner, field, entries)?;
                    Some(YamlNode::from_text(&present(kind, name)?, entry.value.span))
                });
                named.or_else(|| rewrite_references(&entry.value, field, present))
            };
            let new: Vec<_> = entries.iter().map(of).collect();
            if new.iter().all(Option::is_none) {
                return None;
            }
            let entries = entries.iter().zip(new).map(|(old, new)| MappingEntry {
                key: old.key.clone(),
                value: new.unwrap_or_else(|| old.value.clone()),
            });
            Some(node.rebuilt(NodeKind::Map(entries.collect())))
        }
    }
}
