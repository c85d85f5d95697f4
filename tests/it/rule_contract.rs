//! The public names: `fixtures/rule-contract.txt` has a line for every built-in rule, with its
//! severity, profile, audience and fix. `redvet rules list` must say the same.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use crate::support::harness::{Harness, repository};
use redvet::facts::intent::Safety;
use redvet::policy::Rule;
use serde_json::Value;

/// Severity, profile, audience and fix.
type Traits = [String; 4];

fn contract() -> BTreeMap<String, Traits> {
    let text = fs::read_to_string(repository("fixtures/rule-contract.txt")).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let entries = lines.map(|line| {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let [id, severity, profile, audience, fix] = words.try_into().unwrap();
        (id, [severity, profile, audience, fix])
    });
    entries.collect()
}

/// The worst safety of a rule's fixes.
fn fix(rule: &Rule) -> &'static str {
    let fixes: Vec<Safety> = rule.draft.all_fixes().map(|fix| fix.safety).collect();
    match (
        fixes.len(),
        fixes.iter().all(|safety| *safety == Safety::Safe),
    ) {
        (0, _) => "-",
        (_, true) => "safe",
        (_, false) => "unsafe",
    }
}

fn traits(rule: &Rule) -> Traits {
    let draft = &rule.draft;
    let audience = draft.audience.as_ref().map_or("-", |a| a.text());
    [
        draft.severity.as_str(),
        draft.profile.as_str(),
        audience,
        fix(rule),
    ]
    .map(str::to_owned)
}

#[test]
fn every_rule_of_the_contract_is_there() {
    let rules = Harness::new().rules;
    let missing: Vec<String> = contract()
        .into_keys()
        .filter(|id| rules.get(id).is_none())
        .collect();
    assert_eq!(missing, [""; 0]);
}

#[test]
fn every_rule_is_as_the_contract_says() {
    let rules = Harness::new().rules;
    let found: BTreeMap<String, Traits> = rules
        .rules()
        .map(|rule| (rule.id().to_owned(), traits(rule)))
        .collect();
    let contract = contract();
    for (id, traits) in &found {
        assert_eq!(contract.get(id), Some(traits), "{id}");
    }
}

#[test]
fn the_list_of_rules_says_what_the_contract_says() {
    let output = Command::new(env!("CARGO_BIN_EXE_redvet"))
        .args(["rules", "list", "--output-format", "json"])
        .current_dir(tempfile::tempdir().unwrap().path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let list: Value = serde_json::from_slice(&output.stdout).unwrap();
    let contract = contract();
    for rule in list["rules"].as_array().unwrap() {
        let text = |key: &str| rule[key].as_str().unwrap();
        let [severity, profile, ..] = &contract[text("id")];
        assert_eq!(
            [text("severity"), text("profile"), text("pack")],
            [severity.as_str(), profile.as_str(), "redvet"],
            "{}",
            text("id")
        );
        assert_eq!(rule["preview"], false);
    }
}
