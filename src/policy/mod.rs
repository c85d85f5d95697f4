//! Rules: compiled once and evaluated against the estate in three-valued logic.
//!
//! `load` reads a rule file into a [`rule_source::RuleDraft`] (plain texts with positions). It is
//! compiled to a [`rule::CompiledRule`], whose expressions are checked against the vocabulary, and
//! [`judge`] evaluates it against every subject of its kind. The result is a list of violations
//! with their fixes.
//!
//! The expression language is a subset of CEL with mixed arithmetic and unknown values. Parser and
//! evaluator are our own, because those of existing libraries neither bound what an untrusted rule
//! can cost nor support unknown operands. Nothing here sees a syntax tree, the text of a file or
//! the name of a directive.

mod bundle;
mod checker;
mod compile;
mod eval;
mod expression_lexer;
mod expression_parser;
mod file_report;
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
mod quiet;
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

pub use bundle::{BundleDecision, BundleReport, BundleRules};
pub use file_report::FileReport;
pub use judge::{JudgementCounts, PolicyOutcome, judge};
pub use param::{RawParamValue, RuleParam};
pub use plan::{parameter, running_rules};
pub use quiet::QuietPaths;
pub use rule::CompiledRule;
pub use rule_source::{FormerId, LoneSettings, RuleDocs, RuleDraft, RuleMistake, RuleProfile};
pub use ruleset::{Audience, NamedConsequence, RulePack, RuleSet};
pub use settings::{QuietPatterns, RuleOverride, RuleSettings, ScopedOverrides, check_glob, glob};
pub use violation::RuleViolation;
