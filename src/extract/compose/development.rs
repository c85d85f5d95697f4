//! Compose projects that a developer runs: a service is made from source that is mounted over it or watched, is
//! built for development, or has a variable that says so, or the file starts nothing of the project's own and
//! stands beside its source or where developers keep what they start by hand. What follows for rules is decided
//! where findings are.

use crate::extract::compose::ComposeProject;
use crate::extract::compose::service::ComposeService;
use crate::extract::container_paths::texts_below;
use crate::extract::tree_files::TreeImage;
use crate::facts::raw::{DevelopmentSetup, RawServer};
use crate::knowledge::shapes::{DevelopmentWords, ImageReference};
use crate::source::path;
use crate::syntax::yaml::YamlNode;

/// Marks the servers of a project in which something says that a developer runs it. One service is enough:
/// the services of a project are started together.
pub(super) fn mark_development(
    project: &ComposeProject<'_>,
    services: &[ComposeService<'_>],
    servers: &mut [RawServer],
) {
    let words = &project.tree.shapes.servers.development;
    let mut searches = services.iter();
    let by_service = searches.find_map(|service| DevelopmentSearch { service, words }.find());
    let by_place = || find_place(project, services, servers, words);
    let Some(found) = by_service.or_else(by_place) else {
        return;
    };
    for server in servers {
        server.development = Some(found.clone());
    }
}

/// A place of what developers start by hand, where the file starts nothing of the project's own: no service is
/// built, and none names a server.
fn find_place(
    project: &ComposeProject<'_>,
    services: &[ComposeService<'_>],
    servers: &[RawServer],
    words: &DevelopmentWords,
) -> Option<DevelopmentSetup> {
    let place = name_place(project, words)?;
    let is_server = |service: &ComposeService<'_>| {
        let mut titles = servers.iter().map(|server| server.name.as_str());
        titles.any(|title| title.strip_prefix("service/") == Some(service.name))
    };
    let names: Vec<&str> = services
        .iter()
        .filter(|service| is_server(service))
        .map(|service| service.name)
        .collect();
    let names_one = |service: &ComposeService<'_>| {
        let nodes = service.layers.iter().map(|layer| layer.node);
        let texts = nodes.flat_map(|node| texts_below(node, &[]));
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let mut words = texts.flat_map(|text| text.split(move |c| !is_part(c)));
        words.any(|word| names.contains(&word))
    };
    // A sentinel and a node that joins a cluster name servers, and are none of the project's programs.
    let serves_servers = |service: &ComposeService<'_>| {
        let written = service.node("image").and_then(YamlNode::as_str);
        // The name stands before what a variable says of it.
        let name = written.and_then(|image| image.split(['$', '@']).next());
        let image = name.map(|name| ImageReference::parse(name.trim_end_matches(':')));
        image.is_some_and(|image| project.tree.shapes.is_about_servers(&image))
    };
    let mut own = services.iter().filter(|service| {
        let is_known = is_server(service) || serves_servers(service);
        service.node("build").is_some() || !is_known && names_one(service)
    });
    if own.next().is_some() {
        return None;
    }
    Some(DevelopmentSetup {
        at: services.first()?.anchor(),
        why: format!("{place} it starts nothing of the project's own"),
    })
}

/// Where the file stands, if developers keep there what they start by hand.
fn name_place(project: &ComposeProject<'_>, words: &DevelopmentWords) -> Option<String> {
    let folder = path::folder(&project.files[0].path);
    let mut parts = folder.split('/');
    if let Some(part) = parts.find(|part| words.folders.iter().any(|known| known == part)) {
        return Some(format!("in `{part}`"));
    }
    let is_below = words
        .package_folders
        .iter()
        .any(|name| name == path::name(folder));
    let source = if is_below {
        path::folder(folder)
    } else {
        folder
    };
    let files = project.tree.files;
    let mut packages = words.packages.iter();
    let package = packages.find(|name| files.holds(&path::join(source, name)))?;
    Some(format!("beside `{package}`"))
}

struct DevelopmentSearch<'a> {
    service: &'a ComposeService<'a>,
    words: &'a DevelopmentWords,
}

impl DevelopmentSearch<'_> {
    fn find(&self) -> Option<DevelopmentSetup> {
        let found = self
            .name()
            .or_else(|| self.section())
            .or_else(|| self.build())
            .or_else(|| self.mount())
            .or_else(|| self.variable());
        let (node, what) = found?;
        Some(DevelopmentSetup {
            at: node.span,
            why: format!("service `{}` {what}", self.service.name),
        })
    }

    /// The service or its container is named after development.
    fn name(&self) -> Option<(&YamlNode, String)> {
        let layer = self.service.layers.last()?;
        if self.names_it(self.service.name) {
            return Some((layer.node, "is named after development".to_owned()));
        }
        let node = self.service.node("container_name")?;
        let name = literal(node).filter(|name| self.names_it(name))?;
        Some((node, format!("names its container `{name}`")))
    }

    /// Its source is watched.
    fn section(&self) -> Option<(&YamlNode, String)> {
        let node = self.service.node(&self.words.section)?;
        Some((node, "watches its source".to_owned()))
    }

    fn build(&self) -> Option<(&YamlNode, String)> {
        let fields = ["build.target", "build.dockerfile", "build.context", "build"];
        let mut nodes = fields.iter().filter_map(|field| self.service.node(field));
        let found = nodes.find(|node| literal(node).is_some_and(|text| self.names_it(text)))?;
        Some((found, format!("is built from `{}`", literal(found)?)))
    }

    /// A file or folder of the tree: one called after development, or the one that the image is built from.
    fn mount(&self) -> Option<(&YamlNode, String)> {
        let context = self.context();
        let image = self.service.find_build();
        for (folder, node) in self.service.nodes("volumes") {
            for item in node.items() {
                let Some((node, source, target)) = bind_mount(item) else {
                    continue;
                };
                if self.names_it(source) {
                    return Some((node, format!("mounts `{source}`")));
                }
                let source = path::resolve(folder, source);
                let is_source = source
                    .zip(context.as_ref())
                    .is_some_and(|(source, context)| {
                        let below = context.strip_prefix(&source);
                        below.is_some_and(|rest| {
                            source.is_empty() || rest.is_empty() || rest.starts_with('/')
                        })
                    });
                // Files beside what the image is made of are settings that it reads there.
                let is_covered = |image: &TreeImage<'_>| image.image.meets_sources(target);
                if is_source && image.as_ref().is_none_or(is_covered) {
                    return Some((node, "mounts its build context".to_owned()));
                }
            }
        }
        None
    }

    /// The folder that the image is built from.
    fn context(&self) -> Option<String> {
        let (folder, build) = self.service.nodes("build").last()?;
        let written = build.get("context").or(Some(build));
        let context = match written.filter(|node| node.scalar().is_some()) {
            Some(node) => literal(node)?,
            None => ".",
        };
        path::resolve(folder, context)
    }

    /// A variable by which a framework chooses its environment.
    fn variable(&self) -> Option<(&YamlNode, String)> {
        let is_set = |name: &str, value: &str| {
            let shapes = self.service.project.tree.shapes;
            let value = value.to_ascii_lowercase();
            self.words.values.contains(&value) && shapes.chooses_environment(name)
        };
        for (_, node) in self.service.nodes("environment") {
            let entries = node.entries().iter().filter_map(|entry| {
                Some((&entry.value, entry.key.as_str()?, literal(&entry.value)?))
            });
            let items = node.items().iter().filter_map(|item| {
                let (name, value) = literal(item)?.split_once('=')?;
                Some((item, name, value))
            });
            let mut all = entries.chain(items);
            if let Some((node, name, value)) = all.find(|(_, name, value)| is_set(name, value)) {
                return Some((node, format!("sets {name}={value}")));
            }
        }
        None
    }

    /// A word of the name says development: `Dockerfile-devel`, `./local-dev/init`.
    fn names_it(&self, text: &str) -> bool {
        let mut words = text.split(|c: char| !c.is_ascii_alphanumeric());
        words.any(|word| self.words.words.contains(&word.to_ascii_lowercase()))
    }
}

/// A text that holds no variable: what a variable falls back to is for others to change.
fn literal(node: &YamlNode) -> Option<&str> {
    node.as_str().filter(|text| !text.contains('$'))
}

/// The file or folder of the tree that a volume shows, with where it is written, and where it is seen.
fn bind_mount(item: &YamlNode) -> Option<(&YamlNode, &str, &str)> {
    let (node, source, target) = match item.get("source") {
        Some(source) => (source, literal(source)?, literal(item.get("target")?)?),
        None => {
            let mut words = literal(item)?.split(':');
            (item, words.next()?, words.next()?)
        }
    };
    // Without a dot it is a volume by its name.
    source.starts_with('.').then_some((node, source, target))
}
