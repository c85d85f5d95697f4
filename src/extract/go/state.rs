//! What is known at one point of a function: variables in their scopes, and the options objects
//! that they refer to. States fork at a branch and join after it.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use tree_sitter::Node;

use crate::extract::code::fold;
use crate::extract::go::package::Library;
use crate::facts::cause::Cause;
use crate::facts::raw::{Folded, OptionWrite};
use crate::facts::slot::Slot;
use crate::source::Span;

pub(super) type ObjectId = u32;

/// What an expression or a variable holds.
#[derive(Clone, Debug)]
pub(super) enum Val<'t> {
    Plain(Folded),
    /// Options, or a pointer to them.
    Options(ObjectId),
    /// The errors of these option sources, whichever of them ran.
    Error(Vec<usize>),
    /// The results of a call that has several.
    Several(Vec<Val<'t>>),
    /// A function literal, and the file that it stands in.
    Closure(Node<'t>, usize),
}

impl Val<'_> {
    pub(super) fn unknown(kind: &'static str) -> Self {
        Self::Plain(fold::unknown(kind))
    }

    /// The value as far as it is a plain one.
    pub(super) fn folded(self, otherwise: Cause) -> Folded {
        match self {
            Self::Plain(folded) => folded,
            _ => Folded::Unknown(otherwise),
        }
    }
}

/// Options that come from a call: what the raw fact will hold, but for the error's fate.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Source {
    pub(super) call: String,
    pub(super) url: Folded,
    pub(super) url_name: Option<String>,
    pub(super) url_span: Span,
    pub(super) span: Span,
    pub(super) fallible: bool,
    pub(super) error: Option<usize>,
}

/// An options value under construction.
#[derive(Clone, Debug)]
pub(super) struct Object<'m> {
    pub(super) library: Rc<Library<'m>>,
    pub(super) option_type: String,
    pub(super) writes: Vec<OptionWrite>,
    pub(super) source: Option<Source>,
    pub(super) rest_unknown: Option<Cause>,
    /// What is not known of the options that its connections bring along.
    pub(super) carried_unknown: Option<Cause>,
    /// Where those stand.
    pub(super) carried_anchor: Option<Span>,
    /// The objects that this one stands for, where it is one of several.
    pub(super) origins: Vec<ObjectId>,
    /// The literal is a client by itself: who holds it uses it, and does not change it.
    pub(super) built: bool,
    /// The literal, where there is one.
    pub(super) literal: Option<Span>,
    pub(super) insert: Slot,
    /// The block in which statements may be added, and the variable's name there.
    pub(super) home: Option<(u32, String)>,
}

impl<'m> Object<'m> {
    /// An options value with nothing written.
    pub(super) fn new(library: Rc<Library<'m>>, option_type: String) -> Self {
        Self {
            library,
            option_type,
            writes: Vec::new(),
            source: None,
            rest_unknown: None,
            carried_unknown: None,
            carried_anchor: None,
            origins: Vec::new(),
            built: false,
            literal: None,
            insert: Slot::None,
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
    pub(super) fn lose(&mut self, reason: &Cause) {
        for write in &mut self.writes {
            write.value = Folded::Unknown(reason.clone());
        }
        self.rest_unknown = Some(reason.clone());
        self.insert = Slot::None;
        self.home = None;
    }

    pub(super) fn write(&mut self, write: OptionWrite) {
        self.writes.retain(|old| old.ident != write.ident);
        self.writes.push(write);
    }

    pub(super) fn join(mut self, other: Self, sides: &Sides<'_>) -> Self {
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
        self.carried_unknown = self.carried_unknown.or(other.carried_unknown);
        if self.carried_anchor != other.carried_anchor {
            self.carried_anchor = None;
        }
        if self.literal != other.literal {
            self.literal = None;
        }
        if self.insert != other.insert {
            self.insert = Slot::None;
        }
        self
    }
}

/// What the code calls a value that is not known.
pub(super) fn name_of(value: &Folded) -> Option<String> {
    let cause = match value {
        Folded::Unknown(Cause::Branches) => return None,
        Folded::Unknown(cause) => cause,
        Folded::Fallback(fallback) => &fallback.source,
        _ => return None,
    };
    Some(cause.source_name())
}

fn join_writes(
    a: Vec<OptionWrite>,
    mut b: Vec<OptionWrite>,
    sides: &Sides<'_>,
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
                        .unwrap_or_else(|| Folded::Unknown(Cause::Branches));
                    write.slot = Slot::None;
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

pub(super) type Heap<'m> = BTreeMap<ObjectId, Object<'m>>;

/// Variables by name.
pub(super) type Scope<'t> = BTreeMap<String, Val<'t>>;

#[derive(Clone, Debug, Default)]
pub(super) struct State<'t, 'm> {
    pub(super) scopes: Vec<Scope<'t>>,
    pub(super) heap: Heap<'m>,
    /// Control has left: a return, a panic.
    pub(super) dead: bool,
    /// What environment variables must be, that control comes here.
    pub(super) needs: BTreeSet<Need>,
}

/// Something without which control does not come to a place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Need {
    /// The variable is set.
    Set(String),
    /// Its text is what the code wants to read.
    Readable(String),
    /// The figure that is read from it passes a test, which other figures than none may fail too.
    Figure(String),
}

impl Need {
    fn variable(&self) -> &str {
        match self {
            Self::Set(name) | Self::Readable(name) | Self::Figure(name) => name,
        }
    }
}

pub(super) type Needs = BTreeSet<Need>;

/// What two branches need that join: variables that the one needs and the other does not.
#[derive(Default)]
pub(super) struct Sides<'n> {
    left: Vec<&'n Need>,
    right: Vec<&'n Need>,
}

impl<'n> Sides<'n> {
    pub(super) fn of(left: &'n Needs, right: &'n Needs) -> Self {
        Self {
            left: left.difference(right).collect(),
            right: right.difference(left).collect(),
        }
    }

    /// The value of which a variable's absence gives the other.
    fn fallback(&self, a: &Folded, b: &Folded) -> Option<Folded> {
        let joined = |need: &Need, set: &Folded, unset: &Folded| {
            let joined = fold::branched(need.variable(), set, unset)?;
            Some(match need {
                Need::Figure(_) => fold::replaced(joined),
                Need::Set(_) | Need::Readable(_) => joined,
            })
        };
        let left = self.left.iter().find_map(|need| joined(need, a, b));
        left.or_else(|| self.right.iter().find_map(|need| joined(need, b, a)))
    }
}

impl<'t, 'm> State<'t, 'm> {
    pub(super) fn get(&self, name: &str) -> Option<&Val<'t>> {
        self.scopes.iter().rev().find_map(|scope| scope.get(name))
    }

    pub(super) fn define(&mut self, name: &str, value: Val<'t>) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(name.to_owned(), value);
        }
    }

    /// Sets a variable that exists; says whether it does.
    pub(super) fn set(&mut self, name: &str, value: Val<'t>) -> bool {
        let scope = self.scopes.iter_mut().rev().find(|s| s.contains_key(name));
        let Some(scope) = scope else { return false };
        scope.insert(name.to_owned(), value);
        true
    }

    /// The state after a branch that may have gone either way.
    pub(super) fn join(self, other: Self, fresh: &mut ObjectId) -> Self {
        match (self.dead, other.dead) {
            (true, _) => return other,
            (_, true) => return self,
            _ => {}
        }
        let sides = Sides::of(&self.needs, &other.needs);
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
pub(super) fn join_heaps<'m>(mut a: Heap<'m>, b: Heap<'m>, sides: &Sides<'_>) -> Heap<'m> {
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
    a: Val<'t>,
    b: Val<'t>,
    (heap, sides): (&mut Heap<'m>, &Sides<'_>),
    fresh: &mut ObjectId,
) -> Val<'t> {
    match (a, b) {
        (Val::Plain(a), Val::Plain(b)) => Val::Plain(join_folded(a, b, sides)),
        (Val::Options(a), Val::Options(b)) if a == b => Val::Options(a),
        (Val::Options(a), Val::Options(b)) => match (heap.get(&a), heap.get(&b)) {
            (Some(first), Some(second)) => {
                let mut joined = first.clone().join(second.clone(), sides);
                joined.origins = vec![a, b];
                joined.origins.extend(&first.origins);
                joined.origins.extend(&second.origins);
                joined.built = false;
                *fresh += 1;
                heap.insert(*fresh, joined);
                Val::Options(*fresh)
            }
            _ => Val::Plain(Folded::Unknown(Cause::Branches)),
        },
        // A variable that is nil before one branch gives it options.
        (Val::Options(id), Val::Plain(Folded::Nil))
        | (Val::Plain(Folded::Nil), Val::Options(id)) => Val::Options(id),
        (Val::Error(mut a), Val::Error(b)) => {
            a.extend(
                b.into_iter()
                    .filter(|id| !a.contains(id))
                    .collect::<Vec<_>>(),
            );
            Val::Error(a)
        }
        (Val::Error(ids), _) | (_, Val::Error(ids)) => Val::Error(ids),
        (Val::Several(a), Val::Several(b)) if a.len() == b.len() => {
            let pairs = a.into_iter().zip(b);
            let joined = pairs.map(|(a, b)| join_values(a, b, (&mut *heap, sides), fresh));
            Val::Several(joined.collect())
        }
        (Val::Closure(a, file), Val::Closure(b, _)) if a == b => Val::Closure(a, file),
        _ => Val::Plain(Folded::Unknown(Cause::Branches)),
    }
}

fn join_folded(a: Folded, b: Folded, sides: &Sides<'_>) -> Folded {
    if a == b {
        return a;
    }
    if let Some(joined) = sides.fallback(&a, &b) {
        return joined;
    }
    match (a, b) {
        // Another branch gives another value: it is not the variable's own any more.
        (Folded::Unknown(reason), _) | (_, Folded::Unknown(reason)) => fold::made_from(reason),
        (Folded::Fallback(fallback), _) | (_, Folded::Fallback(fallback)) => {
            fold::made_from(fallback.source)
        }
        // Two known values that differ: either may hold, and neither is made of the other.
        _ => Folded::Unknown(Cause::Branches),
    }
}
