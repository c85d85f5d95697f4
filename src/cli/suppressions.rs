//! What a project accepts: the waivers of its settings, compared with today's date, and its baseline.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::config::{self, Date, Settings};
use crate::discover;
use crate::suppress::Suppressions;
use crate::suppress::baseline::Baseline;
use crate::suppress::waiver::{ActiveWaiver, WaiverExpiry};

use super::args::CheckArgs;
use super::failure::CliError;
use super::settings_file::SettingsFile;
use super::target::RunTarget;
use super::write;

/// The baseline's name unless the settings name another.
const BASELINE: &str = ".redvet-baseline.json";

const SECONDS_OF_A_DAY: u64 = 24 * 60 * 60;

/// The waivers of the settings, without a baseline. `partial`: only a part of the project is read.
/// They are compared with `day`, else the day of the settings, else the clock's.
pub(super) fn waivers(settings: &Settings, partial: bool, day: Option<Date>) -> Suppressions {
    let from_settings = settings.defaults.today.as_ref().map(|date| date.value);
    Suppressions {
        waivers: settings.waivers.iter().map(waiver).collect(),
        today: day.or(from_settings).map(Date::days).or_else(today),
        baseline: None,
        partial,
    }
}

/// The day of the check: as a flag says, as the settings say, else the clock's.
pub(super) fn day(settings: &Settings, flag: Option<Date>) -> Option<String> {
    let from_settings = settings.defaults.today.as_ref().map(|date| date.value);
    let day = flag
        .or(from_settings)
        .or_else(|| today().and_then(Date::from_days));
    day.map(|day| day.to_string())
}

/// All that is accepted for a target.
pub(super) fn of(
    file: &SettingsFile,
    target: &RunTarget,
    args: &CheckArgs,
) -> Result<Suppressions, CliError> {
    Ok(Suppressions {
        baseline: baseline(file, target, args.baseline.as_deref())?,
        ..waivers(&file.settings, target.is_partial(), args.today)
    })
}

/// Where the baseline is: as a flag says, as the settings say, else beside the settings or at the
/// root.
pub(super) fn baseline_path(
    file: &SettingsFile,
    target: &RunTarget,
    named: Option<&Path>,
) -> PathBuf {
    let from_settings = file.settings.baseline.as_ref();
    match (named, from_settings) {
        (Some(named), _) => named.to_owned(),
        (None, Some(from_settings)) => file.folder.join(&from_settings.value),
        (None, None) if file.name.is_some() => file.folder.join(BASELINE),
        (None, None) => target.tree.root.join(BASELINE),
    }
}

/// One that was named must be there.
fn baseline(
    file: &SettingsFile,
    target: &RunTarget,
    named: Option<&Path>,
) -> Result<Option<Baseline>, CliError> {
    let path = baseline_path(file, target, named);
    let is_named = named.is_some() || file.settings.baseline.is_some();
    // A link that leads nowhere is there, too: it is refused and not passed over.
    if !is_named && path.symlink_metadata().is_err() {
        return Ok(None);
    }
    read(&path, baseline_root(file, named)).map(Some)
}

/// The folder that the baseline must lie in; none where a person named it.
pub(super) fn baseline_root<'a>(file: &'a SettingsFile, named: Option<&Path>) -> Option<&'a Path> {
    match named {
        Some(_) => None,
        None => file.trusted_root.as_deref(),
    }
}

/// Reads a baseline file, which must lie in `root` if one is given.
pub(super) fn read(path: &Path, root: Option<&Path>) -> Result<Baseline, CliError> {
    let text = match root {
        Some(root) => discover::read_inside(root, path),
        None => discover::read(path),
    };
    let text = text.map_err(|error| {
        let help = "run `redvet baseline write` to create a baseline";
        CliError::with_help(error.to_string(), help)
    })?;
    Baseline::parse(&text).map_err(|why| {
        let what = format!("{}: not a valid baseline: {why}", path.display());
        CliError::with_help(what, "run `redvet baseline write` to recreate it")
    })
}

/// Writes a baseline file: in `root` if one is given, and through no link of the project.
pub(super) fn write(
    path: &Path,
    root: Option<&Path>,
    target: &RunTarget,
    baseline: &Baseline,
) -> Result<(), CliError> {
    if let Some(why) = root.and_then(|root| discover::outside(root, path)) {
        let help = "name the file with --file to write it there";
        let what = format!("{}: {why}", path.display());
        return Err(CliError::with_help(what, help));
    }
    write::write_output(&target.find_trusted_root(), path, &baseline.text()?)
}

fn waiver(written: &config::Waiver) -> ActiveWaiver {
    let text = |value: &Option<config::Spanned<String>>| value.as_ref().map(|v| v.value.clone());
    ActiveWaiver {
        rule: written.rule.value.clone(),
        path: text(&written.path),
        subject: text(&written.subject),
        reason: written.reason.value.clone(),
        owner: text(&written.owner),
        expires: written.expires.as_ref().map(|date| WaiverExpiry {
            day: date.value.days(),
            shown: date.value.to_string(),
            span: date.span,
        }),
        span: written.rule.span,
    }
}

/// The day in Greenwich; none where the clock stands before 1970.
pub(super) fn today() -> Option<i64> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_secs() / SECONDS_OF_A_DAY).ok()
}
