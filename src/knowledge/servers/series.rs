//! One server series: its table, and the file that the table is read from.
//!
//! A file says everything of a series, or what it changes of the series that it `extends`; an entry
//! that is `null` takes away. Choosing a server's series is left to [`servers`](super).

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::directive::{DirectiveSpec, DirectiveType};
use super::language::{CommandChanges, CommandNames, ConfigLanguage};

/// One series' table.
#[derive(Debug)]
pub struct ServerSeries {
    pub flavor: String,
    /// `7.2`
    pub series: String,
    /// The first release that the table holds for, where earlier ones of the series have another:
    /// `7.2.11`.
    pub since: Option<String>,
    /// Where the table was read.
    read: TableSource,
    /// Where its own file was, if that tells of these directives alone.
    own: Option<(TableSource, Vec<String>)>,
    /// Names were found that no source of the release tells more of, and there may be others.
    pub partial: bool,
    pub unknown_directive: UnknownDirective,
    pub dotted_directive: UnknownDirective,
    /// What a file does not change is shared with the table that it extends.
    pub language: Arc<ConfigLanguage>,
    pub commands: Arc<CommandNames>,
    directives: BTreeMap<Arc<str>, Arc<DirectiveSpec>>,
    /// By their other names; made when one is looked up, for most tables are only extended.
    aliases: OnceLock<BTreeMap<String, Arc<DirectiveSpec>>>,
}

/// What a table was read from.
#[derive(Clone, Debug)]
pub struct TableSource {
    /// `7.2.6`
    pub release: String,
    /// A repository and its commit, a package, a program that was started.
    pub place: String,
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

/// What one file says, without what it takes over.
#[derive(Debug, Deserialize)]
pub(super) struct SeriesFile<'t> {
    /// The file that it changes, without its ending.
    #[serde(default)]
    pub(super) extends: Option<&'t str>,
    flavor: String,
    series: String,
    #[serde(default)]
    since: Option<String>,
    /// The release that was read.
    version: String,
    source: String,
    #[serde(default)]
    commit: Option<String>,
    #[serde(default)]
    partial: bool,
    #[serde(default)]
    unknown_directive: Option<UnknownDirective>,
    #[serde(default)]
    dotted_directive: Option<UnknownDirective>,
    #[serde(default)]
    language: Value,
    #[serde(default)]
    commands: Option<CommandChanges>,
    /// Kept as text: most are read as they stand, without a tree in between.
    #[serde(borrow, default)]
    directives: BTreeMap<&'t str, &'t RawValue>,
}

impl<'t> SeriesFile<'t> {
    pub(super) fn read(text: &'t str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// A later patch, or a release of which a part is known: the rest was read elsewhere.
    const fn tells_of_its_own_alone(&self) -> bool {
        self.since.is_some() || self.partial
    }

    fn read_from(&self) -> TableSource {
        let commit = self
            .commit
            .as_ref()
            .map(|commit| format!(", commit {commit}"));
        TableSource {
            release: self.version.clone(),
            place: format!("{}{}", self.source, commit.unwrap_or_default()),
        }
    }
}

impl ServerSeries {
    /// The table of the last of these files, each of which extends the one before it; `extended` is
    /// that of the one before the last.
    pub(super) fn of_chain(chain: &[&SeriesFile<'_>], extended: Option<&Self>) -> Option<Self> {
        let own = chain.last()?;
        let directives = directives(chain, extended)?;
        let mut newest_first = chain.iter().rev();
        let whole = newest_first
            .clone()
            .find(|file| !file.tells_of_its_own_alone())?;
        let named = || {
            own.directives
                .keys()
                .map(|name| (*name).to_owned())
                .collect()
        };
        Some(Self {
            read: whole.read_from(),
            own: own
                .tells_of_its_own_alone()
                .then(|| (own.read_from(), named())),
            flavor: own.flavor.clone(),
            series: own.series.clone(),
            since: own.since.clone(),
            partial: own.partial,
            unknown_directive: newest_first.clone().find_map(|f| f.unknown_directive)?,
            dotted_directive: newest_first.find_map(|file| file.dotted_directive)?,
            language: language(chain, extended)?,
            commands: commands(own, extended),
            aliases: OnceLock::new(),
            directives,
        })
    }

    /// Where the table was read, apart from single directives.
    pub const fn read(&self) -> &TableSource {
        &self.read
    }

    /// Where its own file was read, whatever it takes over.
    pub fn own_source(&self) -> &TableSource {
        self.own.as_ref().map_or(&self.read, |(source, _)| source)
    }

    /// Where a directive of the table was read.
    pub fn source_of(&self, directive: &DirectiveSpec) -> &TableSource {
        let own = self.own.as_ref();
        let own = own.filter(|(_, names)| names.contains(&directive.name));
        own.map_or(&self.read, |(source, _)| source)
    }

    /// `redis 7.2`
    pub fn name(&self) -> String {
        format!("{} {}", self.flavor, self.series)
    }

    /// The first release that the table holds for: `redis 7.2.11`, `redis 7.2`.
    pub fn first_release(&self) -> String {
        match &self.since {
            Some(release) => format!("{} {release}", self.flavor),
            None => self.name(),
        }
    }

    /// Everything from one table to another: `redis 6.0 to 6.2`.
    pub fn range(first: &Self, last: &Self) -> String {
        if first.series == last.series {
            return first.first_release();
        }
        format!("{} to {}", first.first_release(), last.series)
    }

    /// The directive that this name or alias stands for, in any case.
    pub fn directive(&self, name: &str) -> Option<&DirectiveSpec> {
        let as_written = self.find_in_lower_case(name);
        as_written.or_else(|| self.find_in_lower_case(&name.to_ascii_lowercase()))
    }

    /// The directive of this very name.
    pub fn directive_called(&self, name: &str) -> Option<&DirectiveSpec> {
        self.directives.get(name).map(Arc::as_ref)
    }

    /// No name is another one's alias: a test holds the tables to it.
    fn find_in_lower_case(&self, name: &str) -> Option<&DirectiveSpec> {
        let found = self.directives.get(name);
        found.or_else(|| self.aliases().get(name)).map(Arc::as_ref)
    }

    fn aliases(&self) -> &BTreeMap<String, Arc<DirectiveSpec>> {
        self.aliases.get_or_init(|| {
            let all = self.directives.values().flat_map(|directive| {
                let names = directive.aliases.iter();
                names.map(|name| (name.to_ascii_lowercase(), Arc::clone(directive)))
            });
            all.collect()
        })
    }

    pub fn directives(&self) -> impl Iterator<Item = &DirectiveSpec> {
        self.directives
            .values()
            .map(Arc::as_ref)
            .filter(|directive| directive.kind != DirectiveType::ModuleConfig)
    }

    /// Major and minor number of the series, and the patch that the table holds from.
    pub fn number(&self) -> (u32, u32, u32) {
        let release = self.since.as_deref().unwrap_or(&self.series);
        let mut numbers = release.split('.').map(|part| part.parse().unwrap_or(0));
        let mut next = || numbers.next().unwrap_or(0);
        (next(), next(), next())
    }
}

/// Those of the table that is extended, and anew the ones of which the last file says something.
fn directives(
    chain: &[&SeriesFile<'_>],
    extended: Option<&ServerSeries>,
) -> Option<BTreeMap<Arc<str>, Arc<DirectiveSpec>>> {
    let mut all = extended
        .map(|table| table.directives.clone())
        .unwrap_or_default();
    for name in chain.last()?.directives.keys() {
        all.remove(*name);
        let words = list_statements(name, chain);
        let mut directive: DirectiveSpec = match words[..] {
            [] => continue,
            [one] => serde_json::from_str(one).ok()?,
            _ => serde_json::from_value(merge_texts(&words)?).ok()?,
        };
        (*name).clone_into(&mut directive.name);
        all.insert(Arc::from(*name), Arc::new(directive));
    }
    Some(all)
}

/// What the files of a chain say of a directive, since one of them took it away.
fn list_statements<'t>(name: &str, chain: &[&SeriesFile<'t>]) -> Vec<&'t str> {
    let mut said = Vec::new();
    for file in chain {
        match file.directives.get(name).map(|words| words.get()) {
            Some("null") => said.clear(),
            Some(words) => said.push(words),
            None => {}
        }
    }
    said
}

fn language(
    chain: &[&SeriesFile<'_>],
    extended: Option<&ServerSeries>,
) -> Option<Arc<ConfigLanguage>> {
    if let (Some(extended), true) = (extended, chain.last()?.language.is_null()) {
        return Some(Arc::clone(&extended.language));
    }
    let mut whole = Value::Null;
    for file in chain {
        if !file.language.is_null() {
            merge(&mut whole, file.language.clone());
        }
    }
    Some(Arc::new(serde_json::from_value(whole).ok()?))
}

fn commands(own: &SeriesFile<'_>, extended: Option<&ServerSeries>) -> Arc<CommandNames> {
    let mut commands = extended
        .map(|table| Arc::clone(&table.commands))
        .unwrap_or_default();
    if let Some(changes) = &own.commands {
        Arc::make_mut(&mut commands).change(changes);
    }
    commands
}

fn merge_texts(texts: &[&str]) -> Option<Value> {
    let mut whole = Value::Null;
    for text in texts {
        merge(&mut whole, serde_json::from_str(text).ok()?);
    }
    Some(whole)
}

/// Puts a change on a value as RFC 7396 says: objects by their members, everything else as a whole.
fn merge(whole: &mut Value, change: Value) {
    let Value::Object(changes) = change else {
        *whole = change;
        return;
    };
    if !whole.is_object() {
        *whole = Value::Object(Map::new());
    }
    let Value::Object(members) = whole else {
        return;
    };
    for (name, change) in changes {
        if change.is_null() {
            members.shift_remove(&name);
        } else {
            merge(members.entry(name).or_insert(Value::Null), change);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::knowledge::servers::ServerKnowledge;

    #[test]
    fn a_name_stands_for_one_directive_and_is_in_lower_case() {
        let servers = ServerKnowledge::embedded();
        for series in servers.all() {
            for (name, directive) in &series.directives {
                assert_eq!(directive.name, **name, "{}", series.name());
                assert!(!name.bytes().any(|b| b.is_ascii_uppercase()), "{name}");
                for alias in &directive.aliases {
                    assert!(!series.directives.contains_key(&**alias), "{alias}");
                }
            }
        }
    }
}
