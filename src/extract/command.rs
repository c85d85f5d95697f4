//! The command of a server: which configuration file it is given, and its options as lines.
//!
//! Options are appended after the file as further lines (`--name value …`), so they are read as lines
//! here. Filling in their variables is left to `process_environment`.

use std::collections::HashMap;
use std::ops::Range;

use crate::extract::conf::unresolved_cause;
use crate::extract::generated_file::GeneratedFile;
use crate::extract::image_set_up::WrittenSetUp;
use crate::extract::interpolate::FillBudget;
use crate::extract::process_environment::{ProcessEnvironment, substitute_references};
use crate::extract::scalar::{replace, template_reason};

use crate::facts::raw::{ArgWord, ConfPart, LineForm, RawLine, RawWord};
use crate::facts::{Cause, EditTarget, TextEncoding};
use crate::knowledge::servers::ServerSeries;
use crate::source::{Span, path};
use crate::syntax::conf::{self, ConfLine};
use crate::syntax::options::{self, JoinedOptions, OptionSyntax};
use crate::syntax::yaml::YamlNode;

/// What a server program is called with.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CommandInvocation {
    /// The word that names the program; none where the image's entrypoint puts it there.
    pub program: Option<String>,
    pub file: Option<ArgWord>,
    /// The words behind the file.
    pub arguments: Vec<ArgWord>,
    /// Why there may be more than was seen.
    pub gap: Option<Cause>,
    /// What the start script of the image writes before them, with the name of the image.
    pub set_up: Option<(String, WrittenSetUp)>,
    /// Options that the image adds behind all others.
    pub added: Vec<ArgWord>,
    /// Why more options may come behind all that were seen.
    pub gap_behind: Option<Cause>,
    /// How its start script makes the file, where that can be followed.
    pub recipe: Option<GeneratedFile>,
    /// Why files may have been made before it starts.
    pub prepared: Option<Cause>,
    /// Whether the container or unit ends with it; `None` where what starts it is not followed.
    pub is_last: Option<bool>,
}

/// The words of a list of options.
pub fn list_words(node: &YamlNode, environment: &ProcessEnvironment) -> Vec<ArgWord> {
    let budget = FillBudget::of_process();
    let word = |item: &YamlNode| {
        let text = substitute_references(item.scalar()?.value(), environment, &budget);
        let unresolved_cause = if item.has_placeholder() {
            Some(template_reason())
        } else {
            text.known_text().err()
        };
        Some(ArgWord {
            text: text.text().to_owned(),
            span: item.span,
            unresolved: unresolved_cause,
            slot: if text.is_changed() {
                EditTarget::None
            } else {
                replace(item)
            },
        })
    };
    node.items().iter().filter_map(word).collect()
}

/// Reads the words after the program: a file first, if any, then options.
pub fn invocation(program: Option<String>, words: &[ArgWord]) -> CommandInvocation {
    let is_file = |word: &&ArgWord| !word.text.starts_with('-');
    let file = words.first().filter(is_file);
    let arguments = &words[usize::from(file.is_some())..];
    let reads_more = [arguments.first(), arguments.last()]
        .into_iter()
        .flatten()
        .any(|word| word.text == STANDARD_INPUT);
    let reads_more = reads_more.then_some(Cause::Command(
        "it reads more configuration from standard input",
    ));
    let unseen = arguments
        .first()
        .filter(|word| !word.text.starts_with("--"));
    CommandInvocation {
        program,
        file: file.cloned(),
        arguments: arguments.to_vec(),
        gap: reads_more.or(unseen.and_then(|word| word.unresolved.clone())),
        ..CommandInvocation::default()
    }
}

/// The word that stands for standard input.
const STANDARD_INPUT: &str = "-";

/// Arguments as the lines that a server of this series makes of them.
pub fn lines(series: &ServerSeries, words: &[ArgWord], behind_file: bool) -> Vec<RawLine> {
    let language = &series.language.arguments;
    let rules = OptionSyntax {
        dashed_values: language.dashed_values,
        joined_values: language.joined_values,
        may_be_lone: &language.may_be_lone,
        stdin_last: language.stdin_last,
        stdin_first: !behind_file,
    };
    let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    let joined = options::join_words(&texts, rules);
    let lines = conf::lines(&joined.text);
    let read = lines.iter();
    read.filter_map(|line| option_line(line, &joined, words))
        .collect()
}

impl CommandInvocation {
    /// The arguments, behind them those that the image adds; what may come after all of them.
    pub fn option_parts(self) -> impl Iterator<Item = ConfPart> {
        let behind_file = self.file.is_some() || self.set_up.is_some();
        let (source, set_up) = self.set_up.unwrap_or_default();
        let lines = set_up.lines;
        let generated = (!lines.is_empty()).then_some(ConfPart::Generated { source, lines });
        let own = [
            (set_up.options, true),
            (self.arguments, behind_file),
            (self.added, true),
        ];
        let own = own.into_iter().filter(|(words, _)| !words.is_empty());
        let own = own.map(|(words, behind_file)| ConfPart::Arguments { words, behind_file });
        let behind = self.gap_behind.or(set_up.gap);
        let all = generated.into_iter().chain(own);
        all.chain(behind.map(|reason| ConfPart::NotVisible { reason, at: None }))
    }

    /// A configuration file behind options: the server reads it as one of their values.
    pub fn list_swallowed(&self) -> impl Iterator<Item = &str> {
        let words = self.arguments.iter().map(|word| word.text.as_str());
        words.filter(|word| word.starts_with('/') && path::is_conf(word))
    }

    /// Leaves only what another call of the server has, too.
    pub fn keep_common(&mut self, other: &Self) {
        let text = |file: &Option<ArgWord>| file.as_ref().map(|file| file.text.clone());
        if text(&self.file) != text(&other.file) {
            self.file = None;
        }
        let kept: Vec<Vec<&str>> = group_options(&other.arguments).map(texts).collect();
        let groups = group_options(&self.arguments);
        let common = groups.filter(|group| kept.contains(&texts(group)));
        self.arguments = common.flatten().cloned().collect();
    }
}

/// Words from one that looks like an option to the next.
fn group_options(words: &[ArgWord]) -> impl Iterator<Item = &[ArgWord]> {
    words.chunk_by(|_, next| !next.text.starts_with("--"))
}

fn texts(words: &[ArgWord]) -> Vec<&str> {
    words.iter().map(|word| word.text.as_str()).collect()
}

/// Arguments as every plausible series reads them. Where these differ, nothing of the lines is known
/// for sure.
pub fn plausible_lines(
    candidates: &[&ServerSeries],
    words: &[ArgWord],
    behind_file: bool,
    differs: &Cause,
) -> Vec<RawLine> {
    let mut read = candidates
        .iter()
        .map(|series| lines(series, words, behind_file));
    let Some(first) = read.next() else {
        return Vec::new();
    };
    let others: Vec<Vec<RawLine>> = read.collect();
    let others: Vec<_> = others.iter().map(|lines| by_words(lines)).collect();
    // What a line is counted as is no matter of what it says.
    let alike = |a: &RawLine, b: &RawLine| a.words == b.words && a.error == b.error;
    let same = |line: &RawLine| {
        let words = places(line);
        let of_words = |other: &LinesByWords<'_>| {
            let found = other.get(&words);
            found.is_some_and(|found| found.iter().any(|found| alike(found, line)))
        };
        others.iter().all(of_words)
    };
    let marked = first.into_iter().map(|mut line| {
        if !same(&line) {
            let words = line.words.iter_mut();
            words.for_each(|word| {
                word.unresolved = word.unresolved.take().or(Some(differs.clone()));
            });
            line.error = None;
        }
        line
    });
    marked.collect()
}

/// Lines by their words: where a word stands and what it says.
type LinesByWords<'a> = HashMap<Vec<(Span, &'a str)>, Vec<&'a RawLine>>;

fn by_words(lines: &[RawLine]) -> LinesByWords<'_> {
    let mut by_words = LinesByWords::new();
    for line in lines {
        by_words.entry(places(line)).or_default().push(line);
    }
    by_words
}

fn places(line: &RawLine) -> Vec<(Span, &str)> {
    let words = line.words.iter();
    words.map(|word| (word.span, word.text.as_str())).collect()
}

/// A line with the places of the arguments that it came from.
fn option_line(line: &ConfLine, joined: &JoinedOptions, arguments: &[ArgWord]) -> Option<RawLine> {
    let of = |range: &Range<usize>| arguments.get(joined.words_of(range)?);
    let words: Vec<RawWord> = line
        .words
        .iter()
        .filter_map(|word| {
            let first = of(&word.range)?.first()?;
            // What stands in the option's own word is one text with it.
            let own = joined.text[word.range.clone()] == first.text;
            let inner = || unresolved_cause(&word.text).filter(|_| own || !word.quoted);
            // `--name $(VALUE)` may be one argument: its name is known.
            let is_filled = own || word.text.contains(['$', '{', '<', '`', '@', '%']);
            let outer = first.unresolved.clone().filter(|_| is_filled);
            Some(RawWord {
                text: word.text.clone(),
                span: first.span,
                unresolved: outer.or_else(inner),
            })
        })
        .collect();
    let all = of(&line.range)?;
    let (first, last) = (all.first()?, all.last()?);
    let slot = match (&line.words[..], all) {
        ([_, _], [_, value]) => value.slot.clone(),
        _ => EditTarget::None,
    };
    let together = first.span.file == last.span.file && first.span.start <= last.span.end;
    Some(RawLine {
        number: line.number,
        span: if together {
            first.span.to(last.span)
        } else {
            first.span
        },
        form: LineForm::Argument,
        argument_count: words.len(),
        words,
        trailing_comment: None,
        text_after_quote: line.glued && !line.unbalanced,
        error: (line.unbalanced || line.glued).then_some("Unbalanced quotes in configuration line"),
        slot,
    })
}

/// An operator's field that holds `name value` as one text.
pub fn field_line(node: &YamlNode) -> Option<RawLine> {
    let scalar = node.scalar()?;
    let excerpt = scalar.value();
    let (own, unbalanced) = conf::words(excerpt.text());
    let words: Vec<RawWord> = own
        .iter()
        .map(|word| RawWord {
            text: word.text.clone(),
            span: excerpt.span(word.range.clone()),
            unresolved: unresolved_cause(&word.text),
        })
        .collect();
    let slot = match &words[..] {
        [_, first, rest @ ..] if !excerpt.is_filled(&(0..excerpt.text().len())) => {
            EditTarget::Replace {
                span: first.span.to(rest.last().unwrap_or(first).span),
                encoding: TextEncoding::ConfWords,
            }
        }
        _ => EditTarget::None,
    };
    Some(RawLine {
        number: 1,
        span: node.span,
        form: LineForm::Field,
        argument_count: words.len(),
        words,
        trailing_comment: None,
        text_after_quote: false,
        error: unbalanced.then_some("Unbalanced quotes in configuration line"),
        slot,
    })
}
