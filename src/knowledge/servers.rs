//! The directive tables of the server series: which names a version knows, what each accepts, what
//! its default is.
//!
//! Tables are read from `knowledge/servers/FLAVOR-RELEASE.json` on first use, one series at a time:
//! reading all of them would cost a tiny repository more than the whole check. Which of them a server
//! may be of is chosen in [`candidates`], reading a line by a table is left to `resolve`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use include_dir::{Dir, include_dir};

use crate::facts::raw::DeclaredBuild;
use crate::facts::vocabulary::FactType;
use crate::nearest::nearest;

mod builds;
mod candidates;
mod directive;
mod formats;
pub mod language;
mod needs;
mod paths;
pub mod releases;
mod resource_share;
mod series;
pub mod waiting;

pub use builds::BuildWord;
pub use candidates::SeriesCandidates;
pub use formats::{AofForm, DataFormat};
pub use needs::DirectiveDependency;
pub use paths::{NeededPath, PathKind};
pub use resource_share::{ResourceShare, ShareMeasure};

pub use directive::{
    Arity, BuildPart, CType, DirectiveSpec, DirectiveStatus, DirectiveType, ParsedBy,
    RefusedCharacters, RepeatRule, SpecialParser, ValueCheck, ValueUnit,
};

pub use series::{ServerSeries, TableSource, UnknownDirective};

use candidates::numbers;
use releases::ReleaseTable;
use series::SeriesFile;

static TABLES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/knowledge/servers");

/// A sentence for every directive.
const SENTENCES_FILE: &str = "sentences.toml";

/// Every series, oldest first within a flavor; the tables themselves are read when asked for.
#[derive(Debug)]
pub struct ServerKnowledge {
    series: Vec<SeriesEntry>,
    needs: OnceLock<Vec<DirectiveDependency>>,
    needed_paths: OnceLock<Vec<NeededPath>>,
    formats: OnceLock<Vec<DataFormat>>,
    releases: OnceLock<ReleaseTable>,
    /// Places of the newest whole table of each flavor, for every name asks for them.
    newest: OnceLock<Vec<usize>>,
    secrets: OnceLock<Vec<String>>,
    sentences: OnceLock<BTreeMap<String, String>>,
}

/// One table: that of a series, or that of its releases from a patch on.
#[derive(Debug)]
struct SeriesEntry {
    /// `redis-7.2`
    stem: &'static str,
    flavor: &'static str,
    /// Major, minor and patch number of the first release that it holds for.
    number: (u32, u32, u32),
    text: &'static str,
    file: OnceLock<Option<SeriesFile<'static>>>,
    table: OnceLock<Option<ServerSeries>>,
}

impl Default for ServerKnowledge {
    fn default() -> Self {
        Self::embedded()
    }
}

impl ServerKnowledge {
    /// The tables that the program carries.
    pub fn embedded() -> Self {
        Self::of_tables(TABLES.files().filter_map(|file| {
            let stem = file.path().file_name()?.to_str()?.strip_suffix(".json")?;
            Some((stem, file.contents_utf8()?))
        }))
    }

    /// Tables by the names of their files, without the ending.
    pub fn of_tables(tables: impl Iterator<Item = (&'static str, &'static str)>) -> Self {
        let mut series: Vec<SeriesEntry> = tables
            .filter_map(|(stem, text)| {
                let (flavor, number) = stem.split_once('-')?;
                let [major, minor, patch @ ..] = &numbers(number)[..] else {
                    return None;
                };
                Some(SeriesEntry {
                    stem,
                    flavor,
                    number: (*major, *minor, patch.first().copied().unwrap_or(0)),
                    text,
                    file: OnceLock::new(),
                    table: OnceLock::new(),
                })
            })
            .collect();
        series.sort_by_key(|entry| (entry.flavor, entry.number));
        Self {
            series,
            needs: OnceLock::new(),
            needed_paths: OnceLock::new(),
            formats: OnceLock::new(),
            releases: OnceLock::new(),
            newest: OnceLock::new(),
            secrets: OnceLock::new(),
            sentences: OnceLock::new(),
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
        self.series.iter().filter_map(|entry| self.table(entry))
    }

    /// Each table is made of the one that it extends, which is asked for more than once, too.
    fn table<'k>(&'k self, entry: &'k SeriesEntry) -> Option<&'k ServerSeries> {
        if let Some(table) = entry.table.get() {
            return table.as_ref();
        }
        let mut files = Vec::new();
        let mut extended: Option<&ServerSeries> = None;
        for entry in self.chain(entry)? {
            files.push(entry.file()?);
            let read = || ServerSeries::of_chain(&files, extended);
            extended = Some(entry.table.get_or_init(read).as_ref()?);
        }
        extended
    }

    /// A file behind those that it extends, the base first.
    fn chain<'k>(&'k self, entry: &'k SeriesEntry) -> Option<Vec<&'k SeriesEntry>> {
        let mut chain = vec![entry];
        while let Some(stem) = chain.last().and_then(|entry| entry.file())?.extends {
            // A file that extends itself has no end; no chain is longer than all files.
            if chain.len() == self.series.len() {
                return None;
            }
            chain.push(self.series.iter().find(|entry| entry.stem == stem)?);
        }
        chain.reverse();
        Some(chain)
    }

    /// The newest series of each flavor of which everything is known.
    pub fn newest(&self) -> impl Iterator<Item = &ServerSeries> {
        let newest = self.newest.get_or_init(|| {
            let flavors = self.flavors().into_iter();
            let newest = flavors.filter_map(|flavor| {
                let mut entries = self.series.iter().enumerate().rev();
                let is_whole = |entry| self.table(entry).is_some_and(|table| !table.partial);
                entries.find(|(_, entry)| entry.flavor == flavor && is_whole(entry))
            });
            newest.map(|(at, _)| at).collect()
        });
        newest.iter().filter_map(|at| self.table(&self.series[*at]))
    }

    /// The first and last series of a flavor that know this name (an alias counts), and the names of
    /// the flavors that know it at all.
    pub fn history(&self, flavor: &str, name: &str) -> Option<(&ServerSeries, &ServerSeries)> {
        let mut known = self
            .series
            .iter()
            .filter(|entry| entry.flavor == flavor)
            .filter_map(|entry| self.table(entry))
            .filter(|series| series.directive(name).is_some());
        let first = known.next()?;
        Some((first, known.last().unwrap_or(first)))
    }

    /// The first release after those of `own` that knows a name.
    pub fn next_to_know(&self, own: &ServerSeries, name: &str) -> Option<&ServerSeries> {
        let mut later = self
            .all()
            .filter(|series| series.flavor == own.flavor && series.number() > own.number());
        later.find(|series| series.directive(name).is_some())
    }

    /// The formats of a series' data, where they are known.
    pub fn data_format(&self, series: &ServerSeries) -> Option<&DataFormat> {
        let formats = self.formats.get_or_init(|| {
            let text = TABLES
                .get_file(formats::FILE)
                .and_then(|f| f.contents_utf8());
            text.map(formats::read).unwrap_or_default()
        });
        let mut rows = formats.iter();
        rows.find(|row| row.is_of(&series.flavor, &series.series))
    }

    /// What has to be there at start of the path that a directive names.
    pub fn find_needed_path(&self, directive: &str) -> Option<&NeededPath> {
        let paths = self.needed_paths.get_or_init(|| {
            let text = TABLES.get_file(paths::FILE).and_then(|f| f.contents_utf8());
            text.map(paths::read).unwrap_or_default()
        });
        paths.iter().find(|row| row.directive == directive)
    }

    /// What a directive needs of another one to have an effect.
    pub fn need(&self, name: &str) -> Option<&DirectiveDependency> {
        let needs = self.needs.get_or_init(|| {
            let text = TABLES.get_file(needs::FILE).and_then(|f| f.contents_utf8());
            text.map(needs::read).unwrap_or_default()
        });
        needs.iter().find(|need| need.is_of(name))
    }

    /// What each directive is for, by its name in any series: a sentence with its unit and the catch.
    pub fn sentences(&self) -> &BTreeMap<String, String> {
        self.sentences.get_or_init(|| {
            let file = TABLES.get_file(SENTENCES_FILE);
            let text = file.and_then(|file| file.contents_utf8());
            text.and_then(|text| toml::from_str(text).ok())
                .unwrap_or_default()
        })
    }

    /// Until when series get fixes, and what is wrong with their releases.
    pub fn releases(&self) -> &ReleaseTable {
        self.releases.get_or_init(|| {
            let text = TABLES
                .get_file(releases::FILE)
                .and_then(|f| f.contents_utf8());
            text.map(releases::read).unwrap_or_default()
        })
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
    pub fn parse_build<'t>(&self, text: &'t str) -> Result<DeclaredBuild, &'t str> {
        builds::parse(&self.build_words(), text)
    }

    /// The other series' directive of this name, and the name that it goes by in `series`.
    pub fn replacement<'s>(&self, series: &'s ServerSeries, name: &str) -> Option<&'s str> {
        let elsewhere = self.all().filter_map(|other| other.directive(name));
        let mut names = elsewhere.flat_map(|d| std::iter::once(&d.name).chain(&d.aliases));
        names.find_map(|name| series.directive(name).map(|d| d.name.as_str()))
    }

    /// The series of every flavor that know the name, first and last of each.
    pub fn find_knowing_series(&self, name: &str) -> Vec<(&ServerSeries, &ServerSeries)> {
        self.flavors()
            .into_iter()
            .filter_map(|flavor| self.history(flavor, name))
            .collect()
    }

    /// Whether the name's value is a secret in any current version. A misspelt name does not make a
    /// password less of one.
    pub fn is_secret(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        let known = self.newest().filter_map(|series| series.directive(&name));
        let is_secret = known.map(DirectiveSpec::is_secret).reduce(|a, b| a | b);
        is_secret.unwrap_or_else(|| {
            let secrets = self.secrets.get_or_init(|| self.list_secrets());
            nearest(&name, secrets.iter().map(String::as_str)).is_some()
        })
    }

    /// The names of the directives whose value is a secret in any current version.
    fn list_secrets(&self) -> Vec<String> {
        let directives = self.newest().flat_map(ServerSeries::directives);
        let names = directives.filter(|d| d.is_secret()).map(|d| d.name.clone());
        let names: BTreeSet<String> = names.collect();
        names.into_iter().collect()
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
    /// What the file says by itself: read once, also where several others extend it.
    fn file(&self) -> Option<&SeriesFile<'static>> {
        self.file
            .get_or_init(|| SeriesFile::read(self.text))
            .as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(candidates: &SeriesCandidates<'_>) -> Vec<String> {
        let series = candidates.series.iter();
        series.map(|series| series.first_release()).collect()
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
    fn a_version_selects_its_series_its_major_or_its_neighbours() {
        let servers = ServerKnowledge::embedded();
        let of = |flavor, version| names(&servers.candidates(Some(flavor), Some(version)));
        assert_eq!(of("redis", "v7.0.15"), ["redis 7.0.3"]);
        assert_eq!(of("redis", "7.0.0"), ["redis 7.0"]);
        let sevens = ["redis 7.0.3", "redis 7.2.11", "redis 7.4.6"];
        assert_eq!(of("redis", "7-alpine"), sevens);
        assert_eq!(of("redis", "7.2"), ["redis 7.2.11"]);
        assert_eq!(of("redis", "7.2.10"), ["redis 7.2.7"]);
        assert_eq!(of("redis", "7.2.5"), ["redis 7.2"]);
        assert_eq!(of("redis", "7.3"), ["redis 7.2.11", "redis 7.4.6"]);
        assert_eq!(of("redis", "8.12"), ["redis 8.10"]);
        assert_eq!(of("redis", "9"), ["redis 8.10"]);
        assert_eq!(of("valkey", "9"), ["valkey 9.0", "valkey 9.1"]);
        assert_eq!(of("redis", "latest").len(), 11);
        let unlisted = servers.candidates(Some("redis"), Some("5.0"));
        assert_eq!(unlisted.series.len(), 11);
        assert!(unlisted.note.is_some());
        let open = |version| {
            servers
                .candidates(Some("redis"), Some(version))
                .open
                .is_some()
        };
        assert!(
            ["8", "8.10", "8.12", "9", "7.3", "5.0"]
                .into_iter()
                .all(open)
        );
        assert!(!["7.0.15", "7.2.11"].into_iter().any(open));
        assert_eq!(servers.candidates(None, None).series.len(), 16);
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
