//! The facts of connections, with their types: what either side of one has to know of the other.

use super::{FactEntry, FactPath, FactType, fact_table};
use crate::facts::words::{ClientKind, ConnectionOrigin};

fact_table! {
    /// A fact of one way in which something connects to a server.
    ConnectionFact in Connection {
        Name = "name": Text, "what connects, such as `main.go:connect` or `replica StatefulSet/redis-replica`";
        Origin = "origin": Text of ConnectionOrigin::WORDS,
            "`client` (in code), `probe`, `exporter` or `replica`";
        Kind = "kind": Text of ClientKind::WORDS,
            "the topology that a client in code expects: `standalone`, `cluster`, `ring`, ...";
        Port = "port": Int, "the port that it connects to";
        Tls = "tls": Bool, "it uses TLS";
        Password = "password": Bool, "it sends a password";
        User = "user": Bool, "it names a user";
        Database = "database": Int, "the database that it selects";
        ChecksAnswer = "checks_answer": Bool, "it takes an error reply as a failure (a probe may not)";
    }
}
