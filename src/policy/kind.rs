//! The kinds of expressions: a type with its unit, a list, a subject, or anything.

use std::sync::Arc;

use crate::facts::estate::SubjectKind;
use crate::facts::vocabulary::FactType;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum ExpressionKind {
    Of(FactType),
    /// A text that is always one of these words.
    Word(Arc<[String]>),
    List(Box<ExpressionKind>),
    /// A related subject, through a macro's variable.
    Subject(SubjectKind),
    /// Not known when the rule loads: items of a fact that is a list, and what follows a mistake.
    Any,
}

/// A literal number and what is computed without a unit fits every unit.
pub(super) const NUMBER: ExpressionKind = ExpressionKind::Of(FactType::Number);
pub(super) const BOOL: ExpressionKind = ExpressionKind::Of(FactType::Bool);
pub(super) const TEXT: ExpressionKind = ExpressionKind::Of(FactType::Text);

impl ExpressionKind {
    pub(super) fn of(ty: FactType) -> Self {
        match ty {
            FactType::List => Self::List(Box::new(Self::Any)),
            ty => Self::Of(ty),
        }
    }

    /// The kind of a fact that may be these words only; a list of texts without any.
    pub(super) fn of_fact(ty: FactType, words: &[&str]) -> Self {
        let text = if words.is_empty() {
            TEXT
        } else {
            Self::Word(words.iter().map(|word| (*word).to_owned()).collect())
        };
        match ty {
            FactType::Text => text,
            FactType::List => Self::List(Box::new(text)),
            ty => Self::Of(ty),
        }
    }

    /// The words that it may be, where they are few; of a list, its items.
    pub(super) fn words(&self) -> Option<&[String]> {
        match self {
            Self::Word(words) => Some(words),
            Self::List(item) => item.words(),
            _ => None,
        }
    }

    /// A text that is `yes` or `no`, as configuration has it.
    pub(super) fn is_switch(&self) -> bool {
        matches!(self, Self::Word(words) if words.iter().any(|word| word == "yes"))
    }

    pub(super) fn is_numeric(&self) -> bool {
        matches!(self, Self::Of(ty) if ty.is_numeric()) || *self == Self::Any
    }

    pub(super) fn is(&self, ty: FactType) -> bool {
        match self {
            Self::Any => true,
            Self::Word(_) => ty == FactType::Text,
            own => *own == Self::Of(ty),
        }
    }

    /// The unit, for sizes, durations and cores.
    pub(super) fn unit(&self) -> Option<FactType> {
        match self {
            Self::Of(ty @ (FactType::Size | FactType::Duration | FactType::Cores)) => Some(*ty),
            _ => None,
        }
    }

    /// Two numbers that may be multiplied and divided by each other.
    pub(super) fn same_unit(&self, other: &Self) -> bool {
        match (self.unit(), other.unit()) {
            (Some(one), Some(two)) => one == two,
            _ => true,
        }
    }

    /// Two numbers that may be compared, added or subtracted: a count or a share is neither so many
    /// bytes nor so many seconds.
    pub(super) fn measures_alike(&self, other: &Self) -> bool {
        let counts = |kind: &Self| matches!(kind, Self::Of(FactType::Int | FactType::Ratio));
        let measures =
            |kind: &Self| matches!(kind.unit(), Some(FactType::Size | FactType::Duration));
        self.same_unit(other)
            && !(counts(self) && measures(other))
            && !(measures(self) && counts(other))
    }

    /// The kind of a sum: the unit of whichever part has one.
    pub(super) fn join(&self, other: &Self) -> Self {
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
            _ if self.is_numeric() && other.is_numeric() => self.measures_alike(other),
            _ if self.is(FactType::Text) => other.is(FactType::Text),
            _ => self == other,
        }
    }

    /// The word with its article.
    pub(super) fn with_article(&self) -> String {
        let word = match self {
            Self::Of(FactType::Cores) => format!("number of {}", self.as_str()),
            _ => self.as_str().to_owned(),
        };
        let an = word.starts_with(['a', 'e', 'i', 'o', 'u']);
        format!("{} {word}", if an { "an" } else { "a" })
    }

    pub(super) fn as_str(&self) -> &'static str {
        match self {
            Self::Of(ty) => ty.as_str(),
            Self::Word(_) => FactType::Text.as_str(),
            Self::List(_) => "list",
            Self::Subject(kind) => kind.as_str(),
            Self::Any => "anything",
        }
    }
}
