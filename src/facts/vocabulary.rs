//! The vocabulary: every fact that a rule may name, with its type. The listed ones stand in the tables
//! of [`fact_path`](crate::facts::fact_path); what holds for one directive or one client option is
//! looked up in `knowledge` when a [`Vocabulary`] is built.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::facts::estate::SubjectKind;
pub use crate::facts::fact_path::FactType;
use crate::facts::fact_path::{
    ClientFact, ConnectionFact, DirectiveFact, FactEntry, FactPath, MetaFact, ServerFact,
    ServiceFact,
};

/// All facts and their types, with what `knowledge` adds.
#[derive(Clone, Debug, Default)]
pub struct Vocabulary {
    /// Directive name to the type of its value.
    pub directives: BTreeMap<String, FactType>,
    /// Canonical option key of clients to its type.
    pub options: BTreeMap<String, FactType>,
    /// The words that the value of a directive, an option or a listed fact may be, where they are
    /// few and no table lists them.
    pub words: BTreeMap<FactPath, Vec<String>>,
    /// Other names of directives, with the one that facts go by.
    pub aliases: BTreeMap<String, String>,
}

impl Vocabulary {
    /// The listed facts of a kind.
    pub fn entries(kind: SubjectKind) -> &'static [FactEntry] {
        match kind {
            SubjectKind::Directive => DirectiveFact::TABLE,
            SubjectKind::Server => ServerFact::TABLE,
            SubjectKind::Client => ClientFact::TABLE,
            SubjectKind::Service => ServiceFact::TABLE,
            SubjectKind::Connection => ConnectionFact::TABLE,
            SubjectKind::Meta => MetaFact::TABLE,
        }
    }

    /// The listed fact of a kind by its path without the subject's own word, or by its plain name.
    pub fn find_listed(kind: SubjectKind, path: &str) -> Option<FactPath> {
        match kind {
            SubjectKind::Directive => DirectiveFact::at_path(path).map(FactPath::from),
            SubjectKind::Server => ServerFact::at_path(path).map(FactPath::from),
            SubjectKind::Client => ClientFact::at_path(path).map(FactPath::from),
            SubjectKind::Service => ServiceFact::at_path(path).map(FactPath::from),
            SubjectKind::Connection => ConnectionFact::at_path(path).map(FactPath::from),
            SubjectKind::Meta => MetaFact::at_path(path).map(FactPath::from),
        }
    }

    /// Paths in a text of a rule that have a plainer name: where each stands, the subject and the name.
    pub fn former_names(text: &str) -> Vec<(Range<usize>, SubjectKind, &'static str)> {
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let entries = SubjectKind::ALL
            .into_iter()
            .flat_map(|kind| Self::entries(kind).iter().map(move |entry| (kind, entry)));
        let mut found = Vec::new();
        for (kind, entry) in entries {
            let Some(former) = entry.former_name() else {
                continue;
            };
            for (at, _) in text.match_indices(former) {
                let end = at + former.len();
                // A path stands behind the dot of its subject, and as a whole word.
                let owner = text[..at].strip_suffix('.');
                if owner.is_some_and(|o| o.ends_with(is_word)) && !text[end..].starts_with(is_word)
                {
                    found.push((at..end, kind, entry.plain_name));
                }
            }
        }
        found
    }

    /// The type of a fact; `None` for directives and options that nothing knows.
    pub fn type_of(&self, fact: &FactPath) -> Option<FactType> {
        match fact {
            FactPath::Conf(name) => self.directives.get(name).copied(),
            FactPath::Option(key) => self.options.get(key).copied(),
            listed => listed.entry().map(|entry| entry.ty),
        }
    }

    /// The words that a fact may be, where they are few.
    pub fn words(&self, fact: &FactPath) -> Vec<&str> {
        match fact.entry() {
            Some(entry) if !entry.words.is_empty() => entry.words.to_vec(),
            _ => {
                let known = self.words.get(fact).into_iter().flatten();
                known.map(String::as_str).collect()
            }
        }
    }

    /// The subject that a relation leads to, e.g. `server` of a client.
    pub fn relation(kind: SubjectKind, word: &str) -> Option<SubjectKind> {
        match (kind, word) {
            (SubjectKind::Client | SubjectKind::Directive | SubjectKind::Connection, "server") => {
                Some(SubjectKind::Server)
            }
            _ => None,
        }
    }

    /// The list of subjects that a word leads to, e.g. `clients` of a server.
    pub fn relations(kind: SubjectKind, word: &str) -> Option<SubjectKind> {
        match (kind, word) {
            (SubjectKind::Server | SubjectKind::Service, "clients") => Some(SubjectKind::Client),
            _ => None,
        }
    }

    /// Every fact of a kind, the listed ones first.
    pub fn facts(&self, kind: SubjectKind) -> Vec<FactPath> {
        let entries = Self::entries(kind).iter();
        let mut facts: Vec<FactPath> = entries
            .filter_map(|entry| Self::find_listed(kind, entry.path))
            .collect();
        match kind {
            SubjectKind::Server => {
                facts.extend(self.directives.keys().cloned().map(FactPath::Conf));
            }
            SubjectKind::Client => {
                facts.extend(self.options.keys().cloned().map(FactPath::Option));
            }
            _ => {}
        }
        facts
    }
}
