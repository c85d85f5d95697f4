//! The shapes of operator resources and charts, each loaded on first use.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use crate::facts::deployment::DeploymentQuantity;

use super::path::FieldPath;
use super::schema::{DeploymentShape, ValueTree};
use super::{ShapeError, globs, read};

/// A table of words that stand for limits and requests.
pub(super) type PresetTable = BTreeMap<String, BTreeMap<DeploymentQuantity, String>>;

/// The files, read one by one.
#[derive(Debug)]
pub struct ShapeLibrary {
    files: Vec<ShapeFile>,
    presets: &'static str,
    tables: OnceLock<BTreeMap<String, PresetTable>>,
    chart_words: OnceLock<BTreeSet<String>>,
}

#[derive(Debug)]
struct ShapeFile {
    name: String,
    /// JSON.
    text: Cow<'static, str>,
    read: OnceLock<Option<DeploymentShape>>,
    /// The shape in the words of its older releases.
    older: OnceLock<Option<DeploymentShape>>,
}

/// A reference to a chart: the name is known, the rest where somebody says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChartName {
    pub name: String,
    pub repository: Option<String>,
    pub version: Option<String>,
}

impl ShapeLibrary {
    pub(super) fn new(files: Vec<(String, &'static str)>, presets: &'static str) -> Self {
        let files = files.into_iter().map(|(name, text)| ShapeFile {
            name,
            text: Cow::Borrowed(text),
            read: OnceLock::new(),
            older: OnceLock::new(),
        });
        Self {
            files: files.collect(),
            presets,
            tables: OnceLock::new(),
            chart_words: OnceLock::new(),
        }
    }

    /// Takes in one more file.
    pub(super) fn add(&mut self, name: &str, text: &str) -> Result<(), ShapeError> {
        let mistake = |message: String| ShapeError {
            file: name.to_owned(),
            message,
        };
        let shape: DeploymentShape =
            serde_yaml::from_str(text).map_err(|error| mistake(error.to_string()))?;
        let tree: serde_yaml::Value =
            serde_yaml::from_str(text).map_err(|error| mistake(error.to_string()))?;
        let json = serde_json::to_string(&tree).map_err(|error| mistake(error.to_string()))?;
        self.files.push(ShapeFile {
            name: name.to_owned(),
            text: Cow::Owned(json),
            read: OnceLock::from(Some(shape)),
            older: OnceLock::new(),
        });
        Ok(())
    }

    /// The shape of a custom resource.
    pub fn resource(&self, api_version: &str, kind: &str) -> Option<&DeploymentShape> {
        let group = api_version
            .split_once('/')
            .map_or(api_version, |(group, _)| group);
        if group.is_empty() {
            return None;
        }
        let files = self.files.iter().filter(|file| file.may_hold(group));
        files.filter_map(ShapeFile::shape).find(|shape| {
            let matches = shape.resource.as_ref();
            matches.is_some_and(|m| m.api == group && m.kinds.iter().any(|k| k == kind))
        })
    }

    /// The shapes of charts, in the order of their files.
    pub fn charts(&self) -> impl Iterator<Item = &DeploymentShape> {
        self.files
            .iter()
            .filter(|file| file.may_hold("\"chart\":"))
            .filter_map(ShapeFile::shape)
            .filter(|shape| shape.chart.is_some())
    }

    /// Every shape, in the order of the files.
    pub fn all(&self) -> impl Iterator<Item = &DeploymentShape> {
        self.files.iter().filter_map(ShapeFile::shape)
    }

    /// The shape of a chart in the words of a release. Where no release is known, the keys of the values
    /// tell: `is_key` says whether there is one of a name. `None` where the release's words are not known.
    pub fn spelled<'s>(
        &'s self,
        shape: &'s DeploymentShape,
        version: Option<&str>,
        is_key: impl Fn(&str) -> bool,
    ) -> Option<&'s DeploymentShape> {
        let Some(older) = &shape.older else {
            return Some(shape);
        };
        let mut words = older.words.iter();
        let is_older = match version.and_then(major) {
            Some(major) => major < older.before,
            None => words.any(|(new, old)| is_key(old) && !is_key(new)),
        };
        if !is_older {
            return Some(shape);
        }
        let own = |file: &&ShapeFile| file.shape().is_some_and(|own| std::ptr::eq(own, shape));
        self.files.iter().find(own)?.older_shape()
    }

    /// Whether a key is one that values of a chart begin with: the chart's name, or one of its fields.
    pub fn is_chart_word(&self, key: &str) -> bool {
        let words = || {
            let charts = self.charts().filter_map(|shape| shape.chart.as_ref());
            let words = charts.flat_map(|chart| {
                let fields = chart.signs.iter().map(FieldPath::first);
                fields.chain([chart.name.as_str()]).map(str::to_owned)
            });
            words.collect()
        };
        self.chart_words.get_or_init(words).contains(key)
    }

    /// The chart of that name that its repository is known to publish.
    pub fn find_published<'s>(&'s self, chart: &ChartName) -> Option<&'s DeploymentShape> {
        let repository = chart.repository.as_deref()?;
        let mut found = self.charts().filter(|shape| {
            shape.chart.as_ref().is_some_and(|m| {
                let publishes = globs(&m.repositories);
                m.name == chart.name && publishes.is_ok_and(|globs| globs.is_match(repository))
            })
        });
        found.next()
    }

    /// Whether a chart of that name that says to come from these addresses is the known one.
    pub fn comes_from(&self, name: &str, origins: &[String]) -> bool {
        let mut charts = self.charts().filter_map(|shape| shape.chart.as_ref());
        charts.any(|chart| {
            let patterns = match chart.origins.is_empty() {
                true => &chart.repositories,
                false => &chart.origins,
            };
            let known = globs(patterns);
            let is_known = |origin: &String| known.as_ref().is_ok_and(|k| k.is_match(origin));
            chart.name == name && origins.iter().any(is_known)
        })
    }

    /// What a word of a table gives.
    pub fn preset(&self, table: &str, word: &str) -> Option<&BTreeMap<DeploymentQuantity, String>> {
        let tables = self
            .tables
            .get_or_init(|| read(super::PRESETS_FILE, self.presets).unwrap_or_default());
        tables.get(table)?.get(word)
    }

    /// Every file that does not load, for tests.
    pub fn mistakes(&self) -> Vec<ShapeError> {
        let files = self.files.iter();
        let shapes = files.filter_map(|file| read::<DeploymentShape>(&file.name, &file.text).err());
        let presets =
            read::<BTreeMap<String, PresetTable>>(super::PRESETS_FILE, self.presets).err();
        shapes.chain(presets).collect()
    }
}

impl ShapeFile {
    /// A file that does not load is a defect, which a test catches.
    fn shape(&self) -> Option<&DeploymentShape> {
        self.read
            .get_or_init(|| read(&self.name, &self.text).ok())
            .as_ref()
    }

    fn older_shape(&self) -> Option<&DeploymentShape> {
        let words = &self.shape()?.older.as_ref()?.words;
        let respelled = || {
            let text = respell(&self.text, words);
            read(&self.name, &text).ok()
        };
        let shape = self.older.get_or_init(respelled).as_ref();
        shape.filter(|_| !words.is_empty())
    }

    /// Whether a word stands in the file.
    fn may_hold(&self, word: &str) -> bool {
        self.text.contains(word)
    }
}

impl DeploymentShape {
    /// Whether a release has the fields that the shape lists: it is of the major version that they were read
    /// from, or of one since they have their names. `None` where the release is not known.
    pub fn covers(&self, version: Option<&str>) -> Option<bool> {
        let read = self.read.as_ref().and_then(|read| read.release.as_deref());
        let last = read.and_then(major);
        let Some(last) = last else {
            // What is not numbered has but one form.
            return Some(true);
        };
        let first = self.older.as_ref().map_or(last, |older| older.before);
        let major = version.and_then(major)?;
        Some((first..=last).contains(&major))
    }

    /// The trees of defaults that hold for a release, the one that counts first.
    pub fn defaults_of(&self, version: Option<&str>) -> Vec<&ValueTree> {
        let major = version.and_then(major);
        let holding = self.releases.iter().filter(|releases| {
            let held = releases.from..releases.before;
            major.is_some_and(|major| held.contains(&major))
        });
        let holding = holding.map(|releases| &releases.defaults);
        holding.chain(std::iter::once(&self.defaults)).collect()
    }
}

/// A text with whole words replaced.
fn respell(text: &str, words: &BTreeMap<String, String>) -> String {
    let mut respelled = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let is_letter = rest.starts_with(char::is_alphanumeric);
        let same = |c: char| c.is_alphanumeric() != is_letter;
        let (part, behind) = rest.split_at(rest.find(same).unwrap_or(rest.len()));
        respelled.push_str(words.get(part).map_or(part, String::as_str));
        rest = behind;
    }
    respelled
}

/// The major version that a version or a range of versions begins with: 18 of `18.1.2`, `^18.1`,
/// `~18`, `18.x.x`, `>=18.0.0 <19`.
fn major(version: &str) -> Option<u64> {
    let digits = version.trim_start_matches(|c: char| !c.is_ascii_digit());
    let end = digits.find(|c: char| !c.is_ascii_digit());
    digits[..end.unwrap_or(digits.len())].parse().ok()
}
