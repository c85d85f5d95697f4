//! The facts that a rule may name, as types: each has one name in Rust, one path in expressions, and
//! both stand in one row of a table, with the fact's type and meaning. What holds for one directive or
//! one client option has no row: `knowledge` lists those.

mod client;
mod connection;
mod directive;
mod server;
mod types;

use std::fmt;

pub use client::{ClientFact, ServiceFact};
pub use connection::ConnectionFact;
pub use directive::{DirectiveFact, MetaFact};
pub use server::ServerFact;
pub use types::FactType;

/// A row of a table: what is known of a fact that every subject of a kind may have.
#[derive(Clone, Copy, Debug)]
pub struct FactEntry {
    /// The path that reports and the fingerprints in baselines hold.
    pub path: &'static str,
    /// The name that rules give it: the path, or a plainer one. A rule that writes the path is
    /// understood, and told of the name.
    pub plain_name: &'static str,
    pub ty: FactType,
    pub about: &'static str,
    /// The only words that it may be, where they are few; of a list, that its items may be.
    pub words: &'static [&'static str],
}

impl FactEntry {
    /// The path, where rules give the fact a plainer name.
    pub fn former_name(&self) -> Option<&'static str> {
        (self.plain_name != self.path).then_some(self.path)
    }
}

/// An enum of facts with its table. A variant is called as the fact in expressions.
macro_rules! fact_table {
    ($(#[$meta:meta])* $name:ident in $kind:ident {
        $($fact:ident = $path:literal $(named $plain:literal)?: $ty:ident $(of $words:expr)?,
            $about:literal;)+
    }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $(#[doc = $about] $fact,)+ }

        impl $name {
            /// The row of each fact, in the order of the variants.
            pub const TABLE: &'static [FactEntry] = &[$(FactEntry {
                path: $path,
                plain_name: fact_table!(@first $($plain,)? $path),
                ty: FactType::$ty,
                about: $about,
                words: fact_table!(@first $($words,)? &[]),
            },)+];

            pub fn entry(self) -> &'static FactEntry {
                &Self::TABLE[self as usize]
            }

            /// The fact of that path, without the subject's own word, or of that plain name.
            pub fn at_path(path: &str) -> Option<Self> {
                match path {
                    $($path $(| $plain)? => Some(Self::$fact),)+
                    _ => None,
                }
            }
        }

        impl From<$name> for FactPath {
            fn from(fact: $name) -> Self {
                Self::$kind(fact)
            }
        }
    };
    (@first $first:expr $(, $other:expr)?) => {
        $first
    };
}
use fact_table;

/// A fact of a subject.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FactPath {
    Directive(DirectiveFact),
    Server(ServerFact),
    /// The effective value of a server's directive, by the directive's name.
    Conf(String),
    Client(ClientFact),
    /// An option of a client by its canonical key: `pool.max_size`.
    Option(String),
    Service(ServiceFact),
    Connection(ConnectionFact),
    Meta(MetaFact),
}

impl FactPath {
    /// Its row; directives and options have none.
    pub fn entry(&self) -> Option<&'static FactEntry> {
        match self {
            Self::Directive(fact) => Some(fact.entry()),
            Self::Server(fact) => Some(fact.entry()),
            Self::Client(fact) => Some(fact.entry()),
            Self::Service(fact) => Some(fact.entry()),
            Self::Connection(fact) => Some(fact.entry()),
            Self::Meta(fact) => Some(fact.entry()),
            Self::Conf(_) | Self::Option(_) => None,
        }
    }

    /// The fact's name as people say it: a directive's name, else the path.
    pub fn name(&self) -> &str {
        match self {
            Self::Conf(name) | Self::Option(name) => name,
            listed => listed.entry().map_or("", |entry| entry.path),
        }
    }

    /// The name that rules give it: a directive's name, an option's key, else the plain name.
    pub fn plain_name(&self) -> &str {
        self.entry()
            .map_or_else(|| self.name(), |entry| entry.plain_name)
    }
}

/// The fact as expressions spell it, without the subject's own word.
impl fmt::Display for FactPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Conf(name) => write!(f, "conf[\"{name}\"]"),
            other => f.write_str(other.plain_name()),
        }
    }
}
