//! Connection subjects: everything that is known to connect to a server, with what it sends:
//! TLS, a password, a database. Only what is *sent* is said here, and never a secret's text; what the
//! server asks for is among the facts of the server.
//!
//! A client in code is one where its address leads to the server by name, or `redvet.toml` says so: that
//! it is the only server of a tree is not enough for rules that compare both ends.

use std::collections::BTreeSet;

use crate::facts::connection::RawConnection;
use crate::facts::estate::{Estate, RelatedSubject, Subject, SubjectKind};
use crate::facts::fact_path::{ClientFact, ConnectionFact, ServerFact};
use crate::facts::linked::LinkedProgram;
use crate::facts::raw::{ConstValue, RawClient, RawFacts};
use crate::facts::words::{ClientKind, ConnectionOrigin, ServerKind};
use crate::facts::{Cause, Datum, EditTarget, Explicitness, FactValue, ValueState};
use crate::knowledge::shapes::ServerShapes;
use crate::resolve::client::ConnectionUrl;
use crate::source::{Sources, Span};

const PASSWORD: &[&str] = &["auth.password", "auth.provider", "auth.streaming_provider"];
const USER: &[&str] = &["auth.username"];
const TLS: &[&str] = &["tls.config", "tls.use"];
const DATABASE: &str = "conn.db";
/// Code of the client's own that connections pass through: it may encrypt and sign in by itself.
const OWN_CODE: &[&str] = &["conn.dialer", "conn.on_connect"];

/// A replica, by its place among the servers, and the primary that its configuration names.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplicaLink {
    pub replica: usize,
    pub host: String,
}

/// The replicas whose configuration names a primary.
pub fn replicas(estate: &Estate, shapes: &ServerShapes) -> Vec<ReplicaLink> {
    let servers = estate.servers.iter().enumerate();
    let named = servers.filter_map(|(replica, server)| {
        let host = primary(server, shapes)?.0.to_owned();
        Some(ReplicaLink { replica, host })
    });
    named.collect()
}

/// The host and the port of a server's primary.
fn primary<'a>(server: &'a Subject, shapes: &ServerShapes) -> Option<(&'a str, &'a Datum)> {
    match server.conf(&shapes.replica_of)?.known_datum()? {
        Datum::List(words) => match &words[..] {
            [host, port] => Some((host.as_text()?, port)),
            _ => None,
        },
        _ => None,
    }
}

/// What connects to a server by the word of its deployment, and the server.
pub type DeployedLink<'a> = (&'a RawConnection, RelatedSubject);

/// Puts all connections into the estate. `primaries` are the servers that `replicas` lead to, in their
/// order.
pub fn put(
    estate: &mut Estate,
    raw: &RawFacts,
    programs: &[LinkedProgram],
    (replicas, primaries): (&[ReplicaLink], Vec<Option<RelatedSubject>>),
    deployed: &[DeployedLink<'_>],
    shapes: &ServerShapes,
    sources: &Sources,
) {
    let declared = find_declared_clients(raw, programs);
    let mut found = Vec::new();
    for (index, client) in estate.clients.iter().enumerate() {
        let (Some(own), Some(server)) = (raw.clients.get(index), client.server.clone()) else {
            continue;
        };
        let is_named = !own.hosts.is_empty() || declared.contains(&index);
        if is_named && !own.site.test {
            found.push(of_client(own, client, server));
        }
    }
    for (link, primary) in replicas.iter().zip(primaries) {
        let replica = estate.servers.get(link.replica);
        if let (Some(replica), Some(primary)) = (replica, primary) {
            found.extend(of_replica(replica, primary, shapes));
        }
    }
    for (connection, server) in deployed {
        found.push(of_deployment(connection, server.clone(), sources));
    }
    estate.connections.extend(found);
    put_reached(estate);
    put_replicated(estate);
}

/// The clients whose server `redvet.toml` names.
fn find_declared_clients(raw: &RawFacts, programs: &[LinkedProgram]) -> BTreeSet<usize> {
    let named = programs.iter().filter(|program| {
        let declared = program.declared.and_then(|at| raw.declared.get(at));
        declared.is_some_and(|declared| declared.server.is_some())
    });
    let clients = named.flat_map(|program| &program.clients);
    clients.map(|client| client.index).collect()
}

/// A client of another container leads to its server, where nothing of the deployment says more.
fn put_reached(estate: &mut Estate) {
    for connection in &estate.connections {
        let (Some(related), Some(by)) = (
            &connection.server,
            connection
                .fact(ConnectionFact::Origin)
                .and_then(FactValue::text),
        ) else {
            continue;
        };
        let Some(server) = estate.servers.get_mut(related.index) else {
            continue;
        };
        // A probe, and what reads its own pod's server, come from the loopback.
        let is_outside = by != ConnectionOrigin::Probe.as_str() && !related.evidence.is_empty();
        let known = server
            .fact(ServerFact::ReachedBy)
            .and_then(FactValue::known_datum);
        if is_outside && known.is_none() {
            let reached = FactValue::from_derived(connection.name.clone())
                .with_strength(related.strength)
                .with_anchor_when_unset(connection.anchor);
            server.put(ServerFact::ReachedBy, reached);
        }
    }
}

/// A server is replicated where it is known to be of that kind, or where a replica names it.
fn put_replicated(estate: &mut Estate) {
    for server in &mut estate.servers {
        let kind = server.fact(ServerFact::Kind);
        let replicated = match kind.map(|kind| &kind.state) {
            Some(ValueState::Unknown(reason)) => FactValue::unknown(reason.clone()),
            _ => {
                let kind = kind.and_then(FactValue::text);
                FactValue::from_derived(kind == Some(ServerKind::Replication.as_str()))
            }
        };
        server.put(ServerFact::Replicated, replicated);
    }
    let replicas = estate.connections.iter().filter(|connection| {
        let origin = connection.fact(ConnectionFact::Origin);
        origin.and_then(FactValue::text) == Some(ConnectionOrigin::Replica.as_str())
    });
    for related in replicas.filter_map(|replica| replica.server.clone()) {
        if let Some(primary) = estate.servers.get_mut(related.index) {
            let replicated = FactValue::from_derived(true).with_strength(related.strength);
            primary.put(ServerFact::Replicated, replicated);
        }
    }
}

fn subject(
    name: &str,
    path: &str,
    anchor: Span,
    origin: ConnectionOrigin,
    server: RelatedSubject,
) -> Subject {
    let mut subject = Subject::new(SubjectKind::Connection, name, path, anchor);
    subject.put(ConnectionFact::Name, FactValue::from_derived(name));
    subject.put(ConnectionFact::Origin, FactValue::from_derived(origin));
    subject.server = Some(server);
    subject
}

// Clients.

fn of_client(raw: &RawClient, client: &Subject, server: RelatedSubject) -> Subject {
    let anchor = client.anchor;
    let (name, path) = (&client.name, &client.path);
    let mut connection = subject(name, path, anchor, ConnectionOrigin::Client, server);
    connection.namespace.clone_from(&client.namespace);
    // What a known URL lacks would be written there.
    let home = match (&raw.source, url(raw)) {
        (Some(source), Some(_)) => source.url_span,
        _ => raw.options_anchor,
    };
    let at_home = |value: FactValue| value.with_anchor_when_unset(home);
    if let Some(kind) = client.fact(ClientFact::Kind) {
        connection.put(ConnectionFact::Kind, kind.clone());
    }
    connection.put(ConnectionFact::Port, at_home(port(raw)));
    connection.put(ConnectionFact::Tls, at_home(tls(raw, client)));
    let password = guard_absence(client, mark_written(presence(client, PASSWORD)));
    connection.put(ConnectionFact::Password, at_home(password));
    connection.put(
        ConnectionFact::User,
        at_home(mark_written(presence(client, USER))),
    );
    connection.put(
        ConnectionFact::ChecksAnswer,
        FactValue::from_derived(true).with_anchor_when_unset(anchor),
    );
    let is_cluster = client.fact(ClientFact::Kind).and_then(FactValue::text)
        == Some(ClientKind::Cluster.as_str());
    // Clients of a cluster select nothing, whatever is written.
    if let Some(database) = client.option(DATABASE).filter(|_| !is_cluster) {
        connection.put(ConnectionFact::Database, database.clone());
    } else if let Some(database) = url(raw).and_then(|url| url.database()) {
        let at = raw.source.as_ref().map_or(anchor, |source| source.url_span);
        connection.put(
            ConnectionFact::Database,
            FactValue::set(Datum::Int(database), at),
        );
    }
    connection
}

/// The port that all of its addresses have.
fn port(raw: &RawClient) -> FactValue {
    let mut ports = raw.hosts.iter().map(|(_, port)| *port);
    match ports.next() {
        Some(first) if ports.all(|port| port == first) => {
            FactValue::from_derived(Datum::Int(i64::from(first)))
        }
        _ => FactValue::unknown(Cause::Client("its port is unknown")),
    }
}

fn url(raw: &RawClient) -> Option<ConnectionUrl> {
    match raw.source.as_ref().map(|source| &source.url) {
        Some(ConstValue::Text(text)) => ConnectionUrl::parse(text),
        _ => None,
    }
}

fn tls(raw: &RawClient, client: &Subject) -> FactValue {
    let by_options = TLS.iter().any(|key| client.option(key).is_some());
    if let (Some(source), Some(url)) = (&raw.source, url(raw))
        && (url.is_encrypted() || !by_options)
    {
        return FactValue::set(url.is_encrypted(), source.url_span);
    }
    if !by_options {
        return FactValue::unknown(Cause::Client("the code does not show whether it uses TLS"));
    }
    guard_absence(client, presence(client, TLS))
}

/// What is not there may still be done by code of the client's own.
fn guard_absence(client: &Subject, value: FactValue) -> FactValue {
    let own = OWN_CODE.iter().filter_map(|key| client.option(key));
    let mut own = own.filter(|value| value.written != Explicitness::No);
    match (value.known_datum(), own.next()) {
        (Some(Datum::Bool(false)), Some(_)) => {
            FactValue::unknown(Cause::Client("its own dialer or hook may do it"))
        }
        _ => value,
    }
}

/// Whether any of these options is given, which says nothing of its text.
fn presence(client: &Subject, keys: &[&str]) -> FactValue {
    let values = keys.iter().filter_map(|key| client.option(key));
    let all: Vec<FactValue> = values.map(is_given).collect();
    let is = |value: &&FactValue| value.known_datum() == Some(&Datum::Bool(true));
    let is_open = |value: &&FactValue| value.known_datum().is_none();
    let decisive = all.iter().find(is).or(all.iter().find(is_open));
    match decisive.or(all.first()) {
        Some(value) => value.clone(),
        None => FactValue::unknown(Cause::Client("the library's options do not show it")),
    }
}

/// What a person wrote is given, wherever its text comes from.
fn mark_written(value: FactValue) -> FactValue {
    match (&value.state, &value.written) {
        (ValueState::Unknown(_), Explicitness::Yes) => FactValue {
            state: ValueState::Set(Datum::Bool(true)),
            ..value
        },
        _ => value,
    }
}

/// Whether a value is there, at the place of the value.
fn is_given(value: &FactValue) -> FactValue {
    let state = match &value.state {
        ValueState::Set(Datum::Bool(on)) | ValueState::Default(Datum::Bool(on)) => Ok(*on),
        ValueState::Set(Datum::Text(text)) | ValueState::Default(Datum::Text(text)) => {
            Ok(!text.is_empty())
        }
        ValueState::Set(_) => Ok(true),
        ValueState::Default(_) | ValueState::Absent => Ok(false),
        ValueState::Unknown(reason) if reason.is_literal() => Ok(true),
        ValueState::Unknown(reason) => Err(reason.clone()),
    };
    // Where a URL or other code may set it, it is not known to be missing.
    let state = match (state, &value.written) {
        (Ok(false), Explicitness::MaybeElsewhere(reason) | Explicitness::Unknown(reason)) => {
            Err(reason.clone())
        }
        (state, _) => state,
    };
    FactValue {
        state: match state {
            Ok(given) => ValueState::Set(Datum::Bool(given)),
            Err(reason) => ValueState::Unknown(reason),
        },
        slot: EditTarget::None,
        secret: false,
        ..value.clone()
    }
}

// Probes and exporters.

fn of_deployment(raw: &RawConnection, server: RelatedSubject, sources: &Sources) -> Subject {
    let path = sources.path(raw.anchor);
    let mut connection = subject(&raw.name, path, raw.anchor, raw.origin, server);
    connection.namespace.clone_from(&raw.address.namespace);
    for (fact, value) in &raw.facts {
        connection.put(*fact, value.clone());
    }
    connection
}

// Replicas.

fn of_replica(
    replica: &Subject,
    primary_server: RelatedSubject,
    shapes: &ServerShapes,
) -> Option<Subject> {
    let (_, port) = primary(replica, shapes)?;
    let name = format!("replica {}", replica.name);
    let at = replica.conf.place(&shapes.replica_of);
    let anchor = at.unwrap_or(replica.anchor);
    let (path, origin) = (&replica.path, ConnectionOrigin::Replica);
    let mut connection = subject(&name, path, anchor, origin, primary_server);
    connection.namespace.clone_from(&replica.namespace);
    let access = &shapes.access;
    let sent = |names: &[String]| {
        let value = names
            .iter()
            .find_map(|name| replica.conf.to_owned_value(name));
        value.map(|value| mark_written(is_given(&value)))
    };
    if let Some(Ok(port)) = port.as_text().map(str::parse::<i64>) {
        connection.put(
            ConnectionFact::Port,
            FactValue::from_derived(Datum::Int(port)),
        );
    }
    if let Some(tls) = replica.conf.to_owned_value(&access.primary_tls) {
        let state = match &tls.state {
            ValueState::Set(on) | ValueState::Default(on) => {
                ValueState::Set(Datum::Bool(on.as_text() == Some("yes")))
            }
            other => other.clone(),
        };
        let tls = FactValue { state, ..tls };
        connection.put(ConnectionFact::Tls, tls);
    }
    for (fact, names) in [
        (ConnectionFact::Password, &access.primary_password),
        (ConnectionFact::User, &access.primary_user),
    ] {
        if let Some(value) = sent(names) {
            connection.put(fact, value);
        }
    }
    connection.put(
        ConnectionFact::ChecksAnswer,
        FactValue::from_derived(true).with_anchor_when_unset(anchor),
    );
    Some(connection)
}
