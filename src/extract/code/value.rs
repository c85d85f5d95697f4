//! Values of the interpreter and what is known at one point of a run: variables and the heap of objects.
//! `join` says what holds behind two branches.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::form::{ClassId, ExpressionId, FunctionId};
use super::options::{ErrorId, ObjectId, OptionsHeap};
use super::precondition::{Preconditions, truth_of};
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

pub(super) type CodeHeap<'m> = BTreeMap<ObjectId, Rc<CodeObject<'m>>>;

/// Mappings that are one of two others.
#[derive(Default)]
pub(super) struct ObjectAliases {
    one_of: BTreeMap<ObjectId, [ObjectId; 2]>,
    /// For each of them, and those that it is one of, what it may be the same as.
    same: BTreeMap<ObjectId, Vec<ObjectId>>,
}

impl ObjectAliases {
    pub(super) fn add(&mut self, joined: ObjectId, of: [ObjectId; 2]) {
        self.one_of.insert(joined, of);
        for other in of {
            self.same.entry(other).or_default().push(joined);
            self.same.entry(joined).or_default().push(other);
        }
    }

    /// The two of which an object is one.
    pub(super) fn parts_of(&self, id: ObjectId) -> Option<[ObjectId; 2]> {
        self.one_of.get(&id).copied()
    }

    /// All objects that this one may be.
    pub(super) fn same_as(&self, id: ObjectId) -> Vec<ObjectId> {
        let mut found = vec![id];
        let mut at = 0;
        while let Some(next) = found.get(at) {
            let others = self.same.get(next).into_iter().flatten();
            let new = others.filter(|other| !found.contains(other));
            let new: Vec<ObjectId> = new.copied().collect();
            found.extend(new);
            at += 1;
        }
        found.split_off(1)
    }
}

/// What is known at one point of a run.
#[derive(Clone, Debug, Default)]
pub(in crate::extract) struct CodeState<'m> {
    pub(in crate::extract) variables: BTreeMap<String, CodeValue>,
    /// What was assigned to members and items of values that are not followed, by how that is written.
    pub(super) places: BTreeMap<String, CodeValue>,
    pub(super) heap: CodeHeap<'m>,
    pub(in crate::extract) options: OptionsHeap<'m>,
    /// Nothing behind this point runs.
    pub(in crate::extract) dead: bool,
    /// What variables of the environment must be, that control comes here.
    pub(super) needs: Preconditions,
}

impl CodeState<'_> {
    /// How much a copy of it costs.
    pub(in crate::extract) fn size(&self) -> usize {
        self.variables.len() + self.places.len() + self.heap.len() + self.options.len()
    }
}
