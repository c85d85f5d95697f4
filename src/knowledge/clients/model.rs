//! The shape of a model file. Everything that code reads is typed and closed; an unknown field or
//! word is an error of the file.

use serde::Deserialize;

use crate::facts::raw::Language;
use crate::facts::value::Meaning;
use crate::facts::words::ClientKind;
use crate::knowledge::clients::expression::{Expression, Figures};
use crate::knowledge::clients::rust::{RustForms, RustValue};
use crate::knowledge::clients::usage::{Blocking, Close, Command, Stats, StatsExporter, Use};
use crate::knowledge::clients::version::{Range, Version};

/// The part of a file that says which library it is about.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    pub schema: u32,
    pub client: Client,
    pub package: Vec<Package>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Client {
    pub id: String,
    pub language: Language,
    pub name: String,
    pub since: Version,
    pub until: Version,
    pub checked_up_to: Version,
    pub default_port: u16,
    pub idents: Vec<String>,
    #[serde(default)]
    pub retracted: Vec<Version>,
    /// Releases that are numbered out of line, and the release that each is to be read as.
    #[serde(default)]
    pub read_as: Vec<ReadAs>,
    #[serde(default)]
    pub checked_tags: Vec<Version>,
    #[serde(default)]
    pub notes: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadAs {
    pub release: Version,
    pub like: Version,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    pub kind: PackageKind,
    pub import_path: String,
    pub manifest_key: Option<String>,
    pub default_ident: String,
    pub note: Option<String>,
    pub source: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PackageKind {
    Client,
    Pool,
    Metrics,
    Tracing,
    Wrapper,
    Cluster,
}

/// A whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    pub schema: u32,
    pub client: Client,
    pub package: Vec<Package>,
    pub option_type: Vec<OptionType>,
    #[serde(default)]
    pub resolution: Vec<Resolution>,
    pub constructor: Vec<Constructor>,
    #[serde(default)]
    pub option_source: Vec<OptionSource>,
    pub pool: Option<Pool>,
    pub option: Vec<OptionModel>,
    #[serde(default)]
    pub rust: RustForms,
    #[serde(default)]
    pub unmodelled: Unmodelled,
    #[serde(default, rename = "use")]
    pub uses: Vec<Use>,
    #[serde(default)]
    pub stats: Vec<Stats>,
    #[serde(default)]
    pub stats_exporter: Vec<StatsExporter>,
    #[serde(default)]
    pub blocking: Vec<Blocking>,
    #[serde(default)]
    pub command: Vec<Command>,
    pub close: Option<Close>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptionType {
    pub name: String,
    pub form: Form,
    pub kind: ClientKind,
    /// The package that declares the type, where it is not one of the library's.
    pub package: Option<String>,
    pub defaults_from: Option<String>,
    /// Types whose options a value of this type brings along, through an option of role `dialer`.
    #[serde(default)]
    pub carries: Vec<String>,
    pub note: Option<String>,
    pub source: Option<String>,
}

/// How options or a client are written in code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// A struct literal with named fields.
    Struct,
    /// Values that functions make, each setting one option.
    Functional,
    /// A chain of methods, each setting one option.
    Builder,
    Function,
    Method,
    /// The literal of the option type is the client itself.
    Literal,
}

/// What a universal option type becomes: the first rule that holds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resolution {
    #[serde(rename = "type")]
    pub option_type: String,
    since: Option<Version>,
    until: Option<Version>,
    pub rules: Vec<ResolutionRule>,
    pub note: Option<String>,
    pub source: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResolutionRule {
    pub when: Vec<Condition>,
    pub then: String,
    pub kind: ClientKind,
    pub defaults_as: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    pub option: String,
    pub is: Test,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Test {
    /// Not the zero value.
    Set,
    True,
    /// A list of more than one item.
    Many,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Constructor {
    pub call: String,
    pub form: Form,
    /// The argument that holds the options; for functional options the first of them.
    pub option_arg: Option<usize>,
    pub option_type: String,
    /// Other option types that it takes in the same place.
    #[serde(default)]
    pub alternatives: Vec<String>,
    pub url_arg: Option<usize>,
    #[serde(default)]
    pub positional: Vec<Positional>,
    pub kind: ClientKind,
    pub pool_scope: PoolScope,
    pub defaults_as: Option<String>,
    #[serde(default)]
    pub ignores: Vec<Ignored>,
    since: Option<Version>,
    until: Option<Version>,
    pub returns: Option<String>,
    pub note: Option<String>,
    pub source: Option<String>,
}

/// An argument that sets an option, under the name that `names` gives it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Positional {
    pub at: usize,
    pub ident: String,
}

/// What one pool serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PoolScope {
    Client,
    Node,
    Shard,
    /// There is no pool.
    None,
    /// As the type that a universal one becomes.
    Resolution,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ignored {
    pub option: String,
    since: Option<Version>,
    until: Option<Version>,
    pub note: Option<String>,
}

/// A call that returns options.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptionSource {
    pub call: String,
    pub form: Form,
    #[serde(default)]
    pub on: Vec<String>,
    pub returns: Option<String>,
    pub fallible: bool,
    pub url_arg: Option<usize>,
    #[serde(default)]
    pub schemes: Vec<String>,
    #[serde(default)]
    pub unknown_param: UnknownParam,
    #[serde(default)]
    pub durations: DurationSyntax,
    since: Option<Version>,
    until: Option<Version>,
    pub note: Option<String>,
    pub source: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UnknownParam {
    #[default]
    Ignored,
    Error,
}

/// How a URL parameter writes a duration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DurationSyntax {
    /// A Go duration.
    #[default]
    Go,
    /// A Go duration, or a bare integer in seconds of which 0 and less become -1.
    GoOrSeconds,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pool {
    /// The option that caps the pool.
    pub cap: String,
    pub reaper: bool,
    /// The option that switches the reaper on and off.
    pub reap_interval: Option<String>,
    pub checks_on_borrow: bool,
    /// The option that makes it check all the same.
    pub check_option: Option<String>,
    #[serde(default)]
    pub outside_cap: Vec<String>,
    pub note: Option<String>,
    pub source: Option<String>,
}

/// One canonical option.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptionModel {
    pub key: String,
    pub kind: ValueKind,
    pub role: Option<Role>,
    /// The part of a connection URL, its query apart, that sets the option.
    pub url_part: Option<UrlPart>,
    pub minimum: Option<i64>,
    pub maximum: Option<i64>,
    /// It has no effect unless this option is more than nothing.
    pub needs: Option<String>,
    /// What is written above this option's value is cut to it.
    pub capped_by: Option<String>,
    pub note: Option<String>,
    #[serde(default)]
    pub relations: Vec<String>,
    pub source: Option<String>,
    pub names: Vec<Name>,
    #[serde(default)]
    pub defaults: Vec<Default>,
    #[serde(default)]
    pub sentinels: Vec<Sentinel>,
    #[serde(default)]
    pub url_params: Vec<UrlParam>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ValueKind {
    Int,
    Duration,
    Bytes,
    Bool,
    String,
    Secret,
    Tls,
    Enum,
    Func,
    Struct,
    Iface,
    List,
    Float,
}

/// What an option is for, where code must know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// `host:port`, or a list of them.
    Address,
    /// A function that opens the connections: their options stand in it.
    Dialer,
    /// A function that checks a connection when it is taken from the pool.
    Check,
}

/// A part of a connection URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UrlPart {
    Scheme,
    Host,
    /// The path: a database number.
    Database,
    User,
    Password,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Name {
    pub ident: String,
    pub on: Vec<String>,
    since: Option<Version>,
    until: Option<Version>,
    pub go_type: Option<String>,
    pub rust_value: Option<RustValue>,
    pub source: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Default {
    pub on: Vec<String>,
    since: Option<Version>,
    until: Option<Version>,
    pub value: Option<toml::Value>,
    pub expr: Option<Expression>,
    /// It is another library's default, or one that this model does not hold: never known.
    #[serde(default)]
    pub open: bool,
    /// The value where the operand of `expr` is switched off.
    pub otherwise: Option<toml::Value>,
    pub effect: Option<Meaning>,
    /// The crate whose releases the bounds count, where that is not the library's own.
    #[serde(rename = "crate")]
    pub krate: Option<String>,
    pub note: Option<String>,
    pub source: Option<String>,
}

/// Written figures that stand for something else.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sentinel {
    pub on: Vec<String>,
    pub range: Figures,
    pub effect: Meaning,
    since: Option<Version>,
    until: Option<Version>,
    pub note: Option<String>,
    pub source: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UrlParam {
    pub param: String,
    pub on: Vec<String>,
    /// What the library makes of its text is not modelled.
    #[serde(default)]
    pub opaque: bool,
    since: Option<Version>,
    until: Option<Version>,
    pub note: Option<String>,
    pub source: Option<String>,
}

#[derive(Debug, std::default::Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unmodelled {
    #[serde(default)]
    pub fields: Vec<String>,
}

/// A row that holds for some versions only.
pub trait Ranged {
    fn range(&self) -> Range;
}

/// Says that these rows have `since` and `until`.
macro_rules! ranged {
    ($($row:ty),*) => {$(
        impl Ranged for $row {
            fn range(&self) -> Range {
                Range { since: self.since, until: self.until }
            }
        }
    )*};
}

pub(super) use ranged;

ranged!(
    Resolution,
    Constructor,
    Ignored,
    OptionSource,
    Name,
    Default,
    Sentinel,
    UrlParam
);
