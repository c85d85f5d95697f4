//! Options that are written without effect: those that the constructor, the version or another option
//! drops, and figures that miss their unit.

use crate::facts::estate::Subject;
use crate::facts::fact_path::ClientFact;
use crate::facts::quantity;
use crate::facts::raw::{ConstValue, RawClient, SourceLanguage};
use crate::facts::value::{Datum, Explicitness, FactValue, Meaning};
use crate::knowledge::clients::model::{ClientModel, OptionModel, ValueKind};
use crate::source::Span;

/// An option that is written without an effect.
struct DroppedOption {
    option: String,
    at: Span,
    why: String,
}

/// Puts the facts `ignored.*` and `unitless.*`.
pub(super) fn put(subject: &mut Subject, client: &RawClient, model: &ClientModel) {
    let mut dropped: Vec<DroppedOption> = model
        .option
        .iter()
        .filter_map(|option| find_dropped(subject, option))
        .collect();
    dropped.extend(client.late.iter().map(|write| DroppedOption {
        option: write.ident.clone(),
        at: write.span,
        why: "the client was built before it is set".to_owned(),
    }));
    dropped.sort_by_key(|d| d.at);
    if let Some((first, rest)) = dropped.split_first() {
        let name = Datum::Text(first.option.clone());
        subject.put(ClientFact::IgnoredOption, FactValue::set(name, first.at));
        let why = Datum::Text(first.why.clone());
        subject.put(ClientFact::IgnoredWhy, FactValue::from_derived(why));
        let others: Vec<String> = rest.iter().map(|d| format!("`{}`", d.option)).collect();
        if !others.is_empty() {
            let others = Datum::Text(others.join(", "));
            subject.put(ClientFact::IgnoredOthers, FactValue::from_derived(others));
        }
    }
    put_unitless(subject, client, model);
}

fn find_dropped(subject: &Subject, option: &OptionModel) -> Option<DroppedOption> {
    let value = subject.option(&option.key)?;
    let at = value.span()?;
    if value.written != Explicitness::Yes {
        return None;
    }
    let why = describe_replaced(value)
        .or_else(|| lacks(subject, value, option))
        .or_else(|| describe_capped(subject, value, option))?;
    Some(DroppedOption {
        option: value.own_name.clone()?,
        at,
        why,
    })
}

fn describe_replaced(value: &FactValue) -> Option<String> {
    match value.known_datum()? {
        Datum::Special {
            meaning: Meaning::Replaced,
            ..
        } => Some(value.because.join("; ")),
        _ => None,
    }
}

/// Another option without which it has no effect is not set.
fn lacks(subject: &Subject, value: &FactValue, option: &OptionModel) -> Option<String> {
    let needed = subject.option(option.needs.as_ref()?)?;
    let unset = !matches!(
        needed.written,
        Explicitness::MaybeElsewhere(_) | Explicitness::Unknown(_)
    ) && match needed.known_datum()? {
        Datum::Special { .. } => true,
        datum => datum.as_number()? <= 0.0,
    };
    let name = needed.own_name.as_ref()?;
    (unset && value.number()? > 0.0).then(|| format!("it has no effect without `{name}`"))
}

/// It is cut to another option's value.
fn describe_capped(subject: &Subject, value: &FactValue, option: &OptionModel) -> Option<String> {
    let cap = subject.option(option.capped_by.as_ref()?)?;
    let (figure, most) = (value.number()?, cap.number()?);
    let name = cap.own_name.as_ref()?;
    let shown = match cap.known_datum()?.raw() {
        Datum::Duration(seconds) => quantity::show_duration(*seconds),
        _ => quantity::show_number(most),
    };
    (figure > most && most > 0.0).then(|| format!("it is cut to `{name}`, which is {shown}"))
}

/// A bare figure where Go takes a duration counts nanoseconds. 0, -1 and -2 are words.
fn put_unitless(subject: &mut Subject, client: &RawClient, model: &ClientModel) {
    if client.language != SourceLanguage::Go {
        return;
    }
    let bare = client.writes.iter().find_map(|write| {
        let option = model.option_named(&client.option_type, &write.ident)?;
        match write.value {
            ConstValue::Int(n)
                if option.kind == ValueKind::Duration && n > 0 && !write.conditional =>
            {
                Some((write, n))
            }
            _ => None,
        }
    });
    if let Some((write, nanoseconds)) = bare {
        let name = Datum::Text(write.ident.clone());
        subject.put(ClientFact::UnitlessOption, FactValue::set(name, write.span));
        let figure = Datum::Int(nanoseconds);
        subject.put(
            ClientFact::UnitlessFigure,
            FactValue::set(figure, write.span),
        );
        let value = Datum::Duration(nanoseconds as f64 / 1e9);
        subject.put(ClientFact::UnitlessValue, FactValue::set(value, write.span));
    }
}
