//! Bundles: the findings of several rules about settings that are not written become one a subject.
//!
//! It comes after everything that silences, so that a comment, a waiver or a baseline can take single
//! members out, and before the counts, so that a bundle counts once.

use std::collections::{BTreeMap, BTreeSet};

use crate::finding::{Finding, FindingLabel, Fix, SubjectRef, TextEdit, UnsetSetting, fingerprint};
use crate::policy::{self, BundleDecision, BundleReport, BundleRules, RuleSet};
use crate::source::{FileId, Sources};

/// What is one finding: members of a bundle about one subject, silenced alike. A chart's server is written in a
/// template and in its values: members in both files are of one bundle.
type BundleKey = (String, SubjectRef, Option<(&'static str, String)>);

/// The findings with those of each bundle joined.
pub(super) fn join_bundles(
    findings: Vec<Finding>,
    rules: &RuleSet,
    settings: &policy::RuleSettings,
    sources: &Sources,
) -> Vec<Finding> {
    let bundles = BundleRules::new(rules, settings);
    let mut groups: BTreeMap<BundleKey, Vec<Finding>> = BTreeMap::new();
    let mut out = Vec::new();
    for finding in findings {
        match bundle_of(&finding) {
            None => out.push(finding),
            Some(id) => {
                let silenced = finding.suppressed.as_ref();
                let silenced = silenced.map(|by| (by.by, by.reason.clone()));
                let key = (id.to_owned(), finding.subject.clone(), silenced);
                groups.entry(key).or_default().push(finding);
            }
        }
    }
    for ((id, ..), mut parts) in groups {
        let Some(first) = parts.iter().map(|part| part.primary).min() else {
            continue;
        };
        let path = sources.path(first).to_owned();
        parts.sort_by(|a, b| a.rule.cmp(&b.rule));
        let unset: Vec<&UnsetSetting> = parts.iter().filter_map(|p| p.unset.as_ref()).collect();
        let found: BTreeSet<&str> = parts.iter().map(|part| part.rule.as_str()).collect();
        match bundles.decide(&id, &path, &found) {
            BundleDecision::Joined => {}
            BundleDecision::Alone => {
                out.extend(parts);
                continue;
            }
            BundleDecision::Configured => {
                let asked_for = |part: &Finding| bundles.is_configured(&id, &part.rule, &path);
                out.extend(parts.into_iter().filter(asked_for));
                continue;
            }
        }
        let certain = is_certain(&parts);
        match bundles.report(&id, &path, &unset, certain) {
            Some(said) => out.extend(bundle(&id, said, parts, &path)),
            None => out.extend(parts),
        }
    }
    out
}

fn is_certain(parts: &[Finding]) -> bool {
    parts.iter().all(|part| part.certain)
}

fn bundle_of(finding: &Finding) -> Option<&str> {
    finding.unset.as_ref()?.bundle.as_deref()
}

fn bundle(id: &str, said: BundleReport, parts: Vec<Finding>, path: &str) -> Option<Finding> {
    // The first place in the file: a bundle has none of its own.
    let first = parts.iter().min_by_key(|part| part.primary)?;
    let mut also: Vec<_> = parts.iter().flat_map(|part| part.also.clone()).collect();
    also.sort();
    also.dedup();
    let certain = is_certain(&parts);
    let suppressed = first.suppressed.clone();
    let subject = first.subject.clone();
    let silenced = suppressed.as_ref().map_or("", |by| by.by);
    Some(Finding {
        rule: id.to_owned(),
        severity: said.severity,
        certain,
        waivable: said.waivable && parts.iter().all(|part| part.waivable),
        message: said.message,
        consequence: said.consequence,
        help: said.help,
        url: said.url,
        primary: first.primary,
        stands_in: true,
        unset: None,
        item: None,
        object: None,
        labels: label_other_files(&parts, first.primary.file),
        also,
        fix: join_fixes(&parts),
        fix_obstacle: join_obstacles(&parts),
        fingerprint: fingerprint::of_fault(&[id, subject.kind, &subject.name, silenced], path),
        former: Vec::new(),
        suppressed,
        subject,
        parts,
    })
}

/// What stands in another file than the bundle's finding.
fn label_other_files(parts: &[Finding], own: FileId) -> Vec<FindingLabel> {
    let others = parts.iter().filter(|part| part.primary.file != own);
    let label = |part: &Finding| FindingLabel {
        span: part.primary,
        text: part.message.clone(),
    };
    others.map(label).collect()
}

/// The members' fixes as one, as safe as the least safe of them; a member whose edits meet those of
/// another in part is left out, for half of a fix is none.
pub(super) fn join_fixes(parts: &[Finding]) -> Option<Fix> {
    let mut edits: Vec<TextEdit> = Vec::new();
    let mut titles: BTreeSet<&str> = BTreeSet::new();
    let mut safe = true;
    for fix in parts.iter().filter_map(|part| part.fix.as_ref()) {
        let new: Vec<&TextEdit> = fix.edits.iter().filter(|e| !edits.contains(e)).collect();
        if new
            .iter()
            .any(|edit| edits.iter().any(|other| meet(edit, other)))
        {
            continue;
        }
        edits.extend(new.into_iter().cloned());
        titles.insert(&fix.title);
        safe &= fix.safe;
    }
    if edits.is_empty() {
        return None;
    }
    let titles: Vec<String> = titles.iter().enumerate().map(continue_title).collect();
    Some(Fix {
        safe,
        title: titles.join(", "),
        edits: crate::edit::order_edits(edits),
    })
}

/// Which settings the joined fix leaves out, and why.
fn join_obstacles(parts: &[Finding]) -> Option<String> {
    let left_out = parts.iter().filter_map(|part| {
        let name = &part.unset.as_ref()?.name;
        Some(format!("{name}: {}", part.fix_obstacle.as_ref()?))
    });
    let left_out: Vec<String> = left_out.collect();
    (!left_out.is_empty()).then(|| left_out.join("; "))
}

/// `Set hz to 100, activedefrag to yes`: the verb is said once.
fn continue_title((at, title): (usize, &&str)) -> String {
    let rest = title.strip_prefix("Set ").filter(|_| at > 0);
    rest.unwrap_or(title).to_owned()
}

/// Whether two edits change the same bytes; two insertions at one place follow each other where each
/// brings its own separator.
fn meet(one: &TextEdit, other: &TextEdit) -> bool {
    let (a, b) = (one.span, other.span);
    if a == b && a.is_empty() {
        return !(one.is_separate() && other.is_separate());
    }
    a.file == b.file && a.start < b.end && b.start < a.end
}
