//! Reads the files of a run: walks the tree, adds the files that were named and the text on standard
//! input, and hands all of them to the analysis as a [`ProjectInputs`].

use std::path::Path;

use crate::analysis::{InputFile, ProjectInputs};
use crate::discover::{self, ExcludePatterns, FileKind, FoundFile, InputPatterns, WalkedFiles};
use crate::finding::ReportNote;
use crate::inputs;
use crate::knowledge::Knowledge;
use crate::load::apply;
use crate::source::path;

use super::args::ServerFlags;
use super::console;
use super::failure::CliError;
use super::settings_file::{self, SettingsFile};
use super::suppressions;
use super::target::RunTarget;

/// Opens what redvet knows.
pub(super) fn knowledge() -> Result<Knowledge, CliError> {
    Knowledge::embedded().map_err(|error| CliError::new(error.to_string()))
}

/// The patterns of files that are worth reading.
pub(super) fn patterns(knowledge: &Knowledge) -> Result<InputPatterns, CliError> {
    InputPatterns::new(&inputs::patterns(knowledge))
        .map_err(|error| CliError::new(error.to_string()))
}

/// What was read.
pub(super) struct ReadProject {
    pub(super) project: ProjectInputs,
    /// How many files the tree holds, of whatever kind.
    seen: usize,
    /// Settings files below the root, which hold for checks of their own folders only.
    nested_settings: Vec<String>,
}

/// Names of files that a note lists.
const LISTED: usize = 3;

impl ReadProject {
    /// Says that settings below the root are not in force.
    pub(super) fn describe_nested_settings(&self) -> Option<ReportNote> {
        let (first, rest) = self.nested_settings.split_first()?;
        let listed = self.nested_settings.iter().take(LISTED);
        let listed: Vec<&str> = listed.map(String::as_str).collect();
        let more = match self.nested_settings.len() - listed.len() {
            0 => String::new(),
            n => format!(" and {n} more"),
        };
        let are = if rest.is_empty() { "is" } else { "are" };
        let folder = first.rsplit_once('/').map_or(".", |(folder, _)| folder);
        let message = format!(
            "{}{more} {are} not in force here: the settings of the root apply to all files; \
             `redvet check {folder}` uses those of the folder, and [[overrides]] in the root's \
             redvet.toml sets rules for a folder",
            listed.join(", ")
        );
        Some(ReportNote {
            path: None,
            message,
        })
    }

    /// Whether there was nothing that could be read: no file at all, or none that is text. A tree
    /// whose files are about other things is not empty.
    pub(super) fn is_empty(&self) -> bool {
        self.project.inputs.is_empty() && self.seen <= self.project.unreadable.len()
    }
}

/// Reads the tree of a target. `stdin` is the path whose text comes on standard input.
pub(super) fn read(
    target: &RunTarget,
    stdin: Option<&str>,
    file: &SettingsFile,
    given: &ServerFlags,
    knowledge: &Knowledge,
) -> Result<ReadProject, CliError> {
    let patterns = patterns(knowledge)?.up_to(file.limits.file_size);
    let mut found = walk(target, &patterns, file)?;
    for named in &target.files {
        let named = discover::read_named(&target.tree, named, &patterns)?;
        replace(&mut found, named);
    }
    if let Some(path) = stdin {
        replace(&mut found, read_typed(path, &patterns)?);
    }
    let is_asked_about = |path: &String| {
        let mut scope = target.scope.iter();
        target.scope.is_empty() || scope.any(|part| part.is_empty() || path::is_within(path, part))
    };
    let nested = found.nested_settings.iter().filter(|p| is_asked_about(p));
    Ok(ReadProject {
        seen: found.seen,
        nested_settings: nested.cloned().collect(),
        project: ProjectInputs {
            inputs: found.files.into_iter().map(input).collect(),
            unreadable: found.unreadable,
            passed_over: found.passed_over,
            declarations: settings_file::declarations(&file.settings, given),
            services: apply::services(&file.settings),
            named: list_named_paths(target, stdin),
            today: suppressions::day(&file.settings, None),
            limits: file.limits,
        },
    })
}

/// The paths of files that a person named or typed.
fn list_named_paths(target: &RunTarget, stdin: Option<&str>) -> Vec<String> {
    let mut named = target.named_paths();
    named.extend(stdin.map(str::to_owned));
    named
}

fn walk(
    target: &RunTarget,
    patterns: &InputPatterns,
    file: &SettingsFile,
) -> Result<WalkedFiles, CliError> {
    let mut all = WalkedFiles::default();
    for walk_root in &target.walks {
        let globs = file.settings.exclude.iter().map(|glob| glob.value.as_str());
        let exclude = ExcludePatterns::new(globs.chain(inputs::PASSED_OVER.iter().copied()))
            .map_err(|e| CliError::new(format!("exclude: {e}")))?;
        let found = discover::walk(walk_root, patterns, exclude);
        all.seen += found.seen;
        for one in found.files {
            all.include(one);
        }
        all.unreadable.extend(found.unreadable);
        all.nested_settings.extend(found.nested_settings);
        all.passed_over.extend(found.passed_over);
    }
    all.unreadable.sort();
    all.unreadable.dedup();
    Ok(all)
}

fn read_typed(path: &str, patterns: &InputPatterns) -> Result<FoundFile, CliError> {
    Ok(FoundFile {
        path: path.to_owned(),
        absolute: Path::new(path).to_owned(),
        kind: patterns.kind_of(path).unwrap_or(FileKind::Text),
        text: console::standard_input()?.into(),
    })
}

/// What is named or typed counts, not what a walk made of it.
fn replace(found: &mut WalkedFiles, file: FoundFile) {
    found.files.retain(|f| f.path != file.path);
    found.unreadable.retain(|(path, _)| *path != file.path);
    found.include(file);
}

fn input(file: FoundFile) -> InputFile {
    InputFile {
        path: file.path,
        kind: file.kind,
        text: file.text,
    }
}

/// The message for a tree without any file to read.
pub(super) fn no_input_error(target: &RunTarget, help: &str) -> CliError {
    let what = format!("no files to check in {}", target.tree.root.display());
    CliError::with_help(what, help)
}
