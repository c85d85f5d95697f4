//! What a person may type: the commands, their options and the words that options take. Read by
//! clap, which tells about unknown ones by itself. What it means is left to the commands.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::config::ServerVersion;

mod words;

pub(super) use words::{Output, ProfileWord, SchemaName, SeverityWord, SubjectWord, TableFormat};
use words::{cpus, memory, output, output_help, server};

const EXIT_CODES: &str = "\
Exit codes of check: 0 nothing at or above --fail-on, 1 findings, 2 something is broken (arguments, \
rules, settings, a named path).";

const EXPLAIN_EXAMPLES: &str = include_str!("explain/examples.txt");

const UPGRADE_CODES: &str = "\
Exit codes: 0 every server that starts today would start, 1 some would not, 2 something is broken.";

/// Checks Redis and Valkey configuration, manifests and client code against rules. Offline.
#[derive(Debug, Parser)]
#[command(name = "redvet", version, after_help = EXIT_CODES)]
pub(super) struct Cli {
    /// Whether to use colour; by default where a person reads (NO_COLOR and CLICOLOR_FORCE are honoured)
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_default_value = true
    )]
    pub(super) color: When,

    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Check a repository
    Check(Box<CheckArgs>),
    /// Write down the findings of today, so that only new ones are told
    Baseline {
        #[command(subcommand)]
        command: BaselineCommand,
    },
    /// Show what every server will run with and every client will use
    Effective(Box<EffectiveArgs>),
    /// Show what another version makes of every server's configuration
    #[command(after_help = UPGRADE_CODES)]
    Upgrade(Box<UpgradeArgs>),
    /// Show a rule's page, or what is known of a directive or a client option
    #[command(after_help = EXPLAIN_EXAMPLES)]
    Explain(ExplainArgs),
    /// List, test and make rules
    Rules {
        #[command(subcommand)]
        command: RulesCommand,
    },
    /// Write a redvet.toml with what was found, and a hook that checks every commit
    Init(InitArgs),
    /// Print the JSON Schema of a file that redvet reads or writes
    Schema(SchemaArgs),
    /// Print a script that completes commands and options in a shell
    Completions(CompletionsArgs),
    /// Print the manual page, or write the pages of all commands
    Man(ManArgs),
}

#[derive(Debug, Subcommand)]
pub(super) enum RulesCommand {
    /// List all rules: the built-in ones and those of the project
    List(ListArgs),
    /// Run the fixture pages of rules
    Test(TestArgs),
    /// Make a rule and its fixture page to start from
    New(NewArgs),
}

#[derive(Debug, Subcommand)]
pub(super) enum BaselineCommand {
    /// Write all findings of today into the baseline
    Write(BaselineArgs),
    /// Tell what has come and gone since; exits with 1 where anything has
    Check(BaselineArgs),
    /// Take out of the baseline what is gone
    Prune(BaselineArgs),
}

#[derive(Debug, Args)]
pub(super) struct BaselineArgs {
    /// The baseline [default: .redvet-baseline.json beside redvet.toml]
    #[arg(long, value_name = "FILE")]
    pub(super) file: Option<PathBuf>,

    #[command(flatten)]
    pub(super) config: ConfigArg,

    #[command(flatten)]
    pub(super) given: Given,

    /// Which rules are on
    #[arg(long, value_name = "PROFILE")]
    pub(super) profile: Option<ProfileWord>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum When {
    Auto,
    Always,
    Never,
}

/// What is looked at.
#[derive(Debug, Default, Args)]
pub(super) struct Where {
    /// Files and folders to report on; the repository around them is always read as a whole
    pub(super) paths: Vec<PathBuf>,

    /// Read nothing but PATHS
    #[arg(long)]
    pub(super) isolated: bool,

    #[command(flatten)]
    pub(super) config: ConfigArg,
}

#[derive(Clone, Debug, Default, Args)]
pub(super) struct ConfigArg {
    /// Use these settings instead of the repository's redvet.toml
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
}

/// Facts for servers that have none of their own.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct Given {
    /// The servers' flavor and version where no image tells, e.g. redis:7.2
    #[arg(long, value_name = "FLAVOR:VERSION", value_parser = server)]
    pub(super) server: Option<ServerVersion>,

    /// The servers' memory limit where no manifest tells, e.g. 32Gi
    #[arg(long, value_name = "SIZE", value_parser = memory)]
    pub(super) memory: Option<u64>,

    /// The servers' CPU limit where no manifest tells, e.g. 4 or 500m
    #[arg(long, value_name = "CORES", value_parser = cpus)]
    pub(super) cpus: Option<f64>,

    /// How the servers were built, where not as the official images are, e.g. libc,no-tls
    #[arg(long, value_name = "WORDS")]
    pub(super) build: Option<String>,
}

#[derive(Debug, Default, Args)]
pub(super) struct CheckArgs {
    #[command(flatten)]
    pub(super) at: Where,

    #[command(flatten)]
    pub(super) given: Given,

    #[arg(
        long = "output-format",
        visible_alias = "format",
        value_name = "FORMAT",
        value_parser = output,
        help = output_help()
    )]
    pub(super) outputs: Vec<Output>,

    /// Run only these rules: ids or patterns such as 'memory/*', in or out of the profile
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    pub(super) select: Vec<String>,

    /// Do not run these rules
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    pub(super) ignore: Vec<String>,

    /// Which rules are on
    #[arg(long, value_name = "PROFILE")]
    pub(super) profile: Option<ProfileWord>,

    /// The least severity that makes the exit code 1 [default: warning]
    #[arg(long, value_name = "SEVERITY")]
    pub(super) fail_on: Option<SeverityWord>,

    /// Write the safe fixes to the files, and judge what is left
    #[arg(long)]
    pub(super) fix: bool,

    /// With --fix or --diff: the fixes that need a person's judgement too
    #[arg(long)]
    pub(super) unsafe_fixes: bool,

    /// Print what --fix would change as a patch, and nothing else; exit with 1 if there is any
    #[arg(long)]
    pub(super) diff: bool,

    /// Known findings that are not told again [default: .redvet-baseline.json beside redvet.toml]
    #[arg(long, value_name = "FILE")]
    pub(super) baseline: Option<PathBuf>,

    /// Tell only what is new since this commit: on lines that have changed, or where facts have
    #[arg(long, value_name = "REV")]
    pub(super) new_from: Option<String>,

    /// Check what is staged for the next commit, and tell only what is new in it
    #[arg(long, conflicts_with_all = ["fix", "diff", "stdin_filename"])]
    pub(super) staged: bool,

    /// Check the text on standard input as the file of this name
    #[arg(long, value_name = "FILE")]
    pub(super) stdin_filename: Option<PathBuf>,

    /// List the rules that could not be decided, and why (format full; JSON always has them)
    #[arg(long)]
    pub(super) show_undetermined: bool,

    /// Count by rule instead of listing the findings (formats full and concise)
    #[arg(long)]
    pub(super) statistics: bool,

    /// Print the files that would be read, and check nothing
    #[arg(long)]
    pub(super) show_files: bool,

    /// Print the settings with the place that each comes from, and check nothing
    #[arg(long)]
    pub(super) show_settings: bool,

    /// Exit with 0 whatever is found
    #[arg(long)]
    pub(super) exit_zero: bool,

    /// Finding no file to read is no error
    #[arg(long)]
    pub(super) allow_empty: bool,
}

#[derive(Debug, Args)]
pub(super) struct EffectiveArgs {
    #[command(flatten)]
    pub(super) at: Where,

    #[command(flatten)]
    pub(super) given: Given,

    /// How to print it
    #[arg(
        long = "output-format",
        visible_alias = "format",
        value_name = "FORMAT",
        default_value = "table"
    )]
    pub(super) format: TableFormat,

    /// Show defaults and absent values too
    #[arg(long)]
    pub(super) all: bool,

    /// Show what differs between two servers, or between the servers of two folders or files: each
    /// is a path, or the name of a server (Kind/name, namespace/Kind/name or PATH:Kind/name)
    #[arg(long, num_args = 2, value_names = ["A", "B"])]
    pub(super) diff: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct UpgradeArgs {
    #[command(flatten)]
    pub(super) at: Where,

    /// The version that runs today, e.g. redis:7.2
    #[arg(long, value_name = "FLAVOR:VERSION", value_parser = server)]
    pub(super) from: ServerVersion,

    /// The version that is to run, e.g. valkey:8.1
    #[arg(long, value_name = "FLAVOR:VERSION", value_parser = server)]
    pub(super) to: ServerVersion,

    /// How to print it
    #[arg(
        long = "output-format",
        visible_alias = "format",
        value_name = "FORMAT",
        default_value = "table"
    )]
    pub(super) format: TableFormat,
}

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// A rule's id, or one of the words `directive` and `option`
    #[arg(value_name = "RULE|directive|option")]
    pub(super) what: String,

    /// The name of the directive or option, e.g. io-threads or pool.max_size
    pub(super) name: Option<String>,

    /// With directive: the version to look at, e.g. valkey:8.1
    #[arg(long, value_name = "FLAVOR:VERSION", value_parser = server)]
    pub(super) server: Option<ServerVersion>,

    /// With option: the client library to look at, e.g. go-redis-v9 or go-redis-v9:9.7.0
    #[arg(long, value_name = "LIBRARY[:VERSION]")]
    pub(super) library: Option<String>,

    #[command(flatten)]
    pub(super) config: ConfigArg,
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Only rules of these categories: the part of an id before its last slash
    #[arg(long, value_name = "CATEGORY", value_delimiter = ',')]
    pub(super) category: Vec<String>,

    /// Only rules of these severities, as their files have them
    #[arg(long, value_name = "SEVERITY", value_delimiter = ',')]
    pub(super) severity: Vec<SeverityWord>,

    /// Only rules of this profile
    #[arg(long, value_name = "PROFILE")]
    pub(super) profile: Option<ProfileWord>,

    /// Only rules about these subjects
    #[arg(long, value_name = "SUBJECT", value_delimiter = ',')]
    pub(super) subject: Vec<SubjectWord>,

    /// Only rules of these packs
    #[arg(long, value_name = "PACK", value_delimiter = ',')]
    pub(super) pack: Vec<String>,

    /// Only rules that are off until they are asked for
    #[arg(long)]
    pub(super) preview: bool,

    /// How to print it
    #[arg(
        long = "output-format",
        visible_alias = "format",
        value_name = "FORMAT",
        default_value = "table"
    )]
    pub(super) format: TableFormat,

    #[command(flatten)]
    pub(super) config: ConfigArg,
}

#[derive(Debug, Args)]
pub(super) struct TestArgs {
    /// The folder that holds rules/ and fixtures/rules/
    #[arg(default_value = ".")]
    pub(super) dir: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct NewArgs {
    /// The rule's id: CATEGORY/NAME, in small letters, digits and dashes
    pub(super) id: String,

    /// The folder that holds rules/ and fixtures/rules/, or is to hold them
    #[arg(long, default_value = ".")]
    pub(super) dir: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct InitArgs {
    /// The repository, or a folder in it
    #[arg(default_value = ".")]
    pub(super) dir: PathBuf,

    /// Print what would be written, and write nothing
    #[arg(long)]
    pub(super) dry_run: bool,
}

#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    pub(super) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub(super) struct ManArgs {
    /// Write the pages of all commands into this folder
    #[arg(long, value_name = "DIR")]
    pub(super) dir: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct SchemaArgs {
    pub(super) name: SchemaName,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_commands_hold_together() {
        Cli::command().debug_assert();
    }
}
