//! The Python code of a tree: what its projects pin, and the clients of all its files together.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{ExtractedFile, InputFile, guarded};
use crate::discover::FileKind;
use crate::extract::python::requirements::{self, RequirementsFile};
use crate::extract::python::{self, SourceCode};
use crate::facts::raw::{RawFacts, SourceLanguage};
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
    let mut raw = guarded(first, read).main;
    raw.modules.extend(modules);
    raw
}
