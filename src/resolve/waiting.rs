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
use crate::facts::raw::{Bound, Crew, Longest, Raw, RawClient, RawWait};
use crate::facts::value::{Datum, Meaning, State, Strength, Value, Written};
use crate::knowledge::clients::Models;

const NOT_CUT: &str = "none";
/// What is taken for granted where a call names a client that is bound elsewhere.
const ONLY_ONE: &str = "its program builds no other client that the call could go through";

/// Tells clients and programs what waits through them.
pub fn put(raw: &Raw, programs: &[LinkedProgram], estate: &mut Estate, models: &Models) {
    let programs: Vec<&BTreeSet<String>> = programs.iter().map(|p| &p.parts).collect();
    let waits: Vec<Placed<'_>> = raw
        .waits
        .iter()
        .map(|wait| placed(wait, raw, &programs))
        .collect();
    put_crews(&waits, &programs, estate);
    put_declared(estate, raw, models);
    put_cuts(&waits, &mut estate.clients);
}

/// A call and the clients that it may go through, by their indexes.
struct Placed<'a> {
    wait: &'a RawWait,
    clients: Vec<usize>,
    strength: Strength,
}

fn placed<'a>(wait: &'a RawWait, raw: &Raw, programs: &[&BTreeSet<String>]) -> Placed<'a> {
    let fits = |client: &RawClient| {
        client.language == wait.language
            && !client.site.test
            && client
                .libraries
                .iter()
                .any(|id| wait.libraries.contains(id))
    };
    let indexes = |keep: &dyn Fn(&RawClient) -> bool| -> Vec<usize> {
        let all = raw.clients.iter().enumerate();
        let kept = all.filter(|(_, client)| fits(client) && keep(client));
        kept.map(|(index, _)| index).collect()
    };
    let bound = indexes(&|client| client.dir == wait.dir && is_bound(client, wait));
    // Each place that it is bound in has its one client.
    if !bound.is_empty() && bound.len() == wait.bound.len() {
        return Placed {
            wait,
            clients: bound,
            strength: Strength::Certain,
        };
    }
    let with: Vec<_> = programs
        .iter()
        .filter(|parts| parts.contains(&wait.dir))
        .collect();
    let near = |client: &RawClient| match with.is_empty() {
        true => client.dir == wait.dir,
        false => with.iter().any(|parts| parts.contains(&client.dir)),
    };
    Placed {
        wait,
        clients: indexes(&|client| near(client) && !client.site.short_lived),
        strength: Strength::Assumed,
    }
}

/// The client is made for a variable or field that the call is made on.
fn is_bound(client: &RawClient, wait: &RawWait) -> bool {
    wait.bound.iter().any(|bound| match bound {
        Bound::Variable(function, name) => {
            client.function == *function && client.holder.as_ref() == Some(name)
        }
        Bound::Field(name) => client.holder.as_ref() == Some(name),
    })
}

/// How many wait through each client at once, in the program where they are most.
fn put_crews(waits: &[Placed<'_>], programs: &[&BTreeSet<String>], estate: &mut Estate) {
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
        let mut most: Option<(Crew, Vec<&Placed<'_>>)> = None;
        for parts in &programs {
            let here = own().filter(|w| parts.contains(&w.wait.dir));
            let here: Vec<_> = here.collect();
            let crews = here.iter().map(|placed| crew(placed));
            let Some(crew) = crews.reduce(Crew::and) else {
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
fn crew(placed: &Placed<'_>) -> Crew {
    let Some(crew) = placed.wait.crew.clone() else {
        return Crew::of(0);
    };
    match placed.clients.len() {
        1 => crew,
        count => Crew::unknown(Cause::WhichClient {
            count,
            call: placed.wait.call.clone(),
        }),
    }
}

fn tell_crew(client: &mut Subject, crew: &Crew, waits: &[&Placed<'_>]) {
    let lasting = |placed: &&&Placed<'_>| {
        let crew = placed.wait.crew.as_ref();
        crew.is_some_and(|crew| crew.count != Ok(0))
    };
    let Some(first) = waits.iter().find(lasting) else {
        return;
    };
    let assumed = waits.iter().any(|w| w.strength == Strength::Assumed);
    let mut because: Vec<String> = crew.assumed.iter().cloned().collect();
    because.extend(assumed.then(|| ONLY_ONE.to_owned()));
    let finished = |mut value: Value| {
        if !because.is_empty() {
            value.strength = Strength::Assumed;
        }
        value.because.clone_from(&because);
        value
    };
    let count = |n: u64| Datum::Int(i64::try_from(n).unwrap_or(i64::MAX));
    let at = first.wait.at;
    let consumers = match &crew.count {
        Ok(n) => Value::set(count(*n), at),
        Err(reason) => Value::set_unknown(
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
        finished(Value::set(count(crew.at_least), at)),
    );
}

/// What settings say of a program holds for its pool, where it has one alone; what is counted is
/// the program's.
fn put_declared(estate: &mut Estate, raw: &Raw, models: &Models) {
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
                    let told = match clients {
                        1 => declared.clone(),
                        _ => Value::unknown(Cause::WhichPool(clients)),
                    };
                    client.put(ClientFact::BlockingAtLeast, told.clone());
                    client.put(ClientFact::BlockingConsumers, told);
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
            (State::Set(Datum::Int(a)), State::Set(Datum::Int(b))) => {
                State::Set(Datum::Int(a.saturating_add(*b)))
            }
            (State::Unknown(_), _) => sum.state,
            (_, other) => other.clone(),
        };
        sum.strength = sum.strength.min(other.strength);
        sum
    });
    if let Some(sum) = sum {
        service.put(ServiceFact::BlockingConsumers, sum);
    }
}

fn is_pool(client: &RawClient, models: &Models) -> bool {
    let mut models = client
        .libraries
        .iter()
        .filter_map(|id| models.get(id)?.model());
    models.any(|model| model.pool.is_some()) && !client.site.short_lived
}

/// What a client's timeout does to a call.
enum Fate {
    Cut(Box<Cut>),
    Spared,
    Unknown(Cause),
}

#[derive(Clone)]
struct Cut {
    call: String,
    at: crate::source::Span,
    wait: Datum,
    limit: Value,
    /// What the timeout is called.
    option: String,
    strength: Strength,
}

fn put_cuts(waits: &[Placed<'_>], clients: &mut [Subject]) {
    let mut fates: BTreeMap<usize, Vec<Fate>> = BTreeMap::new();
    for placed in waits {
        let Some(option) = &placed.wait.cut_by else {
            continue;
        };
        let each: Vec<Fate> = placed
            .clients
            .iter()
            .map(|index| fate(placed, option, &clients[*index]))
            .collect();
        let Some(first) = placed.clients.first() else {
            continue;
        };
        if let Some(fate) = agreed(each) {
            fates.entry(*first).or_default().push(fate);
        }
    }
    for (index, fates) in fates {
        tell_fates(&mut clients[index], fates);
    }
}

/// What holds whichever client the call goes through.
fn agreed(each: Vec<Fate>) -> Option<Fate> {
    let count = each.len();
    let mut cuts: Vec<Box<Cut>> = Vec::new();
    let mut open = None;
    for fate in each {
        match fate {
            Fate::Cut(cut) => cuts.push(cut),
            Fate::Unknown(reason) => open = Some(reason),
            Fate::Spared => {}
        }
    }
    match (cuts.len(), open) {
        (cut, None) if cut == count => cuts.into_iter().next().map(Fate::Cut),
        (0, None) => Some(Fate::Spared),
        (_, Some(reason)) => Some(Fate::Unknown(reason)),
        (_, None) => Some(Fate::Unknown(Cause::Process(
            "which of several clients the call goes through is not seen",
        ))),
    }
}

/// The library's own word for a timeout; where it has none, what its key says.
fn timeout_name(limit: &Value, key: &str) -> String {
    match &limit.own_name {
        Some(name) => format!("`{name}`"),
        None => {
            let words: Vec<&str> = key.rsplit('.').collect();
            format!("the {}", words.join(" "))
        }
    }
}

fn fate(placed: &Placed<'_>, option: &str, client: &Subject) -> Fate {
    let Some(limit) = client.option(option) else {
        return Fate::Spared;
    };
    let Some(known) = limit.known() else {
        return match &limit.state {
            State::Unknown(reason) => Fate::Unknown(reason.clone()),
            _ => Fate::Spared,
        };
    };
    let most = match known {
        Datum::Special { .. } => return Fate::Spared,
        other => other.as_number().filter(|most| *most > 0.0),
    };
    let Some(most) = most else {
        return Fate::Spared;
    };
    let wait = match &placed.wait.longest {
        Longest::AtOnce => return Fate::Spared,
        Longest::Unknown(reason) => {
            return Fate::Unknown(Cause::From {
                what: "how long it waits comes from",
                cause: Box::new(reason.clone()),
            });
        }
        Longest::Seconds(seconds) if *seconds <= most => return Fate::Spared,
        Longest::Seconds(seconds) => Datum::Duration(*seconds),
        Longest::ForEver => Datum::Special {
            raw: Box::new(Datum::Duration(0.0)),
            meaning: Meaning::Unlimited,
        },
    };
    Fate::Cut(Box::new(Cut {
        call: placed.wait.call.clone(),
        at: placed.wait.at,
        wait,
        limit: limit.clone(),
        option: timeout_name(limit, option),
        strength: placed.strength.min(limit.strength),
    }))
}

fn tell_fates(client: &mut Subject, fates: Vec<Fate>) {
    let mut cuts: Vec<Box<Cut>> = Vec::new();
    let mut open = None;
    for fate in fates {
        match fate {
            Fate::Cut(cut) => cuts.push(cut),
            Fate::Unknown(reason) => open = Some(reason),
            Fate::Spared => {}
        }
    }
    cuts.sort_by_key(|cut| cut.at);
    let Some(cut) = cuts.first() else {
        let none = Value::derived(NOT_CUT);
        client.put(ClientFact::BlockingCut, open.map_or(none, Value::unknown));
        return;
    };
    let at = |datum: Datum| {
        let mut value = Value::set(datum, cut.at);
        value.strength = cut.strength;
        if cut.strength == Strength::Assumed {
            value.because.push(ONLY_ONE.to_owned());
        }
        value
    };
    let limit = Value {
        written: match cut.limit.written {
            Written::Yes => Written::Yes,
            _ => Written::No,
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
