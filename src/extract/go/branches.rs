//! Statements that may go either way: branches, loops, switches. States fork before and join after.

use tree_sitter::Node;

use crate::extract::code::fold;
use crate::extract::go::names;
use crate::extract::go::reader::GoFileReader;
use crate::extract::go::state::{GoExprValue, GoScope, GoState};
use crate::facts::cause::Cause;
use crate::facts::raw::ConstValue;
use crate::syntax::code;

impl<'t, 'm> GoFileReader<'t, 'm, '_> {
    pub(super) fn if_statement(&mut self, node: Node<'t>) {
        self.state.scopes.push(GoScope::new());
        self.open_block();
        if let Some(first) = code::field(node, "initializer") {
            self.statement(first);
        }
        if let Some(condition) = code::field(node, "condition") {
            self.evaluate(condition);
        }
        let condition = code::field(node, "condition");
        let test = condition.and_then(|condition| self.without_variable(condition));
        let mut before = self.fork();
        if let Some(test) = test {
            let state = if test.holds {
                &mut before
            } else {
                &mut self.state
            };
            state.needs.extend(test.needs());
        }
        if let Some(then) = code::field(node, "consequence") {
            self.statement(then);
        }
        let after_then = std::mem::replace(&mut self.state, before);
        if let Some(otherwise) = code::field(node, "alternative") {
            self.statement(otherwise);
        }
        self.join(after_then);
        self.close_block();
        self.state.scopes.pop();
    }

    /// Joins the present state with that of another branch.
    pub(super) fn join(&mut self, other: GoState<'t, 'm>) {
        let mine = std::mem::take(&mut self.state);
        self.state = mine.join(other, &mut self.fresh);
    }

    pub(super) fn for_statement(&mut self, node: Node<'t>) {
        self.state.scopes.push(GoScope::new());
        self.open_block();
        let mut again = Vec::new();
        for child in code::children(node) {
            match child.kind() {
                "block" => {}
                "for_clause" => {
                    if let Some(first) = code::field(child, "initializer") {
                        self.statement(first);
                    }
                    again.extend(code::field(child, "condition"));
                    again.extend(code::field(child, "update"));
                }
                "range_clause" => self.range_clause(child),
                _ => again.push(child),
            }
        }
        self.forget(node, "a loop");
        let before = self.fork();
        again.iter().for_each(|node| self.statement(*node));
        if let Some(body) = code::field(node, "body") {
            self.statement(body);
        }
        // The condition is looked at again after the body: an error may be checked there.
        again.iter().for_each(|node| self.statement(*node));
        self.join(before);
        self.close_block();
        self.state.scopes.pop();
    }

    fn range_clause(&mut self, node: Node<'t>) {
        if let Some(over) = code::field(node, "right") {
            let value = self.evaluate(over);
            self.escape(value, &Cause::Code("a loop"));
        }
        for target in code::field(node, "left").map_or_else(Vec::new, code::children) {
            if target.kind() == "identifier" {
                self.state
                    .define(self.text(target), GoExprValue::unknown("a loop"));
            }
        }
    }

    /// Plain variables that a piece of code assigns are not known while or after it runs.
    pub(super) fn forget(&mut self, node: Node<'t>, kind: &'static str) {
        for name in names::find_assigned(self.tree(), node) {
            if let Some(GoExprValue::Plain(value)) = self.state.get(name)
                && *value != ConstValue::Nil
            {
                self.state.set(name, GoExprValue::unknown(kind));
            }
        }
    }

    pub(super) fn switch(&mut self, node: Node<'t>) {
        self.state.scopes.push(GoScope::new());
        self.open_block();
        let mut cases = Vec::new();
        for child in code::children(node) {
            match child.kind() {
                "expression_case" | "type_case" | "default_case" | "communication_case" => {
                    cases.push(child);
                }
                "short_var_declaration" | "assignment_statement" => self.statement(child),
                _ => drop(self.evaluate(child)),
            }
        }
        if let Some(alias) = code::field(node, "alias") {
            for name in code::children(alias) {
                let value = GoExprValue::Plain(fold::from_code(self.text(name)));
                self.state.define(self.text(name), value);
            }
        }
        self.cases(node, &cases);
        self.close_block();
        self.state.scopes.pop();
    }

    fn cases(&mut self, node: Node<'t>, cases: &[Node<'t>]) {
        let before = self.fork();
        let mut after: Option<GoState<'t, 'm>> = None;
        for case in cases {
            self.state = before.clone();
            self.charge();
            self.case(*case);
            let done = std::mem::take(&mut self.state);
            after = Some(match after {
                Some(other) => other.join(done, &mut self.fresh),
                None => done,
            });
        }
        let exhaustive = node.kind() == "select_statement"
            || cases.iter().any(|case| case.kind() == "default_case");
        self.state = before;
        match after {
            Some(after) if exhaustive => self.state = after,
            Some(after) => self.join(after),
            None => {}
        }
    }

    fn case(&mut self, case: Node<'t>) {
        self.state.scopes.push(GoScope::new());
        self.open_block();
        for child in code::children(case) {
            match child.kind() {
                "expression_list" => self.give_away(child, "a comparison"),
                "receive_statement" => self.receive(child),
                "statement_list" | "send_statement" => self.statement(child),
                _ => {}
            }
        }
        self.close_block();
        self.state.scopes.pop();
    }

    fn receive(&mut self, node: Node<'t>) {
        if let Some(right) = code::field(node, "right") {
            self.evaluate(right);
        }
        for target in code::field(node, "left").map_or_else(Vec::new, code::children) {
            if target.kind() == "identifier" {
                self.state
                    .define(self.text(target), GoExprValue::unknown("a channel"));
            }
        }
    }
}
