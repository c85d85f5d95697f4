//! Named templates of charts: `define` in one file, `include` and `template` in any other. Here they are
//! found by name; what a call comes to is worked out by the filler of templates.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use super::MOST_ACTIONS;
use super::blocks::{self, TemplateBlockKind};
use crate::source::{Excerpt, FileId};
use crate::syntax::template;

/// The templates of a chart and of what comes with it, by name: all of them share their names.
#[derive(Debug, Default)]
pub struct NamedTemplates(BTreeMap<String, Option<Excerpt>>);

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
        let parts = match ranges.len() > MOST_ACTIONS {
            true => None,
            false => blocks::parts(text, &ranges),
        };
        for part in parts.iter().flatten() {
            let end = part.block.as_ref().and_then(|block| block.plain_end());
            let name = part.code.split(['"', '`']).nth(1);
            if let (TemplateBlockKind::Define, Some(name), Some(end)) = (part.kind, name, end) {
                let end = ranges.get(end).map_or(part.range.end, |range| range.end);
                let body = file.slice(part.range.start..end);
                let known = self.0.entry(name.to_owned());
                known
                    .and_modify(|other| {
                        other.take_if(|other| other.text() != body.text());
                    })
                    .or_insert(Some(body));
            }
        }
    }

    /// The files that they stand in.
    pub(super) fn files(&self) -> Vec<FileId> {
        let files: BTreeSet<FileId> = self.0.values().flatten().map(Excerpt::file).collect();
        files.into_iter().collect()
    }

    /// The text of a template from its `define` to its `end`.
    pub(super) fn get(&self, name: &str) -> Option<&Excerpt> {
        self.0.get(name)?.as_ref()
    }
}

/// What calls may still cost while one file is filled in: each may call others many times.
#[derive(Debug, Default)]
pub(super) struct CallBudget {
    calls: Cell<usize>,
    depth: Cell<usize>,
    /// Actions looked at and bytes written by all of them.
    spent: Cell<usize>,
}

/// Calls of one file, and how deep they call each other.
const MOST_CALLS: usize = 1_000;
const DEEPEST: usize = 16;
const MOST_SPENT: usize = 2 * 1024 * 1024;

impl CallBudget {
    /// Begins a call; nothing where it would be one too many.
    pub(super) fn enter(&self) -> Option<()> {
        let (calls, depth) = (self.calls.get(), self.depth.get());
        let fits = calls < MOST_CALLS && depth < DEEPEST && self.spent.get() < MOST_SPENT;
        self.calls.set(calls + usize::from(fits));
        self.depth.set(depth + usize::from(fits));
        fits.then_some(())
    }

    /// Ends one that was begun, and says what it cost.
    pub(super) fn leave(&self, cost: usize) {
        self.spent.set(self.spent.get().saturating_add(cost));
        self.depth.set(self.depth.get().saturating_sub(1));
    }
}
