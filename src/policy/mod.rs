//! Rules over the estate: typed, compiled once, judged with three values.
//!
//! A rule comes in as a [`draft::RuleDraft`] (plain texts with their places, made by `load`), becomes
//! a [`rule::Rule`] whose expressions are checked against the vocabulary, and is judged by [`judge`]
//! against every subject of its kind. What comes out are verdicts and fix intents.
//!
//! The language is CEL with mixed arithmetic and a third value. `syntax` alone knows the `cel` crate,
//! and uses it as a parser: the crate's own evaluation has no notion of an unknown operand, so `eval`
//! walks our own tree. Nothing here sees a tree of a file, a file's text or a directive's name.

mod bundle;
mod checker;
mod compile;
mod eval;
mod foreign_syntax_hints;
mod functions;
pub mod judge;
mod kind;
mod names;
mod operands;
mod outcome;
pub mod param;
mod place;
mod plan;
pub mod rule;
pub mod rule_source;
mod ruleset;
mod scope;
mod settings;
mod syntax;
mod template;
mod typed;
mod violation;

#[cfg(test)]
mod conformance;
#[cfg(test)]
mod example;

pub use bundle::{BundleReport, BundleRules};
pub use judge::{JudgementCounts, PolicyOutcome, judge};
pub use param::{RawParamValue, RuleParam};
pub use plan::{parameter, running_rules};
pub use rule::CompiledRule;
pub use rule_source::{FormerId, RuleDocs, RuleDraft, RuleMistake, RuleProfile};
pub use ruleset::{Audience, RulePack, RuleSet};
pub use settings::{RuleOverride, RuleSettings, ScopedOverrides, glob};
pub use violation::RuleViolation;
