//! Reads the functions of one package: an abstract run, statement by statement, that knows values of
//! library types and constants and calls everything else unknown.
//!
//! Every function is run once, with parameters of which only the type is known; a call of a function
//! of the same package is run in place, so that factories are seen through. The run is bounded: loops
//! run twice, and running in place costs fuel.

use std::ops::Range;

use tree_sitter::Node;

use crate::extract::code::branches::LeavingBranches;
use crate::extract::rust::names;
use crate::extract::rust::package::{
    ItemKind, NameMeaning, ParsedRustFile, RustItem, RustPackageItems, RustPath,
};
use crate::extract::rust::state::{
    RustExprValue, RustObjectId, RustOptionsObject, RustScope, RustState,
};
use crate::extract::rust::uses::uses_of;
use crate::facts::cause::Cause;
use crate::facts::raw::{ConstValue, RawClient};
use crate::knowledge::clients::rust::RustIndex;
use crate::source::Span;
use crate::syntax::code::{self, CodeTree};

/// Deeper nesting than any person writes: what lies below is unknown.
const MAX_DEPTH: u32 = 90;
/// How many parts that are not followed are remembered.
const MOST_SKIPPED: usize = 64;
/// How many functions deep calls are run in place.
const MAX_INLINE: usize = 4;
/// How many statements are run in place for one function.
const INLINE_STATEMENTS: u32 = 2_000;
/// How many variables may be copied at branches, for a file and for each of its bytes: what keeps
/// the run linear whatever the text is.
const COPIES: usize = 100_000;
const COPIES_PER_BYTE: usize = 3;
/// How deep loops are run twice.
const MAX_LOOPS: u32 = 2;

/// Where the code being read stands.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RustCodeContext {
    pub(super) is_async: bool,
    /// In a closure inside such code: who runs it, and where, is not known.
    pub(super) may_be_async: bool,
    pub(super) in_loop: bool,
}

pub(super) struct RustFileReader<'t, 'm, 'p> {
    pub(super) files: &'t [ParsedRustFile],
    pub(super) declared: &'p RustPackageItems<'t>,
    pub(super) index: &'p RustIndex<'m>,
    /// The file and the module whose code is being read.
    pub(super) file: usize,
    pub(super) module: usize,
    pub(super) state: RustState<'t, 'm>,
    pub(super) found: Vec<RawClient>,
    /// Pools that a function builds for its caller, who alone says what they hold.
    pub(super) found_for_caller: Vec<RawClient>,
    pub(super) secrets: Vec<Span>,
    /// Calls that take a connection in asynchronous code and block, by library.
    pub(super) blocking: Vec<(String, (Span, bool))>,
    pub(super) function: Option<String>,
    /// The type of the `impl` block being read.
    pub(super) own_type: Option<&'t str>,
    pub(super) context: RustCodeContext,
    pub(super) fresh: RustObjectId,
    /// Functions and constants that are being run in place.
    pub(super) inside: Vec<usize>,
    /// What the functions being run have returned so far, innermost last.
    pub(super) returns: Vec<Vec<(RustExprValue<'t>, RustState<'t, 'm>)>>,
    /// The states at the ends of loops being run.
    pub(super) breaks: Vec<Vec<RustState<'t, 'm>>>,
    /// Types that the value being computed is declared with, innermost last.
    pub(super) expected: Vec<Node<'t>>,
    /// `use` declarations in the open blocks.
    pub(super) local_uses: Vec<(String, RustPath)>,
    /// What is found is not noted: it was, or will be.
    pub(super) quiet: u32,
    /// Parts of the file that are not followed, by their bytes.
    pub(super) skipped: Vec<Range<usize>>,
    loops: u32,
    depth: u32,
    fuel: u32,
    copies_left: usize,
    pub(super) leaving: LeavingBranches,
}

impl<'t, 'm, 'p> RustFileReader<'t, 'm, 'p> {
    pub(super) fn new(
        files: &'t [ParsedRustFile],
        declared: &'p RustPackageItems<'t>,
        index: &'p RustIndex<'m>,
        file: usize,
    ) -> Self {
        let text = files[file].tree.excerpt().text();
        Self {
            files,
            declared,
            index,
            file,
            module: declared
                .module_number(&files[file].module)
                .unwrap_or_default(),
            state: RustState::default(),
            found: Vec::new(),
            found_for_caller: Vec::new(),
            secrets: Vec::new(),
            blocking: Vec::new(),
            function: None,
            own_type: None,
            context: RustCodeContext::default(),
            fresh: 0,
            inside: Vec::new(),
            returns: Vec::new(),
            breaks: Vec::new(),
            expected: Vec::new(),
            local_uses: Vec::new(),
            quiet: 0,
            skipped: Vec::new(),
            loops: 0,
            depth: 0,
            fuel: INLINE_STATEMENTS,
            copies_left: COPIES + COPIES_PER_BYTE * text.len(),
            leaving: LeavingBranches::default(),
        }
    }

    pub(super) fn tree(&self) -> &'t CodeTree {
        &self.files[self.file].tree
    }

    pub(super) fn text(&self, node: Node<'t>) -> &'t str {
        self.tree().text(node)
    }

    /// Reads everything in the file that may build a client.
    pub(super) fn read_file(mut self) -> Self {
        if let Some(root) = self.tree().root() {
            self.items(root);
        }
        self
    }

    /// The items of a file or an inner module; what stands beside them is a fragment's.
    fn items(&mut self, node: Node<'t>) {
        let mut statements = Vec::new();
        for child in names::outside_tests(node, self.tree()) {
            match child.kind() {
                "function_item" => self.read_function(child),
                "impl_item" => self.implementation(child),
                "trait_item" => self.trait_body(child),
                "mod_item" => self.inner_module(child),
                "static_item" | "const_item" => self.initialiser(child),
                "ERROR" => self.items(child),
                kind if names::is_declaration(kind) => {}
                _ => statements.push(child),
            }
        }
        if !statements.is_empty() {
            self.enter(|reader| {
                for statement in statements {
                    reader.statement(statement);
                }
            });
        }
    }

    fn inner_module(&mut self, node: Node<'t>) {
        let (Some(name), Some(body)) = (code::field(node, "name"), code::field(node, "body"))
        else {
            return;
        };
        let mut path = self.declared.modules[self.module].path.clone();
        path.push(self.text(name).to_owned());
        let Some(inner) = self.declared.module_number(&path) else {
            return;
        };
        if !self.descend() {
            self.skip(node.byte_range());
            return self.ascend();
        }
        let outer = std::mem::replace(&mut self.module, inner);
        self.items(body);
        self.module = outer;
        self.ascend();
    }

    fn implementation(&mut self, node: Node<'t>) {
        let ty = code::field(node, "type").and_then(|ty| names::type_name(ty, self.tree()));
        let outer = std::mem::replace(&mut self.own_type, ty);
        self.trait_body(node);
        self.own_type = outer;
    }

    fn trait_body(&mut self, node: Node<'t>) {
        let tree = self.tree();
        let body = code::field(node, "body");
        for member in body.map_or_else(Vec::new, |body| names::outside_tests(body, tree)) {
            match member.kind() {
                "function_item" => self.read_function(member),
                "const_item" => self.initialiser(member),
                _ => {}
            }
        }
    }

    fn initialiser(&mut self, node: Node<'t>) {
        let Some(value) = code::field(node, "value") else {
            return;
        };
        self.function = code::field(node, "name").map(|name| self.text(name).to_owned());
        self.enter(|reader| {
            reader.evaluate(value);
        });
        self.function = None;
    }

    /// Runs something with nothing known before it.
    fn enter(&mut self, run: impl FnOnce(&mut Self)) {
        let outer = std::mem::take(&mut self.state);
        let uses = self.local_uses.len();
        self.state.scopes.push(RustScope::new());
        self.returns.clear();
        self.breaks.clear();
        self.fuel = INLINE_STATEMENTS;
        self.context = RustCodeContext::default();
        run(self);
        self.local_uses.truncate(uses);
        self.state = outer;
    }

    fn read_function(&mut self, node: Node<'t>) {
        let Some(body) = code::field(node, "body") else {
            return;
        };
        let name = code::field(node, "name").map(|name| self.text(name));
        let outer = self.function.take();
        self.function = name.map(|name| match self.own_type {
            Some(ty) => format!("{ty}::{name}"),
            None => name.to_owned(),
        });
        let expected = code::field(node, "return_type");
        self.enter(|reader| {
            reader.context.is_async = names::is_async(node, reader.tree());
            reader.parameters(node, &mut Vec::new().into_iter());
            reader.expected.extend(expected);
            reader.returns.push(Vec::new());
            reader.block(body);
            reader.returns.pop();
            reader.expected.clear();
        });
        self.function = outer;
    }

    /// Binds the parameters of a function: to the values given, else to what their types say.
    pub(super) fn parameters(
        &mut self,
        function: Node<'t>,
        values: &mut dyn Iterator<Item = RustExprValue<'t>>,
    ) {
        let list = code::field(function, "parameters").map_or_else(Vec::new, code::children);
        for parameter in list {
            if parameter.kind() == "self_parameter" {
                let given = values.next();
                let own = || self.own_type.and_then(|ty| self.own_type_item(ty));
                let changes = self.text(parameter).contains("mut");
                let given = given.map(|v| if changes { v.changeable() } else { v });
                let value = given.or_else(|| own().map(RustExprValue::Own));
                self.state.define(
                    "self",
                    value.unwrap_or_else(|| {
                        RustExprValue::Plain(ConstValue::Unknown(Cause::Expression(
                            "self".to_owned(),
                        )))
                    }),
                );
                continue;
            }
            let (pattern, ty) = match code::field(parameter, "pattern") {
                Some(pattern) => (pattern, code::field(parameter, "type")),
                None => (parameter, None),
            };
            let value = match (values.next(), ty) {
                (Some(value), Some(ty)) if self.text(ty).starts_with("&mut") => {
                    self.apply_type(value.changeable(), ty)
                }
                (Some(value), Some(ty)) => self.apply_type(value, ty),
                (Some(value), None) => value,
                (None, Some(ty)) => self.of_type(ty, names::quote_code(self.tree(), pattern)),
                (None, None) => RustExprValue::Plain(ConstValue::Unknown(names::quote_code(
                    self.tree(),
                    pattern,
                ))),
            };
            self.bind(pattern, value);
        }
    }

    /// A type of the package by its bare name, as this module sees it.
    pub(super) fn own_type_item(&self, name: &str) -> Option<RustItem<'t>> {
        match self.declared.meaning(&[name.to_owned()], self.module)? {
            NameMeaning::Own(item, rest) if rest.is_empty() && item.kind == ItemKind::Type => {
                Some(item)
            }
            _ => None,
        }
    }

    /// What a path means here: local `use` declarations first.
    pub(super) fn meaning(&self, path: &[String]) -> Option<NameMeaning<'t>> {
        let first = path.first()?;
        if let Some((_, target)) = self.local_uses.iter().rev().find(|(name, _)| name == first) {
            let whole = [target, &path[1..]].concat();
            if target.first() == Some(first) {
                return Some(NameMeaning::Other(whole));
            }
            return self.declared.meaning(&whole, self.module);
        }
        self.declared.meaning(path, self.module)
    }

    pub(super) fn use_here(&mut self, node: Node<'t>) {
        self.local_uses.extend(uses_of(node, self.tree()).0);
    }

    /// What is found now is to be noted.
    pub(super) fn records(&self) -> bool {
        self.inside.is_empty() && self.quiet == 0 && !self.state.dead
    }

    /// A function is run in place for its caller, which is being read.
    pub(super) fn records_for_caller(&self) -> bool {
        self.inside.len() == 1 && self.quiet == 0 && !self.state.dead
    }

    /// Counts one level of nesting; says whether there may be one more.
    pub(super) fn descend(&mut self) -> bool {
        self.depth += 1;
        self.depth <= MAX_DEPTH
    }

    pub(super) fn ascend(&mut self) {
        self.depth -= 1;
    }

    /// Whether this function may be run in place once more.
    pub(super) fn may_run(&self, node: Node<'t>) -> bool {
        self.fuel > 0 && self.inside.len() < MAX_INLINE && !self.inside.contains(&node.id())
    }

    pub(super) fn burn(&mut self) {
        if !self.inside.is_empty() {
            self.fuel = self.fuel.saturating_sub(1);
        }
    }

    /// A copy of the state for another branch. Where too much was copied the function is read no
    /// further.
    pub(super) fn fork(&mut self) -> RustState<'t, 'm> {
        match self.copies_left.checked_sub(1 + self.state.size()) {
            Some(left) => {
                self.copies_left = left;
                self.state.clone()
            }
            None => {
                self.skip(0..self.tree().excerpt().text().len());
                self.state = RustState {
                    scopes: self.state.scopes.iter().map(|_| RustScope::new()).collect(),
                    dead: true,
                    ..RustState::default()
                };
                self.state.clone()
            }
        }
    }

    /// A part of the code is not followed; a few of them are remembered.
    pub(super) fn skip(&mut self, part: Range<usize>) {
        if self.inside.is_empty() && self.skipped.len() < MOST_SKIPPED {
            self.skipped.push(part);
        }
    }

    /// The state after something that may have run or not.
    pub(super) fn rejoin(&mut self, other: RustState<'t, 'm>) {
        let mine = std::mem::take(&mut self.state);
        self.state = mine.join(other, &mut self.fresh);
    }

    /// Runs a loop's body: once to see what it changes, and once with that.
    pub(super) fn in_loop(&mut self, run: &mut dyn FnMut(&mut Self)) {
        let context = self.context;
        self.context.in_loop = true;
        if self.loops < MAX_LOOPS {
            self.loops += 1;
            self.quiet += 1;
            self.one_round(run);
            self.quiet -= 1;
            self.one_round(run);
            self.loops -= 1;
        } else {
            self.forget();
            self.one_round(run);
        }
        self.context = context;
    }

    fn one_round(&mut self, run: &mut dyn FnMut(&mut Self)) {
        let before = self.fork();
        self.breaks.push(Vec::new());
        run(self);
        self.rejoin(before);
        for end in self.breaks.pop().unwrap_or_default() {
            self.rejoin(RustState { dead: false, ..end });
        }
    }

    /// Nothing that may change is known any more.
    fn forget(&mut self) {
        let reason = Cause::Code("a loop");
        for object in self.state.heap.values_mut() {
            object.invalidate(&reason);
        }
        for value in self.state.scopes.iter_mut().flat_map(RustScope::values_mut) {
            if let RustExprValue::Plain(folded) = value {
                *folded = ConstValue::Unknown(reason.clone());
            }
        }
    }

    pub(super) fn new_object(&mut self, object: RustOptionsObject<'m>) -> RustObjectId {
        self.fresh += 1;
        self.state.heap.insert(self.fresh, object);
        self.fresh
    }

    /// A copy of a value with all that belongs to it.
    pub(super) fn copy(&mut self, id: RustObjectId) -> RustObjectId {
        let Some(mut object) = self.state.heap.get(&id).cloned() else {
            return id;
        };
        if self.descend() {
            let parts = std::mem::take(&mut object.parts);
            object.parts = parts
                .into_iter()
                .map(|(ident, part)| (ident, self.copy(part)))
                .collect();
        }
        self.ascend();
        self.new_object(object)
    }

    /// What this code refers to may be changed by somebody else from here on.
    pub(super) fn escape(&mut self, value: &RustExprValue<'t>, to: &str) {
        match value {
            RustExprValue::Ref(id) => {
                let reason = Cause::Expression(to.to_owned());
                let mut todo = vec![*id];
                while let Some(id) = todo.pop() {
                    if let Some(object) = self.state.heap.get_mut(&id) {
                        object.invalidate(&reason);
                        todo.extend(object.parts.values());
                    }
                }
            }
            RustExprValue::Wrapped(inner) => self.escape(inner, to),
            RustExprValue::Tuple(items) => items.iter().for_each(|item| self.escape(item, to)),
            _ => {}
        }
    }
}
