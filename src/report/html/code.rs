//! Lines of files: those of a finding with its places marked, and those that a fix changes.

use crate::finding::{Finding, Fix, Report};
use crate::report::fix_preview::{self, FixHunk, LineChange};
use crate::report::full;
use crate::report::snippet::{self, CodeExcerpt, CodeLine};

use super::markup::{code, prose, text};

/// Columns after which a line is clipped: a line of a generated file may be a megabyte long. What is
/// wider than the page scrolls.
const COLUMNS: usize = 160;

/// The lines of a finding, one block a file.
pub(super) fn lines_of(report: &Report, finding: &Finding) -> String {
    let marks = full::marks(report, finding);
    let excerpts = snippet::excerpts(&report.sources, &report.secrets, &marks, COLUMNS);
    let files = excerpts.chunk_by(|a, b| a.file == b.file);
    files.map(|regions| block(report, regions)).collect()
}

/// The regions of one file, with a gap between them.
fn block(report: &Report, regions: &[CodeExcerpt]) -> String {
    let Some(first) = regions.first() else {
        return String::new();
    };
    let path = text(report.path(first.file));
    let regions: Vec<String> = regions
        .iter()
        .map(|region| region.lines.iter().map(line).collect())
        .collect();
    let lines = regions.join("<span class=\"gap\">⋯</span>");
    format!(
        "<figure class=\"code\"><figcaption>{path}</figcaption>\
         <pre tabindex=\"0\" role=\"region\" aria-label=\"lines of {path}\">{lines}</pre></figure>\n"
    )
}

fn line(line: &CodeLine) -> String {
    let hit = if line.marks.is_empty() { "" } else { " hit" };
    let notes: String = line
        .marks
        .iter()
        .filter_map(|mark| mark.note.as_ref().map(|note| (mark.primary, note)))
        .map(|(primary, note)| {
            let class = if primary { " first" } else { "" };
            format!("<span class=\"note{class}\">{}</span>", prose(note))
        })
        .collect();
    format!(
        "<span class=\"line{hit}\"><span class=\"number\">{}</span>{}\n</span>{notes}",
        line.number,
        mark_up(line)
    )
}

/// The text with its marks. Marks may overlap: each stretch between two ends is marked by itself.
fn mark_up(line: &CodeLine) -> String {
    let mut cuts: Vec<usize> = line
        .marks
        .iter()
        .flat_map(|mark| [mark.range.start, mark.range.end])
        .chain([0, line.text.len()])
        .collect();
    cuts.sort_unstable();
    cuts.dedup();
    cuts.windows(2)
        .map(|ends| {
            let part = code(line.text.get(ends[0]..ends[1]).unwrap_or_default());
            let mut over = line
                .marks
                .iter()
                .filter(|mark| mark.range.start <= ends[0] && ends[1] <= mark.range.end)
                .peekable();
            if over.peek().is_none() {
                return part;
            }
            let class = if over.any(|mark| mark.primary) {
                " class=\"first\""
            } else {
                ""
            };
            format!("<mark{class}>{part}</mark>")
        })
        .collect()
}

/// What a fix does: its title, how it is applied, and the lines that it changes.
pub(super) fn patch(report: &Report, fix: &Fix) -> String {
    let (flag, safety) = if fix.safe {
        ("--fix", "")
    } else {
        ("--unsafe-fixes", ", review it first")
    };
    let hunks: String = fix_preview::hunks(report, fix).iter().map(hunk).collect();
    format!(
        "<p class=\"fix\"><b>Fix:</b> {} <small>(<code>{flag}</code>{safety})</small></p>\n{hunks}",
        prose(&fix.title)
    )
}

fn hunk(hunk: &FixHunk) -> String {
    let lines: String = hunk
        .lines
        .iter()
        .map(|line| {
            let (class, sign) = match line.change {
                LineChange::Kept => ("", ' '),
                LineChange::Removed => (" removed", '-'),
                LineChange::Added => (" added", '+'),
            };
            let text = clip_line(&line.text);
            format!("<span class=\"line{class}\"><span class=\"sign\">{sign}</span>{text}\n</span>")
        })
        .collect();
    let path = text(&hunk.path);
    format!(
        "<figure class=\"code patch\"><figcaption>{path}:{}</figcaption><pre tabindex=\"0\" \
         role=\"region\" aria-label=\"change of {path}\">{lines}</pre></figure>\n",
        hunk.first_line
    )
}

/// A line of a file as it may be shown.
fn clip_line(line: &str) -> String {
    let shown = line.replace('\t', "    ");
    match shown.char_indices().nth(COLUMNS) {
        Some((end, _)) => text(&shown[..end]) + "…",
        None => text(&shown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::full::samples;
    use crate::report::snippet::CodeMark;

    #[test]
    fn marks_that_overlap_are_cut_at_their_ends() {
        let mark = |range, primary| CodeMark {
            range,
            primary,
            note: None,
        };
        let line = CodeLine {
            number: 1,
            text: "ab<\tef".to_owned(),
            marks: vec![mark(0..3, true), mark(2..5, false)],
        };
        assert_eq!(
            mark_up(&line),
            "<mark class=\"first\">ab</mark><mark class=\"first\">&lt;</mark><mark>    e</mark>f"
        );
    }

    /// The note of a mark stands once, below its last line.
    #[test]
    fn a_mark_goes_on_over_lines() {
        let mut report = samples::report();
        let sources = &report.sources;
        let start = samples::span_of(sources, "deploy/redis.yaml", "resources");
        let end = samples::span_of(sources, "deploy/redis.yaml", "limits:");
        report.findings[0].labels[0].span = start.to(end);
        let page = lines_of(&report, &report.findings[0]);
        assert!(
            page.contains("<mark>resources:</mark>\n</span><span class=\"line hit\">"),
            "{page}"
        );
        assert!(
            page.contains("limits:</mark>\n</span><span class=\"note\">"),
            "{page}"
        );
        assert_eq!(page.matches("<span class=\"note").count(), 1, "{page}");
    }
}
