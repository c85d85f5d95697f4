//! Calls of paths: of the libraries, of functions of the package, and of what passes values on.

use crate::extract::code::form::{CallForm, CodeExpressionForm, ExpressionId, TypeForm};
use crate::extract::code::value::{CodeValue, FileAt};
use crate::extract::rust::package::{ItemKind, NameMeaning, RustItem};
use crate::extract::rust::standard;
use crate::extract::rust::types::InferredType;
use crate::extract::rust::url_values::UrlField;
use crate::extract::rust::values::{RustRun, RustValues, fold_value, object_of, own_value};
use crate::extract::rust::words::path_at;
use crate::facts::cause::Cause;
use crate::facts::raw::ConstValue;
use crate::knowledge::languages;

/// Functions up to so many bytes are run in place whatever they return.
const SHORT_FUNCTION: usize = 4_000;

/// A path that is called, and the types that are written with it.
pub(super) type CalledPath<'c> = (&'c [String], Option<&'c TypeForm>);

impl<'p, 'm> RustValues<'p, 'm> {
    /// What is passed by value or to be changed may be changed by the callee.
    pub(super) fn give_away(
        &self,
        run: &mut RustRun<'p, 'm>,
        given: &[ExpressionId],
        values: &[CodeValue],
        to: &str,
    ) {
        let code = run.code();
        for (id, value) in given.iter().zip(values) {
            let shared = matches!(code.expression(*id).form, CodeExpressionForm::Unary("&", _))
                && !code.text(*id).starts_with("&mut");
            if !shared {
                run.escape(value.clone(), &Cause::Expression(to.to_owned()));
            }
        }
    }

    pub(super) fn call(
        &self,
        run: &mut RustRun<'p, 'm>,
        id: ExpressionId,
        call: &'p CallForm,
    ) -> CodeValue {
        let code = run.code();
        let given: Vec<ExpressionId> = call.arguments.iter().map(|a| a.value).collect();
        let generic = code.called.get(&id).and_then(|called| called.ty.as_ref());
        if let Some(path) = path_at(code, call.callee) {
            let base = match &code.expression(call.callee).form {
                CodeExpressionForm::Member(base, _) => Some(&code.expression(*base).form),
                _ => None,
            };
            let in_path = match base {
                Some(CodeExpressionForm::Type(ty)) => Some(ty),
                _ => generic,
            };
            return self.path_call(run, id, (&path, in_path), &given);
        }
        if let CodeExpressionForm::Member(base, name) = &code.expression(call.callee).form {
            return self.method(run, id, (*base, name), &given);
        }
        let value = run.value(call.callee);
        let values = self.moved_all(run, &given);
        let result = self.run_closure(run, &value, values);
        result.unwrap_or_else(|| run.unknown_code(id))
    }

    pub(super) fn path_call(
        &self,
        run: &mut RustRun<'p, 'm>,
        id: ExpressionId,
        (path, in_path): CalledPath<'_>,
        given: &[ExpressionId],
    ) -> CodeValue {
        if let [name] = path
            && let Some(held) = run.state().variables.get(name).cloned()
        {
            let values = self.moved_all(run, given);
            let result = self.run_closure(run, &held, values);
            return result.unwrap_or_else(|| run.unknown_code(id));
        }
        match (path.last().map(String::as_str), path.len(), given) {
            (Some("Some"), 1 | 2, [only]) => {
                return CodeValue::Wrapped(Box::new(self.moved(run, *only)));
            }
            (Some("Ok"), 1, [only]) => return self.moved(run, *only),
            (Some("default"), 2, _) if path[0] == "Default" => return CodeValue::Default,
            _ => {}
        }
        if let [ty, name] = path
            && ty == "Self"
            && let Some(own) = run.frame().typed.own.receiver.clone()
        {
            return match self.declared.member(&own, name) {
                Some(item) => self.own_call(run, id, &item, given),
                None => self.any_call(run, id, given),
            };
        }
        if let Some((name, ty)) = path.split_last()
            && let Some(library) = self.library_of(run, ty)
        {
            return self.library_function(run, id, (library, name), (in_path, given));
        }
        match self.meaning(run, path) {
            Some(NameMeaning::Own(item, rest)) => self.own_path_call(run, id, (item, &rest), given),
            Some(NameMeaning::Other(path)) => self.other_call(run, id, &path, given),
            None => self.any_call(run, id, given),
        }
    }

    /// The library's type that a path names, aliases of the package included.
    fn library_of(&self, run: &RustRun<'p, 'm>, path: &[String]) -> Option<&'m str> {
        if path.is_empty() {
            return None;
        }
        if let Some(ty) = self.library_type(run, path) {
            return Some(ty);
        }
        match self.meaning(run, path)? {
            NameMeaning::Own(item, rest) if rest.is_empty() && item.kind == ItemKind::Alias => {
                let aliased = self.declared.aliased(&item)?;
                match self.type_at(&aliased, item.place())? {
                    InferredType::Library(name) => Some(name),
                    InferredType::Own(_) => None,
                }
            }
            _ => None,
        }
    }

    fn own_path_call(
        &self,
        run: &mut RustRun<'p, 'm>,
        id: ExpressionId,
        (item, rest): (RustItem<'p>, &[String]),
        given: &[ExpressionId],
    ) -> CodeValue {
        match (item.kind, rest) {
            (ItemKind::Function, []) => self.own_call(run, id, &item, given),
            (ItemKind::Type, [name]) => {
                let ty = self.declared.name_of(&item);
                match ty.and_then(|ty| self.declared.member(ty, name)) {
                    Some(member) => self.own_call(run, id, &member, given),
                    None => {
                        self.any_call(run, id, given);
                        own_value(&item)
                    }
                }
            }
            (ItemKind::Type, []) => {
                self.any_call(run, id, given);
                own_value(&item)
            }
            _ => self.any_call(run, id, given),
        }
    }

    /// A call of something that is not known.
    pub(super) fn any_call(
        &self,
        run: &mut RustRun<'p, 'm>,
        id: ExpressionId,
        given: &[ExpressionId],
    ) -> CodeValue {
        let values = self.moved_all(run, given);
        self.give_away(run, given, &values, "a call");
        run.unknown_code(id)
    }

    /// A call into another crate that no model knows; a few of the standard library's are understood.
    fn other_call(
        &self,
        run: &mut RustRun<'p, 'm>,
        id: ExpressionId,
        path: &[String],
        given: &[ExpressionId],
    ) -> CodeValue {
        let rust = languages::rust();
        let starter = rust.and_then(|rust| rust.starter(path.last()?));
        let own = &run.frame().typed.own;
        let context = (own.is_async, own.may_be_async);
        if starter.is_some_and(|starter| starter.may_wait) {
            let own = &mut run.frame_mut().typed.own;
            (own.is_async, own.may_be_async) = (false, false);
        }
        let mut values = self.moved_all(run, given);
        let own = &mut run.frame_mut().typed.own;
        (own.is_async, own.may_be_async) = context;
        if let Some(model) = self.index.url_value(path) {
            let given = values.into_iter().zip(given).enumerate();
            let fields = given.map(|(at, (value, id))| UrlField {
                name: at.to_string(),
                value,
                at: *id,
            });
            return self.url_value(run, model, None, fields.collect());
        }
        if rust.is_some_and(|rust| rust.wraps(path)) && values.len() == 1 {
            let value = values.remove(0);
            return match object_of(&value) {
                Some(id) if !self.is_handle(run, id) => {
                    run.escape(
                        CodeValue::Reference(id),
                        &Cause::Expression("shared".to_owned()),
                    );
                    CodeValue::Options(id)
                }
                _ => value,
            };
        }
        let folded = self.folded_all(run, given, &values);
        if let Some(known) = standard::function(path, &folded) {
            return CodeValue::Plain(known);
        }
        self.give_away(run, given, &values, "a call");
        // The body of a cell that is filled once is what the cell holds.
        if let [.., ty, name] = path
            && ty.contains("Lazy")
            && name == "new"
            && let Some(closure) = values.first()
        {
            let value = self.run_closure(run, &closure.clone(), Vec::new());
            return value.unwrap_or_else(|| run.unknown_code(id));
        }
        run.unknown_code(id)
    }

    /// Arguments as far as they are plain values.
    pub(super) fn folded_all(
        &self,
        run: &RustRun<'p, 'm>,
        given: &[ExpressionId],
        values: &[CodeValue],
    ) -> Vec<ConstValue> {
        let pairs = given.iter().zip(values);
        let folded = pairs.map(|(id, value)| fold_value(value.clone(), run.quote(*id)).0);
        folded.collect()
    }

    /// A call of a function of the package: run in place where that can tell something.
    fn own_call(
        &self,
        run: &mut RustRun<'p, 'm>,
        id: ExpressionId,
        item: &RustItem<'p>,
        given: &[ExpressionId],
    ) -> CodeValue {
        let values = self.moved_all(run, given);
        let from = run.quote(id);
        self.own_call_with(run, item, (given, values), from)
    }

    pub(super) fn own_call_with(
        &self,
        run: &mut RustRun<'p, 'm>,
        item: &RustItem<'p>,
        (given, values): (&[ExpressionId], Vec<CodeValue>),
        from: Cause,
    ) -> CodeValue {
        let Some(function) = self.declared.function_of(item) else {
            self.give_away(run, given, &values, "a call");
            return CodeValue::unknown(from);
        };
        let place = (FileAt(item.file), function);
        let form = self.declared.file(place.0).function(function);
        let short = form.range.len() <= SHORT_FUNCTION;
        let has_object = values.iter().any(|value| object_of(value).is_some());
        let value = if (short || has_object) && run.may_run(place) {
            run.run_function(place, values)
        } else {
            self.give_away(run, given, &values, "a call");
            CodeValue::of_kind("a call")
        };
        match value {
            CodeValue::Plain(ConstValue::Unknown(reason)) if !reason.is_environment() => {
                match form.results.first() {
                    Some((_, ty)) => self.of_type(run, (ty, item.place()), from),
                    None => CodeValue::unknown(from),
                }
            }
            value => value,
        }
    }

    /// An unknown part of a value: why.
    pub(super) fn reason_of(&self, value: &CodeValue) -> Cause {
        match value {
            CodeValue::Plain(ConstValue::Unknown(reason)) => reason.clone(),
            _ => Cause::Code("a value that is not followed"),
        }
    }
}
