//! Where a client is built: once, or anew for each request or each round of a loop.
//!
//! Only what certainly is thrown away counts: a variable of the function that serves the request, or
//! of the loop's own body, that is called upon or lent for single commands and goes nowhere else. A
//! connection of one's own for calls that wait is meant to be so.

use std::collections::BTreeSet;

use tree_sitter::Node;

use crate::extract::rust::reader::RustFileReader;
use crate::extract::rust::uses::path_of;
use crate::extract::rust::{names, waiting};
use crate::facts::cause::Cause;
use crate::facts::raw::ClientLifetime;
use crate::knowledge::clients::model::ClientModel;
use crate::knowledge::clients::rust::ModelledCall;
use crate::knowledge::languages;
use crate::source::Span;
use crate::syntax::code::{self, CodeGrammar};

impl<'t> RustFileReader<'t, '_, '_> {
    /// Where the client that this node builds is built.
    pub(super) fn site(&self, node: Node<'t>, found: &ModelledCall<'_>) -> ClientLifetime {
        let mut site = ClientLifetime {
            for_show: self.supports_tests(),
            ..ClientLifetime::default()
        };
        site.bounded = self.is_bounded_everywhere(node);
        let Some((name, statement)) = self.own_variable(node) else {
            return site;
        };
        let Some(block) = statement.parent().filter(|b| b.kind() == "block") else {
            return site;
        };
        if !self.stays(name, statement, block, found.model) {
            return site;
        }
        let mut at = block;
        let mut loops = Vec::new();
        while let Some(parent) = at.parent() {
            match parent.kind() {
                "for_expression" | "while_expression" | "loop_expression" => loops.push(parent),
                "function_item" => {
                    site.per_request = self.serves(parent) || self.is_handler(parent);
                    break;
                }
                "closure_expression" => {
                    site.per_request = self.serves(parent);
                    break;
                }
                _ => {}
            }
            at = parent;
        }
        let body = loops.first().and_then(|l| code::field(*l, "body"));
        site.per_round = body == Some(block)
            && !self.goes_on(block)
            && !loops.iter().any(|l| self.uses_round(*l, statement));
        site
    }

    /// The call that builds the client and all that is done with the variable that holds it have a
    /// timeout of the runtime around them.
    fn is_bounded_everywhere(&self, node: Node<'t>) -> bool {
        let Some(around) = self.timeout_around(node) else {
            return false;
        };
        let Some((name, statement)) = self.own_variable(around) else {
            return false;
        };
        let Some(block) = statement.parent() else {
            return false;
        };
        let mut bounded = true;
        code::visit(block, |used| {
            let inside = statement.byte_range().contains(&used.start_byte());
            if used.kind() == "identifier" && self.text(used) == name && !inside {
                bounded &= self.timeout_around(used).is_some();
            }
        });
        bounded
    }

    /// The call of a timeout in whose arguments a node stands.
    fn timeout_around(&self, node: Node<'t>) -> Option<Node<'t>> {
        let known = languages::rust().map(|rust| rust.timeout.functions.as_slice());
        let mut at = node;
        while let Some(parent) = at.parent().filter(|p| p.kind() != "block") {
            if parent.kind() == "arguments"
                && let Some(call) = parent.parent()
                && let Some(function) = code::field(call, "function")
            {
                let path = path_of(function, self.tree());
                let named = |own: &String| path.last() == Some(own);
                if known.unwrap_or_default().iter().any(named) {
                    return Some(call);
                }
            }
            at = parent;
        }
        None
    }

    /// Its file names a crate that only tests and their helpers do.
    fn supports_tests(&self) -> bool {
        let text = self.tree().excerpt().text();
        let support = languages::rust().map(|rust| rust.test_support.packages.as_slice());
        let mut crates = support.unwrap_or_default().iter();
        crates.any(|own| text.contains(&format!("{own}::")))
    }

    /// Where the connection that this node opens is kept beyond its function: in a field of a value of
    /// the package that nothing assigns to again, or in a static.
    pub(super) fn find_kept(&self, node: Node<'t>) -> Option<Result<Span, Cause>> {
        let unseen = Err(Cause::Code("what the connection is handed to"));
        let (at, owner) = self.owner_of(node);
        match owner.kind() {
            "field_initializer" => self.find_kept_field(owner).map(Ok),
            "static_item" | "const_item" => Some(Ok(self.tree().span(owner))),
            "let_declaration" => {
                let (name, statement) = self.own_variable(node)?;
                let block = statement.parent()?;
                let mut kept = None;
                code::visit(block, |used| {
                    let inside = statement.byte_range().contains(&used.start_byte());
                    let names_it =
                        matches!(used.kind(), "identifier" | "shorthand_field_identifier")
                            && self.text(used) == name;
                    if !names_it || inside || self.is_called_upon(used) {
                        return;
                    }
                    let (_, owner) = self.owner_of(used);
                    let found = match owner.kind() {
                        "field_initializer" | "shorthand_field_initializer" => {
                            match self.find_kept_field(owner) {
                                Some(at) => Ok(at),
                                None => return,
                            }
                        }
                        _ if self.is_borrowed(used) => return,
                        _ => unseen.clone(),
                    };
                    // One place that keeps it is enough.
                    if !matches!(kept, Some(Ok(_))) {
                        kept = Some(found);
                    }
                });
                kept
            }
            _ if at == owner => None,
            // It is assigned again when the connection breaks.
            "expression_statement" | "assignment_expression" => None,
            _ => Some(unseen),
        }
    }

    /// What a value ends up in, through what only passes it on; and the value there.
    fn owner_of(&self, node: Node<'t>) -> (Node<'t>, Node<'t>) {
        let mut at = node;
        while let Some(parent) = at.parent() {
            let passes = match parent.kind() {
                "try_expression" | "await_expression" => true,
                "field_expression" => code::field(parent, "field").is_some_and(|field| {
                    let name = self.text(field);
                    names::passes_on(name) || matches!(name, "clone" | "await")
                }),
                "call_expression" => code::field(parent, "function") == Some(at),
                "arguments" => {
                    let call = parent
                        .parent()
                        .and_then(|call| code::field(call, "function"));
                    let path = call.map(|function| path_of(function, self.tree()));
                    path.is_some_and(|path| languages::rust().is_some_and(|rust| rust.wraps(&path)))
                }
                _ => false,
            };
            if !passes {
                return (at, parent);
            }
            at = match parent.kind() {
                "arguments" => parent.parent().unwrap_or(parent),
                _ => parent,
            };
        }
        (at, at)
    }

    /// Where a field is written in a literal, unless other code of the package writes it anew.
    fn find_kept_field(&self, initializer: Node<'t>) -> Option<Span> {
        let field = code::field(initializer, "field")
            .or(code::field(initializer, "name"))
            .or(code::children(initializer).last().copied());
        let name = field.map_or("", |field| self.text(field));
        let selected = format!(".{name}");
        let again = |line: &str| {
            let mut parts = line.split(selected.as_str()).skip(1);
            parts.any(|rest| {
                let own = !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
                own && rest.contains(" = ") && !line.trim_start().starts_with("let ")
            })
        };
        let replaced = self.files.iter().any(|file| {
            let mut lines = file.tree.excerpt().text().lines();
            lines.any(again)
        });
        (!replaced).then(|| self.tree().span(initializer))
    }

    /// `&mut name`, for the time of a call.
    fn is_borrowed(&self, name: Node<'t>) -> bool {
        let parent = name.parent();
        parent.is_some_and(|p| matches!(p.kind(), "reference_expression" | "mut_pattern"))
    }

    /// The variable that the client is bound to where it is built, and that statement.
    fn own_variable(&self, node: Node<'t>) -> Option<(&'t str, Node<'t>)> {
        let mut at = node;
        loop {
            let parent = at.parent()?;
            match parent.kind() {
                "let_declaration" => {
                    let mut name = code::field(parent, "pattern")?;
                    if name.kind() == "mut_pattern" {
                        name = *code::children(name).last()?;
                    }
                    let is_name = name.kind() == "identifier";
                    return is_name.then(|| (self.text(name), parent));
                }
                "try_expression" | "await_expression" => {}
                "field_expression"
                    if names::passes_on(self.text(code::field(parent, "field")?)) => {}
                "call_expression" if code::field(parent, "function") == Some(at) => {}
                _ => return None,
            }
            at = parent;
        }
    }

    /// Whether the variable is only called upon, or lent for a command, and its block waits for nothing.
    fn stays(&self, name: &str, statement: Node<'t>, block: Node<'t>, model: &ClientModel) -> bool {
        let waits: BTreeSet<&str> = model.blocking.iter().map(|row| row.call.as_str()).collect();
        let mut stays = true;
        code::visit(block, |node| {
            let inside = statement.byte_range().contains(&node.start_byte());
            match node.kind() {
                "identifier" if self.text(node) == name && !inside => {
                    stays &= self.is_called_upon(node) || self.is_lent(node, model);
                }
                // What a macro does with it is not read.
                "token_tree" => {
                    let word = |c: char| !c.is_alphanumeric() && c != '_';
                    stays &= !self.text(node).split(word).any(|w| w == name);
                }
                "call_expression" => {
                    let called = waiting::find_callee(node, self.tree());
                    stays &= called.is_none_or(|called| !waits.contains(called));
                    stays &= self.sends(node).is_none();
                }
                _ => {}
            }
        });
        stays
    }

    /// The waiting command that a call sends by its name.
    fn sends(&self, call: Node<'t>) -> Option<()> {
        let first = waiting::arguments(call).first().copied()?;
        let word = CodeGrammar::Rust.string_value(self.text(first))?;
        crate::knowledge::servers::waiting::command(&word).map(drop)
    }

    /// `name.method(..)`, where the method does not make another thing of it.
    fn is_called_upon(&self, name: Node<'t>) -> bool {
        let Some(parent) = name.parent().filter(|p| p.kind() == "field_expression") else {
            return false;
        };
        let called = parent.parent().map(|call| call.kind()) == Some("call_expression");
        let method = code::field(parent, "field").map_or("", |field| self.text(field));
        let makes = ["into_", "as_", "to_"]
            .iter()
            .any(|p| method.starts_with(p));
        called && method != "clone" && !makes && code::field(parent, "value") == Some(name)
    }

    /// `command.query(&mut name)`, for a method that the model knows to give it back.
    fn is_lent(&self, name: Node<'t>, model: &ClientModel) -> bool {
        let Some(reference) = name.parent().filter(|p| p.kind() == "reference_expression") else {
            return false;
        };
        let call = reference.parent().and_then(|list| list.parent());
        let method = call.and_then(|call| waiting::find_callee(call, self.tree()));
        let lent = model.rust.lent.iter().flat_map(|row| &row.methods);
        method.is_some_and(|method| lent.into_iter().any(|m| m == method))
    }

    /// The block goes on with what it built for as long as that lasts, or is left when it is done.
    fn goes_on(&self, block: Node<'t>) -> bool {
        let mut goes_on = false;
        code::visit(block, |node| {
            goes_on |= matches!(
                node.kind(),
                "for_expression"
                    | "while_expression"
                    | "loop_expression"
                    | "break_expression"
                    | "return_expression"
            );
        });
        goes_on
    }

    /// What is built depends on the round: one client for each of several servers.
    fn uses_round(&self, round: Node<'t>, statement: Node<'t>) -> bool {
        let pattern = code::field(round, "pattern").or_else(|| code::field(round, "condition"));
        let Some(pattern) = pattern else {
            return false;
        };
        let mut of_round = self.identifiers(pattern);
        let Some(body) = code::field(round, "body") else {
            return true;
        };
        for child in code::children(body) {
            if child.kind() == "let_declaration" && child.start_byte() < statement.start_byte() {
                let value = code::field(child, "value").map(|v| self.identifiers(v));
                if value.is_some_and(|names| !names.is_disjoint(&of_round)) {
                    let bound = code::field(child, "pattern").map(|p| self.identifiers(p));
                    of_round.extend(bound.unwrap_or_default());
                }
            }
        }
        let value = code::field(statement, "value").map(|value| self.identifiers(value));
        value.is_some_and(|names| !names.is_disjoint(&of_round))
    }

    fn identifiers(&self, node: Node<'t>) -> BTreeSet<&'t str> {
        let mut found = BTreeSet::new();
        code::visit(node, |node| {
            if node.kind() == "identifier" {
                found.insert(self.text(node));
            }
        });
        found
    }

    /// Whether a parameter is of a type that only who serves a request is given.
    fn serves(&self, function: Node<'t>) -> bool {
        let parameters = code::field(function, "parameters").map_or_else(Vec::new, code::children);
        let types = parameters.iter().filter_map(|p| code::field(*p, "type"));
        let mut rows = types.flat_map(|ty| {
            let ty = match ty.kind() {
                "reference_type" => code::field(ty, "type").unwrap_or(ty),
                _ => ty,
            };
            self.of_other_crate(ty)
        });
        let known = languages::rust().map(|rust| rust.request.as_slice());
        rows.any(|path| known.unwrap_or_default().iter().any(|row| row.is(&path)))
    }

    /// Whether an attribute makes a function the handler of a route.
    fn is_handler(&self, function: Node<'t>) -> bool {
        let known = languages::rust().map(|rust| rust.route.as_slice());
        let mut before = function.prev_named_sibling();
        while let Some(item) = before.filter(|b| b.kind() == "attribute_item") {
            let attribute = code::children(item).first().copied();
            let path = attribute.and_then(|a| code::children(a).first().copied());
            let paths = path.map_or_else(Vec::new, |path| self.of_other_crate(path));
            let is_route = |path: &Vec<String>| {
                let rows = known.unwrap_or_default().iter();
                rows.into_iter().any(|row| row.is(path))
            };
            if paths.iter().any(is_route) {
                return true;
            }
            before = item.prev_named_sibling();
        }
        false
    }

    /// The paths in other crates that a name may lead to.
    fn of_other_crate(&self, node: Node<'t>) -> Vec<Vec<String>> {
        let path = path_of(node, self.tree());
        match self.meaning(&path) {
            Some(crate::extract::rust::package::NameMeaning::Other(whole)) => {
                let mut paths = match whole == path {
                    true => self.declared.through_globs(&path, self.module),
                    false => Vec::new(),
                };
                paths.push(whole);
                paths
            }
            _ => Vec::new(),
        }
    }
}
