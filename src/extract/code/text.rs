//! Texts that are put together: from parts, by a format, by a replacement. A text whose rest is not
//! known still says which scheme it begins with, where it is a URL.

use std::collections::BTreeMap;

use super::fold;
use crate::facts::cause::Cause;
use crate::facts::raw::ConstValue;

/// One text behind another. Where both fall back on something, so does the whole: it holds where
/// nothing is given to either. The variables whose texts stand in it stay known.
pub(in crate::extract) fn concatenate(left: ConstValue, right: ConstValue) -> ConstValue {
    if !is_text(&left) && !is_text(&right) {
        return fold::binary("+", left, right);
    }
    let source = match (source_of(&left), source_of(&right)) {
        (None, None) => return fold::binary("+", left, right),
        (Some(source), other) | (other @ None, Some(source)) => part_source(source, other),
    };
    match (left, right) {
        (ConstValue::Fallback(left), ConstValue::Fallback(right)) => {
            fold::with_fallback(source, None, concatenate(left.value, right.value))
        }
        (ConstValue::Fallback(left), right @ ConstValue::Text(_)) => {
            fold::with_fallback(source, left.variable, concatenate(left.value, right))
        }
        (left @ ConstValue::Text(_), ConstValue::Fallback(right)) => {
            fold::with_fallback(source, right.variable, concatenate(left, right.value))
        }
        (left @ (ConstValue::Text(_) | ConstValue::Unknown(_) | ConstValue::Fallback(_)), _) => {
            choose_given(source, &left)
        }
        _ => ConstValue::Unknown(source),
    }
}

/// What a part of a text comes from, where it is not known.
fn source_of(value: &ConstValue) -> Option<&Cause> {
    match value {
        ConstValue::Unknown(cause) => Some(cause),
        ConstValue::Fallback(fallback) => Some(&fallback.source),
        _ => None,
    }
}

/// A text, or what is known to hold the texts of variables or to begin as a URL.
pub(in crate::extract) fn is_text(value: &ConstValue) -> bool {
    match value {
        ConstValue::Text(_) => true,
        ConstValue::Fallback(fallback) => is_text(&fallback.value),
        ConstValue::Unknown(cause) => {
            matches!(cause, Cause::TextFromVariables(_) | Cause::UrlWith { .. })
        }
        _ => false,
    }
}

/// What a text comes from that is made of a part from this source, and one from another.
fn part_source(first: &Cause, second: Option<&Cause>) -> Cause {
    let mut names: Vec<String> = Vec::new();
    for name in [Some(first), second]
        .into_iter()
        .flatten()
        .flat_map(Cause::variables)
    {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    match (names.is_empty(), first) {
        (false, _) => Cause::TextFromVariables(names),
        (true, Cause::UrlWith { source, .. }) => (**source).clone(),
        (true, other) if other.is_environment() => Cause::FigureFromVariable(other.source_name()),
        (true, other) => other.clone(),
    }
}

/// The whole of some parts, figures among them.
pub(in crate::extract) fn join_parts(parts: impl IntoIterator<Item = ConstValue>) -> ConstValue {
    let parts = parts.into_iter().map(write_out);
    let mut parts: Vec<_> = parts.filter(|part| !is_empty(part)).collect();
    match parts.len() {
        1 => parts.swap_remove(0),
        _ => {
            let nothing = ConstValue::Text(String::new());
            parts.into_iter().fold(nothing, concatenate)
        }
    }
}

fn is_empty(value: &ConstValue) -> bool {
    matches!(value, ConstValue::Text(text) if text.is_empty())
}

/// A figure as text.
pub(super) fn write_out(value: ConstValue) -> ConstValue {
    match value {
        ConstValue::Int(n) => ConstValue::Text(n.to_string()),
        ConstValue::Fallback(fallback) => {
            let value = write_out(fallback.value);
            fold::with_fallback(fallback.source, fallback.variable, value)
        }
        ConstValue::Text(_) | ConstValue::Unknown(_) => value,
        _ => fold::unknown("a value that is written as text"),
    }
}

/// What is known of a value that one of several sources gives: the first of them, or the URL that all
/// of them stand for.
pub(super) fn choose_given(source: Cause, otherwise: &ConstValue) -> ConstValue {
    match scheme(otherwise) {
        Some(scheme) => url_with(scheme, source),
        None => ConstValue::Unknown(source),
    }
}

fn url_with(scheme: String, source: Cause) -> ConstValue {
    ConstValue::Unknown(Cause::UrlWith {
        scheme,
        source: Box::new(source),
    })
}

/// The scheme of a text that begins as a URL.
fn scheme(value: &ConstValue) -> Option<String> {
    match value {
        ConstValue::Text(text) => {
            let (scheme, _) = text.split_once("://")?;
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
            let is_one = !scheme.is_empty() && scheme.chars().all(plain);
            is_one.then(|| scheme.to_owned())
        }
        ConstValue::Fallback(fallback) => scheme(&fallback.value),
        ConstValue::Unknown(Cause::UrlWith { scheme, .. }) => Some(scheme.clone()),
        _ => None,
    }
}

/// `text.replace(old, new)`.
pub(super) fn replaced(value: ConstValue, old: &str, new: &str) -> ConstValue {
    match value {
        ConstValue::Text(text) => {
            let added = text.matches(old).count().saturating_mul(new.len());
            match text.len().saturating_add(added) > fold::MAX_TEXT_BYTES {
                true => fold::unknown("a text that is too long"),
                false => ConstValue::Text(text.replace(old, new)),
            }
        }
        ConstValue::Fallback(fallback) => {
            fold::computed(*fallback, |value| replaced(value, old, new))
        }
        // What does not touch the scheme leaves it.
        ConstValue::Unknown(Cause::UrlWith { scheme, source })
            if !format!("{scheme}://").contains(old) =>
        {
            match fold::derive_unknown(*source) {
                ConstValue::Unknown(source) => url_with(scheme, source),
                other => other,
            }
        }
        ConstValue::Unknown(cause) => fold::derive_unknown(cause),
        _ => fold::unknown("a text that is not followed"),
    }
}

/// What a value takes of the room for a text: it may stand for many places of one format.
fn size_of_part(value: &ConstValue) -> usize {
    match value {
        ConstValue::Text(text) => text.len(),
        _ => 1,
    }
}

/// The parts of `"{}:{name}".format(…)`; nothing where a brace holds more than a name, or where they
/// come to too much.
pub(in crate::extract) fn fill_braces(
    format: &str,
    positional: &[ConstValue],
    named: &BTreeMap<String, ConstValue>,
) -> Option<Vec<ConstValue>> {
    let mut parts = Vec::new();
    let mut room = fold::MAX_TEXT_BYTES;
    let mut rest = format;
    let mut next = 0;
    while let Some((before, behind)) = rest.split_once('{') {
        let (name, after) = behind.split_once('}')?;
        parts.push(ConstValue::Text(before.to_owned()));
        let value = match name.parse::<usize>() {
            Ok(at) => positional.get(at),
            Err(_) if name.is_empty() => {
                next += 1;
                positional.get(next - 1)
            }
            Err(_) => named.get(name),
        };
        let value = value?;
        room = room.checked_sub(size_of_part(value))?;
        parts.push(value.clone());
        rest = after;
    }
    parts.push(ConstValue::Text(rest.to_owned()));
    Some(parts)
}

/// The parts of `"%s:%d"` with these values; nothing where a placeholder says more than that.
pub(in crate::extract) fn fill_placeholders(
    format: &str,
    values: &[ConstValue],
) -> Option<Vec<ConstValue>> {
    let mut values = values.iter();
    let mut parts = Vec::new();
    let mut room = fold::MAX_TEXT_BYTES;
    let mut rest = format;
    while let Some((before, behind)) = rest.split_once('%') {
        parts.push(ConstValue::Text(before.to_owned()));
        let kind = behind.chars().next()?;
        parts.push(match kind {
            '%' => ConstValue::Text("%".to_owned()),
            's' | 'd' | 'i' | 'v' => {
                let value = values.next()?;
                room = room.checked_sub(size_of_part(value))?;
                value.clone()
            }
            _ => return None,
        });
        rest = &behind[1..];
    }
    parts.push(ConstValue::Text(rest.to_owned()));
    Some(parts)
}

/// The arguments of a call as a cause quotes them: a first one that is a key, and that there are more.
pub(in crate::extract) fn quote_arguments(key: Option<&str>, count: usize) -> String {
    match (key, count) {
        (Some(key), 1) => format!("\"{key}\""),
        (Some(key), _) => format!("\"{key}\", …"),
        (None, 0) => String::new(),
        (None, _) => "…".to_owned(),
    }
}

/// Whether a text may be quoted: a name of a setting or a variable, not a value.
pub(in crate::extract) fn looks_like_key(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    (1..=40).contains(&text.len()) && text.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> ConstValue {
        ConstValue::Text(text.to_owned())
    }

    #[test]
    fn formats_are_filled() {
        let named = BTreeMap::from([("port".to_owned(), ConstValue::Int(6379))]);
        let parts = fill_braces("redis://{}:{port}/{0}", &[text("cache")], &named).unwrap();
        assert_eq!(join_parts(parts), text("redis://cache:6379/cache"));
        let parts =
            fill_placeholders("redis://%s:%d", &[text("cache"), ConstValue::Int(1)]).unwrap();
        assert_eq!(join_parts(parts), text("redis://cache:1"));
        assert_eq!(fill_braces("{a.b}", &[], &BTreeMap::new()), None);
        assert_eq!(fill_placeholders("%(a)s", &[]), None);
    }

    #[test]
    fn long_texts_are_not_followed() {
        let half = "x".repeat(fold::MAX_TEXT_BYTES / 2);
        let twice = |text: &str| {
            fill_braces(
                "{0}{0}",
                &[ConstValue::Text(text.to_owned())],
                &BTreeMap::new(),
            )
        };
        assert!(matches!(
            twice(&half).map(join_parts),
            Some(ConstValue::Text(_))
        ));
        let more = format!("{half}x");
        assert_eq!(twice(&more), None);
        let values = [text(&more), text(&more)];
        assert_eq!(fill_placeholders("%s%s", &values), None);
        assert!(matches!(join_parts(values), ConstValue::Unknown(_)));
        assert!(matches!(
            replaced(text(&half), "x", "xx"),
            ConstValue::Unknown(_)
        ));
    }

    #[test]
    fn a_url_keeps_its_scheme() {
        let whole = join_parts([text("redis://"), fold::from_environment("HOST"), text("/0")]);
        assert_eq!(scheme(&whole).as_deref(), Some("redis"));
        assert_eq!(
            scheme(&replaced(whole, "unix:", "x")).as_deref(),
            Some("redis")
        );
        assert_eq!(
            scheme(&join_parts([fold::from_environment("S"), text("://a")])),
            None
        );
    }
}
