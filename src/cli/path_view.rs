//! Paths of a report as they are seen from another folder: from the repository's root for hosts, from
//! the working folder for people, who open them from where they are.

use std::path::{Component, Path, PathBuf};

/// The path of a project's file as a person in `folder` types it; both folders are absolute. One that
/// shares nothing with that folder but the file system's root stays absolute, as does one that leads
/// out of the project.
pub(super) fn relate_path(folder: &Path, root: &Path, path: &str) -> String {
    if path.starts_with('/') || path == ".." || path.starts_with("../") {
        return path.to_owned();
    }
    let file = root.join(path);
    let shared = folder
        .components()
        .zip(file.components())
        .take_while(|(a, b)| a == b);
    let shared = shared.count();
    let has_ground = |part: Component<'_>| matches!(part, Component::Normal(_));
    if !folder.components().take(shared).any(has_ground) {
        return file.to_string_lossy().into_owned();
    }
    let up = folder
        .components()
        .skip(shared)
        .map(|_| Component::ParentDir);
    let down = file.components().skip(shared);
    let seen: PathBuf = up.chain(down).collect();
    seen.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(folder: &str) -> String {
        relate_path(
            Path::new(folder),
            Path::new("/home/me/shop"),
            "deploy/a.yaml",
        )
    }

    #[test]
    fn a_path_leads_there_from_the_folder() {
        assert_eq!(seen("/home/me/shop"), "deploy/a.yaml");
        assert_eq!(seen("/home/me"), "shop/deploy/a.yaml");
        assert_eq!(seen("/home/me/shop/deploy"), "a.yaml");
        assert_eq!(seen("/home/me/shop/cmd"), "../deploy/a.yaml");
        assert_eq!(seen("/tmp"), "/home/me/shop/deploy/a.yaml");
        let out = relate_path(Path::new("/home"), Path::new("/home/me"), "../b.toml");
        assert_eq!(out, "../b.toml");
    }
}
