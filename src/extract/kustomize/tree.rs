//! The files of a tree that kustomizations refer to each other by, parsed when they are first asked
//! for.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use crate::extract::helm::FilledTemplate;
use crate::extract::helm::defaults::{Chart, ChartCatalog};
use crate::knowledge::shapes::EnvironmentRank;
use crate::source::{Excerpt, FileId, path};
use crate::syntax::yaml::{self, UnreadDocuments, YamlNode, YamlStream};

/// What a file of kustomize's own may be called.
pub const FILE_NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// The key that says what an object is.
const KIND: &str = "kind";

/// All files by path.
#[derive(Default)]
pub struct KustomizeTree {
    files: BTreeMap<String, TreeFile>,
}

/// A file of the tree.
pub struct TreeFile {
    pub excerpt: Excerpt,
    unread_kinds: Arc<[String]>,
    stream: OnceLock<YamlStream>,
    /// The chart that it is a template of.
    chart: Option<Arc<Chart>>,
    filled: OnceLock<Option<(FilledTemplate, Vec<FileId>)>>,
}

impl TreeFile {
    /// The file as YAML, of which JSON is a part.
    pub fn stream(&self) -> &YamlStream {
        let excerpt = || {
            self.filled_template()
                .map_or(&self.excerpt, |(filled, _)| &filled.excerpt)
        };
        let unread = UnreadDocuments {
            key: KIND,
            values: &self.unread_kinds,
        };
        self.stream
            .get_or_init(|| yaml::parse_without(excerpt(), unread))
    }

    /// The file with what the chart's own values put into it, and the files that they stand in.
    pub fn filled_template(&self) -> Option<&(FilledTemplate, Vec<FileId>)> {
        let fill = || self.chart.as_ref()?.fill(&self.excerpt);
        self.filled.get_or_init(fill).as_ref()
    }

    /// Whether it is a template that becomes a manifest of this kind only with what the values of its
    /// chart put into it.
    pub fn becomes(&self, speaks: &dyn Fn(&str) -> bool) -> bool {
        let may_become = |chart: &Arc<Chart>| chart.any_text(speaks);
        self.chart.as_ref().is_some_and(may_become)
            && self
                .filled_template()
                .is_some_and(|(filled, _)| speaks(filled.excerpt.text()))
    }

    pub(super) fn documents(&self) -> impl Iterator<Item = &YamlNode> {
        self.stream()
            .documents
            .iter()
            .map(|document| &document.root)
    }
}

impl KustomizeTree {
    /// The files by path; `is_mapped` tells of which charts the values are read as servers, `rank` which
    /// environment a file of values is named after, and
    /// objects of `unread_kinds` say nothing to anybody.
    pub fn new(
        files: impl IntoIterator<Item = (String, Excerpt)>,
        is_mapped: &dyn Fn(&str) -> bool,
        rank: &dyn Fn(&str) -> Option<EnvironmentRank>,
        unread_kinds: &[String],
    ) -> Self {
        let unread_kinds: Arc<[String]> = unread_kinds.into();
        let excerpts: BTreeMap<String, Excerpt> = files.into_iter().collect();
        let charts = ChartCatalog::new(&excerpts, is_mapped, rank);
        let files = excerpts.into_iter().map(|(path, excerpt)| {
            let file = TreeFile {
                excerpt,
                unread_kinds: Arc::clone(&unread_kinds),
                stream: OnceLock::new(),
                chart: charts.of_template(&path),
                filled: OnceLock::new(),
            };
            (path, file)
        });
        Self {
            files: files.collect(),
        }
    }

    pub fn get(&self, path: &str) -> Option<&TreeFile> {
        self.files.get(path)
    }

    /// A file with the path that the tree knows it by.
    pub fn entry(&self, path: &str) -> Option<(&str, &TreeFile)> {
        let (path, file) = self.files.get_key_value(path)?;
        Some((path.as_str(), file))
    }

    /// The folders that hold a kustomization, with its path.
    pub(super) fn kustomizations(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.keys().filter_map(|path| {
            let (dir, name) = path::split(path);
            FILE_NAMES.contains(&name).then_some((dir, path.as_str()))
        })
    }

    /// The kustomization of a folder.
    pub(super) fn kustomization(&self, dir: &str) -> Option<(&str, &TreeFile)> {
        FILE_NAMES.iter().find_map(|name| {
            let path = join_path(dir, name)?;
            let (path, file) = self.files.get_key_value(&path)?;
            Some((path.as_str(), file))
        })
    }
}

/// A path relative to a folder, as a path of the tree; nothing for what lies outside of it.
pub(super) fn join_path(dir: &str, relative: &str) -> Option<String> {
    if relative.contains("://") || relative.contains('?') {
        return None;
    }
    path::resolve(dir, relative)
}

#[cfg(test)]
mod tests {
    use super::join_path;

    #[test]
    fn paths_stay_in_the_tree() {
        for (dir, relative, expected) in [
            ("overlays/prod", "../../base", Some("base")),
            ("", "./a.yaml", Some("a.yaml")),
            ("a", "../..", None),
            ("a", "https://example.com/a", None),
            ("a", "/etc/passwd", None),
            ("a", "..", Some("")),
        ] {
            assert_eq!(join_path(dir, relative).as_deref(), expected, "{relative}");
        }
    }
}
