//! What a person may type: the commands, their options and the words that options take. Read by
//! clap, which tells about unknown ones by itself. What it means is left to the commands.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::config::{Date, ServerVersion};

mod words;

pub(super) use words::{
    OutputTarget, ProfileWord, SchemaName, SeverityWord, SortWord, SubjectWord, TableFormat,
};
use words::{cpus, date, memory, output, output_help, server};

const EXIT_CODES: &str = "\
Exit codes of check: 0 no findings at or above --fail-on, 1 findings, 2 the check could not run (invalid arguments, \
rules or settings, or a path that cannot be read).";

const CHECK_EXAMPLES: &str = "\
Examples:
  redvet check --format concise --format html=report.html
  redvet check deploy --select 'memory/*,conf/*' --min-severity warning

A finding marked (assumed) depends on a value that redvet inferred, such as the program that an image runs.
Exit codes: 0 no findings at or above --fail-on, 1 findings, 2 the check could not run.";

const EXPLAIN_EXAMPLES: &str = include_str!("explain/examples.txt");

const UPGRADE_CODES: &str = "\
Exit codes: 0 every server that starts today would still start, 1 some would not, 2 the command could not run.";

/// Offline policy checker for Redis and Valkey configuration, manifests and client code
#[derive(Debug, Parser)]
#[command(name = "redvet", version, after_help = EXIT_CODES)]
pub(super) struct CliArgs {
    /// When to use color [default: auto, which respects NO_COLOR and CLICOLOR_FORCE]
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_default_value = true
    )]
    pub(super) color: ColorChoice,

    #[command(subcommand)]
    pub(super) command: Option<CliCommand>,
}

#[derive(Debug, Subcommand)]
pub(super) enum CliCommand {
    /// Check a repository
    #[command(after_help = CHECK_EXAMPLES)]
    Check(Box<CheckArgs>),
    /// Record current findings so that only new ones are reported
    Baseline {
        #[command(subcommand)]
        command: BaselineCommand,
    },
    /// Show the effective configuration of every server and client
    Effective(Box<EffectiveArgs>),
    /// Show how another version would read every server's configuration
    #[command(after_help = UPGRADE_CODES)]
    Upgrade(Box<UpgradeArgs>),
    /// Explain a rule, a directive or a client option
    #[command(after_help = EXPLAIN_EXAMPLES)]
    Explain(ExplainArgs),
    /// Show which servers, clients, charts and operators are known, up to which release
    Knowledge(KnowledgeArgs),
    /// List, test and create rules
    Rules {
        #[command(subcommand)]
        command: RulesCommand,
    },
    /// Create a redvet.toml and a pre-commit hook
    Init(InitArgs),
    /// Print the JSON Schema of a file redvet reads or writes
    Schema(SchemaArgs),
    /// Print a shell completion script
    Completions(CompletionsArgs),
    /// Print the manual page, or write the manual pages of all commands
    Man(ManArgs),
}

#[derive(Debug, Subcommand)]
pub(super) enum RulesCommand {
    /// List built-in and project rules
    List(ListArgs),
    /// Run the fixture pages of your rules
    Test(TestArgs),
    /// Create a rule and its fixture page from a template
    New(NewArgs),
}

#[derive(Debug, Subcommand)]
pub(super) enum BaselineCommand {
    /// Record all current findings in the baseline
    Write(BaselineArgs),
    /// Compare current findings with the baseline; exit 1 if findings were added or fixed
    Check(BaselineArgs),
    /// Remove fixed findings from the baseline
    Prune(BaselineArgs),
}

#[derive(Debug, Args)]
pub(super) struct BaselineArgs {
    /// Baseline file [default: .redvet-baseline.json next to redvet.toml]
    #[arg(long, value_name = "FILE")]
    pub(super) file: Option<PathBuf>,

    #[command(flatten)]
    pub(super) config: ConfigArg,

    #[command(flatten)]
    pub(super) given: ServerFlags,

    /// Rule profile
    #[arg(long, value_name = "PROFILE")]
    pub(super) profile: Option<ProfileWord>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ColorChoice {
    Auto,
    Always,
    Never,
}

/// What is looked at.
#[derive(Debug, Default, Args)]
pub(super) struct PathArgs {
    /// Files and folders to report on; the whole project is still read
    pub(super) paths: Vec<PathBuf>,

    /// Read only PATHS, not the project around them
    #[arg(long)]
    pub(super) isolated: bool,

    #[command(flatten)]
    pub(super) config: ConfigArg,
}

#[derive(Clone, Debug, Default, Args)]
pub(super) struct ConfigArg {
    /// Use this file instead of the project's redvet.toml
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
}

/// Facts for servers that have none of their own.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct ServerFlags {
    /// Server flavor and version when the image does not specify it, e.g. redis:7.2
    #[arg(long, value_name = "FLAVOR:VERSION", value_parser = server, help_heading = "Facts about servers")]
    pub(super) server: Option<ServerVersion>,

    /// Server memory limit when no manifest specifies it, e.g. 32Gi
    #[arg(long, value_name = "SIZE", value_parser = memory, help_heading = "Facts about servers")]
    pub(super) memory: Option<u64>,

    /// Server CPU limit when no manifest specifies it, e.g. 4 or 500m
    #[arg(long, value_name = "CORES", value_parser = cpus, help_heading = "Facts about servers")]
    pub(super) cpus: Option<f64>,

    /// Server build options that differ from the official images, e.g. libc,no-tls
    #[arg(long, value_name = "WORDS", help_heading = "Facts about servers")]
    pub(super) build: Option<String>,
}

#[derive(Debug, Default, Args)]
pub(super) struct CheckArgs {
    #[command(flatten)]
    pub(super) at: PathArgs,

    #[command(flatten)]
    pub(super) given: ServerFlags,

    #[arg(
        long = "output-format",
        visible_alias = "format",
        value_name = "FORMAT",
        value_parser = output,
        help = output_help(),
        help_heading = "Output"
    )]
    pub(super) outputs: Vec<OutputTarget>,

    /// Run only these rules: ids or patterns such as 'memory/*', regardless of the profile
    #[arg(
        long,
        value_name = "RULES",
        value_delimiter = ',',
        help_heading = "Rules"
    )]
    pub(super) select: Vec<String>,

    /// Skip these rules: ids or patterns
    #[arg(
        long,
        value_name = "RULES",
        value_delimiter = ',',
        help_heading = "Rules"
    )]
    pub(super) ignore: Vec<String>,

    /// Report every unset setting on its own, not as one finding per server or client
    #[arg(long, help_heading = "Rules")]
    pub(super) no_bundles: bool,

    /// Rule profile
    #[arg(long, value_name = "PROFILE", help_heading = "Rules")]
    pub(super) profile: Option<ProfileWord>,

    /// Minimum severity that fails the check [default: warning]
    #[arg(long, value_name = "SEVERITY", help_heading = "Rules")]
    pub(super) fail_on: Option<SeverityWord>,

    /// Minimum severity that is reported [default: info]
    #[arg(long, value_name = "SEVERITY", help_heading = "Rules")]
    pub(super) min_severity: Option<SeverityWord>,

    /// Date that waivers are compared with, instead of the current date, e.g. 2026-12-31
    #[arg(long, value_name = "DATE", value_parser = date, help_heading = "Accepted findings")]
    pub(super) today: Option<Date>,

    /// Apply safe fixes, then report the remaining findings
    #[arg(long, help_heading = "Fixes")]
    pub(super) fix: bool,

    /// With --fix or --diff: include fixes that need review
    #[arg(long, help_heading = "Fixes")]
    pub(super) unsafe_fixes: bool,

    /// Print the changes of --fix as a patch instead of applying them; exit 1 if there are any
    #[arg(long, help_heading = "Fixes")]
    pub(super) diff: bool,

    /// Baseline of findings to suppress [default: .redvet-baseline.json next to redvet.toml]
    #[arg(long, value_name = "FILE", help_heading = "Accepted findings")]
    pub(super) baseline: Option<PathBuf>,

    /// Report only findings that are new since this commit
    #[arg(long, value_name = "REV", help_heading = "Accepted findings")]
    pub(super) new_from: Option<String>,

    /// Check the files in the index and report only findings that are new since HEAD; with nothing
    /// staged, check the whole repository
    #[arg(long, conflicts_with_all = ["fix", "diff", "stdin_filename"], help_heading = "Accepted findings")]
    pub(super) staged: bool,

    /// Read this file's content from stdin
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    pub(super) stdin_filename: Option<PathBuf>,

    /// List undetermined rules and the reasons (format full; JSON always includes them)
    #[arg(long, help_heading = "Output")]
    pub(super) show_undetermined: bool,

    /// Order of findings [default: severity in full, markdown and html; path in the others]
    #[arg(long, value_name = "ORDER", help_heading = "Output")]
    pub(super) sort: Option<SortWord>,

    /// Show every place of a finding that has many (format full; machine formats always do)
    #[arg(long, help_heading = "Output")]
    pub(super) all: bool,

    /// Print counts per rule instead of findings, and times on standard error; --all adds rules with the same result
    /// everywhere (formats full and concise)
    #[arg(long, help_heading = "Output")]
    pub(super) statistics: bool,

    /// Print findings only: no summary, notes or hints (formats full and concise)
    #[arg(short, long, help_heading = "Output")]
    pub(super) quiet: bool,

    /// Print the files that would be read, without checking them
    #[arg(long, help_heading = "Information")]
    pub(super) show_files: bool,

    /// Print the settings in effect and where each comes from, without checking
    #[arg(long, help_heading = "Information")]
    pub(super) show_settings: bool,

    /// Exit 0 even if there are findings
    #[arg(long, help_heading = "Exit code")]
    pub(super) exit_zero: bool,

    /// Exit 0 if there are no files to check
    #[arg(long, help_heading = "Exit code")]
    pub(super) allow_empty: bool,
}

#[derive(Debug, Args)]
pub(super) struct EffectiveArgs {
    #[command(flatten)]
    pub(super) at: PathArgs,

    #[command(flatten)]
    pub(super) given: ServerFlags,

    /// Output format
    #[arg(
        long = "output-format",
        visible_alias = "format",
        value_name = "FORMAT",
        default_value = "table"
    )]
    pub(super) format: TableFormat,

    /// Include defaults and absent values
    #[arg(long)]
    pub(super) all: bool,

    /// Show the differences between two servers, or the servers of two folders or files: each
    /// is a path, or the name of a server (Kind/name, namespace/Kind/name or PATH:Kind/name)
    #[arg(long, num_args = 2, value_names = ["A", "B"])]
    pub(super) diff: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct UpgradeArgs {
    #[command(flatten)]
    pub(super) at: PathArgs,

    /// Current version, e.g. redis:7.2
    #[arg(long, value_name = "FLAVOR:VERSION", value_parser = server)]
    pub(super) from: ServerVersion,

    /// Target version, e.g. valkey:8.1
    #[arg(long, value_name = "FLAVOR:VERSION", value_parser = server)]
    pub(super) to: ServerVersion,

    /// Output format
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
    /// A rule (its id or the last word of it), a directive or a client option; `rule`, `directive` or
    /// `option` in front says which is meant
    #[arg(value_name = "NAME", index = 1)]
    pub(super) what: String,

    /// The name, after `rule`, `directive` or `option`
    #[arg(value_name = "NAME", index = 2)]
    pub(super) name: Option<String>,

    /// With directive: the server version, e.g. valkey:8.1
    #[arg(long, value_name = "FLAVOR:VERSION", value_parser = server)]
    pub(super) server: Option<ServerVersion>,

    /// With option: the client library, e.g. go-redis-v9 or go-redis-v9:9.7.0
    #[arg(long, value_name = "LIBRARY[:VERSION]")]
    pub(super) library: Option<String>,

    #[command(flatten)]
    pub(super) config: ConfigArg,
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Only rules in these categories (the part of the id before the last slash)
    #[arg(long, value_name = "CATEGORY", value_delimiter = ',')]
    pub(super) category: Vec<String>,

    /// Only rules with these default severities
    #[arg(long, value_name = "SEVERITY", value_delimiter = ',')]
    pub(super) severity: Vec<SeverityWord>,

    /// Only rules in this profile
    #[arg(long, value_name = "PROFILE")]
    pub(super) profile: Option<ProfileWord>,

    /// Only rules for these subjects
    #[arg(long, value_name = "SUBJECT", value_delimiter = ',')]
    pub(super) subject: Vec<SubjectWord>,

    /// Only rules from these packs
    #[arg(long, value_name = "PACK", value_delimiter = ',')]
    pub(super) pack: Vec<String>,

    /// Only preview rules, which are off by default
    #[arg(long)]
    pub(super) preview: bool,

    /// Output format
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
    /// Folder that contains rules/ and fixtures/rules/
    #[arg(default_value = ".")]
    pub(super) dir: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct NewArgs {
    /// Rule id: CATEGORY/NAME in lowercase letters, digits and dashes
    pub(super) id: String,

    /// Folder that contains rules/ and fixtures/rules/
    #[arg(long, default_value = ".")]
    pub(super) dir: PathBuf,

    /// Create a bundle: a rule that reports unset settings of several rules as one finding
    #[arg(long)]
    pub(super) bundle: bool,
}

#[derive(Debug, Args)]
pub(super) struct InitArgs {
    /// The project folder
    #[arg(default_value = ".")]
    pub(super) dir: PathBuf,

    /// Print the files instead of writing them
    #[arg(long)]
    pub(super) dry_run: bool,
}

#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    pub(super) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub(super) struct ManArgs {
    /// Write the manual pages of all commands to this folder
    #[arg(long, value_name = "DIR")]
    pub(super) dir: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct KnowledgeArgs {
    /// Output format
    #[arg(
        long = "output-format",
        visible_alias = "format",
        value_name = "FORMAT",
        default_value = "table"
    )]
    pub(super) format: TableFormat,
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
        CliArgs::command().debug_assert();
    }
}
