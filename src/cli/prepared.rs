//! What every check starts from: the target, the settings, the rules and the paths that each applies to,
//! with each mistake in them reported. Files are not read yet, and nothing is checked here.

use std::path::Path;

use crate::config;
use crate::finding::{ReportNote, Severity};
use crate::knowledge::Knowledge;
use crate::load::apply;
use crate::policy::{self, RuleSet};

use super::args::{CheckArgs, OutputTarget};
use super::comparison_base::{self, ComparisonBase};
use super::failure::CliError;
use super::git_snapshot::GitSnapshot;
use super::packs::PackFolder;
use super::settings_file::{self, SettingsFile};
use super::target::RunTarget;
use super::{packs, project, rule_settings};

/// Everything that a check needs, with no mistake left in it.
pub(super) struct PreparedCheck {
    pub(super) target: RunTarget,
    pub(super) stdin: Option<String>,
    /// What is checked instead of the files on disk.
    pub(super) staged: Option<GitSnapshot>,
    /// Whose findings are not reported again.
    pub(super) base: ComparisonBase,
    pub(super) knowledge: Knowledge,
    pub(super) file: SettingsFile,
    pub(super) rules: RuleSet,
    pub(super) settings: policy::RuleSettings,
    /// What the settings and flags say that is to be told.
    pub(super) notes: Vec<ReportNote>,
}

pub(super) fn prepare(args: &CheckArgs) -> Result<PreparedCheck, CliError> {
    one_standard_output(&args.outputs)?;
    let (target, stdin) = target(args)?;
    ready(args, target, stdin, &[])
}

/// Reads settings and rules for a target. `packs` are rules beside those that the settings extend,
/// `stdin` is the path of the file whose text comes on standard input.
pub(super) fn ready(
    args: &CheckArgs,
    target: RunTarget,
    stdin: Option<String>,
    packs: &[PackFolder],
) -> Result<PreparedCheck, CliError> {
    let knowledge = project::knowledge()?;
    settings_file::check_given(&args.given, &knowledge)?;
    let history = history(args, &target, &knowledge)?;
    let staged = history.index;
    let named = args.at.config.config.as_deref();
    let mut file = match &staged {
        Some(staged) if named.is_none() => staged.settings(&target)?,
        _ => settings_file::read(named, &target)?,
    };
    let rules = packs::with(packs, &mut file.sources, &knowledge)?;
    let rules = packs::extend_rules(rules, &mut file, &knowledge)?;
    let mut mistakes = rule_settings::mistakes(&file.settings, &rules);
    mistakes.extend(settings_file::unknown_words(&file.settings, &knowledge));
    // A person who names the settings decides alone.
    let outer = match named {
        None => settings_file::outer(&target)?,
        Some(_) => Vec::new(),
    };
    for above in &outer {
        mistakes.extend(rule_settings::find_loosened(&file.settings, above, &rules));
        mistakes.extend(settings_file::find_raised_limits(&file.settings, above));
    }
    if !mistakes.is_empty() {
        let sources = file.sources;
        return Err(CliError::Mistakes { sources, mistakes });
    }
    let mut own = apply::policy_settings(&file.settings, &rules);
    let kept = outer
        .iter()
        .map(|above| apply::non_waivable(&above.settings, &rules));
    own.overrides.extend(kept);
    let settings = policy::RuleSettings {
        named_paths: named_paths(&target, stdin.as_deref()),
        ..rule_settings::with_flags(own, args, &rules)?
    };
    let mut notes = history.notes;
    notes.extend(rule_settings::former_ids(
        &file.settings,
        file.name.as_ref(),
        args,
        &rules,
    ));
    notes.extend(rule_settings::former_facts(&rules, &file.sources));
    Ok(PreparedCheck {
        notes,
        target,
        stdin,
        staged,
        base: history.base,
        knowledge,
        file,
        rules,
        settings,
    })
}

/// Which state is checked, and which it is compared with.
struct CheckedHistory {
    index: Option<GitSnapshot>,
    base: ComparisonBase,
    notes: Vec<ReportNote>,
}

fn history(
    args: &CheckArgs,
    target: &RunTarget,
    knowledge: &Knowledge,
) -> Result<CheckedHistory, CliError> {
    let root = &target.tree.root;
    let mut history = CheckedHistory {
        index: None,
        base: ComparisonBase::Absent,
        notes: Vec::new(),
    };
    if args.staged {
        let staged = comparison_base::find_staged(root)?;
        history.base = staged.base;
        if staged.is_index_checked {
            history.index = Some(GitSnapshot::of_index(target, knowledge)?);
        } else {
            history.notes.push(ReportNote {
                path: None,
                message: "nothing is staged: the whole repository was checked".to_owned(),
            });
        }
    }
    // A commit that is named counts more than the one that the index belongs to.
    if let Some(revision) = &args.new_from {
        history.base = comparison_base::new_from(root, revision)?;
    }
    Ok(history)
}

/// The target, and the path of the file whose text comes on standard input.
fn target(args: &CheckArgs) -> Result<(RunTarget, Option<String>), CliError> {
    let paths = &args.at.paths;
    let dash = paths.iter().any(|path| path == Path::new("-"));
    match &args.stdin_filename {
        Some(name) if paths.is_empty() || (dash && paths.len() == 1) => {
            let (target, path) = RunTarget::of_text(name, args.at.isolated)?;
            Ok((target, Some(path)))
        }
        Some(_) => Err(CliError::with_help(
            "--stdin-filename cannot be combined with PATHS",
            "remove PATHS, or pass `-`",
        )),
        None if dash => Err(CliError::with_help(
            "`-` requires --stdin-filename",
            "the file name determines the file type",
        )),
        None => Ok((RunTarget::of(paths, args.at.isolated)?, None)),
    }
}

fn named_paths(target: &RunTarget, stdin: Option<&str>) -> Vec<String> {
    let mut paths = target.named_paths();
    paths.extend(stdin.map(str::to_owned));
    paths
}

/// The flag wins over the file.
pub(super) fn threshold(args: &CheckArgs, settings: &config::Settings) -> Severity {
    let from_settings = settings.fail_on.as_ref().map(|severity| severity.value);
    let flag = args.fail_on.map(|word| word.severity());
    flag.or(from_settings).unwrap_or(Severity::Warning)
}

/// The least severity that is reported: the flag wins over the file.
pub(super) fn least_severity(args: &CheckArgs, settings: &config::Settings) -> Severity {
    let from_settings = settings
        .min_severity
        .as_ref()
        .map(|severity| severity.value);
    let flag = args.min_severity.map(|word| word.severity());
    flag.or(from_settings).unwrap_or(Severity::Info)
}

fn one_standard_output(outputs: &[OutputTarget]) -> Result<(), CliError> {
    if outputs
        .iter()
        .filter(|output| output.file.is_none())
        .count()
        > 1
    {
        return Err(CliError::with_help(
            "only one report can be written to stdout",
            "write the others to files, for example --output-format json=report.json",
        ));
    }
    Ok(())
}
