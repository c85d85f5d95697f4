//! Calls: constructors and option sources of client libraries, functions of the project, and what the
//! language's own packages compute.

use std::rc::Rc;

use super::MAX_INLINE;
use crate::extract::code::form::{
    CallForm, CodeExpressionForm, ExpressionId, FunctionId, TypeForm,
};
use crate::extract::code::interpreter::{CodeFrame, CodeInterpreter, ReturnedValue};
use crate::extract::code::options::ImportedLibrary;
use crate::extract::code::package::OwnFrame;
use crate::extract::code::typed_words::StandardCall;
use crate::extract::code::value::{CodeState, CodeValue, FileAt};
use crate::facts::cause::Cause;
use crate::facts::raw::ConstValue;
use crate::knowledge::clients::model::ConstructionForm;

impl<'p, 'm> CodeInterpreter<'p, 'm> {
    pub(super) fn typed_call(&mut self, id: ExpressionId, call: &'p CallForm) -> CodeValue {
        match &self.code().expression(call.callee).form {
            CodeExpressionForm::Name(name) => self.call_name(id, call, name),
            CodeExpressionForm::Member(base, field) => self.call_member(id, call, (*base, field)),
            CodeExpressionForm::Closure(function) => {
                // What is called where it stands runs there and never later: reading it as both would
                // double the work with each level.
                let callee = (self.here(), *function);
                if !self.may_run(callee) {
                    self.function_literal(*function);
                }
                self.give_arguments(id, call);
                let value = self.run_closure(callee, Vec::new());
                value.unwrap_or_else(|| self.unknown_code(id))
            }
            _ => {
                self.value(call.callee);
                self.give_arguments(id, call);
                self.unknown_code(id)
            }
        }
    }

    /// A call that runs at another time: what it does to its arguments cannot be known here.
    pub(super) fn call_later(&mut self, id: ExpressionId) {
        match &self.code().expression(id).form {
            CodeExpressionForm::Call(call) => {
                self.value(call.callee);
                self.give_arguments(id, call);
            }
            _ => drop(self.value(id)),
        }
    }

    /// Arguments that go where they cannot be followed.
    pub(super) fn give_arguments(&mut self, id: ExpressionId, call: &CallForm) {
        let to = self.quote(id).in_marks();
        for argument in &call.arguments {
            let value = self.value(argument.value);
            self.escape(value, &to);
        }
    }

    fn argument_values(&mut self, call: &CallForm) -> Vec<CodeValue> {
        let arguments = call.arguments.iter();
        arguments
            .map(|argument| self.value(argument.value))
            .collect()
    }

    fn call_name(&mut self, id: ExpressionId, call: &'p CallForm, name: &'p str) -> CodeValue {
        if let Some(value) = self.state().variables.get(name).cloned() {
            if let CodeValue::Function(file, function, None) = value {
                let values = self.argument_values(call);
                let value = self.run_closure((file, function), values);
                return match value {
                    Some(value) => self.name_unless_known(value, id),
                    None => self.unknown_code(id),
                };
            }
            self.give_arguments(id, call);
            return self.unknown_code(id);
        }
        let scope = self.scope();
        if let Some(function) = scope.functions.get(name) {
            return self.call_function(id, call, name, *function);
        }
        if !scope.declares(name) {
            let dots = self.names().into_iter().flat_map(|names| &names.dots);
            let library = dots.into_iter().find(|library| knows(library, name));
            if let Some(library) = library {
                return self.call_library(id, call, library, name);
            }
            return self.builtin(id, call, name);
        }
        self.give_arguments(id, call);
        self.unknown_code(id)
    }

    fn call_member(
        &mut self,
        id: ExpressionId,
        call: &'p CallForm,
        (base, field): (ExpressionId, &'p str),
    ) -> CodeValue {
        if let Some(value) = self.setting_of_key(id, call, field) {
            return value;
        }
        if let Some(value) = self.define_flag(id, call) {
            return value;
        }
        if let (Some(ident), Some(names)) = (self.free_name(base), self.names()) {
            if let Some(library) = names.library(ident) {
                return self.call_library(id, call, library, field);
            }
            if let Some(package) = names.other_package(ident) {
                return self.call_package(id, call, package, field);
            }
        }
        let receiver = self.value(base);
        if let CodeValue::Options(options) = receiver {
            if let Some(value) = self.convert_options(options, field) {
                self.give_arguments(id, call);
                return value;
            }
            if let Some(value) = self.setting_method((id, call), options, field) {
                return value;
            }
        }
        let method = self.scope().methods.get(field).copied();
        if let Some(method) = method
            && self.returns_options(method)
        {
            return self.call_function(id, call, field, method);
        }
        self.foreign_method((id, call), base, field);
        self.unknown_code(id)
    }

    fn builtin(&mut self, id: ExpressionId, call: &'p CallForm, name: &str) -> CodeValue {
        let Some(words) = self.words() else {
            return self.unknown_code(id);
        };
        if words.makes_value(name)
            && let [argument] = &call.arguments[..]
            && let Some(ty) = self.as_type(argument.value)
            && let Some((library, option_type)) = self.option_type(&ty)
        {
            return CodeValue::Options(self.new_options(library, option_type));
        }
        if words.panics(name) {
            self.give_arguments(id, call);
            self.state().dead = true;
            return CodeValue::of_kind("a panic");
        }
        let values = self.argument_values(call);
        if words.appends(name)
            && let Some(value) = self.append(call, &values)
        {
            return value;
        }
        let cause = Cause::Expression(name.to_owned());
        let all_plain = values
            .iter()
            .all(|value| matches!(value, CodeValue::Plain(_)));
        let folded = values
            .iter()
            .map(|value| value.clone().folded(cause.clone()));
        let folded: Vec<ConstValue> = folded.collect();
        let computed = (all_plain || values.len() > 1).then(|| words.builtin(name, &folded));
        match computed.flatten() {
            Some(value) => CodeValue::Plain(value),
            None => {
                if !all_plain || values.len() != 1 {
                    for value in values {
                        self.escape(value, &cause);
                    }
                }
                self.unknown_code(id)
            }
        }
    }

    /// The type that an expression names.
    fn as_type(&self, id: ExpressionId) -> Option<TypeForm> {
        let code = self.code();
        match &code.expression(id).form {
            CodeExpressionForm::Type(ty) => Some(ty.clone()),
            CodeExpressionForm::Name(name) => Some(TypeForm::Named(None, name.clone())),
            CodeExpressionForm::Member(base, name) => match &code.expression(*base).form {
                CodeExpressionForm::Name(package) => {
                    Some(TypeForm::Named(Some(package.clone()), name.clone()))
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// Calls into other packages: functions of the project, and some of the language's own.
    fn call_package(
        &mut self,
        id: ExpressionId,
        call: &'p CallForm,
        package: &str,
        name: &str,
    ) -> CodeValue {
        let to = self.quote(id).in_marks();
        let values = self.argument_values(call);
        if let Some(function) = self.function_of(package, name)
            && self.may_run(function)
            && self.is_worth_running(function)
            && !values.iter().any(tells)
        {
            let value = self.run_function(function, values);
            return self.name_unless_known(value, id);
        }
        let plain = values.iter().map_while(|value| match value {
            CodeValue::Plain(value) => Some(value.clone()),
            _ => None,
        });
        let plain: Vec<ConstValue> = plain.collect();
        let known = self
            .words()
            .and_then(|w| w.standard_call(package, name, &plain));
        // What only computes something changes nothing that it is given.
        let known = match known {
            Some(StandardCall::Gives(mut values)) => {
                let plain = values.drain(..).map(CodeValue::Plain);
                let mut plain: Vec<CodeValue> = plain.collect();
                match plain.len() {
                    1 => Some(plain.swap_remove(0)),
                    _ => Some(CodeValue::Several(plain)),
                }
            }
            Some(StandardCall::Ends) => {
                self.state().dead = true;
                None
            }
            None => None,
        };
        for (value, argument) in values.into_iter().zip(&call.arguments) {
            self.record_wrapped(argument.value, &value, package);
            self.escape(value, &to);
        }
        known.unwrap_or_else(|| self.unknown_code(id))
    }

    /// A function of another package of the project that gives something.
    fn function_of(&self, package: &str, name: &str) -> Option<(FileAt, FunctionId)> {
        let scope = self.typed.package?.others.get(package)?;
        let (file, id) = *scope.functions.get(name)?;
        let gives = !self.project.file(file).function(id).results.is_empty();
        gives.then_some((file, id))
    }

    fn call_library(
        &mut self,
        id: ExpressionId,
        call: &'p CallForm,
        library: &'p Rc<ImportedLibrary<'m>>,
        name: &str,
    ) -> CodeValue {
        let models = || library.candidates.iter().filter_map(|l| l.model());
        let constructor = models().find_map(|m| m.constructor(name));
        if let Some(constructor) = constructor.filter(|c| c.form != ConstructionForm::Literal) {
            return self.construct_typed((id, call), library, constructor);
        }
        if let Some(source) = models().find_map(|m| m.option_source(name)) {
            return self.option_source_call((id, call), library, (name, source));
        }
        if let Some(setting) = self.setting_call((id, call), library, name) {
            return setting;
        }
        self.give_arguments(id, call);
        self.unknown_code(id)
    }

    /// A call of a function of this package.
    fn call_function(
        &mut self,
        id: ExpressionId,
        call: &'p CallForm,
        name: &str,
        function: (FileAt, FunctionId),
    ) -> CodeValue {
        let mut values = self.argument_values(call);
        if let [CodeValue::Several(_)] = values.as_slice()
            && let Some(CodeValue::Several(several)) = values.pop()
        {
            values = several;
        }
        let worth = values.iter().any(tells) || self.is_worth_running(function);
        if worth && self.may_run(function) {
            let value = self.run_function(function, values);
            return self.name_unless_known(value, id);
        }
        let to = Cause::Expression(name.to_owned());
        for value in values {
            self.escape(value, &to);
        }
        self.unknown_code(id)
    }

    /// A function that is short, or that gives options.
    fn is_worth_running(&self, (file, id): (FileAt, FunctionId)) -> bool {
        let length = self.project.file(file).function(id).range.len();
        let short = self
            .words()
            .is_some_and(|words| length <= words.short_function());
        short || self.returns_options((file, id))
    }

    /// Whether one more body may be run in place.
    pub(super) fn may_run_in_place(&self) -> bool {
        let frames = self.frames.iter().rev();
        let inside = frames.take_while(|frame| frame.typed.in_place).count();
        self.typed.inline_left > 0 && inside < MAX_INLINE
    }

    /// Whether this function may be run in place once more.
    pub(in crate::extract) fn may_run(&self, (file, id): (FileAt, FunctionId)) -> bool {
        let running = |frame: &CodeFrame<'m>| {
            frame.typed.in_place && frame.file == file && frame.function == Some(id)
        };
        self.may_run_in_place() && !self.frames.iter().any(running)
    }

    /// Runs a function of the project with these arguments, if it may be run here.
    pub(in crate::extract) fn run_function(
        &mut self,
        (file, id): (FileAt, FunctionId),
        values: Vec<CodeValue>,
    ) -> CodeValue {
        if !self.may_run((file, id)) {
            return CodeValue::of_kind("a function that is not followed");
        }
        let frame = self.new_frame(file, Some(id));
        self.run_in_frame(frame, values)
    }

    /// Runs a function literal, which sees the variables around it.
    pub(in crate::extract) fn run_closure(
        &mut self,
        (file, id): (FileAt, FunctionId),
        values: Vec<CodeValue>,
    ) -> Option<CodeValue> {
        let size = self.state().size();
        if file != self.here() || !self.may_run((file, id)) || !self.step(size) {
            return None;
        }
        let mut frame = self.new_frame(file, Some(id));
        frame.state.variables = self.frame().state.variables.clone();
        frame.typed.by_value = self.frame().typed.by_value.clone();
        frame.typed.own = OwnFrame {
            expected: Vec::new(),
            ..self.frame().typed.own.clone()
        };
        Some(self.run_in_frame(frame, values))
    }

    /// Runs the function of a frame in place; what it returns, from all its ends.
    fn run_in_frame(&mut self, mut frame: CodeFrame<'m>, values: Vec<CodeValue>) -> CodeValue {
        let Some(id) = frame.function else {
            return CodeValue::of_kind("a function that is not followed");
        };
        let function = self.project.file(frame.file).function(id);
        frame.records = false;
        frame.typed.in_place = true;
        let expected = self.frame().typed.own.expected.iter().cloned();
        frame.typed.own.expected.extend(expected);
        let state = self.state();
        frame.state.options = std::mem::take(&mut state.options);
        frame.state.needs = std::mem::take(&mut state.needs);
        self.frames.push(frame);
        self.scoped(|run| {
            match run.own_values {
                Some(own) => own.bind_parameters(run, id, values),
                None => {
                    run.declare_parameters(function);
                    run.bind_parameters(function, values);
                    run.push_results(function);
                }
            }
            run.block(&function.body);
        });
        let Some(frame) = self.frames.pop() else {
            return CodeValue::of_kind("a function that is not followed");
        };
        self.merge_ends(frame.state, frame.returned)
    }

    /// What a function gives, whichever end it leaves by, and what is known behind it.
    pub(in crate::extract) fn merge_ends(
        &mut self,
        end: CodeState<'m>,
        returned: Vec<ReturnedValue<'m>>,
    ) -> CodeValue {
        let fell_through = !end.dead;
        let Some(mut merged) = self.join_ends(returned) else {
            let state = self.state();
            (state.options, state.needs) = (end.options, end.needs);
            // A function that never returns ends its caller too.
            state.dead = !fell_through;
            return CodeValue::of_kind("a function without a result");
        };
        if fell_through {
            // Where the last expression is the result, one that is not followed may be.
            if self.own_values.is_some() {
                merged.value = CodeValue::of_kind("a call");
            }
            let end = ReturnedValue {
                value: merged.value.clone(),
                options: end.options,
                needs: end.needs,
            };
            merged = self.join_two_ends(end, merged);
        }
        let state = self.state();
        (state.options, state.needs, state.dead) = (merged.options, merged.needs, false);
        match merged.value {
            CodeValue::Several(mut values) if values.len() == 1 => values.swap_remove(0),
            value => value,
        }
    }

    /// What a call gave, under the call's own name where its parts say nothing.
    fn name_unless_known(&self, value: CodeValue, id: ExpressionId) -> CodeValue {
        match value {
            CodeValue::Plain(ConstValue::Unknown(cause)) if !cause.is_environment() => {
                self.unknown_code(id)
            }
            value => value,
        }
    }

    pub(super) fn returns_options(&self, (file, id): (FileAt, FunctionId)) -> bool {
        let results = &self.project.file(file).function(id).results;
        let mut types = results.iter().flat_map(|(_, ty)| ty.named());
        types.any(|ty| self.option_type_in(file, ty).is_some())
    }
}

/// An argument that a function may change, or look at.
fn tells(value: &CodeValue) -> bool {
    matches!(value, CodeValue::Options(_) | CodeValue::Error(_))
}

/// Whether a library that is imported without a prefix brings this name.
fn knows(library: &ImportedLibrary<'_>, name: &str) -> bool {
    let mut models = library.candidates.iter().filter_map(|l| l.model());
    models.any(|m| {
        m.constructor(name).is_some()
            || m.option_source(name).is_some()
            || m.setter_type(ConstructionForm::Functional, name).is_some()
    })
}
