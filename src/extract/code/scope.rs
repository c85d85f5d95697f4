//! What a package declares at its top, for all of its files: constants, variables, functions, methods
//! and types, and what its code may change of that. A name that is declared twice (by files of different
//! builds) means nothing certain and is left out.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use super::form::{
    CodeExpressionForm, CodeFile, ExpressionId, FunctionForm, FunctionId, StatementForm, TypeForm,
};
use super::typed_words::{FileNames, TypedWords};
use super::value::FileAt;

/// A constant or a variable of a package.
#[derive(Clone, Copy, Debug)]
pub(super) struct DeclaredValue<'c> {
    pub(super) file: FileAt,
    /// Its value, where it is an expression of its own.
    pub(super) value: Option<ExpressionId>,
    pub(super) ty: Option<&'c TypeForm>,
}

/// What the code of a package assigns to.
#[derive(Default)]
struct CodeChanges<'c> {
    /// Fields, each with the name of what holds it: `pool.Size` in `server.pool.Size = 1`.
    fields: BTreeSet<(&'c str, &'c str)>,
    /// Names that are assigned to, or whose address is taken.
    names: BTreeSet<&'c str>,
}

/// What a package declares at its top.
#[derive(Default)]
pub(in crate::extract) struct PackageScope<'c> {
    pub(super) constants: BTreeMap<&'c str, DeclaredValue<'c>>,
    pub(super) variables: BTreeMap<&'c str, DeclaredValue<'c>>,
    pub(super) functions: BTreeMap<&'c str, (FileAt, FunctionId)>,
    pub(super) types: BTreeMap<&'c str, (FileAt, &'c TypeForm)>,
    /// Methods whose name only one type of the package has.
    pub(super) methods: BTreeMap<&'c str, (FileAt, FunctionId)>,
    /// Fields, parameters and variables that are declared with a type of a client library.
    pub(super) of_library: BTreeSet<&'c str>,
    /// A field of a struct has a tag that says what it falls back on.
    pub(super) has_tags: bool,
    /// A flag of the command line writes a variable or a field.
    pub(super) has_flags: bool,
    changes: OnceCell<CodeChanges<'c>>,
    files: Vec<&'c CodeFile>,
    /// Texts of which more stands in the files than was parsed: the parsed one and the whole one.
    parts: Vec<(&'c str, &'c str)>,
    names: BTreeSet<&'c str>,
    method_names: BTreeSet<&'c str>,
}

impl<'c> PackageScope<'c> {
    /// What some files declare together.
    pub(in crate::extract) fn of_files<'m: 'c>(
        files: impl Iterator<Item = (FileAt, &'c CodeFile, &'c FileNames<'m>)>,
        words: &dyn TypedWords,
    ) -> Self {
        let mut scope = Self::default();
        for (at, file, names) in files {
            scope.read(at, file);
            let whole = names.whole.as_ref().unwrap_or(&file.excerpt);
            scope.find_fallbacks(whole.text(), words);
            scope.find_library_values(file, names);
            if let Some(whole) = &names.whole {
                scope.parts.push((file.excerpt.text(), whole.text()));
                // What is left out of a text counts in its span.
                let is_whole = |range: &std::ops::Range<usize>| {
                    file.excerpt.span(range.clone()).range().len() == range.len()
                };
                let keeps = |(own, id): &(FileAt, FunctionId)| {
                    *own != at || is_whole(&file.function(*id).range)
                };
                scope.functions.retain(|_, declared| keeps(declared));
                scope.methods.retain(|_, declared| keeps(declared));
            }
        }
        scope
    }

    fn read(&mut self, at: FileAt, file: &'c CodeFile) {
        for statement in &file.body {
            match &statement.form {
                StatementForm::Declare {
                    name,
                    ty,
                    value,
                    fixed,
                } => {
                    let declared = DeclaredValue {
                        file: at,
                        value: *value,
                        ty: ty.as_ref(),
                    };
                    let first = self.names.insert(name);
                    let table = match fixed {
                        true => &mut self.constants,
                        false => &mut self.variables,
                    };
                    keep_first(table, first, name, declared);
                }
                StatementForm::Assign {
                    targets,
                    declares: true,
                    ..
                } => {
                    for target in targets {
                        let CodeExpressionForm::List(names) = &file.expression(*target).form else {
                            continue;
                        };
                        for name in names {
                            if let CodeExpressionForm::Name(name) = &file.expression(*name).form {
                                let declared = DeclaredValue {
                                    file: at,
                                    value: None,
                                    ty: None,
                                };
                                let first = self.names.insert(name);
                                keep_first(&mut self.variables, first, name, declared);
                            }
                        }
                    }
                }
                StatementForm::Function(id) => self.function(at, *id, file.function(*id)),
                _ => {}
            }
        }
        for (name, ty) in &file.types {
            let first = self.names.insert(name);
            keep_first(&mut self.types, first, name, (at, ty));
        }
        self.files.push(file);
    }

    /// Whether the text of a file has tags or flags, be they parsed or not.
    fn find_fallbacks(&mut self, text: &str, words: &dyn TypedWords) {
        let mut tags = words.fallback_tags().iter();
        self.has_tags |= tags.any(|tag| text.contains(&format!("{}:\"", tag.fallback)));
        let mut flags = words.flag_packages().iter();
        self.has_flags |= flags.any(|row| row.may_write(text));
    }

    fn function(&mut self, at: FileAt, id: FunctionId, function: &'c FunctionForm) {
        let name = function.name.as_str();
        if function.receiver.is_none() {
            let first = self.names.insert(name);
            keep_first(&mut self.functions, first, name, (at, id));
        } else if self.method_names.insert(name) {
            self.methods.insert(name, (at, id));
        } else {
            self.methods.remove(name);
        }
    }

    fn find_library_values(&mut self, file: &'c CodeFile, names: &FileNames<'_>) {
        if !names.names_a_library() {
            return;
        }
        let of_library = |ty: Option<&TypeForm>| match ty.map(TypeForm::pointed) {
            Some(TypeForm::Named(Some(package), _)) => names.library(package).is_some(),
            _ => false,
        };
        let mut found = BTreeSet::new();
        for function in &file.functions {
            for parameter in &function.parameters {
                if of_library(parameter.ty.as_ref()) {
                    found.insert(parameter.name.as_str());
                }
            }
        }
        file.visit_statements(|statement| {
            if let StatementForm::Declare { name, ty, .. } = &statement.form
                && of_library(ty.as_ref())
            {
                found.insert(name);
            }
        });
        let mut todo: Vec<&TypeForm> = file.types.iter().map(|(_, ty)| ty).collect();
        while let Some(ty) = todo.pop() {
            let TypeForm::Struct(fields) = ty else {
                continue;
            };
            for field in fields {
                if of_library(Some(&field.ty)) {
                    found.extend(field.names.iter().map(String::as_str));
                }
                todo.push(&field.ty);
            }
        }
        self.of_library.extend(found);
    }

    /// Whether anything in the package may change a variable, what is not parsed of it included.
    pub(super) fn may_change(&self, name: &str) -> bool {
        self.changes().names.contains(name)
            || self.counts_more_beyond(|text| count_writes(text, name))
    }

    /// Whether code of the package that is not parsed gives a field a value.
    pub(super) fn is_given_beyond(&self, field: &str) -> bool {
        self.counts_more_beyond(|text| count_writes(text, field) + count_keys(text, field))
    }

    /// Whether code of the package that is not parsed names something.
    pub(super) fn is_named_beyond(&self, name: &str) -> bool {
        self.counts_more_beyond(|text| text.matches(name).count())
    }

    fn counts_more_beyond(&self, count: impl Fn(&str) -> usize) -> bool {
        let mut parts = self.parts.iter();
        parts.any(|(parsed, whole)| count(whole) > count(parsed))
    }

    /// Looked for when somebody asks: of most packages nobody does.
    fn changes(&self) -> &CodeChanges<'c> {
        self.changes.get_or_init(|| {
            let mut changes = CodeChanges::default();
            self.files.iter().for_each(|file| changes.find(file));
            changes
        })
    }

    /// Fields that are assigned to, each with the name of what holds it.
    pub(super) fn field_writes(&self) -> &BTreeSet<(&'c str, &'c str)> {
        &self.changes().fields
    }

    pub(super) fn declares(&self, name: &str) -> bool {
        self.names.contains(name)
    }
}

/// The places of a text that may assign to a name or to a part of what it holds, or take its address.
fn count_writes(text: &str, name: &str) -> usize {
    let writes =
        |(before, behind): &(&str, &str)| before.trim_end().ends_with('&') || is_assigned(behind);
    find_mentions(text, name).filter(writes).count()
}

/// The places of a text that may give the field of a literal a value.
fn count_keys(text: &str, name: &str) -> usize {
    let mentions = find_mentions(text, name);
    mentions
        .filter(|(_, behind)| behind.starts_with(':'))
        .count()
}

/// What stands before and behind each mention of a name.
fn find_mentions<'t>(text: &'t str, name: &'t str) -> impl Iterator<Item = (&'t str, &'t str)> {
    let of_name = |c: char| c.is_alphanumeric() || c == '_';
    let mentions = text.match_indices(name);
    let mentions = mentions.map(move |(at, _)| (&text[..at], &text[at + name.len()..]));
    mentions
        .filter(move |(before, behind)| !before.ends_with(of_name) && !behind.starts_with(of_name))
}

/// Whether what stands behind a name assigns to it: `= 1`, `.part[0] += 1`, `++`, `, err = f()`.
fn is_assigned(behind: &str) -> bool {
    let line = behind.lines().next().unwrap_or_default();
    let parts = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '[' | ']' | '"' | ' ');
    let rest = line.trim_start_matches(parts);
    if rest.starts_with("++") || rest.starts_with("--") {
        return true;
    }
    // One of several that are assigned to together.
    if rest.starts_with(',') {
        return line.contains('=');
    }
    let sign = rest.trim_start_matches(['+', '-', '*', '/', '%', '&', '|', '^', '<', '>', ':']);
    let compares =
        sign.len() < rest.len() && rest.len() - sign.len() == 1 && rest.starts_with(['<', '>']);
    sign.starts_with('=') && !sign.starts_with("==") && !compares
}

/// A second declaration takes the first one away.
fn keep_first<'c, T>(table: &mut BTreeMap<&'c str, T>, first: bool, name: &'c str, value: T) {
    if first {
        table.insert(name, value);
    } else if name != "_" {
        table.remove(name);
    }
}

impl<'c> CodeChanges<'c> {
    fn find(&mut self, file: &'c CodeFile) {
        file.visit_statements(|statement| {
            let targets: Vec<ExpressionId> = match &statement.form {
                StatementForm::Assign {
                    targets,
                    declares: false,
                    ..
                } => targets.clone(),
                StatementForm::Loop(form) => form.target.into_iter().collect(),
                _ => return,
            };
            let listed = targets.into_iter().flat_map(|target| list_of(file, target));
            for target in listed {
                self.names.extend(file.bottoms(target));
                if matches!(statement.form, StatementForm::Assign { .. }) {
                    self.fields.extend(held_field(file, target));
                }
            }
        });
        for expression in &file.expressions {
            if let CodeExpressionForm::Unary("&", operand) = &expression.form
                && !matches!(
                    file.expression(*operand).form,
                    CodeExpressionForm::Literal(_)
                )
            {
                self.names.extend(file.bottoms(*operand));
            }
        }
    }
}

/// The expressions of a list, or the one that is none.
pub(super) fn list_of(file: &CodeFile, id: ExpressionId) -> Vec<ExpressionId> {
    match &file.expression(id).form {
        CodeExpressionForm::List(items) => items.clone(),
        _ => vec![id],
    }
}

/// The field that is assigned to, after the name of what holds it.
fn held_field(file: &CodeFile, target: ExpressionId) -> Option<(&str, &str)> {
    let CodeExpressionForm::Member(holder, field) = &file.expression(target).form else {
        return None;
    };
    let holder = match &file.expression(*holder).form {
        CodeExpressionForm::Member(_, name) => name,
        _ => file.text(*holder),
    };
    Some((holder, field))
}
