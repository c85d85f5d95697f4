//! What a whole configuration comes to, over every server series that it may be for.
//!
//! The parts of a configuration come in the server's own order: files, what an operator generates,
//! arguments, gaps that cannot be seen. Each series reads them all; a value on which the plausible
//! series differ is unknown. Who deploys the configuration is [`server`](super::server)'s business.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::raw::{LineForm, RawLine};
use crate::facts::value::{Origin, Overridden, State, Written};
use crate::facts::{Datum, Reason, Slot, Strength, Value};
use crate::knowledge::servers::{Directive, Form, Kind, Repeat, Series, Status};
use crate::resolve::line::{self, Problem, Reading};
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
    /// Something that cannot be seen stands here and may set anything.
    Gap { reason: Reason },
}

/// The outcome for one directive in one series.
#[derive(Clone, Debug, PartialEq)]
struct Outcome {
    state: State,
    /// The steps that spoke, the winner last; empty for a default.
    spoke: Vec<usize>,
    /// A gap stands after the winner.
    overridable: bool,
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
    candidates: &[&Series],
    home: &Home,
    is_secret: &dyn Fn(&str) -> bool,
) -> BTreeMap<String, Value> {
    let outcomes: Vec<_> = candidates.iter().map(|series| run(series, steps)).collect();
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

/// What one series has collected from the lines that it has read so far.
pub struct Fold<'s> {
    series: &'s Series,
    spoken: BTreeMap<String, Outcome>,
}

impl<'s> Fold<'s> {
    pub fn new(series: &'s Series) -> Self {
        Self {
            series,
            spoken: BTreeMap::new(),
        }
    }

    /// Takes in what a line says of a directive; `at` is the line's own number among all.
    pub fn take(&mut self, name: &str, said: Said, at: usize) {
        let Some(directive) = self.series.directive(name).filter(|d| has_effect(d)) else {
            return;
        };
        let entry = self.spoken.get(&directive.name);
        let mut spoke = entry.map(|e| e.spoke.clone()).unwrap_or_default();
        spoke.push(at);
        let state = match (directive.repeat, entry.map(|e| &e.state)) {
            _ if said.clears => said.state,
            (Repeat::Accumulates, Some(before)) => accumulated(before, said.state),
            (Repeat::AccumulatesPerClass, before) => per_class(directive, before, said.state),
            _ => said.state,
        };
        let outcome = Outcome {
            state,
            spoke,
            overridable: false,
        };
        self.spoken.insert(directive.name.clone(), outcome);
    }

    /// What a directive has come to; `None` where no line has spoken about it.
    pub fn state(&self, name: &str) -> Option<&State> {
        let directive = self.series.directive(name)?;
        self.spoken
            .get(&directive.name)
            .map(|outcome| &outcome.state)
    }

    /// The value that a directive has, its default where no line has spoken about it.
    pub fn datum(&self, directive: &Directive) -> Option<Datum> {
        match self.spoken.get(&directive.name).map(|o| &o.state) {
            None => line::default_of(directive),
            Some(State::Set(datum) | State::Default(datum)) => Some(datum.clone()),
            Some(State::Absent | State::Unknown(_)) => None,
        }
    }
}

/// What a line says of its directive.
pub struct Said {
    pub state: State,
    /// What earlier lines said is dropped.
    pub clears: bool,
}

impl From<Reading> for Said {
    fn from(reading: Reading) -> Self {
        let state = match (reading.datum, reading.problem) {
            (Some(datum), _) => State::Set(datum),
            (None, Problem::IneffectiveDirective) => State::Absent,
            (None, _) => State::Unknown(Reason::new("the server refuses the line")),
        };
        Self {
            state,
            clears: reading.clears,
        }
    }
}

impl From<Reason> for Said {
    fn from(reason: Reason) -> Self {
        Self {
            state: State::Unknown(reason),
            clears: false,
        }
    }
}

/// One series reads all steps.
fn run(series: &Series, steps: &[Step<'_>]) -> BTreeMap<String, Outcome> {
    let mut fold = Fold::new(series);
    let mut gap: Option<&Reason> = None;
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
            Step::Line { line, .. } => read_line(&mut fold, line, at),
            Step::Generated { name, args, source } => {
                let said = match args {
                    Some(args) => line::read(series, name, args).into(),
                    None => Reason::new(format!("{source} writes it by itself")).into(),
                };
                fold.take(name, said, at);
            }
        }
    }
    let mut spoken = fold.spoken;
    for directive in series.directives().filter(|d| has_effect(d)) {
        spoken
            .entry(directive.name.clone())
            .or_insert_with(|| not_written(directive, gap));
    }
    spoken
}

/// Directives that only do something when they are read have no effective value.
fn has_effect(directive: &Directive) -> bool {
    let acts = matches!(
        directive.form,
        Some(Form::Include | Form::Rename | Form::Foreign | Form::AclUser)
    );
    directive.status == Status::Active && directive.kind != Kind::ModuleConfig && !acts
}

fn not_written(directive: &Directive, gap: Option<&Reason>) -> Outcome {
    let state = match (gap, line::default_of(directive)) {
        (Some(reason), _) => State::Unknown(reason.clone()),
        (None, Some(datum)) => State::Default(datum),
        (None, None) => State::Absent,
    };
    Outcome {
        state,
        spoke: Vec::new(),
        overridable: gap.is_some(),
    }
}

fn read_line(fold: &mut Fold<'_>, line: &RawLine, at: usize) {
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
            let reading = line::read(fold.series, &name.text, &words);
            if at_runtime && reading.datum.is_none() {
                // The running server keeps the value that it has.
                return;
            }
            reading.into()
        }
    };
    fold.take(&name.text, said, at);
}

/// Lists grow.
fn accumulated(before: &State, now: State) -> State {
    match (before, now) {
        (State::Set(Datum::List(before)), State::Set(Datum::List(now))) => {
            State::Set(Datum::List(before.iter().cloned().chain(now).collect()))
        }
        (State::Unknown(reason), State::Set(Datum::List(_))) => State::Unknown(reason.clone()),
        (_, now) => now,
    }
}

/// Groups replace the group of the same class, the defaults' too.
fn per_class(directive: &Directive, before: Option<&State>, now: State) -> State {
    let default = line::default_of(directive);
    let base = match before {
        Some(State::Set(Datum::List(groups))) => groups.clone(),
        Some(State::Unknown(reason)) => return State::Unknown(reason.clone()),
        _ => match default {
            Some(Datum::List(groups)) => groups,
            _ => Vec::new(),
        },
    };
    let State::Set(Datum::List(now)) = now else {
        return now;
    };
    let class = |group: &Datum| {
        group
            .as_text()
            .and_then(|text| text.split(' ').next())
            .map(|name| line::canonical_class(directive, name).to_ascii_lowercase())
    };
    let mut groups = base;
    for group in now {
        groups.retain(|old| class(old) != class(&group));
        groups.push(group);
    }
    State::Set(Datum::List(groups))
}

/// One outcome for all plausible series.
fn merge(per_series: &[Option<&Outcome>], candidates: &[&Series]) -> Outcome {
    let spoke = per_series
        .iter()
        .flatten()
        .map(|outcome| &outcome.spoke)
        .max_by_key(|spoke| spoke.len())
        .cloned()
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
        overridable,
    }
}

fn differs(per_series: &[Option<&Outcome>], candidates: &[&Series]) -> Reason {
    let unknown = per_series
        .iter()
        .flatten()
        .find_map(|outcome| match &outcome.state {
            State::Unknown(reason) => Some(reason.clone()),
            _ => None,
        });
    unknown.unwrap_or_else(|| {
        Reason::new(format!(
            "{DEPENDS_ON_VERSION}, which is one of {}",
            range_name(candidates)
        ))
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
        Some(Step::Gap { .. }) | None => {
            if let (State::Unknown(reason), true) = (&outcome.state, outcome.overridable) {
                value.written = Written::Unknown(reason.clone());
            }
        }
    }
    if outcome.overridable && !outcome.spoke.is_empty() {
        value.strength = Strength::Assumed;
    }
    let losers = outcome.spoke.iter().rev().skip(1).rev();
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

/// How a reason begins where naming the version would settle it.
pub const DEPENDS_ON_VERSION: &str = "it depends on the version";

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
