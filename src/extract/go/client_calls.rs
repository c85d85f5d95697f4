//! Calls that tell something of the client that they are made on: those with a deadline, and those
//! that take a connection out of its pool. Whose client it is, is left to `resolve`.

use std::collections::BTreeSet;

use tree_sitter::Node;

use crate::extract::code::form::StatementForm;
use crate::extract::code::outline::BoundTarget;
use crate::extract::go::package::is_test;
use crate::extract::go::reader::GoFileReader;
use crate::extract::go::waiting::enclosing_function;
use crate::facts::cause::Cause;
use crate::facts::raw::{ClientCallFact, ConstValue, RawClientCall, SourceLanguage};
use crate::knowledge::languages::{self, DeadlineCalls};
use crate::source::path;
use crate::syntax::code;

impl<'t, 'm> GoFileReader<'t, 'm, '_> {
    /// The telling calls of this file.
    pub(super) fn client_calls(mut self) -> Vec<RawClientCall> {
        if is_test(&self.here().parsed.path) {
            return Vec::new();
        }
        self.enter_function(None);
        let mut calls = Vec::new();
        let mut limited = BTreeSet::new();
        self.tree().walk(|node| match node.kind() {
            "call_expression" => calls.push(node),
            _ => limited.extend(self.find_limited_name(node)),
        });
        let found = calls
            .into_iter()
            .filter_map(|call| self.client_call(call, &limited));
        found.collect()
    }

    /// The name that an assignment gives to a context that ends by itself.
    fn find_limited_name(&self, node: Node<'t>) -> Option<&'t str> {
        let (left, right) = find_assignment(node)?;
        self.deadline_row(right)?;
        Some(self.text(left))
    }

    /// `limited` are the names that any context with an end has in the file.
    fn client_call(&mut self, node: Node<'t>, limited: &BTreeSet<&str>) -> Option<RawClientCall> {
        let function = code::field(node, "function")?;
        let (receiver, name) =
            code::field(function, "operand").zip(code::field(function, "field"))?;
        let name = self.text(name);
        let (call, tells) = match self.find_taken(node, name) {
            Some(taken) => (format!("{}.{name}()", self.text(receiver)), taken),
            // A check whether the server is there waits for an answer, however late.
            None if self.is_probe(name) => return None,
            None => (
                name.to_owned(),
                ClientCallFact::Deadline(self.deadline_of(node, limited)?),
            ),
        };
        let typed = self
            .last_name(receiver)
            .is_some_and(|name| self.declared.of_library.contains(name.as_str()));
        let bound = self.bindings_of(receiver);
        let libraries = self.here().libraries().flat_map(|l| l.ids());
        Some(RawClientCall {
            language: SourceLanguage::Go,
            dir: path::folder(&self.here().parsed.path).to_owned(),
            libraries: libraries.collect(),
            call,
            bound,
            typed,
            at: self.tree().span(node),
            tells,
        })
    }

    fn is_probe(&self, call: &str) -> bool {
        let mut libraries = self.here().libraries().flat_map(|l| &l.candidates);
        libraries.any(|library| library.head.client.probes.iter().any(|own| own == call))
    }

    /// How long the context lasts that a call is given, where the function of the call ends it.
    fn deadline_of(
        &mut self,
        call: Node<'t>,
        limited: &BTreeSet<&str>,
    ) -> Option<Result<f64, Cause>> {
        let context = *self.arguments(call).first()?;
        if context.kind() != "identifier" {
            return None;
        }
        let name = self.text(context);
        if !limited.contains(name) {
            return None;
        }
        let function = enclosing_function(call)?;
        let mut last: Option<(Node<'t>, &DeadlineCalls)> = None;
        code::visit(function, |node| {
            if let Some((left, made)) = find_assignment(node)
                && node.end_byte() <= call.start_byte()
                && self.text(left) == name
                && last.is_none_or(|(before, _)| before.start_byte() < made.start_byte())
            {
                // A context that is made anew without an end has none.
                last = self.deadline_row(made).map(|row| (made, row));
            }
        });
        let (made, row) = last?;
        let Some(after) = row.after else {
            return Some(Err(Cause::Code("a point in time")));
        };
        let argument = *self.arguments(made).get(after)?;
        let unknown = Cause::Code("an argument");
        Some(match self.evaluate(argument).folded(unknown.clone()) {
            ConstValue::Int(n) | ConstValue::Duration(n) => Ok(n as f64 / 1e9),
            ConstValue::Unknown(cause) => Err(cause),
            ConstValue::Fallback(fallback) => Err(fallback.reason()),
            _ => Err(unknown),
        })
    }

    fn deadline_row(&self, call: Node<'t>) -> Option<&'static DeadlineCalls> {
        let function = code::field(call, "function")?;
        let (package, name) =
            code::field(function, "operand").zip(code::field(function, "field"))?;
        let path = self.here().other_package(self.text(package))?;
        let mut rows = languages::go()?.deadline.iter();
        let name = self.text(name);
        rows.find(|row| row.import_path == path && row.functions.iter().any(|f| f == name))
    }

    /// What becomes of a connection that a call takes out of a pool.
    fn find_taken(&self, call: Node<'t>, name: &str) -> Option<ClientCallFact> {
        let arguments = self.arguments(call).len();
        let libraries = self.here().libraries().flat_map(|l| l.candidates.clone());
        let rows = libraries.filter_map(|l| l.model()).flat_map(|m| &m.take);
        let row = rows
            .into_iter()
            .find(|row| row.call == name && row.arguments == arguments)?;
        let outline = self.here().outline();
        let taken = outline.at_range(&call.byte_range())?;
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

/// The first name that an assignment gives something to, and what.
fn find_assignment(node: Node<'_>) -> Option<(Node<'_>, Node<'_>)> {
    if !matches!(
        node.kind(),
        "short_var_declaration" | "assignment_statement"
    ) {
        return None;
    }
    let first = |side| code::children(code::field(node, side)?).first().copied();
    first("left").zip(first("right"))
}
