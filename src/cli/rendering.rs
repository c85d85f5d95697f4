//! Renders a report in the formats that are asked for: with paths from which folder, and what rules say of
//! themselves for those formats that carry it.

use std::path::Path;

use crate::finding::{EstateView, Report};
use crate::policy::{Rule, RuleSet};
use crate::report::{Layout, OutputFormat, RenderRequest, RuleText};

use super::args::CheckArgs;
use super::failure::Failure;
use super::page_header::page_header;

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
    /// The folder that the paths of the report are relative to.
    pub(super) root: &'a Path,
}

impl Rendering<'_> {
    /// The report in a format.
    pub(super) fn render(&self, format: &OutputFormat, layout: Layout) -> Result<String, Failure> {
        let moved = self
            .folder
            .as_deref()
            .filter(|_| format.paths_from_repository);
        let moved = moved.map(|folder| self.report.below(folder));
        Ok((format.render)(&RenderRequest {
            report: moved.as_ref().unwrap_or(self.report),
            layout,
            show_undetermined: self.args.show_undetermined,
            statistics: self.args.statistics,
            rules: &|| rule_texts(self.rules),
            estate: self.estate,
            page: &|| page_header(self.root),
        })?)
    }

    /// What the runner of GitHub's workflows is told beside the report for people: it makes
    /// annotations of it.
    pub(super) fn annotations(
        &self,
        format: &OutputFormat,
        layout: Layout,
    ) -> Result<String, Failure> {
        let annotations = format.annotations;
        annotations.map_or_else(|| Ok(String::new()), |format| self.render(format, layout))
    }
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
