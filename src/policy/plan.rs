//! Applies settings to a rule for one path: whether it runs, at which severity and with which
//! parameters. Which paths are quiet is decided in `quiet`.

use globset::GlobMatcher;

use crate::facts::value::Datum;
use crate::finding::Severity;
use crate::policy::quiet::QuietPaths;
use crate::policy::rule::CompiledRule;
use crate::policy::rule_source::RuleProfile;
use crate::policy::ruleset::RuleSet;
use crate::policy::scope::ScopedParams;
use crate::policy::settings::{RuleOverride, RuleSettings, glob, globs};
use crate::source::glob_list::GlobList;

/// The ids of the rules that the settings leave on for some path.
pub fn running_rules(rules: &RuleSet, settings: &RuleSettings) -> Vec<String> {
    let plan = SettingsPlan::new(rules, settings);
    let running = rules.rules().filter(|rule| plan.may_run(rule));
    running.map(|rule| rule.id().to_owned()).collect()
}

/// A parameter of a rule as the settings have it for a path, if the rule runs there.
pub fn parameter(
    rules: &RuleSet,
    settings: &RuleSettings,
    rule: &str,
    name: &str,
    path: &str,
) -> Option<Datum> {
    let running = SettingsPlan::new(rules, settings).plan_rule(rules.get(rule)?, path)?;
    running.params.get(name).cloned()
}

/// The settings, ready to be asked.
pub(super) struct SettingsPlan<'a> {
    settings: &'a RuleSettings,
    select: GlobList,
    ignore: GlobList,
    overrides: Vec<ScopedSetting<'a>>,
    /// The bundles, each with the ids that it may report.
    bundles: Vec<(&'a CompiledRule, GlobList)>,
    pub(super) quiet: QuietPaths<'a>,
}

struct ScopedSetting<'a> {
    paths: Option<GlobList>,
    rules: Vec<(GlobMatcher, &'a RuleOverride)>,
}

/// How much of an id a pattern spells out: one without wildcards is the id itself.
fn specificity(pattern: &str) -> (bool, usize) {
    let is_wild = |c: &char| matches!(c, '*' | '?' | '[' | ']' | '{' | '}');
    let wild = pattern.chars().filter(is_wild).count();
    (wild == 0, pattern.chars().count() - wild)
}

/// Who reports what a rule found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FindingVoice<'a> {
    Alone,
    Bundle(&'a str),
    Silent,
}

fn bundles(rules: &RuleSet) -> Vec<(&CompiledRule, GlobList)> {
    let bundles = rules.rules().filter(|rule| rule.draft.is_bundle());
    let members = |rule: &CompiledRule| {
        let patterns: Vec<&str> = rule
            .draft
            .bundle
            .iter()
            .map(|id| id.text().trim())
            .collect();
        globs(&patterns)
    };
    bundles.map(|rule| (rule, members(rule))).collect()
}

/// How a rule runs for a path.
pub(super) struct RunningRule {
    pub(super) severity: Severity,
    /// Strict where the profile is, or the settings ask for the rule itself.
    pub(super) profile: RuleProfile,
    pub(super) params: ScopedParams,
    pub(super) waivable: bool,
}

impl<'a> SettingsPlan<'a> {
    /// Steps that the expressions of one rule may take for one subject.
    pub(super) fn most_steps(&self) -> usize {
        self.settings.most_steps
    }

    pub(super) fn is_strict(&self) -> bool {
        self.settings.profile == RuleProfile::Strict
    }

    /// Whether rules were asked for by name.
    pub(super) fn selects(&self) -> bool {
        !self.settings.select.is_empty()
    }

    pub(super) fn new(rules: &'a RuleSet, settings: &'a RuleSettings) -> Self {
        let overrides = settings.overrides.iter().map(|o| {
            let mut rules: Vec<_> = o.rules.iter().collect();
            // Later ones win: the more of an id a pattern spells out, the later it comes.
            rules.sort_by_key(|(id, _)| specificity(id));
            ScopedSetting {
                paths: o.paths.as_deref().map(globs),
                rules: rules
                    .into_iter()
                    .filter_map(|(id, o)| Some((glob(id).ok()?, o)))
                    .collect(),
            }
        });
        Self {
            settings,
            select: globs(&settings.select),
            ignore: globs(&settings.ignore),
            overrides: overrides.collect(),
            bundles: bundles(rules),
            quiet: QuietPaths::new(rules, settings),
        }
    }

    /// Whether any path could make this rule run: spares the work for those that none can.
    pub(super) fn may_run(&self, rule: &CompiledRule) -> bool {
        let enabled = |o: &ScopedSetting<'_>| {
            o.rules
                .iter()
                .any(|(glob, o)| o.enabled == Some(true) && glob.is_match(rule.id()))
        };
        self.is_chosen(rule, self.overrides.iter().any(enabled))
    }

    /// How the rule runs for a path, if it does.
    pub(super) fn plan_rule(&self, rule: &CompiledRule, path: &str) -> Option<RunningRule> {
        let mut enabled = None;
        let mut severity = rule.draft.severity;
        let mut waivable = !rule.draft.non_waivable;
        let params = &rule.draft.params;
        let mut values: ScopedParams = params
            .iter()
            .map(|(name, p)| (name.clone(), p.default.clone()))
            .collect();
        for own in self.overrides_of(rule, path) {
            enabled = own.enabled.or(enabled);
            severity = own.severity.unwrap_or(severity);
            waivable &= !own.non_waivable;
            for (name, value) in &own.params {
                if let Some(Ok(datum)) = params.get(name).map(|p| p.accept(value)) {
                    values.insert(name.clone(), datum);
                }
            }
        }
        let asked_for = self.settings.select.iter().any(|s| s == rule.id());
        if enabled == Some(false) && !asked_for {
            return None;
        }
        let is_wanted = enabled == Some(true) || self.select.is_match(rule.id());
        let profile = if is_wanted {
            RuleProfile::Strict
        } else {
            self.settings.profile
        };
        self.is_chosen(rule, enabled == Some(true))
            .then_some(RunningRule {
                severity,
                profile,
                params: values,
                waivable,
            })
    }

    fn is_chosen(&self, rule: &CompiledRule, enabled: bool) -> bool {
        if self.ignore.is_match(rule.id()) {
            return false;
        }
        if !self.settings.select.is_empty() {
            // What a selected bundle reports has to be judged.
            let mut bundles = self.bundles_of(rule);
            return self.select.is_match(rule.id())
                || bundles.any(|bundle| self.select.is_match(bundle.id()));
        }
        let in_profile = rule.draft.profile == RuleProfile::Recommended || self.is_strict();
        enabled || (in_profile && !rule.draft.preview)
    }

    /// The bundles that may report what a rule finds.
    fn bundles_of<'p>(
        &'p self,
        rule: &'p CompiledRule,
    ) -> impl Iterator<Item = &'a CompiledRule> + use<'a, 'p> {
        let (subject, is_bundle) = (rule.draft.subject, rule.draft.is_bundle());
        let bundles = self.bundles.iter();
        let reports = bundles.filter(move |(bundle, members)| {
            !is_bundle && bundle.draft.subject == subject && members.is_match(rule.id())
        });
        reports.map(|(bundle, _)| *bundle)
    }

    /// Who reports an unset setting that a rule found at a path. A bundle that a project turned off
    /// takes its members with it: they were not selected by themselves.
    pub(super) fn voice(&self, rule: &CompiledRule, path: &str) -> FindingVoice<'a> {
        let alone = if self.is_selected(rule) {
            FindingVoice::Alone
        } else {
            FindingVoice::Silent
        };
        if self.settings.without_bundles {
            return alone;
        }
        let mut off = false;
        for bundle in self.bundles_of(rule) {
            if self.plan_rule(bundle, path).is_some() {
                return FindingVoice::Bundle(bundle.id());
            }
            let enabled = self
                .overrides_of(bundle, path)
                .filter_map(|own| own.enabled);
            off |= self.ignore.is_match(bundle.id()) || enabled.last() == Some(false);
        }
        if off && self.settings.select.is_empty() {
            return FindingVoice::Silent;
        }
        alone
    }

    /// Whether a rule was chosen itself, not for a bundle alone.
    pub(super) fn is_selected(&self, rule: &CompiledRule) -> bool {
        self.settings.select.is_empty() || self.select.is_match(rule.id())
    }

    /// Whether the settings of a path turn a rule on, or give it a severity or parameters, by a pattern
    /// that does not fit `bundle` as well.
    pub(super) fn is_configured(&self, rule: &CompiledRule, bundle: &str, path: &str) -> bool {
        self.patterns_of(rule, path)
            .filter(|(glob, _)| !glob.is_match(bundle))
            .any(|(_, own)| {
                own.enabled == Some(true) || own.severity.is_some() || !own.params.is_empty()
            })
    }

    fn overrides_of<'p>(
        &'p self,
        rule: &'p CompiledRule,
        path: &'p str,
    ) -> impl Iterator<Item = &'p RuleOverride> {
        self.patterns_of(rule, path).map(|(_, own)| own)
    }

    fn patterns_of<'p>(
        &'p self,
        rule: &'p CompiledRule,
        path: &'p str,
    ) -> impl Iterator<Item = (&'p GlobMatcher, &'p RuleOverride)> {
        self.overrides
            .iter()
            .filter(move |o| o.paths.as_ref().is_none_or(|p| p.is_match(path)))
            .flat_map(|o| &o.rules)
            .filter(|(glob, _)| glob.is_match(rule.id()))
            .map(|(glob, own)| (glob, *own))
    }
}
