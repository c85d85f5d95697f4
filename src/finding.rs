//! Findings and reports: plain data that the report formats, the fixer and an editor read.
//! No rendering, no rule and no fact here.

pub mod fingerprint;

use std::borrow::Cow;
use std::cmp::Reverse;

use crate::source::{FileId, Sources, Span};

/// How bad a finding is. Ordered: `Info < Warning < Error`.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Info,
    Warning,
    Error,
}

impl Severity {
    /// The worst first.
    pub const ALL: &[Self] = &[Self::Error, Self::Warning, Self::Info];

    /// The severity by its word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|s| s.as_str() == word)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A second place that a finding is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingLabel {
    pub span: Span,
    pub text: String,
}

/// The subject of a finding as people name it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubjectRef {
    pub kind: &'static str,
    pub name: String,
    /// The file that it stands in: names alone are not unique in a tree.
    pub path: String,
    /// The server that a configuration line belongs to.
    pub server: Option<Box<SubjectRef>>,
}

impl SubjectRef {
    /// A subject of which only this is known.
    pub fn new(kind: &'static str, name: impl Into<String>) -> Self {
        Self {
            kind,
            name: name.into(),
            path: String::new(),
            server: None,
        }
    }

    /// What a reader counts: the server of a line, else the subject itself.
    pub fn counted(&self) -> &Self {
        self.server.as_deref().unwrap_or(self)
    }
}

/// Another subject and place of a fault that is reported once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FaultCopy {
    pub subject: SubjectRef,
    pub at: Span,
}

/// Replace the bytes of `span` by `replacement`; an empty span inserts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextEdit {
    pub span: Span,
    pub replacement: String,
}

impl TextEdit {
    /// Whether an insertion can stand before and after another one: a line of its own, a call of a
    /// chain, a field behind its comma.
    pub fn is_separate(&self) -> bool {
        let text = &self.replacement;
        let is_line = text.starts_with(['\n', '\r']) || text.ends_with('\n');
        is_line || text.starts_with('.') || (text.starts_with(',') && !text.ends_with(','))
    }
}

/// Edits that are applied together or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// `true`: may be applied without a person's judgement.
    pub safe: bool,
    pub title: String,
    pub edits: Vec<TextEdit>,
}

/// A setting that is not written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsetSetting {
    /// The server's or the library's own word for it.
    pub name: String,
    /// What is in force instead; `None` where that is not known.
    pub default: Option<String>,
    /// What the rule would write.
    pub recommended: Option<String>,
    /// The id of the bundle that reports it together with others.
    pub bundle: Option<String>,
}

/// What a fault does to its subject, as the first line of a report says it. Ordered: the worst first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Consequence {
    /// Its place among those that the packs list.
    pub rank: usize,
    /// The words after "1 server".
    pub one: String,
    /// The words after "2 servers".
    pub many: String,
}

/// Why a finding is not shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppressed {
    /// `comment`, `waiver` or `baseline`.
    pub by: &'static str,
    pub reason: String,
}

/// A fingerprint that a finding had under another id of its rule or in another form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FormerFingerprint {
    /// The id that the rule had.
    pub rule: String,
    pub fingerprint: String,
}

/// One fault in the reader's files.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Finding {
    pub rule: String,
    pub severity: Severity,
    /// `false`: it rests on an assumed link or value, which the report says.
    pub certain: bool,
    /// `false`: no comment, waiver or baseline silences it.
    pub waivable: bool,
    pub message: String,
    /// `None` where its rule names none, or it is not certain.
    pub consequence: Option<Consequence>,
    pub help: Option<String>,
    pub url: Option<String>,
    pub primary: Span,
    /// Nothing about it is written at the primary place: a value would be written there.
    pub stands_in: bool,
    /// The setting that it is about, where that is not written.
    pub unset: Option<UnsetSetting>,
    /// What it is called in a list, where its rule reports what it found in a file as one finding.
    pub item: Option<String>,
    /// The deployed object that it is about, with its namespace: in another file the same object is a
    /// copy. `None` where a second one would be another thing.
    pub object: Option<String>,
    pub labels: Vec<FindingLabel>,
    pub subject: SubjectRef,
    /// The other subjects and places of the same fault: other servers of one text, rendered or
    /// overlaid copies of one object.
    pub also: Vec<FaultCopy>,
    /// What a bundle reports as one, in the order of rules; a part has no parts of its own. Empty
    /// for a finding of a single rule.
    pub parts: Vec<Finding>,
    pub fix: Option<Fix>,
    /// Why the rule's fix cannot be written here, or not all of it.
    pub fix_obstacle: Option<String>,
    pub fingerprint: String,
    /// The fingerprints that it would have under former ids of its rule, and in baselines of version 1.
    pub former: Vec<FormerFingerprint>,
    pub suppressed: Option<Suppressed>,
}

impl Finding {
    /// The findings of single rules that it is made of: a bundle's parts, else itself.
    pub fn members(&self) -> &[Finding] {
        if self.parts.is_empty() {
            std::slice::from_ref(self)
        } else {
            &self.parts
        }
    }

    /// What to do, and why no fix does it, for formats that have one text for both.
    pub fn advice(&self) -> Option<Cow<'_, str>> {
        let help = self.help.as_deref().map(Cow::Borrowed);
        let Some(obstacle) = &self.fix_obstacle else {
            return help;
        };
        let refused = match self.fix {
            Some(_) => format!("The fix is incomplete: {obstacle}."),
            None => format!("No fix is offered: {obstacle}."),
        };
        Some(Cow::Owned(match help {
            Some(help) => format!("{}\n{refused}", help.trim_end()),
            None => refused,
        }))
    }
}

/// A rule that could not be decided for a subject.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Undetermined {
    pub rule: String,
    pub subject: SubjectRef,
    pub at: Span,
    pub reasons: Vec<String>,
    /// Naming the server's version would settle one of them.
    pub waits_for_version: bool,
}

/// How a rule came out over the subjects that it looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleRun {
    pub rule: String,
    /// Those on which it is quiet are not counted.
    pub subjects: usize,
    /// `None`: the rule has no such condition.
    pub when: Option<ConditionTally>,
    /// Over the subjects that the rule applies to.
    pub assert: ConditionTally,
}

/// How often a condition held and how often not; the rest could not be told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConditionTally {
    pub holds: usize,
    pub fails: usize,
    pub open: usize,
}

impl ConditionTally {
    /// Adds what came out once.
    pub fn count(&mut self, outcome: Option<bool>) {
        match outcome {
            Some(true) => self.holds += 1,
            Some(false) => self.fails += 1,
            None => self.open += 1,
        }
    }

    fn add(&mut self, other: Self) {
        self.holds += other.holds;
        self.fails += other.fails;
        self.open += other.open;
    }
}

impl RuleRun {
    /// Joins runs of the same rules.
    pub fn join(runs: impl IntoIterator<Item = Self>) -> Vec<Self> {
        let mut joined = std::collections::BTreeMap::<String, Self>::new();
        for run in runs {
            let whole = joined.entry(run.rule.clone()).or_insert_with(|| Self {
                rule: run.rule.clone(),
                ..Self::default()
            });
            whole.subjects += run.subjects;
            whole.assert.add(run.assert);
            if let Some(tally) = run.when {
                whole.when.get_or_insert_default().add(tally);
            }
        }
        joined.into_values().collect()
    }
}

/// Something worth saying that is no finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReportNote {
    pub path: Option<String>,
    pub message: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct ReportSummary {
    pub files: usize,
    pub servers: usize,
    pub clients: usize,
    pub error: usize,
    pub warning: usize,
    pub info: usize,
    pub undetermined: usize,
    pub suppressed: usize,
}

/// The outcome of a check: findings sorted by path, line, column and rule.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Report {
    /// The absolute path of the folder that all paths are relative to; empty where there is none.
    pub root: String,
    pub sources: Sources,
    /// Byte ranges that hold secrets: masked wherever text is shown.
    pub secrets: Vec<Span>,
    pub findings: Vec<Finding>,
    pub undetermined: Vec<Undetermined>,
    /// How each rule that ran came out.
    pub runs: Vec<RuleRun>,
    pub notes: Vec<ReportNote>,
    /// The fingerprints of the baseline that no finding has any more.
    pub gone: Vec<String>,
    pub summary: ReportSummary,
}

impl Report {
    /// The findings that are shown: not suppressed.
    pub fn shown_findings(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|f| f.suppressed.is_none())
    }

    /// The worst severity shown.
    pub fn worst(&self) -> Option<Severity> {
        self.shown_findings().map(|f| f.severity).max()
    }

    /// The report with so many findings at most: the most severe ones, in their order. What is left out
    /// stays in the counts and is told.
    pub fn keep_most_severe(&self, most: usize) -> Cow<'_, Self> {
        let left_out = self.findings.len().saturating_sub(most);
        if left_out == 0 {
            return Cow::Borrowed(self);
        }
        let mut order: Vec<usize> = (0..self.findings.len()).collect();
        order.sort_by_key(|at| {
            let finding = &self.findings[*at];
            (finding.suppressed.is_some(), Reverse(finding.severity), *at)
        });
        order.truncate(most);
        order.sort_unstable();
        let mut report = self.clone();
        report.findings = order.iter().map(|at| self.findings[*at].clone()).collect();
        report.notes.push(ReportNote {
            path: None,
            message: format!(
                "{left_out} more findings are not listed, the least severe ones; raise `findings` under [limits] of redvet.toml"
            ),
        });
        Cow::Owned(report)
    }

    pub fn path(&self, file: FileId) -> &str {
        self.sources.get(file).path()
    }

    /// The same report with other paths, for instance as they are seen from another folder.
    pub fn with_paths(&self, rename: &dyn Fn(&str) -> String) -> Self {
        let mut report = self.clone();
        report.sources = self.sources.with_paths(rename);
        for note in &mut report.notes {
            note.path = note.path.as_deref().map(rename);
        }
        report
    }
}

/// A value as `effective` shows it.
#[derive(Clone, Debug, serde::Serialize)]
#[non_exhaustive]
pub struct ValueView {
    /// `set`, `default`, `absent` or `unknown`.
    pub state: &'static str,
    pub value: serde_json::Value,
    pub reason: Option<String>,
    pub path: Option<String>,
    pub line: Option<usize>,
    pub overrides: Vec<OverrideView>,
    /// What people read in the table.
    #[serde(skip)]
    pub shown: String,
    /// Where it comes from, in words.
    #[serde(skip)]
    pub from: String,
    /// Masked: what is shown says nothing about it.
    #[serde(skip)]
    pub secret: bool,
}

#[derive(Clone, Debug, serde::Serialize)]
pub struct OverrideView {
    pub path: String,
    pub line: usize,
    pub value: String,
}

#[derive(Clone, Debug, serde::Serialize)]
pub struct LinkView {
    pub to: String,
    pub evidence: String,
    pub strength: &'static str,
}

#[derive(Clone, Debug, serde::Serialize)]
pub struct LimitsView {
    pub memory: ValueView,
    pub cpu: ValueView,
}

#[derive(Clone, Debug, serde::Serialize)]
#[non_exhaustive]
pub struct ServerView {
    pub name: String,
    pub namespace: Option<String>,
    pub kind: Option<String>,
    pub flavor: Option<String>,
    pub version: Option<String>,
    pub path: String,
    pub line: usize,
    pub links: Vec<LinkView>,
    pub not_visible: Vec<String>,
    pub limits: LimitsView,
    pub replicas: ValueView,
    pub conf: std::collections::BTreeMap<String, ValueView>,
    pub clients: Vec<String>,
    /// What it takes of what it may take; for people.
    #[serde(skip)]
    pub gauges: Vec<GaugeView>,
    /// Its image as it is written; for people.
    #[serde(skip)]
    pub image: ValueView,
    /// The folder of the overlay that makes it of other files, where one does.
    #[serde(skip)]
    pub made_in: Option<String>,
}

impl ServerView {
    /// Its flavor and version, and which of them is unknown.
    pub fn release(&self) -> String {
        match (&self.flavor, &self.version) {
            (Some(flavor), Some(version)) => format!("{flavor} {version}"),
            (Some(flavor), None) => format!("{flavor} of unknown version"),
            (None, Some(version)) => format!("version {version}, unknown flavor"),
            (None, None) => "unknown flavor and version".to_owned(),
        }
    }
}

/// What differs between two servers, or between the servers of two folders.
#[derive(Clone, Debug, serde::Serialize)]
pub struct DifferenceView {
    pub schema_version: u32,
    /// The two sides as a person named them.
    pub a: String,
    pub b: String,
    pub pairs: Vec<PairView>,
    /// Servers without a counterpart on the other side.
    pub only_a: Vec<PlaceView>,
    pub only_b: Vec<PlaceView>,
    #[serde(skip)]
    pub notes: Vec<ReportNote>,
}

/// A server's name and place.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct PlaceView {
    pub name: String,
    pub namespace: Option<String>,
    pub path: String,
    pub line: usize,
    /// The folder of the overlay that makes it, where one does.
    pub made_in: Option<String>,
}

/// Two servers that are compared.
#[derive(Clone, Debug, serde::Serialize)]
pub struct PairView {
    pub a: PlaceView,
    pub b: PlaceView,
    /// Why they are held to be each other's counterpart.
    pub evidence: &'static str,
    pub differences: Vec<DifferingView>,
    /// Of which at least one side is not known.
    pub undecided: Vec<DifferingView>,
    /// How many values are the same.
    pub same: usize,
    pub links: SidesView<Vec<LinkView>>,
    pub not_visible: SidesView<Vec<String>>,
}

/// One value on both sides.
#[derive(Clone, Debug, serde::Serialize)]
pub struct DifferingView {
    /// `version`, `image`, `limits.memory`, or `conf` with the name of a directive.
    pub what: &'static str,
    pub directive: Option<String>,
    pub a: ValueView,
    pub b: ValueView,
}

#[derive(Clone, Debug, serde::Serialize)]
pub struct SidesView<T> {
    pub a: T,
    pub b: T,
}

/// How much is taken of something, by whom.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct GaugeView {
    /// `memory`, `threads`, `connections`.
    pub title: &'static str,
    /// How much there is, where that is known and bounded.
    pub capacity: Option<f64>,
    /// What bounds it, in words.
    pub capacity_text: String,
    pub parts: Vec<GaugePart>,
    /// What is left or lacking, in words.
    pub spare: Option<String>,
    /// All of it in a few words: `28 GiB of 32 GiB (88%)`.
    pub brief: String,
    /// The share of the capacity from which it is tight, 0 to 1.
    pub tight_from: Option<f64>,
}

/// One share of a gauge.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct GaugePart {
    pub name: String,
    pub amount: Option<f64>,
    /// The amount in words, or why it is not known.
    pub text: String,
}

#[derive(Clone, Debug, serde::Serialize)]
#[non_exhaustive]
pub struct ClientView {
    pub id: String,
    pub library: Option<String>,
    pub language: Option<String>,
    pub version: Option<String>,
    pub path: String,
    pub line: usize,
    pub kind: Option<String>,
    pub options: std::collections::BTreeMap<String, ValueView>,
    pub server: Option<String>,
    /// Why it is held to talk to that server; for people.
    #[serde(skip)]
    pub server_link: Option<LinkView>,
    /// The program that it belongs to, where that is known; for people.
    #[serde(skip)]
    pub service: Option<String>,
}

/// A program that builds clients, and what runs it.
#[derive(Clone, Debug, serde::Serialize)]
#[non_exhaustive]
pub struct ServiceView {
    pub name: String,
    pub language: Option<String>,
    pub path: String,
    pub line: usize,
    /// What runs it, and why it is held to.
    pub workloads: Vec<LinkView>,
    /// Why that is not known.
    pub reason: Option<String>,
    pub replicas: ValueView,
    pub cpu: ValueView,
    /// How many processors the Go runtime takes; for programs in Go.
    pub gomaxprocs: Option<ValueView>,
    pub clients: Vec<String>,
}

/// What every server will run with and every client will use.
#[derive(Clone, Debug, serde::Serialize)]
#[non_exhaustive]
pub struct EstateView {
    pub schema_version: u32,
    pub servers: Vec<ServerView>,
    pub clients: Vec<ClientView>,
    pub services: Vec<ServiceView>,
    #[serde(skip)]
    pub notes: Vec<ReportNote>,
}

/// What `redvet upgrade` shows: what another version makes of every server's configuration.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct UpgradeView {
    pub schema_version: u32,
    pub from: String,
    pub to: String,
    /// A version that is not listed, and which one stands for it.
    pub notes: Vec<String>,
    pub servers: Vec<ServerUpgrade>,
}

impl UpgradeView {
    /// Whether a server would stop that starts today.
    pub fn breaks(&self) -> bool {
        let changes = self.servers.iter().flat_map(|server| &server.changes);
        changes.into_iter().any(|change| change.breaks)
    }
}

/// What changes for one server.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct ServerUpgrade {
    pub name: String,
    pub namespace: Option<String>,
    pub path: String,
    pub line: usize,
    /// Parts of its configuration that cannot be seen.
    pub not_visible: Vec<String>,
    pub changes: Vec<ChangeView>,
}

/// One change.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct ChangeView {
    /// `removed`, `refused`, `renamed`, `ignored`, `meaning` or `default`.
    pub kind: &'static str,
    /// The server would not start.
    pub breaks: bool,
    pub directive: String,
    pub path: Option<String>,
    pub line: Option<usize>,
    pub before: Option<String>,
    pub after: Option<String>,
    /// Both as a table shows them: sizes in units, blanks and nothing in quotes.
    #[serde(skip)]
    pub shown: Option<(String, String)>,
    pub message: String,
}
