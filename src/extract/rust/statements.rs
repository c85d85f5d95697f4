//! Statements, blocks, branches, loops and patterns.

use tree_sitter::Node;

use crate::extract::code::fold;
use crate::extract::rust::names;
use crate::extract::rust::reader::{RustCodeContext, RustFileReader};
use crate::extract::rust::state::{RustExprValue, RustScope, RustState};
use crate::facts::raw::ConstValue;
use crate::syntax::code;

impl<'t, 'm> RustFileReader<'t, 'm, '_> {
    /// Runs a block; gives its last expression's value.
    pub(super) fn block(&mut self, node: Node<'t>) -> RustExprValue<'t> {
        let mut value = RustExprValue::unknown("nothing");
        if !self.descend() {
            self.ascend();
            self.skip(node.byte_range());
            return value;
        }
        self.state.scopes.push(RustScope::new());
        let uses = self.local_uses.len();
        let statements = code::children(node);
        for child in &statements {
            if child.kind() == "use_declaration" {
                self.use_here(*child);
            }
        }
        let count = statements.len();
        for (at, child) in statements.into_iter().enumerate() {
            if self.state.dead {
                break;
            }
            let result = self.statement(child);
            let tail = child.kind() != "expression_statement" || self.is_tail(child);
            if at + 1 == count && tail {
                value = result;
            }
        }
        self.local_uses.truncate(uses);
        self.state.scopes.pop();
        self.ascend();
        value
    }

    /// An expression with a block needs no semicolon, and gives its value at the end all the same.
    fn is_tail(&self, statement: Node<'t>) -> bool {
        !self.text(statement).ends_with(';')
    }

    pub(super) fn statement(&mut self, node: Node<'t>) -> RustExprValue<'t> {
        self.burn();
        match node.kind() {
            "expression_statement" => match code::children(node).first() {
                Some(expression) => self.evaluate(*expression),
                None => RustExprValue::unknown("nothing"),
            },
            "let_declaration" => {
                self.declaration(node);
                RustExprValue::unknown("nothing")
            }
            "const_item" | "static_item" => {
                let name = code::field(node, "name").map(|name| self.text(name));
                let value = code::field(node, "value").map(|value| self.evaluate(value));
                if let (Some(name), Some(value)) = (name, value) {
                    self.state.define(name, value);
                }
                RustExprValue::unknown("nothing")
            }
            "ERROR" => {
                for child in code::children(node) {
                    self.statement(child);
                }
                self.lose_all("code that cannot be read");
                RustExprValue::unknown("code that cannot be read")
            }
            kind if names::is_declaration(kind) && kind != "macro_invocation" => {
                RustExprValue::unknown("nothing")
            }
            _ => self.evaluate(node),
        }
    }

    /// Code that cannot be read may do anything.
    fn lose_all(&mut self, why: &str) {
        let ids: Vec<_> = self.state.heap.keys().copied().collect();
        for id in ids {
            self.escape(&RustExprValue::Ref(id), why);
        }
    }

    fn declaration(&mut self, node: Node<'t>) {
        let Some(pattern) = code::field(node, "pattern") else {
            return;
        };
        let ty = code::field(node, "type");
        let depth = self.expected.len();
        self.expected.extend(ty);
        let value = code::field(node, "value").map(|value| self.value_of(value));
        self.expected.truncate(depth);
        let value = match (value, ty) {
            (Some(value), Some(ty)) => self.apply_type(value, ty),
            (Some(value), None) => value,
            // Declared now and assigned later.
            (None, _) => RustExprValue::unknown("a later assignment"),
        };
        let is_mut = |child: &Node<'_>| child.kind() == "mutable_specifier";
        let value = if code::children(node).iter().any(is_mut) {
            value.changeable()
        } else {
            value
        };
        if let Some(otherwise) = code::field(node, "alternative") {
            let before = self.fork();
            self.block(otherwise);
            self.rejoin(before);
        }
        self.bind(pattern, value);
    }

    /// Gives the names in a pattern what the value says of them.
    pub(super) fn bind(&mut self, pattern: Node<'t>, value: RustExprValue<'t>) {
        match pattern.kind() {
            "identifier" | "shorthand_field_identifier" => {
                self.state.define(self.text(pattern), value);
            }
            "mut_pattern" | "ref_pattern" | "reference_pattern" | "match_pattern" => {
                let value = value.changeable();
                for inner in code::children(pattern) {
                    if inner.kind() != "mutable_specifier" {
                        self.bind(inner, value.clone());
                    }
                }
            }
            "tuple_pattern" => {
                let patterns = code::children(pattern);
                match value {
                    RustExprValue::Tuple(items) if items.len() == patterns.len() => {
                        for (pattern, item) in patterns.into_iter().zip(items) {
                            self.bind(pattern, item);
                        }
                    }
                    _ => self.bind_unknown(pattern),
                }
            }
            "tuple_struct_pattern" => self.bind_variant(pattern, value),
            "captured_pattern" => {
                for inner in code::children(pattern) {
                    self.bind(inner, value.clone());
                }
            }
            "struct_pattern" => self.bind_fields(pattern, &value),
            _ => self.bind_unknown(pattern),
        }
    }

    /// `Some(x)`, `Ok(x)`, `State(x)`, or a variant of an enum of the package.
    fn bind_variant(&mut self, pattern: Node<'t>, value: RustExprValue<'t>) {
        let ty = code::field(pattern, "type");
        let inner: Vec<_> = code::children(pattern)
            .into_iter()
            .filter(|child| Some(*child) != ty)
            .collect();
        let name = ty.map_or("", |ty| self.text(ty));
        if let Some(types) = ty.and_then(|ty| self.variant_types(ty)) {
            for (pattern, (ty, file, module)) in inner.into_iter().zip(types) {
                let quoted = names::quote_code(self.tree(), pattern);
                let value = self.elsewhere(file, module, |r| r.of_type(ty, quoted));
                self.bind(pattern, value);
            }
            return;
        }
        match (inner.as_slice(), value) {
            ([inner], RustExprValue::Wrapped(value)) => self.bind(*inner, *value),
            // `Err(e)` binds something else than the value that was computed.
            ([inner], value) if !name.ends_with("Err") => self.bind(*inner, value),
            _ => self.bind_unknown(pattern),
        }
    }

    fn bind_fields(&mut self, pattern: Node<'t>, value: &RustExprValue<'t>) {
        for field in code::children(pattern) {
            if field.kind() != "field_pattern" {
                continue;
            }
            let Some(name) = code::field(field, "name") else {
                continue;
            };
            let target = code::field(field, "pattern").unwrap_or(name);
            let value = self.field_of(value, self.text(name), name);
            self.bind(target, value);
        }
    }

    /// The names in a pattern whose parts are not followed.
    fn bind_unknown(&mut self, pattern: Node<'t>) {
        let mut found = Vec::new();
        code::visit(pattern, |node| {
            if matches!(node.kind(), "identifier" | "shorthand_field_identifier") {
                found.push(node);
            }
        });
        for name in found {
            let name = self.text(name);
            self.state
                .define(name, RustExprValue::Plain(fold::from_code(name)));
        }
    }

    pub(super) fn if_expression(&mut self, node: Node<'t>) -> RustExprValue<'t> {
        self.state.scopes.push(RustScope::new());
        if let Some(condition) = code::field(node, "condition") {
            self.condition(condition);
        }
        let otherwise = self.fork();
        let consequence = code::field(node, "consequence");
        let first = consequence.map(|block| self.block(block));
        let then = std::mem::replace(&mut self.state, otherwise);
        let alternative = code::field(node, "alternative")
            .and_then(|clause| code::children(clause).first().copied());
        let second = alternative.map(|block| self.evaluate(block));
        let otherwise = std::mem::take(&mut self.state);
        let value = self.join_branches(vec![(first, then), (second, otherwise)]);
        self.state.scopes.pop();
        value
    }

    /// The names that a condition binds are seen by what follows it.
    fn condition(&mut self, node: Node<'t>) {
        match node.kind() {
            "let_condition" => {
                let value = code::field(node, "value").map(|value| self.place(value));
                if let (Some(pattern), Some(value)) = (code::field(node, "pattern"), value) {
                    self.bind(pattern, value);
                }
            }
            "let_chain" | "parenthesized_expression" => {
                for child in code::children(node) {
                    self.condition(child);
                }
            }
            "binary_expression" => {
                self.evaluate(node);
            }
            _ => {
                self.evaluate(node);
            }
        }
    }

    pub(super) fn match_expression(&mut self, node: Node<'t>) -> RustExprValue<'t> {
        let value = match code::field(node, "value") {
            Some(value) => self.place(value),
            None => RustExprValue::unknown("nothing"),
        };
        let arms = code::field(node, "body").map_or_else(Vec::new, code::children);
        let mut ends = Vec::new();
        let mut before = self.fork();
        for arm in arms.into_iter().filter(|arm| arm.kind() == "match_arm") {
            self.state = before;
            before = self.fork();
            self.state.scopes.push(RustScope::new());
            if let Some(pattern) = code::field(arm, "pattern") {
                if let Some(inner) = code::children(pattern).first() {
                    self.bind(*inner, value.clone());
                }
                if let Some(guard) = code::field(pattern, "condition") {
                    self.condition(guard);
                }
            }
            let result = code::field(arm, "value").map(|value| self.evaluate(value));
            self.state.scopes.pop();
            ends.push((result, std::mem::take(&mut self.state)));
        }
        if ends.is_empty() {
            self.state = before;
            return RustExprValue::unknown("nothing");
        }
        self.join_branches(ends)
    }

    /// The state and the value after branches of which one was taken.
    pub(super) fn join_branches(
        &mut self,
        ends: Vec<(Option<RustExprValue<'t>>, RustState<'t, 'm>)>,
    ) -> RustExprValue<'t> {
        const RESULT: &str = " result";
        let mut joined: Option<RustState<'t, 'm>> = None;
        for (value, mut state) in ends {
            let value = value.unwrap_or_else(|| RustExprValue::unknown("nothing"));
            let mut scope = RustScope::new();
            scope.insert(RESULT, value);
            state.scopes.push(scope);
            joined = Some(match joined {
                Some(before) => before.join(state, &mut self.fresh),
                None => state,
            });
        }
        self.state = joined.unwrap_or_default();
        let scope = self.state.scopes.pop();
        let value = scope.and_then(|mut scope| scope.remove(RESULT));
        value.unwrap_or_else(|| RustExprValue::unknown("nothing"))
    }

    pub(super) fn loop_statement(&mut self, node: Node<'t>) -> RustExprValue<'t> {
        if node.kind() == "for_expression"
            && let Some(value) = code::field(node, "value")
        {
            let value = self.evaluate(value);
            self.escape(&value, "a loop");
        }
        let body = code::field(node, "body");
        self.in_loop(&mut |reader| {
            reader.state.scopes.push(RustScope::new());
            if let Some(pattern) = code::field(node, "pattern") {
                reader.bind_unknown(pattern);
            }
            if let Some(condition) = code::field(node, "condition") {
                reader.condition(condition);
            }
            if let Some(body) = body {
                reader.block(body);
            }
            reader.state.scopes.pop();
        });
        RustExprValue::unknown("a loop")
    }

    pub(super) fn leave(&mut self, node: Node<'t>) -> RustExprValue<'t> {
        let value = code::children(node)
            .into_iter()
            .find(|child| child.kind() != "label")
            .map(|value| self.evaluate(value));
        let end = self.fork();
        match node.kind() {
            "return_expression" => {
                let value = value.unwrap_or_else(|| RustExprValue::unknown("nothing"));
                if let Some(returns) = self.returns.last_mut() {
                    returns.push((value, end));
                }
            }
            _ => {
                if let Some(ends) = self.breaks.last_mut() {
                    ends.push(end);
                }
            }
        }
        self.state.dead = true;
        RustExprValue::unknown("nothing")
    }

    /// A closure or an async block: it may run or not, once or often.
    pub(super) fn maybe(
        &mut self,
        is_async: bool,
        run: impl FnOnce(&mut Self) -> RustExprValue<'t>,
    ) -> RustExprValue<'t> {
        let before = self.fork();
        let context = self.context;
        self.context = RustCodeContext {
            is_async,
            may_be_async: !is_async && (context.is_async || context.may_be_async),
            in_loop: false,
        };
        self.returns.push(Vec::new());
        self.breaks.push(Vec::new());
        let value = run(self);
        self.breaks.pop();
        let mut ends = vec![(Some(value), std::mem::take(&mut self.state))];
        let returns = self.returns.pop().unwrap_or_default();
        ends.extend(returns.into_iter().map(|(value, state)| {
            let scopes = before.scopes.len();
            let mut state = state;
            state.scopes.truncate(scopes);
            (Some(value), state)
        }));
        for (_, state) in &mut ends {
            state.scopes.truncate(before.scopes.len());
        }
        let value = self.join_branches(ends);
        self.state.dead = false;
        self.state
            .scopes
            .resize(before.scopes.len(), RustScope::new());
        self.rejoin(before);
        self.context = context;
        value
    }

    pub(super) fn unit_value(&self) -> RustExprValue<'t> {
        RustExprValue::Plain(ConstValue::Nil)
    }
}
