//! The command line, the outermost layer. Only code in here reads arguments, the environment
//! and the terminal, and prints.
//!
//! `args` is what a person may type: `target` finds the tree that paths mean, `settings_file`
//! reads `redvet.toml` and what it names, `project` reads the files. One file a command;
//! `apply_fixes` and `write` are the fixing part of `check`.
//! Errors are [`CliError`]s; they end with exit code 2.

mod apply_fixes;
mod args;
mod baseline;
mod check;
mod comparison_base;
mod console;
mod difference;
mod effective;
mod estate_view;
mod explain;
mod failure;
pub mod fixture_runner;
mod git;
mod git_snapshot;
mod init;
mod knowledge;
pub mod library;
mod manual;
mod packs;
mod page_header;
mod path_view;
mod prepared;
mod previous_findings;
mod progress;
mod project;
mod rendering;
mod rule_settings;
mod rules;
mod scaffold;
mod schema;
mod settings_file;
mod show;
mod stage_times;
mod suppressions;
mod target;
mod test_pages;
mod upgrade;
mod write;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use args::{CliCommand, RulesCommand};
use console::CommandConsole;
use failure::CliError;

use crate::source::own_fault::{WorkStage, attempt, internal_error};

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CommandOutcome {
    Clean,
    /// There is something to mend: findings, failing pages.
    Findings,
}

/// Runs the program for this process.
pub fn main() -> ExitCode {
    let args = match args::CliArgs::try_parse() {
        Ok(args) => args,
        Err(error) => return report_usage(&error),
    };
    let mut console = CommandConsole::of_process(args.color);
    std::panic::set_hook(Box::new(report_defect));
    let outcome = attempt(WorkStage::Running, || run(args.command, &mut console));
    let outcome = outcome
        .unwrap_or_else(|| Err(CliError::new(internal_error("running the command"))))
        .and_then(|outcome| console.finish().map(|()| outcome));
    ExitCode::from(match outcome {
        Ok(CommandOutcome::Clean) => 0,
        Ok(CommandOutcome::Findings) => 1,
        Err(failure) => {
            console.fail(&failure);
            2
        }
    })
}

/// Says where in the code a defect showed. What the panic itself says may quote the file that was read,
/// a secret included.
fn report_defect(defect: &std::panic::PanicHookInfo<'_>) {
    let at = defect.location();
    let at = at.map_or(String::new(), |at| {
        format!(" in {}:{}", at.file(), at.line())
    });
    console::say(&format!("redvet: internal error{at}\n"));
}

/// `--help` and `--version` are errors to clap, with exit code 0. A closed pipe is not an error.
fn report_usage(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    if error.use_stderr() {
        ExitCode::from(2)
    } else {
        ExitCode::SUCCESS
    }
}

fn run(
    command: Option<CliCommand>,
    console: &mut CommandConsole,
) -> Result<CommandOutcome, CliError> {
    let Some(command) = command else {
        console.print(&args::CliArgs::command().render_help().to_string());
        return Ok(CommandOutcome::Clean);
    };
    match command {
        CliCommand::Check(args) => check::run(&args, console),
        CliCommand::Baseline { command } => baseline::run(&command, console),
        CliCommand::Effective(args) => effective::run(&args, console),
        CliCommand::Upgrade(args) => upgrade::run(&args, console),
        CliCommand::Explain(args) => explain::run(&args, console),
        CliCommand::Knowledge(args) => knowledge::run(&args, console),
        CliCommand::Rules { command } => match command {
            RulesCommand::List(args) => rules::run(&args, console),
            RulesCommand::Test(args) => test_pages::run(&args, console),
            RulesCommand::New(args) => scaffold::run(&args, console),
        },
        CliCommand::Init(args) => init::run(&args, console),
        CliCommand::Schema(args) => schema::run(args.name, console),
        CliCommand::Completions(args) => manual::completions(&args, console),
        CliCommand::Man(args) => manual::pages(&args, console),
    }
}
