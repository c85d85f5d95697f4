//! The whole flow in one function: from files and rules to a report.
//!
//! analysis (syntax, extract, link, resolve) → judge → edit → suppress → bundle → report. Reading the tree comes
//! before ([`discover`](crate::discover)), rendering after ([`report`](crate::report)); nothing here
//! touches a file, the environment or the clock.

mod baseline_diff;
mod bundles;
mod copies;
mod per_file;
mod stage;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use crate::analysis::{self, Analysis, InputFile, ProjectInputs, analyze};
use crate::discover::FileKind;
use crate::edit;
use crate::facts::estate::{Estate, Subject, SubjectKind};
use crate::facts::fact_path::MetaFact;
use crate::facts::{Datum, FactValue};
use crate::finding::{
    EstateView, Finding, FormerFingerprint, Report, ReportNote, ReportSummary, RuleRun, Severity,
    Undetermined, UpgradeView, fingerprint,
};
use crate::knowledge::Knowledge;
use crate::knowledge::servers::ServerSeries;
use crate::nearest;
use crate::policy::{self, RuleSet, RuleViolation};
use crate::source::own_fault::{WorkStage, attempt, internal_error};
use crate::source::{Sources, Span};
use crate::suppress::new_code::NewCode;
use crate::suppress::waiver::{self, ActiveWaiver};
use crate::suppress::{self, Suppressions, WholeText};
use crate::view;

pub use stage::{CheckStage, StageListener};

/// What a report is to hold.
#[derive(Clone, Debug, Default)]
pub struct ReportScope {
    /// Files and folders, relative to the root with `/`; empty: everything.
    pub paths: Vec<String>,
    /// What it holds marked, not shown.
    pub accepted: Suppressions,
    /// It holds only what is new since then.
    pub since: Option<NewCode>,
    /// Copies of a fault and the members of a bundle stay findings of their own.
    pub single_findings: bool,
    /// Who is told when a stage is over.
    pub listener: StageListener,
}

impl ReportScope {
    /// Whether a file lies in one of the paths.
    pub fn holds(&self, path: &str) -> bool {
        let within = |wanted: &String| {
            let wanted = wanted.trim_end_matches('/');
            wanted.is_empty()
                || path == wanted
                || path
                    .strip_prefix(wanted)
                    .is_some_and(|rest| rest.starts_with('/'))
        };
        self.paths.is_empty() || self.paths.iter().any(within)
    }
}

/// Checks a project. `sources` holds the files that settings were read from, if any.
pub fn check(
    sources: Sources,
    project: &ProjectInputs,
    knowledge: &Knowledge,
    rules: &RuleSet,
    settings: &policy::RuleSettings,
    scope: &ReportScope,
) -> Report {
    let mut analysis = analyze(sources, project, knowledge);
    scope.listener.tell(CheckStage::Analysis);
    let judgement = policy::judge(rules, &analysis.estate, settings);
    scope.listener.tell(CheckStage::Judging);
    analysis.problems.extend(judgement.faults);
    let mut findings = findings(judgement.verdicts, rules, &analysis.sources);
    let mut undetermined = judgement.undetermined;
    let bench = SuppressionPass {
        analysis: &analysis,
        rules,
        settings,
        accepted: &scope.accepted,
    };
    let (meta, mut notes) = bench.suppressed(&mut findings, &undetermined);
    analysis.estate.meta.extend(meta);
    let about_itself = policy::judge(rules, &meta_only(&analysis.estate), settings);
    // The rule that would report these did not run.
    notes.extend(about_itself.faults.iter().map(|(span, why)| ReportNote {
        path: Some(analysis.sources.path(*span).to_owned()),
        message: why.clone(),
    }));
    findings.extend(self::findings(
        about_itself.verdicts,
        rules,
        &analysis.sources,
    ));
    sort(&mut findings, &mut undetermined, &analysis.sources);
    fingerprint::number_equal(&mut findings);
    let gone = baseline_diff::mark_gone_entries(
        rules,
        settings,
        scope,
        &mut findings,
        &analysis.sources,
        &undetermined,
    );
    if let Some(since) = &scope.since {
        since.retain_new(&mut findings, &analysis.sources);
    }
    findings.retain(|finding| in_scope(finding, &analysis.sources, scope));
    undetermined.retain(|case| scope.holds(analysis.sources.path(case.at)));
    // Whatever silences or selects is about single places: copies and bundles are joined after it.
    if !scope.single_findings {
        let merge = || merged(findings.clone(), rules, settings, &analysis.sources);
        match attempt(WorkStage::Merging, merge) {
            Some(merged) => findings = merged,
            None => notes.push(ReportNote {
                path: None,
                message: internal_error("merging findings; each place is reported"),
            }),
        }
        sort(&mut findings, &mut undetermined, &analysis.sources);
        fingerprint::number_equal(&mut findings);
    }
    let own = |input: &&InputFile| input.kind != FileKind::Supporting && scope.holds(&input.path);
    let files = project.inputs.iter().filter(own).count();
    let quiet = policy::QuietPaths::new(rules, settings);
    let is_asked = |path: &String| scope.holds(path) && !quiet.is_test(path);
    let said = &mut analysis.estate.notes;
    said.retain(|(path, _)| path.as_ref().is_none_or(is_asked));
    let developers = note_development(&analysis.estate, &quiet, scope);
    let mut report = report(analysis, findings, undetermined, files, scope);
    report.runs = RuleRun::join(judgement.runs.into_iter().chain(about_itself.runs));
    report.notes.append(&mut notes);
    report.notes.extend(developers);
    report.notes.extend(baseline_diff::note(&gone));
    report.gone = gone;
    scope.listener.tell(CheckStage::Joining);
    report
}

/// Files whose servers a developer runs, where their paths do not say so: otherwise a reader would take the
/// missing findings about deployments for a clean result.
fn note_development(
    estate: &Estate,
    quiet: &policy::QuietPaths<'_>,
    scope: &ReportScope,
) -> BTreeSet<ReportNote> {
    let servers = estate.servers.iter();
    let servers =
        servers.filter(|server| scope.holds(&server.path) && !quiet.is_quiet(&server.path));
    let note = |server: &Subject| {
        let why = server.development.as_ref()?;
        Some(ReportNote {
            path: Some(server.path.clone()),
            message: format!("development setup ({why}): rules about deployments are not applied"),
        })
    };
    servers.filter_map(note).collect()
}

/// What every server will run with and every client will use.
pub fn effective(
    sources: Sources,
    project: &ProjectInputs,
    knowledge: &Knowledge,
    scope: &ReportScope,
) -> EstateView {
    let analysis = analyze(sources, project, knowledge);
    let gauges = knowledge.servers.gauges();
    let keep = |path: &str| scope.holds(path);
    view::view(&analysis.estate, &analysis.sources, &gauges, &keep)
}

/// What another version makes of every server's configuration.
pub fn upgrade(
    sources: Sources,
    project: &ProjectInputs,
    knowledge: &Knowledge,
    scope: &ReportScope,
    (from, to): (&ServerSeries, &ServerSeries),
) -> UpgradeView {
    let (sources, servers) = analysis::upgrades(sources, project, knowledge, (from, to));
    UpgradeView {
        schema_version: 1,
        from: from.name(),
        to: to.name(),
        notes: Vec::new(),
        servers: view::upgrades(servers, &sources, &|path| scope.holds(path)),
    }
}

/// Findings with their copies and bundles as one, and those of a file whose rule reports files.
fn merged(
    findings: Vec<Finding>,
    rules: &RuleSet,
    settings: &policy::RuleSettings,
    sources: &Sources,
) -> Vec<Finding> {
    let distinct = copies::join_copies(findings, sources);
    let bundled = bundles::join_bundles(distinct, rules, settings, sources);
    per_file::join_per_file(bundled, rules, sources)
}

fn findings(verdicts: Vec<RuleViolation>, rules: &RuleSet, sources: &Sources) -> Vec<Finding> {
    let finding = |verdict: RuleViolation| {
        let identity = FindingIdentity {
            verdict: &verdict,
            path: sources.path(verdict.finding.primary),
        };
        let intent = verdict.fix.as_ref();
        let edits = || intent.and_then(|intent| edit::edits(intent, sources));
        let (fix, obstacle) = match attempt(WorkStage::Fixing, edits) {
            Some(fix) => (fix, intent.and_then(edit::obstacle)),
            None => (None, Some(internal_error("writing the fix"))),
        };
        Finding {
            fingerprint: identity.fingerprint(&verdict.finding.rule),
            former: identity.former(rules),
            fix,
            fix_obstacle: obstacle,
            ..verdict.finding
        }
    };
    verdicts.into_iter().map(finding).collect()
}

/// What a finding is called in fingerprints: rule, subject, directive or option, value.
struct FindingIdentity<'a> {
    verdict: &'a RuleViolation,
    path: &'a str,
}

impl FindingIdentity<'_> {
    /// The path counts apart, so that it is taken out of names that hold it.
    fn fingerprint(&self, rule: &str) -> String {
        let RuleViolation {
            identity,
            about,
            value_class,
            ..
        } = self.verdict;
        let [identity, value] = [identity, value_class].map(|word| word.replace(self.path, ""));
        fingerprint::of_fault(&[rule, &identity, about, &value], self.path)
    }

    /// What a baseline of version 1 holds for it.
    fn of_version_1(&self, rule: &str) -> String {
        let of = self.verdict;
        fingerprint::of_version_1(&[rule, &of.identity, &of.about, &of.value_class])
    }

    fn former(&self, rules: &RuleSet) -> Vec<FormerFingerprint> {
        let rule = self.verdict.finding.rule.as_str();
        let former = |rule: &str, fingerprint| FormerFingerprint {
            rule: rule.to_owned(),
            fingerprint,
        };
        let renamed = rules.former().filter(|(_, new)| *new == rule);
        let old = renamed.flat_map(|(old, _)| {
            let prints = [self.fingerprint(old), self.of_version_1(old)];
            prints.map(|print| former(old, print))
        });
        std::iter::once(former(rule, self.of_version_1(rule)))
            .chain(old)
            .collect()
    }
}

/// What silencing looks at, beside the findings.
struct SuppressionPass<'a> {
    analysis: &'a Analysis,
    rules: &'a RuleSet,
    settings: &'a policy::RuleSettings,
    accepted: &'a Suppressions,
}

impl SuppressionPass<'_> {
    /// Silences what comments and waivers silence, and says what is wrong with them and the inputs.
    fn suppressed(
        &self,
        findings: &mut [Finding],
        undetermined: &[Undetermined],
    ) -> (Vec<Subject>, Vec<ReportNote>) {
        let sources = &self.analysis.sources;
        let work = || self.silenced(findings, undetermined);
        let (mut meta, notes) = attempt(WorkStage::Suppressing, work).unwrap_or_else(|| {
            // A half of the suppressions might hide what the other half reports.
            findings.iter_mut().for_each(|one| one.suppressed = None);
            let at = findings.first().map(|one| one.primary).unwrap_or_default();
            let why = internal_error("applying suppressions; none of them counts");
            let fault = meta_subject("unreadable-input", at, None, why, sources);
            (vec![fault], Vec::new())
        });
        meta.extend(self.analysis.problems.iter().map(|(span, why)| {
            meta_subject("unreadable-input", *span, None, why.clone(), sources)
        }));
        (meta, notes)
    }

    fn silenced(
        &self,
        findings: &mut [Finding],
        undetermined: &[Undetermined],
    ) -> (Vec<Subject>, Vec<ReportNote>) {
        let whole_texts: Vec<_> = self
            .analysis
            .texts
            .iter()
            .map(|(text, first_directive_line)| WholeText {
                text: *text,
                first_directive_line: *first_directive_line,
            })
            .collect();
        let ran = policy::running_rules(self.rules, self.settings);
        let known: Vec<String> = self.rules.rules().map(|r| r.id().to_owned()).collect();
        let former: Vec<(String, String)> = self
            .rules
            .former()
            .map(|(old, new)| (old.to_owned(), new.to_owned()))
            .collect();
        let inputs = suppress::SuppressionInputs {
            sources: &self.analysis.sources,
            comments: &self.analysis.comments,
            whole_texts: &whole_texts,
            undetermined,
            ran: &ran,
            known: &known,
            former: &former,
        };
        let mut notes = self.former_ids(&inputs);
        let mut meta = self.comments(suppress::apply(findings, &inputs));
        let (waivers, today) = (&self.accepted.waivers, self.accepted.today);
        meta.extend(self.waivers(waiver::waive(findings, waivers, today, &inputs)));
        notes.extend(self.ending_waivers());
        (meta, notes)
    }

    /// Former ids that comments and the baseline still name: understood, and told.
    fn former_ids(&self, inputs: &suppress::SuppressionInputs<'_>) -> Vec<ReportNote> {
        let sources = &self.analysis.sources;
        let of_comments = suppress::former_ids(inputs).into_iter().map(|(span, old)| {
            let path = Some(sources.path(span).to_owned());
            (path, old)
        });
        let baseline = self.accepted.baseline.iter();
        let of_baseline = baseline
            .flat_map(|baseline| baseline.entries())
            .map(|entry| (None, entry.rule.clone()));
        let notes: BTreeSet<ReportNote> = of_comments
            .chain(of_baseline)
            .filter_map(|(path, old)| {
                let (_, new) = inputs.former.iter().find(|(id, _)| *id == old)?;
                let place = if path.is_some() { "" } else { "the baseline: " };
                let message = format!("{place}`{old}` is called `{new}` now");
                Some(ReportNote { path, message })
            })
            .collect();
        notes.into_iter().collect()
    }

    fn comments(&self, outcome: suppress::CommentFaults) -> Vec<Subject> {
        let sources = &self.analysis.sources;
        let unused = outcome.unused.into_iter().map(|unused| {
            let detail = self.without_effect(&unused.rules);
            meta_subject(UNUSED, unused.span, unused.remove, detail, sources)
        });
        let silent = outcome.without_reason.into_iter().map(|span| {
            let detail = "add the reason after the closing bracket".to_owned();
            meta_subject("suppression-without-reason", span, None, detail, sources)
        });
        let malformed = outcome.malformed.into_iter().map(|bad| {
            let detail = bad.why.to_owned();
            meta_subject(UNUSED, bad.span, None, detail, sources)
        });
        let refused = outcome.refused.into_iter().map(|refused| {
            let detail = cannot_be_silenced(&refused.rule);
            meta_subject(UNUSED, refused.span, None, detail, sources)
        });
        unused
            .chain(refused)
            .chain(silent)
            .chain(malformed)
            .collect()
    }

    /// Why ids of a comment silence nothing; a slip of the pen is named first.
    fn without_effect(&self, ids: &[String]) -> String {
        let is_pattern = |id: &str| id.contains(['*', '?', '[', '{']);
        let unknown = ids
            .iter()
            .find(|id| !is_pattern(id) && self.rules.current(id).is_none());
        let Some(id) = unknown else {
            return format!("no finding of {} here", ids.join(", "));
        };
        let known = self.rules.rules().map(|rule| rule.id());
        match nearest::nearest(id, known) {
            Some(near) => format!("there is no rule `{id}`; did you mean `{near}`?"),
            None => format!("there is no rule `{id}`"),
        }
    }

    fn waivers(&self, outcome: waiver::WaiverFaults<'_>) -> Vec<Subject> {
        let sources = &self.analysis.sources;
        let ended = outcome.ended.into_iter().filter_map(|waiver| {
            let expires = waiver.expires.as_ref()?;
            let detail = format!("it expired on {}{}", expires.shown, owned_by(waiver));
            Some(meta_subject(EXPIRED, expires.span, None, detail, sources))
        });
        let unused = outcome.unused.into_iter().map(|waiver| {
            let detail = format!("no finding matches {}", waiver.about());
            meta_subject(UNUSED, waiver.span, None, detail, sources)
        });
        // A part of a project may lack what a waiver is for.
        let is_told = !self.accepted.partial;
        let refused: BTreeSet<(Span, String)> = outcome
            .refused
            .into_iter()
            .map(|(waiver, rule)| (waiver.span, rule))
            .collect();
        let refused = refused.into_iter().map(|(span, rule)| {
            meta_subject(UNUSED, span, None, cannot_be_silenced(&rule), sources)
        });
        ended
            .chain(unused.filter(|_| is_told))
            .chain(refused)
            .collect()
    }

    /// Waivers that end soon; how soon is the rule's own parameter.
    fn ending_waivers(&self) -> Vec<ReportNote> {
        let near = |waiver: &&ActiveWaiver| {
            let left = self
                .accepted
                .today
                .and_then(|today| waiver.days_left(today));
            let path = self.analysis.sources.path(waiver.span);
            let days = self.notice_days(path);
            left.zip(days)
                .is_some_and(|(left, days)| left >= 0 && (left as f64) < days)
        };
        let note = |waiver: &ActiveWaiver| {
            let expires = waiver.expires.as_ref()?;
            Some(ReportNote {
                path: Some(self.analysis.sources.path(waiver.span).to_owned()),
                message: format!(
                    "the waiver for {} expires on {}{}",
                    waiver.about(),
                    expires.shown,
                    owned_by(waiver)
                ),
            })
        };
        let waivers = self.accepted.waivers.iter();
        waivers.filter(near).filter_map(note).collect()
    }

    fn notice_days(&self, path: &str) -> Option<f64> {
        let (rule, name) = ("meta/expired-waiver", "notice_days");
        policy::parameter(self.rules, self.settings, rule, name, path)?.as_number()
    }
}

const UNUSED: &str = "unused-suppression";
const EXPIRED: &str = "expired-waiver";

fn cannot_be_silenced(rule: &str) -> String {
    format!("{rule} cannot be suppressed because it is non_waivable")
}

fn owned_by(waiver: &ActiveWaiver) -> String {
    let owner = waiver.owner.as_ref();
    owner.map_or(String::new(), |owner| format!(" (owner: {owner})"))
}

/// A subject about the check itself; its place is also what a fix would remove.
fn meta_subject(
    what: &str,
    anchor: Span,
    remove: Option<Span>,
    detail: String,
    sources: &Sources,
) -> Subject {
    let path = sources.path(anchor);
    let mut subject = Subject::new(SubjectKind::Meta, path, path, anchor);
    subject.identity = format!("{path}#{what}#{detail}");
    let word = Datum::Text(what.to_owned());
    let value = match remove {
        Some(span) => FactValue::set(word, span),
        None => FactValue::from_derived(word).with_anchor_when_unset(anchor),
    };
    subject.put(MetaFact::What, value);
    subject.put(MetaFact::Detail, FactValue::from_derived(detail));
    subject
}

fn meta_only(estate: &Estate) -> Estate {
    Estate {
        meta: estate.meta.clone(),
        ..Estate::default()
    }
}

fn in_scope(finding: &Finding, sources: &Sources, scope: &ReportScope) -> bool {
    let places = std::iter::once(finding.primary).chain(finding.labels.iter().map(|l| l.span));
    places
        .into_iter()
        .any(|span| scope.holds(sources.path(span)))
}

fn sort(findings: &mut [Finding], undetermined: &mut [Undetermined], sources: &Sources) {
    findings.sort_by(|a, b| {
        let key = |f: &Finding| {
            (
                sources.path(f.primary).to_owned(),
                f.primary.start,
                f.rule.clone(),
            )
        };
        key(a)
            .cmp(&key(b))
            .then_with(|| a.subject.cmp(&b.subject))
            .then_with(|| a.message.cmp(&b.message))
    });
    undetermined.sort_by(|a, b| (&a.rule, &a.subject, a.at).cmp(&(&b.rule, &b.subject, b.at)));
}

fn report(
    analysis: Analysis,
    findings: Vec<Finding>,
    undetermined: Vec<Undetermined>,
    files: usize,
    scope: &ReportScope,
) -> Report {
    let mut notes = view::notes(&analysis.estate);
    notes.extend(version_note(&undetermined));
    // A server is in scope with any of its lines: its object and its configuration may lie apart.
    let asked = |subjects: &[Subject]| {
        let is_asked = |subject: &&Subject| {
            let written = subject.placed_values().filter_map(FactValue::span);
            let places = std::iter::once(subject.anchor).chain(written);
            let mut paths = places.map(|place| analysis.sources.path(place));
            let made_in = subject.made_in.as_deref();
            made_in.is_some_and(|folder| scope.holds(folder)) || paths.any(|path| scope.holds(path))
        };
        subjects.iter().filter(is_asked).count()
    };
    let summary = ReportSummary {
        files,
        servers: asked(&analysis.estate.servers),
        clients: asked(&analysis.estate.clients),
        ..summary(&findings, &undetermined)
    };
    let mut secrets = analysis.secrets;
    secrets.sort();
    secrets.dedup();
    Report {
        root: String::new(),
        sources: analysis.sources,
        secrets,
        findings,
        undetermined,
        runs: Vec::new(),
        notes,
        gone: Vec::new(),
        summary,
    }
}

/// Decided once for the whole report: naming the version would settle these.
fn version_note(undetermined: &[Undetermined]) -> Option<ReportNote> {
    let waiting: BTreeSet<&str> = undetermined
        .iter()
        .filter(|case| case.waits_for_version)
        .map(|case| case.rule.as_str())
        .collect();
    (!waiting.is_empty()).then(|| ReportNote {
        path: None,
        message: format!(
            "{} the server's version; set it with --server FLAVOR:VERSION or in redvet.toml",
            match waiting.len() {
                1 => "1 rule needs".to_owned(),
                rules => format!("{rules} rules need"),
            }
        ),
    })
}

fn summary(findings: &[Finding], undetermined: &[Undetermined]) -> ReportSummary {
    let shown = |severity| {
        let of = |f: &&Finding| f.suppressed.is_none() && f.severity == severity;
        findings.iter().filter(of).count()
    };
    ReportSummary {
        error: shown(Severity::Error),
        warning: shown(Severity::Warning),
        info: shown(Severity::Info),
        undetermined: undetermined.len(),
        suppressed: findings.iter().filter(|f| f.suppressed.is_some()).count(),
        ..ReportSummary::default()
    }
}
