//! Server subjects: what each server will really run with, typed, with versions, limits and role.
//!
//! Reads what `link` joined; the effective values are worked out by [`conf`](super::conf), the single
//! lines by [`directive`](super::directive).

use std::path::Path;

use crate::facts::estate::Estate;
use crate::facts::linked::{Body, Linked, LinkedPart, LinkedServer};
use crate::facts::raw::{
    ConfPart, Declaration, Raw, RawLine, RawMount, RawScalar, RawServer, RawText, Storage,
    TextPlace,
};
use crate::facts::value::Origin;
use crate::facts::vocabulary::conf_path;
use crate::facts::{
    Datum, Link, Reason, Related, Slot, Strength, Subject, SubjectKind, Value, quantity,
};
use crate::knowledge::servers::{Candidates, Form, Servers};
use crate::knowledge::shapes::{ImageReference, Shapes};
use crate::resolve::conf::{self, Home, Step};
use crate::resolve::directive::{self, Judge, TextLines};
use crate::source::{Sources, Span};

/// What resolving servers needs besides the raw facts.
pub struct Context<'a> {
    pub servers: &'a Servers,
    pub shapes: &'a Shapes,
    pub declarations: &'a [Declaration],
    pub sources: &'a Sources,
}

/// Every server of a universe with its lines.
pub fn resolve(raw: &Raw, linked: &Linked, knowledge: &Context<'_>) -> Estate {
    let mut estate = Estate::default();
    for (index, server) in linked.servers.iter().enumerate() {
        let resolver = Resolver::new(raw, server, knowledge);
        let related = Related {
            index,
            strength: Strength::Certain,
            evidence: String::new(),
        };
        estate.directives.extend(resolver.directives(&related));
        if let Some(note) = &resolver.candidates.note {
            estate
                .notes
                .push((Some(resolver.path().to_owned()), note.clone()));
        }
        estate.servers.push(resolver.server());
    }
    estate
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
        };
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

    fn path(&self) -> &'a str {
        self.knowledge.sources.path(self.anchor())
    }

    // Version.

    /// A declaration by name wins over the image, the image over a declaration for all.
    fn flavor_and_version(&self) -> (Option<Value>, Option<Value>) {
        let own = self
            .declared
            .iter()
            .find(|d| d.name.is_some() && d.version.is_some());
        if let Some(declared) = own {
            return declared_version(declared);
        }
        let from_image = self.image();
        let (flavor, version) = match &from_image {
            Some(Ok(image)) => self.image_version(image),
            _ => (None, None),
        };
        if version.is_some() {
            return (flavor, version);
        }
        let general = self
            .declared
            .iter()
            .find(|d| d.name.is_none() && d.version.is_some());
        match general {
            Some(declared) if flavor.is_none() || same_flavor(declared, flavor.as_ref()) => {
                declared_version(declared)
            }
            _ => (flavor, None),
        }
    }

    fn image(&self) -> Option<Result<ImageReference, Reason>> {
        let server = self.deployed?;
        match (&server.image, &server.image_fallback) {
            (Some(written), _) => Some(
                written
                    .text
                    .as_deref()
                    .map(ImageReference::parse)
                    .map_err(Clone::clone),
            ),
            (None, Some(fallback)) => Some(
                fallback
                    .as_deref()
                    .map(ImageReference::parse)
                    .map_err(Clone::clone),
            ),
            (None, None) => None,
        }
    }

    fn image_version(&self, image: &ImageReference) -> (Option<Value>, Option<Value>) {
        let span = self.deployed.and_then(|s| s.image.as_ref()).map(|i| i.span);
        let at = |datum| match span {
            Some(span) => Value::set(datum, span),
            None => Value::derived(datum),
        };
        let flavor = self
            .knowledge
            .shapes
            .server_image(image)
            .map(|shape| at(Datum::Text(shape.flavor.clone())));
        let numbered = |tag: &&String| {
            tag.trim_start_matches('v')
                .starts_with(|c: char| c.is_ascii_digit())
        };
        let version = image
            .tag
            .as_ref()
            .filter(numbered)
            .filter(|_| flavor.is_some())
            .map(|tag| at(Datum::Text(tag.clone())));
        (flavor, version)
    }

    // Configuration.

    fn texts(&self) -> Vec<(usize, Strength)> {
        let text = |part: &LinkedPart| match part {
            LinkedPart::Text { index, strength } => Some((*index, *strength)),
            _ => None,
        };
        self.linked.parts.iter().filter_map(text).collect()
    }

    fn steps(&self) -> Vec<Step<'a>> {
        let mut steps = Vec::new();
        if self.is_snippet() {
            steps.push(Step::Gap {
                reason: Reason::new("a snippet shows a part of a configuration"),
            });
        }
        for part in &self.linked.parts {
            match part {
                LinkedPart::Gap { reason, .. } => steps.push(Step::Gap {
                    reason: reason.clone(),
                }),
                LinkedPart::Text { index, strength } => {
                    self.text_steps(*index, *strength, 0, &mut steps);
                }
                LinkedPart::Own { part } => steps.extend(self.own_steps(*part)),
            }
        }
        steps
    }

    /// A text in a document: what it does not say may stand elsewhere.
    fn is_snippet(&self) -> bool {
        match self.linked.body {
            Body::Text(i) => self.raw.texts[i].place == TextPlace::Snippet,
            Body::Deployed(_) => false,
        }
    }

    /// The lines of a text, with the files that it includes in their place.
    fn text_steps(
        &self,
        index: usize,
        strength: Strength,
        depth: usize,
        steps: &mut Vec<Step<'a>>,
    ) {
        let text = &self.raw.texts[index];
        for line in &text.lines {
            match self.included(text, line) {
                Some(Some(other)) if depth < MAX_INCLUDE_DEPTH => {
                    self.text_steps(other, strength, depth + 1, steps);
                }
                Some(_) => steps.push(Step::Gap {
                    reason: Reason::new(format!(
                        "{} includes a file that is not visible",
                        text.name
                    )),
                }),
                None => steps.push(Step::Line { line, strength }),
            }
        }
        if let Some(hole) = text.holes.first() {
            steps.push(Step::Gap {
                reason: hole.clone(),
            });
        }
    }

    /// `None` where the line includes nothing; else the text that it includes, if it is in the tree.
    fn included(&self, text: &RawText, line: &RawLine) -> Option<Option<usize>> {
        let [name, target, ..] = &line.words[..] else {
            return None;
        };
        if !name
            .text
            .eq_ignore_ascii_case(&self.knowledge.shapes.servers.include)
        {
            return None;
        }
        let TextPlace::File { path } = &text.place else {
            return Some(None);
        };
        let wanted = Path::new(path).parent()?.join(&target.text);
        let found = self.raw.texts.iter().position(
            |other| matches!(&other.place, TextPlace::File { path } if Path::new(path) == wanted),
        );
        Some(found)
    }

    fn own_steps(&self, part: usize) -> Vec<Step<'a>> {
        match self.deployed.map(|server| &server.conf[part]) {
            Some(ConfPart::Lines(lines)) => lines
                .iter()
                .map(|line| Step::Line {
                    line,
                    strength: Strength::Certain,
                })
                .collect(),
            Some(ConfPart::Generated { source, lines }) => lines
                .iter()
                .map(|(name, args)| Step::Generated {
                    name,
                    args: args
                        .as_ref()
                        .map(|args| args.iter().map(String::as_str).collect()),
                    source,
                })
                .collect(),
            _ => Vec::new(),
        }
    }

    /// Where a finding on something that is not written stands: the first line of the text that is
    /// read last, else the container or resource.
    fn home(&self) -> Home {
        let text = self
            .texts()
            .last()
            .map(|(index, _)| &self.raw.texts[*index]);
        match text {
            Some(text) => Home {
                place: text.home(),
                append: text.append.clone(),
            },
            None => Home {
                place: self.anchor(),
                append: Slot::None,
            },
        }
    }

    // Subjects.

    fn directives(&self, server: &Related) -> Vec<Subject> {
        let judge = Judge {
            servers: self.knowledge.servers,
            candidates: &self.candidates.series,
            shapes: self.knowledge.shapes,
            loads_modules: self.loads_modules(),
        };
        let mut subjects = Vec::new();
        for (index, _) in self.texts() {
            let text = &self.raw.texts[index];
            if text.foreign {
                continue;
            }
            let lines = TextLines {
                name: &text.name,
                path: self.knowledge.sources.path(text.excerpt.span_all()),
                lines: text.lines.iter().collect(),
            };
            subjects.extend(directive::subjects(&lines, &judge, server));
        }
        for part in self.deployed.iter().flat_map(|s| &s.conf) {
            let ConfPart::Lines(own) = part else { continue };
            let lines = TextLines {
                name: self.name(),
                path: self.path(),
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

    fn server(&self) -> Subject {
        let mut subject =
            Subject::new(SubjectKind::Server, self.name(), self.path(), self.anchor());
        subject.namespace = self.deployed.and_then(|s| s.namespace.clone());
        subject.identity = match &subject.namespace {
            Some(namespace) => format!("{namespace}/{}", self.name()),
            None => self.name().to_owned(),
        };
        subject.links.clone_from(&self.linked.links);
        subject.not_visible = self.not_visible();
        let is_secret = |name: &str| self.knowledge.servers.is_secret(name);
        let effective = conf::effective(
            &self.steps(),
            &self.candidates.series,
            &self.home(),
            &is_secret,
        );
        for (name, value) in effective {
            subject.put(conf_path(&name), value);
        }
        self.put_figures(&mut subject);
        self.put_identity(&mut subject);
        self.put_words(&mut subject);
        subject
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
        parts.chain(holes).collect()
    }

    fn put_identity(&self, subject: &mut Subject) {
        let name = Value::derived(Datum::Text(self.name().to_owned()));
        subject.put("name", name);
        let unknown =
            |what: &str| Value::unknown(format!("no image and no setting says its {what}"));
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
                Value::unknown("redvet.toml declares no role for it"),
            );
        }
    }

    /// What the resource says it is; else what the configuration and the number of processes come to.
    fn kind(&self, subject: &Subject) -> Value {
        let word = |word: &str| Value::derived(Datum::Text(word.to_owned()));
        if let Some(said) = self.deployed.and_then(|server| server.kind.word()) {
            return word(said);
        }
        let names = &self.knowledge.shapes.servers;
        let of = |name: &String| subject.fact(&conf_path(name));
        let clustered = of(&names.cluster_mode).and_then(Value::text);
        let replica = of(&names.replica_of).is_some_and(|value| value.known().is_some());
        match (clustered, replica) {
            (Some("yes"), _) => word("cluster"),
            (_, true) => word("replication"),
            (Some(_), false) if self.is_single(subject) => word("standalone"),
            _ => Value::unknown("nothing says how its processes relate"),
        }
    }

    /// One process, or a configuration that nothing deploys.
    fn is_single(&self, subject: &Subject) -> bool {
        let replicas = subject.fact("replicas").and_then(Value::number);
        self.deployed.is_none() || replicas == Some(1.0)
    }

    fn put_figures(&self, subject: &mut Subject) {
        for (path, unit) in FIGURES {
            subject.put(*path, self.figure(path, *unit));
        }
    }

    /// A figure of the container; what redvet.toml says of this server by name wins, what a flag says
    /// fills a gap.
    fn figure(&self, path: &str, unit: FigureUnit) -> Value {
        let declared = |d: &&&Declaration| declared_figure(d, path).is_some();
        let own = self
            .declared
            .iter()
            .filter(|d| d.name.is_some())
            .find(declared);
        if let Some(declaration) = own {
            return declared_figure(declaration, path).unwrap_or_else(Value::absent);
        }
        let written = self.deployed.and_then(|server| server.figures.get(path));
        if let Some(scalar) = written {
            return typed_figure(scalar, unit);
        }
        if let Some(value) = self.by_limit_range(path, unit) {
            return value;
        }
        let general = self
            .declared
            .iter()
            .filter(|d| d.name.is_none())
            .find(declared);
        if let Some(declaration) = general {
            return declared_figure(declaration, path).unwrap_or_else(Value::absent);
        }
        match self.deployed {
            Some(server) if server.fragment => {
                Value::unknown("the resource is a fragment of another").with_home(server.anchor)
            }
            Some(server) => default_figure(server, path, unit).with_home(server.anchor),
            None => Value::unknown("nothing in the scanned tree deploys it"),
        }
    }

    /// What a LimitRange of the namespace gives to a container that says nothing itself.
    fn by_limit_range(&self, path: &str, unit: FigureUnit) -> Option<Value> {
        let server = self.deployed.filter(|server| server.mounts.is_some())?;
        let ranges = &self.raw.limit_ranges;
        let mut found = ranges
            .iter()
            .filter(|range| range.namespace == server.namespace)
            .filter_map(|range| Some((range, range.figures.get(path)?)));
        let (range, scalar) = found.next()?;
        let value = typed_figure(scalar, unit).because(format!("LimitRange/{}", range.name));
        Some(if found.next().is_some() {
            Value::unknown("several LimitRanges may apply")
        } else {
            value
        })
    }

    fn put_words(&self, subject: &mut Subject) {
        let Some(server) = self.deployed else {
            subject.put(
                "storage.kind",
                Value::unknown("nothing in the scanned tree deploys it"),
            );
            subject.put(
                "exporter",
                Value::unknown("nothing in the scanned tree deploys it"),
            );
            return;
        };
        for (path, word) in &server.words {
            let value = match word {
                Ok(text) if text == "true" || text == "false" => {
                    Value::derived(Datum::Bool(text == "true"))
                }
                Ok(text) => Value::derived(Datum::Text(text.clone())),
                Err(reason) => Value::unknown(reason.to_string()),
            };
            subject.put(path.clone(), value.with_home(server.anchor));
        }
        if let Some(mounts) = &server.mounts {
            let storage = self.storage(mounts, subject).with_home(server.anchor);
            subject.put("storage.kind", storage);
        }
    }

    /// What the data directory is on.
    fn storage(&self, mounts: &[RawMount], subject: &Subject) -> Value {
        let directive = conf_path(&self.knowledge.shapes.servers.data_directory);
        let configured = subject.fact(&directive);
        let directory = match configured {
            Some(value) if value.span().is_some() => match value.text() {
                Some(text) => text.to_owned(),
                None => return Value::unknown("the data directory is not known"),
            },
            Some(Value {
                state: crate::facts::State::Unknown(reason),
                ..
            }) => {
                return Value::unknown(reason.to_string());
            }
            _ => match self.deployed.and_then(|s| s.data_directory.clone()) {
                Some(directory) => directory,
                None => return Value::unknown("the image's data directory is not known"),
            },
        };
        if !directory.starts_with('/') {
            return Value::unknown("the data directory is relative to a folder that is not known");
        }
        let holds = |mount: &&RawMount| Path::new(&directory).starts_with(&mount.path);
        let nearest = mounts
            .iter()
            .filter(holds)
            .max_by_key(|mount| mount.path.len());
        match nearest {
            Some(mount) => match mount.storage {
                Storage::Persistent => Value::set(Datum::Text("persistent".to_owned()), mount.span),
                Storage::Ephemeral => Value::set(Datum::Text("ephemeral".to_owned()), mount.span),
                Storage::Files | Storage::Unknown => {
                    Value::unknown("the volume under the data directory is not known")
                }
            },
            None => Value::derived(Datum::Text("none".to_owned())),
        }
    }
}

/// An include that includes itself ends here, as it does in the server.
const MAX_INCLUDE_DEPTH: usize = 16;

#[derive(Clone, Copy, Debug)]
enum FigureUnit {
    Bytes,
    Cores,
    Count,
}

/// The figures that a container may have.
const FIGURES: &[(&str, FigureUnit)] = &[
    ("limits.memory", FigureUnit::Bytes),
    ("limits.cpu", FigureUnit::Cores),
    ("requests.memory", FigureUnit::Bytes),
    ("requests.cpu", FigureUnit::Cores),
    ("replicas", FigureUnit::Count),
];

/// What holds where a deployed server says nothing.
fn default_figure(server: &RawServer, path: &str, unit: FigureUnit) -> Value {
    match server.figure_defaults.get(path) {
        None => Value::absent(),
        Some(Err(reason)) => Value::unknown(reason.to_string()),
        Some(Ok(text)) => match figure_datum(text, unit) {
            Some(datum) => Value::default(datum, "the deployment"),
            None => Value::absent(),
        },
    }
}

fn figure_datum(text: &str, unit: FigureUnit) -> Option<Datum> {
    quantity::kubernetes(text).map(|number| match unit {
        FigureUnit::Bytes => Datum::Size(number.max(0.0) as u64),
        FigureUnit::Cores => Datum::Cores(number),
        FigureUnit::Count => Datum::Int(number as i64),
    })
}

fn typed_figure(scalar: &RawScalar, unit: FigureUnit) -> Value {
    let text = match &scalar.text {
        Ok(text) => text,
        Err(reason) => return Value::set_unknown(reason.to_string(), scalar.span),
    };
    let datum = figure_datum(text, unit);
    match datum {
        Some(datum) => Value::set(datum, scalar.span).with_slot(scalar.slot.clone()),
        None => Value::set_unknown(format!("`{text}` is not a quantity"), scalar.span),
    }
}

fn declared_value(datum: Datum, span: Option<Span>) -> Value {
    match span {
        Some(span) => Value::set(datum, span),
        None => {
            let mut value = Value::derived(datum);
            value.origin = Origin::Flag("the command line");
            value
        }
    }
}

fn declared_figure(declaration: &Declaration, path: &str) -> Option<Value> {
    let datum = match path {
        "limits.memory" => Datum::Size(declaration.memory?),
        "limits.cpu" => Datum::Cores(declaration.cpus?),
        _ => return None,
    };
    Some(declared_value(datum, declaration.span))
}

fn declared_version(declaration: &Declaration) -> (Option<Value>, Option<Value>) {
    let value = |text: &Option<String>| {
        text.as_ref()
            .map(|text| declared_value(Datum::Text(text.clone()), declaration.span))
    };
    (value(&declaration.flavor), value(&declaration.version))
}

fn same_flavor(declaration: &Declaration, flavor: Option<&Value>) -> bool {
    match (&declaration.flavor, flavor.and_then(Value::text)) {
        (Some(declared), Some(flavor)) => declared == flavor,
        _ => true,
    }
}

/// The link that a client's or server's relation came by, for the estate's view.
pub fn relation_link(related: &Related, to: &str) -> Link {
    Link {
        to: to.to_owned(),
        evidence: related.evidence.clone(),
        strength: related.strength,
        at: None,
    }
}
