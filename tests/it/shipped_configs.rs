//! The configuration file that each release ships, on every series: clean on its own, and where
//! others refuse it. What real servers did was measured; see `MATRIX`.
//!
//! `fixtures/servers/stock.jsonl` holds the lines that are set, with their numbers, and where each
//! file was read; comments are left out.

use crate::support::assert_no_faults;
use crate::support::harness::Harness;
use redvet::finding::{Report, Severity};
use redvet::knowledge::servers::language::{ServerBuild, StopStage};
use redvet::server_simulation::{SimulatedServer, UnseenHost};
use serde::Deserialize;

const STOCK: &str = include_str!("../../fixtures/servers/stock.jsonl");

/// The columns of the matrix.
const SERVERS: [&str; 11] = [
    "redis-6.0",
    "redis-6.2",
    "redis-7.0",
    "redis-7.2",
    "redis-7.4",
    "redis-8.0",
    "redis-8.6",
    "valkey-7.2",
    "valkey-8.0",
    "valkey-8.1",
    "valkey-9.1",
];

/// What the servers did with the files (rows): `ok` started, a number is the line that was named, `late` stopped
/// at startup without naming one. Measured by starting each.
const MATRIX: [(&str, &str); 11] = [
    ("redis-6.0", "ok ok ok ok ok ok ok ok ok ok ok"),
    ("redis-6.2", "343 ok ok ok ok ok ok ok ok ok ok"),
    ("redis-7.0", "393 624 ok ok ok ok ok ok ok ok ok"),
    ("redis-7.2", "394 416 416 ok ok ok ok ok ok ok ok"),
    ("redis-7.4", "400 422 422 ok ok ok ok ok ok ok ok"),
    ("redis-8.0", "400 422 422 ok ok ok ok ok ok ok ok"),
    ("redis-8.6", "417 439 439 ok ok ok ok ok ok ok ok"),
    ("valkey-7.2", "391 413 413 ok ok ok ok ok ok ok ok"),
    ("valkey-8.0", "396 396 396 396 704 late late 396 ok ok ok"),
    ("valkey-8.1", "461 461 461 461 559 late late 461 559 ok ok"),
    ("valkey-9.1", "503 503 503 503 614 late late 503 614 ok ok"),
];

#[derive(Deserialize)]
struct Stock {
    server: String,
    lines: Vec<(usize, String)>,
}

impl Stock {
    /// The file with its comments gone: every line stands where it stood.
    fn text(&self) -> String {
        let last = self.lines.last().unwrap().0;
        let mut lines = vec![""; last];
        for (number, line) in &self.lines {
            lines[number - 1] = line;
        }
        lines.join("\n") + "\n"
    }
}

fn stock() -> Vec<Stock> {
    let rows = STOCK.lines();
    rows.map(|row| serde_json::from_str(row).unwrap()).collect()
}

/// The cells of the matrix: file, server and what became of it.
fn cells() -> Vec<(Stock, &'static str, &'static str)> {
    let rows = MATRIX.iter().flat_map(|(file, cells)| {
        let cells = SERVERS.into_iter().zip(cells.split(' '));
        cells.map(move |(server, cell)| {
            let found = stock().into_iter().find(|stock| stock.server == *file);
            (found.unwrap(), server, cell)
        })
    });
    let cells: Vec<_> = rows.collect();
    assert_eq!(cells.len(), 121);
    cells
}

fn harness() -> Harness {
    Harness {
        select: vec!["conf/*".to_owned()],
        ..Harness::new()
    }
}

fn checked(harness: &Harness, text: &str, server: &str) -> Report {
    let settings = format!("[defaults]\nserver = \"{}\"\n", server.replace('-', ":"));
    let files = [("redis.conf", text), ("redvet.toml", settings.as_str())];
    harness.check(&harness.texts(files))
}

#[test]
fn the_engine_gives_the_matrix() {
    let harness = harness();
    for (stock, server, cell) in cells() {
        let (flavor, number) = server.split_once('-').unwrap();
        let servers = &harness.knowledge.servers;
        let judge = SimulatedServer {
            series: servers.candidates(Some(flavor), Some(number)).series[0],
            build: ServerBuild::OFFICIAL,
            host: &UnseenHost,
        };
        let found = match judge.judge(&stock.text()).refusal {
            None => "ok".to_owned(),
            Some(refusal) if refusal.stage == StopStage::Startup => "late".to_owned(),
            Some(refusal) => refusal.line.map_or("?".to_owned(), |line| line.to_string()),
        };
        assert_eq!(found, cell, "{} on {server}", stock.server);
    }
}

#[test]
fn a_check_gives_the_matrix() {
    let harness = harness();
    for (stock, server, cell) in cells() {
        let report = checked(&harness, &stock.text(), server);
        let errors = report
            .shown_findings()
            .filter(|f| f.severity == Severity::Error);
        let errors: Vec<_> = errors.collect();
        let late = |message: &str| message.contains("without naming the line");
        let at_once = errors.iter().find(|finding| !late(&finding.message));
        let found = match at_once {
            Some(finding) => report.sources.start(finding.primary).line.to_string(),
            None if errors.is_empty() => "ok".to_owned(),
            None => "late".to_owned(),
        };
        assert_eq!(found, cell, "{} on {server}", stock.server);
    }
}

#[test]
fn each_file_is_clean_on_its_own_series() {
    let harness = harness();
    for stock in stock() {
        let report = checked(&harness, &stock.text(), &stock.server);
        let said: Vec<String> = report
            .shown_findings()
            .map(|finding| format!("{}: {}", finding.rule, finding.message))
            .collect();
        assert_no_faults(
            &format!("{} finds nothing in its own file", stock.server),
            said,
        );
    }
}

/// Nobody chose what a release ships: it is one finding, and none on each of its lines.
#[test]
fn the_values_of_a_shipped_file_are_told_once() {
    let harness = Harness::new();
    for stock in stock() {
        let report = checked(&harness, &stock.text(), &stock.server);
        let on_values = report.shown_findings().filter(|finding| {
            finding.rule != "tuning/server-defaults" && finding.rule != "memory/maxmemory-unset"
        });
        let said: Vec<String> = on_values.map(|finding| finding.rule.clone()).collect();
        assert_no_faults(&format!("{} has nobody's values", stock.server), said);
    }
}

/// A value that somebody changed in such a file is reported where it stands.
#[test]
fn a_changed_value_in_a_shipped_file_is_told_by_its_own_rule() {
    let harness = Harness::new();
    let stock = stock()
        .into_iter()
        .find(|stock| stock.server == "redis-7.2");
    let text = stock.unwrap().text().replace("\nhz 10\n", "\nhz 5\n");
    let report = checked(&harness, &text, "redis-7.2");
    assert!(
        report
            .shown_findings()
            .any(|finding| finding.rule == "latency/hz-too-low")
    );
}
