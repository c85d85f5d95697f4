//! What another version makes of every server's configuration: a table for people and the JSON of
//! `redvet upgrade --output-format json`.

use crate::finding::{ChangeView, ServerUpgrade, UpgradeView};

use super::{Color, sanitize, tidy};

/// The view as indented JSON.
pub fn json(view: &UpgradeView) -> Result<String, serde_json::Error> {
    super::json::print(view)
}

/// The view as one table a server.
pub fn table(view: &UpgradeView, color: Color) -> String {
    let mut out = format!("{} -> {}\n", view.from, view.to);
    for note in &view.notes {
        out.push_str(&format!("note: {}\n", sanitize::one_line(note)));
    }
    for server in &view.servers {
        out.push('\n');
        out.push_str(&table_of(server, color));
    }
    out.push_str(&format!("\n{}\n", summary(view)));
    tidy(&out)
}

fn table_of(server: &ServerUpgrade, color: Color) -> String {
    let namespace = server
        .namespace
        .as_ref()
        .map_or(String::new(), |n| format!(" in {n}"));
    let title = format!("{}{namespace}", server.name);
    let mut out = format!("{}\n", color.bold(&sanitize::one_line(&title)));
    for part in &server.not_visible {
        out.push_str(&format!("  not visible: {}\n", sanitize::one_line(part)));
    }
    if server.changes.is_empty() {
        out.push_str("  no changes\n");
    }
    let widths = (
        width(server, |change| change.kind.len()),
        width(server, |change| change.directive.len()),
    );
    for change in &server.changes {
        out.push_str(&row(change, widths));
    }
    out
}

fn width(server: &ServerUpgrade, of: impl Fn(&ChangeView) -> usize) -> usize {
    server.changes.iter().map(of).max().unwrap_or_default()
}

fn row(change: &ChangeView, (kind, directive): (usize, usize)) -> String {
    let mark = if change.breaks { '!' } else { ' ' };
    let values = change
        .shown
        .as_ref()
        .map_or_else(String::new, |(before, after)| {
            format!(
                "{} -> {}; ",
                sanitize::one_line(before),
                sanitize::one_line(after)
            )
        });
    let place = match (&change.path, change.line) {
        (Some(path), Some(line)) => format!(" ({}:{line})", sanitize::one_line(path)),
        _ => String::new(),
    };
    format!(
        "  {mark} {:<kind$}  {:<directive$}  {values}{}{place}\n",
        change.kind,
        sanitize::one_line(&change.directive),
        sanitize::one_line(&change.message),
    )
}

fn summary(view: &UpgradeView) -> String {
    let changes = view.servers.iter().flat_map(|server| &server.changes);
    let (mut all, mut breaking) = (0, 0);
    for change in changes {
        all += 1;
        breaking += usize::from(change.breaks);
    }
    let servers = view.servers.len();
    let prevent = if breaking == 1 { "prevents" } else { "prevent" };
    format!(
        "{all} change{} in {servers} server{}, {breaking} of which {prevent} a server from starting with its data",
        plural(all),
        plural(servers)
    )
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}
