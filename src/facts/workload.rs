//! Raw facts of workloads that run programs of the tree: no servers, but those who may talk to them.
//! And what a project says of its programs by itself.

use std::cell::Cell;

use crate::facts::cause::Cause;
use crate::facts::deployment::DeploymentQuantities;
use crate::facts::raw::{ObjectName, RawFacts, RawService, TextPlace};
use crate::source::Span;

/// A container that runs something which is no server.
#[derive(Clone, Debug)]
pub struct RawWorkload {
    /// `Deployment/api`, `service/api`.
    pub name: String,
    pub namespace: Option<String>,
    /// The container, as its pod calls it.
    pub container: String,
    pub anchor: Span,
    /// The last part of the image's name, where it is known.
    pub image: Option<String>,
    /// The image has no owner in its name: it is one of everybody's.
    pub common: bool,
    /// The names of the programs that its command starts, as far as it shows them.
    pub commands: Vec<String>,
    /// How many processes each of its replicas starts for the same work, where its command says so or
    /// leaves it to something else.
    pub workers: Option<Result<u64, Cause>>,
    /// What its image is built from.
    pub build: Option<RawBuild>,
    pub quantities: DeploymentQuantities,
    /// Its variables; later ones win.
    pub environment: Vec<GivenVariables>,
    /// There is more of its environment than can be seen, and why.
    pub hidden: Option<Cause>,
    /// It is part of a composition on one machine, not of a cluster.
    pub composed: bool,
    /// Kubernetes sets variables for the Services of its namespace in it.
    pub service_links: bool,
    /// It is a part of a workload that stands elsewhere.
    pub fragment: bool,
}

/// What an image is built from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawBuild {
    /// The Dockerfile.
    pub path: String,
    /// The folder that is built.
    pub context: String,
    /// Packages that its steps build, by folder.
    pub packages: Vec<BuiltPackage>,
    /// Programs that its steps build, by name.
    pub programs: Vec<String>,
}

/// A package that is built, and what the program is called then.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BuiltPackage {
    /// Where it may stand, the surest first.
    pub folders: Vec<String>,
    pub output: Option<String>,
}

/// Variables that a workload is given.
#[derive(Clone, Debug, PartialEq)]
pub enum GivenVariables {
    Value {
        name: String,
        text: Result<String, Cause>,
    },
    /// The value of one key.
    Key {
        name: String,
        object: ObjectName,
        key: String,
    },
    /// A variable for every key, with something before its name.
    Object { object: ObjectName, prefix: String },
    /// What the container may take of the machine: `limits.cpu`.
    Figure { name: String, figure: String },
}

impl GivenVariables {
    /// The variable that it gives, where it is one.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Value { name, .. } | Self::Key { name, .. } | Self::Figure { name, .. } => {
                Some(name)
            }
            Self::Object { .. } => None,
        }
    }
}

/// What `redvet.toml` says of a program.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ServiceDeclaration {
    pub name: String,
    pub span: Option<Span>,
    /// Globs of the program's files.
    pub paths: Vec<String>,
    /// `Kind/name`, and where it is written.
    pub workload: Option<(String, Span)>,
    /// The server that its clients talk to.
    pub server: Option<(String, Span)>,
    pub replicas: Option<(u64, Span)>,
    pub blocking_consumers: Option<(u64, Span)>,
}

/// How often a variable may be made of others.
const MAX_DEPTH: usize = 4;
/// Variables that one value is made of, and the bytes that it may come to: values that hold others
/// many times over would multiply.
const MAX_FILLED_IN: usize = 1_000;
const MAX_BYTES: usize = 16 << 10;

impl RawFacts {
    /// The value of a variable in a workload; none where it is not seen to be given.
    pub fn variable(&self, workload: usize, name: &str) -> Option<Result<String, Cause>> {
        self.resolve_variable(workload, name, MAX_DEPTH, &Cell::new(MAX_FILLED_IN))
    }

    /// Nothing that a workload is given can hold this variable, and Kubernetes does not set it either.
    pub fn is_unset(&self, workload: usize, name: &str) -> bool {
        self.gives_nothing(workload, name) && self.linked_service(workload, name).is_none()
    }

    /// The Service of its namespace for which Kubernetes sets this variable in a workload:
    /// `REDIS_PORT=tcp://10.0.0.1:6379` for one called `redis` (kubernetes.io/docs/concepts/services-networking/service,
    /// environment variables). One without an address of its own has none.
    pub fn linked_service(&self, workload: usize, name: &str) -> Option<&RawService> {
        let own = &self.workloads[workload];
        let prefix = name.strip_suffix("_PORT").filter(|_| own.service_links)?;
        let is_it = |service: &&RawService| {
            let has_address = !service.headless && service.external_name.is_none();
            has_address
                && service.namespace == own.namespace
                && service.name.to_ascii_uppercase().replace('-', "_") == prefix
        };
        self.services.iter().find(is_it)
    }

    /// Nothing that a workload is given by itself can hold this variable: all of its environment is seen.
    pub fn gives_nothing(&self, workload: usize, name: &str) -> bool {
        let own = &self.workloads[workload];
        let seen = own.environment.iter().all(|given| {
            match given {
            GivenVariables::Object { object, .. } => self.texts.iter().any(|text| {
                matches!(&text.place, TextPlace::Key { object: own, .. } if own.may_be(object))
            }),
            _ => true,
        }
        });
        seen && own.hidden.is_none() && !own.fragment && self.variable(workload, name).is_none()
    }

    /// The figure that a workload is given as a variable: `limits.cpu`.
    pub fn figure_variable(&self, workload: usize, name: &str) -> Option<&str> {
        let last = self.workloads[workload].environment.iter().rev();
        let mut own = last.filter(|given| given.name() == Some(name));
        match own.next()? {
            GivenVariables::Figure { figure, .. } => Some(figure),
            _ => None,
        }
    }

    fn resolve_variable(
        &self,
        workload: usize,
        name: &str,
        depth: usize,
        left: &Cell<usize>,
    ) -> Option<Result<String, Cause>> {
        let mut given = self.workloads[workload].environment.iter().rev();
        let found = given.find_map(|given| match given {
            GivenVariables::Value { name: own, text } => (own == name).then(|| text.clone()),
            GivenVariables::Key {
                name: own,
                object,
                key,
            } => (own == name).then(|| {
                let held = self.key(workload, object, key);
                held.unwrap_or_else(|| Err(missing_cause(object)))
            }),
            GivenVariables::Object { object, prefix } => {
                self.key(workload, object, name.strip_prefix(prefix.as_str())?)
            }
            GivenVariables::Figure { name: own, .. } => {
                (own == name).then_some(Err(Cause::Deployment("the cluster fills it in")))
            }
        });
        let hidden = self.workloads[workload].hidden.clone().map(Err);
        let text = match found.or(hidden)? {
            Ok(text) => text,
            Err(reason) => return Some(Err(reason)),
        };
        Some(self.fill_in(workload, &text, depth, left))
    }

    /// `$(NAME)` is another variable of the workload.
    fn fill_in(
        &self,
        workload: usize,
        text: &str,
        depth: usize,
        left: &Cell<usize>,
    ) -> Result<String, Cause> {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("$(") {
            let Some((name, tail)) = after.split_once(')').filter(|_| depth > 0) else {
                break;
            };
            filled.push_str(before);
            let more = left.get().checked_sub(1);
            left.set(more.unwrap_or(0));
            if more.is_none() || filled.len() > MAX_BYTES {
                return Err(Cause::FilledTooLong);
            }
            match self.resolve_variable(workload, name, depth - 1, left) {
                Some(Ok(value)) => filled.push_str(&value),
                Some(Err(reason)) => return Err(reason),
                None => {
                    return Err(Cause::Variable {
                        name: name.to_owned(),
                        fact: "is not seen",
                    });
                }
            }
            rest = tail;
        }
        filled.push_str(rest);
        if filled.contains("{{") || filled.contains("${") {
            return Err(Cause::Deployment("it is set elsewhere"));
        }
        Ok(filled)
    }

    /// What a key of an object holds, where one object of that name is seen.
    fn key(
        &self,
        workload: usize,
        object: &ObjectName,
        key: &str,
    ) -> Option<Result<String, Cause>> {
        let extent = self.find_scope(workload, |scope| &scope.workloads);
        let extent = extent.and_then(|at| self.extents.get(at));
        let texts = self.texts.iter().enumerate();
        let named: Vec<(usize, &str)> = texts
            .filter_map(|(at, text)| match &text.place {
                TextPlace::Key {
                    object: own,
                    key: k,
                } if k == key && own.may_be(object) => Some((at, text.excerpt.text())),
                _ => None,
            })
            .collect();
        let beside = |at: usize| extent.is_some_and(|e| e.texts.contains(&at));
        let nearest: Vec<&str> = named
            .iter()
            .filter(|(at, _)| beside(*at))
            .map(|(_, text)| *text)
            .collect();
        let all = named.iter().map(|(_, text)| *text);
        let mut texts = if nearest.is_empty() {
            all.collect::<Vec<_>>().into_iter()
        } else {
            nearest.into_iter()
        };
        let first = texts.next()?;
        if texts.any(|other| other != first) {
            return Some(Err(Cause::SeveralInTree {
                name: object.title(),
                count: None,
            }));
        }
        Some(Ok(first.to_owned()))
    }
}

fn missing_cause(object: &ObjectName) -> Cause {
    Cause::OutsideTree(object.title())
}

impl ObjectName {
    /// A namespace that is not written may be any.
    fn may_be(&self, other: &Self) -> bool {
        let namespaces = match (&self.namespace, &other.namespace) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        };
        self.kind == other.kind && self.name == other.name && namespaces
    }
}
