//! The packages of a module that another one imports: which of them are read, and how much of those.

use std::collections::{BTreeMap, BTreeSet};

use crate::extract::go::GoFile;
use crate::extract::go::names::is_test;
use crate::extract::go::program::imports_of;
use crate::extract::go::short_functions::OtherGoFile;
use crate::knowledge::clients::needles::CodeNeedles;

/// How many packages are read for one, and how much of them: what keeps reading in proportion.
const MAX_PACKAGES: usize = 16;
const MAX_BYTES: usize = 500_000;

/// The Go files of a tree by the path that code imports their package by.
pub type GoPackagePaths = BTreeMap<String, Vec<GoFile>>;

/// A package of which something is needed.
pub(super) struct NeededGoPackage {
    pub(super) path: String,
    pub(super) files: Vec<OtherGoFile>,
}

/// The packages of the tree from which the files take constants or functions of a kind that is read,
/// each without its tests.
pub(super) fn find_needed(
    building: &[&GoFile],
    paths: &GoPackagePaths,
    needles: &CodeNeedles,
) -> Vec<NeededGoPackage> {
    let mut asked: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for file in building {
        let text = file.excerpt.text();
        for (ident, path) in imports_of(text) {
            if paths.contains_key(path) {
                asked
                    .entry(path)
                    .or_default()
                    .extend(find_selected(text, ident));
            }
        }
    }
    let mut found = Vec::new();
    let mut left = MAX_BYTES;
    for (path, names) in asked {
        let package = paths.get(path).into_iter().flatten();
        let files: Vec<GoFile> = package
            .filter(|file| !is_test(&file.path))
            .cloned()
            .collect();
        if !files.iter().any(|file| declares_one(file, &names, needles)) {
            continue;
        }
        let files = read_in_part(files, needles);
        let size: usize = files.iter().map(|file| file.excerpt.text().len()).sum();
        if size <= left && found.len() < MAX_PACKAGES {
            left -= size;
            let path = path.to_owned();
            found.push(NeededGoPackage { path, files });
        }
    }
    found
}

/// The files of a package that deals in clients are read whole: whatever it does with their options may
/// matter. Of any other only values can come.
fn read_in_part(files: Vec<GoFile>, needles: &CodeNeedles) -> Vec<OtherGoFile> {
    let of_clients = |file: &GoFile| needles.imports.is_in(file.excerpt.text());
    let read = if files.iter().any(of_clients) {
        OtherGoFile::whole
    } else {
        OtherGoFile::without_long_functions
    };
    files.into_iter().map(read).collect()
}

/// The names that a file takes from a package.
fn find_selected<'t>(text: &'t str, ident: &str) -> Vec<&'t str> {
    let prefix = format!("{ident}.");
    let found = text.match_indices(&prefix).filter_map(|(at, _)| {
        let rest = &text[at + prefix.len()..];
        let end = rest
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        (end > 0).then(|| &rest[..end])
    });
    found.collect()
}

/// Whether a file may declare one of these names as a constant, or as a function that deals in clients
/// or takes no arguments.
fn declares_one(file: &GoFile, names: &BTreeSet<&str>, needles: &CodeNeedles) -> bool {
    let text = file.excerpt.text();
    let of_clients = needles.imports.is_in(text);
    let constants = text.contains("const");
    names.iter().any(|name| {
        let open = format!("func {name}(");
        let bare = format!("func {name}() ");
        text.contains(&bare)
            || (of_clients && text.contains(&open))
            || (constants && text.contains(name) && !text.contains(&open))
    })
}
