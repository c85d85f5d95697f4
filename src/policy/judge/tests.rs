//! Rules judged over the estate of `example`.

use std::collections::BTreeMap;

use super::*;
use crate::facts::cause::Cause;
use crate::facts::intent::{FixSafety, IntentOperation};
use crate::facts::value::Datum;
use crate::facts::vocabulary::FactType;
use crate::policy::example::{GIB, estate, rule, set, span, text, variants, vocabulary};
use crate::policy::param::{RawParamValue, RuleParam};
use crate::policy::rule_source::RuleProfile;
use crate::policy::rule_source::{
    CaseDraft, EditDraft, FixDraft, LabelDraft, OperationDraft, RuleDraft,
};
use crate::policy::ruleset::{Audience, RulePack};
use crate::policy::settings::QuietPatterns;
use crate::policy::settings::{RuleOverride, ScopedOverrides};

const TOO_HIGH: &str = "ratio(server.conf[\"maxmemory\"], server.limits.memory) <= params.max";

fn rules(draft: RuleDraft) -> RuleSet {
    let rule = CompiledRule::new(draft, "test");
    rule.compile(Some(&vocabulary())).unwrap();
    let pack = RulePack {
        name: "test".to_owned(),
        url: Some("https://example.org/{id}".to_owned()),
        quiet: QuietPatterns {
            tests: Some(vec!["**/testdata/**".to_owned()]),
            samples: Some(vec!["**/*.sample.*".to_owned()]),
            development: Some(vec!["examples/**".to_owned()]),
        },
        audiences: BTreeMap::from([("production".to_owned(), production())]),
        ..RulePack::default()
    };
    let mut set = RuleSet::default();
    set.add(pack, vec![rule]).unwrap();
    set
}

fn production() -> Audience {
    let from = RuleParam {
        ty: FactType::Size,
        default: Datum::Size(GIB),
        min: None,
        max: None,
        about: String::new(),
    };
    let outside = text("known(server.limits.memory) && server.limits.memory < params.from");
    Audience::new(
        BTreeMap::from([("from".to_owned(), from)]),
        [(SubjectKind::Server, outside)],
    )
}

fn judged(draft: RuleDraft) -> PolicyOutcome {
    judge(&rules(draft), &estate(), &RuleSettings::default())
}

fn one(draft: RuleDraft) -> RuleViolation {
    let mut judgement = judged(draft);
    assert_eq!(judgement.verdicts.len(), 1, "{judgement:?}");
    judgement.verdicts.remove(0)
}

#[test]
fn a_case_says_all_and_leaves_the_rest_to_the_rule() {
    let case = |when: &str, message: &str| CaseDraft {
        when: Some(text(when)),
        profile: RuleProfile::Recommended,
        message: text(message),
        help: None,
        at: None,
        fixes: Vec::new(),
    };
    let mut draft = rule("server.conf[\"maxmemory\"] < 1");
    draft.help = variants(&[(None, "of the rule")]);
    draft.cases = vec![
        case("server.conf[\"maxmemory\"] < 1", "does not hold"),
        case("server.conf[\"hz\"] > 1", "is not known"),
        CaseDraft {
            help: Some(text("of the case")),
            at: Some(text("server.limits.memory")),
            ..case("bounded(server.conf[\"maxmemory\"])", "bounded")
        },
        case("server.conf[\"maxmemory\"] > 0", "too late"),
    ];
    let outcome = one(draft.clone());
    assert_eq!(outcome.finding.message, "bounded");
    assert_eq!(outcome.finding.help.as_deref(), Some("of the case"));
    assert_eq!(outcome.about, "limits.memory");
    draft.cases.remove(2);
    let outcome = one(draft.clone());
    assert_eq!(outcome.finding.message, "too late");
    assert_eq!(outcome.finding.help.as_deref(), Some("of the rule"));
    assert_eq!(outcome.about, "maxmemory");
    draft.cases.clear();
    assert_eq!(one(draft).finding.message, "too high");
}

#[test]
fn a_failing_rule_says_what_it_saw_and_where() {
    let mut draft = rule("share <= params.max");
    draft.lets = vec![(
        "share".to_owned(),
        text("ratio(server.conf[\"maxmemory\"], server.limits.memory)"),
    )];
    draft.message = variants(&[(None, "{{{as_percent(share)}}} of {server.limits.memory}")]);
    draft.help = variants(&[
        (Some("known(server.limits.cpu)"), "cpu"),
        (None, "hz is {server.conf[\"hz\"]}"),
        (
            None,
            "at most {as_bytes(floor(params.max * server.limits.memory))}",
        ),
    ]);
    draft.fixes = vec![set(
        "server.conf[\"maxmemory\"]",
        "floor(28 * 1024 * 1024 * 1024)",
    )];
    let verdict = one(draft);
    assert_eq!(verdict.finding.message, "{93.8 %} of 32 GiB");
    assert_eq!(verdict.finding.help.as_deref(), Some("at most 28.16 GiB"));
    assert_eq!(verdict.finding.primary, span(10));
    assert_eq!(verdict.about, "maxmemory");
    assert_eq!(verdict.value_class, (30 * GIB).to_string());
    assert_eq!(
        verdict.finding.url.as_deref(),
        Some("https://example.org/memory/example")
    );
    let fix = verdict.fix.unwrap();
    assert_eq!(fix.title, "Set maxmemory to 28gb");
    assert!(
        matches!(&fix.operations[..], [IntentOperation::Set { to: Datum::Size(n), .. }] if *n == 28 * GIB)
    );
}

#[test]
fn unknown_is_undetermined_and_absent_is_not_applicable() {
    let undetermined = judged(rule("server.conf[\"hz\"] >= 100"));
    assert!(undetermined.verdicts.is_empty());
    assert_eq!(
        undetermined.undetermined[0].reasons,
        ["hz: the image is not visible"]
    );
    let absent = judged(rule("server.conf[\"io-threads\"] > server.conf[\"hz\"]"));
    assert_eq!(absent.counts.not_applicable, 1);
    assert!(absent.undetermined.is_empty());
}

#[test]
fn a_rule_whose_assertion_holds_is_decided_even_where_its_condition_is_unknown() {
    let mut draft = rule("server.limits.memory > 1");
    draft.when = Some(text("server.conf[\"hz\"] > 1"));
    assert_eq!(judged(draft.clone()).counts.judged, 1);
    draft.assert = Some(text("server.limits.memory < 1"));
    assert_eq!(judged(draft).counts.undetermined, 1);
}

#[test]
fn an_assumed_finding_is_a_warning_that_says_so() {
    let verdict = one(rule("server.role != \"cache\""));
    assert_eq!(verdict.finding.severity, Severity::Warning);
    assert!(!verdict.finding.certain);
    assert_eq!(verdict.finding.message, "too high");
}

#[test]
fn texts_without_their_facts_fall_back_and_secrets_are_hidden() {
    let mut draft = rule(TOO_HIGH);
    draft.message = variants(&[(None, "{server.conf[\"hz\"]}")]);
    assert_eq!(one(draft.clone()).finding.message, "an example");
    draft.message = variants(&[(None, "it is {server.conf[\"requirepass\"] + \"!\"}")]);
    draft.at = variants(&[(None, "server.conf[\"requirepass\"]")]);
    let verdict = one(draft);
    assert_eq!(verdict.finding.message, "it is ***");
    assert_eq!(verdict.value_class, "secret");
}

#[test]
fn a_place_falls_back_to_home_and_then_to_the_subject() {
    let mut draft = rule(TOO_HIGH);
    draft.at = variants(&[
        (None, "server.conf[\"hz\"]"),
        (None, "server.conf[\"timeout\"]"),
    ]);
    assert_eq!(one(draft.clone()).finding.primary, span(1));
    draft.at = variants(&[(None, "server.limits.cpu")]);
    assert_eq!(one(draft.clone()).finding.primary, span(0));
    draft.at.clear();
    assert_eq!(one(draft).about, "");
}

#[test]
fn labels_go_over_clients_and_leave_out_what_is_unknown() {
    let mut draft = rule(TOO_HIGH);
    draft.labels = vec![LabelDraft {
        when: None,
        each: Some(("c".to_owned(), text("server.clients"))),
        at: text("c.pool.max_size"),
        text: text("{name(c.pool.max_size)} is {c.pool.max_size}"),
    }];
    let labels = one(draft).finding.labels;
    assert_eq!(labels.len(), 1);
    assert_eq!(labels[0].text, "PoolSize is 200");
    assert_eq!(labels[0].span, span(110));
}

#[test]
fn a_fix_that_cannot_be_written_whole_is_dropped() {
    let mut draft = rule(TOO_HIGH);
    draft.fixes = vec![set("server.limits.memory", "1")];
    assert_eq!(one(draft.clone()).fix, None, "no slot");
    draft.fixes = vec![set("server.conf[\"maxmemory\"]", "server.conf[\"hz\"] * 2")];
    assert_eq!(one(draft.clone()).fix, None, "unknown value");
    draft.fixes = vec![FixDraft {
        when: None,
        safety: FixSafety::Safe,
        title: None,
        edits: vec![
            edit(
                None,
                OperationDraft::Remove {
                    path: text("server.conf[\"save\"]"),
                },
            ),
            edit(
                Some("1 > 2"),
                OperationDraft::Remove {
                    path: text("server.conf[\"hz\"]"),
                },
            ),
            edit(
                None,
                OperationDraft::MoveAbove {
                    path: text("server.limits.memory"),
                },
            ),
        ],
    }];
    let fix = one(draft).fix.unwrap();
    assert_eq!(fix.operations.len(), 2);
    assert_eq!(
        fix.title,
        "Remove `save` and move the limits memory to a line of its own"
    );
}

fn edit(when: Option<&str>, operation: OperationDraft) -> EditDraft {
    EditDraft {
        when: when.map(text),
        operation,
    }
}

#[test]
fn settings_turn_rules_on_and_off_and_change_them() {
    let mut strict = rule(TOO_HIGH);
    strict.profile = RuleProfile::Strict;
    let rules = rules(strict);
    let count = |settings: &RuleSettings| judge(&rules, &estate(), settings).verdicts.len();
    assert_eq!(count(&RuleSettings::default()), 0);
    let select = RuleSettings {
        select: vec!["memory/*".to_owned()],
        ..RuleSettings::default()
    };
    assert_eq!(count(&select), 1);
    let ignored = RuleSettings {
        ignore: vec!["memory/example".to_owned()],
        ..select.clone()
    };
    assert_eq!(count(&ignored), 0);
    let enabled = with_override(None, Some(true), None);
    assert_eq!(count(&enabled), 1);
    let elsewhere = with_override(Some("other/**"), Some(true), None);
    assert_eq!(count(&elsewhere), 0);
    let laxer = with_override(Some("*.yaml"), Some(true), Some("95%"));
    assert_eq!(count(&laxer), 0);
}

/// A case of the strict profile hides no other: the first that holds decides.
#[test]
fn a_case_of_the_strict_profile_waits_for_it_or_for_the_name_of_the_rule() {
    let mut draft = rule(TOO_HIGH);
    let case = |profile, message| CaseDraft {
        when: None,
        profile,
        message: text(message),
        help: None,
        at: None,
        fixes: Vec::new(),
    };
    draft.cases = vec![
        case(RuleProfile::Strict, "strict"),
        case(RuleProfile::Recommended, "never"),
    ];
    let rules = rules(draft);
    let found = |settings: &RuleSettings| judge(&rules, &estate(), settings);
    let outcome = found(&RuleSettings::default());
    assert!(outcome.verdicts.is_empty(), "{outcome:?}");
    assert_eq!(outcome.counts.judged, 1);
    let by_profile = RuleSettings {
        profile: RuleProfile::Strict,
        ..RuleSettings::default()
    };
    let by_selection = RuleSettings {
        select: vec!["memory/*".to_owned()],
        ..RuleSettings::default()
    };
    let enabled = with_override(None, Some(true), None);
    for settings in [by_profile, by_selection, enabled] {
        let verdicts = found(&settings).verdicts;
        assert_eq!(verdicts.len(), 1, "{settings:?}");
        assert_eq!(verdicts[0].finding.message, "strict");
    }
}

fn with_override(path: Option<&str>, enabled: Option<bool>, max: Option<&str>) -> RuleSettings {
    let params = max.map(|m| ("max".to_owned(), RawParamValue::Text(m.to_owned())));
    let own = RuleOverride {
        non_waivable: true,
        enabled,
        severity: Some(Severity::Info),
        params: params.into_iter().collect(),
    };
    RuleSettings {
        overrides: vec![ScopedOverrides {
            paths: path.map(|p| vec![p.to_owned()]),
            rules: BTreeMap::from([("memory/example".to_owned(), own)]),
        }],
        ..RuleSettings::default()
    }
}

#[test]
fn tests_are_quiet_and_development_is_for_rules_with_an_audience() {
    let draft = rule(TOO_HIGH);
    let mut production = draft.clone();
    production.audience = Some(text("production"));
    let quiet = |draft: &RuleDraft, path: &str, named: &[&str]| {
        let mut estate = estate();
        estate.servers[0].path = path.to_owned();
        let settings = RuleSettings {
            named_paths: named.iter().map(|p| (*p).to_owned()).collect(),
            ..RuleSettings::default()
        };
        judge(&rules(draft.clone()), &estate, &settings)
            .counts
            .quiet
            == 1
    };
    assert!(quiet(&draft, "a/testdata/b.yaml", &[]));
    assert!(!quiet(&draft, "a/testdata/b.yaml", &["a/testdata/b.yaml"]));
    assert!(!quiet(&draft, "examples/b.yaml", &[]));
    assert!(quiet(&production, "examples/b.yaml", &[]));
    assert!(!quiet(&production, "b.yaml", &[]));
    // In a sample an error is one, a warning is not worth a word.
    let mut warning = draft.clone();
    warning.severity = Severity::Warning;
    assert!(!quiet(&draft, "redis.sample.yaml", &[]));
    assert!(quiet(&warning, "redis.sample.yaml", &[]));
    assert!(!quiet(
        &warning,
        "redis.sample.yaml",
        &["redis.sample.yaml"]
    ));
}

#[test]
fn a_server_known_to_be_small_is_outside_the_audience_and_an_unknown_one_is_not() {
    let mut draft = rule("server.conf[\"maxmemory\"] < 1");
    draft.audience = Some(text("production"));
    let quiet = |limit: crate::facts::FactValue| {
        let mut estate = estate();
        estate.servers[0].put(crate::facts::fact_path::ServerFact::LimitsMemory, limit);
        judge(&rules(draft.clone()), &estate, &RuleSettings::default())
            .counts
            .quiet
            == 1
    };
    use crate::facts::FactValue;
    assert!(quiet(FactValue::set(Datum::Size(GIB / 2), span(0))));
    assert!(!quiet(FactValue::set(Datum::Size(GIB), span(0))));
    assert!(!quiet(FactValue::unknown(Cause::Template("fills it in"))));
}

#[test]
fn one_text_for_two_servers_is_one_verdict() {
    let mut estate = estate();
    let mut second = estate.servers[0].clone();
    second.name = "StatefulSet/other".to_owned();
    estate.servers.push(second);
    let judgement = judge(&rules(rule(TOO_HIGH)), &estate, &RuleSettings::default());
    assert_eq!(judgement.verdicts.len(), 1);
    assert_eq!(
        judgement.verdicts[0].finding.also[0].subject.name,
        "StatefulSet/other"
    );
}
