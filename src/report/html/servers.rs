//! The servers: what each is, its gauges as bars, and what is written for it.

use crate::finding::{EstateView, GaugePart, GaugeView, LinkView, ServerView, ValueView};

use super::markup::text;

/// The width of a bar in the units of its drawing.
const WIDTH: f64 = 1000.0;

/// How many colours the parts of a bar take turns with.
const COLORS: usize = 6;

pub(super) fn section(estate: &EstateView) -> String {
    let cards: String = if estate.servers.is_empty() {
        "<p>No Redis or Valkey servers found.</p>\n".to_owned()
    } else {
        estate.servers.iter().map(card).collect()
    };
    format!(
        "<section aria-labelledby=\"servers\"><h2 id=\"servers\">Servers</h2>\n\
         <div class=\"cards\">\n{cards}</div>\n</section>\n"
    )
}

fn card(server: &ServerView) -> String {
    let gauges: String = server.gauges.iter().map(gauge).collect();
    format!(
        "<article class=\"server\" data-filter>\n<h3>{}</h3>\n<p>{}<br><code>{}:{}</code></p>\n\
         {gauges}{}{}</article>\n",
        text(&name(server)),
        text(&identity(server)),
        text(&server.path),
        server.line,
        facts(server),
        written(server),
    )
}

pub(super) fn name(server: &ServerView) -> String {
    match &server.namespace {
        Some(namespace) => format!("{} in {namespace}", server.name),
        None => server.name.clone(),
    }
}

fn identity(server: &ServerView) -> String {
    let flavor = server.flavor.as_deref().unwrap_or("unknown flavor");
    let version = server.version.as_deref().unwrap_or("unknown version");
    match &server.kind {
        Some(kind) => format!("{flavor} {version}, {kind}"),
        None => format!("{flavor} {version}"),
    }
}

/// The bar, and the same in words: the words alone must do.
pub(super) fn gauge(gauge: &GaugeView) -> String {
    let parts: String = gauge
        .parts
        .iter()
        .enumerate()
        .map(|(at, part)| legend(at, part))
        .collect();
    let spare = gauge.spare.as_deref().map_or(String::new(), |spare| {
        let over = if is_over(gauge) { " over" } else { "" };
        format!("<span class=\"spare{over}\">{}</span>", text(spare))
    });
    format!(
        "<div class=\"gauge\"><h4>{} {spare}</h4>\n{}<ul class=\"legend\">{parts}<li>{}</li></ul>\
         </div>\n",
        text(gauge.title),
        bar(gauge),
        text(&gauge.capacity_text),
    )
}

fn legend(at: usize, part: &GaugePart) -> String {
    format!(
        "<li><svg class=\"key\" viewBox=\"0 0 10 10\" aria-hidden=\"true\"><rect class=\"{}\" \
         width=\"10\" height=\"10\"/></svg>{}: {}</li>",
        color(at),
        text(&part.name),
        text(&part.text)
    )
}

fn color(at: usize) -> String {
    format!("c{}", at % COLORS)
}

fn is_over(gauge: &GaugeView) -> bool {
    gauge.capacity.is_some_and(|all| taken(gauge) > all)
}

fn taken(gauge: &GaugeView) -> f64 {
    gauge.parts.iter().filter_map(|part| part.amount).sum()
}

/// Drawn where there is a capacity to draw it against. What goes beyond it is drawn too: the whole
/// then stands for what is taken, and a line for what there is. Where a part is not known, the rest
/// is striped.
fn bar(gauge: &GaugeView) -> String {
    let Some(capacity) = gauge.capacity.filter(|all| *all > 0.0) else {
        return String::new();
    };
    let whole = capacity.max(taken(gauge));
    let mut from = 0.0;
    let mut shares = String::new();
    for (at, part) in gauge.parts.iter().enumerate() {
        let width = part.amount.unwrap_or(0.0) / whole * WIDTH;
        shares.push_str(&format!(
            "<rect class=\"{}\" x=\"{from:.1}\" width=\"{width:.1}\" height=\"20\"/>",
            color(at)
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
        .map(|(word, what)| format!("<li>{word}: {}</li>", text(&what)))
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    format!("<ul class=\"facts\">{rows}</ul>\n")
}

fn link_text(link: &LinkView) -> String {
    format!("{} ({}, {})", link.to, link.evidence, link.strength)
}

/// The directives that someone wrote, folded away.
fn written(server: &ServerView) -> String {
    let rows: Vec<String> = server
        .conf
        .iter()
        .filter(|(_, value)| {
            value.state == "set" || value.state == "unknown" && value.path.is_some()
        })
        .map(|(name, value)| row(name, value))
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    format!(
        "<details><summary>{} directives set</summary>\n<div class=\"wide\" tabindex=\"0\" \
         role=\"region\" aria-label=\"directives of {}\"><table><thead><tr><th>directive</th>\
         <th>value</th><th>from</th></tr></thead><tbody>\n{}</tbody></table></div></details>\n",
        rows.len(),
        text(&server.name),
        rows.concat()
    )
}

fn row(name: &str, value: &ValueView) -> String {
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
