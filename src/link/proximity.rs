//! Chooses between several objects with the same name: objects rendered by one kustomization belong
//! together, then the nearest file wins. Objects of different environments are never linked.

use crate::facts::Strength;
use crate::facts::raw::RawFacts;
use crate::facts::tree;
use crate::source::{Sources, Span, path};

/// Nearer than any number of shared folders.
const SAME_FOLDER: usize = usize::MAX - 1;

/// What tells places apart.
pub(super) struct Locations<'a> {
    pub(super) raw: &'a RawFacts,
    pub(super) sources: &'a Sources,
    /// Words that name an environment in a path: `staging`, `production`.
    pub(super) environments: &'a [String],
}

/// What a name comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NameChoice {
    None,
    One(usize, Strength),
    /// So many, and nothing to tell them apart.
    Many(usize),
    /// Only another environment has it.
    Elsewhere,
}

/// Where a thing stands: in a file, and perhaps among what one kustomization makes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Location {
    pub(super) at: Span,
    pub(super) extent: Option<usize>,
}

impl Locations<'_> {
    pub(super) fn text(&self, index: usize) -> Location {
        Location {
            at: self.raw.texts[index].excerpt.span_all(),
            extent: self.raw.find_scope(index, |scope| &scope.texts),
        }
    }

    pub(super) fn server(&self, index: usize) -> Location {
        Location {
            at: self.raw.servers[index].anchor,
            extent: self.raw.find_scope(index, |scope| &scope.servers),
        }
    }

    pub(super) fn service(&self, index: usize) -> Location {
        Location {
            at: self.raw.services[index].span,
            extent: self.raw.find_scope(index, |scope| &scope.services),
        }
    }

    pub(super) fn workload(&self, index: usize) -> Location {
        Location {
            at: self.raw.workloads[index].anchor,
            extent: self.raw.find_scope(index, |scope| &scope.workloads),
        }
    }

    /// The place of a thing's environment in the list: that of what makes it, else of its file.
    pub(super) fn environment_of(&self, spot: Location) -> Option<usize> {
        match spot.extent {
            Some(extent) => self.environment(&self.raw.extents[extent].dir),
            None => self.environment(self.sources.path(spot.at)),
        }
    }

    /// Whether two things can meet: not in the results of two kustomizations.
    pub(super) fn together(one: Location, other: Location) -> bool {
        match (one.extent, other.extent) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        }
    }

    /// The text that is meant from a spot, of those that have the name.
    pub(super) fn choose(&self, from: Location, named: &[usize]) -> NameChoice {
        let spots: Vec<(usize, Location)> = named.iter().map(|i| (*i, self.text(*i))).collect();
        let mut found = self.in_reach(from, spots);
        found.dedup_by_key(|(_, spot)| spot.at);
        if found.is_empty() {
            return NameChoice::None;
        }
        found.retain(|(_, spot)| {
            from.extent.is_some_and(|e| spot.extent == Some(e)) || !self.apart(from.at, spot.at)
        });
        let closest = found
            .iter()
            .map(|(_, spot)| self.closeness(from.at, spot.at))
            .max();
        let several = found.len() > 1;
        found.retain(|(_, spot)| Some(self.closeness(from.at, spot.at)) == closest);
        match &found[..] {
            [] => NameChoice::Elsewhere,
            // In one folder there is no doubt; further away another one might have been meant.
            [(index, _)] if several && closest < Some(SAME_FOLDER) => {
                NameChoice::One(*index, Strength::Assumed)
            }
            [(index, _)] => NameChoice::One(*index, Strength::Certain),
            many => NameChoice::Many(many.len()),
        }
    }

    /// Its own kustomization's things, if it has any of the name; else those of no kustomization;
    /// else all.
    fn in_reach(&self, from: Location, spots: Vec<(usize, Location)>) -> Vec<(usize, Location)> {
        let of = |extent: Option<usize>| -> Vec<(usize, Location)> {
            let spots = spots.iter().filter(|(_, spot)| spot.extent == extent);
            spots.copied().collect()
        };
        let own = of(from.extent);
        if from.extent.is_some() && !own.is_empty() {
            return own;
        }
        let plain = of(None);
        if !plain.is_empty() || from.extent.is_some() {
            return plain;
        }
        spots
    }

    /// Two paths that name different environments where they part.
    pub(super) fn apart(&self, one: Span, other: Span) -> bool {
        let (one, other) = (self.sources.path(one), self.sources.path(other));
        tree::apart(one, other, self.environments)
    }

    /// The place of a folder's environment in the list, the last one that it names.
    pub(super) fn environment(&self, dir: &str) -> Option<usize> {
        let words = dir.split(|c: char| !c.is_ascii_alphanumeric());
        let mut known = words.filter_map(|word| {
            let same = |e: &String| e.eq_ignore_ascii_case(word);
            self.environments.iter().position(same)
        });
        known.next_back()
    }

    /// How near two places are: the same file, then by the folders that they share.
    fn closeness(&self, one: Span, other: Span) -> usize {
        if one.file == other.file {
            return usize::MAX;
        }
        let (one, other) = (
            path::folder(self.sources.path(one)),
            path::folder(self.sources.path(other)),
        );
        if one == other {
            return SAME_FOLDER;
        }
        let parts = one.split('/').zip(other.split('/'));
        parts.take_while(|(a, b)| a == b).count()
    }

    pub(super) fn in_one_folder(&self, one: Span, other: Span) -> bool {
        path::folder(self.sources.path(one)) == path::folder(self.sources.path(other))
    }
}
