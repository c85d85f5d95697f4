//! Reads `redvet.toml` and turns what it says of servers into declarations, together with what flags
//! say. What it says of rules is left to `rule_settings`.

use std::path::{Path, PathBuf};

use crate::config::{ServerVersion, Settings};
use crate::discover;
use crate::facts::raw::Declaration;
use crate::facts::work_limits::WorkLimits;
use crate::knowledge::Knowledge;
use crate::load::{LoadError, apply, settings};
use crate::nearest::nearest;
use crate::source::{SourceFile, Sources};

use super::args::ServerFlags;
use super::failure::CliError;
use super::target::RunTarget;

/// The settings' name at the root of a project.
const SETTINGS: &str = "redvet.toml";

/// The settings of a run, and the texts that they were read from.
#[derive(Clone, Debug, Default)]
pub(super) struct SettingsFile {
    pub(super) sources: Sources,
    pub(super) settings: Settings,
    /// The folder that paths in the file are relative to.
    pub(super) folder: PathBuf,
    /// The file as reports name it, if there is one.
    pub(super) name: Option<String>,
    /// The folder that packs and a baseline must lie in; none where a person named the file, who then
    /// answers for what it names.
    pub(super) trusted_root: Option<PathBuf>,
    /// What the settings say of limits, no higher than settings further up allow.
    pub(super) limits: WorkLimits,
}

/// Reads the settings that a person named, else those of the tree, else none.
pub(super) fn read(named: Option<&Path>, target: &RunTarget) -> Result<SettingsFile, CliError> {
    let root = target.find_trusted_root();
    let (path, text) = match (named, target.tree.settings.as_deref()) {
        (Some(path), _) => (path, discover::read_unlinked(&root, path)?),
        (None, Some(path)) => (path, discover::read_inside(&root, path)?),
        (None, None) => {
            return Ok(SettingsFile {
                trusted_root: Some(root),
                ..SettingsFile::default()
            });
        }
    };
    let shown = target.tree.relative(path).filter(|shown| !shown.is_empty());
    let name = shown.unwrap_or_else(|| path.display().to_string());
    let folder = path.parent().unwrap_or(Path::new("")).to_owned();
    let mut file = of_text(name, folder, &text)?;
    file.trusted_root = named.is_none().then_some(root);
    // A person who names the settings decides alone.
    if named.is_none() {
        for above in outer(target)? {
            file.limits = file.limits.within(above.limits);
        }
    }
    Ok(file)
}

/// The settings of the folders above the target's root, up to its repository: the nearest first. They
/// are not in force below, but what they call non_waivable is.
pub(super) fn outer(target: &RunTarget) -> Result<Vec<SettingsFile>, CliError> {
    let root = target.find_trusted_root();
    let above = target.tree.root.ancestors().skip(1);
    let above = above.take_while(|folder| folder.starts_with(&root));
    above
        .map(|folder| folder.join(SETTINGS))
        .filter(|path| path.symlink_metadata().is_ok_and(|about| !about.is_dir()))
        .map(|path| {
            let text = discover::read_inside(&root, &path)?;
            let folder = path.parent().unwrap_or(Path::new("")).to_owned();
            of_text(path.display().to_string(), folder, &text)
        })
        .collect()
}

/// The settings in a text.
pub(super) fn of_text(name: String, folder: PathBuf, text: &str) -> Result<SettingsFile, CliError> {
    let mut sources = Sources::default();
    let file = sources.add(SourceFile::new(name.as_str(), text));
    match settings::read(file, text) {
        Ok(settings) => Ok(SettingsFile {
            limits: apply::read_work_limits(&settings),
            sources,
            settings,
            folder,
            name: Some(name),
            trusted_root: None,
        }),
        Err(mistakes) => Err(CliError::Mistakes { sources, mistakes }),
    }
}

/// A mistake for each limit that settings of a folder raise above those of a folder further up.
pub(super) fn find_raised_limits(settings: &Settings, above: &SettingsFile) -> Vec<LoadError> {
    let name = above.name.as_deref().unwrap_or_default();
    let raised = apply::find_raised_limits(settings, &above.settings).into_iter();
    raised
        .map(|(span, key, most)| {
            let message = format!("`{key}` is above the {most} of {name}");
            let help = "settings of a folder cannot raise a limit; raise it there";
            LoadError::new(span, message).with_help(help)
        })
        .collect()
}

/// What settings and flags say of servers.
pub(super) fn declarations(settings: &Settings, given: &ServerFlags) -> Vec<Declaration> {
    let flags = Declaration {
        memory: given.memory,
        cpus: given.cpus,
        flavor: given.server.as_ref().and_then(|s| s.flavor.clone()),
        version: given.server.as_ref().map(|s| s.version.clone()),
        build: given.build.clone(),
        ..Declaration::default()
    };
    apply::declarations(settings, flags)
}

/// A mistake for everything that the settings say of servers and that knowledge has no word for.
pub(super) fn unknown_words(settings: &Settings, knowledge: &Knowledge) -> Vec<LoadError> {
    let named = settings.servers.iter().map(|server| &server.facts);
    let facts = || std::iter::once(&settings.defaults.servers).chain(named.clone());
    let flavors = facts().filter_map(|facts| {
        let version = facts.version.as_ref()?;
        Some((version.span, unknown_flavor(&version.value, knowledge)?))
    });
    let builds = facts().filter_map(|facts| {
        let build = facts.build.as_ref()?;
        Some((build.span, unknown_build(&build.value, knowledge)?))
    });
    flavors
        .chain(builds)
        .map(|(span, (message, help))| LoadError::new(span, message).with_help(help))
        .collect()
}

/// Words for a build that say nothing, or one thing and its opposite.
fn unknown_build(text: &str, knowledge: &Knowledge) -> Option<(String, String)> {
    let wrong = knowledge.servers.parse_build(text).err()?;
    let words = knowledge.servers.build_words();
    let known: Vec<&str> = words.iter().map(|known| known.word.as_str()).collect();
    if known.contains(&wrong) {
        let message = format!("`{wrong}` contradicts an earlier build option");
        return Some((message, "remove one of them".to_owned()));
    }
    let near = nearest(wrong, known.iter().copied());
    let meant = near.map_or(String::new(), |near| format!("did you mean `{near}`? "));
    let all: Vec<String> = words
        .iter()
        .map(|known| format!("`{}` ({})", known.word, known.about))
        .collect();
    Some((
        format!("unknown build option `{wrong}`"),
        format!(
            "{meant}expected a comma-separated list of: {}",
            all.join(", ")
        ),
    ))
}

/// The flag's flavor is checked against the same tables.
pub(super) fn check_given(given: &ServerFlags, knowledge: &Knowledge) -> Result<(), CliError> {
    let unknown = given
        .server
        .as_ref()
        .and_then(|s| unknown_flavor(s, knowledge));
    if let Some((message, help)) = unknown {
        return Err(CliError::with_help(format!("--server: {message}"), help));
    }
    let build = given.build.as_deref();
    match build.and_then(|build| unknown_build(build, knowledge)) {
        Some((message, help)) => Err(CliError::with_help(format!("--build: {message}"), help)),
        None => Ok(()),
    }
}

/// The flavor of a version that a flag names.
pub(super) fn check_flavor(version: &ServerVersion, knowledge: &Knowledge) -> Result<(), CliError> {
    match unknown_flavor(version, knowledge) {
        Some((message, help)) => Err(CliError::with_help(message, help)),
        None => Ok(()),
    }
}

fn unknown_flavor(version: &ServerVersion, knowledge: &Knowledge) -> Option<(String, String)> {
    let flavor = version.flavor.as_deref()?;
    let known = knowledge.servers.flavors();
    if known.contains(&flavor) {
        return None;
    }
    let near = nearest(flavor, known.iter().copied());
    let meant = near.map_or(String::new(), |near| format!("did you mean `{near}`? "));
    Some((
        format!("unknown server flavor `{flavor}`"),
        format!("{meant}known flavors: {}", known.join(", ")),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_come_before_defaults_and_names_before_both() {
        let text = "[defaults]\nserver = \"redis:7.2\"\nmemory = \"1gb\"\n\
                    [[server]]\nname = \"StatefulSet/redis\"\nrole = \"cache\"\ncpus = 2\n";
        let file = of_text("redvet.toml".to_owned(), PathBuf::new(), text).unwrap();
        let given = ServerFlags {
            memory: Some(7),
            ..ServerFlags::default()
        };
        let all = declarations(&file.settings, &given);
        assert_eq!(all.len(), 5);
        assert_eq!(all[0].cpus, Some(2.0));
        assert_eq!(all[1].role.as_deref(), Some("cache"));
        assert_eq!((all[2].memory, all[2].span), (Some(7), None));
        assert_eq!(all[3].memory, Some(1 << 30));
        assert_eq!(file.sources.slice(all[4].span.unwrap()), "\"redis:7.2\"");
    }

    #[test]
    fn a_flavor_that_nobody_makes() {
        let knowledge = Knowledge::embedded().unwrap();
        let text = "[defaults]\nserver = \"reddis:7.2\"\n";
        let file = of_text("redvet.toml".to_owned(), PathBuf::new(), text).unwrap();
        let mistakes = unknown_words(&file.settings, &knowledge);
        assert_eq!(mistakes.len(), 1);
        let help = mistakes[0].help.as_deref().unwrap();
        assert!(help.starts_with("did you mean `redis`?"), "{help}");
    }
}
