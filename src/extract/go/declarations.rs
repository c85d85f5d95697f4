//! The declarations at the top of a Go file, by the bytes of their text: what they are called, where they
//! stand, and what of a long function is never followed.
//!
//! They are found by words and brackets, which costs a small part of what parsing does. Which of them are
//! needed is decided in `needed_declarations`; what they mean is left to `extract::code`.

use std::ops::Range;

/// A function longer than this, in bytes, is run in place only if it deals in options.
pub(super) const SHORT_FUNCTION: usize = 600;

/// A declaration, or several in brackets.
#[derive(Debug, PartialEq)]
pub(super) struct GoDeclaration<'t> {
    /// From its first byte to where the next one begins.
    pub(super) range: Range<usize>,
    pub(super) names: Vec<&'t str>,
    pub(super) is_method: bool,
}

/// The declarations of a file, in order. What stands before the first of them belongs to none, and what
/// does not end as Go's do reaches to the end of the file.
pub(super) fn find_declarations(text: &str) -> Vec<GoDeclaration<'_>> {
    let mut scan = GoTextScan::new(text);
    let mut starts: Vec<(usize, &'static str)> = Vec::new();
    while let Some(word) = scan.find_declaration() {
        starts.push((scan.at, word));
        scan.at += word.len();
    }
    let ends = starts.iter().skip(1).map(|(start, _)| *start);
    let ends = ends.chain([text.len()]);
    let found = starts.iter().zip(ends);
    found
        .map(|((start, word), end)| read_declaration(text, *start..end, word))
        .collect()
}

fn read_declaration<'t>(text: &'t str, range: Range<usize>, word: &str) -> GoDeclaration<'t> {
    let own = &text[range.clone()];
    if word != FUNCTION {
        return GoDeclaration {
            range,
            names: list_declared(&own[word.len()..]),
            is_method: false,
        };
    }
    let header = GoTextScan::new(own).function_header();
    let (names, is_method) = match header {
        Some(header) => (vec![&own[header.name]], header.is_method),
        None => (Vec::new(), false),
    };
    GoDeclaration {
        range,
        names,
        is_method,
    }
}

/// The names that a declaration of types or values may declare: those that its lines begin with. Some
/// that only stand there are among them.
fn list_declared(text: &str) -> Vec<&str> {
    let text = text.trim_start();
    let lines = match text.strip_prefix('(') {
        Some(group) => group.lines().collect(),
        None => vec![text.lines().next().unwrap_or_default()],
    };
    let mut names = Vec::new();
    for line in lines {
        for part in line.split(',') {
            let part = part.trim_start();
            let end = part.bytes().take_while(|byte| is_name_byte(*byte)).count();
            if end == 0 {
                break;
            }
            names.push(&part[..end]);
            // Behind another name there is a comma alone.
            if !part[end..].trim().is_empty() {
                break;
            }
        }
    }
    names
}

/// Whether a byte may stand in a name; each of a letter beyond ASCII may.
pub(super) fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

/// What stands between the braces of a function that begins a text, where it is too long to be followed.
pub(super) fn find_long_body(text: &str) -> Option<Range<usize>> {
    if text.len() < SHORT_FUNCTION || !text.starts_with(FUNCTION) {
        return None;
    }
    let body = GoTextScan::new(text).function()?.body;
    (body.end >= SHORT_FUNCTION).then_some(body)
}

/// A function or method that has a body.
struct GoFunctionText {
    /// What stands between its braces.
    body: Range<usize>,
}

struct GoFunctionHeader {
    name: Range<usize>,
    is_method: bool,
}

/// A place in a Go text, which strings, runes and comments are passed over by.
struct GoTextScan<'t> {
    text: &'t [u8],
    at: usize,
}

const FUNCTION: &str = "func";

/// What declarations at the top of a file begin with, imports left out.
const DECLARING_WORDS: [&str; 4] = [FUNCTION, "type", "var", "const"];

/// Bytes that may open or close a bracket, a string, a rune or a comment.
const MATTERS: [bool; 256] = {
    let mut matters = [false; 256];
    let marks = *b"{}()[]\"'`/";
    let mut at = 0;
    while at < marks.len() {
        matters[marks[at] as usize] = true;
        at += 1;
    }
    matters
};

impl<'t> GoTextScan<'t> {
    fn new(text: &'t str) -> Self {
        let text = text.as_bytes();
        Self { text, at: 0 }
    }

    fn rest(&self) -> &'t [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Goes to the next declaration at the start of a line outside of brackets; gives its first word.
    fn find_declaration(&mut self) -> Option<&'static str> {
        let mut open = 0_usize;
        while self.at < self.text.len() {
            let starts_line = self.at == 0 || self.text[self.at - 1] == b'\n';
            if open == 0
                && starts_line
                && let Some(word) = self.declaring_word()
            {
                return Some(word);
            }
            if open > 0 {
                self.pass_plain();
            }
            match self.step() {
                b'{' | b'(' | b'[' => open += 1,
                b'}' | b')' | b']' => open = open.saturating_sub(1),
                _ => {}
            }
        }
        None
    }

    fn declaring_word(&self) -> Option<&'static str> {
        let rest = self.rest();
        let mut words = DECLARING_WORDS.into_iter();
        words.find(|word| {
            let behind = rest.strip_prefix(word.as_bytes());
            behind.is_some_and(|behind| behind.starts_with(b" ") || behind.starts_with(b"("))
        })
    }

    /// Reads the function that begins here, if it has a body and that an end.
    fn function(&mut self) -> Option<GoFunctionText> {
        let header = self.function_header()?;
        let mut word_start = header.name.end;
        self.at = word_start;
        while let Some(byte) = self.rest().first() {
            match byte {
                b'\n' => return None,
                b'(' | b'[' => self.pass_brackets()?,
                b'{' => {
                    let before = self.text[word_start..self.at].trim_ascii_end();
                    let body = self.at + 1;
                    self.pass_brackets()?;
                    let of_type = before.ends_with(b"interface") || before.ends_with(b"struct");
                    if !of_type {
                        let body = body..self.at - 1;
                        return Some(GoFunctionText { body });
                    }
                    word_start = self.at;
                }
                _ => {
                    self.step();
                }
            }
        }
        None
    }

    /// Reads the name of the function that begins here.
    fn function_header(&mut self) -> Option<GoFunctionHeader> {
        self.at += FUNCTION.len();
        self.pass_blanks();
        let is_method = self.rest().starts_with(b"(");
        if is_method {
            self.pass_brackets()?;
            self.pass_blanks();
        }
        let start = self.at;
        let letters = self.rest().iter().take_while(|byte| is_name_byte(**byte));
        self.at += letters.count();
        let name = start..self.at;
        Some(GoFunctionHeader { name, is_method })
    }

    fn pass_blanks(&mut self) {
        let blanks = self.rest().iter().take_while(|byte| **byte == b' ');
        self.at += blanks.count();
    }

    /// Passes a bracket that opens here, and all up to the one that closes it.
    fn pass_brackets(&mut self) -> Option<()> {
        let mut open = 0_usize;
        while self.at < self.text.len() {
            self.pass_plain();
            match self.step() {
                b'{' | b'(' | b'[' => open += 1,
                b'}' | b')' | b']' => open = open.saturating_sub(1),
                _ => {}
            }
            if open == 0 {
                return Some(());
            }
        }
        None
    }

    /// Passes what neither opens nor closes anything.
    fn pass_plain(&mut self) {
        let plain = self
            .rest()
            .iter()
            .take_while(|byte| !MATTERS[usize::from(**byte)]);
        self.at += plain.count();
    }

    /// Passes one byte, or a string, a rune or a comment as a whole; gives what it began with.
    fn step(&mut self) -> u8 {
        let rest = self.rest();
        let first = rest.first().copied().unwrap_or_default();
        let length = match (first, rest.get(1)) {
            (b'/', Some(b'/')) => memchr::memchr(b'\n', rest),
            (b'/', Some(b'*')) => memchr::memmem::find(&rest[2..], b"*/").map(|at| at + 4),
            (b'`', _) => memchr::memchr(b'`', &rest[1..]).map(|at| at + 2),
            (b'"' | b'\'', _) => Some(quoted_length(rest)),
            _ => Some(1),
        };
        self.at += length.unwrap_or(rest.len());
        first
    }
}

/// The length of a string or rune that ends with what it began with, or with its line.
fn quoted_length(text: &[u8]) -> usize {
    let mut at = 1;
    while let Some(byte) = text.get(at) {
        match byte {
            b'\\' => at += 2,
            b'\n' => return at,
            byte if *byte == text[0] => return at + 1,
            _ => at += 1,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_declaration_ends_where_the_next_begins() {
        let text = "package a\n\nimport \"b\"\n\n// One.\nconst One, Two = 1, 2\nvar (\n\tx = func() {\n\t}\n\ty, z int\n)\ntype T struct {\n\tvar_ int\n}\nfunc (t *T) Of(f func()) error { return `\nfunc no() {\n` }\nfunc Free[T any](t T) {}\n";
        let first_line = |declaration: &GoDeclaration<'_>| {
            let own = &text[declaration.range.clone()];
            own.split(['\n', '{']).next().unwrap_or_default().to_owned()
        };
        let found = find_declarations(text).into_iter();
        let found: Vec<_> = found
            .map(|one| (first_line(&one), one.names, one.is_method))
            .collect();
        let expected = [
            ("const One, Two = 1, 2", vec!["One", "Two"], false),
            ("var (", vec!["x", "y", "z"], false),
            ("type T struct ", vec!["T"], false),
            ("func (t *T) Of(f func()) error ", vec!["Of"], true),
            ("func Free[T any](t T) ", vec!["Free"], false),
        ];
        assert_eq!(
            found,
            expected.map(|(line, names, is_method)| (line.to_owned(), names, is_method))
        );
    }

    #[test]
    fn what_does_not_end_reaches_to_the_end_of_the_file() {
        for text in [
            "func a() {",
            "func (",
            "func ",
            "func a() { \"",
            "var x = `",
            "func é(",
        ] {
            let found = find_declarations(text);
            assert_eq!(found.len(), 1, "{text}");
            assert_eq!(found[0].range, 0..text.len(), "{text}");
        }
        assert_eq!(find_declarations("}\n/*\nfunc a() {}"), []);
    }

    #[test]
    fn bodies_of_long_functions_are_found() {
        let long = " ".repeat(SHORT_FUNCTION);
        let body = |text: &str| find_long_body(&text.replace("LONG", &long)).map(|body| body.start);
        let method = "func (s *T) Long(f func() struct{ x int }) interface{} {\n\tif s != nil { return \"}\" }LONG}\n";
        assert_eq!(body(method), method.find("{\n").map(|at| at + 1));
        let of_types =
            "func Of[T interface{ ~int | ~string }](t T) (r struct{ a int }, err error) { LONG }\n";
        assert_eq!(body(of_types), of_types.find(" LONG"));
        for text in [
            "func short() {}\n",
            "func asm(a int) int\n// LONG",
            "var x = func() {LONG}\n",
            "func open() { LONG",
        ] {
            assert_eq!(body(text), None, "{text}");
        }
    }
}
