//! What the rules on both ends of a connection say of servers, asked of real ones: who is refused, and
//! with which words. Every case has its twin that is let in.
#![cfg(unix)]

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::live::installed::installed;

/// How long a server may take to start, and a replica to copy.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server on a port of its own, which ends with the test.
struct Server {
    process: Child,
    port: u16,
    folder: tempfile::TempDir,
}

impl Server {
    fn start(program: &Path, arguments: &[&str]) -> Self {
        let port = free_port();
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(program);
        command.args(["--port", &port.to_string(), "--save", "", "--dir"]);
        command.arg(folder.path()).args(arguments);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let server = Self {
            process: command.spawn().unwrap(),
            port,
            folder,
        };
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(
                Instant::now() < deadline,
                "{} does not start",
                program.display()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        server
    }

    /// The answer to these lines, from an address of this machine.
    fn ask(&self, host: IpAddr, lines: &[&str]) -> String {
        let Ok(mut stream) = TcpStream::connect(SocketAddr::new(host, self.port)) else {
            return "refused".to_owned();
        };
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        // A server that refuses closes before it has read anything.
        let _ = stream.write_all(format!("{}\r\nQUIT\r\n", lines.join("\r\n")).as_bytes());
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    fn ask_here(&self, lines: &[&str]) -> String {
        self.ask(IpAddr::from([127, 0, 0, 1]), lines)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that has ended is as good as one that is killed.
        let _ = self.process.kill();
        let _ = self.process.wait();
        assert!(self.folder.path().exists());
    }
}

pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}

/// An address of this machine that is not its loopback; nothing is sent.
fn outer_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind(("0.0.0.0", 0)).ok()?;
    socket.connect(("192.0.2.1", 9)).ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_loopback() && !address.is_unspecified()).then_some(address)
}

fn servers() -> Vec<PathBuf> {
    installed()
}

fn is_before_seven(program: &Path) -> bool {
    let version = Command::new(program).arg("--version").output().unwrap();
    String::from_utf8_lossy(&version.stdout).contains("v=6.")
}

#[test]
fn protected_mode_and_the_loopback_refuse_other_hosts() {
    let Some(outer) = outer_address() else {
        println!("SKIPPED: this machine has no address but its loopback");
        return;
    };
    for program in servers() {
        let said = |arguments: &[&str]| Server::start(&program, arguments).ask(outer, &["PING"]);
        let name = program.display();
        assert!(
            said(&["--protected-mode", "yes"]).starts_with("-DENIED"),
            "{name}"
        );
        assert!(
            said(&["--protected-mode", "no"]).starts_with("+PONG"),
            "{name}"
        );
        let password = ["--protected-mode", "yes", "--requirepass", "x"];
        assert!(said(&password).starts_with("-NOAUTH"), "{name}");
        let loopback = ["--protected-mode", "no", "--bind", "127.0.0.1"];
        assert_eq!(said(&loopback), "refused", "{name}");
        // Up to 6.2 an address that somebody wrote lifts protected mode.
        let bound = said(&["--protected-mode", "yes", "--bind", "0.0.0.0"]);
        let expected = if is_before_seven(&program) {
            "+PONG"
        } else {
            "-DENIED"
        };
        assert!(bound.starts_with(expected), "{name}: {bound}");
    }
}

#[test]
fn a_password_is_asked_of_everyone() {
    for program in servers() {
        let server = Server::start(&program, &["--requirepass", "x"]);
        let name = program.display();
        assert!(
            server.ask_here(&["GET key"]).starts_with("-NOAUTH"),
            "{name}"
        );
        assert!(
            server.ask_here(&["AUTH y"]).starts_with("-WRONGPASS"),
            "{name}"
        );
        assert!(
            server.ask_here(&["AUTH x", "PING"]).contains("+PONG"),
            "{name}"
        );
    }
}

#[test]
fn a_cluster_and_a_single_server_answer_the_others_clients_with_errors() {
    for program in servers() {
        let name = program.display();
        let single = Server::start(&program, &[]);
        let said = single.ask_here(&["CLUSTER SLOTS"]);
        assert!(said.contains("cluster support disabled"), "{name}: {said}");
        assert!(
            single.ask_here(&["SELECT 16"]).starts_with("-ERR"),
            "{name}"
        );
        assert!(single.ask_here(&["SELECT 3"]).starts_with("+OK"), "{name}");
        let cluster = Server::start(&program, &["--cluster-enabled", "yes"]);
        assert!(
            cluster.ask_here(&["SELECT 3"]).starts_with("-ERR"),
            "{name}"
        );
        // The first half of the slots here, the other half nowhere: every second key is not served.
        let half: Vec<String> = (0..8192).map(|slot| slot.to_string()).collect();
        let assigned = format!("CLUSTER ADDSLOTS {}", half.join(" "));
        assert!(cluster.ask_here(&[&assigned]).starts_with("+OK"), "{name}");
        let said = cluster.ask_here(&["GET foo"]);
        assert!(
            said.starts_with("-CLUSTERDOWN") || said.starts_with("-MOVED"),
            "{name}: {said}"
        );
    }
}

#[test]
fn a_replica_without_the_password_never_gets_its_data() {
    for program in servers() {
        let primary = Server::start(&program, &["--requirepass", "x"]);
        let port = primary.port.to_string();
        let follow = ["--replicaof", "127.0.0.1", port.as_str()];
        let with_password = [&follow[..], &["--masterauth", "x"]].concat();
        let good = Server::start(&program, &with_password);
        let bad = Server::start(&program, &follow);
        let is_up = |server: &Server| {
            server
                .ask_here(&["INFO replication"])
                .contains("master_link_status:up")
        };
        let deadline = Instant::now() + PATIENCE;
        while !is_up(&good) {
            assert!(
                Instant::now() < deadline,
                "{} never copies",
                program.display()
            );
            std::thread::sleep(Duration::from_millis(100));
        }
        // Started first, and asked after the other one was done.
        std::thread::sleep(Duration::from_secs(2));
        assert!(!is_up(&bad), "{}", program.display());
    }
}
