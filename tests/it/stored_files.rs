//! Files that an earlier version wrote are read by this one: baselines silence what they silenced, and
//! reports are what the schema of today describes. A file under `fixtures/stored/` is never changed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::harness::{names_in, repository};

fn versions() -> Vec<PathBuf> {
    let folder = repository("fixtures/stored");
    let versions = names_in(&folder).into_iter();
    versions.map(|version| folder.join(version)).collect()
}

/// The tree that a version was run on, with its baseline.
fn tree(version: &Path, baseline: &str) -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    fs::create_dir(place.path().join(".git")).unwrap();
    fs::copy(version.join("redis.conf"), place.path().join("redis.conf")).unwrap();
    fs::copy(
        version.join(baseline),
        place.path().join(".redvet-baseline.json"),
    )
    .unwrap();
    place
}

#[test]
fn a_stored_baseline_silences_its_findings_and_no_others() {
    for version in versions() {
        for name in names_in(&version) {
            if !name.starts_with("baseline") {
                continue;
            }
            let place = tree(&version, &name);
            let run = |args: &[&str]| {
                let mut command = Command::new(env!("CARGO_BIN_EXE_redvet"));
                let output = command
                    .args(args)
                    .current_dir(place.path())
                    .output()
                    .unwrap();
                String::from_utf8(output.stdout).unwrap()
            };
            let select = ["--select", "conf/*", "--output-format", "concise"];
            let known = run(&[&["check"], &select[..]].concat());
            assert!(!known.contains("redis.conf:"), "{name}: {known}");
            let new = fs::read_to_string(place.path().join("redis.conf")).unwrap();
            fs::write(place.path().join("redis.conf"), new + "port twelve\n").unwrap();
            let said = run(&[&["check"], &select[..]].concat());
            assert!(said.contains("twelve"), "{name}: {said}");
        }
    }
}

#[test]
fn a_stored_report_is_what_the_schema_describes() {
    let schema = fs::read_to_string(repository("schemas/report.schema.json")).unwrap();
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let reports = versions()
        .into_iter()
        .map(|version| version.join("report.json"));
    for report in reports {
        let text = fs::read_to_string(&report).unwrap();
        let value: Value = serde_json::from_str(&text).unwrap();
        let errors = validator.iter_errors(&value).map(|error| error.to_string());
        let errors: Vec<String> = errors.collect();
        assert!(errors.is_empty(), "{}: {errors:?}", report.display());
        assert!(
            value["findings"]
                .as_array()
                .is_some_and(|all| !all.is_empty())
        );
    }
}
