//! What an expression is evaluated in: one subject of an estate, with the facts, relations and
//! parameters that it can reach.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::facts::estate::{Estate, Subject, SubjectKind};
use crate::facts::value::{Datum, State, Strength, Value};
use crate::policy::names::{FactReference, Root, SubjectPath};
use crate::policy::outcome::{Known, Missing, Outcome, Val};
use crate::policy::typed::Expr;

/// The parameters as they hold for one subject.
pub(super) type Params = BTreeMap<String, Datum>;

/// One subject in its estate, with the parameters that hold for it.
pub(super) struct Scope<'a> {
    pub(super) estate: &'a Estate,
    pub(super) subject: &'a Subject,
    pub(super) params: &'a Params,
    pub(super) lets: &'a [Expr],
    /// Each `let` is evaluated at most once for a subject, which bounds the work.
    cache: RefCell<Vec<Option<Outcome>>>,
}

impl<'a> Scope<'a> {
    pub(super) fn new(
        estate: &'a Estate,
        subject: &'a Subject,
        params: &'a Params,
        lets: &'a [Expr],
    ) -> Self {
        Self {
            estate,
            subject,
            params,
            lets,
            cache: RefCell::new(vec![None; lets.len()]),
        }
    }

    /// The result of a `let`.
    pub(super) fn named(&self, index: usize) -> Outcome {
        if let Some(Some(known)) = self.cache.borrow().get(index) {
            return known.clone();
        }
        let Some(expr) = self.lets.get(index) else {
            return Err(Missing::absent());
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
        vars: &[Val],
    ) -> Option<(&'a Subject, Strength)> {
        let (mut subject, mut strength) = self.root(path.root, vars)?;
        for _ in 0..path.hops {
            let related = subject.server.as_ref()?;
            subject = self.estate.servers.get(related.index)?;
            strength = strength.min(related.strength);
        }
        Some((subject, strength))
    }

    fn root(&self, root: Root, vars: &[Val]) -> Option<(&'a Subject, Strength)> {
        match root {
            Root::Subject => Some((self.subject, Strength::Certain)),
            Root::Variable(depth) => match vars.get(depth)? {
                Val::Subject(kind, index, strength) => {
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
        vars: &[Val],
    ) -> Option<(Option<&'a Value>, Strength)> {
        let (subject, strength) = self.subject_at(&fact.subject, vars)?;
        Some((subject.facts.get(&fact.fact), strength))
    }

    /// A fact as an operand.
    pub(super) fn fact(&self, fact: &FactReference, vars: &[Val]) -> Outcome {
        let Some((Some(value), strength)) = self.value(fact, vars) else {
            return Err(Missing::absent());
        };
        match &value.state {
            State::Set(datum) | State::Default(datum) => Ok(Known {
                val: Val::of(datum),
                strength: value.strength.min(strength),
                secret: value.secret,
            }),
            State::Absent => Err(Missing::absent()),
            State::Unknown(reason) => Err(Missing::because(name_of(fact, value), reason)),
        }
    }

    /// The subjects related to one.
    pub(super) fn related(
        &self,
        path: &SubjectPath,
        kind: SubjectKind,
        vars: &[Val],
    ) -> Result<Known, Missing> {
        let Some((subject, strength)) = self.subject_at(path, vars) else {
            return Err(Missing::absent());
        };
        let items = subject
            .clients
            .iter()
            .map(|c| Val::Subject(kind, c.index, c.strength.min(strength)))
            .collect();
        Ok(Known::certain(Val::List(items)))
    }
}

/// What a fact is called in front of the cause for which it is not known.
pub(super) fn name_of<'n>(fact: &'n FactReference, value: &'n Value) -> &'n str {
    value.own_name.as_deref().unwrap_or_else(|| fact.shown())
}
