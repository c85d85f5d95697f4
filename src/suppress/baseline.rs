//! The baseline: findings that were there when a project began to look, by their fingerprints.
//!
//! A finding that the baseline holds is marked, never removed; as often as it holds the fingerprint,
//! and no more. Rules and messages in it are for people: they decide nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Report, Suppressed};
use crate::source::Sources;
use crate::source::secret_words::mask_phrase;

use super::known_findings::{KnownFinding, StateComparison};

/// The form of the file. Raised when an older redvet would misunderstand what is written: from 2 on
/// fingerprints hold the file.
const VERSION: u32 = 2;

/// The oldest form that is read.
const OLDEST_VERSION: u32 = 1;

/// Known findings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    entries: Vec<KnownFinding>,
    /// The paths of the files that were read for it; none where it comes from a file.
    files: BTreeSet<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BaselineFile {
    schema_version: u32,
    findings: Vec<KnownFinding>,
}

/// How a report and a baseline differ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BaselineDifference {
    /// In the baseline and no longer found.
    pub resolved: Vec<KnownFinding>,
    /// Found and not in the baseline.
    pub new: Vec<KnownFinding>,
}

impl Baseline {
    /// Reads the text of a baseline file.
    pub fn parse(text: &str) -> Result<Self, String> {
        let file: BaselineFile = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if !(OLDEST_VERSION..=VERSION).contains(&file.schema_version) {
            let version = file.schema_version;
            return Err(format!(
                "unsupported version {version}; this redvet reads versions {OLDEST_VERSION} to {VERSION}"
            ));
        }
        Ok(Self {
            entries: file.findings,
            files: BTreeSet::new(),
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
        Ok(mask_phrase(&text).into_owned())
    }

    /// The findings of a report that nothing else silences, and that may be silenced. The report must
    /// hold single findings: of a bundle a setting that is added later is new, and so is a copy.
    pub fn of(report: &Report) -> Self {
        let findings = report.shown_findings().filter(|finding| finding.waivable);
        let entry = |finding| KnownFinding::of(finding, &report.sources);
        Self {
            entries: findings.map(entry).collect(),
            files: paths(&report.sources),
        }
    }

    pub fn entries(&self) -> &[KnownFinding] {
        &self.entries
    }

    /// Marks the findings that it holds; they must be in the report's order. What comes out are the
    /// entries that no finding has any more. `partial`: only a part of the project was read.
    pub fn apply(
        &self,
        findings: &mut [Finding],
        sources: &Sources,
        partial: bool,
    ) -> Vec<KnownFinding> {
        let mut open: Vec<&mut Finding> = findings
            .iter_mut()
            .filter(|f| f.suppressed.is_none() && f.waivable)
            .collect();
        let now = open
            .iter()
            .map(|finding| KnownFinding::of(finding, sources));
        let now: Vec<KnownFinding> = now.collect();
        let files = paths(sources);
        let comparison = StateComparison {
            // What a partial run did not read may still be there.
            is_gone: &|path| !partial && !files.contains(path),
            by_message: false,
        };
        let pairs = comparison.pairs(&self.entries, &now);
        for (finding, _) in open
            .iter_mut()
            .zip(&pairs)
            .filter(|(_, pair)| pair.is_some())
        {
            finding.suppressed = Some(Suppressed {
                by: "baseline",
                reason: "recorded in the baseline".to_owned(),
            });
        }
        self.list_unpaired(&pairs)
    }

    /// This baseline without the entries of these fingerprints, each as often as it is named.
    pub fn less(&self, gone: &[String]) -> Self {
        let mut left: BTreeMap<&str, usize> = BTreeMap::new();
        for fingerprint in gone {
            *left.entry(fingerprint.as_str()).or_default() += 1;
        }
        let mut kept = self.clone();
        kept.entries.retain(|entry| {
            let count = left.get_mut(entry.fingerprint.as_str());
            let count = count.filter(|count| **count > 0);
            count.map(|count| *count -= 1).is_none()
        });
        kept
    }

    /// What has come and gone between this baseline and one of the findings of now.
    pub fn difference(&self, now: &Self) -> BaselineDifference {
        let pairs = self.pairs(now);
        let new = now.entries.iter().zip(&pairs);
        BaselineDifference {
            resolved: self.list_unpaired(&pairs),
            new: new
                .filter(|(_, pair)| pair.is_none())
                .map(|(entry, _)| entry.clone())
                .collect(),
        }
    }

    /// This baseline without what is gone, with the rules, paths and fingerprints of today.
    pub fn prune(&self, now: &Self) -> Self {
        let pairs = self.pairs(now).into_iter().zip(&now.entries);
        let entries = pairs.filter_map(|(pair, entry)| {
            Some(KnownFinding {
                message: self.entries[pair?].message.clone(),
                ..entry.clone()
            })
        });
        Self {
            entries: entries.collect(),
            files: BTreeSet::new(),
        }
    }

    fn pairs(&self, now: &Self) -> Vec<Option<usize>> {
        let comparison = StateComparison {
            is_gone: &|path| !now.files.contains(path),
            by_message: false,
        };
        comparison.pairs(&self.entries, &now.entries)
    }

    fn list_unpaired(&self, pairs: &[Option<usize>]) -> Vec<KnownFinding> {
        let paired: BTreeSet<usize> = pairs.iter().flatten().copied().collect();
        let entries = self.entries.iter().enumerate();
        let left = entries.filter(|(at, _)| !paired.contains(at));
        left.map(|(_, entry)| entry.clone()).collect()
    }
}

fn paths(sources: &Sources) -> BTreeSet<String> {
    let files = sources.iter();
    files.map(|(_, file)| file.path().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::FormerFingerprint;
    use crate::finding::fingerprint::{of_fault, of_version_1};

    fn former(rule: &str, fingerprint: String) -> FormerFingerprint {
        FormerFingerprint {
            rule: rule.to_owned(),
            fingerprint,
        }
    }

    /// Faults at paths, each with the number that a report gives it.
    fn baseline(faults: &[(&str, &str)]) -> Baseline {
        let entries = faults.iter().enumerate().map(|(at, fault)| {
            let equal = faults[..at].iter().filter(|other| *other == fault).count();
            let (fault, path) = *fault;
            let print = of_fault(&[fault], path);
            KnownFinding {
                path: path.to_owned(),
                rule: "a/b".to_owned(),
                message: fault.to_owned(),
                fingerprint: match equal {
                    0 => print,
                    n => format!("{print}-{}", n + 1),
                },
                former: vec![former("a/b", of_version_1(&[fault]))],
            }
        });
        Baseline {
            entries: entries.collect(),
            files: faults.iter().map(|(_, path)| (*path).to_owned()).collect(),
        }
    }

    /// The same findings as version 1 wrote them.
    fn of_version_one(faults: &[(&str, &str)]) -> Baseline {
        let mut baseline = baseline(faults);
        for entry in &mut baseline.entries {
            entry.fingerprint = entry.former.remove(0).fingerprint;
        }
        baseline
    }

    fn difference(old: &Baseline, now: &[(&str, &str)]) -> String {
        let difference = old.difference(&baseline(now));
        let shown = |entries: &[KnownFinding]| {
            let entries = entries.iter();
            let words: Vec<String> = entries
                .map(|e| format!("{}@{}", e.message, e.path))
                .collect();
            words.join(" ")
        };
        let (resolved, new) = (shown(&difference.resolved), shown(&difference.new));
        format!("-[{resolved}] +[{new}]")
    }

    #[test]
    fn the_file_reads_back_and_is_sorted() {
        let text = baseline(&[("b", "x"), ("a", "x")]).text().unwrap();
        let read = Baseline::parse(&text).unwrap();
        let messages: Vec<&str> = read.entries.iter().map(|e| e.message.as_str()).collect();
        assert_eq!(messages, ["a", "b"]);
        assert!(text.starts_with("{\n  \"schema_version\": 2,\n") && text.ends_with("}\n"));
    }

    #[test]
    fn a_file_of_another_form_is_refused() {
        assert!(Baseline::parse("{}").is_err());
        assert!(Baseline::parse("{\"schema_version\": 1, \"findings\": []}").is_ok());
        let newer = "{\"schema_version\": 3, \"findings\": []}";
        assert!(Baseline::parse(newer).unwrap_err().contains("version 3;"));
    }

    #[test]
    fn a_finding_is_known_by_the_former_id_of_its_rule() {
        let mut now = baseline(&[("new", "x")]);
        now.entries[0].former = vec![former("a/old", of_fault(&["old"], "x"))];
        let mut old = baseline(&[("old", "x")]);
        assert_eq!(difference(&old, &[("new", "x")]), "-[old@x] +[new@x]");
        old.entries[0].rule = "a/old".to_owned();
        assert_eq!(old.difference(&now), BaselineDifference::default());
        let pruned = old.prune(&now);
        assert_eq!(pruned.entries[0].fingerprint, now.entries[0].fingerprint);
    }

    #[test]
    fn equal_findings_are_counted() {
        let (a, b) = (("a", "x"), ("b", "x"));
        let old = baseline(&[a, a, b]);
        assert_eq!(difference(&old, &[a, b, b]), "-[a@x] +[b@x]");
        let pruned = old.prune(&baseline(&[a, b, b]));
        assert_eq!(difference(&pruned, &[a, b]), "-[] +[]");
    }

    #[test]
    fn a_renamed_file_is_known_and_a_copy_is_not() {
        let old = baseline(&[("a", "x"), ("a", "y")]);
        assert_eq!(difference(&old, &[("a", "b"), ("a", "y")]), "-[] +[]");
        let copied = [("a", "b"), ("a", "x"), ("a", "y")];
        assert_eq!(difference(&old, &copied), "-[] +[a@b]");
        let pruned = old.prune(&baseline(&[("a", "b"), ("a", "y")]));
        assert_eq!(pruned.entries[0].path, "b");
    }

    #[test]
    fn version_1_is_known_with_its_file_first() {
        let old = of_version_one(&[("a", "x"), ("a", "y"), ("b", "x")]);
        assert_eq!(
            difference(&old, &[("a", "x"), ("a", "y"), ("b", "x")]),
            "-[] +[]"
        );
        let copied = [("a", "b"), ("a", "x"), ("a", "y"), ("b", "x")];
        assert_eq!(difference(&old, &copied), "-[] +[a@b]");
        assert_eq!(difference(&old, &[("a", "z"), ("a", "y")]), "-[b@x] +[]");
    }
}
