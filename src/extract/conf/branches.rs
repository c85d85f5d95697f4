//! Which lines of a templated text stand in its conditions and loops.
//!
//! Of a directive that is written in several of them, or in one of them and elsewhere, the template
//! chooses a line: none is known to hold, and none replaces another. A single line is taken as it is.

use std::collections::BTreeMap;

use crate::facts::Cause;
use crate::facts::raw::RawLine;

/// How templates begin an action.
const OPENINGS: [&str; 4] = ["{{", "{%", "%{", "<%"];
/// What begins a condition or a loop, in the languages of templates that people use.
const BEGINS: [&str; 7] = ["if", "unless", "for", "range", "with", "case", "foreach"];

/// The conditions and loops that are open at a line, and the lines that stand in one.
#[derive(Debug, Default)]
pub(super) struct OpenBranches {
    depth: usize,
    inside: Vec<usize>,
}

impl OpenBranches {
    /// Goes over a line of actions.
    pub(super) fn pass(&mut self, line: &str) {
        let starts = OPENINGS
            .iter()
            .flat_map(|opening| line.match_indices(opening))
            .map(|(at, opening)| at + opening.len());
        let mut starts: Vec<usize> = starts.collect();
        starts.sort_unstable();
        for start in starts {
            let action = line[start..].trim_start_matches(['-', '~', '+', ' ', '\t']);
            let is_part = |c: char| c.is_ascii_alphabetic();
            let end = action.find(|c| !is_part(c)).unwrap_or(action.len());
            match &action[..end] {
                word if BEGINS.contains(&word) => self.depth += 1,
                word if word.starts_with("end") => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
    }

    /// Goes over a line of the text.
    pub(super) fn take(&mut self, index: usize) {
        if self.depth > 0 {
            self.inside.push(index);
        }
    }

    /// Lines of one directive that the template chooses between are not known to hold.
    pub(super) fn mark_alternatives(self, lines: &mut [RawLine]) {
        if self.inside.is_empty() {
            return;
        }
        let mut places = BTreeMap::<String, Vec<usize>>::new();
        for (index, line) in lines.iter().enumerate() {
            if let Some(name) = line.words.first() {
                let name = name.text.to_ascii_lowercase();
                places.entry(name).or_default().push(index);
            }
        }
        for places in places.into_values().filter(|places| places.len() > 1) {
            if places
                .iter()
                .any(|index| self.inside.binary_search(index).is_ok())
            {
                places.iter().for_each(|index| hide(&mut lines[*index]));
            }
        }
    }
}

fn hide(line: &mut RawLine) {
    for word in line.words.iter_mut().skip(1) {
        let reason = || Cause::Alternative;
        word.unresolved.get_or_insert_with(reason);
    }
}
