//! Random configurations given to real servers, whose verdicts must be ours.
//!
//! Servers are those of `REDVET_LIVE_SERVERS` (paths joined by `:`); without it a `redis-server` and a
//! `valkey-server` on the path, and those that `tests/live/install` has put into the user's cache.
//! A server that is looked for and not there is named, and in CI the test fails then.
//! `REDVET_LIVE_COUNT` and `REDVET_LIVE_SEED` change how many texts are tried and which,
//! `REDVET_LIVE_VALUES` how many values of every directive.
#![cfg(unix)]

use std::path::PathBuf;

use crate::live::generate::Generator;
use crate::live::installed::installed;
use crate::live::server::{Call as Started, Live, Seen};
use redvet::knowledge::servers::language::{ServerBuild, StopStage};
use redvet::knowledge::servers::{ServerKnowledge, ServerSeries};
use redvet::server_simulation::{ServerInvocation, ServerVerdict, SimulatedServer};

const SEED: u64 = 20_240_229;
const COUNT: usize = 300;
/// Of some 150: a new seed tries others.
const VALUES: usize = 4;

/// What is no business of the configuration text: decided by the machine, or by the harness.
const NOT_COMPARED: &[&str] = &[
    "dir",
    "maxclients",
    "rdma-bind",
    "rdma-port",
    "availability-zone",
];

/// What a log says where the machine is at fault: with cluster mode a second port is opened and
/// addresses are looked up; a data file may be no file.
const MACHINE: &[&str] = &[
    "Failed listening on port",
    "Could not create server TCP listening socket",
    "RDB ERROR DETECTED",
    "Fatal error loading the DB",
    "Can't open or create append-only",
];

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |text| text.parse().unwrap())
}

/// One text of so many may end a server by a signal: a program that is linked statically crashes
/// where it looks up a host with another C library than the one it was built with.
const TEXTS_PER_DEATH: usize = 50;

/// For a selector that is not closed redis 7.0 prints what its last failing system call left behind.
fn same(ours: &str, theirs: &str) -> bool {
    const LEFT_BEHIND: &str = "Unknown command or category name in ACL";
    ours == theirs || ours == theirs.replace(LEFT_BEHIND, "Wrong format")
}

/// What disagrees, in words; nothing where all agrees, or where a signal left no verdict.
fn disagreement(seen: &Seen, found: &ServerVerdict) -> Option<String> {
    let refusal = found.refusal.as_ref();
    match seen {
        Seen::Started(values) => {
            if let Some(refusal) = refusal {
                return Some(format!("it starts, not {refusal:?}"));
            }
            values.iter().find_map(|(name, value)| {
                let ours = found.effective.get(name)?;
                let compared = !NOT_COMPARED.contains(&name.as_str());
                (compared && ours != value).then(|| format!("{name} is {value:?}, not {ours:?}"))
            })
        }
        Seen::Refused { line, error } => match refusal {
            Some(r) if r.stage == StopStage::Config && r.line == *line && same(&r.error, error) => {
                None
            }
            other => Some(format!("refused at {line:?} with {error:?}, not {other:?}")),
        },
        Seen::Stopped { log } if MACHINE.iter().any(|words| log.contains(words)) => None,
        Seen::Stopped { log } => match refusal {
            // A text may silence the log.
            Some(r) if r.stage == StopStage::Startup && log.is_empty() => None,
            Some(r)
                if r.stage == StopStage::Startup
                    && r.error.split(" | ").all(|line| log.contains(logged(line))) =>
            {
                None
            }
            other => Some(format!("stopped with {log}, not {other:?}")),
        },
        Seen::Crashed { log } => match refusal {
            Some(r) if r.stage == StopStage::Crash => None,
            other => Some(format!("crashed with {log}, not {other:?}")),
        },
        Seen::Died { .. } => None,
    }
}

/// As much of a line as a server logs: `LOG_MAX_LEN` of `src/server.h`, with the byte that ends it, in
/// all series.
fn logged(line: &str) -> &str {
    line.get(..1023).unwrap_or(line)
}

/// A server and the series that its texts are judged as.
struct JudgedServer<'k> {
    live: Live,
    name: String,
    series: &'k ServerSeries,
    build: ServerBuild,
}

impl<'k> JudgedServer<'k> {
    fn new(binary: PathBuf, servers: &'k ServerKnowledge) -> Self {
        let mut live = Live::new(binary);
        let (flavor, version) = live.version();
        let candidates = servers.candidates(Some(&flavor), Some(&version));
        Self {
            build: live.build(),
            live,
            name: format!("{flavor} {version}"),
            series: candidates.series[0],
        }
    }

    fn generator(&self) -> Generator<'k> {
        Generator::new(number("REDVET_LIVE_SEED", SEED), self.series)
    }

    /// What it does with a call, and where that is not what is said of it.
    fn compare(&mut self, call: &Started) -> (Seen, Option<String>) {
        let (seen, arguments) = self.live.run(call);
        let host = self.live.host();
        let judge = SimulatedServer {
            series: self.series,
            build: self.build,
            host: &host,
        };
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let found = judge.judge_call(&ServerInvocation {
            file: Some(&call.text),
            arguments: &arguments,
            stdin: &call.stdin,
        });
        let wrong = disagreement(&seen, &found).map(|what| {
            let more = (!call.arguments.is_empty()).then_some((&call.arguments, &call.stdin));
            format!("{} {:?} {more:?}: {what}", self.name, call.text)
        });
        (seen, wrong)
    }
}

/// Random texts.
fn check(binary: PathBuf, servers: &ServerKnowledge) -> Vec<String> {
    let mut server = JudgedServer::new(binary, servers);
    let count = number("REDVET_LIVE_COUNT", COUNT as u64);
    let (name, build) = (server.name.clone(), server.build);
    let series = server.series.name();
    println!("{name}, judged as {series}: {count} texts, {build:?}");
    let mut generator = server.generator();
    let mut wrong = Vec::new();
    let mut started = 0;
    let mut deaths = Vec::new();
    for _ in 0..count {
        let call = Started {
            text: generator.text(),
            arguments: generator.arguments(),
            stdin: generator.stdin(),
            ..Started::default()
        };
        let (seen, differs) = server.compare(&call);
        started += usize::from(matches!(seen, Seen::Started(_)));
        if let Seen::Died { signal } = &seen {
            deaths.push(format!("signal {signal} at {:?}", call.text));
        }
        wrong.extend(differs);
    }
    println!(
        "{name}: {count} texts, {started} started, {} died of a signal, {} disagree",
        deaths.len(),
        wrong.len()
    );
    if deaths.len() * TEXTS_PER_DEATH > usize::try_from(count).unwrap() {
        wrong.extend(deaths.iter().map(|death| format!("{name}: {death}")));
    }
    wrong
}

/// Values of every directive, one a text.
fn sweep(binary: PathBuf, servers: &ServerKnowledge) -> Vec<String> {
    let server = JudgedServer::new(binary, servers);
    let values = number("REDVET_LIVE_VALUES", VALUES as u64);
    let texts = server.generator().sweep(usize::try_from(values).unwrap());
    compare_all(server, texts)
}

/// Texts that are the same in every run.
fn ask_always(binary: PathBuf, servers: &ServerKnowledge) -> Vec<String> {
    let server = JudgedServer::new(binary, servers);
    let texts = server.generator().asked_always();
    compare_all(server, texts)
}

fn compare_all(mut server: JudgedServer<'_>, texts: Vec<String>) -> Vec<String> {
    let count = texts.len();
    let compared = texts.into_iter().filter_map(|text| {
        let call = Started {
            text,
            ..Started::default()
        };
        server.compare(&call).1
    });
    let wrong: Vec<String> = compared.collect();
    println!("{}: {count} texts, {} disagree", server.name, wrong.len());
    wrong
}

/// All installed servers, each on its own thread.
fn of_all(check: impl Fn(PathBuf, &ServerKnowledge) -> Vec<String> + Sync) {
    let servers = ServerKnowledge::embedded();
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let (servers, check) = (&servers, &check);
        let threads = installed().into_iter();
        let threads = threads.map(|binary| scope.spawn(move || check(binary, servers)));
        let threads: Vec<_> = threads.collect();
        let found = threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap());
        found.collect()
    });
    assert!(
        wrong.is_empty(),
        "{} disagree\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn real_servers_agree() {
    of_all(check);
}

#[test]
fn real_servers_agree_on_values_of_every_directive() {
    of_all(sweep);
}

#[test]
fn real_servers_agree_on_what_was_judged_wrongly_once() {
    of_all(ask_always);
}
