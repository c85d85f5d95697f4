//! Markdown for a comment on a pull request: the verdict, a table of what was found by rule, then the
//! findings: by severity where the worst stand first, else by file.
//!
//! The first line is a mark that is not shown, by which a bot finds its own comment again. Text from
//! findings is escaped: it makes no table, opens no tag, and mentions no user.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::finding::{Finding, Report, Severity};

use super::verdict_line::verdict_line;
use super::{FindingOrder, OutputFormat, PathOrigin, sanitize, summary, web_address};

const MARK: &str = "<!-- redvet -->";

/// GitHub refuses comments of more than 65,536 characters; what does not fit is counted.
const MAX_BYTES: usize = 60_000;

/// How the command line offers it.
pub const FORMAT: OutputFormat = OutputFormat {
    name: "markdown",
    paths_from: PathOrigin::Repository,
    order: FindingOrder::Severity,
    annotations: None,
    render: |asked| Ok(render(asked.report)),
};

pub fn render(report: &Report) -> String {
    let mut out = format!(
        "{MARK}\n### redvet: {}\n",
        summary::findings(&report.summary)
    );
    let shown: Vec<&Finding> = report.shown_findings().collect();
    if !shown.is_empty() {
        out.push_str(&format!("\n{}\n", escape_text(&verdict_line(report))));
        out.push_str(&table(&shown));
        out.push_str(&sections(report, &shown));
    }
    let summary = summary::line(&report.summary, true);
    out.push_str(&format!("\n{}\n", escape_text(&summary)));
    out
}

/// How often a rule speaks, and where its page is.
#[derive(Default)]
struct RuleRow<'a> {
    count: usize,
    url: Option<&'a str>,
}

/// One row a rule, the worst first.
fn table(findings: &[&Finding]) -> String {
    let mut rows: BTreeMap<(Reverse<Severity>, &str), RuleRow<'_>> = BTreeMap::new();
    for finding in findings {
        let key = (Reverse(finding.severity), finding.rule.as_str());
        let row = rows.entry(key).or_default();
        row.count += 1;
        row.url = web_address(finding.url.as_deref());
    }
    let mut out = String::from("\n| severity | rule | findings |\n|---|---|--:|\n");
    for ((severity, rule), row) in rows {
        let rule = match row.url {
            Some(url) => format!("[{}](<{}>)", code(rule), sanitize::one_line(url)),
            None => code(rule),
        };
        out.push_str(&format!(
            "| {} | {rule} | {} |\n",
            severity.0.as_str(),
            row.count
        ));
    }
    out
}

/// The findings, folded away: a section a severity where they come sorted so, else one a file.
fn sections(report: &Report, findings: &[&Finding]) -> String {
    let by_severity = findings.is_sorted_by_key(|finding| Reverse(finding.severity));
    let (mut out, mut listed) = (String::new(), 0);
    let together = |a: &&Finding, b: &&Finding| match by_severity {
        true => a.severity == b.severity,
        false => a.primary.file == b.primary.file,
    };
    for group in findings.chunk_by(together) {
        let title = match group.first() {
            Some(first) if by_severity => plural(first.severity, group.len()),
            Some(first) => file_title(report, first, group.len()),
            None => continue,
        };
        let (section, items) = section(report, &title, group, MAX_BYTES.saturating_sub(out.len()));
        out.push_str(&section);
        listed += items;
        if items < group.len() {
            break;
        }
    }
    let left = findings.len() - listed;
    if left > 0 {
        out.push_str(&format!(
            "\n{left} more findings do not fit in this comment.\n"
        ));
    }
    out
}

fn plural(severity: Severity, count: usize) -> String {
    match (severity, count) {
        (Severity::Info, _) => format!("{count} info"),
        (_, 1) => format!("1 {}", severity.as_str()),
        _ => format!("{count} {}s", severity.as_str()),
    }
}

fn file_title(report: &Report, finding: &Finding, count: usize) -> String {
    let path = sanitize::one_line(report.sources.path(finding.primary));
    format!("<code>{}</code> ({count})", html(&path))
}

/// A section with as many items as fit, and how many these are.
fn section(report: &Report, title: &str, findings: &[&Finding], most: usize) -> (String, usize) {
    let mut out = format!("\n<details><summary>{title}</summary>\n\n");
    let end = "\n</details>\n";
    let mut items = 0;
    for finding in findings {
        let item = item(report, finding);
        if out.len() + item.len() + end.len() > most {
            break;
        }
        out.push_str(&item);
        items += 1;
    }
    match items {
        0 => (String::new(), 0),
        _ => (out + end, items),
    }
}

fn item(report: &Report, finding: &Finding) -> String {
    let line = report.sources.start(finding.primary).line;
    let assumed = if finding.certain { "" } else { " _(assumed)_" };
    let mut out = format!(
        "- line {line} of {}: **{}** {}: {}{assumed}\n",
        code(report.sources.path(finding.primary)),
        finding.severity.as_str(),
        code(&finding.rule),
        escape_text(&finding.message)
    );
    if let Some(advice) = finding.advice() {
        let lines = advice
            .lines()
            .map(escape_text)
            .collect::<Vec<_>>()
            .join(" ");
        out.push_str(&format!("  <br>{lines}\n"));
    }
    out
}

/// A word of our own as code.
fn code(text: &str) -> String {
    format!("`{}`", sanitize::one_line(text).replace(['`', '|'], ""))
}

fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}

/// Text as text. Pairs of backticks in it are ours and stay code; where they do not pair, they are
/// escaped as all else.
fn escape_text(text: &str) -> String {
    let text = sanitize::one_line(text);
    let parts: Vec<&str> = text.split('`').collect();
    let pairs = parts.len() % 2 == 1;
    let hollow = parts
        .iter()
        .skip(1)
        .step_by(2)
        .any(|code| code.trim().is_empty());
    if !pairs || hollow {
        return plain(&text);
    }
    let piece = |(at, part): (usize, &&str)| match at % 2 {
        0 => plain(part),
        _ => format!("`{part}`"),
    };
    parts.iter().enumerate().map(piece).collect()
}

/// A zero-width space behind `@` and `#` keeps them from being mentions of people and issues.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '@' | '#' => {
                out.push(c);
                out.push_str("&#8203;");
            }
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '!' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::full::samples;
    use super::*;

    #[test]
    fn a_table_and_the_findings_by_file() {
        insta::assert_snapshot!(render(&samples::report()), @r#"
        <!-- redvet -->
        ### redvet: 1 error, 1 warning

        1 server (StatefulSet/redis) has errors; 1 server (StatefulSet/other) has warnings

        | severity | rule | findings |
        |---|---|--:|
        | error | [`memory/maxmemory-too-high`](<https://example.org/memory>) | 1 |
        | warning | `conf/trailing-comment` | 1 |

        <details><summary>1 error</summary>

        - line 2 of `conf/redis.conf`: **error** `memory/maxmemory-too-high`: maxmemory is 97% of the container's 32 GiB limit
          <br>Set maxmemory to at most 28.16 GiB.

        </details>

        <details><summary>1 warning</summary>

        - line 4 of `conf/redis.conf`: **warning** `conf/trailing-comment`: a comment after a value is read as part of it _(assumed)_

        </details>

        1 error, 1 warning in 2 files (1 server, 0 clients); 1 rule evaluation undetermined; 1 suppressed
        "#);
    }

    #[test]
    fn a_clean_run_says_so() {
        let mut report = samples::report();
        report.findings.clear();
        report.summary = crate::finding::ReportSummary::default();
        let text = render(&report);
        assert!(
            text.starts_with("<!-- redvet -->\n### redvet: No findings\n"),
            "{text}"
        );
        assert!(!text.contains('|'), "{text}");
    }

    #[test]
    fn text_of_others_stays_text() {
        assert_eq!(
            escape_text("`a|b` <img> @me #1 *x*"),
            "`a|b` &lt;img&gt; @&#8203;me #&#8203;1 \\*x\\*"
        );
        assert_eq!(escape_text("odd ` one"), "odd \\` one");
        assert_eq!(escape_text("``x``"), "\\`\\`x\\`\\`");
        assert_eq!(escape_text("a\n\n# b"), "a␊␊#&#8203; b");
    }

    #[test]
    fn a_comment_has_its_bounds() {
        let mut report = samples::report();
        let mut long = report.findings[0].clone();
        long.message = "x".repeat(MAX_BYTES);
        report.findings.insert(0, long);
        let text = render(&report);
        assert!(text.len() < 65_536);
        assert!(text.contains("more findings do not fit in"), "{text}");
    }
}
