//! What differs between two servers, or between the servers of two folders: a table for people and
//! the JSON of `redvet effective --diff A B --output-format json`.

use std::collections::BTreeMap;

use crate::finding::{
    DifferenceView, DifferingView, LinkView, PairView, PlaceView, ReportNote, ValueView,
};

use super::effective::{describe, with_origin};
use super::{Color, sanitize, tidy};

/// The view as indented JSON.
pub fn json(view: &DifferenceView) -> Result<String, serde_json::Error> {
    super::json::print(view)
}

/// The view as one table a pair; with `all`, differences between defaults are listed too.
pub fn table(view: &DifferenceView, color: Color, all: bool) -> String {
    let mut blocks: Vec<String> = Vec::new();
    blocks.extend(view.pairs.iter().map(|pair| table_of(pair, color, all)));
    let sides = [(&view.a, &view.only_a), (&view.b, &view.only_b)];
    let alone: String = sides
        .into_iter()
        .flat_map(|(side, servers)| servers.iter().map(move |server| only(side, server)))
        .collect();
    if !alone.is_empty() {
        blocks.push(alone);
    }
    if !view.notes.is_empty() {
        blocks.push(view.notes.iter().map(note).collect());
    }
    tidy(&blocks.join("\n"))
}

fn only(side: &str, server: &PlaceView) -> String {
    let side = sanitize::one_line(side);
    format!(
        "only in {side}: {}\n",
        sanitize::one_line(&place_name(server))
    )
}

fn note(note: &ReportNote) -> String {
    let path = note.path.as_ref();
    let path = path.map_or(String::new(), |path| format!("{path}: "));
    let text = format!("{path}{}", note.message);
    format!("note: {}\n", sanitize::one_line(&text))
}

fn place_name(server: &PlaceView) -> String {
    let namespace = server.namespace.as_ref();
    let namespace = namespace.map_or(String::new(), |name| format!(" in {name}"));
    let made = server.made_in.as_ref().filter(|folder| !folder.is_empty());
    let made = made.map_or(String::new(), |folder| format!(", built by {folder}"));
    let PlaceView {
        name, path, line, ..
    } = server;
    format!("{name}{namespace} ({path}:{line}{made})")
}

fn table_of(pair: &PairView, color: Color, all: bool) -> String {
    let mut out = String::new();
    for (side, server) in [("A", &pair.a), ("B", &pair.b)] {
        let title = format!("{side}  {}", place_name(server));
        out.push_str(&color.bold(&sanitize::one_line(&title)));
        out.push('\n');
    }
    put(&mut out, "compared", pair.evidence);
    if pair
        .links
        .a
        .iter()
        .map(describe)
        .ne(pair.links.b.iter().map(describe))
    {
        put_links(&mut out, "A reads", &pair.links.a);
        put_links(&mut out, "B reads", &pair.links.b);
    }
    for (side, parts) in [("A", &pair.not_visible.a), ("B", &pair.not_visible.b)] {
        for part in parts {
            put(&mut out, "not visible", &format!("in {side}: {part}"));
        }
    }
    let (listed, passed) = divide_values(&pair.differences, all, is_by_hand);
    put_rows(&mut out, "differs", &listed, color);
    let (open, hidden) = divide_values(&pair.undecided, all, is_written_somewhere);
    put_rows(&mut out, "unknown", &open, color);
    out.push('\n');
    for (reason, count) in reasons(&hidden) {
        out.push_str(&format!("  {count} more unknown: {reason} (--all)\n"));
    }
    if !passed.is_empty() {
        let text = "exist or have a default in only one of the versions";
        out.push_str(&format!("  {} more {text} (--all)\n", passed.len()));
    }
    out.push_str(&format!("  {} identical\n", pair.same));
    out
}

fn put(out: &mut String, word: &str, text: &str) {
    out.push_str(&format!("  {word:<14}  {}\n", sanitize::one_line(text)));
}

fn put_links(out: &mut String, word: &str, links: &[LinkView]) {
    for link in links {
        put(out, word, &describe(link));
    }
    if links.is_empty() {
        put(out, word, "no linked configuration");
    }
}

/// A directive that one version does not have is no difference that somebody made.
fn is_by_hand(both: &DifferingView) -> bool {
    let (a, b) = (both.a.state, both.b.state);
    !matches!((a, b), ("default", "absent") | ("absent", "default")) || both.directive.is_none()
}

/// Names that may be written outside the tree are not listed one by one.
fn is_written_somewhere(both: &DifferingView) -> bool {
    let is_written = |value: &ValueView| value.state == "set" || value.path.is_some();
    both.directive.is_none() || is_written(&both.a) || is_written(&both.b)
}

/// Those that are listed, and those that are counted.
fn divide_values(
    values: &[DifferingView],
    all: bool,
    is_listed: fn(&DifferingView) -> bool,
) -> (Vec<&DifferingView>, Vec<&DifferingView>) {
    values.iter().partition(|both| all || is_listed(both))
}

/// How many cannot be told for which reason.
fn reasons(hidden: &[&DifferingView]) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for both in hidden {
        let reason = both.a.reason.as_ref().or(both.b.reason.as_ref());
        let reason = reason.map_or("secrets are not compared", String::as_str);
        let reason = super::effective::clip_reason(&sanitize::one_line(reason));
        *found.entry(reason).or_default() += 1;
    }
    found
}

fn put_rows(out: &mut String, title: &str, rows: &[&DifferingView], color: Color) {
    if rows.is_empty() {
        return;
    }
    let cells: Vec<[String; 3]> = rows.iter().map(|both| cells(both)).collect();
    let head = [title, "A", "B"].map(str::to_owned);
    let width = |column: usize| {
        let cells = std::iter::once(&head).chain(&cells);
        let widths = cells.map(|row| row[column].chars().count());
        widths.max().unwrap_or(0).min(WIDEST)
    };
    let widths = (width(0), width(1));
    out.push('\n');
    out.push_str(&color.faint(&row(&head, widths)));
    out.push('\n');
    for cells in &cells {
        out.push_str(&row(cells, widths));
        out.push('\n');
    }
}

/// One cell that is wider than this does not push all others away.
const WIDEST: usize = 60;

fn cells(both: &DifferingView) -> [String; 3] {
    let name = match (both.what, &both.directive) {
        (_, Some(name)) => name.clone(),
        ("limits.memory", None) => "memory limit".to_owned(),
        ("limits.cpu", None) => "CPU limit".to_owned(),
        (what, None) => what.to_owned(),
    };
    let secret = both.a.secret && both.b.secret;
    let cell_text = |value: &ValueView| match value.state {
        "set" if secret => format!("{} (secrets are not compared)", with_origin(value)),
        _ => with_origin(value),
    };
    [name, cell_text(&both.a), cell_text(&both.b)]
        .map(|cell| sanitize::one_line(&cell).into_owned())
}

fn row(cells: &[String; 3], (a, b): (usize, usize)) -> String {
    format!("  {:<a$}  {:<b$}  {}", cells[0], cells[1], cells[2])
        .trim_end()
        .to_owned()
}
