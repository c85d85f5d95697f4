//! What a Go package is in its program: whether it is one, what it imports, and whether the pool's
//! statistics leave it. Only files that name a call of that kind are parsed.

use std::collections::BTreeSet;

use tree_sitter::Node;

use crate::extract::go::names::{is_test, last_element};
use crate::extract::go::{GoFile, is_program};
use crate::facts::raw::{ObservationKind, PoolObservation, RawPackage, SourceLanguage};
use crate::knowledge::clients::ClientModels;
use crate::knowledge::clients::needles::tells_statistics;
use crate::knowledge::languages;
use crate::source::{Excerpt, path};
use crate::syntax::code::{self, CodeGrammar, CodeTree};

/// Where a program begins; a main package without it is seen in part.
const MAIN: &str = "func main(";
/// A loop with a clause: `for {` is another matter.
const LOOP: &str = "\tfor ";

/// The package of one folder's files, test files left out; none where there are only those.
pub fn read(files: &[GoFile], models: &ClientModels) -> Option<RawPackage> {
    let own: Vec<&GoFile> = files.iter().filter(|f| !is_test(&f.path)).collect();
    let first = own.first()?;
    let main = own.iter().find(|f| is_program(f.excerpt.text()));
    let anchored = main.unwrap_or(first);
    let mut imports = BTreeSet::new();
    let mut observations = Vec::new();
    for file in &own {
        let imported = imports_of(file.excerpt.text());
        observations.extend(find_observed(file, &imported, models));
        imports.extend(imported.into_iter().map(|(_, path)| path.to_owned()));
    }
    Some(RawPackage {
        language: SourceLanguage::Go,
        dir: path::folder(&first.path).to_owned(),
        path: anchored.path.clone(),
        program: main.is_some(),
        anchor: clause(&anchored.excerpt),
        imports: imports.into_iter().collect(),
        lasts: own.iter().any(|file| lasts(file.excerpt.text()))
            || (main.is_some() && !own.iter().any(|file| file.excerpt.text().contains(MAIN))),
        works_through: own.iter().any(|file| file.excerpt.text().contains(LOOP)),
        sets_processors: own.iter().any(|file| sets_processors(file.excerpt.text())),
        binary: last_element(path::folder(&first.path)).to_owned(),
        modules: BTreeSet::new(),
        own: Vec::new(),
        observations,
    })
}

/// Whether code serves, waits or runs beside the rest.
fn lasts(text: &str) -> bool {
    languages::go().is_none_or(|go| go.lasting.words.is_in(text))
}

/// Whether code sets the number of processors, or how the runtime finds it. A call with 0 asks only.
fn sets_processors(text: &str) -> bool {
    let Some(rules) = languages::go().map(|language| &language.processors) else {
        return false;
    };
    let mut calls = text.split(rules.call.as_str()).skip(1);
    if calls.any(|rest| !rest.trim_start().starts_with("0)")) {
        return true;
    }
    let of_file = |line: &str| line.starts_with("//go:debug") && line.contains(&rules.setting);
    text.contains(&rules.setting) && text.lines().any(of_file)
}

/// The package clause, or the start of the file.
fn clause(excerpt: &Excerpt) -> crate::source::Span {
    let text = excerpt.text();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.starts_with("package ") {
            return excerpt.span(at..at + line.trim_end().len());
        }
        at += line.len();
    }
    excerpt.span(0..0)
}

/// Names and paths of a file's imports, read from its first lines alone.
pub(super) fn imports_of(text: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        let code = line.trim();
        if let Some(rest) = code.strip_prefix("import") {
            inside = rest.trim_start().starts_with('(');
            found.extend(import_on(rest));
        } else if inside {
            found.extend(import_on(code));
            inside = !code.starts_with(')');
        } else if ["func ", "type ", "var ", "const "]
            .iter()
            .any(|w| line.starts_with(w))
        {
            break;
        }
    }
    found
}

/// The import on a line: `name "path"`.
fn import_on(code: &str) -> Option<(&str, &str)> {
    let (before, rest) = code.split_once('"')?;
    let (path, _) = rest.split_once('"')?;
    let alias = before.trim_start_matches(['(', ' ', '\t']).trim();
    if alias.starts_with("//") {
        return None;
    }
    Some((
        if alias.is_empty() {
            last_element(path)
        } else {
            alias
        },
        path,
    ))
}

/// What a file does with the statistics of a pool.
fn find_observed(
    file: &GoFile,
    imports: &[(&str, &str)],
    models: &ClientModels,
) -> Vec<PoolObservation> {
    let text = file.excerpt.text();
    let mut found = Vec::new();
    let mut calls = BTreeSet::new();
    let needles = models.needles(SourceLanguage::Go);
    // One pass for the calls of all libraries: most files hold none.
    let may_tell = needles.is_some_and(|needles| needles.statistics.is_in(text));
    for (named, model) in models
        .of_language(SourceLanguage::Go)
        .filter_map(|library| {
            let imported = |path: &str| imports.iter().any(|(_, i)| *i == path);
            let packages = &library.head.package;
            let named = packages.iter().any(|p| imported(&p.import_path));
            let mut calls = library
                .stats_calls()
                .iter()
                .filter(|call| tells_statistics(call));
            let tells = named || may_tell && calls.any(|call| text.contains(call.as_str()));
            Some((named, tells.then(|| library.model())??))
        })
    {
        for exporter in &model.stats_exporter {
            let imported = imports
                .iter()
                .find(|(_, path)| *path == exporter.import_path);
            let called = imported.map(|(ident, _)| format!("{ident}.{}(", exporter.call));
            if let Some(at) = called.and_then(|call| text.find(&call)) {
                found.push(PoolObservation {
                    what: ObservationKind::Exported,
                    at: file.excerpt.span(at..at + exporter.call.len()),
                });
            }
        }
        let stats = model.stats.iter().map(|s| s.call.as_str());
        calls.extend(stats.filter(|call| named || tells_statistics(call)));
    }
    let called = |call: &&str| text.contains(&format!(".{call}("));
    let calls: BTreeSet<&str> = calls.into_iter().filter(called).collect();
    if !calls.is_empty() {
        found.extend(read_calls(file, imports, &calls));
    }
    found
}

fn read_calls(
    file: &GoFile,
    imports: &[(&str, &str)],
    calls: &BTreeSet<&str>,
) -> Vec<PoolObservation> {
    let tree = code::parse(CodeGrammar::Go, file.excerpt.clone());
    let mut found = Vec::new();
    tree.walk(|node| {
        let field = code::field(node, "function").and_then(|f| code::field(f, "field"));
        let is_call = node.kind() == "call_expression";
        if is_call && field.is_some_and(|f| calls.contains(tree.text(f))) {
            let (what, at) = fate(&tree, node, imports);
            found.push(PoolObservation {
                what,
                at: tree.span(at),
            });
        }
    });
    found
}

/// What becomes of the statistics that a call reads, and the place that says so.
fn fate<'t>(
    tree: &'t CodeTree,
    call: Node<'t>,
    imports: &[(&str, &str)],
) -> (ObservationKind, Node<'t>) {
    let mut function = None;
    let mut at = call;
    while let Some(parent) = at.parent() {
        match parent.kind() {
            "for_statement" => return (ObservationKind::Exported, call),
            "argument_list" if is_scraped(tree, parent, imports) => {
                return (ObservationKind::Exported, call);
            }
            "method_declaration" if collects(tree, parent) => {
                return (ObservationKind::Exported, call);
            }
            "function_declaration" | "method_declaration" | "func_literal" => {
                function.get_or_insert(parent);
            }
            _ => {}
        }
        at = parent;
    }
    let within = function.unwrap_or(at);
    match loose_use(tree, call, within, imports) {
        Some(place) => (ObservationKind::Miswired, place),
        None => (ObservationKind::Unclear, call),
    }
}

/// The metrics functions of this kind that a call names.
fn is_metrics_call(
    tree: &CodeTree,
    call: Node<'_>,
    imports: &[(&str, &str)],
    kind: impl Fn(&languages::MetricsPackage) -> &[String],
) -> bool {
    let Some(function) = code::field(call, "function") else {
        return false;
    };
    let parts = code::field(function, "operand").zip(code::field(function, "field"));
    let Some((package, name)) = parts else {
        return false;
    };
    let package = tree.text(package);
    let path = imports.iter().find(|(ident, _)| *ident == package);
    let metrics = languages::go().into_iter().flat_map(|l| &l.metrics);
    metrics
        .filter(|m| path.is_none_or(|(_, path)| *path == m.import_path))
        .any(|m| kind(m).iter().any(|n| n == tree.text(name)))
}

fn is_scraped(tree: &CodeTree, arguments: Node<'_>, imports: &[(&str, &str)]) -> bool {
    arguments
        .parent()
        .is_some_and(|call| is_metrics_call(tree, call, imports, |m| &m.scraped))
}

fn collects(tree: &CodeTree, method: Node<'_>) -> bool {
    let name = code::field(method, "name").map(|n| tree.text(n));
    let metrics = languages::go().into_iter().flat_map(|l| &l.metrics);
    metrics
        .filter_map(|m| m.collects.as_deref())
        .any(|collects| Some(collects) == name)
}

/// The statistics go into a metric that is made on the spot and not kept:
/// `NewGauge(...).Set(float64(stats.Hits))`.
fn loose_use<'t>(
    tree: &'t CodeTree,
    call: Node<'t>,
    within: Node<'t>,
    imports: &[(&str, &str)],
) -> Option<Node<'t>> {
    let holder = call.parent().and_then(|list| list.parent());
    let left = holder.and_then(|h| code::field(h, "left").or_else(|| code::field(h, "name")));
    let variable = left.map(|l| tree.text(l));
    let mut found = None;
    code::visit(within, |node| {
        if node.kind() != "call_expression" || found.is_some() {
            return;
        }
        let made = code::field(node, "function").and_then(|f| code::field(f, "operand"));
        let Some(made) = made.filter(|m| m.kind() == "call_expression") else {
            return;
        };
        let arguments = code::field(node, "arguments");
        let fed = arguments.is_some_and(|list| {
            variable.is_some_and(|v| is_mentioned(tree, list, v))
                || list.byte_range().contains(&call.start_byte())
        });
        if fed && is_metrics_call(tree, made, imports, |m| &m.loose) {
            found = Some(node);
        }
    });
    found
}

/// Whether code names something.
fn is_mentioned(tree: &CodeTree, within: Node<'_>, name: &str) -> bool {
    let mut found = false;
    code::visit(within, |node| {
        found |= node.kind() == "identifier" && tree.text(node) == name;
    });
    found
}
