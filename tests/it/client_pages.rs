//! The pages under `fixtures/clients/`: for each library the ways in which code configures it, and
//! what is known of its options.
//!
//! A page has the sections *Known*, *Unknown* and *Quiet*. Fences that follow each other are the
//! files of one case, the last one `options.txt`: every client with the options that the case is
//! about. *Known* holds no unknown option, each case of *Unknown* at least one, and in *Quiet* there
//! is no client at all. `REDVET_BLESS=1` writes the values of the options that are listed; of a
//! client that is not listed yet it writes what the code says. Findings are held to the comments
//! `// expect: ID` and `// undetermined: ID`, for the rules that a page names.

use crate::support::assert_no_faults;
use crate::support::golden;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use redvet::analysis::{InputFile, ProjectInputs, analyze};
use redvet::cli::fixture_runner::{FixtureEnv, outcome};
use redvet::discover::{FileKind, InputPatterns};
use redvet::finding::{ClientView, ValueView};
use redvet::knowledge::Knowledge;
use redvet::load::rules;
use redvet::source::Sources;
use redvet::tester::{self, FixtureCase, PageFinding, PageSection};
use redvet::view;

const OPTIONS: &str = "options.txt";
/// The sections of these pages, and those of a rule's page that they stand for.
const SECTIONS: [(&str, &str); 3] = [
    ("## Known", "## Fires"),
    ("## Unknown", "## Cannot tell"),
    ("## Quiet", "## Stays quiet"),
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/clients")
}

fn pages() -> Vec<(String, String)> {
    let mut pages: Vec<_> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "md"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect();
    pages.sort();
    pages
}

/// A page as the reader of rule pages takes it: the same lines under other headings.
fn cases(name: &str, text: &str) -> Vec<FixtureCase> {
    let renamed = |line: &str| {
        let section = SECTIONS.iter().find(|(own, _)| *own == line);
        section.map_or(line, |(_, other)| other).to_owned()
    };
    let lines: Vec<String> = text.lines().map(renamed).collect();
    let page = tester::parse_page(name, "", &lines.join("\n"));
    let problems = page.problems.iter();
    let real: Vec<_> = problems
        .filter(|p| p.contains("section") || p.contains("two files"))
        .collect();
    assert!(real.is_empty(), "{name}: {real:?}");
    page.cases
}

struct Bench {
    knowledge: Knowledge,
    patterns: InputPatterns,
}

impl Bench {
    fn new() -> Self {
        let knowledge = Knowledge::embedded().unwrap();
        let patterns = InputPatterns::new(&redvet::inputs::patterns(&knowledge)).unwrap();
        Self {
            knowledge,
            patterns,
        }
    }

    fn clients(&self, case: &FixtureCase) -> Vec<ClientView> {
        let files = case.files.iter().filter(|file| file.path != OPTIONS);
        let inputs = files.map(|file| InputFile {
            path: file.path.clone(),
            kind: self.patterns.kind_of(&file.path).unwrap_or(FileKind::Text),
            text: Arc::from(file.text.as_str()),
        });
        let project = ProjectInputs {
            inputs: inputs.collect(),
            ..ProjectInputs::default()
        };
        let found = analyze(Sources::default(), &project, &self.knowledge);
        view::view(&found.estate, &found.sources, &[], &|_| true).clients
    }
}

/// The options that a table lists, by the client they are of.
fn listed(table: &str) -> BTreeMap<&str, Vec<&str>> {
    let mut found: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut client = "";
    for line in table.lines() {
        let word = line.split_whitespace().next().unwrap_or_default();
        if line.starts_with(' ') {
            found.entry(client).or_default().push(word);
        } else {
            client = word;
            found.entry(client).or_default();
        }
    }
    found
}

fn table(clients: &[ClientView], listed: &BTreeMap<&str, Vec<&str>>) -> String {
    let mut out = String::new();
    for client in clients {
        let word = |word: &Option<String>| word.clone().unwrap_or_else(|| "?".to_owned());
        let (library, version, kind) = (&client.library, &client.version, &client.kind);
        let about = [library, version, kind].map(word).join(" ");
        out.push_str(&format!("{}  {about}\n", client.id));
        let keys: Vec<&str> = match listed.get(client.id.as_str()) {
            Some(keys) => keys.clone(),
            None => written(client),
        };
        let width = keys.iter().map(|key| key.len()).max().unwrap_or(0);
        for key in keys {
            let value = shown(client.options.get(key));
            out.push_str(&format!("  {key:width$}  {value}\n"));
        }
    }
    out
}

/// What the code says of a client, where nothing is listed yet.
fn written(client: &ClientView) -> Vec<&str> {
    let options = client.options.iter().filter(|(_, v)| v.line.is_some());
    options.map(|(key, _)| key.as_str()).collect()
}

fn shown(value: Option<&ValueView>) -> String {
    let Some(value) = value else {
        return "no such option".to_owned();
    };
    match value.state {
        "set" => value.shown.clone(),
        "default" => format!("{} by default", value.shown),
        "unknown" => format!("unknown: {}", value.reason.clone().unwrap_or_default()),
        state => state.to_owned(),
    }
}

#[test]
fn every_page_says_what_is_known() {
    let bench = Bench::new();
    for (name, text) in pages() {
        let mut rest = text.as_str();
        let mut out = String::new();
        for case in cases(&name, &text) {
            let at = format!("{name}:{}", case.line);
            let clients = bench.clients(&case);
            let Some(file) = case.files.iter().find(|file| file.path == OPTIONS) else {
                assert!(
                    case.section == PageSection::StaysQuiet,
                    "{at}: no `{OPTIONS}`: {}",
                    table(&clients, &BTreeMap::new())
                );
                let names: Vec<_> = clients.iter().map(|c| &c.id).collect();
                assert!(names.is_empty(), "{at}: {names:?}");
                continue;
            };
            assert!(case.section != PageSection::StaysQuiet, "{at}: options");
            let fence = format!("```text {OPTIONS}\n{}```", file.text);
            let (before, after) = rest.split_once(&fence).unwrap();
            let made = table(&clients, &listed(&file.text));
            let unknown = made.contains("  unknown: ");
            assert_eq!(
                unknown,
                case.section == PageSection::CannotTell,
                "{at}:\n{made}"
            );
            out.push_str(before);
            out.push_str(&format!("```text {OPTIONS}\n{made}```"));
            rest = after;
        }
        out.push_str(rest);
        // Another test may be reading the page.
        if out != text {
            golden::compare(&folder().join(format!("{name}.md")), &out);
        }
    }
}

#[test]
fn every_finding_is_expected() {
    let knowledge = Knowledge::embedded().unwrap();
    let built_in = rules::builtin();
    let stage = FixtureEnv::new(&knowledge, &built_in.rules).unwrap();
    let mut faults = Vec::new();
    for (name, text) in pages() {
        let cases = cases(&name, &text);
        let expected = cases.iter().flat_map(|case| &case.expected);
        let named: BTreeSet<&String> = expected.map(|place| &place.rule).collect();
        for case in &cases {
            let at = format!("{name}:{}", case.line);
            let mut case = case.clone();
            case.files.retain(|file| file.path != OPTIONS);
            let found = outcome(&stage.check(&case, &[]).unwrap());
            let mut places: Vec<PageFinding> = found.findings;
            places.retain(|place| {
                let category = place.rule.split('/').next().unwrap_or_default();
                let quiet = case.section == PageSection::StaysQuiet;
                named.contains(&place.rule) || (quiet && matches!(category, "pool" | "client"))
            });
            places.sort();
            case.expected.sort();
            if places != case.expected {
                faults.push(format!(
                    "{at}: found {places:?}, expected {:?}",
                    case.expected
                ));
            }
            let decided = case.undetermined.iter();
            let decided = decided.filter(|rule| !found.undetermined.contains(rule));
            faults.extend(decided.map(|rule| format!("{at}: {rule} is decided")));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Every library that the program knows has its page.
#[test]
fn every_library_has_a_page() {
    let pages: BTreeSet<String> = pages().into_iter().map(|(name, _)| name).collect();
    let knowledge = Knowledge::embedded().unwrap();
    let ids = knowledge.clients.ids().into_iter();
    let missing: Vec<_> = ids.filter(|id| !pages.contains(*id)).collect();
    assert_no_faults("every library has a page", missing);
}
