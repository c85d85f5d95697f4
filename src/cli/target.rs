//! What PATHS mean: the tree that is read, the part of it that is reported on, and the files that a
//! person named.
//!
//! All PATHS must lie in one project: paths in a report are relative to its root, and its settings
//! hold for all of it. Paths outside of any project are a project together.

use std::path::{Component, Path, PathBuf};

use crate::discover::ProjectRoot;

use super::failure::CliError;

/// The tree of a run.
#[derive(Clone, Debug)]
pub(super) struct RunTarget {
    /// What is walked: the whole tree, or one entry a path.
    pub(super) walks: Vec<ProjectRoot>,
    /// The tree; paths in the report are relative to its root.
    pub(super) tree: ProjectRoot,
    /// What the report is about, relative to the root; empty: everything.
    pub(super) scope: Vec<String>,
    /// Files that were named, as they were named.
    pub(super) files: Vec<PathBuf>,
}

impl RunTarget {
    /// The target of the paths; none is the current folder's project.
    pub(super) fn of(paths: &[PathBuf], isolated: bool) -> Result<Self, CliError> {
        if paths.is_empty() {
            return Self::of_folder(Path::new("."), isolated);
        }
        let tree = common_tree(paths)?;
        let scope = paths
            .iter()
            .filter_map(|path| tree.relative(path))
            .collect();
        let walks = if isolated || is_loose(&tree) {
            paths.iter().map(|path| narrow_to(&tree, path)).collect()
        } else {
            vec![tree.clone()]
        };
        Ok(Self {
            walks,
            scope,
            files: named_files(paths)?,
            tree,
        })
    }

    fn of_folder(folder: &Path, isolated: bool) -> Result<Self, CliError> {
        let tree = ProjectRoot::of(folder)?;
        let walk = if isolated {
            narrow_to(&tree, folder)
        } else {
            tree.clone()
        };
        Ok(Self {
            walks: vec![walk],
            tree,
            scope: Vec::new(),
            files: Vec::new(),
        })
    }

    /// The target of a file that need not exist, with its path relative to the root.
    pub(super) fn of_text(name: &Path, isolated: bool) -> Result<(Self, String), CliError> {
        let folder = name.parent().unwrap_or(Path::new(""));
        let there = find_existing(folder);
        let mut target = Self::of_folder(there, isolated)?;
        let below = name.strip_prefix(there).unwrap_or(name);
        let within = target.tree.relative(there).unwrap_or_default();
        let names = below.components().filter_map(|part| match part {
            Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
            _ => None,
        });
        let parts = std::iter::once(within).chain(names);
        let path = parts
            .filter(|p| !p.is_empty())
            .collect::<Vec<_>>()
            .join("/");
        if isolated || !is_project(&target.tree) {
            target.walks.clear();
        }
        target.scope = vec![path.clone()];
        Ok((target, path))
    }

    /// The folder that leads from the root of the repository to the tree, where they differ.
    pub(super) fn below_repository(&self) -> Option<String> {
        let below = self.tree.root.strip_prefix(self.repository()?).ok()?;
        let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
        (!parts.is_empty()).then(|| parts.join("/"))
    }

    /// The folder that what the project names must lie in: its repository, else the tree.
    pub(super) fn find_trusted_root(&self) -> PathBuf {
        self.repository().unwrap_or_else(|| self.tree.root.clone())
    }

    /// The root of the repository that the tree lies in.
    pub(super) fn repository(&self) -> Option<PathBuf> {
        let mut folders = self.tree.root.ancestors();
        let repository = folders.find(|folder| folder.join(".git").exists());
        repository.map(Path::to_owned)
    }

    /// Whether a settings file or a repository marks the tree.
    pub(super) fn is_project(&self) -> bool {
        is_project(&self.tree)
    }

    /// Whether less than the whole tree is walked.
    pub(super) fn is_partial(&self) -> bool {
        let is_whole = |walk: &ProjectRoot| walk.only.is_none();
        !self.walks.iter().any(is_whole)
    }

    /// The paths of the named files, relative to the root.
    pub(super) fn named_paths(&self) -> Vec<String> {
        self.files
            .iter()
            .filter_map(|file| self.tree.relative(file))
            .collect()
    }
}

/// The nearest folder upwards that is there.
fn find_existing(folder: &Path) -> &Path {
    let named = folder.ancestors().find(|f| f.is_dir());
    named
        .filter(|f| !f.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// The same tree, of which only this path is walked.
fn narrow_to(tree: &ProjectRoot, path: &Path) -> ProjectRoot {
    ProjectRoot {
        only: path.canonicalize().ok(),
        ..tree.clone()
    }
}

/// Outside of any project, nothing but the paths themselves is looked at.
fn is_loose(tree: &ProjectRoot) -> bool {
    tree.only.is_some()
}

/// The project that all paths lie in. Paths in none give their nearest common folder, with `only`
/// set to say that it was not meant as a whole.
fn common_tree(paths: &[PathBuf]) -> Result<ProjectRoot, CliError> {
    let mut tree = ProjectRoot::of(&paths[0])?;
    let mut first = &paths[0];
    for path in &paths[1..] {
        let other = ProjectRoot::of(path)?;
        tree = match (is_project(&tree), is_project(&other)) {
            (true, true) if tree.root == other.root => tree,
            (false, false) => join_roots(&tree, &other),
            _ => return Err(different(first, &tree, path, &other)),
        };
        first = path;
    }
    Ok(tree)
}

/// A tree that a settings file or a repository marks.
fn is_project(tree: &ProjectRoot) -> bool {
    tree.settings.is_some() || tree.root.join(".git").exists()
}

fn join_roots(one: &ProjectRoot, other: &ProjectRoot) -> ProjectRoot {
    let common: PathBuf = one
        .root
        .components()
        .zip(other.root.components())
        .take_while(|(a, b)| a == b)
        .map(|(part, _)| part)
        .collect();
    ProjectRoot {
        only: Some(common.clone()),
        root: common,
        settings: None,
    }
}

fn different(one: &Path, first: &ProjectRoot, two: &Path, second: &ProjectRoot) -> CliError {
    CliError::with_help(
        format!(
            "{} and {} belong to different projects ({} and {})",
            one.display(),
            two.display(),
            first.root.display(),
            second.root.display()
        ),
        "run redvet separately for each project",
    )
}

/// The named files. A folder that cannot be entered is reported at once.
fn named_files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, CliError> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
        } else if let Err(error) = std::fs::read_dir(path) {
            let path = path.display();
            return Err(CliError::new(format!(
                "{path}: cannot read the folder: {error}"
            )));
        }
    }
    Ok(files)
}
