//! Programs and their clients: which packages a program is made of, which clients are built in them,
//! and whether the statistics of their pools leave the program.
//!
//! In come packages with their imports and the resolved clients, in the order of `Raw::clients`; out
//! come the services. The clients learn which program they belong to.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::estate::{Related, Subject, SubjectKind};
use crate::facts::raw::{Language, Observation, Observed, Raw, RawModule, RawPackage};
use crate::facts::value::{Datum, Strength, Value};
use crate::knowledge::clients::Models;
use crate::knowledge::languages;

/// The programs of a tree.
pub fn resolve(raw: &Raw, clients: &mut [Subject], models: &Models) -> Vec<Subject> {
    let folders = Folders::of(raw);
    let mut services = Vec::new();
    for program in raw.packages.iter().filter(|p| p.program) {
        let parts = folders.reach(program);
        let mut service = named(program, raw);
        for (index, client) in raw.clients.iter().enumerate() {
            let own = client.language == program.language && !client.site.test;
            if own && parts.contains(client.dir.as_str()) {
                service.clients.push(related(index));
            }
        }
        put_observed(&mut service, raw, clients, (&parts, models));
        services.push(service);
    }
    tell_clients(&services, clients);
    services
}

fn related(index: usize) -> Related {
    Related {
        index,
        strength: Strength::Certain,
        evidence: "the program is built with its package".to_owned(),
    }
}

/// A program is called by its folder, at the root by its module.
fn named(program: &RawPackage, raw: &Raw) -> Subject {
    let module = module_above(&program.dir, program.language, &raw.modules);
    let own = module.and_then(|m| m.name.as_deref());
    let name = match program.dir.as_str() {
        "" => own.map_or("the program", |name| {
            name.rsplit('/').next().unwrap_or(name)
        }),
        dir => dir,
    };
    let mut service = Subject::new(
        SubjectKind::Service,
        name,
        program.path.clone(),
        program.anchor,
    );
    let text = |text: &str| Value::derived(Datum::Text(text.to_owned()));
    service.put("name", text(name));
    service.put("language", text(program.language.word()));
    let folders = languages::go().map(|l| &l.folders);
    let is = |of: Option<bool>| Value::derived(Datum::Bool(of.unwrap_or(false)));
    let tool = folders.map(|f| f.is_tool(&program.dir));
    service.put("tool", is(tool));
    let example = folders.map(|f| f.is_example(&program.dir));
    service.put("example", is(example));
    service
}

/// Packages by their folders and by the paths that code imports them by.
struct Folders<'a> {
    packages: BTreeMap<&'a str, &'a RawPackage>,
    paths: BTreeMap<String, &'a str>,
}

impl<'a> Folders<'a> {
    fn of(raw: &'a Raw) -> Self {
        let packages: BTreeMap<&str, &RawPackage> =
            raw.packages.iter().map(|p| (p.dir.as_str(), p)).collect();
        let mut paths = BTreeMap::new();
        for (dir, package) in &packages {
            let Some(module) = module_above(dir, package.language, &raw.modules) else {
                continue;
            };
            let Some(name) = &module.name else { continue };
            let rest = dir.strip_prefix(module.dir.as_str()).unwrap_or(dir);
            let rest = rest.trim_start_matches('/');
            let path = match rest {
                "" => name.clone(),
                rest => format!("{name}/{rest}"),
            };
            paths.insert(path, *dir);
        }
        Self { packages, paths }
    }

    /// The folders that a program is built from, itself first.
    fn reach(&self, program: &'a RawPackage) -> BTreeSet<&'a str> {
        let mut reached = BTreeSet::from([program.dir.as_str()]);
        let mut todo = vec![program];
        while let Some(package) = todo.pop() {
            for import in &package.imports {
                let Some(dir) = self.paths.get(import) else {
                    continue;
                };
                if reached.insert(dir)
                    && let Some(package) = self.packages.get(dir)
                {
                    todo.push(package);
                }
            }
        }
        reached
    }
}

fn module_above<'a>(
    dir: &str,
    language: Language,
    modules: &'a [RawModule],
) -> Option<&'a RawModule> {
    let above = |module: &&RawModule| {
        module.language == language
            && (module.dir.is_empty()
                || dir
                    .strip_prefix(module.dir.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
    };
    modules.iter().filter(above).max_by_key(|m| m.dir.len())
}

/// What the program shows of its pools, where it has some that can be shown.
fn put_observed(
    service: &mut Subject,
    raw: &Raw,
    clients: &[Subject],
    (parts, models): (&BTreeSet<&str>, &Models),
) {
    let pooled = service.clients.iter().find(|related| {
        let ids = &raw.clients[related.index].libraries;
        let mut models = ids.iter().filter_map(|id| models.get(id)?.model());
        models.any(|m| m.pool.is_some() && !m.stats.is_empty())
            && !raw.clients[related.index].site.short_lived
            && clients[related.index].fact(POOL_KIND).and_then(Value::text) != Some(CONNECTION)
    });
    let Some(pooled) = pooled else { return };
    let anchor = clients[pooled.index].anchor;
    let name = Datum::Text(clients[pooled.index].name.clone());
    service.put("pooled", Value::set(name, anchor));
    let packages = raw.packages.iter();
    let own = packages.filter(|p| parts.contains(p.dir.as_str()));
    let seen: Vec<Observation> = own.flat_map(|p| p.observations.iter().copied()).collect();
    service.put("observed", observed(&seen, anchor));
}

const POOL_KIND: &str = "kind";
const CONNECTION: &str = "connection";

fn observed(seen: &[Observation], anchor: crate::source::Span) -> Value {
    let first = |what: Observed| seen.iter().find(|o| o.what == what);
    let word = |word: &str| Datum::Text(word.to_owned());
    if let Some(exported) = first(Observed::Exported) {
        return Value::set(word("exported"), exported.at);
    }
    if first(Observed::Unclear).is_some() {
        return Value::unknown("where the pool's statistics go is not seen");
    }
    match first(Observed::Miswired) {
        Some(miswired) => Value::set(word("miswired"), miswired.at),
        None => Value::derived(word("none")).with_home(anchor),
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
            client.put("service", Value::derived(names));
        }
    }
}
