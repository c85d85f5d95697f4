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
    entry("name", Type::Text, "the directive name as written"),
    entry(
        "canonical",
        Type::Text,
        "the canonical name; aliases resolve to it",
    ),
    entry("args", Type::List, "the arguments"),
    entry(
        "value",
        Type::Text,
        "the arguments as one string, without a trailing comment; masked if secret",
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
        "the error the server prints for this line",
    ),
    entry(
        "accepted",
        Type::Text,
        "the accepted format, for a value with the wrong format",
    ),
    entry(
        "suggestion",
        Type::Text,
        "the only known name at edit distance 1",
    ),
    entry(
        "candidates",
        Type::Text,
        "known names similar to the unknown one",
    ),
    entry(
        "consequence",
        Type::Text,
        "what the server does with the line: `refuses to start`, or how it interprets the arguments",
    ),
    entry(
        "known_since",
        Type::Text,
        "the first version of this flavor that supports the directive",
    ),
    entry(
        "removed_in",
        Type::Text,
        "the first version of this flavor that no longer supports the directive",
    ),
    entry("replacement", Type::Text, "the directive that replaced it"),
    entry(
        "known_to",
        Type::Text,
        "the flavors and versions that support the directive, if this version does not",
    ),
    entry(
        "effective",
        Type::Text,
        "the effective value as shown by `CONFIG GET`, if it differs from the written value",
    ),
    entry(
        "idle_because",
        Type::Text,
        "why the line has no effect because of other settings, or `none`",
    ),
    entry(
        "conflict",
        Type::Text,
        "the error caused by this line together with another one, or `none`",
    ),
    entry("conflict_with", Type::Text, "the other line"),
    entry(
        "conflict_consequence",
        Type::Text,
        "what the server does in that case",
    ),
    entry(
        "settable",
        Type::Bool,
        "whether the directive can be changed with CONFIG SET, for a field that an operator applies that way",
    ),
    entry(
        "overridden_by",
        Type::Text,
        "the value in effect, if arguments or another field override this line in every server that reads it",
    ),
    entry("not_read", Type::Text, "why the field or key is never read"),
    entry(
        "discloses_secret",
        Type::Bool,
        "the line contains a password in plain text (not a reference, placeholder or hash)",
    ),
    entry(
        "trailing_comment",
        Type::Text,
        "the `#` comment after the value",
    ),
    entry(
        "first",
        Type::Text,
        "the value of the earlier line that this one overrides",
    ),
    entry(
        "server_version",
        Type::Text,
        "flavor and version the line was checked against",
    ),
];

const SERVER: &[Entry] = &[
    entry(
        "name",
        Type::Text,
        "`Kind/name`, or the path of a configuration file that is not deployed",
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
        "the known part of the version, such as `7.2.6` or `7`",
    ),
    entry(
        "holder",
        Type::Text,
        "what the resource limits belong to: `container`, `service` (Compose), `unit` (systemd), `release` (Helm values), the kind of an operator's resource, or `server` if it is not deployed",
    ),
    entry("limits.memory", Type::Size, "the memory limit"),
    entry(
        "limits.memory_field",
        Type::Text,
        "the field that sets the memory limit, such as `resources.limits.memory`",
    ),
    entry("limits.cpu", Type::Cores, "the CPU limit"),
    entry("requests.memory", Type::Size, "the memory request"),
    entry("requests.cpu", Type::Cores, "the CPU request"),
    entry(
        "replicas",
        Type::Int,
        "number of processes with this configuration",
    ),
    entry(
        "storage.kind",
        Type::Text,
        "storage of the data directory: `persistent`, `ephemeral` or `none`",
    ).one_of(StorageKind::WORDS),
    entry(
        "deployed",
        Type::Bool,
        "a workload or custom resource runs it (a configuration file alone is a server too)",
    ),
    entry("exporter", Type::Bool, "it has a metrics exporter"),
    entry(
        "exporter_field",
        Type::Text,
        "the field that enables the exporter, for an operator's resource or Helm values",
    ),
    entry(
        "image.reference",
        Type::Text,
        "the container image as written",
    ),
    entry(
        "image.pin",
        Type::Text,
        "how the image is pinned: `digest`, `version`, `moving` (a tag of the official image without a version), `latest` or `none`",
    ).one_of(&["digest", "version", "moving", "latest", "none", "unknown"]),
    entry(
        "config.name",
        Type::Text,
        "the ConfigMap or Secret that contains the configuration, `Kind/name`",
    ),
    entry(
        "config.used",
        Type::Bool,
        "a server in the scanned tree uses that ConfigMap or Secret",
    ),
    entry(
        "rollout",
        Type::Text,
        "what restarts the pods when a mounted configuration changes: `checksum`, `reloader`, `renamed` (a hash or version in the name, or an immutable object) or `none`",
    ).one_of(RolloutTrigger::WORDS),
    entry(
        "probes.liveness",
        Type::Bool,
        "it has a liveness probe",
    ),
    entry(
        "probes.readiness",
        Type::Bool,
        "it has a readiness probe",
    ),
    entry(
        "probes.startup",
        Type::Bool,
        "it has a startup probe",
    ),
    entry(
        "probes.delay",
        Type::Duration,
        "initial delay of the liveness probe",
    ),
    entry(
        "probes.patience",
        Type::Duration,
        "how long the liveness probe tolerates failures: period x threshold",
    ),
    entry(
        "filesystem.read_only",
        Type::Bool,
        "the root filesystem is read-only",
    ),
    entry(
        "qos",
        Type::Text,
        "quality of service class of the pod: `guaranteed`, `burstable` or `best-effort`",
    ).one_of(ServiceQuality::WORDS),
    entry(
        "role",
        Type::Text,
        "`cache`, `durable` or `queue`: declared in redvet.toml, or derived from its clients",
    ).one_of(&["cache", "durable", "queue"]),
    entry(
        "managed",
        Type::Bool,
        "a managed service, where the provider decides unset parameters",
    ),
    entry(
        "exposed",
        Type::Bool,
        "reachable from other hosts: it listens beyond loopback, and a port is published or a Service selects it",
    ),
    entry(
        "reachable",
        Type::Bool,
        "a port is published",
    ),
    entry(
        "authentication",
        Type::Text,
        "required authentication: `none`, `password` or `acl`",
    ).one_of(&["none", "password", "acl"]),
    entry(
        "connections.total",
        Type::Int,
        "sum over linked clients of pool size x processes x nodes",
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
        "the problem: `unused-suppression`, `suppression-without-reason`, `unreadable-input`, `expired-waiver`",
    ).one_of(&["unused-suppression", "suppression-without-reason", "unreadable-input", "expired-waiver"]),
    entry("detail", Type::Text, "details"),
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
