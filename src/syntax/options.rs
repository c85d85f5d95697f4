//! The options of a command line as lines of configuration text: each option starts a line, its
//! values are quoted, and every byte maps to the word it came from.
//!
//! Which words are values, and whether `-` reads standard input, differs between servers and is a
//! parameter. The meaning of a line is not known here.

use std::ops::Range;

use crate::syntax::conf;

/// How a server reads its words.
#[derive(Clone, Copy, Debug)]
pub struct OptionSyntax<'a> {
    /// An option without a value takes a word that begins with `--` as its value.
    pub dashed_values: bool,
    /// An option whose own word holds its value has one. Otherwise it takes such a word, too.
    pub joined_values: bool,
    /// These options, without a value before another option, get an empty one.
    pub may_be_lone: &'a [String],
    /// `-` as the last word reads standard input.
    pub stdin_last: bool,
    /// So does `-` as the first word, where no file stands before it.
    pub stdin_first: bool,
}

/// What the words come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JoinedOptions {
    pub text: String,
    /// Which word a part of the text came from, in the order of the text.
    pub pieces: Vec<(Range<usize>, usize)>,
    pub reads_stdin: bool,
}

impl JoinedOptions {
    /// The words that a part of the text came from.
    pub fn words_of(&self, range: &Range<usize>) -> Option<Range<usize>> {
        // The pieces do not overlap and stand in order, so those that are met are neighbours.
        let from = self
            .pieces
            .partition_point(|(piece, _)| piece.end <= range.start);
        let to = self
            .pieces
            .partition_point(|(piece, _)| piece.start < range.end);
        let mut met = self.pieces.get(from..to)?.iter().map(|(_, word)| *word);
        let first = met.next()?;
        Some(first..met.next_back().unwrap_or(first) + 1)
    }

    fn push(&mut self, text: &str, word: usize) {
        let start = self.text.len();
        self.text.push_str(text);
        self.pieces.push((start..self.text.len(), word));
    }
}

/// Joins the words behind a server's file.
pub fn join_words(words: &[&str], rules: OptionSyntax<'_>) -> JoinedOptions {
    let dashed = |word: Option<&&str>| word.is_some_and(|word| word.starts_with("--"));
    let mut joined = JoinedOptions::default();
    // An option without a value yet takes the next word whatever it looks like.
    let mut wants_value = false;
    for (i, word) in words.iter().enumerate() {
        let last = i + 1 == words.len();
        if *word == "-" && (last && rules.stdin_last || i == 0 && rules.stdin_first) {
            joined.reads_stdin = true;
            continue;
        }
        let Some(name) = word.strip_prefix("--").filter(|_| !wants_value) else {
            joined.push(&quote_word(word), i);
            joined.text.push(' ');
            wants_value = false;
            continue;
        };
        if !joined.text.is_empty() {
            joined.text.push('\n');
        }
        joined.push(name, i);
        joined.text.push(' ');
        let (own, broken) = conf::words(word);
        let alone = own.len() == 1 && !broken;
        wants_value = rules.dashed_values && (alone || !rules.joined_values);
        let is = |known: &String| known.eq_ignore_ascii_case(name);
        let may_be_lone = rules.may_be_lone.iter().any(is);
        if alone && may_be_lone && (last || dashed(words.get(i + 1))) {
            joined.push("\"\"", i);
            wants_value = false;
        }
    }
    joined
}

/// A word in quotes, so that the tokenizer gives it back.
fn quote_word(word: &str) -> String {
    let mut out = String::from("\"");
    for c in word.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_knows_its_word() {
        let lone = ["save".to_owned()];
        let rules = OptionSyntax {
            dashed_values: true,
            joined_values: true,
            may_be_lone: &lone,
            stdin_last: true,
            stdin_first: true,
        };
        let found = join_words(&["--port 1", "--save", "--hz", "2\"", "-"], rules);
        assert_eq!(found.text, "port 1 \nsave \"\"\nhz \"2\\\"\" ");
        assert!(found.reads_stdin);
        let at = |text: &str| {
            let start = found.text.find(text).unwrap();
            found.words_of(&(start..start + text.len()))
        };
        assert_eq!(at("1"), Some(0..1));
        assert_eq!(at("\"\""), Some(1..2));
        assert_eq!(at("\"2\\\"\""), Some(3..4));
        assert_eq!(at("hz \"2"), Some(2..4));
    }
}
