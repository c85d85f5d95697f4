//! Values of client code as data of an option's kind.

use crate::facts::quantity;
use crate::facts::raw::ConstValue;
use crate::facts::value::Datum;
use crate::knowledge::clients::model::ValueKind;

/// A folded value as a datum of this kind.
pub(super) fn datum(folded: &ConstValue, kind: ValueKind) -> Option<Datum> {
    Some(match (kind, folded) {
        (_, ConstValue::Nil | ConstValue::Unknown(_) | ConstValue::Fallback(_)) => return None,
        // A figure that is no duration of any length keeps its own form: -1 is a word, not a time.
        (ValueKind::Duration, ConstValue::Int(n)) if *n < 0 => Datum::Int(*n),
        (ValueKind::Duration, ConstValue::Int(n) | ConstValue::Duration(n)) => {
            Datum::Duration(*n as f64 / 1e9)
        }
        // An untyped constant such as 5e9 is a number of nanoseconds too.
        (ValueKind::Duration, ConstValue::Float(n)) => Datum::Duration(*n / 1e9),
        (ValueKind::Bytes, ConstValue::Int(n)) => match u64::try_from(*n) {
            Ok(bytes) => Datum::Size(bytes),
            Err(_) => Datum::Int(*n),
        },
        (_, ConstValue::Int(n) | ConstValue::Duration(n)) => Datum::Int(*n),
        (_, ConstValue::Float(n)) => Datum::Float(*n),
        (_, ConstValue::Bool(b)) => Datum::Bool(*b),
        // The text of a variable: read as code reads it.
        (ValueKind::Duration, ConstValue::Text(text)) => Datum::Duration(quantity::duration(text)?),
        (ValueKind::Int | ValueKind::Float | ValueKind::Bool, ConstValue::Text(_)) => return None,
        (_, ConstValue::Text(text)) => Datum::Text(text.clone()),
        (_, ConstValue::List(items)) => {
            let items = items.iter().map(|item| datum(item, ValueKind::String));
            Datum::List(items.collect::<Option<_>>()?)
        }
    })
}

pub(super) fn is_zero(folded: &ConstValue) -> bool {
    match folded {
        ConstValue::Int(n) | ConstValue::Duration(n) => *n == 0,
        ConstValue::Float(n) => *n == 0.0,
        ConstValue::Bool(b) => !b,
        ConstValue::Text(text) => text.is_empty(),
        ConstValue::List(items) => items.is_empty(),
        ConstValue::Nil => true,
        ConstValue::Unknown(_) | ConstValue::Fallback(_) => false,
    }
}

pub(super) fn figure(folded: &ConstValue) -> Option<i64> {
    match folded {
        ConstValue::Int(n) | ConstValue::Duration(n) => Some(*n),
        _ => None,
    }
}

pub(super) fn zero_of(kind: ValueKind) -> Option<Datum> {
    Some(match kind {
        ValueKind::Int => Datum::Int(0),
        ValueKind::Duration => Datum::Duration(0.0),
        ValueKind::Bytes => Datum::Size(0),
        ValueKind::Bool => Datum::Bool(false),
        ValueKind::Float => Datum::Float(0.0),
        _ => return None,
    })
}

pub(super) fn format_datum(datum: &Datum) -> String {
    match datum.raw() {
        Datum::Duration(seconds) => quantity::show_duration(*seconds),
        Datum::Text(text) => text.clone(),
        Datum::Bool(b) => b.to_string(),
        other => other
            .as_number()
            .map_or_else(|| "a list".to_owned(), quantity::show_number),
    }
}
