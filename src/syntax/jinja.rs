//! Jinja, as templates of Ansible are written in: a text and the parts that it is made of. Blocks are
//! found and nested here; the meaning of an expression is left to the caller.
//!
//! A text whose blocks do not close is no template that can be followed.

use std::ops::Range;

/// A part of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JinjaPart {
    /// Text that is passed on.
    Text(Range<usize>),
    /// `{{ … }}`: the whole of it, and the expression in it.
    Output {
        range: Range<usize>,
        code: Range<usize>,
    },
    /// `{% if … %}` with its alternatives, each with its condition; the last may have none.
    Choice {
        range: Range<usize>,
        branches: Vec<JinjaBranch>,
    },
    /// `{% for NAME in … %}`
    Loop {
        range: Range<usize>,
        code: Range<usize>,
        body: Vec<JinjaPart>,
    },
    /// A statement of another kind.
    Other(Range<usize>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JinjaBranch {
    pub condition: Option<Range<usize>>,
    pub body: Vec<JinjaPart>,
}

impl JinjaPart {
    pub fn range(&self) -> Range<usize> {
        match self {
            Self::Text(range) | Self::Other(range) => range.clone(),
            Self::Output { range, .. } | Self::Choice { range, .. } | Self::Loop { range, .. } => {
                range.clone()
            }
        }
    }
}

/// Blocks in blocks are followed this deep.
const MAX_DEPTH: usize = 32;

/// The parts of a text; `None` where a block does not close.
pub fn parse(text: &str) -> Option<Vec<JinjaPart>> {
    let mut reader = JinjaReader {
        text,
        marks: marks(text),
        next: 0,
        at: 0,
    };
    let (parts, end) = reader.parts(0)?;
    end.is_none().then_some(parts)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MarkKind {
    Output,
    Statement,
    Comment,
}

/// A stretch between delimiters.
struct JinjaMark {
    kind: MarkKind,
    range: Range<usize>,
    code: Range<usize>,
}

/// The delimited stretches of a text, in order.
fn marks(text: &str) -> Vec<JinjaMark> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find('{').map(|found| at + found) {
        let kind = match text.as_bytes().get(start + 1) {
            Some(b'{') => MarkKind::Output,
            Some(b'%') => MarkKind::Statement,
            Some(b'#') => MarkKind::Comment,
            _ => {
                at = start + 1;
                continue;
            }
        };
        let close = match kind {
            MarkKind::Output => "}}",
            MarkKind::Statement => "%}",
            MarkKind::Comment => "#}",
        };
        // Without an end the rest of the text holds no mark of this kind either.
        let Some(length) = text[start + 2..].find(close) else {
            break;
        };
        let code = start + 2..start + 2 + length;
        let mut end = code.end + 2;
        // Ansible takes away the line break behind a statement.
        if kind != MarkKind::Output && text[end..].starts_with('\n') {
            end += 1;
        }
        found.push(JinjaMark {
            kind,
            range: start..end,
            code,
        });
        at = end;
    }
    found
}

struct JinjaReader<'a> {
    text: &'a str,
    marks: Vec<JinjaMark>,
    next: usize,
    at: usize,
}

/// The statement that ended a list of parts: its words' place.
type BlockEnd = Option<Range<usize>>;

impl JinjaReader<'_> {
    /// The parts up to the end of the block that they stand in, and the statement that ends it.
    fn parts(&mut self, depth: usize) -> Option<(Vec<JinjaPart>, BlockEnd)> {
        let mut parts = Vec::new();
        while let Some(mark) = self.marks.get(self.next) {
            let (kind, range, code) = (mark.kind, mark.range.clone(), mark.code.clone());
            self.next += 1;
            if self.at < range.start {
                parts.push(JinjaPart::Text(self.at..range.start));
            }
            self.at = range.end;
            match kind {
                MarkKind::Comment => {}
                MarkKind::Output => parts.push(JinjaPart::Output {
                    range,
                    code: self.trim_code(code),
                }),
                MarkKind::Statement => {
                    let code = self.trim_code(code);
                    let (word, rest) = self.first_word(code.clone());
                    match word {
                        "if" => parts.push(self.choice(range.start, rest, depth + 1)?),
                        "for" => {
                            let (body, end) = self.read_nested(depth + 1)?;
                            if self.first_word(end?).0 != "endfor" {
                                return None;
                            }
                            parts.push(JinjaPart::Loop {
                                range: range.start..self.at,
                                code: rest,
                                body,
                            });
                        }
                        "elif" | "else" | "endif" | "endfor" => return Some((parts, Some(code))),
                        _ => parts.push(JinjaPart::Other(range)),
                    }
                }
            }
        }
        if self.at < self.text.len() {
            parts.push(JinjaPart::Text(self.at..self.text.len()));
            self.at = self.text.len();
        }
        Some((parts, None))
    }

    fn read_nested(&mut self, depth: usize) -> Option<(Vec<JinjaPart>, BlockEnd)> {
        (depth <= MAX_DEPTH).then(|| self.parts(depth))?
    }

    fn choice(&mut self, start: usize, condition: Range<usize>, depth: usize) -> Option<JinjaPart> {
        let mut branches = Vec::new();
        let mut condition = Some(condition);
        loop {
            let (body, end) = self.read_nested(depth)?;
            branches.push(JinjaBranch { condition, body });
            let (word, rest) = self.first_word(end?);
            condition = match word {
                "elif" => Some(rest),
                "else" => None,
                "endif" => break,
                _ => return None,
            };
        }
        Some(JinjaPart::Choice {
            range: start..self.at,
            branches,
        })
    }

    /// Code without the marks that trim what is around it.
    fn trim_code(&self, code: Range<usize>) -> Range<usize> {
        let text = &self.text[code.clone()];
        let is_edge = |c: char| c.is_whitespace() || matches!(c, '-' | '+');
        let start = code.start + (text.len() - text.trim_start_matches(is_edge).len());
        let end = code.end - (text.len() - text.trim_end_matches(is_edge).len());
        start..end.max(start)
    }

    fn first_word(&self, code: Range<usize>) -> (&str, Range<usize>) {
        let text = &self.text[code.clone()];
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        let rest = code.start + end..code.end;
        (&text[..end], self.trim_code(rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_nested() {
        let text = "a {{ x }}\n{% if y -%}\nb\n{% else %}\n{% for z in w %}\nc\n{% endfor %}\n{% endif %}\nd";
        let parts = parse(text).unwrap();
        let JinjaPart::Choice { range, branches } = &parts[3] else {
            panic!("{parts:?}");
        };
        assert_eq!(&text[range.end..], "d");
        assert_eq!(&text[branches[0].condition.clone().unwrap()], "y");
        let JinjaPart::Loop { code, body, .. } = &branches[1].body[0] else {
            panic!("{branches:?}");
        };
        assert_eq!(&text[code.clone()], "z in w");
        assert_eq!(&text[body[0].range()], "c\n");
    }

    #[test]
    fn a_block_that_does_not_close_is_not_followed() {
        for text in ["{% if x %}a", "{% endif %}", "{% for x in y %}{% endif %}"] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(parse("{{ x"), Some(vec![JinjaPart::Text(0..4)]));
    }
}
