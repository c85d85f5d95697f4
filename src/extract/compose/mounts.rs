//! What stands at a path of a service's file system: volumes, binds, configs, secrets, and what its
//! image was built with.

use crate::extract::compose::Project;
use crate::extract::compose::service::{Built, Service};
use crate::extract::conf::{self, Frame};
use crate::extract::expand::Expanded;
use crate::extract::launch;
use crate::extract::made::{Files, Maker};
use crate::extract::recipe::Recipe;
use crate::facts::raw::ArgWord;
use crate::facts::raw::{ConfPart, ObjectName, Raw, RawMount, RawText, Storage, TextPlace};
use crate::facts::{Cause, Strength};
use crate::source::{Span, path};
use crate::syntax::yaml::Node;

/// Everything that is mounted; of two mounts at one path the last holds.
pub(super) struct Mounts<'a> {
    mounts: Vec<Mount<'a>>,
}

struct Mount<'a> {
    target: String,
    source: Source<'a>,
    span: Span,
}

enum Source<'a> {
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
        content: &'a Node,
    },
    Unknown(Cause),
}

impl<'a> Mounts<'a> {
    pub(super) fn of(service: &Service<'a>) -> Self {
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
                found.add(shown_file(service, section, folder, item));
            }
        }
        found
    }

    fn add(&mut self, mount: Option<Mount<'a>>) {
        let Some(mount) = mount else { return };
        self.mounts.retain(|other| other.target != mount.target);
        self.mounts.push(mount);
    }

    /// The mount that holds a path, and the rest of the path below it.
    fn holding(&self, path: &str) -> Option<(&Mount<'a>, String)> {
        let within = |mount: &Mount<'_>| {
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

    /// The file that the server is given, followed to what holds it.
    pub(super) fn file_part(
        &self,
        service: &Service<'a>,
        file: &ArgWord,
        path: &str,
        built: Option<&Built<'a>>,
        raw: &mut Raw,
    ) -> ConfPart {
        let gap = |reason: Cause| ConfPart::NotVisible {
            reason,
            at: Some(file.span),
        };
        let named = |fact| Cause::Named {
            name: path.to_owned(),
            fact,
        };
        if let Some(reason) = &file.hole {
            return gap(Cause::FilePath(Box::new(reason.clone())));
        }
        let Some((mount, rest)) = self.holding(path) else {
            let tree = service.project.tree;
            let part = built.and_then(|built| {
                let contexts = [built.context.clone()];
                built.file.file_part(
                    &built.image,
                    path,
                    file.span,
                    &contexts,
                    (&|path| tree.holds(path), tree.shapes),
                )
            });
            return part.unwrap_or_else(|| gap(Cause::InImage(path.to_owned())));
        };
        match &mount.source {
            Source::Tree(source) => {
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
            Source::Inline {
                section,
                name,
                content,
            } => inline(service, (*section, name, *content), path, mount.span, raw),
            Source::Host => gap(named("is a file of the host")),
            Source::Unknown(reason) => gap(Cause::NotFollowed {
                path: path.to_owned(),
                cause: Box::new(reason.clone()),
            }),
            Source::Volume { .. } | Source::Anonymous | Source::Memory => {
                gap(named("is on a volume that something else fills"))
            }
        }
    }

    /// The file that the server is given: as it is, or as its start script makes it.
    pub(super) fn made(
        &self,
        service: &Service<'a>,
        (file, recipe): (&ArgWord, Option<Recipe>),
        built: Option<&Built<'a>>,
        raw: &mut Raw,
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
        let maker = Maker {
            owner: &owner,
            file_text: service.project.tree.file_text,
            shapes: service.project.tree.shapes,
        };
        let mut seen = Seen {
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

    /// A script that the process sees under a path; `None` for what is none.
    pub(super) fn script(
        &self,
        service: &Service<'a>,
        path: &str,
        built: Option<&Built<'a>>,
    ) -> Option<Result<Expanded, Cause>> {
        let tree = service.project.tree;
        let Some((mount, rest)) = self.holding(path) else {
            let built = built?;
            let contexts = [built.context.clone()];
            return built
                .file
                .script(&built.image, path, &contexts, tree.shapes, &|path| {
                    tree.script(path)
                });
        };
        match &mount.source {
            Source::Tree(source) if rest.is_empty() => tree.script(source.trim_start_matches('/')),
            Source::Tree(source) => tree.script(format!("{source}/{rest}").trim_start_matches('/')),
            Source::Inline { content, .. } => {
                let script = service.text(content)?;
                launch::is_script(path, script.text()).then_some(Ok(script))
            }
            _ => None,
        }
    }

    /// What the data directory may be on. The image's own data directory is a volume without a name
    /// where nothing is mounted there; `anchor` is where the service stands.
    pub(super) fn storage(&self, data: Option<&str>, anchor: Span) -> Vec<RawMount> {
        let mut found: Vec<RawMount> = self
            .mounts
            .iter()
            .map(|mount| RawMount {
                path: mount.target.clone(),
                storage: mount.source.storage(),
                span: mount.span,
            })
            .collect();
        if let Some(data) = data.filter(|data| self.holding(data).is_none()) {
            found.push(RawMount {
                path: data.to_owned(),
                storage: Storage::Unknown,
                span: anchor,
            });
        }
        found
    }
}

/// The files that a service sees.
struct Seen<'s, 'a> {
    mounts: &'s Mounts<'a>,
    service: &'s Service<'a>,
    file: &'s ArgWord,
    built: Option<&'s Built<'a>>,
    raw: &'s mut Raw,
}

impl Files for Seen<'_, '_> {
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

impl Source<'_> {
    fn storage(&self) -> Storage {
        match self {
            Self::Tree(_) | Self::Host | Self::Volume { ephemeral: false } => Storage::Persistent,
            Self::Memory | Self::Volume { ephemeral: true } => Storage::Ephemeral,
            Self::Inline { .. } => Storage::Files,
            Self::Anonymous | Self::Unknown(_) => Storage::Unknown,
        }
    }
}

/// An entry of `volumes:`, `SOURCE:TARGET:MODE` or a mapping.
fn volume<'a>(service: &Service<'a>, folder: &str, item: &'a Node) -> Option<Mount<'a>> {
    if item.is_map() {
        return long_volume(service, folder, item);
    }
    let text = service.text(item)?;
    let written = text.text();
    let mut colons = written
        .match_indices(':')
        .map(|(at, _)| at)
        .filter(|at| text.hole(&(*at..*at + 1)).is_none());
    let (source, target) = match (colons.next(), colons.next()) {
        (None, _) => (None, text.clone()),
        (Some(first), second) => {
            let end = second.unwrap_or(written.len());
            (Some(text.slice(0..first)), text.slice(first + 1..end))
        }
    };
    let source = match source {
        None => Source::Anonymous,
        Some(source) => named_or_bound(service.project, folder, &source),
    };
    mount(&target, source, item.span)
}

fn long_volume<'a>(service: &Service<'a>, folder: &str, item: &'a Node) -> Option<Mount<'a>> {
    let target = service.text(item.get("target").or(item.get("destination"))?)?;
    let kind = service.known(item.get("type"));
    let source = item
        .get("source")
        .or(item.get("src"))
        .and_then(|node| service.text(node));
    let source = match (kind.as_deref(), source) {
        (Some("tmpfs"), _) => Source::Memory,
        (Some("bind"), Some(source)) => bound(folder, &source),
        (Some("volume") | None, Some(source)) => named_or_bound(service.project, folder, &source),
        (Some("volume") | None, None) => Source::Anonymous,
        _ => Source::Unknown(Cause::Deployment("this kind of mount is not supported")),
    };
    mount(&target, source, item.span)
}

/// A mount; one whose place is not known may be anywhere.
fn mount<'a>(target: &Expanded, source: Source<'a>, span: Span) -> Option<Mount<'a>> {
    let (target, source) = match target.known() {
        Ok(target) => (target.to_owned(), source),
        Err(reason) => ("/".to_owned(), Source::Unknown(reason)),
    };
    Some(Mount {
        target,
        source,
        span,
    })
}

/// A path begins with a dot, a slash or a tilde; anything else is the name of a volume.
fn named_or_bound<'a>(project: &Project<'a>, folder: &str, source: &Expanded) -> Source<'a> {
    let Ok(name) = source.known() else {
        return bound(folder, source);
    };
    if name.starts_with(['.', '/', '~']) {
        return bound(folder, source);
    }
    let options = project
        .top("volumes", name)
        .and_then(|(_, node)| node.at("driver_opts.type"));
    Source::Volume {
        ephemeral: options.and_then(Node::as_str) == Some("tmpfs"),
    }
}

fn bound<'a>(folder: &str, source: &Expanded) -> Source<'a> {
    match source.known() {
        Err(reason) => Source::Unknown(reason),
        Ok(path) => match path::resolve(folder, path) {
            Some(path) => Source::Tree(path),
            None => Source::Host,
        },
    }
}

/// An entry of `tmpfs:`, a path with options behind a colon.
fn memory<'a>(service: &Service<'a>, item: &Node) -> Option<Mount<'a>> {
    let text = service.text(item)?;
    let end = text.text().find(':').unwrap_or(text.text().len());
    mount(&text.slice(0..end), Source::Memory, item.span)
}

/// An entry of `configs:` or `secrets:`, a name or a mapping.
fn shown_file<'a>(
    service: &Service<'a>,
    section: &'static str,
    folder: &str,
    item: &'a Node,
) -> Option<Mount<'a>> {
    let name = service.known(item.get("source").or(Some(item)))?;
    let target = service
        .known(item.get("target"))
        .unwrap_or_else(|| name.clone());
    let target = if target.starts_with('/') {
        target
    } else {
        format!("{folder}{target}")
    };
    Some(Mount {
        target,
        source: described(service, section, name),
        span: item.span,
    })
}

/// What the project says of a config or secret.
fn described<'a>(service: &Service<'a>, section: &'static str, name: String) -> Source<'a> {
    let Some((file, node)) = service.project.top(section, &name) else {
        return Source::Unknown(Cause::NoEntry { section, name });
    };
    if let Some(content) = node.get("content") {
        return Source::Inline {
            section,
            name,
            content,
        };
    }
    let path = node.get("file").and_then(|node| service.text(node));
    match path {
        Some(path) => bound(service.project.folder_of(file), &path),
        None => Source::Unknown(Cause::Deployment("it is made outside of the compose file")),
    }
}

/// A text in the compose file, as a part of the server's configuration.
fn inline(
    service: &Service<'_>,
    (section, name, content): (&'static str, &str, &Node),
    path: &str,
    at: Span,
    raw: &mut Raw,
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
        Frame::Inline
    } else {
        Frame::of_scalar(scalar)
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
    let project = service.project;
    let file = project
        .top(section, name)
        .map(|(file, _)| file.path.as_str());
    let file_text = file.and_then(|path| project.tree.text(path));
    let read = conf::read(
        format!("{section}/{name}"),
        TextPlace::Key {
            object,
            key: "content".to_owned(),
        },
        text.excerpt().clone(),
        frame,
        file_text.unwrap_or_default(),
        service.project.tree.shapes,
    );
    let mut text = read.text;
    text.recognised = false;
    raw.texts.push(text);
    raw.comments.extend(read.comments);
    part
}
