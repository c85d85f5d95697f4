//! One service of a compose project as a server: image, command, limits, environment.

use crate::extract::command::CommandInvocation;
use crate::extract::compose::mounts::ServiceMounts;
use crate::extract::compose::{ComposeProject, ServiceLayer, environment_file, ports};
use crate::extract::dockerfile::official;
use crate::extract::image_set_up::VariablePlaces;
use crate::extract::interpolate::InterpolatedText;
use crate::extract::launch::{self, CommandArgument, LaunchResult, StartedProgram};
use crate::extract::process_environment::ProcessEnvironment;
use crate::extract::scalar::{raw_scalar, replace, template_reason};
use crate::extract::tree_files::TreeImage;
use crate::extract::variables::{DollarEscape, VariableValues, fill};
use crate::facts::deployment::{Deployment, DeploymentQuantities, DeploymentQuantity};
use crate::facts::fact_path::{FactType, ServerFact};
use crate::facts::raw::{ArgWord, ConfPart, RawFacts, RawScalar, RawServer};
use crate::facts::{Cause, EditTarget, Strength, quantity};
use crate::knowledge::shapes::{ImageReference, ImageShape};
use crate::source::{Span, path};
use crate::syntax::yaml::{ScalarStyle, YamlNode};

/// A service with what it is made of, the weakest layer first.
pub(super) struct ComposeService<'a> {
    pub(super) name: &'a str,
    pub(super) project: &'a ComposeProject<'a>,
    pub(super) layers: Vec<ServiceLayer<'a>>,
}

/// The quantities of a server and the fields that may hold them, the strongest first.
const QUANTITIES: &[(DeploymentQuantity, &[&str])] = &[
    (
        DeploymentQuantity::LimitsMemory,
        &["deploy.resources.limits.memory", "mem_limit"],
    ),
    (
        DeploymentQuantity::LimitsCpu,
        &["deploy.resources.limits.cpus", "cpus"],
    ),
    (
        DeploymentQuantity::RequestsMemory,
        &["deploy.resources.reservations.memory", "mem_reservation"],
    ),
    (
        DeploymentQuantity::RequestsCpu,
        &["deploy.resources.reservations.cpus"],
    ),
    (DeploymentQuantity::Replicas, &["deploy.replicas", "scale"]),
];

impl<'a> ComposeService<'a> {
    /// Adds the server that the service is, if it is one.
    pub(super) fn read(&self, all: &[ComposeService<'a>], raw: &mut RawFacts) {
        let built = self.find_build();
        let image = self.image(built.as_ref());
        let reference = image
            .as_ref()
            .and_then(|image| image.known_text())
            .map(ImageReference::parse)
            .or_else(|| self.read_named_image());
        let environment = self.environment(built.as_ref());
        let whole = self.node("image").is_some() || self.node("build").is_some();
        let mounts = ServiceMounts::of(self);
        let scripts = |path: &str| mounts.script(self, path, built.as_ref());
        let texts = |fits: &dyn Fn(&str) -> bool| mounts.texts_at(self, fits, built.as_ref());
        let launch = StartedProgram {
            scripts: Some(&scripts),
            texts: Some(&texts),
            // Variables of a file that is not seen decide what an image makes of itself.
            mounts: (built.is_none() && self.unread_environment().is_none())
                .then(|| mounts.targets()),
            ..self.launch(built.as_ref(), reference.as_ref(), &environment)
        };
        let launched = launch::follow_launch(&launch, self.project.tree.shapes);
        let invocation = match (launched, self.find_server_name(built.as_ref())) {
            (LaunchResult::Other, Some(reason)) => Err(reason),
            (LaunchResult::Other, None) => {
                raw.connections
                    .extend(self.exporter_connection(&environment));
                raw.workloads
                    .push(self.program(built.as_ref(), environment));
                return;
            }
            (LaunchResult::Hidden(reason), _) => Err(reason),
            (LaunchResult::Server(invocation), _) => Ok(*invocation),
        };
        let shape = official(reference.as_ref(), self.project.tree.shapes);
        let data = shape.and_then(|shape| shape.data.as_deref());
        let container = invocation.as_ref().ok();
        let unread = container.map(|call| self.unread(call, &mounts, built.as_ref()));
        let container = container.map(|call| self.raw_container(call, data, built.as_ref()));
        let conf = match invocation {
            Err(reason) => vec![ConfPart::NotVisible { reason, at: None }],
            Ok(invocation) => self.conf(invocation, &mounts, built.as_ref(), shape, raw),
        };
        raw.servers.push(RawServer {
            image,
            deployment: self.deployment(all),
            conf,
            hosts: self.hosts(all),
            published: ports::list_published_ports(self),
            connections: self.health_check(&environment).into_iter().collect(),
            mounts: Some(mounts.storage(self, data)),
            container,
            unread: unread.unwrap_or_default(),
            data_directory: shape.and_then(|shape| shape.data.clone()),
            fragment: !whole || self.is_lone_override() || self.is_open(),
            installed: built
                .as_ref()
                .and_then(|b| b.image.find_installed(self.project.tree.shapes)),
            built_from: built.map(|built| built.file.path.clone()),
            ..RawServer::new(format!("service/{}", self.name), self.anchor())
        });
    }

    /// Why a service whose program is not found is a server whose configuration is not seen: it is called like
    /// one and has a server's port. Its image comes from outside, or is built of the tree and called so.
    fn find_server_name(&self, built: Option<&TreeImage<'_>>) -> Option<Cause> {
        let shapes = self.project.tree.shapes;
        let written = self.text(self.node("image")?)?;
        let (name, why) = match (written.known_text(), built) {
            (Err(reason), None) => (self.name.to_owned(), reason),
            (Ok(image), Some(_)) => (image.to_owned(), Cause::StartScript("is not followed")),
            _ => return None,
        };
        let reference = ImageReference::parse(&name);
        let is_called =
            shapes.server_image(&reference).is_some() || shapes.is_likely_server(&reference);
        let ports = self.list_ports();
        let has_port = |known: &[String]| ports.iter().any(|port| known.contains(port));
        let serves = has_port(&shapes.servers.server_ports) || self.is_asked_by_client();
        (is_called && serves && !has_port(&shapes.servers.other_mode_ports)).then_some(why)
    }

    /// A scalar with its variables filled in.
    pub(super) fn text(&self, node: &YamlNode) -> Option<InterpolatedText> {
        let scalar = node.scalar()?;
        let excerpt = scalar.value();
        if node.has_placeholder() {
            return Some(InterpolatedText::from_hidden(
                excerpt.clone(),
                template_reason(),
            ));
        }
        Some(fill(
            excerpt,
            &self.project.variables,
            DollarEscape::Doubled,
            &self.project.budget,
        ))
    }

    /// A scalar's text, where it is known.
    pub(super) fn known_text(&self, node: Option<&YamlNode>) -> Option<String> {
        self.text(node?)?.known_text().ok().map(str::to_owned)
    }

    /// A template or a mistake in the file keeps parts of it from being seen.
    pub(super) fn is_open(&self) -> bool {
        self.project.open || self.layers.iter().any(|layer| layer.node.is_open())
    }

    pub(super) fn is_lone_override(&self) -> bool {
        let path = &self.project.files[0].path;
        let name = path::name(path);
        name.contains(".override.")
    }

    /// Where the service is named.
    pub(super) fn anchor(&self) -> Span {
        let named = self.project.files.iter().find_map(|file| {
            let services = file.services()?;
            services.entry(self.name).map(|entry| entry.key.span)
        });
        named.unwrap_or(self.layers[0].node.span)
    }

    fn scalar(&self, node: &YamlNode) -> RawScalar {
        let written = raw_scalar(node);
        match self.text(node) {
            None => written,
            Some(text) => RawScalar {
                text: text.known_text().map(str::to_owned),
                slot: if text.is_changed() {
                    EditTarget::None
                } else {
                    written.slot
                },
                span: node.span,
            },
        }
    }

    /// The image, or the one that the build begins with. An unknown tag leaves the name known.
    fn image(&self, built: Option<&TreeImage<'_>>) -> Option<RawScalar> {
        if let Some(built) = built {
            return Some(built.image.base.clone());
        }
        let node = self.node("image")?;
        let scalar = self.scalar(node);
        let text = self.text(node)?;
        let whole = text.text();
        let name = whole.rfind('/').map_or(0, |at| at + 1);
        let tag = whole[name..].find([':', '@']).map(|at| name + at);
        let known_name = tag.filter(|at| text.placeholder(&(0..*at)).is_none());
        match (&scalar.text, known_name) {
            (Err(_), Some(at)) => Some(RawScalar {
                text: Ok(whole[..=at].to_owned()),
                ..scalar
            }),
            _ => Some(scalar),
        }
    }

    pub(super) fn find_build(&self) -> Option<TreeImage<'a>> {
        let layer = self
            .layers
            .iter()
            .rev()
            .find(|l| l.node.get("build").is_some());
        let Some(layer) = layer else {
            return self.find_build_elsewhere();
        };
        let build = layer.node.get("build")?;
        let field = |name: &str| self.known_text(build.get(name));
        let context = match build.scalar() {
            Some(_) => self.known_text(Some(build))?,
            None => field("context").unwrap_or_else(|| ".".to_owned()),
        };
        let context = path::resolve(self.project.folder_of(layer.file), &context)?;
        let name = field("dockerfile").unwrap_or_else(|| "Dockerfile".to_owned());
        let path = path::resolve(&context, &name)?;
        let file = self.project.tree.files.build(&path)?;
        let arguments = build.get("args").map(|node| self.pairs(node));
        let image = file.image(
            field("target").as_deref(),
            &arguments.unwrap_or_default(),
            self.project.tree.shapes,
        )?;
        Some(TreeImage {
            file,
            image,
            contexts: vec![context],
            strength: Strength::Certain,
        })
    }

    /// The Dockerfile of the tree that another file builds the service's image from.
    fn find_build_elsewhere(&self) -> Option<TreeImage<'a>> {
        let reference = ImageReference::parse(&self.known_text(self.node("image"))?);
        let tree = self.project.tree;
        let image = tree.files.image(&reference, tree.shapes)?;
        (image.strength == Strength::Certain).then_some(image)
    }

    pub(super) fn launch<'l>(
        &self,
        built: Option<&TreeImage<'_>>,
        image: Option<&'l ImageReference>,
        environment: &'l ProcessEnvironment,
    ) -> StartedProgram<'l> {
        let own_entrypoint = self.node("entrypoint").map(|node| self.arguments(node));
        let own_command = self.node("command").map(|node| self.arguments(node));
        let built = built.map(|built| &built.image);
        let inherited = built.and_then(|image| image.command.clone());
        // An entrypoint of one's own does without the image's command.
        let inherited = inherited.filter(|_| own_entrypoint.is_none());
        let listens = ["ports", "expose", "healthcheck"];
        StartedProgram {
            image,
            entrypoint: own_entrypoint.or(built.and_then(|image| image.entrypoint.clone())),
            command: own_command.or(inherited).unwrap_or_default(),
            environment,
            places: self.variable_places(),
            listens: listens.iter().any(|key| self.node(key).is_some()),
            ports: self.list_ports(),
            asked_by_client: self.is_asked_by_client(),
            scripts: None,
            texts: None,
            mounts: None,
            at: self.anchor(),
        }
    }

    /// The texts of its health check.
    fn health_check_texts(&self) -> Vec<String> {
        let test = self.node("healthcheck.test");
        let texts = test.map(|node| self.list_texts(node, "test"));
        texts.unwrap_or_default()
    }

    /// Its health check runs a client of servers.
    fn is_asked_by_client(&self) -> bool {
        let texts = self.health_check_texts();
        let mut words = texts.iter().flat_map(|text| text.split_ascii_whitespace());
        words.any(|word| self.project.tree.shapes.is_client_program(word))
    }

    /// The ports that are published, named, or asked by its health check.
    fn list_ports(&self) -> Vec<String> {
        let texts = self.health_check_texts();
        let words = texts.iter().flat_map(|text| text.split_ascii_whitespace());
        let shapes = self.project.tree.shapes;
        let asked = launch::list_checked_ports(words, shapes).into_iter();
        let asked = asked.map(str::to_owned);
        ports::list_open_ports(self)
            .into_iter()
            .chain(asked)
            .collect()
    }

    /// The words of a command, written as a list or as one text.
    pub(super) fn arguments(&self, node: &YamlNode) -> Vec<CommandArgument> {
        if !node.is_seq() {
            let text = self.text(node);
            return text.map(|text| launch::split(&text)).unwrap_or_default();
        }
        let argument = |item: &YamlNode| {
            let text = self.text(item)?;
            let slot = if text.is_changed() {
                EditTarget::None
            } else {
                replace(item)
            };
            Some(CommandArgument { text, slot })
        };
        node.items().iter().filter_map(argument).collect()
    }

    fn environment(&self, built: Option<&TreeImage<'_>>) -> ProcessEnvironment {
        let mut environment = ProcessEnvironment::new();
        if let Some(built) = built {
            environment.extend(built.image.environment.clone());
        }
        for (folder, node) in self.nodes("env_file") {
            for path in self.list_texts(node, "path") {
                let path = path::resolve(folder, &path);
                let text = path.and_then(|path| self.project.tree.text(&path));
                environment.extend(environment_file(text.unwrap_or_default()));
            }
        }
        for (_, node) in self.nodes("environment") {
            environment.extend(self.pairs(node));
        }
        environment
    }

    /// Where the values of its variables are written, the strongest layer last.
    fn variable_places(&self) -> VariablePlaces {
        let nodes = self.nodes("environment");
        let place = |(_, node): (&str, &'a YamlNode)| {
            let entries = node.entries().iter();
            let entries = entries
                .filter_map(|entry| Some((entry.key.as_str()?.to_owned(), entry.value.span)));
            let items = node.items().iter().filter_map(|item| {
                let text = item.scalar()?.value();
                let (name, _) = text.text().split_once('=')?;
                let value = text.slice(name.len() + 1..text.text().len());
                Some((name.to_owned(), value.span_all()))
            });
            entries.chain(items).collect::<Vec<_>>()
        };
        nodes.flat_map(place).collect()
    }

    /// Why there is more of the environment than can be seen: a file that is not in the tree.
    pub(super) fn unread_environment(&self) -> Option<Cause> {
        let seen = |folder: &str, path: &str| self.project.tree.text(&path::resolve(folder, path)?);
        self.nodes("env_file").find_map(|(folder, node)| {
            let mut paths = self.list_texts(node, "path").into_iter();
            let missing = paths.find(|path| seen(folder, path).is_none())?;
            Some(Cause::Named {
                name: missing,
                fact: "is not read",
            })
        })
    }

    /// The texts of a scalar or of a list; an item that is a mapping holds its text in `field`.
    fn list_texts(&self, node: &YamlNode, field: &str) -> Vec<String> {
        let items = if node.is_seq() {
            node.items()
        } else {
            std::slice::from_ref(node)
        };
        let text = |item: &YamlNode| self.known_text(item.get(field).or(Some(item)));
        items.iter().filter_map(text).collect()
    }

    /// Variables, written as a list of `NAME=value` or as a mapping.
    fn pairs(&self, node: &YamlNode) -> VariableValues {
        let outside = |name: &str| {
            Err(Cause::Variable {
                name: name.to_owned(),
                fact: "comes from outside",
            })
        };
        let entries = node.entries().iter().filter_map(|entry| {
            let name = entry.key.as_str()?.to_owned();
            let text = self.text(&entry.value)?;
            let is_null = is_null(&entry.value);
            let value = if is_null {
                outside(&name)
            } else {
                text.known_text().map(str::to_owned)
            };
            Some((name, value))
        });
        let items = node.items().iter().filter_map(|item| {
            let text = self.text(item)?;
            let known = text.known_text().map(|_| ());
            Some(match text.text().split_once('=') {
                Some((name, value)) => (name.to_owned(), known.map(|()| value.to_owned())),
                None => (text.text().to_owned(), outside(text.text())),
            })
        });
        entries.chain(items).collect()
    }

    // Configuration.

    fn conf(
        &self,
        mut invocation: CommandInvocation,
        mounts: &ServiceMounts<'a>,
        built: Option<&TreeImage<'a>>,
        shape: Option<&ImageShape>,
        raw: &mut RawFacts,
    ) -> Vec<ConfPart> {
        let mut parts = Vec::new();
        if let Some(file) = &invocation.file {
            let data = shape.and_then(|shape| shape.data.as_deref());
            let path = self.absolute(&file.text, data, built);
            let recipe = invocation.recipe.take();
            if let Some(recipe) = &recipe {
                invocation.gap.clone_from(&recipe.gap);
            }
            let file = ArgWord {
                text: path,
                ..file.clone()
            };
            parts.extend(mounts.make_config(self, &file, recipe, built, raw));
        }
        let open = invocation.gap.clone();
        parts.extend(open.map(|reason| ConfPart::NotVisible { reason, at: None }));
        parts.extend(invocation.option_parts());
        let other = self.project.may_be_laid_over(self.name).find(|layer| {
            ["command", "entrypoint", "volumes", "configs"]
                .iter()
                .any(|key| layer.node.get(key).is_some())
        });
        if self.is_open() {
            parts.push(ConfPart::NotVisible {
                reason: Cause::Deployment("not all of the service can be read"),
                at: None,
            });
        }
        parts.extend(other.map(|layer| ConfPart::NotVisible {
            reason: laid_over(&layer),
            at: None,
        }));
        parts
    }

    fn absolute(&self, path: &str, data: Option<&str>, built: Option<&TreeImage<'_>>) -> String {
        if path.starts_with('/') {
            return path.to_owned();
        }
        if let Some(folder) = self.known_text(self.node("working_dir")) {
            let path = path.trim_start_matches("./");
            return format!("{}/{path}", folder.trim_end_matches('/'));
        }
        match (built, data) {
            (Some(built), _) => built.image.absolute(path),
            (None, Some(data)) => format!("{data}/{}", path.trim_start_matches("./")),
            (None, None) => path.to_owned(),
        }
    }

    // What is said of the deployment.

    /// One process where nothing is said; what a person may lay over the file is not known.
    pub(super) fn quantities(&self) -> DeploymentQuantities {
        let mut quantities = DeploymentQuantities::default();
        let global = self.known_text(self.node("deploy.mode")).as_deref() == Some("global");
        let replicas = match global {
            true => Err(Cause::Deployment("it runs once on every node")),
            false => Ok("1".to_owned()),
        };
        let defaults = &mut quantities.defaults;
        defaults.insert(DeploymentQuantity::Replicas, replicas);
        for (quantity, fields) in QUANTITIES {
            if let Some(node) = fields.iter().find_map(|field| self.node(field)) {
                let scalar = self.scalar(node);
                let scalar = match quantity.fact().entry().ty {
                    FactType::Size => in_bytes(&scalar),
                    _ => scalar,
                };
                quantities.written.insert(*quantity, scalar);
            }
            for layer in self.project.may_be_laid_over(self.name) {
                if fields.iter().any(|field| layer.node.at(field).is_some()) {
                    defaults.insert(*quantity, Err(laid_over(&layer)));
                }
            }
        }
        quantities
    }

    fn deployment(&self, all: &[ComposeService<'a>]) -> Deployment {
        let shapes = self.project.tree.shapes;
        let exports = all
            .iter()
            .filter(|other| other.name != self.name)
            .filter_map(|other| other.known_text(other.node("image")))
            .any(|image| shapes.is_exporter(&ImageReference::parse(&image)));
        let exporter = if exports {
            Ok(true)
        } else {
            Err(Cause::Deployment(
                "an exporter may run outside of this file",
            ))
        };
        Deployment {
            quantities: self.quantities(),
            ..Deployment::by("the deployment")
        }
        .with(ServerFact::Exporter, exporter)
        .with(ServerFact::Reachable, ports::reachable(self))
        .with(ServerFact::FilesystemReadOnly, self.is_read_only())
        .with_known(ServerFact::LimitOwner, RawServer::SERVICE)
        .with_known(
            ServerFact::LimitsMemoryField,
            "deploy.resources.limits.memory",
        )
    }

    /// Whether nothing can be written but what is mounted.
    fn is_read_only(&self) -> Result<bool, Cause> {
        let Some(node) = self.node("read_only") else {
            return Ok(false);
        };
        let written = self
            .text(node)
            .map(|text| text.known_text().map(str::to_owned));
        Ok(written.transpose()?.as_deref() == Some("true"))
    }

    /// The names under which other services reach it.
    fn hosts(&self, all: &[ComposeService<'a>]) -> Vec<String> {
        let mut hosts = vec![self.name.to_owned()];
        hosts.extend(self.known_text(self.node("container_name")));
        hosts.extend(self.known_text(self.node("hostname")));
        let networks = self.nodes("networks").flat_map(|(_, node)| node.entries());
        let aliases = networks.filter_map(|entry| entry.value.get("aliases"));
        hosts.extend(aliases.flat_map(|node| self.list_texts(node, "alias")));
        let links = all
            .iter()
            .flat_map(|other| other.nodes("links").map(move |(_, node)| (other, node)))
            .flat_map(|(other, node)| other.list_texts(node, "link"));
        let own = links.filter_map(|link| {
            let (target, alias) = link.split_once(':')?;
            (target == self.name).then(|| alias.to_owned())
        });
        hosts.extend(own);
        hosts.sort();
        hosts.dedup();
        hosts
    }
}

/// Nothing is written in the value's place.
fn is_null(node: &YamlNode) -> bool {
    let plain = node.scalar().filter(|s| s.style() == ScalarStyle::Plain);
    plain.is_some_and(|scalar| matches!(scalar.as_str(), "" | "~" | "null"))
}

fn laid_over(layer: &ServiceLayer<'_>) -> Cause {
    Cause::Named {
        name: layer.file.path.to_owned(),
        fact: "may be laid over this file",
    }
}

/// A size in the format's units as a plain number of bytes.
fn in_bytes(scalar: &RawScalar) -> RawScalar {
    let bytes = |text: &String| match quantity::docker(text) {
        Some(bytes) => Ok(bytes.to_string()),
        None => Err(Cause::Text {
            text: text.to_owned(),
            fact: "is not a size",
        }),
    };
    RawScalar {
        text: scalar.text.as_ref().map_err(Clone::clone).and_then(bytes),
        slot: EditTarget::None,
        span: scalar.span,
    }
}
