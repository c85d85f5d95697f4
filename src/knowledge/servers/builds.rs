//! The build options of a server that redvet knows (`knowledge/servers/builds.toml`).

use serde::Deserialize;

use crate::facts::raw::DeclaredBuild;

/// The file's name in the folder of tables.
pub(super) const FILE: &str = "builds.toml";

/// A word and what it says.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BuildWord {
    pub word: String,
    /// For people.
    pub about: String,
    #[serde(default)]
    pub bundled_allocator: Option<bool>,
    #[serde(default)]
    pub tls: Option<bool>,
}

#[derive(Deserialize)]
struct BuildTable {
    build: Vec<BuildWord>,
}

/// The words of the file; none where it does not load, which a test catches.
pub(super) fn read(text: &str) -> Vec<BuildWord> {
    toml::from_str::<BuildTable>(text)
        .map(|file| file.build)
        .unwrap_or_default()
}

/// What words joined by commas say; the first that is unknown or contradicts an earlier one is the
/// error.
pub(super) fn parse<'t>(known: &[BuildWord], text: &'t str) -> Result<DeclaredBuild, &'t str> {
    let mut build = DeclaredBuild::default();
    for word in text.split(',').map(str::trim) {
        let found = known.iter().find(|known| known.word == word).ok_or(word)?;
        let merged = |old: Option<bool>, new: Option<bool>| match (old, new) {
            (Some(old), Some(new)) if old != new => Err(word),
            (old, new) => Ok(new.or(old)),
        };
        build.bundled_allocator = merged(build.bundled_allocator, found.bundled_allocator)?;
        build.tls = merged(build.tls, found.tls)?;
    }
    Ok(build)
}

#[cfg(test)]
mod tests {
    use crate::knowledge::servers::ServerKnowledge;

    #[test]
    fn words_add_up_and_exclude_each_other() {
        let servers = ServerKnowledge::embedded();
        let build = servers.parse_build("libc, no-tls").unwrap();
        assert_eq!(build.bundled_allocator, Some(false));
        assert_eq!(build.tls, Some(false));
        assert_eq!(servers.parse_build("tls").unwrap().bundled_allocator, None);
        assert_eq!(servers.parse_build("jemalloc,libc"), Err("libc"));
        assert_eq!(servers.parse_build("musl"), Err("musl"));
        assert_eq!(servers.parse_build(""), Err(""));
    }
}
