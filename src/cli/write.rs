//! Writes fixed files: atomically and in place. Reports and baselines are written here, too.
//!
//! Nothing is written through a link, outside of the project's root, or over a text that is not the
//! one that was checked.

use std::fs::{self, Metadata};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use tempfile::Builder;

use crate::discover;
use crate::fix::FixedFile;

use super::failure::CliError;

/// A file that may be written.
struct WritableFile {
    file: PathBuf,
    folder: PathBuf,
    about: Metadata,
}

/// Why a file of the project must not be written, if so.
pub(super) fn refusal(root: &Path, path: &str) -> Option<String> {
    place(root, path).err()
}

/// Replaces a file by its fixed text, or says why not.
pub(super) fn write(root: &Path, fixed: &FixedFile) -> Result<(), String> {
    let place = place(root, &fixed.path)?;
    let now = fs::read(&place.file).map_err(|error| why(&error))?;
    if now != fixed.before.as_bytes() {
        return Err("the file changed during the check".to_owned());
    }
    replace(&place, fixed.after.as_bytes()).map_err(|error| why(&error))
}

/// Writes a report or a baseline to a file that a person or the settings named. A link of the project
/// may have been committed to have some other file overwritten; one outside, as `/dev/stdout` is, was
/// put there by the machine's owner.
pub(super) fn write_output(root: &Path, path: &Path, text: &str) -> Result<(), CliError> {
    let shown = path.display();
    if discover::link_below(root, path).is_some() {
        return Err(CliError::with_help(
            format!("{shown}: symbolic links are not followed"),
            "remove the link, or write to another file",
        ));
    }
    fs::write(path, text).map_err(|error| CliError::new(format!("{shown}: {error}")))
}

fn place(root: &Path, path: &str) -> Result<WritableFile, String> {
    let file = root.join(path);
    let about = file.symlink_metadata().map_err(|error| why(&error))?;
    if about.is_symlink() {
        return Err("is a symbolic link".to_owned());
    }
    if !about.is_file() {
        return Err("not a regular file".to_owned());
    }
    if about.permissions().readonly() {
        return Err("read-only file".to_owned());
    }
    let folder = file.parent().unwrap_or(root).canonicalize();
    let folder = folder.map_err(|error| why(&error))?;
    if !folder.starts_with(root) {
        return Err("outside the project".to_owned());
    }
    Ok(WritableFile {
        file,
        folder,
        about,
    })
}

/// A concurrent reader sees the old text or the new one, never a part.
fn replace(place: &WritableFile, text: &[u8]) -> io::Result<()> {
    let mut new = Builder::new()
        .prefix(".redvet-")
        .tempfile_in(&place.folder)?;
    new.write_all(text)?;
    keep_owner(place, new.as_file())?;
    new.as_file().set_permissions(place.about.permissions())?;
    new.as_file().sync_all()?;
    new.persist(&place.file).map_err(|error| error.error)?;
    Ok(())
}

/// A fix that runs as root, as in a container, takes no file away from whom it belongs to.
#[cfg(unix)]
fn keep_owner(place: &WritableFile, new: &fs::File) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};

    let (old, made) = (&place.about, new.metadata()?);
    if (old.uid(), old.gid()) == (made.uid(), made.gid()) {
        return Ok(());
    }
    fchown(new, Some(old.uid()), Some(old.gid()))
}

#[cfg(not(unix))]
fn keep_owner(_: &WritableFile, _: &fs::File) -> io::Result<()> {
    Ok(())
}

fn why(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "no such file".to_owned(),
        ErrorKind::PermissionDenied => "permission denied".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixed(path: &str, before: &str) -> FixedFile {
        FixedFile {
            path: path.to_owned(),
            before: before.into(),
            after: "new\n".to_owned(),
        }
    }

    #[test]
    fn a_file_is_replaced_and_one_that_changed_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        fs::write(root.join("a"), "old\n").unwrap();
        assert_eq!(write(&root, &fixed("a", "old\n")), Ok(()));
        assert_eq!(fs::read_to_string(root.join("a")).unwrap(), "new\n");
        let refused = write(&root, &fixed("a", "old\n")).unwrap_err();
        assert!(refused.contains("changed"), "{refused}");
        assert_eq!(fs::read_dir(&root).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn permissions_stay_and_links_are_not_followed() {
        use std::os::unix::fs::{PermissionsExt, symlink};

        let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let root = folder.path().canonicalize().unwrap();
        fs::write(root.join("a"), "old\n").unwrap();
        fs::set_permissions(root.join("a"), fs::Permissions::from_mode(0o640)).unwrap();
        write(&root, &fixed("a", "old\n")).unwrap();
        let mode = root.join("a").metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640);

        fs::write(other.path().join("b"), "old\n").unwrap();
        symlink(other.path(), root.join("folder")).unwrap();
        symlink("a", root.join("link")).unwrap();
        fs::create_dir(root.join("down")).unwrap();
        for path in ["folder/b", "link", "down", "gone"] {
            assert!(refusal(&root, path).is_some(), "{path}");
            assert!(write(&root, &fixed(path, "old\n")).is_err(), "{path}");
        }
        // Only root can give a file to somebody else.
        if std::os::unix::fs::chown(root.join("a"), Some(1000), Some(1000)).is_ok() {
            write(&root, &fixed("a", "new\n")).unwrap();
            let about = root.join("a").metadata().unwrap();
            use std::os::unix::fs::MetadataExt;
            assert_eq!((about.uid(), about.gid()), (1000, 1000));
        }
        let b = other.path().join("b");
        assert!(refusal(&root, b.to_str().unwrap()).is_some());
        assert_eq!(fs::read_to_string(b).unwrap(), "old\n");
    }
}
