//! Which series a server may be of, as far as its flavor and its version say.
//!
//! A bare series stands for its newest patch release. A version without a table is read as its
//! neighbours, and what no neighbour knows stays open then.

use super::{SeriesEntry, ServerKnowledge, ServerSeries};
use crate::facts::Cause;

/// The series that a server may be of, as far as its image or settings tell.
#[derive(Debug, Default)]
pub struct SeriesCandidates<'a> {
    /// Never empty; one entry means that the series is known.
    pub series: Vec<&'a ServerSeries>,
    /// Said once a run: the version is not listed, and which one stands for it.
    pub note: Option<String>,
    /// Why a name that none of them knows may be known to the server all the same.
    pub open: Option<Cause>,
    /// The version is older than every table: they say what it accepts, not what it is called there or
    /// what holds where nothing is written.
    pub older: bool,
}

/// Tables that stand for a version.
#[derive(Default)]
struct ChosenTables<'k> {
    entries: Vec<&'k SeriesEntry>,
    note: Option<String>,
    open: Option<Cause>,
    older: bool,
}

impl ServerKnowledge {
    /// The series that `flavor` and `version` allow. An unlisted version is read as the listed ones
    /// next to it; one older than all leaves the whole flavor.
    pub fn candidates(&self, flavor: Option<&str>, version: Option<&str>) -> SeriesCandidates<'_> {
        let is_of = |entry: &&SeriesEntry| flavor.is_none_or(|flavor| flavor == entry.flavor);
        let mut entries: Vec<&SeriesEntry> = self.series.iter().filter(is_of).collect();
        if entries.is_empty() {
            entries = self.series.iter().collect();
        }
        let chosen = match version.map(numbers).as_deref() {
            Some([major, minor, patch @ ..]) => {
                of_release(&entries, (*major, *minor, patch.first().copied()))
            }
            Some([major]) => of_major(&entries, *major),
            _ => ChosenTables {
                entries: newest_patches(&entries),
                ..ChosenTables::default()
            },
        };
        let tables = chosen.entries.into_iter();
        let series: Vec<&ServerSeries> = tables.filter_map(|entry| self.table(entry)).collect();
        // Where the version is unknown, a partially known release is one among many.
        let partial = series
            .iter()
            .filter(|series| series.partial && version.is_some());
        let open = partial
            .map(|series| Cause::PartialTable(series.name()))
            .next();
        SeriesCandidates {
            series,
            note: chosen.note,
            open: chosen.open.or(open),
            older: chosen.older,
        }
    }
}

impl SeriesEntry {
    const fn series(&self) -> (u32, u32) {
        (self.number.0, self.number.1)
    }

    fn name(&self) -> String {
        format!("{} {}.{}", self.flavor, self.number.0, self.number.1)
    }
}

/// Of each series the table of its newest releases. The entries are in order.
fn newest_patches<'k>(entries: &[&'k SeriesEntry]) -> Vec<&'k SeriesEntry> {
    let same = |a: &SeriesEntry, b: &SeriesEntry| (a.flavor, a.series()) == (b.flavor, b.series());
    let runs = entries.chunk_by(|a, b| same(a, b));
    runs.filter_map(|run| run.last().copied()).collect()
}

fn of_release<'k>(
    entries: &[&'k SeriesEntry],
    (major, minor, patch): (u32, u32, Option<u32>),
) -> ChosenTables<'k> {
    let wanted = (major, minor);
    let is_held = |entry: &&&SeriesEntry| {
        entry.series() == wanted && patch.is_none_or(|patch| entry.number.2 <= patch)
    };
    let held: Vec<&SeriesEntry> = entries.iter().filter(is_held).copied().collect();
    if !held.is_empty() {
        return ChosenTables {
            entries: newest_patches(&held),
            ..ChosenTables::default()
        };
    }
    next_to(&newest_patches(entries), wanted)
}

fn of_major<'k>(entries: &[&'k SeriesEntry], major: u32) -> ChosenTables<'k> {
    let same = entries.iter().filter(|entry| entry.number.0 == major);
    let same: Vec<&SeriesEntry> = same.copied().collect();
    match same.is_empty() {
        true => next_to(&newest_patches(entries), (major, 0)),
        false => ChosenTables {
            entries: newest_patches(&same),
            ..ChosenTables::default()
        },
    }
}

/// The nearest tables below and above a version that has none.
fn next_to<'k>(entries: &[&'k SeriesEntry], wanted: (u32, u32)) -> ChosenTables<'k> {
    let version = format!("{}.{}", wanted.0, wanted.1);
    let all = |series: Option<(u32, u32)>| {
        let of = entries
            .iter()
            .filter(|entry| Some(entry.series()) == series);
        of.copied().collect::<Vec<_>>()
    };
    let numbers = || entries.iter().map(|entry| entry.series());
    let below = all(numbers().filter(|number| *number < wanted).max());
    let above = all(numbers().filter(|number| *number > wanted).min());
    if below.is_empty() {
        return ChosenTables {
            entries: entries.to_vec(),
            note: Some(format!(
                "no directive table for version {version}, which is older than every listed series: names and defaults are undetermined"
            )),
            older: true,
            open: None,
        };
    }
    let is_newest = above.is_empty();
    let neighbours = [below, above].concat();
    let names: Vec<String> = neighbours.iter().map(|entry| entry.name()).collect();
    let names = names.join(" and ");
    let newest = if is_newest { ", the newest one" } else { "" };
    ChosenTables {
        note: Some(format!(
            "no directive table for version {version}; using {names}{newest}: names that it does not have are undetermined"
        )),
        open: Some(Cause::NoDirectiveTable {
            version,
            nearest: names,
        }),
        entries: neighbours,
        older: false,
    }
}

/// The numbers that a version starts with: `v7.0.15-alpine` is 7, 0, 15.
pub(super) fn numbers(version: &str) -> Vec<u32> {
    let version = version.strip_prefix('v').unwrap_or(version);
    let end = version
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .unwrap_or(version.len());
    version[..end]
        .split('.')
        .map_while(|part| part.parse().ok())
        .collect()
}
