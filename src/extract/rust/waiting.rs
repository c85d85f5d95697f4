//! Calls that wait at the server, by their names in files that name a library: how long each waits
//! at most, and (`crews`) how many of it run at once. Types are not followed here.

use std::collections::BTreeMap;

use tree_sitter::Node;

use crate::extract::code::waiting::{longest_of_call, longest_of_command};
use crate::extract::rust::concurrency::FunctionCallers;
use crate::extract::rust::names;
use crate::extract::rust::package::{ParsedRustFile, outside_tests};
use crate::facts::cause::Cause;
use crate::facts::raw::{ConstValue, LongestWait, RawWait, SourceLanguage};
use crate::knowledge::clients::usage::{BlockingModel, HeldResource, NamedCommandCall};
use crate::knowledge::clients::{ClientModels, LibraryModel};
use crate::knowledge::servers::waiting::{self, WaitPurpose, WaitingCommand};
use crate::source::{Span, path};
use crate::syntax::code::{self, CodeGrammar, CodeTree};

/// The waiting calls of one package.
pub(super) fn read(parsed: &[ParsedRustFile], models: &ClientModels) -> Vec<RawWait> {
    let needles = models.needles(SourceLanguage::Rust);
    let worth = |file: &ParsedRustFile| {
        needles.is_some_and(|n| n.waiting.is_in(file.tree.excerpt().text()))
    };
    if !parsed.iter().any(worth) {
        return Vec::new();
    }
    let named = |library: &&LibraryModel| {
        let mut packages = library.client_packages();
        packages.any(|p| {
            let texts = parsed.iter().map(|file| file.tree.excerpt().text());
            texts.into_iter().any(|text| text.contains(&p.import_path))
        })
    };
    let mut reader = WaitingCalls {
        libraries: models
            .of_language(SourceLanguage::Rust)
            .filter(named)
            .collect(),
        crews: FunctionCallers::new(parsed),
        constants: constants(parsed),
        found: Vec::new(),
    };
    for (at, file) in parsed.iter().enumerate().filter(|(_, file)| worth(file)) {
        for call in calls(&file.tree) {
            reader.call(call, at, file);
        }
    }
    reader.found
}

/// Every call outside of tests.
fn calls(tree: &CodeTree) -> Vec<Node<'_>> {
    let mut found = Vec::new();
    let mut todo: Vec<Node<'_>> = tree.root().into_iter().collect();
    while let Some(node) = todo.pop() {
        if node.kind() == "call_expression" {
            found.push(node);
        }
        match node.kind() {
            "source_file" | "declaration_list" => todo.extend(outside_tests(node, tree)),
            _ => todo.extend(code::children(node)),
        }
    }
    found
}

/// The values of constants by their names; of two of one name neither counts.
pub(super) fn constants(parsed: &[ParsedRustFile]) -> BTreeMap<&str, Option<f64>> {
    let mut found: BTreeMap<&str, Option<f64>> = BTreeMap::new();
    for file in parsed {
        file.tree.walk(|node| {
            if node.kind() != "const_item" {
                return;
            }
            let parts = code::field(node, "name").zip(code::field(node, "value"));
            if let Some((name, value)) = parts {
                let figure = figure(value, &file.tree, &BTreeMap::new());
                let name = file.tree.text(name);
                let known = if found.contains_key(name) {
                    None
                } else {
                    figure
                };
                found.insert(name, known);
            }
        });
    }
    found
}

/// The number that a literal or a constant is.
pub(super) fn figure(
    node: Node<'_>,
    tree: &CodeTree,
    constants: &BTreeMap<&str, Option<f64>>,
) -> Option<f64> {
    let mut node = node;
    loop {
        node = match node.kind() {
            "parenthesized_expression" => *code::children(node).first()?,
            "type_cast_expression" => code::field(node, "value")?,
            _ => break,
        };
    }
    let text = tree.text(node);
    match node.kind() {
        "integer_literal" => CodeGrammar::Rust.int_value(text).map(|n| n as f64),
        "float_literal" => text
            .trim_end_matches("f64")
            .trim_end_matches("f32")
            .replace('_', "")
            .parse()
            .ok(),
        "identifier" | "scoped_identifier" => {
            let name = text.rsplit("::").next().unwrap_or(text);
            constants.get(name).copied().flatten()
        }
        _ => None,
    }
}

struct WaitingCalls<'t, 'm> {
    libraries: Vec<&'m LibraryModel>,
    crews: FunctionCallers<'t>,
    constants: BTreeMap<&'t str, Option<f64>>,
    found: Vec<RawWait>,
}

impl<'t> WaitingCalls<'t, '_> {
    fn call(&mut self, node: Node<'t>, at: usize, file: &'t ParsedRustFile) {
        let tree = &file.tree;
        let Some(name) = find_callee(node, tree) else {
            return;
        };
        let typed: Vec<(&LibraryModel, &BlockingModel)> = self
            .libraries
            .iter()
            .filter_map(|library| Some((*library, library.model()?.waiting_call(name)?)))
            .collect();
        if let Some((_, row)) = typed.first() {
            let longest = self.read_wait(node, row, tree);
            let takes = typed.iter().any(|(_, row)| row.takes_from_pool());
            let ids = typed.iter().map(|(library, _)| library.id().to_owned());
            let wait = WaitingCall {
                call: name.to_owned(),
                longest,
                takes,
                cut_by: row.cut_by.clone(),
                libraries: ids.collect(),
            };
            return self.note(node, at, file, wait);
        }
        let sent: Vec<(&LibraryModel, &NamedCommandCall)> = self
            .libraries
            .iter()
            .filter_map(|library| {
                let row = library
                    .model()?
                    .command
                    .iter()
                    .find(|row| row.call == name)?;
                Some((*library, row))
            })
            .collect();
        let first = arguments(node).first().copied();
        let command = first
            .and_then(|first| CodeGrammar::Rust.string_value(tree.text(first)))
            .and_then(|name| waiting::command(&name));
        if let (Some((_, row)), Some(command)) = (sent.first(), command) {
            let longest = self.sent_wait(node, command, tree);
            let takes = command.purpose == WaitPurpose::Data
                && sent
                    .iter()
                    .any(|(_, row)| row.holds == HeldResource::PooledConnection);
            let ids = sent.iter().map(|(library, _)| library.id().to_owned());
            let wait = WaitingCall {
                call: format!("{name}(\"{}\")", command.name),
                longest,
                takes,
                cut_by: row.cut_by.clone(),
                libraries: ids.collect(),
            };
            self.note(node, at, file, wait);
        }
    }

    fn note(&mut self, node: Node<'t>, at: usize, file: &'t ParsedRustFile, wait: WaitingCall) {
        if wait.longest == LongestWait::AtOnce {
            return;
        }
        let crew = wait.takes.then(|| self.crews.of(node, at, &self.constants));
        let dir = path::folder(&file.path);
        self.found.push(RawWait {
            language: SourceLanguage::Rust,
            dir: dir.to_owned(),
            libraries: wait.libraries,
            call: wait.call,
            bound: Vec::new(),
            at: place(node, &file.tree),
            longest: wait.longest,
            crew,
            cut_by: wait.cut_by,
        });
    }

    fn read_wait(&self, node: Node<'t>, row: &BlockingModel, tree: &'t CodeTree) -> LongestWait {
        let given = arguments(node);
        if let Some(at) = row.timeout_arg {
            return match given.get(at) {
                Some(argument) => self.longest(*argument, row, tree),
                None => unknown(Cause::Code("an argument")),
            };
        }
        let Some(method) = &row.timeout_call else {
            return unknown(Cause::Code("a call that is not modelled"));
        };
        let Some(options) = given.last().copied() else {
            return unknown(Cause::Code("an argument"));
        };
        let made = match variable(options, tree) {
            Some(name) => match only_value(node, name, tree) {
                Some(value) => value,
                None => return unknown(Cause::Expression(name.to_owned())),
            },
            None => options,
        };
        match method_argument(made, method, tree) {
            Some(argument) => self.longest(argument, row, tree),
            None if made.kind() == "call_expression" || made.kind() == "reference_expression" => {
                LongestWait::AtOnce
            }
            None => unknown(names::quote_code(tree, made).without_marks()),
        }
    }

    fn longest(&self, argument: Node<'t>, row: &BlockingModel, tree: &'t CodeTree) -> LongestWait {
        longest_of_call(row, Some(&self.word(argument, tree)))
    }

    /// A word as what is known of it.
    fn word(&self, node: Node<'t>, tree: &'t CodeTree) -> ConstValue {
        let figure = figure(node, tree, &self.constants);
        let text = CodeGrammar::Rust.string_value(tree.text(node));
        match (figure, text) {
            (Some(figure), _) => ConstValue::Float(figure),
            (None, Some(text)) => ConstValue::Text(text),
            (None, None) => ConstValue::Unknown(names::quote_code(tree, node).in_marks()),
        }
    }

    /// How long a command waits whose words follow as `.arg(word)`.
    fn sent_wait(
        &self,
        node: Node<'t>,
        command: &WaitingCommand,
        tree: &'t CodeTree,
    ) -> LongestWait {
        let words = words(node, tree).into_iter();
        let words: Vec<ConstValue> = words.map(|word| self.word(word, tree)).collect();
        longest_of_command(command, &words)
    }
}

/// What is noted of a call before it is placed.
struct WaitingCall {
    call: String,
    longest: LongestWait,
    takes: bool,
    cut_by: Option<String>,
    libraries: Vec<String>,
}

fn unknown(cause: Cause) -> LongestWait {
    LongestWait::Unknown(cause)
}

/// The method or the last name of the path that is called.
pub(super) fn find_callee<'t>(node: Node<'t>, tree: &'t CodeTree) -> Option<&'t str> {
    let mut function = code::field(node, "function")?;
    if function.kind() == "generic_function" {
        function = code::field(function, "function")?;
    }
    let name = match function.kind() {
        "field_expression" => code::field(function, "field")?,
        "scoped_identifier" => code::field(function, "name")?,
        "identifier" => function,
        _ => return None,
    };
    Some(tree.text(name))
}

pub(super) fn arguments(node: Node<'_>) -> Vec<Node<'_>> {
    code::field(node, "arguments").map_or_else(Vec::new, code::children)
}

/// The call without what it is called on, which may be a long chain.
fn place(node: Node<'_>, tree: &CodeTree) -> Span {
    let start = code::field(node, "function")
        .and_then(|function| code::field(function, "field"))
        .map_or(node.start_byte(), |field| field.start_byte());
    tree.excerpt().span(start..node.end_byte())
}

/// The words that a chain of `.arg(word)` adds to a command.
fn words<'t>(node: Node<'t>, tree: &'t CodeTree) -> Vec<Node<'t>> {
    let mut found = Vec::new();
    let mut at = node;
    while let Some(call) = at
        .parent()
        .filter(|p| p.kind() == "field_expression")
        .and_then(|p| p.parent())
        .filter(|p| p.kind() == "call_expression")
    {
        if find_callee(call, tree) == Some("arg") {
            found.extend(arguments(call).first().copied());
        }
        at = call;
    }
    found
}

/// The variable that an argument is, or borrows.
fn variable<'t>(node: Node<'t>, tree: &'t CodeTree) -> Option<&'t str> {
    let node = match node.kind() {
        "reference_expression" => code::field(node, "value")?,
        _ => node,
    };
    (node.kind() == "identifier").then(|| tree.text(node))
}

/// The value of the one `let` of a name in the function around a node.
fn only_value<'t>(node: Node<'t>, name: &str, tree: &'t CodeTree) -> Option<Node<'t>> {
    let mut function = node;
    while function.kind() != "function_item" {
        function = function.parent()?;
    }
    let mut found = Vec::new();
    code::visit(function, |node| {
        let pattern = code::field(node, "pattern").map(|p| tree.text(p));
        let bound = pattern.map(|p| p.trim_start_matches("mut ").trim());
        if node.kind() == "let_declaration" && bound == Some(name) {
            found.push(code::field(node, "value"));
        }
    });
    match found.as_slice() {
        [Some(value)] => Some(*value),
        _ => None,
    }
}

/// The argument of a method somewhere in the chain that makes a value.
fn method_argument<'t>(node: Node<'t>, method: &str, tree: &'t CodeTree) -> Option<Node<'t>> {
    let mut found = None;
    code::visit(node, |node| {
        if node.kind() == "call_expression" && find_callee(node, tree) == Some(method) {
            found = arguments(node).first().copied();
        }
    });
    found
}
