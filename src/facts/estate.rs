//! The estate: every subject that rules can check, with typed facts, and how they are related.

use std::collections::BTreeMap;

use crate::facts::edit_target::EditTarget;
use crate::facts::effective_config::EffectiveConfig;
use crate::facts::fact_path::FactPath;
use crate::facts::value::{FactValue, Strength};
use crate::source::Span;

/// What a rule can be about.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum SubjectKind {
    /// One line of configuration text as its server would read it.
    Directive,
    Server,
    Client,
    /// A program: a Go main package or a Cargo binary.
    Service,
    /// One way in which something connects to a server.
    Connection,
    /// The check itself: suppressions, waivers, inputs.
    Meta,
}

impl SubjectKind {
    pub const ALL: [Self; 6] = [
        Self::Directive,
        Self::Server,
        Self::Client,
        Self::Service,
        Self::Connection,
        Self::Meta,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Directive => "directive",
            Self::Server => "server",
            Self::Client => "client",
            Self::Service => "service",
            Self::Connection => "connection",
            Self::Meta => "meta",
        }
    }
}

/// Why two things are held to belong together.
#[derive(Clone, Debug, PartialEq)]
pub struct SubjectLink {
    /// What it leads to, in words: `ConfigMap/cache-conf key redis.conf`.
    pub to: String,
    /// Why: `mount chain`, `spec.redisConfig.additionalRedisConfig`.
    pub evidence: String,
    pub strength: Strength,
    /// The place that makes the link.
    pub at: Option<Span>,
}

/// Another subject, by its index in the estate's list of its kind.
#[derive(Clone, Debug, PartialEq)]
pub struct RelatedSubject {
    pub index: usize,
    pub strength: Strength,
    pub evidence: String,
}

/// One subject: a server, a client, a line.
#[derive(Clone, Debug)]
pub struct Subject {
    pub kind: SubjectKind,
    /// What people call it: `StatefulSet/redis`, `deploy/redis.conf:maxmemory`, `main.go:connect`.
    pub name: String,
    pub namespace: Option<String>,
    /// What the subject is called in fingerprints: never holds a line number.
    pub identity: String,
    /// The file it is found in, relative to the root.
    pub path: String,
    /// The folder of the overlay that makes it of other files, where one does.
    pub made_in: Option<String>,
    /// Where a finding about the whole subject stands, and about an absent value without a place.
    pub anchor: Span,
    /// The effective configuration of a server; that of other subjects is empty.
    pub conf: EffectiveConfig,
    /// The other facts. One that is not here is absent.
    pub facts: BTreeMap<FactPath, FactValue>,
    pub links: Vec<SubjectLink>,
    /// Parts of its configuration that exist and cannot be seen, in words.
    pub not_visible: Vec<String>,
    /// Nobody runs it as it stands: it is there to be filled in or tried.
    pub sample: bool,
    /// A developer runs it, for this reason: nobody sizes or guards it like what is deployed.
    pub development: Option<String>,
    /// Set when a list of relations could not be seen whole.
    pub server: Option<RelatedSubject>,
    pub clients: Vec<RelatedSubject>,
}

impl Subject {
    pub fn new(
        kind: SubjectKind,
        name: impl Into<String>,
        path: impl Into<String>,
        anchor: Span,
    ) -> Self {
        let name = name.into();
        Self {
            kind,
            identity: name.clone(),
            name,
            namespace: None,
            path: path.into(),
            made_in: None,
            anchor,
            conf: EffectiveConfig::default(),
            facts: BTreeMap::new(),
            links: Vec::new(),
            not_visible: Vec::new(),
            sample: false,
            development: None,
            server: None,
            clients: Vec::new(),
        }
    }

    pub fn fact(&self, fact: impl Into<FactPath>) -> Option<&FactValue> {
        self.value(&fact.into())
    }

    /// A fact by its path.
    pub fn value(&self, fact: &FactPath) -> Option<&FactValue> {
        match fact {
            FactPath::Conf(directive) => self.conf.get(directive),
            other => self.facts.get(other),
        }
    }

    /// Where a finding on a fact stands: where it is written, else where it would be.
    pub fn place(&self, fact: &FactPath) -> Option<Span> {
        match fact {
            FactPath::Conf(directive) => self.conf.place(directive),
            other => self.facts.get(other)?.place(),
        }
    }

    /// Where and how a fact could be written; `None` for one that is absent.
    pub fn edit_target(&self, fact: &FactPath) -> Option<EditTarget> {
        match fact {
            FactPath::Conf(directive) => self.conf.edit_target(directive),
            other => Some(self.facts.get(other)?.slot.clone()),
        }
    }

    /// The effective value of a server's directive.
    pub fn conf(&self, directive: &str) -> Option<&FactValue> {
        self.conf.get(directive)
    }

    /// The facts that may have a place in a file.
    pub fn placed_values(&self) -> impl Iterator<Item = &FactValue> {
        self.conf.decided().chain(self.facts.values())
    }

    /// An option of a client by its canonical key.
    pub fn option(&self, key: &str) -> Option<&FactValue> {
        self.fact(FactPath::Option(key.to_owned()))
    }

    pub fn put(&mut self, fact: impl Into<FactPath>, value: FactValue) {
        match fact.into() {
            FactPath::Conf(directive) => self.conf.put(directive, value),
            other => {
                self.facts.insert(other, value);
            }
        }
    }
}

/// Everything that was resolved in one universe.
#[derive(Clone, Debug, Default)]
pub struct Estate {
    pub directives: Vec<Subject>,
    pub servers: Vec<Subject>,
    pub clients: Vec<Subject>,
    pub services: Vec<Subject>,
    pub connections: Vec<Subject>,
    pub meta: Vec<Subject>,
    /// Things worth saying once, with the file they are about.
    pub notes: Vec<(Option<String>, String)>,
}

impl Estate {
    pub fn subjects(&self, kind: SubjectKind) -> &[Subject] {
        match kind {
            SubjectKind::Directive => &self.directives,
            SubjectKind::Server => &self.servers,
            SubjectKind::Client => &self.clients,
            SubjectKind::Service => &self.services,
            SubjectKind::Connection => &self.connections,
            SubjectKind::Meta => &self.meta,
        }
    }

    /// Appends another universe's subjects, keeping relations right.
    pub fn absorb(&mut self, other: Estate) {
        let servers = self.servers.len();
        let clients = self.clients.len();
        let shift = |mut subject: Subject| {
            if let Some(server) = &mut subject.server {
                server.index += servers;
            }
            for client in &mut subject.clients {
                client.index += clients;
            }
            subject
        };
        self.directives
            .extend(other.directives.into_iter().map(shift));
        self.servers.extend(other.servers.into_iter().map(shift));
        self.clients.extend(other.clients.into_iter().map(shift));
        self.services.extend(other.services.into_iter().map(shift));
        self.connections
            .extend(other.connections.into_iter().map(shift));
        self.meta.extend(other.meta);
        self.notes.extend(other.notes);
    }
}
