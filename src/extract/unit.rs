//! Service units of a host: the command that starts a server, its limits, and the file that it is given.
//! Drop-ins in the folder beside a unit are read with it. What the settings are called is knowledge; what
//! units of containers say beside is left to [`container`].
//!
//! Where a path of the host lies in the tree is an assumption: the file whose path ends like it.

mod container;

use crate::extract::command::CommandInvocation;
use crate::extract::image_set_up::VariablePlaces;
use crate::extract::interpolate::{FillBudget, InterpolatedText};
use crate::extract::launch::{self, CommandArgument, LaunchResult, StartedProgram};
use crate::extract::process_environment::ProcessEnvironment;
use crate::extract::variables::{DollarEscape, fill};
use crate::facts::deployment::{Deployment, DeploymentQuantity};
use crate::facts::fact_path::ServerFact;
use crate::facts::raw::{ConfPart, RawFacts, RawScalar, RawServer};
use crate::facts::{Cause, EditTarget, Strength, quantity};
use crate::knowledge::shapes::{
    ContainerUnitShape, DeploymentShapes, ServiceUnitShape, UnitShapes,
};
use crate::source::{Comment, Excerpt, Span, path};
use crate::syntax::dotenv;
use crate::syntax::shell;
use crate::syntax::unit::{self, UnitSetting};

/// A unit or a drop-in of one.
#[derive(Clone, Debug)]
pub struct UnitFile {
    pub path: String,
    settings: Vec<UnitSetting>,
    pub comments: Vec<Comment>,
}

/// Reads a file.
pub fn read(path: &str, excerpt: &Excerpt) -> UnitFile {
    let parsed = unit::parse(excerpt);
    UnitFile {
        path: path.to_owned(),
        settings: parsed.settings,
        comments: parsed.comments,
    }
}

/// The servers of all units. `tree` finds the paths that end with a path of the host.
pub fn servers(
    units: &[UnitFile],
    tree: &dyn Fn(&str) -> Vec<String>,
    shapes: &DeploymentShapes,
) -> RawFacts {
    let mut raw = RawFacts::default();
    for unit in units {
        raw.comments.extend(unit.comments.iter().cloned());
        let known = &shapes.servers.units;
        let names = match path::name(&unit.path) {
            name if name.ends_with(&known.service.ending) => UnitNames::of_service(known),
            name if name.ends_with(&known.container.ending) => UnitNames::of_container(known),
            _ => continue,
        };
        let folder = format!("{}.d", unit.path);
        let drop_ins = units
            .iter()
            .filter(|other| path::folder(&other.path) == folder);
        let settings = unit.settings.iter();
        let merged = MergedUnit {
            path: &unit.path,
            names,
            settings: settings
                .chain(drop_ins.flat_map(|drop_in| &drop_in.settings))
                .collect(),
            tree,
            shapes,
        };
        raw.servers.extend(match merged.names.container {
            Some(container) => merged.container(container),
            None => merged.server(&known.service),
        });
    }
    raw
}

/// What a kind of unit calls what both kinds have.
#[derive(Clone, Copy)]
struct UnitNames<'a> {
    /// The section that says what is run.
    section: &'a str,
    environment: &'a str,
    environment_files: &'a str,
    /// What a unit of a container says beside.
    container: Option<&'a ContainerUnitShape>,
}

impl<'a> UnitNames<'a> {
    fn of_service(shapes: &'a UnitShapes) -> Self {
        let service = &shapes.service;
        Self {
            section: &service.section,
            environment: &service.environment,
            environment_files: &service.environment_files,
            container: None,
        }
    }

    fn of_container(shapes: &'a UnitShapes) -> Self {
        let container = &shapes.container;
        Self {
            section: &container.section,
            environment: &container.environment,
            environment_files: &container.environment_files,
            container: Some(container),
        }
    }
}

/// A unit with its drop-ins.
struct MergedUnit<'a> {
    path: &'a str,
    names: UnitNames<'a>,
    settings: Vec<&'a UnitSetting>,
    tree: &'a dyn Fn(&str) -> Vec<String>,
    shapes: &'a DeploymentShapes,
}

impl MergedUnit<'_> {
    /// The last setting of a name; an empty one takes back what was said before.
    fn last(&self, name: &str) -> Option<&UnitSetting> {
        let last = self.settings.iter().rev().find(|s| s.name == name)?;
        (!last.value.text().is_empty()).then_some(*last)
    }

    /// The settings of a name in the section that says what is run.
    fn all(&self, name: &str) -> impl Iterator<Item = &UnitSetting> {
        let of_name = move |s: &&&UnitSetting| s.name == name && s.section == self.names.section;
        self.settings.iter().filter(of_name).copied()
    }

    fn server(&self, service: &ServiceUnitShape) -> Option<RawServer> {
        let start = self.last(&service.command)?;
        let environment = self.environment();
        let (command, gap) = self.command(start, &environment);
        let launched = launch::follow_launch(
            &StartedProgram {
                image: None,
                entrypoint: None,
                command,
                environment: &environment,
                places: VariablePlaces::new(),
                listens: true,
                ports: Vec::new(),
                asked_by_client: false,
                scripts: None,
                texts: None,
                mounts: None,
                at: start.value.span_all(),
            },
            self.shapes,
        );
        let LaunchResult::Server(mut invocation) = launched else {
            return None;
        };
        invocation.gap_behind = invocation.gap_behind.or(gap);
        let name = path::name(self.path);
        let anchor = start.name_span.to(start.value.span_all());
        Some(RawServer {
            deployment: self.deployment(name),
            conf: self.conf(*invocation),
            ..RawServer::new(format!("unit/{name}"), anchor)
        })
    }

    /// The words of the command with variables filled in, and why there may be more of them: a
    /// variable that is a word of its own becomes as many words as it holds.
    fn command(
        &self,
        start: &UnitSetting,
        environment: &ProcessEnvironment,
    ) -> (Vec<CommandArgument>, Option<Cause>) {
        let mut gap = None;
        let mut words = Vec::new();
        let budget = FillBudget::of_process();
        let line = start.value.text();
        let signs = prefix(line).len();
        let program = start.value.slice(signs..line.len());
        for argument in launch::split(&without_specifiers(&program)) {
            let Some(name) = variable(argument.text.text()) else {
                words.push(fill_in(argument, environment, &budget));
                continue;
            };
            match (environment.get(name), self.environment_file()) {
                (Some(Ok(value)), _) => {
                    if let Err(reason) = budget.admit(value.len()) {
                        gap = Some(reason);
                        continue;
                    }
                    let all = 0..argument.text.text().len();
                    let parts = value.split_ascii_whitespace();
                    words.extend(parts.map(|part| CommandArgument {
                        text: argument.text.respell(part, all.clone()),
                        slot: EditTarget::None,
                    }));
                }
                (Some(Err(reason)), _) => gap = Some(reason.clone()),
                (None, Some(file)) => {
                    let file = file.value.text();
                    gap = Some(Cause::MaySet {
                        file: file.to_owned(),
                        name: name.to_owned(),
                    });
                }
                // A variable that is not set adds no word.
                (None, None) => {}
            }
        }
        if line[..signs].contains('@') && words.len() > 1 {
            // The process gets another name than its program's.
            words.remove(1);
        }
        (words, gap)
    }

    /// A file of the host that sets variables.
    fn environment_file(&self) -> Option<&UnitSetting> {
        self.last(self.names.environment_files)
    }

    /// What the unit sets; a file of the host may set the same anew.
    fn environment(&self) -> ProcessEnvironment {
        let file = self.environment_file();
        let pairs = self.all(self.names.environment).flat_map(|setting| {
            let words = shell::words(&setting.value);
            let pairs = words.iter().map(|word| dotenv::parse(&word.text));
            pairs.flatten().collect::<Vec<_>>()
        });
        let value = |name: &str, text: Option<String>| match (file, text) {
            (Some(file), _) => Err(Cause::MaySet {
                file: file.value.text().to_owned(),
                name: name.to_owned(),
            }),
            (None, Some(text)) => Ok(text),
            (None, None) => Err(Cause::Variable {
                name: name.to_owned(),
                fact: "is made of others",
            }),
        };
        pairs
            .map(|(name, text)| {
                let value = value(&name, text);
                (name, value)
            })
            .collect()
    }

    fn deployment(&self, name: &str) -> Deployment {
        let memory = Err(Cause::Host("the memory of the machine is unknown"));
        let processors = Err(Cause::Host("the CPUs of the machine are unknown"));
        let exporter = Cause::Host("other units of the host are unknown");
        let storage = Cause::Host("the file systems of the host are unknown");
        let mut deployment = Deployment::by("the unit")
            .with_default(DeploymentQuantity::LimitsMemory, memory)
            .with_default(DeploymentQuantity::LimitsCpu, processors)
            .with_default(DeploymentQuantity::Replicas, processes(name))
            .with_unknown(ServerFact::Exporter, exporter)
            .with_unknown(ServerFact::StorageKind, storage)
            .with_known(ServerFact::Reachable, true)
            .with_known(ServerFact::LimitOwner, "unit")
            .with_known(ServerFact::LimitsMemoryField, "MemoryMax");
        let written = &mut deployment.quantities.written;
        let service = &self.shapes.servers.units.service;
        let memory = service.memory.iter().find_map(|name| self.last(name));
        let is_endless = |setting: &UnitSetting| {
            let value = setting.value.text();
            service.endless.iter().any(|word| word == value)
        };
        if let Some(setting) = memory.filter(|setting| !is_endless(setting)) {
            written.insert(DeploymentQuantity::LimitsMemory, scalar(setting, bytes));
        } else if let Some(limit) = self.names.container.and_then(|c| self.container_memory(c)) {
            written.insert(DeploymentQuantity::LimitsMemory, limit);
        }
        if let Some(setting) = self.last(&service.processors) {
            written.insert(DeploymentQuantity::LimitsCpu, scalar(setting, cores));
        }
        deployment
    }

    /// The file that the server is given.
    fn file(&self, path: &str, at: Span) -> ConfPart {
        let hidden = |reason: Cause| ConfPart::NotVisible {
            reason,
            at: Some(at),
        };
        let on_host = match self.names.container {
            Some(container) => self.find_mounted(container, path),
            None => Some(path.to_owned()),
        };
        let Some(on_host) = on_host else {
            return hidden(Cause::InImage(path.to_owned()));
        };
        match &self.find_on_host(&on_host)[..] {
            [one] => ConfPart::File {
                path: one.clone(),
                evidence: format!("it is called like {on_host}"),
                strength: Strength::Assumed,
                at,
            },
            [] => hidden(Cause::Named {
                name: on_host,
                fact: "is a file of the host",
            }),
            _ => hidden(Cause::SeveralFiles(on_host)),
        }
    }

    /// The files of the tree that may lie at a path of the host.
    fn find_on_host(&self, on_host: &str) -> Vec<String> {
        // `%h` and the like are known on the host alone; what follows them may lie in the tree.
        let below = match on_host.starts_with('%') {
            true => on_host.split_once('/').map_or("", |(_, rest)| rest),
            false => on_host.trim_start_matches("./"),
        };
        (self.tree)(below)
    }

    fn conf(&self, mut invocation: CommandInvocation) -> Vec<ConfPart> {
        let mut parts = Vec::new();
        if let Some(file) = &invocation.file {
            parts.push(match &file.unresolved {
                Some(reason) => ConfPart::NotVisible {
                    reason: Cause::FilePath(Box::new(reason.clone())),
                    at: Some(file.span),
                },
                None => self.file(&file.text, file.span),
            });
        }
        let gap = invocation.gap.take();
        parts.extend(gap.map(|reason| ConfPart::NotVisible { reason, at: None }));
        parts.extend(invocation.option_parts());
        parts
    }
}

/// A unit with an `@` is the template of many, each of which runs one process.
fn processes(name: &str) -> Result<String, Cause> {
    if name.contains("@.") {
        return Err(Cause::Host("each instance of the unit runs one"));
    }
    Ok("1".to_owned())
}

/// The name of a variable that a word is.
fn variable(word: &str) -> Option<&str> {
    let name = word.strip_prefix('$')?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    (!name.is_empty() && name.chars().all(is_name)).then_some(name)
}

/// The word with the variables in it, `${NAME}`.
fn fill_in(
    argument: CommandArgument,
    environment: &ProcessEnvironment,
    budget: &FillBudget,
) -> CommandArgument {
    let is_known = argument.text.known_text().is_ok();
    if !is_known || !argument.text.text().contains("${") {
        return argument;
    }
    CommandArgument {
        text: fill(
            argument.text.excerpt(),
            environment,
            DollarEscape::Doubled,
            budget,
        ),
        slot: EditTarget::None,
    }
}

/// The signs before the program of `ExecStart`; Podman hands over what stands in `Exec` as it is.
fn prefix(command: &str) -> &str {
    let rest = command.trim_start_matches(['@', '-', ':', '+', '!', '|']);
    &command[..command.len() - rest.len()]
}

/// The command, in which `%i` and the like are known on the host alone.
fn without_specifiers(value: &Excerpt) -> InterpolatedText {
    let text = value.text();
    let reason = Cause::Host("the unit name or the host sets it");
    let unknown = text
        .match_indices('%')
        .filter(|(at, _)| {
            let next = text[at + 1..].chars().next();
            next.is_some_and(|c| c.is_ascii_alphabetic())
        })
        .map(|(at, _)| (at..at + 2, reason.clone()))
        .collect();
    InterpolatedText::new(value.clone(), unknown, false)
}

fn scalar(setting: &UnitSetting, read: impl Fn(&str) -> Option<String>) -> RawScalar {
    let text = setting.value.text();
    RawScalar {
        text: read(text).ok_or_else(|| Cause::Text {
            text: text.to_owned(),
            fact: "depends on the machine",
        }),
        span: setting.value.span_all(),
        slot: EditTarget::None,
    }
}

fn bytes(text: &str) -> Option<String> {
    quantity::docker(text).map(|bytes| bytes.to_string())
}

/// `400%` is four processors.
fn cores(text: &str) -> Option<String> {
    let percent: f64 = text.strip_suffix('%')?.trim().parse().ok()?;
    Some((percent / 100.0).to_string())
}
