//! A constructor becomes a raw client: all that is written on the value that it makes, flattened into
//! the names of the model, with where it stands; and what calls through a client say of it.

use std::collections::BTreeMap;

use super::address;
use super::calls::CallArguments;
use super::form::{CallForm, CodeExpressionForm, CodeFile, ExpressionId, FunctionForm};
use super::interpreter::{CodeInterpreter, LateClient};
use super::lifetime::{LifetimeWords, read_lifetime};
use super::options::ObjectId;
use super::value::{CodeField, CodeObject, CodeObjectKind, CodePlace, CodeValue};
use super::waiting::longest_of_call;
use crate::facts::cause::Cause;
use crate::facts::edit_target::EditTarget;
use crate::facts::raw::{
    ClientBinding, ClientLifetime, Concurrency, ConstValue, ErrorHandling, LongestWait,
    OptionWrite, RawClient, RawOptionSource, RawWait,
};
use crate::facts::value::Strength;
use crate::knowledge::clients::LibraryModel;
use crate::knowledge::clients::call::BuiltClient;
use crate::knowledge::clients::model::{ClientModel, Constructor};
use crate::knowledge::clients::usage::BlockingModel;
use crate::source::path;

/// How deep mappings of options may lie in each other.
const MAX_NESTED: usize = 4;

impl<'p, 'm> CodeInterpreter<'p, 'm> {
    /// A client is built by a call.
    pub(super) fn construct(
        &mut self,
        object: ObjectId,
        (library, built): (&'m LibraryModel, &'m BuiltClient),
        (id, call): (ExpressionId, &'p CallForm),
    ) {
        let code = self.code();
        let Some(mut raw) = self.raw_client(library, built, id) else {
            return;
        };
        raw.site = self.lifetime_of(id, library);
        raw.insert = self
            .project
            .front
            .argument_slot(code, call.brackets.clone());
        let bound = self.frame().bound.clone();
        raw.bound_to = bound
            .filter(|(bound, _)| *bound == id)
            .map(|(_, name)| name);
        let late = LateClient {
            object,
            library,
            built,
            raw,
        };
        match built.late {
            true => self.late.push(late),
            false => self.tell(late),
        }
    }

    /// How long a client lives that an expression builds.
    fn lifetime_of(&self, id: ExpressionId, library: &'m LibraryModel) -> ClientLifetime {
        let serves = |code: &CodeFile, function: &FunctionForm| self.serves(code, function);
        let words = LifetimeWords {
            libraries: vec![library],
            every_call_ends: true,
            assigning_declares: true,
            timeouts: &self.project.conventions.timeout.functions,
            serves: &serves,
        };
        let found = read_lifetime(&*self.seen, &words, (self.here(), id));
        ClientLifetime {
            test: self.project.front.is_test(self.project.path(self.here())),
            ..found
        }
    }

    /// Whether a function serves one request: a decorator or its first parameters say so, in a file that
    /// names the package of either.
    fn serves(&self, code: &CodeFile, function: &FunctionForm) -> bool {
        let text = code.excerpt.text();
        let rows = self.project.conventions.handler.iter();
        let mut rows = rows.filter(|row| text.contains(row.package.as_str()));
        rows.any(|row| {
            let decorated = function.decorators.iter().any(|id| {
                let id = match &code.expression(*id).form {
                    CodeExpressionForm::Call(call) => call.callee,
                    _ => *id,
                };
                match &code.expression(id).form {
                    CodeExpressionForm::Member(_, name) | CodeExpressionForm::Name(name) => {
                        row.decorators.contains(name)
                    }
                    _ => false,
                }
            });
            let mut parameters = function.parameters.iter().take(2);
            decorated || parameters.any(|parameter| row.parameters.contains(&parameter.name))
        })
    }

    /// What was built in this run and configured afterwards is complete now.
    pub(super) fn tell_late(&mut self) {
        for late in std::mem::take(&mut self.late) {
            self.tell(late);
        }
    }

    fn tell(&mut self, late: LateClient<'m>) {
        let LateClient {
            object,
            library,
            built,
            mut raw,
        } = late;
        let Some(object) = self.object(object).cloned() else {
            return;
        };
        let at = object.at;
        if self.fill(&object, (library, built), &mut raw) {
            self.found.clients.push(raw);
            self.found.sites.push(at);
        }
    }

    pub(super) fn raw_client(
        &self,
        library: &'m LibraryModel,
        built: &BuiltClient,
        id: ExpressionId,
    ) -> Option<RawClient> {
        let constructor = constructor(library, built)?;
        let libraries = vec![library.id().to_owned()];
        let raw = self.raw_client_of(libraries, constructor, id);
        Some(RawClient {
            scheme_decides: built.by_scheme,
            ..raw
        })
    }

    /// The function that is being run, by its name.
    pub(super) fn function_name_here(&self) -> Option<String> {
        let frame = self.frame();
        let function = frame.function?;
        Some(self.project.function_name(frame.file, function))
    }

    /// A client of which no options are known yet.
    pub(in crate::extract) fn raw_client_of(
        &self,
        libraries: Vec<String>,
        constructor: &Constructor,
        id: ExpressionId,
    ) -> RawClient {
        let frame = self.frame();
        let anchor = self.code().span(id);
        RawClient {
            language: self.project.front.language(),
            libraries,
            constructor: constructor.call.clone(),
            option_type: constructor.option_type.clone(),
            dir: path::folder(self.project.path(frame.file)).to_owned(),
            package: None,
            anchor,
            options_anchor: anchor,
            writes: Vec::new(),
            source: None,
            rest_unknown: None,
            carried_unknown: None,
            carried_anchor: None,
            unseen: BTreeMap::new(),
            insert: EditTarget::None,
            function: self.function_name_here(),
            bound_to: None,
            site: ClientLifetime::default(),
            joined: Vec::new(),
            strength: Strength::Certain,
            blocks_async: None,
            hosts: Vec::new(),
            uses: Vec::new(),
            scheme_decides: false,
            wrapped_by: None,
            branches: frame.arms.clone(),
            late: Vec::new(),
            kept: None,
        }
    }

    /// Fills in what is written on a value; whether it is a client of such a server at all.
    pub(super) fn fill(
        &mut self,
        object: &CodeObject<'m>,
        (library, built): (&'m LibraryModel, &BuiltClient),
        raw: &mut RawClient,
    ) -> bool {
        let Some(model) = library.model() else {
            return false;
        };
        if !self.is_built(object, built) {
            return false;
        }
        raw.rest_unknown.clone_from(&object.rest_unknown);
        let url = built
            .url
            .iter()
            .find_map(|name| find_nested(self, object, name));
        if let (Some((_, field)), Some(parser)) = (url, &built.parser) {
            let url = self.constant(&field.value, field.at);
            let row = model.option_source(parser);
            let may_be = |url| row.is_some_and(|row| row.accepts(url));
            let open = matches!(url, ConstValue::Unknown(_));
            if url == ConstValue::Nil || (built.by_scheme && !open && !may_be(&url)) {
                return false;
            }
            let url = match url {
                ConstValue::List(items) => items.into_iter().next().unwrap_or(ConstValue::Nil),
                url => url,
            };
            raw.source = Some(self.option_source(parser, url, &field));
        } else if built.by_scheme {
            return false;
        }
        let mut writes = Vec::new();
        for (name, field) in &object.fields {
            self.flatten(model, (name, field), raw, &mut writes);
        }
        raw.writes = writes;
        let secrets = raw.writes.iter().filter(|write| {
            let option = model.option_named(&raw.option_type, &write.ident);
            option.is_some_and(|option| option.is_secret())
        });
        let texts = secrets.filter_map(|write| match &write.value {
            ConstValue::Text(text) if !text.is_empty() => Some(text.clone()),
            _ => None,
        });
        let texts: Vec<String> = texts.collect();
        self.hide(&texts);
        raw.hosts = address::hosts(raw, &[library]);
        // What the library itself is for.
        let own = model
            .uses
            .iter()
            .filter(|row| row.on.contains(&raw.option_type));
        raw.uses = own.map(|row| row.word.clone()).collect();
        true
    }

    /// Whether the values say that a client of this kind is built of them.
    fn is_built(&self, object: &CodeObject<'m>, built: &BuiltClient) -> bool {
        let held = |name: &String| find_nested(self, object, name).map(|(_, field)| field.value);
        let nothing = CodeValue::Plain(ConstValue::Nil);
        let says = |key: &String| {
            let said = held(key);
            let said = said.as_ref().and_then(CodeValue::text);
            said.is_some_and(|said| built.values.iter().any(|own| own == said))
        };
        let excluded = |name: &String| held(name).is_some_and(|value| value != nothing);
        built.key.as_ref().is_none_or(says) && !built.unless.iter().any(excluded)
    }

    fn option_source(&self, parser: &str, url: ConstValue, field: &CodeField) -> RawOptionSource {
        let (file, id) = field.at;
        let code = self.project.file(file);
        let span = code.span(id);
        let url_name = match &url {
            ConstValue::Unknown(cause) => cause.variable().map(str::to_owned),
            ConstValue::Fallback(fallback) => fallback.variable.clone(),
            _ => None,
        };
        RawOptionSource {
            call: parser.to_owned(),
            url,
            url_name,
            url_span: span,
            span,
            fallible: false,
            error: ErrorHandling::Unknown,
            error_span: None,
        }
    }

    /// One written value in the names of the model: the entries of a mapping are called after it.
    fn flatten(
        &self,
        model: &ClientModel,
        (name, field): (&str, &CodeField),
        raw: &mut RawClient,
        writes: &mut Vec<OptionWrite>,
    ) {
        let prefix = format!("{name}.");
        let nested = field.value.object().and_then(|id| self.object(id));
        if let Some(object) = nested
            && name.split('.').count() < MAX_NESTED
        {
            if let Some(cause) = &object.rest_unknown {
                mark_unseen(model, &prefix, cause, raw);
            }
            for (key, inner) in &object.fields {
                let inner = CodeField {
                    conditional: field.conditional || inner.conditional,
                    ..inner.clone()
                };
                self.flatten(model, (&format!("{prefix}{key}"), &inner), raw, writes);
            }
        } else if let CodeValue::Plain(ConstValue::Unknown(cause)) = &field.value {
            mark_unseen(model, &prefix, cause, raw);
        }
        if nested.is_some_and(|object| !matches!(object.kind, CodeObjectKind::Instance(..))) {
            return;
        }
        if model.option_named(&raw.option_type, name).is_none() {
            return;
        }
        let (file, id) = field.at;
        let code = self.project.file(file);
        let literal = is_literal(code, id);
        let span = code.span(id);
        writes.push(OptionWrite {
            ident: name.to_owned(),
            value: self.constant(&field.value, field.at),
            span,
            conditional: field.conditional,
            wrapped: None,
            slot: match literal {
                true => EditTarget::Replace {
                    span,
                    encoding: self.project.front.encoding(),
                },
                false => EditTarget::None,
            },
        });
    }

    /// A value as a constant: an address of a host and a port is written `host:port`.
    fn constant(&self, value: &CodeValue, at: CodePlace) -> ConstValue {
        let written = || {
            let code = self.project.file(at.0);
            ConstValue::Unknown(Cause::Expression(code.text(at.1).to_owned()))
        };
        match value {
            CodeValue::Plain(value) => value.clone(),
            CodeValue::Items(items) => {
                if let [
                    CodeValue::Plain(ConstValue::Text(host)),
                    CodeValue::Plain(ConstValue::Int(port)),
                ] = &items[..]
                {
                    return ConstValue::Text(format!("{host}:{port}"));
                }
                let items: Vec<ConstValue> =
                    items.iter().map(|item| self.constant(item, at)).collect();
                let open = items
                    .iter()
                    .find(|item| matches!(item, ConstValue::Unknown(_)));
                match open {
                    Some(open) => open.clone(),
                    None => ConstValue::List(items),
                }
            }
            CodeValue::Object(id) => {
                let object = self.object(*id);
                let text = |name: &str| {
                    let field = object?.fields.get(name)?;
                    match &field.value {
                        CodeValue::Plain(ConstValue::Text(text)) => Some(text.clone()),
                        CodeValue::Plain(ConstValue::Int(n)) => Some(n.to_string()),
                        _ => None,
                    }
                };
                match (text("host"), text("port")) {
                    (Some(host), Some(port)) => ConstValue::Text(format!("{host}:{port}")),
                    _ => written(),
                }
            }
            _ => written(),
        }
    }

    /// Every literal of a secret is marked, wherever it stands.
    fn hide(&mut self, texts: &[String]) {
        for text in texts {
            let files = self.project.lowered();
            let found = files.flat_map(|(_, code)| {
                let all = code.expressions.iter();
                let same = all.filter(|e| {
                    matches!(&e.form, CodeExpressionForm::Constant(ConstValue::Text(own)) if own == text)
                });
                same.map(|e| code.excerpt.span(e.range.clone())).collect::<Vec<_>>()
            });
            let found: Vec<_> = found.collect();
            self.found.secrets.extend(found);
        }
    }

    /// A method is called on a client, or on something that is not followed and may be one.
    pub(super) fn note_use(
        &mut self,
        object: Option<ObjectId>,
        name: &str,
        (id, arguments): (ExpressionId, &CallArguments),
    ) {
        if !self.frame().records || self.project.front.is_test(self.project.path(self.here())) {
            return;
        }
        let found = object.and_then(|id| self.object(id));
        let (libraries, at) = match found.map(|object| (&object.kind, object.at)) {
            Some((CodeObjectKind::Library { library, .. }, at)) => (vec![*library], Some(at)),
            _ => (self.project.index.libraries(), None),
        };
        for library in libraries {
            let Some(model) = library.model() else {
                continue;
            };
            for row in &model.uses {
                if row.calls.iter().any(|call| call == name) {
                    let word = row.word.clone();
                    self.found.uses.insert((at, library.id().to_owned(), word));
                }
            }
            let waiting = model.blocking.iter().find(|row| row.call == name);
            if let Some(row) = waiting {
                self.wait((library, row), at, (id, arguments));
                break;
            }
        }
    }

    /// A client is handed to a library that uses it in its own way.
    pub(super) fn note_use_as(&mut self, object: Option<ObjectId>, library: &str, word: &str) {
        let at = object
            .and_then(|id| self.object(id))
            .map(|object| object.at);
        let use_of = (at, library.to_owned(), word.to_owned());
        self.found.uses.insert(use_of);
    }

    fn wait(
        &mut self,
        (library, row): (&LibraryModel, &BlockingModel),
        at: Option<CodePlace>,
        (id, arguments): (ExpressionId, &CallArguments),
    ) {
        if !row.is_timed() {
            return;
        }
        let name = row.timeout_field.as_deref().unwrap_or_default();
        let given = arguments.get(row.timeout_arg, name);
        let figure = given.map(|field| self.constant(&field.value, field.at));
        let longest = longest_of_call(row, figure.as_ref());
        if longest == LongestWait::AtOnce {
            return;
        }
        let frame = self.frame();
        let caller = match frame.function {
            Some(id) => self.project.function_name(frame.file, id),
            None => path::name(self.project.path(frame.file)).to_owned(),
        };
        let wait = RawWait {
            language: self.project.front.language(),
            dir: path::folder(self.project.path(frame.file)).to_owned(),
            libraries: vec![library.id().to_owned()],
            call: row.call.clone(),
            bound: Vec::new(),
            at: self.code().span(id),
            longest,
            crew: row
                .takes_from_pool()
                .then(|| Concurrency::unknown(Cause::CallersOf(caller))),
            cut_by: row.cut_by.clone(),
        };
        self.found.waits.push(wait);
        self.found.wait_sites.push(at);
    }

    /// Every client learns what calls through it say; what goes through a client that is not known is
    /// said of the only one that there is.
    pub(super) fn give_uses(&mut self) {
        let found = &mut self.found;
        let serving: Vec<usize> = (0..found.clients.len())
            .filter(|at| !found.clients[*at].site.test)
            .collect();
        for (at, library, word) in &found.uses {
            let of = |index: &&usize| found.clients[**index].libraries.contains(library);
            let clients: Vec<usize> = match at {
                Some(at) => (0..found.sites.len())
                    .filter(|i| found.sites[*i] == *at)
                    .collect(),
                None => serving.iter().filter(of).copied().collect(),
            };
            if let ([only], _) | ([only, ..], Some(_)) = (&clients[..], at)
                && !found.clients[*only].uses.contains(word)
            {
                found.clients[*only].uses.push(word.clone());
            }
        }
        for (wait, at) in found.waits.iter_mut().zip(&found.wait_sites) {
            let client = at.and_then(|at| {
                let index = found.sites.iter().position(|site| *site == at)?;
                found.clients.get(index)
            });
            if let Some(client) = client
                && let Some(name) = &client.bound_to
            {
                wait.dir.clone_from(&client.dir);
                let bound = ClientBinding::Variable(client.function.clone(), name.clone());
                wait.bound = vec![bound];
            }
        }
    }
}

fn constructor<'m>(library: &'m LibraryModel, built: &BuiltClient) -> Option<&'m Constructor> {
    library.model()?.constructor(&built.constructor)
}

/// The options below a name may be set by something that is not seen.
fn mark_unseen(model: &ClientModel, prefix: &str, cause: &Cause, raw: &mut RawClient) {
    for name in model.option.iter().flat_map(|option| &option.names) {
        if name.ident.starts_with(prefix) {
            raw.unseen.insert(name.ident.clone(), cause.clone());
        }
    }
}

/// A field by its dotted name.
fn find_nested<'m>(
    run: &CodeInterpreter<'_, 'm>,
    object: &CodeObject<'m>,
    name: &str,
) -> Option<(String, CodeField)> {
    let (first, rest) = match name.split_once('.') {
        Some((first, rest)) => (first, Some(rest)),
        None => (name, None),
    };
    let field = object.fields.get(first)?;
    match rest {
        None => Some((name.to_owned(), field.clone())),
        Some(rest) => {
            let inner = run.object(field.value.object()?)?;
            find_nested(run, inner, rest)
        }
    }
}

/// A figure, a text or a sum of such: what can be replaced by another one.
fn is_literal(code: &super::form::CodeFile, id: ExpressionId) -> bool {
    match &code.expression(id).form {
        CodeExpressionForm::Constant(_) => true,
        CodeExpressionForm::Unary(_, inner) | CodeExpressionForm::Through(inner) => {
            matches!(
                code.expression(*inner).form,
                CodeExpressionForm::Constant(_)
            )
        }
        CodeExpressionForm::Binary(_, left, right) => [left, right]
            .iter()
            .all(|id| matches!(code.expression(**id).form, CodeExpressionForm::Constant(_))),
        _ => false,
    }
}
