//! Deployments that are spread over several files: compose files with the files that they name and
//! the Dockerfiles that they build, units of a host with their drop-ins. Files are collected while
//! they are read one by one, and joined afterwards.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aho_corasick::AhoCorasick;

use crate::analysis::{InputFile, read_config_text};
use crate::discover::FileKind;
use crate::extract::compose::{self, ComposeFile};
use crate::extract::dockerfile;
use crate::extract::secrets;
use crate::extract::tree_files::TreeFiles;
use crate::extract::unit::{self, UnitFile};
use crate::facts::raw::{ConfPart, RawFacts, RawServer, TextPlace};
use crate::knowledge::shapes::DeploymentShapes;
use crate::source::{Excerpt, FileId, Span};
use crate::syntax::yaml::YamlStream;

/// What single files give.
#[derive(Default)]
pub(super) struct FileDeployments {
    pub(super) compose: Vec<ComposeFile>,
    pub(super) units: Vec<UnitFile>,
    /// Places of YAML files that hold secrets.
    secrets: Vec<Span>,
}

impl FileDeployments {
    /// What a unit gives.
    pub(super) fn of_unit(input: &InputFile, excerpt: &Excerpt) -> Self {
        Self {
            units: vec![unit::read(&input.path, excerpt)],
            ..Self::default()
        }
    }

    /// What a YAML file gives.
    pub(super) fn of_yaml(
        input: &InputFile,
        stream: &YamlStream,
        shapes: &DeploymentShapes,
    ) -> Self {
        Self {
            compose: compose::recognise(&input.path, stream)
                .into_iter()
                .collect(),
            secrets: secrets::places(stream, shapes),
            ..Self::default()
        }
    }

    pub(super) fn absorb(&mut self, other: Self) {
        self.compose.extend(other.compose);
        self.units.extend(other.units);
        self.secrets.extend(other.secrets);
    }

    /// The servers of all of them and of the Dockerfiles of the tree, and the texts that they and
    /// those in `known` are given.
    pub(super) fn servers(
        &self,
        files: &[(FileId, &InputFile)],
        tree: &TreeFiles<'_>,
        shapes: &DeploymentShapes,
        known: &RawFacts,
    ) -> RawFacts {
        // Files are in the order of their ids.
        let file_text = |id: FileId| {
            let at = files.binary_search_by_key(&id, |(id, _)| *id);
            at.map_or_else(|_| "".into(), |at| Arc::clone(&files[at].1.text))
        };
        let composed = compose::ComposeTree {
            shapes,
            files: tree,
            file_text: &file_text,
        };
        let mut raw = compose::read(&self.compose, &composed);
        raw.secrets.clone_from(&self.secrets);
        let unread = tree.unread_builds.iter().map(|id| {
            let why = "it has more instructions or stages than are read";
            (Span::new(*id, 0, 0), why.to_owned())
        });
        raw.problems.extend(unread);
        let built = images_in_use(&[known, &raw]);
        let mut images = Vec::new();
        for build in tree.builds() {
            raw.builds.push(build.programs(&build.usual_contexts()));
            raw.comments.extend(build.comments.iter().cloned());
            raw.variables.extend(build.variables(shapes));
            let own = dockerfile::server(
                build,
                shapes,
                &|path| tree.holds(path),
                &|path| tree.script(path),
                &|path| tree.text(path).cloned(),
            );
            images.extend(own.filter(|_| !built.contains(&build.path)));
            raw.texts.extend(build.texts(&file_text, shapes));
        }
        drop_named_copies(&mut images, files);
        raw.servers.append(&mut images);
        let ends_like = |path: &str| ends_like(files, path);
        raw.absorb(unit::servers(&self.units, &ends_like, shapes).within_bounds());
        let by_path: BTreeMap<&str, (FileId, &InputFile)> = files
            .iter()
            .map(|(id, input)| (input.path.as_str(), (*id, *input)))
            .collect();
        let wanted = missing_texts(&raw, known);
        let found = wanted.iter().filter_map(|path| by_path.get(path.as_str()));
        let read = found.filter_map(|(id, input)| text_of(*id, input, shapes));
        let read: Vec<RawFacts> = read.collect();
        read.into_iter()
            .for_each(|one| raw.absorb(one.within_bounds()));
        raw
    }
}

/// The Dockerfiles of images that something runs: how these are started is known.
fn images_in_use(facts: &[&RawFacts]) -> BTreeSet<String> {
    let servers = facts.iter().flat_map(|raw| &raw.servers);
    let servers = servers.filter_map(|server| server.built_from.clone());
    let workloads = facts.iter().flat_map(|raw| &raw.workloads);
    let workloads = workloads.filter_map(|workload| Some(workload.build.as_ref()?.path.clone()));
    servers.chain(workloads).collect()
}

/// Takes back that an image's configuration is not read where another file of the tree names its path: what
/// starts the image may be told of it there.
fn drop_named_copies(images: &mut Vec<RawServer>, files: &[(FileId, &InputFile)]) {
    let unread = images.iter().flat_map(|image| &image.unread);
    let paths: Vec<(String, FileId)> = unread
        .map(|one| (one.name.clone(), one.span.file))
        .collect();
    let Ok(finder) = AhoCorasick::new(paths.iter().map(|(path, _)| path)) else {
        return;
    };
    let mut named = vec![false; paths.len()];
    for (id, input) in files.iter().filter(|_| !paths.is_empty()) {
        for found in finder.find_overlapping_iter(input.text.as_bytes()) {
            let at = found.pattern().as_usize();
            named[at] |= paths[at].1 != *id;
        }
    }
    let mut named = named.into_iter();
    for image in images.iter_mut() {
        image.unread.retain(|_| !named.next().unwrap_or(false));
    }
    // Of an image without a word about its server nothing is left to be said.
    images.retain(|image| image.conf.len() > 1 || !image.unread.is_empty());
}

/// The configuration files of the tree whose paths end most like a path of the host, at least in
/// their names.
fn ends_like(files: &[(FileId, &InputFile)], path: &str) -> Vec<String> {
    let is_text = |input: &&InputFile| matches!(input.kind, FileKind::ConfText | FileKind::Text);
    let common = |other: &str| {
        let parts = path.rsplit('/').zip(other.rsplit('/'));
        parts.take_while(|(a, b)| a == b).count()
    };
    let inputs = files.iter().map(|(_, input)| *input).filter(is_text);
    let found: Vec<(usize, &str)> = inputs
        .map(|input| (common(&input.path), input.path.as_str()))
        .collect();
    let most = found.iter().map(|(count, _)| *count).max().unwrap_or(0);
    let best = found
        .into_iter()
        .filter(|(count, _)| most > 0 && *count == most);
    best.map(|(_, path)| path.to_owned()).collect()
}

/// Files that a server is given and that no reader took as configuration: their names and their
/// content do not say what they are.
fn missing_texts(raw: &RawFacts, known: &RawFacts) -> BTreeSet<String> {
    let read: BTreeSet<&str> = known
        .texts
        .iter()
        .filter_map(|text| match &text.place {
            TextPlace::File { path } => Some(path.as_str()),
            _ => None,
        })
        .collect();
    let servers = raw.servers.iter().chain(&known.servers);
    let parts = servers.flat_map(|server| &server.conf);
    parts
        .filter_map(|part| match part {
            ConfPart::File { path, .. } => Some(path),
            _ => None,
        })
        .filter(|path| !read.contains(path.as_str()))
        .cloned()
        .collect()
}

fn text_of(id: FileId, input: &InputFile, shapes: &DeploymentShapes) -> Option<RawFacts> {
    if !matches!(input.kind, FileKind::Text | FileKind::ConfText) {
        return None;
    }
    let place = TextPlace::File {
        path: input.path.clone(),
    };
    let excerpt = Excerpt::whole(id, Arc::clone(&input.text));
    let name = input.path.clone();
    Some(read_config_text(name, place, excerpt, input, shapes))
}
