//! Paths on which rules are quiet: test code for all of them, samples for all but certain errors,
//! development files for rules with an audience.
//!
//! The lists are the settings' own, else those of the rule's pack, else those of the first pack that
//! has any.

use std::collections::BTreeMap;

use crate::facts::estate::Subject;
use crate::finding::Severity;
use crate::policy::rule::CompiledRule;
use crate::policy::ruleset::RuleSet;
use crate::policy::settings::{QuietPatterns, RuleSettings, globs};
use crate::source::glob_list::GlobList;

#[derive(Default)]
struct QuietGlobs {
    tests: GlobList,
    samples: GlobList,
    development: GlobList,
}

/// The lists of each pack, compiled.
pub struct QuietPaths<'a> {
    by_pack: BTreeMap<&'a str, QuietGlobs>,
    named_paths: &'a [String],
}

impl<'a> QuietPaths<'a> {
    pub fn new(rules: &'a RuleSet, settings: &'a RuleSettings) -> Self {
        let chosen = |own: &QuietPatterns, list: fn(&QuietPatterns) -> &Option<Vec<String>>| {
            let others = rules.packs().iter().map(|pack| &pack.quiet);
            let mut all = [&settings.quiet, own].into_iter().chain(others);
            let first = all.find_map(|patterns| list(patterns).as_deref());
            first.map(globs).unwrap_or_default()
        };
        let compiled = |own: &QuietPatterns| QuietGlobs {
            tests: chosen(own, |patterns| &patterns.tests),
            samples: chosen(own, |patterns| &patterns.samples),
            development: chosen(own, |patterns| &patterns.development),
        };
        let packs = rules.packs().iter();
        Self {
            by_pack: packs
                .map(|pack| (pack.name.as_str(), compiled(&pack.quiet)))
                .collect(),
            named_paths: &settings.named_paths,
        }
    }

    /// Whether a rule that runs as this severity has nothing to report about a path.
    pub(super) fn silence(&self, rule: &CompiledRule, severity: Severity, path: &str) -> bool {
        let Some(quiet) = self.of_rule(rule, path) else {
            return false;
        };
        quiet.tests.is_match(path)
            || (severity < Severity::Error && quiet.samples.is_match(path))
            || (rule.draft.audience.is_some() && quiet.development.is_match(path))
    }

    /// Whether only certain errors are reported about a subject in this file.
    pub(super) fn is_sample(&self, rule: &CompiledRule, path: &str, subject: &Subject) -> bool {
        let quiet = self.of_rule(rule, path);
        quiet.is_some_and(|quiet| subject.sample || quiet.samples.is_match(path))
    }

    /// Whether a developer runs a server, so that rules with an audience have nothing to report of it.
    pub(super) fn is_development(&self, rule: &CompiledRule, subject: &Subject) -> bool {
        let is_asked = rule.draft.audience.is_some() && subject.development.is_some();
        is_asked && self.of_rule(rule, &subject.path).is_some()
    }

    /// Whether rules are quiet about a file by its path.
    pub fn is_quiet(&self, path: &str) -> bool {
        let is_named = self.named_paths.iter().any(|named| named == path);
        let fits = |quiet: &QuietGlobs| {
            let lists = [&quiet.tests, &quiet.samples, &quiet.development];
            lists.iter().any(|list| list.is_match(path))
        };
        is_named || self.by_pack.values().any(fits)
    }

    /// Whether a file is test code or test data for some pack: nothing about it is of interest.
    pub fn is_test(&self, path: &str) -> bool {
        let is_named = self.named_paths.iter().any(|named| named == path);
        !is_named && self.by_pack.values().any(|q| q.tests.is_match(path))
    }

    /// A file that was named on the command line is looked at like any other.
    fn of_rule(&self, rule: &CompiledRule, path: &str) -> Option<&QuietGlobs> {
        let is_named = self.named_paths.iter().any(|named| named == path);
        self.by_pack.get(rule.pack.as_str()).filter(|_| !is_named)
    }
}
