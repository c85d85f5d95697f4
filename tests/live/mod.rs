//! What the live test is made of: texts to try and servers to ask.

pub(crate) mod generate;
pub(crate) mod server;

use std::path::PathBuf;

/// The servers to ask: those that are listed and those on the path.
pub(crate) fn binaries() -> Vec<PathBuf> {
    let listed = std::env::var_os("REDVET_LIVE_SERVERS");
    let listed: Vec<_> = listed.iter().flat_map(std::env::split_paths).collect();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = ["redis-server", "valkey-server"]
        .into_iter()
        .filter_map(|name| {
            std::env::split_paths(&path)
                .map(|folder| folder.join(name))
                .find(|file| file.is_file())
        });
    listed.into_iter().chain(on_path).collect()
}
