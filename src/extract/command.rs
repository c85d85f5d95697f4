//! The command of a server: which configuration file it is given, and its options as lines.
//!
//! Options are appended after the file as further lines (`--name value …`), so they are read as lines
//! here. Kubernetes' `$(VAR)` and the shell's `${VAR}` are filled in from literal values of the
//! container's environment where there are any.

use std::collections::BTreeMap;

use crate::extract::conf::hole;
use crate::facts::raw::{LineForm, RawLine, RawWord};
use crate::facts::{Encoding, Reason, Slot};
use crate::source::Span;
use crate::syntax::conf;
use crate::syntax::shell;
use crate::syntax::yaml::Node;

/// One word of a command.
#[derive(Clone, Debug, PartialEq)]
pub struct ArgWord {
    pub text: String,
    pub span: Span,
    /// Its text is not what the server gets.
    pub hole: Option<Reason>,
    /// Where it could be written anew.
    pub slot: Slot,
}

/// What a server program is called with.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Invocation {
    /// The word that names the program; none where the image's entrypoint puts it there.
    pub program: Option<String>,
    pub file: Option<ArgWord>,
    pub lines: Vec<RawLine>,
    /// The first option's words, for other modes of the same program.
    pub options: Vec<String>,
    /// Why there may be more than was seen.
    pub gap: Option<Reason>,
}

/// Values of the environment: literal, or why they are not known.
pub type Environment = BTreeMap<String, Result<String, Reason>>;

/// The words of a `command:` or `args:` list.
pub fn list_words(node: &Node, environment: &Environment) -> Vec<ArgWord> {
    node.items()
        .iter()
        .filter_map(|item| {
            let scalar = item.scalar()?;
            let (text, mut hole) = substituted(scalar.as_str(), environment, Syntax::Kubernetes);
            if item.has_hole() {
                hole = Some(crate::extract::scalar::template_reason());
            }
            let same = text == scalar.as_str();
            Some(ArgWord {
                text,
                span: item.span,
                hole,
                slot: if same {
                    crate::extract::scalar::replace(item)
                } else {
                    Slot::None
                },
            })
        })
        .collect()
}

/// The simple commands of a shell script, each as its words, without `exec`.
pub fn script_commands(node: &Node, environment: &Environment) -> Vec<Vec<ArgWord>> {
    let Some(scalar) = node.scalar() else {
        return Vec::new();
    };
    let mut commands = vec![Vec::new()];
    for word in shell::words(scalar.value()) {
        if word.operator {
            commands.push(Vec::new());
            continue;
        }
        let (text, hole) = if word.variable {
            substituted(&word.text, environment, Syntax::Shell)
        } else {
            (word.text.clone(), None)
        };
        if let Some(last) = commands.last_mut()
            && !(last.is_empty() && text == "exec")
        {
            last.push(ArgWord {
                text,
                span: word.span,
                hole,
                slot: Slot::None,
            });
        }
    }
    commands.retain(|command| !command.is_empty());
    commands
}

/// Reads the words after the program: a file first, if any, then options.
pub fn invocation(program: Option<String>, words: &[ArgWord]) -> Invocation {
    let mut found = Invocation {
        program,
        ..Invocation::default()
    };
    let mut rest = words;
    if let [first, tail @ ..] = words
        && !first.text.starts_with('-')
    {
        found.file = Some(first.clone());
        rest = tail;
    }
    let mut option: Vec<&ArgWord> = Vec::new();
    for word in rest {
        if word.text.starts_with("--") && !option.is_empty() {
            found.push_option(&option);
            option.clear();
        }
        option.push(word);
    }
    found.push_option(&option);
    found
}

impl Invocation {
    fn push_option(&mut self, words: &[&ArgWord]) {
        let Some((name, values)) = words.split_first() else {
            return;
        };
        self.options.push(name.text.clone());
        if name.text == "-" {
            self.gap = Some(Reason::new(
                "it reads more configuration from standard input",
            ));
            return;
        }
        let Some(bare) = name.text.strip_prefix("--") else {
            if let Some(reason) = &name.hole {
                self.gap = Some(reason.clone());
            }
            return;
        };
        let number = self.lines.len() + 1;
        self.lines.push(option_line(number, bare, name, values));
    }
}

/// `--name value …`: the name's own word is split again, as the server does.
fn option_line(number: usize, bare: &str, name: &ArgWord, values: &[&ArgWord]) -> RawLine {
    let (own, unbalanced) = conf::words(bare);
    let mut words: Vec<RawWord> = own
        .iter()
        .map(|word| RawWord {
            text: word.text.clone(),
            span: name.span,
            hole: name.hole.clone().or_else(|| hole(&word.text)),
        })
        .collect();
    words.extend(values.iter().map(|value| RawWord {
        text: value.text.clone(),
        span: value.span,
        hole: value.hole.clone(),
    }));
    let slot = match values {
        [only] => only.slot.clone(),
        _ => Slot::None,
    };
    let end = values.last().map_or(name.span, |last| last.span);
    RawLine {
        number,
        span: if name.span.file == end.file && name.span.start <= end.end {
            name.span.to(end)
        } else {
            name.span
        },
        form: LineForm::Argument,
        meant: words.len(),
        words,
        trailing_comment: None,
        glued: false,
        error: unbalanced.then_some("Unbalanced quotes in configuration line"),
        slot,
    }
}

/// An operator's field that holds `name value` as one text.
pub fn field_line(node: &Node) -> Option<RawLine> {
    let scalar = node.scalar()?;
    let excerpt = scalar.value();
    let (own, unbalanced) = conf::words(excerpt.text());
    let words: Vec<RawWord> = own
        .iter()
        .map(|word| RawWord {
            text: word.text.clone(),
            span: excerpt.span(word.range.clone()),
            hole: hole(&word.text),
        })
        .collect();
    let slot = match &words[..] {
        [_, first, rest @ ..] => Slot::Replace {
            span: first.span.to(rest.last().unwrap_or(first).span),
            encoding: Encoding::ConfWords,
        },
        _ => Slot::None,
    };
    Some(RawLine {
        number: 1,
        span: node.span,
        form: LineForm::Field,
        meant: words.len(),
        words,
        trailing_comment: None,
        glued: false,
        error: unbalanced.then_some("Unbalanced quotes in configuration line"),
        slot,
    })
}

/// Fills in the shell's variables in a word, as far as the environment is known.
pub fn shell_substituted(text: &str, environment: &Environment) -> (String, Option<Reason>) {
    substituted(text, environment, Syntax::Shell)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Syntax {
    /// `$(NAME)`
    Kubernetes,
    /// `${NAME}`, `$NAME`
    Shell,
}

/// Fills in variables with known literal values; a variable without one is a hole.
fn substituted(text: &str, environment: &Environment, syntax: Syntax) -> (String, Option<Reason>) {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let Some((name, length)) = variable(&rest[at..], syntax) else {
            out.push('$');
            rest = &rest[at + 1..];
            continue;
        };
        match environment.get(name) {
            Some(Ok(value)) => out.push_str(value),
            Some(Err(reason)) => return (text.to_owned(), Some(reason.clone())),
            None => {
                let reason = Reason::new(format!("environment variable {name} is not visible"));
                return (text.to_owned(), Some(reason));
            }
        }
        rest = &rest[at + length..];
    }
    out.push_str(rest);
    (out, None)
}

/// The variable at the start of the text: its name and its length there.
fn variable(text: &str, syntax: Syntax) -> Option<(&str, usize)> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    let braced = |open: &str, close: char| {
        let inner = text.strip_prefix(open)?;
        let end = inner.find(close)?;
        Some((&inner[..end], open.len() + end + 1))
    };
    match syntax {
        Syntax::Kubernetes => braced("$(", ')').filter(|(name, _)| name.chars().all(is_name)),
        Syntax::Shell => braced("${", '}').or_else(|| {
            let inner = &text[1..];
            let end = inner
                .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
                .unwrap_or(inner.len());
            (end > 0).then(|| (&inner[..end], 1 + end))
        }),
    }
}
