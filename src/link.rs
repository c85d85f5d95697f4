//! Joins raw facts by identity: which text a server reads, which client talks to which server.
//!
//! Every link carries its evidence and its strength. Nothing is typed here, and no value is looked
//! at: a server without a visible text stays without one, and the part that cannot be seen is kept
//! as a gap.

pub mod environment;

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::include;
use crate::facts::linked::{LinkedFacts, LinkedPart, LinkedServer, ServerBody};
use crate::facts::raw::{ConfPart, ObjectName, RawFacts, RawServer, RawText, TextPlace};
use crate::facts::{Cause, RelatedSubject, Strength, SubjectLink};
use crate::source::{Sources, Span, path};

mod hosts;
mod program_closure;
pub mod programs;
mod proximity;
mod queues;
mod server_names;

use proximity::{Location, Locations, NameChoice};
use server_names::ServerNames;

/// What linking needs besides the raw facts.
pub struct LinkContext<'a> {
    pub sources: &'a Sources,
    /// Words that name an environment in a path.
    pub environments: &'a [String],
    /// Patterns over `{name}`: what the configuration of a server is called by convention.
    pub text_names: &'a [String],
    /// The directive that reads another file in place.
    pub include: &'a str,
    /// Whether a job library is given its server by a variable of this name.
    pub is_queue_variable: Box<dyn Fn(&str) -> bool + 'a>,
}

/// Joins one universe.
pub fn link(raw: &RawFacts, context: &LinkContext<'_>) -> LinkedFacts {
    let linker = FactLinker::new(raw, context);
    let mut used = BTreeSet::new();
    let mut servers: Vec<_> = raw
        .servers
        .iter()
        .enumerate()
        .map(|(i, server)| linker.link_deployed(i, server, &mut used))
        .collect();
    servers.extend(undeployed_texts(raw, &used, context.include));
    for (body, queue_use) in linker.queue_uses(&*context.is_queue_variable) {
        if let Some(server) = servers.get_mut(body) {
            server.queue_uses.push(queue_use);
        }
    }
    let programs = programs::programs(raw, &linker.places);
    let mut clients: Vec<_> = raw
        .clients
        .iter()
        .map(|client| linker.server_of(client, &servers))
        .collect();
    linker.declared_servers(&programs, &servers, &mut clients);
    LinkedFacts {
        servers,
        clients,
        programs,
    }
}

/// A host name, and where it is read.
pub struct HostReference<'a> {
    pub host: &'a str,
    pub at: Span,
    pub namespace: Option<&'a String>,
    /// A service of a compose file reads it.
    pub composed: bool,
}

/// The server that each name leads to, from where it is read.
pub fn servers_named(
    raw: &RawFacts,
    context: &LinkContext<'_>,
    servers: &[LinkedServer],
    references: &[HostReference<'_>],
) -> Vec<Option<RelatedSubject>> {
    if references.is_empty() {
        return Vec::new();
    }
    let linker = FactLinker::new(raw, context);
    let named = references.iter();
    named
        .map(|reference| linker.server_named(reference, servers))
        .collect()
}

struct FactLinker<'a> {
    raw: &'a RawFacts,
    index: TextIndex<'a>,
    places: Locations<'a>,
    text_names: &'a [String],
    names: ServerNames<'a>,
}

/// Texts by the name that a reference would use.
struct TextIndex<'a> {
    keys: BTreeMap<(&'a str, &'a str, &'a str), Vec<usize>>,
    files: BTreeMap<&'a str, usize>,
    fields: BTreeMap<Span, usize>,
    texts: &'a [RawText],
}

impl<'a> TextIndex<'a> {
    fn new(texts: &'a [RawText]) -> Self {
        let mut keys: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        let mut files = BTreeMap::new();
        let mut fields = BTreeMap::new();
        for (i, text) in texts.iter().enumerate() {
            match &text.place {
                TextPlace::Key { object, key } => keys
                    .entry((object.kind.as_str(), object.name.as_str(), key.as_str()))
                    .or_default()
                    .push(i),
                TextPlace::File { path } => {
                    files.insert(path.as_str(), i);
                }
                TextPlace::Field { at } => {
                    fields.insert(*at, i);
                }
                TextPlace::Snippet => {}
            }
        }
        Self {
            keys,
            files,
            fields,
            texts,
        }
    }

    /// The texts that a reference to this object and key may mean.
    fn key(&self, object: &ObjectName, key: &str) -> Vec<usize> {
        let found = self
            .keys
            .get(&(object.kind.as_str(), object.name.as_str(), key))
            .map(Vec::as_slice)
            .unwrap_or_default();
        found
            .iter()
            .copied()
            .filter(|i| self.may_be(*i, object))
            .collect()
    }

    /// The configuration texts that an object holds, by their names or content.
    fn texts_of(&self, object: &ObjectName) -> Vec<usize> {
        let of_object = |text: &RawText| {
            matches!(&text.place, TextPlace::Key { object: own, .. }
                if own.kind == object.kind && own.name == object.name)
        };
        let texts = self.texts.iter().enumerate();
        texts
            .filter(|(i, text)| {
                text.recognised && !text.foreign && of_object(text) && self.may_be(*i, object)
            })
            .map(|(i, _)| i)
            .collect()
    }

    /// How many keys of objects of this name there are.
    fn objects_named(&self, object: &ObjectName) -> usize {
        let named = |text: &&RawText| {
            matches!(&text.place, TextPlace::Key { object: own, .. }
                if own.kind == object.kind && own.name == object.name)
        };
        self.texts.iter().filter(named).count()
    }

    fn may_be(&self, text: usize, wanted: &ObjectName) -> bool {
        let TextPlace::Key { object, .. } = &self.texts[text].place else {
            return false;
        };
        Self::of_namespace(object, wanted.namespace.as_ref())
    }

    /// A namespace that is not written may be any.
    fn of_namespace(object: &ObjectName, wanted: Option<&String>) -> bool {
        match (&object.namespace, wanted) {
            (Some(a), Some(b)) => a == b,
            _ => true,
        }
    }
}

impl<'a> FactLinker<'a> {
    fn new(raw: &'a RawFacts, context: &LinkContext<'a>) -> Self {
        Self {
            raw,
            index: TextIndex::new(&raw.texts),
            places: Locations {
                raw,
                sources: context.sources,
                environments: context.environments,
            },
            text_names: context.text_names,
            names: ServerNames::new(raw),
        }
    }
}

impl FactLinker<'_> {
    fn link_deployed(
        &self,
        i: usize,
        server: &RawServer,
        used: &mut BTreeSet<usize>,
    ) -> LinkedServer {
        let mut joint = ServerConfigBuilder {
            spot: self.places.server(i),
            parts: Vec::new(),
            links: Vec::new(),
        };
        for (part, conf) in server.conf.iter().enumerate() {
            match conf {
                ConfPart::Lines(_)
                | ConfPart::Arguments { .. }
                | ConfPart::Generated { .. }
                | ConfPart::Opens
                | ConfPart::Closes => {
                    joint.parts.push(LinkedPart::Own { part });
                }
                ConfPart::NotVisible { reason, at } => joint.gap(reason.clone(), *at),
                ConfPart::Key {
                    object,
                    key,
                    evidence,
                    at,
                } => self.key(object, key, evidence, *at, &mut joint),
                ConfPart::Template {
                    object,
                    evidence,
                    at,
                } => self.template(object, evidence, *at, &mut joint),
                ConfPart::Field { evidence, at } => {
                    let found = self.index.fields.get(at).copied();
                    match found {
                        Some(index) => {
                            joint.text(self.raw, index, Strength::Certain, evidence, *at);
                        }
                        None => {
                            joint.gap(
                                Cause::Named {
                                    name: evidence.to_string(),
                                    fact: "is not read",
                                },
                                Some(*at),
                            );
                        }
                    }
                }
                ConfPart::File {
                    path,
                    evidence,
                    strength,
                    at,
                } => self.file(path, evidence, *strength, *at, &mut joint),
            }
        }
        self.by_convention(server, &mut joint);
        used.extend(joint.parts.iter().filter_map(|part| match part {
            LinkedPart::Text { index, .. } => Some(*index),
            _ => None,
        }));
        LinkedServer {
            body: ServerBody::Deployed(i),
            parts: joint.parts,
            queue_uses: Vec::new(),
            links: joint.links,
        }
    }

    /// A file of the tree: the link is no surer than the reference that makes it.
    fn file(
        &self,
        path: &str,
        evidence: &str,
        strength: Strength,
        at: Span,
        joint: &mut ServerConfigBuilder,
    ) {
        match self.index.files.get(path) {
            Some(index) => joint.text(self.raw, *index, strength, evidence, at),
            None => joint.gap(Cause::OutsideTree(path.to_string()), Some(at)),
        }
    }

    /// The text that a reference names: one is certain, none cannot be seen, several (one name in
    /// two charts) are not guessed between unless one stands nearest.
    fn join(
        &self,
        found: &[usize],
        wanted: &str,
        evidence: &str,
        at: Span,
        joint: &mut ServerConfigBuilder,
    ) {
        let why = match self.places.choose(joint.spot, found) {
            NameChoice::One(index, Strength::Certain) => {
                return joint.text(self.raw, index, Strength::Certain, evidence, at);
            }
            NameChoice::One(index, Strength::Assumed) => {
                let evidence = format!("{evidence}; the nearest of {} of that name", found.len());
                return joint.text(self.raw, index, Strength::Assumed, &evidence, at);
            }
            NameChoice::None => Cause::OutsideTree(wanted.to_owned()),
            NameChoice::Many(count) => Cause::SeveralInTree {
                name: wanted.to_owned(),
                count: Some(count),
            },
            NameChoice::Elsewhere => Cause::OtherEnvironment(wanted.to_owned()),
        };
        joint.gap(why, Some(at));
    }

    /// A key of an object; where the object is not in the tree, a file of the key's name beside the
    /// server may be what it is made from.
    fn key(
        &self,
        object: &ObjectName,
        key: &str,
        evidence: &str,
        at: Span,
        joint: &mut ServerConfigBuilder,
    ) {
        let wanted = format!("{}/{} key {key}", object.kind, object.name);
        let found = self.index.key(object, key);
        let beside = || {
            let files = self.index.files.iter();
            let named = files.filter(|(path, _)| path::name(path) == key);
            let beside: Vec<usize> = named
                .map(|(_, index)| *index)
                .filter(|index| {
                    let at = self.places.text(*index).at;
                    self.places.in_one_folder(joint.spot.at, at)
                })
                .collect();
            match beside[..] {
                [only] => Some(only),
                _ => None,
            }
        };
        if found.is_empty()
            && self.index.objects_named(object) == 0
            && let Some(index) = beside()
        {
            let evidence =
                format!("{wanted} is not in the scanned tree, but a file of that name is");
            joint.text(self.raw, index, Strength::Assumed, &evidence, at);
            return joint.gap(Cause::OutsideTree(wanted.to_string()), Some(at));
        }
        self.join(&found, &wanted, evidence, at, joint);
    }

    /// The one text that the file is made from, as an assumption.
    fn template(
        &self,
        object: &ObjectName,
        evidence: &str,
        at: Span,
        joint: &mut ServerConfigBuilder,
    ) {
        let found = self.index.texts_of(object);
        if let NameChoice::One(index, _) = self.places.choose(joint.spot, &found) {
            return joint.text(self.raw, index, Strength::Assumed, evidence, at);
        }
        let why = Cause::MadeInto(format!("{}/{}", object.kind, object.name));
        joint.gap(why, Some(at));
    }

    /// A server of whose files none was found, and a text beside it that is called by its name.
    fn by_convention(&self, server: &RawServer, joint: &mut ServerConfigBuilder) {
        let has_text = |part: &LinkedPart| matches!(part, LinkedPart::Text { .. });
        let gap = joint
            .parts
            .iter()
            .position(|p| matches!(p, LinkedPart::Gap { .. }));
        let (false, Some(gap)) = (joint.parts.iter().any(has_text), gap) else {
            return;
        };
        let name = server.name.split('/').nth(1).unwrap_or_default();
        let names: Vec<String> = self
            .text_names
            .iter()
            .map(|pattern| pattern.replace("{name}", name))
            .collect();
        let called = |index: &usize| match &self.raw.texts[*index].place {
            TextPlace::Key { object, .. } => {
                !object.templated
                    && object.kind == "ConfigMap"
                    && names.contains(&object.name)
                    && TextIndex::of_namespace(object, server.namespace.as_ref())
            }
            _ => false,
        };
        let beside = |index: &usize| {
            let spot = self.places.text(*index);
            Locations::together(joint.spot, spot)
                && self.places.in_one_folder(joint.spot.at, spot.at)
        };
        let texts = 0..self.raw.texts.len();
        let readable = |index: &usize| {
            let text = &self.raw.texts[*index];
            text.recognised && !text.foreign
        };
        let found: Vec<usize> = texts
            .filter(readable)
            .filter(called)
            .filter(beside)
            .collect();
        if let [index] = found[..] {
            joint.links.push(SubjectLink {
                to: self.raw.texts[index].name.clone(),
                evidence: "it is called after the server and stands beside it".to_owned(),
                strength: Strength::Assumed,
                at: None,
            });
            // Before the gap: what cannot be seen may still say otherwise.
            joint.parts.insert(
                gap,
                LinkedPart::Text {
                    index,
                    strength: Strength::Assumed,
                },
            );
        }
    }
}

/// A server's configuration while it is put together.
struct ServerConfigBuilder {
    spot: Location,
    parts: Vec<LinkedPart>,
    links: Vec<SubjectLink>,
}

impl ServerConfigBuilder {
    fn gap(&mut self, reason: Cause, at: Option<Span>) {
        self.parts.push(LinkedPart::Gap { reason, at });
    }

    fn text(&mut self, raw: &RawFacts, index: usize, strength: Strength, evidence: &str, at: Span) {
        let link = SubjectLink {
            to: raw.texts[index].name.clone(),
            evidence: evidence.to_owned(),
            strength,
            at: Some(at),
        };
        // Several parts of one script count as one text.
        let same = |other: &SubjectLink| other.to == link.to && other.evidence == link.evidence;
        if !self.links.iter().any(same) {
            self.links.push(link);
        }
        self.parts.push(LinkedPart::Text { index, strength });
    }
}

/// Texts that nothing deploys are servers of their own, each place once. Texts of a foreign dialect
/// are not judged, and what another text includes is judged where it is read.
fn undeployed_texts(raw: &RawFacts, used: &BTreeSet<usize>, include: &str) -> Vec<LinkedServer> {
    let place = |index: usize| raw.texts[index].excerpt.span_all();
    let mut seen: BTreeSet<Span> = used.iter().map(|index| place(*index)).collect();
    // A key says more than the file that it is made from.
    let is_key = |index: &usize| matches!(raw.texts[*index].place, TextPlace::Key { .. });
    let (keys, others): (Vec<usize>, Vec<usize>) = (0..raw.texts.len()).partition(is_key);
    let brought = include::only_included(&raw.texts, include);
    let bare = |index: &usize| {
        let text = &raw.texts[*index];
        text.recognised && !text.foreign && !used.contains(index) && !brought[*index]
    };
    let mut found: Vec<usize> = keys
        .into_iter()
        .chain(others)
        .filter(bare)
        .filter(|index| seen.insert(place(*index)))
        .collect();
    found.sort_unstable();
    found
        .into_iter()
        .map(|index| LinkedServer {
            body: ServerBody::Text(index),
            parts: vec![LinkedPart::Text {
                index,
                strength: Strength::Certain,
            }],
            queue_uses: Vec::new(),
            links: Vec::new(),
        })
        .collect()
}
