//! How the values of `redvet.toml` are read: one function a form, text or number to a typed value.
//! `check` uses them to refuse, `settings` to build; nothing is parsed in two ways.

use globset::Glob;
use toml::de::{DeFloat, DeInteger, DeValue};
use toml::value::Datetime;

use crate::config::{Date, ParamValue, ServerVersion};
use crate::facts::quantity;

pub(super) fn integer(value: &DeValue<'_>) -> Option<i64> {
    let DeValue::Integer(number) = value else {
        return None;
    };
    parse_integer(number)
}

fn parse_integer(number: &DeInteger<'_>) -> Option<i64> {
    i64::from_str_radix(number.as_str(), number.radix()).ok()
}

fn float(number: &DeFloat<'_>) -> Option<f64> {
    number.as_str().parse::<f64>().ok()
}

pub(super) fn count(value: &DeValue<'_>) -> Option<u64> {
    integer(value).and_then(|n| u64::try_from(n).ok())
}

/// Bytes, more than none.
pub(super) fn size(value: &DeValue<'_>) -> Option<u64> {
    let bytes = match value {
        DeValue::String(text) => quantity::any_size(text),
        other => count(other),
    };
    bytes.filter(|bytes| *bytes > 0)
}

/// CPU cores, more than none.
pub(super) fn cores(value: &DeValue<'_>) -> Option<f64> {
    let cores = match value {
        DeValue::String(text) => quantity::kubernetes(text),
        DeValue::Float(number) => float(number),
        other => integer(other).map(|n| n as f64),
    };
    cores.filter(|cores| cores.is_finite() && *cores > 0.0)
}

pub(super) fn version(value: &DeValue<'_>, needs_flavor: bool) -> Option<ServerVersion> {
    ServerVersion::parse(value.as_str()?).filter(|v| v.flavor.is_some() || !needs_flavor)
}

/// `Kind/name`.
pub(super) fn workload(value: &DeValue<'_>) -> Option<String> {
    let (kind, name) = value.as_str()?.split_once('/')?;
    let good = |part: &str| !part.is_empty() && !part.contains([' ', '/']);
    (good(kind) && good(name)).then(|| format!("{kind}/{name}"))
}

/// A day without a time.
pub(super) fn date(value: &DeValue<'_>) -> Option<Date> {
    let datetime: Datetime = match value {
        DeValue::Datetime(datetime) => *datetime,
        DeValue::String(text) => text.parse().ok()?,
        _ => return None,
    };
    let day = datetime.date.filter(|_| datetime.time.is_none())?;
    Some(Date {
        year: day.year,
        month: day.month,
        day: day.day,
    })
}

/// Why a pattern is none.
pub(super) fn glob_mistake(pattern: &str) -> Option<String> {
    if pattern.is_empty() {
        return Some("it is empty".to_owned());
    }
    Glob::new(pattern).err().map(|e| e.kind().to_string())
}

pub(super) fn param(value: &DeValue<'_>) -> Option<ParamValue> {
    Some(match value {
        DeValue::Boolean(flag) => ParamValue::Bool(*flag),
        DeValue::Integer(number) => ParamValue::Int(parse_integer(number)?),
        DeValue::Float(number) => ParamValue::Float(float(number)?),
        DeValue::String(text) => ParamValue::Text(text.to_string()),
        DeValue::Array(items) => ParamValue::List(
            items
                .iter()
                .map(|item| param(item.get_ref()))
                .collect::<Option<_>>()?,
        ),
        DeValue::Datetime(_) | DeValue::Table(_) => return None,
    })
}
