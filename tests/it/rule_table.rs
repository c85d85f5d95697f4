//! Every rule meets every fixture page and every estate: the table of who speaks where is a
//! reviewed file, so that a rule that barks at its neighbour's house is heard.
//!
//! Whether a page's own rule speaks where it should is `fixture_pages.rs`'s business.

use crate::support::golden;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::support::harness::{Harness, estates, repository};
use redvet::finding::Report;
use redvet::tester;

/// Findings and undetermined cases of each rule.
type Hits = BTreeMap<String, (usize, usize)>;

fn count(hits: &mut Hits, report: &Report) {
    for finding in report.shown_findings() {
        for of in std::iter::once(finding).chain(&finding.parts) {
            hits.entry(of.rule.clone()).or_default().0 += 1;
        }
    }
    for case in &report.undetermined {
        hits.entry(case.rule.clone()).or_default().1 += 1;
    }
}

/// The rules that have pages, sorted.
fn pages() -> Vec<String> {
    let root = repository("fixtures/rules");
    let files = walkdir::WalkDir::new(&root).into_iter().map(Result::unwrap);
    let pages = files.filter(|entry| entry.path().extension().is_some_and(|e| e == "md"));
    let mut ids: Vec<String> = pages
        .map(|entry| {
            let path = entry.path().strip_prefix(&root).unwrap().with_extension("");
            path.to_str().unwrap().replace('\\', "/")
        })
        .collect();
    ids.sort();
    ids
}

fn page_hits(harness: &Harness, rule: &str) -> Hits {
    let path = format!("fixtures/rules/{rule}.md");
    let text = std::fs::read_to_string(repository(&path)).unwrap();
    let mut hits = Hits::new();
    for case in tester::parse_page(&path, rule, &text).cases {
        let files = case
            .files
            .iter()
            .map(|file| (file.path.as_str(), file.text.as_str()));
        count(&mut hits, &harness.check(&harness.texts(files)));
    }
    hits
}

fn section(table: &mut String, title: &str, hits: &Hits) {
    writeln!(table, "{title}").unwrap();
    for (rule, (found, undetermined)) in hits {
        let cannot_tell = match undetermined {
            0 => String::new(),
            n => format!("  ({n} undetermined)"),
        };
        writeln!(table, "  {found:>3}  {rule}{cannot_tell}").unwrap();
    }
    table.push('\n');
}

#[test]
fn every_rule_meets_every_fixture() {
    let harness = Harness::new();
    let mut table = String::new();
    for rule in pages() {
        section(
            &mut table,
            &format!("page {rule}"),
            &page_hits(&harness, &rule),
        );
    }
    for estate in estates() {
        let folder = repository("fixtures/estates").join(&estate);
        let mut hits = Hits::new();
        count(&mut hits, &harness.check(&harness.folder(&folder)));
        section(&mut table, &format!("estate {estate}"), &hits);
    }
    golden::compare(
        &repository("fixtures/rule-table.txt"),
        &format!("{}\n", table.trim_end()),
    );
}
