//! What functions and constants of Go's own packages mean, as `knowledge/languages/go.toml` says. Which
//! call is one of theirs is found out by the front end.

use serde::Deserialize;

/// A function of one of Go's own packages whose result the reader computes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackageFunction {
    pub import_path: String,
    pub functions: Vec<String>,
    pub meaning: PackageMeaning,
    pub source: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PackageMeaning {
    /// The variable of the environment that its argument names.
    Variable,
    /// The same, and whether it is there.
    VariableAndPresence,
    /// A value that is read from text, and an error.
    ParseInt,
    ParseFloat,
    ParseBool,
    ParseDuration,
    RoundUp,
    RoundDown,
    Round,
    /// The first argument that is not empty.
    FirstGiven,
    /// A text from a format and what fills it.
    Format,
    /// An address from a host and a port.
    HostAndPort,
}

impl PackageMeaning {
    pub(super) const fn gives_variable(self) -> bool {
        matches!(self, Self::Variable | Self::VariableAndPresence)
    }
}

/// The type of durations, a whole number of nanoseconds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DurationType {
    pub import_path: String,
    #[serde(rename = "type")]
    pub name: String,
    pub source: String,
}

/// A constant beside the type of durations.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeUnitName {
    pub name: String,
    pub nanoseconds: i64,
}
