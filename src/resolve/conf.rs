//! What a whole configuration comes to, over every server series that it may be for.
//!
//! A view of the [`config_transcript`](super::config_transcript): a value on which the plausible series
//! differ is unknown. Who deploys the configuration is [`server`](super::server)'s business.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::raw::RawLine;
use crate::facts::value::{Origin, Overridden, State, Written};
use crate::facts::{Cause, Datum, Slot, Strength, Value};
use crate::knowledge::servers::Series;
use crate::resolve::config_transcript::{ConfigStep, ConfigTranscript};
use crate::resolve::directive_state::DirectiveState;
use crate::source::{MASK, Span};

/// Where the values that nobody wrote could be written, and where a finding on them stands.
#[derive(Clone, Debug)]
pub struct Home {
    pub place: Span,
    pub append: Slot,
}

/// The effective value of every directive that the plausible series know and do not ignore, by
/// canonical name.
pub fn effective(
    transcript: &ConfigTranscript<'_>,
    home: &Home,
    is_secret: &dyn Fn(&str) -> bool,
) -> BTreeMap<String, Value> {
    let states: Vec<_> = transcript.directives().collect();
    let names: BTreeSet<&String> = states.iter().flat_map(|of| of.keys()).collect();
    let source = source_name(transcript.series);
    names
        .into_iter()
        .map(|name| {
            let per_series: Vec<_> = states.iter().map(|of| of.get(name)).collect();
            let merged = merge(&per_series, transcript.series);
            let value = to_value(name, &merged, &transcript.steps, &source, is_secret(name));
            (name.clone(), at_home(name, value, home))
        })
        .collect()
}

/// `redis 7.2`, or the series that are plausible.
pub fn source_name(candidates: &[&Series]) -> String {
    match candidates {
        [one] => one.name(),
        many => {
            let flavors: BTreeSet<_> = many.iter().map(|s| s.flavor.as_str()).collect();
            let flavors: Vec<_> = flavors.into_iter().collect();
            format!("every plausible version of {}", flavors.join(" and "))
        }
    }
}

/// One state for all plausible series.
fn merge(per_series: &[Option<&DirectiveState>], candidates: &[&Series]) -> DirectiveState {
    let known = || per_series.iter().flatten();
    // Series that know more of the lines' names say more of who assigned it: the last of these counts.
    let longest = known().max_by_key(|of| of.assigned_by.len());
    let (assigned_by, parts) = longest
        .map(|of| (of.assigned_by.clone(), of.parts))
        .unwrap_or_default();
    let state = match per_series.first() {
        Some(Some(first))
            if per_series
                .iter()
                .all(|of| of.is_some_and(|of| of.state == first.state)) =>
        {
            first.state.clone()
        }
        _ => State::Unknown(differs(per_series, candidates)),
    };
    DirectiveState {
        state,
        assigned_by,
        parts,
        overridable: known().any(|of| of.overridable),
    }
}

fn differs(per_series: &[Option<&DirectiveState>], candidates: &[&Series]) -> Cause {
    let unknown = per_series
        .iter()
        .flatten()
        .find_map(|outcome| match &outcome.state {
            State::Unknown(reason) => Some(reason.clone()),
            _ => None,
        });
    unknown.unwrap_or_else(|| Cause::VersionDependent {
        releases: Some(range_name(candidates)),
        outcomes: Vec::new(),
    })
}

fn range_name(candidates: &[&Series]) -> String {
    let names: Vec<_> = candidates.iter().map(|series| series.name()).collect();
    names.join(", ")
}

fn to_value(
    name: &str,
    directive: &DirectiveState,
    steps: &[ConfigStep<'_>],
    source: &str,
    secret: bool,
) -> Value {
    let mut value = Value {
        state: directive.state.clone(),
        ..Value::absent()
    }
    .with_name(name);
    value.secret = secret;
    value.origin = match &directive.state {
        State::Default(_) => Origin::Default(source.to_owned()),
        _ => Origin::None,
    };
    let winner = directive.assigned_by.last().map(|at| &steps[*at]);
    match winner {
        Some(ConfigStep::Line { line, strength, .. }) => written_by(&mut value, line, *strength),
        Some(ConfigStep::Generated { source, .. }) => generated_by(&mut value, source),
        Some(
            ConfigStep::Gap { .. }
            | ConfigStep::Hidden { .. }
            | ConfigStep::Opens
            | ConfigStep::Closes,
        )
        | None => {
            if let (State::Unknown(reason), true) = (&directive.state, directive.overridable) {
                value.written = Written::Unknown(reason.clone());
            }
        }
    }
    if directive.overridable && !directive.assigned_by.is_empty() {
        value.strength = Strength::Assumed;
    }
    let losers = directive
        .assigned_by
        .iter()
        .rev()
        .skip(directive.parts)
        .rev();
    value.overrides = losers
        .filter_map(|at| overridden(&steps[*at], secret))
        .collect();
    if secret {
        mask(&mut value);
    }
    value
}

fn written_by(value: &mut Value, line: &RawLine, strength: Strength) {
    value.written = Written::Yes;
    value.strength = strength;
    value.slot = line.slot.clone();
    value.origin = Origin::Written(match &line.slot {
        Slot::Replace { span, .. } => *span,
        _ => line.span,
    });
}

/// What an operator writes by itself is a default with the shape as its origin.
fn generated_by(value: &mut Value, source: &str) {
    value.written = Written::No;
    value.origin = Origin::Shape(source.to_owned());
    if let State::Set(datum) = &value.state {
        value.state = State::Default(datum.clone());
    }
}

fn overridden(step: &ConfigStep<'_>, secret: bool) -> Option<Overridden> {
    let ConfigStep::Line { line, .. } = step else {
        return None;
    };
    let words: Vec<_> = line
        .words
        .iter()
        .take(line.meant)
        .skip(1)
        .map(|w| w.text.as_str())
        .collect();
    Some(Overridden {
        span: line.span,
        text: if secret {
            MASK.to_owned()
        } else {
            words.join(" ")
        },
    })
}

fn mask(value: &mut Value) {
    if let State::Set(Datum::Text(text)) = &mut value.state
        && !text.is_empty()
    {
        *text = MASK.to_owned();
    }
}

fn at_home(name: &str, mut value: Value, home: &Home) -> Value {
    value.home = Some(home.place);
    if matches!(value.slot, Slot::None) && value.written != Written::Yes {
        value.slot = named(&home.append, name);
    }
    value
}

/// The slot with the directive's name filled in.
fn named(slot: &Slot, directive: &str) -> Slot {
    match slot.clone() {
        Slot::InsertLine {
            at,
            indent,
            newline,
            break_before,
            ..
        } => Slot::InsertLine {
            at,
            indent,
            newline,
            break_before,
            name: directive.to_owned(),
        },
        other => other,
    }
}
