//! `docs/writing-rules.md` does what it says: it is followed from top to bottom in an empty folder,
//! its tables of expressions are evaluated, and its tables of keys are the schemas'.
//!
//! A fence with a path is a file that is written there. A `console` fence is a command of the program
//! with what it prints. A `yaml` fence without a path holds some keys of a rule, which must load. A
//! row of a table with a column `gives` is an expression over the files under `sample/`.
//! `REDVET_BLESS=1` writes the output of the commands and what the expressions give.

use crate::support::document;
use crate::support::golden;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::document::{Fence, Row, fences, rows};
use crate::support::harness::{Harness, repository};
use redvet::facts::vocabulary::Vocabulary;
use redvet::finding::Report;
use redvet::load::LoadError;
use redvet::load::rules::{self, PACK_SCHEMA, PackFiles, PackTrust, RULE_SCHEMA};
use redvet::policy::RuleSet;
use redvet::source::{SourceFile, Sources};
use serde_json::Value;

const DOCUMENT: &str = "docs/writing-rules.md";

fn text() -> String {
    fs::read_to_string(repository(DOCUMENT)).unwrap()
}

/// Everything that the document shows, as it comes out: one test, so that blessing writes once.
#[test]
fn the_document_shows_what_comes_out() {
    let text = text();
    let mut parts = outputs(&text);
    parts.extend(results(&text));
    golden::compare(&repository(DOCUMENT), &document::with(&text, parts));
}

/// Follows the document in an empty folder, and tells what its commands print.
fn outputs(text: &str) -> Vec<(std::ops::Range<usize>, String)> {
    let folder = tempfile::tempdir().unwrap();
    let mut outputs = Vec::new();
    for fence in fences(text) {
        match (&fence.path, fence.language.as_str()) {
            (Some(path), _) => write(folder.path(), path, &fence.text),
            (None, "console") => outputs.push((fence.lines.clone(), run(folder.path(), &fence))),
            _ => {}
        }
    }
    assert!(outputs.len() > 3, "the document shows commands");
    outputs
}

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// The command of a fence and all that it prints.
fn run(folder: &Path, fence: &Fence) -> String {
    let command = fence.text.lines().next().unwrap_or_default();
    let words = command.strip_prefix("$ redvet ");
    let words = words.unwrap_or_else(|| panic!("no command of redvet: {command}"));
    let mut redvet = Command::new(env!("CARGO_BIN_EXE_redvet"));
    let arguments = words.split_whitespace().map(|word| word.trim_matches('\''));
    redvet.args(arguments).current_dir(folder);
    let output = redvet.env("NO_COLOR", "1").output().unwrap();
    let printed = [output.stdout, output.stderr].concat();
    let printed = String::from_utf8(printed).unwrap();
    format!("{command}\n{}\n", printed.trim_end())
}

/// The tables of expressions, with what each gives.
fn results(text: &str) -> Vec<(std::ops::Range<usize>, String)> {
    let sample = Sample::of(text);
    let rows = expressions(text);
    assert!(rows.len() > 40, "the document has tables of expressions");
    let result = |row: &Row| {
        let mut cells = row.cells.clone();
        let last = cells.len() - 1;
        cells[last] = quoted(&sample.outcome(expression(row)));
        (row.line..row.line + 1, document::row(&cells))
    };
    rows.iter().map(result).collect()
}

/// A text as Markdown's code, whatever backticks it has.
fn quoted(text: &str) -> String {
    if text.contains('`') {
        format!("`` {text} ``")
    } else {
        format!("`{text}`")
    }
}

/// The rows whose last cell is what the cell before it gives.
fn expressions(text: &str) -> Vec<Row> {
    let gives = |row: &Row| row.columns.last().is_some_and(|c| c == "gives");
    rows(text).into_iter().filter(gives).collect()
}

fn expression(row: &Row) -> &str {
    row.cells[row.cells.len() - 2].trim_matches('`')
}

/// The files that the expressions are about.
struct Sample {
    harness: Harness,
    vocabulary: Vocabulary,
    files: Vec<(String, String)>,
}

impl Sample {
    fn of(text: &str) -> Self {
        let harness = Harness::new();
        let file = |fence: Fence| {
            let path = fence.path.filter(|path| path.starts_with("sample/"))?;
            Some((path, fence.text))
        };
        Self {
            vocabulary: harness.knowledge.vocabulary(),
            files: fences(text).into_iter().filter_map(file).collect(),
            harness,
        }
    }

    /// What an expression gives, through a rule that always fails where the expression has a value
    /// and says it.
    fn outcome(&self, expression: &str) -> String {
        let yaml = |text: String| serde_json::to_string(&text).unwrap();
        let (subject, which) = subject_of(expression);
        let (assert, message) = (
            format!("size([{expression}]) == 0"),
            format!("{{{expression}}}"),
        );
        let rule = format!(
            "id: a/b\ntitle: (cannot be shown)\nsubject: {subject}\nseverity: error\nwhen: {}\nassert: {}\nmessage: {}\n",
            yaml(which.to_owned()),
            yaml(assert),
            yaml(message),
        );
        match load(&self.vocabulary, "a/b.yaml", &rule) {
            Ok(rules) => told(&self.check(&rules)),
            Err(mistakes) => format!("error: {}", mistakes[0].message),
        }
    }

    fn check(&self, rules: &RuleSet) -> Report {
        let files = self.files.iter().map(|(p, t)| (p.as_str(), t.as_str()));
        self.harness.check_with(&self.harness.texts(files), rules)
    }
}

/// The subject that an expression is about, and which one of the sample's.
fn subject_of(expression: &str) -> (&'static str, &'static str) {
    let names = |root: &str| {
        let mut words = expression.split(|c: char| !(c.is_alphanumeric() || "._".contains(c)));
        words.any(|word| word.starts_with(root))
    };
    if names("client.") {
        ("client", "client.site.function == \"connect\"")
    } else if names("directive.") {
        ("directive", "directive.name == \"slave-priority\"")
    } else {
        ("server", "true")
    }
}

fn told(report: &Report) -> String {
    if let Some(finding) = report.shown_findings().next() {
        let assumed = if finding.certain { "" } else { " (assumed)" };
        return format!("{}{assumed}", finding.message);
    }
    match report.undetermined.first() {
        Some(case) => format!("unknown: {}", case.reasons.join("; ")),
        None => "absent".to_owned(),
    }
}

/// Loads one rule as a user's pack.
fn load(vocabulary: &Vocabulary, path: &str, rule: &str) -> Result<RuleSet, Vec<LoadError>> {
    let mut sources = Sources::default();
    let file = sources.add(SourceFile::new(path, rule));
    let files = [(file, path.to_owned())];
    let mut rules = RuleSet::default();
    let pack = PackFiles {
        name: "document",
        files: &files,
        sources: &sources,
    };
    rules::load_pack(&mut rules, pack, PackTrust::Checked(vocabulary)).map(|()| rules)
}

/// What a fence of a few keys is completed with.
const REST_OF_A_RULE: [(&str, &str); 6] = [
    ("id", "a/b"),
    ("title", "a fault"),
    ("subject", "server"),
    ("severity", "warning"),
    ("assert", "\"true\""),
    ("message", "a fault"),
];

#[test]
fn the_fragments_load() {
    let (text, vocabulary) = (text(), Harness::new().knowledge.vocabulary());
    let is_fragment = |fence: &Fence| fence.language == "yaml" && fence.path.is_none();
    let fragments: Vec<Fence> = fences(&text).into_iter().filter(is_fragment).collect();
    assert!(fragments.len() > 3, "the document shows parts of rules");
    for fragment in fragments {
        let mut rule = fragment.text.clone();
        // A bundle names rules of a pack that this page does not show; the shipped bundles load.
        if rule.lines().any(|line| line.starts_with("bundle:")) {
            continue;
        }
        for (key, value) in REST_OF_A_RULE {
            if !rule
                .lines()
                .any(|line| line.starts_with(&format!("{key}:")))
            {
                rule.push_str(&format!("{key}: {value}\n"));
            }
        }
        let loaded = load(&vocabulary, "a/b.yaml", &rule);
        let line = fragment.lines.start;
        assert!(loaded.is_ok(), "line {line}: {:?}\n{rule}", loaded.err());
    }
}

#[test]
fn every_function_is_run() {
    let vocabulary = Vocabulary::default();
    let text = text();
    let shown: Vec<String> = expressions(&text)
        .iter()
        .map(|r| expression(r).to_owned())
        .collect();
    for (call, before) in [("nothing()", ""), ("[1].nothing()", ".")] {
        let rule = format!(
            "id: a/b\ntitle: t\nsubject: server\nseverity: info\nassert: \"{call}\"\nmessage: m\n"
        );
        let mistakes = load(&vocabulary, "a/b.yaml", &rule).unwrap_err();
        let help = mistakes[0].help.clone().unwrap();
        let functions = help.rsplit_once("alid: ").unwrap().1.to_owned();
        assert!(functions.split(", ").count() > 5, "{functions}");
        for function in functions.split(", ").filter(|f| *f != "existsOne") {
            let call = format!("{before}{function}(");
            assert!(
                shown.iter().any(|e| e.contains(&call)),
                "no row runs {call}"
            );
        }
    }
}

#[test]
fn every_key_is_explained() {
    let text = text();
    for (heading, schema) in [
        ("Keys of a rule", RULE_SCHEMA),
        ("Keys of pack.yaml", PACK_SCHEMA),
    ] {
        let of_table = rows(&text).into_iter().filter(|row| row.heading == heading);
        let explained: BTreeSet<String> = of_table
            .flat_map(|row| row.names().map(str::to_owned).collect::<Vec<_>>())
            .collect();
        let schema: Value = serde_json::from_str(schema).unwrap();
        let mut known = BTreeSet::new();
        keys(&schema, &schema, "", &mut known);
        // A case's fix is the rule's, which has rows of its own.
        known.retain(|key| !key.starts_with("cases[].fix."));
        assert_eq!(explained, known, "{heading}");
    }
}

/// The keys that a schema allows, with those around them: `params.NAME.type`, `labels[].at`.
fn keys(root: &Value, schema: &Value, prefix: &str, found: &mut BTreeSet<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = root.pointer(reference.trim_start_matches('#')).unwrap();
        return keys(root, target, prefix, found);
    }
    for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
        let key = if prefix.is_empty() {
            name.clone()
        } else {
            format!("{prefix}.{name}")
        };
        keys(root, inner, &key, found);
        found.insert(key);
    }
    let parts = [
        ("additionalProperties", ".NAME"),
        ("items", "[]"),
        ("else", ""),
    ];
    for (part, suffix) in parts {
        if schema[part].is_object() {
            keys(root, &schema[part], &format!("{prefix}{suffix}"), found);
        }
    }
}
