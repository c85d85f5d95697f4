//! A server's figures and neighbours: limits, requests, processes, what its data directory is on.

use std::path::Path;

use crate::facts::cause::Cause;
use crate::facts::deployment::{DeploymentQuantities, DeploymentQuantity};
use crate::facts::fact_path::{FactType, ServerFact};
use crate::facts::raw::{
    Declaration, MountStorage, RawFacts, RawMount, RawScalar, RawServer, RawWorkload,
};
use crate::facts::value::ValueOrigin;
use crate::facts::words::StorageKind;
use crate::facts::{Datum, FactValue, Subject, ValueState, quantity};
use crate::resolve::server::ServerResolver;
use crate::resolve::server::steps::A_PART;
use crate::source::Span;

impl ServerResolver<'_> {
    pub(super) fn put_figures(&self, subject: &mut Subject) {
        for quantity in DeploymentQuantity::ALL {
            subject.put(quantity.fact(), self.figure(quantity));
        }
    }

    /// A figure of the container; what redvet.toml says of this server by name wins, what a flag says
    /// fills a gap.
    fn figure(&self, quantity: DeploymentQuantity) -> FactValue {
        let declared = |d: &&&Declaration| find_declared(d, quantity).is_some();
        let own = self
            .declared
            .iter()
            .filter(|d| d.name.is_some())
            .find(declared);
        if let Some(declaration) = own {
            return find_declared(declaration, quantity).unwrap_or_else(FactValue::absent);
        }
        if let Some(value) = self.by_autoscaler(quantity) {
            return value;
        }
        let said = self.deployed.map(|server| &server.deployment);
        let written = said.and_then(|said| said.quantities.written.get(&quantity));
        let unlimited = written.filter(|scalar| is_no_limit(scalar, quantity));
        if let Some(scalar) = written.filter(|_| unlimited.is_none()) {
            return type_quantity(scalar, quantity);
        }
        // A LimitRange fills in what is not written: a limit of 0 is.
        let of_namespace = || self.by_limit_range(quantity);
        if let Some(value) = unlimited.map_or_else(of_namespace, |_| None) {
            return value;
        }
        let general = self
            .declared
            .iter()
            .filter(|d| d.name.is_none())
            .find(declared);
        if let Some(declaration) = general {
            return find_declared(declaration, quantity).unwrap_or_else(FactValue::absent);
        }
        match self.deployed {
            Some(server) if self.knowledge.snippet => {
                FactValue::unknown(A_PART).with_anchor_when_unset(server.anchor)
            }
            Some(server) if server.fragment => {
                FactValue::unknown(Cause::Fragment).with_anchor_when_unset(server.anchor)
            }
            Some(server) => {
                let said = &server.deployment;
                let home = unlimited.map(|scalar| scalar.span);
                let home = home.or_else(|| said.places.get(&quantity.fact()).copied());
                default_figure(&said.quantities, quantity, &said.source)
                    .with_anchor_when_unset(home.unwrap_or(server.anchor))
            }
            None => FactValue::unknown(Cause::NotDeployed),
        }
    }

    /// The most processes that an autoscaler may run.
    fn by_autoscaler(&self, quantity: DeploymentQuantity) -> Option<FactValue> {
        let counted = quantity == DeploymentQuantity::Replicas;
        let server = self.deployed.filter(|_| counted)?;
        find_autoscaled(self.raw, &server.name, server.namespace.as_ref())
    }

    /// What a LimitRange of the namespace gives to a container that says nothing itself.
    fn by_limit_range(&self, quantity: DeploymentQuantity) -> Option<FactValue> {
        let server = self.deployed.filter(|server| server.mounts.is_some())?;
        by_limit_range(self.raw, server.namespace.as_ref(), quantity)
    }

    pub(super) fn put_words(&self, subject: &mut Subject) {
        let Some(server) = self.deployed else {
            subject.put(ServerFact::LimitOwner, FactValue::from_derived("server"));
            for fact in [
                ServerFact::StorageKind,
                ServerFact::StorageNodeKind,
                ServerFact::Exporter,
            ] {
                subject.put(fact, FactValue::unknown(Cause::NotDeployed));
            }
            return;
        };
        for (fact, attribute) in &server.deployment.attributes {
            let value = match attribute {
                // What a fragment does not say its other part may.
                Ok(datum)
                    if server.fragment
                        && (*datum == Datum::Bool(false) || *fact == ServerFact::Qos) =>
                {
                    FactValue::unknown(Cause::Fragment)
                }
                Ok(datum) => FactValue::from_derived(datum.clone()),
                Err(reason) => FactValue::unknown(reason.clone()),
            };
            let home = server.deployment.places.get(fact).copied();
            let value = value.with_anchor_when_unset(home.unwrap_or(server.anchor));
            subject.put(*fact, value);
        }
        self.put_exporter(server, subject);
        if let Some(mounts) = &server.mounts {
            let storage = self
                .storage(mounts, subject)
                .with_anchor_when_unset(server.anchor);
            subject.put(ServerFact::StorageKind, storage);
        }
        let node = self.node_storage(server, subject);
        subject.put(ServerFact::StorageNodeKind, node);
        if self.knowledge.snippet {
            self.doubt_absences(subject);
        }
    }

    /// What the file is on in which a node of a cluster keeps who it is. It stands in the data directory
    /// unless its path is a whole one.
    fn node_storage(&self, server: &RawServer, subject: &Subject) -> FactValue {
        let of_data = || {
            let kind = subject.fact(ServerFact::StorageKind);
            kind.cloned().unwrap_or_else(FactValue::absent)
        };
        let name = subject.conf(&self.knowledge.shapes.servers.cluster_state);
        let Some(name) = name else { return of_data() };
        match (name.text(), &name.state) {
            (_, ValueState::Unknown(reason)) => {
                FactValue::unknown(reason.clone()).with_anchor_when_unset(server.anchor)
            }
            (Some(path), _) if path.starts_with('/') => {
                let Some(mounts) = &server.mounts else {
                    let why = Cause::Storage("its volumes are not seen");
                    return FactValue::unknown(why).with_anchor_when_unset(server.anchor);
                };
                // Where nothing is mounted, its own line says where it is.
                let place = name.place().unwrap_or(server.anchor);
                self.storage_at(mounts, path)
                    .with_anchor_when_unset(place)
                    .with_strength(name.strength)
            }
            _ => of_data(),
        }
    }

    /// An exporter in a workload of its own may watch a server that has none beside it.
    fn put_exporter(&self, server: &RawServer, subject: &mut Subject) {
        let alone = server.deployment.is(ServerFact::Exporter, false);
        if let Some(exporter) = self.raw.exporters.first().filter(|_| alone) {
            let why = Cause::Named {
                name: exporter.name.clone(),
                fact: "may watch it",
            };
            subject.put(
                ServerFact::Exporter,
                FactValue::unknown(why).with_anchor_when_unset(server.anchor),
            );
        }
    }

    /// A snippet leaves out what it is not about: no volume and no exporter in it mean nothing.
    fn doubt_absences(&self, subject: &mut Subject) {
        for fact in [
            ServerFact::StorageKind,
            ServerFact::StorageNodeKind,
            ServerFact::Exporter,
            ServerFact::ProbesStartup,
            ServerFact::Rollout,
        ] {
            let missing = subject
                .fact(fact)
                .and_then(FactValue::known_datum)
                .is_some_and(|datum| {
                    matches!(datum, Datum::Bool(false)) || datum.as_text() == Some("none")
                });
            if missing {
                subject.put(
                    fact,
                    FactValue::unknown(A_PART).with_anchor_when_unset(self.anchor()),
                );
            }
        }
    }

    /// What the data directory is on.
    fn storage(&self, mounts: &[RawMount], subject: &Subject) -> FactValue {
        match self.data_directory(subject) {
            Ok((directory, _)) => self.storage_at(mounts, &directory),
            Err(reason) => FactValue::unknown(reason),
        }
    }

    /// What a path of its container is on.
    fn storage_at(&self, mounts: &[RawMount], path: &str) -> FactValue {
        let holds = |mount: &&RawMount| Path::new(path).starts_with(&mount.path);
        let nearest = mounts
            .iter()
            .filter(holds)
            .max_by_key(|mount| mount.path.len());
        match nearest {
            Some(mount) => match mount.storage {
                MountStorage::Persistent | MountStorage::Shared => {
                    FactValue::set(StorageKind::Persistent, mount.span)
                }
                MountStorage::Ephemeral => FactValue::set(StorageKind::Ephemeral, mount.span),
                MountStorage::Files | MountStorage::Unknown => FactValue::unknown(Cause::Storage(
                    "the volume under the data directory is unknown",
                )),
            },
            None if self.deployed.is_some_and(|server| server.fragment) => {
                FactValue::unknown(Cause::Fragment)
            }
            None => FactValue::from_derived(StorageKind::None),
        }
    }
}

impl ServerResolver<'_> {
    /// The data directory, and where it is written: the configured one, else the folder that the image
    /// starts the server in.
    pub(super) fn data_directory(
        &self,
        subject: &Subject,
    ) -> Result<(String, Option<Span>), Cause> {
        let configured = subject.conf(&self.knowledge.shapes.servers.data_directory);
        // What the image's own script writes stands nowhere, and is a whole path.
        let generated = configured.and_then(FactValue::text);
        let generated = generated.filter(|text| text.starts_with('/'));
        let (directory, span) = match configured {
            Some(value) if value.span().is_some() => match value.text() {
                Some(text) => (text.to_owned(), value.span()),
                None => return Err(Cause::Storage("the data directory is unknown")),
            },
            // What a command runs without a file has no other words than those that are written.
            Some(FactValue {
                state: ValueState::Unknown(reason),
                ..
            }) if !self.is_run_without_file() => return Err(reason.clone()),
            _ => match generated
                .map(str::to_owned)
                .or_else(|| self.deployed?.data_directory.clone())
            {
                Some(directory) => (directory, None),
                None => return Err(Cause::Storage("the image's data directory is not known")),
            },
        };
        if !directory.starts_with('/') {
            return Err(Cause::Storage(
                "the data directory is relative to a folder that is not known",
            ));
        }
        Ok((directory, span))
    }
}

impl ServerResolver<'_> {
    fn is_run_without_file(&self) -> bool {
        let container = self.deployed.filter(|server| server.transient);
        let container = container.and_then(|server| server.container.as_ref());
        container.is_some_and(|container| container.file.is_none())
    }
}

/// The most processes that an autoscaler may run of a workload.
fn find_autoscaled(raw: &RawFacts, name: &str, namespace: Option<&String>) -> Option<FactValue> {
    let mut scalers = raw.autoscalers.iter().filter(|scaler| {
        let workload = name == scaler.target || name.starts_with(&format!("{}/", scaler.target));
        workload && scaler.namespace.as_ref() == namespace
    });
    let (scaler, None) = (scalers.next()?, scalers.next()) else {
        return Some(FactValue::unknown(Cause::Deployment(
            "several autoscalers may scale it",
        )));
    };
    let why = format!("HorizontalPodAutoscaler/{} may run so many", scaler.name);
    Some(type_quantity(&scaler.most, DeploymentQuantity::Replicas).because(why))
}

fn by_limit_range(
    raw: &RawFacts,
    namespace: Option<&String>,
    quantity: DeploymentQuantity,
) -> Option<FactValue> {
    let ranges = raw.limit_ranges.iter();
    let mut found = ranges
        .filter(|range| range.namespace.as_ref() == namespace)
        .filter_map(|range| Some((range, range.quantities.get(&quantity)?)));
    let (range, scalar) = found.next()?;
    let value = type_quantity(scalar, quantity).because(format!("LimitRange/{}", range.name));
    Some(if found.next().is_some() {
        FactValue::unknown(Cause::Deployment("several LimitRanges may apply"))
    } else {
        value
    })
}

/// A quantity of a workload that is no server.
pub(in crate::resolve) fn of_workload(
    raw: &RawFacts,
    workload: &RawWorkload,
    quantity: DeploymentQuantity,
) -> FactValue {
    let namespace = workload.namespace.as_ref();
    let counted = quantity == DeploymentQuantity::Replicas;
    if counted && let Some(value) = find_autoscaled(raw, &workload.name, namespace) {
        return value;
    }
    let written = workload.quantities.written.get(&quantity);
    let unlimited = written.filter(|scalar| is_no_limit(scalar, quantity));
    if let Some(scalar) = written.filter(|_| unlimited.is_none()) {
        return type_quantity(scalar, quantity);
    }
    if !workload.composed
        && !counted
        && unlimited.is_none()
        && let Some(value) = by_limit_range(raw, namespace, quantity)
    {
        return value;
    }
    default_figure(&workload.quantities, quantity, "the deployment")
        .with_anchor_when_unset(workload.anchor)
}

/// What holds where a workload says nothing, by what `source` says of it.
fn default_figure(
    quantities: &DeploymentQuantities,
    quantity: DeploymentQuantity,
    source: &str,
) -> FactValue {
    match quantities.defaults.get(&quantity) {
        None => FactValue::absent(),
        Some(Err(reason)) => FactValue::unknown(reason.clone()),
        Some(Ok(text)) => match figure_datum(text, quantity) {
            Some(datum) => FactValue::default(datum, source),
            None => FactValue::absent(),
        },
    }
}

/// Whether a limit is written and is none: Docker, Podman and the kubelet set no bound for 0.
/// (moby daemon/daemon_unix.go and kubelet kuberuntime_container_linux.go pass on what is above 0.)
fn is_no_limit(scalar: &RawScalar, quantity: DeploymentQuantity) -> bool {
    let limits = [
        DeploymentQuantity::LimitsMemory,
        DeploymentQuantity::LimitsCpu,
    ];
    let written = scalar.text.as_ref().ok();
    limits.contains(&quantity) && written.and_then(|text| quantity::kubernetes(text)) == Some(0.0)
}

fn figure_datum(text: &str, quantity: DeploymentQuantity) -> Option<Datum> {
    let number = quantity::kubernetes(text)?;
    Some(match quantity.fact().entry().ty {
        FactType::Size => Datum::Size(number.max(0.0) as u64),
        FactType::Cores => Datum::Cores(number),
        FactType::Duration => Datum::Duration(number),
        _ => Datum::Int(number as i64),
    })
}

fn type_quantity(scalar: &RawScalar, quantity: DeploymentQuantity) -> FactValue {
    let text = match &scalar.text {
        Ok(text) => text,
        Err(reason) => return FactValue::set_unknown(reason.clone(), scalar.span),
    };
    let datum = figure_datum(text, quantity);
    match datum {
        Some(datum) => FactValue::set(datum, scalar.span).with_slot(scalar.slot.clone()),
        None => FactValue::set_unknown(
            Cause::Text {
                text: text.to_owned(),
                fact: "is not a quantity",
            },
            scalar.span,
        ),
    }
}

pub(super) fn value_of_declaration(datum: Datum, span: Option<Span>) -> FactValue {
    match span {
        Some(span) => FactValue::set(datum, span),
        None => {
            let mut value = FactValue::from_derived(datum);
            value.origin = ValueOrigin::Flag("the command line");
            value
        }
    }
}

fn find_declared(declaration: &Declaration, quantity: DeploymentQuantity) -> Option<FactValue> {
    let datum = match quantity {
        DeploymentQuantity::LimitsMemory => Datum::Size(declaration.memory?),
        DeploymentQuantity::LimitsCpu => Datum::Cores(declaration.cpus?),
        _ => return None,
    };
    Some(value_of_declaration(datum, declaration.span))
}
