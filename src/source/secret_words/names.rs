//! Which names are those of secrets: `requirepass`, `API_TOKEN`, `secretKey`, and not `password-file`. What
//! stands beside a name is not looked at.

use std::ops::Range;

/// A name with one of these in it names a secret.
pub(super) const WORDS: [&str; 7] = [
    "pass",
    "pwd",
    "auth",
    "secret",
    "token",
    "bearer",
    "credential",
];

/// A name names a secret where this is a word of it: inside others it is a part of any name.
pub(super) const SHORT_WORD: &str = "pw";

/// What a key is for that is a secret itself, not the name of one.
const KEYS: [&str; 8] = [
    "access",
    "secret",
    "private",
    "encryption",
    "api",
    "signing",
    "master",
    "security",
];

/// Keys of a mapping that hold what the mapping is named for.
const INNER_KEYS: [&str; 7] = [
    "value",
    "plain",
    "plaintext",
    "text",
    "data",
    "raw",
    "default",
];

/// A name that ends like this says where a secret is, or something about it.
const NOT_ITSELF: [&str; 13] = [
    "name", "names", "ref", "file", "path", "key", "timeout", "enabled", "mode", "type", "class",
    "method", "warning",
];

/// Whether a line has a name of a secret in it.
pub(super) fn names_secret(text: &str) -> bool {
    WORDS.iter().any(|word| !matches_of(text, word).is_empty())
        || !short_words(text).is_empty()
        || !keys(text).is_empty()
}

/// Where the short word stands as a word.
fn short_words(text: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let stands = |at: &usize| {
        let before = at.checked_sub(1).map(|at| bytes[at]);
        let behind = bytes.get(at + SHORT_WORD.len());
        let begins = before.is_none_or(|b| {
            !b.is_ascii_alphanumeric() || b.is_ascii_lowercase() && bytes[*at].is_ascii_uppercase()
        });
        begins && behind.is_none_or(|b| !b.is_ascii_alphabetic())
    };
    let found = matches_of(text, SHORT_WORD).into_iter();
    found.filter(stands).collect()
}

/// Where keys stand that are secrets themselves.
fn keys(text: &str) -> Vec<usize> {
    let found = matches_of(text, "key").into_iter();
    found
        .filter(|at| is_key(&text[..at + "key".len()]))
        .collect()
}

/// Whether a name ends with a key that is a secret itself: `access_key`, `apiKey`.
pub(super) fn is_key(name: &str) -> bool {
    let ends = |text: &[u8], end: &str| {
        let from = text.len().checked_sub(end.len())?;
        let is_it = text[from..].eq_ignore_ascii_case(end.as_bytes());
        is_it.then_some(from)
    };
    let bytes = name.as_bytes();
    let bytes = bytes.strip_suffix(b"s").unwrap_or(bytes);
    let Some(end) = ends(bytes, "key") else {
        return false;
    };
    let joined = bytes[..end].strip_suffix(b"_").unwrap_or(&bytes[..end]);
    let joined = joined.strip_suffix(b"-").unwrap_or(joined);
    KEYS.iter().any(|kind| ends(joined, kind).is_some())
}

/// Whether a line is the key of a secret that stands below it.
pub(super) fn opens_secret(line: &str) -> bool {
    let line = line.trim();
    let content = line.trim_start_matches(['-', '?', ' ']);
    let is_explicit = line.starts_with("? ");
    let Some((key, header)) = content
        .split_once(':')
        .or(is_explicit.then_some((content, "")))
    else {
        return false;
    };
    let key = key.trim_matches(['"', '\'', ' ']);
    let header = header.trim();
    let opens = header.is_empty() || header.starts_with(['|', '>', '&', '!']);
    opens && !key.contains(' ') && names_secret(key) && is_itself(key)
}

/// Whether what a key of a mapping holds is what the mapping is named for.
pub(super) fn is_inner_key(key: &str) -> bool {
    let key = key.trim_matches(['"', '\'', ' ', '-']);
    let is_secret = names_secret(key) && is_itself(key);
    is_secret
        || INNER_KEYS
            .iter()
            .any(|inner| key.eq_ignore_ascii_case(inner))
}

/// Where a word of lower case stands in a text, whatever its case there.
fn matches_of(text: &str, word: &str) -> Vec<usize> {
    let (bytes, word) = (text.as_bytes(), word.as_bytes());
    let first = [word[0], word[0].to_ascii_uppercase()];
    memchr::memchr2_iter(first[0], first[1], bytes)
        .filter(|at| {
            let end = at + word.len();
            bytes
                .get(*at..end)
                .is_some_and(|found| found.eq_ignore_ascii_case(word))
        })
        .collect()
}

/// The names of secrets in a text, each whole, in order.
pub(super) fn names(text: &str) -> Vec<Range<usize>> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let mut found: Vec<Range<usize>> = WORDS
        .iter()
        .flat_map(|word| matches_of(text, word))
        .chain(short_words(text))
        .chain(keys(text))
        .map(|at| {
            let before = text[..at].trim_end_matches(is_part).len();
            let behind = &text[at..];
            let length = behind.find(|c| !is_part(c)).unwrap_or(behind.len());
            before..at + length
        })
        .collect();
    found.sort_by_key(|name| name.start);
    found.dedup();
    found
}

/// Whether a name is a secret's own, not that of a file or a switch.
pub(super) fn is_itself(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let is_author = name.contains("author") && !name.contains("authoriz");
    let is_about = NOT_ITSELF.iter().any(|word| name.ends_with(word)) && !is_key(&name);
    let is_none = name.starts_with("no-") || name == "nopass";
    !is_author && !is_about && !is_none && !name.starts_with("existing")
}
