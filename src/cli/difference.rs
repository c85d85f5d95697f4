//! `redvet effective --diff A B`: what differs between two servers, or between the servers of two
//! folders. No rule runs.
//!
//! A side is a path, if there is one of that name, or else a server of PATHS by its name. Two folders
//! may belong to different projects: each is read in its own.

use std::path::{Path, PathBuf};

use crate::check::ReportScope;
use crate::finding::{EstateView, ServerView};
use crate::nearest;
use crate::report::difference;
use crate::view::difference::{ComparedSide, difference};

use super::CommandOutcome;
use super::args::{EffectiveArgs, TableFormat};
use super::console::CommandConsole;
use super::estate_view::view_of;
use super::failure::CliError;
use super::target::RunTarget;

pub(super) fn run(
    args: &EffectiveArgs,
    (a, b): (&str, &str),
    console: &mut CommandConsole,
) -> Result<CommandOutcome, CliError> {
    let view = difference(side(a, args)?, side(b, args)?);
    let text = match args.format {
        TableFormat::Table => difference::table(&view, console.layout.color, args.all),
        TableFormat::Json => difference::json(&view)?,
    };
    console.print(&text);
    Ok(CommandOutcome::Clean)
}

fn side(name: &str, args: &EffectiveArgs) -> Result<ComparedSide, CliError> {
    if Path::new(name).exists() {
        return of_path(name, args);
    }
    // `PATH:Kind/name` says which of several servers of one name is meant.
    let within = name
        .rsplit_once(':')
        .filter(|(path, _)| Path::new(path).exists());
    match within {
        Some((path, server)) => of_name(name, server, &[PathBuf::from(path)], args),
        None => of_name(name, name, &args.at.paths, args),
    }
}

/// All servers of a folder or file.
fn of_path(name: &str, args: &EffectiveArgs) -> Result<ComparedSide, CliError> {
    let target = around(Path::new(name), args)?;
    let within = ReportScope {
        paths: target.scope.clone(),
        ..ReportScope::default()
    };
    let view = view_of(&target, args.at.config.config.as_deref(), &args.given)?;
    let elsewhere = describe_overlaid(&view);
    let side = ComparedSide::of_path(name, view, &|path| within.holds(path));
    if side.servers.is_empty() {
        let what = format!("no server found in {name}");
        return Err(match elsewhere {
            Some(help) => CliError::with_help(what, help),
            None => CliError::new(what),
        });
    }
    Ok(side)
}

/// What is read to know the servers of a path: its own project; or, where it has none, what PATHS
/// mean if it lies in that, since an overlay needs its base.
fn around(path: &Path, args: &EffectiveArgs) -> Result<RunTarget, CliError> {
    let own = RunTarget::of(&[path.to_owned()], args.at.isolated)?;
    if args.at.isolated || own.is_project() {
        return Ok(own);
    }
    let given = RunTarget::of(&args.at.paths, false)?;
    Ok(match given.tree.relative(path) {
        Some(within) => RunTarget {
            scope: vec![within],
            ..given
        },
        None => own,
    })
}

/// Servers that are written in a folder and made by an overlay elsewhere.
fn describe_overlaid(view: &EstateView) -> Option<String> {
    let (server, folder) = view
        .servers
        .iter()
        .find_map(|server| Some((server, server.made_in.as_ref()?)))?;
    let folder = if folder.is_empty() { "." } else { folder };
    Some(format!(
        "{} is defined there but built by the overlay in {folder}; use {folder}",
        server.name
    ))
}

/// The one server of a name.
fn of_name(
    shown: &str,
    name: &str,
    paths: &[PathBuf],
    args: &EffectiveArgs,
) -> Result<ComparedSide, CliError> {
    let target = RunTarget::of(paths, args.at.isolated)?;
    let EstateView { servers, notes, .. } =
        view_of(&target, args.at.config.config.as_deref(), &args.given)?;
    let mut found: Vec<&ServerView> = servers.iter().filter(|s| is_called(s, name)).collect();
    match (found.pop(), found.is_empty()) {
        (Some(server), true) => Ok(ComparedSide {
            name: shown.to_owned(),
            servers: vec![server.clone()],
            notes,
        }),
        (Some(last), false) => {
            found.push(last);
            Err(ambiguous(name, &found))
        }
        (None, _) => Err(not_there(name, &servers)),
    }
}

/// `Kind/name`, or `namespace/Kind/name` where a namespace is known.
fn is_called(server: &ServerView, name: &str) -> bool {
    let namespace = server.namespace.as_ref();
    let full = namespace.map(|namespace| format!("{namespace}/{}", server.name));
    server.name == name || full.is_some_and(|full| full == name)
}

fn ambiguous(name: &str, servers: &[&ServerView]) -> CliError {
    let places: Vec<String> = servers.iter().map(|server| place(server)).collect();
    let help = format!("use PATH:{name}, or put the namespace before the name");
    let what = format!(
        "{} servers are named {name}: {}",
        servers.len(),
        places.join(", ")
    );
    CliError::with_help(what, help)
}

fn place(server: &ServerView) -> String {
    let at = format!("{}:{}", server.path, server.line);
    let namespace = server.namespace.as_ref();
    let namespace = namespace.map_or(String::new(), |name| format!(" in namespace {name}"));
    let made = server.made_in.as_ref();
    let made = made.map_or(String::new(), |folder| format!(" built in {folder}"));
    format!("{at}{namespace}{made}")
}

fn not_there(name: &str, servers: &[ServerView]) -> CliError {
    let what = format!("no path or server named {name}");
    if servers.is_empty() {
        return CliError::with_help(what, "no servers were found");
    }
    let names = servers.iter().map(|server| server.name.as_str());
    CliError::with_help(what, nearest::help(name, names))
}
