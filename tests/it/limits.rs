//! The limits that a project may set: each is said when it is reached, what was within it is still
//! judged, and settings of a folder cannot raise one.

use serde_json::Value;

use crate::support::scratch::Scratch;

const CLIENT: &str = "package main\n\nimport \"github.com/redis/go-redis/v9\"\n\n";
const MODULE: &str = "module m\n\ngo 1.22\n\nrequire github.com/redis/go-redis/v9 v9.7.0\n";

/// The report of a check with one limit set.
fn report(files: &[(&str, &str)], limit: &str) -> Value {
    let settings = format!("[limits]\n{limit}\n");
    let scratch = Scratch::with(&[files, &[("redvet.toml", &settings)]].concat());
    let output = scratch.redvet(&["check", "--exit-zero", "--format", "json"]);
    let errors = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{errors}"))
}

/// Everything that a report says of itself: notes, and problems of inputs.
fn said(report: &Value) -> String {
    let findings = report["findings"].as_array().unwrap().iter();
    let problems = findings.filter(|one| one["rule"] == "meta/unreadable-input");
    let problems = problems.map(|one| one["message"].to_string());
    report["notes"].to_string() + &problems.collect::<String>()
}

fn count(report: &Value, what: &str) -> u64 {
    report["summary"][what].as_u64().unwrap()
}

#[test]
fn servers_and_clients_of_a_tree() {
    let server = "maxmemory 1gb\n";
    let client = |name: &str| format!("{CLIENT}var {name} = redis.NewClient(&redis.Options{{}})\n");
    let (one, two) = (client("a"), client("b"));
    let files = [
        ("a/redis.conf", server),
        ("b/redis.conf", server),
        ("c/redis.conf", server),
        ("go.mod", MODULE),
        ("one.go", &one),
        ("two.go", &two),
    ];
    let at_the_edge = report(&files, "servers = 3\nclients = 2");
    assert_eq!(count(&at_the_edge, "servers"), 3);
    assert_eq!(count(&at_the_edge, "clients"), 2);
    assert!(!said(&at_the_edge).contains("left out"), "{at_the_edge}");
    let beyond = report(&files, "servers = 1\nclients = 1");
    assert_eq!(count(&beyond, "clients"), 1);
    let told = said(&beyond);
    assert!(
        told.contains("more than 1 clients: 1 were left out"),
        "{told}"
    );
    assert!(told.contains("raise `servers` under [limits]"), "{told}");
    // A text is a server's, or is one: there may be two for each server.
    assert_eq!(count(&beyond, "servers"), 2, "{told}");
    let composed = "services:\n  a: { image: 'redis:7.2.6' }\n  b: { image: 'redis:7.2.6' }\n";
    let deployed = report(&[("compose.yaml", composed)], "servers = 1");
    assert_eq!(count(&deployed, "servers"), 1);
    let told = said(&deployed);
    assert!(
        told.contains("more than 1 servers: 1 were left out"),
        "{told}"
    );
}

#[test]
fn the_size_of_a_file() {
    let text = format!("hz 10\n#{}\n", "x".repeat(2_000));
    let files = [("redis.conf", &*text)];
    let fits = report(&files, &format!("file-size = {}", text.len()));
    assert_eq!(count(&fits, "servers"), 1);
    let large = report(&files, &format!("file-size = {}", text.len() - 1));
    assert_eq!(count(&large, "servers"), 0);
    assert!(
        said(&large).contains("`file-size` under [limits]"),
        "{large}"
    );
}

#[test]
fn the_length_of_names() {
    let object = |length: usize| {
        format!(
            "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{ name: {} }}\nspec: {{ template: {{ spec: {{ containers: [ {{ name: r, image: 'redis:7.2.6', args: [--hz, x] }} ] }} }} }}\n",
            "n".repeat(length)
        )
    };
    // `StatefulSet/` is part of the name.
    let named = |length: usize| report(&[("a.yaml", &object(length))], "name-length = 100");
    let (fits, long) = (named(88), named(89));
    assert!(!said(&fits).contains("shortened"), "{fits}");
    assert!(
        said(&long).contains("more than 100 bytes are shown shortened"),
        "{long}"
    );
    assert!(
        !long
            .to_string()
            .contains(&format!("StatefulSet/{}", "n".repeat(89)))
    );
    // A name without a bound would be repeated by every finding.
    let huge = report(&[("a.yaml", &object(100_000))], "name-length = 600");
    assert!(
        huge.to_string().len() < 400_000,
        "{}",
        huge.to_string().len()
    );
}

#[test]
fn findings_of_a_report() {
    let files = [("redis.conf", "hz 10 # x\nmaxmemory 2Gi\nmaxmemory 3Gi\n")];
    let whole = report(&files, "findings = 1000");
    let all = whole["findings"].as_array().unwrap();
    let errors = all.iter().filter(|one| one["severity"] == "error").count();
    assert!(errors >= 1 && errors < all.len(), "{whole}");
    assert!(!said(&whole).contains("not listed"), "{whole}");
    let at_the_edge = report(&files, &format!("findings = {}", all.len()));
    assert_eq!(at_the_edge["findings"].as_array().unwrap().len(), all.len());
    let cut = report(&files, &format!("findings = {errors}"));
    let listed = cut["findings"].as_array().unwrap();
    assert_eq!(listed.len(), errors);
    assert!(listed.iter().all(|one| one["severity"] == "error"), "{cut}");
    let left_out = all.len() - errors;
    let told = format!("{left_out} more findings are not listed");
    assert!(said(&cut).contains(&told), "{cut}");
    assert_eq!(cut["summary"]["warning"], whole["summary"]["warning"]);
}

#[test]
fn steps_of_an_expression() {
    let rule = "id: a/b\ntitle: t\nsubject: server\nseverity: error\nlet:\n  a: \"[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]\"\nassert: \"a.all(x, a.all(y, x + y < 32))\"\nmessage: m\nhelp: h\ndocs: { why: w, impact: i, verify: v, rollback: r, references: [] }\n";
    let asked = |steps: usize| {
        let settings = format!("extends = [\"p\"]\n[limits]\nexpression-steps = {steps}\n");
        let files = [
            ("p/a/b.yaml", rule),
            ("redis.conf", "hz 10\n"),
            ("redvet.toml", &settings),
        ];
        let scratch = Scratch::with(&files);
        let output = scratch.redvet(&[
            "check",
            "--exit-zero",
            "--format",
            "json",
            "--show-undetermined",
        ]);
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let fails = report["findings"].to_string().contains("\"a/b\"");
        (fails, report.to_string().contains("expression-steps"))
    };
    assert_eq!(asked(500_000), (true, false), "the last pair fails");
    assert_eq!(asked(1_000), (false, true));
}

#[test]
fn a_folder_cannot_raise_a_limit() {
    let check = |own: &str, outer: &str| {
        let scratch = Scratch::with(&[
            ("redvet.toml", outer),
            ("deploy/redvet.toml", own),
            ("deploy/a/redis.conf", "hz 10\n"),
            ("deploy/b/redis.conf", "hz 10\n"),
            ("deploy/c/redis.conf", "hz 10\n"),
        ]);
        let output = scratch.redvet(&["check", "deploy", "--exit-zero"]);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        (output.status.code().unwrap(), errors + &text)
    };
    let (code, told) = check("[limits]\nservers = 5\n", "[limits]\nservers = 3\n");
    assert_eq!(code, 2, "{told}");
    assert!(told.contains("cannot raise a limit"), "{told}");
    // What the root does not set is bounded by the default.
    let (code, told) = check("[limits]\nservers = 90000\n", "profile = \"strict\"\n");
    assert_eq!(code, 2, "{told}");
    let (code, told) = check("[limits]\nservers = 1\n", "[limits]\nservers = 3\n");
    assert_eq!(code, 0, "{told}");
    assert!(told.contains("left out"), "{told}");
    let (code, told) = check("", "[limits]\nservers = 1\n");
    assert_eq!(code, 0, "{told}");
    assert!(
        told.contains("left out"),
        "the root's limit holds below: {told}"
    );
}

#[test]
fn a_limit_has_a_range() {
    let scratch = Scratch::with(&[("redis.conf", "hz 10\n")]);
    for (limit, expected) in [
        ("servers = 0", "a number from 1 to 100000"),
        ("servers = 100001", "a number from 1 to 100000"),
        ("name-length = \"x\"", "a number from 64 to 4096"),
        (
            "expression-steps = 9223372036854775807",
            "a number from 1000 to 5000000",
        ),
        ("rows = 1", "unknown key `rows`"),
    ] {
        scratch.write("redvet.toml", &format!("[limits]\n{limit}\n"));
        let output = scratch.redvet(&["check"]);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{limit}: {told}");
        assert!(told.contains(expected), "{limit}: {told}");
    }
}
