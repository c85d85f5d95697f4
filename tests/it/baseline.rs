//! Fingerprints and the baseline: what a project knew stays silent while lines move, and speaks again
//! when the value changes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, Output};

use crate::support::harness::{Harness, estates, repository};
use redvet::finding::Report;

/// The files of an estate with their texts, `redvet.toml` included.
fn files(estate: &str) -> BTreeMap<String, String> {
    let root = repository("fixtures/estates").join(estate);
    let entries = walkdir::WalkDir::new(&root).into_iter().map(Result::unwrap);
    entries
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let path = entry.path().strip_prefix(&root).unwrap();
            let text = std::fs::read_to_string(entry.path()).unwrap();
            (path.to_str().unwrap().to_owned(), text)
        })
        .collect()
}

fn check(files: &BTreeMap<String, String>) -> Report {
    let harness = Harness::new();
    let texts = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()));
    harness.check(&harness.texts(texts))
}

fn fingerprints(report: &Report) -> Vec<(String, String)> {
    let one = |f: &redvet::finding::Finding| (f.rule.clone(), f.fingerprint.clone());
    let mut all: Vec<_> = report.findings.iter().map(one).collect();
    all.sort();
    all
}

/// The files with 50 empty lines above the line of every finding.
fn moved(files: &BTreeMap<String, String>, report: &Report) -> BTreeMap<String, String> {
    let places: BTreeSet<(String, usize)> = report
        .findings
        .iter()
        .map(|f| {
            let file = report.sources.get(f.primary.file);
            let line = file.line_of(f.primary.start as usize);
            (file.path().to_owned(), file.line_range(line).start)
        })
        .collect();
    let mut files = files.clone();
    for (path, at) in places.iter().rev() {
        files
            .get_mut(path)
            .unwrap()
            .insert_str(*at, &"\n".repeat(50));
    }
    files
}

#[test]
fn lines_above_every_finding_change_no_fingerprint() {
    for estate in estates() {
        let files = files(&estate);
        let before = check(&files);
        let after = check(&moved(&files, &before));
        assert_eq!(fingerprints(&before), fingerprints(&after), "{estate}");
        let lines = |report: &Report| {
            let lines = report
                .findings
                .iter()
                .map(|f| report.sources.start(f.primary).line);
            lines.sum::<usize>()
        };
        let count = before.findings.len();
        assert!(
            lines(&after) >= lines(&before) + 50 * count,
            "{estate}: they have moved"
        );
    }
}

#[test]
fn another_value_is_another_fingerprint() {
    let of = |text: &str| {
        let files = BTreeMap::from([("redis.conf".to_owned(), text.to_owned())]);
        fingerprints(&check(&files))
            .into_iter()
            .find(|(rule, _)| rule == "conf/invalid-value")
    };
    let (one, two) = (of("port eleven\n"), of("hz 10\nport twelve\n"));
    assert!(one.is_some() && two.is_some() && one != two);
    assert_eq!(one, of("hz 10\n\nport eleven\n"));
}

fn redvet(place: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_redvet"));
    command.args(args).current_dir(place).output().unwrap()
}

fn code(place: &Path, args: &[&str]) -> i32 {
    redvet(place, args).status.code().unwrap()
}

fn said(place: &Path, args: &[&str]) -> (i32, String) {
    let output = redvet(place, args);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let text = String::from_utf8(output.stdout).unwrap();
    (output.status.code().unwrap(), text)
}

/// A copy of an estate.
fn copy(estate: &str) -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    write(place.path(), &files(estate));
    place
}

fn write(place: &Path, files: &BTreeMap<String, String>) {
    for (path, text) in files {
        let path = place.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

#[test]
fn a_baseline_silences_what_was_known_and_nothing_else() {
    let place = copy("relay-miner");
    let place = place.path();
    assert_eq!(code(place, &["check"]), 1);
    // However many there are: a new rule is no news to this test.
    let report = check(&files("relay-miner"));
    let all: usize = report.shown_findings().map(|f| f.members().len()).sum();
    let left = all - 1;
    // A report counts a bundle once.
    let silenced = report.shown_findings().count() - 1;
    let (exit, text) = said(place, &["baseline", "write"]);
    let written = format!(".redvet-baseline.json: {all} known findings written\n");
    assert_eq!((exit, text), (0, written));
    assert_eq!(code(place, &["check"]), 0);
    assert_eq!(code(place, &["baseline", "check"]), 0);

    // Lines above every finding: all stay known.
    let files = files("relay-miner");
    let mut later = moved(&files, &check(&files));
    write(place, &later);
    assert_eq!(code(place, &["check"]), 0);
    assert_eq!(code(place, &["baseline", "check"]), 0);

    // Another value: the finding is back, and one is gone.
    let config = later.get_mut("deploy/redis-configmap.yaml").unwrap();
    *config = config.replace("hz 100 ", "hz 200 ");
    write(place, &later);
    let (exit, text) = said(place, &["check", "--format", "concise"]);
    assert_eq!(exit, 1, "{text}");
    assert!(text.contains("conf/trailing-comment] `hz`"), "{text}");
    assert!(
        text.contains("1 error in 9 files") && text.contains(&format!("{silenced} suppressed")),
        "{text}"
    );
    let (exit, text) = said(place, &["baseline", "check"]);
    assert_eq!(exit, 1);
    assert!(
        text.ends_with(".redvet-baseline.json: 1 fixed, 1 new\n"),
        "{text}"
    );

    // Pruning takes out, and never lets in.
    let (_, text) = said(place, &["baseline", "prune"]);
    let kept = format!(".redvet-baseline.json: 1 removed, {left} known findings remaining\n");
    assert_eq!(text, kept);
    assert_eq!(code(place, &["check"]), 1);
    let (exit, text) = said(place, &["baseline", "check"]);
    assert_eq!(exit, 1);
    assert!(text.ends_with(": 0 fixed, 1 new\n"), "{text}");
}

#[test]
fn the_baseline_is_where_flag_or_settings_say() {
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    std::fs::write(place.join("redis.conf"), "port eleven\n").unwrap();
    std::fs::write(place.join("redvet.toml"), "baseline = \"ci/known.json\"\n").unwrap();
    std::fs::create_dir(place.join("ci")).unwrap();
    let output = redvet(place, &["check"]);
    assert_eq!(output.status.code(), Some(2), "a named one must be there");
    assert!(String::from_utf8_lossy(&output.stderr).contains("redvet baseline write"));
    assert_eq!(code(place, &["baseline", "write"]), 0);
    assert_eq!(code(place, &["check"]), 0);
    assert_eq!(
        code(place, &["baseline", "write", "--file", "other.json"]),
        0
    );
    std::fs::remove_file(place.join("ci/known.json")).unwrap();
    assert_eq!(code(place, &["check", "--baseline", "other.json"]), 0);
    std::fs::write(place.join("other.json"), "{}").unwrap();
    assert_eq!(code(place, &["check", "--baseline", "other.json"]), 2);
    assert_eq!(code(place, &["baseline", "prune"]), 2);
}

/// The baseline shrinks with the work: what is mended is told, and a run that writes takes it out.
#[test]
fn a_mended_finding_leaves_the_baseline() {
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    let conf = place.join("redis.conf");
    let known = || {
        let text = std::fs::read_to_string(place.join(".redvet-baseline.json")).unwrap();
        text.matches("\"fingerprint\"").count()
    };
    std::fs::write(&conf, "hz 100 # a\nport eleven\n").unwrap();
    assert_eq!(code(place, &["baseline", "write"]), 0);
    let all = known();
    std::fs::write(&conf, "hz 100 # a\nport 7000\n").unwrap();
    let (exit, text) = said(place, &["check"]);
    assert!(
        exit == 0 && text.contains("1 finding in the baseline has been fixed"),
        "{text}"
    );
    assert_eq!(known(), all, "a check writes nothing");
    for partial in [
        &["check", "--select", "memory/*"][..],
        &["check", "--isolated", "."],
    ] {
        let (_, text) = said(place, partial);
        assert!(!text.contains("of the baseline"), "{text}");
    }
    assert_eq!(code(place, &["check", "--fix"]), 0);
    assert_eq!(known(), all - 1);
    // What is back is told, since nobody knows it any more.
    std::fs::write(&conf, "hz 100 # a\nport eleven\n").unwrap();
    assert_eq!(code(place, &["check"]), 1);
}

/// A copy of an object whose faults are known is as new as the file that it stands in.
#[test]
fn a_new_copy_of_a_known_fault_is_news() {
    let deployment = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: redis}\nspec:\n  selector: {matchLabels: {app: redis}}\n  template:\n    metadata: {labels: {app: redis}}\n    spec:\n      containers:\n        - {name: redis, image: \"redis:7.2.6\", args: [--maxmemory, 1gb, --maxmemory-policy, noeviction]}\n";
    let place = tempfile::tempdir().unwrap();
    let place = place.path();
    let add = |folder: &str| {
        std::fs::create_dir_all(place.join(folder)).unwrap();
        std::fs::write(place.join(folder).join("redis.yaml"), deployment).unwrap();
    };
    let settings = "select = [\"deploy/memory-limit-missing\"]\n";
    std::fs::write(place.join("redvet.toml"), settings).unwrap();
    let check = ["check", "--format", "concise"];
    add("base");
    add("rendered");
    let (_, text) = said(place, &["baseline", "write"]);
    assert!(text.contains("2 known findings written"), "{text}");
    let (exit, text) = said(place, &check);
    assert_eq!(exit, 0, "{text}");
    add("staging");
    let (exit, text) = said(place, &check);
    assert!(exit == 1 && text.contains("staging/redis.yaml"), "{text}");
}

/// Renaming a file is no news, nor is its second look a way in for a copy of it.
#[test]
fn a_renamed_file_stays_known() {
    let place = copy("relay-miner");
    let place = place.path();
    let (_, written) = said(place, &["baseline", "write"]);
    let known = written.split(' ').nth(1).unwrap();
    std::fs::rename(place.join("deploy"), place.join("manifests")).unwrap();
    std::fs::rename(
        place.join("cmd/cmd_miner.go"),
        place.join("cmd/cmd_miners.go"),
    )
    .unwrap();
    let (exit, text) = said(place, &["check", "--format", "concise"]);
    assert_eq!(exit, 0, "{text}");
    let (exit, text) = said(place, &["baseline", "check"]);
    assert_eq!(exit, 0, "{text}");
    let (_, text) = said(place, &["baseline", "prune"]);
    let kept = format!(".redvet-baseline.json: 0 removed, {known} known findings remaining\n");
    assert_eq!(text, kept);
    let text = std::fs::read_to_string(place.join(".redvet-baseline.json")).unwrap();
    assert!(text.contains(": \"manifests/") && !text.contains("\"path\": \"deploy/"));

    let file = place.join("manifests/redis-configmap.yaml");
    std::fs::create_dir(place.join("old")).unwrap();
    std::fs::copy(&file, place.join("old/redis-configmap.yaml")).unwrap();
    let (exit, text) = said(place, &["check", "--format", "concise"]);
    assert!(
        exit == 1 && text.contains("old/redis-configmap.yaml:"),
        "{text}"
    );
    assert!(!text.contains("manifests/"), "{text}");
}
