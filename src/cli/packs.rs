//! The rules of a run: the built-in pack and the folders that `extends` names.

use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::discover;
use crate::knowledge::Knowledge;
use crate::load::LoadError;
use crate::load::rules::{self, PackFiles, Trust};
use crate::policy::RuleSet;
use crate::source::{FileId, SourceFile, Sources};

use super::failure::Failure;
use super::settings_file::SettingsFile;

/// The pack that redvet comes with.
pub(super) fn builtin() -> Result<RuleSet, Failure> {
    let builtin = rules::builtin();
    if builtin.errors.is_empty() {
        return Ok(builtin.rules);
    }
    Err(Failure::Mistakes {
        sources: builtin.sources,
        mistakes: builtin.errors,
    })
}

/// The built-in rules and those of every pack that the settings extend. The packs' files join the
/// settings' sources.
pub(super) fn all(file: &mut SettingsFile, knowledge: &Knowledge) -> Result<RuleSet, Failure> {
    let mut set = builtin()?;
    let mut mistakes = Vec::new();
    for entry in &file.settings.extends {
        let folder = file.folder.join(&entry.value);
        let texts = match texts(&folder) {
            Ok(texts) => texts,
            Err(why) => {
                let message = format!("`{}`: {why}", entry.value);
                let help = "name a folder of rules, relative to this file";
                mistakes.push(LoadError::new(entry.span, message).with_help(help));
                continue;
            }
        };
        let shown = Path::new(&entry.value);
        mistakes.extend(add(&mut set, &mut file.sources, shown, texts, knowledge));
    }
    if mistakes.is_empty() {
        return Ok(set);
    }
    Err(Failure::Mistakes {
        sources: std::mem::take(&mut file.sources),
        mistakes,
    })
}

/// Adds the pack in a folder. `shown` is the folder as messages name it.
pub(super) fn add(
    set: &mut RuleSet,
    sources: &mut Sources,
    shown: &Path,
    texts: Vec<(String, String)>,
    knowledge: &Knowledge,
) -> Vec<LoadError> {
    let prefix = shown.to_string_lossy();
    let prefix = prefix.trim_start_matches("./").trim_end_matches('/');
    let files: Vec<(FileId, String)> = texts
        .into_iter()
        .map(|(path, text)| {
            let shown = if prefix.is_empty() || prefix == "." {
                path.clone()
            } else {
                format!("{prefix}/{path}")
            };
            (sources.add(SourceFile::new(shown, text)), path)
        })
        .collect();
    let pack = PackFiles {
        name: prefix
            .rsplit('/')
            .next()
            .filter(|n| !n.is_empty())
            .unwrap_or("local"),
        files: &files,
        sources,
    };
    let vocabulary = knowledge.vocabulary();
    rules::load_pack(set, pack, Trust::Checked(&vocabulary))
        .err()
        .unwrap_or_default()
}

/// The YAML files under a folder, by their path in it, in order. Fixture pages may lie beside them.
pub(super) fn texts(folder: &Path) -> Result<Vec<(String, String)>, String> {
    if !folder.is_dir() {
        return Err("there is no such folder".to_owned());
    }
    let mut texts = Vec::new();
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let entry = entry.map_err(|error| error.to_string())?;
        if entry.file_type().is_file()
            && let Some(path) = relative(folder, entry.path())
            && path.ends_with(".yaml")
        {
            let text = discover::read(entry.path()).map_err(|error| error.to_string())?;
            texts.push((path, text));
        }
    }
    if texts.is_empty() {
        return Err("the folder holds no rule (no file that ends in `.yaml`)".to_owned());
    }
    Ok(texts)
}

/// A path below a folder, with `/`.
pub(super) fn relative(folder: &Path, path: &Path) -> Option<String> {
    let below: &Path = path.strip_prefix(folder).ok()?;
    let below: PathBuf = below.components().collect();
    let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
    Some(parts.join("/"))
}
