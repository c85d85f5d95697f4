//! Where secrets stand that are not written where a secret belongs: the password of a server again in
//! its health check, in a script, in a comment.

use std::collections::{BTreeMap, BTreeSet};

use aho_corasick::AhoCorasick;

use crate::facts::{Datum, Estate, Subject};
use crate::source::{FileId, Sources, Span};

/// Shorter texts are words of any language.
const SHORTEST: usize = 5;

/// Every place of each file where a secret of that file stands. A password that is one of `names`, what
/// servers are called, is masked at its own place alone: elsewhere the mask would tell it.
pub(super) fn find_repeated_secrets(
    estate: &Estate,
    sources: &Sources,
    names: &[String],
) -> Vec<Span> {
    let is_name = |password: &&str| names.iter().any(|name| name.eq_ignore_ascii_case(password));
    let mut texts: BTreeMap<FileId, BTreeSet<&str>> = BTreeMap::new();
    let values = estate
        .directives
        .iter()
        .flat_map(Subject::placed_values)
        .filter(|value| value.secret);
    for value in values {
        let (Some(span), Some(Datum::Text(text))) = (value.span(), value.known_datum()) else {
            continue;
        };
        let passwords = passwords(text).filter(|password| !is_name(password));
        texts.entry(span.file).or_default().extend(passwords);
    }
    texts
        .into_iter()
        .flat_map(|(file, texts)| places(file, &texts, sources))
        .collect()
}

/// The passwords in the arguments of a line: its only word, or those of a user's rules.
fn passwords(arguments: &str) -> impl Iterator<Item = &str> {
    let only = !arguments.contains(' ');
    arguments
        .split(' ')
        .filter_map(move |word| match word.strip_prefix('>') {
            Some(password) => Some(password),
            None => only.then_some(word),
        })
        .filter(|password| password.len() >= SHORTEST)
}

fn places(file: FileId, texts: &BTreeSet<&str>, sources: &Sources) -> Vec<Span> {
    let Ok(finder) = AhoCorasick::new(texts) else {
        return Vec::new();
    };
    let text = sources.get(file).text();
    finder
        .find_iter(&**text)
        .map(|found| Span::new(file, found.start(), found.end()))
        .collect()
}
