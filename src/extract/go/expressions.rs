//! Expressions: names, literals and operators. Whatever is not understood is still looked through,
//! since a client may be built anywhere in it and an error may be looked at.

use tree_sitter::Node;

use crate::extract::code::fold;
use crate::extract::go::names;
use crate::extract::go::package::Declared;
use crate::extract::go::reader::Reader;
use crate::extract::go::state::{Scope, Val};
use crate::facts::cause::Cause;
use crate::facts::raw::Folded;
use crate::syntax::code::{self, CodeGrammar};

impl<'t> Reader<'t, '_, '_> {
    pub(super) fn evaluate(&mut self, node: Node<'t>) -> Val<'t> {
        let value = if self.descend() {
            self.evaluate_kind(node)
        } else {
            self.overlook();
            self.skip(node.byte_range());
            Val::unknown("code that is nested too deeply")
        };
        self.ascend();
        value
    }

    fn evaluate_kind(&mut self, node: Node<'t>) -> Val<'t> {
        let text = self.text(node);
        match node.kind() {
            "int_literal" => plain(CodeGrammar::Go.int_value(text).map(Folded::Int)),
            "float_literal" => plain(text.replace('_', "").parse().ok().map(Folded::Float)),
            "interpreted_string_literal" | "raw_string_literal" => {
                plain(CodeGrammar::Go.string_value(text).map(Folded::Text))
            }
            "true" => Val::Plain(Folded::Bool(true)),
            "false" => Val::Plain(Folded::Bool(false)),
            "nil" => Val::Plain(Folded::Nil),
            "identifier" => self.name(node),
            "parenthesized_expression" => match code::children(node).first() {
                Some(inner) => self.evaluate(*inner),
                None => Val::unknown("code that cannot be read"),
            },
            "unary_expression" => self.unary(node),
            "binary_expression" => self.binary(node),
            "selector_expression" => self.selector(node),
            "call_expression" => self.call(node),
            "composite_literal" => self.composite(node),
            "func_literal" => self.function_literal(node),
            _ => self.look_through(node),
        }
    }

    /// Something that is not modelled: its parts are evaluated for what happens in them.
    pub(super) fn look_through(&mut self, node: Node<'t>) -> Val<'t> {
        for child in code::children(node) {
            let value = self.evaluate(child);
            if !matches!(node.kind(), "index_expression" | "slice_expression") {
                self.escape(value, &Cause::Code("another value"));
            }
        }
        self.unknown_code(node)
    }

    /// An unknown value, named by its code.
    pub(super) fn unknown_code(&self, node: Node<'t>) -> Val<'t> {
        Val::Plain(Folded::Unknown(names::quoted(self.tree(), node)))
    }

    fn name(&mut self, node: Node<'t>) -> Val<'t> {
        let name = self.text(node);
        if let Some(value) = self.state.get(name).cloned() {
            if let Val::Error(errors) = &value {
                self.error_checked(errors);
            }
            if let (&Val::Options(id), true) = (&value, self.values.contains(name)) {
                return self.copied(id);
            }
            return value;
        }
        let declared = self.declared;
        if let Some(constant) = declared.constants.get(name) {
            return self.declared_value(name, constant);
        }
        match declared.variables.get(name) {
            Some(variable) if !declared.changed.contains(name) => {
                self.declared_value(name, variable)
            }
            _ => self.unknown_code(node),
        }
    }

    /// The value of a name of the package, worked out where it stands.
    pub(super) fn declared_value(&mut self, name: &'t str, declared: &Declared<'t>) -> Val<'t> {
        let foldable = !matches!(declared.node.kind(), "var_spec");
        if !foldable || !self.may_run(declared.node) {
            return Val::Plain(fold::from_code(name));
        }
        let scopes = std::mem::take(&mut self.state.scopes);
        let file = std::mem::replace(&mut self.file, declared.file);
        self.inside.push(declared.node.id());
        let value = self.evaluate(declared.node);
        let value = self.typed(value, declared.ty);
        self.inside.pop();
        self.file = file;
        self.state.scopes = scopes;
        value
    }

    fn unary(&mut self, node: Node<'t>) -> Val<'t> {
        let operator = code::field(node, "operator").map_or("", |o| self.text(o));
        let Some(operand) = code::field(node, "operand") else {
            return Val::unknown("code that cannot be read");
        };
        let value = self.pointed_at(operator, operand);
        match (operator, value) {
            ("&", value @ Val::Options(_)) => value,
            ("*", Val::Options(id)) => self.copied(id),
            ("*", value @ Val::Plain(Folded::Unknown(_))) => value,
            ("&" | "*" | "<-", _) => self.unknown_code(node),
            (_, Val::Plain(folded)) => Val::Plain(fold::unary(operator, folded)),
            (_, _) => self.unknown_code(node),
        }
    }

    /// The operand of an operator: of `&` the variable itself, not a copy of what it holds.
    fn pointed_at(&mut self, operator: &str, operand: Node<'t>) -> Val<'t> {
        let held = (operator == "&" && operand.kind() == "identifier")
            .then(|| self.state.get(self.text(operand)).cloned());
        match held.flatten() {
            Some(value @ Val::Options(_)) => value,
            _ => self.evaluate(operand),
        }
    }

    /// A variable holds an options value itself, or something else.
    pub(super) fn hold(&mut self, name: &'t str, by_value: bool) {
        if by_value {
            self.values.insert(name);
        } else {
            self.values.remove(name);
        }
    }

    /// Whether an expression gives an options value itself, no pointer to one.
    pub(super) fn is_value(&self, expression: Node<'t>) -> bool {
        match expression.kind() {
            "composite_literal" => true,
            "unary_expression" => self.text(expression).starts_with('*'),
            "identifier" => self.values.contains(self.text(expression)),
            "parenthesized_expression" => {
                let inner = code::children(expression).first().copied();
                inner.is_some_and(|inner| self.is_value(inner))
            }
            _ => false,
        }
    }

    /// A copy of an options value.
    pub(super) fn copied(&mut self, id: u32) -> Val<'t> {
        let Some(object) = self.state.heap.get(&id).cloned() else {
            return Val::unknown("a pointer");
        };
        self.fresh += 1;
        self.state.heap.insert(self.fresh, object);
        Val::Options(self.fresh)
    }

    fn binary(&mut self, node: Node<'t>) -> Val<'t> {
        let sides = code::field(node, "left").zip(code::field(node, "right"));
        let Some((left, right)) = sides else {
            return Val::unknown("code that cannot be read");
        };
        let (left, right) = (self.evaluate(left), self.evaluate(right));
        let operator = code::field(node, "operator").map_or("", |o| self.text(o));
        match (left, right) {
            (Val::Plain(left), Val::Plain(right)) => {
                Val::Plain(fold::binary(operator, left, right))
            }
            _ => Val::unknown("a comparison"),
        }
    }

    fn selector(&mut self, node: Node<'t>) -> Val<'t> {
        let parts = code::field(node, "operand").zip(code::field(node, "field"));
        let Some((operand, field)) = parts else {
            return Val::unknown("code that cannot be read");
        };
        let field = self.text(field);
        if let Some(package) = self.package_of(operand) {
            let unit = fold::time_unit(field).filter(|_| package == "time");
            let known = unit.map(Folded::Duration);
            return known.map_or_else(|| self.unknown_code(node), Val::Plain);
        }
        match self.evaluate(operand) {
            Val::Options(id) => self.read_field(id, field, node),
            _ => self
                .configured(operand, field, node)
                .unwrap_or_else(|| self.unknown_code(node)),
        }
    }

    /// The path of the package that an expression names, unless it is a client library's.
    pub(super) fn package_of(&self, operand: Node<'t>) -> Option<&str> {
        let name = self.free_name(operand)?;
        self.here().other_package(name)
    }

    /// The text of an identifier that no variable or declaration of this package takes.
    pub(super) fn free_name(&self, node: Node<'t>) -> Option<&'t str> {
        let name = self.text(node);
        let free = node.kind() == "identifier"
            && self.state.get(name).is_none()
            && !self.declared.declares(name);
        free.then_some(name)
    }

    pub(super) fn is_duration(&self, ty: Node<'t>) -> bool {
        let parts = code::field(ty, "package").zip(code::field(ty, "name"));
        parts.is_some_and(|(package, name)| {
            self.here().other_package(self.text(package)) == Some("time")
                && self.text(name) == "Duration"
        })
    }

    /// A function literal: its body is read where it stands; what it holds of the variables around
    /// it is not certain any more.
    fn function_literal(&mut self, node: Node<'t>) -> Val<'t> {
        let Some(body) = code::field(node, "body") else {
            return Val::unknown("code that cannot be read");
        };
        let outer = self.fork();
        self.forget_changed_later(node);
        self.state.scopes.push(Scope::new());
        self.open_block();
        if let Some(parameters) = code::field(node, "parameters") {
            self.parameters(parameters);
        }
        let returns = std::mem::take(&mut self.returns);
        let inner = names::captured(self.tree(), body);
        let captured = std::mem::replace(&mut self.captured, inner);
        self.results.push(self.named_results(node));
        self.block(body);
        self.results.pop();
        self.captured = captured;
        self.returns = returns;
        self.close_block();
        self.remember_built();
        let inner = std::mem::replace(&mut self.state, outer);
        self.forget_in_literal(body, &inner.scopes);
        Val::Closure(node, self.file)
    }

    /// A function literal may run after what is assigned behind it.
    fn forget_changed_later(&mut self, literal: Node<'t>) {
        let reason = Cause::Code("a function literal that runs later");
        for name in names::mentioned(self.tree(), literal) {
            let later = self.last_change.get(name);
            if later.is_none_or(|last| *last <= literal.end_byte()) {
                continue;
            }
            match self.state.get(name) {
                Some(&Val::Options(id)) => {
                    if let Some(object) = self.state.heap.get_mut(&id) {
                        object.lose(&reason);
                    }
                }
                Some(Val::Plain(value)) if *value != Folded::Nil => {
                    self.state
                        .set(name, Val::Plain(Folded::Unknown(reason.clone())));
                }
                _ => {}
            }
        }
    }

    fn forget_in_literal(&mut self, body: Node<'t>, inner: &[Scope<'t>]) {
        let tree = self.tree();
        for name in names::assigned(tree, body) {
            let last = inner.iter().rev().find_map(|scope| scope.get(name));
            if let Some(Val::Error(errors)) = last
                && self.state.get(name).is_some()
            {
                self.error_lost(errors);
            }
        }
        self.forget(body, "a function literal");
        let reason = Cause::Code("a function literal that holds the options");
        let assigned = names::assigned(tree, body);
        for name in names::mentioned(tree, body) {
            if let Some(&Val::Options(id)) = self.state.get(name)
                && let Some(object) = self.state.heap.get_mut(&id)
                && (!object.built || assigned.contains(name))
            {
                object.lose(&reason);
            }
        }
    }

    /// A value goes where it cannot be followed.
    pub(super) fn escape(&mut self, value: Val<'t>, to: &Cause) {
        match value {
            Val::Options(id) => {
                self.remember(id);
                if let Some(object) = self.state.heap.get_mut(&id)
                    && !object.built
                {
                    object.lose(to);
                }
            }
            Val::Error(errors) => self.error_checked(&errors),
            Val::Several(values) => {
                for value in values {
                    self.escape(value, to);
                }
            }
            Val::Plain(_) | Val::Closure(..) => {}
        }
    }
}

fn plain<'t>(folded: Option<Folded>) -> Val<'t> {
    Val::Plain(folded.unwrap_or_else(|| fold::unknown("a literal that cannot be read")))
}
