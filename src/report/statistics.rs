//! What was found and what could not be decided, counted by rule: for a reader who has many
//! findings and asks where to begin. No times: the same input gives the same bytes.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::finding::{ConditionTally, Report, RuleRun, Severity};

use super::{sanitize, summary, tidy};

/// What a rule came to.
#[derive(Default)]
struct RuleCount {
    worst: Option<Severity>,
    findings: usize,
    suppressed: usize,
    fixable: usize,
}

/// The counts, the most frequent first, then the reasons for which rules were not decided. `every_rule`:
/// also the rules that came out alike everywhere, which tells something to those who write rules.
pub fn render(report: &Report, every_rule: bool) -> String {
    let mut out = render_found(report);
    let open = render_undecided(report);
    if !open.is_empty() {
        out.push_str(&format!("\nundetermined:\n{open}"));
    }
    if every_rule {
        out.push_str(&constant(report));
    }
    out.push_str(&format!("\n{}\n", summary::line(&report.summary, true)));
    tidy(out.trim_start_matches('\n'))
}

fn render_found(report: &Report) -> String {
    let mut counts: BTreeMap<&str, RuleCount> = BTreeMap::new();
    for finding in &report.findings {
        let count = counts.entry(&finding.rule).or_default();
        if finding.suppressed.is_some() {
            count.suppressed += 1;
            continue;
        }
        count.findings += 1;
        count.fixable += usize::from(finding.fix.is_some());
        count.worst = count.worst.max(Some(finding.severity));
    }
    let mut rows: Vec<(&str, RuleCount)> = counts.into_iter().collect();
    rows.sort_by_key(|(_, count)| Reverse((count.findings, count.suppressed)));
    rows.iter().map(|(rule, count)| row(rule, count)).collect()
}

fn row(rule: &str, count: &RuleCount) -> String {
    let word = count.worst.map_or("-", Severity::as_str);
    let mut more = Vec::new();
    if count.fixable > 0 {
        more.push(format!("{} fixable", count.fixable));
    }
    if count.suppressed > 0 {
        more.push(format!("{} suppressed", count.suppressed));
    }
    let more = if more.is_empty() {
        String::new()
    } else {
        format!("  ({})", more.join(", "))
    };
    format!("{:>5}  {word:<7}  {rule}{more}\n", count.findings)
}

type OfRun = fn(&RuleRun) -> bool;

/// Why a rule came out alike wherever it looked.
const CONSTANT: [(&str, OfRun); 4] = [
    ("no subjects", |run| run.subjects == 0),
    ("`when` always false", |run| {
        let fails = run.when.map_or(0, |when| when.fails);
        run.subjects > 0 && fails == run.subjects
    }),
    ("`assert` always true", |run| {
        let ConditionTally { holds, fails, open } = run.assert;
        holds > 0 && fails + open == 0
    }),
    ("`assert` always false", |run| {
        let ConditionTally { holds, fails, open } = run.assert;
        fails > 1 && holds + open == 0
    }),
];

/// The rules that came out alike for all subjects: one that was meant to tell them apart does not.
fn constant(report: &Report) -> String {
    let mut out = String::new();
    for (why, is_so) in CONSTANT {
        let runs = report.runs.iter().filter(|run| is_so(run));
        let ids: Vec<&str> = runs.map(|run| run.rule.as_str()).collect();
        if !ids.is_empty() {
            out.push_str(&format!("{:>5}  {why}: {}\n", ids.len(), ids.join(", ")));
        }
    }
    if out.is_empty() {
        return out;
    }
    format!("\nrules with the same result for every subject:\n{out}")
}

/// Reasons, each with how often it was given.
type CountedReasons<'r> = Vec<(&'r str, usize)>;

/// By rule, how many subjects could not be judged, and each reason with how often it was given.
fn render_undecided(report: &Report) -> String {
    let mut rules: BTreeMap<&str, (usize, BTreeMap<&str, usize>)> = BTreeMap::new();
    for case in &report.undetermined {
        let (count, reasons) = rules.entry(&case.rule).or_default();
        *count += 1;
        for reason in &case.reasons {
            *reasons.entry(reason).or_default() += 1;
        }
    }
    // Rules that wait for the same facts are one line.
    let mut groups: BTreeMap<(Reverse<usize>, CountedReasons<'_>), Vec<&str>> = BTreeMap::new();
    for (rule, (count, reasons)) in rules {
        let mut reasons: CountedReasons<'_> = reasons.into_iter().collect();
        reasons.sort_by_key(|(_, count)| Reverse(*count));
        groups
            .entry((Reverse(count), reasons))
            .or_default()
            .push(rule);
    }
    let mut out = String::new();
    for ((Reverse(count), reasons), rules) in groups {
        out.push_str(&format!("{count:>5}  {}\n", rules.join(", ")));
        for (reason, count) in reasons {
            out.push_str(&format!(
                "       {count:>3} x {}\n",
                sanitize::one_line(reason)
            ));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::full::samples;
    use super::{ConditionTally, RuleRun};

    #[test]
    fn counts_by_rule_and_reasons() {
        let mut report = samples::report();
        let again = report.findings[2].clone();
        report.findings.push(again);
        insta::assert_snapshot!(super::render(&report, false), @r"
            2  warning  conf/trailing-comment  (2 fixable)
            1  error    memory/maxmemory-too-high  (1 fixable)
            0  -        security/plaintext-password  (1 suppressed)

        undetermined:
            1  threads/io-threads-too-many
                 1 x no CPU limit is known

        1 error, 1 warning in 2 files (1 server, 0 clients); 1 rule evaluation undetermined; 1 suppressed
        ");
    }

    #[test]
    fn rules_that_came_out_alike_are_told() {
        let mut report = samples::report();
        let run = |rule: &str, subjects, holds, fails| RuleRun {
            rule: rule.to_owned(),
            subjects,
            when: None,
            assert: ConditionTally {
                holds,
                fails,
                open: 0,
            },
        };
        report.runs = vec![
            run("a/idle", 0, 0, 0),
            run("a/alike", 2, 2, 0),
            run("a/loud", 2, 0, 2),
            run("a/useful", 2, 1, 1),
            RuleRun {
                when: Some(ConditionTally {
                    fails: 2,
                    ..ConditionTally::default()
                }),
                ..run("a/never", 2, 0, 0)
            },
        ];
        insta::assert_snapshot!(super::constant(&report), @r"

        rules with the same result for every subject:
            1  no subjects: a/idle
            1  `when` always false: a/never
            1  `assert` always true: a/alike
            1  `assert` always false: a/loud
        ");
    }

    #[test]
    fn a_clean_run_is_its_summary() {
        let mut report = samples::report();
        report.findings.clear();
        report.undetermined.clear();
        assert_eq!(super::render(&report, true).lines().count(), 1);
    }
}
