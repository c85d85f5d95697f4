//! Configuration that a server's deployment never reads, as subjects of its own: they have a name, a
//! value and the reason, and nothing that other rules judge.

use crate::facts::fact_path::DirectiveFact;
use crate::facts::raw::{RawHeld, TextPlace};
use crate::facts::{Related, Subject, SubjectKind, Value};
use crate::resolve::server::Resolver;

impl Resolver<'_> {
    pub(super) fn unread(&self, server: &Related) -> Vec<Subject> {
        let unread = self.deployed.iter().flat_map(|server| &server.unread);
        unread
            .filter(|found| found.held.as_ref().is_none_or(|held| self.is_text(held)))
            .map(|found| {
                let label = format!("{}: {}", self.name(), found.name);
                let path = self.knowledge.sources.path(found.span);
                let mut subject = Subject::new(SubjectKind::Directive, label, path, found.span);
                let text = |text: &str| {
                    Value::set(text.to_owned(), found.span).with_strength(found.strength)
                };
                subject.put(DirectiveFact::Name, text(&found.name));
                let why = match &found.why {
                    Ok(why) => text(why),
                    Err(reason) => Value::unknown(reason.clone()),
                };
                subject.put(DirectiveFact::NotRead, why);
                subject.server = Some(server.clone());
                subject
            })
            .collect()
    }

    /// Whether the tree holds it as a text of configuration.
    fn is_text(&self, held: &RawHeld) -> bool {
        let wanted = &held.object;
        self.raw.texts.iter().any(|text| {
            let TextPlace::Key { object, key } = &text.place else {
                return false;
            };
            let same_namespace = match (&object.namespace, &wanted.namespace) {
                (Some(a), Some(b)) => a == b,
                _ => true,
            };
            let named = object.kind == wanted.kind && object.name == wanted.name;
            let meant = held.key.as_ref().is_none_or(|wanted| wanted == key);
            named && same_namespace && meant && text.recognised && !text.foreign
        })
    }
}
