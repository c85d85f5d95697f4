//! The source document's server block, and the estate that corrects it, given to a real server.
//!
//! What redvet says of a configuration is compared with what `redis-server` says where one is
//! installed. Without one the tests say so and pass, except where `CI` is set: there it is missing.
#![cfg(unix)]

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::support::harness::{Harness, fixed, repository};

/// How long a server may take to start or to give up.
const PATIENCE: Duration = Duration::from_secs(30);

/// Whether there is a server to ask.
fn installed() -> bool {
    let found = Command::new("redis-server")
        .arg("--version")
        .output()
        .is_ok();
    if !found {
        assert!(
            std::env::var_os("CI").is_none(),
            "redis-server is not installed, and CI is set"
        );
        eprintln!("redis-server is not installed: nothing is compared");
    }
    found
}

/// A configuration in a folder of its own, with everything of the server inside that folder.
struct Setup {
    folder: tempfile::TempDir,
    conf: PathBuf,
}

impl Setup {
    fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let conf = folder.path().join("redis.conf");
        fs::write(&conf, text).unwrap();
        Self { folder, conf }
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("redis.sock")
    }

    /// The server's command line: no port, no other folder, no detaching.
    fn command(&self) -> Command {
        let mut command = Command::new("redis-server");
        command
            .arg(&self.conf)
            .args(["--port", "0", "--daemonize", "no"]);
        command.arg("--unixsocket").arg(self.socket());
        command.arg("--dir").arg(self.folder.path());
        command.stdin(Stdio::null());
        command
    }

    /// Runs a server that is expected to give up, and kills one that does not.
    fn refused(&self) -> Output {
        let mut command = self.command();
        let mut server = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let deadline = Instant::now() + PATIENCE;
        while server.try_wait().unwrap().is_none() {
            if Instant::now() > deadline || self.socket().exists() {
                server.kill().unwrap();
                server.wait().unwrap();
                panic!("the server started");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        server.wait_with_output().unwrap()
    }

    /// Starts a server that is expected to serve.
    fn started(&self) -> Running {
        let log = self.folder.path().join("log");
        let out = fs::File::create(&log).unwrap();
        let mut command = self.command();
        command.stderr(out.try_clone().unwrap()).stdout(out);
        let mut running = Running(command.spawn().unwrap());
        let deadline = Instant::now() + PATIENCE;
        while UnixStream::connect(self.socket()).is_err() {
            let ended = running.0.try_wait().unwrap().is_some();
            let said = || fs::read_to_string(&log).unwrap_or_default();
            assert!(
                !ended && Instant::now() < deadline,
                "the server did not start:\n{}",
                said()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        running
    }
}

/// A server that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // A server that has ended already is as good as one that is killed.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The last line of the answer to `CONFIG GET name`.
fn config_get(socket: &Path, name: &str) -> String {
    let mut stream = UnixStream::connect(socket).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "CONFIG GET {name}\r\nQUIT\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let lines: Vec<&str> = answer.lines().filter(|line| *line != "+OK").collect();
    (*lines.last().unwrap()).to_owned()
}

/// The configuration that a ConfigMap of an estate holds.
fn estate_configuration(estate: &str) -> String {
    let path = format!("fixtures/estates/{estate}/deploy/redis-configmap.yaml");
    let text = fs::read_to_string(repository(&path)).unwrap();
    let manifest: serde_yaml::Value = serde_yaml::from_str(&text).unwrap();
    manifest["data"]["redis-additional.conf"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn document() -> String {
    fs::read_to_string(repository("fixtures/source-document/REDIS_OPTIMIZATION.md")).unwrap()
}

/// The first fenced block of the source document.
fn first_block(document: &str) -> String {
    let block = document.split("```").nth(1).unwrap();
    block.strip_prefix("yaml\n").unwrap().to_owned()
}

/// The configuration without the line that a server refuses if it lacks the allocator that comes
/// with it, as Debian's does.
fn portable(conf: &str) -> String {
    let portable = conf.replace("activedefrag yes\n", "");
    assert_ne!(portable, conf);
    portable
}

#[test]
fn the_documents_block_is_refused_at_its_first_trailing_comment() {
    if !installed() {
        return;
    }
    let block = first_block(&document());
    assert_eq!(
        block,
        estate_configuration("relay-miner"),
        "the estate holds the block verbatim"
    );
    let output = Setup::new(&block).refused();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(!output.status.success());
    assert!(said.contains("at line 4"), "{said}");
    assert!(said.contains("wrong number of arguments"), "{said}");
}

#[test]
fn the_documents_block_starts_once_its_comments_have_been_moved() {
    if !installed() {
        return;
    }
    let harness = Harness::new();
    let text = document();
    let report = harness.check(&harness.texts([("document.md", text.as_str())]));
    let mended = fixed(&text, &report, "conf/trailing-comment");
    let setup = Setup::new(&portable(&first_block(&mended)));
    let _running = setup.started();
    assert_eq!(config_get(&setup.socket(), "maxmemory"), "30064771072");
}

#[test]
fn the_corrected_estate_starts_and_reads_back_what_was_written() {
    if !installed() {
        return;
    }
    let conf = portable(&estate_configuration("relay-miner-tuned"));
    let setup = Setup::new(&conf);
    let _running = setup.started();
    let expected = [
        ("maxmemory", "25769803776"),
        ("maxmemory-policy", "noeviction"),
        ("io-threads", "3"),
        ("auto-aof-rewrite-min-size", "536870912"),
        ("hz", "100"),
        ("timeout", "600"),
    ];
    for (name, value) in expected {
        assert_eq!(config_get(&setup.socket(), name), value, "{name}");
    }
}
