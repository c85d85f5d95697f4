//! How many of a call run at once: the goroutines that reach it, as far as literal figures say.
//!
//! From the call outwards: loops of its own goroutine make it run again and again, loops around the
//! start of a goroutine make many of it, and so do the callers of the function that it stands in.
//! A call that stands in no loop is no lasting one and counts nothing.

use std::collections::BTreeSet;

use tree_sitter::Node;

use crate::extract::go::call_sites::CallSite;
use crate::extract::go::names;
use crate::extract::go::reader::GoFileReader;
use crate::extract::go::state::{GoExprValue, GoScope, GoState};
use crate::facts::cause::Cause;
use crate::facts::raw::{Concurrency, ConstValue};
use crate::knowledge::languages;
use crate::syntax::code;

/// How many functions outwards callers are followed.
const MAX_CALLERS: usize = 6;
/// How many steps outwards are taken for one call.
const MAX_STEPS: u32 = 4_000;
/// A figure that is passed on by so many callers is not followed further.
const MAX_PASSES: usize = 4;

/// A place on the way outwards.
#[derive(Clone)]
struct CallPath<'t> {
    /// It runs again and again in its goroutine.
    looped: bool,
    /// A goroutine begins on the way.
    started: bool,
    /// Factors that are parameters of the function reached: their positions.
    factors: Vec<usize>,
    /// The functions on the way.
    through: Vec<Node<'t>>,
}

impl<'t> GoFileReader<'t, '_, '_> {
    /// How many of this call, in this file, run at once.
    pub(super) fn crew_of(&mut self, node: Node<'t>) -> Concurrency {
        let state = std::mem::take(&mut self.state);
        let file = self.file;
        self.inside.push(node.id());
        self.steps_left = MAX_STEPS;
        let way = CallPath {
            looped: false,
            started: false,
            factors: Vec::new(),
            through: Vec::new(),
        };
        let crew = self.walk_callers(node, way);
        self.inside.pop();
        self.file = file;
        self.state = state;
        crew
    }

    fn walk_callers(&mut self, node: Node<'t>, mut way: CallPath<'t>) -> Concurrency {
        let mut crew = Concurrency::of(1);
        let mut at = node;
        while let Some(parent) = at.parent() {
            self.steps_left = self.steps_left.saturating_sub(1);
            if self.steps_left == 0 {
                return Concurrency::unknown(Cause::Code("code that is too far away to follow"));
            }
            match parent.kind() {
                "for_statement" if code::field(parent, "body") == Some(at) => {
                    if way.started {
                        match self.rounds(parent) {
                            Ok(rounds) => crew = crew.times(&Ok(rounds)),
                            Err(UnknownCount::Parameter(position)) => way.factors.push(position),
                            Err(UnknownCount::Unknown(reason)) => crew = crew.times(&Err(reason)),
                        }
                    } else {
                        way.looped = true;
                    }
                }
                "go_statement" => way.started = true,
                "func_literal" => match self.run_by(parent) {
                    RunBy::Here => {}
                    RunBy::Goroutine => way.started = true,
                    RunBy::Variable(name, within) => {
                        let inner = self.named_literal(name, parent, within, &way);
                        return self.multiplied(inner, &crew);
                    }
                    RunBy::Unknown(reason) => return Concurrency::unknown(reason),
                },
                "function_declaration" | "method_declaration" => {
                    let outer = self.callers(parent, way);
                    return self.multiplied(outer, &crew);
                }
                _ => {}
            }
            at = parent;
        }
        Self::end(&way, crew)
    }

    /// So many of each of those.
    fn multiplied(&self, outer: Concurrency, inner: &Concurrency) -> Concurrency {
        let count = match (&outer.count, &inner.count) {
            // What runs nowhere, or once, counts nothing however many it would start.
            (Ok(0), _) => Ok(0),
            (Ok(a), Ok(b)) => Ok(a.saturating_mul(*b)),
            // A product with one open factor is open, and any of its causes says why.
            (Err(reason), _) | (_, Err(reason)) => Err(reason.clone()),
        };
        Concurrency {
            count,
            at_least: outer.at_least.saturating_mul(inner.at_least),
            assumed: outer.assumed,
        }
    }

    /// Nothing lies further out: what is in no loop is done soon.
    fn end(way: &CallPath<'t>, crew: Concurrency) -> Concurrency {
        if !way.looped {
            return Concurrency::of(0);
        }
        if way.factors.is_empty() {
            return crew;
        }
        Concurrency::unknown(Cause::Code("a parameter"))
    }

    /// Everything in the package that calls a function, together.
    fn callers(&mut self, function: Node<'t>, mut way: CallPath<'t>) -> Concurrency {
        let Some(name) = code::field(function, "name").map(|n| self.text(n)) else {
            return Concurrency::unknown(Cause::Code("a function without a name"));
        };
        if way.through.iter().any(|f| f.id() == function.id()) {
            return Concurrency::of(0);
        }
        way.through.push(function);
        let is_method = function.kind() == "method_declaration";
        let entry = !is_method && matches!(name, "main" | "init");
        if entry {
            return Self::end(&way, Concurrency::of(1));
        }
        if way.through.len() > MAX_CALLERS {
            return Concurrency::unknown(Cause::Code("callers that are too far away to follow"));
        }
        if is_method && !self.declared.methods.contains_key(name) {
            return Concurrency::unknown(Cause::WhichCalled(name.to_owned()));
        }
        let file = self.file;
        let mut all = Concurrency::of(0);
        let mut seen = false;
        let declared = self.declared;
        for site in declared.sites.of(name).iter().copied() {
            if site.selected != is_method || self.files[site.file].parsed.is_test_file() {
                continue;
            }
            seen = true;
            self.file = site.file;
            all = all.and(self.caller(site, way.clone()));
        }
        self.file = file;
        let exported = name.starts_with(char::is_uppercase);
        if seen && !(exported && all.count == Ok(0)) {
            return all;
        }
        let mut from_elsewhere = Self::end(&way, Concurrency::of(1));
        from_elsewhere.assumed = Some(format!("that `{name}` is called once"));
        if !exported && !is_method {
            return Concurrency::unknown(Cause::CallersOf(name.to_owned()));
        }
        all.and(from_elsewhere)
    }

    /// One place that names a function: it calls it, or hands it to what starts a goroutine.
    fn caller(&mut self, site: CallSite<'t>, mut way: CallPath<'t>) -> Concurrency {
        let called = site.node.parent().filter(|p| {
            p.kind() == "call_expression" && code::field(*p, "function") == Some(site.node)
        });
        let Some(call) = called else {
            let list = site.node.parent().filter(|p| p.kind() == "argument_list");
            let starts = list
                .and_then(|list| list.parent())
                .is_some_and(|call| self.starts_goroutine(call));
            if !starts || !way.factors.is_empty() {
                return Concurrency::unknown(Cause::Code("a function passed as a value"));
            }
            way.started = true;
            return self.walk_callers(site.node, way);
        };
        let mut crew = Concurrency::of(1);
        let arguments = self.arguments(call);
        for position in std::mem::take(&mut way.factors) {
            let bound = match arguments.get(position) {
                Some(argument) => self.figure(*argument, call),
                None => Err(UnknownCount::Unknown(Cause::Code("an argument"))),
            };
            match bound {
                Ok(rounds) => crew = crew.times(&Ok(rounds)),
                Err(UnknownCount::Parameter(outer)) if way.through.len() < MAX_PASSES => {
                    way.factors.push(outer);
                }
                Err(UnknownCount::Parameter(_)) => {
                    return Concurrency::unknown(Cause::Code("a parameter"));
                }
                Err(UnknownCount::Unknown(reason)) => crew = crew.times(&Err(reason)),
            }
        }
        let outer = self.walk_callers(call, way);
        self.multiplied(outer, &crew)
    }

    /// A literal that a variable of the function holds: everything that calls it.
    fn named_literal(
        &mut self,
        name: &'t str,
        literal: Node<'t>,
        within: Node<'t>,
        way: &CallPath<'t>,
    ) -> Concurrency {
        let mut calls = Vec::new();
        let mut other = false;
        code::visit(within, |node| {
            if node.kind() != "identifier" || self.text(node) != name {
                return;
            }
            let parent = node.parent();
            let called = parent.filter(|p| {
                p.kind() == "call_expression" && code::field(*p, "function") == Some(node)
            });
            let bound = parent.is_some_and(|p| p.kind() == "expression_list")
                && parent.and_then(|p| p.parent()).is_some_and(|s| {
                    s.kind() == "short_var_declaration" && code::field(s, "left") == parent
                });
            match called {
                Some(call) if !literal.byte_range().contains(&call.start_byte()) => {
                    calls.push(call);
                }
                Some(_) => {}
                None => other |= !bound,
            }
        });
        if other || way.through.iter().any(|n| n.id() == literal.id()) {
            return Concurrency::unknown(Cause::FateOf(name.to_owned()));
        }
        let mut all = Concurrency::of(0);
        for call in calls {
            let mut way = way.clone();
            way.through.push(literal);
            all = all.and(self.walk_callers(call, way));
        }
        all
    }

    /// Who runs a function literal.
    fn run_by(&self, literal: Node<'t>) -> RunBy<'t> {
        let Some(parent) = literal.parent() else {
            return RunBy::Unknown(Cause::Code("a function literal"));
        };
        match parent.kind() {
            "call_expression" => RunBy::Here,
            "argument_list" => match parent.parent() {
                Some(call) if self.starts_goroutine(call) => RunBy::Goroutine,
                Some(call) => {
                    RunBy::Unknown(Cause::RunBy(names::quoted(self.tree(), call).source_name()))
                }
                None => RunBy::Unknown(Cause::Code("a function literal")),
            },
            "expression_list" => self.bound_to(parent, literal).map_or_else(
                || RunBy::Unknown(Cause::Code("a function literal")),
                |(name, within)| RunBy::Variable(name, within),
            ),
            _ => RunBy::Unknown(Cause::Code("a function literal")),
        }
    }

    /// The variable that a list of values gives a literal, and the block that it lives in.
    fn bound_to(&self, list: Node<'t>, literal: Node<'t>) -> Option<(&'t str, Node<'t>)> {
        let statement = list.parent()?;
        let at = code::children(list).iter().position(|n| *n == literal)?;
        let left = code::children(code::field(statement, "left")?);
        let name = left.get(at).filter(|n| n.kind() == "identifier")?;
        let within = statement.parent()?;
        (statement.kind() == "short_var_declaration").then(|| (self.text(*name), within))
    }

    /// A call that runs the function that it is given in a goroutine of its own: `group.Go(f)`.
    fn starts_goroutine(&self, call: Node<'t>) -> bool {
        let method = code::field(call, "function").and_then(|f| code::field(f, "field"));
        method.is_some_and(|method| {
            let mut starters = languages::go().into_iter().flat_map(|l| &l.goroutine);
            starters.any(|starter| starter.method == self.text(method))
        })
    }

    /// How many rounds a loop makes.
    fn rounds(&mut self, node: Node<'t>) -> Result<u64, UnknownCount> {
        let body = code::field(node, "body");
        if body.is_some_and(|body| may_leave(body)) {
            return Err(UnknownCount::unknown(Cause::Code(
                "a loop that may end early",
            )));
        }
        let clause = code::children(node)
            .into_iter()
            .find(|c| matches!(c.kind(), "for_clause" | "range_clause"));
        let Some(clause) = clause else {
            return Err(UnknownCount::unknown(Cause::Code("an endless loop")));
        };
        if clause.kind() == "range_clause" {
            let Some(over) = code::field(clause, "right") else {
                return Err(UnknownCount::unknown(Cause::Code("a loop")));
            };
            return self.figure(over, node);
        }
        self.counted(clause, node).unwrap_or_else(|| {
            Err(UnknownCount::unknown(Cause::Code(
                "a loop whose rounds are not counted",
            )))
        })
    }

    /// `for i := 0; i < n; i++`.
    fn counted(&mut self, clause: Node<'t>, node: Node<'t>) -> Option<Result<u64, UnknownCount>> {
        let first = code::field(clause, "initializer")?;
        let condition = code::field(clause, "condition")?;
        let update = code::field(clause, "update")?;
        let counter = *code::children(code::field(first, "left")?).first()?;
        let start = *code::children(code::field(first, "right")?).first()?;
        let name = self.text(counter);
        let left = code::field(condition, "left")?;
        let (left_is, right) = (self.text(left) == name, code::field(condition, "right")?);
        let stepped =
            update.kind() == "inc_statement" && self.text(*code::children(update).first()?) == name;
        let body = code::field(node, "body")?;
        if !left_is || !stepped || names::assigned(self.tree(), body).contains(name) {
            return None;
        }
        let more = match code::field(condition, "operator").map(|o| self.text(o))? {
            "<" => 0,
            "<=" => 1,
            _ => return None,
        };
        let Ok(ConstValue::Int(from)) = self.figure_of(start, node) else {
            return None;
        };
        Some(match self.figure_of(right, node) {
            Ok(ConstValue::Int(n)) => {
                Ok(u64::try_from(n.saturating_sub(from).saturating_add(more)).unwrap_or(0))
            }
            Ok(_) => Err(UnknownCount::unknown(Cause::Code(
                "a loop whose rounds are not counted",
            ))),
            Err(UnknownCount::Parameter(_)) if from != 0 || more != 0 => {
                Err(UnknownCount::unknown(Cause::Code("a parameter")))
            }
            Err(bound) => Err(bound),
        })
    }

    /// The figure that an expression stands for: a number, or how many items a list has.
    fn figure(&mut self, expression: Node<'t>, at: Node<'t>) -> Result<u64, UnknownCount> {
        match self.figure_of(expression, at)? {
            ConstValue::Int(n) => Ok(u64::try_from(n).unwrap_or(0)),
            ConstValue::List(items) => Ok(items.len() as u64),
            _ => Err(UnknownCount::unknown(Cause::Code(
                "a loop whose rounds are not counted",
            ))),
        }
    }

    /// The value of an expression of the function that holds `at`, by what is written in it alone.
    fn figure_of(
        &mut self,
        expression: Node<'t>,
        at: Node<'t>,
    ) -> Result<ConstValue, UnknownCount> {
        let function = enclosing(at);
        if expression.kind() == "identifier"
            && let Some(function) = function
        {
            let name = self.text(expression);
            let body = code::field(function, "body").unwrap_or(function);
            let changed = names::assigned(self.tree(), body).contains(name);
            if let Some(position) = self.parameter_position(function, name) {
                return match changed {
                    true => Err(UnknownCount::unknown(Cause::Expression(name.to_owned()))),
                    false => Err(UnknownCount::Parameter(position)),
                };
            }
            if let Some(value) = self.only_value(body, name) {
                return match value {
                    Some(value) if !changed => self.computed(value),
                    _ => Err(UnknownCount::unknown(Cause::Expression(name.to_owned()))),
                };
            }
        }
        self.computed(expression)
    }

    fn computed(&mut self, expression: Node<'t>) -> Result<ConstValue, UnknownCount> {
        let outer = std::mem::replace(
            &mut self.state,
            GoState {
                scopes: vec![GoScope::new()],
                ..GoState::default()
            },
        );
        let value = self.evaluate(expression);
        self.state = outer;
        match value {
            GoExprValue::Plain(ConstValue::Unknown(reason)) => Err(UnknownCount::Unknown(reason)),
            GoExprValue::Plain(folded) => Ok(folded),
            _ => Err(UnknownCount::Unknown(names::quoted(
                self.tree(),
                expression,
            ))),
        }
    }

    pub(super) fn parameter_position(&self, function: Node<'t>, name: &str) -> Option<usize> {
        let list = code::field(function, "parameters")?;
        let names = code::children(list)
            .into_iter()
            .flat_map(|p| code::fields(p, "name"));
        names
            .into_iter()
            .position(|parameter| self.text(parameter) == name)
    }

    /// The value that the function's one declaration gives a variable: none where there are several,
    /// or where it cannot be told apart.
    pub(super) fn only_value(&self, body: Node<'t>, name: &str) -> Option<Option<Node<'t>>> {
        let mut found: Option<Option<Node<'t>>> = None;
        code::visit(body, |node| {
            let (left, right) = read_declaration(node);
            let Some(at) = left.iter().position(|n| self.text(*n) == name) else {
                return;
            };
            let values = right.map_or_else(Vec::new, code::children);
            let value = values.get(at).filter(|_| values.len() == left.len());
            found = Some(match found {
                None => value.copied(),
                Some(_) => None,
            });
        });
        found
    }

    /// Whether a function declares a variable. Its body is looked through once, however many ask.
    pub(super) fn declares(&mut self, body: Node<'t>, name: &str) -> bool {
        let tree = self.tree();
        let names = self.local_names.entry(body.id()).or_insert_with(|| {
            let mut names = BTreeSet::new();
            code::visit(body, |node| {
                let (left, _) = read_declaration(node);
                names.extend(left.into_iter().map(|name| tree.text(name)));
            });
            names
        });
        names.contains(name)
    }
}

/// The names that a declaration introduces, and the list of their values.
fn read_declaration(node: Node<'_>) -> (Vec<Node<'_>>, Option<Node<'_>>) {
    let left = || code::field(node, "left").map_or_else(Vec::new, code::children);
    match node.kind() {
        "short_var_declaration" => (left(), code::field(node, "right")),
        "var_spec" | "const_spec" => (code::fields(node, "name"), code::field(node, "value")),
        "range_clause" => (left(), None),
        _ => (Vec::new(), None),
    }
}

/// Why a figure is not known here.
enum UnknownCount {
    /// It is the parameter at this position.
    Parameter(usize),
    Unknown(Cause),
}

impl UnknownCount {
    fn unknown(cause: Cause) -> Self {
        Self::Unknown(cause)
    }
}

enum RunBy<'t> {
    /// Where it stands.
    Here,
    Goroutine,
    /// The calls of this variable in this block.
    Variable(&'t str, Node<'t>),
    Unknown(Cause),
}

/// The function or the literal that a node stands in.
fn enclosing(node: Node<'_>) -> Option<Node<'_>> {
    let mut at = node;
    while let Some(parent) = at.parent() {
        if matches!(
            parent.kind(),
            "function_declaration" | "method_declaration" | "func_literal"
        ) {
            return Some(parent);
        }
        at = parent;
    }
    None
}

/// A loop's body that may leave the loop by itself, function literals apart.
fn may_leave(body: Node<'_>) -> bool {
    let mut todo = vec![body];
    while let Some(node) = todo.pop() {
        match node.kind() {
            "break_statement" | "return_statement" | "goto_statement" => return true,
            "func_literal" => {}
            _ => todo.extend(code::children(node)),
        }
    }
    false
}
