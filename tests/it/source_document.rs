//! The document that the built-in rules encode, checked itself: its server block has seven fatal
//! lines, its current client code leaves everything to defaults, its recommended code does not.

use crate::support::assert_no_faults;
use std::collections::BTreeSet;

use crate::support::harness::{Harness, fixed, repository};
use redvet::finding::{Finding, Report, Severity};

const DOCUMENT: &str = "REDIS_OPTIMIZATION.md";
const TRAILING_COMMENT: &str = "conf/trailing-comment";

fn text() -> String {
    let path = repository("fixtures/source-document").join(DOCUMENT);
    std::fs::read_to_string(path).unwrap()
}

fn check(text: &str) -> Report {
    let harness = Harness::new();
    harness.check(&harness.texts([(DOCUMENT, text)]))
}

/// The 1-based line of the document that begins so.
fn line_of(text: &str, start: &str) -> usize {
    text.lines()
        .position(|line| line.starts_with(start))
        .unwrap()
        + 1
}

fn of_rule<'a>(report: &'a Report, rule: &'a str) -> impl Iterator<Item = &'a Finding> {
    report
        .shown_findings()
        .filter(move |finding| finding.rule == rule)
}

fn lines<'a>(report: &Report, findings: impl Iterator<Item = &'a Finding>) -> Vec<usize> {
    findings
        .map(|finding| report.sources.start(finding.primary).line)
        .collect()
}

#[test]
fn seven_lines_have_a_comment_that_the_server_reads_as_words() {
    let text = text();
    let report = check(&text);
    let fatal = [
        "maxmemory 30064771072",
        "io-threads 3",
        "io-threads-do-reads yes",
        "auto-aof-rewrite-min-size 512mb",
        "aof-use-rdb-preamble yes",
        "hz 100",
        "timeout 600",
    ];
    let expected: Vec<usize> = fatal.iter().map(|start| line_of(&text, start)).collect();
    assert_eq!(lines(&report, of_rule(&report, TRAILING_COMMENT)), expected);
    for finding in of_rule(&report, TRAILING_COMMENT) {
        assert_eq!(finding.severity, Severity::Error);
        assert!(finding.certain);
        assert!(finding.fix.as_ref().unwrap().safe);
    }
}

#[test]
fn the_safe_fixes_leave_no_such_line_and_no_other_change() {
    let before = text();
    let report = check(&before);
    let after = fixed(&before, &report, TRAILING_COMMENT);
    let again = check(&after);
    assert_eq!(lines(&again, of_rule(&again, TRAILING_COMMENT)), [0; 0]);
    // Each comment is on a line of its own above its directive, and every word is still there.
    assert_eq!(after.lines().count(), before.lines().count() + 7);
    assert!(
        after.contains("# 10 min idle timeout\ntimeout 600\n```"),
        "{after}"
    );
    assert_eq!(words(&after), words(&before));
}

/// The words of a text, in an order that does not tell where they stood.
fn words(text: &str) -> Vec<&str> {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    words.sort_unstable();
    words
}

#[test]
fn the_current_client_code_of_a_document_has_its_certain_error_alone() {
    let text = text();
    let report = check(&text);
    let current = line_of(&text, "// Current (using defaults):");
    let recommended = line_of(&text, "// Recommended (explicit pooling");
    let clients = report
        .shown_findings()
        .filter(|f| f.rule.starts_with("pool/") || f.rule.starts_with("client/"));
    let (mut on_current, mut later) = (BTreeSet::new(), Vec::new());
    for finding in clients {
        let line = report.sources.start(finding.primary).line;
        if (current..recommended).contains(&line) {
            on_current.extend(finding.members().iter().map(|part| part.rule.as_str()));
        } else {
            later.push(format!("{line}: {}", finding.rule));
        }
    }
    let expected = ["client/unchecked-url-error"];
    assert_eq!(on_current.into_iter().collect::<Vec<_>>(), expected);
    assert_no_faults("no finding in the recommended part and the rest", later);
}
