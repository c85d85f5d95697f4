//! What in a line of somebody's file is probably a secret, by the words beside it. The readers know
//! where secrets stand in what they understand; this checks every line that is shown, also those
//! that no reader understood, and masks too much rather than too little.

use std::borrow::Cow;
use std::ops::Range;

use super::MASK;

/// A name with one of these in it names a secret.
const WORDS: [&str; 7] = [
    "pass",
    "pwd",
    "auth",
    "secret",
    "token",
    "credential",
    "apikey",
];

/// A name that ends like this says where a secret is, or something about it.
const NOT_ITSELF: [&str; 14] = [
    "name", "names", "ref", "file", "path", "key", "timeout", "enabled", "mode", "provider",
    "type", "class", "method", "warning",
];

/// Values that are no secrets.
const PLAIN: [&str; 10] = [
    "true", "false", "yes", "no", "null", "nil", "none", "~", "on", "off",
];

/// A line and what is known of where it stands.
#[derive(Clone, Copy, Debug, Default)]
pub struct ShownLine<'t> {
    pub text: &'t str,
    /// In code a bare word is a name, not a value.
    pub is_code: bool,
    /// The lines before and behind it: one may name what the other holds.
    pub beside: [&'t str; 2],
}

impl ShownLine<'_> {
    /// The parts that are probably secrets, in order, none inside another.
    pub fn secrets(&self) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        urls(self.text, &mut found);
        if self.may_name_one() {
            self.named(&mut found);
        }
        self.flags(&mut found);
        self.users(&mut found);
        self.values(&mut found);
        joined(found)
    }

    fn may_name_one(&self) -> bool {
        names_secret(self.text)
    }

    /// Values behind a name, whatever joins them.
    fn named(&self, found: &mut Vec<Range<usize>>) {
        let comment = comment_start(self.text, self.is_code);
        for name in names(self.text) {
            let rest = name.end..self.text.len();
            if comment.is_some_and(|at| at <= name.start) {
                found.push(trimmed(self.text, rest));
                return;
            }
            if !is_itself(&self.text[name.clone()]) {
                continue;
            }
            match joint(&self.text[rest.clone()]) {
                Some(length) => self.expression(name.end + length..rest.end, found),
                None => self.words_behind(&name, found),
            }
        }
    }

    /// The strings of an expression up to where it ends, or the bare value that it is.
    fn expression(&self, rest: Range<usize>, found: &mut Vec<Range<usize>>) {
        let text = &self.text[rest.clone()];
        let strings = strings_of_expression(text);
        let bare = text.trim_start();
        let starts_bare =
            !bare.starts_with(['"', '\'', '`', '\\', '(', '[', '{', '|', '>', '&', '*']);
        if !self.is_code && starts_bare {
            let start = rest.start + text.len() - bare.len();
            let length = bare.find([',', '}', ')', ']', ';', '"', '\'', '`', '&', '|']);
            let end = start + length.unwrap_or(bare.len());
            found.extend(value(self.text, trimmed(self.text, start..end)));
        }
        for string in strings {
            let string = rest.start + string.start..rest.start + string.end;
            found.extend(value(self.text, string));
        }
    }

    /// `requirement VALUE`, as configuration and command lines have it: all words up to the next option.
    fn words_behind(&self, name: &Range<usize>, found: &mut Vec<Range<usize>>) {
        let named = self.text[name.clone()].to_ascii_lowercase();
        let is_whole = WORDS.iter().any(|word| named.ends_with(word)) || named.ends_with("word");
        let rest = &self.text[name.end..];
        let in_string = self.text[..name.start].contains(['"', '\'', '`']);
        if !is_whole || !rest.starts_with(char::is_whitespace) || self.is_code && !in_string {
            return;
        }
        let mut at = name.end;
        for word in rest.split(char::is_whitespace) {
            let start = self.text[at..]
                .find(word)
                .map_or(at, |skipped| at + skipped);
            at = start + word.len();
            if word.is_empty() {
                continue;
            }
            if word.starts_with(['-', ';', '&', '|', '=', ':']) {
                return;
            }
            let closes = word.len() > 1 && word.ends_with(['"', '\'', '`', ';', ']', ')', '}']);
            let inner = word.trim_matches(['"', '\'', '`', ';', ']', ')', '}', ',', '\\']);
            if let Some(offset) = self.text[start..].find(inner).filter(|_| !inner.is_empty()) {
                found.extend(value(
                    self.text,
                    start + offset..start + offset + inner.len(),
                ));
            }
            if closes {
                return;
            }
        }
    }

    /// `-a PASSWORD` of a client of servers, `-u USER:PASSWORD` of others.
    fn flags(&self, found: &mut Vec<Range<usize>>) {
        let is_client = self.text.contains("-cli");
        let is_fetch = self.text.contains("curl") || self.text.contains("wget");
        for (flag, wanted) in [("-a", is_client), ("-u", is_fetch)] {
            if !wanted {
                continue;
            }
            for (at, _) in self.text.match_indices(flag) {
                let before = self.text[..at].chars().next_back();
                if !before.is_some_and(|c| c.is_whitespace() || "\"'`[,".contains(c)) {
                    continue;
                }
                let rest = &self.text[at + flag.len()..];
                let skipped = rest.len()
                    - rest
                        .trim_start_matches([' ', '\t', '"', '\'', ',', '\\'])
                        .len();
                let word = &rest[skipped..];
                let length = word
                    .find(|c: char| c.is_whitespace() || "\"'`,];".contains(c))
                    .unwrap_or(word.len());
                let start = at + flag.len() + skipped;
                found.extend(value(self.text, start..start + length));
            }
        }
    }

    /// Passwords and their hashes in the rules of a user.
    fn users(&self, found: &mut Vec<Range<usize>>) {
        let Some(user) = self.text.find("user") else {
            return;
        };
        let starts = self.text[..user]
            .trim_matches(['"', '\'', '-', ' ', '\t'])
            .is_empty();
        let signs: &[char] = if starts {
            &['>', '<', '#', '!']
        } else {
            &['>']
        };
        for (at, sign) in self.text.match_indices(signs) {
            let before = self.text[..at].chars().next_back();
            let is_rule =
                at > user && before.is_some_and(|c| c.is_whitespace() || "\"'".contains(c));
            let rest = &self.text[at + sign.len()..];
            if !is_rule || rest.starts_with(['/', '&', '=', ' ', '>', '(']) || rest.is_empty() {
                continue;
            }
            let quote = before.filter(|c| "\"'".contains(*c));
            let ends =
                |c: char| quote.map_or(c.is_whitespace() || c == '"' || c == '\'', |q| c == q);
            let length = rest.find(ends).unwrap_or(rest.len());
            let start = at + sign.len();
            found.push(start..start + length);
        }
    }

    /// `value: X` beside a `name:` that names a secret, on one line or on two.
    fn values(&self, found: &mut Vec<Range<usize>>) {
        let Some(at) = self.text.find("value") else {
            return;
        };
        let of_name = |line: &str| line.contains("name") && names_secret(line);
        if !of_name(self.text) && !self.beside.iter().any(|line| of_name(line)) {
            return;
        }
        let end = at + "value".len();
        if let Some(length) = joint(&self.text[end..]) {
            self.expression(end + length..self.text.len(), found);
        }
    }
}

/// A message with what is certainly a secret masked: user information of an address, and what is
/// joined to a name by `=`. Messages are prose, so that a word behind a name is none. The text may be
/// JSON: what is between its quotes stays between them.
pub fn masked_phrase(text: &str) -> Cow<'_, str> {
    let mut found = Vec::new();
    urls(text, &mut found);
    if text.contains(['=', '\u{a0}']) || text.contains("${") {
        for name in names(text)
            .into_iter()
            .filter(|name| is_itself(&text[name.clone()]))
        {
            let rest = &text[name.end..];
            let joined = rest.strip_prefix('=').or(rest.strip_prefix('\u{a0}'));
            let Some(joined) = joined.or(rest.strip_prefix(" ${").map(|_| &rest[1..])) else {
                continue;
            };
            let inner = joined.trim_start_matches(['"', '\'', '\\']);
            let start = text.len() - inner.len();
            let length = inner.find(|c: char| c.is_whitespace() || "\"'`\\,;)<&|".contains(c));
            let end = start + length.unwrap_or(inner.len());
            found.extend(value(text, start..end));
        }
    }
    for (at, _) in text.match_indices("${") {
        let mut near = at.saturating_sub(NEAR);
        while !text.is_char_boundary(near) {
            near -= 1;
        }
        let inner = &text[at..];
        let length = inner.find('}').map_or(inner.len(), |end| end + 1);
        if inner[..length].contains(":-") && names_secret(&text[near..at]) {
            found.extend(value(text, at..at + length));
        }
    }
    masked(text, &joined(found))
}

/// How far before a variable the name may stand of what it is for, in bytes.
const NEAR: usize = 200;

/// A line with these parts masked, each by one mask whatever its length.
pub fn masked<'t>(text: &'t str, parts: &[Range<usize>]) -> Cow<'t, str> {
    if parts.is_empty() {
        return Cow::Borrowed(text);
    }
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    for part in parts {
        out.push_str(text.get(at..part.start).unwrap_or_default());
        out.push_str(MASK);
        at = part.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    Cow::Owned(out)
}

/// Whether a line has a name of a secret in it.
fn names_secret(text: &str) -> bool {
    WORDS.iter().any(|word| !matches_of(text, word).is_empty())
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
fn names(text: &str) -> Vec<Range<usize>> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let mut found: Vec<Range<usize>> = WORDS
        .iter()
        .flat_map(|word| matches_of(text, word))
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
fn is_itself(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let is_author = name.contains("author") && !name.contains("authoriz");
    let is_about = NOT_ITSELF.iter().any(|word| name.ends_with(word));
    let is_none = name.starts_with("no-") || name == "nopass";
    !is_author && !is_about && !is_none && !name.starts_with("existing")
}

/// How long what joins a name and its value is: `=`, `:`, `:=`, `=>`, a comma or a parenthesis, quotes
/// and blanks around it.
fn joint(rest: &str) -> Option<usize> {
    let behind = rest.trim_start_matches(['"', '\'', '`', '\\']).trim_start();
    let signs = [":=", "=>", "==", "=", ":", ",", "(", ")="];
    let sign = signs.iter().find(|sign| behind.starts_with(**sign))?;
    let behind = &behind[sign.len()..];
    // Paths of Rust and addresses are no assignments.
    if *sign == ":" && behind.starts_with([':', '/']) {
        return None;
    }
    Some(rest.len() - behind.len())
}

/// The quoted strings of an expression, up to a comma, a brace or a semicolon that is its end.
fn strings_of_expression(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let (mut depth, mut at) = (0_usize, 0);
    let mut reads_variable = false;
    let mut word = 0;
    while let Some(c) = text[at..].chars().next() {
        match c {
            '"' | '\'' | '`' => {
                let start = at + 1;
                let length = text[start..].find(c).unwrap_or(text.len() - start);
                let string = start..start + length;
                let is_variable = reads_variable
                    && text[string.clone()]
                        .bytes()
                        .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
                if !is_variable {
                    found.push(string.clone());
                }
                at = (string.end + 1).min(text.len());
                word = at;
                continue;
            }
            '(' | '[' => {
                depth += 1;
                reads_variable |= text[word..at].to_ascii_lowercase().contains("env");
            }
            ')' | ']' | '}' | ',' | ';' if depth == 0 => break,
            ')' | ']' => depth -= 1,
            c if c.is_whitespace() => word = at,
            _ => {}
        }
        at += c.len_utf8();
    }
    found
}

/// A value as far as it is a secret: placeholders and switches are none, the default of a variable is.
fn value(text: &str, part: Range<usize>) -> Option<Range<usize>> {
    let written = text.get(part.clone())?;
    if written.is_empty() || written == MASK {
        return None;
    }
    if let Some(inner) = written.strip_prefix("${") {
        let default = inner.find(['-', '=', '+'])?;
        let start = part.start + 2 + default + 1;
        let end = part.end - usize::from(written.ends_with('}'));
        return (start < end).then_some(start..end);
    }
    let is_placeholder = written.starts_with(['$', '{', '<', '%', '@', '*'])
        || PLAIN.iter().any(|word| written.eq_ignore_ascii_case(word));
    (!is_placeholder).then_some(part)
}

/// The user information of addresses; where a part of it is filled in, the strings behind it.
fn urls(text: &str, found: &mut Vec<Range<usize>>) {
    if !text.contains('@') && !text.contains("://") {
        return;
    }
    for (at, sign) in text.match_indices("://") {
        let start = at + sign.len();
        let rest = &text[start..];
        let ends = |c: char| c.is_whitespace() || "\"'`<>\\,".contains(c);
        let length = rest.find(ends).unwrap_or(rest.len());
        let address = &rest[..length];
        let Some(host) = address.rfind('@') else {
            if address.ends_with(':') {
                strings_behind(text, start + length, found);
            }
            continue;
        };
        let user = &address[..host];
        let name = user.find(':').map_or(0, |colon| colon + 1);
        found.extend(value(text, start + name..start + host));
        if user.contains("%s") || user.contains("{}") || user.contains("%v") {
            strings_behind(text, start + length, found);
        }
    }
    // `user:password@host` without a scheme; `image:tag@sha256:…` is none.
    for (at, _) in text.match_indices('@') {
        let is_part = |c: char| !c.is_whitespace() && !"\"'`/<>@,(){}[]".contains(c);
        let before = text[..at].trim_end_matches(is_part).len();
        let user = &text[before..at];
        let behind = &text[at + 1..];
        let is_host = behind.starts_with(|c: char| c.is_ascii_alphanumeric());
        if let Some(colon) = user
            .find(':')
            .filter(|_| is_host && !behind.starts_with("sha"))
        {
            found.extend(value(text, before + colon + 1..at));
        }
    }
}

/// The strings that follow on the line.
fn strings_behind(text: &str, from: usize, found: &mut Vec<Range<usize>>) {
    let quote = |from: usize| {
        text.get(from..)?
            .find(['"', '\'', '`'])
            .map(|length| from + length)
    };
    // What is open at the start is the address's own string.
    let mut closed = quote(from);
    while let Some(start) = closed.and_then(|at| quote(at + 1)).map(|at| at + 1) {
        let end = quote(start).unwrap_or(text.len());
        found.extend(value(text, start..end));
        closed = (end < text.len()).then_some(end);
    }
}

/// Where a comment starts in a line.
fn comment_start(text: &str, is_code: bool) -> Option<usize> {
    let sign = if is_code { "//" } else { "#" };
    let starts = text.match_indices(sign).find(|(at, _)| {
        let before = text[..*at].chars().next_back();
        before.is_none_or(char::is_whitespace)
    });
    starts.map(|(at, _)| at)
}

fn trimmed(text: &str, part: Range<usize>) -> Range<usize> {
    let inner = &text[part.clone()];
    let start =
        part.start + inner.len() - inner.trim_start_matches([' ', '\t', ':', '=', '"']).len();
    start..start.max(part.start + inner.trim_end().len())
}

fn joined(mut parts: Vec<Range<usize>>) -> Vec<Range<usize>> {
    parts.retain(|part| !part.is_empty());
    parts.sort_by_key(|part| part.start);
    let mut out: Vec<Range<usize>> = Vec::new();
    for part in parts {
        match out.last_mut() {
            Some(last) if part.start <= last.end => last.end = last.end.max(part.end),
            _ => out.push(part),
        }
    }
    out
}
