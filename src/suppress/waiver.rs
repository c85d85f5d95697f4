//! Waivers: findings that a project accepts until a date, as its settings list them.
//!
//! What comes in are findings and waivers with their places; findings that a waiver covers are marked.
//! What goes out are the waivers that have ended, and those that silence nothing.

use std::collections::{BTreeSet, HashMap};

use globset::{Glob, GlobBuilder, GlobMatcher};

use crate::finding::{Finding, SubjectRef, Suppressed};
use crate::source::Span;

use super::{SuppressionInputs, names};

/// A finding that a project has agreed to live with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveWaiver {
    /// A rule's id, or a pattern over ids.
    pub rule: String,
    /// A pattern over paths; everywhere without it.
    pub path: Option<String>,
    /// A subject's name; every subject without it.
    pub subject: Option<String>,
    pub reason: String,
    pub owner: Option<String>,
    pub expires: Option<WaiverExpiry>,
    /// Where the waiver stands.
    pub span: Span,
}

/// The last day on which a waiver counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaiverExpiry {
    /// Days since 1970-01-01.
    pub day: i64,
    /// The day as people write it.
    pub shown: String,
    pub span: Span,
}

impl ActiveWaiver {
    /// Days that are left, the last one included; negative when it has ended.
    pub fn days_left(&self, today: i64) -> Option<i64> {
        self.expires.as_ref().map(|expires| expires.day - today)
    }

    fn has_ended(&self, today: Option<i64>) -> bool {
        let left = today.and_then(|today| self.days_left(today));
        left.is_some_and(|left| left < 0)
    }

    /// What it is about: `aof/* in deploy/** for StatefulSet/redis`.
    pub fn about(&self) -> String {
        let path = self.path.as_ref().map(|path| format!(" in {path}"));
        let subject = self.subject.as_ref().map(|name| format!(" for {name}"));
        let part = |text: Option<String>| text.unwrap_or_default();
        format!("{}{}{}", self.rule, part(path), part(subject))
    }
}

/// The waivers with a mistake, in the order of the settings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WaiverFaults<'a> {
    /// They silence nothing any more.
    pub ended: Vec<&'a ActiveWaiver>,
    pub unused: Vec<&'a ActiveWaiver>,
    /// They are about a rule that cannot be silenced.
    pub refused: Vec<(&'a ActiveWaiver, String)>,
}

/// Marks the findings that waivers cover. `today` is a day since 1970-01-01; without one nothing ends.
pub fn waive<'a>(
    findings: &mut [Finding],
    waivers: &'a [ActiveWaiver],
    today: Option<i64>,
    inputs: &SuppressionInputs<'_>,
) -> WaiverFaults<'a> {
    let (ended, valid): (Vec<&ActiveWaiver>, Vec<&ActiveWaiver>) =
        waivers.iter().partition(|waiver| waiver.has_ended(today));
    let new = |waiver| WaiverMatcher::new(waiver, *inputs);
    let mut covers: Vec<WaiverMatcher<'_, '_>> = valid.into_iter().map(new).collect();
    let mut refused = Vec::new();
    let mut fitting = FittingWaivers::default();
    for finding in findings {
        let path = inputs.sources.path(finding.primary);
        let mut fits = BTreeSet::new();
        for rule in names(finding) {
            fits.extend(fitting.of(rule, path, &covers));
        }
        if finding.waivable {
            silence(finding, &fits, &mut covers);
        } else {
            refused.extend(refuse(finding, &fits, &mut covers));
        }
    }
    for case in inputs.undetermined {
        let path = inputs.sources.path(case.at);
        for at in fitting.of(&case.rule, path, &covers) {
            // A rule that could not be decided may speak tomorrow: its waiver is not unused.
            covers[*at].used |= covers[*at].is_of(&case.subject);
        }
    }
    let unused = covers
        .into_iter()
        .filter(|cover| !cover.used && cover.is_judged())
        .map(|cover| cover.waiver)
        .collect();
    WaiverFaults {
        ended,
        unused,
        refused,
    }
}

/// Which waivers fit a rule and a path, asked once for each pair: findings and waivers may be many.
#[derive(Default)]
struct FittingWaivers<'f>(HashMap<(String, &'f str), Vec<usize>>);

impl<'f> FittingWaivers<'f> {
    fn of(&mut self, rule: &str, path: &'f str, covers: &[WaiverMatcher<'_, '_>]) -> &[usize] {
        let key = (rule.to_owned(), path);
        self.0.entry(key).or_insert_with(|| {
            let fits = |at: &usize| covers[*at].fits(rule, path);
            (0..covers.len()).filter(fits).collect()
        })
    }
}

/// The waivers that would cover a finding which cannot be silenced.
fn refuse<'a>(
    finding: &Finding,
    fits: &BTreeSet<usize>,
    covers: &mut [WaiverMatcher<'a, '_>],
) -> Vec<(&'a ActiveWaiver, String)> {
    let mut refused = Vec::new();
    for at in fits {
        let cover = &mut covers[*at];
        if cover.is_of(&finding.subject) {
            cover.used = true;
            refused.push((cover.waiver, finding.rule.clone()));
        }
    }
    refused
}

/// A finding about several subjects is silenced only where each of them is covered.
fn silence(finding: &mut Finding, fits: &BTreeSet<usize>, covers: &mut [WaiverMatcher<'_, '_>]) {
    let mut reason = None;
    let subjects: Vec<&SubjectRef> = std::iter::once(&finding.subject)
        .chain(finding.also.iter().map(|copy| &copy.subject))
        .collect();
    let mut covered = vec![false; subjects.len()];
    for at in fits {
        let cover = &mut covers[*at];
        for (at, subject) in subjects.iter().enumerate() {
            if cover.is_of(subject) {
                cover.used = true;
                covered[at] = true;
                reason.get_or_insert_with(|| cover.waiver.reason.clone());
            }
        }
    }
    if let Some(reason) = reason.filter(|_| !covered.contains(&false))
        && finding.suppressed.is_none()
    {
        finding.suppressed = Some(Suppressed {
            by: "waiver",
            reason,
        });
    }
}

/// A waiver with its patterns ready. `load` has refused those that are none.
struct WaiverMatcher<'a, 'i> {
    waiver: &'a ActiveWaiver,
    inputs: SuppressionInputs<'i>,
    rule: Option<GlobMatcher>,
    path: Option<GlobMatcher>,
    used: bool,
}

impl<'a, 'i> WaiverMatcher<'a, 'i> {
    fn new(waiver: &'a ActiveWaiver, inputs: SuppressionInputs<'i>) -> Self {
        let path = waiver.path.as_deref().and_then(|path| {
            let glob = GlobBuilder::new(path).literal_separator(true).build();
            glob.ok().map(|glob| glob.compile_matcher())
        });
        Self {
            waiver,
            inputs,
            rule: Glob::new(&waiver.rule).ok().map(|g| g.compile_matcher()),
            path,
            used: false,
        }
    }

    fn is_about(&self, rule: &str) -> bool {
        let glob = self.rule.as_ref();
        let matches = |id: &str| self.waiver.rule == id || glob.is_some_and(|g| g.is_match(id));
        self.inputs.means(matches, rule)
    }

    /// Whether its patterns are about a rule in a file.
    fn fits(&self, rule: &str, path: &str) -> bool {
        let is_there = match (&self.waiver.path, &self.path) {
            (Some(own), glob) => own == path || glob.as_ref().is_some_and(|g| g.is_match(path)),
            (None, _) => true,
        };
        is_there && self.is_about(rule)
    }

    fn is_of(&self, subject: &SubjectRef) -> bool {
        let named = self.waiver.subject.as_ref();
        named.is_none_or(|name| *name == subject.name)
    }

    /// Whether all rules that it is about ran.
    fn is_judged(&self) -> bool {
        let known = self.inputs.known.iter();
        let mut about = known.filter(|rule| self.is_about(rule));
        about.all(|rule| self.inputs.ran.contains(rule))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{FaultCopy, Severity};
    use crate::source::{SourceFile, Sources};

    const TODAY: i64 = 20_000;

    fn waiver(rule: &str) -> ActiveWaiver {
        ActiveWaiver {
            rule: rule.to_owned(),
            path: None,
            subject: None,
            reason: format!("suppressed by {rule}"),
            owner: None,
            expires: None,
            span: span(),
        }
    }

    fn span() -> Span {
        Span::new(crate::source::FileId(0), 0, 0)
    }

    fn until(day: i64) -> Option<WaiverExpiry> {
        Some(WaiverExpiry {
            day,
            shown: "a day".to_owned(),
            span: span(),
        })
    }

    fn subject(name: &str) -> SubjectRef {
        SubjectRef::new("server", name.to_owned())
    }

    fn finding(rule: &str, names: &[&str]) -> Finding {
        Finding {
            rule: rule.to_owned(),
            severity: Severity::Warning,
            certain: true,
            waivable: true,
            message: String::new(),
            consequence: None,
            help: None,
            url: None,
            primary: span(),
            labels: Vec::new(),
            subject: subject(names[0]),
            also: names[1..]
                .iter()
                .map(|name| FaultCopy {
                    subject: subject(name),
                    at: span(),
                })
                .collect(),
            parts: Vec::new(),
            fix: None,
            fix_obstacle: None,
            fingerprint: String::new(),
            former: Vec::new(),
            stands_in: false,
            unset: None,
            item: None,
            object: None,
            suppressed: None,
        }
    }

    /// The reason for which a finding in `deploy/redis.conf` is silenced, how many waivers have
    /// ended, and how many are unused.
    fn waived(finding: Finding, waivers: &[ActiveWaiver]) -> (Option<String>, usize, usize) {
        let mut sources = Sources::default();
        sources.add(SourceFile::new("deploy/redis.conf", ""));
        let known = ["a/b", "a/c", "d/e"].map(str::to_owned);
        let inputs = SuppressionInputs {
            sources: &sources,
            comments: &[],
            whole_texts: &[],
            undetermined: &[],
            ran: &known[..2],
            known: &known,
            former: &[],
        };
        let mut findings = [finding];
        let outcome = waive(&mut findings, waivers, Some(TODAY), &inputs);
        let reason = findings[0].suppressed.as_ref().map(|s| {
            assert_eq!(s.by, "waiver");
            s.reason.clone()
        });
        (reason, outcome.ended.len(), outcome.unused.len())
    }

    fn silences(waiver: &ActiveWaiver) -> bool {
        let waived_part = waived(finding("a/b", &["one"]), std::slice::from_ref(waiver));
        assert_eq!(
            waived_part.2,
            usize::from(waived_part.0.is_none() && waived_part.1 == 0)
        );
        waived_part.0.is_some()
    }

    #[test]
    fn it_covers_what_its_rule_path_and_subject_name() {
        let with = |path: Option<&str>, name: Option<&str>| ActiveWaiver {
            path: path.map(str::to_owned),
            subject: name.map(str::to_owned),
            ..waiver("a/*")
        };
        assert!(silences(&waiver("a/b")) && silences(&waiver("a/*")));
        assert!(!silences(&waiver("a/c")));
        assert!(silences(&with(Some("deploy/*.conf"), None)));
        assert!(
            !silences(&with(Some("*.conf"), None)),
            "`*` stays in its folder"
        );
        assert!(silences(&with(None, Some("one"))));
        assert!(!silences(&with(None, Some("two"))));
        assert!(!silences(&with(Some("other/**"), Some("one"))));
    }

    #[test]
    fn it_counts_to_the_end_of_its_last_day() {
        let ends = |day| ActiveWaiver {
            expires: until(day),
            ..waiver("a/b")
        };
        assert!(silences(&ends(TODAY)));
        assert!(!silences(&ends(TODAY - 1)));
        let waived_part = waived(finding("a/b", &["one"]), &[ends(TODAY - 1)]);
        assert_eq!(waived_part, (None, 1, 0), "it has ended, and is not unused");
    }

    #[test]
    fn every_subject_must_be_covered() {
        let only = |name: &str| ActiveWaiver {
            subject: Some(name.to_owned()),
            ..waiver("a/b")
        };
        let both = || finding("a/b", &["one", "two"]);
        assert_eq!(waived(both(), &[only("one")]), (None, 0, 0));
        assert_eq!(waived(both(), &[only("two")]), (None, 0, 0));
        let (reason, _, unused) = waived(both(), &[only("one"), only("two")]);
        assert_eq!((reason.is_some(), unused), (true, 0));
    }

    #[test]
    fn a_waiver_is_unused_only_where_its_rules_ran() {
        let quiet = || finding("x/y", &["one"]);
        assert_eq!(waived(quiet(), &[waiver("a/*")]).2, 1);
        assert_eq!(waived(quiet(), &[waiver("d/e")]).2, 0);
    }
}
