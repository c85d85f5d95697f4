//! What every server will run with and every client will use: a table for people and the JSON of
//! `redvet effective --output-format json`.

use std::collections::BTreeMap;

use crate::finding::{ClientView, EstateView, LinkView, ServerView, ServiceView, ValueView};

use super::{Color, sanitize, tidy};

/// The view as indented JSON.
pub fn json(view: &EstateView) -> Result<String, serde_json::Error> {
    super::json::print(view)
}

/// The view as tables; with `all`, defaults and absent values too.
pub fn table(view: &EstateView, color: Color, all: bool) -> String {
    let mut blocks: Vec<String> = Vec::new();
    blocks.extend(view.servers.iter().map(|s| server(s, color, all)));
    blocks.extend(view.services.iter().map(|s| service(s, color)));
    blocks.extend(view.clients.iter().map(|c| client(c, color, all)));
    if blocks.is_empty() {
        blocks.push("No Redis or Valkey server and no client found.\n".to_owned());
    }
    if !view.notes.is_empty() {
        blocks.push(notes(view));
    }
    tidy(&blocks.join("\n"))
}

fn notes(view: &EstateView) -> String {
    view.notes
        .iter()
        .map(|note| match &note.path {
            Some(path) => format!(
                "note: {}: {}\n",
                sanitize::one_line(path),
                sanitize::one_line(&note.message)
            ),
            None => format!("note: {}\n", sanitize::one_line(&note.message)),
        })
        .collect()
}

fn server(server: &ServerView, color: Color, all: bool) -> String {
    let mut out = String::new();
    let namespace = server
        .namespace
        .as_ref()
        .map_or(String::new(), |n| format!(" in {n}"));
    heading(&mut out, &format!("{}{namespace}", server.name), color);
    line(&mut out, "server", &identity(server));
    if server.image.state != "absent" {
        line(&mut out, "image", &with_origin(&server.image));
    }
    line(&mut out, "at", &place(server));
    for link in &server.links {
        line(&mut out, "reads", &describe(link));
    }
    figures(&mut out, server);
    for part in &server.not_visible {
        line(&mut out, "not visible", part);
    }
    for id in &server.clients {
        line(&mut out, "client", id);
    }
    values(&mut out, "directive", &server.conf, color, all);
    out
}

fn place(server: &ServerView) -> String {
    let at = format!("{}:{}", server.path, server.line);
    match &server.made_in {
        Some(folder) if !folder.is_empty() => format!("{at} (built by {folder})"),
        _ => at,
    }
}

/// Limits and replicas; one line where one reason hides all of them.
fn figures(out: &mut String, server: &ServerView) {
    let figures = [
        ("memory limit", &server.limits.memory),
        ("CPU limit", &server.limits.cpu),
        ("replicas", &server.replicas),
    ];
    let reason = &server.replicas.reason;
    if reason.is_some() && figures.iter().all(|(_, value)| value.reason == *reason) {
        line(out, "deployment", &what(&server.replicas));
        return;
    }
    for (word, value) in figures {
        line(out, word, &with_origin(value));
    }
}

fn identity(server: &ServerView) -> String {
    let kind = server.kind.as_deref().unwrap_or("unknown kind");
    format!("{}, {kind}", server.release())
}

pub(super) fn describe(link: &LinkView) -> String {
    format!("{} ({}, {})", link.to, link.evidence, link.strength)
}

fn service(service: &ServiceView, color: Color) -> String {
    let mut out = String::new();
    heading(&mut out, &service.name, color);
    let language = service.language.as_deref().unwrap_or("unknown language");
    line(&mut out, "program", language);
    line(
        &mut out,
        "at",
        &format!("{}:{}", service.path, service.line),
    );
    for link in &service.workloads {
        line(&mut out, "runs in", &describe(link));
    }
    if let Some(reason) = &service.reason {
        line(&mut out, "runs in", &format!("unknown: {reason}"));
    }
    // Where nothing is seen to run it, one line says why.
    if !(service.workloads.is_empty() && service.replicas.reason == service.reason) {
        line(&mut out, "processes", &with_origin(&service.replicas));
    }
    if !service.workloads.is_empty() {
        line(&mut out, "CPU limit", &with_origin(&service.cpu));
        if let Some(gomaxprocs) = &service.gomaxprocs {
            line(&mut out, "GOMAXPROCS", &with_origin(gomaxprocs));
        }
    }
    for id in &service.clients {
        line(&mut out, "client", id);
    }
    out
}

fn client(client: &ClientView, color: Color, all: bool) -> String {
    let mut out = String::new();
    heading(&mut out, &client.id, color);
    let library = client.library.as_deref().unwrap_or("unknown library");
    let version = client.version.as_deref().unwrap_or("unknown version");
    let kind = client.kind.as_deref().unwrap_or("unknown kind");
    line(&mut out, "client", &format!("{library} {version}, {kind}"));
    line(&mut out, "at", &format!("{}:{}", client.path, client.line));
    let server = client.server_link.as_ref().map(describe);
    line(&mut out, "server", server.as_deref().unwrap_or("unknown"));
    values(&mut out, "option", &client.options, color, all);
    out
}

fn heading(out: &mut String, text: &str, color: Color) {
    out.push_str(&color.bold(&sanitize::one_line(text)));
    out.push('\n');
}

fn line(out: &mut String, word: &str, text: &str) {
    out.push_str(&format!("  {word:<12}  {}\n", sanitize::one_line(text)));
}

pub(super) fn with_origin(value: &ValueView) -> String {
    let from = origin(value);
    if from.is_empty() {
        what(value)
    } else {
        format!("{} ({from})", what(value))
    }
}

fn what(value: &ValueView) -> String {
    match (value.state, &value.reason) {
        ("unknown", Some(reason)) => format!("unknown: {reason}"),
        ("absent", _) if value.shown.is_empty() => "not set".to_owned(),
        _ => value.shown.clone(),
    }
}

fn origin(value: &ValueView) -> String {
    match (&value.from, &value.path, value.line) {
        (from, _, _) if !from.is_empty() => from.clone(),
        (_, Some(path), Some(line)) => format!("{path}:{line}"),
        (_, Some(path), None) => path.clone(),
        _ => String::new(),
    }
}

fn hidden_note(value: &ValueView) -> String {
    let parts: Vec<String> = value
        .overrides
        .iter()
        .map(|o| format!("{} ({}:{})", o.value, o.path, o.line))
        .collect();
    parts.join(", ")
}

fn values(
    out: &mut String,
    word: &str,
    values: &BTreeMap<String, ValueView>,
    color: Color,
    all: bool,
) {
    let (rows, rest): (Vec<_>, Vec<_>) = values
        .iter()
        .partition(|(_, value)| all || is_written(value));
    let rows: Vec<[String; 4]> = rows
        .into_iter()
        .map(|(name, value)| [name.clone(), what(value), origin(value), hidden_note(value)])
        .collect();
    if !rows.is_empty() {
        out.push('\n');
        rows_table(out, word, rows, color);
    }
    out.push_str(&summarize_left_out(
        rest.into_iter().map(|(_, value)| value),
    ));
}

/// Whether it is written. Names that may be written outside the tree are not listed one by one.
fn is_written(value: &ValueView) -> bool {
    value.state == "set" || (value.state == "unknown" && value.path.is_some())
}

/// A line for what is not listed, one for every reason.
fn summarize_left_out<'v>(values: impl Iterator<Item = &'v ValueView>) -> String {
    let (mut defaults, mut unknown) = (0, BTreeMap::<&str, usize>::new());
    for value in values {
        match &value.reason {
            Some(reason) => *unknown.entry(reason).or_default() += 1,
            None => defaults += 1,
        }
    }
    let mut out = String::new();
    for (reason, count) in unknown {
        let reason = clip_reason(&sanitize::one_line(reason));
        out.push_str(&format!("  {count} more unknown: {reason} (--all)\n"));
    }
    if defaults > 0 {
        out.push_str(&format!("  {defaults} more at default (--all)\n"));
    }
    out
}

/// A reason may list a dozen versions; its beginning says what it is.
pub(super) fn clip_reason(reason: &str) -> String {
    const MAX_LENGTH: usize = 100;
    match reason.char_indices().nth(MAX_LENGTH) {
        None => reason.to_owned(),
        Some((end, _)) => {
            let words = reason[..end]
                .rsplit_once(' ')
                .map_or("", |(words, _)| words);
            format!("{}…", words.trim_end_matches(','))
        }
    }
}

fn rows_table(out: &mut String, word: &str, mut rows: Vec<[String; 4]>, color: Color) {
    for [name, others @ ..] in &mut rows {
        *name = sanitize::one_line(name).into_owned();
        for cell in others {
            *cell = sanitize::within_line(cell).into_owned();
        }
    }
    let head = [word, "value", "from", "hides"].map(str::to_owned);
    let width = |column: usize| {
        std::iter::once(&head)
            .chain(&rows)
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or(0)
            .min(WIDEST)
    };
    let widths = [width(0), width(1), width(2)];
    out.push_str(&color.faint(row_text(&head, widths, &rows).trim_end()));
    out.push('\n');
    for row in &rows {
        out.push_str(&row_text(row, widths, &rows));
        out.push('\n');
    }
}

/// One cell that is wider than this does not push all others away.
const WIDEST: usize = 48;

/// The last column is left out where no row has anything in it.
fn row_text(row: &[String; 4], widths: [usize; 3], rows: &[[String; 4]]) -> String {
    let [a, b, c] = widths;
    let text = format!("  {:<a$}  {:<b$}  {:<c$}", row[0], row[1], row[2]);
    if rows.iter().any(|row| !row[3].is_empty()) {
        format!("{text}  {}", row[3])
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{LimitsView, OverrideView, ReportNote};

    fn value(state: &'static str, shown: &str, from: &str) -> ValueView {
        ValueView {
            state,
            value: shown.into(),
            reason: None,
            path: None,
            line: None,
            overrides: Vec::new(),
            shown: shown.to_owned(),
            from: from.to_owned(),
            secret: false,
        }
    }

    fn conf() -> BTreeMap<String, ValueView> {
        let mut maxmemory = value("set", "31 GiB", "conf/redis.conf:2");
        maxmemory.overrides.push(OverrideView {
            path: "conf/base.conf".to_owned(),
            line: 7,
            value: "20gb".to_owned(),
        });
        let mut port = value("unknown", "", "deploy/redis.yaml:30");
        port.reason = Some("environment variable PORT".to_owned());
        port.path = Some("deploy/redis.yaml".to_owned());
        let mut hz = value("unknown", "", "");
        hz.reason = Some("the image's own file".to_owned());
        BTreeMap::from([
            ("maxmemory".to_owned(), maxmemory),
            ("port".to_owned(), port),
            ("hz".to_owned(), hz),
            ("appendonly".to_owned(), value("default", "no", "redis 7.2")),
        ])
    }

    fn view() -> EstateView {
        EstateView {
            schema_version: 1,
            servers: vec![ServerView {
                name: "StatefulSet/redis".to_owned(),
                namespace: Some("cache".to_owned()),
                kind: Some("standalone".to_owned()),
                flavor: Some("redis".to_owned()),
                version: Some("7.2.4".to_owned()),
                path: "deploy/redis.yaml".to_owned(),
                line: 1,
                links: vec![LinkView {
                    to: "ConfigMap/redis key redis.conf".to_owned(),
                    evidence: "mount chain".to_owned(),
                    strength: "certain",
                }],
                not_visible: vec!["files of the init container".to_owned()],
                limits: LimitsView {
                    memory: value("set", "32 GiB", "deploy/redis.yaml:20"),
                    cpu: value("absent", "", ""),
                },
                replicas: value("set", "3", "deploy/redis.yaml:4"),
                conf: conf(),
                clients: vec!["main.go:connect".to_owned()],
                gauges: Vec::new(),
                image: value("absent", "", ""),
                made_in: None,
            }],
            clients: vec![ClientView {
                id: "main.go:connect".to_owned(),
                library: Some("some-lib".to_owned()),
                language: Some("go".to_owned()),
                version: None,
                path: "main.go".to_owned(),
                line: 10,
                kind: Some("standalone".to_owned()),
                options: BTreeMap::from([(
                    "pool.max_size".to_owned(),
                    value("set", "50", "main.go:12"),
                )]),
                server: None,
                server_link: None,
                service: None,
            }],
            services: Vec::new(),
            notes: vec![ReportNote {
                path: None,
                message: "one file was not read".to_owned(),
            }],
        }
    }

    #[test]
    fn servers_and_clients_with_what_is_written() {
        insta::assert_snapshot!(table(&view(), Color::Never, false), @r#"
        StatefulSet/redis in cache
          server        redis 7.2.4, standalone
          at            deploy/redis.yaml:1
          reads         ConfigMap/redis key redis.conf (mount chain, certain)
          memory limit  32 GiB (deploy/redis.yaml:20)
          CPU limit     not set
          replicas      3 (deploy/redis.yaml:4)
          not visible   files of the init container
          client        main.go:connect

          directive  value                               from                  hides
          maxmemory  31 GiB                              conf/redis.conf:2     20gb (conf/base.conf:7)
          port       unknown: environment variable PORT  deploy/redis.yaml:30
          1 more unknown: the image's own file (--all)
          1 more at default (--all)

        main.go:connect
          client        some-lib unknown version, standalone
          at            main.go:10
          server        unknown

          option         value  from
          pool.max_size  50     main.go:12

        note: one file was not read
        "#);
    }

    #[test]
    fn all_shows_defaults_too() {
        let text = table(&view(), Color::Never, true);
        assert!(text.contains("appendonly  no"), "{text}");
        assert!(!text.contains("--all"), "{text}");
    }

    #[test]
    fn nothing_found_is_said() {
        let mut view = view();
        view.servers.clear();
        view.clients.clear();
        view.notes.clear();
        assert_eq!(
            table(&view, Color::Never, false),
            "No Redis or Valkey server and no client found.\n"
        );
    }

    #[test]
    fn json_has_the_contract_fields() {
        let value: serde_json::Value = serde_json::from_str(&json(&view()).unwrap()).unwrap();
        let server = &value["servers"][0];
        let keys: Vec<&str> = server
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        assert_eq!(
            keys,
            [
                "name",
                "namespace",
                "kind",
                "flavor",
                "version",
                "path",
                "line",
                "links",
                "not_visible",
                "limits",
                "replicas",
                "conf",
                "clients"
            ]
        );
        let keys: Vec<&str> = server["conf"]["maxmemory"]
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        assert_eq!(
            keys,
            ["state", "value", "reason", "path", "line", "overrides"]
        );
    }
}
