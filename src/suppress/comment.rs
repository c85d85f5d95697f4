//! One suppression comment: its grammar, and what to take out of it when it is not needed.

use std::ops::Range;

use globset::{Glob, GlobMatcher};

use crate::source::{Comment, SourceFile, Sources, Span, pattern_limit};

/// What a comment turned out to be.
pub(super) enum ParsedComment<'a> {
    /// Not ours.
    Other,
    Malformed(&'static str),
    WithoutReason,
    Directive(IgnoreComment<'a>),
}

/// A comment that may silence findings.
pub(super) struct IgnoreComment<'a> {
    pub(super) comment: &'a Comment,
    pub(super) ids: Vec<RulePattern>,
    pub(super) reason: String,
}

/// A rule id, or a pattern such as `pool/*`.
pub(super) struct RulePattern {
    pub(super) text: String,
    /// Its bytes in the comment's text.
    range: Range<usize>,
    glob: GlobMatcher,
    pub(super) used: bool,
}

impl RulePattern {
    pub(super) fn matches(&self, rule: &str) -> bool {
        self.text == rule || self.glob.is_match(rule)
    }
}

const FORM: &str = "expected `redvet: ignore[RULE, ...] REASON`";
const NO_RULES: &str = "missing rule id";
const TOO_WIDE: &str = "`*` alone is not allowed; name the rules to suppress";
const TOO_MANY: &str = "more than 100 rules are listed; name fewer, or a pattern";
const BAD_ID: &str = "invalid rule id or pattern";

pub(super) fn parse(comment: &Comment) -> ParsedComment<'_> {
    let Some(rest) = comment.text.strip_prefix(Comment::SUPPRESSION) else {
        return ParsedComment::Other;
    };
    let Some(rest) = rest.trim_start().strip_prefix("ignore") else {
        return ParsedComment::Malformed(FORM);
    };
    let Some((list, reason)) = rest
        .trim_start()
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
    else {
        return ParsedComment::Malformed(FORM);
    };
    let start = comment.text.len() - reason.len() - 1 - list.len();
    let ids = match ids(list, start) {
        Ok(ids) => ids,
        Err(why) => return ParsedComment::Malformed(why),
    };
    let reason = reason.trim_start_matches([':', '-', '–', '—', ' ', '\t']);
    if reason.trim().is_empty() {
        return ParsedComment::WithoutReason;
    }
    ParsedComment::Directive(IgnoreComment {
        comment,
        ids,
        reason: reason.trim().to_owned(),
    })
}

/// Rules of one comment. Each is a pattern that is compiled and tried on every finding below it.
const MAX_RULES: usize = 100;

/// The ids of a list that stands at `start` in the comment's text.
fn ids(list: &str, start: usize) -> Result<Vec<RulePattern>, &'static str> {
    if list.trim().is_empty() {
        return Err(NO_RULES);
    }
    if list.split(',').count() > MAX_RULES {
        return Err(TOO_MANY);
    }
    let mut at = start;
    let mut ids = Vec::new();
    for part in list.split(',') {
        let from = at + (part.len() - part.trim_start().len());
        ids.push(id(part.trim(), from)?);
        at += part.len() + 1;
    }
    Ok(ids)
}

fn id(text: &str, from: usize) -> Result<RulePattern, &'static str> {
    let named = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '/' | '*' | '_');
    // No rule has a name that long.
    if text.is_empty() || !text.chars().all(named) || pattern_limit::excess(text).is_some() {
        return Err(BAD_ID);
    }
    if text.chars().all(|c| matches!(c, '*' | '/')) {
        return Err(TOO_WIDE);
    }
    let glob = Glob::new(text).map_err(|_| BAD_ID)?;
    Ok(RulePattern {
        text: text.to_owned(),
        range: from..from + text.len(),
        glob: glob.compile_matcher(),
        used: false,
    })
}

/// The span to remove with the whole comment: its lines when it stands alone, else the comment and
/// the blanks before it.
pub(super) fn whole(sources: &Sources, comment: &Comment) -> Span {
    let file = sources.get(comment.span.file);
    let (start, end) = (comment.span.start as usize, comment.span.end as usize);
    if comment.own_line && rest_is_blank(file, end) {
        return lines(file, comment.span);
    }
    let line = file.line_range(file.line_of(start)).start;
    let before = file.text().get(line..start).unwrap_or("");
    let code = line + before.trim_end_matches([' ', '\t']).len();
    Span::new(comment.span.file, code, end)
}

fn rest_is_blank(file: &SourceFile, at: usize) -> bool {
    let line = file.line_range(file.line_of(at));
    file.text()
        .get(at..line.end.max(at))
        .is_none_or(|rest| rest.trim().is_empty())
}

/// The span's lines with their line break.
fn lines(file: &SourceFile, span: Span) -> Span {
    let first = file.line_of(span.start as usize);
    let last = file.line_of(span.end as usize);
    let start = file.line_range(first).start;
    let end = file.line_range(last + 1).start;
    Span::new(span.file, start, end)
}

/// The span to remove with one id of the list: the id and the comma that leads to a kept one.
pub(super) fn one_id(
    sources: &Sources,
    directive: &IgnoreComment<'_>,
    kept: &[bool],
    at: usize,
) -> Option<Span> {
    let comment = directive.comment;
    // The text was taken from the file as it is, unless the place has an encoding of its own.
    let base = sources.slice(comment.span).find(&comment.text)?;
    let follows_kept = kept[..at].contains(&true);
    let ids = &directive.ids;
    let range = if follows_kept {
        ids[at - 1].range.end..ids[at].range.end
    } else {
        ids[at].range.start..ids.get(at + 1)?.range.start
    };
    let start = comment.span.start as usize + base;
    Some(Span::new(
        comment.span.file,
        start + range.start,
        start + range.end,
    ))
}
