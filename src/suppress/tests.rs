//! The reach of a comment, line by line. In these texts `#` begins a comment, and `!` marks the
//! word on which a finding of rule `a/b` stands.

use proptest::prelude::*;

use super::*;
use crate::finding::{Severity, SubjectRef};
use crate::source::{FileId, SourceFile};

struct Case {
    sources: Sources,
    comments: Vec<Comment>,
    findings: Vec<Finding>,
}

fn finding(rule: &str, primary: Span) -> Finding {
    Finding {
        rule: rule.to_owned(),
        severity: Severity::Error,
        certain: true,
        waivable: true,
        message: String::new(),
        consequence: None,
        help: None,
        url: None,
        primary,
        labels: Vec::new(),
        subject: SubjectRef::new("server", "s".to_owned()),
        also: Vec::new(),
        parts: Vec::new(),
        fix: None,
        fix_obstacle: None,
        fingerprint: String::new(),
        former: Vec::new(),
        stands_in: false,
        unset: None,
        item: None,
        object: None,
        suppressed: None,
    }
}

fn comments(text: &str) -> Vec<Comment> {
    let mut start = 0;
    let mut comments = Vec::new();
    for line in text.split_inclusive('\n') {
        if let Some(at) = line.find('#') {
            let end = line.trim_end_matches(['\n', '\r']).len();
            comments.push(Comment {
                span: Span::new(FileId(0), start + at, start + end),
                text: line[at + 1..end].trim().to_owned(),
                own_line: line[..at].trim().is_empty(),
            });
        }
        start += line.len();
    }
    comments
}

fn case(text: &str) -> Case {
    let mut sources = Sources::default();
    sources.add(SourceFile::new("a.conf", text));
    let findings = text
        .match_indices('!')
        .map(|(at, _)| finding("a/b", Span::new(FileId(0), at, at + 1)))
        .collect();
    Case {
        sources,
        comments: comments(text),
        findings,
    }
}

impl Case {
    fn apply(&mut self, whole_texts: &[WholeText]) -> CommentFaults {
        let known = ["a/b", "a/c", "d/e"].map(str::to_owned);
        let inputs = SuppressionInputs {
            sources: &self.sources,
            comments: &self.comments,
            whole_texts,
            undetermined: &[],
            ran: &known[..2],
            known: &known,
            former: &[],
        };
        apply(&mut self.findings, &inputs)
    }

    fn silenced(&self) -> Vec<bool> {
        self.findings
            .iter()
            .map(|f| f.suppressed.is_some())
            .collect()
    }

    /// The text after every removal that the outcome asks for.
    fn with_edits(&self, outcome: &CommentFaults) -> String {
        let mut text = self.sources.get(FileId(0)).text().to_string();
        let mut spans: Vec<Span> = outcome.unused.iter().filter_map(|u| u.remove).collect();
        spans.sort();
        for span in spans.iter().rev() {
            text.replace_range(span.range(), "");
        }
        text
    }
}

fn silenced(text: &str) -> Vec<bool> {
    let mut case = case(text);
    case.apply(&[]);
    case.silenced()
}

#[test]
fn a_comment_alone_covers_the_next_line_only() {
    let text = "!\n# redvet: ignore[a/b] known\n!\n!\n";
    assert_eq!(silenced(text), [false, true, false]);
}

#[test]
fn a_comment_on_the_line_covers_that_line_only() {
    let text = "!\n! # redvet: ignore[a/b] known\n!\n";
    assert_eq!(silenced(text), [false, true, false]);
}

#[test]
fn stacked_comments_reach_through_comments_but_not_through_blank_lines() {
    let text = "# redvet: ignore[a/b] known\n# redvet: ignore[a/c] too\n# why\n!\n";
    assert_eq!(silenced(text), [true]);
    assert_eq!(silenced("# redvet: ignore[a/b] known\n\n!\n"), [false]);
}

#[test]
fn the_reason_is_kept_and_another_suppression_is_not_overwritten() {
    let mut case = case("!! # redvet: ignore[a/b] - moved in May\n");
    case.findings[1].suppressed = Some(Suppressed {
        by: "waiver",
        reason: "w".to_owned(),
    });
    assert_eq!(case.apply(&[]), CommentFaults::default());
    let first = case.findings[0].suppressed.as_ref().unwrap();
    assert_eq!(
        (first.by, first.reason.as_str()),
        ("comment", "moved in May")
    );
    assert_eq!(case.findings[1].suppressed.as_ref().unwrap().by, "waiver");
}

#[test]
fn only_the_rules_named_are_silenced() {
    assert_eq!(silenced("! # redvet: ignore[a/c] known\n"), [false]);
    assert_eq!(silenced("! # redvet: ignore[a/c, a/b] known\n"), [true]);
    assert_eq!(silenced("! # redvet: ignore[a/*] known\n"), [true]);
    assert_eq!(silenced("! # redvet: ignore[c/*] known\n"), [false]);
}

#[test]
fn without_a_reason_a_comment_is_not_honoured() {
    for text in ["! # redvet: ignore[a/b]\n", "! # redvet: ignore[a/b] --\n"] {
        let mut case = case(text);
        let outcome = case.apply(&[]);
        assert_eq!(case.silenced(), [false]);
        assert_eq!(outcome.without_reason, [case.comments[0].span]);
        assert_eq!(outcome.unused, []);
    }
}

#[test]
fn what_cannot_be_read_is_told() {
    let bad = [
        "redvet: ignore a/b because",
        "redvet: ignore[] because",
        "redvet: ignore[a/b, ] because",
        "redvet: ignore[*] because",
        "redvet: ignore[*/*] because",
        "redvet: ignore[a/b because",
        "redvet: disable[a/b] because",
        "redvet: ignore[a b] because",
    ];
    for text in bad {
        let mut case = case(&format!("! # {text}\n"));
        let outcome = case.apply(&[]);
        assert_eq!(outcome.malformed.len(), 1, "{text}");
        assert_eq!(case.silenced(), [false], "{text}");
    }
    let mut other = case("! # redvet is nice\n");
    assert_eq!(other.apply(&[]), CommentFaults::default());
}

#[test]
fn an_unused_comment_goes_with_its_line() {
    for (text, with_edits) in [
        ("x\n  # redvet: ignore[a/b] r\nx\n", "x\nx\n"),
        ("x\n# redvet: ignore[a/b] r", "x\n"),
        ("# redvet: ignore[a/b] r\r\nx\r\n", "x\r\n"),
        ("x  # redvet: ignore[a/b] r\ny\n", "x\ny\n"),
        ("# redvet: ignore[a/b] r\n", ""),
    ] {
        let mut case = case(text);
        let outcome = case.apply(&[]);
        assert_eq!(outcome.unused[0].rules, ["a/b"]);
        assert_eq!(case.with_edits(&outcome), with_edits);
    }
}

#[test]
fn an_unused_id_in_a_list_goes_alone() {
    for (list, with_edits, rules) in [
        ("a/c, a/b", "a/b", vec!["a/c"]),
        ("a/b,a/c", "a/b", vec!["a/c"]),
        ("a/c, a/b, x/y", "a/b", vec!["a/c", "x/y"]),
        ("a/c, x/y, a/b", "a/b", vec!["a/c", "x/y"]),
        ("a/b, a/c, x/y", "a/b", vec!["a/c", "x/y"]),
    ] {
        let mut case = case(&format!("! # redvet: ignore[{list}] r\n"));
        let outcome = case.apply(&[]);
        let reported: Vec<&str> = outcome
            .unused
            .iter()
            .flat_map(|u| &u.rules)
            .map(String::as_str)
            .collect();
        assert_eq!(reported, rules, "{list}");
        assert_eq!(
            case.with_edits(&outcome),
            format!("! # redvet: ignore[{with_edits}] r\n")
        );
    }
}

#[test]
fn a_rule_that_did_not_run_does_not_make_a_comment_unused() {
    assert_eq!(
        case("x # redvet: ignore[d/e] r\n").apply(&[]),
        CommentFaults::default()
    );
    assert_eq!(
        case("x # redvet: ignore[d/*] r\n").apply(&[]),
        CommentFaults::default()
    );
    let outcome = case("x # redvet: ignore[no/rule] r\n").apply(&[]);
    assert_eq!(outcome.unused.len(), 1);
}

#[test]
fn an_undetermined_rule_does_not_make_a_comment_unused() {
    let case = case("x # redvet: ignore[a/b] r\n");
    let known = ["a/b".to_owned()];
    let undetermined = [Undetermined {
        rule: "a/b".to_owned(),
        subject: SubjectRef::new("server", "s".to_owned()),
        at: Span::new(FileId(0), 0, 1),
        reasons: Vec::new(),
        waits_for_version: false,
    }];
    let inputs = SuppressionInputs {
        sources: &case.sources,
        comments: &case.comments,
        whole_texts: &[],
        undetermined: &undetermined,
        ran: &known,
        known: &known,
        former: &[],
    };
    assert_eq!(apply(&mut [], &inputs), CommentFaults::default());
}

/// A text of two directives, with the finding at `at`.
fn on_whole(text: &str, at: Span) -> bool {
    let mut case = case(text);
    case.findings = vec![finding("a/b", at)];
    let start = text.find("one").unwrap();
    let whole = WholeText {
        text: Span::new(FileId(0), 0, text.len()),
        first_directive_line: Span::new(FileId(0), start, start + 5),
    };
    case.apply(&[whole]);
    case.findings[0].suppressed.is_some()
}

#[test]
fn a_comment_above_the_first_directive_covers_the_text_as_a_whole() {
    let text = "# redvet: ignore[a/b] r\n\n# note\n\none 1\ntwo 2\n";
    let span = |start, end| Span::new(FileId(0), start, end);
    let one = text.find("one").unwrap();
    assert!(on_whole(text, span(0, text.len())));
    assert!(on_whole(text, span(0, 0)));
    assert!(on_whole(text, span(text.len(), text.len())));
    assert!(
        on_whole(text, span(one, one + 5)),
        "where absent ones stand"
    );
    assert!(
        !on_whole(text, span(one + 4, one + 5)),
        "a value is not the text"
    );
    let two = text.find("two").unwrap();
    assert!(!on_whole(text, span(two, two + 5)));
    let below = "one 1\n# redvet: ignore[a/b] r\n\ntwo 2\n";
    assert!(!on_whole(below, span(0, below.len())));
}

proptest! {
    #[test]
    fn nothing_panics_and_removals_lie_in_the_file_apart(
        text in r"(#? ?redvet: ?ignore\[[a-c/*, ]{0,8}\]?[ a]{0,3}|[!é ]{0,4}|# redvet: ignore\[(a/b|a/c|x/y|d/e)(, ?(a/b|a/c|x/y)){0,3}\] r|#|\r?\n){0,24}",
    ) {
        let mut case = case(&text);
        let outcome = case.apply(&[]);
        let mut spans: Vec<Span> = outcome.unused.iter().filter_map(|u| u.remove).collect();
        spans.sort();
        for span in &spans {
            prop_assert!(text.get(span.range()).is_some());
        }
        for pair in spans.windows(2) {
            prop_assert!(pair[0].end <= pair[1].start, "{:?}", pair);
        }
    }
}
