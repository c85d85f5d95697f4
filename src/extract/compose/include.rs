//! Compose files that other compose files include: each is a project of its own with a folder and
//! variables of its own, which the including project's variables come before.
//!
//! What is included from elsewhere (a registry, a repository) cannot be seen.

use std::collections::BTreeSet;

use crate::extract::compose::{ComposeFile, ComposeTree, environment_file, variables};
use crate::extract::interpolate::FillBudget;
use crate::extract::variables::{DollarEscape, VariableValues, fill};
use crate::source::path;
use crate::syntax::yaml::YamlNode;

/// How many files may include each other in a row.
const MAX_DEPTH: usize = 8;

/// How many inclusions of a tree are followed.
const MAX_FILES: usize = 256;

/// A place where a file is included.
pub(super) struct ComposeInclude<'a> {
    /// The file, and those that the same entry lays over it.
    pub(super) files: Vec<&'a ComposeFile>,
    /// Some of those are not in the tree, or are not read.
    pub(super) open: bool,
    /// The folder that its paths start from.
    pub(super) folder: String,
    pub(super) variables: VariableValues,
}

/// Every inclusion of a tree.
pub(super) fn all<'a>(files: &'a [ComposeFile], tree: &ComposeTree<'_>) -> Vec<ComposeInclude<'a>> {
    let mut found = Vec::new();
    let includes = |file: &&ComposeFile| file.root.get("include").is_some();
    for file in files.iter().filter(includes) {
        let reader = IncludeReader {
            files,
            tree,
            folder: file.folder().to_owned(),
            variables: variables(file, tree),
        };
        reader.follow(file, &mut vec![&file.path], &mut found);
    }
    let main = |inclusion: &ComposeInclude<'_>| inclusion.files.first().map(|f| f.path.clone());
    // What an included file includes belongs to the including project only.
    let included: BTreeSet<String> = found.iter().filter_map(|(_, one)| main(one)).collect();
    let of_a_root = found.into_iter().filter(|(root, one)| {
        let is_cycle = main(one).as_deref() == Some(root);
        !included.contains(root.as_str()) || is_cycle
    });
    of_a_root.map(|(_, inclusion)| inclusion).collect()
}

struct IncludeReader<'a, 't> {
    files: &'a [ComposeFile],
    tree: &'t ComposeTree<'t>,
    folder: String,
    variables: VariableValues,
}

impl<'a> IncludeReader<'a, '_> {
    /// What a file includes, with the file that all begins with.
    fn follow(
        &self,
        file: &'a ComposeFile,
        chain: &mut Vec<&'a str>,
        found: &mut Vec<(String, ComposeInclude<'a>)>,
    ) {
        let entries = file.root.get("include").map(YamlNode::items);
        for entry in entries.unwrap_or_default() {
            if found.len() >= MAX_FILES || chain.len() > MAX_DEPTH {
                return;
            }
            let Some(inclusion) = self.inclusion(entry) else {
                continue;
            };
            let main = inclusion.files[0];
            if chain.contains(&main.path.as_str()) {
                continue;
            }
            let inner = IncludeReader {
                files: self.files,
                tree: self.tree,
                folder: inclusion.folder.clone(),
                variables: inclusion.variables.clone(),
            };
            found.push((chain[0].to_owned(), inclusion));
            chain.push(&main.path);
            inner.follow(main, chain, found);
            chain.pop();
        }
    }

    fn inclusion(&self, entry: &YamlNode) -> Option<ComposeInclude<'a>> {
        let named = if entry.is_map() {
            self.texts(entry.get("path"))
        } else {
            self.texts(Some(entry))
        };
        let file = |path: &Option<String>| {
            let path = path::resolve(&self.folder, path.as_deref()?)?;
            self.files.iter().find(|file| file.path == path)
        };
        let main = file(named.first()?)?;
        let files: Vec<&ComposeFile> = named.iter().filter_map(file).collect();
        let texts = |key: &str| -> Vec<String> {
            let found = self.texts(entry.get(key)).into_iter();
            found.flatten().collect()
        };
        let folder = match texts("project_directory").first() {
            Some(folder) => path::resolve(&self.folder, folder)?,
            None => main.folder().to_owned(),
        };
        let given = texts("env_file");
        let environments = if given.is_empty() {
            vec![path::resolve(&folder, ".env")]
        } else {
            let given = given.iter();
            given
                .map(|path| path::resolve(&self.folder, path))
                .collect()
        };
        let mut variables = VariableValues::new();
        for path in environments.into_iter().flatten() {
            variables.extend(environment_file(self.tree.text(&path).unwrap_or_default()));
        }
        variables.extend(self.variables.clone());
        Some(ComposeInclude {
            open: files.len() < named.len(),
            files,
            folder,
            variables,
        })
    }

    /// A text or a list of texts, as far as they are known.
    fn texts(&self, node: Option<&YamlNode>) -> Vec<Option<String>> {
        let items = match node {
            Some(node) if node.is_seq() => node.items(),
            Some(node) => std::slice::from_ref(node),
            None => &[],
        };
        let budget = FillBudget::of_file();
        let text = |item: &YamlNode| {
            let value = item.scalar()?.value();
            let filled = fill(value, &self.variables, DollarEscape::Doubled, &budget);
            (!item.has_placeholder()).then(|| filled.known_text().ok().map(str::to_owned))?
        };
        items.iter().map(text).collect()
    }
}
