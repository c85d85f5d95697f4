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
    /// None where it is not there yet.
    about: Option<Metadata>,
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
    output(path, text.as_bytes()).map_err(|error| CliError::new(format!("{shown}: {error}")))
}

/// Writes a file in one step, and what is no file of its own (`/dev/stdout`, a pipe) as it is.
fn output(path: &Path, text: &[u8]) -> io::Result<()> {
    let old = match path.symlink_metadata() {
        Ok(old) if !old.is_file() => return fs::write(path, text),
        Ok(old) => Some(old),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let place = WritableFile {
        file: path.to_owned(),
        folder: folder.unwrap_or(Path::new(".")).to_owned(),
        about: old,
    };
    match replace(&place, text) {
        // A file may be open to writing in a folder that is not, or be mounted by itself.
        Err(error) if place.about.is_some() && cannot_be_replaced(&error) => fs::write(path, text),
        written => written,
    }
}

fn cannot_be_replaced(error: &io::Error) -> bool {
    let kind = error.kind();
    matches!(kind, ErrorKind::PermissionDenied | ErrorKind::ResourceBusy)
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
        about: Some(about),
    })
}

/// A concurrent reader sees the old text or the new one, never a part.
fn replace(place: &WritableFile, text: &[u8]) -> io::Result<()> {
    let mut builder = Builder::new();
    builder.prefix(".redvet-");
    if place.about.is_none() {
        open_to_others(&mut builder);
    }
    let mut new = builder.tempfile_in(&place.folder)?;
    new.write_all(text)?;
    if let Some(old) = &place.about {
        keep_owner(old, new.as_file())?;
        new.as_file().set_permissions(old.permissions())?;
    }
    new.as_file().sync_all()?;
    new.persist(&place.file).map_err(|error| error.error)?;
    Ok(())
}

/// A new file gets the permissions that the process gives to its files; temporary ones are private.
#[cfg(unix)]
fn open_to_others(builder: &mut Builder<'_, '_>) {
    use std::os::unix::fs::PermissionsExt;

    builder.permissions(fs::Permissions::from_mode(0o666));
}

#[cfg(not(unix))]
fn open_to_others(_: &mut Builder<'_, '_>) {}

/// What runs as root, as in a container, takes no file away from whom it belongs to.
#[cfg(unix)]
fn keep_owner(old: &Metadata, new: &fs::File) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};

    let made = new.metadata()?;
    if (old.uid(), old.gid()) == (made.uid(), made.gid()) {
        return Ok(());
    }
    fchown(new, Some(old.uid()), Some(old.gid()))
}

#[cfg(not(unix))]
fn keep_owner(_: &Metadata, _: &fs::File) -> io::Result<()> {
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
    fn outputs_keep_their_permissions_and_new_ones_are_readable() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let mode = |name: &str| {
            let about = root.join(name).metadata().unwrap();
            about.permissions().mode() & 0o777
        };
        fs::write(root.join("private"), "old").unwrap();
        fs::set_permissions(root.join("private"), fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(root.join("plain"), "old").unwrap();
        let inode = |name: &str| {
            use std::os::unix::fs::MetadataExt;
            root.join(name).metadata().unwrap().ino()
        };
        let before = inode("private");
        for name in ["private", "new"] {
            write_output(&root, &root.join(name), "text").unwrap();
            assert_eq!(fs::read_to_string(root.join(name)).unwrap(), "text");
        }
        assert_ne!(
            inode("private"),
            before,
            "a reader keeps the old text whole"
        );
        assert_eq!((mode("private"), mode("new")), (0o600, mode("plain")));
        assert_eq!(fs::read_dir(&root).unwrap().count(), 3);
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
