//! The formats for other programs: a reviewed sample of each, and what the public conventions ask of
//! every one of them.

use crate::support::assert_no_faults;
use crate::support::golden;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

const FORMATS: &[(&str, &str)] = &[
    ("jsonl", "jsonl"),
    ("sarif", "sarif"),
    ("github", "github.txt"),
    ("gitlab", "gitlab.json"),
    ("junit", "junit.xml"),
    ("rdjson", "rdjson.json"),
    ("markdown", "md"),
    ("html", "html"),
];

/// A browser opens it and a person looks at it (`tests/browser/page.py`); its text is no sample.
const LOOKED_AT: &str = "html";

/// Beside every kind of place: a suppressed finding, blanks and letters of other scripts in a path.
const SAMPLE: &str = "relay-miner";

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The sample as a repository of its own: it lies in this one, whose root hosts would count from.
fn sample() -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    std::fs::create_dir(place.path().join(".git")).unwrap();
    let from = repository("fixtures/estates").join(SAMPLE);
    for entry in walkdir::WalkDir::new(&from).min_depth(1) {
        let entry = entry.unwrap();
        let target = place.path().join(entry.path().strip_prefix(&from).unwrap());
        if entry.file_type().is_dir() {
            std::fs::create_dir(target).unwrap();
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
    place
}

/// All reports of one run over a folder, by format.
fn reports(folder: &Path) -> Vec<(&'static str, String)> {
    let place = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_redvet"));
    command.arg("check").arg(".").current_dir(folder);
    for (format, ending) in FORMATS {
        let file = place.path().join(ending);
        command.arg(format!("--output-format={format}={}", file.display()));
    }
    let output = command.output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    FORMATS
        .iter()
        .map(|(format, ending)| {
            let text = std::fs::read_to_string(place.path().join(ending)).unwrap();
            (*format, text)
        })
        .collect()
}

fn of(format: &str, reports: &[(&str, String)]) -> String {
    let found = reports.iter().find(|(name, _)| *name == format);
    found.unwrap().1.clone()
}

fn json(format: &str, reports: &[(&str, String)]) -> Value {
    serde_json::from_str(&of(format, reports)).unwrap()
}

/// A repository whose findings are awkward: suppressed ones, equal ones, odd paths and texts.
fn awkward() -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    std::fs::create_dir(place.path().join("a b")).unwrap();
    std::fs::create_dir(place.path().join(".git")).unwrap();
    let text = "# redvet: ignore[conf/trailing-comment] it is, \"odd\" & <old>\n\
                maxmemory 1gb # é|<b>\nmaxmemory 2gb # %0A::error::x\nmaxmemory 2gb # é 日本 @me #1\n\
                no-such-\u{1b}[31m 1\n";
    std::fs::write(place.path().join("a b/é,redis:1.conf"), text).unwrap();
    // A table that this version only reads makes a note.
    let settings = "[[service]]\nname = \"miner\"\n";
    std::fs::write(place.path().join("redvet.toml"), settings).unwrap();
    place
}

#[test]
fn the_sample_of_each_format_is_the_reviewed_one() {
    let place = sample();
    let reports = reports(place.path());
    for ((format, text), (_, ending)) in reports.iter().zip(FORMATS) {
        if *format == LOOKED_AT {
            continue;
        }
        let path = repository(&format!("fixtures/reports/{SAMPLE}.{ending}"));
        golden::compare(&path, text);
        assert!(text.ends_with('\n'), "{format}");
    }
}

#[test]
fn every_format_has_the_same_findings_and_fingerprints() {
    for place in [sample(), awkward()] {
        let reports = reports(place.path());
        let lines: Vec<Value> = of("jsonl", &reports)
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert!(lines.len() > 1);
        let sarif = json("sarif", &reports);
        let results = sarif["runs"][0]["results"].as_array().unwrap();
        let shown = results
            .iter()
            .filter(|r| r["suppressions"] == Value::Array(Vec::new()));
        let in_sarif: Vec<&Value> = shown
            .map(|r| &r["partialFingerprints"]["primaryLocationLineHash"])
            .collect();
        let gitlab = json("gitlab", &reports);
        let issues = gitlab.as_array().unwrap();
        let in_gitlab: Vec<&Value> = issues.iter().map(|issue| &issue["fingerprint"]).collect();
        assert_eq!(in_gitlab, in_sarif);
        let own: Vec<&str> = lines
            .iter()
            .map(|l| l["fingerprint"].as_str().unwrap())
            .collect();
        assert_eq!(in_gitlab, own);
        let distinct: BTreeSet<&str> = own.iter().copied().collect();
        assert_eq!(distinct.len(), own.len(), "each once in a report");
        let count = lines.len();
        assert_eq!(of("github", &reports).lines().count(), count);
        assert_eq!(of("junit", &reports).matches("<failure ").count(), count);
        let rdjson = json("rdjson", &reports);
        assert_eq!(rdjson["diagnostics"].as_array().unwrap().len(), count);
        assert_eq!(of("markdown", &reports).matches("\n- line ").count(), count);
        let page = of("html", &reports);
        let hidden = page.matches(" hidden data-suppressed").count();
        let articles = page.matches("<article class=\"finding").count();
        assert_eq!(articles - hidden, count);
    }
}

#[test]
fn every_format_says_why_a_fix_is_not_offered() {
    for (format, text) in reports(sample().path()) {
        assert!(text.contains("does not import"), "{format}");
    }
}

/// The pages lie in this repository, which has no address on the web yet: programs are given the path,
/// and no host is given a link that would lead into the reader's own repository.
#[test]
fn findings_name_the_page_of_their_rule_and_link_to_the_web_alone() {
    let reports = reports(sample().path());
    for line in of("jsonl", &reports).lines() {
        let finding: Value = serde_json::from_str(line).unwrap();
        let page = finding["url"].as_str().unwrap();
        assert!(repository(page).is_file(), "{page}");
    }
    for format in ["sarif", "rdjson", "markdown", "html"] {
        let text = of(format, &reports);
        assert!(!text.contains("docs/rules/"), "{format}");
    }
}

/// `schemas/sarif.json` is the part of the public schema that a report can touch: every property that
/// it leaves out is refused.
#[test]
fn sarif_validates_against_its_schema() {
    let text = std::fs::read_to_string(repository("fixtures/reports/schemas/sarif.json")).unwrap();
    let schema: Value = serde_json::from_str(&text).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for place in [sample(), awkward()] {
        let sarif = json("sarif", &reports(place.path()));
        let errors = validator.iter_errors(&sarif).map(|e| e.to_string());
        assert_no_faults("the report keeps its schema", errors);
        let mut broken = sarif.clone();
        broken["runs"][0]["results"][0]["levle"] = Value::Null;
        assert!(!validator.is_valid(&broken), "the schema is closed");
    }
}

/// Each schema is closed: it refuses a property that it leaves out.
#[test]
fn gitlab_rdjson_and_our_own_lines_validate_against_their_schemas() {
    let schema = |path: &str| -> Value {
        serde_json::from_str(&std::fs::read_to_string(repository(path)).unwrap()).unwrap()
    };
    let own = schema("schemas/report.schema.json");
    let mut finding = own["$defs"]["Finding"].clone();
    finding["$defs"] = own["$defs"].clone();
    for place in [sample(), awkward()] {
        let reports = reports(place.path());
        let lines: Vec<Value> = of("jsonl", &reports)
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let mut documents = vec![
            (
                schema("fixtures/reports/schemas/gitlab.json"),
                json("gitlab", &reports),
            ),
            (
                schema("fixtures/reports/schemas/rdjson.json"),
                json("rdjson", &reports),
            ),
        ];
        documents.extend(lines.into_iter().map(|line| (finding.clone(), line)));
        for (schema, document) in documents {
            let validator = jsonschema::validator_for(&schema).unwrap();
            let errors = validator.iter_errors(&document).map(|e| e.to_string());
            assert_no_faults("the report keeps its schema", errors);
        }
    }
}

/// docs.github.com, "SARIF support for code scanning": the properties that it requires.
#[test]
fn sarif_has_what_code_scanning_asks_for() {
    for place in [sample(), awkward()] {
        let sarif = json("sarif", &reports(place.path()));
        assert_eq!(sarif["version"], "2.1.0");
        assert!(
            sarif["$schema"]
                .as_str()
                .unwrap()
                .ends_with("sarif-schema-2.1.0.json")
        );
        let run = &sarif["runs"][0];
        assert_eq!(run["columnKind"], "unicodeCodePoints");
        assert_eq!(run["tool"]["driver"]["name"], "redvet");
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        rules.iter().for_each(described);
        for result in run["results"].as_array().unwrap() {
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(rules[index]["id"], result["ruleId"]);
            let print = &result["partialFingerprints"]["primaryLocationLineHash"];
            assert!(print.as_str().unwrap().len() >= 16);
            let related = result["relatedLocations"].as_array();
            let own = result["locations"].as_array().unwrap();
            own.iter()
                .chain(related.into_iter().flatten())
                .for_each(placed);
        }
    }
}

fn described(rule: &Value) {
    for text in ["shortDescription", "fullDescription", "help"] {
        let text = rule[text]["text"].as_str().unwrap();
        assert!(!text.is_empty() && text.len() < 30_000, "{rule}");
    }
    assert!(!rule["help"]["markdown"].as_str().unwrap().is_empty());
    assert!(rule["name"].as_str().unwrap().len() < 256);
    let level = rule["defaultConfiguration"]["level"].as_str().unwrap();
    assert!(["note", "warning", "error"].contains(&level));
    let precision = rule["properties"]["precision"].as_str().unwrap();
    assert!(["very-high", "high", "medium", "low"].contains(&precision));
    let tags = rule["properties"]["tags"].as_array().unwrap();
    assert!((1..=20).contains(&tags.len()));
}

fn placed(location: &Value) {
    let artifact = &location["physicalLocation"]["artifactLocation"];
    let uri = artifact["uri"].as_str().unwrap();
    assert!(
        !uri.starts_with('/') && !uri.contains([' ', ':']) && uri.is_ascii(),
        "{uri}"
    );
    assert_eq!(artifact["uriBaseId"], "%SRCROOT%");
    let region = &location["physicalLocation"]["region"];
    for figure in ["startLine", "startColumn", "endLine", "endColumn"] {
        assert!(region[figure].as_u64().unwrap() >= 1, "{region}");
    }
}

/// docs.gitlab.com, "Code Quality report format".
#[test]
fn gitlab_issues_are_whole_and_each_is_its_own() {
    let place = awkward();
    let issues = json("gitlab", &reports(place.path()));
    let issues = issues.as_array().unwrap();
    let prints: BTreeSet<&str> = issues
        .iter()
        .map(|issue| issue["fingerprint"].as_str().unwrap())
        .collect();
    assert_eq!(prints.len(), issues.len());
    for issue in issues {
        assert!(issue["description"].as_str().unwrap().len() > 5);
        assert!(issue["check_name"].as_str().unwrap().contains('/'));
        let severity = issue["severity"].as_str().unwrap();
        assert!(["info", "minor", "major", "critical", "blocker"].contains(&severity));
        assert!(
            !issue["location"]["path"]
                .as_str()
                .unwrap()
                .starts_with("./")
        );
        assert!(issue["location"]["lines"]["begin"].as_u64().unwrap() >= 1);
    }
}

/// `proto/rdf/reviewdog.proto`: columns are counted in bytes of UTF-8.
#[test]
fn rdjson_columns_are_those_of_the_bytes() {
    let place = awkward();
    let reports = reports(place.path());
    let rdjson = json("rdjson", &reports);
    let lines: Vec<Value> = of("jsonl", &reports)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let text = std::fs::read_to_string(place.path().join("a b/é,redis:1.conf")).unwrap();
    for (diagnostic, own) in rdjson["diagnostics"].as_array().unwrap().iter().zip(&lines) {
        let byte = usize::try_from(own["start"]["byte"].as_u64().unwrap()).unwrap();
        let line = text[..byte].rfind('\n').map_or(0, |at| at + 1);
        let start = &diagnostic["location"]["range"]["start"];
        assert_eq!(start["column"].as_u64().unwrap() as usize, byte - line + 1);
        let severity = diagnostic["severity"].as_str().unwrap();
        assert!(["ERROR", "WARNING", "INFO"].contains(&severity));
    }
}

#[test]
fn no_format_lets_a_control_character_through() {
    let place = awkward();
    for (format, text) in reports(place.path()) {
        let bad = text.chars().find(|c| c.is_control() && *c != '\n');
        assert_eq!(bad, None, "{format}");
    }
}

#[test]
fn workflow_commands_join_the_report_for_people_on_github_only() {
    let place = awkward();
    let run = |format: &str, on_github: bool| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_redvet"));
        command.args(["check", ".", "--output-format", format]);
        command
            .current_dir(place.path())
            .env_remove("GITHUB_ACTIONS");
        if on_github {
            command.env("GITHUB_ACTIONS", "true");
        }
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    let commands = run("github", false);
    assert!(
        commands.starts_with("::warning title=redvet (memory/eviction-policy-implicit)"),
        "{commands}"
    );
    assert_eq!(run("full", true), run("full", false) + &commands);
    for (format, _) in FORMATS {
        assert_eq!(run(format, true), run(format, false), "{format}");
    }
    assert_eq!(run("json", true), run("json", false));
}

/// Hosts of repositories know paths from the repository's own root; the project may lie deeper.
#[test]
fn formats_for_hosts_have_paths_from_the_root_of_the_repository() {
    let place = tempfile::tempdir().unwrap();
    let project = place.path().join("infra/redis");
    std::fs::create_dir_all(&project).unwrap();
    std::fs::create_dir(place.path().join(".git")).unwrap();
    std::fs::write(project.join("redvet.toml"), "").unwrap();
    std::fs::write(project.join("redis.conf"), "port eleven\n").unwrap();
    let reports = reports(&project);
    let (own, whole) = ("redis.conf", "infra/redis/redis.conf");
    let sarif = &json("sarif", &reports)["runs"][0]["results"][0]["locations"][0].clone();
    let artifact = &sarif["physicalLocation"]["artifactLocation"];
    assert_eq!(artifact["uri"], whole);
    assert_eq!(json("gitlab", &reports)[0]["location"]["path"], whole);
    assert_eq!(
        json("rdjson", &reports)["diagnostics"][0]["location"]["path"],
        whole
    );
    assert!(of("github", &reports).contains(&format!("file={whole},")));
    assert!(of("junit", &reports).contains(&format!("file=\"{whole}\"")));
    assert!(of("markdown", &reports).contains(&format!("of `{whole}`")));
    assert!(of("html", &reports).contains(&format!("<code>{own}:1:6</code>")));
    let first: Value = serde_json::from_str(of("jsonl", &reports).lines().next().unwrap()).unwrap();
    assert_eq!(first["path"], own, "the report itself is the project's");
}

/// Two servers of one name, as staging and production have them, are two rows.
#[test]
fn the_page_tells_servers_of_one_name_apart() {
    let place = tempfile::tempdir().unwrap();
    let manifest = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: { name: cache, namespace: NS }\nspec:\n  template:\n    spec:\n      containers:\n        - { name: redis, image: \"redis:7.2.6\" }\n";
    for namespace in ["staging", "live"] {
        let path = place.path().join(format!("{namespace}.yaml"));
        std::fs::write(path, manifest.replace("NS", namespace)).unwrap();
    }
    let go = "package main\n\nimport \"github.com/redis/go-redis/v9\"\n\nfunc main() {\n\tredis.NewClient(&redis.Options{PoolSize: 5})\n}\n";
    std::fs::write(place.path().join("main.go"), go).unwrap();
    let module = "module m\n\ngo 1.22\n\nrequire github.com/redis/go-redis/v9 v9.7.0\n";
    std::fs::write(place.path().join("go.mod"), module).unwrap();
    let page = of("html", &reports(place.path()));
    for namespace in ["staging", "live"] {
        let name = format!("<b>StatefulSet/cache in {namespace}</b>");
        assert_eq!(page.matches(&name).count(), 1, "{name}");
    }
    let map = "Who connects to whom";
    assert!(
        !page.contains(map),
        "no link is known: there is nothing to draw"
    );
}

/// A finding belongs to the server in whose file it stands, where two have one name.
#[test]
fn the_page_gives_each_server_its_own_findings() {
    let place = tempfile::tempdir().unwrap();
    let manifest = "apiVersion: v1\nkind: Pod\nmetadata: { name: cache }\nspec:\n  containers:\n    - name: redis\n      image: redis:7.2.6\n      args: [redis-server, --maxmemory, SIZE]\n      resources: { limits: { memory: 1Gi } }\n";
    for (file, size) in [("a.yaml", "2gb"), ("b.yaml", "512mb")] {
        let text = manifest.replace("SIZE", size);
        std::fs::write(place.path().join(file), text).unwrap();
    }
    let page = of("html", &reports(place.path()));
    let rows: Vec<&str> = page.split("<details class=\"server\"").collect();
    assert_eq!(rows.len(), 3);
    let errors = |file: &str| {
        let row = rows.iter().find(|row| row.contains(file)).unwrap();
        row.split("</summary>")
            .next()
            .unwrap()
            .contains("badge error")
    };
    assert!(errors("a.yaml") && !errors("b.yaml"), "{page}");
}

/// Rendered copies of one base differ in nothing that a reader could act on.
#[test]
fn the_page_shows_copies_of_a_server_as_one_row() {
    let place = tempfile::tempdir().unwrap();
    let manifest = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: { name: cache }\nspec:\n  template:\n    spec:\n      containers:\n        - { name: redis, image: \"redis:7.2.6\" }\n";
    for copy in ["install", "install-ha", "core"] {
        std::fs::write(place.path().join(format!("{copy}.yaml")), manifest).unwrap();
    }
    let page = of("html", &reports(place.path()));
    assert_eq!(page.matches("<details class=\"server\"").count(), 1);
    assert!(page.contains("same in 3 files"), "{page}");
}

/// The default of one I/O thread takes nothing beside the main thread: a bar would raise an alarm that
/// no rule raises.
#[test]
fn the_page_draws_no_bar_for_what_is_not_used() {
    let place = tempfile::tempdir().unwrap();
    let manifest = "apiVersion: v1\nkind: Pod\nmetadata: { name: cache }\nspec:\n  containers:\n    - name: redis\n      image: redis:7.2.6\n      args: [redis-server, --maxmemory, 900mb THREADS]\n      resources: { limits: { cpu: 100m, memory: 1Gi } }\n";
    let page = |threads: &str| {
        let text = manifest.replace(" THREADS", threads);
        std::fs::write(place.path().join("pod.yaml"), text).unwrap();
        of("html", &reports(place.path()))
    };
    let plain = page("");
    assert!(!plain.contains("threads <span class=\"spare"), "{plain}");
    assert!(plain.contains("900 MiB of 1 GiB (88%)"), "{plain}");
    assert!(plain.contains("<rect class=\"tight\""), "amber from 80%");
    let threaded = page(", --io-threads, \"4\"");
    assert!(threaded.contains("threads <span class=\"spare over\">3.9 over the limit"));
}

#[test]
fn a_clean_repository_has_a_report_in_every_format() {
    let place = tempfile::tempdir().unwrap();
    std::fs::write(place.path().join("notes.txt"), "nothing\n").unwrap();
    let reports = reports(place.path());
    assert_eq!(of("jsonl", &reports), "");
    assert_eq!(of("github", &reports), "");
    assert_eq!(json("gitlab", &reports), Value::Array(Vec::new()));
    assert_eq!(
        json("sarif", &reports)["runs"][0]["results"],
        Value::Array(Vec::new())
    );
    assert!(of("junit", &reports).contains("tests=\"1\" failures=\"0\""));
    assert!(of("markdown", &reports).contains("No findings"));
    assert!(of("html", &reports).contains("<p>No findings.</p>"));
}

/// The registry is what counts: whoever adds a format there learns here what else it has.
#[test]
fn every_format_is_told_of_and_has_a_sample() {
    let help = Command::new(env!("CARGO_BIN_EXE_redvet"))
        .args(["check", "--help"])
        .output();
    let help = String::from_utf8(help.unwrap().stdout).unwrap();
    let readme = std::fs::read_to_string(repository("README.md")).unwrap();
    let told: BTreeSet<&str> = help.split(|c: char| !c.is_alphanumeric()).collect();
    let elsewhere = ["full", "concise", "json"];
    let sampled: Vec<&str> = redvet::report::FORMATS
        .iter()
        .map(|format| format.name)
        .inspect(|name| assert!(told.contains(name), "--help says nothing of {name}"))
        .inspect(|name| assert!(readme.contains(&format!("`{name}`")), "README: {name}"))
        .filter(|name| !elsewhere.contains(name))
        .collect();
    let samples: Vec<&str> = FORMATS.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        sampled, samples,
        "left: src/report/mod.rs; right: the samples here"
    );
}
