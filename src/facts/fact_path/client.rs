//! The facts of clients beside their options, and of the programs that build them, with their types.

use super::{FactEntry, FactPath, Type, fact_table};
use crate::facts::package::Language;
use crate::facts::words::ClientKind;

fact_table! {
    /// A fact of a client beside its options.
    ClientFact in Client {
        Library = "library": Text, "the library's id: its file in `knowledge/clients`";
        LibraryName = "library_name": Text, "the library's name as people say it";
        Version = "version": Text, "the version that the module file pins";
        Retracted = "retracted": Bool, "the library's authors withdrew the pinned version";
        Language = "language": Text of Language::WORDS, "`go` or `rust`";
        Kind = "kind": Text of ClientKind::WORDS,
            "`standalone`, `cluster`, `sentinel`, `ring`, `universal`, `pool` or `connection`";
        Url = "url": Text,
            "the connection URL's source, masked: a literal, or the name of the variable it comes from";
        UrlError = "url_error": Text of &["checked", "discarded", "unchecked"],
            "what becomes of the URL parser's error: `checked`, `discarded`, `unchecked`; absent where no URL is parsed";
        UrlParser = "url_parser": Text, "the library's URL parser as called";
        ChecksOnBorrow = "checks_on_borrow": Bool,
            "the library finds a closed connection when it takes one from the pool";
        Reaps = "reaps": Bool, "the library closes idle connections in the background";
        CpuMultiple = "cpu_multiple": Int,
            "how many connections per CPU the implicit pool holds, where the default follows the machine";
        IgnoredOption = "ignored.option": Text,
            "the first option that is written and has no effect here, in the library's own word";
        IgnoredWhy = "ignored.why": Text, "why it has none";
        IgnoredOthers = "ignored.others": Text, "more options that are written without an effect";
        UnitlessOption = "unitless.option": Text,
            "the first duration that is written as a bare figure";
        UnitlessFigure = "unitless.figure": Int, "that figure";
        UnitlessValue = "unitless.value": Duration,
            "how long that is: the figure counts nanoseconds";
        SiteFunction = "site.function": Text, "the function that builds it";
        SiteBlocksAsync = "site.blocks_async": Bool,
            "a call of it stops a thread that runs asynchronous code (Rust)";
        SiteLibrary = "site.library": Bool,
            "its module builds no program: it is a library, whose users give the options";
        Uses = "uses": List of &["streams", "blocking", "lists", "pubsub"],
            "what calls in its package say the data is for: `streams`, `blocking`, `lists`, `pubsub`";
        SiteShortLived = "site.short_lived": Bool,
            "it serves a few calls in one function, which closes it again";
        SitePerRequest = "site.per_request" named "site.built_per_request": Bool,
            "it is built anew for each request, and thrown away";
        SitePerRound = "site.per_round" named "site.built_per_iteration": Bool,
            "it is built anew for each round of a loop, and thrown away";
        SiteTool = "site.tool": Bool,
            "it stands in a folder of tools: a program that developers run by hand";
        BlockingConsumers = "blocking.consumers": Int,
            "how many calls wait at the server at once, again and again, each with a connection of its pool: declared in redvet.toml, or counted where literal figures say how many goroutines or tasks there are";
        BlockingAtLeast = "blocking.at_least": Int, "how many of them there are for certain";
        BlockingCut = "blocking.cut" named "blocking.interrupted_call": Text,
            "the first call that waits longer at the server than a timeout of the client lets it, or `none`; absent where no timeout touches a waiting call";
        BlockingWait = "blocking.wait": Duration, "how long that call waits at the server";
        BlockingLimit = "blocking.limit": Duration, "the timeout that cuts it short";
        BlockingOption = "blocking.option": Text, "the library's own word for that timeout";
        BlockingOthers = "blocking.others": Int, "how many more such calls there are";
        SiteExample = "site.example": Bool,
            "it stands in a folder of examples: code that shows how something is used";
        Service = "service": Text, "the programs that it belongs to, by their folders";
    }
}

fact_table! {
    /// A fact of a program that builds clients.
    ServiceFact in Service {
        Name = "name": Text, "the program's folder, or at the root its module";
        Language = "language": Text of Language::WORDS, "`go` or `rust`";
        Workload = "workload": Text,
            "what runs it, `Kind/name`: named in redvet.toml, or assumed by its image, command or name";
        Replicas = "replicas": Int,
            "how many processes may run: those of its workloads, the most that an autoscaler allows";
        LimitsCpu = "limits.cpu": Cores, "the CPU limit of each process's container";
        Gomaxprocs = "gomaxprocs": Int,
            "how many processors the Go runtime takes there, where CPU limit, go line and variables say it";
        Pooled = "pooled": Text,
            "the first client in it whose pool has statistics; absent where there is none";
        Observed = "observed": Text of &["exported", "miswired", "none"],
            "what becomes of the pool's statistics: `exported`, `miswired` (put once into a metric that nobody collects) or `none`";
        Tool = "tool": Bool, "it stands in a folder of tools: developers run it by hand";
        BlockingConsumers = "blocking.consumers": Int,
            "how many calls of it wait at the server at once: declared in redvet.toml, or counted";
        Example = "example": Bool, "it stands in a folder of examples";
    }
}
