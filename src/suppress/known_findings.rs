//! Findings of another state of the project, and which of today's findings each of them is: by
//! fingerprint, and where a file is gone by the fingerprint without its path.
//!
//! What follows from it is for the baseline and for `--new-from` to say.

use std::collections::{HashMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::finding::{Finding, FormerFingerprint, fingerprint};
use crate::source::Sources;

/// A finding as it is written down.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownFinding {
    pub path: String,
    pub rule: String,
    pub message: String,
    pub fingerprint: String,
    /// The fingerprints under former ids of the rule, and those of the first version.
    #[serde(skip)]
    pub(super) former: Vec<FormerFingerprint>,
}

impl KnownFinding {
    pub(super) fn of(finding: &Finding, sources: &Sources) -> Self {
        Self {
            path: sources.path(finding.primary).to_owned(),
            rule: finding.rule.clone(),
            message: finding.message.clone(),
            fingerprint: finding.fingerprint.clone(),
            former: finding.former.clone(),
        }
    }
}

/// How sure a look at two states is, the surest first: an entry that one look has found is out of
/// reach of the next, so that a copy is never taken for the finding that is still there.
const LOOKS: &[StateLook] = &[
    StateLook::SameFile,
    StateLook::FirstVersionSameFile,
    StateLook::FirstVersion,
    StateLook::RenamedFile,
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StateLook {
    SameFile,
    /// Fingerprints of the first version know no path; the entry does.
    FirstVersionSameFile,
    FirstVersion,
    /// The file of the entry is gone.
    RenamedFile,
}

/// Compares two states.
pub(super) struct StateComparison<'a> {
    /// Whether a file of the earlier state is no longer there; a file that merely is not looked at
    /// must not be gone.
    pub(super) is_gone: &'a dyn Fn(&str) -> bool,
    /// Whether a finding must say the same, figures included.
    pub(super) by_message: bool,
}

impl StateComparison<'_> {
    /// For each finding of today the index of the one that it was; each is used once.
    pub(super) fn pairs(&self, then: &[KnownFinding], now: &[KnownFinding]) -> Vec<Option<usize>> {
        let mut pairs = vec![None; now.len()];
        let mut is_taken = vec![false; then.len()];
        for look in LOOKS {
            let mut open: HashMap<FindingKey<'_>, VecDeque<usize>> = HashMap::new();
            for (at, entry) in then.iter().enumerate().filter(|(at, _)| !is_taken[*at]) {
                if let Some(key) = self.key_then(*look, entry) {
                    open.entry(key).or_default().push_back(at);
                }
            }
            for (pair, finding) in pairs.iter_mut().zip(now).filter(|(pair, _)| pair.is_none()) {
                let mut keys = self.keys_now(*look, finding).into_iter();
                *pair = keys.find_map(|key| open.get_mut(&key)?.pop_front());
                if let Some(at) = *pair {
                    is_taken[at] = true;
                }
            }
        }
        pairs
    }

    fn key_then<'a>(&self, look: StateLook, entry: &'a KnownFinding) -> Option<FindingKey<'a>> {
        let print = entry.fingerprint.as_str();
        let fault = fingerprint::fault(print);
        let own = entry.path.as_str();
        let (print, path) = match look {
            StateLook::SameFile => (fault.map(|_| fingerprint::strip_number(print))?, own),
            StateLook::FirstVersionSameFile if fault.is_none() => (print, own),
            StateLook::FirstVersion if fault.is_none() => (print, ""),
            StateLook::RenamedFile if (self.is_gone)(&entry.path) => (fault?, ""),
            _ => return None,
        };
        Some(self.key(&entry.rule, print, path, entry))
    }

    fn keys_now<'a>(&self, look: StateLook, finding: &'a KnownFinding) -> Vec<FindingKey<'a>> {
        let own = fingerprint::strip_number(&finding.fingerprint);
        let former = finding.former.iter();
        let former = former.map(|old| (old.rule.as_str(), old.fingerprint.as_str()));
        let all = std::iter::once((finding.rule.as_str(), own)).chain(former);
        let path = match look {
            StateLook::SameFile | StateLook::FirstVersionSameFile => finding.path.as_str(),
            StateLook::FirstVersion | StateLook::RenamedFile => "",
        };
        let print = |print: &'a str| match look {
            StateLook::RenamedFile => fingerprint::fault(print),
            _ => Some(print),
        };
        all.filter_map(|(rule, of_it)| Some(self.key(rule, print(of_it)?, path, finding)))
            .collect()
    }

    /// The rule counts beside the fingerprint that was made of it: an entry says to its readers which
    /// finding it silences, and silences no other.
    fn key<'a>(
        &self,
        rule: &'a str,
        print: &'a str,
        path: &'a str,
        of: &'a KnownFinding,
    ) -> FindingKey<'a> {
        let message = if self.by_message {
            of.message.as_str()
        } else {
            ""
        };
        (rule, print, path, message)
    }
}

/// Rule, fingerprint or its part, path where it counts, message where it counts.
type FindingKey<'a> = (&'a str, &'a str, &'a str, &'a str);
