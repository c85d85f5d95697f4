//! What a whole configuration comes to, over every server series that it may be for.
//!
//! The parts of a configuration come in the server's own order: files, what an operator generates,
//! arguments, gaps that cannot be seen. Each series reads them all; a value on which the plausible
//! series differ is unknown. Who deploys the configuration is [`server`](super::server)'s business.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::raw::{LineForm, RawLine};
use crate::facts::value::{Origin, Overridden, State, Written};
use crate::facts::{Cause, Datum, Slot, Strength, Value};
use crate::knowledge::servers::language::Build;
use crate::knowledge::servers::{Directive, Series};
use crate::resolve::fold::{Fold, Outcome, has_effect};
use crate::resolve::line;
use crate::source::{MASK, Span};

/// One thing that happens while the server reads its configuration.
#[derive(Clone, Debug)]
pub enum Step<'a> {
    /// A line, an argument or a field that a person wrote.
    Line {
        line: &'a RawLine,
        strength: Strength,
    },
    /// A line that an operator or image writes by itself; an unknown value has no arguments.
    Generated {
        name: &'a str,
        args: Option<Vec<&'a str>>,
        source: &'a str,
    },
    /// Something that cannot be seen may stand here and set anything.
    Gap { reason: Cause },
    /// A text that cannot be seen is read here.
    Hidden { reason: Cause },
    /// The lines of an included text begin here...
    Opens,
    /// ... and end here.
    Closes,
}

/// Where the values that nobody wrote could be written, and where a finding on them stands.
#[derive(Clone, Debug)]
pub struct Home {
    pub place: Span,
    pub append: Slot,
}

/// The effective value of every directive that the plausible series know and do not ignore, by
/// canonical name.
pub fn effective(
    steps: &[Step<'_>],
    (candidates, build): (&[&Series], Build),
    home: &Home,
    is_secret: &dyn Fn(&str) -> bool,
) -> BTreeMap<String, Value> {
    let read = |series: &&Series| run(series, build, steps);
    let outcomes: Vec<_> = candidates.iter().map(read).collect();
    let names: BTreeSet<&String> = outcomes.iter().flat_map(BTreeMap::keys).collect();
    let source = source_name(candidates);
    names
        .into_iter()
        .map(|name| {
            let per_series: Vec<_> = outcomes.iter().map(|of| of.get(name)).collect();
            let outcome = merge(&per_series, candidates);
            let value = to_value(name, &outcome, steps, &source, is_secret(name));
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

/// One series reads all steps.
pub(super) fn run(series: &Series, build: Build, steps: &[Step<'_>]) -> BTreeMap<String, Outcome> {
    let mut fold = Fold::new(series);
    let mut gap: Option<&Cause> = None;
    for (at, step) in steps.iter().enumerate() {
        match step {
            Step::Gap { reason } => {
                gap = Some(reason);
                for outcome in fold.spoken.values_mut() {
                    outcome.overridable = true;
                    let last = outcome.spoke.last().map(|at| &steps[*at]);
                    if matches!(last, Some(Step::Generated { .. })) {
                        // Nobody wrote it, so it may well be replaced.
                        outcome.state = State::Unknown(reason.clone());
                    }
                }
            }
            Step::Hidden { reason } => {
                gap = Some(reason);
                for outcome in fold.spoken.values_mut() {
                    outcome.overridable = true;
                    outcome.state = State::Unknown(reason.clone());
                }
            }
            Step::Opens => fold.open(),
            Step::Closes => fold.close(),
            Step::Line { line, .. } => read_line(&mut fold, build, line, at),
            Step::Generated { name, args, source } => {
                let said = match args {
                    Some(args) => line::read_on(series, build, name, args).into(),
                    None => Cause::Named {
                        name: source.to_string(),
                        fact: "writes it by itself",
                    }
                    .into(),
                };
                fold.take(name, said, at);
            }
        }
    }
    fold.force();
    let mut spoken = fold.spoken;
    for directive in series.directives().filter(|d| has_effect(d)) {
        spoken
            .entry(directive.name.clone())
            .or_insert_with(|| not_written(directive, gap));
    }
    spoken
}

fn not_written(directive: &Directive, gap: Option<&Cause>) -> Outcome {
    let state = match (gap, line::default_of(directive)) {
        (Some(reason), _) => State::Unknown(reason.clone()),
        (None, Some(datum)) => State::Default(datum),
        (None, None) => State::Absent,
    };
    Outcome {
        state,
        spoke: Vec::new(),
        parts: 0,
        overridable: gap.is_some(),
    }
}

fn read_line(fold: &mut Fold<'_>, build: Build, line: &RawLine, at: usize) {
    let Some((name, args)) = line.words.split_first() else {
        return;
    };
    if name.hole.is_some() {
        return;
    }
    let at_runtime = line.form == LineForm::Runtime;
    if at_runtime && !fold.series.directive(&name.text).is_some_and(|d| d.mutable) {
        return;
    }
    let args = &args[..line.meant.saturating_sub(1).min(args.len())];
    let hole = args.iter().find_map(|word| word.hole.clone());
    let said = match hole {
        Some(reason) => reason.into(),
        None => {
            let words: Vec<_> = args.iter().map(|word| word.text.as_str()).collect();
            let reading = line::read_on(fold.series, build, &name.text, &words);
            if at_runtime && reading.datum.is_none() {
                // The running server keeps the value that it has.
                return;
            }
            reading.into()
        }
    };
    fold.take(&name.text, said, at);
}

/// One outcome for all plausible series.
fn merge(per_series: &[Option<&Outcome>], candidates: &[&Series]) -> Outcome {
    let (spoke, parts) = per_series
        .iter()
        .flatten()
        .map(|outcome| (&outcome.spoke, outcome.parts))
        .max_by_key(|(spoke, _)| spoke.len())
        .map(|(spoke, parts)| (spoke.clone(), parts))
        .unwrap_or_default();
    let overridable = per_series
        .iter()
        .flatten()
        .any(|outcome| outcome.overridable);
    let first = per_series.first().copied().flatten();
    let state = match first {
        Some(first)
            if per_series
                .iter()
                .all(|o| o.is_some_and(|o| o.state == first.state)) =>
        {
            first.state.clone()
        }
        _ => State::Unknown(differs(per_series, candidates)),
    };
    Outcome {
        state,
        spoke,
        parts,
        overridable,
    }
}

fn differs(per_series: &[Option<&Outcome>], candidates: &[&Series]) -> Cause {
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
    outcome: &Outcome,
    steps: &[Step<'_>],
    source: &str,
    secret: bool,
) -> Value {
    let mut value = Value {
        state: outcome.state.clone(),
        ..Value::absent()
    }
    .with_name(name);
    value.secret = secret;
    value.origin = match &outcome.state {
        State::Default(_) => Origin::Default(source.to_owned()),
        _ => Origin::None,
    };
    let winner = outcome.spoke.last().map(|at| &steps[*at]);
    match winner {
        Some(Step::Line { line, strength }) => written_by(&mut value, line, *strength),
        Some(Step::Generated { source, .. }) => generated_by(&mut value, source),
        Some(Step::Gap { .. } | Step::Hidden { .. } | Step::Opens | Step::Closes) | None => {
            if let (State::Unknown(reason), true) = (&outcome.state, outcome.overridable) {
                value.written = Written::Unknown(reason.clone());
            }
        }
    }
    if outcome.overridable && !outcome.spoke.is_empty() {
        value.strength = Strength::Assumed;
    }
    let losers = outcome.spoke.iter().rev().skip(outcome.parts).rev();
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

fn overridden(step: &Step<'_>, secret: bool) -> Option<Overridden> {
    let Step::Line { line, .. } = step else {
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

/// Whether a line stands in configuration text: only there a repetition is a duplicate.
pub fn is_text(line: &RawLine) -> bool {
    line.form == LineForm::Text
}
