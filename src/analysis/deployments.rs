//! Deployments that more than one file tells of: compose files with the files that they name and
//! the Dockerfiles that they build, units of a host with their drop-ins. Collected while files are read one by one, joined
//! afterwards.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::analysis::InputFile;
use crate::discover::FileKind;
use crate::extract::compose::{self, ComposeFile};
use crate::extract::conf::{self, TextFrame};
use crate::extract::dockerfile::{self, BuildFile};
use crate::extract::secrets;
use crate::extract::unit::{self, UnitFile};
use crate::facts::raw::{ConfPart, RawFacts, TextPlace};
use crate::knowledge::shapes::DeploymentShapes;
use crate::source::{Excerpt, FileId, Span};
use crate::syntax::yaml::YamlStream;

/// What single files give.
#[derive(Default)]
pub(super) struct FileDeployments {
    pub(super) compose: Vec<ComposeFile>,
    pub(super) builds: Vec<BuildFile>,
    pub(super) units: Vec<UnitFile>,
    /// Places of YAML files that hold secrets.
    secrets: Vec<Span>,
    problems: Vec<(Span, String)>,
}

impl FileDeployments {
    /// What a Dockerfile or a unit gives.
    pub(super) fn of(input: &InputFile, excerpt: &Excerpt) -> Self {
        let mut found = Self::default();
        match input.kind {
            FileKind::Dockerfile => match dockerfile::read(&input.path, excerpt) {
                Some(build) => found.builds.push(build),
                None => {
                    let why = "it has more instructions or stages than are read";
                    found.problems.push((excerpt.span(0..0), why.to_owned()));
                }
            },
            FileKind::Unit => found.units.push(unit::read(&input.path, excerpt)),
            _ => {}
        }
        found
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
        self.builds.extend(other.builds);
        self.units.extend(other.units);
        self.secrets.extend(other.secrets);
        self.problems.extend(other.problems);
    }

    /// The servers of all of them and the texts that they are given, beside those in `known`.
    pub(super) fn servers(
        &self,
        files: &[(FileId, &InputFile)],
        shapes: &DeploymentShapes,
        known: &RawFacts,
    ) -> RawFacts {
        let secrets = self.secrets.clone();
        let problems = self.problems.clone();
        if self.compose.is_empty() && self.builds.is_empty() && self.units.is_empty() {
            return RawFacts {
                secrets,
                problems,
                ..RawFacts::default()
            };
        }
        let by_path: BTreeMap<&str, (FileId, &InputFile)> = files
            .iter()
            .map(|(id, input)| (input.path.as_str(), (*id, *input)))
            .collect();
        let texts = by_path
            .iter()
            .map(|(path, (id, input))| (*path, Excerpt::whole(*id, Arc::clone(&input.text))));
        let file_text = |id: FileId| {
            let at = files.binary_search_by_key(&id, |(other, _)| *other);
            at.map_or_else(|_| "".into(), |at| Arc::clone(&files[at].1.text))
        };
        let builds = self.builds.iter().map(|build| (build.path.as_str(), build));
        let tree = compose::ComposeTree {
            shapes,
            texts: texts.collect(),
            file_text: &file_text,
            builds: builds.collect(),
        };
        let mut raw = compose::read(&self.compose, &tree);
        raw.secrets = secrets;
        raw.problems.extend(problems);
        let built = compose::built(&self.compose, &tree);
        for build in &self.builds {
            raw.builds.push(build.programs(&build.usual_contexts()));
            raw.comments.extend(build.comments.iter().cloned());
            raw.variables.extend(build.variables(shapes));
            let own = dockerfile::server(build, shapes, &|path| tree.holds(path), &|path| {
                tree.script(path)
            });
            let own = own.filter(|_| !built.contains(&build.path));
            raw.servers.extend(own);
            let text = by_path.get(build.path.as_str());
            let text = text.map_or("", |(_, input)| &*input.text);
            raw.texts.extend(build.texts(text, shapes));
        }
        let ends_like = |path: &str| ends_like(files, path);
        raw.absorb(unit::servers(&self.units, &ends_like, shapes).bounded());
        let wanted = missing_texts(&raw, known);
        let found = wanted.iter().filter_map(|path| by_path.get(path.as_str()));
        let read = found.filter_map(|(id, input)| text_of(*id, input, shapes));
        let read: Vec<RawFacts> = read.collect();
        read.into_iter().for_each(|one| raw.absorb(one.bounded()));
        raw
    }
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

/// Files that a server is given and that nobody has read as configuration: their names and their
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
    let parts = raw.servers.iter().flat_map(|server| &server.conf);
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
    let read = conf::read(name, place, excerpt, TextFrame::Lines, &input.text, shapes);
    Some(RawFacts {
        texts: vec![read.text],
        comments: read.comments,
        ..RawFacts::default()
    })
}
