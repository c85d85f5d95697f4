//! Method calls, by what the method is called on.

use crate::extract::code::fold;
use crate::extract::code::form::ExpressionId;
use crate::extract::code::options::ObjectId;
use crate::extract::code::value::{CodeValue, DeclaredType};
use crate::extract::rust::standard;
use crate::extract::rust::values::{RustRun, RustValues, fold_value, object_of};
use crate::facts::cause::Cause;
use crate::facts::raw::{ConstValue, EnvDefault};
use crate::knowledge::clients::rust::{ModelledCall, OptionPart, PartAccess, RustForm};

/// A method, and what it is called on.
pub(super) type CalledMethod<'c> = (ExpressionId, &'c str);

impl<'p, 'm> RustValues<'p, 'm> {
    pub(super) fn method(
        &self,
        run: &mut RustRun<'p, 'm>,
        id: ExpressionId,
        (receiver, name): CalledMethod<'_>,
        given: &[ExpressionId],
    ) -> CodeValue {
        match run.value(receiver) {
            on @ (CodeValue::Options(_) | CodeValue::Reference(_)) => {
                self.object_method(run, id, (on, receiver, name), given)
            }
            CodeValue::Wrapped(inner) => self.evaluate_wrapped(run, id, (*inner, name), given),
            CodeValue::Own(ty, fields) => {
                self.own_method(run, id, (CodeValue::Own(ty, fields), ty, name), given)
            }
            CodeValue::Plain(folded) => self.plain_method(run, id, (folded, name), given),
            CodeValue::Default if standard::passes_on(name) => CodeValue::Default,
            other => {
                let values = self.moved_all(run, given);
                self.give_away(run, given, &values, "a call");
                match standard::passes_on(name) {
                    true => other,
                    false => run.unknown_code(id),
                }
            }
        }
    }

    fn evaluate_wrapped(
        &self,
        run: &mut RustRun<'p, 'm>,
        id: ExpressionId,
        (inner, name): (CodeValue, &str),
        given: &[ExpressionId],
    ) -> CodeValue {
        let values = self.moved_all(run, given);
        self.give_away(run, given, &values, "a call");
        match name {
            "map" | "and_then" => {
                let closure = values.into_iter().next();
                let result =
                    closure.and_then(|closure| self.run_closure(run, &closure, vec![inner]));
                match (name, result) {
                    ("map", Some(value)) => CodeValue::Wrapped(Box::new(value)),
                    (_, Some(value)) => value,
                    _ => run.unknown_code(id),
                }
            }
            "unwrap_or" | "unwrap_or_default" | "unwrap_or_else" | "unwrap" | "expect"
            | "ok_or" | "ok_or_else" => inner,
            "filter" | "take" | "or" | "or_else" | "xor" | "zip" => run.unknown_code(id),
            _ => CodeValue::Wrapped(Box::new(inner)),
        }
    }

    fn own_method(
        &self,
        run: &mut RustRun<'p, 'm>,
        id: ExpressionId,
        (on, ty, name): (CodeValue, DeclaredType, &str),
        given: &[ExpressionId],
    ) -> CodeValue {
        let item = self.declared.types[ty.0];
        let ty = self.declared.name_of(&item);
        let member = ty.and_then(|ty| self.declared.member(ty, name));
        let mut values = self.moved_all(run, given);
        match member {
            Some(member) => {
                values.insert(0, on);
                let from = run.quote(id);
                self.own_call_with(run, &member, (given, values), from)
            }
            None => {
                self.give_away(run, given, &values, "a call");
                match standard::passes_on(name) {
                    true => on,
                    false => run.unknown_code(id),
                }
            }
        }
    }

    fn plain_method(
        &self,
        run: &mut RustRun<'p, 'm>,
        id: ExpressionId,
        (on, name): (ConstValue, &str),
        given: &[ExpressionId],
    ) -> CodeValue {
        let values = self.moved_all(run, given);
        self.give_away(run, given, &values, "a call");
        let folded = self.folded_all(run, given, &values);
        if let Some(known) = standard::method(name, &on, &folded) {
            return CodeValue::Plain(known);
        }
        let found = match (&on, name) {
            (ConstValue::Nil, "unwrap_or" | "or") => values.into_iter().next(),
            (ConstValue::Nil, "map" | "and_then" | "filter") => Some(CodeValue::Plain(on)),
            (ConstValue::Nil, _) => None,
            (ConstValue::Unknown(reason), _) if reason.is_environment() => {
                self.variable_method(run, on, name, values)
            }
            (ConstValue::Unknown(_), _) => None,
            (ConstValue::Fallback(fallback), _) => {
                self.fallback_method(run, (**fallback).clone(), (name, &folded), values)
            }
            _ if standard::passes_on(name) || name == "unwrap_or" => Some(CodeValue::Plain(on)),
            _ => None,
        };
        found.unwrap_or_else(|| run.unknown_code(id))
    }

    /// A variable's text, read as something or with something in its stead, is the variable's; what a
    /// closure makes of it is what the closure gives.
    fn variable_method(
        &self,
        run: &mut RustRun<'p, 'm>,
        on: ConstValue,
        name: &str,
        values: Vec<CodeValue>,
    ) -> Option<CodeValue> {
        let otherwise = match name {
            "unwrap_or" | "or" | "unwrap_or_else" | "or_else" | "map_or" | "map_or_else" => {
                values.first().cloned()
            }
            _ => None,
        };
        let given = if standard::reads_text(name) || standard::passes_on(name) || name == "or" {
            on
        } else if matches!(name, "map" | "and_then" | "map_or" | "map_or_else") {
            let closure = values.into_iter().next_back()?;
            match self.run_closure(run, &closure, vec![CodeValue::Plain(on)])? {
                // What the closure falls back on is not what holds without the variable.
                CodeValue::Plain(ConstValue::Fallback(inner)) => ConstValue::Unknown(inner.source),
                CodeValue::Plain(value) => value,
                value => return Some(value),
            }
        } else {
            return None;
        };
        Some(match (given, otherwise) {
            (ConstValue::Unknown(source), Some(otherwise)) => {
                let otherwise = self.otherwise(run, otherwise);
                let variable = source.is_environment().then(|| source.source_name());
                CodeValue::Plain(fold::with_fallback(source, variable, otherwise))
            }
            (given, _) => CodeValue::Plain(given),
        })
    }

    /// What a value or a closure gives in another one's stead.
    fn otherwise(&self, run: &mut RustRun<'p, 'm>, value: CodeValue) -> ConstValue {
        let value = match &value {
            CodeValue::Function(..) => {
                self.run_closure(run, &value, vec![CodeValue::of_kind("an error")])
            }
            _ => Some(value),
        };
        value.map_or_else(
            || fold::unknown("a call"),
            |value| fold_value(value, Cause::Code("a call")).0,
        )
    }

    /// A value that holds where a variable gives none, read as something else.
    fn fallback_method(
        &self,
        run: &mut RustRun<'p, 'm>,
        fallback: EnvDefault,
        (name, arguments): (&str, &[ConstValue]),
        values: Vec<CodeValue>,
    ) -> Option<CodeValue> {
        if name == "parse" {
            let value = standard::method(name, &fallback.value, &[]);
            let value = value.unwrap_or_else(|| fold::unknown("a text"));
            let EnvDefault {
                source, variable, ..
            } = fallback;
            return Some(CodeValue::Plain(fold::with_fallback(
                source, variable, value,
            )));
        }
        if let Some(value) = standard::method(name, &fallback.value, arguments) {
            return Some(CodeValue::Plain(fold::computed(fallback, |_| value)));
        }
        if standard::reads_text(name) || standard::passes_on(name) {
            return Some(CodeValue::Plain(ConstValue::Fallback(Box::new(fallback))));
        }
        if !matches!(name, "map" | "and_then") {
            return None;
        }
        let closure = values.into_iter().next_back()?;
        let given = vec![CodeValue::Plain(fallback.value.clone())];
        match self.run_closure(run, &closure, given)? {
            CodeValue::Plain(value) => Some(CodeValue::Plain(fold::computed(fallback, |_| value))),
            _ => None,
        }
    }

    fn object_method(
        &self,
        run: &mut RustRun<'p, 'm>,
        at: ExpressionId,
        (on, receiver, name): (CodeValue, ExpressionId, &str),
        given: &[ExpressionId],
    ) -> CodeValue {
        let object = object_of(&on);
        let typed = object.and_then(|id| Some((id, run.options(id)?.option_type.clone())));
        let Some((id, ty)) = typed else {
            return self.any_call(run, at, given);
        };
        let part = self.index.part(&ty, name);
        if let Some(part) = part.filter(|part| part.through != PartAccess::Field) {
            let result = self.result_of_setter(run, id, &ty);
            let target = object_of(&result).unwrap_or(id);
            if part.through == PartAccess::Closure {
                self.set_by_closure(run, target, part, given);
            } else {
                let value = given.first().map(|argument| self.moved(run, *argument));
                let value = value.unwrap_or_else(|| run.unknown_code(at));
                self.set_part(run, target, part, &value);
            }
            return result;
        }
        let calls = self.index.calls(&ty, name);
        if !self.index.options(&ty, name).is_empty() && calls.is_empty() {
            return self.set_by_method(run, at, (id, &ty, name), given);
        }
        let methods = calls.iter().filter(|found| found.call.method).copied();
        let methods: Vec<ModelledCall<'m>> = methods.collect();
        if !methods.is_empty() {
            let values = self.moved_all(run, given);
            return self.library_call(run, at, (&methods, Some((id, receiver))), (given, values));
        }
        self.other_method(run, at, (id, on, name), given)
    }

    /// A method that no model names: known ones of the language pass the value on.
    fn other_method(
        &self,
        run: &mut RustRun<'p, 'm>,
        at: ExpressionId,
        (id, on, name): (ObjectId, CodeValue, &str),
        given: &[ExpressionId],
    ) -> CodeValue {
        let values = self.moved_all(run, given);
        self.give_away(run, given, &values, "a call");
        let to = Cause::Expression(name.to_owned());
        match name {
            "clone" | "to_owned" | "cloned" => {
                return CodeValue::Options(run.copy_object(id).unwrap_or(id));
            }
            "as_ref"
            | "as_mut"
            | "borrow"
            | "borrow_mut"
            | "as_deref_mut"
            | "by_ref"
            | "get_or_insert_with"
            | "get_or_insert"
            | "get_or_insert_default"
            | "insert" => {
                return CodeValue::Reference(id);
            }
            "unwrap_or_default" | "unwrap_or_else" | "unwrap_or" | "or" | "or_else" => {
                // One of two values; which, the code does not say.
                if !self.is_handle(run, id) {
                    run.escape(CodeValue::Reference(id), &to);
                }
                return on;
            }
            "map" | "and_then" | "map_or" | "then" => {
                let closure = values.last().cloned();
                let result = closure.and_then(|closure| self.run_closure(run, &closure, vec![on]));
                return result.unwrap_or_else(|| run.unknown_code(at));
            }
            name if standard::passes_on(name) => return on,
            _ => {}
        }
        if self.is_handle(run, id) {
            return run.unknown_code(at);
        }
        let ty = run.options(id).map(|object| object.option_type.clone());
        let ty = ty.unwrap_or_default();
        // A setter that is known to have no key leaves the others alone.
        if self.index.is_unmodelled(&ty, name) {
            return self.result_of_setter(run, id, &ty);
        }
        run.escape(CodeValue::Reference(id), &to);
        match self.index.form(&ty) {
            Some(RustForm::Builder) => CodeValue::Options(id),
            Some(RustForm::BuilderInPlace) => CodeValue::Reference(id),
            _ => run.unknown_code(at),
        }
    }

    /// What a setter gives: the value itself where it changes in place, else a changed copy.
    pub(super) fn result_of_setter(
        &self,
        run: &mut RustRun<'p, 'm>,
        id: ObjectId,
        ty: &str,
    ) -> CodeValue {
        match self.index.form(ty) {
            Some(RustForm::BuilderInPlace) => CodeValue::Reference(id),
            _ => CodeValue::Options(run.copy_object(id).unwrap_or(id)),
        }
    }

    fn set_by_closure(
        &self,
        run: &mut RustRun<'p, 'm>,
        id: ObjectId,
        part: &'m OptionPart,
        given: &[ExpressionId],
    ) {
        let part = CodeValue::Reference(self.part_of(run, id, part));
        let Some(argument) = given.first() else {
            return;
        };
        let closure = run.value(*argument);
        let ran = self.run_closure(run, &closure, vec![part.clone()]);
        if ran.is_none() {
            run.escape(part, &Cause::Expression("a closure".to_owned()));
        }
    }
}
