//! What was found and what could not be decided, counted by rule: for whoever stands before many
//! findings and asks where to begin. No times: the same input gives the same bytes.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::finding::{Report, Severity};

use super::{shown, summary, tidy};

/// What a rule came to.
#[derive(Default)]
struct Count {
    worst: Option<Severity>,
    findings: usize,
    suppressed: usize,
    fixable: usize,
}

/// The counts, the most frequent first, then the reasons for which rules were not decided.
pub fn render(report: &Report) -> String {
    let mut out = found(report);
    let open = undecided(report);
    if !open.is_empty() {
        out.push_str(&format!("\nundetermined:\n{open}"));
    }
    out.push_str(&format!("\n{}\n", summary::line(&report.summary, true)));
    tidy(out.trim_start_matches('\n'))
}

fn found(report: &Report) -> String {
    let mut counts: BTreeMap<&str, Count> = BTreeMap::new();
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
    let mut rows: Vec<(&str, Count)> = counts.into_iter().collect();
    rows.sort_by_key(|(_, count)| Reverse((count.findings, count.suppressed)));
    rows.iter().map(|(rule, count)| row(rule, count)).collect()
}

fn row(rule: &str, count: &Count) -> String {
    let word = count.worst.map_or("-", Severity::word);
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

/// By rule, how many subjects could not be judged, and each reason with how often it was given.
fn undecided(report: &Report) -> String {
    let mut rules: BTreeMap<&str, (usize, BTreeMap<&str, usize>)> = BTreeMap::new();
    for case in &report.undetermined {
        let (count, reasons) = rules.entry(&case.rule).or_default();
        *count += 1;
        for reason in &case.reasons {
            *reasons.entry(reason).or_default() += 1;
        }
    }
    let mut rows: Vec<_> = rules.into_iter().collect();
    rows.sort_by_key(|(_, (count, _))| Reverse(*count));
    let mut out = String::new();
    for (rule, (count, reasons)) in rows {
        out.push_str(&format!("{count:>5}  {rule}\n"));
        let mut reasons: Vec<_> = reasons.into_iter().collect();
        reasons.sort_by_key(|(_, count)| Reverse(*count));
        for (reason, count) in reasons {
            out.push_str(&format!(
                "       {count:>3} x {}\n",
                shown::one_line(reason)
            ));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::full::samples;

    #[test]
    fn counts_by_rule_and_reasons() {
        let mut report = samples::report();
        let again = report.findings[2].clone();
        report.findings.push(again);
        insta::assert_snapshot!(super::render(&report), @r"
            2  warning  conf/trailing-comment  (2 fixable)
            1  error    memory/maxmemory-too-high  (1 fixable)
            0  -        security/plaintext-password  (1 suppressed)

        undetermined:
            1  threads/io-threads-too-many
                 1 x no CPU limit is known

        1 error, 1 warning in 2 files (1 server, 0 clients); 1 rule undetermined; 1 suppressed
        ");
    }

    #[test]
    fn a_clean_run_is_its_summary() {
        let mut report = samples::report();
        report.findings.clear();
        report.undetermined.clear();
        assert_eq!(super::render(&report).lines().count(), 1);
    }
}
