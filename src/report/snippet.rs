//! The excerpts that a finding shows: the lines around its marks, out of one or several files, laid
//! out for miette.
//!
//! A [`Snippet`] is a text of its own that holds only the lines needed, with long lines clipped,
//! secrets masked and control characters made visible; its offsets are its own. miette sees nothing
//! else, so that no file is scanned twice and no label lies past the column where miette panics.
//! Other files follow as regions of the same text: one diagnostic shows them all.

use std::ops::Range;

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents,
    SourceCode, SourceSpan, SpanContents, ThemeCharacters, ThemeStyles,
};

use crate::source::secret_words::secrets_of_line;
use crate::source::{FileId, MASK, SourceFile, Sources, Span};

use super::{Color, TextLayout, sanitize};

/// A place to underline, and what to say about it.
#[derive(Clone, Debug)]
pub(super) struct SnippetMark {
    pub(super) span: Span,
    pub(super) text: Option<String>,
    pub(super) primary: bool,
}

/// The last line of a frame as miette draws it.
const FRAME_END: &str = "╰────";

/// A mark that covers more lines than this is shown by its first line.
const MAX_LINES: usize = 6;

/// Lines shown above the marked ones.
const ABOVE: usize = 1;

/// Lines shown below them where there is room: a page scrolls, a terminal does not.
const BELOW: usize = 1;

/// The text and its labels, ready for miette.
#[derive(Debug)]
struct SourceSnippet {
    text: String,
    regions: Vec<SnippetRegion>,
    labels: Vec<LabeledSpan>,
    /// `path:line:col` by the label's place in the text.
    names: Vec<(Range<usize>, String)>,
}

/// Lines of one file that follow each other, and where they stand in the snippet's text.
#[derive(Debug)]
struct SnippetRegion {
    file: FileId,
    text: Range<usize>,
    first_line: usize,
    lines: usize,
}

/// The snippet of these marks. The first mark's file comes first.
pub(super) fn render(
    sources: &Sources,
    secrets: &[Span],
    marks: &[SnippetMark],
    layout: TextLayout,
) -> String {
    let snippet = SnippetBuilder::new(sources, secrets, layout.width).build(marks, 0);
    let diagnostic = DrawnSnippet { snippet };
    let mut out = String::new();
    if handler(layout)
        .render_report(&mut out, &diagnostic)
        .is_err()
    {
        return String::new();
    }
    // miette insists on a headline of its own; the callers write theirs above. What closes a frame
    // is left out: the next line is no code.
    let lines = out.lines().skip(1);
    let lines = lines.filter(|line| line.trim() != FRAME_END);
    lines.map(|line| format!("{line}\n")).collect()
}

/// Lines of one file with places marked, for formats that mark them in their own way.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct CodeExcerpt {
    pub(super) file: FileId,
    pub(super) lines: Vec<CodeLine>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct CodeLine {
    /// From 1.
    pub(super) number: usize,
    /// As it may be shown: clipped, secrets masked, no control character but tabs.
    pub(super) text: String,
    pub(super) marks: Vec<CodeMark>,
}

/// The part of a mark that lies in one line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct CodeMark {
    /// Bytes of the line's text.
    pub(super) range: Range<usize>,
    pub(super) primary: bool,
    /// On the last line of the mark.
    pub(super) note: Option<String>,
}

/// The lines of these marks, by file: the same choice of lines as [`render`] makes. `width`: columns
/// after which a line is clipped.
pub(super) fn excerpts(
    sources: &Sources,
    secrets: &[Span],
    marks: &[SnippetMark],
    width: usize,
) -> Vec<CodeExcerpt> {
    let snippet = SnippetBuilder::new(sources, secrets, width).build(marks, BELOW);
    let regions = snippet.regions.iter();
    regions.map(|region| snippet.excerpt(region)).collect()
}

fn handler(layout: TextLayout) -> GraphicalReportHandler {
    let theme = GraphicalTheme {
        characters: ThemeCharacters::unicode(),
        styles: match layout.color {
            Color::Always => ThemeStyles::ansi(),
            Color::Never => ThemeStyles::none(),
        },
    };
    GraphicalReportHandler::new_themed(theme)
        .with_urls(false)
        .with_context_lines(ABOVE)
        .with_width(layout.width.max(40))
        .with_break_words(false)
        .without_primary_span_start()
        .without_syntax_highlighting()
}

struct SnippetBuilder<'a> {
    sources: &'a Sources,
    secrets: Vec<Span>,
    /// Bytes of the longest.
    longest_secret: usize,
    columns: usize,
}

impl<'a> SnippetBuilder<'a> {
    fn new(sources: &'a Sources, secrets: &[Span], width: usize) -> Self {
        let mut secrets = secrets.to_vec();
        secrets.sort_unstable();
        let longest = secrets.iter().map(|s| s.range().len()).max();
        Self {
            sources,
            secrets,
            longest_secret: longest.unwrap_or(0),
            // The rest of the width is for line numbers and the frame.
            columns: width.saturating_sub(10).clamp(40, 4000),
        }
    }

    /// `below`: lines that are shown below a marked one.
    fn build(&self, marks: &[SnippetMark], below: usize) -> SourceSnippet {
        let mut snippet = SourceSnippet {
            text: String::new(),
            regions: Vec::new(),
            labels: Vec::new(),
            names: Vec::new(),
        };
        let mut files: Vec<FileId> = Vec::new();
        for mark in marks {
            if !files.contains(&mark.span.file) {
                files.push(mark.span.file);
            }
        }
        for id in files {
            let file = self.sources.get(id);
            let placed: Vec<VisibleMark> = marks
                .iter()
                .filter(|mark| mark.span.file == id)
                .map(|mark| VisibleMark::new(file, mark))
                .collect();
            let runs = regions(file, &placed, below);
            self.add_file(&mut snippet, id, &placed, runs);
        }
        snippet
    }

    fn add_file(
        &self,
        snippet: &mut SourceSnippet,
        id: FileId,
        marks: &[VisibleMark],
        runs: Vec<Range<usize>>,
    ) {
        let file = self.sources.get(id);
        for lines in runs {
            let inside: Vec<&VisibleMark> = marks
                .iter()
                .filter(|mark| lines.contains(&mark.first_line))
                .collect();
            let start = snippet.text.len();
            let rows: Vec<ShownColumns> = lines
                .clone()
                .map(|line| self.add_line(&mut snippet.text, id, line, &inside))
                .collect();
            snippet.regions.push(SnippetRegion {
                file: id,
                text: start..snippet.text.len(),
                first_line: lines.start,
                lines: lines.len(),
            });
            for mark in inside {
                snippet.add_label(file, mark, &rows, lines.start);
            }
        }
    }

    /// Appends one line as it is shown and says where its characters went.
    fn add_line(
        &self,
        text: &mut String,
        id: FileId,
        line: usize,
        marks: &[&VisibleMark],
    ) -> ShownColumns {
        let file = self.sources.get(id);
        let range = file.line_range(line);
        let first_mark = marks
            .iter()
            .filter(|mark| mark.first_line == line)
            .map(|mark| mark.range.start)
            .min();
        let from = self.window_start(file, &range, first_mark);
        if from > range.start {
            text.push('…');
        }
        let mut row = ShownColumns { cells: Vec::new() };
        let body = file.text().get(from..range.end).unwrap_or("");
        let secrets = self.secrets_of(id, line);
        let mut secrets = secrets.iter().peekable();
        let mut mask = None;
        let mut before = ' ';
        for (count, (at, c)) in body.char_indices().enumerate() {
            while secrets.next_if(|secret| secret.end <= from + at).is_some() {}
            // One mask for all of a secret: its length is not shown either.
            if secrets
                .peek()
                .is_some_and(|secret| secret.start <= from + at)
            {
                let start = *mask.get_or_insert_with(|| push_word(text, MASK));
                row.cells.push((from + at, start));
                continue;
            }
            mask = None;
            let commands = before == '#' && c == '#' && sanitize::starts_command(&body[at..]);
            before = c;
            row.cells.push((from + at, text.len()));
            if count >= self.columns {
                text.push('…');
                break;
            }
            text.push(if commands {
                char::REPLACEMENT_CHARACTER
            } else {
                show_char(c)
            });
        }
        row.cells.push((range.end, text.len()));
        text.push('\n');
        row
    }

    /// Where a line's shown part starts: its own start, unless it is long and the mark is far in.
    fn window_start(&self, file: &SourceFile, line: &Range<usize>, mark: Option<usize>) -> usize {
        let mark = mark.unwrap_or(line.start);
        if mark.saturating_sub(line.start) <= self.columns / 2 {
            return line.start;
        }
        let mut start = mark - self.columns / 3;
        while !file.text().is_char_boundary(start) {
            start -= 1;
        }
        start.max(line.start)
    }

    /// The secrets of a line, in order: those that were understood, and what looks like one. An entry
    /// that starts before the line may reach into it, so that the longest decides how far to look back.
    fn secrets_of(&self, id: FileId, line: usize) -> Vec<Range<usize>> {
        let file = self.sources.get(id);
        let range = file.line_range(line);
        let mut found = secrets_of_line(file, line);
        let back = range.start.saturating_sub(self.longest_secret);
        let first = self
            .secrets
            .partition_point(|s| (s.file, s.start as usize) < (id, back));
        let known = self.secrets[first..].iter();
        let known = known.take_while(|s| s.file == id && (s.start as usize) < range.end);
        found.extend(known.map(|s| s.range()).filter(|s| range.start < s.end));
        found.sort_unstable_by_key(|part| part.start);
        // One that lies in another ends no mask.
        found.dedup_by(|next, last| {
            let inside = next.start <= last.end;
            last.end = if inside {
                last.end.max(next.end)
            } else {
                last.end
            };
            inside
        });
        found
    }
}

/// Appends a word and says where it begins.
fn push_word(text: &mut String, word: &str) -> usize {
    let start = text.len();
    text.push_str(word);
    start
}

/// Tabs stay: miette gives them their width.
fn show_char(c: char) -> char {
    if c == '\t' { c } else { sanitize::show_char(c) }
}

/// A mark cut to what can be shown: inside the file, on few lines, without blanks at its end.
struct VisibleMark<'a> {
    mark: &'a SnippetMark,
    range: Range<usize>,
    first_line: usize,
    last_line: usize,
}

impl<'a> VisibleMark<'a> {
    fn new(file: &SourceFile, mark: &'a SnippetMark) -> Self {
        let text = file.text();
        let start = boundary(text, mark.span.start as usize);
        let end = boundary(text, mark.span.end as usize).max(start);
        let mut end = start + text[start..end].trim_end().len();
        let first_line = file.line_of(start);
        if file.line_of(end) >= first_line + MAX_LINES {
            end = file.line_range(first_line).end.max(start);
        }
        Self {
            mark,
            range: start..end,
            first_line,
            last_line: file.line_of(end),
        }
    }
}

/// The character boundary at or before this byte.
fn boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The runs of lines to show: the marked lines with their context, runs that touch joined.
fn regions(file: &SourceFile, marks: &[VisibleMark], below: usize) -> Vec<Range<usize>> {
    // What follows the last line break is no line to show as context.
    let lines = file.line_count() - usize::from(file.text().ends_with('\n'));
    let mut runs: Vec<Range<usize>> = marks
        .iter()
        .map(|mark| {
            let end = (mark.last_line + 1 + below).min(lines);
            mark.first_line.saturating_sub(ABOVE)..end.max(mark.last_line + 1)
        })
        .collect();
    runs.sort_unstable_by_key(|run| run.start);
    let mut joined: Vec<Range<usize>> = Vec::new();
    for run in runs {
        match joined.last_mut() {
            Some(last) if run.start <= last.end => last.end = last.end.max(run.end),
            _ => joined.push(run),
        }
    }
    joined
}

/// Where each shown character of a line stands: byte of the file, byte of the snippet.
struct ShownColumns {
    cells: Vec<(usize, usize)>,
}

impl ShownColumns {
    /// The place of a file's byte in the snippet; what is clipped lies at the nearer edge.
    fn place(&self, at: usize) -> usize {
        let next = self.cells.partition_point(|(real, _)| *real < at);
        let cell = self.cells.get(next).or(self.cells.last());
        cell.map_or(0, |(_, shown)| *shown)
    }
}

impl SourceSnippet {
    fn add_label(
        &mut self,
        file: &SourceFile,
        placed: &VisibleMark,
        rows: &[ShownColumns],
        first: usize,
    ) {
        let row = |line: usize| &rows[line - first];
        let start = row(placed.first_line).place(placed.range.start);
        let end = row(placed.last_line).place(placed.range.end).max(start);
        let text = placed
            .mark
            .text
            .as_deref()
            .map(|text| sanitize::one_line(text).into_owned());
        let span = SourceSpan::from(start..end);
        self.labels.push(if placed.mark.primary {
            LabeledSpan::new_primary_with_span(text, span)
        } else {
            LabeledSpan::new_with_span(text, span)
        });
        let at = file.position(placed.range.start);
        let name = format!(
            "{}:{}:{}",
            sanitize::one_line(file.path()),
            at.line,
            at.column
        );
        self.names.push((start..end, name));
    }
}

impl SourceSnippet {
    fn excerpt(&self, region: &SnippetRegion) -> CodeExcerpt {
        let text = self.text.get(region.text.clone()).unwrap_or_default();
        let mut start = region.text.start;
        let mut lines = Vec::new();
        for (at, line) in text.lines().enumerate() {
            let place = start..start + line.len();
            start = place.end + 1;
            let marks = self.labels.iter();
            lines.push(CodeLine {
                number: region.first_line + at + 1,
                text: line.to_owned(),
                marks: marks.filter_map(|label| in_line(label, &place)).collect(),
            });
        }
        CodeExcerpt {
            file: region.file,
            lines,
        }
    }
}

/// What lies of a label in the line at this place of the snippet's text.
fn in_line(label: &LabeledSpan, line: &Range<usize>) -> Option<CodeMark> {
    let (start, end) = (label.offset(), label.offset() + label.len());
    // An empty label lies in the line whose end it is at; others end before the next line starts.
    let touches = start <= line.end && (line.start < end || line.start <= start);
    touches.then(|| CodeMark {
        range: start.max(line.start) - line.start..end.min(line.end).max(start) - line.start,
        primary: label.primary(),
        note: (end <= line.end)
            .then(|| label.label().map(str::to_owned))
            .flatten(),
    })
}

impl SourceCode for SourceSnippet {
    /// The whole region that holds the span, so that miette draws one frame a region; a span over
    /// two regions is refused, which keeps their frames apart.
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        _before: usize,
        _after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let (start, end) = (span.offset(), span.offset() + span.len());
        let region = self
            .regions
            .iter()
            .find(|region| {
                region.text.start <= start && end <= region.text.end && start < region.text.end
            })
            .ok_or(MietteError::OutOfBounds)?;
        let name = self
            .names
            .iter()
            .find(|(range, _)| *range == (start..end))
            .map_or(String::new(), |(_, name)| name.clone());
        Ok(Box::new(MietteSpanContents::new_named(
            name,
            &self.text.as_bytes()[region.text.clone()],
            SourceSpan::from(region.text.clone()),
            region.first_line,
            0,
            region.lines,
        )))
    }
}

/// What miette is given to draw.
#[derive(Debug)]
struct DrawnSnippet {
    snippet: SourceSnippet,
}

impl std::fmt::Display for DrawnSnippet {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Ok(())
    }
}

impl std::error::Error for DrawnSnippet {}

impl miette::Diagnostic for DrawnSnippet {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.snippet)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.snippet.labels.iter().cloned()))
    }
}
