//! Random configurations given to real servers, whose verdicts must be ours.
//!
//! Servers are those of `REDVET_LIVE_SERVERS` (paths joined by `:`); without it a `redis-server` and a
//! `valkey-server` on the path, and those that `tests/live/install` has put into the user's cache.
//! A server that is looked for and not there is named, and in CI the test fails then.
//! `REDVET_LIVE_COUNT` and `REDVET_LIVE_SEED` change how many texts are tried and which.
#![cfg(unix)]

use std::path::PathBuf;

use crate::live::generate::Generator;
use crate::live::installed::installed;
use crate::live::server::{Call as Started, Live, Seen};
use redvet::knowledge::servers::Servers;
use redvet::knowledge::servers::language::Stage;
use redvet::server_simulation::{Call, Server, Verdict};

const SEED: u64 = 20_240_229;
const COUNT: usize = 300;

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
fn disagreement(seen: &Seen, found: &Verdict) -> Option<String> {
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
            Some(r) if r.stage == Stage::Config && r.line == *line && same(&r.error, error) => None,
            other => Some(format!("refused at {line:?} with {error:?}, not {other:?}")),
        },
        Seen::Stopped { log } if MACHINE.iter().any(|words| log.contains(words)) => None,
        Seen::Stopped { log } => match refusal {
            // A text may silence the log.
            Some(r) if r.stage == Stage::Startup && log.is_empty() => None,
            Some(r)
                if r.stage == Stage::Startup && r.error.split(" | ").all(|e| log.contains(e)) =>
            {
                None
            }
            other => Some(format!("stopped with {log}, not {other:?}")),
        },
        Seen::Crashed { log } => match refusal {
            Some(r) if r.stage == Stage::Crash => None,
            other => Some(format!("crashed with {log}, not {other:?}")),
        },
        Seen::Died { .. } => None,
    }
}

fn check(binary: PathBuf, servers: &Servers) -> Vec<String> {
    let mut live = Live::new(binary);
    let (flavor, version) = live.version();
    let candidates = servers.candidates(Some(&flavor), Some(&version));
    let series = candidates.series[0];
    let build = live.build();
    let count = number("REDVET_LIVE_COUNT", COUNT as u64);
    let seed = number("REDVET_LIVE_SEED", SEED);
    println!(
        "{flavor} {version}, judged as {}: seed {seed}, {count} texts, {build:?}",
        series.name()
    );
    let mut generator = Generator::new(seed, series);
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
        let (seen, arguments) = live.run(&call);
        started += usize::from(matches!(seen, Seen::Started(_)));
        if let Seen::Died { signal } = &seen {
            deaths.push(format!("signal {signal} at {:?}", call.text));
        }
        let host = live.host();
        let judge = Server {
            series,
            build,
            host: &host,
        };
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let found = judge.judge_call(&Call {
            file: Some(&call.text),
            arguments: &arguments,
            stdin: &call.stdin,
        });
        if let Some(what) = disagreement(&seen, &found) {
            let more = (!call.arguments.is_empty()).then_some((&call.arguments, &call.stdin));
            wrong.push(format!(
                "{flavor} {version} {:?} {more:?}: {what}",
                call.text
            ));
        }
    }
    println!(
        "{flavor} {version}: {count} texts, {started} started, {} died of a signal, {} disagree",
        deaths.len(),
        wrong.len()
    );
    if deaths.len() * TEXTS_PER_DEATH > usize::try_from(count).unwrap() {
        let deaths = deaths
            .iter()
            .map(|death| format!("{flavor} {version}: {death}"));
        wrong.extend(deaths);
    }
    wrong
}

#[test]
fn real_servers_agree() {
    let servers = Servers::embedded();
    let wrong: Vec<String> = installed()
        .into_iter()
        .flat_map(|binary| check(binary, &servers))
        .collect();
    assert!(
        wrong.is_empty(),
        "{} disagree\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
