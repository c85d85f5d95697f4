//! Every page of a shipped rule has a twin: a case that stays quiet and differs from one that fires
//! in a single place. So a page shows what the rule is about, and nothing else can be the reason.
//!
//! All rules run over both. What is found in the faulty one and not in its twin is the page's rule,
//! and such rules as the page names.

use std::collections::BTreeSet;

use crate::support::harness::{Harness, pages};
use redvet::tester::{FixtureCase, FixturePage, PageSection};
use similar::{DiffOp, TextDiff};

/// The lines that a twin may differ in, on either side.
const LINES: usize = 8;

/// The files of a case as one text, without the lines that announce findings.
fn text(case: &FixtureCase) -> String {
    let mut files: Vec<_> = case.files.iter().collect();
    files.sort_by_key(|file| &file.path);
    let mut text = String::new();
    for file in files {
        text.push_str(&format!("=== {}\n", file.path));
        for line in file.text.lines().filter(|line| !is_mark(line)) {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

fn is_mark(line: &str) -> bool {
    let line = line.trim().trim_start_matches(['#', '/']).trim_start();
    line.starts_with("expect:") || line.starts_with("undetermined:")
}

/// How many lines differ, where all of them stand together.
fn hunk(one: &str, two: &str) -> Option<usize> {
    let diff = TextDiff::from_lines(one, two);
    let changes: Vec<&DiffOp> = diff
        .ops()
        .iter()
        .filter(|op| !matches!(op, DiffOp::Equal { .. }))
        .collect();
    match changes[..] {
        [only] => Some(only.old_range().len().max(only.new_range().len())),
        _ => None,
    }
}

fn of(page: &FixturePage, section: PageSection) -> impl Iterator<Item = &FixtureCase> {
    page.cases
        .iter()
        .filter(move |case| case.section == section)
}

/// The pairs that differ in one place, those that differ least first.
fn twins(page: &FixturePage) -> Vec<(&FixtureCase, &FixtureCase)> {
    let pairs = of(page, PageSection::Fires)
        .flat_map(|faulty| of(page, PageSection::StaysQuiet).map(move |quiet| (faulty, quiet)));
    let mut sized: Vec<(usize, (&FixtureCase, &FixtureCase))> = pairs
        .filter_map(|(faulty, quiet)| Some((hunk(&text(faulty), &text(quiet))?, (faulty, quiet))))
        .filter(|(size, _)| *size <= LINES)
        .collect();
    sized.sort_by_key(|(size, _)| *size);
    sized.into_iter().map(|(_, pair)| pair).collect()
}

fn found(harness: &Harness, case: &FixtureCase, page: &str) -> BTreeSet<String> {
    let files = case.files.iter();
    let files = files.map(|file| (file.path.as_str(), file.text.as_str()));
    let report = harness.check(&harness.texts(files));
    // A bundle is judged by its own page; elsewhere its parts count.
    let shown = report.shown_findings().flat_map(|finding| {
        let bundle = (!finding.parts.is_empty()).then_some(finding);
        finding
            .members()
            .iter()
            .chain(bundle.filter(|f| f.rule == page))
    });
    shown.map(|finding| finding.rule.clone()).collect()
}

/// What is wrong with a pair: the rules that speak because of the fault, beside the page's own and
/// those that it names.
fn fault(
    harness: &Harness,
    page: &FixturePage,
    words: &str,
    pair: (&FixtureCase, &FixtureCase),
) -> Option<String> {
    let (faulty, quiet) = pair;
    let before = found(harness, quiet, &page.rule);
    let now = found(harness, faulty, &page.rule);
    let mut new: BTreeSet<&String> = now.difference(&before).collect();
    let place = format!("{}:{} and {}", page.path, faulty.line, quiet.line);
    if !new.remove(&page.rule) {
        return Some(format!("{place}: the rule does not tell them apart"));
    }
    new.retain(|id| !words.contains(id.as_str()));
    (!new.is_empty()).then(|| format!("{place}: also {new:?}, which the page does not name"))
}

#[test]
fn every_fault_has_a_twin_without_it() {
    let harness = Harness::new();
    let mut faults = Vec::new();
    for (page, words) in pages() {
        // A page that cannot show a case says why.
        if of(&page, PageSection::Fires).next().is_none() {
            continue;
        }
        // A bundle has no condition: what its members tell apart is shown on their pages.
        let rule = harness.rules.get(&page.rule);
        if rule.is_some_and(|rule| rule.draft.is_bundle()) {
            continue;
        }
        let pairs = twins(&page);
        let outcomes: Vec<Option<String>> = pairs
            .into_iter()
            .map(|pair| fault(&harness, &page, &words, pair))
            .collect();
        if outcomes.is_empty() {
            faults.push(format!("{}: no quiet case differs in one place", page.path));
        } else if !outcomes.contains(&None) {
            faults.extend(outcomes.into_iter().flatten());
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}
