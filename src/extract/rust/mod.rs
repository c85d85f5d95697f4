//! Rust code to raw clients: which clients a package builds, and what is written about their options.
//!
//! In come the files of one package (all below a Cargo.toml) or one snippet; out come raw facts with
//! spans. Which calls and types belong to a client library is asked of its model; nothing here knows
//! a library, an option or a default. `lower` (with `patterns` and `type_form`) gives files in the form of
//! `extract::code`, whose interpreter runs the functions; `values` says what Rust's expressions are, with
//! `calls`, `methods`, `objects`, `library` and `types` as its parts. `package` and `uses` resolve names,
//! `standard` computes what the standard library would, `words` quotes code. `lifetime`, `concurrency`
//! and `waiting` ask the shared analyses. `manifest` reads Cargo.toml with `requirement` and
//! `lock`, `observed` sees who reads a pool's statistics.

mod calls;
mod concurrency;
mod library;
mod lifetime;
mod lock;
mod lower;
pub mod manifest;
mod methods;
mod names;
mod node;
mod objects;
mod observed;
mod package;
mod patterns;
mod programs;
mod requirement;
mod standard;
mod type_form;
mod types;
mod url_values;
mod uses;
mod values;
mod waiting;
mod words;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::rc::Rc;

use crate::extract::code::interpreter::CodeInterpreter;
use crate::extract::code::options::ImportedLibrary;
use crate::extract::code::package::TypedPackage;
use crate::extract::code::project::{CodeProject, SourceCode};
use crate::extract::code::scope::PackageScope;
use crate::extract::code::typed_words::FileNames;
use crate::extract::code::value::FileAt;
use crate::extract::code::{address, note_unfollowed};
use crate::facts::raw::{RawClient, RawFacts, SourceLanguage};
use crate::knowledge::clients::ClientModels;
use crate::knowledge::clients::call::CallIndex;
use crate::knowledge::clients::needles::CodeNeedles;
use crate::knowledge::clients::rust::RustIndex;
use crate::knowledge::languages;
use crate::source::{Excerpt, Span, path};
use crate::syntax::code::{self, CodeTree};
use package::{ParsedRustFile, RustPackageItems};
use values::{RustFindings, RustValues};
use words::RustFrontend;

/// A Rust file and its path relative to the root.
#[derive(Clone, Debug)]
pub struct RustFile {
    pub path: String,
    pub excerpt: Excerpt,
}

/// The files of one package, and what its Cargo.toml says of names.
#[derive(Clone, Debug, Default)]
pub struct RustPackage {
    /// The folder of the manifest; empty for the root.
    pub dir: String,
    /// The crate's own name in code.
    pub name: Option<String>,
    /// Dependencies that code calls by another name than their own.
    pub renames: BTreeMap<String, String>,
    pub files: Vec<RustFile>,
}

/// The clients of one package. Files that can neither build a client nor say what one is are not
/// parsed.
pub fn extract(package: RustPackage, models: &ClientModels) -> RawFacts {
    let Some(needles) = models.needles(SourceLanguage::Rust) else {
        return RawFacts::default();
    };
    let renamed: Vec<&str> = package.renames.keys().map(String::as_str).collect();
    let names =
        |text: &str| needles.imports.is_in(text) || renamed.iter().any(|name| text.contains(name));
    let building: BTreeSet<usize> = (0..package.files.len())
        .filter(|at| {
            let text = package.files[*at].excerpt.text();
            names(text) && needles.names.is_in(text)
        })
        .collect();
    if building.is_empty() {
        return RawFacts::default();
    }
    let wanted = select_files(&package, &building, &names);
    let RustPackage {
        dir,
        name,
        renames,
        files,
    } = package;
    let below = |path: &str| path.strip_prefix(&dir).unwrap_or(path).to_owned();
    let parsed: Vec<ParsedRustFile> = files
        .into_iter()
        .enumerate()
        .filter(|(at, _)| wanted.contains(at))
        .map(|(_, file)| {
            let module = package::module_of(below(&file.path).trim_start_matches('/'));
            ParsedRustFile::new(file.path, module, tree_of(file.excerpt))
        })
        .collect();
    read(&parsed, name, renames, models)
}

/// The tree of a file, looked through macros that only hold items.
fn tree_of(excerpt: Excerpt) -> CodeTree {
    let macros = languages::rust().map_or(&[][..], |rust| &rust.items.macros);
    code::parse_through(excerpt, macros)
}

/// The files to parse: those that build clients, those that name a library (a type alias, a
/// re-export, a struct that holds a client), and those whose names they use.
fn select_files(
    package: &RustPackage,
    building: &BTreeSet<usize>,
    names: &dyn Fn(&str) -> bool,
) -> BTreeSet<usize> {
    let mut wanted: BTreeSet<usize> = building.clone();
    let text = |at: usize| package.files[at].excerpt.text();
    wanted.extend((0..package.files.len()).filter(|at| names(text(*at))));
    let stems: BTreeMap<&str, Vec<usize>> = package.files.iter().enumerate().fold(
        BTreeMap::new(),
        |mut stems: BTreeMap<&str, Vec<usize>>, (at, file)| {
            stems.entry(stem(&file.path)).or_default().push(at);
            stems
        },
    );
    let mut mentioned: BTreeSet<&str> = BTreeSet::new();
    for at in building {
        let word = |c: char| !c.is_alphanumeric() && c != '_';
        let lines = text(*at).lines().filter(|line| {
            ["crate::", "super::", "self::", "mod "]
                .iter()
                .any(|p| line.contains(p))
        });
        mentioned.extend(lines.flat_map(|line| line.split(word)));
    }
    let used = mentioned
        .iter()
        .filter_map(|word| stems.get(word))
        .flatten();
    wanted.extend(used.copied());
    // What `crate::X` and `super::X` may mean stands at the root.
    wanted.extend(
        ["main", "lib"]
            .iter()
            .filter_map(|s| stems.get(s))
            .flatten()
            .copied(),
    );
    wanted
}

/// The name of the module that a file is.
fn stem(path: &str) -> &str {
    let path = path.strip_suffix(".rs").unwrap_or(path);
    let path = path.strip_suffix("/mod").unwrap_or(path);
    path::name(path)
}

/// The clients of a snippet: a file of its own.
pub fn extract_snippet(excerpt: Excerpt, path: &str, models: &ClientModels) -> RawFacts {
    let text = excerpt.text();
    // A snippet names a crate by a path, so that other languages and YAML are never parsed as Rust.
    let may_build = |needles: &CodeNeedles| {
        text.contains("::") && needles.imports.is_in(text) && needles.names.is_in(text)
    };
    if !models.needles(SourceLanguage::Rust).is_some_and(may_build) {
        return RawFacts::default();
    }
    let module = vec!["crate".to_owned()];
    let parsed = [ParsedRustFile::new(
        path.to_owned(),
        module,
        tree_of(excerpt),
    )];
    read(&parsed, None, BTreeMap::new(), models)
}

fn read(
    parsed: &[ParsedRustFile],
    name: Option<String>,
    renames: BTreeMap<String, String>,
    models: &ClientModels,
) -> RawFacts {
    let Some(rust) = languages::rust() else {
        return RawFacts::default();
    };
    let front = RustFrontend { parsed };
    let sources = parsed.iter().map(|file| SourceCode {
        path: file.path.clone(),
        excerpt: file.tree.excerpt().clone(),
    });
    let project = CodeProject::new(sources.collect(), &front, CallIndex::empty(), &rust.shared);
    let index = RustIndex::new(models);
    let declared = RustPackageItems::read((parsed, &project), name, renames);
    let needles = models.needles(SourceLanguage::Rust);
    let builds = |text: &str| needles.is_some_and(|n| n.names.is_in(text));
    let names_a_crate = |text: &str| needles.is_some_and(|n| n.imports.is_in(text));
    let names: Vec<FileNames<'_>> = parsed.iter().map(|_| FileNames::default()).collect();
    let package = TypedPackage {
        words: &front,
        names: &names,
        own: parsed.len(),
        others: BTreeMap::new(),
        other_files: Vec::new(),
    };
    let library = ImportedLibrary {
        candidates: Vec::new(),
        path: None,
    };
    let values = RustValues {
        declared: &declared,
        index: &index,
        library: Rc::new(library),
        found: RefCell::default(),
    };
    let mut run = CodeInterpreter::new(&project);
    run.own_values = Some(&values);
    let scope = Rc::new(PackageScope::default());
    let mut raw = RawFacts::default();
    let mut readers = Vec::new();
    for (at, file) in parsed.iter().enumerate() {
        raw.comments.extend(file.tree.suppression_comments());
        raw.secrets.extend(address::url_secrets(&file.tree));
        let text = file.tree.excerpt().text();
        if builds(text) || names_a_crate(text) {
            readers.push(at);
            run.read_typed_file(&package, &scope, FileAt(at), &|_| true);
        }
    }
    let found = run.finish_typed();
    for at in readers {
        let parts = found.skipped.iter().filter(|(own, _)| own.0 == at);
        let parts: Vec<Range<usize>> = parts.map(|(_, range)| range.clone()).collect();
        let note = note_unfollowed(parsed[at].tree.excerpt(), parts.iter(), &builds);
        raw.notes.extend(note);
    }
    raw.clients = found.clients;
    raw.secrets.extend(found.secrets);
    raw.waits = waiting::read(&declared, models);
    add_findings(&mut raw, values.found.take());
    raw.secrets.sort_unstable();
    raw.secrets.dedup();
    raw
}

/// What was found beside the clients of the functions.
fn add_findings(raw: &mut RawFacts, found: RustFindings) {
    // A function that says itself what its pool holds builds one client, whoever calls it.
    let said: BTreeSet<Span> = raw.clients.iter().map(|client| client.anchor).collect();
    let for_callers = found.for_callers.into_iter();
    raw.clients
        .extend(for_callers.filter(|client| !said.contains(&client.anchor)));
    // A pool is built in one place and used in others.
    for (library, place) in found.blocking {
        let of = |client: &&mut RawClient| client.libraries.contains(&library);
        let mut clients = raw.clients.iter_mut().filter(of);
        let Some(client) = clients.next() else {
            continue;
        };
        // What is sure goes before what may be.
        if client.blocks_async.is_none_or(|(_, sure)| !sure && place.1) {
            client.blocks_async = Some(place);
        }
    }
}
