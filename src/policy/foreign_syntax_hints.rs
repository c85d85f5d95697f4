//! Recognises syntax and function names of other languages in expressions and says what to write
//! instead.

use std::ops::Range;

use crate::policy::syntax::ExpressionFault;

/// Functions that people expect, by the names that other languages have for them.
const FUNCTIONS: &[(&str, &str)] = &[
    ("any", "use `list.exists(x, TEST)`"),
    ("some", "use `list.exists(x, TEST)`"),
    ("exists", "write `list.exists(x, TEST)` after the list"),
    ("every", "use `list.all(x, TEST)`"),
    ("all", "write `list.all(x, TEST)` after the list"),
    ("len", "`size(x)` is the length of a list or a text"),
    ("length", "`x.size()` is the length of a list or a text"),
    ("count", "`x.size()` is the length of a list or a text"),
    (
        "sum",
        "lists cannot be summed; `server.connections.total` is a sum",
    ),
    ("not", "write `!`"),
    (
        "matches",
        "patterns are not supported; use `contains`, `startsWith` or `endsWith`",
    ),
    (
        "int",
        "no conversion needed; use `floor` or `ceil` to round",
    ),
    (
        "uint",
        "no conversion needed; use `floor` or `ceil` to round",
    ),
    ("double", "no conversion needed"),
    ("float", "no conversion needed"),
    ("dyn", "types are checked when the rule loads"),
    ("type", "types are checked when the rule loads"),
    ("round", "use `floor` or `ceil`"),
    (
        "duration",
        "durations are numbers of seconds; a parameter of type `duration` can be `5m`",
    ),
    (
        "bytes",
        "sizes are numbers of bytes; a parameter of type `size` can be `1gb`",
    ),
    ("lowerAscii", "write `lower(text)`"),
    ("toLowerCase", "write `lower(text)`"),
    ("tolower", "write `lower(text)`"),
    ("default", "use `or(path, other)` for absent values"),
    ("explicitly", "write `explicit(path)`"),
    ("defined", "use `known(path)` or `explicit(path)`"),
    ("isset", "use `known(path)` or `explicit(path)`"),
    ("is_set", "use `known(path)` or `explicit(path)`"),
    ("exist", "use `known(path)` or `explicit(path)`"),
];

/// What does the work of a function that is not there.
pub(super) fn function(name: &str) -> Option<&'static str> {
    let row = FUNCTIONS.iter().find(|(habit, _)| *habit == name);
    row.map(|(_, help)| *help)
}

/// Words and signs that are no operators here.
const SIGNS: &[(&str, &str)] = &[
    ("===", "write `==`"),
    (
        "=~",
        "patterns are not supported; use `contains`, `startsWith` or `endsWith`",
    ),
    ("=>", "write `>=`"),
    ("=<", "write `<=`"),
    ("<>", "write `!=`"),
    ("->", "use `.` to select a fact"),
    ("=", "write `==`"),
    ("&", "write `&&`"),
    ("|", "write `||`"),
    ("and", "write `&&`"),
    ("or", "write `||`"),
    ("not", "write `!`"),
    ("is", "write `==`"),
    (
        "matches",
        "patterns are not supported; use `contains`, `startsWith` or `endsWith`",
    ),
    ("contains", "write `text.contains(part)`"),
    ("if", "write `condition ? one : other`"),
    ("$", "write the expression without `$` and braces"),
    (";", "expressions do not end with a semicolon"),
];

/// The habit of another language at which the parser stopped.
pub(super) fn slip(text: &str, at: usize) -> Option<ExpressionFault> {
    figure(text, at)
        .or_else(|| open_text(text, at))
        .or_else(|| sign(text, at))
}

/// `1gb`, `5m`, `88%`, `1_000`: a figure that goes on with what is none of it.
fn figure(text: &str, at: usize) -> Option<ExpressionFault> {
    let whole = text.trim_end();
    if at >= whole.len() && whole.ends_with('%') {
        let range = number_before(whole, whole.len() - 1)?.start..whole.len();
        let part = &text[range.clone()];
        let fault = ExpressionFault::new(range, format!("`{part}` is not a number"));
        return Some(fault.with_help(
            "write a ratio as a number: 88 % is `0.88`; a parameter of type `ratio` can be `88%`",
        ));
    }
    let number = number_before(text, at)?;
    let unit = text[at..].find(|c: char| !c.is_alphanumeric() && c != '_');
    let end = unit.map_or(text.len(), |length| at + length);
    if number.is_empty() || end == at {
        return None;
    }
    let part = &text[number.start..end];
    let fault = ExpressionFault::new(number.start..end, format!("`{part}` is not a number"));
    Some(fault.with_help("write sizes in bytes and durations in seconds, without a unit; a parameter can have one: `params: { max: { type: size, default: 1gb } }`"))
}

/// The figure that ends at a byte.
fn number_before(text: &str, at: usize) -> Option<Range<usize>> {
    let before = text.get(..at)?;
    let digits = before.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    let alone = !digits.ends_with(|c: char| c.is_alphanumeric() || c == '_');
    (digits.len() < at && alone).then_some(digits.len()..at)
}

/// A text whose second quote is missing.
fn open_text(text: &str, at: usize) -> Option<ExpressionFault> {
    let rest = text.get(at..)?;
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    if rest[1..].contains(quote) {
        return None;
    }
    let end = at + rest.trim_end().len();
    let message = if end == at + 1 {
        "unmatched quote"
    } else {
        "unclosed string"
    };
    Some(ExpressionFault::new(at..end, message))
}

/// The sign or word at a byte; the parser may stop at its second character.
fn sign(text: &str, at: usize) -> Option<ExpressionFault> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let is_sign = |c: char| "=<>&|~-".contains(c);
    let part = |like: fn(char) -> bool| {
        let start = text[..at].trim_end_matches(like).len();
        let rest = &text[at..];
        start..at + rest.len() - rest.trim_start_matches(like).len()
    };
    let first = text[at..].chars().next()?;
    let range = match first {
        c if is_word(c) => part(|c| c.is_alphanumeric() || c == '_'),
        c if is_sign(c) => part(|c| "=<>&|~-".contains(c)),
        c => at..at + c.len_utf8(),
    };
    let found = &text[range.clone()];
    let (_, help) = SIGNS.iter().find(|(sign, _)| *sign == found)?;
    Some(ExpressionFault::new(range, format!("`{found}` is not an operator")).with_help(*help))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_habit_is_named_whole_and_mended() {
        for (text, at, part, help) in [
            ("a >= 1gb", 6, "1gb", "write sizes in bytes"),
            ("a > 88%", 7, "88%", "write a ratio"),
            ("a = 1", 2, "=", "write `==`"),
            ("a === 1", 4, "===", "write `==`"),
            ("a <> 1", 3, "<>", "write `!=`"),
            ("a and b", 2, "and", "write `&&`"),
        ] {
            let fault = slip(text, at).unwrap();
            assert_eq!(&text[fault.range], part, "{text}");
            assert!(fault.help.unwrap().starts_with(help), "{text}");
        }
    }

    #[test]
    fn what_is_no_habit_is_left_to_the_parser() {
        assert!(slip("a ) b", 2).is_none());
        assert!(slip("", 0).is_none());
        assert!(slip("a1b", 3).is_none());
    }
}
