//! Expressions: names, literals and operators. Whatever is not understood is still looked through,
//! since a client may be built anywhere in it and an error may be looked at.

use tree_sitter::Node;

use crate::extract::code::fold;
use crate::extract::go::names;
use crate::extract::go::package::GoDeclaration;
use crate::extract::go::reader::GoFileReader;
use crate::extract::go::state::{GoExprValue, GoScope};
use crate::facts::cause::Cause;
use crate::facts::raw::ConstValue;
use crate::syntax::code::{self, CodeGrammar};

impl<'t> GoFileReader<'t, '_, '_> {
    pub(super) fn evaluate(&mut self, node: Node<'t>) -> GoExprValue<'t> {
        let value = if self.descend() {
            self.evaluate_kind(node)
        } else {
            self.mark_errors_unknown();
            self.skip(node.byte_range());
            GoExprValue::unknown("code that is nested too deeply")
        };
        self.ascend();
        value
    }

    fn evaluate_kind(&mut self, node: Node<'t>) -> GoExprValue<'t> {
        let text = self.text(node);
        match node.kind() {
            "int_literal" => plain(CodeGrammar::Go.int_value(text).map(ConstValue::Int)),
            "float_literal" => plain(text.replace('_', "").parse().ok().map(ConstValue::Float)),
            "interpreted_string_literal" | "raw_string_literal" => {
                plain(CodeGrammar::Go.string_value(text).map(ConstValue::Text))
            }
            "true" => GoExprValue::Plain(ConstValue::Bool(true)),
            "false" => GoExprValue::Plain(ConstValue::Bool(false)),
            "nil" => GoExprValue::Plain(ConstValue::Nil),
            "identifier" => self.name(node),
            "parenthesized_expression" => match code::children(node).first() {
                Some(inner) => self.evaluate(*inner),
                None => GoExprValue::unknown("code that cannot be read"),
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
    pub(super) fn look_through(&mut self, node: Node<'t>) -> GoExprValue<'t> {
        for child in code::children(node) {
            let value = self.evaluate(child);
            if !matches!(node.kind(), "index_expression" | "slice_expression") {
                self.escape(value, &Cause::Code("another value"));
            }
        }
        self.unknown_code(node)
    }

    /// An unknown value, named by its code.
    pub(super) fn unknown_code(&self, node: Node<'t>) -> GoExprValue<'t> {
        GoExprValue::Plain(ConstValue::Unknown(names::quote_code(self.tree(), node)))
    }

    fn name(&mut self, node: Node<'t>) -> GoExprValue<'t> {
        let name = self.text(node);
        if let Some(value) = self.state.get(name).cloned() {
            if let GoExprValue::Error(errors) = &value {
                self.error_checked(errors);
            }
            if let (&GoExprValue::Options(id), true) = (&value, self.values.contains(name)) {
                return self.copy_options(id);
            }
            return value;
        }
        let declared = self.declared;
        if let Some(constant) = declared.constants.get(name) {
            return self.evaluate_declared(name, constant);
        }
        match declared.variables.get(name) {
            Some(variable) if !declared.may_change(name) => self.evaluate_declared(name, variable),
            _ => match self.variable_of_flag(node) {
                Some(value) => value,
                None => self.unknown_code(node),
            },
        }
    }

    /// The value of a name of the package, worked out where it stands.
    pub(super) fn evaluate_declared(
        &mut self,
        name: &'t str,
        declared: &GoDeclaration<'t>,
    ) -> GoExprValue<'t> {
        let foldable = !matches!(declared.node.kind(), "var_spec");
        if !foldable || !self.may_run(declared.node) {
            return GoExprValue::Plain(fold::from_code(name));
        }
        let scopes = std::mem::take(&mut self.state.scopes);
        let file = self.go_to_file(declared.file);
        self.inside.push(declared.node.id());
        let value = self.evaluate(declared.node);
        let value = self.apply_type(value, declared.ty);
        self.inside.pop();
        self.go_to_file(file);
        self.state.scopes = scopes;
        value
    }

    fn unary(&mut self, node: Node<'t>) -> GoExprValue<'t> {
        let operator = code::field(node, "operator").map_or("", |o| self.text(o));
        let Some(operand) = code::field(node, "operand") else {
            return GoExprValue::unknown("code that cannot be read");
        };
        let value = self.evaluate_pointed(operator, operand);
        match (operator, value) {
            ("&", value @ (GoExprValue::Options(_) | GoExprValue::Record(_))) => value,
            ("*", GoExprValue::Options(id)) => self.copy_options(id),
            ("*", value @ GoExprValue::Plain(ConstValue::Unknown(_) | ConstValue::Fallback(_))) => {
                value
            }
            ("&" | "*" | "<-", _) => self.unknown_code(node),
            (_, GoExprValue::Plain(folded)) => GoExprValue::Plain(fold::unary(operator, folded)),
            (_, _) => self.unknown_code(node),
        }
    }

    /// The operand of an operator: of `&` the variable itself, not a copy of what it holds.
    fn evaluate_pointed(&mut self, operator: &str, operand: Node<'t>) -> GoExprValue<'t> {
        let held = (operator == "&" && operand.kind() == "identifier")
            .then(|| self.state.get(self.text(operand)).cloned());
        match held.flatten() {
            Some(value @ GoExprValue::Options(_)) => value,
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
    pub(super) fn copy_options(&mut self, id: u32) -> GoExprValue<'t> {
        let Some(object) = self.state.heap.get(&id).cloned() else {
            return GoExprValue::unknown("a pointer");
        };
        self.fresh += 1;
        self.state.heap.insert(self.fresh, object);
        GoExprValue::Options(self.fresh)
    }

    fn binary(&mut self, node: Node<'t>) -> GoExprValue<'t> {
        let sides = code::field(node, "left").zip(code::field(node, "right"));
        let Some((left, right)) = sides else {
            return GoExprValue::unknown("code that cannot be read");
        };
        let (left, right) = (self.evaluate(left), self.evaluate(right));
        let operator = code::field(node, "operator").map_or("", |o| self.text(o));
        match (left, right) {
            (GoExprValue::Plain(left), GoExprValue::Plain(right)) => {
                GoExprValue::Plain(fold::binary(operator, left, right))
            }
            _ => GoExprValue::unknown("a comparison"),
        }
    }

    fn selector(&mut self, node: Node<'t>) -> GoExprValue<'t> {
        let parts = code::field(node, "operand").zip(code::field(node, "field"));
        let Some((operand, field)) = parts else {
            return GoExprValue::unknown("code that cannot be read");
        };
        let field = self.text(field);
        if let Some(package) = self.package_of(operand) {
            if let Some(constant) = self.others.constant(package, field) {
                return match self.evaluate_declared(field, &constant) {
                    GoExprValue::Plain(ConstValue::Unknown(_)) => self.unknown_code(node),
                    value => value,
                };
            }
            let unit = fold::time_unit(field).filter(|_| package == "time");
            let known = unit.map(ConstValue::Duration);
            return known.map_or_else(|| self.unknown_code(node), GoExprValue::Plain);
        }
        match self.evaluate(operand) {
            GoExprValue::Options(id) => self.read_field(id, field, node),
            GoExprValue::Record(fields) if fields.contains_key(field) => fields[field].clone(),
            GoExprValue::Record(fields) if self.embedded_with(&fields, field).is_some() => {
                let embedded = self.embedded_with(&fields, field);
                let read = embedded.map(|id| self.read_field(id, field, node));
                read.unwrap_or_else(|| self.unknown_code(node))
            }
            _ => self
                .find_configured(operand, field, node)
                .or_else(|| self.field_of_flag(operand, field, node))
                .or_else(|| self.options_of_field(field))
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
    fn function_literal(&mut self, node: Node<'t>) -> GoExprValue<'t> {
        let Some(body) = code::field(node, "body") else {
            return GoExprValue::unknown("code that cannot be read");
        };
        let outer = self.fork();
        self.forget_changed_later(node);
        self.state.scopes.push(GoScope::new());
        self.open_block();
        if let Some(parameters) = code::field(node, "parameters") {
            self.parameters(parameters);
        }
        let returns = std::mem::take(&mut self.returns);
        let inner = names::find_captured(self.tree(), body);
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
        GoExprValue::Closure(node, self.file)
    }

    /// A function literal may run after what is assigned behind it.
    fn forget_changed_later(&mut self, literal: Node<'t>) {
        let reason = Cause::Code("a function literal that runs later");
        for name in names::find_mentioned(self.tree(), literal) {
            let later = self.last_change.get(name);
            if later.is_none_or(|last| *last <= literal.end_byte()) {
                continue;
            }
            match self.state.get(name) {
                Some(&GoExprValue::Options(id)) => {
                    if let Some(object) = self.state.heap.get_mut(&id) {
                        object.invalidate(&reason);
                    }
                }
                Some(GoExprValue::Plain(value)) if *value != ConstValue::Nil => {
                    self.state.set(
                        name,
                        GoExprValue::Plain(ConstValue::Unknown(reason.clone())),
                    );
                }
                _ => {}
            }
        }
    }

    fn forget_in_literal(&mut self, body: Node<'t>, inner: &[GoScope<'t>]) {
        let tree = self.tree();
        for name in names::find_assigned(tree, body) {
            let last = inner.iter().rev().find_map(|scope| scope.get(name));
            if let Some(GoExprValue::Error(errors)) = last
                && self.state.get(name).is_some()
            {
                self.error_lost(errors);
            }
        }
        self.forget(body, "a function literal");
        let reason = Cause::Code("a function literal that holds the options");
        let assigned = names::find_assigned(tree, body);
        for name in names::find_mentioned(tree, body) {
            if let Some(&GoExprValue::Options(id)) = self.state.get(name)
                && let Some(object) = self.state.heap.get_mut(&id)
                && (!object.built || assigned.contains(name))
            {
                object.invalidate(&reason);
            }
        }
    }

    /// A value goes where it cannot be followed.
    pub(super) fn escape(&mut self, value: GoExprValue<'t>, to: &Cause) {
        match value {
            GoExprValue::Options(id) => {
                self.remember(id);
                if let Some(object) = self.state.heap.get_mut(&id)
                    && !object.built
                {
                    object.invalidate(to);
                }
            }
            GoExprValue::Error(errors) => self.error_checked(&errors),
            GoExprValue::Several(values) => {
                for value in values {
                    self.escape(value, to);
                }
            }
            GoExprValue::Record(fields) => {
                for value in fields.values() {
                    self.escape(value.clone(), to);
                }
            }
            GoExprValue::Plain(_) | GoExprValue::Closure(..) => {}
        }
    }
}

fn plain<'t>(folded: Option<ConstValue>) -> GoExprValue<'t> {
    GoExprValue::Plain(folded.unwrap_or_else(|| fold::unknown("a literal that cannot be read")))
}
