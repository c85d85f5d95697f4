//! What Rust says of figures and of the functions that calls are counted through; the rest is
//! `code::concurrency`.

use crate::extract::code::concurrency::ConcurrencyWords;
use crate::extract::code::form::{CodeExpressionForm, ExpressionId};
use crate::extract::code::seen::SeenCode;
use crate::extract::code::value::FileAt;
use crate::extract::rust::package::RustPackageItems;
use crate::extract::rust::{standard, words};
use crate::facts::cause::Cause;
use crate::facts::raw::ConstValue;

/// Through how many constants a figure is followed.
const MAX_PASSES: usize = 8;

/// The figures and functions of a package.
pub(super) struct RustFigures<'p, 't> {
    pub(super) declared: &'p RustPackageItems<'t>,
}

impl<'t> RustFigures<'_, 't> {
    /// A literal or a constant.
    pub(super) fn value_of(&self, file: FileAt, id: ExpressionId) -> ConstValue {
        let found = self.find_value((file, id), 0);
        found.unwrap_or_else(|| ConstValue::Unknown(self.quote(file, id).in_marks()))
    }

    fn find_value(&self, (file, id): (FileAt, ExpressionId), passes: usize) -> Option<ConstValue> {
        let outline = self.declared.outline(file);
        let id = outline.bare(id);
        match outline.form(id) {
            CodeExpressionForm::Constant(value) => Some(value.clone()),
            CodeExpressionForm::List(items) => {
                Some(ConstValue::List(vec![ConstValue::Nil; items.len()]))
            }
            CodeExpressionForm::Name(name) | CodeExpressionForm::Member(_, name)
                if passes < MAX_PASSES && !name.contains(char::is_lowercase) =>
            {
                // Of two constants of one name neither counts.
                match self.constants(name)[..] {
                    [constant] => self.find_value(constant, passes + 1),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn constants(&self, name: &str) -> Vec<(FileAt, ExpressionId)> {
        let files = self.declared.naming(name).unwrap_or_default().into_iter();
        let values = files.flat_map(|file| {
            let outline = self.declared.outline(file);
            let whole = 0..outline.file.excerpt.text().len();
            let values = outline.declared_within(name, &whole).into_iter();
            values.flatten().map(move |value| (file, value))
        });
        values.collect()
    }

    /// How a piece of code is named where its value is not known.
    pub(super) fn quote(&self, file: FileAt, id: ExpressionId) -> Cause {
        words::quote(self.declared.file(file), id)
    }
}

impl ConcurrencyWords for RustFigures<'_, '_> {
    fn figure(&mut self, file: FileAt, id: ExpressionId) -> ConstValue {
        self.value_of(file, id)
    }

    fn cause(&self, file: FileAt, id: ExpressionId) -> Cause {
        let outline = self.declared.outline(file);
        match outline.as_call(id).map(|call| outline.form(call.callee)) {
            Some(CodeExpressionForm::Member(_, name) | CodeExpressionForm::Name(name)) => {
                Cause::Expression(name.clone())
            }
            _ => self.quote(file, id),
        }
    }

    fn starts(&self, method: &str) -> bool {
        standard::runs_beside(method)
    }

    fn repeats(&self, method: &str) -> bool {
        standard::runs_for_each(method)
    }

    fn starts_calls(&self) -> bool {
        true
    }

    fn is_entry(&self, name: &str) -> bool {
        name == "main"
    }
}
