//! The two small languages used in model files: expressions for defaults, and ranges of numbers.

use serde::Deserialize;

use crate::facts::quantity;

/// A default that depends on the machine or on another option.
#[derive(Clone, Debug, PartialEq)]
pub enum DefaultExpression {
    /// So many per CPU.
    PerCpu { factor: i64, cpus: CpuSource },
    /// Another option's effective value, with a duration in seconds added.
    Option { key: String, plus: Option<f64> },
    /// So many times another option's effective value, which counts as `least` seconds at least.
    Times {
        factor: i64,
        key: String,
        least: f64,
    },
}

/// What counts as the number of CPUs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CpuSource {
    Gomaxprocs,
    NumCpu,
    /// The node's cores, hyper-threads not counted.
    PhysicalCores,
    /// Logical cores, a container's CPU limit respected.
    AvailableCores,
}

impl CpuSource {
    /// As people write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gomaxprocs => "GOMAXPROCS",
            Self::NumCpu => "NumCPU",
            Self::PhysicalCores => "physical CPU cores",
            Self::AvailableCores => "available CPU cores",
        }
    }
}

impl DefaultExpression {
    /// Reads `N * CPUS`, `N * max(KEY, DURATION)`, `KEY` or `KEY + DURATION`.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some((factor, cpus)) = text.split_once(" * ") {
            if let Some(inner) = cpus.strip_prefix("max(") {
                let (key, least) = inner.strip_suffix(')')?.split_once(", ")?;
                return Some(Self::Times {
                    factor: factor.parse().ok()?,
                    key: key.to_owned(),
                    least: quantity::duration(least)?,
                });
            }
            let cpus = match cpus {
                "gomaxprocs" => CpuSource::Gomaxprocs,
                "num_cpu" => CpuSource::NumCpu,
                "physical_cores" => CpuSource::PhysicalCores,
                "available_cores" => CpuSource::AvailableCores,
                _ => return None,
            };
            let factor = factor.parse().ok()?;
            return Some(Self::PerCpu { factor, cpus });
        }
        let (key, plus) = match text.split_once(" + ") {
            Some((key, plus)) => (key, Some(quantity::duration(plus)?)),
            None => (text, None),
        };
        let dotted = |c: char| c.is_ascii_lowercase() || matches!(c, '.' | '_');
        (key.contains('.') && key.chars().all(dotted)).then(|| Self::Option {
            key: key.to_owned(),
            plus,
        })
    }
}

impl<'de> Deserialize<'de> for DefaultExpression {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            serde::de::Error::custom(format!("`{text}` is not a default expression"))
        })
    }
}

/// A range of figures as written in code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberRange {
    Exactly(i64),
    Below(i64),
    /// The language's null.
    Nothing,
}

impl NumberRange {
    /// Reads `== N`, `< N` or `== none`.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "== none" {
            return Some(Self::Nothing);
        }
        if let Some(figure) = text.strip_prefix("== ") {
            return figure.parse().ok().map(Self::Exactly);
        }
        text.strip_prefix("< ")?.parse().ok().map(Self::Below)
    }

    pub fn contain(self, figure: i64) -> bool {
        match self {
            Self::Exactly(exact) => figure == exact,
            Self::Below(bound) => figure < bound,
            Self::Nothing => false,
        }
    }
}

impl<'de> Deserialize<'de> for NumberRange {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text)
            .ok_or_else(|| serde::de::Error::custom(format!("`{text}` is not a range of figures")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_expressions() {
        let per_cpu = DefaultExpression::PerCpu {
            factor: 10,
            cpus: CpuSource::Gomaxprocs,
        };
        assert_eq!(DefaultExpression::parse("10 * gomaxprocs"), Some(per_cpu));
        let plus = DefaultExpression::Option {
            key: "timeout.read".to_owned(),
            plus: Some(1.0),
        };
        assert_eq!(DefaultExpression::parse("timeout.read + 1s"), Some(plus));
        assert_eq!(DefaultExpression::parse("ten per CPU"), None);
    }

    #[test]
    fn ranges_of_figures() {
        assert!(NumberRange::parse("< -1").unwrap().contain(-2));
        assert!(!NumberRange::parse("== -1").unwrap().contain(-2));
        assert_eq!(NumberRange::parse("negative"), None);
    }
}
