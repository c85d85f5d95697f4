//! A key that is written twice in a mapping which a server is read from: its manifest, its values, or the
//! object that holds its configuration.

use crate::facts::fact_path::ServerFact;
use crate::facts::{Cause, FactValue, Subject};
use crate::resolve::server::ServerResolver;
use crate::source::Span;

/// What the fact says where no key is written twice.
const NONE: &str = "none";

impl ServerResolver<'_> {
    pub(super) fn put_duplicate_key(&self, subject: &mut Subject) {
        let texts = self.read_texts().into_iter();
        let texts = texts.map(|index| self.raw.texts[index].excerpt.span_all());
        let places: Vec<Span> = std::iter::once(self.anchor()).chain(texts).collect();
        let holds = |region: &Span, place: &Span| {
            region.file == place.file && region.start <= place.start && place.end <= region.end
        };
        let duplicates = self.raw.duplicate_keys.iter().filter(|duplicate| {
            let mut regions = duplicate.regions.iter();
            regions.any(|region| places.iter().any(|place| holds(region, place)))
        });
        // One that is certain says more than one that a condition may decide.
        match duplicates.min_by_key(|duplicate| duplicate.may_be_branches) {
            Some(duplicate) if duplicate.may_be_branches => {
                let why = Cause::Template("may write only one of two keys");
                let unknown = FactValue::unknown(why).with_anchor_when_unset(self.anchor());
                subject.put(ServerFact::DuplicateKey, unknown);
            }
            Some(duplicate) => {
                let at = |span| FactValue::set(duplicate.key.clone(), span);
                subject.put(ServerFact::DuplicateKey, at(duplicate.earlier));
                subject.put(ServerFact::DuplicateKeyLast, at(duplicate.later));
            }
            None => {
                let none = FactValue::from_derived(NONE).with_anchor_when_unset(self.anchor());
                subject.put(ServerFact::DuplicateKey, none);
            }
        }
    }
}
