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
pub mod connection;
pub mod container;
pub mod defaults;
pub mod deployment;
pub mod edit_target;
pub mod effective_config;
pub mod estate;
pub mod fact_path;
pub mod include;
pub mod intent;
pub mod linked;
pub mod overlay_scope;
pub mod package;
pub mod pattern;
pub mod quantity;
pub mod raw;
mod readable_name;
pub mod scalar;
pub mod tree;
pub mod value;
pub mod vocabulary;
pub mod wait;
pub mod words;
pub mod work_limits;
pub mod workload;

pub use cause::Cause;
pub use edit_target::{EditTarget, TextEncoding};
pub use estate::{Estate, RelatedSubject, Subject, SubjectKind, SubjectLink};
pub use intent::{FixIntent, FixSafety, IntentOperation};
pub use value::{Datum, Explicitness, FactValue, Meaning, Strength, ValueOrigin, ValueState};
