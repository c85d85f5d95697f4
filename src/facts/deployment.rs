//! What a deployment says of its server beside the configuration: quantities as they are written, and
//! attributes that the extractor decided, each by the fact that it becomes.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::facts::cause::Cause;
use crate::facts::fact_path::{ServerFact, Type};
use crate::facts::scalar::RawScalar;
use crate::facts::value::Datum;
use crate::nearest;
use crate::source::Span;

/// A quantity that a deployment gives to each process of a workload, or how many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "ServerFact")]
pub enum DeploymentQuantity {
    LimitsMemory,
    LimitsCpu,
    RequestsMemory,
    RequestsCpu,
    Replicas,
    ProbesDelay,
    ProbesPatience,
}

impl DeploymentQuantity {
    pub const ALL: [Self; 7] = [
        Self::LimitsMemory,
        Self::LimitsCpu,
        Self::RequestsMemory,
        Self::RequestsCpu,
        Self::Replicas,
        Self::ProbesDelay,
        Self::ProbesPatience,
    ];

    /// Those below a `resources` mapping of Kubernetes, by the same path as there.
    pub const RESOURCES: [Self; 4] = [
        Self::LimitsMemory,
        Self::LimitsCpu,
        Self::RequestsMemory,
        Self::RequestsCpu,
    ];

    /// The fact of a server that it becomes.
    pub fn fact(self) -> ServerFact {
        match self {
            Self::LimitsMemory => ServerFact::LimitsMemory,
            Self::LimitsCpu => ServerFact::LimitsCpu,
            Self::RequestsMemory => ServerFact::RequestsMemory,
            Self::RequestsCpu => ServerFact::RequestsCpu,
            Self::Replicas => ServerFact::Replicas,
            Self::ProbesDelay => ServerFact::ProbesDelay,
            Self::ProbesPatience => ServerFact::ProbesPatience,
        }
    }

    /// The fact's path: `limits.memory`.
    pub fn path(self) -> &'static str {
        self.fact().entry().path
    }
}

impl TryFrom<ServerFact> for DeploymentQuantity {
    type Error = String;

    fn try_from(fact: ServerFact) -> Result<Self, Self::Error> {
        let found = Self::ALL
            .into_iter()
            .find(|quantity| quantity.fact() == fact);
        found.ok_or_else(|| {
            let known = Self::ALL.map(Self::path).join(", ");
            format!(
                "`{}` is not a quantity; quantities are {known}",
                fact.entry().path
            )
        })
    }
}

/// The quantities of a workload.
#[derive(Clone, Debug, Default)]
pub struct DeploymentQuantities {
    pub written: BTreeMap<DeploymentQuantity, RawScalar>,
    /// What holds where none is written, or why that is not known.
    pub defaults: BTreeMap<DeploymentQuantity, Result<String, Cause>>,
}

/// What a deployment says of its server.
#[derive(Clone, Debug, Default)]
pub struct Deployment {
    pub quantities: DeploymentQuantities,
    /// What the extractor decided: what the data is on, whether an exporter runs beside it.
    pub attributes: BTreeMap<ServerFact, Result<Datum, Cause>>,
    /// Where a person wrote what decides an attribute, or would write a quantity that is missing.
    pub places: BTreeMap<ServerFact, Span>,
    /// What says the quantities that are not written, in words.
    pub source: String,
}

impl Deployment {
    /// Nothing is said yet; `source` is what decides the quantities that are not written.
    pub fn by(source: &str) -> Self {
        Self {
            source: source.to_owned(),
            ..Self::default()
        }
    }

    /// With an attribute that is decided, or why it cannot be.
    pub fn with(mut self, fact: ServerFact, value: Result<impl Into<Datum>, Cause>) -> Self {
        self.attributes.insert(fact, value.map(Into::into));
        self
    }

    /// With an attribute that is known.
    pub fn with_known(self, fact: ServerFact, value: impl Into<Datum>) -> Self {
        self.with(fact, Ok(value))
    }

    /// With an attribute that cannot be decided.
    pub fn with_unknown(mut self, fact: ServerFact, why: Cause) -> Self {
        self.attributes.insert(fact, Err(why));
        self
    }

    /// With a default of a quantity, or why there is none to be known.
    pub fn with_default(
        mut self,
        quantity: DeploymentQuantity,
        value: Result<String, Cause>,
    ) -> Self {
        self.quantities.defaults.insert(quantity, value);
        self
    }

    /// Whether an attribute is known to be this.
    pub fn is(&self, fact: ServerFact, value: impl Into<Datum>) -> bool {
        let value = value.into();
        matches!(self.attributes.get(&fact), Some(Ok(known)) if *known == value)
    }
}

impl ServerFact {
    /// What a word of a table stands for in a fact of this type.
    pub fn datum(self, word: &str) -> Datum {
        match self.entry().ty {
            Type::Bool => Datum::Bool(word == "true"),
            _ => Datum::Text(word.to_owned()),
        }
    }
}

impl<'de> Deserialize<'de> for ServerFact {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let path = String::deserialize(deserializer)?;
        Self::at_path(&path).ok_or_else(|| {
            let help = nearest::help(&path, Self::TABLE.iter().map(|entry| entry.plain_name));
            serde::de::Error::custom(format!("a server has no fact `{path}`; {help}"))
        })
    }
}
