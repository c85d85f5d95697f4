//! Who connects to whom, where that is known of anybody: clients on the left, servers on the right, a
//! line for each link. An assumed link is dashed, and all of it stands in words below the drawing.

use std::collections::BTreeMap;

use crate::finding::{ClientView, EstateView};

use super::markup::{clip_name, count, prose, text};
use super::server_groups::ServerGroup;
use super::servers::name;

/// The drawing's measures, in its own units.
const WIDTH: usize = 760;
const BOX: usize = 290;
const ROW: usize = 44;
const HEIGHT: usize = 32;

/// Characters of a name that fit into a box: each takes 8 units at most, beside margins of 12.
const LETTERS: usize = 32;

/// Boxes of a side above which the drawing is left out: so many lines cannot be followed.
const MAX_NODES: usize = 40;

/// One line of the drawing: a client, and the group of servers that it talks to.
struct GraphEdge<'a> {
    from: &'a str,
    to: usize,
    why: String,
    certain: bool,
}

/// Nothing where no client is linked to a server.
pub(super) fn section(estate: &EstateView, groups: &[ServerGroup<'_>]) -> String {
    let clients = estate.clients.iter();
    let edges: Vec<GraphEdge<'_>> = clients.filter_map(|client| edge(client, groups)).collect();
    if edges.is_empty() {
        return String::new();
    }
    format!(
        "<section aria-labelledby=\"connections\"><h2 id=\"connections\">Who connects to whom</h2>\n\
         {}{}</section>\n",
        drawing(&edges, groups),
        words(&edges, groups) + &render_unlinked(estate, &edges)
    )
}

fn edge<'a>(client: &'a ClientView, groups: &[ServerGroup<'_>]) -> Option<GraphEdge<'a>> {
    let is_of = |group: &ServerGroup<'_>| {
        let mut servers = group.servers.iter();
        servers.any(|server| server.clients.contains(&client.id))
    };
    let link = client.server_link.as_ref()?;
    Some(GraphEdge {
        from: &client.id,
        to: groups.iter().position(is_of)?,
        why: format!("{}, {}", link.evidence, link.strength),
        certain: link.strength == "certain",
    })
}

/// The row of each, in the order in which they come.
fn rows<T: Ord>(items: impl Iterator<Item = T>) -> BTreeMap<T, usize> {
    let mut rows = BTreeMap::new();
    for item in items {
        let next = rows.len();
        rows.entry(item).or_insert(next);
    }
    rows
}

fn drawing(edges: &[GraphEdge<'_>], groups: &[ServerGroup<'_>]) -> String {
    let left = rows(edges.iter().map(|edge| edge.from));
    let right = rows(edges.iter().map(|edge| edge.to));
    let tallest = left.len().max(right.len());
    if tallest > MAX_NODES {
        return String::new();
    }
    let lines: String = edges
        .iter()
        .filter_map(|edge| Some(line(*left.get(edge.from)?, *right.get(&edge.to)?, edge)))
        .collect();
    let clients = left.iter().map(|(name, row)| node(name, 0, *row, "client"));
    let servers = right.iter().map(|(at, row)| {
        let name = name(groups[*at].first());
        node(&name, WIDTH - BOX, *row, "host")
    });
    let boxes: String = clients.chain(servers).collect();
    format!(
        "<div class=\"wide drawing\" tabindex=\"0\" role=\"region\" aria-label=\"drawing of the \
         connections\"><svg class=\"graph\" viewBox=\"0 0 {WIDTH} {}\" aria-hidden=\"true\">\n\
         {lines}{boxes}</svg></div>\n",
        tallest * ROW
    )
}

fn line(from: usize, to: usize, edge: &GraphEdge<'_>) -> String {
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
        text(&clip_name(name, LETTERS))
    )
}

fn words(edges: &[GraphEdge<'_>], groups: &[ServerGroup<'_>]) -> String {
    let items: String = edges
        .iter()
        .map(|edge| {
            let class = if edge.certain { "certain" } else { "assumed" };
            format!(
                "<li class=\"{class}\" data-filter><code>{}</code> → <b>{}</b> <small>({})</small></li>\n",
                text(edge.from),
                text(&name(groups[edge.to].first())),
                prose(&edge.why)
            )
        })
        .collect();
    format!("<ul class=\"links\">\n{items}</ul>\n")
}

fn render_unlinked(estate: &EstateView, edges: &[GraphEdge<'_>]) -> String {
    let is_linked = |client: &ClientView| edges.iter().any(|edge| edge.from == client.id);
    let names: Vec<String> = estate
        .clients
        .iter()
        .filter(|client| !is_linked(client))
        .map(|client| format!("<li data-filter><code>{}</code></li>\n", text(&client.id)))
        .collect();
    if names.is_empty() {
        return String::new();
    }
    format!(
        "<details class=\"more\"><summary>{} without a known server</summary>\n<ul>{}</ul></details>\n",
        count(names.len(), "client"),
        names.concat()
    )
}
