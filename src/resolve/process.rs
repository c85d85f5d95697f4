//! The processes of a program: how many run, and how many processors each is given, as far as what
//! runs the program says so. Clients ask here for defaults that follow the machine.

use crate::facts::cause::Cause;
use crate::facts::deployment::DeploymentQuantity;
use crate::facts::linked::LinkedProgram;
use crate::facts::raw::{RawFacts, RawPackage};
use crate::facts::value::{Datum, FactValue, Strength, ValueState};
use crate::facts::{RelatedSubject, SubjectLink};
use crate::knowledge::clients::expression::CpuSource;
use crate::knowledge::languages::{self, ProcessorRule};
use crate::resolve::server::figures::of_workload;

/// What is known of a program's processes.
#[derive(Clone, Debug)]
pub struct ProgramProcesses {
    /// `Deployment/api`; several are named one after another.
    pub workload: FactValue,
    pub links: Vec<SubjectLink>,
    pub replicas: FactValue,
    pub cpu: FactValue,
    /// How many processors the language's runtime takes.
    pub gomaxprocs: FactValue,
    /// How many processors a limit leaves.
    available: FactValue,
}

/// The processes of each program, in the programs' order.
pub fn of_programs(raw: &RawFacts, programs: &[LinkedProgram]) -> Vec<ProgramProcesses> {
    let each = programs.iter().map(|program| {
        let one = ProcessCount { raw, program };
        let cpu = one.common(|workload| {
            of_workload(raw, &raw.workloads[workload], DeploymentQuantity::LimitsCpu)
        });
        ProgramProcesses {
            workload: one.workload(),
            links: one.links(),
            replicas: one.replicas(),
            gomaxprocs: one.gomaxprocs(),
            available: one.common(|workload| one.available(workload)),
            cpu,
        }
    });
    each.collect()
}

/// How many processors a client's process is given, where all programs that hold it agree.
pub struct ProcessorCount<'a> {
    processes: Vec<&'a ProgramProcesses>,
}

impl<'a> ProcessorCount<'a> {
    /// The machine of each client.
    pub fn of_clients(
        clients: usize,
        programs: &[LinkedProgram],
        processes: &'a [ProgramProcesses],
    ) -> Vec<Self> {
        let mut machines: Vec<Self> = (0..clients).map(|_| Self::unknown()).collect();
        for (program, process) in programs.iter().zip(processes) {
            for client in &program.clients {
                if let Some(machine) = machines.get_mut(client.index) {
                    machine.processes.push(process);
                }
            }
        }
        machines
    }

    /// Nothing is known of it.
    pub fn unknown() -> Self {
        Self {
            processes: Vec::new(),
        }
    }

    /// The number of processors that a default counts; nothing where no program holds the client.
    pub fn processors(&self, cpus: CpuSource) -> Option<FactValue> {
        let own = |process: &&'a ProgramProcesses| -> FactValue {
            match cpus {
                CpuSource::Gomaxprocs => process.gomaxprocs.clone(),
                CpuSource::AvailableCores => process.available.clone(),
                CpuSource::NumCpu | CpuSource::PhysicalCores => {
                    FactValue::unknown(Cause::Process("it is the number of CPUs of the node"))
                }
            }
        };
        let mut values = self.processes.iter().map(own);
        let first = values.next()?;
        Some(if values.all(|value| value.state == first.state) {
            first
        } else {
            FactValue::unknown(Cause::Process(
                "it differs between the programs that hold the client",
            ))
        })
    }
}

struct ProcessCount<'a> {
    raw: &'a RawFacts,
    program: &'a LinkedProgram,
}

const UNSEEN: Cause = Cause::Process("the workload of the program is unknown");

impl ProcessCount<'_> {
    fn package(&self) -> Option<&RawPackage> {
        self.program.package.map(|at| &self.raw.packages[at])
    }

    fn unclear(&self) -> FactValue {
        let reason = self.program.unclear.as_ref();
        FactValue::unknown(reason.cloned().unwrap_or(UNSEEN))
    }

    /// What all workloads of the program have in common.
    fn common(&self, of: impl Fn(usize) -> FactValue) -> FactValue {
        let mut linked = self.program.workloads.iter();
        let Some(first) = linked.next() else {
            return self.unclear();
        };
        let evidence = |value: FactValue, related: &RelatedSubject| {
            let name = &self.raw.workloads[related.index].name;
            let strength = value.strength.min(related.strength);
            value
                .because(format!("{name}: {}", related.evidence))
                .with_strength(strength)
        };
        let value = evidence(of(first.index), first);
        for other in linked {
            if of(other.index).state != value.state {
                return FactValue::unknown(Cause::Process(
                    "it differs between the workloads that run the program",
                ));
            }
        }
        value
    }

    fn workload(&self) -> FactValue {
        let linked = &self.program.workloads;
        let Some(first) = linked.first() else {
            return self.unclear();
        };
        let names = linked
            .iter()
            .map(|r| self.raw.workloads[r.index].name.as_str());
        let names: Vec<&str> = names.collect();
        let weakest = linked.iter().map(|r| r.strength).min();
        let mut value = FactValue::set(
            Datum::Text(names.join(", ")),
            self.raw.workloads[first.index].anchor,
        );
        value.strength = weakest.unwrap_or(Strength::Assumed);
        value.because = linked.iter().map(|r| r.evidence.clone()).collect();
        value
    }

    fn links(&self) -> Vec<SubjectLink> {
        let link = |related: &RelatedSubject| {
            let workload = &self.raw.workloads[related.index];
            SubjectLink {
                to: workload.name.clone(),
                evidence: related.evidence.clone(),
                strength: related.strength,
                at: Some(workload.anchor),
            }
        };
        self.program.workloads.iter().map(link).collect()
    }

    fn replicas(&self) -> FactValue {
        let declared = self.program.declared.map(|at| &self.raw.declared[at]);
        if let Some((count, span)) = declared.and_then(|d| d.replicas) {
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            return FactValue::set(Datum::Int(count), span);
        }
        let Some(first) = self.program.workloads.first() else {
            return self.unclear();
        };
        let mut sum = 0;
        let mut total = FactValue::from_derived(Datum::Int(0));
        for related in &self.program.workloads {
            let workload = &self.raw.workloads[related.index];
            let value = of_workload(self.raw, workload, DeploymentQuantity::Replicas);
            let Some(Datum::Int(count)) = value.known_datum() else {
                return match value.state {
                    ValueState::Unknown(reason) => FactValue::unknown(Cause::Of {
                        what: workload.name.clone(),
                        cause: Box::new(reason),
                    }),
                    _ => FactValue::unknown(Cause::Named {
                        name: workload.name.clone(),
                        fact: "does not say it",
                    }),
                };
            };
            let started = match &workload.workers {
                None => 1,
                Some(Ok(count)) => i64::try_from(*count).unwrap_or(i64::MAX),
                Some(Err(cause)) => {
                    return FactValue::unknown(Cause::Of {
                        what: workload.name.clone(),
                        cause: Box::new(cause.clone()),
                    });
                }
            };
            let count = count.saturating_mul(started);
            sum += count;
            total.strength = total.strength.min(related.strength);
            total
                .because
                .push(format!("{}: {}", workload.name, related.evidence));
            total.because.extend(value.because.clone());
            if self.program.workloads.len() == 1 {
                let (strength, because) = (total.strength, total.because);
                total = value;
                (total.strength, total.because) = (strength, because);
            }
            if started > 1 {
                total.state = ValueState::Set(Datum::Int(sum));
                let why = format!("{}: its command starts {started} processes", workload.name);
                total.because.push(why);
            }
        }
        if self.program.workloads.len() > 1 {
            total.state = ValueState::Set(Datum::Int(sum));
        }
        total.with_anchor_when_unset(self.raw.workloads[first.index].anchor)
    }

    fn cpu_limit(&self, workload: usize) -> FactValue {
        let workload = &self.raw.workloads[workload];
        of_workload(self.raw, workload, DeploymentQuantity::LimitsCpu)
    }

    /// The processors that a limit leaves, rounded up.
    fn available(&self, workload: usize) -> FactValue {
        let limit = self.cpu_limit(workload);
        match limit.number() {
            Some(cores) => of_limit(&limit, cores.ceil().max(1.0)),
            None => without_limit(&limit),
        }
    }

    fn gomaxprocs(&self) -> FactValue {
        let (Some(package), Some(language)) = (self.package(), languages::go()) else {
            return FactValue::absent();
        };
        if package.language != crate::facts::raw::SourceLanguage::Go {
            return FactValue::absent();
        }
        self.common(|workload| self.gomaxprocs_in(workload, package, language))
    }

    fn gomaxprocs_in(
        &self,
        workload: usize,
        package: &RawPackage,
        language: &languages::GoConventions,
    ) -> FactValue {
        let rules = &language.processors;
        let limit = self.cpu_limit(workload);
        if let Some(value) = self.by_variable(workload, rules, &limit) {
            return value;
        }
        let parts = self
            .raw
            .packages
            .iter()
            .filter(|p| p.language == package.language && self.program.parts.contains(&p.dir));
        let parts: Vec<&RawPackage> = parts.collect();
        if parts.iter().any(|part| part.sets_processors) {
            return FactValue::unknown(Cause::Process("the program sets it by itself"));
        }
        let mut imports = parts.iter().flat_map(|part| &part.imports);
        let limiter = language
            .processors_package
            .iter()
            .find(|limiter| imports.any(|import| *import == limiter.import_path));
        let Some(cores) = limit.number() else {
            return without_limit(&limit);
        };
        if let Some(limiter) = limiter {
            let floor = f64::from(limiter.floor);
            return of_limit(&limit, cores.floor().max(floor)).because(format!(
                "`{}` rounds the CPU limit down",
                limiter.import_path
            ));
        }
        let (line, certain) = self.language_version(package);
        match line {
            Some(line) if certain && newer(&line, &rules.limited_since) => {
                of_limit(&limit, cores.ceil().max(f64::from(rules.floor)))
                    .because(format!("go.mod says go {line}"))
            }
            Some(line) if certain => FactValue::unknown(Cause::GoLine(line)),
            Some(_) => FactValue::unknown(Cause::Process("go.mod has GODEBUG settings of its own")),
            None => FactValue::unknown(Cause::Process(
                "no go.mod above the program names a Go version",
            )),
        }
    }

    /// The go line above the program, and whether it decides.
    fn language_version(&self, package: &RawPackage) -> (Option<String>, bool) {
        let above = |dir: &str| {
            dir.is_empty()
                || package
                    .dir
                    .strip_prefix(dir)
                    .is_some_and(|r| r.is_empty() || r.starts_with('/'))
        };
        let modules = self.raw.modules.iter();
        let module = modules
            .filter(|m| m.language == package.language && above(&m.dir))
            .max_by_key(|m| m.dir.len());
        (
            module.and_then(|m| m.language_version.clone()),
            module.is_none_or(|m| !m.has_runtime_settings),
        )
    }

    /// What a variable of the workload says.
    fn by_variable(
        &self,
        workload: usize,
        rules: &ProcessorRule,
        limit: &FactValue,
    ) -> Option<FactValue> {
        let figure = self.raw.figure_variable(workload, &rules.variable);
        if figure == Some(DeploymentQuantity::LimitsCpu.path()) {
            return Some(match limit.number() {
                Some(cores) => of_limit(limit, cores.ceil().max(1.0))
                    .because(format!("{} is the CPU limit", rules.variable)),
                None => without_limit(limit),
            });
        }
        let settings = self.raw.variable(workload, &rules.settings_variable);
        if settings.is_some_and(|s| s.is_err() || s.is_ok_and(|s| s.contains(&rules.setting))) {
            let why = Cause::Named {
                name: rules.settings_variable.clone(),
                fact: "of the workload may say otherwise",
            };
            return Some(FactValue::unknown(why));
        }
        match self.raw.variable(workload, &rules.variable)? {
            Ok(text) => {
                let count = text.trim().parse::<i64>().ok().filter(|n| *n > 0)?;
                let why = format!(
                    "{} of {}",
                    rules.variable, self.raw.workloads[workload].name
                );
                Some(FactValue::from_derived(Datum::Int(count)).because(why))
            }
            Err(reason) => Some(FactValue::unknown(Cause::Of {
                what: rules.variable.clone(),
                cause: Box::new(reason),
            })),
        }
    }
}

/// So many processors because of a limit; a node with fewer gives fewer.
fn of_limit(limit: &FactValue, processors: f64) -> FactValue {
    let mut value = FactValue::from_derived(Datum::Int(processors as i64));
    value.origin = limit.origin.clone();
    value
        .because("the CPU limit decides, on a node with as many CPUs".to_owned())
        .with_strength(Strength::Assumed)
}

fn without_limit(limit: &FactValue) -> FactValue {
    match &limit.state {
        ValueState::Unknown(reason) => FactValue::unknown(Cause::Of {
            what: "the CPU limit".to_owned(),
            cause: Box::new(reason.clone()),
        }),
        _ => FactValue::unknown(Cause::Process(
            "there is no CPU limit: it is the number of CPUs of the node",
        )),
    }
}

/// Whether a version is another one or comes after it.
fn newer(version: &str, since: &str) -> bool {
    let numbers = |text: &str| -> Vec<u32> {
        let figures = text.split(|c: char| !c.is_ascii_digit());
        figures.map_while(|part| part.parse().ok()).collect()
    };
    numbers(version) >= numbers(since)
}

#[cfg(test)]
mod tests {
    use super::newer;

    #[test]
    fn versions_are_compared_by_their_numbers() {
        assert!(newer("1.25", "1.25") && newer("1.25.3", "1.25") && newer("2.0", "1.25"));
        assert!(newer("1.25rc1", "1.25"));
        assert!(!newer("1.24.9", "1.25") && !newer("1.9", "1.25") && !newer("", "1.25"));
    }
}
