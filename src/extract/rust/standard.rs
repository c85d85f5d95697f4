//! The standard library, as far as values that are known go through it: durations, numbers, texts and
//! the environment. Pure; what the code means is looked up elsewhere.

use crate::extract::code::fold;
use crate::extract::code::text;
use crate::facts::cause::Cause;
use crate::facts::raw::ConstValue;
use crate::knowledge::languages::{self, MacroMeaning, MethodMeaning, RustDuration};
use crate::syntax::code::CodeGrammar;

/// The constants of durations and numbers.
pub(super) fn constant(path: &[String]) -> Option<ConstValue> {
    let [.., ty, name] = path else { return None };
    if let Some(duration) = duration_type(ty) {
        return duration.constant(name).map(ConstValue::Duration);
    }
    let (low, high) = bounds(ty)?;
    match name.as_str() {
        "MIN" => low,
        "MAX" => high,
        _ => None,
    }
    .map(ConstValue::Int)
}

fn duration_type(ty: &str) -> Option<&'static RustDuration> {
    let duration = languages::rust().map(|rust| &rust.duration);
    duration.filter(|duration| duration.name == ty)
}

/// The value of a function of the standard library, by its path.
pub(super) fn function(path: &[String], arguments: &[ConstValue]) -> Option<ConstValue> {
    let [.., ty, name] = path else { return None };
    let first = arguments.first();
    if let Some(ConstValue::Fallback(fallback)) = first
        && (duration_type(ty).is_some() || name == "from")
    {
        let mut arguments = arguments.to_vec();
        arguments[0] = fallback.value.clone();
        let value = function(path, &arguments)?;
        return Some(fold::computed((**fallback).clone(), |_| value));
    }
    if let Some(ty) = duration_type(ty) {
        return duration(ty, name, arguments);
    }
    match (ty.as_str(), name.as_str(), first) {
        (_, _, Some(ConstValue::Text(key))) if reads_variable(path) => {
            Some(fold::from_environment(key))
        }
        ("cmp", "max" | "min", Some(first)) => extreme(name, first, arguments.get(1)?),
        ("String" | "Cow", "from" | "new", Some(ConstValue::Text(text))) => {
            Some(ConstValue::Text(text.clone()))
        }
        (number, "from", Some(value)) if is_number(number) => cast(value.clone(), number),
        (wrapper, "new", Some(ConstValue::Int(n))) if wrapper.starts_with("NonZero") && *n != 0 => {
            Some(ConstValue::Int(*n))
        }
        _ => None,
    }
}

fn reads_variable(path: &[String]) -> bool {
    languages::rust().is_some_and(|rust| rust.reads_variable(path))
}

/// What is made of a variable is not its text any more.
fn compute_from(reason: &Cause) -> ConstValue {
    if reason.is_environment() {
        return ConstValue::Unknown(Cause::ComputedWith(Box::new(reason.clone())));
    }
    ConstValue::Unknown(reason.clone())
}

fn duration(ty: &RustDuration, name: &str, arguments: &[ConstValue]) -> Option<ConstValue> {
    if name == ty.of_parts {
        return new_duration(arguments);
    }
    let factor = ty.unit(name)?;
    Some(match arguments.first()? {
        ConstValue::Float(n) => {
            let nanoseconds = (n * factor as f64).round();
            if !(0.0..9e18).contains(&nanoseconds) {
                return None;
            }
            ConstValue::Duration(nanoseconds as i64)
        }
        ConstValue::Int(n) if *n >= 0 => ConstValue::Duration(n.saturating_mul(factor)),
        ConstValue::Unknown(reason) => compute_from(reason),
        _ => return None,
    })
}

fn new_duration(arguments: &[ConstValue]) -> Option<ConstValue> {
    let [ConstValue::Int(seconds), ConstValue::Int(nanoseconds)] = arguments else {
        return None;
    };
    let whole = seconds.checked_mul(1_000_000_000)?;
    Some(ConstValue::Duration(whole.checked_add(*nanoseconds)?))
}

fn extreme(name: &str, a: &ConstValue, b: &ConstValue) -> Option<ConstValue> {
    let max = name == "max";
    Some(match (a, b) {
        (ConstValue::Int(a), ConstValue::Int(b)) => {
            ConstValue::Int(if max { *a.max(b) } else { *a.min(b) })
        }
        (ConstValue::Duration(a), ConstValue::Duration(b)) => {
            ConstValue::Duration(if max { *a.max(b) } else { *a.min(b) })
        }
        (ConstValue::Unknown(reason), _) | (_, ConstValue::Unknown(reason)) => compute_from(reason),
        _ => return None,
    })
}

/// The value of a method on a value that is known; what it does with a result or an option of one is
/// left to the caller.
pub(super) fn method(name: &str, on: &ConstValue, arguments: &[ConstValue]) -> Option<ConstValue> {
    Some(match (name, on, arguments) {
        ("max" | "min", on, [other]) => extreme(name, on, other)?,
        ("clamp", on, [low, high]) => extreme("min", &extreme("max", on, low)?, high)?,
        ("as_secs", ConstValue::Duration(n), []) => ConstValue::Int(n / 1_000_000_000),
        ("as_millis", ConstValue::Duration(n), []) => ConstValue::Int(n / 1_000_000),
        ("mul_f64" | "mul_f32", ConstValue::Duration(_), [_])
        | ("saturating_mul", ConstValue::Int(_) | ConstValue::Duration(_), [_]) => {
            fold::binary("*", on.clone(), arguments[0].clone())
        }
        ("saturating_add", _, [other]) => fold::binary("+", on.clone(), other.clone()),
        ("saturating_sub", ConstValue::Int(a), [ConstValue::Int(b)]) if a >= b => {
            ConstValue::Int(a - b)
        }
        ("parse", ConstValue::Text(text), []) => number(text)?,
        (
            "get" | "to_string" | "as_bytes" | "trim",
            ConstValue::Int(_) | ConstValue::Text(_),
            [],
        ) => {
            if let ("trim", ConstValue::Text(text)) = (name, on) {
                ConstValue::Text(text.trim().to_owned())
            } else if name == "as_bytes" || (name == "get" && matches!(on, ConstValue::Text(_))) {
                return None;
            } else if let ("to_string", ConstValue::Int(n)) = (name, on) {
                ConstValue::Text(n.to_string())
            } else {
                on.clone()
            }
        }
        _ => return None,
    })
}

/// The value of a literal as an attribute writes it; a number may stand in quotes.
pub(super) fn literal(written: &str) -> Option<ConstValue> {
    if let Some(text) = CodeGrammar::Rust.string_value(written) {
        return Some(number(&text).unwrap_or(ConstValue::Text(text)));
    }
    match written {
        "true" => Some(ConstValue::Bool(true)),
        "false" => Some(ConstValue::Bool(false)),
        _ => CodeGrammar::Rust.int_value(written).map(ConstValue::Int),
    }
}

fn number(text: &str) -> Option<ConstValue> {
    let int = text.parse().map(ConstValue::Int);
    int.or_else(|_| text.parse().map(ConstValue::Float)).ok()
}

/// The least and the greatest value of a type of whole numbers, as far as they can be held.
fn bounds(ty: &str) -> Option<(Option<i64>, Option<i64>)> {
    Some(match ty {
        "u8" => (Some(0), Some(u8::MAX.into())),
        "u16" => (Some(0), Some(u16::MAX.into())),
        "u32" => (Some(0), Some(u32::MAX.into())),
        "u64" | "u128" | "usize" => (Some(0), None),
        "i8" => (Some(i8::MIN.into()), Some(i8::MAX.into())),
        "i16" => (Some(i16::MIN.into()), Some(i16::MAX.into())),
        "i32" => (Some(i32::MIN.into()), Some(i32::MAX.into())),
        "i64" => (Some(i64::MIN), Some(i64::MAX)),
        "i128" | "isize" => (None, None),
        _ => return None,
    })
}

fn is_number(name: &str) -> bool {
    matches!(name, "f32" | "f64") || bounds(name).is_some()
}

/// `value as ty`, where nothing is lost; what cannot be told is nothing.
pub(super) fn cast(value: ConstValue, ty: &str) -> Option<ConstValue> {
    if let ConstValue::Fallback(fallback) = value {
        let value = cast(fallback.value, ty)?;
        return Some(fold::with_fallback(
            fallback.source,
            fallback.variable,
            value,
        ));
    }
    if !is_number(ty) {
        return match value {
            ConstValue::Unknown(reason) => Some(ConstValue::Unknown(reason)),
            _ => None,
        };
    }
    let float = ty.starts_with('f');
    Some(match value {
        ConstValue::Int(n) if float => ConstValue::Float(n as f64),
        ConstValue::Float(n) if float => ConstValue::Float(n),
        ConstValue::Float(n) if n.abs() < 9e15 => return in_range(n.trunc() as i64, ty),
        ConstValue::Int(n) => return in_range(n, ty),
        ConstValue::Unknown(reason) => ConstValue::Unknown(reason),
        _ => return None,
    })
}

fn in_range(n: i64, ty: &str) -> Option<ConstValue> {
    let (low, high) = bounds(ty)?;
    let fits = low.is_none_or(|low| low <= n) && high.is_none_or(|high| n <= high);
    fits.then_some(ConstValue::Int(n))
}

fn is_method(name: &str, meaning: MethodMeaning) -> bool {
    languages::rust().is_some_and(|rust| rust.is_method(name, meaning))
}

/// Methods that read a text as something, or take something else where there is none.
pub(super) fn reads_text(name: &str) -> bool {
    is_method(name, MethodMeaning::ReadsText)
}

/// Methods that give what they are called on, in the same or in another wrapping.
pub(super) fn passes_on(name: &str) -> bool {
    is_method(name, MethodMeaning::HandsOn)
}

/// Constructors of what went well.
pub(super) fn wraps_success(name: &str) -> bool {
    languages::rust().is_some_and(|rust| rust.success.names.iter().any(|own| own == name))
}

/// Methods that hand on what they are called on, as it is or as another type.
pub(super) fn hands_on(name: &str, arguments: usize) -> bool {
    let converts = ["into_", "as_", "to_"].iter().any(|p| name.starts_with(p));
    passes_on(name) || (converts && arguments == 0)
}

pub(super) fn float_value(literal: &str) -> Option<f64> {
    let digits = literal.trim_end_matches("f64").trim_end_matches("f32");
    digits.replace('_', "").parse().ok()
}

/// Functions that run their argument concurrently with the caller.
pub(super) fn runs_beside(name: &str) -> bool {
    let starter = languages::rust().and_then(|rust| rust.starter(name));
    starter.is_some_and(|starter| starter.beside)
}

/// Methods that run a closure once for each item.
pub(super) fn runs_for_each(name: &str) -> bool {
    is_method(name, MethodMeaning::ForEach)
}

fn is_macro(name: &str, meaning: MacroMeaning) -> bool {
    languages::rust().is_some_and(|rust| rust.is_macro(name, meaning))
}

/// Macros of the standard library after which nothing runs.
pub(super) fn never_returns(name: &str) -> bool {
    is_macro(name, MacroMeaning::Ends)
}

/// The variable that `env!("KEY")` and `option_env!("KEY")` read when the program is built.
pub(super) fn environment_macro(name: &str, text: &str) -> Option<String> {
    if !is_macro(name, MacroMeaning::BuiltWith) {
        return None;
    }
    let (_, rest) = text.split_once('"')?;
    Some(rest.split_once('"')?.0.to_owned())
}

/// The text that `format!("{host}:{}", port)` puts together, where all that fills it is a name whose
/// value is known or a variable of the environment.
pub(super) fn format_macro(
    name: &str,
    code: &str,
    value_of: impl Fn(&str) -> Option<ConstValue>,
) -> Option<ConstValue> {
    if !is_macro(name, MacroMeaning::Format) {
        return None;
    }
    let (_, rest) = code.split_once('"')?;
    let (format, rest) = rest.split_once('"')?;
    if format.contains('\\') {
        return None;
    }
    let given = rest.trim_end().trim_end_matches([')', ']', '}']);
    let given = given
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty());
    let positional: Option<Vec<_>> = given
        .map(|name| value_of(name.trim_start_matches('&')))
        .collect();
    let captured = format
        .split('{')
        .skip(1)
        .filter_map(|part| part.split_once('}'));
    let captured = captured.filter_map(|(name, _)| Some((name.to_owned(), value_of(name)?)));
    let whole = text::join_parts(text::fill_braces(
        format,
        &positional?,
        &captured.collect(),
    )?);
    text::is_text(&whole).then_some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Vec<String> {
        text.split("::").map(str::to_owned).collect()
    }

    #[test]
    fn durations_in_every_spelling() {
        let read = |name: &str, argument| function(&path(name), &[argument]);
        let second = Some(ConstValue::Duration(1_000_000_000));
        assert_eq!(
            read("std::time::Duration::from_secs", ConstValue::Int(1)),
            second
        );
        assert_eq!(read("Duration::from_millis", ConstValue::Int(1000)), second);
        assert_eq!(
            read("Duration::from_secs_f64", ConstValue::Float(1.0)),
            second
        );
        assert_eq!(
            read("Duration::from_mins", ConstValue::Int(2)),
            Some(ConstValue::Duration(120_000_000_000))
        );
        assert_eq!(read("Duration::from_secs", ConstValue::Int(-1)), None);
        assert_eq!(
            constant(&path("Duration::MAX")),
            Some(ConstValue::Duration(i64::MAX))
        );
        assert_eq!(
            constant(&path("Duration::ZERO")),
            Some(ConstValue::Duration(0))
        );
    }

    #[test]
    fn casts_that_lose_something_are_not_known() {
        assert_eq!(cast(ConstValue::Int(300), "u8"), None);
        assert_eq!(cast(ConstValue::Int(30), "u8"), Some(ConstValue::Int(30)));
        assert_eq!(
            cast(ConstValue::Float(2.9), "u32"),
            Some(ConstValue::Int(2))
        );
        assert_eq!(
            cast(ConstValue::Int(2), "f64"),
            Some(ConstValue::Float(2.0))
        );
    }

    #[test]
    fn numbers_in_texts() {
        assert_eq!(
            method("parse", &ConstValue::Text("12".into()), &[]),
            Some(ConstValue::Int(12))
        );
        assert_eq!(method("parse", &ConstValue::Text("x".into()), &[]), None);
    }
}
