//! The estate as `redvet effective`, the HTML page and an editor's hover show it: plain data with
//! paths and lines, secrets masked. How it is laid out is left to `report`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use crate::facts::estate::{Estate, Subject};
use crate::facts::fact_path::{ClientFact, FactPath, ServerFact, ServiceFact};
use crate::facts::value::{ValueOrigin, ValueState};
use crate::facts::{Datum, FactValue, Meaning, RelatedSubject, Strength, quantity};
use crate::finding::{
    ChangeView, ClientView, EstateView, LimitsView, LinkView, OverrideView, ReportNote,
    ServerUpgrade, ServerView, ServiceView, ValueView,
};
use crate::knowledge::servers::ResourceShare;
use crate::resolve::server::upgrade::{UpgradeChange, UpgradeChanges};
use crate::source::{MASK, Sources};

pub mod difference;
mod utilization;

/// The form in which figures stand in the JSON.
#[derive(Clone, Copy, PartialEq, Eq)]
enum NumberForm {
    /// A directive's own unit: seconds, bytes, `yes` and `no`.
    Directive,
    /// Durations in milliseconds.
    Option,
}

/// The view of an estate; servers and clients that `keep` refuses are left out.
pub fn view(
    estate: &Estate,
    sources: &Sources,
    gauges: &[ResourceShare],
    keep: &dyn Fn(&str) -> bool,
) -> EstateView {
    let viewer = EstateViewer {
        estate,
        sources,
        gauges,
    };
    EstateView {
        schema_version: 1,
        servers: estate
            .servers
            .iter()
            .filter(|server| keep(&server.path) || server.made_in.as_deref().is_some_and(keep))
            .map(|server| viewer.server(server))
            .collect(),
        clients: estate
            .clients
            .iter()
            .filter(|client| keep(&client.path))
            .map(|client| viewer.client(client))
            .collect(),
        services: estate
            .services
            .iter()
            .filter(|service| keep(&service.path) && !service.clients.is_empty())
            .map(|service| viewer.service(service))
            .collect(),
        notes: notes(estate),
    }
}

/// What changes for every server of which `keep` wants a part.
pub fn upgrades(
    servers: Vec<UpgradeChanges>,
    sources: &Sources,
    keep: &dyn Fn(&str) -> bool,
) -> Vec<ServerUpgrade> {
    let kept = |server: &UpgradeChanges| {
        let mut spans = server.changes.iter().filter_map(|change| change.at);
        keep(sources.path(server.anchor)) || spans.any(|span| keep(sources.path(span)))
    };
    let mut views: Vec<ServerUpgrade> = servers
        .into_iter()
        .filter(kept)
        .map(|server| ServerUpgrade {
            path: sources.path(server.anchor).to_owned(),
            line: sources.start(server.anchor).line,
            changes: server
                .changes
                .into_iter()
                .map(|c| change(c, sources))
                .collect(),
            name: server.name,
            namespace: server.namespace,
            not_visible: server.not_visible,
        })
        .collect();
    views.sort_by(|a, b| (&a.path, a.line, &a.name).cmp(&(&b.path, b.line, &b.name)));
    views
}

fn change(change: UpgradeChange, sources: &Sources) -> ChangeView {
    let show = |text: &String| match text.parse::<u64>() {
        Ok(bytes) if change.is_size => format_size(bytes),
        // Blanks and nothing at all would not be seen between the other words of the row.
        _ if text.is_empty() || text.contains(' ') => format!("\"{text}\""),
        _ => text.clone(),
    };
    let shown = change.before.as_ref().zip(change.after.as_ref());
    ChangeView {
        shown: shown.map(|(before, after)| (show(before), show(after))),
        kind: change.kind.as_str(),
        breaks: change.kind.breaks(),
        directive: change.directive,
        path: change.at.map(|span| sources.path(span).to_owned()),
        line: change.at.map(|span| sources.start(span).line),
        before: change.before,
        after: change.after,
        message: change.message,
    }
}

/// What the estate has to say about itself, each thing once.
pub fn notes(estate: &Estate) -> Vec<ReportNote> {
    let mut notes: Vec<ReportNote> = estate
        .notes
        .iter()
        .map(|(path, message)| ReportNote {
            path: path.clone(),
            message: message.clone(),
        })
        .collect();
    notes.sort();
    let mut said = BTreeSet::new();
    notes.retain(|note| said.insert(note.message.clone()));
    notes
}

struct EstateViewer<'a> {
    estate: &'a Estate,
    sources: &'a Sources,
    gauges: &'a [ResourceShare],
}

impl EstateViewer<'_> {
    fn server(&self, server: &Subject) -> ServerView {
        ServerView {
            name: server.name.clone(),
            namespace: server.namespace.clone(),
            kind: text(server, ServerFact::Kind),
            flavor: text(server, ServerFact::Flavor),
            version: text(server, ServerFact::Version),
            path: server.path.clone(),
            line: self.sources.start(server.anchor).line,
            links: server.links.iter().map(link_view).collect(),
            not_visible: server.not_visible.clone(),
            limits: LimitsView {
                memory: self.fact(server, ServerFact::LimitsMemory, NumberForm::Directive),
                cpu: self.fact(server, ServerFact::LimitsCpu, NumberForm::Directive),
            },
            replicas: self.fact(server, ServerFact::Replicas, NumberForm::Directive),
            conf: self.conf(server),
            clients: server
                .clients
                .iter()
                .filter_map(|r| self.client_id(r))
                .collect(),
            gauges: self
                .gauges
                .iter()
                .filter_map(|gauge| self.gauge(gauge, server))
                .collect(),
            image: self.fact(server, ServerFact::ImageReference, NumberForm::Directive),
            made_in: server.made_in.clone(),
        }
    }

    fn service(&self, service: &Subject) -> ServiceView {
        let reason = match service
            .fact(ServiceFact::Workload)
            .map(|value| &value.state)
        {
            Some(ValueState::Unknown(reason)) => Some(reason.to_string()),
            _ => None,
        };
        let gomaxprocs = service.fact(ServiceFact::Gomaxprocs);
        let gomaxprocs = gomaxprocs.filter(|value| value.state != ValueState::Absent);
        ServiceView {
            name: service.name.clone(),
            language: text(service, ServiceFact::Language),
            path: service.path.clone(),
            line: self.sources.start(service.anchor).line,
            workloads: service.links.iter().map(link_view).collect(),
            reason,
            replicas: self.fact(service, ServiceFact::Replicas, NumberForm::Directive),
            cpu: self.fact(service, ServiceFact::LimitsCpu, NumberForm::Directive),
            gomaxprocs: gomaxprocs.map(|value| self.value(value, NumberForm::Directive)),
            clients: service
                .clients
                .iter()
                .filter_map(|r| self.client_id(r))
                .collect(),
        }
    }

    fn client_id(&self, related: &RelatedSubject) -> Option<String> {
        self.estate
            .clients
            .get(related.index)
            .map(|client| client.name.clone())
    }

    fn conf(&self, server: &Subject) -> BTreeMap<String, ValueView> {
        let known = server
            .conf
            .iter()
            .filter(|(_, value)| value.state != ValueState::Absent);
        known
            .map(|(name, value)| (name.to_owned(), self.value(value, NumberForm::Directive)))
            .collect()
    }

    fn client(&self, client: &Subject) -> ClientView {
        let server = client
            .server
            .as_ref()
            .and_then(|r| self.estate.servers.get(r.index));
        ClientView {
            id: client.name.clone(),
            library: text(client, ClientFact::Library),
            language: text(client, ClientFact::Language),
            version: text(client, ClientFact::Version),
            path: client.path.clone(),
            line: self.sources.start(client.anchor).line,
            kind: text(client, ClientFact::Kind),
            service: text(client, ClientFact::Service),
            options: self.options(client),
            server: server.map(|server| server.name.clone()),
            server_link: client
                .server
                .as_ref()
                .zip(server)
                .map(|(related, server)| LinkView {
                    to: server.name.clone(),
                    evidence: related.evidence.clone(),
                    strength: word(related.strength),
                }),
        }
    }

    /// The library's options.
    fn options(&self, client: &Subject) -> BTreeMap<String, ValueView> {
        client
            .facts
            .iter()
            .filter_map(|(fact, value)| match fact {
                FactPath::Option(key) => Some((key.clone(), self.value(value, NumberForm::Option))),
                _ => None,
            })
            .collect()
    }

    fn fact(&self, subject: &Subject, fact: impl Into<FactPath>, figures: NumberForm) -> ValueView {
        let absent = FactValue::absent();
        self.value(subject.fact(fact).unwrap_or(&absent), figures)
    }

    fn value(&self, value: &FactValue, figures: NumberForm) -> ValueView {
        let (state, reason) = match &value.state {
            ValueState::Set(_) => ("set", None),
            ValueState::Default(_) => ("default", None),
            ValueState::Absent => ("absent", None),
            ValueState::Unknown(reason) => ("unknown", Some(reason.to_string())),
        };
        let span = value.span();
        let datum = value.known_datum();
        ValueView {
            state,
            value: datum.map_or(Json::Null, |datum| figure(datum, figures, value.secret)),
            path: span.map(|span| self.sources.path(span).to_owned()),
            line: span.map(|span| self.sources.start(span).line),
            overrides: self.overrides(value),
            shown: datum.map_or_else(String::new, |datum| {
                format_datum(datum, figures, value.secret)
            }),
            from: self.from(value),
            secret: value.secret,
            reason,
        }
    }

    fn overrides(&self, value: &FactValue) -> Vec<OverrideView> {
        value
            .overrides
            .iter()
            .map(|lost| OverrideView {
                path: self.sources.path(lost.span).to_owned(),
                line: self.sources.start(lost.span).line,
                value: lost.text.clone(),
            })
            .collect()
    }

    fn from(&self, value: &FactValue) -> String {
        match &value.origin {
            ValueOrigin::Written(span) => {
                format!(
                    "{}:{}",
                    self.sources.path(*span),
                    self.sources.start(*span).line
                )
            }
            ValueOrigin::Default(source) => format!("default of {source}"),
            ValueOrigin::Shape(shape) => format!("set by {shape}"),
            ValueOrigin::Flag(flag) => (*flag).to_owned(),
            ValueOrigin::None => String::new(),
        }
    }
}

fn link_view(link: &crate::facts::SubjectLink) -> LinkView {
    LinkView {
        to: link.to.clone(),
        evidence: link.evidence.clone(),
        strength: word(link.strength),
    }
}

fn word(strength: Strength) -> &'static str {
    match strength {
        Strength::Certain => "certain",
        Strength::Assumed => "assumed",
    }
}

fn figure(datum: &Datum, figures: NumberForm, secret: bool) -> Json {
    match datum {
        _ if secret => json!(MASK),
        Datum::Bool(flag) => json!(flag),
        Datum::Int(n) => json!(n),
        Datum::Float(n) | Datum::Cores(n) => number(*n),
        Datum::Text(text) => json!(text),
        Datum::Size(bytes) => json!(bytes),
        Datum::Duration(seconds) => match figures {
            NumberForm::Directive => number(*seconds),
            NumberForm::Option => number(seconds * 1e3),
        },
        Datum::List(items) => items
            .iter()
            .map(|item| figure(item, figures, secret))
            .collect(),
        Datum::Special { raw, .. } => figure(raw, figures, secret),
    }
}

fn text(subject: &Subject, fact: impl Into<FactPath>) -> Option<String> {
    let value = subject.fact(fact)?;
    value.text().map(str::to_owned)
}

/// Whole figures without a fraction.
fn number(n: f64) -> Json {
    if n.fract() == 0.0 && n.abs() < 9e15 {
        json!(n as i64)
    } else {
        json!(n)
    }
}

fn format_datum(datum: &Datum, figures: NumberForm, secret: bool) -> String {
    match datum {
        _ if secret => MASK.to_owned(),
        Datum::Bool(flag) => if *flag { "yes" } else { "no" }.to_owned(),
        Datum::Int(n) => n.to_string(),
        Datum::Float(n) | Datum::Cores(n) => quantity::show_number(*n),
        Datum::Text(text) if text.is_empty() => "\"\"".to_owned(),
        Datum::Text(text) => text.clone(),
        Datum::Size(bytes) => format_size(*bytes),
        Datum::Duration(seconds) => format_duration(*seconds, figures),
        Datum::List(items) if items.is_empty() => "\"\"".to_owned(),
        Datum::List(items) => {
            let words = items.iter().map(|item| format_datum(item, figures, secret));
            words.collect::<Vec<_>>().join(" ")
        }
        Datum::Special { raw, meaning } => {
            let raw = format_datum(raw, figures, secret);
            match meaning {
                Meaning::Unlimited => format!("{raw} (unlimited)"),
                Meaning::Off => format!("{raw} (off)"),
                _ => raw,
            }
        }
    }
}

/// The figure alone where the unit says it exactly.
fn format_size(bytes: u64) -> String {
    let unit = [40, 30, 20, 10].map(|bits| 1_u64 << bits);
    let unit = unit.into_iter().find(|unit| bytes >= *unit);
    let exact = unit.is_some_and(|unit| bytes.saturating_mul(100).is_multiple_of(unit));
    match bytes {
        _ if exact => quantity::show_size(bytes as f64),
        0..1024 => bytes.to_string(),
        _ => format!("{bytes} ({})", quantity::show_size(bytes as f64)),
    }
}

/// A directive's figure is seconds: what stands in its line comes first.
fn format_duration(seconds: f64, figures: NumberForm) -> String {
    let words = quantity::show_duration(seconds);
    match figures {
        NumberForm::Directive if seconds.abs() >= 60.0 => {
            format!("{} ({words})", quantity::show_number(seconds))
        }
        NumberForm::Directive => quantity::show_number(seconds),
        NumberForm::Option => words,
    }
}
