//! `redvet upgrade`: what another version makes of this repository's configuration. No rule runs.

use crate::check::{self, ReportScope};
use crate::config::ServerVersion;
use crate::knowledge::Knowledge;
use crate::knowledge::servers::ServerSeries;
use crate::report::upgrade;

use super::args::{ServerFlags, TableFormat, UpgradeArgs};
use super::console::CommandConsole;
use super::failure::CliError;
use super::target::RunTarget;
use super::{CommandOutcome, project, settings_file};

pub(super) fn run(
    args: &UpgradeArgs,
    console: &mut CommandConsole,
) -> Result<CommandOutcome, CliError> {
    let target = RunTarget::of(&args.at.paths, args.at.isolated)?;
    let knowledge = project::knowledge()?;
    let mut notes = Vec::new();
    let from = series(&args.from, &knowledge, &mut notes)?;
    let to = series(&args.to, &knowledge, &mut notes)?;
    let file = settings_file::read(args.at.config.config.as_deref(), &target)?;
    let read = project::read(&target, None, &file, &ServerFlags::default(), &knowledge)?;
    if read.is_empty() {
        return Err(project::no_input_error(
            &target,
            "pass the folder of a project",
        ));
    }
    let scope = ReportScope {
        paths: target.scope.clone(),
        ..ReportScope::default()
    };
    let mut view = check::upgrade(file.sources, &read.project, &knowledge, &scope, (from, to));
    view.notes = notes;
    let text = match args.format {
        TableFormat::Table => upgrade::table(&view, console.layout.color),
        TableFormat::Json => upgrade::json(&view)?,
    };
    console.print(&text);
    Ok(if view.breaks() {
        CommandOutcome::Findings
    } else {
        CommandOutcome::Clean
    })
}

/// The one series that a version names.
fn series<'k>(
    version: &ServerVersion,
    knowledge: &'k Knowledge,
    notes: &mut Vec<String>,
) -> Result<&'k ServerSeries, CliError> {
    settings_file::check_flavor(version, knowledge)?;
    let flavor = version.flavor.as_deref();
    let candidates = knowledge.servers.candidates(flavor, Some(&version.version));
    notes.extend(candidates.note);
    match candidates.series[..] {
        [one] => Ok(one),
        ref many => {
            let names: Vec<String> = many
                .iter()
                .map(|series| format!("{}:{}", series.flavor, series.series))
                .collect();
            Err(CliError::with_help(
                "--from and --to require an exact version",
                format!("expected one of {}", names.join(", ")),
            ))
        }
    }
}
