//! Server subjects: what each server will really run with, typed, with versions, limits and role.
//!
//! Reads what `link` joined; the effective values are worked out by [`conf`](super::conf), the single
//! lines by [`directive`](super::directive).

mod access;
mod deployment;
mod doubt;
pub(in crate::resolve) mod figures;
mod overridden;
mod steps;
mod unread;
pub mod upgrade;
mod version;

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::cause::Cause;
use crate::facts::estate::Estate;
use crate::facts::linked::{Body, Linked, LinkedPart, LinkedServer};
use crate::facts::raw::{ConfPart, Declaration, Raw, RawServer, TextPlace};
use crate::facts::vocabulary::conf_path;
use crate::facts::words::ServerKind;
use crate::facts::{Datum, Related, Strength, Subject, SubjectKind, Value};
use crate::knowledge::servers::language::Build;
use crate::knowledge::servers::{Candidates, Form, Series, Servers};
use crate::knowledge::shapes::Shapes;
use crate::resolve::conf::{self, Step};
use crate::resolve::directive::{self, Judge, TextLines, Whole};
use crate::source::{FileId, Sources, Span};
use figures::declared_value;
use overridden::Overridden;

/// What resolving servers needs besides the raw facts.
pub struct Context<'a> {
    pub servers: &'a Servers,
    pub shapes: &'a Shapes,
    pub declarations: &'a [Declaration],
    pub sources: &'a Sources,
    /// The universe is a snippet of a document: what it does not say may stand elsewhere.
    pub snippet: bool,
}

/// Every server of a universe with its lines.
pub fn resolve(raw: &Raw, linked: &Linked, knowledge: &Context<'_>) -> Estate {
    let mut estate = Estate::default();
    let mut overridden = Overridden::default();
    for (index, server) in linked.servers.iter().enumerate() {
        let resolver = Resolver::new(raw, server, knowledge);
        let related = Related {
            index,
            strength: Strength::Certain,
            evidence: String::new(),
        };
        let effective = resolver.effective();
        overridden.add(
            &resolver.steps_by_part(),
            (&resolver.candidates.series, resolver.build),
            &|name| knowledge.servers.is_secret(name),
        );
        let mut directives = resolver.directives(&related, &effective);
        directives.extend(resolver.unread(&related));
        doubt::of_lines(resolver.deployed, &mut directives);
        for line in &mut directives {
            doubt::of_defaults(&raw.defaults, &resolver.files(), line);
        }
        estate.directives.extend(directives);
        let told = resolver.candidates.note.clone().into_iter();
        let told = told.chain(resolver.more_included());
        let path = resolver.path();
        estate
            .notes
            .extend(told.map(|note| (Some(path.to_owned()), note)));
        let mut server = resolver.server(effective);
        doubt::of_server(resolver.deployed, &mut server);
        doubt::of_defaults(&raw.defaults, &resolver.files(), &mut server);
        estate.servers.push(server);
    }
    overridden.put(&mut estate.directives);
    let notes = raw.notes.iter().map(|(span, note)| {
        let path = knowledge.sources.path(*span).to_owned();
        (Some(path), note.clone())
    });
    estate.notes.extend(notes);
    estate
}

/// The series that a server may be of.
pub fn candidates<'k>(
    raw: &Raw,
    linked: &LinkedServer,
    knowledge: &Context<'k>,
) -> Vec<&'k Series> {
    let resolver = Resolver::new(raw, linked, knowledge);
    let servers: &'k Servers = knowledge.servers;
    servers
        .candidates(
            resolver.flavor.as_ref().and_then(Value::text),
            resolver.version.as_ref().and_then(Value::text),
        )
        .series
}

struct Resolver<'a> {
    raw: &'a Raw,
    linked: &'a LinkedServer,
    deployed: Option<&'a RawServer>,
    knowledge: &'a Context<'a>,
    declared: Vec<&'a Declaration>,
    flavor: Option<Value>,
    version: Option<Value>,
    candidates: Candidates<'a>,
    build: Build,
}

impl<'a> Resolver<'a> {
    fn new(raw: &'a Raw, linked: &'a LinkedServer, knowledge: &'a Context<'a>) -> Self {
        let deployed = match linked.body {
            Body::Deployed(i) => Some(&raw.servers[i]),
            Body::Text(_) => None,
        };
        let name = match linked.body {
            Body::Deployed(i) => &raw.servers[i].name,
            Body::Text(i) => &raw.texts[i].name,
        };
        let declared = knowledge
            .declarations
            .iter()
            .filter(|d| d.name.as_ref().is_none_or(|wanted| wanted == name))
            .collect();
        let mut resolver = Self {
            raw,
            linked,
            deployed,
            knowledge,
            declared,
            flavor: None,
            version: None,
            candidates: Candidates::default(),
            build: Build::OFFICIAL,
        };
        resolver.build = resolver.declared_build();
        (resolver.flavor, resolver.version) = resolver.flavor_and_version();
        resolver.candidates = knowledge.servers.candidates(
            resolver.flavor.as_ref().and_then(Value::text),
            resolver.version.as_ref().and_then(Value::text),
        );
        resolver
    }

    fn name(&self) -> &'a str {
        match self.linked.body {
            Body::Deployed(i) => &self.raw.servers[i].name,
            Body::Text(i) => &self.raw.texts[i].name,
        }
    }

    fn anchor(&self) -> Span {
        match self.linked.body {
            Body::Deployed(i) => self.raw.servers[i].anchor,
            Body::Text(i) => self.raw.texts[i].home(),
        }
    }

    /// The files that the server and its texts are read from.
    fn files(&self) -> Vec<FileId> {
        let own = self.deployed.map(|server| server.anchor.file);
        let texts = self.read_texts().into_iter();
        let texts = texts.map(|index| self.raw.texts[index].excerpt.file());
        own.into_iter().chain(texts).collect()
    }

    fn path(&self) -> &'a str {
        self.knowledge.sources.path(self.anchor())
    }

    // Subjects.

    fn directives(&self, server: &Related, effective: &BTreeMap<String, Value>) -> Vec<Subject> {
        let whole = Whole::new(
            self.knowledge.servers,
            (&self.candidates.series, self.build),
            effective,
            &self.steps(),
        );
        let judge = Judge {
            servers: self.knowledge.servers,
            candidates: &self.candidates.series,
            shapes: self.knowledge.shapes,
            sources: self.knowledge.sources,
            loads_modules: self.loads_modules(),
            whole: &whole,
        };
        let mut subjects = Vec::new();
        for index in self.read_texts() {
            let text = &self.raw.texts[index];
            if text.foreign {
                continue;
            }
            let lines = TextLines {
                name: &text.name,
                path: self.knowledge.sources.path(text.excerpt.span_all()),
                keeps_secrets: self.knowledge.snippet || keeps_secrets(&text.place),
                lines: text.lines.iter().collect(),
            };
            subjects.extend(directive::subjects(&lines, &judge, server));
        }
        for part in self.deployed.iter().flat_map(|s| &s.conf) {
            let ConfPart::Lines(own) = part else { continue };
            let lines = TextLines {
                name: self.name(),
                path: self.path(),
                keeps_secrets: self.knowledge.snippet,
                lines: own.iter().collect(),
            };
            subjects.extend(directive::subjects(&lines, &judge, server));
        }
        subjects
    }

    fn loads_modules(&self) -> bool {
        let loads = |name: &str| {
            let directive = self
                .candidates
                .series
                .iter()
                .find_map(|s| s.directive(name));
            directive.is_some_and(|d| d.form == Some(Form::LoadModule))
        };
        self.steps().iter().any(|step| match step {
            Step::Line { line, .. } => line.words.first().is_some_and(|name| loads(&name.text)),
            _ => false,
        })
    }

    fn effective(&self) -> BTreeMap<String, Value> {
        let is_secret = |name: &str| self.knowledge.servers.is_secret(name);
        conf::effective(
            &self.steps(),
            (&self.candidates.series, self.build),
            &self.home(),
            &is_secret,
        )
    }

    fn server(&self, effective: BTreeMap<String, Value>) -> Subject {
        let mut subject =
            Subject::new(SubjectKind::Server, self.name(), self.path(), self.anchor());
        subject.namespace = self.deployed.and_then(|s| s.namespace.clone());
        subject.identity = match &subject.namespace {
            Some(namespace) => format!("{namespace}/{}", self.name()),
            None => self.name().to_owned(),
        };
        subject.made_in = self.made_in();
        subject.links.clone_from(&self.linked.links);
        subject.not_visible = self.not_visible();
        for (name, value) in effective {
            subject.put(conf_path(&name), value);
        }
        self.put_figures(&mut subject);
        self.put_identity(&mut subject);
        self.put_words(&mut subject);
        self.put_access(&mut subject);
        self.put_deployment(&mut subject);
        subject
    }

    /// The folder of the kustomization that makes it.
    fn made_in(&self) -> Option<String> {
        let Body::Deployed(index) = self.linked.body else {
            return None;
        };
        let mut extents = self.raw.extents.iter();
        let extent = extents.find(|extent| extent.servers.contains(&index))?;
        Some(extent.dir.clone())
    }

    fn not_visible(&self) -> Vec<String> {
        let gap = |part: &LinkedPart| match part {
            LinkedPart::Gap { reason, .. } => Some(reason.to_string()),
            _ => None,
        };
        let parts = self.linked.parts.iter().filter_map(gap);
        let holes = self.texts().into_iter().flat_map(|(index, _)| {
            let text = &self.raw.texts[index];
            text.holes
                .first()
                .map(|hole| format!("{hole} ({})", text.name))
        });
        let mut seen = BTreeSet::new();
        let all = parts.chain(holes);
        all.filter(|reason| seen.insert(reason.clone())).collect()
    }

    fn put_identity(&self, subject: &mut Subject) {
        let name = Value::derived(Datum::Text(self.name().to_owned()));
        subject.put("name", name);
        let unknown = |what: &'static str| Value::unknown(Cause::NotSaid(what));
        subject.put(
            "flavor",
            self.flavor.clone().unwrap_or_else(|| unknown("flavor")),
        );
        subject.put(
            "version",
            self.version.clone().unwrap_or_else(|| unknown("version")),
        );
        let kind = self.kind(subject);
        subject.put("kind", kind);
        let deployed = Value::derived(Datum::Bool(self.deployed.is_some()));
        subject.put("deployed", deployed);
        let role = self
            .declared
            .iter()
            .find_map(|d| Some((d.role.as_ref()?, d.span)));
        if let Some((role, span)) = role {
            subject.put("role", declared_value(Datum::Text(role.clone()), span));
        } else {
            subject.put(
                "role",
                Value::unknown(Cause::Server("redvet.toml declares no role for it")),
            );
        }
    }

    /// What the resource says it is; else what the configuration and the number of processes come to.
    fn kind(&self, subject: &Subject) -> Value {
        let word = |kind: ServerKind| Value::derived(Datum::Text(kind.as_str().to_owned()));
        if let Some(said) = self.deployed.and_then(|server| server.kind.known()) {
            return word(said);
        }
        let names = &self.knowledge.shapes.servers;
        let of = |name: &String| subject.fact(&conf_path(name));
        let clustered = of(&names.cluster_mode).and_then(Value::text);
        let replica = of(&names.replica_of).is_some_and(|value| value.known().is_some());
        match (clustered, replica) {
            (Some("yes"), _) => word(ServerKind::Cluster),
            (_, true) => word(ServerKind::Replication),
            (Some(_), false) if self.is_single(subject) => word(ServerKind::Standalone),
            _ => Value::unknown(Cause::Server("the relation of its processes is unknown")),
        }
    }

    /// One process, or a configuration that nothing deploys.
    fn is_single(&self, subject: &Subject) -> bool {
        let replicas = subject.fact("replicas").and_then(Value::number);
        self.deployed.is_none() || replicas == Some(1.0)
    }
}

/// A text of an object that is there to hold secrets discloses none to whoever may not read it.
fn keeps_secrets(place: &TextPlace) -> bool {
    matches!(place, TextPlace::Key { object, .. } if object.kind == "Secret" || object.kind == "secrets")
}
