//! What the rules say that a server does not start with, given to real servers: each ends by itself with
//! the words that are expected, and its twin listens.
#![cfg(unix)]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::live::installed::installed;

/// How long a server may take to end, or to open its socket.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where each listens: no port is taken.
const SOCKET: &str = "server.sock";

/// What a server is given beside its socket, with `@` for its folder, and a word of what it prints before it ends.
const REFUSED: [(&[&str], &str); 7] = [
    (&["--unixsocket", "@/none/server.sock"], "No such file"),
    (&["--dir", "@/none"], "No such file"),
    (&["--logfile", "@/none/server.log"], "No such file"),
    (&["--include", "@/none.conf"], "none.conf"),
    (&["--loadmodule", "@/none.so"], "none.so"),
    (&["--aclfile", "@/none.acl"], "none.acl"),
    (&["--hz", "20", "@/server.conf"], "hz"),
];

/// The same with what was missing.
const STARTED: [&[&str]; 4] = [
    &["--dir", "@"],
    &["--logfile", "@/server.log"],
    &["--aclfile", "@/users.acl"],
    &["--include", "@/server.conf"],
];

fn command(program: &Path, folder: &Path, arguments: &[&str]) -> Command {
    let folder = folder.to_str().unwrap();
    let mut command = Command::new(program);
    command.args(["--port", "0", "--save", "", "--unixsocket"]);
    command.arg(format!("{folder}/{SOCKET}"));
    command.args(arguments.iter().map(|word| word.replace('@', folder)));
    command.stdin(Stdio::null());
    command
}

/// What a server prints that ends by itself; `None` where it goes on.
fn last_words(mut command: Command) -> Option<String> {
    let mut process = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + PATIENCE;
    while process.try_wait().unwrap().is_none() {
        if Instant::now() > deadline {
            end(process);
            return None;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let Output { stdout, stderr, .. } = process.wait_with_output().unwrap();
    Some(String::from_utf8_lossy(&stdout).into_owned() + &String::from_utf8_lossy(&stderr))
}

fn end(mut process: Child) {
    // One that has ended is as good as one that is killed.
    let _ = process.kill();
    let _ = process.wait();
}

/// Whether a server opens the socket that it is told of.
fn starts(mut command: Command, socket: &Path) -> bool {
    let process = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + PATIENCE;
    while !socket.exists() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(20));
    }
    end(process);
    socket.exists()
}

#[test]
fn a_server_that_listens_nowhere_ends() {
    for program in installed() {
        let mut command = Command::new(&program);
        command
            .args(["--port", "0", "--save", ""])
            .stdin(Stdio::null());
        let said = last_words(command).unwrap_or_default();
        assert!(said.contains("listen anywhere"), "{program:?}: {said}");
    }
}

#[test]
fn what_is_missing_ends_a_server_and_its_twin_starts() {
    let programs: Vec<PathBuf> = installed();
    if programs.is_empty() {
        println!("no server is installed: skipped");
    }
    for program in programs {
        for (arguments, words) in REFUSED {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("server.conf"), "hz 20\n").unwrap();
            let said = last_words(command(&program, folder.path(), arguments));
            let said = said.unwrap_or_else(|| panic!("{program:?} goes on with {arguments:?}"));
            assert!(said.contains(words), "{program:?} {arguments:?}: {said}");
        }
        for arguments in STARTED {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("server.conf"), "hz 20\n").unwrap();
            std::fs::write(folder.path().join("users.acl"), "").unwrap();
            let socket = folder.path().join(SOCKET);
            let command = command(&program, folder.path(), arguments);
            assert!(
                starts(command, &socket),
                "{program:?} ends with {arguments:?}"
            );
        }
    }
}
