//! Which Go files make a package, and which modules are programs.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::analysis::InputFile;
use crate::discover::FileKind;
use crate::extract::go;
use crate::facts::raw::{RawModule, SourceLanguage};
use crate::knowledge::languages;
use crate::source::{Excerpt, FileId, path};

/// A Go module is a program's if one of its own folders is a main package.
pub(super) fn mark_programs(modules: &mut [RawModule], files: &[(FileId, &InputFile)]) {
    let dirs: Vec<String> = modules.iter().map(|module| module.dir.clone()).collect();
    for (_, input) in files.iter().filter(|(_, input)| input.kind == FileKind::Go) {
        if !go::is_program(&input.text) {
            continue;
        }
        let own = dirs
            .iter()
            .enumerate()
            .filter(|(_, dir)| path::is_within(&input.path, dir))
            .max_by_key(|(_, dir)| dir.len());
        if let Some((index, dir)) = own
            && !is_for_show(&input.path[dir.len()..])
        {
            modules[index].has_program = true;
        }
    }
}

/// A program under a module's folder of examples shows how its library is used.
fn is_for_show(path: &str) -> bool {
    let folder = path::folder(path);
    languages::go().is_some_and(|language| language.folders.is_example(folder))
}

/// The Go files of each folder: constants and helper functions of a package stand in any of them.
pub(super) fn go_packages(files: &[(FileId, &InputFile)]) -> Vec<Vec<go::GoFile>> {
    let mut folders: BTreeMap<&str, Vec<go::GoFile>> = BTreeMap::new();
    for (id, input) in files.iter().filter(|(_, input)| input.kind == FileKind::Go) {
        let folder = path::folder(&input.path);
        folders.entry(folder).or_default().push(go::GoFile {
            path: input.path.clone(),
            excerpt: Excerpt::whole(*id, Arc::clone(&input.text)),
        });
    }
    folders.into_values().collect()
}

/// The packages by the paths that code imports them by: those below a module that has a name.
pub(super) fn import_paths(
    packages: &[Vec<go::GoFile>],
    modules: &[RawModule],
) -> go::GoPackagePaths {
    let named = packages.iter().filter_map(|files| {
        let folder = path::folder(&files.first()?.path);
        let module = RawModule::nearest_above(modules, SourceLanguage::Go, folder)?;
        let name = module.name.as_ref()?;
        let below = folder.strip_prefix(module.dir.as_str())?;
        let below = below.trim_start_matches('/');
        let path = match below {
            "" => name.clone(),
            below => format!("{name}/{below}"),
        };
        Some((path, files.clone()))
    });
    named.collect()
}
