//! What is wrong in `redvet.toml`: mistakes with their places, and how each is worded. Which values are
//! wrong is for the forms and tables.

use std::ops::Range;

use toml::de::DeValue;

use super::Spanned;
use crate::nearest::nearest;
use crate::policy::RuleMistake;
use crate::source::{FileId, Span};

/// A value as the parser gives it, with its place.
pub(super) type Written<'a> = toml::Spanned<DeValue<'a>>;

pub(super) const LIST: &str = "a list";
pub(super) const TABLE: &str = "a table";

/// The mistakes of a file.
pub(super) struct Mistakes {
    pub(super) file: FileId,
    pub(super) errors: Vec<RuleMistake>,
}

impl Mistakes {
    pub(super) fn span(&self, at: Range<usize>) -> Span {
        Span::new(self.file, at.start, at.end)
    }

    pub(super) fn with_span<T>(&self, value: T, at: Range<usize>) -> Spanned<T> {
        let span = self.span(at);
        Spanned { value, span }
    }

    pub(super) fn add(&mut self, at: Range<usize>, message: String, help: Option<String>) {
        let span = self.span(at);
        self.errors.push(RuleMistake {
            span,
            message,
            help,
        });
    }

    /// A word that is not known: the nearest one, else all that there are.
    pub(super) fn unknown(
        &mut self,
        at: Range<usize>,
        message: String,
        word: &str,
        known: &[&str],
        what: &str,
    ) {
        let help = match nearest(word, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("{what}: {}", known.join(", ")),
        };
        self.add(at, message, Some(help));
    }

    /// A value that has not the form of its key: nothing is read, always `None`.
    pub(super) fn wrong<T>(
        &mut self,
        name: &str,
        expected: &str,
        value: &Written<'_>,
    ) -> Option<T> {
        let found = match value.get_ref() {
            DeValue::String(text) => format!("\"{text}\""),
            DeValue::Integer(number) => number.as_str().to_owned(),
            DeValue::Float(number) => number.as_str().to_owned(),
            DeValue::Boolean(flag) => flag.to_string(),
            DeValue::Datetime(date) => date.to_string(),
            DeValue::Array(_) => LIST.to_owned(),
            DeValue::Table(_) => TABLE.to_owned(),
        };
        // One item alone is the usual slip.
        let is_item = value.get_ref().is_str() && expected == LIST;
        let help = is_item.then(|| format!("write `{name} = [{found}]`"));
        let message = format!("`{name}` must be {expected}, not {found}");
        self.add(value.span(), message, help);
        None
    }
}

/// A key that is read: its name, and the table that it stands in as people see it.
pub(super) struct SettingKey<'a> {
    pub(super) name: &'a str,
    pub(super) title: &'a str,
}
