//! Which function of `report` makes which format, with paths from which folder, and what rules say of
//! themselves for those formats that carry it.

use crate::finding::{EstateView, Report};
use crate::policy::{Rule, RuleSet};
use crate::report::{self, Layout, RuleText};

use super::args::{CheckArgs, Format};
use super::failure::Failure;

/// A report that is to be rendered, perhaps in several formats.
pub(super) struct Rendering<'a> {
    pub(super) report: &'a Report,
    pub(super) args: &'a CheckArgs,
    pub(super) rules: &'a RuleSet,
    /// The folder that leads from the repository to the project, where they differ: hosts of
    /// repositories know paths from their own root only.
    pub(super) folder: Option<String>,
    /// The estate, for the format that shows it.
    pub(super) estate: &'a dyn Fn() -> EstateView,
}

impl Rendering<'_> {
    /// The report in a format.
    pub(super) fn render(&self, format: Format, layout: Layout) -> Result<String, Failure> {
        match &self.folder {
            Some(folder) if is_for_hosts(format) => {
                render(self, &self.report.below(folder), format, layout)
            }
            _ => render(self, self.report, format, layout),
        }
    }

    /// What the runner of GitHub's workflows is told beside the report for people: it makes
    /// annotations of it. Formats for machines never change.
    pub(super) fn annotations(&self, format: Format, layout: Layout) -> Result<String, Failure> {
        match format {
            Format::Full => self.render(Format::Github, layout),
            _ => Ok(String::new()),
        }
    }
}

/// Formats that a host of repositories, or a program that speaks to one, reads.
fn is_for_hosts(format: Format) -> bool {
    match format {
        Format::Full | Format::Concise | Format::Json | Format::Jsonl | Format::Html => false,
        Format::Sarif
        | Format::Github
        | Format::Gitlab
        | Format::Junit
        | Format::Rdjson
        | Format::Markdown => true,
    }
}

fn render(
    asked: &Rendering<'_>,
    report: &Report,
    format: Format,
    layout: Layout,
) -> Result<String, Failure> {
    let Rendering { args, rules, .. } = asked;
    Ok(match format {
        Format::Full | Format::Concise if args.statistics => report::statistics::render(report),
        Format::Full => report::full::render(report, layout, args.show_undetermined),
        Format::Concise => report::concise::render(report),
        Format::Json => report::json::render(report)?,
        Format::Jsonl => report::jsonl::render(report)?,
        Format::Sarif => report::sarif::render(report, &rule_texts(rules))?,
        Format::Github => report::github::render(report),
        Format::Gitlab => report::gitlab::render(report)?,
        Format::Junit => report::junit::render(report),
        Format::Rdjson => report::rdjson::render(report)?,
        Format::Markdown => report::markdown::render(report),
        Format::Html => report::html::render(report, &(asked.estate)()),
    })
}

fn rule_texts(rules: &RuleSet) -> Vec<RuleText> {
    rules.rules().map(|rule| rule_text(rule, rules)).collect()
}

fn rule_text(rule: &Rule, rules: &RuleSet) -> RuleText {
    let draft = &rule.draft;
    RuleText {
        id: rule.id().to_owned(),
        title: draft.title.clone(),
        why: draft.docs.why.trim().to_owned(),
        help: sections(rule, |title| format!("{title}:")),
        help_markdown: sections(rule, |title| format!("**{title}**\n")),
        url: address(rule, rules),
        severity: draft.severity,
        tags: tags(rule),
        precision: if draft.preview { "medium" } else { "high" },
    }
}

/// The rule's category and what it is about; a tag stands in the list once.
fn tags(rule: &Rule) -> Vec<String> {
    let mut tags = vec![
        rule.category().to_owned(),
        rule.draft.subject.as_str().to_owned(),
    ];
    tags.dedup();
    tags
}

/// The rule's page, or the first of its references where the pack has no address for pages.
fn address(rule: &Rule, rules: &RuleSet) -> Option<String> {
    let pack = rules.packs().iter().find(|pack| pack.name == rule.pack);
    let page = pack
        .and_then(|pack| pack.url.as_deref())
        .map(|url| url.replace("{id}", rule.id()));
    let is_address = |text: &&String| text.starts_with("https://") && !text.contains(' ');
    let references = &rule.draft.docs.references;
    page.or_else(|| references.iter().find(is_address).cloned())
}

/// The rule's page but for its parameters, with titles as the format wants them.
fn sections(rule: &Rule, title: impl Fn(&str) -> String) -> String {
    let docs = &rule.draft.docs;
    let references = docs.references.join("\n");
    let parts = [
        ("Why", docs.why.as_str()),
        ("Impact", &docs.impact),
        ("Verify", &docs.verify),
        ("Roll back", &docs.rollback),
        ("References", &references),
    ];
    let parts = parts
        .into_iter()
        .filter(|(_, text)| !text.trim().is_empty());
    let mut told: Vec<String> = parts
        .map(|(name, text)| format!("{}\n{}", title(name), text.trim()))
        .collect();
    told.push(format!("More: redvet explain {}", rule.id()));
    told.join("\n\n")
}
