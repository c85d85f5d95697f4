//! The outputs: a [`Report`](crate::finding::Report) or an [`EstateView`](crate::finding::EstateView)
//! becomes text, one file a format. [`FORMATS`] lists those that `check --output-format` offers; the
//! command line, its help and its messages are made from that list.
//!
//! Every function here returns a `String` that ends with one line break and has no trailing blanks;
//! formats of one line a finding are empty where there is none.
//! None prints, reads the environment or looks at the terminal: colour and width are the caller's
//! decision. Nothing here knows a rule or a fact.

pub mod concise;
pub mod difference;
pub mod effective;
mod fault_groups;
mod fix_preview;
pub mod full;
pub mod github;
pub mod gitlab;
pub mod html;
pub mod json;
pub mod jsonl;
pub mod junit;
pub mod markdown;
mod marked_lines;
pub mod mistakes;
mod paint;
pub mod rdjson;
mod sanitize;
pub mod sarif;
mod shown_fix;
mod snippet;
pub mod statistics;
mod summary;
pub mod upgrade;
mod verdict_line;
mod wrap_text;

use crate::finding::{EstateView, Report, Severity};

pub use html::PageHeader;
pub use paint::Color;

/// The formats of a check's report, in the order in which they are offered; the first is the default.
pub static FORMATS: &[OutputFormat] = &[
    full::FORMAT,
    concise::FORMAT,
    json::FORMAT,
    jsonl::FORMAT,
    sarif::FORMAT,
    github::FORMAT,
    gitlab::FORMAT,
    junit::FORMAT,
    rdjson::FORMAT,
    markdown::FORMAT,
    html::FORMAT,
];

/// A format of a check's report, as the command line offers it.
#[derive(Debug)]
pub struct OutputFormat {
    /// The word that asks for it.
    pub name: &'static str,
    pub paths_from: PathOrigin,
    /// The order of findings unless another one is asked for.
    pub order: FindingOrder,
    /// Written behind it where a runner of GitHub's workflows reads along. Formats for machines have
    /// none: they never change.
    pub annotations: Option<&'static OutputFormat>,
    pub render: fn(&RenderRequest<'_>) -> Result<String, serde_json::Error>,
}

/// The folder that a format's paths start from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathOrigin {
    /// The folder where the command runs: people open such a path from where they are.
    WorkingFolder,
    /// The root of the project, which the report names.
    Project,
    /// Hosts of repositories, and programs that speak to one, know paths from the repository's root
    /// only.
    Repository,
}

/// The order of findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindingOrder {
    /// The worst first; those of one severity by place.
    Severity,
    /// By path, line and column.
    Place,
}

/// A report to render, and what some formats need beside it. What is costly is made when it is asked
/// for.
pub struct RenderRequest<'a> {
    pub report: &'a Report,
    pub layout: TextLayout,
    /// Show what was not decided, and why.
    pub show_undetermined: bool,
    /// Show every place of a fault that has many; formats for programs always do.
    pub every_place: bool,
    /// No verdict, notes, summary or hints.
    pub findings_only: bool,
    /// Counts instead of findings.
    pub statistics: bool,
    pub rules: &'a dyn Fn() -> Vec<RuleText>,
    pub estate: &'a dyn Fn() -> EstateView,
    pub page: &'a dyn Fn() -> PageHeader,
}

/// What a rule says of itself, for formats that carry it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleText {
    pub id: String,
    pub title: String,
    /// The failure that it prevents.
    pub why: String,
    pub help: String,
    pub help_markdown: String,
    /// The address of its page.
    pub url: Option<String>,
    /// As the rule file has it; settings may have changed it for a finding.
    pub severity: Severity,
    pub tags: Vec<String>,
    /// `very-high`, `high`, `medium` or `low`: how far its findings are to be trusted.
    pub precision: &'static str,
}

/// How a format for people is laid out.
#[derive(Clone, Copy, Debug)]
pub struct TextLayout {
    pub color: Color,
    /// Columns of the terminal; snippets are clipped and help is wrapped to it.
    pub width: usize,
}

impl Default for TextLayout {
    fn default() -> Self {
        Self {
            color: Color::Never,
            width: 100,
        }
    }
}

/// The page of a rule where it is on the web. A path in a pack's repository is none for whoever reads
/// the report elsewhere.
fn web_address(url: Option<&str>) -> Option<&str> {
    url.filter(|url| url.starts_with("https://") || url.starts_with("http://"))
}

/// Text of other people as a terminal may show it, for what is printed beside a report.
pub fn visible(text: &str) -> String {
    sanitize::lines(text).into_owned()
}

/// The text without blanks at the ends of its lines, ending with exactly one line break.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 1);
    for line in text.trim_end().lines() {
        out.push_str(line.trim_end());
        out.push('\n');
    }
    if out.is_empty() {
        out.push('\n');
    }
    out
}
