//! The library's front door: a project and rules in, the report of `check` or the view of `effective`
//! out, by the same steps as the commands take.
//!
//! Nothing is printed and no file is written. Rendering is left to the caller, and so are fixes: a
//! finding carries its edits.

use std::path::{Path, PathBuf};

use crate::config::ServerVersion;
use crate::finding::{EstateView, Report};
use crate::load::LoadError;
use crate::policy::RuleSet;
use crate::source::Sources;

use super::args::{CheckArgs, ConfigArg, PathArgs, ServerFlags};
use super::failure::CliError;
use super::packs::PackFolder;
use super::target::RunTarget;
use super::{check, estate_view, packs, prepared, project};

/// A project on disk, and the part of it that is asked about.
#[derive(Clone, Debug)]
pub struct Root {
    target: RunTarget,
}

impl Root {
    /// The project that a path lies in: the tree under the nearest folder upwards that holds a
    /// `redvet.toml` or a `.git`. All of it is read, and what lies under the path is reported on.
    ///
    /// # Errors
    ///
    /// The path is not there, or cannot be read.
    pub fn discover(path: impl Into<PathBuf>) -> Result<Self, CheckError> {
        Self::of(path.into(), false)
    }

    /// A file or folder of which nothing around it is read.
    ///
    /// # Errors
    ///
    /// The path is not there, or cannot be read.
    pub fn at_path(path: impl Into<PathBuf>) -> Result<Self, CheckError> {
        Self::of(path.into(), true)
    }

    fn of(path: PathBuf, isolated: bool) -> Result<Self, CheckError> {
        let target = RunTarget::of(&[path], isolated)?;
        Ok(Self { target })
    }

    /// The folder that paths in reports are relative to: absolute, without symbolic links.
    pub fn path(&self) -> &Path {
        &self.target.tree.root
    }
}

/// The rules of a check: the built-in ones and those of folders. Packs that the project's settings
/// name in `extends` join them by themselves.
#[derive(Clone, Debug)]
pub struct Rules {
    packs: Vec<PackFolder>,
}

impl Rules {
    /// The rules that redvet comes with.
    pub fn built_in() -> Self {
        Self { packs: Vec::new() }
    }

    /// These and the rules of a folder of YAML files (`docs/writing-rules.md`).
    ///
    /// # Errors
    ///
    /// The folder holds no rule, or one with a mistake.
    pub fn extend(mut self, folder: impl AsRef<Path>) -> Result<Self, CheckError> {
        let folder = folder.as_ref();
        let pack = PackFolder::read(folder, folder)
            .map_err(|why| CliError::new(format!("{}: {why}", folder.display())))?;
        self.packs.push(pack);
        self.load()?;
        Ok(self)
    }

    /// The ids of the rules, without those that the project's settings add.
    ///
    /// # Errors
    ///
    /// A rule cannot be loaded.
    pub fn ids(&self) -> Result<Vec<String>, CheckError> {
        let set = self.load()?;
        Ok(set.rules().map(|rule| rule.id().to_owned()).collect())
    }

    fn load(&self) -> Result<RuleSet, CliError> {
        packs::with(&self.packs, &mut Sources::default(), &project::knowledge()?)
    }
}

/// A check of one project, as `redvet check` makes it: with the settings, waivers and baseline that
/// the project has.
#[derive(Debug)]
pub struct Checker {
    root: Root,
    rules: Rules,
    given: ServerFlags,
    settings: Option<PathBuf>,
    select: Vec<String>,
}

impl Checker {
    /// A check with the built-in rules and the project's own settings.
    pub fn new(root: Root) -> Self {
        Self {
            root,
            rules: Rules::built_in(),
            given: ServerFlags::default(),
            settings: None,
            select: Vec::new(),
        }
    }

    /// With these rules.
    #[must_use]
    pub fn rules(mut self, rules: Rules) -> Self {
        self.rules = rules;
        self
    }

    /// With only those of the rules that a pattern (`memory/*`) names, in or out of the profile.
    #[must_use]
    pub fn select(mut self, pattern: impl Into<String>) -> Self {
        self.select.push(pattern.into());
        self
    }

    /// With the settings of this file instead of the project's `redvet.toml`.
    #[must_use]
    pub fn settings(mut self, file: impl Into<PathBuf>) -> Self {
        self.settings = Some(file.into());
        self
    }

    /// What servers run where no file of the project tells.
    #[must_use]
    pub fn server(mut self, version: ServerVersion) -> Self {
        self.given.server = Some(version);
        self
    }

    /// The servers' memory limit in bytes where no file of the project tells.
    #[must_use]
    pub fn memory(mut self, bytes: u64) -> Self {
        self.given.memory = Some(bytes);
        self
    }

    /// The servers' CPU limit in cores where no file of the project tells.
    #[must_use]
    pub fn cpus(mut self, cores: f64) -> Self {
        self.given.cpus = Some(cores);
        self
    }

    /// Checks the project.
    ///
    /// # Errors
    ///
    /// A mistake in the settings or rules, a server that no table is about, or nothing to read.
    pub fn check(&self) -> Result<Report, CheckError> {
        let args = self.args();
        let target = self.root.target.clone();
        let ready = prepared::ready(&args, target, None, &self.rules.packs)?;
        Ok(check::report(&ready, &args)?)
    }

    /// What every server will run with and every client will use. No rule runs.
    ///
    /// # Errors
    ///
    /// A mistake in the settings, a server that no table is about, or nothing to read.
    pub fn effective(&self) -> Result<EstateView, CheckError> {
        let settings = self.settings.as_deref();
        Ok(estate_view::view_of(
            &self.root.target,
            settings,
            &self.given,
        )?)
    }

    /// The flags that say the same.
    fn args(&self) -> CheckArgs {
        CheckArgs {
            at: PathArgs {
                config: ConfigArg {
                    config: self.settings.clone(),
                },
                ..PathArgs::default()
            },
            given: self.given.clone(),
            select: self.select.clone(),
            ..CheckArgs::default()
        }
    }
}

/// Why there is no report.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// A path or a value that cannot be used.
    #[error("{what}")]
    Unusable {
        /// What is wrong with it.
        what: String,
        /// What to do.
        help: Option<String>,
    },
    /// Mistakes in `redvet.toml` or in rule files; nothing is checked with one.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Mistakes(Vec<InputMistake>),
}

/// A mistake in a file that redvet is set up with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}:{line}:{column}: {message}")]
#[non_exhaustive]
pub struct InputMistake {
    /// The file.
    pub path: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl InputMistake {
    fn of(mistake: LoadError, sources: &Sources) -> Self {
        let at = sources.start(mistake.span);
        Self {
            path: sources.path(mistake.span).to_owned(),
            line: at.line,
            column: at.column,
            message: mistake.message,
            help: mistake.help,
        }
    }
}

impl From<CliError> for CheckError {
    fn from(failure: CliError) -> Self {
        match failure {
            CliError::Said { what, help } => Self::Unusable { what, help },
            CliError::Mistakes { sources, mistakes } => {
                let placed = mistakes.into_iter();
                Self::Mistakes(placed.map(|one| InputMistake::of(one, &sources)).collect())
            }
        }
    }
}
