//! What stands at a path of a service's file system: volumes, binds, configs, secrets, and what its
//! image was built with.

use crate::extract::compose::service::ComposeService;
use crate::extract::compose::{ComposeProject, ComposeTree};
use crate::extract::conf::{self, TextFrame};
use crate::extract::generated_config::{GeneratedConfig, ProcessFiles};
use crate::extract::generated_file::GeneratedFile;
use crate::extract::interpolate::InterpolatedText;
use crate::extract::launch;
use crate::extract::tree_files::TreeImage;
use crate::facts::raw::ArgWord;
use crate::facts::raw::{
    ConfPart, MountContent, MountStorage, ObjectName, RawFacts, RawHeld, RawMount, RawText,
    TextPlace,
};
use crate::facts::{Cause, Strength};
use crate::knowledge::shapes::DeploymentShapes;
use crate::source::{Excerpt, Span, path};
use crate::syntax::yaml::YamlNode;

/// Everything that is mounted; of two mounts at one path the last holds.
pub(super) struct ServiceMounts<'a> {
    mounts: Vec<ServiceMount<'a>>,
}

struct ServiceMount<'a> {
    target: String,
    /// Nothing can be written there.
    read_only: bool,
    source: MountSource<'a>,
    span: Span,
}

enum MountSource<'a> {
    /// A file or folder of the tree.
    Tree(String),
    /// A file or folder of the host.
    Host,
    Volume {
        ephemeral: bool,
    },
    /// It has no name and no source.
    Anonymous,
    Memory,
    /// A text in the compose file itself.
    Inline {
        section: &'static str,
        name: String,
        content: &'a YamlNode,
    },
    Unknown(Cause),
}

impl<'a> ServiceMounts<'a> {
    pub(super) fn of(service: &ComposeService<'a>) -> Self {
        let mut found = Self { mounts: Vec::new() };
        for (folder, node) in service.nodes("volumes") {
            for item in node.items() {
                found.add(volume(service, folder, item));
            }
        }
        for (_, node) in service.nodes("tmpfs") {
            let items = if node.is_seq() {
                node.items()
            } else {
                std::slice::from_ref(node)
            };
            for item in items {
                found.add(memory(service, item));
            }
        }
        for (section, folder) in [("configs", "/"), ("secrets", "/run/secrets/")] {
            let items = service.nodes(section).flat_map(|(_, node)| node.items());
            for item in items {
                found.add(read_file_entry(service, section, folder, item));
            }
        }
        found
    }

    fn add(&mut self, mount: Option<ServiceMount<'a>>) {
        let Some(mount) = mount else { return };
        self.mounts.retain(|other| other.target != mount.target);
        self.mounts.push(mount);
    }

    /// The mount that holds a path, and the rest of the path below it.
    fn find_mount(&self, path: &str) -> Option<(&ServiceMount<'a>, String)> {
        let within = |mount: &ServiceMount<'_>| {
            let target = mount.target.trim_end_matches('/');
            if path == target {
                return Some(String::new());
            }
            let rest = path.strip_prefix(target)?.strip_prefix('/')?;
            Some(rest.to_owned())
        };
        self.mounts
            .iter()
            .filter_map(|mount| Some((mount, within(mount)?)))
            .min_by_key(|(_, rest)| rest.len())
    }

    /// The mounts that may show configuration, with their paths and, where it is a file of the tree, what
    /// they show. A text in the compose file itself is known by the name that it is given.
    pub(super) fn list_held<'m>(
        &'m self,
        shapes: &'m DeploymentShapes,
    ) -> impl Iterator<Item = (&'m str, Span, Option<RawHeld>)> {
        let held = |mount: &ServiceMount<'a>| match &mount.source {
            MountSource::Tree(source) => Some(Some(RawHeld::File {
                path: source.trim_start_matches('/').to_owned(),
            })),
            MountSource::Inline { .. } => {
                let is_text = shapes.is_text_key(path::name(&mount.target));
                is_text.then_some(None)
            }
            _ => None,
        };
        let mounts = self.mounts.iter();
        mounts.filter_map(move |mount| Some((mount.target.as_str(), mount.span, held(mount)?)))
    }

    /// The file that the server is given, followed to what holds it.
    pub(super) fn file_part(
        &self,
        service: &ComposeService<'a>,
        file: &ArgWord,
        path: &str,
        built: Option<&TreeImage<'a>>,
        raw: &mut RawFacts,
    ) -> ConfPart {
        let gap = |reason: Cause| ConfPart::NotVisible {
            reason,
            at: Some(file.span),
        };
        let named = |fact| Cause::Named {
            name: path.to_owned(),
            fact,
        };
        if let Some(reason) = &file.unresolved {
            return gap(Cause::FilePath(Box::new(reason.clone())));
        }
        let Some((mount, rest)) = self.find_mount(path) else {
            let tree = service.project.tree;
            let part =
                built.and_then(|built| built.file_part(path, file.span, tree.files, tree.shapes));
            return part.unwrap_or_else(|| gap(Cause::InImage(path.to_owned())));
        };
        match &mount.source {
            MountSource::Tree(source) => {
                let source = if rest.is_empty() {
                    source.clone()
                } else {
                    format!("{source}/{rest}")
                };
                ConfPart::File {
                    path: source.trim_start_matches('/').to_owned(),
                    evidence: format!("mounted at {}", mount.target),
                    strength: Strength::Certain,
                    at: mount.span,
                }
            }
            MountSource::Inline {
                section,
                name,
                content,
            } => inline(service, section, name, content, path, mount.span, raw),
            MountSource::Host => gap(named("is a file of the host")),
            MountSource::Unknown(reason) => gap(Cause::NotFollowed {
                path: path.to_owned(),
                cause: Box::new(reason.clone()),
            }),
            MountSource::Volume { .. } | MountSource::Anonymous | MountSource::Memory => {
                gap(named("is on a volume that something else fills"))
            }
        }
    }

    /// The file that the server is given: as it is, or as its start script makes it.
    pub(super) fn make_config(
        &self,
        service: &ComposeService<'a>,
        file: &ArgWord,
        recipe: Option<GeneratedFile>,
        built: Option<&TreeImage<'a>>,
        raw: &mut RawFacts,
    ) -> Vec<ConfPart> {
        let Some(recipe) = recipe else {
            return vec![self.file_part(service, file, &file.text, built, raw)];
        };
        let owner = ObjectName {
            kind: "service".to_owned(),
            namespace: None,
            name: service.name.to_owned(),
            templated: false,
        };
        let maker = GeneratedConfig {
            owner: &owner,
            file_text: service.project.tree.file_text,
            shapes: service.project.tree.shapes,
        };
        let mut seen = ServiceFiles {
            mounts: self,
            service,
            file,
            built,
            raw,
        };
        let mut texts = Vec::new();
        let parts = maker.parts(recipe, file, &mut seen, &mut texts);
        raw.texts.append(&mut texts);
        parts
    }

    /// The paths at which something is mounted.
    pub(super) fn targets(&self) -> Vec<String> {
        self.mounts
            .iter()
            .map(|mount| mount.target.clone())
            .collect()
    }

    /// A script that the process sees under a path; `None` for what is none.
    pub(super) fn script(
        &self,
        service: &ComposeService<'a>,
        path: &str,
        built: Option<&TreeImage<'a>>,
    ) -> Option<Result<InterpolatedText, Cause>> {
        let tree = service.project.tree;
        let Some((mount, rest)) = self.find_mount(path) else {
            return built?.script(path, tree.files, tree.shapes);
        };
        match &mount.source {
            MountSource::Tree(source) if rest.is_empty() => {
                tree.files.script(source.trim_start_matches('/'))
            }
            MountSource::Tree(source) => tree
                .files
                .script(format!("{source}/{rest}").trim_start_matches('/')),
            MountSource::Inline { content, .. } => {
                let script = service.text(content)?;
                launch::is_script(path, script.text()).then_some(Ok(script))
            }
            _ => None,
        }
    }

    /// The files of the tree that the process sees at paths that fit.
    pub(super) fn texts_at(
        &self,
        service: &ComposeService<'a>,
        fits: &dyn Fn(&str) -> bool,
        built: Option<&TreeImage<'a>>,
    ) -> Vec<Excerpt> {
        let files = service.project.tree.files;
        let mounted = self.mounts.iter().filter(|mount| fits(&mount.target));
        let mounted = mounted.filter_map(|mount| match &mount.source {
            MountSource::Tree(path) => files.text(path.trim_start_matches('/')).cloned(),
            _ => None,
        });
        let of_image = built.map(|built| built.texts_at(fits, files));
        mounted.chain(of_image.into_iter().flatten()).collect()
    }

    /// What the data directory may be on. The image's own data directory is a volume without a name
    /// where nothing is mounted there.
    pub(super) fn storage(
        &self,
        service: &ComposeService<'_>,
        data: Option<&str>,
    ) -> Vec<RawMount> {
        let mut found: Vec<RawMount> = self
            .mounts
            .iter()
            .map(|mount| RawMount {
                path: mount.target.clone(),
                storage: mount.source.storage(),
                read_only: mount.read_only,
                content: mount.source.content(service.project.tree),
                span: mount.span,
            })
            .collect();
        if let Some(data) = data.filter(|data| self.find_mount(data).is_none()) {
            found.push(RawMount {
                path: data.to_owned(),
                storage: MountStorage::Unknown,
                read_only: false,
                content: MountContent::Unknown(Cause::Storage(
                    "a volume without a name may keep what an earlier container wrote",
                )),
                span: service.anchor(),
            });
        }
        found
    }
}

/// The files that a service sees.
struct ServiceFiles<'s, 'a> {
    mounts: &'s ServiceMounts<'a>,
    service: &'s ComposeService<'a>,
    file: &'s ArgWord,
    built: Option<&'s TreeImage<'a>>,
    raw: &'s mut RawFacts,
}

impl ProcessFiles for ServiceFiles<'_, '_> {
    fn before(&mut self) -> Vec<ConfPart> {
        vec![self.other(self.file)]
    }

    fn other(&mut self, file: &ArgWord) -> ConfPart {
        let (service, built) = (self.service, self.built);
        self.mounts
            .file_part(service, file, &file.text, built, self.raw)
    }

    fn template_of(&mut self, _: &ArgWord) -> Option<ConfPart> {
        None
    }
}

impl MountSource<'_> {
    fn storage(&self) -> MountStorage {
        match self {
            Self::Tree(_) | Self::Host | Self::Volume { ephemeral: false } => MountStorage::Shared,
            Self::Memory | Self::Volume { ephemeral: true } => MountStorage::Ephemeral,
            Self::Inline { .. } => MountStorage::Files,
            Self::Anonymous | Self::Unknown(_) => MountStorage::Unknown,
        }
    }
}

impl MountSource<'_> {
    /// What stands at the mount when the container starts. Beside what the tree holds a folder may hold
    /// files that are not committed.
    fn content(&self, tree: &ComposeTree<'_>) -> MountContent {
        let unknown = |why| MountContent::Unknown(Cause::Storage(why));
        match self {
            Self::Tree(path) if tree.files.holds(path) => MountContent::File,
            Self::Tree(_) | Self::Host => unknown("it is a folder of the host"),
            Self::Inline { .. } => MountContent::File,
            Self::Memory => MountContent::Empty,
            Self::Volume { .. } | Self::Anonymous => unknown("a volume may hold it already"),
            Self::Unknown(why) => MountContent::Unknown(why.clone()),
        }
    }
}

/// An entry of `volumes:`, `SOURCE:TARGET:MODE` or a mapping.
fn volume<'a>(
    service: &ComposeService<'a>,
    folder: &str,
    item: &'a YamlNode,
) -> Option<ServiceMount<'a>> {
    if item.is_map() {
        return long_volume(service, folder, item);
    }
    let text = service.text(item)?;
    let written = text.text();
    let mut colons = written
        .match_indices(':')
        .map(|(at, _)| at)
        .filter(|at| text.placeholder(&(*at..*at + 1)).is_none());
    let (source, target) = match (colons.next(), colons.next()) {
        (None, _) => (None, text.clone()),
        (Some(first), second) => {
            let end = second.unwrap_or(written.len());
            (Some(text.slice(0..first)), text.slice(first + 1..end))
        }
    };
    let source = match source {
        None => MountSource::Anonymous,
        Some(source) => read_source(service.project, folder, &source),
    };
    let mut options = written.rsplit(':').next().unwrap_or_default().split(',');
    Some(ServiceMount {
        read_only: written.matches(':').count() > 1 && options.any(|option| option == "ro"),
        ..mount(&target, source, item.span)
    })
}

fn long_volume<'a>(
    service: &ComposeService<'a>,
    folder: &str,
    item: &'a YamlNode,
) -> Option<ServiceMount<'a>> {
    let target = service.text(item.get("target").or(item.get("destination"))?)?;
    let kind = service.known_text(item.get("type"));
    let source = item
        .get("source")
        .or(item.get("src"))
        .and_then(|node| service.text(node));
    let source = match (kind.as_deref(), source) {
        (Some("tmpfs"), _) => MountSource::Memory,
        (Some("bind"), Some(source)) => read_bind(folder, &source),
        (Some("volume") | None, Some(source)) => read_source(service.project, folder, &source),
        (Some("volume") | None, None) => MountSource::Anonymous,
        _ => MountSource::Unknown(Cause::Deployment("this kind of mount is not supported")),
    };
    Some(ServiceMount {
        read_only: item.get("read_only").and_then(YamlNode::as_bool) == Some(true),
        ..mount(&target, source, item.span)
    })
}

/// A mount; one whose place is not known may be anywhere.
fn mount<'a>(target: &InterpolatedText, source: MountSource<'a>, span: Span) -> ServiceMount<'a> {
    let (target, source) = match target.known_text() {
        Ok(target) => (target.to_owned(), source),
        Err(reason) => ("/".to_owned(), MountSource::Unknown(reason)),
    };
    ServiceMount {
        target,
        read_only: false,
        source,
        span,
    }
}

/// A path begins with a dot, a slash or a tilde; anything else is the name of a volume.
fn read_source<'a>(
    project: &ComposeProject<'a>,
    folder: &str,
    source: &InterpolatedText,
) -> MountSource<'a> {
    let Ok(name) = source.known_text() else {
        return read_bind(folder, source);
    };
    if name.starts_with(['.', '/', '~']) {
        return read_bind(folder, source);
    }
    let options = project
        .top("volumes", name)
        .and_then(|(_, node)| node.at("driver_opts.type"));
    MountSource::Volume {
        ephemeral: options.and_then(YamlNode::as_str) == Some("tmpfs"),
    }
}

fn read_bind<'a>(folder: &str, source: &InterpolatedText) -> MountSource<'a> {
    match source.known_text() {
        Err(reason) => MountSource::Unknown(reason),
        Ok(path) => match path::resolve(folder, path) {
            Some(path) => MountSource::Tree(path),
            None => MountSource::Host,
        },
    }
}

/// An entry of `tmpfs:`, a path with options behind a colon.
fn memory<'a>(service: &ComposeService<'a>, item: &YamlNode) -> Option<ServiceMount<'a>> {
    let text = service.text(item)?;
    let end = text.text().find(':').unwrap_or(text.text().len());
    Some(mount(&text.slice(0..end), MountSource::Memory, item.span))
}

/// An entry of `configs:` or `secrets:`, a name or a mapping.
fn read_file_entry<'a>(
    service: &ComposeService<'a>,
    section: &'static str,
    folder: &str,
    item: &'a YamlNode,
) -> Option<ServiceMount<'a>> {
    let name = service.known_text(item.get("source").or(Some(item)))?;
    let target = service
        .known_text(item.get("target"))
        .unwrap_or_else(|| name.clone());
    let target = if target.starts_with('/') {
        target
    } else {
        format!("{folder}{target}")
    };
    Some(ServiceMount {
        target,
        read_only: true,
        source: read_declaration(service, section, name),
        span: item.span,
    })
}

/// What the project says of a config or secret.
fn read_declaration<'a>(
    service: &ComposeService<'a>,
    section: &'static str,
    name: String,
) -> MountSource<'a> {
    let Some((file, node)) = service.project.top(section, &name) else {
        return MountSource::Unknown(Cause::NoEntry { section, name });
    };
    if let Some(content) = node.get("content") {
        return MountSource::Inline {
            section,
            name,
            content,
        };
    }
    let path = node.get("file").and_then(|node| service.text(node));
    match path {
        Some(path) => read_bind(service.project.folder_of(file), &path),
        None => MountSource::Unknown(Cause::Deployment("it is made outside of the compose file")),
    }
}

/// A text in the compose file, as a part of the server's configuration.
fn inline(
    service: &ComposeService<'_>,
    section: &'static str,
    name: &str,
    content: &YamlNode,
    path: &str,
    at: Span,
    raw: &mut RawFacts,
) -> ConfPart {
    let (Some(scalar), Some(text)) = (content.scalar(), service.text(content)) else {
        return ConfPart::NotVisible {
            reason: Cause::Deployment("its content is not text"),
            at: Some(at),
        };
    };
    let object = ObjectName {
        kind: section.to_owned(),
        namespace: None,
        name: name.to_owned(),
        templated: false,
    };
    let frame = if text.is_changed() {
        TextFrame::Inline
    } else {
        TextFrame::of_scalar(scalar)
    };
    let part = ConfPart::Key {
        object: object.clone(),
        key: "content".to_owned(),
        evidence: format!("mounted at {path}"),
        at,
    };
    let is_read = |other: &RawText| other.excerpt.span_all() == text.excerpt().span_all();
    if raw.texts.iter().any(is_read) {
        return part;
    }
    let tree = service.project.tree;
    let read = conf::read(
        format!("{section}/{name}"),
        TextPlace::Key {
            object,
            key: "content".to_owned(),
        },
        text.excerpt().clone(),
        frame,
        tree.file_text,
        tree.shapes,
    );
    let mut text = read.text;
    text.recognised = false;
    raw.texts.push(text);
    raw.comments.extend(read.comments);
    part
}
