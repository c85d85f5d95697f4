//! Who can reach a server and what it asks of them: facts that several directives and the deployment
//! decide together. Which directives those are is said in `knowledge/shapes`.

use crate::facts::cause::Cause;
use crate::facts::fact_path::ServerFact;
use crate::facts::raw::{RawServer, RawService};
use crate::facts::{Datum, State, Subject, Value, Written};
use crate::knowledge::servers::Form;
use crate::knowledge::shapes::AccessShapes;
use crate::resolve::config_transcript::ConfigTranscript;
use crate::resolve::server::Resolver;

impl Resolver<'_> {
    pub(super) fn put_access(&self, subject: &mut Subject, transcript: &ConfigTranscript<'_>) {
        if subject.fact(ServerFact::Managed).is_none() {
            subject.put(ServerFact::Managed, Value::derived(false));
        }
        let exposed = self.exposed(subject).with_home(self.anchor());
        subject.put(ServerFact::Exposed, exposed);
        let authentication = self
            .authentication(subject, transcript)
            .with_home(self.anchor());
        subject.put(ServerFact::Authentication, authentication);
    }

    fn names(&self) -> &AccessShapes {
        &self.knowledge.shapes.servers.access
    }

    /// Whether something beyond the server's own host can open a connection.
    fn exposed(&self, subject: &Subject) -> Value {
        let no = || Value::derived(false);
        match self.listens_beyond(subject) {
            Ok(false) => return no(),
            Ok(true) => {}
            Err(reason) => return Value::unknown(reason),
        }
        let Some(server) = self.deployed else {
            let asked = subject.conf(&self.names().addresses);
            return if asked.is_some_and(|value| value.written == Written::Yes) {
                Value::derived(true).because("it listens on other addresses")
            } else {
                Value::unknown(Cause::NotDeployed)
            };
        };
        match server.deployment.attributes.get(&ServerFact::Reachable) {
            Some(Ok(Datum::Bool(true))) => Value::derived(true),
            Some(Ok(_)) => no(),
            Some(Err(reason)) => Value::unknown(reason.clone()),
            None => match self.service(server) {
                Some(service) => {
                    Value::derived(true).because(format!("Service/{} leads to it", service.name))
                }
                None => Value::unknown(Cause::Deployment(
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

    /// Whether the server listens on an address that is not its host's loopback.
    fn listens_beyond(&self, subject: &Subject) -> Result<bool, Cause> {
        let mut closed = true;
        for port in &self.names().ports {
            match subject.conf(port).map(|value| &value.state) {
                Some(State::Set(datum) | State::Default(datum)) => {
                    closed &= datum.as_number() == Some(0.0);
                }
                Some(State::Unknown(_)) => closed = false,
                _ => {}
            }
        }
        if closed {
            return Ok(false);
        }
        let addresses = subject.conf(&self.names().addresses);
        match addresses.map(|value| &value.state) {
            Some(State::Set(datum) | State::Default(datum)) => {
                let words = words(datum);
                // No address at all means every one.
                Ok(words.is_empty() || words.iter().any(|word| !self.is_loopback(word)))
            }
            Some(State::Unknown(reason)) => Err(reason.clone()),
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
    fn authentication(&self, subject: &Subject, transcript: &ConfigTranscript<'_>) -> Value {
        let is_written = |name: &String| {
            let value = subject.conf(name);
            match value.map(|value| &value.state) {
                Some(State::Set(datum)) => Ok(datum.as_text() != Some("")),
                Some(State::Unknown(_)) if value.is_some_and(|v| v.written == Written::Yes) => {
                    Ok(true)
                }
                Some(State::Unknown(reason)) => Err(reason.clone()),
                _ => Ok(false),
            }
        };
        match is_written(&self.names().password) {
            Ok(true) => return Value::derived("password"),
            Ok(false) => {}
            Err(reason) => return Value::unknown(reason),
        }
        match is_written(&self.names().users_file) {
            Ok(true) => return Value::derived("acl"),
            Ok(false) => {}
            Err(reason) => return Value::unknown(reason),
        }
        let mut lines = transcript.step_lines();
        let restricts = lines.any(|line| self.restricts_everyone(line));
        Value::derived(if restricts { "acl" } else { "none" })
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
        form == Some(Form::AclUser) && user.text == shapes.default_user && !open
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
