//! The types that facts and expressions have, with their units.

/// The type of a fact or an expression, with its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Type {
    Bool,
    Int,
    /// A plain figure without a unit; a literal number is one and fits every unit.
    Number,
    /// Part of a whole: 0.88.
    Ratio,
    /// Bytes.
    Size,
    /// Seconds.
    Duration,
    /// CPU cores.
    Cores,
    Text,
    List,
}

impl Type {
    pub fn is_numeric(self) -> bool {
        !matches!(self, Self::Bool | Self::Text | Self::List)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Number => "number",
            Self::Ratio => "ratio",
            Self::Size => "size (bytes)",
            Self::Duration => "duration (seconds)",
            Self::Cores => "CPU cores",
            Self::Text => "text",
            Self::List => "list",
        }
    }
}
