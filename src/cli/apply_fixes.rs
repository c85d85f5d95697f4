//! `check --fix` and `check --diff`: which fixes may be applied where, and what is done with the
//! new texts: written to the files, printed as a patch, or printed whole where the text came on
//! standard input.

use std::collections::BTreeSet;
use std::path::Path;

use crate::check::ReportScope;
use crate::finding::{Finding, Fix, Report};
use crate::fix::patch::{HiddenLines, patch};
use crate::fix::rounds::{FixOutcome, run_rounds};
use crate::fix::{FixLevel, FixedFile, fix_of};
use crate::source::secret_words::secrets_of_line;
use crate::source::{SourceFile, Span};

use super::args::CheckArgs;
use super::console::CommandConsole;
use super::failure::CliError;
use super::write;

/// What a person asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct FixRequest {
    level: FixLevel,
    /// Show the patch, write nothing.
    pub(super) diff: bool,
}

/// The fixing that the arguments ask for, if any.
pub(super) fn job(args: &CheckArgs) -> Result<Option<FixRequest>, CliError> {
    if !args.fix && !args.diff {
        return match args.unsafe_fixes {
            false => Ok(None),
            true => Err(CliError::with_help(
                "--unsafe-fixes has no effect without --fix or --diff",
                "add --fix to apply the fixes, or --diff to print them",
            )),
        };
    }
    let level = if args.unsafe_fixes {
        FixLevel::Unsafe
    } else {
        FixLevel::Safe
    };
    Ok(Some(FixRequest {
        level,
        diff: args.diff,
    }))
}

/// Where fixes go.
pub(super) struct FixRun<'a> {
    pub(super) job: FixRequest,
    /// The project's folder.
    pub(super) root: &'a Path,
    /// What the report is about; nothing else is changed.
    pub(super) scope: &'a ReportScope,
    /// The path and the text that came on standard input.
    pub(super) typed: Option<(&'a str, &'a str)>,
}

impl FixRun<'_> {
    /// Applies what may be applied. `check` checks the project with other texts.
    pub(super) fn apply_rounds(
        &self,
        first: Report,
        check: &dyn Fn(&[FixedFile]) -> Report,
    ) -> FixOutcome {
        let allowed = |report: &Report, finding: &Finding| {
            let fix = fix_of(finding, self.job.level);
            fix.is_some_and(|fix| self.refusal(report, fix).is_none())
        };
        run_rounds(first, &allowed, check)
    }

    /// Why a fix must not be applied, with the path of the file that forbids it.
    fn refusal(&self, report: &Report, fix: &Fix) -> Option<(String, String)> {
        fix.edits.iter().find_map(|edit| {
            let why = self.place_refusal(report, edit.span)?;
            Some((report.sources.path(edit.span).to_owned(), why))
        })
    }

    fn place_refusal(&self, report: &Report, at: Span) -> Option<String> {
        let path = report.sources.path(at);
        if !self.scope.holds(path) {
            return Some("not in the given paths".to_owned());
        }
        if self.job.diff && touches_secret(report, at) {
            return Some("the patch would contain a secret".to_owned());
        }
        match self.typed {
            Some((typed, _)) if typed == path => None,
            _ => write::refusal(self.root, path),
        }
    }

    /// Writes the new texts. The text from standard input goes to standard output, changed or not.
    pub(super) fn write(
        &self,
        outcome: &FixOutcome,
        console: &mut CommandConsole,
    ) -> Result<(), CliError> {
        if let Some((path, text)) = self.typed {
            let fixed = outcome.files.iter().find(|file| file.path == path);
            console.print(fixed.map_or(text, |file| file.after.as_str()));
            return Ok(());
        }
        let refused: Vec<String> = outcome
            .files
            .iter()
            .filter_map(|file| {
                let why = write::write(self.root, file).err()?;
                Some(format!("{}: not written: {why}", file.path))
            })
            .collect();
        if refused.is_empty() {
            return Ok(());
        }
        Err(CliError::with_help(
            refused.join("\n"),
            "all other files were written; run redvet again",
        ))
    }

    /// Prints the patch, if there is anything in it.
    pub(super) fn show(
        &self,
        outcome: &FixOutcome,
        hidden: &HiddenLines,
        console: &mut CommandConsole,
    ) -> bool {
        let mut hidden = hidden.clone();
        for file in &outcome.files {
            let lines = hidden.entry(file.path.clone()).or_default();
            lines.extend(guess_secret_lines(&SourceFile::new(
                &*file.path,
                &*file.before,
            )));
        }
        let patch = patch(&outcome.files, &hidden);
        console.print(&patch);
        !patch.is_empty()
    }

    /// Says on standard error what was done and what was left.
    pub(super) fn say(&self, outcome: &FixOutcome, console: &CommandConsole) {
        let done = if self.job.diff { "would fix" } else { "fixed" };
        let mut text = format!(
            "{done} {} in {}\n",
            count(outcome.applied, "finding"),
            count(outcome.files.len(), "file")
        );
        for (path, why) in self.collect_left(&outcome.report) {
            text.push_str(&format!("not fixed: {path}: {why}\n"));
        }
        console.say(&text);
    }

    fn collect_left(&self, report: &Report) -> BTreeSet<(String, String)> {
        let fixes = report
            .shown_findings()
            .filter_map(|f| fix_of(f, self.job.level));
        fixes.filter_map(|fix| self.refusal(report, fix)).collect()
    }
}

fn count(n: usize, what: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{n} {what}{plural}")
}

/// Whether a secret stands on a line that an edit changes.
fn touches_secret(report: &Report, edit: Span) -> bool {
    let file = report.sources.get(edit.file);
    let (first, last) = (
        file.line_of(edit.start as usize),
        file.line_of(edit.end as usize),
    );
    let lines = first..=last;
    let mut touched = lines.clone();
    secret_lines(report, edit).any(|line| lines.contains(&line))
        || touched.any(|line| !secrets_of_line(file, line).is_empty())
}

/// The lines of a text that look as if they held a secret.
fn guess_secret_lines(file: &SourceFile) -> BTreeSet<usize> {
    let lines = 0..file.line_count();
    lines
        .filter(|line| !secrets_of_line(file, *line).is_empty())
        .collect()
}

/// The lines of the span's file that hold secrets.
fn secret_lines(report: &Report, of: Span) -> impl Iterator<Item = usize> {
    let file = report.sources.get(of.file);
    let secrets = report.secrets.iter().filter(move |s| s.file == of.file);
    secrets.flat_map(|s| file.line_of(s.start as usize)..=file.line_of(s.end as usize))
}

/// The lines that no patch may show.
pub(super) fn find_hidden_lines(report: &Report) -> HiddenLines {
    let mut hidden = HiddenLines::new();
    for secret in &report.secrets {
        let lines = hidden.entry(report.sources.path(*secret).to_owned());
        lines.or_default().extend(secret_lines(report, *secret));
    }
    hidden
}
