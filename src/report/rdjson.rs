//! rdjson, the format of reviewdog (github.com/reviewdog/reviewdog, `proto/rdf/reviewdog.proto`):
//! columns count bytes of UTF-8 from 1, ends are exclusive.
//!
//! A suggestion replaces one stretch of the finding's own file, and each stands alone there. So only
//! safe fixes of a single edit become one: a half of a fix must not be taken for a whole.

use serde_json::{Value, json};

use crate::finding::{Finding, Fix, Report, Severity};
use crate::source::{Sources, Span, TextPosition};

use super::{OutputFormat, json, sanitize};

/// How the command line offers it.
pub const FORMAT: OutputFormat = OutputFormat {
    name: "rdjson",
    paths_from_repository: true,
    annotations: None,
    render: |asked| render(asked.report),
};

pub fn render(report: &Report) -> Result<String, serde_json::Error> {
    let diagnostics: Vec<Value> = report
        .shown()
        .map(|finding| diagnostic(&report.sources, finding))
        .collect();
    json::print(&json!({
        "source": { "name": env!("CARGO_PKG_NAME") },
        "diagnostics": diagnostics,
    }))
}

fn diagnostic(sources: &Sources, finding: &Finding) -> Value {
    let mut code = json!({ "value": finding.rule });
    if let Some(url) = &finding.url {
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
    if let Some(suggestion) = finding
        .fix
        .as_ref()
        .and_then(|f| suggestion(sources, finding, f))
    {
        diagnostic["suggestions"] = json!([suggestion]);
    }
    diagnostic
}

/// The message, the help, and what is to be seen elsewhere: not every version of reviewdog takes
/// related locations as such.
fn message(sources: &Sources, finding: &Finding) -> String {
    let assumed = if finding.certain { "" } else { " (assumed)" };
    let mut text = format!("{}{assumed}", sanitize::one_line(&finding.message));
    if let Some(help) = &finding.help {
        text.push_str(&format!("\n{}", sanitize::lines(help)));
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

fn suggestion(sources: &Sources, finding: &Finding, fix: &Fix) -> Option<Value> {
    let [edit] = fix.edits.as_slice() else {
        return None;
    };
    let fits = fix.safe && edit.span.file == finding.primary.file;
    fits.then(|| json!({ "range": range(sources, edit.span), "text": edit.replacement }))
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
    fn a_suggestion_is_a_safe_fix_of_one_edit() {
        let mut report = samples::report();
        let unsafe_fix = report.findings[0].fix.clone().unwrap();
        let render = |report: &crate::finding::Report| -> serde_json::Value {
            serde_json::from_str(&super::render(report).unwrap()).unwrap()
        };
        let diagnostics = render(&report)["diagnostics"].clone();
        assert_eq!(diagnostics.as_array().unwrap().len(), 2);
        assert!(diagnostics[0].get("suggestions").is_none(), "it is unsafe");
        report.findings[0].fix.as_mut().unwrap().safe = true;
        let suggestion = &render(&report)["diagnostics"][0]["suggestions"][0];
        assert_eq!(suggestion["text"], "30236569763");
        assert_eq!(suggestion["range"]["start"]["column"], 11);
        let edits = &mut report.findings[0].fix.as_mut().unwrap().edits;
        edits.extend(unsafe_fix.edits);
        let diagnostics = render(&report)["diagnostics"].clone();
        assert!(diagnostics[0].get("suggestions").is_none(), "two edits");
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
