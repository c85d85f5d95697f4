//! Units of which Podman makes services that run a container: its image and arguments, what is mounted
//! into it, and what it publishes. The volumes of other units are known by their endings alone: they
//! outlive the container.

use super::{MergedUnit, bytes, scalar, without_specifiers};
use crate::extract::client_call;
use crate::extract::command::CommandInvocation;
use crate::extract::container_paths::whole_path;
use crate::extract::image_set_up::VariablePlaces;
use crate::extract::launch::{self, LaunchResult, StartedProgram};
use crate::extract::mentions::count_mentions;
use crate::extract::process_environment::ProcessEnvironment;
use crate::extract::script;
use crate::extract::unread_mounts::{may_read_files, why_unread};
use crate::extract::volume_words::{VolumeSource, VolumeWord, add_image_volume};
use crate::facts::connection::RawConnection;
use crate::facts::fact_path::ServerFact;
use crate::facts::raw::{
    ConfPart, RawContainer, RawGivenVariable, RawHeld, RawMount, RawScalar, RawServer, RawUnread,
    WrittenCommand,
};
use crate::facts::{Cause, Strength};
use crate::knowledge::shapes::{ContainerUnitShape, ImageReference};
use crate::source::path;
use crate::syntax::dotenv;
use crate::syntax::shell;
use crate::syntax::unit::UnitSetting;

/// A mount and the setting that says it.
struct UnitMount<'a> {
    word: VolumeWord<'a>,
    setting: &'a UnitSetting,
}

impl MergedUnit<'_> {
    /// The server that a container unit runs.
    pub(super) fn container(&self, names: &ContainerUnitShape) -> Option<RawServer> {
        let image = self.last(&names.image)?;
        let is_made = image.value.text().ends_with(&names.made);
        let is_known = !image.value.text().contains('%') && !is_made;
        let reference = is_known.then(|| ImageReference::parse(image.value.text()));
        let environment = self.environment();
        let mounts = self.mounts(names);
        let words = |setting: &UnitSetting| launch::split(&without_specifiers(&setting.value));
        let ports: Vec<&str> = self.all(&names.ports).map(|p| p.value.text()).collect();
        let launched = launch::follow_launch(
            &StartedProgram {
                image: reference.as_ref(),
                entrypoint: self.last(&names.entrypoint).map(words),
                command: self.last(&names.command).map(words).unwrap_or_default(),
                environment: &environment,
                places: self.variable_places(names),
                listens: true,
                ports: ports.iter().map(|port| own_port(port)).collect(),
                asked_by_client: false,
                scripts: None,
                texts: None,
                mounts: (self.environment_file().is_none()).then(|| {
                    mounts
                        .iter()
                        .map(|mount| mount.word.target.to_owned())
                        .collect()
                }),
                at: image.value.span_all(),
            },
            self.shapes,
        );
        let hidden = |reason| ConfPart::NotVisible { reason, at: None };
        let shape = reference
            .as_ref()
            .and_then(|image| self.shapes.official_image(image));
        let data = shape.and_then(|shape| shape.data.as_deref());
        let (conf, container, unread) = match launched {
            LaunchResult::Other => return None,
            LaunchResult::Hidden(reason) => (vec![hidden(reason)], None, Vec::new()),
            LaunchResult::Server(invocation) => {
                let container = self.raw_container(names, &invocation, data);
                let unread = self.unread(names, &invocation, &mounts);
                (self.conf(*invocation), Some(container), unread)
            }
        };
        let mut deployment = self.deployment(path::name(self.path));
        // What is published on a real address can be reached; a network of containers is not seen.
        let open: Vec<String> = ports
            .iter()
            .filter(|port| !is_own_host(port))
            .map(|port| own_port(port))
            .collect();
        if open.is_empty() {
            let network = Cause::Host("the networks of its containers are unknown");
            deployment = deployment.with_unknown(ServerFact::Reachable, network);
        }
        let is_on = |setting: &UnitSetting| setting.value.text().eq_ignore_ascii_case("true");
        let read_only = self.last(&names.read_only).is_some_and(is_on);
        let deployment = deployment.with_known(ServerFact::FilesystemReadOnly, read_only);
        let name = format!("unit/{}", path::name(self.path));
        let anchor = image.name_span.to(image.value.span_all());
        let mut mounts: Vec<RawMount> = mounts.iter().map(|mount| self.raw_mount(mount)).collect();
        add_image_volume(&mut mounts, data, anchor);
        let connections = self.health_check(names, &environment, &name);
        Some(RawServer {
            image: Some(scalar(image, |text| (!is_made).then(|| text.to_owned()))),
            deployment,
            conf,
            hosts: vec![self.host_name(names)],
            published: open,
            mounts: Some(mounts),
            connections: connections.into_iter().collect(),
            data_directory: data.map(str::to_owned),
            container,
            unread,
            ..RawServer::new(name, anchor)
        })
    }

    /// The name under which containers of its network reach it.
    fn host_name(&self, names: &ContainerUnitShape) -> String {
        let own = self.last(&names.name).map(|name| name.value.text());
        let unit = path::name(self.path).trim_end_matches(names.ending.as_str());
        own.map_or_else(|| format!("{}{unit}", names.usual_name), str::to_owned)
    }

    /// What the container is started with; its image is the publisher's unless a unit makes it.
    fn raw_container(
        &self,
        names: &ContainerUnitShape,
        invocation: &CommandInvocation,
        data: Option<&str>,
    ) -> RawContainer {
        let entrypoint = self.last(&names.entrypoint);
        let written = [entrypoint, self.last(&names.command)];
        let texts: Vec<&str> = written.iter().flatten().map(|s| s.value.text()).collect();
        let first = written.iter().flatten().next();
        let command = first.map(|first| WrittenCommand {
            text: texts.join(" "),
            is_entrypoint: entrypoint.is_some(),
            span: first.value.span_all(),
        });
        // Every other setting may use a variable, but for the image and the variables themselves.
        let settings = self.settings.iter();
        let users = settings.filter(|s| s.name != names.environment && s.name != names.image);
        let named = self.list_variables(names);
        let texts = users.map(|s| s.value.text());
        let own: Vec<&str> = named.iter().map(|(name, _)| name.as_str()).collect();
        let mentions = count_mentions(&own, texts);
        let variables = named.into_iter().zip(mentions);
        let variables = variables.map(|((name, setting), mentions)| RawGivenVariable {
            span: setting.value.span_all(),
            is_used: mentions > 0,
            name,
        });
        RawContainer {
            altered: None,
            prepared: invocation.prepared.clone(),
            ends_with_server: invocation.is_last,
            file: whole_path(invocation.file.as_ref(), data),
            variables: variables.collect(),
            command,
            makes_volumes: true,
        }
    }

    /// The connection that its health check opens; Podman hands the text to a shell.
    fn health_check(
        &self,
        names: &ContainerUnitShape,
        environment: &ProcessEnvironment,
        server: &str,
    ) -> Option<RawConnection> {
        let test = self.last(&names.health)?;
        let text = without_specifiers(&test.value);
        let commands = script::commands(&text, environment, &[]);
        let name = format!("the health check of {server}");
        let anchor = test.name_span.to(test.value.span_all());
        client_call::probe(
            name,
            anchor,
            &commands,
            text.text(),
            environment,
            self.shapes,
        )
    }

    /// The variables with the settings that give them.
    fn list_variables(&self, names: &ContainerUnitShape) -> Vec<(String, &UnitSetting)> {
        let settings = self.all(&names.environment);
        let given = settings.flat_map(|setting| {
            let words = shell::words(&setting.value);
            let pairs = words.iter().flat_map(|word| dotenv::parse(&word.text));
            let found = pairs.map(|(name, _)| (name, setting));
            found.collect::<Vec<_>>()
        });
        given.collect()
    }

    fn variable_places(&self, names: &ContainerUnitShape) -> VariablePlaces {
        let variables = self.list_variables(names).into_iter();
        variables
            .map(|(name, setting)| (name, setting.value.span_all()))
            .collect()
    }

    /// The limit that Podman is asked for.
    pub(super) fn container_memory(&self, names: &ContainerUnitShape) -> Option<RawScalar> {
        if let Some(setting) = self.all(&names.memory).last() {
            return Some(scalar(setting, bytes));
        }
        let options = self.all(&names.options).collect::<Vec<_>>();
        let is_limit = |word: &&str| names.memory_options.iter().any(|known| known == word);
        let written = |setting: &&UnitSetting| {
            let text = setting.value.text().replace('=', " ");
            let mut words = text.split_ascii_whitespace();
            words.find(is_limit)?;
            let limit = words.next().and_then(bytes);
            Some(scalar(setting, |_| limit.clone()))
        };
        options.iter().rev().copied().find_map(|s| written(&s))
    }

    // What is mounted.

    /// Everything that is mounted; of two mounts at one path the last holds.
    fn mounts(&self, names: &ContainerUnitShape) -> Vec<UnitMount<'_>> {
        let volumes = self.all(&names.volumes).map(|setting| {
            let word = VolumeWord::read_volume(setting.value.text());
            (word, setting)
        });
        let memory = self.all(&names.memory_mounts).map(|setting| {
            let word = VolumeWord::read_memory(setting.value.text());
            (Some(word), setting)
        });
        let pairs = self.all(&names.mounts).map(|setting| {
            let word = VolumeWord::read_mount(setting.value.text());
            (word, setting)
        });
        let mut found: Vec<UnitMount<'_>> = Vec::new();
        for (word, setting) in volumes.chain(memory).chain(pairs) {
            if let Some(word) = word {
                found.retain(|other| other.word.target != word.target);
                found.push(UnitMount { word, setting });
            }
        }
        found
    }

    fn raw_mount(&self, mount: &UnitMount<'_>) -> RawMount {
        let is_file = match mount.word.source {
            VolumeSource::Host(on_host) => self.find_host_file(on_host).is_some(),
            _ => false,
        };
        mount
            .word
            .raw_mount(is_file, mount.setting.value.span_all())
    }

    /// The file of the tree that a path of the host names: one below the unit's own folder, or the only
    /// one that is called like it.
    fn find_host_file(&self, on_host: &str) -> Option<(String, Strength)> {
        let name = path::name(on_host);
        if !name.contains('.') {
            return None;
        }
        let relative = on_host.starts_with('.');
        let own = path::resolve(path::folder(self.path), on_host).filter(|_| relative);
        match &self.find_on_host(on_host)[..] {
            found if own.as_ref().is_some_and(|own| found.contains(own)) => {
                Some((own?, Strength::Certain))
            }
            [one] if path::name(one) == name => Some((one.clone(), Strength::Assumed)),
            _ => None,
        }
    }

    /// Where a file of the container stands on the host.
    pub(super) fn find_mounted(&self, names: &ContainerUnitShape, file: &str) -> Option<String> {
        let mounts = self.mounts(names);
        mounts.iter().find_map(|mount| {
            let VolumeSource::Host(on_host) = mount.word.source else {
                return None;
            };
            let rest = file.strip_prefix(mount.word.target.trim_end_matches('/'))?;
            let is_inside = rest.is_empty() || rest.starts_with('/');
            is_inside.then(|| format!("{}{rest}", on_host.trim_end_matches('/')))
        })
    }

    /// The mounts that hold configuration of which the server is never told.
    fn unread(
        &self,
        names: &ContainerUnitShape,
        invocation: &CommandInvocation,
        mounts: &[UnitMount<'_>],
    ) -> Vec<RawUnread> {
        let include = &self.shapes.servers.include;
        if may_read_files(invocation, include) || invocation.prepared.is_some() {
            return Vec::new();
        }
        let commands = [self.last(&names.entrypoint), self.last(&names.command)];
        let words = commands.into_iter().flatten();
        let words: Vec<Option<&str>> = words.map(|s| Some(s.value.text())).collect();
        let unread = mounts.iter().filter_map(|mount| {
            let VolumeSource::Host(on_host) = mount.word.source else {
                return None;
            };
            let (path, strength) = self.find_host_file(on_host)?;
            Some(RawUnread {
                name: mount.word.target.to_owned(),
                span: mount.setting.value.span_all(),
                why: why_unread(&words, mount.word.target, invocation)?,
                strength,
                held: Some(RawHeld::File { path }),
            })
        });
        unread.collect()
    }
}

/// The port of the container in `ADDRESS:PORT:OWN/tcp`.
fn own_port(port: &str) -> String {
    let own = port.rsplit(':').next().unwrap_or(port);
    own.split('/').next().unwrap_or(own).to_owned()
}

/// Whether a port is published for the own host alone.
fn is_own_host(port: &str) -> bool {
    port.starts_with("127.") || port.starts_with("[::1]")
}
