//! What a server takes of what it may take: its memory, its threads, its connections, each with
//! what bounds it. Figures that are not known stay words.

use std::collections::BTreeMap;

use crate::facts::estate::Subject;
use crate::facts::fact_path::{ClientFact, ServerFact};
use crate::facts::value::ValueState;
use crate::facts::{Datum, FactValue, quantity};
use crate::finding::{GaugePart, GaugeView};
use crate::knowledge::servers::{ResourceShare, ShareMeasure};

use super::{EstateViewer, NumberForm};

impl EstateViewer<'_> {
    /// None where nothing of it is taken: a bar would show what no one has set.
    pub(super) fn gauge(&self, gauge: &ResourceShare, server: &Subject) -> Option<GaugeView> {
        let own = server.conf(&gauge.directive);
        let view = match gauge.measures {
            _ if is_figure(gauge.idle, own) => return None,
            ShareMeasure::Memory => {
                self.share(gauge, own, server, "memory", ServerFact::LimitsMemory)
            }
            ShareMeasure::Threads => {
                self.share(gauge, own, server, "threads", ServerFact::LimitsCpu)
            }
            ShareMeasure::Connections => self.connections(gauge, own, server),
        };
        (!view.parts.is_empty()).then_some(view)
    }

    /// A directive's share of a limit of the container.
    fn share(
        &self,
        gauge: &ResourceShare,
        own: Option<&FactValue>,
        server: &Subject,
        title: &'static str,
        limit: ServerFact,
    ) -> GaugeView {
        let limit = server.fact(limit);
        let capacity = limit.and_then(amount);
        let unbounded = is_figure(gauge.unbounded, own);
        let taken = own.and_then(amount).filter(|_| !unbounded);
        let spare = match (capacity, taken) {
            _ if unbounded => Some(format!("no {}", gauge.directive)),
            (Some(all), Some(taken)) => Some(format_rest(gauge.measures, all, taken)),
            _ => None,
        };
        GaugeView {
            title,
            capacity,
            capacity_text: format!("container limit: {}", self.words(limit)),
            parts: vec![GaugePart {
                name: gauge.directive.clone(),
                amount: taken,
                text: self.words(own),
            }],
            spare,
            brief: match (taken, unbounded) {
                (Some(taken), _) => of(gauge.measures, taken, capacity),
                (None, true) => format!("no {}", gauge.directive),
                (None, false) => format!("{} unknown", gauge.directive),
            } + describe_bound(limit, capacity),
            tight_from: share_of(gauge),
        }
    }

    /// The pools of the linked clients, by service, within what the server accepts.
    fn connections(
        &self,
        gauge: &ResourceShare,
        own: Option<&FactValue>,
        server: &Subject,
    ) -> GaugeView {
        let mut services: BTreeMap<String, ServicePools> = BTreeMap::new();
        for related in &server.clients {
            let Some(client) = self.estate.clients.get(related.index) else {
                continue;
            };
            // A package's clients are a program's together; which program is not always known.
            let service = client.fact(ClientFact::Service).and_then(FactValue::text);
            let folder = client.path.rsplit_once('/').map(|(folder, _)| folder);
            let name = service.or(folder).unwrap_or(&client.name).to_owned();
            let pools = services.entry(name).or_default();
            pools.add(client.option("pool.max_size"));
        }
        let parts: Vec<GaugePart> = services.into_iter().map(|(n, p)| p.part(n)).collect();
        let capacity = own
            .and_then(amount)
            .filter(|_| !is_figure(gauge.unbounded, own));
        let taken: Option<f64> = parts.iter().map(|part| part.amount).sum();
        let spare = match (capacity, taken) {
            (Some(all), Some(taken)) if !parts.is_empty() => {
                Some(format_rest(gauge.measures, all, taken) + ", with one process of each program")
            }
            (_, None) => Some("some pool sizes are unknown".to_owned()),
            _ => None,
        };
        GaugeView {
            title: "connections",
            capacity,
            capacity_text: format!("{}: {}", gauge.directive, self.words(own)),
            parts,
            spare,
            brief: taken.map_or_else(String::new, |n| of(gauge.measures, n, capacity)),
            tight_from: share_of(gauge),
        }
    }

    /// A value with its place, or why it is not known.
    fn words(&self, value: Option<&FactValue>) -> String {
        let Some(value) = value else {
            return "not set".to_owned();
        };
        let view = self.value(value, NumberForm::Directive);
        let from = match view.from.as_str() {
            "" => String::new(),
            from => format!(" ({from})"),
        };
        match &value.state {
            ValueState::Set(_) | ValueState::Default(_) => format!("{}{from}", view.shown),
            ValueState::Absent => "not set".to_owned(),
            ValueState::Unknown(reason) => format!("unknown: {reason}"),
        }
    }
}

/// The pools of one service.
#[derive(Default)]
struct ServicePools {
    known: i64,
    unknown: Vec<String>,
}

impl ServicePools {
    fn add(&mut self, size: Option<&FactValue>) {
        match size.map(|size| (size.known_datum(), &size.state)) {
            Some((Some(Datum::Int(size)), _)) => self.known += size,
            Some((_, ValueState::Unknown(reason))) => self.unknown.push(reason.to_string()),
            _ => self.unknown.push("its pool size is unknown".to_owned()),
        }
    }

    fn part(mut self, name: String) -> GaugePart {
        self.unknown.dedup();
        let whole = self.unknown.is_empty();
        let text = match (self.known, whole) {
            (known, true) => format!("{known} per process"),
            (0, false) => format!("unknown: {}", self.unknown.join("; ")),
            (known, false) => format!(
                "{known} per process, and more that are unknown: {}",
                self.unknown.join("; ")
            ),
        };
        GaugePart {
            name,
            amount: whole.then_some(self.known as f64),
            text,
        }
    }
}

/// Whether the value is this figure.
fn is_figure(wanted: Option<u64>, value: Option<&FactValue>) -> bool {
    let figure = value.and_then(amount);
    wanted
        .zip(figure)
        .is_some_and(|(wanted, figure)| figure == wanted as f64)
}

fn share_of(gauge: &ResourceShare) -> Option<f64> {
    gauge.tight_from.map(|percent| f64::from(percent) / 100.0)
}

/// `28 GiB of 32 GiB (88%)`, or what is taken alone.
fn of(measure: ShareMeasure, taken: f64, all: Option<f64>) -> String {
    match all.filter(|all| *all > 0.0) {
        Some(all) => format!(
            "{} of {} ({:.0}%)",
            format_share(measure, taken),
            format_share(measure, all),
            taken / all * 100.0
        ),
        None => format_share(measure, taken),
    }
}

/// What a reader has to know of a limit that stands in no figure.
fn describe_bound(limit: Option<&FactValue>, capacity: Option<f64>) -> &'static str {
    match limit.map(|limit| &limit.state) {
        _ if capacity.is_some() => "",
        Some(ValueState::Unknown(_)) => ", container limit unknown",
        _ => ", no container limit",
    }
}

fn format_share(measure: ShareMeasure, n: f64) -> String {
    match measure {
        ShareMeasure::Memory => quantity::show_size(n),
        ShareMeasure::Threads | ShareMeasure::Connections => quantity::show_number(n),
    }
}

fn amount(value: &FactValue) -> Option<f64> {
    figure(value.known_datum()?)
}

fn figure(datum: &Datum) -> Option<f64> {
    match datum {
        Datum::Int(n) => Some(*n as f64),
        Datum::Size(bytes) => Some(*bytes as f64),
        Datum::Float(n) | Datum::Cores(n) => Some(*n),
        Datum::Special { raw, .. } => figure(raw),
        _ => None,
    }
}

fn format_rest(measure: ShareMeasure, all: f64, taken: f64) -> String {
    let share = if all > 0.0 {
        format!(" ({:.0}% used)", taken / all * 100.0)
    } else {
        String::new()
    };
    if taken <= all {
        format!("{} free{share}", format_share(measure, all - taken))
    } else {
        format!(
            "{} over the limit{share}",
            format_share(measure, taken - all)
        )
    }
}
