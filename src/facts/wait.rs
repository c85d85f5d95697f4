//! Calls that may wait at the server: how long, how many at once, and whose they may be.

use crate::facts::cause::Cause;
use crate::facts::package::SourceLanguage;
use crate::source::Span;

/// A call in client code that may wait at the server.
#[derive(Clone, Debug)]
pub struct RawWait {
    pub language: SourceLanguage,
    /// The file's folder.
    pub dir: String,
    /// The models that the imports of its file allow, by id.
    pub libraries: Vec<String>,
    /// As it is shown: `XReadGroup`, `Do("BLPOP")`.
    pub call: String,
    /// Where what it is called on gets its value; nothing where that cannot be followed.
    pub bound: Vec<ClientBinding>,
    pub at: Span,
    pub longest: LongestWait,
    /// How many of it wait at once, each in a loop and each with a connection of the pool; none
    /// where it takes no connection from others.
    pub crew: Option<Concurrency>,
    /// The option that cuts the wait short, if any does.
    pub cut_by: Option<String>,
}

/// A call in client code that tells something of the client that it is made on.
#[derive(Clone, Debug)]
pub struct RawClientCall {
    pub language: SourceLanguage,
    /// The file's folder.
    pub dir: String,
    /// The models that the imports of its file allow, by id.
    pub libraries: Vec<String>,
    /// As it is shown: `Get`, `pool.Get()`.
    pub call: String,
    /// Where what it is called on gets its value; nothing where that cannot be followed.
    pub bound: Vec<ClientBinding>,
    /// What it is called on is declared with a type of the library.
    pub typed: bool,
    pub at: Span,
    pub tells: ClientCallFact,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ClientCallFact {
    /// It is given a context that ends after so many seconds.
    Deadline(Result<f64, Cause>),
    /// It takes a connection out of the pool, and whether that is surely never returned.
    Taken(Result<bool, Cause>),
}

/// A variable or field to which a client may be bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientBinding {
    /// A variable of this function, or of the package.
    Variable(Option<String>, String),
    /// A field of whatever value.
    Field(String),
}

/// How long a call waits at most.
#[derive(Clone, Debug, PartialEq)]
pub enum LongestWait {
    /// It does not wait.
    AtOnce,
    ForEver,
    Seconds(f64),
    Unknown(Cause),
}

/// How many run at once.
#[derive(Clone, Debug, PartialEq)]
pub struct Concurrency {
    pub count: Result<u64, Cause>,
    /// As many as there are for certain, where nothing that is unknown adds to them.
    pub at_least: u64,
    /// What is taken for granted.
    pub assumed: Option<String>,
}

impl Concurrency {
    pub fn of(count: u64) -> Self {
        Self {
            count: Ok(count),
            at_least: count,
            assumed: None,
        }
    }

    pub fn unknown(cause: Cause) -> Self {
        Self {
            count: Err(cause),
            at_least: 0,
            assumed: None,
        }
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            count: match (self.count, other.count) {
                (Ok(a), Ok(b)) => Ok(a.saturating_add(b)),
                // A sum with one open part is open, and any of its causes says why.
                (Err(reason), _) | (_, Err(reason)) => Err(reason),
            },
            at_least: self.at_least.saturating_add(other.at_least),
            assumed: self.assumed.or(other.assumed),
        }
    }

    /// Of each of these as many as `inner` says.
    #[must_use]
    pub fn product(self, inner: &Self) -> Self {
        let count = match (self.count, &inner.count) {
            // What runs nowhere counts nothing, however many it would start.
            (Ok(0), _) => Ok(0),
            (Ok(a), Ok(b)) => Ok(a.saturating_mul(*b)),
            // A product with one open factor is open, and any of its causes says why.
            (Err(reason), _) => Err(reason),
            (_, Err(reason)) => Err(reason.clone()),
        };
        Self {
            count,
            at_least: self.at_least.saturating_mul(inner.at_least),
            assumed: self.assumed,
        }
    }

    /// So many times as many.
    #[must_use]
    pub fn times(self, factor: &Result<u64, Cause>) -> Self {
        match factor {
            Ok(factor) => Self {
                count: self.count.map(|count| count.saturating_mul(*factor)),
                at_least: self.at_least.saturating_mul(*factor),
                assumed: self.assumed,
            },
            Err(reason) => Self {
                count: Err(reason.clone()),
                at_least: 0,
                assumed: self.assumed,
            },
        }
    }
}
