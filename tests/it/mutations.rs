//! Estates that follow every recommendation, with one of them broken at a time: exactly its rule
//! speaks, and such rules as its page names.
//!
//! The page of a rule, `fixtures/rules/<category>/<name>.md`, ends in a comment `mutation` of TOML:
//! `old` is the text of `path` in the estate that becomes `new`, `estate` names another estate than
//! the usual one. A rule that no estate can hold has a `twin` instead, which says why: it is held to
//! the twin of its own page (`minimal_pairs.rs`).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::support::assert_no_faults;
use crate::support::harness::{Harness, Sample, pages, repository};
use crate::support::mutation;
use redvet::finding::Report;
use redvet::policy::{CompiledRule, RuleOverride, ScopedOverrides};
use serde::Deserialize;

/// The estate of mutations that name none.
const ESTATE: &str = "relay-miner-tuned";

#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Entry {
    Mutation(Mutation),
    /// Why no estate can hold the fault.
    Twin {
        twin: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mutation {
    estate: Option<String>,
    path: String,
    old: String,
    new: String,
    /// What else the fault takes, such as an import.
    #[serde(default)]
    more: Vec<Change>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    path: String,
    old: String,
    new: String,
}

impl Mutation {
    fn of(&self, sample: &Sample) -> Result<Sample, String> {
        let mut broken = sample.changed(&self.path, &self.old, &self.new)?;
        for change in &self.more {
            broken = broken.changed(&change.path, &change.old, &change.new)?;
        }
        Ok(broken)
    }
}

/// The mutation of each rule that has one.
fn table() -> BTreeMap<String, Entry> {
    let mut table = BTreeMap::new();
    for (page, text) in pages() {
        let (_, Some(mutation)) = mutation::split(&text) else {
            continue;
        };
        let entry = toml::from_str(mutation)
            .unwrap_or_else(|why| panic!("{}: its mutation: {why}", page.path));
        table.insert(page.rule, entry);
    }
    table
}

/// A harness in which rules of every profile run.
fn harness() -> Harness {
    let mut harness = Harness::new();
    let on = |rule: &CompiledRule| {
        let on = RuleOverride {
            enabled: Some(true),
            ..RuleOverride::default()
        };
        (rule.id().to_owned(), on)
    };
    harness.overrides = vec![ScopedOverrides {
        paths: None,
        rules: harness.rules.rules().map(on).collect(),
    }];
    harness
}

/// How often each rule speaks.
fn counts(report: &Report) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for finding in report
        .shown_findings()
        .flat_map(|finding| finding.members())
    {
        *counts.entry(finding.rule.clone()).or_default() += 1;
    }
    counts
}

/// What is wrong with a mutation.
fn fault(harness: &Harness, id: &str, sample: &Sample, mutation: &Mutation) -> Option<String> {
    let broken = match mutation.of(sample) {
        Ok(broken) => broken,
        Err(why) => return Some(format!("{id}: {why}")),
    };
    let before = counts(&harness.check(sample));
    let after = counts(&harness.check(&broken));
    let mut louder: BTreeSet<&str> = after
        .iter()
        .filter(|(rule, count)| before.get(*rule).unwrap_or(&0) < count)
        .map(|(rule, _)| rule.as_str())
        .collect();
    if !louder.remove(id) {
        return Some(format!("{id}: it does not speak; others: {louder:?}"));
    }
    let page = repository("fixtures/rules").join(format!("{id}.md"));
    let page = fs::read_to_string(page).unwrap();
    let (words, _) = mutation::split(&page);
    louder.retain(|other| !words.contains(other));
    (!louder.is_empty()).then(|| format!("{id}: also {louder:?}, which its page does not name"))
}

#[test]
fn a_broken_recommendation_wakes_its_rule_alone() {
    let harness = harness();
    let table = table();
    let mut samples: BTreeMap<&str, Sample> = BTreeMap::new();
    let mut faults = Vec::new();
    for (id, entry) in &table {
        let Entry::Mutation(mutation) = entry else {
            continue;
        };
        let estate = mutation.estate.as_deref().unwrap_or(ESTATE);
        let sample = samples
            .entry(estate)
            .or_insert_with(|| harness.folder(&repository("fixtures/estates").join(estate)));
        faults.extend(fault(&harness, id, sample, mutation));
    }
    assert_no_faults("a broken recommendation wakes its rule alone", faults);
}

#[test]
fn every_rule_is_broken_once() {
    let harness = Harness::new();
    let table = table();
    let missing = harness
        .rules
        .rules()
        // A bundle has no condition of its own that could be broken.
        .filter(|rule| !rule.draft.is_bundle() && !table.contains_key(rule.id()));
    let missing = missing.map(|rule| format!("fixtures/rules/{}.md", rule.id()));
    assert_no_faults("every page of a rule ends in its mutation", missing);
    for (id, entry) in &table {
        if let Entry::Twin { twin } = entry {
            assert!(twin.len() > 10, "{id}: why can no estate hold it?");
        }
    }
}
