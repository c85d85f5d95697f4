//! `.github/stale_knowledge.py` with programs in the place of the package indexes' clients: what is
//! newer than the knowledge is told, what is covered is not, and what cannot be asked is said.
#![cfg(unix)]

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use crate::support::harness::repository;

const COVERED: &str = r#"{
  "servers": [
    {"flavor": "redis", "first_release": "7.2", "read": "7.2.6", "newest": "7.2.9"},
    {"flavor": "redis", "first_release": "8.10", "read": "8.10.0"},
    {"flavor": "valkey", "first_release": "9.1", "read": "9.1.2"}
  ],
  "clients": [
    {"id": "redis-rs", "language": "rust", "packages": {"redis": "1.8.1"}, "checked_up_to": "1.8.1"},
    {"id": "fred", "language": "rust", "packages": {"fred": "10.1.0"}, "checked_up_to": "10.1.0"},
    {"id": "go-redis-v9", "language": "go", "packages": {"example.com/go-redis/v9": "9.22.0"}, "checked_up_to": "9.22.0"}
  ]
}"#;

/// A program that answers by its last argument, and fails where nothing is said of that.
fn answers(cases: &[(&str, &str)]) -> String {
    let cases = cases
        .iter()
        .map(|(word, text)| format!("*{word}*) printf '%s\\n' '{text}' ;;\n"));
    let cases: String = cases.collect();
    format!("#!/bin/sh\ncase \"$*\" in\n{cases}*) echo 'no such package' >&2; exit 1 ;;\nesac\n")
}

#[test]
fn newer_releases_are_told_and_covered_ones_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let programs = [
        (
            "cargo",
            answers(&[
                ("fred", "fred #redis\nversion: 10.1.0\nrust-version: 1.85.0"),
                (
                    "redis",
                    "redis #database\nversion: 2.0.0-rc.2 (latest)\nrust-version: 1.88.0",
                ),
            ]),
        ),
        ("go", answers(&[])),
        (
            "gh",
            answers(&[
                ("valkey-io/valkey", "9.1.2\n9.2.0-rc1\n7.2.12"),
                ("redis/redis", "8.12.0\n8.10.0\n7.2.10\n7.2.9\n6.2.1"),
            ]),
        ),
    ];
    for (name, text) in programs {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let path = std::env::var("PATH").unwrap_or_default();
    let mut script = Command::new("python3")
        .arg(repository(".github/stale_knowledge.py"))
        .env("PATH", format!("{}:{path}", folder.path().display()))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = script.stdin.take().unwrap();
    stdin.write_all(COVERED.as_bytes()).unwrap();
    drop(stdin);
    let output = script.wait_with_output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let expected = "\
- redis 7.2: 7.2.10 is out, followed up to 7.2.9
- redis 8.12: 8.12.0 is out, and there is no table
- `redis-rs`: redis 2.0.0-rc.2 is out, read up to 1.8.1
- `go-redis-v9`: example.com/go-redis/v9 could not be asked: no such package
";
    assert_eq!(said, expected);
}
