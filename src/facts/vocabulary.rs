//! The vocabulary: every fact that a rule may name, with its type. The listed ones stand in the tables
//! of [`fact_path`](crate::facts::fact_path); what holds for one directive or one client option is
//! asked of `knowledge` by whoever builds a [`Vocabulary`].

use std::collections::BTreeMap;

use crate::facts::estate::SubjectKind;
pub use crate::facts::fact_path::Type;
use crate::facts::fact_path::{
    ClientFact, DirectiveFact, FactEntry, MetaFact, ServerFact, ServiceFact,
};

/// All facts and their types, with what `knowledge` adds.
#[derive(Clone, Debug, Default)]
pub struct Vocabulary {
    /// Directive name to the type of its value.
    pub directives: BTreeMap<String, Type>,
    /// Canonical option key of clients to its type.
    pub options: BTreeMap<String, Type>,
    /// The words that the value of a directive, an option or a listed fact may be, where they are
    /// few, by the subject's word and the path.
    pub words: BTreeMap<String, Vec<String>>,
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
            SubjectKind::Meta => MetaFact::TABLE,
        }
    }

    /// The type of a fact, by its path without the subject's own word.
    pub fn type_of(&self, kind: SubjectKind, path: &str) -> Option<Type> {
        if kind == SubjectKind::Server
            && let Some(name) = directive_of(path)
        {
            return self.directives.get(name).copied();
        }
        if kind == SubjectKind::Client
            && let Some(ty) = self.options.get(path)
        {
            return Some(*ty);
        }
        Self::entries(kind)
            .iter()
            .find(|e| e.path == path)
            .map(|e| e.ty)
    }

    /// The words that a fact may be, where they are few.
    pub fn words(&self, kind: SubjectKind, path: &str) -> Vec<&str> {
        let listed = Self::entries(kind).iter().find(|e| e.path == path);
        match listed.map(|e| e.words) {
            Some(words) if !words.is_empty() => words.to_vec(),
            _ => {
                let known = self.words.get(&format!("{}.{path}", kind.word()));
                known.map_or_else(Vec::new, |words| words.iter().map(String::as_str).collect())
            }
        }
    }

    /// The subject that a relation leads to, e.g. `server` of a client.
    pub fn relation(kind: SubjectKind, word: &str) -> Option<SubjectKind> {
        match (kind, word) {
            (SubjectKind::Client | SubjectKind::Directive, "server") => Some(SubjectKind::Server),
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

    /// Every path of a kind, for did-you-mean.
    pub fn paths(&self, kind: SubjectKind) -> Vec<String> {
        let listed = Self::entries(kind).iter().map(|e| e.path.to_owned());
        match kind {
            SubjectKind::Server => listed
                .chain(self.directives.keys().map(|d| conf_path(d)))
                .collect(),
            SubjectKind::Client => listed.chain(self.options.keys().cloned()).collect(),
            _ => listed.collect(),
        }
    }
}

/// The path of a directive's effective value: `conf["NAME"]`.
pub fn conf_path(directive: &str) -> String {
    format!("conf[\"{directive}\"]")
}

/// The directive that a path `conf["NAME"]` names.
pub fn directive_of(path: &str) -> Option<&str> {
    path.strip_prefix("conf[\"")?.strip_suffix("\"]")
}
