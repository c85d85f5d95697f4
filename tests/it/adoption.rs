//! What a team needs to switch redvet on: `init`, completions, manual pages, and the hooks, run by
//! pre-commit itself in a scratch repository.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::scratch::{Scratch, isolation};

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn page(path: &str) -> String {
    fs::read_to_string(repository("fixtures/reports/page").join(path)).unwrap()
}

/// A repository with two servers and the program that uses one of them.
fn shop() -> Scratch {
    let files = [
        "deploy/sessions.yaml",
        "deploy/queue.yaml",
        "cmd/api/main.go",
        "go.mod",
    ];
    let texts: Vec<(&str, String)> = files.iter().map(|path| (*path, page(path))).collect();
    let files: Vec<(&str, &str)> = texts
        .iter()
        .map(|(path, text)| (*path, text.as_str()))
        .collect();
    Scratch::with(&files)
}

fn said(scratch: &Scratch, args: &[&str]) -> String {
    let output = scratch.redvet(args);
    assert!(output.status.success(), "{args:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn init_names_what_it_found_and_changes_no_result() {
    let scratch = shop();
    let before = scratch.check(&[]);
    let dry = said(&scratch, &["init", "--dry-run"]);
    assert!(!scratch.path().join("redvet.toml").exists(), "{dry}");
    let told = said(&scratch, &["init"]);
    assert_eq!(told.matches("wrote ").count(), 2, "{told}");
    let settings = fs::read_to_string(scratch.path().join("redvet.toml")).unwrap();
    assert!(dry.contains(&settings), "{dry}");
    for name in ["StatefulSet/sessions", "StatefulSet/queue", "cmd/api/**"] {
        assert!(settings.contains(&format!("\"{name}\"")), "{settings}");
    }
    assert_eq!(scratch.check(&[]), before);
    let hook = fs::read_to_string(scratch.path().join(".pre-commit-config.yaml")).unwrap();
    assert!(hook.contains("entry: redvet check --staged\n"), "{hook}");
}

#[test]
fn what_init_comments_out_holds_when_it_is_switched_on() {
    let scratch = shop();
    said(&scratch, &["init"]);
    let path = scratch.path().join("redvet.toml");
    let settings = fs::read_to_string(&path).unwrap();
    let is_toml = |line: &str| {
        line.starts_with('[')
            || line
                .split_once(" = ")
                .is_some_and(|(key, _)| !key.contains(' '))
    };
    let on: Vec<&str> = settings
        .lines()
        .filter(|line| !line.starts_with("# extends"))
        .map(|line| {
            line.strip_prefix("# ")
                .filter(|l| is_toml(l))
                .unwrap_or(line)
        })
        .collect();
    assert!(on.iter().filter(|line| **line == "[[server]]").count() == 2);
    fs::write(&path, on.join("\n")).unwrap();
    let shown = said(&scratch, &["check", "--show-settings"]);
    assert!(shown.contains("server[StatefulSet/queue].role"), "{shown}");
}

#[test]
fn init_overwrites_nothing() {
    let scratch = shop();
    scratch.write("redvet.toml", "# mine\n");
    scratch.write(".pre-commit-config.yaml", "repos: []\n");
    let told = said(&scratch, &["init"]);
    assert_eq!(told.matches("already exists").count(), 2, "{told}");
    assert!(
        told.contains("id: redvet"),
        "the hook to add is shown: {told}"
    );
    let after = |path: &str| fs::read_to_string(scratch.path().join(path)).unwrap();
    assert_eq!(after("redvet.toml"), "# mine\n");
    assert_eq!(after(".pre-commit-config.yaml"), "repos: []\n");
    fs::remove_file(scratch.path().join(".pre-commit-config.yaml")).unwrap();
    said(&scratch, &["init"]);
    let told = said(&scratch, &["init"]);
    assert!(told.contains("already has a redvet hook"), "{told}");
    assert!(!told.contains("id: redvet"), "{told}");
}

#[test]
fn init_works_where_nothing_is_found() {
    let place = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_redvet"));
    command.arg("init").arg(place.path());
    command.env("GIT_CEILING_DIRECTORIES", place.path());
    let output = command.output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success() && told.contains("no pre-commit hook written"),
        "{told}"
    );
    let settings = fs::read_to_string(place.path().join("redvet.toml")).unwrap();
    assert!(settings.contains("No server was found"), "{settings}");
}

#[test]
fn completions_and_manual_pages_know_the_options() {
    let scratch = Scratch::with(&[]);
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = said(&scratch, &["completions", shell]);
        assert!(script.contains("new-from"), "{shell}");
        let names_rules = script.contains("memory/maxmemory-too-high");
        // clap's scripts for these two shells complete no values.
        let no_values = ["elvish", "powershell"].contains(&shell);
        assert!(names_rules || no_values, "{shell}");
    }
    let page = said(&scratch, &["man"]);
    assert!(
        page.contains(".TH redvet 1") && page.contains("redvet\\-check(1)"),
        "{page}"
    );
    said(&scratch, &["man", "--dir", "man"]);
    let check = fs::read_to_string(scratch.path().join("man/redvet-check.1")).unwrap();
    assert!(check.contains("\\-\\-new\\-from"), "{check}");
}

/// A ConfigMap, and apart from it the workload that bounds it.
fn conf(maxmemory: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: cache }}\ndata:\n  redis.conf: |\n    maxmemory {maxmemory}\n    maxmemory-policy allkeys-lru\n"
    )
}

const WORKLOAD: &str = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: { name: cache }\nspec:\n  selector: { matchLabels: { app: cache } }\n  template:\n    metadata: { labels: { app: cache } }\n    spec:\n      containers:\n        - name: redis\n          image: redis:7.2.6\n          command: [redis-server, /etc/redis/redis.conf]\n          resources: { limits: { memory: 2Gi, cpu: \"1\" } }\n          volumeMounts: [{ name: conf, mountPath: /etc/redis }]\n      volumes: [{ name: conf, configMap: { name: cache } }]\n";

/// pre-commit, which CI installs; elsewhere it may be missing.
fn pre_commit() -> Option<PathBuf> {
    let named = std::env::var_os("REDVET_PRE_COMMIT").map(PathBuf::from);
    let program = named.unwrap_or_else(|| "pre-commit".into());
    let output = Command::new(&program).arg("--version").output();
    if output.is_ok_and(|output| output.status.success()) {
        return Some(program);
    }
    assert!(
        std::env::var_os("CI").is_none(),
        "pre-commit is not installed, and CI is set"
    );
    None
}

/// The shipped hooks as pre-commit gets them, but that they run the program under test.
fn hooks(ids: &[(&str, &str)]) -> (Scratch, String) {
    let text = fs::read_to_string(repository(".pre-commit-hooks.yaml")).unwrap();
    let shipped = Scratch::with(&[(".pre-commit-hooks.yaml", &text)]);
    let commit = shipped.git(&["rev-parse", "HEAD"]);
    let path = shipped.path().display();
    let mut config = format!("repos:\n  - repo: {path}\n    rev: {commit}    hooks:\n");
    for (id, args) in ids {
        config.push_str(&format!(
            "      - {{ id: {id}, language: system, args: [{args}] }}\n"
        ));
    }
    (shipped, config)
}

struct Team {
    scratch: Scratch,
    cache: tempfile::TempDir,
    pre_commit: PathBuf,
    _shipped: Scratch,
}

impl Team {
    /// A repository with a fine server, committed, and the hooks installed.
    fn with(ids: &[(&str, &str)]) -> Option<Self> {
        let pre_commit = pre_commit()?;
        let (shipped, config) = hooks(ids);
        let conf = conf("1gb");
        let scratch = Scratch::with(&[
            ("conf.yaml", &conf),
            ("workload.yaml", WORKLOAD),
            (".pre-commit-config.yaml", &config),
        ]);
        let team = Self {
            scratch,
            cache: tempfile::tempdir().unwrap(),
            pre_commit,
            _shipped: shipped,
        };
        let (done, told) = team.run(Command::new(&team.pre_commit).arg("install"));
        assert!(done, "{told}");
        Some(team)
    }

    fn run(&self, command: &mut Command) -> (bool, String) {
        let program = Path::new(env!("CARGO_BIN_EXE_redvet")).parent().unwrap();
        let path = std::env::var_os("PATH").unwrap();
        let path = std::iter::once(program.to_owned()).chain(std::env::split_paths(&path));
        command
            .current_dir(self.scratch.path())
            .env("PATH", std::env::join_paths(path).unwrap())
            .env("PRE_COMMIT_HOME", self.cache.path())
            .envs(isolation())
            .env_remove("GITHUB_ACTIONS");
        let output = command.output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (
            output.status.success(),
            String::from_utf8_lossy(&text).into_owned(),
        )
    }

    /// A commit of this file alone, as a person makes it.
    fn commit(&self, path: &str, text: &str) -> (bool, String) {
        self.scratch.write(path, text);
        self.scratch.git(&["add", path]);
        self.run(Command::new("git").args(["commit", "--message=a change"]))
    }
}

/// The limit stands in a file that the commit does not touch.
fn stops_what_is_bad_and_passes_what_is_mended(ids: &[(&str, &str)]) {
    let Some(team) = Team::with(ids) else { return };
    let (done, told) = team.commit("conf.yaml", &conf("3gb"));
    assert!(
        !done && told.contains("memory/maxmemory-too-high"),
        "{told}"
    );
    assert!(
        told.contains("2 GiB"),
        "the workload's limit is known: {told}"
    );
    assert_eq!(told.matches("Failed").count(), ids.len(), "{told}");
    let (done, told) = team.commit("conf.yaml", &conf("1200mb"));
    assert!(done, "{told}");
    assert_eq!(told.matches("Passed").count(), ids.len(), "{told}");
}

#[test]
fn the_hook_over_the_whole_repository_stops_a_bad_commit() {
    stops_what_is_bad_and_passes_what_is_mended(&[("redvet", "--fail-on, error")]);
}

#[test]
fn the_hook_over_changed_files_knows_the_others() {
    stops_what_is_bad_and_passes_what_is_mended(&[("redvet-changed", "--fail-on, error")]);
}

#[test]
fn hooks_from_the_wheel_say_the_same() {
    let new = "--staged, --fail-on, error";
    stops_what_is_bad_and_passes_what_is_mended(&[
        ("redvet-wheel", new),
        ("redvet-wheel-changed", new),
    ]);
}

#[test]
fn the_hook_that_init_writes_works_as_it_is() {
    let Some(team) = Team::with(&[]) else { return };
    fs::remove_file(team.scratch.path().join(".pre-commit-config.yaml")).unwrap();
    said(&team.scratch, &["init"]);
    team.scratch.commit(&[]);
    let (done, told) = team.commit("conf.yaml", &conf("3gb"));
    assert!(
        !done && told.contains("memory/maxmemory-too-high"),
        "{told}"
    );
    assert!(
        told.contains("1 error in"),
        "only what is new is told: {told}"
    );
    let (done, told) = team.commit("conf.yaml", &conf("1100mb"));
    assert!(done, "{told}");
}
