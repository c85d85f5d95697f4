//! The stages of a Dockerfile, folded into the image that each of them makes: its base, process,
//! environment, and the files that are put into it. Build arguments are filled in.

use std::collections::BTreeMap;

use crate::extract::interpolate::{FillBudget, InterpolatedText};
use crate::extract::launch::{self, CommandArgument};
use crate::extract::process_environment::ProcessEnvironment;
use crate::extract::variables::{DollarEscape, VariableValues, fill};
use crate::facts::pattern::FilePattern;
use crate::facts::raw::RawScalar;
use crate::facts::{Cause, EditTarget};
use crate::knowledge::shapes::{DeploymentShapes, ImageReference, ImageShape};
use crate::source::{Excerpt, Span, path};
use crate::syntax::dockerfile::{self, Instruction};

/// The image that one stage of a Dockerfile makes.
#[derive(Clone, Debug)]
pub struct StageImage {
    /// The image that it is made from.
    pub base: RawScalar,
    /// The instruction that begins the stage.
    pub anchor: Span,
    /// Set instead of the base's.
    pub entrypoint: Option<Vec<CommandArgument>>,
    pub command: Option<Vec<CommandArgument>>,
    pub environment: ProcessEnvironment,
    pub(super) copies: Vec<CopiedFiles>,
    /// The steps that may write a file.
    pub(super) steps: Vec<(String, Span)>,
    folder: Option<String>,
}

/// Files that an instruction puts into the image.
#[derive(Clone, Debug)]
pub(super) struct CopiedFiles {
    pub(super) sources: Vec<String>,
    pub(super) target: String,
    /// Why they are no files of the tree.
    pub(super) elsewhere: Option<Cause>,
    /// The key of the text that stands in the Dockerfile itself.
    pub(super) inline: Option<String>,
    pub(super) at: Span,
}

impl CopiedFiles {
    /// Where a source that is a file stands in the image.
    pub(super) fn target_of(&self, source: &str) -> String {
        let many = self.sources.len() > 1 || self.target.ends_with('/');
        let folder = self.target.trim_end_matches('/');
        match many {
            true => format!("{folder}/{}", source.rsplit('/').next().unwrap_or(source)),
            false => self.target.clone(),
        }
    }

    /// Which sources may be what stands at a path of the image.
    pub(super) fn sources_of(&self, path: &str) -> Vec<String> {
        let target = self.target.trim_end_matches('/');
        let many = self.sources.len() > 1 || self.target.ends_with('/');
        if path == target && !many {
            return self.sources.clone();
        }
        let Some(rest) = path
            .strip_prefix(target)
            .and_then(|rest| rest.strip_prefix('/'))
        else {
            return Vec::new();
        };
        let of_source = |source: &String| {
            let source = source.trim_end_matches('/');
            let (folder, name) = source.rsplit_once('/').unwrap_or((".", source));
            if name == rest {
                return Some(source.to_owned());
            }
            if name.contains(['*', '?', '[']) {
                let first = rest.split('/').next().unwrap_or(rest);
                let fits = FilePattern::new(name)?.matches(first);
                return fits.then(|| format!("{folder}/{rest}"));
            }
            Some(format!("{source}/{rest}"))
        };
        self.sources.iter().filter_map(of_source).collect()
    }
}

pub(super) struct BuildStages<'a> {
    pub(super) shapes: &'a DeploymentShapes,
    pub(super) given: &'a VariableValues,
    /// Build arguments before the first stage.
    pub(super) global: VariableValues,
    pub(super) variables: VariableValues,
    pub(super) budget: FillBudget,
    /// Each stage with its name.
    pub(super) done: Vec<(Option<String>, StageImage)>,
}

impl BuildStages<'_> {
    pub(super) fn find_stage(&self, wanted: &str) -> Option<&StageImage> {
        let by_name = self.done.iter().rev().find(|(name, _)| {
            name.as_ref()
                .is_some_and(|name| name.eq_ignore_ascii_case(wanted))
        });
        let found = by_name.or_else(|| self.done.get(wanted.parse::<usize>().ok()?));
        found.map(|(_, image)| image)
    }

    pub(super) fn take(&mut self, instruction: &Instruction) {
        match instruction.name.as_str() {
            "ARG" => self.argument(instruction),
            "FROM" => self.stage(instruction),
            _ => {
                let mut variables = std::mem::take(&mut self.variables);
                if let Some((_, image)) = self.done.last_mut() {
                    image.take(instruction, &variables, &self.budget);
                }
                if instruction.name == "ENV" {
                    let pairs = pairs(&fill(
                        &instruction.body,
                        &variables,
                        DollarEscape::Backslash,
                        &self.budget,
                    ));
                    variables.extend(pairs);
                }
                self.variables = variables;
            }
        }
    }

    fn argument(&mut self, instruction: &Instruction) {
        let text = fill(
            &instruction.body,
            &self.variables,
            DollarEscape::Backslash,
            &self.budget,
        );
        let outside = self.done.is_empty();
        for argument in launch::split(&text) {
            let word = argument.text.text();
            let (name, default) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (word, None),
            };
            let given = self.given.get(name).cloned();
            let own = default.map(|value| argument.text.known_text().map(|_| value.to_owned()));
            let inherited = self.global.get(name).filter(|_| !outside).cloned();
            let Some(value) = given.or(own).or(inherited) else {
                continue;
            };
            if outside {
                self.global.insert(name.to_owned(), value.clone());
            }
            self.variables.insert(name.to_owned(), value);
        }
    }

    fn stage(&mut self, instruction: &Instruction) {
        let filled = fill(
            &instruction.body,
            &self.global,
            DollarEscape::Backslash,
            &self.budget,
        );
        let words: Vec<CommandArgument> = launch::split(&filled)
            .into_iter()
            .filter(|word| !word.text.text().starts_with("--"))
            .collect();
        let Some(base) = words.first() else { return };
        let name = words.get(2).map(|word| word.text.text().to_owned());
        let earlier = self.find_named_stage(base.text.text()).cloned();
        let image = earlier.map_or_else(
            || StageImage::of(base, instruction.span, self.shapes),
            |stage| StageImage {
                anchor: instruction.span,
                ..stage
            },
        );
        self.variables = VariableValues::new();
        self.done.push((name, image));
    }

    /// A stage by its name alone: a number in `FROM` is an image.
    fn find_named_stage(&self, wanted: &str) -> Option<&StageImage> {
        let is_named = self.done.iter().any(|(name, _)| {
            name.as_ref()
                .is_some_and(|name| name.eq_ignore_ascii_case(wanted))
        });
        self.find_stage(wanted).filter(|_| is_named)
    }
}

impl StageImage {
    fn of(base: &CommandArgument, anchor: Span, shapes: &DeploymentShapes) -> Self {
        let base = RawScalar {
            text: base.text.known_text().map(str::to_owned),
            span: base.text.excerpt().span_all(),
            slot: EditTarget::None,
        };
        let reference = base.known_text().map(ImageReference::parse);
        let shape = official(reference.as_ref(), shapes);
        Self {
            folder: shape.and_then(|shape| shape.data.clone()),
            base,
            anchor,
            entrypoint: None,
            command: None,
            environment: BTreeMap::new(),
            copies: Vec::new(),
            steps: Vec::new(),
        }
    }

    pub fn reference(&self) -> Option<ImageReference> {
        self.base.known_text().map(ImageReference::parse)
    }

    fn take(&mut self, instruction: &Instruction, variables: &VariableValues, budget: &FillBudget) {
        let body = &instruction.body;
        let filled = || fill(body, variables, DollarEscape::Backslash, budget);
        match instruction.name.as_str() {
            "CMD" => self.command = Some(process(&instruction.body)),
            "ENTRYPOINT" => self.set_entrypoint(&instruction.body),
            "ENV" => self.environment.extend(pairs(&filled())),
            "WORKDIR" => {
                let folder = filled().text().trim().to_owned();
                self.folder = Some(self.absolute(&folder));
            }
            "COPY" | "ADD" => self.copy(instruction, &filled()),
            "RUN" => self.steps.push((step_text(instruction), instruction.span)),
            _ => {}
        }
    }

    /// A command that was inherited means nothing to another entrypoint; the shell's form takes none.
    fn set_entrypoint(&mut self, body: &Excerpt) {
        self.entrypoint = Some(process(body));
        if dockerfile::exec_form(body).is_none() {
            self.command = Some(Vec::new());
        }
    }

    /// A path as the image's working folder makes it.
    pub fn absolute(&self, path: &str) -> String {
        if path.starts_with('/') {
            return path.to_owned();
        }
        let folder = self.folder.as_deref().unwrap_or("/");
        let path = path.trim_start_matches("./");
        format!("{}/{path}", folder.trim_end_matches('/'))
    }

    /// Whether a folder of the image is, holds or lies in one that the build puts files into, or the one
    /// that its programs start in. One that takes in nothing may keep its sources anywhere.
    pub fn meets_sources(&self, folder: &str) -> bool {
        let copied = self
            .copies
            .iter()
            .filter(|copied| copied.elsewhere.is_none());
        let copied = copied.map(|copied| self.absolute(&copied.target));
        let folders: Vec<String> = copied.chain(self.folder.clone()).collect();
        let meets = |other: &String| {
            let other = other.trim_end_matches('/');
            path::is_within(other, folder) || path::is_within(folder, other)
        };
        folders.is_empty() || folders.iter().any(meets)
    }

    fn copy(&mut self, instruction: &Instruction, filled: &InterpolatedText) {
        let listed = dockerfile::exec_form(filled.excerpt());
        let mut words: Vec<String> = match listed {
            Some(words) => words.iter().map(|word| word.text().to_owned()).collect(),
            None => launch::split(filled)
                .iter()
                .map(|word| word.text.text().to_owned())
                .collect(),
        };
        let from = words.iter().any(|word| word.starts_with("--from="));
        words.retain(|word| !word.starts_with("--"));
        let inline = !instruction.here_documents.is_empty();
        let Some(target) = words.pop() else { return };
        if inline {
            words = vec![inline_key(instruction, 0)];
        }
        let is_remote = words.iter().any(|word| word.contains("://"));
        let elsewhere = if from {
            Some("it is copied from another stage of the build")
        } else if is_remote {
            Some("it is fetched while the image is built")
        } else {
            None
        };
        let elsewhere = elsewhere.map(Cause::Image).or(filled.known_text().err());
        self.copies.push(CopiedFiles {
            inline: inline.then(|| inline_key(instruction, 0)),
            sources: words,
            target: self.absolute(&target),
            elsewhere,
            at: instruction.span,
        });
    }
}

fn step_text(instruction: &Instruction) -> String {
    let documents = instruction.here_documents.iter().map(Excerpt::text);
    let texts: Vec<_> = std::iter::once(instruction.body.text())
        .chain(documents)
        .collect();
    texts.join("\n")
}

/// The shape of an image of which it is known what it does by itself.
pub fn official<'s>(
    reference: Option<&ImageReference>,
    shapes: &'s DeploymentShapes,
) -> Option<&'s ImageShape> {
    shapes.official_image(reference?)
}

pub(super) fn inline_key(instruction: &Instruction, index: usize) -> String {
    format!("{}#{index}", instruction.span.start)
}

/// The words of a `CMD` or `ENTRYPOINT`; the shell's form is a script.
fn process(body: &Excerpt) -> Vec<CommandArgument> {
    if let Some(words) = dockerfile::exec_form(body) {
        return words
            .into_iter()
            .map(|word| CommandArgument {
                text: InterpolatedText::plain(word),
                slot: EditTarget::None,
            })
            .collect();
    }
    let spoken = |text: &str| {
        let mut builder = body.builder();
        builder.push_as(text, 0..0);
        builder.finish_at(0)
    };
    [spoken("/bin/sh"), spoken("-c"), body.clone()]
        .into_iter()
        .map(|text| CommandArgument {
            text: InterpolatedText::plain(text),
            slot: EditTarget::None,
        })
        .collect()
}

/// `NAME=value …`, or the old `NAME value`.
fn pairs(text: &InterpolatedText) -> Vec<(String, Result<String, Cause>)> {
    let words = launch::split(text);
    let old = words
        .first()
        .is_some_and(|first| !first.text.text().contains('='));
    if old {
        let written = text.text().trim();
        let pair = written.split_once(char::is_whitespace);
        let value = |value: &str| text.known_text().map(|_| value.trim().to_owned());
        return pair
            .map(|(name, rest)| (name.to_owned(), value(rest)))
            .into_iter()
            .collect();
    }
    let pair = |word: &CommandArgument| {
        let known = word.text.known_text().map(|_| ());
        let (name, value) = word.text.text().split_once('=')?;
        Some((name.to_owned(), known.map(|()| value.to_owned())))
    };
    words.iter().filter_map(pair).collect()
}
