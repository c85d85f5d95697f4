//! The Rust packages of a tree: their manifests and lock files first, then each by itself.

use std::sync::Arc;

use rayon::prelude::*;

use super::{ExtractedFile, InputFile, guard_file};
use crate::discover::FileKind;
use crate::extract::rust;
use crate::facts::raw::RawFacts;
use crate::knowledge::clients::ClientModels;
use crate::source::{Excerpt, FileId};

/// All Rust packages, and what their manifests pin.
pub(super) fn read(files: &[(FileId, &InputFile)], models: &ClientModels) -> RawFacts {
    let of_kind = |kind| {
        let files = files.iter().filter(move |(_, input)| input.kind == kind);
        files.map(|(id, input)| (input, Excerpt::whole(*id, Arc::clone(&input.text))))
    };
    let cargo = |kind| -> Vec<rust::manifest::CargoFile> {
        let files = of_kind(kind).map(|(input, excerpt)| rust::manifest::CargoFile {
            path: input.path.clone(),
            excerpt,
        });
        files.collect()
    };
    let sources = of_kind(FileKind::Rust).map(|(input, excerpt)| rust::RustFile {
        path: input.path.clone(),
        excerpt,
    });
    let manifests = cargo(FileKind::CargoToml);
    let locks = cargo(FileKind::CargoLock);
    let read = rust::manifest::group(&manifests, &locks, sources.collect(), models);
    let mut raw = RawFacts {
        modules: read.modules,
        packages: read.programs,
        ..RawFacts::default()
    };
    let packages: Vec<RawFacts> = read
        .packages
        .into_par_iter()
        .map(|package| read_package(package, models))
        .collect();
    packages.into_iter().for_each(|one| raw.absorb(one));
    raw
}

fn read_package(package: rust::RustPackage, models: &ClientModels) -> RawFacts {
    let Some(file) = package.files.first().map(|file| file.excerpt.file()) else {
        return RawFacts::default();
    };
    let read = || ExtractedFile {
        main: rust::extract(package, models),
        ..ExtractedFile::default()
    };
    guard_file(file, read).main
}
