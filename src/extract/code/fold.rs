//! Constant folding: the arithmetic of Go on values that are known, and causes for those that are
//! not. Pure; names and calls are looked up elsewhere.
//!
//! A cause names where the value comes from: `environment variable REDIS_URL`, `` `cfg.PoolSize` ``.

use crate::facts::cause::Cause;
use crate::facts::quantity;
use crate::facts::raw::{ConstValue, EnvDefault};

/// Bytes of the longest text that is followed. Addresses and settings are far shorter, and one that is
/// put together of itself doubles with each line.
pub(in crate::extract) const MAX_TEXT_BYTES: usize = 4 << 10;

/// A value that comes from code of a kind that is not followed.
pub(in crate::extract) fn unknown(kind: &'static str) -> ConstValue {
    ConstValue::Unknown(Cause::Code(kind))
}

/// A value that comes from this environment variable.
pub(in crate::extract) fn from_environment(name: &str) -> ConstValue {
    ConstValue::Unknown(Cause::EnvironmentVariable(name.to_owned()))
}

/// A value that has this name in the code.
pub(in crate::extract) fn from_code(code: &str) -> ConstValue {
    ConstValue::Unknown(Cause::Expression(code.to_owned()))
}

/// What a text is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::extract) enum TextParser {
    Int,
    Float,
    Bool,
    Duration,
}

/// The operators that are computed with; any other gives nothing that is known.
pub(in crate::extract) fn operator_of(text: &str) -> &'static str {
    const KNOWN: [&str; 12] = [
        "+", "-", "*", "/", "%", "<<", ">>", "&", "|", "^", "&&", "||",
    ];
    let known = KNOWN.iter().find(|known| **known == text);
    known.copied().unwrap_or("")
}

/// `left operator right`.
pub(in crate::extract) fn binary(
    operator: &str,
    left: ConstValue,
    right: ConstValue,
) -> ConstValue {
    match (left, right) {
        (ConstValue::Unknown(reason), _) | (_, ConstValue::Unknown(reason)) => {
            derive_unknown(reason)
        }
        (ConstValue::Fallback(left), ConstValue::Fallback(_)) => derive_unknown(left.source),
        (ConstValue::Fallback(left), right) => {
            computed(*left, |value| binary(operator, value, right))
        }
        (left, ConstValue::Fallback(right)) => {
            computed(*right, |value| binary(operator, left, value))
        }
        (left, right) => known_binary(operator, &left, &right)
            .unwrap_or_else(|| unknown("an expression that cannot be computed")),
    }
}

fn known_binary(operator: &str, left: &ConstValue, right: &ConstValue) -> Option<ConstValue> {
    use ConstValue::{Bool, Duration, Float, Int, Text};
    Some(match (left, right) {
        (Text(a), Text(b)) if operator == "+" && a.len() + b.len() <= MAX_TEXT_BYTES => {
            Text(format!("{a}{b}"))
        }
        (Bool(a), Bool(b)) => Bool(match operator {
            "&&" => *a && *b,
            "||" => *a || *b,
            _ => return None,
        }),
        (Int(a), Int(b)) => Int(integers(operator, *a, *b)?),
        (Duration(a), Int(b) | Duration(b)) | (Int(a), Duration(b)) => {
            Duration(integers(operator, *a, *b)?)
        }
        (Duration(a), Float(b)) => Duration(whole(floats(operator, *a as f64, *b)?)?),
        (Float(a), Duration(b)) => Duration(whole(floats(operator, *a, *b as f64)?)?),
        (Float(a), Float(b)) => Float(floats(operator, *a, *b)?),
        (Float(a), Int(b)) => Float(floats(operator, *a, *b as f64)?),
        (Int(a), Float(b)) => Float(floats(operator, *a as f64, *b)?),
        _ => return None,
    })
}

fn integers(operator: &str, a: i64, b: i64) -> Option<i64> {
    match operator {
        "+" => a.checked_add(b),
        "-" => a.checked_sub(b),
        "*" => a.checked_mul(b),
        "/" => a.checked_div(b),
        "%" => a.checked_rem(b),
        "<<" => {
            i64::try_from(i128::from(a).checked_mul(1i128 << u32::try_from(b).ok()?.min(64))?).ok()
        }
        ">>" => a.checked_shr(u32::try_from(b).ok()?),
        "&" => Some(a & b),
        "|" => Some(a | b),
        "^" => Some(a ^ b),
        _ => None,
    }
}

fn floats(operator: &str, a: f64, b: f64) -> Option<f64> {
    let result = match operator {
        "+" => a + b,
        "-" => a - b,
        "*" => a * b,
        "/" => a / b,
        _ => return None,
    };
    result.is_finite().then_some(result)
}

/// A float as the integer that Go truncates it to.
fn whole(figure: f64) -> Option<i64> {
    let bound = 9.0e18;
    (figure.abs() < bound).then_some(figure as i64)
}

/// `operator value`.
pub(in crate::extract) fn unary(operator: &str, value: ConstValue) -> ConstValue {
    match (operator, value) {
        (_, ConstValue::Unknown(reason)) => derive_unknown(reason),
        (_, ConstValue::Fallback(fallback)) => computed(*fallback, |value| unary(operator, value)),
        ("+", value) => value,
        ("-", ConstValue::Int(n)) => ConstValue::Int(n.saturating_neg()),
        ("-", ConstValue::Float(n)) => ConstValue::Float(-n),
        ("-", ConstValue::Duration(n)) => ConstValue::Duration(n.saturating_neg()),
        ("!", ConstValue::Bool(b)) => ConstValue::Bool(!b),
        _ => unknown("an expression that cannot be computed"),
    }
}

/// A conversion to one of Go's own types.
pub(in crate::extract) fn convert(type_name: &str, value: ConstValue) -> Option<ConstValue> {
    let number = matches!(
        type_name,
        "int"
            | "int8"
            | "int16"
            | "int32"
            | "int64"
            | "uint"
            | "uint8"
            | "uint16"
            | "uint32"
            | "uint64"
    );
    Some(match (type_name, value) {
        (_, ConstValue::Unknown(reason)) => ConstValue::Unknown(reason),
        (_, ConstValue::Fallback(fallback)) => {
            let value = convert(type_name, fallback.value)?;
            with_fallback(fallback.source, fallback.variable, value)
        }
        ("float32" | "float64", ConstValue::Int(n) | ConstValue::Duration(n)) => {
            ConstValue::Float(n as f64)
        }
        ("float32" | "float64", ConstValue::Float(n)) => ConstValue::Float(n),
        ("string", ConstValue::Text(text)) => ConstValue::Text(text),
        ("bool", ConstValue::Bool(b)) => ConstValue::Bool(b),
        (_, ConstValue::Int(n) | ConstValue::Duration(n)) if number => ConstValue::Int(n),
        (_, ConstValue::Float(n)) if number => ConstValue::Int(whole(n)?),
        _ => return None,
    })
}

/// A conversion to the duration type.
pub(in crate::extract) fn to_duration(value: ConstValue) -> ConstValue {
    match value {
        ConstValue::Int(n) | ConstValue::Duration(n) => ConstValue::Duration(n),
        ConstValue::Float(n) => whole(n).map_or_else(
            || unknown("a duration that is out of range"),
            ConstValue::Duration,
        ),
        ConstValue::Unknown(reason) => derive_unknown(reason),
        ConstValue::Fallback(fallback) => computed(*fallback, to_duration),
        other => other,
    }
}

/// What is computed from a variable is not the variable's own value.
pub(in crate::extract) fn derive_unknown(reason: Cause) -> ConstValue {
    ConstValue::Unknown(match reason.is_environment() {
        true => Cause::FigureFromVariable(reason.source_name()),
        false => reason,
    })
}

/// The variable that a value is, or is made from.
fn variable_behind(reason: &Cause) -> Option<&str> {
    match reason {
        Cause::EnvironmentVariable(name) | Cause::FigureFromVariable(name) => Some(name),
        _ => None,
    }
}

/// What something outside gives, or this value. What is not known is no fallback.
pub(in crate::extract) fn with_fallback(
    source: Cause,
    variable: Option<String>,
    value: ConstValue,
) -> ConstValue {
    match value {
        ConstValue::Unknown(_) | ConstValue::Fallback(_) => ConstValue::Unknown(source),
        value => ConstValue::Fallback(Box::new(EnvDefault {
            source,
            variable,
            value,
        })),
    }
}

/// A value that may fall back on another for more reasons than that nothing is given.
pub(in crate::extract) fn replaced(value: ConstValue) -> ConstValue {
    match value {
        ConstValue::Fallback(fallback) => computed(*fallback, |value| value),
        other => other,
    }
}

/// What is computed from a value that may fall back on another.
pub(in crate::extract) fn computed(
    fallback: EnvDefault,
    compute: impl FnOnce(ConstValue) -> ConstValue,
) -> ConstValue {
    match derive_unknown(fallback.source) {
        ConstValue::Unknown(source) => {
            with_fallback(source, fallback.variable, compute(fallback.value))
        }
        other => other,
    }
}

/// The value of two branches: where this variable is set it is the one, without it the other.
pub(in crate::extract) fn join_by_variable(
    variable: &str,
    set: &ConstValue,
    unset: &ConstValue,
) -> Option<ConstValue> {
    let source = match set {
        ConstValue::Unknown(reason) if variable_behind(reason) == Some(variable) => reason.clone(),
        ConstValue::Fallback(f) if f.variable.as_deref() == Some(variable) => f.source.clone(),
        _ => return None,
    };
    let value = match unset {
        ConstValue::Unknown(_) => return None,
        ConstValue::Fallback(f) if f.variable.as_deref() == Some(variable) => f.value.clone(),
        ConstValue::Fallback(_) => return None,
        known => known.clone(),
    };
    Some(with_fallback(source, Some(variable.to_owned()), value))
}

/// The text of a number, a duration or a switch that one of Go's own functions reads.
pub(in crate::extract) fn parse_text(parser: TextParser, text: &str) -> Option<ConstValue> {
    Some(match parser {
        TextParser::Int => ConstValue::Int(text.parse().ok()?),
        TextParser::Float => ConstValue::Float(text.parse().ok()?),
        TextParser::Bool => match text {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => ConstValue::Bool(true),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => ConstValue::Bool(false),
            _ => return None,
        },
        TextParser::Duration => {
            let bare = text.parse::<f64>().is_ok() && text != "0";
            if bare || text.contains('d') {
                return None;
            }
            let seconds = quantity::duration(text)?;
            to_duration(ConstValue::Float((seconds * 1e9).round()))
        }
    })
}

/// The smallest or largest of known numbers of one kind.
pub(in crate::extract) fn extreme(name: &str, values: Vec<ConstValue>) -> ConstValue {
    let prefer_second = |a: i64, b: i64| if name == "max" { b > a } else { b < a };
    let mut values = values.into_iter();
    let Some(mut best) = values.next() else {
        return from_code(name);
    };
    for value in values {
        best = match (best, value) {
            (ConstValue::Unknown(reason), _) | (_, ConstValue::Unknown(reason)) => {
                return derive_unknown(reason);
            }
            (ConstValue::Fallback(a), b) => computed(*a, |value| extreme(name, vec![value, b])),
            (a, ConstValue::Fallback(b)) => computed(*b, |value| extreme(name, vec![a, value])),
            (ConstValue::Int(a), ConstValue::Int(b)) => {
                ConstValue::Int(if prefer_second(a, b) { b } else { a })
            }
            (
                ConstValue::Duration(a) | ConstValue::Int(a),
                ConstValue::Duration(b) | ConstValue::Int(b),
            ) => ConstValue::Duration(if prefer_second(a, b) { b } else { a }),
            _ => return from_code(name),
        };
    }
    best
}

/// The zero value of a type that is one of Go's own.
pub(in crate::extract) fn zero_of(type_name: &str) -> Option<ConstValue> {
    Some(match type_name {
        "string" => ConstValue::Text(String::new()),
        "bool" => ConstValue::Bool(false),
        "time.Duration" => ConstValue::Duration(0),
        "float32" | "float64" => ConstValue::Float(0.0),
        "int" | "int8" | "int16" | "int32" | "int64" => ConstValue::Int(0),
        "uint" | "uint8" | "uint16" | "uint32" | "uint64" => ConstValue::Int(0),
        pointer if pointer.starts_with('*') => ConstValue::Nil,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_and_durations_mix_as_in_go() {
        let second = ConstValue::Duration(1_000_000_000);
        let five = binary("*", ConstValue::Int(5), second.clone());
        assert_eq!(five, ConstValue::Duration(5_000_000_000));
        let half = binary("*", second, ConstValue::Float(0.5));
        assert_eq!(half, ConstValue::Duration(500_000_000));
        assert_eq!(
            binary("<<", ConstValue::Int(1), ConstValue::Int(19)),
            ConstValue::Int(524_288)
        );
        assert_eq!(
            binary("/", ConstValue::Int(7), ConstValue::Int(2)),
            ConstValue::Int(3)
        );
    }

    #[test]
    fn what_cannot_be_computed_is_unknown() {
        let unknowable = |folded| matches!(folded, ConstValue::Unknown(_));
        assert!(unknowable(binary(
            "/",
            ConstValue::Int(1),
            ConstValue::Int(0)
        )));
        assert!(unknowable(binary(
            "<<",
            ConstValue::Int(1),
            ConstValue::Int(70)
        )));
        assert!(unknowable(binary("+", ConstValue::Int(1), from_code("n"))));
    }
}
