//! The command line: the rim of the program. Only what lies here reads arguments, the environment
//! and the terminal, and prints.
//!
//! `args` is what a person may type: `target` finds the tree that paths mean, `settings_file`
//! reads `redvet.toml` and what it names, `project` reads the files. One file a command;
//! `mend` and `write` are the fixing part of `check`.
//! Errors are [`failure::Failure`]s; they end with exit code 2.

mod accepted;
mod args;
mod baseline;
mod check;
mod console;
mod difference;
mod effective;
mod estate_view;
mod explain;
mod failure;
mod git;
mod git_snapshot;
mod init;
pub mod library;
mod manual;
mod mend;
mod packs;
mod page_header;
mod prepared;
mod previous_findings;
mod progress;
mod project;
pub mod rehearsal;
mod rendering;
mod rule_settings;
mod rules;
mod scaffold;
mod schema;
mod settings_file;
mod show;
mod target;
mod test_pages;
mod upgrade;
mod write;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use args::{Command, RulesCommand};
use console::Console;
use failure::Failure;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Clean,
    /// There is something to mend: findings, failing pages.
    Findings,
}

/// Runs the program for this process.
pub fn main() -> ExitCode {
    let args = match args::Cli::try_parse() {
        Ok(args) => args,
        Err(error) => return refused(&error),
    };
    let mut console = Console::of_process(args.color);
    let outcome = run(args.command, &mut console);
    let outcome = outcome.and_then(|outcome| console.finish().map(|()| outcome));
    ExitCode::from(match outcome {
        Ok(Outcome::Clean) => 0,
        Ok(Outcome::Findings) => 1,
        Err(failure) => {
            console.fail(&failure);
            2
        }
    })
}

/// `--help` and `--version` are errors to clap, with exit code 0. A closed pipe is nobody's concern.
fn refused(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    if error.use_stderr() {
        ExitCode::from(2)
    } else {
        ExitCode::SUCCESS
    }
}

fn run(command: Option<Command>, console: &mut Console) -> Result<Outcome, Failure> {
    let Some(command) = command else {
        console.print(&args::Cli::command().render_help().to_string());
        return Ok(Outcome::Clean);
    };
    match command {
        Command::Check(args) => check::run(&args, console),
        Command::Baseline { command } => baseline::run(&command, console),
        Command::Effective(args) => effective::run(&args, console),
        Command::Upgrade(args) => upgrade::run(&args, console),
        Command::Explain(args) => explain::run(&args, console),
        Command::Rules { command } => match command {
            RulesCommand::List(args) => rules::run(&args, console),
            RulesCommand::Test(args) => test_pages::run(&args, console),
            RulesCommand::New(args) => scaffold::run(&args, console),
        },
        Command::Init(args) => init::run(&args, console),
        Command::Schema(args) => schema::run(args.name, console),
        Command::Completions(args) => manual::completions(&args, console),
        Command::Man(args) => manual::pages(&args, console),
    }
}
