//! Who can reach a server and what it asks of them: facts that several directives and the deployment
//! decide together. Which directives those are is said in `knowledge/shapes`.

use crate::facts::cause::Cause;
use crate::facts::fact_path::ServerFact;
use crate::facts::raw::{RawServer, RawService};
use crate::facts::{Datum, Explicitness, FactValue, Subject, ValueState};
use crate::knowledge::servers::SpecialParser;
use crate::knowledge::shapes::AccessShapes;
use crate::resolve::conf;
use crate::resolve::config_transcript::ConfigTranscript;
use crate::resolve::server::ServerResolver;

impl ServerResolver<'_> {
    pub(super) fn put_access(&self, subject: &mut Subject, transcript: &ConfigTranscript<'_>) {
        if subject.fact(ServerFact::Managed).is_none() {
            subject.put(ServerFact::Managed, FactValue::derived(false));
        }
        let exposed = self.exposed(subject).with_anchor_when_unset(self.anchor());
        subject.put(ServerFact::Exposed, exposed);
        let authentication = self
            .authentication(subject, transcript)
            .with_anchor_when_unset(self.anchor());
        subject.put(ServerFact::Authentication, authentication);
    }

    fn names(&self) -> &AccessShapes {
        &self.knowledge.shapes.servers.access
    }

    /// Whether something beyond the server's own host can open a connection.
    fn exposed(&self, subject: &Subject) -> FactValue {
        let no = || FactValue::derived(false);
        let listens = self.listens_beyond(&|name| subject.conf(name));
        match listens.or_else(|reason| self.listens_in_every_series().ok_or(reason)) {
            Ok(false) => return no(),
            Ok(true) => {}
            Err(reason) => return FactValue::unknown(reason),
        }
        let Some(server) = self.deployed else {
            let asked = subject.conf(&self.names().addresses);
            return if asked.is_some_and(|value| value.written == Explicitness::Yes) {
                FactValue::derived(true).because("it listens on other addresses")
            } else {
                FactValue::unknown(Cause::NotDeployed)
            };
        };
        match server.deployment.attributes.get(&ServerFact::Reachable) {
            Some(Ok(Datum::Bool(true))) => FactValue::derived(true),
            Some(Ok(_)) => no(),
            Some(Err(reason)) => FactValue::unknown(reason.clone()),
            None => match self.service(server) {
                Some(service) => FactValue::derived(true)
                    .because(format!("Service/{} leads to it", service.name)),
                None => FactValue::unknown(Cause::Deployment(
                    "no Service of the scanned tree leads to it",
                )),
            },
        }
    }

    /// A Service that selects the server's pods.
    fn service(&self, server: &RawServer) -> Option<&RawService> {
        let selects = |service: &&RawService| {
            let same_place = service.namespace == server.namespace;
            let mut selector = service.selector.iter();
            same_place
                && !service.selector.is_empty()
                && selector.all(|(key, value)| server.labels.get(key) == Some(value))
        };
        self.raw.services.iter().find(selects)
    }

    /// Whether it listens beyond its host, where every series that it may be of agrees: the defaults
    /// are spelled differently (`bind` was empty, and is `* -::*` since 6.2) and mean the same.
    fn listens_in_every_series(&self) -> Option<bool> {
        let mut answers = self.candidates.series.iter().map(|series| {
            let one = [*series];
            let transcript = self.transcript(&one);
            let is_secret = |name: &str| self.knowledge.servers.is_secret(name);
            let effective = conf::effective(&transcript, &self.home(), &is_secret);
            self.listens_beyond(&|name| effective.get(name)).ok()
        });
        let first = answers.next()??;
        answers.all(|answer| answer == Some(first)).then_some(first)
    }

    /// Whether a server with these directives listens on an address that is not its host's loopback.
    fn listens_beyond<'v>(
        &self,
        conf: &dyn Fn(&str) -> Option<&'v FactValue>,
    ) -> Result<bool, Cause> {
        let mut closed = true;
        for port in &self.names().ports {
            match conf(port).map(|value| &value.state) {
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
        let addresses = conf(&self.names().addresses);
        match addresses.map(|value| &value.state) {
            Some(ValueState::Set(datum) | ValueState::Default(datum)) => {
                let words = words(datum);
                // No address at all means every one.
                Ok(words.is_empty() || words.iter().any(|word| !self.is_loopback(word)))
            }
            Some(ValueState::Unknown(reason)) => Err(reason.clone()),
            _ => Ok(true),
        }
    }

    fn is_loopback(&self, address: &str) -> bool {
        let address = address.trim_start_matches('-');
        let known = &self.names().loopback;
        known
            .iter()
            .any(|loopback| match loopback.strip_suffix('*') {
                Some(start) => address.starts_with(start),
                None => address == loopback,
            })
    }

    /// What it asks of whoever connects: `none`, `password` or `acl`.
    fn authentication(&self, subject: &Subject, transcript: &ConfigTranscript<'_>) -> FactValue {
        let is_written = |name: &String| {
            let value = subject.conf(name);
            match value.map(|value| &value.state) {
                Some(ValueState::Set(datum)) => Ok(datum.as_text() != Some("")),
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
            Ok(true) => return FactValue::derived("password"),
            Ok(false) => {}
            Err(reason) => return FactValue::unknown(reason),
        }
        match is_written(&self.names().users_file) {
            Ok(true) => return FactValue::derived("acl"),
            Ok(false) => {}
            Err(reason) => return FactValue::unknown(reason),
        }
        let mut lines = transcript.step_lines();
        let restricts = lines.any(|line| self.restricts_everyone(line));
        FactValue::derived(if restricts { "acl" } else { "none" })
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
