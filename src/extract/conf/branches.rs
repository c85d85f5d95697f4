//! Which lines of a templated text stand in its conditions and loops.
//!
//! Whether such a line is there is not known: what stands in a text that a template makes was decided
//! before where values decide it. Of a directive that is written in a condition and elsewhere, the
//! template chooses a line: none is known to hold, and none replaces another.

use std::collections::BTreeSet;

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

    /// Lines that the template may leave out, and others of the same directives, are not known to hold.
    pub(super) fn mark_alternatives(self, lines: &mut [RawLine]) {
        let name = |line: &RawLine| Some(line.words.first()?.text.to_ascii_lowercase());
        let inside = self.inside.iter().filter_map(|index| lines.get(*index));
        let chosen: BTreeSet<String> = inside.filter_map(name).collect();
        let is_chosen = |line: &RawLine| name(line).is_some_and(|name| chosen.contains(&name));
        lines
            .iter_mut()
            .filter(|line| is_chosen(line))
            .for_each(hide);
    }
}

fn hide(line: &mut RawLine) {
    for word in line.words.iter_mut().skip(1) {
        let reason = || Cause::Alternative;
        word.unresolved.get_or_insert_with(reason);
    }
}
