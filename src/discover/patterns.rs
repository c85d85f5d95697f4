//! Input patterns: which files are read, decided by path alone or by path and content. The patterns
//! themselves are supplied by the caller.

use std::borrow::Cow;

use globset::{Glob, GlobBuilder, GlobMatcher, GlobSet, GlobSetBuilder};
use regex::bytes::{Regex, RegexBuilder};

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
pub(super) const LARGEST: u64 = 64 << 20;

#[derive(Debug)]
struct PatternEntry {
    kind: FileKind,
    claim: MatchConfidence,
    needles: Option<Regex>,
}

/// Globs of several patterns.
#[derive(Debug)]
struct PathGlobs {
    set: GlobSet,
    /// By glob, the pattern that it belongs to.
    entries: Vec<usize>,
}

/// A pattern that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PatternError {
    #[error("bad file pattern: {0}")]
    Glob(#[from] globset::Error),
    #[error("bad needles: {0}")]
    Needles(String),
}

impl InputPatterns {
    /// The same for files of other sizes.
    #[must_use]
    pub fn up_to(mut self, largest: u64) -> Self {
        self.largest = largest;
        self
    }

    pub fn new(patterns: &[InputPattern]) -> Result<Self, PatternError> {
        let entries = patterns
            .iter()
            .map(PatternEntry::new)
            .collect::<Result<_, _>>()?;
        Ok(Self {
            entries,
            exact: PathGlobs::new(patterns, false)?,
            any_case: PathGlobs::new(patterns, true)?,
            largest: LARGEST,
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
        let mut set = GlobSetBuilder::new();
        let mut entries = Vec::new();
        let meant = patterns.iter().enumerate();
        for (at, pattern) in meant.filter(|(_, pattern)| pattern.any_case == any_case) {
            for text in &pattern.globs {
                let text = if any_case {
                    in_lower_case(text)
                } else {
                    Cow::Borrowed(text.as_str())
                };
                set.add(parse_glob(&text)?);
                entries.push(at);
            }
        }
        Ok(Self {
            set: set.build()?,
            entries,
        })
    }

    fn find_fitting(&self, path: &str) -> Vec<usize> {
        let matches = self.set.matches(path).into_iter();
        matches.map(|glob| self.entries[glob]).collect()
    }
}

impl PatternEntry {
    fn new(pattern: &InputPattern) -> Result<Self, PatternError> {
        Ok(Self {
            kind: pattern.kind,
            claim: pattern.claim,
            needles: needles(&pattern.needles)?,
        })
    }
}

/// A glob in which `*` stays within a folder; without a `/` it matches at any depth.
pub(super) fn glob(text: &str) -> Result<GlobMatcher, globset::Error> {
    Ok(parse_glob(text)?.compile_matcher())
}

fn parse_glob(text: &str) -> Result<Glob, globset::Error> {
    let anchored = if text.contains('/') {
        text.trim_start_matches("./").to_owned()
    } else {
        format!("**/{text}")
    };
    GlobBuilder::new(&anchored).literal_separator(true).build()
}

/// One expression for all words: its search skips through a text faster than an automaton that
/// looks at every byte.
fn needles(words: &[String]) -> Result<Option<Regex>, PatternError> {
    if words.is_empty() {
        return Ok(None);
    }
    let escaped: Vec<String> = words.iter().map(|word| regex::escape(word)).collect();
    RegexBuilder::new(&escaped.join("|"))
        .case_insensitive(true)
        .unicode(false)
        .build()
        .map(Some)
        .map_err(|e| PatternError::Needles(e.to_string()))
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
        let needles = self.0.needles.as_ref();
        needles.is_none_or(|needles| needles.is_match(content))
    }

    /// Words decide whether the file is meant.
    pub(super) fn has_needles(self) -> bool {
        self.0.needles.is_some()
    }
}
