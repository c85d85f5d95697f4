//! The programs that a Cargo package builds: those that its manifest names, and those that the places
//! of its files make (`src/main.rs`, `src/bin/x.rs`, `src/bin/x/main.rs`).

use std::collections::BTreeSet;

use crate::extract::rust::RustFile;
use crate::extract::rust::manifest::CargoPackage;
use crate::extract::rust::observed::PoolStatistics;
use crate::facts::raw::{RawPackage, SourceLanguage};
use crate::knowledge::languages;
use crate::source::{Span, path};

/// A program, by its name and the path of its file below the package's folder.
struct CargoProgram {
    name: String,
    path: String,
}

/// The package itself, then its programs.
pub(super) fn of(
    package: &CargoPackage,
    files: &[RustFile],
    statistics: &PoolStatistics<'_>,
) -> Vec<RawPackage> {
    let whole = RawPackage {
        language: SourceLanguage::Rust,
        dir: package.dir.clone(),
        path: path::join(&package.dir, "Cargo.toml"),
        program: false,
        anchor: package.anchor,
        imports: package.takes.clone(),
        binary: String::new(),
        modules: BTreeSet::new(),
        lasts: select_shipped(package, files)
            .iter()
            .any(|file| lasts(file.excerpt.text())),
        works_through: select_shipped(package, files)
            .iter()
            .any(|file| file.excerpt.text().contains(LOOP)),
        sets_processors: false,
        own: Vec::new(),
        observations: statistics.find_observations(&select_shipped(package, files)),
    };
    let programs = programs(package, files).into_iter().map(|program| {
        let path = path::join(&package.dir, &program.path);
        let file = files.iter().find(|file| file.path == path);
        let own = match program.path.strip_suffix("/main.rs") {
            Some(folder) if folder != "src" => path::join(&package.dir, folder),
            _ => path.clone(),
        };
        RawPackage {
            program: true,
            anchor: file.map_or(package.anchor, start),
            path: file.map_or_else(|| whole.path.clone(), |file| file.path.clone()),
            binary: program.name,
            own: vec![own],
            ..whole.clone()
        }
    });
    let programs: Vec<RawPackage> = programs.collect();
    std::iter::once(whole).chain(programs).collect()
}

/// A loop over something.
const LOOP: &str = " for ";

/// Whether code serves, waits or runs beside the rest.
fn lasts(text: &str) -> bool {
    languages::rust().is_none_or(|rust| rust.lasting.words.is_in(text))
}

/// The files without those that only tests and examples run.
fn select_shipped<'f>(package: &CargoPackage, files: &'f [RustFile]) -> Vec<&'f RustFile> {
    let folders = languages::go().map(|language| &language.folders);
    let only_shows = |file: &&RustFile| {
        let path = below(&file.path, &package.dir);
        let top = path.split_once('/').map_or("", |(top, _)| top);
        folders.is_some_and(|folders| folders.is_example(top))
    };
    files.iter().filter(|file| !only_shows(file)).collect()
}

fn programs(package: &CargoPackage, files: &[RustFile]) -> Vec<CargoProgram> {
    let own = package.package_name.as_deref().unwrap_or_default();
    let paths: BTreeSet<&str> = files
        .iter()
        .map(|file| below(&file.path, &package.dir))
        .collect();
    let named = package.programs.iter().map(|(name, path)| CargoProgram {
        name: name.clone(),
        path: path
            .clone()
            .unwrap_or_else(|| usual_path(name, own, &paths)),
    });
    let mut found: Vec<CargoProgram> = named.collect();
    if !package.finds_programs {
        return found;
    }
    let by_place = paths.iter().filter_map(|path| by_place(path, own));
    for program in by_place {
        if !found
            .iter()
            .any(|f| f.path == program.path || f.name == program.name)
        {
            found.push(program);
        }
    }
    found
}

/// Where Cargo looks for a program that has a name only.
fn usual_path(name: &str, package: &str, paths: &BTreeSet<&str>) -> String {
    let places = [
        format!("src/bin/{name}.rs"),
        format!("src/bin/{name}/main.rs"),
    ];
    let found = places.iter().find(|place| paths.contains(place.as_str()));
    match found {
        Some(place) => place.clone(),
        None if name == package => "src/main.rs".to_owned(),
        None => places[0].clone(),
    }
}

/// The program that a file is by its place.
fn by_place(path: &str, package: &str) -> Option<CargoProgram> {
    let name = match path.strip_prefix("src/bin/") {
        None => (path == "src/main.rs").then_some(package)?,
        Some(rest) => match rest.split_once('/') {
            None => rest.strip_suffix(".rs")?,
            Some((folder, "main.rs")) => folder,
            Some(_) => return None,
        },
    };
    Some(CargoProgram {
        name: name.to_owned(),
        path: path.to_owned(),
    })
}

/// The function that the program begins with, or the start of its file.
fn start(file: &RustFile) -> Span {
    let text = file.excerpt.text();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let code = line.trim_end();
        if code.starts_with("fn main(") || code.starts_with("async fn main(") {
            return file.excerpt.span(at..at + code.len());
        }
        at += line.len();
    }
    file.excerpt.span(0..0)
}

/// A path below a folder that holds it.
fn below<'p>(path: &'p str, folder: &str) -> &'p str {
    let rest = path.strip_prefix(folder).unwrap_or(path);
    rest.trim_start_matches('/')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::rust::manifest::{CargoFile, packages};
    use crate::source::{Excerpt, FileId};

    fn built(manifest: &str, files: &[&str]) -> Vec<(String, String)> {
        let excerpt = |text: &str| Excerpt::whole(FileId(0), text.into());
        let manifest = CargoFile {
            path: "svc/Cargo.toml".to_owned(),
            excerpt: excerpt(manifest),
        };
        let files: Vec<RustFile> = files
            .iter()
            .map(|path| RustFile {
                path: (*path).to_owned(),
                excerpt: excerpt("fn main() {}\n"),
            })
            .collect();
        let package = &packages(&[manifest], &[])[0];
        let models = crate::knowledge::clients::ClientModels::of_texts([]);
        let statistics = PoolStatistics::new(&files, &models);
        let programs = of(package, &files, &statistics)
            .into_iter()
            .filter(|p| p.program);
        programs.map(|p| (p.binary, p.own.concat())).collect()
    }

    #[test]
    fn files_make_programs_by_their_places() {
        let files = [
            "svc/src/main.rs",
            "svc/src/lib.rs",
            "svc/src/bin/worker.rs",
            "svc/src/bin/tool/main.rs",
            "svc/src/bin/tool/args.rs",
        ];
        let found = built("[package]\nname = \"shop\"\n", &files);
        let pair = |name: &str, own: &str| (name.to_owned(), own.to_owned());
        assert_eq!(
            found,
            [
                pair("tool", "svc/src/bin/tool"),
                pair("worker", "svc/src/bin/worker.rs"),
                pair("shop", "svc/src/main.rs"),
            ]
        );
    }

    #[test]
    fn a_manifest_names_programs_and_may_be_alone_to_do_so() {
        let files = ["svc/src/main.rs", "svc/src/bin/worker.rs", "svc/app.rs"];
        let manifest = "[package]\nname = \"shop\"\nautobins = false\n[[bin]]\nname = \"api\"\npath = \"app.rs\"\n[[bin]]\nname = \"worker\"\n";
        let pair = |name: &str, own: &str| (name.to_owned(), own.to_owned());
        assert_eq!(
            built(manifest, &files),
            [
                pair("api", "svc/app.rs"),
                pair("worker", "svc/src/bin/worker.rs"),
            ]
        );
        let found = built("[package]\nname = \"lib\"\n", &["svc/src/lib.rs"]);
        assert_eq!(found, []);
    }
}
