//! Drives the program over `fixtures/cli/<case>/`: `case.toml` says what is typed and what must come
//! out, `tree/` is the folder in which it is typed.
//!
//! The tree is copied to an empty place first, so that the repository around this file is not the
//! universe, and a case may write.
//!
//! Keys of `case.toml`: `args`; `exit`; `stdin`; `env`; `repository` (the place is one: it has a
//! `.git`); `stdout`, `stderr` (parts that must be there), `stdout_lacks`, `stderr_lacks`; `report`
//! (standard output is a JSON report: held against its schema); `rules` (the rules of that report's
//! findings that are shown, sorted); `before` (arguments of a run that goes first). A file
//! `stdout.txt` is the whole of standard output: `REDVET_BLESS=1` writes it. The files of a folder
//! `after/` are what must stand in the place afterwards; without it nothing may have changed there.
//!
//! Every case runs twice and must print the same bytes.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use rayon::prelude::*;
use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    args: Vec<String>,
    exit: i32,
    #[serde(default)]
    before: Vec<String>,
    #[serde(default)]
    stdin: String,
    #[serde(default)]
    env: BTreeMap<String, String>,
    #[serde(default)]
    repository: bool,
    #[serde(default)]
    stdout: Vec<String>,
    #[serde(default)]
    stdout_lacks: Vec<String>,
    #[serde(default)]
    stderr: Vec<String>,
    #[serde(default)]
    stderr_lacks: Vec<String>,
    #[serde(default)]
    report: bool,
    rules: Option<Vec<String>>,
}

#[test]
fn every_case_comes_out_as_it_says() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/cli");
    let mut folders: Vec<PathBuf> = fs::read_dir(cases)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    folders.sort();
    let failures: Vec<String> = folders.par_iter().flat_map(|f| failures(f)).collect();
    assert!(failures.is_empty(), "\n{}", failures.join("\n\n"));
}

fn failures(folder: &Path) -> Vec<String> {
    let name = folder.file_name().unwrap().to_string_lossy().into_owned();
    let text = fs::read_to_string(folder.join("case.toml")).unwrap();
    let case: Case = toml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    let (first, mut told) = run_in_place(&case, folder);
    let (second, _) = run_in_place(&case, folder);
    if first.stdout != second.stdout || first.stderr != second.stderr {
        told.push("two runs print different bytes".to_owned());
    }
    told.extend(differences(&case, &first));
    told.extend(whole_output(folder, &first));
    if told.is_empty() {
        return Vec::new();
    }
    vec![format!(
        "{name}: {}\n--- stdout\n{}--- stderr\n{}",
        told.join("\n  "),
        String::from_utf8_lossy(&first.stdout),
        String::from_utf8_lossy(&first.stderr)
    )]
}

/// Runs a case in a copy of its tree, with the copy's place hidden in what it prints. Says what is
/// wrong in the place afterwards.
fn run_in_place(case: &Case, folder: &Path) -> (Output, Vec<String>) {
    let temporary = tempfile::tempdir().unwrap();
    // The HTML page names the folder: it has one name in both runs.
    let place = temporary.path().canonicalize().unwrap().join("place");
    fs::create_dir(&place).unwrap();
    copy(&folder.join("tree"), &place);
    if case.repository {
        fs::create_dir_all(place.join(".git")).unwrap();
    }
    if !case.before.is_empty() {
        let output = run(&case.before, case, &place);
        assert!(output.status.success(), "{folder:?}: {output:?}");
    }
    let mut output = run(&case.args, case, &place);
    let shown = place.to_string_lossy().into_owned();
    for bytes in [&mut output.stdout, &mut output.stderr] {
        let text = String::from_utf8_lossy(bytes).replace(&shown, "[PLACE]");
        *bytes = hide_times(&text).into_bytes();
    }
    (output, misplaced(folder, &place))
}

/// The text with nothing but its first word on lines of times, which differ between two runs.
fn hide_times(text: &str) -> String {
    let lines = text.split_inclusive('\n');
    let hidden = lines.map(|line| match line.starts_with("time: ") {
        true => "time:\n",
        false => line,
    });
    hidden.collect()
}

/// The files of the tree that are not as `after/`, or else the tree itself, has them.
fn misplaced(folder: &Path, place: &Path) -> Vec<String> {
    let mut told = Vec::new();
    for name in ["tree", "after"] {
        let from = folder.join(name);
        let entries = walkdir::WalkDir::new(&from).into_iter().flatten();
        for entry in entries.filter(|entry| entry.file_type().is_file()) {
            let path = entry.path().strip_prefix(&from).unwrap();
            let overruled = name == "tree" && folder.join("after").join(path).exists();
            if !overruled && fs::read(entry.path()).unwrap() != fs::read(place.join(path)).unwrap()
            {
                told.push(format!("{} is not as in {name}/", path.display()));
            }
        }
    }
    told
}

fn run(args: &[String], case: &Case, place: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_redvet"));
    command
        .args(args)
        .current_dir(place)
        .env_remove("NO_COLOR")
        .env_remove("CLICOLOR_FORCE")
        .env_remove("GITHUB_ACTIONS")
        .envs(&case.env)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that does not read its input has closed it; that is not what is tested.
    let _ = child.stdin.take().unwrap().write_all(case.stdin.as_bytes());
    child.wait_with_output().unwrap()
}

fn copy(from: &Path, to: &Path) {
    if !from.is_dir() {
        return;
    }
    for entry in walkdir::WalkDir::new(from).min_depth(1) {
        let entry = entry.unwrap();
        let target = to.join(entry.path().strip_prefix(from).unwrap());
        if entry.file_type().is_dir() {
            fs::create_dir_all(target).unwrap();
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn differences(case: &Case, output: &Output) -> Vec<String> {
    let stdout = String::from_utf8(output.stdout.clone()).unwrap();
    let stderr = String::from_utf8(output.stderr.clone()).unwrap();
    let mut told = Vec::new();
    if output.status.code() != Some(case.exit) {
        let code = output.status.code();
        told.push(format!("exit code {code:?}, expected {}", case.exit));
    }
    for (where_, text, parts, lacking) in [
        ("stdout", &stdout, &case.stdout, &case.stdout_lacks),
        ("stderr", &stderr, &case.stderr, &case.stderr_lacks),
    ] {
        let missing = parts.iter().filter(|part| !text.contains(part.as_str()));
        told.extend(missing.map(|part| format!("{where_} lacks {part:?}")));
        let there = lacking.iter().filter(|part| text.contains(part.as_str()));
        told.extend(there.map(|part| format!("{where_} holds {part:?}")));
    }
    if stderr.contains("internal error") {
        told.push("it panics".to_owned());
    }
    if case.report {
        told.extend(report_differences(case, &stdout));
    }
    told
}

fn report_differences(case: &Case, stdout: &str) -> Vec<String> {
    let report: Value = match serde_json::from_str(stdout) {
        Ok(report) => report,
        Err(error) => return vec![format!("stdout is no JSON: {error}")],
    };
    let schema = include_str!("../../schemas/report.schema.json");
    let schema: Value = serde_json::from_str(schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut told: Vec<String> = validator
        .iter_errors(&report)
        .map(|error| format!("against the schema: {error}"))
        .collect();
    if let Some(expected) = &case.rules {
        let findings = report["findings"].as_array().unwrap();
        let shown = findings.iter().filter(|f| f["suppressed"].is_null());
        let mut rules: Vec<&str> = shown.map(|f| f["rule"].as_str().unwrap()).collect();
        rules.sort_unstable();
        if rules != *expected {
            told.push(format!("rules {rules:?}, expected {expected:?}"));
        }
    }
    told
}

fn whole_output(folder: &Path, output: &Output) -> Option<String> {
    let path = folder.join("stdout.txt");
    let expected = fs::read(&path).ok()?;
    if std::env::var_os("REDVET_BLESS").is_some() {
        fs::write(&path, &output.stdout).unwrap();
        return None;
    }
    (expected != output.stdout).then(|| "stdout is not stdout.txt".to_owned())
}

#[test]
fn a_closed_pipe_is_no_accident() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_redvet"))
        .args(["schema", "facts"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn the_effective_view_and_the_list_of_rules_are_json() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("redis.conf"), "maxmemory 2gb\n").unwrap();
    let json = |args: &[&str]| -> Value {
        let mut command = Command::new(env!("CARGO_BIN_EXE_redvet"));
        let output = command
            .args(args)
            .current_dir(place.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let view = json(&["effective", "--output-format", "json"]);
    assert_eq!(view["schema_version"], 1);
    let maxmemory = &view["servers"][0]["conf"]["maxmemory"];
    assert_eq!(
        (&maxmemory["state"], &maxmemory["line"]),
        (&"set".into(), &1.into())
    );
    let rules = json(&["rules", "list", "--output-format", "json"]);
    let first = rules["rules"][0].as_object().unwrap();
    let keys: Vec<&str> = first.keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        [
            "id", "title", "severity", "profile", "subject", "category", "pack", "preview"
        ]
    );
    assert_eq!(json(&["schema", "facts"])["type"], "object");
}
