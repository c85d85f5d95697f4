//! A real server that is started with a text, asked for its values and ended.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use redvet::facts::pattern::FilePattern;
use redvet::knowledge::servers::language::ServerBuild;
use redvet::server_simulation::ServerHost;
use tempfile::TempDir;

/// What a server did with a text.
pub(crate) enum Seen {
    /// It accepts connections; the values are those of `CONFIG GET *`, if it would tell.
    Started(Vec<(String, String)>),
    Refused {
        line: Option<usize>,
        error: String,
    },
    Stopped {
        log: String,
    },
    /// It says itself that it cannot go on.
    Crashed {
        log: String,
    },
    /// A signal ended it, and it says nothing of why: what the text has to do with that is not known.
    Died {
        signal: i32,
    },
}

/// What a server is started with, besides what keeps it within its folder.
#[derive(Default)]
pub(crate) struct Call {
    pub(crate) text: String,
    pub(crate) arguments: Vec<String>,
    pub(crate) stdin: String,
    /// Files beside it, by their paths.
    pub(crate) files: Vec<(String, String)>,
}

const OWN_ARGUMENTS: &[&str] = &[
    "--daemonize",
    "no",
    "--logfile",
    "",
    "--pidfile",
    "",
    "--syslog-enabled",
    "no",
    "--unixsocketperm",
    "700",
];

/// The files in the folder that the server is started in.
const FILES: &[(&str, &str)] = &[
    ("part.conf", "hz 20\ntimeout 7\n"),
    ("broken.conf", "# a comment\nhz 20\nmaxmemory 1gb # half\n"),
    ("late.conf", "user late on +nosuch\n"),
    ("noend.conf", "hz 33"),
    ("again.conf", "include part.conf\nhz 50\n"),
    ("nested.conf", "include conf.d/*.conf\nsave 60 5\n"),
    ("conf.d/a.conf", "hz 40\nsave 900 1\n"),
    ("conf.d/b.conf", "timeout 30\n"),
    ("conf.d/c.conf", "tcp-keepalive 9\n"),
    ("conf.d/.hidden.conf", "hz x\n"),
    ("conf.e/a.conf", "timeout 30"),
    ("conf.e/b.conf", "tcp-keepalive 9"),
    ("users.acl", "user alice on nopass ~* +@all\n"),
    ("empty.acl", ""),
];

pub(crate) struct Live {
    binary: PathBuf,
    folder: TempDir,
}

impl Live {
    pub(crate) fn new(binary: PathBuf) -> Self {
        Self {
            binary,
            folder: TempDir::new().unwrap(),
        }
    }

    /// Flavor and version, as `--version` tells them.
    pub(crate) fn version(&self) -> (String, String) {
        let output = Command::new(&self.binary)
            .arg("--version")
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let flavor = match text.split(' ').next().unwrap() {
            // The first releases of valkey say only this.
            "Server" => "valkey".to_owned(),
            name => name.to_ascii_lowercase(),
        };
        let version = text.split(" v=").nth(1).unwrap().split(' ').next().unwrap();
        (flavor, version.to_owned())
    }

    /// What the server was built with, found out by asking it.
    pub(crate) fn build(&mut self) -> ServerBuild {
        let starts = |seen: Seen| matches!(seen, Seen::Started(_));
        ServerBuild {
            bundled_allocator: starts(self.start("activedefrag yes\n")),
            tls: starts(self.start("tls-session-caching yes\n")),
        }
    }

    pub(crate) fn host(&self) -> Files {
        Files {
            root: self.folder.path().join("work"),
        }
    }

    /// Starts the server on a text and nothing else.
    pub(crate) fn start(&mut self, text: &str) -> Seen {
        let call = Call {
            text: text.to_owned(),
            ..Call::default()
        };
        self.run(&call).0
    }

    /// Starts the server; also gives all arguments behind the file that were used.
    pub(crate) fn run(&mut self, call: &Call) -> (Seen, Vec<String>) {
        let work = self.folder.path().join("work");
        let _ = std::fs::remove_dir_all(&work);
        let own = call.files.iter().map(|(path, text)| (&**path, &**text));
        for (path, text) in FILES.iter().copied().chain(own) {
            let path = work.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let conf = self.folder.path().join("t.conf");
        std::fs::write(&conf, &call.text).unwrap();
        let socket = self.folder.path().join("s");
        let _ = std::fs::remove_file(&socket);
        let own = ["--port", "0", "--unixsocket", socket.to_str().unwrap()];
        let own = own
            .iter()
            .chain(OWN_ARGUMENTS)
            .map(|word| (*word).to_owned());
        let arguments: Vec<String> = own.chain(call.arguments.iter().cloned()).collect();
        let file = |name: &str| std::fs::File::create(self.folder.path().join(name)).unwrap();
        let mut child = Command::new(&self.binary)
            .arg(&conf)
            .args(&arguments)
            .current_dir(&work)
            .env("LC_ALL", "C")
            .stdin(Stdio::piped())
            .stdout(file("out"))
            .stderr(file("err"))
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // A server that stops early closes its end.
        let _ = stdin.write_all(call.stdin.as_bytes());
        drop(stdin);
        (self.watch(child, &socket), arguments)
    }

    fn watch(&self, mut child: Child, socket: &Path) -> Seen {
        let begun = Instant::now();
        loop {
            if let Some(status) = child.try_wait().unwrap() {
                return self.ended(status.signal());
            }
            // The socket is open before modules and users are loaded; an answer comes after.
            let answer = UnixStream::connect(socket).ok().and_then(ask);
            if let Some(values) = answer {
                let _ = child.kill();
                child.wait().unwrap();
                return Seen::Started(values);
            }
            if begun.elapsed() > Duration::from_secs(20) {
                let _ = child.kill();
                child.wait().unwrap();
                return Seen::Stopped {
                    log: "nothing for 20 s".to_owned(),
                };
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn ended(&self, signal: Option<i32>) -> Seen {
        let read = |name: &str| {
            let bytes = std::fs::read(self.folder.path().join(name)).unwrap();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let (out, err) = (read("out"), read("err"));
        let log = format!("{out}{err}");
        if log.contains("ASSERTION FAILED") {
            return Seen::Crashed { log };
        }
        if let Some(signal) = signal {
            return Seen::Died { signal };
        }
        if !err.contains("FATAL CONFIG FILE ERROR") {
            return Seen::Stopped { log };
        }
        let line = err.split("at line ").nth(1).map(|rest| {
            let digits = rest.split('\n').next().unwrap();
            digits.parse().unwrap()
        });
        let error = err.trim_end().rsplit('\n').next().unwrap().to_owned();
        Seen::Refused { line, error }
    }
}

/// `CONFIG GET *`: nothing where the server does not tell it to anybody, `None` where it does not
/// answer at all.
fn ask(mut stream: UnixStream) -> Option<Vec<(String, String)>> {
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    stream
        .write_all(b"*3\r\n$6\r\nCONFIG\r\n$3\r\nGET\r\n$1\r\n*\r\n")
        .ok()?;
    let mut reader = Reply {
        stream,
        bytes: Vec::new(),
        at: 0,
    };
    let first = reader.line()?;
    let Some(count) = first.strip_prefix('*') else {
        return Some(Vec::new());
    };
    let count: usize = count.parse().ok()?;
    let mut words = Vec::new();
    for _ in 0..count {
        let length: usize = reader.line()?.strip_prefix('$')?.parse().ok()?;
        words.push(reader.take(length)?);
    }
    let pair = |pair: &[String]| (pair[0].clone(), pair[1].clone());
    Some(words.chunks_exact(2).map(pair).collect())
}

struct Reply {
    stream: UnixStream,
    bytes: Vec<u8>,
    at: usize,
}

impl Reply {
    fn fill(&mut self) -> Option<()> {
        let mut buffer = [0; 65536];
        let read = self.stream.read(&mut buffer).ok().filter(|n| *n > 0)?;
        self.bytes.extend_from_slice(&buffer[..read]);
        Some(())
    }

    fn line(&mut self) -> Option<String> {
        loop {
            let rest = &self.bytes[self.at..];
            if let Some(end) = rest.windows(2).position(|pair| pair == b"\r\n") {
                let line = String::from_utf8_lossy(&rest[..end]).into_owned();
                self.at += end + 2;
                return Some(line);
            }
            self.fill()?;
        }
    }

    fn take(&mut self, length: usize) -> Option<String> {
        while self.bytes.len() < self.at + length + 2 {
            self.fill()?;
        }
        let bytes = &self.bytes[self.at..self.at + length];
        let text = String::from_utf8_lossy(bytes).into_owned();
        self.at += length + 2;
        Some(text)
    }
}

/// The files that the server sees from its own folder.
pub(crate) struct Files {
    root: PathBuf,
}

impl ServerHost for Files {
    fn read(&self, path: &str) -> Option<Result<String, String>> {
        const MISSING: &str = "No such file or directory";
        if path.is_empty() {
            return Some(Err(MISSING.to_owned()));
        }
        let path = self.root.join(path);
        if path.is_dir() {
            return Some(Ok(String::new()));
        }
        let read = std::fs::read_to_string(path);
        Some(read.map_err(|why| match why.kind() {
            std::io::ErrorKind::NotADirectory => "Not a directory".to_owned(),
            _ => MISSING.to_owned(),
        }))
    }

    fn find_matching(&self, pattern: &str) -> Option<Vec<String>> {
        let pattern = FilePattern::new(pattern)?;
        let mut found = Vec::new();
        for folder in ["", "conf.d/", "conf.e/"] {
            for entry in std::fs::read_dir(self.root.join(folder)).unwrap() {
                let name = entry.unwrap().file_name().into_string().unwrap();
                found.push(format!("{folder}{name}"));
            }
        }
        found.retain(|path| pattern.matches(path));
        found.sort();
        Some(found)
    }

    fn is_folder(&self, path: &str) -> Option<bool> {
        Some(!path.is_empty() && self.root.join(path).is_dir())
    }

    fn is_file(&self, path: &str) -> Option<bool> {
        Some(self.root.join(path).is_file())
    }
}
