//! Shell scripts as in `sh -c "…"`: an excerpt in, its words and operators out.
//!
//! Words are split and unquoted by POSIX rules. Anything that would have to be run or looked up
//! (`$NAME`, `${NAME:-x}`, `$(command)`, back-quotes) stays in the text as written and marks the
//! word. Nothing is expanded, including patterns. Comments are dropped; here-document bodies are
//! kept apart from the words. The effect of commands is left to `extract`.

use std::ops::Range;

use crate::source::{Excerpt, Span};

/// A word or an operator of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShellWord {
    /// The word without its quotes and backslashes; an operator as it is written.
    pub text: String,
    /// Where it stands in the file, quotes included.
    pub span: Span,
    /// The same in the excerpt that was read.
    pub range: Range<usize>,
    /// `&&`, `;`, `|`, a redirection, a parenthesis, a line break (`"\n"`).
    pub operator: bool,
    /// A part of the text is known only when the script runs.
    pub variable: bool,
}

/// The text that a here-document gives to a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HereText {
    /// The place of its delimiter among the words.
    pub delimiter: usize,
    /// Its lines in the excerpt that was read.
    pub body: Range<usize>,
    /// Tabs at the start of its lines do not count (`<<-`).
    pub strips_tabs: bool,
}

/// The words of a script, in order. A quote that never closes reaches to the end.
pub fn words(excerpt: &Excerpt) -> Vec<ShellWord> {
    script(excerpt).0
}

/// The words of a script and the bodies of its here-documents.
pub fn script(excerpt: &Excerpt) -> (Vec<ShellWord>, Vec<HereText>) {
    let mut scanner = ShellScanner {
        excerpt,
        text: excerpt.text(),
        at: 0,
        words: Vec::new(),
        here_documents: Vec::new(),
        bodies: Vec::new(),
    };
    while scanner.step() {}
    (scanner.words, scanner.bodies)
}

/// Whether a command begins behind this word of a text that was split at blanks.
pub fn starts_command(word: &str) -> bool {
    let joins = word.ends_with(';') || matches!(word, "&&" | "||" | "|" | "!");
    joins || matches!(word, "exec" | "if")
}

/// Longest first: the first that fits is the operator.
const OPERATORS: [&str; 22] = [
    "<<<", "<<-", "&>>", "&&", "||", ";;", "|&", "<<", ">>", "<&", ">&", "<>", ">|", "&>", "\r\n",
    ";", "|", "&", "(", ")", "<", ">",
];

struct ShellScanner<'a> {
    excerpt: &'a Excerpt,
    text: &'a str,
    at: usize,
    words: Vec<ShellWord>,
    /// Here-documents whose bodies start on the next line.
    here_documents: Vec<HereDocument>,
    bodies: Vec<HereText>,
}

struct HereDocument {
    /// The place of its delimiter among the words, once that was read.
    delimiter: usize,
    /// Tabs before the delimiter do not count (`<<-`).
    strips_tabs: bool,
}

/// A word that is being read.
#[derive(Default)]
struct PartialWord {
    text: String,
    variable: bool,
}

impl ShellScanner<'_> {
    /// Reads one word or operator, or what stands between them. False at the end.
    fn step(&mut self) -> bool {
        let rest = self.rest();
        let Some(first) = rest.bytes().next() else {
            return false;
        };
        match first {
            b' ' | b'\t' => self.at += 1,
            b'\\' if line_break(&rest[1..]) > 0 => self.at += 1 + line_break(&rest[1..]),
            b'#' => self.at += rest.find(['\n', '\r']).unwrap_or(rest.len()),
            _ => match operator(rest) {
                Some(length) => self.operator(length),
                None => self.word(),
            },
        }
        true
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn operator(&mut self, length: usize) {
        let range = self.at..self.at + length;
        self.at = range.end;
        let written = &self.text[range.clone()];
        let ends_line = line_break(written) > 0;
        let text = if ends_line { "\n" } else { written }.to_owned();
        if text.ends_with("<<") || text.ends_with("<<-") {
            self.here_documents.push(HereDocument {
                delimiter: self.words.len() + 1,
                strips_tabs: text.ends_with('-'),
            });
        }
        self.push(text, range, true, false);
        if ends_line {
            self.skip_here_documents();
        }
    }

    fn push(&mut self, text: String, range: Range<usize>, operator: bool, variable: bool) {
        self.words.push(ShellWord {
            text,
            span: self.excerpt.span(range.clone()),
            range,
            operator,
            variable,
        });
    }

    fn skip_here_documents(&mut self) {
        for document in std::mem::take(&mut self.here_documents) {
            let Some(delimiter) = self.words.get(document.delimiter) else {
                continue;
            };
            let delimiter = delimiter.text.clone();
            let start = self.at;
            let mut end = None;
            while let Some(line) = self.rest().split_inclusive('\n').next() {
                let length = line.len();
                let body = line.trim_end_matches(['\n', '\r']);
                let body = if document.strips_tabs {
                    body.trim_start_matches('\t')
                } else {
                    body
                };
                let ends = body == delimiter;
                let before = self.at;
                self.at += length;
                if ends {
                    end = Some(before);
                    break;
                }
            }
            self.bodies.push(HereText {
                delimiter: document.delimiter,
                body: start..end.unwrap_or(self.at),
                strips_tabs: document.strips_tabs,
            });
        }
    }

    fn word(&mut self) {
        let start = self.at;
        let mut word = PartialWord::default();
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' => break,
                b'\\' => self.backslash(&mut word),
                b'\'' => self.single_quoted(&mut word),
                b'"' => self.double_quoted(&mut word),
                b'$' | b'`' => self.expansion(&mut word, false),
                _ if separator(self.rest()).is_some() => break,
                _ => self.literal(&mut word),
            }
        }
        self.push(word.text, start..self.at, false, word.variable);
    }

    /// One character that stands for itself.
    fn literal(&mut self, word: &mut PartialWord) {
        if let Some(char) = self.rest().chars().next() {
            word.text.push(char);
            self.at += char.len_utf8();
        }
    }

    /// The next character stands for itself; a line break goes away.
    fn backslash(&mut self, word: &mut PartialWord) {
        self.at += 1;
        match line_break(self.rest()) {
            0 if self.rest().is_empty() => word.text.push('\\'),
            0 => self.literal(word),
            length => self.at += length,
        }
    }

    fn single_quoted(&mut self, word: &mut PartialWord) {
        let inside = &self.text[self.at + 1..];
        let length = inside.find('\'').unwrap_or(inside.len());
        word.text.push_str(&inside[..length]);
        self.at = (self.at + 1 + length + 1).min(self.text.len());
    }

    fn double_quoted(&mut self, word: &mut PartialWord) {
        self.at += 1;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => {
                    self.at += 1;
                    return;
                }
                b'\\' => self.read_backslash(word),
                b'$' | b'`' => self.expansion(word, true),
                _ => self.literal(word),
            }
        }
    }

    /// Between double quotes a backslash is itself before most characters.
    fn read_backslash(&mut self, word: &mut PartialWord) {
        let next = self.text.as_bytes().get(self.at + 1);
        let escapes = matches!(next, Some(b'$' | b'`' | b'"' | b'\\' | b'\n' | b'\r'));
        if escapes {
            self.backslash(word);
        } else {
            self.literal(word);
        }
    }

    /// What only a running shell knows stays as it is written.
    fn expansion(&mut self, word: &mut PartialWord, quoted: bool) {
        let length = expansion_length(self.rest(), quoted);
        if length < 2 {
            return self.literal(word);
        }
        word.variable = true;
        word.text.push_str(&self.text[self.at..self.at + length]);
        self.at += length;
    }
}

/// The operator that the text starts with; a redirection with the number before it.
fn operator(rest: &str) -> Option<usize> {
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let redirects = rest[digits..].starts_with(['<', '>']);
    if digits > 0 && !redirects {
        return None;
    }
    separator(&rest[digits..]).map(|length| digits + length)
}

fn separator(rest: &str) -> Option<usize> {
    if rest.starts_with('\n') {
        return Some(1);
    }
    let found = OPERATORS.iter().find(|sign| rest.starts_with(**sign));
    found.map(|sign| sign.len())
}

fn line_break(rest: &str) -> usize {
    match rest.as_bytes() {
        [b'\r', b'\n', ..] => 2,
        [b'\n', ..] => 1,
        _ => 0,
    }
}

/// How long the expansion is that starts here; less than two bytes if none does. Between double
/// quotes a single one in `${…}` is a character like any other.
pub fn expansion_length(rest: &str, quoted: bool) -> usize {
    let bytes = rest.as_bytes();
    match bytes {
        [b'`', ..] => closing(bytes, 1, (b'`', b'`'), b""),
        [b'$', b'(', ..] => closing(bytes, 2, (b'(', b')'), b"'\""),
        [b'$', b'{', ..] if quoted => closing(bytes, 2, (b'{', b'}'), b"\""),
        [b'$', b'{', ..] => closing(bytes, 2, (b'{', b'}'), b"'\""),
        [b'$', first, ..] if first.is_ascii_alphabetic() || *first == b'_' => {
            let name = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_';
            1 + bytes[1..].iter().take_while(name).count()
        }
        [b'$', first, ..] if first.is_ascii_digit() || b"@*#?-$!".contains(first) => 2,
        _ => 0,
    }
}

/// The length up to the sign that closes, strings and inner pairs skipped; all of it if none does.
fn closing(bytes: &[u8], from: usize, pair: (u8, u8), quotes: &[u8]) -> usize {
    let (open, close) = pair;
    let mut depth = 1;
    let mut quote = None;
    let mut at = from;
    while let Some(byte) = bytes.get(at).copied() {
        at += 1;
        match (quote, byte) {
            (Some(b'\''), b'\\') => {}
            (_, b'\\') => at += usize::from(at < bytes.len()),
            (Some(sign), byte) if byte == sign => quote = None,
            (Some(_), _) => {}
            (None, byte) if quotes.contains(&byte) => quote = Some(byte),
            (None, byte) if byte == close => depth -= 1,
            (None, byte) if byte == open => depth += 1,
            (None, _) => {}
        }
        if depth == 0 {
            return at;
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;
    use proptest::prelude::*;

    fn read(text: &str) -> Vec<ShellWord> {
        words(&Excerpt::whole(FileId(0), text.into()))
    }

    fn texts(text: &str) -> Vec<String> {
        read(text).into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn words_are_split_and_unquoted() {
        for (script, expected) in [
            ("a  b\tc", vec!["a", "b", "c"]),
            (
                r#"a 'b c'd "e f" "" g\ h"#,
                vec!["a", "b cd", "e f", "", "g h"],
            ),
            (r#""a\"b\n" 'c\'"#, vec!["a\"b\\n", "c\\"]),
            ("a \\\n  b\\\r\nc", vec!["a", "bc"]),
            ("a # b\nc#d", vec!["a", "\n", "c#d"]),
            ("a 'b c", vec!["a", "b c"]),
            ("é\\", vec!["é\\"]),
        ] {
            assert_eq!(texts(script), expected, "{script}");
        }
    }

    #[test]
    fn operators_stand_alone() {
        let script = "a&&b||c;d|e&\r\nf 2>&1 >/dev/null <x 3 \"&&\"";
        let found = read(script);
        let operators: Vec<_> = found.iter().filter(|word| word.operator).collect();
        let signs: Vec<_> = operators.iter().map(|word| word.text.as_str()).collect();
        assert_eq!(signs, ["&&", "||", ";", "|", "&", "\n", "2>&", ">", "<"]);
        assert_eq!(&script[operators[5].span.range()], "\r\n");
        let last = found.last().unwrap();
        assert_eq!((last.text.as_str(), last.operator), ("&&", false));
        assert_eq!(&script[last.span.range()], "\"&&\"");
    }

    #[test]
    fn what_a_shell_would_expand_stays_as_written() {
        for (script, text) in [
            ("--maxmemory=$MAX", "--maxmemory=$MAX"),
            ("${A:-\"}\"}x", "${A:-\"}\"}x"),
            ("\"$(cat '/a)b' | x)\"", "$(cat '/a)b' | x)"),
            ("$((1 + 2))", "$((1 + 2))"),
            ("`a b`", "`a b`"),
            ("$1", "$1"),
            ("\"${A:-it's}\"b", "${A:-it's}b"),
            ("${A", "${A"),
        ] {
            let found = read(script);
            assert_eq!(found.len(), 1, "{script}");
            assert_eq!(found[0].text, text);
            assert!(found[0].variable, "{script}");
        }
        for script in ["'$A'", "\\$A", "\"\\$A\"", "a$", "$/"] {
            let found = read(script);
            assert!(
                !found[0].variable && found[0].text.contains('$'),
                "{script}"
            );
        }
    }

    #[test]
    fn a_here_document_is_no_command() {
        let script = "cat <<EOF >f; cat <<-'X'\nport 1\nEOF\nmore\n\tX\nexec x";
        let expected = [
            "cat", "<<", "EOF", ">", "f", ";", "cat", "<<-", "X", "\n", "exec", "x",
        ];
        assert_eq!(texts(script), expected);
        let (_, bodies) = super::script(&Excerpt::whole(FileId(0), script.into()));
        let of = |text: &HereText| {
            let body = script[text.body.clone()].to_owned();
            (text.delimiter, body, text.strips_tabs)
        };
        let bodies: Vec<_> = bodies.iter().map(of).collect();
        let expected = [
            (2, "port 1\n".to_owned(), false),
            (8, "more\n".to_owned(), true),
        ];
        assert_eq!(bodies, expected);
    }

    #[test]
    fn words_in_a_block_scalar_lead_back_to_the_file() {
        let text = "- |\n  exec x \\\n    --port 6380\n";
        let file = Excerpt::whole(FileId(0), text.into());
        let stream = crate::syntax::yaml::parse(&file);
        let script = stream.documents[0].root.items()[0]
            .scalar()
            .unwrap()
            .value()
            .clone();
        let found = words(&script);
        assert_eq!(&text[found[3].span.range()], "6380");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn any_script_can_be_read(text in "[ab \\\\'\"$(){}`<>|&;#\n\r\t0-9é-]{0,60}") {
            for word in read(&text) {
                prop_assert!(text.get(word.span.range()).is_some());
                prop_assert!(!word.span.is_empty());
            }
        }
    }
}
