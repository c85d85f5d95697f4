//! Findings as a person reads them: those that say the same are one group with all their places, and
//! groups at one place are one block. No finding is lost here; drawing them is left to the formats.

use std::collections::HashMap;

use crate::finding::{Finding, Report, Severity};
use crate::source::{FileId, Span};

/// Findings of one rule that say the same, in the report's order. Never empty.
#[derive(Debug)]
pub(super) struct FaultGroup<'a> {
    pub(super) first: &'a Finding,
    pub(super) others: Vec<&'a Finding>,
}

impl<'a> FaultGroup<'a> {
    pub(super) fn findings(&self) -> impl Iterator<Item = &'a Finding> + '_ {
        std::iter::once(self.first).chain(self.others.iter().copied())
    }

    pub(super) fn len(&self) -> usize {
        1 + self.others.len()
    }
}

/// Groups whose first findings stand at one place: they share a snippet. Never empty.
#[derive(Debug)]
pub(super) struct PlaceBlock<'a> {
    pub(super) at: Span,
    pub(super) groups: Vec<FaultGroup<'a>>,
}

/// The findings that are shown, in the report's order of first places.
pub(super) fn place_blocks(report: &Report) -> Vec<PlaceBlock<'_>> {
    let mut blocks: Vec<PlaceBlock<'_>> = Vec::new();
    let mut known: HashMap<Span, usize> = HashMap::new();
    for group in fault_groups(report) {
        let at = group.first.primary;
        let index = *known.entry(at).or_insert(blocks.len());
        match blocks.get_mut(index) {
            Some(block) => block.groups.push(group),
            None => blocks.push(PlaceBlock {
                at,
                groups: vec![group],
            }),
        }
    }
    blocks
}

/// What makes two findings one fault at two places.
#[derive(PartialEq, Eq, Hash)]
struct GroupKey<'a> {
    rule: &'a str,
    severity: Severity,
    certain: bool,
    file: Option<FileId>,
    texts: Vec<String>,
}

/// Within a file the messages may differ in the names that they quote: the lines beside them show
/// which is meant. Across files they must be equal to the letter, since only places are shown there.
fn fault_groups(report: &Report) -> Vec<FaultGroup<'_>> {
    let mut groups: Vec<FaultGroup<'_>> = Vec::new();
    let mut known: HashMap<GroupKey<'_>, usize> = HashMap::new();
    for finding in report.shown_findings() {
        let key = |file: Option<FileId>, text: &dyn Fn(&str) -> String| GroupKey {
            rule: &finding.rule,
            severity: finding.severity,
            certain: finding.certain,
            file,
            texts: texts(finding).map(text).collect(),
        };
        let in_file = key(Some(finding.primary.file), &without_names);
        let anywhere = key(None, &str::to_owned);
        let found = known.get(&in_file).or_else(|| known.get(&anywhere));
        let index = found.copied().unwrap_or(groups.len());
        known.entry(in_file).or_insert(index);
        known.entry(anywhere).or_insert(index);
        match groups.get_mut(index) {
            Some(group) => group.others.push(finding),
            None => groups.push(FaultGroup {
                first: finding,
                others: Vec::new(),
            }),
        }
    }
    groups
}

fn texts(finding: &Finding) -> impl Iterator<Item = &str> {
    let parts = finding.parts.iter().map(|part| part.message.as_str());
    [
        finding.message.as_str(),
        finding.help.as_deref().unwrap_or_default(),
    ]
    .into_iter()
    .chain(parts)
}

/// The text with what stands between backticks left out.
fn without_names(text: &str) -> String {
    text.split('`').step_by(2).collect::<Vec<_>>().join("`")
}

#[cfg(test)]
mod tests {
    use super::super::full::samples;
    use super::*;

    fn group_places(report: &Report) -> Vec<Vec<usize>> {
        let blocks = place_blocks(report);
        let sizes = |block: &PlaceBlock<'_>| block.groups.iter().map(FaultGroup::len).collect();
        blocks.iter().map(sizes).collect()
    }

    #[test]
    fn names_may_differ_within_a_file_and_not_across_files() {
        let sources = samples::sources();
        let conf = |needle| samples::span_of(&sources, "conf/redis.conf", needle);
        let yaml = samples::span_of(&sources, "deploy/redis.yaml", "32Gi");
        let finding = |at, message: &str| Finding {
            message: message.to_owned(),
            ..samples::finding("a/b", Severity::Error, at)
        };
        let mut report = samples::report();
        report.findings = vec![
            finding(conf("31gb"), "`maxmemory` is odd"),
            finding(conf("yes"), "`appendonly` is odd"),
            finding(yaml, "`memory` is odd"),
        ];
        assert_eq!(group_places(&report), [vec![2], vec![1]]);
        report.findings[2].message = report.findings[0].message.clone();
        assert_eq!(group_places(&report), [[3]]);
    }

    #[test]
    fn findings_at_one_place_are_a_block_and_suppressed_ones_are_left_out() {
        let mut report = samples::report();
        let mut other = report.findings[0].clone();
        other.rule = "a/b".to_owned();
        report.findings.push(other);
        assert_eq!(group_places(&report), [vec![1, 1], vec![1]]);
    }
}
