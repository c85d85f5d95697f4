//! Unit files (`*.service` and drop-ins): sections of `Name=value` lines, continued with a
//! backslash. The meaning of a setting is left to `extract`.

use std::ops::Range;

use crate::source::{Comment, Excerpt, Span};

/// One setting of a section.
#[derive(Clone, Debug)]
pub struct UnitSetting {
    pub section: String,
    pub name: String,
    pub name_span: Span,
    /// The value, its lines joined.
    pub value: Excerpt,
}

/// The settings of a file, in order, and its comments.
#[derive(Clone, Debug, Default)]
pub struct ParsedUnit {
    pub settings: Vec<UnitSetting>,
    pub comments: Vec<Comment>,
}

/// Reads a unit file. Any text will do.
pub fn parse(excerpt: &Excerpt) -> ParsedUnit {
    let mut unit = ParsedUnit::default();
    let mut section = String::new();
    let mut lines = lines(excerpt.text()).into_iter().peekable();
    while let Some(line) = lines.next() {
        let text = &excerpt.text()[line.clone()];
        if let Some(name) = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')) {
            section = name.to_owned();
            continue;
        }
        if text.starts_with(['#', ';']) {
            unit.comments.push(comment(excerpt, line));
            continue;
        }
        let Some(equals) = text.find('=') else {
            continue;
        };
        let name = trim_range(excerpt.text(), line.start..line.start + equals);
        let mut pieces = vec![trim_range(
            excerpt.text(),
            line.start + equals + 1..line.end,
        )];
        while let Some(last) = pieces.last_mut()
            && excerpt.text()[last.clone()].ends_with('\\')
        {
            last.end -= 1;
            let comments =
                |line: &Range<usize>| excerpt.text()[line.clone()].starts_with(['#', ';']);
            while let Some(line) = lines.next_if(comments) {
                unit.comments.push(comment(excerpt, line));
            }
            let Some(next) = lines.next() else { break };
            pieces.push(next);
        }
        unit.settings.push(UnitSetting {
            section: section.clone(),
            name: excerpt.text()[name.clone()].to_owned(),
            name_span: excerpt.span(name),
            value: join_pieces(excerpt, &pieces),
        });
    }
    unit
}

/// The pieces with a blank where a line was continued.
fn join_pieces(excerpt: &Excerpt, pieces: &[Range<usize>]) -> Excerpt {
    let mut builder = excerpt.builder();
    for (i, piece) in pieces.iter().enumerate() {
        if i > 0 {
            builder.push_as(" ", pieces[i - 1].end..pieces[i - 1].end + 1);
        }
        builder.push(piece.clone());
    }
    builder.finish_at(pieces.first().map_or(0, |piece| piece.start))
}

fn comment(excerpt: &Excerpt, line: Range<usize>) -> Comment {
    Comment {
        text: excerpt.text()[line.clone()]
            .trim_start_matches(['#', ';'])
            .trim()
            .to_owned(),
        own_line: true,
        span: excerpt.span(line),
    }
}

/// The lines without blanks at both ends; empty ones are left out.
fn lines(text: &str) -> Vec<Range<usize>> {
    let mut start = 0;
    text.split_inclusive('\n')
        .map(|piece| {
            let range = trim_range(text, start..start + piece.len());
            start += piece.len();
            range
        })
        .filter(|range| !range.is_empty())
        .collect()
}

fn trim_range(text: &str, range: Range<usize>) -> Range<usize> {
    let piece = &text[range.clone()];
    let start = range.start + (piece.len() - piece.trim_start().len());
    start..start + piece.trim().len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;
    use proptest::prelude::*;

    fn read(text: &str) -> ParsedUnit {
        parse(&Excerpt::whole(FileId(0), text.into()))
    }

    #[test]
    fn settings_are_continued_over_lines() {
        let text = "; c\n[Unit]\nA = 1\n[Service]\nExec=/x a \\\n# why\n  --b \\\n  c\nEmpty=\nno setting\n";
        let unit = read(text);
        let found: Vec<_> = unit
            .settings
            .iter()
            .map(|s| (s.section.as_str(), s.name.as_str(), s.value.text()))
            .collect();
        assert_eq!(
            found,
            [
                ("Unit", "A", "1"),
                ("Service", "Exec", "/x a  --b  c"),
                ("Service", "Empty", ""),
            ]
        );
        let exec = &unit.settings[1].value;
        let at = exec.text().find("--b").unwrap();
        assert_eq!(&text[exec.span(at..at + 3).range()], "--b");
        assert_eq!(unit.comments.len(), 2);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn any_text_can_be_read(text in "([\\[\\]=a#; é\\\\]{0,8}[\r\n]{0,2}){0,8}") {
            for setting in read(&text).settings {
                prop_assert!(text.get(setting.value.span_all().range()).is_some());
            }
        }
    }
}
