//! The set of packages that a program is built from, and so the clients it contains.
//!
//! A Go program is built from the packages it imports; a Cargo program from its own file, its
//! package and the packages of the tree that it depends on; a Python program from its project. Code that belongs to one program only
//! is in no other program.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::raw::{RawClient, RawFacts, RawModule, RawPackage, SourceLanguage};
use crate::facts::{RelatedSubject, Strength};
use crate::source::{Sources, path};

/// Packages by their folders, and by the paths that code imports them by.
pub(super) struct ProgramClosure<'a> {
    raw: &'a RawFacts,
    sources: &'a Sources,
    packages: BTreeMap<(SourceLanguage, &'a str), &'a RawPackage>,
    paths: BTreeMap<String, &'a str>,
    /// How many programs a package builds.
    programs: BTreeMap<(SourceLanguage, &'a str), usize>,
}

impl<'a> ProgramClosure<'a> {
    pub(super) fn new(raw: &'a RawFacts, sources: &'a Sources) -> Self {
        let mut packages = BTreeMap::new();
        let mut programs: BTreeMap<_, usize> = BTreeMap::new();
        for package in &raw.packages {
            let key = (package.language, package.dir.as_str());
            if package.program {
                *programs.entry(key).or_default() += 1;
            }
            if package.own.is_empty() {
                packages.insert(key, package);
            }
        }
        let mut paths = BTreeMap::new();
        let go = packages
            .iter()
            .filter(|((language, _), _)| *language == SourceLanguage::Go);
        for ((language, dir), _) in go {
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
        Self {
            raw,
            sources,
            packages,
            paths,
            programs,
        }
    }

    /// The folders that a program is built from.
    pub(super) fn parts(&self, program: &'a RawPackage) -> BTreeSet<String> {
        let mut reached = BTreeSet::from([program.dir.as_str()]);
        let mut todo = vec![program];
        while let Some(package) = todo.pop() {
            for import in &package.imports {
                let dir = match program.language {
                    SourceLanguage::Go => self.paths.get(import).copied(),
                    SourceLanguage::Rust | SourceLanguage::Python => Some(import.as_str()),
                };
                let Some(dir) = dir.filter(|dir| reached.insert(dir)) else {
                    continue;
                };
                todo.extend(self.packages.get(&(program.language, dir)).copied());
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
