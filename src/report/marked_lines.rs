//! Many marked lines of a file in one frame: each with its number, what is underlined in it, and no
//! lines around it. Which text of a line may be shown is left to [`snippet`](super::snippet).

use crate::finding::Report;

use super::snippet::{CodeLine, CodeMark, SnippetMark, excerpts};
use super::{TextLayout, sanitize};

/// Columns that a tab takes.
const TAB: &str = "    ";

/// The marked lines in a frame a file.
pub(super) fn draw_marked_lines(
    report: &Report,
    marks: &[SnippetMark],
    layout: TextLayout,
) -> String {
    let excerpts = excerpts(&report.sources, &report.secrets, marks, layout.width);
    let numbers = excerpts.iter().flat_map(|excerpt| &excerpt.lines);
    let widest = numbers.map(|line| line.number).max().unwrap_or_default();
    let gutter = widest.to_string().len() + 1;
    let mut out = String::new();
    for of_file in excerpts.chunk_by(|a, b| a.file == b.file) {
        let Some(first) = of_file.first() else {
            continue;
        };
        let in_file = marks.iter().map(|mark| mark.span);
        let place = in_file.filter(|span| span.file == first.file).min();
        let place = place.map_or(String::new(), |span| place_of(report, span));
        out.push_str(&format!("{:gutter$} ╭─[{place}]\n", ""));
        for line in of_file.iter().flat_map(|excerpt| &excerpt.lines) {
            if !line.marks.is_empty() {
                out.push_str(&draw_line(line, gutter, layout));
            }
        }
    }
    out
}

/// `path:line:column`, as a terminal may show it.
pub(super) fn place_of(report: &Report, span: crate::source::Span) -> String {
    let start = report.sources.start(span);
    let path = sanitize::one_line(report.sources.path(span));
    format!("{path}:{}:{}", start.line, start.column)
}

fn draw_line(line: &CodeLine, gutter: usize, layout: TextLayout) -> String {
    let number = layout.color.faint(&format!("{:>gutter$}", line.number));
    let text = line.text.replace('\t', TAB);
    let mut out = format!("{number} │ {}\n", text.trim_end());
    let mut under = String::new();
    let mut marks: Vec<&CodeMark> = line.marks.iter().collect();
    marks.sort_by_key(|mark| mark.range.start);
    for mark in &marks {
        let start = columns(line, mark.range.start);
        let end = columns(line, mark.range.end).max(start + 1);
        let missing = start.saturating_sub(under.chars().count());
        under.push_str(&" ".repeat(missing));
        let missing = end.saturating_sub(under.chars().count());
        under.push_str(&"─".repeat(missing));
    }
    let blanks = under.chars().take_while(|c| *c == ' ').count();
    let notes: Vec<&str> = marks
        .iter()
        .filter_map(|mark| mark.note.as_deref())
        .collect();
    let marked = layout.color.accent(under.trim_start());
    out.push_str(&format!(
        "{:gutter$} · {:blanks$}{marked} {}\n",
        "",
        "",
        notes.join("; ")
    ));
    out
}

/// The columns before this byte of a line's text.
fn columns(line: &CodeLine, at: usize) -> usize {
    let before = line.text.get(..at).unwrap_or(&line.text);
    let wide = |c| if c == '\t' { TAB.len() } else { 1 };
    before.chars().map(wide).sum()
}
