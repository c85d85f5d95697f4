//! A Rust file as the tests of the architecture read it: code without comments, strings and test
//! items, the paths that the code names, and its string literals.
//!
//! In comes a file's text, out come plain lists. No type is known and no macro is expanded: what a
//! macro names is seen as it is written. It is made for this repository's style, not for any Rust.

use std::ops::Range;

/// One file under `src/`, read.
#[derive(Debug)]
pub(crate) struct RustSource {
    /// The path of its module in the crate: `["report", "json"]`; empty for the crate's root.
    pub(crate) module: Vec<String>,
    /// The code outside tests; comments and the insides of literals are blanks.
    pub(crate) code: String,
    /// The literals outside tests: the line from 1, and the text between the quotes.
    pub(crate) literals: Vec<(usize, String)>,
    /// Lines outside tests.
    pub(crate) lines: usize,
    /// Modules that exist in tests only and have files of their own.
    pub(crate) test_modules: Vec<String>,
}

/// Reads a file; `path` is relative to `src/`.
pub(crate) fn read(path: &str, text: &str) -> RustSource {
    let (blanked, strings) = blank(text);
    let (tests, test_modules) = test_items(&blanked);
    let outside = |at: usize| !tests.iter().any(|range| range.contains(&at));
    let code: String = blanked
        .char_indices()
        .map(|(at, c)| if outside(at) || c == '\n' { c } else { ' ' })
        .collect();
    let line_of = |at: usize| text[..at].matches('\n').count() + 1;
    let literals = strings
        .into_iter()
        .filter(|range| outside(range.start))
        .map(|range| (line_of(range.start), text[range].to_owned()))
        .collect();
    let in_tests: usize = tests.iter().map(|r| text[r.clone()].lines().count()).sum();
    RustSource {
        module: module_of(path),
        code,
        literals,
        lines: text.lines().count() - in_tests,
        test_modules,
    }
}

fn module_of(path: &str) -> Vec<String> {
    let path = path.strip_suffix(".rs").unwrap_or(path);
    let path = path.strip_suffix("/mod").unwrap_or(path);
    match path {
        "lib" | "main" => Vec::new(),
        _ => path.split('/').map(str::to_owned).collect(),
    }
}

impl RustSource {
    /// Every path that the code names, `use` groups taken apart: `["std", "fs"]`.
    pub(crate) fn paths(&self) -> Vec<Vec<String>> {
        let tokens = tokens(&self.code);
        let mut paths = Vec::new();
        let mut at = 0;
        while at < tokens.len() {
            at = path_tree(&tokens, at, &[], &mut paths);
        }
        paths
    }

    /// Modules of the crate's top floor that the code names: through `crate::`, through the crate's
    /// name, or through enough `super::`.
    pub(crate) fn imports(&self) -> Vec<String> {
        let named = |path: Vec<String>| {
            let ups = path.iter().take_while(|part| *part == "super").count();
            let first = match path.first()?.as_str() {
                "crate" | "redvet" => path.get(1),
                "super" if ups >= self.module.len() => path.get(ups),
                _ => None,
            };
            first.cloned()
        };
        let mut found: Vec<String> = self.paths().into_iter().filter_map(named).collect();
        found.sort();
        found.dedup();
        found
    }
}

/// The text with comments and the insides of literals blanked, and where the string literals are.
fn blank(text: &str) -> (String, Vec<Range<usize>>) {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut strings = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let Some(rest) = text.get(at..) else {
            at += 1;
            continue;
        };
        if rest.starts_with("//") {
            let end = at + rest.find('\n').unwrap_or(rest.len());
            at = wipe(&mut out, at..end);
        } else if rest.starts_with("/*") {
            let end = at + block_comment(rest);
            at = wipe(&mut out, at..end);
        } else if let Some((open, len)) = raw_string(text, at) {
            strings.push(at + open..at + open + len);
            wipe(&mut out, at + open..at + open + len);
            at += open + len + open - raw_prefix(rest);
        } else if bytes[at] == b'"' {
            let len = quoted(&bytes[at + 1..], b'"');
            strings.push(at + 1..at + 1 + len);
            at = wipe(&mut out, at + 1..at + 1 + len) + 1;
        } else if let Some(len) = character(&bytes[at..]) {
            at = wipe(&mut out, at + 1..at + len - 1) + 1;
        } else {
            at += 1;
        }
    }
    (String::from_utf8_lossy(&out).into_owned(), strings)
}

/// Blanks a range, keeps its line breaks, and gives its end.
fn wipe(out: &mut [u8], range: Range<usize>) -> usize {
    let end = range.end;
    for byte in &mut out[range] {
        if *byte != b'\n' {
            *byte = b' ';
        }
    }
    end
}

/// The length of a block comment; they nest.
fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        match &text.as_bytes()[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// How many letters stand before the hashes of a raw string: `r`, `br`, `cr`.
fn raw_prefix(text: &str) -> usize {
    if text.starts_with('r') { 1 } else { 2 }
}

/// The lengths of a raw string's opening and inside, if one starts here.
fn raw_string(text: &str, at: usize) -> Option<(usize, usize)> {
    let before = text[..at].chars().next_back();
    if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
        return None;
    }
    let rest = &text[at..];
    let body = ["r", "br", "cr"]
        .iter()
        .find_map(|p| rest.strip_prefix(p))?;
    let hashes = body.len() - body.trim_start_matches('#').len();
    let inside = body[hashes..].strip_prefix('"')?;
    let close = format!("\"{}", "#".repeat(hashes));
    Some((rest.len() - inside.len(), inside.find(&close)?))
}

/// The length of what stands before an unescaped quote.
fn quoted(bytes: &[u8], quote: u8) -> usize {
    let mut at = 0;
    while at < bytes.len() && bytes[at] != quote {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at.min(bytes.len())
}

/// The length of a character literal, if one starts here and it is no lifetime.
fn character(bytes: &[u8]) -> Option<usize> {
    let inside = bytes.strip_prefix(b"'")?;
    if inside.first() == Some(&b'\\') {
        return Some(quoted(inside, b'\'') + 2);
    }
    let width = (1..=4).find(|n| inside.get(*n).is_none_or(|b| b & 0xc0 != 0x80))?;
    (inside.get(width) == Some(&b'\'')).then_some(width + 2)
}

const TEST_ATTRIBUTE: &str = "#[cfg(test)]";

/// The items behind `#[cfg(test)]`, and the names of those that are modules in files of their own.
fn test_items(code: &str) -> (Vec<Range<usize>>, Vec<String>) {
    let (mut items, mut modules) = (Vec::new(), Vec::new());
    let mut from = 0;
    while let Some(found) = code[from..].find(TEST_ATTRIBUTE) {
        let start = from + found;
        let item = start + TEST_ATTRIBUTE.len();
        let end = item + item_length(&code[item..]);
        let words: Vec<&str> = code[item..end].split_whitespace().collect();
        if let Some(at) = words.iter().position(|word| *word == "mod") {
            let name = words.get(at + 1).copied().unwrap_or_default();
            modules.extend(name.strip_suffix(';').map(str::to_owned));
        }
        items.push(start..end);
        from = end;
    }
    (items, modules)
}

/// An item ends at a `;` outside brackets or at the brace that closes its body.
fn item_length(code: &str) -> usize {
    let mut depth = 0;
    for (at, c) in code.char_indices() {
        match c {
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' => depth -= 1,
            _ => {}
        }
        if depth == 0 && matches!(c, ';' | '}') {
            return at + 1;
        }
    }
    code.len()
}

/// Words, `::`, and single other characters.
fn tokens(code: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = code.trim_start();
    while let Some(first) = rest.chars().next() {
        let word = rest
            .find(|c: char| !(c.is_alphanumeric() || c == '_'))
            .unwrap_or(rest.len());
        let len = match word {
            0 if rest.starts_with("::") => 2,
            0 => first.len_utf8(),
            len => len,
        };
        tokens.push(&rest[..len]);
        rest = rest[len..].trim_start();
    }
    tokens
}

fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphanumeric() || c == '_')
}

/// Reads the path or group that starts at `at`, adds its leaves, and gives the place behind it.
fn path_tree(
    tokens: &[&str],
    mut at: usize,
    prefix: &[String],
    paths: &mut Vec<Vec<String>>,
) -> usize {
    let mut path = prefix.to_vec();
    loop {
        match tokens.get(at) {
            Some(&"{") if path.len() > prefix.len() || !prefix.is_empty() => {
                return group(tokens, at + 1, &path, paths);
            }
            Some(word) if is_word(word) => path.push((*word).to_owned()),
            _ => break,
        }
        at += 1;
        if tokens.get(at) != Some(&"::") {
            paths.push(path);
            return at;
        }
        at += 1;
    }
    if path.len() > prefix.len() {
        paths.push(path);
    }
    // A token that starts no path, such as the `*` of a glob, is stepped over.
    at + 1
}

/// The leaves of a `{…}` group; `at` is behind its brace.
fn group(tokens: &[&str], mut at: usize, prefix: &[String], paths: &mut Vec<Vec<String>>) -> usize {
    while at < tokens.len() && tokens[at] != "}" {
        at = match tokens[at] {
            "," => at + 1,
            // The new name of `a as b`.
            "as" => at + 2,
            _ => path_tree(tokens, at, prefix, paths),
        };
    }
    at + 1
}
