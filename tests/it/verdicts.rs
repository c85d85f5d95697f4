//! Recorded verdicts of real servers, each row on every server that it was recorded on.
//!
//! `fixtures/servers/verdicts.jsonl` holds small configuration texts and what eight servers made of
//! them; `verdicts-more.jsonl` what three further servers make of the same texts, by their ids, and
//! texts on which random configurations once showed a difference. Three figures are printed for each server: verdicts, first error lines, effective values.

use std::collections::BTreeMap;

use redvet::knowledge::servers::language::{ServerBuild, StopStage};
use redvet::knowledge::servers::{ServerKnowledge, ServerSeries};
use redvet::server_simulation::{ServerHost, ServerVerdict, SimulatedServer};
use serde::Deserialize;

use crate::support::releases::recorded;

const RECORDED: &str = include_str!("../../fixtures/servers/verdicts.jsonl");

const MORE: &str = include_str!("../../fixtures/servers/verdicts-more.jsonl");

/// The servers were built with the bundled allocator and without TLS.
const BUILD: ServerBuild = ServerBuild {
    bundled_allocator: true,
    tls: false,
};

/// Rows whose verdict depends on the machine that recorded them, with the reason.
const HOST_ROWS: &[(&str, &str)] = &[];

#[derive(Deserialize)]
struct Row {
    id: String,
    #[serde(default)]
    config: String,
    verdicts: BTreeMap<String, Recorded>,
}

#[derive(Deserialize)]
struct Recorded {
    ok: bool,
    #[serde(default)]
    stage: Option<String>,
    #[serde(default)]
    line: Option<usize>,
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    effective: BTreeMap<String, String>,
}

/// The recording machine: nothing below `/nonexistent`, and no file by any other name either.
struct Recorder;

impl ServerHost for Recorder {
    fn read(&self, _path: &str) -> Option<Result<String, String>> {
        Some(Err("No such file or directory".to_owned()))
    }
    fn find_matching(&self, _pattern: &str) -> Option<Vec<String>> {
        Some(Vec::new())
    }
    fn is_folder(&self, path: &str) -> Option<bool> {
        Some(!path.starts_with("/nonexistent"))
    }
    fn is_file(&self, _path: &str) -> Option<bool> {
        Some(false)
    }
}

/// Right of all, for one server.
#[derive(Default)]
struct Figures {
    rows: usize,
    verdicts: usize,
    refused: usize,
    lines: usize,
    errors: usize,
    values: usize,
    equal_values: usize,
}

fn series<'s>(servers: &'s ServerKnowledge, name: &str) -> &'s ServerSeries {
    let (flavor, release) = recorded(servers, name);
    servers.candidates(Some(&flavor), Some(&release)).series[0]
}

fn stage_word(stage: StopStage) -> &'static str {
    match stage {
        StopStage::Config => "config",
        StopStage::Startup => "startup",
        StopStage::Crash => "crash",
    }
}

/// Whether the recorded error text, of which a log may hold more, is the one that was worked out.
fn same_error(recorded: &str, found: &str) -> bool {
    recorded.starts_with(found) || found.starts_with(recorded)
}

struct Comparison {
    figures: Figures,
    wrong: Vec<String>,
}

impl Comparison {
    fn row(
        &mut self,
        row: &Row,
        recorded: &Recorded,
        found: &ServerVerdict,
        series: &ServerSeries,
    ) {
        self.figures.rows += 1;
        let stage = found.refusal.as_ref().map(|r| stage_word(r.stage));
        if stage == recorded.stage.as_deref() && recorded.ok == stage.is_none() {
            self.figures.verdicts += 1;
        } else {
            self.wrong.push(format!(
                "{} {:?}: recorded {:?} {:?}, found {:?}",
                row.id, row.config, recorded.stage, recorded.error, found.refusal
            ));
            return;
        }
        match &found.refusal {
            Some(refusal) => {
                self.figures.refused += 1;
                let line = refusal.line == recorded.line;
                let recorded_error = recorded.error.as_deref().unwrap_or_default();
                // A crash prints a place in the server's source.
                let crash = refusal.stage == StopStage::Crash;
                let error = crash || same_error(recorded_error, &refusal.error);
                self.figures.lines += usize::from(line);
                self.figures.errors += usize::from(error);
                if !line || !error {
                    self.wrong.push(format!(
                        "{} {:?}: recorded {:?} {recorded_error:?}, found {refusal:?}",
                        row.id, row.config, recorded.line
                    ));
                }
            }
            None => self.values(row, recorded, found, series),
        }
    }

    fn values(
        &mut self,
        row: &Row,
        recorded: &Recorded,
        found: &ServerVerdict,
        series: &ServerSeries,
    ) {
        for (name, value) in &recorded.effective {
            self.figures.values += 1;
            let canonical = series.directive(name).map_or(name, |d| &d.name);
            if found.effective.get(canonical) == Some(value) {
                self.figures.equal_values += 1;
            } else {
                self.wrong.push(format!(
                    "{} {:?}: {name} recorded {value:?}, found {:?}",
                    row.id,
                    row.config,
                    found.effective.get(canonical)
                ));
            }
        }
    }
}

fn compare(servers: &ServerKnowledge, rows: &[Row], server: &str) -> Comparison {
    let series = series(servers, server);
    let judge = SimulatedServer {
        series,
        build: BUILD,
        host: &Recorder,
    };
    let mut comparison = Comparison {
        figures: Figures::default(),
        wrong: Vec::new(),
    };
    for row in rows {
        let depends = HOST_ROWS.iter().any(|(id, _)| *id == row.id);
        if let (Some(recorded), false) = (row.verdicts.get(server), depends) {
            comparison.row(row, recorded, &judge.judge(&row.config), series);
        }
    }
    comparison
}

/// All texts with the verdicts of all servers.
fn recorded_rows() -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for line in RECORDED.lines().chain(MORE.lines()) {
        let row: Row = serde_json::from_str(line).unwrap();
        match rows.iter_mut().find(|known| known.id == row.id) {
            Some(known) => known.verdicts.extend(row.verdicts),
            None => rows.push(row),
        }
    }
    rows
}

#[test]
fn every_recorded_verdict_is_ours() {
    let rows = recorded_rows();
    let servers = ServerKnowledge::embedded();
    let names: Vec<String> = rows[0].verdicts.keys().cloned().collect();
    let mut wrong = Vec::new();
    for name in &names {
        let found = compare(&servers, &rows, name);
        let f = &found.figures;
        println!(
            "{name}: verdicts {}/{}, first error lines {}/{}, error texts {}/{}, effective values {}/{}",
            f.verdicts, f.rows, f.lines, f.refused, f.errors, f.refused, f.equal_values, f.values
        );
        wrong.extend(found.wrong.iter().map(|w| format!("{name} {w}")));
    }
    assert!(
        wrong.is_empty(),
        "{} wrong\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
