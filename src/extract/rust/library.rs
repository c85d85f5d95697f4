//! Calls that a model names: what they give and keep, the address that they lead to, and the clients
//! that they build, with all that is written on the values that those are built from.

use std::rc::Rc;

use crate::extract::code::address;
use crate::extract::code::form::{CodeExpressionForm, ExpressionId, TypeForm};
use crate::extract::code::options::{
    ConnectionManager, ObjectId, OptionsObject, OptionsOrigin, name_of, raw_source,
};
use crate::extract::code::package::FoundTypedClient;
use crate::extract::code::value::CodeValue;
use crate::extract::rust::values::{RustRun, RustValues, fold_value, object_of};
use crate::facts::cause::Cause;
use crate::facts::edit_target::EditTarget;
use crate::facts::raw::{ConstValue, OptionWrite, RawClient};
use crate::knowledge::clients::model::Constructor;
use crate::knowledge::clients::rust::{ModelledCall, OptionsIn, RustForm};
use crate::source::Span;

/// What a method is called on: the options, and where that stands.
pub(super) type CalledOn = Option<(ObjectId, ExpressionId)>;

impl<'p, 'm> RustValues<'p, 'm> {
    pub(super) fn library_function(
        &self,
        run: &mut RustRun<'p, 'm>,
        id: ExpressionId,
        (ty, name): (&'m str, &str),
        (in_path, given): (Option<&TypeForm>, &[ExpressionId]),
    ) -> CodeValue {
        let values = self.moved_all(run, given);
        let functions = self.index.calls(ty, name).iter();
        let functions = functions.filter(|found| !found.call.method).copied();
        let functions: Vec<ModelledCall<'m>> = functions.collect();
        // A type with options where no model says otherwise.
        let is_plain = given.is_empty() && self.index.form(ty) != Some(RustForm::Handle);
        let value = if !functions.is_empty() {
            self.library_call(run, id, (&functions, None), (given, values))
        } else if matches!(name, "default" | "new") && is_plain {
            let mut object = self.new_object(ty);
            object.literal = Some(run.code().span(id));
            CodeValue::Options(run.add_options(Rc::new(object)))
        } else {
            self.give_away(run, given, &values, name);
            return run.unknown_code(id);
        };
        if let CodeValue::Options(made) = &value {
            let at = self.here(run);
            let managed = in_path.and_then(|ty| self.find_manager(ty, at));
            if let (Some(managed), Some(object)) = (managed, run.options_mut(*made)) {
                object.managed = Some(managed);
            }
        }
        value
    }

    /// A call that a model names, of a function or on a value.
    pub(super) fn library_call(
        &self,
        run: &mut RustRun<'p, 'm>,
        id: ExpressionId,
        (found, on): (&[ModelledCall<'m>], CalledOn),
        (given, values): (&[ExpressionId], Vec<CodeValue>),
    ) -> CodeValue {
        let Some(first) = found.first() else {
            return run.unknown_code(id);
        };
        let source = self.source_of(run, id, (first, on), (given, &values));
        let clients = found.iter().filter(|found| found.call.client.is_some());
        let clients: Vec<&ModelledCall<'m>> = clients.collect();
        for (at, client) in clients.iter().enumerate() {
            let seen = |other: &&ModelledCall<'m>| other.library.id() == client.library.id();
            if !clients[..at].iter().copied().any(|other| seen(&other)) {
                self.construct(run, id, (client, on), (given, &values), source.clone());
            }
        }
        match clients.is_empty() {
            true => self.note_blocking(run, id, (first, on)),
            false => self.give_away(run, given, &values, "a constructor"),
        }
        let managed = first.call.managed_arg;
        let managed = managed.and_then(|at| self.manager_of(run, values.get(at)?));
        let Some(gives) = first.call.gives.as_deref() else {
            return run.unknown_code(id);
        };
        let mut object = self.new_object(gives);
        object.literal = Some(run.code().span(id));
        object.source = source;
        object.managed = managed;
        if first.call.keeps
            && let Some((kept, _)) = on
        {
            self.keep(run, kept, &mut object);
        }
        let made = run.add_options(Rc::new(object));
        if first.call.client.is_none() {
            let writes = self.positional_writes(run, (gives, first), (given, &values));
            if let Some(object) = run.options_mut(made) {
                writes.into_iter().for_each(|write| object.write(write));
            }
            self.parts_in(run, made, first, &values);
        }
        CodeValue::Options(made)
    }

    /// A call that takes a connection from a pool, in asynchronous code.
    fn note_blocking(
        &self,
        run: &RustRun<'p, 'm>,
        id: ExpressionId,
        (found, on): (&ModelledCall<'m>, CalledOn),
    ) {
        let pool = on.and_then(|(id, _)| run.options(id));
        let managed = pool.and_then(|pool| pool.managed.as_ref());
        let ours = managed.is_some_and(|by| self.index.manages(found.library, &by.ty));
        let place = self.find_blocking(run, found, run.code().span(id));
        if let Some(place) = place.filter(|_| ours && !run.frame().typed.in_place) {
            let found = (found.library.id().to_owned(), place);
            self.found.borrow_mut().blocking.push(found);
        }
    }

    /// A call that stops its thread, in code that may be asynchronous; and whether that is sure.
    fn find_blocking(
        &self,
        run: &RustRun<'p, 'm>,
        found: &ModelledCall<'m>,
        at: Span,
    ) -> Option<(Span, bool)> {
        let own = &run.frame().typed.own;
        let async_here = own.is_async || own.may_be_async;
        (found.call.blocks && async_here).then_some((at, own.is_async))
    }

    /// The manager that a value is.
    fn manager_of(&self, run: &RustRun<'p, 'm>, value: &CodeValue) -> Option<ConnectionManager> {
        match value {
            CodeValue::Own(ty, _) => self.own_manager(&self.declared.types[ty.0]),
            value => run
                .options(object_of(value)?)
                .map(|object| ConnectionManager {
                    ty: object.option_type.clone(),
                    is_own: false,
                }),
        }
    }

    /// The URL or the address that a call gives its result.
    fn source_of(
        &self,
        run: &RustRun<'p, 'm>,
        id: ExpressionId,
        (found, on): (&ModelledCall<'m>, CalledOn),
        (given, values): (&[ExpressionId], &[CodeValue]),
    ) -> Option<OptionsOrigin> {
        if let Some(at) = found.call.url_arg {
            let argument = *given.get(at)?;
            let (url, _) = fold_value(values.get(at)?.clone(), run.quote(argument));
            let branches = matches!(url, ConstValue::Unknown(Cause::Branches));
            return Some(OptionsOrigin {
                call: found.call.path(),
                url_name: match branches {
                    true => Some(Cause::Branches.source_name()),
                    false => name_of(&url),
                },
                url,
                url_span: run.code().span(argument),
                span: run.code().span(id),
                error: None,
            });
        }
        let of = |id: ObjectId| run.options(id).and_then(|object| object.source.clone());
        let from = [found.call.managed_arg, found.call.address_arg];
        let mut from = from.into_iter().flatten();
        let given = from.find_map(|at| of(object_of(values.get(at)?)?));
        given.or_else(|| on.and_then(|(id, _)| of(id)))
    }

    /// The result of a call has what was written on the value that it was called on.
    fn keep(&self, run: &mut RustRun<'p, 'm>, id: ObjectId, object: &mut OptionsObject<'m>) {
        let copy = run.copy_object(id);
        let Some(kept) = copy.and_then(|copy| run.options(copy)).cloned() else {
            return;
        };
        object.writes = kept.writes;
        object.parts = kept.parts;
        object.rest_unknown = kept.rest_unknown;
        object.managed = kept.managed;
        object.source = object.source.take().or(kept.source);
    }

    /// Arguments whose type's options become options of the result.
    fn parts_in(
        &self,
        run: &mut RustRun<'p, 'm>,
        id: ObjectId,
        found: &ModelledCall<'m>,
        values: &[CodeValue],
    ) {
        let Some(ty) = run.options(id).map(|object| object.option_type.clone()) else {
            return;
        };
        let name = format!("{}::{}", last(&found.call.on), found.call.name);
        for (at, value) in values.iter().enumerate() {
            let ident = match at {
                0 => name.clone(),
                at => format!("{name}/{at}"),
            };
            if let Some(part) = self.index.part(&ty, &ident) {
                self.set_part(run, id, part, value);
            }
        }
    }

    /// A client is built here.
    fn construct(
        &self,
        run: &mut RustRun<'p, 'm>,
        id: ExpressionId,
        (found, on): (&ModelledCall<'m>, CalledOn),
        (given, values): (&[ExpressionId], &[CodeValue]),
        source: Option<OptionsOrigin>,
    ) {
        let Some(constructor) = found.model.constructor(&found.call.path()) else {
            return;
        };
        let holds_anything = found.model.rust.managed.is_some();
        let for_caller = holds_anything && is_run_for_caller(run);
        let records = !run.frame().typed.in_place || for_caller;
        let range = run.code().expression(id).range.clone();
        if !records || run.state().dead || run.code().is_broken(&range) {
            return;
        }
        let manager = self.find_pool_manager(run, (found, on), values);
        let manages = |by: &ConnectionManager| self.index.manages(found.library, &by.ty);
        if holds_anything && !manager.as_ref().is_some_and(manages) {
            return;
        }
        let at = |n: usize| (values.get(n).and_then(object_of), given.get(n).copied());
        let (options, expression) = match found.call.client {
            Some(OptionsIn::Receiver) => (on.map(|(id, _)| id), on.map(|(_, at)| at)),
            Some(OptionsIn::FirstArgument) => at(0),
            Some(OptionsIn::SecondArgument) => at(1),
            Some(OptionsIn::Arguments) => {
                let object = self.new_object(&constructor.option_type);
                let made = run.add_options(Rc::new(object));
                self.parts_in(run, made, found, values);
                (Some(made), None)
            }
            _ => (None, None),
        };
        let mut raw = self.raw_client(run, id, (found, constructor));
        match (options, expression) {
            (Some(options), expression) => {
                self.flatten(run, options, &constructor.option_type, &mut raw);
                let end = expression.map(|expression| self.append_to(run, expression));
                raw.insert = end.unwrap_or(EditTarget::None);
                let made = run.options(options).and_then(|object| object.literal);
                raw.options_anchor = made.unwrap_or(raw.anchor);
            }
            (None, Some(expression)) => {
                raw.rest_unknown = Some(run.quote(expression).in_marks());
            }
            (None, None) => {}
        }
        let ty = constructor.option_type.as_str();
        let positional = self.positional_writes(run, (ty, found), (given, values));
        raw.writes.extend(positional);
        raw.source = source.map(raw_source);
        if manager.is_some_and(|by| by.is_own) {
            raw.carried_unknown = Some(Cause::Code("a connection manager of the package"));
        }
        raw.hosts = address::hosts(&raw, &[found.library]);
        match for_caller {
            true => self.found.borrow_mut().for_callers.push(raw),
            false => run
                .typed
                .clients
                .push(FoundTypedClient { raw, error: None }),
        }
    }

    fn raw_client(
        &self,
        run: &RustRun<'p, 'm>,
        id: ExpressionId,
        (found, constructor): (&ModelledCall<'m>, &Constructor),
    ) -> RawClient {
        let libraries = vec![found.library.id().to_owned()];
        let raw = run.raw_client_of(libraries, constructor, id);
        let krate = found.call.on.split("::").next().unwrap_or_default();
        // What is built in place of a call is built for whoever calls.
        let mut frames = run.frames.iter().rev();
        let reading = frames.find(|frame| !frame.typed.in_place);
        let function = reading.and_then(|frame| {
            let name = run.project.function_name(frame.file, frame.function?);
            Some(name.replace('.', "::"))
        });
        RawClient {
            package: Some(krate.to_owned()),
            kept: self.find_kept(run, id),
            blocks_async: self.find_blocking(run, found, raw.anchor),
            function: function.or_else(|| run.frame().typed.own.declares.clone()),
            bound_to: self.find_holder(run, id),
            site: self.site(run, id, found),
            ..raw
        }
    }

    /// What makes a pool's connections: the manager that the call is given, the one that its builder
    /// was given, else what a type says that is written.
    fn find_pool_manager(
        &self,
        run: &RustRun<'p, 'm>,
        (found, on): (&ModelledCall<'m>, CalledOn),
        values: &[CodeValue],
    ) -> Option<ConnectionManager> {
        let given = found.call.managed_arg.and_then(|at| values.get(at));
        if let Some(value @ CodeValue::Own(..)) = given {
            return self.manager_of(run, value);
        }
        let builder = on.and_then(|(id, _)| run.options(id)?.managed.clone());
        let at = self.here(run);
        let expected = || {
            let mut types = run.frame().typed.own.expected.iter().rev();
            types.find_map(|ty| self.find_manager(ty, at))
        };
        given
            .and_then(|value| self.manager_of(run, value))
            .or(builder)
            .or_else(expected)
    }

    /// Everything that is written on a value and its parts, in the words of the client's option type.
    fn flatten(&self, run: &RustRun<'p, 'm>, id: ObjectId, option_type: &str, raw: &mut RawClient) {
        let mut todo = vec![id];
        let mut whole = true;
        while let Some(id) = todo.pop() {
            let Some(object) = run.options(id) else {
                continue;
            };
            raw.writes.extend(object.writes.iter().cloned());
            if let Some(reason) = &object.rest_unknown {
                if whole {
                    raw.rest_unknown = Some(reason.clone());
                } else {
                    let idents = self.index.idents_on(&object.option_type);
                    raw.unseen
                        .extend(idents.map(|ident| (ident.to_owned(), reason.clone())));
                }
            }
            whole = false;
            todo.extend(object.parts.values());
        }
        let is_option =
            |write: &OptionWrite| !self.index.options(option_type, &write.ident).is_empty();
        raw.writes.retain(is_option);
    }

    /// Where another call could be added to an expression that gives options.
    fn append_to(&self, run: &RustRun<'p, 'm>, expression: ExpressionId) -> EditTarget {
        let code = run.code();
        let range = code.expression(expression).range.clone();
        let chains = match &code.expression(expression).form {
            CodeExpressionForm::Call(_) | CodeExpressionForm::Name(_) => true,
            CodeExpressionForm::Member(..) => !code.text(expression).contains("::"),
            CodeExpressionForm::Through(inner) | CodeExpressionForm::Otherwise(inner, _) => {
                let called = code.called.get(&expression);
                let handed = called.is_some_and(|called| called.name != "as");
                handed || code.expression(*inner).range.start == range.start && called.is_none()
            }
            _ => false,
        };
        if !chains {
            return EditTarget::None;
        }
        let end = range.end;
        let rest = code.excerpt.text().get(end..).unwrap_or("");
        let blanks = &rest[..rest.len() - rest.trim_start().len()];
        let own_line = (blanks.contains('\n') && rest.trim_start().starts_with('.'))
            .then(|| blanks.to_owned());
        EditTarget::InsertCall {
            at: code.excerpt.span(end..end),
            encoding: self.encoding(run, false),
            ident: String::new(),
            own_line,
        }
    }
}

/// Whether a function is run in place for its caller, which is being read.
fn is_run_for_caller(run: &RustRun<'_, '_>) -> bool {
    let mut frames = run.frames.iter().rev();
    let Some(function) = run.frame().function else {
        return false;
    };
    let named = !run.code().function(function).name.is_empty();
    let inside = frames.by_ref().take_while(|frame| frame.typed.in_place);
    named && inside.count() == 1
}

/// The last name of a path.
pub(super) fn last(path: &str) -> &str {
    path.rsplit("::").next().unwrap_or(path)
}
