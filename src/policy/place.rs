//! The locations a rule can refer to: where a fact is written or would be written, or a subject as
//! a whole.

use crate::facts::value::Datum;
use crate::policy::names::{FactReference, SubjectPath};
use crate::policy::outcome::CelValue;
use crate::policy::param;
use crate::policy::scope::SubjectScope;
use crate::source::Span;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum FindingPlace {
    Fact(FactReference),
    Subject(SubjectPath),
}

impl FindingPlace {
    /// Where it is, if it has a place of its own.
    pub(super) fn find(&self, scope: &SubjectScope<'_>, vars: &[CelValue]) -> Option<Span> {
        match self {
            Self::Fact(fact) => scope.place(fact, vars),
            Self::Subject(path) => Some(scope.subject_at(path, vars)?.0.anchor),
        }
    }

    /// Where it is written, if it is.
    pub(super) fn written_span(&self, scope: &SubjectScope<'_>, vars: &[CelValue]) -> Option<Span> {
        match self {
            Self::Fact(fact) => scope.value(fact, vars)?.0?.span(),
            Self::Subject(_) => self.find(scope, vars),
        }
    }

    /// The fact's name, for fingerprints.
    pub(super) fn about(&self) -> String {
        match self {
            Self::Fact(fact) => fact.display_name().to_owned(),
            Self::Subject(_) => String::new(),
        }
    }

    /// The value that stands there, as one normalised word or text, for fingerprints.
    pub(super) fn value_class(&self, scope: &SubjectScope<'_>) -> String {
        let Self::Fact(fact) = self else {
            return String::new();
        };
        let value = scope.value(fact, &[]).and_then(|(value, _)| value);
        match value {
            Some(value) if value.secret => "secret".to_owned(),
            Some(value) => value
                .known_datum()
                .map_or_else(|| "unseen".to_owned(), normalize_datum),
            None => "absent".to_owned(),
        }
    }
}

/// A datum without the unit that it happens to be written in.
fn normalize_datum(datum: &Datum) -> String {
    match datum.as_number() {
        Some(number) => number.to_string(),
        None => param::show(datum),
    }
}
