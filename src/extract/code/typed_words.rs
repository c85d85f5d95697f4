//! What a front end of a language with declared names and types says: what the files of a package
//! import, and what the language's own names mean.

use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use super::form::{CodeFile, ExpressionId, FunctionForm, LiteralForm};
use super::options::ImportedLibrary;
use crate::facts::cause::Cause;
use crate::facts::edit_target::{EditTarget, FieldStyle, TextEncoding};
use crate::facts::raw::ConstValue;
use crate::knowledge::clients::LibraryModel;
use crate::knowledge::languages::{DeadlineCalls, FallbackTag, FlagPackage, SettingsPackage};
use crate::source::{Excerpt, Span};

/// What an imported name stands for.
#[derive(Clone, Debug)]
pub(in crate::extract) enum ImportedName<'m> {
    Library(Rc<ImportedLibrary<'m>>),
    /// Any other package, by its path.
    Other(String),
}

/// What the names of a file stand for that it imports.
#[derive(Debug, Default)]
pub(in crate::extract) struct FileNames<'m> {
    pub(in crate::extract) imports: BTreeMap<String, ImportedName<'m>>,
    /// Libraries whose names need no prefix here.
    pub(in crate::extract) dots: Vec<Rc<ImportedLibrary<'m>>>,
    pub(in crate::extract) is_test: bool,
    /// All of the file, where bodies of functions are left out of what was parsed.
    pub(in crate::extract) whole: Option<Excerpt>,
}

impl<'m> FileNames<'m> {
    /// The path of the package that a name stands for, unless it is a client library.
    pub(in crate::extract) fn other_package(&self, ident: &str) -> Option<&str> {
        match self.imports.get(ident)? {
            ImportedName::Other(path) => Some(path),
            ImportedName::Library(_) => None,
        }
    }

    /// The paths of what it imports beside client libraries.
    pub(in crate::extract) fn other_packages(&self) -> impl Iterator<Item = &str> {
        self.imports.values().filter_map(|import| match import {
            ImportedName::Other(path) => Some(path.as_str()),
            ImportedName::Library(_) => None,
        })
    }

    pub(in crate::extract) fn library(&self, ident: &str) -> Option<&Rc<ImportedLibrary<'m>>> {
        match self.imports.get(ident)? {
            ImportedName::Library(library) => Some(library),
            ImportedName::Other(_) => None,
        }
    }

    /// The client libraries that this file names.
    pub(in crate::extract) fn libraries(&self) -> impl Iterator<Item = &Rc<ImportedLibrary<'m>>> {
        let imported = self.imports.values().filter_map(|import| match import {
            ImportedName::Library(library) => Some(library),
            ImportedName::Other(_) => None,
        });
        imported.chain(&self.dots)
    }

    /// The models of those libraries.
    pub(super) fn candidates(&self) -> impl Iterator<Item = &'m LibraryModel> {
        self.libraries().flat_map(|l| l.candidates.iter().copied())
    }

    pub(in crate::extract) fn names_a_library(&self) -> bool {
        self.libraries().next().is_some()
    }
}

/// What a call of the language's own packages does.
pub(in crate::extract) enum StandardCall {
    /// It gives these values.
    Gives(Vec<ConstValue>),
    /// Nothing behind it runs.
    Ends,
}

/// What only a language says: what its own names mean, and how its code is written.
pub(in crate::extract) trait TypedWords {
    /// How a piece of code is named where its value is not known. Never shows a literal that could
    /// hold a secret.
    fn quote(&self, code: &CodeFile, id: ExpressionId) -> Cause;
    fn encoding(&self, names: &FileNames<'_>) -> TextEncoding;
    /// Where and how a field would be added to a literal.
    fn field_style(&self, _: &CodeFile, _: &LiteralForm) -> Option<(Span, FieldStyle)> {
        None
    }
    /// Where a statement about `receiver` would be written behind these bytes.
    fn statement_slot(
        &self,
        _: &CodeFile,
        _: Range<usize>,
        _: &str,
        _: TextEncoding,
    ) -> EditTarget {
        EditTarget::None
    }
    /// Whether a type of a package is the one of durations.
    fn is_duration(&self, _: &str, _: &str) -> bool {
        false
    }
    /// What a variable of such a type is that is given no value.
    fn zero_of(&self, _: &str) -> Option<ConstValue> {
        None
    }
    fn constant(&self, _: &str, _: &str) -> Option<ConstValue> {
        None
    }
    /// A call of one of the language's own functions that need no package.
    fn builtin(&self, _: &str, _: &[ConstValue]) -> Option<ConstValue> {
        None
    }
    /// The builtin that makes a value of the type that it is given, and the one that ends the function.
    fn makes_value(&self, _: &str) -> bool {
        false
    }
    fn panics(&self, _: &str) -> bool {
        false
    }
    /// The builtin that adds to a list.
    fn appends(&self, _: &str) -> bool {
        false
    }
    /// A call into a package of the language, with its arguments as far as they are plain.
    fn standard_call(&self, _: &str, _: &str, _: &[ConstValue]) -> Option<StandardCall> {
        None
    }
    /// The text of a value of this type.
    fn parse_as(&self, _: &str, _: &str) -> Option<ConstValue> {
        None
    }
    /// What a name that code reads settings by makes of a default.
    fn read_setting(&self, _: &str, _: ConstValue) -> Option<ConstValue> {
        None
    }
    /// The package whose calls read the environment.
    fn reads_environment(&self, _: &str) -> bool {
        false
    }
    /// A package of a project, none of the language's own.
    fn is_outside(&self, _: &str) -> bool {
        false
    }
    fn is_entry(&self, _: &str) -> bool {
        false
    }
    fn starts(&self, _: &str) -> bool {
        false
    }
    /// A parameter of the function is a request.
    fn serves(&self, _: &FileNames<'_>, _: &FunctionForm) -> bool {
        false
    }
    /// What the file imports, only tests and their helpers do.
    fn supports_tests(&self, _: &CodeFile, _: &FileNames<'_>) -> bool {
        false
    }
    fn deadlines(&self) -> &'static [DeadlineCalls] {
        &[]
    }
    fn fallback_tags(&self) -> &'static [FallbackTag] {
        &[]
    }
    fn settings_packages(&self) -> &'static [SettingsPackage] {
        &[]
    }
    fn flag_packages(&self) -> &'static [FlagPackage] {
        &[]
    }
    /// The bytes of a function that is run in place though it deals in no options.
    fn short_function(&self) -> usize {
        0
    }
}
