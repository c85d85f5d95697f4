//! What redvet says of a name that its server does not know: the known names that may have been meant
//! for, and the versions and flavors that do know it.

use crate::facts::Subject;
use crate::facts::fact_path::DirectiveFact;
use crate::facts::raw::RawLine;
use crate::knowledge::servers::ServerSeries;
use crate::resolve::directive::{LineJudge, put_text};

impl LineJudge<'_> {
    /// Known names near an unknown one, the nearest first, each with how many slips away it is.
    fn near(&self, name: &str) -> Vec<(usize, &str)> {
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
        near
    }

    pub(super) fn put_candidates(&self, subject: &mut Subject, line: &RawLine, name: &str) {
        let near = self.near(name);
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
        let known = self.servers.find_knowing_series(name).into_iter();
        let known: Vec<String> = known
            .map(|(first, last)| ServerSeries::range(first, last))
            .collect();
        put_text(
            subject,
            DirectiveFact::KnownTo,
            Some(known.join(" and ")),
            line,
        );
        if let Some(later) = self.servers.next_to_know(own, name) {
            let since = later.first_release();
            put_text(subject, DirectiveFact::KnownSince, Some(since), line);
        } else if let Some((_, last)) = self.servers.history(&own.flavor, name) {
            let text = format!("after {}", last.name());
            put_text(subject, DirectiveFact::RemovedIn, Some(text), line);
        }
    }

    /// Whether exactly one known name is one slip away: then no release without a table is
    /// needed to explain the name.
    pub(super) fn is_a_slip(&self, name: &str) -> bool {
        matches!(&self.near(name)[..], [(1, _), rest @ ..] if rest.iter().all(|(far, _)| *far > 1))
    }
}
