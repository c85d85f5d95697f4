//! Who can reach a server and what it asks of them: facts that several directives and the deployment
//! decide together. Which directives those are is said in `knowledge/shapes`.

use crate::facts::cause::Cause;
use crate::facts::fact_path::ServerFact;
use crate::facts::raw::{RawServer, RawService};
use crate::facts::words::RemoteAccess;
use crate::facts::{Datum, EditTarget, Explicitness, FactValue, Strength, Subject, ValueState};
use crate::knowledge::servers::SpecialParser;
use crate::knowledge::shapes::AccessShapes;
use crate::resolve::config_transcript::ConfigTranscript;
use crate::resolve::directive::secret_origin;
use crate::resolve::server::ServerResolver;
use crate::source::Span;

impl ServerResolver<'_> {
    pub(super) fn put_access(&self, subject: &mut Subject, transcript: &ConfigTranscript<'_>) {
        if subject.fact(ServerFact::Managed).is_none() {
            subject.put(ServerFact::Managed, FactValue::from_derived(false));
        }
        let listens = self.listens(subject, transcript);
        let exposed = self
            .resolve_exposed(subject, &listens)
            .with_anchor_when_unset(self.anchor());
        subject.put(ServerFact::Exposed, exposed);
        let authentication = self
            .authentication(subject, transcript)
            .with_anchor_when_unset(self.authentication_anchor(subject));
        subject.put(ServerFact::Authentication, authentication);
        let remote = self.remote_access(subject, &listens);
        subject.put(
            ServerFact::RemoteAccess,
            remote.with_anchor_when_unset(self.anchor()),
        );
        let buffer = self.replica_buffer(subject);
        subject.put(ServerFact::ReplicaBuffer, buffer);
        if let Some(reached) = self.find_reaching(subject) {
            subject.put(
                ServerFact::ReachedBy,
                reached.with_anchor_when_unset(self.anchor()),
            );
        }
    }

    /// Where a password is or would be written: the field that switches authentication on knows more
    /// than the text that may hold a line.
    fn authentication_anchor(&self, subject: &Subject) -> Span {
        let names = self.names();
        let switches = self.deployed.map(|server| &server.unset_places.switches);
        let switch = |name| switches.and_then(|switches| switches.get(name)).copied();
        let password = subject.conf(&names.password);
        let written = password.and_then(FactValue::span);
        written
            .or_else(|| switch(&names.password))
            .or_else(|| switch(&names.users_file))
            .or_else(|| subject.conf.place(&names.password))
            .unwrap_or_else(|| self.anchor())
    }

    fn names(&self) -> &AccessShapes {
        &self.knowledge.shapes.servers.access
    }

    /// Whether something beyond the server's own host can open a connection.
    fn resolve_exposed(&self, subject: &Subject, listens: &Result<bool, Cause>) -> FactValue {
        let no = || FactValue::from_derived(false);
        match listens {
            Ok(false) => return no(),
            Ok(true) => {}
            Err(reason) => return FactValue::unknown(reason.clone()),
        }
        let Some(server) = self.deployed else {
            let asked = subject.conf(&self.names().addresses);
            return if asked.is_some_and(|value| value.written == Explicitness::Yes) {
                FactValue::from_derived(true).because("it listens on other addresses")
            } else {
                FactValue::unknown(Cause::NotDeployed)
            };
        };
        match server.deployment.attributes.get(&ServerFact::Reachable) {
            Some(Ok(Datum::Bool(true))) if self.publishes_other_ports(server, subject) => no(),
            Some(Ok(Datum::Bool(true))) => FactValue::from_derived(true),
            Some(Ok(_)) => no(),
            Some(Err(reason)) => FactValue::unknown(reason.clone()),
            None => match self.service(server, subject) {
                Some(service) => FactValue::from_derived(true)
                    .because(format!("Service/{} leads to it", service.name)),
                None => FactValue::unknown(Cause::Deployment(
                    "no Service of the scanned tree leads to it",
                )),
            },
        }
    }

    /// A Service that selects the server's pods and leads to one of its ports.
    pub(super) fn service(&self, server: &RawServer, subject: &Subject) -> Option<&RawService> {
        let leads_here = |service: &&RawService| {
            let same_place = service.namespace == server.namespace;
            let mut selector = service.selector.iter();
            let mut targets = service.targets.iter().map(|target| {
                let number = server.port_names.get(target);
                number.unwrap_or(target)
            });
            same_place
                && !service.selector.is_empty()
                && selector.all(|(key, value)| server.labels.get(key) == Some(value))
                // Pods hold other containers, too: a Service may lead to those alone.
                && (service.targets.is_empty() || targets.any(|port| self.has_port(subject, port)))
        };
        self.raw.services.iter().find(leads_here)
    }

    /// Whether the server may listen on this port.
    fn has_port(&self, subject: &Subject, port: &str) -> bool {
        self.names().ports.iter().any(|name| {
            let value = subject.conf(name);
            match value.map(|value| &value.state) {
                Some(ValueState::Unknown(_)) => true,
                _ => value.and_then(FactValue::number) == port.parse().ok() && value.is_some(),
            }
        })
    }

    /// Whether ports are published and nothing listens on any of them.
    fn publishes_other_ports(&self, server: &RawServer, subject: &Subject) -> bool {
        let is_known = |port: &String| port.parse::<u16>().is_ok();
        let mut ports = server.published.iter();
        !server.published.is_empty()
            && ports.all(|port| is_known(port) && !self.has_port(subject, port))
    }

    /// What leads to it from outside its container, as far as its deployment says.
    fn find_reaching(&self, subject: &Subject) -> Option<FactValue> {
        let Some(server) = self.deployed else {
            return Some(FactValue::unknown(Cause::NotDeployed));
        };
        let mut published = server.published.iter();
        if let Some(port) = published.find(|port| self.has_port(subject, port)) {
            return Some(FactValue::from_derived(format!("published port {port}")));
        }
        // A compose file and a unit say all; a Service may stand in another tree.
        let decided = server.deployment.attributes.get(&ServerFact::Reachable);
        match self.service(server, subject) {
            Some(service) => Some(FactValue::from_derived(format!("Service/{}", service.name))),
            None if decided.is_some() => None,
            None => Some(FactValue::unknown(Cause::Deployment(
                "no Service of the scanned tree leads to it",
            ))),
        }
    }

    /// What becomes of connections from other hosts.
    fn remote_access(&self, subject: &Subject, listens: &Result<bool, Cause>) -> FactValue {
        let mut ports = self.names().ports.iter();
        if ports.all(|port| subject.conf(port).and_then(FactValue::number) == Some(0.0)) {
            return FactValue::unknown(Cause::Server("it listens on no port"));
        }
        match listens {
            Ok(true) => {}
            Ok(false) => {
                let addresses = subject.conf(&self.names().addresses);
                let strength = addresses.map_or(Strength::Certain, |value| value.strength);
                return FactValue::from_derived(RemoteAccess::Loopback).with_strength(strength);
            }
            Err(reason) => return FactValue::unknown(reason.clone()),
        }
        let protection = subject.conf(&self.names().protection);
        let strength = protection.map_or(Strength::Certain, |value| value.strength);
        match protection.map(|value| &value.state) {
            Some(ValueState::Unknown(reason)) => return FactValue::unknown(reason.clone()),
            Some(ValueState::Set(on) | ValueState::Default(on)) if on.as_text() == Some("yes") => {}
            _ => return FactValue::from_derived(RemoteAccess::Accepted),
        }
        if self.is_lifted(subject) {
            return FactValue::from_derived(RemoteAccess::Accepted);
        }
        let asks = subject.fact(ServerFact::Authentication);
        match asks.map(|value| &value.state) {
            Some(ValueState::Unknown(reason)) => FactValue::unknown(reason.clone()),
            _ if asks.and_then(FactValue::text) == Some("none") => {
                FactValue::from_derived(RemoteAccess::Protected).with_strength(strength)
            }
            _ => FactValue::from_derived(RemoteAccess::Accepted),
        }
    }

    /// The hard limit of what may wait for a replica.
    fn replica_buffer(&self, subject: &Subject) -> FactValue {
        let names = self.names();
        let Some(limits) = subject.conf(&names.output_buffers) else {
            return FactValue::absent();
        };
        let hard = |limit: &Datum| {
            let mut words = limit.as_text()?.split_ascii_whitespace();
            words.next().filter(|class| *class == names.replica_class)?;
            words.next()?.parse().ok()
        };
        let found = match &limits.state {
            ValueState::Set(Datum::List(all)) | ValueState::Default(Datum::List(all)) => {
                all.iter().find_map(hard)
            }
            _ => None,
        };
        let state = match (found, &limits.state) {
            (Some(bytes), ValueState::Default(_)) => ValueState::Default(Datum::Size(bytes)),
            (Some(bytes), _) => ValueState::Set(Datum::Size(bytes)),
            (None, ValueState::Unknown(reason)) => ValueState::Unknown(reason.clone()),
            (None, _) => {
                ValueState::Unknown(Cause::Server("its output buffer limits are not read"))
            }
        };
        FactValue {
            state,
            slot: EditTarget::None,
            ..limits.clone()
        }
    }

    /// Whether addresses that somebody wrote switch protected mode off, in any series that it may be.
    fn is_lifted(&self, subject: &Subject) -> bool {
        let addresses = subject.conf(&self.names().addresses);
        let written = addresses.is_some_and(|value| value.written != Explicitness::No);
        let mut series = self.candidates.series.iter();
        let lifting = &self.names().lifted_by_addresses;
        written && series.any(|series| lifting.contains(&series.name()))
    }

    /// Whether it listens beyond its host. Where the series differ in a directive, what each of them
    /// makes of all counts: the defaults are spelled differently (`bind` was empty, and is `* -::*`
    /// since 6.2) and mean the same.
    fn listens(&self, subject: &Subject, transcript: &ConfigTranscript<'_>) -> Result<bool, Cause> {
        let merged = |name: &str| subject.conf(name).map(|value| value.state.clone());
        self.listens_beyond(&merged).or_else(|reason| {
            let all = 0..transcript.series.len();
            let mut answers = all.map(|index| {
                self.listens_beyond(&|name| transcript.state(index, name))
                    .ok()
            });
            let first = answers.next().flatten().ok_or_else(|| reason.clone())?;
            match answers.all(|answer| answer == Some(first)) {
                true => Ok(first),
                false => Err(reason),
            }
        })
    }

    /// Whether a server with these directives listens on an address that is not its host's loopback.
    fn listens_beyond(&self, conf: &dyn Fn(&str) -> Option<ValueState>) -> Result<bool, Cause> {
        let mut closed = true;
        for port in &self.names().ports {
            match conf(port) {
                Some(ValueState::Set(datum) | ValueState::Default(datum)) => {
                    closed &= datum.as_number() == Some(0.0);
                }
                Some(ValueState::Unknown(_)) => closed = false,
                _ => {}
            }
        }
        if closed {
            return Ok(false);
        }
        match conf(&self.names().addresses) {
            Some(ValueState::Set(datum) | ValueState::Default(datum)) => {
                let words = words(&datum);
                // No address at all means every one.
                Ok(words.is_empty() || words.iter().any(|word| !self.is_loopback(word)))
            }
            Some(ValueState::Unknown(reason)) => Err(reason),
            _ => Ok(true),
        }
    }

    fn is_loopback(&self, address: &str) -> bool {
        let address = address.trim_start_matches('-');
        self.knowledge.shapes.is_loopback(address)
    }

    /// What a connection must present: `none`, `password` or `acl`.
    fn authentication(&self, subject: &Subject, transcript: &ConfigTranscript<'_>) -> FactValue {
        let is_written = |name: &String| {
            let value = subject.conf(name);
            match value.map(|value| &value.state) {
                Some(ValueState::Set(datum)) => Ok(datum.as_text() != Some("")),
                // What a chart or an operator writes by itself has the state of a default.
                Some(ValueState::Default(datum)) => {
                    Ok(datum.as_text().is_some_and(|text| !text.is_empty()))
                }
                Some(ValueState::Unknown(_))
                    if value.is_some_and(|v| v.written == Explicitness::Yes) =>
                {
                    Ok(true)
                }
                Some(ValueState::Unknown(reason)) => Err(reason.clone()),
                _ => Ok(false),
            }
        };
        match is_written(&self.names().password) {
            Ok(true) => return FactValue::from_derived("password"),
            Ok(false) => {}
            Err(reason) => return FactValue::unknown(reason),
        }
        match is_written(&self.names().users_file) {
            Ok(true) => return FactValue::from_derived("acl"),
            Ok(false) => {}
            Err(reason) => return FactValue::unknown(reason),
        }
        let mut lines = transcript.step_lines();
        let restricts = lines.any(|line| self.restricts_everyone(line));
        if restricts {
            return FactValue::from_derived("acl");
        }
        let none = FactValue::from_derived("none");
        match self.find_empty_variable(subject) {
            Some(name) => none
                .with_strength(Strength::Assumed)
                .because(format!("it is empty unless {name} is set")),
            None => none,
        }
    }

    /// The variable that a password is written as, where that is empty in the tree.
    fn find_empty_variable(&self, subject: &Subject) -> Option<&str> {
        let password = subject.conf(&self.names().password)?;
        let span = password.span()?;
        let sources = self.knowledge.sources;
        if let Some(name) = secret_origin::names(sources.slice(span)).next() {
            return Some(name);
        }
        // An empty word has no bytes: the place is that of the name before it.
        let behind = sources.get(span.file).text().get(span.end as usize..)?;
        let word = behind.trim_start_matches([' ', ',', '"', '\'', '-', '\n', '\r', '[']);
        word.starts_with('$')
            .then(|| secret_origin::names(word).next())?
    }

    /// A line about the user that every connection is until it says otherwise.
    fn restricts_everyone(&self, line: &crate::facts::raw::RawLine) -> bool {
        let [name, user, rules @ ..] = &line.words[..] else {
            return false;
        };
        let series = self.candidates.series.iter();
        let form = series
            .filter_map(|series| series.directive(&name.text))
            .find_map(|directive| directive.form);
        let shapes = self.names();
        let open = rules.iter().any(|rule| rule.text == shapes.open_rule);
        form == Some(SpecialParser::AclUser) && user.text == shapes.default_user && !open
    }
}

/// The words of a directive that takes several.
fn words(datum: &Datum) -> Vec<&str> {
    match datum {
        Datum::List(items) => items.iter().filter_map(Datum::as_text).collect(),
        other => other
            .as_text()
            .map(|text| text.split_whitespace().collect())
            .unwrap_or_default(),
    }
}
