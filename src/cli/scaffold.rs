//! `redvet rules new`: a rule and its fixture page that pass as they are, to be changed into what
//! their author wants. Nothing is overwritten.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::args::NewArgs;
use super::console::CommandConsole;
use super::failure::CliError;
use super::{CommandOutcome, packs};

/// A rule and its page.
struct ScaffoldTemplates {
    rule: &'static str,
    page: &'static str,
}

const RULE: ScaffoldTemplates = ScaffoldTemplates {
    rule: include_str!("scaffold/rule.yaml"),
    page: include_str!("scaffold/page.md"),
};

const BUNDLE: ScaffoldTemplates = ScaffoldTemplates {
    rule: include_str!("scaffold/bundle.yaml"),
    page: include_str!("scaffold/bundle_page.md"),
};

/// What stands in the templates for the rule's id.
const ID: &str = "CATEGORY/NAME";

pub(super) fn run(
    args: &NewArgs,
    console: &mut CommandConsole,
) -> Result<CommandOutcome, CliError> {
    let id = args.id.as_str();
    if !is_id(id) {
        return Err(CliError::with_help(
            format!("`{id}` is not a valid rule id"),
            "write CATEGORY/NAME in lowercase letters, digits and dashes, for example \
             `memory/limit-missing`",
        ));
    }
    if packs::builtin()?.get(id).is_some() {
        return Err(CliError::with_help(
            format!("`{id}` is a built-in rule"),
            "choose another name; nothing was written",
        ));
    }
    let templates = if args.bundle { BUNDLE } else { RULE };
    let files = [
        (args.dir.join(format!("rules/{id}.yaml")), templates.rule),
        (
            args.dir.join(format!("fixtures/rules/{id}.md")),
            templates.page,
        ),
    ];
    if let Some((path, _)) = files.iter().find(|(path, _)| path.exists()) {
        return Err(taken_error(path));
    }
    for (path, template) in &files {
        write(path, &template.replace(ID, id))?;
        console.print(&format!("wrote {}\n", path.display()));
    }
    console.print(&next(&args.dir));
    Ok(CommandOutcome::Clean)
}

fn is_id(id: &str) -> bool {
    let is_word = |word: &str| {
        let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        word.starts_with(|c: char| c.is_ascii_lowercase()) && word.chars().all(good)
    };
    let words: Vec<&str> = id.split('/').collect();
    (2..=3).contains(&words.len()) && words.into_iter().all(is_word)
}

fn taken_error(path: &Path) -> CliError {
    let what = format!("{}: file already exists", path.display());
    CliError::with_help(what, "choose another name; nothing was written")
}

fn write(path: &PathBuf, text: &str) -> Result<(), CliError> {
    let failed = |error: std::io::Error| match error.kind() {
        ErrorKind::AlreadyExists => taken_error(path),
        _ => CliError::new(format!("{}: {error}", path.display())),
    };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut file = fs::File::create_new(path).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)
}

fn next(dir: &Path) -> String {
    let here = dir == Path::new(".");
    let shown = if here {
        String::new()
    } else {
        format!(" {}", dir.display())
    };
    let folder = if here {
        "./rules".to_owned()
    } else {
        format!("./{}", dir.display())
    };
    format!(
        "Edit both files and run `redvet rules test{shown}`.\n\
         `extends = [\"{folder}\"]` in redvet.toml enables the rules for `redvet check`.\n"
    )
}
