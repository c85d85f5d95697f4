//! `redvet completions` and `redvet man`: made from the arguments themselves, so that they cannot say
//! anything else.

use clap::CommandFactory;

use super::CommandOutcome;
use super::args::{CliArgs, CompletionsArgs, ManArgs};
use super::console::CommandConsole;
use super::failure::CliError;

pub(super) fn completions(
    args: &CompletionsArgs,
    console: &mut CommandConsole,
) -> Result<CommandOutcome, CliError> {
    let mut command = CliArgs::command();
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, name, &mut script);
    console.print(&String::from_utf8_lossy(&script));
    Ok(CommandOutcome::Clean)
}

/// The main page, or, into a folder, one page a command.
pub(super) fn pages(
    args: &ManArgs,
    console: &mut CommandConsole,
) -> Result<CommandOutcome, CliError> {
    let failed =
        |error: std::io::Error| CliError::new(format!("cannot write the manual page: {error}"));
    match &args.dir {
        Some(folder) => {
            std::fs::create_dir_all(folder).map_err(failed)?;
            clap_mangen::generate_to(CliArgs::command(), folder).map_err(failed)?;
        }
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(CliArgs::command())
                .render(&mut page)
                .map_err(failed)?;
            console.print(&String::from_utf8_lossy(&page));
        }
    }
    Ok(CommandOutcome::Clean)
}
