//! Which directives name a path that has to be there when the server starts (`knowledge/servers/paths.toml`).

use serde::Deserialize;

/// The file's name in the folder of tables.
pub(super) const FILE: &str = "paths.toml";

/// A directive whose value is a path that the server opens or enters at start.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NeededPath {
    pub directive: String,
    pub needs: PathKind,
    /// The directive that decides whether the server looks at the path, ...
    pub on: Option<String>,
    /// ... and the value of it at which it does not.
    pub idle: Option<String>,
}

/// What of a path has to exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PathKind {
    File,
    Folder,
    /// The folder of a file that the server makes itself.
    Parent,
}

#[derive(Deserialize)]
struct PathTable {
    paths: Vec<NeededPath>,
}

/// The rows of the file; none where it does not load, which a test catches.
pub(super) fn read(text: &str) -> Vec<NeededPath> {
    toml::from_str::<PathTable>(text)
        .map(|file| file.paths)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use crate::knowledge::servers::ServerKnowledge;

    #[test]
    fn the_file_loads_and_names_directives() {
        let servers = ServerKnowledge::embedded();
        assert!(servers.find_needed_path("dir").is_some());
        for series in servers.all() {
            for row in servers.needed_paths.get().unwrap() {
                for name in [Some(&row.directive), row.on.as_ref()]
                    .into_iter()
                    .flatten()
                {
                    assert!(series.directive(name).is_some(), "{} {name}", series.name());
                }
            }
        }
    }
}
