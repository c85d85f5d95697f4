//! Which servers there are to ask.

use std::path::{Path, PathBuf};

/// What `tests/live/install` installs, by the names that it gives them.
const FROM_INDEXES: &[&str] = &[
    "redis-6.2.5",
    "redis-7.2.4",
    "redis-7.4.1",
    "redis-8.2.3",
    "valkey-8.1.8",
    "valkey-9.0.0",
    "valkey-9.1.2",
];

/// The servers of `REDVET_LIVE_SERVERS`, or those that are found. One that is looked for and not there
/// is told of; in CI the test fails.
pub(crate) fn installed() -> Vec<PathBuf> {
    if let Some(listed) = std::env::var_os("REDVET_LIVE_SERVERS") {
        return std::env::split_paths(&listed).collect();
    }
    let mut found = on_path(&["redis-server", "valkey-server"]);
    let mut missing = Vec::new();
    if found.is_empty() {
        missing.push("a redis-server or valkey-server of the system");
    }
    let folder = folder();
    for name in FROM_INDEXES {
        let file = folder.as_ref().map(|folder| folder.join("bin").join(name));
        match file.filter(|file| file.exists()) {
            Some(file) => found.push(file),
            None => missing.push(name),
        }
    }
    if !missing.is_empty() {
        let said = format!("not installed, so not asked: {}", missing.join(", "));
        let cure = "install redis-server and run tests/live/install";
        assert!(std::env::var_os("CI").is_none(), "{said}: {cure}");
        println!("SKIPPED: {said} ({cure})");
    }
    found
}

/// Where `tests/live/install` puts them.
fn folder() -> Option<PathBuf> {
    let of = |variable| std::env::var_os(variable).map(PathBuf::from);
    of("REDVET_LIVE_FOLDER").or_else(|| {
        let cache = of("XDG_CACHE_HOME").or_else(|| Some(of("HOME")?.join(".cache")))?;
        Some(cache.join("redvet/live-servers"))
    })
}

fn on_path(names: &[&str]) -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let first = |name: &&str| {
        folders
            .iter()
            .map(|f: &PathBuf| f.join(name))
            .find(|f| Path::is_file(f))
    };
    names.iter().filter_map(first).collect()
}
