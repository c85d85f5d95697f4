//! How containers are started outside of manifests: command lines of container runners, and the files that
//! describe jobs of a pipeline. What the containers run is left to `extract`.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Programs that run containers, and what their options say.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContainerRunnerShape {
    pub programs: Vec<String>,
    /// The command that starts a container.
    pub run: String,
    /// Options without a value, and letters that are such options, alone or joined.
    lone_options: Vec<String>,
    lone_letters: String,
    options: BTreeMap<RunOption, Vec<String>>,
}

/// What an option says that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunOption {
    Name,
    Memory,
    Entrypoint,
    Variable,
    Port,
    Volume,
    Mount,
    MemoryMount,
}

impl ContainerRunnerShape {
    /// What an option says, by its name.
    pub fn option(&self, name: &str) -> Option<RunOption> {
        let mut options = self.options.iter();
        let named = options.find(|(_, names)| names.iter().any(|known| known == name));
        named.map(|(option, _)| *option)
    }

    /// Whether an option stands without a value behind it.
    pub fn is_lone(&self, name: &str) -> bool {
        match name.strip_prefix('-') {
            Some(letters) if !letters.starts_with('-') => {
                letters.chars().all(|c| self.lone_letters.contains(c))
            }
            _ => self.lone_options.iter().any(|lone| lone == name),
        }
    }
}

/// Files that describe the jobs of a pipeline.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PipelineShape {
    /// Folders whose files are workflows.
    pub workflow_folders: Vec<String>,
    /// What the names of other pipelines' files begin with.
    pub file_names: Vec<String>,
}
