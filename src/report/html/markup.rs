//! Text made safe for HTML, and the small pieces that all parts of the page use.

use crate::finding::Severity;
use crate::report::{sanitize, web_address};

/// Text of other people, on one line, in an element or a quoted attribute.
pub(super) fn text(text: &str) -> String {
    sanitize::escape_markup(&sanitize::one_line(text))
}

/// A line of code whose control characters are pictures already. A tab would be one of those.
pub(super) fn code(text: &str) -> String {
    sanitize::escape_markup(&text.replace('\t', "    "))
}

/// A sentence: pairs of backticks in it mark code. Where they do not pair they stay as they are.
pub(super) fn prose(text: &str) -> String {
    with_code(&sanitize::one_line(text))
}

/// The same over several lines.
pub(super) fn prose_lines(text: &str) -> String {
    with_code(&sanitize::lines(text))
}

fn with_code(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    // An even number of parts is an odd number of backticks; an empty pair marks nothing.
    if parts.len().is_multiple_of(2) || parts.iter().skip(1).step_by(2).any(|part| part.is_empty())
    {
        return sanitize::escape_markup(text);
    }
    let piece = |(at, part): (usize, &&str)| match at % 2 {
        0 => sanitize::escape_markup(part),
        _ => format!("<code>{}</code>", sanitize::escape_markup(part)),
    };
    parts.iter().enumerate().map(piece).collect()
}

/// A link to a rule's page where it has an address that a browser may open, else its text.
pub(super) fn link(url: Option<&str>, label: &str) -> String {
    match web_address(url) {
        Some(url) => format!(
            "<a href=\"{}\" rel=\"noopener noreferrer\">{}</a>",
            text(url),
            text(label)
        ),
        None => text(label),
    }
}

/// A severity's word in its colour.
pub(super) fn badge(severity: Severity) -> String {
    let word = severity.as_str();
    format!("<span class=\"badge {word}\">{word}</span>")
}

/// `1 finding`, `2 findings`.
pub(super) fn count(n: usize, one: &str) -> String {
    format!("{n} {one}{}", if n == 1 { "" } else { "s" })
}

/// The address on the page of a rule's findings. A user's rule may have any word as its id.
pub(super) fn anchor(rule: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    format!("rule-{}", rule.chars().map(safe).collect::<String>())
}

/// A long name with its middle left out; its ends tell most.
pub(super) fn clip_name(name: &str, most: usize) -> String {
    let name: Vec<char> = sanitize::one_line(name).chars().collect();
    if name.len() <= most {
        return name.into_iter().collect();
    }
    let end = (most - 1) / 2;
    let start = most - 1 - end;
    let parts = [&name[..start], &['…'], &name[name.len() - end..]];
    parts.concat().into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_opens_a_tag_or_ends_an_attribute() {
        assert_eq!(text("<b>\"&'\u{1b}\n"), "&lt;b&gt;&quot;&amp;&#39;␛");
        assert_eq!(link(Some("javascript:alert(1)"), "x"), "x");
        let address = link(Some("https://a/\" onclick=\"b"), "<x>");
        assert!(
            address.contains("https://a/&quot; onclick=&quot;b"),
            "{address}"
        );
        assert_eq!(anchor("a/b\" c"), "rule-a-b--c");
    }

    #[test]
    fn pairs_of_backticks_are_code() {
        assert_eq!(prose("set `a<b` now"), "set <code>a&lt;b</code> now");
        assert_eq!(prose("one ` alone"), "one ` alone");
        assert_eq!(prose("``x``"), "``x``");
        assert_eq!(prose_lines("a\n`b`"), "a\n<code>b</code>");
    }

    #[test]
    fn a_long_name_keeps_its_ends() {
        assert_eq!(clip_name("abcdefghij", 5), "ab…ij");
        assert_eq!(clip_name("né 日本", 5), "né 日本");
    }
}
