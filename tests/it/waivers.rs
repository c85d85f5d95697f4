//! Waivers near their last day: silence, a note, and the finding on the day after.

use crate::support::harness::Harness;
use redvet::finding::Report;
use redvet::policy::{RawParamValue, RuleOverride, ScopedOverrides};

/// 2026-12-31, in days since 1970-01-01.
const LAST: i64 = 20_818;

const FILES: &[(&str, &str)] = &[
    (
        "redvet.toml",
        "[[waiver]]\nrule = \"conf/invalid-value\"\nreason = \"r\"\nexpires = 2026-12-31\n",
    ),
    ("redis.conf", "port eleven\n"),
];

fn on(day: i64) -> Report {
    let harness = Harness::new();
    harness.check_on(&harness.texts(FILES.iter().copied()), day)
}

/// The lines of `redvet.toml` on which its last day is found to be over, and how many notes there are
/// about it.
fn told(report: &Report) -> (Vec<usize>, usize) {
    let expired = report
        .shown_findings()
        .filter(|f| f.rule == "meta/expired-waiver");
    let lines = expired
        .map(|f| report.sources.start(f.primary).line)
        .collect();
    let notes = report.notes.iter();
    let about = notes
        .filter(|n| n.message.contains("expires on 2026-12-31"))
        .count();
    (lines, about)
}

fn is_silenced(report: &Report) -> bool {
    let mut findings = report.findings.iter();
    let finding = findings.find(|f| f.rule == "conf/invalid-value").unwrap();
    finding
        .suppressed
        .as_ref()
        .is_some_and(|s| s.by == "waiver")
}

#[test]
fn a_waiver_ends_after_its_last_day_and_says_so_before() {
    for (day, silenced, expired, notes) in [
        (LAST - 14, true, vec![], 0),
        (LAST - 13, true, vec![], 1),
        (LAST, true, vec![], 1),
        (LAST + 1, false, vec![4], 0),
    ] {
        let report = on(day);
        assert_eq!(is_silenced(&report), silenced, "{day}");
        assert_eq!(told(&report), (expired, notes), "{day}");
    }
}

#[test]
fn how_soon_is_soon_is_a_parameter_of_the_rule() {
    let mut harness = Harness::new();
    let days = ("notice_days".to_owned(), RawParamValue::Number(2.0));
    harness.overrides = vec![ScopedOverrides {
        paths: None,
        rules: [(
            "meta/expired-waiver".to_owned(),
            RuleOverride {
                params: [days].into(),
                ..RuleOverride::default()
            },
        )]
        .into(),
    }];
    let sample = harness.texts(FILES.iter().copied());
    let notes = |day| told(&harness.check_on(&sample, day)).1;
    assert_eq!((notes(LAST - 2), notes(LAST - 1)), (0, 1));
}
