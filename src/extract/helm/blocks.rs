//! The actions of a Go template and how they nest.

use std::ops::Range;

/// An action.
#[derive(Clone, Debug)]
pub(super) struct Part<'a> {
    /// With its delimiters.
    pub(super) range: Range<usize>,
    pub(super) kind: Kind,
    /// What is evaluated: the pipeline behind the keyword.
    pub(super) code: &'a str,
    /// Blanks before or after it are taken away.
    pub(super) trims_before: bool,
    pub(super) trims_after: bool,
    /// Of an action that opens a block.
    pub(super) block: Option<Block>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Output,
    Assignment,
    If,
    With,
    Range,
    Define,
    Else,
    End,
    /// A comment, a call of another template, an action of another language.
    Other,
}

/// Where the parts of a block are among all actions.
#[derive(Clone, Debug, Default)]
pub(super) struct Block {
    elses: Vec<usize>,
    end: usize,
}

impl Block {
    /// Where the body starts that a decided condition leads to; nothing where it depends on another
    /// one. Behind the end of the block if it leads to none.
    pub(super) fn enters(&self, opener: usize, holds: bool, parts: &[Part<'_>]) -> Option<usize> {
        match (holds, self.elses.first()) {
            (true, _) => Some(opener + 1),
            (false, None) => Some(self.end + 1),
            (false, Some(other)) => parts[*other].code.is_empty().then_some(other + 1),
        }
    }

    /// Where the body that starts here ends, and where the block does.
    pub(super) fn body_from(&self, start: usize) -> (usize, usize) {
        let next = self.elses.iter().copied().find(|other| *other >= start);
        (next.unwrap_or(self.end), self.end)
    }
}

impl Part<'_> {
    /// Where its code stands in the text.
    pub(super) fn code_at(&self, text: &str) -> usize {
        let inside = &text[self.range.clone()];
        let found = inside.rfind(self.code).unwrap_or(0);
        self.range.start + found
    }
}

/// The actions of a text; `None` where their blocks do not match.
pub(super) fn parts<'a>(text: &'a str, ranges: &[Range<usize>]) -> Option<Vec<Part<'a>>> {
    let mut parts: Vec<Part<'a>> = ranges.iter().map(|range| part(text, range)).collect();
    let mut open: Vec<(usize, Block)> = Vec::new();
    for index in 0..parts.len() {
        match parts[index].kind {
            Kind::If | Kind::With | Kind::Range | Kind::Define => {
                open.push((index, Block::default()));
                if open.len() > super::DEEPEST {
                    return None;
                }
            }
            Kind::Else => open.last_mut()?.1.elses.push(index),
            Kind::End => {
                let (opener, mut block) = open.pop()?;
                block.end = index;
                parts[opener].block = Some(block);
            }
            Kind::Output | Kind::Assignment | Kind::Other => {}
        }
    }
    open.is_empty().then_some(parts)
}

fn part<'a>(text: &'a str, range: &Range<usize>) -> Part<'a> {
    let action = &text[range.clone()];
    let inner = action.strip_prefix("{{").and_then(|a| a.strip_suffix("}}"));
    let before = inner.and_then(|inner| inner.strip_prefix('-'));
    let after = before.or(inner).and_then(|inner| inner.strip_suffix('-'));
    let code = after.or(before).or(inner).unwrap_or("").trim();
    let (kind, code) = match inner {
        Some(_) => kind(code),
        None => (Kind::Other, code),
    };
    Part {
        range: range.clone(),
        kind,
        code,
        trims_before: before.is_some(),
        trims_after: after.is_some(),
        block: None,
    }
}

fn kind(code: &str) -> (Kind, &str) {
    let end = code
        .find(|c: char| !c.is_ascii_alphabetic())
        .unwrap_or(code.len());
    let rest = code[end..].trim_start();
    match &code[..end] {
        "if" => (Kind::If, rest),
        "with" => (Kind::With, rest),
        "range" => (Kind::Range, rest),
        "define" | "block" => (Kind::Define, rest),
        "else" => (Kind::Else, rest),
        "end" => (Kind::End, rest),
        "template" | "break" | "continue" => (Kind::Other, rest),
        _ if code.starts_with("/*") => (Kind::Other, rest),
        _ if super::expression::assignment(code).is_some() => (Kind::Assignment, code),
        _ => (Kind::Output, code),
    }
}
