//! Random configuration texts: lines of the recorded corpus and of the series' own table, and lines
//! of the directives with parsers of their own, some of them broken. How texts are broken is
//! `mutate`'s business.

use redvet::knowledge::servers::{DirectiveSpec, DirectiveType, ServerSeries};

use super::mutate;
use super::numbers::Numbers;
use super::special;

const RECORDED: &str = include_str!("../../../fixtures/servers/verdicts.jsonl");

/// Left alone: they reach outside the folder, need certificates, exhaust the machine, or end up in
/// another place than the harness looks at.
///
/// Debian's 7.0.15 knows `lua-enable-deprecated-api` from a security fix of a later version.
const LEFT_OUT: &[&str] = &[
    "lua-enable-deprecated-api",
    "databases",
    "maxclients",
    "watchdog-period",
    "tls-",
    "rdma-",
    "unixsocketgroup",
    "unixsocket",
    "logfile",
    "locale-collate",
    "repl-mptcp",
    "mptcp",
    "client-default-resp",
    "req-res-logfile",
    "dir",
    "cluster-databases",
    "hash-seed",
    "debug-context",
];

/// Options of a command line, each with its words.
const OPTIONS: &[&[&str]] = &[
    &["--hz", "20"],
    &["--hz"],
    &["--hz", "x"],
    &["--hz", "20", "30"],
    &["--hz 20"],
    &["--hz 20", "30"],
    &["--HZ", "20"],
    &["--hz=20"],
    &["-hz", "20"],
    &["--save", ""],
    &["--save"],
    &["--SAVE"],
    &["--save", "900 1"],
    &["--save", "900", "1"],
    &["--save", "900", "1", "300", "10"],
    &["--save", "\"\""],
    &["--requirepass x"],
    &["--requirepass", "--foo"],
    &["--requirepass", "a b"],
    &["--requirepass", "a\"b\\c"],
    &["--requirepass", "é\u{7f}"],
    &["--appendonly"],
    &["--appendonly", "yes"],
    &["--appendonly yes"],
    &["--maxmemory=1gb"],
    &["--maxmemory", "1gb"],
    &["--maxmemory", "1g b"],
    &["--maxmemory", "${LIMIT}"],
    &["--list-max-ziplist-size", "-2"],
    &["--client-output-buffer-limit", "normal 0 0 0"],
    &["--client-output-buffer-limit", "normal", "0", "0", "0"],
    &["--nosuch", "x"],
    &["--nosuch"],
    &["--"],
    &["--", "hz", "20"],
    &["-"],
    &["plain"],
    &[""],
    &["--include", "part.conf"],
    &["--include", "conf.d/*.conf"],
    &["--user", "app on nopass"],
    &["--user", "app", "on", "nopass"],
    &["--rename-command", "KEYS", ""],
    &["--bind", "127.0.0.1", "-::1"],
    &["--bind", "127.0.0.1 -::1"],
    &["--latency-tracking-info-percentiles", "50 99"],
    &["--shutdown-on-sigterm", "save now"],
    &["--oom-score-adj-values", "0 200 800"],
    &["--test"],
    &["# x"],
    &["--hz", "#"],
];

/// Whole lines on what is otherwise left out, and on what a table cannot suggest.
const LINES: &[&str] = &[
    "port 65536",
    "port abc",
    "port 7000 7001",
    "databases 0",
    "databases 4",
    "databases x",
    "maxclients 0",
    "maxclients 200",
    "maxclients -1",
    "dir .",
    "dir nosuchdir",
    "dir . .",
    "dir",
    "aclfile nosuch.acl",
    "aclfile \"\"",
    "loadmodule nosuch.so",
    "loadmodule",
    "sentinel",
    "sentinel monitor a 127.0.0.1 1 1",
    "search.timeout 5",
    "search.timeout",
    "tls-port 0",
    "tls-port x",
    "include nosuch.conf",
    "include conf.d/*.conf",
    "replicaof 127.0.0.1 1",
    "cluster-enabled yes",
    "user app on nopass",
    "user app off",
    "user other on >pw ~* +@all",
    "save 900 1",
    "save",
    "save \"\"",
    "rename-command KEYS \"\"",
    "rename-command KEYS SECRETKEYS",
    "rename-command FLUSHALL KEYS",
];

/// Texts of kinds that were judged wrongly once: every server is asked for each of them.
const ASKED_ALWAYS: &[&str] = &[
    "repl-backlog-ttl -1",
    "cluster-blacklist-ttl -1",
    "timeout -1",
    "tcp-keepalive -1",
    "maxmemory 9223372036854775808",
    "maxmemory 9223372036854775807",
    "maxmemory 18446744073709551616",
    "maxmemory 8589934592gb",
    "maxmemory -1",
    "proto-max-bulk-len 9223372036854775808",
    "repl-backlog-size 9223372036854775808",
    "auto-aof-rewrite-min-size 9223372036854775808",
    "notify-keyspace-events Ko",
    "notify-keyspace-events Kc",
    "notify-keyspace-events KEAoc",
    "notify-keyspace-events Km",
    "search.timeout 500",
    "search.timeout",
    "foo.bar 1",
    "foo.bar",
    "search.timeout 500 600",
    "search-timeout 500",
    "bf.error-rate 0.01",
    "sentinel monitor mymaster 127.0.0.1 6379 2",
    "maxmemory 1gb\nsentinel down-after-milliseconds mymaster 1000",
    "maxmemory 1gb\nsentinel",
    "dir \"\"",
    "dir .",
    "dir",
    "dir nosuchdir",
    "dir . .",
    "replicaof no one",
    "slaveof no one",
    "replicaof NO ONE",
    "replicaof no",
    "lua-enable-deprecated-api yes",
    "lua-enable-insecure-api yes",
    "save 60s 1",
    "save -1 1",
    "save 0 0",
    "save 900 1 300",
    "dbfilename sub/dump.rdb",
    "dbfilename \"\"",
    "appenddirname a/b",
    "appenddirname \"\"",
    "logfile \"\"",
    "daemonize no\npidfile \"\"",
    "loglevel nothing",
    "user a on %~x",
    "user a on %",
    "sentinel monitor m 127.0.0.1 1",
    "set-proc-title yes",
    "repl-backlog-ttl 0",
    "hz -1",
    "slowlog-log-slower-than -1",
    "slowlog-log-slower-than -2",
    "client-query-buffer-limit 9223372036854775808",
    "maxmemory 17179869184gb",
    "maxmemory-clients -1",
    "maxmemory-clients 101%",
    "maxmemory-clients 9223372036854775808",
    "notify-keyspace-events AKEn",
    "notify-keyspace-events Kd",
    "notify-keyspace-events S",
    "search.timeout \"\"",
    ".x 1",
    "x. 1",
];

const VALUES: &[&str] = &[
    "yes",
    "no",
    "YES",
    "true",
    "\"\"",
    "0",
    "1",
    "-1",
    "2",
    "10",
    "16",
    "100",
    "127",
    "500",
    "501",
    "1000",
    "65535",
    "65536",
    "2147483647",
    "2147483648",
    "4294967296",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "99999999999999999999",
    "0100",
    "+5",
    "1.5",
    "1e3",
    "0x10",
    "1k",
    "1kb",
    "10m",
    "10mb",
    "1g",
    "1gb",
    "1Gi",
    "17179869184gb",
    "8589934592gb",
    "kb",
    "gb",
    "10%",
    "0%",
    "100%",
    "101%",
    "5.5%",
    "%",
    "abc",
    "\"a b\"",
    "'x y'",
    "a#b",
    "#abc",
    "\"900 1 300 10\"",
    "900 1",
    "900",
    "900 1 300",
    "60s 1",
    "15m 1",
    "KEA",
    "AKE",
    "g$lshzxetdn",
    "KEQ",
    "normal 0 0 0",
    "replica 256mb 64mb 60",
    "slave 1gb 1 1",
    "pubsub 1 1 -1",
    "master 0 0 0",
    "\"pubsub 32mb 8mb 60\"",
    "normal 0 0 0 pubsub 1 2 3",
    "normal x 0 0",
    "0 200 800",
    "0 200 2001",
    "127.0.0.1 6379",
    "no one",
    "127.0.0.1 abc",
    "127.0.0.1 \"\"",
    "127.0.0.1",
    "50 99 99.9",
    "50 101",
    "save",
    "nosave",
    "save nosave",
    "now force",
    "default save",
    "DEFAULT",
    "\"save now\"",
    "default",
    "save save",
    "a/b",
    "x.y",
    "{title} {listen-addr}",
    "{title}",
    "{nosuch}",
    "{",
    "127.0.0.1 -::1",
    "*",
    "app on nopass ~* &* +@all",
    "app on >pw ~a:* +get -set",
    "app +nosuch",
    "app +@nosuch",
    "app bogus",
    "app &x",
    "app allchannels &x",
    "app resetchannels &x &y",
    "app ~* ~x",
    "app on <pw",
    "app >a <a",
    "app +config|get",
    "app +config|nosuch",
    "app +get|x",
    "app -config|get",
    "app (~x +get)",
    "app (~x +get) on",
    "app ( ~x )",
    "app (on)",
    "app ( ~x",
    "app %R~x",
    "app %~x",
    "app %X~x",
    "app +@all +debug|x",
    "app +debug|",
    "app #abc",
    "app reset ~*",
    "app sanitize-payload",
    "app db=0,1",
    "app alldbs",
    "\"a b\" on",
    "default on nopass",
    "default off nopass +ping",
    "GET got",
    "get \"\"",
    "NOSUCH x",
    "flushall get",
    "\"config|get\" x",
    "conf.d/*.conf",
    "nosuch.conf",
    "nosuchdir",
    ".",
    "/tmp",
];

pub(crate) struct Generator<'s> {
    numbers: Numbers,
    recorded: Vec<String>,
    lines: Vec<String>,
    directives: Vec<&'s DirectiveSpec>,
    leaves_out_patches: bool,
}

fn left_out(line: &str) -> bool {
    let lower = line
        .trim_start()
        .trim_start_matches(['"', '\''])
        .to_ascii_lowercase();
    let name = lower
        .split([' ', '\t', '"', '\''])
        .next()
        .unwrap_or_default();
    let is_out = |out: &&str| name == *out || out.ends_with('-') && name.starts_with(*out);
    !LINES.contains(&line) && LEFT_OUT.iter().any(is_out)
}

impl<'s> Generator<'s> {
    pub(crate) fn new(seed: u64, series: &'s ServerSeries) -> Self {
        let recorded: Vec<String> = RECORDED
            .lines()
            .map(|row| serde_json::from_str::<serde_json::Value>(row).unwrap())
            .map(|row| row["config"].as_str().unwrap().to_owned())
            .filter(|text| !text.lines().any(|line| left_out(line) || reaches_out(line)))
            .collect();
        let mut lines: Vec<String> = recorded
            .iter()
            .flat_map(|text| text.lines().map(str::to_owned))
            .filter(|line| !line.contains('\r'))
            .collect();
        lines.sort();
        lines.dedup();
        Self {
            numbers: Numbers::new(seed),
            recorded,
            lines,
            directives: series.directives().filter(|d| !left_out(&d.name)).collect(),
            leaves_out_patches: series.name() == "redis 7.0",
        }
    }

    /// One text: a recorded one that is changed, or lines of one's own.
    pub(crate) fn text(&mut self) -> String {
        let mut text = if self.numbers.chance(30) {
            self.numbers.pick(&self.recorded).clone()
        } else {
            self.composed()
        };
        while self.numbers.chance(45) {
            text = mutate::text(&mut self.numbers, &text, VALUES);
        }
        let lines = text.split_inclusive('\n');
        let patched = |line: &str| self.leaves_out_patches && is_patched(line);
        let kept = lines.filter(|line| !left_out(line) && !reaches_out(line) && !patched(line));
        kept.collect()
    }

    /// For every directive some of the values, each in a text that stops behind it: no server starts.
    pub(crate) fn sweep(&mut self, values: usize) -> Vec<String> {
        let mut texts = Vec::new();
        for directive in self.directives.clone() {
            for _ in 0..values {
                let line = format!("{} {}\n", directive.name, self.numbers.pick(VALUES));
                let patched = self.leaves_out_patches && is_patched(&line);
                if !patched && !reaches_out(&line) {
                    texts.push(format!("{line}hz stops-here\n"));
                }
            }
        }
        texts
    }

    pub(crate) fn asked_always(&self) -> Vec<String> {
        let is_patched = |text: &str| is_patched(text) || left_out(text);
        let texts = ASKED_ALWAYS.iter();
        let kept = texts.filter(|text| !(self.leaves_out_patches && is_patched(text)));
        kept.map(|text| format!("{text}\n")).collect()
    }

    /// Words behind the file; mostly none.
    pub(crate) fn arguments(&mut self) -> Vec<String> {
        let mut words: Vec<String> = Vec::new();
        while self.numbers.chance(20) {
            let option = self.numbers.pick(OPTIONS);
            words.extend(option.iter().map(|word| (*word).to_owned()));
        }
        if self.numbers.chance(3) {
            words.push("-".to_owned());
        }
        words
    }

    /// What stands on standard input, whether or not it is read.
    pub(crate) fn stdin(&mut self) -> String {
        (*self.numbers.pick(&[
            "",
            "hz 77\n",
            "hz 77",
            "timeout x\n",
            "timeout 9\r\nsave \"\"\n",
        ]))
        .to_owned()
    }

    fn composed(&mut self) -> String {
        let mut text = String::new();
        for _ in 0..=self.numbers.below(6) {
            text.push_str(&self.line());
            text.push_str(if self.numbers.chance(3) { "\r\n" } else { "\n" });
        }
        text
    }

    fn line(&mut self) -> String {
        match self.numbers.below(100) {
            0..12 => (*self.numbers.pick(LINES)).to_owned(),
            12..24 => self.numbers.pick(&self.lines).clone(),
            24..45 => special::line(&mut self.numbers),
            _ => self.of_the_table(),
        }
    }

    fn of_the_table(&mut self) -> String {
        let directive = *self.numbers.pick(&self.directives);
        let name = match &directive.aliases[..] {
            [alias, ..] if self.numbers.chance(20) => alias,
            _ => &directive.name,
        };
        let value = if self.numbers.chance(75) {
            self.plausible(directive)
        } else {
            (*self.numbers.pick(VALUES)).to_owned()
        };
        format!("{name} {value}")
    }

    /// A value that may well be accepted.
    fn plausible(&mut self, directive: &DirectiveSpec) -> String {
        let bound =
            |n: &Option<serde_json::Number>| n.as_ref().map_or("7".into(), ToString::to_string);
        match directive.kind {
            DirectiveType::Bool => (*self.numbers.pick(&["yes", "no", "Yes"])).to_owned(),
            DirectiveType::Int => match self.numbers.below(4) {
                0 => bound(&directive.min),
                1 if !directive.name.contains("threads") => bound(&directive.max),
                _ => self.numbers.below(120).to_string(),
            },
            DirectiveType::Memory | DirectiveType::PercentOrMemory => {
                let unit = *self
                    .numbers
                    .pick(&["", "b", "k", "kb", "m", "mb", "MB", "gb"]);
                format!("{}{unit}", self.numbers.below(2000))
            }
            DirectiveType::Enum => self.numbers.pick(&directive.enum_values).clone(),
            DirectiveType::String => {
                (*self.numbers.pick(&["abc", "\"\"", "\"a b\"", "x-1.y"])).to_owned()
            }
            DirectiveType::Special
            | DirectiveType::Ignored
            | DirectiveType::ModuleConfig
            | DirectiveType::Unverified => (*self.numbers.pick(VALUES)).to_owned(),
        }
    }
}

/// The line would write or read outside the test's own folder.
fn reaches_out(line: &str) -> bool {
    line.contains("/dev") || line.contains("/etc") || line.contains("/root")
}

/// Debian's 7.0.15 has the check of `%` without a permission from a later version.
fn is_patched(line: &str) -> bool {
    line.contains('%') && line.to_ascii_lowercase().contains("user")
}
