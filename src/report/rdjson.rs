//! rdjson, the format of reviewdog (github.com/reviewdog/reviewdog, `proto/rdf/reviewdog.proto`):
//! columns count bytes of UTF-8 from 1, ends are exclusive.
//!
//! A suggestion replaces one stretch of the finding's own file; a person looks at it before it is
//! taken, so that fixes which need review are offered too.

use serde_json::{Value, json};

use crate::finding::{Finding, Fix, Report, Severity, TextEdit};
use crate::source::{Sources, Span, TextPosition};

use super::shown_fix::showable_fix;
use super::{FindingOrder, OutputFormat, PathOrigin, json, sanitize, web_address};

/// Lines that a suggestion may replace: more are no suggestion that a person can judge at a glance.
const MAX_LINES: usize = 20;

/// How the command line offers it.
pub const FORMAT: OutputFormat = OutputFormat {
    name: "rdjson",
    paths_from: PathOrigin::Repository,
    order: FindingOrder::Place,
    annotations: None,
    render: |asked| render(asked.report),
};

pub fn render(report: &Report) -> Result<String, serde_json::Error> {
    let diagnostics: Vec<Value> = report
        .shown_findings()
        .map(|finding| diagnostic(report, finding))
        .collect();
    json::print(&json!({
        "source": { "name": env!("CARGO_PKG_NAME") },
        "diagnostics": diagnostics,
    }))
}

fn diagnostic(report: &Report, finding: &Finding) -> Value {
    let sources = &report.sources;
    let mut code = json!({ "value": finding.rule });
    if let Some(url) = web_address(finding.url.as_deref()) {
        code["url"] = json!(url);
    }
    let mut diagnostic = json!({
        "message": message(sources, finding),
        "location": location(sources, finding.primary),
        "severity": match finding.severity {
            Severity::Error => "ERROR",
            Severity::Warning => "WARNING",
            Severity::Info => "INFO",
        },
        "code": code,
    });
    let fix = showable_fix(&report.sources, finding);
    if let Some(suggestion) = fix.and_then(|fix| suggestion(report, finding, fix)) {
        diagnostic["suggestions"] = json!([suggestion]);
    }
    diagnostic
}

/// The message, the help, and what is to be seen elsewhere: not every version of reviewdog takes
/// related locations as such.
fn message(sources: &Sources, finding: &Finding) -> String {
    let assumed = if finding.certain { "" } else { " (assumed)" };
    let mut text = format!("{}{assumed}", sanitize::one_line(&finding.message));
    if let Some(advice) = finding.advice() {
        text.push_str(&format!("\n{}", sanitize::lines(&advice)));
    }
    for label in finding.labels.iter().filter(|l| l.span != finding.primary) {
        let (path, line) = (sources.path(label.span), sources.start(label.span).line);
        text.push_str(&format!(
            "\n{path}:{line}: {}",
            sanitize::one_line(&label.text)
        ));
    }
    text
}

/// The edits of a fix as one replacement of the stretch that they span. A half of a fix must not be
/// taken for a whole, so that all of them lie in the finding's own file; and the text between them is
/// repeated, so that no secret lies there.
fn suggestion(report: &Report, finding: &Finding, fix: &Fix) -> Option<Value> {
    let mut edits: Vec<&TextEdit> = fix.edits.iter().collect();
    edits.sort_by_key(|edit| edit.span);
    let (first, last) = (edits.first()?, edits.last()?);
    let whole = Span {
        end: last.span.end,
        ..first.span
    };
    let in_file = first.span.file == finding.primary.file && last.span.file == first.span.file;
    let mut secrets = report.secrets.iter().filter(|s| s.file == whole.file);
    let is_secret = secrets.any(|s| s.start < whole.end && whole.start < s.end);
    let text = report.sources.get(whole.file).text();
    let lines = text.get(whole.range())?.lines().count();
    if !in_file || is_secret || lines > MAX_LINES {
        return None;
    }
    let (mut after, mut at) = (String::new(), whole.start as usize);
    for edit in edits {
        after.push_str(text.get(at..edit.span.start as usize)?);
        after.push_str(&edit.replacement);
        at = edit.span.end as usize;
    }
    Some(json!({ "range": range(&report.sources, whole), "text": after }))
}

fn location(sources: &Sources, span: Span) -> Value {
    json!({ "path": sources.path(span), "range": range(sources, span) })
}

fn range(sources: &Sources, span: Span) -> Value {
    let place = |at: TextPosition| {
        let line = sources.get(span.file).line_range(at.line - 1);
        json!({ "line": at.line, "column": at.byte - line.start + 1 })
    };
    json!({ "start": place(sources.start(span)), "end": place(sources.end(span)) })
}

#[cfg(test)]
mod tests {
    use super::super::full::samples;
    use crate::source::{SourceFile, Sources, Span};

    #[test]
    fn columns_count_bytes() {
        let mut sources = Sources::default();
        let file = sources.add(SourceFile::new("a", "x\nné = 1\n"));
        let range = super::range(&sources, Span::new(file, 8, 9));
        assert_eq!(
            range["start"],
            serde_json::json!({ "line": 2, "column": 7 })
        );
        assert_eq!(sources.start(Span::new(file, 8, 9)).column, 6);
    }

    #[test]
    fn a_suggestion_is_a_whole_fix_in_one_stretch() {
        let mut report = samples::report();
        let suggestions = |report: &crate::finding::Report| -> serde_json::Value {
            let text = super::render(report).unwrap();
            let value: serde_json::Value = serde_json::from_str(&text).unwrap();
            value["diagnostics"][0]["suggestions"].clone()
        };
        let one = &suggestions(&report)[0];
        assert_eq!(one["text"], "30236569763");
        assert_eq!(one["range"]["start"]["column"], 11);
        let span = samples::span_of(&report.sources, "conf/redis.conf", "# cache");
        let replacement = "x".to_owned();
        let edits = &mut report.findings[0].fix.as_mut().unwrap().edits;
        edits.push(crate::finding::TextEdit { span, replacement });
        assert_eq!(suggestions(&report)[0]["text"], "x\nmaxmemory 30236569763");
        let mut other = report.clone();
        let keep = samples::span_of(&other.sources, "conf/redis.conf", "keep");
        other.findings[0].fix.as_mut().unwrap().edits[1].span = keep;
        assert!(suggestions(&other).is_null(), "a secret lies between");
        edits_elsewhere(&mut report);
        assert!(suggestions(&report).is_null(), "two files");
    }

    fn edits_elsewhere(report: &mut crate::finding::Report) {
        let span = samples::span_of(&report.sources, "deploy/redis.yaml", "32Gi");
        report.findings[0].fix.as_mut().unwrap().edits[1].span = span;
    }

    #[test]
    fn other_places_are_told_in_the_message() {
        let text = super::render(&samples::report()).unwrap();
        assert!(
            text.contains(r"deploy/redis.yaml:5: the kernel kills"),
            "{text}"
        );
    }
}
