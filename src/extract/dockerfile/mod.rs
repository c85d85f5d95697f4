//! Dockerfiles: what an image starts, from which image it is made, and which files of the tree it
//! holds. A Dockerfile is a server's if the image that it is made from is one, or if it starts a
//! server program.
//!
//! A build argument is known by its default. What a step of the build writes is not followed.

mod installs;
mod programs;
mod stages;
mod unread;

use crate::extract::command::CommandInvocation;
use crate::extract::conf::{self, FileTexts, TextFrame};
use crate::extract::image_set_up::VariablePlaces;
use crate::extract::interpolate::{FillBudget, InterpolatedText};
use crate::extract::launch::{self, LaunchResult, ScriptLookup, StartedProgram};
use crate::extract::script;
use crate::extract::variables::VariableValues;
use crate::facts::deployment::Deployment;
use crate::facts::fact_path::ServerFact;
use crate::facts::raw::{ConfPart, ObjectName, RawServer, RawText, RawVariable, TextPlace};
use crate::facts::{Cause, Strength};
use crate::knowledge::shapes::DeploymentShapes;
use crate::source::{Comment, Excerpt, FileId, Span, path};
use crate::syntax::dockerfile::{self, Instruction};
use stages::{BuildStages, inline_key};

pub use installs::written_release;
pub use stages::{StageImage, official};

/// A Dockerfile of the tree, its instructions read.
#[derive(Clone, Debug)]
pub struct BuildFile {
    pub path: String,
    instructions: Vec<Instruction>,
    pub comments: Vec<Comment>,
}

/// A stage keeps what the stage that it is made of has: so many instructions and stages bound it.
const MAX_INSTRUCTIONS: usize = 5_000;
const MAX_STAGES: usize = 100;

/// Reads a file; which of its stages matters is decided later. `None` where a program generated it.
pub fn read(path: &str, excerpt: &Excerpt) -> Option<BuildFile> {
    let parsed = dockerfile::parse(excerpt);
    let of_stage = |instruction: &&Instruction| instruction.name == "FROM";
    let stages = parsed.instructions.iter().filter(of_stage).count();
    if parsed.instructions.len() > MAX_INSTRUCTIONS || stages > MAX_STAGES {
        return None;
    }
    Some(BuildFile {
        path: path.to_owned(),
        instructions: parsed.instructions,
        comments: parsed.comments,
    })
}

impl BuildFile {
    /// The image of a stage, of the last one where none is named. `arguments` are those that the
    /// build is given.
    pub fn image(
        &self,
        target: Option<&str>,
        arguments: &VariableValues,
        shapes: &DeploymentShapes,
    ) -> Option<StageImage> {
        let mut stages = BuildStages {
            shapes,
            given: arguments,
            global: VariableValues::new(),
            variables: VariableValues::new(),
            budget: FillBudget::of_file(),
            done: Vec::new(),
        };
        for instruction in &self.instructions {
            stages.take(instruction);
        }
        let image = match target {
            Some(target) => stages.find_stage(target)?,
            None => stages.done.last().map(|(_, image)| image)?,
        };
        Some(image.clone())
    }

    /// The variables that its image gives to whatever runs in it.
    pub fn variables(&self, shapes: &DeploymentShapes) -> Vec<RawVariable> {
        let image = self.image(None, &VariableValues::new(), shapes);
        let environment = image.map(|image| image.environment).unwrap_or_default();
        let variable = |(name, text)| RawVariable {
            name,
            text,
            owner: format!("the image of {}", self.path),
            of_image: true,
        };
        environment.into_iter().map(variable).collect()
    }

    fn object(&self) -> ObjectName {
        ObjectName {
            kind: "Dockerfile".to_owned(),
            namespace: None,
            name: self.path.clone(),
            templated: false,
        }
    }

    /// The texts that stand in the Dockerfile itself; a server that is given one reads it.
    pub fn texts(&self, file_texts: FileTexts<'_>, shapes: &DeploymentShapes) -> Vec<RawText> {
        let documents = self.instructions.iter().flat_map(|instruction| {
            let documents = instruction.here_documents.iter().enumerate();
            documents.map(|(i, excerpt)| (inline_key(instruction, i), excerpt))
        });
        documents
            .map(|(key, excerpt)| {
                let place = TextPlace::Key {
                    object: self.object(),
                    key,
                };
                let name = format!("{} here-document", self.path);
                let excerpt = excerpt.clone();
                let mut text =
                    conf::read(name, place, excerpt, TextFrame::Lines, file_texts, shapes).text;
                text.recognised = false;
                text
            })
            .collect()
    }

    /// What the image holds at a path, as a part of a configuration; `None` where no instruction
    /// puts anything there. The sources are looked for below `contexts`, the surest first.
    pub fn file_part(
        &self,
        image: &StageImage,
        path: &str,
        at: Span,
        contexts: &[String],
        tree: &dyn Fn(&str) -> bool,
        shapes: &DeploymentShapes,
    ) -> Option<ConfPart> {
        let hidden = |reason: Cause, at| ConfPart::NotVisible {
            reason,
            at: Some(at),
        };
        let name = path::name(path);
        let step = image
            .steps
            .iter()
            .find(|(text, _)| writes(text, name, shapes));
        if let Some((_, span)) = step {
            let why = Cause::ImageStep {
                image: self.path.to_owned(),
                path: path.to_owned(),
            };
            return Some(hidden(why, *span));
        }
        let copied = image.copies.iter().rev();
        let (copied, sources) = copied
            .map(|copied| (copied, copied.sources_of(path)))
            .find(|(_, sources)| !sources.is_empty())?;
        if let Some(reason) = &copied.elsewhere {
            return Some(hidden(reason.clone(), copied.at));
        }
        if let Some(key) = &copied.inline {
            return Some(ConfPart::Key {
                object: self.object(),
                key: key.clone(),
                evidence: format!("{} writes it to {path}", self.path),
                at,
            });
        }
        let below = contexts
            .iter()
            .flat_map(|context| sources.iter().filter_map(|s| path::resolve(context, s)));
        let candidates: Vec<String> = below.collect();
        let found = candidates.iter().find(|candidate| tree(candidate));
        let Some(found) = found.or(candidates.first()) else {
            return Some(hidden(
                Cause::Named {
                    name: path.to_owned(),
                    fact: "is copied from outside",
                },
                copied.at,
            ));
        };
        Some(ConfPart::File {
            path: found.clone(),
            evidence: format!("{} copies it to {path}", self.path),
            strength: Strength::Certain,
            at: copied.at,
        })
    }
}

/// Where images keep what they add to the programs of their base.
const PROGRAMS: &str = "/usr/local/bin";

impl BuildFile {
    /// A script that an image holds at a path; `None` where no file of the tree is put there. `tree`
    /// gives the scripts of the tree.
    pub fn script(
        &self,
        image: &StageImage,
        path: &str,
        contexts: &[String],
        shapes: &DeploymentShapes,
        tree: ScriptLookup<'_>,
    ) -> Option<Result<InterpolatedText, Cause>> {
        // A name alone is looked for where programs are.
        let path = if path.contains('/') {
            image.absolute(path)
        } else {
            format!("{PROGRAMS}/{path}")
        };
        let holds = |path: &str| tree(path).is_some();
        match self.file_part(image, &path, image.anchor, contexts, &holds, shapes)? {
            ConfPart::File { path, .. } => tree(&path),
            ConfPart::Key { key, .. } => {
                let mut texts = self.instructions.iter().flat_map(|instruction| {
                    let documents = instruction.here_documents.iter().enumerate();
                    documents.map(|(i, excerpt)| (inline_key(instruction, i), excerpt))
                });
                let found = texts.find(|(other, _)| *other == key)?.1;
                Some(launch::shell_script(found.clone()))
            }
            ConfPart::NotVisible { reason, .. } => Some(Err(reason)),
            _ => None,
        }
    }
}

impl BuildFile {
    /// The files of the tree that are copied to paths of the image that fit.
    pub fn texts_at(
        &self,
        image: &StageImage,
        contexts: &[String],
        fits: &dyn Fn(&str) -> bool,
        texts: &dyn Fn(&str) -> Option<Excerpt>,
    ) -> Vec<Excerpt> {
        let copies = image
            .copies
            .iter()
            .filter(|copied| copied.elsewhere.is_none());
        let pairs = copies.flat_map(|copied| {
            let sources = copied.sources.iter();
            sources.map(move |source| (copied.target_of(source), source))
        });
        let fitting = pairs.filter(|(target, _)| fits(target));
        let found = fitting.filter_map(|(_, source)| {
            let mut paths = contexts.iter().filter_map(|at| path::resolve(at, source));
            paths.find_map(|path| texts(&path))
        });
        found.collect()
    }
}

/// Whether a step may write a file of this name: one of its commands names it and is not known to
/// leave files as they are.
fn writes(step: &str, name: &str, shapes: &DeploymentShapes) -> bool {
    let commands = script::plain_commands(&Excerpt::whole(FileId(0), step.into()));
    commands.iter().any(|command| {
        let names_it = command.words.iter().any(|word| word.text.contains(name));
        command.writes_to(name) || names_it && !shapes.is_harmless_command(command.program())
    })
}

/// The server that an image is, where nothing in the tree says how it is started.
/// `tree` tells which files there are, `scripts` what the scripts among them are.
pub fn server(
    file: &BuildFile,
    shapes: &DeploymentShapes,
    tree: &dyn Fn(&str) -> bool,
    scripts: ScriptLookup<'_>,
    texts: &dyn Fn(&str) -> Option<Excerpt>,
) -> Option<RawServer> {
    let image = file.image(None, &VariableValues::new(), shapes)?;
    let reference = image.reference();
    let contexts = file.usual_contexts();
    let held = |path: &str| file.script(&image, path, &contexts, shapes, scripts);
    let fitting = |fits: &dyn Fn(&str) -> bool| file.texts_at(&image, &contexts, fits, texts);
    let launched = launch::follow_launch(
        &StartedProgram {
            image: reference.as_ref(),
            entrypoint: image.entrypoint.clone(),
            command: image.command.clone().unwrap_or_default(),
            environment: &image.environment,
            places: VariablePlaces::new(),
            listens: false,
            ports: Vec::new(),
            asked_by_client: false,
            scripts: Some(&held),
            texts: Some(&fitting),
            mounts: None,
            at: image.anchor,
        },
        shapes,
    );
    let LaunchResult::Server(invocation) = launched else {
        return None;
    };
    let unread = file.unread_copies(&image, &invocation, &contexts, tree, shapes);
    // An image that only adds tools to another one says nothing of a server's configuration.
    if invocation.file.is_none() && invocation.arguments.is_empty() && unread.is_empty() {
        return None;
    }
    let mut deployment = Deployment::by("the deployment")
        .with_unknown(ServerFact::Exporter, Cause::NotDeployed)
        .with_known(ServerFact::LimitOwner, "container");
    // Whoever starts the image otherwise may make the server its process all the same.
    match invocation.is_last {
        Some(true) => deployment = deployment.with_known(ServerFact::MainProcess, true),
        Some(false) => {}
        None => {
            let why = Cause::StartScript("is not followed");
            deployment = deployment.with_unknown(ServerFact::MainProcess, why);
        }
    }
    let mut conf = parts(file, &image, *invocation, &contexts, tree, shapes);
    conf.push(ConfPart::NotVisible {
        reason: Cause::Image("the image may be started with other arguments"),
        at: None,
    });
    let shape = official(reference.as_ref(), shapes);
    Some(RawServer {
        installed: image.find_installed(shapes),
        image: Some(image.base),
        deployment,
        conf,
        data_directory: shape.and_then(|shape| shape.data.clone()),
        fragment: true,
        unread,
        ..RawServer::new(format!("image/{}", file.path), image.anchor)
    })
}

/// The parts of a configuration that an image's own process is given.
fn parts(
    file: &BuildFile,
    image: &StageImage,
    mut invocation: CommandInvocation,
    contexts: &[String],
    tree: &dyn Fn(&str) -> bool,
    shapes: &DeploymentShapes,
) -> Vec<ConfPart> {
    let mut parts = Vec::new();
    if let Some(reason) = invocation
        .file
        .as_ref()
        .and_then(|path| path.unresolved.clone())
    {
        let why = Cause::FilePath(Box::new(reason));
        invocation.gap.get_or_insert(why);
    } else if let Some(path) = &invocation.file {
        let at = image.absolute(&path.text);
        let part = file.file_part(image, &at, path.span, contexts, tree, shapes);
        parts.push(part.unwrap_or_else(|| ConfPart::NotVisible {
            reason: Cause::Named {
                name: at.to_string(),
                fact: "is part of the image that it is made from",
            },
            at: Some(path.span),
        }));
    }
    if let Some(reason) = invocation.gap.take() {
        parts.push(ConfPart::NotVisible { reason, at: None });
    }
    parts.extend(invocation.option_parts());
    parts
}
