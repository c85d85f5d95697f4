//! The kinds of expressions: a type with its unit, a list, a subject, or anything.

use crate::facts::estate::SubjectKind;
use crate::facts::vocabulary::Type;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Of(Type),
    List(Box<Kind>),
    /// A related subject, through a macro's variable.
    Subject(SubjectKind),
    /// Not known when the rule loads: items of a fact that is a list, and what follows a mistake.
    Any,
}

/// A literal number and what is computed without a unit fits every unit.
pub(super) const NUMBER: Kind = Kind::Of(Type::Number);
pub(super) const BOOL: Kind = Kind::Of(Type::Bool);
pub(super) const TEXT: Kind = Kind::Of(Type::Text);

impl Kind {
    pub(super) fn of(ty: Type) -> Self {
        match ty {
            Type::List => Self::List(Box::new(Self::Any)),
            ty => Self::Of(ty),
        }
    }

    pub(super) fn is_numeric(&self) -> bool {
        matches!(self, Self::Of(ty) if ty.is_numeric()) || *self == Self::Any
    }

    pub(super) fn is(&self, ty: Type) -> bool {
        *self == Self::Of(ty) || *self == Self::Any
    }

    /// The unit, for sizes, durations and cores.
    pub(super) fn unit(&self) -> Option<Type> {
        match self {
            Self::Of(ty @ (Type::Size | Type::Duration | Type::Cores)) => Some(*ty),
            _ => None,
        }
    }

    /// Two numbers that may be compared, added or subtracted.
    pub(super) fn same_unit(&self, other: &Self) -> bool {
        match (self.unit(), other.unit()) {
            (Some(one), Some(two)) => one == two,
            _ => true,
        }
    }

    /// The kind of a sum: the unit of whichever part has one.
    pub(super) fn joined(&self, other: &Self) -> Self {
        match (self.unit(), other.unit()) {
            (Some(unit), _) | (None, Some(unit)) => Self::Of(unit),
            (None, None) if self == other => self.clone(),
            (None, None) => NUMBER,
        }
    }

    /// Whether values of both kinds can be equal.
    pub(super) fn comparable(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any, _) | (_, Self::Any) => true,
            (Self::List(one), Self::List(two)) => one.comparable(two),
            _ if self.is_numeric() && other.is_numeric() => self.same_unit(other),
            _ => self == other,
        }
    }

    /// The word with its article.
    pub(super) fn with_article(&self) -> String {
        let word = self.word();
        let an = word.starts_with(['a', 'e', 'i', 'o', 'u']);
        format!("{} {word}", if an { "an" } else { "a" })
    }

    pub(super) fn word(&self) -> String {
        match self {
            Self::Of(ty) => ty.word().to_owned(),
            Self::List(_) => "list".to_owned(),
            Self::Subject(kind) => kind.word().to_owned(),
            Self::Any => "anything".to_owned(),
        }
    }
}
