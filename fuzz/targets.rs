//! What is fuzzed: each target takes a text and panics where redvet has a defect. Shared by cargo-fuzz
//! (`fuzz_targets/`) and by the tests (`tests/it/fuzzing.rs`).
//!
//! A panic inside a check is caught there and reported; here that report is the defect.
#![allow(
    clippy::expect_used,
    reason = "a target that cannot begin ends the run"
)]

use std::sync::{Arc, OnceLock};

use redvet::analysis::{InputFile, ProjectInputs};
use redvet::check::{self, ReportScope};
use redvet::config;
use redvet::discover::InputPatterns;
use redvet::finding::Report;
use redvet::fix::{self, FixLevel};
use redvet::knowledge::Knowledge;
use redvet::load::rules::{self, PackFiles, PackTrust};
use redvet::policy::{RuleSet, RuleSettings};
use redvet::report::{TextLayout, full, json};
use redvet::source::{Excerpt, FileId, SourceFile, Sources};
use redvet::syntax;

/// A way into redvet.
pub(crate) struct FuzzTarget {
    pub(crate) name: &'static str,
    /// Panics where the text shows a defect.
    pub(crate) run: fn(&str),
    /// The languages of fences in the fixtures that are a start for it.
    pub(crate) languages: &'static [&'static str],
}

/// All of them.
pub(crate) const TARGETS: &[FuzzTarget] = &[
    FuzzTarget {
        name: "conf",
        run: conf,
        languages: &["conf"],
    },
    FuzzTarget {
        name: "yaml",
        run: yaml,
        languages: &["yaml"],
    },
    FuzzTarget {
        name: "compose",
        run: compose,
        languages: &["yaml"],
    },
    FuzzTarget {
        name: "template",
        run: template,
        languages: &["yaml"],
    },
    FuzzTarget {
        name: "shell",
        run: shell,
        languages: &["sh", "bash"],
    },
    FuzzTarget {
        name: "hcl",
        run: hcl,
        languages: &["hcl", "terraform"],
    },
    FuzzTarget {
        name: "dockerfile",
        run: dockerfile,
        languages: &["dockerfile"],
    },
    FuzzTarget {
        name: "unit",
        run: unit,
        languages: &["ini", "systemd"],
    },
    FuzzTarget {
        name: "markdown",
        run: markdown,
        languages: &["markdown"],
    },
    FuzzTarget {
        name: "go",
        run: go,
        languages: &["go"],
    },
    FuzzTarget {
        name: "rust",
        run: rust,
        languages: &["rust"],
    },
    FuzzTarget {
        name: "python",
        run: python,
        languages: &["python"],
    },
    FuzzTarget {
        name: "rule",
        run: rule,
        languages: &[],
    },
    FuzzTarget {
        name: "expression",
        run: expression,
        languages: &[],
    },
    FuzzTarget {
        name: "settings",
        run: settings,
        languages: &["toml"],
    },
    FuzzTarget {
        name: "comment",
        run: comment,
        languages: &[],
    },
    FuzzTarget {
        name: "fix",
        run: fixes,
        languages: &["conf"],
    },
    FuzzTarget {
        name: "tree",
        run: tree,
        languages: &[],
    },
];

struct FuzzedChecker {
    knowledge: Knowledge,
    rules: RuleSet,
    patterns: InputPatterns,
}

fn checker() -> &'static FuzzedChecker {
    static CHECKER: OnceLock<FuzzedChecker> = OnceLock::new();
    CHECKER.get_or_init(|| {
        let knowledge = Knowledge::embedded().expect("the embedded knowledge loads");
        let patterns = InputPatterns::new(&redvet::inputs::patterns(&knowledge));
        FuzzedChecker {
            patterns: patterns.expect("the patterns are sound"),
            rules: rules::builtin().rules,
            knowledge,
        }
    })
}

/// A check of these files, which finds no fault of redvet's own.
fn checked(files: &[(&str, &str)], rules: &RuleSet) -> Report {
    let checker = checker();
    let inputs = files.iter().filter_map(|(path, text)| {
        Some(InputFile {
            path: (*path).to_owned(),
            kind: checker.patterns.kind_of(path)?,
            text: Arc::from(*text),
        })
    });
    let project = ProjectInputs {
        inputs: inputs.collect(),
        ..ProjectInputs::default()
    };
    let report = check::check(
        Sources::default(),
        &project,
        &checker.knowledge,
        rules,
        &RuleSettings::default(),
        &ReportScope::default(),
    );
    let own = report.findings.iter().map(|finding| &finding.message);
    let own = own.chain(report.notes.iter().map(|note| &note.message));
    for message in own {
        assert!(!message.contains("internal error"), "{message}");
    }
    report
}

fn check(files: &[(&str, &str)]) -> Report {
    let report = checked(files, &checker().rules);
    full::render(&report, TextLayout::default(), full::FullDetail::default());
    json::render(&report).expect("a report is JSON");
    report
}

fn excerpt(text: &str) -> Excerpt {
    Excerpt::whole(FileId(0), Arc::from(text))
}

fn conf(text: &str) {
    syntax::conf::lines(text);
    check(&[("redis.conf", text)]);
}

fn yaml(text: &str) {
    syntax::yaml::parse(&excerpt(text));
    check(&[
        ("deploy/redis.yaml", text),
        ("deploy/kustomization.yaml", "resources: [redis.yaml]\n"),
    ]);
}

fn compose(text: &str) {
    check(&[("compose.yaml", text), (".env", "A=1\nREDIS_ARGS=--hz 5\n")]);
}

fn template(text: &str) {
    syntax::template::mask(text);
    let chart = "apiVersion: v2\nname: x\nversion: 1.0.0\n";
    let values = "redis:\n  conf: |\n    hz 10\n  image: redis:7.2.6\n  list: [a, b]\n";
    check(&[
        ("x/Chart.yaml", chart),
        ("x/values.yaml", values),
        ("x/templates/redis.yaml", text),
    ]);
}

fn shell(text: &str) {
    syntax::shell::script(&excerpt(text));
    check(&[("redis.sh", text)]);
}

fn hcl(text: &str) {
    syntax::hcl::parse(&excerpt(text));
    check(&[("main.tf", text)]);
}

fn dockerfile(text: &str) {
    syntax::dockerfile::parse(&excerpt(text));
    check(&[("Dockerfile", text), ("redis.conf", "hz 10\n")]);
}

fn unit(text: &str) {
    syntax::unit::parse(&excerpt(text));
    check(&[("redis.service", text)]);
}

fn markdown(text: &str) {
    syntax::markdown::fences(&excerpt(text));
    check(&[("README.md", text)]);
}

fn go(text: &str) {
    let module = "module m\n\ngo 1.22\n\nrequire github.com/redis/go-redis/v9 v9.7.0\n";
    check(&[("go.mod", module), ("main.go", text)]);
}

fn rust(text: &str) {
    let package = "[package]\nname = \"w\"\nversion = \"0.1.0\"\n\n[dependencies]\nredis = \"0.27\"\nbb8-redis = \"0.17\"\nfred = \"9\"\n";
    check(&[("Cargo.toml", package), ("src/main.rs", text)]);
}

fn python(text: &str) {
    check(&[("requirements.txt", "redis==5.2.0\n"), ("main.py", text)]);
}

/// A stranger's rule: what loads is run.
fn rule(text: &str) {
    let mut sources = Sources::default();
    let file = sources.add(SourceFile::new("a/b.yaml", text));
    let files = [(file, "a/b.yaml".to_owned())];
    let mut rules = RuleSet::default();
    let pack = PackFiles {
        name: "p",
        files: &files,
        sources: &sources,
    };
    let vocabulary = checker().knowledge.vocabulary();
    if rules::load_pack(&mut rules, pack, PackTrust::Checked(&vocabulary)).is_ok() {
        let files = [
            ("redis.conf", "hz 10\nmaxmemory 1gb\nrequirepass x\n"),
            (
                "main.go",
                "package main\n\nimport \"github.com/redis/go-redis/v9\"\n\nvar a = redis.NewClient(&redis.Options{Addr: \"h:6379\"})\n",
            ),
        ];
        checked(&files, &rules);
    }
}

fn expression(text: &str) {
    let quoted = serde_json::Value::from(text);
    rule(&format!(
        "id: a/b\ntitle: t\nsubject: server\nseverity: error\nassert: {quoted}\nmessage: m\nhelp: h\ndocs: {{ why: w, impact: i, verify: v, rollback: r, references: [] }}\n"
    ));
}

fn settings(text: &str) {
    let _ = config::read(FileId(0), text);
}

/// Comments that silence, in each notation.
fn comment(text: &str) {
    let line = text.replace(['\n', '\r'], " ");
    let conf = format!("maxmemory 1gb\n# redvet: {line}\nhz 10 # x\n");
    let yaml = format!("services:\n  r:\n    # redvet: {line}\n    image: redis:7.2.6\n");
    let go = format!(
        "package main\n\nimport \"github.com/redis/go-redis/v9\"\n\n// redvet: {line}\nvar a = redis.NewClient(&redis.Options{{PoolSize: -1}})\n"
    );
    check(&[
        ("redis.conf", &conf),
        ("compose.yaml", &yaml),
        ("main.go", &go),
    ]);
}

/// Fixed texts are read again; what a fix cured does not come back.
fn fixes(text: &str) {
    let report = check(&[("redis.conf", text)]);
    let round = fix::apply(&report, FixLevel::Unsafe);
    for file in round.files {
        check(&[(&file.path, &file.after)]);
    }
}

/// Files of a tree, each behind a line `=== path`.
fn tree(text: &str) {
    let parts = text.split("=== ").filter_map(|part| part.split_once('\n'));
    let files: Vec<(&str, &str)> = parts.take(30).collect();
    check(&files);
}
