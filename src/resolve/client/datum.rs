//! Values of client code as data of an option's kind.

use crate::facts::quantity;
use crate::facts::raw::Folded;
use crate::facts::value::Datum;
use crate::knowledge::clients::model::ValueKind;

/// A folded value as a datum of this kind.
pub(super) fn datum(folded: &Folded, kind: ValueKind) -> Option<Datum> {
    Some(match (kind, folded) {
        (_, Folded::Nil | Folded::Unknown(_) | Folded::Fallback(_)) => return None,
        // A figure that is no duration of any length keeps its own form: -1 is a word, not a time.
        (ValueKind::Duration, Folded::Int(n)) if *n < 0 => Datum::Int(*n),
        (ValueKind::Duration, Folded::Int(n) | Folded::Duration(n)) => {
            Datum::Duration(*n as f64 / 1e9)
        }
        (ValueKind::Bytes, Folded::Int(n)) => match u64::try_from(*n) {
            Ok(bytes) => Datum::Size(bytes),
            Err(_) => Datum::Int(*n),
        },
        (_, Folded::Int(n) | Folded::Duration(n)) => Datum::Int(*n),
        (_, Folded::Float(n)) => Datum::Float(*n),
        (_, Folded::Bool(b)) => Datum::Bool(*b),
        // The text of a variable: read as code reads it.
        (ValueKind::Duration, Folded::Text(text)) => Datum::Duration(quantity::duration(text)?),
        (ValueKind::Int | ValueKind::Float | ValueKind::Bool, Folded::Text(_)) => return None,
        (_, Folded::Text(text)) => Datum::Text(text.clone()),
        (_, Folded::List(items)) => {
            let items = items.iter().map(|item| datum(item, ValueKind::String));
            Datum::List(items.collect::<Option<_>>()?)
        }
    })
}

pub(super) fn is_zero(folded: &Folded) -> bool {
    match folded {
        Folded::Int(n) | Folded::Duration(n) => *n == 0,
        Folded::Float(n) => *n == 0.0,
        Folded::Bool(b) => !b,
        Folded::Text(text) => text.is_empty(),
        Folded::List(items) => items.is_empty(),
        Folded::Nil => true,
        Folded::Unknown(_) | Folded::Fallback(_) => false,
    }
}

pub(super) fn figure(folded: &Folded) -> Option<i64> {
    match folded {
        Folded::Int(n) | Folded::Duration(n) => Some(*n),
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

pub(super) fn shown(datum: &Datum) -> String {
    match datum.raw() {
        Datum::Duration(seconds) => quantity::show_duration(*seconds),
        Datum::Text(text) => text.clone(),
        Datum::Bool(b) => b.to_string(),
        other => other
            .as_number()
            .map_or_else(|| "a list".to_owned(), quantity::show_number),
    }
}
