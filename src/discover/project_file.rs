//! Opens the files that configure redvet itself: settings, packs and baselines. Anyone who can
//! commit to a repository can put a link, a pipe or a device in their place, and error messages
//! quote their lines. Only regular files inside the project are read, and links are not followed.

use std::path::{Path, PathBuf};

use super::project_root::DiscoverError;
use super::walk::{read, unreadable};

const REPOSITORY: &str = ".git";

/// The first symbolic link below `root` that a path leads through.
pub fn link_below(root: &Path, path: &Path) -> Option<PathBuf> {
    let absolute = std::path::absolute(path).ok()?;
    let mut at = PathBuf::new();
    for part in absolute.components() {
        at.push(part);
        if at.is_symlink() {
            let folder = at.parent().and_then(|folder| folder.canonicalize().ok());
            if folder.is_some_and(|folder| folder.starts_with(root)) {
                return Some(at);
            }
        }
    }
    None
}

/// Why a path must not be used as a file or folder of the project, if so. It need not be there.
pub fn outside(root: &Path, path: &Path) -> Option<String> {
    if link_below(root, path).is_some() {
        return Some("symbolic links are not followed".to_owned());
    }
    // What is not there yet lies where its folder is.
    let real = path.canonicalize().or_else(|error| {
        let folder = path.parent().map_or(Path::new("."), |folder| folder);
        let name = path.file_name().ok_or(error)?;
        Ok::<_, std::io::Error>(folder.canonicalize()?.join(name))
    });
    let Ok(real) = real else {
        return path
            .components()
            .any(|part| part.as_os_str() == "..")
            .then(|| "outside the project".to_owned());
    };
    let Ok(below) = real.strip_prefix(root) else {
        return Some("outside the project".to_owned());
    };
    let is_repository = |part: &std::ffi::OsStr| part.eq_ignore_ascii_case(REPOSITORY);
    below
        .iter()
        .any(is_repository)
        .then(|| "inside the repository's own folder `.git`".to_owned())
}

/// The text of a file that the project itself names.
///
/// # Errors
///
/// It is not there, lies outside `root` or behind a link, or is no regular file with text.
pub fn read_inside(root: &Path, path: &Path) -> Result<String, DiscoverError> {
    match outside(root, path) {
        Some(why) => Err(unreadable(path, &why)),
        None => read(path),
    }
}

/// The text of a file that a person named: anywhere, but through no link of the project.
///
/// # Errors
///
/// It is not there, lies behind a link of the project, or is no regular file with text.
pub fn read_unlinked(root: &Path, path: &Path) -> Result<String, DiscoverError> {
    match link_below(root, path) {
        Some(_) => Err(unreadable(path, "symbolic links are not followed")),
        None => read(path),
    }
}
