//! Determines which nodes could be changed or extended by template actions on lines of their own.
//!
//! An action belongs to the innermost enclosing collection whose entries are not indented deeper
//! than the output of the action. An action directly after a key without a value belongs to that
//! value, and so does a condition around it that ends before the next entry. Actions are found by
//! [`template`](crate::syntax::template).

use crate::syntax::template::ActionLine;

/// What the actions of a collection can do to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OwnActions {
    None,
    /// Decide whether entries that stand there are there.
    Conditions,
    /// Write entries that do not stand there.
    Writing,
}

pub(super) struct ActionSpans<'a> {
    lines: &'a [ActionLine],
    /// How many of the lines were passed.
    passed: usize,
    /// Those of them that no node has claimed yet.
    unclaimed: Vec<ActionLine>,
}

impl<'a> ActionSpans<'a> {
    pub(super) fn new(lines: &'a [ActionLine]) -> Self {
        Self {
            lines,
            passed: 0,
            unclaimed: Vec::new(),
        }
    }

    /// The actions that the collection that ends here, with its entries at this column, has of its
    /// own. Inner collections end first and so claim theirs first.
    /// The items of a list may stand at the column of the key above it: what decides about the next key
    /// is not the list's.
    pub(super) fn open(
        &mut self,
        from: usize,
        end: usize,
        column: usize,
        is_list: bool,
    ) -> OwnActions {
        self.pass(end);
        let first = self.unclaimed.partition_point(|action| action.at < from);
        let inside = self.unclaimed.split_off(first);
        let (outer, own): (Vec<_>, Vec<_>) = inside.into_iter().partition(|action| {
            action.column < column || is_list && action.before_key && action.column == column
        });
        self.unclaimed.extend(outer);
        match own.iter().any(|action| action.writes) {
            true => OwnActions::Writing,
            false if own.is_empty() => OwnActions::None,
            false => OwnActions::Conditions,
        }
    }

    /// Whether an action writes the value that is missing at `at`, in a collection whose entries
    /// stand at this column.
    pub(super) fn replace(&mut self, text: &str, at: usize, column: usize) -> bool {
        self.pass(at);
        let mut from = at;
        let mut replaces = false;
        // Conditions that stand deeper than the entries and end before the next one are the value's own.
        let mut deeper: Vec<ActionLine> = Vec::new();
        while let Some(action) = self.lines.get(self.passed) {
            if !is_blank(text.get(from..action.at)) {
                break;
            }
            from = action.at;
            self.passed += 1;
            if action.writes && action.column >= column {
                replaces = true;
            }
            if !action.writes && action.column > column {
                deeper.push(*action);
            } else if !action.writes || action.column <= column {
                self.unclaimed.push(*action);
            }
        }
        if !replaces || !is_balanced(text, &deeper) {
            self.unclaimed.extend(deeper);
            self.unclaimed.sort_by_key(|action| action.at);
        }
        replaces
    }

    fn pass(&mut self, end: usize) {
        while let Some(action) = self.lines.get(self.passed)
            && action.at < end
        {
            self.unclaimed.push(*action);
            self.passed += 1;
        }
    }
}

fn is_blank(text: Option<&str>) -> bool {
    text.is_some_and(|text| text.trim().is_empty())
}

/// Whether every condition among these actions ends among them.
fn is_balanced(text: &str, actions: &[ActionLine]) -> bool {
    let mut depth = 0_i32;
    for action in actions {
        let code = text.get(action.at..).unwrap_or_default();
        let code = code
            .trim_start_matches(|c: char| matches!(c, '{' | '%' | '-' | '+') || c.is_whitespace());
        let end = code
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(code.len());
        match &code[..end] {
            "if" | "with" | "range" | "for" | "block" | "define" => depth += 1,
            "end" | "endif" | "endfor" | "endblock" => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return false;
        }
    }
    depth == 0
}
