//! What the servers of the pages under `fixtures/shapes/` come to, value by value.
//!
//! A fence that is called `effective` holds lines `SERVER | WHAT | VALUE`, which must be what the
//! case's servers come to: WHAT is a directive, a figure (`limits.memory`), `version`, `flavor`,
//! `kind`, `reads` (a link, with its strength) or `hidden` (a part that is not visible, in words that
//! the reason holds); VALUE is `unknown` or `absent` where that is so. Findings are `shapes.rs`'s
//! business.

use crate::support::harness::{Harness, Sample, repository};
use crate::support::values::shown;
use redvet::tester::{self, FixtureCase};

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

fn sample(harness: &Harness, case: &FixtureCase) -> Sample {
    let files = case.files.iter().filter(|file| file.path != EXPECTED);
    harness.texts(files.map(|file| (file.path.as_str(), file.text.as_str())))
}

fn effective(harness: &Harness, case: &FixtureCase, sample: &Sample) -> Vec<String> {
    let lines = case
        .files
        .iter()
        .filter(|file| file.path == EXPECTED)
        .flat_map(|file| file.text.lines());
    let mut lines = lines.peekable();
    if lines.peek().is_none() {
        return Vec::new();
    }
    let view = harness.effective(sample);
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
fn every_value_is_what_its_page_says() {
    let harness = Harness::new();
    let mut failures = Vec::new();
    let mut held = 0;
    for (path, text) in pages() {
        let page = tester::parse_page(&path, "", &text);
        for case in &page.cases {
            let said = case.files.iter().filter(|file| file.path == EXPECTED);
            held += said.map(|file| file.text.lines().count()).sum::<usize>();
            let wrong = effective(&harness, case, &sample(&harness, case));
            let at = format!("{path}:{} ({})", case.line, case.section.title());
            failures.extend(wrong.into_iter().map(|what| format!("{at}: {what}")));
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
    assert!(held > 50, "the pages were not understood: {held} values");
}
