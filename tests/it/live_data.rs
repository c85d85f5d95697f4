//! What `redvet upgrade` says of data, asked of real servers: each installed one writes a dump, and every
//! other one is started with it. It starts where the table of formats says that it reads the version,
//! and ends otherwise.
#![cfg(unix)]

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use redvet::knowledge::servers::{AofForm, DataFormat, ServerKnowledge, ServerSeries};

use crate::live::installed::installed;

/// How long a server may take to load its data, or to refuse it.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where each listens, in its folder: no port is taken.
const SOCKET: &str = "server.sock";

/// A running server; it ends with the value.
pub(crate) struct DataServer(Child);

impl DataServer {
    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }
}

impl From<Child> for DataServer {
    fn from(process: Child) -> Self {
        Self(process)
    }
}

impl Drop for DataServer {
    fn drop(&mut self) {
        // One that has ended is as good as one that is killed.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a server in a folder; `None` where it ends by itself.
pub(crate) fn start(program: &Path, folder: &Path, arguments: &[&str]) -> Option<DataServer> {
    let socket = folder.join(SOCKET);
    let _ = std::fs::remove_file(&socket);
    let mut command = Command::new(program);
    command.args(["--port", "0", "--save", "", "--unixsocket"]);
    command.arg(&socket).arg("--dir").arg(folder);
    command.args(arguments);
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null());
    let mut server = DataServer(quiet.stderr(Stdio::null()).spawn().unwrap());
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        if server.0.try_wait().unwrap().is_some() {
            return None;
        }
        // It answers LOADING until its data is read.
        if socket.exists() && ask(folder, "PING").contains("PONG") {
            return Some(server);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("{program:?} neither serves nor ends in {folder:?}");
}

/// The answer to some lines.
pub(crate) fn ask(folder: &Path, lines: &str) -> String {
    let Ok(mut stream) = UnixStream::connect(folder.join(SOCKET)) else {
        return String::new();
    };
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    // One that ends meanwhile closes before it has read anything.
    let _ = stream.write_all(format!("{lines}\r\nQUIT\r\n").as_bytes());
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

/// The installed servers, each with what the table says of its data.
fn servers(knowledge: &ServerKnowledge) -> Vec<(PathBuf, &DataFormat)> {
    let format = |program: &PathBuf| {
        let said = Command::new(program).arg("--version").output().unwrap();
        let said = String::from_utf8_lossy(&said.stdout).to_lowercase();
        // The first releases of valkey say only `Server`.
        let flavor = match said.split(' ').next() {
            Some("redis") => "redis",
            _ => "valkey",
        };
        let version = said.split(" v=").nth(1).unwrap();
        let named = |series: &&ServerSeries| {
            series.flavor == flavor && version.starts_with(&format!("{}.", series.series))
        };
        let series = knowledge.all().find(named);
        let series = series.unwrap_or_else(|| panic!("no table for {program:?}: {said}"));
        knowledge.data_format(series).unwrap()
    };
    let programs = installed();
    programs
        .into_iter()
        .map(|program| {
            let format = format(&program);
            (program, format)
        })
        .collect()
}

#[test]
fn a_dump_is_read_by_those_that_the_table_names() {
    let knowledge = ServerKnowledge::embedded();
    let servers = servers(&knowledge);
    let mut refused = 0;
    for (writer, written) in &servers {
        let folder = tempfile::tempdir().unwrap();
        let server = start(writer, folder.path(), &[]);
        assert!(ask(folder.path(), "SET order 4711\r\nSAVE").contains("OK"));
        drop(server);
        let dump = std::fs::read(folder.path().join("dump.rdb")).unwrap();
        let version =
            String::from_utf8_lossy(&dump[5..9]).replace(|c: char| !c.is_ascii_digit(), "");
        assert_eq!(version.parse(), Ok(written.writes), "{writer:?}");
        for (reader, format) in &servers {
            let copy = tempfile::tempdir().unwrap();
            std::fs::write(copy.path().join("dump.rdb"), &dump).unwrap();
            let started = start(reader, copy.path(), &[]);
            let reads = format.reads(written.writes);
            assert_eq!(
                started.is_some(),
                reads,
                "{reader:?} with a dump of {writer:?}"
            );
            if started.is_some() {
                assert!(ask(copy.path(), "GET order").contains("4711"));
            }
            refused += usize::from(!reads);
        }
    }
    println!("{} servers, {refused} pairs refused", servers.len());
}

#[test]
fn a_folder_of_the_log_is_empty_to_those_that_look_for_a_file() {
    let knowledge = ServerKnowledge::embedded();
    let servers = servers(&knowledge);
    let log = ["--appendonly", "yes", "--appendfsync", "always"];
    let of = |form: AofForm| servers.iter().filter(move |(_, format)| format.aof == form);
    for (writer, _) in of(AofForm::Folder) {
        let folder = tempfile::tempdir().unwrap();
        let server = start(writer, folder.path(), &log);
        assert!(ask(folder.path(), "SET order 4711").contains("OK"));
        drop(server);
        for (reader, _) in of(AofForm::File) {
            let server = start(reader, folder.path(), &log);
            assert!(server.is_some(), "{reader:?}");
            let answer = ask(folder.path(), "GET order");
            assert!(
                !answer.contains("4711"),
                "{reader:?} reads {writer:?}: {answer}"
            );
        }
    }
}
