//! Files that a test makes and compares: each holds what the test would write now, and with
//! `REDVET_BLESS=1` the test writes it.

use std::fs;
use std::path::Path;

/// Whether generated files are to be written.
pub(crate) fn blessing() -> bool {
    std::env::var_os("REDVET_BLESS").is_some_and(|value| value == "1")
}

/// Compares a file with what it should hold; when blessing, writes it.
pub(crate) fn compare(path: &Path, expected: &str) {
    if blessing() {
        write(path, expected);
        return;
    }
    let found = fs::read_to_string(path).unwrap_or_default();
    if found != expected {
        let at = first_difference(&found, expected);
        panic!(
            "{} is not what it should be: {at}\nREDVET_BLESS=1 cargo test writes it",
            path.display()
        );
    }
}

/// Writes a file in one step: tests run beside each other, and another one may be reading it.
fn write(path: &Path, text: &str) {
    let folder = path.parent().unwrap();
    fs::create_dir_all(folder).unwrap();
    if fs::read_to_string(path).is_ok_and(|found| found == text) {
        return;
    }
    // The whole file takes its name at once, so that no reader sees a part of it.
    let new = path.with_extension("blessed");
    fs::write(&new, text).unwrap();
    fs::rename(&new, path).unwrap();
}

/// The first line that differs, as it is and as it should be.
fn first_difference(found: &str, expected: &str) -> String {
    let (mut old, mut new) = (found.lines(), expected.lines());
    for line in 1.. {
        let (is, should) = (old.next(), new.next());
        if is != should || (is.is_none() && should.is_none()) {
            let shown = |text: Option<&str>| text.unwrap_or("(end of the file)").to_owned();
            return format!(
                "line {line}\n  is:     {}\n  should: {}",
                shown(is),
                shown(should)
            );
        }
    }
    String::new()
}

/// The text of a file with the part between two markers replaced: `<!-- name -->`, then
/// `<!-- /name -->`, each on a line of its own.
pub(crate) fn between_markers(text: &str, name: &str, part: &str) -> String {
    let (open, close) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->\n"));
    let (before, rest) = text
        .split_once(&open)
        .unwrap_or_else(|| panic!("no {open}"));
    let (_, after) = rest
        .split_once(&close)
        .unwrap_or_else(|| panic!("no {close}"));
    format!("{before}{open}{part}{close}{after}")
}
