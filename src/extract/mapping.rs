//! A YAML mapping whose keys are directives (`io-threads: 3`): how documents and some charts write
//! configuration. Each entry is a line of the text that it stands for.

use crate::extract::scalar::{replace, template_reason};
use crate::facts::EditTarget;
use crate::facts::raw::{LineForm, RawLine, RawText, RawWord, TextPlace};
use crate::source::Excerpt;
use crate::syntax::conf;
use crate::syntax::yaml::{MappingEntry, YamlNode};

/// Reads a mapping as a text if at least two of its keys are directives and no key is anything else.
pub fn read(
    root: &YamlNode,
    name: &str,
    excerpt: &Excerpt,
    is_directive: &dyn Fn(&str) -> bool,
) -> Option<RawText> {
    let entries = root.entries();
    let all_known = entries
        .iter()
        .all(|entry| entry.key.as_str().is_some_and(is_directive) && !entry.value.is_map());
    if entries.len() < 2 || !all_known {
        return None;
    }
    let lines = entries
        .iter()
        .flat_map(entry_lines)
        .enumerate()
        .map(|(i, line)| RawLine {
            number: i + 1,
            ..line
        })
        .collect();
    Some(RawText {
        name: name.to_owned(),
        place: TextPlace::Snippet,
        excerpt: excerpt.clone(),
        lines,
        append: EditTarget::None,
        unresolved: Vec::new(),
        foreign: false,
        recognised: true,
        renewed: None,
        installed: None,
    })
}

/// One line an entry; a list repeats the directive.
pub fn entry_lines(entry: &MappingEntry) -> Vec<RawLine> {
    let values = match entry.value.items() {
        [] => std::slice::from_ref(&entry.value),
        items => items,
    };
    values
        .iter()
        .filter_map(|value| line(&entry.key, value))
        .collect()
}

fn line(key: &YamlNode, value: &YamlNode) -> Option<RawLine> {
    let placeholder = value.has_placeholder().then(template_reason);
    let name = RawWord {
        text: key.as_str()?.to_owned(),
        span: key.span,
        unresolved: None,
    };
    let args = value
        .as_str()
        .map(|text| conf::words(text).0)?
        .into_iter()
        .map(|word| RawWord {
            text: word.text,
            span: value.span,
            unresolved: placeholder.clone(),
        });
    let words: Vec<_> = std::iter::once(name).chain(args).collect();
    Some(RawLine {
        number: 0,
        span: key.span.to(value.span),
        form: LineForm::Field,
        argument_count: words.len(),
        words,
        trailing_comment: None,
        text_after_quote: false,
        error: None,
        slot: replace(value),
    })
}
