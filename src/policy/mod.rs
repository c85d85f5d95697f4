//! Rules over the estate: typed, compiled once, judged with three values.
//!
//! A rule comes in as a [`draft::RuleDraft`] (plain texts with their places, made by `load`), becomes
//! a [`rule::Rule`] whose expressions are checked against the vocabulary, and is judged by [`judge`]
//! against every subject of its kind. What comes out are verdicts and fix intents.
//!
//! The language is CEL with mixed arithmetic and a third value. `syntax` alone knows the `cel` crate,
//! and uses it as a parser: the crate's own evaluation has no notion of an unknown operand, so `eval`
//! walks our own tree. Nothing here sees a tree of a file, a file's text or a directive's name.

mod checker;
mod compile;
pub mod draft;
mod eval;
mod functions;
mod habits;
pub mod judge;
mod kind;
mod names;
mod operands;
mod outcome;
pub mod param;
mod place;
mod plan;
pub mod rule;
mod ruleset;
mod scope;
mod settings;
mod syntax;
mod template;
mod typed;
mod verdict;

#[cfg(test)]
mod conformance;
#[cfg(test)]
mod example;

pub use draft::{Docs, Former, Mistake, Profile, RuleDraft};
pub use judge::{Counts, Judgement, judge};
pub use param::{Param, ParamValue};
pub use plan::{parameter, running_rules};
pub use rule::Rule;
pub use ruleset::{Audience, Pack, RuleSet};
pub use settings::{Override, RuleOverride, Settings, glob};
pub use verdict::Verdict;
