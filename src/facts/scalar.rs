//! A single value of a file before it has a type. Its meaning depends on its field and is left to the caller.

use crate::facts::cause::Cause;
use crate::facts::edit_target::EditTarget;
use crate::source::Span;

/// A scalar as it is written in a file.
#[derive(Clone, Debug, PartialEq)]
pub struct RawScalar {
    /// The text, or why it cannot be known (a template hole, a variable).
    pub text: Result<String, Cause>,
    pub span: Span,
    pub slot: EditTarget,
}

impl RawScalar {
    pub fn known_text(&self) -> Option<&str> {
        self.text.as_deref().ok()
    }
}

/// One word of a command.
#[derive(Clone, Debug, PartialEq)]
pub struct ArgWord {
    pub text: String,
    pub span: Span,
    /// Its text is not what the server gets.
    pub unresolved: Option<Cause>,
    /// Where it could be written anew.
    pub slot: EditTarget,
}
