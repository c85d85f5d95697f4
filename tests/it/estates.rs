//! Whole small repositories, checked: what is found in each is a reviewed file beside it.

use crate::support::assert_no_faults;
use crate::support::golden;
use crate::support::harness::{Harness, estates, repository};
use redvet::finding::{Report, Severity};
use redvet::report::{concise, json};

fn report(estate: &str) -> Report {
    let harness = Harness::new();
    let folder = repository("fixtures/estates").join(estate);
    harness.check(&harness.folder(&folder))
}

#[test]
fn each_estate_has_the_findings_that_were_reviewed() {
    for estate in estates() {
        let report = report(&estate);
        let lines = repository(&format!("fixtures/estates/{estate}.txt"));
        golden::compare(&lines, &concise::render(&report));
        let path = repository(&format!("fixtures/estates/{estate}.json"));
        golden::compare(&path, &json::render(&report).unwrap());
    }
}

#[test]
fn the_corrected_estate_has_nothing_at_warning_or_above() {
    let report = report("relay-miner-tuned");
    let loud = report
        .shown_findings()
        .filter(|finding| finding.severity >= Severity::Warning);
    let loud: Vec<String> = loud.map(|f| format!("{}: {}", f.rule, f.message)).collect();
    assert_no_faults("no rule speaks there", loud);
    assert!(
        report.summary.servers == 1 && report.summary.clients == 2,
        "{:?}",
        report.summary
    );
}

/// Every finding's places lie in its file and on the borders of characters.
#[test]
fn every_place_is_a_place() {
    for estate in estates() {
        let report = report(&estate);
        for finding in &report.findings {
            let labels = finding.labels.iter().map(|label| label.span);
            let edits = finding
                .fix
                .iter()
                .flat_map(|fix| fix.edits.iter().map(|edit| edit.span));
            for span in std::iter::once(finding.primary).chain(labels).chain(edits) {
                let text = report.sources.get(span.file).text();
                assert!(
                    text.get(span.range()).is_some(),
                    "{}: {span:?}",
                    finding.rule
                );
            }
        }
    }
}

/// A finding stands where a reader would edit: never on a document's `apiVersion`, and on the first
/// line of a file only where that line is a directive or is what the finding names.
#[test]
fn no_finding_stands_on_a_line_that_it_is_not_about() {
    let mut faults = Vec::new();
    for estate in estates() {
        let report = report(&estate);
        for finding in &report.findings {
            let source = report.sources.get(finding.primary.file);
            let number = report.sources.start(finding.primary).line;
            let line = source.text().lines().nth(number - 1).unwrap_or_default();
            let is_directive = source.path().ends_with(".conf");
            let first = line.trim_start_matches(['-', ' ']).split([':', ' ', '=']);
            let is_named = first.take(1).any(|word| finding.message.contains(word));
            let is_elsewhere = line.trim_start().starts_with("apiVersion");
            if is_elsewhere || number == 1 && !is_directive && !is_named {
                faults.push(format!("{}:{number}: {}", source.path(), finding.rule));
            }
        }
    }
    assert_no_faults("findings stand where a reader would edit", faults);
}
