//! Statements: declarations, assignments, branches and returns.

use std::collections::BTreeMap;
use std::rc::Rc;

use tree_sitter::Node;

use crate::extract::code::fold;
use crate::extract::go::names;
use crate::extract::go::reader::GoFileReader;
use crate::extract::go::state::{GoExprValue, GoObjectId, GoScope};
use crate::facts::cause::Cause;
use crate::facts::raw::ConstValue;
use crate::syntax::code;

const UNREADABLE: &str = "code that cannot be read";

impl<'t, 'm> GoFileReader<'t, 'm, '_> {
    pub(super) fn statement(&mut self, node: Node<'t>) {
        if self.state.dead {
            return;
        }
        if self.descend() {
            self.burn();
            self.statement_of_kind(node);
        } else {
            self.lose_all("code that is nested too deeply");
            self.mark_errors_unknown();
            self.skip(node.byte_range());
        }
        self.ascend();
    }

    fn statement_of_kind(&mut self, node: Node<'t>) {
        match node.kind() {
            "block" => self.block(node),
            "statement_list" => self.statements(node),
            "labeled_statement" => self.read_labelled(node),
            "short_var_declaration" | "assignment_statement" | "expression_statement"
                if code::is_broken(node) =>
            {
                self.read_broken(node);
            }
            "short_var_declaration" => self.assignment(node, true),
            "assignment_statement" => self.assignment(node, false),
            "var_declaration" | "const_declaration" => self.declaration(node),
            "inc_statement" | "dec_statement" => self.step(node),
            "if_statement" => self.if_statement(node),
            "for_statement" => self.for_statement(node),
            "expression_switch_statement" | "type_switch_statement" | "select_statement" => {
                self.switch(node);
            }
            "return_statement" => self.return_statement(node),
            "send_statement" => self.give_away(node, "a channel"),
            "function_declaration" | "method_declaration" | "label_name" => {}
            "ERROR" => self.lose_all(UNREADABLE),
            kind if names::is_declaration(kind) => {}
            "go_statement" | "defer_statement" => {
                for child in code::children(node) {
                    self.call_later(child);
                }
            }
            "expression_statement" => {
                for child in code::children(node) {
                    self.evaluate(child);
                }
            }
            _ => {
                self.evaluate(node);
            }
        }
    }

    /// Part of a statement cannot be read: it may do anything to what is known.
    fn read_broken(&mut self, node: Node<'t>) {
        self.lose_all(UNREADABLE);
        match node.kind() {
            "short_var_declaration" => self.assignment(node, true),
            "assignment_statement" => self.assignment(node, false),
            _ => drop(self.look_through(node)),
        }
        self.lose_all(UNREADABLE);
    }

    /// Where a `goto` leads to, nothing is known of what the function assigns anywhere.
    fn read_labelled(&mut self, node: Node<'t>) {
        let label = code::field(node, "label").map(|label| self.text(label));
        if label.is_some_and(|label| self.jumps.contains(label)) {
            self.lose_all("a goto");
            let changed: Vec<&str> = self.last_change.keys().copied().collect();
            for name in changed {
                if matches!(self.state.get(name), Some(GoExprValue::Plain(value)) if *value != ConstValue::Nil)
                {
                    self.state.set(name, GoExprValue::unknown("a goto"));
                }
            }
        }
        self.statements(node);
    }

    fn statements(&mut self, node: Node<'t>) {
        for child in code::children(node) {
            self.statement(child);
        }
    }

    pub(super) fn block(&mut self, node: Node<'t>) {
        self.state.scopes.push(GoScope::new());
        self.open_block();
        self.statements(node);
        self.close_block();
        self.state.scopes.pop();
    }

    pub(super) fn give_away(&mut self, node: Node<'t>, to: &'static str) {
        for child in code::children(node) {
            let value = self.evaluate(child);
            self.escape(value, &Cause::Code(to));
        }
    }

    fn lose_all(&mut self, kind: &'static str) {
        let reason = Cause::Code(kind);
        for object in self.state.heap.values_mut() {
            object.invalidate(&reason);
        }
    }

    fn assignment(&mut self, node: Node<'t>, define: bool) {
        let (Some(left), Some(right)) = (code::field(node, "left"), code::field(node, "right"))
        else {
            return self.lose_all(UNREADABLE);
        };
        let (left, right) = (code::children(left), code::children(right));
        let operator = code::field(node, "operator").map_or("=", |o| self.text(o));
        if operator != "=" && !define {
            right.iter().for_each(|value| drop(self.evaluate(*value)));
            for target in left {
                self.assign(
                    target,
                    GoExprValue::unknown("a running total"),
                    None,
                    node,
                    false,
                );
            }
            return;
        }
        if self.only_drops(&left, &right) {
            return;
        }
        let values = self.values(&right, left.len());
        for (at, (target, value)) in left.into_iter().zip(values).enumerate() {
            let expression = right.get(at).copied();
            self.assign(target, value, expression, node, define);
        }
    }

    /// `_ = err` looks at nothing.
    fn only_drops(&self, left: &[Node<'t>], right: &[Node<'t>]) -> bool {
        left.iter().all(|target| self.text(*target) == "_")
            && right.iter().all(|value| value.kind() == "identifier")
    }

    /// The values of a list of expressions; one call may give several.
    pub(super) fn values(&mut self, right: &[Node<'t>], wanted: usize) -> Vec<GoExprValue<'t>> {
        let mut values: Vec<_> = right.iter().map(|value| self.evaluate(*value)).collect();
        if values.len() == 1
            && wanted > 1
            && let Some(only) = values.pop()
        {
            let code = right
                .first()
                .map(|node| names::quote_code(self.tree(), *node));
            values = match only {
                GoExprValue::Several(values) if values.len() == wanted => values,
                other => {
                    self.escape(other, &Cause::Code("several variables"));
                    let source = ConstValue::Unknown(
                        code.unwrap_or_else(|| Cause::Expression(String::new())),
                    );
                    vec![GoExprValue::Plain(source); wanted]
                }
            };
        }
        values
    }

    fn assign(
        &mut self,
        target: Node<'t>,
        value: GoExprValue<'t>,
        expression: Option<Node<'t>>,
        statement: Node<'t>,
        define: bool,
    ) {
        match target.kind() {
            "identifier" => {
                let by_value = expression.is_some_and(|e| self.is_value(e));
                self.hold(
                    self.text(target),
                    by_value && matches!(value, GoExprValue::Options(_)),
                );
                self.assign_name(target, value, statement, define);
            }
            "selector_expression" => self.assign_field(target, value, expression, statement),
            "unary_expression" => self.assign_through(target, value),
            _ => {
                for child in code::children(target) {
                    self.evaluate(child);
                }
                self.escape(value, &Cause::Code("another value"));
            }
        }
    }

    fn assign_name(
        &mut self,
        target: Node<'t>,
        value: GoExprValue<'t>,
        statement: Node<'t>,
        define: bool,
    ) {
        let name = self.text(target);
        let at = self.tree().span(target);
        if name == "_" {
            if let GoExprValue::Error(errors) = &value {
                self.error_discarded(errors, at);
            }
            return;
        }
        let owned = define || self.state.get(name).is_some();
        match &value {
            GoExprValue::Error(errors) if owned && !self.captured.contains(name) => {
                self.error_bound(errors, at);
            }
            GoExprValue::Error(errors) => self.error_lost(errors),
            GoExprValue::Options(id) => self.set_insertion_point(*id, name, statement),
            _ => {}
        }
        if define {
            self.state.define(name, value);
        } else if !owned {
            self.escape(value, &Cause::CodeVariable(name.to_owned()));
        } else {
            self.state.set(name, value);
        }
    }

    /// `opts.Field = value`.
    fn assign_field(
        &mut self,
        target: Node<'t>,
        value: GoExprValue<'t>,
        expression: Option<Node<'t>>,
        statement: Node<'t>,
    ) {
        let Some((operand, field)) =
            code::field(target, "operand").zip(code::field(target, "field"))
        else {
            return;
        };
        if let Some((id, ident)) = self.inner_field(operand, field) {
            let expression = expression.unwrap_or(field);
            return self.write_path(id, &ident, value, expression);
        }
        if operand.kind() == "call_expression"
            && self.write_live(operand, field, &value, expression, statement)
        {
            return;
        }
        let base = self.place_of(operand);
        if let GoExprValue::Options(id) = base {
            let receiver = self.text(operand);
            return self.write_field(id, field, value, expression, (statement, receiver));
        }
        if let GoExprValue::Record(fields) = &base
            && let Some(id) = self.embedded_with(fields, self.text(field))
        {
            return self.write_path(id, self.text(field), value, expression.unwrap_or(field));
        }
        if let GoExprValue::Record(fields) = base
            && operand.kind() == "identifier"
        {
            let mut fields = (*fields).clone();
            fields.insert(self.text(field).to_owned(), value);
            let name = self.text(operand);
            self.state.set(name, GoExprValue::Record(Rc::new(fields)));
            return;
        }
        if let GoExprValue::Options(id) = value {
            self.note_holder(id, self.text(field));
        }
        let to = names::quote_code(self.tree(), target).in_marks();
        self.escape(value, &to);
    }

    /// The options that a struct embeds and that have an option of this name: the struct's own field.
    pub(super) fn embedded_with(
        &self,
        fields: &BTreeMap<String, GoExprValue<'t>>,
        field: &str,
    ) -> Option<GoObjectId> {
        let mut held = fields.iter().filter(|_| !fields.contains_key(field));
        held.find_map(|(name, value)| match value {
            // What is embedded is called by its type.
            GoExprValue::Options(id) => {
                let object = self.state.heap.get(id)?;
                let embedded = object.option_type == *name && self.is_option(*id, field);
                embedded.then_some(*id)
            }
            _ => None,
        })
    }

    /// What is assigned to: a variable itself, not a copy of what it holds.
    fn place_of(&mut self, operand: Node<'t>) -> GoExprValue<'t> {
        let held =
            (operand.kind() == "identifier").then(|| self.state.get(self.text(operand)).cloned());
        match held.flatten() {
            Some(value @ GoExprValue::Options(_)) => value,
            _ => self.evaluate(operand),
        }
    }

    /// The option that `opts.Field.part` names, where `opts` is known.
    fn inner_field(&mut self, operand: Node<'t>, part: Node<'t>) -> Option<(GoObjectId, String)> {
        let inner = code::field(operand, "operand")?;
        let outer = self.text(code::field(operand, "field")?);
        if inner.kind() != "identifier" {
            return None;
        }
        let &GoExprValue::Options(id) = self.state.get(self.text(inner))? else {
            return None;
        };
        let ident = format!("{outer}.{}", self.text(part));
        self.is_option(id, &ident).then_some((id, ident))
    }

    /// `*opts = redis.Options{...}`.
    fn assign_through(&mut self, target: Node<'t>, value: GoExprValue<'t>) {
        let pointer = code::field(target, "operand").map(|operand| self.evaluate(operand));
        match (pointer, value) {
            (Some(GoExprValue::Options(to)), GoExprValue::Options(from)) => {
                if let Some(object) = self.state.heap.get(&from).cloned() {
                    self.state.heap.insert(to, object);
                }
            }
            (_, value) => self.escape(value, &Cause::Code("a pointer")),
        }
    }

    fn declaration(&mut self, node: Node<'t>) {
        let mut specs = super::package::specs(node, "var_spec", "var_spec_list");
        specs.extend(super::package::specs(node, "const_spec", "const_spec"));
        for spec in specs {
            let idents = code::fields(spec, "name");
            let ty = code::field(spec, "type");
            let right = code::field(spec, "value").map_or_else(Vec::new, code::children);
            let values = if right.is_empty() {
                idents.iter().map(|_| self.zero(ty)).collect()
            } else {
                self.values(&right, idents.len())
            };
            let pointer = ty.is_some_and(|ty| ty.kind() == "pointer_type");
            for (at, (ident, value)) in idents.into_iter().zip(values).enumerate() {
                let value = self.apply_type(value, ty);
                let by_value = match right.get(at) {
                    Some(expression) => self.is_value(*expression),
                    None => !pointer,
                };
                self.hold(
                    self.text(ident),
                    by_value && matches!(value, GoExprValue::Options(_)),
                );
                if let (GoExprValue::Options(id), true) = (&value, self.function.is_none()) {
                    self.note_holder(*id, self.text(ident));
                }
                self.assign_name(ident, value, node, true);
            }
        }
    }

    fn zero(&mut self, ty: Option<Node<'t>>) -> GoExprValue<'t> {
        let Some(ty) = ty else {
            return GoExprValue::unknown("a declaration");
        };
        if ty.kind() != "pointer_type"
            && let Some((library, option_type)) = self.option_type(ty)
        {
            return GoExprValue::Options(self.new_object(library, option_type));
        }
        if let Some(settings) = self.no_settings(ty) {
            return settings;
        }
        let zero = fold::zero_of(self.text(ty));
        GoExprValue::Plain(zero.unwrap_or_else(|| fold::unknown("a declaration")))
    }

    /// A value that is declared with a type: an untyped figure becomes a duration there.
    pub(super) fn apply_type(
        &self,
        value: GoExprValue<'t>,
        ty: Option<Node<'t>>,
    ) -> GoExprValue<'t> {
        match (value, ty) {
            (GoExprValue::Plain(folded), Some(ty)) if self.is_duration(ty) => {
                GoExprValue::Plain(fold::to_duration(folded))
            }
            (value, _) => value,
        }
    }

    fn step(&mut self, node: Node<'t>) {
        for target in code::children(node) {
            self.assign(target, GoExprValue::unknown("a counter"), None, node, false);
        }
    }

    fn return_statement(&mut self, node: Node<'t>) {
        let list = code::children(node).first().copied();
        let expressions = list.map_or_else(Vec::new, code::children);
        let running = !self.returns.is_empty();
        let mut values = Vec::new();
        if expressions.is_empty() {
            for name in self.results.last().cloned().unwrap_or_default() {
                values.push(self.read_returned(name, running));
            }
        }
        for expression in expressions {
            values.push(match expression.kind() {
                "identifier" => {
                    let name = self.text(expression);
                    match self.state.get(name) {
                        Some(_) => self.read_returned(name, running),
                        None => self.evaluate(expression),
                    }
                }
                _ => self.evaluate(expression),
            });
        }
        if let [GoExprValue::Several(_)] = values.as_slice()
            && let Some(GoExprValue::Several(several)) = values.pop()
        {
            values = several;
        }
        if running {
            let (heap, needs) = (self.state.heap.clone(), self.state.needs.clone());
            if let Some(returns) = self.returns.last_mut() {
                returns.push((values, heap, needs));
            }
        } else {
            for value in values {
                if let GoExprValue::Options(id) = value {
                    self.note_handing_out(id);
                }
                self.escape(value, &Cause::Code("a caller"));
            }
        }
        self.state.dead = true;
    }

    /// A variable that is returned: to a caller who is looked at too, or away.
    fn read_returned(&mut self, name: &str, running: bool) -> GoExprValue<'t> {
        let value = self.state.get(name).cloned();
        if let Some(GoExprValue::Error(errors)) = &value
            && !running
        {
            let errors = errors.clone();
            self.error_checked(&errors);
        }
        value.unwrap_or_else(|| GoExprValue::unknown("a result"))
    }
}
