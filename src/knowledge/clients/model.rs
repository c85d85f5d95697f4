//! The schema of a model file. Every field that code reads is typed and closed: an unknown field or
//! word is an error in the file.

use serde::Deserialize;
use toml::value::Datetime;

use crate::facts::cause::Cause;
use crate::facts::raw::{ConstValue, SourceLanguage};
use crate::facts::value::Meaning;
use crate::facts::words::ClientKind;
use crate::knowledge::clients::call::{CallModel, HandedTo, SettingModel, ValueType};
use crate::knowledge::clients::expression::{DefaultExpression, NumberRange};
use crate::knowledge::clients::rust::{RustForms, RustValue};
use crate::knowledge::clients::usage::{
    BlockingModel, CloseModel, NamedCommandCall, StatisticsModel, StatsExporter, TakenConnection,
    UsageModel,
};
use crate::knowledge::clients::version::{LibraryVersion, VersionRange};
use crate::knowledge::servers::waiting::TimeUnit;

/// The part of a file that says which library it is about.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelHead {
    pub schema: u32,
    pub client: Client,
    pub package: Vec<PackageModel>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Client {
    pub id: String,
    pub language: SourceLanguage,
    pub name: String,
    pub since: LibraryVersion,
    pub until: LibraryVersion,
    /// The newest release that was read, pre-releases included, as its authors spell it.
    pub checked_up_to: String,
    /// The day on which that was its newest release.
    #[serde(default)]
    pub checked: Option<Datetime>,
    pub default_port: u16,
    /// What a bare figure counts where an option is a duration and the language has no type for one.
    pub duration_unit: Option<TimeUnit>,
    pub idents: Vec<String>,
    /// What the data of every client are for, whatever calls are seen: `queue`.
    #[serde(default)]
    pub uses: Vec<String>,
    /// What took the place of a library that is archived or was renamed.
    #[serde(default)]
    pub successor: Option<LibrarySuccessor>,
    #[serde(default)]
    pub retracted: Vec<LibraryVersion>,
    /// Releases that are numbered out of line, and the release that each is to be read as.
    #[serde(default)]
    pub read_as: Vec<ReadAs>,
    #[serde(default)]
    pub checked_tags: Vec<LibraryVersion>,
    /// Calls that only ask whether the server answers.
    #[serde(default)]
    pub probes: Vec<String>,
    #[serde(default)]
    pub notes: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LibrarySuccessor {
    /// Under which name module files require it.
    pub name: String,
    /// For people.
    #[serde(rename = "source")]
    _source: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadAs {
    pub release: LibraryVersion,
    pub like: LibraryVersion,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackageModel {
    pub kind: PackageKind,
    pub import_path: String,
    pub manifest_key: Option<String>,
    pub default_ident: String,
    /// The newest release that was read, where the package is numbered apart from the library.
    pub read_up_to: Option<String>,
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
pub struct ClientModel {
    pub schema: u32,
    pub client: Client,
    pub package: Vec<PackageModel>,
    pub option_type: Vec<OptionType>,
    #[serde(default)]
    pub resolution: Vec<UniversalKind>,
    pub constructor: Vec<Constructor>,
    #[serde(default)]
    pub option_source: Vec<OptionSourceModel>,
    pub pool: Option<PoolModel>,
    pub option: Vec<OptionModel>,
    #[serde(default)]
    pub rust: RustForms,
    #[serde(default)]
    pub call: Vec<CallModel>,
    #[serde(default)]
    pub value_type: Vec<ValueType>,
    #[serde(default)]
    pub setting: Vec<SettingModel>,
    #[serde(default)]
    pub handed: Vec<HandedTo>,
    #[serde(default)]
    pub unmodelled: UnmodelledName,
    #[serde(default, rename = "use")]
    pub uses: Vec<UsageModel>,
    #[serde(default)]
    pub stats: Vec<StatisticsModel>,
    #[serde(default)]
    pub stats_exporter: Vec<StatsExporter>,
    #[serde(default)]
    pub blocking: Vec<BlockingModel>,
    #[serde(default)]
    pub command: Vec<NamedCommandCall>,
    /// Methods of a client that give the options which it goes on to read.
    #[serde(default)]
    pub live: Vec<LiveOptions>,
    /// Calls that take a connection out of the pool.
    #[serde(default)]
    pub take: Vec<TakenConnection>,
    pub close: Option<CloseModel>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptionType {
    pub name: String,
    pub form: ConstructionForm,
    pub kind: ClientKind,
    /// The package that declares the type, where it is not one of the library's.
    pub package: Option<String>,
    pub defaults_from: Option<String>,
    /// Types whose options become options of a value of this type, through an option of role `dialer`.
    #[serde(default)]
    pub carries: Vec<String>,
    pub note: Option<String>,
    pub source: Option<String>,
}

/// How options or a client are written in code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ConstructionForm {
    /// A struct literal with named fields.
    Struct,
    /// Values that functions make, each setting one option.
    Functional,
    /// A chain of methods, each setting one option.
    Builder,
    /// Named arguments of a call, or the entries of a mapping.
    Keywords,
    Function,
    Method,
    /// The literal of the option type is the client itself.
    Literal,
}

/// What a universal option type becomes: the first rule that holds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UniversalKind {
    #[serde(rename = "type")]
    pub option_type: String,
    since: Option<LibraryVersion>,
    until: Option<LibraryVersion>,
    pub rules: Vec<ResolutionRule>,
    pub note: Option<String>,
    pub source: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResolutionRule {
    pub when: Vec<OptionCondition>,
    pub then: String,
    pub kind: ClientKind,
    pub defaults_as: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptionCondition {
    pub option: String,
    pub is: OptionTest,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OptionTest {
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
    pub form: ConstructionForm,
    /// The argument that holds the options; for functional options the first of them.
    pub option_arg: Option<usize>,
    pub option_type: String,
    /// Other option types that it takes in the same place.
    #[serde(default)]
    pub alternatives: Vec<String>,
    pub url_arg: Option<usize>,
    #[serde(default)]
    pub positional: Vec<PositionalOption>,
    pub kind: ClientKind,
    pub pool_scope: PoolScope,
    pub defaults_as: Option<String>,
    #[serde(default)]
    pub ignores: Vec<IgnoredOption>,
    /// A connection that breaks is opened again by the library, or never.
    pub reconnects: Option<bool>,
    /// The option without which a connection that breaks is not opened again.
    pub reconnects_by: Option<String>,
    since: Option<LibraryVersion>,
    until: Option<LibraryVersion>,
    pub returns: Option<String>,
    pub note: Option<String>,
    pub source: Option<String>,
}

/// An argument that sets an option, under the name that `names` gives it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PositionalOption {
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
pub struct IgnoredOption {
    pub option: String,
    since: Option<LibraryVersion>,
    until: Option<LibraryVersion>,
    pub note: Option<String>,
}

/// A call that returns options.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptionSourceModel {
    pub call: String,
    pub form: ConstructionForm,
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
    /// What the URL says holds, whatever else is written.
    #[serde(default)]
    pub overrides: bool,
    since: Option<LibraryVersion>,
    until: Option<LibraryVersion>,
    pub note: Option<String>,
    pub source: Option<String>,
}

impl OptionSourceModel {
    /// Whether a URL is known to be of a scheme that is read, or falls back on such a one.
    pub fn accepts(&self, url: &ConstValue) -> bool {
        match url {
            ConstValue::Text(text) => {
                let scheme = text.split("://").next().unwrap_or(text);
                self.schemes.iter().any(|own| own == scheme)
            }
            ConstValue::Unknown(Cause::UrlWith { scheme, .. }) => self.schemes.contains(scheme),
            ConstValue::Fallback(fallback) => self.accepts(&fallback.value),
            ConstValue::List(items) => items.first().is_some_and(|first| self.accepts(first)),
            _ => false,
        }
    }
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
    /// A number of seconds, and switches in any case of letters.
    Seconds,
}

/// A method of a client that gives its options themselves, no copy.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LiveOptions {
    pub call: String,
    pub kinds: Vec<ClientKind>,
    /// The options that each new connection or each command looks at; the others were read when the
    /// client was built.
    pub reads: Vec<String>,
    pub source: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PoolModel {
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
    pub role: Option<OptionRole>,
    /// An address that may be a whole URL.
    #[serde(default)]
    pub takes_urls: bool,
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
    pub names: Vec<OptionName>,
    #[serde(default)]
    pub defaults: Vec<DefaultModel>,
    #[serde(default)]
    pub sentinels: Vec<SpecialValue>,
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
pub enum OptionRole {
    /// `host:port`, or a list of them.
    Address,
    /// The port, where the address is a host alone.
    Port,
    /// A function that opens the connections: their options stand in it.
    Dialer,
    /// A function that builds the client of each node and has the last word on its options.
    Factory,
    /// A function that checks a connection when it is taken from the pool.
    Check,
}

/// A part of a connection URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UrlPart {
    Scheme,
    Host,
    Port,
    /// The path: a database number.
    Database,
    User,
    Password,
    /// The fragment `#insecure`: certificates are not verified.
    Insecure,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptionName {
    pub ident: String,
    pub on: Vec<String>,
    since: Option<LibraryVersion>,
    until: Option<LibraryVersion>,
    pub go_type: Option<String>,
    pub rust_value: Option<RustValue>,
    /// The written texts for which a switch is on, the language's null as `none`; with any other it
    /// is off.
    #[serde(default)]
    pub on_for: Vec<String>,
    pub source: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DefaultModel {
    pub on: Vec<String>,
    since: Option<LibraryVersion>,
    until: Option<LibraryVersion>,
    pub value: Option<toml::Value>,
    pub expr: Option<DefaultExpression>,
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
pub struct SpecialValue {
    pub on: Vec<String>,
    pub range: NumberRange,
    pub effect: Meaning,
    since: Option<LibraryVersion>,
    until: Option<LibraryVersion>,
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
    /// The texts for which a switch is on; with any other it is off.
    #[serde(default)]
    pub on_for: Vec<String>,
    since: Option<LibraryVersion>,
    until: Option<LibraryVersion>,
    pub note: Option<String>,
    pub source: Option<String>,
}

#[derive(Debug, std::default::Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnmodelledName {
    #[serde(default)]
    pub fields: Vec<String>,
}

/// A row that holds for some versions only.
pub trait VersionRanged {
    fn range(&self) -> VersionRange;
}

/// Says that these rows have `since` and `until`.
macro_rules! ranged {
    ($($row:ty),*) => {$(
        impl VersionRanged for $row {
            fn range(&self) -> VersionRange {
                VersionRange { since: self.since, until: self.until }
            }
        }
    )*};
}

pub(super) use ranged;

ranged!(
    UniversalKind,
    Constructor,
    IgnoredOption,
    OptionSourceModel,
    OptionName,
    DefaultModel,
    SpecialValue,
    UrlParam
);
