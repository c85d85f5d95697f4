//! What becomes of the errors of calls that give options: dropped, bound and never looked at, checked.

use crate::extract::code::interpreter::CodeInterpreter;
use crate::extract::code::options::ErrorId;
use crate::extract::code::package::ErrorUse;
use crate::source::Span;

impl CodeInterpreter<'_, '_> {
    pub(super) fn new_error(&mut self) -> ErrorId {
        self.typed.errors.push(ErrorUse::default());
        ErrorId(self.typed.errors.len() - 1)
    }

    fn each_error(&mut self, errors: &[ErrorId], mut note: impl FnMut(&mut ErrorUse)) {
        for error in errors {
            if let Some(fate) = self.typed.errors.get_mut(error.0) {
                note(fate);
            }
        }
    }

    /// Something is not looked at: it may check any error.
    pub(super) fn mark_errors_unknown(&mut self) {
        for fate in &mut self.typed.errors {
            fate.lost = true;
        }
    }

    pub(super) fn error_checked(&mut self, errors: &[ErrorId]) {
        self.each_error(errors, |fate| fate.checked = true);
    }

    pub(super) fn error_lost(&mut self, errors: &[ErrorId]) {
        self.each_error(errors, |fate| fate.lost = true);
    }

    pub(super) fn error_discarded(&mut self, errors: &[ErrorId], at: Span) {
        self.each_error(errors, |fate| {
            fate.discarded = true;
            fate.span = Some(at);
        });
    }

    pub(super) fn error_bound(&mut self, errors: &[ErrorId], at: Span) {
        self.each_error(errors, |fate| {
            fate.bound = true;
            fate.span.get_or_insert(at);
        });
    }
}
