//! The result of an expression: a value with its certainty, or the facts that are missing.

use std::collections::BTreeSet;

use crate::facts::cause::Cause;
use crate::facts::estate::SubjectKind;
use crate::facts::quantity;
use crate::facts::value::{Datum, Strength};

/// A value in an expression. Sizes, durations and cores are numbers in their base unit.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum CelValue {
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<CelValue>),
    /// A related subject, with the strength of the relation.
    Subject(SubjectKind, usize, Strength),
}

impl CelValue {
    /// How much there is of it, in steps that copying it takes.
    pub(super) fn weight(&self) -> usize {
        match self {
            Self::Bool(_) | Self::Number(_) | Self::Subject(..) => 1,
            Self::Text(text) => 1 + text.len() / 16,
            Self::List(items) => 1 + items.iter().map(Self::weight).sum::<usize>(),
        }
    }

    pub(super) fn of(datum: &Datum) -> Self {
        if let Some(number) = datum.as_number() {
            return Self::Number(number);
        }
        match datum {
            Datum::Bool(b) => Self::Bool(*b),
            Datum::Text(text) => Self::Text(text.clone()),
            Datum::List(items) => Self::List(items.iter().map(Self::of).collect()),
            Datum::Special { raw, .. } => Self::of(raw),
            // Every other datum is a number.
            _ => Self::Text(String::new()),
        }
    }

    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Self::Number(n) => Some(*n),
            _ => None,
        }
    }

    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn truth(&self) -> Option<bool> {
        match self {
            Self::Bool(b) => Some(*b),
            _ => None,
        }
    }

    pub(super) fn size(&self) -> Option<usize> {
        match self {
            Self::Text(text) => Some(text.chars().count()),
            Self::List(items) => Some(items.len()),
            _ => None,
        }
    }

    /// As people read it.
    pub(super) fn display_text(&self) -> String {
        match self {
            Self::Bool(true) => "yes".to_owned(),
            Self::Bool(false) => "no".to_owned(),
            Self::Number(n) if n.is_infinite() => "unlimited".to_owned(),
            Self::Number(n) => quantity::show_number(*n),
            Self::Text(text) => text.clone(),
            Self::List(items) => items
                .iter()
                .map(Self::display_text)
                .collect::<Vec<_>>()
                .join(", "),
            Self::Subject(kind, ..) => kind.as_str().to_owned(),
        }
    }
}

/// A known result.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct KnownResult {
    pub(super) val: CelValue,
    pub(super) strength: Strength,
    /// Made of something that must never be shown.
    pub(super) secret: bool,
}

impl KnownResult {
    pub(super) fn certain(val: CelValue) -> Self {
        Self {
            val,
            strength: Strength::Certain,
            secret: false,
        }
    }

    /// The same value, no stronger than this.
    pub(super) fn at_most(mut self, strength: Strength) -> Self {
        self.strength = self.strength.min(strength);
        self
    }
}

/// Why there is no result: some operand is absent, or some are unknown, or both.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct MissingOperands {
    pub(super) absent: bool,
    pub(super) reasons: BTreeSet<String>,
    /// Naming the server's version would settle one of the unknown operands.
    pub(super) waits_for_version: bool,
}

impl MissingOperands {
    pub(super) fn absent() -> Self {
        Self {
            absent: true,
            ..Self::default()
        }
    }

    pub(super) fn unknown(reason: impl Into<String>) -> Self {
        Self {
            reasons: BTreeSet::from([reason.into()]),
            ..Self::default()
        }
    }

    /// An operand is unknown for this cause; `name` is what the operand is called.
    pub(super) fn because(name: &str, cause: &Cause) -> Self {
        Self {
            waits_for_version: cause.waits_for_version(),
            ..Self::unknown(format!("{name}: {cause}"))
        }
    }

    pub(super) fn and(mut self, other: Self) -> Self {
        self.absent |= other.absent;
        // Every operand that is open keeps the result open, so what would settle one is worth telling.
        self.reasons.extend(other.reasons);
        self.waits_for_version |= other.waits_for_version;
        self
    }
}

pub(super) type Evaluation = Result<KnownResult, MissingOperands>;
