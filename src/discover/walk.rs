//! Walks the project tree and reads the files that match the input patterns. Parsing is left to
//! `syntax`.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use globset::GlobMatcher;
use ignore::{DirEntry, ParallelVisitor, ParallelVisitorBuilder, WalkBuilder, WalkState};

use super::ignore_files::unsafe_ignore_file;
use super::patterns::{
    FileKind, InputPatterns, MAX_FILE_BYTES, MatchConfidence, RecognisedFile, glob,
};
use super::project_root::{DiscoverError, ProjectRoot, relative, why};

/// A settings file in a folder below the root.
const NESTED_SETTINGS: &str = "/redvet.toml";

/// A NUL byte in this first part of a file makes it binary.
const SNIFF: usize = 8 << 10;

/// Folders of code that the project did not write, and of build output: by the files beside them, or
/// in them, that a tool makes them for. Without such a file the name is a word like any other.
const VENDORED: [VendoredFolder; 4] = [
    VendoredFolder {
        name: "node_modules",
        beside: &[],
        inside: &[],
    },
    VendoredFolder {
        name: "vendor",
        beside: &[
            "go.mod",
            "go.work",
            "Cargo.toml",
            "composer.json",
            "Gemfile",
            "jsonnetfile.json",
        ],
        inside: &["modules.txt"],
    },
    VendoredFolder {
        name: "third_party",
        beside: &[
            "go.mod",
            "Cargo.toml",
            "WORKSPACE",
            "MODULE.bazel",
            "CMakeLists.txt",
        ],
        inside: &[],
    },
    VendoredFolder {
        name: "target",
        beside: &["Cargo.toml", "pom.xml", "build.sbt"],
        inside: &["CACHEDIR.TAG"],
    },
];

/// A folder that a tool fills.
struct VendoredFolder {
    name: &'static str,
    /// One of these stands beside it; none: it always counts.
    beside: &'static [&'static str],
    /// Or one of these in it.
    inside: &'static [&'static str],
}

impl VendoredFolder {
    fn is(&self, folder: &Path) -> bool {
        let named = folder.file_name().is_some_and(|name| name == self.name);
        let holds =
            |folder: &Path, files: &[&str]| files.iter().any(|file| folder.join(file).is_file());
        let always = self.beside.is_empty();
        let beside = || {
            folder
                .parent()
                .is_some_and(|above| holds(above, self.beside))
        };
        named && (always || beside() || holds(folder, self.inside))
    }
}

/// Paths that the settings exclude, beside those of `.gitignore`.
const IGNORE_FILE: &str = ".redvetignore";

/// A file that is worth parsing, with its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundFile {
    /// Relative to the root, with `/`.
    pub path: String,
    pub absolute: PathBuf,
    pub kind: FileKind,
    pub text: Arc<str>,
}

/// What a walk brought, sorted by path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WalkedFiles {
    pub files: Vec<FoundFile>,
    /// Paths that should have been read and could not be, and why.
    pub unreadable: Vec<(String, String)>,
    /// Settings files of folders below the root.
    pub nested_settings: Vec<String>,
    /// Folders that were not entered because a tool fills them.
    pub passed_over: Vec<String>,
    /// How many files the walk met, of whatever name.
    pub seen: usize,
}

impl WalkedFiles {
    /// Adds a file unless the walk found it already.
    pub fn include(&mut self, file: FoundFile) {
        if let Err(at) = self.files.binary_search_by(|f| f.path.cmp(&file.path)) {
            self.files.insert(at, file);
        }
    }
}

/// Files and folders that the settings exclude. A pattern that matches a folder excludes all in it.
#[derive(Debug, Default)]
pub struct ExcludePatterns {
    globs: Vec<GlobMatcher>,
}

impl ExcludePatterns {
    pub fn new<'a>(globs: impl IntoIterator<Item = &'a str>) -> Result<Self, globset::Error> {
        let globs = globs
            .into_iter()
            .map(|text| glob(text.trim_end_matches('/')))
            .collect::<Result<_, _>>()?;
        Ok(Self { globs })
    }

    fn matches(&self, path: &str) -> bool {
        self.globs.iter().any(|glob| glob.is_match(path))
    }
}

/// Walks a universe and reads what the patterns want of it, on as many threads as the rest of the
/// check uses. Everything found is sorted, so the threads do not show in the result.
pub fn walk(tree: &ProjectRoot, patterns: &InputPatterns, exclude: ExcludePatterns) -> WalkedFiles {
    let start = tree.only.as_ref().unwrap_or(&tree.root);
    let mut found = WalkedFiles::default();
    if let Some((path, why)) = unsafe_ignore_file(&tree.root, start) {
        // Without its ignore file it is unknown which part of the tree is meant.
        found.refuse(tree, &path, why);
        return found;
    }
    let refused = RefusedFolders::default();
    let passed_over = PassedFolders::default();
    let all = Mutex::new(found);
    let mut visitors = WalkVisitors {
        tree,
        patterns,
        all: &all,
    };
    walker(tree, exclude, refused.clone(), Arc::clone(&passed_over))
        .threads(rayon::current_num_threads())
        .build_parallel()
        .visit(&mut visitors);
    let mut found = all.into_inner().unwrap_or_else(PoisonError::into_inner);
    let refused = refused.lock().unwrap_or_else(PoisonError::into_inner);
    for (path, why) in refused.iter() {
        found.refuse(tree, path, why);
    }
    found.files.sort_by(|a, b| a.path.cmp(&b.path));
    found.unreadable.sort();
    found.nested_settings.sort();
    let mut passed_over = passed_over.lock().unwrap_or_else(PoisonError::into_inner);
    found.passed_over.append(&mut passed_over);
    found.passed_over.sort();
    found
}

impl WalkedFiles {
    fn refuse(&mut self, tree: &ProjectRoot, path: &Path, why: &str) {
        // Not canonical: the path of a link is the link's own.
        let shown = relative(&tree.root, path);
        let shown = shown.unwrap_or_else(|| path.display().to_string());
        let why = format!("{why}; its folder is not read");
        self.unreadable.push((shown, why));
    }

    fn append(&mut self, other: &mut Self) {
        self.files.append(&mut other.files);
        self.unreadable.append(&mut other.unreadable);
        self.nested_settings.append(&mut other.nested_settings);
        self.seen += std::mem::take(&mut other.seen);
    }
}

/// Makes a visitor for each thread of a walk.
struct WalkVisitors<'w> {
    tree: &'w ProjectRoot,
    patterns: &'w InputPatterns,
    all: &'w Mutex<WalkedFiles>,
}

impl<'w> ParallelVisitorBuilder<'w> for WalkVisitors<'w> {
    fn build(&mut self) -> Box<dyn ParallelVisitor + 'w> {
        Box::new(WalkVisitor {
            tree: self.tree,
            patterns: self.patterns,
            all: self.all,
            found: WalkedFiles::default(),
            buffer: Vec::new(),
        })
    }
}

/// What one thread of a walk met; handed over when the thread ends.
struct WalkVisitor<'w> {
    tree: &'w ProjectRoot,
    patterns: &'w InputPatterns,
    all: &'w Mutex<WalkedFiles>,
    found: WalkedFiles,
    /// What is read before it is known whether it is wanted.
    buffer: Vec<u8>,
}

impl Drop for WalkVisitor<'_> {
    fn drop(&mut self) {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.append(&mut self.found);
    }
}

impl ParallelVisitor for WalkVisitor<'_> {
    fn visit(&mut self, entry: Result<DirEntry, ignore::Error>) -> WalkState {
        match entry {
            Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_file()) => {
                self.file(entry.into_path());
            }
            Ok(_) => {}
            Err(error) => self.found.unreadable.extend(problem(self.tree, &error)),
        }
        WalkState::Continue
    }
}

impl WalkVisitor<'_> {
    fn file(&mut self, absolute: PathBuf) {
        self.found.seen += 1;
        let Some(path) = relative(&self.tree.root, &absolute) else {
            return;
        };
        let fitting = self.patterns.find_fitting(&path);
        let Some(surest) = fitting.first() else {
            if path.ends_with(NESTED_SETTINGS) {
                self.found.nested_settings.push(path);
            }
            return;
        };
        match load(&absolute, &fitting, self.patterns.largest, &mut self.buffer) {
            Ok(Some((kind, text))) => self.found.files.push(FoundFile {
                kind,
                path,
                absolute,
                text,
            }),
            Err(refusal) if refusal.matters(*surest) => {
                self.found.unreadable.push((path, refusal.to_string()));
            }
            Ok(None) | Err(_) => {}
        }
    }
}

/// Ignore files for which a folder was not entered, and why; the walk's filter fills it.
type RefusedFolders = Arc<Mutex<Vec<(PathBuf, &'static str)>>>;

/// Folders that a tool fills; the walk's filter tells them.
type PassedFolders = Arc<Mutex<Vec<String>>>;

fn walker(
    tree: &ProjectRoot,
    exclude: ExcludePatterns,
    refused: RefusedFolders,
    passed_over: PassedFolders,
) -> WalkBuilder {
    let root = tree.root.clone();
    let start = tree.only.as_ref().unwrap_or(&tree.root);
    let mut builder = WalkBuilder::new(start);
    builder
        .hidden(false)
        .require_git(false)
        // What lies above the root, and what a person's own git ignores, must not
        // change a report.
        .parents(false)
        .git_global(false)
        .follow_links(false)
        .add_custom_ignore_filename(IGNORE_FILE)
        .filter_entry(move |entry| {
            enters(entry, &root, &exclude, &passed_over) && is_safe(entry, &root, &refused)
        });
    builder
}

fn enters(
    entry: &DirEntry,
    root: &Path,
    exclude: &ExcludePatterns,
    passed_over: &PassedFolders,
) -> bool {
    if entry.depth() == 0 {
        return true;
    }
    let name = entry.file_name().to_str().unwrap_or("");
    let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
    let path = relative(root, entry.path());
    if name == ".git" || path.as_ref().is_some_and(|path| exclude.matches(path)) {
        return false;
    }
    if is_folder && VENDORED.iter().any(|vendored| vendored.is(entry.path())) {
        if let (Some(path), Ok(mut passed_over)) = (path, passed_over.lock()) {
            passed_over.push(path);
        }
        return false;
    }
    true
}

/// Whether a folder's ignore files may be opened, which the walk does right after this.
fn is_safe(entry: &DirEntry, root: &Path, refused: &RefusedFolders) -> bool {
    if !entry.file_type().is_some_and(|kind| kind.is_dir()) {
        return true;
    }
    let Some(found) = unsafe_ignore_file(root, entry.path()) else {
        return true;
    };
    if let Ok(mut refused) = refused.lock() {
        refused.push(found);
    }
    false
}

/// A folder that could not be entered. Mistakes in ignore files are no problem of the input.
fn problem(tree: &ProjectRoot, error: &ignore::Error) -> Option<(String, String)> {
    let io = error.io_error()?;
    let path = path_of(error)?;
    Some((relative(&tree.root, path)?, why(io)))
}

fn path_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
            path_of(err)
        }
        _ => None,
    }
}

fn show_limit(bytes: u64) -> String {
    const MEBIBYTE: u64 = 1 << 20;
    match bytes % MEBIBYTE {
        0 => format!("{} MiB", bytes / MEBIBYTE),
        _ => format!("{bytes} bytes"),
    }
}

/// Why a file was not read.
#[derive(Debug, thiserror::Error)]
enum UnreadCause {
    #[error("larger than {} (`file-size` under [limits] of redvet.toml)", show_limit(*.0))]
    TooLarge(u64),
    #[error("not a text file (NUL byte near the start)")]
    Binary,
    #[error("not valid UTF-8")]
    NotUtf8,
    #[error("{0}")]
    Io(String),
}

impl UnreadCause {
    /// Whether a reader would miss the file.
    fn matters(&self, file: RecognisedFile<'_>) -> bool {
        match file.claim() {
            MatchConfidence::Name => true,
            // That it is no UTF-8 is noticed after the search for words: it does contain one.
            // A document is written for people, who read it all the same.
            MatchConfidence::Kind if matches!(self, Self::NotUtf8) => {
                file.has_needles() && file.kind() != FileKind::Markdown
            }
            MatchConfidence::Kind => matches!(self, Self::TooLarge(_) | Self::Io(_)),
            MatchConfidence::Content => false,
        }
    }
}

/// The text with its kind, if one of the patterns that the name fits wants it.
fn load(
    absolute: &Path,
    fitting: &[RecognisedFile<'_>],
    largest: u64,
    buffer: &mut Vec<u8>,
) -> Result<Option<(FileKind, Arc<str>)>, UnreadCause> {
    // One large file must not hold its memory to the end of the walk.
    buffer.shrink_to(MAX_KEPT);
    read_bytes(absolute, largest, buffer)?;
    let Some(recognised) = fitting.iter().find(|file| file.wants(buffer)) else {
        // A file that the needles pass over need not be text either.
        return Ok(None);
    };
    Ok(Some((recognised.kind(), Arc::from(text(buffer)?))))
}

/// Bytes of a buffer that is kept for the next file.
const MAX_KEPT: usize = 1 << 20;

/// A file of no more than so many bytes, in place of what the buffer holds.
fn read_bytes(path: &Path, largest: u64, bytes: &mut Vec<u8>) -> Result<(), UnreadCause> {
    bytes.clear();
    let io = |error: std::io::Error| UnreadCause::Io(why(&error));
    let file = File::open(path).map_err(io)?;
    let length = file.metadata().map_err(io)?.len();
    if length > largest {
        return Err(UnreadCause::TooLarge(largest));
    }
    bytes.reserve(usize::try_from(length).unwrap_or(0) + 1);
    // The first part alone tells binary files, most of which are large.
    let mut rest = file.take(largest.saturating_add(1));
    let mut first = rest.by_ref().take(SNIFF as u64);
    first.read_to_end(bytes).map_err(io)?;
    if memchr::memchr(0, bytes).is_some() {
        return Err(UnreadCause::Binary);
    }
    rest.read_to_end(bytes).map_err(io)?;
    if bytes.len() as u64 > largest {
        return Err(UnreadCause::TooLarge(largest));
    }
    Ok(())
}

fn text(bytes: &[u8]) -> Result<&str, UnreadCause> {
    str::from_utf8(bytes).map_err(|_| UnreadCause::NotUtf8)
}

/// The text of a file that a person named.
pub fn read(path: &Path) -> Result<String, DiscoverError> {
    // Asking first tells a missing file from one that is no text, and never waits for a pipe.
    let about = path
        .metadata()
        .map_err(|error| DiscoverError::of(path, &error))?;
    if !about.is_file() {
        return Err(unreadable(path, "not a regular file"));
    }
    let mut bytes = Vec::new();
    read_bytes(path, MAX_FILE_BYTES, &mut bytes)
        .and_then(|()| text(&bytes))
        .map(str::to_owned)
        .map_err(|refusal| unreadable(path, &refusal.to_string()))
}

pub(super) fn unreadable(path: &Path, why: &str) -> DiscoverError {
    DiscoverError::Unreadable {
        path: path.display().to_string(),
        why: why.to_owned(),
    }
}

/// A file that a person named: always read, as what its name says, whatever ignore files say and
/// whatever it holds.
pub fn read_named(
    tree: &ProjectRoot,
    path: &Path,
    patterns: &InputPatterns,
) -> Result<FoundFile, DiscoverError> {
    let absolute = path
        .canonicalize()
        .map_err(|error| DiscoverError::of(path, &error))?;
    let relative =
        relative(&tree.root, &absolute).unwrap_or_else(|| absolute.display().to_string());
    Ok(FoundFile {
        kind: patterns.kind_of(&relative).unwrap_or(FileKind::Text),
        text: read(path)?.into(),
        path: relative,
        absolute,
    })
}
