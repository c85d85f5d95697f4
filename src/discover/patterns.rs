//! Input patterns: which files are read, decided by path alone or by path and content. The patterns
//! themselves are supplied by the caller.

use std::borrow::Cow;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, AhoCorasickKind};
use globset::{Glob, GlobBuilder, GlobMatcher};
use regex::bytes::{Regex, RegexBuilder};

use crate::source::glob_list::{GlobList, GlobStyle};

/// How a file is to be read. `discover` only hands it on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileKind {
    ConfText,
    Yaml,
    Dockerfile,
    Terraform,
    /// A program that configures a build or a cluster, such as a Tiltfile.
    Starlark,
    /// A shell script.
    Script,
    /// A service unit of a host, or a drop-in of one.
    Unit,
    /// Variables of the environment, `NAME=value` a line.
    Env,
    Markdown,
    Go,
    GoMod,
    Rust,
    CargoToml,
    CargoLock,
    Python,
    /// Says which releases a Python project takes.
    PythonRequirements,
    /// Other text, recognised by its content.
    Text,
    /// Says something only beside a file that it changes or that refers to it.
    Supporting,
}

/// How sure a pattern is that the file is meant, which decides when a problem is worth telling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatchConfidence {
    /// The name alone says that it is configuration: what cannot be read is a problem.
    Name,
    /// The name says the kind, the words decide: too large, not readable or no UTF-8 is a problem,
    /// binary is not.
    Kind,
    /// Any file: what cannot be read is passed over.
    Content,
}

/// One way to recognise a file.
#[derive(Clone, Debug)]
pub struct InputPattern {
    pub kind: FileKind,
    pub claim: MatchConfidence,
    /// Matched against the path relative to the root; without a `/`, against the name alone.
    pub globs: Vec<String>,
    /// The globs are in lower case and fit a path in any case of letters.
    pub any_case: bool,
    /// The file must hold one of these, in any case of letters; empty: it need not.
    pub needles: Vec<String>,
}

/// Patterns, ready to match. The first that a name fits decides what a named file is; of a file that
/// is met, the first that its content fits, too.
#[derive(Debug)]
pub struct InputPatterns {
    entries: Vec<PatternEntry>,
    /// Every pattern's globs at once: a path is compared with all of them in one step.
    exact: PathGlobs,
    any_case: PathGlobs,
    /// Bytes of the largest file that is read.
    pub(super) largest: u64,
}

/// Bytes of the largest file that is read, where nothing else is asked for.
pub(super) const MAX_FILE_BYTES: u64 = 64 << 20;

#[derive(Debug)]
struct PatternEntry {
    kind: FileKind,
    claim: MatchConfidence,
    needles: FileNeedles,
}

/// Words of which a file must hold one. An expression is fastest to search with and costs as much to
/// compile as an automaton needs for the bytes of many small files, so it comes behind these.
#[derive(Debug)]
struct FileNeedles {
    words: Vec<String>,
    /// Bytes that were searched.
    searched: AtomicUsize,
    automaton: OnceLock<Option<AhoCorasick>>,
    expression: OnceLock<Option<Regex>>,
}

/// Bytes that are searched by the automaton.
const FEW_BYTES: usize = 128 << 10;

/// Globs of several patterns.
#[derive(Debug)]
struct PathGlobs {
    list: GlobList,
    /// By glob, the pattern that it belongs to.
    entries: Vec<usize>,
}

/// A pattern that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PatternError {
    #[error("bad file pattern: {0}")]
    Glob(#[from] globset::Error),
}

impl InputPatterns {
    /// The same for files of other sizes.
    #[must_use]
    pub fn up_to(mut self, largest: u64) -> Self {
        self.largest = largest;
        self
    }

    pub fn new(patterns: &[InputPattern]) -> Result<Self, PatternError> {
        Ok(Self {
            entries: patterns.iter().map(PatternEntry::new).collect(),
            exact: PathGlobs::new(patterns, false)?,
            any_case: PathGlobs::new(patterns, true)?,
            largest: MAX_FILE_BYTES,
        })
    }

    /// The kind that a name stands for, whatever the file holds.
    pub fn kind_of(&self, path: &str) -> Option<FileKind> {
        self.find_fitting(path).first().map(|found| found.kind())
    }

    /// The patterns that a path fits, in their order.
    pub(super) fn find_fitting(&self, path: &str) -> Vec<RecognisedFile<'_>> {
        let mut found = self.exact.find_fitting(path);
        found.extend(self.any_case.find_fitting(&in_lower_case(path)));
        found.sort_unstable();
        found.dedup();
        let entries = found.into_iter().map(|at| &self.entries[at]);
        entries.map(RecognisedFile).collect()
    }
}

/// Most paths are in lower case already.
fn in_lower_case(path: &str) -> Cow<'_, str> {
    if path.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(path.to_ascii_lowercase())
    } else {
        Cow::Borrowed(path)
    }
}

impl PathGlobs {
    fn new(patterns: &[InputPattern], any_case: bool) -> Result<Self, globset::Error> {
        let mut globs = Vec::new();
        let mut entries = Vec::new();
        let meant = patterns.iter().enumerate();
        for (at, pattern) in meant.filter(|(_, pattern)| pattern.any_case == any_case) {
            for text in &pattern.globs {
                let text = if any_case {
                    in_lower_case(text)
                } else {
                    Cow::Borrowed(text.as_str())
                };
                globs.push(anchor(&text));
                entries.push(at);
            }
        }
        let style = GlobStyle {
            is_path: true,
            any_case: false,
        };
        Ok(Self {
            list: GlobList::new(&globs, style)?,
            entries,
        })
    }

    fn find_fitting(&self, path: &str) -> Vec<usize> {
        let matches = self.list.find_matches(path).into_iter();
        matches.map(|glob| self.entries[glob]).collect()
    }
}

impl PatternEntry {
    fn new(pattern: &InputPattern) -> Self {
        Self {
            kind: pattern.kind,
            claim: pattern.claim,
            needles: FileNeedles {
                words: pattern.needles.clone(),
                searched: AtomicUsize::new(0),
                automaton: OnceLock::new(),
                expression: OnceLock::new(),
            },
        }
    }
}

/// A glob in which `*` stays within a folder; without a `/` it matches at any depth.
pub(super) fn glob(text: &str) -> Result<GlobMatcher, globset::Error> {
    Ok(parse_glob(text)?.compile_matcher())
}

fn parse_glob(text: &str) -> Result<Glob, globset::Error> {
    GlobBuilder::new(&anchor(text))
        .literal_separator(true)
        .build()
}

fn anchor(text: &str) -> String {
    if text.contains('/') {
        text.trim_start_matches("./").to_owned()
    } else {
        format!("**/{text}")
    }
}

impl FileNeedles {
    /// Words too many to search for do not decide: the file is read.
    fn is_in(&self, content: &[u8]) -> bool {
        if self.words.is_empty() {
            return true;
        }
        let before = self.searched.fetch_add(content.len(), Ordering::Relaxed);
        if before.saturating_add(content.len()) <= FEW_BYTES {
            let automaton = self.automaton.get_or_init(|| self.build_automaton());
            return automaton.as_ref().is_none_or(|a| a.is_match(content));
        }
        let expression = self.expression.get_or_init(|| self.build_expression());
        expression.as_ref().is_none_or(|e| e.is_match(content))
    }

    fn build_automaton(&self) -> Option<AhoCorasick> {
        AhoCorasickBuilder::new()
            .ascii_case_insensitive(true)
            .kind(Some(AhoCorasickKind::NoncontiguousNFA))
            .build(&self.words)
            .ok()
    }

    /// One expression for all words: its search skips through a text faster than an automaton that
    /// looks at every byte.
    fn build_expression(&self) -> Option<Regex> {
        let escaped: Vec<String> = self.words.iter().map(|word| regex::escape(word)).collect();
        RegexBuilder::new(&escaped.join("|"))
            .case_insensitive(true)
            .unicode(false)
            .build()
            .ok()
    }
}

/// A file's pattern.
#[derive(Clone, Copy, Debug)]
pub(super) struct RecognisedFile<'a>(&'a PatternEntry);

impl RecognisedFile<'_> {
    pub(super) fn kind(self) -> FileKind {
        self.0.kind
    }

    pub(super) fn claim(self) -> MatchConfidence {
        self.0.claim
    }

    /// The content is what the pattern is about.
    pub(super) fn wants(self, content: &[u8]) -> bool {
        self.0.needles.is_in(content)
    }

    /// Words decide whether the file is meant.
    pub(super) fn has_needles(self) -> bool {
        !self.0.needles.words.is_empty()
    }
}
