//! Option literals and assignments to their fields: what is written, and where more could be.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::statements::AssignmentPlace;
use crate::extract::code::form::{
    CodeExpressionForm, CodeStatement, ExpressionId, LiteralForm, StatementForm, TypeForm,
};
use crate::extract::code::interpreter::CodeInterpreter;
use crate::extract::code::options::ImportedLibrary;
use crate::extract::code::options::ObjectId;
use crate::extract::code::options::OptionsObject;
use crate::extract::code::value::{CodePlace, CodeValue, FileAt};
use crate::facts::cause::Cause;
use crate::facts::edit_target::EditTarget;
use crate::facts::raw::{ConstValue, OptionWrite};
use crate::knowledge::clients::model::{OptionRole, ValueKind};
use crate::source::Span;

/// How far a chain of type aliases is followed.
const MAX_ALIASES: usize = 4;

/// A library, and one of its option types.
pub(super) type LibraryOptions<'m> = (Rc<ImportedLibrary<'m>>, String);

impl<'p, 'm> CodeInterpreter<'p, 'm> {
    /// The library's option type that a type names, through a pointer or an alias of the package.
    pub(super) fn option_type(&self, ty: &TypeForm) -> Option<LibraryOptions<'m>> {
        let shadowed = matches!(ty, TypeForm::Named(Some(package), _) if self.is_variable(package));
        match shadowed {
            true => None,
            false => self.option_type_in(self.here(), ty),
        }
    }

    pub(super) fn option_type_in(&self, file: FileAt, ty: &TypeForm) -> Option<LibraryOptions<'m>> {
        let scope = self.scope();
        let (mut file, mut ty) = (file, ty);
        for _ in 0..MAX_ALIASES {
            match ty {
                TypeForm::Pointer(inner) => ty = inner,
                TypeForm::Named(Some(package), name) => {
                    return self.find_qualified(file, package, name);
                }
                TypeForm::Named(None, name) => match scope.types.get(name.as_str()) {
                    Some((own, alias)) => (file, ty) = (*own, alias),
                    None if scope.declares(name) => return None,
                    None => {
                        let mut dots = self.names_of(file)?.dots.iter();
                        let library = dots.find(|library| has_type(library, name))?;
                        return Some((Rc::clone(library), name.clone()));
                    }
                },
                _ => return None,
            }
        }
        None
    }

    /// `redis.Options`, where the prefix is a client library's; or a type of another package that a
    /// model of this file's libraries names: what is set in a value of it is an option once a field
    /// holds it.
    fn find_qualified(
        &self,
        file: FileAt,
        package: &str,
        name: &str,
    ) -> Option<LibraryOptions<'m>> {
        let names = self.names_of(file)?;
        if let Some(library) = names.library(package) {
            return has_type(library, name).then(|| (Rc::clone(library), name.to_owned()));
        }
        let path = names.other_package(package)?;
        names.libraries().find_map(|library| {
            let mut models = library.candidates.iter().filter_map(|l| l.model());
            let declared = models.find_map(|m| m.foreign_type(path, name))?;
            Some((Rc::clone(library), declared.to_owned()))
        })
    }

    /// A new options value with nothing written.
    pub(super) fn new_options(
        &mut self,
        library: Rc<ImportedLibrary<'m>>,
        option_type: String,
    ) -> ObjectId {
        self.add_options(Rc::new(OptionsObject::new(library, option_type)))
    }

    pub(super) fn typed_literal(
        &mut self,
        id: ExpressionId,
        literal: &'p LiteralForm,
    ) -> CodeValue {
        let Some(ty) = &literal.ty else {
            let items = self.elements(literal, None);
            return CodeValue::Plain(ConstValue::List(items));
        };
        if let Some((library, option_type)) = self.option_type(ty) {
            let options = self.new_options(library, option_type);
            self.fill_options(options, id, literal);
            self.build(options, id);
            return CodeValue::Options(options);
        }
        if let Some(settings) = self.settings_literal(ty, literal) {
            return settings;
        }
        if let Some(held) = self.struct_literal(ty, literal) {
            return held;
        }
        let package = match ty {
            TypeForm::Named(Some(package), _) => {
                self.names().and_then(|n| n.other_package(package))
            }
            _ => None,
        };
        let items = self.elements(literal, package);
        match ty {
            TypeForm::Named(..) | TypeForm::Struct(_) | TypeForm::Pointer(_) => {
                self.unknown_code(id)
            }
            _ => CodeValue::Plain(ConstValue::List(items)),
        }
    }

    /// A literal of a struct of the package that holds options: they stay what they are in it.
    fn struct_literal(&mut self, ty: &TypeForm, literal: &'p LiteralForm) -> Option<CodeValue> {
        let own = matches!(ty, TypeForm::Named(None, name) if self.scope().types.contains_key(name.as_str()));
        if !own || self.frame().typed.in_place {
            return None;
        }
        let code = self.code();
        let keyed = literal.entries.iter();
        let keyed: Option<Vec<(&'p str, ExpressionId)>> =
            keyed.map(|entry| self.field_of_entry(*entry)).collect();
        let keyed = keyed?;
        let mut holds = false;
        for (_, value) in &keyed {
            code.visit_expressions(*value, |id| {
                if let CodeExpressionForm::Literal(inner) = &code.expression(id).form {
                    let ty = inner.ty.as_ref();
                    holds |= ty.is_some_and(|ty| self.option_type(ty).is_some());
                }
            });
        }
        if !holds {
            return None;
        }
        let mut fields = BTreeMap::new();
        for (name, value) in keyed {
            let value = self.value(value);
            if let CodeValue::Options(id) = value {
                self.note_holder(id, name);
            }
            fields.insert(name.to_owned(), value);
        }
        Some(CodeValue::Struct(Rc::new(fields)))
    }

    /// The field and the value of `Field: value`.
    fn field_of_entry(
        &self,
        (key, value): (Option<ExpressionId>, ExpressionId),
    ) -> Option<(&'p str, ExpressionId)> {
        match &self.code().expression(key?).form {
            CodeExpressionForm::Name(name) => Some((name, value)),
            _ => None,
        }
    }

    /// The values of a literal that is no options literal; what they hold cannot be followed.
    fn elements(&mut self, literal: &'p LiteralForm, package: Option<&str>) -> Vec<ConstValue> {
        let code = self.code();
        let found = self.run_deeper(|run| {
            let mut items = Vec::new();
            for (key, inner) in &literal.entries {
                let value = run.value(*inner);
                if let (CodeValue::Options(id), Some(key)) = (&value, key) {
                    run.note_holder(*id, code.text(*key));
                }
                if let Some(package) = package {
                    run.record_wrapped(*inner, &value, package);
                }
                run.escape(value.clone(), &Cause::Code("another value"));
                items.push(value.folded(run.quote(*inner)));
            }
            items
        });
        found.unwrap_or_default()
    }

    /// Reads the fields of an options literal into its object.
    fn fill_options(&mut self, options: ObjectId, id: ExpressionId, literal: &'p LiteralForm) {
        let mut rest_unknown = None;
        for entry in &literal.entries {
            match self.field_of_entry(*entry) {
                Some((field, value)) => self.literal_field(options, field, value),
                None => rest_unknown = Some(Cause::Code("a literal that cannot be read")),
            }
        }
        let (code, encoding) = (self.code(), self.typed_encoding());
        let span = code.span(id);
        let readable = self.words().filter(|_| !code.is_broken(&literal.body));
        let style = readable.and_then(|words| words.field_style(code, literal));
        let Some(object) = self.options_mut(options) else {
            return;
        };
        object.literal = Some(span);
        object.rest_unknown = object.rest_unknown.take().or(rest_unknown);
        if let Some((at, style)) = style {
            object.insert = EditTarget::InsertField {
                at,
                encoding,
                ident: String::new(),
                style,
            };
        }
    }

    /// `Field: value` of an options literal.
    fn literal_field(&mut self, options: ObjectId, field: &str, value: ExpressionId) {
        let evaluated = if self.has_role(options, field, OptionRole::Dialer) {
            self.dialer(options, value)
        } else if self.has_role(options, field, OptionRole::Factory) {
            self.factory(options, value)
        } else {
            self.value(value)
        };
        self.put(options, field, evaluated, value);
    }

    /// Writes an option, and those that stand in its value.
    pub(super) fn put(
        &mut self,
        id: ObjectId,
        ident: &str,
        value: CodeValue,
        expression: ExpressionId,
    ) {
        let inner = self.inner_writes(id, ident, &value, expression);
        let mut write = None;
        if inner.is_empty() || self.is_option(id, ident) {
            write = Some(self.new_write(id, ident, value, expression));
        }
        if let Some(object) = self.options_mut(id) {
            inner.into_iter().chain(write).for_each(|w| object.write(w));
        }
    }

    fn new_write(
        &mut self,
        id: ObjectId,
        ident: &str,
        value: CodeValue,
        expression: ExpressionId,
    ) -> OptionWrite {
        self.escape(value.clone(), &Cause::Code("another options value"));
        let value = value.folded(self.quote(expression));
        self.note_secret(id, ident, &value, expression);
        let span = self.code().span(expression);
        OptionWrite {
            ident: ident.to_owned(),
            value,
            span,
            conditional: false,
            wrapped: None,
            slot: EditTarget::Replace {
                span,
                encoding: self.typed_encoding(),
            },
        }
    }

    /// A known text in a field for secrets is marked where the text stands.
    fn note_secret(
        &mut self,
        id: ObjectId,
        ident: &str,
        value: &ConstValue,
        expression: ExpressionId,
    ) {
        let Some(object) = self.options(id) else {
            return;
        };
        let is_secret = object.library.candidates.iter().any(|library| {
            let option = library
                .model()
                .and_then(|m| m.option_named(&object.option_type, ident));
            option.is_some_and(|o| o.kind == ValueKind::Secret)
        });
        if !is_secret || !matches!(value, ConstValue::Text(text) if !text.is_empty()) {
            return;
        }
        let literals = self.literals_of(expression);
        self.found.secrets.extend(literals);
    }

    /// The text literals that an expression is made of, through names of the package.
    fn literals_of(&self, expression: ExpressionId) -> Vec<Span> {
        let scope = self.scope();
        let mut found = Vec::new();
        let mut todo: Vec<CodePlace> = vec![(self.here(), expression)];
        let mut through_names = true;
        while !todo.is_empty() {
            let mut declared = Vec::new();
            for (file, id) in std::mem::take(&mut todo) {
                let code = self.project.file(file);
                code.visit_expressions(id, |id| match &code.expression(id).form {
                    CodeExpressionForm::Constant(ConstValue::Text(_)) => {
                        found.push(code.span(id));
                    }
                    CodeExpressionForm::Name(name) if through_names => {
                        let tables = [&scope.constants, &scope.variables];
                        let values = tables.iter().filter_map(|table| table.get(name.as_str()));
                        declared.extend(values.filter_map(|own| Some((own.file, own.value?))));
                    }
                    _ => {}
                });
            }
            todo = declared;
            through_names = false;
        }
        found
    }

    /// Writes an option of a value, and of all that the value may be.
    pub(super) fn write_path(
        &mut self,
        id: ObjectId,
        ident: &str,
        value: CodeValue,
        expression: ExpressionId,
    ) {
        let origins = self.options(id).map(|o| o.origins.clone());
        for origin in origins.unwrap_or_default() {
            self.put(origin, ident, value.clone(), expression);
        }
        self.put(id, ident, value, expression);
    }

    /// `receiver.Field = value`, `statement` being the whole assignment.
    pub(super) fn write_field(
        &mut self,
        id: ObjectId,
        field: &str,
        value: CodeValue,
        expression: ExpressionId,
        (statement, receiver): (&CodeStatement, &str),
    ) {
        self.write_path(id, field, value, expression);
        let here = self.frame().typed.blocks.last().copied();
        let insert = self.insert_after(statement, receiver);
        let Some(object) = self.options_mut(id) else {
            return;
        };
        let at_home = object
            .home
            .as_ref()
            .is_some_and(|(block, name)| Some(*block) == here && name == receiver);
        if at_home {
            object.insert = insert;
        }
    }

    pub(super) fn read_field(&self, options: ObjectId, field: &str, id: ExpressionId) -> CodeValue {
        let object = self.options(options);
        let write = object.and_then(|o| o.writes.iter().find(|w| w.ident == field));
        match write {
            Some(write) if !write.conditional => CodeValue::Plain(write.value.clone()),
            _ => self.unknown_code(id),
        }
    }

    /// An options value gets a name: statements about it may be added after this one, or after the
    /// check of its error.
    pub(super) fn set_insertion_point(
        &mut self,
        id: ObjectId,
        name: &str,
        at: AssignmentPlace<'p>,
    ) {
        let Some(block) = self.frame().typed.blocks.last().copied() else {
            return;
        };
        let mut insert = self.insert_after(at.statement(), name);
        // What stands in another statement has no place behind it.
        if let (true, Some(check)) = (insert != EditTarget::None, self.check_after(at)) {
            insert = self.insert_after(check, name);
        }
        let Some(object) = self.options_mut(id) else {
            return;
        };
        if object.home.is_none() && object.literal.is_none() && object.rest_unknown.is_none() {
            object.home = Some((block, name.to_owned()));
            object.insert = insert;
        }
    }

    /// The check of an error right after the statement that binds it.
    fn check_after(&self, at: AssignmentPlace<'p>) -> Option<&'p CodeStatement> {
        let code = self.code();
        let StatementForm::Assign { targets, .. } = &at.statement().form else {
            return None;
        };
        let bound = crate::extract::code::scope::list_of(code, *targets.first()?);
        let error = code.text(*bound.get(1)?);
        let next = at.next()?;
        let StatementForm::Branch(arms) = &next.form else {
            return None;
        };
        let mut asks = false;
        code.visit_expressions(arms.first()?.condition?, |id| {
            asks |= matches!(&code.expression(id).form, CodeExpressionForm::Name(name) if name == error);
        });
        asks.then_some(next)
    }

    /// Where a statement after this one would be written.
    fn insert_after(&self, statement: &CodeStatement, receiver: &str) -> EditTarget {
        match self.words() {
            Some(words) => words.statement_slot(
                self.code(),
                statement.range.clone(),
                receiver,
                self.typed_encoding(),
            ),
            None => EditTarget::None,
        }
    }

    pub(super) fn typed_encoding(&self) -> crate::facts::edit_target::TextEncoding {
        match self.words().zip(self.names()) {
            Some((words, names)) => words.encoding(names),
            None => self.project.front.encoding(),
        }
    }
}

fn has_type(library: &ImportedLibrary<'_>, name: &str) -> bool {
    let mut models = library.candidates.iter().filter_map(|l| l.model());
    models.any(|m| m.is_option_type(name) || m.is_waiting_type(name))
}
