//! `redvet baseline`: records the current findings, compares a later state with them and removes those
//! that are fixed. The whole project is always checked: what a part leaves out would look fixed.

use std::path::Path;

use crate::check::ReportScope;
use crate::suppress::KnownFinding;
use crate::suppress::baseline::Baseline;

use super::args::{BaselineArgs, BaselineCommand, CheckArgs, PathArgs};
use super::console::{CommandConsole, visible};
use super::failure::CliError;
use super::target::RunTarget;
use super::{CommandOutcome, prepared, project, suppressions};

pub(super) fn run(
    command: &BaselineCommand,
    console: &mut CommandConsole,
) -> Result<CommandOutcome, CliError> {
    match command {
        BaselineCommand::Write(args) => write(args, console),
        BaselineCommand::Check(args) => compare(args, console),
        BaselineCommand::Prune(args) => prune(args, console),
    }
}

fn write(args: &BaselineArgs, console: &mut CommandConsole) -> Result<CommandOutcome, CliError> {
    let ground = BaselineRun::of(args)?;
    ground.save(&ground.now)?;
    let count = ground.now.entries().len();
    console.print(&format!(
        "{}: {} written\n",
        ground.summary(),
        count_known(count)
    ));
    if ground.open > 0 {
        let message = "not recorded because their rules are non_waivable";
        console.print(&format!("{} {message}\n", ground.open));
    }
    Ok(CommandOutcome::Clean)
}

fn compare(args: &BaselineArgs, console: &mut CommandConsole) -> Result<CommandOutcome, CliError> {
    let ground = BaselineRun::of(args)?;
    let old = suppressions::read(&ground.path, ground.root.as_deref())?;
    let difference = old.difference(&ground.now);
    let mut text = String::new();
    for (word, entries) in [("fixed", &difference.resolved), ("new  ", &difference.new)] {
        text.extend(entries.iter().map(|entry| line(word, entry)));
    }
    let (gone, new) = (difference.resolved.len(), difference.new.len());
    let shown = ground.summary();
    text.push_str(&match (gone, new) {
        (0, 0) => format!(
            "{shown}: up to date, {}\n",
            count_known(old.entries().len())
        ),
        (gone, 0) => format!("{shown}: {gone} fixed; `redvet baseline prune` removes them\n"),
        (gone, new) => format!("{shown}: {gone} fixed, {new} new\n"),
    });
    console.print(&text);
    Ok(if gone + new == 0 {
        CommandOutcome::Clean
    } else {
        CommandOutcome::Findings
    })
}

fn prune(args: &BaselineArgs, console: &mut CommandConsole) -> Result<CommandOutcome, CliError> {
    let ground = BaselineRun::of(args)?;
    let old = suppressions::read(&ground.path, ground.root.as_deref())?;
    let pruned = old.prune(&ground.now);
    let left = pruned.entries().len();
    let gone = old.entries().len() - left;
    // A renamed file is nothing that is gone, but its entries have another path from now on.
    if pruned.text()? != old.text()? {
        ground.save(&pruned)?;
    }
    let shown = ground.summary();
    console.print(&format!(
        "{shown}: {gone} removed, {} remaining\n",
        count_known(left)
    ));
    Ok(CommandOutcome::Clean)
}

fn line(word: &str, entry: &KnownFinding) -> String {
    let text = format!("{word} {}: [{}] {}", entry.path, entry.rule, entry.message);
    format!("{}\n", visible(&text).replace('\n', " "))
}

fn count_known(count: usize) -> String {
    match count {
        1 => "1 known finding".to_owned(),
        n => format!("{n} known findings"),
    }
}

/// The findings of the project as it is, and where its baseline is.
struct BaselineRun {
    now: Baseline,
    /// Findings that no baseline silences.
    open: usize,
    path: std::path::PathBuf,
    /// The folder that it must lie in, if any.
    root: Option<std::path::PathBuf>,
    target: RunTarget,
}

impl BaselineRun {
    fn of(args: &BaselineArgs) -> Result<Self, CliError> {
        let ready = prepared::prepare(&CheckArgs {
            at: PathArgs {
                config: args.config.clone(),
                ..PathArgs::default()
            },
            given: args.given.clone(),
            profile: args.profile,
            ..CheckArgs::default()
        })?;
        let named = args.file.as_deref();
        let path = suppressions::baseline_path(&ready.file, &ready.target, named);
        let root = suppressions::baseline_root(&ready.file, named).map(Path::to_owned);
        let read = project::read(
            &ready.target,
            None,
            &ready.file,
            &args.given,
            &ready.knowledge,
        )?;
        if read.is_empty() {
            let help = "run the command in the project folder";
            return Err(project::no_input_error(&ready.target, help));
        }
        let scope = ReportScope {
            accepted: suppressions::waivers(&ready.file.settings, false, None),
            single_findings: true,
            ..ReportScope::default()
        };
        let report = crate::check::check(
            ready.file.sources,
            &read.project,
            &ready.knowledge,
            &ready.rules,
            &ready.settings,
            &scope,
        );
        Ok(Self {
            now: Baseline::of(&report),
            open: report
                .shown_findings()
                .filter(|finding| !finding.waivable)
                .count(),
            path,
            root,
            target: ready.target,
        })
    }

    fn save(&self, baseline: &Baseline) -> Result<(), CliError> {
        suppressions::write(&self.path, self.root.as_deref(), &self.target, baseline)
    }

    fn summary(&self) -> String {
        let name = Path::new(self.path.file_name().unwrap_or(self.path.as_os_str()));
        visible(&name.display().to_string())
    }
}
