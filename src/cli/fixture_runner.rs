//! Runs a case of a fixture page as a check of a small repository: its fences are the files, a fence named
//! `redvet.toml` holds the settings.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use crate::analysis::{InputFile, ProjectInputs};
use crate::check::{self, ReportScope};
use crate::discover::{FileKind, InputPatterns};
use crate::finding::{Finding, Report};
use crate::knowledge::Knowledge;
use crate::load::apply;
use crate::policy::{self, RuleSet};
use crate::source::Span;
use crate::tester::{CheckedCase, FixtureCase, PageFinding};

use super::args::ServerFlags;
use super::failure::CliError;
use super::settings_file::{self, SettingsFile};
use super::{project, rule_settings, suppressions};

const SETTINGS: &str = "redvet.toml";

/// What every case is checked with.
pub struct FixtureEnv<'a> {
    knowledge: &'a Knowledge,
    rules: &'a RuleSet,
    patterns: InputPatterns,
}

/// A case that cannot be checked, in words: its settings are mistaken.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct StageError(String);

impl From<CliError> for StageError {
    fn from(failure: CliError) -> Self {
        Self(match failure {
            CliError::Said { what, .. } => what,
            CliError::Mistakes { sources, mistakes } => mistakes
                .iter()
                .map(|mistake| {
                    let (path, at) = (sources.path(mistake.span), sources.start(mistake.span));
                    format!("{path}:{}:{}: {}", at.line, at.column, mistake.message)
                })
                .collect::<Vec<_>>()
                .join("\n  "),
        })
    }
}

impl<'a> FixtureEnv<'a> {
    pub fn new(knowledge: &'a Knowledge, rules: &'a RuleSet) -> Result<Self, StageError> {
        Ok(Self {
            knowledge,
            rules,
            patterns: project::patterns(knowledge)?,
        })
    }

    /// Checks a case with the rules that `select` names; none are all of the profile.
    pub fn check(&self, case: &FixtureCase, select: &[&str]) -> Result<Report, StageError> {
        let file = self.settings(case)?;
        let settings = policy::RuleSettings {
            select: select.iter().map(|id| (*id).to_owned()).collect(),
            ..apply::policy_settings(&file.settings, self.rules)
        };
        let project = ProjectInputs {
            inputs: self.inputs(case),
            unreadable: Vec::new(),
            passed_over: Vec::new(),
            declarations: settings_file::declarations(&file.settings, &ServerFlags::default()),
            services: apply::services(&file.settings),
            named: Vec::new(),
            today: suppressions::day(&file.settings, None),
            limits: file.limits,
        };
        Ok(check::check(
            file.sources,
            &project,
            self.knowledge,
            self.rules,
            &settings,
            &ReportScope {
                accepted: suppressions::waivers(&file.settings, false, None),
                ..ReportScope::default()
            },
        ))
    }

    fn settings(&self, case: &FixtureCase) -> Result<SettingsFile, StageError> {
        let Some(written) = case.files.iter().find(|file| file.path == SETTINGS) else {
            return Ok(SettingsFile::default());
        };
        let file = settings_file::of_text(SETTINGS.to_owned(), PathBuf::new(), &written.text)?;
        let mistakes = rule_settings::mistakes(&file.settings, self.rules);
        if mistakes.is_empty() {
            return Ok(file);
        }
        let sources = file.sources;
        Err(CliError::Mistakes { sources, mistakes }.into())
    }

    fn inputs(&self, case: &FixtureCase) -> Vec<InputFile> {
        let files = case.files.iter().filter(|file| file.path != SETTINGS);
        files
            .map(|file| InputFile {
                path: file.path.clone(),
                kind: self.patterns.kind_of(&file.path).unwrap_or(FileKind::Text),
                text: Arc::from(file.text.as_str()),
            })
            .collect()
    }
}

/// A report in the terms of fixture pages: what a bundle reports counts as findings of its parts too, what a
/// rule reports of a file as those of its lines, and a fault that copies repeat counts at each of them.
pub fn outcome(report: &Report) -> CheckedCase {
    let place = |rule: &str, at: Span| PageFinding {
        rule: rule.to_owned(),
        path: report.sources.path(at).to_owned(),
        line: report.sources.start(at).line,
    };
    let mut findings = Vec::new();
    let is_bundle = |f: &&Finding| f.parts.iter().all(|part| part.rule != f.rule);
    let shown = report.shown_findings();
    let all = shown.flat_map(|f| Some(f).filter(is_bundle).into_iter().chain(&f.parts));
    for finding in all {
        findings.push(place(&finding.rule, finding.primary));
        // Several servers of one text are copies at one place, which counts once.
        for copy in &finding.also {
            let found = place(&finding.rule, copy.at);
            if !findings.contains(&found) {
                findings.push(found);
            }
        }
    }
    let undetermined: BTreeSet<&String> = report.undetermined.iter().map(|u| &u.rule).collect();
    CheckedCase {
        findings,
        undetermined: undetermined.into_iter().cloned().collect(),
    }
}
