//! Excerpts: a text with the way back to the bytes of the file that it was taken from, and to those of
//! another file where a template put something from there.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use smallvec::{SmallVec, smallvec};

use super::{FileId, Span, narrow};

/// A stretch of an excerpt's text and the bytes of the file that it stands for.
///
/// Where both lengths are equal the bytes correspond one to one; where they differ (an escape,
/// a folded line break) the whole piece stands for the whole range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ExcerptPiece {
    at: u32,
    len: u32,
    origin: u32,
    origin_len: u32,
    /// Where it stands in another file, which this place was filled in from.
    far: Option<Span>,
}

impl ExcerptPiece {
    fn end(&self) -> usize {
        (self.at + self.len) as usize
    }

    /// Its bytes correspond one to one to those of the file.
    fn is_linear(&self) -> bool {
        self.far.is_none() && self.len == self.origin_len
    }

    /// A part of it.
    fn part(&self, from: usize, to: usize) -> Self {
        let (skipped, len) = (narrow(from) - self.at, narrow(to - from));
        let far = self.far.map(|far| {
            let linear = far.end - far.start == self.len;
            let start = far.start + if linear { skipped } else { 0 };
            let end = if linear { start + len } else { far.end };
            Span { start, end, ..far }
        });
        let (origin, origin_len) = if self.is_linear() {
            (self.origin + skipped, len)
        } else {
            (self.origin, self.origin_len)
        };
        Self {
            at: 0,
            len,
            origin,
            origin_len,
            far,
        }
    }
}

/// The pieces of an excerpt; most have one.
type ExcerptPieces = SmallVec<[ExcerptPiece; 1]>;

/// A text and the way back to the file that it was taken from.
#[derive(Clone)]
pub struct Excerpt {
    file: FileId,
    /// Shared with the excerpt that it is one stretch of: most scalars of a file are.
    whole: Arc<str>,
    start: u32,
    end: u32,
    pieces: ExcerptPieces,
}

/// Two are equal by what they hold, whatever else stands in the text that they share.
impl PartialEq for Excerpt {
    fn eq(&self, other: &Self) -> bool {
        self.file == other.file && self.text() == other.text() && self.pieces == other.pieces
    }
}

impl Eq for Excerpt {}

impl fmt::Debug for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Excerpt")
            .field("file", &self.file)
            .field("text", &self.text())
            .field("pieces", &self.pieces)
            .finish()
    }
}

impl Excerpt {
    /// The whole of a file.
    pub fn whole(file: FileId, text: Arc<str>) -> Self {
        let len = narrow(text.len());
        Self {
            file,
            whole: text,
            start: 0,
            end: len,
            pieces: smallvec![ExcerptPiece {
                at: 0,
                len,
                origin: 0,
                origin_len: len,
                far: None,
            }],
        }
    }

    /// A text that was made of something else and stands for this place.
    pub fn at_span(text: &str, span: Span) -> Self {
        let piece = ExcerptPiece {
            at: 0,
            len: narrow(text.len()),
            origin: span.start,
            origin_len: span.end - span.start,
            far: None,
        };
        Self {
            file: span.file,
            whole: text.into(),
            start: 0,
            end: narrow(text.len()),
            pieces: smallvec![piece],
        }
    }

    pub fn file(&self) -> FileId {
        self.file
    }

    pub fn text(&self) -> &str {
        &self.whole[self.start as usize..self.end as usize]
    }

    /// The bytes of the file that a range of this excerpt's text came from: those of another file
    /// where all of it was filled in from one place there.
    pub fn span(&self, range: Range<usize>) -> Span {
        if let Some(far) = self.far_span(&range) {
            return far;
        }
        let start = self.origin_of_start(range.start);
        if range.is_empty() {
            return Span::new(self.file, start, start);
        }
        let end = self.origin_of_end(range.end).max(start);
        Span::new(self.file, start, end)
    }

    /// The whole excerpt's place in the file.
    pub fn span_all(&self) -> Span {
        self.span(0..self.text().len())
    }

    /// A contiguous part of this excerpt.
    pub fn slice(&self, range: Range<usize>) -> Self {
        let mut builder = ExcerptBuilder::new(self);
        builder.push(range);
        builder.finish()
    }

    /// The excerpt's pieces with what each holds: its text, and its place in another file.
    pub fn parts(&self) -> impl Iterator<Item = (&str, Span)> {
        self.pieces.iter().map(|piece| {
            let range = piece.at as usize..piece.end();
            (&self.text()[range.clone()], self.span(range))
        })
    }

    /// Starts an excerpt that is made of parts of this one.
    pub fn builder(&self) -> ExcerptBuilder<'_> {
        ExcerptBuilder::new(self)
    }

    /// Something in this range was filled in from elsewhere.
    pub fn is_filled(&self, range: &Range<usize>) -> bool {
        let first = self.pieces.partition_point(|p| p.end() <= range.start);
        let inside = self.pieces[first..].iter();
        let mut inside = inside.take_while(|piece| (piece.at as usize) < range.end);
        inside.any(|piece| piece.far.is_some())
    }

    /// Where a range stands in the other file, if all of it came from one place there.
    fn far_span(&self, range: &Range<usize>) -> Option<Span> {
        let first = self.pieces.partition_point(|p| p.end() <= range.start);
        let start = self.pieces.get(first).filter(|piece| piece.far.is_some())?;
        let last = self.pieces.partition_point(|p| (p.at as usize) < range.end);
        let end = self.pieces.get(last.max(first + 1) - 1)?;
        let one_place = (start.origin, start.origin_len) == (end.origin, end.origin_len);
        let part = |piece: &ExcerptPiece| {
            let from = range.start.max(piece.at as usize);
            piece.part(from, range.end.clamp(from, piece.end())).far
        };
        let (from, to) = (part(start)?, part(end).filter(|_| one_place)?);
        (from.file == to.file && from.start <= to.end).then(|| from.to(to))
    }

    fn origin_of_start(&self, at: usize) -> usize {
        let next = self.pieces.partition_point(|p| p.at as usize <= at);
        let Some(piece) = next.checked_sub(1).map(|i| self.pieces[i]) else {
            return self.pieces.first().map_or(0, |p| p.origin as usize);
        };
        let into = at - piece.at as usize;
        if into >= piece.len as usize {
            (piece.origin + piece.origin_len) as usize
        } else if piece.is_linear() {
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
        if piece.is_linear() && into <= piece.len as usize {
            piece.origin as usize + into
        } else {
            (piece.origin + piece.origin_len) as usize
        }
    }
}

/// Builds an excerpt out of ranges of another one, in the order in which they are pushed.
pub struct ExcerptBuilder<'a> {
    base: &'a Excerpt,
    text: BuiltText,
    pieces: ExcerptPieces,
}

/// The text of an excerpt that is being built.
enum BuiltText {
    /// One stretch of the base's, which need not be copied.
    Stretch(Range<usize>),
    Copied(String),
}

/// What is appended to it.
enum AppendedText<'t> {
    OfBase(Range<usize>),
    Other(&'t str),
}

impl<'a> ExcerptBuilder<'a> {
    fn new(base: &'a Excerpt) -> Self {
        Self {
            base,
            text: BuiltText::Stretch(0..0),
            pieces: ExcerptPieces::new(),
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
            self.add(&AppendedText::OfBase(from..to), piece.part(from, to));
        }
    }

    /// Appends `text` that stands for this range of the base: an escape, a folded line break.
    pub fn push_as(&mut self, text: &str, range: Range<usize>) {
        if self.base.text().get(range.clone()) == Some(text) {
            return self.push(range);
        }
        self.push_from(text, range.clone(), self.base.far_span(&range));
    }

    /// Appends `text` that another file put in place of this range.
    pub fn push_from(&mut self, text: &str, range: Range<usize>, far: Option<Span>) {
        let start = self.base.origin_of_start(range.start);
        let end = if range.is_empty() {
            start
        } else {
            self.base.origin_of_end(range.end).max(start)
        };
        let piece = ExcerptPiece {
            at: 0,
            len: narrow(text.len()),
            origin: narrow(start),
            origin_len: narrow(end - start),
            far,
        };
        self.add(&AppendedText::Other(text), piece);
    }

    fn len(&self) -> usize {
        match &self.text {
            BuiltText::Stretch(range) => range.len(),
            BuiltText::Copied(text) => text.len(),
        }
    }

    fn append(&mut self, appended: &AppendedText<'_>) {
        if let (BuiltText::Stretch(stretch), AppendedText::OfBase(range)) =
            (&mut self.text, appended)
        {
            if stretch.start == stretch.end {
                *stretch = range.clone();
                return;
            }
            if stretch.end == range.start {
                stretch.end = range.end;
                return;
            }
        }
        let base = self.base.text();
        if let BuiltText::Stretch(stretch) = &self.text {
            self.text = BuiltText::Copied(base[stretch.clone()].to_owned());
        }
        if let BuiltText::Copied(text) = &mut self.text {
            text.push_str(match appended {
                AppendedText::OfBase(range) => &base[range.clone()],
                AppendedText::Other(text) => text,
            });
        }
    }

    fn add(&mut self, appended: &AppendedText<'_>, piece: ExcerptPiece) {
        if piece.len == 0 {
            return;
        }
        let piece = ExcerptPiece {
            at: narrow(self.len()),
            ..piece
        };
        self.append(appended);
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
            pieces.push(ExcerptPiece {
                at: 0,
                len: 0,
                origin: at,
                origin_len: 0,
                far: None,
            });
        }
        let (whole, range) = match self.text {
            BuiltText::Copied(text) => {
                let len = text.len();
                (Arc::from(text), 0..len)
            }
            BuiltText::Stretch(range) => {
                let start = self.base.start as usize;
                let range = start + range.start..start + range.end;
                (Arc::clone(&self.base.whole), range)
            }
        };
        Excerpt {
            file: self.base.file,
            whole,
            start: narrow(range.start),
            end: narrow(range.end),
            pieces,
        }
    }

    /// As [`finish`](Self::finish), but an excerpt without text stands at `at` in the base.
    pub fn finish_at(self, at: usize) -> Excerpt {
        let origin = self.base.span(at..at).start;
        let mut excerpt = self.finish();
        if excerpt.text().is_empty() {
            excerpt.pieces[0].origin = origin;
        }
        excerpt
    }
}

/// Two linear pieces that follow each other in the file as in the text are one.
fn joins(last: &ExcerptPiece, next: &ExcerptPiece) -> bool {
    last.is_linear() && next.is_linear() && last.origin + last.origin_len == next.origin
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(text: &str) -> Excerpt {
        Excerpt::whole(FileId(0), text.into())
    }

    #[test]
    fn a_stretch_shares_the_text_of_its_base() {
        let base = whole("k: one two");
        let stretch = base.slice(3..10);
        assert!(Arc::ptr_eq(&stretch.whole, &base.whole));
        assert_eq!(stretch.slice(4..7).text(), "two");
        assert_eq!(stretch.slice(4..7).span(0..3), Span::new(FileId(0), 7, 10));
        let mut builder = base.builder();
        builder.push(3..6);
        builder.push(6..10);
        assert!(builder.finish() == stretch);
        let mut builder = base.builder();
        builder.push(3..6);
        builder.push_as("+", 6..7);
        builder.push(7..10);
        let copied = builder.finish();
        assert_eq!(
            (copied.text(), copied.span_all()),
            ("one+two", stretch.span_all())
        );
        assert!(copied != stretch);
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
}
