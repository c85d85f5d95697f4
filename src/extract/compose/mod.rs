//! Compose files: services that are servers, with the files, limits and ports that they are given.
//!
//! A file that the tool itself lays over another one (`compose.override.yaml`) is read together with
//! it; what another file sets that a person may lay over it is unknown. `extends` is
//! followed, and so is `include`. Variables are filled in from defaults and from the `.env` beside the file.

mod bench;
mod connections;
mod container;
mod development;
mod include;
mod layers;
mod mounts;
mod ports;
mod programs;
mod service;
mod unread;

use std::collections::{BTreeMap, BTreeSet};

use crate::extract::conf::FileTexts;
use crate::extract::interpolate::FillBudget;
use crate::extract::tree_files::TreeFiles;
use crate::extract::variables::VariableValues;
use crate::facts::Cause;
use crate::facts::bounds::MAX_SERVERS;
use crate::facts::raw::RawFacts;
use crate::knowledge::shapes::DeploymentShapes;
use crate::source::{Excerpt, path};
use crate::syntax::dotenv;
use crate::syntax::yaml::{YamlNode, YamlStream};
use include::ComposeInclude;
use service::ComposeService;

/// How many services may extend each other in a row.
const MAX_DEPTH: usize = 16;

/// A compose file of the tree.
#[derive(Clone, Debug)]
pub struct ComposeFile {
    pub path: String,
    root: YamlNode,
    /// The file's services stand at its root, as in the first version of the format.
    bare: bool,
}

/// What compose files refer to.
pub struct ComposeTree<'a> {
    pub shapes: &'a DeploymentShapes,
    pub files: &'a TreeFiles<'a>,
    /// A whole file's text, for indentation and line breaks.
    pub file_text: FileTexts<'a>,
}

impl ComposeTree<'_> {
    fn text(&self, path: &str) -> Option<&str> {
        self.files.text(path).map(Excerpt::text)
    }
}

/// The compose file that a document is, by its content, or by its name for the oldest form.
pub fn recognise(path: &str, stream: &YamlStream) -> Option<ComposeFile> {
    let root = stream
        .documents
        .iter()
        .map(|document| &document.root)
        .find(|root| is_compose(root) || is_named(path) && is_part(root))?;
    Some(ComposeFile {
        path: path.to_owned(),
        bare: root.get("services").is_none() && root.get("include").is_none(),
        root: root.clone(),
    })
}

/// The name is one that the tool reads by itself, or a variation of it.
pub fn is_named(path: &str) -> bool {
    let name = path::name(path).to_ascii_lowercase();
    let is_yaml = name.ends_with(".yml") || name.ends_with(".yaml");
    is_yaml && (name.contains("compose") || name.contains("docker-stack"))
}

fn is_compose(root: &YamlNode) -> bool {
    root.get("kind").is_none() && root.get("services").is_some_and(is_service_map)
}

/// The oldest form, a few fields of services that stand elsewhere, or nothing but other files.
fn is_part(root: &YamlNode) -> bool {
    is_service_map(root)
        || root.get("include").is_some_and(YamlNode::is_seq)
        || root.get("services").is_some_and(YamlNode::is_map)
}

/// At least one entry says from what its containers are made.
fn is_service_map(node: &YamlNode) -> bool {
    let says = |service: &YamlNode| {
        ["image", "build", "extends", "command", "deploy"]
            .iter()
            .any(|key| service.get(key).is_some())
    };
    node.entries().iter().any(|entry| says(&entry.value))
}

impl ComposeFile {
    fn services(&self) -> Option<&YamlNode> {
        if self.bare {
            Some(&self.root)
        } else {
            self.root.get("services")
        }
    }

    fn service(&self, name: &str) -> Option<&YamlNode> {
        self.services()?.get(name)
    }

    fn folder(&self) -> &str {
        path::folder(&self.path)
    }

    /// Its path without the ending.
    fn stem(&self) -> &str {
        let name = path::name(&self.path);
        let ending = name.rsplit_once('.').map_or(0, |(_, end)| end.len() + 1);
        &self.path[..self.path.len() - ending]
    }

    /// The stem of the file that the tool lays this one over by itself.
    fn find_overridden(&self) -> Option<&str> {
        self.stem().strip_suffix(".override")
    }
}

/// One service of one file, as it stands there.
#[derive(Clone, Copy)]
struct ServiceLayer<'a> {
    node: &'a YamlNode,
    file: &'a ComposeFile,
}

/// The servers of all compose files and the texts that stand in them.
pub fn read<'a>(files: &'a [ComposeFile], tree: &'a ComposeTree<'a>) -> RawFacts {
    let mut raw = RawFacts::default();
    for project in projects(files, tree) {
        let mut of_project = RawFacts::default();
        project.read(&mut of_project);
        raw.absorb(of_project.within_bounds());
    }
    raw
}

/// What is run together: each file that no other one is made of, and each inclusion.
fn projects<'a>(files: &'a [ComposeFile], tree: &'a ComposeTree<'a>) -> Vec<ComposeProject<'a>> {
    let inclusions = include::all(files, tree);
    let included: BTreeSet<&str> = inclusions
        .iter()
        .flat_map(|inclusion| &inclusion.files)
        .map(|file| file.path.as_str())
        .collect();
    let stems: BTreeSet<&str> = files.iter().map(ComposeFile::stem).collect();
    let mut laid_over: BTreeMap<&str, Vec<&ComposeFile>> = BTreeMap::new();
    for file in files {
        let base = file.find_overridden();
        base.into_iter()
            .for_each(|base| laid_over.entry(base).or_default().push(file));
    }
    let is_root = |file: &&ComposeFile| {
        let lies_over = file
            .find_overridden()
            .is_some_and(|base| stems.contains(base));
        !lies_over && !included.contains(file.path.as_str())
    };
    let roots = files.iter().filter(is_root);
    let roots = roots.map(|file| {
        let over = laid_over.get(file.stem()).map_or(&[][..], Vec::as_slice);
        ComposeProject::of(file, over, files, tree)
    });
    let parts = inclusions.into_iter();
    roots
        .chain(parts.map(|inclusion| ComposeProject::read_included(inclusion, files, tree)))
        .collect()
}

/// What the `.env` beside the file sets.
fn variables(file: &ComposeFile, tree: &ComposeTree<'_>) -> VariableValues {
    let path = path::resolve(file.folder(), ".env");
    let text = path.and_then(|path| tree.text(&path));
    environment_file(text.unwrap_or_default())
}

/// A file of variables as values.
fn environment_file(text: &str) -> VariableValues {
    let value = |name: &str, value: Option<String>| {
        value.ok_or_else(|| Cause::Variable {
            name: name.to_owned(),
            fact: "is made of others",
        })
    };
    let read = dotenv::parse(text).into_iter();
    read.map(|(name, text)| {
        let value = value(&name, text);
        (name, value)
    })
    .collect()
}

/// A file with those that the tool lays over it.
struct ComposeProject<'a> {
    tree: &'a ComposeTree<'a>,
    all: &'a [ComposeFile],
    files: Vec<&'a ComposeFile>,
    /// The folder that the paths in its files start from, where it is not each one's own.
    folder: Option<String>,
    /// There are more files of it than can be read.
    open: bool,
    variables: VariableValues,
    budget: FillBudget,
}

impl<'a> ComposeProject<'a> {
    fn of(
        file: &'a ComposeFile,
        laid_over: &[&'a ComposeFile],
        all: &'a [ComposeFile],
        tree: &'a ComposeTree<'a>,
    ) -> Self {
        Self {
            tree,
            all,
            files: std::iter::once(file)
                .chain(laid_over.iter().copied())
                .collect(),
            folder: None,
            open: false,
            variables: variables(file, tree),
            budget: FillBudget::of_file(),
        }
    }

    fn read_included(
        inclusion: ComposeInclude<'a>,
        all: &'a [ComposeFile],
        tree: &'a ComposeTree<'a>,
    ) -> Self {
        Self {
            tree,
            all,
            files: inclusion.files,
            folder: Some(inclusion.folder),
            open: inclusion.open,
            variables: inclusion.variables,
            budget: FillBudget::of_file(),
        }
    }

    /// The folder that paths in a file start from.
    fn folder_of<'f>(&'f self, file: &'f ComposeFile) -> &'f str {
        let is_own = self.files.iter().any(|own| own.path == file.path);
        match &self.folder {
            Some(folder) if is_own => folder,
            _ => file.folder(),
        }
    }

    /// A service that others are made of, in a file that no tool reads by itself: it is started nowhere.
    fn is_base(&self, name: &str) -> bool {
        let [file] = &self.files[..] else {
            return false;
        };
        let is_extended = |other: &ComposeFile| {
            let services = other.services().map(YamlNode::entries);
            services.unwrap_or_default().iter().any(|entry| {
                let from = read_extends(&entry.value);
                from.is_some_and(|(path, base)| {
                    let path = path.and_then(|path| path::resolve(other.folder(), path));
                    base == name && path.as_deref() == Some(&file.path)
                })
            })
        };
        !is_named(&file.path) && self.all.iter().any(is_extended)
    }

    fn read(&'a self, raw: &mut RawFacts) {
        let services = self.services();
        let started = services
            .iter()
            .filter(|service| !self.is_base(service.name));
        for service in started {
            service.read(&services, raw);
        }
        bench::mark_samples(&mut raw.servers, self.tree);
        development::mark_development(self, &services, &mut raw.servers);
    }

    fn services(&'a self) -> Vec<ComposeService<'a>> {
        let mut names: Vec<&str> = Vec::new();
        let mut seen = BTreeSet::new();
        for file in &self.files {
            let entries = file.services().map(YamlNode::entries).unwrap_or_default();
            let found = entries.iter().filter_map(|entry| entry.key.as_str());
            for name in found {
                if seen.insert(name) {
                    names.push(name);
                }
            }
        }
        // One more than are read, so that the excess is noticed and reported.
        names.truncate(MAX_SERVERS + 1);
        names
            .into_iter()
            .map(|name| ComposeService {
                name,
                project: self,
                layers: self.layers(name),
            })
            .collect()
    }

    /// What a service is made of, the weakest first.
    fn layers(&self, name: &str) -> Vec<ServiceLayer<'a>> {
        let mut layers = Vec::new();
        for file in &self.files {
            self.add_layers(file, name, &mut layers, 0);
        }
        layers
    }

    fn add_layers(
        &self,
        file: &'a ComposeFile,
        name: &str,
        layers: &mut Vec<ServiceLayer<'a>>,
        depth: usize,
    ) {
        let Some(node) = file.service(name) else {
            return;
        };
        if let Some((other, base)) = read_extends(node)
            && depth < MAX_DEPTH
        {
            let from = match other {
                None => Some(file),
                Some(path) => self.file(file, path),
            };
            if let Some(from) = from {
                self.add_layers(from, base, layers, depth + 1);
            }
        }
        layers.push(ServiceLayer { node, file });
    }

    fn file(&self, from: &ComposeFile, path: &str) -> Option<&'a ComposeFile> {
        let path = path::resolve(self.folder_of(from), path)?;
        self.all.iter().find(|file| file.path == path)
    }

    /// A top-level entry: a config, a secret, a volume.
    fn top(&self, section: &str, name: &str) -> Option<(&'a ComposeFile, &'a YamlNode)> {
        let entry = |file: &&'a ComposeFile| Some((*file, file.root.get(section)?.get(name)?));
        self.files.iter().rev().find_map(entry)
    }

    /// The files of the folder that a person may lay over this project and that configure a service
    /// without saying what it is made of.
    fn may_be_laid_over(&'a self, name: &str) -> impl Iterator<Item = ServiceLayer<'a>> {
        let folder = self.files[0].folder();
        let of_project = move |file: &&ComposeFile| {
            let is_own = self.files.iter().any(|own| own.path == file.path);
            file.folder() == folder && !is_own && is_named(&file.path)
        };
        let files = self.all.iter().filter(of_project);
        let name = name.to_owned();
        files.filter_map(move |file| {
            let node = file.service(&name)?;
            let whole = ["image", "build", "extends"];
            let is_part = whole.iter().all(|key| node.get(key).is_none());
            is_part.then_some(ServiceLayer { node, file })
        })
    }
}

/// The file, if another one, and the service that a service extends.
fn read_extends(node: &YamlNode) -> Option<(Option<&str>, &str)> {
    let extends = node.get("extends")?;
    if let Some(name) = extends.as_str() {
        return Some((None, name));
    }
    let file = extends.get("file").and_then(YamlNode::as_str);
    Some((file, extends.get("service")?.as_str()?))
}
