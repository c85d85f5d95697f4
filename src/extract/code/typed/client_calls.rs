//! Calls that tell something of the client that they are made on: those that wait at the server and how
//! many of them run at once, those with a deadline, and those that take a connection out of its pool.
//! Whose client it is, is left to `resolve`.

use std::collections::BTreeSet;

use super::constructors::is_spread;
use crate::extract::code::bindings::find_bindings;
use crate::extract::code::concurrency::{ConcurrencyWords, count_runs};
use crate::extract::code::form::{CallForm, CodeExpressionForm, ExpressionId, StatementForm};
use crate::extract::code::interpreter::CodeInterpreter;
use crate::extract::code::outline::BoundTarget;
use crate::extract::code::scope::list_of;
use crate::extract::code::value::{CodeValue, FileAt};
use crate::extract::code::waiting::{longest_of_call, longest_of_command};
use crate::facts::cause::Cause;
use crate::facts::raw::{
    ClientBinding, ClientCallFact, Concurrency, ConstValue, LongestWait, RawClientCall, RawWait,
};
use crate::knowledge::clients::usage::{BlockingModel, HeldResource, NamedCommandCall};
use crate::knowledge::languages::DeadlineCalls;
use crate::knowledge::servers::waiting::{self, WaitPurpose, WaitingCommand};
use crate::source::path;

/// What makes a call one that waits.
enum WaitingRow<'m> {
    Typed(&'m BlockingModel),
    Named(&'m NamedCommandCall),
}

/// An assignment to one name.
struct NameAssignment<'p> {
    name: &'p str,
    value: ExpressionId,
    range: std::ops::Range<usize>,
}

impl<'p, 'm> CodeInterpreter<'p, 'm> {
    /// A call on something that no model follows: its arguments go away, and it may wait.
    pub(super) fn foreign_method(
        &mut self,
        (id, call): (ExpressionId, &CallForm),
        receiver: ExpressionId,
        name: &str,
    ) {
        let counts = !self.frame().typed.in_place && self.names().is_some_and(|n| !n.is_test);
        let Some(row) = self.waiting_row(name).filter(|_| counts) else {
            return self.give_arguments(id, call);
        };
        let arguments = call.arguments.iter();
        let values: Vec<CodeValue> = arguments.map(|a| self.value(a.value)).collect();
        self.note_wait((id, call), (receiver, name), &row, &values);
        let to = self.quote(id).in_marks();
        for value in values {
            self.escape(value, &to);
        }
    }

    fn waiting_row(&self, name: &str) -> Option<WaitingRow<'m>> {
        let names = self.names()?;
        let models = || names.candidates().filter_map(|library| library.model());
        let typed = models().find_map(|m| m.waiting_call(name));
        let named = || {
            let mut rows = models().flat_map(|m| &m.command);
            rows.find(|row| row.call == name)
        };
        typed
            .map(WaitingRow::Typed)
            .or_else(|| named().map(WaitingRow::Named))
    }

    fn note_wait(
        &mut self,
        (id, form): (ExpressionId, &CallForm),
        (receiver, name): (ExpressionId, &str),
        row: &WaitingRow<'m>,
        values: &[CodeValue],
    ) {
        let at = self.code().span(id);
        if self.found.waits.iter().any(|wait| wait.at == at) {
            return;
        }
        let (call, longest, takes, cut_by) = match row {
            WaitingRow::Typed(row) => {
                let longest = self.read_typed_wait(id, row, values);
                (name.to_owned(), longest, row.takes_from_pool(), &row.cut_by)
            }
            WaitingRow::Named(row) => {
                let Some((command, words)) = waiting_command(row, values) else {
                    return;
                };
                let longest = match form.arguments.iter().any(is_spread) {
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
        let crew = takes.then(|| self.count_calls(id));
        let wait = RawWait {
            language: self.project.front.language(),
            dir: self.folder(),
            libraries: self.library_ids(),
            call,
            bound: self.bindings_of(receiver),
            at,
            longest,
            crew,
            cut_by: cut_by.clone(),
        };
        self.found.waits.push(wait);
    }

    fn folder(&self) -> String {
        path::folder(self.project.path(self.here())).to_owned()
    }

    fn library_ids(&self) -> Vec<String> {
        let libraries = self.names().into_iter().flat_map(|names| names.libraries());
        libraries.flat_map(|library| library.ids()).collect()
    }

    /// How many of a call of this file run at once.
    fn count_calls(&mut self, id: ExpressionId) -> Concurrency {
        let seen = self.seen_here();
        let place = (self.here(), id);
        count_runs(&seen, self, place)
    }

    /// What the value of an expression was bound to where it was made.
    fn bindings_of(&self, id: ExpressionId) -> Vec<ClientBinding> {
        let found = find_bindings(&self.seen_here(), (self.here(), id));
        found.unwrap_or_default()
    }

    fn read_typed_wait(
        &mut self,
        id: ExpressionId,
        row: &BlockingModel,
        values: &[CodeValue],
    ) -> LongestWait {
        if let Some(at) = row.timeout_arg {
            let Some(value) = values.get(at) else {
                return LongestWait::Unknown(Cause::Code("a missing argument"));
            };
            let value = value.clone().folded(Cause::Code("an argument"));
            return longest_of_call(row, Some(&value));
        }
        if let Some(method) = &row.timeout_call {
            return match self.follow_chain(id, method) {
                Some(value) => longest_of_call(row, Some(&value)),
                None => LongestWait::AtOnce,
            };
        }
        let (Some(ty), Some(field)) = (&row.args_type, &row.timeout_field) else {
            return LongestWait::Unknown(Cause::Code("a call that is not modelled"));
        };
        let held = values.iter().find_map(|value| match value {
            CodeValue::Options(id) => self.options(*id).filter(|o| o.option_type == *ty),
            _ => None,
        });
        let Some(held) = held else {
            let other = values.last().cloned();
            let other = other.map(|value| value.folded(Cause::Code("an argument")));
            return match other {
                Some(ConstValue::Unknown(cause)) => LongestWait::Unknown(cause),
                _ => LongestWait::Unknown(Cause::Code("an argument")),
            };
        };
        match held.writes.iter().rfind(|write| write.ident == *field) {
            Some(write) if write.conditional => LongestWait::Unknown(Cause::Branches),
            Some(write) => longest_of_call(row, Some(&write.value)),
            None => match &held.rest_unknown {
                Some(cause) => LongestWait::Unknown(cause.clone()),
                None => longest_of_call(row, None),
            },
        }
    }

    /// The argument of a method that follows in the chain of this call.
    fn follow_chain(&mut self, id: ExpressionId, method: &str) -> Option<ConstValue> {
        let outline = self.outline();
        let mut at = id;
        while let Some((member, name)) = outline.member_of(at) {
            let call = outline.call_of(member)?;
            if name == method {
                let argument = outline.as_call(call)?.arguments.first()?.value;
                let value = self.value(argument);
                return Some(value.folded(Cause::Code("an argument")));
            }
            at = call;
        }
        None
    }

    /// The telling calls of the file that is being run.
    pub(super) fn client_calls(&mut self) -> Vec<RawClientCall> {
        if self.names().is_none_or(|names| names.is_test) {
            return Vec::new();
        }
        let code = self.code();
        let mut limited: Vec<NameAssignment<'p>> = Vec::new();
        let mut all: Vec<NameAssignment<'p>> = Vec::new();
        code.visit_statements(|statement| {
            if let StatementForm::Assign { targets, value, .. } = &statement.form {
                let first = targets
                    .first()
                    .and_then(|target| list_of(code, *target).first().copied());
                let value = list_of(code, *value).first().copied();
                if let (Some(first), Some(value)) = (first, value) {
                    let name = code.text(first);
                    let range = statement.range.clone();
                    all.push(NameAssignment { name, value, range });
                }
            }
        });
        let mut names = BTreeSet::new();
        for one in all {
            if self.deadline_row(one.value).is_some() {
                names.insert(one.name);
            }
            limited.push(one);
        }
        limited.retain(|one| names.contains(one.name));
        limited.sort_by_key(|one| one.range.start);
        let ids =
            (0..code.expressions.len()).map(|at| ExpressionId(u32::try_from(at).unwrap_or(0)));
        let mut found: Vec<RawClientCall> = ids
            .filter_map(|id| match &code.expression(id).form {
                CodeExpressionForm::Call(call) => self.client_call((id, call), &limited),
                _ => None,
            })
            .collect();
        found.sort_by_key(|call| call.at.start);
        found
    }

    /// `limited` are the assignments to names that any context with an end has in the file.
    fn client_call(
        &mut self,
        (id, call): (ExpressionId, &CallForm),
        limited: &[NameAssignment<'p>],
    ) -> Option<RawClientCall> {
        let code = self.code();
        let CodeExpressionForm::Member(receiver, name) = &code.expression(call.callee).form else {
            return None;
        };
        let (called, tells) = match self.find_taken((id, call), name) {
            Some(taken) => (format!("{}.{name}()", code.text(*receiver)), taken),
            // A check whether the server is there waits for an answer, however late.
            None if self.is_probe(name) => return None,
            None => {
                let deadline = self.deadline_of((id, call), limited)?;
                (name.clone(), ClientCallFact::Deadline(deadline))
            }
        };
        let last = match &code.expression(*receiver).form {
            CodeExpressionForm::Name(name) | CodeExpressionForm::Member(_, name) => Some(name),
            _ => None,
        };
        let scope = self.scope();
        Some(RawClientCall {
            language: self.project.front.language(),
            dir: self.folder(),
            libraries: self.library_ids(),
            call: called,
            bound: self.bindings_of(*receiver),
            typed: last.is_some_and(|name| scope.of_library.contains(name.as_str())),
            at: code.span(id),
            tells,
        })
    }

    fn is_probe(&self, call: &str) -> bool {
        let mut libraries = self
            .names()
            .into_iter()
            .flat_map(|names| names.candidates());
        libraries.any(|library| library.head.client.probes.iter().any(|own| own == call))
    }

    /// How long the context lasts that a call is given, where the function of the call ends it.
    fn deadline_of(
        &mut self,
        (id, call): (ExpressionId, &CallForm),
        limited: &[NameAssignment<'p>],
    ) -> Option<Result<f64, Cause>> {
        let code = self.code();
        let CodeExpressionForm::Name(name) = &code.expression(call.arguments.first()?.value).form
        else {
            return None;
        };
        let start = code.expression(id).range.start;
        let outline = self.outline();
        let function = outline
            .function(outline.named_function_of(id)?)
            .range
            .clone();
        let mut before = limited.iter().filter(|one| {
            one.name == name && one.range.end <= start && one.range.start >= function.start
        });
        // A context that is made anew without an end has none.
        let made = before.next_back()?.value;
        let row = self.deadline_row(made)?;
        let Some(after) = row.after else {
            return Some(Err(Cause::Code("a point in time")));
        };
        let argument = outline.as_call(made)?.arguments.get(after)?.value;
        let unknown = Cause::Code("an argument");
        Some(match self.value(argument).folded(unknown.clone()) {
            ConstValue::Int(n) | ConstValue::Duration(n) => Ok(n as f64 / 1e9),
            ConstValue::Unknown(cause) => Err(cause),
            ConstValue::Fallback(fallback) => Err(fallback.reason()),
            _ => Err(unknown),
        })
    }

    fn deadline_row(&self, id: ExpressionId) -> Option<&'static DeadlineCalls> {
        let code = self.code();
        let CodeExpressionForm::Call(call) = &code.expression(id).form else {
            return None;
        };
        let CodeExpressionForm::Member(package, name) = &code.expression(call.callee).form else {
            return None;
        };
        let path = self.names()?.other_package(code.text(*package))?;
        let mut rows = self.words()?.deadlines().iter();
        rows.find(|row| row.import_path == path && row.functions.iter().any(|f| f == name))
    }

    /// What becomes of a connection that a call takes out of a pool.
    fn find_taken(
        &self,
        (taken, call): (ExpressionId, &CallForm),
        name: &str,
    ) -> Option<ClientCallFact> {
        let arguments = call.arguments.len();
        let models = self.names()?.candidates().filter_map(|l| l.model());
        let row = models
            .flat_map(|m| &m.take)
            .find(|row| row.call == name && row.arguments == arguments)?;
        let outline = self.outline();
        if let Some((_, method)) = outline.member_of(taken) {
            // Nothing can return what has no name.
            let used = row.used_by.iter().any(|own| own == method);
            return used.then_some(ClientCallFact::Taken(Ok(true)));
        }
        let (BoundTarget::Name(variable), statement) = outline.bound_by(taken)? else {
            return None;
        };
        let place = outline.place_of(statement).statement;
        let declares = matches!(place.form, StatementForm::Assign { declares, .. } if declares);
        let function = outline.named_function_of(taken).filter(|_| declares)?;
        let within = outline.function(function).range.clone();
        let mentions = outline.mentions_within(variable, within);
        let (mut used, mut returned, mut leaves) = (false, false, false);
        for mention in mentions {
            if place.range.contains(&outline.range(mention).start) {
                continue;
            }
            match outline.member_of(mention) {
                Some((_, method)) if method == row.returned_by => returned = true,
                Some((_, method)) => used |= row.used_by.iter().any(|own| own == method),
                None => leaves = true,
            }
        }
        match (used, returned, leaves) {
            (_, true, _) => Some(ClientCallFact::Taken(Ok(false))),
            (true, false, false) => Some(ClientCallFact::Taken(Ok(true))),
            (true, false, true) => Some(ClientCallFact::Taken(Err(Cause::Code(
                "what the connection is handed to",
            )))),
            (false, false, _) => None,
        }
    }
}

impl ConcurrencyWords for CodeInterpreter<'_, '_> {
    fn figure(&mut self, file: FileAt, id: ExpressionId) -> ConstValue {
        let cause = self.quote_in(file, id);
        let value = self.evaluate_at((file, id), std::iter::empty(), None);
        value.map_or(ConstValue::Unknown(cause.clone()), |value| {
            value.folded(cause)
        })
    }

    fn cause(&self, file: FileAt, id: ExpressionId) -> Cause {
        self.quote_in(file, id)
    }

    fn starts(&self, method: &str) -> bool {
        self.words().is_some_and(|words| words.starts(method))
    }

    fn is_entry(&self, name: &str) -> bool {
        self.words().is_some_and(|words| words.is_entry(name))
    }
}

/// The waiting command that a call sends by its name, and the words after that.
fn waiting_command<'v>(
    row: &NamedCommandCall,
    values: &'v [CodeValue],
) -> Option<(&'static WaitingCommand, &'v [CodeValue])> {
    let Some(CodeValue::Plain(ConstValue::Text(name))) = values.get(row.name_arg) else {
        return None;
    };
    let command = waiting::command(name)?;
    Some((command, values.get(row.name_arg + 1..)?))
}
