//! Service units of a host, and the container units that Podman makes such of: the command that starts a
//! server, its limits, and the file that it is given. Drop-ins in the folder beside a unit are read with it.
//!
//! Where a path of the host lies in the tree is an assumption: the file whose path ends like it.

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
use crate::knowledge::shapes::{DeploymentShapes, ImageReference};
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

const SERVICE: &str = "Service";
/// The section of a container unit, and what its file ends with (podman-systemd.unit(5)).
const CONTAINER: &str = "Container";
const CONTAINER_ENDING: &str = ".container";

/// Reads a file.
pub fn read(path: &str, excerpt: &Excerpt) -> UnitFile {
    let parsed = unit::parse(excerpt);
    let is_read = |setting: &UnitSetting| [SERVICE, CONTAINER].contains(&setting.section.as_str());
    UnitFile {
        path: path.to_owned(),
        settings: parsed.settings.into_iter().filter(is_read).collect(),
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
        let section = match path::name(&unit.path) {
            name if name.ends_with(".service") => SERVICE,
            name if name.ends_with(CONTAINER_ENDING) => CONTAINER,
            _ => continue,
        };
        let folder = format!("{}.d", unit.path);
        let drop_ins = units
            .iter()
            .filter(|other| path::folder(&other.path) == folder);
        let settings = unit.settings.iter();
        let merged = MergedUnit {
            path: &unit.path,
            section,
            settings: settings
                .chain(drop_ins.flat_map(|drop_in| &drop_in.settings))
                .collect(),
            tree,
            shapes,
        };
        raw.servers.extend(match section {
            CONTAINER => merged.container(),
            _ => merged.server(),
        });
    }
    raw
}

/// A unit with its drop-ins.
struct MergedUnit<'a> {
    path: &'a str,
    /// The section that says what is run.
    section: &'a str,
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

    /// The server that a container unit runs.
    fn container(&self) -> Option<RawServer> {
        let image = self.last("Image")?;
        let reference =
            (!image.value.text().contains('%')).then(|| ImageReference::parse(image.value.text()));
        let environment = self.environment();
        let words = |setting: &UnitSetting| launch::split(&without_specifiers(&setting.value));
        let ports = || self.all("PublishPort").map(|port| port.value.text());
        let own_port = |port: &str| {
            let own = port.rsplit(':').next().unwrap_or(port);
            own.split('/').next().unwrap_or(own).to_owned()
        };
        let launched = launch::follow_launch(
            &StartedProgram {
                image: reference.as_ref(),
                entrypoint: self.last("Entrypoint").map(words),
                command: self.last("Exec").map(words).unwrap_or_default(),
                environment: &environment,
                places: VariablePlaces::new(),
                listens: true,
                ports: ports().map(own_port).collect(),
                asked_by_client: false,
                scripts: None,
                mounts: None,
                at: image.value.span_all(),
            },
            self.shapes,
        );
        let hidden = |reason| ConfPart::NotVisible { reason, at: None };
        let conf = match launched {
            LaunchResult::Other => return None,
            LaunchResult::Hidden(reason) => vec![hidden(reason)],
            LaunchResult::Server(invocation) => self.conf(*invocation),
        };
        let mut deployment = self.deployment(path::name(self.path));
        // What is published on a real address can be reached; a network of containers is not seen.
        if !ports().any(|port| !port.starts_with("127.") && !port.starts_with("[::1]")) {
            let network = Cause::Host("the networks of its containers are unknown");
            deployment = deployment.with_unknown(ServerFact::Reachable, network);
        }
        let name = format!("unit/{}", path::name(self.path));
        let anchor = image.name_span.to(image.value.span_all());
        Some(RawServer {
            image: Some(scalar(image, |text| Some(text.to_owned()))),
            deployment,
            conf,
            ..RawServer::new(name, anchor)
        })
    }

    /// The settings of a name in the section that says what is run.
    fn all(&self, name: &str) -> impl Iterator<Item = &UnitSetting> {
        let of_name = move |s: &&&UnitSetting| s.name == name && s.section == self.section;
        self.settings.iter().filter(of_name).copied()
    }

    fn server(&self) -> Option<RawServer> {
        let start = self.last("ExecStart")?;
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
            match (environment.get(name), self.last("EnvironmentFile")) {
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

    /// What the unit sets; a file of the host may set the same anew.
    fn environment(&self) -> ProcessEnvironment {
        let file = self.last("EnvironmentFile");
        let pairs = self.all("Environment").flat_map(|setting| {
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
        let memory = self.last("MemoryMax").or(self.last("MemoryLimit"));
        // systemd ignores a limit of 0 and says so (config_parse_memory_limit in load-fragment.c).
        let is_limit = |setting: &&UnitSetting| !["infinity", "0"].contains(&setting.value.text());
        if let Some(setting) = memory.filter(is_limit) {
            written.insert(DeploymentQuantity::LimitsMemory, scalar(setting, bytes));
        } else if let Some(limit) = self.container_memory() {
            written.insert(DeploymentQuantity::LimitsMemory, limit);
        }
        if let Some(setting) = self.last("CPUQuota") {
            written.insert(DeploymentQuantity::LimitsCpu, scalar(setting, cores));
        }
        deployment
    }

    /// The limit that Podman is asked for.
    fn container_memory(&self) -> Option<RawScalar> {
        if let Some(setting) = self.all("Memory").last() {
            return Some(scalar(setting, bytes));
        }
        let options = self.all("PodmanArgs").collect::<Vec<_>>();
        let written = |setting: &&UnitSetting| {
            let text = setting.value.text().replace('=', " ");
            let mut words = text.split_ascii_whitespace();
            words.find(|word| ["--memory", "-m"].contains(word))?;
            let limit = words.next().and_then(bytes);
            Some(scalar(setting, |_| limit.clone()))
        };
        options.iter().rev().copied().find_map(|s| written(&s))
    }

    /// Where a file of the container stands on the host.
    fn find_mounted(&self, file: &str) -> Option<String> {
        self.all("Volume").find_map(|volume| {
            let mut parts = volume.value.text().split(':');
            let (host, target) = (parts.next()?, parts.next()?);
            let rest = file.strip_prefix(target.trim_end_matches('/'))?;
            let is_inside = rest.is_empty() || rest.starts_with('/');
            let is_path = host.starts_with(['/', '.', '%']);
            (is_inside && is_path).then(|| format!("{}{rest}", host.trim_end_matches('/')))
        })
    }

    /// The file that the server is given.
    fn file(&self, path: &str, at: Span) -> ConfPart {
        let hidden = |reason: Cause| ConfPart::NotVisible {
            reason,
            at: Some(at),
        };
        let on_host = match self.section {
            CONTAINER => self.find_mounted(path),
            _ => Some(path.to_owned()),
        };
        let Some(on_host) = on_host else {
            return hidden(Cause::InImage(path.to_owned()));
        };
        // `%h` and the like are known on the host alone; what follows them may lie in the tree.
        let below = match on_host.starts_with('%') {
            true => on_host.split_once('/').map_or("", |(_, rest)| rest),
            false => on_host.trim_start_matches("./"),
        };
        match &(self.tree)(below)[..] {
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
