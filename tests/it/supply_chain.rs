//! What redvet is built of: crates of one registry, each with its checksum, none that opens
//! connections or runs programs, all under licences that `deny.toml` allows.

use std::process::Command;

use serde_json::Value;

use crate::support::assert_no_faults;
use crate::support::harness::repository;

fn toml(path: &str) -> Value {
    let text = std::fs::read_to_string(repository(path)).unwrap();
    toml::from_str(&text).unwrap()
}

fn words(list: &Value) -> Vec<&str> {
    let words = list.as_array().unwrap().iter();
    words.map(|word| word.as_str().unwrap()).collect()
}

#[test]
fn every_crate_is_of_the_registry_and_allowed() {
    let (lock, policy) = (toml("Cargo.lock"), toml("deny.toml"));
    let denied = policy["bans"]["deny"].as_array().unwrap();
    let denied: Vec<&str> = denied
        .iter()
        .map(|one| one["crate"].as_str().unwrap())
        .collect();
    assert!(denied.contains(&"tokio"));
    let registry = words(&policy["sources"]["allow-registry"])[0];
    let source = format!("registry+{registry}");
    let packages = lock["package"].as_array().unwrap();
    assert!(packages.len() > 100);
    let faults = packages.iter().filter_map(|package| {
        let name = package["name"].as_str().unwrap();
        if denied.contains(&name) {
            return Some(format!("{name} is denied"));
        }
        let is_ours = name == env!("CARGO_PKG_NAME");
        let is_kept = package["source"] == source.as_str() && package["checksum"].is_string();
        (!is_ours && !is_kept).then(|| format!("{name} is not of the registry"))
    });
    assert_no_faults("what deny.toml allows", faults);
}

#[test]
fn every_licence_is_allowed() {
    let policy = toml("deny.toml");
    let allowed = words(&policy["licenses"]["allow"]);
    // Crates of other platforms are not there after a build.
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--offline", "--locked", "--format-version", "1"])
        .args(["--filter-platform", &host()])
        .current_dir(repository("."))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let faults = packages.iter().filter_map(|package| {
        let licence = package["license"].as_str().unwrap_or_default();
        (!is_allowed(licence, &allowed)).then(|| format!("{}: {licence}", package["name"]))
    });
    assert_no_faults("licences that deny.toml allows", faults);
}

/// The platform that tests are built for.
fn host() -> String {
    let output = Command::new("rustc").arg("-vV").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.unwrap().to_owned()
}

/// Whether each part that `AND` joins offers an allowed licence.
fn is_allowed(licence: &str, allowed: &[&str]) -> bool {
    let licence = licence.replace(['(', ')'], "").replace('/', " OR ");
    let offers = |part: &str| part.split(" OR ").any(|one| allowed.contains(&one.trim()));
    licence.split(" AND ").all(offers)
}

#[test]
fn licences_are_read_as_they_are_written() {
    for (licence, is) in [
        ("MIT", true),
        ("GPL-3.0", false),
        ("GPL-3.0 OR MIT", true),
        ("Apache-2.0/MIT", true),
        ("(MIT OR Apache-2.0) AND Unicode-3.0", true),
        ("MIT AND GPL-3.0", false),
        ("", false),
    ] {
        assert_eq!(
            is_allowed(licence, &["MIT", "Unicode-3.0"]),
            is,
            "{licence}"
        );
    }
}

/// Whether a base is a stage of its own file, or an image by its digest.
fn is_pinned(base: &str, stages: &[&str]) -> bool {
    let digest = base.split_once("@sha256:").map_or("", |(_, digest)| digest);
    let is_digest = digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_digest || base == "scratch" || stages.contains(&base)
}

#[test]
fn images_are_named_by_their_digest() {
    let text = std::fs::read_to_string(repository("Containerfile")).unwrap();
    let lines = text.lines().filter_map(|line| line.strip_prefix("FROM "));
    let bases: Vec<Vec<&str>> = lines.map(|line| line.split(' ').collect()).collect();
    assert!(bases.len() > 1, "{bases:?}");
    let stages: Vec<&str> = bases
        .iter()
        .filter_map(|words| words.get(2).copied())
        .collect();
    let floating = bases.iter().filter(|words| !is_pinned(words[0], &stages));
    assert_no_faults("digests", floating.map(|words| words.join(" ")));
    let workflows = std::fs::read_dir(repository(".github/workflows")).unwrap();
    let texts = workflows.map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap());
    let texts: Vec<String> = texts.collect();
    let lines = texts.iter().flat_map(|text| text.lines().map(str::trim));
    let containers: Vec<&str> = lines
        .filter_map(|line| line.strip_prefix("container: "))
        .collect();
    assert!(!containers.is_empty());
    let floating = containers.iter().filter(|image| !is_pinned(image, &[]));
    assert_no_faults(
        "digests of workflows",
        floating.map(|image| (*image).to_owned()),
    );
    assert!(!is_pinned("docker.io/library/rust:1.95-alpine", &stages));
    assert!(!is_pinned("rust@sha256:606fd313", &stages));
}

/// Every row of a file that pip installs from, with whether a hash follows it.
fn pip_rows(path: &str) -> Vec<(String, bool)> {
    let text = std::fs::read_to_string(repository(path)).unwrap();
    let joined = text.replace("\\\n", " ");
    let rows = joined.lines().map(str::trim);
    let rows = rows.filter(|row| !row.is_empty() && !row.starts_with('#'));
    rows.map(|row| (format!("{path}: {row}"), row.contains("--hash=sha256:")))
        .collect()
}

#[test]
fn python_packages_are_files_with_hashes() {
    let oracles = std::fs::read_dir(repository("tests/oracle_python")).unwrap();
    let oracles = oracles.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let oracles = oracles.filter(|name| name.ends_with(".lock.txt"));
    let lists = oracles
        .map(|name| format!("tests/oracle_python/{name}"))
        .chain([".ci/requirements.txt", "tests/live/servers.lock.txt"].map(str::to_owned));
    let rows: Vec<(String, bool)> = lists.flat_map(|path| pip_rows(&path)).collect();
    assert!(rows.len() > 30, "{}", rows.len());
    let faults = rows.into_iter().filter(|(_, hashed)| !hashed);
    assert_no_faults("every row has a hash", faults.map(|(row, _)| row));
    for script in [
        ".ci/run",
        "tests/live/install",
        ".github/workflows/release.yml",
    ] {
        let text = std::fs::read_to_string(repository(script)).unwrap();
        let joined = text.replace("\\\n", " ");
        let installs = joined
            .lines()
            .filter(|line| line.contains("pip install") || line.contains("pip\" install"));
        let faults = installs.filter(|line| !line.contains("--require-hashes"));
        assert_no_faults(
            "pip takes hashes",
            faults.map(|line| format!("{script}: {line}")),
        );
    }
}

#[test]
fn the_compiler_is_pinned() {
    let pinned = toml("rust-toolchain.toml");
    let channel = pinned["toolchain"]["channel"].as_str().unwrap();
    assert_eq!(channel.split('.').count(), 3, "{channel} is one release");
    let oldest = toml("Cargo.toml");
    let oldest = oldest["package"]["rust-version"].as_str().unwrap();
    let number = |version: &str| -> Vec<u32> {
        version
            .split('.')
            .map(|part| part.parse().unwrap())
            .collect()
    };
    assert!(number(channel) >= number(oldest), "{channel} {oldest}");
}
