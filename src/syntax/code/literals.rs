//! The values of literals in code. A literal that is not valid in its language has no value.

use std::iter::Peekable;
use std::str::Chars;

use super::CodeGrammar;

impl CodeGrammar {
    /// The text that a string literal stands for: `"a\n"`, Go's back-quoted ones, Rust's `r#"a"#`.
    pub fn string_value(self, literal: &str) -> Option<String> {
        if let (Self::Go, Some(raw)) = (self, literal.strip_prefix('`')) {
            return Some(raw.strip_suffix('`')?.replace('\r', ""));
        }
        if let (Self::Rust, Some(raw)) = (self, literal.strip_prefix('r')) {
            let hashes = raw.len() - raw.trim_start_matches('#').len();
            let body = raw.get(hashes..raw.len().checked_sub(hashes)?)?;
            return Some(body.strip_prefix('"')?.strip_suffix('"')?.to_owned());
        }
        if self == Self::Python {
            return python_string(literal);
        }
        let body = literal.strip_prefix('"')?.strip_suffix('"')?;
        let mut value = String::new();
        let mut rest = body.chars().peekable();
        while let Some(c) = rest.next() {
            if c != '\\' {
                value.push(c);
            } else if self == Self::Rust && rest.peek().is_some_and(|c| matches!(c, '\n' | '\r')) {
                while rest.next_if(|c| c.is_whitespace()).is_some() {}
            } else {
                value.push(self.escape(&mut rest)?);
            }
        }
        Some(value)
    }

    /// The character that an escape stands for, its backslash already read.
    fn escape(self, rest: &mut Peekable<Chars<'_>>) -> Option<char> {
        let digits = match (self, rest.next()?) {
            (_, 'n') => return Some('\n'),
            (_, 't') => return Some('\t'),
            (_, 'r') => return Some('\r'),
            (_, c @ ('\\' | '"' | '\'')) => return Some(c),
            (Self::Go, 'a') => return Some('\u{7}'),
            (Self::Go, 'b') => return Some('\u{8}'),
            (Self::Go, 'f') => return Some('\u{c}'),
            (Self::Go, 'v') => return Some('\u{b}'),
            (Self::Rust, '0') => return Some('\0'),
            (Self::Rust, 'u') => return read_braced(rest),
            (_, 'x') => 2,
            (Self::Go | Self::Python, 'u') => 4,
            (Self::Go | Self::Python, 'U') => 8,
            _ => return None,
        };
        let mut code = 0u32;
        for _ in 0..digits {
            code = code.checked_mul(16)? + rest.next()?.to_digit(16)?;
        }
        char::from_u32(code)
    }

    /// The value of an integer literal: `1_000`, `0x10`, `0b1`, `0o17`; Go's `017`, Rust's `10u32`.
    pub fn int_value(self, literal: &str) -> Option<i64> {
        let text = literal.replace('_', "").to_ascii_lowercase();
        let (digits, radix) = match text.as_bytes() {
            [b'0', b'x', ..] => (&text[2..], 16),
            [b'0', b'b', ..] => (&text[2..], 2),
            [b'0', b'o', ..] => (&text[2..], 8),
            [b'0', _, ..] if self == Self::Go => (&text[1..], 8),
            _ => (text.as_str(), 10),
        };
        let digits = match self {
            Self::Go | Self::Python => digits,
            Self::Rust => without_suffix(digits)?,
        };
        i64::from_str_radix(digits, radix).ok()
    }

    /// The value of a float literal: `1.5`, `2e3`; Rust's `1.0f64`.
    pub fn float_value(self, literal: &str) -> Option<f64> {
        let text = literal.replace('_', "");
        let figures = match self {
            Self::Go | Self::Python => None,
            Self::Rust => text.strip_suffix("f64").or(text.strip_suffix("f32")),
        };
        figures.unwrap_or(&text).parse().ok()
    }
}

/// The text of a Python literal: any prefix but `b` (bytes are no text), either quote, one or three.
fn python_string(literal: &str) -> Option<String> {
    let quoted = literal.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let prefix = literal[..literal.len() - quoted.len()].to_ascii_lowercase();
    let quote = ["\"\"\"", "'''", "\"", "'"];
    let body = quote
        .iter()
        .find_map(|quote| quoted.strip_prefix(quote)?.strip_suffix(quote))?;
    if prefix.contains('b') {
        return None;
    }
    if prefix.contains('r') || !body.contains('\\') {
        return Some(body.to_owned());
    }
    let mut value = String::new();
    let mut rest = body.chars().peekable();
    while let Some(c) = rest.next() {
        match (c, rest.peek()) {
            ('\\', Some('\n')) => {
                rest.next();
            }
            ('\\', Some(_)) => value.push(CodeGrammar::Python.escape(&mut rest)?),
            _ => value.push(c),
        }
    }
    Some(value)
}

/// The rest of `\u{1f600}`.
fn read_braced(rest: &mut Peekable<Chars<'_>>) -> Option<char> {
    rest.next_if_eq(&'{')?;
    let mut code = 0u32;
    loop {
        match rest.next()? {
            '}' => return char::from_u32(code),
            '_' => {}
            digit => code = code.checked_mul(16)?.checked_add(digit.to_digit(16)?)?,
        }
    }
}

/// The digits before a type such as `u32`; nothing where what stands behind them is no type.
fn without_suffix(digits: &str) -> Option<&str> {
    let end = digits.find(['i', 'u']).unwrap_or(digits.len());
    let bits = digits[end..].trim_start_matches(['i', 'u']);
    ["", "8", "16", "32", "64", "128", "size"]
        .contains(&bits)
        .then_some(&digits[..end])
}

#[cfg(test)]
mod tests {
    use super::CodeGrammar::{Go, Rust};

    #[test]
    fn literals_of_go_are_read() {
        assert_eq!(Go.int_value("1_000"), Some(1000));
        assert_eq!(Go.int_value("0x10"), Some(16));
        assert_eq!(Go.int_value("017"), Some(15));
        assert_eq!(Go.int_value("0"), Some(0));
        let text = Go.string_value(r#""a\tb\u00e9""#);
        assert_eq!(text.as_deref(), Some("a\tbé"));
        assert_eq!(Go.string_value("`a\\n`").as_deref(), Some("a\\n"));
        assert_eq!(Go.string_value(r#""\q""#), None);
    }

    #[test]
    fn literals_of_rust_are_read() {
        assert_eq!(Rust.int_value("1_000"), Some(1000));
        assert_eq!(Rust.int_value("10u32"), Some(10));
        assert_eq!(Rust.int_value("0xff_u8"), Some(255));
        assert_eq!(Rust.int_value("0o17"), Some(15));
        assert_eq!(Rust.int_value("1x"), None);
        assert_eq!(Rust.float_value("1.5f32"), Some(1.5));
        let text = Rust.string_value(r#""a\tb\u{e9}\x41""#);
        assert_eq!(text.as_deref(), Some("a\tbéA"));
        assert_eq!(Rust.string_value("\"a\\\n   b\"").as_deref(), Some("ab"));
        let raw = Rust.string_value("r#\"a\\\"n\"#");
        assert_eq!(raw.as_deref(), Some("a\\\"n"));
        assert_eq!(Rust.string_value(r#""\q""#), None);
    }
}
