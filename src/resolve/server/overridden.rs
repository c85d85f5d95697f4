//! Lines that a person wrote and that do nothing, since another part of the same configuration says
//! otherwise: a file under arguments, a ConfigMap under a field of an operator.
//!
//! A line that takes effect in one server is not dead, whatever overrides it elsewhere. Lines of one
//! part that repeat each other are left to [`directive`](crate::resolve::directive).

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::fact_path::DirectiveFact;
use crate::facts::raw::{LineForm, RawLine};
use crate::facts::{Cause, Datum, FactValue, Strength, Subject};
use crate::knowledge::servers::{RepeatRule, ServerSeries};
use crate::resolve::config_transcript::{ConfigStep, ConfigTranscript};
use crate::source::Span;

/// What was seen of all servers of a universe.
#[derive(Default)]
pub(super) struct OverriddenLines {
    /// By the place of the line that lost: the value that counts.
    lost: BTreeMap<Span, FactValue>,
    /// Lines that some server runs with, or that may count.
    alive: BTreeSet<Span>,
}

/// A line that assigns a directive of which the last assignment counts.
struct PartLine<'a> {
    part: usize,
    line: &'a RawLine,
    strength: Strength,
}

impl OverriddenLines {
    /// Takes in a server.
    pub(super) fn add(
        &mut self,
        transcript: &ConfigTranscript<'_>,
        is_secret: &dyn Fn(&str) -> bool,
    ) {
        let Some(first) = transcript.series.first() else {
            return;
        };
        let mut assigning: BTreeMap<&str, Vec<PartLine<'_>>> = BTreeMap::new();
        for step in &transcript.steps {
            let ConfigStep::Line {
                line,
                strength,
                part,
            } = *step
            else {
                continue;
            };
            let name = line.words.first();
            let directive = name.and_then(|name| first.directive(&name.text));
            let Some(directive) = directive
                .filter(|d| d.repeat == RepeatRule::LastWins && takes(line, transcript.series))
            else {
                self.alive.insert(line.span);
                continue;
            };
            let lines = assigning.entry(&directive.name).or_default();
            lines.push(PartLine {
                part,
                line,
                strength,
            });
        }
        for lines in assigning.values() {
            self.judge(lines, transcript, is_secret);
        }
    }

    fn judge(
        &mut self,
        lines: &[PartLine<'_>],
        transcript: &ConfigTranscript<'_>,
        is_secret: &dyn Fn(&str) -> bool,
    ) {
        let Some((winner, losers)) = lines.split_last() else {
            return;
        };
        self.alive.insert(winner.line.span);
        for loser in losers {
            let replaced = match loser.part == winner.part {
                true => Ok(false),
                false => differ(loser.line, winner.line, transcript),
            };
            let value = match replaced {
                Ok(true) => {
                    let args = winner
                        .line
                        .words
                        .iter()
                        .take(winner.line.argument_count)
                        .skip(1);
                    let args: Vec<&str> = args.map(|word| word.text.as_str()).collect();
                    let text = Datum::Text(args.join(" "));
                    let mut value = FactValue::set(text, winner.line.span)
                        .with_strength(winner.strength.min(loser.strength));
                    let name = winner.line.words.first();
                    value.secret = name.is_some_and(|name| is_secret(&name.text))
                        || winner.line.looks_secret();
                    value
                }
                Ok(false) => {
                    self.alive.insert(loser.line.span);
                    continue;
                }
                Err(reason) => FactValue::unknown(reason.clone()),
            };
            self.lost.entry(loser.line.span).or_insert(value);
        }
    }

    /// The fact, on every line that takes effect in no server.
    pub(super) fn put(&self, directives: &mut [Subject]) {
        for subject in directives {
            if self.alive.contains(&subject.anchor) {
                continue;
            }
            if let Some(value) = self.lost.get(&subject.anchor) {
                subject.put(DirectiveFact::OverriddenBy, value.clone());
            }
        }
    }
}

/// The running server refuses to change what can be set at the start only.
fn takes(line: &RawLine, series: &[&ServerSeries]) -> bool {
    let settable = |series: &&ServerSeries| {
        let directive = line.words.first().and_then(|w| series.directive(&w.text));
        directive.is_some_and(|directive| directive.mutable)
    };
    line.form != LineForm::Runtime || series.iter().all(settable)
}

/// Whether two lines do not say the same to every plausible series.
fn differ(a: &RawLine, b: &RawLine, transcript: &ConfigTranscript<'_>) -> Result<bool, Cause> {
    let mut words_of_both = a.words.iter().chain(&b.words);
    if let Some(reason) = words_of_both.find_map(|word| word.unresolved.clone()) {
        return Err(reason);
    }
    let mut read = transcript.alone(a).zip(transcript.alone(b));
    Ok(read.all(|(a, b)| a.datum.is_some() && b.datum.is_some() && a.datum != b.datum))
}
