//! Text of other people made safe to show: control characters become visible pictures, so that a
//! scanned file cannot drive the reader's terminal or forge a line of the report.

use std::borrow::Cow;

/// One character as it may be shown. Tabs and line breaks are pictures too.
pub(super) fn shown_char(c: char) -> char {
    match c {
        '\0'..='\u{1f}' => char::from_u32(0x2400 + c as u32).unwrap_or(REPLACEMENT),
        '\u{7f}' => '\u{2421}',
        c if is_hidden(c) => REPLACEMENT,
        c => c,
    }
}

const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;

/// Characters that show nothing and change how the rest is shown: C1 controls, line separators and
/// the marks that turn the direction of text (the "Trojan source" attack).
pub(super) fn is_hidden(c: char) -> bool {
    matches!(
        c,
        '\u{80}'..='\u{9f}'
            | '\u{61c}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{feff}'
    )
}

/// Text that stays on one line.
pub(super) fn one_line(text: &str) -> Cow<'_, str> {
    map(text.trim_end(), shown_char)
}

/// Text that may have several lines.
pub(super) fn lines(text: &str) -> Cow<'_, str> {
    map(text.trim_end(), |c| match c {
        '\n' => '\n',
        c => shown_char(c),
    })
}

/// The same between marks of HTML or XML, in an element or a quoted attribute. Of what is left after
/// the above, two noncharacters are no legal XML.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => out.push(REPLACEMENT),
            c => out.push(c),
        }
    }
    out
}

fn map(text: &str, safe: impl Fn(char) -> char) -> Cow<'_, str> {
    if text.chars().all(|c| safe(c) == c) {
        Cow::Borrowed(text)
    } else {
        text.chars().map(safe).collect::<String>().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_and_direction_marks_cannot_pass() {
        assert_eq!(one_line("a\u{1b}[31mb\nc"), "a␛[31mb␊c");
        assert_eq!(one_line("x\u{202e}y\u{9b}z"), "x\u{fffd}y\u{fffd}z");
        assert_eq!(lines("a\r\nb\u{7f}\n"), "a␍\nb␡");
    }

    #[test]
    fn plain_text_is_not_copied() {
        assert!(matches!(one_line("né 日本"), Cow::Borrowed(_)));
    }
}
