//! Cargo.toml: which packages there are, and which release of which crate each is built with.
//!
//! A lock file (`lock`) says it exactly; without one a requirement (`requirement`) says between which
//! releases it lies. What comes from git, a path or a patch has no known release.

use std::collections::{BTreeMap, BTreeSet};

use toml::{Table, Value};

use crate::extract::rust::lock::{LockedRelease, dependencies_of, pin_locked, read_releases};
use crate::extract::rust::observed::PoolStatistics;
use crate::extract::rust::requirement::{bounds, twice};
use crate::extract::rust::{RustFile, RustPackage, programs};
use crate::facts::cause::Cause;
use crate::facts::raw::{CrateFeatures, RawModule, RawPackage, SourceLanguage, VersionPin};
use crate::knowledge::clients::ClientModels;
use crate::source::{Excerpt, Span, path};

/// A manifest or a lock file, with its path relative to the root.
#[derive(Clone, Debug)]
pub struct CargoFile {
    pub path: String,
    pub excerpt: Excerpt,
}

/// A package of the tree.
#[derive(Clone, Debug)]
pub struct CargoPackage {
    pub dir: String,
    /// The crate's own name in code.
    pub name: Option<String>,
    pub renames: BTreeMap<String, String>,
    /// What it is called in its manifest.
    pub package_name: Option<String>,
    /// Programs that its manifest names, by name and path.
    pub programs: Vec<(String, Option<String>)>,
    /// Whether the places of its files make programs too.
    pub finds_programs: bool,
    /// Folders of the packages of the tree that it is built with.
    pub takes: Vec<String>,
    /// Where the manifest names the package.
    pub anchor: Span,
    pub module: RawModule,
    /// The folder of its workspace.
    pub workspace: String,
}

/// The tables of a manifest that say something here.
struct CargoManifest<'a> {
    dir: &'a str,
    table: Table,
    excerpt: &'a Excerpt,
}

/// All packages of a tree, from their manifests and the lock files above them.
pub fn packages(manifests: &[CargoFile], locks: &[CargoFile]) -> Vec<CargoPackage> {
    let manifests: Vec<CargoManifest<'_>> =
        manifests.iter().filter_map(CargoManifest::read).collect();
    let locks: BTreeMap<&str, Vec<LockedRelease>> = locks
        .iter()
        .map(|lock| (path::folder(&lock.path), read_releases(&lock.excerpt)))
        .collect();
    let packages = manifests.iter().filter(|m| m.table.contains_key("package"));
    packages
        .map(|manifest| manifest.package(&manifests, &locks))
        .collect()
}

/// Packages with their files, and what their manifests pin.
#[derive(Debug, Default)]
pub struct CargoPackages {
    pub packages: Vec<RustPackage>,
    pub modules: Vec<RawModule>,
    /// The packages and the programs that they build.
    pub programs: Vec<RawPackage>,
}

/// Each file to the package whose manifest is the nearest above it; files without one are packages
/// by folder.
pub fn group(
    manifests: &[CargoFile],
    locks: &[CargoFile],
    files: Vec<RustFile>,
    models: &ClientModels,
) -> CargoPackages {
    let statistics = PoolStatistics::new(&files, models);
    let mut known = packages(manifests, locks);
    known.sort_by_key(|package| std::cmp::Reverse(package.dir.len()));
    let mut of: Vec<Vec<RustFile>> = known.iter().map(|_| Vec::new()).collect();
    let mut loose: BTreeMap<String, Vec<RustFile>> = BTreeMap::new();
    for file in files {
        let folder = path::folder(&file.path);
        match known.iter().position(|p| path::is_within(folder, &p.dir)) {
            Some(at) => of[at].push(file),
            None => loose.entry(folder.to_owned()).or_default().push(file),
        }
    }
    let built = known.iter().zip(&of);
    let built: Vec<Vec<RawPackage>> = built
        .map(|(package, files)| programs::of(package, files, &statistics))
        .collect();
    let programs: Vec<bool> = built
        .iter()
        .map(|built| built.iter().any(|package| package.program))
        .collect();
    // A library of a workspace that builds programs is one of their parts.
    let workspaces: BTreeSet<String> = known
        .iter()
        .zip(&programs)
        .filter(|(_, program)| **program)
        .map(|(package, _)| package.workspace.clone())
        .collect();
    let mut grouped = CargoPackages {
        programs: built.into_iter().flatten().collect(),
        ..CargoPackages::default()
    };
    for (package, files) in known.into_iter().zip(of) {
        grouped.modules.push(RawModule {
            has_program: workspaces.contains(&package.workspace),
            ..package.module
        });
        grouped.packages.push(RustPackage {
            dir: package.dir,
            name: package.name,
            renames: package.renames,
            files,
        });
    }
    grouped
        .packages
        .extend(loose.into_iter().map(|(dir, files)| RustPackage {
            dir,
            files,
            ..RustPackage::default()
        }));
    grouped.packages.sort_by(|a, b| a.dir.cmp(&b.dir));
    grouped
}

/// The words of a list of an entry.
fn list_words<'e>(entry: &'e Value, key: &str) -> impl Iterator<Item = String> + 'e {
    let list = entry.get(key).and_then(Value::as_array);
    let words = list.into_iter().flatten().filter_map(Value::as_str);
    words.map(str::to_owned)
}

/// What a crate is called in code.
fn in_code(name: &str) -> String {
    name.replace('-', "_")
}

impl<'a> CargoManifest<'a> {
    fn read(file: &'a CargoFile) -> Option<Self> {
        let table = file.excerpt.text().parse().ok()?;
        Some(Self {
            dir: path::folder(&file.path),
            table,
            excerpt: &file.excerpt,
        })
    }

    /// The nearest manifest above that declares a workspace.
    fn workspace<'m>(&'m self, all: &'m [CargoManifest<'a>]) -> Option<&'m CargoManifest<'a>> {
        let above = all
            .iter()
            .filter(|m| m.table.contains_key("workspace") && path::is_within(self.dir, m.dir));
        above.max_by_key(|m| m.dir.len())
    }

    fn package(
        &self,
        all: &[CargoManifest<'_>],
        locks: &BTreeMap<&str, Vec<LockedRelease>>,
    ) -> CargoPackage {
        let package = self.table.get("package").and_then(Value::as_table);
        let name = package.and_then(|p| p.get("name")).and_then(Value::as_str);
        let workspace = self.workspace(all);
        let root = workspace.map_or(self.dir, |w| w.dir);
        let mut renames = BTreeMap::new();
        let mut requires = BTreeMap::new();
        let mut takes = Vec::new();
        let mut features: BTreeMap<String, CrateFeatures> = BTreeMap::new();
        for (key, entry) in self.dependencies() {
            let inherited = entry.get("workspace").and_then(Value::as_bool) == Some(true);
            let shared = inherited
                .then(|| workspace?.find_shared(key))
                .flatten()
                .map(|(entry, _)| entry);
            let own = entry;
            let entry = shared.unwrap_or(entry);
            let real = entry.get("package").and_then(Value::as_str).unwrap_or(key);
            if in_code(real) != in_code(key) {
                renames.insert(in_code(key), in_code(real));
            }
            // A member's features add to those that the workspace names.
            let named = &mut features.entry(real.to_owned()).or_default().named;
            named.extend(list_words(entry, "features").chain(list_words(own, "features")));
            named.extend(self.list_turned_on(key));
            let owner = if inherited {
                workspace.unwrap_or(self)
            } else {
                self
            };
            let path = entry.get("path").and_then(Value::as_str);
            takes.extend(path.and_then(|path| path::resolve(owner.dir, path)));
            let pin = owner.requirement(key, entry);
            if let Some(first) = requires.insert(real.to_owned(), pin) {
                requires.insert(real.to_owned(), twice(first.span));
            }
        }
        let patched = [Some(self), workspace]
            .into_iter()
            .flatten()
            .flat_map(CargoManifest::list_patched)
            .collect::<BTreeSet<&str>>();
        for name in &patched {
            if let Some(pin) = requires.get_mut(*name) {
                pin.version = Err(Cause::Pin("Cargo.toml patches the crate"));
                pin.bounds = None;
            }
        }
        let lock = locks.get(root).or_else(|| locks.get(self.dir));
        if let (Some(lock), Some(name)) = (lock, name) {
            pin_locked(&mut requires, lock, name, &patched);
            for (name, pin) in &requires {
                let built_with = pin
                    .version
                    .as_ref()
                    .ok()
                    .and_then(|version| dependencies_of(lock, name, version));
                features.entry(name.clone()).or_default().built_with = built_with;
            }
        }
        CargoPackage {
            dir: self.dir.to_owned(),
            name: self.crate_name(name),
            renames,
            programs: self.programs(name),
            package_name: name.map(str::to_owned),
            finds_programs: package.and_then(|p| p.get("autobins")) != Some(&Value::Boolean(false)),
            takes,
            anchor: self.place_of("name"),
            module: RawModule {
                name: None,
                dir: self.dir.to_owned(),
                language: SourceLanguage::Rust,
                requires,
                has_program: false,
                language_version: None,
                has_runtime_settings: false,
                features,
            },
            workspace: root.to_owned(),
        }
    }

    fn crate_name(&self, package: Option<&str>) -> Option<String> {
        let lib = self.table.get("lib").and_then(Value::as_table);
        let name = lib.and_then(|lib| lib.get("name")).and_then(Value::as_str);
        name.or(package).map(in_code)
    }

    fn programs(&self, package: Option<&str>) -> Vec<(String, Option<String>)> {
        let bins = self.table.get("bin").and_then(Value::as_array);
        let bins = bins.into_iter().flatten().filter_map(|bin| {
            let text = |key| bin.get(key).and_then(Value::as_str).map(str::to_owned);
            let name = text("name").or_else(|| package.map(str::to_owned))?;
            Some((name, text("path")))
        });
        bins.collect()
    }

    /// Dependencies of the program itself and of its targets: name and entry.
    fn dependencies(&self) -> Vec<(&str, &Value)> {
        let mut found = Vec::new();
        let own = self.table.get("dependencies").and_then(Value::as_table);
        found.extend(own.into_iter().flatten().map(|(k, v)| (k.as_str(), v)));
        let targets = self.table.get("target").and_then(Value::as_table);
        for target in targets.into_iter().flatten().map(|(_, target)| target) {
            let table = target.get("dependencies").and_then(Value::as_table);
            found.extend(table.into_iter().flatten().map(|(k, v)| (k.as_str(), v)));
        }
        found
    }

    /// Features of a dependency that the package's own features turn on: `redis/tls-rustls`.
    fn list_turned_on<'k>(&'k self, key: &'k str) -> impl Iterator<Item = String> + 'k {
        let own = self.table.get("features").and_then(Value::as_table);
        let lists = own.into_iter().flatten().filter_map(|(_, l)| l.as_array());
        let words = lists.flatten().filter_map(Value::as_str);
        words.filter_map(move |word| {
            let (name, feature) = word.split_once('/')?;
            (name.trim_end_matches('?') == key).then(|| feature.to_owned())
        })
    }

    /// A dependency that the workspace declares for its members.
    fn find_shared(&self, key: &str) -> Option<(&Value, &Self)> {
        let workspace = self.table.get("workspace")?.as_table()?;
        let entry = workspace.get("dependencies")?.as_table()?.get(key)?;
        Some((entry, self))
    }

    fn list_patched(&self) -> Vec<&str> {
        let patches = self.table.get("patch").and_then(Value::as_table);
        let registries = patches.into_iter().flatten();
        let crates = registries.filter_map(|(_, crates)| crates.as_table());
        crates
            .flat_map(|crates| crates.iter())
            .map(|(key, entry)| entry.get("package").and_then(Value::as_str).unwrap_or(key))
            .collect()
    }

    /// What an entry says of the release: only a range, unless it is pinned.
    fn requirement(&self, key: &str, entry: &Value) -> VersionPin {
        let text = entry
            .as_str()
            .or_else(|| entry.get("version").and_then(Value::as_str));
        let elsewhere = ["git", "path"]
            .into_iter()
            .find(|source| entry.get(source).is_some());
        let span = self.place_of(key);
        if let Some(source) = elsewhere {
            return VersionPin {
                version: Err(Cause::CrateSource(source)),
                span,
                bounds: None,
            };
        }
        let Some(text) = text else {
            return VersionPin {
                version: Err(Cause::Pin("Cargo.toml names no release")),
                span,
                bounds: None,
            };
        };
        let exact = text.trim().strip_prefix('=').map(str::trim);
        VersionPin {
            version: match exact {
                Some(exact) if exact.split('.').count() == 3 => Ok(exact.to_owned()),
                _ => Err(Cause::Text {
                    text: text.to_owned(),
                    fact: "stands for several releases and there is no Cargo.lock",
                }),
            },
            span,
            bounds: bounds(text),
        }
    }

    /// Where the dependency is written, as far as a search can tell.
    fn place_of(&self, key: &str) -> Span {
        let text = self.excerpt.text();
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let trimmed = line.trim_start();
            let name = trimmed.split(['=', ' ', '.', '\t']).next().unwrap_or("");
            let header = trimmed
                .trim_end()
                .strip_suffix(']')
                .and_then(|h| h.rsplit('.').next());
            if name.trim_matches('"') == key || header == Some(key) {
                let start = at + (line.len() - trimmed.len());
                return self.excerpt.span(start..at + line.trim_end().len());
            }
            at += line.len();
        }
        self.excerpt.span(0..0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    fn file(path: &str, text: &str) -> CargoFile {
        CargoFile {
            path: path.to_owned(),
            excerpt: Excerpt::whole(FileId(0), text.into()),
        }
    }

    fn version(package: &CargoPackage, name: &str) -> Option<String> {
        package.module.requires.get(name)?.version.clone().ok()
    }

    #[test]
    fn a_lock_file_pins_by_the_edges_of_each_package() {
        let manifests = [
            file(
                "Cargo.toml",
                "[workspace]\nmembers = [\"a\", \"b\"]\n[workspace.dependencies]\nredis = \"0.27\"\n",
            ),
            file(
                "a/Cargo.toml",
                "[package]\nname = \"a\"\n[dependencies]\nredis = { workspace = true }\npool = { package = \"bb8-redis\", version = \"0.24\" }\n",
            ),
            file(
                "b/Cargo.toml",
                "[package]\nname = \"b\"\n[dependencies]\nredis = \"1\"\n",
            ),
        ];
        let registry = "source = \"registry+https://github.com/rust-lang/crates.io-index\"\n";
        let lock = format!(
            "version = 4\n[[package]]\nname = \"a\"\nversion = \"0.1.0\"\ndependencies = [\"redis 0.27.6\", \"bb8-redis\"]\n\
             [[package]]\nname = \"b\"\nversion = \"0.1.0\"\ndependencies = [\"redis 1.0.1\"]\n\
             [[package]]\nname = \"bb8-redis\"\nversion = \"0.24.0\"\n{registry}dependencies = [\"bb8\", \"redis 1.0.1\"]\n\
             [[package]]\nname = \"bb8\"\nversion = \"0.9.1\"\n{registry}\
             [[package]]\nname = \"redis\"\nversion = \"0.27.6\"\n{registry}\
             [[package]]\nname = \"redis\"\nversion = \"1.0.1\"\n{registry}"
        );
        let packages = packages(&manifests, &[file("Cargo.lock", &lock)]);
        assert_eq!(packages.len(), 2);
        assert_eq!(version(&packages[0], "redis").as_deref(), Some("0.27.6"));
        assert_eq!(version(&packages[0], "bb8").as_deref(), Some("0.9.1"));
        assert_eq!(version(&packages[1], "redis").as_deref(), Some("1.0.1"));
        assert_eq!(packages[0].renames["pool"], "bb8_redis");
        assert_eq!(packages[0].workspace, "");
    }

    #[test]
    fn without_a_lock_file_a_requirement_is_a_range() {
        let manifest = file(
            "svc/Cargo.toml",
            "[package]\nname = \"svc\"\n[dependencies]\nredis = \"0.27\"\nbb8 = \"=0.9.1\"\nfred = { git = \"https://example.com/fred\" }\n[target.'cfg(unix)'.dependencies]\nr2d2 = { version = \"0.8.10\" }\n",
        );
        let packages = packages(&[manifest], &[]);
        let pin = |name: &str| packages[0].module.requires[name].clone();
        let bounds = pin("redis").bounds.unwrap();
        assert_eq!(
            (bounds.since.as_str(), bounds.until.as_str()),
            ("0.27.0", "0.28.0")
        );
        assert!(pin("redis").version.is_err());
        assert_eq!(pin("bb8").version.as_deref(), Ok("0.9.1"));
        assert!(pin("fred").bounds.is_none() && pin("fred").version.is_err());
        assert!(pin("r2d2").bounds.is_some());
    }

    #[test]
    fn nonsense_is_no_package() {
        let files = [
            file("Cargo.toml", "[package"),
            file("b/Cargo.toml", "x = 1"),
        ];
        assert!(packages(&files, &[file("Cargo.lock", "=")]).is_empty());
    }
}
