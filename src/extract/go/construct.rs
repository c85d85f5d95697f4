//! Calls that return options and calls that build clients: what a client is recorded with.

use std::rc::Rc;

use tree_sitter::Node;

use crate::extract::code::address;
use crate::extract::code::branches::{self, BranchKinds};
use crate::extract::code::outline::BoundTarget;
use crate::extract::go::calls::spread;
use crate::extract::go::names;
use crate::extract::go::package::{ImportedLibrary, is_test};
use crate::extract::go::reader::{FoundClient, GoFileReader};
use crate::extract::go::state::{GoExprValue, GoOptionSource, GoOptionsObject, name_of};
use crate::facts::cause::Cause;
use crate::facts::edit_target::EditTarget;
use crate::facts::raw::{
    ClientLifetime, ConstValue, ErrorHandling, RawClient, RawOptionSource, SourceLanguage,
};
use crate::facts::value::Strength;
use crate::facts::words::ClientKind;
use crate::knowledge::clients::model::{ConstructionForm, Constructor};
use crate::source::path;
use crate::syntax::code;

const GO_BRANCHES: BranchKinds = BranchKinds {
    conditions: &["if_statement"],
    arms: &[
        "expression_case",
        "type_case",
        "communication_case",
        "default_case",
    ],
    leaving: &[
        "return_statement",
        "break_statement",
        "continue_statement",
        "goto_statement",
    ],
    functions: &["function_declaration", "method_declaration", "func_literal"],
};

impl<'t, 'm> GoFileReader<'t, 'm, '_> {
    /// A call of the library that returns options.
    pub(super) fn option_source(
        &mut self,
        node: Node<'t>,
        library: &Rc<ImportedLibrary<'m>>,
        (call, returns, url_arg, fallible): (&str, String, Option<usize>, bool),
    ) -> GoExprValue<'t> {
        let arguments = self.arguments(node);
        let values: Vec<_> = arguments.iter().map(|a| self.evaluate(*a)).collect();
        let error = fallible.then(|| self.new_error());
        let id = self.new_object(Rc::clone(library), returns);
        if let Some(at) = url_arg {
            let url = values.into_iter().nth(at);
            let url = url.unwrap_or_else(|| GoExprValue::unknown("an argument"));
            let url_node = arguments.get(at).copied().unwrap_or(node);
            let source = self.source(node, call, (url_node, url), error);
            if let Some(object) = self.state.heap.get_mut(&id) {
                object.source = Some(source);
            }
        }
        match error {
            Some(error) => GoExprValue::Several(vec![
                GoExprValue::Options(id),
                GoExprValue::Error(vec![error]),
            ]),
            None => GoExprValue::Options(id),
        }
    }

    /// Options that come from a URL.
    fn source(
        &self,
        node: Node<'t>,
        call: &str,
        (url_node, url): (Node<'t>, GoExprValue<'t>),
        error: Option<usize>,
    ) -> GoOptionSource {
        let url = url.folded(Cause::Code("an argument"));
        let url_name = name_of(&url);
        GoOptionSource {
            call: call.to_owned(),
            url,
            url_name,
            url_span: self.tree().span(url_node),
            span: self.tree().span(node),
            fallible: error.is_some(),
            error,
        }
    }

    /// A call that builds a client.
    pub(super) fn construct(
        &mut self,
        node: Node<'t>,
        library: &Rc<ImportedLibrary<'m>>,
        constructor: &'m Constructor,
    ) -> GoExprValue<'t> {
        let options = self.options_of(node, library, constructor);
        if constructor.kind == ClientKind::Connection
            && let Ok(object) = &options
            && self.note_dialled(object, self.tree().span(node))
        {
            return GoExprValue::unknown("a connection");
        }
        if let (Some(making), Ok(object)) = (self.making.last_mut(), &options) {
            making.push(object.clone());
            self.consumed.insert(self.tree().span(node));
            return GoExprValue::unknown("a client");
        }
        if self.records() && !code::is_broken(node) {
            self.record(node, library, constructor, options);
        }
        GoExprValue::unknown("a client")
    }

    /// The options that a constructor is given, or why they are not known.
    fn options_of(
        &mut self,
        node: Node<'t>,
        library: &Rc<ImportedLibrary<'m>>,
        constructor: &Constructor,
    ) -> Result<GoOptionsObject<'m>, Cause> {
        let id = self.new_object(Rc::clone(library), constructor.option_type.clone());
        let mut models = library.candidates.iter().filter_map(|l| l.model());
        let functional =
            models.any(|m| m.form(&constructor.option_type) == Some(ConstructionForm::Functional));
        let from = constructor.option_arg.unwrap_or(usize::MAX);
        let mut given = (!functional && constructor.option_arg.is_some())
            .then_some(Err(Cause::Code("a missing argument")));
        for (at, argument) in self.arguments(node).into_iter().enumerate() {
            let named = constructor.positional.iter().find(|p| p.at == at);
            if functional && at >= from {
                let argument = spread(argument);
                let value = self.evaluate(argument);
                self.add_setting(id, &value, argument);
            } else if at == from {
                let value = self.evaluate(argument);
                given = Some(self.read_given(argument, value, constructor));
            } else if let Some(positional) = named {
                let value = match self.is_dialer(id, &positional.ident) {
                    true => self.dialer(id, argument),
                    false => self.evaluate(argument),
                };
                self.put(id, &positional.ident, value, argument);
            } else {
                let value = self.evaluate(argument);
                if constructor.url_arg == Some(at) {
                    let source = self.source(node, &constructor.call, (argument, value), None);
                    if let Some(object) = self.state.heap.get_mut(&id) {
                        object.source = Some(source);
                    }
                } else {
                    self.escape(value, &Cause::Code("a constructor"));
                }
            }
        }
        let made = self.state.heap.remove(&id);
        match given {
            Some(given) => given,
            None => made.ok_or_else(|| self.code_reason(node)),
        }
    }

    /// The options in an argument.
    fn read_given(
        &self,
        argument: Node<'t>,
        value: GoExprValue<'t>,
        constructor: &Constructor,
    ) -> Result<GoOptionsObject<'m>, Cause> {
        match value {
            GoExprValue::Options(id) => {
                let object = self.state.heap.get(&id).cloned();
                let fits = |o: &GoOptionsObject<'m>| {
                    o.option_type == constructor.option_type
                        || constructor.alternatives.contains(&o.option_type)
                };
                object
                    .filter(fits)
                    .ok_or_else(|| self.code_reason(argument))
            }
            GoExprValue::Plain(ConstValue::Unknown(reason)) => Err(reason),
            _ => Err(self.code_reason(argument)),
        }
    }

    pub(super) fn record(
        &mut self,
        node: Node<'t>,
        library: &Rc<ImportedLibrary<'m>>,
        constructor: &Constructor,
        options: Result<GoOptionsObject<'m>, Cause>,
    ) {
        let anchor = self.tree().span(node);
        let site = self.site(node);
        let mut raw = RawClient {
            language: SourceLanguage::Go,
            libraries: library.ids(),
            constructor: constructor.call.clone(),
            option_type: constructor.option_type.clone(),
            dir: path::folder(&self.here().parsed.path).to_owned(),
            package: library.path.clone(),
            anchor,
            options_anchor: anchor,
            writes: Vec::new(),
            source: None,
            rest_unknown: None,
            unseen: std::collections::BTreeMap::new(),
            wrapped_by: None,
            branches: branches::arms_to(node, &GO_BRANCHES, &self.leaving),
            late: Vec::new(),
            kept: None,
            blocks_async: None,
            carried_unknown: None,
            carried_anchor: None,
            insert: EditTarget::None,
            function: self.function.clone(),
            bound_to: self.holder(node),
            joined: Vec::new(),
            site: ClientLifetime {
                test: is_test(&self.here().parsed.path),
                ..site
            },
            strength: Strength::Certain,
            hosts: Vec::new(),
            uses: Vec::new(),
            scheme_decides: false,
        };
        let mut error = None;
        match options {
            Ok(object) => {
                let carries = object.carried_anchor.is_some() || object.carried_unknown.is_some();
                raw.option_type = object.option_type;
                raw.options_anchor = object.literal.unwrap_or(anchor);
                raw.writes = object.writes;
                raw.rest_unknown = object.rest_unknown.or(object.nodes_unknown);
                raw.carried_anchor = object.carried_anchor;
                raw.carried_unknown = match object.carried_unknown {
                    None if !carries => Some(Cause::Code("an unknown location")),
                    reason => reason,
                };
                raw.insert = object.insert;
                error = object.source.as_ref().and_then(|s| s.error);
                raw.source = object.source.map(raw_source);
            }
            Err(reason) => raw.rest_unknown = Some(reason),
        }
        raw.hosts = address::hosts(&raw, &library.candidates);
        self.found.push(FoundClient { raw, error });
    }

    /// The variable or field that a value is bound to where it is made.
    fn holder(&self, node: Node<'t>) -> Option<String> {
        let outline = self.here().outline();
        let made = outline.at_range(&node.byte_range())?;
        let bound = outline.bound_by(made).map(|(target, _)| match target {
            BoundTarget::Name(name) | BoundTarget::Field(name) => name,
        });
        bound.or_else(|| outline.key_of(made)).map(str::to_owned)
    }

    /// Options that are written where another package takes them: it builds a client of them.
    pub(super) fn record_wrapped(
        &mut self,
        argument: Node<'t>,
        value: &GoExprValue<'t>,
        package: &str,
    ) {
        let literal = match argument.kind() {
            "unary_expression" => code::field(argument, "operand").unwrap_or(argument),
            _ => argument,
        };
        let own = package
            .split('/')
            .next()
            .is_some_and(|host| host.contains('.'));
        let &GoExprValue::Options(id) = value else {
            return;
        };
        if literal.kind() != "composite_literal" || !own || !self.records() {
            return;
        }
        let Some(object) = self.state.heap.get(&id).filter(|o| !o.built).cloned() else {
            return;
        };
        let library = Rc::clone(&object.library);
        let models = library.candidates.iter().filter_map(|l| l.model());
        let constructor = models.into_iter().find_map(|model| {
            let mut rows = model.constructor.iter();
            rows.find(|c| {
                c.form == ConstructionForm::Function && c.option_type == object.option_type
            })
        });
        if let Some(constructor) = constructor {
            self.record(literal, &library, constructor, Ok(object));
            if let Some(found) = self.found.last_mut() {
                found.raw.wrapped_by = Some(package.to_owned());
            }
        }
    }

    /// `client.Options().Field = value`: an option that the client goes on to read is set, any other is
    /// set too late.
    pub(super) fn write_live(
        &mut self,
        call: Node<'t>,
        field: Node<'t>,
        value: &GoExprValue<'t>,
        expression: Option<Node<'t>>,
        statement: Node<'t>,
    ) -> bool {
        let function = code::field(call, "function");
        let parts = function.and_then(|f| code::field(f, "operand").zip(code::field(f, "field")));
        let Some((client, method)) = parts else {
            return false;
        };
        let name = self.last_name(client);
        let at = self.found.iter().rposition(|found| {
            name.is_some() && found.raw.bound_to == name && found.raw.function == self.function
        });
        let Some(at) = at else { return false };
        let raw = &self.found[at].raw;
        let libraries = self.here().libraries().cloned();
        let library = libraries.into_iter().find(|l| l.path == raw.package);
        let Some(library) = library else { return false };
        let model = library.candidates.first().and_then(|l| l.model());
        let row = model.and_then(|model| {
            let kind = model.constructor(&raw.constructor)?.kind;
            let called = self.text(method);
            let mut rows = model.live.iter();
            Some((
                model,
                rows.find(|r| r.call == called && r.kinds.contains(&kind))?,
            ))
        });
        let Some((model, row)) = row else {
            return false;
        };
        let option_type = raw.option_type.clone();
        let id = self.new_object(library, option_type.clone());
        self.put(
            id,
            self.text(field),
            value.clone(),
            expression.unwrap_or(field),
        );
        let Some(written) = self.state.heap.remove(&id) else {
            return false;
        };
        let conditional = self.is_conditional(statement, at);
        let raw = &mut self.found[at].raw;
        for mut write in written.writes {
            let option = model.option_named(&option_type, &write.ident);
            if option.is_some_and(|option| row.reads.contains(&option.key)) {
                write.conditional |= conditional;
                raw.writes.retain(|old| old.ident != write.ident);
                raw.writes.push(write);
            } else {
                raw.late.push(write);
            }
        }
        true
    }

    /// A statement stands in branches in which the client's construction does not.
    fn is_conditional(&self, statement: Node<'t>, client: usize) -> bool {
        branches::arms_to(statement, &GO_BRANCHES, &self.leaving) != self.found[client].raw.branches
    }

    fn code_reason(&self, node: Node<'t>) -> Cause {
        names::quote_code(self.tree(), node).in_marks()
    }
}

fn raw_source(source: GoOptionSource) -> RawOptionSource {
    RawOptionSource {
        call: source.call,
        url: source.url,
        url_name: source.url_name,
        url_span: source.url_span,
        span: source.span,
        fallible: source.fallible,
        error: ErrorHandling::Unknown,
        error_span: None,
    }
}
