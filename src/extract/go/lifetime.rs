//! Where a client is built: once, or anew for each request or each round of a loop.
//!
//! Only what certainly is thrown away counts: a variable of the function that serves the request, or
//! of the loop's own body, that goes nowhere else.

use std::collections::BTreeSet;

use tree_sitter::Node;

use crate::extract::go::names;
use crate::extract::go::reader::GoFileReader;
use crate::extract::go::waiting::enclosing_function;
use crate::facts::raw::ClientLifetime;
use crate::knowledge::clients::usage::HeldResource;
use crate::knowledge::languages;
use crate::syntax::code;

impl<'t> GoFileReader<'t, '_, '_> {
    /// Where the client that this node builds is built.
    pub(super) fn site(&mut self, node: Node<'t>) -> ClientLifetime {
        let mut site = ClientLifetime {
            for_show: self.supports_tests(),
            ..ClientLifetime::default()
        };
        if self.is_called_at_once(node) {
            // Nothing holds it behind this call, so nothing can close it.
            site.for_a_check = true;
            self.find_repetition(&mut site, (node, node), None);
            return site;
        }
        let Some((variable, statement)) = self.own_variable(node) else {
            let function = returned_from(node, self);
            site.short_lived = function.is_some_and(|f| self.all_close(f));
            site.for_a_check = function.is_some_and(|f| self.all_drop(f));
            site.subscribes = self.only_subscribes_by_field(node);
            return site;
        };
        let Some(block) = statement.parent() else {
            return site;
        };
        if !self.stays(variable, block, statement) {
            let function = self.function_that_returns(variable, block, statement);
            if let Some(function) = function.filter(|f| self.all_drop(*f)) {
                site.for_a_check = true;
                site.per_request = self.serves(function);
            }
            return site;
        }
        site.short_lived = self.is_closed(variable, block);
        site.subscribes = self.only_subscribes(variable, block, statement);
        self.find_repetition(&mut site, (statement, node), Some(block));
        site
    }

    /// Whether what is built at a place is built anew for each request or round: `block` is where the
    /// variable lives that holds it.
    fn find_repetition(
        &self,
        site: &mut ClientLifetime,
        (place, node): (Node<'t>, Node<'t>),
        block: Option<Node<'t>>,
    ) {
        let mut at = place;
        while let Some(parent) = at.parent() {
            match parent.kind() {
                "for_statement" => {
                    let ranged = code::children(parent)
                        .into_iter()
                        .find(|c| c.kind() == "range_clause");
                    let once = block.is_some_and(leaves);
                    site.per_round |= !self.uses_round(ranged, node) && !once;
                }
                "function_declaration" | "method_declaration" | "func_literal" => {
                    site.per_request = self.serves(parent);
                    return;
                }
                _ => {}
            }
            at = parent;
        }
    }

    /// Its file is no program's, and imports what only tests and their helpers do.
    fn supports_tests(&self) -> bool {
        let support = languages::go().map(|go| &go.test_support);
        let mut imported = self.here().other_packages();
        !self.here().is_of_program()
            && support.is_some_and(|support| imported.any(|path| support.is(path)))
    }

    /// `New(..).Ping(..)`: a call upon what was built, which has no name.
    fn is_called_at_once(&self, node: Node<'t>) -> bool {
        let called = node.parent().filter(|p| p.kind() == "selector_expression");
        let called = called.filter(|c| code::field(*c, "operand") == Some(node));
        let method = called.and_then(|called| code::field(called, "field"));
        let is_call = called
            .and_then(|called| called.parent())
            .is_some_and(|call| call.kind() == "call_expression");
        is_call && method.is_some_and(|method| self.is_command(self.text(method)))
    }

    /// A call that sends something to the server and gives no client back.
    fn is_command(&self, call: &str) -> bool {
        let libraries = self.here().libraries().flat_map(|l| &l.candidates);
        let mut libraries = libraries.filter_map(|l| Some((l, l.model()?)));
        libraries.any(|(library, model)| {
            let probes = &library.head.client.probes;
            let used = model.take.iter().flat_map(|row| &row.used_by);
            let mut words = probes.iter().chain(used);
            words.any(|word| word == call)
        })
    }

    /// Where a block names a variable outside of the statement that binds it.
    fn mentions(
        &self,
        variable: &str,
        block: Node<'t>,
        statement: Node<'t>,
    ) -> impl Iterator<Item = Node<'t>> {
        let mentions = self.here().mentions();
        mentions.within(variable, block, Some(statement))
    }

    /// The function that returns the variable, which is otherwise only called upon.
    fn function_that_returns(
        &self,
        variable: &str,
        block: Node<'t>,
        statement: Node<'t>,
    ) -> Option<Node<'t>> {
        let mut mentions = self.mentions(variable, block, statement);
        let only = mentions.all(|node| {
            let parent = node.parent();
            let called = parent.is_some_and(|p| p.kind() == "selector_expression");
            let returned = parent
                .filter(|p| p.kind() == "expression_list")
                .and_then(|list| list.parent())
                .is_some_and(|s| s.kind() == "return_statement");
            called || returned
        });
        enclosing_function(block).filter(|_| only)
    }

    /// No code outside the package can call the function, and every caller drops the client that it
    /// gives: `_, err := open(..)`.
    fn all_drop(&self, function: Node<'t>) -> bool {
        let Some(name) = code::field(function, "name").map(|n| self.text(n)) else {
            return false;
        };
        if !name.starts_with(char::is_lowercase) {
            return false;
        }
        let sites = self.declared.sites.of(name).iter();
        let mut sites = sites.filter(|site| !self.files[site.file].parsed.is_test_file());
        let mut any = false;
        let all = sites.all(|site| {
            any = true;
            let call = site.node.parent().filter(|p| p.kind() == "call_expression");
            let statement = call
                .and_then(|call| call.parent())
                .filter(|p| p.kind() == "expression_list")
                .and_then(|list| list.parent());
            let left = statement.and_then(|s| code::field(s, "left"));
            let first = left.and_then(|left| code::children(left).first().copied());
            let tree = &self.files[site.file].parsed.tree;
            first.is_some_and(|first| tree.text(first) == "_")
        });
        any && all
    }

    /// All that is called on the variable subscribes, asks whether the server answers, or closes.
    fn only_subscribes(&self, variable: &str, block: Node<'t>, statement: Node<'t>) -> bool {
        let mentions = self.mentions(variable, block, statement);
        let called: Vec<_> = mentions
            .map(|node| {
                let field = node.parent().and_then(|p| code::field(p, "field"));
                field.map(|field| self.text(field))
            })
            .collect();
        self.are_subscriptions(&called)
    }

    /// The same for a client that is put into a field, by all uses of fields of that name in the package.
    fn only_subscribes_by_field(&self, node: Node<'t>) -> bool {
        let Some(name) = self.field_of_holder(node) else {
            return false;
        };
        let mut called = Vec::new();
        let files = self
            .own_files()
            .iter()
            .filter(|file| !file.parsed.is_test_file());
        for tree in files.map(|file| &file.parsed.tree) {
            tree.walk(|node| {
                let field =
                    (node.kind() == "selector_expression").then(|| code::field(node, "field"));
                if field.flatten().is_none_or(|field| tree.text(field) != name) {
                    return;
                }
                let parent = node.parent();
                let written = parent
                    .and_then(|list| list.parent())
                    .is_some_and(|statement| code::field(statement, "left") == parent);
                if !written {
                    let method = parent.and_then(|p| code::field(p, "field"));
                    called.push(method.map(|method| tree.text(method)));
                }
            });
        }
        self.are_subscriptions(&called)
    }

    /// The field that the client is put into where it is built.
    fn field_of_holder(&self, node: Node<'t>) -> Option<&'t str> {
        let mut value = node;
        loop {
            let parent = value.parent()?;
            match parent.kind() {
                "unary_expression" | "parenthesized_expression" | "literal_element" => {
                    value = parent;
                }
                "keyed_element" => {
                    let key = code::field(parent, "key")?;
                    return Some(self.text(code::children(key).first().copied().unwrap_or(key)));
                }
                "expression_list" => {
                    let at = code::children(parent).iter().position(|n| *n == value)?;
                    let left = code::field(parent.parent()?, "left")?;
                    let target = *code::children(left).get(at)?;
                    return Some(self.text(code::field(target, "field")?));
                }
                _ => return None,
            }
        }
    }

    fn are_subscriptions(&self, called: &[Option<&str>]) -> bool {
        let libraries = self.here().libraries().flat_map(|l| &l.candidates);
        let models: Vec<_> = libraries.filter_map(|l| Some((l, l.model()?))).collect();
        let subscribes = |call: &str| {
            let mut rows = models.iter().flat_map(|(_, model)| &model.blocking);
            rows.any(|row| row.call == call && row.holds == HeldResource::OwnConnection)
        };
        let asks = |call: &str| {
            let mut libraries = models.iter();
            libraries.any(|(library, _)| library.head.client.probes.iter().any(|p| p == call))
        };
        let harmless = |call: &Option<&str>| {
            call.is_some_and(|call| subscribes(call) || asks(call) || self.closes(call))
        };
        called.iter().flatten().any(|call| subscribes(call)) && called.iter().all(harmless)
    }

    /// No code outside the package can call the function, and its callers close what they got in the
    /// function that called it; some may make it for somebody who asks for one.
    fn all_close(&mut self, function: Node<'t>) -> bool {
        let Some(name) = code::field(function, "name").map(|n| self.text(n)) else {
            return false;
        };
        if !name.starts_with(char::is_lowercase) {
            return false;
        }
        let declared = self.declared;
        let file = self.file;
        let (mut closed, mut made, mut only_made) = (0, 0, 0);
        for site in declared.sites.of(name) {
            if self.files[site.file].parsed.is_test_file() {
                continue;
            }
            self.file = site.file;
            match self.use_of(site.node) {
                Some(ClientUse::Closed) => closed += 1,
                Some(ClientUse::MadeOnDemand) => {
                    made += 1;
                    only_made += 1;
                }
                Some(ClientUse::ClosedAtEnd) => made += 1,
                None => {
                    self.file = file;
                    return false;
                }
            }
            self.file = file;
        }
        closed > 0 || (made > 0 && made == only_made)
    }

    /// What a caller does with the client that a function gives it.
    fn use_of(&self, function: Node<'t>) -> Option<ClientUse> {
        let call = function
            .parent()
            .filter(|p| p.kind() == "call_expression")?;
        let list = call.parent().filter(|p| p.kind() == "expression_list");
        let returned = list.and_then(|list| list.parent()).map(|s| s.kind());
        if returned == Some("return_statement") {
            return stands_in_literal(call).then_some(ClientUse::MadeOnDemand);
        }
        let (variable, statement) = self.own_variable(call)?;
        let block = statement.parent()?;
        if !self.stays_or_leaves(variable, block, statement) {
            return None;
        }
        match self.closes_at_end(variable, block) {
            _ if self.is_closed(variable, block) => Some(ClientUse::Closed),
            true => Some(ClientUse::ClosedAtEnd),
            false => None,
        }
    }

    /// The variable is closed when its function ends, however long that runs.
    fn closes_at_end(&self, variable: &str, block: Node<'t>) -> bool {
        let mut mentions = self.here().mentions().within(variable, block, None);
        mentions.any(|node| {
            let function = node
                .parent()
                .filter(|f| code::field(*f, "operand") == Some(node));
            let call = function.and_then(|function| function.parent());
            let deferred = call.and_then(|call| call.parent());
            let field = function.and_then(|function| code::field(function, "field"));
            deferred.is_some_and(|statement| statement.kind() == "defer_statement")
                && field.is_some_and(|field| self.closes(self.text(field)))
        })
    }

    /// The variable is called upon or given to calls in its block: it is not returned or stored.
    fn stays_or_leaves(&self, variable: &str, block: Node<'t>, statement: Node<'t>) -> bool {
        let mut mentions = self.mentions(variable, block, statement);
        mentions.all(|node| {
            node.parent().is_some_and(|p| {
                matches!(p.kind(), "selector_expression" | "argument_list") || declares(p)
            })
        })
    }

    /// The variable that the client is bound to where it is built, and that statement.
    pub(super) fn own_variable(&self, node: Node<'t>) -> Option<(&'t str, Node<'t>)> {
        let mut value = node;
        while value.parent()?.kind() == "unary_expression" {
            value = value.parent()?;
        }
        let statement = value
            .parent()
            .filter(|p| p.kind() == "expression_list")?
            .parent()?;
        if statement.kind() != "short_var_declaration" {
            return None;
        }
        let name = *code::children(code::field(statement, "left")?).first()?;
        Some((self.text(name), statement))
    }

    /// The variable is only called upon in its block: it is not returned, stored or handed on.
    fn stays(&self, variable: &str, block: Node<'t>, statement: Node<'t>) -> bool {
        let mut mentions = self.mentions(variable, block, statement);
        mentions.all(|node| {
            node.parent().is_some_and(|p| {
                p.kind() == "selector_expression" && code::field(p, "operand") == Some(node)
            })
        })
    }

    /// The variable is closed in its block, and nothing calls it again and again or at another time.
    fn is_closed(&self, variable: &str, block: Node<'t>) -> bool {
        let mut closed = false;
        let mut goes_on = false;
        for node in self.here().mentions().within(variable, block, None) {
            let called = node.parent().and_then(|p| code::field(p, "field"));
            closed |= called.is_some_and(|field| self.closes(self.text(field)));
            goes_on |= repeats(node, block);
        }
        closed && !goes_on
    }

    /// A library's word for closing a client.
    fn closes(&self, call: &str) -> bool {
        let libraries = self.here().libraries().flat_map(|l| &l.candidates);
        let mut models = libraries.filter_map(|l| l.model());
        models.any(|m| m.close.as_ref().is_some_and(|close| close.call == call))
    }

    /// What is built depends on the round: one client for each of several servers.
    fn uses_round(&self, clause: Option<Node<'t>>, node: Node<'t>) -> bool {
        let left = clause.and_then(|c| code::field(c, "left"));
        let names: BTreeSet<&str> = left
            .map_or_else(Vec::new, code::children)
            .into_iter()
            .map(|n| self.text(n))
            .collect();
        let used = names::mentioned(self.tree(), node);
        used.iter().any(|name| names.contains(name))
    }

    /// A parameter of the function is a request.
    fn serves(&self, function: Node<'t>) -> bool {
        let Some(parameters) = code::field(function, "parameters") else {
            return false;
        };
        let mut serves = false;
        code::visit(parameters, |node| {
            let parts = code::field(node, "package").zip(code::field(node, "name"));
            if let ("qualified_type", Some((package, name))) = (node.kind(), parts) {
                let path = self.here().other_package(self.text(package));
                let mut requests = languages::go().into_iter().flat_map(|l| &l.request);
                serves |= requests
                    .any(|r| Some(r.import_path.as_str()) == path && r.name == self.text(name));
            }
        });
        serves
    }
}

/// What becomes of a client that a function gives.
enum ClientUse {
    /// Closed after a few calls.
    Closed,
    /// Closed when the function that called ends, however long that runs.
    ClosedAtEnd,
    /// A function literal returns it to its caller.
    MadeOnDemand,
}

/// The left side of a declaration: another variable of the name.
fn declares(list: Node<'_>) -> bool {
    let statement = list
        .parent()
        .filter(|s| s.kind() == "short_var_declaration");
    statement.is_some_and(|s| code::field(s, "left") == Some(list))
}

fn stands_in_literal(node: Node<'_>) -> bool {
    let mut at = node;
    while let Some(parent) = at.parent() {
        match parent.kind() {
            "func_literal" => return true,
            "function_declaration" | "method_declaration" => return false,
            _ => at = parent,
        }
    }
    false
}

/// The function that returns what this node makes, and does nothing else with it.
fn returned_from<'t>(node: Node<'t>, reader: &GoFileReader<'t, '_, '_>) -> Option<Node<'t>> {
    let mut value = node;
    while value.parent()?.kind() == "unary_expression" {
        value = value.parent()?;
    }
    let list = value.parent().filter(|p| p.kind() == "expression_list")?;
    let statement = list.parent().filter(|p| p.kind() == "return_statement")?;
    let mut at = statement;
    while let Some(parent) = at.parent() {
        match parent.kind() {
            "function_declaration" => return Some(parent),
            "method_declaration" => {
                let name = code::field(parent, "name").map(|n| reader.text(n))?;
                let only = reader.declared.methods.contains_key(name);
                return only.then_some(parent);
            }
            "func_literal" => return None,
            _ => {}
        }
        at = parent;
    }
    None
}

/// The node stands in a loop or in a function of its own below the block.
fn repeats(node: Node<'_>, block: Node<'_>) -> bool {
    let mut at = node;
    while let Some(parent) = at.parent().filter(|p| p.id() != block.id()) {
        if matches!(
            parent.kind(),
            "for_statement" | "func_literal" | "go_statement"
        ) {
            return true;
        }
        at = parent;
    }
    false
}

/// The block ends the loop or the function by itself: its body runs once.
fn leaves(block: Node<'_>) -> bool {
    code::children(block)
        .last()
        .is_some_and(|last| matches!(last.kind(), "return_statement" | "break_statement"))
}
