//! The actions of a Go template and how they nest.

use std::ops::Range;

/// An action.
#[derive(Clone, Debug)]
pub(super) struct BlockAction<'a> {
    /// With its delimiters.
    pub(super) range: Range<usize>,
    pub(super) kind: TemplateBlockKind,
    /// What is evaluated: the pipeline behind the keyword.
    pub(super) code: &'a str,
    /// Blanks before or after it are taken away.
    pub(super) trims_before: bool,
    pub(super) trims_after: bool,
    /// Of an action that opens a block.
    pub(super) block: Option<TemplateBlock>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TemplateBlockKind {
    Output,
    Assignment,
    If,
    With,
    Range,
    Define,
    Else,
    End,
    Comment,
    /// An action of another language, a jump.
    Other,
}

/// Where the parts of a block are among all actions.
#[derive(Clone, Debug, Default)]
pub(super) struct TemplateBlock {
    elses: Vec<usize>,
    end: usize,
}

impl TemplateBlock {
    /// Where the body starts that a decided condition leads to; nothing where it depends on another
    /// one. Behind the end of the block if it leads to none.
    pub(super) fn enters(
        &self,
        opener: usize,
        holds: bool,
        parts: &[BlockAction<'_>],
    ) -> Option<usize> {
        match (holds, self.elses.first()) {
            (true, _) => Some(opener + 1),
            (false, None) => Some(self.end + 1),
            (false, Some(other)) => parts[*other].code.is_empty().then_some(other + 1),
        }
    }

    /// The action that ends it.
    pub(super) fn last(&self) -> usize {
        self.end
    }

    /// The same, of a block without alternatives.
    pub(super) fn plain_end(&self) -> Option<usize> {
        self.elses.is_empty().then_some(self.end)
    }

    /// Where the body that starts here ends, and where the block does.
    pub(super) fn body_from(&self, start: usize) -> (usize, usize) {
        let next = self.elses.iter().copied().find(|other| *other >= start);
        (next.unwrap_or(self.end), self.end)
    }
}

impl BlockAction<'_> {
    /// Where its code stands in the text.
    pub(super) fn code_at(&self, text: &str) -> usize {
        let inside = &text[self.range.clone()];
        let found = inside.rfind(self.code).unwrap_or(0);
        self.range.start + found
    }
}

/// The actions of a text; `None` where their blocks do not match.
pub(super) fn parts<'a>(text: &'a str, ranges: &[Range<usize>]) -> Option<Vec<BlockAction<'a>>> {
    let mut parts: Vec<BlockAction<'a>> = ranges.iter().map(|range| part(text, range)).collect();
    let mut open: Vec<(usize, TemplateBlock)> = Vec::new();
    for index in 0..parts.len() {
        match parts[index].kind {
            TemplateBlockKind::If
            | TemplateBlockKind::With
            | TemplateBlockKind::Range
            | TemplateBlockKind::Define => {
                open.push((index, TemplateBlock::default()));
                if open.len() > super::MAX_DEPTH {
                    return None;
                }
            }
            TemplateBlockKind::Else => open.last_mut()?.1.elses.push(index),
            TemplateBlockKind::End => {
                let (opener, mut block) = open.pop()?;
                block.end = index;
                parts[opener].block = Some(block);
            }
            TemplateBlockKind::Output
            | TemplateBlockKind::Assignment
            | TemplateBlockKind::Comment
            | TemplateBlockKind::Other => {}
        }
    }
    open.is_empty().then_some(parts)
}

fn part<'a>(text: &'a str, range: &Range<usize>) -> BlockAction<'a> {
    let action = &text[range.clone()];
    let inner = action.strip_prefix("{{").and_then(|a| a.strip_suffix("}}"));
    let before = inner.and_then(|inner| inner.strip_prefix('-'));
    let after = before.or(inner).and_then(|inner| inner.strip_suffix('-'));
    let code = after.or(before).or(inner).unwrap_or("").trim();
    let (kind, code) = match inner {
        Some(_) => kind(code),
        None => (TemplateBlockKind::Other, code),
    };
    BlockAction {
        range: range.clone(),
        kind,
        code,
        trims_before: before.is_some(),
        trims_after: after.is_some(),
        block: None,
    }
}

fn kind(code: &str) -> (TemplateBlockKind, &str) {
    let end = code
        .find(|c: char| !c.is_ascii_alphabetic())
        .unwrap_or(code.len());
    let rest = code[end..].trim_start();
    match &code[..end] {
        "if" => (TemplateBlockKind::If, rest),
        "with" => (TemplateBlockKind::With, rest),
        "range" => (TemplateBlockKind::Range, rest),
        "define" | "block" => (TemplateBlockKind::Define, rest),
        "else" => (TemplateBlockKind::Else, rest),
        "end" => (TemplateBlockKind::End, rest),
        "break" | "continue" => (TemplateBlockKind::Other, rest),
        _ if code.starts_with("/*") => (TemplateBlockKind::Comment, rest),
        _ if assignment(code).is_some() => (TemplateBlockKind::Assignment, code),
        _ => (TemplateBlockKind::Output, code),
    }
}

/// The code of `$name := …` or `$name = …`.
pub(super) struct AssignedVariable<'a> {
    pub(super) text: &'a str,
    pub(super) declares: bool,
}

/// `$name := …`.
pub(super) fn assignment(code: &str) -> Option<(&str, AssignedVariable<'_>)> {
    let rest = code.strip_prefix('$')?;
    let end = rest
        .find(|c: char| !(c.is_alphanumeric() || c == '_'))
        .unwrap_or(rest.len());
    let (name, rest) = rest.split_at(end);
    let rest = rest.trim_start();
    let (text, declares) = match rest.strip_prefix(":=") {
        Some(text) => (text, true),
        None => (
            rest.strip_prefix('=').filter(|r| !r.starts_with('='))?,
            false,
        ),
    };
    let assigned = AssignedVariable {
        text: text.trim_start(),
        declares,
    };
    (!name.is_empty()).then_some((name, assigned))
}
