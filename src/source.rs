//! Source text and places in it: files, spans, line and column positions, and excerpts.
//!
//! An [`Excerpt`] is the type that every parser reads: a text together with the way back to the
//! bytes of the file that it was taken from. A whole file, a Markdown fence inside a list, the
//! value of a YAML block scalar and a quoted argument are all excerpts, so no parser counts
//! indentation or escapes, and every span points into a real file.
//!
//! This module reads no files and knows no format.

mod excerpt;
pub mod glob_list;
pub mod own_fault;
pub mod path;
pub mod pattern_limit;
pub mod secret_words;

use std::ops::Range;
use std::sync::{Arc, OnceLock};

pub use excerpt::{Excerpt, ExcerptBuilder};

/// A file of the scanned tree, by its place in [`Sources`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A half-open range of bytes in one file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    pub file: FileId,
    pub start: u32,
    pub end: u32,
}

impl Span {
    /// The span from `start` to `end`, in bytes of the file.
    pub fn new(file: FileId, start: usize, end: usize) -> Self {
        Self {
            file,
            start: narrow(start),
            end: narrow(end),
        }
    }

    /// The empty span before this one's first byte.
    pub fn before(self) -> Self {
        Self {
            end: self.start,
            ..self
        }
    }

    /// The empty span after this one's last byte.
    pub fn after(self) -> Self {
        Self {
            start: self.end,
            ..self
        }
    }

    /// The smallest span that holds both; this one if the other lies in another file.
    pub fn to(self, other: Self) -> Self {
        if self.file != other.file {
            return self;
        }
        Self {
            file: self.file,
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }

    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    pub fn contains(self, other: Self) -> bool {
        self.file == other.file && self.start <= other.start && other.end <= self.end
    }
}

/// Offsets are kept in 32 bits: `discover` refuses files of 4 GiB and more.
fn narrow(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

/// A place as people count it: line and column from 1, the column in Unicode scalar values,
/// and the byte offset in the file from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TextPosition {
    pub line: usize,
    pub column: usize,
    pub byte: usize,
}

/// One file: its path relative to the root of the universe (with `/`) and its text.
#[derive(Clone, Debug)]
pub struct SourceFile {
    path: String,
    text: Arc<str>,
    /// Most files are never shown, so their lines are counted when somebody asks for one.
    line_starts: OnceLock<Vec<u32>>,
}

impl SourceFile {
    pub fn new(path: impl Into<String>, text: impl Into<Arc<str>>) -> Self {
        Self {
            path: path.into(),
            text: text.into(),
            line_starts: OnceLock::new(),
        }
    }

    fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| {
            let breaks = memchr::memchr_iter(b'\n', self.text.as_bytes());
            std::iter::once(0)
                .chain(breaks.map(|at| narrow(at + 1)))
                .collect()
        })
    }

    pub fn path(&self) -> &str {
        &self.path
    }

    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// The 0-based line that holds this byte.
    pub fn line_of(&self, byte: usize) -> usize {
        self.line_starts()
            .partition_point(|start| *start as usize <= byte)
            .saturating_sub(1)
    }

    /// The bytes of a 0-based line, without its line break (`\n` or `\r\n`).
    pub fn line_range(&self, line: usize) -> Range<usize> {
        let start = self
            .line_starts()
            .get(line)
            .map_or(self.text.len(), |s| *s as usize);
        let end = self
            .line_starts()
            .get(line + 1)
            .map_or(self.text.len(), |s| *s as usize);
        let body = &self.text[start..end];
        let body = body.strip_suffix('\n').unwrap_or(body);
        let body = body.strip_suffix('\r').unwrap_or(body);
        start..start + body.len()
    }

    pub fn line_count(&self) -> usize {
        self.line_starts().len()
    }

    /// The position of a byte; one past the end is the position after the last character.
    pub fn position(&self, byte: usize) -> TextPosition {
        let byte = byte.min(self.text.len());
        let line = self.line_of(byte);
        let start = self.line_starts()[line] as usize;
        let column = self.text[start..byte].chars().count();
        TextPosition {
            line: line + 1,
            column: column + 1,
            byte,
        }
    }
}

/// All files of one run.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
}

impl Sources {
    pub fn add(&mut self, file: SourceFile) -> FileId {
        let id = FileId(narrow(self.files.len()));
        self.files.push(file);
        id
    }

    pub fn get(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    pub fn iter(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        (0..).map(FileId).zip(&self.files)
    }

    pub fn path(&self, span: Span) -> &str {
        self.get(span.file).path()
    }

    pub fn slice(&self, span: Span) -> &str {
        self.get(span.file).text.get(span.range()).unwrap_or("")
    }

    pub fn start(&self, span: Span) -> TextPosition {
        self.get(span.file).position(span.start as usize)
    }

    pub fn end(&self, span: Span) -> TextPosition {
        self.get(span.file).position(span.end as usize)
    }

    /// The same files under other paths.
    pub fn with_paths(&self, rename: &dyn Fn(&str) -> String) -> Self {
        let renamed = |file: &SourceFile| SourceFile {
            path: rename(file.path()),
            ..file.clone()
        };
        Self {
            files: self.files.iter().map(renamed).collect(),
        }
    }
}

/// Stands for a secret wherever one would be shown.
pub const MASK: &str = "***";

/// A comment of an input file: what suppressions are read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// From the comment's mark (`#`, `//`) to its end.
    pub span: Span,
    /// The text after the mark, trimmed.
    pub text: String,
    /// Nothing but blanks stands before it on its line.
    pub own_line: bool,
}

impl Comment {
    /// What the text of a suppression begins with.
    pub const SUPPRESSION: &'static str = "redvet:";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_lines_end_before_the_carriage_return() {
        let file = SourceFile::new("a", "né x\r\nb");
        assert_eq!(file.position(4).column, 4);
        assert_eq!(file.line_range(0), 0..5);
        assert_eq!(file.position(7).line, 2);
    }
}
