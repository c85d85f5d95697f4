//! What every shipped rule is held to beside its page: `redvet rules test` passes over all of them,
//! and each tells why it matters, how much, how to see it, how to undo it and where that stands.

use std::process::Command;

use crate::support::harness::{Harness, repository};
use redvet::facts::estate::SubjectKind;

#[test]
fn the_pages_pass_under_the_command_that_users_have() {
    let output = Command::new(env!("CARGO_BIN_EXE_redvet"))
        .args(["rules", "test"])
        .current_dir(repository(""))
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let failed: Vec<&str> = printed.lines().filter(|l| !l.starts_with("ok ")).collect();
    assert!(output.status.success(), "{}", failed.join("\n"));
    let passed = format!("{} passed, 0 failed", Harness::new().rules.len());
    assert!(printed.ends_with(&format!("{passed}\n")), "{passed}");
}

#[test]
fn every_rule_is_documented() {
    let rules = Harness::new().rules;
    let mut bare = Vec::new();
    for rule in rules.rules() {
        let docs = &rule.draft.docs;
        let texts = [
            ("why", &docs.why),
            ("impact", &docs.impact),
            ("verify", &docs.verify),
            ("rollback", &docs.rollback),
        ];
        let missing = texts.iter().filter(|(_, text)| text.trim().len() < 10);
        bare.extend(missing.map(|(what, _)| format!("{}: {what}", rule.id())));
        // What is about redvet's own check has no source elsewhere.
        if docs.references.is_empty() && rule.draft.subject != SubjectKind::Meta {
            bare.push(format!("{}: references", rule.id()));
        }
        if !rule.draft.has_help() {
            bare.push(format!("{}: help", rule.id()));
        }
    }
    assert!(bare.is_empty(), "\n{}", bare.join("\n"));
}
