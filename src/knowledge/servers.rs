//! The directive tables of the server series: which names a version knows, what each accepts, what
//! its default is.
//!
//! Tables are read from `knowledge/servers/FLAVOR-SERIES.json` on first use, one series at a time:
//! reading all of them would cost a tiny repository more than the whole check. How a line is judged
//! by a table is `resolve`'s business.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::OnceLock;

use include_dir::{Dir, include_dir};
use rayon::prelude::*;
use serde::Deserialize;

use crate::facts::raw::DeclaredBuild;
use crate::facts::vocabulary::FactType;
use crate::nearest::nearest;

mod builds;
mod directive;
pub mod language;
mod needs;
mod resource_share;
pub mod waiting;

pub use builds::BuildWord;
pub use needs::DirectiveDependency;
pub use resource_share::{ResourceShare, ShareMeasure};

pub use directive::{
    Arity, BuildPart, CType, DirectiveSpec, DirectiveStatus, DirectiveType, ParsedBy,
    RefusedCharacters, RepeatRule, SpecialParser, ValueCheck, ValueUnit,
};

use language::{CommandNames, CommandTable, ConfigLanguage};

static TABLES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/knowledge/servers");

/// Every series, oldest first within a flavor; the tables themselves are read when asked for.
#[derive(Debug)]
pub struct ServerKnowledge {
    series: Vec<SeriesEntry>,
    needs: OnceLock<Vec<DirectiveDependency>>,
}

#[derive(Debug)]
struct SeriesEntry {
    flavor: &'static str,
    number: (u32, u32),
    text: &'static str,
    table: OnceLock<Option<ServerSeries>>,
}

/// One series' table.
#[derive(Debug)]
pub struct ServerSeries {
    pub flavor: String,
    /// `7.2`
    pub series: String,
    /// The release that was read: `7.2.6`.
    pub version: String,
    /// Where the table was read from.
    pub source: String,
    pub unknown_directive: UnknownDirective,
    pub dotted_directive: UnknownDirective,
    pub language: ConfigLanguage,
    pub commands: CommandNames,
    directives: BTreeMap<String, DirectiveSpec>,
    /// Lower-case names and aliases to the canonical name.
    names: HashMap<String, String>,
}

/// What a version does with a name that it does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum UnknownDirective {
    /// Refuses the file, naming the line.
    #[serde(rename = "config-file-error")]
    RefusesFile,
    /// Takes it for a module's setting and stops later, without a line.
    #[serde(rename = "queued-as-module-config-then-fatal-at-startup")]
    StopsAtStartup,
}

#[derive(Deserialize)]
struct SeriesTable {
    flavor: String,
    series: String,
    version: String,
    source: String,
    #[serde(default)]
    commit: Option<String>,
    unknown_directive: UnknownDirective,
    dotted_directive: UnknownDirective,
    language: ConfigLanguage,
    commands: CommandTable,
    directives: BTreeMap<String, DirectiveSpec>,
}

/// The series that a server may be of, as far as its image or settings tell.
#[derive(Debug, Default)]
pub struct SeriesCandidates<'a> {
    /// Never empty; one entry means that the series is known.
    pub series: Vec<&'a ServerSeries>,
    /// Said once a run: the version is not listed, and which one stands for it.
    pub note: Option<String>,
}

impl Default for ServerKnowledge {
    fn default() -> Self {
        Self::embedded()
    }
}

impl ServerKnowledge {
    /// The tables that the program carries.
    pub fn embedded() -> Self {
        let mut series: Vec<SeriesEntry> = TABLES
            .files()
            .filter_map(|file| {
                let stem = file.path().file_name()?.to_str()?.strip_suffix(".json")?;
                let (flavor, number) = stem.split_once('-')?;
                let text = file.contents_utf8()?;
                Some(SeriesEntry {
                    flavor,
                    number: two_numbers(number)?,
                    text,
                    table: OnceLock::new(),
                })
            })
            .collect();
        series.sort_by_key(|entry| (entry.flavor, entry.number));
        Self {
            series,
            needs: OnceLock::new(),
        }
    }

    /// The flavors, each once.
    pub fn flavors(&self) -> Vec<&'static str> {
        let mut flavors: Vec<_> = self.series.iter().map(|entry| entry.flavor).collect();
        flavors.dedup();
        flavors
    }

    /// Every table: for the vocabulary, and to tell whether any version knows a name.
    pub fn all(&self) -> impl Iterator<Item = &ServerSeries> {
        self.series.iter().filter_map(SeriesEntry::table)
    }

    /// The newest series of each flavor.
    pub fn newest(&self) -> impl Iterator<Item = &ServerSeries> {
        let last_of_flavor = |i: &usize| {
            self.series
                .get(i + 1)
                .is_none_or(|next| next.flavor != self.series[*i].flavor)
        };
        (0..self.series.len())
            .filter(last_of_flavor)
            .filter_map(|i| self.series[i].table())
    }

    /// The series that `flavor` and `version` allow. An unlisted version is read as the newest listed
    /// one below it; a version without a listed neighbour below leaves the whole flavor.
    pub fn candidates(&self, flavor: Option<&str>, version: Option<&str>) -> SeriesCandidates<'_> {
        let of_flavor: Vec<&SeriesEntry> = self
            .series
            .iter()
            .filter(|entry| flavor.is_none_or(|f| f == entry.flavor))
            .collect();
        let of_flavor = if of_flavor.is_empty() {
            self.series.iter().collect()
        } else {
            of_flavor
        };
        let (chosen, note) = match version.map(leading_numbers).as_deref() {
            Some([major, minor, ..]) => by_minor(&of_flavor, (*major, *minor)),
            Some([major]) => by_major(&of_flavor, *major),
            _ => (of_flavor, None),
        };
        // Each is read on first use, and for a version that nobody names that is all of them.
        chosen.par_iter().for_each(|entry| {
            let _ = entry.table();
        });
        SeriesCandidates {
            series: chosen.into_iter().filter_map(SeriesEntry::table).collect(),
            note,
        }
    }

    /// The first and last series of a flavor that know this name (an alias counts), and the names of
    /// the flavors that know it at all.
    pub fn history(&self, flavor: &str, name: &str) -> Option<(&ServerSeries, &ServerSeries)> {
        let mut known = self
            .series
            .iter()
            .filter(|entry| entry.flavor == flavor)
            .filter_map(SeriesEntry::table)
            .filter(|series| series.directive(name).is_some());
        let first = known.next()?;
        Some((first, known.last().unwrap_or(first)))
    }

    /// What a directive needs of another one to have an effect.
    pub fn need(&self, name: &str) -> Option<&DirectiveDependency> {
        let needs = self.needs.get_or_init(|| {
            let text = TABLES.get_file(needs::FILE).and_then(|f| f.contents_utf8());
            text.map(needs::read).unwrap_or_default()
        });
        needs.iter().find(|need| need.is_of(name))
    }

    /// The directives that say how much a server takes of what.
    pub fn gauges(&self) -> Vec<ResourceShare> {
        let text = TABLES
            .get_file(resource_share::FILE)
            .and_then(|f| f.contents_utf8());
        text.map(resource_share::read).unwrap_or_default()
    }

    /// The words for how a server was built.
    pub fn build_words(&self) -> Vec<BuildWord> {
        let text = TABLES
            .get_file(builds::FILE)
            .and_then(|f| f.contents_utf8());
        text.map(builds::read).unwrap_or_default()
    }

    /// What words joined by commas say of a build; else the word that says nothing.
    pub fn declared_build<'t>(&self, text: &'t str) -> Result<DeclaredBuild, &'t str> {
        builds::parse(&self.build_words(), text)
    }

    /// The other series' directive of this name, and the name that it goes by in `series`.
    pub fn replacement<'s>(&self, series: &'s ServerSeries, name: &str) -> Option<&'s str> {
        let elsewhere = self.all().filter_map(|other| other.directive(name));
        let mut names = elsewhere.flat_map(|d| std::iter::once(&d.name).chain(&d.aliases));
        names.find_map(|name| series.directive(name).map(|d| d.name.as_str()))
    }

    /// The series of every flavor that know the name, first and last of each.
    pub fn known_to(&self, name: &str) -> Vec<(&ServerSeries, &ServerSeries)> {
        self.flavors()
            .into_iter()
            .filter_map(|flavor| self.history(flavor, name))
            .collect()
    }

    /// Whether the name's value is a secret in any current version. A misspelt name does not make a
    /// password less of one.
    pub fn is_secret(&self, name: &str) -> bool {
        let known: Vec<_> = self.newest().filter_map(|s| s.directive(name)).collect();
        if !known.is_empty() {
            return known.into_iter().any(DirectiveSpec::is_secret);
        }
        let secrets = self.newest().flat_map(ServerSeries::directives);
        let secrets = secrets.filter(|d| d.is_secret()).map(|d| d.name.as_str());
        nearest(&name.to_lowercase(), secrets).is_some()
    }

    /// The type of every directive's effective value, over all series. A directive whose type
    /// differs between series keeps the newest, where a series that ignores it does not count.
    pub fn value_types(&self) -> BTreeMap<String, FactType> {
        let all = || self.all().flat_map(ServerSeries::directives);
        let (ignored, read): (Vec<_>, Vec<_>) =
            all().partition(|d| d.kind == DirectiveType::Ignored);
        let directives = ignored.into_iter().chain(read);
        directives
            .map(|directive| (directive.name.clone(), directive.value_type()))
            .collect()
    }

    /// The words that a directive's effective value may be in any series, for those whose words are
    /// few. A directive of which one series takes any text is left out.
    pub fn value_words(&self) -> BTreeMap<String, Vec<String>> {
        let mut words: BTreeMap<&str, Option<BTreeSet<&str>>> = BTreeMap::new();
        for directive in self.all().flat_map(ServerSeries::directives) {
            let all = words
                .entry(&directive.name)
                .or_insert_with(|| Some(BTreeSet::new()));
            match directive.value_words() {
                Some(own) => {
                    if let Some(all) = all {
                        all.extend(own);
                    }
                }
                None => *all = None,
            }
        }
        let owned = |words: BTreeSet<&str>| words.into_iter().map(str::to_owned).collect();
        words
            .into_iter()
            .filter_map(|(name, words)| Some((name.to_owned(), owned(words?))))
            .collect()
    }

    /// Every other name of a directive, with the name that its value goes by in rules.
    pub fn aliases(&self) -> BTreeMap<String, String> {
        let directives = self.all().flat_map(ServerSeries::directives);
        directives
            .flat_map(|d| {
                d.aliases
                    .iter()
                    .map(|alias| (alias.clone(), d.name.clone()))
            })
            .collect()
    }
}

impl SeriesEntry {
    fn table(&self) -> Option<&ServerSeries> {
        self.table
            .get_or_init(|| {
                serde_json::from_str::<SeriesTable>(self.text)
                    .ok()
                    .map(ServerSeries::from)
            })
            .as_ref()
    }

    fn name(&self) -> String {
        format!("{} {}.{}", self.flavor, self.number.0, self.number.1)
    }
}

impl From<SeriesTable> for ServerSeries {
    fn from(table: SeriesTable) -> Self {
        let names = table
            .directives
            .values()
            .flat_map(|directive| {
                std::iter::once(&directive.name)
                    .chain(&directive.aliases)
                    .map(|name| (name.to_ascii_lowercase(), directive.name.clone()))
            })
            .collect();
        let commit = table.commit.map(|commit| format!(", commit {commit}"));
        Self {
            source: table.source + &commit.unwrap_or_default(),
            flavor: table.flavor,
            series: table.series,
            version: table.version,
            unknown_directive: table.unknown_directive,
            dotted_directive: table.dotted_directive,
            language: table.language,
            commands: table.commands.into(),
            directives: table.directives,
            names,
        }
    }
}

impl ServerSeries {
    /// `redis 7.2`
    pub fn name(&self) -> String {
        format!("{} {}", self.flavor, self.series)
    }

    /// The directive that this name or alias stands for, in any case.
    pub fn directive(&self, name: &str) -> Option<&DirectiveSpec> {
        let canonical = self.names.get(&name.to_ascii_lowercase())?;
        self.directives.get(canonical)
    }

    pub fn directives(&self) -> impl Iterator<Item = &DirectiveSpec> {
        self.directives
            .values()
            .filter(|directive| directive.kind != DirectiveType::ModuleConfig)
    }

    /// Major and minor number.
    pub fn number(&self) -> (u32, u32) {
        two_numbers(&self.series).unwrap_or_default()
    }
}

fn by_minor<'a>(
    entries: &[&'a SeriesEntry],
    wanted: (u32, u32),
) -> (Vec<&'a SeriesEntry>, Option<String>) {
    let exact: Vec<_> = entries
        .iter()
        .filter(|entry| entry.number == wanted)
        .copied()
        .collect();
    if !exact.is_empty() {
        return (exact, None);
    }
    let Some(below) = entries
        .iter()
        .filter(|entry| entry.number < wanted)
        .max_by_key(|e| e.number)
    else {
        return (
            entries.to_vec(),
            Some(unlisted(wanted, "every listed series")),
        );
    };
    let below: Vec<_> = entries
        .iter()
        .filter(|entry| entry.number == below.number)
        .copied()
        .collect();
    let names: Vec<_> = below.iter().map(|entry| entry.name()).collect();
    let note = unlisted(wanted, &names.join(" and "));
    (below, Some(note))
}

fn by_major<'a>(entries: &[&'a SeriesEntry], major: u32) -> (Vec<&'a SeriesEntry>, Option<String>) {
    let same: Vec<_> = entries
        .iter()
        .filter(|entry| entry.number.0 == major)
        .copied()
        .collect();
    if same.is_empty() {
        return by_minor(entries, (major, 0));
    }
    (same, None)
}

fn unlisted(wanted: (u32, u32), stands_for: &str) -> String {
    format!(
        "no directive table for version {}.{}; using {stands_for}",
        wanted.0, wanted.1
    )
}

/// The numbers that a version starts with: `v7.0.15-alpine` is 7, 0, 15.
fn leading_numbers(version: &str) -> Vec<u32> {
    let version = version.strip_prefix('v').unwrap_or(version);
    let end = version
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .unwrap_or(version.len());
    version[..end]
        .split('.')
        .map_while(|part| part.parse().ok())
        .collect()
}

fn two_numbers(text: &str) -> Option<(u32, u32)> {
    let (major, minor) = text.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(candidates: &SeriesCandidates<'_>) -> Vec<String> {
        candidates.series.iter().map(|s| s.name()).collect()
    }

    #[test]
    fn every_table_loads() {
        let servers = ServerKnowledge::embedded();
        assert_eq!(
            servers.all().count(),
            TABLES
                .files()
                .filter(|f| f.path().extension().is_some_and(|e| e == "json"))
                .count()
        );
        for series in servers.all() {
            for directive in series.directives() {
                assert_eq!(
                    directive.kind == DirectiveType::Special,
                    directive.form.is_some(),
                    "{} {}",
                    series.name(),
                    directive.name
                );
            }
        }
    }

    #[test]
    fn a_version_selects_its_series_its_major_or_its_neighbour_below() {
        let servers = ServerKnowledge::embedded();
        let of = |flavor, version| names(&servers.candidates(Some(flavor), Some(version)));
        assert_eq!(of("redis", "v7.0.15"), ["redis 7.0"]);
        assert_eq!(
            of("redis", "7-alpine"),
            ["redis 7.0", "redis 7.2", "redis 7.4"]
        );
        assert_eq!(of("redis", "8.2"), ["redis 8.0"]);
        assert_eq!(of("valkey", "9"), ["valkey 9.0", "valkey 9.1"]);
        assert_eq!(of("redis", "latest").len(), 7);
        let unlisted = servers.candidates(Some("redis"), Some("5.0"));
        assert_eq!(unlisted.series.len(), 7);
        assert!(unlisted.note.is_some());
        assert_eq!(servers.candidates(None, None).series.len(), 12);
    }

    #[test]
    fn aliases_and_case_lead_to_one_directive() {
        let servers = ServerKnowledge::embedded();
        let series = servers.candidates(Some("redis"), Some("7.2")).series[0];
        let alias = series.directive("Slave-Read-Only").map(|d| d.name.as_str());
        assert_eq!(alias, Some("replica-read-only"));
    }

    #[test]
    fn secrets_are_known_by_name() {
        let servers = ServerKnowledge::embedded();
        assert!(servers.is_secret("requirepass"));
        assert!(servers.is_secret("masterauth"));
        assert!(!servers.is_secret("timeout"));
    }
}
