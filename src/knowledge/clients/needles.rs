//! The search terms that tell whether a source file is worth parsing: import paths of client
//! packages, names of constructors and option types, calls that wait at the server, and calls that
//! read pool statistics.
//!
//! Each set is compiled once per language from the models. Interpreting a match is left to the
//! readers in `extract`.

use super::LibraryModel;
use crate::facts::raw::SourceLanguage;
use crate::knowledge::languages;
use crate::knowledge::needle_set::NeedleSet;
use crate::knowledge::servers::waiting;

/// A shorter name of a command stands in too many texts to tell anything.
const SHORTEST_COMMAND: usize = 5;
/// A call with a shorter name is one of statistics only in a file that imports the library.
const SHORTEST_STATISTICS_CALL: usize = 9;

/// The needles of one language.
#[derive(Debug)]
pub struct CodeNeedles {
    /// The import paths of client packages.
    pub imports: NeedleSet,
    /// Constructors and option types: what a snippet without imports must hold.
    pub names: NeedleSet,
    /// Calls of the libraries and names of commands that wait at the server.
    pub waiting: NeedleSet,
    /// Calls that tell something of their client: they take a connection, or give a call a deadline.
    pub telling: NeedleSet,
    /// Calls that read a pool's statistics and whose name tells it without an import.
    pub statistics: NeedleSet,
}

impl CodeNeedles {
    pub(super) fn of<'l>(libraries: impl Iterator<Item = &'l LibraryModel> + Clone) -> Self {
        let packages = libraries.clone().flat_map(LibraryModel::client_packages);
        let names = libraries.clone().flat_map(|l| &l.head.client.idents);
        let calls = libraries.clone().flat_map(LibraryModel::waiting_calls);
        let taken = libraries.clone().flat_map(LibraryModel::taking_calls);
        let taken = taken.map(|call| format!(".{call}("));
        let of_go = libraries
            .clone()
            .any(|l| l.language() == SourceLanguage::Go);
        let go = languages::go().filter(|_| of_go);
        let deadlines = go.into_iter().flat_map(|go| &go.deadline);
        let deadlines = deadlines.flat_map(|row| row.functions.iter().map(|f| format!(".{f}(")));
        let telling: Vec<String> = taken.chain(deadlines).collect();
        let statistics = libraries.flat_map(LibraryModel::stats_calls);
        let commands = waiting::names();
        Self {
            imports: NeedleSet::new(packages.map(|p| p.import_path.as_str())),
            names: NeedleSet::new(names.map(String::as_str)),
            waiting: NeedleSet::new(
                calls.chain(commands.filter(|name| name.len() >= SHORTEST_COMMAND)),
            ),
            telling: NeedleSet::new(telling.iter().map(String::as_str)),
            statistics: NeedleSet::new(
                statistics
                    .map(String::as_str)
                    .filter(|call| tells_statistics(call)),
            ),
        }
    }
}

/// Whether a call's name tells that it reads a pool's statistics, whatever the file imports.
pub fn tells_statistics(call: &str) -> bool {
    call.len() >= SHORTEST_STATISTICS_CALL
}
