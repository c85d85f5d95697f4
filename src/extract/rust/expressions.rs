//! Expressions: names, literals and operators. Whatever is not understood is still looked through,
//! since a client may be built anywhere.

use tree_sitter::Node;

use crate::extract::code::fold;
use crate::extract::rust::names;
use crate::extract::rust::package::{ItemKind, NameMeaning};
use crate::extract::rust::reader::RustFileReader;
use crate::extract::rust::state::{RustExprValue, RustScope};
use crate::extract::rust::uses::path_of;
use crate::extract::rust::{standard, types};
use crate::facts::raw::ConstValue;
use crate::syntax::code::{self, CodeGrammar};

impl<'t, 'm> RustFileReader<'t, 'm, '_> {
    pub(super) fn unknown_code(&self, node: Node<'t>) -> RustExprValue<'t> {
        RustExprValue::Plain(ConstValue::Unknown(names::quote_code(self.tree(), node)))
    }

    /// The value of an expression that moves or copies it.
    pub(super) fn value_of(&mut self, node: Node<'t>) -> RustExprValue<'t> {
        match self.evaluate(node) {
            RustExprValue::Object(id) if is_place(node) => RustExprValue::Object(self.copy(id)),
            value => value,
        }
    }

    /// The value of an expression without a copy: what a method is called on, what is assigned to.
    pub(super) fn place(&mut self, node: Node<'t>) -> RustExprValue<'t> {
        self.evaluate(node)
    }

    pub(super) fn evaluate(&mut self, node: Node<'t>) -> RustExprValue<'t> {
        if !self.descend() {
            self.ascend();
            self.skip(node.byte_range());
            return RustExprValue::unknown("deeply nested code");
        }
        let value = self.expression(node);
        self.ascend();
        value
    }

    fn expression(&mut self, node: Node<'t>) -> RustExprValue<'t> {
        match node.kind() {
            "identifier" | "self" => self.identifier(node),
            "scoped_identifier" => self.path_value(node),
            "integer_literal" => match CodeGrammar::Rust.int_value(self.text(node)) {
                Some(n) => RustExprValue::Plain(ConstValue::Int(n)),
                None => RustExprValue::unknown("a number"),
            },
            "float_literal" => match CodeGrammar::Rust.float_value(self.text(node)) {
                Some(n) => RustExprValue::Plain(ConstValue::Float(n)),
                None => RustExprValue::unknown("a number"),
            },
            "boolean_literal" => RustExprValue::Plain(ConstValue::Bool(self.text(node) == "true")),
            "string_literal" | "raw_string_literal" => {
                match CodeGrammar::Rust.string_value(self.text(node)) {
                    Some(text) => RustExprValue::Plain(ConstValue::Text(text)),
                    None => RustExprValue::unknown("a text"),
                }
            }
            "negative_literal" | "unary_expression" => self.unary(node),
            "binary_expression" => self.binary(node),
            "type_cast_expression" => self.cast(node),
            "reference_expression" => self.reference(node),
            "parenthesized_expression"
            | "try_expression"
            | "await_expression"
            | "unsafe_block"
            | "const_block"
            | "try_block" => self.inner(node),
            "block" | "labeled_block" => self.block(node),
            "async_block" => self.async_block(node),
            "closure_expression" => self.closure(node),
            "call_expression" => self.call(node),
            "generic_function" => match code::field(node, "function") {
                Some(function) => self.evaluate(function),
                None => self.unknown_code(node),
            },
            "field_expression" => self.field(node),
            "struct_expression" => self.literal(node),
            "assignment_expression" => self.assign(node),
            "compound_assignment_expr" => self.compound(node),
            "if_expression" => self.if_expression(node),
            "match_expression" => self.match_expression(node),
            "for_expression" | "while_expression" | "loop_expression" => self.loop_statement(node),
            "return_expression" | "break_expression" | "continue_expression" => self.leave(node),
            "tuple_expression" => {
                let items = code::children(node).into_iter();
                RustExprValue::Tuple(items.map(|item| self.value_of(item)).collect())
            }
            "array_expression" => {
                let items = code::children(node).into_iter();
                let items = items.map(|item| {
                    let quoted = names::quote_code(self.tree(), item);
                    let value = self.evaluate(item);
                    self.escape(&value, "a list");
                    value.fold(quoted).0
                });
                RustExprValue::Plain(ConstValue::List(items.collect()))
            }
            "macro_invocation" => self.macro_call(node),
            "let_condition" => self.evaluate_children(node),
            _ => self.evaluate_children(node),
        }
    }

    /// Looks through code that is not understood.
    fn evaluate_children(&mut self, node: Node<'t>) -> RustExprValue<'t> {
        for child in code::children(node) {
            if child.is_named() && !child.kind().ends_with("_pattern") {
                let value = self.evaluate(child);
                self.escape(&value, "an expression");
            }
        }
        self.unknown_code(node)
    }

    fn inner(&mut self, node: Node<'t>) -> RustExprValue<'t> {
        match code::children(node).last() {
            Some(inner) => self.evaluate(*inner),
            None => self.unknown_code(node),
        }
    }

    fn identifier(&mut self, node: Node<'t>) -> RustExprValue<'t> {
        let name = self.text(node);
        if let Some(value) = self.state.get(name) {
            return value.clone();
        }
        if name == "None" {
            return self.unit_value();
        }
        self.path_value(node)
    }

    /// A constant of the package, or one of the standard library's.
    fn path_value(&mut self, node: Node<'t>) -> RustExprValue<'t> {
        let path = path_of(node, self.tree());
        if path.first().is_some_and(|first| first == "Self")
            && let (Some(ty), [_, name]) = (self.own_type, path.as_slice())
            && let Some(item) = self.declared.member(ty, name)
            && item.kind == ItemKind::Constant
        {
            return self.constant(item, node);
        }
        match self.meaning(&path) {
            Some(NameMeaning::Own(item, rest)) => match (item.kind, rest.as_slice()) {
                (ItemKind::Constant, []) => self.constant(item, node),
                (ItemKind::Type | ItemKind::Alias, [name]) => {
                    let ty =
                        code::field(item.node, "name").map(|n| self.files[item.file].tree.text(n));
                    let member = ty.and_then(|ty| self.declared.member(ty, name));
                    match member {
                        Some(member) if member.kind == ItemKind::Constant => {
                            self.constant(member, node)
                        }
                        _ => self.unknown_code(node),
                    }
                }
                _ => self.unknown_code(node),
            },
            Some(NameMeaning::Other(path)) => {
                let known = standard::constant(&path).map(RustExprValue::Plain);
                known.unwrap_or_else(|| self.unknown_code(node))
            }
            None => self.unknown_code(node),
        }
    }

    /// The value of a constant, read where it is declared.
    fn constant(
        &mut self,
        item: crate::extract::rust::package::RustItem<'t>,
        node: Node<'t>,
    ) -> RustExprValue<'t> {
        let Some(value) = code::field(item.node, "value") else {
            return self.unknown_code(node);
        };
        if !self.may_run(item.node) {
            return self.unknown_code(node);
        }
        self.inside.push(item.node.id());
        let scopes = std::mem::replace(&mut self.state.scopes, vec![RustScope::new()]);
        let folded = self.elsewhere(item.file, item.module, |reader| reader.evaluate(value));
        self.state.scopes = scopes;
        self.inside.pop();
        match folded {
            RustExprValue::Plain(ConstValue::Unknown(reason)) if !reason.is_environment() => {
                self.unknown_code(node)
            }
            RustExprValue::Ref(id) => RustExprValue::Object(id),
            value => value,
        }
    }

    /// Runs something in another file or module of the package.
    pub(super) fn elsewhere<R>(
        &mut self,
        file: usize,
        module: usize,
        run: impl FnOnce(&mut Self) -> R,
    ) -> R {
        let outer = (self.file, self.module);
        let uses = std::mem::take(&mut self.local_uses);
        (self.file, self.module) = (file, module);
        let result = run(self);
        (self.file, self.module) = outer;
        self.local_uses = uses;
        result
    }

    fn unary(&mut self, node: Node<'t>) -> RustExprValue<'t> {
        let Some(inner) = code::children(node).first().copied() else {
            return self.unknown_code(node);
        };
        let value = self.evaluate(inner);
        let text = self.text(node);
        match (text.chars().next(), value) {
            (Some('-'), RustExprValue::Plain(ConstValue::Int(n))) => {
                RustExprValue::Plain(ConstValue::Int(n.wrapping_neg()))
            }
            (Some('-'), RustExprValue::Plain(ConstValue::Float(n))) => {
                RustExprValue::Plain(ConstValue::Float(-n))
            }
            (Some('!'), RustExprValue::Plain(ConstValue::Bool(b))) => {
                RustExprValue::Plain(ConstValue::Bool(!b))
            }
            (Some('*'), RustExprValue::Ref(id)) => RustExprValue::Object(id),
            (Some('*'), value) => value,
            (_, RustExprValue::Plain(ConstValue::Unknown(reason))) => {
                RustExprValue::Plain(ConstValue::Unknown(reason))
            }
            _ => self.unknown_code(node),
        }
    }

    fn binary(&mut self, node: Node<'t>) -> RustExprValue<'t> {
        let (Some(left), Some(right)) = (code::field(node, "left"), code::field(node, "right"))
        else {
            return self.unknown_code(node);
        };
        let operator = code::field(node, "operator").map_or("", |o| self.text(o));
        let a = self.evaluate(left);
        let b = self.evaluate(right);
        match (a, b) {
            (RustExprValue::Plain(a), RustExprValue::Plain(b)) => {
                match fold::binary(operator, a, b) {
                    ConstValue::Unknown(_) => self.unknown_code(node),
                    known => RustExprValue::Plain(known),
                }
            }
            _ => self.unknown_code(node),
        }
    }

    fn cast(&mut self, node: Node<'t>) -> RustExprValue<'t> {
        let value = code::field(node, "value").map(|value| self.evaluate(value));
        let ty = code::field(node, "type").map_or("", |ty| self.text(ty));
        match value {
            Some(RustExprValue::Plain(folded)) => {
                let cast = standard::cast(folded, ty);
                cast.map_or_else(|| self.unknown_code(node), RustExprValue::Plain)
            }
            _ => self.unknown_code(node),
        }
    }

    fn reference(&mut self, node: Node<'t>) -> RustExprValue<'t> {
        let Some(inner) = code::field(node, "value") else {
            return self.unknown_code(node);
        };
        match self.evaluate(inner) {
            RustExprValue::Object(id) => RustExprValue::Ref(id),
            value => value,
        }
    }

    fn async_block(&mut self, node: Node<'t>) -> RustExprValue<'t> {
        let body = code::children(node).last().copied();
        self.maybe(true, |reader| match body {
            Some(body) => reader.block(body),
            None => RustExprValue::unknown("nothing"),
        })
    }

    fn closure(&mut self, node: Node<'t>) -> RustExprValue<'t> {
        self.maybe(false, |reader| {
            reader.state.scopes.push(RustScope::new());
            reader.parameters(node, &mut std::iter::empty());
            let body = code::field(node, "body");
            body.map_or_else(
                || RustExprValue::unknown("nothing"),
                |body| reader.evaluate(body),
            )
        });
        RustExprValue::Closure(node, self.file)
    }

    /// What a closure gives when it is called with these values.
    pub(super) fn run_closure(
        &mut self,
        closure: &RustExprValue<'t>,
        values: Vec<RustExprValue<'t>>,
    ) -> Option<RustExprValue<'t>> {
        let RustExprValue::Closure(node, file) = *closure else {
            return None;
        };
        if file != self.file {
            return None;
        }
        if !self.descend() {
            self.ascend();
            return None;
        }
        self.quiet += 1;
        self.state.scopes.push(RustScope::new());
        self.parameters(node, &mut values.into_iter());
        self.returns.push(Vec::new());
        let value = code::field(node, "body").map(|body| self.evaluate(body));
        let depth = self.state.scopes.len();
        let mut ends = vec![(value, std::mem::take(&mut self.state))];
        for (value, mut state) in self.returns.pop().unwrap_or_default() {
            state.scopes.truncate(depth);
            ends.push((Some(value), state));
        }
        let value = self.join_branches(ends);
        self.state.scopes.pop();
        self.quiet -= 1;
        self.ascend();
        Some(value)
    }

    fn field(&mut self, node: Node<'t>) -> RustExprValue<'t> {
        let (Some(value), Some(field)) = (code::field(node, "value"), code::field(node, "field"))
        else {
            return self.unknown_code(node);
        };
        let value = self.place(value);
        let name = self.text(field);
        self.field_of(&value, name, node)
    }

    /// A field of a value, by what is written or by its type.
    pub(super) fn field_of(
        &mut self,
        value: &RustExprValue<'t>,
        name: &'t str,
        node: Node<'t>,
    ) -> RustExprValue<'t> {
        match value {
            RustExprValue::Object(id) | RustExprValue::Ref(id) => self.read_field(*id, name, node),
            RustExprValue::Tuple(items) => {
                let item = name.parse().ok().and_then(|at: usize| items.get(at));
                item.cloned().unwrap_or_else(|| self.unknown_code(node))
            }
            RustExprValue::Record(_, fields) if fields.contains_key(name) => fields[name].clone(),
            RustExprValue::Own(item) | RustExprValue::Record(item, _) => {
                if let Some(value) = self.find_filling(item, name, node) {
                    return value;
                }
                let quoted = names::quote_code(self.tree(), node);
                let tree = &self.files[item.file].tree;
                match types::field_type(item.node, name, tree) {
                    Some(ty) => {
                        let (file, module) = (item.file, item.module);
                        self.elsewhere(file, module, |reader| reader.of_type(ty, quoted))
                    }
                    None => self.unknown_code(node),
                }
            }
            RustExprValue::Wrapped(inner) => self.field_of(&inner.clone(), name, node),
            _ => self.unknown_code(node),
        }
    }

    fn assign(&mut self, node: Node<'t>) -> RustExprValue<'t> {
        let (Some(left), Some(right)) = (code::field(node, "left"), code::field(node, "right"))
        else {
            return self.unknown_code(node);
        };
        let value = self.value_of(right);
        match left.kind() {
            // What is assigned to once may be again.
            "identifier" => self.state.set(self.text(left), value.changeable()),
            "field_expression" => {
                let (Some(object), Some(field)) =
                    (code::field(left, "value"), code::field(left, "field"))
                else {
                    return self.unit_value();
                };
                let place = self.place(object);
                if let Some(id) = place.object() {
                    self.write_field(id, field, value, right);
                }
            }
            "unary_expression" => {
                let place = self.place(left);
                if let Some(id) = place.object() {
                    self.replace_object(id, &value);
                }
            }
            "tuple_expression" => {
                for target in code::children(left) {
                    if target.kind() == "identifier" {
                        let name = self.text(target);
                        self.state
                            .set(name, RustExprValue::Plain(fold::from_code(name)));
                    }
                }
            }
            _ => {
                self.evaluate(left);
            }
        }
        self.unit_value()
    }

    fn compound(&mut self, node: Node<'t>) -> RustExprValue<'t> {
        let (Some(left), Some(right)) = (code::field(node, "left"), code::field(node, "right"))
        else {
            return self.unknown_code(node);
        };
        let operator = code::field(node, "operator").map_or("", |o| self.text(o));
        let old = self.place(left);
        let new = self.evaluate(right);
        let value = match (old, new) {
            (RustExprValue::Plain(a), RustExprValue::Plain(b)) => {
                RustExprValue::Plain(fold::binary(operator.trim_end_matches('='), a, b))
            }
            _ => self.unknown_code(left),
        };
        match left.kind() {
            "identifier" => self.state.set(self.text(left), value),
            "field_expression" => {
                let place = code::field(left, "value").map(|object| self.place(object));
                let id = place.as_ref().and_then(RustExprValue::object);
                if let (Some(id), Some(field)) = (id, code::field(left, "field")) {
                    self.write_field(id, field, value, right);
                }
            }
            _ => {}
        }
        self.unit_value()
    }

    /// Macros are not read; a few of the standard library's are known to end the function.
    fn macro_call(&mut self, node: Node<'t>) -> RustExprValue<'t> {
        let name = code::field(node, "macro").map_or("", |name| self.text(name));
        if standard::never_returns(name) {
            self.state.dead = true;
        }
        self.lose_mentioned(node);
        if let Some(key) = standard::environment_macro(name, self.text(node)) {
            return RustExprValue::Plain(fold::from_environment(&key));
        }
        self.unknown_code(node)
    }

    /// A macro may do anything to what it is given by reference; a value that it only prints stays.
    fn lose_mentioned(&mut self, node: Node<'t>) {
        if !self.text(node).contains("&mut") && !self.text(node).contains('=') {
            return;
        }
        let mut mentioned = Vec::new();
        code::visit(node, |n| {
            if n.kind() == "identifier" {
                mentioned.push(n);
            }
        });
        for name in mentioned {
            let held = self
                .state
                .get(self.text(name))
                .and_then(RustExprValue::object);
            if let Some(id) = held {
                self.escape(&RustExprValue::Ref(id), "a macro");
            }
        }
    }
}

/// Whether an expression names something that lives on.
fn is_place(node: Node<'_>) -> bool {
    matches!(node.kind(), "identifier" | "field_expression" | "self")
}
