//! `check --new-from` and `--staged` in real repositories: what is told is what is new, wherever the
//! change that made it stands.

use std::process::Command;

use crate::support::scratch::Scratch;

const CONF: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: cache }\ndata:\n  redis.conf: |\n    maxmemory 3gb\n    maxmemory-policy allkeys-lru\n    timeout eleven\n";

/// The workload that mounts it, with a memory limit.
fn workload(limit: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{ name: cache }}\nspec:\n  selector: {{ matchLabels: {{ app: cache }} }}\n  template:\n    metadata: {{ labels: {{ app: cache }} }}\n    spec:\n      containers:\n        - name: redis\n          image: redis:7.2.6\n          command: [redis-server, /etc/redis/redis.conf]\n          resources: {{ limits: {{ memory: {limit}, cpu: \"1\" }} }}\n          volumeMounts: [{{ name: conf, mountPath: /etc/redis }}]\n      volumes: [{{ name: conf, configMap: {{ name: cache }} }}]\n"
    )
}

/// A repository with one old error (`timeout eleven`).
fn repository() -> Scratch {
    let workload = workload("4Gi");
    Scratch::with(&[("conf.yaml", CONF), ("workload.yaml", &workload)])
}

const TOO_HIGH: &str = "[memory/maxmemory-too-high]";
const OLD: &str = "[conf/invalid-value]";

#[test]
fn what_a_commit_had_is_not_told_again() {
    let scratch = repository();
    let (code, text) = scratch.check(&[]);
    assert!(code == 1 && text.contains(OLD), "{text}");
    let (code, text) = scratch.check(&["--new-from", "HEAD"]);
    assert_eq!((code, text.contains(OLD)), (0, false), "{text}");
    // Lines that only moved are no news, and neither is a file that only has another name.
    scratch.write("conf.yaml", &format!("{}{CONF}", "# a\n".repeat(50)));
    let (code, text) = scratch.check(&["--new-from", "HEAD"]);
    assert_eq!(code, 0, "{text}");
}

#[test]
fn a_line_that_changed_is_told_again() {
    let scratch = repository();
    scratch.write(
        "conf.yaml",
        &CONF.replace("timeout eleven", "timeout  eleven"),
    );
    let (code, text) = scratch.check(&["--new-from", "HEAD"]);
    assert!(code == 1 && text.contains(OLD), "{text}");
}

#[test]
fn what_is_missing_beside_a_line_that_changed_is_no_news() {
    let scratch = Scratch::with(&[("redis.conf", "maxmemory 1gb\n")]);
    let (_, text) = scratch.check(&[]);
    assert!(text.contains("[memory/eviction-policy-implicit]"), "{text}");
    scratch.write("redis.conf", "maxmemory 1gb\ntimeout 300\n");
    let (_, text) = scratch.check(&["--new-from", "HEAD"]);
    assert!(text.contains("\nNo findings"), "{text}");
    scratch.write("redis.conf", "hz 100\nmaxmemory 1gb\n");
    let (_, text) = scratch.check(&["--new-from", "HEAD"]);
    assert!(text.contains("\nNo findings"), "{text}");
}

#[test]
fn a_finding_is_new_where_another_file_changed_its_facts() {
    let scratch = repository();
    scratch.write("workload.yaml", &workload("2Gi"));
    let (code, text) = scratch.check(&["--new-from", "HEAD"]);
    assert!(
        code == 1 && text.contains("conf.yaml:6:15: error"),
        "{text}"
    );
    assert!(text.contains(TOO_HIGH) && !text.contains(OLD), "{text}");
    scratch.commit(&[]);
    let (code, text) = scratch.check(&["--new-from", "HEAD"]);
    assert_eq!(code, 0, "{text}");
    // The same finding with other figures stands on other facts.
    scratch.write("workload.yaml", &workload("1Gi"));
    let (_, text) = scratch.check(&["--new-from", "HEAD", "conf.yaml"]);
    assert!(text.contains(TOO_HIGH), "{text}");
    let (_, text) = scratch.check(&["--new-from", "HEAD~1"]);
    assert!(text.contains(TOO_HIGH) && !text.contains(OLD), "{text}");
}

/// What is new is the copy, whichever of the files sorts first; a renamed file is no news.
#[test]
fn a_copy_is_new_and_a_renamed_file_is_not() {
    let conf = "port eleven\nhz nine\n";
    let scratch = Scratch::with(&[("m/redis.conf", conf)]);
    scratch.write("a/redis.conf", conf);
    let text = scratch.check(&["--new-from", "HEAD"]).1;
    assert!(
        text.contains("a/redis.conf:1:") && !text.contains("m/redis.conf"),
        "{text}"
    );

    std::fs::remove_file(scratch.path().join("m/redis.conf")).unwrap();
    let text = scratch.check(&["--new-from", "HEAD"]).1;
    assert!(text.contains("No findings"), "{text}");

    // Of a renamed file the lines that changed on the way are new.
    scratch.write("a/redis.conf", "port eleven\nhz ten\n");
    let text = scratch.check(&["--new-from", "HEAD"]).1;
    assert!(text.contains(":2:") && !text.contains(":1:"), "{text}");
}

#[test]
fn a_suppression_that_went_away_makes_news() {
    let silenced = CONF.replace(
        "    timeout",
        "    # redvet: ignore[conf/invalid-value] it is a test\n    timeout",
    );
    let scratch = Scratch::with(&[
        ("conf.yaml", &silenced),
        ("workload.yaml", &workload("4Gi")),
    ]);
    scratch.write("conf.yaml", CONF);
    let (code, text) = scratch.check(&["--new-from", "HEAD"]);
    assert!(code == 1 && text.contains(OLD), "{text}");
}

#[test]
fn what_settings_say_of_servers_is_a_fact_too() {
    let scratch = Scratch::with(&[("redis.conf", "maxmemory 3gb\nmaxmemory-policy noeviction\n")]);
    scratch.write(
        "redvet.toml",
        "[[server]]\nname = \"redis.conf\"\nmemory = \"3gb\"\n",
    );
    let (code, text) = scratch.check(&["--new-from", "HEAD"]);
    assert!(code == 1 && text.contains(TOO_HIGH), "{text}");
}

#[test]
fn staged_is_what_the_index_holds() {
    let scratch = repository();
    let broken = CONF.replace("maxmemory 3gb", "maxmemory 5gb");
    scratch.write("conf.yaml", &broken);
    scratch.git(&["add", "conf.yaml"]);
    scratch.write("conf.yaml", CONF);
    let (code, text) = scratch.check(&["--staged"]);
    assert!(code == 1 && text.contains(TOO_HIGH), "{text}");
    assert!(!text.contains(OLD), "{text}");
    let (code, text) = scratch.check(&["--staged", "conf.yaml"]);
    assert!(code == 1 && text.contains(TOO_HIGH), "{text}");
    let (code, _) = scratch.check(&["--staged", "workload.yaml"]);
    assert_eq!(code, 1, "its limit is a part of that finding");
    scratch.git(&["add", "conf.yaml"]);
    let (_, text) = scratch.check(&["--staged"]);
    assert!(text.contains(OLD) && !text.contains(TOO_HIGH), "{text}");
}

#[test]
fn a_file_that_is_not_staged_is_no_part_of_the_universe() {
    let scratch = Scratch::with(&[("conf.yaml", CONF)]);
    scratch.write("workload.yaml", &workload("2Gi"));
    scratch.write("notes.txt", "staged\n");
    scratch.git(&["add", "notes.txt"]);
    let (code, text) = scratch.check(&["--staged"]);
    assert_eq!(code, 0, "{text}");
    scratch.git(&["add", "workload.yaml"]);
    let (code, text) = scratch.check(&["--staged"]);
    assert!(code == 1 && text.contains(TOO_HIGH), "{text}");
}

#[test]
fn settings_are_read_from_the_index_too() {
    let scratch = repository();
    scratch.write("workload.yaml", &workload("2Gi"));
    scratch.git(&["add", "workload.yaml"]);
    let off = "[rules.\"memory/maxmemory-too-high\"]\nenabled = false\n";
    scratch.write("redvet.toml", off);
    let (_, text) = scratch.check(&["--staged"]);
    assert!(text.contains(TOO_HIGH), "they are not staged: {text}");
    scratch.git(&["add", "redvet.toml"]);
    let (_, text) = scratch.check(&["--staged"]);
    assert!(!text.contains(TOO_HIGH), "{text}");
}

#[test]
fn before_the_first_commit_everything_is_new() {
    let scratch = Scratch::with(&[]);
    scratch.write("conf.yaml", CONF);
    scratch.git(&["add", "conf.yaml"]);
    let (code, text) = scratch.check(&["--staged"]);
    assert!(code == 1 && text.contains(OLD), "{text}");
}

#[test]
fn a_project_below_the_repository_is_its_own_universe() {
    let scratch = Scratch::with(&[("infra/redvet.toml", ""), ("infra/redis.conf", "hz 100\n")]);
    scratch.write("infra/redis.conf", "hz 100\nport eleven\n");
    let (code, text) = scratch.check(&["--new-from", "HEAD", "infra"]);
    assert!(
        code == 1 && text.starts_with("infra/redis.conf:2:6: error"),
        "{text}"
    );
}

#[test]
fn only_fixes_of_what_is_new_are_made() {
    let scratch = Scratch::with(&[("redis.conf", "hz 100 # old\n")]);
    scratch.write("redis.conf", "hz 100 # old\ntimeout 300 # new\n");
    let (_, text) = scratch.check(&["--new-from", "HEAD", "--fix"]);
    assert!(text.contains("fixed 1 finding in 1 file"), "{text}");
    let after = std::fs::read_to_string(scratch.path().join("redis.conf")).unwrap();
    assert_eq!(after, "hz 100 # old\n# new\ntimeout 300\n");
}

#[test]
fn what_cannot_be_compared_is_said() {
    let scratch = repository();
    let (code, text) = scratch.check(&["--new-from", "no-such"]);
    assert!(
        code == 2 && text.contains("unknown git revision `no-such`"),
        "{text}"
    );
    let (code, text) = scratch.check(&["--new-from", "--output=x"]);
    assert_eq!(code, 2, "{text}");
    let bare = tempfile::tempdir().unwrap();
    std::fs::write(bare.path().join("redis.conf"), "hz 1\n").unwrap();
    let run = |path: Option<&str>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_redvet"));
        command.args(["check", "--staged"]).current_dir(bare.path());
        command.env("GIT_CEILING_DIRECTORIES", bare.path().parent().unwrap());
        if let Some(path) = path {
            command.env("PATH", path);
        }
        let output = command.output().unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let (code, text) = run(None);
    assert!(
        code == Some(2) && text.contains("is not in a git repository"),
        "{text}"
    );
    std::fs::create_dir(bare.path().join(".git")).unwrap();
    let (code, text) = run(Some("/nowhere"));
    assert!(
        code == Some(2) && text.contains("git, which is not installed"),
        "{text}"
    );
}

#[test]
fn content_that_settings_would_filter_is_read_as_it_is_stored() {
    let scratch = repository();
    scratch.commit(&[(".gitattributes", "*.yaml filter=bad\n")]);
    scratch.git(&["config", "filter.bad.smudge", "touch ran; cat"]);
    scratch.git(&["config", "core.fsmonitor", "touch ran"]);
    scratch.write("workload.yaml", &workload("2Gi"));
    let (_, text) = scratch.check(&["--new-from", "HEAD"]);
    assert!(text.contains(TOO_HIGH), "{text}");
    assert!(
        !scratch.path().join("ran").exists(),
        "nothing of a repository is run"
    );
}

#[test]
fn with_nothing_staged_everything_is_checked_and_said() {
    let scratch = repository();
    let output = scratch.redvet(&["check", "--staged"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(
        text.contains(OLD) && text.contains("nothing is staged"),
        "{text}"
    );
    // What the team has accepted stays accepted.
    assert!(scratch.redvet(&["baseline", "write"]).status.success());
    let (code, text) = scratch.check(&["--staged"]);
    assert_eq!(code, 0, "{text}");
    // Without `git add` the change is in no commit to come, but in what is there.
    scratch.write("workload.yaml", &workload("2Gi"));
    let (code, text) = scratch.check(&["--staged"]);
    assert!(code == 1 && text.contains(TOO_HIGH), "{text}");
}

#[test]
fn the_range_that_pre_commit_names_is_the_change() {
    let scratch = repository();
    scratch.write("workload.yaml", &workload("2Gi"));
    scratch.commit(&[]);
    let mut command = Command::new(env!("CARGO_BIN_EXE_redvet"));
    command
        .args(["check", "--format", "concise", "--staged"])
        .current_dir(scratch.path())
        .env("PRE_COMMIT_FROM_REF", "HEAD~1");
    let text = String::from_utf8(command.output().unwrap().stdout).unwrap();
    assert!(text.contains(TOO_HIGH) && !text.contains(OLD), "{text}");
    command.env("PRE_COMMIT_FROM_REF", "no-such-commit");
    assert_eq!(command.output().unwrap().status.code(), Some(2));
}
