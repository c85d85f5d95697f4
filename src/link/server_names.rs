//! Which servers a host name can lead to: those that it names, and those that a Service of that name
//! may select. Clients and servers are joined through this, so that their numbers are not multiplied.
//!
//! Whether a name really leads there is asked of the linker (`hosts`).

use std::collections::{BTreeMap, BTreeSet};

use super::hosts::MAX_NAMES;
use crate::facts::raw::{RawFacts, RawServer};

/// Servers by the names and labels that lead to them.
pub(super) struct ServerNames<'a> {
    raw: &'a RawFacts,
    by_host: BTreeMap<&'a str, Vec<usize>>,
    by_label: BTreeMap<(&'a str, &'a str), Vec<usize>>,
    /// The places of Services in `raw`, by name.
    services: BTreeMap<&'a str, Vec<usize>>,
}

impl<'a> ServerNames<'a> {
    pub(super) fn new(raw: &'a RawFacts) -> Self {
        let mut names = Self {
            raw,
            by_host: BTreeMap::new(),
            by_label: BTreeMap::new(),
            services: BTreeMap::new(),
        };
        for (body, server) in raw.servers.iter().enumerate() {
            names.add(body, server);
        }
        for (index, service) in raw.services.iter().enumerate() {
            names.services.entry(&service.name).or_default().push(index);
        }
        names
    }

    fn add(&mut self, body: usize, server: &'a RawServer) {
        for host in &server.hosts {
            self.by_host.entry(host).or_default().push(body);
        }
        for (key, value) in &server.labels {
            self.by_label.entry((key, value)).or_default().push(body);
        }
    }

    /// The Services of a name.
    pub(super) fn find_services(&self, name: &str) -> &[usize] {
        self.services.get(name).map_or(&[], Vec::as_slice)
    }

    /// The servers that a host may lead to, in order: by its first label, or by its second as pods
    /// behind a Service are reached.
    pub(super) fn candidates<'n>(&'n self, host: &'n str) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        for label in host.split('.').take(2) {
            let mut names = vec![label];
            let mut at = 0;
            // Names that Services lead on to are followed once each.
            while let Some(name) = names.get(at).copied().filter(|_| at <= MAX_NAMES) {
                self.add_named(name, &mut names, &mut found);
                at += 1;
            }
        }
        found
    }

    fn add_named<'n>(&'n self, name: &str, names: &mut Vec<&'n str>, found: &mut BTreeSet<usize>) {
        found.extend(self.by_host.get(name).into_iter().flatten());
        for index in self.find_services(name) {
            let service = &self.raw.services[*index];
            // A server that is selected has every pair of the selector, so the first one finds it.
            let pair = service.selector.first_key_value();
            let labelled = pair.and_then(|(key, value)| self.by_label.get(&(&**key, &**value)));
            found.extend(labelled.into_iter().flatten());
            let other = service.external_name.as_deref();
            let other = other.and_then(|other| other.split('.').next());
            names.extend(other.filter(|other| names.len() <= MAX_NAMES && !names.contains(other)));
        }
    }
}
