//! Words that are looked for in one pass over a text. What a hit means is left to who asks.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use aho_corasick::AhoCorasick;
use serde::Deserialize;

/// Words of which a text may hold one, in this case of letters.
#[derive(Debug, Deserialize)]
#[serde(from = "Vec<String>")]
pub struct NeedleSet {
    words: Vec<String>,
    /// Made when the first text is searched; none where it cannot be built: then each word is looked for
    /// alone.
    automaton: OnceLock<Option<AhoCorasick>>,
}

impl NeedleSet {
    pub fn new<'w>(words: impl Iterator<Item = &'w str>) -> Self {
        let unique: BTreeSet<&str> = words.collect();
        let words: Vec<String> = unique.into_iter().map(str::to_owned).collect();
        Self {
            automaton: OnceLock::new(),
            words,
        }
    }

    /// The words, in order, each once.
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// Whether the text holds one of the words.
    pub fn is_in(&self, text: &str) -> bool {
        let automaton = self
            .automaton
            .get_or_init(|| AhoCorasick::new(&self.words).ok());
        match automaton {
            Some(automaton) => automaton.is_match(text),
            None => self.words.iter().any(|word| text.contains(word.as_str())),
        }
    }
}

impl From<Vec<String>> for NeedleSet {
    fn from(words: Vec<String>) -> Self {
        Self::new(words.iter().map(String::as_str))
    }
}
