//! What the HTML page says of a run: the repository's name, the commit that is checked out, and the day.
//! Each is left out where it cannot be told: a page is no reason to fail.

use std::path::Path;

use crate::config::Date;
use crate::report::PageHeader;

use super::accepted::today;
use super::git::Git;

/// Digits of a commit's id that tell it apart in any repository and that a person can copy.
const DIGITS: usize = 12;

/// The header of a page about this project. git is asked only where the project lies in a repository.
pub(super) fn page_header(root: &Path) -> PageHeader {
    let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    let repository = root.ancestors().find(|folder| folder.join(".git").exists());
    PageHeader {
        repository: name(repository.unwrap_or(&root), &root),
        commit: repository.and_then(commit),
        date: today().and_then(Date::from_days).map(|day| day.to_string()),
    }
}

/// The repository's folder, and the project's below it.
fn name(repository: &Path, root: &Path) -> Option<String> {
    let name = repository.file_name()?.to_string_lossy();
    let below = root.strip_prefix(repository).unwrap_or(Path::new(""));
    let below = below.iter().map(|part| part.to_string_lossy());
    let parts: Vec<_> = std::iter::once(name).chain(below).collect();
    Some(parts.join("/"))
}

fn commit(repository: &Path) -> Option<String> {
    let git = Git::of(repository, "html").ok()?;
    let id = git.head().ok()??;
    id.get(..DIGITS).map(str::to_owned)
}
