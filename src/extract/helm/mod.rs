//! Templates of charts with what their own values say: an action that writes such a value is replaced
//! by it, each byte with the place in the file of values that it comes from.
//!
//! What cannot be worked out stays as it is written, and is unknown to whoever reads the text. That is
//! so for conditions, too: only those that ask whether something was given are followed (`with`, and
//! `if` on a mapping or list). Which files belong to which chart is said by [`defaults`].

mod blocks;
pub mod defaults;
mod expression;
mod written;

use std::collections::BTreeMap;
use std::ops::Range;

use crate::source::{Excerpt, ExcerptBuilder, FileId, Span};
use crate::syntax::template;
use crate::syntax::yaml::YamlNode;
use blocks::{BlockAction, TemplateBlockKind};
use expression::{DotValue, TemplateScope};
use written::{RenderedText, TemplateValue};

/// What a chart's templates can refer to.
#[derive(Clone, Copy)]
pub struct TemplateValues<'a> {
    /// The chart's own values.
    pub values: &'a YamlNode,
    /// Its `Chart.yaml`.
    pub chart: Option<&'a YamlNode>,
    /// The template itself, for what it says where the values say nothing.
    pub template: FileId,
}

/// A template with what could be filled in.
#[derive(Clone, Debug)]
pub struct FilledTemplate {
    pub excerpt: Excerpt,
    /// The actions that were replaced, and what they decided about.
    pub spans: Vec<Span>,
}

/// A template with more actions is read as it stands, and so is what blocks this deep hold or what
/// comes to more text.
const MOST_ACTIONS: usize = 2_000;
const DEEPEST: usize = 64;
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// Fills in a template; `None` where nothing in it could be.
pub fn fill(excerpt: &Excerpt, known: TemplateValues<'_>) -> Option<FilledTemplate> {
    let text = excerpt.text();
    let ranges = template::actions(text);
    if ranges.len() > MOST_ACTIONS {
        return None;
    }
    let mut filler = TemplateFiller {
        text,
        builder: excerpt.builder(),
        parts: blocks::parts(text, &ranges)?,
        at: 0,
        trims: false,
        behind_unknown: false,
        filled: Vec::new(),
        written: 0,
        scopes: vec![TemplateScope {
            known,
            dot: DotValue::Root,
            is_root: true,
            variables: BTreeMap::new(),
        }],
    };
    filler.fill();
    let spans: Vec<Span> = filler.filled.into_iter().map(|r| excerpt.span(r)).collect();
    (!spans.is_empty()).then(|| FilledTemplate {
        excerpt: filler.builder.finish(),
        spans,
    })
}

struct TemplateFiller<'a> {
    text: &'a str,
    builder: ExcerptBuilder<'a>,
    parts: Vec<BlockAction<'a>>,
    /// The text before this was passed on.
    at: usize,
    /// The blanks that follow are taken away.
    trims: bool,
    /// What was passed on last is an action that stays.
    behind_unknown: bool,
    filled: Vec<Range<usize>>,
    /// How many bytes were put in.
    written: usize,
    scopes: Vec<TemplateScope<'a>>,
}

/// What is done with an action.
enum ActionStep {
    Keep,
    Write(RenderedText),
    /// The body of a block is passed on without its delimiters.
    Enter {
        next: usize,
    },
}

impl TemplateFiller<'_> {
    fn fill(&mut self) {
        let mut index = 0;
        // The blocks whose delimiters are taken away, innermost last: where their body ends and where
        // they do.
        let mut open: Vec<(usize, usize)> = Vec::new();
        while index < self.parts.len() {
            if let Some((body_end, end)) = open.last().copied().filter(|(at, _)| *at == index) {
                open.pop();
                self.scopes.pop();
                self.leave_out(body_end, end);
                index = end + 1;
                continue;
            }
            match self.step(index) {
                ActionStep::Keep => {
                    self.keep(index);
                    index += 1;
                }
                ActionStep::Write(text) => {
                    self.write(index, &text);
                    index += 1;
                }
                ActionStep::Enter { next } => {
                    let block = self.parts[index].block.clone();
                    let (body_end, end) = block.map_or((next, next), |b| b.body_from(next));
                    self.leave_out(index, next - 1);
                    if next == end + 1 {
                        self.scopes.pop();
                    } else {
                        open.push((body_end, end));
                    }
                    index = next;
                }
            }
        }
        self.literal(self.text.len(), false);
    }

    /// What becomes of an action; a block that is entered has a scope of its own from here on.
    fn step(&mut self, index: usize) -> ActionStep {
        let part = self.parts[index].clone();
        let Some(scope) = self.scopes.last() else {
            return ActionStep::Keep;
        };
        match part.kind {
            TemplateBlockKind::Other => ActionStep::Keep,
            TemplateBlockKind::Output => match scope.evaluate(part.code, part.code_at(self.text)) {
                Some(value) => match value.printed().filter(|text| self.takes(text)) {
                    Some(text) => ActionStep::Write(text),
                    None => ActionStep::Keep,
                },
                None => ActionStep::Keep,
            },
            TemplateBlockKind::Assignment => {
                self.assign(&part);
                ActionStep::Keep
            }
            TemplateBlockKind::With | TemplateBlockKind::If => self.condition(index, &part),
            TemplateBlockKind::Range | TemplateBlockKind::Define => {
                let mut inner = scope.inner(true);
                inner.is_root &= part.kind == TemplateBlockKind::Range;
                inner.forget(part.code);
                self.scopes.push(inner);
                ActionStep::Keep
            }
            TemplateBlockKind::Else => {
                // An alternative has the dot of what is around the block.
                if let [.., outer, scope] = &mut self.scopes[..] {
                    scope.dot = outer.dot.clone();
                }
                ActionStep::Keep
            }
            TemplateBlockKind::End => {
                if self.scopes.len() > 1 {
                    self.scopes.pop();
                }
                ActionStep::Keep
            }
        }
    }

    /// The text can stand for an action.
    fn takes(&self, text: &RenderedText) -> bool {
        text.is_plain() && self.written + text.len() <= MOST_BYTES
    }

    fn assign(&mut self, part: &BlockAction<'_>) {
        let at = part.code_at(self.text);
        let Some((name, code)) = expression::assignment(part.code) else {
            return;
        };
        let offset = at + (part.code.len() - code.text.len());
        let value = self
            .scopes
            .last()
            .and_then(|scope| scope.evaluate(code.text, offset));
        let value = value.filter(|value| code.declares && value.is_small());
        if code.declares {
            if let Some(scope) = self.scopes.last_mut() {
                scope.variables.insert(name.to_owned(), value);
            }
            return;
        }
        for scope in &mut self.scopes {
            scope.variables.insert(name.to_owned(), None);
        }
    }

    /// A condition that asks whether something was given is decided, any other is not.
    fn condition(&mut self, index: usize, part: &BlockAction<'_>) -> ActionStep {
        let scope = self.scopes[self.scopes.len() - 1].clone();
        let value = scope.evaluate(part.code, part.code_at(self.text));
        let is_path = expression::is_path(part.code);
        let decided = value.as_ref().filter(|value| match part.kind {
            TemplateBlockKind::With => true,
            _ => is_path && value.is_collection(),
        });
        let holds = decided.and_then(TemplateValue::holds);
        let (Some(holds), Some(block)) = (holds, &part.block) else {
            let mut inner = scope.inner(part.kind == TemplateBlockKind::With);
            inner.forget(part.code);
            if let (TemplateBlockKind::With, Some(value)) = (part.kind, value) {
                inner.dot = DotValue::Value(value);
            }
            self.scopes.push(inner);
            return ActionStep::Keep;
        };
        let Some(next) = block.enters(index, holds, &self.parts) else {
            self.scopes
                .push(scope.inner(part.kind == TemplateBlockKind::With));
            return ActionStep::Keep;
        };
        let mut inner = scope;
        if let (TemplateBlockKind::With, true, Some(value)) = (part.kind, holds, value) {
            inner.dot = DotValue::Value(value);
            inner.is_root = false;
        }
        self.scopes.push(inner);
        ActionStep::Enter { next }
    }

    fn keep(&mut self, index: usize) {
        let range = self.parts[index].range.clone();
        self.literal(range.start, false);
        self.builder.push(range.clone());
        self.at = range.end;
        self.behind_unknown = true;
    }

    fn write(&mut self, index: usize, text: &RenderedText) {
        let part = self.parts[index].clone();
        self.literal(part.range.start, part.trims_before);
        self.written += text.len();
        for piece in text.pieces() {
            self.builder
                .push_from(&piece.text, part.range.clone(), piece.far);
        }
        self.pass(part.range, part.trims_after);
    }

    /// What stands from one action to another is left out.
    fn leave_out(&mut self, first: usize, last: usize) {
        let (first, last) = (self.parts[first].clone(), self.parts[last].clone());
        self.literal(first.range.start, first.trims_before);
        self.pass(first.range.start..last.range.end, last.trims_after);
    }

    fn pass(&mut self, range: Range<usize>, trims: bool) {
        self.at = range.end;
        self.trims = trims;
        self.behind_unknown = false;
        self.filled.push(range);
    }

    /// The text up to here as it is, without blanks that are taken away on either side.
    fn literal(&mut self, end: usize, trims_end: bool) {
        let mut range = self.at..end.max(self.at);
        let text = self.text;
        if std::mem::take(&mut self.trims) {
            range.start += text[range.clone()].len() - text[range.clone()].trim_start().len();
        }
        let kept = text[range.clone()].trim_end().len();
        // Behind an action that stays its line must stay its own.
        if trims_end && !(self.behind_unknown && kept == 0) {
            range.end = range.start + kept;
        }
        self.behind_unknown &= range.is_empty();
        self.builder.push(range);
        self.at = end;
    }
}

#[cfg(test)]
mod tests;
