//! The facts of clients beside their options, and of the programs that build them, with their types.

use super::{FactEntry, FactPath, FactType, fact_table};
use crate::facts::package::SourceLanguage;
use crate::facts::words::ClientKind;

fact_table! {
    /// A fact of a client beside its options.
    ClientFact in Client {
        Library = "library": Text, "the library's id: its file in `knowledge/clients`";
        LibraryName = "library_name": Text, "the display name of the library";
        Version = "version": Text, "the version pinned by the module file";
        Successor = "successor": Text, "what took the place of the library, if it is archived or was renamed";
        Retracted = "retracted": Bool, "the pinned version was retracted";
        Language = "language": Text of SourceLanguage::WORDS, "`go`, `rust` or `python`";
        Kind = "kind": Text of ClientKind::WORDS,
            "`standalone`, `cluster`, `sentinel`, `ring`, `universal`, `pool` or `connection`";
        Url = "url": Text,
            "source of the connection URL, masked: a literal or the name of a variable";
        UrlError = "url_error": Text of &["checked", "discarded", "unchecked"],
            "handling of the URL parser's error: `checked`, `discarded`, `unchecked`; absent if no URL is parsed";
        UrlParser = "url_parser": Text, "the URL parser that is called";
        ChecksOnBorrow = "checks_on_borrow": Bool,
            "the library detects closed connections when it takes one from the pool";
        Reaps = "reaps": Bool, "the library closes idle connections in the background";
        CpuMultiple = "cpu_multiple": Int,
            "default connections per CPU, if the default depends on the machine";
        IgnoredOption = "ignored.option": Text,
            "the first option that is set but has no effect, by the library's name";
        IgnoredWhy = "ignored.why": Text, "why it has no effect";
        IgnoredOthers = "ignored.others": Text, "other options that are set but have no effect";
        UnitlessOption = "unitless.option": Text,
            "the first duration written without a unit";
        UnitlessFigure = "unitless.figure": Int, "its number";
        UnitlessValue = "unitless.value": Duration,
            "its duration (in nanoseconds without a unit)";
        AddressIsUrl = "address.is_url": Bool,
            "an address is written as a URL where the library takes host and port";
        AddressOption = "address.option": Text, "the option that holds that URL, by the library's name";
        AddressHostPort = "address.host_port": Text,
            "its host and port; absent if the URL says more, such as a password or TLS";
        TlsSupported = "tls.supported": Bool,
            "the library is built with TLS: its own feature in Cargo.toml, or what Cargo.lock builds it with (Rust)";
        TlsFeatures = "tls.features": Text, "two features of the library that build it with TLS";
        Reconnects = "reconnects": Bool,
            "a connection that breaks is opened again by the library; absent if that is not known of it";
        SiteKept = "site.kept": Bool,
            "it is kept beyond the function that creates it: in a field or a static (Rust)";
        DeadlineCall = "deadline.call": Text,
            "the call with the shortest deadline of a context; absent if no call has one";
        DeadlineLimit = "deadline.limit": Duration, "that deadline";
        UnreturnedCall = "unreturned.call": Text,
            "the first call that takes a connection from the pool by hand and does not return it";
        UnreturnedCount = "unreturned.count": Int, "number of such calls; absent if none takes one by hand";
        SiteFunction = "site.function": Text, "the function that creates the client";
        SiteBlocksAsync = "site.blocks_async": Bool,
            "a call blocks a thread that runs async code (Rust)";
        SiteLibrary = "site.library": Bool,
            "its module is a library (it builds no program), so callers provide the options";
        ServiceVariable = "service_variable": Text,
            "a variable that the client reads and that nobody sets but Kubernetes, to the address of a Service; or `none`";
        Uses = "uses": List of &["streams", "blocking", "lists", "pubsub", "queue"],
            "features used by calls in its package: `streams`, `blocking`, `lists`, `pubsub`; `queue` if the library is a task queue";
        SiteShortLived = "site.short_lived": Bool,
            "it is created, used for a few calls and closed in one function";
        SitePerRequest = "site.per_request" named "site.built_per_request": Bool,
            "it is created for each request and then discarded";
        SitePerRound = "site.per_round" named "site.built_per_iteration": Bool,
            "it is created in each loop iteration and then discarded";
        SiteCarriesLoad = "site.carries_load": Bool,
            "false for a client that is made for a few calls or for one check, that only subscribes, or whose program ends by itself";
        SiteBounded = "site.bounded": Bool,
            "every use of it is given a timeout of the runtime (Rust)";
        SiteTool = "site.tool": Bool,
            "it is in a tools folder: a program that developers run manually";
        BlockingConsumers = "blocking.consumers": Int,
            "number of calls that block at the same time, each on a connection of the pool: declared in redvet.toml, or derived from literal numbers of goroutines or tasks";
        BlockingAtLeast = "blocking.at_least": Int, "known lower bound of that number";
        BlockingCut = "blocking.cut" named "blocking.interrupted_call": Text,
            "the first blocking call that exceeds a client timeout, or `none`; absent if no timeout applies to a blocking call";
        BlockingWait = "blocking.wait": Duration, "block time of that call";
        BlockingLimit = "blocking.limit": Duration, "the timeout that interrupts it";
        BlockingOption = "blocking.option": Text, "the library's name of that timeout";
        BlockingOthers = "blocking.others": Int, "number of other such calls";
        SiteExample = "site.example": Bool,
            "it is in an examples folder, in code that supports tests, or in the documentation of a library";
        Service = "service": Text, "the programs it belongs to, by folder";
        Workload = "workload": Text,
            "a workload of the tree that runs one of its programs, `Kind/name`; absent if none is known";
    }
}

fact_table! {
    /// A fact of a program that builds clients.
    ServiceFact in Service {
        Name = "name": Text, "the folder of the program, or its module at the root";
        Language = "language": Text of SourceLanguage::WORDS, "`go`, `rust` or `python`";
        Workload = "workload": Text,
            "the workload that runs it, `Kind/name`: declared in redvet.toml, or assumed from image, command or name";
        Replicas = "replicas": Int,
            "maximum number of processes of its workloads, including autoscaling";
        LimitsCpu = "limits.cpu": Cores, "CPU limit per process";
        Gomaxprocs = "gomaxprocs": Int,
            "GOMAXPROCS, if the CPU limit, go.mod and environment variables determine it";
        Pooled = "pooled": Text,
            "the first client whose pool has statistics; absent if there is none";
        Observed = "observed": Text of &["exported", "miswired", "none"],
            "export of the pool statistics: `exported`, `miswired` (written once to a metric that is not collected) or `none`";
        Tool = "tool": Bool, "it is in a tools folder: a program that developers run manually";
        BlockingConsumers = "blocking.consumers": Int,
            "number of calls that block at the same time: declared in redvet.toml or derived from code";
        Example = "example": Bool, "it is in an examples folder";
    }
}
