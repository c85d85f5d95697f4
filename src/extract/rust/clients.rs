//! Clients: the call that builds one, with all that is written on the values that it is built from.

use std::collections::BTreeMap;

use tree_sitter::Node;

use crate::extract::code::address;
use crate::extract::code::branches::{self, BranchKinds};
use crate::extract::rust::names;
use crate::extract::rust::reader::RustFileReader;
use crate::extract::rust::state::{
    ConnectionManager, RustExprValue, RustObjectId, RustOptionsObject, UrlSource,
};
use crate::facts::cause::Cause;
use crate::facts::edit_target::EditTarget;
use crate::facts::raw::{ErrorHandling, OptionWrite, RawClient, RawOptionSource, SourceLanguage};
use crate::facts::value::Strength;
use crate::knowledge::clients::model::Constructor;
use crate::knowledge::clients::rust::{ModelledCall, OptionsIn};
use crate::source::{Span, path};
use crate::syntax::code;

const RUST_BRANCHES: BranchKinds = BranchKinds {
    conditions: &["if_expression"],
    arms: &["match_arm"],
    leaving: &[
        "return_expression",
        "break_expression",
        "continue_expression",
    ],
    functions: &["function_item", "closure_expression", "async_block"],
};

impl<'t, 'm> RustFileReader<'t, 'm, '_> {
    /// A client is built here.
    pub(super) fn construct(
        &mut self,
        node: Node<'t>,
        found: &ModelledCall<'m>,
        receiver: Option<(RustObjectId, Option<Node<'t>>)>,
        (arguments, values): (&[Node<'t>], &[RustExprValue<'t>]),
        source: Option<UrlSource>,
    ) {
        let Some(constructor) = found.model.constructor(&found.call.path()) else {
            return;
        };
        let holds_anything = found.model.rust.managed.is_some();
        let for_caller = holds_anything && self.records_for_caller();
        if !(self.records() || for_caller) || code::is_broken(node) {
            return;
        }
        let manager = self.find_pool_manager(found, receiver.map(|(id, _)| id), values);
        if holds_anything && !manager.is_some_and(|by| self.index.manages(found.library, by.ty)) {
            return;
        }
        let at = |n: usize| {
            let value = values.get(n).and_then(RustExprValue::object);
            (value, arguments.get(n).copied())
        };
        let (options, expression) = match found.call.client {
            Some(OptionsIn::Receiver) => (
                receiver.map(|(id, _)| id),
                receiver
                    .and_then(|(_, function)| function)
                    .and_then(|function| code::field(function, "value")),
            ),
            Some(OptionsIn::FirstArgument) => at(0),
            Some(OptionsIn::SecondArgument) => at(1),
            Some(OptionsIn::Arguments) => {
                let id = self.new_object(RustOptionsObject::new(&constructor.option_type));
                self.parts_in(id, found, values);
                (Some(id), None)
            }
            _ => (None, None),
        };
        let mut raw = self.raw_client(node, found, constructor);
        match (options, expression) {
            (Some(id), expression) => {
                self.flatten(id, &constructor.option_type, &mut raw);
                raw.insert = expression.map_or(EditTarget::None, |e| self.append_to(e));
                let span = self.state.heap.get(&id).and_then(|o| o.span);
                raw.options_anchor = span.unwrap_or(raw.anchor);
            }
            (None, Some(expression)) => {
                raw.rest_unknown = Some(names::quote_code(self.tree(), expression).in_marks());
            }
            (None, None) => {}
        }
        let positional =
            self.positional_writes(&constructor.option_type, found, (arguments, values));
        raw.writes.extend(positional);
        raw.source = source.map(raw_source);
        if manager.is_some_and(|by| by.is_own) {
            raw.carried_unknown = Some(Cause::Code("a connection manager of the package"));
        }
        raw.hosts = address::hosts(&raw, &[found.library]);
        if for_caller {
            self.found_for_caller.push(raw);
        } else {
            self.found.push(raw);
        }
    }

    fn raw_client(
        &self,
        node: Node<'t>,
        found: &ModelledCall<'m>,
        constructor: &Constructor,
    ) -> RawClient {
        let anchor = self.tree().span(node);
        let krate = found.call.on.split("::").next().unwrap_or_default();
        let path = &self.files[self.file].path;
        RawClient {
            language: SourceLanguage::Rust,
            libraries: vec![found.library.id().to_owned()],
            constructor: constructor.call.clone(),
            option_type: constructor.option_type.clone(),
            dir: path::folder(path).to_owned(),
            package: Some(krate.to_owned()),
            anchor,
            options_anchor: anchor,
            writes: Vec::new(),
            source: None,
            rest_unknown: None,
            unseen: BTreeMap::new(),
            wrapped_by: None,
            branches: branches::arms_to(node, &RUST_BRANCHES, &self.leaving),
            late: Vec::new(),
            kept: self.find_kept(node),
            blocks_async: self.find_blocking(found, anchor),
            carried_unknown: None,
            carried_anchor: None,
            insert: EditTarget::None,
            function: self.function.clone(),
            bound_to: self.find_holder(node),
            joined: Vec::new(),
            site: self.site(node, found),
            strength: Strength::Certain,
            hosts: Vec::new(),
            uses: Vec::new(),
            scheme_decides: false,
        }
    }

    /// A call that stops its thread, in code that may be asynchronous; and whether that is sure.
    pub(super) fn find_blocking(&self, found: &ModelledCall<'m>, at: Span) -> Option<(Span, bool)> {
        let context = self.context;
        let async_here = context.is_async || context.may_be_async;
        (found.call.blocks && async_here).then_some((at, context.is_async))
    }

    /// What makes a pool's connections: the manager that the call is given, the one that its builder
    /// was given, else what a type says that is written.
    fn find_pool_manager(
        &self,
        found: &ModelledCall<'m>,
        receiver: Option<RustObjectId>,
        values: &[RustExprValue<'t>],
    ) -> Option<ConnectionManager<'m>> {
        let given = found.call.managed_arg.and_then(|at| values.get(at));
        if let Some(value @ (RustExprValue::Own(_) | RustExprValue::Record(..))) = given {
            return self.manager_of(value);
        }
        let builder = receiver.and_then(|id| self.state.heap.get(&id));
        let expected = || {
            let mut types = self.expected.iter().rev();
            types.find_map(|ty| self.find_manager(*ty))
        };
        given
            .and_then(|value| self.manager_of(value))
            .or_else(|| builder.and_then(|builder| builder.managed))
            .or_else(expected)
    }

    /// Everything that is written on a value and its parts, in the words of the client's option type.
    fn flatten(&self, id: RustObjectId, option_type: &str, raw: &mut RawClient) {
        let mut todo = vec![id];
        let mut whole = true;
        while let Some(id) = todo.pop() {
            let Some(object) = self.state.heap.get(&id) else {
                continue;
            };
            for write in &object.writes {
                raw.writes.push(OptionWrite {
                    conditional: write.conditional || write.write.0.conditional,
                    ..write.write.0.clone()
                });
            }
            if let Some(reason) = &object.rest_unknown {
                if whole {
                    raw.rest_unknown = Some(reason.clone());
                } else {
                    let idents = self.index.idents_on(object.ty);
                    raw.unseen
                        .extend(idents.map(|ident| (ident.to_owned(), reason.clone())));
                }
            }
            whole = false;
            todo.extend(object.parts.values());
        }
        raw.writes
            .retain(|w| !self.index.options(option_type, &w.ident).is_empty());
    }

    /// Where another call could be added to an expression that gives options.
    fn append_to(&self, expression: Node<'t>) -> EditTarget {
        let chains = matches!(
            expression.kind(),
            "call_expression"
                | "identifier"
                | "field_expression"
                | "try_expression"
                | "await_expression"
        );
        if !chains {
            return EditTarget::None;
        }
        let tree = self.tree();
        let end = expression.end_byte();
        let rest = tree.excerpt().text().get(end..).unwrap_or("");
        let blanks = &rest[..rest.len() - rest.trim_start().len()];
        let own_line = (blanks.contains('\n') && rest.trim_start().starts_with('.'))
            .then(|| blanks.to_owned());
        EditTarget::InsertCall {
            at: tree.excerpt().span(end..end),
            encoding: self.encoding(false),
            ident: String::new(),
            own_line,
        }
    }
}

fn raw_source(source: UrlSource) -> RawOptionSource {
    RawOptionSource {
        call: source.call,
        url: source.url,
        url_name: source.url_name,
        url_span: source.url_span,
        span: source.span,
        fallible: false,
        error: ErrorHandling::Unknown,
        error_span: None,
    }
}
