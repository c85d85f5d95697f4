//! Calls that return options and calls that build clients: what a client is recorded with.

use std::rc::Rc;

use crate::extract::code::address;
use crate::extract::code::form::{
    ArgumentForm, ArgumentName, CallForm, CodeExpressionForm, CodeFile, ExpressionId, FunctionForm,
};
use crate::extract::code::interpreter::CodeInterpreter;
use crate::extract::code::lifetime::{LifetimeWords, read_lifetime};
use crate::extract::code::options::ErrorId;
use crate::extract::code::options::ImportedLibrary;
use crate::extract::code::options::{OptionsObject, OptionsOrigin, name_of, raw_source};
use crate::extract::code::outline::BoundTarget;
use crate::extract::code::package::FoundTypedClient;
use crate::extract::code::value::CodeValue;
use crate::facts::cause::Cause;
use crate::facts::raw::{BranchArm, ClientLifetime, ConstValue};
use crate::facts::words::ClientKind;
use crate::knowledge::clients::model::{ConstructionForm, Constructor, OptionSourceModel};

/// The options of a client, or why they are not known.
type ClientOptions<'m> = Result<Rc<OptionsObject<'m>>, Cause>;

impl<'p, 'm> CodeInterpreter<'p, 'm> {
    /// A call of the library that returns options.
    pub(super) fn option_source_call(
        &mut self,
        (id, call): (ExpressionId, &'p CallForm),
        library: &Rc<ImportedLibrary<'m>>,
        (name, row): (&str, &OptionSourceModel),
    ) -> CodeValue {
        let arguments = call.arguments.iter();
        let values: Vec<CodeValue> = arguments.map(|a| self.value(a.value)).collect();
        let error = row.fallible.then(|| self.new_error());
        let returns = row.returns.clone().unwrap_or_default();
        let options = self.new_options(Rc::clone(library), returns);
        if let Some(at) = row.url_arg {
            let url = values.into_iter().nth(at);
            let url = url.unwrap_or_else(|| CodeValue::of_kind("an argument"));
            let url_at = call.arguments.get(at).map_or(id, |argument| argument.value);
            let origin = self.origin(id, name, (url_at, url), error);
            if let Some(object) = self.options_mut(options) {
                object.source = Some(origin);
            }
        }
        let options = CodeValue::Options(options);
        match error {
            Some(error) => CodeValue::Several(vec![options, CodeValue::Error(vec![error])]),
            None => options,
        }
    }

    /// Options that come from a URL.
    fn origin(
        &self,
        id: ExpressionId,
        call: &str,
        (url_at, url): (ExpressionId, CodeValue),
        error: Option<ErrorId>,
    ) -> OptionsOrigin {
        let url = url.folded(Cause::Code("an argument"));
        OptionsOrigin {
            call: call.to_owned(),
            url_name: name_of(&url),
            url,
            url_span: self.code().span(url_at),
            span: self.code().span(id),
            error,
        }
    }

    /// A call that builds a client.
    pub(super) fn construct_typed(
        &mut self,
        (id, call): (ExpressionId, &'p CallForm),
        library: &Rc<ImportedLibrary<'m>>,
        constructor: &'m Constructor,
    ) -> CodeValue {
        let options = self.options_of((id, call), library, constructor);
        let span = self.code().span(id);
        if constructor.kind == ClientKind::Connection
            && let Ok(object) = &options
            && self.note_dialled(object, span)
        {
            return CodeValue::of_kind("a connection");
        }
        if let (Some(making), Ok(object)) = (self.typed.making.last_mut(), &options) {
            making.push(Rc::clone(object));
            self.typed.consumed.insert(span);
            return CodeValue::of_kind("a client");
        }
        let range = self.code().expression(id).range.clone();
        if !self.frame().typed.in_place && !self.code().is_broken(&range) {
            let arms = self.frame().arms.clone();
            self.record_client((id, arms), library, constructor, options);
        }
        CodeValue::of_kind("a client")
    }

    /// The options that a constructor is given, or why they are not known.
    fn options_of(
        &mut self,
        (id, call): (ExpressionId, &'p CallForm),
        library: &Rc<ImportedLibrary<'m>>,
        constructor: &Constructor,
    ) -> ClientOptions<'m> {
        let options = self.new_options(Rc::clone(library), constructor.option_type.clone());
        let mut models = library.candidates.iter().filter_map(|l| l.model());
        let functional =
            models.any(|m| m.form(&constructor.option_type) == Some(ConstructionForm::Functional));
        let from = constructor.option_arg.unwrap_or(usize::MAX);
        let mut given = (!functional && constructor.option_arg.is_some())
            .then_some(Err(Cause::Code("a missing argument")));
        for (at, argument) in call.arguments.iter().enumerate() {
            let argument = argument.value;
            let named = constructor.positional.iter().find(|p| p.at == at);
            if functional && at >= from {
                let value = self.value(argument);
                self.add_setting(options, &value, argument);
            } else if at == from {
                let value = self.value(argument);
                given = Some(self.read_given(argument, value, constructor));
            } else if let Some(positional) = named {
                let value = match self.is_dialer(options, &positional.ident) {
                    true => self.dialer(options, argument),
                    false => self.value(argument),
                };
                self.put(options, &positional.ident, value, argument);
            } else {
                let value = self.value(argument);
                if constructor.url_arg == Some(at) {
                    let origin = self.origin(id, &constructor.call, (argument, value), None);
                    if let Some(object) = self.options_mut(options) {
                        object.source = Some(origin);
                    }
                } else {
                    self.escape(value, &Cause::Code("a constructor"));
                }
            }
        }
        let made = self.state().options.remove(&options);
        match given {
            Some(given) => given,
            None => made.ok_or_else(|| self.quote(id).in_marks()),
        }
    }

    /// The options in an argument.
    fn read_given(
        &self,
        argument: ExpressionId,
        value: CodeValue,
        constructor: &Constructor,
    ) -> ClientOptions<'m> {
        match value {
            CodeValue::Options(id) => {
                let object = self.frame().state.options.get(&id).cloned();
                let fits = |o: &Rc<OptionsObject<'m>>| {
                    o.option_type == constructor.option_type
                        || constructor.alternatives.contains(&o.option_type)
                };
                object
                    .filter(fits)
                    .ok_or_else(|| self.quote(argument).in_marks())
            }
            CodeValue::Plain(ConstValue::Unknown(cause)) => Err(cause),
            _ => Err(self.quote(argument).in_marks()),
        }
    }

    pub(super) fn record_client(
        &mut self,
        (id, arms): (ExpressionId, Vec<BranchArm>),
        library: &Rc<ImportedLibrary<'m>>,
        constructor: &Constructor,
        options: ClientOptions<'m>,
    ) {
        let mut raw = self.raw_client_of(library.ids(), constructor, id);
        raw.package.clone_from(&library.path);
        raw.branches = arms;
        raw.bound_to = self.holder(id);
        raw.site = ClientLifetime {
            test: self.names().is_some_and(|names| names.is_test),
            ..self.typed_lifetime(id)
        };
        let mut error = None;
        match options {
            Ok(object) => {
                let object = Rc::unwrap_or_clone(object);
                let carries = object.carried_anchor.is_some() || object.carried_unknown.is_some();
                raw.option_type = object.option_type;
                raw.options_anchor = object.literal.unwrap_or(raw.anchor);
                raw.writes = object.writes;
                raw.rest_unknown = object.rest_unknown.or(object.nodes_unknown);
                raw.carried_anchor = object.carried_anchor;
                raw.carried_unknown = match object.carried_unknown {
                    None if !carries => Some(Cause::Code("an unknown location")),
                    cause => cause,
                };
                raw.insert = object.insert;
                error = object.source.as_ref().and_then(|s| s.error);
                raw.source = object.source.map(raw_source);
            }
            Err(cause) => raw.rest_unknown = Some(cause),
        }
        raw.hosts = address::hosts(&raw, &library.candidates);
        self.typed.clients.push(FoundTypedClient { raw, error });
    }

    /// Where the client that an expression builds is built.
    fn typed_lifetime(&self, id: ExpressionId) -> ClientLifetime {
        let (Some(words), Some(names)) = (self.words(), self.names()) else {
            return ClientLifetime::default();
        };
        let serves = |_: &CodeFile, function: &FunctionForm| words.serves(names, function);
        let lifetime = LifetimeWords {
            libraries: names.candidates().collect(),
            every_call_ends: false,
            assigning_declares: false,
            timeouts: &[],
            serves: &serves,
        };
        let found = read_lifetime(&self.seen_here(), &lifetime, (self.here(), id));
        ClientLifetime {
            for_show: words.supports_tests(self.code(), names),
            ..found
        }
    }

    /// The variable or field that a value is bound to where it is made.
    fn holder(&self, id: ExpressionId) -> Option<String> {
        let outline = self.outline();
        let bound = outline.bound_by(id).map(|(target, _)| match target {
            BoundTarget::Name(name) | BoundTarget::Field(name) => name,
        });
        bound.or_else(|| outline.key_of(id)).map(str::to_owned)
    }

    /// Options that are written where another package takes them: it builds a client of them.
    pub(super) fn record_wrapped(
        &mut self,
        argument: ExpressionId,
        value: &CodeValue,
        package: &str,
    ) {
        let code = self.code();
        let literal = match &code.expression(argument).form {
            CodeExpressionForm::Unary(_, operand) => *operand,
            _ => argument,
        };
        let outside = self.words().is_some_and(|words| words.is_outside(package));
        let is_literal = matches!(
            code.expression(literal).form,
            CodeExpressionForm::Literal(_)
        );
        let &CodeValue::Options(id) = value else {
            return;
        };
        if !is_literal || !outside || self.frame().typed.in_place {
            return;
        }
        let object = self.state().options.get(&id).filter(|o| !o.built).cloned();
        let Some(object) = object else { return };
        let library = Rc::clone(&object.library);
        let models = library.candidates.iter().filter_map(|l| l.model());
        let constructor = models.into_iter().find_map(|model| {
            let mut rows = model.constructor.iter();
            rows.find(|c| {
                c.form == ConstructionForm::Function && c.option_type == object.option_type
            })
        });
        if let Some(constructor) = constructor {
            let arms = self.frame().arms.clone();
            self.record_client((literal, arms), &library, constructor, Ok(object));
            if let Some(found) = self.typed.clients.last_mut() {
                found.raw.wrapped_by = Some(package.to_owned());
            }
        }
    }

    /// `client.Options().Field = value`: an option that the client goes on to read is set, any other is
    /// set too late.
    pub(super) fn write_live(
        &mut self,
        call: &CallForm,
        field: &str,
        value: &CodeValue,
        expression: ExpressionId,
    ) -> bool {
        let code = self.code();
        let CodeExpressionForm::Member(client, method) = &code.expression(call.callee).form else {
            return false;
        };
        let name = match &code.expression(*client).form {
            CodeExpressionForm::Name(name) | CodeExpressionForm::Member(_, name) => Some(name),
            _ => None,
        };
        let function = self.function_name_here();
        let at = self.typed.clients.iter().rposition(|found| {
            name.is_some() && found.raw.bound_to.as_ref() == name && found.raw.function == function
        });
        let Some(at) = at else { return false };
        let raw = &self.typed.clients[at].raw;
        let mut libraries = self.names().into_iter().flat_map(|names| names.libraries());
        let library = libraries.find(|l| l.path == raw.package).cloned();
        let Some(library) = library else { return false };
        let model = library.candidates.first().and_then(|l| l.model());
        let row = model.and_then(|model| {
            let kind = model.constructor(&raw.constructor)?.kind;
            let mut rows = model.live.iter();
            let row = rows.find(|r| r.call == *method && r.kinds.contains(&kind))?;
            Some((model, row))
        });
        let Some((model, row)) = row else {
            return false;
        };
        let option_type = raw.option_type.clone();
        let id = self.new_options(library, option_type.clone());
        self.put(id, field, value.clone(), expression);
        let Some(written) = self.state().options.remove(&id) else {
            return false;
        };
        // It may stand in branches in which the construction does not.
        let conditional = self.frame().arms != self.typed.clients[at].raw.branches;
        let raw = &mut self.typed.clients[at].raw;
        for mut write in written.writes.iter().cloned() {
            let option = model.option_named(&option_type, &write.ident);
            if option.is_some_and(|option| row.reads.contains(&option.key)) {
                write.conditional |= conditional;
                raw.writes.retain(|old| old.ident != write.ident);
                raw.writes.push(write);
            } else {
                raw.late.push(write);
            }
        }
        true
    }
}

/// Whether an argument stands for any number of them.
pub(super) fn is_spread(argument: &ArgumentForm) -> bool {
    argument.name == ArgumentName::Spread
}
