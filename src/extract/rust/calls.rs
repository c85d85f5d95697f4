//! Calls: of the libraries, of functions of the package, and of what passes values on.

use tree_sitter::Node;

use crate::extract::rust::package::{ItemKind, NameMeaning, RustItem};
use crate::extract::rust::reader::{RustCodeContext, RustFileReader};
use crate::extract::rust::state::{RustExprValue, RustScope, RustState};
use crate::extract::rust::types::InferredType;
use crate::extract::rust::url_values::UrlField;
use crate::extract::rust::uses::path_of;
use crate::extract::rust::{names, standard};
use crate::facts::cause::Cause;
use crate::facts::raw::ConstValue;
use crate::knowledge::languages;
use crate::syntax::code;

/// Functions up to so many bytes are run in place whatever they return.
const SHORT_FUNCTION: usize = 4_000;

impl<'t, 'm> RustFileReader<'t, 'm, '_> {
    pub(super) fn arguments(&self, node: Node<'t>) -> Vec<Node<'t>> {
        code::field(node, "arguments").map_or_else(Vec::new, code::children)
    }

    /// The values of arguments; what is passed by reference may be changed by the callee.
    pub(super) fn evaluate_arguments(&mut self, arguments: &[Node<'t>]) -> Vec<RustExprValue<'t>> {
        arguments.iter().map(|a| self.value_of(*a)).collect()
    }

    pub(super) fn give_away(
        &mut self,
        arguments: &[Node<'t>],
        values: &[RustExprValue<'t>],
        to: &str,
    ) {
        for (argument, value) in arguments.iter().zip(values) {
            let shared = argument.kind() == "reference_expression"
                && !self.text(*argument).starts_with("&mut");
            if !shared {
                self.escape(value, to);
            }
        }
    }

    pub(super) fn call(&mut self, node: Node<'t>) -> RustExprValue<'t> {
        let Some(mut function) = code::field(node, "function") else {
            return self.unknown_code(node);
        };
        let mut generic = None;
        if function.kind() == "generic_function" {
            generic = Some(function);
            function = code::field(function, "function").unwrap_or(function);
        }
        match function.kind() {
            "field_expression" => self.method(node, function),
            "identifier" | "scoped_identifier" => self.path_call(node, function, generic),
            _ => {
                let value = self.evaluate(function);
                let values = self.evaluate_arguments(&self.arguments(node));
                let result = self.run_closure(&value, values);
                result.unwrap_or_else(|| self.unknown_code(node))
            }
        }
    }

    fn path_call(
        &mut self,
        node: Node<'t>,
        function: Node<'t>,
        generic: Option<Node<'t>>,
    ) -> RustExprValue<'t> {
        let path = path_of(function, self.tree());
        let arguments = self.arguments(node);
        if let [name] = path.as_slice()
            && let Some(held) = self.state.get(name).cloned()
        {
            let values = self.evaluate_arguments(&arguments);
            let result = self.run_closure(&held, values);
            return result.unwrap_or_else(|| self.unknown_code(node));
        }
        match (path.last().map(String::as_str), path.len()) {
            (Some("Some"), 1) | (Some("Some"), 2) if arguments.len() == 1 => {
                return RustExprValue::Wrapped(Box::new(self.value_of(arguments[0])));
            }
            (Some("Ok"), 1) if arguments.len() == 1 => return self.value_of(arguments[0]),
            (Some("default"), 2) if path[0] == "Default" => return RustExprValue::Default,
            _ => {}
        }
        if let [ty, name] = path.as_slice()
            && ty == "Self"
            && let Some(own) = self.own_type
        {
            return match self.declared.member(own, name) {
                Some(item) => self.own_call(node, item),
                None => self.any_call(node),
            };
        }
        if let Some((name, ty)) = path.split_last()
            && let Some(library) = self.library_of(ty)
        {
            return self.library_function(node, (library, name), (function, generic));
        }
        match self.meaning(&path) {
            Some(NameMeaning::Own(item, rest)) => self.own_path_call(node, item, &rest),
            Some(NameMeaning::Other(path)) => self.other_call(node, &path),
            None => self.any_call(node),
        }
    }

    /// The library's type that a path names, aliases of the package included.
    fn library_of(&self, path: &[String]) -> Option<&'m str> {
        if path.is_empty() {
            return None;
        }
        if let Some(ty) = self.library_type(path) {
            return Some(ty);
        }
        match self.meaning(path)? {
            NameMeaning::Own(item, rest) if rest.is_empty() && item.kind == ItemKind::Alias => {
                let aliased = code::field(item.node, "type")?;
                match self.alias_type(aliased, &item)? {
                    InferredType::Library(name) => Some(name),
                    InferredType::Own(_) => None,
                }
            }
            _ => None,
        }
    }

    fn own_path_call(
        &mut self,
        node: Node<'t>,
        item: RustItem<'t>,
        rest: &[String],
    ) -> RustExprValue<'t> {
        match (item.kind, rest) {
            (ItemKind::Function, []) => self.own_call(node, item),
            (ItemKind::Type, [name]) => {
                let ty = code::field(item.node, "name");
                let ty = ty.map(|ty| self.files[item.file].tree.text(ty));
                match ty.and_then(|ty| self.declared.member(ty, name)) {
                    Some(member) => self.own_call(node, member),
                    None => {
                        self.any_call(node);
                        RustExprValue::Own(item)
                    }
                }
            }
            (ItemKind::Type, []) => {
                self.any_call(node);
                RustExprValue::Own(item)
            }
            _ => self.any_call(node),
        }
    }

    /// A call of something that is not known.
    pub(super) fn any_call(&mut self, node: Node<'t>) -> RustExprValue<'t> {
        let arguments = self.arguments(node);
        let values = self.evaluate_arguments(&arguments);
        self.give_away(&arguments, &values, "a call");
        self.unknown_code(node)
    }

    /// A call into another crate that no model knows; a few of the standard library's are understood.
    fn other_call(&mut self, node: Node<'t>, path: &[String]) -> RustExprValue<'t> {
        let arguments = self.arguments(node);
        let context = self.context;
        let rust = languages::rust();
        let starter = rust.and_then(|rust| rust.starter(path.last()?));
        if starter.is_some_and(|starter| starter.may_wait) {
            self.context = RustCodeContext::default();
        }
        let mut values = self.evaluate_arguments(&arguments);
        self.context = context;
        if let Some(model) = self.index.url_value(path) {
            let given = values.into_iter().zip(&arguments).enumerate();
            let fields = given.map(|(at, (value, node))| UrlField {
                name: at.to_string(),
                value,
                at: *node,
            });
            return self.url_value(model, None, fields.collect());
        }
        if rust.is_some_and(|rust| rust.wraps(path)) && values.len() == 1 {
            let value = values.remove(0);
            return match value.object() {
                Some(id) if !self.is_handle(id) => {
                    self.escape(&RustExprValue::Ref(id), "shared");
                    RustExprValue::Object(id)
                }
                _ => value,
            };
        }
        let folded: Vec<ConstValue> = arguments
            .iter()
            .zip(&values)
            .map(|(node, value)| value.clone().fold(names::quote_code(self.tree(), *node)).0)
            .collect();
        if let Some(known) = standard::function(path, &folded) {
            return RustExprValue::Plain(known);
        }
        self.give_away(&arguments, &values, "a call");
        // The body of a cell that is filled once is what the cell holds.
        if let [.., ty, name] = path
            && ty.contains("Lazy")
            && name == "new"
            && let Some(closure) = values.first()
        {
            let value = self.run_closure(&closure.clone(), Vec::new());
            return value.unwrap_or_else(|| self.unknown_code(node));
        }
        self.unknown_code(node)
    }

    /// A call of a function of the package: run in place where that can tell something.
    fn own_call(&mut self, node: Node<'t>, item: RustItem<'t>) -> RustExprValue<'t> {
        let arguments = self.arguments(node);
        let values = self.evaluate_arguments(&arguments);
        self.own_call_with(node, item, (&arguments, values))
    }

    pub(super) fn own_call_with(
        &mut self,
        node: Node<'t>,
        item: RustItem<'t>,
        (arguments, values): (&[Node<'t>], Vec<RustExprValue<'t>>),
    ) -> RustExprValue<'t> {
        let quoted = names::quote_code(self.tree(), node);
        let result = code::field(item.node, "return_type");
        let short = item.node.byte_range().len() <= SHORT_FUNCTION;
        let has_object = values.iter().any(|v| v.object().is_some());
        let value = if (short || has_object) && self.may_run(item.node) {
            self.run(item, values)
        } else {
            self.give_away(arguments, &values, "a call");
            RustExprValue::unknown("a call")
        };
        match value {
            RustExprValue::Plain(ConstValue::Unknown(reason)) if !reason.is_environment() => {
                match result {
                    Some(ty) => {
                        self.elsewhere(item.file, item.module, |reader| reader.of_type(ty, quoted))
                    }
                    None => RustExprValue::Plain(ConstValue::Unknown(quoted)),
                }
            }
            value => value,
        }
    }

    /// Runs a function's body with these arguments; what it returns, from all its ends.
    fn run(&mut self, item: RustItem<'t>, values: Vec<RustExprValue<'t>>) -> RustExprValue<'t> {
        let Some(body) = code::field(item.node, "body") else {
            return RustExprValue::unknown("a call");
        };
        self.inside.push(item.node.id());
        let scopes = std::mem::replace(&mut self.state.scopes, vec![RustScope::new()]);
        let own_type = self.own_type;
        let value = self.elsewhere(item.file, item.module, |reader| {
            reader.own_type = reader.type_of_member(item.node).or(own_type);
            reader.parameters(item.node, &mut values.into_iter());
            reader.returns.push(Vec::new());
            let value = reader.block(body);
            let mut ends = vec![(Some(value), std::mem::take(&mut reader.state))];
            for (value, mut state) in reader.returns.pop().unwrap_or_default() {
                state.scopes.truncate(1);
                ends.push((
                    Some(value),
                    RustState {
                        dead: false,
                        ..state
                    },
                ));
            }
            reader.join_branches(ends)
        });
        self.own_type = own_type;
        self.state.scopes = scopes;
        self.inside.pop();
        value
    }

    /// The name of the type whose `impl` block holds a function.
    fn type_of_member(&self, function: Node<'t>) -> Option<&'t str> {
        let block = function.parent()?.parent()?;
        if block.kind() != "impl_item" {
            return None;
        }
        names::type_name(code::field(block, "type")?, self.tree())
    }

    fn alias_type(&self, ty: Node<'t>, item: &RustItem<'t>) -> Option<InferredType<'t, 'm>> {
        self.ty_at(ty, item.file, item.module)
    }

    /// An unknown part of a value: why.
    pub(super) fn reason_of(&self, value: &RustExprValue<'t>) -> Cause {
        match value {
            RustExprValue::Plain(ConstValue::Unknown(reason)) => reason.clone(),
            _ => Cause::Code("a value that is not followed"),
        }
    }
}
