//! The address that a metrics exporter connects to: a flag of its command, else a variable, else the
//! exporter's own default. Which ones there are is said in `knowledge/shapes`.

use crate::extract::process_environment::{ANY_OTHER, ProcessEnvironment};
use crate::facts::connection::RawConnection;
use crate::facts::fact_path::ConnectionFact;
use crate::facts::raw::ArgWord;
use crate::facts::words::ConnectionOrigin;
use crate::facts::{Cause, Datum, FactValue};
use crate::knowledge::shapes::{DeploymentShapes, ExporterOption};
use crate::source::Span;

/// The connection of an exporter; none where its address is not known.
pub fn connection(
    name: String,
    anchor: Span,
    words: &[ArgWord],
    environment: &ProcessEnvironment,
    shapes: &DeploymentShapes,
) -> Option<RawConnection> {
    let settings = &shapes.servers.exporter_settings;
    let reader = SettingReader { words, environment };
    let address = match reader.value(&settings.address) {
        Some(Ok(address)) => address,
        Some(Err(_)) => return None,
        None if environment.contains_key(ANY_OTHER) => return None,
        None => settings.default_address.clone(),
    };
    let (scheme, rest) = address.split_once("://").unwrap_or(("", &address));
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let (user_info, host) = match authority.rsplit_once('@') {
        Some((user_info, host)) => (Some(user_info), host),
        None => (None, authority),
    };
    let (host, port) = match host.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().ok()?),
        None => (host, shapes.servers.server_ports.first()?.parse().ok()?),
    };
    let in_address = user_info.and_then(|info| info.split_once(':'));
    let mut found = RawConnection::new(ConnectionOrigin::Exporter, name, anchor);
    let host = host.trim_matches(['[', ']']);
    found.address.host = (!shapes.is_loopback(host) && !host.is_empty()).then(|| host.to_owned());
    let at = |value: FactValue| value.with_anchor_when_unset(anchor);
    let tls = settings.tls_schemes.iter().any(|known| known == scheme);
    let password = match in_address {
        Some((_, password)) if !password.is_empty() => FactValue::from_derived(true),
        _ => reader.is_given(&settings.password),
    };
    let user = match in_address {
        Some((user, _)) if !user.is_empty() => FactValue::from_derived(true),
        _ => reader.is_given(&settings.user),
    };
    found.facts.extend([
        (ConnectionFact::Tls, at(FactValue::from_derived(tls))),
        (ConnectionFact::Password, at(password)),
        (ConnectionFact::User, at(user)),
        (
            ConnectionFact::Port,
            at(FactValue::from_derived(Datum::Int(port))),
        ),
        (
            ConnectionFact::ChecksAnswer,
            at(FactValue::from_derived(true)),
        ),
    ]);
    Some(found)
}

struct SettingReader<'a> {
    words: &'a [ArgWord],
    environment: &'a ProcessEnvironment,
}

impl SettingReader<'_> {
    /// What is written; none where nothing is.
    fn value(&self, setting: &ExporterOption) -> Option<Result<String, Cause>> {
        self.flag(setting).or_else(|| {
            let mut variables = setting.variables.iter();
            variables.find_map(|name| self.environment.get(name).cloned())
        })
    }

    /// `--name=value` or `-name value`.
    fn flag(&self, setting: &ExporterOption) -> Option<Result<String, Cause>> {
        let known = |word: &ArgWord, text: &str| match &word.unresolved {
            Some(reason) => Err(reason.clone()),
            None => Ok(text.to_owned()),
        };
        for (at, word) in self.words.iter().enumerate() {
            let name = word.text.trim_start_matches('-');
            if name.len() == word.text.len() {
                continue;
            }
            let (name, value) = match name.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (name, None),
            };
            if setting.flags.iter().any(|flag| flag == name) {
                return match value {
                    Some(value) => Some(known(word, value)),
                    None => self.words.get(at + 1).map(|next| known(next, &next.text)),
                };
            }
        }
        None
    }

    /// Whether it is written at all, whatever the text.
    fn is_given(&self, setting: &ExporterOption) -> FactValue {
        match (self.value(setting), self.environment.get(ANY_OTHER)) {
            (Some(Ok(text)), _) => FactValue::from_derived(!text.is_empty()),
            (Some(Err(_)), _) => FactValue::from_derived(true),
            (None, Some(Err(reason))) => FactValue::unknown(reason.clone()),
            (None, _) => FactValue::from_derived(false),
        }
    }
}
