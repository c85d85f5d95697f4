//! What every reader of a Kubernetes document is given besides the document: the deployment models,
//! the objects of the tree that it may refer to, the texts of files. It holds references only; who
//! fills it in decides which files of the tree are seen.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::extract::objects::ObjectIndex;
use crate::extract::tree_files::TreeFiles;
use crate::knowledge::shapes::DeploymentShapes;
use crate::source::FileId;

/// What reading manifests needs besides the tree.
pub struct ManifestContext<'a> {
    /// A whole file's text, for indentation and line breaks.
    pub file_text: &'a (dyn Fn(FileId) -> Arc<str> + Sync),
    /// The files of the tree, and the images that are made of them.
    pub files: &'a TreeFiles<'a>,
    pub shapes: &'a DeploymentShapes,
    /// Whether a word is the name of a directive of any current version.
    pub is_directive: &'a (dyn Fn(&str) -> bool + Sync),
    /// What ConfigMaps and Secrets of the tree hold.
    pub objects: &'a ObjectIndex<'a>,
    /// The settings of operators that files of the tree mention, with the first such file.
    pub settings: &'a BTreeMap<String, String>,
}
