//! Containers that pipelines and scripts start: services of a job (GitHub, GitLab) and `docker run`.
//!
//! They are there for a test or on somebody's machine: what is not written for them may be said
//! elsewhere, so each is a part of a deployment. What their commands mean is followed by `launch`.

use crate::extract::command::CommandInvocation;
use crate::extract::container_paths::whole_path;
use crate::extract::image_set_up::VariablePlaces;
use crate::extract::interpolate::InterpolatedText;
use crate::extract::launch::{self, CommandArgument, LaunchResult, StartedProgram};
use crate::extract::mentions::count_mentions;
use crate::extract::process_environment::ProcessEnvironment;
use crate::extract::scalar::{known_text, raw_scalar};
use crate::extract::script;
use crate::extract::volume_words::{VolumeWord, add_image_volume};
use crate::facts::deployment::{Deployment, DeploymentQuantity};
use crate::facts::fact_path::ServerFact;
use crate::facts::raw::{
    ArgWord, ConfPart, RawContainer, RawGivenVariable, RawMount, RawScalar, RawServer,
    WrittenCommand,
};
use crate::facts::{Cause, EditTarget, quantity};
use crate::knowledge::shapes::{DeploymentShapes, ImageReference};
use crate::source::{Excerpt, Span, path};
use crate::syntax::yaml::{YamlNode, YamlStream};

/// A container as far as it is written.
struct StartedContainer {
    name: String,
    image: RawScalar,
    at: Span,
    entrypoint: Option<Vec<CommandArgument>>,
    command: Vec<CommandArgument>,
    environment: ProcessEnvironment,
    ports: Vec<String>,
    memory: Option<RawScalar>,
    /// What is mounted, and the variables that are given, where all of both is written.
    given: Option<GivenContainer>,
}

/// All that a command gives to the container that it runs.
struct GivenContainer {
    mounts: Vec<RawMount>,
    variables: Vec<RawGivenVariable>,
}

/// Folders of workflows, and what files of pipelines are called.
const WORKFLOWS: [&str; 3] = [
    ".github/workflows",
    ".gitea/workflows",
    ".forgejo/workflows",
];
const PIPELINE: &str = ".gitlab-ci";

/// The servers that jobs of a pipeline are given.
pub fn of_pipeline(path: &str, stream: &YamlStream, shapes: &DeploymentShapes) -> Vec<RawServer> {
    let roots = stream.documents.iter().map(|document| &document.root);
    let folder = path::folder(path);
    let is_workflow = WORKFLOWS.iter().any(|name| folder.ends_with(name));
    let containers: Vec<StartedContainer> = if is_workflow {
        let jobs = roots.filter_map(|root| root.get("jobs"));
        jobs.flat_map(YamlNode::entries)
            .flat_map(|job| of_job(job.key.as_str().unwrap_or_default(), &job.value))
            .collect()
    } else if path::name(path).starts_with(PIPELINE) {
        roots
            .flat_map(|root| {
                let all = std::iter::once(("pipeline", root));
                let jobs = root.entries().iter();
                let jobs = jobs.map(|job| (job.key.as_str().unwrap_or_default(), &job.value));
                all.chain(jobs)
            })
            .flat_map(|(name, job)| of_list(name, job))
            .collect()
    } else {
        Vec::new()
    };
    let servers = containers.into_iter();
    servers.filter_map(|one| server(one, shapes)).collect()
}

/// `services` of a workflow's job: a mapping of names to containers.
fn of_job(job: &str, node: &YamlNode) -> Vec<StartedContainer> {
    let services = node.get("services").map(YamlNode::entries);
    let services = services.unwrap_or_default().iter();
    let container = services.filter_map(|service| {
        let name = service.key.as_str().unwrap_or_default();
        let image = service.value.get("image").unwrap_or(&service.value);
        let ports = service.value.get("ports").map(YamlNode::items);
        let ports = ports
            .unwrap_or_default()
            .iter()
            .filter_map(YamlNode::as_str);
        let variables = service.value.get("env").map(YamlNode::entries);
        let variables = variables.unwrap_or_default().iter().filter_map(|entry| {
            let value = raw_scalar(&entry.value).text;
            Some((entry.key.as_str()?.to_owned(), value))
        });
        Some(StartedContainer {
            name: format!("job/{job}/{name}"),
            image: image.scalar().map(|_| raw_scalar(image))?,
            at: service.key.span,
            entrypoint: None,
            command: Vec::new(),
            environment: variables.collect(),
            ports: ports.map(own_port).collect(),
            memory: None,
            given: None,
        })
    });
    container.collect()
}

/// `services` of a pipeline or of its job: a list of images, or of mappings with a name.
fn of_list(job: &str, node: &YamlNode) -> Vec<StartedContainer> {
    let services = node.get("services").map(YamlNode::items);
    let services = services.unwrap_or_default().iter();
    let container = services.filter_map(|service| {
        let image = service.get("name").unwrap_or(service);
        let scalar = image.scalar().map(|_| raw_scalar(image))?;
        let reference = scalar.known_text().map(ImageReference::parse);
        let called = known_text(service.get("alias")).map(str::to_owned);
        let called = called.or(reference.map(|image| image.name));
        let words = |field: &str| {
            let items = service.get(field).map(YamlNode::items)?.iter();
            Some(items.filter_map(word).collect::<Vec<_>>())
        };
        Some(StartedContainer {
            name: format!("job/{job}/{}", called.unwrap_or_default()),
            image: scalar,
            at: service.span,
            entrypoint: words("entrypoint"),
            command: words("command").unwrap_or_default(),
            environment: ProcessEnvironment::new(),
            ports: Vec::new(),
            memory: None,
            given: None,
        })
    });
    container.collect()
}

fn word(node: &YamlNode) -> Option<CommandArgument> {
    let text = node.scalar()?.value().clone();
    Some(CommandArgument {
        text: InterpolatedText::plain(text),
        slot: EditTarget::None,
    })
}

/// `6379:6379/tcp`
fn own_port(port: &str) -> String {
    let own = port.rsplit(':').next().unwrap_or(port);
    own.split('/').next().unwrap_or(own).to_owned()
}

// Scripts.

/// Programs that run containers.
const RUNNERS: [&str; 3] = ["docker", "podman", "nerdctl"];
/// Options of theirs that stand without a value; all others have one.
const LONE_OPTIONS: [&str; 12] = [
    "--detach",
    "--rm",
    "--interactive",
    "--tty",
    "--init",
    "--privileged",
    "--read-only",
    "--publish-all",
    "--no-healthcheck",
    "--oom-kill-disable",
    "--quiet",
    "--replace",
];
/// Letters of short ones that do, alone or joined.
const LONE_LETTERS: &str = "ditqP";

/// The servers that a script runs in containers.
pub fn of_script(text: &Excerpt, shapes: &DeploymentShapes) -> Vec<RawServer> {
    let is_runner = |name: &&str| text.text().contains(*name);
    if !RUNNERS.iter().any(is_runner) {
        return Vec::new();
    }
    let commands = script::plain_commands(text);
    // Before a command of a recipe stand signs of make: `@docker run`.
    let program = |command: &script::ShellCommand| {
        let name = command.program().trim_start_matches(['@', '-']);
        RUNNERS.contains(&name)
    };
    let runs = commands.iter().filter(|command| program(command));
    let containers = runs.filter_map(|command| run(&command.words));
    containers.filter_map(|one| server(one, shapes)).collect()
}

/// `docker run OPTIONS IMAGE COMMAND`.
fn run(words: &[ArgWord]) -> Option<StartedContainer> {
    let at = words.iter().take(3).position(|word| word.text == "run")? + 1;
    let mut options: Vec<(&str, &ArgWord)> = Vec::new();
    let mut next = at;
    while let Some(word) = words.get(next).filter(|word| word.text.starts_with('-')) {
        let text = word.text.as_str();
        let short = text.strip_prefix('-').filter(|rest| !rest.starts_with('-'));
        let is_lone = match short {
            Some(letters) => letters.chars().all(|c| LONE_LETTERS.contains(c)),
            None => LONE_OPTIONS.contains(&text) || text.contains('='),
        };
        options.push((text, if is_lone { word } else { words.get(next + 1)? }));
        next += if is_lone { 1 } else { 2 };
    }
    let image = words.get(next)?;
    let value = |long: &str, short: &str| {
        let mut found = options.iter().filter_map(|(name, word)| {
            if *name == long || *name == short {
                return Some(word.text.as_str());
            }
            word.text.strip_prefix(long)?.strip_prefix('=')
        });
        found.next_back()
    };
    let all = |long: &str, short: &str| {
        let own = options
            .iter()
            .filter(|(name, _)| *name == long || *name == short);
        own.map(|(_, word)| word.text.clone()).collect::<Vec<_>>()
    };
    let scalar = |text: Result<String, Cause>, at: Span| RawScalar {
        text,
        span: at,
        slot: EditTarget::None,
    };
    let text = match &image.unresolved {
        Some(reason) => Err(reason.clone()),
        None => Ok(image.text.clone()),
    };
    let reference = ImageReference::parse(&image.text);
    let name = value("--name", "--name").map(str::to_owned);
    let memory = value("--memory", "-m").map(|text| {
        let bytes = quantity::docker(text).map(|bytes| bytes.to_string());
        let unknown = || Cause::Text {
            text: text.to_owned(),
            fact: "is not a size",
        };
        scalar(bytes.ok_or_else(unknown), words[at - 1].span)
    });
    let environment = all("--env", "-e").into_iter().filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        Some((name.to_owned(), Ok(value.to_owned())))
    });
    let argument = |word: &ArgWord| CommandArgument {
        text: match &word.unresolved {
            Some(reason) => {
                let text = Excerpt::at_span(&word.text, word.span);
                InterpolatedText::from_hidden(text, reason.clone())
            }
            None => InterpolatedText::plain(Excerpt::at_span(&word.text, word.span)),
        },
        slot: EditTarget::None,
    };
    let entrypoint = value("--entrypoint", "--entrypoint");
    let entrypoint = entrypoint.map(|text| ArgWord {
        text: text.to_owned(),
        ..image.clone()
    });
    Some(StartedContainer {
        name: format!("container/{}", name.unwrap_or(reference.name)),
        image: scalar(text, image.span),
        at: words[0].span.to(image.span),
        entrypoint: entrypoint.map(|word| vec![argument(&word)]),
        command: words[next + 1..].iter().map(argument).collect(),
        environment: environment.collect(),
        ports: all("--publish", "-p")
            .iter()
            .map(|port| own_port(port))
            .collect(),
        memory,
        given: Some(GivenContainer {
            mounts: read_mounts(&options),
            variables: list_variables(&options, words),
        }),
    })
}

/// What the options mount; what stands below another mount at the same path is hidden.
fn read_mounts(options: &[(&str, &ArgWord)]) -> Vec<RawMount> {
    let mut found: Vec<RawMount> = Vec::new();
    for (name, word) in options {
        let (name, text) = match word.text.split_once('=') {
            Some((joined, text)) if joined == *name || name.starts_with(joined) => (joined, text),
            _ => (*name, word.text.as_str()),
        };
        let read = match name {
            "-v" | "--volume" => VolumeWord::read_volume(text),
            "--mount" => VolumeWord::read_mount(text),
            "--tmpfs" => Some(VolumeWord::read_memory(text)),
            _ => None,
        };
        if let Some(read) = read {
            found.retain(|other| other.path != read.target);
            found.push(read.raw_mount(false, word.span));
        }
    }
    found
}

/// The variables that the options give; one that another word names is used there.
fn list_variables(options: &[(&str, &ArgWord)], words: &[ArgWord]) -> Vec<RawGivenVariable> {
    let given = options
        .iter()
        .filter(|(name, _)| *name == "-e" || *name == "--env");
    let named: Vec<(&str, Span)> = given
        .map(|(_, word)| (word.text.split('=').next().unwrap_or_default(), word.span))
        .collect();
    let names: Vec<&str> = named.iter().map(|(name, _)| *name).collect();
    let mentions = count_mentions(&names, words.iter().map(|word| word.text.as_str()));
    let named = named.into_iter().zip(mentions);
    let variables = named.map(|((name, span), mentions)| RawGivenVariable {
        name: name.to_owned(),
        span,
        // Its own word is one of them.
        is_used: mentions > 1,
    });
    variables.collect()
}

// Servers.

fn server(one: StartedContainer, shapes: &DeploymentShapes) -> Option<RawServer> {
    let reference = one.image.known_text().map(ImageReference::parse);
    let shape = reference.as_ref().and_then(|i| shapes.official_image(i));
    let data = shape.and_then(|shape| shape.data.as_deref());
    let lists = [one.entrypoint.as_ref(), Some(&one.command)];
    let words = lists.into_iter().flatten().flatten();
    let words: Vec<String> = words.map(|word| word.text.text().to_owned()).collect();
    let command = (!words.is_empty()).then(|| WrittenCommand {
        text: words.join(" "),
        is_entrypoint: one.entrypoint.is_some(),
        span: one.at,
    });
    let launched = launch::follow_launch(
        &StartedProgram {
            image: reference.as_ref(),
            entrypoint: one.entrypoint,
            command: one.command,
            environment: &one.environment,
            places: VariablePlaces::new(),
            listens: true,
            ports: one.ports,
            asked_by_client: false,
            scripts: None,
            texts: None,
            mounts: None,
            at: one.at,
        },
        shapes,
    );
    let mut given = one.given;
    let mut container = None;
    let mut conf = match launched {
        LaunchResult::Other => return None,
        LaunchResult::Hidden(reason) => vec![ConfPart::NotVisible { reason, at: None }],
        LaunchResult::Server(invocation) => {
            container = given.as_mut().map(|given| RawContainer {
                altered: None,
                prepared: invocation.prepared.clone(),
                ends_with_server: invocation.is_last,
                file: whole_path(invocation.file.as_ref(), data),
                variables: std::mem::take(&mut given.variables),
                command,
                makes_volumes: true,
            });
            parts(*invocation)
        }
    };
    let mounts = given.map(|given| {
        let mut mounts = given.mounts;
        add_image_volume(&mut mounts, data, one.at);
        mounts
    });
    let reason =
        Cause::Deployment("it is started for one run, and what is not written may be set there");
    conf.insert(0, ConfPart::NotVisible { reason, at: None });
    let deployment = Deployment::by("the container")
        .with_unknown(ServerFact::Exporter, Cause::Fragment)
        .with_known(ServerFact::LimitOwner, "container");
    let mut server = RawServer {
        image: Some(one.image),
        deployment,
        conf,
        mounts,
        container,
        data_directory: data.map(str::to_owned),
        fragment: true,
        transient: true,
        ..RawServer::new(one.name, one.at)
    };
    let written = &mut server.deployment.quantities.written;
    written.extend(
        one.memory
            .map(|memory| (DeploymentQuantity::LimitsMemory, memory)),
    );
    Some(server)
}

fn parts(mut invocation: CommandInvocation) -> Vec<ConfPart> {
    let hidden = |reason| ConfPart::NotVisible { reason, at: None };
    let file = invocation.file.as_ref().map(|file| file.text.clone());
    let gap = invocation.gap.take();
    let unseen = file.map(Cause::InImage).into_iter().chain(gap);
    let mut parts: Vec<ConfPart> = unseen.map(hidden).collect();
    parts.extend(invocation.option_parts());
    parts
}
