//! What a whole configuration comes to, over every server series that it may be for.
//!
//! A view of the [`config_transcript`](super::config_transcript): a value on which the plausible series
//! differ is unknown. Who deploys the configuration is left to [`server`](super::server).

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use crate::facts::effective_config::{EffectiveConfig, SharedDirectives, UnsetAnchor};
use crate::facts::raw::RawLine;
use crate::facts::value::{Explicitness, OverriddenPlace, ValueOrigin, ValueState};
use crate::facts::{Cause, Datum, EditTarget, FactValue, Strength};
use crate::knowledge::servers::language::ServerBuild;
use crate::knowledge::servers::{ServerKnowledge, ServerSeries};
use crate::resolve::config_transcript::{ConfigStep, ConfigTranscript};
use crate::resolve::directive_state::{DirectiveState, has_effect};
use crate::resolve::line;
use crate::source::{FileId, MASK};

/// The directives that no line decides, as the servers of one run share them: a series has hundreds,
/// and most servers may be of the same series.
#[derive(Default)]
pub struct UnsetDirectiveCache {
    by_series: Mutex<HashMap<Vec<String>, SharedDirectives>>,
}

impl UnsetDirectiveCache {
    /// The values of all directives of these series where nothing is written, without a place.
    fn get(&self, series: &[&ServerSeries], servers: &ServerKnowledge) -> SharedDirectives {
        let key: Vec<String> = series.iter().map(|one| one.first_release()).collect();
        // A poisoned lock holds whole values: each is put in at once.
        let lock = || {
            self.by_series
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        };
        if let Some(found) = lock().get(&key) {
            return Arc::clone(found);
        }
        let nothing = ConfigTranscript::read(Vec::new(), [], series, ServerBuild::OFFICIAL);
        let directives = series.iter().flat_map(|one| one.directives());
        let names: BTreeSet<&String> = directives
            .filter(|directive| has_effect(directive))
            .map(|directive| &directive.name)
            .collect();
        let source = source_name(series);
        let value = |name: &String| decide_value(&nothing, name, &source, servers);
        let values = names.into_iter().map(|name| (name.clone(), value(name)));
        let values = Arc::new(values.collect());
        lock().insert(key, Arc::clone(&values));
        values
    }
}

/// The effective value of every directive that the plausible series know and do not ignore.
pub fn effective(
    transcript: &ConfigTranscript<'_>,
    home: UnsetAnchor,
    servers: &ServerKnowledge,
    unset: &UnsetDirectiveCache,
) -> EffectiveConfig {
    let source = source_name(transcript.series);
    let decide = |name: &String| decide_value(transcript, name, &source, servers);
    let decided = transcript.list_decided().into_iter();
    let mut decided: BTreeMap<String, FactValue> =
        decided.map(|name| (name.clone(), decide(name))).collect();
    mark_shipped(&mut decided, transcript.series, home.shipped_lines);
    let mut unset = unset.get(transcript.series, servers);
    if let Some(gap) = transcript.gap() {
        let open = unset
            .iter()
            .map(|(name, value)| (name.clone(), leave_open(value, gap)));
        unset = Arc::new(open.collect());
    }
    EffectiveConfig::new(decided, unset, home)
}

/// A file in which so many directives stand with their own default is a copy of the one that a release
/// ships: nobody chose these values.
fn mark_shipped(values: &mut BTreeMap<String, FactValue>, series: &[&ServerSeries], from: usize) {
    let mut same: BTreeMap<FileId, Vec<String>> = BTreeMap::new();
    for (name, value) in values.iter() {
        let default_of = |one: &&ServerSeries| line::default_of(one.directive(name)?);
        let mut defaults = series.iter().filter_map(default_of);
        let is_default = defaults.any(|default| value.known_datum() == Some(&default));
        if let (Some(span), true) = (value.span(), is_default) {
            same.entry(span.file).or_default().push(name.clone());
        }
    }
    let copied = same.into_values().filter(|names| names.len() >= from);
    for name in copied.flatten() {
        if let Some(value) = values.get_mut(&name) {
            value.shipped = true;
        }
    }
}

/// What all series make of a directive, as one value.
fn decide_value(
    transcript: &ConfigTranscript<'_>,
    name: &str,
    source: &str,
    servers: &ServerKnowledge,
) -> FactValue {
    let merged = merge(&transcript.states(name), transcript.series);
    to_value(
        name,
        &merged,
        &transcript.steps,
        source,
        servers.is_secret(name),
    )
}

/// Something that cannot be seen may set the directive.
fn leave_open(value: &FactValue, gap: &Cause) -> FactValue {
    FactValue {
        state: ValueState::Unknown(gap.clone()),
        origin: ValueOrigin::None,
        written: Explicitness::Unknown(gap.clone()),
        ..value.clone()
    }
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
fn merge(
    per_series: &[Option<Cow<'_, DirectiveState>>],
    candidates: &[&ServerSeries],
) -> DirectiveState {
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
                .all(|of| of.as_ref().is_some_and(|of| of.state == first.state)) =>
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

fn differs(per_series: &[Option<Cow<'_, DirectiveState>>], candidates: &[&ServerSeries]) -> Cause {
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
        Some(ConfigStep::Line { line, strength, .. }) => {
            attribute_to_line(&mut value, line, *strength);
            value.secret |= directive
                .assigned_by
                .iter()
                .any(|at| looks_secret(&steps[*at]));
        }
        Some(ConfigStep::Generated { source, .. }) => attribute_to_shape(&mut value, source),
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
        .filter_map(|at| find_overridden(&steps[*at], secret))
        .collect();
    if secret {
        mask(&mut value);
    }
    value
}

fn attribute_to_line(value: &mut FactValue, line: &RawLine, strength: Strength) {
    value.written = Explicitness::Yes;
    value.strength = strength;
    value.slot = line.slot.clone();
    value.origin = ValueOrigin::Written(match &line.slot {
        EditTarget::Replace { span, .. } => *span,
        _ => line.span,
    });
}

/// What an operator writes by itself is a default with the shape as its origin.
fn attribute_to_shape(value: &mut FactValue, source: &str) {
    value.written = Explicitness::No;
    value.origin = ValueOrigin::Shape(source.to_owned());
    if let ValueState::Set(datum) = &value.state {
        value.state = ValueState::Default(datum.clone());
    }
}

fn looks_secret(step: &ConfigStep<'_>) -> bool {
    matches!(step, ConfigStep::Line { line, .. } if line.looks_secret())
}

fn find_overridden(step: &ConfigStep<'_>, secret: bool) -> Option<OverriddenPlace> {
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
        text: if secret || line.looks_secret() {
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
