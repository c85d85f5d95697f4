//! What a server's clients say about the server: its role, and how many connections they may open.

use crate::facts::cause::Cause;
use crate::facts::fact_path::{ClientFact, ServerFact, ServiceFact};
use crate::facts::{Datum, Estate, State, Strength, Subject, Value};

/// The words of client usage that make a server a queue: losing a key there loses work.
const QUEUE_USES: &[&str] = &["streams", "blocking"];

/// Fills in the facts of servers that follow from their linked clients.
pub fn derive(estate: &mut Estate) {
    for index in 0..estate.servers.len() {
        let server = &estate.servers[index];
        let role = derived_role(server, &estate.clients);
        let (at_least, total) = connections(server, estate);
        let server = &mut estate.servers[index];
        if let Some(role) = role {
            server.put(ServerFact::Role, role);
        }
        server.put(ServerFact::ConnectionsAtLeast, at_least);
        server.put(ServerFact::ConnectionsTotal, total);
    }
}

/// A declared role stays; else a client that reads streams or queues makes the server a queue.
fn derived_role(server: &Subject, clients: &[Subject]) -> Option<Value> {
    if server
        .fact(ServerFact::Role)
        .is_some_and(|role| role.known().is_some())
    {
        return None;
    }
    server.clients.iter().find_map(|related| {
        let client = clients.get(related.index)?;
        let uses = client.fact(ClientFact::Uses)?;
        let Some(Datum::List(words)) = uses.known() else {
            return None;
        };
        let word = words
            .iter()
            .filter_map(Datum::as_text)
            .find(|word| QUEUE_USES.contains(word))?;
        let why = match word {
            "blocking" => format!("{} uses blocking reads", client.name),
            word => format!("{} uses {word}", client.name),
        };
        let value = Value::derived("queue")
            .because(why)
            .with_strength(related.strength.min(uses.strength));
        Some(value.with_home(client.anchor))
    })
}

/// How many connections the clients may open, and the part of it that is known: a pool's size holds
/// for every process, and a client of a cluster has one pool for each node, as each node counts its own
/// connections.
fn connections(server: &Subject, estate: &Estate) -> (Value, Value) {
    if server.clients.is_empty() {
        return (Value::absent(), Value::absent());
    }
    let mut sum = Sum::default();
    for related in &server.clients {
        let Some(client) = estate.clients.get(related.index) else {
            continue;
        };
        let processes = processes(related.index, &estate.services);
        sum.add(client, related.strength, &processes);
    }
    sum.values()
}

#[derive(Default)]
struct Sum {
    known: i64,
    any: bool,
    assumed: bool,
    /// Why it is not all.
    open: Option<Cause>,
    because: Vec<String>,
}

impl Sum {
    fn add(&mut self, client: &Subject, link: Strength, processes: &Value) {
        let size = client.option(POOL_SIZE);
        let Some(Datum::Int(connections)) = size.and_then(Value::known) else {
            let why = Cause::PoolSizeOf(client.name.clone());
            self.open.get_or_insert(why);
            return;
        };
        self.any = true;
        let sure = size.is_some_and(|size| size.strength == Strength::Certain);
        self.assumed |= !sure || link != Strength::Certain;
        let count = match (&processes.state, processes.known()) {
            (_, Some(Datum::Int(count))) => {
                self.assumed |= processes.strength != Strength::Certain;
                self.because.extend(processes.because.iter().cloned());
                *count
            }
            (State::Unknown(reason), _) => {
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
        self.known = self
            .known
            .saturating_add(connections.saturating_mul(count.max(0)));
    }

    fn values(self) -> (Value, Value) {
        let strength = if self.assumed {
            Strength::Assumed
        } else {
            Strength::Certain
        };
        if !self.any {
            let none = Cause::Process("no linked client has a known pool size");
            let why = self.open.unwrap_or_else(|| none.clone());
            return (Value::unknown(none), Value::unknown(why));
        }
        let mut bound = Value::derived(Datum::Int(self.known)).with_strength(strength);
        bound.because = self.because;
        bound.because.dedup();
        let total = match self.open {
            Some(why) => Value::unknown(why),
            None => bound.clone(),
        };
        (bound, total)
    }
}

const POOL_SIZE: &str = "pool.max_size";

/// How many processes hold a client: those of all programs that it is in.
fn processes(client: usize, services: &[Subject]) -> Value {
    let holds = |service: &&Subject| service.clients.iter().any(|r| r.index == client);
    let mut sum = Value::derived(Datum::Int(0));
    let mut total = 0;
    let mut any = false;
    for service in services.iter().filter(holds) {
        any = true;
        let unseen = Value::unknown(Cause::Process("its workload is unknown"));
        let replicas = service.fact(ServiceFact::Replicas).unwrap_or(&unseen);
        let link = service.clients.iter().find(|r| r.index == client);
        match replicas.known() {
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
        return Value::unknown(Cause::Process("its program is unknown"));
    }
    sum.state = State::Set(Datum::Int(total));
    sum
}
