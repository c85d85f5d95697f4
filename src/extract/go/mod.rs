//! Go as a front end of the shared reader of client code.
//!
//! In come the files of one package (a folder) or one snippet; out come raw facts with spans. `lower`
//! turns a file into the form that `extract::code` interprets, `node` holds the kinds of its grammar,
//! `names` says what a file's imports stand for, `words` what the language's own names mean and where an
//! option is written, `other_packages` what a package takes from others of the tree, `needed_declarations`
//! which part of those is parsed. `module` reads go.mod, `program` what a package is in its program.
//! Nothing here knows a library, an option or a default.

mod declarations;
mod lower;
pub mod module;
mod names;
mod needed_declarations;
mod node;
mod other_packages;
pub mod program;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::rc::Rc;

use crate::extract::code::form::{CodeExpressionForm, CodeFile};
use crate::extract::code::interpreter::CodeInterpreter;
use crate::extract::code::package::TypedPackage;
use crate::extract::code::project::{CodeProject, SourceCode};
use crate::extract::code::scope::PackageScope;
use crate::extract::code::typed_words::FileNames;
use crate::extract::code::value::FileAt;
use crate::extract::code::{address, note_unfollowed};
use crate::facts::raw::{RawClient, RawFacts, SourceLanguage};
use crate::knowledge::clients::ClientModels;
use crate::knowledge::clients::call::CallIndex;
use crate::knowledge::clients::model::ClientModel;
use crate::knowledge::languages;
use crate::source::Excerpt;
use other_packages::NeededGoPackage;
use words::GoFrontend;

pub use crate::extract::code::project::SourceCode as GoFile;
pub use other_packages::GoPackagePaths;

/// The clients of one package: all Go files of one folder, test files included. The files must be
/// of one folder; what their test files declare is not seen by the others. `paths` are the packages
/// of the tree, of which those are read that it takes constants or options from.
pub fn extract(files: &[GoFile], paths: &GoPackagePaths, models: &ClientModels) -> RawFacts {
    let Some(needles) = models.needles(SourceLanguage::Go) else {
        return RawFacts::default();
    };
    let builds = |file: &&GoFile| {
        let text = file.excerpt.text();
        let sets = [&needles.names, &needles.waiting, &needles.telling];
        needles.imports.is_in(text) && sets.into_iter().any(|set| set.is_in(text))
    };
    let building: Vec<_> = files.iter().filter(builds).collect();
    if building.is_empty() {
        return RawFacts::default();
    }
    let tests = building.iter().any(|file| names::is_test(&file.path));
    let is_seen = |file: &&GoFile| tests || !names::is_test(&file.path);
    let seen: Vec<&GoFile> = files.iter().filter(is_seen).collect();
    let others = other_packages::find_needed(&building, &seen, paths, needles);
    read(seen.into_iter().cloned().collect(), others, models)
}

/// The clients of a snippet: a file of its own, or a fragment without a package clause and imports,
/// whose clients may be of every library that has such names.
pub fn extract_snippet(excerpt: Excerpt, path: &str, models: &ClientModels) -> RawFacts {
    let needles = models.needles(SourceLanguage::Go);
    if !needles.is_some_and(|needles| needles.names.is_in(excerpt.text())) {
        return RawFacts::default();
    }
    let path = path.to_owned();
    read(vec![GoFile { path, excerpt }], Vec::new(), models)
}

/// The hosts of a client whose address was filled in since it was read.
pub fn hosts(client: &RawClient, models: &ClientModels) -> Vec<(String, u16)> {
    let libraries = client.libraries.iter().filter_map(|id| models.get(id));
    address::hosts(client, &libraries.collect::<Vec<_>>())
}

/// Whether a file belongs to a main package: its first line that is no comment says so.
pub fn is_program(text: &str) -> bool {
    let clause = text.lines().find_map(|line| line.strip_prefix("package "));
    clause.is_some_and(|name| name.split_whitespace().next() == Some("main"))
}

/// The files of a package and of those that it takes something from.
struct GoSources {
    own: usize,
    files: Vec<SourceCode>,
    /// All of a file, where bodies of functions are left out of what is parsed.
    wholes: Vec<Option<Excerpt>>,
    other_files: Vec<(Range<usize>, String)>,
}

impl GoSources {
    fn new(own: Vec<GoFile>, others: Vec<NeededGoPackage>) -> Self {
        let mut sources = Self {
            own: own.len(),
            wholes: vec![None; own.len()],
            files: own,
            other_files: Vec::new(),
        };
        for NeededGoPackage { path, files } in others {
            let start = sources.files.len();
            for file in files {
                let is_part = file.excerpt.text().len() < file.whole.text().len();
                sources.wholes.push(is_part.then_some(file.whole));
                sources.files.push(SourceCode {
                    path: file.path,
                    excerpt: file.excerpt,
                });
            }
            let range = start..sources.files.len();
            sources.other_files.push((range, path));
        }
        sources
    }
}

/// What the files of one package see of each other: the same for all of its test files, and for all
/// others.
struct PackageView<'p> {
    scope: Rc<PackageScope<'p>>,
    calls: BTreeSet<&'p str>,
}

impl<'p> PackageView<'p> {
    /// What a file sees of those files.
    fn of(
        at: FileAt,
        project: &'p CodeProject<'_>,
        (own, names): (usize, &'p [FileNames<'p>]),
    ) -> Self {
        let package = &project.file(at).package;
        let seen = project.files().take(own).filter(|other| {
            let hidden = names[other.0].is_test && !names[at.0].is_test;
            project.file(*other).package == *package && !hidden
        });
        let seen: Vec<FileAt> = seen.collect();
        let calls = seen.iter().flat_map(|at| list_calls(project.file(*at)));
        Self {
            calls: calls.collect(),
            scope: scope_of(project, names, seen.iter().copied()),
        }
    }
}

fn scope_of<'p>(
    project: &'p CodeProject<'_>,
    names: &'p [FileNames<'p>],
    files: impl Iterator<Item = FileAt>,
) -> Rc<PackageScope<'p>> {
    let files = files.map(|at| (at, project.file(at), &names[at.0]));
    Rc::new(PackageScope::of_files(files, &GoFrontend))
}

/// Reads a package; of the others only what it takes from them.
fn read(own: Vec<GoFile>, others: Vec<NeededGoPackage>, models: &ClientModels) -> RawFacts {
    let Some(go) = languages::go() else {
        return RawFacts::default();
    };
    let sources = GoSources::new(own, others);
    let own = sources.own;
    let project = CodeProject::new(sources.files, &GoFrontend, CallIndex::empty(), &go.shared);
    let files = project.files().zip(sources.wholes);
    let names: Vec<FileNames<'_>> = files
        .map(|(at, whole)| FileNames {
            is_test: names::is_test(project.path(at)),
            whole,
            ..names::read(project.file(at), models)
        })
        .collect();
    let others = sources.other_files.iter().map(|(range, path)| {
        let files = range.clone().map(FileAt);
        (path.clone(), scope_of(&project, &names, files))
    });
    let package = TypedPackage {
        words: &GoFrontend,
        names: &names,
        own,
        others: others.collect(),
        other_files: sources.other_files.clone(),
    };
    let needles = models.needles(SourceLanguage::Go);
    let worth = |text: &str| needles.is_some_and(|n| n.names.is_in(text) || n.waiting.is_in(text));
    let tells = |text: &str| needles.is_some_and(|n| n.telling.is_in(text));
    let mut views: BTreeMap<_, PackageView<'_>> = BTreeMap::new();
    let mut raw = RawFacts::default();
    let mut run = CodeInterpreter::new(&project);
    let mut readers: Vec<FileAt> = Vec::new();
    for at in project.files().take(own) {
        let file = project.file(at);
        raw.comments.extend(file.comments.iter().cloned());
        raw.secrets.extend(address::text_secrets(file));
        let text = project.text(at);
        if !names[at.0].names_a_library() || !(worth(text) || tells(text)) {
            continue;
        }
        readers.push(at);
        let view = views
            .entry((file.package.as_deref(), names[at.0].is_test))
            .or_insert_with(|| PackageView::of(at, &project, (own, &names)));
        if tells(text) {
            let calls = run.read_telling_calls(&package, &view.scope, at);
            raw.client_calls.extend(calls);
        }
        let clients = run.read_typed_file(&package, &view.scope, at, &worth);
        if names::is_fragment(file) {
            narrow(clients, models);
        }
        for client in clients {
            client.uses = list_words(client, &view.calls, models);
        }
    }
    let found = run.finish_typed();
    for at in readers {
        let parts = found.skipped.iter().filter(|(own, _)| *own == at);
        let parts: Vec<Range<usize>> = parts.map(|(_, range)| range.clone()).collect();
        let excerpt = &project.file(at).excerpt;
        let note = note_unfollowed(excerpt, parts.iter(), &worth);
        raw.notes.extend(note);
    }
    raw.clients = found.clients;
    raw.waits = found.waits;
    raw.secrets.extend(found.secrets);
    raw.secrets.sort_unstable();
    raw.secrets.dedup();
    raw
}

/// The methods and functions that a file calls by a selector.
fn list_calls(file: &CodeFile) -> impl Iterator<Item = &str> {
    file.expressions.iter().filter_map(|expression| {
        let CodeExpressionForm::Call(call) = &expression.form else {
            return None;
        };
        match &file.expression(call.callee).form {
            CodeExpressionForm::Member(_, name) => Some(name.as_str()),
            _ => None,
        }
    })
}

/// The models' words for what the calls of a package say.
fn list_words(client: &RawClient, calls: &BTreeSet<&str>, models: &ClientModels) -> Vec<String> {
    let candidates = client
        .libraries
        .iter()
        .filter_map(|id| models.get(id)?.model());
    let uses = candidates.flat_map(|model| &model.uses);
    let used = uses.filter(|u| u.calls.iter().any(|c| calls.contains(c.as_str())));
    let words: BTreeSet<String> = used.map(|u| u.word.clone()).collect();
    words.into_iter().collect()
}

/// A fragment is of one library: those that lack a name that it uses are out, if any is left.
fn narrow(clients: &mut [RawClient], models: &ClientModels) {
    let fits = |id: &String| {
        let model = models.get(id).and_then(|library| library.model());
        model.is_some_and(|model| clients.iter().all(|client| has_names(model, client)))
    };
    let all: BTreeSet<String> = clients.iter().flat_map(|c| c.libraries.clone()).collect();
    let left: BTreeSet<String> = all.into_iter().filter(fits).collect();
    for client in clients {
        if client.libraries.iter().any(|id| left.contains(id)) {
            client.libraries.retain(|id| left.contains(id));
        }
    }
}

fn has_names(model: &ClientModel, client: &RawClient) -> bool {
    let source = client.source.as_ref();
    model.constructor(&client.constructor).is_some()
        && source.is_none_or(|s| model.option_source(&s.call).is_some())
        && client
            .writes
            .iter()
            .all(|write| model.knows_field(&client.option_type, &write.ident))
}

#[cfg(test)]
mod tests;
