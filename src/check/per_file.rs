//! Rules that report a file: what they find in one file is one finding with all its lines, since one
//! change settles it (an old configuration that uses the old name of twenty directives).
//!
//! Like bundles it comes after everything that silences single lines. The findings stay its parts, so that
//! each keeps its place, fix and fingerprint.

use std::collections::BTreeMap;

use crate::check::bundles::join_fixes;
use crate::finding::{Finding, FindingLabel, Fix, Severity, fingerprint};
use crate::policy::{FileReport, RuleSet};
use crate::source::{FileId, Sources};

/// What is one finding: a rule's findings in one file that are silenced alike, as bad and as sure as each
/// other, and whose fixes need the same consent.
type FileKey = (
    String,
    FileId,
    Severity,
    bool,
    Option<bool>,
    Option<(&'static str, String)>,
);

/// The findings with those of each file joined, where their rule asks for it.
pub(super) fn join_per_file(
    findings: Vec<Finding>,
    rules: &RuleSet,
    sources: &Sources,
) -> Vec<Finding> {
    let mut files: BTreeMap<FileKey, Vec<Finding>> = BTreeMap::new();
    let mut out = Vec::new();
    for finding in findings {
        if finding.item.is_none() {
            out.push(finding);
            continue;
        }
        let silenced = finding.suppressed.as_ref();
        let key = (
            finding.rule.clone(),
            finding.primary.file,
            finding.severity,
            finding.certain,
            finding.fix.as_ref().map(|fix| fix.safe),
            silenced.map(|by| (by.by, by.reason.clone())),
        );
        files.entry(key).or_default().push(finding);
    }
    for parts in files.into_values() {
        match join(parts, rules, sources) {
            Ok(joined) => out.push(joined),
            Err(alone) => out.extend(alone),
        }
    }
    out
}

/// The parts as one finding at the first of them; a single one is given back.
fn join(
    mut parts: Vec<Finding>,
    rules: &RuleSet,
    sources: &Sources,
) -> Result<Finding, Vec<Finding>> {
    parts.sort_by_key(|part| part.primary);
    let (Some(said), [first, others @ ..]) = (report_file(&parts, rules), &parts[..]) else {
        return Err(parts);
    };
    let labels = others.iter().map(|part| FindingLabel {
        span: part.primary,
        text: part.message.clone(),
    });
    let mut also: Vec<_> = parts.iter().flat_map(|part| &part.also).cloned().collect();
    also.sort();
    also.dedup();
    let silenced = first.suppressed.as_ref().map_or("", |by| by.by);
    let words = [&first.rule, "file", first.severity.as_str(), silenced];
    let fingerprint = fingerprint::of_fault(&words, sources.path(first.primary));
    let labels = labels.collect();
    let joined = Finding {
        message: said.message,
        help: said.help.or_else(|| first.help.clone()),
        labels,
        also,
        fix: join_fixes(&parts).map(|fix| Fix {
            title: join_titles(&parts),
            ..fix
        }),
        fingerprint,
        former: Vec::new(),
        item: None,
        ..first.clone()
    };
    Ok(Finding { parts, ..joined })
}

/// The first fix by name, the others by their number: they are all of one kind.
fn join_titles(parts: &[Finding]) -> String {
    let fixes = parts.iter().filter_map(|part| part.fix.as_ref());
    let mut titles: Vec<&str> = fixes.map(|fix| fix.title.as_str()).collect();
    titles.dedup();
    match titles[..] {
        [] => String::new(),
        [one] => one.to_owned(),
        [first, ref others @ ..] => format!("{first}, and {} more", others.len()),
    }
}

/// What the rule of several findings says of their file.
fn report_file(parts: &[Finding], rules: &RuleSet) -> Option<FileReport> {
    let [first, _, ..] = parts else {
        return None;
    };
    let items: Vec<&str> = parts
        .iter()
        .filter_map(|part| part.item.as_deref())
        .collect();
    FileReport::of_items(rules.get(&first.rule)?, &items)
}
