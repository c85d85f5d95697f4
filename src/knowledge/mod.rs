//! What is true of servers, client libraries and deployment shapes, by version, with its source.
//!
//! Loads and answers from the embedded `knowledge/` folder: [`servers`] holds the directive tables,
//! [`clients`] the models of client libraries, [`languages`] what surrounds them in code, [`shapes`] how operators and images deploy a server. No advice stands here; that is what `rules/`
//! is for.

pub mod clients;
pub mod languages;
pub mod servers;
pub mod shapes;

use std::collections::BTreeMap;

use crate::facts::vocabulary::{Vocabulary, conf_path};

/// Everything that the program knows, opened once a run; tables are read when they are asked for.
#[derive(Debug)]
pub struct Knowledge {
    pub servers: servers::Servers,
    pub shapes: shapes::Shapes,
    pub clients: &'static clients::Models,
}

/// A knowledge file of ours that does not load: a defect that tests catch.
#[derive(Debug, thiserror::Error)]
#[error("built-in knowledge does not load: {0}")]
pub struct KnowledgeError(String);

impl Knowledge {
    /// What the program carries.
    pub fn embedded() -> Result<Self, KnowledgeError> {
        Ok(Self {
            servers: servers::Servers::embedded(),
            shapes: shapes::Shapes::embedded().map_err(|e| KnowledgeError(e.to_string()))?,
            clients: clients::built_in(),
        })
    }

    /// Every fact that a rule may name. Reads all tables: only for packs that are checked.
    pub fn vocabulary(&self) -> Vocabulary {
        Vocabulary {
            directives: self.servers.value_types(),
            options: self.clients.option_types(),
            words: self.words(),
            aliases: self.servers.aliases(),
        }
    }

    /// The few words that some facts may be, by the names that expressions have for them.
    fn words(&self) -> BTreeMap<String, Vec<String>> {
        let directives = self.servers.value_words().into_iter();
        let mut words: BTreeMap<String, Vec<String>> = directives
            .map(|(name, words)| (format!("server.{}", conf_path(&name)), words))
            .collect();
        let owned = |words: Vec<&str>| words.into_iter().map(str::to_owned).collect();
        words.insert("server.flavor".to_owned(), owned(self.servers.flavors()));
        words.insert("client.library".to_owned(), owned(self.clients.ids()));
        words
    }
}
