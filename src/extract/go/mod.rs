//! Go code to raw clients: which clients a package builds, and what is written about their options.
//!
//! In come the files of one package (a folder) or one snippet; out come raw facts with spans. Which
//! calls and types belong to a client library is asked of its model; nothing here knows a library,
//! an option or a default. `package` resolves names, `reader` runs functions abstractly
//! (`statements`, `expressions`, `calls`, `literals` are its parts, `state` what it knows at one
//! point), `waiting` notes calls that wait at the server, `config_defaults` finds the fallbacks of a
//! configuration, `flags` those of the command line, `env_fallback` tells what holds where a variable is
//! not set, `module` reads go.mod, `other_packages` what a package takes from others of the tree, and
//! `short_functions` which part of those is parsed. `lower` turns a file into the form of `extract::code`,
//! by which `lifetime` and `concurrency` are told.

mod branches;
mod calls;
mod client_calls;
mod concurrency;
mod config_defaults;
mod construct;
mod elsewhere;
mod env_fallback;
mod expressions;
mod flags;
mod lifetime;
mod literal_clients;
mod literals;
mod lower;
pub mod module;
mod names;
mod node;
mod other_packages;
mod package;
pub mod program;
mod reader;
mod settings;
mod short_functions;
mod state;
mod statements;
mod waiting;

use std::collections::{BTreeMap, BTreeSet};

use crate::extract::code::{address, note_skipped};
use crate::facts::raw::{RawClient, RawFacts, SourceLanguage};
use crate::knowledge::clients::ClientModels;
use crate::knowledge::clients::model::ClientModel;
use crate::source::Excerpt;
use other_packages::{NeededGoPackage, OtherPackages};
use package::{GoDeclarations, GoSourceFile, ParsedGoFile};
use reader::GoFileReader;

pub use other_packages::GoPackagePaths;

/// A Go file and its path relative to the root.
#[derive(Clone, Debug)]
pub struct GoFile {
    pub path: String,
    pub excerpt: Excerpt,
}

/// The clients of one package: all Go files of one folder, test files included. The files must be
/// of one folder; what their test files declare is not seen by the others. `paths` are the packages
/// of the tree, of which those are read that it takes constants or options from.
pub fn extract(files: Vec<GoFile>, paths: &GoPackagePaths, models: &ClientModels) -> RawFacts {
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
    let others = other_packages::find_needed(&building, paths, needles);
    let tests = building.iter().any(|file| package::is_test(&file.path));
    let seen = files
        .into_iter()
        .filter(|f| tests || !package::is_test(&f.path));
    let parse = |file: GoFile| ParsedGoFile::parse(file.path, file.excerpt);
    let mut parsed: Vec<_> = seen.map(parse).collect();
    let own = parsed.len();
    let mut packages = Vec::new();
    for NeededGoPackage { path, files } in others {
        packages.push((path, files.len()));
        parsed.extend(files.into_iter().map(ParsedGoFile::parse_other));
    }
    read(&parsed, own, &packages, models)
}

/// The clients of a snippet: a file of its own, or a fragment without a package clause and imports,
/// whose clients may be of every library that has such names.
pub fn extract_snippet(excerpt: Excerpt, path: &str, models: &ClientModels) -> RawFacts {
    let needles = models.needles(SourceLanguage::Go);
    if !needles.is_some_and(|needles| needles.names.is_in(excerpt.text())) {
        return RawFacts::default();
    }
    let parsed = [ParsedGoFile::parse(path.to_owned(), excerpt)];
    read(&parsed, parsed.len(), &[], models)
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

/// Reads the first files, `own` of them; behind them stand those of other packages.
fn read(
    parsed: &[ParsedGoFile],
    own: usize,
    packages: &[(String, usize)],
    models: &ClientModels,
) -> RawFacts {
    let files: Vec<_> = parsed
        .iter()
        .map(|p| GoSourceFile::read(p, models))
        .collect();
    let needles = models.needles(SourceLanguage::Go);
    let worth = |text: &str| needles.is_some_and(|n| n.names.is_in(text) || n.waiting.is_in(text));
    let tells = |text: &str| needles.is_some_and(|n| n.telling.is_in(text));
    let mut views: BTreeMap<_, PackageView<'_>> = BTreeMap::new();
    let mut raw = RawFacts::default();
    let mut consumed = BTreeSet::new();
    let others = OtherPackages::new(own, packages, &files);
    for (at, file) in files[..own].iter().enumerate() {
        let tree = &file.parsed.tree;
        raw.comments.extend(tree.comments());
        raw.secrets.extend(address::url_secrets(tree));
        let text = tree.excerpt().text();
        if !file.names_a_library() || !(worth(text) || tells(text)) {
            continue;
        }
        let view = views.entry(file.sight()).or_insert_with(|| PackageView {
            declared: GoDeclarations::seen_by(file, &files[..own]),
            calls: package::calls_seen_by(file, &files[..own]),
        });
        if tells(text) {
            let reader = GoFileReader::new(&files, &view.declared, &others, at);
            raw.client_calls.extend(reader.client_calls());
        }
        let reader = GoFileReader::new(&files, &view.declared, &others, at);
        let mut read = reader.read_file(worth);
        if file.fragment {
            narrow(&mut read.clients, models);
        }
        for client in &mut read.clients {
            client.uses = words(client, &view.calls, models);
        }
        raw.notes.extend(note_skipped(tree, &read.skipped, &worth));
        raw.clients.extend(read.clients);
        raw.secrets.extend(read.secrets);
        raw.waits.extend(read.waits);
        consumed.extend(read.consumed);
    }
    raw.clients
        .retain(|client| !consumed.contains(&client.anchor));
    raw.secrets.sort_unstable();
    raw.secrets.dedup();
    raw
}

/// What the files of one package see of each other: the same for all of its test files, and for all
/// others.
struct PackageView<'t> {
    declared: GoDeclarations<'t>,
    calls: BTreeSet<&'t str>,
}

/// The models' words for what the calls of a package say.
fn words(client: &RawClient, calls: &BTreeSet<&str>, models: &ClientModels) -> Vec<String> {
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
