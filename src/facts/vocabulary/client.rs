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
        "the library's name as people say it",
    ),
    entry(
        "version",
        Type::Text,
        "the version that the module file pins",
    ),
    entry(
        "retracted",
        Type::Bool,
        "the library's authors withdrew the pinned version",
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
        "the connection URL's source, masked: a literal, or the name of the variable it comes from",
    ),
    entry(
        "url_error",
        Type::Text,
        "what becomes of the URL parser's error: `checked`, `discarded`, `unchecked`; absent where no URL is parsed",
    ).one_of(&["checked", "discarded", "unchecked"]),
    entry(
        "url_parser",
        Type::Text,
        "the library's URL parser as called",
    ),
    entry(
        "checks_on_borrow",
        Type::Bool,
        "the library finds a closed connection when it takes one from the pool",
    ),
    entry(
        "reaps",
        Type::Bool,
        "the library closes idle connections in the background",
    ),
    entry(
        "cpu_multiple",
        Type::Int,
        "how many connections per CPU the implicit pool holds, where the default follows the machine",
    ),
    entry(
        "ignored.option",
        Type::Text,
        "the first option that is written and has no effect here, in the library's own word",
    ),
    entry("ignored.why", Type::Text, "why it has none"),
    entry(
        "ignored.others",
        Type::Text,
        "more options that are written without an effect",
    ),
    entry(
        "unitless.option",
        Type::Text,
        "the first duration that is written as a bare figure",
    ),
    entry("unitless.figure", Type::Int, "that figure"),
    entry(
        "unitless.value",
        Type::Duration,
        "how long that is: the figure counts nanoseconds",
    ),
    entry("site.function", Type::Text, "the function that builds it"),
    entry(
        "site.blocks_async",
        Type::Bool,
        "a call of it stops a thread that runs asynchronous code (Rust)",
    ),
    entry(
        "site.library",
        Type::Bool,
        "its module builds no program: it is a library, whose users give the options",
    ),
    entry(
        "uses",
        Type::List,
        "what calls in its package say the data is for: `streams`, `blocking`, `lists`, `pubsub`",
    ).one_of(&["streams", "blocking", "lists", "pubsub"]),
    entry(
        "site.short_lived",
        Type::Bool,
        "it serves a few calls in one function, which closes it again",
    ),
    entry(
        "site.per_request",
        Type::Bool,
        "it is built anew for each request, and thrown away",
    ),
    entry(
        "site.per_round",
        Type::Bool,
        "it is built anew for each round of a loop, and thrown away",
    ),
    entry(
        "site.tool",
        Type::Bool,
        "it stands in a folder of tools: a program that developers run by hand",
    ),
    entry(
        "blocking.consumers",
        Type::Int,
        "how many calls wait at the server at once, again and again, each with a connection of its pool: declared in redvet.toml, or counted where literal figures say how many goroutines or tasks there are",
    ),
    entry(
        "blocking.at_least",
        Type::Int,
        "how many of them there are for certain",
    ),
    entry(
        "blocking.cut",
        Type::Text,
        "the first call that waits longer at the server than a timeout of the client lets it, or `none`; absent where no timeout touches a waiting call",
    ),
    entry(
        "blocking.wait",
        Type::Duration,
        "how long that call waits at the server",
    ),
    entry(
        "blocking.limit",
        Type::Duration,
        "the timeout that cuts it short",
    ),
    entry(
        "blocking.option",
        Type::Text,
        "the library's own word for that timeout",
    ),
    entry(
        "blocking.others",
        Type::Int,
        "how many more such calls there are",
    ),
    entry(
        "site.example",
        Type::Bool,
        "it stands in a folder of examples: code that shows how something is used",
    ),
    entry(
        "service",
        Type::Text,
        "the programs that it belongs to, by their folders",
    ),
];

pub(super) const SERVICE: &[Entry] = &[
    entry(
        "name",
        Type::Text,
        "the program's folder, or at the root its module",
    ),
    entry("language", Type::Text, "`go` or `rust`").one_of(Language::WORDS),
    entry(
        "workload",
        Type::Text,
        "what runs it, `Kind/name`: named in redvet.toml, or assumed by its image, command or name",
    ),
    entry(
        "replicas",
        Type::Int,
        "how many processes may run: those of its workloads, the most that an autoscaler allows",
    ),
    entry(
        "limits.cpu",
        Type::Cores,
        "the CPU limit of each process's container",
    ),
    entry(
        "gomaxprocs",
        Type::Int,
        "how many processors the Go runtime takes there, where CPU limit, go line and variables say it",
    ),
    entry(
        "pooled",
        Type::Text,
        "the first client in it whose pool has statistics; absent where there is none",
    ),
    entry(
        "observed",
        Type::Text,
        "what becomes of the pool's statistics: `exported`, `miswired` (put once into a metric that nobody collects) or `none`",
    ).one_of(&["exported", "miswired", "none"]),
    entry(
        "tool",
        Type::Bool,
        "it stands in a folder of tools: developers run it by hand",
    ),
    entry(
        "blocking.consumers",
        Type::Int,
        "how many calls of it wait at the server at once: declared in redvet.toml, or counted",
    ),
    entry("example", Type::Bool, "it stands in a folder of examples"),
];
