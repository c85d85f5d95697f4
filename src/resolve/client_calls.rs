//! What calls tell of the clients that they are made on: the shortest deadline of a context, and
//! connections that are taken out of the pool and not returned.
//!
//! A call is a client's as in [`waiting`](super::waiting); one whose receiver is neither bound nor
//! declared with a type of the library tells nothing.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::cause::Cause;
use crate::facts::estate::{Estate, Subject};
use crate::facts::fact_path::ClientFact;
use crate::facts::linked::LinkedProgram;
use crate::facts::raw::{ClientCallFact, RawClientCall, RawFacts};
use crate::facts::value::{Datum, FactValue, Strength};
use crate::resolve::waiting::{CallPlace, ONLY_ONE, clients_of};

/// A call that is certainly, or as far as can be seen, made on a client.
struct PlacedCall<'a> {
    call: &'a RawClientCall,
    strength: Strength,
}

impl PlacedCall<'_> {
    /// A fact that the call states, where it stands.
    fn value(&self, datum: impl Into<Datum>) -> FactValue {
        let mut value = FactValue::set(datum, self.call.at);
        value.strength = self.strength;
        if self.strength == Strength::Assumed {
            value.because.push(ONLY_ONE.to_owned());
        }
        value
    }
}

/// Tells clients what the calls on them tell.
pub fn put(raw: &RawFacts, programs: &[LinkedProgram], estate: &mut Estate) {
    let programs: Vec<&BTreeSet<String>> = programs.iter().map(|p| &p.parts).collect();
    let mut placed: BTreeMap<usize, Vec<PlacedCall<'_>>> = BTreeMap::new();
    for call in &raw.client_calls {
        let place = CallPlace {
            language: call.language,
            dir: &call.dir,
            libraries: &call.libraries,
            bound: &call.bound,
        };
        let (clients, strength) = clients_of(place, raw, &programs);
        // Which of several it is cannot be told, and nothing is known of any of them.
        if let ([client], true) = (&clients[..], strength == Strength::Certain || call.typed) {
            placed
                .entry(*client)
                .or_default()
                .push(PlacedCall { call, strength });
        }
    }
    for (index, mut calls) in placed {
        calls.sort_by_key(|placed| placed.call.at);
        let client = &mut estate.clients[index];
        put_deadline(client, &calls);
        put_taken(client, &calls);
    }
}

/// The shortest deadline counts; one that is not known may be shorter still.
fn put_deadline(client: &mut Subject, calls: &[PlacedCall<'_>]) {
    let mut shortest: Option<(&PlacedCall<'_>, f64)> = None;
    let mut open: Option<(&PlacedCall<'_>, &Cause)> = None;
    for placed in calls {
        match &placed.call.tells {
            ClientCallFact::Deadline(Ok(seconds)) => {
                if shortest.is_none_or(|(_, least)| *seconds < least) {
                    shortest = Some((placed, *seconds));
                }
            }
            ClientCallFact::Deadline(Err(cause)) => open = open.or(Some((placed, cause))),
            ClientCallFact::Taken(_) => {}
        }
    }
    let (placed, limit) = match (shortest, open) {
        (Some((placed, seconds)), _) => (placed, placed.value(Datum::Duration(seconds))),
        (None, Some((placed, cause))) => {
            let cause = Cause::From {
                what: "it comes from",
                cause: Box::new(cause.clone()),
            };
            (placed, FactValue::set_unknown(cause, placed.call.at))
        }
        (None, None) => return,
    };
    client.put(
        ClientFact::DeadlineCall,
        placed.value(Datum::Text(placed.call.call.clone())),
    );
    client.put(ClientFact::DeadlineLimit, limit);
}

fn put_taken(client: &mut Subject, calls: &[PlacedCall<'_>]) {
    let taken = calls.iter().filter_map(|placed| match &placed.call.tells {
        ClientCallFact::Taken(kept) => Some((placed, kept)),
        ClientCallFact::Deadline(_) => None,
    });
    let taken: Vec<_> = taken.collect();
    let lost: Vec<_> = taken
        .iter()
        .filter(|(_, kept)| **kept == Ok(true))
        .collect();
    let open = taken
        .iter()
        .find_map(|(placed, kept)| Some((placed, kept.as_ref().err()?)));
    match (lost.first(), open) {
        (Some((first, _)), _) => {
            let count = i64::try_from(lost.len()).unwrap_or(i64::MAX);
            client.put(
                ClientFact::UnreturnedCall,
                first.value(Datum::Text(first.call.call.clone())),
            );
            client.put(ClientFact::UnreturnedCount, first.value(Datum::Int(count)));
        }
        (None, Some((placed, cause))) => client.put(
            ClientFact::UnreturnedCount,
            FactValue::set_unknown(
                Cause::From {
                    what: "it depends on",
                    cause: Box::new(cause.clone()),
                },
                placed.call.at,
            ),
        ),
        (None, None) if !taken.is_empty() => {
            client.put(
                ClientFact::UnreturnedCount,
                FactValue::from_derived(Datum::Int(0)),
            );
        }
        (None, None) => {}
    }
}
