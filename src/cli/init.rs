//! `redvet init`: a redvet.toml that names what was found and what it could be told, and a pre-commit
//! hook. What it writes changes no result: all that would is a comment. Nothing is overwritten.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;

use crate::check::{self, ReportScope};
use crate::discover;
use crate::finding::{ClientView, EstateView, ServerView, ValueView};
use crate::source::path;

use super::args::{InitArgs, ServerFlags};
use super::console::{CommandConsole, visible};
use super::failure::CliError;
use super::settings_file::SettingsFile;
use super::target::RunTarget;
use super::{CommandOutcome, project};

const SETTINGS: &str = "redvet.toml";
const HOOKS: &str = ".pre-commit-config.yaml";

const HEAD: &str = include_str!("init/head.toml");
const HOOK: &str = include_str!("init/hook.yaml");

/// What stands in the hook's template for the part of the repository that is checked.
const FOLDER: &str = " FOLDER";

pub(super) fn run(
    args: &InitArgs,
    console: &mut CommandConsole,
) -> Result<CommandOutcome, CliError> {
    let target = RunTarget::of(std::slice::from_ref(&args.dir), false)?;
    let root = target.tree.root.clone();
    let estate = analyze_tree(&target)?;
    let settings = (root.join(SETTINGS), settings(&estate));
    let repository = root.ancestors().find(|folder| folder.join(".git").exists());
    let hook = repository.map(|folder| (folder.join(HOOKS), hook(&target)));
    for (path, text) in std::iter::once(settings).chain(hook) {
        let text = place(&path, &text, args.dry_run)?;
        console.print(&text);
    }
    if repository.is_none() {
        console.print("not a git repository; no pre-commit hook written\n");
    }
    if !args.dry_run {
        console.print(
            "Next: run `redvet check`, or `redvet baseline write` to record current findings.\n",
        );
    }
    Ok(CommandOutcome::Clean)
}

/// What there is, without settings: they are to be written.
fn analyze_tree(target: &RunTarget) -> Result<EstateView, CliError> {
    let knowledge = project::knowledge()?;
    let file = SettingsFile::default();
    let read = project::read(target, None, &file, &ServerFlags::default(), &knowledge)?;
    let scope = ReportScope::default();
    Ok(check::effective(
        file.sources,
        &read.project,
        &knowledge,
        &scope,
    ))
}

/// Writes a file that is not there; says what was done, or what could be done by hand.
fn place(path: &Path, text: &str, dry_run: bool) -> Result<String, CliError> {
    let shown = visible(&path.display().to_string());
    if path.exists() {
        let message = format!("{shown} already exists and was not changed");
        return Ok(match path.ends_with(HOOKS) {
            true if has_hook(path) => format!("{message}; it already has a redvet hook\n"),
            true => format!("{message}; make sure it contains this hook:\n\n{text}\n"),
            false => format!("{message}\n"),
        });
    }
    if dry_run {
        return Ok(format!("would write {shown}:\n\n{text}\n"));
    }
    let failed = |error: std::io::Error| CliError::new(format!("{shown}: {error}"));
    let mut file = fs::File::create_new(path).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    Ok(format!("wrote {shown}\n"))
}

/// Whether the hooks' file has one of redvet's: by the id that `init` writes, or one of the ids of
/// the hook repository, all of which begin with it.
fn has_hook(path: &Path) -> bool {
    let text = discover::read(path).unwrap_or_default();
    text.lines().any(|line| {
        let line = line.trim_start().trim_start_matches(['-', '{', ' ']);
        let id = line.strip_prefix("id:").map(str::trim_start);
        id.is_some_and(|id| id.trim_matches(['"', '\'']).starts_with("redvet"))
    })
}

fn hook(target: &RunTarget) -> String {
    let folder = target.below_repository();
    let folder = folder.map_or(String::new(), |folder| format!(" {}", quote_word(&folder)));
    HOOK.replace(FOLDER, &folder)
}

/// A word of a command line.
fn quote_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._/".contains(c);
    if word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

fn settings(estate: &EstateView) -> String {
    let mut text = HEAD.to_owned();
    // A snippet of a document is no server that anybody runs.
    let servers: Vec<&ServerView> = estate
        .servers
        .iter()
        .filter(|server| !is_snippet(&server.name))
        .collect();
    text.push_str(match servers.is_empty() {
        true => "\n# No server was found. Declare servers that are not in this repository:\n#\n# [[server]]\n# name = \"sessions\"\n# memory = \"4Gi\"\n",
        false => "\n# Servers found in this repository. Uncomment an entry to add what its files do not say.\n",
    });
    for server in servers {
        text.push_str(&server_entry(server));
    }
    text.push_str(&services(&estate.clients));
    text
}

fn is_snippet(name: &str) -> bool {
    name.contains('#')
}

fn server_entry(server: &ServerView) -> String {
    let mut rows = vec![
        format!("{}, {}:{}", server.release(), server.path, server.line),
        "[[server]]".to_owned(),
        format!("name = {}", literal(&server.name)),
        limit("memory", "\"4Gi\"", &server.limits.memory),
        limit("cpus", "2", &server.limits.cpu),
    ];
    if server.version.is_none() {
        rows.push("version = \"redis:7.2\"  # unknown".to_owned());
    }
    rows.push("role = \"cache\"  # or \"durable\", \"queue\"".to_owned());
    comment(&rows)
}

/// A limit that may be given, with an example; of a known one, what it is: an example beside it would
/// look like a correction.
fn limit(key: &str, example: &str, value: &ValueView) -> String {
    match (&value.reason, value.state) {
        (Some(reason), _) => format!("{key} = {example}  # unknown: {reason}"),
        (None, "absent") => format!("{key} = {example}  # no limit set"),
        (None, _) => format!("# {key}: {} ({})", value.shown, value.from),
    }
}

/// The packages that build clients: each is a part of a program.
fn services(clients: &[ClientView]) -> String {
    let mut folders: BTreeMap<&str, Option<&str>> = BTreeMap::new();
    for client in clients.iter().filter(|client| !is_snippet(&client.id)) {
        let folder = path::folder(&client.path);
        let server = folders.entry(folder).or_default();
        *server = server.or(client.server.as_deref());
    }
    if folders.is_empty() {
        return String::new();
    }
    let mut text = "\n# Packages that create clients. Uncomment an entry to name the program and its server.\n".to_owned();
    for (folder, server) in folders {
        let name = Some(path::name(folder)).filter(|name| !name.is_empty());
        let paths = match folder {
            "" => "*".to_owned(),
            folder => format!("{folder}/**"),
        };
        let mut rows = vec![
            "[[service]]".to_owned(),
            format!("name = {}", literal(name.unwrap_or("main"))),
            format!("paths = [{}]", literal(&paths)),
        ];
        rows.extend(server.map(|server| format!("server = {}", literal(server))));
        text.push_str(&comment(&rows));
    }
    text
}

/// A TOML string.
fn literal(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// Rows as a block of comments of its own.
fn comment(rows: &[String]) -> String {
    let rows = rows.iter().map(|row| {
        let row = visible(row).replace('\n', " ");
        format!("# {row}\n")
    });
    format!("\n{}", rows.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_others_end_no_comment_and_no_string() {
        let row = format!("name = {}", literal("a\"\nb = 1\u{1b}"));
        let text = comment(&[row]);
        assert!(
            text.lines().skip(1).all(|line| line.starts_with("# ")),
            "{text}"
        );
        assert!(!text.contains('\u{1b}'), "{text}");
        assert_eq!(quote_word("a b'c"), "'a b'\\''c'");
        assert_eq!(quote_word("infra/redis"), "infra/redis");
    }
}
