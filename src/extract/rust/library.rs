//! Calls that a model names: what they give, what they keep, and the address that they lead to.

use tree_sitter::Node;

use crate::extract::rust::names;
use crate::extract::rust::reader::RustFileReader;
use crate::extract::rust::state::{
    ConnectionManager, RustExprValue, RustObjectId, RustOptionsObject, UrlSource,
};
use crate::facts::raw::ConstValue;
use crate::knowledge::clients::rust::{ModelledCall, RustForm};
use crate::syntax::code;

impl<'t, 'm> RustFileReader<'t, 'm, '_> {
    pub(super) fn library_function(
        &mut self,
        node: Node<'t>,
        (ty, name): (&'m str, &str),
        (function, generic): (Node<'t>, Option<Node<'t>>),
    ) -> RustExprValue<'t> {
        let arguments = self.arguments(node);
        let calls = self.index.calls(ty, name);
        // `Type::method(value, ..)`: the receiver comes first.
        let values = self.evaluate_arguments(&arguments);
        let found: Vec<ModelledCall<'m>> =
            calls.iter().filter(|f| !f.call.method).copied().collect();
        let mut value = if !found.is_empty() {
            self.library_call(node, &found, None, (&arguments, values))
        } else if matches!(name, "default" | "new") && self.is_plain_new(ty, &arguments) {
            let mut object = RustOptionsObject::new(ty);
            object.span = Some(self.tree().span(node));
            RustExprValue::Object(self.new_object(object))
        } else {
            self.give_away(&arguments, &values, name);
            return self.unknown_code(node);
        };
        if let RustExprValue::Object(id) = &mut value {
            let in_path = code::field(function, "path")
                .and_then(|path| self.find_manager(path))
                .or_else(|| generic.and_then(|generic| self.find_manager(generic)));
            if let (Some(managed), Some(object)) = (in_path, self.state.heap.get_mut(id)) {
                object.managed = Some(managed);
            }
        }
        value
    }

    /// `T::default()`, and `T::new()` of a type with options where no model says otherwise.
    fn is_plain_new(&self, ty: &str, arguments: &[Node<'t>]) -> bool {
        arguments.is_empty() && self.index.form(ty) != Some(RustForm::Handle)
    }

    /// A call that a model names, of a function or on a value.
    pub(super) fn library_call(
        &mut self,
        node: Node<'t>,
        found: &[ModelledCall<'m>],
        receiver: Option<(RustObjectId, Option<Node<'t>>)>,
        (arguments, values): (&[Node<'t>], Vec<RustExprValue<'t>>),
    ) -> RustExprValue<'t> {
        let Some(first) = found.first() else {
            return self.unknown_code(node);
        };
        let source = self.source_of(
            node,
            first,
            receiver.map(|(id, _)| id),
            (arguments, &values),
        );
        let clients: Vec<&ModelledCall<'m>> =
            found.iter().filter(|f| f.call.client.is_some()).collect();
        for (at, client) in clients.iter().enumerate() {
            let seen = |f: &&ModelledCall<'m>| f.library.id() == client.library.id();
            if clients[..at].iter().copied().any(|f| seen(&f)) {
                continue;
            }
            self.construct(node, client, receiver, (arguments, &values), source.clone());
        }
        if !clients.is_empty() {
            self.give_away(arguments, &values, "a constructor");
        }
        if clients.is_empty() {
            self.note_blocking(node, first, receiver.map(|(id, _)| id));
        }
        let managed = first
            .call
            .managed_arg
            .and_then(|at| self.manager_of(values.get(at)?));
        let Some(gives) = first.call.gives.as_deref() else {
            return self.unknown_code(node);
        };
        let mut object = RustOptionsObject::new(gives);
        object.span = Some(self.tree().span(node));
        object.source = source;
        object.managed = managed;
        if first.call.keeps
            && let Some((id, _)) = receiver
        {
            self.keep(id, &mut object);
        }
        let id = self.new_object(object);
        if first.call.client.is_none() {
            self.positional(id, first, (arguments, &values));
            self.parts_in(id, first, &values);
        }
        RustExprValue::Object(id)
    }

    /// A call that takes a connection from a pool, in asynchronous code.
    fn note_blocking(
        &mut self,
        node: Node<'t>,
        found: &ModelledCall<'m>,
        receiver: Option<RustObjectId>,
    ) {
        let pool = receiver.and_then(|id| self.state.heap.get(&id));
        let managed = pool.and_then(|pool| pool.managed);
        let ours = managed.is_some_and(|by| self.index.manages(found.library, by.ty));
        let place = self.find_blocking(found, self.tree().span(node));
        if let Some(place) = place.filter(|_| ours && self.records()) {
            self.blocking.push((found.library.id().to_owned(), place));
        }
    }

    /// The manager that a value is.
    pub(super) fn manager_of(&self, value: &RustExprValue<'t>) -> Option<ConnectionManager<'m>> {
        match value {
            RustExprValue::Own(item) | RustExprValue::Record(item, _) => self.own_manager(item),
            value => self
                .state
                .heap
                .get(&value.object()?)
                .map(|o| ConnectionManager {
                    ty: o.ty,
                    is_own: false,
                }),
        }
    }

    /// The URL or the address that a call gives its result.
    fn source_of(
        &self,
        node: Node<'t>,
        found: &ModelledCall<'m>,
        receiver: Option<RustObjectId>,
        (arguments, values): (&[Node<'t>], &[RustExprValue<'t>]),
    ) -> Option<UrlSource> {
        if let Some(at) = found.call.url_arg {
            let argument = *arguments.get(at)?;
            let quoted = names::quote_code(self.tree(), argument);
            let (url, _) = values.get(at)?.clone().fold(quoted);
            let url_name = match &url {
                ConstValue::Unknown(cause) => Some(cause.source_name()),
                ConstValue::Fallback(fallback) => Some(fallback.source.source_name()),
                _ => None,
            };
            return Some(UrlSource {
                call: found.call.path(),
                url,
                url_name,
                url_span: self.tree().span(argument),
                span: self.tree().span(node),
            });
        }
        let of = |id: RustObjectId| self.state.heap.get(&id).and_then(|o| o.source.clone());
        let from = [found.call.managed_arg, found.call.address_arg];
        let given = from
            .into_iter()
            .flatten()
            .filter_map(|at| values.get(at)?.object())
            .find_map(of);
        given.or_else(|| receiver.and_then(of))
    }

    /// The result of a call has what was written on the value that it was called on.
    fn keep(&mut self, id: RustObjectId, object: &mut RustOptionsObject<'m>) {
        let copy = self.copy(id);
        let Some(kept) = self.state.heap.get(&copy).cloned() else {
            return;
        };
        object.writes = kept.writes;
        object.parts = kept.parts;
        object.rest_unknown = kept.rest_unknown;
        object.managed = kept.managed;
        object.source = object.source.take().or(kept.source);
    }

    /// Arguments whose type's options become options of the result.
    pub(super) fn parts_in(
        &mut self,
        id: RustObjectId,
        found: &ModelledCall<'m>,
        values: &[RustExprValue<'t>],
    ) {
        let Some(ty) = self.state.heap.get(&id).map(|o| o.ty) else {
            return;
        };
        let name = format!("{}::{}", last(&found.call.on), found.call.name);
        for (at, value) in values.iter().enumerate() {
            let ident = match at {
                0 => name.clone(),
                at => format!("{name}/{at}"),
            };
            if let Some(part) = self.index.part(ty, &ident) {
                self.set_part(id, (&part.ident, &part.part), value);
            }
        }
    }
}

/// The last name of a path.
pub(super) fn last(path: &str) -> &str {
    path.rsplit("::").next().unwrap_or(path)
}
