//! Values of the interpreter and what is known at one point of a run: variables, the heap of objects,
//! and the join of two branches.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::form::{ClassId, ExpressionId, FunctionId};
use super::options::{ErrorId, ObjectId, OptionsHeap, add_object, join_options, join_parts};
use super::precondition::{BranchDifference, Preconditions, truth_of};
use super::url_parts::UrlParts;
use crate::facts::cause::Cause;
use crate::facts::raw::ConstValue;
use crate::knowledge::clients::LibraryModel;

/// A file of the project, by its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::extract) struct FileAt(pub(in crate::extract) usize);

/// Where an expression stands.
pub(super) type CodePlace = (FileAt, ExpressionId);

#[derive(Clone, Debug, PartialEq)]
pub(in crate::extract) enum CodeValue {
    /// A folded value, or why there is none.
    Plain(ConstValue),
    /// A list or a tuple.
    Items(Vec<CodeValue>),
    Object(ObjectId),
    /// A function of the project, with the object whose method it is.
    Function(FileAt, FunctionId, Option<ObjectId>),
    Class(FileAt, ClassId),
    File(FileAt),
    /// A name of something outside: of a library, of the language.
    Path(String),
    /// A method of an object that is no own class's, or of a text.
    Method(Box<CodeValue>, String),
    /// Options, or a pointer to them.
    Options(ObjectId),
    /// A pointer to options, where the options themselves are another value.
    Reference(ObjectId),
    /// The errors of these option sources, whichever of them ran.
    Error(Vec<ErrorId>),
    /// The results of a call that has several.
    Several(Vec<CodeValue>),
    /// A struct of the project, by those of its fields that were written.
    Struct(Rc<BTreeMap<String, CodeValue>>),
    /// A value of a type of the package, with the fields that a literal gave it. Only those of a value
    /// that nothing changes are kept.
    Own(DeclaredType, Option<Rc<BTreeMap<String, CodeValue>>>),
    /// A value that there may not be, and is.
    Wrapped(Box<CodeValue>),
    /// The default of whatever type is wanted.
    Default,
    /// A value that stands for a connection URL.
    Url(Rc<UrlParts>),
}

/// A type of the package, by a number of its front end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::extract) struct DeclaredType(pub(in crate::extract) usize);

/// Values of the longest list that is followed, those inside of it and longer texts counted too. One
/// that is put together of itself doubles with each line.
const MAX_ITEMS: usize = 250;

/// Bytes of a text that count as one value.
const BYTES_OF_ITEM: usize = 64;

impl CodeValue {
    /// A list of values, if there are not too many.
    pub(in crate::extract) fn list(items: impl IntoIterator<Item = Self>) -> Self {
        let mut room = MAX_ITEMS;
        let mut list = Vec::new();
        for item in items {
            match room.checked_sub(item.weight()) {
                Some(left) => room = left,
                None => return Self::unknown(Cause::Code("a list that is too long")),
            }
            list.push(item);
        }
        Self::Items(list)
    }

    fn weight(&self) -> usize {
        match self {
            Self::Items(items) => 1 + items.iter().map(Self::weight).sum::<usize>(),
            Self::Plain(ConstValue::Text(text)) => 1 + text.len() / BYTES_OF_ITEM,
            _ => 1,
        }
    }

    pub(in crate::extract) fn unknown(cause: Cause) -> Self {
        Self::Plain(ConstValue::Unknown(cause))
    }

    /// A value that comes from code of a kind that is not followed.
    pub(in crate::extract) fn of_kind(kind: &'static str) -> Self {
        Self::unknown(Cause::Code(kind))
    }

    /// The value as far as it is a plain one.
    pub(in crate::extract) fn folded(self, otherwise: Cause) -> ConstValue {
        match self {
            Self::Plain(value) => value,
            _ => ConstValue::Unknown(otherwise),
        }
    }

    pub(in crate::extract) fn object(&self) -> Option<ObjectId> {
        match self {
            Self::Object(id) => Some(*id),
            _ => None,
        }
    }

    pub(in crate::extract) fn text(&self) -> Option<&str> {
        match self {
            Self::Plain(ConstValue::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// Whether it counts as true; nothing where that is not known.
    pub(in crate::extract) fn truth(&self) -> Option<bool> {
        match self {
            Self::Plain(value) => truth_of(value),
            Self::Items(items) => Some(!items.is_empty()),
            // An object may say by itself that it is false, and an import may have failed.
            Self::Object(_) | Self::Path(_) | Self::Method(..) => None,
            Self::Options(_) | Self::Error(_) | Self::Several(_) | Self::Struct(_) => None,
            Self::Own(..) | Self::Wrapped(_) | Self::Default => None,
            Self::Reference(_) | Self::Url(_) => None,
            Self::Function(..) | Self::Class(..) | Self::File(_) => Some(true),
        }
    }

    /// The environment variable that it is.
    pub(in crate::extract) fn variable(&self) -> Option<&str> {
        match self {
            Self::Plain(ConstValue::Unknown(Cause::EnvironmentVariable(name))) => Some(name),
            Self::Plain(ConstValue::Fallback(fallback)) => fallback.variable.as_deref(),
            _ => None,
        }
    }
}

/// A value that was written on an object, and where.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct CodeField {
    pub(super) value: CodeValue,
    pub(super) at: CodePlace,
    /// Written in a branch: it may be there.
    pub(super) conditional: bool,
}

/// The variables of a file or the fields of a class, by their names.
pub(super) type SettingValues = BTreeMap<String, CodeField>;

#[derive(Clone, Debug)]
pub(super) enum CodeObjectKind<'m> {
    /// A mapping.
    Record,
    Instance(FileAt, ClassId),
    Library {
        library: &'m LibraryModel,
        name: &'m str,
    },
}

/// A mapping, an instance of an own class, or a value of a library: named values all three.
#[derive(Clone, Debug)]
pub(super) struct CodeObject<'m> {
    pub(super) kind: CodeObjectKind<'m>,
    pub(super) fields: BTreeMap<String, CodeField>,
    /// What else may be written on it, and why that is not seen.
    pub(super) rest_unknown: Option<Cause>,
    /// The expression that made it.
    pub(super) at: CodePlace,
}

/// What is known at one point of a run.
#[derive(Clone, Debug, Default)]
pub(in crate::extract) struct CodeState<'m> {
    pub(in crate::extract) variables: BTreeMap<String, CodeValue>,
    /// What was assigned to members and items of values that are not followed, by how that is written.
    pub(super) places: BTreeMap<String, CodeValue>,
    pub(super) heap: BTreeMap<ObjectId, Rc<CodeObject<'m>>>,
    pub(in crate::extract) options: OptionsHeap<'m>,
    /// Nothing behind this point runs.
    pub(in crate::extract) dead: bool,
    /// What variables of the environment must be, that control comes here.
    pub(super) needs: Preconditions,
}

impl<'m> CodeState<'m> {
    /// How much a copy of it costs.
    pub(in crate::extract) fn size(&self) -> usize {
        self.variables.len() + self.places.len() + self.heap.len() + self.options.len()
    }

    /// What holds whichever of two branches ran. Where one needs a variable of the environment, the
    /// other says what holds without it.
    pub(super) fn join(self, other: Self, context: &mut JoinContext<'_, 'm>) -> Self {
        // A branch that left the function says nothing of what comes behind it.
        match (self.dead, other.dead) {
            (true, false) => return other,
            (false, true) => return self,
            _ => {}
        }
        let sides = &BranchDifference::of(&self.needs, &other.needs);
        let next = &mut *context.next_object;
        let mut options = join_options(self.options, other.options, (sides, next));
        let mut joined = Self {
            variables: join_named(
                self.variables,
                other.variables,
                sides,
                (&mut options, context),
            ),
            places: join_named(self.places, other.places, sides, (&mut options, context)),
            dead: self.dead && other.dead,
            heap: self.heap,
            options,
            // What only one of them needed is not needed behind them.
            needs: self.needs.intersection(&other.needs).cloned().collect(),
        };
        let left_behind = context.left_behind;
        // What only one branch changed is in the other as both found it.
        let changed: Vec<ObjectId> = joined.heap.keys().copied().collect();
        for id in changed.iter().filter(|id| !other.heap.contains_key(*id)) {
            if let (Some(ours), Some(found)) = (joined.heap.get_mut(id), left_behind.get(id)) {
                *ours = Rc::new(join_objects(ours, found, sides));
            }
        }
        for (id, theirs) in other.heap {
            let object = match joined.heap.remove(&id) {
                Some(ours) if Rc::ptr_eq(&ours, &theirs) => ours,
                Some(ours) => Rc::new(join_objects(&ours, &theirs, sides)),
                None => match left_behind.get(&id) {
                    Some(found) => Rc::new(join_objects(found, &theirs, sides)),
                    // Made in one branch alone: whoever holds it knows that it may not be there.
                    None => theirs,
                },
            };
            joined.heap.insert(id, object);
        }
        joined
    }
}

/// What a join needs beside the two states.
pub(super) struct JoinContext<'j, 'm> {
    /// The objects as both branches found them.
    pub(super) left_behind: &'j BTreeMap<ObjectId, Rc<CodeObject<'m>>>,
    pub(super) next_object: &'j mut u32,
    /// A value that has another one beside it is named after what it comes from.
    pub(super) keeps_causes: bool,
}

/// A name that only one branch binds may not be bound at all; whoever reads it relies on that branch.
fn join_named<'m>(
    ours: BTreeMap<String, CodeValue>,
    mut theirs: BTreeMap<String, CodeValue>,
    sides: &BranchDifference<'_>,
    (options, context): (&mut OptionsHeap<'m>, &mut JoinContext<'_, 'm>),
) -> BTreeMap<String, CodeValue> {
    let mut joined = BTreeMap::new();
    for (name, our) in ours {
        let value = match theirs.remove(&name) {
            Some(their) if context.keeps_causes => {
                join_held(our, their, sides, (&mut *options, &mut *context))
            }
            Some(their) => join_values(our, &their, sides),
            None => our,
        };
        joined.insert(name, value);
    }
    joined.extend(theirs);
    joined
}

/// The value of a variable behind two branches, where options and errors are followed.
pub(super) fn join_held<'m>(
    ours: CodeValue,
    theirs: CodeValue,
    sides: &BranchDifference<'_>,
    (options, context): (&mut OptionsHeap<'m>, &mut JoinContext<'_, 'm>),
) -> CodeValue {
    match (ours, theirs) {
        (CodeValue::Plain(ours), CodeValue::Plain(theirs)) => {
            CodeValue::Plain(sides.join(ours, theirs))
        }
        (CodeValue::Options(a), CodeValue::Options(b)) if a == b => CodeValue::Options(a),
        (CodeValue::Options(a), CodeValue::Options(b)) => {
            let (Some(first), Some(second)) = (options.get(&a), options.get(&b)) else {
                return CodeValue::unknown(Cause::Branches);
            };
            let parts = [first.parts.clone(), second.parts.clone()];
            let mut joined = first.as_one_of((a, b), second, sides);
            joined.parts = join_parts(options, parts, (sides, &mut *context.next_object));
            CodeValue::Options(add_object(options, joined, context.next_object))
        }
        (CodeValue::Reference(a), CodeValue::Reference(b)) => {
            let pair = (CodeValue::Options(a), CodeValue::Options(b));
            let joined = join_held(pair.0, pair.1, sides, (&mut *options, context));
            // Whichever of the two is written to from here on, it is not known which.
            for id in [a, b].into_iter().filter(|_| a != b) {
                if let Some(object) = options.get_mut(&id) {
                    Rc::make_mut(object).invalidate(&Cause::Branches);
                }
            }
            match joined {
                CodeValue::Options(id) => CodeValue::Reference(id),
                other => other,
            }
        }
        // A variable that is nil before one branch gives it options.
        (CodeValue::Options(id), CodeValue::Plain(ConstValue::Nil))
        | (CodeValue::Plain(ConstValue::Nil), CodeValue::Options(id)) => CodeValue::Options(id),
        (CodeValue::Error(mut ours), CodeValue::Error(theirs)) => {
            let new = theirs.into_iter().filter(|id| !ours.contains(id));
            let new: Vec<ErrorId> = new.collect();
            ours.extend(new);
            CodeValue::Error(ours)
        }
        (CodeValue::Error(ids), _) | (_, CodeValue::Error(ids)) => CodeValue::Error(ids),
        (CodeValue::Several(ours), CodeValue::Several(theirs)) if ours.len() == theirs.len() => {
            let pairs = ours.into_iter().zip(theirs);
            let joined = pairs
                .map(|(a, b)| join_held(a, b, sides, (&mut *options, &mut *context)))
                .collect();
            CodeValue::Several(joined)
        }
        (CodeValue::Struct(ours), CodeValue::Struct(theirs)) if Rc::ptr_eq(&ours, &theirs) => {
            CodeValue::Struct(ours)
        }
        (ours @ (CodeValue::Function(..) | CodeValue::Default), theirs) if ours == theirs => ours,
        (CodeValue::Wrapped(ours), CodeValue::Wrapped(theirs)) => {
            let joined = join_held(*ours, *theirs, sides, (options, context));
            CodeValue::Wrapped(Box::new(joined))
        }
        (CodeValue::Own(own, ours), CodeValue::Own(other, theirs)) if own == other => {
            let pairs = ours.zip(theirs);
            let fields = pairs.map(|(ours, theirs)| {
                let both = ours.iter().filter_map(|(name, our)| {
                    let pair = (our.clone(), theirs.get(name)?.clone());
                    let joined = join_held(pair.0, pair.1, sides, (&mut *options, &mut *context));
                    Some((name.clone(), joined))
                });
                Rc::new(both.collect())
            });
            CodeValue::Own(own, fields)
        }
        _ => CodeValue::unknown(Cause::Branches),
    }
}

/// A value that both branches agree on holds; where the environment decides between them the second
/// is what holds without it; else it is open.
pub(super) fn join_values(
    ours: CodeValue,
    theirs: &CodeValue,
    sides: &BranchDifference<'_>,
) -> CodeValue {
    if ours == *theirs {
        return ours;
    }
    if let (CodeValue::Plain(ours), CodeValue::Plain(theirs)) = (&ours, theirs)
        && let Some(value) = sides.fallback(ours, theirs)
    {
        return CodeValue::Plain(value);
    }
    match (&ours, theirs) {
        (CodeValue::Plain(ConstValue::Unknown(a)), CodeValue::Plain(ConstValue::Unknown(b)))
            if a == b =>
        {
            ours
        }
        _ => CodeValue::unknown(Cause::Branches),
    }
}

fn join_objects<'m>(
    ours: &CodeObject<'m>,
    theirs: &CodeObject<'m>,
    sides: &BranchDifference<'_>,
) -> CodeObject<'m> {
    let mut joined = ours.clone();
    for (name, their) in &theirs.fields {
        let field = match ours.fields.get(name) {
            Some(our) if our.value == their.value => CodeField {
                conditional: our.conditional || their.conditional,
                ..our.clone()
            },
            Some(our) => CodeField {
                value: join_values(our.value.clone(), &their.value, sides),
                at: their.at,
                conditional: our.conditional || their.conditional,
            },
            None => CodeField {
                conditional: true,
                ..their.clone()
            },
        };
        joined.fields.insert(name.clone(), field);
    }
    let only_ours = ours
        .fields
        .keys()
        .filter(|name| !theirs.fields.contains_key(*name));
    for name in only_ours {
        if let Some(field) = joined.fields.get_mut(name) {
            field.conditional = true;
        }
    }
    joined.rest_unknown = ours.rest_unknown.clone().or(theirs.rest_unknown.clone());
    joined
}
