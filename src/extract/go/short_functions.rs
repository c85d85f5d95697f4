//! The files of another package without the bodies of long functions: nothing follows a call into those,
//! so they are never parsed.
//!
//! Functions are found by their words and braces, which costs a small part of what parsing does. What
//! the declarations mean is left to `package`.

use std::ops::Range;

use crate::extract::go::GoFile;
use crate::source::Excerpt;

/// A function longer than this, in bytes, is run in place only if it deals in options.
pub(super) const SHORT_FUNCTION: usize = 600;

/// A file, or what is parsed of it.
pub(super) struct OtherGoFile {
    pub(super) path: String,
    pub(super) excerpt: Excerpt,
    /// All of the file.
    pub(super) whole: Excerpt,
}

impl OtherGoFile {
    /// A file whose functions may all be followed.
    pub(super) fn whole(file: GoFile) -> Self {
        Self {
            path: file.path,
            whole: file.excerpt.clone(),
            excerpt: file.excerpt,
        }
    }

    /// A file of whose long functions only the first lines are kept: a name that is declared twice stays
    /// known as one.
    pub(super) fn without_long_functions(file: GoFile) -> Self {
        let mut builder = file.excerpt.builder();
        let mut at = 0;
        for function in find_functions(file.excerpt.text()) {
            if function.body.end - function.start >= SHORT_FUNCTION {
                builder.push(at..function.body.start);
                at = function.body.end;
            }
        }
        builder.push(at..file.excerpt.text().len());
        Self {
            path: file.path,
            excerpt: builder.finish(),
            whole: file.excerpt,
        }
    }
}

/// A function or method at the top of a file, by the bytes of its parts.
#[derive(Debug, PartialEq)]
struct GoFunctionText {
    start: usize,
    /// What stands between its braces.
    body: Range<usize>,
}

/// The functions of a file that have a body. From the first one on that does not end as Go's do, the text
/// counts as standing outside of functions.
fn find_functions(text: &str) -> Vec<GoFunctionText> {
    let mut scan = GoTextScan::new(text);
    let mut found = Vec::new();
    while scan.find_function() {
        let Some(function) = scan.function() else {
            break;
        };
        found.extend(function);
    }
    found
}

/// A place in a Go text, which strings, runes and comments are passed over by.
struct GoTextScan<'t> {
    text: &'t [u8],
    at: usize,
}

const FUNCTION: &[u8] = b"func ";

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

    /// Goes to the next `func` at the start of a line outside of brackets.
    fn find_function(&mut self) -> bool {
        let mut open = 0_usize;
        while self.at < self.text.len() {
            let starts_line = self.at == 0 || self.text[self.at - 1] == b'\n';
            if open == 0 && starts_line && self.rest().starts_with(FUNCTION) {
                return true;
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
        false
    }

    /// Reads the function that begins here: nothing within where it has no body, none where its body has
    /// no end.
    fn function(&mut self) -> Option<Option<GoFunctionText>> {
        let start = self.at;
        self.at += FUNCTION.len();
        if self.rest().starts_with(b"(") {
            self.pass_brackets()?;
        }
        let mut word_start = self.at;
        while let Some(byte) = self.rest().first() {
            match byte {
                b'\n' => return Some(None),
                b'(' | b'[' => self.pass_brackets()?,
                b'{' => {
                    let before = self.text[word_start..self.at].trim_ascii_end();
                    let body = self.at + 1;
                    self.pass_brackets()?;
                    let of_type = before.ends_with(b"interface") || before.ends_with(b"struct");
                    if !of_type {
                        let body = body..self.at - 1;
                        return Some(Some(GoFunctionText { start, body }));
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
    use crate::source::FileId;

    /// What is left of a text in which `LONG` stands for so many blanks that the function is not followed.
    fn left(text: &str) -> String {
        let text = text.replace("LONG", &" ".repeat(SHORT_FUNCTION));
        let excerpt = Excerpt::whole(FileId(0), text.into());
        let path = "a.go".to_owned();
        let left = OtherGoFile::without_long_functions(GoFile { path, excerpt });
        left.excerpt.text().to_owned()
    }

    #[test]
    fn bodies_of_long_functions_are_left_out() {
        let text = "package a\n\nfunc short() int {\n\treturn 4\n}\n\nfunc (s *T) Long(f func() struct{ x int }) interface{} {\n\tif s != nil { return \"}\" }LONG\n\treturn '}' // }\n}\nvar x = func() {LONG}\n";
        let kept = "package a\n\nfunc short() int {\n\treturn 4\n}\n\nfunc (s *T) Long(f func() struct{ x int }) interface{} {}\nvar x = func() {LONG}\n";
        assert_eq!(
            left(text),
            kept.replace("LONG", &" ".repeat(SHORT_FUNCTION))
        );
    }

    #[test]
    fn types_with_braces_and_declarations_without_a_body_are_no_bodies() {
        let text = "package a\nfunc Of[T interface{ ~int | ~string }](t T) (r struct{ a int }, err error) { LONG }\nfunc asm(a int) int\nfunc raw() string { return `\nfunc no() {\n`LONG }\n";
        let kept = "package a\nfunc Of[T interface{ ~int | ~string }](t T) (r struct{ a int }, err error) {}\nfunc asm(a int) int\nfunc raw() string {}\n";
        assert_eq!(left(text), kept);
    }

    #[test]
    fn what_does_not_end_stays_whole() {
        for text in [
            "func a() {",
            "func (",
            "func ",
            "func a() { \"",
            "func a() {}\nfunc b() { `",
            "}\nfunc é(",
            "/*",
            "'\\",
            "func a() { )}",
        ] {
            assert_eq!(left(text), text);
        }
    }
}
