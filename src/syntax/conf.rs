//! Configuration text as lines of words: one directive per line, words with quotes and escapes, `#`
//! only at the start of a line.
//!
//! Follows the servers' own tokenizer (`sdssplitargs` in `src/sds.c`), as measured on eleven
//! servers. The meaning of words is not known here.

use std::borrow::Cow;
use std::ops::Range;

use crate::source::{Comment, Excerpt, Span};

/// One word, quotes and escapes resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfWord {
    pub text: String,
    /// The bytes of the excerpt that spell it, quotes included.
    pub range: Range<usize>,
    /// A quote stands in it: its text is not its spelling.
    pub quoted: bool,
}

/// One line that is neither blank nor a comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfLine {
    /// 1-based, counted in the text as the server counts it.
    pub number: usize,
    /// The bytes of the line without blanks at both ends.
    pub range: Range<usize>,
    pub words: Vec<ConfWord>,
    /// A quote is never closed: every tokenizer refuses the line; `words` holds what came before.
    pub unbalanced: bool,
    /// More of a word follows a closing quote: most tokenizers refuse the line, and `words` is what
    /// the others read.
    pub glued: bool,
}

/// A text's lines and its comments.
#[derive(Clone, Debug, Default)]
pub struct ConfText {
    pub lines: Vec<ConfLine>,
    pub comments: Vec<Comment>,
}

/// Servers read a file in pieces of a line or of this many bytes, and lose what follows a NUL byte in
/// a piece: the end of the line too.
const PIECE: usize = 1024;

/// A text as a server is left with it.
#[derive(Clone, Debug)]
pub struct KeptConfig<'a> {
    pub text: Cow<'a, str>,
    /// Where each part of it begins, here and in the text that was given.
    parts: Vec<(usize, usize)>,
}

impl KeptConfig<'_> {
    /// The bytes of the given text that a range of the kept one spells; what was lost between them
    /// belongs to it.
    fn original(&self, range: &Range<usize>) -> Range<usize> {
        let at = |kept: usize| {
            let part = self.parts.partition_point(|(start, _)| *start <= kept);
            match part.checked_sub(1).and_then(|i| self.parts.get(i)) {
                Some((start, original)) => original + (kept - start),
                None => kept,
            }
        };
        match range.end.checked_sub(1) {
            Some(last) if range.start < range.end => at(range.start)..at(last) + 1,
            _ => at(range.start)..at(range.start),
        }
    }
}

/// What a server keeps of a text.
pub fn keep_lines(text: &str) -> KeptConfig<'_> {
    if !text.contains('\0') {
        return KeptConfig {
            text: text.into(),
            parts: Vec::new(),
        };
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut parts = Vec::new();
    let mut start = 0;
    for line in text.as_bytes().split_inclusive(|b| *b == b'\n') {
        for piece in line.chunks(PIECE) {
            let whole = piece.split(|b| *b == 0).next().unwrap_or_default();
            parts.push((bytes.len(), start));
            bytes.extend_from_slice(whole);
            start += piece.len();
        }
    }
    KeptConfig {
        text: in_place(&bytes).into(),
        parts,
    }
}

/// The bytes as text of the same length: a character that lost a part of itself leaves marks.
fn in_place(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| '?'));
    }
    text
}

/// Splits a text. Any text will do.
pub fn parse(excerpt: &Excerpt) -> ConfText {
    let kept = keep_lines(excerpt.text());
    let mut parsed = ConfText::default();
    for (number, range) in number_lines(&kept.text) {
        if kept.text[range.clone()].starts_with('#') {
            let span = excerpt.span(kept.original(&range));
            parsed.comments.push(comment(&kept.text[range], span));
            continue;
        }
        let mut line = line(&kept.text, number, range, false);
        line.range = kept.original(&line.range);
        for word in &mut line.words {
            word.range = kept.original(&word.range);
        }
        parsed.lines.push(line);
    }
    parsed
}

/// The lines of a bare text that are neither blank nor comments. Any text will do.
pub fn lines(text: &str) -> Vec<ConfLine> {
    lines_as(text, false)
}

/// The same for a tokenizer that takes more of a word behind a closing quote, or for one that does not.
pub fn lines_as(text: &str, adjacent: bool) -> Vec<ConfLine> {
    number_lines(text)
        .filter(|(_, range)| !text[range.clone()].starts_with('#'))
        .map(|(number, range)| line(text, number, range, adjacent))
        .collect()
}

/// The lines that are not blank, without the blanks at their ends.
fn number_lines(text: &str) -> impl Iterator<Item = (usize, Range<usize>)> + '_ {
    let mut start = 0;
    let pieces = text.split_inclusive('\n').enumerate();
    let pieces = pieces.map(move |(i, piece)| {
        let range = trim_range(text, start..start + piece.len());
        start += piece.len();
        (i + 1, range)
    });
    pieces.filter(|(_, range)| !range.is_empty())
}

/// Splits one line's text into words: the arguments of a command, an operator's field.
pub fn words(text: &str) -> (Vec<ConfWord>, bool) {
    let line = line(text, 1, 0..text.len(), false);
    (line.words, line.unbalanced || line.glued)
}

fn comment(text: &str, span: Span) -> Comment {
    Comment {
        span,
        text: text.trim_start_matches('#').trim().to_owned(),
        own_line: true,
    }
}

/// The servers trim these four at both ends of a line.
fn trim_range(text: &str, range: Range<usize>) -> Range<usize> {
    let blank = |c: char| matches!(c, ' ' | '\t' | '\r' | '\n');
    let line = &text[range.clone()];
    let without_end = line.trim_end_matches(blank);
    let body = without_end.trim_start_matches(blank);
    let start = range.start + (without_end.len() - body.len());
    start..start + body.len()
}

fn line(text: &str, number: usize, range: Range<usize>, adjacent: bool) -> ConfLine {
    let mut scanner = ConfScanner {
        bytes: text.as_bytes(),
        at: range.start,
        end: range.end,
        adjacent,
        glued: false,
    };
    let mut words = Vec::new();
    let mut unbalanced = false;
    loop {
        scanner.skip_blanks();
        if scanner.at >= scanner.end {
            break;
        }
        match scanner.word() {
            Ok(word) => words.push(word),
            Err(UnbalancedQuotes) => {
                unbalanced = true;
                break;
            }
        }
    }
    ConfLine {
        number,
        range,
        words,
        unbalanced,
        glued: scanner.glued,
    }
}

struct UnbalancedQuotes;

struct ConfScanner<'a> {
    bytes: &'a [u8],
    at: usize,
    end: usize,
    adjacent: bool,
    glued: bool,
}

impl ConfScanner<'_> {
    fn peek(&self) -> Option<u8> {
        (self.at < self.end).then(|| self.bytes[self.at])
    }

    /// Between words every white space of C's `isspace` is skipped, within a word only blank, tab
    /// and line ends finish it: a form feed is part of a word that has begun.
    fn skip_blanks(&mut self) {
        while self
            .peek()
            .is_some_and(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n' | 0x0b | 0x0c))
        {
            self.at += 1;
        }
    }

    fn ends_word(byte: Option<u8>) -> bool {
        byte.is_none_or(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n' | 0))
    }

    fn word(&mut self) -> Result<ConfWord, UnbalancedQuotes> {
        let start = self.at;
        let mut text = Vec::new();
        let mut quoted = false;
        while !Self::ends_word(self.peek()) {
            let byte = self.bytes[self.at];
            self.at += 1;
            match byte {
                b'"' | b'\'' => {
                    quoted = true;
                    match byte {
                        b'"' => self.double_quoted(&mut text)?,
                        _ => self.single_quoted(&mut text)?,
                    }
                    // To others these two are a part of the word.
                    if !self.adjacent && matches!(self.peek(), Some(0x0b | 0x0c)) {
                        break;
                    }
                }
                other => text.push(other),
            }
        }
        if self.peek() == Some(0) {
            // The server's text ends at a NUL byte.
            self.at = self.end;
        }
        Ok(ConfWord {
            text: String::from_utf8_lossy(&text).into_owned(),
            range: start..self.at,
            quoted,
        })
    }

    fn double_quoted(&mut self, text: &mut Vec<u8>) -> Result<(), UnbalancedQuotes> {
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'\\' => self.escape(text)?,
                b'"' => return self.after_quote(),
                other => text.push(other),
            }
        }
        Err(UnbalancedQuotes)
    }

    fn single_quoted(&mut self, text: &mut Vec<u8>) -> Result<(), UnbalancedQuotes> {
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'\\' if self.peek() == Some(b'\'') => {
                    self.at += 1;
                    text.push(b'\'');
                }
                b'\'' => return self.after_quote(),
                other => text.push(other),
            }
        }
        Err(UnbalancedQuotes)
    }

    /// Most servers want a blank or the end of the line after a closing quote.
    fn after_quote(&mut self) -> Result<(), UnbalancedQuotes> {
        let blank = |b: u8| matches!(b, b' ' | b'\t' | b'\r' | b'\n' | 0x0b | 0x0c);
        self.glued |= self.peek().is_some_and(|b| !blank(b));
        Ok(())
    }

    fn escape(&mut self, text: &mut Vec<u8>) -> Result<(), UnbalancedQuotes> {
        let byte = self.peek().ok_or(UnbalancedQuotes)?;
        self.at += 1;
        let plain = match byte {
            b'x' => self.hex().unwrap_or(b'x'),
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'b' => 0x08,
            b'a' => 0x07,
            other => other,
        };
        text.push(plain);
        Ok(())
    }

    fn hex(&mut self) -> Option<u8> {
        let digits = self.bytes.get(self.at..self.at + 2)?;
        if self.at + 2 > self.end {
            return None;
        }
        let text = std::str::from_utf8(digits).ok()?;
        let value = u8::from_str_radix(text, 16).ok()?;
        self.at += 2;
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;
    use proptest::prelude::*;

    fn split(text: &str) -> Vec<String> {
        words(text).0.into_iter().map(|w| w.text).collect()
    }

    #[test]
    fn words_as_the_server_splits_them() {
        assert_eq!(
            split("maxmemory 100mb # foo"),
            ["maxmemory", "100mb", "#", "foo"]
        );
        assert_eq!(split("maxmemory 100\"mb\""), ["maxmemory", "100mb"]);
        assert_eq!(
            split("requirepass \"a # b\\x41\\n\""),
            ["requirepass", "a # bA\n"]
        );
        assert_eq!(split("save ''"), ["save", ""]);
        assert_eq!(split("x 'don\\'t' \\y"), ["x", "don't", "\\y"]);
    }

    #[test]
    fn quotes_that_the_server_refuses() {
        for text in ["a \"abc\"def", "a \"a\"\"b\"", "a \"abc", "a don't"] {
            assert!(words(text).1, "{text}");
        }
    }

    #[test]
    fn lines_keep_their_number_and_place_and_comments_stand_apart() {
        let excerpt = Excerpt::whole(FileId(0), "# top\r\n\r\n  hz 10 \r\n#x".into());
        let text = parse(&excerpt);
        assert_eq!(text.lines.len(), 1);
        assert_eq!(text.lines[0].number, 3);
        assert_eq!(
            excerpt.span(text.lines[0].range.clone()),
            Span::new(FileId(0), 11, 16)
        );
        let comments: Vec<_> = text.comments.iter().map(|c| c.text.as_str()).collect();
        assert_eq!(comments, ["top", "x"]);
    }

    #[test]
    fn a_nul_byte_takes_the_rest_of_its_line() {
        let text = "hz 20\0x\nhz 30\n# a\n";
        assert_eq!(keep_lines(text).text, "hz 20hz 30\n# a\n");
        let excerpt = Excerpt::whole(FileId(0), text.into());
        let parsed = parse(&excerpt);
        let spelled: Vec<&str> = parsed.lines[0]
            .words
            .iter()
            .map(|w| &text[w.range.clone()])
            .collect();
        assert_eq!(spelled, ["hz", "20\0x\nhz", "30"]);
        assert_eq!(&text[parsed.comments[0].span.range()], "# a");
        // A character that is cut leaves its place.
        let long = format!("{}\0{}é30\n", "a".repeat(1000), "b".repeat(22));
        assert_eq!(keep_lines(&long).text, format!("{}?30\n", "a".repeat(1000)));
    }

    proptest! {
        #[test]
        fn any_text_is_split_without_a_panic(text in "\\PC*[\"'\\\\\\x00\\n ]*\\PC*") {
            let excerpt = Excerpt::whole(FileId(0), text.as_str().into());
            for line in parse(&excerpt).lines {
                for word in line.words {
                    let spelled = text[word.range.clone()].starts_with(&word.text);
                    prop_assert!(word.quoted || spelled || text.contains('\0'));
                }
            }
        }
    }
}
