//! What the lines of a configuration make of each directive, as one series collects them: the last line
//! wins, lists grow, classes replace each other, and some directives decide the value of others.
//!
//! In: assignments in the order of the lines. Out: the value of a directive and who assigned it. What a
//! line means by itself is left to [`line`], the order of lines to the caller.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::value::ValueState;
use crate::facts::{Cause, Datum};
use crate::knowledge::servers::language::SaveLines;
use crate::knowledge::servers::{
    DirectiveSpec, DirectiveStatus, DirectiveType, RepeatRule, ServerSeries, SpecialParser,
};
use crate::resolve::line::{self, DirectiveReading, LineProblem};

/// What one directive has come to in one series.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct DirectiveState {
    pub(super) state: ValueState,
    /// The lines that assigned it, the winner last; empty for a default.
    pub(super) assigned_by: Vec<usize>,
    /// How many of them, from the last, the value is made of; those before them are replaced.
    pub(super) parts: usize,
    /// A gap stands after the winner.
    pub(super) overridable: bool,
}

impl DirectiveState {
    const fn from_state(state: ValueState) -> Self {
        Self {
            state,
            assigned_by: Vec::new(),
            parts: 0,
            overridable: false,
        }
    }

    /// A directive that no line decides: its default, or unknown where something that cannot be seen
    /// may set it.
    pub(super) fn unset(directive: &DirectiveSpec, gap: Option<&Cause>) -> Self {
        let state = match (gap, line::default_of(directive)) {
            (Some(reason), _) => ValueState::Unknown(reason.clone()),
            (None, Some(datum)) => ValueState::Default(datum),
            (None, None) => ValueState::Absent,
        };
        Self {
            overridable: gap.is_some(),
            ..Self::from_state(state)
        }
    }
}

/// The values that one series has collected from the lines that it has read so far.
pub struct ConfigValues<'s> {
    series: &'s ServerSeries,
    assigned: BTreeMap<String, DirectiveState>,
    /// The texts that are being read, each within the one before it.
    texts: Vec<TextProgress>,
    /// Why something that cannot be seen may have set anything.
    gap: Option<Cause>,
}

/// How far a text is read.
#[derive(Default)]
struct TextProgress {
    /// It has included another text.
    behind_include: bool,
    /// It has had a line with save points.
    has_saved: bool,
}

impl<'s> ConfigValues<'s> {
    pub fn new(series: &'s ServerSeries) -> Self {
        Self {
            series,
            assigned: BTreeMap::new(),
            texts: vec![TextProgress::default()],
            gap: None,
        }
    }

    /// An included text begins.
    pub fn open(&mut self) {
        self.texts.push(TextProgress::default());
    }

    /// It ends.
    pub fn close(&mut self) {
        self.texts.pop();
        if let Some(outer) = self.texts.last_mut() {
            outer.behind_include = true;
        }
    }

    /// Whether a line drops what earlier lines collected because of where it stands.
    fn drops(&mut self, directive: &DirectiveSpec) -> bool {
        let Some(text) = self.texts.last_mut() else {
            return false;
        };
        if directive.form != Some(SpecialParser::SavePoints) {
            return false;
        }
        let first = !std::mem::replace(&mut text.has_saved, true);
        match self.series.language.save_lines {
            SaveLines::Add => false,
            SaveLines::FirstOfFileDrops => first,
            SaveLines::DropBehindInclude => text.behind_include,
        }
    }

    /// Something stands here that cannot be seen and may set anything; what was assigned before it and
    /// `is_replaced` is not known any more.
    pub(super) fn pass_gap(
        &mut self,
        reason: &Cause,
        is_replaced: impl Fn(&DirectiveState) -> bool,
    ) {
        self.gap = Some(reason.clone());
        for directive in self.assigned.values_mut() {
            directive.overridable = true;
            if is_replaced(directive) {
                directive.state = ValueState::Unknown(reason.clone());
            }
        }
    }

    /// Takes in what a line assigns to a directive; `at` is how the caller names the line.
    pub fn assign(&mut self, name: &str, assignment: Assignment, at: usize) {
        let Some(directive) = self.series.directive(name).filter(|d| has_effect(d)) else {
            return;
        };
        let Assignment { state, clears } = assignment;
        let drops = self.drops(directive) || clears;
        let Some(known) = self.assigned.get_mut(&directive.name) else {
            let first = DirectiveState {
                state: first_state(directive, state),
                assigned_by: vec![at],
                parts: 1,
                overridable: false,
            };
            self.assigned.insert(directive.name.clone(), first);
            return;
        };
        known.assigned_by.push(at);
        known.overridable = false;
        match directive.repeat {
            RepeatRule::Accumulates if !drops => accumulate(&mut known.state, state),
            RepeatRule::AccumulatesPerClass if !drops => {
                replace_classes(directive, &mut known.state, state);
            }
            _ => {
                known.state = state;
                known.parts = 0;
            }
        }
        known.parts += 1;
    }

    /// What a directive has come to so far, its default where no line has assigned it.
    pub(super) fn state_of(&self, directive: &DirectiveSpec) -> DirectiveState {
        if let Some(state) = self.find_forced(directive) {
            return DirectiveState::from_state(state);
        }
        if let Some(known) = self.assigned.get(&directive.name) {
            return known.clone();
        }
        DirectiveState::unset(directive, self.gap.as_ref())
    }

    /// The value as `CONFIG GET` shows it; nothing where it is not known.
    pub fn config_get(&self, directive: &DirectiveSpec) -> Option<String> {
        let format = |datum| line::format_config_get(directive, datum);
        match self.state_of(directive).state {
            ValueState::Set(datum) | ValueState::Default(datum) => Some(format(Some(&datum))),
            ValueState::Absent => Some(format(None)),
            ValueState::Unknown(_) => None,
        }
    }

    /// The directives that a line decides, by canonical name: what lines assign, and what another
    /// directive forces. Every other one is [`unset`](Self::unset).
    pub(super) fn list_decided(&self) -> BTreeMap<String, DirectiveState> {
        let assigned = self.assigned.keys();
        let forced = self.series.language.forced.iter().map(|f| &f.directive);
        let names: BTreeSet<&String> = assigned.chain(forced).collect();
        let directives = names.into_iter().filter_map(|n| self.series.directive(n));
        let decided = directives
            .filter(|d| self.assigned.contains_key(&d.name) || self.find_forced(d).is_some());
        decided
            .map(|directive| (directive.name.clone(), self.state_of(directive)))
            .collect()
    }

    /// Why a directive without a line may be set all the same.
    pub(super) const fn gap(&self) -> Option<&Cause> {
        self.gap.as_ref()
    }

    /// What another directive makes of this one, whatever is written.
    fn find_forced(&self, directive: &DirectiveSpec) -> Option<ValueState> {
        let forced = &self.series.language.forced;
        let forced = forced.iter().find(|f| f.directive == directive.name)?;
        let with = self.series.directive(&forced.with)?;
        match &self.assigned.get(&with.name)?.state {
            ValueState::Set(datum) if datum.as_text() == Some(&forced.is) => {
                Some(ValueState::Default(Datum::Int(forced.to.as_i64()?)))
            }
            ValueState::Unknown(reason) => Some(ValueState::Unknown(reason.clone())),
            _ => None,
        }
    }
}

/// What a line assigns to its directive.
pub struct Assignment {
    pub state: ValueState,
    /// What earlier lines assigned is dropped.
    pub clears: bool,
}

impl From<&DirectiveReading> for Assignment {
    fn from(reading: &DirectiveReading) -> Self {
        let state = match (&reading.datum, reading.problem) {
            (Some(datum), _) => ValueState::Set(datum.clone()),
            (None, LineProblem::IneffectiveDirective) => ValueState::Absent,
            (None, _) => ValueState::Unknown(Cause::Server("the server refuses the line")),
        };
        Self {
            state,
            clears: reading.clears,
        }
    }
}

impl From<Cause> for Assignment {
    fn from(reason: Cause) -> Self {
        Self {
            state: ValueState::Unknown(reason),
            clears: false,
        }
    }
}

/// Directives that only do something when they are read have no effective value.
pub fn has_effect(directive: &DirectiveSpec) -> bool {
    let acts = matches!(
        directive.form,
        Some(
            SpecialParser::Include
                | SpecialParser::Rename
                | SpecialParser::Foreign
                | SpecialParser::AclUser
        )
    );
    directive.status == DirectiveStatus::Active
        && directive.kind != DirectiveType::ModuleConfig
        && !acts
}

/// Lists grow.
fn accumulate(state: &mut ValueState, now: ValueState) {
    match (state, now) {
        (ValueState::Set(Datum::List(before)), ValueState::Set(Datum::List(now))) => {
            before.extend(now);
        }
        (ValueState::Unknown(_), ValueState::Set(Datum::List(_))) => {}
        (state, now) => *state = now,
    }
}

/// What the first line about a directive makes of it: where every class has a value of its own, the
/// classes that the line does not name keep their default.
fn first_state(directive: &DirectiveSpec, now: ValueState) -> ValueState {
    if directive.repeat != RepeatRule::AccumulatesPerClass {
        return now;
    }
    let defaults = match line::default_of(directive) {
        Some(Datum::List(groups)) => groups,
        _ => Vec::new(),
    };
    let mut state = ValueState::Set(Datum::List(defaults));
    replace_classes(directive, &mut state, now);
    state
}

/// Groups replace the group of the same class, the defaults' too.
fn replace_classes(directive: &DirectiveSpec, state: &mut ValueState, now: ValueState) {
    let class = |group: &Datum| {
        group
            .as_text()
            .and_then(|text| text.split(' ').next())
            .map(|name| line::canonical_class(directive, name).to_ascii_lowercase())
    };
    match (state, now) {
        (ValueState::Set(Datum::List(groups)), ValueState::Set(Datum::List(now))) => {
            for group in now {
                groups.retain(|old| class(old) != class(&group));
                groups.push(group);
            }
        }
        (ValueState::Unknown(_), ValueState::Set(Datum::List(_))) => {}
        (state, now) => *state = now,
    }
}
