//! Lines that a person wrote and that do nothing, since another part of the same configuration says
//! otherwise: a file under arguments, a ConfigMap under a field of an operator.
//!
//! A line that some server still lives by is no dead line, whatever replaces it elsewhere. Lines of one
//! part that repeat each other are the business of [`directive`](crate::resolve::directive).

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::raw::{LineForm, RawLine};
use crate::facts::{Cause, Datum, Strength, Subject, Value};
use crate::knowledge::servers::language::Build;
use crate::knowledge::servers::{Repeat, Series};
use crate::resolve::conf::Step;
use crate::resolve::line;
use crate::source::Span;

/// What was seen of all servers of a universe.
#[derive(Default)]
pub(super) struct Overridden {
    /// By the place of the line that lost: the value that counts.
    lost: BTreeMap<Span, Value>,
    /// Lines that some server runs with, or that may count.
    alive: BTreeSet<Span>,
}

/// The words of a line that count, and where it stands.
struct Spoken<'a> {
    part: usize,
    line: &'a RawLine,
    strength: Strength,
}

impl Overridden {
    /// Takes in a server: its steps by part, as each plausible series reads them.
    pub(super) fn add(
        &mut self,
        parts: &[Vec<Step<'_>>],
        (series, build): (&[&Series], Build),
        is_secret: &dyn Fn(&str) -> bool,
    ) {
        let Some(first) = series.first() else { return };
        let mut spoken: BTreeMap<&str, Vec<Spoken<'_>>> = BTreeMap::new();
        for (part, steps) in parts.iter().enumerate() {
            for step in steps {
                let Step::Line { line, strength } = step else {
                    continue;
                };
                let Some(directive) = line.words.first().and_then(|w| first.directive(&w.text))
                else {
                    self.alive.insert(line.span);
                    continue;
                };
                if directive.repeat != Repeat::LastWins || !takes(line, series) {
                    self.alive.insert(line.span);
                    continue;
                }
                let strength = *strength;
                let said = spoken.entry(&directive.name).or_default();
                said.push(Spoken {
                    part,
                    line,
                    strength,
                });
            }
        }
        for lines in spoken.values() {
            self.judge(lines, (series, build), is_secret);
        }
    }

    fn judge(
        &mut self,
        lines: &[Spoken<'_>],
        series: (&[&Series], Build),
        is_secret: &dyn Fn(&str) -> bool,
    ) {
        let Some((winner, losers)) = lines.split_last() else {
            return;
        };
        self.alive.insert(winner.line.span);
        for loser in losers {
            let replaced = match loser.part == winner.part {
                true => Ok(false),
                false => differ(loser.line, winner.line, series),
            };
            match replaced {
                Ok(true) => {}
                Ok(false) => {
                    self.alive.insert(loser.line.span);
                    continue;
                }
                Err(reason) => {
                    let value = Value::unknown(reason.clone());
                    self.lost.entry(loser.line.span).or_insert(value);
                    continue;
                }
            }
            let text = arguments(winner.line).join(" ");
            let mut value = Value::set(Datum::Text(text), winner.line.span)
                .with_strength(winner.strength.min(loser.strength));
            value.secret = winner
                .line
                .words
                .first()
                .is_some_and(|w| is_secret(&w.text));
            self.lost.entry(loser.line.span).or_insert(value);
        }
    }

    /// The fact, on every line that no server lives by.
    pub(super) fn put(&self, directives: &mut [Subject]) {
        for subject in directives {
            if self.alive.contains(&subject.anchor) {
                continue;
            }
            if let Some(value) = self.lost.get(&subject.anchor) {
                subject.put("overridden_by", value.clone());
            }
        }
    }
}

/// The running server refuses to change what can be set at the start only.
fn takes(line: &RawLine, series: &[&Series]) -> bool {
    let settable = |series: &&Series| {
        let directive = line.words.first().and_then(|w| series.directive(&w.text));
        directive.is_some_and(|directive| directive.mutable)
    };
    line.form != LineForm::Runtime || series.iter().all(settable)
}

fn arguments(line: &RawLine) -> Vec<&str> {
    let args = line.words.iter().take(line.meant).skip(1);
    args.map(|word| word.text.as_str()).collect()
}

/// Whether two lines do not say the same to every plausible series.
fn differ(a: &RawLine, b: &RawLine, (series, build): (&[&Series], Build)) -> Result<bool, Cause> {
    let mut words_of_both = a.words.iter().chain(&b.words);
    if let Some(reason) = words_of_both.find_map(|word| word.hole.clone()) {
        return Err(reason);
    }
    let datum = |series: &Series, line: &RawLine| {
        let name = line.words.first()?;
        line::read_on(series, build, &name.text, &arguments(line)).datum
    };
    let all = series
        .iter()
        .all(|series| match (datum(series, a), datum(series, b)) {
            (Some(a), Some(b)) => a != b,
            _ => false,
        });
    Ok(all)
}
