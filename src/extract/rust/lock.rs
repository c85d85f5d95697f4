//! Cargo.lock: the exact releases that a package is built with, by its own edges.

use std::collections::{BTreeMap, BTreeSet};

use toml::Spanned;

use crate::extract::rust::requirement::twice;
use crate::facts::cause::Cause;
use crate::facts::raw::VersionPin;
use crate::source::{Excerpt, Span};

/// One locked release.
pub(super) struct LockedRelease {
    name: String,
    version: String,
    from_registry: bool,
    span: Span,
    /// `name` or `name version`.
    dependencies: Vec<String>,
}

/// The releases of a lock file.
pub(super) fn read_releases(excerpt: &Excerpt) -> Vec<LockedRelease> {
    #[derive(serde::Deserialize)]
    struct LockFile {
        #[serde(default)]
        package: Vec<LockedPackage>,
    }
    #[derive(serde::Deserialize)]
    struct LockedPackage {
        name: String,
        version: Spanned<String>,
        source: Option<String>,
        #[serde(default)]
        dependencies: Vec<String>,
    }
    let Ok(file) = toml::from_str::<LockFile>(excerpt.text()) else {
        return Vec::new();
    };
    let entries = file.package.into_iter().map(|entry| LockedRelease {
        from_registry: entry
            .source
            .as_deref()
            .is_some_and(|s| s.starts_with("registry+") || s.starts_with("sparse+")),
        span: excerpt.span(entry.version.span()),
        name: entry.name,
        version: entry.version.into_inner(),
        dependencies: entry.dependencies,
    });
    entries.collect()
}

/// The exact releases that a package is built with: its own dependencies by its edges, and theirs,
/// where only one release is reached.
pub(super) fn pin_locked(
    requires: &mut BTreeMap<String, VersionPin>,
    lock: &[LockedRelease],
    package: &str,
    patched: &BTreeSet<&str>,
) {
    let own = lock.iter().find(|l| l.name == package && !l.from_registry);
    let find = |edge: &str| {
        let mut words = edge.split(' ');
        let (name, version) = (words.next()?, words.next());
        let mut named = lock
            .iter()
            .filter(|l| l.name == name && version.is_none_or(|v| l.version == v));
        let first = named.next()?;
        named.next().is_none().then_some(first)
    };
    let Some(own) = own else {
        return;
    };
    let direct: Vec<&LockedRelease> = own.dependencies.iter().filter_map(|e| find(e)).collect();
    // A crate that the package does not name itself comes through those that it names.
    let mut reached: BTreeMap<&str, Option<&LockedRelease>> = BTreeMap::new();
    for locked in &direct {
        reached.insert(&locked.name, Some(locked));
    }
    for inner in direct
        .iter()
        .flat_map(|l| &l.dependencies)
        .filter_map(|e| find(e))
    {
        if direct.iter().any(|l| l.name == inner.name) {
            continue;
        }
        reached
            .entry(&inner.name)
            .and_modify(|seen| {
                if seen.is_some_and(|s| s.version != inner.version) {
                    *seen = None;
                }
            })
            .or_insert(Some(inner));
    }
    for (name, locked) in reached {
        let Some(locked) = locked else { continue };
        if direct.iter().filter(|l| l.name == name).count() > 1 {
            requires.insert(name.to_owned(), twice(locked.span));
            continue;
        }
        let version = if patched.contains(name) || !locked.from_registry {
            Err(Cause::Pin("the crate does not come from a registry"))
        } else {
            Ok(locked.version.clone())
        };
        requires.insert(
            name.to_owned(),
            VersionPin {
                version,
                span: locked.span,
                bounds: None,
            },
        );
    }
}

/// The crates that a locked release is built with, by their names.
pub(super) fn dependencies_of(
    lock: &[LockedRelease],
    name: &str,
    version: &str,
) -> Option<BTreeSet<String>> {
    let mut named = lock.iter().filter(|l| l.name == name);
    let found = named.find(|l| l.version == version)?;
    let edges = found.dependencies.iter();
    let names = edges.filter_map(|edge| edge.split(' ').next());
    Some(names.map(str::to_owned).collect())
}
