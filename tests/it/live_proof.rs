//! `docs/live-proof.md` says of every rule on a server, a line or a connection which test shows its
//! claim on real servers, or why none does: no rule is left out, every test that it names is there, and
//! a rule that says that a server fails names one.

use crate::support::assert_no_faults;
use std::collections::BTreeMap;
use std::fs;

use crate::support::harness::{Harness, repository};
use redvet::facts::estate::SubjectKind;

/// What no running server does: the kernel and the disk act, or the text alone is at fault.
const NOT_OF_A_SERVER: &[&str] = &[
    "gets-no-fixes",
    "shows-its-password",
    "may-run-out-of-memory",
    "may-stall",
    "runs-on-defaults",
];

/// The rows of a section, each as its cells.
fn rows(page: &str, heading: &str) -> Vec<Vec<String>> {
    let section = page.split("\n## ").find(|text| text.starts_with(heading));
    let section = section.unwrap_or_else(|| panic!("no section {heading}"));
    let lines = section.lines().filter(|line| line.starts_with("| `"));
    let cells = |line: &str| {
        let inner = line.trim_matches('|').split(" | ");
        inner.map(|cell| cell.trim().to_owned()).collect()
    };
    lines.map(cells).collect()
}

/// The words of a cell that are written as code.
fn named(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// The tests that a cell names and that are not there.
fn missing_tests(cell: &str) -> Vec<String> {
    let mut file = String::new();
    let mut missing = Vec::new();
    let mut found = 0;
    for name in named(cell) {
        if name.ends_with(".rs") {
            let path = repository(&format!("tests/it/{name}"));
            file = fs::read_to_string(path).unwrap_or_default();
        } else if file.contains(&format!("#[test]\nfn {name}()")) {
            found += 1;
        } else {
            missing.push(name.to_owned());
        }
    }
    if found == 0 {
        missing.push("any test".to_owned());
    }
    missing
}

#[test]
fn every_rule_on_a_server_names_its_proof() {
    let page = fs::read_to_string(repository("docs/live-proof.md")).unwrap();
    let shown = rows(&page, "Shown by a test");
    let unshown = rows(&page, "Not shown by a test");
    let mut faults = Vec::new();
    for row in &shown {
        let missing = missing_tests(&row[2]);
        faults.extend(missing.iter().map(|test| format!("{}: no {test}", row[0])));
    }
    let tables = [(&shown, true), (&unshown, false)].into_iter();
    let listed = tables.flat_map(|(rows, is_shown)| {
        let ids = rows.iter().flat_map(|row| named(&row[0]));
        ids.map(move |id| (id, is_shown))
    });
    let listed: BTreeMap<&str, bool> = listed.collect();
    let rules = Harness::new().rules;
    for rule in rules.rules().map(|rule| &rule.draft) {
        let is_of_a_client = matches!(rule.subject, SubjectKind::Client | SubjectKind::Service);
        if is_of_a_client || rule.subject == SubjectKind::Meta {
            continue;
        }
        let names = rule
            .consequence
            .iter()
            .map(|named| named.text.text().trim());
        let mut claims = names.filter(|name| !NOT_OF_A_SERVER.contains(name));
        match (listed.get(rule.id.as_str()), claims.next()) {
            (None, _) => faults.push(format!("{}: in neither table", rule.id)),
            (Some(false), Some(claim)) => {
                faults.push(format!("{}: says `{claim}`, and no test shows it", rule.id));
            }
            _ => {}
        }
    }
    let is_rule = |id: &&&str| rules.rules().any(|rule| rule.draft.id == **id);
    let unknown = listed.keys().filter(|id| id.contains('/') && !is_rule(id));
    faults.extend(unknown.map(|id| format!("{id}: no such rule")));
    assert_no_faults("docs/live-proof.md lists every rule", faults);
}
