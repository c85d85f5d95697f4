//! The facts of clients and of the programs that build them, with their types.

use super::{Entry, Type, entry};
use crate::facts::package::Language;
use crate::facts::words::ClientKind;

pub(super) const CLIENT: &[Entry] = &[
    entry(
        "library",
        Type::Text,
        "the library's id: its file in `knowledge/clients`",
    ),
    entry(
        "library_name",
        Type::Text,
        "the display name of the library",
    ),
    entry(
        "version",
        Type::Text,
        "the version pinned by the module file",
    ),
    entry(
        "retracted",
        Type::Bool,
        "the pinned version was retracted",
    ),
    entry("language", Type::Text, "`go` or `rust`").one_of(Language::WORDS),
    entry(
        "kind",
        Type::Text,
        "`standalone`, `cluster`, `sentinel`, `ring`, `universal`, `pool` or `connection`",
    ).one_of(ClientKind::WORDS),
    entry(
        "url",
        Type::Text,
        "source of the connection URL, masked: a literal or the name of a variable",
    ),
    entry(
        "url_error",
        Type::Text,
        "handling of the URL parser's error: `checked`, `discarded`, `unchecked`; absent if no URL is parsed",
    ).one_of(&["checked", "discarded", "unchecked"]),
    entry(
        "url_parser",
        Type::Text,
        "the URL parser that is called",
    ),
    entry(
        "checks_on_borrow",
        Type::Bool,
        "the library detects closed connections when it takes one from the pool",
    ),
    entry(
        "reaps",
        Type::Bool,
        "the library closes idle connections in the background",
    ),
    entry(
        "cpu_multiple",
        Type::Int,
        "default connections per CPU, if the default depends on the machine",
    ),
    entry(
        "ignored.option",
        Type::Text,
        "the first option that is set but has no effect, by the library's name",
    ),
    entry("ignored.why", Type::Text, "why it has no effect"),
    entry(
        "ignored.others",
        Type::Text,
        "other options that are set but have no effect",
    ),
    entry(
        "unitless.option",
        Type::Text,
        "the first duration written without a unit",
    ),
    entry("unitless.figure", Type::Int, "its number"),
    entry(
        "unitless.value",
        Type::Duration,
        "its duration (in nanoseconds without a unit)",
    ),
    entry("site.function", Type::Text, "the function that creates the client"),
    entry(
        "site.blocks_async",
        Type::Bool,
        "a call blocks a thread that runs async code (Rust)",
    ),
    entry(
        "site.library",
        Type::Bool,
        "its module is a library (it builds no program), so callers provide the options",
    ),
    entry(
        "uses",
        Type::List,
        "features used by calls in its package: `streams`, `blocking`, `lists`, `pubsub`",
    ).one_of(&["streams", "blocking", "lists", "pubsub"]),
    entry(
        "site.short_lived",
        Type::Bool,
        "it is created, used for a few calls and closed in one function",
    ),
    entry(
        "site.per_request",
        Type::Bool,
        "it is created for each request and then discarded",
    ),
    entry(
        "site.per_round",
        Type::Bool,
        "it is created in each loop iteration and then discarded",
    ),
    entry(
        "site.tool",
        Type::Bool,
        "it is in a tools folder: a program that developers run manually",
    ),
    entry(
        "blocking.consumers",
        Type::Int,
        "number of calls that block at the same time, each on a connection of the pool: declared in redvet.toml, or derived from literal numbers of goroutines or tasks",
    ),
    entry(
        "blocking.at_least",
        Type::Int,
        "known lower bound of that number",
    ),
    entry(
        "blocking.cut",
        Type::Text,
        "the first blocking call that exceeds a client timeout, or `none`; absent if no timeout applies to a blocking call",
    ),
    entry(
        "blocking.wait",
        Type::Duration,
        "block time of that call",
    ),
    entry(
        "blocking.limit",
        Type::Duration,
        "the timeout that interrupts it",
    ),
    entry(
        "blocking.option",
        Type::Text,
        "the library's name of that timeout",
    ),
    entry(
        "blocking.others",
        Type::Int,
        "number of other such calls",
    ),
    entry(
        "site.example",
        Type::Bool,
        "it is in an examples folder",
    ),
    entry(
        "service",
        Type::Text,
        "the programs it belongs to, by folder",
    ),
];

pub(super) const SERVICE: &[Entry] = &[
    entry(
        "name",
        Type::Text,
        "the folder of the program, or its module at the root",
    ),
    entry("language", Type::Text, "`go` or `rust`").one_of(Language::WORDS),
    entry(
        "workload",
        Type::Text,
        "the workload that runs it, `Kind/name`: declared in redvet.toml, or assumed from image, command or name",
    ),
    entry(
        "replicas",
        Type::Int,
        "maximum number of processes of its workloads, including autoscaling",
    ),
    entry(
        "limits.cpu",
        Type::Cores,
        "CPU limit per process",
    ),
    entry(
        "gomaxprocs",
        Type::Int,
        "GOMAXPROCS, if the CPU limit, go.mod and environment variables determine it",
    ),
    entry(
        "pooled",
        Type::Text,
        "the first client whose pool has statistics; absent if there is none",
    ),
    entry(
        "observed",
        Type::Text,
        "export of the pool statistics: `exported`, `miswired` (written once to a metric that is not collected) or `none`",
    ).one_of(&["exported", "miswired", "none"]),
    entry(
        "tool",
        Type::Bool,
        "it is in a tools folder: a program that developers run manually",
    ),
    entry(
        "blocking.consumers",
        Type::Int,
        "number of calls that block at the same time: declared in redvet.toml or derived from code",
    ),
    entry("example", Type::Bool, "it is in an examples folder"),
];
