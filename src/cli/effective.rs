//! `redvet effective`: what every server will run with and every client will use. No rule runs.

use std::path::Path;

use crate::check::{self, Scope};
use crate::finding::EstateView;
use crate::report::effective;

use super::args::{EffectiveArgs, Given, TableFormat};
use super::console::Console;
use super::failure::Failure;
use super::target::Target;
use super::{Outcome, difference, project, settings_file};

pub(super) fn run(args: &EffectiveArgs, console: &mut Console) -> Result<Outcome, Failure> {
    if let [a, b] = &args.diff[..] {
        return difference::run(args, (a, b), console);
    }
    let target = Target::of(&args.at.paths, args.at.isolated)?;
    let view = view_of(&target, args.at.config.config.as_deref(), &args.given)?;
    let text = match args.format {
        TableFormat::Table => effective::table(&view, console.layout.color, args.all),
        TableFormat::Json => effective::json(&view)?,
    };
    console.print(&text);
    Ok(Outcome::Clean)
}

/// What the servers and clients of a target come to. `named` is the settings file that a person
/// named.
pub(super) fn view_of(
    target: &Target,
    named: Option<&Path>,
    given: &Given,
) -> Result<EstateView, Failure> {
    let knowledge = project::knowledge()?;
    settings_file::check_given(given, &knowledge)?;
    let file = settings_file::read(named, target)?;
    let mistakes = settings_file::unknown_words(&file.settings, &knowledge);
    if !mistakes.is_empty() {
        let sources = file.sources;
        return Err(Failure::Mistakes { sources, mistakes });
    }
    let read = project::read(target, None, &file, given, &knowledge)?;
    if read.is_empty() {
        return Err(project::nothing_to_read(
            target,
            "name the folder of a repository",
        ));
    }
    let scope = Scope {
        paths: target.scope.clone(),
        ..Scope::default()
    };
    Ok(check::effective(
        file.sources,
        &read.project,
        &knowledge,
        &scope,
    ))
}
