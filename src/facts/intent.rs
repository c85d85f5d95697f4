//! What a fix means to do, before anyone knows how it is written in a file. `policy` makes intents,
//! `edit` turns them into text edits.

use crate::facts::edit_target::EditTarget;
use crate::facts::value::Datum;
use crate::source::Span;

/// Whether a fix may be applied without a person's judgement.
///
/// Safe: the server or client certainly starts with it, and no data, eviction, durability, memory or
/// connection semantics change. Everything else is unsafe.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum FixSafety {
    Safe,
    Unsafe,
}

/// One atomic fix: all operations or none.
#[derive(Clone, Debug, PartialEq)]
pub struct FixIntent {
    pub safety: FixSafety,
    pub title: String,
    pub operations: Vec<IntentOperation>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum IntentOperation {
    /// Write this datum into the slot.
    Set { slot: EditTarget, to: Datum },
    /// Replace the bytes with another name.
    Rename { span: Span, to: String },
    /// Remove the line or the field that holds this span.
    Remove { span: Span },
    /// Move the bytes to a line of their own above their line, with that line's indentation.
    MoveAbove { span: Span },
}
