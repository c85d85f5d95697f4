//! Who connects to whom: clients on the left, servers on the right, a line for each link. An assumed
//! link is dashed, and all of it stands in words below the drawing.

use std::collections::BTreeMap;

use crate::finding::{ClientView, EstateView};

use super::markup::{clipped, text};

/// The drawing's measures, in its own units.
const WIDTH: usize = 720;
const BOX: usize = 270;
const ROW: usize = 44;
const HEIGHT: usize = 32;

/// Characters of a name that fit into a box.
const LETTERS: usize = 34;

/// Boxes of a side above which only the words are given: nobody follows so many lines.
const MOST: usize = 60;

/// One line of the drawing: a client, and the server that it talks to.
struct Edge<'a> {
    from: &'a str,
    to: Option<&'a str>,
    why: String,
    certain: bool,
}

pub(super) fn section(estate: &EstateView) -> String {
    let edges: Vec<Edge<'_>> = estate.clients.iter().map(edge).collect();
    let body = if edges.is_empty() {
        "<p>No client was found.</p>\n".to_owned()
    } else {
        drawing(estate, &edges) + &words(estate, &edges)
    };
    format!(
        "<section aria-labelledby=\"connections\"><h2 id=\"connections\">Who connects to whom</h2>\n\
         {body}</section>\n"
    )
}

fn edge(client: &ClientView) -> Edge<'_> {
    let link = client.server_link.as_ref();
    Edge {
        from: &client.id,
        to: client.server.as_deref(),
        why: link.map_or_else(
            || "no server of this repository is known to be meant".to_owned(),
            |link| format!("{}, {}", link.evidence, link.strength),
        ),
        certain: link.is_some_and(|link| link.strength == "certain"),
    }
}

/// The row of each name, in the order in which they come.
fn rows<'a>(names: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, usize> {
    let mut rows = BTreeMap::new();
    for name in names {
        let next = rows.len();
        rows.entry(name).or_insert(next);
    }
    rows
}

fn drawing(estate: &EstateView, edges: &[Edge<'_>]) -> String {
    let left = rows(edges.iter().map(|edge| edge.from));
    let right = rows(estate.servers.iter().map(|server| server.name.as_str()));
    let tallest = left.len().max(right.len());
    if tallest > MOST {
        return String::new();
    }
    let lines: String = edges
        .iter()
        .filter_map(|edge| {
            let (from, to) = (left.get(edge.from)?, right.get(edge.to?)?);
            Some(line(*from, *to, edge))
        })
        .collect();
    let boxes: String = left
        .iter()
        .map(|(name, row)| node(name, 0, *row, "client"))
        .chain(
            right
                .iter()
                .map(|(name, row)| node(name, WIDTH - BOX, *row, "host")),
        )
        .collect();
    format!(
        "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"drawing of the \
         connections\"><svg class=\"graph\" viewBox=\"0 0 {WIDTH} {}\" aria-hidden=\"true\">\n\
         {lines}{boxes}</svg></div>\n",
        tallest * ROW
    )
}

fn line(from: usize, to: usize, edge: &Edge<'_>) -> String {
    let (x1, x2) = (BOX, WIDTH - BOX);
    let (y1, y2) = (from * ROW + ROW / 2, to * ROW + ROW / 2);
    let bend = (x1 + x2) / 2;
    let class = if edge.certain { "certain" } else { "assumed" };
    format!(
        "<path class=\"edge {class}\" d=\"M{x1} {y1} C{bend} {y1} {bend} {y2} {x2} {y2}\"><title>\
         {}</title></path>\n",
        text(&edge.why)
    )
}

fn node(name: &str, x: usize, row: usize, class: &str) -> String {
    let y = row * ROW + (ROW - HEIGHT) / 2;
    format!(
        "<g class=\"node {class}\"><title>{}</title><rect x=\"{}\" y=\"{y}\" width=\"{}\" \
         height=\"{HEIGHT}\" rx=\"6\"/><text x=\"{}\" y=\"{}\">{}</text></g>\n",
        text(name),
        x + 1,
        BOX - 2,
        x + 12,
        y + HEIGHT / 2 + 4,
        text(&clipped(name, LETTERS))
    )
}

fn words(estate: &EstateView, edges: &[Edge<'_>]) -> String {
    let linked = edges.iter().map(|edge| {
        let (class, to) = match edge.to {
            Some(to) => (if edge.certain { "certain" } else { "assumed" }, text(to)),
            None => ("unlinked", "not known".to_owned()),
        };
        format!(
            "<li class=\"{class}\" data-filter><code>{}</code> → <b>{to}</b> <small>({})</small></li>\n",
            text(edge.from),
            text(&edge.why)
        )
    });
    let is_alone = |name: &str| edges.iter().all(|edge| edge.to != Some(name));
    let alone = estate
        .servers
        .iter()
        .filter(|server| is_alone(&server.name));
    let alone = alone.map(|server| {
        format!(
            "<li class=\"unlinked\" data-filter><b>{}</b> <small>(no client of it was found)</small></li>\n",
            text(&server.name)
        )
    });
    let items: String = linked.chain(alone).collect();
    format!("<ul class=\"links\">\n{items}</ul>\n")
}
