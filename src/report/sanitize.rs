//! Text of other people made safe to show, the last step before every output: control characters
//! become visible pictures, so that a scanned file cannot drive the reader's terminal or forge a line
//! of the report; what a runner of workflows would take for a command is broken; what is certainly a
//! secret is masked.

use std::borrow::Cow;

use crate::source::secret_words::mask_phrase;

/// One character as it may be shown. Tabs and line breaks are pictures too.
pub(super) fn show_char(c: char) -> char {
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
    let text = map(text.trim_end(), show_char);
    safe(text)
}

/// A part of a line that does not stand at its start: there `::` begins no command.
pub(super) fn within_line(text: &str) -> Cow<'_, str> {
    let text = map(text.trim_end(), show_char);
    if !text.trim_start().starts_with("::") {
        return safe(text);
    }
    // Read behind a word, as it will be shown.
    let shown = safe(Cow::Owned(format!("-{text}"))).into_owned();
    Cow::Owned(shown[1..].to_owned())
}

/// Secrets masked, commands broken.
fn safe(text: Cow<'_, str>) -> Cow<'_, str> {
    match mask_phrase(&text) {
        Cow::Owned(masked) => Cow::Owned(without_commands(&masked).into_owned()),
        Cow::Borrowed(_) => match without_commands(&text) {
            Cow::Owned(broken) => Cow::Owned(broken),
            Cow::Borrowed(_) => text,
        },
    }
}

/// Whether a runner of workflows takes the second of two `#` for the start of a command: `##[error]`
/// and `##vso[task…]` count anywhere in a line. `rest` starts with it.
pub(super) fn starts_command(rest: &str) -> bool {
    let name = rest.trim_start_matches('#');
    let word = name.trim_start_matches(|c: char| c.is_ascii_alphanumeric());
    name.len() < rest.len() && word.starts_with('[')
}

/// The text with a sign in each command of a runner that it is none with: `##[` anywhere, `::` at the
/// start of a line.
fn without_commands(text: &str) -> Cow<'_, str> {
    let begins = |line: &str| line.trim_start().starts_with("::");
    if !text.contains("##") && !text.lines().any(begins) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for line in text.split_inclusive('\n') {
        let mut line_start = begins(line);
        let mut before = ' ';
        for (at, c) in line.char_indices() {
            let breaks =
                line_start && c == ':' || before == '#' && c == '#' && starts_command(&line[at..]);
            line_start &= c != ':';
            out.push(if breaks { REPLACEMENT } else { c });
            before = c;
        }
    }
    Cow::Owned(out)
}

/// Text that may have several lines.
pub(super) fn lines(text: &str) -> Cow<'_, str> {
    let text = map(text.trim_end(), |c| match c {
        '\n' => '\n',
        c => show_char(c),
    });
    safe(text)
}

/// The same between marks of HTML or XML, in an element or a quoted attribute. Of what is left after
/// the above, two noncharacters are no legal XML.
pub(super) fn escape_markup(text: &str) -> String {
    let text = mask_phrase(text);
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    for c in text.chars() {
        match c {
            '#' if before == '#' => out.push_str("&#35;"),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => out.push(REPLACEMENT),
            c => out.push(c),
        }
        before = c;
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
    fn what_a_runner_obeys_is_broken() {
        for (text, shown) in [
            ("a ##[stop-commands]x", "a #\u{fffd}[stop-commands]x"),
            ("##vso[task.setvariable]", "#\u{fffd}vso[task.setvariable]"),
            ("##teamcity[x", "#\u{fffd}teamcity[x"),
            ("::error::x", "\u{fffd}:error::x"),
            ("## A heading [x]", "## A heading [x]"),
            ("Pool::builder()", "Pool::builder()"),
        ] {
            assert_eq!(one_line(text), shown);
        }
        assert_eq!(lines("a\n  ::warning::b"), "a\n  \u{fffd}:warning::b");
    }

    #[test]
    fn plain_text_is_not_copied() {
        assert!(matches!(one_line("né 日本"), Cow::Borrowed(_)));
    }
}
