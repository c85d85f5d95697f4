//! Pages of deployment shapes: what is recognised in each way of deploying a server, and what the
//! rules make of it.
//!
//! A page of `fixtures/shapes/` has the sections of a rule's page. Its cases are judged by every rule
//! that the page names. A fence that is called `effective` holds lines `SERVER | WHAT | VALUE`, which
//! must be what the case's servers come to: WHAT is a directive, a figure (`limits.memory`), `version`,
//! `flavor`, `kind`, `reads` (a link, with its strength) or `hidden` (a part that is not visible, in
//! words that the reason holds); VALUE is `unknown` or `absent` where that is so.
#![allow(clippy::unwrap_used)]

#[path = "support/laboratory.rs"]
mod laboratory;

use std::collections::BTreeSet;

use laboratory::{Laboratory, Sample, repository};
use redvet::finding::{Report, ServerView};
use redvet::tester::{self, Case, Page, Place};
use serde_json::Value as Json;

const EXPECTED: &str = "effective";

fn pages() -> Vec<(String, String)> {
    let root = repository("fixtures/shapes");
    let files = walkdir::WalkDir::new(&root).sort_by_file_name().into_iter();
    files
        .map(Result::unwrap)
        .filter(|entry| entry.path().extension().is_some_and(|e| e == "md"))
        .map(|entry| {
            let path = entry.path().strip_prefix(&root).unwrap();
            let text = std::fs::read_to_string(entry.path()).unwrap();
            (path.to_str().unwrap().to_owned(), text)
        })
        .collect()
}

/// The rules that a page speaks of.
fn named(page: &Page) -> BTreeSet<String> {
    let ids = page.cases.iter().flat_map(|case| {
        let expected = case.expected.iter().map(|place| place.rule.clone());
        expected.chain(case.undetermined.iter().cloned())
    });
    ids.collect()
}

fn sample(laboratory: &Laboratory, case: &Case) -> Sample {
    let files = case.files.iter().filter(|file| file.path != EXPECTED);
    laboratory.texts(files.map(|file| (file.path.as_str(), file.text.as_str())))
}

fn found(report: &Report, rules: &BTreeSet<String>) -> Vec<Place> {
    let shown = report
        .shown()
        .filter(|finding| rules.contains(&finding.rule));
    let mut places: Vec<Place> = shown
        .map(|finding| Place {
            rule: finding.rule.clone(),
            path: report.sources.path(finding.primary).to_owned(),
            line: report.sources.start(finding.primary).line,
        })
        .collect();
    places.sort();
    places
}

fn findings(case: &Case, report: &Report, rules: &BTreeSet<String>) -> Vec<String> {
    let mut expected = case.expected.clone();
    expected.sort();
    let found = found(report, rules);
    let mut failures = Vec::new();
    for place in expected.iter().filter(|place| !found.contains(place)) {
        failures.push(format!("expected and not found: {place:?}"));
    }
    for place in found.iter().filter(|place| !expected.contains(place)) {
        failures.push(format!("found and not expected: {place:?}"));
    }
    for rule in &case.undetermined {
        if !report.undetermined.iter().any(|other| other.rule == *rule) {
            failures.push(format!("{rule} is decided and should not be"));
        }
    }
    failures
}

fn text(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Null => "absent".to_owned(),
        other => other.to_string(),
    }
}

/// What a server comes to, as a page writes it.
fn shown(server: &ServerView, what: &str) -> Vec<String> {
    let json = serde_json::to_value(server).unwrap();
    let of_value = |value: &Json| match value["state"].as_str() {
        Some("set" | "default") => text(&value["value"]),
        Some(state) => state.to_owned(),
        None => text(value),
    };
    match what {
        "reads" => server
            .links
            .iter()
            .map(|link| {
                let link = serde_json::to_value(link).unwrap();
                format!("{} ({})", text(&link["to"]), text(&link["strength"]))
            })
            .collect(),
        "hidden" => server.not_visible.clone(),
        "limits.memory" => vec![of_value(&json["limits"]["memory"])],
        "limits.cpu" => vec![of_value(&json["limits"]["cpu"])],
        "version" | "flavor" | "kind" | "replicas" => vec![of_value(&json[what])],
        directive => vec![of_value(&json["conf"][directive])],
    }
}

fn effective(laboratory: &Laboratory, case: &Case, sample: &Sample) -> Vec<String> {
    let lines = case
        .files
        .iter()
        .filter(|file| file.path == EXPECTED)
        .flat_map(|file| file.text.lines());
    let mut lines = lines.peekable();
    if lines.peek().is_none() {
        return Vec::new();
    }
    let view = laboratory.effective(sample);
    let holds = |line: &str| {
        let mut cells = line.splitn(3, '|').map(str::trim);
        let (name, what) = (cells.next().unwrap(), cells.next().unwrap());
        let wanted = cells.next().unwrap();
        let servers: Vec<_> = view.servers.iter().filter(|s| s.name == name).collect();
        let [server] = servers[..] else {
            let names: Vec<_> = view.servers.iter().map(|s| &s.name).collect();
            return Err(format!(
                "{} servers `{name}` among {names:?}",
                servers.len()
            ));
        };
        let found = shown(server, what);
        let fits = |text: &String| match what {
            "hidden" => text.contains(wanted),
            _ => text == wanted,
        };
        if found.iter().any(fits) {
            return Ok(());
        }
        Err(format!("{name}: {what} is {found:?}, not `{wanted}`"))
    };
    lines.filter_map(|line| holds(line).err()).collect()
}

#[test]
fn every_page_holds() {
    let laboratory = Laboratory::new();
    let mut failures = Vec::new();
    for (path, text) in pages() {
        let page = tester::parse_page(&path, "", &text);
        let rules = named(&page);
        let missing = page.problems.iter().filter(|p| p.contains("is missing"));
        failures.extend(missing.map(|problem| format!("{path}: {problem}")));
        for case in &page.cases {
            let sample = sample(&laboratory, case);
            let report = laboratory.check(&sample);
            let mut wrong = findings(case, &report, &rules);
            wrong.extend(effective(&laboratory, case, &sample));
            let at = format!("{path}:{} ({})", case.line, case.section.title());
            failures.extend(wrong.into_iter().map(|what| format!("{at}: {what}")));
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}
