//! Fixture pages: Markdown that is a rule's documentation, its test input and its assertions.
//!
//! A page has the sections *Fires*, *Stays quiet* and *Cannot tell*. Fences that follow each other
//! are the files of one case; prose or a heading between them starts the next one. A comment line
//! `# expect: ID` announces a finding on the next line that is no such comment,
//! `# undetermined: ID` that the rule cannot be decided.
//!
//! Pages are read here and compared with what a check found; the caller provides the check.

use std::fmt;
use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Parser, Tag, TagEnd};

/// A fixture page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixturePage {
    /// The page's own path, for messages.
    pub path: String,
    /// The rule that it is named for and judged by.
    pub rule: String,
    pub cases: Vec<FixtureCase>,
    /// What is wrong with the page itself.
    pub problems: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PageSection {
    Fires,
    StaysQuiet,
    CannotTell,
}

impl PageSection {
    const ALL: [Self; 3] = [Self::Fires, Self::StaysQuiet, Self::CannotTell];

    pub fn title(self) -> &'static str {
        match self {
            Self::Fires => "Fires",
            Self::StaysQuiet => "Stays quiet",
            Self::CannotTell => "Cannot tell",
        }
    }
}

/// One case: the files of a small repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixtureCase {
    pub section: PageSection,
    /// The line of the page at which its first fence begins, from 1.
    pub line: usize,
    pub files: Vec<PageFile>,
    /// Findings that must be there: (rule, path, line from 1).
    pub expected: Vec<PageFinding>,
    /// Rules that must be undetermined.
    pub undetermined: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageFile {
    pub path: String,
    pub text: String,
}

/// A finding, as pages name it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PageFinding {
    pub rule: String,
    pub path: String,
    /// From 1.
    pub line: usize,
}

/// What a check made of a case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckedCase {
    pub findings: Vec<PageFinding>,
    /// The rules that could not be decided for some subject.
    pub undetermined: Vec<String>,
}

/// A page that does not hold, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageFailure {
    /// `fixtures/rules/a/b.md:12`
    pub at: String,
    pub what: String,
}

impl fmt::Display for PageFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A difference stands on lines of its own.
        let blank = if self.what.starts_with('\n') { "" } else { " " };
        write!(f, "{}:{blank}{}", self.at, self.what)
    }
}

/// Reads a page. `rule` is its path under the fixtures without `.md`.
pub fn parse_page(path: &str, rule: &str, text: &str) -> FixturePage {
    let mut reader = PageReader {
        text,
        rule,
        section: None,
        seen: Vec::new(),
        explained: Vec::new(),
        open: None,
        cases: Vec::new(),
        problems: Vec::new(),
    };
    reader.read();
    reader.complete();
    FixturePage {
        path: path.to_owned(),
        rule: rule.to_owned(),
        cases: reader.cases,
        problems: reader.problems,
    }
}

/// Runs every case of a page through `check` and tells where the outcome is another one.
///
/// The page is judged by its own rule alone: findings of other rules do not count, and what the page
/// expects of them is not asked.
pub fn run_page(
    page: &FixturePage,
    check: &dyn Fn(&FixtureCase) -> CheckedCase,
) -> Vec<PageFailure> {
    let problem = |what: &String| PageFailure {
        at: page.path.clone(),
        what: what.clone(),
    };
    let mut failures: Vec<PageFailure> = page.problems.iter().map(problem).collect();
    for case in &page.cases {
        failures.extend(difference(page, case, &check(case)));
    }
    failures
}

fn difference(
    page: &FixturePage,
    case: &FixtureCase,
    outcome: &CheckedCase,
) -> Option<PageFailure> {
    let of_rule = |places: &[PageFinding]| {
        let mut own: Vec<PageFinding> = places
            .iter()
            .filter(|p| p.rule == page.rule)
            .cloned()
            .collect();
        own.sort();
        own
    };
    let (expected, found) = (of_rule(&case.expected), of_rule(&outcome.findings));
    let mut lines: Vec<String> = Vec::new();
    let mut places: Vec<(&PageFinding, &str)> =
        without(&expected, &found).map(|p| (p, "-")).collect();
    places.extend(without(&found, &expected).map(|p| (p, "+")));
    places.sort();
    lines.extend(
        places
            .iter()
            .map(|(place, sign)| format_difference(sign, place, case)),
    );
    lines.extend(describe_undecided(page, case, outcome));
    (!lines.is_empty()).then(|| PageFailure {
        at: format!("{}:{} ({})", page.path, case.line, case.section.title()),
        what: format!("\n  {}", lines.join("\n  ")),
    })
}

/// The places of one list that the other one lacks; one that is named twice must be found twice.
fn without<'a>(
    one: &'a [PageFinding],
    other: &'a [PageFinding],
) -> impl Iterator<Item = &'a PageFinding> {
    one.iter().enumerate().filter_map(move |(at, place)| {
        let before = one[..at].iter().filter(|p| *p == place).count();
        let there = other.iter().filter(|p| *p == place).count();
        (before >= there).then_some(place)
    })
}

/// A line of the difference: what the page expects and is not found begins with `-`, what is found
/// and not expected with `+`.
fn format_difference(sign: &str, place: &PageFinding, case: &FixtureCase) -> String {
    let word = match sign {
        "-" => "expected, not found",
        _ => "found, not expected",
    };
    let file = case.files.iter().find(|file| file.path == place.path);
    let line = file.and_then(|file| file.text.lines().nth(place.line.saturating_sub(1)));
    let text = line.map_or(String::new(), |line| format!(": {}", line.trim()));
    format!("{sign} {}:{}{text}  ({word})", place.path, place.line)
}

fn describe_undecided(
    page: &FixturePage,
    case: &FixtureCase,
    outcome: &CheckedCase,
) -> Option<String> {
    let wanted = case.undetermined.contains(&page.rule);
    let found = outcome.undetermined.contains(&page.rule);
    match (wanted, found, case.section) {
        (true, false, _) => Some("- undetermined  (the rule was decided)".to_owned()),
        (false, true, PageSection::StaysQuiet) => Some("+ undetermined  (unexpected)".to_owned()),
        _ => None,
    }
}

struct PageReader<'t> {
    text: &'t str,
    rule: &'t str,
    section: Option<PageSection>,
    seen: Vec<PageSection>,
    /// The sections that hold prose.
    explained: Vec<PageSection>,
    /// The case that the next fence belongs to.
    open: Option<usize>,
    cases: Vec<FixtureCase>,
    problems: Vec<String>,
}

impl PageReader<'_> {
    fn read(&mut self) {
        let mut events = Parser::new(self.text).into_offset_iter();
        while let Some((event, range)) = events.next() {
            match event {
                Event::Start(Tag::Heading { level, .. }) => {
                    let title = self.text[range].trim_matches(['#', ' ', '\n', '\r']);
                    self.heading(level, title);
                    skip_to(&mut events, |e| matches!(e, TagEnd::Heading(_)));
                }
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                    let body = code(&mut events);
                    self.check_closed(&range);
                    self.fence(&info, body, &range);
                }
                Event::Start(Tag::Paragraph) => {
                    self.open = None;
                    self.explained.extend(self.section);
                }
                Event::Start(Tag::HtmlBlock | Tag::List(_)) => self.open = None,
                _ => {}
            }
        }
    }

    fn heading(&mut self, level: HeadingLevel, title: &str) {
        self.open = None;
        if level > HeadingLevel::H2 {
            return;
        }
        let known = PageSection::ALL
            .into_iter()
            .find(|s| s.title().eq_ignore_ascii_case(title));
        if level == HeadingLevel::H2 {
            self.section = known;
            self.seen.extend(known);
            if known.is_none() {
                self.problems.push(format!("unknown section `{title}`"));
            }
        }
    }

    fn fence(&mut self, info: &str, text: String, range: &Range<usize>) {
        let Some(section) = self.section else {
            return;
        };
        let file = PageFile {
            path: path_of(info),
            text,
        };
        let case = self.case(section, range);
        if case.files.iter().any(|f| f.path == file.path) {
            let line = case.line;
            let problem = format!("the case at line {line} contains `{}` twice", file.path);
            self.problems.push(problem);
            return;
        }
        let (expected, undetermined) = expectations(&file);
        case.expected.extend(expected);
        case.undetermined.extend(undetermined);
        case.files.push(file);
    }

    /// A fence that nothing closes swallows the next one, or the rest of the page.
    fn check_closed(&mut self, range: &Range<usize>) {
        let mut lines = self.text[range.clone()].trim_end().lines().map(str::trim);
        let first = lines.next().unwrap_or_default();
        let mark = &first[..first.len() - first.trim_start_matches(['`', '~']).len()];
        let marks = lines.clone().filter(|line| line.starts_with(mark)).count();
        let last = lines.next_back().unwrap_or_default();
        if marks != 1 || !last.starts_with(mark) {
            let line = self.text[..range.start].matches('\n').count() + 1;
            let problem = format!("the fence opened at line {line} is not closed");
            self.problems.push(problem);
        }
    }

    /// The case that is open, or a new one.
    fn case(&mut self, section: PageSection, range: &Range<usize>) -> &mut FixtureCase {
        let at = self.open.unwrap_or(self.cases.len());
        self.open = Some(at);
        if at == self.cases.len() {
            let line = self.text[..range.start].matches('\n').count() + 1;
            self.cases.push(FixtureCase {
                section,
                line,
                files: Vec::new(),
                expected: Vec::new(),
                undetermined: Vec::new(),
            });
        }
        &mut self.cases[at]
    }

    /// Says what the page lacks. A section without a case holds prose that says why.
    fn complete(&mut self) {
        for section in PageSection::ALL {
            let title = section.title();
            if !self.seen.contains(&section) {
                self.problems.push(format!("missing section `{title}`"));
            } else if !self.explained.contains(&section)
                && !self.cases.iter().any(|c| c.section == section)
            {
                let problem = format!("section `{title}` has no case and no explanation");
                self.problems.push(problem);
            }
        }
        for case in &self.cases {
            let fires = case.expected.iter().any(|p| p.rule == self.rule);
            let undetermined = case.undetermined.iter().any(|id| id == self.rule);
            let problem = match case.section {
                PageSection::Fires if !fires => "expects no finding of the page's rule",
                PageSection::StaysQuiet if fires => "expects a finding of the page's rule",
                PageSection::CannotTell if !undetermined => "does not name the page's rule",
                _ => continue,
            };
            let title = case.section.title();
            let problem = format!("the case at line {} of `{title}` {problem}", case.line);
            self.problems.push(problem);
        }
    }
}

/// The text of the code block that has just begun.
fn code<'t>(events: &mut impl Iterator<Item = (Event<'t>, Range<usize>)>) -> String {
    let mut body = String::new();
    for (event, _) in events {
        match event {
            Event::Text(text) => body.push_str(&text),
            Event::End(TagEnd::CodeBlock) => break,
            _ => {}
        }
    }
    body
}

fn skip_to<'t>(
    events: &mut impl Iterator<Item = (Event<'t>, Range<usize>)>,
    end: impl Fn(&TagEnd) -> bool,
) {
    for (event, _) in events {
        if matches!(&event, Event::End(tag) if end(tag)) {
            break;
        }
    }
}

/// The path in an info string (`yaml deploy/redis.yaml`), else a usual name for the language.
fn path_of(info: &str) -> String {
    let mut words = info.split_whitespace();
    let language = words.next().unwrap_or_default();
    if let Some(path) = words.next() {
        return path.to_owned();
    }
    let usual = match language {
        "conf" => "redis.conf",
        "yaml" | "yml" => "manifest.yaml",
        "go" => "main.go",
        "rust" | "rs" => "main.rs",
        "toml" => "redvet.toml",
        "markdown" | "md" => "runbook.md",
        _ => {
            return format!(
                "input.{}",
                if language.is_empty() { "txt" } else { language }
            );
        }
    };
    usual.to_owned()
}

enum ExpectationMark {
    Expect,
    Undetermined,
}

/// What the comment lines of a file announce.
fn expectations(file: &PageFile) -> (Vec<PageFinding>, Vec<String>) {
    let (mut expected, mut undetermined, mut waiting) = (Vec::new(), Vec::new(), Vec::new());
    let lines: Vec<&str> = file.text.lines().collect();
    for (at, line) in lines.iter().enumerate() {
        match mark(line) {
            Some((ExpectationMark::Expect, ids)) => waiting.extend(ids),
            Some((ExpectationMark::Undetermined, ids)) => undetermined.extend(ids),
            None => expected.extend(waiting.drain(..).map(|rule| place(file, rule, at + 1))),
        }
    }
    // Announced on the last line, with nothing below: it can only be missed.
    expected.extend(
        waiting
            .drain(..)
            .map(|rule| place(file, rule, lines.len() + 1)),
    );
    (expected, undetermined)
}

fn place(file: &PageFile, rule: String, line: usize) -> PageFinding {
    PageFinding {
        rule,
        path: file.path.clone(),
        line,
    }
}

/// Whether a line of a page's file only announces what a check finds.
pub fn is_expectation(line: &str) -> bool {
    mark(line).is_some()
}

/// An announcing comment: `# expect: a/b, c/d` or `// undetermined: a/b`, alone on its line.
fn mark(line: &str) -> Option<(ExpectationMark, Vec<String>)> {
    let line = line.trim();
    let text = line.strip_prefix('#').or_else(|| line.strip_prefix("//"))?;
    let (word, ids) = text.trim_start().split_once(':')?;
    let mark = match word {
        "expect" => ExpectationMark::Expect,
        "undetermined" => ExpectationMark::Undetermined,
        _ => return None,
    };
    let ids = ids.split(',').map(|id| id.trim().to_owned()).collect();
    Some((mark, ids))
}

#[cfg(test)]
mod tests;
