//! `.github/stale_knowledge.py` with programs in the place of the package indexes' clients: what is
//! newer than the knowledge is told, what is covered is not, and what cannot be asked is said.
#![cfg(unix)]

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

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
    {"id": "django", "language": "python", "packages": {"django": "5.2.19"}, "checked_up_to": "5.2.19"},
    {"id": "redis-py", "language": "python", "packages": {"redis": "8.1.0"}, "checked_up_to": "8.1.0"},
    {"id": "go-redis-v9", "language": "go", "packages": {"example.com/go-redis/v9": "9.22.0"}, "checked_up_to": "9.22.0"}
  ]
}"#;

/// A program that answers by its last argument, and fails where nothing is said of that.
fn answers(cases: &[(&str, &str)]) -> String {
    let cases = cases
        .iter()
        .map(|(word, text)| format!("*'{word}'*) printf '%s\\n' '{text}' ;;\n"));
    let cases: String = cases.collect();
    format!("#!/bin/sh\ncase \"$*\" in\n{cases}*) echo 'no such package' >&2; exit 1 ;;\nesac\n")
}

fn install(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// What the script makes of what is covered, with the programs of a path. The script's own interpreter
/// is not one of them.
fn compare(covered: &str, path: &str) -> Output {
    let own = Command::new("python3")
        .args(["-c", "import sys; print(sys.executable)"])
        .output()
        .unwrap();
    let python = String::from_utf8(own.stdout).unwrap();
    let mut script = Command::new(python.trim_end())
        .arg(repository(".github/stale_knowledge.py"))
        .env("PATH", path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = script.stdin.take().unwrap();
    stdin.write_all(covered.as_bytes()).unwrap();
    drop(stdin);
    script.wait_with_output().unwrap()
}

/// Where no index can be asked, or nothing is listed, the answer is not "covered".
#[test]
fn what_cannot_be_asked_is_not_covered() {
    let nowhere = compare(COVERED, "/nowhere");
    let said = String::from_utf8(nowhere.stdout).unwrap();
    assert!(nowhere.status.success(), "{said}");
    assert_eq!(said.lines().count(), 7, "{said}");
    assert!(
        said.lines().all(|line| line.contains("could not be asked")),
        "{said}"
    );
    let nothing = compare(r#"{"servers": [], "clients": []}"#, "/nowhere");
    assert!(!nothing.status.success());
}

/// An answer without versions, or a library without packages, is no answer.
#[test]
fn empty_answers_are_not_covered() {
    let folder = tempfile::tempdir().unwrap();
    install(folder.path(), "gh", "#!/bin/sh\nexit 0\n");
    let without = r#"{
      "servers": [{"flavor": "redis", "first_release": "7.2", "read": "7.2.6"}],
      "clients": [{"id": "fred", "language": "rust", "packages": {}}]
    }"#;
    let output = compare(without, &folder.path().display().to_string());
    let said = String::from_utf8(output.stdout).unwrap();
    let expected = "\
- redis: redis/redis could not be asked: no version in its answer
- valkey: valkey-io/valkey could not be asked: no version in its answer
- `fred`: no package of it is listed
";
    assert_eq!(said, expected);
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
            "python3",
            answers(&[
                (
                    "--ignore-requires-python django",
                    "django (6.1.3)\nAvailable versions: 6.1.3, 5.2.19",
                ),
                // An index leaves out what the Python that asks is too old for.
                ("django", "django (5.2.19)\nAvailable versions: 5.2.19"),
                ("redis", "redis (8.1.0)\nAvailable versions: 8.1.0, 8.0.1"),
            ]),
        ),
        (
            "gh",
            answers(&[
                ("valkey-io/valkey", "9.1.2\n9.2.0-rc1\n7.2.12"),
                ("redis/redis", "8.12.0\n8.10.0\n7.2.10\n7.2.9\n6.2.1"),
            ]),
        ),
    ];
    for (name, text) in programs {
        install(folder.path(), name, &text);
    }
    let path = std::env::var("PATH").unwrap_or_default();
    let output = compare(COVERED, &format!("{}:{path}", folder.path().display()));
    let said = String::from_utf8(output.stdout).unwrap();
    let expected = "\
- redis 7.2: 7.2.10 is out, followed up to 7.2.9
- redis 8.12: 8.12.0 is out, and there is no table
- `redis-rs`: redis 2.0.0-rc.2 is out, read up to 1.8.1
- `django`: django 6.1.3 is out, read up to 5.2.19
- `go-redis-v9`: example.com/go-redis/v9 could not be asked: no such package
";
    assert_eq!(said, expected);
}

/// Answers as the indexes' clients give them, recorded on 2026-11-30; `newest` is what is in them.
const RECORDED: &[(&str, &str, &str)] = &[
    (
        "rust",
        "redis #redis #valkey #cluster #sentinel #pubsub\nRedis driver for Rust.\nversion: 2.0.0-rc.2\nlicense: BSD-3-Clause\nrust-version: 1.88",
        "2.0.0-rc.2",
    ),
    // Where a lock file holds an older one.
    (
        "rust",
        "redis #redis #valkey #cluster #sentinel #pubsub\nRedis driver for Rust.\nversion: 1.8.1 (latest 2.0.0-rc.2)\nlicense: BSD-3-Clause",
        "2.0.0-rc.2",
    ),
    // A description that speaks of another version.
    (
        "rust",
        "cache #redis\nA cache for Redis 7.2.4 and newer.\nversion: 0.3.1\nrust-version: 1.85.0",
        "0.3.1",
    ),
    ("go", "v1.9.3", "1.9.3"),
    ("go", "v6.15.9+incompatible", "6.15.9"),
    (
        "python",
        "flask-caching (2.5.1)\nAvailable versions: 2.5.1, 2.5.0, 2.4.1, 2.4.0, 2.3.1",
        "2.5.1",
    ),
    // The first release of a series has two numbers.
    (
        "python",
        "django (6.1)\nAvailable versions: 6.1, 6.0.10, 6.0.9, 5.2.19",
        "6.1",
    ),
    (
        "python",
        "redis (8.1.0)\nAvailable versions: 8.1.0, 8.0.1\n  INSTALLED: 7.0.0\n  LATEST:    8.1.0",
        "8.1.0",
    ),
];

#[test]
fn recorded_answers_are_read() {
    for (language, answer, newest) in RECORDED {
        let folder = tempfile::tempdir().unwrap();
        let program = match *language {
            "rust" => "cargo",
            "go" => "go",
            _ => "python3",
        };
        let text = format!("#!/bin/sh\ncat <<'END'\n{answer}\nEND\n");
        install(folder.path(), program, &text);
        let releases = "#!/bin/sh\necho 7.2.6\n";
        install(folder.path(), "gh", releases);
        let path = std::env::var("PATH").unwrap_or_default();
        let path = format!("{}:{path}", folder.path().display());
        let said = |read: &str| {
            let covered = format!(
                r#"{{"servers": [{{"flavor": "redis", "first_release": "7.2", "read": "7.2.6"}},
                    {{"flavor": "valkey", "first_release": "7.2", "read": "7.2.6"}}],
                  "clients": [{{"id": "one", "language": "{language}", "packages": {{"one": "{read}"}}}}]}}"#
            );
            String::from_utf8(compare(&covered, &path).stdout).unwrap()
        };
        assert_eq!(said(newest), "", "{answer}");
        let told = format!("- `one`: one {newest} is out, read up to 0.0.1\n");
        assert_eq!(said("0.0.1"), told, "{answer}");
    }
}

/// Tags of candidates and milestones are no releases, and their order says nothing.
#[test]
fn recorded_tags_of_servers_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let tags = "8.10.1\n8.10-m01\n8.8-rc1\n7.2.16\n8.10.0\nv7.4.11";
    install(
        folder.path(),
        "gh",
        &format!("#!/bin/sh\ncat <<'END'\n{tags}\nEND\n"),
    );
    let path = std::env::var("PATH").unwrap_or_default();
    let covered = r#"{"servers": [
        {"flavor": "redis", "first_release": "7.2", "read": "7.2.6", "newest": "7.2.16"},
        {"flavor": "redis", "first_release": "7.4", "read": "7.4.1", "newest": "7.4.9"},
        {"flavor": "valkey", "first_release": "8.10", "read": "8.10.1"}],
      "clients": [{"id": "one", "language": "cobol", "packages": {}}]}"#;
    let output = compare(covered, &format!("{}:{path}", folder.path().display()));
    let said = String::from_utf8(output.stdout).unwrap();
    let expected = "\
- redis 7.4: 7.4.11 is out, followed up to 7.4.9
- redis 8.10: 8.10.1 is out, and there is no table
- `one`: no way to ask for packages of cobol
";
    assert_eq!(said, expected);
}
