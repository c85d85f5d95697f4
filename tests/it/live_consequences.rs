//! What rules say that follows from a configuration, seen on real servers: each failure with the bad input,
//! and none with the good one. `docs/live-proof.md` says which rule is shown by which test.
#![cfg(unix)]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::live::installed::installed;
use crate::live_connections::free_port;
use crate::live_data::{DataServer, ask, start};

/// How long a server may take for what is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server that starts.
pub(crate) fn started(program: &Path, folder: &Path, arguments: &[&str]) -> DataServer {
    let server = start(program, folder, arguments);
    server.unwrap_or_else(|| panic!("{program:?} ends with {arguments:?}"))
}

/// Asks until the answer is as wanted.
pub(crate) fn wait_for(folder: &Path, lines: &str, is_wanted: impl Fn(&str) -> bool) -> bool {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        if is_wanted(&ask(folder, lines)) {
            return true;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    false
}

#[test]
fn a_server_in_the_background_ends_the_process_that_was_started() {
    for program in installed() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("server.sock");
        let mut command = Command::new(&program);
        command.args(["--port", "0", "--daemonize", "yes", "--unixsocket"]);
        command.arg(&socket).arg("--dir").arg(folder.path());
        let quiet = command.stdin(Stdio::null()).stdout(Stdio::null());
        let mut process = quiet.stderr(Stdio::null()).spawn().unwrap();
        assert!(process.wait().unwrap().success(), "{program:?}");
        assert!(
            wait_for(folder.path(), "PING", |said| said.contains("PONG")),
            "{program:?}"
        );
        ask(folder.path(), "SHUTDOWN NOSAVE");
        // In the foreground the process is the server: it goes on until the value ends.
        drop(started(&program, folder.path(), &["--daemonize", "no"]));
    }
}

#[test]
fn a_folder_that_cannot_be_written_refuses_writes_or_the_start() {
    for program in installed() {
        let folder = tempfile::tempdir().unwrap();
        // What the last of them says holds: nobody can write there, whatever the rights.
        let no_place = ["--dir", "/proc"];
        let log = [&no_place[..], &["--appendonly", "yes"]].concat();
        assert!(
            start(&program, folder.path(), &log).is_none(),
            "{program:?}"
        );
        let points = [&no_place[..], &["--save", "3600", "1"]].concat();
        let bad = started(&program, folder.path(), &points);
        ask(folder.path(), "SET a 1\r\nBGSAVE");
        let is_refused = |said: &str| said.contains("-MISCONF");
        assert!(
            wait_for(folder.path(), "SET a 1", is_refused),
            "{program:?}"
        );
        drop(bad);
        let good = started(&program, folder.path(), &["--save", "3600", "1"]);
        ask(folder.path(), "SET a 1\r\nBGSAVE");
        let is_saved = |said: &str| said.contains("rdb_last_bgsave_status:ok");
        assert!(
            wait_for(folder.path(), "INFO persistence", is_saved),
            "{program:?}"
        );
        assert!(ask(folder.path(), "SET a 1").starts_with("+OK"));
        drop(good);
    }
}

#[test]
fn a_command_that_was_renamed_away_is_unknown() {
    for program in installed() {
        let folder = tempfile::tempdir().unwrap();
        let server = started(&program, folder.path(), &["--rename-command", "INFO", ""]);
        let said = ask(folder.path(), "INFO");
        assert!(said.starts_with("-ERR unknown command"), "{said}");
        drop(server);
        let server = started(&program, folder.path(), &[]);
        assert!(ask(folder.path(), "INFO").contains("redis_version"));
        drop(server);
    }
}

#[test]
fn a_variable_sets_no_password_and_a_changed_file_nothing() {
    for program in installed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("server.conf");
        std::fs::write(&file, "timeout 60\nhz 20\n").unwrap();
        let path = file.to_str().unwrap();
        // The variables of this process are those of the server.
        let mut command = Command::new(&program);
        command.arg(path).args(["--port", "0", "--hz", "30"]);
        command.args(["--unixsocket", "server.sock"]);
        command
            .env("REDIS_PASSWORD", "x")
            .env("VALKEY_PASSWORD", "x");
        let quiet = command.stdin(Stdio::null()).stdout(Stdio::null());
        let mut process = quiet.current_dir(folder.path()).spawn().unwrap();
        let is_open = |said: &str| said.starts_with("+PONG");
        assert!(
            wait_for(folder.path(), "PING", is_open),
            "{program:?}: no password is asked"
        );
        std::fs::write(&file, "timeout 90\nhz 20\n").unwrap();
        let value = |name: &str| ask(folder.path(), &format!("CONFIG GET {name}"));
        // The change is not seen, and an argument is the last word.
        assert!(value("timeout").contains("60"), "{program:?}");
        assert!(value("hz").contains("30"), "{program:?}");
        let said = ask(folder.path(), "CONFIG SET databases 4");
        assert!(said.starts_with("-ERR"), "{program:?}: {said}");
        assert!(ask(folder.path(), "CONFIG SET timeout 70").starts_with("+OK"));
        process.kill().unwrap();
        process.wait().unwrap();
        let again = start(&program, folder.path(), &["--include", path]).unwrap();
        assert!(value("timeout").contains("90"), "{program:?}");
        drop(again);
    }
}

#[test]
fn a_file_that_no_argument_names_is_not_read() {
    for program in installed() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["redis.conf", "valkey.conf"] {
            std::fs::write(folder.path().join(name), "timeout 77\n").unwrap();
        }
        let is_read = || ask(folder.path(), "CONFIG GET timeout").contains("77");
        // The folder of its data is not where it looks, and neither is any other.
        let server = started(&program, folder.path(), &[]);
        assert!(!is_read(), "{program:?}");
        drop(server);
        let file = folder.path().join("redis.conf");
        let include = ["--include", file.to_str().unwrap()];
        let server = started(&program, folder.path(), &include);
        assert!(is_read(), "{program:?}");
        drop(server);
    }
}

#[test]
fn what_is_not_kept_is_gone_after_a_crash() {
    for program in installed() {
        let folder = tempfile::tempdir().unwrap();
        let kept_after = |arguments: &[&str], folder: &Path, next: &Path| {
            let server = started(&program, folder, arguments);
            assert!(ask(folder, "SET job 1").starts_with("+OK"));
            // The value ends the process as a crash does.
            drop(server);
            let server = started(&program, next, arguments);
            let said = ask(next, "GET job");
            drop(server);
            said.contains("$1")
        };
        let log = ["--appendonly", "yes", "--appendfsync", "always"];
        assert!(
            !kept_after(&[], folder.path(), folder.path()),
            "{program:?}"
        );
        assert!(
            kept_after(&log, folder.path(), folder.path()),
            "{program:?}"
        );
        // Another folder is what a container has that is made anew, or a volume beside the data.
        let other = tempfile::tempdir().unwrap();
        assert!(
            !kept_after(&log, folder.path(), other.path()),
            "{program:?}"
        );
    }
}

#[test]
fn a_cluster_node_is_another_one_without_its_file() {
    for program in installed() {
        let folder = tempfile::tempdir().unwrap();
        let identity = |folder: &Path| {
            let server = started(
                &program,
                folder,
                &["--cluster-enabled", "yes", "--port", "0"],
            );
            let said = ask(folder, "CLUSTER MYID");
            drop(server);
            said
        };
        let first = identity(folder.path());
        assert_eq!(first, identity(folder.path()), "{program:?}");
        let other = tempfile::tempdir().unwrap();
        assert_ne!(first, identity(other.path()), "{program:?}");
    }
}

#[test]
fn two_servers_in_one_folder_overwrite_each_other() {
    for program in installed() {
        let folder = tempfile::tempdir().unwrap();
        let sockets = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let data = ["--dir", folder.path().to_str().unwrap()];
        let servers = sockets.each_ref().map(|socket| {
            let socket = socket.path();
            started(&program, socket, &data)
        });
        let [one, two] = sockets.each_ref().map(tempfile::TempDir::path);
        ask(one, "SET one 1\r\nSAVE");
        // Without a relation neither has the other's keys.
        assert!(ask(two, "GET one").starts_with("$-1"), "{program:?}");
        ask(two, "SET two 2\r\nSAVE");
        drop(servers);
        let again = started(&program, one, &data);
        let said = ask(one, "GET one\r\nGET two");
        drop(again);
        assert!(said.starts_with("$-1"), "{program:?}: {said}");
        assert!(said.contains("$1"), "{program:?}: {said}");
    }
}

#[test]
fn a_full_server_refuses_writes_or_takes_keys_away() {
    for program in installed() {
        let folder = tempfile::tempdir().unwrap();
        let fill = |limit: &str, policy: &str| {
            let arguments = ["--maxmemory", limit, "--maxmemory-policy", policy];
            let server = started(&program, folder.path(), &arguments);
            ask(folder.path(), "XADD stream * a 1");
            let value = "x".repeat(1000);
            let set = |key: usize| format!("SET key{key} {value}");
            let lines: Vec<String> = (0..30_000).map(set).collect();
            let said = ask(folder.path(), &lines.join("\r\n"));
            // Which keys are taken is chance; that some are is not.
            let kept = ask(folder.path(), "INFO stats").contains("evicted_keys:0\r");
            drop(server);
            (said.contains("-OOM"), kept)
        };
        let limit = "3mb";
        assert_eq!(fill(limit, "noeviction"), (true, true), "{program:?}");
        assert_eq!(fill(limit, "allkeys-lru"), (false, false), "{program:?}");
        // Keys without an expiry are not taken: writes fail as without a policy.
        assert_eq!(fill(limit, "volatile-lru"), (true, true), "{program:?}");
        // Without a limit, and with one that leaves room, nothing is refused and nothing taken.
        assert_eq!(fill("0", "allkeys-lru"), (false, true), "{program:?}");
        assert_eq!(fill("300mb", "noeviction"), (false, true), "{program:?}");
    }
}

#[test]
fn what_was_evicted_does_not_come_back_with_the_log() {
    for program in installed() {
        for (policy, evicts) in [("allkeys-lru", true), ("noeviction", false)] {
            let folder = tempfile::tempdir().unwrap();
            let log = ["--appendonly", "yes", "--appendfsync", "always"];
            let limited = ["--maxmemory", "3mb", "--maxmemory-policy", policy];
            let server = started(&program, folder.path(), &[&log[..], &limited].concat());
            let value = "x".repeat(10_000);
            let set = |key: usize| format!("SET key{key} {value}");
            let lines: Vec<String> = (0..1000).map(set).collect();
            let said = ask(folder.path(), &lines.join("\r\n"));
            let refused = said.matches("-OOM").count();
            drop(server);
            // Which keys an eviction picks is chance; how many are left is not.
            let server = started(&program, folder.path(), &log);
            let left = ask(folder.path(), "DBSIZE");
            let count = left.lines().next().unwrap().trim_start_matches(':');
            let left: usize = count.trim().parse().unwrap();
            drop(server);
            let told = format!("{program:?} {policy}: {left} left, {refused} refused");
            assert_eq!(refused == 0, evicts, "{told}");
            assert_eq!(left + refused < 1000, evicts, "{told}");
        }
    }
}

#[test]
fn more_clients_than_allowed_and_idle_ones_are_cut_off() {
    use std::io::Read as _;
    for program in installed() {
        let folder = tempfile::tempdir().unwrap();
        let held = |count: usize| {
            let socket = folder.path().join("server.sock");
            let connect = |_| std::os::unix::net::UnixStream::connect(&socket).unwrap();
            (0..count).map(connect).collect::<Vec<_>>()
        };
        let server = started(&program, folder.path(), &["--maxclients", "2"]);
        let connections = held(2);
        // It says so before it is asked anything.
        let mut refused = held(1);
        let mut said = String::new();
        refused[0].set_read_timeout(Some(PATIENCE)).unwrap();
        let _ = refused[0].read_to_string(&mut said);
        assert!(
            said.contains("max number of clients reached"),
            "{program:?}: {said}"
        );
        drop(connections);
        let is_open = |said: &str| said.contains("PONG");
        assert!(wait_for(folder.path(), "PING", is_open), "{program:?}");
        drop(server);
        for (timeout, is_cut) in [("1", true), ("0", false)] {
            let server = started(&program, folder.path(), &["--timeout", timeout]);
            let connections = held(1);
            std::thread::sleep(Duration::from_millis(3500));
            let listed = ask(folder.path(), "CLIENT LIST");
            let idle = listed
                .lines()
                .filter(|line| line.contains(" idle="))
                .count();
            assert_eq!(idle == 1, is_cut, "{program:?} {timeout}: {listed}");
            drop(connections);
            drop(server);
        }
    }
}

#[test]
fn a_server_without_tls_does_not_understand_a_handshake() {
    use std::io::{Read as _, Write as _};
    for program in installed() {
        let folder = tempfile::tempdir().unwrap();
        let server = started(&program, folder.path(), &[]);
        let socket = folder.path().join("server.sock");
        let mut stream = std::os::unix::net::UnixStream::connect(socket).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(1)))
            .unwrap();
        // The head of a client's first record in TLS, and the end of a line.
        stream
            .write_all(&[0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0, b'\r', b'\n'])
            .unwrap();
        // It waits for the rest of what it takes for a command, or answers with an error.
        let mut first = [0];
        let read = stream.read(&mut first).unwrap_or(0);
        assert!(read == 0 || first[0] == b'-', "{program:?}: {first:?}");
        assert!(ask(folder.path(), "PING").contains("PONG"));
        drop(server);
    }
}

/// A certificate and its key for this test alone: nobody trusts them.
const CERTIFICATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/live/tls/server.crt");
const PRIVATE_KEY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/live/tls/server.key");

#[test]
fn a_port_with_tls_answers_no_client_without_it() {
    use std::io::{Read as _, Write as _};
    let mut is_shown = false;
    for program in installed() {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port().to_string();
        let files = [
            "--tls-cert-file",
            CERTIFICATE,
            "--tls-key-file",
            PRIVATE_KEY,
        ];
        let listen = ["--tls-port", &port, "--tls-auth-clients", "no"];
        // Without a certificate, and with one that is not there, no server starts with such a port.
        let alone = start(&program, folder.path(), &listen);
        assert!(alone.is_none(), "{program:?}");
        let missing = [
            "--tls-cert-file",
            "/none.crt",
            "--tls-key-file",
            PRIVATE_KEY,
        ];
        let bad = start(&program, folder.path(), &[&listen[..], &missing].concat());
        assert!(bad.is_none(), "{program:?}");
        // Some of the package indexes are built without TLS, and refuse the directives.
        let Some(server) = start(&program, folder.path(), &[&listen[..], &files].concat()) else {
            println!("SKIPPED: {program:?} is built without TLS");
            continue;
        };
        let mut stream = std::net::TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(1)))
            .unwrap();
        stream.write_all(b"PING\r\n").unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer);
        assert!(!answer.contains("PONG"), "{program:?}: {answer}");
        assert!(ask(folder.path(), "PING").contains("PONG"));
        drop(server);
        is_shown = true;
    }
    // The server of a distribution has TLS.
    assert!(is_shown || std::env::var_os("CI").is_none());
}

#[test]
fn a_replica_that_missed_more_than_the_backlog_gets_a_full_copy() {
    for program in installed() {
        for (backlog, is_full) in [("16kb", true), ("100mb", false)] {
            let [primary, replica] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
            let port = free_port().to_string();
            let own = ["--port", &port, "--repl-backlog-size", backlog];
            let at_once = ["--repl-diskless-sync-delay", "0"];
            let first = started(&program, primary.path(), &[&own[..], &at_once].concat());
            let follow = ["--replicaof", "127.0.0.1", &port];
            let second = started(&program, replica.path(), &follow);
            let is_up = |said: &str| said.contains("master_link_status:up");
            assert!(
                wait_for(replica.path(), "INFO replication", is_up),
                "{program:?}"
            );
            // It is cut off, and two megabytes are written before it is back.
            let value = "x".repeat(50_000);
            let writes = (0..40).map(|key| format!("SET key{key} {value}"));
            let lines: Vec<String> = writes.collect();
            let lines = lines.join("\r\n");
            ask(
                primary.path(),
                &format!("CLIENT KILL TYPE replica\r\n{lines}"),
            );
            let count = |said: &str, name: &str| {
                let found = said.lines().find_map(|line| line.strip_prefix(name));
                found.map_or(0, |count| count.trim().parse::<u32>().unwrap())
            };
            let is_back =
                |said: &str| count(said, "sync_full:") + count(said, "sync_partial_ok:") == 2;
            assert!(
                wait_for(primary.path(), "INFO stats", is_back),
                "{program:?}"
            );
            let said = ask(primary.path(), "INFO stats");
            assert_eq!(
                count(&said, "sync_full:") == 2,
                is_full,
                "{program:?} {backlog}"
            );
            drop((first, second));
        }
    }
}

#[test]
fn a_server_that_loads_its_data_answers_with_loading() {
    for program in installed() {
        let folder = tempfile::tempdir().unwrap();
        let server = started(&program, folder.path(), &[]);
        let value = "x".repeat(2000);
        let writes = (0..300).map(|key| format!("SET key{key} {value}"));
        let lines: Vec<String> = writes.chain(["SAVE".to_owned()]).collect();
        ask(folder.path(), &lines.join("\r\n"));
        assert!(ask(folder.path(), "GET key1").starts_with("$2000"));
        drop(server);
        let socket = folder.path().join("server.sock");
        std::fs::remove_file(&socket).unwrap();
        let mut command = Command::new(&program);
        command.args(["--port", "0", "--unixsocket"]).arg(&socket);
        command.arg("--dir").arg(folder.path());
        // Ten milliseconds a key: a large data set in small.
        command.args(["--key-load-delay", "10000"]);
        command.args(["--loading-process-events-interval-bytes", "2048"]);
        let quiet = command.stdin(Stdio::null()).stdout(Stdio::null());
        let mut process = quiet.stderr(Stdio::null()).spawn().unwrap();
        let is_loading = |said: &str| said.starts_with("-LOADING");
        let deadline = Instant::now() + PATIENCE;
        let mut seen = false;
        while !seen && Instant::now() < deadline && process.try_wait().unwrap().is_none() {
            seen = is_loading(&ask(folder.path(), "GET key1"));
        }
        let ended = process.try_wait().unwrap().is_some();
        if ended {
            println!("SKIPPED: {program:?} cannot be made to load slowly");
        }
        assert!(seen || ended, "{program:?}");
        let _ = process.kill();
        process.wait().unwrap();
    }
}
