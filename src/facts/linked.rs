//! What `link` makes of raw facts: each server with the parts of its configuration, and who talks to
//! whom. Still untyped; `resolve` reads it.

use std::collections::BTreeSet;

use crate::facts::cause::Cause;
use crate::facts::estate::{RelatedSubject, SubjectLink};
use crate::facts::raw::{RawFacts, RawPackage};
use crate::facts::value::Strength;
use crate::source::Span;

/// What belongs together in one universe.
#[derive(Debug, Default)]
pub struct LinkedFacts {
    pub servers: Vec<LinkedServer>,
    /// For each raw client, the server that it talks to.
    pub clients: Vec<Option<RelatedSubject>>,
    pub programs: Vec<LinkedProgram>,
}

/// A program with its clients and what runs it.
#[derive(Clone, Debug, Default)]
pub struct LinkedProgram {
    /// Its place in `Raw::packages`; none where only `redvet.toml` tells of it.
    pub package: Option<usize>,
    /// What `redvet.toml` says of it, by its place in `Raw::declared`.
    pub declared: Option<usize>,
    /// Its clients, by their places in `Raw::clients`.
    pub clients: Vec<RelatedSubject>,
    /// The folders of the packages that it is built from.
    pub parts: BTreeSet<String>,
    /// What runs it, by their places in `Raw::workloads`.
    pub workloads: Vec<RelatedSubject>,
    /// Why what runs it is not known.
    pub unclear: Option<Cause>,
}

impl LinkedProgram {
    /// Whether anything in it goes on after its work is done; also where its code is not seen.
    pub fn lasts(&self, raw: &RawFacts) -> bool {
        let Some(own) = self.package.map(|at| &raw.packages[at]) else {
            return true;
        };
        let of_it =
            |part: &&RawPackage| part.language == own.language && self.parts.contains(&part.dir);
        let parts: Vec<&RawPackage> = raw.packages.iter().filter(of_it).collect();
        // Without such a loop it may be anything of which a part is not seen.
        parts.iter().any(|part| part.lasts) || !parts.iter().any(|part| part.works_through)
    }
}

/// A server with the parts of its configuration in the server's own order.
#[derive(Debug)]
pub struct LinkedServer {
    pub body: ServerBody,
    pub parts: Vec<LinkedPart>,
    pub links: Vec<SubjectLink>,
    /// The workloads whose job library keeps its jobs there.
    pub queue_uses: Vec<QueueUse>,
}

/// A workload is given a server for its jobs.
#[derive(Clone, Debug)]
pub struct QueueUse {
    pub workload: String,
    pub variable: String,
    pub at: Span,
}

/// What makes it a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerBody {
    /// A workload or a custom resource, by its place in `Raw::servers`.
    Deployed(usize),
    /// A text that nothing deploys, by its place in `Raw::texts`.
    Text(usize),
}

#[derive(Clone, Debug)]
pub enum LinkedPart {
    /// A text, by its place in `Raw::texts`.
    Text { index: usize, strength: Strength },
    /// Lines or generated lines: the part itself, by its place in the server's `conf`.
    Own { part: usize },
    /// It exists and cannot be seen.
    Gap { reason: Cause, at: Option<Span> },
}
