//! The JSON report, version 1: a public contract, described by `schemas/report.schema.json`, which
//! is generated from the types below. Suppressed findings stay in it, marked.

use std::borrow::Cow;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;

use crate::finding::{FaultCopy, Finding, Fix, Report, ReportSummary, Severity, SubjectRef};
use crate::source::secret_words::mask_phrase;
use crate::source::{Sources, Span};

use super::sanitize::{is_hidden, starts_command};
use super::shown_fix::showable_fix;

use super::{FindingOrder, OutputFormat, PathOrigin};

/// What `redvet check --output-format json` prints.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "redvet report", rename = "Report", deny_unknown_fields)]
struct JsonReport<'a> {
    /// Raised when a field changes its meaning or goes away.
    #[schemars(extend("const" = 1))]
    schema_version: u32,
    tool: ToolInfo,
    /// The absolute path of the project's root, to which all paths are relative: the folder of
    /// `redvet.toml`, else of the repository. Null where the input is no tree (standard input).
    root: Option<&'a str>,
    /// Sorted by path, line, column and rule.
    findings: Vec<JsonFinding<'a>>,
    undetermined: Vec<JsonUndetermined<'a>>,
    notes: Vec<JsonNote<'a>>,
    summary: ReportSummary,
}

#[derive(Serialize, JsonSchema)]
struct ToolInfo {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Finding")]
struct JsonFinding<'a> {
    rule: &'a str,
    severity: Severity,
    /// `assumed`: it rests on a link or value that redvet inferred.
    certainty: Certainty,
    message: &'a str,
    help: Option<&'a str>,
    /// The rule's page: a web address, or a path in the repository of the rule's pack. Pages of
    /// built-in rules are in redvet's own repository; `redvet explain` prints them.
    url: Option<&'a str>,
    #[serde(flatten)]
    place: JsonRange<'a>,
    labels: Vec<JsonLabel<'a>>,
    subject: JsonSubject<'a>,
    /// Other subjects and places of the same fault.
    also: Vec<JsonCopy<'a>>,
    /// The findings that a bundle reports as one; they have no parts.
    parts: Vec<JsonFinding<'a>>,
    fix: Option<JsonFix<'a>>,
    /// Why there is no fix, or one for a part only; absent where the rule has none to offer.
    #[serde(skip_serializing_if = "Option::is_none")]
    fix_obstacle: Option<&'a str>,
    /// The same while the fault is the same, wherever it moves in its file.
    fingerprint: &'a str,
    /// Null for a finding that is shown.
    suppressed: Option<JsonSuppressed<'a>>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Certainty {
    Certain,
    Assumed,
}

/// A stretch of a file. The end is exclusive.
#[derive(Serialize, JsonSchema)]
struct JsonRange<'a> {
    /// Relative to `root`, with `/`.
    path: &'a str,
    start: JsonPosition,
    end: JsonPosition,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Position")]
struct JsonPosition {
    /// From 1.
    line: usize,
    /// From 1, in Unicode scalar values.
    column: usize,
    /// Offset in the file, from 0.
    byte: usize,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Label")]
struct JsonLabel<'a> {
    #[serde(flatten)]
    place: JsonRange<'a>,
    text: &'a str,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Subject")]
struct JsonSubject<'a> {
    kind: &'static str,
    name: &'a str,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Copy")]
struct JsonCopy<'a> {
    subject: JsonSubject<'a>,
    path: &'a str,
    start: JsonPosition,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Fix")]
struct JsonFix<'a> {
    safety: JsonSafety,
    title: &'a str,
    /// Applied together or not at all.
    edits: Vec<JsonEdit<'a>>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum JsonSafety {
    Safe,
    Unsafe,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Edit")]
struct JsonEdit<'a> {
    #[serde(flatten)]
    place: JsonRange<'a>,
    replacement: &'a str,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Suppressed")]
struct JsonSuppressed<'a> {
    /// `comment`, `waiver` or `baseline`.
    by: &'static str,
    reason: &'a str,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Undetermined")]
struct JsonUndetermined<'a> {
    rule: &'a str,
    subject: JsonSubject<'a>,
    reasons: &'a [String],
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Note")]
struct JsonNote<'a> {
    path: Option<&'a str>,
    message: &'a str,
}

/// How the command line offers it.
pub const FORMAT: OutputFormat = OutputFormat {
    name: "json",
    paths_from: PathOrigin::Project,
    order: FindingOrder::Place,
    annotations: None,
    render: |asked| render(asked.report),
};

/// The report as indented JSON.
pub fn render(report: &Report) -> Result<String, serde_json::Error> {
    print(&json_report(report))
}

/// Any value as indented JSON in which no character can drive a terminal.
pub(super) fn print(value: &impl Serialize) -> Result<String, serde_json::Error> {
    let mut text = escape_hidden(serde_json::to_string_pretty(value)?);
    text.push('\n');
    Ok(text)
}

/// A finding as the report holds it, on one line.
pub(super) fn line(sources: &Sources, finding: &Finding) -> Result<String, serde_json::Error> {
    let mut text = escape_hidden(serde_json::to_string(&json_finding(sources, finding))?);
    text.push('\n');
    Ok(text)
}

/// The JSON Schema of the report.
pub fn schema() -> serde_json::Value {
    SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator()
        .into_root_schema_for::<JsonReport<'static>>()
        .to_value()
}

/// serde escapes the first 32 controls; the others can stand only inside strings too.
///
/// What is certainly a secret is masked, and commands of a runner are spelled so that it sees none:
/// `#` can stand only inside strings, and `::` starts no line.
fn escape_hidden(text: String) -> String {
    let text = match mask_phrase(&text) {
        Cow::Owned(masked) => masked,
        Cow::Borrowed(_) => text,
    };
    let hidden = |c: char| c == '\u{7f}' || is_hidden(c);
    if !text.contains(hidden) && !text.contains("##") {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        let commands = before == '#' && c == '#' && starts_command(&text[at..]);
        if hidden(c) || commands {
            out.push_str(&format!("\\u{:04x}", c as u32));
        } else {
            out.push(c);
        }
        before = c;
    }
    out
}

fn json_report(report: &Report) -> JsonReport<'_> {
    JsonReport {
        schema_version: 1,
        tool: ToolInfo {
            name: env!("CARGO_PKG_NAME"),
            version: env!("CARGO_PKG_VERSION"),
        },
        root: (!report.root.is_empty()).then_some(report.root.as_str()),
        findings: report
            .findings
            .iter()
            .map(|f| json_finding(&report.sources, f))
            .collect(),
        undetermined: report
            .undetermined
            .iter()
            .map(|case| JsonUndetermined {
                rule: &case.rule,
                subject: json_subject(&case.subject),
                reasons: &case.reasons,
            })
            .collect(),
        notes: report
            .notes
            .iter()
            .map(|note| JsonNote {
                path: note.path.as_deref(),
                message: &note.message,
            })
            .collect(),
        summary: report.summary,
    }
}

fn json_finding<'a>(sources: &'a Sources, finding: &'a Finding) -> JsonFinding<'a> {
    JsonFinding {
        rule: &finding.rule,
        severity: finding.severity,
        certainty: if finding.certain {
            Certainty::Certain
        } else {
            Certainty::Assumed
        },
        message: &finding.message,
        help: finding.help.as_deref(),
        url: finding.url.as_deref(),
        place: place(sources, finding.primary),
        labels: finding
            .labels
            .iter()
            .map(|label| JsonLabel {
                place: place(sources, label.span),
                text: &label.text,
            })
            .collect(),
        subject: json_subject(&finding.subject),
        also: finding
            .also
            .iter()
            .map(|copy| json_copy(sources, copy))
            .collect(),
        parts: finding
            .parts
            .iter()
            .map(|part| json_finding(sources, part))
            .collect(),
        fix: showable_fix(sources, finding).map(|fix| json_fix(sources, fix)),
        fix_obstacle: finding.fix_obstacle.as_deref(),
        fingerprint: &finding.fingerprint,
        suppressed: finding.suppressed.as_ref().map(|s| JsonSuppressed {
            by: s.by,
            reason: &s.reason,
        }),
    }
}

fn json_copy<'a>(sources: &'a Sources, copy: &'a FaultCopy) -> JsonCopy<'a> {
    JsonCopy {
        subject: json_subject(&copy.subject),
        path: sources.path(copy.at),
        start: json_position(sources.start(copy.at)),
    }
}

fn json_position(place: crate::source::TextPosition) -> JsonPosition {
    JsonPosition {
        line: place.line,
        column: place.column,
        byte: place.byte,
    }
}

fn json_fix<'a>(sources: &'a Sources, fix: &'a Fix) -> JsonFix<'a> {
    JsonFix {
        safety: if fix.safe {
            JsonSafety::Safe
        } else {
            JsonSafety::Unsafe
        },
        title: &fix.title,
        edits: fix
            .edits
            .iter()
            .map(|edit| JsonEdit {
                place: place(sources, edit.span),
                replacement: &edit.replacement,
            })
            .collect(),
    }
}

fn json_subject(subject: &SubjectRef) -> JsonSubject<'_> {
    JsonSubject {
        kind: subject.kind,
        name: &subject.name,
    }
}

fn place(sources: &Sources, span: Span) -> JsonRange<'_> {
    JsonRange {
        path: sources.path(span),
        start: json_position(sources.start(span)),
        end: json_position(sources.end(span)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::full::samples;
    use super::*;

    /// Rewrites the published schema with `REDVET_BLESS=1`, else compares.
    #[test]
    fn the_published_schema_is_the_one_of_the_types() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/report.schema.json");
        let text = print(&schema()).unwrap();
        if std::env::var_os("REDVET_BLESS").is_some() {
            std::fs::write(path, &text).unwrap();
        }
        let published = std::fs::read_to_string(path).unwrap_or_default();
        assert_eq!(published, text, "run the tests with REDVET_BLESS=1");
    }

    #[test]
    fn a_report_validates_against_its_schema() {
        let text = render(&samples::report()).unwrap();
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        let validator = jsonschema::validator_for(&schema()).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&value)
            .map(|e| e.to_string())
            .collect();
        assert_eq!(errors, Vec::<String>::new());
    }

    #[test]
    fn fields_names_and_order() {
        let mut report = samples::report();
        report.findings.truncate(2);
        insta::assert_snapshot!(render(&report).unwrap(), @r#"
        {
          "schema_version": 1,
          "tool": {
            "name": "redvet",
            "version": "0.1.0"
          },
          "root": null,
          "findings": [
            {
              "rule": "memory/maxmemory-too-high",
              "severity": "error",
              "certainty": "certain",
              "message": "maxmemory is 97% of the container's 32 GiB limit",
              "help": "Set maxmemory to at most 28.16 GiB.",
              "url": "https://example.org/memory",
              "path": "conf/redis.conf",
              "start": {
                "line": 2,
                "column": 11,
                "byte": 18
              },
              "end": {
                "line": 2,
                "column": 15,
                "byte": 22
              },
              "labels": [
                {
                  "path": "deploy/redis.yaml",
                  "start": {
                    "line": 5,
                    "column": 15,
                    "byte": 63
                  },
                  "end": {
                    "line": 5,
                    "column": 19,
                    "byte": 67
                  },
                  "text": "the kernel kills the container above 32 GiB"
                }
              ],
              "subject": {
                "kind": "server",
                "name": "StatefulSet/redis"
              },
              "also": [],
              "parts": [],
              "fix": {
                "safety": "unsafe",
                "title": "Lower maxmemory",
                "edits": [
                  {
                    "path": "conf/redis.conf",
                    "start": {
                      "line": 2,
                      "column": 11,
                      "byte": 18
                    },
                    "end": {
                      "line": 2,
                      "column": 15,
                      "byte": 22
                    },
                    "replacement": "30236569763"
                  }
                ]
              },
              "fingerprint": "f00d",
              "suppressed": null
            },
            {
              "rule": "security/plaintext-password",
              "severity": "error",
              "certainty": "certain",
              "message": "something is wrong",
              "help": null,
              "url": null,
              "path": "conf/redis.conf",
              "start": {
                "line": 3,
                "column": 1,
                "byte": 23
              },
              "end": {
                "line": 3,
                "column": 20,
                "byte": 42
              },
              "labels": [],
              "subject": {
                "kind": "server",
                "name": "StatefulSet/redis"
              },
              "also": [],
              "parts": [],
              "fix": null,
              "fingerprint": "f00d",
              "suppressed": {
                "by": "comment",
                "reason": "a test password"
              }
            }
          ],
          "undetermined": [
            {
              "rule": "threads/io-threads-too-many",
              "subject": {
                "kind": "server",
                "name": "StatefulSet/redis"
              },
              "reasons": [
                "no CPU limit is known"
              ]
            }
          ],
          "notes": [
            {
              "path": "deploy/redis.yaml",
              "message": "the image's own configuration is not visible"
            }
          ],
          "summary": {
            "files": 2,
            "servers": 1,
            "clients": 0,
            "error": 1,
            "warning": 1,
            "info": 0,
            "undetermined": 1,
            "suppressed": 1
          }
        }
        "#);
    }

    #[test]
    fn hidden_characters_are_escaped_and_read_back() {
        let mut report = samples::report();
        report.findings[0].message = "a\u{9b}b\u{202e}c\u{1b}".to_owned();
        let text = render(&report).unwrap();
        assert!(text.contains(r"a\u009bb\u202ec\u001b"), "{text}");
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["findings"][0]["message"], "a\u{9b}b\u{202e}c\u{1b}");
    }
}
