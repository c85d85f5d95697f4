//! From text to what the stages run on: rule packs, settings, each validated and typed, with a place
//! for every mistake.
//!
//! Reads no files: the caller hands in texts.

pub mod apply;
pub mod rules;
pub mod settings;

use crate::policy::RuleMistake;
use crate::source::Span;

/// A mistake in one of redvet's own inputs: a rule file, a setting. Nothing is checked with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadError {
    pub span: Span,
    pub message: String,
    pub help: Option<String>,
}

impl LoadError {
    pub fn new(span: Span, message: impl Into<String>) -> Self {
        Self {
            span,
            message: message.into(),
            help: None,
        }
    }

    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl From<RuleMistake> for LoadError {
    fn from(mistake: RuleMistake) -> Self {
        Self {
            span: mistake.span,
            message: mistake.message,
            help: mistake.help,
        }
    }
}
