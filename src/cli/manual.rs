//! `redvet completions` and `redvet man`: made from the arguments themselves, so that they cannot say
//! anything else.

use clap::CommandFactory;

use super::Outcome;
use super::args::{Cli, CompletionsArgs, ManArgs};
use super::console::Console;
use super::failure::Failure;

pub(super) fn completions(
    args: &CompletionsArgs,
    console: &mut Console,
) -> Result<Outcome, Failure> {
    let mut command = Cli::command();
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, name, &mut script);
    console.print(&String::from_utf8_lossy(&script));
    Ok(Outcome::Clean)
}

/// The main page, or, into a folder, one page a command.
pub(super) fn pages(args: &ManArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let failed =
        |error: std::io::Error| Failure::new(format!("cannot write the manual page: {error}"));
    match &args.dir {
        Some(folder) => {
            std::fs::create_dir_all(folder).map_err(failed)?;
            clap_mangen::generate_to(Cli::command(), folder).map_err(failed)?;
        }
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Cli::command())
                .render(&mut page)
                .map_err(failed)?;
            console.print(&String::from_utf8_lossy(&page));
        }
    }
    Ok(Outcome::Clean)
}
