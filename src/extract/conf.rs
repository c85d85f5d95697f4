//! Configuration text: the lines of a file, a ConfigMap key or a snippet, each with its place.
//!
//! What a name means and whether a value is accepted is `resolve`'s business. Template holes and
//! shell variables are marked, since the text that the server reads is then another one.

use crate::facts::bounds::MOST_BYTES;
use crate::facts::raw::{LineForm, RawLine, RawText, RawWord, TextPlace};
use crate::facts::{Cause, EditTarget, TextEncoding};
use crate::knowledge::shapes::DeploymentShapes;
use crate::source::{Comment, Excerpt, Span};
use crate::syntax::conf::{self, ConfLine};
use crate::syntax::yaml::{Scalar, ScalarStyle};

mod branches;

use branches::OpenBranches;

/// How a text stands in its file: whether lines can be inserted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextFrame {
    /// Line by line: a file, a block scalar, a fence.
    Lines,
    /// Within a quoted or folded scalar: no line of the file is a line of the text.
    Inline,
}

impl TextFrame {
    /// Only a literal block scalar stands in the file line by line.
    pub fn of_scalar(scalar: &Scalar) -> Self {
        match scalar.style() {
            ScalarStyle::Literal => Self::Lines,
            _ => Self::Inline,
        }
    }
}

/// A text and what was read from it.
pub struct ReadText {
    pub text: RawText,
    pub comments: Vec<Comment>,
}

/// Reads a configuration text. `file_text` is the whole file's text.
pub fn read(
    name: String,
    place: TextPlace,
    excerpt: Excerpt,
    frame: TextFrame,
    file_text: &str,
    shapes: &DeploymentShapes,
) -> ReadText {
    let (whole, excerpt) = (excerpt.clone(), within_bounds(excerpt));
    let parsed = conf::parse(&excerpt);
    let mut holes = Vec::new();
    if excerpt.text().len() < whole.text().len() {
        holes.push(Cause::TooLong);
    }
    let mut lines = Vec::new();
    let mut branches = OpenBranches::default();
    for line in &parsed.lines {
        if is_template_line(&excerpt, line) {
            holes.push(Cause::Template("writes part of the text"));
            branches.pass(&excerpt.text()[line.range.clone()]);
        } else {
            branches.take(lines.len());
            lines.push(raw_line(&excerpt, line, frame));
        }
    }
    branches.mark_alternatives(&mut lines);
    let foreign = lines
        .iter()
        .filter_map(|line| line.words.first())
        .any(|word| {
            shapes
                .servers
                .foreign_text
                .iter()
                .any(|f| word.text.eq_ignore_ascii_case(f))
        });
    let append = append_slot(&excerpt, &parsed, frame, file_text);
    let text = RawText {
        name,
        place,
        excerpt,
        lines,
        append,
        unresolved: holes,
        foreign,
        recognised: true,
        renewed: None,
    };
    ReadText {
        text,
        comments: parsed.comments,
    }
}

/// The text, or as much of it as is read: no configuration that a person wrote is longer.
fn within_bounds(excerpt: Excerpt) -> Excerpt {
    let text = excerpt.text();
    if text.len() <= MOST_BYTES {
        return excerpt;
    }
    let mut end = MOST_BYTES;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let end = text[..end].rfind('\n').map_or(end, |at| at + 1);
    excerpt.slice(0..end)
}

/// The line as a raw directive.
fn raw_line(excerpt: &Excerpt, line: &ConfLine, frame: TextFrame) -> RawLine {
    let words: Vec<RawWord> = line
        .words
        .iter()
        .map(|word| RawWord {
            text: word.text.clone(),
            span: excerpt.span(word.range.clone()),
            unresolved: hole(&word.text),
        })
        .collect();
    let meant = words_meant(line);
    let trailing_comment = line
        .words
        .get(meant)
        .map(|word| excerpt.span(word.range.start..line.range.end));
    RawLine {
        number: line.number,
        span: excerpt.span(line.range.clone()),
        form: LineForm::Text,
        slot: match excerpt.is_filled(&line.range) {
            true => EditTarget::None,
            false => replace_slot(&words[..meant.min(words.len())], frame),
        },
        words,
        argument_count: meant,
        trailing_comment,
        text_after_quote: line.glued && !line.unbalanced,
        error: (line.unbalanced || line.glued).then_some("Unbalanced quotes in configuration line"),
    }
}

/// Where a line's arguments can be rewritten.
fn replace_slot(meant: &[RawWord], frame: TextFrame) -> EditTarget {
    match meant {
        [_, first, rest @ ..] if frame == TextFrame::Lines => {
            let last = rest.last().unwrap_or(first);
            EditTarget::Replace {
                span: first.span.to(last.span),
                encoding: TextEncoding::ConfWords,
            }
        }
        _ => EditTarget::None,
    }
}

/// How many words a reader means: those before a ` #` that follows a value.
///
/// The servers know no trailing comments. A lone word that begins with `#` may be a value
/// (a password), and a `#` with 64 hexadecimal digits is a password hash of an ACL rule.
fn words_meant(line: &ConfLine) -> usize {
    let comment = line.words.iter().enumerate().skip(1).position(|(i, word)| {
        let starts = !word.quoted && word.text.starts_with('#') && !is_hash(&word.text);
        let lone_mark = word.text.bytes().all(|b| b == b'#');
        starts && (i > 1 || lone_mark && line.words.len() > 2)
    });
    comment.map_or(line.words.len(), |i| i + 1)
}

fn is_hash(word: &str) -> bool {
    word.len() == 65 && word[1..].bytes().all(|b| b.is_ascii_hexdigit())
}

fn is_template_line(excerpt: &Excerpt, line: &ConfLine) -> bool {
    let text = &excerpt.text()[line.range.clone()];
    text.starts_with("{{")
        || text.starts_with("%{")
        || text.starts_with("{%")
        || text.starts_with("{#")
        || text.starts_with("<%")
}

/// Why a word is not what the server reads: it is set elsewhere before.
pub fn hole(word: &str) -> Option<Cause> {
    let placeholder = |open: &str, close: &str| {
        word.find(open)
            .is_some_and(|at| word[at + open.len()..].contains(close))
    };
    if placeholder("{{", "}}") || placeholder("{%", "%}") || word.contains("{{") {
        return Some(Cause::Template("fills it in"));
    }
    if word.contains("<%") || word.contains("%>") {
        return Some(Cause::Template("fills it in"));
    }
    if placeholder("${", "}") || placeholder("$(", ")") {
        return Some(Cause::Text {
            text: word.to_owned(),
            fact: "is filled in from outside",
        });
    }
    let wrapped =
        |mark: &str| word.len() > 2 * mark.len() && word.starts_with(mark) && word.ends_with(mark);
    let angled = word.len() > 2 && word.starts_with('<') && word.ends_with('>');
    if angled || wrapped("__") || wrapped("@") || wrapped("%") {
        return Some(Cause::Text {
            text: word.to_owned(),
            fact: "is a placeholder",
        });
    }
    None
}

/// A line can be appended after the last line of the text, with that line's indentation.
fn append_slot(
    excerpt: &Excerpt,
    parsed: &conf::ConfText,
    frame: TextFrame,
    file_text: &str,
) -> EditTarget {
    if frame == TextFrame::Inline || excerpt.is_filled(&(0..excerpt.text().len())) {
        return EditTarget::None;
    }
    let newline = if file_text.contains("\r\n") {
        "\r\n"
    } else {
        "\n"
    };
    let ends = parsed
        .lines
        .iter()
        .map(|line| excerpt.span(line.range.clone()));
    let last = ends
        .chain(parsed.comments.iter().map(|c| c.span))
        .max_by_key(|span| span.end);
    match last {
        Some(last) => EditTarget::InsertLine {
            at: last.after(),
            indent: indentation(file_text, last),
            newline,
            break_before: true,
            name: String::new(),
        },
        None => EditTarget::None,
    }
}

/// The blanks between the start of the file's line and the span.
fn indentation(file_text: &str, span: Span) -> String {
    let before = &file_text[..span.start as usize];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    before[line_start..]
        .chars()
        .take_while(|c| matches!(c, ' ' | '\t'))
        .collect()
}

/// Whether a text that is not known to be configuration reads as such: at least two lines are a name
/// that `is_directive` knows with a value behind it, they are most lines, and none is the key of a
/// mapping. A list of bare names configures nothing.
pub fn looks_like_text(excerpt: &Excerpt, is_directive: &dyn Fn(&str) -> bool) -> bool {
    let parsed = conf::parse(excerpt);
    let lines: Vec<_> = parsed
        .lines
        .iter()
        .filter(|l| !l.words.is_empty())
        .collect();
    let is_key = |line: &&&ConfLine| line.words[0].text.ends_with(':') && !line.words[0].quoted;
    let is_setting = |line: &&&ConfLine| {
        let valued = words_meant(line) > 1;
        valued && is_directive(&line.words[0].text)
    };
    let known = lines.iter().filter(is_setting).count();
    known >= 2 && known * 2 >= lines.len() && lines.iter().filter(is_key).count() == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    fn lines(text: &str) -> Vec<RawLine> {
        let shapes = DeploymentShapes::embedded().unwrap();
        let excerpt = Excerpt::whole(FileId(0), text.into());
        let place = TextPlace::File { path: "a".into() };
        read("a".into(), place, excerpt, TextFrame::Lines, text, &shapes)
            .text
            .lines
    }

    #[test]
    fn a_trailing_comment_ends_what_is_meant() {
        let text = "maxmemory 1gb  # half\n";
        let line = &lines(text)[0];
        assert_eq!(line.argument_count, 2);
        assert_eq!(&text[line.trailing_comment.unwrap().range()], "# half");
        assert!(
            matches!(line.slot, EditTarget::Replace { span, .. } if &text[span.range()] == "1gb")
        );
    }

    #[test]
    fn a_hash_sign_that_is_a_value_is_no_comment() {
        let hash = format!("user a on #{}", "0".repeat(64));
        for text in [
            "requirepass #abc",
            "syslog-ident a#b",
            "syslog-ident \"a # b\"",
            &hash,
        ] {
            assert_eq!(lines(text)[0].trailing_comment, None, "{text}");
        }
    }

    #[test]
    fn holes_are_not_values() {
        for text in [
            "maxmemory {{ .Values.x }}",
            "maxmemory ${X}",
            "requirepass <password>",
            "requirepass __PW__",
        ] {
            assert!(
                lines(text)[0].words.iter().any(|w| w.unresolved.is_some()),
                "{text}"
            );
        }
        assert!(
            lines("maxmemory 1gb")[0]
                .words
                .iter()
                .all(|w| w.unresolved.is_none())
        );
    }
}
