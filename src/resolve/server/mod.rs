//! Server subjects: what each server will really run with, typed, with versions, limits and role.
//!
//! Reads what `link` joined; the effective values are worked out by [`conf`](super::conf), the single
//! lines by [`directive`](super::directive).

mod access;
mod assumptions;
mod container_files;
mod deployment;
mod duplicate_key;
pub(in crate::resolve) mod figures;
mod overridden;
mod steps;
mod support;
mod unread;
pub mod upgrade;
mod upgrade_data;
mod version;

use std::collections::BTreeSet;

use crate::facts::cause::Cause;
use crate::facts::effective_config::EffectiveConfig;
use crate::facts::estate::Estate;
use crate::facts::fact_path::ServerFact;
use crate::facts::linked::{LinkedFacts, LinkedPart, LinkedServer, ServerBody};
use crate::facts::raw::{ConfPart, Declaration, RawFacts, RawLine, RawServer, TextPlace};
use crate::facts::words::ServerKind;
use crate::facts::{
    Datum, Explicitness, FactValue, RelatedSubject, Strength, Subject, SubjectKind,
};
use crate::knowledge::servers::language::ServerBuild;
use crate::knowledge::servers::{SeriesCandidates, ServerKnowledge, ServerSeries, SpecialParser};
use crate::knowledge::shapes::DeploymentShapes;
use crate::resolve::conf::{self, UnsetDirectiveCache};
use crate::resolve::config_transcript::ConfigTranscript;
use crate::resolve::directive::{self, LineJudge, TextLines};
use crate::source::{FileId, Sources, Span};
use figures::value_of_declaration;
use overridden::OverriddenLines;

/// What resolving servers needs besides the raw facts.
pub struct ServerContext<'a> {
    pub servers: &'a ServerKnowledge,
    pub shapes: &'a DeploymentShapes,
    pub declarations: &'a [Declaration],
    pub sources: &'a Sources,
    pub unset: &'a UnsetDirectiveCache,
    /// The day of the check, `2026-08-22`.
    pub today: Option<&'a str>,
    /// The universe is a snippet of a document: what it does not say may stand elsewhere.
    pub snippet: bool,
}

/// Every server of a universe with its lines.
pub fn resolve(raw: &RawFacts, linked: &LinkedFacts, knowledge: &ServerContext<'_>) -> Estate {
    let mut estate = Estate::default();
    let mut overridden = OverriddenLines::default();
    for (index, server) in linked.servers.iter().enumerate() {
        let resolver = ServerResolver::new(raw, server, knowledge);
        let related = RelatedSubject {
            index,
            strength: Strength::Certain,
            evidence: String::new(),
        };
        let is_secret = |name: &str| knowledge.servers.is_secret(name);
        let transcript = resolver.transcript(&resolver.candidates.series);
        let mut effective = resolver.effective(&transcript);
        if resolver.candidates.older {
            effective.change_all(|value| {
                if value.written == Explicitness::No {
                    *value = FactValue::unknown(directive::older());
                }
            });
        }
        overridden.add(&transcript, &is_secret);
        let mut directives = resolver.directives(&related, &transcript, &effective);
        directives.extend(resolver.unread(&related));
        resolver.put_missing_paths(&mut directives, &effective);
        directives.extend(resolver.missing_file(&related));
        assumptions::of_lines(resolver.deployed, &mut directives);
        let files = resolver.files();
        for line in &mut directives {
            assumptions::of_defaults(&raw.defaults, &files, line);
        }
        estate.directives.extend(directives);
        let further_notes = resolver.candidates.note.clone().into_iter();
        let further_notes = further_notes.chain(resolver.more_included());
        let path = resolver.path();
        estate
            .notes
            .extend(further_notes.map(|note| (Some(path.to_owned()), note)));
        let mut server = resolver.server(effective, &transcript);
        assumptions::of_server(resolver.deployed, &mut server);
        assumptions::of_defaults(&raw.defaults, &files, &mut server);
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
    raw: &RawFacts,
    linked: &LinkedServer,
    knowledge: &ServerContext<'k>,
) -> Vec<&'k ServerSeries> {
    let resolver = ServerResolver::new(raw, linked, knowledge);
    let servers: &'k ServerKnowledge = knowledge.servers;
    servers
        .candidates(
            resolver.flavor.as_ref().and_then(FactValue::text),
            resolver.version.as_ref().and_then(FactValue::text),
        )
        .series
}

struct ServerResolver<'a> {
    raw: &'a RawFacts,
    linked: &'a LinkedServer,
    deployed: Option<&'a RawServer>,
    knowledge: &'a ServerContext<'a>,
    declared: Vec<&'a Declaration>,
    flavor: Option<FactValue>,
    version: Option<FactValue>,
    candidates: SeriesCandidates<'a>,
    build: ServerBuild,
}

impl<'a> ServerResolver<'a> {
    fn new(raw: &'a RawFacts, linked: &'a LinkedServer, knowledge: &'a ServerContext<'a>) -> Self {
        let deployed = match linked.body {
            ServerBody::Deployed(i) => Some(&raw.servers[i]),
            ServerBody::Text(_) => None,
        };
        let name = match linked.body {
            ServerBody::Deployed(i) => &raw.servers[i].name,
            ServerBody::Text(i) => &raw.texts[i].name,
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
            candidates: SeriesCandidates::default(),
            build: ServerBuild::OFFICIAL,
        };
        resolver.build = resolver.resolve_declared_build();
        (resolver.flavor, resolver.version) = resolver.flavor_and_version();
        resolver.candidates = knowledge.servers.candidates(
            resolver.flavor.as_ref().and_then(FactValue::text),
            resolver.version.as_ref().and_then(FactValue::text),
        );
        resolver
    }

    fn name(&self) -> &'a str {
        match self.linked.body {
            ServerBody::Deployed(i) => &self.raw.servers[i].name,
            ServerBody::Text(i) => &self.raw.texts[i].name,
        }
    }

    fn anchor(&self) -> Span {
        match self.linked.body {
            ServerBody::Deployed(i) => self.raw.servers[i].anchor,
            ServerBody::Text(i) => self.raw.texts[i].anchor_when_unset(),
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

    /// The version that its lines are read as, as exactly as it is said: `redis 7.2.6`.
    fn release(&self) -> String {
        let said = self.version.as_ref().and_then(FactValue::text);
        match (&self.candidates.series[..], said) {
            ([series], Some(version)) if version.contains('.') => {
                format!("{} {version}", series.flavor)
            }
            (series, _) => conf::source_name(series),
        }
    }

    // Subjects.

    /// What the series make of the whole configuration.
    fn effective(&self, transcript: &ConfigTranscript<'_>) -> EffectiveConfig {
        let (servers, unset) = (self.knowledge.servers, self.knowledge.unset);
        conf::effective(transcript, self.home(), servers, unset)
    }

    fn transcript<'r>(&'r self, series: &'r [&'r ServerSeries]) -> ConfigTranscript<'r> {
        let lines = self.list_judged().into_iter().flat_map(|text| text.lines);
        ConfigTranscript::read(self.steps(), lines, series, self.build)
    }

    fn directives(
        &self,
        server: &RelatedSubject,
        transcript: &ConfigTranscript<'_>,
        effective: &EffectiveConfig,
    ) -> Vec<Subject> {
        let judge = LineJudge {
            servers: self.knowledge.servers,
            shapes: self.knowledge.shapes,
            sources: self.knowledge.sources,
            open: self.candidates.open.as_ref(),
            release: self.release(),
            older: self.candidates.older,
            loads_modules: transcript.step_lines().any(|line| self.loads_module(line)),
            transcript,
            effective,
        };
        let texts = self.list_judged().into_iter();
        texts
            .flat_map(|text| directive::subjects(&text, &judge, server))
            .collect()
    }

    /// The texts whose lines are judged, arguments and fields among them.
    fn list_judged(&self) -> Vec<TextLines<'a>> {
        let texts = self.read_texts().into_iter();
        let texts = texts.map(|index| &self.raw.texts[index]);
        let texts = texts.filter(|text| !text.foreign).map(|text| TextLines {
            name: &text.name,
            path: self.knowledge.sources.path(text.excerpt.span_all()),
            keeps_secrets: self.knowledge.snippet || keeps_secrets(&text.place),
            lines: &text.lines,
        });
        let parts = self.deployed.iter().flat_map(|server| &server.conf);
        let own = parts.filter_map(|part| match part {
            ConfPart::Lines(lines) => Some(TextLines {
                name: self.name(),
                path: self.path(),
                keeps_secrets: self.knowledge.snippet,
                lines,
            }),
            _ => None,
        });
        texts.chain(own).collect()
    }

    fn loads_module(&self, line: &RawLine) -> bool {
        let series = self.candidates.series.iter();
        let name = line.words.first();
        let directive = name.and_then(|name| series.clone().find_map(|s| s.directive(&name.text)));
        directive.is_some_and(|d| d.form == Some(SpecialParser::LoadModule))
    }

    fn server(&self, effective: EffectiveConfig, transcript: &ConfigTranscript<'_>) -> Subject {
        let mut subject =
            Subject::new(SubjectKind::Server, self.name(), self.path(), self.anchor());
        subject.namespace = self.deployed.and_then(|s| s.namespace.clone());
        subject.identity = match &subject.namespace {
            Some(namespace) => format!("{namespace}/{}", self.name()),
            None => self.name().to_owned(),
        };
        subject.made_in = self.find_making_folder();
        subject.sample = self.is_sample();
        let setup = self.deployed.and_then(|server| server.development.as_ref());
        subject.development = setup.map(|setup| setup.why.clone());
        subject.links.clone_from(&self.linked.links);
        subject.not_visible = self.not_visible();
        subject.conf = effective;
        self.put_figures(&mut subject);
        self.put_identity(&mut subject);
        self.put_words(&mut subject);
        self.put_container(&mut subject);
        self.put_duplicate_key(&mut subject);
        self.put_access(&mut subject, transcript);
        self.put_deployment(&mut subject);
        self.put_support(&mut subject);
        subject
    }

    /// A text that a server is shown and never reads is not what any server runs with.
    fn is_sample(&self) -> bool {
        match self.linked.body {
            ServerBody::Deployed(index) => self.raw.servers[index].sample,
            ServerBody::Text(index) => self.is_shown_unread(&self.raw.texts[index].place),
        }
    }

    /// The folder of the kustomization that makes it.
    fn find_making_folder(&self) -> Option<String> {
        let ServerBody::Deployed(index) = self.linked.body else {
            return None;
        };
        let at = self.raw.find_scope(index, |scope| &scope.servers)?;
        Some(self.raw.extents.get(at)?.dir.clone())
    }

    fn not_visible(&self) -> Vec<String> {
        let gap = |part: &LinkedPart| match part {
            LinkedPart::Gap { reason, .. } => Some(reason.to_string()),
            _ => None,
        };
        let parts = self.linked.parts.iter().filter_map(gap);
        let placeholders = self.texts().into_iter().flat_map(|(index, _)| {
            let text = &self.raw.texts[index];
            text.unresolved
                .first()
                .map(|placeholder| format!("{placeholder} ({})", text.name))
        });
        let mut seen = BTreeSet::new();
        let all = parts.chain(placeholders);
        all.filter(|reason| seen.insert(reason.clone())).collect()
    }

    fn put_identity(&self, subject: &mut Subject) {
        subject.put(ServerFact::Name, FactValue::from_derived(self.name()));
        for (fact, value, what) in [
            (ServerFact::Flavor, &self.flavor, "flavor"),
            (ServerFact::Version, &self.version, "version"),
        ] {
            let unknown = || FactValue::unknown(Cause::NotSaid(what));
            subject.put(fact, value.clone().unwrap_or_else(unknown));
        }
        subject.put(ServerFact::Kind, self.kind(subject));
        let deployed = self.deployed.is_some_and(|server| !server.transient);
        subject.put(ServerFact::Deployed, FactValue::from_derived(deployed));
        let mut declared = self.declared.iter();
        let role = match declared.find_map(|d| Some((d.role.as_ref()?, d.span))) {
            Some((role, span)) => value_of_declaration(Datum::Text(role.clone()), span),
            None => self.role_by_use(),
        };
        subject.put(ServerFact::Role, role);
    }

    /// What the server is for by who is given it for jobs, else by its own name.
    fn role_by_use(&self) -> FactValue {
        if let Some(by) = self.linked.queue_uses.first() {
            let why = format!("{} of {} names it", by.variable, by.workload);
            return FactValue::set("queue", by.at).because(why);
        }
        // Behind its name may stand which of several processes it is: `Chart/queue/master`.
        let mut names = self.name().split('/').skip(1);
        let shapes = self.knowledge.shapes;
        let by_name = names.find_map(|name| match self.deployed {
            Some(_) if shapes.is_queue_name(name) => Some((name, "queue")),
            Some(_) if shapes.is_cache_name(name) => Some((name, "cache")),
            _ => None,
        });
        if let Some((name, role)) = by_name {
            return FactValue::from_derived(role)
                .because(format!("it is called {name}"))
                .with_strength(Strength::Assumed)
                .with_anchor_when_unset(self.anchor());
        }
        FactValue::unknown(Cause::Server("redvet.toml declares no role for it"))
    }

    /// What the resource says it is; else what the configuration and the number of processes come to.
    fn kind(&self, subject: &Subject) -> FactValue {
        if let Some(said) = self.deployed.and_then(|server| server.kind.known_kind()) {
            return FactValue::from_derived(said);
        }
        let names = &self.knowledge.shapes.servers;
        let of = |name: &String| subject.conf(name);
        let clustered = of(&names.cluster_mode).and_then(FactValue::text);
        let replica = of(&names.replica_of).is_some_and(|value| value.known_datum().is_some());
        match (clustered, replica) {
            (Some("yes"), _) => FactValue::from_derived(ServerKind::Cluster),
            (_, true) => FactValue::from_derived(ServerKind::Replication),
            (Some(_), false) if self.is_single(subject) => {
                FactValue::from_derived(ServerKind::Standalone)
            }
            _ => FactValue::unknown(Cause::Server("the relation of its processes is unknown")),
        }
    }

    /// One process, or a configuration that nothing deploys.
    fn is_single(&self, subject: &Subject) -> bool {
        let replicas = subject
            .fact(ServerFact::Replicas)
            .and_then(FactValue::number);
        self.deployed.is_none() || replicas == Some(1.0)
    }
}

/// A text in an object that is made for secrets is readable only with access to that object.
fn keeps_secrets(place: &TextPlace) -> bool {
    matches!(place, TextPlace::Key { object, .. } if object.kind == "Secret" || object.kind == "secrets")
}
