//! The words of one word: servers split the single argument of a directive that takes several once
//! more, by the rules of a line (`sdssplitargs`). Lines themselves are split by `syntax`, with the
//! place of every word; here there is no text to point into.

/// The words; `None` where a quote is not closed, or more follows a closing one and `adjacent` does
/// not allow it.
pub(super) fn words(text: &str, adjacent: bool) -> Option<Vec<String>> {
    let mut rest = text.chars().peekable();
    let mut words = Vec::new();
    loop {
        while rest.next_if(|c| is_blank(*c)).is_some() {}
        if rest.peek().is_none() {
            return Some(words);
        }
        let mut word = String::new();
        while let Some(c) = rest.next_if(|c| !matches!(c, ' ' | '\t' | '\r' | '\n' | '\0')) {
            match c {
                '"' | '\'' => {
                    read_quoted(&mut rest, c, &mut word)?;
                    let next = rest.peek().copied();
                    if !adjacent && next.is_some_and(|next| !is_blank(next)) {
                        return None;
                    }
                    if !adjacent && matches!(next, Some('\u{b}' | '\u{c}')) {
                        break;
                    }
                }
                other => word.push(other),
            }
        }
        words.push(word);
        if rest.peek() == Some(&'\0') {
            return Some(words);
        }
    }
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n' | '\u{b}' | '\u{c}')
}

/// The rest of a quoted part; `None` where it has no end.
fn read_quoted(
    rest: &mut std::iter::Peekable<std::str::Chars<'_>>,
    quote: char,
    word: &mut String,
) -> Option<()> {
    loop {
        match rest.next()? {
            c if c == quote => return Some(()),
            '\\' if quote == '"' => word.push(escape(rest)?),
            '\\' if rest.peek() == Some(&'\'') => word.extend(rest.next()),
            other => word.push(other),
        }
    }
}

fn escape(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<char> {
    Some(match rest.next()? {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'b' => '\u{8}',
        'a' => '\u{7}',
        'x' => hexadecimal(rest).unwrap_or('x'),
        other => other,
    })
}

/// Two digits behind `\x`; otherwise nothing is taken.
fn hexadecimal(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<char> {
    let mut ahead = rest.clone();
    let high = ahead.next()?.to_digit(16)?;
    let low = ahead.next()?.to_digit(16)?;
    *rest = ahead;
    char::from_u32(high * 16 + low)
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn one_word_is_split_like_a_line() {
        let split = |text| words(text, false);
        assert_eq!(split(" 900 1\t300 10").unwrap(), ["900", "1", "300", "10"]);
        assert_eq!(split("\"a b\" 'c' \"\"").unwrap(), ["a b", "c", ""]);
        assert_eq!(split("\"\\x41\\n\"").unwrap(), ["A\n"]);
        assert_eq!(split("'abc"), None);
        assert_eq!(split("\"a\"b"), None);
        assert_eq!(words("\"a\"b", true).unwrap(), ["ab"]);
    }
}
