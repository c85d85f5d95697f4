//! What makes a file interesting: its name, or its name and the words in it.

use aho_corasick::{AhoCorasick, AhoCorasickBuilder};
use globset::{GlobBuilder, GlobMatcher};

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
    /// The file must hold one of these, in any case of letters; empty: it need not.
    pub needles: Vec<String>,
}

/// Patterns, ready to match. The first that a name fits decides what a named file is; of a file that
/// is met, the first that its content fits, too.
#[derive(Debug)]
pub struct InputPatterns {
    entries: Vec<PatternEntry>,
}

#[derive(Debug)]
struct PatternEntry {
    kind: FileKind,
    claim: MatchConfidence,
    globs: Vec<GlobMatcher>,
    needles: Option<AhoCorasick>,
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
    pub fn new(patterns: &[InputPattern]) -> Result<Self, PatternError> {
        let entries = patterns
            .iter()
            .map(PatternEntry::new)
            .collect::<Result<_, _>>()?;
        Ok(Self { entries })
    }

    /// The kind that a name stands for, whatever the file holds.
    pub fn kind_of(&self, path: &str) -> Option<FileKind> {
        self.recognise(path).map(|found| found.kind())
    }

    pub(super) fn recognise(&self, path: &str) -> Option<RecognisedFile<'_>> {
        self.entries
            .iter()
            .find(|e| e.fits(path))
            .map(RecognisedFile)
    }

    /// The first pattern that both name and content fit.
    pub(super) fn wanted_by(&self, path: &str, content: &[u8]) -> Option<RecognisedFile<'_>> {
        let mut fitting = self.entries.iter().filter(|entry| entry.fits(path));
        fitting
            .find(|entry| entry.wants(content))
            .map(RecognisedFile)
    }
}

impl PatternEntry {
    fn fits(&self, path: &str) -> bool {
        self.globs.iter().any(|glob| glob.is_match(path))
    }

    fn wants(&self, content: &[u8]) -> bool {
        let needles = self.needles.as_ref();
        needles.is_none_or(|needles| needles.is_match(content))
    }

    fn new(pattern: &InputPattern) -> Result<Self, PatternError> {
        let globs = pattern
            .globs
            .iter()
            .map(|text| glob(text))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            kind: pattern.kind,
            claim: pattern.claim,
            globs,
            needles: needles(&pattern.needles)?,
        })
    }
}

/// A glob in which `*` stays within a folder; without a `/` it matches at any depth.
pub(super) fn glob(text: &str) -> Result<GlobMatcher, globset::Error> {
    let anchored = if text.contains('/') {
        text.trim_start_matches("./").to_owned()
    } else {
        format!("**/{text}")
    };
    let glob = GlobBuilder::new(&anchored)
        .literal_separator(true)
        .build()?;
    Ok(glob.compile_matcher())
}

fn needles(words: &[String]) -> Result<Option<AhoCorasick>, PatternError> {
    if words.is_empty() {
        return Ok(None);
    }
    AhoCorasickBuilder::new()
        .ascii_case_insensitive(true)
        .build(words)
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

    /// Words decide whether the file is meant.
    pub(super) fn has_needles(self) -> bool {
        self.0.needles.is_some()
    }
}
