//! Joins raw facts by identity: which text a server reads, which client talks to which server.
//!
//! Every link carries its evidence and its strength. Nothing is typed here, and no value is looked
//! at: a server without a visible text stays without one, and the part that cannot be seen is kept
//! as a gap.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::linked::{Body, Linked, LinkedPart, LinkedServer};
use crate::facts::raw::{
    ConfPart, ObjectName, Raw, RawClient, RawServer, RawService, RawText, TextPlace,
};
use crate::facts::{Link, Reason, Related, Strength};
use crate::source::Span;

/// Joins one universe.
pub fn link(raw: &Raw) -> Linked {
    let index = TextIndex::new(&raw.texts);
    let mut used = BTreeSet::new();
    let mut servers: Vec<_> = raw
        .servers
        .iter()
        .enumerate()
        .map(|(i, server)| deployed(i, server, raw, &index, &mut used))
        .collect();
    servers.extend(bare_texts(raw, &used));
    let clients = raw
        .clients
        .iter()
        .map(|client| server_of(client, raw, &servers))
        .collect();
    Linked { servers, clients }
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

    /// A namespace that is not written may be any.
    fn may_be(&self, text: usize, wanted: &ObjectName) -> bool {
        let TextPlace::Key { object, .. } = &self.texts[text].place else {
            return false;
        };
        match (&object.namespace, &wanted.namespace) {
            (Some(a), Some(b)) => a == b,
            _ => true,
        }
    }
}

fn deployed(
    i: usize,
    server: &RawServer,
    raw: &Raw,
    index: &TextIndex<'_>,
    used: &mut BTreeSet<usize>,
) -> LinkedServer {
    let mut linked = LinkedServer {
        body: Body::Deployed(i),
        parts: Vec::new(),
        links: Vec::new(),
    };
    for (part, conf) in server.conf.iter().enumerate() {
        let joined = match conf {
            ConfPart::Lines(_) | ConfPart::Generated { .. } => LinkedPart::Own { part },
            ConfPart::NotVisible { reason, at } => LinkedPart::Gap {
                reason: reason.clone(),
                at: *at,
            },
            ConfPart::Key {
                object,
                key,
                evidence,
                at,
            } => {
                let wanted = format!("{}/{} key {key}", object.kind, object.name);
                join(
                    &index.key(object, key),
                    &wanted,
                    evidence,
                    *at,
                    raw,
                    &mut linked.links,
                )
            }
            ConfPart::Template {
                object,
                evidence,
                at,
            } => template(
                &index.texts_of(object),
                object,
                evidence,
                *at,
                raw,
                &mut linked.links,
            ),
            ConfPart::Field { evidence, at } => {
                let found: Vec<_> = index.fields.get(at).copied().into_iter().collect();
                join(&found, evidence, evidence, *at, raw, &mut linked.links)
            }
            ConfPart::File {
                path,
                evidence,
                strength,
                at,
            } => {
                let found: Vec<_> = index
                    .files
                    .get(path.as_str())
                    .copied()
                    .into_iter()
                    .collect();
                let part = join(&found, path, evidence, *at, raw, &mut linked.links);
                weakened(part, *strength, &mut linked.links)
            }
        };
        if let LinkedPart::Text { index, .. } = joined {
            used.insert(index);
        }
        linked.parts.push(joined);
    }
    linked
}

/// The one text that the file is made from, as an assumption.
fn template(
    found: &[usize],
    object: &ObjectName,
    evidence: &str,
    at: Span,
    raw: &Raw,
    links: &mut Vec<Link>,
) -> LinkedPart {
    let [index] = *found else {
        let why = format!(
            "what {}/{} is made into is not followed",
            object.kind, object.name
        );
        return LinkedPart::Gap {
            reason: Reason::new(why),
            at: Some(at),
        };
    };
    links.push(Link {
        to: raw.texts[index].name.clone(),
        evidence: evidence.to_owned(),
        strength: Strength::Assumed,
        at: Some(at),
    });
    LinkedPart::Text {
        index,
        strength: Strength::Assumed,
    }
}

/// The text that a reference names: one is certain, none cannot be seen, several (one name in two
/// overlays or charts) are not guessed between unless one stands nearest.
fn join(
    found: &[usize],
    wanted: &str,
    evidence: &str,
    at: Span,
    raw: &Raw,
    links: &mut Vec<Link>,
) -> LinkedPart {
    let gap = |why: String| LinkedPart::Gap {
        reason: Reason::new(why),
        at: Some(at),
    };
    let (index, strength) = match found {
        [] => return gap(format!("{wanted} is not in the scanned tree")),
        [one] => (*one, Strength::Certain),
        many => match many
            .iter()
            .copied()
            .filter(|i| same_file(&raw.texts[*i], at))
            .collect::<Vec<_>>()[..]
        {
            [one] => (one, Strength::Certain),
            _ => {
                return gap(format!(
                    "{wanted} is in the scanned tree {} times",
                    many.len()
                ));
            }
        },
    };
    links.push(Link {
        to: raw.texts[index].name.clone(),
        evidence: evidence.to_owned(),
        strength,
        at: Some(at),
    });
    LinkedPart::Text { index, strength }
}

/// A link that is no surer than the reference that makes it.
fn weakened(part: LinkedPart, strength: Strength, links: &mut [Link]) -> LinkedPart {
    let LinkedPart::Text {
        index,
        strength: own,
    } = part
    else {
        return part;
    };
    if let Some(link) = links.last_mut() {
        link.strength = link.strength.min(strength);
    }
    LinkedPart::Text {
        index,
        strength: own.min(strength),
    }
}

fn same_file(text: &RawText, at: Span) -> bool {
    text.excerpt.file() == at.file
}

/// Texts that nothing deploys are servers of their own. Texts of a foreign dialect are not judged.
fn bare_texts<'a>(
    raw: &'a Raw,
    used: &'a BTreeSet<usize>,
) -> impl Iterator<Item = LinkedServer> + 'a {
    let bare =
        |(i, text): &(usize, &RawText)| !used.contains(i) && text.recognised && !text.foreign;
    raw.texts
        .iter()
        .enumerate()
        .filter(bare)
        .map(|(index, _)| LinkedServer {
            body: Body::Text(index),
            parts: vec![LinkedPart::Text {
                index,
                strength: Strength::Certain,
            }],
            links: Vec::new(),
        })
}

/// The server that a client talks to: by the host in its address, else the only one there is.
fn server_of(client: &RawClient, raw: &Raw, servers: &[LinkedServer]) -> Option<Related> {
    let deployed = servers
        .iter()
        .enumerate()
        .filter_map(|(i, server)| match server.body {
            Body::Deployed(body) => Some((i, &raw.servers[body])),
            Body::Text(_) => None,
        });
    if !client.hosts.is_empty() {
        return by_host(client, raw, deployed);
    }
    match servers {
        [_] => Some(Related {
            index: 0,
            strength: Strength::Assumed,
            evidence: "it is the only server in the scanned tree".to_owned(),
        }),
        _ => None,
    }
}

/// The one server that the client's hosts lead to.
fn by_host<'a>(
    client: &RawClient,
    raw: &Raw,
    deployed: impl Iterator<Item = (usize, &'a RawServer)>,
) -> Option<Related> {
    let reached = |server: &RawServer| {
        let hosts = client.hosts.iter();
        hosts
            .filter_map(|(host, _)| reached_by(host, server, &raw.services))
            .next()
    };
    let found: Vec<_> = deployed
        .filter_map(|(index, server)| Some((index, reached(server)?)))
        .collect();
    match &found[..] {
        [(index, evidence)] => Some(Related {
            index: *index,
            strength: Strength::Certain,
            evidence: evidence.clone(),
        }),
        _ => None,
    }
}

/// How a host name leads to a server, if it does: `name`, `name.namespace`, `name.namespace.svc…`.
fn reached_by(host: &str, server: &RawServer, services: &[RawService]) -> Option<String> {
    let mut labels = host.split('.');
    let name = labels.next()?;
    let namespace = labels.next();
    let same_namespace = |theirs: &Option<String>| match (namespace, theirs) {
        (Some(wanted), Some(theirs)) => wanted == theirs,
        _ => true,
    };
    if server.hosts.iter().any(|own| own == name) && same_namespace(&server.namespace) {
        return Some(format!("host {name} is {}", server.name));
    }
    let selects = |service: &&RawService| {
        service.name == name
            && same_namespace(&service.namespace)
            && !service.selector.is_empty()
            && service
                .selector
                .iter()
                .all(|(key, value)| server.labels.get(key) == Some(value))
    };
    services
        .iter()
        .find(selects)
        .map(|_| format!("host {name}, Service/{name}, {}", server.name))
}
