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
        .shown()
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
