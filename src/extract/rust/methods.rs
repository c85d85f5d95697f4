//! Method calls, by what the method is called on.

use tree_sitter::Node;

use crate::extract::code::fold;
use crate::extract::rust::package::Item;
use crate::extract::rust::reader::Reader;
use crate::extract::rust::state::{ObjectId, Scope, Val};
use crate::extract::rust::{names, standard};
use crate::facts::cause::Cause;
use crate::facts::raw::{Fallback, Folded};
use crate::knowledge::clients::rust::{Found, RustForm, Through};
use crate::syntax::code;

impl<'t, 'm> Reader<'t, 'm, '_> {
    pub(super) fn method(&mut self, node: Node<'t>, function: Node<'t>) -> Val<'t> {
        let (Some(receiver), Some(name)) = (
            code::field(function, "value"),
            code::field(function, "field"),
        ) else {
            return self.any_call(node);
        };
        let on = self.place(receiver);
        let name = self.text(name);
        let arguments = self.arguments(node);
        match on {
            Val::Object(id) | Val::Ref(id) => self.object_method(node, (id, on), name, &arguments),
            Val::Wrapped(inner) => self.wrapped_method(*inner, name, &arguments, node),
            Val::Own(item) | Val::Record(item, _) => {
                self.own_method(node, (item, on), name, &arguments)
            }
            Val::Plain(folded) => self.plain_method(node, folded, name, &arguments),
            Val::Default if names::passes_on(name) => Val::Default,
            other => {
                let values = self.given(&arguments);
                self.give_away(&arguments, &values, "a call");
                if names::passes_on(name) {
                    other
                } else {
                    self.unknown_code(node)
                }
            }
        }
    }

    fn wrapped_method(
        &mut self,
        inner: Val<'t>,
        name: &str,
        arguments: &[Node<'t>],
        node: Node<'t>,
    ) -> Val<'t> {
        let values = self.given(arguments);
        self.give_away(arguments, &values, "a call");
        match name {
            "map" | "and_then" => {
                let result = values
                    .first()
                    .and_then(|closure| self.run_closure(&closure.clone(), vec![inner]));
                match (name, result) {
                    ("map", Some(value)) => Val::Wrapped(Box::new(value)),
                    (_, Some(value)) => value,
                    _ => self.unknown_code(node),
                }
            }
            "unwrap_or" | "unwrap_or_default" | "unwrap_or_else" | "unwrap" | "expect"
            | "ok_or" | "ok_or_else" => inner,
            "filter" | "take" | "or" | "or_else" | "xor" | "zip" => self.unknown_code(node),
            _ => Val::Wrapped(Box::new(inner)),
        }
    }

    fn own_method(
        &mut self,
        node: Node<'t>,
        (item, on): (Item<'t>, Val<'t>),
        name: &str,
        arguments: &[Node<'t>],
    ) -> Val<'t> {
        let ty = code::field(item.node, "name").map(|n| self.files[item.file].tree.text(n));
        let member = ty.and_then(|ty| self.declared.member(ty, name));
        let mut values = self.given(arguments);
        match member {
            Some(member) => {
                values.insert(0, on);
                self.own_call_with(node, member, (arguments, values))
            }
            None => {
                self.give_away(arguments, &values, "a call");
                if names::passes_on(name) {
                    on
                } else {
                    self.unknown_code(node)
                }
            }
        }
    }

    fn plain_method(
        &mut self,
        node: Node<'t>,
        on: Folded,
        name: &str,
        arguments: &[Node<'t>],
    ) -> Val<'t> {
        let values = self.given(arguments);
        self.give_away(arguments, &values, "a call");
        let folded: Vec<Folded> = arguments
            .iter()
            .zip(&values)
            .map(|(node, value)| value.clone().folded(names::quoted(self.tree(), *node)).0)
            .collect();
        if let Some(known) = standard::method(name, &on, &folded) {
            return Val::Plain(known);
        }
        match (&on, name) {
            (Folded::Nil, "unwrap_or" | "or") => values
                .into_iter()
                .next()
                .unwrap_or_else(|| self.unknown_code(node)),
            (Folded::Nil, "map" | "and_then" | "filter") => Val::Plain(Folded::Nil),
            (Folded::Nil, _) => self.unknown_code(node),
            (Folded::Unknown(reason), _) if reason.is_environment() => {
                self.variable_method(node, on, name, values)
            }
            (Folded::Unknown(_), _) => self.unknown_code(node),
            (Folded::Fallback(fallback), _) => {
                self.fallback_method(node, (**fallback).clone(), (name, &folded), values)
            }
            _ if names::passes_on(name) || name == "unwrap_or" => Val::Plain(on),
            _ => self.unknown_code(node),
        }
    }

    /// A variable's text, read as something or with something in its stead, is the variable's; what a
    /// closure makes of it is what the closure gives.
    fn variable_method(
        &mut self,
        node: Node<'t>,
        on: Folded,
        name: &str,
        values: Vec<Val<'t>>,
    ) -> Val<'t> {
        let otherwise = match name {
            "unwrap_or" | "or" | "unwrap_or_else" | "or_else" | "map_or" | "map_or_else" => {
                values.first().cloned()
            }
            _ => None,
        };
        let given = if standard::reads_text(name) || names::passes_on(name) || name == "or" {
            on
        } else {
            match (name, values.into_iter().next_back()) {
                (
                    "map" | "and_then" | "map_or" | "map_or_else",
                    Some(closure @ Val::Closure(..)),
                ) => match self.run_closure(&closure, vec![Val::Plain(on)]) {
                    // What the closure falls back on is not what holds without the variable.
                    Some(Val::Plain(Folded::Fallback(inner))) => Folded::Unknown(inner.source),
                    Some(Val::Plain(value)) => value,
                    Some(value) => return value,
                    None => return self.unknown_code(node),
                },
                _ => return self.unknown_code(node),
            }
        };
        match (given, otherwise) {
            (Folded::Unknown(source), Some(otherwise)) => {
                let otherwise = self.otherwise(otherwise);
                let variable = source.is_environment().then(|| source.source_name());
                Val::Plain(fold::with_fallback(source, variable, otherwise))
            }
            (given, _) => Val::Plain(given),
        }
    }

    /// What a value or a closure gives in another one's stead.
    fn otherwise(&mut self, value: Val<'t>) -> Folded {
        let value = match &value {
            Val::Closure(..) => self.run_closure(&value, vec![Val::unknown("an error")]),
            _ => Some(value),
        };
        value.map_or_else(
            || fold::unknown("a call"),
            |value| value.folded(Cause::Code("a call")).0,
        )
    }

    /// A value that holds where a variable gives none, read as something else.
    fn fallback_method(
        &mut self,
        node: Node<'t>,
        fallback: Fallback,
        (name, arguments): (&str, &[Folded]),
        values: Vec<Val<'t>>,
    ) -> Val<'t> {
        if matches!(name, "parse") {
            let value = standard::method(name, &fallback.value, &[]);
            let value = value.unwrap_or_else(|| fold::unknown("a text"));
            let Fallback {
                source, variable, ..
            } = fallback;
            return Val::Plain(fold::with_fallback(source, variable, value));
        }
        if let Some(value) = standard::method(name, &fallback.value, arguments) {
            return Val::Plain(fold::computed(fallback, |_| value));
        }
        if standard::reads_text(name) || names::passes_on(name) {
            return Val::Plain(Folded::Fallback(Box::new(fallback)));
        }
        match (name, values.into_iter().next_back()) {
            ("map" | "and_then", Some(closure @ Val::Closure(..))) => {
                let given = vec![Val::Plain(fallback.value.clone())];
                match self.run_closure(&closure, given) {
                    Some(Val::Plain(value)) => Val::Plain(fold::computed(fallback, |_| value)),
                    _ => self.unknown_code(node),
                }
            }
            _ => self.unknown_code(node),
        }
    }

    fn object_method(
        &mut self,
        node: Node<'t>,
        (id, on): (ObjectId, Val<'t>),
        name: &'t str,
        arguments: &[Node<'t>],
    ) -> Val<'t> {
        let Some(ty) = self.state.heap.get(&id).map(|o| o.ty) else {
            return self.any_call(node);
        };
        let part = self
            .index
            .part(ty, name)
            .filter(|p| p.through != Through::Field);
        if let Some(part) = part {
            let result = self.result_of_setter(id, ty);
            let target = result.object().unwrap_or(id);
            if part.through == Through::Closure {
                self.set_by_closure(target, (&part.ident, &part.part), arguments);
            } else {
                let value = arguments.first().map(|a| self.value_of(*a));
                let value = value.unwrap_or_else(|| self.unknown_code(node));
                self.set_part(target, (&part.ident, &part.part), &value);
            }
            return result;
        }
        if !self.index.options(ty, name).is_empty() && self.index.calls(ty, name).is_empty() {
            return self.set_by_method(node, (id, ty), name, arguments);
        }
        let calls = self.index.calls(ty, name);
        if let Some(found) = calls.iter().find(|f| f.call.method).copied() {
            let found: Vec<Found<'m>> = calls
                .iter()
                .filter(|f| f.call.method)
                .copied()
                .chain([found])
                .collect();
            let values = self.given(arguments);
            return self.library_call(
                node,
                &found,
                Some((id, code::field(node, "function"))),
                (arguments, values),
            );
        }
        self.other_method(node, (id, on), (ty, name), arguments)
    }

    /// A method that no model names: known ones of the language pass the value on.
    fn other_method(
        &mut self,
        node: Node<'t>,
        (id, on): (ObjectId, Val<'t>),
        (ty, name): (&'m str, &str),
        arguments: &[Node<'t>],
    ) -> Val<'t> {
        let values = self.given(arguments);
        self.give_away(arguments, &values, "a call");
        match name {
            "clone" | "to_owned" | "cloned" => return Val::Object(self.copy(id)),
            "as_ref" | "as_mut" | "borrow" | "borrow_mut" | "as_deref_mut" | "by_ref" => {
                return Val::Ref(id);
            }
            "get_or_insert_with" | "get_or_insert" | "get_or_insert_default" | "insert" => {
                return Val::Ref(id);
            }
            "unwrap_or_default" | "unwrap_or_else" | "unwrap_or" | "or" | "or_else" => {
                // One of two values; which, the code does not say.
                if !self.is_handle(id) {
                    self.escape(&Val::Ref(id), name);
                }
                return on;
            }
            "map" | "and_then" | "map_or" | "then" => {
                let result = values
                    .last()
                    .and_then(|closure| self.run_closure(&closure.clone(), vec![on.clone()]));
                return result.unwrap_or_else(|| self.unknown_code(node));
            }
            name if names::passes_on(name) => return on,
            _ => {}
        }
        if self.is_handle(id) {
            return self.unknown_code(node);
        }
        // A setter that is known to have no key leaves the others alone.
        if self.index.is_unmodelled(ty, name) {
            return self.result_of_setter(id, ty);
        }
        self.escape(&Val::Ref(id), name);
        match self.index.form(ty) {
            Some(RustForm::Builder) => Val::Object(id),
            Some(RustForm::BuilderInPlace) => Val::Ref(id),
            _ => self.unknown_code(node),
        }
    }

    /// What a setter gives: the value itself where it changes in place, else a changed copy.
    pub(super) fn result_of_setter(&mut self, id: ObjectId, ty: &str) -> Val<'t> {
        match self.index.form(ty) {
            Some(RustForm::BuilderInPlace) => Val::Ref(id),
            _ => Val::Object(self.copy(id)),
        }
    }

    fn set_by_closure(
        &mut self,
        id: ObjectId,
        (ident, part): (&'m str, &'m str),
        arguments: &[Node<'t>],
    ) {
        let part = self.part_of(id, ident, part);
        let Some(argument) = arguments.first() else {
            return;
        };
        if argument.kind() != "closure_expression" {
            let value = self.evaluate(*argument);
            if self.run_closure(&value, vec![Val::Ref(part)]).is_none() {
                self.escape(&Val::Ref(part), "a closure");
            }
            return;
        }
        self.state.scopes.push(Scope::new());
        self.parameters(*argument, &mut std::iter::once(Val::Ref(part)));
        if let Some(body) = code::field(*argument, "body") {
            self.evaluate(body);
        }
        self.state.scopes.pop();
    }
}
