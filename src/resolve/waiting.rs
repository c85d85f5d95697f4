//! Calls that wait at the server, and the clients that they go through: how many hold a connection
//! of a pool at once, and which is cut short by the client's own timeout.
//!
//! A call is a client's where both are bound to one name in one package, or where its program has
//! no other client that it could go through; the latter is assumed. Where several are left, only
//! what holds for all of them is said.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::cause::Cause;
use crate::facts::estate::{Estate, Subject};
use crate::facts::fact_path::{ClientFact, ServiceFact};
use crate::facts::linked::LinkedProgram;
use crate::facts::raw::{
    ClientBinding, Concurrency, LongestWait, RawClient, RawFacts, RawWait, SourceLanguage,
};
use crate::facts::value::{Datum, Explicitness, FactValue, Meaning, Strength, ValueState};
use crate::knowledge::clients::ClientModels;

const NOT_CUT: &str = "none";
/// What is taken for granted where a call names a client that is bound elsewhere.
pub(super) const ONLY_ONE: &str =
    "its program builds no other client that the call could go through";

/// Tells clients and programs what waits through them.
pub fn put(raw: &RawFacts, programs: &[LinkedProgram], estate: &mut Estate, models: &ClientModels) {
    let programs: Vec<&BTreeSet<String>> = programs.iter().map(|p| &p.parts).collect();
    let waits: Vec<BlockingCall<'_>> = raw
        .waits
        .iter()
        .map(|wait| place_call(wait, raw, &programs))
        .collect();
    put_crews(&waits, &programs, estate);
    put_declared(estate, raw, models);
    put_cuts(&waits, &mut estate.clients);
}

/// A call and the clients that it may go through, by their indexes.
struct BlockingCall<'a> {
    wait: &'a RawWait,
    clients: Vec<usize>,
    strength: Strength,
}

fn place_call<'a>(
    wait: &'a RawWait,
    raw: &RawFacts,
    programs: &[&BTreeSet<String>],
) -> BlockingCall<'a> {
    let (clients, strength) = clients_of(CallPlace::of(wait), raw, programs);
    BlockingCall {
        wait,
        clients,
        strength,
    }
}

/// What says which client a call is made on.
#[derive(Clone, Copy)]
pub(super) struct CallPlace<'a> {
    pub(super) language: SourceLanguage,
    pub(super) dir: &'a String,
    pub(super) libraries: &'a [String],
    pub(super) bound: &'a [ClientBinding],
}

impl<'a> CallPlace<'a> {
    fn of(wait: &'a RawWait) -> Self {
        Self {
            language: wait.language,
            dir: &wait.dir,
            libraries: &wait.libraries,
            bound: &wait.bound,
        }
    }
}

/// The clients that a call may go through: certainly those that are bound where it is made, else all
/// that its program builds.
pub(super) fn clients_of(
    call: CallPlace<'_>,
    raw: &RawFacts,
    programs: &[&BTreeSet<String>],
) -> (Vec<usize>, Strength) {
    let fits = |client: &RawClient| {
        client.language == call.language
            && !client.site.test
            && client
                .libraries
                .iter()
                .any(|id| call.libraries.contains(id))
    };
    let indexes = |keep: &dyn Fn(&RawClient) -> bool| -> Vec<usize> {
        let all = raw.clients.iter().enumerate();
        let kept = all.filter(|(_, client)| fits(client) && keep(client));
        kept.map(|(index, _)| index).collect()
    };
    let bound = indexes(&|client| client.dir == *call.dir && is_bound(client, call.bound));
    // Each place that it is bound in has its one client.
    if !bound.is_empty() && bound.len() == call.bound.len() {
        return (bound, Strength::Certain);
    }
    let with: Vec<_> = programs
        .iter()
        .filter(|parts| parts.contains(call.dir))
        .collect();
    let near = |client: &RawClient| match with.is_empty() {
        true => client.dir == *call.dir,
        false => with.iter().any(|parts| parts.contains(&client.dir)),
    };
    let near = indexes(&|client| near(client) && !client.site.short_lived);
    (near, Strength::Assumed)
}

/// The client is made for a variable or field that a call is made on.
fn is_bound(client: &RawClient, bound: &[ClientBinding]) -> bool {
    bound.iter().any(|bound| match bound {
        ClientBinding::Variable(function, name) => {
            client.function == *function && client.bound_to.as_ref() == Some(name)
        }
        ClientBinding::Field(name) => client.bound_to.as_ref() == Some(name),
    })
}

/// How many wait through each client at once, in the program where they are most.
fn put_crews(waits: &[BlockingCall<'_>], programs: &[&BTreeSet<String>], estate: &mut Estate) {
    let in_none = |dir: &String| !programs.iter().any(|parts| parts.contains(dir));
    let dirs = waits.iter().map(|placed| &placed.wait.dir);
    let loose: BTreeSet<String> = dirs.filter(|dir| in_none(dir)).cloned().collect();
    let programs: Vec<_> = programs.iter().copied().chain([&loose]).collect();
    for (index, client) in estate.clients.iter_mut().enumerate() {
        let own = || {
            waits
                .iter()
                .filter(move |w| w.clients.contains(&index) && w.wait.crew.is_some())
        };
        let mut most: Option<(Concurrency, Vec<&BlockingCall<'_>>)> = None;
        for parts in &programs {
            let here = own().filter(|w| parts.contains(&w.wait.dir));
            let here: Vec<_> = here.collect();
            let crews = here.iter().map(|placed| crew(placed));
            let Some(crew) = crews.reduce(Concurrency::and) else {
                continue;
            };
            let more = most
                .as_ref()
                .is_none_or(|(m, _)| crew.at_least > m.at_least);
            if more {
                most = Some((crew, here));
            }
        }
        if let Some((crew, here)) = most {
            tell_crew(client, &crew, &here);
        }
    }
}

/// How many of a call wait through one of its clients.
fn crew(placed: &BlockingCall<'_>) -> Concurrency {
    let Some(crew) = placed.wait.crew.clone() else {
        return Concurrency::of(0);
    };
    match placed.clients.len() {
        1 => crew,
        count => Concurrency::unknown(Cause::WhichClient {
            count,
            call: placed.wait.call.clone(),
        }),
    }
}

fn tell_crew(client: &mut Subject, crew: &Concurrency, waits: &[&BlockingCall<'_>]) {
    let lasting = |placed: &&&BlockingCall<'_>| {
        let crew = placed.wait.crew.as_ref();
        crew.is_some_and(|crew| crew.count != Ok(0))
    };
    let Some(first) = waits.iter().find(lasting) else {
        return;
    };
    let assumed = waits.iter().any(|w| w.strength == Strength::Assumed);
    let mut because: Vec<String> = crew.assumed.iter().cloned().collect();
    because.extend(assumed.then(|| ONLY_ONE.to_owned()));
    let finished = |mut value: FactValue| {
        if !because.is_empty() {
            value.strength = Strength::Assumed;
        }
        value.because.clone_from(&because);
        value
    };
    let count = |n: u64| Datum::Int(i64::try_from(n).unwrap_or(i64::MAX));
    let at = first.wait.at;
    let consumers = match &crew.count {
        Ok(n) => FactValue::set(count(*n), at),
        Err(reason) => FactValue::set_unknown(
            Cause::From {
                what: "it follows from",
                cause: Box::new(reason.clone()),
            },
            at,
        ),
    };
    client.put(ClientFact::BlockingConsumers, finished(consumers));
    client.put(
        ClientFact::BlockingAtLeast,
        finished(FactValue::set(count(crew.at_least), at)),
    );
}

/// What settings say of a program holds for its pool, where it has one alone; what is counted is
/// the program's.
fn put_declared(estate: &mut Estate, raw: &RawFacts, models: &ClientModels) {
    for service in &mut estate.services {
        let pooled: Vec<usize> = service
            .clients
            .iter()
            .map(|related| related.index)
            .filter(|index| is_pool(&raw.clients[*index], models))
            .collect();
        match service.fact(ServiceFact::BlockingConsumers).cloned() {
            Some(declared) => {
                let clients = pooled.len();
                for index in pooled {
                    let client = &mut estate.clients[index];
                    let wait_fact = match clients {
                        1 => declared.clone(),
                        _ => FactValue::unknown(Cause::WhichPool(clients)),
                    };
                    client.put(ClientFact::BlockingAtLeast, wait_fact.clone());
                    client.put(ClientFact::BlockingConsumers, wait_fact);
                }
            }
            None => put_sum(service, &pooled, &estate.clients),
        }
    }
}

/// A program's own count is that of its pools together.
fn put_sum(service: &mut Subject, pooled: &[usize], clients: &[Subject]) {
    let facts = pooled
        .iter()
        .filter_map(|index| clients[*index].fact(ClientFact::BlockingConsumers));
    let sum = facts.cloned().reduce(|mut sum, other| {
        sum.state = match (&sum.state, &other.state) {
            (ValueState::Set(Datum::Int(a)), ValueState::Set(Datum::Int(b))) => {
                ValueState::Set(Datum::Int(a.saturating_add(*b)))
            }
            (ValueState::Unknown(_), _) => sum.state,
            (_, other) => other.clone(),
        };
        sum.strength = sum.strength.min(other.strength);
        sum
    });
    if let Some(sum) = sum {
        service.put(ServiceFact::BlockingConsumers, sum);
    }
}

fn is_pool(client: &RawClient, models: &ClientModels) -> bool {
    let mut models = client
        .libraries
        .iter()
        .filter_map(|id| models.get(id)?.model());
    models.any(|model| model.pool.is_some()) && !client.site.short_lived
}

/// What a client's timeout does to a call.
enum TimeoutEffect {
    Cut(Box<TimeoutCut>),
    Spared,
    Unknown(Cause),
}

#[derive(Clone)]
struct TimeoutCut {
    call: String,
    at: crate::source::Span,
    wait: Datum,
    limit: FactValue,
    /// What the timeout is called.
    option: String,
    strength: Strength,
}

fn put_cuts(waits: &[BlockingCall<'_>], clients: &mut [Subject]) {
    let mut effects: BTreeMap<usize, Vec<TimeoutEffect>> = BTreeMap::new();
    for placed in waits {
        let Some(option) = &placed.wait.cut_by else {
            continue;
        };
        let each: Vec<TimeoutEffect> = placed
            .clients
            .iter()
            .map(|index| effect(placed, option, &clients[*index]))
            .collect();
        let Some(first) = placed.clients.first() else {
            continue;
        };
        if let Some(effect) = agree_effects(each) {
            effects.entry(*first).or_default().push(effect);
        }
    }
    for (index, effects) in effects {
        tell_fates(&mut clients[index], effects);
    }
}

/// What holds whichever client the call goes through.
fn agree_effects(each: Vec<TimeoutEffect>) -> Option<TimeoutEffect> {
    let count = each.len();
    let mut cuts: Vec<Box<TimeoutCut>> = Vec::new();
    let mut open = None;
    for effect in each {
        match effect {
            TimeoutEffect::Cut(cut) => cuts.push(cut),
            TimeoutEffect::Unknown(reason) => open = Some(reason),
            TimeoutEffect::Spared => {}
        }
    }
    match (cuts.len(), open) {
        (cut, None) if cut == count => cuts.into_iter().next().map(TimeoutEffect::Cut),
        (0, None) => Some(TimeoutEffect::Spared),
        (_, Some(reason)) => Some(TimeoutEffect::Unknown(reason)),
        (_, None) => Some(TimeoutEffect::Unknown(Cause::Process(
            "which of several clients the call goes through is not seen",
        ))),
    }
}

/// The library's own word for a timeout; where it has none, what its key says.
fn timeout_name(limit: &FactValue, key: &str) -> String {
    match &limit.own_name {
        Some(name) => format!("`{name}`"),
        None => {
            let words: Vec<&str> = key.rsplit('.').collect();
            format!("the {}", words.join(" "))
        }
    }
}

fn effect(placed: &BlockingCall<'_>, option: &str, client: &Subject) -> TimeoutEffect {
    let Some(limit) = client.option(option) else {
        return TimeoutEffect::Spared;
    };
    let Some(known) = limit.known_datum() else {
        return match &limit.state {
            ValueState::Unknown(reason) => TimeoutEffect::Unknown(reason.clone()),
            _ => TimeoutEffect::Spared,
        };
    };
    let most = match known {
        Datum::Special { .. } => return TimeoutEffect::Spared,
        other => other.as_number().filter(|most| *most > 0.0),
    };
    let Some(most) = most else {
        return TimeoutEffect::Spared;
    };
    let wait = match &placed.wait.longest {
        LongestWait::AtOnce => return TimeoutEffect::Spared,
        LongestWait::Unknown(reason) => {
            return TimeoutEffect::Unknown(Cause::From {
                what: "how long it waits comes from",
                cause: Box::new(reason.clone()),
            });
        }
        LongestWait::Seconds(seconds) if *seconds <= most => return TimeoutEffect::Spared,
        LongestWait::Seconds(seconds) => Datum::Duration(*seconds),
        LongestWait::ForEver => Datum::Special {
            raw: Box::new(Datum::Duration(0.0)),
            meaning: Meaning::Unlimited,
        },
    };
    TimeoutEffect::Cut(Box::new(TimeoutCut {
        call: placed.wait.call.clone(),
        at: placed.wait.at,
        wait,
        limit: limit.clone(),
        option: timeout_name(limit, option),
        strength: placed.strength.min(limit.strength),
    }))
}

fn tell_fates(client: &mut Subject, effects: Vec<TimeoutEffect>) {
    let mut cuts: Vec<Box<TimeoutCut>> = Vec::new();
    let mut open = None;
    for effect in effects {
        match effect {
            TimeoutEffect::Cut(cut) => cuts.push(cut),
            TimeoutEffect::Unknown(reason) => open = Some(reason),
            TimeoutEffect::Spared => {}
        }
    }
    cuts.sort_by_key(|cut| cut.at);
    let Some(cut) = cuts.first() else {
        let none = FactValue::from_derived(NOT_CUT);
        client.put(
            ClientFact::BlockingCut,
            open.map_or(none, FactValue::unknown),
        );
        return;
    };
    let at = |datum: Datum| {
        let mut value = FactValue::set(datum, cut.at);
        value.strength = cut.strength;
        if cut.strength == Strength::Assumed {
            value.because.push(ONLY_ONE.to_owned());
        }
        value
    };
    let limit = FactValue {
        written: match cut.limit.written {
            Explicitness::Yes => Explicitness::Yes,
            _ => Explicitness::No,
        },
        ..cut.limit.clone()
    };
    let others = i64::try_from(cuts.len() - 1).unwrap_or(i64::MAX);
    client.put(ClientFact::BlockingCut, at(Datum::Text(cut.call.clone())));
    client.put(ClientFact::BlockingWait, at(cut.wait.clone()));
    client.put(ClientFact::BlockingLimit, limit);
    client.put(ClientFact::BlockingOthers, at(Datum::Int(others)));
    client.put(
        ClientFact::BlockingOption,
        at(Datum::Text(cut.option.clone())),
    );
}
