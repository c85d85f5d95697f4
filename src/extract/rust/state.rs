//! What is known at one point of a function: variables in their scopes, and the values of library
//! types that they hold. States fork at a branch and join after it.
//!
//! Values move or are copied in Rust, so a plain mention of a variable is a copy; only a reference
//! shares.

use std::collections::BTreeMap;
use std::rc::Rc;

use tree_sitter::Node;

use crate::extract::code::fold;
use crate::extract::rust::package::Item;
use crate::facts::cause::Cause;
use crate::facts::raw::{Folded, OptionWrite};
use crate::source::Span;

pub(super) type ObjectId = u32;

/// What an expression or a variable holds.
#[derive(Clone, Debug)]
pub(super) enum Val<'t> {
    Plain(Folded),
    /// `Some(value)`.
    Wrapped(Box<Val<'t>>),
    /// A value of a library's type.
    Object(ObjectId),
    /// A reference to one.
    Ref(ObjectId),
    Tuple(Vec<Val<'t>>),
    /// A closure, and the file that it stands in.
    Closure(Node<'t>, usize),
    /// A value of a type of the package.
    Own(Item<'t>),
    /// The same, with the fields that a literal gave it. Only what nobody can change is held so.
    Record(Item<'t>, Rc<Scope<'t>>),
    /// The default of whatever type is wanted.
    Default,
}

impl Val<'_> {
    pub(super) fn unknown(kind: &'static str) -> Self {
        Self::Plain(fold::unknown(kind))
    }

    /// The value as far as it is a plain one, and whether it is wrapped in an `Option`.
    pub(super) fn folded(self, otherwise: Cause) -> (Folded, bool) {
        match self {
            Self::Plain(Folded::Nil) => (Folded::Nil, true),
            Self::Plain(folded) => (folded, false),
            Self::Wrapped(inner) => (inner.folded(otherwise).0, true),
            _ => (Folded::Unknown(otherwise), false),
        }
    }

    /// A value that may be changed: what a literal gave it need not be so any more.
    pub(super) fn changeable(self) -> Self {
        match self {
            Self::Record(item, _) => Self::Own(item),
            Self::Wrapped(inner) => Self::Wrapped(Box::new(inner.changeable())),
            Self::Tuple(items) => Self::Tuple(items.into_iter().map(Self::changeable).collect()),
            value => value,
        }
    }

    pub(super) fn object(&self) -> Option<ObjectId> {
        match self {
            Self::Object(id) | Self::Ref(id) => Some(*id),
            Self::Wrapped(inner) => inner.object(),
            _ => None,
        }
    }
}

/// A connection URL that a value was made from.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Source {
    pub(super) call: String,
    pub(super) url: Folded,
    pub(super) url_name: Option<String>,
    pub(super) url_span: Span,
    pub(super) span: Span,
}

/// One option as written, and the type on which.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Write<'m> {
    pub(super) on: &'m str,
    pub(super) write: Rc<OptionWriteOf>,
    pub(super) conditional: bool,
}

/// What a write says whatever branch it stands in.
#[derive(Clone, Debug)]
pub(super) struct OptionWriteOf(pub(super) OptionWrite);

impl PartialEq for OptionWriteOf {
    fn eq(&self, other: &Self) -> bool {
        self.0.ident == other.0.ident
            && self.0.value == other.0.value
            && self.0.span == other.0.span
    }
}

/// A value of a library's type under construction.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Object<'m> {
    pub(super) ty: &'m str,
    pub(super) writes: Vec<Write<'m>>,
    /// Values of other types that it brings along, by the field or method they came through.
    pub(super) parts: BTreeMap<&'m str, ObjectId>,
    pub(super) source: Option<Source>,
    /// Options that are neither written here nor left to their defaults, and why.
    pub(super) rest_unknown: Option<Cause>,
    /// What the pool holds, as its type says.
    pub(super) managed: Option<&'m str>,
    /// Where it is made: the literal or the call.
    pub(super) span: Option<Span>,
}

impl<'m> Object<'m> {
    pub(super) fn new(ty: &'m str) -> Self {
        Self {
            ty,
            writes: Vec::new(),
            parts: BTreeMap::new(),
            source: None,
            rest_unknown: None,
            managed: None,
            span: None,
        }
    }

    pub(super) fn write(&mut self, on: &'m str, write: OptionWrite) {
        self.writes
            .retain(|old| old.write.0.ident != write.ident || old.on != on);
        self.writes.push(Write {
            on,
            write: Rc::new(OptionWriteOf(write)),
            conditional: false,
        });
    }

    /// Somebody else may have changed it.
    pub(super) fn lose(&mut self, reason: &Cause) {
        for write in &mut self.writes {
            let mut changed = write.write.0.clone();
            changed.value = Folded::Unknown(reason.clone());
            write.write = Rc::new(OptionWriteOf(changed));
        }
        self.rest_unknown = Some(reason.clone());
    }
}

pub(super) type Heap<'m> = BTreeMap<ObjectId, Object<'m>>;
pub(super) type Scope<'t> = BTreeMap<&'t str, Val<'t>>;

#[derive(Clone, Debug, Default)]
pub(super) struct State<'t, 'm> {
    pub(super) scopes: Vec<Scope<'t>>,
    pub(super) heap: Heap<'m>,
    /// Control has left: a return, a break, a panic.
    pub(super) dead: bool,
}

impl<'t, 'm> State<'t, 'm> {
    pub(super) fn get(&self, name: &str) -> Option<&Val<'t>> {
        self.scopes.iter().rev().find_map(|scope| scope.get(name))
    }

    pub(super) fn define(&mut self, name: &'t str, value: Val<'t>) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(name, value);
        }
    }

    /// Sets a variable that exists.
    pub(super) fn set(&mut self, name: &'t str, value: Val<'t>) {
        let scope = self.scopes.iter_mut().rev().find(|s| s.contains_key(name));
        if let Some(scope) = scope {
            scope.insert(name, value);
        }
    }

    /// Objects that no variable reaches are dropped where many have gathered.
    pub(super) fn size(&self) -> usize {
        self.scopes.iter().map(BTreeMap::len).sum::<usize>() + self.heap.len()
    }

    /// The state after a branch that may have gone either way.
    pub(super) fn join(self, other: Self, fresh: &mut ObjectId) -> Self {
        match (self.dead, other.dead) {
            (true, _) => return other,
            (_, true) => return self,
            _ => {}
        }
        let mut join = Join {
            heap: BTreeMap::new(),
            a: self.heap,
            b: other.heap,
            fresh,
        };
        join.common();
        let pairs = self.scopes.into_iter().zip(other.scopes);
        let scopes = pairs.map(|(a, mut b)| {
            let values = a.into_iter().filter_map(|(name, value)| {
                let joined = join.values(value, b.remove(name)?);
                Some((name, joined))
            });
            values.collect()
        });
        let scopes = scopes.collect();
        Self {
            scopes,
            dead: false,
            heap: join.heap,
        }
    }
}

/// Two heaps on their way to one.
struct Join<'m, 'f> {
    heap: Heap<'m>,
    a: Heap<'m>,
    b: Heap<'m>,
    fresh: &'f mut ObjectId,
}

impl<'m> Join<'m, '_> {
    /// Objects of one number are one object in two states; those of one branch only stay.
    fn common(&mut self) {
        let ids: Vec<ObjectId> = self.a.keys().chain(self.b.keys()).copied().collect();
        for id in ids {
            if self.heap.contains_key(&id) {
                continue;
            }
            let joined = match (self.a.get(&id), self.b.get(&id)) {
                (Some(a), Some(b)) if a == b => a.clone(),
                (Some(a), Some(b)) => {
                    let (a, b) = (a.clone(), b.clone());
                    self.objects(a, b)
                }
                (Some(one), None) | (None, Some(one)) => one.clone(),
                (None, None) => continue,
            };
            self.heap.insert(id, joined);
        }
    }

    fn objects(&mut self, mut a: Object<'m>, b: Object<'m>) -> Object<'m> {
        a.writes = join_writes(a.writes, b.writes);
        a.rest_unknown = a.rest_unknown.or(b.rest_unknown);
        if a.ty != b.ty {
            a.rest_unknown = Some(Cause::Branches);
        }
        a.managed = a.managed.or(b.managed);
        let same = a.source == b.source;
        a.source = a.source.or(b.source);
        if let (false, Some(source)) = (same, a.source.as_mut()) {
            source.url = Folded::Unknown(Cause::Branches);
            source.url_name = None;
        }
        if a.span != b.span {
            a.span = None;
        }
        let mut parts = b.parts;
        for (ident, id) in std::mem::take(&mut a.parts) {
            let joined = match parts.remove(ident) {
                Some(other) if other == id => id,
                other => self.parts(id, other),
            };
            a.parts.insert(ident, joined);
        }
        for (ident, id) in parts {
            let joined = self.parts(id, None);
            a.parts.insert(ident, joined);
        }
        a
    }

    /// A part that one branch did not give is all defaults there.
    fn parts(&mut self, id: ObjectId, other: Option<ObjectId>) -> ObjectId {
        let find = |id: &ObjectId| self.a.get(id).or(self.b.get(id)).cloned();
        let Some(one) = find(&id) else { return id };
        let other = other.as_ref().and_then(find);
        let other = other.unwrap_or_else(|| Object::new(one.ty));
        let joined = self.objects(one, other);
        self.add(joined)
    }

    fn add(&mut self, object: Object<'m>) -> ObjectId {
        *self.fresh += 1;
        self.heap.insert(*self.fresh, object);
        *self.fresh
    }

    fn values<'t>(&mut self, a: Val<'t>, b: Val<'t>) -> Val<'t> {
        match (a, b) {
            (Val::Plain(a), Val::Plain(b)) => Val::Plain(join_folded(a, b)),
            (Val::Object(a), Val::Object(b)) => Val::Object(self.ids(a, b)),
            (Val::Ref(a), Val::Ref(b)) if a == b => Val::Ref(a),
            // Whichever of the two is written to from here on, it is not known which.
            (Val::Ref(a), Val::Ref(b)) => {
                let joined = self.ids(a, b);
                for id in [a, b] {
                    if let Some(object) = self.heap.get_mut(&id) {
                        object.lose(&Cause::Branches);
                    }
                }
                Val::Ref(joined)
            }
            (Val::Wrapped(a), Val::Wrapped(b)) => Val::Wrapped(Box::new(self.values(*a, *b))),
            (Val::Tuple(a), Val::Tuple(b)) if a.len() == b.len() => {
                let pairs = a.into_iter().zip(b);
                Val::Tuple(pairs.map(|(a, b)| self.values(a, b)).collect())
            }
            (Val::Closure(a, file), Val::Closure(b, _)) if a == b => Val::Closure(a, file),
            (Val::Own(a), Val::Own(b)) if a.node == b.node => Val::Own(a),
            (Val::Record(a, fields), Val::Record(b, others)) if a.node == b.node => {
                let joined = fields.iter().filter_map(|(name, value)| {
                    let other = others.get(name)?.clone();
                    Some((*name, self.values(value.clone(), other)))
                });
                Val::Record(a, Rc::new(joined.collect()))
            }
            (Val::Own(a) | Val::Record(a, _), Val::Own(b) | Val::Record(b, _))
                if a.node == b.node =>
            {
                Val::Own(a)
            }
            (Val::Default, Val::Default) => Val::Default,
            _ => Val::Plain(Folded::Unknown(Cause::Branches)),
        }
    }

    fn ids(&mut self, a: ObjectId, b: ObjectId) -> ObjectId {
        if a == b {
            return a;
        }
        let find = |id: ObjectId| self.a.get(&id).or(self.b.get(&id)).cloned();
        match (find(a), find(b)) {
            (Some(first), Some(second)) => {
                let joined = self.objects(first, second);
                self.add(joined)
            }
            _ => a,
        }
    }
}

fn join_writes<'m>(a: Vec<Write<'m>>, mut b: Vec<Write<'m>>) -> Vec<Write<'m>> {
    let mut joined = Vec::new();
    for mut write in a {
        let same = |w: &Write<'_>| w.write.0.ident == write.write.0.ident && w.on == write.on;
        match b.iter().position(same) {
            Some(at) => {
                let other = b.remove(at);
                write.conditional |= other.conditional;
                if write.write.0.value != other.write.0.value {
                    let mut changed = write.write.0.clone();
                    changed.value = Folded::Unknown(Cause::Branches);
                    changed.slot = crate::facts::slot::Slot::None;
                    write.write = Rc::new(OptionWriteOf(changed));
                }
            }
            None => write.conditional = true,
        }
        joined.push(write);
    }
    joined.extend(b.into_iter().map(|write| Write {
        conditional: true,
        ..write
    }));
    joined
}

fn join_folded(a: Folded, b: Folded) -> Folded {
    if a == b {
        return a;
    }
    match (a, b) {
        (Folded::Unknown(reason), _) | (_, Folded::Unknown(reason)) => Folded::Unknown(reason),
        // Two known values that differ: either may hold, and neither is made of the other.
        _ => Folded::Unknown(Cause::Branches),
    }
}
