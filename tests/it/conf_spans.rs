//! A finding on configuration text stands on the same characters wherever the text stands: in a file,
//! or in a block scalar of any indentation, chomping and line break. And words tile their line.

use std::sync::LazyLock;

use crate::support::harness::Harness;
use proptest::prelude::*;
use redvet::source::{Excerpt, FileId};
use redvet::syntax::conf;

static HARNESS: LazyLock<Harness> = LazyLock::new(Harness::new);

/// Lines with and without faults; no two that differ in anything but their place.
const LINES: &[&str] = &[
    "maxmemory 2Gi",
    "maxmemory 2gb  # half",
    "hz\t100 # often",
    "timeout 600",
    "appendonly maybe",
    "maxmemmory 1gb",
    "save 900 1 300",
    "  port   6379",
    "# a comment of its own",
    "requirepass \"a # b\"",
    "appendfsync 'sometimes'",
    "tcp-keepalive -1",
    "slave-read-only yes",
    "bind \"127.0.0.1",
    "",
];

/// What each `conf/*` finding stands on: rule, the characters, and their line's number in the text.
fn marked(path: &str, text: &str, first_line: usize) -> Vec<(String, String, usize)> {
    let sample = HARNESS.texts([
        (path, text),
        ("redvet.toml", "[defaults]\nserver = \"redis:7.2\"\n"),
    ]);
    let report = HARNESS.check(&sample);
    let mut found: Vec<_> = report
        .findings
        .iter()
        .filter(|finding| finding.rule.starts_with("conf/"))
        .map(|finding| {
            let line = report.sources.start(finding.primary).line;
            let slice = report.sources.slice(finding.primary).to_owned();
            (finding.rule.clone(), slice, line - first_line)
        })
        .collect();
    found.sort();
    found
}

/// The text as a key of a ConfigMap.
fn in_config_map(lines: &[&str], indent: usize, chomping: &str, newline: &str) -> String {
    let pad = " ".repeat(indent);
    let head = [
        "apiVersion: v1",
        "kind: ConfigMap",
        "metadata: {name: c}",
        "data:",
    ];
    let key = format!(
        "  redis.conf: |{indicator}{chomping}",
        indicator = indent - 2
    );
    let body = lines.iter().map(|line| format!("{pad}{line}"));
    let all: Vec<String> = head
        .iter()
        .map(|l| (*l).to_owned())
        .chain([key])
        .chain(body)
        .collect();
    all.join(newline) + newline
}

const QUOTED_HEAD: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n";

/// In double quotes a text stands on one line of the file.
fn in_double_quotes(lines: &[&str], newline: &str) -> String {
    let text = serde_json::to_string(&(lines.join("\n") + "\n")).unwrap();
    let file = format!("{QUOTED_HEAD}  redis.conf: {text}\n");
    file.replace('\n', newline)
}

/// In single quotes an empty line is a line break of the text, and blanks at the ends of lines are lost.
fn in_single_quotes(lines: &[&str], newline: &str) -> String {
    let body: Vec<String> = lines
        .iter()
        .map(|line| format!("    {}", line.trim().replace('\'', "''")))
        .collect();
    let body = body.join("\n\n");
    let file = format!("{QUOTED_HEAD}  redis.conf: '{}\n\n'\n", body.trim_start());
    file.replace('\n', newline)
}

/// The rules and their characters, as a text without its YAML spells them.
fn spelled(marked: &[(String, String, usize)]) -> Vec<(String, String)> {
    let plain = |text: &str| {
        text.replace("\\\"", "\"")
            .replace("''", "'")
            .replace("\\t", "\t")
    };
    let all = marked
        .iter()
        .map(|(rule, text, _)| (rule.clone(), plain(text)));
    let mut all: Vec<_> = all.collect();
    all.sort();
    all
}

#[test]
fn the_lines_hold_faults_to_be_marked() {
    let found = marked("redis.conf", &LINES.join("\n"), 1);
    assert!(found.len() >= 8, "{found:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_block_scalar_marks_what_the_file_marks(
        chosen in prop::collection::vec(0..LINES.len(), 1..8),
        indent in 3usize..9,
        chomping in prop::sample::select(vec!["", "-", "+"]),
        newline in prop::sample::select(vec!["\n", "\r\n"]),
    ) {
        let mut lines: Vec<&str> = chosen.iter().map(|i| LINES[*i]).collect();
        lines.insert(0, "maxclients 100");
        let plain = lines.join(newline) + newline;
        let wrapped = in_config_map(&lines, indent, chomping, newline);
        let expected = marked("redis.conf", &plain, 1);
        let found = marked("deploy/config.yaml", &wrapped, 6);
        prop_assert_eq!(found, expected, "{}", wrapped);
    }

    #[test]
    fn a_quoted_scalar_marks_what_the_file_marks(
        chosen in prop::collection::vec(0..LINES.len(), 1..8),
        single in any::<bool>(),
        newline in prop::sample::select(vec!["\n", "\r\n"]),
    ) {
        let mut lines: Vec<&str> = chosen.iter().map(|i| LINES[*i]).collect();
        lines.insert(0, "maxclients 100");
        let plain = lines.join("\n") + "\n";
        let quoted = if single { in_single_quotes(&lines, newline) } else { in_double_quotes(&lines, newline) };
        let found = spelled(&marked("deploy/config.yaml", &quoted, 0));
        let expected = spelled(&marked("redis.conf", &plain, 0));
        prop_assert_eq!(found, expected, "{}", quoted);
    }

    #[test]
    fn words_stand_in_order_within_their_line_and_only_blanks_between(text in any::<String>()) {
        let excerpt = Excerpt::whole(FileId(0), text.as_str().into());
        for line in conf::parse(&excerpt).lines {
            let mut at = line.range.start;
            for word in &line.words {
                prop_assert!(at <= word.range.start && word.range.end <= line.range.end);
                let between = &text[at..word.range.start];
                prop_assert!(between.bytes().all(|b| b.is_ascii_whitespace() || b == 0x0b), "{:?}", between);
                at = word.range.end;
            }
        }
    }
}
