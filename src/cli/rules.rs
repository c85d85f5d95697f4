//! `redvet rules list`: every rule of the project, its own ones and the built-in ones.

use std::path::Path;

use serde_json::json;

use crate::policy::{Rule, RuleSet};

use super::args::{ListArgs, TableFormat};
use super::console::Console;
use super::failure::Failure;
use super::target::Target;
use super::{Outcome, packs, project, settings_file};

pub(super) fn run(args: &ListArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let rules = of_project(args.config.config.as_deref())?;
    let text = match args.format {
        TableFormat::Table => table(&rules),
        TableFormat::Json => json(&rules)?,
    };
    console.print(&text);
    Ok(Outcome::Clean)
}

/// The rules that a check in the current folder would have.
pub(super) fn of_project(config: Option<&Path>) -> Result<RuleSet, Failure> {
    let target = Target::of(&[], false)?;
    let mut file = settings_file::read(config, &target)?;
    packs::all(&mut file, &project::knowledge()?)
}

fn table(rules: &RuleSet) -> String {
    let width = rules.rules().map(|rule| rule.id().len()).max().unwrap_or(0);
    let mut out = String::new();
    for rule in rules.rules() {
        let draft = &rule.draft;
        let (severity, profile) = (draft.severity.word(), draft.profile.word());
        let preview = if draft.preview { " (preview)" } else { "" };
        let id = rule.id();
        out.push_str(&format!(
            "{id:<width$}  {severity:<7}  {profile:<11}  {}{preview}\n",
            draft.title
        ));
    }
    let count = rules.len();
    out.push_str(&format!("{count} rules; `redvet explain RULE` shows one\n"));
    out
}

fn json(rules: &RuleSet) -> Result<String, Failure> {
    let rules: Vec<_> = rules.rules().map(entry).collect();
    let list = json!({ "schema_version": 1, "rules": rules });
    Ok(serde_json::to_string_pretty(&list)? + "\n")
}

fn entry(rule: &Rule) -> serde_json::Value {
    let draft = &rule.draft;
    json!({
        "id": rule.id(),
        "title": draft.title,
        "severity": draft.severity.word(),
        "profile": draft.profile.word(),
        "subject": draft.subject.word(),
        "category": rule.category(),
        "pack": rule.pack,
        "preview": draft.preview,
    })
}
