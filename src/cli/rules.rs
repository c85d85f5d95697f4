//! `redvet rules list`: every rule of the project, its own ones and the built-in ones.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::json;

use crate::nearest;
use crate::policy::{CompiledRule, RuleProfile, RuleSet};

use super::args::{ListArgs, ProfileWord, TableFormat};
use super::console::CommandConsole;
use super::failure::CliError;
use super::target::RunTarget;
use super::{CommandOutcome, packs, project, settings_file};

pub(super) fn run(
    args: &ListArgs,
    console: &mut CommandConsole,
) -> Result<CommandOutcome, CliError> {
    let rules = of_project(args.config.config.as_deref())?;
    let chosen = select_rules(args, &rules)?;
    let text = match args.format {
        TableFormat::Table => table(&chosen),
        TableFormat::Json => json(&chosen)?,
    };
    console.print(&text);
    Ok(CommandOutcome::Clean)
}

/// The rules that a check in the current folder would have.
pub(super) fn of_project(config: Option<&Path>) -> Result<RuleSet, CliError> {
    let target = RunTarget::of(&[], false)?;
    let mut file = settings_file::read(config, &target)?;
    packs::all(&mut file, &project::knowledge()?)
}

/// The rules that the flags leave. A word that no rule has is a slip, and no empty list.
fn select_rules<'r>(
    args: &ListArgs,
    rules: &'r RuleSet,
) -> Result<Vec<&'r CompiledRule>, CliError> {
    check_known(
        "--category",
        &args.category,
        rules.rules().map(CompiledRule::category),
    )?;
    let packs = rules.packs().iter().map(|pack| pack.name.as_str());
    check_known("--pack", &args.pack, packs)?;
    let profile = args.profile.map(|profile| match profile {
        ProfileWord::Recommended => RuleProfile::Recommended,
        ProfileWord::Strict => RuleProfile::Strict,
    });
    let among = |words: &[String], word: &str| words.is_empty() || words.iter().any(|w| w == word);
    let is_chosen = |rule: &&CompiledRule| {
        let draft = &rule.draft;
        let mut severities = args.severity.iter().map(|word| word.severity());
        let mut subjects = args.subject.iter().map(|word| word.kind());
        among(&args.category, rule.category())
            && among(&args.pack, &rule.pack)
            && (args.severity.is_empty() || severities.any(|one| one == draft.severity))
            && (args.subject.is_empty() || subjects.any(|one| one == draft.subject))
            && profile.is_none_or(|profile| profile == draft.profile)
            && (draft.preview || !args.preview)
    };
    Ok(rules.rules().filter(is_chosen).collect())
}

fn check_known<'a>(
    flag: &str,
    given: &[String],
    known: impl Iterator<Item = &'a str>,
) -> Result<(), CliError> {
    let known: BTreeSet<&str> = known.collect();
    match given.iter().find(|word| !known.contains(word.as_str())) {
        None => Ok(()),
        Some(word) => {
            let what = format!("{flag} {word}: unknown name");
            Err(CliError::with_help(what, nearest::help(word, known)))
        }
    }
}

fn table(rules: &[&CompiledRule]) -> String {
    let width = rules.iter().map(|rule| rule.id().len()).max().unwrap_or(0);
    let mut out = String::new();
    for rule in rules {
        let draft = &rule.draft;
        let (severity, profile) = (draft.severity.as_str(), draft.profile.as_str());
        let preview = if draft.preview { " (preview)" } else { "" };
        let id = rule.id();
        out.push_str(&format!(
            "{id:<width$}  {severity:<7}  {profile:<11}  {}{preview}\n",
            draft.title
        ));
    }
    let count = match rules.len() {
        1 => "1 rule".to_owned(),
        n => format!("{n} rules"),
    };
    out.push_str(&format!("{count}; run `redvet explain RULE` for details\n"));
    out
}

fn json(rules: &[&CompiledRule]) -> Result<String, CliError> {
    let rules: Vec<_> = rules.iter().map(|rule| entry(rule)).collect();
    let list = json!({ "schema_version": 1, "rules": rules });
    Ok(serde_json::to_string_pretty(&list)? + "\n")
}

fn entry(rule: &CompiledRule) -> serde_json::Value {
    let draft = &rule.draft;
    json!({
        "id": rule.id(),
        "title": draft.title,
        "severity": draft.severity.as_str(),
        "profile": draft.profile.as_str(),
        "subject": draft.subject.as_str(),
        "category": rule.category(),
        "pack": rule.pack,
        "preview": draft.preview,
    })
}
