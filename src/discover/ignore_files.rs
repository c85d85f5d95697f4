//! Checks ignore files before the walk library opens them, because reading a device would exhaust
//! memory and reading a pipe would block forever. Parsing ignore files is left to the library.

use std::path::{Path, PathBuf};

/// Ignore files above this size are no lists that anybody wrote.
const MAX_IGNORE_FILE_BYTES: u64 = 1 << 20;

/// Files that say which others are not read, as the walk looks for them in every folder.
const IGNORE_FILES: [&str; 4] = [
    ".gitignore",
    ".ignore",
    ".redvetignore",
    ".git/info/exclude",
];

/// An ignore file in a folder that must not be opened, and why.
pub(super) fn unsafe_ignore_file(root: &Path, folder: &Path) -> Option<(PathBuf, &'static str)> {
    IGNORE_FILES.iter().find_map(|name| {
        let path = folder.join(name);
        let about = path.symlink_metadata().ok()?;
        if about.is_dir() {
            return None;
        }
        // A link inside the project to a plain list is harmless: what it holds is not shown.
        let about = match about.is_symlink() {
            false => about,
            true => {
                let real = path.canonicalize().ok()?;
                if !real.starts_with(root) {
                    return Some((path, "a link that leads out of the project"));
                }
                real.metadata().ok()?
            }
        };
        if !about.is_file() {
            return Some((path, "not a regular file"));
        }
        (about.len() > MAX_IGNORE_FILE_BYTES).then_some((path, "larger than 1 MiB"))
    })
}
