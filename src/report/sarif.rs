//! SARIF 2.1.0 (docs.oasis-open.org/sarif/sarif/v2.1.0), with all that code scanning asks for: rule
//! texts, relative URIs and fingerprints. Suppressed findings stay in it, as suppressions.
//!
//! Columns count Unicode scalar values, as in the JSON report, and the run says so. What a rule
//! says is handed in as [`RuleText`]s; only rules with a result are listed.

use serde_json::{Map, Value, json};

use crate::finding::{
    Finding, FindingLabel, Fix, Report, ReportNote, Severity, Suppressed, TextEdit,
};
use crate::source::{Sources, Span};

use super::shown_fix::showable_fix;
use super::{FindingOrder, OutputFormat, PathOrigin, RuleText, json, sanitize, web_address};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The root of the checked repository: URIs are relative to it. The name is a convention that code
/// scanning knows.
const ROOT: &str = "%SRCROOT%";

/// How the command line offers it.
pub const FORMAT: OutputFormat = OutputFormat {
    name: "sarif",
    paths_from: PathOrigin::Repository,
    order: FindingOrder::Place,
    annotations: None,
    render: |asked| render(asked.report, &(asked.rules)()),
};

pub fn render(report: &Report, rules: &[RuleText]) -> Result<String, serde_json::Error> {
    let used = used_rules(report, rules);
    let results: Vec<Value> = report
        .findings
        .iter()
        .map(|finding| result(report, finding, &used))
        .collect();
    let notifications: Vec<Value> = report.notes.iter().map(notification).collect();
    json::print(&json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": env!("CARGO_PKG_NAME"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "version": env!("CARGO_PKG_VERSION"),
                "rules": used.iter().map(|rule| descriptor(rule)).collect::<Vec<_>>(),
            } },
            "invocations": [{
                "executionSuccessful": true,
                "toolExecutionNotifications": notifications,
            }],
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    }))
}

/// The texts of the rules that have a result, sorted by id.
fn used_rules<'a>(report: &Report, rules: &'a [RuleText]) -> Vec<&'a RuleText> {
    let has_result = |rule: &&RuleText| report.findings.iter().any(|f| f.rule == rule.id);
    let mut used: Vec<&RuleText> = rules.iter().filter(has_result).collect();
    used.sort_by(|a, b| a.id.cmp(&b.id));
    used.dedup_by(|a, b| a.id == b.id);
    used
}

fn descriptor(rule: &RuleText) -> Value {
    let mut descriptor = json!({
        "id": rule.id,
        "name": pascal(&rule.id),
        "shortDescription": { "text": sentence(&rule.title) },
        "fullDescription": { "text": first_of(&rule.why, &rule.title) },
        "help": { "text": rule.help, "markdown": rule.help_markdown },
    });
    if let Some(url) = web_address(rule.url.as_deref()) {
        descriptor["helpUri"] = json!(url);
    }
    descriptor["defaultConfiguration"] = json!({ "level": level(rule.severity) });
    descriptor["properties"] = json!({ "tags": rule.tags, "precision": rule.precision });
    descriptor
}

/// `memory/maxmemory-too-high` as `MemoryMaxmemoryTooHigh`.
fn pascal(id: &str) -> String {
    let words = id.split(['/', '-', '_']);
    words
        .map(|word| {
            let mut letters = word.chars();
            let first = letters.next().map(|c| c.to_ascii_uppercase());
            first.into_iter().chain(letters).collect::<String>()
        })
        .collect()
}

/// A title with a stop at its end: the convention of descriptions.
fn sentence(title: &str) -> String {
    format!("{}.", title.trim_end_matches('.'))
}

fn first_of<'a>(text: &'a str, other: &'a str) -> &'a str {
    if text.trim().is_empty() {
        other
    } else {
        text.trim()
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn result(report: &Report, finding: &Finding, rules: &[&RuleText]) -> Value {
    let sources = &report.sources;
    let mut result = Map::new();
    let mut put = |key: &str, value: Value| result.insert(key.to_owned(), value);
    put("ruleId", json!(finding.rule));
    if let Some(index) = rules.iter().position(|rule| rule.id == finding.rule) {
        put("ruleIndex", json!(index));
    }
    put("level", json!(level(finding.severity)));
    put("message", json!({ "text": message(finding) }));
    put(
        "locations",
        json!([{
            "physicalLocation": physical(sources, finding.primary),
            "logicalLocations": [{ "name": finding.subject.name, "kind": finding.subject.kind }],
        }]),
    );
    if !finding.labels.is_empty() {
        put("relatedLocations", related(sources, &finding.labels));
    }
    put(
        "partialFingerprints",
        json!({ "primaryLocationLineHash": finding.fingerprint }),
    );
    if let Some(fix) = showable_fix(sources, finding).filter(|fix| !fix.edits.is_empty()) {
        put("fixes", json!([self::fix(sources, fix)]));
    }
    // A viewer shows what has no suppression; an empty list says that redvet looked.
    let suppressions: Vec<Value> = finding.suppressed.iter().map(suppression).collect();
    put("suppressions", Value::Array(suppressions));
    let certainty = if finding.certain {
        "certain"
    } else {
        "assumed"
    };
    put("properties", json!({ "certainty": certainty }));
    Value::Object(result)
}

fn message(finding: &Finding) -> String {
    let assumed = if finding.certain { "" } else { " (assumed)" };
    let message = sanitize::one_line(&finding.message);
    match finding.advice() {
        Some(advice) => format!("{message}{assumed}\n{}", sanitize::lines(&advice)),
        None => format!("{message}{assumed}"),
    }
}

fn related(sources: &Sources, labels: &[FindingLabel]) -> Value {
    let one = |(id, label): (usize, &FindingLabel)| {
        json!({
            "id": id,
            "physicalLocation": physical(sources, label.span),
            "message": { "text": sanitize::one_line(&label.text) },
        })
    };
    labels.iter().enumerate().map(one).collect()
}

fn suppression(suppressed: &Suppressed) -> Value {
    json!({
        "kind": if suppressed.by == "comment" { "inSource" } else { "external" },
        "status": "accepted",
        "justification": format!("{}: {}", suppressed.by, suppressed.reason),
    })
}

/// One change a file, with its replacements; a fix is all of them.
fn fix(sources: &Sources, fix: &Fix) -> Value {
    let mut edits: Vec<&TextEdit> = fix.edits.iter().collect();
    edits.sort_by_key(|edit| edit.span);
    let changes: Vec<Value> = edits
        .chunk_by(|a, b| a.span.file == b.span.file)
        .filter_map(|edits| {
            let first = edits.first()?;
            let replacements: Vec<Value> = edits.iter().map(|e| replacement(sources, e)).collect();
            Some(json!({
                "artifactLocation": artifact(sources.path(first.span)),
                "replacements": replacements,
            }))
        })
        .collect();
    let safety = if fix.safe { "safe" } else { "unsafe" };
    let title = sanitize::one_line(&fix.title);
    json!({
        "description": { "text": format!("{title} ({safety})") },
        "artifactChanges": changes,
    })
}

fn replacement(sources: &Sources, edit: &TextEdit) -> Value {
    json!({
        "deletedRegion": region(sources, edit.span),
        "insertedContent": { "text": edit.replacement },
    })
}

fn notification(note: &ReportNote) -> Value {
    let mut notification = json!({
        "level": "note",
        "message": { "text": sanitize::one_line(&note.message) },
    });
    if let Some(path) = &note.path {
        notification["locations"] =
            json!([{ "physicalLocation": { "artifactLocation": artifact(path) } }]);
    }
    notification
}

fn physical(sources: &Sources, span: Span) -> Value {
    json!({
        "artifactLocation": artifact(sources.path(span)),
        "region": region(sources, span),
    })
}

/// The end column is the one after the last character, in SARIF as in the report.
fn region(sources: &Sources, span: Span) -> Value {
    let (start, end) = (sources.start(span), sources.end(span));
    json!({
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
    })
}

/// A path of the tree, relative to its root; one that leads out of it (settings that were named) as
/// it is.
fn artifact(path: &str) -> Value {
    let uri = encode_path(path);
    if path.starts_with('/') {
        json!({ "uri": format!("file://{uri}") })
    } else {
        json!({ "uri": uri, "uriBaseId": ROOT })
    }
}

/// Percent-encodes what may not stand in the path of a URI (RFC 3986, `pchar` and `/`); a colon too,
/// since before the first slash it would end a scheme.
fn encode_path(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=@/".contains(&byte);
        if plain {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::full::samples;
    use super::*;

    fn texts() -> Vec<RuleText> {
        let text = |id: &str| RuleText {
            id: id.to_owned(),
            title: "a title".to_owned(),
            why: "It hurts.".to_owned(),
            help: "Help.".to_owned(),
            help_markdown: "**Help.**".to_owned(),
            url: None,
            severity: Severity::Warning,
            tags: vec!["memory".to_owned()],
            precision: "high",
        };
        [
            "security/plaintext-password",
            "memory/maxmemory-too-high",
            "no/result",
        ]
        .map(text)
        .to_vec()
    }

    fn run(report: &Report) -> Value {
        let text = render(report, &texts()).unwrap();
        let value: Value = serde_json::from_str(&text).unwrap();
        value["runs"][0].clone()
    }

    #[test]
    fn rules_are_those_with_results_and_results_point_at_them() {
        let run = run(&samples::report());
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        let ids: Vec<&str> = rules.iter().map(|r| r["id"].as_str().unwrap()).collect();
        assert_eq!(
            ids,
            ["memory/maxmemory-too-high", "security/plaintext-password"]
        );
        assert_eq!(rules[0]["name"], "MemoryMaxmemoryTooHigh");
        assert_eq!(run["results"][1]["ruleIndex"], 1);
        assert!(run["results"][2].get("ruleIndex").is_none());
    }

    #[test]
    fn a_suppressed_finding_is_a_suppression() {
        let run = run(&samples::report());
        assert_eq!(run["results"][0]["suppressions"], json!([]));
        assert_eq!(
            run["results"][1]["suppressions"],
            json!([{
                "kind": "inSource",
                "status": "accepted",
                "justification": "comment: a test password",
            }])
        );
    }

    #[test]
    fn a_fix_names_its_file_its_region_and_its_safety() {
        let run = run(&samples::report());
        let fix = &run["results"][0]["fixes"][0];
        assert_eq!(fix["description"]["text"], "Lower maxmemory (unsafe)");
        let change = &fix["artifactChanges"][0];
        assert_eq!(change["artifactLocation"]["uri"], "conf/redis.conf");
        assert_eq!(
            change["replacements"][0]["deletedRegion"]["startColumn"],
            11
        );
        assert!(run["results"][2].get("fixes").is_none(), "it has no edits");
    }

    #[test]
    fn paths_are_uris() {
        assert_eq!(encode_path("a b/é#1%.conf"), "a%20b/%C3%A9%231%25.conf");
        assert_eq!(encode_path("c:/x"), "c%3A/x");
        assert_eq!(
            artifact("/etc/redvet.toml"),
            json!({ "uri": "file:///etc/redvet.toml" })
        );
    }
}
