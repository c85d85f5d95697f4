//! Starlark, the language of Tiltfiles: the triple-quoted strings of a program, and its comments.
//!
//! The content of a string is an excerpt with escapes resolved. Substitutions become template
//! actions, `{{ name }}`, so that the reader treats them as unknown. The program is not evaluated.
//! Single-line strings are skipped, and so are strings that the program transforms in an
//! unsupported way (`.replace(…)`).

use std::ops::Range;

use crate::source::{Comment, Excerpt};

/// The triple-quoted strings of a program, in order.
pub fn texts(excerpt: &Excerpt) -> Vec<Excerpt> {
    let read = scan(excerpt.text());
    let wanted = read.strings.iter().filter(|string| string.is_triple);
    wanted
        .filter_map(|string| content(excerpt, string))
        .collect()
}

/// The comments of a program, without those that stand in its strings.
pub fn comments(excerpt: &Excerpt) -> Vec<Comment> {
    let text = excerpt.text();
    let found = scan(text).comments.into_iter();
    found
        .map(|range| {
            let line = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
            Comment {
                span: excerpt.span(range.clone()),
                text: text[range.start + 1..range.end].trim().to_owned(),
                own_line: text[line..range.start].trim().is_empty(),
            }
        })
        .collect()
}

/// A string literal.
struct StringLiteral {
    /// Without its quotes.
    content: Range<usize>,
    /// Behind its closing quotes.
    end: usize,
    is_triple: bool,
    /// A backslash in it is a backslash.
    is_raw: bool,
}

#[derive(Default)]
struct StarlarkFile {
    strings: Vec<StringLiteral>,
    comments: Vec<Range<usize>>,
}

fn scan(text: &str) -> StarlarkFile {
    let mut program = StarlarkFile::default();
    let mut at = 0;
    while let Some(found) = text[at..].find(['#', '"', '\'']) {
        at += found;
        if text[at..].starts_with('#') {
            let end = line_end(text, at);
            program.comments.push(at..end);
            at = end;
        } else {
            let literal = literal(text, at);
            at = literal.end;
            program.strings.push(literal);
        }
    }
    program
}

/// Where the line ends, without its line break.
fn line_end(text: &str, from: usize) -> usize {
    let end = text[from..].find('\n').map_or(text.len(), |at| from + at);
    text[from..end].strip_suffix('\r').map_or(end, |_| end - 1)
}

/// The literal whose quotes open here. One of a single line that does not close ends with its line,
/// a triple-quoted one with the text.
fn literal(text: &str, open: usize) -> StringLiteral {
    let quote = &text[open..=open];
    let triple = quote.repeat(3);
    let is_triple = text[open..].starts_with(&triple);
    let quotes = if is_triple { triple.as_str() } else { quote };
    let prefix = text[..open].trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let is_raw = matches!(&text[prefix.len()..open], "r" | "R" | "rb" | "br");
    let start = open + quotes.len();
    let mut at = start;
    while let Some(found) = text[at..].find([quote.as_bytes()[0] as char, '\\', '\n']) {
        at += found;
        if text[at..].starts_with('\\') {
            at = after_character(text, at + 1);
        } else if text[at..].starts_with(quotes) {
            return StringLiteral {
                content: start..at,
                end: at + quotes.len(),
                is_triple,
                is_raw,
            };
        } else if text[at..].starts_with('\n') && !is_triple {
            break;
        } else {
            at += 1;
        }
    }
    let end = if is_triple {
        text.len()
    } else {
        at.min(text.len())
    };
    StringLiteral {
        content: start..end.max(start),
        end: end.max(start),
        is_triple,
        is_raw,
    }
}

fn after_character(text: &str, at: usize) -> usize {
    let next = text.get(at..).and_then(|rest| rest.chars().next());
    at + next.map_or(0, char::len_utf8)
}

/// What a program does with a string where it is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum StringUse {
    AsIs,
    Formatted,
}

/// Methods of a string that leave its lines as they are.
const HARMLESS: [&str; 4] = ["strip", "lstrip", "rstrip", "dedent"];

fn use_of(text: &str, end: usize) -> Option<StringUse> {
    let rest = text[end..].trim_start();
    let Some(method) = rest.strip_prefix('.') else {
        return Some(StringUse::AsIs);
    };
    let name = method
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .map_or(method, |at| &method[..at]);
    match name {
        "format" => Some(StringUse::Formatted),
        name if HARMLESS.contains(&name) => Some(StringUse::AsIs),
        _ => None,
    }
}

fn content(excerpt: &Excerpt, literal: &StringLiteral) -> Option<Excerpt> {
    let text = excerpt.text();
    let usage = use_of(text, literal.end)?;
    let mut builder = excerpt.builder();
    let Range { start: mut at, end } = literal.content.clone();
    while let Some(found) = text[at..end].find(['\\', '{', '}', '%']) {
        builder.push(at..at + found);
        at += found;
        let (length, written) = special(&text[at..end], literal.is_raw, usage);
        match written {
            Some(written) => builder.push_as(&written, at..at + length),
            None => builder.push(at..at + length),
        }
        at += length;
    }
    builder.push(at..end);
    Some(builder.finish_at(literal.content.start))
}

/// How long the piece at the start of `rest` is, and what it stands for if not for itself.
fn special(rest: &str, is_raw: bool, usage: StringUse) -> (usize, Option<String>) {
    let plain = |length| (length, None);
    match rest.as_bytes()[0] {
        b'\\' if !is_raw => escape(rest),
        b'{' => match placeholder(rest) {
            Some((length, name)) => (length, Some(format!("{{{{ {name} }}}}"))),
            None if usage == StringUse::Formatted && rest.starts_with("{{") => {
                (2, Some("{".to_owned()))
            }
            None => plain(rest.len().min(if rest.starts_with("{{") { 2 } else { 1 })),
        },
        b'}' if usage == StringUse::Formatted && rest.starts_with("}}") => {
            (2, Some("}".to_owned()))
        }
        b'%' => match verb(rest) {
            Some((length, name)) => (length, Some(format!("{{{{ {name} }}}}"))),
            None => plain(1),
        },
        _ => plain(1),
    }
}

/// A backslash and what follows it.
fn escape(rest: &str) -> (usize, Option<String>) {
    let length = after_character(rest, 1);
    let written = match &rest[1..length] {
        "n" => "\n",
        "t" => "\t",
        "\n" => "",
        "\"" => "\"",
        "'" => "'",
        "\\" => "\\",
        _ => return (length, None),
    };
    (length, Some(written.to_owned()))
}

/// `{name}`, `{0}` or `{name[key]}`: what `format` fills in. A flow mapping of YAML has more in it.
fn placeholder(rest: &str) -> Option<(usize, &str)> {
    let name = name(&rest[1..]);
    let closes = rest[1 + name.len()..].starts_with('}');
    (!name.is_empty() && closes).then_some((name.len() + 2, name))
}

/// `%s`, `%d` or `%(name)s`: what `%` fills in.
fn verb(rest: &str) -> Option<(usize, &str)> {
    let (name, behind) = match rest[1..].strip_prefix('(') {
        Some(named) => {
            let name = name(named);
            (name, named[name.len()..].strip_prefix(')')?)
        }
        None => ("value", &rest[1..]),
    };
    let mut letters = behind.chars();
    let is_verb = matches!(letters.next(), Some('s' | 'd' | 'r'));
    let ends = !letters.next().is_some_and(char::is_alphanumeric);
    let length = rest.len() - behind.len() + 1;
    (is_verb && ends).then_some((length, name))
}

/// The letters at the start that a name may have, with the keys that it is asked for.
fn name(text: &str) -> &str {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '[' | ']' | '.');
    let end = text.find(|c| !plain(c));
    &text[..end.unwrap_or(text.len())]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;
    use proptest::prelude::*;

    fn whole(text: &str) -> Excerpt {
        Excerpt::whole(FileId(0), text.into())
    }

    fn read(text: &str) -> Vec<String> {
        let found = texts(&whole(text));
        found.iter().map(|t| t.text().to_owned()).collect()
    }

    #[test]
    fn triple_quoted_strings_are_read_and_others_passed_over() {
        let text =
            "a = 'it\\'s \"\"\" not'\nb = \"\"\"\none\n\"\"\" # \"\"\"no\"\"\"\nc = '''two'''\n";
        assert_eq!(read(text), ["\none\n", "two"]);
    }

    #[test]
    fn what_the_program_fills_in_is_a_hole() {
        for (written, expected) in [
            (
                "'''m: {limit}\nl: {{a: 1}}'''.format(limit=x)",
                "m: {{ limit }}\nl: {a: 1}",
            ),
            (
                "'''m: {limit}\ne: {}\nl: {a: 1}'''",
                "m: {{ limit }}\ne: {}\nl: {a: 1}",
            ),
            ("'''i: r:%s\np: 85%'''", "i: r:{{ value }}\np: 85%"),
            ("'''i: %(tag)s'''", "i: {{ tag }}"),
            ("'''t: {{ .Values.x }}'''", "t: {{ .Values.x }}"),
            ("'''a: \\\"b\\\"\\n'''", "a: \"b\"\n"),
            ("r'''a: \\n'''", "a: \\n"),
        ] {
            assert_eq!(read(written), [expected], "{written}");
        }
    }

    #[test]
    fn a_string_that_is_changed_is_not_read() {
        assert!(read("x = '''m: LIMIT'''.replace('LIMIT', y)").is_empty());
        assert_eq!(read("x = '''m: 1'''.strip()"), ["m: 1"]);
    }

    #[test]
    fn content_leads_back_to_the_file() {
        let text = "x = \"\"\"\na: \\\"q\\\"\nm: {limit}\nb: end\n\"\"\".format(limit=1)\n";
        let found = texts(&whole(text)).remove(0);
        let at = found.text().find("end").unwrap();
        assert_eq!(&text[found.span(at..at + 3).range()], "end");
        let at = found.text().find("{{").unwrap();
        assert_eq!(&text[found.span(at..at + 11).range()], "{limit}");
    }

    #[test]
    fn comments_of_strings_are_not_the_programs() {
        let text = "# one\nx = '''\n# two\n''' # three\n";
        let found = comments(&whole(text));
        let words: Vec<_> = found
            .iter()
            .map(|c| (c.text.as_str(), c.own_line))
            .collect();
        assert_eq!(words, [("one", true), ("three", false)]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn any_text_can_be_read(text in "(\"\"\"|'''|'|\"|#|\n|\r\n|\\\\|r|%s|%\\(|\\{a\\}|\\{\\{|\\}|\\.format|é|x: ){0,40}") {
            for found in texts(&whole(&text)) {
                prop_assert!(text.get(found.span_all().range()).is_some());
            }
            comments(&whole(&text));
        }
    }
}
