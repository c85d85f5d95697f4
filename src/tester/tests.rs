//! Pages as they are read, and what is said where they do not hold.

use super::*;

const PAGE: &str = "# a/b\n\nProse with `code`.\n\n## Fires\n\nTwo files.\n\n```conf redis.conf\n# expect: a/b, c/d\n# expect: a/b\nhz 1\n```\n\n```toml redvet.toml\n[defaults]\n```\n\nAnother case.\n\n```go\n// expect: a/b\nx()\n```\n\n## Stays quiet\n\n### One\n\n```yaml\na: 1\n```\n\n### Two\n\n```yaml\na: 2\n```\n\n## Cannot tell\n\n```conf\n# undetermined: a/b\nhz 1\n```\n";

fn page() -> FixturePage {
    parse_page("p.md", "a/b", PAGE)
}

fn at(path: &str, line: usize) -> PageFinding {
    PageFinding {
        rule: "a/b".to_owned(),
        path: path.to_owned(),
        line,
    }
}

#[test]
fn fences_without_prose_between_are_one_case() {
    let page = page();
    assert_eq!(page.problems, [""; 0]);
    let files: Vec<Vec<&str>> = page
        .cases
        .iter()
        .map(|c| c.files.iter().map(|f| f.path.as_str()).collect())
        .collect();
    assert_eq!(
        files,
        [
            vec!["redis.conf", "redvet.toml"],
            vec!["main.go"],
            vec!["manifest.yaml"],
            vec!["manifest.yaml"],
            vec!["redis.conf"],
        ]
    );
    assert_eq!(page.cases[0].line, 9);
    assert_eq!(page.cases[0].expected.len(), 3);
    assert_eq!(page.cases[1].expected, [at("main.go", 2)]);
    assert_eq!(page.cases[4].undetermined, ["a/b"]);
}

#[test]
fn a_page_that_holds_has_no_failures() {
    let check = |case: &FixtureCase| CheckedCase {
        findings: match case.line {
            9 => vec![at("redis.conf", 3), at("redis.conf", 3)],
            _ => case.expected.clone(),
        },
        undetermined: case.undetermined.clone(),
    };
    assert_eq!(run_page(&page(), &check), []);
}

#[test]
fn what_is_missed_and_what_is_new_are_both_told() {
    let check = |case: &FixtureCase| CheckedCase {
        findings: vec![at("redis.conf", 9)],
        undetermined: if case.section == PageSection::StaysQuiet {
            vec!["a/b".to_owned()]
        } else {
            Vec::new()
        },
    };
    let failures = run_page(&page(), &check);
    let texts: Vec<String> = failures.iter().map(ToString::to_string).collect();
    assert_eq!(texts.len(), 5);
    assert_eq!(
        texts[0],
        "p.md:9 (Fires):\n  - redis.conf:3: hz 1  (expected, not found)\n  \
         - redis.conf:3: hz 1  (expected, not found)\n  \
         + redis.conf:9  (found, not expected)"
    );
    assert!(
        texts[2].contains("+ undetermined  (unexpected)"),
        "{}",
        texts[2]
    );
    assert!(
        texts[4].contains("- undetermined  (the rule was decided)"),
        "{}",
        texts[4]
    );
}

#[test]
fn a_page_must_have_its_sections_and_they_their_marks() {
    let page = parse_page(
        "p.md",
        "a/b",
        "## Fires\n\n```conf\nhz 1\n```\n\n## Other\n\n## Cannot tell\n",
    );
    assert_eq!(
        page.problems,
        [
            "unknown section `Other`",
            "missing section `Stays quiet`",
            "section `Cannot tell` has no case and no explanation",
            "the case at line 3 of `Fires` expects no finding of the page's rule",
        ]
    );
}
