//! How a client reaches its server: an address that is a URL where none is read, TLS that the library
//! is not built with, connections that are not opened again.

use crate::facts::cause::Cause;
use crate::facts::estate::Subject;
use crate::facts::fact_path::ClientFact;
use crate::facts::raw::{RawClient, RawModule};
use crate::facts::value::{Datum, Explicitness, FactValue, Meaning, Strength, ValueState};
use crate::knowledge::clients::model::{ClientModel, OptionRole};
use crate::resolve::client::candidate::ModelCandidate;

/// Puts the facts `address.*`, `tls.supported`, `reconnects` and `site.kept`.
pub(super) fn put(
    subject: &mut Subject,
    client: &RawClient,
    candidates: &[ModelCandidate<'_>],
    modules: &[RawModule],
) {
    let Some(first) = candidates.first() else {
        return;
    };
    put_address(subject, first.model);
    put_tls(subject, client, first.model, modules);
    if let Some(reconnects) = reconnects(subject, candidates) {
        subject.put(ClientFact::Reconnects, reconnects);
    }
    let kept = match &client.kept {
        Some(Ok(at)) => FactValue::set(true, *at),
        Some(Err(cause)) => FactValue::unknown(Cause::From {
            what: "it depends on",
            cause: Box::new(cause.clone()),
        }),
        None => FactValue::from_derived(false),
    };
    subject.put(ClientFact::SiteKept, kept);
}

fn put_address(subject: &mut Subject, model: &ClientModel) {
    let addresses = model.option.iter();
    let addresses = addresses.filter(|option| option.role == Some(OptionRole::Address));
    let addresses = addresses.filter(|option| !option.takes_urls);
    let written: Vec<&FactValue> = addresses
        .filter_map(|option| subject.option(&option.key))
        .filter(|value| value.written == Explicitness::Yes)
        .collect();
    let url = written.iter().find_map(|value| {
        let text = match value.known_datum()?.raw() {
            Datum::Text(text) => text,
            Datum::List(items) => items
                .iter()
                .filter_map(Datum::as_text)
                .find(|text| text.contains("://"))?,
            _ => return None,
        };
        text.contains("://")
            .then(|| ((*value).clone(), text.to_owned()))
    });
    let open = written.iter().find_map(|value| match &value.state {
        ValueState::Unknown(cause) => Some((*value, cause)),
        _ => None,
    });
    let (is_url, name, host) = match (url, open) {
        (Some((value, text)), _) => {
            let host = host_port(&text);
            (
                FactValue {
                    state: ValueState::Set(Datum::Bool(true)),
                    secret: false,
                    ..value.clone()
                },
                value.own_name,
                host,
            )
        }
        (None, Some((value, cause))) => {
            let mut is_url = FactValue::unknown(cause.clone());
            is_url.anchor_when_unset = value.span();
            (is_url, None, None)
        }
        (None, None) if written.is_empty() => return,
        (None, None) => (FactValue::from_derived(false), None, None),
    };
    let strength = is_url.strength;
    subject.put(ClientFact::AddressIsUrl, is_url);
    let text_fact =
        |text: String| FactValue::from_derived(Datum::Text(text)).with_strength(strength);
    if let Some(name) = name {
        subject.put(ClientFact::AddressOption, text_fact(name));
    }
    if let Some(host) = host {
        subject.put(ClientFact::AddressHostPort, text_fact(host));
    }
}

/// The host and port of a URL that says nothing else: one with TLS, a user or a path means more.
fn host_port(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let host = rest.trim_end_matches('/');
    let plain = matches!(scheme, "redis" | "valkey" | "tcp");
    let bare = !host.is_empty() && !host.contains(['/', '@', '?', '#']);
    let port = host
        .rsplit_once(':')
        .is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    (plain && bare && port).then(|| host.to_owned())
}

fn put_tls(subject: &mut Subject, client: &RawClient, model: &ClientModel, modules: &[RawModule]) {
    let Some(first) = model.rust.tls.first() else {
        return;
    };
    // The row lists first what most programs turn on.
    let advised = first.features.iter().take(2).map(|f| format!("`{f}`"));
    subject.put(
        ClientFact::TlsFeatures,
        FactValue::from_derived(Datum::Text(advised.collect::<Vec<_>>().join(" or "))),
    );
    let unseen = || FactValue::unknown(Cause::Pin("no module file above it names the library"));
    let module = RawModule::nearest_above(modules, client.language, &client.dir);
    let supported = module.map_or_else(unseen, |module| {
        tls_of(module, model).unwrap_or_else(unseen)
    });
    subject.put(ClientFact::TlsSupported, supported);
}

/// One crate that is built with TLS is enough: features of a dependency add up over the whole build.
fn tls_of(module: &RawModule, model: &ClientModel) -> Option<FactValue> {
    let mut lacking: Option<FactValue> = None;
    for row in &model.rust.tls {
        let Some((pin, features)) = module
            .requires
            .get(&row.krate)
            .zip(module.features.get(&row.krate))
        else {
            continue;
        };
        if row.features.iter().any(|f| features.named.contains(f)) {
            return Some(FactValue::set(true, pin.span));
        }
        let without = match &features.built_with {
            Some(crates) if row.built_with.iter().any(|c| crates.contains(c)) => {
                return Some(FactValue::set(true, pin.span));
            }
            Some(_) => FactValue::set(false, pin.span),
            // What comes from a folder or a repository says its features there.
            None if pin.bounds.is_none() && pin.version.is_err() => FactValue::set_unknown(
                Cause::Pin("the crate does not come from a registry"),
                pin.span,
            ),
            None => {
                let mut value = FactValue::set(false, pin.span).with_strength(Strength::Assumed);
                value.because.push(
                    "without a Cargo.lock it is not seen what other dependencies turn on"
                        .to_owned(),
                );
                value
            }
        };
        let open = without.known_datum().is_none();
        if lacking.is_none() || open {
            lacking = Some(without);
        }
    }
    lacking
}

/// Whether the library opens a broken connection again, where the models of all candidates say so.
fn reconnects(subject: &Subject, candidates: &[ModelCandidate<'_>]) -> Option<FactValue> {
    let mut answers = candidates.iter().map(|candidate| {
        let constructor = candidate.constructor;
        match (&constructor.reconnects_by, constructor.reconnects) {
            (Some(key), _) => Some(set_by(subject.option(key)?)),
            (None, Some(reconnects)) => Some(FactValue::from_derived(reconnects)),
            (None, None) => None,
        }
    });
    let first = answers.next()??;
    let alike = answers.all(|answer| answer.is_some_and(|a| a.state == first.state));
    alike.then_some(first)
}

/// An option that is set to more than nothing.
fn set_by(option: &FactValue) -> FactValue {
    let off = matches!(
        option.known_datum(),
        Some(Datum::Special {
            meaning: Meaning::Off,
            ..
        })
    );
    match (&option.written, &option.state) {
        (Explicitness::Yes, _) if off => FactValue {
            state: ValueState::Set(Datum::Bool(false)),
            ..option.clone()
        },
        (Explicitness::Yes, _) => FactValue::from_derived(true),
        (Explicitness::No, _) => FactValue::from_derived(false),
        (Explicitness::Unknown(cause) | Explicitness::MaybeElsewhere(cause), _) => {
            FactValue::unknown(cause.clone())
        }
    }
}
