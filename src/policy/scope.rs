//! The scope of an expression: one subject of an estate and the facts, relations and parameters
//! that can be reached from it.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use crate::facts::edit_target::EditTarget;
use crate::facts::estate::{Estate, Subject, SubjectKind};
use crate::facts::value::{Datum, FactValue, Strength, ValueState};
use crate::facts::work_limits::WorkLimits;
use crate::policy::names::{FactReference, PathRoot, SubjectPath};
use crate::policy::outcome::{CelValue, Evaluation, KnownResult, MissingOperands};
use crate::policy::typed::TypedExpr;
use crate::source::Span;

/// The parameters as they hold for one subject.
pub(super) type ScopedParams = BTreeMap<String, Datum>;

/// One subject in its estate, with the parameters that hold for it.
pub(super) struct SubjectScope<'a> {
    pub(super) estate: &'a Estate,
    pub(super) subject: &'a Subject,
    pub(super) params: &'a ScopedParams,
    pub(super) lets: &'a [TypedExpr],
    /// Each `let` is evaluated at most once for a subject, which bounds the work.
    cache: RefCell<Vec<Option<Evaluation>>>,
    /// What the expressions of one rule may still cost for one subject; copying a value costs its
    /// size. A rule over a thousand related subjects takes some ten thousand steps. A `let` that holds
    /// twice another, or macros in macros, would have no end otherwise.
    steps_left: Cell<usize>,
}

impl<'a> SubjectScope<'a> {
    pub(super) fn new(
        estate: &'a Estate,
        subject: &'a Subject,
        params: &'a ScopedParams,
        lets: &'a [TypedExpr],
    ) -> Self {
        Self {
            estate,
            subject,
            params,
            lets,
            cache: RefCell::new(vec![None; lets.len()]),
            steps_left: Cell::new(WorkLimits::default().expression_steps),
        }
    }

    /// The same with so many steps.
    pub(super) fn with_steps(self, steps: usize) -> Self {
        self.steps_left.set(steps);
        self
    }

    /// Takes so many steps, if they are left.
    pub(super) fn charge(&self, steps: usize) -> Result<(), MissingOperands> {
        let left = self.steps_left.get().checked_sub(steps);
        self.steps_left.set(left.unwrap_or(0));
        left.map(|_| ()).ok_or_else(|| {
            MissingOperands::unknown("the rule takes more than `expression-steps` here")
        })
    }

    /// The result of a `let`.
    pub(super) fn named_result(&self, index: usize) -> Evaluation {
        if let Some(Some(known)) = self.cache.borrow().get(index) {
            if let Ok(known) = known {
                self.charge(known.val.weight())?;
            }
            return known.clone();
        }
        let Some(expr) = self.lets.get(index) else {
            return Err(MissingOperands::absent());
        };
        let outcome = expr.eval(self, &mut Vec::new());
        if let Some(place) = self.cache.borrow_mut().get_mut(index) {
            *place = Some(outcome.clone());
        }
        outcome
    }

    /// The subject that a path leads to, and how sure the way is; absent without a relation.
    pub(super) fn subject_at(
        &self,
        path: &SubjectPath,
        vars: &[CelValue],
    ) -> Option<(&'a Subject, Strength)> {
        let (mut subject, mut strength) = self.root(path.root, vars)?;
        for _ in 0..path.hops {
            let related = subject.server.as_ref()?;
            subject = self.estate.servers.get(related.index)?;
            strength = strength.min(related.strength);
        }
        Some((subject, strength))
    }

    fn root(&self, root: PathRoot, vars: &[CelValue]) -> Option<(&'a Subject, Strength)> {
        match root {
            PathRoot::Subject => Some((self.subject, Strength::Certain)),
            PathRoot::Variable(depth) => match vars.get(depth)? {
                CelValue::Subject(kind, index, strength) => {
                    Some((self.estate.subjects(*kind).get(*index)?, *strength))
                }
                _ => None,
            },
        }
    }

    /// A fact as it is, with the strength of the way to it. `None` without a related subject.
    pub(super) fn value(
        &self,
        fact: &FactReference,
        vars: &[CelValue],
    ) -> Option<(Option<&'a FactValue>, Strength)> {
        let (subject, strength) = self.subject_at(&fact.subject, vars)?;
        Some((subject.value(&fact.fact), strength))
    }

    /// Where a finding on a fact stands: where it is written, else where it would be.
    pub(super) fn place(&self, fact: &FactReference, vars: &[CelValue]) -> Option<Span> {
        self.subject_at(&fact.subject, vars)?.0.place(&fact.fact)
    }

    /// Where and how a fact could be written; `None` for one that is absent.
    pub(super) fn edit_target(&self, fact: &FactReference) -> Option<EditTarget> {
        let (subject, _) = self.subject_at(&fact.subject, &[])?;
        subject.edit_target(&fact.fact)
    }

    /// A fact as an operand.
    pub(super) fn fact(&self, fact: &FactReference, vars: &[CelValue]) -> Evaluation {
        let Some((Some(value), strength)) = self.value(fact, vars) else {
            return Err(MissingOperands::absent());
        };
        match &value.state {
            ValueState::Set(datum) | ValueState::Default(datum) => Ok(KnownResult {
                val: CelValue::of(datum),
                strength: value.strength.min(strength),
                secret: value.secret,
            }),
            ValueState::Absent => Err(MissingOperands::absent()),
            ValueState::Unknown(reason) => {
                Err(MissingOperands::because(name_of(fact, value), reason))
            }
        }
    }

    /// The subjects related to one.
    pub(super) fn related(
        &self,
        path: &SubjectPath,
        kind: SubjectKind,
        vars: &[CelValue],
    ) -> Result<KnownResult, MissingOperands> {
        let Some((subject, strength)) = self.subject_at(path, vars) else {
            return Err(MissingOperands::absent());
        };
        let items = subject
            .clients
            .iter()
            .map(|c| CelValue::Subject(kind, c.index, c.strength.min(strength)))
            .collect();
        Ok(KnownResult::certain(CelValue::List(items)))
    }
}

/// What a fact is called in front of the cause for which it is not known.
pub(super) fn name_of<'n>(fact: &'n FactReference, value: &'n FactValue) -> &'n str {
    value
        .own_name
        .as_deref()
        .unwrap_or_else(|| fact.display_name())
}
