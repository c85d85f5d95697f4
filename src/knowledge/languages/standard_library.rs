//! What names of Rust's standard library mean: its durations, what holds a value, methods that give a
//! value again, and macros. What is made of a value is left to whoever asks.

use serde::Deserialize;

use super::TimeUnitName;

/// The type of durations.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RustDuration {
    #[serde(rename = "type")]
    pub name: String,
    pub zero: String,
    pub longest: String,
    /// The function that is given whole seconds, and nanoseconds beside them.
    pub of_parts: String,
    /// Functions that are given how many of a unit.
    pub units: Vec<TimeUnitName>,
    pub source: String,
}

impl RustDuration {
    /// The nanoseconds that a constant stands for, as many as can be held.
    pub fn constant(&self, name: &str) -> Option<i64> {
        if name == self.longest {
            return Some(i64::MAX);
        }
        (name == self.zero).then_some(0)
    }

    /// The nanoseconds of the unit that a function is given.
    pub fn unit(&self, function: &str) -> Option<i64> {
        let mut units = self.units.iter();
        let unit = units.find(|unit| unit.name == function);
        unit.map(|unit| unit.nanoseconds)
    }
}

/// What holds a value that there is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SuccessNames {
    pub names: Vec<String>,
    pub source: String,
}

/// Methods of the standard library, and of libraries that add to its types.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MethodNames {
    pub names: Vec<String>,
    pub meaning: MethodMeaning,
    pub source: String,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum MethodMeaning {
    /// It gives what it is called on, in the same or in another wrapping.
    HandsOn,
    /// It gives the value of a text, or something in its stead.
    ReadsText,
    /// It runs a closure for each item.
    ForEach,
}

/// Macros of the standard library.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MacroNames {
    pub names: Vec<String>,
    pub meaning: MacroMeaning,
    pub source: String,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum MacroMeaning {
    /// Nothing runs behind it.
    Ends,
    /// It gives the variable that there is when the program is built.
    BuiltWith,
    /// It gives a text from a format and what fills it.
    Format,
}
