//! `tests/live/ask_series.py` and installed servers: each server is what its table says, and
//! `docs/adding-a-series.md` leads from a server to a table.
//!
//! Random configurations are the business of `live_verdicts`; here each fact of a table is asked alone.
#![cfg(unix)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use redvet::knowledge::servers::{DirectiveSpec, DirectiveType, ServerKnowledge, ServerSeries};
use serde_json::Value;

use crate::live::installed::installed;
use crate::live::server::Live;
use crate::support::golden;
use crate::support::harness::repository;

const SCRIPT: &str = "tests/live/ask_series.py";
const TABLES: &str = "knowledge/servers";
const PAGE: &str = "docs/adding-a-series.md";

/// What a package has of later releases: Debian's 7.0.15 brings the security fixes of 7.2.11.
const PATCHES: &[(&str, &str)] = &[("redis 7.0", "lua-enable-deprecated-api")];

/// The table that a series is read from.
fn stem(series: &ServerSeries) -> String {
    series.first_release().replace(' ', "-")
}

#[test]
fn every_installed_server_is_its_table() {
    let servers = ServerKnowledge::embedded();
    for binary in installed() {
        let (flavor, version) = Live::new(binary.clone()).version();
        let series = servers.candidates(Some(&flavor), Some(&version)).series[0];
        let stem = stem(series);
        let output = Command::new("python3")
            .arg(repository(SCRIPT))
            .arg(&binary)
            .args(["--extends", &stem])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        println!("{}", said.trim_end());
        let difference: Value = serde_json::from_slice(&output.stdout).unwrap();
        let directives = difference["directives"].as_object().unwrap();
        let is_patch = |name: &str| PATCHES.contains(&(series.name().as_str(), name));
        let changed: Vec<_> = directives
            .iter()
            .filter(|(name, _)| !is_patch(name))
            .collect();
        assert!(changed.is_empty(), "{flavor} {version}: {changed:#?}");
        let commands = difference["commands"].as_object().unwrap();
        assert_eq!(commands.len(), 1, "{flavor} {version}: {commands:#?}");
    }
}

/// A repository of the page's own: the script, and the tables of a time when there was no 7.0.
fn folder_before(series: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join(SCRIPT);
    let tables = folder.path().join(TABLES);
    fs::create_dir_all(script.parent().unwrap()).unwrap();
    fs::create_dir_all(&tables).unwrap();
    fs::copy(repository(SCRIPT), script).unwrap();
    for entry in fs::read_dir(repository(TABLES)).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if name.ends_with(".json") && !name.starts_with(series) {
            fs::copy(&path, tables.join(name)).unwrap();
        }
    }
    folder
}

/// The page's commands and, behind each, what it shows of their output.
fn steps(page: &str) -> Vec<(&str, &str)> {
    const SHELL: &str = "```sh\n";
    const OUTPUT: &str = "```text\n";
    let mut steps = Vec::new();
    for part in page.split(SHELL).skip(1) {
        let (command, rest) = part.split_once("```").unwrap();
        let shown = rest.split_once(OUTPUT).map_or("", |(_, text)| text);
        steps.push((command.trim_end(), shown.split("```").next().unwrap()));
    }
    steps
}

#[test]
fn a_series_is_added_as_the_page_says() {
    let is_sevenzero = |binary: &PathBuf| {
        let (flavor, version) = Live::new(binary.clone()).version();
        flavor == "redis" && version == "7.0.15"
    };
    let Some(server) = installed().into_iter().find(is_sevenzero) else {
        println!(
            "SKIPPED: the page is about redis-server 7.0.15 of Debian 12, which is not installed"
        );
        return;
    };
    let folder = folder_before("redis-7.0");
    let page = fs::read_to_string(repository(PAGE)).unwrap();
    let mut written = page.clone();
    for (command, shown) in steps(&page) {
        let output = Command::new("bash")
            .args(["-euc", command])
            .current_dir(folder.path())
            .env("PATH", path_with(&server))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&[output.stderr, output.stdout].concat()).into_owned();
        assert!(output.status.success(), "{command}\n{said}");
        if !shown.is_empty() {
            let fence = |text: &str| format!("```text\n{text}```");
            written = written.replacen(&fence(shown), &fence(&said), 1);
        }
    }
    golden::compare(&repository(PAGE), &written);
    assert_eq!(disagreements(folder.path()), [""; 0]);
}

/// A path on which the server is found first.
fn path_with(server: &Path) -> String {
    let path = std::env::var("PATH").unwrap_or_default();
    format!("{}:{path}", server.parent().unwrap().display())
}

/// Where the table that was made differs from the one that was read in the source: the loader takes
/// it, and each fact that a server can be asked is the same.
fn disagreements(folder: &Path) -> Vec<String> {
    let embedded = ServerKnowledge::embedded();
    let made =
        ServerKnowledge::of_tables(fs::read_dir(folder.join(TABLES)).unwrap().map(|entry| {
            let path = entry.unwrap().path();
            let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
            // Tables live as long as the program.
            let text = fs::read_to_string(path).unwrap();
            (&*stem.leak(), &*text.leak())
        }));
    let made = made.candidates(Some("redis"), Some("7.0.15")).series[0];
    let read = embedded.candidates(Some("redis"), Some("7.0.15")).series[0];
    assert_eq!(made.first_release(), "redis 7.0");
    let directives = made.directives().chain(read.directives());
    let is_patch = |name: &str| PATCHES.iter().any(|(_, patch)| *patch == name);
    let names: BTreeSet<&str> = directives.map(|d| d.name.as_str()).collect();
    let all = names.into_iter().filter(|name| !is_patch(name));
    let pair = |name: &str| (asked(made.directive(name)), asked(read.directive(name)));
    all.filter_map(|name| match pair(name) {
        (made, read) if made == read => None,
        // A parser with words of its own is named for a person to look at.
        _ if made.directive(name)?.kind == DirectiveType::Unverified => None,
        (made, read) => Some(format!("{name}: {made:?}, not {read:?}")),
    })
    .collect()
}

/// What a server can be asked of a directive.
fn asked(directive: Option<&DirectiveSpec>) -> Option<String> {
    let directive = directive?;
    let mut words = directive.enum_values.clone();
    words.sort();
    // `CONFIG GET` shows a text that is not set as an empty one.
    let default = match (directive.kind, &directive.default) {
        (DirectiveType::Special, _) => None,
        (DirectiveType::String, Value::Null) => Some(Value::from("")),
        (_, default) => Some(default.clone()),
    };
    // No number is outside of a range that is as large as the type.
    let is_whole = |max: &serde_json::Number| max.as_f64().is_some_and(|max| max > 9e18);
    let at_zero = directive
        .min
        .as_ref()
        .is_some_and(|min| min.as_i64() == Some(0));
    let is_size = directive.kind != DirectiveType::Int;
    let open = is_size && at_zero && directive.max.as_ref().is_some_and(is_whole);
    let range = (!open).then_some((&directive.min, &directive.max));
    let range = range.filter(|(min, _)| min.is_some());
    Some(format!(
        "{:?} {default:?} {range:?} {words:?} {} {:?}",
        directive.kind, directive.mutable, directive.aliases
    ))
}
