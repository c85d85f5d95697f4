//! Options under construction: a value of a library's option type, what is written on it, and what is
//! left of that where two branches join or somebody else holds it. How code writes on it is left to
//! `typed`.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::precondition::BranchDifference;
use crate::facts::cause::Cause;
use crate::facts::edit_target::EditTarget;
use crate::facts::raw::{ConstValue, ErrorHandling, OptionWrite, RawOptionSource};
use crate::knowledge::clients::LibraryModel;
use crate::source::Span;

/// An object on the heap; one number is one object in all runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::extract) struct ObjectId(pub(in crate::extract) u32);

/// The error of a call that gives options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::extract) struct ErrorId(pub(in crate::extract) usize);

/// A client library as a file names it: one, or in a snippet without imports all that it may be.
#[derive(Debug)]
pub(in crate::extract) struct ImportedLibrary<'m> {
    pub(in crate::extract) candidates: Vec<&'m LibraryModel>,
    /// The import path, where one is visible.
    pub(in crate::extract) path: Option<String>,
}

impl ImportedLibrary<'_> {
    pub(in crate::extract) fn ids(&self) -> Vec<String> {
        self.candidates.iter().map(|l| l.id().to_owned()).collect()
    }
}

/// Options that come from a call: what the raw fact will hold, but for what becomes of the error.
#[derive(Clone, Debug)]
pub(in crate::extract) struct OptionsOrigin {
    pub(in crate::extract) call: String,
    pub(in crate::extract) url: ConstValue,
    pub(in crate::extract) url_name: Option<String>,
    pub(in crate::extract) url_span: Span,
    pub(in crate::extract) span: Span,
    pub(in crate::extract) error: Option<ErrorId>,
}

/// An options value under construction.
#[derive(Clone, Debug)]
pub(in crate::extract) struct OptionsObject<'m> {
    pub(in crate::extract) library: Rc<ImportedLibrary<'m>>,
    pub(in crate::extract) option_type: String,
    pub(in crate::extract) writes: Vec<OptionWrite>,
    pub(in crate::extract) source: Option<OptionsOrigin>,
    pub(in crate::extract) rest_unknown: Option<Cause>,
    /// What is not known of the options of its connections.
    pub(in crate::extract) carried_unknown: Option<Cause>,
    /// Where those stand.
    pub(in crate::extract) carried_anchor: Option<Span>,
    /// The objects that this one stands for, where it is one of several.
    pub(in crate::extract) origins: Vec<ObjectId>,
    /// A parameter that was given a value: what is not written is what the caller gave.
    pub(in crate::extract) is_parameter: bool,
    /// What is not known of the options of each node.
    pub(in crate::extract) nodes_unknown: Option<Cause>,
    /// The literal is a client by itself: who holds it uses it, and does not change it.
    pub(in crate::extract) built: bool,
    /// The literal, where there is one.
    pub(in crate::extract) literal: Option<Span>,
    pub(in crate::extract) insert: EditTarget,
    /// The block in which statements may be added, and the variable's name there.
    pub(in crate::extract) home: Option<(u32, String)>,
    /// Values of other types inside it, by the field or method that sets them.
    pub(in crate::extract) parts: OptionsParts,
    /// What makes the connections of the pool.
    pub(in crate::extract) managed: Option<ConnectionManager>,
}

pub(in crate::extract) type OptionsParts = BTreeMap<String, ObjectId>;

/// The type that makes a pool's connections.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::extract) struct ConnectionManager {
    pub(in crate::extract) ty: String,
    /// It stands for a type of the package, whose code decides how a connection is made.
    pub(in crate::extract) is_own: bool,
}

impl<'m> OptionsObject<'m> {
    /// An options value with nothing written.
    pub(in crate::extract) fn new(library: Rc<ImportedLibrary<'m>>, option_type: String) -> Self {
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
            parts: OptionsParts::new(),
            managed: None,
        }
    }

    /// Takes over what another value sets, as a later one.
    pub(in crate::extract) fn take(&mut self, other: &Self) {
        let writes = other.writes.iter().cloned();
        writes.for_each(|write| self.write(write));
        self.source = other.source.clone().or(self.source.take());
        self.rest_unknown = other.rest_unknown.clone().or(self.rest_unknown.take());
    }

    /// Somebody else holds it now: what was written may have been changed.
    pub(in crate::extract) fn invalidate(&mut self, reason: &Cause) {
        for write in &mut self.writes {
            write.value = ConstValue::Unknown(reason.clone());
        }
        self.rest_unknown = Some(reason.clone());
        self.is_parameter = false;
        self.insert = EditTarget::None;
        self.home = None;
    }

    pub(in crate::extract) fn write(&mut self, write: OptionWrite) {
        self.writes.retain(|old| old.ident != write.ident);
        self.writes.push(write);
    }

    /// What holds whichever of two values it is.
    pub(in crate::extract) fn join(&self, other: &Self, sides: &BranchDifference<'_>) -> Self {
        let mut joined = self.clone();
        joined.writes = join_writes(&self.writes, &other.writes, sides);
        joined.source = match (joined.source, &other.source) {
            (Some(mut ours), Some(theirs)) => {
                if ours.url != theirs.url {
                    ours.url = sides.join(ours.url, theirs.url.clone());
                    ours.url_name = name_of(&ours.url);
                }
                Some(ours)
            }
            (ours, theirs) => ours.or_else(|| theirs.clone()),
        };
        let or = |ours: Option<Cause>, theirs: &Option<Cause>| ours.or_else(|| theirs.clone());
        joined.rest_unknown = or(joined.rest_unknown, &other.rest_unknown);
        joined.is_parameter &= other.is_parameter;
        joined.nodes_unknown = or(joined.nodes_unknown, &other.nodes_unknown);
        joined.carried_unknown = or(joined.carried_unknown, &other.carried_unknown);
        if self.carried_anchor != other.carried_anchor {
            joined.carried_anchor = None;
        }
        if self.literal != other.literal {
            joined.literal = None;
        }
        if self.insert != other.insert {
            joined.insert = EditTarget::None;
        }
        joined.managed = joined.managed.or_else(|| other.managed.clone());
        joined
    }

    /// A value that stands for one of two others.
    pub(in crate::extract) fn as_one_of(
        &self,
        (own, second): (ObjectId, ObjectId),
        other: &Self,
        sides: &BranchDifference<'_>,
    ) -> Self {
        let mut joined = self.join(other, sides);
        joined.origins = vec![own, second];
        joined.origins.extend(&self.origins);
        joined.origins.extend(&other.origins);
        joined.built = false;
        joined
    }
}

/// What the code calls a value that is not known.
pub(in crate::extract) fn name_of(value: &ConstValue) -> Option<String> {
    let cause = match value {
        ConstValue::Unknown(Cause::Branches) => return None,
        ConstValue::Unknown(cause) => cause,
        ConstValue::Fallback(fallback) => &fallback.source,
        _ => return None,
    };
    Some(cause.source_name())
}

fn join_writes(
    ours: &[OptionWrite],
    theirs: &[OptionWrite],
    sides: &BranchDifference<'_>,
) -> Vec<OptionWrite> {
    let mut joined = Vec::new();
    for write in ours {
        let mut write = write.clone();
        match theirs.iter().find(|other| other.ident == write.ident) {
            Some(other) => {
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
    let only_theirs = theirs
        .iter()
        .filter(|other| !ours.iter().any(|write| write.ident == other.ident));
    joined.extend(only_theirs.map(|write| OptionWrite {
        conditional: true,
        ..write.clone()
    }));
    joined
}

pub(in crate::extract) type OptionsHeap<'m> = BTreeMap<ObjectId, Rc<OptionsObject<'m>>>;

/// What the raw fact says of it.
pub(in crate::extract) fn raw_source(origin: OptionsOrigin) -> RawOptionSource {
    RawOptionSource {
        call: origin.call,
        url: origin.url,
        url_name: origin.url_name,
        url_span: origin.url_span,
        span: origin.span,
        fallible: origin.error.is_some(),
        error: ErrorHandling::Unknown,
        error_span: None,
    }
}
