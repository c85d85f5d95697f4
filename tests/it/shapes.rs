//! The pages under `fixtures/shapes/`: for each shape the documents that people write, what a server
//! comes to, and which rules fire, stay quiet or cannot tell. Those under `fixtures/services/` show the
//! same of programs and what runs them. A fence `says` holds lines `RULE | WORDS` that the message or
//! the help of a finding must have in it.
//!
//! A page is written as a rule's page is, and judged by every rule that its comments name. The fence
//! `effective.txt` of a case is what `redvet effective` prints; `REDVET_BLESS=1` writes it.

use crate::support::assert_no_faults;
use crate::support::golden;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use redvet::analysis::{InputFile, ProjectInputs, analyze};
use redvet::cli::fixture_runner::{FixtureEnv, outcome};
use redvet::discover::{FileKind, InputPatterns};
use redvet::finding::Report;
use redvet::knowledge::Knowledge;
use redvet::load::{apply, rules, settings};
use redvet::report::{Color, effective};
use redvet::source::{SourceFile, Sources};
use redvet::tester::{self, FixtureCase, PageFinding};
use redvet::view;

const SHOWN: &str = "effective.txt";
const SAID: &str = "says";
const SETTINGS: &str = "redvet.toml";

/// The folders of pages: shapes, and programs with what runs them.
const FOLDERS: [&str; 2] = ["shapes", "services"];

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(name)
}

/// All pages, by folder and name.
fn pages() -> Vec<(String, String)> {
    let mut pages: Vec<_> = FOLDERS
        .iter()
        .flat_map(|name| fs::read_dir(folder(name)).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "md"))
        .map(|path| {
            let below = path.strip_prefix(folder("")).unwrap().with_extension("");
            (
                below.to_str().unwrap().to_owned(),
                fs::read_to_string(path).unwrap(),
            )
        })
        .collect();
    pages.sort();
    pages
}

/// The rules that a page's comments name.
fn named(cases: &[FixtureCase]) -> BTreeSet<String> {
    let cases = cases.iter();
    cases
        .flat_map(|case| {
            let expected = case.expected.iter().map(|place| place.rule.clone());
            expected.chain(case.undetermined.iter().cloned())
        })
        .collect()
}

#[test]
fn every_page_holds() {
    let knowledge = Knowledge::embedded().unwrap();
    let built_in = rules::builtin();
    assert_eq!(built_in.errors, []);
    let stage = FixtureEnv::new(&knowledge, &built_in.rules).unwrap();
    let mut faults = Vec::new();
    for (name, text) in pages() {
        let page = tester::parse_page(&name, "", &text);
        let named = named(&page.cases);
        let missing = page.problems.iter().filter(|p| p.contains("section"));
        faults.extend(missing.map(|problem| format!("{name}: {problem}")));
        for case in &page.cases {
            let report = stage.check(case, &[]).unwrap();
            let found = outcome(&report);
            let mut places: Vec<PageFinding> = found.findings;
            places.retain(|place| named.contains(&place.rule));
            places.sort();
            let mut expected = case.expected.clone();
            expected.sort();
            if places != expected {
                faults.push(format!(
                    "{name}:{}: found {places:?}, expected {expected:?}",
                    case.line
                ));
            }
            let unsaid = unsaid(case, &report);
            faults.extend(unsaid.map(|what| format!("{name}:{}: nobody says {what}", case.line)));
            let decided = case.undetermined.iter();
            let decided = decided.filter(|rule| !found.undetermined.contains(rule));
            faults.extend(decided.map(|rule| format!("{name}:{}: {rule} is decided", case.line)));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Lines `RULE | WORDS` of the fence `says` that no finding of the rule has in its message or help.
fn unsaid(case: &FixtureCase, report: &Report) -> impl Iterator<Item = String> {
    let fences = case.files.iter().filter(|file| file.path == SAID);
    let lines = fences.flat_map(|file| file.text.lines());
    lines.map(str::to_owned).filter(|line| {
        let (rule, words) = line.split_once(" | ").unwrap();
        let of_rule = report
            .shown_findings()
            .filter(|finding| finding.rule == rule);
        !of_rule
            .map(|finding| {
                format!(
                    "{} {}",
                    finding.message,
                    finding.help.as_deref().unwrap_or("")
                )
            })
            .any(|said| said.contains(words))
    })
}

#[test]
fn every_page_shows_what_effective_prints() {
    let knowledge = Knowledge::embedded().unwrap();
    let patterns = InputPatterns::new(&redvet::inputs::patterns(&knowledge)).unwrap();
    for (name, text) in pages() {
        let page = tester::parse_page(&name, "", &text);
        let mut rest = text.as_str();
        let mut written = String::new();
        let shows = |case: &&FixtureCase| case.files.iter().any(|file| file.path == SHOWN);
        for case in page.cases.iter().filter(shows) {
            let fence = format!("```text {SHOWN}\n");
            let (before, after) = rest
                .split_once(&fence)
                .unwrap_or_else(|| panic!("{name}:{}", case.line));
            let end = after.find("```\n").unwrap();
            written.push_str(before);
            written.push_str(&fence);
            written.push_str(&shown(case, &knowledge, &patterns));
            rest = &after[end..];
        }
        written.push_str(rest);
        golden::compare(&folder(&format!("{name}.md")), &written);
    }
}

/// What `redvet effective` prints of a case.
fn shown(case: &FixtureCase, knowledge: &Knowledge, patterns: &InputPatterns) -> String {
    let files = case.files.iter().filter(|file| file.path != SHOWN);
    let mut sources = Sources::default();
    let settings = case.files.iter().find(|file| file.path == SETTINGS);
    let services = settings.map(|file| {
        let id = sources.add(SourceFile::new(SETTINGS, file.text.as_str()));
        apply::services(&settings::read(id, &file.text).unwrap())
    });
    let inputs = files.map(|file| InputFile {
        path: file.path.clone(),
        kind: patterns.kind_of(&file.path).unwrap_or(FileKind::Text),
        text: Arc::from(file.text.as_str()),
    });
    let project = ProjectInputs {
        inputs: inputs.collect(),
        services: services.unwrap_or_default(),
        ..ProjectInputs::default()
    };
    let found = analyze(sources, &project, knowledge);
    let view = view::view(&found.estate, &found.sources, &[], &|_| true);
    let table = effective::table(&view, Color::Never, false);
    // Which versions there are tables of, and how many directives they know, is not the page's matter.
    let told = table.lines().filter(|line| {
        !line.contains(" more unknown: ")
            && !line.contains(" more at default")
            && !line.contains("is not among the directive tables")
    });
    told.map(|line| format!("{line}\n")).collect()
}

/// Every shape that the program carries has its page.
#[test]
fn every_shape_has_a_page() {
    let pages: BTreeSet<String> = pages().into_iter().map(|(name, _)| name).collect();
    let shapes = Path::new(env!("CARGO_MANIFEST_DIR")).join("knowledge/shapes");
    let missing: Vec<String> = fs::read_dir(shapes)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .filter(|name| !["servers", "presets", "images"].contains(&name.as_str()))
        .filter(|name| !pages.contains(&format!("shapes/{name}")))
        .collect();
    assert_no_faults("every shape has a page", missing);
}
