//! redvet opens no socket and runs no program but git: seen from outside, by the calls that the
//! process makes to the system.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::scratch::{Scratch, isolation};

/// The calls of a run: one a line, those about the network and those that start programs.
fn calls(folder: &Path, args: &[&str]) -> Option<Vec<String>> {
    let log = tempfile::NamedTempFile::new().unwrap();
    let traced = Command::new("strace")
        .args([
            "--follow-forks",
            "-qq",
            "--trace=%network,execve",
            "--output",
        ])
        .arg(log.path())
        .arg(env!("CARGO_BIN_EXE_redvet"))
        .args(args)
        .current_dir(folder)
        .envs(isolation())
        .stdin(Stdio::null())
        .output();
    let text = fs::read_to_string(log.path()).unwrap();
    if traced.is_err() || !text.contains("execve(") {
        println!("strace cannot be used here: {traced:?}");
        return None;
    }
    Some(text.lines().map(str::to_owned).collect())
}

#[test]
fn no_socket_is_opened_and_git_alone_is_run() {
    let client = "package main\n\nimport \"github.com/redis/go-redis/v9\"\n\nvar a = redis.NewClient(&redis.Options{Addr: \"example.com:6379\", PoolSize: -1})\n";
    let scratch = Scratch::with(&[
        ("redis.conf", "hz 10 # x\nreplicaof example.com 6379\n"),
        ("run.sh", "#!/bin/sh\nredis-server --hz abc; touch /tmp/x\n"),
        ("main.go", client),
        ("redvet.toml", "profile = \"strict\"\n"),
    ]);
    let checks: [(&[&str], bool); 6] = [
        (&["check"], false),
        (&["check", "--fix", "--unsafe-fixes"], false),
        (&["effective", "--all"], false),
        (&["rules", "list"], false),
        (&["check", "--new-from", "HEAD"], true),
        (&["check", "--staged"], true),
    ];
    for (args, runs_git) in checks {
        let Some(calls) = calls(scratch.path(), args) else {
            return;
        };
        let sockets = calls
            .iter()
            .filter(|call| !call.contains("execve(") && !call.contains("+++"));
        let sockets: Vec<_> = sockets.filter(|call| call.contains('(')).collect();
        assert!(sockets.is_empty(), "{args:?}: {sockets:?}");
        let started = calls
            .iter()
            .filter(|call| call.contains("execve(") && call.ends_with("= 0"));
        let others: Vec<_> = started.filter(|call| !call.contains("/redvet\"")).collect();
        let is_git = |call: &&&String| call.contains("/git\"") || call.contains("/git-core/");
        assert_eq!(
            others.iter().filter(|call| !is_git(call)).count(),
            0,
            "{args:?}: {others:?}"
        );
        assert_eq!(!others.is_empty(), runs_git, "{args:?}: {others:?}");
    }
}
