//! `redvet effective`: what every server will run with and every client will use. No rule runs.

use crate::report::effective;

use super::args::{EffectiveArgs, TableFormat};
use super::console::CommandConsole;
use super::estate_view::view_of;
use super::failure::CliError;
use super::target::RunTarget;
use super::{CommandOutcome, difference};

pub(super) fn run(
    args: &EffectiveArgs,
    console: &mut CommandConsole,
) -> Result<CommandOutcome, CliError> {
    if let [a, b] = &args.diff[..] {
        return difference::run(args, (a, b), console);
    }
    let target = RunTarget::of(&args.at.paths, args.at.isolated)?;
    let view = view_of(&target, args.at.config.config.as_deref(), &args.given)?;
    let text = match args.format {
        TableFormat::Table => effective::table(&view, console.layout.color, args.all),
        TableFormat::Json => effective::json(&view)?,
    };
    console.print(&text);
    Ok(CommandOutcome::Clean)
}
