//! The usage part of a model: what calls say about the data, which calls block at the server, and
//! how pool statistics are read and exported.

use serde::Deserialize;

use crate::knowledge::clients::model::{VersionRanged, ranged};
use crate::knowledge::clients::version::{LibraryVersion, VersionRange};
use crate::knowledge::servers::waiting::{TimeUnit, WaitPurpose};

/// Methods whose calls say what the data is for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UsageModel {
    pub word: String,
    #[serde(default)]
    pub calls: Vec<String>,
    /// Option types whose clients use the server so by themselves.
    #[serde(default)]
    pub on: Vec<String>,
    /// Commands that are sent by their names.
    #[serde(default)]
    pub commands: Vec<String>,
}

/// A call that reads the pool's statistics.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatisticsModel {
    pub call: String,
    pub on: Vec<String>,
    #[serde(default)]
    pub counters: Vec<String>,
    #[serde(default)]
    pub gauges: Vec<String>,
    #[serde(default)]
    pub nested: Vec<String>,
    since: Option<LibraryVersion>,
    until: Option<LibraryVersion>,
    pub note: Option<String>,
    pub source: Option<String>,
}

/// A call of a metrics package that exports the statistics by itself.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatsExporter {
    pub call: String,
    pub import_path: String,
    pub registered_by: RegisteredBy,
    since: Option<LibraryVersion>,
    until: Option<LibraryVersion>,
    pub note: Option<String>,
    pub source: Option<String>,
}

/// Who hands the exporter to whatever collects metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RegisteredBy {
    Itself,
    Caller,
}

/// A call that may wait at the server.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlockingModel {
    pub call: String,
    pub on: Vec<String>,
    /// The argument that holds the longest wait.
    pub timeout_arg: Option<usize>,
    /// The type of the argument that holds it in a field; without one the field is a named argument.
    pub args_type: Option<String>,
    pub timeout_field: Option<String>,
    /// The method that sets it, in the chain of the call or of an argument.
    pub timeout_call: Option<String>,
    /// What a bare figure counts, where the language's duration is not what is taken.
    pub unit: Option<TimeUnit>,
    /// What it waits for: data, if nothing else is said.
    #[serde(default, rename = "for")]
    pub purpose: WaitPurpose,
    pub zero: Option<WaitModel>,
    pub negative: Option<WaitModel>,
    /// What it means not to say how long; as `zero` where nothing is said.
    pub unset: Option<WaitModel>,
    pub holds: HeldResource,
    /// The option whose value cuts the wait short; none where the library waits longer by itself.
    pub cut_by: Option<String>,
    since: Option<LibraryVersion>,
    until: Option<LibraryVersion>,
    pub note: Option<String>,
    pub source: Option<String>,
}

impl BlockingModel {
    /// Whether it says how long it waits: a subscription does not.
    pub fn is_timed(&self) -> bool {
        self.timeout_arg.is_some() || self.timeout_field.is_some() || self.timeout_call.is_some()
    }

    /// A repeated call keeps a connection from the other users of its pool.
    pub fn takes_from_pool(&self) -> bool {
        self.holds == HeldResource::PooledConnection && self.purpose == WaitPurpose::Data
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WaitModel {
    ForEver,
    AtOnce,
}

/// What a waiting call keeps from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HeldResource {
    PooledConnection,
    SharedConnection,
    OwnConnection,
}

/// A call that sends a command by its name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedCommandCall {
    pub call: String,
    pub on: Vec<String>,
    pub name_arg: usize,
    /// The option whose value cuts a waiting command short.
    pub cut_by: Option<String>,
    /// What a waiting command keeps from others.
    pub holds: HeldResource,
    since: Option<LibraryVersion>,
    until: Option<LibraryVersion>,
    pub note: Option<String>,
    pub source: Option<String>,
}

/// A call that takes a connection out of the pool, which its caller has to return.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TakenConnection {
    pub call: String,
    pub on: Vec<String>,
    /// How many arguments it takes: another library's call of the same name may take others.
    pub arguments: usize,
    /// What gives the connection back.
    pub returned_by: String,
    /// Methods of which one is called on every such connection, and that tell it from other values.
    pub used_by: Vec<String>,
    since: Option<LibraryVersion>,
    until: Option<LibraryVersion>,
    pub note: Option<String>,
    pub source: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CloseModel {
    pub call: String,
    pub on: Vec<String>,
    pub note: Option<String>,
    pub source: Option<String>,
}

ranged!(
    StatisticsModel,
    StatsExporter,
    BlockingModel,
    NamedCommandCall,
    TakenConnection
);
