//! Links programs to the workloads that run them: the workload named in `redvet.toml`, or the one
//! whose image is built from the program, whose command starts it, or whose name matches.
//!
//! Only `redvet.toml` makes such a link certain. A workload that could run two programs is linked
//! to neither.

use std::collections::{BTreeMap, BTreeSet};

use globset::{GlobBuilder, GlobMatcher};

use super::FactLinker;
use super::program_closure::ProgramClosure;
use super::proximity::Locations;
use crate::facts::linked::{LinkedProgram, LinkedServer, ServerBody};
use crate::facts::raw::{RawFacts, RawModule, RawPackage, RawWorkload, ServiceDeclaration};
use crate::facts::{Cause, RelatedSubject, Strength};
use crate::source::{Sources, path};

/// The programs of a tree, those that only `redvet.toml` tells of last.
pub fn of_tree(raw: &RawFacts, sources: &Sources, environments: &[String]) -> Vec<LinkedProgram> {
    let places = Locations {
        raw,
        sources,
        environments,
    };
    programs(raw, &places)
}

pub(super) fn programs(raw: &RawFacts, places: &Locations<'_>) -> Vec<LinkedProgram> {
    let reach = ProgramClosure::new(raw, places.sources);
    let mut found: Vec<LinkedProgram> = raw
        .packages
        .iter()
        .enumerate()
        .filter(|(_, package)| package.program)
        .map(|(index, package)| {
            let parts = reach.parts(index);
            LinkedProgram {
                package: Some(index),
                clients: reach.clients(package, &parts),
                parts,
                ..LinkedProgram::default()
            }
        })
        .collect();
    declare(raw, places.sources, &mut found);
    let names: Vec<Option<ProgramNames>> = found
        .iter()
        .map(|program| {
            program
                .package
                .map(|at| ProgramNames::of(&raw.packages[at], raw))
        })
        .collect();
    let runner = ProgramRunner {
        raw,
        places,
        names,
        is_only_program: found.iter().filter(|p| !p.clients.is_empty()).count() == 1,
        is_only_workload: is_only_workload(raw),
    };
    let by_workload = runner.by_workload(&found);
    for (at, program) in found.iter_mut().enumerate() {
        runner.run(at, program, &by_workload);
    }
    found
}

/// Joins each declaration to the program that it means.
fn declare(raw: &RawFacts, sources: &Sources, found: &mut Vec<LinkedProgram>) {
    for (index, declared) in raw.declared.iter().enumerate() {
        let globs: Vec<GlobMatcher> = declared.paths.iter().filter_map(|g| glob(g)).collect();
        let within = |path: &str| globs.iter().any(|glob| glob.is_match(path));
        let clients = raw.clients.iter().enumerate();
        let named = clients
            .filter(|(_, client)| !client.site.test && within(sources.path(client.anchor)))
            .map(|(index, _)| index);
        let named: Vec<usize> = named.collect();
        let means = |program: &LinkedProgram| {
            let package = program.package.map(|at| &raw.packages[at]);
            package
                .filter(|_| program.declared.is_none())
                .is_some_and(|package| {
                    within(&package.path) || globs.is_empty() && is_called(package, &declared.name)
                })
        };
        let matching: Vec<usize> = (0..found.len()).filter(|at| means(&found[*at])).collect();
        let called = |at: &&usize| {
            let package = found[**at].package.map(|at| &raw.packages[at]);
            package.is_some_and(|package| is_called(package, &declared.name))
        };
        let meant = match &matching[..] {
            [only] => Some(*only),
            several => several.iter().find(called).copied(),
        };
        let program = match meant {
            Some(at) => &mut found[at],
            None => {
                found.push(LinkedProgram::default());
                let Some(last) = found.last_mut() else {
                    continue;
                };
                last
            }
        };
        program.declared = Some(index);
        for client in named {
            if !program
                .clients
                .iter()
                .any(|related| related.index == client)
            {
                program.clients.push(RelatedSubject {
                    index: client,
                    strength: Strength::Certain,
                    evidence: format!("redvet.toml names its file for {}", declared.name),
                });
            }
        }
        program.clients.sort_by_key(|related| related.index);
    }
}

fn glob(pattern: &str) -> Option<GlobMatcher> {
    let built = GlobBuilder::new(pattern.trim_start_matches("./")).build();
    Some(built.ok()?.compile_matcher())
}

fn is_called(package: &RawPackage, name: &str) -> bool {
    package.dir == name || alike(&package.binary, name)
}

/// Names of programs and of workloads are spelled with either.
fn alike(one: &str, other: &str) -> bool {
    !one.is_empty() && plain(one.bytes()).eq(plain(other.bytes()))
}

/// The bytes of a name as they are compared: every program is, with every workload.
fn plain(name: impl Iterator<Item = u8>) -> impl Iterator<Item = u8> {
    name.map(|byte| match byte {
        b'_' => b'-',
        byte => byte.to_ascii_lowercase(),
    })
}

/// What a program may be called where it runs.
struct ProgramNames {
    /// The name of its binary, here or as built elsewhere.
    binaries: BTreeSet<String>,
    /// The modules by which a command names it.
    modules: BTreeSet<String>,
    /// Its folder.
    dir: String,
    /// What holds it: the last part of its module's name.
    module: Option<String>,
}

impl ProgramNames {
    fn of(package: &RawPackage, raw: &RawFacts) -> Self {
        let module = RawModule::nearest_above(&raw.modules, package.language, &package.dir);
        let module = module.and_then(|m| m.name.as_deref()).map(last_part);
        let mut binaries = BTreeSet::from([package.binary.clone()]);
        if package.binary.is_empty() {
            binaries.extend(module.clone());
        }
        let packages = raw.builds.iter().flat_map(|build| &build.packages);
        let outputs = packages
            .filter(|built| built.folders.contains(&package.dir) && !package.dir.is_empty())
            .filter_map(|built| built.output.clone());
        binaries.extend(outputs);
        binaries.remove("");
        Self {
            binaries,
            modules: package.modules.clone(),
            dir: package.dir.clone(),
            module,
        }
    }

    fn is(&self, name: &str) -> bool {
        self.binaries.iter().any(|own| alike(own, name))
    }

    /// `shop.wsgi:app` and `shop/run.py` start the program with the module `shop`.
    fn is_started_by(&self, word: &str) -> bool {
        let first = word.trim_start_matches("./").split(['.', ':', '/']).next();
        first.is_some_and(|first| self.modules.contains(first))
    }

    /// `shop-api` is the program `api` of the module `shop`.
    fn is_whole(&self, name: &str) -> bool {
        let Some(module) = &self.module else {
            return false;
        };
        let mut binaries = self.binaries.iter();
        binaries.any(|own| {
            let whole = module.bytes().chain(*b"-").chain(own.bytes());
            plain(whole).eq(plain(name.bytes()))
        })
    }
}

/// The last part of a module's name, without its major version.
fn last_part(name: &str) -> String {
    let mut parts = name.rsplit('/');
    let last = parts.next().unwrap_or(name);
    let is_version = last
        .strip_prefix('v')
        .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    let meant = if is_version { parts.next() } else { None };
    meant.unwrap_or(last).to_owned()
}

struct ProgramRunner<'a> {
    raw: &'a RawFacts,
    places: &'a Locations<'a>,
    names: Vec<Option<ProgramNames>>,
    /// One program alone has clients.
    is_only_program: bool,
    /// One workload alone is known to be somebody's own.
    is_only_workload: bool,
}

fn is_only_workload(raw: &RawFacts) -> bool {
    let own = raw.workloads.iter().filter(|w| !w.common && !w.fragment);
    let mut own: Vec<_> = own.map(|w| (&w.name, &w.namespace, &w.container)).collect();
    own.dedup();
    own.len() == 1
}

/// For each workload the program that it runs, and why.
type ByWorkload = BTreeMap<usize, (usize, String)>;

/// Why a workload is held to run a program; the first one counts most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum MatchReason {
    Built,
    Started,
    Image,
    Module,
    Name,
    Only,
}

impl ProgramRunner<'_> {
    fn by_workload(&self, programs: &[LinkedProgram]) -> ByWorkload {
        let workloads = self.raw.workloads.iter().enumerate();
        workloads
            .filter(|(_, workload)| !workload.fragment)
            .filter_map(|(index, workload)| {
                let grounds = (0..programs.len()).filter_map(|at| {
                    let names = self.names[at].as_ref()?;
                    Some((self.ground(names, workload)?, at))
                });
                let grounds: Vec<(MatchReason, usize)> = grounds.collect();
                let (best, _) = *grounds.iter().min()?;
                let mut first = grounds.iter().filter(|(ground, _)| *ground == best);
                let (Some((ground, at)), None) = (first.next(), first.next()) else {
                    return None;
                };
                Some((index, (*at, evidence(*ground, workload))))
            })
            .collect()
    }

    fn ground(&self, names: &ProgramNames, workload: &RawWorkload) -> Option<MatchReason> {
        if let Some(build) = &workload.build {
            let folders = build
                .packages
                .iter()
                .filter_map(|built| built.folders.first());
            let mut folders = folders.clone();
            if folders.any(|folder| *folder == names.dir)
                || build.programs.iter().any(|name| names.is(name))
            {
                return Some(MatchReason::Built);
            }
        }
        let elsewhere = workload.build.as_ref().is_some_and(|build| {
            !build.context.is_empty() && !path::is_within(&names.dir, &build.context)
        });
        let mut commands = workload.commands.iter();
        if commands.any(|name| names.is(name) || (!elsewhere && names.is_started_by(name))) {
            return Some(MatchReason::Started);
        }
        if let Some(build) = &workload.build
            && build.context == names.dir
        {
            return Some(MatchReason::Image);
        }
        // A command of its own says that it is another program's.
        let named = |name: &str| names.is(name) || names.is_whole(name);
        let image = workload.image.as_deref();
        if image.is_some_and(named) {
            return Some(MatchReason::Image);
        }
        let in_module = |name: &str| names.module.as_deref().is_some_and(|m| alike(m, name));
        if self.is_only_program && image.is_some_and(in_module) {
            return Some(MatchReason::Module);
        }
        let (_, workload_name) = workload.name.split_once('/')?;
        let called = [workload.container.as_str(), workload_name];
        if !workload.common && called.into_iter().any(named) {
            return Some(MatchReason::Name);
        }
        let is_only = self.is_only_program && self.is_only_workload && !workload.common;
        is_only.then_some(MatchReason::Only)
    }

    /// Finds what runs a program.
    fn run(&self, at: usize, program: &mut LinkedProgram, by_workload: &ByWorkload) {
        let declared = program.declared.map(|index| &self.raw.declared[index]);
        if let Some(declared) = declared
            && let Some((name, _)) = &declared.workload
        {
            return self.apply_declaration(declared, name, program);
        }
        let found = by_workload.iter().filter(|(_, (of, _))| *of == at);
        let found: Vec<RelatedSubject> = found
            .map(|(index, (_, evidence))| RelatedSubject {
                index: *index,
                strength: Strength::Assumed,
                evidence: evidence.clone(),
            })
            .collect();
        self.settle(found, program);
    }

    fn apply_declaration(
        &self,
        declared: &ServiceDeclaration,
        name: &str,
        program: &mut LinkedProgram,
    ) {
        let workloads = self.raw.workloads.iter().enumerate();
        let found = workloads.filter(|(_, w)| w.name == name && !w.fragment);
        let found: Vec<RelatedSubject> = found
            .map(|(index, _)| RelatedSubject {
                index,
                strength: Strength::Certain,
                evidence: format!("redvet.toml names it for {}", declared.name),
            })
            .collect();
        if found.is_empty() {
            program.unclear = Some(Cause::OutsideTree(name.to_string()));
        }
        self.settle(found, program);
    }

    /// Of what several environments have, the last one's; of a cluster and a single machine the
    /// cluster's.
    fn settle(&self, mut found: Vec<RelatedSubject>, program: &mut LinkedProgram) {
        let workload = |related: &RelatedSubject| &self.raw.workloads[related.index];
        if found.iter().any(|r| !workload(r).composed) {
            found.retain(|r| !workload(r).composed);
        }
        let place = |related: &RelatedSubject| {
            let spot = self.places.workload(related.index);
            (self.places.environment_of(spot), spot.extent)
        };
        let last = found.iter().map(place).max();
        let several: BTreeSet<_> = found.iter().map(place).collect();
        found.retain(|r| Some(place(r)) == last);
        if several.len() > 1 {
            for related in &mut found {
                let evidence = &mut related.evidence;
                *evidence = format!("{evidence}, one of {} environments", several.len());
                related.strength = Strength::Assumed;
            }
        }
        let identity = |r: &RelatedSubject| {
            let workload = workload(r);
            (&workload.name, &workload.namespace, &workload.container)
        };
        let different: BTreeSet<_> = found.iter().map(identity).collect();
        if different.len() < found.len() {
            program.unclear = Some(Cause::Namesakes(found.len()));
            return;
        }
        if found.is_empty() && program.unclear.is_none() {
            let why = Cause::Process("no workload in the scanned tree runs it");
            program.unclear = Some(why);
        }
        program.workloads = found;
    }
}

fn evidence(ground: MatchReason, workload: &RawWorkload) -> String {
    let image = workload.image.as_deref().unwrap_or_default();
    match ground {
        MatchReason::Built => format!(
            "its image is built from {}",
            workload.build.as_ref().map_or("", |build| &build.path)
        ),
        MatchReason::Started => "its command starts a program of that name".to_owned(),
        MatchReason::Image if image.is_empty() => "its image is built from the folder".to_owned(),
        MatchReason::Image => format!("image name {image} matches the program name"),
        MatchReason::Module => format!("image name {image} matches the module name"),
        MatchReason::Name => "the names match".to_owned(),
        MatchReason::Only => "it is the only program and the only workload".to_owned(),
    }
}

impl FactLinker<'_> {
    /// The servers that `redvet.toml` names for the clients of a program.
    pub(super) fn declared_servers(
        &self,
        programs: &[LinkedProgram],
        servers: &[LinkedServer],
        clients: &mut [Option<RelatedSubject>],
    ) {
        for program in programs {
            let declared = program.declared.map(|index| &self.raw.declared[index]);
            let Some((declared, (name, _))) = declared.and_then(|d| Some((d, d.server.as_ref()?)))
            else {
                continue;
            };
            let is_named = |server: &LinkedServer| match server.body {
                ServerBody::Deployed(body) => self.raw.servers[body].name == *name,
                ServerBody::Text(text) => self.raw.texts[text].name == *name,
            };
            let found: Vec<usize> = (0..servers.len())
                .filter(|at| is_named(&servers[*at]))
                .collect();
            let Some((index, several)) = self.one_of(&found, servers) else {
                continue;
            };
            for client in &program.clients {
                if let Some(link) = clients.get_mut(client.index) {
                    *link = Some(RelatedSubject {
                        index,
                        strength: if several > 1 {
                            Strength::Assumed
                        } else {
                            client.strength
                        },
                        evidence: format!("redvet.toml names it for {}", declared.name),
                    });
                }
            }
        }
    }
}
