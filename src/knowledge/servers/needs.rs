//! Directives that have no effect unless another directive has a certain value
//! (`knowledge/servers/needs.toml`).

use serde::Deserialize;

/// The file's name in the folder of tables.
pub(super) const FILE: &str = "needs.toml";

/// A group of directives and what they depend on.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DirectiveDependency {
    names: Vec<String>,
    /// The directive that decides.
    pub on: String,
    /// The value of it, as `CONFIG GET` shows it, at which the group has no effect.
    pub idle: String,
}

#[derive(Deserialize)]
struct DependencyTable {
    needs: Vec<DirectiveDependency>,
}

/// The groups of the file; none where it does not load, which a test catches.
pub(super) fn read(text: &str) -> Vec<DirectiveDependency> {
    toml::from_str::<DependencyTable>(text)
        .map(|file| file.needs)
        .unwrap_or_default()
}

impl DirectiveDependency {
    pub(super) fn is_of(&self, name: &str) -> bool {
        self.names
            .iter()
            .any(|known| match known.strip_suffix('*') {
                Some(start) => name.starts_with(start),
                None => name == known,
            })
    }
}

#[cfg(test)]
mod tests {
    use crate::knowledge::servers::ServerKnowledge;

    #[test]
    fn the_file_loads_and_names_directives() {
        let servers = ServerKnowledge::embedded();
        let need = servers.need("active-defrag-ignore-bytes").unwrap();
        assert_eq!(
            (need.on.as_str(), need.idle.as_str()),
            ("activedefrag", "no")
        );
        let known = |name: &str| servers.all().any(|s| s.directive(name).is_some());
        for need in servers.needs.get().unwrap() {
            assert!(known(&need.on), "{}", need.on);
            for name in need.names.iter().filter(|n| !n.ends_with('*')) {
                assert!(known(name), "{name}");
            }
        }
    }
}
