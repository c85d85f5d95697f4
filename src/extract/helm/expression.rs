//! Expressions of Go templates, as far as charts use them to write values: paths, literals,
//! parentheses, pipelines, named templates and a few functions. The result of anything else is unknown.

use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use super::named::CallBudget;
use super::written::{RenderedText, TemplateValue};
use super::{TemplateValues, render};
use crate::source::{Excerpt, Span};
use crate::syntax::yaml::YamlNode;

/// What names stand for at one place.
#[derive(Clone)]
pub(super) struct TemplateScope<'a> {
    pub(super) known: TemplateValues<'a>,
    /// What `.` stands for, if that is known.
    pub(super) dot: Option<TemplateValue<'a>>,
    /// What `$` stands for: what the template was called with.
    pub(super) dollar: Option<TemplateValue<'a>>,
    /// The text that the code stands in.
    pub(super) source: &'a Excerpt,
    pub(super) budget: &'a CallBudget,
    /// Values, or that they are not known.
    pub(super) variables: BTreeMap<String, Option<TemplateValue<'a>>>,
}

/// Parentheses are followed as deep as this.
const MAX_DEPTH: usize = 16;

impl<'a> TemplateScope<'a> {
    /// What names stand for in a block whose body may be there or not; in one with a `.` of its own
    /// that one is not known.
    pub(super) fn inner(&self, own_dot: bool) -> Self {
        let mut inner = self.clone();
        if own_dot {
            inner.dot = None;
        }
        inner
    }

    /// Names that a block gives to what it walks through are not what they are outside of it.
    pub(super) fn forget(&mut self, code: &str) {
        let Some((names, _)) = code.split_once(":=") else {
            return;
        };
        for name in names
            .split(',')
            .filter_map(|name| name.trim().strip_prefix('$'))
        {
            self.variables.insert(name.to_owned(), None);
        }
    }

    /// What code comes to that stands at `at` in its file.
    pub(super) fn evaluate(&self, code: &str, at: usize) -> Option<TemplateValue<'a>> {
        let mut reader = TemplateEvaluator {
            scope: self,
            tokens: tokens(code)?,
            next: 0,
            at,
            depth: 0,
        };
        let value = reader.pipeline()?;
        (reader.next == reader.tokens.len()).then_some(value)
    }

    /// What a path stands for: `.Values.a.b`, `$.Values.a`, `.a` below a `with`, `$name.a`.
    fn path(&self, path: &str) -> Option<TemplateValue<'a>> {
        if let Some(rest) = path.strip_prefix('$') {
            let (name, rest) = rest.split_once('.').map_or((rest, ""), |(n, r)| (n, r));
            let value = match name {
                "" => self.dollar.clone()?,
                name => self.variables.get(name)?.clone()?,
            };
            return below(value, rest);
        }
        below(self.dot.clone()?, path.strip_prefix('.')?)
    }
}

/// What everything that a template can refer to holds under a path.
fn global<'a>(known: TemplateValues<'a>, path: &str) -> Option<TemplateValue<'a>> {
    let (object, rest) = path.split_once('.').unwrap_or((path, ""));
    match object {
        "Values" => below(TemplateValue::Node(known.values), rest),
        "Chart" => {
            // The fields of Chart.yaml, with a capital.
            let (first, others) = rest.split_at_checked(1)?;
            let field = format!("{}{others}", first.to_ascii_lowercase());
            match below(TemplateValue::Node(known.chart?), &field)? {
                TemplateValue::Missing => None,
                value => Some(value),
            }
        }
        _ => None,
    }
}

/// The value below the keys of a path.
fn below<'a>(value: TemplateValue<'a>, path: &str) -> Option<TemplateValue<'a>> {
    let path = path.trim_start_matches('.');
    let mut value = match value {
        TemplateValue::Root(known) if !path.is_empty() => return global(known, path),
        value => value,
    };
    let mut keys = path.split('.').filter(|key| !key.is_empty());
    while let Some(key) = keys.next() {
        value = field(&value, key)?;
        if let TemplateValue::Root(known) = value {
            let rest: Vec<&str> = keys.collect();
            return match rest.is_empty() {
                true => Some(value),
                false => global(known, &rest.join(".")),
            };
        }
    }
    Some(value)
}

/// A key that is not there is known not to be; below that nothing is.
fn field<'a>(value: &TemplateValue<'a>, key: &str) -> Option<TemplateValue<'a>> {
    let node: &'a YamlNode = match value {
        TemplateValue::Node(node) => node,
        TemplateValue::Dict(entries) => return entries.get(key).cloned()?,
        TemplateValue::Root(known) => return global(*known, key),
        TemplateValue::Text { .. } | TemplateValue::Missing => return None,
    };
    if !node.is_map() {
        return None;
    }
    match node.get(key) {
        Some(found) => Some(TemplateValue::Node(found)),
        None if node.is_open() => None,
        None => Some(TemplateValue::Missing),
    }
}

#[derive(Clone, Debug, PartialEq)]
enum TemplateToken {
    /// A path, a function, a number.
    Word(String),
    Text(String),
    Open,
    Close,
    Pipe,
}

/// The tokens with their places; `None` where one is none of Go's.
fn tokens(code: &str) -> Option<Vec<(TemplateToken, Range<usize>)>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(first) = code[at..].chars().next() {
        let rest = &code[at..];
        let (token, length) = match first {
            c if c.is_whitespace() => {
                at += c.len_utf8();
                continue;
            }
            '(' => (TemplateToken::Open, 1),
            ')' => (TemplateToken::Close, 1),
            '|' => (TemplateToken::Pipe, 1),
            '"' | '`' => {
                let end = rest[1..].find(first)? + 1;
                let text = &rest[1..end];
                if first == '"' && text.contains('\\') {
                    return None;
                }
                (TemplateToken::Text(text.to_owned()), end + 1)
            }
            _ => {
                let ends = |c: char| c.is_whitespace() || "()|\"`,".contains(c);
                let end = rest.find(ends).unwrap_or(rest.len());
                if end == 0 {
                    return None;
                }
                (TemplateToken::Word(rest[..end].to_owned()), end)
            }
        };
        found.push((token, at..at + length));
        at += length;
    }
    Some(found)
}

struct TemplateEvaluator<'s, 'a> {
    scope: &'s TemplateScope<'a>,
    tokens: Vec<(TemplateToken, Range<usize>)>,
    next: usize,
    /// Where the code stands in its file.
    at: usize,
    depth: usize,
}

/// An argument: its value, if that is known.
type TemplateArgument<'a> = Option<TemplateValue<'a>>;

impl<'a> TemplateEvaluator<'_, 'a> {
    fn peek(&self) -> Option<&TemplateToken> {
        self.tokens.get(self.next).map(|(token, _)| token)
    }

    fn pipeline(&mut self) -> Option<TemplateValue<'a>> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let mut value = self.command(None);
        while self.peek() == Some(&TemplateToken::Pipe) {
            self.next += 1;
            value = self.command(Some(value));
        }
        self.depth -= 1;
        value
    }

    /// A value by itself, or a function with its arguments; what is piped in comes last.
    fn command(&mut self, piped: Option<TemplateArgument<'a>>) -> Option<TemplateValue<'a>> {
        let (token, _) = self.tokens.get(self.next).cloned()?;
        let function = match token {
            TemplateToken::Word(word) if word.starts_with(|c: char| c.is_ascii_alphabetic()) => {
                (!matches!(word.as_str(), "true" | "false" | "nil")).then_some(word)
            }
            _ => None,
        };
        if let Some(function) = function {
            self.next += 1;
            let mut arguments = self.operands();
            arguments.extend(piped);
            let value = match function.as_str() {
                "include" | "template" => self.include(&arguments),
                _ => call(&function, &arguments),
            };
            return value.and_then(TemplateValue::within_bounds);
        }
        let mut operands = self.operands();
        match (operands.len(), piped) {
            (1, None) => operands.pop().flatten(),
            _ => None,
        }
    }

    /// What a named template of the chart writes for the value that it is called with.
    fn include(&self, arguments: &[TemplateArgument<'a>]) -> Option<TemplateValue<'a>> {
        let [Some(name), dot] = arguments else {
            return None;
        };
        let known = self.scope.known;
        let named = known.named?.get(&name.print()?.text())?;
        let text = render(named, dot.clone(), known, self.scope.budget)?;
        Some(TemplateValue::Text { text, typed: false })
    }

    fn operands(&mut self) -> Vec<TemplateArgument<'a>> {
        let mut found = Vec::new();
        while let Some((token, range)) = self.tokens.get(self.next).cloned() {
            match token {
                TemplateToken::Pipe | TemplateToken::Close => break,
                TemplateToken::Open => {
                    self.next += 1;
                    let value = self.pipeline();
                    if self.peek() != Some(&TemplateToken::Close) {
                        // What is wrong in it must not be read as something else.
                        self.next = self.tokens.len() + 1;
                        return vec![None];
                    }
                    self.next += 1;
                    found.push(self.with_fields(value));
                }
                TemplateToken::Text(text) => {
                    self.next += 1;
                    let inner = range.start + 1..range.end - 1;
                    found.push(Some(TemplateValue::literal(
                        &text,
                        self.place(&inner),
                        false,
                    )));
                }
                TemplateToken::Word(word) => {
                    self.next += 1;
                    found.push(self.word(&word, &range));
                }
            }
        }
        found
    }

    /// `( … ).a.b`
    fn with_fields(&mut self, value: TemplateArgument<'a>) -> TemplateArgument<'a> {
        let adjoining = self.next > 0
            && self.tokens.get(self.next).is_some_and(|(token, range)| {
                matches!(token, TemplateToken::Word(word) if word.starts_with('.'))
                    && range.start == self.tokens[self.next - 1].1.end
            });
        if !adjoining {
            return value;
        }
        let Some((TemplateToken::Word(path), _)) = self.tokens.get(self.next).cloned() else {
            return value;
        };
        self.next += 1;
        below(value?, &path)
    }

    fn word(&self, word: &str, range: &Range<usize>) -> TemplateArgument<'a> {
        let is_number = word.bytes().all(|byte| byte.is_ascii_digit());
        if is_number || matches!(word, "true" | "false") {
            return Some(TemplateValue::literal(word, self.place(range), true));
        }
        self.scope.path(word)
    }

    fn place(&self, range: &Range<usize>) -> Span {
        self.scope
            .source
            .span(self.at + range.start..self.at + range.end)
    }
}

/// What a function comes to. The last argument is the one that may be piped in.
fn call<'a>(function: &str, arguments: &[TemplateArgument<'a>]) -> Option<TemplateValue<'a>> {
    let text = |text: RenderedText| TemplateValue::Text { text, typed: false };
    let argument = |index: usize| arguments.get(index)?.as_ref();
    let only = || argument(0).filter(|_| arguments.len() == 1);
    match function {
        "quote" => only()?.quote("\"").map(text),
        "squote" => only()?.quote("'").map(text),
        "toString" => only()?.print().map(text),
        "toYaml" => only()?.as_yaml().map(text),
        "trim" => only()?.print_open().map(|value| text(value.trim())),
        "int" | "int64" => only()?
            .whole()
            .map(|text| TemplateValue::Text { text, typed: true }),
        "indent" | "nindent" => {
            let by: usize = argument(0)?.print()?.text().parse().ok()?;
            let made = argument(1)?.print_open()?.indent_by(by.min(MAX_BLANKS));
            let mut whole = RenderedText::new(if function == "nindent" { "\n" } else { "" }, None);
            whole.append(made);
            Some(text(whole))
        }
        "default" => {
            let given = argument(1)?;
            if given.holds()? {
                Some(given.clone())
            } else {
                argument(0).cloned()
            }
        }
        "coalesce" | "or" => {
            for argument in arguments {
                let value = argument.as_ref()?;
                if value.holds()? {
                    return Some(value.clone());
                }
            }
            arguments.last()?.clone()
        }
        "and" => {
            for argument in arguments {
                let value = argument.as_ref()?;
                if !value.holds()? {
                    return Some(value.clone());
                }
            }
            arguments.last()?.clone()
        }
        "not" | "empty" => only()?.holds().map(|holds| truth(!holds)),
        "eq" | "ne" => {
            let (left, right) = (argument(0)?.print()?, argument(1)?.print()?);
            let is_same = left.text() == right.text();
            (arguments.len() == 2).then(|| truth(is_same == (function == "eq")))
        }
        "hasKey" => {
            let key = argument(1)?.print()?.text();
            let found = field(argument(0)?, &key)?;
            Some(truth(!matches!(found, TemplateValue::Missing)))
        }
        "ternary" => match argument(2)?.holds()? {
            true => argument(0).cloned(),
            false => argument(1).cloned(),
        },
        "lower" | "upper" => {
            let written = only()?.print()?;
            let changed = match function {
                "lower" => written.text().to_lowercase(),
                _ => written.text().to_uppercase(),
            };
            Some(text(RenderedText::new(&changed, written.place())))
        }
        "required" => argument(1)
            .filter(|value| value.holds() == Some(true))
            .cloned(),
        "tpl" => argument(0)?.print_open().map(text),
        "dict" => {
            let mut entries = BTreeMap::new();
            for pair in arguments.chunks(2) {
                let [Some(key), value] = pair else {
                    return None;
                };
                entries.insert(key.print()?.text(), value.clone());
            }
            Some(TemplateValue::Dict(Rc::new(entries)))
        }
        "get" => field(argument(0)?, &argument(1)?.print()?.text()),
        "contains" | "hasPrefix" | "hasSuffix" => {
            let (part, whole) = (argument(0)?.print()?.text(), argument(1)?.print()?.text());
            Some(truth(match function {
                "contains" => whole.contains(&part),
                "hasPrefix" => whole.starts_with(&part),
                _ => whole.ends_with(&part),
            }))
        }
        "trimSuffix" | "trimPrefix" | "trunc" => {
            let (by, written) = (argument(0)?.print()?.text(), argument(1)?.print()?);
            let whole = written.text();
            let changed = match function {
                "trimSuffix" => whole.strip_suffix(&by).unwrap_or(&whole),
                "trimPrefix" => whole.strip_prefix(&by).unwrap_or(&whole),
                _ => whole.get(..by.parse().ok()?).unwrap_or(&whole),
            };
            Some(text(match changed == whole {
                true => written,
                false => RenderedText::new(changed, written.place()),
            }))
        }
        "gt" | "ge" | "lt" | "le" => {
            let number = |index| argument(index)?.whole()?.text().parse::<u64>().ok();
            let order = number(0)?.cmp(&number(1)?);
            Some(truth(match function {
                "gt" => order.is_gt(),
                "ge" => order.is_ge(),
                "lt" => order.is_lt(),
                _ => order.is_le(),
            }))
        }
        "index" => {
            let mut value = argument(0)?.clone();
            for index in 1..arguments.len() {
                value = field(&value, &argument(index)?.print()?.text())?;
            }
            Some(value)
        }
        "printf" => format_text(arguments).map(text),
        _ => None,
    }
}

/// A truth value as templates write it.
fn truth<'a>(holds: bool) -> TemplateValue<'a> {
    TemplateValue::Text {
        text: RenderedText::new(if holds { "true" } else { "false" }, None),
        typed: true,
    }
}

/// No text is indented further.
const MAX_BLANKS: usize = 200;

/// `printf` with `%s`, `%v` and `%d` alone.
fn format_text(arguments: &[TemplateArgument<'_>]) -> Option<RenderedText> {
    let format = arguments.first()?.as_ref()?.print()?.text();
    let mut values = arguments[1..].iter();
    let mut parts = format.split('%');
    let mut made = RenderedText::new(parts.next()?, None);
    for part in parts {
        let (verb, rest) = part.split_at_checked(1)?;
        let value = values.next()?.as_ref()?;
        let written = match verb {
            "s" | "v" => value.print()?,
            "d" => value.whole()?,
            _ => return None,
        };
        made.append(written);
        made.push(rest, None);
    }
    values.next().is_none().then_some(made)
}
