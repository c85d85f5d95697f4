//! The findings by severity, each with its lines, and the rules that could not be decided.

use crate::finding::{Finding, Fix, Report, Severity};
use crate::report::{Color, Layout, full};

use super::markup::{lines, link, text};

/// Columns of a snippet: what fits beside the margins of a page that is not narrow.
const COLUMNS: usize = 92;

pub(super) fn section(report: &Report) -> String {
    let groups: String = [
        (Severity::Error, "Errors"),
        (Severity::Warning, "Warnings"),
        (Severity::Info, "Info"),
    ]
    .iter()
    .map(|(severity, title)| group(report, *severity, title))
    .collect();
    let body = if groups.is_empty() {
        "<p>No findings.</p>\n".to_owned()
    } else {
        groups
    };
    format!(
        "<section aria-labelledby=\"findings\"><h2 id=\"findings\">Findings</h2>\n{body}</section>\n"
    )
}

fn group(report: &Report, severity: Severity, title: &str) -> String {
    let of = report.findings.iter().filter(|f| f.severity == severity);
    let items: Vec<String> = of.map(|finding| one(report, finding)).collect();
    if items.is_empty() {
        return String::new();
    }
    format!(
        "<div class=\"group\"><h3>{title} <span class=\"count\">{}</span></h3>\n{}</div>\n",
        report.shown().filter(|f| f.severity == severity).count(),
        items.concat()
    )
}

/// A suppressed finding is there and not shown until it is asked for.
fn one(report: &Report, finding: &Finding) -> String {
    let severity = finding.severity.as_str();
    let start = report.sources.start(finding.primary);
    let (hidden, silenced) = match &finding.suppressed {
        None => ("", String::new()),
        Some(suppressed) => (
            " hidden data-suppressed",
            format!(
                "<p class=\"silenced\">suppressed by {}: {}</p>\n",
                suppressed.by,
                text(&suppressed.reason)
            ),
        ),
    };
    let assumed = if finding.certain {
        ""
    } else {
        " <span class=\"tag\">assumed</span>"
    };
    let layout = Layout {
        color: Color::Never,
        width: COLUMNS,
    };
    format!(
        "<article class=\"finding {severity}\" data-filter data-severity=\"{severity}\" \
         data-rule=\"{}\" tabindex=\"-1\"{hidden}>\n\
         <h4><span class=\"badge\">{severity}</span> {}{assumed}</h4>\n\
         <p class=\"place\"><code>{}:{}:{}</code> · {} · {}</p>\n{silenced}\
         <pre tabindex=\"0\" role=\"region\" aria-label=\"source lines\">{}</pre>\n{}{}\
         </article>\n",
        text(&finding.rule),
        text(&finding.message),
        text(report.sources.path(finding.primary)),
        start.line,
        start.column,
        subjects(finding),
        link(finding.url.as_deref(), &finding.rule),
        lines(&full::excerpt(report, finding, layout)),
        help(finding),
        finding.fix.as_ref().map_or(String::new(), fix),
    )
}

fn subjects(finding: &Finding) -> String {
    let names =
        std::iter::once(&finding.subject).chain(finding.also.iter().map(|copy| &copy.subject));
    let names: Vec<String> = names.map(|subject| text(&subject.name)).collect();
    names.join(", ")
}

fn help(finding: &Finding) -> String {
    finding.help.as_deref().map_or(String::new(), |help| {
        format!("<p class=\"help\"><b>Help:</b> {}</p>\n", lines(help))
    })
}

fn fix(fix: &Fix) -> String {
    let flag = if fix.safe { "--fix" } else { "--unsafe-fixes" };
    format!(
        "<p class=\"fix\"><b>Fix:</b> {} (<code>{flag}</code>)</p>\n",
        text(&fix.title)
    )
}

pub(super) fn undetermined(report: &Report) -> String {
    let rows: String = report
        .undetermined
        .iter()
        .map(|case| {
            format!(
                "<tr data-filter data-rule=\"{0}\"><th scope=\"row\">{0}</th><td>{1}</td><td>{2}</td></tr>\n",
                text(&case.rule),
                text(&case.subject.name),
                text(&case.reasons.join("; "))
            )
        })
        .collect();
    let body = if rows.is_empty() {
        "<p>No undetermined rules.</p>\n".to_owned()
    } else {
        format!(
            "<details><summary>{} undetermined results</summary>\n<div class=\"wide\" \
             tabindex=\"0\" role=\"region\" aria-label=\"undetermined rules\"><table><thead><tr>\
             <th>rule</th><th>subject</th><th>why</th></tr></thead><tbody>\n{rows}</tbody></table>\
             </div></details>\n",
            report.undetermined.len()
        )
    };
    format!(
        "<section aria-labelledby=\"undetermined\"><h2 id=\"undetermined\">Undetermined</h2>\n{body}</section>\n"
    )
}
