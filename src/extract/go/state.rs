//! What is known at one point of a function: variables in their scopes, and the options objects
//! that they refer to. States fork at a branch and join after it.

use std::collections::BTreeMap;
use std::rc::Rc;

use tree_sitter::Node;

use crate::extract::code::fold;
use crate::extract::code::precondition::{BranchDifference, Preconditions};
use crate::extract::go::package::ImportedLibrary;
use crate::facts::cause::Cause;
use crate::facts::edit_target::EditTarget;
use crate::facts::raw::{ConstValue, OptionWrite};
use crate::source::Span;

pub(super) type GoObjectId = u32;

/// What an expression or a variable holds.
#[derive(Clone, Debug)]
pub(super) enum GoExprValue<'t> {
    Plain(ConstValue),
    /// Options, or a pointer to them.
    Options(GoObjectId),
    /// The errors of these option sources, whichever of them ran.
    Error(Vec<usize>),
    /// The results of a call that has several.
    Several(Vec<GoExprValue<'t>>),
    /// A struct of the package, by those of its fields that were written.
    Record(Rc<BTreeMap<String, GoExprValue<'t>>>),
    /// A function literal, and the file that it stands in.
    Closure(Node<'t>, usize),
}

impl GoExprValue<'_> {
    pub(super) fn unknown(kind: &'static str) -> Self {
        Self::Plain(fold::unknown(kind))
    }

    /// The value as far as it is a plain one.
    pub(super) fn folded(self, otherwise: Cause) -> ConstValue {
        match self {
            Self::Plain(folded) => folded,
            _ => ConstValue::Unknown(otherwise),
        }
    }
}

/// Options that come from a call: what the raw fact will hold, but for the error's fate.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct GoOptionSource {
    pub(super) call: String,
    pub(super) url: ConstValue,
    pub(super) url_name: Option<String>,
    pub(super) url_span: Span,
    pub(super) span: Span,
    pub(super) fallible: bool,
    pub(super) error: Option<usize>,
}

/// An options value under construction.
#[derive(Clone, Debug)]
pub(super) struct GoOptionsObject<'m> {
    pub(super) library: Rc<ImportedLibrary<'m>>,
    pub(super) option_type: String,
    pub(super) writes: Vec<OptionWrite>,
    pub(super) source: Option<GoOptionSource>,
    pub(super) rest_unknown: Option<Cause>,
    /// What is not known of the options of its connections.
    pub(super) carried_unknown: Option<Cause>,
    /// Where those stand.
    pub(super) carried_anchor: Option<Span>,
    /// The objects that this one stands for, where it is one of several.
    pub(super) origins: Vec<GoObjectId>,
    /// A parameter that was given a value: what is not written is what the caller gave.
    pub(super) is_parameter: bool,
    /// What is not known of the options of each node.
    pub(super) nodes_unknown: Option<Cause>,
    /// The literal is a client by itself: who holds it uses it, and does not change it.
    pub(super) built: bool,
    /// The literal, where there is one.
    pub(super) literal: Option<Span>,
    pub(super) insert: EditTarget,
    /// The block in which statements may be added, and the variable's name there.
    pub(super) home: Option<(u32, String)>,
}

impl<'m> GoOptionsObject<'m> {
    /// An options value with nothing written.
    pub(super) fn new(library: Rc<ImportedLibrary<'m>>, option_type: String) -> Self {
        Self {
            library,
            option_type,
            writes: Vec::new(),
            source: None,
            rest_unknown: None,
            carried_unknown: None,
            carried_anchor: None,
            origins: Vec::new(),
            is_parameter: false,
            nodes_unknown: None,
            built: false,
            literal: None,
            insert: EditTarget::None,
            home: None,
        }
    }

    /// Takes over what another value sets, as a later one.
    pub(super) fn take(&mut self, other: Self) {
        other.writes.into_iter().for_each(|write| self.write(write));
        self.source = other.source.or(self.source.take());
        self.rest_unknown = other.rest_unknown.or(self.rest_unknown.take());
    }

    /// Somebody else holds it now: what was written may have been changed.
    pub(super) fn invalidate(&mut self, reason: &Cause) {
        for write in &mut self.writes {
            write.value = ConstValue::Unknown(reason.clone());
        }
        self.rest_unknown = Some(reason.clone());
        self.is_parameter = false;
        self.insert = EditTarget::None;
        self.home = None;
    }

    pub(super) fn write(&mut self, write: OptionWrite) {
        self.writes.retain(|old| old.ident != write.ident);
        self.writes.push(write);
    }

    pub(super) fn join(mut self, other: Self, sides: &BranchDifference<'_>) -> Self {
        self.writes = join_writes(self.writes, other.writes, sides);
        self.source = match (self.source, other.source) {
            (Some(mut a), Some(b)) => {
                if a.url != b.url {
                    a.url = join_folded(a.url, b.url, sides);
                    a.url_name = name_of(&a.url);
                }
                Some(a)
            }
            (a, b) => a.or(b),
        };
        self.rest_unknown = self.rest_unknown.or(other.rest_unknown);
        self.is_parameter &= other.is_parameter;
        self.nodes_unknown = self.nodes_unknown.or(other.nodes_unknown);
        self.carried_unknown = self.carried_unknown.or(other.carried_unknown);
        if self.carried_anchor != other.carried_anchor {
            self.carried_anchor = None;
        }
        if self.literal != other.literal {
            self.literal = None;
        }
        if self.insert != other.insert {
            self.insert = EditTarget::None;
        }
        self
    }
}

/// What the code calls a value that is not known.
pub(super) fn name_of(value: &ConstValue) -> Option<String> {
    let cause = match value {
        ConstValue::Unknown(Cause::Branches) => return None,
        ConstValue::Unknown(cause) => cause,
        ConstValue::Fallback(fallback) => &fallback.source,
        _ => return None,
    };
    Some(cause.source_name())
}

fn join_writes(
    a: Vec<OptionWrite>,
    mut b: Vec<OptionWrite>,
    sides: &BranchDifference<'_>,
) -> Vec<OptionWrite> {
    let mut joined = Vec::new();
    for mut write in a {
        match b.iter().position(|w| w.ident == write.ident) {
            Some(at) => {
                let other = b.remove(at);
                write.conditional |= other.conditional;
                if write.value != other.value {
                    write.value = sides
                        .fallback(&write.value, &other.value)
                        .unwrap_or(ConstValue::Unknown(Cause::Branches));
                    write.slot = EditTarget::None;
                }
            }
            None => write.conditional = true,
        }
        joined.push(write);
    }
    joined.extend(b.into_iter().map(|write| OptionWrite {
        conditional: true,
        ..write
    }));
    joined
}

pub(super) type GoHeap<'m> = BTreeMap<GoObjectId, GoOptionsObject<'m>>;

/// Variables by name.
pub(super) type GoScope<'t> = BTreeMap<String, GoExprValue<'t>>;

#[derive(Clone, Debug, Default)]
pub(super) struct GoState<'t, 'm> {
    pub(super) scopes: Vec<GoScope<'t>>,
    pub(super) heap: GoHeap<'m>,
    /// Control has left: a return, a panic.
    pub(super) dead: bool,
    /// What environment variables must be, that control comes here.
    pub(super) needs: Preconditions,
}

impl<'t, 'm> GoState<'t, 'm> {
    pub(super) fn get(&self, name: &str) -> Option<&GoExprValue<'t>> {
        self.scopes.iter().rev().find_map(|scope| scope.get(name))
    }

    pub(super) fn define(&mut self, name: &str, value: GoExprValue<'t>) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(name.to_owned(), value);
        }
    }

    /// Sets a variable that exists; says whether it does.
    pub(super) fn set(&mut self, name: &str, value: GoExprValue<'t>) -> bool {
        let scope = self.scopes.iter_mut().rev().find(|s| s.contains_key(name));
        let Some(scope) = scope else { return false };
        scope.insert(name.to_owned(), value);
        true
    }

    /// The state after a branch that may have gone either way.
    pub(super) fn join(self, other: Self, fresh: &mut GoObjectId) -> Self {
        match (self.dead, other.dead) {
            (true, _) => return other,
            (_, true) => return self,
            _ => {}
        }
        let sides = BranchDifference::of(&self.needs, &other.needs);
        let mut heap = join_heaps(self.heap, other.heap, &sides);
        let scopes = self.scopes.into_iter().zip(other.scopes).map(|(a, mut b)| {
            a.into_iter()
                .filter_map(|(name, value)| {
                    let joined = join_values(value, b.remove(&name)?, (&mut heap, &sides), fresh);
                    Some((name, joined))
                })
                .collect()
        });
        let scopes = scopes.collect();
        let needs = self.needs.intersection(&other.needs).cloned().collect();
        Self {
            scopes,
            dead: false,
            heap,
            needs,
        }
    }
}

/// Objects of both branches; those of one branch only are reached by no other.
pub(super) fn join_heaps<'m>(
    mut a: GoHeap<'m>,
    b: GoHeap<'m>,
    sides: &BranchDifference<'_>,
) -> GoHeap<'m> {
    for (id, object) in b {
        let joined = match a.remove(&id) {
            Some(mine) => mine.join(object, sides),
            None => object,
        };
        a.insert(id, joined);
    }
    a
}

/// The value of a variable after a branch.
pub(super) fn join_values<'t, 'm>(
    a: GoExprValue<'t>,
    b: GoExprValue<'t>,
    (heap, sides): (&mut GoHeap<'m>, &BranchDifference<'_>),
    fresh: &mut GoObjectId,
) -> GoExprValue<'t> {
    match (a, b) {
        (GoExprValue::Plain(a), GoExprValue::Plain(b)) => {
            GoExprValue::Plain(join_folded(a, b, sides))
        }
        (GoExprValue::Options(a), GoExprValue::Options(b)) if a == b => GoExprValue::Options(a),
        (GoExprValue::Options(a), GoExprValue::Options(b)) => match (heap.get(&a), heap.get(&b)) {
            (Some(first), Some(second)) => {
                let mut joined = first.clone().join(second.clone(), sides);
                joined.origins = vec![a, b];
                joined.origins.extend(&first.origins);
                joined.origins.extend(&second.origins);
                joined.built = false;
                *fresh += 1;
                heap.insert(*fresh, joined);
                GoExprValue::Options(*fresh)
            }
            _ => GoExprValue::Plain(ConstValue::Unknown(Cause::Branches)),
        },
        // A variable that is nil before one branch gives it options.
        (GoExprValue::Options(id), GoExprValue::Plain(ConstValue::Nil))
        | (GoExprValue::Plain(ConstValue::Nil), GoExprValue::Options(id)) => {
            GoExprValue::Options(id)
        }
        (GoExprValue::Error(mut a), GoExprValue::Error(b)) => {
            a.extend(
                b.into_iter()
                    .filter(|id| !a.contains(id))
                    .collect::<Vec<_>>(),
            );
            GoExprValue::Error(a)
        }
        (GoExprValue::Error(ids), _) | (_, GoExprValue::Error(ids)) => GoExprValue::Error(ids),
        (GoExprValue::Several(a), GoExprValue::Several(b)) if a.len() == b.len() => {
            let pairs = a.into_iter().zip(b);
            let joined = pairs.map(|(a, b)| join_values(a, b, (&mut *heap, sides), fresh));
            GoExprValue::Several(joined.collect())
        }
        (GoExprValue::Record(a), GoExprValue::Record(b)) if Rc::ptr_eq(&a, &b) => {
            GoExprValue::Record(a)
        }
        (GoExprValue::Closure(a, file), GoExprValue::Closure(b, _)) if a == b => {
            GoExprValue::Closure(a, file)
        }
        _ => GoExprValue::Plain(ConstValue::Unknown(Cause::Branches)),
    }
}

fn join_folded(a: ConstValue, b: ConstValue, sides: &BranchDifference<'_>) -> ConstValue {
    if a == b {
        return a;
    }
    if let Some(joined) = sides.fallback(&a, &b) {
        return joined;
    }
    match (a, b) {
        // Another branch gives another value: it is not the variable's own any more.
        (ConstValue::Unknown(reason), _) | (_, ConstValue::Unknown(reason)) => {
            fold::derive_unknown(reason)
        }
        (ConstValue::Fallback(fallback), _) | (_, ConstValue::Fallback(fallback)) => {
            fold::derive_unknown(fallback.source)
        }
        // Two known values that differ: either may hold, and neither is made of the other.
        _ => ConstValue::Unknown(Cause::Branches),
    }
}
