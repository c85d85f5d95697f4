//! Finds template actions in a text and classifies them. Takes linear time for any input: an action
//! never extends past the start of the next one.

use std::ops::Range;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TemplateAction {
    /// With its delimiters.
    pub(super) range: Range<usize>,
    pub(super) sort: ActionKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ActionKind {
    /// Writes text; how far it is indented, if the action says so.
    Output { indent: Option<usize> },
    /// Decides about the lines that follow: `if`, `else`, `range`, `with`, `for`.
    Branch,
    /// Writes nothing: `end`, `define`, an assignment, a comment.
    Silent,
}

pub(super) fn find(text: &str) -> Vec<TemplateAction> {
    let mut finder = ActionFinder::new(text);
    let mut actions = Vec::new();
    let mut at = 0;
    while let Some(open) = memchr::memchr2(b'{', b'@', &text.as_bytes()[at..]) {
        let start = at + open;
        at = start + 1;
        let placeholder = placeholder_end(text, start);
        if let Some(end) = placeholder.or_else(|| finder.end_of(start)) {
            let sort = match placeholder {
                Some(_) => ActionKind::Output { indent: None },
                None => sort(&text[start..end]),
            };
            actions.push(TemplateAction {
                range: start..end,
                sort,
            });
            at = end;
        }
    }
    actions
}

/// The end of a `@NAME@` in capitals, as build tools write it, that starts at this sign and at no word.
fn placeholder_end(text: &str, start: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let inner = text.as_bytes().get(start + 1..)?;
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric();
    let behind_word = start > 0 && is_word(&bytes[start - 1]);
    let is_part = |byte: &&u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || **byte == b'_';
    let length = inner
        .iter()
        .take(MAX_NAME_LENGTH)
        .take_while(is_part)
        .count();
    let fits = bytes[start] == b'@' && !behind_word && length > 1 && inner[0].is_ascii_uppercase();
    (fits && inner.get(length) == Some(&b'@')).then_some(start + length + 2)
}

/// A text may hold a `@NAME@`.
pub(super) fn has_placeholder(text: &str) -> bool {
    memchr::memchr_iter(b'@', text.as_bytes()).any(|at| placeholder_end(text, at).is_some())
}

/// No name of a placeholder is longer than this.
const MAX_NAME_LENGTH: usize = 64;

/// No action is longer than this; it bounds what one that never ends can cost.
const MAX_LENGTH: usize = 64 * 1024;

struct ActionFinder<'a> {
    bytes: &'a [u8],
    backquote: NextDelimiter,
    go_comment: NextDelimiter,
    jinja_comment: NextDelimiter,
    /// Up to here no quote closes on its line.
    open_quote_until: usize,
}

/// The next place of a delimiter, searched for once and not at each opening before it.
struct NextDelimiter {
    delimiter: &'static [u8],
    searched: Range<usize>,
}

impl NextDelimiter {
    fn new(delimiter: &'static [u8]) -> Self {
        Self {
            delimiter,
            searched: 0..0,
        }
    }

    fn at_or_after(&mut self, from: usize, bytes: &[u8]) -> Option<usize> {
        if !self.searched.contains(&from) {
            let found = memchr::memmem::find(bytes.get(from..)?, self.delimiter);
            let end = found.map_or(usize::MAX, |at| from + at + 1);
            self.searched = from..end;
        }
        (self.searched.end != usize::MAX).then(|| self.searched.end - 1)
    }
}

impl<'a> ActionFinder<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            bytes: text.as_bytes(),
            backquote: NextDelimiter::new(b"`"),
            go_comment: NextDelimiter::new(b"*/"),
            jinja_comment: NextDelimiter::new(b"#}"),
            open_quote_until: 0,
        }
    }

    /// The end of the action that starts at this brace, if one does.
    fn end_of(&mut self, start: usize) -> Option<usize> {
        match self.bytes.get(start + 1)? {
            b'{' => self
                .go_comment_end(start)
                .or_else(|| self.code_end(start, b"}}")),
            b'%' => self.code_end(start, b"%}"),
            b'#' => {
                let close = self.jinja_comment.at_or_after(start + 2, self.bytes)?;
                Some(close + 2)
            }
            _ => None,
        }
    }

    /// `{{/* … */}}`: nothing in it is code.
    fn go_comment_end(&mut self, start: usize) -> Option<usize> {
        let from = start + 2 + leading(&self.bytes[start + 2..], b"- \t");
        if !self.bytes[from..].starts_with(b"/*") {
            return None;
        }
        let close = self.go_comment.at_or_after(from + 2, self.bytes)? + 2;
        let end = close + leading(&self.bytes[close..], b"- \t\r\n");
        self.bytes[end..].starts_with(b"}}").then_some(end + 2)
    }

    /// The closing delimiter outside of strings. Where another action starts first, a string was
    /// none, and the first delimiter counts.
    fn code_end(&mut self, start: usize, close: &[u8; 2]) -> Option<usize> {
        let mut at = start + 2;
        let limit = start.saturating_add(MAX_LENGTH);
        while let Some(byte) = self.bytes.get(at).filter(|_| at < limit) {
            let rest = &self.bytes[at..];
            if rest.starts_with(close) {
                return Some(at + 2);
            }
            if rest.starts_with(b"{{") || rest.starts_with(b"{%") {
                break;
            }
            at = match byte {
                b'"' | b'\'' => self.find_quote_end(at, *byte),
                b'`' => self.raw_end(at),
                _ => at + 1,
            };
        }
        let inside = &self.bytes[start + 2..at.min(self.bytes.len())];
        memchr::memmem::find(inside, close).map(|end| start + 2 + end + 2)
    }

    /// After a string that closes on its own line, else after the quote alone.
    fn find_quote_end(&mut self, at: usize, quote: u8) -> usize {
        if at < self.open_quote_until {
            return at + 1;
        }
        let mut next = at + 1;
        while let Some(byte) = self.bytes.get(next) {
            match byte {
                b'\\' => next += 2,
                b'\n' => break,
                byte if *byte == quote => return next + 1,
                _ => next += 1,
            }
        }
        self.open_quote_until = next;
        at + 1
    }

    fn raw_end(&mut self, at: usize) -> usize {
        let close = self.backquote.at_or_after(at + 1, self.bytes);
        close.unwrap_or(at) + 1
    }
}

/// How many of the first bytes are among these.
fn leading(bytes: &[u8], among: &[u8]) -> usize {
    let is_among = |byte: &&u8| among.contains(byte);
    bytes.iter().take_while(is_among).count()
}

fn sort(action: &str) -> ActionKind {
    let inner = action[2..action.len().saturating_sub(2).max(2)]
        .trim_start_matches(['-', '+'])
        .trim_start();
    let word_end = inner
        .find(|c: char| !c.is_ascii_alphabetic())
        .unwrap_or(inner.len());
    match &inner[..word_end] {
        "if" | "else" | "range" | "with" | "for" | "elif" => ActionKind::Branch,
        "end" | "define" | "break" | "continue" => ActionKind::Silent,
        "include" => ActionKind::Output {
            indent: indentation(inner),
        },
        _ if action.starts_with("{%") || action.starts_with("{#") => ActionKind::Silent,
        _ if inner.starts_with("/*") || is_assignment(inner) => ActionKind::Silent,
        _ => ActionKind::Output {
            indent: indentation(inner),
        },
    }
}

/// `$name := …` or `$name = …`.
fn is_assignment(inner: &str) -> bool {
    let Some(rest) = inner.strip_prefix('$') else {
        return false;
    };
    let rest = rest.trim_start_matches(|c: char| c.is_alphanumeric() || matches!(c, '_' | ','));
    let rest = rest.trim_start();
    rest.starts_with(":=") || (rest.starts_with('=') && !rest.starts_with("=="))
}

/// The number of `indent N` or `nindent N`; the last one is what counts in a pipeline.
fn indentation(inner: &str) -> Option<usize> {
    let (_, after) = inner.rsplit_once("indent")?;
    let digits = after.trim_start_matches([' ', '(']);
    let end = digits
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(digits.len());
    digits[..end].parse().ok()
}
