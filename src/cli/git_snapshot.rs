//! The files of a commit or of the index, laid out in a folder that goes away again and read like any
//! other tree. Comparing them is left to the caller.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::discover::{self, InputPatterns, ProjectRoot};
use crate::knowledge::Knowledge;
use crate::source::path;

use super::failure::CliError;
use super::git::{GitCommand, GitFile};
use super::project;
use super::settings_file::{self, SettingsFile};
use super::target::RunTarget;

/// The settings' name at the root of a tree.
const SETTINGS: &str = "redvet.toml";

/// Files that say which others are not read.
const IGNORE_FILES: [&str; 3] = [".gitignore", ".ignore", ".redvetignore"];

/// The files of a commit or of the index that a check would look at.
#[derive(Debug)]
pub(super) struct GitSnapshot {
    /// Goes away with this value.
    _folder: TempDir,
    root: PathBuf,
}

impl GitSnapshot {
    pub(super) fn of_index(target: &RunTarget, knowledge: &Knowledge) -> Result<Self, CliError> {
        let git = GitCommand::of(&target.tree.root, "--staged")?;
        let files = git.staged_files()?;
        Self::of(&git, files, target, knowledge)
    }

    pub(super) fn of(
        git: &GitCommand,
        mut files: Vec<GitFile>,
        target: &RunTarget,
        knowledge: &Knowledge,
    ) -> Result<Self, CliError> {
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
    pub(super) fn target(&self, now: &RunTarget) -> RunTarget {
        let moved = |path: &Path| {
            let below = now.tree.relative(path).unwrap_or_default();
            self.root.join(below)
        };
        let walk_root = |walk_root: &ProjectRoot| ProjectRoot {
            root: self.root.clone(),
            only: walk_root.only.as_deref().map(moved),
            settings: None,
        };
        let files = now.files.iter().map(|file| moved(file));
        RunTarget {
            walks: now.walks.iter().map(walk_root).collect(),
            tree: walk_root(&now.tree),
            scope: now.scope.clone(),
            files: files.filter(|file| file.is_file()).collect(),
        }
    }

    /// This state's settings. The folder that they name others from is the one on disk.
    pub(super) fn settings(&self, now: &RunTarget) -> Result<SettingsFile, CliError> {
        let path = self.root.join(SETTINGS);
        if !path.is_file() {
            return Ok(SettingsFile {
                trusted_root: Some(now.find_trusted_root()),
                ..SettingsFile::default()
            });
        }
        let text = discover::read(&path)?;
        let folder = now.tree.root.clone();
        let file = settings_file::of_text(SETTINGS.to_owned(), folder, &text)?;
        Ok(SettingsFile {
            trusted_root: Some(now.find_trusted_root()),
            ..file
        })
    }
}

fn is_looked_at(path: &str, patterns: &InputPatterns) -> bool {
    let name = path::name(path);
    path == SETTINGS || IGNORE_FILES.contains(&name) || patterns.kind_of(path).is_some()
}

fn unwritable(error: &std::io::Error) -> CliError {
    CliError::new(format!("cannot create a temporary folder: {error}"))
}
