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
use crate::knowledge::shapes::{ContainerRunnerShape, DeploymentShapes, ImageReference, RunOption};
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

/// The servers that jobs of a pipeline are given.
pub fn of_pipeline(path: &str, stream: &YamlStream, shapes: &DeploymentShapes) -> Vec<RawServer> {
    let roots = stream.documents.iter().map(|document| &document.root);
    let folder = path::folder(path);
    let pipelines = &shapes.servers.pipelines;
    let named = |names: &[String], fits: &dyn Fn(&str) -> bool| names.iter().any(|name| fits(name));
    let is_workflow = named(&pipelines.workflow_folders, &|name| folder.ends_with(name));
    let is_pipeline = named(&pipelines.file_names, &|name| {
        path::name(path).starts_with(name)
    });
    let containers: Vec<StartedContainer> = if is_workflow {
        let jobs = roots.filter_map(|root| root.get("jobs"));
        jobs.flat_map(YamlNode::entries)
            .flat_map(|job| of_job(job.key.as_str().unwrap_or_default(), &job.value))
            .collect()
    } else if is_pipeline {
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

/// The servers that a script runs in containers.
pub fn of_script(text: &Excerpt, shapes: &DeploymentShapes) -> Vec<RawServer> {
    let runner = &shapes.servers.container_runners;
    let mut programs = runner.programs.iter();
    if !programs.any(|program| text.text().contains(program)) {
        return Vec::new();
    }
    let commands = script::plain_commands(text);
    // Before a command of a recipe stand signs of make: `@docker run`.
    let is_runner = |command: &&script::ShellCommand| {
        let name = command.program().trim_start_matches(['@', '-']);
        runner.programs.iter().any(|program| program == name)
    };
    let runs = commands.iter().filter(is_runner);
    let runs = runs.filter_map(|command| RunCommand::read(&command.words, runner));
    let containers = runs.map(RunCommand::started_container);
    containers.filter_map(|one| server(one, shapes)).collect()
}

/// `docker run OPTIONS IMAGE COMMAND`.
struct RunCommand<'w> {
    words: &'w [ArgWord],
    options: Vec<GivenOption<'w>>,
    /// Which word is the image.
    image_at: usize,
}

/// An option that is read, with its value.
struct GivenOption<'w> {
    option: RunOption,
    value: &'w str,
    /// The word that the value stands in.
    word: &'w ArgWord,
}

impl<'w> RunCommand<'w> {
    fn read(words: &'w [ArgWord], runner: &ContainerRunnerShape) -> Option<Self> {
        let mut first = words.iter().take(3);
        let mut at = first.position(|word| word.text == runner.run)? + 1;
        let mut options = Vec::new();
        while let Some(word) = words.get(at).filter(|word| word.text.starts_with('-')) {
            let joined = word
                .text
                .split_once('=')
                .filter(|(name, _)| name.starts_with("--"));
            let (name, word, value) = match joined {
                Some((name, value)) => (name, word, value),
                None if runner.is_lone(&word.text) => {
                    at += 1;
                    continue;
                }
                None => {
                    at += 1;
                    let value = words.get(at)?;
                    (word.text.as_str(), value, value.text.as_str())
                }
            };
            at += 1;
            let option = runner.option(name);
            options.extend(option.map(|option| GivenOption {
                option,
                value,
                word,
            }));
        }
        (at < words.len()).then_some(Self {
            words,
            options,
            image_at: at,
        })
    }

    fn all(&self, option: RunOption) -> impl Iterator<Item = &GivenOption<'w>> {
        self.options
            .iter()
            .filter(move |given| given.option == option)
    }

    /// The last of an option counts.
    fn last(&self, option: RunOption) -> Option<&GivenOption<'w>> {
        self.all(option).last()
    }

    fn started_container(self) -> StartedContainer {
        let image = &self.words[self.image_at];
        let text = match &image.unresolved {
            Some(reason) => Err(reason.clone()),
            None => Ok(image.text.clone()),
        };
        let name = match self.last(RunOption::Name) {
            Some(given) => given.value.to_owned(),
            None => ImageReference::parse(&image.text).name,
        };
        let pairs = self.all(RunOption::Variable);
        let pairs = pairs.filter_map(|given| given.value.split_once('='));
        let environment = pairs.map(|(name, value)| (name.to_owned(), Ok(value.to_owned())));
        let entrypoint = self.last(RunOption::Entrypoint).map(|given| {
            let word = ArgWord {
                text: given.value.to_owned(),
                ..given.word.clone()
            };
            vec![to_argument(&word)]
        });
        StartedContainer {
            name: format!("container/{name}"),
            image: scalar(text, image.span),
            at: self.words[0].span.to(image.span),
            entrypoint,
            command: self.words[self.image_at + 1..]
                .iter()
                .map(to_argument)
                .collect(),
            environment: environment.collect(),
            ports: self
                .all(RunOption::Port)
                .map(|given| own_port(given.value))
                .collect(),
            memory: self.last(RunOption::Memory).map(memory_of),
            given: Some(GivenContainer {
                mounts: self.mounts(),
                variables: self.variables(),
            }),
        }
    }

    /// What the options mount; what stands below another mount at the same path is hidden.
    fn mounts(&self) -> Vec<RawMount> {
        let mut found: Vec<RawMount> = Vec::new();
        for given in &self.options {
            let read = match given.option {
                RunOption::Volume => VolumeWord::read_volume(given.value),
                RunOption::Mount => VolumeWord::read_mount(given.value),
                RunOption::MemoryMount => Some(VolumeWord::read_memory(given.value)),
                _ => None,
            };
            if let Some(read) = read {
                found.retain(|other| other.path != read.target);
                found.push(read.raw_mount(false, given.word.span));
            }
        }
        found
    }

    /// The variables that the options give; one that another word names is used there.
    fn variables(&self) -> Vec<RawGivenVariable> {
        let given: Vec<_> = self.all(RunOption::Variable).collect();
        let name = |given: &&GivenOption<'w>| given.value.split('=').next().unwrap_or_default();
        let names: Vec<&str> = given.iter().map(name).collect();
        let mentions = count_mentions(&names, self.words.iter().map(|word| word.text.as_str()));
        let counted = given.iter().zip(&names).zip(mentions);
        let variables = counted.map(|((given, name), mentions)| RawGivenVariable {
            name: (*name).to_owned(),
            span: given.word.span,
            // Its own word is one of them.
            is_used: mentions > 1,
        });
        variables.collect()
    }
}

fn scalar(text: Result<String, Cause>, span: Span) -> RawScalar {
    RawScalar {
        text,
        span,
        slot: EditTarget::None,
    }
}

fn memory_of(given: &GivenOption<'_>) -> RawScalar {
    let bytes = quantity::docker(given.value).map(|bytes| bytes.to_string());
    let unknown = || Cause::Text {
        text: given.value.to_owned(),
        fact: "is not a size",
    };
    scalar(bytes.ok_or_else(unknown), given.word.span)
}

fn to_argument(word: &ArgWord) -> CommandArgument {
    let text = Excerpt::at_span(&word.text, word.span);
    CommandArgument {
        text: match &word.unresolved {
            Some(reason) => InterpolatedText::from_hidden(text, reason.clone()),
            None => InterpolatedText::plain(text),
        },
        slot: EditTarget::None,
    }
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
