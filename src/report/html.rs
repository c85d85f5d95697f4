//! The report to look at: one HTML file that needs nothing else. Servers with what they take of what
//! they may take, who connects to whom, the findings with their snippets, what could not be decided.
//!
//! The page asks for nothing from anywhere, and its policy forbids it; its one script filters and
//! opens what is folded, and the page can be read without it. All text of other people is escaped.
//! This file is the page's frame; each part of it is a file of its own.

mod findings;
mod graph;
mod markup;
mod servers;

use crate::finding::{EstateView, Report, Severity};

use super::{OutputFormat, shown, summary};
use markup::text;

const STYLE: &str = include_str!("html/page.css");
const SCRIPT: &str = include_str!("html/page.js");

/// The script's SHA-256, which the page's policy names: no other script runs in it. A browser
/// refuses the page's own script where the two differ, which the browser test would see.
const SCRIPT_HASH: &str = include_str!("html/page.js.sha256");

/// How the command line offers it.
pub const FORMAT: OutputFormat = OutputFormat {
    name: "html",
    paths_from_repository: false,
    annotations: None,
    render: |asked| Ok(render(asked.report, &(asked.estate)())),
};

/// The whole page.
pub fn render(report: &Report, estate: &EstateView) -> String {
    let body = [
        header(report),
        filters(report),
        "<main id=\"main\">\n".to_owned(),
        servers::section(estate),
        graph::section(estate),
        findings::section(report),
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
         <title>redvet: {}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#main\">Skip to the report</a>\n{body}{}<script>\n{SCRIPT}</script>\n\
         </body>\n</html>\n",
        text(&summary::findings(&report.summary)),
        footer(),
    )
}

fn header(report: &Report) -> String {
    let tally = [
        (report.summary.error, Severity::Error, "errors"),
        (report.summary.warning, Severity::Warning, "warnings"),
        (report.summary.info, Severity::Info, "info"),
    ];
    let tally: String = tally
        .iter()
        .map(|(count, severity, many)| {
            let one = severity.as_str();
            let word = if *count == 1 { one } else { many };
            format!("<li class=\"tally {one}\"><b>{count}</b> {word}</li>")
        })
        .collect();
    format!(
        "<header>\n<h1>redvet</h1>\n<ul class=\"tallies\">{tally}</ul>\n<p>{}</p>\n\
         <nav aria-label=\"Parts of the report\"><a href=\"#servers\">Servers</a> \
         <a href=\"#connections\">Connections</a> <a href=\"#findings\">Findings</a> \
         <a href=\"#undetermined\">Undetermined</a></nav>\n</header>\n",
        text(&summary::line(&report.summary, true))
    )
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
    let severities: String = [Severity::Error, Severity::Warning, Severity::Info]
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
         placeholder=\"path, server, rule, word\"></label>\n\
         <fieldset><legend>Severity</legend>{severities}</fieldset>\n\
         <label>Rule <select id=\"rule\"><option value=\"\">all</option>{rules}</select></label>\n\
         <label><input type=\"checkbox\" id=\"suppressed\"> show suppressed</label>\n\
         <button type=\"reset\">Show all</button>\n\
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
            format!("<li>{path}{}</li>\n", text(&note.message))
        })
        .collect();
    format!(
        "<section aria-labelledby=\"notes\"><h2 id=\"notes\">Notes</h2>\n<ul>\n{items}</ul></section>\n"
    )
}

fn footer() -> String {
    format!(
        "<footer><p>Made by {} {}. <kbd>/</kbd> goes to the search, <kbd>Esc</kbd> leaves it; \
         <kbd>n</kbd> and <kbd>p</kbd> go to the next and the previous finding.</p></footer>\n",
        env!("CARGO_PKG_NAME"),
        env!("CARGO_PKG_VERSION")
    )
}

#[cfg(test)]
mod tests;
