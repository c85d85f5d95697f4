//! Expressions of Go templates, as far as charts use them to write values: paths, literals,
//! parentheses, pipelines and a few functions. The result of anything else is unknown.

use std::collections::BTreeMap;
use std::ops::Range;

use super::TemplateValues;
use super::written::{RenderedText, TemplateValue};
use crate::source::Span;
use crate::syntax::yaml::YamlNode;

/// What `.` stands for.
#[derive(Clone, Debug)]
pub(super) enum DotValue<'a> {
    /// Everything that a template can refer to.
    Root,
    Value(TemplateValue<'a>),
    Unknown,
}

/// What names stand for at one place.
#[derive(Clone)]
pub(super) struct TemplateScope<'a> {
    pub(super) known: TemplateValues<'a>,
    pub(super) dot: DotValue<'a>,
    /// `$` stands for everything; in a template of its own it does not.
    pub(super) is_root: bool,
    /// Values, or that they are not known.
    pub(super) variables: BTreeMap<String, Option<TemplateValue<'a>>>,
}

/// The code of `$name := …` or `$name = …`.
pub(super) struct AssignedVariable<'a> {
    pub(super) text: &'a str,
    pub(super) declares: bool,
}

/// Parentheses are followed as deep as this.
const DEEPEST: usize = 16;

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

impl<'a> TemplateScope<'a> {
    /// What names stand for in a block whose body may be there or not; in one with a `.` of its own
    /// that one is not known.
    pub(super) fn inner(&self, own_dot: bool) -> Self {
        let mut inner = self.clone();
        if own_dot {
            inner.dot = DotValue::Unknown;
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
            if name.is_empty() {
                return self.is_root.then(|| self.global(rest))?;
            }
            let value = self.variables.get(name)?.clone()?;
            return below(value, rest);
        }
        let rest = path.strip_prefix('.')?;
        match &self.dot {
            DotValue::Root => self.global(rest),
            DotValue::Value(value) => below(value.clone(), rest),
            DotValue::Unknown => None,
        }
    }

    fn global(&self, path: &str) -> Option<TemplateValue<'a>> {
        let (object, rest) = path.split_once('.').unwrap_or((path, ""));
        match object {
            "Values" => below(TemplateValue::Node(self.known.values), rest),
            "Chart" => {
                // The fields of Chart.yaml, with a capital.
                let (first, others) = rest.split_at_checked(1)?;
                let field = format!("{}{others}", first.to_ascii_lowercase());
                match below(TemplateValue::Node(self.known.chart?), &field)? {
                    TemplateValue::Missing => None,
                    value => Some(value),
                }
            }
            _ => None,
        }
    }
}

/// The value below the keys of a path.
fn below<'a>(value: TemplateValue<'a>, path: &str) -> Option<TemplateValue<'a>> {
    let mut value = value;
    for key in path.split('.').filter(|key| !key.is_empty()) {
        value = field(&value, key)?;
    }
    Some(value)
}

/// A key that is not there is known not to be; below that nothing is.
fn field<'a>(value: &TemplateValue<'a>, key: &str) -> Option<TemplateValue<'a>> {
    let TemplateValue::Node(node) = value else {
        return None;
    };
    let node: &'a YamlNode = node;
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
        if self.depth > DEEPEST {
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
            return call(&function, &arguments).and_then(TemplateValue::within_bounds);
        }
        let mut operands = self.operands();
        match (operands.len(), piped) {
            (1, None) => operands.pop().flatten(),
            _ => None,
        }
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
        Span::new(
            self.scope.known.template,
            self.at + range.start,
            self.at + range.end,
        )
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
        "trim" => only()?.print()?.trim().map(text),
        "int" | "int64" => only()?
            .whole()
            .map(|text| TemplateValue::Text { text, typed: true }),
        "indent" | "nindent" => {
            let by: usize = argument(0)?.print()?.text().parse().ok()?;
            let made = argument(1)?.print()?.indent_by(by.min(MOST_BLANKS));
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
        "tpl" => argument(0)?
            .print()
            .filter(RenderedText::is_plain)
            .map(text),
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

fn truth<'a>(holds: bool) -> TemplateValue<'a> {
    TemplateValue::Text {
        text: RenderedText::new(if holds { "true" } else { "false" }, None),
        typed: true,
    }
}

/// No text is indented further.
const MOST_BLANKS: usize = 200;

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
