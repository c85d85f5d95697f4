//! What rules say of settings of persistence, memory, the network and threads, seen in the counters, the
//! files and the sockets of real servers: each effect with the reported value, and none with the other.
//! `docs/live-proof.md` says which rule is shown by which test.
#![cfg(target_os = "linux")]

use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::live::installed::installed;
use crate::live_connections::free_port;
use crate::live_consequences::{started, wait_for};
use crate::live_data::{DataServer, ask};

/// A number of `INFO`; 0 where it is not said.
fn counter(folder: &Path, section: &str, name: &str) -> i64 {
    let said = ask(folder, &format!("INFO {section}"));
    let found = said.lines().find_map(|line| line.strip_prefix(name));
    let number = found.and_then(|rest| rest.strip_prefix(':'));
    number.map_or(0, |number| number.trim().parse().unwrap())
}

/// Writes keys of a size.
fn fill(folder: &Path, keys: usize, bytes: usize) {
    let value = "x".repeat(bytes);
    let writes = (0..keys).map(|key| format!("SET key{key} {value}"));
    let said = ask(folder, &writes.collect::<Vec<_>>().join("\r\n"));
    assert!(!said.contains("-ERR"), "{said}");
}

const LOG: [&str; 4] = ["--appendonly", "yes", "--appendfsync", "no"];

#[test]
fn a_log_is_rewritten_by_its_share_and_size() {
    for program in installed() {
        let is_rewritten = |share: &str, size: &str| {
            let folder = tempfile::tempdir().unwrap();
            let when = ["--auto-aof-rewrite-percentage", share];
            let from = ["--auto-aof-rewrite-min-size", size];
            let arguments = [&LOG[..], &when, &from].concat();
            let server = started(&program, folder.path(), &arguments);
            fill(folder.path(), 300, 2000);
            let is_done =
                || counter(folder.path(), "persistence", "aof_last_rewrite_time_sec") >= 0;
            let deadline = Instant::now() + Duration::from_secs(2);
            while !is_done() && Instant::now() < deadline {
                std::thread::sleep(Duration::from_millis(50));
            }
            let found = is_done();
            drop(server);
            found
        };
        assert!(is_rewritten("100", "64kb"), "{program:?}");
        assert!(!is_rewritten("0", "64kb"), "{program:?}");
        assert!(!is_rewritten("100", "512mb"), "{program:?}");
    }
}

/// Whether a file of the log begins as a snapshot does.
fn holds_a_snapshot(folder: &Path) -> bool {
    let files = walkdir::WalkDir::new(folder).into_iter();
    let files = files.map(Result::unwrap).filter(|entry| {
        let name = entry.file_name().to_string_lossy();
        entry.file_type().is_file() && name.contains("appendonly")
    });
    let mut texts = files.map(|entry| std::fs::read(entry.path()).unwrap());
    texts.any(|text| text.starts_with(b"REDIS") || text.starts_with(b"VALKEY"))
}

#[test]
fn a_log_without_a_preamble_is_commands_alone() {
    for program in installed() {
        for (preamble, is_snapshot) in [("yes", true), ("no", false)] {
            let folder = tempfile::tempdir().unwrap();
            let arguments = [&LOG[..], &["--aof-use-rdb-preamble", preamble]].concat();
            let server = started(&program, folder.path(), &arguments);
            fill(folder.path(), 10, 10);
            ask(folder.path(), "BGREWRITEAOF");
            let is_done = |said: &str| {
                said.contains("aof_rewrite_in_progress:0")
                    && !said.contains("aof_last_rewrite_time_sec:-1")
            };
            let is_done = wait_for(folder.path(), "INFO persistence", is_done);
            assert!(is_done, "{program:?}");
            let found = holds_a_snapshot(folder.path());
            assert_eq!(found, is_snapshot, "{program:?} {preamble}");
            drop(server);
        }
    }
}

#[test]
fn a_log_that_is_switched_on_at_a_start_is_empty() {
    for program in installed() {
        let folder = tempfile::tempdir().unwrap();
        let server = started(&program, folder.path(), &[]);
        ask(folder.path(), "SET order 4711\r\nSAVE");
        drop(server);
        // A running server that is told to writes all that it holds into its log.
        let server = started(&program, folder.path(), &[]);
        assert!(ask(folder.path(), "GET order").contains("4711"));
        drop(server);
        let server = started(&program, folder.path(), &LOG);
        let said = ask(folder.path(), "GET order");
        assert!(!said.contains("4711"), "{program:?}: {said}");
        drop(server);
    }
}

/// The ways in which a value goes away, each with the setting that frees it in the background, and what is asked.
const FREED: [(&str, &str); 4] = [
    ("--lazyfree-lazy-user-del", "DEL large"),
    (
        "--lazyfree-lazy-server-del",
        "SET small 1\r\nRENAME small large",
    ),
    ("--lazyfree-lazy-expire", "PEXPIRE large 1"),
    (
        "--lazyfree-lazy-eviction",
        "CONFIG SET maxmemory-policy allkeys-random\r\nCONFIG SET maxmemory 1\r\nSET other 1",
    ),
];

#[test]
fn a_value_is_freed_in_the_background_where_it_is_set() {
    for program in installed() {
        for (setting, lines) in FREED {
            for (value, is_lazy) in [("yes", 1), ("no", 0)] {
                let folder = tempfile::tempdir().unwrap();
                let off = FREED.iter().flat_map(|(other, _)| [*other, "no"]);
                let arguments: Vec<&str> = off.chain([setting, value]).collect();
                let server = started(&program, folder.path(), &arguments);
                let members = (0..1000).map(|member| format!("member{member}"));
                let members: Vec<String> = members.collect();
                ask(folder.path(), &format!("SADD large {}", members.join(" ")));
                ask(folder.path(), lines);
                let is_gone = |said: &str| !said.contains("+set");
                assert!(
                    wait_for(folder.path(), "TYPE large", is_gone),
                    "{program:?}"
                );
                let is_counted =
                    |said: &str| said.contains(&format!("lazyfreed_objects:{is_lazy}\r\n"));
                let is_as_said = wait_for(folder.path(), "INFO memory", is_counted);
                assert!(is_as_said, "{program:?} {setting} {value}");
                drop(server);
            }
        }
    }
}

#[test]
fn pages_that_change_during_a_snapshot_are_copied() {
    const MEGABYTE: i64 = 1 << 20;
    for program in installed() {
        let copied = |is_busy: bool| {
            let folder = tempfile::tempdir().unwrap();
            // A large data set in small: a snapshot of it takes a second.
            let server = started(&program, folder.path(), &["--rdb-key-save-delay", "100"]);
            fill(folder.path(), 10_000, 1000);
            let changes = (0..10_000).filter(|_| is_busy);
            let changes = changes.map(|key| format!("SETRANGE key{key} 0 y"));
            let lines = std::iter::once("BGSAVE".to_owned()).chain(changes);
            // The process that saves keeps the connection of older servers open: one alone asks for both.
            ask(folder.path(), &lines.collect::<Vec<_>>().join("\r\n"));
            let is_done = |said: &str| said.contains("rdb_bgsave_in_progress:0");
            let is_done = wait_for(folder.path(), "INFO persistence", is_done);
            assert!(is_done, "{program:?}");
            let size = counter(folder.path(), "persistence", "rdb_last_cow_size");
            drop(server);
            size
        };
        let (quiet, busy) = (copied(false), copied(true));
        assert!(busy > quiet + 5 * MEGABYTE, "{program:?}: {quiet} {busy}");
    }
}

/// A server on a port, and how many of some connections it takes while it does nothing.
fn accepted(program: &Path, backlog: &str, count: usize) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let own = ["--port", &port.to_string(), "--tcp-backlog", backlog];
    let server = started(program, folder.path(), &own);
    stop(&server);
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let connect = |_| TcpStream::connect_timeout(&address, Duration::from_millis(300)).ok();
    let connections: Vec<TcpStream> = (0..count).filter_map(connect).collect();
    connections.len()
}

/// Lets a server do nothing until it is ended.
fn stop(server: &DataServer) {
    let id = server.id().to_string();
    let stopped = Command::new("kill").args(["-STOP", &id]).status().unwrap();
    assert!(stopped.success());
}

#[test]
fn a_short_backlog_drops_connections() {
    for program in installed() {
        let taken = accepted(&program, "3", 12);
        assert!(taken < 12, "{program:?}: {taken}");
        assert_eq!(accepted(&program, "511", 12), 12, "{program:?}");
    }
}

/// Whether the system watches the server's end of a connection with a keepalive timer.
fn has_keepalive(port: u16) -> bool {
    let port = format!(":{port:04X}");
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let rows = table.lines().map(|row| row.split_whitespace().collect());
    let mut ends = rows.filter(|row: &Vec<&str>| row[1].ends_with(&port) && row[3] == "01");
    // The caller has waited until the server has accepted it.
    ends.next().unwrap()[5].starts_with("02:")
}

#[test]
fn a_keepalive_of_nothing_watches_no_connection() {
    for program in installed() {
        for (period, is_watched) in [("0", false), ("300", true)] {
            let folder = tempfile::tempdir().unwrap();
            let port = free_port();
            let own = ["--port", &port.to_string(), "--tcp-keepalive", period];
            let server = started(&program, folder.path(), &own);
            let connection = TcpStream::connect(("127.0.0.1", port)).unwrap();
            let is_accepted = |said: &str| said.contains(" addr=127.0.0.1:");
            assert!(wait_for(folder.path(), "CLIENT LIST", is_accepted));
            assert_eq!(has_keepalive(port), is_watched, "{program:?} {period}");
            drop((connection, server));
        }
    }
}

#[test]
fn one_thread_is_all_without_io_threads() {
    for program in installed() {
        for (threads, is_many) in [("1", false), ("3", true)] {
            let folder = tempfile::tempdir().unwrap();
            let server = started(&program, folder.path(), &["--io-threads", threads]);
            let tasks = std::fs::read_dir(format!("/proc/{}/task", server.id())).unwrap();
            let names =
                tasks.map(|task| std::fs::read_to_string(task.unwrap().path().join("comm")));
            let names: Vec<String> = names.map(Result::unwrap).collect();
            let found = names.iter().any(|name| name.starts_with("io_thd"));
            assert_eq!(found, is_many, "{program:?} {threads}: {names:?}");
            drop(server);
        }
    }
}

#[test]
fn keys_expire_as_often_as_hz_says() {
    for program in installed() {
        let slowest = |hz: &str| {
            let folder = tempfile::tempdir().unwrap();
            let server = started(&program, folder.path(), &["--hz", hz]);
            let wait = |round: i64| {
                let start = Instant::now();
                ask(folder.path(), &format!("SET key{round} 1 PX 1"));
                while counter(folder.path(), "stats", "expired_keys") <= round {
                    std::thread::sleep(Duration::from_millis(5));
                    assert!(start.elapsed() < Duration::from_secs(20), "{program:?}");
                }
                start.elapsed()
            };
            // The second begins just after the server has looked.
            let slowest = (0..3).map(wait).max().unwrap();
            drop(server);
            slowest
        };
        let (seldom, often) = (slowest("1"), slowest("100"));
        assert!(seldom > often * 2, "{program:?}: {seldom:?} {often:?}");
    }
}
