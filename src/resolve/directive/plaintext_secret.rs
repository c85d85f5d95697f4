//! Whether a line holds a secret that everyone who reads its file can read.
//!
//! A reference that something fills in, a placeholder, a hash and an empty text disclose nothing; nor
//! does an object that exists to keep secrets.

use crate::facts::fact_path::DirectiveFact;
use crate::facts::raw::{LineForm, RawLine, RawWord};
use crate::facts::value::FactValue;
use crate::facts::{EditTarget, Strength, Subject};
use crate::knowledge::servers::SpecialParser;
use crate::resolve::directive::{LineJudge, TextLines, secret_origin};
use crate::source::Span;

/// Before a password in the rules of a user.
const ADDS_PASSWORD: char = '>';

impl LineJudge<'_> {
    /// Puts the fact, for a line that holds a secret.
    pub(super) fn put_plaintext_secret(
        &self,
        subject: &mut Subject,
        text: &TextLines<'_>,
        line: &RawLine,
        name: &str,
    ) {
        let is_name = self
            .shapes
            .servers
            .access
            .user_names
            .iter()
            .any(|n| n == name);
        if !self.servers.is_secret(name) || is_name {
            return;
        }
        let found = self.secret_words(line, name);
        let disclosing = found
            .iter()
            .find(|word| !text.keeps_secrets && self.is_clear(word, line.form));
        let given = || {
            let referring = found.iter().filter(|word| self.is_known(word));
            let referring = referring.filter(|_| !text.keeps_secrets);
            let places = referring.filter_map(|word| {
                secret_origin::place(self.sources, word.span, self.secret(word))
            });
            places.into_iter().next()
        };
        let place = disclosing.map(|word| word.span);
        let value = match place.or_else(given) {
            Some(place) => {
                let mut value = FactValue::set(true, place);
                value.secret = true;
                match disclosing.is_some_and(|word| self.shapes.is_plain_word(self.secret(word))) {
                    true => value.with_strength(Strength::Assumed),
                    false => value,
                }
            }
            None => FactValue::from_derived(false).with_anchor_when_unset(line.span),
        };
        subject.put(DirectiveFact::DisclosesSecret, value);
    }

    /// The words of a line that are secrets.
    fn secret_words<'l>(&self, line: &'l RawLine, name: &str) -> Vec<&'l RawWord> {
        let words = line.words.iter().take(line.argument_count).skip(1);
        let form = self
            .servers
            .newest()
            .find_map(|series| series.directive(name))
            .and_then(|directive| directive.form);
        if form == Some(SpecialParser::AclUser) {
            return words
                .filter(|word| word.text.starts_with(ADDS_PASSWORD))
                .collect();
        }
        words.take(1).collect()
    }

    fn secret<'w>(&self, word: &'w RawWord) -> &'w str {
        word.text.trim_start_matches(ADDS_PASSWORD)
    }

    fn is_known(&self, word: &RawWord) -> bool {
        let text = self.secret(word);
        !text.is_empty() && word.unresolved.is_none() && !self.shapes.is_placeholder(text)
    }

    fn is_clear(&self, word: &RawWord, form: LineForm) -> bool {
        let written = self.sources.slice(word.span);
        // In a text of configuration a dollar sign is one; elsewhere it begins a reference.
        let is_reference = written.contains("${")
            || written.contains("{{")
            || form != LineForm::Text && written.contains('$');
        self.is_known(word) && !is_reference
    }
}

/// Where the arguments stand.
pub(super) fn place(line: &RawLine) -> Span {
    match (
        &line.slot,
        &line.words[..line.argument_count.min(line.words.len())],
    ) {
        (EditTarget::Replace { span, .. }, _) => *span,
        // A quoted scalar cannot be rewritten line by line, but its words have their places.
        (_, [_, first, rest @ ..]) if line.form == LineForm::Text => {
            first.span.to(rest.last().unwrap_or(first).span)
        }
        _ => line.span,
    }
}
