//! What is told of a name that its server does not know: the known names that it may have been meant
//! for, and the versions and flavors that do know it.

use crate::facts::Subject;
use crate::facts::fact_path::DirectiveFact;
use crate::facts::raw::RawLine;
use crate::knowledge::servers::Series;
use crate::resolve::directive::{Judge, put_text};

impl Judge<'_> {
    /// Known names near an unknown one.
    pub(super) fn put_candidates(&self, subject: &mut Subject, line: &RawLine, name: &str) {
        let wanted = name.to_ascii_lowercase();
        let mut near: Vec<(usize, &str)> = self
            .transcript
            .series
            .iter()
            .flat_map(|series| series.directives())
            // Names of very different lengths are far apart, and comparing costs the product of both.
            .filter(|directive| directive.name.len().abs_diff(wanted.len()) <= 3)
            .map(|directive| {
                (
                    strsim::damerau_levenshtein(&directive.name, &wanted),
                    directive.name.as_str(),
                )
            })
            .filter(|(distance, _)| *distance <= 3 && *distance * 3 <= wanted.len())
            .collect();
        near.sort_unstable();
        near.dedup();
        if let [(1, only), rest @ ..] = &near[..]
            && rest.iter().all(|(distance, _)| *distance > 1)
        {
            put_text(subject, DirectiveFact::Suggestion, Some(*only), line);
        }
        let names: Vec<_> = near
            .iter()
            .take(3)
            .map(|(_, name)| format!("`{name}`"))
            .collect();
        if !names.is_empty() {
            put_text(
                subject,
                DirectiveFact::Candidates,
                Some(names.join(", ")),
                line,
            );
        }
    }

    /// Since when and until when this flavor knows a name that the version does not, who else knows
    /// it, and the name that stands for it here.
    pub(super) fn put_history(&self, subject: &mut Subject, line: &RawLine, name: &str) {
        let Some(own) = self.transcript.series.first() else {
            return;
        };
        let replacement = self.servers.replacement(own, name);
        put_text(subject, DirectiveFact::Replacement, replacement, line);
        let known: Vec<String> = self.servers.known_to(name).into_iter().map(range).collect();
        put_text(
            subject,
            DirectiveFact::KnownTo,
            Some(known.join(" and ")),
            line,
        );
        let Some((from, to)) = self.servers.history(&own.flavor, name) else {
            return;
        };
        if from.number() > own.number() {
            put_text(subject, DirectiveFact::KnownSince, Some(from.name()), line);
        }
        if to.number() < own.number() {
            let text = format!("after {}", to.name());
            put_text(subject, DirectiveFact::RemovedIn, Some(text), line);
        }
    }
}

/// `redis 6.0 to 6.2`
fn range((from, to): (&Series, &Series)) -> String {
    if from.series == to.series {
        return from.name();
    }
    format!("{} to {}", from.name(), to.series)
}
