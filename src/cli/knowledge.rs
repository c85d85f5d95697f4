//! `redvet knowledge`: which servers, client libraries, charts, operators and images are known, up to
//! which release each was read, and when that was looked at.
//!
//! The files of `knowledge/` say it; what a fact means is `explain`'s business.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::knowledge::Knowledge;
use crate::knowledge::clients::LibraryModel;
use crate::knowledge::servers::releases::ReleaseSeries;
use crate::knowledge::servers::{ServerKnowledge, ServerSeries};
use crate::knowledge::shapes::schema::{DeploymentShape, ReadSource};

use super::args::{KnowledgeArgs, TableFormat};
use super::console::CommandConsole;
use super::failure::CliError;
use super::{CommandOutcome, project};

pub(super) fn run(
    args: &KnowledgeArgs,
    console: &mut CommandConsole,
) -> Result<CommandOutcome, CliError> {
    let covered = Coverage::of(&project::knowledge()?);
    let text = match args.format {
        TableFormat::Table => covered.table(),
        TableFormat::Json => serde_json::to_string_pretty(&covered)? + "\n",
    };
    console.print(&text);
    Ok(CommandOutcome::Clean)
}

#[derive(Serialize)]
struct Coverage {
    servers: Vec<CoveredSeries>,
    clients: Vec<CoveredLibrary>,
    charts: Vec<CoveredShape>,
    operators: Vec<CoveredShape>,
    images: Vec<CoveredShape>,
}

/// A directive table.
#[derive(Serialize)]
struct CoveredSeries {
    flavor: String,
    /// The first release that it holds for: `7.2`, `7.2.11`.
    first_release: String,
    /// The release that was read.
    read: String,
    /// Other names than those of the table may exist.
    partial: bool,
    /// The newest release of the series when it was looked at, and the end of its support.
    #[serde(skip_serializing_if = "Option::is_none")]
    newest: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    support_ends: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    checked: Option<String>,
    source: String,
}

#[derive(Serialize)]
struct CoveredLibrary {
    id: String,
    language: String,
    /// The names under which module files pin it, and the newest release of each that was read.
    packages: BTreeMap<String, String>,
    since: String,
    checked_up_to: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    checked: Option<String>,
}

/// A chart, an operator's resource or the images: the repository that it was read from.
#[derive(Serialize)]
struct CoveredShape {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    release: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    repository: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<String>,
    /// The day of the commit.
    #[serde(skip_serializing_if = "Option::is_none")]
    as_of: Option<String>,
}

impl Coverage {
    fn of(knowledge: &Knowledge) -> Self {
        let servers = &knowledge.servers;
        let libraries = knowledge.clients.libraries().iter();
        let shapes = || knowledge.shapes.library.all();
        let charts = shapes().filter(|shape| shape.chart.is_some());
        let operators = shapes().filter(|shape| shape.chart.is_none());
        let images = knowledge.shapes.images.read().iter();
        Self {
            servers: servers
                .all()
                .map(|one| CoveredSeries::of(one, servers))
                .collect(),
            clients: libraries.map(CoveredLibrary::of).collect(),
            charts: charts.map(CoveredShape::of).collect(),
            operators: operators.map(CoveredShape::of).collect(),
            images: images
                .map(|read| CoveredShape::read_from(&read.repository, Some(read)))
                .collect(),
        }
    }

    fn table(&self) -> String {
        let mut out = String::new();
        let servers = self.servers.iter().map(CoveredSeries::row);
        section(&mut out, ["Servers", "read", "newest", "checked"], servers);
        let clients = self.clients.iter().map(CoveredLibrary::row);
        section(&mut out, ["Clients", "from", "up to", "checked"], clients);
        for (title, shapes) in [
            ("Charts", &self.charts),
            ("Operators", &self.operators),
            ("Images", &self.images),
        ] {
            let rows = shapes.iter().map(CoveredShape::row);
            section(&mut out, [title, "release", "commit", "as of"], rows);
        }
        out
    }
}

impl CoveredSeries {
    fn of(series: &ServerSeries, servers: &ServerKnowledge) -> Self {
        let releases = servers.releases();
        let same =
            |row: &&ReleaseSeries| row.flavor == series.flavor && row.number == series.series;
        let row = releases.series.iter().find(same);
        let source = series.own_source();
        Self {
            flavor: series.flavor.clone(),
            first_release: series
                .since
                .clone()
                .unwrap_or_else(|| series.series.clone()),
            read: source.release.clone(),
            partial: series.partial,
            newest: row.map(|row| row.newest.clone()),
            support_ends: row.and_then(|row| row.ended.clone()),
            checked: row.and(releases.checked.clone()),
            source: source.place.clone(),
        }
    }

    fn row(&self) -> [String; 4] {
        let names_only = if self.partial { " (names only)" } else { "" };
        [
            format!("{} {}", self.flavor, self.first_release),
            format!("{}{names_only}", self.read),
            format_value(&self.newest),
            format_value(&self.checked),
        ]
    }
}

impl CoveredLibrary {
    fn of(library: &LibraryModel) -> Self {
        let client = &library.head.client;
        Self {
            id: client.id.clone(),
            language: library.language().as_str().to_owned(),
            packages: library.list_packages(),
            since: client.since.to_string(),
            checked_up_to: client.checked_up_to.clone(),
            checked: client.checked.map(|day| day.to_string()),
        }
    }

    fn row(&self) -> [String; 4] {
        [
            self.id.clone(),
            self.since.clone(),
            self.checked_up_to.clone(),
            format_value(&self.checked),
        ]
    }
}

impl CoveredShape {
    fn of(shape: &DeploymentShape) -> Self {
        Self::read_from(&shape.shape, shape.read.as_ref())
    }

    fn read_from(name: &str, read: Option<&ReadSource>) -> Self {
        Self {
            name: name.to_owned(),
            release: read.and_then(|read| read.release.clone()),
            repository: read.map(|read| read.repository.clone()),
            commit: read.map(|read| read.commit.clone()),
            as_of: read.and_then(|read| read.as_of.clone()),
        }
    }

    fn row(&self) -> [String; 4] {
        [
            self.name.clone(),
            format_value(&self.release),
            format_value(&self.commit),
            format_value(&self.as_of),
        ]
    }
}

fn format_value(value: &Option<String>) -> String {
    value.clone().unwrap_or_else(|| "-".to_owned())
}

/// A title with its columns, and rows below them.
fn section<'a>(out: &mut String, head: [&str; 4], rows: impl Iterator<Item = [String; 4]> + 'a) {
    let mut all = vec![head.map(str::to_owned)];
    all.extend(rows);
    if !out.is_empty() {
        out.push('\n');
    }
    let width = |column: usize| all.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2)];
    for [name, first, second, third] in &all {
        let [a, b, c] = widths;
        let line = format!("{name:<a$}  {first:<b$}  {second:<c$}  {third}");
        out.push_str(line.trim_end());
        out.push('\n');
    }
}
