//! Decides which server a client connects to: by the host in its address, through Services, or
//! because there is only one server.

use std::collections::BTreeSet;

use super::proximity::Locations;
use super::{FactLinker, HostReference};
use crate::facts::linked::{LinkedServer, ServerBody};
use crate::facts::raw::{RawClient, RawServer, RawService};
use crate::facts::{RelatedSubject, Strength};
use crate::source::Span;

/// A host and the namespace that it names, if it names one.
#[derive(Clone, Copy, PartialEq, Eq)]
struct HostName<'a> {
    name: &'a str,
    namespace: Option<&'a str>,
}

/// Services lead on to others, and no more names than these are followed from one.
pub(super) const MAX_NAMES: usize = 4;

impl FactLinker<'_> {
    /// The server that a client talks to: by the host in its address, else the only one there is.
    pub(super) fn server_of(
        &self,
        client: &RawClient,
        servers: &[LinkedServer],
    ) -> Option<RelatedSubject> {
        if !client.hosts.is_empty() {
            return self.by_host(client, servers);
        }
        let all: Vec<usize> = (0..servers.len()).collect();
        let (composed, others) = all
            .iter()
            .partition(|index| self.is_composed(&servers[**index]));
        let groups: [(Vec<usize>, &str); 3] = [
            (all, "it is the only server in the scanned tree"),
            // What a compose file starts is for one machine, and stands in for what runs elsewhere.
            (others, "it is the only server outside of compose files"),
            (composed, "it is the only server of a compose file"),
        ];
        groups.into_iter().find_map(|(indexes, evidence)| {
            let (index, several) = self.one_of(&indexes, servers)?;
            Some(RelatedSubject {
                index,
                strength: Strength::Assumed,
                evidence: with_doubt(evidence.to_owned(), several),
            })
        })
    }

    fn is_composed(&self, server: &LinkedServer) -> bool {
        match server.body {
            ServerBody::Deployed(body) => self.raw.servers[body].is_composed(),
            ServerBody::Text(_) => false,
        }
    }

    /// The one server that the client's hosts lead to.
    fn by_host(&self, client: &RawClient, servers: &[LinkedServer]) -> Option<RelatedSubject> {
        let reached = |body: usize| {
            let hosts = client.hosts.iter();
            hosts
                .filter_map(|(host, _)| self.find_reaching(host, body))
                .next()
        };
        let hosts = client.hosts.iter();
        let candidates: BTreeSet<usize> = hosts
            .flat_map(|(host, _)| self.names.candidates(host))
            .collect();
        let found: Vec<(usize, String)> = candidates
            .into_iter()
            .filter_map(|body| Some((index_of(body, servers)?, reached(body)?)))
            .collect();
        let indexes: Vec<usize> = found.iter().map(|(index, _)| *index).collect();
        let (index, several) = self.one_of(&indexes, servers)?;
        let (_, evidence) = found.into_iter().find(|(at, _)| *at == index)?;
        Some(RelatedSubject {
            index,
            // An address that a deployment gives to some program is not certainly this one's.
            strength: if several > 1 || !client.joined.is_empty() {
                Strength::Assumed
            } else {
                Strength::Certain
            },
            evidence: with_doubt(evidence, several),
        })
    }

    /// The server that a name leads to from a place of the deployment: that of its own compose project
    /// or namespace; of several the one in the same file, or in the same folder.
    pub(super) fn server_named(
        &self,
        reference: &HostReference<'_>,
        servers: &[LinkedServer],
    ) -> Option<RelatedSubject> {
        let candidates = self.names.candidates(reference.host).into_iter();
        let mut found: Vec<(usize, Span, String)> = candidates
            .filter_map(|body| {
                let index = index_of(body, servers)?;
                let own = &self.raw.servers[body];
                if own.is_composed() != reference.composed || !self.can_meet(reference, own) {
                    return None;
                }
                Some((index, own.anchor, self.find_reaching(reference.host, body)?))
            })
            .collect();
        let mut strength = Strength::Certain;
        if found.len() > 1 {
            let in_file = |(_, at, _): &(usize, Span, String)| at.file == reference.at.file;
            if found.iter().any(in_file) {
                found.retain(in_file);
            } else {
                found.retain(|(_, at, _)| self.places.in_one_folder(*at, reference.at));
                strength = Strength::Assumed;
            }
        }
        match &found[..] {
            [(index, _, evidence)] => Some(RelatedSubject {
                index: *index,
                strength,
                evidence: evidence.clone(),
            }),
            _ => None,
        }
    }

    /// A compose project is one folder's; a name without a namespace means the own one.
    fn can_meet(&self, reference: &HostReference<'_>, server: &RawServer) -> bool {
        if reference.composed {
            return self.places.in_one_folder(reference.at, server.anchor);
        }
        let is_elsewhere = match (reference.namespace, &server.namespace) {
            (Some(own), Some(theirs)) => own != theirs && !reference.host.contains('.'),
            _ => false,
        };
        !is_elsewhere && !self.places.apart(reference.at, server.anchor)
    }

    /// One of several servers that are one base in several environments: the last environment in
    /// the order of their names in the list. Servers of different origin are not guessed between.
    pub(super) fn one_of(
        &self,
        indexes: &[usize],
        servers: &[LinkedServer],
    ) -> Option<(usize, usize)> {
        let deployed = |index: &usize| match servers[*index].body {
            ServerBody::Deployed(body) => Some(self.places.server(body)),
            ServerBody::Text(_) => None,
        };
        if let [only] = indexes {
            return Some((*only, 1));
        }
        let spots: Option<Vec<_>> = indexes.iter().map(deployed).collect();
        let spots = spots?;
        let first = spots.first()?;
        let one_base = spots
            .iter()
            .all(|spot| spot.at == first.at && spot.extent.is_some());
        let rank = |extent: Option<usize>| {
            let dir = extent.map_or("", |extent| self.raw.extents[extent].dir.as_str());
            self.places.environment(dir)
        };
        let ranked = indexes.iter().zip(&spots);
        let best =
            ranked.max_by_key(|(index, spot)| (rank(spot.extent), std::cmp::Reverse(**index)));
        best.filter(|_| one_base)
            .map(|(index, _)| (*index, indexes.len()))
    }

    /// The deployed servers that a name may lead to from a place of the deployment: those in the same file,
    /// else all that it can meet. Compose files side by side that each have such a server are samples or
    /// stages, and none of them is preferred.
    pub(super) fn find_reached_bodies(&self, reference: &HostReference<'_>) -> Vec<usize> {
        let candidates = self.names.candidates(reference.host).into_iter();
        let mut reached: Vec<usize> = candidates
            .filter(|body| {
                let own = &self.raw.servers[*body];
                own.is_composed() == reference.composed
                    && self.can_meet(reference, own)
                    && self.find_reaching(reference.host, *body).is_some()
            })
            .collect();
        let file = |body: &usize| self.raw.servers[*body].anchor.file;
        if reached.iter().any(|body| file(body) == reference.at.file) {
            reached.retain(|body| file(body) == reference.at.file);
        } else if reference.composed && reached.iter().any(|body| file(body) != file(&reached[0])) {
            reached.clear();
        }
        reached
    }

    /// How a host name leads to a server, if it does: `name`, `name.namespace`,
    /// `name.namespace.svc…`, and the pods behind a headless Service, `name-0.service…`.
    pub(super) fn find_reaching(&self, host: &str, body: usize) -> Option<String> {
        let server = &self.raw.servers[body];
        let labels: Vec<&str> = host.split('.').collect();
        let (first, rest) = labels.split_first()?;
        let direct = HostName {
            name: first,
            namespace: rest.first().copied(),
        };
        if let Some(evidence) = self.match_name(direct, host, body) {
            return Some(evidence);
        }
        let (service, rest) = rest.split_first()?;
        let behind = HostName {
            name: service,
            namespace: rest.first().copied(),
        };
        let own = server.name.split('/').nth(1).unwrap_or_default();
        is_pod_of(first, own)
            .then(|| self.match_name(behind, host, body))
            .flatten()
    }

    fn match_name(&self, host: HostName<'_>, written: &str, body: usize) -> Option<String> {
        let server = &self.raw.servers[body];
        if server.hosts.iter().any(|own| own == host.name)
            && host.may_be_in(server.namespace.as_ref())
        {
            return Some(format!("host {} is {}", host.name, server.name));
        }
        self.through_service(host, body, &mut Vec::new())
            .map(|service| format!("host {written}, Service/{service}, {}", server.name))
    }

    /// The Service of this name that selects the server, or is another name of one that does.
    /// Each name is followed once, since many Services may be names of each other.
    fn through_service<'n>(
        &'n self,
        host: HostName<'n>,
        body: usize,
        followed: &mut Vec<HostName<'n>>,
    ) -> Option<String> {
        if followed.len() > MAX_NAMES || followed.contains(&host) {
            return None;
        }
        followed.push(host);
        let spot = self.places.server(body);
        let server = &self.raw.servers[body];
        let named = self.names.find_services(host.name).iter();
        let services = named.map(|index| (*index, &self.raw.services[*index]));
        let mut named = services.filter(|(index, service)| {
            host.may_be_in(service.namespace.as_ref())
                && Locations::together(spot, self.places.service(*index))
                && !self.places.apart(spot.at, service.span)
        });
        named.find_map(|(_, service)| {
            if selects(service, server) {
                return Some(service.name.clone());
            }
            let other = service.external_name.as_deref()?;
            let mut labels = other.split('.');
            let other = HostName {
                name: labels.next()?,
                namespace: labels.next(),
            };
            self.through_service(other, body, followed)
        })
    }
}

/// The place of a deployed server among the linked ones: they stand first, in the order of the facts.
fn index_of(body: usize, servers: &[LinkedServer]) -> Option<usize> {
    let server = servers.get(body)?;
    matches!(server.body, ServerBody::Deployed(own) if own == body).then_some(body)
}

impl HostName<'_> {
    /// A namespace that is not written may be any.
    fn may_be_in(self, namespace: Option<&String>) -> bool {
        match (self.namespace, namespace) {
            (Some(wanted), Some(theirs)) => wanted == theirs,
            _ => true,
        }
    }
}

fn selects(service: &RawService, server: &RawServer) -> bool {
    let same_namespace = match (&service.namespace, &server.namespace) {
        (Some(one), Some(other)) => one == other,
        _ => true,
    };
    let mut selector = service.selector.iter();
    same_namespace
        && !service.selector.is_empty()
        && selector.all(|(key, value)| server.labels.get(key) == Some(value))
}

/// `redis-0` is a pod of `redis`.
fn is_pod_of(pod: &str, workload: &str) -> bool {
    let number = pod
        .strip_prefix(workload)
        .and_then(|rest| rest.strip_prefix('-'));
    number.is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}

fn with_doubt(evidence: String, several: usize) -> String {
    if several > 1 {
        return format!("{evidence}, one of {several} environments");
    }
    evidence
}
