//! A text in which variables of the deployment were filled in, with the way back to the file and the
//! parts that are not known. Which variables there are, and how they are written, is left to the
//! caller.

use std::cell::Cell;
use std::ops::Range;

use crate::facts::Cause;
use crate::source::Excerpt;

/// How much text variables may still put in place of themselves. One that holds two of another, and
/// so on, doubles with each line: without a bound a few hundred bytes take all memory.
#[derive(Debug)]
pub struct FillBudget(Cell<usize>);

impl FillBudget {
    /// For the command line and the environment of one process: far more than anyone writes, and a
    /// configuration that a variable holds still fits.
    pub fn of_process() -> Self {
        Self(Cell::new(16 << 10))
    }

    /// For all that one file fills in.
    pub fn of_file() -> Self {
        Self(Cell::new(512 << 10))
    }

    /// Takes room for so many bytes, if there is any.
    pub fn admit(&self, bytes: usize) -> Result<(), Cause> {
        let left = self.0.get().checked_sub(bytes);
        left.map(|left| self.0.set(left))
            .ok_or(Cause::FilledTooLong)
    }
}

/// A text with its variables filled in. What is not known stays in it as it is written.
#[derive(Clone, Debug)]
pub struct InterpolatedText {
    excerpt: Excerpt,
    /// Which parts are not what the reader gets, and why; in order.
    unknown: Vec<(Range<usize>, Cause)>,
    /// Something was filled in: the file spells it differently.
    changed: bool,
}

impl InterpolatedText {
    /// A text that holds no variables.
    pub fn plain(excerpt: Excerpt) -> Self {
        Self {
            excerpt,
            unknown: Vec::new(),
            changed: false,
        }
    }

    pub fn new(excerpt: Excerpt, unknown: Vec<(Range<usize>, Cause)>, changed: bool) -> Self {
        Self {
            excerpt,
            unknown,
            changed,
        }
    }

    /// A text of which nothing is known but where it stands.
    pub fn from_hidden(excerpt: Excerpt, reason: Cause) -> Self {
        let all = 0..excerpt.text().len();
        Self::new(excerpt, vec![(all, reason)], true)
    }

    pub fn text(&self) -> &str {
        self.excerpt.text()
    }

    pub fn excerpt(&self) -> &Excerpt {
        &self.excerpt
    }

    pub fn is_changed(&self) -> bool {
        self.changed
    }

    /// Why a part is not known, if it is not. An empty range touches what it stands in or beside.
    pub fn placeholder(&self, range: &Range<usize>) -> Option<&Cause> {
        let touches = |(part, _): &&(Range<usize>, Cause)| {
            part.start < range.end.max(range.start + 1)
                && range.start < part.end.max(part.start + 1)
        };
        self.unknown.iter().find(touches).map(|(_, reason)| reason)
    }

    /// The whole text, or why it is not known.
    pub fn known_text(&self) -> Result<&str, Cause> {
        match self.unknown.first() {
            Some((_, reason)) => Err(reason.clone()),
            None => Ok(self.text()),
        }
    }

    /// A part of the text.
    pub fn slice(&self, range: Range<usize>) -> Self {
        let inside = |(part, reason): &(Range<usize>, Cause)| {
            let start = part.start.max(range.start);
            let end = part.end.min(range.end);
            (start < end || part.is_empty() && start == end)
                .then(|| (start - range.start..end - range.start, reason.clone()))
        };
        Self {
            excerpt: self.excerpt.slice(range.clone()),
            unknown: self.unknown.iter().filter_map(inside).collect(),
            changed: self.changed,
        }
    }

    /// Another text that a part of this one stands for: a word without its quotes.
    pub fn respell(&self, text: &str, range: Range<usize>) -> Self {
        let mut builder = self.excerpt.builder();
        builder.push_as(text, range.clone());
        let unknown = self
            .placeholder(&range)
            .map(|reason| (0..text.len(), reason.clone()));
        Self {
            excerpt: builder.finish_at(range.start),
            unknown: unknown.into_iter().collect(),
            changed: true,
        }
    }
}
