//! The repository's files as the tests of the project read them: by folder and ending, and the Rust
//! sources without what exists in tests only.

use std::fs;
use std::path::PathBuf;

use crate::support::rust_source::{self, RustSource};

pub(crate) fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The files under a folder whose name ends in `.extension`, with their paths in it, sorted.
pub(crate) fn files(folder: &str, extension: &str) -> Vec<(String, String)> {
    let root = repository().join(folder);
    let mut found: Vec<_> = walkdir::WalkDir::new(&root)
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| entry.path().extension().is_some_and(|e| e == extension))
        .map(|entry| {
            let path = entry.path().strip_prefix(&root).unwrap();
            let text = fs::read_to_string(entry.path()).unwrap();
            (path.to_str().unwrap().replace('\\', "/"), text)
        })
        .collect();
    found.sort();
    assert!(!found.is_empty(), "{folder} holds no .{extension} file");
    found
}

/// The sources outside tests, with their paths under `src/`.
pub(crate) fn sources() -> Vec<(String, RustSource)> {
    let all: Vec<_> = files("src", "rs")
        .into_iter()
        .map(|(path, text)| (path.clone(), rust_source::read(&path, &text)))
        .collect();
    let tests: Vec<Vec<String>> = all
        .iter()
        .flat_map(|(_, source)| {
            let inside = |name: &String| [source.module.clone(), vec![name.clone()]].concat();
            source.test_modules.iter().map(inside)
        })
        .collect();
    all.into_iter()
        .filter(|(_, source)| !tests.iter().any(|test| source.module.starts_with(test)))
        .collect()
}
