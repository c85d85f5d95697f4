//! Files of values: which chart a file is for, by the `Chart.yaml` above it, and which of its blocks
//! deploy a server.
//!
//! A file in a chart's folders is laid over the chart's own values, as the tool always does. Any other is read
//! alone: which files a release is given beside it, and in which order, is not in the repository.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::extract::ansible::holds_variables;
use crate::extract::chart::{self, deploy, deploy_by_signs, first_word};
use crate::extract::chart_release::ChartRelease;
use crate::extract::manifest_context::ManifestContext;
use crate::extract::scalar::known_text;
use crate::extract::shape::ValueVisibility;
use crate::facts::Cause;
use crate::facts::raw::{ObjectName, RawFacts};
use crate::knowledge::shapes::{ChartName, DeploymentShapes, EnvironmentRank};
use crate::source::path;
use crate::syntax::yaml::{NodeKind, YamlNode};

/// What the servers of a file of values are called after.
const KIND: &str = "Chart";

/// The charts of a tree.
#[derive(Debug, Default)]
pub struct ChartFolders {
    charts: Vec<ChartFile>,
    /// The paths of all files that may hold values.
    values: BTreeSet<String>,
    /// Texts below folders of templates, by their paths.
    templates: Vec<(String, Arc<str>)>,
    /// The folders of what `helm template` wrote, each with the chart that it names.
    renderings: BTreeSet<(String, String)>,
}

/// A `Chart.yaml`.
#[derive(Clone, Debug)]
pub struct ChartFile {
    /// Its folder; empty for the root.
    dir: String,
    chart: ChartName,
    /// Where it says that it comes from: its home, its sources, its maintainers.
    origins: Vec<String>,
    dependencies: Vec<ChartDependency>,
}

#[derive(Clone, Debug)]
struct ChartDependency {
    chart: ChartName,
    /// The key of its values.
    key: String,
    /// Paths of values that switch it on, the first that is set.
    conditions: Vec<String>,
}

/// Whether a path is a chart's own description, or the list of its charts in the older form.
pub fn is_chart_file(path: &str) -> bool {
    matches!(path::name(path), CHART_FILE | "requirements.yaml")
}

/// Whether a name says that the file holds values.
pub fn is_values_name(path: &str) -> bool {
    path::name(path).contains("values")
}

impl ChartFolders {
    /// Takes in a chart's description.
    pub fn add_chart(&mut self, path: &str, root: &YamlNode) {
        let dir = path::folder(path).to_owned();
        let dependencies = root
            .get("dependencies")
            .map(YamlNode::items)
            .unwrap_or_default();
        let dependencies = dependencies.iter().filter_map(dependency).collect();
        let named = root.get("name");
        let chart = ChartFile {
            dir,
            chart: ChartName {
                name: known_text(named).unwrap_or_default().to_owned(),
                repository: None,
                version: known_text(root.get("version")).map(str::to_owned),
            },
            origins: origins(root),
            dependencies,
        };
        match self.charts.iter_mut().find(|known| known.dir == chart.dir) {
            Some(known) => known.absorb(chart),
            None => self.charts.push(chart),
        }
    }

    pub fn add_values(&mut self, path: &str) {
        self.values.insert(path.to_owned());
    }

    /// Takes in a file, if it is a template by its place.
    pub fn add_template(&mut self, path: &str, text: &Arc<str>) {
        if path.split('/').any(|folder| folder == TEMPLATES) {
            self.templates.push((path.to_owned(), Arc::clone(text)));
        }
    }

    /// Takes in a manifest, if `helm template` wrote it: a line above each object names the template.
    pub fn add_manifest(&mut self, path: &str, text: &str) {
        let mut lines = text.lines().take(MAX_LINES_BEFORE_SOURCE);
        let source = lines.find_map(|line| line.strip_prefix(RENDERED_FROM));
        if let Some((chart, _)) = source.and_then(|template| template.split_once('/')) {
            let folder = path::folder(path).to_owned();
            self.renderings.insert((folder, chart.to_owned()));
        }
    }

    /// Whether what `helm template` makes of a chart stands beside it, in its folder or in the one above.
    fn is_rendered(&self, chart: &ChartFile) -> bool {
        let mut folders = [chart.dir.as_str(), path::folder(&chart.dir)].into_iter();
        folders.any(|folder| {
            let rendering = (folder.to_owned(), chart.chart.name.clone());
            self.renderings.contains(&rendering)
        })
    }

    /// A file below the templates of a chart.
    fn is_template(&self, path: &str) -> bool {
        let chart = self.above(path);
        chart.is_some_and(|chart| path::is_within(path, &path::join(&chart.dir, TEMPLATES)))
    }

    /// Whether a chart's own templates read a block of its values.
    fn reads_itself(&self, chart: &ChartFile, key: &str) -> bool {
        let folder = path::join(&chart.dir, TEMPLATES);
        let own = self.templates.iter();
        let mut own = own.filter(|(path, _)| path::is_within(path, &folder));
        let name = format!(".Values.{key}.");
        own.any(|(_, text)| text.contains(&name))
    }

    /// The chart that a file belongs to: the nearest above it.
    fn above(&self, path: &str) -> Option<&ChartFile> {
        let holds = |chart: &&ChartFile| path::is_within(path, &chart.dir);
        let nearest = self.charts.iter().filter(holds);
        nearest.max_by_key(|chart| chart.dir.len())
    }

    /// The file that this one is laid over: the chart's own values, or the one in its folder whose name
    /// says that it is common to others.
    fn base_of(&self, path: &str, shapes: &DeploymentShapes) -> Option<&str> {
        let dir = path::folder(path);
        let own = self
            .above(path)
            .map(|chart| path::join(&chart.dir, OWN_VALUES));
        let beside = path::join(dir, OWN_VALUES);
        let is_base = |other: &&String| {
            let common = path::folder(other) == dir && shapes.is_base_values(path::name(other));
            **other != path && (common || **other == beside || Some(*other) == own.as_ref())
        };
        if path == beside || shapes.is_base_values(path::name(path)) {
            return None;
        }
        self.values.iter().find(is_base).map(String::as_str)
    }

    /// The chart's own values, over which a file in its folders is laid: one that is called after values or an
    /// environment and stands beside the chart's own or in a folder of such, or one that speaks of the chart's parts.
    fn own_values(&self, path: &str, root: &YamlNode, shapes: &DeploymentShapes) -> Option<String> {
        let chart = self.above(path)?;
        let own = path::join(&chart.dir, OWN_VALUES);
        if own == path || !self.values.contains(&own) {
            return None;
        }
        let (folder, name) = path::split(path);
        let is_called =
            |name: &str| name.starts_with("values") || shapes.rank_environment(name).is_some();
        let beside = match folder.strip_prefix(&chart.dir) {
            Some("") => true,
            Some(below) => {
                VALUES_FOLDERS.contains(&path::name(below)) || is_called(path::name(below))
            }
            None => false,
        };
        let mut parts = chart.dependencies.iter();
        let is_over = beside && is_called(name) || parts.any(|part| root.get(&part.key).is_some());
        is_over.then_some(own)
    }

    /// Whether what is deployed lies over a chart's own values: a file for an environment in earnest, or
    /// files for several environments.
    fn is_overridden(&self, chart: &ChartFile, shapes: &DeploymentShapes) -> bool {
        let inside = match chart.dir.as_str() {
            "" => String::new(),
            dir => format!("{dir}/"),
        };
        let below = self.values.range(inside.clone()..);
        let below = below.take_while(|path| path.starts_with(&inside));
        let own = path::join(&chart.dir, OWN_VALUES);
        let ranks = below
            .filter(|path| **path != own && !self.is_test_of_chart(path))
            .filter_map(|path| shapes.rank_environment(path::name(path)));
        let ranks: Vec<EnvironmentRank> = ranks.collect();
        ranks.len() > 1 || ranks.iter().any(|rank| rank.is_earnest)
    }

    /// Whether a file is one that a chart is tested with: `ci/*-values.yaml` by the convention of
    /// chart-testing, or below `ci/values`, in the folder of the chart or in one around it.
    fn is_test_of_chart(&self, path: &str) -> bool {
        let mut folder = path::folder(path);
        let mut below = path::name(path).contains("values");
        while path::name(folder) != TESTS {
            below |= path::name(folder).contains("values");
            if folder.is_empty() {
                return false;
            }
            folder = path::folder(folder);
        }
        let around = path::folder(folder);
        below
            && self
                .charts
                .iter()
                .any(|chart| path::is_within(&chart.dir, around))
    }

    /// What to say of a chart that brings a server where its own values were not read, so that nobody takes
    /// the silence for a sign that all is well.
    fn note_missing_values(&self, path: &str, shapes: &DeploymentShapes) -> Option<String> {
        let dir = path::folder(path);
        let chart = self.charts.iter().find(|chart| chart.dir == dir)?;
        let is_server =
            |part: &&ChartDependency| shapes.library.find_published(&part.chart).is_some();
        let part = chart.dependencies.iter().find(is_server)?;
        let mut values = self.values.iter();
        let is_missing = path::name(path) == CHART_FILE
            && !values.any(|other| path::is_within(other, dir) && !self.is_test_of_chart(other));
        is_missing.then(|| {
            format!(
                "its chart `{}` deploys a server, and `{OWN_VALUES}` beside it was not read (it is not there, or an ignore file names it): how the server is configured is not known",
                part.chart.name
            )
        })
    }

    /// Other files of values in the same folder.
    fn has_siblings(&self, path: &str) -> bool {
        let dir = path::folder(path);
        let mut beside = self
            .values
            .iter()
            .filter(|other| path::folder(other) == dir);
        beside.any(|other| other != path)
    }
}

const CHART_FILE: &str = "Chart.yaml";
/// A chart's own values are always the lowest.
const OWN_VALUES: &str = "values.yaml";
const TEMPLATES: &str = "templates";
/// What `helm template` writes above each object, behind a separator and perhaps somebody's own heading.
const RENDERED_FROM: &str = "# Source: ";
const MAX_LINES_BEFORE_SOURCE: usize = 20;
/// Folders in which people keep files of values for environments.
const VALUES_FOLDERS: [&str; 4] = ["env", "envs", "environments", "environment"];
/// The folder of what continuous integration installs.
const TESTS: &str = "ci";

impl ChartFile {
    /// The older form keeps the dependencies in a file of its own.
    fn absorb(&mut self, other: ChartFile) {
        if self.chart.name.is_empty() {
            self.chart = other.chart;
        }
        self.origins.extend(other.origins);
        self.dependencies.extend(other.dependencies);
    }

    /// It is the known chart of its name, by where it says that it comes from.
    fn is_known(&self, shapes: &DeploymentShapes) -> bool {
        shapes.library.comes_from(&self.chart.name, &self.origins)
    }

    /// It is called like a known chart, and is another one.
    fn is_alike(&self, shapes: &DeploymentShapes) -> bool {
        let mut charts = shapes
            .library
            .charts()
            .filter_map(|shape| shape.chart.as_ref());
        charts.any(|chart| chart.name == self.chart.name) && !self.is_known(shapes)
    }
}

/// The addresses by which a chart says where it comes from.
fn origins(root: &YamlNode) -> Vec<String> {
    let home = known_text(root.get("home"));
    let sources = root.get("sources").map(YamlNode::items);
    let sources = sources.unwrap_or_default().iter();
    let sources = sources.filter_map(|source| known_text(Some(source)));
    let maintainers = root.get("maintainers").map(YamlNode::items);
    let maintainers = maintainers.unwrap_or_default().iter();
    let maintainers = maintainers.filter_map(|one| known_text(one.get("url")));
    let all = home.into_iter().chain(sources).chain(maintainers);
    all.map(str::to_owned).collect()
}

fn dependency(node: &YamlNode) -> Option<ChartDependency> {
    let name = known_text(node.get("name"))?.to_owned();
    let conditions = known_text(node.get("condition")).unwrap_or_default();
    let conditions = conditions.split(',').map(|path| path.trim().to_owned());
    Some(ChartDependency {
        key: known_text(node.get("alias")).unwrap_or(&name).to_owned(),
        chart: ChartName {
            name,
            repository: known_text(node.get("repository")).map(str::to_owned),
            version: known_text(node.get("version")).map(str::to_owned),
        },
        conditions: conditions.filter(|path| !path.is_empty()).collect(),
    })
}

/// Reads a document that is no manifest as values, if it is.
pub fn read(
    root: &YamlNode,
    path: &str,
    charts: &ChartFolders,
    context: &ManifestContext<'_>,
    raw: &mut RawFacts,
    values_of: &dyn Fn(&str) -> Option<YamlNode>,
) {
    if is_chart_file(path) {
        let note = charts.note_missing_values(path, context.shapes);
        raw.notes.extend(note.map(|note| (root.span, note)));
        return;
    }
    let is_other = charts.is_template(path) || holds_variables(path) || is_unit_test(root);
    if !root.is_map() || root.get("apiVersion").is_some() || is_other {
        return;
    }
    if charts.is_test_of_chart(path) {
        let note = "these values override the chart's defaults in chart tests only: nothing is deployed with them";
        raw.notes.push((root.span, note.to_owned()));
        return;
    }
    let before = raw.servers.len();
    let below = charts.own_values(path, root, context.shapes);
    let below = below.as_deref().and_then(values_of);
    let below = below.filter(YamlNode::is_map);
    let whole = below.as_ref().map(|below| below.overlaid(root));
    let file = ValuesFile {
        root: whole.as_ref().unwrap_or(root),
        written: root,
        path,
        visibility: ValueVisibility {
            below: charts
                .base_of(path, context.shapes)
                .filter(|_| below.is_none())
                .map(|base| Cause::Named {
                    name: base.to_string(),
                    fact: "may say the rest",
                }),
            ..ValueVisibility::default()
        },
        context,
    };
    match charts.above(path) {
        Some(chart) => file.of_chart(chart, charts, raw),
        None => file.by_shape(raw),
    }
    let found = raw.servers.get_mut(before..).unwrap_or_default();
    if whole.is_some() {
        let name = path::name(path);
        let titles = found.iter_mut().map(|server| &mut server.name);
        titles.for_each(|title| *title = format!("{title} ({name})"));
        return;
    }
    let is_own = |chart: &ChartFile| path == path::join(&chart.dir, OWN_VALUES);
    let is_own = charts.above(path).is_some_and(is_own);
    if !found.is_empty() && !is_own && charts.has_siblings(path) {
        let note = "this file is read on its own: the repository does not show which values files a release uses, or in which order";
        raw.notes.push((root.span, note.to_owned()));
    }
}

/// A suite of tests of a chart's templates (helm-unittest).
fn is_unit_test(root: &YamlNode) -> bool {
    let says = |key: &str| root.get(key).is_some();
    root.get("tests").is_some_and(YamlNode::is_seq) && (says("suite") || says("templates"))
}

/// Reads a part of values that a document shows: what it leaves out may be written elsewhere.
pub fn read_part(
    root: &YamlNode,
    path: &str,
    charts: &ChartFolders,
    context: &ManifestContext<'_>,
    raw: &mut RawFacts,
) {
    let of_another = |chart: &ChartFile| chart.is_alike(context.shapes);
    let is_other = charts.above(path).is_some_and(of_another);
    if !root.is_map() || root.get("apiVersion").is_some() || is_other {
        return;
    }
    let part = ValuesFile {
        root,
        written: root,
        path,
        visibility: ValueVisibility {
            below: Some(Cause::Excerpt {
                by: "a snippet",
                of: "the values",
            }),
            ..ValueVisibility::default()
        },
        context,
    };
    part.by_shape(raw);
}

struct ValuesFile<'a> {
    /// With the values that it is laid over.
    root: &'a YamlNode,
    /// As the file says.
    written: &'a YamlNode,
    path: &'a str,
    visibility: ValueVisibility,
    context: &'a ManifestContext<'a>,
}

impl ValuesFile<'_> {
    /// The chart's own servers, and those of the charts below it.
    fn of_chart(&self, chart: &ChartFile, charts: &ChartFolders, raw: &mut RawFacts) {
        let mut own = self.release(&chart.chart.name, self.root, chart.chart.clone());
        let is_own = self.path == path::join(&chart.dir, OWN_VALUES);
        // What is deployed is read where it lies over these.
        let is_overridden = is_own && charts.is_overridden(chart, self.context.shapes);
        own.sample = is_own;
        let own = chart.is_known(self.context.shapes) && deploy(&own, self.context, raw);
        let mut known = Vec::new();
        for dependency in &chart.dependencies {
            known.push(dependency.key.as_str());
            let Some(entry) = self.root.entry(&dependency.key) else {
                continue;
            };
            if !entry.value.is_map() {
                continue;
            }
            let mut release = self.release(&dependency.key, &entry.value, dependency.chart.clone());
            let own_entry = self.written.entry(&dependency.key);
            release.anchor = Some(own_entry.unwrap_or(entry).key.span);
            release.sample = is_overridden || is_own && charts.is_rendered(chart);
            if let Some(why) = self.find_switch(dependency) {
                // These values have nothing to say of a server beside that it is not there.
                if chart::holds_only_switch(&entry.value) {
                    continue;
                }
                release.visibility = chart::not_deployed(why);
                release.sample = true;
            }
            deploy(&release, self.context, raw);
        }
        // A chart that lists none of its parts, or whose list is in another file.
        let is_open = known.is_empty() && !chart.is_alike(self.context.shapes);
        if !own && is_open && is_values_name(self.path) {
            // Values of a part are read by the part's own templates.
            let foreign = self.root.entries().iter().filter(|entry| {
                let key = entry.key.as_str().unwrap_or_default();
                !charts.reads_itself(chart, key)
            });
            let foreign = self.root.rebuilt(NodeKind::Map(foreign.cloned().collect()));
            let mut release = self.release(&chart.chart.name, &foreign, ChartName::default());
            release.sample = is_overridden;
            deploy_by_signs(&release, self.context, raw);
        }
    }

    /// Why a part is not deployed with these values.
    fn find_switch(&self, dependency: &ChartDependency) -> Option<Cause> {
        let values = dependency.conditions.iter().filter_map(|path| {
            let value = self.root.at(path)?.as_bool()?;
            Some((path, value))
        });
        let (path, on) = values.into_iter().next()?;
        (!on).then(|| Cause::PartSwitchedOff(path.to_string()))
    }

    /// Nothing says which chart it is for: the file's own path, and the fields.
    fn by_shape(&self, raw: &mut RawFacts) {
        let path = self.path.to_ascii_lowercase();
        let charts = self.context.shapes.library.charts();
        let words: BTreeSet<&str> = charts
            .filter_map(|shape| shape.chart.as_ref())
            .map(|chart| first_word(&chart.name))
            .collect();
        let named = words.into_iter().filter(|word| path.contains(*word));
        for word in named {
            let chart = ChartName {
                name: word.to_owned(),
                ..ChartName::default()
            };
            let mut release = self.release(word, self.root, chart);
            if let Some(off) = chart::find_switch(self.root) {
                release.visibility = off;
                release.sample = true;
            }
            if deploy(&release, self.context, raw) {
                return;
            }
        }
        let release = self.release("", self.root, ChartName::default());
        deploy_by_signs(&release, self.context, raw);
    }

    fn release<'r>(&self, name: &str, values: &'r YamlNode, chart: ChartName) -> ChartRelease<'r> {
        ChartRelease {
            object: ObjectName {
                kind: KIND.to_owned(),
                namespace: None,
                name: name.to_owned(),
                templated: false,
            },
            anchor: None,
            chart,
            values,
            release: None,
            sample: false,
            visibility: self.visibility.clone(),
        }
    }
}
