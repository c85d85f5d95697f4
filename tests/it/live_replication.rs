//! What rules say of replicas, clusters and Sentinel, seen on several real servers at once: each failure
//! with the bad input, and none with the good one. `docs/live-proof.md` says which rule is shown by which
//! test.
#![cfg(unix)]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::live::installed::installed;
use crate::live_connections::free_port;
use crate::live_consequences::{started, wait_for};
use crate::live_data::{DataServer, ask};

#[test]
fn a_replica_takes_no_writes() {
    for program in installed() {
        let folder = tempfile::tempdir().unwrap();
        let server = started(&program, folder.path(), &["--replicaof", "127.0.0.1", "1"]);
        let said = ask(folder.path(), "SET key 1");
        assert!(said.starts_with("-READONLY"), "{program:?}: {said}");
        // After the failover the same name leads to one that takes them.
        let said = ask(folder.path(), "REPLICAOF NO ONE\r\nSET key 1");
        assert!(said.starts_with("+OK\r\n+OK"), "{program:?}: {said}");
        drop(server);
    }
}

#[test]
fn a_replica_whose_buffer_is_small_is_cut_off_in_the_middle_of_the_copy() {
    for program in installed() {
        for (limit, is_cut) in [("64kb", true), ("256mb", false)] {
            let [primary, replica] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
            let port = free_port().to_string();
            let own = ["--port", &port, "--repl-backlog-size", "16kb"];
            // A copy takes two seconds: a large data set in small.
            let slow = [
                "--repl-diskless-sync-delay",
                "0",
                "--rdb-key-save-delay",
                "1000",
            ];
            let buffer = ["--client-output-buffer-limit", "replica", limit, "0", "0"];
            let arguments = [&own[..], &slow, &buffer].concat();
            let first = started(&program, primary.path(), &arguments);
            let keys = (0..2000).map(|key| format!("SET small{key} 1"));
            ask(primary.path(), &keys.collect::<Vec<_>>().join("\r\n"));
            let follow = ["--replicaof", "127.0.0.1", &port];
            let second = started(&program, replica.path(), &follow);
            let is_copied =
                |said: &str| said.contains("state=wait_bgsave") || said.contains("state=send_bulk");
            let is_copied = wait_for(primary.path(), "INFO replication", is_copied);
            assert!(is_copied, "{program:?}");
            std::thread::sleep(Duration::from_millis(300));
            let value = "x".repeat(50_000);
            let writes = (0..40).map(|key| format!("SET key{key} {value}"));
            ask(primary.path(), &writes.collect::<Vec<_>>().join("\r\n"));
            let is_over =
                |said: &str| said.contains("state=online") || !said.contains("sync_full:1\r\n");
            let both = "INFO replication\r\nINFO stats";
            assert!(wait_for(primary.path(), both, is_over), "{program:?}");
            let said = ask(primary.path(), "INFO replication");
            assert_eq!(
                !said.contains("state=online"),
                is_cut,
                "{program:?} {limit}: {said}"
            );
            drop((first, second));
        }
    }
}

/// Two servers of one cluster, each with half of the slots.
fn cluster(program: &Path, folders: [&Path; 2]) -> [DataServer; 2] {
    let ports = [free_port().to_string(), free_port().to_string()];
    let buses = [free_port().to_string(), free_port().to_string()];
    let node = |which: usize| {
        let port = ["--port", &ports[which], "--cluster-port", &buses[which]];
        let arguments = [&["--cluster-enabled", "yes"][..], &port].concat();
        started(program, folders[which], &arguments)
    };
    let nodes = [node(0), node(1)];
    let slots = |from: u16, to: u16| -> String {
        let slots: Vec<String> = (from..to).map(|slot| slot.to_string()).collect();
        format!("CLUSTER ADDSLOTS {}", slots.join(" "))
    };
    ask(folders[0], &slots(0, 8192));
    ask(folders[1], &slots(8192, 16384));
    let meet = format!("CLUSTER MEET 127.0.0.1 {} {}", ports[1], buses[1]);
    assert!(ask(folders[0], &meet).starts_with("+OK"));
    let is_whole = |said: &str| said.contains("cluster_state:ok");
    for folder in folders {
        assert!(wait_for(folder, "CLUSTER INFO", is_whole), "{program:?}");
    }
    nodes
}

#[test]
fn a_node_sends_clients_to_the_one_that_has_the_key() {
    for program in installed() {
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let [one, two] = folders.each_ref().map(tempfile::TempDir::path);
        let version = Command::new(&program).arg("--version").output().unwrap();
        if String::from_utf8_lossy(&version.stdout).contains("v=6.") {
            println!("SKIPPED: {program:?} cannot be told the port of its bus");
            continue;
        }
        let nodes = cluster(&program, [one, two]);
        // The key's slot is 12182.
        let said = ask(one, "GET foo");
        assert!(said.starts_with("-MOVED 12182 "), "{program:?}: {said}");
        assert!(ask(two, "GET foo").starts_with("$-1"), "{program:?}");
        drop(nodes);
    }
}

/// A Sentinel that watches a primary; it ends with the value.
fn watch(program: &Path, folder: &Path, primary: &str) -> DataServer {
    let file = folder.join("sentinel.conf");
    let text = format!(
        "port {}\nsentinel monitor watched 127.0.0.1 {primary} 1\nsentinel down-after-milliseconds watched 500\nsentinel failover-timeout watched 2000\n",
        free_port()
    );
    std::fs::write(&file, text).unwrap();
    let mut command = Command::new(program);
    command.arg(&file).arg("--sentinel").current_dir(folder);
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null());
    DataServer::from(quiet.stderr(Stdio::null()).spawn().unwrap())
}

/// Whether a replica takes the place of its primary within a time after that ends.
fn fails_over(program: &Path, renamed: &[&str], patience: Duration) -> bool {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let [primary, replica] = folders.each_ref().map(tempfile::TempDir::path);
    let watcher = tempfile::tempdir().unwrap();
    let ports = [free_port().to_string(), free_port().to_string()];
    let first = started(program, primary, &["--port", &ports[0]]);
    let follow = ["--port", &ports[1], "--replicaof", "127.0.0.1", &ports[0]];
    let second = started(program, replica, &[&follow[..], renamed].concat());
    // The replica is not asked: it may lack what is asked.
    let is_up = |said: &str| said.contains("state=online");
    assert!(wait_for(primary, "INFO replication", is_up), "{program:?}");
    let sentinel = watch(program, watcher.path(), &ports[0]);
    let is_watched = |said: &str| said.contains("name=sentinel-");
    assert!(wait_for(primary, "CLIENT LIST", is_watched), "{program:?}");
    // It hears of the replica from the primary, and then asks it once a second.
    std::thread::sleep(Duration::from_secs(3));
    drop(first);
    let deadline = Instant::now() + patience;
    let is_primary = || ask(replica, "ROLE").contains("master");
    while !is_primary() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(100));
    }
    let found = is_primary();
    drop((second, sentinel));
    found
}

#[test]
fn a_sentinel_cannot_promote_a_replica_without_the_command() {
    let programs = installed();
    // Each waits most of the time.
    std::thread::scope(|threads| {
        for program in &programs {
            threads.spawn(move || {
                let long = Duration::from_secs(20);
                assert!(fails_over(program, &[], long), "{program:?}");
                for command in ["INFO", "CONFIG", "SLAVEOF", "CLIENT"] {
                    let renamed = ["--rename-command", command, ""];
                    let short = Duration::from_secs(5);
                    let found = fails_over(program, &renamed, short);
                    assert!(!found, "{program:?} {command}");
                }
            });
        }
    });
}
