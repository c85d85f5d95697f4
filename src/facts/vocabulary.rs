//! The vocabulary: every fact that a rule may name, with its type. What holds for one directive or
//! one client option is not listed here but asked of `knowledge` by whoever builds a [`Vocabulary`].

mod client;
mod types;

use std::collections::BTreeMap;
use std::ops::Range;

use crate::facts::estate::SubjectKind;
use crate::facts::words::{Problem, RolloutTrigger, ServerKind, ServiceQuality, StorageKind};

use client::{CLIENT, SERVICE};
pub use types::Type;

/// Facts that rules name by a plainer name than their key: kind, key, name. The key stays what it was
/// because fingerprints in baselines hold it; a rule that writes it is understood, and told of the name.
const PLAIN_NAMES: &[(SubjectKind, &str, &str)] = &[
    (SubjectKind::Server, "holder", "limit_owner"),
    (
        SubjectKind::Client,
        "site.per_request",
        "site.built_per_request",
    ),
    (
        SubjectKind::Client,
        "site.per_round",
        "site.built_per_iteration",
    ),
    (
        SubjectKind::Client,
        "blocking.cut",
        "blocking.interrupted_call",
    ),
];

/// A fact that every subject of a kind may have.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    pub path: &'static str,
    pub ty: Type,
    pub about: &'static str,
    /// The only words that it may be, where they are few; of a list, that its items may be.
    pub words: &'static [&'static str],
}

impl Entry {
    const fn one_of(mut self, words: &'static [&'static str]) -> Self {
        self.words = words;
        self
    }
}

const fn entry(path: &'static str, ty: Type, about: &'static str) -> Entry {
    Entry {
        path,
        ty,
        about,
        words: &[],
    }
}

const DIRECTIVE: &[Entry] = &[
    entry("name", Type::Text, "the directive's name as it is written"),
    entry(
        "canonical",
        Type::Text,
        "the name that the server calls it by; aliases resolve to it",
    ),
    entry("args", Type::List, "the words after the name"),
    entry(
        "value",
        Type::Text,
        "the words after the name, as one text, without a trailing comment; masked where secret",
    ),
    entry(
        "problem",
        Type::Text,
        "what is wrong with the line: `none`, or one of the kinds behind the `conf/*` rules",
    )
    .one_of(Problem::WORDS),
    entry(
        "error",
        Type::Text,
        "what the server would print for this line",
    ),
    entry(
        "accepted",
        Type::Text,
        "the accepted form, for a value of the wrong form",
    ),
    entry(
        "suggestion",
        Type::Text,
        "the one known name at edit distance 1",
    ),
    entry("candidates", Type::Text, "known names near the unknown one"),
    entry(
        "consequence",
        Type::Text,
        "what the server does with the line: `refuses to start`, or what it takes the words for",
    ),
    entry(
        "known_since",
        Type::Text,
        "the first version of this flavor that knows the name",
    ),
    entry(
        "removed_in",
        Type::Text,
        "the first version of this flavor that knows the name no more",
    ),
    entry("replacement", Type::Text, "the name that replaced it"),
    entry(
        "known_to",
        Type::Text,
        "the flavors and versions that know the name, for one that this version does not know",
    ),
    entry(
        "effective",
        Type::Text,
        "what the value comes to, as `CONFIG GET` shows it, where that is not what is written",
    ),
    entry(
        "idle_because",
        Type::Text,
        "why the line has no effect beside other settings, or `none`",
    ),
    entry(
        "conflict",
        Type::Text,
        "what the server prints because of this line and another one, or `none`",
    ),
    entry(
        "conflict_with",
        Type::Text,
        "the other line, where it is written",
    ),
    entry(
        "conflict_consequence",
        Type::Text,
        "what the server does then",
    ),
    entry(
        "settable",
        Type::Bool,
        "whether a running server takes the directive by CONFIG SET, for a field that an operator applies so",
    ),
    entry(
        "overridden_by",
        Type::Text,
        "the value that counts instead, where another part of the configuration (arguments, a field) replaces this line in every server that reads it",
    ),
    entry(
        "not_read",
        Type::Text,
        "why nothing reads the field or key, for configuration that its deployment never reads",
    ),
    entry(
        "discloses_secret",
        Type::Bool,
        "the line holds a password that whoever reads the file can read: no reference, no placeholder, no hash",
    ),
    entry(
        "trailing_comment",
        Type::Text,
        "the `#` comment after the value",
    ),
    entry(
        "first",
        Type::Text,
        "the value of the earlier line that this one silently replaces",
    ),
    entry(
        "server_version",
        Type::Text,
        "flavor and version that the line was judged by",
    ),
];

const SERVER: &[Entry] = &[
    entry(
        "name",
        Type::Text,
        "`Kind/name`, or the path of a configuration that nothing deploys",
    ),
    entry(
        "kind",
        Type::Text,
        "`standalone`, `replication`, `cluster` or `sentinel`",
    ).one_of(ServerKind::WORDS),
    entry("flavor", Type::Text, "`redis` or `valkey`"),
    entry(
        "version",
        Type::Text,
        "the version as far as it is known, e.g. `7.2.6` or `7`",
    ),
    entry(
        "holder",
        Type::Text,
        "what its limits are written on, as people call it: `container`, `service` (compose), `unit` (systemd), `release` (a chart's values), the kind of an operator's resource, `server` where nothing deploys it",
    ),
    entry("limits.memory", Type::Size, "the memory limit"),
    entry(
        "limits.memory_field",
        Type::Text,
        "where the holder takes a memory limit: `resources.limits.memory`",
    ),
    entry("limits.cpu", Type::Cores, "the CPU limit"),
    entry("requests.memory", Type::Size, "the memory request"),
    entry("requests.cpu", Type::Cores, "the CPU request"),
    entry(
        "replicas",
        Type::Int,
        "how many processes run this configuration",
    ),
    entry(
        "storage.kind",
        Type::Text,
        "what the data directory is on: `persistent`, `ephemeral` or `none`",
    ).one_of(StorageKind::WORDS),
    entry(
        "deployed",
        Type::Bool,
        "a workload or custom resource runs it (a bare configuration file is a server too)",
    ),
    entry("exporter", Type::Bool, "a metrics exporter runs beside it"),
    entry(
        "exporter_field",
        Type::Text,
        "the field that switches it on, for an operator's resource or a chart's values",
    ),
    entry(
        "image.reference",
        Type::Text,
        "the container's image as it is written",
    ),
    entry(
        "image.pin",
        Type::Text,
        "how far the image says which version runs: `digest`, `version`, `moving` (a tag of the official image without a version), `latest` or `none`",
    ).one_of(&["digest", "version", "moving", "latest", "none", "unknown"]),
    entry(
        "config.name",
        Type::Text,
        "the ConfigMap or Secret that holds the configuration text, `Kind/name`",
    ),
    entry(
        "config.used",
        Type::Bool,
        "a server of the scanned tree reads that ConfigMap or Secret",
    ),
    entry(
        "rollout",
        Type::Text,
        "what starts the pods anew when a mounted configuration changes: `checksum`, `reloader`, `renamed` (a hash or version in the name, or an immutable object) or `none`",
    ).one_of(RolloutTrigger::WORDS),
    entry(
        "probes.liveness",
        Type::Bool,
        "a liveness probe restarts the container",
    ),
    entry(
        "probes.readiness",
        Type::Bool,
        "a readiness probe takes the container out of its Services",
    ),
    entry(
        "probes.startup",
        Type::Bool,
        "a startup probe holds the liveness probe back",
    ),
    entry(
        "probes.delay",
        Type::Duration,
        "how long the liveness probe waits before its first question",
    ),
    entry(
        "probes.patience",
        Type::Duration,
        "how long the liveness probe bears failures: period x threshold",
    ),
    entry(
        "filesystem.read_only",
        Type::Bool,
        "the container cannot write to its own layer",
    ),
    entry(
        "qos",
        Type::Text,
        "the pod's quality of service: `guaranteed`, `burstable` or `best-effort`",
    ).one_of(ServiceQuality::WORDS),
    entry(
        "role",
        Type::Text,
        "`cache`, `durable` or `queue`: declared in redvet.toml, or what its clients use it for",
    ).one_of(&["cache", "durable", "queue"]),
    entry(
        "managed",
        Type::Bool,
        "a provider runs it: it decides by itself what its parameters do not say",
    ),
    entry(
        "exposed",
        Type::Bool,
        "something beyond its own host can open a connection: it listens on more than the loopback, and a port is published or a Service leads to it",
    ),
    entry(
        "reachable",
        Type::Bool,
        "a port of it is published, where its deployment says so",
    ),
    entry(
        "authentication",
        Type::Text,
        "what it asks of whoever connects: `none`, `password` or `acl`",
    ).one_of(&["none", "password", "acl"]),
    entry(
        "connections.total",
        Type::Int,
        "the sum over linked clients of pool size, processes and nodes",
    ),
    entry(
        "connections.at_least",
        Type::Int,
        "the known lower bound of that sum",
    ),
];

const META: &[Entry] = &[
    entry(
        "what",
        Type::Text,
        "what is wrong: `unused-suppression`, `suppression-without-reason`, `unreadable-input`, `expired-waiver`",
    ).one_of(&["unused-suppression", "suppression-without-reason", "unreadable-input", "expired-waiver"]),
    entry("detail", Type::Text, "the particulars"),
];

/// All facts and their types, with what `knowledge` adds.
#[derive(Clone, Debug, Default)]
pub struct Vocabulary {
    /// Directive name to the type of its value.
    pub directives: BTreeMap<String, Type>,
    /// Canonical option key of clients to its type.
    pub options: BTreeMap<String, Type>,
    /// The words that the value of a directive, an option or a listed fact may be, where they are
    /// few, by the subject's word and the path.
    pub words: BTreeMap<String, Vec<String>>,
    /// Other names of directives, with the one that facts go by.
    pub aliases: BTreeMap<String, String>,
}

impl Vocabulary {
    /// The listed facts of a kind.
    pub fn entries(kind: SubjectKind) -> &'static [Entry] {
        match kind {
            SubjectKind::Directive => DIRECTIVE,
            SubjectKind::Server => SERVER,
            SubjectKind::Client => CLIENT,
            SubjectKind::Service => SERVICE,
            SubjectKind::Meta => META,
        }
    }

    /// The name that rules give to the fact with this key.
    pub fn name_of_key(kind: SubjectKind, key: &str) -> &str {
        let plain = PLAIN_NAMES.iter().find(|row| row.0 == kind && row.1 == key);
        plain.map_or(key, |row| row.2)
    }

    /// The key of the fact that a rule names, by its name of today or by its key.
    pub fn key_of_name(kind: SubjectKind, name: &str) -> &str {
        let plain = PLAIN_NAMES
            .iter()
            .find(|row| row.0 == kind && row.2 == name);
        plain.map_or(name, |row| row.1)
    }

    /// Keys in a text of a rule that have a plainer name: where each stands, the subject and the name.
    pub fn former_names(text: &str) -> Vec<(Range<usize>, SubjectKind, &'static str)> {
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let mut found = Vec::new();
        for (kind, key, name) in PLAIN_NAMES {
            for (at, _) in text.match_indices(key) {
                let end = at + key.len();
                // A key stands behind the dot of its subject, and as a whole word.
                let owner = text[..at].strip_suffix('.');
                if owner.is_some_and(|o| o.ends_with(is_word)) && !text[end..].starts_with(is_word)
                {
                    found.push((at..end, *kind, *name));
                }
            }
        }
        found
    }

    /// The type of a fact, by its path without the subject's own word.
    pub fn type_of(&self, kind: SubjectKind, path: &str) -> Option<Type> {
        if kind == SubjectKind::Server
            && let Some(name) = directive_of(path)
        {
            return self.directives.get(name).copied();
        }
        if kind == SubjectKind::Client
            && let Some(ty) = self.options.get(path)
        {
            return Some(*ty);
        }
        Self::entries(kind)
            .iter()
            .find(|e| e.path == path)
            .map(|e| e.ty)
    }

    /// The words that a fact may be, where they are few.
    pub fn words(&self, kind: SubjectKind, path: &str) -> Vec<&str> {
        let listed = Self::entries(kind).iter().find(|e| e.path == path);
        match listed.map(|e| e.words) {
            Some(words) if !words.is_empty() => words.to_vec(),
            _ => {
                let known = self.words.get(&format!("{}.{path}", kind.as_str()));
                known.map_or_else(Vec::new, |words| words.iter().map(String::as_str).collect())
            }
        }
    }

    /// The subject that a relation leads to, e.g. `server` of a client.
    pub fn relation(kind: SubjectKind, word: &str) -> Option<SubjectKind> {
        match (kind, word) {
            (SubjectKind::Client | SubjectKind::Directive, "server") => Some(SubjectKind::Server),
            _ => None,
        }
    }

    /// The list of subjects that a word leads to, e.g. `clients` of a server.
    pub fn relations(kind: SubjectKind, word: &str) -> Option<SubjectKind> {
        match (kind, word) {
            (SubjectKind::Server | SubjectKind::Service, "clients") => Some(SubjectKind::Client),
            _ => None,
        }
    }

    /// Every path of a kind, for did-you-mean.
    pub fn paths(&self, kind: SubjectKind) -> Vec<String> {
        let listed = Self::entries(kind).iter();
        let listed = listed.map(|e| Self::name_of_key(kind, e.path).to_owned());
        match kind {
            SubjectKind::Server => listed
                .chain(self.directives.keys().map(|d| conf_path(d)))
                .collect(),
            SubjectKind::Client => listed.chain(self.options.keys().cloned()).collect(),
            _ => listed.collect(),
        }
    }
}

/// The path of a directive's effective value: `conf["NAME"]`.
pub fn conf_path(directive: &str) -> String {
    format!("conf[\"{directive}\"]")
}

/// The directive that a path `conf["NAME"]` names.
pub fn directive_of(path: &str) -> Option<&str> {
    path.strip_prefix("conf[\"")?.strip_suffix("\"]")
}
