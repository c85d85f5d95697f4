//! Templates of charts with what their own values say: an action that writes such a value is replaced
//! by it, each byte with the place in the file of values that it comes from.
//!
//! What cannot be worked out stays as it is written, and counts as unknown. A
//! condition that the values decide is followed, but a server that they leave out stays as what may be
//! there: a release may ask for it. Which files belong to which chart is said by [`defaults`].

mod blocks;
pub mod defaults;
mod expression;
mod named;
mod written;

use std::collections::BTreeMap;
use std::ops::Range;

use crate::source::{Excerpt, ExcerptBuilder, FileId, Span};
use crate::syntax::template;
use crate::syntax::yaml::YamlNode;
use blocks::{BlockAction, TemplateBlockKind};
use expression::TemplateScope;
use named::{CallBudget, NamedTemplate, NamedTemplates};
use written::{RenderedText, TemplateValue};

/// What a chart's templates can refer to.
#[derive(Clone, Copy, Debug)]
pub struct TemplateValues<'a> {
    /// The chart's own values.
    pub values: &'a YamlNode,
    /// Its `Chart.yaml`.
    pub chart: Option<&'a YamlNode>,
    /// The templates that it may call.
    pub named: Option<&'a NamedTemplates>,
}

/// A template with what could be filled in.
#[derive(Clone, Debug)]
pub struct FilledTemplate {
    pub excerpt: Excerpt,
    /// The actions that were replaced, and what they decided about.
    pub spans: Vec<Span>,
    /// The files of named templates that it may have called.
    pub helpers: Vec<FileId>,
}

/// A template with more actions is read as it stands, and so is what blocks this deep hold or what
/// comes to more text.
const MAX_ACTIONS: usize = 2_000;
const MAX_DEPTH: usize = 64;
const MAX_BYTES: usize = 4 * 1024 * 1024;
/// A `range` over more entries stays as it is, and so do all behind this many steps.
const MAX_ITEMS: usize = 200;
const MAX_STEPS: usize = 50_000;

/// Fills in a template; `None` where nothing in it could be.
pub fn fill(excerpt: &Excerpt, known: TemplateValues<'_>) -> Option<FilledTemplate> {
    let text = excerpt.text();
    let ranges = template::actions(text);
    if ranges.len() > MAX_ACTIONS {
        return None;
    }
    let parts = blocks::parts(text, &ranges)?;
    let budget = CallBudget::default();
    let scope = TemplateScope {
        known,
        dot: Some(TemplateValue::Root(known)),
        dollar: Some(TemplateValue::Root(known)),
        source: excerpt,
        budget: &budget,
        variables: BTreeMap::new(),
    };
    let output = TemplateOutput::File(excerpt.builder());
    let mut filler = TemplateFiller::new(output, parts, scope);
    filler.fill();
    let spans = merge_ranges(filler.filled).into_iter();
    let spans: Vec<Span> = spans.map(|range| excerpt.span(range)).collect();
    match filler.output {
        TemplateOutput::File(builder) if !spans.is_empty() => Some(FilledTemplate {
            excerpt: builder.finish(),
            spans,
            helpers: known.named.map(NamedTemplates::files).unwrap_or_default(),
        }),
        _ => None,
    }
}

/// What a named template writes for a value; nothing for one that costs too much. What stays unknown
/// in it stays as an action.
fn render<'a>(
    named: &'a NamedTemplate,
    dot: Option<TemplateValue<'a>>,
    known: TemplateValues<'a>,
    budget: &'a CallBudget,
) -> Option<RenderedText> {
    let text = named.body.text();
    budget.enter(text.len())?;
    let Some(parts) = blocks::parts(text, &named.actions) else {
        budget.leave(0);
        return None;
    };
    let scope = TemplateScope {
        known,
        dollar: dot.clone(),
        dot,
        source: &named.body,
        budget,
        variables: BTreeMap::new(),
    };
    let output = TemplateOutput::Text(RenderedText::default());
    let mut filler = TemplateFiller::new(output, parts, scope);
    filler.fill_body();
    budget.leave(filler.steps + filler.written);
    match filler.output {
        TemplateOutput::Text(text) => text.within_bounds(),
        TemplateOutput::File(_) => None,
    }
}

/// Ranges in order, those that overlap as one.
fn merge_ranges(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_unstable_by_key(|range| range.start);
    let mut found: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match found.last_mut() {
            Some(last) if range.start < last.end => last.end = last.end.max(range.end),
            _ => found.push(range),
        }
    }
    found
}

/// Where a template is written to.
enum TemplateOutput<'a> {
    /// The file that it is.
    File(ExcerptBuilder<'a>),
    /// The text of a call: what writes nothing is left out of it.
    Text(RenderedText),
}

struct TemplateFiller<'a> {
    text: &'a str,
    source: &'a Excerpt,
    output: TemplateOutput<'a>,
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
    /// How many actions were looked at, those of a loop each time.
    steps: usize,
    scopes: Vec<TemplateScope<'a>>,
}

/// What is done with an action.
enum ActionStep<'a> {
    Keep,
    /// It writes nothing.
    Silent,
    Write(RenderedText),
    /// The body of a block is passed on without its delimiters.
    Enter {
        next: usize,
    },
    /// The body of a loop is passed on once for each of these scopes.
    Repeat {
        rounds: Vec<LoopRound<'a>>,
        end: usize,
    },
}

/// What a loop names in one of its rounds.
struct LoopRound<'a> {
    dot: TemplateValue<'a>,
    names: Vec<(String, TemplateValue<'a>)>,
}

impl<'a> TemplateFiller<'a> {
    fn new(
        output: TemplateOutput<'a>,
        parts: Vec<BlockAction<'a>>,
        scope: TemplateScope<'a>,
    ) -> Self {
        Self {
            text: scope.source.text(),
            source: scope.source,
            output,
            parts,
            at: 0,
            trims: false,
            behind_unknown: false,
            filled: Vec::new(),
            written: 0,
            steps: 0,
            scopes: vec![scope],
        }
    }

    fn fill(&mut self) {
        self.run(0, self.parts.len());
        self.literal(self.text.len(), false);
    }

    /// The same for a text that is one definition: what stands between its first and its last action.
    fn fill_body(&mut self) {
        let (Some(first), Some(last)) = (self.parts.first().cloned(), self.parts.last().cloned())
        else {
            return;
        };
        (self.at, self.trims) = (first.range.end, first.trims_after);
        self.run(1, self.parts.len() - 1);
        self.literal(last.range.start, last.trims_before);
    }

    /// Passes on a part of the template's own text.
    fn push(&mut self, range: Range<usize>) {
        match &mut self.output {
            TemplateOutput::File(builder) => builder.push(range),
            TemplateOutput::Text(made) => {
                let text = self.text.get(range.clone()).unwrap_or_default();
                made.push(text, Some(self.source.span(range)));
            }
        }
    }

    /// An action that writes nothing: it stays where a person may look for it.
    fn pass_silent(&mut self, index: usize) {
        match self.output {
            TemplateOutput::File(_) => self.keep(index),
            TemplateOutput::Text(_) => self.leave_out(index, index),
        }
    }

    /// Passes on the actions from one to another, with the text before each of them.
    fn run(&mut self, from: usize, to: usize) {
        let mut index = from;
        // The blocks whose delimiters are taken away, innermost last: where their body ends and where
        // they do.
        let mut open: Vec<(usize, usize)> = Vec::new();
        while index < to {
            self.steps += 1;
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
                ActionStep::Silent => {
                    self.pass_silent(index);
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
                ActionStep::Repeat { rounds, end } => {
                    self.repeat(index, end, rounds);
                    index = end + 1;
                }
            }
        }
    }

    /// A loop over what is known: its body once for each entry.
    fn repeat(&mut self, index: usize, end: usize, rounds: Vec<LoopRound<'a>>) {
        let (opener, closer) = (self.parts[index].clone(), self.parts[end].clone());
        self.literal(opener.range.start, opener.trims_before);
        for round in rounds {
            self.at = opener.range.end;
            self.trims = opener.trims_after;
            self.behind_unknown = false;
            let mut scope = self.scopes[self.scopes.len() - 1].inner(true);
            scope.dot = Some(round.dot);
            let names = round.names.into_iter();
            scope
                .variables
                .extend(names.map(|(name, value)| (name, Some(value))));
            self.scopes.push(scope);
            self.run(index + 1, end);
            self.literal(closer.range.start, closer.trims_before);
            self.scopes.pop();
            self.written += closer.range.start - opener.range.end;
        }
        self.pass(opener.range.start..closer.range.end, closer.trims_after);
    }

    /// The rounds of a `range` over a mapping or list that is known whole, and where it ends; nothing
    /// for one that has an alternative.
    fn rounds(&self, part: &BlockAction<'a>) -> Option<(Vec<LoopRound<'a>>, usize)> {
        let end = part.block.as_ref()?.plain_end()?;
        let scope = self.scopes.last()?;
        let (names, code) = part.code.split_once(":=").unwrap_or(("", part.code));
        let offset = part.code_at(self.text) + (part.code.len() - code.trim_start().len());
        let TemplateValue::Node(node) = scope.evaluate(code.trim(), offset)? else {
            return None;
        };
        let names: Vec<&str> = names
            .split(',')
            .filter_map(|name| name.trim().strip_prefix('$'))
            .collect();
        let is_whole = !node.is_open() && !node.has_placeholder();
        let count = node.entries().len() + node.items().len();
        let fits = count <= MAX_ITEMS && self.steps <= MAX_STEPS && self.written <= MAX_BYTES;
        if !is_whole || !fits || !(node.is_map() || node.is_seq()) {
            return None;
        }
        let named = |key: Option<&'a YamlNode>, value: &'a YamlNode| {
            let value = TemplateValue::Node(value);
            let names = match (&names[..], key) {
                ([], _) => Vec::new(),
                ([only], _) => vec![((*only).to_owned(), value.clone())],
                ([_, second, ..], None) => vec![((*second).to_owned(), value.clone())],
                ([first, second, ..], Some(key)) => vec![
                    ((*first).to_owned(), TemplateValue::Node(key)),
                    ((*second).to_owned(), value.clone()),
                ],
            };
            LoopRound { dot: value, names }
        };
        // Templates walk through mappings in the order of their keys.
        let mut entries: Vec<_> = node.entries().iter().collect();
        entries.sort_by_key(|entry| entry.key.as_str().unwrap_or_default());
        let of_map = entries.into_iter().map(|e| named(Some(&e.key), &e.value));
        let of_list = node.items().iter().map(|item| named(None, item));
        Some((of_map.chain(of_list).collect(), end))
    }

    /// What becomes of an action; a block that is entered has a scope of its own from here on.
    fn step(&mut self, index: usize) -> ActionStep<'a> {
        let part = self.parts[index].clone();
        let Some(scope) = self.scopes.last() else {
            return ActionStep::Keep;
        };
        match part.kind {
            TemplateBlockKind::Other => ActionStep::Keep,
            TemplateBlockKind::Output => {
                let value = scope.evaluate(part.code, part.code_at(self.text));
                let text = value.and_then(|value| value.print_open());
                match text.filter(|text| self.takes(&part, text)) {
                    Some(text) => ActionStep::Write(text),
                    None => ActionStep::Keep,
                }
            }
            TemplateBlockKind::Assignment => {
                self.assign(&part);
                ActionStep::Silent
            }
            TemplateBlockKind::Comment => ActionStep::Silent,
            TemplateBlockKind::With | TemplateBlockKind::If => self.condition(index, &part),
            TemplateBlockKind::Range | TemplateBlockKind::Define => {
                let is_loop = part.kind == TemplateBlockKind::Range;
                if let Some((rounds, end)) = is_loop.then(|| self.rounds(&part)).flatten() {
                    return ActionStep::Repeat { rounds, end };
                }
                let mut inner = scope.inner(true);
                if part.kind == TemplateBlockKind::Define {
                    inner.dollar = None;
                }
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

    /// The text can stand for an action. One with actions left in it stands for one that is a line.
    fn takes(&self, part: &BlockAction<'_>, text: &RenderedText) -> bool {
        let before = &self.text[..part.range.start];
        let line = before.rfind('\n').map_or(before, |at| &before[at..]);
        let is_line = || line.trim().is_empty() || text.text().starts_with('\n');
        let stands = text.is_plain() || is_line() && text.is_open_block();
        stands && self.written + text.len() <= MAX_BYTES
    }

    fn assign(&mut self, part: &BlockAction<'_>) {
        let at = part.code_at(self.text);
        let Some((name, code)) = blocks::assignment(part.code) else {
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

    /// What a condition stands around, from its first action to its last.
    fn body(&self, part: &BlockAction<'_>) -> &'a str {
        let text = self.text;
        let last = part.block.as_ref().and_then(|b| self.parts.get(b.last()));
        let body = last.and_then(|last| text.get(part.range.end..last.range.start));
        body.unwrap_or_default()
    }

    /// Whether a block holds whole objects or containers: a release may ask for those that the chart
    /// leaves out, and what is not read cannot be judged.
    fn holds_objects(&self, part: &BlockAction<'_>) -> bool {
        let is_container = |line: &str| {
            let entry = line.trim_start_matches([' ', '-']);
            entry.starts_with("image:") && entry.len() < line.len()
        };
        let mut lines = self.body(part).lines();
        lines.any(|line| line.starts_with("kind:") || is_container(line))
    }

    /// Whether a block holds items of a list: those that the chart leaves out may be asked for one by one,
    /// so the list stays open.
    fn holds_items(&self, part: &BlockAction<'_>) -> bool {
        let mut lines = self.body(part).lines().map(str::trim);
        let first = lines.find(|line| !line.is_empty() && !line.starts_with("{{"));
        first.is_some_and(|line| line.starts_with("- "))
    }

    /// A condition that the values decide is followed.
    fn condition(&mut self, index: usize, part: &BlockAction<'a>) -> ActionStep<'a> {
        let scope = self.scopes[self.scopes.len() - 1].clone();
        let value = scope.evaluate(part.code, part.code_at(self.text));
        let holds = value.as_ref().and_then(TemplateValue::holds);
        // Without an alternative, a test of what is switched on or off leaves a list open.
        let is_given = part.kind == TemplateBlockKind::With
            || value.as_ref().is_some_and(TemplateValue::is_collection);
        let has_other = part.block.as_ref().is_some_and(|b| b.plain_end().is_none());
        let leaves_out = is_given || has_other || !self.holds_items(part);
        let leaves_out = leaves_out && !self.holds_objects(part);
        let holds = holds.filter(|holds| *holds || leaves_out);
        let (Some(holds), Some(block)) = (holds, &part.block) else {
            let mut inner = scope.inner(part.kind == TemplateBlockKind::With);
            inner.forget(part.code);
            if let (TemplateBlockKind::With, Some(value)) = (part.kind, value) {
                inner.dot = Some(value);
            }
            self.scopes.push(inner);
            return ActionStep::Keep;
        };
        let whole = part.range.start..self.parts[block.last()].range.end;
        let Some(next) = block.enters(index, holds, &self.parts) else {
            self.scopes
                .push(scope.inner(part.kind == TemplateBlockKind::With));
            return ActionStep::Keep;
        };
        let mut inner = scope;
        if let (TemplateBlockKind::With, true, Some(value)) = (part.kind, holds, value) {
            inner.dot = Some(value);
        }
        self.scopes.push(inner);
        // What a condition decides about hangs on the values like what they say.
        self.filled.push(whole);
        ActionStep::Enter { next }
    }

    fn keep(&mut self, index: usize) {
        let range = self.parts[index].range.clone();
        self.literal(range.start, false);
        self.push(range.clone());
        self.at = range.end;
        self.behind_unknown = true;
    }

    fn write(&mut self, index: usize, text: &RenderedText) {
        let part = self.parts[index].clone();
        self.literal(part.range.start, part.trims_before);
        self.written += text.len();
        match &mut self.output {
            TemplateOutput::File(builder) => {
                for piece in text.pieces() {
                    builder.push_from(&piece.text, part.range.clone(), piece.far);
                }
            }
            TemplateOutput::Text(made) => made.append(text.clone()),
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
        self.push(range);
        self.at = end;
    }
}

#[cfg(test)]
mod tests;
