//! Options under construction: a value of a library's option type, what is written on it, and what is
//! left of that where two branches join or somebody else holds it. How code writes on it is left to
//! `typed`.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::precondition::BranchDifference;
use crate::facts::cause::Cause;
use crate::facts::edit_target::EditTarget;
use crate::facts::raw::{ConstValue, OptionWrite};
use crate::knowledge::clients::LibraryModel;
use crate::source::Span;

/// An object on the heap; one number is one object in all runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::extract) struct ObjectId(pub(in crate::extract) u32);

/// The error of a call that gives options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ErrorId(pub(super) usize);

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
pub(super) struct OptionsOrigin {
    pub(super) call: String,
    pub(super) url: ConstValue,
    pub(super) url_name: Option<String>,
    pub(super) url_span: Span,
    pub(super) span: Span,
    pub(super) error: Option<ErrorId>,
}

/// An options value under construction.
#[derive(Clone, Debug)]
pub(super) struct OptionsObject<'m> {
    pub(super) library: Rc<ImportedLibrary<'m>>,
    pub(super) option_type: String,
    pub(super) writes: Vec<OptionWrite>,
    pub(super) source: Option<OptionsOrigin>,
    pub(super) rest_unknown: Option<Cause>,
    /// What is not known of the options of its connections.
    pub(super) carried_unknown: Option<Cause>,
    /// Where those stand.
    pub(super) carried_anchor: Option<Span>,
    /// The objects that this one stands for, where it is one of several.
    pub(super) origins: Vec<ObjectId>,
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

impl<'m> OptionsObject<'m> {
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
    pub(super) fn take(&mut self, other: &Self) {
        let writes = other.writes.iter().cloned();
        writes.for_each(|write| self.write(write));
        self.source = other.source.clone().or(self.source.take());
        self.rest_unknown = other.rest_unknown.clone().or(self.rest_unknown.take());
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

    /// What holds whichever of two values it is.
    pub(super) fn join(&self, other: &Self, sides: &BranchDifference<'_>) -> Self {
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
        joined
    }

    /// A value that stands for one of two others.
    pub(super) fn as_one_of(
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

pub(super) type OptionsHeap<'m> = BTreeMap<ObjectId, Rc<OptionsObject<'m>>>;

/// Objects of both branches; those of one branch only are reached by no other.
pub(super) fn join_options<'m>(
    mut ours: OptionsHeap<'m>,
    theirs: OptionsHeap<'m>,
    sides: &BranchDifference<'_>,
) -> OptionsHeap<'m> {
    for (id, object) in theirs {
        let joined = match ours.remove(&id) {
            Some(own) if Rc::ptr_eq(&own, &object) => own,
            Some(own) => Rc::new(own.join(&object, sides)),
            None => object,
        };
        ours.insert(id, joined);
    }
    ours
}
