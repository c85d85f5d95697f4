//! What a person reads whose rule, pack or settings are mistaken. Each heading of the pages under
//! `fixtures/mistakes/` is a case: its fences are the files, the last one is all that `redvet check`
//! says. `REDVET_BLESS=1` writes the messages; they are to be read like code.

use crate::support::document;
use crate::support::golden;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::document::{Fence, fences};
use rayon::prelude::*;

/// The settings of a case that brings none.
const SETTINGS: &str = "extends = [\"./policies\"]\n";

/// Fewer cases than this would show too little.
const CASES: usize = 90;

fn pages() -> Vec<std::path::PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/mistakes");
    let entries = fs::read_dir(folder).unwrap();
    let mut pages: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    pages.sort();
    pages
}

/// What the program says of the files; it must refuse them without a panic.
fn said(files: &[Fence]) -> String {
    let place = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = place.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("redvet.toml", SETTINGS);
    for file in files {
        write(file.path.as_ref().unwrap(), &file.text);
    }
    let output = Command::new(env!("CARGO_BIN_EXE_redvet"))
        .args(["check", "--color", "never"])
        .current_dir(place.path())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    let files: Vec<&str> = files.iter().map(|f| f.text.as_str()).collect();
    assert_eq!(output.status.code(), Some(2), "{files:?}\n{said}");
    assert!(
        output.stdout.is_empty() && !said.contains("internal error"),
        "{said}"
    );
    said
}

#[test]
fn every_mistake_is_told_as_the_page_shows() {
    let mut count = 0;
    for path in pages() {
        let text = fs::read_to_string(&path).unwrap();
        let mut cases = vec![Vec::new()];
        for fence in fences(&text) {
            let is_file = fence.path.is_some();
            cases.last_mut().unwrap().push(fence);
            if !is_file {
                cases.push(Vec::new());
            }
        }
        let rest = cases.pop().unwrap();
        assert!(rest.is_empty(), "{}: a case has no message", path.display());
        let part = |case: Vec<Fence>| {
            let (message, files) = case.split_last().unwrap();
            (message.lines.clone(), said(files))
        };
        let parts: Vec<_> = cases.into_par_iter().map(part).collect();
        count += parts.len();
        golden::compare(&path, &document::with(&text, parts));
    }
    assert!(count >= CASES, "{count} cases");
}
