//! A server's figures and neighbours: limits, requests, processes, what its data directory is on.

use std::path::Path;

use crate::facts::cause::Cause;
use crate::facts::raw::{Declaration, Raw, RawMount, RawScalar, RawServer, RawWorkload, Storage};
use crate::facts::value::Origin;
use crate::facts::vocabulary::conf_path;
use crate::facts::words::StorageKind;
use crate::facts::{Datum, Subject, Value, quantity};
use crate::resolve::server::Resolver;
use crate::resolve::server::steps::A_PART;
use crate::source::Span;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FigureUnit {
    Bytes,
    Cores,
    Count,
    Seconds,
}

/// The figures that a container may have.
const FIGURES: &[(&str, FigureUnit)] = &[
    ("limits.memory", FigureUnit::Bytes),
    ("limits.cpu", FigureUnit::Cores),
    ("requests.memory", FigureUnit::Bytes),
    ("requests.cpu", FigureUnit::Cores),
    ("replicas", FigureUnit::Count),
    ("probes.delay", FigureUnit::Seconds),
    ("probes.patience", FigureUnit::Seconds),
];

impl Resolver<'_> {
    pub(super) fn put_figures(&self, subject: &mut Subject) {
        for (path, unit) in FIGURES {
            subject.put(*path, self.figure(path, *unit));
        }
    }

    /// A figure of the container; what redvet.toml says of this server by name wins, what a flag says
    /// fills a gap.
    fn figure(&self, path: &str, unit: FigureUnit) -> Value {
        let declared = |d: &&&Declaration| declared_figure(d, path).is_some();
        let own = self
            .declared
            .iter()
            .filter(|d| d.name.is_some())
            .find(declared);
        if let Some(declaration) = own {
            return declared_figure(declaration, path).unwrap_or_else(Value::absent);
        }
        if let Some(value) = self.by_autoscaler(unit) {
            return value;
        }
        let written = self.deployed.and_then(|server| server.figures.get(path));
        if let Some(scalar) = written {
            return typed_figure(scalar, unit);
        }
        if let Some(value) = self.by_limit_range(path, unit) {
            return value;
        }
        let general = self
            .declared
            .iter()
            .filter(|d| d.name.is_none())
            .find(declared);
        if let Some(declaration) = general {
            return declared_figure(declaration, path).unwrap_or_else(Value::absent);
        }
        match self.deployed {
            Some(server) if self.knowledge.snippet => {
                Value::unknown(A_PART).with_home(server.anchor)
            }
            Some(server) if server.fragment => {
                Value::unknown(Cause::Fragment).with_home(server.anchor)
            }
            Some(server) => {
                let home = server.word_places.get(path).copied();
                default_figure(server, path, unit).with_home(home.unwrap_or(server.anchor))
            }
            None => Value::unknown(Cause::NotDeployed),
        }
    }

    /// The most processes that an autoscaler may run.
    fn by_autoscaler(&self, unit: FigureUnit) -> Option<Value> {
        let server = self.deployed.filter(|_| unit == FigureUnit::Count)?;
        autoscaled(self.raw, &server.name, server.namespace.as_ref())
    }

    /// What a LimitRange of the namespace gives to a container that says nothing itself.
    fn by_limit_range(&self, path: &str, unit: FigureUnit) -> Option<Value> {
        let server = self.deployed.filter(|server| server.mounts.is_some())?;
        by_limit_range(self.raw, server.namespace.as_ref(), (path, unit))
    }

    pub(super) fn put_words(&self, subject: &mut Subject) {
        let Some(server) = self.deployed else {
            subject.put("holder", Value::derived(Datum::Text("server".to_owned())));
            subject.put("storage.kind", Value::unknown(Cause::NotDeployed));
            subject.put("exporter", Value::unknown(Cause::NotDeployed));
            return;
        };
        for (path, word) in &server.words {
            let value = match word {
                // What a fragment does not say its other part may.
                Ok(text) if server.fragment && (text == "false" || path == "qos") => {
                    Value::unknown(Cause::Fragment)
                }
                Ok(text) if text == "true" || text == "false" => {
                    Value::derived(Datum::Bool(text == "true"))
                }
                Ok(text) => Value::derived(Datum::Text(text.clone())),
                Err(reason) => Value::unknown(reason.clone()),
            };
            let home = server.word_places.get(path).copied();
            subject.put(path.clone(), value.with_home(home.unwrap_or(server.anchor)));
        }
        self.put_exporter(server, subject);
        if let Some(mounts) = &server.mounts {
            let storage = self.storage(mounts, subject).with_home(server.anchor);
            subject.put("storage.kind", storage);
        }
        if self.knowledge.snippet {
            self.doubt_absences(subject);
        }
    }

    /// An exporter in a workload of its own may watch a server that has none beside it.
    fn put_exporter(&self, server: &RawServer, subject: &mut Subject) {
        let alone = server
            .words
            .get("exporter")
            .is_some_and(|word| word.as_deref() == Ok("false"));
        if let Some(exporter) = self.raw.exporters.first().filter(|_| alone) {
            let why = Cause::Named {
                name: exporter.name.clone(),
                fact: "may watch it",
            };
            subject.put("exporter", Value::unknown(why).with_home(server.anchor));
        }
    }

    /// A snippet leaves out what it is not about: no volume and no exporter in it mean nothing.
    fn doubt_absences(&self, subject: &mut Subject) {
        for path in ["storage.kind", "exporter", "probes.startup", "rollout"] {
            let missing = subject
                .fact(path)
                .and_then(Value::known)
                .is_some_and(|datum| {
                    matches!(datum, Datum::Bool(false)) || datum.as_text() == Some("none")
                });
            if missing {
                subject.put(path, Value::unknown(A_PART).with_home(self.anchor()));
            }
        }
    }

    /// What the data directory is on.
    fn storage(&self, mounts: &[RawMount], subject: &Subject) -> Value {
        let directive = conf_path(&self.knowledge.shapes.servers.data_directory);
        let configured = subject.fact(&directive);
        let directory = match configured {
            Some(value) if value.span().is_some() => match value.text() {
                Some(text) => text.to_owned(),
                None => return Value::unknown(Cause::Storage("the data directory is unknown")),
            },
            Some(Value {
                state: crate::facts::State::Unknown(reason),
                ..
            }) => {
                return Value::unknown(reason.clone());
            }
            _ => match self.deployed.and_then(|s| s.data_directory.clone()) {
                Some(directory) => directory,
                None => {
                    return Value::unknown(Cause::Storage(
                        "the image's data directory is not known",
                    ));
                }
            },
        };
        if !directory.starts_with('/') {
            return Value::unknown(Cause::Storage(
                "the data directory is relative to a folder that is not known",
            ));
        }
        let holds = |mount: &&RawMount| Path::new(&directory).starts_with(&mount.path);
        let word = |kind: StorageKind| Datum::Text(kind.as_str().to_owned());
        let nearest = mounts
            .iter()
            .filter(holds)
            .max_by_key(|mount| mount.path.len());
        match nearest {
            Some(mount) => match mount.storage {
                Storage::Persistent => Value::set(word(StorageKind::Persistent), mount.span),
                Storage::Ephemeral => Value::set(word(StorageKind::Ephemeral), mount.span),
                Storage::Files | Storage::Unknown => Value::unknown(Cause::Storage(
                    "the volume under the data directory is unknown",
                )),
            },
            None if self.deployed.is_some_and(|server| server.fragment) => {
                Value::unknown(Cause::Fragment)
            }
            None => Value::derived(word(StorageKind::None)),
        }
    }
}

/// The most processes that an autoscaler may run of a workload.
fn autoscaled(raw: &Raw, name: &str, namespace: Option<&String>) -> Option<Value> {
    let mut scalers = raw.autoscalers.iter().filter(|scaler| {
        let workload = name == scaler.target || name.starts_with(&format!("{}/", scaler.target));
        workload && scaler.namespace.as_ref() == namespace
    });
    let (scaler, None) = (scalers.next()?, scalers.next()) else {
        return Some(Value::unknown(Cause::Deployment(
            "several autoscalers may scale it",
        )));
    };
    let why = format!("HorizontalPodAutoscaler/{} may run so many", scaler.name);
    Some(typed_figure(&scaler.most, FigureUnit::Count).because(why))
}

fn by_limit_range(
    raw: &Raw,
    namespace: Option<&String>,
    (path, unit): (&str, FigureUnit),
) -> Option<Value> {
    let ranges = raw.limit_ranges.iter();
    let mut found = ranges
        .filter(|range| range.namespace.as_ref() == namespace)
        .filter_map(|range| Some((range, range.figures.get(path)?)));
    let (range, scalar) = found.next()?;
    let value = typed_figure(scalar, unit).because(format!("LimitRange/{}", range.name));
    Some(if found.next().is_some() {
        Value::unknown(Cause::Deployment("several LimitRanges may apply"))
    } else {
        value
    })
}

/// A figure of a workload that is no server: `replicas`, `limits.cpu`.
pub(in crate::resolve) fn of_workload(raw: &Raw, workload: &RawWorkload, path: &str) -> Value {
    let Some((_, unit)) = FIGURES.iter().find(|(known, _)| *known == path) else {
        return Value::absent();
    };
    let namespace = workload.namespace.as_ref();
    if *unit == FigureUnit::Count
        && let Some(value) = autoscaled(raw, &workload.name, namespace)
    {
        return value;
    }
    if let Some(scalar) = workload.figures.get(path) {
        return typed_figure(scalar, *unit);
    }
    let ranges = |_: &&str| !workload.composed && *unit != FigureUnit::Count;
    let by_range = Some(path).filter(|p| ranges(p));
    if let Some(value) = by_range.and_then(|path| by_limit_range(raw, namespace, (path, *unit))) {
        return value;
    }
    match workload.figure_defaults.get(path) {
        None => Value::absent(),
        Some(Err(reason)) => Value::unknown(reason.clone()),
        Some(Ok(text)) => figure_datum(text, *unit).map_or_else(Value::absent, |datum| {
            Value::default(datum, "the deployment")
        }),
    }
    .with_home(workload.anchor)
}

/// What holds where a deployed server says nothing.
fn default_figure(server: &RawServer, path: &str, unit: FigureUnit) -> Value {
    match server.figure_defaults.get(path) {
        None => Value::absent(),
        Some(Err(reason)) => Value::unknown(reason.clone()),
        Some(Ok(text)) => match figure_datum(text, unit) {
            Some(datum) => Value::default(datum, &*server.defaults_from),
            None => Value::absent(),
        },
    }
}

fn figure_datum(text: &str, unit: FigureUnit) -> Option<Datum> {
    quantity::kubernetes(text).map(|number| match unit {
        FigureUnit::Bytes => Datum::Size(number.max(0.0) as u64),
        FigureUnit::Cores => Datum::Cores(number),
        FigureUnit::Count => Datum::Int(number as i64),
        FigureUnit::Seconds => Datum::Duration(number),
    })
}

fn typed_figure(scalar: &RawScalar, unit: FigureUnit) -> Value {
    let text = match &scalar.text {
        Ok(text) => text,
        Err(reason) => return Value::set_unknown(reason.clone(), scalar.span),
    };
    let datum = figure_datum(text, unit);
    match datum {
        Some(datum) => Value::set(datum, scalar.span).with_slot(scalar.slot.clone()),
        None => Value::set_unknown(
            Cause::Text {
                text: text.to_owned(),
                fact: "is not a quantity",
            },
            scalar.span,
        ),
    }
}

pub(super) fn declared_value(datum: Datum, span: Option<Span>) -> Value {
    match span {
        Some(span) => Value::set(datum, span),
        None => {
            let mut value = Value::derived(datum);
            value.origin = Origin::Flag("the command line");
            value
        }
    }
}

fn declared_figure(declaration: &Declaration, path: &str) -> Option<Value> {
    let datum = match path {
        "limits.memory" => Datum::Size(declaration.memory?),
        "limits.cpu" => Datum::Cores(declaration.cpus?),
        _ => return None,
    };
    Some(declared_value(datum, declaration.span))
}
