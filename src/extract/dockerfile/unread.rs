//! Configuration that an image holds and that its server is never told of: a server without a file among
//! its arguments reads none, wherever one was copied.

use super::BuildFile;
use super::stages::{CopiedFiles, StageImage, official};
use crate::extract::command::CommandInvocation;
use crate::extract::launch::CommandArgument;
use crate::extract::unread_mounts::{may_read_files, why_unread};
use crate::facts::Strength;
use crate::facts::raw::{RawHeld, RawUnread};
use crate::knowledge::shapes::DeploymentShapes;
use crate::source::path;

impl BuildFile {
    /// The copies that hold configuration, if the texts that they name are such. `tree` tells which files
    /// there are. Whoever starts the image may still name one: it is assumed.
    pub fn unread_copies(
        &self,
        image: &StageImage,
        invocation: &CommandInvocation,
        contexts: &[String],
        tree: &dyn Fn(&str) -> bool,
        shapes: &DeploymentShapes,
    ) -> Vec<RawUnread> {
        // The entrypoint of a server image that nobody described may read what it finds.
        let reference = image.reference();
        let is_known = image.entrypoint.is_some()
            || official(reference.as_ref(), shapes).is_some()
            || image.find_installed(shapes).is_some();
        let may_read = may_read_files(invocation, &shapes.servers.include);
        if !is_known || may_read || invocation.prepared.is_some() {
            return Vec::new();
        }
        let words: Vec<Option<&str>> = list_words(image).map(Some).collect();
        let unread = image.copies.iter().filter_map(|copied| {
            let (target, held) = self.held_by(copied, contexts, tree)?;
            let name = path::name(&target);
            // A step of the build may move it to where something reads it.
            let mut steps = image.steps.iter();
            let is_used = steps.any(|(text, _)| text.contains(name));
            let why = why_unread(&words, &target, invocation).filter(|_| !is_used)?;
            Some(RawUnread {
                name: target,
                span: copied.at,
                why,
                strength: Strength::Assumed,
                held: Some(held),
            })
        });
        unread.collect()
    }

    /// The one file that an instruction puts into the image, and where.
    fn held_by(
        &self,
        copied: &CopiedFiles,
        contexts: &[String],
        tree: &dyn Fn(&str) -> bool,
    ) -> Option<(String, RawHeld)> {
        if copied.elsewhere.is_some() {
            return None;
        }
        if let Some(key) = &copied.inline {
            let held = RawHeld::Key {
                object: self.object(),
                key: Some(key.clone()),
            };
            return Some((copied.target.clone(), held));
        }
        let [source] = &copied.sources[..] else {
            return None;
        };
        let mut candidates = contexts.iter().filter_map(|at| path::resolve(at, source));
        let found = candidates.find(|path| tree(path))?;
        Some((copied.target_of(source), RawHeld::File { path: found }))
    }
}

/// All that is written of what the image starts.
fn list_words(image: &StageImage) -> impl Iterator<Item = &str> {
    let lists = [&image.entrypoint, &image.command];
    let arguments = lists.into_iter().flatten().flatten();
    arguments.map(|argument: &CommandArgument| argument.text.text())
}
