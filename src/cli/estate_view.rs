//! The servers and clients of a target as `redvet effective` shows them: settings and files in, the view
//! of the estate out. No rule runs, and nothing is printed here.

use std::path::Path;

use crate::check::{self, ReportScope};
use crate::finding::EstateView;

use super::args::ServerFlags;
use super::failure::CliError;
use super::target::RunTarget;
use super::{project, settings_file};

/// What the servers and clients of a target come to. `named` is the settings file that a person
/// named.
pub(super) fn view_of(
    target: &RunTarget,
    named: Option<&Path>,
    given: &ServerFlags,
) -> Result<EstateView, CliError> {
    let knowledge = project::knowledge()?;
    settings_file::check_given(given, &knowledge)?;
    let file = settings_file::read(named, target)?;
    let mistakes = settings_file::unknown_words(&file.settings, &knowledge);
    if !mistakes.is_empty() {
        let sources = file.sources;
        return Err(CliError::Mistakes { sources, mistakes });
    }
    let read = project::read(target, None, &file, given, &knowledge)?;
    if read.is_empty() {
        return Err(project::no_input_error(
            target,
            "pass the folder of a project",
        ));
    }
    let scope = ReportScope {
        paths: target.scope.clone(),
        ..ReportScope::default()
    };
    Ok(check::effective(
        file.sources,
        &read.project,
        &knowledge,
        &scope,
    ))
}
