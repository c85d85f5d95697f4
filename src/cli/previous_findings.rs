//! `check --new-from` and `--staged`: what an earlier state of the project already had, so that only what
//! is new is shown.
//!
//! The whole repository stays the universe on both sides: a finding is new where its facts are,
//! whichever file changed them. Rules and their settings are those of today for both; what settings say
//! of servers, and waivers, are each state's own.

use std::path::Path;

use crate::check::{self, ReportScope};
use crate::load::apply;
use crate::suppress::new_code::NewCode;

use super::args::CheckArgs;
use super::failure::CliError;
use super::git::GitCommand;
use super::git_snapshot::GitSnapshot;
use super::prepared::PreparedCheck;
use super::settings_file::{self, SettingsFile};
use super::{project, suppressions};

/// Where pre-commit names the start of the range of commits that it runs for.
const PRE_COMMIT_FROM_REF: &str = "PRE_COMMIT_FROM_REF";

/// The state whose findings are not reported again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ComparisonBase {
    /// Every finding is reported.
    Absent,
    /// Before the first commit: everything is new.
    EmptyHistory,
    Commit(String),
}

/// What `--staged` comes to in this repository.
pub(super) struct StagedCheck {
    pub(super) base: ComparisonBase,
    /// Whether the index says anything that the commit checked out does not.
    pub(super) is_index_checked: bool,
}

/// With nothing staged there is no difference to report on, so a comparison with HEAD would pass
/// whatever the files say. pre-commit runs hooks so in CI: for a range of commits, which counts as the
/// change, or for all files, which are then checked as without the flag.
pub(super) fn staged(root: &Path) -> Result<StagedCheck, CliError> {
    let git = GitCommand::of(root, "--staged")?;
    let range = std::env::var(PRE_COMMIT_FROM_REF).ok();
    if let Some(revision) = range.filter(|revision| !revision.is_empty()) {
        let commit = git.commit(&revision)?;
        return Ok(StagedCheck {
            base: ComparisonBase::Commit(git.merge_base(&commit)?.unwrap_or(commit)),
            is_index_checked: true,
        });
    }
    let Some(head) = git.head()? else {
        return Ok(StagedCheck {
            base: ComparisonBase::EmptyHistory,
            is_index_checked: true,
        });
    };
    let has_changes = git.has_staged_changes()?;
    let base = match has_changes {
        true => ComparisonBase::Commit(head),
        false => ComparisonBase::Absent,
    };
    Ok(StagedCheck {
        base,
        is_index_checked: has_changes,
    })
}

/// What `--new-from` compares with.
pub(super) fn new_from(root: &Path, revision: &str) -> Result<ComparisonBase, CliError> {
    let git = GitCommand::of(root, "--new-from")?;
    git.commit(revision).map(ComparisonBase::Commit)
}

/// What the state that is compared with already had; `None` where none is.
pub(super) fn since(ready: &PreparedCheck, args: &CheckArgs) -> Result<Option<NewCode>, CliError> {
    let commit = match &ready.base {
        ComparisonBase::Absent => return Ok(None),
        ComparisonBase::EmptyHistory => return Ok(Some(NewCode::default())),
        ComparisonBase::Commit(commit) => commit,
    };
    let flag = if args.staged {
        "--staged"
    } else {
        "--new-from"
    };
    let git = GitCommand::of(&ready.target.tree.root, flag)?;
    let files = git.files_of(commit)?;
    let then = GitSnapshot::of(&git, files, &ready.target, &ready.knowledge)?;
    had(ready, args, &then).map(Some)
}

/// Checks another state as today's is checked.
fn had(ready: &PreparedCheck, args: &CheckArgs, then: &GitSnapshot) -> Result<NewCode, CliError> {
    let file = settings_then(ready, args, then);
    let target = then.target(&ready.target);
    let given = &args.given;
    // What is excluded today is not looked at in the other state either.
    let mut read = project::read(&target, None, &ready.file, given, &ready.knowledge)?;
    read.project.declarations = settings_file::declarations(&file.settings, given);
    read.project.services = apply::services(&file.settings);
    let scope = ReportScope {
        accepted: suppressions::waivers(&file.settings, target.is_partial(), args.today),
        ..ReportScope::default()
    };
    let report = check::check(
        file.sources,
        &read.project,
        &ready.knowledge,
        &ready.rules,
        &ready.settings,
        &scope,
    );
    Ok(NewCode::of(&report))
}

/// Settings that had a mistake then said nothing.
fn settings_then(ready: &PreparedCheck, args: &CheckArgs, then: &GitSnapshot) -> SettingsFile {
    match args.at.config.config {
        Some(_) => ready.file.clone(),
        None => then.settings(&ready.target).unwrap_or_default(),
    }
}
