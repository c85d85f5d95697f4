//! The command of a server: which configuration file it is given, and its options as lines.
//!
//! Options are appended after the file as further lines (`--name value …`), so they are read as lines
//! here. Kubernetes' `$(VAR)` and the shell's `${VAR}` are filled in from the values of the container's
//! environment where there are any.

use std::collections::BTreeMap;

use crate::extract::conf::hole;
use crate::extract::expand::Expanded;
use crate::extract::recipe::Recipe;
use crate::extract::scalar::{replace, template_reason};
use crate::extract::variables::{self, Escape};
use crate::facts::raw::{ConfPart, LineForm, RawLine, RawWord};
use crate::facts::{Encoding, Reason, Slot};
use crate::source::{Excerpt, Span};
use crate::syntax::conf;
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
    /// Options that the image adds behind all others.
    pub added: Vec<RawLine>,
    /// Why more options may come behind all that were seen.
    pub gap_behind: Option<Reason>,
    /// How its start script makes the file, where that can be followed.
    pub recipe: Option<Recipe>,
}

/// Values of the environment: literal, or why they are not known.
pub type Environment = BTreeMap<String, Result<String, Reason>>;

/// Stands in an environment for every variable that it does not name, where such a one may be set.
pub const ANY_OTHER: &str = "";

/// The words of a list of options.
pub fn list_words(node: &Node, environment: &Environment) -> Vec<ArgWord> {
    let word = |item: &Node| {
        let text = substituted(item.scalar()?.value(), environment);
        let hole = if item.has_hole() {
            Some(template_reason())
        } else {
            text.known().err()
        };
        Some(ArgWord {
            text: text.text().to_owned(),
            span: item.span,
            hole,
            slot: if text.is_changed() {
                Slot::None
            } else {
                replace(item)
            },
        })
    };
    node.items().iter().filter_map(word).collect()
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
    /// The options, and behind them those that the image adds; what may come after all of them.
    pub fn option_parts(self) -> impl Iterator<Item = ConfPart> {
        let lines = [self.lines, self.added].into_iter();
        let lines = lines.filter(|lines| !lines.is_empty()).map(ConfPart::Lines);
        let behind = self.gap_behind;
        lines.chain(behind.map(|reason| ConfPart::NotVisible { reason, at: None }))
    }

    /// Leaves only what another call of the server has, too.
    pub fn keep_common(&mut self, other: &Self) {
        let text = |file: &Option<ArgWord>| file.as_ref().map(|file| file.text.clone());
        if text(&self.file) != text(&other.file) {
            self.file = None;
        }
        let words = |line: &RawLine| -> Vec<String> {
            let words = line.words.iter();
            words.map(|word| word.text.clone()).collect()
        };
        let kept: Vec<Vec<String>> = other.lines.iter().map(words).collect();
        self.lines.retain(|line| kept.contains(&words(line)));
    }

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

/// What the shell makes of one `$NAME` or `${NAME…}`; `None` for other expansions.
pub fn shell_value(expansion: &str, environment: &Environment) -> Option<Result<String, Reason>> {
    let inner = expansion.trim_start_matches(['$', '{']);
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let end = inner.find(|c| !is_name(c)).unwrap_or(inner.len());
    let name = &inner[..end];
    let is_plain = inner[end..].trim_end_matches('}').is_empty();
    match (environment.get(name), environment.get(ANY_OTHER)) {
        (None, Some(Err(reason))) => Some(Err(reason.clone())),
        (None, _) if is_plain && !name.is_empty() => Some(Err(not_visible(name))),
        _ => variables::value(expansion, environment, Escape::Backslash),
    }
}

fn not_visible(name: &str) -> Reason {
    Reason::new(format!("environment variable {name} is not visible"))
}

/// Fills in Kubernetes' own `$(NAME)`; what has no known value stays and is marked. `$$` is a dollar
/// sign.
pub fn substituted(excerpt: &Excerpt, environment: &Environment) -> Expanded {
    let text = excerpt.text();
    let mut builder = excerpt.builder();
    let mut unknown = Vec::new();
    let (mut at, mut length, mut changed) = (0, 0, false);
    while at < text.len() {
        let rest = &text[at..];
        let next = rest.find('$').unwrap_or(rest.len());
        builder.push(at..at + next);
        (at, length) = (at + next, length + next);
        let rest = &text[at..];
        if rest.is_empty() {
            break;
        }
        let found = variable(rest);
        let range = at..at + found.map_or(1, |(_, length)| length);
        let value = found.map(|(name, _)| {
            let value = environment.get(name).or(environment.get(ANY_OTHER));
            value.cloned().unwrap_or_else(|| Err(not_visible(name)))
        });
        let escaped = rest.starts_with("$$");
        at = if escaped { at + 2 } else { range.end };
        match value {
            Some(Ok(value)) => {
                changed = true;
                length += value.len();
                builder.push_as(&value, range);
            }
            other => {
                changed |= escaped;
                if let Some(Err(reason)) = other {
                    unknown.push((length..length + range.len(), reason));
                }
                length += range.len();
                builder.push(range);
            }
        }
    }
    Expanded::new(builder.finish_at(0), unknown, changed)
}

/// The variable at the start of the text: its name and its length there.
fn variable(text: &str) -> Option<(&str, usize)> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    let inner = text.strip_prefix("$(")?;
    let end = inner.find(')')?;
    let name = &inner[..end];
    (!name.is_empty() && name.chars().all(is_name)).then_some((name, end + 3))
}
