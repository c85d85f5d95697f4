//! The parts of a Markdown document that tests run: its fences and the rows of its tables, each with
//! its lines, so that a test can write what it found back into the document.

use std::ops::Range;

/// A fenced block.
#[derive(Clone, Debug)]
pub(crate) struct Fence {
    pub(crate) language: String,
    /// The second word of the info string.
    pub(crate) path: Option<String>,
    pub(crate) text: String,
    /// The lines of the text in the document, from 0.
    pub(crate) lines: Range<usize>,
}

/// The fences of a document. One of four backticks may hold fences of three.
pub(crate) fn fences(text: &str) -> Vec<Fence> {
    let lines: Vec<&str> = text.lines().collect();
    let mut fences = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let ticks = lines[at].len() - lines[at].trim_start_matches('`').len();
        at += 1;
        if ticks < 3 {
            continue;
        }
        let close = "`".repeat(ticks);
        let end = (at..lines.len()).find(|l| lines[*l] == close).unwrap();
        let mut info = lines[at - 1][ticks..].split_whitespace();
        fences.push(Fence {
            language: info.next().unwrap_or_default().to_owned(),
            path: info.next().map(str::to_owned),
            text: lines[at..end].iter().map(|l| format!("{l}\n")).collect(),
            lines: at..end,
        });
        at = end + 1;
    }
    fences
}

/// A row of a table, its cells as they are read: without the bars and without their escapes.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) heading: String,
    pub(crate) columns: Vec<String>,
    pub(crate) cells: Vec<String>,
    /// The line in the document, from 0.
    pub(crate) line: usize,
}

impl Row {
    /// The words of the first cell that stand in backticks.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.cells[0].split('`').skip(1).step_by(2)
    }
}

/// The rows of all tables, in order.
pub(crate) fn rows(text: &str) -> Vec<Row> {
    let fenced: Vec<Range<usize>> = fences(text).into_iter().map(|f| f.lines).collect();
    let (mut heading, mut columns, mut found) = (String::new(), None, Vec::new());
    for (line, content) in text.lines().enumerate() {
        if fenced.iter().any(|lines| lines.contains(&line)) {
            continue;
        }
        if content.starts_with('#') {
            content.trim_matches(['#', ' ']).clone_into(&mut heading);
        }
        match (content.starts_with('|'), &columns) {
            (false, _) => columns = None,
            (true, None) => columns = Some(cells(content)),
            (true, Some(_)) if content.starts_with("|---") => {}
            (true, Some(columns)) => found.push(Row {
                heading: heading.clone(),
                columns: columns.clone(),
                cells: cells(content),
                line,
            }),
        }
    }
    found
}

fn cells(line: &str) -> Vec<String> {
    let line = line.replace("\\|", "\u{0}");
    let inner = line.trim().trim_matches('|').split('|');
    inner.map(|c| c.trim().replace('\u{0}', "|")).collect()
}

/// A table's row of these cells.
pub(crate) fn row(cells: &[String]) -> String {
    let escaped: Vec<String> = cells.iter().map(|c| c.replace('|', "\\|")).collect();
    format!("| {} |", escaped.join(" | "))
}

/// The document with some of its lines replaced; the replacements do not overlap.
pub(crate) fn with(text: &str, mut parts: Vec<(Range<usize>, String)>) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    parts.sort_by_key(|(range, _)| range.start);
    for (range, part) in parts.into_iter().rev() {
        lines.splice(range, part.lines().map(str::to_owned));
    }
    lines.join("\n") + "\n"
}
