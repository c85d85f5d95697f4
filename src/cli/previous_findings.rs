//! `check --new-from` and `--staged`: what an earlier state of the project already had, so that only what
//! is new is shown.
//!
//! The whole repository stays the universe on both sides: a finding is new where its facts are,
//! whichever file changed them. Rules and their settings are those of today for both; what settings say
//! of servers, and waivers, are each state's own.

use crate::check::{self, Scope};
use crate::load::apply;
use crate::suppress::since::Since;

use super::args::CheckArgs;
use super::failure::Failure;
use super::git::Git;
use super::git_snapshot::Snapshot;
use super::prepared::Prepared;
use super::settings_file::{self, SettingsFile};
use super::{accepted, project};

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
