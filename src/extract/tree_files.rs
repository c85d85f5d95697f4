//! The files that deployments refer to by path, and the images that Dockerfiles among them make: the
//! name of an image in, the Dockerfile and its stage out.
//!
//! What builds an image says its name (a compose service, an artifact of skaffold, `docker build`, a
//! build action); where nothing does, the folder or the file of a Dockerfile may be called the same,
//! and then it is assumed. What an image starts is read by `dockerfile` and `launch`.

use std::collections::{BTreeMap, BTreeSet};

use crate::extract::command::CommandInvocation;
use crate::extract::dockerfile::{self, BuildFile, StageImage};
use crate::extract::interpolate::InterpolatedText;
use crate::extract::launch;
use crate::extract::scalar::known_text;
use crate::extract::script::{self, program_name};
use crate::extract::variables::VariableValues;
use crate::facts::raw::{ConfPart, RawUnread};
use crate::facts::{Cause, Strength};
use crate::knowledge::shapes::{DeploymentShapes, ImageReference};
use crate::source::{Excerpt, FileId, Span, path};
use crate::syntax::yaml::{YamlNode, YamlStream};

/// The texts of a tree by their paths, and its Dockerfiles.
#[derive(Default)]
pub struct TreeFiles<'a> {
    texts: BTreeMap<&'a str, Excerpt>,
    builds: BTreeMap<&'a str, BuildFile>,
    /// Dockerfiles that a program generated.
    pub unread_builds: Vec<FileId>,
    named: Vec<NamedBuild>,
}

/// An image that something of the tree builds under a name.
struct NamedBuild {
    image: ImageReference,
    /// The Dockerfile.
    path: String,
    context: String,
    target: Option<String>,
}

/// The image that a Dockerfile of the tree makes.
pub struct TreeImage<'a> {
    pub file: &'a BuildFile,
    pub image: StageImage,
    /// The folders that its `COPY` reads from, the surest first.
    pub contexts: Vec<String>,
    /// Whether it is certainly this Dockerfile that makes it.
    pub strength: Strength,
}

/// Folders that hold the Dockerfile of what is above them.
const BUILD_FOLDERS: [&str; 5] = ["docker", "build", "image", "container", "deploy"];
const BUILD_FILE: &str = "Dockerfile";
/// Programs that build images.
const BUILDERS: [&str; 3] = ["docker", "podman", "buildah"];
const BUILD_ACTION: &str = "docker/build-push-action";
/// Mappings deeper than this hold no build step.
const MAX_DEPTH: usize = 16;

impl<'a> TreeFiles<'a> {
    /// The files of a tree; `is_build` tells which of them are Dockerfiles.
    pub fn new(
        files: impl IntoIterator<Item = (&'a str, Excerpt)>,
        is_build: impl Fn(&str) -> bool,
    ) -> Self {
        let mut tree = Self::default();
        for (path, excerpt) in files {
            if is_build(path) {
                match dockerfile::read(path, &excerpt) {
                    Some(build) => drop(tree.builds.insert(path, build)),
                    None => tree.unread_builds.push(excerpt.file()),
                }
            }
            tree.texts.insert(path, excerpt);
        }
        tree
    }

    pub fn text(&self, path: &str) -> Option<&Excerpt> {
        self.texts.get(path)
    }

    pub fn holds(&self, path: &str) -> bool {
        self.texts.contains_key(path)
    }

    pub fn build(&self, path: &str) -> Option<&BuildFile> {
        self.builds.get(path)
    }

    pub fn builds(&self) -> impl Iterator<Item = &BuildFile> {
        self.builds.values()
    }

    /// A script of the tree, as far as a shell runs it; `None` for what is none.
    pub fn script(&self, path: &str) -> Option<Result<InterpolatedText, Cause>> {
        let text = self.texts.get(path)?;
        launch::is_script(path, text.text()).then(|| launch::shell_script(text.clone()))
    }

    /// Takes in what a YAML file says of images that are built.
    pub fn name_images(&mut self, path: &str, stream: &YamlStream) {
        if self.builds.is_empty() {
            return;
        }
        let folder = path::folder(path);
        for document in &stream.documents {
            self.add_compose_builds(folder, &document.root);
            self.artifacts(folder, &document.root);
            self.steps(&document.root, 0);
        }
    }

    /// Takes in the images that a script builds: paths start at the root of the tree.
    pub fn name_built_by(&mut self, script: &Excerpt) {
        let is_builder = |name: &&str| script.text().contains(*name);
        if self.builds.is_empty() || !BUILDERS.iter().any(is_builder) {
            return;
        }
        for command in script::plain_commands(script) {
            let words: Vec<&str> = command.words.iter().map(|w| w.text.as_str()).collect();
            self.command(&words);
        }
    }

    /// Services that have both an image and a build.
    fn add_compose_builds(&mut self, folder: &str, root: &YamlNode) {
        let services = root.get("services").map(YamlNode::entries);
        for service in services.unwrap_or_default() {
            let (image, build) = (service.value.get("image"), service.value.get("build"));
            let (Some(image), Some(build)) = (known_text(image), build) else {
                continue;
            };
            let context = known_text(Some(build)).or(known_text(build.get("context")));
            self.add(
                image,
                path::resolve(folder, context.unwrap_or(".")),
                known_text(build.get("dockerfile")),
                known_text(build.get("target")),
            );
        }
    }

    /// The artifacts of a skaffold file.
    fn artifacts(&mut self, folder: &str, root: &YamlNode) {
        if !known_text(root.get("apiVersion")).is_some_and(|api| api.starts_with("skaffold/")) {
            return;
        }
        let artifacts = root.at("build.artifacts").map(YamlNode::items);
        for artifact in artifacts.unwrap_or_default() {
            let Some(image) = known_text(artifact.get("image")) else {
                continue;
            };
            let context = known_text(artifact.get("context")).unwrap_or(".");
            self.add(
                image,
                path::resolve(folder, context),
                known_text(artifact.at("docker.dockerfile")),
                known_text(artifact.at("docker.target")),
            );
        }
    }

    /// Steps of a pipeline that build: paths start at the root of the tree.
    fn steps(&mut self, node: &YamlNode, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        let uses = known_text(node.get("uses")).unwrap_or_default();
        if let Some(with) = node.get("with").filter(|_| uses.starts_with(BUILD_ACTION)) {
            let tags = known_text(with.get("tags")).unwrap_or_default();
            let context = known_text(with.get("context")).unwrap_or(".");
            for tag in tags.split([',', '\n']).map(str::trim) {
                self.add_from_root(
                    tag,
                    context,
                    known_text(with.get("file")),
                    known_text(with.get("target")),
                );
            }
        }
        for entry in node.entries() {
            self.steps(&entry.value, depth + 1);
        }
        for item in node.items() {
            self.steps(item, depth + 1);
        }
        if let Some(scalar) = node.scalar() {
            self.name_built_by(scalar.value());
        }
    }

    /// `docker build -t NAME -f FILE CONTEXT`.
    fn command(&mut self, words: &[&str]) {
        let Some((program, arguments)) = words.split_first() else {
            return;
        };
        let builds = |word: &&str| matches!(*word, "build" | "bud");
        let is_build = arguments.iter().take(3).any(builds);
        if !BUILDERS.contains(&program_name(program)) || !is_build {
            return;
        }
        let option = |short: &str, long: &str| {
            let mut pairs = arguments.windows(2);
            let pair = pairs.find(|pair| pair[0] == short || pair[0] == long);
            let joined = arguments.iter().find_map(|word| {
                let value = word.strip_prefix(long)?;
                value.strip_prefix('=')
            });
            pair.map(|pair| pair[1]).or(joined)
        };
        let (Some(image), Some(context)) = (option("-t", "--tag"), arguments.last()) else {
            return;
        };
        self.add_from_root(
            image,
            context,
            option("-f", "--file"),
            option("--target", "--target"),
        );
    }

    /// A build that is run at the root of the tree: the path of its file starts there, too.
    fn add_from_root(
        &mut self,
        image: &str,
        context: &str,
        file: Option<&str>,
        target: Option<&str>,
    ) {
        let context = path::resolve("", context);
        let at_root = file.and_then(|file| path::resolve("", file));
        match at_root {
            Some(path) => self.add_file(image, path, context, target),
            None => self.add(image, context, None, target),
        }
    }

    fn add(
        &mut self,
        image: &str,
        context: Option<String>,
        file: Option<&str>,
        target: Option<&str>,
    ) {
        let Some(folder) = context else { return };
        if let Some(path) = path::resolve(&folder, file.unwrap_or(BUILD_FILE)) {
            self.add_file(image, path, Some(folder), target);
        }
    }

    fn add_file(
        &mut self,
        image: &str,
        path: String,
        context: Option<String>,
        target: Option<&str>,
    ) {
        let image = ImageReference::parse(image);
        // Of a name with a variable the last part may still be whole.
        let is_known = !image.name.contains(['$', '{', '}']) && !image.name.is_empty();
        if is_known && self.builds.contains_key(path.as_str()) {
            self.named.push(NamedBuild {
                image,
                context: context.unwrap_or_default(),
                path,
                target: target.map(str::to_owned),
            });
        }
    }

    /// The image that the tree makes under a name; `None` where nothing or more than one thing does.
    pub fn image(
        &self,
        wanted: &ImageReference,
        shapes: &DeploymentShapes,
    ) -> Option<TreeImage<'_>> {
        if shapes.official_image(wanted).is_some() {
            return None;
        }
        let is_same = |build: &&NamedBuild| build.image.name == wanted.name;
        let mut named: Vec<&NamedBuild> = self.named.iter().filter(is_same).collect();
        let is_whole = |build: &&NamedBuild| {
            let own = &build.image.repository;
            *own == wanted.repository || !own.contains('/')
        };
        let certain = named.iter().any(is_whole);
        if certain {
            named.retain(is_whole);
        }
        let paths: BTreeSet<(&str, Option<&str>)> = named
            .iter()
            .map(|build| (build.path.as_str(), build.target.as_deref()))
            .collect();
        if let (Some(build), true) = (named.first(), paths.len() == 1) {
            let file = self.builds.get(build.path.as_str())?;
            let image = file.image(build.target.as_deref(), &VariableValues::new(), shapes)?;
            return Some(TreeImage {
                file,
                image,
                contexts: vec![build.context.clone()],
                strength: match certain {
                    true => Strength::Certain,
                    false => Strength::Assumed,
                },
            });
        }
        // Others publish servers under the names of servers.
        let is_servers = shapes.server_image(wanted).is_some() && wanted.registry.is_none();
        if !paths.is_empty() || is_servers {
            return None;
        }
        let mut alike = self.builds.values();
        let file = alike.find(|file| is_called(&file.path, &wanted.name))?;
        if alike.any(|file| is_called(&file.path, &wanted.name)) {
            return None;
        }
        Some(TreeImage {
            file,
            image: file.image(None, &VariableValues::new(), shapes)?,
            contexts: file.usual_contexts(),
            strength: Strength::Assumed,
        })
    }
}

/// Whether the folder of a Dockerfile, or what stands beside that word in its name, is this name.
fn is_called(path: &str, name: &str) -> bool {
    let (mut folder, file) = path::split(path);
    let mut parts = file.split('.');
    if parts.clone().count() > 1 && parts.any(|part| part == name) {
        return true;
    }
    while BUILD_FOLDERS.contains(&path::name(folder)) {
        folder = path::folder(folder);
    }
    path::name(folder) == name
}

impl TreeImage<'_> {
    /// What the image holds at a path; `None` where no instruction puts anything there.
    pub fn file_part(
        &self,
        path: &str,
        at: Span,
        files: &TreeFiles<'_>,
        shapes: &DeploymentShapes,
    ) -> Option<ConfPart> {
        let holds = |path: &str| files.holds(path);
        self.file
            .file_part(&self.image, path, at, &self.contexts, &holds, shapes)
    }

    /// The files of the tree that the image holds at paths that fit.
    pub fn texts_at(&self, fits: &dyn Fn(&str) -> bool, files: &TreeFiles<'_>) -> Vec<Excerpt> {
        let texts = |path: &str| files.text(path).cloned();
        self.file
            .texts_at(&self.image, &self.contexts, fits, &texts)
    }

    /// The configuration that the image holds and that nothing in its Dockerfile names.
    pub fn unread_copies(
        &self,
        invocation: &CommandInvocation,
        tree: &dyn Fn(&str) -> bool,
        shapes: &DeploymentShapes,
    ) -> Vec<RawUnread> {
        let (image, contexts) = (&self.image, &self.contexts);
        self.file
            .unread_copies(image, invocation, contexts, tree, shapes)
    }

    /// A script that the image holds at a path.
    pub fn script(
        &self,
        path: &str,
        files: &TreeFiles<'_>,
        shapes: &DeploymentShapes,
    ) -> Option<Result<InterpolatedText, Cause>> {
        let script = |path: &str| files.script(path);
        self.file
            .script(&self.image, path, &self.contexts, shapes, &script)
    }
}
