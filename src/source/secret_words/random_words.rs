//! Words that look random, as keys and tokens do. They are masked whatever stands beside them.

use std::ops::Range;

/// Bytes of the shortest word that is taken for a token.
const SHORTEST: usize = 10;

/// How often a letter and a digit stand beside each other in one. Names with a version in them change
/// twice, and digests have letters of one case only.
const LEAST_CHANGES: usize = 3;

/// Where such words stand in a text.
pub(super) fn random_words(text: &str) -> impl Iterator<Item = Range<usize>> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = text.get(at..)?;
        let start = at + rest.find(is_part)?;
        let length = text[start..].find(|c| !is_part(c));
        at = length.map_or(text.len(), |length| start + length);
        Some(start..at)
    })
    .filter(|word| word.len() >= SHORTEST && is_random(&text.as_bytes()[word.clone()]))
}

fn is_random(word: &[u8]) -> bool {
    let pairs = word.iter().zip(word.iter().skip(1));
    let changes = pairs.filter(|(one, next)| one.is_ascii_digit() != next.is_ascii_digit());
    word.iter().any(u8::is_ascii_uppercase)
        && word.iter().any(u8::is_ascii_lowercase)
        && changes.count() >= LEAST_CHANGES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_tokens_are_random_and_names_are_not() {
        for token in ["Tr0ub4dorXK9q", "ghp_a1B2c3D4e5F6", "bWF4bWVtb3J5IDk2bWI"] {
            let text = format!("x: \"{token}\"");
            let found: Vec<_> = random_words(&text).collect();
            let expected = vec![std::ops::Range {
                start: 4,
                end: 4 + token.len(),
            }];
            assert_eq!(found, expected, "{token}");
        }
        for name in [
            "redisV9Client",
            "StatefulSet2",
            "3f2b9c0d1e4a5b6c7d8e",
            "TLS_AES_256_GCM_SHA384",
            "v1beta2",
            "7.2.6-alpine3.20",
            "",
        ] {
            assert_eq!(random_words(name).count(), 0, "{name}");
        }
    }
}
