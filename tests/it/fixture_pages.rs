//! Every fixture page of the shipped rules, run through the whole pipeline.

use redvet::cli::fixture_runner::{FixtureEnv, outcome};
use redvet::knowledge::Knowledge;
use redvet::load::rules;
use redvet::tester::{self, FixtureCase};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/rules");

fn pages() -> Vec<(String, String)> {
    let mut pages: Vec<_> = walkdir::WalkDir::new(FIXTURES)
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| entry.path().extension().is_some_and(|e| e == "md"))
        .map(|entry| {
            let path = entry.path().strip_prefix(FIXTURES).unwrap();
            let rule = path.with_extension("").to_str().unwrap().to_owned();
            (rule, std::fs::read_to_string(entry.path()).unwrap())
        })
        .collect();
    pages.sort();
    pages
}

#[test]
fn every_page_holds() {
    let knowledge = Knowledge::embedded().unwrap();
    let built_in = rules::builtin();
    assert_eq!(built_in.errors, []);
    let stage = FixtureEnv::new(&knowledge, &built_in.rules).unwrap();
    let check = |case: &FixtureCase| outcome(&stage.check(case, &[]).unwrap());
    let mut failures = Vec::new();
    for (rule, text) in pages() {
        let path = format!("fixtures/rules/{rule}.md");
        let page = tester::parse_page(&path, &rule, &text);
        failures.extend(tester::run_page(&page, &check));
    }
    let shown: Vec<_> = failures.iter().map(ToString::to_string).collect();
    assert!(
        shown.is_empty(),
        "{} failures\n{}",
        shown.len(),
        shown.join("\n\n")
    );
}
