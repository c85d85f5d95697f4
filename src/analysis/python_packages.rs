//! The Python code of a tree: what its projects pin, and the clients of all its files together.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{ExtractedFile, InputFile, guard_file};
use crate::discover::FileKind;
use crate::extract::python::requirements::{self, RequirementsFile};
use crate::extract::python::{self, SourceCode};
use crate::facts::raw::{RawFacts, RawModule, RawPackage, SourceLanguage};
use crate::knowledge::clients::{ClientModels, LibraryModel};
use crate::knowledge::languages;
use crate::source::{Excerpt, FileId, path};

/// The clients of all Python files, and what the requirements beside them pin.
pub(super) fn read(files: &[(FileId, &InputFile)], models: &ClientModels) -> RawFacts {
    let of_kind = |kind| {
        let files = files.iter().filter(move |(_, input)| input.kind == kind);
        files.map(|(id, input)| (input, Excerpt::whole(*id, Arc::clone(&input.text))))
    };
    let code: Vec<SourceCode> = of_kind(FileKind::Python)
        .map(|(input, excerpt)| SourceCode {
            path: input.path.clone(),
            excerpt,
        })
        .collect();
    let Some(first) = code.first().map(|file| file.excerpt.file()) else {
        return RawFacts::default();
    };
    let pins: Vec<RequirementsFile> = of_kind(FileKind::PythonRequirements)
        .map(|(input, excerpt)| RequirementsFile {
            path: input.path.clone(),
            excerpt,
        })
        .collect();
    let libraries = models.of_language(SourceLanguage::Python);
    let wanted: BTreeSet<&str> = libraries.flat_map(LibraryModel::manifest_keys).collect();
    let starts = |dir: &str| {
        let mut below = code.iter().filter(|file| path::is_within(&file.path, dir));
        below.any(|file| {
            let name = path::name(&file.path);
            languages::python().is_some_and(|language| {
                let programs = &language.programs;
                programs.files.iter().any(|own| own == name)
                    || file.excerpt.text().contains(&programs.mark)
            })
        })
    };
    let packaged = |dir: &str| {
        let mut own = pins.iter().filter(|file| path::folder(&file.path) == dir);
        own.any(|file| {
            let built = file.excerpt.text().contains("[build-system]");
            path::name(&file.path).starts_with("setup.") || built
        })
    };
    let modules = requirements::modules(&pins, &wanted, &|dir| !packaged(dir) || starts(dir));
    let read = || ExtractedFile {
        main: python::extract(code.clone(), models),
        ..ExtractedFile::default()
    };
    let mut raw = guard_file(first, read).main;
    raw.packages = programs(&modules, &code, &pins);
    raw.modules.extend(modules);
    raw
}

/// One program for each project that has one: what of its code a process runs is not followed, so that
/// each holds all of its clients.
fn programs(
    modules: &[RawModule],
    code: &[SourceCode],
    pins: &[RequirementsFile],
) -> Vec<RawPackage> {
    let projects = modules.iter().filter(|module| module.has_program);
    let found = projects.filter_map(|module| {
        let file = pins
            .iter()
            .find(|file| requirements::project_folder(&file.path) == module.dir)?;
        let own = code.iter().filter(|file| {
            let nearest =
                RawModule::nearest_above(modules, SourceLanguage::Python, path::folder(&file.path));
            nearest.is_some_and(|nearest| nearest.dir == module.dir)
        });
        let names = own.filter_map(|file| top_module(&file.path, &module.dir));
        Some(RawPackage {
            language: SourceLanguage::Python,
            dir: module.dir.clone(),
            path: file.path.clone(),
            program: true,
            anchor: file.excerpt.span(0..0),
            imports: Vec::new(),
            lasts: true,
            works_through: false,
            sets_processors: false,
            binary: path::name(&module.dir).to_owned(),
            modules: names.collect(),
            own: Vec::new(),
            observations: Vec::new(),
        })
    });
    found.collect()
}

/// What code of a project calls a file from outside: the first part of its path.
fn top_module(file: &str, dir: &str) -> Option<String> {
    let below = file.strip_prefix(dir)?.trim_start_matches('/');
    let below = below.strip_prefix("src/").unwrap_or(below);
    let first = below.split('/').next()?;
    Some(first.strip_suffix(".py").unwrap_or(first).to_owned())
}
