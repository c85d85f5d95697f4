//! Configuration that a server's deployment never reads, as subjects of its own: they have a name, a
//! value and the reason, and nothing that other rules judge.

use crate::facts::fact_path::DirectiveFact;
use crate::facts::raw::{RawHeld, TextPlace};
use crate::facts::{FactValue, RelatedSubject, Subject, SubjectKind};
use crate::resolve::server::ServerResolver;

impl ServerResolver<'_> {
    pub(super) fn unread(&self, server: &RelatedSubject) -> Vec<Subject> {
        let unread = self.deployed.iter().flat_map(|server| &server.unread);
        unread
            .filter(|found| found.held.as_ref().is_none_or(|held| self.is_text(held)))
            .map(|found| {
                let label = format!("{}: {}", self.name(), found.name);
                let path = self.knowledge.sources.path(found.span);
                let mut subject = Subject::new(SubjectKind::Directive, label, path, found.span);
                let text = |text: &str| {
                    FactValue::set(text.to_owned(), found.span).with_strength(found.strength)
                };
                subject.put(DirectiveFact::Name, text(&found.name));
                let why = match &found.why {
                    Ok(why) => text(why),
                    Err(reason) => FactValue::unknown(reason.clone()),
                };
                subject.put(DirectiveFact::NotRead, why);
                subject.server = Some(server.clone());
                subject
            })
            .collect()
    }

    /// Whether the tree holds it as a text of configuration.
    fn is_text(&self, held: &RawHeld) -> bool {
        let mut texts = self.raw.texts.iter();
        texts.any(|text| held.is_at(&text.place) && text.recognised && !text.foreign)
    }

    /// Whether a server is shown a text that it never reads: another finding says so.
    pub(super) fn is_shown_unread(&self, place: &TextPlace) -> bool {
        let mut unread = self.raw.servers.iter().flat_map(|server| &server.unread);
        unread.any(|found| found.held.as_ref().is_some_and(|held| held.is_at(place)))
    }
}
