//! The header of a YAML block scalar: `|` or `>`, its indicators and an optional comment. Used by
//! both the YAML reader and the template reader.

use std::ops::Range;

/// The leftmost `|` or `>` that stands at the start of a word and has nothing but its indicators
/// and a comment after it.
pub(super) fn find(line: &str) -> Option<Range<usize>> {
    let bytes = line.as_bytes();
    memchr::memchr2_iter(b'|', b'>', bytes).find_map(|at| {
        let before = &line[..at];
        let starts_word = before.is_empty() || before.ends_with([' ', '\t', '\u{feff}']);
        let length = indicators(&bytes[at..]);
        (starts_word && ends_line(&line[at + length..])).then_some(at..at + length)
    })
}

fn indicators(bytes: &[u8]) -> usize {
    let is_indicator = |byte: &&u8| matches!(byte, b'+' | b'-' | b'1'..=b'9');
    1 + bytes[1..].iter().take(2).take_while(is_indicator).count()
}

fn ends_line(rest: &str) -> bool {
    let word = rest.trim_start_matches([' ', '\t']);
    word.is_empty() || (word.len() < rest.len() && word.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn a_header_ends_its_line() {
        for (line, header) in [
            ("k: |", Some("|")),
            ("- >-  # why", Some(">-")),
            ("k: !t &a |2+", Some("|2+")),
            ("\"a | b\": |-", Some("|-")),
            ("k: |#", None),
            ("k: a|", None),
            ("k: | x", None),
        ] {
            assert_eq!(find(line).map(|range| &line[range]), header, "{line}");
        }
    }
}
