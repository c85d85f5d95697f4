//! The set of packages that a program is built from, and so the clients it contains.
//!
//! A Go program is built from the packages it imports; a Cargo program from its own file, its
//! package and the packages of the tree that it depends on; a Python program from its project. Code that belongs to one program only
//! is in no other program.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::facts::raw::{RawClient, RawFacts, RawModule, RawPackage, SourceLanguage};
use crate::facts::{RelatedSubject, Strength};
use crate::source::{Sources, path};

/// Packages by their folders, and what each is built from.
pub(super) struct ProgramClosure<'a> {
    raw: &'a RawFacts,
    sources: &'a Sources,
    /// Places of packages, by their folders.
    packages: BTreeMap<(SourceLanguage, &'a str), usize>,
    /// By package, the folders of what it imports of the tree: programs share most of their packages, so
    /// an import is looked up once.
    imports: Vec<Vec<&'a str>>,
    /// How many programs a package builds.
    programs: BTreeMap<(SourceLanguage, &'a str), usize>,
}

impl<'a> ProgramClosure<'a> {
    pub(super) fn new(raw: &'a RawFacts, sources: &'a Sources) -> Self {
        let mut packages = BTreeMap::new();
        let mut programs: BTreeMap<_, usize> = BTreeMap::new();
        for (at, package) in raw.packages.iter().enumerate() {
            let key = (package.language, package.dir.as_str());
            if package.program {
                *programs.entry(key).or_default() += 1;
            }
            if package.own.is_empty() {
                packages.insert(key, at);
            }
        }
        let mut paths = HashMap::new();
        let go = packages
            .keys()
            .filter(|(language, _)| *language == SourceLanguage::Go);
        for (language, dir) in go {
            let Some(module) = RawModule::nearest_above(&raw.modules, *language, dir) else {
                continue;
            };
            let Some(name) = &module.name else { continue };
            let rest = dir.strip_prefix(module.dir.as_str()).unwrap_or(dir);
            let rest = rest.trim_start_matches('/');
            let path = match rest {
                "" => name.clone(),
                rest => format!("{name}/{rest}"),
            };
            paths.insert(path, *dir);
        }
        let import = |language, path: &'a String| match language {
            SourceLanguage::Go => paths.get(path).copied(),
            SourceLanguage::Rust | SourceLanguage::Python => Some(path.as_str()),
        };
        let imports = raw.packages.iter().map(|package| {
            let all = package.imports.iter();
            all.filter_map(|path| import(package.language, path))
                .collect()
        });
        Self {
            raw,
            sources,
            imports: imports.collect(),
            packages,
            programs,
        }
    }

    /// The folders that the program of this number among the packages is built from.
    pub(super) fn parts(&self, program: usize) -> BTreeSet<String> {
        let RawPackage { dir, language, .. } = &self.raw.packages[program];
        let mut reached = BTreeSet::from([dir.as_str()]);
        let mut todo = vec![program];
        while let Some(package) = todo.pop() {
            for dir in &self.imports[package] {
                if reached.insert(dir) {
                    todo.extend(self.packages.get(&(*language, *dir)).copied());
                }
            }
        }
        reached.into_iter().map(str::to_owned).collect()
    }

    /// The clients that a program is built with.
    pub(super) fn clients(
        &self,
        program: &RawPackage,
        parts: &BTreeSet<String>,
    ) -> Vec<RelatedSubject> {
        let clients = self.raw.clients.iter().enumerate();
        clients
            .filter(|(_, client)| client.language == program.language && !client.site.test)
            .filter_map(|(index, client)| {
                let strength = self.holds(program, parts, client)?;
                Some(RelatedSubject {
                    index,
                    strength,
                    evidence: "the program is built with its package".to_owned(),
                })
            })
            .collect()
    }

    /// Whether a client is in a program, and how sure that is.
    fn holds(
        &self,
        program: &RawPackage,
        parts: &BTreeSet<String>,
        client: &RawClient,
    ) -> Option<Strength> {
        if program.language == SourceLanguage::Go {
            return parts.contains(&client.dir).then_some(Strength::Certain);
        }
        let path = self.sources.path(client.anchor);
        if program.own.iter().any(|own| path::is_within(path, own)) {
            return Some(Strength::Certain);
        }
        let others = self.raw.packages.iter().filter(|other| other.program);
        if others
            .flat_map(|other| &other.own)
            .any(|own| path::is_within(path, own))
        {
            return None;
        }
        let package = RawModule::nearest_above(&self.raw.modules, program.language, &client.dir)?;
        if !parts.contains(&package.dir) {
            return None;
        }
        // Which of several programs of a package use a file of it is not followed.
        let several = self.programs.get(&(program.language, program.dir.as_str())) > Some(&1);
        Some(if several || package.dir != program.dir {
            Strength::Assumed
        } else {
            Strength::Certain
        })
    }
}
