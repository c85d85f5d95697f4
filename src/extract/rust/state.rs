//! What is known at one point of a function: variables in their scopes, and the values of library
//! types that they hold. States fork at a branch and join after it.
//!
//! Values move or are copied in Rust, so a plain mention of a variable is a copy; only a reference
//! shares.

use std::collections::BTreeMap;
use std::rc::Rc;

use tree_sitter::Node;

use crate::extract::code::fold;
use crate::extract::rust::package::RustItem;
use crate::extract::rust::url_parts::UrlParts;
use crate::facts::cause::Cause;
use crate::facts::raw::{ConstValue, OptionWrite};
use crate::source::Span;

pub(super) type RustObjectId = u32;

/// What an expression or a variable holds.
#[derive(Clone, Debug)]
pub(super) enum RustExprValue<'t> {
    Plain(ConstValue),
    /// `Some(value)`.
    Wrapped(Box<RustExprValue<'t>>),
    /// A value of a library's type.
    Object(RustObjectId),
    /// A reference to one.
    Ref(RustObjectId),
    Tuple(Vec<RustExprValue<'t>>),
    /// A closure, and the file that it stands in.
    Closure(Node<'t>, usize),
    /// A value of a type of the package.
    Own(RustItem<'t>),
    /// The same, with the fields that a literal gave it. Only immutable values are kept this way.
    Record(RustItem<'t>, Rc<RustScope<'t>>),
    /// A value that stands for a connection URL.
    Url(Box<UrlParts>),
    /// The default of whatever type is wanted.
    Default,
}

impl RustExprValue<'_> {
    pub(super) fn unknown(kind: &'static str) -> Self {
        Self::Plain(fold::unknown(kind))
    }

    /// The value as far as it is a plain one, and whether it is wrapped in an `Option`.
    pub(super) fn fold(self, otherwise: Cause) -> (ConstValue, bool) {
        match self {
            Self::Plain(ConstValue::Nil) => (ConstValue::Nil, true),
            Self::Plain(folded) => (folded, false),
            Self::Wrapped(inner) => (inner.fold(otherwise).0, true),
            Self::Url(parts) => (parts.url(), false),
            _ => (ConstValue::Unknown(otherwise), false),
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

    pub(super) fn object(&self) -> Option<RustObjectId> {
        match self {
            Self::Object(id) | Self::Ref(id) => Some(*id),
            Self::Wrapped(inner) => inner.object(),
            _ => None,
        }
    }
}

/// A connection URL that a value was made from.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct UrlSource {
    pub(super) call: String,
    pub(super) url: ConstValue,
    pub(super) url_name: Option<String>,
    pub(super) url_span: Span,
    pub(super) span: Span,
}

/// One option as written, and the type on which.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RustOptionWrite<'m> {
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
pub(super) struct RustOptionsObject<'m> {
    pub(super) ty: &'m str,
    pub(super) writes: Vec<RustOptionWrite<'m>>,
    /// Values of other types inside it, by the field or method that sets them.
    pub(super) parts: BTreeMap<&'m str, RustObjectId>,
    pub(super) source: Option<UrlSource>,
    /// Options that are neither written here nor left to their defaults, and why.
    pub(super) rest_unknown: Option<Cause>,
    /// What makes the connections of the pool.
    pub(super) managed: Option<ConnectionManager<'m>>,
    /// Where it is made: the literal or the call.
    pub(super) span: Option<Span>,
}

/// The type that makes a pool's connections.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct ConnectionManager<'m> {
    pub(super) ty: &'m str,
    /// It stands for a type of the package, whose code decides how a connection is made.
    pub(super) is_own: bool,
}

impl<'m> RustOptionsObject<'m> {
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
        self.writes.push(RustOptionWrite {
            on,
            write: Rc::new(OptionWriteOf(write)),
            conditional: false,
        });
    }

    /// Somebody else may have changed it.
    pub(super) fn invalidate(&mut self, reason: &Cause) {
        for write in &mut self.writes {
            let mut changed = write.write.0.clone();
            changed.value = ConstValue::Unknown(reason.clone());
            write.write = Rc::new(OptionWriteOf(changed));
        }
        self.rest_unknown = Some(reason.clone());
    }
}

pub(super) type RustHeap<'m> = BTreeMap<RustObjectId, RustOptionsObject<'m>>;
pub(super) type RustScope<'t> = BTreeMap<&'t str, RustExprValue<'t>>;

#[derive(Clone, Debug, Default)]
pub(super) struct RustState<'t, 'm> {
    pub(super) scopes: Vec<RustScope<'t>>,
    pub(super) heap: RustHeap<'m>,
    /// Control has left: a return, a break, a panic.
    pub(super) dead: bool,
}

impl<'t, 'm> RustState<'t, 'm> {
    pub(super) fn get(&self, name: &str) -> Option<&RustExprValue<'t>> {
        self.scopes.iter().rev().find_map(|scope| scope.get(name))
    }

    pub(super) fn define(&mut self, name: &'t str, value: RustExprValue<'t>) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(name, value);
        }
    }

    /// Sets a variable that exists.
    pub(super) fn set(&mut self, name: &'t str, value: RustExprValue<'t>) {
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
    pub(super) fn join(self, other: Self, fresh: &mut RustObjectId) -> Self {
        match (self.dead, other.dead) {
            (true, _) => return other,
            (_, true) => return self,
            _ => {}
        }
        let mut join = HeapJoin {
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
struct HeapJoin<'m, 'f> {
    heap: RustHeap<'m>,
    a: RustHeap<'m>,
    b: RustHeap<'m>,
    fresh: &'f mut RustObjectId,
}

impl<'m> HeapJoin<'m, '_> {
    /// Objects of one number are one object in two states; those of one branch only stay.
    fn common(&mut self) {
        let ids: Vec<RustObjectId> = self.a.keys().chain(self.b.keys()).copied().collect();
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

    fn objects(
        &mut self,
        mut a: RustOptionsObject<'m>,
        b: RustOptionsObject<'m>,
    ) -> RustOptionsObject<'m> {
        a.writes = join_writes(a.writes, b.writes);
        a.rest_unknown = a.rest_unknown.or(b.rest_unknown);
        if a.ty != b.ty {
            a.rest_unknown = Some(Cause::Branches);
        }
        a.managed = a.managed.or(b.managed);
        let same = a.source == b.source;
        a.source = a.source.or(b.source);
        if let (false, Some(source)) = (same, a.source.as_mut()) {
            source.url = ConstValue::Unknown(Cause::Branches);
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
    fn parts(&mut self, id: RustObjectId, other: Option<RustObjectId>) -> RustObjectId {
        let find = |id: &RustObjectId| self.a.get(id).or(self.b.get(id)).cloned();
        let Some(one) = find(&id) else { return id };
        let other = other.as_ref().and_then(find);
        let other = other.unwrap_or_else(|| RustOptionsObject::new(one.ty));
        let joined = self.objects(one, other);
        self.add(joined)
    }

    fn add(&mut self, object: RustOptionsObject<'m>) -> RustObjectId {
        *self.fresh += 1;
        self.heap.insert(*self.fresh, object);
        *self.fresh
    }

    fn values<'t>(&mut self, a: RustExprValue<'t>, b: RustExprValue<'t>) -> RustExprValue<'t> {
        match (a, b) {
            (RustExprValue::Plain(a), RustExprValue::Plain(b)) => {
                RustExprValue::Plain(join_folded(a, b))
            }
            (RustExprValue::Object(a), RustExprValue::Object(b)) => {
                RustExprValue::Object(self.ids(a, b))
            }
            (RustExprValue::Ref(a), RustExprValue::Ref(b)) if a == b => RustExprValue::Ref(a),
            // Whichever of the two is written to from here on, it is not known which.
            (RustExprValue::Ref(a), RustExprValue::Ref(b)) => {
                let joined = self.ids(a, b);
                for id in [a, b] {
                    if let Some(object) = self.heap.get_mut(&id) {
                        object.invalidate(&Cause::Branches);
                    }
                }
                RustExprValue::Ref(joined)
            }
            (RustExprValue::Wrapped(a), RustExprValue::Wrapped(b)) => {
                RustExprValue::Wrapped(Box::new(self.values(*a, *b)))
            }
            (RustExprValue::Tuple(a), RustExprValue::Tuple(b)) if a.len() == b.len() => {
                let pairs = a.into_iter().zip(b);
                RustExprValue::Tuple(pairs.map(|(a, b)| self.values(a, b)).collect())
            }
            (RustExprValue::Closure(a, file), RustExprValue::Closure(b, _)) if a == b => {
                RustExprValue::Closure(a, file)
            }
            (RustExprValue::Own(a), RustExprValue::Own(b)) if a.node == b.node => {
                RustExprValue::Own(a)
            }
            (RustExprValue::Record(a, fields), RustExprValue::Record(b, others))
                if a.node == b.node =>
            {
                let joined = fields.iter().filter_map(|(name, value)| {
                    let other = others.get(name)?.clone();
                    Some((*name, self.values(value.clone(), other)))
                });
                RustExprValue::Record(a, Rc::new(joined.collect()))
            }
            (
                RustExprValue::Own(a) | RustExprValue::Record(a, _),
                RustExprValue::Own(b) | RustExprValue::Record(b, _),
            ) if a.node == b.node => RustExprValue::Own(a),
            (RustExprValue::Default, RustExprValue::Default) => RustExprValue::Default,
            _ => RustExprValue::Plain(ConstValue::Unknown(Cause::Branches)),
        }
    }

    fn ids(&mut self, a: RustObjectId, b: RustObjectId) -> RustObjectId {
        if a == b {
            return a;
        }
        let find = |id: RustObjectId| self.a.get(&id).or(self.b.get(&id)).cloned();
        match (find(a), find(b)) {
            (Some(first), Some(second)) => {
                let joined = self.objects(first, second);
                self.add(joined)
            }
            _ => a,
        }
    }
}

fn join_writes<'m>(
    a: Vec<RustOptionWrite<'m>>,
    mut b: Vec<RustOptionWrite<'m>>,
) -> Vec<RustOptionWrite<'m>> {
    let mut joined = Vec::new();
    for mut write in a {
        let same =
            |w: &RustOptionWrite<'_>| w.write.0.ident == write.write.0.ident && w.on == write.on;
        match b.iter().position(same) {
            Some(at) => {
                let other = b.remove(at);
                write.conditional |= other.conditional;
                if write.write.0.value != other.write.0.value {
                    let mut changed = write.write.0.clone();
                    changed.value = ConstValue::Unknown(Cause::Branches);
                    changed.slot = crate::facts::edit_target::EditTarget::None;
                    write.write = Rc::new(OptionWriteOf(changed));
                }
            }
            None => write.conditional = true,
        }
        joined.push(write);
    }
    joined.extend(b.into_iter().map(|write| RustOptionWrite {
        conditional: true,
        ..write
    }));
    joined
}

fn join_folded(a: ConstValue, b: ConstValue) -> ConstValue {
    if a == b {
        return a;
    }
    match (a, b) {
        (ConstValue::Unknown(reason), _) | (_, ConstValue::Unknown(reason)) => {
            ConstValue::Unknown(reason)
        }
        // Two known values that differ: either may hold, and neither is made of the other.
        _ => ConstValue::Unknown(Cause::Branches),
    }
}
