//! Facts about servers, client libraries and deployments, by version and with their sources.
//!
//! Loads the embedded `knowledge/` folder and answers questions about it: [`servers`] has the
//! directive tables, [`clients`] the models of client libraries, [`languages`] what surrounds them
//! in code, and [`shapes`] how operators, charts and images deploy a server. It contains no advice;
//! advice is in `rules/`.

pub mod clients;
pub mod languages;
pub mod needle_set;
pub mod servers;
pub mod shapes;

use std::collections::BTreeMap;

use crate::facts::fact_path::{ClientFact, FactPath, ServerFact};
use crate::facts::vocabulary::Vocabulary;

/// Everything that the program knows, opened once a run; tables are read when they are asked for.
#[derive(Debug)]
pub struct Knowledge {
    pub servers: servers::ServerKnowledge,
    pub shapes: shapes::DeploymentShapes,
    pub clients: &'static clients::ClientModels,
}

/// A knowledge file of ours that does not load: a defect that tests catch.
#[derive(Debug, thiserror::Error)]
#[error("built-in knowledge does not load: {0}")]
pub struct KnowledgeError(String);

impl Knowledge {
    /// What the program carries.
    pub fn embedded() -> Result<Self, KnowledgeError> {
        Ok(Self {
            servers: servers::ServerKnowledge::embedded(),
            shapes: shapes::DeploymentShapes::embedded()
                .map_err(|e| KnowledgeError(e.to_string()))?,
            clients: clients::load_built_in(),
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

    /// The few words that some facts may be.
    fn words(&self) -> BTreeMap<FactPath, Vec<String>> {
        let directives = self.servers.value_words().into_iter();
        let mut words: BTreeMap<FactPath, Vec<String>> = directives
            .map(|(name, words)| (FactPath::Conf(name), words))
            .collect();
        let owned = |words: Vec<&str>| words.into_iter().map(str::to_owned).collect();
        words.insert(ServerFact::Flavor.into(), owned(self.servers.flavors()));
        words.insert(ClientFact::Library.into(), owned(self.clients.ids()));
        words
    }
}
