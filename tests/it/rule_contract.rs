//! The public names: `fixtures/rule-contract.txt` has a line for every built-in rule, with its
//! severity, profile, audience, fix and parameters, made from the rule files. `redvet rules list` must
//! say the same.
//!
//! `REDVET_BLESS=1` writes what is new and what has changed. An id or a parameter that is gone it does
//! not take out: people have such names in their settings, so whoever means it does that by hand.

use crate::support::{assert_no_faults, golden};
use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use crate::support::harness::{Harness, repository};
use redvet::facts::estate::SubjectKind;
use redvet::facts::intent::FixSafety;
use redvet::finding::Severity;
use redvet::policy::CompiledRule;
use serde_json::Value;

const CONTRACT: &str = "fixtures/rule-contract.txt";

/// The lines above the table.
const HEAD: &str = "\
# The public names: id, severity, profile, audience, fix and parameters of every built-in rule, made
# from `rules/`. Settings, suppressions and reports use them, so a name is never changed; a rule that is
# renamed keeps its old id (`replaced_by`). A name that is gone is taken out of here by hand.
";

/// Severity, profile, audience, fix and parameters.
type Traits = [String; 5];

fn contract() -> BTreeMap<String, Traits> {
    let text = fs::read_to_string(repository(CONTRACT)).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let entries = lines.map(|line| {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let [id, traits @ ..]: [String; 6] = words.try_into().unwrap();
        (id, traits)
    });
    entries.collect()
}

fn table(rules: &BTreeMap<String, Traits>) -> String {
    let mut out = HEAD.to_owned();
    for (id, [severity, profile, audience, fix, params]) in rules {
        let line = format!("{id:37} {severity:8} {profile:12} {audience:11} {fix:7} {params}\n");
        out.push_str(&line);
    }
    out
}

/// The parameters of a rule as its line names them.
fn names(traits: &Traits) -> impl Iterator<Item = &str> {
    traits[4].split(',').filter(|name| *name != "-")
}

/// The worst safety of a rule's fixes.
fn fix(rule: &CompiledRule) -> &'static str {
    let fixes: Vec<FixSafety> = rule.draft.all_fixes().map(|fix| fix.safety).collect();
    match (
        fixes.len(),
        fixes.iter().all(|safety| *safety == FixSafety::Safe),
    ) {
        (0, _) => "-",
        (_, true) => "safe",
        (_, false) => "unsafe",
    }
}

fn traits(rule: &CompiledRule) -> Traits {
    let draft = &rule.draft;
    let audience = draft.audience.as_ref().map_or("-", |a| a.text());
    let params: Vec<&str> = draft.params.keys().map(String::as_str).collect();
    let params = if params.is_empty() {
        "-".to_owned()
    } else {
        params.join(",")
    };
    [
        draft.severity.as_str(),
        draft.profile.as_str(),
        audience,
        fix(rule),
        &params,
    ]
    .map(str::to_owned)
}

#[test]
fn every_rule_is_as_the_contract_says() {
    let rules = Harness::new().rules;
    let found: BTreeMap<String, Traits> = rules
        .rules()
        .map(|rule| (rule.id().to_owned(), traits(rule)))
        .collect();
    let mut gone = Vec::new();
    for (id, traits) in contract() {
        let Some(now) = found.get(&id) else {
            gone.push(format!("the rule {id}"));
            continue;
        };
        let lost = names(&traits).filter(|name| !names(now).any(|other| other == *name));
        gone.extend(lost.map(|name| format!("the parameter `{name}` of {id}")));
    }
    assert_no_faults(&format!("no name of {CONTRACT} is gone"), gone);
    golden::compare(&repository(CONTRACT), &table(&found));
}

/// The first line of a report says what an error does. Of these the words would be no more than "has errors".
const ERRORS_WITHOUT_A_CONSEQUENCE: &[&str] = &[
    // The running server goes on with the old value.
    "conf/not-settable-at-runtime",
    // It depends on the command: failover, metrics.
    "deploy/needed-command-disabled",
];

#[test]
fn every_error_about_a_server_or_client_names_what_it_does() {
    let rules = Harness::new().rules;
    let without: Vec<&str> = rules
        .rules()
        .map(|rule| &rule.draft)
        .filter(|draft| draft.severity == Severity::Error && draft.subject != SubjectKind::Meta)
        .filter(|draft| draft.consequence.is_empty())
        .map(|draft| draft.id.as_str())
        .collect();
    assert_eq!(without, ERRORS_WITHOUT_A_CONSEQUENCE);
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
