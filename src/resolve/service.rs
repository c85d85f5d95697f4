//! Programs and their clients: what runs a program, how many processes, and whether the statistics of
//! its pools leave it.
//!
//! In come the linked programs, what is known of their processes, and the resolved clients, in the
//! order of `Raw::clients`; out come the services. The clients learn which program they belong to.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::cause::Cause;
use crate::facts::estate::{RelatedSubject, Subject, SubjectKind};
use crate::facts::fact_path::{ClientFact, ServiceFact};
use crate::facts::linked::LinkedProgram;
use crate::facts::raw::{
    ObservationKind, PoolObservation, RawFacts, RawModule, RawPackage, ServiceDeclaration,
    SourceLanguage,
};
use crate::facts::value::{Datum, FactValue};
use crate::knowledge::clients::ClientModels;
use crate::knowledge::languages;
use crate::resolve::process::ProgramProcesses;
use crate::source::path;

/// The programs of a tree.
pub fn resolve(
    raw: &RawFacts,
    programs: &[LinkedProgram],
    processes: &[ProgramProcesses],
    clients: &mut [Subject],
    models: &ClientModels,
) -> Vec<Subject> {
    let mut services = Vec::new();
    let mut idle = Vec::new();
    for (program, process) in programs.iter().zip(processes) {
        let declared = program.declared.map(|at| &raw.declared[at]);
        let package = program.package.map(|at| &raw.packages[at]);
        let named = match (package, declared) {
            (Some(package), declared) => Some(name_program(package, declared, raw)),
            (None, Some(declared)) => declare_program(declared, &program.clients, clients),
            (None, None) => None,
        };
        let Some(mut service) = named else { continue };
        service.clients.clone_from(&program.clients);
        put_processes(&mut service, process);
        put_declared(&mut service, declared);
        let lasts = program.lasts(raw);
        let is_operator = package.is_some_and(|package| is_operator(package, raw));
        if package.is_some() && lasts {
            put_observed(&mut service, raw, clients, &program.parts, models);
        }
        if !lasts || is_operator {
            idle.push(services.len());
        }
        services.push(service);
    }
    tell_clients(&services, clients);
    tell_no_load(&services, &idle, clients);
    services
}

/// Whether a program looks after others in a cluster: it asks servers and sends them no load.
fn is_operator(package: &RawPackage, raw: &RawFacts) -> bool {
    let go = languages::go().filter(|_| package.language == SourceLanguage::Go);
    let Some(operators) = go.map(|go| &go.operators) else {
        return false;
    };
    let module = RawModule::nearest_above(&raw.modules, package.language, &package.dir);
    let name = module.and_then(|module| module.name.as_deref());
    let mut imports = package.imports.iter();
    imports.any(|import| operators.packages.contains(import))
        || name.is_some_and(|name| operators.names_module(path::name(name)))
}

/// A client all of whose programs end by themselves or look after others carries no load.
fn tell_no_load(services: &[Subject], idle: &[usize], clients: &mut [Subject]) {
    for (index, client) in clients.iter_mut().enumerate() {
        let holds = |service: &&usize| {
            let mut own = services[**service].clients.iter();
            own.any(|related| related.index == index)
        };
        let all: Vec<usize> = (0..services.len()).filter(|at| holds(&at)).collect();
        if !all.is_empty() && all.iter().all(|at| idle.contains(at)) {
            let none = FactValue::from_derived(false)
                .because("its program ends by itself or looks after others");
            client.put(ClientFact::SiteCarriesLoad, none);
        }
    }
}

/// A program is called as `redvet.toml` calls it, else by its folder, at the root by its module; a
/// Cargo program by its own name.
fn name_program(
    program: &RawPackage,
    declared: Option<&ServiceDeclaration>,
    raw: &RawFacts,
) -> Subject {
    let module = RawModule::nearest_above(&raw.modules, program.language, &program.dir);
    let own = module.and_then(|m| m.name.as_deref());
    let name = match (declared, program.language, program.dir.as_str()) {
        (Some(declared), _, _) => declared.name.as_str(),
        (None, SourceLanguage::Rust, _) => &program.binary,
        (None, SourceLanguage::Python, "") if program.binary.is_empty() => "the program",
        (None, SourceLanguage::Python, _) => &program.binary,
        (None, SourceLanguage::Go, "") => own.map_or("the program", |name| path::name(name)),
        (None, SourceLanguage::Go, dir) => dir,
    };
    let mut service = Subject::new(
        SubjectKind::Service,
        name,
        program.path.clone(),
        program.anchor,
    );
    service.put(ServiceFact::Name, FactValue::from_derived(name));
    service.put(
        ServiceFact::Language,
        FactValue::from_derived(program.language.as_str()),
    );
    let folders = languages::go().map(|l| &l.folders);
    let is = |of: Option<bool>| FactValue::from_derived(of.unwrap_or(false));
    let tool = folders.map(|f| f.is_tool(&program.dir));
    service.put(ServiceFact::Tool, is(tool));
    let example = folders.map(|f| f.is_example(&program.dir));
    service.put(ServiceFact::Example, is(example));
    service
}

/// A program that `redvet.toml` alone tells of stands where its first client does.
fn declare_program(
    declared: &ServiceDeclaration,
    own: &[RelatedSubject],
    clients: &[Subject],
) -> Option<Subject> {
    let first = clients.get(own.first()?.index)?;
    let mut service = Subject::new(
        SubjectKind::Service,
        &declared.name,
        &first.path,
        first.anchor,
    );
    service.put(
        ServiceFact::Name,
        FactValue::from_derived(declared.name.as_str()),
    );
    if let Some(language) = first.fact(ClientFact::Language) {
        service.put(ServiceFact::Language, language.clone());
    }
    let is_not = || FactValue::from_derived(false);
    service.put(ServiceFact::Tool, is_not());
    service.put(ServiceFact::Example, is_not());
    Some(service)
}

fn put_processes(service: &mut Subject, process: &ProgramProcesses) {
    let anchor = service.anchor;
    service.links.clone_from(&process.links);
    for (fact, value) in [
        (ServiceFact::Workload, &process.workload),
        (ServiceFact::Replicas, &process.replicas),
        (ServiceFact::LimitsCpu, &process.cpu),
        (ServiceFact::Gomaxprocs, &process.gomaxprocs),
    ] {
        let value = value.clone();
        let home = value.anchor_when_unset.unwrap_or(anchor);
        service.put(fact, value.with_anchor_when_unset(home));
    }
}

/// What only `redvet.toml` says.
fn put_declared(service: &mut Subject, declared: Option<&ServiceDeclaration>) {
    if let Some((count, span)) = declared.and_then(|d| d.blocking_consumers) {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        service.put(
            ServiceFact::BlockingConsumers,
            FactValue::set(Datum::Int(count), span),
        );
    }
}

/// What the program shows of its pools, where it has some that can be shown.
fn put_observed(
    service: &mut Subject,
    raw: &RawFacts,
    clients: &[Subject],
    parts: &BTreeSet<String>,
    models: &ClientModels,
) {
    let pooled = service.clients.iter().find(|related| {
        let ids = &raw.clients[related.index].libraries;
        let mut models = ids.iter().filter_map(|id| models.get(id)?.model());
        models.any(|m| m.pool.is_some() && !m.stats.is_empty())
            && raw.clients[related.index].site.carries_load()
            && !raw.clients[related.index].site.for_show
            && clients[related.index]
                .fact(ClientFact::Kind)
                .and_then(FactValue::text)
                != Some(CONNECTION)
    });
    let Some(pooled) = pooled else { return };
    let anchor = clients[pooled.index].anchor;
    let name = Datum::Text(clients[pooled.index].name.clone());
    service.put(ServiceFact::Pooled, FactValue::set(name, anchor));
    let packages = raw.packages.iter();
    let own = packages.filter(|p| parts.contains(&p.dir));
    let seen: Vec<PoolObservation> = own.flat_map(|p| p.observations.iter().copied()).collect();
    service.put(ServiceFact::Observed, resolve_observations(&seen, anchor));
}

const CONNECTION: &str = "connection";

fn resolve_observations(seen: &[PoolObservation], anchor: crate::source::Span) -> FactValue {
    let first = |what: ObservationKind| seen.iter().find(|o| o.what == what);
    if let Some(exported) = first(ObservationKind::Exported) {
        return FactValue::set("exported", exported.at);
    }
    if first(ObservationKind::Unclear).is_some() {
        return FactValue::unknown(Cause::Process("the use of the pool statistics is unknown"));
    }
    match first(ObservationKind::Miswired) {
        Some(miswired) => FactValue::set("miswired", miswired.at),
        None => FactValue::from_derived("none").with_anchor_when_unset(anchor),
    }
}

/// Every client learns the programs that it is part of, and a workload that runs one of them.
fn tell_clients(services: &[Subject], clients: &mut [Subject]) {
    let mut programs: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    for service in services {
        let workload = service.fact(ServiceFact::Workload);
        for client in &service.clients {
            let names = programs.entry(client.index).or_default();
            names.push(&service.name);
            if let (Some(workload), Some(client)) = (workload, clients.get_mut(client.index)) {
                client.put(ClientFact::Workload, workload.clone());
            }
        }
    }
    for (index, names) in programs {
        if let Some(client) = clients.get_mut(index) {
            let names = Datum::Text(names.join(", "));
            client.put(ClientFact::Service, FactValue::from_derived(names));
        }
    }
}
