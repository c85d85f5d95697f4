//! How many of a call run at once: the tasks and threads that reach it, as far as literal figures
//! say. From the call outwards, as in Go: loops of its own task make it run again and again, loops
//! around the start of a task make many of it, and so do the callers of its function.

use std::collections::BTreeMap;

use tree_sitter::Node;

use crate::extract::rust::package::{ParsedRustFile, outside_tests};
use crate::extract::rust::waiting::{figure, find_callee};
use crate::extract::rust::{names, standard};
use crate::facts::cause::Cause;
use crate::facts::raw::Concurrency;
use crate::syntax::code::{self, CodeTree};

/// How many functions outwards callers are followed.
const MAX_CALLERS: usize = 6;
/// How many steps outwards are taken for one call.
const MAX_STEPS: u32 = 2_000;

/// Where the functions of a package are called.
pub(super) struct FunctionCallers<'t> {
    parsed: &'t [ParsedRustFile],
    sites: BTreeMap<&'t str, Vec<(usize, Node<'t>)>>,
    /// How many functions have a name.
    functions: BTreeMap<&'t str, usize>,
    steps_left: u32,
}

#[derive(Clone)]
struct RustCallPath {
    looped: bool,
    started: bool,
    through: Vec<usize>,
}

impl<'t> FunctionCallers<'t> {
    pub(super) fn new(parsed: &'t [ParsedRustFile]) -> Self {
        let mut crews = Self {
            parsed,
            sites: BTreeMap::new(),
            functions: BTreeMap::new(),
            steps_left: 0,
        };
        for (at, file) in parsed.iter().enumerate() {
            crews.read(at, &file.tree);
        }
        crews
    }

    fn read(&mut self, at: usize, tree: &'t CodeTree) {
        let mut todo: Vec<Node<'t>> = tree.root().into_iter().collect();
        while let Some(node) = todo.pop() {
            match node.kind() {
                "call_expression" => {
                    if let Some(name) = find_callee(node, tree) {
                        self.sites.entry(name).or_default().push((at, node));
                    }
                }
                "function_item" => {
                    if let Some(name) = code::field(node, "name") {
                        *self.functions.entry(tree.text(name)).or_default() += 1;
                    }
                }
                _ => {}
            }
            match node.kind() {
                "source_file" | "declaration_list" => todo.extend(outside_tests(node, tree)),
                _ => todo.extend(code::children(node)),
            }
        }
    }

    /// How many of this call run at once.
    pub(super) fn of(
        &mut self,
        node: Node<'t>,
        file: usize,
        constants: &BTreeMap<&'t str, Option<f64>>,
    ) -> Concurrency {
        self.steps_left = MAX_STEPS;
        let way = RustCallPath {
            looped: false,
            started: false,
            through: Vec::new(),
        };
        self.walk_callers(node, file, way, constants)
    }

    fn walk_callers(
        &mut self,
        node: Node<'t>,
        file: usize,
        mut way: RustCallPath,
        constants: &BTreeMap<&'t str, Option<f64>>,
    ) -> Concurrency {
        let tree = &self.parsed[file].tree;
        let mut crew = Concurrency::of(1);
        let mut at = node;
        while let Some(parent) = at.parent() {
            self.steps_left = self.steps_left.saturating_sub(1);
            if self.steps_left == 0 {
                return Concurrency::unknown(Cause::Code("code that is too far away to follow"));
            }
            match parent.kind() {
                "for_expression" | "loop_expression" | "while_expression"
                    if code::field(parent, "body") == Some(at) =>
                {
                    if way.started {
                        let over = code::field(parent, "value");
                        crew = crew.times(&rounds(over, tree, constants));
                    } else {
                        way.looped = true;
                    }
                }
                "arguments" => {
                    let call = parent.parent().filter(|p| p.kind() == "call_expression");
                    let name = call.and_then(|call| find_callee(call, tree)).unwrap_or("");
                    let given = matches!(at.kind(), "closure_expression");
                    if standard::runs_beside(name) {
                        way.started = true;
                    } else if given && standard::runs_for_each(name) {
                        let over = call
                            .and_then(|call| code::field(call, "function"))
                            .and_then(|function| code::field(function, "value"));
                        if way.started {
                            crew = crew.times(&rounds(over, tree, constants));
                        }
                    } else if given {
                        return Concurrency::unknown(Cause::RunBy(name.to_owned()));
                    }
                }
                "function_item" => {
                    let outer = self.callers(parent, file, way, constants);
                    return outer.product(&crew);
                }
                _ => {}
            }
            at = parent;
        }
        end(&way, crew)
    }

    fn callers(
        &mut self,
        function: Node<'t>,
        file: usize,
        mut way: RustCallPath,
        constants: &BTreeMap<&'t str, Option<f64>>,
    ) -> Concurrency {
        let tree = &self.parsed[file].tree;
        let Some(name) = code::field(function, "name").map(|n| tree.text(n)) else {
            return Concurrency::unknown(Cause::Code("a function without a name"));
        };
        if name == "main" {
            return end(&way, Concurrency::of(1));
        }
        if way.through.contains(&function.id()) {
            return Concurrency::of(0);
        }
        if way.through.len() >= MAX_CALLERS || self.functions.get(name).is_none_or(|n| *n > 1) {
            return Concurrency::unknown(Cause::CallersOf(name.to_owned()));
        }
        way.through.push(function.id());
        let sites = self.sites.get(name).cloned().unwrap_or_default();
        if sites.is_empty() {
            let public = tree.text(function).starts_with("pub");
            if !public {
                return Concurrency::unknown(Cause::CallersOf(name.to_owned()));
            }
            let mut once = end(&way, Concurrency::of(1));
            once.assumed = Some(format!("that `{name}` is called once"));
            return once;
        }
        let mut all = Concurrency::of(0);
        for (file, call) in sites {
            all = all.and(self.walk_callers(call, file, way.clone(), constants));
        }
        all
    }
}

/// What is in no loop is done soon.
fn end(way: &RustCallPath, crew: Concurrency) -> Concurrency {
    if way.looped { crew } else { Concurrency::of(0) }
}

/// How many rounds a loop over this makes; without anything to go over it has no end.
fn rounds(
    over: Option<Node<'_>>,
    tree: &CodeTree,
    constants: &BTreeMap<&str, Option<f64>>,
) -> Result<u64, Cause> {
    let Some(mut over) = over else {
        return Err(Cause::Code("an endless loop"));
    };
    while matches!(
        over.kind(),
        "parenthesized_expression" | "reference_expression"
    ) {
        match code::children(over).first() {
            Some(inner) => over = *inner,
            None => break,
        }
    }
    let reason = || names::quote_code(tree, over).in_marks();
    match over.kind() {
        "array_expression" => Ok(code::children(over).len() as u64),
        "range_expression" => {
            let ends = code::children(over);
            let [from, to] = ends.as_slice() else {
                return Err(reason());
            };
            let figures = figure(*from, tree, constants).zip(figure(*to, tree, constants));
            let (from, to) = figures.ok_or_else(|| names::quote_code(tree, *to).in_marks())?;
            let one_more = if tree.text(over).contains("..=") {
                1.0
            } else {
                0.0
            };
            Ok((to - from + one_more).max(0.0) as u64)
        }
        _ => Err(reason()),
    }
}
