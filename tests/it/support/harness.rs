//! A check as the library does it, for tests and benchmarks: files in memory or a folder in, a
//! report out. What the command line adds (flags, printing, exit codes) is not here.

use std::path::{Path, PathBuf};

use redvet::analysis::{self, InputFile, ProjectInputs};
use redvet::check::{self, ReportScope};
use redvet::config::Date;
use redvet::discover::{self, ExcludePatterns, InputPatterns, ProjectRoot};
use redvet::facts::estate::Estate;
use redvet::facts::raw::Declaration;
use redvet::finding::{EstateView, Report, UpgradeView};
use redvet::fix::FixedFile;
use redvet::knowledge::Knowledge;
use redvet::load::{apply, rules, settings};
use redvet::policy::{self, RuleSet, ScopedOverrides};
use redvet::source::{SourceFile, Sources};
use redvet::suppress::waiver::{ActiveWaiver, WaiverExpiry};
use redvet::tester::{self, FixturePage};

/// The settings file, which is read apart from the files that are checked.
const SETTINGS: &str = "redvet.toml";

/// The day on which tests run, whatever the clock says: 2026-01-01, in days since 1970-01-01.
const TODAY: i64 = 20_454;

/// What every check of a test needs, made once.
pub(crate) struct Harness {
    pub(crate) knowledge: Knowledge,
    pub(crate) rules: RuleSet,
    pub(crate) patterns: InputPatterns,
    /// Settings of rules beside those of a sample's file.
    pub(crate) overrides: Vec<ScopedOverrides>,
    /// Patterns of the rules that run; none: those of the profile.
    pub(crate) select: Vec<String>,
}

/// Everything that a check is made of, before it runs.
pub(crate) struct Sample {
    settings_text: Option<String>,
    inputs: Vec<InputFile>,
}

impl Sample {
    /// The same with these texts instead of its own.
    pub(crate) fn with(&self, instead: &[FixedFile]) -> Self {
        let text_of = |input: &InputFile| {
            let fixed = instead.iter().find(|fixed| fixed.path == input.path);
            fixed.map_or_else(|| input.text.clone(), |fixed| fixed.after.as_str().into())
        };
        let inputs = self.inputs.iter().map(|input| InputFile {
            text: text_of(input),
            ..input.clone()
        });
        Self {
            settings_text: self.settings_text.clone(),
            inputs: inputs.collect(),
        }
    }
}

impl Sample {
    /// The same with a text of one of its files replaced, which must be there once; the settings
    /// are a file like others.
    pub(crate) fn changed(&self, path: &str, old: &str, new: &str) -> Result<Self, String> {
        let replaced = |text: &str| match text.matches(old).count() {
            1 => Ok(text.replacen(old, new, 1)),
            n => Err(format!("{path} holds the text {n} times")),
        };
        let mut changed = self.with(&[]);
        if path == SETTINGS {
            let text = changed.settings_text.unwrap_or_default();
            changed.settings_text = Some(replaced(&text)?);
            return Ok(changed);
        }
        let input = changed.inputs.iter_mut().find(|input| input.path == path);
        let input = input.ok_or_else(|| format!("there is no file {path}"))?;
        input.text = replaced(&input.text)?.into();
        Ok(changed)
    }
}

impl Harness {
    pub(crate) fn new() -> Self {
        let knowledge = Knowledge::embedded().unwrap();
        let built_in = rules::builtin();
        assert_eq!(built_in.errors, []);
        let patterns = InputPatterns::new(&redvet::inputs::patterns(&knowledge)).unwrap();
        Self {
            knowledge,
            rules: built_in.rules,
            patterns,
            overrides: Vec::new(),
            select: Vec::new(),
        }
    }

    /// Files in memory, each read as what its name says.
    pub(crate) fn texts<'a>(&self, files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Sample {
        let mut sample = Sample {
            settings_text: None,
            inputs: Vec::new(),
        };
        for (path, text) in files {
            if path == SETTINGS {
                sample.settings_text = Some(text.to_owned());
            } else if let Some(kind) = self.patterns.kind_of(path) {
                sample.inputs.push(InputFile {
                    path: path.to_owned(),
                    kind,
                    text: text.into(),
                });
            }
        }
        sample
    }

    /// A folder, walked as the command line walks it.
    pub(crate) fn folder(&self, folder: &Path) -> Sample {
        let analysis_scope = ProjectRoot::at_path(folder).unwrap();
        let found = discover::walk(&analysis_scope, &self.patterns, ExcludePatterns::default());
        assert_eq!(found.unreadable, []);
        let inputs = found.files.into_iter().map(|file| InputFile {
            path: file.path,
            kind: file.kind,
            text: file.text,
        });
        Sample {
            settings_text: analysis_scope
                .settings
                .map(|path| discover::read(&path).unwrap()),
            inputs: inputs.collect(),
        }
    }

    pub(crate) fn check(&self, sample: &Sample) -> Report {
        self.run(sample, &self.rules, TODAY)
    }

    /// As on this day since 1970-01-01.
    pub(crate) fn check_on(&self, sample: &Sample, today: i64) -> Report {
        self.run(sample, &self.rules, today)
    }

    /// A check with other rules than the built-in ones.
    pub(crate) fn check_with(&self, sample: &Sample, rules: &RuleSet) -> Report {
        self.run(sample, rules, TODAY)
    }

    /// What the servers and clients of a sample come to, its settings left out.
    pub(crate) fn effective(&self, sample: &Sample) -> EstateView {
        let project = ProjectInputs {
            inputs: sample.inputs.clone(),
            ..ProjectInputs::default()
        };
        check::effective(
            Sources::default(),
            &project,
            &self.knowledge,
            &ReportScope::default(),
        )
    }

    /// What a change from one release to another does to the servers of a sample, its settings left
    /// out: each named as `flavor:series`.
    pub(crate) fn upgrade(&self, sample: &Sample, (from, to): (&str, &str)) -> UpgradeView {
        let project = ProjectInputs {
            inputs: sample.inputs.clone(),
            ..ProjectInputs::default()
        };
        let series = |name: &str| {
            let (flavor, number) = name.split_once(':').unwrap();
            let candidates = self
                .knowledge
                .servers
                .candidates(Some(flavor), Some(number));
            candidates.series[0]
        };
        check::upgrade(
            Sources::default(),
            &project,
            &self.knowledge,
            &ReportScope::default(),
            (series(from), series(to)),
        )
    }

    /// The estate that a sample's files make, its settings left out.
    pub(crate) fn estate(&self, sample: &Sample) -> Estate {
        let project = ProjectInputs {
            inputs: sample.inputs.clone(),
            ..ProjectInputs::default()
        };
        analysis::analyze(Sources::default(), &project, &self.knowledge).estate
    }

    fn run(&self, sample: &Sample, rules: &RuleSet, today: i64) -> Report {
        let mut sources = Sources::default();
        let mut project = ProjectInputs {
            inputs: sample.inputs.clone(),
            today: Date::from_days(today).map(|day| day.to_string()),
            ..ProjectInputs::default()
        };
        let mut policy_settings = policy::RuleSettings::default();
        let mut scope = ReportScope::default();
        if let Some(text) = &sample.settings_text {
            let id = sources.add(SourceFile::new(SETTINGS, text.as_str()));
            let read = settings::read(id, text).unwrap();
            policy_settings = apply::policy_settings(&read, rules);
            project.declarations = apply::declarations(&read, Declaration::default());
            project.services = apply::services(&read);
            scope.accepted.waivers = read.waivers.iter().map(waiver).collect();
            if let Some(day) = &read.defaults.today {
                project.today = Some(day.value.to_string());
            }
        }
        scope.accepted.today = Some(today);
        policy_settings.overrides.extend(self.overrides.clone());
        policy_settings.select.clone_from(&self.select);
        check::check(
            sources,
            &project,
            &self.knowledge,
            rules,
            &policy_settings,
            &scope,
        )
    }
}

/// What the command line makes of a waiver.
fn waiver(written: &redvet::config::Waiver) -> ActiveWaiver {
    ActiveWaiver {
        rule: written.rule.value.clone(),
        path: written.path.as_ref().map(|path| path.value.clone()),
        subject: written.subject.as_ref().map(|name| name.value.clone()),
        reason: written.reason.value.clone(),
        owner: written.owner.as_ref().map(|owner| owner.value.clone()),
        expires: written.expires.as_ref().map(|date| WaiverExpiry {
            day: date.value.days(),
            shown: date.value.to_string(),
            span: date.span,
        }),
        span: written.rule.span,
    }
}

/// The text of a report's only file with the fixes of a rule in it.
pub(crate) fn fixed(text: &str, report: &Report, rule: &str) -> String {
    let findings = report
        .shown_findings()
        .filter(|finding| finding.rule == rule);
    let fixes = findings.filter_map(|finding| finding.fix.as_ref());
    let mut edits: Vec<_> = fixes.flat_map(|fix| &fix.edits).collect();
    edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let mut text = text.to_owned();
    for edit in edits.into_iter().rev() {
        text.replace_range(edit.span.range(), &edit.replacement);
    }
    text
}

/// A path of the repository.
pub(crate) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The names of the estates, sorted.
pub(crate) fn estates() -> Vec<String> {
    let folder = repository("fixtures/estates");
    let mut names = names_in(&folder);
    names.retain(|name| folder.join(name).is_dir());
    names
}

/// The names of what lies in a folder, sorted.
pub(crate) fn names_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(Result::unwrap)
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// The pages of the shipped rules with their texts, sorted by rule.
pub(crate) fn pages() -> Vec<(FixturePage, String)> {
    let root = repository("fixtures/rules");
    let files = walkdir::WalkDir::new(&root).sort_by_file_name().into_iter();
    let files = files.map(Result::unwrap);
    let pages = files.filter(|entry| entry.path().extension().is_some_and(|e| e == "md"));
    pages
        .map(|entry| {
            let path = entry.path().strip_prefix(&root).unwrap().with_extension("");
            let rule = path.to_str().unwrap().replace('\\', "/");
            let text = std::fs::read_to_string(entry.path()).unwrap();
            let shown = format!("fixtures/rules/{rule}.md");
            (tester::parse_page(&shown, &rule, &text), text)
        })
        .collect()
}
