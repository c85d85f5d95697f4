//! What says that a developer runs a project of containers. Where it is looked for is for `extract`.

use serde::Deserialize;

/// What says that a project of containers is a developer's own.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DevelopmentWords {
    /// Words in the names of what a service is built by or mounts.
    pub words: Vec<String>,
    /// The section of a service by which its source is watched.
    pub section: String,
    /// Folders whose compose files start what is beside a program that a developer runs, where they start nothing else.
    pub folders: Vec<String>,
    /// Files that describe a package of source: the same holds beside them, and in these folders below.
    pub packages: Vec<String>,
    pub package_folders: Vec<String>,
    /// Patterns of the variables by which programs are told, and the values that mean development.
    pub variables: Vec<String>,
    pub values: Vec<String>,
}
