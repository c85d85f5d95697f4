//! Named templates of charts: `define` in one file, `include` and `template` in any other. Here they are
//! found by name; what a call comes to is worked out by the filler of templates.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::MAX_ACTIONS;
use super::blocks::{self, TemplateBlockKind};
use crate::source::{Excerpt, FileId};
use crate::syntax::template;

/// The templates of a chart and of what comes with it, by name: all of them share their names.
#[derive(Debug, Default)]
pub struct NamedTemplates(BTreeMap<String, Option<NamedTemplate>>);

/// One of them.
#[derive(Debug)]
pub(super) struct NamedTemplate {
    /// Its text from its `define` to its `end`.
    pub(super) body: Excerpt,
    /// Where the actions of the body stand in it: found once, as it may be called often.
    pub(super) actions: Vec<Range<usize>>,
}

impl NamedTemplates {
    /// Those that the files define. A name that is defined twice is not known to mean either.
    pub fn new<'e>(files: impl IntoIterator<Item = &'e Excerpt>) -> Self {
        let mut found = Self::default();
        for file in files {
            found.add(file);
        }
        found
    }

    fn add(&mut self, file: &Excerpt) {
        let text = file.text();
        let ranges = template::actions(text);
        let parts = match ranges.len() > MAX_ACTIONS {
            true => None,
            false => blocks::parts(text, &ranges),
        };
        for (index, part) in parts.iter().flatten().enumerate() {
            let end = part.block.as_ref().and_then(|block| block.plain_end());
            let name = part.code.split(['"', '`']).nth(1);
            if let (TemplateBlockKind::Define, Some(name), Some(end)) = (part.kind, name, end) {
                let own = ranges.get(index..=end).unwrap_or_default();
                let (start, end) = (part.range.start, own.last().map_or(0, |last| last.end));
                let body = file.slice(start..end.max(part.range.end));
                let actions = own.iter().map(|own| own.start - start..own.end - start);
                let template = NamedTemplate {
                    body,
                    actions: actions.collect(),
                };
                let known = self.0.entry(name.to_owned());
                known
                    .and_modify(|other| {
                        other.take_if(|other| other.body.text() != template.body.text());
                    })
                    .or_insert(Some(template));
            }
        }
    }

    /// The files that they stand in.
    pub(super) fn files(&self) -> Vec<FileId> {
        let templates = self.0.values().flatten();
        let files: BTreeSet<FileId> = templates.map(|template| template.body.file()).collect();
        files.into_iter().collect()
    }

    /// The template of a name.
    pub(super) fn get(&self, name: &str) -> Option<&NamedTemplate> {
        self.0.get(name)?.as_ref()
    }
}

/// What calls may still cost while one file is filled in: each may call others many times.
#[derive(Debug, Default)]
pub(super) struct CallBudget {
    calls: Cell<usize>,
    depth: Cell<usize>,
    /// Bytes of bodies, actions looked at and bytes written by all of them.
    spent: Cell<usize>,
}

/// Calls of one file, and how deep they call each other.
const MAX_CALLS: usize = 1_000;
const MAX_DEPTH: usize = 16;
pub(super) const MAX_SPENT: usize = 2 * 1024 * 1024;

impl CallBudget {
    /// Begins a call of a body of so many bytes, which are paid before any of them is looked at;
    /// nothing where it would be one too many.
    pub(super) fn enter(&self, length: usize) -> Option<()> {
        let (calls, depth) = (self.calls.get(), self.depth.get());
        let spent = self.spent.get().saturating_add(length);
        if calls >= MAX_CALLS || depth >= MAX_DEPTH || spent > MAX_SPENT {
            return None;
        }
        self.calls.set(calls + 1);
        self.depth.set(depth + 1);
        self.spent.set(spent);
        Some(())
    }

    /// Ends one that was begun, and says what it cost beside its body.
    pub(super) fn leave(&self, cost: usize) {
        self.spent.set(self.spent.get().saturating_add(cost));
        self.depth.set(self.depth.get().saturating_sub(1));
    }
}
