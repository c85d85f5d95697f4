//! Directives that say how much of a resource a server uses (`knowledge/servers/gauges.toml`).

use serde::Deserialize;

/// The file's name in the folder of tables.
pub(super) const FILE: &str = "gauges.toml";

/// A directive that is a share of something.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResourceShare {
    pub directive: String,
    pub measures: ShareMeasure,
    /// The value at which it bounds nothing.
    pub unbounded: Option<u64>,
    /// The value at which it takes nothing of what is bounded.
    pub idle: Option<u64>,
    /// The share in percent from which it is tight.
    pub tight_from: Option<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ShareMeasure {
    /// Bytes of data, within the container's memory limit.
    Memory,
    /// Threads that serve clients, within the container's CPUs.
    Threads,
    /// Clients at once, which the pools of its clients share.
    Connections,
}

#[derive(Deserialize)]
struct UtilizationTable {
    gauge: Vec<ResourceShare>,
}

/// The gauges of the file; none where it does not load, which a test catches.
pub(super) fn read(text: &str) -> Vec<ResourceShare> {
    toml::from_str::<UtilizationTable>(text)
        .map(|file| file.gauge)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use crate::knowledge::servers::ServerKnowledge;

    #[test]
    fn the_file_loads_and_names_directives_of_every_series() {
        let servers = ServerKnowledge::embedded();
        let gauges = servers.gauges();
        assert_eq!(gauges.len(), 3);
        for gauge in gauges {
            for series in servers.all() {
                let known = series.directive(&gauge.directive).is_some();
                assert!(known, "{} {}", series.name(), gauge.directive);
            }
        }
    }
}
