//! What a server's clients say about the server: its role, and how many connections they may open.

use crate::facts::{Datum, Estate, Strength, Subject, Value};

/// The words of client usage that make a server a queue: losing a key there loses work.
const QUEUE_USES: &[&str] = &["streams", "blocking"];

/// Fills in the facts of servers that follow from their linked clients.
pub fn derive(estate: &mut Estate) {
    for index in 0..estate.servers.len() {
        let server = &estate.servers[index];
        let role = derived_role(server, &estate.clients);
        let at_least = at_least(server, &estate.clients);
        let server = &mut estate.servers[index];
        if let Some(role) = role {
            server.put("role", role);
        }
        let (at_least, total) = at_least;
        server.put("connections.at_least", at_least);
        server.put("connections.total", total);
    }
}

/// A declared role stays; else a client that reads streams or queues makes the server a queue.
fn derived_role(server: &Subject, clients: &[Subject]) -> Option<Value> {
    if server
        .fact("role")
        .is_some_and(|role| role.known().is_some())
    {
        return None;
    }
    server.clients.iter().find_map(|related| {
        let client = clients.get(related.index)?;
        let uses = client.fact("uses")?;
        let Some(Datum::List(words)) = uses.known() else {
            return None;
        };
        let word = words
            .iter()
            .filter_map(Datum::as_text)
            .find(|word| QUEUE_USES.contains(word))?;
        let why = format!("{} uses it for {word}", client.name);
        let value = Value::derived(Datum::Text("queue".to_owned()))
            .because(why)
            .with_strength(related.strength.min(uses.strength));
        Some(value.with_home(client.anchor))
    })
}

/// The lower bound is one process of each linked client with its pool full; how many processes and
/// nodes there are is not known here.
fn at_least(server: &Subject, clients: &[Subject]) -> (Value, Value) {
    let mut sum = 0;
    let mut strength = Strength::Certain;
    let mut known = false;
    for related in &server.clients {
        let size = clients
            .get(related.index)
            .and_then(|c| c.fact("pool.max_size"));
        if let Some(Datum::Int(size)) = size.and_then(Value::known) {
            sum += size;
            known = true;
            strength = strength.min(related.strength);
        }
    }
    if server.clients.is_empty() {
        return (Value::absent(), Value::absent());
    }
    let total = Value::unknown("how many processes run its clients is not known");
    if !known {
        return (
            Value::unknown("no linked client has a known pool size"),
            total,
        );
    }
    let bound = Value::derived(Datum::Int(sum)).with_strength(strength);
    (bound, total)
}
