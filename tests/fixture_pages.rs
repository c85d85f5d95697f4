//! Every fixture page of the shipped rules, run through the whole pipeline.
#![allow(clippy::unwrap_used, reason = "a broken fixture is to stop the test")]

use redvet::check::{self, Scope};
use redvet::discover::Patterns;
use redvet::knowledge::Knowledge;
use redvet::load::{apply, rules, settings};
use redvet::policy;
use redvet::source::{SourceFile, Sources};
use redvet::survey::{Input, Project};
use redvet::tester::{self, Case, Outcome, Place};

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

struct Bench {
    knowledge: Knowledge,
    rules: policy::RuleSet,
    patterns: Patterns,
}

impl Bench {
    fn check(&self, case: &Case) -> Outcome {
        let mut sources = Sources::default();
        let mut project = Project::default();
        let mut policy_settings = policy::Settings::default();
        for file in &case.files {
            if file.path == "redvet.toml" {
                let id = sources.add(SourceFile::new(&*file.path, &*file.text));
                let read = settings::read(id, &file.text).unwrap();
                policy_settings = apply::policy_settings(&read);
                project.declarations = apply::declarations(&read);
                continue;
            }
            let kind = self.patterns.kind_of(&file.path).unwrap();
            project.inputs.push(Input {
                path: file.path.clone(),
                kind,
                text: file.text.as_str().into(),
            });
        }
        let report = check::check(
            sources,
            &project,
            &self.knowledge,
            &self.rules,
            &policy_settings,
            &Scope::default(),
        );
        let place = |f: &redvet::finding::Finding| Place {
            rule: f.rule.clone(),
            path: report.sources.path(f.primary).to_owned(),
            line: report.sources.start(f.primary).line,
        };
        Outcome {
            findings: report.shown().map(place).collect(),
            undetermined: report.undetermined.iter().map(|u| u.rule.clone()).collect(),
        }
    }
}

#[test]
fn every_page_holds() {
    let knowledge = Knowledge::embedded().unwrap();
    let built_in = rules::builtin();
    assert_eq!(built_in.errors, []);
    let patterns = Patterns::new(&redvet::inputs::patterns(&knowledge)).unwrap();
    let bench = Bench {
        knowledge,
        rules: built_in.rules,
        patterns,
    };
    let mut failures = Vec::new();
    for (rule, text) in pages() {
        let path = format!("fixtures/rules/{rule}.md");
        let page = tester::parse_page(&path, &rule, &text);
        failures.extend(tester::run_page(&page, &|case| bench.check(case)));
    }
    let shown: Vec<_> = failures.iter().map(ToString::to_string).collect();
    assert!(
        shown.is_empty(),
        "{} failures\n{}",
        shown.len(),
        shown.join("\n\n")
    );
}
