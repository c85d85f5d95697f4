//! `redvet rules test`: loads the rules of a folder, runs their fixture pages and prints a test
//! runner's summary.
//!
//! The folder holds `rules/` and `fixtures/rules/`. A rule without a page fails: what was never
//! shown to fire is not known to work.

use std::collections::BTreeMap;
use std::path::Path;

use rayon::prelude::*;
use walkdir::WalkDir;

use crate::discover;
use crate::facts::estate::SubjectKind;
use crate::finding::{ReportNote, RuleRun};
use crate::knowledge::Knowledge;
use crate::load::rules;
use crate::policy::{CompiledRule, RuleSet};
use crate::source::Sources;
use crate::tester::{self, FixturePage};

use super::args::TestArgs;
use super::console::CommandConsole;
use super::failure::CliError;
use super::fixture_runner::{self, FixtureEnv};
use super::packs::{self, RULES};
use super::{CommandOutcome, project, rule_settings};

const PAGES: &str = "fixtures/rules";

/// The pattern that fits every rule id.
const EVERY: &str = "**";

pub(super) fn run(
    args: &TestArgs,
    console: &mut CommandConsole,
) -> Result<CommandOutcome, CliError> {
    let knowledge = project::knowledge()?;
    let own = args.dir.join(RULES);
    let texts = packs::texts(&own).map_err(|why| {
        let help = "name the folder that holds `rules/` and `fixtures/rules/`; \
                    `redvet rules new CATEGORY/NAME` makes both";
        CliError::with_help(format!("{}: {why}", own.display()), help)
    })?;
    let (set, ids, notes) = load(&own, texts, &knowledge)?;
    let folder = args.dir.join(PAGES);
    let pages = pages(&folder)?;
    let results = results(&set, &ids, &folder, &pages, &knowledge)?;
    console.print(&render_results(&results, &notes));
    Ok(if results.iter().all(|(_, failures)| failures.is_empty()) {
        CommandOutcome::Clean
    } else {
        CommandOutcome::Findings
    })
}

/// The rules to test together with the built-in ones, whose audiences they may name; and the ids of
/// those to test, and what of them is deprecated. Rules that are the built-in ones are tested alone.
fn load(
    folder: &Path,
    texts: Vec<(String, String)>,
    knowledge: &Knowledge,
) -> Result<(RuleSet, Vec<String>, Vec<ReportNote>), CliError> {
    let builtin = packs::builtin()?;
    let id_of = |path: &str| path.strip_suffix(".yaml").map(str::to_owned);
    let ids: Vec<String> = texts
        .iter()
        .filter(|(path, _)| path != rules::PACK_FILE)
        .filter_map(|(path, _)| id_of(path))
        .collect();
    let is_builtin = ids.iter().any(|id| builtin.get(id).is_some());
    let mut set = if is_builtin {
        RuleSet::default()
    } else {
        builtin
    };
    let mut sources = Sources::default();
    let mistakes = packs::add(&mut set, &mut sources, folder, texts, knowledge);
    if mistakes.is_empty() {
        let notes = rule_settings::former_facts(&set, &sources);
        Ok((set, ids, notes))
    } else {
        Err(CliError::Mistakes { sources, mistakes })
    }
}

/// The pages by the rule that they are named for.
fn pages(folder: &Path) -> Result<BTreeMap<String, FixturePage>, CliError> {
    let mut pages = BTreeMap::new();
    if !folder.is_dir() {
        return Ok(pages);
    }
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let entry = entry.map_err(|error| CliError::new(error.to_string()))?;
        let path = packs::relative(folder, entry.path());
        let Some(rule) = path.as_deref().and_then(|path| path.strip_suffix(".md")) else {
            continue;
        };
        let text = discover::read(entry.path())?;
        let shown = page_name(folder, rule);
        pages.insert(rule.to_owned(), tester::parse_page(&shown, rule, &text));
    }
    Ok(pages)
}

/// A page as messages name it: from where the command stands.
fn page_name(folder: &Path, rule: &str) -> String {
    let folder = folder.to_string_lossy().replace('\\', "/");
    let folder = folder.trim_start_matches("./").trim_end_matches('/');
    format!("{folder}/{rule}.md")
}

type PageResults = Vec<(String, Vec<String>)>;

/// Every rule and every page with what is wrong, in the order of their ids.
fn results(
    set: &RuleSet,
    ids: &[String],
    folder: &Path,
    pages: &BTreeMap<String, FixturePage>,
    knowledge: &Knowledge,
) -> Result<PageResults, CliError> {
    let stage = FixtureEnv::new(knowledge, set).map_err(|e| CliError::new(e.to_string()))?;
    let mut names: Vec<&String> = ids.iter().chain(pages.keys()).collect();
    names.sort();
    names.dedup();
    Ok(names
        .into_par_iter()
        .map(|name| {
            let failures = match (set.get(name), pages.get(name)) {
                (Some(rule), Some(page)) => run_page(&stage, rule, page),
                (None, Some(page)) => vec![format!("{}: unknown rule `{name}`", page.path)],
                _ => vec![format!(
                    "{}: the rule has no fixture page, so nothing shows that it works",
                    page_name(folder, name)
                )],
            };
            (name.clone(), failures)
        })
        .collect())
}

fn run_page(stage: &FixtureEnv<'_>, rule: &CompiledRule, page: &FixturePage) -> Vec<String> {
    // A rule about the check itself needs the others: a comment is unused only where they ran.
    let select = match rule.draft.subject {
        SubjectKind::Meta => EVERY,
        _ => rule.id(),
    };
    let mut broken = Vec::new();
    let mut checked = Vec::new();
    let mut runs = Vec::new();
    for case in &page.cases {
        match stage.check(case, &[select]) {
            Ok(report) => {
                checked.push(fixture_runner::outcome(&report));
                runs.extend(report.runs.into_iter().filter(|run| run.rule == rule.id()));
            }
            Err(error) => {
                broken.push(format!("{}:{}: {error}", page.path, case.line));
                checked.push(tester::CheckedCase::default());
            }
        }
    }
    if !broken.is_empty() {
        return broken;
    }
    let outcome = |case: &tester::FixtureCase| {
        let at = page.cases.iter().position(|c| std::ptr::eq(c, case));
        at.and_then(|at| checked.get(at))
            .cloned()
            .unwrap_or_default()
    };
    let failures = tester::run_page(page, &outcome);
    let mut failed_texts: Vec<String> = failures.iter().map(ToString::to_string).collect();
    let runs = RuleRun::join(runs);
    let run = runs.into_iter().next().unwrap_or_default();
    let unproven = describe_unproven(rule, &run);
    failed_texts.extend(unproven.map(|why| format!("{}: {why}", page.path)));
    failed_texts
}

/// What a page leaves unproven: a rule that looks at nothing, or a condition that comes out alike
/// for all that the page shows.
fn describe_unproven(rule: &CompiledRule, run: &RuleRun) -> Option<String> {
    // What a rule about the check itself looks at is there only where something is wrong; a bundle
    // looks at nothing by itself.
    if rule.draft.subject == SubjectKind::Meta || rule.draft.is_bundle() {
        return None;
    }
    let subject = rule.draft.subject.as_str();
    if run.subjects == 0 {
        return Some(format!(
            "no case contains a {subject} for the rule to check"
        ));
    }
    let when = run.when.unwrap_or_default();
    if run.when.is_some() && when.holds == 0 {
        return Some(format!(
            "`when` is false for every {subject} in every case: the rule never applies"
        ));
    }
    if run.when.is_some() && when.fails + when.open == 0 {
        return Some(format!(
            "`when` is true for every {subject} in every case: add a case the rule does not apply to"
        ));
    }
    let assert = run.assert;
    match (assert.holds, assert.fails) {
        (0, 0) => None,
        (_, 0) => Some(format!(
            "`assert` is true for every {subject} in every case: add a case where it is false"
        )),
        (0, _) if assert.open == 0 => Some(format!(
            "`assert` is false for every {subject} in every case: add a case where it is true"
        )),
        _ => None,
    }
}

fn render_results(results: &PageResults, notes: &[ReportNote]) -> String {
    let mut out = String::new();
    for note in notes {
        let path = note.path.as_deref().unwrap_or_default();
        out.push_str(&format!("note: {path}: {}\n", note.message));
    }
    for (name, failures) in results {
        let word = if failures.is_empty() { "ok" } else { "FAILED" };
        out.push_str(&format!("{word:<6} {name}\n"));
    }
    for failure in results.iter().flat_map(|(_, failures)| failures) {
        out.push_str(&format!("\n{failure}\n"));
    }
    let failed = results.iter().filter(|(_, f)| !f.is_empty()).count();
    let passed = results.len() - failed;
    out.push_str(&format!("\n{passed} passed, {failed} failed\n"));
    out
}
