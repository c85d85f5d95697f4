//! `check --new-from` and `--staged`: what an earlier state of the project already had, so that only what
//! is new is shown.
//!
//! The whole repository stays the universe on both sides: a finding is new where its facts are,
//! whichever file changed them. Rules and their settings are those of today for both; what settings say
//! of servers, and waivers, are each state's own.

use crate::check::{self, ReportScope};
use crate::load::apply;
use crate::suppress::new_code::NewCode;

use super::args::CheckArgs;
use super::comparison_base::ComparisonBase;
use super::failure::CliError;
use super::git::GitCommand;
use super::git_snapshot::GitSnapshot;
use super::prepared::PreparedCheck;
use super::settings_file::{self, SettingsFile};
use super::{project, suppressions};

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
    read.project.today = suppressions::day(&file.settings, args.today);
    read.project.services = apply::services(&file.settings);
    let scope = ReportScope {
        accepted: suppressions::waivers(&file.settings, target.is_partial(), args.today),
        single_findings: true,
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
