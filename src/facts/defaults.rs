//! Which values are defaults of a chart or of a role: what a deployment gets that says nothing else.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::value::{Explicitness, FactValue};
use crate::source::{FileId, Span};

/// The templates that were filled in with their chart's own values.
#[derive(Clone, Debug, Default)]
pub struct ChartDefaults {
    /// By template: the places that were filled in, in order.
    filled: BTreeMap<FileId, Vec<Span>>,
    /// The files that the values stand in.
    values: BTreeSet<FileId>,
}

impl ChartDefaults {
    /// Why a default is not all that may be.
    pub const REASON: &'static str =
        "it is a default of the chart or the role, and a deployment may be given something else";

    pub fn add(&mut self, template: FileId, filled: Vec<Span>, values: &[FileId]) {
        self.filled.entry(template).or_default().extend(filled);
        self.values.extend(values);
    }

    /// A file of named templates: what stands in it is written, and what values put into it is not.
    pub fn add_helper(&mut self, file: FileId) {
        self.filled.entry(file).or_default();
    }

    pub fn absorb(&mut self, other: Self) {
        for (file, filled) in other.filled {
            self.filled.entry(file).or_default().extend(filled);
        }
        self.values.extend(other.values);
    }

    pub fn is_empty(&self) -> bool {
        self.filled.is_empty()
    }

    /// A subject that is read from one of these files is as the chart's values make it.
    pub fn concern(&self, files: &[FileId]) -> bool {
        files.iter().any(|file| self.filled.contains_key(file))
    }

    /// Whether a value of such a subject is a default: it stands among the chart's values or where one
    /// was filled in, or it is not written.
    pub fn hold(&self, value: &FactValue) -> bool {
        match value.span() {
            Some(span) => self.is_filled(span),
            None => value.written != Explicitness::Yes,
        }
    }

    fn is_filled(&self, span: Span) -> bool {
        if self.values.contains(&span.file) {
            return true;
        }
        let Some(filled) = self.filled.get(&span.file) else {
            return false;
        };
        let next = filled.partition_point(|one| one.end <= span.start);
        filled.get(next).is_some_and(|one| one.start < span.end)
    }
}
