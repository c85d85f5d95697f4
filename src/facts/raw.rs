//! Raw facts: what an extractor read, untyped and not yet joined, each with its span.
//!
//! `extract` makes them, `link` joins them, `resolve` types them. Nothing here has a default, a
//! version or a unit.

use std::collections::BTreeMap;

use crate::facts::cause::Cause;
pub use crate::facts::code::{
    BranchArm, ConstValue, CrateFeatures, EnvDefault, ErrorHandling, OptionWrite, RawClient,
    RawModule, RawOptionSource, VersionBounds, VersionPin,
};
use crate::facts::connection::RawConnection;
pub use crate::facts::container::{MountContent, RawContainer, RawGivenVariable, WrittenCommand};
use crate::facts::defaults::ChartDefaults;
use crate::facts::deployment::{Deployment, DeploymentQuantity};
use crate::facts::edit_target::EditTarget;
use crate::facts::fact_path::ServerFact;
use crate::facts::overlay_scope::OverlayScope;
pub use crate::facts::package::{
    ClientLifetime, ObservationKind, PoolObservation, RawPackage, RawVariable, SourceLanguage,
};
pub use crate::facts::scalar::{ArgWord, RawScalar};
use crate::facts::value::Strength;
pub use crate::facts::wait::{
    ClientBinding, ClientCallFact, Concurrency, LongestWait, RawClientCall, RawWait,
};
use crate::facts::words::ServerKind;
pub use crate::facts::workload::{
    BuiltPackage, GivenVariables, RawBuild, RawWorkload, ServiceDeclaration,
};
use crate::source::secret_words::ShownLine;
use crate::source::{Comment, Excerpt, Span, path};

/// One word of configuration text.
#[derive(Clone, Debug, PartialEq)]
pub struct RawWord {
    /// The word as the server's tokenizer gives it, quotes and escapes resolved.
    pub text: String,
    pub span: Span,
    /// The word holds a template hole or a variable: its text is not what the server reads.
    pub unresolved: Option<Cause>,
}

/// Where a line of configuration stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineForm {
    /// A line of configuration text.
    Text,
    /// Arguments of the server's command.
    Argument,
    /// A field of a custom resource or of chart values.
    Field,
    /// A field that an operator applies to the running server by CONFIG SET.
    Runtime,
}

/// One directive as written: a name and its arguments.
#[derive(Clone, Debug, PartialEq)]
pub struct RawLine {
    /// 1-based line within its text; arguments and fields count on from there.
    pub number: usize,
    /// From the first word to the end of the line's text, a trailing comment included.
    pub span: Span,
    pub form: LineForm,
    /// Name first; at least one word unless `error` is set.
    pub words: Vec<RawWord>,
    /// How many of `words` a reader means: the words before a trailing ` #`.
    pub argument_count: usize,
    /// From the `#` word to the end of the line.
    pub trailing_comment: Option<Span>,
    /// The tokenizer refused the line.
    pub error: Option<&'static str>,
    /// It refused it only for text directly behind a closing quote, which newer ones take.
    pub text_after_quote: bool,
    /// Where the arguments could be rewritten.
    pub slot: EditTarget,
}

impl RawLine {
    /// The words of the line are probably a secret's, whatever its directive is.
    pub fn looks_secret(&self) -> bool {
        let words = self.words.iter().take(self.argument_count);
        let words: Vec<&str> = words.map(|word| word.text.as_str()).collect();
        let line = ShownLine {
            text: &words.join(" "),
            ..ShownLine::default()
        };
        !line.secrets().is_empty()
    }

    /// A template may leave it out: what it says is known, but not whether it holds.
    pub fn is_alternative(&self) -> bool {
        let words = self.words.iter().skip(1);
        let mut placeholders = words.filter_map(|word| word.unresolved.as_ref());
        placeholders.any(|placeholder| *placeholder == Cause::Alternative)
    }
}

/// A text of configuration: a file, a ConfigMap key, a snippet.
#[derive(Clone, Debug)]
pub struct RawText {
    /// What it is called: `deploy/redis.conf`, `ConfigMap/cache key redis.conf`, `README.md#2`.
    pub name: String,
    pub place: TextPlace,
    pub excerpt: Excerpt,
    pub lines: Vec<RawLine>,
    /// Where a new line would be written.
    pub append: EditTarget,
    /// Lines that cannot be read as they stand (template control lines): the rest is not whole.
    pub unresolved: Vec<Cause>,
    /// It is configuration of a kind that the server's rules do not judge (a sentinel's).
    pub foreign: bool,
    /// Its name or its content says that it is configuration text: it is a server of its own
    /// where nothing deploys it. Other keys of a ConfigMap are read only when mounted.
    pub recognised: bool,
    /// Why its users are restarted when it changes, where its name or object shows that.
    pub renewed: Option<String>,
    /// What the role that it belongs to installs.
    pub installed: Option<InstalledRelease>,
}

/// The release of a server that something installs: an image that is built, a role.
#[derive(Clone, Debug, PartialEq)]
pub struct InstalledRelease {
    pub flavor: String,
    /// As far as it is written, `4.0.14`; or why it is not known.
    pub version: Result<String, Cause>,
    /// A distribution's own package: it gets fixes from there, whatever becomes of its series.
    pub from_distribution: bool,
    pub span: Span,
}

impl RawText {
    /// Where a finding on something that the text does not hold stands: its first line.
    pub fn anchor_when_unset(&self) -> Span {
        self.lines
            .first()
            .map_or_else(|| self.excerpt.span_all().before(), |line| line.span)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum TextPlace {
    /// A file of the tree, by its path.
    File { path: String },
    /// A key of a ConfigMap or Secret.
    Key { object: ObjectName, key: String },
    /// A field of a resource or of chart values, by the place of its value.
    Field { at: Span },
    /// A fence of a Markdown file.
    Snippet,
}

/// Kind, namespace and name of a Kubernetes object. An unknown name never matches.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectName {
    pub kind: String,
    pub namespace: Option<String>,
    /// The name, or the raw template expression that stands for it: two equal expressions match.
    pub name: String,
    pub templated: bool,
}

/// A part of a server's configuration, in the order in which the server reads it.
#[derive(Clone, Debug)]
pub enum ConfPart {
    /// A key of a ConfigMap or Secret, mounted and passed to the server or named by an operator.
    Key {
        object: ObjectName,
        key: String,
        evidence: String,
        at: Span,
    },
    /// The configuration texts of a ConfigMap from which something writes the file that the server
    /// reads: what it says may hold, what it does not say is not known.
    Template {
        object: ObjectName,
        evidence: String,
        at: Span,
    },
    /// A file of the tree.
    File {
        path: String,
        evidence: String,
        /// How sure it is that this file is meant.
        strength: Strength,
        at: Span,
    },
    /// A field that holds a text, by the place of its value.
    Field { evidence: String, at: Span },
    /// What follows is in a file of its own, which a line of the server's file includes.
    Opens,
    /// That file ends.
    Closes,
    /// Fields, or arguments as their server reads them.
    Lines(Vec<RawLine>),
    /// Arguments behind the server's file, if it has one. Which of them are values depends on the
    /// version: they become lines once it is known who reads them.
    Arguments {
        words: Vec<ArgWord>,
        behind_file: bool,
    },
    /// What the operator, chart or image writes by itself; `source` names the shape.
    Generated {
        source: String,
        lines: Vec<(String, Option<Vec<String>>)>,
    },
    /// Something stands here that cannot be seen.
    NotVisible { reason: Cause, at: Option<Span> },
}

/// A server that a workload or a custom resource runs.
#[derive(Clone, Debug)]
pub struct RawServer {
    /// `StatefulSet/redis`, `RedisCluster/cache/leader`; with the container where two serve.
    pub name: String,
    pub namespace: Option<String>,
    pub kind: RawKind,
    /// The container or resource: where a finding on the whole server stands.
    pub anchor: Span,
    pub image: Option<RawScalar>,
    /// The shape's own image where none is written, or why the image is not known.
    pub image_fallback: Option<Result<String, Cause>>,
    /// Its limits, probes, storage and neighbours.
    pub deployment: Deployment,
    pub conf: Vec<ConfPart>,
    /// Host names that reach it by themselves (an operator's Service).
    pub hosts: Vec<String>,
    /// Where volumes are mounted, for the data directory; `None` where an attribute decides it.
    pub mounts: Option<Vec<RawMount>>,
    /// The image's own data directory, where the image is known.
    pub data_directory: Option<String>,
    /// The Dockerfile of the tree that makes its image.
    pub built_from: Option<String>,
    /// What is installed in its image, where that is no server's by itself.
    pub installed: Option<InstalledRelease>,
    /// Ports of its container that a host publishes.
    pub published: Vec<String>,
    /// What stands at the server and connects to it: its probes, an exporter in its pod.
    pub connections: Vec<RawConnection>,
    /// The names that its container gives to ports.
    pub port_names: BTreeMap<String, String>,
    /// What it is started in, where that is a container of which all is seen.
    pub container: Option<RawContainer>,
    /// Labels of its pods, for the selectors of Services.
    pub labels: BTreeMap<String, String>,
    /// The resource is a fragment (a patch): absent means "not visible" here.
    pub fragment: bool,
    /// It is started for one run, of a test or by hand, and deployed by nothing.
    pub transient: bool,
    /// Why it may be otherwise than what can be seen.
    pub doubt: Option<Uncertainty>,
    /// What is written for it and never read.
    pub unread: Vec<RawUnread>,
    pub unset_places: UnsetPlaces,
    /// Nobody runs it as it stands: the values that a server's own chart comes with, one of many
    /// releases that something is tried on.
    pub sample: bool,
    /// What says that a developer runs it, where something does.
    pub development: Option<DevelopmentSetup>,
}

/// What says that a deployment is a developer's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DevelopmentSetup {
    pub at: Span,
    /// As the first part of a sentence: ``service `web` watches its source``.
    pub why: String,
}

/// Where a reader would write the configuration that nobody wrote, in a document that has fields for
/// it: findings on what is missing stand there.
#[derive(Clone, Debug, Default)]
pub struct UnsetPlaces {
    /// The field that holds configuration.
    pub field: Option<Span>,
    /// By directive: the field that makes the operator or chart write it.
    pub switches: BTreeMap<String, Span>,
}

impl RawServer {
    /// What the limits of a server that a compose file starts are written on.
    pub const SERVICE: &str = "service";

    /// A server of which nothing but its name and its place is known.
    pub fn new(name: impl Into<String>, anchor: Span) -> Self {
        Self {
            name: name.into(),
            namespace: None,
            kind: RawKind::Unknown,
            anchor,
            image: None,
            image_fallback: None,
            deployment: Deployment::by("the deployment"),
            conf: Vec::new(),
            hosts: Vec::new(),
            mounts: None,
            data_directory: None,
            built_from: None,
            installed: None,
            published: Vec::new(),
            connections: Vec::new(),
            port_names: BTreeMap::new(),
            container: None,
            labels: BTreeMap::new(),
            fragment: false,
            transient: false,
            doubt: None,
            unread: Vec::new(),
            unset_places: UnsetPlaces::default(),
            sample: false,
            development: None,
        }
    }

    /// A compose file starts it.
    pub fn is_composed(&self) -> bool {
        self.deployment.is(ServerFact::LimitOwner, Self::SERVICE)
    }
}

/// A reason to assume only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uncertainty {
    pub reason: Cause,
    /// What is written is assumed too (it is switched off here), not only what is not.
    pub all: bool,
}

/// Configuration that the deployment never reads: a field, a mounted key.
#[derive(Clone, Debug, PartialEq)]
pub struct RawUnread {
    pub name: String,
    pub span: Span,
    /// As a phrase that fits after "because"; or why it cannot be told.
    pub why: Result<String, Cause>,
    pub strength: Strength,
    /// It counts only where this is a text of configuration.
    pub held: Option<RawHeld>,
}

/// What is not read: a key of a ConfigMap or Secret or any of its keys, or a file of the tree or any
/// file below a folder of it.
#[derive(Clone, Debug, PartialEq)]
pub enum RawHeld {
    Key {
        object: ObjectName,
        key: Option<String>,
    },
    File {
        path: String,
    },
}

impl RawHeld {
    /// Whether a text of configuration is what is meant.
    pub fn is_at(&self, place: &TextPlace) -> bool {
        match (self, place) {
            (
                Self::Key { object, key },
                TextPlace::Key {
                    object: own,
                    key: at,
                },
            ) => {
                let same_namespace = match (&own.namespace, &object.namespace) {
                    (Some(a), Some(b)) => a == b,
                    _ => true,
                };
                let named = own.kind == object.kind && own.name == object.name;
                named && same_namespace && key.as_ref().is_none_or(|wanted| wanted == at)
            }
            (Self::File { path: wanted }, TextPlace::File { path: at }) => {
                path::is_within(at, wanted)
            }
            _ => false,
        }
    }
}

/// A volume at a path in the server's container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawMount {
    pub path: String,
    pub storage: MountStorage,
    /// Nothing can be written there.
    pub read_only: bool,
    pub content: MountContent,
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MountStorage {
    /// Outlives the pod.
    Persistent,
    /// The same, and all processes of a workload have it.
    Shared,
    /// Goes with the pod.
    Ephemeral,
    /// Holds configuration or secrets.
    Files,
    Unknown,
}

/// What redvet.toml or a flag says of a server.
#[derive(Clone, Debug, Default)]
pub struct Declaration {
    /// The server's name; `None` for every server that has no figure of its own.
    pub name: Option<String>,
    pub memory: Option<u64>,
    pub cpus: Option<f64>,
    /// `FLAVOR:VERSION` taken apart.
    pub flavor: Option<String>,
    pub version: Option<String>,
    pub role: Option<String>,
    /// Words for how it was built, joined by commas.
    pub build: Option<String>,
    /// Where it is written; flags are written nowhere.
    pub span: Option<Span>,
}

/// How a server was built, as far as somebody says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeclaredBuild {
    /// With the allocator that comes with the source.
    pub bundled_allocator: Option<bool>,
    pub tls: Option<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RawKind {
    Standalone,
    Replication,
    Cluster,
    Sentinel,
    Unknown,
}

impl RawKind {
    /// The kind, where the resource says it.
    pub fn known_kind(self) -> Option<ServerKind> {
        match self {
            Self::Standalone => Some(ServerKind::Standalone),
            Self::Replication => Some(ServerKind::Replication),
            Self::Cluster => Some(ServerKind::Cluster),
            Self::Sentinel => Some(ServerKind::Sentinel),
            Self::Unknown => None,
        }
    }
}

/// A Kubernetes Service: a host name and what it selects.
#[derive(Clone, Debug)]
pub struct RawService {
    pub name: String,
    pub namespace: Option<String>,
    pub selector: BTreeMap<String, String>,
    /// It is another name of this host.
    pub external_name: Option<String>,
    /// The ports of the pods that it leads to, by number or by name.
    pub targets: Vec<String>,
    /// It has no address of its own: clients see the pods behind it.
    pub headless: bool,
    pub span: Span,
}

/// A client reads a variable that nobody sets but Kubernetes, for a Service.
#[derive(Clone, Debug)]
pub struct RawServiceVariable {
    /// Where the client stands.
    pub anchor: Span,
    pub variable: String,
    /// Where the client takes it.
    pub span: Span,
    pub service: String,
    pub workload: String,
    /// A part of the workload's environment that is not seen may set it, too.
    pub may_be_set: bool,
    pub strength: Strength,
}

/// A key that one mapping holds twice.
#[derive(Clone, Debug)]
pub struct RawDuplicateKey {
    pub key: String,
    /// The one that is dropped, and the one that counts.
    pub earlier: Span,
    pub later: Span,
    /// A template may write only one of them.
    pub may_be_branches: bool,
    /// The places whose meaning hangs on it.
    pub regions: Vec<Span>,
}

/// Limits that a namespace gives to every container without its own.
#[derive(Clone, Debug)]
pub struct RawLimitRange {
    pub name: String,
    pub namespace: Option<String>,
    pub quantities: BTreeMap<DeploymentQuantity, RawScalar>,
}

/// The processes that an autoscaler may run of a workload.
#[derive(Clone, Debug)]
pub struct RawAutoscaler {
    pub name: String,
    pub namespace: Option<String>,
    /// `Kind/name` of the workload.
    pub target: String,
    pub most: RawScalar,
}

/// A metrics exporter in a workload of its own.
#[derive(Clone, Debug)]
pub struct RawExporter {
    /// `Kind/name` of the workload.
    pub name: String,
    pub span: Span,
}

/// All raw facts of one universe.
#[derive(Clone, Debug, Default)]
pub struct RawFacts {
    pub texts: Vec<RawText>,
    pub servers: Vec<RawServer>,
    pub services: Vec<RawService>,
    pub limit_ranges: Vec<RawLimitRange>,
    pub autoscalers: Vec<RawAutoscaler>,
    pub exporters: Vec<RawExporter>,
    /// What connects to servers by a host name.
    pub connections: Vec<RawConnection>,
    pub workloads: Vec<RawWorkload>,
    pub builds: Vec<RawBuild>,
    pub modules: Vec<RawModule>,
    pub clients: Vec<RawClient>,
    pub packages: Vec<RawPackage>,
    pub waits: Vec<RawWait>,
    pub client_calls: Vec<RawClientCall>,
    pub variables: Vec<RawVariable>,
    /// What a project says of its programs.
    pub declared: Vec<ServiceDeclaration>,
    /// Inputs that could not be read as what they claim to be: a place and why.
    pub problems: Vec<(Span, String)>,
    /// Byte ranges that hold secrets.
    pub secrets: Vec<Span>,
    /// Comments, for suppressions.
    pub comments: Vec<Comment>,
    pub duplicate_keys: Vec<RawDuplicateKey>,
    pub service_variables: Vec<RawServiceVariable>,
    /// What is worth saying once of a file, with a place in it.
    pub notes: Vec<(Span, String)>,
    /// Which of the facts were made together, apart from the rest of the tree.
    pub extents: Vec<OverlayScope>,
    /// Which of them are a chart's defaults.
    pub defaults: ChartDefaults,
}

impl RawFacts {
    pub fn absorb(&mut self, other: RawFacts) {
        let extents: Vec<_> = other.extents.iter().map(|e| e.shift_by(self)).collect();
        self.extents.extend(extents);
        self.texts.extend(other.texts);
        self.servers.extend(other.servers);
        self.services.extend(other.services);
        self.limit_ranges.extend(other.limit_ranges);
        self.autoscalers.extend(other.autoscalers);
        self.exporters.extend(other.exporters);
        self.connections.extend(other.connections);
        self.workloads.extend(other.workloads);
        self.builds.extend(other.builds);
        self.modules.extend(other.modules);
        self.clients.extend(other.clients);
        self.packages.extend(other.packages);
        self.waits.extend(other.waits);
        self.client_calls.extend(other.client_calls);
        self.variables.extend(other.variables);
        self.declared.extend(other.declared);
        self.problems.extend(other.problems);
        self.secrets.extend(other.secrets);
        self.comments.extend(other.comments);
        self.duplicate_keys.extend(other.duplicate_keys);
        self.service_variables.extend(other.service_variables);
        self.notes.extend(other.notes);
        self.defaults.absorb(other.defaults);
    }
}
