//! What a defect costs: the work in which it shows, and never in silence.

use std::sync::Arc;

use super::*;
use crate::discover::FileKind;
use crate::load::rules;
use crate::source::own_fault::with_defect_in;

/// A check of two files with faults, on one thread, with a defect in a stage.
fn check_with_defect(stage: WorkStage) -> Report {
    let input = |path: &str, kind, text: &str| InputFile {
        path: path.to_owned(),
        kind,
        text: Arc::from(text),
    };
    let project = ProjectInputs {
        inputs: vec![
            input(
                "redis.conf",
                FileKind::ConfText,
                "hz abc\nmaxmemory 1gb # x\n",
            ),
            input(
                "README.md",
                FileKind::Markdown,
                "```conf\nhz abc\nmaxmemory 2gb\n```\n",
            ),
        ],
        ..ProjectInputs::default()
    };
    let (knowledge, rules) = (Knowledge::embedded().unwrap(), rules::builtin().rules);
    let settings = policy::RuleSettings::default();
    let scope = ReportScope::default();
    let run = || {
        check(
            Sources::default(),
            &project,
            &knowledge,
            &rules,
            &settings,
            &scope,
        )
    };
    let threads = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    threads.unwrap().install(|| with_defect_in(stage, run))
}

/// What the report says of the defect.
fn messages(report: &Report) -> Vec<&str> {
    let findings = report.shown_findings().flat_map(Finding::members);
    let findings = findings.flat_map(|one| {
        let obstacle = one.fix_obstacle.as_deref();
        std::iter::once(one.message.as_str()).chain(obstacle)
    });
    let notes = report.notes.iter().map(|note| note.message.as_str());
    let messages = findings.chain(notes);
    messages
        .filter(|text| text.contains("internal error while"))
        .collect()
}

#[test]
fn a_defect_costs_its_own_work_and_is_reported() {
    let faults = |report: &Report| {
        let findings = report.shown_findings().flat_map(Finding::members);
        findings
            .filter(|one| one.rule == "conf/invalid-value")
            .count()
    };
    for (stage, left) in [
        (WorkStage::Reading, 0),
        (WorkStage::Joining, 0),
        (WorkStage::Judging, 0),
        (WorkStage::Fixing, 2),
        (WorkStage::Suppressing, 2),
        (WorkStage::Merging, 2),
    ] {
        let report = check_with_defect(stage);
        assert!(!messages(&report).is_empty(), "{stage:?} is not reported");
        assert_eq!(faults(&report), left, "{stage:?}");
        // Warnings fail a check unless somebody asks for less. Where every rule fails, the one that
        // reports defects does so too, and notes are left.
        let mut shown = report.shown_findings();
        assert!(
            stage == WorkStage::Judging || shown.any(|one| one.severity != Severity::Info),
            "{stage:?}: a run that lost something is not clean"
        );
    }
}
