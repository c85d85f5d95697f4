//! What a line means beside the other lines of its server: refused together with another one, or
//! without effect while another setting stands.

use crate::facts::raw::RawLine;
use crate::facts::{Cause, Datum, FactValue};
use crate::resolve::config_transcript::{ConfigTranscript, LineConflict};
use crate::resolve::directive::LineJudge;
use crate::resolve::line;

/// Two lines that are refused together, as facts of the one that is named or would be taken away.
pub(in crate::resolve) struct ConflictFacts {
    /// What the server prints, `none` where it takes the line.
    pub(in crate::resolve) conflict: FactValue,
    pub(in crate::resolve) with: Option<FactValue>,
    pub(in crate::resolve) consequence: Option<&'static str>,
}

impl ConflictFacts {
    /// Whether the line is refused together with another one.
    pub(in crate::resolve) fn of(line: &RawLine, transcript: &ConfigTranscript<'_>) -> Self {
        let conflicts = || transcript.conflicts(line);
        let (conflict, with, consequence) = match conflicts().flatten().next() {
            None => (none(line), None, None),
            Some(LineConflict::Unknown(reason)) => (FactValue::unknown(reason.clone()), None, None),
            Some(LineConflict::Refused {
                other,
                other_text,
                refusal,
            }) => {
                let refuses = |found| matches!(found, Some(&LineConflict::Refused { .. }));
                let error = match conflicts().all(refuses) {
                    true => FactValue::set(Datum::Text(refusal.error.clone()), line.span),
                    false => FactValue::unknown(Cause::version()),
                };
                let with = FactValue::set(Datum::Text(other_text.clone()), *other);
                (error, Some(with), Some(refusal.consequence()))
            }
        };
        Self {
            conflict,
            with,
            consequence,
        }
    }
}

fn none(line: &RawLine) -> FactValue {
    FactValue::set(Datum::Text("none".to_owned()), line.span)
}

impl LineJudge<'_> {
    /// Why a line that is fine by itself has no effect; `none` where it has one.
    pub(super) fn idle_because(&self, line: &RawLine, name: &str) -> FactValue {
        let need = self
            .directive(name)
            .and_then(|d| self.servers.need(&d.name));
        let (Some(need), Some(series)) = (need, self.transcript.series.first()) else {
            return none(line);
        };
        if self.is_default(line, name) {
            return none(line);
        }
        let (Some(value), Some(directive)) =
            (self.effective.get(&need.on), series.directive(&need.on))
        else {
            return none(line);
        };
        let Some(datum) = value.known_datum() else {
            return FactValue::unknown(Cause::DirectiveNotKnown(need.on.clone()));
        };
        let shown = line::format_config_get(directive, Some(datum));
        if shown != need.idle {
            return none(line);
        }
        let why = format!("`{}` is {shown}", need.on);
        FactValue::set(Datum::Text(why), line.span)
    }

    /// Every plausible series has the written value by itself.
    fn is_default(&self, line: &RawLine, name: &str) -> bool {
        let series = self.transcript.series.iter();
        let mut read = series.zip(self.transcript.alone(line));
        read.all(|(series, reading)| {
            let directive = series.directive(name);
            directive.is_none_or(|directive| reading.datum == line::default_of(directive))
        })
    }
}
