//! `check --new-from` and `--staged`: the files of a commit or of the index, laid out in a folder that
//! goes away again and read like any other tree, and what such a state already had.
//!
//! The whole repository stays the universe on both sides: a finding is new where its facts are,
//! whichever file changed them. Rules and their settings are those of today for both; what settings say
//! of servers, and waivers, are each state's own.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::check::{self, Scope};
use crate::discover::{self, Patterns, Universe};
use crate::knowledge::Knowledge;
use crate::load::apply;
use crate::source::path;
use crate::suppress::since::Since;

use super::args::CheckArgs;
use super::check::Prepared;
use super::failure::Failure;
use super::git::{Entry, Git};
use super::settings_file::{self, SettingsFile};
use super::target::Target;
use super::{accepted, project};

/// The settings' name at the root of a tree.
const SETTINGS: &str = "redvet.toml";

/// Files that say which others are not read.
const IGNORE_FILES: [&str; 3] = [".gitignore", ".ignore", ".redvetignore"];

/// The files of a commit or of the index that a check would look at.
#[derive(Debug)]
pub(super) struct Snapshot {
    /// Goes away with this value.
    _folder: TempDir,
    root: PathBuf,
}

impl Snapshot {
    pub(super) fn of_index(target: &Target, knowledge: &Knowledge) -> Result<Self, Failure> {
        let git = Git::of(&target.tree.root, "--staged")?;
        let files = git.staged_files()?;
        Self::of(&git, files, target, knowledge)
    }

    fn of(
        git: &Git,
        mut files: Vec<Entry>,
        target: &Target,
        knowledge: &Knowledge,
    ) -> Result<Self, Failure> {
        let patterns = project::patterns(knowledge)?;
        let named = target.named_paths();
        files.retain(|file| is_looked_at(&file.path, &patterns) || named.contains(&file.path));
        let folder = tempfile::tempdir().map_err(|e| unwritable(&e))?;
        let root = folder.path().canonicalize().map_err(|e| unwritable(&e))?;
        git.write(&files, &root)?;
        Ok(Self {
            _folder: folder,
            root,
        })
    }

    /// The target of a run with this state's files instead of those on disk.
    pub(super) fn target(&self, now: &Target) -> Target {
        let moved = |path: &Path| {
            let below = now.tree.relative(path).unwrap_or_default();
            self.root.join(below)
        };
        let universe = |universe: &Universe| Universe {
            root: self.root.clone(),
            only: universe.only.as_deref().map(moved),
            settings: None,
        };
        let files = now.files.iter().map(|file| moved(file));
        Target {
            walks: now.walks.iter().map(universe).collect(),
            tree: universe(&now.tree),
            scope: now.scope.clone(),
            files: files.filter(|file| file.is_file()).collect(),
        }
    }

    /// This state's settings. The folder that they name others from is the one on disk.
    pub(super) fn settings(&self, now: &Target) -> Result<SettingsFile, Failure> {
        let path = self.root.join(SETTINGS);
        if !path.is_file() {
            return Ok(SettingsFile::default());
        }
        let text = discover::read(&path)?;
        settings_file::of_text(SETTINGS.to_owned(), now.tree.root.clone(), &text)
    }
}

fn is_looked_at(path: &str, patterns: &Patterns) -> bool {
    let name = path::name(path);
    path == SETTINGS || IGNORE_FILES.contains(&name) || patterns.kind_of(path).is_some()
}

fn unwritable(error: &std::io::Error) -> Failure {
    Failure::new(format!("the folder for temporary files: {error}"))
}

/// What the state that the flags name already had; `None` where no flag asks for it.
pub(super) fn since(ready: &Prepared, args: &CheckArgs) -> Result<Option<Since>, Failure> {
    let (flag, revision) = match (&args.new_from, args.staged) {
        (Some(revision), _) => ("--new-from", Some(revision)),
        (None, true) => ("--staged", None),
        (None, false) => return Ok(None),
    };
    let git = Git::of(&ready.target.tree.root, flag)?;
    let commit = match revision {
        Some(revision) => Some(git.commit(revision)?),
        None => git.head()?,
    };
    let Some(commit) = commit else {
        return Ok(Some(Since::default()));
    };
    let files = git.files_of(&commit)?;
    let then = Snapshot::of(&git, files, &ready.target, &ready.knowledge)?;
    had(ready, args, &then).map(Some)
}

/// Checks another state as today's is checked.
fn had(ready: &Prepared, args: &CheckArgs, then: &Snapshot) -> Result<Since, Failure> {
    let file = settings_then(ready, args, then);
    let target = then.target(&ready.target);
    let given = &args.given;
    // What is excluded today is not looked at in the other state either.
    let mut read = project::read(&target, None, &ready.file, given, &ready.knowledge)?;
    read.project.declarations = settings_file::declarations(&file.settings, given);
    read.project.services = apply::services(&file.settings);
    let scope = Scope {
        accepted: accepted::waivers(&file.settings, target.is_partial()),
        ..Scope::default()
    };
    let report = check::check(
        file.sources,
        &read.project,
        &ready.knowledge,
        &ready.rules,
        &ready.settings,
        &scope,
    );
    Ok(Since::of(&report))
}

/// Settings that had a mistake then said nothing.
fn settings_then(ready: &Prepared, args: &CheckArgs, then: &Snapshot) -> SettingsFile {
    match args.at.config.config {
        Some(_) => ready.file.clone(),
        None => then.settings(&ready.target).unwrap_or_default(),
    }
}
