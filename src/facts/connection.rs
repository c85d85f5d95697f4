//! Raw connections: what of a deployment, beside client code, connects to a server. A probe and an
//! exporter in the server's own pod stand at the server; an exporter elsewhere names a host, which
//! `link` looks up.

use std::collections::BTreeMap;

use crate::facts::fact_path::ConnectionFact;
use crate::facts::value::FactValue;
use crate::facts::words::ConnectionOrigin;
use crate::source::Span;

/// Something that connects to a server.
#[derive(Clone, Debug)]
pub struct RawConnection {
    pub origin: ConnectionOrigin,
    /// What people call it: `readinessProbe of StatefulSet/redis`.
    pub name: String,
    /// The call, or the container.
    pub anchor: Span,
    pub address: ConnectionAddress,
    /// What it sends; never the text of a secret.
    pub facts: BTreeMap<ConnectionFact, FactValue>,
}

/// Where a connection leads, as its deployment spells it.
#[derive(Clone, Debug, Default)]
pub struct ConnectionAddress {
    /// None for the server that it stands at.
    pub host: Option<String>,
    pub namespace: Option<String>,
    /// A service of a compose file opens it.
    pub composed: bool,
}

impl RawConnection {
    /// One of which nothing but its place is known.
    pub fn new(origin: ConnectionOrigin, name: String, anchor: Span) -> Self {
        Self {
            origin,
            name,
            anchor,
            address: ConnectionAddress::default(),
            facts: BTreeMap::new(),
        }
    }
}
