//! What a server's clients say about the server: its role, and how many connections they may open.

use std::collections::BTreeMap;

use crate::facts::cause::Cause;
use crate::facts::fact_path::{ClientFact, ServerFact, ServiceFact};
use crate::facts::raw::{RawClient, RawFacts};
use crate::facts::{Datum, Estate, FactValue, Strength, Subject, ValueState};
use crate::source::FileId;

/// The words of client usage that make a server a queue: losing a key there loses work.
const QUEUE_USES: &[&str] = &["streams", "blocking", "queue"];

/// Fills in the facts of servers that follow from their linked clients.
pub fn derive(estate: &mut Estate, raw: &RawFacts) {
    for index in 0..estate.servers.len() {
        let server = &estate.servers[index];
        let role = derive_role(server, &estate.clients);
        let (at_least, total) = connections(server, estate, raw);
        let server = &mut estate.servers[index];
        if let Some(role) = role {
            server.put(ServerFact::Role, role);
        }
        server.put(ServerFact::ConnectionsAtLeast, at_least);
        server.put(ServerFact::ConnectionsTotal, total);
    }
}

/// A declared role stays; else a client that reads streams or queues makes the server a queue.
fn derive_role(server: &Subject, clients: &[Subject]) -> Option<FactValue> {
    if server
        .fact(ServerFact::Role)
        .is_some_and(|role| role.known_datum().is_some())
    {
        return None;
    }
    server.clients.iter().find_map(|related| {
        let client = clients.get(related.index)?;
        let uses = client.fact(ClientFact::Uses)?;
        let Some(Datum::List(words)) = uses.known_datum() else {
            return None;
        };
        let word = words
            .iter()
            .filter_map(Datum::as_text)
            .find(|word| QUEUE_USES.contains(word))?;
        let why = match word {
            "blocking" => format!("{} uses blocking reads", client.name),
            "queue" => format!("the library of {} is a task queue", client.name),
            word => format!("{} uses {word}", client.name),
        };
        let value = FactValue::from_derived("queue")
            .because(why)
            .with_strength(related.strength.min(uses.strength));
        Some(value.with_anchor_when_unset(client.anchor))
    })
}

/// How many connections the clients may open, and the part of it that is known: a pool's size holds
/// for every process, and a client of a cluster has one pool for each node, as each node counts its own
/// connections.
fn connections(server: &Subject, estate: &Estate, raw: &RawFacts) -> (FactValue, FactValue) {
    if server.clients.is_empty() {
        return (FactValue::absent(), FactValue::absent());
    }
    let mut sum = RoleEvidence::default();
    for related in &server.clients {
        let Some(client) = estate.clients.get(related.index) else {
            continue;
        };
        let processes = processes(related.index, &estate.services);
        let place = raw.clients.get(related.index);
        sum.add(client, place, related.strength, &processes);
    }
    sum.values()
}

/// The connections of one client, and where it is built.
struct ClientShare<'a> {
    place: Option<&'a RawClient>,
    connections: i64,
}

/// As many as one run can open: everything outside of branches, and of each branch the arm with most.
/// `depth` says how many arms of the places are behind us.
fn most_at_once(shares: &[&ClientShare<'_>], depth: usize) -> i64 {
    let mut sum: i64 = 0;
    let mut branches: BTreeMap<(FileId, usize), BTreeMap<usize, Vec<&ClientShare<'_>>>> =
        BTreeMap::new();
    for share in shares {
        let arm = share
            .place
            .and_then(|place| Some((place, place.branches.get(depth)?)));
        match arm {
            None => sum = sum.saturating_add(share.connections),
            Some((place, arm)) => {
                let branch = branches.entry((place.anchor.file, arm.branch)).or_default();
                branch.entry(arm.arm).or_default().push(share);
            }
        }
    }
    let most = branches.values().map(|arms| {
        let each = arms.values().map(|shares| most_at_once(shares, depth + 1));
        each.max().unwrap_or_default()
    });
    most.fold(sum, i64::saturating_add)
}

#[derive(Default)]
struct RoleEvidence<'a> {
    shares: Vec<ClientShare<'a>>,
    any: bool,
    assumed: bool,
    /// Why it is not all.
    open: Option<Cause>,
    because: Vec<String>,
}

impl<'a> RoleEvidence<'a> {
    fn add(
        &mut self,
        client: &Subject,
        place: Option<&'a RawClient>,
        link: Strength,
        processes: &FactValue,
    ) {
        let size = client.option(POOL_SIZE);
        let Some(Datum::Int(connections)) = size.and_then(FactValue::known_datum) else {
            let why = Cause::PoolSizeOf(client.name.clone());
            self.open.get_or_insert(why);
            return;
        };
        self.any = true;
        let sure = size.is_some_and(|size| size.strength == Strength::Certain);
        self.assumed |= !sure || link != Strength::Certain;
        let count = match (&processes.state, processes.known_datum()) {
            (_, Some(Datum::Int(count))) => {
                self.assumed |= processes.strength != Strength::Certain;
                self.because.extend(processes.because.iter().cloned());
                *count
            }
            (ValueState::Unknown(reason), _) => {
                let why = Cause::ProcessesOf {
                    client: client.name.clone(),
                    cause: Box::new(reason.clone()),
                };
                self.open.get_or_insert(why);
                1
            }
            _ => 1,
        };
        // No process, no connection; but a bound that nothing runs would say nothing.
        self.shares.push(ClientShare {
            place,
            connections: connections.saturating_mul(count.max(0)),
        });
    }

    fn values(self) -> (FactValue, FactValue) {
        let strength = if self.assumed {
            Strength::Assumed
        } else {
            Strength::Certain
        };
        if !self.any {
            let none = Cause::Process("no linked client has a known pool size");
            let why = self.open.unwrap_or_else(|| none.clone());
            return (FactValue::unknown(none), FactValue::unknown(why));
        }
        let known = most_at_once(&self.shares.iter().collect::<Vec<_>>(), 0);
        let mut bound = FactValue::from_derived(Datum::Int(known)).with_strength(strength);
        bound.because = self.because;
        bound.because.dedup();
        let total = match self.open {
            Some(why) => FactValue::unknown(why),
            None => bound.clone(),
        };
        (bound, total)
    }
}

const POOL_SIZE: &str = "pool.max_size";

/// How many processes hold a client: those of all programs that it is in.
fn processes(client: usize, services: &[Subject]) -> FactValue {
    let holds = |service: &&Subject| service.clients.iter().any(|r| r.index == client);
    let mut sum = FactValue::from_derived(Datum::Int(0));
    let mut total = 0;
    let mut any = false;
    for service in services.iter().filter(holds) {
        any = true;
        let unseen = FactValue::unknown(Cause::Process("its workload is unknown"));
        let replicas = service.fact(ServiceFact::Replicas).unwrap_or(&unseen);
        let link = service.clients.iter().find(|r| r.index == client);
        match replicas.known_datum() {
            Some(Datum::Int(count)) => {
                total += count;
                let strength = link.map_or(Strength::Certain, |r| r.strength);
                sum.strength = sum.strength.min(replicas.strength).min(strength);
                sum.because.extend(replicas.because.iter().cloned());
            }
            _ => return replicas.clone(),
        }
    }
    if !any {
        return FactValue::unknown(Cause::Process("its program is unknown"));
    }
    sum.state = ValueState::Set(Datum::Int(total));
    sum
}
