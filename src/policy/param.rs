//! Parameters of rules: their types, defaults and bounds, and how a value that a person wrote in a
//! rule file, in settings or as text becomes a datum.

use crate::facts::quantity;
use crate::facts::value::Datum;
use crate::facts::vocabulary::Type;

/// A threshold or a choice that settings may change.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    pub ty: Type,
    pub default: Datum,
    pub min: Option<Datum>,
    pub max: Option<Datum>,
    pub about: String,
}

/// A parameter's value as it is written, before its type is known.
#[derive(Clone, Debug, PartialEq)]
pub enum ParamValue {
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<ParamValue>),
}

impl Param {
    /// The types that a parameter may have, as rule files spell them.
    pub const TYPES: [(&'static str, Type); 8] = [
        ("ratio", Type::Ratio),
        ("size", Type::Size),
        ("duration", Type::Duration),
        ("int", Type::Int),
        ("number", Type::Number),
        ("text", Type::Text),
        ("bool", Type::Bool),
        ("list", Type::List),
    ];

    /// The type by its word in rule files.
    pub fn type_named(word: &str) -> Option<Type> {
        Self::TYPES
            .iter()
            .find(|(w, _)| *w == word)
            .map(|(_, t)| *t)
    }

    /// A value written as text: `0.9`, `90%`, `512mb`, `5m`.
    pub fn parse(&self, text: &str) -> Result<Datum, String> {
        self.accept(&ParamValue::Text(text.to_owned()))
    }

    /// A value as it is written, of the right type and within the bounds.
    pub fn accept(&self, value: &ParamValue) -> Result<Datum, String> {
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
pub fn datum(ty: Type, value: &ParamValue) -> Result<Datum, String> {
    let found = match (ty, value) {
        (Type::Bool, ParamValue::Bool(b)) => Some(Datum::Bool(*b)),
        (Type::Bool, ParamValue::Text(text)) => text.parse().ok().map(Datum::Bool),
        (Type::Text, ParamValue::Text(text)) => Some(Datum::Text(text.clone())),
        (Type::List, ParamValue::List(items)) => {
            Some(Datum::List(items.iter().map(item).collect()))
        }
        (Type::Bool | Type::Text | Type::List, _) => None,
        (_, ParamValue::Number(number)) => numeric(ty, *number),
        (_, ParamValue::Text(text)) => written_number(ty, text).and_then(|n| numeric(ty, n)),
        (_, ParamValue::Bool(_) | ParamValue::List(_)) => None,
    };
    found.ok_or_else(|| format!("expected {}", form(ty)))
}

/// An item of a list keeps the type that it is written with.
fn item(value: &ParamValue) -> Datum {
    match value {
        ParamValue::Bool(b) => Datum::Bool(*b),
        ParamValue::Number(n) => Datum::Float(*n),
        ParamValue::Text(text) => Datum::Text(text.clone()),
        ParamValue::List(items) => Datum::List(items.iter().map(item).collect()),
    }
}

fn written_number(ty: Type, text: &str) -> Option<f64> {
    let text = text.trim();
    match ty {
        Type::Size => quantity::any_size(text).map(|n| n as f64),
        Type::Duration => quantity::duration(text),
        Type::Cores => quantity::kubernetes(text),
        Type::Ratio => match text.strip_suffix('%') {
            Some(percent) => percent.trim().parse::<f64>().ok().map(|n| n / 100.0),
            None => text.parse().ok(),
        },
        _ => text.parse().ok(),
    }
}

/// A number as a datum of a numeric type.
pub(super) fn numeric(ty: Type, number: f64) -> Option<Datum> {
    if !number.is_finite() {
        return None;
    }
    match ty {
        Type::Size => (number >= 0.0).then_some(Datum::Size(number as u64)),
        Type::Duration => Some(Datum::Duration(number)),
        Type::Cores => Some(Datum::Cores(number)),
        Type::Int => (number.fract() == 0.0).then_some(Datum::Int(number as i64)),
        Type::Number | Type::Ratio => Some(Datum::Float(number)),
        Type::Bool | Type::Text | Type::List => None,
    }
}

fn form(ty: Type) -> &'static str {
    match ty {
        Type::Bool => "true or false",
        Type::Int => "an integer",
        Type::Number | Type::Cores => "a number",
        Type::Ratio => "a ratio such as `0.88` or `88%`",
        Type::Size => "a size such as `512mb`, `1Gi` or a number of bytes",
        Type::Duration => "a duration such as `5m`, `250ms` or a number of seconds",
        Type::Text => "a text",
        Type::List => "a list",
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

    fn param(ty: Type, min: f64, max: f64) -> Param {
        Param {
            ty,
            default: Datum::Float(min),
            min: numeric(ty, min),
            max: numeric(ty, max),
            about: String::new(),
        }
    }

    #[test]
    fn values_with_units_percent_and_bounds() {
        let ratio = param(Type::Ratio, 0.1, 1.0);
        assert_eq!(ratio.parse("88%"), Ok(Datum::Float(0.88)));
        assert_eq!(
            ratio.accept(&ParamValue::Number(2.0)),
            Err("must be at most 1".to_owned())
        );
        let size = param(Type::Size, 0.0, 1e15);
        assert_eq!(size.parse("1gb"), Ok(Datum::Size(1 << 30)));
        assert_eq!(size.parse("1Gi"), Ok(Datum::Size(1 << 30)));
        assert!(size.parse("1 parsec").is_err());
        let wait = param(Type::Duration, 0.0, 3600.0);
        assert_eq!(wait.parse("5m"), Ok(Datum::Duration(300.0)));
        assert!(param(Type::Int, 0.0, 9.0).parse("1.5").is_err());
    }
}
