//! What a server finds in its container: whether the paths that it needs at start are there, whether it
//! can write its data, which volumes hold nothing of it, and which of its variables nothing reads.
//!
//! A path is there if a mount shows it or the image has it. Of an image without a description, one that
//! is built here, or behind a script that may make files, nothing is said.

use std::path::Path;

use crate::facts::effective_config::EffectiveConfig;
use crate::facts::fact_path::{DirectiveFact, ServerFact};
use crate::facts::raw::{ArgWord, MountContent, MountStorage, RawContainer, RawMount, RawServer};
use crate::facts::{
    Cause, Datum, FactValue, RelatedSubject, Strength, Subject, SubjectKind, ValueState,
};
use crate::knowledge::servers::PathKind;
use crate::knowledge::shapes::{AskedVariable, ImageReference};
use crate::resolve::server::ServerResolver;

/// A word of a fact that says that there is nothing of the kind.
const NONE: &str = "none";

/// The container of a server, with its image as far as it is known.
struct SeenContainer<'a> {
    container: &'a RawContainer,
    server: &'a RawServer,
    mounts: &'a [RawMount],
    image: Option<ImageReference>,
    resolver: &'a ServerResolver<'a>,
}

/// Why a path is not there, as a sentence says it.
type Absence = String;

impl ServerResolver<'_> {
    fn find_container(&self) -> Option<SeenContainer<'_>> {
        // Of what a command runs all is written that its container is given.
        let is_whole = |server: &&RawServer| !server.fragment || server.transient;
        let server = self.deployed.filter(is_whole)?;
        let container = server.container.as_ref()?;
        Some(SeenContainer {
            container,
            server,
            mounts: server.mounts.as_deref()?,
            image: self.image().and_then(Result::ok),
            resolver: self,
        })
    }

    /// For each line that names a path which has to be there when the server starts: whether it is.
    pub(super) fn put_missing_paths(&self, lines: &mut [Subject], effective: &EffectiveConfig) {
        let Some(seen) = self.find_container() else {
            return;
        };
        for line in lines {
            if let Some(value) = seen.find_missing_path(line, effective) {
                line.put(DirectiveFact::MissingPath, value);
            }
        }
    }

    /// The configuration file of the command, as a subject of its own: it has a name and whether it is
    /// there.
    pub(super) fn missing_file(&self, server: &RelatedSubject) -> Option<Subject> {
        let seen = self.find_container()?;
        let file = seen.container.file.as_ref()?;
        let value = seen.find_missing(&file.text, PathKind::File);
        let value = value_of(value, &file.text, file);
        let label = format!("{}: {}", self.name(), file.text);
        let path = self.knowledge.sources.path(file.span);
        let mut subject = Subject::new(SubjectKind::Directive, label, path, file.span);
        subject.put(
            DirectiveFact::Name,
            FactValue::set(file.text.clone(), file.span),
        );
        subject.put(DirectiveFact::MissingPath, value);
        subject.server = Some(server.clone());
        Some(subject)
    }

    /// What the server finds in its container.
    pub(super) fn put_container(&self, subject: &mut Subject) {
        let Some(seen) = self.find_container() else {
            return;
        };
        let anchor = seen.server.anchor;
        let mut put = |fact: ServerFact, value: FactValue| {
            subject.put(fact, value.with_anchor_when_unset(anchor));
        };
        let paths = seen
            .mounts
            .iter()
            .map(|mount| Datum::Text(mount.path.clone()));
        put(
            ServerFact::Mounts,
            FactValue::from_derived(Datum::List(paths.collect())),
        );
        put(ServerFact::MainProcess, seen.main_process());
        let (unread, password) = seen.unread_variables();
        put(ServerFact::VariablesUnread, unread);
        put(ServerFact::VariablesPassword, password);
        let unrelated = self.replicas_unrelated(&seen, subject);
        subject.put(
            ServerFact::ReplicasUnrelated,
            unrelated.with_anchor_when_unset(anchor),
        );
        let directory = self.data_directory(subject);
        let mut put = |fact: ServerFact, value: FactValue| {
            subject.put(fact, value.with_anchor_when_unset(anchor));
        };
        match directory {
            Ok((directory, span)) => {
                let named = match span {
                    Some(span) => FactValue::set(directory.clone(), span),
                    None => FactValue::from_derived(directory.clone()),
                };
                put(ServerFact::DataDirectory, named);
                put(ServerFact::StorageUnused, seen.unused_volume(&directory));
                let writable = seen.writable(&directory);
                put(ServerFact::StorageWritable, writable);
                put(ServerFact::StorageShared, seen.shares_volume(&directory));
            }
            Err(reason) => {
                for fact in [
                    ServerFact::DataDirectory,
                    ServerFact::StorageUnused,
                    ServerFact::StorageWritable,
                    ServerFact::StorageShared,
                ] {
                    put(fact, FactValue::unknown(reason.clone()));
                }
            }
        }
    }
}

impl ServerResolver<'_> {
    /// Whether several processes would be as many data sets behind one name: they form no cluster, none
    /// copies another, and no script arranges it.
    fn replicas_unrelated(&self, seen: &SeenContainer<'_>, subject: &Subject) -> FactValue {
        let names = &self.knowledge.shapes.servers;
        for name in [&names.cluster_mode, &names.replica_of] {
            match subject.conf(name).map(|value| &value.state) {
                Some(ValueState::Unknown(reason)) => return FactValue::unknown(reason.clone()),
                Some(ValueState::Set(datum) | ValueState::Default(datum))
                    if datum.as_text() != Some("no") =>
                {
                    return FactValue::from_derived(false);
                }
                _ => {}
            }
        }
        if let Some(why) = &seen.container.prepared {
            return FactValue::unknown(why.clone());
        }
        if seen.server.is_composed() {
            return FactValue::from_derived(true)
                .because("the name of the service leads to any of them");
        }
        match self.service(seen.server, subject) {
            Some(service) if !service.headless => FactValue::from_derived(true)
                .because(format!("Service/{} leads to any of them", service.name)),
            _ => FactValue::from_derived(false),
        }
    }
}

impl<'a> SeenContainer<'a> {
    /// Whether the path of a line is missing; nothing for lines that need none.
    fn find_missing_path(&self, line: &Subject, effective: &EffectiveConfig) -> Option<FactValue> {
        let servers = self.resolver.knowledge.servers;
        let name = line.fact(DirectiveFact::Canonical)?.text()?;
        let needed = servers.find_needed_path(name)?;
        let value = line.fact(DirectiveFact::Value)?;
        let span = value.place()?;
        // Only the line that the server is left with is looked at; each of a repeated one is.
        let own = effective.get(name).and_then(FactValue::span);
        if own.is_some_and(|own| own.start != span.start || own.file != span.file) {
            return None;
        }
        if let (Some(on), Some(idle)) = (&needed.on, &needed.idle) {
            let deciding = effective.get(on)?;
            let is_idle = match deciding.known_datum() {
                Some(Datum::Int(number)) => number.to_string() == *idle,
                Some(datum) => datum.as_text() == Some(idle),
                None => return Some(FactValue::unknown(Cause::DirectiveNotKnown(on.clone()))),
            };
            if is_idle {
                return None;
            }
        }
        let args = line.fact(DirectiveFact::Args)?.known_datum()?;
        let Datum::List(words) = args else {
            return None;
        };
        let path = words.first().and_then(Datum::as_text)?;
        let is_pattern = path.contains(['*', '?', '[', '$', '{', '<', '%']);
        // A name alone stands in the data directory, an empty one for none.
        if is_pattern || !path.starts_with('/') {
            return None;
        }
        let (wanted, kind) = match needed.needs {
            PathKind::Parent => {
                let folder = Path::new(path).parent().and_then(Path::to_str)?;
                (folder.to_owned(), PathKind::Folder)
            }
            kind => (path.to_owned(), kind),
        };
        let word = ArgWord {
            text: wanted.clone(),
            span,
            unresolved: None,
            slot: crate::facts::EditTarget::None,
        };
        Some(value_of(self.find_missing(&wanted, kind), &wanted, &word))
    }

    /// Why a path is not there; `None` where it is.
    fn find_missing(&self, path: &str, kind: PathKind) -> Result<Option<Absence>, Cause> {
        if let Some(why) = &self.container.prepared {
            return Err(why.clone());
        }
        let path = path.trim_end_matches('/');
        let leads_to = |mount: &RawMount| {
            Path::new(&mount.path).starts_with(path) && mount.path.trim_end_matches('/') != path
        };
        let holds = |mount: &&RawMount| Path::new(path).starts_with(&mount.path);
        let nearest = self
            .mounts
            .iter()
            .filter(holds)
            .max_by_key(|mount| mount.path.len());
        if kind == PathKind::Folder && self.mounts.iter().any(leads_to) {
            // The runtime makes the folders on the way to a mount.
            return Ok(None);
        }
        match nearest {
            Some(mount) => find_missing_in_mount(mount, path, kind),
            None => self.find_missing_in_image(path, kind),
        }
    }

    fn find_missing_in_image(&self, path: &str, kind: PathKind) -> Result<Option<Absence>, Cause> {
        if let Some(why) = &self.container.altered {
            return Err(why.clone());
        }
        let shapes = self.resolver.knowledge.shapes;
        let image = self.image.as_ref();
        let files = image
            .filter(|image| shapes.official_image(image).is_some())
            .and_then(|image| shapes.images.files(image));
        let Some(files) = files else {
            return Err(Cause::InImage(path.to_owned()));
        };
        let there = match kind {
            PathKind::File => files.has_file(path),
            PathKind::Folder | PathKind::Parent => files.has_folder(path),
        };
        match there {
            Some(true) => Ok(None),
            Some(false) => Ok(Some(format!(
                "it is neither in the image nor mounted ({})",
                image.map(|image| image.name.as_str()).unwrap_or_default()
            ))),
            None => Err(Cause::InImage(path.to_owned())),
        }
    }

    fn main_process(&self) -> FactValue {
        match self.container.ends_with_server {
            Some(ends) => FactValue::from_derived(ends),
            None => FactValue::unknown(Cause::StartScript("is not followed")),
        }
    }

    /// The variables that people give to the image in the belief that it reads them, while nothing does;
    /// and whether one of them is a password.
    fn unread_variables(&self) -> (FactValue, FactValue) {
        let shapes = self.resolver.knowledge.shapes;
        let none = || {
            (
                FactValue::from_derived(NONE),
                FactValue::from_derived(false),
            )
        };
        let Some(image) = &self.image else {
            let why = Cause::Image("what it reads is not known");
            return (FactValue::unknown(why.clone()), FactValue::unknown(why));
        };
        let asked = |name: &str| shapes.images.find_asked(image, name);
        let given = self.container.variables.iter();
        let meant = given.filter_map(|variable| Some((variable, asked(&variable.name)?)));
        let replaced = self.replaces_start(image);
        let unread: Vec<_> = meant
            .filter(|(variable, by)| {
                !variable.is_used && (*by == AskedVariable::ByNothing || replaced)
            })
            .collect();
        let Some((first, by)) = unread.first() else {
            return none();
        };
        let why = self
            .container
            .prepared
            .clone()
            .or(self.container.altered.clone());
        if let Some(why) = why {
            return (FactValue::unknown(why.clone()), FactValue::unknown(why));
        }
        let names: Vec<&str> = unread.iter().map(|(v, _)| v.name.as_str()).collect();
        let title = shapes
            .images
            .content(image)
            .map(|image| image.title.as_str());
        let title = title.unwrap_or("the image");
        let why = match by {
            AskedVariable::ByNothing => format!("{title} reads no such variable"),
            AskedVariable::ByStart => {
                format!("the command takes the place of the script that reads it in {title}")
            }
        };
        let is_password = names.iter().any(|name| shapes.images.is_password(name));
        let value = FactValue::set(names.join(", "), first.span).because(why);
        (value, FactValue::from_derived(is_password))
    }

    /// What is written in the place of the image's command keeps its script from setting the server up.
    fn replaces_start(&self, image: &ImageReference) -> bool {
        let content = self.resolver.knowledge.shapes.images.content(image);
        let words = content.map(|content| content.start.as_slice());
        let written = self.container.command.as_ref();
        let runs = |text: &str| {
            let mut words = words.unwrap_or_default().iter();
            words.any(|word| text.contains(word.as_str()))
        };
        written.is_some_and(|written| !runs(&written.text))
    }

    /// A volume that keeps data, mounted where the server writes nothing while its data directory is on
    /// none.
    fn unused_volume(&self, directory: &str) -> FactValue {
        let is_on = |mount: &&RawMount| Path::new(directory).starts_with(&mount.path);
        let holding = self.mounts.iter().filter(is_on);
        let own = holding.max_by_key(|mount| mount.path.len());
        let is_kept = own.is_some_and(|mount| match mount.storage {
            MountStorage::Persistent
            | MountStorage::Shared
            | MountStorage::Ephemeral
            | MountStorage::Files => true,
            // The runtime's own volume without a name keeps nothing for the next container.
            MountStorage::Unknown => !self.is_own_volume(mount),
        });
        if is_kept {
            return FactValue::from_derived(NONE);
        }
        let beside = self.mounts.iter().find(|mount| {
            matches!(
                mount.storage,
                MountStorage::Persistent | MountStorage::Shared
            ) && !mount.read_only
                && mount.content != MountContent::File
                && self
                    .resolver
                    .knowledge
                    .shapes
                    .images
                    .is_data_mount(&mount.path)
                && !self.is_configuration(&mount.path)
        });
        match beside {
            Some(mount) => FactValue::set(mount.path.clone(), mount.span),
            None => FactValue::from_derived(NONE),
        }
    }

    /// The volume without a name that stands for the one that the image declares.
    fn is_own_volume(&self, mount: &RawMount) -> bool {
        self.container.makes_volumes && mount.span == self.server.anchor
    }

    /// The server's file, or something else that its command names, is there.
    fn is_configuration(&self, path: &str) -> bool {
        let file = self.container.file.as_ref();
        let words = self.container.command.as_ref();
        file.is_some_and(|file| Path::new(&file.text).starts_with(path))
            || words.is_some_and(|words| words.text.contains(path))
    }

    /// Whether all processes of the workload keep their data on one volume.
    fn shares_volume(&self, directory: &str) -> FactValue {
        let is_on = |mount: &&RawMount| Path::new(directory).starts_with(&mount.path);
        let holding = self.mounts.iter().filter(is_on);
        match holding.max_by_key(|mount| mount.path.len()) {
            Some(mount) if mount.storage == MountStorage::Shared => {
                FactValue::set(true, mount.span)
            }
            Some(mount) if mount.storage == MountStorage::Unknown => FactValue::unknown(
                Cause::Storage("the volume under the data directory is unknown"),
            ),
            _ => FactValue::from_derived(false),
        }
    }

    /// Whether the data directory can be written.
    fn writable(&self, directory: &str) -> FactValue {
        let is_on = |mount: &&RawMount| Path::new(directory).starts_with(&mount.path);
        let holding = self.mounts.iter().filter(is_on);
        let own = holding.max_by_key(|mount| mount.path.len());
        if let Some(mount) = own {
            return match mount.read_only || mount.storage == MountStorage::Files {
                true => FactValue::set(false, mount.span),
                false => FactValue::from_derived(true),
            };
        }
        let read_only = self
            .server
            .deployment
            .attributes
            .get(&ServerFact::FilesystemReadOnly);
        match read_only {
            Some(Ok(Datum::Bool(true))) => {}
            Some(Err(why)) => return FactValue::unknown(why.clone()),
            _ => return FactValue::from_derived(true),
        }
        let shapes = self.resolver.knowledge.shapes;
        let content = self
            .image
            .as_ref()
            .and_then(|image| shapes.images.content(image));
        let declared = content.and_then(|content| content.volume.as_deref());
        match declared {
            // Some runtimes make a volume that can be written where the image declares one.
            Some(volume) if Path::new(directory).starts_with(volume) => {
                FactValue::from_derived(false)
                    .because("the root file system is read-only")
                    .with_strength(Strength::Assumed)
            }
            Some(_) => FactValue::from_derived(false).because("the root file system is read-only"),
            None => FactValue::unknown(Cause::Image("whether it declares a volume is not known")),
        }
    }
}

/// Whether a path below a mount is missing.
fn find_missing_in_mount(
    mount: &RawMount,
    path: &str,
    kind: PathKind,
) -> Result<Option<Absence>, Cause> {
    let at = mount.path.trim_end_matches('/');
    let below = path.strip_prefix(at).unwrap_or_default();
    let below = below.trim_start_matches('/');
    match (&mount.content, below) {
        (MountContent::Missing(source), "") => Ok(Some(format!("{source} has no such key"))),
        (MountContent::File, "") if kind == PathKind::File => Ok(None),
        (MountContent::File | MountContent::Missing(_), _) => {
            Err(Cause::Storage("a file is mounted there"))
        }
        (_, "") if kind != PathKind::File => Ok(None),
        (MountContent::Files { paths, source }, below) => {
            let is_there = match kind {
                PathKind::File => paths.contains(below),
                _ => paths
                    .iter()
                    .any(|path| path.starts_with(&format!("{below}/"))),
            };
            let listed: Vec<&str> = paths.iter().take(MAX_LISTED).map(String::as_str).collect();
            let has = match listed.is_empty() {
                true => "it is empty".to_owned(),
                false => format!("it has {}", listed.join(", ")),
            };
            let missing = format!("{source} is mounted at {at} and has no key {below} ({has})");
            Ok((!is_there).then_some(missing))
        }
        (MountContent::Empty, _) => Ok(Some(format!("the volume at {at} is empty at start"))),
        (MountContent::Unknown(why), _) => Err(why.clone()),
    }
}

/// No more keys of a ConfigMap than these are listed in a sentence.
const MAX_LISTED: usize = 5;

fn value_of(missing: Result<Option<Absence>, Cause>, path: &str, place: &ArgWord) -> FactValue {
    match missing {
        Ok(None) => FactValue::set(NONE.to_owned(), place.span),
        Ok(Some(why)) => FactValue::set(path.to_owned(), place.span).because(why),
        Err(reason) => FactValue::set_unknown(reason, place.span),
    }
}
