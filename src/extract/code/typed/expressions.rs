//! Expressions: names, literals and operators. Whatever is not understood is still looked through,
//! since a client may be built anywhere in it and an error may be looked at.

use std::rc::Rc;

use crate::extract::code::fold;
use crate::extract::code::form::{CodeExpressionForm, ExpressionId, FunctionId, TypeForm};
use crate::extract::code::interpreter::CodeInterpreter;
use crate::extract::code::options::ObjectId;
use crate::extract::code::options::OptionsObject;
use crate::extract::code::package::OwnFrame;
use crate::extract::code::precondition::{VariableTest, VariableTests, tells_of_variable};
use crate::extract::code::scope::DeclaredValue;
use crate::extract::code::text;
use crate::extract::code::typed_words::StandardCall;
use crate::extract::code::value::{CodeState, CodeValue, FileAt};
use crate::facts::cause::Cause;
use crate::facts::raw::ConstValue;

impl<'p, 'm> CodeInterpreter<'p, 'm> {
    pub(in crate::extract::code) fn typed_value(&mut self, id: ExpressionId) -> CodeValue {
        if let Some(own) = self.own_values {
            return own.value(self, id);
        }
        let code = self.code();
        match &code.expression(id).form {
            CodeExpressionForm::Constant(value) => CodeValue::Plain(value.clone()),
            CodeExpressionForm::Name(name) => self.typed_name(name, id),
            CodeExpressionForm::Member(base, field) => self.typed_member(*base, field, id),
            CodeExpressionForm::Item(base, key) => {
                self.value(*base);
                for part in crate::extract::code::scope::list_of(code, *key) {
                    self.value(part);
                }
                self.unknown_code(id)
            }
            CodeExpressionForm::Call(call) => self.typed_call(id, call),
            CodeExpressionForm::Binary("<-", channel, sent) => {
                self.value(*channel);
                let sent = self.value(*sent);
                self.escape(sent, &Cause::Code("a channel"));
                self.unknown_code(id)
            }
            CodeExpressionForm::Binary(operator, left, right) => {
                self.typed_binary(operator, *left, *right)
            }
            CodeExpressionForm::Test { operands, operator } => match operands[..] {
                [left, right] => self.typed_binary(operator, left, right),
                _ => self.unknown_code(id),
            },
            CodeExpressionForm::Unary(operator, operand) => {
                self.typed_unary(operator, *operand, id)
            }
            CodeExpressionForm::Through(inner) => self.value(*inner),
            CodeExpressionForm::Literal(literal) => self.typed_literal(id, literal),
            CodeExpressionForm::Closure(function) => self.function_literal(*function),
            CodeExpressionForm::Opaque(parts) => {
                for part in parts {
                    let value = self.value(*part);
                    self.escape(value, &Cause::Code("another value"));
                }
                match code.expression(id).range.is_empty() {
                    true => CodeValue::of_kind("an expression"),
                    false => self.unknown_code(id),
                }
            }
            form => {
                for part in form.parts() {
                    let value = self.value(part);
                    self.escape(value, &Cause::Code("another value"));
                }
                self.unknown_code(id)
            }
        }
    }

    fn typed_name(&mut self, name: &'p str, id: ExpressionId) -> CodeValue {
        if let Some(value) = self.state().variables.get(name).cloned() {
            if let CodeValue::Error(errors) = &value {
                self.error_checked(errors);
            }
            if let (&CodeValue::Options(options), true) =
                (&value, self.frame().typed.by_value.contains(name))
            {
                return self.copy_options(options);
            }
            return value;
        }
        let scope = self.scope();
        if let Some(constant) = scope.constants.get(name) {
            return self.evaluate_declared(name, constant);
        }
        match scope.variables.get(name) {
            Some(variable) if !scope.may_change(name) => self.evaluate_declared(name, variable),
            _ => match self.variable_of_flag(name, id) {
                Some(value) => value,
                None => self.unknown_code(id),
            },
        }
    }

    /// The value of a name of the package, worked out where it stands.
    pub(super) fn evaluate_declared(
        &mut self,
        name: &str,
        declared: &DeclaredValue<'p>,
    ) -> CodeValue {
        let value = declared.value.and_then(|id| {
            self.evaluate_at((declared.file, id), std::iter::empty(), None)
                .map(|value| self.apply_type_in(declared.file, value, declared.ty))
        });
        value.unwrap_or_else(|| CodeValue::Plain(fold::from_code(name)))
    }

    fn apply_type_in(&self, file: FileAt, value: CodeValue, ty: Option<&TypeForm>) -> CodeValue {
        match (value, ty) {
            (CodeValue::Plain(value), Some(ty)) if self.is_duration_in(file, ty) => {
                CodeValue::Plain(fold::to_duration(value))
            }
            (value, _) => value,
        }
    }

    /// The value of an expression where it stands, nothing being known of the variables around it;
    /// nothing where too much is run in place already.
    pub(in crate::extract) fn evaluate_at(
        &mut self,
        (file, id): (FileAt, ExpressionId),
        hidden: impl Iterator<Item = &'p str>,
        own: Option<OwnFrame>,
    ) -> Option<CodeValue> {
        let is_running = |frame: &super::super::interpreter::CodeFrame<'m>| {
            frame.file == file && frame.typed.of_value == Some(id)
        };
        if !self.may_run_in_place() || self.frames.iter().any(is_running) {
            return None;
        }
        let mut frame = self.new_frame(file, None);
        frame.records = false;
        frame.typed.in_place = true;
        frame.typed.of_value = Some(id);
        frame.typed.own = own.unwrap_or_default();
        let unknown = || CodeValue::of_kind("a variable");
        let variables = hidden.map(|name| (name.to_owned(), unknown()));
        frame.state = CodeState {
            variables: variables.collect(),
            options: std::mem::take(&mut self.state().options),
            ..CodeState::default()
        };
        let (value, state) = self.value_in_frame(frame, |run| run.value(id))?;
        self.state().options = state.options;
        Some(value)
    }

    fn typed_unary(
        &mut self,
        operator: &'static str,
        operand: ExpressionId,
        id: ExpressionId,
    ) -> CodeValue {
        // Of `&` the variable itself, not a copy of what it holds.
        let held = self.held_by_name(operand).filter(|_| operator == "&");
        let value = held.unwrap_or_else(|| self.value(operand));
        match (operator, value) {
            ("&", value @ (CodeValue::Options(_) | CodeValue::Struct(_))) => value,
            ("*", CodeValue::Options(id)) => self.copy_options(id),
            ("*", value @ CodeValue::Plain(ConstValue::Unknown(_) | ConstValue::Fallback(_))) => {
                value
            }
            ("&" | "*" | "<-", _) => self.unknown_code(id),
            (_, CodeValue::Plain(value)) => CodeValue::Plain(fold::unary(operator, value)),
            _ => self.unknown_code(id),
        }
    }

    /// A variable holds an options value itself, or something else.
    pub(super) fn hold(&mut self, name: &str, by_value: bool) {
        let held = &mut self.frame_mut().typed.by_value;
        match by_value {
            true => held.insert(name.to_owned()),
            false => held.remove(name),
        };
    }

    /// Whether an expression gives an options value itself, no pointer to one.
    pub(super) fn is_value(&self, id: ExpressionId) -> bool {
        let code = self.code();
        match &code.expression(code.see_through(id)).form {
            CodeExpressionForm::Literal(_) => true,
            CodeExpressionForm::Unary(operator, _) => *operator == "*",
            CodeExpressionForm::Name(name) => self.frame().typed.by_value.contains(name),
            _ => false,
        }
    }

    pub(in crate::extract) fn options(&self, id: ObjectId) -> Option<&OptionsObject<'m>> {
        self.frame().state.options.get(&id).map(Rc::as_ref)
    }

    pub(in crate::extract) fn options_mut(
        &mut self,
        id: ObjectId,
    ) -> Option<&mut OptionsObject<'m>> {
        self.state().options.get_mut(&id).map(Rc::make_mut)
    }

    pub(in crate::extract) fn add_options(&mut self, object: Rc<OptionsObject<'m>>) -> ObjectId {
        let id = ObjectId(self.next_object);
        self.next_object += 1;
        self.state().options.insert(id, object);
        id
    }

    /// A copy of an options value.
    fn copy_options(&mut self, id: ObjectId) -> CodeValue {
        match self.copy_object(id) {
            Some(copy) => CodeValue::Options(copy),
            None => CodeValue::of_kind("a pointer"),
        }
    }

    /// A copy of an options value with all that belongs to it.
    pub(in crate::extract) fn copy_object(&mut self, id: ObjectId) -> Option<ObjectId> {
        let mut object = self.state().options.get(&id).cloned()?;
        // What is written on the copy is written on nothing else.
        if !object.origins.is_empty() {
            Rc::make_mut(&mut object).origins.clear();
        }
        if !object.parts.is_empty() {
            let parts = object.parts.clone().into_iter();
            let parts = parts.map(|(ident, part)| {
                let copy = self.run_deeper(|run| run.copy_object(part)).flatten();
                (ident, copy.unwrap_or(part))
            });
            Rc::make_mut(&mut object).parts = parts.collect();
        }
        Some(self.add_options(object))
    }

    fn typed_binary(
        &mut self,
        operator: &str,
        left: ExpressionId,
        right: ExpressionId,
    ) -> CodeValue {
        match (self.value(left), self.value(right)) {
            (CodeValue::Plain(left), CodeValue::Plain(right)) => CodeValue::Plain(match operator {
                "+" => text::concatenate(left, right),
                _ => fold::binary(operator, left, right),
            }),
            _ => CodeValue::of_kind("a comparison"),
        }
    }

    fn typed_member(&mut self, base: ExpressionId, field: &'p str, id: ExpressionId) -> CodeValue {
        if let Some(package) = self.package_of(base) {
            if let Some(constant) = self.constant_of(&package, field) {
                return match self.evaluate_declared(field, &constant) {
                    CodeValue::Plain(ConstValue::Unknown(_)) => self.unknown_code(id),
                    value => value,
                };
            }
            let known = self
                .words()
                .and_then(|words| words.constant(&package, field));
            return known.map_or_else(|| self.unknown_code(id), CodeValue::Plain);
        }
        match self.value(base) {
            CodeValue::Options(options) => self.read_field(options, field, id),
            CodeValue::Struct(fields) => match fields.get(field) {
                Some(value) => value.clone(),
                None => match self.embedded_with(&fields, field) {
                    Some(embedded) => self.read_field(embedded, field, id),
                    None => self.field_elsewhere(base, field, id),
                },
            },
            _ => self.field_elsewhere(base, field, id),
        }
    }

    /// What the package says somewhere else of a field.
    fn field_elsewhere(&mut self, base: ExpressionId, field: &str, id: ExpressionId) -> CodeValue {
        self.find_configured(base, field, id)
            .or_else(|| self.field_of_flag(base, field, id))
            .or_else(|| self.options_of_field(field))
            .unwrap_or_else(|| self.unknown_code(id))
    }

    /// A constant of another package of the project.
    fn constant_of(&self, package: &str, name: &str) -> Option<DeclaredValue<'p>> {
        let others = &self.typed.package?.others;
        others.get(package)?.constants.get(name).copied()
    }

    /// The path of the package that an expression names, unless it is a client library's.
    pub(super) fn package_of(&self, id: ExpressionId) -> Option<String> {
        let name = self.free_name(id)?;
        self.names()?.other_package(name).map(str::to_owned)
    }

    /// A name that no variable or declaration of this package takes.
    pub(super) fn free_name(&self, id: ExpressionId) -> Option<&'p str> {
        let CodeExpressionForm::Name(name) = &self.code().expression(id).form else {
            return None;
        };
        let free = !self.is_variable(name) && !self.scope().declares(name);
        free.then_some(name)
    }

    pub(super) fn is_duration(&self, ty: &TypeForm) -> bool {
        self.is_duration_in(self.here(), ty)
    }

    fn is_duration_in(&self, file: FileAt, ty: &TypeForm) -> bool {
        let TypeForm::Named(Some(package), name) = ty else {
            return false;
        };
        let path = self
            .names_of(file)
            .and_then(|names| names.other_package(package));
        let words = self.words().zip(path);
        words.is_some_and(|(words, path)| words.is_duration(path, name))
    }

    /// A function literal: its body is read where it stands; what it holds of the variables around it
    /// is not certain any more.
    pub(super) fn function_literal(&mut self, id: FunctionId) -> CodeValue {
        let function = self.code().function(id);
        let size = self.state().size();
        if self.step(size) {
            let outer = self.state().clone();
            let open = self.declared_count();
            self.forget_changed_later(id);
            self.frame_mut().typed.literals.push(id);
            self.scoped(|run| {
                run.declare_parameters(function);
                run.push_results(function);
                run.block(&function.body);
                run.pop_results();
                run.remember_built();
            });
            self.frame_mut().typed.literals.pop();
            let inner = std::mem::replace(self.state(), outer);
            self.forget_declared(open);
            self.forget_in_literal(id, &inner);
        }
        CodeValue::Function(self.here(), id, None)
    }

    /// A function literal may run after what is assigned behind it.
    fn forget_changed_later(&mut self, literal: FunctionId) {
        let reason = Cause::Code("a function literal that runs later");
        let range = self.code().function(literal).range.clone();
        let function = self.frame().function;
        let end = function.map_or(self.code().excerpt.text().len(), |id| {
            self.code().function(id).range.end
        });
        let outline = self.outline();
        let behind = range.end..end;
        let mut lost = Vec::new();
        for (name, value) in &mut self.state().variables {
            let matters = match value {
                CodeValue::Options(_) => true,
                CodeValue::Plain(value) => *value != ConstValue::Nil,
                _ => false,
            };
            if !matters
                || !outline.is_assigned_within(name, &behind)
                || outline
                    .mentions_within(name, range.clone())
                    .next()
                    .is_none()
            {
                continue;
            }
            match value {
                CodeValue::Options(id) => lost.push(*id),
                _ => *value = CodeValue::unknown(reason.clone()),
            }
        }
        for id in lost {
            if let Some(object) = self.options_mut(id) {
                object.invalidate(&reason);
            }
        }
    }

    fn forget_in_literal(&mut self, literal: FunctionId, inner: &CodeState<'m>) {
        let range = self.code().function(literal).range.clone();
        let outline = self.outline();
        let reason = Cause::Code("a function literal that holds the options");
        let (mut errors, mut lost) = (Vec::new(), Vec::new());
        for (name, value) in &mut self.state().variables {
            let assigned = outline.is_assigned_within(name, &range);
            if let (Some(CodeValue::Error(own)), true) = (inner.variables.get(name), assigned) {
                errors.extend(own.iter().copied());
            }
            match value {
                CodeValue::Plain(known) if assigned && *known != ConstValue::Nil => {
                    *value = CodeValue::of_kind("a function literal");
                }
                CodeValue::Options(id)
                    if outline
                        .mentions_within(name, range.clone())
                        .next()
                        .is_some() =>
                {
                    lost.push((*id, assigned));
                }
                _ => {}
            }
        }
        self.error_lost(&errors);
        for (id, assigned) in lost {
            if let Some(object) = self.options_mut(id)
                && (!object.built || assigned)
            {
                object.invalidate(&reason);
            }
        }
    }

    /// A value goes where it cannot be followed.
    pub(in crate::extract) fn escape(&mut self, value: CodeValue, to: &Cause) {
        match value {
            CodeValue::Options(id) | CodeValue::Reference(id) => {
                self.remember(id);
                let mut todo = vec![id];
                while let Some(id) = todo.pop() {
                    if let Some(object) = self.options_mut(id)
                        && !object.built
                    {
                        object.invalidate(to);
                        todo.extend(object.parts.values());
                    }
                }
            }
            CodeValue::Wrapped(inner) => self.escape(*inner, to),
            CodeValue::Error(errors) => self.error_checked(&errors),
            CodeValue::Several(values) => {
                for value in values {
                    self.escape(value, to);
                }
            }
            CodeValue::Struct(fields) => {
                for value in fields.values() {
                    self.escape(value.clone(), to);
                }
            }
            _ => {}
        }
    }

    /// What a condition says where the variable is not set that it asks about. It has been evaluated
    /// already: only names and reads of variables are looked at.
    pub(in crate::extract::code) fn test_of_variable(
        &self,
        condition: ExpressionId,
    ) -> Option<VariableTest> {
        let file = self.code();
        let mut asks = false;
        file.visit_expressions(condition, |id| {
            if let CodeExpressionForm::Name(name) = &file.expression(id).form {
                asks |= match self.frame().state.variables.get(name) {
                    Some(CodeValue::Plain(value)) => tells_of_variable(value),
                    Some(_) => false,
                    None => self.is_environment(name),
                };
            }
        });
        if !asks {
            return None;
        }
        let missing = self.project.front.missing_variable();
        let mut held = |id| self.held(id);
        let mut tests = VariableTests {
            file,
            missing,
            held: &mut held,
        };
        tests.test(condition)
    }

    fn is_environment(&self, name: &str) -> bool {
        let path = self.names().and_then(|names| names.other_package(name));
        let words = self.words().zip(path);
        words.is_some_and(|(words, path)| words.reads_environment(path))
    }

    fn held(&self, id: ExpressionId) -> Option<ConstValue> {
        let code = self.code();
        match &code.expression(id).form {
            CodeExpressionForm::Name(name) => match self.frame().state.variables.get(name)? {
                CodeValue::Plain(value) => Some(value.clone()),
                _ => None,
            },
            CodeExpressionForm::Call(call) => {
                let CodeExpressionForm::Member(package, function) =
                    &code.expression(call.callee).form
                else {
                    return None;
                };
                let package = self.package_of(*package)?;
                let [only] = &call.arguments[..] else {
                    return None;
                };
                let CodeExpressionForm::Constant(first) = &code.expression(only.value).form else {
                    return None;
                };
                let call =
                    self.words()?
                        .standard_call(&package, function, std::slice::from_ref(first))?;
                match call {
                    StandardCall::Gives(values) => match &values[..] {
                        [only @ ConstValue::Unknown(Cause::EnvironmentVariable(_))] => {
                            Some(only.clone())
                        }
                        _ => None,
                    },
                    StandardCall::Ends => None,
                }
            }
            _ => None,
        }
    }
}
