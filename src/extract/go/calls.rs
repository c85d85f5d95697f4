//! Calls: constructors and option sources of client libraries, functions of the same package, and
//! what Go's own packages compute.

use std::rc::Rc;

use tree_sitter::Node;

use crate::extract::code::fold;
use crate::extract::code::precondition::BranchDifference;
use crate::extract::go::package::{GoDeclaration, ImportedLibrary};
use crate::extract::go::reader::GoFileReader;
use crate::extract::go::short_functions::SHORT_FUNCTION;
use crate::extract::go::state::{GoExprValue, GoScope, GoState, join_heaps, join_values};
use crate::extract::go::{env_fallback, names};
use crate::facts::cause::Cause;
use crate::facts::raw::ConstValue;
use crate::knowledge::clients::model::ConstructionForm;
use crate::knowledge::languages;
use crate::syntax::code;

impl<'t, 'm> GoFileReader<'t, 'm, '_> {
    pub(super) fn call(&mut self, node: Node<'t>) -> GoExprValue<'t> {
        let Some(function) = code::field(node, "function") else {
            return GoExprValue::unknown("code that cannot be read");
        };
        match function.kind() {
            "identifier" => self.call_name(node, function),
            "selector_expression" => self.call_selector(node, function),
            "func_literal" => {
                // What is called where it stands runs there and never later: reading it as both would
                // double the work with each level.
                let value = match self.may_run(function) {
                    true => GoExprValue::Closure(function, self.file),
                    false => self.evaluate(function),
                };
                self.give_arguments(node);
                self.run_closure(&value, Vec::new())
                    .unwrap_or_else(|| self.unknown_code(node))
            }
            _ => {
                self.evaluate(function);
                self.give_arguments(node);
                self.unknown_code(node)
            }
        }
    }

    /// A call that runs at another time: what it does to its arguments cannot be known here.
    pub(super) fn call_later(&mut self, node: Node<'t>) {
        match code::field(node, "function") {
            Some(function) if node.kind() == "call_expression" => {
                self.evaluate(function);
                self.give_arguments(node);
            }
            _ => drop(self.evaluate(node)),
        }
    }

    pub(super) fn arguments(&self, node: Node<'t>) -> Vec<Node<'t>> {
        code::field(node, "arguments").map_or_else(Vec::new, code::children)
    }

    /// Arguments that go where they cannot be followed.
    pub(super) fn give_arguments(&mut self, node: Node<'t>) {
        let to = names::quote_code(self.tree(), node).in_marks();
        for argument in self.arguments(node) {
            let value = self.evaluate(argument);
            self.escape(value, &to);
        }
    }

    fn call_name(&mut self, node: Node<'t>, function: Node<'t>) -> GoExprValue<'t> {
        let name = self.text(function);
        if let Some(value) = self.state.get(name).cloned() {
            return match value {
                GoExprValue::Closure(..) => self.call_closure(node, &value),
                _ => {
                    self.give_arguments(node);
                    self.unknown_code(node)
                }
            };
        }
        let declared = self.declared;
        if let Some(function) = declared.functions.get(name) {
            return self.call_function(node, name, function);
        }
        if !declared.declares(name) {
            let dots = self.here().dots.iter();
            let mut libraries = dots.filter(|library| knows(library, name));
            if let Some(library) = libraries.next() {
                return self.library_call(node, &Rc::clone(library), name);
            }
            return self.builtin(node, name);
        }
        self.give_arguments(node);
        self.unknown_code(node)
    }

    fn call_selector(&mut self, node: Node<'t>, function: Node<'t>) -> GoExprValue<'t> {
        let parts = code::field(function, "operand").zip(code::field(function, "field"));
        let Some((operand, field)) = parts else {
            return GoExprValue::unknown("code that cannot be read");
        };
        let field = self.text(field);
        if let Some(value) = self.setting_of_key(node, field) {
            return value;
        }
        if let Some(value) = self.define_flag(node) {
            return value;
        }
        if let Some(ident) = self.free_name(operand) {
            if let Some(library) = self.here().library(ident) {
                return self.library_call(node, &Rc::clone(library), field);
            }
            if let Some(package) = self.here().other_package(ident) {
                let package = package.to_owned();
                return self.standard_call(node, &package, field);
            }
        }
        let receiver = self.evaluate(operand);
        if let GoExprValue::Options(id) = receiver
            && let Some(value) = self.convert_options(id, field)
        {
            self.give_arguments(node);
            return value;
        }
        if let GoExprValue::Options(id) = receiver
            && let Some(value) = self.setting_method(node, id, field)
        {
            return value;
        }
        let declared = self.declared;
        if let Some(method) = declared.methods.get(field)
            && self.returns_options(method)
        {
            return self.call_function(node, field, method);
        }
        self.foreign_method(node, operand, field);
        self.unknown_code(node)
    }

    fn builtin(&mut self, node: Node<'t>, name: &str) -> GoExprValue<'t> {
        let arguments = self.arguments(node);
        if name == "new"
            && let [ty] = arguments.as_slice()
            && let Some((library, option_type)) = self.option_type(*ty)
        {
            return GoExprValue::Options(self.new_object(library, option_type));
        }
        if name == "panic" {
            self.give_arguments(node);
            self.state.dead = true;
            return GoExprValue::unknown("a panic");
        }
        let values: Vec<_> = arguments
            .iter()
            .map(|a| self.evaluate(spread(*a)))
            .collect();
        if name == "append"
            && let Some(value) = self.append(node, &values)
        {
            return value;
        }
        match (name, values.as_slice()) {
            ("max" | "min", [_, ..]) => {
                let folded = values
                    .into_iter()
                    .map(|v| v.folded(Cause::Expression(name.to_owned())))
                    .collect();
                GoExprValue::Plain(fold::extreme(name, folded))
            }
            (_, [GoExprValue::Plain(value)]) => fold::convert(name, value.clone())
                .map_or_else(|| self.unknown_code(node), GoExprValue::Plain),
            _ => {
                for value in values {
                    self.escape(value, &Cause::Expression(name.to_owned()));
                }
                self.unknown_code(node)
            }
        }
    }

    /// Calls into other packages; a few of Go's own are understood.
    fn standard_call(&mut self, node: Node<'t>, package: &str, name: &str) -> GoExprValue<'t> {
        let arguments = self.arguments(node);
        let to = names::quote_code(self.tree(), node).in_marks();
        let values: Vec<_> = arguments.iter().map(|a| self.evaluate(*a)).collect();
        if let Some(function) = self.others.function(package, name)
            && self.may_run(function.node)
            && self.is_worth_running(&function)
            && !values.iter().any(tells)
        {
            let value = self.run_declared(&function, values);
            return self.name_unless_known(value, node);
        }
        let first = match values.first() {
            Some(GoExprValue::Plain(value)) => Some(value.clone()),
            _ => None,
        };
        let known = match (package, name, first) {
            ("os", "Getenv", Some(ConstValue::Text(key))) => {
                return GoExprValue::Plain(fold::from_environment(&key));
            }
            ("os", "LookupEnv", Some(ConstValue::Text(key))) => {
                let value = GoExprValue::Plain(fold::from_environment(&key));
                return GoExprValue::Several(vec![
                    value,
                    GoExprValue::Plain(env_fallback::is_set(&key)),
                ]);
            }
            _ if languages::go().is_some_and(|go| go.never_returns(package, name)) => {
                self.state.dead = true;
                None
            }
            ("time", "Duration", Some(value)) => Some(GoExprValue::Plain(fold::to_duration(value))),
            ("strconv" | "time", function, Some(text)) if env_fallback::is_parser(function) => {
                env_fallback::parse(function, text).map(GoExprValue::Several)
            }
            ("math", "Ceil" | "Floor" | "Round", Some(ConstValue::Float(n))) => {
                let rounded = match name {
                    "Ceil" => n.ceil(),
                    "Floor" => n.floor(),
                    _ => n.round(),
                };
                Some(GoExprValue::Plain(ConstValue::Float(rounded)))
            }
            _ => None,
        };
        for (value, argument) in values.into_iter().zip(&arguments) {
            self.record_wrapped(*argument, &value, package);
            self.escape(value, &to);
        }
        known.unwrap_or_else(|| self.unknown_code(node))
    }

    fn library_call(
        &mut self,
        node: Node<'t>,
        library: &Rc<ImportedLibrary<'m>>,
        name: &str,
    ) -> GoExprValue<'t> {
        let models = || library.candidates.iter().filter_map(|l| l.model());
        let constructor = models().find_map(|m| m.constructor(name));
        if let Some(constructor) = constructor.filter(|c| c.form != ConstructionForm::Literal) {
            return self.construct(node, library, constructor);
        }
        if let Some(source) = models().find_map(|m| m.option_source(name)) {
            let returns = source.returns.clone().unwrap_or_default();
            let url = source.url_arg;
            return self.option_source(node, library, (name, returns, url, source.fallible));
        }
        if let Some(setting) = self.setting_call(node, library, name) {
            return setting;
        }
        self.give_arguments(node);
        self.unknown_code(node)
    }

    /// A call of a function of this package.
    fn call_function(
        &mut self,
        node: Node<'t>,
        name: &'t str,
        function: &GoDeclaration<'t>,
    ) -> GoExprValue<'t> {
        let arguments = self.arguments(node);
        let mut values: Vec<_> = arguments.iter().map(|a| self.evaluate(*a)).collect();
        if let [GoExprValue::Several(_)] = values.as_slice()
            && let Some(GoExprValue::Several(several)) = values.pop()
        {
            values = several;
        }
        let worth = values.iter().any(tells) || self.is_worth_running(function);
        if worth && self.may_run(function.node) {
            let value = self.run_declared(function, values);
            return self.name_unless_known(value, node);
        }
        let to = Cause::Expression(name.to_owned());
        for value in values {
            self.escape(value, &to);
        }
        self.unknown_code(node)
    }

    /// A function that is short, or that gives options.
    fn is_worth_running(&self, function: &GoDeclaration<'t>) -> bool {
        function.node.byte_range().len() <= SHORT_FUNCTION || self.returns_options(function)
    }

    /// Runs a function of the tree with these arguments, if it may be run here.
    pub(super) fn run_declared(
        &mut self,
        function: &GoDeclaration<'t>,
        values: Vec<GoExprValue<'t>>,
    ) -> GoExprValue<'t> {
        if !self.may_run(function.node) {
            return GoExprValue::unknown("a function that is not followed");
        }
        self.inside.push(function.node.id());
        let file = self.go_to_file(function.file);
        let scopes = std::mem::take(&mut self.state.scopes);
        let held = std::mem::take(&mut self.values);
        let (changes, jumps) = names::changes(self.tree(), function.node);
        let changes = std::mem::replace(&mut self.last_change, changes);
        let jumps = std::mem::replace(&mut self.jumps, jumps);
        let value = self.run(function.node, values);
        (self.values, self.last_change, self.jumps) = (held, changes, jumps);
        self.state.scopes = scopes;
        self.go_to_file(file);
        self.inside.pop();
        value
    }

    fn call_closure(&mut self, node: Node<'t>, closure: &GoExprValue<'t>) -> GoExprValue<'t> {
        let arguments = self.arguments(node);
        let values: Vec<_> = arguments.iter().map(|a| self.evaluate(*a)).collect();
        let value = self.run_closure(closure, values);
        value.map_or_else(
            || self.unknown_code(node),
            |value| self.name_unless_known(value, node),
        )
    }

    pub(super) fn run_closure(
        &mut self,
        closure: &GoExprValue<'t>,
        values: Vec<GoExprValue<'t>>,
    ) -> Option<GoExprValue<'t>> {
        let GoExprValue::Closure(function, file) = *closure else {
            return None;
        };
        if file != self.file || !self.may_run(function) {
            return None;
        }
        self.inside.push(function.id());
        let scopes = self.state.scopes.clone();
        let value = self.run(function, values);
        self.state.scopes = scopes;
        self.inside.pop();
        Some(value)
    }

    /// What a call of the package gave, under the call's own name where its parts say nothing.
    fn name_unless_known(&self, value: GoExprValue<'t>, node: Node<'t>) -> GoExprValue<'t> {
        match value {
            GoExprValue::Plain(ConstValue::Unknown(reason)) if !reason.is_environment() => {
                self.unknown_code(node)
            }
            value => value,
        }
    }

    fn returns_options(&self, function: &GoDeclaration<'t>) -> bool {
        let file = &self.files[function.file];
        let Some(result) = code::field(function.node, "result") else {
            return false;
        };
        let mut found = false;
        code::visit(result, |node| {
            if matches!(node.kind(), "qualified_type" | "type_identifier") {
                found |= self.option_type_in(file, node).is_some();
            }
        });
        found
    }

    /// Runs a function's body with these arguments; what it returns, from all its ends.
    fn run(&mut self, function: Node<'t>, values: Vec<GoExprValue<'t>>) -> GoExprValue<'t> {
        self.state.scopes.push(GoScope::new());
        if let Some(list) = code::field(function, "parameters") {
            self.parameters(list);
            self.bind(list, values);
        }
        if let Some(list) = code::field(function, "result") {
            self.parameters(list);
        }
        self.returns.push(Vec::new());
        self.results.push(self.named_results(function));
        if let Some(body) = code::field(function, "body") {
            self.block(body);
        }
        self.results.pop();
        let returns = self.returns.pop().unwrap_or_default();
        self.merge(returns)
    }

    fn bind(&mut self, list: Node<'t>, values: Vec<GoExprValue<'t>>) {
        let mut values = values.into_iter();
        for parameter in code::children(list) {
            let variadic = parameter.kind() == "variadic_parameter_declaration";
            for name in code::fields(parameter, "name") {
                if variadic {
                    let name = self.text(name);
                    self.state.define(name, GoExprValue::unknown("arguments"));
                } else if let Some(value) = values.next() {
                    let ty = code::field(parameter, "type");
                    let value = self.apply_type(value, ty);
                    let pointer = ty.is_some_and(|ty| ty.kind() == "pointer_type");
                    let name = self.text(name);
                    self.hold(name, !pointer && matches!(value, GoExprValue::Options(_)));
                    self.state.define(name, value);
                }
            }
        }
        for value in values {
            self.escape(value, &Cause::Code("an argument"));
        }
    }

    fn merge(&mut self, mut returns: super::reader::ReturnedValues<'t, 'm>) -> GoExprValue<'t> {
        let fell_through = !self.state.dead;
        // First what a variable gives in all its ways, then what holds without it.
        returns.sort_by_key(|(.., needs)| needs.is_empty());
        let merged = returns
            .into_iter()
            .reduce(|(before, old, mine), (values, new, needs)| {
                let sides = BranchDifference::of(&mine, &needs);
                let mut heap = join_heaps(old, new, &sides);
                let pairs = before.into_iter().zip(values);
                let fresh = &mut self.fresh;
                let joined = pairs.map(|(a, b)| join_values(a, b, (&mut heap, &sides), fresh));
                let joined = joined.collect();
                let both = mine.intersection(&needs).cloned().collect();
                (joined, heap, both)
            });
        let Some((mut values, heap, needs)) = merged else {
            // A function that never returns ends its caller too.
            return GoExprValue::unknown("a function without a result");
        };
        let mine = std::mem::take(&mut self.state);
        let (heap, needs) = if fell_through {
            let sides = BranchDifference::of(&mine.needs, &needs);
            let both = mine.needs.intersection(&needs).cloned().collect();
            (join_heaps(mine.heap, heap, &sides), both)
        } else {
            (heap, needs)
        };
        self.state = GoState {
            scopes: mine.scopes,
            heap,
            dead: false,
            needs,
        };
        match values.len() {
            1 => values.swap_remove(0),
            _ => GoExprValue::Several(values),
        }
    }
}

/// An argument that a function may change, or look at.
fn tells(value: &GoExprValue<'_>) -> bool {
    matches!(value, GoExprValue::Options(_) | GoExprValue::Error(_))
}

/// Whether a library that is imported with a dot brings this name.
fn knows(library: &ImportedLibrary<'_>, name: &str) -> bool {
    let mut models = library.candidates.iter().filter_map(|l| l.model());
    models.any(|m| {
        m.constructor(name).is_some()
            || m.option_source(name).is_some()
            || m.setter_type(ConstructionForm::Functional, name).is_some()
    })
}

/// The value of `values...`.
pub(super) fn spread(argument: Node<'_>) -> Node<'_> {
    match argument.kind() {
        "variadic_argument" => code::children(argument)
            .first()
            .copied()
            .unwrap_or(argument),
        _ => argument,
    }
}
