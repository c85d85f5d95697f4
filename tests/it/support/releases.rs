//! Which releases recordings were made of.

use redvet::knowledge::servers::ServerKnowledge;

/// Flavor and release of a recorded server: `redis-7.2` was a redis 7.2.6, the release that its table
/// was read from.
pub(crate) fn recorded(servers: &ServerKnowledge, name: &str) -> (String, String) {
    let (flavor, number) = name.split_once('-').unwrap();
    let mut tables = servers.all();
    let table = tables.find(|table| table.flavor == flavor && table.series == number);
    (flavor.to_owned(), table.unwrap().read().release.clone())
}
