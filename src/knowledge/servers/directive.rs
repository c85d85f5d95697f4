//! One directive of one series: its type, arity, range, default, whether it may repeat, and any
//! further checks of its parser. The words used in the table are closed sets; the loader rejects
//! others.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::facts::vocabulary::FactType;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DirectiveType {
    Bool,
    Int,
    Memory,
    PercentOrMemory,
    Enum,
    String,
    Special,
    Ignored,
    ModuleConfig,
    /// The name is known, and nothing else.
    Unverified,
}

/// The hand-written parser of a special directive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SpecialParser {
    Addresses,
    BufferLimits,
    Folder,
    Include,
    LoadModule,
    EventFlags,
    Integers,
    Rename,
    HostPort,
    SavePoints,
    Foreign,
    AclUser,
    Percentiles,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RepeatRule {
    #[default]
    LastWins,
    Accumulates,
    AccumulatesPerClass,
    EachExecuted,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DirectiveStatus {
    #[default]
    Active,
    Ignored,
}

/// How many words may follow the name; one, unless the table says otherwise.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Arity {
    pub min: usize,
    /// `None`: no bound.
    #[serde(default)]
    pub max: Option<usize>,
    #[serde(default)]
    pub multiple_of: Option<usize>,
    #[serde(default)]
    pub even_or_empty: bool,
}

impl Default for Arity {
    fn default() -> Self {
        Self {
            min: 1,
            max: Some(1),
            multiple_of: None,
            even_or_empty: false,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ValueUnit {
    Seconds,
    Milliseconds,
    Microseconds,
    Minutes,
    Percent,
    PerSecond,
}

/// What a value must be beyond its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ValueCheck {
    FileName,
    NonEmptyFileName,
    NonEmptyFolderName,
    NotEmpty,
    HostName,
    TitleTemplate,
    Ipv4,
    Ipv6,
    EmptyOrIp,
    NeedsBundledAllocator,
}

/// Characters that a value must not hold, and how long it may be.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefusedCharacters {
    pub characters: String,
    /// What the server prints for one of them.
    pub error: String,
    /// Bytes.
    #[serde(default)]
    pub longest: Option<usize>,
    #[serde(default)]
    pub too_long: Option<String>,
}

/// The C type of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum CType {
    #[serde(rename = "int")]
    Int,
    #[serde(rename = "unsigned int")]
    UnsignedInt,
    #[serde(rename = "unsigned long")]
    UnsignedLong,
    #[serde(rename = "long long")]
    LongLong,
    #[serde(rename = "unsigned long long")]
    UnsignedLongLong,
    #[serde(rename = "size_t")]
    Size,
    #[serde(rename = "ssize_t")]
    SignedSize,
    #[serde(rename = "off_t")]
    Offset,
    #[serde(rename = "time_t")]
    Time,
}

/// Which part of the server reads the directive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ParsedBy {
    /// Hand-written code: with the wrong number of words the line falls through to the unknown ones.
    Loader,
    /// A module that is compiled in: what it does not like breaks the server off.
    Module,
}

/// The directive exists only in a server that was built with this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum BuildPart {
    #[serde(rename = "TLS")]
    Tls,
    #[serde(rename = "LOG_REQ_RES")]
    RequestLog,
    #[serde(rename = "RDMA")]
    Rdma,
}

/// How the server writes a switch.
const YES: &str = "yes";
const NO: &str = "no";

/// One directive of one series.
#[derive(Debug, Deserialize)]
pub struct DirectiveSpec {
    /// Its key in the table.
    #[serde(skip)]
    pub name: String,
    #[serde(default)]
    pub aliases: Vec<String>,
    pub kind: DirectiveType,
    #[serde(default)]
    pub form: Option<SpecialParser>,
    #[serde(default)]
    pub status: DirectiveStatus,
    #[serde(default)]
    pub args: Arity,
    #[serde(default)]
    pub default: serde_json::Value,
    #[serde(default)]
    pub min: Option<serde_json::Number>,
    #[serde(default)]
    pub max: Option<serde_json::Number>,
    #[serde(default)]
    pub effective_min: Option<i64>,
    #[serde(default)]
    pub effective_max: Option<i64>,
    /// A number that is taken and breaks the server off once it runs.
    #[serde(default)]
    pub crashes_at: Option<i64>,
    #[serde(default)]
    pub max_percent: Option<i64>,
    #[serde(default)]
    pub octal: bool,
    #[serde(default)]
    pub enum_values: Vec<String>,
    /// Members that stand for another one, under whose name they are shown.
    #[serde(default)]
    pub enum_synonyms: BTreeMap<String, String>,
    #[serde(default)]
    pub enum_combinable: bool,
    /// Members that cannot stand together.
    #[serde(default)]
    pub enum_exclusive: Vec<String>,
    /// What a value must be beyond its kind.
    #[serde(default)]
    pub check: Option<ValueCheck>,
    #[serde(default)]
    pub refuses: Option<RefusedCharacters>,
    /// The type that the server keeps the number in.
    #[serde(default)]
    pub c_type: Option<CType>,
    /// A size may also be written as a plain negative number.
    #[serde(default)]
    pub plain_negative_allowed: bool,
    #[serde(default)]
    pub parsed_by: Option<ParsedBy>,
    #[serde(default)]
    pub requires_build: Option<BuildPart>,
    #[serde(default)]
    pub repeat: RepeatRule,
    #[serde(default)]
    pub empty_string: Option<String>,
    #[serde(default)]
    pub unit: Option<ValueUnit>,
    #[serde(default)]
    pub flags: Vec<String>,
    pub mutable: bool,
    /// A sentence for people.
    #[serde(default)]
    pub note: Option<String>,
}

impl DirectiveSpec {
    /// It takes several words, and reads them itself.
    pub fn takes_several(&self) -> bool {
        self.flags.iter().any(|flag| flag == "multi_arg")
    }

    /// Bounds are compared without a sign. An upper bound beyond the signed numbers says so, too.
    pub fn is_unsigned(&self) -> bool {
        let unsigned = matches!(
            self.c_type,
            Some(CType::UnsignedInt | CType::UnsignedLongLong | CType::Size)
        );
        unsigned || self.max.as_ref().is_some_and(|max| max.as_i64().is_none())
    }

    /// The value is never to be shown: the server marks it as sensitive, or it is a user of the
    /// access list, whose words may be passwords.
    pub fn is_secret(&self) -> bool {
        self.form == Some(SpecialParser::AclUser)
            || self.flags.iter().any(|flag| flag == "sensitive")
    }

    /// The type of the effective value in rules.
    pub fn value_type(&self) -> FactType {
        match (self.kind, self.unit) {
            (DirectiveType::Memory | DirectiveType::PercentOrMemory, _) => FactType::Size,
            (DirectiveType::Int, Some(ValueUnit::Seconds)) => FactType::Duration,
            (DirectiveType::Int, _) => FactType::Int,
            (
                DirectiveType::Bool
                | DirectiveType::Enum
                | DirectiveType::String
                | DirectiveType::Ignored
                | DirectiveType::ModuleConfig
                | DirectiveType::Unverified,
                _,
            ) => FactType::Text,
            (DirectiveType::Special, _) => match self.form {
                Some(SpecialParser::Folder | SpecialParser::EventFlags) => FactType::Text,
                _ => FactType::List,
            },
        }
    }

    /// The words that the effective value may be, where they are few. A switch that is ignored has
    /// whatever is written.
    pub fn value_words(&self) -> Option<Vec<&str>> {
        match self.kind {
            DirectiveType::Bool => Some(vec![YES, NO]),
            DirectiveType::Enum if !self.enum_combinable => {
                let members = self.enum_values.iter().map(String::as_str);
                let shown = members.filter(|word| !self.enum_synonyms.contains_key(*word));
                Some(shown.collect())
            }
            _ => None,
        }
    }
}
