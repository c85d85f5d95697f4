//! Whether the statistics of a pool leave the program: the calls that read them, and what stands
//! around each.
//!
//! Types are not followed here. A call counts in a file that names the library's crate, and elsewhere
//! where what it is called on is called a pool or one of its figures is read.

use std::collections::BTreeMap;

use tree_sitter::Node;

use crate::extract::rust::{RustFile, names};
use crate::facts::raw::{ObservationKind, PoolObservation, SourceLanguage};
use crate::knowledge::clients::ClientModels;
use crate::knowledge::languages;
use crate::syntax::code::{self, CodeGrammar, CodeTree};

/// What a variable that holds a pool is called, in part.
const POOL: &str = "pool";

/// The statistics of the libraries that a tree names.
pub(super) struct PoolStatistics<'m> {
    /// By the call that reads them: the crates that have it, and the figures that it gives.
    calls: BTreeMap<&'m str, StatisticsCall<'m>>,
    /// Calls that hand the library something which hears of every use of the pool: crate and name.
    exporters: Vec<(&'m str, &'m str)>,
}

#[derive(Default)]
struct StatisticsCall<'m> {
    crates: Vec<&'m str>,
    figures: Vec<&'m str>,
}

impl<'m> PoolStatistics<'m> {
    pub(super) fn new(files: &[RustFile], models: &'m ClientModels) -> Self {
        let mut statistics = Self {
            calls: BTreeMap::new(),
            exporters: Vec::new(),
        };
        for library in models.of_language(SourceLanguage::Rust) {
            let crates: Vec<&str> = library
                .client_packages()
                .map(|package| package.import_path.as_str())
                .collect();
            let named = |file: &RustFile| {
                let text = file.excerpt.text();
                crates.iter().any(|krate| text.contains(krate))
            };
            if library.stats_calls().is_empty() || !files.iter().any(named) {
                continue;
            }
            let Some(model) = library.model() else {
                continue;
            };
            for row in &model.stats {
                let call = statistics.calls.entry(&row.call).or_default();
                call.crates.extend(&crates);
                let figures = row.counters.iter().chain(&row.gauges);
                call.figures.extend(figures.map(String::as_str));
            }
            let exporters = model.stats_exporter.iter();
            statistics
                .exporters
                .extend(exporters.map(|e| (e.import_path.as_str(), e.call.as_str())));
        }
        statistics
    }

    /// What the files of a package do with them.
    pub(super) fn find_observations(&self, files: &[&RustFile]) -> Vec<PoolObservation> {
        files.iter().flat_map(|file| self.in_file(file)).collect()
    }

    fn in_file(&self, file: &RustFile) -> Vec<PoolObservation> {
        let text = file.excerpt.text();
        let mut places: Vec<(usize, bool)> = Vec::new();
        for (name, call) in &self.calls {
            let written = format!(".{name}()");
            let named = call.crates.iter().any(|krate| text.contains(krate));
            let places_of = text.match_indices(&written);
            places.extend(places_of.filter_map(|(at, _)| {
                (named || call.is_told_by(text, at, at + written.len())).then_some((at + 1, false))
            }));
        }
        for (krate, name) in &self.exporters {
            let calls = text.match_indices(*name).filter(|_| text.contains(krate));
            let called = calls.filter(|(at, _)| text[at + name.len()..].starts_with('('));
            places.extend(called.map(|(at, _)| (at, true)));
        }
        if places.is_empty() {
            return Vec::new();
        }
        let tree = code::parse(CodeGrammar::Rust, file.excerpt.clone());
        let uses_of_results = places
            .into_iter()
            .filter_map(|(at, exports)| observation(&tree, at, exports));
        uses_of_results.collect()
    }
}

impl StatisticsCall<'_> {
    /// Whether a call between these bytes is of a pool, in a file that does not name the library.
    fn is_told_by(&self, text: &str, start: usize, end: usize) -> bool {
        let word = |c: char| !c.is_alphanumeric() && c != '_';
        let on = text[..start]
            .trim_end_matches("()")
            .rsplit(word)
            .next()
            .unwrap_or("");
        if on.to_ascii_lowercase().contains(POOL) {
            return true;
        }
        let next = text[end..].trim_start().strip_prefix('.');
        let field = next.and_then(|next| next.split(word).next());
        field.is_some_and(|field| self.figures.contains(&field))
    }
}

/// What becomes of the statistics that the name at this byte reads.
fn observation(tree: &CodeTree, at: usize, exports: bool) -> Option<PoolObservation> {
    let node = tree.root()?.descendant_for_byte_range(at, at + 1)?;
    let is_name = matches!(node.kind(), "field_identifier" | "identifier");
    if !is_name || names::is_test_code(node, tree) {
        return None;
    }
    let what = if exports || goes_out(node, tree) {
        ObservationKind::Exported
    } else {
        ObservationKind::Unclear
    };
    Some(PoolObservation {
        what,
        at: tree.span(node),
    })
}

/// Whether what stands around a call runs it again and again: a loop, or a collector of metrics.
fn goes_out(node: Node<'_>, tree: &CodeTree) -> bool {
    let metrics = || languages::rust().into_iter().flat_map(|l| &l.metrics);
    let mut method = None;
    let mut at = node;
    while let Some(parent) = at.parent() {
        match parent.kind() {
            "for_expression" | "while_expression" | "loop_expression" => return true,
            "arguments" => {
                let call = parent.parent();
                let name = call.and_then(|call| names::find_callee(call, tree));
                if name.is_some_and(|name| metrics().any(|m| m.scraped.iter().any(|s| s == name))) {
                    return true;
                }
            }
            "function_item" => method = code::field(parent, "name").map(|name| tree.text(name)),
            "impl_item" => {
                let collector = code::field(parent, "trait").map(|name| tree.text(name));
                let collector = collector.and_then(|name| name.rsplit("::").next());
                let is_it = metrics().filter_map(|m| m.collector.as_ref()).any(|c| {
                    Some(c.name.as_str()) == collector && Some(c.method.as_str()) == method
                });
                if is_it {
                    return true;
                }
            }
            _ => {}
        }
        at = parent;
    }
    false
}
