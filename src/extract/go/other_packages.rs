//! The packages of a module that another one imports: which of them are read, and how much of those.

use std::collections::{BTreeMap, BTreeSet};

use crate::extract::go::GoFile;
use crate::extract::go::names::is_test;
use crate::extract::go::needed_declarations::{AskedGoPackage, OtherGoFile, cut_to_needed};
use crate::extract::go::program::imports_of;
use crate::knowledge::clients::needles::CodeNeedles;

/// How many packages are read for one, and how much of them: what keeps reading in proportion.
const MAX_PACKAGES: usize = 16;
const MAX_BYTES: usize = 200_000;

/// The Go files of a tree by the path that code imports their package by.
pub type GoPackagePaths = BTreeMap<String, Vec<GoFile>>;

/// A package of which something is needed.
pub(super) struct NeededGoPackage {
    pub(super) path: String,
    pub(super) files: Vec<OtherGoFile>,
}

/// The packages of the tree from which the files take constants or functions of a kind that is read,
/// each without its tests. `building` are the files that may hold clients, `own` all that are read with
/// them.
pub(super) fn find_needed(
    building: &[&GoFile],
    own: &[&GoFile],
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
    let without_tests = |path: &str| -> Vec<GoFile> {
        let files = paths.get(path).into_iter().flatten();
        files.filter(|file| !is_test(&file.path)).cloned().collect()
    };
    let mut needed: Vec<(&str, Vec<GoFile>)> = Vec::new();
    for (path, names) in asked {
        let files = without_tests(path);
        if files.iter().any(|file| declares_one(file, &names, needles)) {
            needed.push((path, files));
        }
    }
    let of_clients = |file: &GoFile| needles.imports.is_in(file.excerpt.text());
    let packages = needed.iter().map(|(path, files)| AskedGoPackage {
        path,
        files,
        of_clients: files.iter().any(of_clients),
    });
    let parts = cut_to_needed(own, &packages.collect::<Vec<_>>());
    let paths = needed.iter().map(|(path, _)| (*path).to_owned());
    keep_smallest(
        paths
            .zip(parts)
            .map(|(path, files)| NeededGoPackage { path, files }),
    )
}

/// As many packages as the limits allow: a large one is rather data than settings.
fn keep_smallest(packages: impl Iterator<Item = NeededGoPackage>) -> Vec<NeededGoPackage> {
    let size = |package: &NeededGoPackage| -> usize {
        let files = package.files.iter();
        files.map(|file| file.excerpt.text().len()).sum()
    };
    let mut packages: Vec<(usize, NeededGoPackage)> =
        packages.map(|package| (size(&package), package)).collect();
    packages.sort_by_key(|(size, _)| *size);
    let mut left = MAX_BYTES;
    let fitting = packages
        .into_iter()
        .take(MAX_PACKAGES)
        .take_while(|(size, _)| {
            let fits = *size <= left;
            left = left.saturating_sub(*size);
            fits
        });
    fitting.map(|(_, package)| package).collect()
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
