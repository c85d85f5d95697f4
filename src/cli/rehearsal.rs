//! A case of a fixture page as a check of a little repository: its fences are the files, a fence named
//! `redvet.toml` holds the settings.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use crate::check::{self, Scope};
use crate::discover::{FileKind, Patterns};
use crate::finding::Report;
use crate::knowledge::Knowledge;
use crate::load::apply;
use crate::policy::{self, RuleSet};
use crate::survey::{Input, Project};
use crate::tester::{Case, Outcome, Place};

use super::args::Given;
use super::failure::Failure;
use super::settings_file::{self, SettingsFile};
use super::{accepted, project, rule_settings};

const SETTINGS: &str = "redvet.toml";

/// What every case is checked with.
pub struct Stage<'a> {
    knowledge: &'a Knowledge,
    rules: &'a RuleSet,
    patterns: Patterns,
}

/// A case that cannot be checked, in words: its settings are mistaken.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct StageError(String);

impl From<Failure> for StageError {
    fn from(failure: Failure) -> Self {
        Self(match failure {
            Failure::Said { what, .. } => what,
            Failure::Mistakes { sources, mistakes } => mistakes
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

impl<'a> Stage<'a> {
    pub fn new(knowledge: &'a Knowledge, rules: &'a RuleSet) -> Result<Self, StageError> {
        Ok(Self {
            knowledge,
            rules,
            patterns: project::patterns(knowledge)?,
        })
    }

    /// Checks a case with the rules that `select` names; none are all of the profile.
    pub fn check(&self, case: &Case, select: &[&str]) -> Result<Report, StageError> {
        let file = self.settings(case)?;
        let settings = policy::Settings {
            select: select.iter().map(|id| (*id).to_owned()).collect(),
            ..apply::policy_settings(&file.settings, self.rules)
        };
        let project = Project {
            inputs: self.inputs(case),
            unreadable: Vec::new(),
            declarations: settings_file::declarations(&file.settings, &Given::default()),
            services: apply::services(&file.settings),
            named: Vec::new(),
        };
        Ok(check::check(
            file.sources,
            &project,
            self.knowledge,
            self.rules,
            &settings,
            &Scope {
                accepted: accepted::waivers(&file.settings, false),
                ..Scope::default()
            },
        ))
    }

    fn settings(&self, case: &Case) -> Result<SettingsFile, StageError> {
        let Some(written) = case.files.iter().find(|file| file.path == SETTINGS) else {
            return Ok(SettingsFile::default());
        };
        let file = settings_file::of_text(SETTINGS.to_owned(), PathBuf::new(), &written.text)?;
        let mistakes = rule_settings::mistakes(&file.settings, self.rules);
        if mistakes.is_empty() {
            return Ok(file);
        }
        let sources = file.sources;
        Err(Failure::Mistakes { sources, mistakes }.into())
    }

    fn inputs(&self, case: &Case) -> Vec<Input> {
        let files = case.files.iter().filter(|file| file.path != SETTINGS);
        files
            .map(|file| Input {
                path: file.path.clone(),
                kind: self.patterns.kind_of(&file.path).unwrap_or(FileKind::Text),
                text: Arc::from(file.text.as_str()),
            })
            .collect()
    }
}

/// A report as fixture pages speak of it.
pub fn outcome(report: &Report) -> Outcome {
    let place = |finding: &crate::finding::Finding| Place {
        rule: finding.rule.clone(),
        path: report.sources.path(finding.primary).to_owned(),
        line: report.sources.start(finding.primary).line,
    };
    let undetermined: BTreeSet<&String> = report.undetermined.iter().map(|u| &u.rule).collect();
    Outcome {
        findings: report.shown().map(place).collect(),
        undetermined: undetermined.into_iter().cloned().collect(),
    }
}
