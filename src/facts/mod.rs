//! The domain: what is known of servers, configuration lines and clients.
//!
//! Facts come in two forms. [`raw`] facts are what an extractor read: untyped, with spans, not yet
//! joined. The [`estate`] is what `resolve` makes of them after `link` has joined them: subjects with
//! typed [`Value`]s. [`fact_path`] lists every fact, and [`vocabulary`] what a rule may ask for.
//!
//! Nothing here reads files, parses a format or knows a directive, a library or a rule.

pub mod bounds;
pub mod cause;
pub mod code;
pub mod defaults;
pub mod deployment;
pub mod estate;
pub mod extent;
pub mod fact_path;
pub mod include;
pub mod intent;
pub mod linked;
pub mod package;
pub mod pattern;
pub mod quantity;
pub mod raw;
pub mod scalar;
pub mod slot;
pub mod tree;
pub mod value;
pub mod vocabulary;
pub mod wait;
pub mod words;
pub mod workload;

pub use cause::Cause;
pub use estate::{Estate, Link, Related, Subject, SubjectKind};
pub use intent::{FixIntent, Operation, Safety};
pub use slot::{Encoding, Slot};
pub use value::{Datum, Meaning, Origin, State, Strength, Value, Written};
