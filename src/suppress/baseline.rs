//! The baseline: findings that were there when a project began to look, by their fingerprints.
//!
//! A finding that the baseline holds is marked, never removed; as often as it holds the fingerprint,
//! and no more. Rules, paths and messages in it are for people: they decide nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Report, Suppressed};

/// The form of the file. Raised when what is written would no longer be understood.
const VERSION: u32 = 1;

/// Known findings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    entries: Vec<BaselineEntry>,
}

/// A known finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BaselineEntry {
    pub path: String,
    pub rule: String,
    pub message: String,
    pub fingerprint: String,
    /// The fingerprints under former ids of the rule.
    #[serde(skip)]
    former: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BaselineFile {
    schema_version: u32,
    findings: Vec<BaselineEntry>,
}

/// How a report and a baseline differ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BaselineDifference {
    /// In the baseline and no longer found.
    pub resolved: Vec<BaselineEntry>,
    /// Found and not in the baseline.
    pub new: Vec<BaselineEntry>,
}

impl Baseline {
    /// Reads the text of a baseline file.
    pub fn parse(text: &str) -> Result<Self, String> {
        let file: BaselineFile = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if file.schema_version != VERSION {
            let version = file.schema_version;
            return Err(format!(
                "unsupported version {version}; this redvet reads version {VERSION}"
            ));
        }
        Ok(Self {
            entries: file.findings,
        })
    }

    /// The text of the file: sorted, so that two branches that change it seldom meet on a line.
    pub fn text(&self) -> Result<String, serde_json::Error> {
        let mut findings = self.entries.clone();
        findings.sort();
        let mut text = serde_json::to_string_pretty(&BaselineFile {
            schema_version: VERSION,
            findings,
        })?;
        text.push('\n');
        Ok(text)
    }

    /// The findings of a report that nothing else silences, and that may be silenced.
    pub fn of(report: &Report) -> Self {
        // Of a bundle its parts: a setting that is added to it later is new.
        let findings = report.shown().flat_map(Finding::members);
        let findings = findings.filter(|finding| finding.waivable);
        // One entry for each copy, as often as a check will find it.
        let entries = findings.flat_map(|finding| {
            std::iter::repeat_with(|| entry(report, finding)).take(finding.places())
        });
        Self {
            entries: entries.collect(),
        }
    }

    pub fn entries(&self) -> &[BaselineEntry] {
        &self.entries
    }

    /// Marks the findings that it holds; they must be in the report's order. What comes out are the
    /// entries that no finding has any more.
    pub fn apply(&self, findings: &mut [Finding]) -> Vec<BaselineEntry> {
        let mut left = self.counts();
        let open = |f: &&mut Finding| f.suppressed.is_none() && f.waivable;
        for finding in findings.iter_mut().filter(open) {
            let prints = std::iter::once(&finding.fingerprint).chain(&finding.former);
            if prints.into_iter().any(|print| take(&mut left, print)) {
                finding.suppressed = Some(Suppressed {
                    by: "baseline",
                    reason: "recorded in the baseline".to_owned(),
                });
            }
        }
        let entries = self.entries.iter();
        let gone = entries.filter(|entry| take(&mut left, &entry.fingerprint));
        gone.cloned().collect()
    }

    /// This baseline without the entries of these fingerprints, each as often as it is named.
    pub fn less(&self, gone: &[String]) -> Self {
        let mut left = BTreeMap::new();
        for fingerprint in gone {
            *left.entry(fingerprint.as_str()).or_default() += 1;
        }
        let kept = self.entries.iter();
        let kept = kept.filter(|entry| !take(&mut left, &entry.fingerprint));
        Self {
            entries: kept.cloned().collect(),
        }
    }

    /// What has come and gone between this baseline and one of the findings of now.
    pub fn difference(&self, now: &Self) -> BaselineDifference {
        let old = self.renamed(now);
        BaselineDifference {
            resolved: old.without(now),
            new: now.without(&old),
        }
    }

    /// This baseline with the ids and fingerprints of today, where a finding of now had others.
    fn renamed(&self, now: &Self) -> Self {
        let today = |entry: &BaselineEntry| {
            let had = |new: &&BaselineEntry| new.former.contains(&entry.fingerprint);
            let Some(new) = now.entries.iter().find(had) else {
                return entry.clone();
            };
            BaselineEntry {
                path: entry.path.clone(),
                message: entry.message.clone(),
                ..new.clone()
            }
        };
        Self {
            entries: self.entries.iter().map(today).collect(),
        }
    }

    /// This baseline without what is gone.
    pub fn pruned(&self, now: &Self) -> Self {
        let mut left = now.counts();
        let mut entries = self.renamed(now).entries;
        entries.retain(|entry| take(&mut left, &entry.fingerprint));
        Self { entries }
    }

    /// The entries that the other one does not hold, as often as it lacks them.
    fn without(&self, other: &Self) -> Vec<BaselineEntry> {
        let mut left = other.counts();
        let entries = self.entries.iter();
        let missing = entries.filter(|entry| !take(&mut left, &entry.fingerprint));
        missing.cloned().collect()
    }

    fn counts(&self) -> BTreeMap<&str, usize> {
        let mut counts = BTreeMap::new();
        for entry in &self.entries {
            *counts.entry(entry.fingerprint.as_str()).or_default() += 1;
        }
        counts
    }
}

fn take(left: &mut BTreeMap<&str, usize>, fingerprint: &str) -> bool {
    match left.get_mut(fingerprint) {
        Some(count) if *count > 0 => {
            *count -= 1;
            true
        }
        _ => false,
    }
}

fn entry(report: &Report, finding: &Finding) -> BaselineEntry {
    BaselineEntry {
        path: report.sources.path(finding.primary).to_owned(),
        rule: finding.rule.clone(),
        message: finding.message.clone(),
        fingerprint: finding.fingerprint.clone(),
        former: finding.former.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn baseline(prints: &[&str]) -> Baseline {
        let entries = prints.iter().map(|print| BaselineEntry {
            path: "redis.conf".to_owned(),
            rule: "a/b".to_owned(),
            message: "m".to_owned(),
            fingerprint: (*print).to_owned(),
            former: Vec::new(),
        });
        Baseline {
            entries: entries.collect(),
        }
    }

    #[test]
    fn the_file_reads_back_and_is_sorted() {
        let text = baseline(&["b", "a", "b"]).text().unwrap();
        assert_eq!(Baseline::parse(&text).unwrap(), baseline(&["a", "b", "b"]));
        assert!(text.starts_with("{\n  \"schema_version\": 1,\n") && text.ends_with("}\n"));
    }

    #[test]
    fn a_file_of_another_form_is_refused() {
        assert!(Baseline::parse("{}").is_err());
        let newer = "{\"schema_version\": 2, \"findings\": []}";
        assert!(Baseline::parse(newer).unwrap_err().contains("version 2;"));
    }

    #[test]
    fn a_finding_is_known_by_the_former_id_of_its_rule() {
        let mut now = baseline(&["new"]);
        now.entries[0].former = vec!["old".to_owned()];
        let old = baseline(&["old"]);
        assert_eq!(old.difference(&now), BaselineDifference::default());
        assert_eq!(old.pruned(&now).entries[0].fingerprint, "new");
    }

    #[test]
    fn equal_fingerprints_are_counted() {
        let (old, now) = (baseline(&["a", "a", "b"]), baseline(&["a", "b", "b"]));
        let difference = old.difference(&now);
        assert_eq!(difference.resolved, baseline(&["a"]).entries);
        assert_eq!(difference.new, baseline(&["b"]).entries);
        assert_eq!(old.pruned(&now), baseline(&["a", "b"]));
    }
}
