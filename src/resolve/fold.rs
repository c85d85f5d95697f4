//! What a series collects from the lines that it reads: the last one wins, lists grow, classes replace
//! each other, and some directives decide the value of others.
//!
//! A line's own meaning is [`line`]'s business, the order of the lines [`conf`](super::conf)'s.

use std::collections::BTreeMap;

use crate::facts::value::State;
use crate::facts::{Cause, Datum};
use crate::knowledge::servers::language::SaveLines;
use crate::knowledge::servers::{Directive, Form, Kind, Repeat, Series, Status};
use crate::resolve::line::{self, Problem, Reading};

/// The outcome for one directive in one series.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Outcome {
    pub(super) state: State,
    /// The steps that spoke, the winner last; empty for a default.
    pub(super) spoke: Vec<usize>,
    /// How many of them, from the last, the value is made of; those before them are replaced.
    pub(super) parts: usize,
    /// A gap stands after the winner.
    pub(super) overridable: bool,
}

/// What one series has collected from the lines that it has read so far.
pub struct Fold<'s> {
    pub(super) series: &'s Series,
    pub(super) spoken: BTreeMap<String, Outcome>,
    /// The texts that are being read, each within the one before it.
    texts: Vec<Progress>,
}

/// How far a text is read.
#[derive(Default)]
struct Progress {
    /// It has included another text.
    behind_include: bool,
    /// It has had a line with save points.
    has_saved: bool,
}

impl<'s> Fold<'s> {
    pub fn new(series: &'s Series) -> Self {
        Self {
            series,
            spoken: BTreeMap::new(),
            texts: vec![Progress::default()],
        }
    }

    /// An included text begins.
    pub fn open(&mut self) {
        self.texts.push(Progress::default());
    }

    /// It ends.
    pub fn close(&mut self) {
        self.texts.pop();
        if let Some(outer) = self.texts.last_mut() {
            outer.behind_include = true;
        }
    }

    /// Whether a line drops what earlier lines collected because of where it stands.
    fn drops(&mut self, directive: &Directive) -> bool {
        let Some(text) = self.texts.last_mut() else {
            return false;
        };
        if directive.form != Some(Form::SavePoints) {
            return false;
        }
        let first = !std::mem::replace(&mut text.has_saved, true);
        match self.series.language.save_lines {
            SaveLines::Add => false,
            SaveLines::FirstOfFileDrops => first,
            SaveLines::DropBehindInclude => text.behind_include,
        }
    }

    /// Takes in what a line says of a directive; `at` is the line's own number among all.
    pub fn take(&mut self, name: &str, said: Said, at: usize) {
        let Some(directive) = self.series.directive(name).filter(|d| has_effect(d)) else {
            return;
        };
        let drops = self.drops(directive) || said.clears;
        let Some(outcome) = self.spoken.get_mut(&directive.name) else {
            let outcome = Outcome {
                state: first_said(directive, said.state),
                spoke: vec![at],
                parts: 1,
                overridable: false,
            };
            self.spoken.insert(directive.name.clone(), outcome);
            return;
        };
        outcome.spoke.push(at);
        let adds = matches!(
            directive.repeat,
            Repeat::Accumulates | Repeat::AccumulatesPerClass
        );
        outcome.parts = if adds && !drops { outcome.parts + 1 } else { 1 };
        outcome.overridable = false;
        match directive.repeat {
            _ if drops => outcome.state = said.state,
            Repeat::Accumulates => accumulate(&mut outcome.state, said.state),
            Repeat::AccumulatesPerClass => {
                replace_classes(directive, &mut outcome.state, said.state);
            }
            Repeat::LastWins | Repeat::EachExecuted => outcome.state = said.state,
        }
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
        match self.forced(directive) {
            Some(State::Set(datum)) => return Some(datum),
            Some(_) => return None,
            None => {}
        }
        match self.spoken.get(&directive.name).map(|o| &o.state) {
            None => line::default_of(directive),
            Some(State::Set(datum) | State::Default(datum)) => Some(datum.clone()),
            Some(State::Absent | State::Unknown(_)) => None,
        }
    }
}

impl Fold<'_> {
    /// Puts what other directives decide in the place of what was written.
    pub(super) fn force(&mut self) {
        for directive in self.series.directives() {
            let Some(state) = self.forced(directive) else {
                continue;
            };
            let state = match state {
                State::Set(datum) => State::Default(datum),
                other => other,
            };
            let outcome = Outcome {
                state,
                spoke: Vec::new(),
                parts: 0,
                overridable: false,
            };
            self.spoken.insert(directive.name.clone(), outcome);
        }
    }

    /// What another directive makes of this one, whatever is written.
    fn forced(&self, directive: &Directive) -> Option<State> {
        let forced = &self.series.language.forced;
        let forced = forced.iter().find(|f| f.directive == directive.name)?;
        match self.state(&forced.with)? {
            State::Set(datum) if datum.as_text() == Some(&forced.is) => {
                Some(State::Set(Datum::Int(forced.to.as_i64()?)))
            }
            State::Unknown(reason) => Some(State::Unknown(reason.clone())),
            _ => None,
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
            (None, _) => State::Unknown(Cause::Server("the server refuses the line")),
        };
        Self {
            state,
            clears: reading.clears,
        }
    }
}

impl From<Cause> for Said {
    fn from(reason: Cause) -> Self {
        Self {
            state: State::Unknown(reason),
            clears: false,
        }
    }
}

/// Directives that only do something when they are read have no effective value.
pub fn has_effect(directive: &Directive) -> bool {
    let acts = matches!(
        directive.form,
        Some(Form::Include | Form::Rename | Form::Foreign | Form::AclUser)
    );
    directive.status == Status::Active && directive.kind != Kind::ModuleConfig && !acts
}

/// Lists grow.
fn accumulate(state: &mut State, now: State) {
    match (state, now) {
        (State::Set(Datum::List(before)), State::Set(Datum::List(now))) => before.extend(now),
        (State::Unknown(_), State::Set(Datum::List(_))) => {}
        (state, now) => *state = now,
    }
}

/// What the first line about a directive makes of it: where every class has a value of its own, the
/// classes that the line does not name keep their default.
fn first_said(directive: &Directive, now: State) -> State {
    if directive.repeat != Repeat::AccumulatesPerClass {
        return now;
    }
    let defaults = match line::default_of(directive) {
        Some(Datum::List(groups)) => groups,
        _ => Vec::new(),
    };
    let mut state = State::Set(Datum::List(defaults));
    replace_classes(directive, &mut state, now);
    state
}

/// Groups replace the group of the same class, the defaults' too.
fn replace_classes(directive: &Directive, state: &mut State, now: State) {
    let class = |group: &Datum| {
        group
            .as_text()
            .and_then(|text| text.split(' ').next())
            .map(|name| line::canonical_class(directive, name).to_ascii_lowercase())
    };
    match (state, now) {
        (State::Set(Datum::List(groups)), State::Set(Datum::List(now))) => {
            for group in now {
                groups.retain(|old| class(old) != class(&group));
                groups.push(group);
            }
        }
        (State::Unknown(_), State::Set(Datum::List(_))) => {}
        (state, now) => *state = now,
    }
}
