//! `redvet baseline`: writes the findings of today down, tells what has come and gone since, and
//! takes out what is gone. The whole project is always looked at: a part of it would look mended.

use std::path::Path;

use crate::check::Scope;
use crate::suppress::baseline::{Baseline, Entry};

use super::args::{BaselineArgs, BaselineCommand, CheckArgs, Where};
use super::console::{Console, visible};
use super::failure::Failure;
use super::{Outcome, accepted, prepared, project};

pub(super) fn run(command: &BaselineCommand, console: &mut Console) -> Result<Outcome, Failure> {
    match command {
        BaselineCommand::Write(args) => write(args, console),
        BaselineCommand::Check(args) => compare(args, console),
        BaselineCommand::Prune(args) => prune(args, console),
    }
}

fn write(args: &BaselineArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let ground = Ground::of(args)?;
    ground.save(&ground.now)?;
    let count = ground.now.entries().len();
    console.print(&format!("{}: {} written\n", ground.shown(), known(count)));
    if ground.open > 0 {
        let message = "not recorded because their rules are non_waivable";
        console.print(&format!("{} {message}\n", ground.open));
    }
    Ok(Outcome::Clean)
}

fn compare(args: &BaselineArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let ground = Ground::of(args)?;
    let old = accepted::read(&ground.path)?;
    let difference = old.difference(&ground.now);
    let mut text = String::new();
    for (word, entries) in [("fixed", &difference.gone), ("new  ", &difference.new)] {
        text.extend(entries.iter().map(|entry| line(word, entry)));
    }
    let (gone, new) = (difference.gone.len(), difference.new.len());
    let shown = ground.shown();
    text.push_str(&match (gone, new) {
        (0, 0) => format!("{shown}: up to date, {}\n", known(old.entries().len())),
        (gone, 0) => format!("{shown}: {gone} fixed; `redvet baseline prune` removes them\n"),
        (gone, new) => format!("{shown}: {gone} fixed, {new} new\n"),
    });
    console.print(&text);
    Ok(if gone + new == 0 {
        Outcome::Clean
    } else {
        Outcome::Findings
    })
}

fn prune(args: &BaselineArgs, console: &mut Console) -> Result<Outcome, Failure> {
    let ground = Ground::of(args)?;
    let old = accepted::read(&ground.path)?;
    let pruned = old.pruned(&ground.now);
    let left = pruned.entries().len();
    let gone = old.entries().len() - left;
    if gone > 0 {
        ground.save(&pruned)?;
    }
    let shown = ground.shown();
    console.print(&format!(
        "{shown}: {gone} removed, {} remaining\n",
        known(left)
    ));
    Ok(Outcome::Clean)
}

fn line(word: &str, entry: &Entry) -> String {
    let text = format!("{word} {}: [{}] {}", entry.path, entry.rule, entry.message);
    format!("{}\n", visible(&text).replace('\n', " "))
}

fn known(count: usize) -> String {
    match count {
        1 => "1 known finding".to_owned(),
        n => format!("{n} known findings"),
    }
}

/// The findings of the project as it is, and where its baseline is.
struct Ground {
    now: Baseline,
    /// Findings that no baseline silences.
    open: usize,
    path: std::path::PathBuf,
}

impl Ground {
    fn of(args: &BaselineArgs) -> Result<Self, Failure> {
        let ready = prepared::prepare(&CheckArgs {
            at: Where {
                config: args.config.clone(),
                ..Where::default()
            },
            given: args.given.clone(),
            profile: args.profile,
            ..CheckArgs::default()
        })?;
        let path = accepted::baseline_path(&ready.file, &ready.target, args.file.as_deref());
        let read = project::read(
            &ready.target,
            None,
            &ready.file,
            &args.given,
            &ready.knowledge,
        )?;
        if read.is_empty() {
            let help = "run the command in the project folder";
            return Err(project::nothing_to_read(&ready.target, help));
        }
        let scope = Scope {
            accepted: accepted::waivers(&ready.file.settings, false),
            ..Scope::default()
        };
        let report = crate::check::check(
            ready.file.sources,
            &read.project,
            &ready.knowledge,
            &ready.rules,
            &ready.settings,
            &scope,
        );
        Ok(Self {
            now: Baseline::of(&report),
            open: report.shown().filter(|finding| !finding.waivable).count(),
            path,
        })
    }

    fn save(&self, baseline: &Baseline) -> Result<(), Failure> {
        accepted::write(&self.path, baseline)
    }

    fn shown(&self) -> String {
        let name = Path::new(self.path.file_name().unwrap_or(self.path.as_os_str()));
        visible(&name.display().to_string())
    }
}
