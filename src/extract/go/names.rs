//! What the names of a Go file stand for: an import's alias or the package's own name, dot imports, and
//! in a snippet without imports the libraries that are usually called so.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::extract::code::form::{CodeFile, ImportForm, StatementForm};
use crate::extract::code::options::ImportedLibrary;
use crate::extract::code::typed_words::{FileNames, ImportedName};
use crate::facts::raw::SourceLanguage;
use crate::knowledge::clients::{ClientModels, LibraryModel};

/// The names of a file; a fragment that shows no imports knows libraries by their names only.
pub(super) fn read<'m>(code: &CodeFile, models: &'m ClientModels) -> FileNames<'m> {
    let mut names = FileNames::default();
    for statement in &code.body {
        if let StatementForm::Import(imports) = &statement.form {
            for import in imports {
                add_import(&mut names, import, models);
            }
        }
    }
    if is_fragment(code) {
        guess_imports(&mut names, code.excerpt.text(), models);
    }
    names
}

/// A file that says of no package and of no import.
pub(super) fn is_fragment(code: &CodeFile) -> bool {
    let mut body = code.body.iter();
    let imports = body.any(|statement| matches!(statement.form, StatementForm::Import(_)));
    code.package.is_none() && !imports
}

fn add_import<'m>(names: &mut FileNames<'m>, import: &ImportForm, models: &'m ClientModels) {
    let (alias, path) = match import {
        ImportForm::Name { name, path } => (Some(name.as_str()), path),
        ImportForm::All { path } => (None, path),
    };
    let known = models.by_import(path);
    let import = match known {
        Some((library, _)) => ImportedName::Library(Rc::new(ImportedLibrary {
            candidates: vec![library],
            path: Some(path.clone()),
        })),
        None => ImportedName::Other(path.clone()),
    };
    match (alias, import) {
        (Some("_"), _) | (None, ImportedName::Other(_)) => {}
        (None, ImportedName::Library(library)) => names.dots.push(library),
        (Some(alias), import) => {
            let default = known.map_or_else(|| last_element(path), |(_, ident)| ident);
            let ident = if alias.is_empty() { default } else { alias };
            names.imports.insert(ident.to_owned(), import);
        }
    }
}

/// A fragment calls a library by its usual name.
fn guess_imports<'m>(names: &mut FileNames<'m>, text: &str, models: &'m ClientModels) {
    let mut guesses: BTreeMap<&str, Vec<&'m LibraryModel>> = BTreeMap::new();
    for library in models.of_language(SourceLanguage::Go) {
        let idents = &library.head.client.idents;
        if !idents.iter().any(|ident| text.contains(ident.as_str())) {
            continue;
        }
        for package in library.client_packages() {
            let candidates = guesses.entry(&package.default_ident).or_default();
            if !candidates.iter().any(|c| c.id() == library.id()) {
                candidates.push(library);
            }
        }
    }
    for (ident, candidates) in guesses {
        let library = ImportedLibrary {
            candidates,
            path: None,
        };
        let import = ImportedName::Library(Rc::new(library));
        names.imports.insert(ident.to_owned(), import);
    }
    for standard in ["time", "os", "math", "runtime", "net", "crypto/tls"] {
        let import = ImportedName::Other(standard.to_owned());
        let ident = last_element(standard).to_owned();
        names.imports.insert(ident, import);
    }
}

/// Go compiles such files for tests only.
pub(super) fn is_test(path: &str) -> bool {
    path.ends_with("_test.go")
}

/// The last element of an import path that names the package: `v2` does not.
pub(super) fn last_element(path: &str) -> &str {
    let version = |part: &str| {
        part.strip_prefix('v')
            .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
    };
    let mut parts = path.rsplit('/');
    let last = parts.next().unwrap_or(path);
    match parts.next() {
        Some(before) if version(last) => before,
        _ => last,
    }
}
