//! The report to look at: one HTML file that needs nothing else. The verdict, a row a server, the
//! findings by rule with their lines and fixes, who connects to whom, what could not be decided.
//!
//! The page asks for nothing from anywhere, and its policy forbids it; its one script filters, and
//! opens what is folded, and the page can be read without it. All text of other people is escaped.
//! This file is the page's frame; each part of it is a file of its own.

mod code;
mod findings;
mod graph;
mod markup;
mod server_groups;
mod servers;

use crate::finding::{EstateView, Report, Severity};

use super::verdict_line::verdict_line;
use super::{FindingOrder, OutputFormat, PathOrigin, RuleText, summary};
use markup::{prose, text};

const STYLE: &str = include_str!("html/page.css");
const SCRIPT: &str = include_str!("html/page.js");

/// The script's SHA-256, which the page's policy names: no other script runs in it. A browser
/// refuses the page's own script where the two differ, which the browser test would see.
const SCRIPT_HASH: &str = include_str!("html/page.js.sha256");

/// How the command line offers it.
pub const FORMAT: OutputFormat = OutputFormat {
    name: "html",
    paths_from: PathOrigin::Project,
    order: FindingOrder::Severity,
    annotations: None,
    render: |asked| {
        let (estate, rules, header) = ((asked.estate)(), (asked.rules)(), (asked.page)());
        Ok(render(asked.report, &estate, &rules, &header))
    },
};

/// What the page says of the run. Nothing here looks at a clock or a repository: the caller does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageHeader {
    /// The name of the repository or folder that was checked.
    pub repository: Option<String>,
    /// The commit that is checked out.
    pub commit: Option<String>,
    /// The day of the run: `2026-01-31`.
    pub date: Option<String>,
}

/// The whole page.
pub fn render(
    report: &Report,
    estate: &EstateView,
    rules: &[RuleText],
    header: &PageHeader,
) -> String {
    let groups = server_groups::groups(report, estate);
    let map = graph::section(estate, &groups);
    let body = [
        top(report, header, !map.is_empty()),
        filters(report),
        "<main id=\"main\">\n".to_owned(),
        servers::section(&groups),
        findings::section(report, rules),
        map,
        findings::undetermined(report),
        notes(report),
        "</main>\n".to_owned(),
    ]
    .concat();
    let policy = format!(
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{}'; base-uri 'none'; \
         form-action 'none'",
        SCRIPT_HASH.trim()
    );
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <link rel=\"icon\" href=\"data:,\">\n\
         <title>{}: {}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#main\">Skip to the report</a>\n{body}{}<script>\n{SCRIPT}</script>\n\
         </body>\n</html>\n",
        text(header.repository.as_deref().unwrap_or("redvet")),
        text(&summary::findings(&report.summary)),
        footer(report),
    )
}

/// The name, the run, the verdict and the counts.
fn top(report: &Report, header: &PageHeader, has_map: bool) -> String {
    let tally = [
        (report.summary.error, Severity::Error, "errors"),
        (report.summary.warning, Severity::Warning, "warnings"),
        (report.summary.info, Severity::Info, "info"),
    ];
    let tally: String = tally
        .iter()
        .filter(|(count, _, _)| *count > 0)
        .map(|(count, severity, many)| {
            let one = severity.as_str();
            let word = if *count == 1 { one } else { many };
            format!("<li class=\"tally {one}\"><b>{count}</b> {word}</li>")
        })
        .collect();
    let sections = [
        ("servers", "Servers", true),
        ("findings", "Findings", true),
        ("connections", "Connections", has_map),
        (
            "undetermined",
            "Undetermined",
            !report.undetermined.is_empty(),
        ),
        ("notes", "Notes", !report.notes.is_empty()),
    ];
    let links: String = sections
        .iter()
        .filter(|(_, _, is_there)| *is_there)
        .map(|(id, title, _)| format!("<a href=\"#{id}\">{title}</a>\n"))
        .collect();
    format!(
        "<header>\n<h1>{} <small>Redis and Valkey check</small></h1>\n<p class=\"run\">{}</p>\n<p class=\"verdict\">{}</p>\n\
         <ul class=\"tallies\">{tally}</ul>\n<nav aria-label=\"Parts of the report\">\n{links}</nav>\n\
         </header>\n",
        text(header.repository.as_deref().unwrap_or("redvet")),
        run(report, header),
        prose(&verdict_line(report)),
    )
}

/// What was checked, when and by what.
fn run(report: &Report, header: &PageHeader) -> String {
    let commit = header.commit.as_ref();
    let commit = commit.map(|id| format!("commit <code>{}</code>", text(id)));
    let made = format!("{} {}", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
    let scope = text(&summary::scope(&report.summary));
    let date = header.date.as_deref().map(text);
    let parts = [commit, date, Some(made), Some(scope)];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// What may be looked for. Without the script there is nothing to filter with, and the form is not
/// shown.
fn filters(report: &Report) -> String {
    let mut rules: Vec<&str> = report.findings.iter().map(|f| f.rule.as_str()).collect();
    rules.sort_unstable();
    rules.dedup();
    let rules: String = rules
        .iter()
        .map(|rule| format!("<option>{}</option>", text(rule)))
        .collect();
    let severities: String = Severity::ALL
        .iter()
        .map(|severity| {
            let word = severity.as_str();
            format!(
                "<label><input type=\"checkbox\" name=\"severity\" value=\"{word}\" checked> \
                 {word}</label>"
            )
        })
        .collect();
    format!(
        "<form id=\"filters\" role=\"search\" hidden>\n\
         <label>Search <input type=\"search\" id=\"words\" autocomplete=\"off\" \
         placeholder=\"server, path, rule\"></label>\n\
         <fieldset><legend>Severity</legend>{severities}</fieldset>\n\
         <label>Rule <select id=\"rule\"><option value=\"\">all</option>{rules}</select></label>\n\
         <label><input type=\"checkbox\" id=\"suppressed\"> suppressed</label>\n\
         <button type=\"reset\">Reset</button>\n<button type=\"button\" id=\"unfold\">Expand all</button>\n\
         <output id=\"told\" aria-live=\"polite\"></output>\n</form>\n"
    )
}

fn notes(report: &Report) -> String {
    if report.notes.is_empty() {
        return String::new();
    }
    let items: String = report
        .notes
        .iter()
        .map(|note| {
            let path = note.path.as_deref().map_or(String::new(), |path| {
                format!("<code>{}</code>: ", text(path))
            });
            format!("<li>{path}{}</li>\n", prose(&note.message))
        })
        .collect();
    format!(
        "<section aria-labelledby=\"notes\"><h2 id=\"notes\">Notes</h2>\n<ul>\n{items}</ul></section>\n"
    )
}

fn footer(report: &Report) -> String {
    // Only what stands on the page is explained.
    let assumed = match report.shown_findings().all(|finding| finding.certain) {
        true => "",
        false => {
            "<p><b>Assumed</b>: the finding rests on a link or a value that redvet inferred, for example from \
             equal names. Check it before you act.</p>\n"
        }
    };
    format!(
        "<footer>{assumed}<p><kbd>/</kbd> search, <kbd>Esc</kbd> leave the search, <kbd>n</kbd> and <kbd>p</kbd> \
         next and previous finding.</p></footer>\n"
    )
}

#[cfg(test)]
mod tests;
