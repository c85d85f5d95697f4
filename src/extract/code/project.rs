//! The files of a project of one language: which are worth reading, how they name each other, and the
//! front end that lowers them. A file is lowered when somebody asks for it.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use super::form::{CodeFile, FunctionId};
use super::outline::CodeOutline;
use super::seen::SeenCode;
use super::value::FileAt;
use crate::facts::edit_target::{EditTarget, TextEncoding};
use crate::facts::raw::{ConstValue, SourceLanguage};
use crate::knowledge::clients::call::CallIndex;
use crate::knowledge::languages::CodeConventions;
use crate::source::{Excerpt, path};

/// A file and its path relative to the root.
#[derive(Clone, Debug)]
pub struct SourceCode {
    pub path: String,
    pub excerpt: Excerpt,
}

/// What only a language knows: how its syntax is lowered, and how values are written into it.
pub(in crate::extract) trait CodeFrontend {
    fn language(&self) -> SourceLanguage;
    /// What a file is called by others, from its path: its parts, outermost first.
    fn module_parts(&self, path: &str) -> Vec<String>;
    fn lower(&self, file: &SourceCode) -> CodeFile;
    fn encoding(&self) -> TextEncoding;
    /// Where an argument that is missing would be written in a call.
    fn argument_slot(&self, file: &CodeFile, brackets: std::ops::Range<usize>) -> EditTarget;
    /// What a variable of the environment gives that is not set.
    fn missing_variable(&self) -> ConstValue;
    /// The method that makes an instance.
    fn constructor_name(&self) -> &str;
    /// Code that only tests run.
    fn is_test(&self, path: &str) -> bool;
    /// A text that imports a package, or something out of it.
    fn imports_package(&self, text: &str, package: &str) -> bool;
    /// By its name a function is meant for its own file alone.
    fn is_private(&self, name: &str) -> bool;
}

/// The files of a project with their outlines, each made when somebody asks for it.
pub(super) struct OutlinedProject<'p, 'm> {
    project: &'p CodeProject<'m>,
    outlines: RefCell<BTreeMap<FileAt, Rc<CodeOutline<'p>>>>,
}

impl<'p, 'm> OutlinedProject<'p, 'm> {
    pub(super) fn new(project: &'p CodeProject<'m>) -> Self {
        Self {
            project,
            outlines: RefCell::default(),
        }
    }

    pub(super) fn project(&self) -> &'p CodeProject<'m> {
        self.project
    }
}

impl<'p> SeenCode<'p> for OutlinedProject<'p, '_> {
    fn naming(&self, name: &str) -> Option<Vec<FileAt>> {
        self.project.naming(name)
    }

    fn outline(&self, file: FileAt) -> Rc<CodeOutline<'p>> {
        let mut outlines = self.outlines.borrow_mut();
        let made = outlines
            .entry(file)
            .or_insert_with(|| Rc::new(CodeOutline::of(self.project.file(file))));
        Rc::clone(made)
    }

    fn is_private(&self, name: &str) -> bool {
        self.project.front.is_private(name)
    }
}

struct ProjectFile {
    source: SourceCode,
    parts: Vec<String>,
    lowered: OnceCell<CodeFile>,
}

/// Files that are searched for one name; of what more files name, not all is read.
const MAX_FILES: usize = 24;

/// The files of one tree.
pub(in crate::extract) struct CodeProject<'m> {
    pub(in crate::extract) front: &'m dyn CodeFrontend,
    pub(in crate::extract) index: CallIndex<'m>,
    pub(in crate::extract) conventions: &'m CodeConventions,
    files: Vec<ProjectFile>,
    /// Files by the last part of what they are called.
    by_name: BTreeMap<String, Vec<FileAt>>,
    /// Whether any file imports a package, of those that somebody asked for.
    packages: RefCell<BTreeMap<String, bool>>,
}

impl<'m> CodeProject<'m> {
    pub(in crate::extract) fn new(
        sources: Vec<SourceCode>,
        front: &'m dyn CodeFrontend,
        index: CallIndex<'m>,
        conventions: &'m CodeConventions,
    ) -> Self {
        let mut by_name: BTreeMap<String, Vec<FileAt>> = BTreeMap::new();
        let files: Vec<ProjectFile> = sources
            .into_iter()
            .map(|source| ProjectFile {
                parts: front.module_parts(&source.path),
                source,
                lowered: OnceCell::new(),
            })
            .collect();
        for (at, file) in files.iter().enumerate() {
            if let Some(last) = file.parts.last() {
                by_name.entry(last.clone()).or_default().push(FileAt(at));
            }
        }
        Self {
            front,
            index,
            conventions,
            files,
            by_name,
            packages: RefCell::default(),
        }
    }

    pub(in crate::extract) fn files(&self) -> impl Iterator<Item = FileAt> + use<> {
        (0..self.files.len()).map(FileAt)
    }

    pub(in crate::extract) fn path(&self, at: FileAt) -> &str {
        &self.files[at.0].source.path
    }

    pub(in crate::extract) fn text(&self, at: FileAt) -> &str {
        self.files[at.0].source.excerpt.text()
    }

    /// The file in the interpreter's form.
    pub(in crate::extract) fn file(&self, at: FileAt) -> &CodeFile {
        let file = &self.files[at.0];
        file.lowered.get_or_init(|| self.front.lower(&file.source))
    }

    pub(in crate::extract) fn parts(&self, at: FileAt) -> &[String] {
        &self.files[at.0].parts
    }

    /// Whether some file imports a package.
    pub(in crate::extract) fn uses_package(&self, package: &str) -> bool {
        if let Some(known) = self.packages.borrow().get(package) {
            return *known;
        }
        let mut files = self.files().map(|at| self.text(at));
        let uses = files.any(|text| self.front.imports_package(text, package));
        self.packages.borrow_mut().insert(package.to_owned(), uses);
        uses
    }

    /// What the file is called by others.
    pub(in crate::extract) fn module(&self, at: FileAt) -> String {
        self.files[at.0].parts.join(".")
    }

    /// A text that can build a client: it holds the name of a constructor or of a setting.
    pub(in crate::extract) fn builds(&self, text: &str) -> bool {
        self.index.builds(text)
    }

    /// A name that holds the name of a library: every file that says it is read.
    pub(in crate::extract) fn names_library(&self, name: &str) -> bool {
        self.index.names_library(name)
    }

    /// The files that somebody asked for.
    pub(in crate::extract) fn lowered(&self) -> impl Iterator<Item = (FileAt, &CodeFile)> {
        let files = self.files.iter().enumerate();
        files.filter_map(|(at, file)| Some((FileAt(at), file.lowered.get()?)))
    }

    /// The files that hold a name, tests left out; nothing where they are too many to be read.
    pub(in crate::extract) fn naming(&self, name: &str) -> Option<Vec<FileAt>> {
        let naming = self
            .files()
            .filter(|at| self.text(*at).contains(name) && !self.front.is_test(self.path(*at)));
        let naming: Vec<FileAt> = naming.take(MAX_FILES + 1).collect();
        (naming.len() <= MAX_FILES).then_some(naming)
    }

    /// The function as its file calls it, with its class.
    pub(in crate::extract) fn function_name(&self, at: FileAt, id: FunctionId) -> String {
        let file = self.file(at);
        file.function(id).full_name(file)
    }

    /// The file that a path leads to from another file, and how many parts of the path that takes:
    /// of several that are called so the nearest. Names of libraries lead to no file.
    pub(in crate::extract) fn find(&self, from: FileAt, path: &str) -> Option<(FileAt, usize)> {
        if self.index.is_library(path) {
            return None;
        }
        let parts: Vec<&str> = path.split('.').collect();
        (1..=parts.len()).rev().find_map(|count| {
            let found = self.by_name.get(parts[count - 1])?;
            let named = found
                .iter()
                .filter(|at| self.is_called(**at, &parts[..count], from));
            let nearest =
                named.max_by_key(|at| (self.nearness(from, **at), std::cmp::Reverse(**at)));
            Some((*nearest?, count))
        })
    }

    fn is_called(&self, at: FileAt, parts: &[&str], from: FileAt) -> bool {
        let own = &self.files[at.0].parts;
        let Some(start) = own.len().checked_sub(parts.len()) else {
            return false;
        };
        let same = own[start..]
            .iter()
            .zip(parts)
            .all(|(own, part)| own == part);
        // What is called by its last part alone must stand beside, or above.
        let around = &own[..start];
        let seen_from = &self.files[from.0].parts;
        let above = seen_from.len() > around.len() && seen_from[..around.len()] == *around;
        same && at != from && (parts.len() > 1 || above)
    }

    fn nearness(&self, from: FileAt, at: FileAt) -> usize {
        let (from, at) = (path::folder(self.path(from)), path::folder(self.path(at)));
        let parts = from.split('/').zip(at.split('/'));
        parts.take_while(|(a, b)| a == b).count()
    }
}
