//! Calls that wait at the server: how long each waits at most, on what it is called, and how many of
//! it run at once (`concurrency`).

use tree_sitter::Node;

use crate::extract::code::bindings::find_bindings;
use crate::extract::code::value::FileAt;
use crate::extract::code::waiting::{longest_of_call, longest_of_command};
use crate::extract::go::names;
use crate::extract::go::package::is_test;
use crate::extract::go::reader::GoFileReader;
use crate::extract::go::state::GoExprValue;
use crate::facts::cause::Cause;
use crate::facts::raw::{ClientBinding, ConstValue, LongestWait, RawWait, SourceLanguage};
use crate::knowledge::clients::model::ClientModel;
use crate::knowledge::clients::usage::{BlockingModel, HeldResource, NamedCommandCall};
use crate::knowledge::servers::waiting::{self, WaitPurpose, WaitingCommand};
use crate::source::path;
use crate::syntax::code;

/// What makes a call one that waits.
enum WaitingRow<'m> {
    Typed(&'m BlockingModel),
    Named(&'m NamedCommandCall),
}

impl<'t, 'm> GoFileReader<'t, 'm, '_> {
    /// A call on something that no model follows: its arguments go away, and it may wait.
    pub(super) fn foreign_method(&mut self, node: Node<'t>, receiver: Node<'t>, name: &str) {
        let row = if self.records() && !is_test(&self.here().parsed.path) {
            self.waiting_row(name)
        } else {
            None
        };
        let Some(row) = row else {
            return self.give_arguments(node);
        };
        let arguments = self.arguments(node);
        let values: Vec<GoExprValue<'t>> = arguments.iter().map(|a| self.evaluate(*a)).collect();
        self.note_wait(node, (receiver, name), &row, (&arguments, &values));
        let to = names::quote_code(self.tree(), node).in_marks();
        for value in values {
            self.escape(value, &to);
        }
    }

    fn waiting_row(&self, name: &str) -> Option<WaitingRow<'m>> {
        let libraries = self.here().libraries().flat_map(|l| l.candidates.clone());
        let models: Vec<&'m ClientModel> = libraries.filter_map(|l| l.model()).collect();
        let typed = models.iter().find_map(|m| m.waiting_call(name));
        let named = || {
            let mut rows = models.iter().flat_map(|m| &m.command);
            rows.find(|row| row.call == name)
        };
        typed
            .map(WaitingRow::Typed)
            .or_else(|| named().map(WaitingRow::Named))
    }

    fn note_wait(
        &mut self,
        node: Node<'t>,
        (receiver, name): (Node<'t>, &str),
        row: &WaitingRow<'m>,
        (arguments, values): (&[Node<'t>], &[GoExprValue<'t>]),
    ) {
        let at = self.tree().span(node);
        if self.waits.iter().any(|wait| wait.at == at) {
            return;
        }
        let (call, longest, takes, cut_by) = match row {
            WaitingRow::Typed(row) => {
                let longest = self.read_typed_wait(node, row, values);
                (name.to_owned(), longest, row.takes_from_pool(), &row.cut_by)
            }
            WaitingRow::Named(row) => {
                let Some((command, words)) = waiting_command(row, values) else {
                    return;
                };
                let spread = arguments.iter().any(|a| a.kind() == "variadic_argument");
                let longest = match spread {
                    true => LongestWait::Unknown(Cause::Code("a list of arguments")),
                    false => {
                        let unseen = Cause::Code("an argument");
                        let words = words.iter().map(|word| word.clone().folded(unseen.clone()));
                        longest_of_command(command, &words.collect::<Vec<_>>())
                    }
                };
                let takes = row.holds == HeldResource::PooledConnection
                    && command.purpose == WaitPurpose::Data;
                let call = format!("{name}(\"{}\")", command.name);
                (call, longest, takes, &row.cut_by)
            }
        };
        if longest == LongestWait::AtOnce {
            return;
        }
        let crew = takes.then(|| self.crew_of(node));
        let libraries = self.here().libraries().flat_map(|l| l.ids());
        let wait = RawWait {
            language: SourceLanguage::Go,
            dir: path::folder(&self.here().parsed.path).to_owned(),
            libraries: libraries.collect(),
            call,
            bound: self.bindings_of(receiver),
            at,
            longest,
            crew,
            cut_by: cut_by.clone(),
        };
        self.waits.push(wait);
    }

    /// What the value of an expression was bound to where it was made.
    pub(super) fn bindings_of(&self, node: Node<'t>) -> Vec<ClientBinding> {
        let value = self.here().outline().at_range(&node.byte_range());
        let found = value.and_then(|value| find_bindings(&self.seen(), (FileAt(self.file), value)));
        found.unwrap_or_default()
    }

    /// The variable or field that an expression names.
    pub(super) fn last_name(&self, node: Node<'t>) -> Option<String> {
        match node.kind() {
            "identifier" => Some(self.text(node).to_owned()),
            "selector_expression" => code::field(node, "field").map(|f| self.text(f).to_owned()),
            _ => None,
        }
    }

    fn read_typed_wait(
        &mut self,
        node: Node<'t>,
        row: &BlockingModel,
        values: &[GoExprValue<'t>],
    ) -> LongestWait {
        if let Some(at) = row.timeout_arg {
            let Some(value) = values.get(at) else {
                return LongestWait::Unknown(Cause::Code("a missing argument"));
            };
            let value = value.clone().folded(Cause::Code("an argument"));
            return longest_of_call(row, Some(&value));
        }
        if let Some(method) = &row.timeout_call {
            return match self.follow_chain(node, method) {
                Some(value) => longest_of_call(row, Some(&value)),
                None => LongestWait::AtOnce,
            };
        }
        let (Some(ty), Some(field)) = (&row.args_type, &row.timeout_field) else {
            return LongestWait::Unknown(Cause::Code("a call that is not modelled"));
        };
        let held = values.iter().find_map(|value| match value {
            GoExprValue::Options(id) => self.state.heap.get(id).filter(|o| o.option_type == *ty),
            _ => None,
        });
        let Some(held) = held else {
            let other = values
                .last()
                .cloned()
                .map(|v| v.folded(Cause::Code("an argument")));
            return match other {
                Some(ConstValue::Unknown(reason)) => LongestWait::Unknown(reason),
                _ => LongestWait::Unknown(Cause::Code("an argument")),
            };
        };
        match held.writes.iter().rfind(|write| write.ident == *field) {
            Some(write) if write.conditional => LongestWait::Unknown(Cause::Branches),
            Some(write) => longest_of_call(row, Some(&write.value)),
            None => match &held.rest_unknown {
                Some(reason) => LongestWait::Unknown(reason.clone()),
                None => longest_of_call(row, None),
            },
        }
    }

    /// The argument of a method that follows in the chain of this call.
    fn follow_chain(&mut self, node: Node<'t>, method: &str) -> Option<ConstValue> {
        let mut at = node;
        while let Some(call) = at
            .parent()
            .filter(|p| p.kind() == "selector_expression")
            .and_then(|p| p.parent())
            .filter(|p| p.kind() == "call_expression")
        {
            let function = code::field(call, "function")?;
            let name = code::field(function, "field").map(|f| self.text(f));
            if name == Some(method) {
                let argument = self.arguments(call).first().copied()?;
                return Some(self.evaluate(argument).folded(Cause::Code("an argument")));
            }
            at = call;
        }
        None
    }
}

/// The declared function that a node stands in.
pub(super) fn enclosing_function(node: Node<'_>) -> Option<Node<'_>> {
    let mut at = node;
    while let Some(parent) = at.parent() {
        if matches!(parent.kind(), "function_declaration" | "method_declaration") {
            return Some(parent);
        }
        at = parent;
    }
    None
}

/// The waiting command that a call sends by its name, and the words after that.
fn waiting_command<'v, 't>(
    row: &NamedCommandCall,
    values: &'v [GoExprValue<'t>],
) -> Option<(&'static WaitingCommand, &'v [GoExprValue<'t>])> {
    let Some(GoExprValue::Plain(ConstValue::Text(name))) = values.get(row.name_arg) else {
        return None;
    };
    let command = waiting::command(name)?;
    Some((command, values.get(row.name_arg + 1..)?))
}
