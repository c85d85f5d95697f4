//! The servers, a row each: how it is, how much of its memory is taken, its worst finding. A row opens
//! to show the rest. Copies of one server are one row.

use crate::finding::{GaugePart, GaugeView, LinkView, ServerView, Severity, ValueView};

use super::markup::{anchor, badge, count, prose, text};
use super::server_groups::ServerGroup;

/// The width of a bar in the units of its drawing.
const WIDTH: f64 = 1000.0;

/// How many colours the parts of a bar take turns with.
const COLORS: usize = 6;

/// Rows above which the rest is folded, so that the findings are not far.
const ROWS: usize = 12;

pub(super) fn section(groups: &[ServerGroup<'_>]) -> String {
    let rows: Vec<String> = groups.iter().map(row).collect();
    let body = match rows.split_at(ROWS.min(rows.len())) {
        ([], _) => "<p>No Redis or Valkey server was found.</p>\n".to_owned(),
        (first, []) => first.concat(),
        (first, rest) => format!(
            "{}<details class=\"more\"><summary>{}</summary>\n{}</details>\n",
            first.concat(),
            count(rest.len(), "more server"),
            rest.concat()
        ),
    };
    format!(
        "<section aria-labelledby=\"servers\"><h2 id=\"servers\">Servers</h2>\n{body}</section>\n"
    )
}

fn row(group: &ServerGroup<'_>) -> String {
    let server = group.first();
    let memory = server.gauges.iter().find(|gauge| gauge.title == "memory");
    let (state, worst) = match group.worst() {
        Some(finding) => (badge(finding.severity), prose(&finding.message)),
        None => (
            "<span class=\"badge good\">no findings</span>".to_owned(),
            String::new(),
        ),
    };
    format!(
        "<details class=\"server\" data-filter>\n<summary><span class=\"state\">{state}\
         <small>{}</small></span><span class=\"who\"><b>{}</b><small>{}{}</small></span>\
         <span class=\"memory\">{}</span><span class=\"worst\">{worst}</span></summary>\n\
         <div class=\"about\">\n{}{}{}{}</div>\n</details>\n",
        tally(group),
        text(&name(server)),
        text(&identity(server)),
        copies(group),
        memory.map_or(String::new(), brief),
        places(group),
        render_reported(group),
        server.gauges.iter().map(gauge).collect::<String>(),
        facts(server) + &render_written(server),
    )
}

/// The counts behind the state, where there is more than one finding.
fn tally(group: &ServerGroup<'_>) -> String {
    let counts = Severity::ALL.iter().map(|s| (group.count(*s), s.as_str()));
    let counts: Vec<String> = counts
        .filter(|(n, _)| *n > 0)
        .map(|(n, word)| match word {
            "info" => format!("{n} info"),
            word => count(n, word),
        })
        .collect();
    counts.join(", ")
}

pub(super) fn name(server: &ServerView) -> String {
    match &server.namespace {
        Some(namespace) => format!("{} in {namespace}", server.name),
        None => server.name.clone(),
    }
}

fn identity(server: &ServerView) -> String {
    match &server.kind {
        Some(kind) => format!("{}, {kind}", server.release()),
        None => server.release(),
    }
}

fn copies(group: &ServerGroup<'_>) -> String {
    match group.places().len() {
        0 | 1 => format!(" · <code>{}</code>", text(&group.first().path)),
        files => format!(" · same in {files} files"),
    }
}

fn brief(gauge: &GaugeView) -> String {
    format!("{}<small>{}</small>", bar(gauge), text(&gauge.brief))
}

/// Where the server and its copies are written.
fn places(group: &ServerGroup<'_>) -> String {
    let items: String = group
        .servers
        .iter()
        .map(|server| {
            let made = server.made_in.as_ref().filter(|folder| !folder.is_empty());
            let made = made.map_or(String::new(), |folder| format!(" as rendered by {folder}"));
            format!(
                "<li><code>{}:{}</code>{}</li>",
                text(&server.path),
                server.line,
                text(&made)
            )
        })
        .collect();
    format!("<ul class=\"places\">{items}</ul>\n")
}

/// The rules that report something about it, each with a link to its findings.
fn render_reported(group: &ServerGroup<'_>) -> String {
    let mut rules: Vec<(Severity, &str)> = Vec::new();
    for finding in &group.findings {
        let row = (finding.severity, finding.rule.as_str());
        if !rules.contains(&row) {
            rules.push(row);
        }
    }
    rules.sort_by_key(|(severity, _)| std::cmp::Reverse(*severity));
    let items: String = rules
        .iter()
        .map(|(severity, rule)| {
            format!(
                "<li>{} <a href=\"#{}\">{}</a></li>",
                badge(*severity),
                anchor(rule),
                text(rule)
            )
        })
        .collect();
    if items.is_empty() {
        return String::new();
    }
    format!("<ul class=\"rules\">{items}</ul>\n")
}

/// The bar, and the same in words: the words alone must do.
pub(super) fn gauge(gauge: &GaugeView) -> String {
    let parts: String = gauge
        .parts
        .iter()
        .enumerate()
        .map(|(at, part)| legend(gauge, at, part))
        .collect();
    let spare = gauge.spare.as_deref().map_or(String::new(), |spare| {
        format!(
            "<span class=\"spare {}\">{}</span>",
            fill(gauge),
            text(spare)
        )
    });
    format!(
        "<div class=\"gauge\"><h3>{} {spare}</h3>\n{}<ul class=\"legend\">{parts}<li>{}</li></ul>\
         </div>\n",
        text(gauge.title),
        bar(gauge),
        text(&gauge.capacity_text),
    )
}

/// A square in the colour of its share of the bar, where there is a bar.
fn legend(gauge: &GaugeView, at: usize, part: &GaugePart) -> String {
    let key = if has_bar(gauge) && part.amount.is_some() {
        format!(
            "<svg class=\"key\" viewBox=\"0 0 10 10\" aria-hidden=\"true\"><rect class=\"{}\" \
             width=\"10\" height=\"10\"/></svg>",
            color(gauge, at)
        )
    } else {
        String::new()
    };
    format!("<li>{key}{}: {}</li>", text(&part.name), text(&part.text))
}

/// Several shares have a colour each; a single one shows how full it is.
fn color(gauge: &GaugeView, at: usize) -> String {
    match gauge.parts.len() {
        1 => fill(gauge).to_owned(),
        _ => format!("c{}", at % COLORS),
    }
}

/// How full it is: `fits`, `tight` or `over`.
fn fill(gauge: &GaugeView) -> &'static str {
    let share = gauge.capacity.map_or(0.0, |all| taken_share(gauge) / all);
    match share {
        share if share > 1.0 => "over",
        share if gauge.tight_from.is_some_and(|from| share >= from) => "tight",
        _ => "fits",
    }
}

fn is_over(gauge: &GaugeView) -> bool {
    gauge.capacity.is_some_and(|all| taken_share(gauge) > all)
}

fn taken_share(gauge: &GaugeView) -> f64 {
    gauge.parts.iter().filter_map(|part| part.amount).sum()
}

/// A bar means something where both what there is and some of what is taken are known.
fn has_bar(gauge: &GaugeView) -> bool {
    gauge.capacity.is_some_and(|all| all > 0.0) && taken_share(gauge) > 0.0
}

/// What goes beyond the capacity is drawn too: the whole then stands for what is taken, and a line
/// for what there is. Where a part is not known, the rest is striped.
fn bar(gauge: &GaugeView) -> String {
    let Some(capacity) = gauge.capacity.filter(|_| has_bar(gauge)) else {
        return String::new();
    };
    let whole = capacity.max(taken_share(gauge));
    let mut from = 0.0;
    let mut shares = String::new();
    for (at, part) in gauge.parts.iter().enumerate() {
        let width = part.amount.unwrap_or(0.0) / whole * WIDTH;
        shares.push_str(&format!(
            "<rect class=\"{}\" x=\"{from:.1}\" width=\"{width:.1}\" height=\"20\"/>",
            color(gauge, at)
        ));
        from += width;
    }
    let rest = (WIDTH - from).max(0.0);
    if rest > 0.0 && gauge.parts.iter().any(|part| part.amount.is_none()) {
        shares.push_str(&format!(
            "<line class=\"unseen\" x1=\"{from:.1}\" x2=\"{WIDTH}\" y1=\"10\" y2=\"10\"/>"
        ));
    }
    let limit = capacity / whole * WIDTH;
    let line = if is_over(gauge) {
        format!(
            "<rect class=\"limit\" x=\"{:.1}\" width=\"6\" height=\"20\"/>",
            limit - 3.0
        )
    } else {
        String::new()
    };
    format!(
        "<svg class=\"bar\" viewBox=\"0 0 {WIDTH} 20\" preserveAspectRatio=\"none\" \
         aria-hidden=\"true\"><rect class=\"all\" width=\"{WIDTH}\" height=\"20\"/>{shares}{line}\
         </svg>\n"
    )
}

fn facts(server: &ServerView) -> String {
    let links = server.links.iter().map(|link| ("reads", link_text(link)));
    let hidden = server.not_visible.iter();
    let hidden = hidden.map(|part| ("not visible", part.clone()));
    let rows: String = links
        .chain(hidden)
        .map(|(word, what)| format!("<li>{word}: {}</li>", prose(&what)))
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    format!("<ul class=\"facts\">{rows}</ul>\n")
}

fn link_text(link: &LinkView) -> String {
    format!("{} ({}, {})", link.to, link.evidence, link.strength)
}

/// The directives that are set.
fn render_written(server: &ServerView) -> String {
    let rows: Vec<String> = server
        .conf
        .iter()
        .filter(|(_, value)| {
            value.state == "set" || value.state == "unknown" && value.path.is_some()
        })
        .map(|(name, value)| directive(name, value))
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    format!(
        "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"directives of {}\">\
         <table><thead><tr><th>directive</th><th>value</th><th>set in</th></tr></thead><tbody>\n{}\
         </tbody></table></div>\n",
        text(&server.name),
        rows.concat()
    )
}

fn directive(name: &str, value: &ValueView) -> String {
    let what = match &value.reason {
        Some(reason) => format!("unknown: {reason}"),
        None => value.shown.clone(),
    };
    format!(
        "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td></tr>\n",
        text(name),
        text(&what),
        text(&value.from)
    )
}
