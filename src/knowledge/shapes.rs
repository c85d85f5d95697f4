//! How servers are deployed: which images and programs are servers, and which fields of operator
//! resources and chart values configure them.
//!
//! Read from `knowledge/shapes/*.yaml`, each file on first use. Shapes are data, and [`schema`]
//! defines what they may contain. Anything that needs a decision is implemented in `extract`.

mod access;
mod containers;
mod development;
mod environment;
mod image;
mod images;
mod library;
pub mod path;
pub mod schema;
mod units;

use std::collections::BTreeMap;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder};
use include_dir::{Dir, include_dir};
use serde::Deserialize;

use crate::facts::raw::RawKind;
use crate::source::glob_list::{GlobList, GlobStyle};

pub use access::AccessShapes;
pub use containers::{ContainerRunnerShape, PipelineShape, RunOption};
pub use development::DevelopmentWords;
pub use environment::EnvironmentRank;
pub use image::ImageReference;
pub use images::{AskedVariable, ImageContent, ImageFiles, ImageLibrary, ImageSetUp, SetUpLine};
pub use library::{ChartName, ShapeLibrary};
pub use units::{ContainerUnitShape, ServiceUnitShape, SupervisorShape, UnitShapes};

/// The files as JSON, which `build.rs` makes of the YAML.
static SHAPES: Dir<'_> = include_dir!("$OUT_DIR/knowledge/shapes");

/// The file that describes images and texts.
const SERVERS_FILE: &str = "servers.json";

/// The file of tables that give words for limits and requests; every other file is a shape.
const PRESETS_FILE: &str = "presets.json";

/// All shapes.
#[derive(Debug)]
pub struct DeploymentShapes {
    pub servers: ServerShapes,
    /// Operator resources and charts.
    pub library: ShapeLibrary,
    /// What images hold and read by themselves.
    pub images: ImageLibrary,
    exporters: GlobList,
    likely_images: GlobList,
    other_chart_repositories: GlobList,
    not_images: GlobList,
    placeholders: GlobList,
    secret_names: GlobList,
    text_keys: GlobList,
    queue_variables: GlobList,
    queue_names: GlobList,
    environment_variables: GlobList,
    cache_names: GlobList,
    needles: AhoCorasick,
    checksums: GlobList,
    reloaders: GlobList,
    reload_sidecars: GlobList,
    agents: GlobList,
}

/// `knowledge/shapes/servers.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerShapes {
    pub schema: u32,
    pub images: Vec<ImageShape>,
    pub not_images: Vec<String>,
    pub programs: Vec<ServerProgram>,
    pub other_modes: Vec<String>,
    /// Names of the same binary under which it is no server.
    pub other_programs: Vec<String>,
    /// Variables with the value by which an image starts another program.
    pub other_mode_variables: Vec<[String; 2]>,
    /// Ports that only the other program opens.
    pub other_mode_ports: Vec<String>,
    pub client_programs: Vec<String>,
    pub client_options: ClientOptions,
    pub exporter_settings: ExporterSettings,
    /// Ports that servers open.
    pub server_ports: Vec<String>,
    /// Names of images that are a server's where something beside them says so, too.
    pub likely_images: Vec<String>,
    /// Words of the name of an image's variable that say nothing of what the image is.
    pub image_words: Vec<String>,
    /// Registries whose repositories are those of Docker Hub.
    pub hub_registries: Vec<String>,
    /// Patterns over the repositories whose charts only share their names with those of the shapes.
    pub other_chart_repositories: Vec<String>,
    pub exporters: Vec<String>,
    pub text_files: Vec<String>,
    pub text_keys: Vec<String>,
    pub foreign_text: Vec<String>,
    /// Directives that stand in such a text, too.
    pub foreign_beside: Vec<String>,
    /// Folders of other programs, which keep a file for each service.
    pub foreign_folders: Vec<String>,
    pub module_prefixes: Vec<String>,
    /// Categories of access rules that they add.
    pub module_categories: Vec<String>,
    pub data_directory: String,
    pub persistence: PersistenceShapes,
    pub cluster_mode: String,
    /// The directive that names the file in which a node of a cluster keeps who it is.
    pub cluster_state: String,
    pub replica_of: String,
    pub include: String,
    pub queue_variables: Vec<String>,
    pub queue_names: Vec<String>,
    pub cache_names: Vec<String>,
    /// Releases of servers in one compose project from which it is a bench for tests.
    pub bench_releases: usize,
    /// Nodes of one cluster in one compose project from which they are a bench.
    pub bench_servers: usize,
    /// What says in a compose file that a developer runs the project.
    pub development: DevelopmentWords,
    /// Directives that stand in a file with the value they have anyway, from which the file is a copy of
    /// the one that a release ships.
    pub shipped_lines: usize,
    pub needles: Vec<String>,
    pub harmless_commands: Vec<String>,
    /// Settings of operators that decide whether a field of a resource is read.
    pub settings: Vec<String>,
    pub neighbours: Vec<String>,
    /// Objects of these kinds say nothing about servers, so they are not parsed.
    pub unread_kinds: Vec<String>,
    pub bystanders: Vec<String>,
    pub workloads: Vec<WorkloadShape>,
    pub releases: Vec<ReleaseShape>,
    pub pod_charts: Vec<PodChartShape>,
    pub units: UnitShapes,
    pub supervisors: Vec<SupervisorShape>,
    pub container_runners: ContainerRunnerShape,
    pub pipelines: PipelineShape,
    /// Words of a health check behind which its program stands.
    pub check_words: Vec<String>,
    /// What templates end with.
    pub templates: Vec<String>,
    pub unread_templates: Vec<String>,
    /// Words in the name of a file of values that others are laid over.
    pub base_values: Vec<String>,
    pub environments: Vec<String>,
    /// Those of them whose users are everybody.
    pub earnest_environments: Vec<String>,
    pub checksums: Vec<String>,
    pub reloaders: Vec<String>,
    pub reload_sidecars: Vec<String>,
    pub agents: Vec<String>,
    pub text_names: Vec<String>,
    pub managed: Vec<ManagedShape>,
    /// Blocks of the Terraform provider for Kubernetes that are items of a list, with the field of that.
    pub terraform_lists: BTreeMap<String, String>,
    pub placeholders: Vec<String>,
    /// Bytes of the longest plain word that may stand for a password that is given elsewhere.
    pub plain_word: usize,
    pub secret_names: Vec<String>,
    /// Behind these a client's command has a password.
    pub client_password_options: Vec<String>,
    pub access: AccessShapes,
    pub installs: Vec<ServerInstall>,
    /// Programs that install packages.
    pub installers: Vec<String>,
    /// Words of a step that takes packages from elsewhere than the distribution's own release.
    pub other_package_sources: Vec<String>,
    pub distributions: Vec<DistributionRelease>,
}

/// How a flavor is installed: what names the release.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerInstall {
    pub flavor: String,
    /// Variables of roles and builds; in an environment they are written in capitals.
    pub variables: Vec<String>,
    pub packages: Vec<String>,
    /// What stands before the version in the name of the source's archive.
    pub archive: String,
}

/// The release that a distribution's own package has.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DistributionRelease {
    /// The last part of the image's repository, and what its tag begins with.
    pub image: String,
    pub tags: Vec<String>,
    pub flavor: String,
    pub version: String,
}

/// Options of the client programs, by what they mean.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientOptions {
    pub host: Vec<String>,
    pub port: Vec<String>,
    pub password: Vec<String>,
    pub user: Vec<String>,
    pub tls: Vec<String>,
    /// They make an error reply a failure of the program.
    pub strict: Vec<String>,
    /// All that take the next word as their value.
    pub with_value: Vec<String>,
    /// Where one of these stands, the call is not read.
    pub unread: Vec<String>,
    /// Variables that hold a password for it.
    pub password_variables: Vec<String>,
}

/// How the address of an exporter's server is given.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExporterSettings {
    pub address: ExporterOption,
    pub default_address: String,
    /// Schemes of the address that mean TLS.
    pub tls_schemes: Vec<String>,
    pub password: ExporterOption,
    pub user: ExporterOption,
}

/// A setting, by the names of its flag and of its variable.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExporterOption {
    pub flags: Vec<String>,
    pub variables: Vec<String>,
}

/// A kind of workload.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkloadShape {
    pub kind: String,
    /// The path of its pods' `spec`.
    pub pod: String,
    /// People write it: others are made by what they write.
    #[serde(default)]
    pub usual: bool,
    /// Its pods are made anew when they end.
    #[serde(default)]
    pub lasting: bool,
}

/// A kind of resource that has a chart deployed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleaseShape {
    pub group: String,
    pub kind: String,
    pub form: ReleaseForm,
    /// The path of what it asks for.
    pub spec: String,
}

/// Where such a resource names charts and values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReleaseForm {
    /// In one or several sources.
    Sources,
    /// In itself.
    Values,
}

/// A chart whose values describe pods: where each part of them stands.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PodChartShape {
    /// A mapping of workloads.
    pub workloads: String,
    /// The field of a workload that names its kind; the first of `kinds` where it is not written.
    pub kind: String,
    pub kinds: Vec<PodChartKind>,
    /// Claims that each replica makes for itself, in a workload.
    pub claims: String,
    /// Fields of the pod: those of all workloads, and a workload's own.
    pub every_pod: String,
    pub pod: String,
    pub containers: String,
    pub init_containers: String,
    pub image: PodChartImage,
    /// A mapping of volumes; `usual_volume` is the type of one that names none.
    pub volumes: String,
    pub usual_volume: String,
    /// Where a volume is mounted in every container, and by workload and container.
    pub mounts: String,
    pub chosen_mounts: String,
    pub services: String,
    /// ConfigMaps that the release makes.
    pub texts: String,
    pub single: SinglePodChart,
}

/// Releases of such a chart that have one pod alone, whose container is described at the top.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SinglePodChart {
    /// The charts: nothing else tells their values from others.
    pub charts: Vec<String>,
    /// The block of the workload, and the key that workload and container get.
    pub workload: String,
    pub key: String,
    pub container_fields: Vec<String>,
    /// Blocks of further containers.
    pub beside: Vec<String>,
    /// The field of a volume that says where it is mounted.
    pub mount: String,
}

/// A kind of workload in such a chart, and how it replaces its pods unless told otherwise.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PodChartKind {
    pub word: String,
    pub kind: String,
    pub strategy: String,
}

/// Where such a chart names an image.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PodChartImage {
    pub block: String,
    pub repository: String,
    pub tag: String,
}

/// A service that a provider runs, as Terraform describes it: where its parameters stand.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManagedShape {
    /// The type of the resource, or how the source of the module begins.
    #[serde(default)]
    pub resource: Option<String>,
    #[serde(default)]
    pub module: Option<String>,
    /// Attributes that name engine and version.
    #[serde(default)]
    pub engines: Vec<String>,
    /// Blocks with `name` and `value`.
    #[serde(default)]
    pub blocks: Vec<String>,
    /// Lists of objects with `name` and `value`.
    #[serde(default)]
    pub lists: Vec<String>,
    /// Maps from name to value.
    #[serde(default)]
    pub maps: Vec<String>,
    /// Attributes that name the engine and its version apart, and the engine where none is named.
    #[serde(default)]
    pub engine: Option<String>,
    #[serde(default)]
    pub version: Option<String>,
    #[serde(default)]
    pub default_engine: Option<String>,
    /// The attribute that names a group of parameters, and the type of such groups.
    #[serde(default)]
    pub group: Option<String>,
    #[serde(default)]
    pub groups: Option<String>,
    /// Attributes by which it is a part of another server.
    #[serde(default)]
    pub member_of: Vec<String>,
    /// Attributes, or attributes of a block behind a dot, that count its processes: all of them where
    /// there are no shards, shards, and replicas of each shard.
    #[serde(default)]
    pub nodes: Vec<String>,
    #[serde(default)]
    pub shards: Vec<String>,
    #[serde(default)]
    pub shard_replicas: Vec<String>,
    /// The parameter that makes it a cluster.
    #[serde(default)]
    pub cluster_parameter: Option<String>,
    /// The attribute whose words say how its processes relate.
    #[serde(default)]
    pub tier: Option<String>,
    #[serde(default)]
    pub tiers: BTreeMap<String, RawKind>,
}

/// Which directives decide what is kept of a server's data.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersistenceShapes {
    /// The log of writes.
    pub log: String,
    /// The points at which snapshots are made.
    pub snapshots: String,
}

/// A server image, by the last part of its repository.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageShape {
    pub name: String,
    pub flavor: String,
    /// The repositories, without a registry, of which `entrypoint` and `data` are known.
    #[serde(default)]
    pub official: Vec<String>,
    /// The program that the entrypoint puts before arguments that begin with `-` or end in `.conf`,
    /// and runs where there are none.
    #[serde(default)]
    pub entrypoint: Option<String>,
    /// The script that is the entrypoint, by which people start the program themselves.
    #[serde(default)]
    pub entrypoint_script: Option<String>,
    /// The working directory, where data goes unless the configuration says otherwise.
    #[serde(default)]
    pub data: Option<String>,
    /// The variable whose words the entrypoint puts behind all arguments.
    #[serde(default)]
    pub extra_flags: Option<String>,
    /// Directives whose defaults its build changes, with their arguments.
    #[serde(default)]
    pub built_in: Vec<Vec<String>>,
    /// How many numbers of a tag are the server's version: what follows counts releases of the image, and
    /// of an image that has none of them the tag says the version of something else.
    #[serde(default = "all_numbers")]
    pub version_numbers: usize,
}

/// A server's version has three.
fn all_numbers() -> usize {
    3
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerProgram {
    pub name: String,
    pub flavor: String,
}

/// A knowledge file of ours that does not load: a defect that tests catch.
#[derive(Debug, thiserror::Error)]
#[error("knowledge/shapes/{file}: {message}")]
pub struct ShapeError {
    pub file: String,
    pub message: String,
}

impl ServerShapes {
    /// Words without one of which a text is not about a server: what servers are called, and the resources
    /// and modules of managed services.
    pub fn server_words(&self) -> impl Iterator<Item = &String> {
        let managed = self.managed.iter();
        let managed = managed.flat_map(|shape| shape.resource.iter().chain(&shape.module));
        self.needles.iter().chain(managed)
    }
}

impl DeploymentShapes {
    /// The shapes that the program carries.
    pub fn embedded() -> Result<Self, ShapeError> {
        let servers = SHAPES.get_file(SERVERS_FILE).ok_or_else(|| ShapeError {
            file: SERVERS_FILE.to_owned(),
            message: "is missing".to_owned(),
        })?;
        let servers: ServerShapes =
            read(SERVERS_FILE, servers.contents_utf8().unwrap_or_default())?;
        let files = SHAPES.files().filter_map(|file| {
            let name = file.path().to_str()?;
            let others = [SERVERS_FILE, PRESETS_FILE, images::IMAGES_FILE];
            let is_shape = name.ends_with(".json") && !others.contains(&name);
            is_shape.then(|| (name.to_owned(), file.contents_utf8().unwrap_or_default()))
        });
        let text = |name: &str| SHAPES.get_file(name).and_then(|file| file.contents_utf8());
        let presets = text(PRESETS_FILE);
        Ok(Self {
            exporters: globs(&servers.exporters)?,
            not_images: globs(&servers.not_images)?,
            likely_images: globs(&servers.likely_images)?,
            other_chart_repositories: globs(&servers.other_chart_repositories)?,
            text_keys: globs(&servers.text_keys)?,
            queue_variables: globs(&servers.queue_variables)?,
            queue_names: globs(&servers.queue_names)?,
            environment_variables: globs(&servers.development.variables)?,
            cache_names: globs(&servers.cache_names)?,
            placeholders: globs(&servers.placeholders)?,
            secret_names: globs(&servers.secret_names)?,
            library: ShapeLibrary::new(files.collect(), presets.unwrap_or_default()),
            images: ImageLibrary::new(text(images::IMAGES_FILE).unwrap_or_default())?,
            needles: needles(servers.server_words())?,
            checksums: globs(&servers.checksums)?,
            reloaders: globs(&servers.reloaders)?,
            reload_sidecars: globs(&servers.reload_sidecars)?,
            agents: globs(&servers.agents)?,
            servers,
        })
    }

    /// The same with one more shape file, for trying a new one.
    pub fn with_shape(mut self, name: &str, text: &str) -> Result<Self, ShapeError> {
        self.library.add(name, text)?;
        Ok(self)
    }

    /// The server image that a reference names, if it is one.
    pub fn server_image(&self, image: &ImageReference) -> Option<&ImageShape> {
        if self.not_images.is_match(&image.name) {
            return None;
        }
        self.servers
            .images
            .iter()
            .find(|shape| shape.name == image.name)
    }

    /// Whether an image may be a server's by its name: something beside the name has to say it, too.
    pub fn is_likely_server(&self, image: &ImageReference) -> bool {
        let name = image.name.as_str();
        let is_other = self.not_images.is_match(name) || self.exporters.is_match(name);
        self.likely_images.is_match(name) && !is_other
    }

    /// Whether an image is a server's or of a program that goes with one, by its name.
    pub fn is_about_servers(&self, image: &ImageReference) -> bool {
        self.server_image(image).is_some() || self.likely_images.is_match(&image.name)
    }

    /// Whether a word of the name of an image's variable says nothing of what the image is.
    pub fn is_image_word(&self, word: &str) -> bool {
        self.servers.image_words.iter().any(|known| known == word)
    }

    /// What a server image does by itself, where that is known.
    pub fn official_image(&self, image: &ImageReference) -> Option<&ImageShape> {
        let shape = self.server_image(image)?;
        // On another registry a repository in a group of that name is a copy; a bare name is anything.
        let is_copy = image.repository.contains('/');
        (shape.official.contains(&image.repository) && (self.is_on_hub(image) || is_copy))
            .then_some(shape)
    }

    /// Whether the image is pulled from Docker Hub.
    pub fn is_on_hub(&self, image: &ImageReference) -> bool {
        let hub = &self.servers.hub_registries;
        let registry = image.registry.as_deref();
        registry.is_none_or(|registry| hub.iter().any(|known| known == registry))
    }

    /// Whether an address leads to its own host alone.
    pub fn is_loopback(&self, address: &str) -> bool {
        let known = &self.servers.access.loopback;
        known
            .iter()
            .any(|loopback| match loopback.strip_suffix('*') {
                Some(start) => address.starts_with(start),
                None => address == loopback,
            })
    }

    /// A program that asks servers.
    pub fn is_client_program(&self, word: &str) -> bool {
        let name = crate::source::path::name(word);
        self.servers
            .client_programs
            .iter()
            .any(|known| known == name)
    }

    /// A name of the server's binary under which it is another program.
    pub fn is_other_program(&self, word: &str) -> bool {
        let name = crate::source::path::name(word);
        self.servers
            .other_programs
            .iter()
            .any(|known| known == name)
    }

    /// A repository whose charts only share their names with those that are known.
    pub fn publishes_other_charts(&self, repository: &str) -> bool {
        self.other_chart_repositories.is_match(repository)
    }

    /// Whether a text holds one of the words without which it is not about a server.
    pub fn speaks_of_servers(&self, text: &str) -> bool {
        self.needles.is_match(text)
    }

    /// Whether a text holds an object that changes servers of its namespace without naming them.
    pub fn speaks_of_namespaces(&self, text: &str) -> bool {
        let words = &self.servers.bystanders;
        words.iter().any(|word| text.contains(word))
    }

    /// Whether a text holds a workload that may run a program.
    pub fn speaks_of_workloads(&self, text: &str) -> bool {
        self.workload_words().any(|word| text.contains(&word))
    }

    /// What a manifest of a usual workload says of its kind.
    pub fn workload_words(&self) -> impl Iterator<Item = String> {
        let usual = self.servers.workloads.iter().filter(|row| row.usual);
        usual.map(|row| format!("kind: {}", row.kind))
    }

    /// What is known of a kind of resource that has a chart deployed.
    pub fn release(&self, group: &str, kind: &str) -> Option<&ReleaseShape> {
        let mut rows = self.servers.releases.iter();
        rows.find(|row| row.group == group && row.kind == kind)
    }

    /// What is known of a kind of workload.
    pub fn workload(&self, kind: &str) -> Option<&WorkloadShape> {
        self.servers.workloads.iter().find(|row| row.kind == kind)
    }

    /// Whether a program changes no file, unless its output goes to one.
    pub fn is_harmless_command(&self, program: &str) -> bool {
        let harmless = &self.servers.harmless_commands;
        harmless.iter().any(|known| known == program)
    }

    /// Whether a file's name says that it is set elsewhere.
    pub fn is_template_name(&self, name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        let endings = self
            .servers
            .templates
            .iter()
            .chain(&self.servers.unread_templates);
        endings
            .into_iter()
            .any(|ending| name.ends_with(ending.as_str()) || name.contains(&format!("{ending}.")))
    }

    /// Whether the name of a file of values says that others are laid over it.
    pub fn is_base_values(&self, name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        self.servers
            .base_values
            .iter()
            .any(|word| name.contains(word))
    }

    /// An annotation of pods that changes with the configuration.
    pub fn is_checksum(&self, annotation: &str) -> bool {
        self.checksums.is_match(annotation)
    }

    /// An annotation by which a controller restarts pods when a ConfigMap changes.
    pub fn is_reloader(&self, annotation: &str) -> bool {
        self.reloaders.is_match(annotation)
    }

    /// A neighbour that watches files and tells the server.
    pub fn is_reload_sidecar(&self, image: &ImageReference) -> bool {
        self.reload_sidecars.is_match(&image.name)
    }

    /// A collector of metrics that may be told to watch a server.
    pub fn is_agent(&self, image: &ImageReference) -> bool {
        self.agents.is_match(&image.name)
    }

    pub fn is_exporter(&self, image: &ImageReference) -> bool {
        self.exporters.is_match(&image.name)
    }

    /// The server program that a command word names, with or without a path.
    pub fn program(&self, word: &str) -> Option<&ServerProgram> {
        let name = crate::source::path::name(word);
        self.servers
            .programs
            .iter()
            .find(|program| program.name == name)
    }

    /// A ConfigMap key whose name says that it holds configuration text.
    pub fn is_text_key(&self, key: &str) -> bool {
        self.text_keys.is_match(key)
    }

    /// A variable by which a job library is given its server.
    pub fn is_queue_variable(&self, name: &str) -> bool {
        self.queue_variables.is_match(name)
    }

    /// The name of a server that says that it holds jobs.
    pub fn is_queue_name(&self, name: &str) -> bool {
        self.queue_names.is_match(name)
    }

    /// Whether a variable tells a program where it runs.
    pub fn chooses_environment(&self, name: &str) -> bool {
        self.environment_variables.is_match(name)
    }

    /// The name of a server that says that what it holds can be made again.
    pub fn is_cache_name(&self, name: &str) -> bool {
        self.cache_names.is_match(name)
    }

    /// A text that stands where a person is to write a secret.
    pub fn is_placeholder(&self, text: &str) -> bool {
        self.placeholders.is_match(text)
    }

    /// A word such as `argocd` may stand for a password that is given elsewhere, or be one for a test.
    pub fn is_plain_word(&self, secret: &str) -> bool {
        let mut letters = secret.chars();
        secret.len() <= self.servers.plain_word
            && letters.all(|c| c.is_ascii_lowercase() || matches!(c, '-' | '_'))
    }

    /// A variable or field whose name says that it holds a secret.
    pub fn is_secret_name(&self, name: &str) -> bool {
        self.secret_names.is_match(name)
    }

    /// A command of a module that images bundle, or with `@` a category of such commands.
    pub fn is_module_command(&self, name: &str) -> bool {
        if let Some(category) = name.strip_prefix('@') {
            let categories = &self.servers.module_categories;
            return categories.iter().any(|c| c.eq_ignore_ascii_case(category));
        }
        let prefix = name.split_once('.').map(|(prefix, _)| prefix);
        let prefixes = &self.servers.module_prefixes;
        prefix.is_some_and(|prefix| prefixes.iter().any(|p| p.eq_ignore_ascii_case(prefix)))
    }

    /// A setting of a module that images bundle.
    pub fn is_module_setting(&self, name: &str) -> bool {
        let prefix = name.split(['.', '-']).next().unwrap_or(name);
        prefix.len() < name.len()
            && self
                .servers
                .module_prefixes
                .iter()
                .any(|p| p.eq_ignore_ascii_case(prefix))
    }
}

/// Reads a file that the program carries.
fn read<T: serde::de::DeserializeOwned>(file: &str, json: &str) -> Result<T, ShapeError> {
    serde_json::from_str(json).map_err(|error| ShapeError {
        file: file.replace(".json", ".yaml"),
        message: error.to_string(),
    })
}

fn needles<'w>(words: impl Iterator<Item = &'w String>) -> Result<AhoCorasick, ShapeError> {
    let mut builder = AhoCorasickBuilder::new();
    builder.ascii_case_insensitive(true);
    builder.build(words).map_err(|error| ShapeError {
        file: SERVERS_FILE.replace(".json", ".yaml"),
        message: error.to_string(),
    })
}

fn globs(patterns: &[String]) -> Result<GlobList, ShapeError> {
    let style = GlobStyle {
        any_case: true,
        is_path: false,
    };
    GlobList::new(patterns, style).map_err(|error| ShapeError {
        file: SERVERS_FILE.replace(".json", ".yaml"),
        message: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// That a file of the build says what the one in the repository does.
    fn compare<T: serde::de::DeserializeOwned + std::fmt::Debug>(path: &std::path::Path) {
        let written = std::fs::read_to_string(path).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap();
        let built = SHAPES.get_file(name.replace(".yaml", ".json")).unwrap();
        let built: T = read(name, built.contents_utf8().unwrap()).unwrap();
        let written: T = serde_yaml::from_str(&written).unwrap();
        assert_eq!(format!("{built:?}"), format!("{written:?}"), "{name}");
    }

    #[test]
    fn the_files_of_the_build_say_what_the_written_ones_do() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/knowledge/shapes");
        let files: Vec<_> = std::fs::read_dir(folder).unwrap().collect();
        assert_eq!(files.len(), SHAPES.files().count());
        for file in files {
            let path = file.unwrap().path();
            match path.file_stem().unwrap().to_str().unwrap() {
                "servers" => compare::<ServerShapes>(&path),
                "images" => compare::<images::ImageTable>(&path),
                "presets" => compare::<BTreeMap<String, library::PresetTable>>(&path),
                _ => compare::<schema::DeploymentShape>(&path),
            }
        }
    }

    #[test]
    fn every_shape_loads_and_images_are_told_apart() {
        let shapes = DeploymentShapes::embedded().unwrap();
        let mistakes = shapes.library.mistakes();
        let mistakes: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
        assert_eq!(mistakes, [""; 0]);
        let server = |text| {
            shapes
                .server_image(&ImageReference::parse(text))
                .map(|s| s.flavor.clone())
        };
        assert_eq!(server("redis"), Some("redis".to_owned()));
        assert_eq!(
            server("host:5000/valkey/valkey:8.1@sha256:ab"),
            Some("valkey".to_owned())
        );
        assert_eq!(
            server("quay.io/opstree/redis:v7.0.15"),
            Some("redis".to_owned())
        );
        assert_eq!(server("oliver006/redis_exporter:v1"), None);
        let official = |text| {
            shapes
                .official_image(&ImageReference::parse(text))
                .is_some()
        };
        for text in [
            "redis",
            "docker.io/library/redis:7",
            "harbor.test/library/redis:7",
        ] {
            assert!(official(text), "{text}");
        }
        for text in [
            "registry.k8s.io/redis:v1",
            "bitnami/redis:7",
            "quay.io/opstree/redis",
        ] {
            assert!(!official(text), "{text}");
        }
        assert!(shapes.is_exporter(&ImageReference::parse(
            "quay.io/opstree/redis-exporter:v1.44.0"
        )));
        assert!(
            shapes
                .library
                .resource("redis.redis.opstreelabs.in/v1beta2", "Redis")
                .is_some()
        );
    }
}
