//! Maps the value of a scalar back to its source: which source bytes each part of the value stands
//! for.
//!
//! Two pointers advance over both texts. The value is the parser's and is never recomputed: each
//! step verifies that the value continues as expected. If it does not, alignment is abandoned, and
//! the caller maps the whole value to the whole source.

use std::ops::Range;

use super::ScalarStyle;

/// A stretch of the value: the source bytes themselves, or one character that stands for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ValueStretch {
    pub(super) range: Range<usize>,
    pub(super) stands_for: Option<char>,
}

impl ValueStretch {
    pub(super) fn verbatim(range: Range<usize>) -> Self {
        Self {
            range,
            stands_for: None,
        }
    }
}

/// Aligns a plain or quoted scalar; `range` is what stands between the quotes.
pub(super) fn flow(
    source: &str,
    range: Range<usize>,
    value: &str,
    style: ScalarStyle,
) -> Option<Vec<ValueStretch>> {
    if source.get(range.clone())? == value {
        return Some(vec![ValueStretch::verbatim(range)]);
    }
    let mut walk = ScalarWalk::new(source, value);
    let mut at = range.start;
    while at < range.end {
        at = walk.flow_step(at, range.end, style)?;
    }
    walk.finish()
}

/// Aligns a block scalar; `range` holds its whole lines, without the header's, and `indent` is what
/// each of them starts with.
pub(super) fn block(
    source: &str,
    range: Range<usize>,
    indent: usize,
    value: &str,
) -> Option<Vec<ValueStretch>> {
    let mut walk = ScalarWalk::new(source, value);
    let mut breaks = Vec::new();
    for line in ScalarLines::new(source, range.clone()) {
        let body = line.without_indent(source, indent);
        if !body.is_empty() {
            walk.block_breaks(&mut breaks, body.start)?;
            walk.verbatim(body)?;
        }
        if walk.is_done() {
            return walk.finish();
        }
        if !line.line_break.is_empty() {
            breaks.push(line.line_break);
        }
    }
    walk.last_breaks(&breaks, range.end)?;
    walk.finish()
}

struct ScalarWalk<'a> {
    source: &'a str,
    rest: &'a str,
    parts: Vec<ValueStretch>,
}

impl<'a> ScalarWalk<'a> {
    fn new(source: &'a str, value: &'a str) -> Self {
        Self {
            source,
            rest: value,
            parts: Vec::new(),
        }
    }

    fn is_done(&self) -> bool {
        self.rest.is_empty()
    }

    fn finish(self) -> Option<Vec<ValueStretch>> {
        self.is_done().then_some(self.parts)
    }

    /// The value goes on with these bytes of the source.
    fn verbatim(&mut self, range: Range<usize>) -> Option<()> {
        self.rest = self.rest.strip_prefix(self.source.get(range.clone())?)?;
        self.parts.push(ValueStretch::verbatim(range));
        Some(())
    }

    /// The value goes on with this character, which these bytes of the source stand for.
    fn stands_for(&mut self, value: char, range: Range<usize>) -> Option<()> {
        self.rest = self.rest.strip_prefix(value)?;
        self.parts.push(ValueStretch {
            range,
            stands_for: Some(value),
        });
        Some(())
    }

    /// One step through a plain or quoted scalar; gives back where the next one starts.
    fn flow_step(&mut self, at: usize, end: usize, style: ScalarStyle) -> Option<usize> {
        let rest = self.source.get(at..end)?.as_bytes();
        let blanks = rest.iter().take_while(|byte| is_blank(**byte)).count();
        if rest.get(blanks).is_some_and(|byte| is_break(*byte)) {
            return self.fold(at, end, style);
        }
        match rest.first()? {
            b'\'' if style == ScalarStyle::SingleQuoted => {
                self.stands_for('\'', at..at + 2)?;
                Some(at + 2)
            }
            b'\\' if style == ScalarStyle::DoubleQuoted => self.escape(at, end),
            b'#' if style == ScalarStyle::Plain && self.after_blank(at) => {
                self.fold(at, end, style)
            }
            _ => self.run(at, end, style),
        }
    }

    /// Bytes that stand for themselves. Blanks before a line break or a comment are not among them.
    fn run(&mut self, at: usize, end: usize, style: ScalarStyle) -> Option<usize> {
        let bytes = self.source.get(at..end)?.as_bytes();
        let special = |index: usize| match bytes[index] {
            b'\n' | b'\r' => true,
            b'\'' => style == ScalarStyle::SingleQuoted,
            b'\\' => style == ScalarStyle::DoubleQuoted,
            b'#' => style == ScalarStyle::Plain && index > 0 && is_blank(bytes[index - 1]),
            _ => false,
        };
        let stop = (0..bytes.len()).find(|index| special(*index));
        let mut length = stop.unwrap_or(bytes.len());
        if stop.is_some_and(|index| matches!(bytes[index], b'\n' | b'\r' | b'#')) {
            length = bytes[..length]
                .iter()
                .rposition(|byte| !is_blank(*byte))
                .map_or(0, |last| last + 1);
        }
        if length == 0 {
            return self.fold(at, end, style);
        }
        self.verbatim(at..at + length)?;
        Some(at + length)
    }

    /// A run of blanks with line breaks in it: the first break is a space, unless others follow,
    /// which then stand for themselves.
    fn fold(&mut self, at: usize, end: usize, style: ScalarStyle) -> Option<usize> {
        let (breaks, next) = self.breaks_after(at, end, style)?;
        match breaks.as_slice() {
            [] => return None,
            [_] => self.stands_for(' ', at..next)?,
            [_, others @ ..] => {
                for one in others {
                    self.stands_for('\n', one.clone())?;
                }
            }
        }
        Some(next)
    }

    fn escape(&mut self, at: usize, end: usize) -> Option<usize> {
        let rest = self.source.get(at + 1..end)?;
        let kind = rest.chars().next()?;
        if kind == '\n' || kind == '\r' {
            let (breaks, next) = self.breaks_after(at + 1, end, ScalarStyle::DoubleQuoted)?;
            for one in breaks.iter().skip(1) {
                self.stands_for('\n', one.clone())?;
            }
            return Some(next);
        }
        let length = 1 + escape_length(kind, rest);
        let value = self.rest.chars().next()?;
        self.stands_for(value, at..at + length)?;
        Some(at + length)
    }

    /// The line breaks of the blanks (and, in plain scalars, comments) from here on, and where the
    /// text goes on after them.
    fn breaks_after(
        &self,
        at: usize,
        end: usize,
        style: ScalarStyle,
    ) -> Option<(Vec<Range<usize>>, usize)> {
        let bytes = self.source.get(..end)?.as_bytes();
        let mut breaks = Vec::new();
        let mut next = at;
        while next < end {
            match bytes[next] {
                byte if is_blank(byte) => next += 1,
                byte if is_break(byte) => {
                    let length = break_length(bytes, next);
                    breaks.push(next..next + length);
                    next += length;
                }
                b'#' if style == ScalarStyle::Plain && self.after_blank(next) => {
                    next = next_break(bytes, next);
                }
                _ => break,
            }
        }
        Some((breaks, next))
    }

    fn after_blank(&self, at: usize) -> bool {
        at.checked_sub(1)
            .and_then(|before| self.source.as_bytes().get(before))
            .is_some_and(|byte| is_blank(*byte) || is_break(*byte))
    }

    /// What stands in the value for the line breaks between two lines of a block scalar: a space
    /// for one folded break, else as many of the last breaks as the value has.
    fn block_breaks(&mut self, breaks: &mut Vec<Range<usize>>, body: usize) -> Option<()> {
        let newlines = self.leading_newlines();
        let starts_blank = self
            .source
            .as_bytes()
            .get(body)
            .is_some_and(|byte| is_blank(*byte));
        if newlines == 0 && !starts_blank && self.rest.starts_with(' ') {
            let first = breaks.first()?.start;
            self.stands_for(' ', first..body)?;
        }
        let skipped = breaks.len().checked_sub(newlines)?;
        for one in breaks.drain(..).skip(skipped) {
            self.newline(one)?;
        }
        Some(())
    }

    /// The line breaks that chomping left at the end; the parser adds one that is not there when
    /// the text ends without.
    fn last_breaks(&mut self, breaks: &[Range<usize>], end: usize) -> Option<()> {
        for one in breaks.iter().take(self.leading_newlines()) {
            self.newline(one.clone())?;
        }
        if self.rest == "\n" {
            self.stands_for('\n', end..end)?;
        }
        Some(())
    }

    fn newline(&mut self, range: Range<usize>) -> Option<()> {
        if self.source.get(range.clone()) == Some("\n") {
            return self.verbatim(range);
        }
        self.stands_for('\n', range)
    }

    fn leading_newlines(&self) -> usize {
        self.rest.bytes().take_while(|byte| *byte == b'\n').count()
    }
}

/// How many bytes follow the backslash. A pair of surrogates is one character.
fn escape_length(kind: char, rest: &str) -> usize {
    match kind {
        'x' => 3,
        'u' if is_high_surrogate(rest) => 11,
        'u' => 5,
        'U' => 9,
        other => other.len_utf8(),
    }
}

fn is_high_surrogate(rest: &str) -> bool {
    rest.get(1..5)
        .and_then(|digits| u32::from_str_radix(digits, 16).ok())
        .is_some_and(|code| (0xd800..0xdc00).contains(&code))
}

/// A line of a block scalar: its bytes and its line break.
pub(super) struct ScalarLine {
    pub(super) range: Range<usize>,
    pub(super) line_break: Range<usize>,
}

impl ScalarLine {
    /// What is left after the indentation; a line of fewer blanks is empty.
    fn without_indent(&self, source: &str, indent: usize) -> Range<usize> {
        let line = &source.as_bytes()[self.range.clone()];
        let blanks = line.iter().take_while(|byte| **byte == b' ').count();
        self.range.start + blanks.min(indent)..self.range.end
    }
}

/// The lines of a range, each with its line break: `\n`, `\r\n` or `\r`.
pub(super) struct ScalarLines<'a> {
    bytes: &'a [u8],
    next: usize,
}

impl<'a> ScalarLines<'a> {
    pub(super) fn new(source: &'a str, range: Range<usize>) -> Self {
        Self {
            bytes: &source.as_bytes()[..range.end],
            next: range.start,
        }
    }
}

impl Iterator for ScalarLines<'_> {
    type Item = ScalarLine;

    fn next(&mut self) -> Option<ScalarLine> {
        let start = self.next;
        if start >= self.bytes.len() {
            return None;
        }
        let end = next_break(self.bytes, start);
        self.next = end + break_length(self.bytes, end);
        Some(ScalarLine {
            range: start..end,
            line_break: end..self.next,
        })
    }
}

fn next_break(bytes: &[u8], from: usize) -> usize {
    memchr::memchr2(b'\n', b'\r', &bytes[from..]).map_or(bytes.len(), |at| from + at)
}

fn break_length(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at..) {
        Some([b'\r', b'\n', ..]) => 2,
        Some([_, ..]) => 1,
        _ => 0,
    }
}

fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

fn is_break(byte: u8) -> bool {
    byte == b'\n' || byte == b'\r'
}
