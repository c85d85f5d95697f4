//! The container that a server runs in, as it was read: what starts the server, what it is given, and
//! what stands at the paths that are mounted.

use std::collections::BTreeSet;

use crate::facts::cause::Cause;
use crate::facts::scalar::ArgWord;
use crate::source::Span;

/// What a server finds when its container starts.
#[derive(Clone, Debug, Default)]
pub struct RawContainer {
    /// Why its image holds more than what its publisher put there.
    pub altered: Option<Cause>,
    /// Why files may have been made before the server starts.
    pub prepared: Option<Cause>,
    /// Whether the container ends with the process that was started as the server; `None` where what
    /// starts it is not followed.
    pub ends_with_server: Option<bool>,
    /// The configuration file among the arguments, by its whole path where that is known.
    pub file: Option<ArgWord>,
    /// The variables that are written for this container alone.
    pub variables: Vec<RawGivenVariable>,
    /// The words that the image's own start is given or replaced with, where there are any.
    pub command: Option<WrittenCommand>,
    /// The runtime makes a volume without a name where the image declares one and nothing is mounted.
    pub makes_volumes: bool,
}

/// What a person wrote in the place of the image's own command.
#[derive(Clone, Debug)]
pub struct WrittenCommand {
    /// The words, joined.
    pub text: String,
    /// It takes the place of the entrypoint, too.
    pub is_entrypoint: bool,
    pub span: Span,
}

/// A variable that a container is given.
#[derive(Clone, Debug)]
pub struct RawGivenVariable {
    pub name: String,
    pub span: Span,
    /// Something other than the image mentions it: a command, a probe, a script.
    pub is_used: bool,
}

/// What stands at the path of a mount when the container starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MountContent {
    /// These files and no others, by their paths below the mount; who shows them.
    Files {
        paths: BTreeSet<String>,
        source: String,
    },
    /// The path itself is a file.
    File,
    /// The path itself would be a file that its source does not hold; the source.
    Missing(String),
    /// Nothing.
    Empty,
    Unknown(Cause),
}
