//! From intent to text: the one place that knows how a value is written in a file.
//!
//! A [`FixIntent`] says what should hold, a [`Slot`] where it can be written; out come the edits with
//! the file's own style: indentation, quoting, line breaks, the library's idiom. An intent that cannot
//! be written in full becomes no fix at all. Applying edits to files is left to `fix`.

use crate::facts::edit_target::{EditTarget, FieldStyle, TextEncoding};
use crate::facts::intent::{FixIntent, FixSafety, IntentOperation};
use crate::facts::{Datum, quantity};
use crate::finding::{Fix, TextEdit};
use crate::source::{Sources, Span};

/// The edits of an intent, sorted by place; `None` where some part cannot be written.
pub fn edits(intent: &FixIntent, sources: &Sources) -> Option<Fix> {
    let mut edits = Vec::new();
    for operation in &intent.operations {
        edits.extend(operation_edits(operation, sources)?);
    }
    edits.sort_by_key(place);
    let overlap = edits.windows(2).any(|pair| {
        pair[0].span.file == pair[1].span.file && pair[0].span.end > pair[1].span.start
    });
    if edits.is_empty() || overlap {
        return None;
    }
    Some(Fix {
        safe: intent.safety == FixSafety::Safe,
        title: intent.title.clone(),
        edits: join_insertions(edits),
    })
}

/// Why a fix cannot be written, where its reader could change that.
pub fn obstacle(intent: &FixIntent) -> Option<String> {
    let needs_import = |operation: &IntentOperation| {
        let IntentOperation::Set { slot, to } = operation else {
            return false;
        };
        let encoding = match slot {
            EditTarget::Replace { encoding, .. }
            | EditTarget::InsertField { encoding, .. }
            | EditTarget::InsertAssignment { encoding, .. }
            | EditTarget::InsertCall { encoding, .. } => Some(encoding),
            EditTarget::None | EditTarget::InsertLine { .. } => None,
        };
        // With the package there would be an expression for it.
        matches!(encoding, Some(TextEncoding::Go { time: None }))
            && go_expression(to, None).is_none()
            && go_expression(to, Some("time")).is_some()
    };
    let is_blocked = intent.operations.iter().any(needs_import);
    is_blocked.then(|| "the file does not import `time`; add the import to get a fix".to_owned())
}

fn place(edit: &TextEdit) -> (crate::source::FileId, u32, u32) {
    (edit.span.file, edit.span.start, edit.span.end)
}

/// Edits of several fixes as those of one: by place, insertions at one place joined.
pub fn order_edits(mut edits: Vec<TextEdit>) -> Vec<TextEdit> {
    edits.sort_by_key(place);
    join_insertions(edits)
}

/// Insertions at one place become one edit, in the order in which they were meant.
fn join_insertions(edits: Vec<TextEdit>) -> Vec<TextEdit> {
    let mut out: Vec<TextEdit> = Vec::new();
    for edit in edits {
        match out.last_mut() {
            Some(last) if last.span == edit.span && edit.span.is_empty() => {
                last.replacement.push_str(&edit.replacement);
            }
            _ => out.push(edit),
        }
    }
    out
}

fn operation_edits(operation: &IntentOperation, sources: &Sources) -> Option<Vec<TextEdit>> {
    match operation {
        IntentOperation::Set { slot, to } => Some(vec![write_value(slot, to, sources)?]),
        IntentOperation::Rename { span, to } => Some(vec![replace(*span, to.clone())]),
        IntentOperation::Remove { span } => Some(vec![remove_span(*span, sources)]),
        IntentOperation::MoveAbove { span } => move_above(*span, sources),
    }
}

fn replace(span: Span, replacement: String) -> TextEdit {
    TextEdit { span, replacement }
}

fn write_value(slot: &EditTarget, to: &Datum, sources: &Sources) -> Option<TextEdit> {
    match slot {
        EditTarget::None => None,
        EditTarget::Replace { span, encoding } => {
            let old = sources.slice(*span);
            Some(replace(*span, encode(to, encoding, Some(old))?))
        }
        EditTarget::InsertLine {
            at,
            indent,
            newline,
            break_before,
            name,
        } => {
            let line = format!("{name} {}", conf_words(to)?);
            let text = if *break_before {
                format!("{newline}{indent}{line}")
            } else {
                format!("{indent}{line}{newline}")
            };
            Some(replace(*at, text))
        }
        EditTarget::InsertField {
            at,
            encoding,
            ident,
            style,
        } => Some(replace(
            *at,
            field(ident, &encode(to, encoding, None)?, style),
        )),
        EditTarget::InsertAssignment {
            at,
            encoding,
            receiver,
            ident,
            indent,
            newline,
        } => {
            let value = encode(to, encoding, None)?;
            Some(replace(
                *at,
                format!("{newline}{indent}{receiver}.{ident} = {value}"),
            ))
        }
        EditTarget::InsertCall {
            at,
            encoding,
            ident,
            own_line,
        } => {
            let value = encode(to, encoding, None)?;
            let line = own_line.as_deref().unwrap_or_default();
            Some(replace(*at, format!("{line}.{ident}({value})")))
        }
    }
}

/// A field after the last one (or after the opening brace): `at` stands behind the last field's
/// comma where it has one.
fn field(ident: &str, value: &str, style: &FieldStyle) -> String {
    let comma = if style.follows && !style.comma_before {
        ","
    } else {
        ""
    };
    match &style.own_line {
        Some(indent) => format!(
            "{comma}{}{indent}{ident}{}{value},",
            style.newline, style.assigns
        ),
        None => {
            let blank = if style.follows { " " } else { "" };
            format!("{comma}{blank}{ident}{}{value}", style.assigns)
        }
    }
}

fn encode(datum: &Datum, encoding: &TextEncoding, old: Option<&str>) -> Option<String> {
    match encoding {
        TextEncoding::ConfWords => conf_words(datum),
        TextEncoding::YamlScalar => Some(yaml_scalar(&bare(datum)?, old)),
        TextEncoding::Go { time } => go_expression(datum, time.as_deref()),
        TextEncoding::Python => python_expression(datum),
        TextEncoding::Rust {
            duration,
            wrapped,
            milliseconds,
        } => {
            let value = rust_expression(datum, duration.as_deref(), *milliseconds)?;
            Some(if *wrapped {
                format!("Some({value})")
            } else {
                value
            })
        }
    }
}

/// The words of configuration text.
fn conf_words(datum: &Datum) -> Option<String> {
    match datum {
        Datum::Text(text) => Some(conf_word(text)),
        Datum::List(items) => {
            let words: Option<Vec<_>> = items.iter().map(bare).collect();
            Some(words?.join(" "))
        }
        other => bare(other),
    }
}

fn conf_word(text: &str) -> String {
    let plain = !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_graphic() && !matches!(c, '"' | '\'' | '\\' | '#'));
    if plain {
        return text.to_owned();
    }
    let escaped = text
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n");
    format!("\"{escaped}\"")
}

/// A datum without quotes, as configuration and manifests write it.
fn bare(datum: &Datum) -> Option<String> {
    match datum {
        Datum::Bool(flag) => Some(if *flag { "yes" } else { "no" }.to_owned()),
        Datum::Int(n) => Some(n.to_string()),
        Datum::Float(n) | Datum::Duration(n) | Datum::Cores(n) => Some(n.to_string()),
        Datum::Text(text) => Some(text.clone()),
        Datum::Size(bytes) => Some(size(*bytes)),
        Datum::Special { raw, .. } => bare(raw),
        Datum::List(_) => None,
    }
}

/// Bytes with the largest binary unit that divides them.
fn size(bytes: u64) -> String {
    let units = [("gb", 1 << 30), ("mb", 1 << 20), ("kb", 1 << 10)];
    units
        .into_iter()
        .find(|(_, factor)| bytes > 0 && bytes.is_multiple_of(*factor))
        .map_or_else(
            || bytes.to_string(),
            |(unit, factor)| format!("{}{unit}", bytes / factor),
        )
}

/// A one-line YAML string in the quotes of the old one; a word that YAML would read as a number or
/// a truth value gets quotes.
fn yaml_scalar(text: &str, old: Option<&str>) -> String {
    let quote = old
        .and_then(|old| old.chars().next())
        .filter(|c| matches!(c, '"' | '\''));
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/'))
        && !matches!(
            text.to_ascii_lowercase().as_str(),
            "yes" | "no" | "true" | "false" | "on" | "off" | "null" | "y" | "n"
        );
    match quote {
        Some('\'') => format!("'{}'", text.replace('\'', "''")),
        None if plain => text.to_owned(),
        _ => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
    }
}

/// A Go expression; a duration needs the `time` package, since a bare figure is nanoseconds.
fn go_expression(datum: &Datum, time: Option<&str>) -> Option<String> {
    match datum {
        Datum::Bool(flag) => Some(flag.to_string()),
        Datum::Int(n) => Some(n.to_string()),
        Datum::Size(n) => Some(n.to_string()),
        Datum::Float(n) if n.fract() == 0.0 => Some(quantity::show_number(*n)),
        Datum::Duration(seconds) if *seconds == 0.0 => Some("0".to_owned()),
        Datum::Duration(seconds) => go_duration(*seconds, time?),
        Datum::Text(text) => Some(format!("{text:?}")),
        Datum::Special { raw, .. } => go_expression(raw, time),
        Datum::Float(_) | Datum::Cores(_) | Datum::List(_) => None,
    }
}

fn go_duration(seconds: f64, time: &str) -> Option<String> {
    let units = [
        ("Hour", 3600.0),
        ("Minute", 60.0),
        ("Second", 1.0),
        ("Millisecond", 1e-3),
    ];
    units.into_iter().find_map(|(unit, factor)| {
        let count = seconds / factor;
        let whole = (count - count.round()).abs() < 1e-9 && count.abs() >= 1.0;
        whole.then(|| {
            let count = count.round();
            if count == 1.0 {
                format!("{time}.{unit}")
            } else {
                format!("{} * {time}.{unit}", quantity::show_number(count))
            }
        })
    })
}

/// A Python expression; a duration is a number of seconds.
fn python_expression(datum: &Datum) -> Option<String> {
    match datum {
        Datum::Bool(flag) => Some(if *flag { "True" } else { "False" }.to_owned()),
        Datum::Int(n) => Some(n.to_string()),
        Datum::Size(n) => Some(n.to_string()),
        Datum::Float(n) | Datum::Duration(n) => Some(quantity::show_number(*n)),
        Datum::Text(text) => Some(format!("{text:?}")),
        Datum::Special { raw, .. } => python_expression(raw),
        Datum::Cores(_) | Datum::List(_) => None,
    }
}

/// A Rust expression; the full path of a type needs no import.
fn rust_expression(datum: &Datum, duration: Option<&str>, milliseconds: bool) -> Option<String> {
    match datum {
        Datum::Bool(flag) => Some(flag.to_string()),
        Datum::Int(n) => Some(n.to_string()),
        Datum::Size(n) => Some(n.to_string()),
        Datum::Float(n) if n.fract() == 0.0 => Some(quantity::show_number(*n)),
        Datum::Duration(seconds) => {
            let millis = seconds * 1e3;
            if *seconds < 0.0 || (millis - millis.round()).abs() > 1e-9 {
                return None;
            }
            let path = duration.unwrap_or("std::time::Duration");
            Some(if milliseconds {
                quantity::show_number(millis.round())
            } else if seconds.fract() == 0.0 {
                format!("{path}::from_secs({})", quantity::show_number(*seconds))
            } else {
                format!(
                    "{path}::from_millis({})",
                    quantity::show_number(millis.round())
                )
            })
        }
        Datum::Text(text) => Some(format!("{text:?}")),
        Datum::Special { raw, .. } => rust_expression(raw, duration, milliseconds),
        Datum::Float(_) | Datum::Cores(_) | Datum::List(_) => None,
    }
}

/// What stands alone on its line goes with the line; what ends a line goes with the blanks before it.
fn remove_span(span: Span, sources: &Sources) -> TextEdit {
    let file = sources.get(span.file);
    let text = file.text();
    let line = file.line_range(file.line_of(span.start as usize));
    let before = &text[line.start..span.start as usize];
    let after = text.get(span.end as usize..line.end).unwrap_or_default();
    let has_its_break = span.end as usize > line.end;
    let whole = if has_its_break || !after.trim().is_empty() {
        span
    } else if before.trim().is_empty() {
        let next = file.line_of(span.end as usize) + 1;
        let end = if next < file.line_count() {
            file.line_range(next).start
        } else {
            text.len()
        };
        Span::new(span.file, line.start, end)
    } else {
        Span::new(
            span.file,
            line.start + before.trim_end().len(),
            span.end as usize,
        )
    };
    replace(whole, String::new())
}

/// The bytes become a line of their own above their line, with its indentation.
fn move_above(span: Span, sources: &Sources) -> Option<Vec<TextEdit>> {
    let file = sources.get(span.file);
    let text = file.text();
    let number = file.line_of(span.start as usize);
    let line = file.line_range(number);
    let before = text.get(line.start..span.start as usize)?;
    let kept = before.trim_end();
    let indent: String = before
        .chars()
        .take_while(|c| matches!(c, ' ' | '\t'))
        .collect();
    if kept.is_empty() {
        return None;
    }
    let newline = if text[line.end..].starts_with("\r\n") || text[..line.start].ends_with("\r\n") {
        "\r\n"
    } else {
        "\n"
    };
    let moved = sources.slice(span);
    Some(vec![
        replace(
            Span::new(span.file, line.start, line.start),
            format!("{indent}{moved}{newline}"),
        ),
        replace(
            Span::new(span.file, line.start + kept.len(), span.end as usize),
            String::new(),
        ),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FileId, SourceFile};

    fn applied(text: &str, operation: IntentOperation) -> Option<String> {
        let mut sources = Sources::default();
        sources.add(SourceFile::new("a", text));
        let intent = FixIntent {
            safety: FixSafety::Safe,
            title: String::new(),
            operations: vec![operation],
        };
        let mut out = text.to_owned();
        for edit in edits(&intent, &sources)?.edits.iter().rev() {
            out.replace_range(edit.span.range(), &edit.replacement);
        }
        Some(out)
    }

    fn at(text: &str, part: &str) -> Span {
        let start = text.find(part).unwrap();
        Span::new(FileId(0), start, start + part.len())
    }

    #[test]
    fn a_trailing_comment_moves_above_with_the_indentation_and_the_line_break() {
        let text = "k: |\r\n  hz 10\r\n  timeout 600  # ten minutes\r\n";
        let span = at(text, "# ten minutes");
        let out = applied(text, IntentOperation::MoveAbove { span }).unwrap();
        assert_eq!(
            out,
            "k: |\r\n  hz 10\r\n  # ten minutes\r\n  timeout 600\r\n"
        );
    }

    #[test]
    fn values_are_written_as_the_place_writes_them() {
        let go = TextEncoding::Go {
            time: Some("time".into()),
        };
        let no_time = TextEncoding::Go { time: None };
        for (datum, encoding, old, expected) in [
            (
                Datum::Size(24 << 30),
                TextEncoding::ConfWords,
                None,
                Some("24gb"),
            ),
            (
                Datum::Size(28_991_029_248),
                TextEncoding::ConfWords,
                None,
                Some("27gb"),
            ),
            (
                Datum::Size(28_991_029_249),
                TextEncoding::ConfWords,
                None,
                Some("28991029249"),
            ),
            (
                Datum::Duration(600.0),
                TextEncoding::ConfWords,
                None,
                Some("600"),
            ),
            (
                Datum::Text(String::new()),
                TextEncoding::ConfWords,
                None,
                Some("\"\""),
            ),
            (
                Datum::Int(3),
                TextEncoding::YamlScalar,
                Some("4"),
                Some("\"3\""),
            ),
            (
                Datum::Text("1gb".into()),
                TextEncoding::YamlScalar,
                Some("'2gb'"),
                Some("'1gb'"),
            ),
            (
                Datum::Text("noeviction".into()),
                TextEncoding::YamlScalar,
                Some("x"),
                Some("noeviction"),
            ),
            (
                Datum::Duration(300.0),
                go.clone(),
                None,
                Some("5 * time.Minute"),
            ),
            (Datum::Duration(1.0), go.clone(), None, Some("time.Second")),
            (Datum::Duration(4.0), no_time, None, None),
            (Datum::Int(200), go, None, Some("200")),
        ] {
            assert_eq!(
                encode(&datum, &encoding, old).as_deref(),
                expected,
                "{datum:?}"
            );
        }
    }

    #[test]
    fn removing_takes_the_line_only_where_nothing_else_stands_on_it() {
        let text = "a\n  # x\nb // y\n";
        let gone = |part| {
            applied(
                text,
                IntentOperation::Remove {
                    span: at(text, part),
                },
            )
            .unwrap()
        };
        assert_eq!(gone("# x"), "a\nb // y\n");
        assert_eq!(gone("// y"), "a\n  # x\nb\n");
    }
}
