//! The pages under `docs/rules/` and the tables in the README, made from the rule files, the fixture
//! pages and real runs. Each is compared here, and written with `REDVET_BLESS=1`.
//!
//! Nothing is told twice: a page's words come from `rules/`, its examples from `fixtures/rules/`.

use crate::support::assert_no_faults;
use crate::support::{golden, mutation};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use crate::support::golden::between_markers;
use crate::support::harness::{Harness, repository};
use redvet::facts::intent::FixSafety;
use redvet::load::settings;
use redvet::policy::{CompiledRule, RuleSet, param};
use redvet::source::{SourceFile, Sources};

/// What a category is about, in the order in which the index shows them.
const CATEGORIES: &[(&str, &str)] = &[
    ("conf", "lines that a server refuses or misreads"),
    ("memory", "how much a server may hold, and what it drops"),
    ("threads", "I/O threads and CPUs"),
    ("aof", "the append-only file"),
    ("tuning", "settings left at their defaults"),
    ("lazyfree", "deleting without blocking"),
    ("latency", "the event loop"),
    ("network", "connections, from the server's side"),
    ("replication", "what replicas need of their primary"),
    ("link", "where a server and its clients have to fit"),
    ("pool", "connections, from the client's side"),
    ("client", "how clients are built"),
    ("deploy", "how servers are deployed"),
    ("security", "who may connect"),
    ("meta", "the check itself"),
];

/// The rule whose finding opens the README, and the estate that it is found in.
const SHOWN: (&str, &str) = (
    "fixtures/estates/relay-miner",
    "memory/eviction-drops-streams",
);

fn rules() -> RuleSet {
    Harness::new().rules
}

/// The rules of each category, in the order of [`CATEGORIES`].
fn by_category(rules: &RuleSet) -> Vec<(&'static str, &'static str, Vec<&CompiledRule>)> {
    let of = |name: &str| {
        rules
            .rules()
            .filter(|rule| rule.category() == name)
            .collect()
    };
    let all = CATEGORIES
        .iter()
        .map(|(name, about)| (*name, *about, of(name)));
    all.filter(|(_, _, rules): &(_, _, Vec<&CompiledRule>)| !rules.is_empty())
        .collect()
}

#[test]
fn every_category_is_described() {
    let rules = rules();
    let known: BTreeSet<&str> = CATEGORIES.iter().map(|(name, _)| *name).collect();
    let strange: Vec<&str> = rules
        .rules()
        .map(CompiledRule::category)
        .filter(|c| !known.contains(c))
        .collect();
    assert_no_faults("every category is described", strange);
}

#[test]
fn each_rule_has_its_page() {
    let rules = rules();
    for rule in rules.rules() {
        let path = repository("docs/rules").join(format!("{}.md", rule.id()));
        golden::compare(&path, &page(rule));
    }
    golden::compare(&repository("docs/rules/README.md"), &index(&rules));
}

#[test]
fn no_page_is_left_of_a_rule_that_is_gone() {
    let rules = rules();
    let root = repository("docs/rules");
    let pages = walkdir::WalkDir::new(&root)
        .min_depth(2)
        .into_iter()
        .map(Result::unwrap);
    for page in pages.filter(|entry| entry.file_type().is_file()) {
        let id = page.path().strip_prefix(&root).unwrap().with_extension("");
        let id = id.to_str().unwrap().replace('\\', "/");
        if rules.get(&id).is_none() {
            assert!(
                golden::blessing(),
                "{id}: no such rule; REDVET_BLESS=1 cargo test removes the page"
            );
            fs::remove_file(page.path()).unwrap();
        }
    }
}

#[test]
fn the_readme_shows_what_is() {
    let path = repository("README.md");
    let readme = fs::read_to_string(&path).unwrap();
    let readme = between_markers(&readme, "finding", &fenced("text", &shown_finding()));
    golden::compare(&path, &readme);
}

#[test]
fn the_readme_names_the_commands_that_are_run() {
    let readme = fs::read_to_string(repository("README.md")).unwrap();
    let commands = [
        "cargo run --release -- check fixtures/estates/relay-miner",
        "cargo test",
    ];
    for command in commands {
        assert!(
            readme.lines().any(|line| line == command),
            "no line is `{command}`"
        );
    }
    let ci = fs::read_to_string(repository(".ci/run")).unwrap();
    assert!(
        ci.lines()
            .any(|line| line.starts_with("cargo test --locked")),
        "CI runs the tests"
    );
}

/// Every link to a file of the repository leads to one.
#[test]
fn links_lead_somewhere() {
    let pages = [
        "README.md",
        "CONTRIBUTING.md",
        "docs/adoption.md",
        "docs/architecture.md",
        "docs/configuration.md",
        "docs/facts.md",
        "docs/naming.md",
        "docs/writing-rules.md",
        "docs/rules/README.md",
    ];
    for page in pages {
        let path = repository(page);
        let text = fs::read_to_string(&path).unwrap();
        let targets = text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next());
        for target in targets.filter(|t| !t.contains("://") && !t.starts_with('#')) {
            let file = target.split('#').next().unwrap();
            assert!(
                path.parent().unwrap().join(file).exists(),
                "{page}: {target}"
            );
        }
    }
}

/// One finding of an estate, as the program prints it.
fn shown_finding() -> String {
    let (estate, rule) = SHOWN;
    let mut redvet = Command::new(env!("CARGO_BIN_EXE_redvet"));
    redvet.args(["check", "--color", "never"]);
    let output = redvet.current_dir(repository(estate)).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let finding = text
        .split("\n\n")
        .find(|part| part.contains(&format!("[{rule}]")));
    finding
        .unwrap_or_else(|| panic!("{estate} has no {rule}: {text}"))
        .to_owned()
}

/// The pages that show settings and suppressions.
const SETTINGS_PAGES: [&str; 2] = ["README.md", "docs/configuration.md"];

/// The inside of a page's fences in a language.
fn fences(page: &str, language: &str) -> Vec<String> {
    let text = fs::read_to_string(repository(page)).unwrap();
    let open = format!("```{language}\n");
    let parts = text.split(&open).skip(1);
    parts
        .map(|part| part.split("```").next().unwrap().to_owned())
        .collect()
}

#[test]
fn the_settings_that_pages_show_load() {
    let rules = rules();
    let known: Vec<String> = rules.rules().map(|rule| rule.id().to_owned()).collect();
    for page in SETTINGS_PAGES {
        let texts = fences(page, "toml");
        assert!(!texts.is_empty(), "{page}");
        for text in texts {
            let mut sources = Sources::default();
            let file = sources.add(SourceFile::new("redvet.toml", text.as_str()));
            let settings = settings::read(file, &text).unwrap();
            assert_eq!(settings::check_rule_ids(&settings, &known), [], "{page}");
        }
    }
}

#[test]
fn the_suppressions_that_pages_show_silence() {
    let harness = Harness::new();
    for page in SETTINGS_PAGES {
        let text = format!("appendonly yes\n{}", fences(page, "conf").concat());
        let report = harness.check(&harness.texts([("redis.conf", text.as_str())]));
        let suppressed = report.findings.iter().filter(|f| f.suppressed.is_some());
        let silent: Vec<&str> = suppressed.map(|f| f.rule.as_str()).collect();
        assert_eq!(silent, ["aof/fsync-not-everysec"], "{page}");
        let mut shown = report.shown_findings();
        assert!(!shown.any(|f| f.rule.starts_with("meta/")), "{page}");
    }
}

fn fenced(language: &str, text: &str) -> String {
    format!("```{language}\n{}\n```\n", text.trim_end())
}

/// `safe`, `unsafe` or a dash.
fn fix_word(rule: &CompiledRule) -> &'static str {
    let mut safeties = rule
        .draft
        .all_fixes()
        .map(|fix| fix.safety == FixSafety::Safe);
    match (safeties.next(), safeties.any(|safe| !safe)) {
        (None, _) => "–",
        (Some(true), false) => "safe",
        (Some(_), _) => "unsafe",
    }
}

/// The profile, and what keeps a rule of it silent.
fn profile_words(rule: &CompiledRule) -> String {
    let mut words = vec![rule.draft.profile.as_str().to_owned()];
    words.extend(
        rule.draft
            .audience
            .as_ref()
            .map(|audience| audience.text().to_owned()),
    );
    words.extend(rule.draft.preview.then(|| "preview".to_owned()));
    words.join(", ")
}

/// Text in a cell of a table: bars would end it.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

const INDEX: &str = "# Rules

One page per rule, generated from `rules/` and `fixtures/rules/`; edit those files.
Rules marked *production* do not run on servers known to be small, on examples or on local development files.
";

fn index(rules: &RuleSet) -> String {
    let mut out = INDEX.to_owned();
    for (category, about, rules) in by_category(rules) {
        write!(out, "\n## {category}: {about}\n\n").unwrap();
        out.push_str("| rule | reports | severity | profile | fix |\n|---|---|---|---|---|\n");
        for rule in rules {
            let (id, title) = (rule.id(), cell(&rule.draft.title));
            let (severity, profile) = (rule.draft.severity.as_str(), profile_words(rule));
            writeln!(
                out,
                "| [{id}]({id}.md) | {title} | {severity} | {profile} | {} |",
                fix_word(rule)
            )
            .unwrap();
        }
    }
    out
}

fn page(rule: &CompiledRule) -> String {
    let draft = &rule.draft;
    let mut out = format!(
        "<!-- Generated from rules/{0}.yaml and fixtures/rules/{0}.md; edit those files. -->\n\n",
        draft.id
    );
    write!(out, "# {}\n\n{}.\n\n", draft.id, capitalised(&draft.title)).unwrap();
    out.push_str("| severity | profile | judges | fix |\n|---|---|---|---|\n");
    let judged = draft.subject.as_str();
    let (severity, profile) = (draft.severity.as_str(), profile_words(rule));
    writeln!(
        out,
        "| {severity} | {profile} | {judged} | {} |",
        fix_word(rule)
    )
    .unwrap();
    let docs = &draft.docs;
    let sections = [
        ("Why", &docs.why),
        ("Impact", &docs.impact),
        ("How to verify", &docs.verify),
        ("How to revert", &docs.rollback),
    ];
    for (title, text) in sections.into_iter().filter(|(_, text)| !text.is_empty()) {
        write!(
            out,
            "\n## {title}\n\n{}\n",
            one_sentence_a_line(text.trim())
        )
        .unwrap();
    }
    out.push_str(&parameters(rule));
    out.push_str(&examples(&draft.id));
    out.push_str(&references(&docs.references));
    out
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}

/// Folded prose with its sentences apart again; text with lines of its own is left as it is.
fn one_sentence_a_line(text: &str) -> String {
    if text.contains('\n') {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(". ") {
        let (sentence, after) = rest.split_at(at + 2);
        let ends = after.starts_with(|c: char| c.is_uppercase());
        out.push_str(if ends { sentence.trim_end() } else { sentence });
        out.push_str(if ends { "\n" } else { "" });
        rest = after;
    }
    out + rest
}

fn parameters(rule: &CompiledRule) -> String {
    if rule.draft.params.is_empty() {
        return String::new();
    }
    let mut out = String::from("\n## Parameters\n\n| name | default | about |\n|---|---|---|\n");
    let params: BTreeMap<_, _> = rule.draft.params.iter().collect();
    for (name, about) in params {
        let default = param::show(&about.default);
        writeln!(out, "| `{name}` | {default} | {} |", cell(&about.about)).unwrap();
    }
    out
}

/// The fixture page without its title and its mutation, one level further down.
fn examples(id: &str) -> String {
    let path = repository("fixtures/rules").join(format!("{id}.md"));
    let page = fs::read_to_string(path).unwrap();
    let (text, _) = mutation::split(&page);
    let mut out = String::from(
        "\n## Examples\n\nAn `expect` comment is placed above the location of each finding.\n",
    );
    let mut fence = false;
    for line in text.lines().skip(1) {
        fence ^= line.trim_start().starts_with("```");
        let is_heading = !fence && line.starts_with('#');
        writeln!(out, "{}{line}", if is_heading { "#" } else { "" }).unwrap();
    }
    out
}

fn references(links: &[String]) -> String {
    if links.is_empty() {
        return String::new();
    }
    let lines: String = links.iter().map(|link| format!("- <{link}>\n")).collect();
    format!("\n## References\n\n{lines}")
}
