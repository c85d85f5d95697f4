//! Method calls, by what the method is called on.

use tree_sitter::Node;

use crate::extract::code::fold;
use crate::extract::rust::package::RustItem;
use crate::extract::rust::reader::RustFileReader;
use crate::extract::rust::state::{RustExprValue, RustObjectId, RustScope};
use crate::extract::rust::{names, standard};
use crate::facts::cause::Cause;
use crate::facts::raw::{ConstValue, EnvDefault};
use crate::knowledge::clients::rust::{ModelledCall, PartAccess, RustForm};
use crate::syntax::code;

impl<'t, 'm> RustFileReader<'t, 'm, '_> {
    pub(super) fn method(&mut self, node: Node<'t>, function: Node<'t>) -> RustExprValue<'t> {
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
            RustExprValue::Object(id) | RustExprValue::Ref(id) => {
                self.object_method(node, (id, on), name, &arguments)
            }
            RustExprValue::Wrapped(inner) => self.evaluate_wrapped(*inner, name, &arguments, node),
            RustExprValue::Own(item) | RustExprValue::Record(item, _) => {
                self.own_method(node, (item, on), name, &arguments)
            }
            RustExprValue::Plain(folded) => self.plain_method(node, folded, name, &arguments),
            RustExprValue::Default if names::passes_on(name) => RustExprValue::Default,
            other => {
                let values = self.evaluate_arguments(&arguments);
                self.give_away(&arguments, &values, "a call");
                if names::passes_on(name) {
                    other
                } else {
                    self.unknown_code(node)
                }
            }
        }
    }

    fn evaluate_wrapped(
        &mut self,
        inner: RustExprValue<'t>,
        name: &str,
        arguments: &[Node<'t>],
        node: Node<'t>,
    ) -> RustExprValue<'t> {
        let values = self.evaluate_arguments(arguments);
        self.give_away(arguments, &values, "a call");
        match name {
            "map" | "and_then" => {
                let result = values
                    .first()
                    .and_then(|closure| self.run_closure(&closure.clone(), vec![inner]));
                match (name, result) {
                    ("map", Some(value)) => RustExprValue::Wrapped(Box::new(value)),
                    (_, Some(value)) => value,
                    _ => self.unknown_code(node),
                }
            }
            "unwrap_or" | "unwrap_or_default" | "unwrap_or_else" | "unwrap" | "expect"
            | "ok_or" | "ok_or_else" => inner,
            "filter" | "take" | "or" | "or_else" | "xor" | "zip" => self.unknown_code(node),
            _ => RustExprValue::Wrapped(Box::new(inner)),
        }
    }

    fn own_method(
        &mut self,
        node: Node<'t>,
        (item, on): (RustItem<'t>, RustExprValue<'t>),
        name: &str,
        arguments: &[Node<'t>],
    ) -> RustExprValue<'t> {
        let ty = code::field(item.node, "name").map(|n| self.files[item.file].tree.text(n));
        let member = ty.and_then(|ty| self.declared.member(ty, name));
        let mut values = self.evaluate_arguments(arguments);
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
        on: ConstValue,
        name: &str,
        arguments: &[Node<'t>],
    ) -> RustExprValue<'t> {
        let values = self.evaluate_arguments(arguments);
        self.give_away(arguments, &values, "a call");
        let folded: Vec<ConstValue> = arguments
            .iter()
            .zip(&values)
            .map(|(node, value)| value.clone().fold(names::quote_code(self.tree(), *node)).0)
            .collect();
        if let Some(known) = standard::method(name, &on, &folded) {
            return RustExprValue::Plain(known);
        }
        match (&on, name) {
            (ConstValue::Nil, "unwrap_or" | "or") => values
                .into_iter()
                .next()
                .unwrap_or_else(|| self.unknown_code(node)),
            (ConstValue::Nil, "map" | "and_then" | "filter") => {
                RustExprValue::Plain(ConstValue::Nil)
            }
            (ConstValue::Nil, _) => self.unknown_code(node),
            (ConstValue::Unknown(reason), _) if reason.is_environment() => {
                self.variable_method(node, on, name, values)
            }
            (ConstValue::Unknown(_), _) => self.unknown_code(node),
            (ConstValue::Fallback(fallback), _) => {
                self.fallback_method(node, (**fallback).clone(), (name, &folded), values)
            }
            _ if names::passes_on(name) || name == "unwrap_or" => RustExprValue::Plain(on),
            _ => self.unknown_code(node),
        }
    }

    /// A variable's text, read as something or with something in its stead, is the variable's; what a
    /// closure makes of it is what the closure gives.
    fn variable_method(
        &mut self,
        node: Node<'t>,
        on: ConstValue,
        name: &str,
        values: Vec<RustExprValue<'t>>,
    ) -> RustExprValue<'t> {
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
                    Some(closure @ RustExprValue::Closure(..)),
                ) => match self.run_closure(&closure, vec![RustExprValue::Plain(on)]) {
                    // What the closure falls back on is not what holds without the variable.
                    Some(RustExprValue::Plain(ConstValue::Fallback(inner))) => {
                        ConstValue::Unknown(inner.source)
                    }
                    Some(RustExprValue::Plain(value)) => value,
                    Some(value) => return value,
                    None => return self.unknown_code(node),
                },
                _ => return self.unknown_code(node),
            }
        };
        match (given, otherwise) {
            (ConstValue::Unknown(source), Some(otherwise)) => {
                let otherwise = self.otherwise(otherwise);
                let variable = source.is_environment().then(|| source.source_name());
                RustExprValue::Plain(fold::with_fallback(source, variable, otherwise))
            }
            (given, _) => RustExprValue::Plain(given),
        }
    }

    /// What a value or a closure gives in another one's stead.
    fn otherwise(&mut self, value: RustExprValue<'t>) -> ConstValue {
        let value = match &value {
            RustExprValue::Closure(..) => {
                self.run_closure(&value, vec![RustExprValue::unknown("an error")])
            }
            _ => Some(value),
        };
        value.map_or_else(
            || fold::unknown("a call"),
            |value| value.fold(Cause::Code("a call")).0,
        )
    }

    /// A value that holds where a variable gives none, read as something else.
    fn fallback_method(
        &mut self,
        node: Node<'t>,
        fallback: EnvDefault,
        (name, arguments): (&str, &[ConstValue]),
        values: Vec<RustExprValue<'t>>,
    ) -> RustExprValue<'t> {
        if matches!(name, "parse") {
            let value = standard::method(name, &fallback.value, &[]);
            let value = value.unwrap_or_else(|| fold::unknown("a text"));
            let EnvDefault {
                source, variable, ..
            } = fallback;
            return RustExprValue::Plain(fold::with_fallback(source, variable, value));
        }
        if let Some(value) = standard::method(name, &fallback.value, arguments) {
            return RustExprValue::Plain(fold::computed(fallback, |_| value));
        }
        if standard::reads_text(name) || names::passes_on(name) {
            return RustExprValue::Plain(ConstValue::Fallback(Box::new(fallback)));
        }
        match (name, values.into_iter().next_back()) {
            ("map" | "and_then", Some(closure @ RustExprValue::Closure(..))) => {
                let given = vec![RustExprValue::Plain(fallback.value.clone())];
                match self.run_closure(&closure, given) {
                    Some(RustExprValue::Plain(value)) => {
                        RustExprValue::Plain(fold::computed(fallback, |_| value))
                    }
                    _ => self.unknown_code(node),
                }
            }
            _ => self.unknown_code(node),
        }
    }

    fn object_method(
        &mut self,
        node: Node<'t>,
        (id, on): (RustObjectId, RustExprValue<'t>),
        name: &'t str,
        arguments: &[Node<'t>],
    ) -> RustExprValue<'t> {
        let Some(ty) = self.state.heap.get(&id).map(|o| o.ty) else {
            return self.any_call(node);
        };
        let part = self
            .index
            .part(ty, name)
            .filter(|p| p.through != PartAccess::Field);
        if let Some(part) = part {
            let result = self.result_of_setter(id, ty);
            let target = result.object().unwrap_or(id);
            if part.through == PartAccess::Closure {
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
            let found: Vec<ModelledCall<'m>> = calls
                .iter()
                .filter(|f| f.call.method)
                .copied()
                .chain([found])
                .collect();
            let values = self.evaluate_arguments(arguments);
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
        (id, on): (RustObjectId, RustExprValue<'t>),
        (ty, name): (&'m str, &str),
        arguments: &[Node<'t>],
    ) -> RustExprValue<'t> {
        let values = self.evaluate_arguments(arguments);
        self.give_away(arguments, &values, "a call");
        match name {
            "clone" | "to_owned" | "cloned" => return RustExprValue::Object(self.copy(id)),
            "as_ref" | "as_mut" | "borrow" | "borrow_mut" | "as_deref_mut" | "by_ref" => {
                return RustExprValue::Ref(id);
            }
            "get_or_insert_with" | "get_or_insert" | "get_or_insert_default" | "insert" => {
                return RustExprValue::Ref(id);
            }
            "unwrap_or_default" | "unwrap_or_else" | "unwrap_or" | "or" | "or_else" => {
                // One of two values; which, the code does not say.
                if !self.is_handle(id) {
                    self.escape(&RustExprValue::Ref(id), name);
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
        self.escape(&RustExprValue::Ref(id), name);
        match self.index.form(ty) {
            Some(RustForm::Builder) => RustExprValue::Object(id),
            Some(RustForm::BuilderInPlace) => RustExprValue::Ref(id),
            _ => self.unknown_code(node),
        }
    }

    /// What a setter gives: the value itself where it changes in place, else a changed copy.
    pub(super) fn result_of_setter(&mut self, id: RustObjectId, ty: &str) -> RustExprValue<'t> {
        match self.index.form(ty) {
            Some(RustForm::BuilderInPlace) => RustExprValue::Ref(id),
            _ => RustExprValue::Object(self.copy(id)),
        }
    }

    fn set_by_closure(
        &mut self,
        id: RustObjectId,
        (ident, part): (&'m str, &'m str),
        arguments: &[Node<'t>],
    ) {
        let part = self.part_of(id, ident, part);
        let Some(argument) = arguments.first() else {
            return;
        };
        if argument.kind() != "closure_expression" {
            let value = self.evaluate(*argument);
            if self
                .run_closure(&value, vec![RustExprValue::Ref(part)])
                .is_none()
            {
                self.escape(&RustExprValue::Ref(part), "a closure");
            }
            return;
        }
        self.state.scopes.push(RustScope::new());
        self.parameters(*argument, &mut std::iter::once(RustExprValue::Ref(part)));
        if let Some(body) = code::field(*argument, "body") {
            self.evaluate(body);
        }
        self.state.scopes.pop();
    }
}
