//! Paths of the tree: parts joined by `/`, relative to the root, which is the empty path. Only text is
//! looked at, never the disk.

/// The folder of a path and its name in there; a file of the root has the empty folder.
pub fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// The folder of a path; empty for what stands at the root.
pub fn folder(path: &str) -> &str {
    split(path).0
}

/// The last part of a path.
pub fn name(path: &str) -> &str {
    split(path).1
}

/// The file has the ending of configuration files, by which the official images know one.
pub fn is_conf(path: &str) -> bool {
    path.ends_with(".conf")
}

/// Whether a path is a folder or stands somewhere below it. Everything stands below the root.
pub fn is_within(path: &str, folder: &str) -> bool {
    folder.is_empty()
        || path
            .strip_prefix(folder)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The path of a name in a folder.
pub fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        return name.to_owned();
    }
    format!("{folder}/{name}")
}

/// A path as a file in `folder` spells it, `.` and `..` resolved; `None` where it leads out of the tree
/// or is absolute.
pub fn resolve(folder: &str, path: &str) -> Option<String> {
    if path.starts_with(['/', '~']) {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::{is_within, resolve, split};

    #[test]
    fn dots_are_resolved_within_the_tree() {
        for (folder, path, resolved) in [
            ("", "./redis.conf", Some("redis.conf")),
            ("a/b", "../c/./x", Some("a/c/x")),
            ("a", "../../x", None),
            ("a", "/etc/x", None),
            ("a", ".", Some("a")),
        ] {
            assert_eq!(
                resolve(folder, path).as_deref(),
                resolved,
                "{folder} {path}"
            );
        }
    }

    #[test]
    fn folders_are_whole_parts() {
        assert_eq!(split("a/b/c"), ("a/b", "c"));
        assert_eq!(split("c"), ("", "c"));
        for (path, folder, within) in [
            ("a/b", "", true),
            ("a/b", "a", true),
            ("a", "a", true),
            ("ab/c", "a", false),
        ] {
            assert_eq!(is_within(path, folder), within, "{path} {folder}");
        }
    }
}
