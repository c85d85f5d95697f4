//! The rules of a run: the built-in pack and the folders that `extends` names.

use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::config::Spanned;
use crate::discover;
use crate::knowledge::Knowledge;
use crate::load::LoadError;
use crate::load::rules::{self, PackFiles, PackTrust};
use crate::policy::RuleSet;
use crate::source::{FileId, SourceFile, Sources};

use super::failure::CliError;
use super::settings_file::SettingsFile;

/// The folder of rules beside the folder of their pages.
pub(super) const RULES: &str = "rules";

/// The pack that redvet comes with.
pub(super) fn builtin() -> Result<RuleSet, CliError> {
    let builtin = rules::builtin();
    if builtin.errors.is_empty() {
        return Ok(builtin.rules);
    }
    Err(CliError::Mistakes {
        sources: builtin.sources,
        mistakes: builtin.errors,
    })
}

/// The texts of a folder of rules.
#[derive(Clone, Debug)]
pub(super) struct PackFolder {
    /// The folder as messages name it.
    shown: PathBuf,
    /// Each rule file, by its path in the folder.
    texts: Vec<(String, String)>,
}

impl PackFolder {
    /// Reads a folder; `shown` is how messages name it.
    pub(super) fn read(folder: &Path, shown: &Path) -> Result<Self, String> {
        let (shown, texts) = below_rules(shown.to_owned(), texts(folder)?);
        Ok(Self { shown, texts })
    }
}

/// The built-in rules and those of these packs, whose files join the sources.
pub(super) fn with(
    packs: &[PackFolder],
    sources: &mut Sources,
    knowledge: &Knowledge,
) -> Result<RuleSet, CliError> {
    let mut set = builtin()?;
    let mut mistakes = Vec::new();
    for pack in packs {
        let texts = pack.texts.clone();
        mistakes.extend(add(&mut set, sources, &pack.shown, texts, knowledge));
    }
    if mistakes.is_empty() {
        return Ok(set);
    }
    Err(CliError::Mistakes {
        sources: std::mem::take(sources),
        mistakes,
    })
}

/// The built-in rules and those of every pack that the settings extend. The packs' files join the
/// settings' sources.
pub(super) fn all(file: &mut SettingsFile, knowledge: &Knowledge) -> Result<RuleSet, CliError> {
    let set = builtin()?;
    extend_rules(set, file, knowledge)
}

/// These rules and those of every pack that the settings extend.
pub(super) fn extend_rules(
    mut set: RuleSet,
    file: &mut SettingsFile,
    knowledge: &Knowledge,
) -> Result<RuleSet, CliError> {
    let mut mistakes = Vec::new();
    for entry in &file.settings.extends {
        if let Some(mistake) = remote(entry) {
            mistakes.push(mistake);
            continue;
        }
        let folder = file.folder.join(&entry.value);
        let root = file.trusted_root.as_deref();
        if let Some(why) = root.and_then(|root| discover::outside(root, &folder)) {
            let message = format!("`{}`: {why}", entry.value);
            let help = "copy the pack into the repository, or name the settings file with --config";
            mistakes.push(LoadError::new(entry.span, message).with_help(help));
            continue;
        }
        let pack = match PackFolder::read(&folder, Path::new(&entry.value)) {
            Ok(pack) => pack,
            Err(why) => {
                let message = format!("`{}`: {why}", entry.value);
                let help = "expected a folder of rules, relative to this file";
                mistakes.push(LoadError::new(entry.span, message).with_help(help));
                continue;
            }
        };
        let sources = &mut file.sources;
        mistakes.extend(add(&mut set, sources, &pack.shown, pack.texts, knowledge));
    }
    if mistakes.is_empty() {
        return Ok(set);
    }
    Err(CliError::Mistakes {
        sources: std::mem::take(&mut file.sources),
        mistakes,
    })
}

/// Whether an entry is an address: nothing is ever fetched.
fn remote(entry: &Spanned<String>) -> Option<LoadError> {
    let scheme = entry.value.split(':').next().unwrap_or_default();
    // A single letter may be a drive.
    let named = scheme.len() > 1 && scheme.len() < entry.value.len() && !scheme.contains('/');
    named.then(|| {
        let message = format!(
            "`{}` is a URL; redvet does not access the network",
            entry.value
        );
        let help = "bring the pack into the repository (a submodule, a vendored copy) and name its \
                    folder: `extends = [\"./policies\"]`";
        LoadError::new(entry.span, message).with_help(help)
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
        name: name_of(prefix),
        files: &files,
        sources,
    };
    let vocabulary = knowledge.vocabulary();
    rules::load_pack(set, pack, PackTrust::Checked(&vocabulary))
        .err()
        .unwrap_or_default()
}

/// What a pack is called whose folder this is: `policies`, with or without the folder `rules` in it.
fn name_of(folder: &str) -> &str {
    let folder = folder.strip_suffix("/rules").unwrap_or(folder);
    let last = folder.rsplit('/').next();
    last.filter(|name| !name.is_empty()).unwrap_or("local")
}

/// `redvet rules new` and `redvet rules test` keep rules under `rules/`, beside their pages: naming
/// the folder of both is enough. Where anything lies beside that folder nothing is looked into, so
/// that no rule is passed over.
fn below_rules(folder: PathBuf, texts: Vec<(String, String)>) -> (PathBuf, Vec<(String, String)>) {
    let below = |path: &str| {
        let path = path.strip_prefix(RULES)?.strip_prefix('/')?;
        (path.contains('/') || path == rules::PACK_FILE).then(|| path.to_owned())
    };
    let inner: Option<Vec<_>> = texts
        .iter()
        .map(|(path, text)| Some((below(path)?, text.clone())))
        .collect();
    match inner {
        Some(inner) => (folder.join(RULES), inner),
        None => (folder, texts),
    }
}

/// The YAML files under a folder, by their path in it, in order. Fixture pages may lie beside them.
pub(super) fn texts(folder: &Path) -> Result<Vec<(String, String)>, String> {
    if folder.is_file() {
        return Err("this is a file; a pack is a folder".to_owned());
    }
    if !folder.is_dir() {
        return Err("no such folder".to_owned());
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
        return Err("the folder contains no rules (no `.yaml` files)".to_owned());
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

#[cfg(test)]
mod tests {
    use super::*;

    fn below(paths: &[&str]) -> (String, Vec<String>) {
        let texts = paths.iter().map(|p| ((*p).to_owned(), String::new()));
        let (folder, texts) = below_rules(PathBuf::from("./policies"), texts.collect());
        let paths = texts.into_iter().map(|(path, _)| path).collect();
        (folder.display().to_string(), paths)
    }

    #[test]
    fn the_folder_of_rules_and_pages_stands_for_its_rules() {
        let (folder, paths) = below(&["rules/memory/a.yaml", "rules/pack.yaml"]);
        assert_eq!(folder, "./policies/rules");
        assert_eq!(paths, ["memory/a.yaml", "pack.yaml"]);
        assert_eq!(name_of("policies/rules"), "policies");
        assert_eq!(name_of(""), "local");
    }

    #[test]
    fn a_category_of_that_name_and_rules_beside_it_stay_where_they_are() {
        for paths in [
            &["rules/a.yaml"][..],
            &["memory/a.yaml", "rules/memory/b.yaml"],
            &["pack.yaml", "rules/memory/b.yaml"],
        ] {
            let (folder, kept) = below(paths);
            assert_eq!((folder.as_str(), kept.len()), ("./policies", paths.len()));
        }
    }
}
