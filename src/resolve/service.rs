//! Programs and their clients: what runs a program, how many processes, and whether the statistics of
//! its pools leave it.
//!
//! In come the linked programs, what is known of their processes, and the resolved clients, in the
//! order of `Raw::clients`; out come the services. The clients learn which program they belong to.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::cause::Cause;
use crate::facts::estate::{Related, Subject, SubjectKind};
use crate::facts::fact_path::{ClientFact, ServiceFact};
use crate::facts::linked::LinkedProgram;
use crate::facts::raw::{
    Language, Observation, Observed, Raw, RawModule, RawPackage, ServiceDeclaration,
};
use crate::facts::value::{Datum, Value};
use crate::knowledge::clients::Models;
use crate::knowledge::languages;
use crate::resolve::process::Process;
use crate::source::path;

/// The programs of a tree.
pub fn resolve(
    raw: &Raw,
    (programs, processes): (&[LinkedProgram], &[Process]),
    clients: &mut [Subject],
    models: &Models,
) -> Vec<Subject> {
    let mut services = Vec::new();
    for (program, process) in programs.iter().zip(processes) {
        let declared = program.declared.map(|at| &raw.declared[at]);
        let package = program.package.map(|at| &raw.packages[at]);
        let named = match (package, declared) {
            (Some(package), declared) => Some(named(package, declared, raw)),
            (None, Some(declared)) => told_of(declared, &program.clients, clients),
            (None, None) => None,
        };
        let Some(mut service) = named else { continue };
        service.clients.clone_from(&program.clients);
        put_processes(&mut service, process);
        put_declared(&mut service, declared);
        if package.is_some() {
            put_observed(&mut service, raw, clients, (&program.parts, models));
        }
        services.push(service);
    }
    tell_clients(&services, clients);
    services
}

/// A program is called as `redvet.toml` calls it, else by its folder, at the root by its module; a
/// Cargo program by its own name.
fn named(program: &RawPackage, declared: Option<&ServiceDeclaration>, raw: &Raw) -> Subject {
    let module = RawModule::nearest_above(&raw.modules, program.language, &program.dir);
    let own = module.and_then(|m| m.name.as_deref());
    let name = match (declared, program.language, program.dir.as_str()) {
        (Some(declared), _, _) => declared.name.as_str(),
        (None, Language::Rust, _) => &program.binary,
        (None, Language::Go, "") => own.map_or("the program", |name| path::name(name)),
        (None, Language::Go, dir) => dir,
    };
    let mut service = Subject::new(
        SubjectKind::Service,
        name,
        program.path.clone(),
        program.anchor,
    );
    service.put(ServiceFact::Name, Value::derived(name));
    service.put(
        ServiceFact::Language,
        Value::derived(program.language.as_str()),
    );
    let folders = languages::go().map(|l| &l.folders);
    let is = |of: Option<bool>| Value::derived(of.unwrap_or(false));
    let tool = folders.map(|f| f.is_tool(&program.dir));
    service.put(ServiceFact::Tool, is(tool));
    let example = folders.map(|f| f.is_example(&program.dir));
    service.put(ServiceFact::Example, is(example));
    service
}

/// A program that `redvet.toml` alone tells of stands where its first client does.
fn told_of(declared: &ServiceDeclaration, own: &[Related], clients: &[Subject]) -> Option<Subject> {
    let first = clients.get(own.first()?.index)?;
    let mut service = Subject::new(
        SubjectKind::Service,
        &declared.name,
        &first.path,
        first.anchor,
    );
    service.put(ServiceFact::Name, Value::derived(declared.name.as_str()));
    if let Some(language) = first.fact(ClientFact::Language) {
        service.put(ServiceFact::Language, language.clone());
    }
    let is_not = || Value::derived(false);
    service.put(ServiceFact::Tool, is_not());
    service.put(ServiceFact::Example, is_not());
    Some(service)
}

fn put_processes(service: &mut Subject, process: &Process) {
    let anchor = service.anchor;
    service.links.clone_from(&process.links);
    for (fact, value) in [
        (ServiceFact::Workload, &process.workload),
        (ServiceFact::Replicas, &process.replicas),
        (ServiceFact::LimitsCpu, &process.cpu),
        (ServiceFact::Gomaxprocs, &process.gomaxprocs),
    ] {
        let value = value.clone();
        let home = value.home.unwrap_or(anchor);
        service.put(fact, value.with_home(home));
    }
}

/// What only `redvet.toml` says.
fn put_declared(service: &mut Subject, declared: Option<&ServiceDeclaration>) {
    if let Some((count, span)) = declared.and_then(|d| d.blocking_consumers) {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        service.put(
            ServiceFact::BlockingConsumers,
            Value::set(Datum::Int(count), span),
        );
    }
}

/// What the program shows of its pools, where it has some that can be shown.
fn put_observed(
    service: &mut Subject,
    raw: &Raw,
    clients: &[Subject],
    (parts, models): (&BTreeSet<String>, &Models),
) {
    let pooled = service.clients.iter().find(|related| {
        let ids = &raw.clients[related.index].libraries;
        let mut models = ids.iter().filter_map(|id| models.get(id)?.model());
        models.any(|m| m.pool.is_some() && !m.stats.is_empty())
            && !raw.clients[related.index].site.short_lived
            && clients[related.index]
                .fact(ClientFact::Kind)
                .and_then(Value::text)
                != Some(CONNECTION)
    });
    let Some(pooled) = pooled else { return };
    let anchor = clients[pooled.index].anchor;
    let name = Datum::Text(clients[pooled.index].name.clone());
    service.put(ServiceFact::Pooled, Value::set(name, anchor));
    let packages = raw.packages.iter();
    let own = packages.filter(|p| parts.contains(&p.dir));
    let seen: Vec<Observation> = own.flat_map(|p| p.observations.iter().copied()).collect();
    service.put(ServiceFact::Observed, observed(&seen, anchor));
}

const CONNECTION: &str = "connection";

fn observed(seen: &[Observation], anchor: crate::source::Span) -> Value {
    let first = |what: Observed| seen.iter().find(|o| o.what == what);
    if let Some(exported) = first(Observed::Exported) {
        return Value::set("exported", exported.at);
    }
    if first(Observed::Unclear).is_some() {
        return Value::unknown(Cause::Process("the use of the pool statistics is unknown"));
    }
    match first(Observed::Miswired) {
        Some(miswired) => Value::set("miswired", miswired.at),
        None => Value::derived("none").with_home(anchor),
    }
}

/// Every client learns the programs that it is part of.
fn tell_clients(services: &[Subject], clients: &mut [Subject]) {
    let mut programs: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    for service in services {
        for client in &service.clients {
            programs
                .entry(client.index)
                .or_default()
                .push(&service.name);
        }
    }
    for (index, names) in programs {
        if let Some(client) = clients.get_mut(index) {
            let names = Datum::Text(names.join(", "));
            client.put(ClientFact::Service, Value::derived(names));
        }
    }
}
