//! Raw facts of code beside its clients: packages and programs, what becomes of a pool's statistics,
//! and where in the code a client is built.

use crate::source::Span;

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize, serde::Serialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    Go,
    Rust,
}

impl Language {
    pub fn word(self) -> &'static str {
        match self {
            Self::Go => "go",
            Self::Rust => "rust",
        }
    }
}

/// The source of one folder: a package, which may be a program.
#[derive(Clone, Debug)]
pub struct RawPackage {
    pub language: Language,
    /// The folder, relative to the root; empty for the root itself.
    pub dir: String,
    /// The file that says what the package is.
    pub path: String,
    /// It is a program, not a library.
    pub program: bool,
    /// Where a finding on the whole program stands.
    pub anchor: Span,
    /// What it imports, as written.
    pub imports: Vec<String>,
    pub observations: Vec<Observation>,
}

/// A place that reads or exports the statistics of a connection pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observation {
    pub what: Observed,
    pub at: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Observed {
    /// Read at each scrape, or by an exporter.
    Exported,
    /// Put once into a metric that nobody collects.
    Miswired,
    /// Read, and it cannot be followed where it goes.
    Unclear,
}

/// Where in the code a client is built.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Site {
    /// Code that only tests run.
    pub test: bool,
    /// Anew for each round of a loop, which drops it again.
    pub per_round: bool,
    /// Anew for each request, in the function that serves it.
    pub per_request: bool,
}
