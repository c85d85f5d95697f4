//! Rule parameters: their types, defaults and bounds, and the conversion of a value written in a
//! rule file, in settings or as text.

use crate::facts::quantity;
use crate::facts::value::Datum;
use crate::facts::vocabulary::FactType;

/// A threshold or a choice that settings may change.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleParam {
    pub ty: FactType,
    pub default: Datum,
    pub min: Option<Datum>,
    pub max: Option<Datum>,
    pub about: String,
}

/// A parameter's value as it is written, before its type is known.
#[derive(Clone, Debug, PartialEq)]
pub enum RawParamValue {
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<RawParamValue>),
}

impl RuleParam {
    /// The types that a parameter may have, as rule files spell them.
    pub const TYPES: [(&'static str, FactType); 8] = [
        ("ratio", FactType::Ratio),
        ("size", FactType::Size),
        ("duration", FactType::Duration),
        ("int", FactType::Int),
        ("number", FactType::Number),
        ("text", FactType::Text),
        ("bool", FactType::Bool),
        ("list", FactType::List),
    ];

    /// The type by its word in rule files.
    pub fn type_named(word: &str) -> Option<FactType> {
        Self::TYPES
            .iter()
            .find(|(w, _)| *w == word)
            .map(|(_, t)| *t)
    }

    /// A value written as text: `0.9`, `90%`, `512mb`, `5m`.
    pub fn parse(&self, text: &str) -> Result<Datum, String> {
        self.accept(&RawParamValue::Text(text.to_owned()))
    }

    /// A value as it is written, of the right type and within the bounds.
    pub fn accept(&self, value: &RawParamValue) -> Result<Datum, String> {
        let datum = datum(self.ty, value)?;
        let Some(number) = datum.as_number() else {
            return Ok(datum);
        };
        if let Some(min) = self.min.as_ref().filter(|m| m.as_number() > Some(number)) {
            return Err(format!("must be at least {}", show(min)));
        }
        if let Some(max) = self.max.as_ref().filter(|m| m.as_number() < Some(number)) {
            return Err(format!("must be at most {}", show(max)));
        }
        Ok(datum)
    }
}

/// A written value as a datum of this type.
pub fn datum(ty: FactType, value: &RawParamValue) -> Result<Datum, String> {
    let found = match (ty, value) {
        (FactType::Bool, RawParamValue::Bool(b)) => Some(Datum::Bool(*b)),
        (FactType::Bool, RawParamValue::Text(text)) => text.parse().ok().map(Datum::Bool),
        (FactType::Text, RawParamValue::Text(text)) => Some(Datum::Text(text.clone())),
        (FactType::List, RawParamValue::List(items)) => {
            Some(Datum::List(items.iter().map(item).collect()))
        }
        (FactType::Bool | FactType::Text | FactType::List, _) => None,
        (_, RawParamValue::Number(number)) => numeric(ty, *number),
        (_, RawParamValue::Text(text)) => written_number(ty, text).and_then(|n| numeric(ty, n)),
        (_, RawParamValue::Bool(_) | RawParamValue::List(_)) => None,
    };
    found.ok_or_else(|| format!("expected {}", form(ty)))
}

/// An item of a list keeps the type that it is written with.
fn item(value: &RawParamValue) -> Datum {
    match value {
        RawParamValue::Bool(b) => Datum::Bool(*b),
        RawParamValue::Number(n) => Datum::Float(*n),
        RawParamValue::Text(text) => Datum::Text(text.clone()),
        RawParamValue::List(items) => Datum::List(items.iter().map(item).collect()),
    }
}

fn written_number(ty: FactType, text: &str) -> Option<f64> {
    let text = text.trim();
    match ty {
        FactType::Size => quantity::any_size(text).map(|n| n as f64),
        FactType::Duration => quantity::duration(text),
        FactType::Cores => quantity::kubernetes(text),
        FactType::Ratio => match text.strip_suffix('%') {
            Some(percent) => percent.trim().parse::<f64>().ok().map(|n| n / 100.0),
            None => text.parse().ok(),
        },
        _ => text.parse().ok(),
    }
}

/// A number as a datum of a numeric type.
pub(super) fn numeric(ty: FactType, number: f64) -> Option<Datum> {
    if !number.is_finite() {
        return None;
    }
    match ty {
        FactType::Size => (number >= 0.0).then_some(Datum::Size(number as u64)),
        FactType::Duration => Some(Datum::Duration(number)),
        FactType::Cores => Some(Datum::Cores(number)),
        FactType::Int => (number.fract() == 0.0).then_some(Datum::Int(number as i64)),
        FactType::Number | FactType::Ratio => Some(Datum::Float(number)),
        FactType::Bool | FactType::Text | FactType::List => None,
    }
}

fn form(ty: FactType) -> &'static str {
    match ty {
        FactType::Bool => "true or false",
        FactType::Int => "an integer",
        FactType::Number | FactType::Cores => "a number",
        FactType::Ratio => "a ratio such as `0.88` or `88%`",
        FactType::Size => "a size such as `512mb`, `1Gi` or a number of bytes",
        FactType::Duration => "a duration such as `5m`, `250ms` or a number of seconds",
        FactType::Text => "a text",
        FactType::List => "a list",
    }
}

/// A datum as people read it.
pub fn show(datum: &Datum) -> String {
    match datum {
        Datum::Bool(true) => "yes".to_owned(),
        Datum::Bool(false) => "no".to_owned(),
        Datum::Int(n) => n.to_string(),
        Datum::Float(n) | Datum::Cores(n) => n.to_string(),
        Datum::Text(text) => text.clone(),
        Datum::Size(n) => quantity::show_size(*n as f64),
        Datum::Duration(n) => quantity::show_duration(*n),
        Datum::List(items) => items.iter().map(show).collect::<Vec<_>>().join(", "),
        Datum::Special { raw, .. } => show(raw),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn param(ty: FactType, min: f64, max: f64) -> RuleParam {
        RuleParam {
            ty,
            default: Datum::Float(min),
            min: numeric(ty, min),
            max: numeric(ty, max),
            about: String::new(),
        }
    }

    #[test]
    fn values_with_units_percent_and_bounds() {
        let ratio = param(FactType::Ratio, 0.1, 1.0);
        assert_eq!(ratio.parse("88%"), Ok(Datum::Float(0.88)));
        assert_eq!(
            ratio.accept(&RawParamValue::Number(2.0)),
            Err("must be at most 1".to_owned())
        );
        let size = param(FactType::Size, 0.0, 1e15);
        assert_eq!(size.parse("1gb"), Ok(Datum::Size(1 << 30)));
        assert_eq!(size.parse("1Gi"), Ok(Datum::Size(1 << 30)));
        assert!(size.parse("1 parsec").is_err());
        let wait = param(FactType::Duration, 0.0, 3600.0);
        assert_eq!(wait.parse("5m"), Ok(Datum::Duration(300.0)));
        assert!(param(FactType::Int, 0.0, 9.0).parse("1.5").is_err());
    }
}
