//! Paths of the tree as other files spell them: relative to a folder, with `.` and `..`.

/// The folder of a path; empty for the root's own files.
pub fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// A path below a folder, `.` and `..` resolved; `None` where it leads out of the tree or is absolute.
pub fn join(folder: &str, path: &str) -> Option<String> {
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
    use super::join;

    #[test]
    fn dots_are_resolved_within_the_tree() {
        for (folder, path, joined) in [
            ("", "./redis.conf", Some("redis.conf")),
            ("a/b", "../c/./x", Some("a/c/x")),
            ("a", "../../x", None),
            ("a", "/etc/x", None),
            ("a", ".", Some("a")),
        ] {
            assert_eq!(join(folder, path).as_deref(), joined, "{folder} {path}");
        }
    }
}
