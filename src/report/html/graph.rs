//! Who connects to whom: clients on the left, servers on the right, a line for each link. An assumed
//! link is dashed, and all of it stands in words below the drawing.

use std::collections::BTreeMap;

use crate::finding::{ClientView, EstateView, ServerView};

use super::markup::{clipped, text};
use super::servers::name;

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
    /// The server's place in the estate: two may have one name, in different namespaces.
    to: Option<usize>,
    why: String,
    certain: bool,
}

pub(super) fn section(estate: &EstateView) -> String {
    let clients = estate.clients.iter();
    let edges: Vec<Edge<'_>> = clients.map(|c| edge(c, &estate.servers)).collect();
    let body = if edges.is_empty() {
        "<p>No clients found.</p>\n".to_owned()
    } else {
        drawing(estate, &edges) + &words(estate, &edges)
    };
    format!(
        "<section aria-labelledby=\"connections\"><h2 id=\"connections\">Connections</h2>\n\
         {body}</section>\n"
    )
}

fn edge<'a>(client: &'a ClientView, servers: &[ServerView]) -> Edge<'a> {
    let link = client.server_link.as_ref();
    Edge {
        from: &client.id,
        to: servers
            .iter()
            .position(|server| server.clients.contains(&client.id)),
        why: link.map_or_else(
            || "no matching server in this repository".to_owned(),
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
    let right: Vec<String> = estate.servers.iter().map(name).collect();
    let tallest = left.len().max(right.len());
    if tallest > MOST {
        return String::new();
    }
    let lines: String = edges
        .iter()
        .filter_map(|edge| Some(line(*left.get(edge.from)?, edge.to?, edge)))
        .collect();
    let boxes: String = left
        .iter()
        .map(|(name, row)| node(name, 0, *row, "client"))
        .chain(
            right
                .iter()
                .enumerate()
                .map(|(row, name)| node(name, WIDTH - BOX, row, "host")),
        )
        .collect();
    format!(
        "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"diagram of the \
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
        let class = match (edge.to, edge.certain) {
            (None, _) => "unlinked",
            (Some(_), true) => "certain",
            (Some(_), false) => "assumed",
        };
        let server = edge.to.and_then(|to| estate.servers.get(to));
        let to = server.map_or_else(|| "unknown".to_owned(), |server| text(&name(server)));
        format!(
            "<li class=\"{class}\" data-filter><code>{}</code> → <b>{to}</b> <small>({})</small></li>\n",
            text(edge.from),
            text(&edge.why)
        )
    });
    let is_alone = |at: usize| edges.iter().all(|edge| edge.to != Some(at));
    let servers = estate.servers.iter().enumerate();
    let alone = servers.filter(|(at, _)| is_alone(*at)).map(|(_, server)| {
        format!(
            "<li class=\"unlinked\" data-filter><b>{}</b> <small>(no clients found)</small></li>\n",
            text(&name(server))
        )
    });
    let items: String = linked.chain(alone).collect();
    format!("<ul class=\"links\">\n{items}</ul>\n")
}
