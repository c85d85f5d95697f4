//! Keeps `docs/architecture.md` true: which module may import which, how long a file may be, and who
//! touches the machine. The documented table and the one below must agree.
//!
//! In come the files of the repository as text; nothing is compiled. What a test item says is left
//! alone everywhere. That facts and opinions stay out of code is `hygiene.rs`'s business.

use crate::support::assert_no_faults;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::support::rust_source::RustSource;
use crate::support::tree::{files, repository, sources};

/// What each module may import of the crate. `source` and `nearest` are open to all.
const FLOORS: &[(&str, &[&str])] = &[
    ("source", &[]),
    ("nearest", &[]),
    ("syntax", &[]),
    ("facts", &[]),
    ("finding", &[]),
    ("discover", &[]),
    ("tester", &[]),
    ("config", &["facts", "finding", "policy"]),
    ("knowledge", &["facts"]),
    ("link", &["facts"]),
    ("policy", &["facts", "finding"]),
    ("report", &["finding"]),
    ("suppress", &["finding"]),
    ("fix", &["finding"]),
    ("extract", &["syntax", "facts", "knowledge"]),
    ("resolve", &["facts", "knowledge"]),
    (
        "server_simulation",
        &["syntax", "facts", "knowledge", "resolve"],
    ),
    ("edit", &["facts", "knowledge", "finding"]),
    (
        "load",
        &[
            "syntax",
            "facts",
            "knowledge",
            "finding",
            "config",
            "policy",
        ],
    ),
    ("inputs", CHECKS),
    ("view", CHECKS),
    ("analysis", CHECKS),
    ("check", CHECKS),
    ("cli", EVERYTHING),
];

/// Whatever stands below `check`, and its own parts; never what renders or applies.
const CHECKS: &[&str] = &[
    "syntax",
    "facts",
    "finding",
    "discover",
    "config",
    "knowledge",
    "link",
    "policy",
    "suppress",
    "extract",
    "resolve",
    "server_simulation",
    "edit",
    "load",
    "inputs",
    "view",
    "analysis",
];

/// What the outermost floor may import: all the others.
const EVERYTHING: &[&str] = &["*"];

/// Rows of modules that do not exist yet.
const TO_COME: &[&str] = &[];

const OPEN_TO_ALL: &[&str] = &["source", "nearest"];

/// The modules that may touch files, environment, terminal and clock; the crate's root is `main`.
const RIM: &[&str] = &["discover", "cli", ""];

/// Paths that touch the machine: consecutive parts of what code names.
const MACHINE: &[&[&str]] = &[
    &["std", "fs"],
    &["std", "env"],
    &["std", "net"],
    &["std", "process"],
    &["io", "stdin"],
    &["io", "stdout"],
    &["io", "stderr"],
    &["Instant"],
    &["SystemTime"],
];

/// Crates that read or write files.
const MACHINE_CRATES: &[&str] = &["ignore", "walkdir", "tempfile"];

/// Files that import each other in a circle today: a whole and its parts, in files beside each other.
/// The list may only shrink.
const KNOWN_CIRCLES: &[&str] = &[
    "extract::compose::mounts, extract::compose::ports, extract::compose::service",
    "extract::rust::manifest, extract::rust::programs",
    "facts::overlay_scope, facts::raw, facts::workload",
    "knowledge::clients::model, knowledge::clients::rust, knowledge::clients::usage",
];

/// Lines of code, tests apart, beyond which a file surely is more than one thing. A guard, not a goal.
const SITTING: usize = 800;

/// Files that are longer than that today. The list may only shrink: whoever shortens one takes it
/// off, and the test says so.
const TOO_LONG: &[&str] = &[];

/// The module of the top floor that a file belongs to; empty for `lib.rs` and `main.rs`.
fn top(source: &RustSource) -> &str {
    source.module.first().map_or("", String::as_str)
}

/// Who imports whom on the top floor, the root apart: it names every module.
fn imports() -> BTreeMap<String, BTreeSet<String>> {
    let modules: BTreeSet<String> = sources().iter().map(|(_, s)| top(s).to_owned()).collect();
    let mut imports: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (_, source) in sources().iter().filter(|(_, s)| !s.module.is_empty()) {
        let found = source.imports().into_iter();
        let others = found.filter(|name| name != top(source) && modules.contains(name));
        imports
            .entry(top(source).to_owned())
            .or_default()
            .extend(others);
    }
    imports
}

fn is_allowed(module: &str, import: &str) -> bool {
    let row = FLOORS.iter().find(|(name, _)| *name == module);
    let listed = |allowed: &[&str]| allowed.contains(&import) || allowed == EVERYTHING;
    OPEN_TO_ALL.contains(&import) || row.is_some_and(|(_, allowed)| listed(allowed))
}

#[test]
fn every_module_imports_only_what_stands_below_it() {
    let faults: Vec<String> = imports()
        .iter()
        .flat_map(|(module, found)| found.iter().map(move |import| (module, import)))
        .filter(|(module, import)| !is_allowed(module, import))
        .map(|(module, import)| format!("`{module}` imports `{import}`"))
        .collect();
    assert_no_faults("the floors of docs/architecture.md", faults);
}

#[test]
fn every_module_has_its_floor() {
    let found: BTreeSet<String> = imports().into_keys().collect();
    let rows = FLOORS.iter().map(|(name, _)| *name);
    let rows = rows.filter(|name| !TO_COME.contains(name));
    let listed: BTreeSet<String> = rows.map(str::to_owned).collect();
    assert_eq!(
        found, listed,
        "left: modules under src/; right: rows of the table"
    );
}

#[test]
fn no_modules_stand_in_a_circle() {
    let mut left = imports();
    loop {
        let leaves: Vec<String> = left
            .iter()
            .filter(|(_, imports)| !imports.iter().any(|import| left.contains_key(import)))
            .map(|(module, _)| module.clone())
            .collect();
        if leaves.is_empty() {
            break;
        }
        left.retain(|module, _| !leaves.contains(module));
    }
    assert!(
        left.is_empty(),
        "these import each other in a circle: {left:?}"
    );
}

/// The file that a path of the code leads to, if it is one of ours: the longest module that the path
/// begins with.
fn leads_to(
    path: &[String],
    from: &RustSource,
    modules: &BTreeSet<Vec<String>>,
) -> Option<Vec<String>> {
    let ups = path.iter().take_while(|part| *part == "super").count();
    let absolute: Vec<String> = match path.first()?.as_str() {
        "crate" => path[1..].to_vec(),
        "self" => [&from.module[..], &path[1..]].concat(),
        "super" => {
            let kept = from.module.len().checked_sub(ups)?;
            [&from.module[..kept], &path[ups..]].concat()
        }
        // A child's name alone.
        _ => [&from.module[..], path].concat(),
    };
    let lengths = (1..=absolute.len()).rev();
    let mut prefixes = lengths.map(|length| absolute[..length].to_vec());
    prefixes.find(|prefix| modules.contains(prefix) && *prefix != from.module)
}

/// Files inside one module that import each other in a circle. A parent and what lies below it are one
/// thing in several files: between them an import counts in neither direction.
fn circles_of_files() -> Vec<Vec<String>> {
    let sources = sources();
    let modules: BTreeSet<Vec<String>> = sources.iter().map(|(_, s)| s.module.clone()).collect();
    let is_kin = |a: &[String], b: &[String]| a.starts_with(b) || b.starts_with(a);
    let mut left: BTreeMap<Vec<String>, BTreeSet<Vec<String>>> = BTreeMap::new();
    for (_, source) in sources.iter().filter(|(_, s)| !s.module.is_empty()) {
        let paths = source.paths();
        let found = paths
            .iter()
            .filter_map(|path| leads_to(path, source, &modules));
        let others = found.filter(|other| !is_kin(other, &source.module));
        left.entry(source.module.clone())
            .or_default()
            .extend(others);
    }
    let reached = |from: &Vec<String>| {
        let mut seen: BTreeSet<&Vec<String>> = BTreeSet::new();
        let mut todo: Vec<&Vec<String>> = left.get(from).into_iter().flatten().collect();
        while let Some(next) = todo.pop() {
            if seen.insert(next) {
                todo.extend(left.get(next).into_iter().flatten());
            }
        }
        seen
    };
    let reach: BTreeMap<&Vec<String>, BTreeSet<&Vec<String>>> = left
        .keys()
        .map(|module| (module, reached(module)))
        .collect();
    let mut circles: BTreeSet<Vec<String>> = BTreeSet::new();
    for (module, seen) in &reach {
        let back = seen
            .iter()
            .filter(|other| reach.get(*other).is_some_and(|r| r.contains(module)));
        let circle: Vec<String> = back.map(|other| other.join("::")).collect();
        if circle.len() > 1 {
            circles.insert(circle);
        }
    }
    circles.into_iter().collect()
}

#[test]
fn no_files_beside_each_other_stand_in_a_circle() {
    let circles: Vec<String> = circles_of_files().iter().map(|c| c.join(", ")).collect();
    assert_eq!(
        circles, KNOWN_CIRCLES,
        "left: files that import each other; right: those known"
    );
}

/// The rows of the floor table in the documentation: module and what it may import. A row that says
/// `all` names what it may not.
fn documented_floors() -> BTreeMap<String, BTreeSet<String>> {
    let page = fs::read_to_string(repository().join("docs/architecture.md")).unwrap();
    let rows = page.lines().filter(|line| line.starts_with("| "));
    let rows = rows.filter_map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').collect();
        let floor: u8 = cells.first()?.trim().parse().ok()?;
        Some((floor, code_words(cells[1]), cells[2].trim().to_owned()))
    });
    let rows: Vec<(u8, Vec<String>, String)> = rows.collect();
    let mut documented = BTreeMap::new();
    for (floor, modules, imports) in &rows {
        let named: BTreeSet<String> = code_words(imports).into_iter().collect();
        let below = rows.iter().filter(|(other, ..)| other < floor);
        let below = below.flat_map(|(_, modules, _)| modules.clone());
        for module in modules.iter().filter(|module| *module != "main") {
            let beside = modules.iter().filter(|other| *other != module).cloned();
            let may = match imports.as_str() {
                "all" => below.clone().collect(),
                text if text.starts_with("all below but") => below.clone().chain(beside).collect(),
                _ => named.clone(),
            };
            let but = |import: &String| !imports.starts_with("all") || !named.contains(import);
            documented.insert(module.clone(), may.into_iter().filter(but).collect());
        }
    }
    documented
}

/// What stands between backticks.
fn code_words(text: &str) -> Vec<String> {
    text.split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_documented_floors_are_these() {
    let all = || FLOORS.iter().map(|(module, _)| *module);
    let expected: BTreeMap<String, BTreeSet<String>> = FLOORS
        .iter()
        .map(|(module, allowed)| {
            let allowed: Vec<&str> = if *allowed == EVERYTHING {
                all().filter(|other| other != module).collect()
            } else {
                allowed.to_vec()
            };
            let others = allowed.into_iter().filter(|other| other != module);
            let closed = others.filter(|other| !OPEN_TO_ALL.contains(other));
            ((*module).to_owned(), closed.map(str::to_owned).collect())
        })
        .collect();
    let mut documented = documented_floors();
    for imports in documented.values_mut() {
        imports.retain(|name| !OPEN_TO_ALL.contains(&name.as_str()));
    }
    assert_eq!(
        documented, expected,
        "left: docs/architecture.md; right: this test"
    );
}

#[test]
fn every_file_says_what_it_is_for() {
    let folders = ["src", "tests", "benches"];
    let silent: Vec<String> = folders
        .iter()
        .flat_map(|folder| files(folder, "rs").into_iter().map(move |f| (folder, f)))
        .filter(|(_, (_, text))| !text.starts_with("//! "))
        .map(|(folder, (path, _))| format!("{folder}/{path}"))
        .collect();
    assert_no_faults("every file opens with `//!`", silent);
}

#[test]
fn every_file_can_be_read_in_a_sitting() {
    let long: BTreeSet<String> = sources()
        .into_iter()
        .filter(|(_, source)| source.lines > SITTING)
        .map(|(path, _)| path)
        .collect();
    let listed: BTreeSet<String> = TOO_LONG.iter().map(|path| (*path).to_owned()).collect();
    assert_eq!(
        long, listed,
        "left: files with more than {SITTING} lines; right: those known"
    );
}

#[test]
fn only_the_rim_touches_the_machine() {
    let touches = |path: &Vec<String>| {
        let is_at = |parts: &&[&str]| path.windows(parts.len()).any(|w| w == *parts);
        let of_crate = path.len() > 1 && MACHINE_CRATES.contains(&path[0].as_str());
        (of_crate || MACHINE.iter().any(is_at)).then(|| path.join("::"))
    };
    let faults: Vec<String> = sources()
        .iter()
        .filter(|(_, source)| !RIM.contains(&top(source)))
        .flat_map(|(path, source)| {
            let found = source.paths();
            found
                .iter()
                .filter_map(touches)
                .map(|what| format!("{path}: {what}"))
                .collect::<Vec<_>>()
        })
        .collect();
    assert_no_faults("only the rim touches the machine", faults);
}

#[test]
fn nothing_is_unsafe() {
    let is_word = |code: &str| {
        code.split(|c: char| !(c.is_alphanumeric() || c == '_'))
            .any(|w| w == "unsafe")
    };
    let found = sources()
        .into_iter()
        .filter(|(_, source)| is_word(&source.code));
    let found: Vec<String> = found.map(|(path, _)| path).collect();
    assert_no_faults("nothing is unsafe", found);
}

/// What the documentation of the library shows is counted so: the names that `lib.rs` passes on, and
/// the methods of those types.
const SHOWN_ITEMS: usize = 150;

#[test]
fn the_library_has_a_small_front_door() {
    let sources = sources();
    let (_, root) = sources.iter().find(|(path, _)| path == "lib.rs").unwrap();
    let lines: Vec<&str> = root.code.lines().collect();
    let open = lines
        .windows(2)
        .filter(|pair| pair[1].starts_with("pub mod ") && pair[0] != "#[doc(hidden)]");
    assert_no_faults("every module of lib.rs is hidden", open.map(|pair| pair[1]));
    let reexports = root.code.split("pub use ").skip(1);
    let named: BTreeSet<String> = reexports
        .flat_map(|rest| {
            let list = rest.split(';').next().unwrap_or_default();
            let words = list.split(|c: char| !(c.is_alphanumeric() || c == '_'));
            words.map(str::to_owned).collect::<Vec<_>>()
        })
        .filter(|word| word.starts_with(char::is_uppercase))
        .collect();
    assert!(named.contains("Checker"), "{named:?}");
    let members = sources
        .iter()
        .flat_map(|(_, source)| public_members(&source.code));
    let members = members.filter(|(of, _)| named.contains(of)).count();
    let shown = named.len() + members;
    assert!(
        shown < SHOWN_ITEMS,
        "expected: fewer than {SHOWN_ITEMS} public items; lib.rs shows {shown}"
    );
}

/// The public methods of each type that a file has: the type, and the line that opens the method.
fn public_members(code: &str) -> Vec<(String, &str)> {
    let mut of = String::new();
    let mut members = Vec::new();
    for line in code.lines() {
        if line.starts_with("impl") {
            let head = line.split(['{', '<']).next().unwrap_or_default();
            of = head
                .trim()
                .rsplit(' ')
                .next()
                .unwrap_or_default()
                .to_owned();
        } else if line.starts_with("    pub fn ") {
            members.push((of.clone(), line));
        }
    }
    members
}

/// The scanner itself: each check above is only as good as this.
mod scanner {
    use crate::support::rust_source::read;

    const FILE: &str = r##"//! It uses [`crate::in_a_comment`].
use std::{fs::File, io::{self, Read as _}};
use crate::facts::{self, value::Value as V};
use super::super::policy::judge;
#[cfg(test)]
use crate::only_in_tests::x;

fn f<'a>(x: &'a str) -> char {
    let text = "crate::in_a_string \" //";
    let raw = r#"a "quoted" word"#;
    crate::finding::make(x, '"', text, raw);
    /* crate::in /* a nested */ comment */
    io::stdin()
}

#[cfg(test)]
pub(crate) mod samples;

#[cfg(test)]
mod tests {
    use crate::in_tests;
    const NAME: &str = "maxmemory";
}
"##;

    #[test]
    fn imports_are_seen_through_groups_and_supers_and_not_in_tests() {
        let source = read("report/json.rs", FILE);
        assert_eq!(source.module, ["report", "json"]);
        assert_eq!(source.imports(), ["facts", "finding", "policy"]);
        assert_eq!(source.test_modules, ["samples"]);
    }

    #[test]
    fn paths_are_taken_apart() {
        let paths: Vec<String> = read("a.rs", FILE)
            .paths()
            .iter()
            .map(|p| p.join("::"))
            .collect();
        for path in [
            "std::fs::File",
            "std::io::self",
            "std::io::Read",
            "io::stdin",
        ] {
            assert!(
                paths.iter().any(|p| p == path),
                "{path} is not in {paths:?}"
            );
        }
        assert!(!paths.iter().any(|p| p.contains("in_")), "{paths:?}");
    }

    #[test]
    fn literals_are_seen_with_their_lines_and_not_in_tests() {
        let literals = read("a.rs", FILE).literals;
        let expected = [
            (9, "crate::in_a_string \\\" //".to_owned()),
            (10, "a \"quoted\" word".to_owned()),
        ];
        assert_eq!(literals, expected);
    }

    #[test]
    fn one_super_of_a_top_module_is_the_root() {
        assert_eq!(read("link.rs", "use super::policy;").imports(), ["policy"]);
        assert_eq!(
            read("report/mod.rs", "use super::policy;").imports(),
            ["policy"]
        );
        assert_eq!(
            read("report/json.rs", "use super::shown;").imports(),
            [""; 0]
        );
    }
}
