//! Raw facts of code beside its clients: packages and programs, what becomes of a pool's statistics,
//! and where in the code a client is built.

use std::collections::BTreeSet;

use crate::facts::cause::Cause;
use crate::source::Span;

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize, serde::Serialize,
)]
#[serde(rename_all = "lowercase")]
pub enum SourceLanguage {
    Go,
    Rust,
    Python,
}

impl SourceLanguage {
    pub const WORDS: &'static [&'static str] = &[
        Self::Go.as_str(),
        Self::Rust.as_str(),
        Self::Python.as_str(),
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Go => "go",
            Self::Rust => "rust",
            Self::Python => "python",
        }
    }
}

/// The source of one folder: a package, which may be a program.
#[derive(Clone, Debug)]
pub struct RawPackage {
    pub language: SourceLanguage,
    /// The folder, relative to the root; empty for the root itself.
    pub dir: String,
    /// The file that says what the package is.
    pub path: String,
    /// It is a program, not a library.
    pub program: bool,
    /// Where a finding on the whole program stands.
    pub anchor: Span,
    /// What it imports, as written; for a Cargo package the folders of those that it takes from the
    /// tree.
    pub imports: Vec<String>,
    /// Something in it goes on: it serves, waits, or runs beside the rest.
    pub lasts: bool,
    /// It has a loop that works through something and ends.
    pub works_through: bool,
    /// Its code says by itself how many processors the runtime takes.
    pub sets_processors: bool,
    /// What the program's file is called.
    pub binary: String,
    /// Modules by whose names or files a command starts it, in a language that is not built.
    pub modules: BTreeSet<String>,
    /// Files and folders that are this program's alone, beside the others of its package.
    pub own: Vec<String>,
    pub observations: Vec<PoolObservation>,
}

/// A variable that a deployment gives to a program.
#[derive(Clone, Debug)]
pub struct RawVariable {
    pub name: String,
    /// Its value, or why it is not known.
    pub text: Result<String, Cause>,
    /// What sets it: `service api`, `container web`, `ConfigMap/app`.
    pub owner: String,
    /// An image brings it along: whatever runs that has it.
    pub of_image: bool,
}

/// A place that reads or exports the statistics of a connection pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolObservation {
    pub what: ObservationKind,
    pub at: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ObservationKind {
    /// Read at each scrape, or by an exporter.
    Exported,
    /// Put once into a metric that is never registered.
    Miswired,
    /// Read, and it cannot be followed where it goes.
    Unclear,
}

/// Where in the code a client is built.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClientLifetime {
    /// Code that only tests run.
    pub test: bool,
    /// Anew for each round of a loop, which drops it again.
    pub per_round: bool,
    /// For a few calls in one function, which closes it again.
    pub short_lived: bool,
    /// Anew for each request, in the function that serves it.
    pub per_request: bool,
    /// For one call, or for callers that drop it again; nothing closes it.
    pub for_a_check: bool,
    /// All that is called on it are subscriptions, which hold connections of their own.
    pub subscribes: bool,
    /// Whatever is done with it has a timeout of the runtime around it.
    pub bounded: bool,
    /// In code that supports tests, or shows how a library is used.
    pub for_show: bool,
}

impl ClientLifetime {
    /// Whether it serves a program for as long as that runs.
    pub fn carries_load(&self) -> bool {
        !(self.short_lived || self.for_a_check || self.subscribes)
    }
}
