//! Source text and places in it: files, spans, line and column positions, and excerpts.
//!
//! An [`Excerpt`] is the type that every parser reads: a text together with the way back to the
//! bytes of the file that it was taken from. A whole file, a Markdown fence inside a list, the
//! value of a YAML block scalar and a quoted argument are all excerpts, so no parser counts
//! indentation or escapes, and every span points into a real file.
//!
//! This module reads no files and knows no format.

use std::ops::Range;
use std::sync::Arc;

/// A file of the scanned tree, by its place in [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A half-open range of bytes in one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

    /// The smallest span that holds both; both must lie in one file.
    pub fn to(self, other: Self) -> Self {
        debug_assert_eq!(self.file, other.file);
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
pub struct Position {
    pub line: usize,
    pub column: usize,
    pub byte: usize,
}

/// One file: its path relative to the root of the universe (with `/`) and its text.
#[derive(Clone, Debug)]
pub struct SourceFile {
    path: String,
    text: Arc<str>,
    line_starts: Vec<u32>,
}

impl SourceFile {
    pub fn new(path: impl Into<String>, text: impl Into<Arc<str>>) -> Self {
        let text = text.into();
        let line_starts = std::iter::once(0)
            .chain(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| narrow(at + 1)))
            .collect();
        Self {
            path: path.into(),
            text,
            line_starts,
        }
    }

    pub fn path(&self) -> &str {
        &self.path
    }

    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// The 0-based line that holds this byte.
    pub fn line_of(&self, byte: usize) -> usize {
        self.line_starts
            .partition_point(|start| *start as usize <= byte)
            .saturating_sub(1)
    }

    /// The bytes of a 0-based line, without its line break (`\n` or `\r\n`).
    pub fn line_range(&self, line: usize) -> Range<usize> {
        let start = self
            .line_starts
            .get(line)
            .map_or(self.text.len(), |s| *s as usize);
        let end = self
            .line_starts
            .get(line + 1)
            .map_or(self.text.len(), |s| *s as usize);
        let body = &self.text[start..end];
        let body = body.strip_suffix('\n').unwrap_or(body);
        let body = body.strip_suffix('\r').unwrap_or(body);
        start..start + body.len()
    }

    pub fn line_count(&self) -> usize {
        self.line_starts.len()
    }

    /// The position of a byte; one past the end is the position after the last character.
    pub fn position(&self, byte: usize) -> Position {
        let byte = byte.min(self.text.len());
        let line = self.line_of(byte);
        let start = self.line_starts[line] as usize;
        let column = self.text[start..byte].chars().count();
        Position {
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

    pub fn start(&self, span: Span) -> Position {
        self.get(span.file).position(span.start as usize)
    }

    pub fn end(&self, span: Span) -> Position {
        self.get(span.file).position(span.end as usize)
    }

    /// The same files, called as they are from a folder further up: `folder` leads from there to
    /// the root.
    pub fn below(&self, folder: &str) -> Self {
        let renamed = |file: &SourceFile| SourceFile {
            path: path_below(folder, file.path()),
            ..file.clone()
        };
        Self {
            files: self.files.iter().map(renamed).collect(),
        }
    }
}

/// A path of the tree as it is from a folder further up; one that leads out of the tree as it is.
pub fn path_below(folder: &str, path: &str) -> String {
    let leads_out = path.starts_with('/') || path == ".." || path.starts_with("../");
    if leads_out {
        path.to_owned()
    } else {
        format!("{folder}/{path}")
    }
}

/// Stands for a secret wherever one would be shown.
pub const MASK: &str = "***";

/// A stretch of an excerpt's text and the bytes of the file that it stands for.
///
/// Where both lengths are equal the bytes correspond one to one; where they differ (an escape,
/// a folded line break) the whole piece stands for the whole range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
    at: u32,
    len: u32,
    origin: u32,
    origin_len: u32,
}

/// A text and the way back to the file that it was taken from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    file: FileId,
    text: Arc<str>,
    pieces: Vec<Piece>,
}

impl Excerpt {
    /// The whole of a file.
    pub fn whole(file: FileId, text: Arc<str>) -> Self {
        let len = narrow(text.len());
        Self {
            file,
            text,
            pieces: vec![Piece {
                at: 0,
                len,
                origin: 0,
                origin_len: len,
            }],
        }
    }

    /// A text that was made of something else and stands for this place.
    pub fn standing_for(text: &str, span: Span) -> Self {
        let piece = Piece {
            at: 0,
            len: narrow(text.len()),
            origin: span.start,
            origin_len: span.end - span.start,
        };
        Self {
            file: span.file,
            text: text.into(),
            pieces: vec![piece],
        }
    }

    pub fn file(&self) -> FileId {
        self.file
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// The bytes of the file that a range of this excerpt's text came from.
    pub fn span(&self, range: Range<usize>) -> Span {
        let start = self.origin_of_start(range.start);
        if range.is_empty() {
            return Span::new(self.file, start, start);
        }
        let end = self.origin_of_end(range.end).max(start);
        Span::new(self.file, start, end)
    }

    /// The whole excerpt's place in the file.
    pub fn span_all(&self) -> Span {
        self.span(0..self.text.len())
    }

    /// A contiguous part of this excerpt.
    pub fn slice(&self, range: Range<usize>) -> Self {
        let mut builder = ExcerptBuilder::new(self);
        builder.push(range);
        builder.finish()
    }

    /// Starts an excerpt that is made of parts of this one.
    pub fn builder(&self) -> ExcerptBuilder<'_> {
        ExcerptBuilder::new(self)
    }

    fn origin_of_start(&self, at: usize) -> usize {
        let next = self.pieces.partition_point(|p| p.at as usize <= at);
        let Some(piece) = next.checked_sub(1).map(|i| self.pieces[i]) else {
            return self.pieces.first().map_or(0, |p| p.origin as usize);
        };
        let into = at - piece.at as usize;
        if into >= piece.len as usize {
            (piece.origin + piece.origin_len) as usize
        } else if piece.len == piece.origin_len {
            piece.origin as usize + into
        } else {
            piece.origin as usize
        }
    }

    fn origin_of_end(&self, at: usize) -> usize {
        let next = self.pieces.partition_point(|p| (p.at as usize) < at);
        let Some(piece) = next.checked_sub(1).map(|i| self.pieces[i]) else {
            return self.pieces.first().map_or(0, |p| p.origin as usize);
        };
        let into = at - piece.at as usize;
        if piece.len == piece.origin_len && into <= piece.len as usize {
            piece.origin as usize + into
        } else {
            (piece.origin + piece.origin_len) as usize
        }
    }
}

/// Builds an excerpt out of ranges of another one, in the order in which they are pushed.
pub struct ExcerptBuilder<'a> {
    base: &'a Excerpt,
    text: String,
    pieces: Vec<Piece>,
}

impl<'a> ExcerptBuilder<'a> {
    fn new(base: &'a Excerpt) -> Self {
        Self {
            base,
            text: String::new(),
            pieces: Vec::new(),
        }
    }

    /// Appends the base's own text of this range.
    pub fn push(&mut self, range: Range<usize>) {
        let first = self
            .base
            .pieces
            .partition_point(|p| ((p.at + p.len) as usize) <= range.start);
        for piece in &self.base.pieces[first..] {
            let (at, end) = (piece.at as usize, (piece.at + piece.len) as usize);
            if at >= range.end {
                break;
            }
            let (from, to) = (at.max(range.start), end.min(range.end));
            let linear = piece.len == piece.origin_len;
            let (origin, origin_len) = if linear {
                (piece.origin + narrow(from - at), narrow(to - from))
            } else {
                (piece.origin, piece.origin_len)
            };
            self.add(&self.base.text[from..to], origin, origin_len);
        }
    }

    /// Appends `text` that stands for this range of the base: an escape, a folded line break.
    pub fn push_as(&mut self, text: &str, range: Range<usize>) {
        if self.base.text.get(range.clone()) == Some(text) {
            return self.push(range);
        }
        let span = self.base.span(range);
        self.add(text, span.start, span.end - span.start);
    }

    fn add(&mut self, text: &str, origin: u32, origin_len: u32) {
        if text.is_empty() {
            return;
        }
        let piece = Piece {
            at: narrow(self.text.len()),
            len: narrow(text.len()),
            origin,
            origin_len,
        };
        self.text.push_str(text);
        match self.pieces.last_mut() {
            Some(last) if joins(last, &piece) => {
                last.len += piece.len;
                last.origin_len += piece.origin_len;
            }
            _ => self.pieces.push(piece),
        }
    }

    /// The excerpt. One without any text stands at the start of its base.
    pub fn finish(self) -> Excerpt {
        let mut pieces = self.pieces;
        if pieces.is_empty() {
            let at = self.base.pieces.first().map_or(0, |p| p.origin);
            pieces.push(Piece {
                at: 0,
                len: 0,
                origin: at,
                origin_len: 0,
            });
        }
        Excerpt {
            file: self.base.file,
            text: self.text.into(),
            pieces,
        }
    }

    /// As [`finish`](Self::finish), but an excerpt without text stands at `at` in the base.
    pub fn finish_at(self, at: usize) -> Excerpt {
        let origin = self.base.span(at..at).start;
        let mut excerpt = self.finish();
        if excerpt.text.is_empty() {
            excerpt.pieces[0].origin = origin;
        }
        excerpt
    }
}

/// Two linear pieces that follow each other in the file as in the text are one.
fn joins(last: &Piece, next: &Piece) -> bool {
    last.len == last.origin_len
        && next.len == next.origin_len
        && last.origin + last.origin_len == next.origin
}

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

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(text: &str) -> Excerpt {
        Excerpt::whole(FileId(0), text.into())
    }

    #[test]
    fn a_block_without_its_indentation_maps_back_line_by_line() {
        let base = whole("k: |\n  one\n  two\n");
        let mut builder = base.builder();
        builder.push(7..11);
        builder.push(13..17);
        let block = builder.finish();
        assert_eq!(block.text(), "one\ntwo\n");
        assert_eq!(block.span(0..3), Span::new(FileId(0), 7, 10));
        assert_eq!(block.span(4..7), Span::new(FileId(0), 13, 16));
        assert_eq!(block.slice(4..7).span(1..3), Span::new(FileId(0), 14, 16));
    }

    #[test]
    fn an_escape_stands_for_its_whole_range() {
        let base = whole("'it''s'");
        let mut builder = base.builder();
        builder.push(1..3);
        builder.push_as("'", 3..5);
        builder.push(5..6);
        let value = builder.finish();
        assert_eq!(value.text(), "it's");
        assert_eq!(value.span(2..3), Span::new(FileId(0), 3, 5));
        assert_eq!(value.span(3..4), Span::new(FileId(0), 5, 6));
    }

    #[test]
    fn columns_count_characters_and_lines_end_before_the_carriage_return() {
        let file = SourceFile::new("a", "né x\r\nb");
        assert_eq!(file.position(4).column, 4);
        assert_eq!(file.line_range(0), 0..5);
        assert_eq!(file.position(7).line, 2);
    }
}
