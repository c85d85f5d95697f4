//! A check refuses exactly what the server refuses: the recorded texts, each as a file of its own, as
//! a key of a ConfigMap and as arguments of a container, judged with all rules and held against what
//! the verdict engine makes of them.
//!
//! What one looks for in a report: a finding that says that the server does not start, at the line
//! that the server names, and none where it starts. Files of the machine are not visible to a check,
//! so they are not to the engine here either.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::harness::Harness;
use crate::support::releases::recorded;
use redvet::finding::{Finding, Report, Severity};
use redvet::knowledge::servers::language::{ServerBuild, StopStage};
use redvet::knowledge::servers::{ServerSeries, UnknownDirective};
use redvet::server_simulation::{ServerInvocation, ServerRefusal, SimulatedServer, UnseenHost};
use serde::Deserialize;

const RECORDED: [&str; 2] = [
    include_str!("../../fixtures/servers/verdicts.jsonl"),
    include_str!("../../fixtures/servers/verdicts-more.jsonl"),
];

#[derive(Deserialize)]
struct Row {
    id: String,
    #[serde(default)]
    config: String,
}

/// The recorded texts, each once.
fn texts() -> Vec<Row> {
    let rows = RECORDED.iter().flat_map(|file| file.lines());
    let rows = rows.map(|line| serde_json::from_str::<Row>(line).unwrap());
    let mut seen = BTreeSet::new();
    rows.filter(|row| !row.config.is_empty() && seen.insert(row.id.clone()))
        .collect()
}

/// What a report says of one text.
#[derive(Debug, Default, PartialEq)]
struct Said {
    /// Lines at which the server is said to stop while it reads.
    at: BTreeSet<usize>,
    /// It is said to stop without naming a line.
    late: bool,
    /// Something could not be told.
    open: Vec<String>,
    messages: Vec<String>,
}

/// Whether a finding says that the server does not start, and whether it then names the line.
fn refusal(finding: &Finding) -> Option<bool> {
    if finding.severity != Severity::Error || !finding.rule.starts_with("conf/") {
        return None;
    }
    let says = |words: &str| finding.message.contains(words);
    if says("without naming the line") {
        return Some(false);
    }
    says("refuses").then_some(true)
}

fn said(report: &Report, line_of: &LineOf<'_>) -> BTreeMap<String, Said> {
    let mut all: BTreeMap<String, Said> = BTreeMap::new();
    for finding in report.shown_findings() {
        let place = report.sources.start(finding.primary);
        let (id, line) = line_of(report.sources.path(finding.primary), place.line);
        let said = all.entry(id).or_default();
        if finding.rule.starts_with("conf/") {
            said.messages
                .push(format!("{} {}", finding.rule, finding.message));
        }
        match refusal(finding) {
            Some(true) => {
                said.at.insert(line);
            }
            Some(false) => said.late = true,
            None => {}
        }
    }
    for case in report
        .undetermined
        .iter()
        .filter(|c| c.rule.starts_with("conf/"))
    {
        let place = report.sources.start(case.at);
        let (id, _) = line_of(report.sources.path(case.at), place.line);
        let said = all.entry(id).or_default();
        said.open
            .push(format!("{}: {}", case.rule, case.reasons.join("; ")));
    }
    all
}

/// Texts that a check leaves open on purpose: something may fill a placeholder in before the server
/// reads it, and where a server keeps dotted names for modules, the name may belong to one that an
/// image brings along.
fn is_left_open(series: &ServerSeries, text: &str) -> bool {
    let keeps_names = series.dotted_directive == UnknownDirective::StopsAtStartup;
    ["${", "{{"].iter().any(|mark| text.contains(mark))
        || keeps_names && text.contains("search.timeout")
}

/// What is wrong with what was said, in words.
fn difference(refusal: Option<&ServerRefusal>, said: &Said) -> Option<String> {
    let agrees = match refusal {
        None => said.at.is_empty() && !said.late,
        Some(ServerRefusal {
            stage: StopStage::Config,
            line: Some(line),
            ..
        }) => said.at.first() == Some(line),
        Some(_) => said.at.is_empty() && said.late,
    };
    if agrees {
        return None;
    }
    Some(format!("server: {refusal:?}\n    check: {said:?}"))
}

const SERVERS: &[&str] = &[
    "redis-6.0",
    "redis-6.2",
    "redis-7.0",
    "redis-7.2",
    "redis-7.4",
    "redis-8.0",
    "redis-8.6",
    "valkey-7.2",
    "valkey-8.0",
    "valkey-8.1",
    "valkey-9.1",
];

/// Only what is said of lines matters here.
fn harness() -> Harness {
    Harness {
        select: vec!["conf/*".to_owned()],
        ..Harness::new()
    }
}

type LineOf<'a> = dyn Fn(&str, usize) -> (String, usize) + 'a;

/// The texts in one shape: files, and whose a line of a file is.
struct Shape<'a> {
    files: Vec<(String, String)>,
    /// The text and the line of it that a line of a file stands for.
    line_of: Box<LineOf<'a>>,
}

fn compare(
    rows: &[Row],
    shape: &Shape<'_>,
    expected: &dyn Fn(&SimulatedServer<'_>, &Row) -> Option<ServerRefusal>,
) {
    let harness = harness();
    let mut wrong = Vec::new();
    for name in SERVERS {
        let servers = &harness.knowledge.servers;
        let (flavor, release) = recorded(servers, name);
        let series = servers.candidates(Some(&flavor), Some(&release)).series[0];
        let settings = format!("[defaults]\nserver = \"{flavor}:{release}\"\n");
        let all = shape
            .files
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_str()));
        let sample = harness.texts(all.chain([("redvet.toml", settings.as_str())]));
        let said = said(&harness.check(&sample), &shape.line_of);
        let server = SimulatedServer {
            series,
            build: ServerBuild::OFFICIAL,
            host: &UnseenHost,
        };
        for row in rows {
            let refusal = expected(&server, row);
            let none = Said::default();
            let found = said.get(&row.id).unwrap_or(&none);
            if is_left_open(series, &row.config) {
                assert!(!found.open.is_empty(), "{name} {:?}", row.config);
                assert!(
                    found.at.is_empty() && !found.late,
                    "{name} {:?}",
                    row.config
                );
                continue;
            }
            if let Some(what) = difference(refusal.as_ref(), found) {
                wrong.push(format!("{name} {} {:?}\n    {what}", row.id, row.config));
            }
        }
    }
    println!("{} of {} differ", wrong.len(), rows.len() * SERVERS.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_file_is_refused_where_the_server_refuses_it() {
    let rows = texts();
    let files = rows
        .iter()
        .map(|row| (format!("{}/redis.conf", row.id), row.config.clone()));
    let shape = Shape {
        files: files.collect(),
        line_of: Box::new(|path, line| (path.split('/').next().unwrap().to_owned(), line)),
    };
    compare(&rows, &shape, &|server, row| {
        server.judge(&row.config).refusal
    });
}

/// What YAML takes line by line in a block scalar.
fn fits_a_block(text: &str) -> bool {
    let plain = |c: char| c == '\n' || c == '\t' || !c.is_control() && c != '\u{feff}';
    text.chars().all(plain) && !text.trim().is_empty()
}

#[test]
fn a_config_map_is_refused_where_the_server_refuses_it() {
    let rows: Vec<Row> = texts()
        .into_iter()
        .filter(|row| fits_a_block(&row.config))
        .collect();
    const HEAD: &str =
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cID}\ndata:\n  redis.conf: |2\n";
    let first = HEAD.lines().count();
    let file = |row: &Row| {
        let body: String = row
            .config
            .split_inclusive('\n')
            .map(|line| format!("    {line}"))
            .collect();
        (
            format!("{}/config.yaml", row.id),
            format!("{}{body}", HEAD.replace("ID", &row.id)),
        )
    };
    let shape = Shape {
        files: rows.iter().map(file).collect(),
        line_of: Box::new(move |path, line| {
            (
                path.split('/').next().unwrap().to_owned(),
                line.saturating_sub(first),
            )
        }),
    };
    compare(&rows, &shape, &|server, row| {
        server.judge(&row.config).refusal
    });
}

/// The lines of a text as options: each line's name with dashes, its words behind it.
fn options(text: &str) -> Option<Vec<Vec<String>>> {
    let lines = redvet::syntax::conf::lines(text);
    let good = |line: &redvet::syntax::conf::ConfLine| {
        !line.unbalanced && !line.glued && !line.words.is_empty()
    };
    let tame = |word: &str| {
        let plain = !word.contains(|c: char| c == '$' || c.is_control());
        plain && word != "sentinel" && !word.starts_with('-')
    };
    let all = lines
        .iter()
        .all(|line| good(line) && line.words.iter().all(|w| tame(&w.text)));
    (all && !lines.is_empty()).then(|| {
        let option = |line: &redvet::syntax::conf::ConfLine| {
            let words = line.words.iter().map(|word| word.text.clone());
            let mut words: Vec<String> = words.collect();
            words[0].insert_str(0, "--");
            words
        };
        lines.iter().map(option).collect()
    })
}

#[test]
fn arguments_are_refused_where_the_server_refuses_them() {
    let rows: Vec<Row> = texts()
        .into_iter()
        .filter(|row| options(&row.config).is_some())
        .collect();
    const HEAD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: cID}\nspec:\n  containers:\n  - name: redis\n    image: example.org/own\n    command:\n    - redis-server\n";
    let first = HEAD.lines().count();
    let mut lines: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let mut files = Vec::new();
    for row in &rows {
        let options = options(&row.config).unwrap();
        let numbered = options.iter().enumerate();
        let of_words = numbered.flat_map(|(i, words)| words.iter().map(move |_| i));
        lines.insert(row.id.clone(), of_words.collect());
        let words = options.iter().flatten();
        let items: String = words
            .map(|word| format!("    - {}\n", serde_json::to_string(word).unwrap()))
            .collect();
        files.push((
            format!("{}/pod.yaml", row.id),
            format!("{}{items}", HEAD.replace("ID", &row.id)),
        ));
    }
    let shape = Shape {
        files,
        line_of: Box::new(|path, line| {
            let id = path.split('/').next().unwrap().to_owned();
            let word = line.checked_sub(first + 1);
            let option = word.and_then(|word| lines[&id].get(word).copied());
            // The options begin two lines below an empty file.
            (id, option.map_or(0, |option| option + 2))
        }),
    };
    compare(&rows, &shape, &|server, row| {
        let words: Vec<String> = options(&row.config).unwrap().concat();
        let arguments: Vec<&str> = words.iter().map(String::as_str).collect();
        let call = ServerInvocation {
            arguments: &arguments,
            ..ServerInvocation::default()
        };
        server.judge_call(&call).refusal
    });
}

/// Arguments, and the one of them at which the server stops; by version.
const ARGUMENTS: &[(&str, &[&str], Option<usize>)] = &[
    ("redis:7.2", &["--requirepass", "--foo"], None),
    ("redis:6.2", &["--requirepass", "--foo"], Some(0)),
    ("redis:7.2", &["--save", "", "--hz", "20"], None),
    ("redis:6.2", &["--save", "", "--hz", "20"], None),
    ("redis:7.2", &["--save", "--hz", "20"], None),
    ("redis:7.2", &["--hz", "20", "--save"], None),
    ("redis:7.2", &["--appendonly", "--hz", "20"], Some(0)),
    ("redis:6.2", &["--appendonly", "--hz", "20"], Some(0)),
    ("valkey:8.0", &["--maxmemory 1gb", "--hz", "20"], None),
    ("valkey:8.0", &["--hz", "20", "--maxmemory 1Gi"], Some(2)),
    ("redis:7.2", &["--hz", "20", "--maxmemory=1gb"], Some(2)),
    ("redis:6.2", &["--hz", "20", "--maxmemory=1gb"], Some(2)),
    ("redis:7.2", &["-maxmemory", "1gb"], Some(0)),
    ("redis:7.2", &["--port", "0", "-maxmemory", "1gb"], Some(0)),
    ("redis:7.2", &["--hz", "20", "-"], None),
    ("redis:6.2", &["--hz", "20", "-"], None),
    ("redis:6.0", &["--hz", "20", "-"], Some(0)),
    ("redis:7.2", &["-", "--hz", "x"], Some(2)),
    ("redis:7.2", &["--save", "900 1 300 10"], None),
    (
        "redis:6.2",
        &["--client-output-buffer-limit", "normal 0 0 0"],
        Some(0),
    ),
    (
        "redis:7.2",
        &["--client-output-buffer-limit", "normal 0 0 0"],
        None,
    ),
    ("redis:7.2", &["--syslog-ident", "# a"], None),
    ("redis:7.2", &["--syslog-ident 'a"], Some(0)),
];

/// The arguments of a container, one a line, and the line before them.
fn pod(arguments: &[&str]) -> (String, usize) {
    const HEAD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: c}\nspec:\n  containers:\n  \
                        - name: redis\n    image: example.org/own\n    command:\n    - redis-server\n";
    let item = |word: &&str| format!("    - {}\n", serde_json::to_string(word).unwrap());
    let items: String = arguments.iter().map(item).collect();
    (format!("{HEAD}{items}"), HEAD.lines().count())
}

#[test]
fn arguments_are_split_as_each_version_splits_them() {
    let harness = harness();
    for (version, arguments, expected) in ARGUMENTS {
        let (text, first) = pod(arguments);
        let settings = format!("[defaults]\nserver = \"{version}\"\n");
        let files = [("pod.yaml", text.as_str()), ("redvet.toml", &settings)];
        let report = harness.check(&harness.texts(files));
        let refused = report
            .shown_findings()
            .filter(|finding| refusal(finding).is_some());
        let lines = refused.map(|finding| report.sources.start(finding.primary).line - first - 1);
        let found: Vec<usize> = lines.collect();
        assert_eq!(found.first(), expected.as_ref(), "{version} {arguments:?}");
    }
}

#[test]
fn arguments_that_versions_split_otherwise_are_not_judged_without_one() {
    let harness = harness();
    let (text, _) = pod(&["--requirepass", "--foo", "--hz", "x"]);
    let report = harness.check(&harness.texts([("pod.yaml", text.as_str())]));
    let found: Vec<&str> = report
        .shown_findings()
        .map(|finding| finding.message.as_str())
        .collect();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].starts_with("`x` is not a valid value for `hz`"),
        "{found:?}"
    );
    assert!(!report.undetermined.is_empty());
}
