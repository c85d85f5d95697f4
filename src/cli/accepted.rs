//! What a project has agreed to live with: the waivers of its settings, held against today, and its
//! baseline.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::config::{self, Settings};
use crate::discover;
use crate::suppress::Accepted;
use crate::suppress::baseline::Baseline;
use crate::suppress::waiver::{Expiry, Waiver};

use super::failure::Failure;
use super::settings_file::SettingsFile;
use super::target::Target;

/// The baseline's name where nobody names another.
const BASELINE: &str = ".redvet-baseline.json";

const SECONDS_OF_A_DAY: u64 = 24 * 60 * 60;

/// The waivers of the settings, without a baseline. `partial`: only a part of the project is read.
pub(super) fn waivers(settings: &Settings, partial: bool) -> Accepted {
    Accepted {
        waivers: settings.waivers.iter().map(waiver).collect(),
        today: today(),
        baseline: None,
        partial,
    }
}

/// All that is accepted for a target. `named` is the baseline that a flag names.
pub(super) fn of(
    file: &SettingsFile,
    target: &Target,
    named: Option<&Path>,
) -> Result<Accepted, Failure> {
    Ok(Accepted {
        baseline: baseline(file, target, named)?,
        ..waivers(&file.settings, target.is_partial())
    })
}

/// Where the baseline is: as a flag says, as the settings say, else beside the settings or at the
/// root.
pub(super) fn baseline_path(file: &SettingsFile, target: &Target, named: Option<&Path>) -> PathBuf {
    let told = file.settings.baseline.as_ref();
    match (named, told) {
        (Some(named), _) => named.to_owned(),
        (None, Some(told)) => file.folder.join(&told.value),
        (None, None) if file.name.is_some() => file.folder.join(BASELINE),
        (None, None) => target.tree.root.join(BASELINE),
    }
}

/// One that was named must be there.
fn baseline(
    file: &SettingsFile,
    target: &Target,
    named: Option<&Path>,
) -> Result<Option<Baseline>, Failure> {
    let path = baseline_path(file, target, named);
    let is_named = named.is_some() || file.settings.baseline.is_some();
    if !is_named && !path.exists() {
        return Ok(None);
    }
    read(&path).map(Some)
}

/// Reads a baseline file.
pub(super) fn read(path: &Path) -> Result<Baseline, Failure> {
    let text = discover::read(path).map_err(|error| {
        let help = "run `redvet baseline write` to create a baseline";
        Failure::with_help(error.to_string(), help)
    })?;
    Baseline::parse(&text).map_err(|why| {
        let what = format!("{}: not a valid baseline: {why}", path.display());
        Failure::with_help(what, "run `redvet baseline write` to recreate it")
    })
}

/// Writes a baseline file.
pub(super) fn write(path: &Path, baseline: &Baseline) -> Result<(), Failure> {
    let text = baseline.text()?;
    std::fs::write(path, text).map_err(|error| Failure::new(format!("{}: {error}", path.display())))
}

fn waiver(written: &config::Waiver) -> Waiver {
    let text = |value: &Option<config::Spanned<String>>| value.as_ref().map(|v| v.value.clone());
    Waiver {
        rule: written.rule.value.clone(),
        path: text(&written.path),
        subject: text(&written.subject),
        reason: written.reason.value.clone(),
        owner: text(&written.owner),
        expires: written.expires.as_ref().map(|date| Expiry {
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
