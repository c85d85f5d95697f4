//! Which state of the repository `--staged` and `--new-from` compare with. What that state had is found
//! by `previous_findings`.

use std::path::Path;

use super::failure::CliError;
use super::git::GitCommand;

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
pub(super) fn find_staged(root: &Path) -> Result<StagedCheck, CliError> {
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
