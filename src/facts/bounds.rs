//! How much one file may give: no configuration that is really used comes near these bounds. They
//! keep time and memory in a fixed relation to the input, since a server costs far more than the line
//! that makes it.
//!
//! What is left out is reported as a problem of the file, and a text that was cut is not whole.

use std::collections::BTreeSet;

use crate::facts::cause::Cause;
use crate::facts::raw::{ConfPart, RawFacts, RawLine, RawText};
use crate::source::{FileId, Span};

/// Servers, and texts that may be servers of their own, of one file.
pub const MAX_SERVERS: usize = 500;
/// Bytes of one configuration text.
pub const MAX_BYTES: usize = 1 << 20;
/// Lines of one text.
const MAX_LINES: usize = 5_000;
/// Words on the command line of one server: as many options with a value as a text may have lines.
const MAX_ARGUMENTS: usize = 2 * MAX_LINES;
/// Words of all lines of one text together.
const MAX_WORDS: usize = 50_000;

impl RawFacts {
    /// The facts of files within bounds.
    pub fn within_bounds(mut self) -> Self {
        let mut reported = BTreeSet::new();
        let before = (self.servers.len(), self.texts.len());
        if self.extents.is_empty() && (before.0 > MAX_SERVERS || before.1 > MAX_SERVERS) {
            let file = self.a_file();
            self.servers.truncate(MAX_SERVERS);
            self.texts.truncate(MAX_SERVERS);
            let why = format!("it holds more than {MAX_SERVERS} servers or configuration texts");
            reported
                .extend(file.map(|file| (file, format!("{why}; only the first ones were read"))));
        }
        for text in &mut self.texts {
            let is_cut = text.unresolved.contains(&Cause::TooLong);
            if cut_text(text) || is_cut {
                reported.insert((text.excerpt.file(), too_long(&text.name)));
            }
        }
        for server in &mut self.servers {
            if cut_arguments(&mut server.conf) {
                reported.insert((server.anchor.file, too_long(&server.name)));
            }
            if server.conf.iter().any(is_filled_too_long) {
                let why = format!("the command of {}: {}", server.name, Cause::FilledTooLong);
                reported.insert((server.anchor.file, why));
            }
        }
        let problems = reported.into_iter();
        self.problems
            .extend(problems.map(|(file, why)| (Span::new(file, 0, 0), why)));
        self
    }

    /// A file that some of the facts are from.
    pub fn a_file(&self) -> Option<FileId> {
        let of_servers = self.servers.first().map(|server| server.anchor.file);
        let of_texts = self.texts.first().map(|text| text.excerpt.file());
        let of_clients = self.clients.first().map(|client| client.anchor.file);
        of_servers.or(of_texts).or(of_clients)
    }
}

fn too_long(name: &str) -> String {
    format!("{name} is longer than {MAX_LINES} lines or {MAX_BYTES} bytes; the rest was not read")
}

fn cut_text(text: &mut RawText) -> bool {
    let is_cut = cut(&mut text.lines);
    if is_cut {
        text.unresolved.push(Cause::TooMany("has more lines"));
    }
    is_cut
}

fn cut_arguments(parts: &mut Vec<ConfPart>) -> bool {
    let mut is_cut = false;
    for part in parts.iter_mut() {
        match part {
            ConfPart::Lines(lines) => is_cut |= cut(lines),
            ConfPart::Arguments { words, .. } => {
                is_cut |= words.len() > MAX_ARGUMENTS;
                words.truncate(MAX_ARGUMENTS);
            }
            _ => {}
        }
    }
    if is_cut {
        parts.push(ConfPart::NotVisible {
            reason: Cause::TooMany("has more arguments"),
            at: None,
        });
    }
    is_cut
}

/// Whether variables in a part expand to more text than is filled in.
fn is_filled_too_long(part: &ConfPart) -> bool {
    match part {
        ConfPart::Arguments { words, .. } => words
            .iter()
            .any(|word| word.unresolved == Some(Cause::FilledTooLong)),
        ConfPart::NotVisible { reason, .. } => *reason == Cause::FilledTooLong,
        _ => false,
    }
}

/// Leaves out what is beyond the bounds.
fn cut(lines: &mut Vec<RawLine>) -> bool {
    let before = lines.len();
    let mut words = 0;
    let within = lines.iter().take(MAX_LINES).take_while(|line| {
        words += line.words.len();
        words <= MAX_WORDS
    });
    let kept = within.count();
    lines.truncate(kept);
    kept < before
}
