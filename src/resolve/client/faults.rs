//! What is written and comes to nothing: options that the constructor, the version or another option
//! drops, and figures that miss their unit.

use crate::facts::estate::Subject;
use crate::facts::fact_path::ClientFact;
use crate::facts::quantity;
use crate::facts::raw::{Folded, Language, RawClient};
use crate::facts::value::{Datum, Meaning, Value, Written};
use crate::knowledge::clients::model::{Model, OptionModel, ValueKind};
use crate::source::Span;

/// An option that is written without an effect.
struct Dropped {
    option: String,
    at: Span,
    why: String,
}

/// Puts the facts `ignored.*` and `unitless.*`.
pub(super) fn put(subject: &mut Subject, client: &RawClient, model: &Model) {
    let mut dropped: Vec<Dropped> = model
        .option
        .iter()
        .filter_map(|option| dropped(subject, option))
        .collect();
    dropped.sort_by_key(|d| d.at);
    if let Some((first, rest)) = dropped.split_first() {
        let name = Datum::Text(first.option.clone());
        subject.put(ClientFact::IgnoredOption, Value::set(name, first.at));
        let why = Datum::Text(first.why.clone());
        subject.put(ClientFact::IgnoredWhy, Value::derived(why));
        let others: Vec<String> = rest.iter().map(|d| format!("`{}`", d.option)).collect();
        if !others.is_empty() {
            let others = Datum::Text(others.join(", "));
            subject.put(ClientFact::IgnoredOthers, Value::derived(others));
        }
    }
    put_unitless(subject, client, model);
}

fn dropped(subject: &Subject, option: &OptionModel) -> Option<Dropped> {
    let value = subject.option(&option.key)?;
    let at = value.span()?;
    if value.written != Written::Yes {
        return None;
    }
    let why = replaced(value)
        .or_else(|| lacks(subject, value, option))
        .or_else(|| capped(subject, value, option))?;
    Some(Dropped {
        option: value.own_name.clone()?,
        at,
        why,
    })
}

fn replaced(value: &Value) -> Option<String> {
    match value.known()? {
        Datum::Special {
            meaning: Meaning::Replaced,
            ..
        } => Some(value.because.join("; ")),
        _ => None,
    }
}

/// Another option without which it has no effect is not set.
fn lacks(subject: &Subject, value: &Value, option: &OptionModel) -> Option<String> {
    let needed = subject.option(option.needs.as_ref()?)?;
    let unset = !matches!(needed.written, Written::NotSeen(_) | Written::Unknown(_))
        && match needed.known()? {
            Datum::Special { .. } => true,
            datum => datum.as_number()? <= 0.0,
        };
    let name = needed.own_name.as_ref()?;
    (unset && value.number()? > 0.0).then(|| format!("it has no effect without `{name}`"))
}

/// It is cut to another option's value.
fn capped(subject: &Subject, value: &Value, option: &OptionModel) -> Option<String> {
    let cap = subject.option(option.capped_by.as_ref()?)?;
    let (figure, most) = (value.number()?, cap.number()?);
    let name = cap.own_name.as_ref()?;
    let shown = match cap.known()?.raw() {
        Datum::Duration(seconds) => quantity::show_duration(*seconds),
        _ => quantity::show_number(most),
    };
    (figure > most && most > 0.0).then(|| format!("it is cut to `{name}`, which is {shown}"))
}

/// A bare figure where Go takes a duration counts nanoseconds. 0, -1 and -2 are words.
fn put_unitless(subject: &mut Subject, client: &RawClient, model: &Model) {
    if client.language != Language::Go {
        return;
    }
    let bare = client.writes.iter().find_map(|write| {
        let option = model.option_named(&client.option_type, &write.ident)?;
        match write.value {
            Folded::Int(n) if option.kind == ValueKind::Duration && n > 0 && !write.conditional => {
                Some((write, n))
            }
            _ => None,
        }
    });
    if let Some((write, nanoseconds)) = bare {
        let name = Datum::Text(write.ident.clone());
        subject.put(ClientFact::UnitlessOption, Value::set(name, write.span));
        let figure = Datum::Int(nanoseconds);
        subject.put(ClientFact::UnitlessFigure, Value::set(figure, write.span));
        let value = Datum::Duration(nanoseconds as f64 / 1e9);
        subject.put(ClientFact::UnitlessValue, Value::set(value, write.span));
    }
}
