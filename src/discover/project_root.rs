//! Finds the project root of a path: the nearest ancestor folder with a settings file or a
//! repository, or the path itself if there is neither. Everything under the root is analysed
//! together.

use std::io::ErrorKind;
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

const SETTINGS: &str = "redvet.toml";
const REPOSITORY: &str = ".git";

/// A tree, or a single file of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProjectRoot {
    /// An absolute path without symbolic links.
    pub root: PathBuf,
    /// Only this file of the root's folder is looked at.
    pub only: Option<PathBuf>,
    /// The project's settings file, if the root has one.
    pub settings: Option<PathBuf>,
}

/// A path named by a person that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DiscoverError {
    #[error("{path}: no such file or folder")]
    Missing { path: String },
    #[error("{path}: {why}")]
    Unreadable { path: String, why: String },
}

impl DiscoverError {
    pub(super) fn of(path: &Path, error: &std::io::Error) -> Self {
        let path = path.display().to_string();
        match error.kind() {
            ErrorKind::NotFound => Self::Missing { path },
            _ => Self::Unreadable {
                path,
                why: why(error),
            },
        }
    }
}

/// The reason without the operating system's number.
pub(super) fn why(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::PermissionDenied => "permission denied".to_owned(),
        ErrorKind::NotFound => "no such file".to_owned(),
        other => other.to_string(),
    }
}

impl ProjectRoot {
    /// The universe that a path lies in.
    pub fn of(path: &Path) -> Result<Self, DiscoverError> {
        let real = real(path)?;
        let start = if real.is_dir() {
            Some(real.as_path())
        } else {
            real.parent()
        };
        let marked = start.and_then(|folder| folder.ancestors().find(|f| is_root(f)));
        Ok(match marked {
            Some(root) => Self::at(root, None),
            None => Self::alone(&real),
        })
    }

    /// The path itself and nothing else, whatever lies above it.
    pub fn at_path(path: &Path) -> Result<Self, DiscoverError> {
        Ok(Self::alone(&real(path)?))
    }

    fn alone(real: &Path) -> Self {
        match real.parent() {
            Some(folder) if !real.is_dir() => Self::at(folder, Some(real.to_owned())),
            _ => Self::at(real, None),
        }
    }

    fn at(root: &Path, only: Option<PathBuf>) -> Self {
        let settings = root.join(SETTINGS);
        Self {
            root: root.to_owned(),
            only,
            settings: is_settings(&settings).then_some(settings),
        }
    }

    /// A path as reports show it: relative to the root, with `/`. `None` outside the root.
    pub fn relative(&self, path: &Path) -> Option<String> {
        relative(&self.root, &path.canonicalize().ok()?)
    }
}

fn real(path: &Path) -> Result<PathBuf, DiscoverError> {
    path.canonicalize()
        .map_err(|error| DiscoverError::of(path, &error))
}

fn is_root(folder: &Path) -> bool {
    is_settings(&folder.join(SETTINGS)) || folder.join(REPOSITORY).exists()
}

/// Anything of that name but a folder is meant as settings: a link or a pipe is refused when it is
/// opened, and not passed over in silence.
fn is_settings(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|about| !about.is_dir())
}

/// The text of `path` below `root` where it is the path that is shown: a walk asks for every file, and to
/// take a path apart costs a hundred times what it costs to compare two texts.
fn plain_part<'p>(root: &Path, path: &'p Path) -> Option<&'p str> {
    let below = path.to_str()?.strip_prefix(root.to_str()?)?;
    let below = below.strip_prefix('/')?;
    let is_plain = |part: &str| !part.is_empty() && part != ".";
    (MAIN_SEPARATOR == '/' && below.split('/').all(is_plain)).then_some(below)
}

/// `path` below `root`, with `/` between its parts; names that are no UTF-8 are shown as well as
/// they can be.
pub(super) fn relative(root: &Path, path: &Path) -> Option<String> {
    if let Some(below) = plain_part(root, path) {
        return Some(below.to_owned());
    }
    let below = path.strip_prefix(root).ok()?;
    let parts: Vec<_> = below
        .components()
        .map(|part| part.as_os_str().to_string_lossy())
        .collect();
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_shown_below_the_root() {
        for (root, path, shown) in [
            ("/r", "/r/a/b.conf", Some("a/b.conf")),
            ("/r", "/r//a/./b", Some("a/b")),
            ("/r", "/rs/a", None),
            ("/", "/a", Some("a")),
            ("/r", "/r", Some("")),
        ] {
            let found = relative(Path::new(root), Path::new(path));
            assert_eq!(found.as_deref(), shown, "{path} below {root}");
        }
    }
}
