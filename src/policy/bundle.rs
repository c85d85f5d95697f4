//! The text of a bundle finding: the settings that its members found unset. Which findings are
//! joined, and where the finding is placed, is decided in `check`.

use std::collections::BTreeSet;

use crate::finding::{Consequence, Severity, UnsetSetting};
use crate::policy::plan::{RunningRule, SettingsPlan};
use crate::policy::rule::CompiledRule;
use crate::policy::rule_source::LoneSettings;
use crate::policy::ruleset::RuleSet;
use crate::policy::settings::RuleSettings;
use crate::policy::{template, violation};

/// A bundle's own part of its finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BundleReport {
    pub severity: Severity,
    pub waivable: bool,
    pub message: String,
    pub help: Option<String>,
    pub consequence: Option<Consequence>,
    pub url: Option<String>,
}

/// What becomes of the settings that a bundle may report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BundleDecision {
    Joined,
    Alone,
    /// Those that the settings ask for are reported on their own, the rest is not reported.
    Configured,
}

/// The bundles of a run, with the settings ready to be asked for each finding.
pub struct BundleRules<'a> {
    rules: &'a RuleSet,
    plan: SettingsPlan<'a>,
}

impl<'a> BundleRules<'a> {
    pub fn new(rules: &'a RuleSet, settings: &'a RuleSettings) -> Self {
        let plan = SettingsPlan::new(rules, settings);
        Self { rules, plan }
    }

    /// What becomes of what these members of a bundle found in a file.
    pub fn decide(&self, id: &str, path: &str, found: &BTreeSet<&str>) -> BundleDecision {
        let Some(draft) = self.rules.get(id).map(|rule| &rule.draft) else {
            return BundleDecision::Alone;
        };
        let needs = draft.needs.iter().map(|needed| needed.text().trim());
        let mut unmet = needs.filter(|needed| !found.contains(needed)).peekable();
        if unmet.peek().is_none() {
            return BundleDecision::Joined;
        }
        let wants_all = self.plan.is_strict() || self.plan.selects();
        match draft.otherwise {
            LoneSettings::Alone => BundleDecision::Alone,
            LoneSettings::Strict if wants_all => BundleDecision::Joined,
            // A rule that is off finds nothing, so that its silence says nothing about the setting.
            LoneSettings::Strict if unmet.all(|needed| !self.runs(needed, path)) => {
                BundleDecision::Joined
            }
            LoneSettings::Strict => BundleDecision::Configured,
        }
    }

    fn runs(&self, id: &str, path: &str) -> bool {
        let rule = self.rules.get(id);
        rule.is_some_and(|rule| self.plan.plan_rule(rule, path).is_some())
    }

    /// Whether the settings ask for this member itself: what they say of the bundle too, by a pattern
    /// such as `pool/*`, is about the bundle's finding.
    pub fn is_configured(&self, id: &str, member: &str, path: &str) -> bool {
        let member = self.rules.get(member);
        member.is_some_and(|member| self.plan.is_configured(member, id, path))
    }

    /// What the bundle of this id says of these settings in a file, if it runs there. It is certain
    /// only where every member's finding is.
    pub fn report(
        &self,
        id: &str,
        path: &str,
        unset: &[&UnsetSetting],
        certain: bool,
    ) -> Option<BundleReport> {
        let rule = self.rules.get(id)?;
        let running = self.plan.plan_rule(rule, path)?;
        Some(report(rule, &running, unset, certain, self.rules))
    }
}

fn report(
    rule: &CompiledRule,
    running: &RunningRule,
    unset: &[&UnsetSetting],
    certain: bool,
    rules: &RuleSet,
) -> BundleReport {
    // Servers of one name in one file leave the same settings out.
    let mut seen = BTreeSet::new();
    let listed = unset.iter().map(|unset| format_setting(unset));
    let listed: Vec<String> = listed.filter(|text| seen.insert(text.clone())).collect();
    let count = match listed.len() {
        1 => "1 setting".to_owned(),
        n => format!("{n} settings"),
    };
    let listed = listed.join(", ");
    let filled = |text: &str| template::OF_BUNDLE.fill(text, &count, &listed);
    let first = |texts: &[crate::policy::rule_source::TextVariant]| {
        texts.first().map(|variant| filled(variant.text.text()))
    };
    // A bundle's texts have no conditions: its members have decided.
    let named = rule.draft.consequence.first();
    let consequence = named.and_then(|name| rules.consequence(rule, name.text.text().trim()));
    BundleReport {
        severity: violation::severity(running.severity, certain),
        waivable: running.waivable,
        message: first(&rule.draft.message).unwrap_or_else(|| rule.draft.title.clone()),
        help: first(&rule.draft.help),
        consequence: consequence.filter(|_| certain),
        url: rules.url(rule),
    }
}

/// `hz (default 10, recommended 100)`.
fn format_setting(unset: &UnsetSetting) -> String {
    let default = unset
        .default
        .as_ref()
        .map(|value| format!("default {value}"));
    let wanted = unset.recommended.as_ref();
    // Where the default is good, only that it is not written matters.
    let wanted = wanted.filter(|wanted| unset.default.as_ref() != Some(*wanted));
    let wanted = wanted.map(|value| format!("recommended {value}"));
    let said: Vec<String> = default.into_iter().chain(wanted).collect();
    if said.is_empty() {
        return unset.name.clone();
    }
    format!("{} ({})", unset.name, said.join(", "))
}
