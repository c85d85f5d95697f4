//! Code of languages whose names and types are declared: the interpreter's part for options that are
//! values of a library's types, written field by field, by functions or by methods.
//!
//! A front end says what the files of a package import and what the language's own names mean; which
//! calls and types belong to a library is asked of its model. `statements` and `expressions` run code,
//! `calls` enters functions, `literals` and `setters` write options, `literal_clients` finds literals that
//! are clients, `constructors` the calls that build one, `errors` what becomes of errors. `elsewhere`,
//! `types`, `defaults` and `flags` look for values that stand in another place of the package;
//! `client_calls` reads the calls that say something of a client.

mod calls;
mod client_calls;
mod constructors;
mod defaults;
mod elsewhere;
mod errors;
mod expressions;
mod flags;
mod literal_clients;
mod literals;
mod setters;
mod statements;
mod types;

use std::ops::Range;
use std::rc::Rc;

use super::form::{CodeStatement, ExpressionId, FunctionId, StatementForm};
use super::interpreter::{CodeInterpreter, FoundCode};
use super::outline::CodeOutline;
use super::package::TypedPackage;
use super::project::OutlinedProject;
use super::scope::PackageScope;
use super::seen::SeenCode;
use super::typed_words::{FileNames, TypedWords};
use super::value::{CodeValue, FileAt};
use crate::facts::cause::Cause;
use crate::facts::raw::{RawClient, RawClientCall};

/// How many functions deep calls are run in place.
const MAX_INLINE: usize = 4;
/// How many statements are run in place for one function.
const INLINE_STATEMENTS: u32 = 2_000;
/// How many bytes of code may be looked through for what names are declared as.
const LOOKED_THROUGH: usize = 32_000_000;
/// How many parts that are not followed are remembered.
const MAX_SKIPPED: usize = 64;

impl<'p, 'm> CodeInterpreter<'p, 'm> {
    pub(super) fn is_typed(&self) -> bool {
        self.typed.package.is_some()
    }

    /// Reads a file of a package, of which `declared` is what it sees: its clients. Functions and
    /// variables are read whose text is `worth` it.
    pub(in crate::extract) fn read_typed_file(
        &mut self,
        package: &'p TypedPackage<'p, 'm>,
        declared: &Rc<PackageScope<'p>>,
        at: FileAt,
        worth: &dyn Fn(&str) -> bool,
    ) -> &mut [RawClient] {
        self.begin_typed(package, declared);
        let project = self.project;
        let file = project.file(at);
        let text = file.excerpt.text();
        let is_worth = |range: &Range<usize>| text.get(range.clone()).is_some_and(worth);
        let frame = self.new_frame(at, None);
        self.run(frame, |run| {
            run.scoped(|run| {
                for (index, statement) in file.body.iter().enumerate() {
                    let own = run.own_values.is_some();
                    let reads = match &statement.form {
                        // What is declared at the top is declared for itself.
                        StatementForm::Declare { .. } if own => {
                            run.state().dead = false;
                            is_worth(&statement.range)
                        }
                        StatementForm::Function(id) => {
                            if is_worth(&file.function(*id).range) {
                                run.record_built();
                                run.typed_function(at, *id);
                            }
                            false
                        }
                        StatementForm::Declare { fixed: true, .. } => false,
                        StatementForm::Declare { .. } => is_worth(&statement.range),
                        StatementForm::Assign { declares: true, .. } => {
                            let declared = text.get(statement.range.clone());
                            let variable = declared.is_some_and(|text| text.starts_with("var"));
                            !variable || is_worth(&statement.range)
                        }
                        _ => true,
                    };
                    if reads && !run.state().dead && run.step(1) {
                        run.typed_statement(&file.body, index);
                    }
                }
                run.record_built();
            });
        });
        let skipped = file.skipped.iter().map(|range| (at, range.clone()));
        self.found.skipped.extend(skipped);
        let before = self.found.clients.len();
        self.finish_typed_file();
        &mut self.found.clients[before..]
    }

    /// The calls of a file that tell something of a client.
    pub(in crate::extract) fn read_telling_calls(
        &mut self,
        package: &'p TypedPackage<'p, 'm>,
        declared: &Rc<PackageScope<'p>>,
        at: FileAt,
    ) -> Vec<RawClientCall> {
        self.begin_typed(package, declared);
        let mut found = Vec::new();
        let frame = self.new_frame(at, None);
        self.run(frame, |run| found = run.client_calls());
        found
    }

    fn begin_typed(&mut self, package: &'p TypedPackage<'p, 'm>, declared: &Rc<PackageScope<'p>>) {
        self.typed.package = Some(package);
        self.typed.declared = Rc::clone(declared);
        self.typed.look_ups_left = LOOKED_THROUGH;
        self.typed.inline_left = INLINE_STATEMENTS;
    }

    fn finish_typed_file(&mut self) {
        let errors = std::mem::take(&mut self.typed.errors);
        for mut found in std::mem::take(&mut self.typed.clients) {
            if let (Some(source), Some(error)) = (&mut found.raw.source, found.error)
                && let Some(fate) = errors.get(error.0)
            {
                source.error = fate.handling();
                source.error_span = fate.span;
            }
            self.found.clients.push(found.raw);
        }
    }

    /// What the files were found to hold that were read; connections of a pool are no clients.
    pub(in crate::extract) fn finish_typed(mut self) -> FoundCode {
        let consumed = &self.typed.consumed;
        self.found
            .clients
            .retain(|client| !consumed.contains(&client.anchor));
        self.found
    }

    /// Runs a function for itself: the values of its parameters come from its callers.
    fn typed_function(&mut self, at: FileAt, id: FunctionId) {
        self.typed.inline_left = INLINE_STATEMENTS;
        let function = self.project.file(at).function(id);
        let frame = self.new_frame(at, Some(id));
        self.run(frame, |run| {
            run.scoped(|run| {
                if let Some(own) = run.own_values {
                    own.bind_parameters(run, id, Vec::new());
                    return run.block(&function.body);
                }
                if let Some(name) = &function.receiver_name {
                    let value = CodeValue::unknown(Cause::Expression(name.clone()));
                    run.declare(name, value);
                }
                run.declare_parameters(function);
                run.agree_on_parameters((at, id));
                run.push_results(function);
                run.block(&function.body);
                run.pop_results();
            });
            run.record_built();
        });
    }

    fn words(&self) -> Option<&'p dyn TypedWords> {
        self.typed.package.map(|package| package.words)
    }

    /// What the names of the file stand for that is being run.
    fn names(&self) -> Option<&'p FileNames<'m>> {
        self.names_of(self.here())
    }

    fn names_of(&self, file: FileAt) -> Option<&'p FileNames<'m>> {
        self.typed.package?.names.get(file.0)
    }

    /// What the package declares of which a file is.
    fn scope_of(&self, file: FileAt) -> Rc<PackageScope<'p>> {
        let other = self.typed.package.and_then(|package| {
            let mut files = package.other_files.iter();
            let (_, path) = files.find(|(range, _)| range.contains(&file.0))?;
            package.others.get(path)
        });
        Rc::clone(other.unwrap_or(&self.typed.declared))
    }

    /// What the package declares whose code is being run.
    fn scope(&self) -> Rc<PackageScope<'p>> {
        self.scope_of(self.here())
    }

    /// The files of the package itself, tests left out.
    fn own_files(&self) -> impl Iterator<Item = FileAt> + use<'p, 'm> {
        let package = self.typed.package;
        let files = 0..package.map_or(0, |package| package.own);
        files.map(FileAt).filter(move |at| {
            let names = package.and_then(|package| package.names.get(at.0));
            names.is_some_and(|names| !names.is_test)
        })
    }

    fn outline(&self) -> Rc<CodeOutline<'p>> {
        self.outline_of(self.here())
    }

    fn outline_of(&self, file: FileAt) -> Rc<CodeOutline<'p>> {
        self.seen.outline(file)
    }

    /// The code that the file sees that is being run.
    fn seen_here(&self) -> SeenPackage<'p, 'm> {
        SeenPackage {
            outlines: Rc::clone(&self.seen),
            package: self.code().package.as_deref(),
            files: self.own_files().collect(),
        }
    }

    pub(in crate::extract) fn quote(&self, id: ExpressionId) -> Cause {
        self.quote_in(self.here(), id)
    }

    fn quote_in(&self, file: FileAt, id: ExpressionId) -> Cause {
        let code = self.project.file(file);
        match self.words() {
            Some(words) => words.quote(code, id),
            None => Cause::Code("an expression"),
        }
    }

    /// An unknown value, named by its code.
    pub(in crate::extract) fn unknown_code(&self, id: ExpressionId) -> CodeValue {
        CodeValue::unknown(self.quote(id))
    }

    /// Counts code that is looked through once more; says whether it may be.
    fn may_look_through(&mut self, bytes: usize) -> bool {
        let left = self.typed.look_ups_left.checked_sub(bytes);
        self.typed.look_ups_left = left.unwrap_or(0);
        left.is_some()
    }

    /// A part of the code is not followed; a few of them are remembered.
    pub(super) fn pass_over(&mut self, id: ExpressionId) {
        if self.is_typed() {
            let range = self.code().expression(id).range.clone();
            self.pass_over_part(range);
        }
    }

    fn pass_over_part(&mut self, range: Range<usize>) {
        self.mark_errors_unknown();
        if !self.frame().typed.in_place && self.found.skipped.len() < MAX_SKIPPED {
            let file = self.here();
            self.found.skipped.push((file, range));
        }
    }

    /// The same of statements, which may do anything to what is known.
    pub(super) fn pass_over_block(&mut self, block: &[CodeStatement]) {
        if let (true, Some(first), Some(last)) = (self.is_typed(), block.first(), block.last()) {
            self.lose_options("code that is nested too deeply");
            self.pass_over_part(first.range.start..last.range.end);
        }
    }
}

/// The files of a package as one of them sees them.
struct SeenPackage<'p, 'm> {
    outlines: Rc<OutlinedProject<'p, 'm>>,
    package: Option<&'p str>,
    files: Vec<FileAt>,
}

impl<'p> SeenCode<'p> for SeenPackage<'p, '_> {
    fn naming(&self, name: &str) -> Option<Vec<FileAt>> {
        let files = self.files.iter().copied();
        let naming = files.filter(|at| {
            let project = self.outlines.project();
            project.text(*at).contains(name) && project.file(*at).package.as_deref() == self.package
        });
        Some(naming.collect())
    }

    fn outline(&self, file: FileAt) -> Rc<CodeOutline<'p>> {
        self.outlines.outline(file)
    }

    fn is_private(&self, name: &str) -> bool {
        self.outlines.is_private(name)
    }
}
