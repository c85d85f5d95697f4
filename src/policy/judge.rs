//! Evaluates every rule against every subject of its kind.
//!
//! A rule reports a violation only if its `when` is true and its `assert` is false, and both are
//! known. The content of the violation (message, place, labels, fix) is built in
//! [`super::violation`].

use std::collections::BTreeSet;

use rayon::prelude::*;

use crate::facts::estate::{Estate, Subject, SubjectKind};
use crate::facts::value::Strength;
use crate::finding::{RuleRun, Severity, Undetermined};
use crate::policy::outcome::{CelValue, Evaluation, MissingOperands};
use crate::policy::plan::{FindingVoice, RunningRule, SettingsPlan};
use crate::policy::rule::{CompiledRule, RuleTest};
use crate::policy::rule_source::RuleMistake;
use crate::policy::ruleset::RuleSet;
use crate::policy::scope::SubjectScope;
use crate::policy::settings::RuleSettings;
use crate::policy::violation::{self, RuleViolation};
use crate::source::Span;
use crate::source::own_fault::{WorkStage, attempt, internal_error};

/// How often rules could and could not be judged: one count for each rule and subject.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JudgementCounts {
    /// Rules that run for some path.
    pub rules: usize,
    pub judged: usize,
    pub not_applicable: usize,
    pub undetermined: usize,
    /// Silenced because the path is test code or the subject is outside the rule's audience.
    pub quiet: usize,
}

/// The outcome of a policy run.
#[derive(Clone, Debug, Default)]
pub struct PolicyOutcome {
    pub verdicts: Vec<RuleViolation>,
    pub undetermined: Vec<Undetermined>,
    pub counts: JudgementCounts,
    /// How each rule that ran came out.
    pub runs: Vec<RuleRun>,
    /// Defects of redvet: the place of the subject that was not judged, and what is said of it.
    pub faults: Vec<(Span, String)>,
    /// Rules that do not compile, by id. A shipped pack has none; a user's are refused when loaded.
    pub broken: Vec<(String, Vec<RuleMistake>)>,
}

/// Judges every rule that the settings leave on against every subject of its kind.
pub fn judge(rules: &RuleSet, estate: &Estate, settings: &RuleSettings) -> PolicyOutcome {
    let mut judge = RuleJudge {
        rules,
        estate,
        plan: SettingsPlan::new(rules, settings),
        judgement: PolicyOutcome::default(),
        found: Vec::new(),
        spoken: BTreeSet::new(),
    };
    judge.compile();
    for rule in rules.rules() {
        judge.rule(rule);
    }
    let mut judgement = judge.judgement;
    judgement.verdicts = violation::merge_violations(without_yielding(judge.found, &judge.spoken));
    judgement
}

/// What a rule makes of a subject, and how its conditions came out.
struct RuleResult {
    decision: RuleDecision,
    /// The outer `None`: the rule has no such condition.
    when: Option<Option<bool>>,
    /// The outer `None`: it was not asked.
    assert: Option<Option<bool>>,
}

impl RuleResult {
    fn count(&self, run: &mut RuleRun) {
        run.subjects += 1;
        if let Some(when) = self.when {
            run.when.get_or_insert_default().count(when);
        }
        if let Some(assert) = self.assert {
            run.assert.count(assert);
        }
    }
}

enum RuleDecision {
    Holds,
    NotApplicable,
    Undetermined(MissingOperands),
    Fails(Strength),
}

struct RuleJudge<'a> {
    rules: &'a RuleSet,
    estate: &'a Estate,
    plan: SettingsPlan<'a>,
    judgement: PolicyOutcome,
    /// What was found, each with the subject that it is about and the server of that.
    found: Vec<(RuleViolation, Vec<SubjectIdentity>)>,
    spoken: BTreeSet<SpokenFault>,
}

/// A rule that reported something, and the identity and file of its subject.
type SpokenFault = (String, SubjectIdentity);
type SubjectIdentity = (SubjectKind, String, String);

fn identity(subject: &Subject) -> SubjectIdentity {
    (subject.kind, subject.identity.clone(), subject.path.clone())
}

/// A fault is reported once, by the most precise rule.
fn without_yielding(
    found: Vec<(RuleViolation, Vec<SubjectIdentity>)>,
    spoken: &BTreeSet<SpokenFault>,
) -> Vec<RuleViolation> {
    let is_told = |(violation, about): &(RuleViolation, Vec<SubjectIdentity>)| {
        let better = |rule: &String| {
            about
                .iter()
                .any(|subject| spoken.contains(&(rule.clone(), subject.clone())))
        };
        !violation.yields_to.iter().any(better)
    };
    found.into_iter().filter(is_told).map(|(v, _)| v).collect()
}

impl RuleJudge<'_> {
    /// Compiles the tests that will be needed side by side: parsing them is much of a short run.
    fn compile(&self) {
        let meets = |rule: &&CompiledRule| !self.estate.subjects(rule.draft.subject).is_empty();
        let rules: Vec<&CompiledRule> = self.rules.rules().filter(meets).collect();
        let needed = rules.into_par_iter().filter(|rule| self.plan.may_run(rule));
        needed.for_each(|rule| {
            let _ = rule.test();
        });
    }

    fn rule(&mut self, rule: &CompiledRule) {
        if rule.draft.is_bundle() || !self.plan.may_run(rule) {
            return;
        }
        self.judgement.counts.rules += 1;
        self.judgement.runs.push(RuleRun {
            rule: rule.id().to_owned(),
            ..RuleRun::default()
        });
        let subjects = self.estate.subjects(rule.draft.subject);
        if subjects.is_empty() {
            return;
        }
        match rule.test() {
            Ok(test) => {
                for subject in subjects {
                    let judged = attempt(WorkStage::Judging, || self.subject(rule, test, subject));
                    if judged.is_none() {
                        self.record_failure(rule, subject);
                    }
                }
            }
            Err(mistakes) => self.record_mistakes(rule, mistakes),
        }
    }

    fn record_failure(&mut self, rule: &CompiledRule, subject: &Subject) {
        let what = format!("judging {} by {}", subject.name, rule.id());
        let fault = (subject.anchor, internal_error(&what));
        self.judgement.faults.push(fault);
    }

    fn record_mistakes(&mut self, rule: &CompiledRule, mistakes: &[RuleMistake]) {
        let broken = (rule.id().to_owned(), mistakes.to_vec());
        if !self.judgement.broken.contains(&broken) {
            self.judgement.broken.push(broken);
        }
    }

    fn subject(&mut self, rule: &CompiledRule, test: &RuleTest, subject: &Subject) {
        let Some(running) = self.plan.plan_rule(rule, &subject.path) else {
            return;
        };
        let scope = SubjectScope::new(self.estate, subject, &running.params, &test.lets)
            .with_steps(self.plan.most_steps());
        let quiet = &self.plan.quiet;
        if quiet.silence(rule, running.severity, &subject.path) || self.is_outside(rule, &scope) {
            self.judgement.counts.quiet += 1;
            return;
        }
        let ruling = rule_on(test, &scope);
        if let Some(run) = self.judgement.runs.last_mut() {
            ruling.count(run);
        }
        let counts = &mut self.judgement.counts;
        match ruling.decision {
            RuleDecision::Holds => counts.judged += 1,
            RuleDecision::NotApplicable => counts.not_applicable += 1,
            RuleDecision::Undetermined(missing) => {
                counts.undetermined += 1;
                self.undetermined(rule, subject, missing);
            }
            RuleDecision::Fails(strength) => {
                counts.judged += 1;
                self.fails(rule, test, &running, strength, &scope);
            }
        }
    }

    fn fails(
        &mut self,
        rule: &CompiledRule,
        test: &RuleTest,
        running: &RunningRule,
        strength: Strength,
        scope: &SubjectScope<'_>,
    ) {
        match rule.speech(test) {
            Ok(speech) => {
                let frame = violation::FailedRule {
                    rule,
                    speech,
                    severity: running.severity,
                    strength,
                    waivable: running.waivable,
                    profile: running.profile,
                    rules: self.rules,
                };
                let verdict = frame.verdict(scope);
                let reported = verdict.and_then(|v| self.report_violation(rule, v, scope));
                if let Some(reported) = reported {
                    let about = self.about(scope.subject);
                    let own = identity(scope.subject);
                    self.spoken.insert((rule.id().to_owned(), own));
                    self.found.push((reported, about));
                }
            }
            Err(mistakes) => self.record_mistakes(rule, mistakes),
        }
    }

    /// Whether a subject, or the server that a line belongs to, is a sample.
    fn is_sample(&self, rule: &CompiledRule, subject: &Subject) -> bool {
        let quiet = &self.plan.quiet;
        let server = subject.server.as_ref();
        let server = server.filter(|_| subject.kind == SubjectKind::Directive);
        let server = server.and_then(|server| self.estate.servers.get(server.index));
        quiet.is_sample(rule, &subject.path, server.unwrap_or(subject))
            || quiet.is_sample(rule, &subject.path, subject)
    }

    /// A subject, and for a line the server that it belongs to.
    fn about(&self, subject: &Subject) -> Vec<SubjectIdentity> {
        let server = subject.server.as_ref();
        let server = server.filter(|_| subject.kind == SubjectKind::Directive);
        let server = server.and_then(|server| self.estate.servers.get(server.index));
        std::iter::once(subject)
            .chain(server)
            .map(identity)
            .collect()
    }

    /// What is reported of a violation: an unset setting may be a bundle's to report, and a rule that
    /// runs for a selected bundle alone says nothing else.
    fn report_violation(
        &self,
        rule: &CompiledRule,
        mut violation: RuleViolation,
        scope: &SubjectScope<'_>,
    ) -> Option<RuleViolation> {
        // An assumed error is a warning, and so not what a sample is checked for.
        if violation.finding.severity < Severity::Error && self.is_sample(rule, scope.subject) {
            return None;
        }
        let Some(unset) = &mut violation.finding.unset else {
            return self.plan.is_selected(rule).then_some(violation);
        };
        match self.plan.voice(rule, &scope.subject.path) {
            FindingVoice::Alone => {}
            FindingVoice::Bundle(id) => unset.bundle = Some(id.to_owned()),
            FindingVoice::Silent => return None,
        }
        Some(violation)
    }

    fn undetermined(&mut self, rule: &CompiledRule, subject: &Subject, missing: MissingOperands) {
        self.judgement.undetermined.push(Undetermined {
            rule: rule.id().to_owned(),
            subject: violation::subject_ref(subject, self.estate),
            at: subject.anchor,
            reasons: missing.reasons.into_iter().collect(),
            waits_for_version: missing.waits_for_version,
        });
    }

    /// Whether the subject, or the server that a line belongs to, is known to be outside the rule's
    /// audience. An unknown answer does not silence.
    fn is_outside(&self, rule: &CompiledRule, scope: &SubjectScope<'_>) -> bool {
        let subject = match (scope.subject.kind, &scope.subject.server) {
            (SubjectKind::Directive, Some(related)) => self.estate.servers.get(related.index),
            _ => Some(scope.subject),
        };
        if subject.is_some_and(|subject| self.plan.quiet.is_development(rule, subject)) {
            return true;
        }
        let Some(audience) = self.rules.audience(rule) else {
            return false;
        };
        let Some((subject, outside)) = subject.and_then(|s| Some((s, audience.outside(s.kind)?)))
        else {
            return false;
        };
        let scope = SubjectScope::new(self.estate, subject, scope.params, &[]);
        is_true(&outside.eval(&scope, &mut Vec::new()))
    }
}

fn is_true(outcome: &Evaluation) -> bool {
    matches!(outcome, Ok(known) if known.val == CelValue::Bool(true))
}

fn is_false(outcome: &Evaluation) -> bool {
    matches!(outcome, Ok(known) if known.val == CelValue::Bool(false))
}

/// What an outcome says, if it is known.
fn truth(outcome: &Evaluation) -> Option<bool> {
    outcome.as_ref().ok().and_then(|known| known.val.truth())
}

/// `when` and not `assert`, with three values: a rule whose assertion holds has nothing to say even
/// where it is unknown whether the rule applies.
fn rule_on(test: &RuleTest, scope: &SubjectScope<'_>) -> RuleResult {
    let vars = &mut Vec::new();
    let when = test.when.as_ref().map(|w| w.eval(scope, vars));
    let when_truth = when.as_ref().map(truth);
    let is_outside = match &when {
        Some(Err(missing)) => missing.absent,
        Some(known) => is_false(known),
        None => false,
    };
    if is_outside {
        return RuleResult {
            decision: RuleDecision::NotApplicable,
            when: when_truth.map(|_| Some(false)),
            assert: None,
        };
    }
    let assert = test.assert.eval(scope, vars);
    RuleResult {
        when: when_truth,
        assert: Some(truth(&assert)),
        decision: decision(when, assert),
    }
}

fn decision(when: Option<Evaluation>, assert: Evaluation) -> RuleDecision {
    if is_true(&assert) {
        return RuleDecision::Holds;
    }
    let when = when.unwrap_or_else(|| {
        Ok(crate::policy::outcome::KnownResult::certain(
            CelValue::Bool(true),
        ))
    });
    match (when, assert) {
        (Ok(when), Ok(assert)) => RuleDecision::Fails(when.strength.min(assert.strength)),
        (Err(missing), Ok(_)) | (Ok(_), Err(missing)) => not_decided(missing),
        (Err(one), Err(two)) => not_decided(one.and(two)),
    }
}

/// Any absent operand makes the rule not applicable.
fn not_decided(missing: MissingOperands) -> RuleDecision {
    if missing.absent {
        RuleDecision::NotApplicable
    } else {
        RuleDecision::Undetermined(missing)
    }
}

#[cfg(test)]
mod tests;
