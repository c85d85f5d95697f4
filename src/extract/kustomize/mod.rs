//! Kustomizations, followed without running kustomize: an overlay gives its own objects, made of the
//! base's text and its own patches, each value with the place where it is written.
//!
//! Only what nothing else builds upon is built: a base is judged as its overlays leave it. What
//! cannot be followed (a remote base, a plugin) leaves a reason with the objects that it may have
//! changed. What the objects mean is read by [`manifest`](super::manifest).

mod fields;
mod generate;
mod json_patch;
mod merge;
mod patch;
mod set;
mod tree;

use std::collections::BTreeSet;

use crate::extract::scalar::known_text;
use crate::source::Excerpt;
use crate::syntax::yaml::{self, YamlNode};
use generate::{GeneratorPlace, generate, is_filled};
use set::ObjectSet;
use tree::join_path;

pub use set::KustomizeObject;
pub use tree::{FILE_NAMES, KustomizeTree, TreeFile};

/// Kustomizations that build upon each other in more steps than these are cut off.
const MAX_STEPS: usize = 2_000;
/// No kustomization is built upon deeper than this.
const MAX_DEPTH: usize = 32;

/// Transformers of kustomize's own that write labels and annotations alone.
const HARMLESS_TRANSFORMERS: [&str; 2] = ["LabelTransformer", "AnnotationsTransformer"];

/// What one kustomization makes.
pub struct KustomizeOutput {
    /// The folder of the kustomization.
    pub dir: String,
    pub resources: Vec<KustomizeObject>,
    /// Patches for objects that are not in the tree.
    pub fragments: Vec<YamlNode>,
}

/// All that the kustomizations of a tree make.
#[derive(Default)]
pub struct KustomizeOutputs {
    pub renders: Vec<KustomizeOutput>,
    /// The files that they are made of, which say nothing by themselves.
    pub owned: BTreeSet<String>,
}

/// Builds every kustomization that nothing else builds upon and that reads a file that matters.
pub fn render(tree: &KustomizeTree, matters: &dyn Fn(&str) -> bool) -> KustomizeOutputs {
    let dirs: Vec<&str> = tree.kustomizations().map(|(dir, _)| dir).collect();
    let mut built_upon = BTreeSet::new();
    for dir in &dirs {
        built_upon.extend(parts(tree, dir).folders);
    }
    let mut all = KustomizeOutputs::default();
    for dir in dirs {
        if built_upon.contains(dir) || is_component(tree, dir) {
            continue;
        }
        let (files, generated) = reach(tree, dir);
        if !files.iter().chain(&generated).any(|path| matters(path)) {
            continue;
        }
        all.owned.extend(files);
        let mut builder = KustomizeBuilder {
            tree,
            open: Vec::new(),
            steps: 0,
            fragments: Vec::new(),
        };
        let set = builder.folder(dir);
        all.renders.push(KustomizeOutput {
            dir: dir.to_owned(),
            resources: set.resources,
            fragments: builder.fragments,
        });
    }
    all
}

/// The document of a folder's kustomization.
fn document<'t>(tree: &'t KustomizeTree, dir: &str) -> Option<&'t YamlNode> {
    let (_, file) = tree.kustomization(dir)?;
    file.documents().next().filter(|root| {
        // Flux has a resource of the same kind.
        let api = known_text(root.get("apiVersion")).unwrap_or("kustomize.config.k8s.io");
        api.starts_with("kustomize.config.k8s.io")
    })
}

fn is_component(tree: &KustomizeTree, dir: &str) -> bool {
    document(tree, dir).is_some_and(|root| known_text(root.get("kind")) == Some("Component"))
}

/// What a kustomization names.
#[derive(Default)]
struct KustomizationParts {
    folders: Vec<String>,
    /// Files of objects and patches.
    files: Vec<String>,
    /// Files that generators read.
    generated: Vec<String>,
}

fn parts(tree: &KustomizeTree, dir: &str) -> KustomizationParts {
    let mut parts = KustomizationParts::default();
    let Some(root) = document(tree, dir) else {
        return parts;
    };
    let items = |field: &str| root.get(field).map(YamlNode::items).unwrap_or_default();
    let listed = ["resources", "bases", "components"];
    let listed = listed.iter().flat_map(|field| items(field));
    for path in listed.filter_map(|item| join_path(dir, known_text(Some(item))?)) {
        if tree.kustomization(&path).is_some() {
            parts.folders.push(path);
        } else {
            parts.files.push(path);
        }
    }
    let patches = ["patches", "patchesJson6902"];
    let patches = patches.iter().flat_map(|field| items(field));
    let patches = patches
        .filter_map(|item| known_text(item.get("path")))
        .chain(
            items("patchesStrategicMerge")
                .iter()
                .filter_map(|i| known_text(Some(i))),
        );
    let generators = ["configMapGenerator", "secretGenerator"];
    let generators = generators.iter().flat_map(|field| items(field));
    let generated = generators.flat_map(generate::paths);
    let paths = patches
        .chain(generated)
        .filter_map(|path| join_path(dir, path));
    parts.files.extend(paths);
    parts
}

/// Every file that a kustomization is made of: objects and patches, and what generators read.
fn reach(tree: &KustomizeTree, dir: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let mut seen = BTreeSet::new();
    let mut files = BTreeSet::new();
    let mut generated = BTreeSet::new();
    let mut open = vec![dir.to_owned()];
    while let Some(dir) = open.pop() {
        if !seen.insert(dir.clone()) {
            continue;
        }
        files.extend(tree.kustomization(&dir).map(|(path, _)| path.to_owned()));
        let parts = parts(tree, &dir);
        files.extend(parts.files);
        generated.extend(parts.generated);
        open.extend(parts.folders);
    }
    for paths in [&mut files, &mut generated] {
        paths.retain(|path| tree.get(path).is_some());
    }
    (files, generated)
}

struct KustomizeBuilder<'t> {
    tree: &'t KustomizeTree,
    /// The folders that are being built, outermost first.
    open: Vec<String>,
    steps: usize,
    fragments: Vec<YamlNode>,
}

impl KustomizeBuilder<'_> {
    fn folder(&mut self, dir: &str) -> ObjectSet {
        let mut set = ObjectSet::default();
        self.add_folder(dir, &mut set);
        set
    }

    /// What a folder's kustomization makes of the set: its own objects added, all of it changed.
    fn add_folder(&mut self, dir: &str, set: &mut ObjectSet) {
        self.steps += 1;
        let circle = self.open.iter().any(|open| open == dir);
        if circle || self.steps > MAX_STEPS || self.open.len() >= MAX_DEPTH {
            return set.opaque("kustomizations that build upon each other in a circle");
        }
        let Some(root) = document(self.tree, dir) else {
            return;
        };
        self.open.push(dir.to_owned());
        let items = |field: &str| root.get(field).map(YamlNode::items).unwrap_or_default();
        let resources = items("resources").iter().chain(items("bases"));
        for item in resources {
            self.resource(item, dir, set);
        }
        for item in items("components") {
            if let Some(path) = known_text(Some(item)).and_then(|path| join_path(dir, path)) {
                self.add_folder(&path, set);
            } else {
                set.opaque("a remote component may change it");
            }
        }
        self.generators(root, dir, set);
        self.patches(root, dir, set);
        fields::transform(root, set);
        if is_filled(root.get("transformers")) && !self.only_labels(items("transformers"), dir) {
            set.opaque("a kustomize transformer may change it");
        }
        self.open.pop();
    }

    /// Whether transformers are those of kustomize's own that change nothing that a server runs with.
    fn only_labels(&self, transformers: &[YamlNode], dir: &str) -> bool {
        let is_harmless = |root: &YamlNode| {
            let kind = known_text(root.get("kind")).unwrap_or_default();
            known_text(root.get("apiVersion")) == Some("builtin")
                && HARMLESS_TRANSFORMERS.contains(&kind)
        };
        transformers.iter().all(|item| {
            let text = known_text(Some(item)).unwrap_or_default();
            let documents = if text.contains('\n') {
                inline(item)
            } else {
                self.documents(text, dir)
            };
            documents.is_some_and(|documents| documents.iter().all(is_harmless))
        })
    }

    /// A file of objects, or a folder whose objects are added as they are.
    fn resource(&mut self, item: &YamlNode, dir: &str, set: &mut ObjectSet) {
        let Some(path) = known_text(Some(item)).and_then(|path| join_path(dir, path)) else {
            return;
        };
        if self.tree.kustomization(&path).is_some() {
            let base = self.folder(&path);
            set.resources.extend(base.resources);
        } else if let Some(file) = self.tree.get(&path) {
            for root in file.documents() {
                set.resources
                    .extend(objects(root).filter_map(KustomizeObject::new));
            }
        }
    }

    fn generators(&self, root: &YamlNode, dir: &str, set: &mut ObjectSet) {
        let place = GeneratorPlace {
            tree: self.tree,
            dir,
            options: root.get("generatorOptions"),
        };
        for (field, kind) in [
            ("configMapGenerator", "ConfigMap"),
            ("secretGenerator", "Secret"),
        ] {
            for generator in root.get(field).map(YamlNode::items).unwrap_or_default() {
                generate(set, generator, kind, &place);
            }
        }
    }

    fn patches(&mut self, root: &YamlNode, dir: &str, set: &mut ObjectSet) {
        let items = |field: &str| root.get(field).map(YamlNode::items).unwrap_or_default();
        for item in items("patchesStrategicMerge") {
            let text = known_text(Some(item)).unwrap_or_default();
            // An object stands here, or the path of a file that holds one.
            if text.contains('\n') {
                self.patch(inline(item), None, set);
            } else {
                self.patch(self.documents(text, dir), None, set);
            }
        }
        for item in items("patches").iter().chain(items("patchesJson6902")) {
            let target = item.get("target");
            match (item.get("patch"), known_text(item.get("path"))) {
                (Some(patch), _) => self.patch(inline(patch), target, set),
                (None, Some(path)) => self.patch(self.documents(path, dir), target, set),
                (None, None) => {}
            }
        }
    }

    fn documents(&self, path: &str, dir: &str) -> Option<Vec<YamlNode>> {
        let file = self.tree.get(&join_path(dir, path)?)?;
        Some(file.documents().cloned().collect())
    }

    fn patch(
        &mut self,
        documents: Option<Vec<YamlNode>>,
        target: Option<&YamlNode>,
        set: &mut ObjectSet,
    ) {
        let Some(documents) = documents else {
            return patch::obscure(set, target);
        };
        for document in documents {
            let left = patch::apply(set, &document, target);
            self.fragments.extend(left);
        }
    }
}

/// The objects of a document: itself, or the items of a list.
fn objects(root: &YamlNode) -> Box<dyn Iterator<Item = YamlNode> + '_> {
    let is_list = known_text(root.get("kind")).is_some_and(|kind| kind.ends_with("List"));
    match root.get("items") {
        Some(items) if is_list && items.is_seq() => Box::new(items.items().iter().cloned()),
        _ => Box::new(std::iter::once(root.clone())),
    }
}

/// A patch that stands in a text of its own.
fn inline(node: &YamlNode) -> Option<Vec<YamlNode>> {
    let text: &Excerpt = node.scalar()?.value();
    let stream = yaml::parse(text);
    Some(stream.documents.into_iter().map(|d| d.root).collect())
}

#[cfg(test)]
mod tests;
