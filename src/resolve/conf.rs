//! What a whole configuration comes to, over every server series that it may be for.
//!
//! A view of the [`config_transcript`](super::config_transcript): a value on which the plausible series
//! differ is unknown. Who deploys the configuration is left to [`server`](super::server).

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::raw::RawLine;
use crate::facts::value::{Explicitness, OverriddenPlace, ValueOrigin, ValueState};
use crate::facts::{Cause, Datum, EditTarget, FactValue, Strength};
use crate::knowledge::servers::ServerSeries;
use crate::resolve::config_transcript::{ConfigStep, ConfigTranscript};
use crate::resolve::directive_state::DirectiveState;
use crate::source::{MASK, Span};

/// Where values that are not written could be added, and where a finding on them is placed.
#[derive(Clone, Debug)]
pub struct UnsetAnchor {
    pub place: Span,
    pub append: EditTarget,
}

/// The effective value of every directive that the plausible series know and do not ignore, by
/// canonical name.
pub fn effective(
    transcript: &ConfigTranscript<'_>,
    home: &UnsetAnchor,
    is_secret: &dyn Fn(&str) -> bool,
) -> BTreeMap<String, FactValue> {
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
pub fn source_name(candidates: &[&ServerSeries]) -> String {
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
fn merge(per_series: &[Option<&DirectiveState>], candidates: &[&ServerSeries]) -> DirectiveState {
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
        _ => ValueState::Unknown(differs(per_series, candidates)),
    };
    DirectiveState {
        state,
        assigned_by,
        parts,
        overridable: known().any(|of| of.overridable),
    }
}

fn differs(per_series: &[Option<&DirectiveState>], candidates: &[&ServerSeries]) -> Cause {
    let unknown = per_series
        .iter()
        .flatten()
        .find_map(|outcome| match &outcome.state {
            ValueState::Unknown(reason) => Some(reason.clone()),
            _ => None,
        });
    unknown.unwrap_or_else(|| Cause::VersionDependent {
        releases: Some(range_name(candidates)),
        outcomes: Vec::new(),
    })
}

fn range_name(candidates: &[&ServerSeries]) -> String {
    let names: Vec<_> = candidates.iter().map(|series| series.name()).collect();
    names.join(", ")
}

fn to_value(
    name: &str,
    directive: &DirectiveState,
    steps: &[ConfigStep<'_>],
    source: &str,
    secret: bool,
) -> FactValue {
    let mut value = FactValue {
        state: directive.state.clone(),
        ..FactValue::absent()
    }
    .with_name(name);
    value.secret = secret;
    value.origin = match &directive.state {
        ValueState::Default(_) => ValueOrigin::Default(source.to_owned()),
        _ => ValueOrigin::None,
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
            if let (ValueState::Unknown(reason), true) = (&directive.state, directive.overridable) {
                value.written = Explicitness::Unknown(reason.clone());
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

fn written_by(value: &mut FactValue, line: &RawLine, strength: Strength) {
    value.written = Explicitness::Yes;
    value.strength = strength;
    value.slot = line.slot.clone();
    value.origin = ValueOrigin::Written(match &line.slot {
        EditTarget::Replace { span, .. } => *span,
        _ => line.span,
    });
}

/// What an operator writes by itself is a default with the shape as its origin.
fn generated_by(value: &mut FactValue, source: &str) {
    value.written = Explicitness::No;
    value.origin = ValueOrigin::Shape(source.to_owned());
    if let ValueState::Set(datum) = &value.state {
        value.state = ValueState::Default(datum.clone());
    }
}

fn overridden(step: &ConfigStep<'_>, secret: bool) -> Option<OverriddenPlace> {
    let ConfigStep::Line { line, .. } = step else {
        return None;
    };
    let words: Vec<_> = line
        .words
        .iter()
        .take(line.argument_count)
        .skip(1)
        .map(|w| w.text.as_str())
        .collect();
    Some(OverriddenPlace {
        span: line.span,
        text: if secret {
            MASK.to_owned()
        } else {
            words.join(" ")
        },
    })
}

fn mask(value: &mut FactValue) {
    if let ValueState::Set(Datum::Text(text)) = &mut value.state
        && !text.is_empty()
    {
        *text = MASK.to_owned();
    }
}

fn at_home(name: &str, mut value: FactValue, home: &UnsetAnchor) -> FactValue {
    value.anchor_when_unset = Some(home.place);
    if matches!(value.slot, EditTarget::None) && value.written != Explicitness::Yes {
        value.slot = named(&home.append, name);
    }
    value
}

/// The slot with the directive's name filled in.
fn named(slot: &EditTarget, directive: &str) -> EditTarget {
    match slot.clone() {
        EditTarget::InsertLine {
            at,
            indent,
            newline,
            break_before,
            ..
        } => EditTarget::InsertLine {
            at,
            indent,
            newline,
            break_before,
            name: directive.to_owned(),
        },
        other => other,
    }
}
