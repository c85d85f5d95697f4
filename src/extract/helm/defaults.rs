//! Which files are templates of a chart, and what the chart's own values are: its `values.yaml`, with
//! what the files beside it for environments say, and what a chart around it gives to it laid over them.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use super::named::NamedTemplates;
use super::{FilledTemplate, TemplateValues, fill};
use crate::extract::scalar::known_text;
use crate::knowledge::shapes::EnvironmentRank;
use crate::source::{Excerpt, FileId, path};
use crate::syntax::yaml::{self, YamlNode};

/// What a chart is described in, and what it is given by itself.
pub const DESCRIPTION: &str = "Chart.yaml";
const VALUES: &str = "values.yaml";
/// Folders of a chart: its templates, and the charts that come with it.
const TEMPLATES: &str = "templates";
const CHARTS: &str = "charts";
/// What a named template begins with.
pub const DEFINITION: &str = "define \"";
/// How a dependency in the same repository is written, from the folder of the chart.
const BESIDE: &str = "file://";

/// Charts are nested no deeper.
const MAX_DEPTH: usize = 8;

/// A chart of the tree, read when one of its templates is.
#[derive(Debug)]
pub struct Chart {
    description: Excerpt,
    values: Option<Excerpt>,
    /// The files beside them of which all that they have in common lies over them: the one for what is deployed
    /// in earnest, or those for environments by names of their own.
    over: Vec<Excerpt>,
    /// The chart that it comes with, and the name of its folder there.
    parent: Option<(Arc<Chart>, String)>,
    /// Its values are read by a map of their own, which says what its servers come to.
    mapped: bool,
    helpers: Arc<ChartHelpers>,
    read: OnceLock<Option<ChartIdentity>>,
}

/// The files of a chart, and of those that come with it, that define named templates.
#[derive(Debug, Default)]
struct ChartHelpers {
    files: Vec<Excerpt>,
    named: OnceLock<NamedTemplates>,
}

impl ChartHelpers {
    /// Those in the folders of charts. All charts that are installed together share their names.
    fn new(folders: &[String], files: &BTreeMap<String, Excerpt>) -> Arc<Self> {
        let below = |folder: &String| {
            let inside = match folder.as_str() {
                "" => String::new(),
                folder => format!("{folder}/"),
            };
            let from = files.range(inside.clone()..);
            from.take_while(move |(path, _)| path.starts_with(&inside))
        };
        let defines = |(path, text): &(&String, &Excerpt)| {
            let in_templates = path::folder(path).split('/').any(|part| part == TEMPLATES);
            in_templates && text.text().contains(DEFINITION)
        };
        let found = folders.iter().flat_map(below).filter(defines);
        Arc::new(Self {
            files: found.map(|(_, text)| text.clone()).collect(),
            named: OnceLock::new(),
        })
    }

    fn named(&self) -> &NamedTemplates {
        self.named.get_or_init(|| NamedTemplates::new(&self.files))
    }
}

/// What a chart says of itself.
#[derive(Clone, Debug)]
struct ChartIdentity {
    values: YamlNode,
    description: Option<YamlNode>,
    /// The files that its values stand in.
    files: Vec<FileId>,
}

/// The charts of a tree by their folders.
#[derive(Debug, Default)]
pub struct ChartCatalog(BTreeMap<String, Arc<Chart>>);

impl ChartCatalog {
    /// Those of a tree; `is_mapped` tells by its name which chart's values are read as servers anyway.
    pub fn new(
        files: &BTreeMap<String, Excerpt>,
        is_mapped: &dyn Fn(&str) -> bool,
        rank: &dyn Fn(&str) -> Option<EnvironmentRank>,
    ) -> Self {
        let mut charts = Self::default();
        // A folder comes before what is in it.
        for (path, excerpt) in files {
            let Some(dir) = folder_of(path, DESCRIPTION) else {
                continue;
            };
            let chart = Chart {
                description: excerpt.clone(),
                values: files.get(&path::join(dir, VALUES)).cloned(),
                over: find_overrides(dir, files, rank),
                parent: None,
                mapped: description_name(excerpt).is_some_and(|name| is_mapped(&name)),
                helpers: Arc::default(),
                read: OnceLock::new(),
            };
            charts.0.insert(dir.to_owned(), Arc::new(chart));
        }
        charts.join(files);
        charts
    }

    /// Tells the charts that come with others of them.
    fn join(&mut self, files: &BTreeMap<String, Excerpt>) {
        let mut joined: BTreeMap<String, Arc<Chart>> = BTreeMap::new();
        for (dir, chart) in &self.0 {
            let parent = parent(dir).and_then(|(above, name)| {
                let above: &Arc<Chart> = joined.get(above)?;
                Some((Arc::clone(above), name.to_owned()))
            });
            let helpers = match &parent {
                Some((above, _)) => Arc::clone(&above.helpers),
                None => ChartHelpers::new(&folders_with(dir, &chart.description), files),
            };
            let chart = Chart {
                description: chart.description.clone(),
                values: chart.values.clone(),
                over: chart.over.clone(),
                parent,
                mapped: chart.mapped,
                helpers,
                read: OnceLock::new(),
            };
            joined.insert(dir.clone(), Arc::new(chart));
        }
        self.0 = joined;
    }

    /// The chart that a file is a template of.
    pub fn of_template(&self, path: &str) -> Option<Arc<Chart>> {
        let mut dir = path;
        while let Some((above, _)) = dir.rsplit_once('/') {
            let (chart, name) = path::split(above);
            if name == TEMPLATES
                && let Some(chart) = self.0.get(chart)
            {
                return Some(Arc::clone(chart));
            }
            dir = above;
        }
        None
    }
}

/// The folder of a chart, and those of the charts of the same repository that it depends on.
fn folders_with(dir: &str, description: &Excerpt) -> Vec<String> {
    let mut folders = vec![dir.to_owned()];
    if !description.text().contains(BESIDE) {
        return folders;
    }
    let root = document(description);
    let listed = root.as_ref().and_then(|root| root.get("dependencies"));
    let listed = listed.map(YamlNode::items).unwrap_or_default();
    let beside = listed.iter().filter_map(|one| {
        let path = known_text(one.get("repository"))?.strip_prefix(BESIDE)?;
        path::resolve(dir, path)
    });
    // A folder above the chart would hold whatever the repository does.
    folders.extend(beside.filter(|folder| !folder.is_empty()));
    folders
}

/// The files of values in a chart's folder that lie over its own wherever it is deployed: the one for the environment
/// most in earnest, else several that are called `values-NAME` after none that is known.
fn find_overrides(
    dir: &str,
    files: &BTreeMap<String, Excerpt>,
    rank: &dyn Fn(&str) -> Option<EnvironmentRank>,
) -> Vec<Excerpt> {
    let beside = path::join(dir, "values");
    let named = files.range(beside.clone()..);
    let named = named.take_while(|(path, _)| path.starts_with(&beside));
    let named = named.filter_map(|(path, text)| {
        let name = path.strip_prefix(&beside)?;
        let is_over = !name.contains('/') && name != ".yaml";
        is_over.then(|| (rank(name), name, text))
    });
    let named: Vec<_> = named.collect();
    let earnest = named.iter().filter_map(|(rank, _, text)| {
        let rank = rank.filter(|rank| rank.is_earnest)?;
        Some((rank, *text))
    });
    if let Some((_, text)) = earnest.max_by_key(|(rank, _)| *rank) {
        return vec![text.clone()];
    }
    let others = named
        .into_iter()
        .filter(|(rank, name, _)| rank.is_none() && name.starts_with('-'));
    let others: Vec<Excerpt> = others.map(|(_, _, text)| text.clone()).collect();
    match others.len() {
        0 | 1 => Vec::new(),
        _ => others,
    }
}

/// The folder of a file of this name.
fn folder_of<'p>(path: &'p str, name: &str) -> Option<&'p str> {
    let (dir, file) = path::split(path);
    (file == name).then_some(dir)
}

/// The chart's own name.
fn description_name(excerpt: &Excerpt) -> Option<String> {
    let root = document(excerpt)?;
    known_text(root.get("name")).map(str::to_owned)
}

/// The folder of the chart that one comes with, and its own folder there.
fn parent(dir: &str) -> Option<(&str, &str)> {
    let (charts, name) = dir.rsplit_once('/')?;
    let (above, folder) = path::split(charts);
    (folder == CHARTS).then_some((above, name))
}

impl Chart {
    /// A template of it with what its values say, and the files that they stand in.
    pub fn fill(&self, template: &Excerpt) -> Option<(FilledTemplate, Vec<FileId>)> {
        if self.mapped || !template.text().contains("{{") {
            return None;
        }
        let own = self.own(0)?;
        let known = TemplateValues {
            values: &own.values,
            chart: own.description.as_ref(),
            named: Some(self.helpers.named()),
        };
        Some((fill(template, known)?, own.files.clone()))
    }

    /// Whether its own values or its named templates are of this kind.
    pub fn any_text(&self, is_wanted: &dyn Fn(&str) -> bool) -> bool {
        let mut texts = self.values.iter().chain(&self.helpers.files);
        texts.any(|text| is_wanted(text.text()))
    }

    fn own(&self, depth: usize) -> Option<&ChartIdentity> {
        self.read.get_or_init(|| self.read(depth)).as_ref()
    }

    fn read(&self, depth: usize) -> Option<ChartIdentity> {
        let mut files = Vec::new();
        let values = self.values.as_ref().and_then(|excerpt| {
            files.push(excerpt.file());
            document(excerpt)
        });
        let description = document(&self.description);
        let mut values = values.filter(YamlNode::is_map)?;
        let over: Vec<YamlNode> = self.over.iter().filter_map(document).collect();
        if let [first, others @ ..] = &over[..] {
            files.extend(self.over.iter().map(Excerpt::file));
            let others: Vec<&YamlNode> = others.iter().collect();
            values = values.overlaid(&first.common_with(&others));
        }
        if let Some((above, folder)) = self.parent.as_ref().filter(|_| depth < MAX_DEPTH) {
            let name = known_text(description.as_ref().and_then(|root| root.get("name")));
            let above = above.own(depth + 1)?;
            let given = above.find_given(name.unwrap_or(folder))?;
            if let Some(given) = given {
                files.extend(&above.files);
                values = values.overlaid(given);
            }
        }
        Some(ChartIdentity {
            values,
            description,
            files,
        })
    }
}

impl ChartIdentity {
    /// What is given to a chart that comes with this one; `None` if it comes more than once.
    fn find_given(&self, name: &str) -> Option<Option<&YamlNode>> {
        let listed = self
            .description
            .as_ref()
            .and_then(|d| d.get("dependencies"));
        let listed = listed.map(YamlNode::items).unwrap_or_default();
        let mut keys = listed
            .iter()
            .filter(|one| known_text(one.get("name")) == Some(name))
            .map(|one| known_text(one.get("alias")).unwrap_or(name));
        let key = keys.next().unwrap_or(name);
        let once = keys.next().is_none();
        once.then(|| self.values.get(key).filter(|block| block.is_map()))
    }
}

/// The first document of a file, if it can be read whole.
fn document(excerpt: &Excerpt) -> Option<YamlNode> {
    let stream = yaml::parse(excerpt);
    let first = stream.documents.into_iter().next()?;
    first.complete.then_some(first.root)
}
