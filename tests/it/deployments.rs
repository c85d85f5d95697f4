//! Deployments of every kind under `fixtures/deployments/`, each held to what is said of it.
//!
//! Beside a folder stands `NAME.expect`, which is written by hand. Its lines are
//!
//! - `SERVER | WHAT | VALUE`: what a server comes to, as in `shape_values.rs`;
//! - `servers | N`: how many there are;
//! - `finds | RULE | PATH:LINE` and `quiet | RULE`: findings, and rules without one;
//! - `open | RULE`: a rule that cannot be decided for some server.

use crate::support::harness::{Harness, repository};
use crate::support::values::shown;
use redvet::finding::{EstateView, Report};

/// What is known of one deployment.
struct Found {
    report: Report,
    view: EstateView,
}

impl Found {
    /// What is wrong with a line of expectation.
    fn fault(&self, line: &str) -> Option<String> {
        let cells: Vec<&str> = line.splitn(3, '|').map(str::trim).collect();
        match cells[..] {
            ["servers", count] => {
                let found = self.view.servers.len().to_string();
                (found != count).then(|| format!("{found} servers"))
            }
            ["finds", rule, place] => {
                let found = self.places(rule);
                (!found.contains(&place.to_owned())).then(|| format!("{found:?}"))
            }
            ["quiet", rule] => {
                let found = self.places(rule);
                (!found.is_empty()).then(|| format!("{found:?}"))
            }
            ["open", rule] => {
                let mut open = self.report.undetermined.iter();
                let is_open = open.any(|one| one.rule == rule);
                (!is_open).then(|| "it is decided".to_owned())
            }
            [name, what, wanted] => self.value(name, what, wanted),
            _ => Some("is no expectation".to_owned()),
        }
    }

    fn places(&self, rule: &str) -> Vec<String> {
        let findings = self
            .report
            .shown_findings()
            .filter(|finding| finding.rule == rule);
        findings
            .map(|finding| {
                let at = self.report.sources.start(finding.primary);
                format!("{}:{}", self.report.sources.path(finding.primary), at.line)
            })
            .collect()
    }

    fn value(&self, name: &str, what: &str, wanted: &str) -> Option<String> {
        let servers: Vec<_> = self
            .view
            .servers
            .iter()
            .filter(|s| s.name == name)
            .collect();
        let [server] = servers[..] else {
            let names: Vec<_> = self.view.servers.iter().map(|s| &s.name).collect();
            return Some(format!("{} such servers among {names:?}", servers.len()));
        };
        let found = shown(server, what);
        let fits = |text: &String| match what {
            "hidden" => text.contains(wanted),
            _ => text == wanted,
        };
        (!found.iter().any(fits)).then(|| format!("{found:?}"))
    }
}

#[test]
fn every_deployment_is_what_is_said_of_it() {
    let harness = Harness::new();
    let root = repository("fixtures/deployments");
    let mut faults = Vec::new();
    let mut held = 0;
    for entry in walkdir::WalkDir::new(&root)
        .max_depth(1)
        .sort_by_file_name()
    {
        let entry = entry.unwrap();
        let Some(name) = entry.file_name().to_str().filter(|_| entry.depth() == 1) else {
            continue;
        };
        if !entry.file_type().is_dir() {
            continue;
        }
        let expected = root.join(format!("{name}.expect"));
        let expected = std::fs::read_to_string(&expected).unwrap_or_default();
        let sample = harness.folder(entry.path());
        let found = Found {
            view: harness.effective(&sample),
            report: harness.check(&sample),
        };
        let lines = expected
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        let before = held;
        for line in lines {
            held += 1;
            let fault = found.fault(line);
            faults.extend(fault.map(|what| format!("{name}: {line}: {what}")));
        }
        if held == before {
            faults.push(format!("{name}: nothing is expected of it"));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
    assert!(held > 80, "the expectations were not understood: {held}");
}
