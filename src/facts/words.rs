//! Facts that are one of few words: each word stands once, at its variant, and the vocabulary takes
//! its list from the enum.

use crate::facts::value::Datum;

/// An enum whose variants have words: `as_str` gives a variant's, `WORDS` lists all in order.
macro_rules! worded {
    ($(#[$about:meta])* pub enum $name:ident {
        $($(#[$meaning:meta])* $variant:ident = $word:literal,)+
    }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$meaning])* $variant,)+
        }

        impl $name {
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl From<$name> for Datum {
            fn from(word: $name) -> Self {
                Self::from(word.as_str())
            }
        }
    };
}

worded! {
    /// What is wrong with a line, as its server sees it. The words are the ones that rules name.
    pub enum LineProblem {
        None = "none",
        SyntaxError = "syntax-error",
        TrailingComment = "trailing-comment",
        UnknownDirective = "unknown-directive",
        UnsupportedDirective = "unsupported-directive",
        WrongArity = "wrong-arity",
        InvalidValue = "invalid-value",
        MisreadValue = "misread-value",
        ClampedValue = "clamped-value",
        DeprecatedDirective = "deprecated-directive",
        IneffectiveDirective = "ineffective-directive",
    }
}

worded! {
    /// What becomes of a server at a line that something is wrong with.
    pub enum LineConsequence {
        /// It starts, with the words that it read.
        Taken = "taken",
        /// It starts as without the line.
        Ignored = "ignored",
        /// It runs already and keeps the value that it had.
        NotSet = "not-set",
        /// It does not start, or not for longer than it takes to read the line.
        NoStart = "no-start",
    }
}

worded! {
    /// How the processes of a server relate.
    pub enum ServerKind {
        Standalone = "standalone",
        Replication = "replication",
        Cluster = "cluster",
        Sentinel = "sentinel",
    }
}

worded! {
    /// What a data directory is on.
    pub enum StorageKind {
        /// Outlives the pod.
        Persistent = "persistent",
        /// Goes with the pod.
        Ephemeral = "ephemeral",
        /// The container's own layer.
        None = "none",
    }
}

worded! {
    /// What starts the pods anew when a mounted configuration changes.
    pub enum RolloutTrigger {
        Checksum = "checksum",
        Reloader = "reloader",
        /// A hash or version in the name, or an immutable object.
        Renamed = "renamed",
        None = "none",
    }
}

worded! {
    /// A pod's quality of service, as the kubelet works it out.
    pub enum ServiceQuality {
        Guaranteed = "guaranteed",
        Burstable = "burstable",
        BestEffort = "best-effort",
    }
}

worded! {
    /// What becomes of a connection from another host.
    pub enum RemoteAccess {
        Accepted = "accepted",
        /// The server listens on its own host's loopback alone.
        Loopback = "loopback",
        /// Protected mode refuses connections from other hosts while no password is set.
        Protected = "protected",
    }
}

worded! {
    /// What opens a connection to a server.
    pub enum ConnectionOrigin {
        /// A client that code builds.
        Client = "client",
        /// A check of the server's own container.
        Probe = "probe",
        Exporter = "exporter",
        Replica = "replica",
    }
}

worded! {
    /// What a client connects to.
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "lowercase")]
    pub enum ClientKind {
        Standalone = "standalone",
        Cluster = "cluster",
        Sentinel = "sentinel",
        Ring = "ring",
        Universal = "universal",
        Pool = "pool",
        /// One connection, without a pool.
        Connection = "connection",
    }
}
