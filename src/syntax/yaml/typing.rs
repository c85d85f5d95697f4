//! The type of a plain scalar by the YAML 1.2 core schema: null, boolean, number or string. Quoted
//! and block scalars are strings.

use serde_json::{Map, Number, Value};

use super::{MappingEntry, NodeKind, Scalar, YamlNode};

impl YamlNode {
    /// `null`, `~` or nothing at all.
    pub fn is_null(&self) -> bool {
        self.scalar()
            .is_some_and(|scalar| scalar.is_typed() && is_null(scalar.as_str()))
    }

    pub fn as_bool(&self) -> Option<bool> {
        let scalar = self.scalar().filter(|scalar| scalar.is_typed())?;
        truth(scalar.as_str())
    }

    /// The same content as JSON. Of a key that is written twice the last value stays.
    pub fn to_json(&self) -> Value {
        match &self.kind {
            NodeKind::Scalar(scalar) => type_scalar(scalar),
            NodeKind::Seq(items) => items.iter().map(YamlNode::to_json).collect(),
            NodeKind::Map(entries) => Value::Object(object(entries)),
        }
    }
}

fn object(entries: &[MappingEntry]) -> Map<String, Value> {
    entries
        .iter()
        .map(|entry| {
            let key = entry.key.as_str().map(str::to_owned);
            let key = key.unwrap_or_else(|| entry.key.to_json().to_string());
            (key, entry.value.to_json())
        })
        .collect()
}

fn type_scalar(scalar: &Scalar) -> Value {
    let text = scalar.as_str();
    if !scalar.is_typed() {
        return Value::String(text.to_owned());
    }
    if is_null(text) {
        return Value::Null;
    }
    truth(text)
        .map(Value::Bool)
        .or_else(|| number(text).map(Value::Number))
        .unwrap_or_else(|| Value::String(text.to_owned()))
}

fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

fn truth(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

/// The number that a text is. JSON has no infinity and no NaN, so those stay strings.
fn number(text: &str) -> Option<Number> {
    if let Some(digits) = text.strip_prefix("0x") {
        return radix(digits, 16);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return radix(digits, 8);
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !is_decimal(unsigned) {
        return None;
    }
    let text = text.strip_prefix('+').unwrap_or(text);
    if let Ok(small) = text.parse::<i64>() {
        return Some(small.into());
    }
    if let Ok(large) = text.parse::<u64>() {
        return Some(large.into());
    }
    text.parse().ok().and_then(Number::from_f64)
}

/// `from_str_radix` alone would let a sign pass.
fn radix(digits: &str, radix: u32) -> Option<Number> {
    let plain = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let value = plain.then(|| u64::from_str_radix(digits, radix).ok())?;
    value.map(Number::from)
}

/// `[0-9]+ ( . [0-9]* )?` or `. [0-9]+`, then perhaps an exponent.
fn is_decimal(text: &str) -> bool {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let exponent_fits = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !exponent.is_empty() && digits(exponent)
    });
    digits(whole) && digits(fraction) && !(whole.is_empty() && fraction.is_empty()) && exponent_fits
}
