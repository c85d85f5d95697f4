//! What a container starts: its command as the launch that it is, and the scripts that it is shown as
//! files. What comes of it is followed by `launch`.

use std::collections::BTreeSet;

use crate::extract::image_set_up::VariablePlaces;
use crate::extract::image_variable::read_named_image;
use crate::extract::interpolate::{FillBudget, InterpolatedText};
use crate::extract::launch::{self, CommandArgument, LaunchResult, StartedProgram};
use crate::extract::process_environment::{self, ProcessEnvironment};
use crate::extract::scalar::{container_anchor, known_text, raw_scalar, replace, template_reason};
use crate::extract::tree_files::TreeImage;
use crate::extract::workload::PodSpec;
use crate::facts::raw::RawScalar;
use crate::facts::{Cause, EditTarget};
use crate::knowledge::shapes::{ImageReference, ImageShape};
use crate::source::{Excerpt, path};
use crate::syntax::yaml::YamlNode;

/// An image as far as it is written; one that a Dockerfile of the tree makes is what that begins with.
pub(super) struct ContainerImage<'a> {
    pub(super) reference: Option<ImageReference>,
    pub(super) shape: Option<&'a ImageShape>,
    pub(super) official: bool,
    pub(super) built: Option<TreeImage<'a>>,
}

impl<'a> PodSpec<'a> {
    /// The image of a container and what it starts. A Dockerfile that makes an image of this name
    /// decides both if that image is a server.
    pub(super) fn read_start(&self, container: &YamlNode) -> (ContainerImage<'a>, LaunchResult) {
        let written = self.read_image(container);
        let files = self.context.files;
        let built = written.as_ref().and_then(|i| files.image(i, self.shapes));
        if let Some(built) = built {
            let image = self.image(built.image.reference(), Some(built));
            let launched = self.follow_launch(container, &image);
            if matches!(launched, LaunchResult::Server(_)) {
                return (image, launched);
            }
        }
        let image = self.image(written, None);
        let launched = self.follow_launch(container, &image);
        (image, launched)
    }

    /// The image as it is written, else as its variables are called.
    fn read_image(&self, container: &YamlNode) -> Option<ImageReference> {
        let node = container.get("image")?;
        let known = image_scalar(node).text.ok();
        let known = known.map(|text| ImageReference::parse(&text));
        known
            .filter(|image| !image.name.contains('$'))
            .or_else(|| read_named_image(node.as_str()?, self.shapes))
    }

    fn image(
        &self,
        reference: Option<ImageReference>,
        built: Option<TreeImage<'a>>,
    ) -> ContainerImage<'a> {
        let shapes = self.shapes;
        let shape = reference.as_ref().and_then(|r| shapes.server_image(r));
        let official = reference
            .as_ref()
            .is_some_and(|reference| shapes.official_image(reference).is_some());
        ContainerImage {
            reference,
            shape,
            official,
            built,
        }
    }

    fn follow_launch(&self, container: &YamlNode, image: &ContainerImage<'_>) -> LaunchResult {
        let (command, args) = (container.get("command"), container.get("args"));
        let templated = |node: &&YamlNode| node.scalar().is_some() && node.has_placeholder();
        if [command, args].iter().flatten().any(templated) {
            return if image.shape.is_some() && self.serves(container, image) {
                LaunchResult::Hidden(Cause::Template("writes its command"))
            } else {
                LaunchResult::Other
            };
        }
        let built = image.built.as_ref();
        let is_candidate =
            built.is_some() || self.may_serve(container, image) || self.is_likely(container, image);
        if !is_candidate {
            return LaunchResult::Other;
        }
        let mut environment = built.map_or_else(Default::default, |b| b.image.environment.clone());
        environment.extend(self.environment(container));
        let budget = FillBudget::of_process();
        let arguments = |node: Option<&YamlNode>| -> Vec<CommandArgument> {
            let items = node.map(YamlNode::items).unwrap_or_default();
            let words = items
                .iter()
                .filter_map(|item| argument(item, &environment, &budget));
            words.collect()
        };
        let scripts = |path: &str| {
            let of_image = || built?.script(path, self.context.files, self.shapes);
            self.script(container, path).or_else(of_image)
        };
        let texts = |fits: &dyn Fn(&str) -> bool| {
            let held = built.map(|built| built.texts_at(fits, self.context.files));
            held.unwrap_or_default()
        };
        let own = |node: &YamlNode| arguments(Some(node));
        let of_image = built.map(|built| &built.image);
        // A command of one's own does without the image's entrypoint and its command.
        let inherited = of_image.filter(|_| command.is_none());
        let words = args.map(own);
        let words = words.or_else(|| inherited?.command.clone());
        launch::follow_launch(
            &StartedProgram {
                image: image.reference.as_ref(),
                entrypoint: command.map(own).or_else(|| inherited?.entrypoint.clone()),
                command: words.unwrap_or_default(),
                environment: &environment,
                places: list_variable_places(container),
                listens: self.serves(container, image),
                ports: self.ports(container, image),
                asked_by_client: self.is_asked_by_client(container),
                scripts: Some(&scripts),
                texts: Some(&texts),
                mounts: built.is_none().then(|| list_mount_paths(container)),
                at: container_anchor(container),
            },
            self.shapes,
        )
    }

    /// Whether the container is worth a look: its image is a server's, or its command names one, or
    /// it runs a script that does.
    fn may_serve(&self, container: &YamlNode, image: &ContainerImage<'_>) -> bool {
        let lists = [container.get("command"), container.get("args")];
        let mut words = lists.into_iter().flatten().flat_map(YamlNode::items);
        let names_server = |text: &str| {
            let mut programs = self.shapes.servers.programs.iter();
            programs.any(|program| text.contains(&program.name))
        };
        image.shape.is_some()
            || words.any(|word| {
                let text = word.as_str().unwrap_or_default();
                let script = || matches!(self.script(container, text), Some(Ok(script)) if names_server(script.text()));
                names_server(text) || text.contains('/') && script()
            })
    }

    /// An image whose name may be a server's: what stands beside it decides.
    fn is_likely(&self, container: &YamlNode, image: &ContainerImage<'_>) -> bool {
        let reference = image.reference.as_ref();
        reference.is_some_and(|image| self.shapes.is_likely_server(image))
            && self.serves(container, image)
    }

    /// A probe runs a client of servers.
    fn is_asked_by_client(&self, container: &YamlNode) -> bool {
        let mut words = probe_words(container);
        words.any(|word| self.shapes.is_client_program(word))
    }

    /// The ports of a container: those that it declares, those that its probes ask, and where neither
    /// says any, those to which a Service leads in a pod of one container.
    fn ports(&self, container: &YamlNode, image: &ContainerImage<'_>) -> Vec<String> {
        let listed = container.get("ports").map(YamlNode::items);
        let declared = listed.unwrap_or_default().iter();
        let declared = declared.filter_map(|port| port.get("containerPort")?.as_str());
        let probes = PROBES.iter().filter_map(|probe| container.get(probe));
        let asked = probes.filter_map(|probe| probe.at("tcpSocket.port")?.as_str());
        let in_words = launch::list_checked_ports(probe_words(container), self.shapes);
        let ports: BTreeSet<&str> = declared.chain(asked).chain(in_words).collect();
        if ports.is_empty() {
            return self.ports_of_services(image).to_vec();
        }
        ports.into_iter().map(str::to_owned).collect()
    }

    /// The ports of the pod to which Services lead: with several containers it is not known whose they
    /// are. Of an image that is no server's by its name they say nothing, so it is not asked.
    fn ports_of_services(&self, image: &ContainerImage<'_>) -> &[String] {
        let reference = image.reference.as_ref();
        let may_be_server = image.shape.is_some()
            || reference.is_some_and(|image| self.shapes.is_likely_server(image));
        if !may_be_server || self.neighbours().count() > 1 {
            return &[];
        }
        self.shared.service_ports.get_or_init(|| {
            let objects = self.context.objects;
            objects.list_target_ports(self.object.namespace.as_ref(), &self.labels())
        })
    }

    /// Others reach it, or Kubernetes itself asks it for signs of life.
    fn serves(&self, container: &YamlNode, image: &ContainerImage<'_>) -> bool {
        let mut fields = PROBES.iter().chain(&["ports"]);
        let is_written = fields.any(|field| {
            let node = container.get(field);
            node.is_some_and(|node| !node.items().is_empty() || node.is_map())
        });
        is_written || !self.ports_of_services(image).is_empty()
    }

    /// A script that is mounted at a path: its text, or why it is not known; `None` for what no
    /// ConfigMap or Secret shows there.
    fn script(&self, container: &YamlNode, path: &str) -> Option<Result<InterpolatedText, Cause>> {
        let (source, key) = self.source_of(container, path)?;
        let object = source.object(self.object.namespace.clone());
        let missing = || {
            let what = format!("{}/{} key {key}", source.kind, source.name);
            Cause::ScriptOutsideTree(what)
        };
        let found = self.context.objects.find(&object, container.span.file);
        let node = found.ok().and_then(|root| {
            let fields = ["data", "stringData"];
            fields
                .iter()
                .find_map(|field| root.get(field)?.get(&key)?.scalar())
        });
        Some(node.map_or_else(|| Err(missing()), |scalar| read_template(scalar.value())))
    }
}

/// A script in which a template fills in words; one whose lines a template decides is not known.
fn read_template(script: &Excerpt) -> Result<InterpolatedText, Cause> {
    let text = script.text();
    let mut unknown = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find("{{").map(|found| at + found) {
        let end = text[start..]
            .find("}}")
            .map_or(text.len(), |e| start + e + 2);
        let action = text[start..end].trim_matches(['{', '}', '-', ' ', '\n']);
        let word = action.split_whitespace().next().unwrap_or_default();
        if matches!(
            word,
            "if" | "else" | "end" | "range" | "with" | "define" | "block"
        ) {
            return Err(Cause::Template("writes parts of its start script"));
        }
        unknown.push((start..end, template_reason()));
        at = end;
    }
    Ok(InterpolatedText::new(script.clone(), unknown, false))
}

fn argument(
    item: &YamlNode,
    environment: &ProcessEnvironment,
    budget: &FillBudget,
) -> Option<CommandArgument> {
    let excerpt = item.scalar()?.value();
    let text = if item.has_placeholder() {
        read_template(excerpt)
            .unwrap_or_else(|reason| InterpolatedText::from_hidden(excerpt.clone(), reason))
    } else {
        process_environment::substitute_references(excerpt, environment, budget)
    };
    Some(CommandArgument {
        slot: if text.is_changed() {
            EditTarget::None
        } else {
            replace(item)
        },
        text,
    })
}

/// How Kubernetes asks a container for signs of life.
pub(super) const PROBES: [&str; 3] = ["livenessProbe", "readinessProbe", "startupProbe"];

/// The words of the commands that Kubernetes runs in a container to ask for signs of life.
fn probe_words(container: &YamlNode) -> impl Iterator<Item = &str> {
    let probes = PROBES.iter().filter_map(|probe| container.get(probe));
    let commands = probes.filter_map(|probe| probe.at("exec.command"));
    let texts = commands
        .flat_map(YamlNode::items)
        .filter_map(YamlNode::as_str);
    texts.flat_map(str::split_ascii_whitespace)
}

/// The image; a template in the tag alone leaves the name known.
pub(super) fn image_scalar(node: &YamlNode) -> RawScalar {
    let scalar = raw_scalar(node);
    let tag_only = node.as_str().filter(|text| {
        let name = path::name(text);
        name.find("{{")
            .is_some_and(|placeholder| name[..placeholder].contains([':', '@']))
            && !text[..text.len() - name.len()].contains("{{")
    });
    match (&scalar.text, tag_only) {
        (Err(_), Some(text)) => RawScalar {
            text: Ok(text.split("{{").next().unwrap_or(text).to_owned()),
            ..scalar
        },
        _ => scalar,
    }
}

/// Where the variables of a container are written: their values, or what they are taken from.
fn list_variable_places(container: &YamlNode) -> VariablePlaces {
    let entries = container.get("env").map(YamlNode::items);
    let place = |entry: &YamlNode| {
        let name = known_text(entry.get("name"))?.to_owned();
        let value = entry.get("value").or(entry.get("valueFrom"));
        Some((name, value.unwrap_or(entry).span))
    };
    entries
        .unwrap_or_default()
        .iter()
        .filter_map(place)
        .collect()
}

fn list_mount_paths(container: &YamlNode) -> Vec<String> {
    let mounts = container.get("volumeMounts").map(YamlNode::items);
    let mounts = mounts.unwrap_or_default().iter();
    mounts
        .filter_map(|mount| known_text(mount.get("mountPath")).map(str::to_owned))
        .collect()
}
