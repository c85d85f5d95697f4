//! Until when a series gets fixes, which patch fixed which vulnerability, and which images are no
//! longer rebuilt (`knowledge/servers/releases.toml`).

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::value::Datetime;

use super::candidates::numbers;

/// The file's name in the folder of tables.
pub(super) const FILE: &str = "releases.toml";

/// What is known of releases. Days are written as `2026-08-22`, so that texts compare as days do.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleaseTable {
    /// The day up to which it was followed.
    #[serde(default, deserialize_with = "day")]
    pub checked: Option<String>,
    #[serde(default)]
    pub series: Vec<ReleaseSeries>,
    /// The gravest first.
    #[serde(default, rename = "vulnerability")]
    pub vulnerabilities: Vec<KnownVulnerability>,
    #[serde(default)]
    pub frozen: Vec<FrozenImages>,
}

/// A series from its first release to its last.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleaseSeries {
    pub flavor: String,
    /// `7.2`
    pub number: String,
    #[serde(default, deserialize_with = "day")]
    pub released: Option<String>,
    /// The first day without fixes for security; none is announced where it is missing.
    #[serde(default, deserialize_with = "day")]
    pub ended: Option<String>,
    /// Its newest release.
    pub newest: String,
}

/// A vulnerability that can be used over the network, and the first release of each series without it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownVulnerability {
    pub name: String,
    /// What it lets whom do.
    pub about: String,
    /// By flavor.
    fixed: BTreeMap<String, Vec<String>>,
    /// For people.
    #[serde(rename = "source")]
    _source: String,
}

/// Repositories of Docker Hub that are no longer rebuilt.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrozenImages {
    /// What their names begin with.
    under: String,
    /// Only tags that begin with a number.
    #[serde(default)]
    versioned: bool,
    #[serde(default, deserialize_with = "day")]
    pub since: Option<String>,
    /// What became of them.
    pub state: String,
    /// For people.
    #[serde(rename = "source")]
    _source: String,
}

fn day<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Datetime::deserialize(from).map(|date| Some(date.to_string()))
}

/// The file; empty where it does not load, which a test catches.
pub(super) fn read(text: &str) -> ReleaseTable {
    toml::from_str(text).unwrap_or_default()
}

impl ReleaseTable {
    /// The series of a version, where the version says one.
    pub fn series_of(&self, flavor: &str, version: &str) -> Option<&ReleaseSeries> {
        let [major, minor, ..] = numbers(version)[..] else {
            return None;
        };
        let mut of_flavor = self.series.iter().filter(|series| series.flavor == flavor);
        of_flavor.find(|series| numbers(&series.number)[..] == [major, minor])
    }

    /// The series of a version that says only its first number, where none of them gets fixes on a day: its
    /// tag leads to the newest of them.
    pub fn ended_series_of(
        &self,
        flavor: &str,
        version: &str,
        day: &str,
    ) -> Option<&ReleaseSeries> {
        let [major] = numbers(version)[..] else {
            return None;
        };
        let of_flavor = self.series.iter().filter(|series| series.flavor == flavor);
        let of_major: Vec<_> = of_flavor
            .filter(|series| numbers(&series.number).first() == Some(&major))
            .collect();
        let all_ended = of_major.iter().all(|series| series.has_ended(day));
        let newest = of_major
            .into_iter()
            .max_by_key(|series| numbers(&series.number));
        newest.filter(|_| all_ended)
    }

    /// The oldest series that is known, for a version that is older than all.
    pub fn oldest_after(&self, flavor: &str, version: &str) -> Option<&ReleaseSeries> {
        let of_flavor = self.series.iter().filter(|series| series.flavor == flavor);
        let oldest = of_flavor.min_by_key(|series| numbers(&series.number))?;
        let own = numbers(version);
        (!own.is_empty() && own < numbers(&oldest.number)).then_some(oldest)
    }

    /// The oldest series that still gets fixes on a day and is no older than this one: the shortest
    /// way to a supported version.
    pub fn find_supported(&self, series: &ReleaseSeries, day: &str) -> Option<&ReleaseSeries> {
        let later = self.series.iter().filter(|other| {
            other.flavor == series.flavor
                && numbers(&other.number) > numbers(&series.number)
                && !other.has_ended(day)
        });
        later.min_by_key(|other| numbers(&other.number))
    }

    /// The vulnerabilities that an exact release has and a later one of its series has not, with that one.
    pub fn open_vulnerabilities(
        &self,
        flavor: &str,
        version: &str,
    ) -> Vec<(&KnownVulnerability, &str)> {
        let own = numbers(version);
        let closed_later = |fix: &&String| {
            let fix = numbers(fix);
            own.len() == 3 && fix[..2] == own[..2] && own[2] < fix[2]
        };
        let open = self.vulnerabilities.iter().filter_map(|vulnerability| {
            let fix = vulnerability.fixed.get(flavor)?.iter().find(closed_later)?;
            Some((vulnerability, fix.as_str()))
        });
        open.collect()
    }
}

impl ReleaseSeries {
    /// Whether it gets no fixes on this day.
    pub fn has_ended(&self, day: &str) -> bool {
        self.ended.as_deref().is_some_and(|ended| ended <= day)
    }
}

impl FrozenImages {
    /// Whether a repository of Docker Hub with this tag is one of them.
    pub fn holds(&self, repository: &str, tag: Option<&str>) -> bool {
        let is_number = |tag: &str| tag.starts_with(|c: char| c.is_ascii_digit());
        repository.starts_with(&self.under) && (!self.versioned || tag.is_some_and(is_number))
    }
}

#[cfg(test)]
mod tests {
    use crate::knowledge::servers::ServerKnowledge;

    #[test]
    fn every_series_with_a_table_has_its_releases() {
        let servers = ServerKnowledge::embedded();
        let releases = servers.releases();
        for table in servers.all() {
            let series = releases.series_of(&table.flavor, &table.series);
            let series = series.unwrap_or_else(|| panic!("{} is missing", table.name()));
            assert!(series.newest.starts_with(&format!("{}.", series.number)));
        }
        assert!(releases.checked.is_some() && !releases.frozen.is_empty());
    }

    #[test]
    fn a_vulnerability_is_open_before_the_patch_of_its_own_series() {
        let servers = ServerKnowledge::embedded();
        let first = |flavor, version| {
            let open = servers.releases().open_vulnerabilities(flavor, version);
            open.first()
                .map(|(vulnerability, fix)| (vulnerability.name.clone(), (*fix).to_owned()))
        };
        let lua = |fix: &str| Some(("CVE-2025-49844".to_owned(), fix.to_owned()));
        assert_eq!(first("redis", "7.4.0"), lua("7.4.6"));
        assert_eq!(first("valkey", "8.0.2"), lua("8.0.6"));
        assert_eq!(first("redis", "7.4.11"), None);
        assert_eq!(first("redis", "7.4"), None);
    }

    #[test]
    fn the_way_on_leads_to_the_next_series_that_gets_fixes() {
        let servers = ServerKnowledge::embedded();
        let releases = servers.releases();
        let next = |flavor, version| {
            let series = releases.series_of(flavor, version).unwrap();
            assert!(series.has_ended("2026-01-01"));
            releases
                .find_supported(series, "2026-01-01")
                .unwrap()
                .number
                .clone()
        };
        assert_eq!(next("redis", "6.0.5"), "6.2");
        assert_eq!(next("redis", "7.0"), "7.2");
    }
}
