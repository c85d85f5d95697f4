//! Whether the release that a server runs still gets fixes, and what is known to be wrong with it.
//!
//! The table is knowledge; here it is asked for the version, the image and the day of the check.

use crate::facts::fact_path::ServerFact;
use crate::facts::{Cause, FactValue, Subject, ValueState};
use crate::knowledge::servers::releases::ReleaseSeries;
use crate::resolve::server::ServerResolver;

impl ServerResolver<'_> {
    pub(super) fn put_support(&self, subject: &mut Subject) {
        if self.deployed.is_none() {
            return;
        }
        self.put_frozen(subject);
        let said = |value: &Option<FactValue>| {
            let text = value.as_ref().and_then(FactValue::text);
            text.map(str::to_owned)
        };
        let (Some(flavor), Some(version)) = (said(&self.flavor), said(&self.version)) else {
            let said = self.version.as_ref().or(self.flavor.as_ref());
            let reason = match said.map(|value| &value.state) {
                Some(ValueState::Unknown(reason)) => reason.clone(),
                _ => Cause::version(),
            };
            return put_unsupported(subject, &reason);
        };
        let installed = self.find_installed();
        if installed.is_some_and(|installed| installed.from_distribution) {
            let reason = Cause::Image("its distribution fixes the package that it installs");
            return put_unsupported(subject, &reason);
        }
        let releases = self.knowledge.servers.releases();
        let exact = releases.series_of(&flavor, &version);
        let of_major = |day: &str| releases.ended_series_of(&flavor, &version, day);
        let Some(series) = exact.or_else(|| self.knowledge.today.and_then(of_major)) else {
            return match releases.oldest_after(&flavor, &version) {
                Some(oldest) => self.put_older(subject, &version, oldest),
                // `7` alone, or a release that the table does not have.
                None => put_unsupported(subject, &Cause::version()),
            };
        };
        let name = format!("{flavor} {}", series.number);
        subject.put(ServerFact::SupportSeries, FactValue::from_derived(name));
        subject.put(
            ServerFact::SupportNewest,
            FactValue::from_derived(series.newest.clone()),
        );
        let open = releases.open_vulnerabilities(&flavor, &version);
        if let Some((vulnerability, fix)) = open.first() {
            subject.put(
                ServerFact::VulnerabilityName,
                FactValue::from_derived(vulnerability.name.clone()),
            );
            subject.put(
                ServerFact::VulnerabilityAbout,
                FactValue::from_derived(vulnerability.about.clone()),
            );
            subject.put(
                ServerFact::VulnerabilityFixedIn,
                FactValue::from_derived(*fix),
            );
        }
        let Some(ended) = &series.ended else {
            subject.put(ServerFact::SupportEnded, FactValue::from_derived(false));
            return;
        };
        subject.put(
            ServerFact::SupportUntil,
            FactValue::from_derived(ended.clone()),
        );
        let Some(today) = self.knowledge.today else {
            let unknown = FactValue::unknown(Cause::Server("the day of the check is unknown"));
            subject.put(ServerFact::SupportEnded, unknown);
            return;
        };
        let has_ended = FactValue::from_derived(series.has_ended(today));
        subject.put(ServerFact::SupportEnded, has_ended);
        if let Some(next) = releases.find_supported(series, today) {
            let next = format!("{flavor} {}", next.newest);
            subject.put(ServerFact::SupportSuccessor, FactValue::from_derived(next));
        }
    }

    /// A version before the oldest series that is known: its support ended no later than that one's.
    fn put_older(&self, subject: &mut Subject, version: &str, oldest: &ReleaseSeries) {
        let (Some(today), Some(ended)) = (self.knowledge.today, &oldest.ended) else {
            return put_unsupported(subject, &Cause::version());
        };
        let mut put = |fact, text: String| subject.put(fact, FactValue::from_derived(text));
        put(
            ServerFact::SupportSeries,
            format!("{} {version}", oldest.flavor),
        );
        put(ServerFact::SupportUntil, format!("before {ended}"));
        let releases = self.knowledge.servers.releases();
        if let Some(next) = releases.find_supported(oldest, today) {
            let next = format!("{} {}", next.flavor, next.newest);
            put(ServerFact::SupportSuccessor, next);
        }
        let has_ended = FactValue::from_derived(oldest.has_ended(today));
        subject.put(ServerFact::SupportEnded, has_ended);
    }

    /// An image that its publisher does not renew.
    fn put_frozen(&self, subject: &mut Subject) {
        let Some(Ok(image)) = self.image() else {
            return;
        };
        let releases = self.knowledge.servers.releases();
        let on_hub = self.knowledge.shapes.is_on_hub(&image) && !image.digest;
        let is_it = |tag| {
            let mut frozen = releases.frozen.iter();
            frozen.find(|frozen| on_hub && frozen.holds(&image.repository, tag))
        };
        if let Some(frozen) = is_it(image.tag.as_deref()) {
            subject.put(
                ServerFact::ImageFrozen,
                FactValue::from_derived(frozen.state.clone()),
            );
            if let Some(since) = &frozen.since {
                subject.put(
                    ServerFact::ImageFrozenSince,
                    FactValue::from_derived(since.clone()),
                );
            }
        }
    }
}

/// A version that is not known may be one without fixes, or with a known vulnerability.
fn put_unsupported(subject: &mut Subject, reason: &Cause) {
    for fact in [
        ServerFact::SupportSeries,
        ServerFact::SupportEnded,
        ServerFact::VulnerabilityName,
    ] {
        subject.put(fact, FactValue::unknown(reason.clone()));
    }
}
