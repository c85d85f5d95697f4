//! What ends a command with exit code 2, in words for the person who can mend it.

use crate::discover::DiscoverError;
use crate::load::LoadError;
use crate::source::Sources;

/// Why a command could not do its work.
#[derive(Debug)]
pub(super) enum CliError {
    /// What is wrong, and what to do.
    Said { what: String, help: Option<String> },
    /// Mistakes in redvet.toml or in rule files, each with its place.
    Mistakes {
        sources: Sources,
        mistakes: Vec<LoadError>,
    },
}

impl CliError {
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self::Said {
            what: what.into(),
            help: None,
        }
    }

    pub(super) fn with_help(what: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Said {
            what: what.into(),
            help: Some(help.into()),
        }
    }
}

impl From<DiscoverError> for CliError {
    fn from(error: DiscoverError) -> Self {
        Self::new(error.to_string())
    }
}

impl From<serde_json::Error> for CliError {
    fn from(error: serde_json::Error) -> Self {
        Self::new(format!("cannot write JSON: {error}"))
    }
}
