//! `redvet completions` and `redvet man`: made from the arguments themselves, so that they cannot say
//! anything else.

use clap::CommandFactory;
use clap::builder::PossibleValuesParser;

use super::args::{CliArgs, CompletionsArgs, ManArgs};
use super::console::CommandConsole;
use super::failure::CliError;
use super::{CommandOutcome, packs};

pub(super) fn completions(
    args: &CompletionsArgs,
    console: &mut CommandConsole,
) -> Result<CommandOutcome, CliError> {
    let mut command = with_rule_ids(CliArgs::command())?;
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, name, &mut script);
    console.print(&String::from_utf8_lossy(&script));
    Ok(CommandOutcome::Clean)
}

/// The command with the ids of the built-in rules where a rule may be named. Only scripts are made of
/// it: the command that reads arguments takes patterns and ids of other packs, too.
fn with_rule_ids(command: clap::Command) -> Result<clap::Command, CliError> {
    let rules = packs::builtin()?;
    // clap keeps words for as long as the process lasts, which ends with the script.
    let ids: Vec<&'static str> = rules
        .rules()
        .map(|rule| &*rule.id().to_owned().leak())
        .collect();
    let offered = |arg: clap::Arg| arg.value_parser(PossibleValuesParser::new(ids.clone()));
    Ok(command
        .mut_subcommand("check", |check| {
            check.mut_arg("select", offered).mut_arg("ignore", offered)
        })
        .mut_subcommand("explain", |explain| explain.mut_arg("what", offered)))
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
