//! Renders a report in the formats that are asked for: with paths from which folder, and what rules say of
//! themselves for those formats that carry it.

use std::cmp::Reverse;
use std::env;
use std::path::{Path, PathBuf};

use crate::finding::{EstateView, Report};
use crate::policy::{CompiledRule, RuleSet};
use crate::report::{FindingOrder, OutputFormat, PathOrigin, RenderRequest, RuleText, TextLayout};
use crate::source::own_fault::{WorkStage, attempt, internal_error};

use super::args::{CheckArgs, SortWord};
use super::failure::CliError;
use super::page_header::page_header;
use super::path_view::relate_path;

/// A report that is to be rendered, perhaps in several formats.
pub(super) struct ReportRendering<'a> {
    pub(super) report: &'a Report,
    pub(super) args: &'a CheckArgs,
    pub(super) rules: &'a RuleSet,
    /// The root of the repository that the project lies in: hosts of repositories know paths from
    /// there only.
    pub(super) repository: Option<PathBuf>,
    /// The estate, for the format that shows it.
    pub(super) estate: &'a dyn Fn() -> EstateView,
    /// The folder that the paths of the report are relative to.
    pub(super) root: &'a Path,
}

impl ReportRendering<'_> {
    /// The report in a format.
    pub(super) fn render(
        &self,
        format: &OutputFormat,
        layout: TextLayout,
    ) -> Result<String, CliError> {
        let order = self.args.sort.map_or(format.order, SortWord::order);
        let moved = self.move_paths(format.paths_from);
        let mut report = moved.as_ref().unwrap_or(self.report);
        let sorted;
        if order == FindingOrder::Severity {
            sorted = worst_first(report);
            report = &sorted;
        }
        let request = RenderRequest {
            report,
            layout,
            show_undetermined: self.args.show_undetermined,
            every_place: self.args.all,
            findings_only: self.args.quiet,
            statistics: self.args.statistics,
            rules: &|| rule_texts(self.rules),
            estate: self.estate,
            page: &|| page_header(self.root),
        };
        match attempt(WorkStage::Rendering, || (format.render)(&request)) {
            Some(rendered) => Ok(rendered?),
            None => {
                let what = format!("rendering the report as `{}`", format.name);
                Err(CliError::new(internal_error(&what)))
            }
        }
    }

    /// The report with paths from another folder than the project's root, where they differ.
    fn move_paths(&self, origin: PathOrigin) -> Option<Report> {
        let folder = match origin {
            PathOrigin::Project => return None,
            PathOrigin::Repository => self.repository.clone(),
            PathOrigin::WorkingFolder => env::current_dir().ok(),
        };
        let folder = folder?.canonicalize().ok()?;
        let root = self.root.canonicalize().ok()?;
        let differs = folder != root;
        differs.then(|| {
            self.report
                .with_paths(&|path| relate_path(&folder, &root, path))
        })
    }

    /// Workflow commands for GitHub's runner, beside the report for people: the runner makes
    /// annotations of it.
    pub(super) fn annotations(
        &self,
        format: &OutputFormat,
        layout: TextLayout,
    ) -> Result<String, CliError> {
        let annotations = format.annotations;
        annotations.map_or_else(|| Ok(String::new()), |format| self.render(format, layout))
    }
}

/// A stable sort: findings of one severity stay in the order of their places.
fn worst_first(report: &Report) -> Report {
    let mut report = report.clone();
    report
        .findings
        .sort_by_key(|finding| Reverse(finding.severity));
    report
}

fn rule_texts(rules: &RuleSet) -> Vec<RuleText> {
    rules.rules().map(|rule| rule_text(rule, rules)).collect()
}

fn rule_text(rule: &CompiledRule, rules: &RuleSet) -> RuleText {
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
fn tags(rule: &CompiledRule) -> Vec<String> {
    let mut tags = vec![
        rule.category().to_owned(),
        rule.draft.subject.as_str().to_owned(),
    ];
    tags.dedup();
    tags
}

/// The rule's page, where the pack has an address for pages. A reference of the rule is no page of it.
fn address(rule: &CompiledRule, rules: &RuleSet) -> Option<String> {
    let pack = rules.packs().iter().find(|pack| pack.name == rule.pack)?;
    let url = pack.url.as_deref()?;
    Some(url.replace("{id}", rule.id()))
}

/// The rule's page but for its parameters, with titles as the format wants them.
fn sections(rule: &CompiledRule, title: impl Fn(&str) -> String) -> String {
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
    let mut texts: Vec<String> = parts
        .map(|(name, text)| format!("{}\n{}", title(name), text.trim()))
        .collect();
    texts.push(format!("More: redvet explain {}", rule.id()));
    texts.join("\n\n")
}
