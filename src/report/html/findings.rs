//! The findings by rule, the worst first, folded; and the rules that could not be decided. A rule that
//! reports much shows its first findings, and the rest behind one more fold.

use std::collections::BTreeMap;

use crate::finding::{Finding, Report, Severity};
use crate::report::RuleText;

use super::code;
use super::markup::{anchor, badge, count, link, prose, prose_lines, text};

/// Rules with errors whose findings are open at once; a page with more is a list first.
const OPEN: usize = 3;

/// Messages of one rule that are shown before the rest is folded.
const FAULTS: usize = 3;

/// Places of one message that are shown before the rest is folded, the first with its lines.
const PLACES: usize = 4;

pub(super) fn section(report: &Report, rules: &[RuleText]) -> String {
    let groups = by_rule(report);
    let cards: String = groups
        .iter()
        .enumerate()
        .map(|(at, findings)| card(report, findings, rules, at < OPEN))
        .collect();
    let body = if cards.is_empty() {
        "<p>No findings.</p>\n".to_owned()
    } else {
        cards
    };
    format!(
        "<section aria-labelledby=\"findings\"><h2 id=\"findings\">Findings</h2>\n{body}</section>\n"
    )
}

/// The findings of each rule, the worst rule first; of equals the one that reports more.
fn by_rule(report: &Report) -> Vec<Vec<&Finding>> {
    let mut groups: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in &report.findings {
        groups.entry(&finding.rule).or_default().push(finding);
    }
    let mut groups: Vec<Vec<&Finding>> = groups.into_values().collect();
    for findings in &mut groups {
        // Those that are shown come first: what is folded behind them may be suppressed as a whole.
        findings.sort_by_key(|f| (f.suppressed.is_some(), std::cmp::Reverse(f.severity)));
    }
    groups.sort_by_key(|findings| std::cmp::Reverse((worst(findings), findings.len())));
    groups
}

/// `None` where all are suppressed.
fn worst(findings: &[&Finding]) -> Option<Severity> {
    let shown = findings.iter().filter(|f| f.suppressed.is_none());
    shown.map(|f| f.severity).max()
}

/// One rule with all that it reports. Without a shown finding it waits, as those do, to be asked for.
fn card(report: &Report, findings: &[&Finding], rules: &[RuleText], is_early: bool) -> String {
    let Some(first) = findings.first() else {
        return String::new();
    };
    let severity = worst(findings).unwrap_or(first.severity);
    let state = match worst(findings) {
        None => " hidden",
        Some(Severity::Error) if is_early => " open",
        Some(_) => "",
    };
    let rule = rules.iter().find(|rule| rule.id == first.rule);
    let why = rule.map_or("", |rule| rule.why.as_str());
    let why = match why {
        "" => String::new(),
        why => format!("<p class=\"why\">{}</p>\n", prose_lines(why)),
    };
    let shown = findings.iter().filter(|f| f.suppressed.is_none()).count();
    format!(
        "<details class=\"rule {}\" id=\"{}\"{state}>\n<summary>{}<h3>{}</h3>\
         <span class=\"about\"><code>{}</code> <span class=\"count\">{}</span></span></summary>\n\
         {why}{}<p class=\"more-about\">Details: {}</p>\n</details>\n",
        severity.as_str(),
        anchor(&first.rule),
        badge(severity),
        prose(rule.map_or(first.rule.as_str(), |rule| rule.title.as_str())),
        text(&first.rule),
        count(shown, "finding"),
        faults(report, findings),
        render_explanation(first),
    )
}

/// Where to read more about the rule.
fn render_explanation(finding: &Finding) -> String {
    let command = format!("<code>redvet explain {}</code>", text(&finding.rule));
    match link(finding.url.as_deref(), "documentation") {
        page if page.starts_with("<a ") => format!("{page}, or {command}"),
        _ => command,
    }
}

/// The findings by what they say: equal words are one block with all its places.
fn faults(report: &Report, findings: &[&Finding]) -> String {
    let mut faults: Vec<Vec<&Finding>> = Vec::new();
    let says_same = |a: &Finding, b: &Finding| {
        a.message == b.message
            && a.advice() == b.advice()
            && a.certain == b.certain
            && a.severity == b.severity
            && a.suppressed.is_some() == b.suppressed.is_some()
    };
    for finding in findings {
        match faults.iter_mut().find(|fault| says_same(fault[0], finding)) {
            Some(fault) => fault.push(finding),
            None => faults.push(vec![finding]),
        }
    }
    let blocks: Vec<String> = faults.iter().map(|fault| block(report, fault)).collect();
    fold_blocks(&blocks, FAULTS, |rest| {
        format!(
            "{} more like this",
            findings_in(&faults[faults.len() - rest..])
        )
    })
}

fn findings_in(faults: &[Vec<&Finding>]) -> usize {
    faults.iter().map(Vec::len).sum()
}

/// The first blocks, and the rest behind a fold. A fold for one would save nothing.
fn fold_blocks(blocks: &[String], most: usize, title: impl Fn(usize) -> String) -> String {
    if blocks.len() <= most + 1 {
        return blocks.concat();
    }
    let (first, rest) = blocks.split_at(most);
    format!(
        "{}<details class=\"more\"><summary>{}</summary>\n{}</details>\n",
        first.concat(),
        title(rest.len()),
        rest.concat()
    )
}

/// What is said once, and the places that it is said of.
fn block(report: &Report, findings: &[&Finding]) -> String {
    let first = findings[0];
    let help = first.advice().map_or(String::new(), |advice| {
        format!(
            "<p class=\"help\"><b>What to do:</b> {}</p>\n",
            prose_lines(&advice)
        )
    });
    let assumed = match first.certain {
        true => "",
        false => " <span class=\"tag\">assumed</span>",
    };
    let first_article = article(first, &(place(report, first) + &contents(report, first)));
    let others = findings.iter().skip(1);
    let others: Vec<String> = others
        .map(|f| article(f, &render_closed(report, f)))
        .collect();
    let hidden = match first.suppressed.is_some() {
        true => " hidden",
        false => "",
    };
    format!(
        "<div class=\"fault\"{hidden}>\n<h4>{}{assumed}</h4>\n{help}{first_article}{}</div>\n",
        prose(&first.message),
        fold_blocks(&others, PLACES - 1, |rest| format!("{rest} more places"))
    )
}

/// One finding. A suppressed one is there and not shown until it is asked for.
fn article(finding: &Finding, body: &str) -> String {
    let severity = finding.severity.as_str();
    let hidden = match finding.suppressed {
        None => "",
        Some(_) => " hidden data-suppressed",
    };
    format!(
        "<article class=\"finding {severity}\" data-filter data-severity=\"{severity}\" \
         data-rule=\"{}\" tabindex=\"-1\"{hidden}>\n{body}</article>\n",
        text(&finding.rule),
    )
}

/// A further place of the same message: its lines are the reader's to open.
fn render_closed(report: &Report, finding: &Finding) -> String {
    format!(
        "<details class=\"place-of\"><summary>{}</summary>\n{}</details>\n",
        address(report, finding),
        contents(report, finding)
    )
}

fn place(report: &Report, finding: &Finding) -> String {
    format!("<p class=\"place\">{}</p>\n", address(report, finding))
}

fn address(report: &Report, finding: &Finding) -> String {
    let start = report.sources.start(finding.primary);
    format!(
        "<code>{}:{}:{}</code> · {}",
        text(report.sources.path(finding.primary)),
        start.line,
        start.column,
        text(&finding.subject.name)
    )
}

fn contents(report: &Report, finding: &Finding) -> String {
    let silenced = finding.suppressed.as_ref().map_or(String::new(), |by| {
        format!(
            "<p class=\"silenced\">suppressed by {}: {}</p>\n",
            by.by,
            text(&by.reason)
        )
    });
    let fix = finding.fix.as_ref();
    [
        silenced,
        code::lines_of(report, finding),
        fix.map_or(String::new(), |fix| code::patch(report, fix)),
        parts(report, finding),
        copies(report, finding),
    ]
    .concat()
}

/// What a bundle reports as one.
fn parts(report: &Report, finding: &Finding) -> String {
    let items: String = finding
        .parts
        .iter()
        .map(|part| {
            let help = part.help.as_deref().map_or(String::new(), |help| {
                format!("<p class=\"help\">{}</p>", prose_lines(help))
            });
            format!(
                "<li>{} {} <small>{} · <code>{}:{}</code></small>{help}</li>\n",
                badge(part.severity),
                prose(&part.message),
                link(part.url.as_deref(), &part.rule),
                text(report.sources.path(part.primary)),
                report.sources.start(part.primary).line,
            )
        })
        .collect();
    if items.is_empty() {
        return String::new();
    }
    format!(
        "<details class=\"parts\"><summary>{}</summary>\n<ul>{items}</ul></details>\n",
        count(finding.parts.len(), "part")
    )
}

/// The other places of the same fault.
fn copies(report: &Report, finding: &Finding) -> String {
    let items: String = finding
        .also
        .iter()
        .map(|copy| {
            format!(
                "<li><code>{}:{}</code> · {}</li>\n",
                text(report.sources.path(copy.at)),
                report.sources.start(copy.at).line,
                text(&copy.subject.name)
            )
        })
        .collect();
    if items.is_empty() {
        return String::new();
    }
    format!(
        "<details class=\"copies\"><summary>the same in {}</summary>\n<ul>{items}</ul></details>\n",
        count(finding.also.len(), "more place")
    )
}

/// The rules that could not be decided: a row for each reason, with the subjects that share it.
pub(super) fn undetermined(report: &Report) -> String {
    if report.undetermined.is_empty() {
        return String::new();
    }
    let mut rows: BTreeMap<(&str, &[String]), Vec<&str>> = BTreeMap::new();
    for case in &report.undetermined {
        let subjects = rows.entry((&case.rule, &case.reasons)).or_default();
        if !subjects.contains(&case.subject.name.as_str()) {
            subjects.push(&case.subject.name);
        }
    }
    let count = rows.len();
    let rows: String = rows
        .iter()
        .map(|((rule, reasons), subjects)| {
            format!(
                "<tr data-filter data-rule=\"{0}\"><th scope=\"row\">{0}</th><td>{1}</td><td>{2}</td></tr>\n",
                text(rule),
                prose(&reasons.join("; ")),
                text(&subjects.join(", "))
            )
        })
        .collect();
    format!(
        "<section aria-labelledby=\"undetermined\"><h2 id=\"undetermined\">Undetermined</h2>\n\
         <details><summary>{count} reasons why a rule could not be decided</summary>\n\
         <div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"undetermined rules\">\
         <table><thead><tr><th>rule</th><th>reason</th><th>where</th></tr></thead><tbody>\n{rows}\
         </tbody></table></div></details>\n</section>\n"
    )
}
