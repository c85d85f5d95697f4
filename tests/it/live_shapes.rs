//! Deployments of every shape, whose effective configuration must be what a real server reports.
//!
//! Under `fixtures/live/` a folder holds the files of a deployment, and `NAME.toml` beside it what a
//! server is given there: its file, the files that this one includes, its arguments in order. That is
//! written by hand, from what the shape is documented to do, and knows nothing of redvet. A server is
//! started with it, and everything that `CONFIG GET *` says is compared.
//!
//! The image of a fixture is `redis:7.0`; the series of the server that is asked is put in its place.
//! Which servers there are is said in `live/installed.rs`.
#![cfg(unix)]

use crate::live::installed;
use std::collections::BTreeMap;
use std::path::Path;

use crate::live::server::{Call, Live, Seen};
use crate::support::harness::{Harness, repository};
use redvet::finding::ServerView;
use redvet::knowledge::servers::ServerSeries;
use serde::Deserialize;
use serde_json::Value as Json;

/// The series in the fixtures.
const WRITTEN: &str = "7.0";

/// Decided by the machine, or by how a test starts its server.
const NOT_COMPARED: &[&str] = &[
    "dir",
    "maxclients",
    "port",
    "unixsocket",
    "unixsocketperm",
    "daemonize",
    "logfile",
    "pidfile",
    "syslog-enabled",
];

/// Reported by servers, and nothing that a configuration can say.
const UNWRITTEN: &[&str] = &["watchdog-period"];

/// What a server of a deployment is given.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    server: String,
    /// The text of its file; none is an empty one.
    #[serde(default)]
    conf: String,
    #[serde(default)]
    arguments: Vec<String>,
    #[serde(default)]
    files: BTreeMap<String, String>,
    /// What the shape leaves open, so that it may be unknown.
    #[serde(default)]
    open: Vec<String>,
}

/// One shape: its name, its files and its servers.
struct Shape {
    name: String,
    files: Vec<(String, String)>,
    given: Vec<Given>,
}

#[derive(Deserialize)]
struct Page {
    given: Vec<Given>,
}

fn shapes() -> Vec<Shape> {
    let root = repository("fixtures/live");
    let mut names: Vec<String> = std::fs::read_dir(&root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
        .into_iter()
        .map(|name| {
            let page = std::fs::read_to_string(root.join(format!("{name}.toml"))).unwrap();
            let page: Page = toml::from_str(&page).unwrap_or_else(|e| panic!("{name}: {e}"));
            Shape {
                files: files(&root.join(&name)),
                given: page.given,
                name,
            }
        })
        .collect()
}

fn files(root: &Path) -> Vec<(String, String)> {
    let entries = walkdir::WalkDir::new(root).sort_by_file_name().into_iter();
    entries
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let path = entry.path().strip_prefix(root).unwrap().to_str().unwrap();
            (
                path.to_owned(),
                std::fs::read_to_string(entry.path()).unwrap(),
            )
        })
        .collect()
}

/// A value as `CONFIG GET` writes it; nothing where it is not known.
fn reported(value: &Json) -> Option<String> {
    let text = |value: &Json| match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    };
    match value["state"].as_str()? {
        "set" | "default" => Some(match &value["value"] {
            Json::Array(parts) => parts.iter().map(text).collect::<Vec<_>>().join(" "),
            other => text(other),
        }),
        "absent" => Some(String::new()),
        _ => None,
    }
}

/// Whether two values are the same; servers print figures without the noughts that are written.
fn same(ours: &str, theirs: &str) -> bool {
    let word = |(a, b): (&str, &str)| {
        let figures = a.parse::<f64>().ok().zip(b.parse::<f64>().ok());
        a == b || figures.is_some_and(|(a, b)| a.to_bits() == b.to_bits())
    };
    let (ours_words, theirs_words) = (ours.split(' '), theirs.split(' '));
    ours_words.clone().count() == theirs_words.clone().count()
        && ours_words.zip(theirs_words).all(word)
}

/// What redvet and the server say differently.
fn differences(
    view: &ServerView,
    (given, series): (&Given, &ServerSeries),
    values: &[(String, String)],
) -> Vec<String> {
    let json = serde_json::to_value(view).unwrap();
    let compare = |(name, theirs): &(String, String)| {
        // Some are reported by their old names.
        let Some(directive) = series.directive(name) else {
            let known = UNWRITTEN.contains(&name.as_str());
            return (!known).then(|| format!("{name} is in no table"));
        };
        let value = &json["conf"][&directive.name];
        if NOT_COMPARED.contains(&name.as_str()) || given.open.contains(&directive.name) {
            return None;
        }
        // The old word for a replica is still what servers print.
        let theirs = theirs.replace("slave", "replica");
        match reported(value) {
            Some(ours) if same(&ours, &theirs) => None,
            Some(ours) => Some(format!("{name} is {theirs:?}, not {ours:?}")),
            // What has no default and is not written is left out.
            None if value.is_null() && theirs.is_empty() => None,
            None => Some(format!("{name} is {theirs:?}, not {value}")),
        }
    };
    values.iter().filter_map(compare).collect()
}

#[test]
fn what_redvet_says_is_what_a_server_runs_with() {
    let harness = Harness::new();
    let shapes = shapes();
    assert!(shapes.len() >= 12, "{} shapes", shapes.len());
    let mut faults = Vec::new();
    for binary in installed::installed() {
        let mut live = Live::new(binary);
        let (flavor, version) = live.version();
        if flavor != "redis" {
            continue;
        }
        let candidates = harness
            .knowledge
            .servers
            .candidates(Some(&flavor), Some(&version));
        let table = candidates.series[0];
        let series = version.rsplit_once('.').unwrap().0.to_owned();
        let mut compared = 0;
        for shape in &shapes {
            let files = shape.files.iter().map(|(path, text)| {
                let text = text.replace(&format!("redis:{WRITTEN}"), &format!("redis:{series}"));
                (path.clone(), text.replace("REDIS_SERIES", &series))
            });
            let files: Vec<(String, String)> = files.collect();
            let sample = files
                .iter()
                .map(|(path, text)| (path.as_str(), text.as_str()));
            let view = harness.effective(&harness.texts(sample));
            for given in &shape.given {
                let at = format!("{version} {} {}", shape.name, given.server);
                let found = view.servers.iter().find(|s| s.name == given.server);
                let Some(found) = found else {
                    let names: Vec<_> = view.servers.iter().map(|s| &s.name).collect();
                    faults.push(format!("{at}: no such server among {names:?}"));
                    continue;
                };
                let (seen, _) = live.run(&Call {
                    text: given.conf.clone(),
                    arguments: given.arguments.clone(),
                    files: given.files.clone().into_iter().collect(),
                    ..Call::default()
                });
                let Seen::Started(values) = seen else {
                    faults.push(format!("{at}: the server did not start"));
                    continue;
                };
                assert!(values.len() > 100, "{at}: {} values", values.len());
                compared += values.len();
                let different = differences(found, (given, table), &values);
                faults.extend(different.iter().map(|what| format!("{at}: {what}")));
            }
        }
        println!(
            "{flavor} {version}: {} shapes, {compared} values",
            shapes.len()
        );
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}
