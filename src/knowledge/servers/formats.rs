//! Which data each series writes and reads (`knowledge/servers/formats.toml`).

use serde::Deserialize;

/// The file's name in the folder of tables.
pub(super) const FILE: &str = "formats.toml";

/// The formats of a series' data files.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataFormat {
    flavor: String,
    series: Vec<String>,
    /// The version of its dumps.
    pub writes: u32,
    /// Ranges of versions, both ends included.
    reads: Vec<[u32; 2]>,
    pub aof: AofForm,
    /// What helps where it refuses a dump, as a sentence.
    pub hint: Option<String>,
}

/// How the log of writes is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AofForm {
    /// One file in the data directory.
    File,
    /// Several files in a folder of their own.
    Folder,
}

#[derive(Deserialize)]
struct FormatTable {
    formats: Vec<DataFormat>,
}

/// The rows of the file; none where it does not load, which a test catches.
pub(super) fn read(text: &str) -> Vec<DataFormat> {
    toml::from_str::<FormatTable>(text)
        .map(|file| file.formats)
        .unwrap_or_default()
}

impl DataFormat {
    pub(super) fn is_of(&self, flavor: &str, series: &str) -> bool {
        self.flavor == flavor && self.series.iter().any(|own| own == series)
    }

    /// Whether it reads a dump of this version.
    pub fn reads(&self, version: u32) -> bool {
        let mut ranges = self.reads.iter();
        ranges.any(|[first, last]| (*first..=*last).contains(&version))
    }

    /// The versions that it reads, as a sentence says them: `up to 11`, `up to 11 and 80`.
    pub fn read_versions(&self) -> String {
        let range = |[first, last]: &[u32; 2]| match (first, last) {
            (1, last) => format!("up to {last}"),
            (first, last) if first == last => first.to_string(),
            (first, last) => format!("{first} to {last}"),
        };
        let ranges: Vec<String> = self.reads.iter().map(range).collect();
        ranges.join(" and ")
    }
}

#[cfg(test)]
mod tests {
    use crate::knowledge::servers::ServerKnowledge;

    #[test]
    fn the_file_loads_and_a_series_reads_what_it_writes() {
        let servers = ServerKnowledge::embedded();
        let formats: Vec<_> = servers
            .all()
            .filter_map(|series| Some((series.name(), servers.data_format(series)?)))
            .collect();
        assert!(formats.len() > 10, "{formats:?}");
        for (name, format) in formats {
            assert!(format.reads(format.writes), "{name}");
        }
    }
}
