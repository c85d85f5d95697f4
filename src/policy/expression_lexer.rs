//! The lexer of the expression language: names, numbers, strings and operators, each with its byte
//! range.
//!
//! Tokens follow the CEL specification (<https://github.com/google/cel-spec>, "Syntax"). Their
//! order is left to `expression_parser`.

use std::ops::Range;

/// A word of an expression and the bytes that it stands on.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ExpressionToken {
    pub(super) kind: ExpressionTokenKind,
    pub(super) range: Range<usize>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum ExpressionTokenKind {
    Name,
    Number(f64),
    Text(String),
    Bytes,
    Sign(&'static str),
    /// Begins what is no word of the language.
    Fault(LexicalFault),
    End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LexicalFault {
    UnknownCharacter,
    NumberTooLarge,
    UnclosedText,
    UnknownEscape,
}

/// The signs, longer ones before those that they begin with.
const SIGNS: [&str; 24] = [
    "==", "!=", "<=", ">=", "&&", "||", "<", ">", "[", "]", "{", "}", "(", ")", ".", ",", "-", "!",
    "?", ":", "+", "*", "/", "%",
];

/// The token that begins at or after a byte, and none beyond the end.
pub(super) fn token_at(text: &str, at: usize) -> ExpressionToken {
    let start = at + blank_length(&text[at..]);
    let rest = &text[start..];
    let (kind, length) = read_token(rest);
    ExpressionToken {
        kind,
        range: start..start + length,
    }
}

/// How many bytes of blanks and comments a text begins with.
fn blank_length(text: &str) -> usize {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\r', '\n', '\u{c}']);
        let Some(comment) = rest.strip_prefix("//") else {
            return text.len() - rest.len();
        };
        rest = &comment[comment.find('\n').unwrap_or(comment.len())..];
    }
}

fn read_token(rest: &str) -> (ExpressionTokenKind, usize) {
    let Some(first) = rest.chars().next() else {
        return (ExpressionTokenKind::End, 0);
    };
    if let Some(found) = lex_quoted(rest).or_else(|| number(rest)) {
        return found;
    }
    if first.is_ascii_alphabetic() || first == '_' {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        return (ExpressionTokenKind::Name, end.unwrap_or(rest.len()));
    }
    match SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
        Some(sign) => (ExpressionTokenKind::Sign(sign), sign.len()),
        None => (
            ExpressionTokenKind::Fault(LexicalFault::UnknownCharacter),
            first.len_utf8(),
        ),
    }
}

fn number(rest: &str) -> Option<(ExpressionTokenKind, usize)> {
    let (value, length) = hexadecimal(rest).or_else(|| decimal(rest))?;
    let kind = value.map_or(
        ExpressionTokenKind::Fault(LexicalFault::NumberTooLarge),
        ExpressionTokenKind::Number,
    );
    Some((kind, length))
}

/// A whole number may be 64 bits long, like those of the language.
fn hexadecimal(rest: &str) -> Option<(Option<f64>, usize)> {
    let digits = rest.strip_prefix("0x")?;
    let count = digits
        .bytes()
        .take_while(|byte| byte.is_ascii_hexdigit())
        .count();
    if count == 0 {
        return None;
    }
    let value = i64::from_str_radix(&digits[..count], 16).ok();
    let length = 2 + count + suffix_length(&digits[count..]);
    Some((value.map(|n| n as f64), length))
}

fn decimal(rest: &str) -> Option<(Option<f64>, usize)> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(rest);
    let fraction = rest[whole..].strip_prefix('.').map_or(0, digits);
    if whole == 0 && fraction == 0 {
        return None;
    }
    let point = if fraction > 0 { 1 + fraction } else { 0 };
    let length = whole + point;
    let exponent = exponent_length(&rest[length..]);
    let length = length + exponent;
    if point == 0 && exponent == 0 {
        let value = rest[..length].parse::<i64>().ok();
        return Some((
            value.map(|n| n as f64),
            length + suffix_length(&rest[length..]),
        ));
    }
    Some((rest[..length].parse().ok(), length))
}

fn exponent_length(rest: &str) -> usize {
    let Some(after) = rest.strip_prefix(['e', 'E']) else {
        return 0;
    };
    let unsigned = after.strip_prefix(['+', '-']).unwrap_or(after);
    let digits = unsigned.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return 0;
    }
    rest.len() - unsigned.len() + digits
}

/// `1u`: every number is of one type here, so the mark says nothing.
fn suffix_length(rest: &str) -> usize {
    usize::from(rest.starts_with(['u', 'U']))
}

/// A text or bytes: `"a"`, `'a'`, `"""a"""`, with `r` before it without escapes, with `b` bytes.
fn lex_quoted(rest: &str) -> Option<(ExpressionTokenKind, usize)> {
    let (is_bytes, unprefixed) = match rest.strip_prefix(['b', 'B']) {
        Some(after) => (true, after),
        None => (false, rest),
    };
    let (is_raw, opened) = match unprefixed.strip_prefix(['r', 'R']) {
        Some(after) => (true, after),
        None => (false, unprefixed),
    };
    let quote = ["\"\"\"", "'''", "\"", "'"]
        .into_iter()
        .find(|quote| opened.starts_with(quote))?;
    let before = rest.len() - opened.len() + quote.len();
    match lex_body(&rest[before..], quote, is_raw) {
        Ok((value, length)) => {
            let kind = if is_bytes {
                ExpressionTokenKind::Bytes
            } else {
                ExpressionTokenKind::Text(value)
            };
            Some((kind, before + length))
        }
        Err(fault) => Some((ExpressionTokenKind::Fault(fault), before)),
    }
}

/// The value up to the closing quote, and the bytes with that quote.
fn lex_body(body: &str, quote: &str, is_raw: bool) -> Result<(String, usize), LexicalFault> {
    let mut value = String::new();
    let mut at = 0;
    loop {
        let rest = &body[at..];
        if rest.starts_with(quote) {
            return Ok((value, at + quote.len()));
        }
        let next = rest.chars().next().ok_or(LexicalFault::UnclosedText)?;
        if quote.len() == 1 && matches!(next, '\n' | '\r') {
            return Err(LexicalFault::UnclosedText);
        }
        if next == '\\' && !is_raw {
            let (escaped, length) = escape(&rest[1..]).ok_or(LexicalFault::UnknownEscape)?;
            value.push(escaped);
            at += 1 + length;
        } else {
            value.push(next);
            at += next.len_utf8();
        }
    }
}

/// What stands behind a backslash: the character and its bytes.
fn escape(rest: &str) -> Option<(char, usize)> {
    let code = |start: usize, digits: usize, radix: u32| {
        let written = rest.get(start..start + digits)?;
        let is_digit = |c: char| c.is_digit(radix);
        let code = u32::from_str_radix(written, radix).ok();
        let found = code.filter(|_| written.chars().all(is_digit));
        Some((char::from_u32(found?)?, start + digits))
    };
    let plain = |c: char| Some((c, 1));
    match rest.chars().next()? {
        'a' => plain('\u{7}'),
        'b' => plain('\u{8}'),
        'f' => plain('\u{c}'),
        'n' => plain('\n'),
        'r' => plain('\r'),
        't' => plain('\t'),
        'v' => plain('\u{b}'),
        same @ ('"' | '\'' | '\\' | '?' | '`') => plain(same),
        'x' | 'X' => code(1, 2, 16),
        'u' => code(1, 4, 16),
        'U' => code(1, 8, 16),
        '0'..='3' => code(0, 3, 8),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(text: &str) -> ExpressionTokenKind {
        token_at(text, 0).kind
    }

    #[test]
    fn numbers_are_of_one_type_and_whole_ones_fit_64_bits() {
        for (text, value, length) in [
            ("12.all(", 12.0, 2),
            ("0x1Fu", 31.0, 5),
            ("1.5e-3)", 0.0015, 6),
            (".5", 0.5, 2),
            ("1e", 1.0, 1),
        ] {
            let token = token_at(text, 0);
            assert_eq!(token.kind, ExpressionTokenKind::Number(value), "{text}");
            assert_eq!(token.range, 0..length, "{text}");
        }
        let too_large = ExpressionTokenKind::Fault(LexicalFault::NumberTooLarge);
        assert_eq!(kind("9223372036854775808"), too_large);
    }

    #[test]
    fn texts_end_at_their_own_quote() {
        let text = |value: &str| ExpressionTokenKind::Text(value.to_owned());
        assert_eq!(kind(r#""a\n\u00e9\"'" x"#), text("a\né\"'"));
        assert_eq!(kind(r"r'\d'"), text(r"\d"));
        assert_eq!(kind("'''a\n'b''' c"), text("a\n'b"));
        assert_eq!(kind("b'a'"), ExpressionTokenKind::Bytes);
        for (broken, fault) in [
            ("'a", LexicalFault::UnclosedText),
            ("'a\nb'", LexicalFault::UnclosedText),
            (r"'\d'", LexicalFault::UnknownEscape),
            (r"'\ud800'", LexicalFault::UnknownEscape),
        ] {
            assert_eq!(kind(broken), ExpressionTokenKind::Fault(fault), "{broken}");
        }
    }

    #[test]
    fn blanks_and_comments_are_passed() {
        let token = token_at(" // a\n // b\n x_1.y", 0);
        assert_eq!(token.range, 13..16);
        assert_eq!(kind(" // a"), ExpressionTokenKind::End);
    }
}
