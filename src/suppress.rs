//! What silences findings: comments (`# redvet: ignore[rule, ...] reason`, on the finding's own line
//! or alone above it) in this file, waivers in `waiver`, known findings in `baseline`, what another
//! state of the project already had in `new_code`.
//!
//! What comes in are findings and the comments of all files; findings that a comment covers are
//! marked, never removed. What goes out are the comments with a mistake of their own: those that
//! silence nothing, give no reason or cannot be read. Turning them into findings is the caller's
//! business.
//!
//! A comment must never switch off more than was meant: it needs rule ids, reaches one line, and
//! without a reason it is not honoured.

pub mod baseline;
mod comment;
mod comment_scope;
mod known_findings;
pub mod new_code;
pub mod waiver;

use crate::finding::{Finding, Suppressed, Undetermined};
use crate::source::{Comment, Sources, Span};

use baseline::Baseline;
use comment::{IgnoreComment, ParsedComment, RulePattern};
use comment_scope::CommentScope;
pub use known_findings::KnownFinding;
use waiver::ActiveWaiver;

/// What a project has agreed to live with, beside the comments in its files.
#[derive(Clone, Debug, Default)]
pub struct Suppressions {
    pub waivers: Vec<ActiveWaiver>,
    /// In days since 1970-01-01; without it no waiver ends.
    pub today: Option<i64>,
    pub baseline: Option<Baseline>,
    /// Only a part of the project is read, so that a waiver that silences nothing may be needed.
    pub partial: bool,
}

/// A text of configuration, for comments above its first directive: they cover findings on the
/// text as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WholeText {
    pub text: Span,
    pub first_directive_line: Span,
}

/// What `apply` looks at, beside the findings.
#[derive(Clone, Copy, Debug)]
pub struct SuppressionInputs<'a> {
    pub sources: &'a Sources,
    pub comments: &'a [Comment],
    pub whole_texts: &'a [WholeText],
    /// A rule that could not be decided here may speak tomorrow: its comment is not unused.
    pub undetermined: &'a [Undetermined],
    /// The ids of the rules that ran. A comment for an existing rule that did not run is not
    /// unused either.
    pub ran: &'a [String],
    /// The ids of all rules.
    pub known: &'a [String],
    /// Ids that rules had before, each with the one of today.
    pub former: &'a [(String, String)],
}

impl SuppressionInputs<'_> {
    /// Whether a name or pattern means a rule, by its id of today or by a former one.
    fn means(&self, matches: impl Fn(&str) -> bool, rule: &str) -> bool {
        let mut former = self.former.iter().filter(|(_, new)| new == rule);
        matches(rule) || former.any(|(old, _)| matches(old))
    }
}

/// A comment, or a part of one, that silences nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnusedSuppression {
    /// The comment.
    pub span: Span,
    /// The ids in it that silence nothing.
    pub rules: Vec<String>,
    /// What to remove: the whole line, the comment, or an id in the list; `None` where that cannot
    /// be said for certain.
    pub remove: Option<Span>,
}

/// A comment that would silence a rule which cannot be silenced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedSuppression {
    pub span: Span,
    pub rule: String,
}

/// A comment that begins as ours and cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MalformedComment {
    pub span: Span,
    pub why: &'static str,
}

/// The comments with a mistake, in the order of the files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommentFaults {
    pub unused: Vec<UnusedSuppression>,
    pub refused: Vec<RefusedSuppression>,
    pub without_reason: Vec<Span>,
    pub malformed: Vec<MalformedComment>,
}

/// Marks the findings that comments cover and reports comments with a mistake.
pub fn apply(findings: &mut [Finding], inputs: &SuppressionInputs<'_>) -> CommentFaults {
    let mut outcome = CommentFaults::default();
    let mut directives = select_honoured(inputs, &mut outcome);
    let reach = CommentScope::new(inputs, &directives);
    for finding in findings {
        let covered =
            names(finding).find_map(|rule| reach.silence(&mut directives, finding.primary, rule));
        let Some(at) = covered else {
            continue;
        };
        if !finding.waivable {
            outcome.refused.push(RefusedSuppression {
                span: directives[at].comment.span,
                rule: finding.rule.clone(),
            });
        } else if finding.suppressed.is_none() {
            finding.suppressed = Some(Suppressed {
                by: "comment",
                reason: directives[at].reason.clone(),
            });
        }
    }
    for case in inputs.undetermined {
        reach.silence(&mut directives, case.at, &case.rule);
    }
    for directive in &directives {
        outcome.unused.extend(find_unused(inputs, directive));
    }
    outcome
}

/// The ids by which a finding may be silenced: its rule's, and that of the bundle which reports it.
fn names(finding: &Finding) -> impl Iterator<Item = &str> {
    let unset = finding.unset.as_ref();
    let bundle = unset.and_then(|unset| unset.bundle.as_deref());
    std::iter::once(finding.rule.as_str()).chain(bundle)
}

/// The former ids that comments name, each with the comment's place.
pub fn former_ids(inputs: &SuppressionInputs<'_>) -> Vec<(Span, String)> {
    let parsed = inputs.comments.iter().map(comment::parse);
    let directives = parsed.filter_map(|parsed| match parsed {
        ParsedComment::Directive(directive) => Some(directive),
        _ => None,
    });
    let mut named: Vec<(Span, String)> = directives
        .flat_map(|directive| {
            let span = directive.comment.span;
            directive.ids.into_iter().map(move |id| (span, id.text))
        })
        .filter(|(_, id)| inputs.former.iter().any(|(old, _)| old == id))
        .collect();
    named.sort();
    named.dedup();
    named
}

/// The comments that may silence, in the order of the files; the others go into the outcome.
fn select_honoured<'a>(
    inputs: &SuppressionInputs<'a>,
    outcome: &mut CommentFaults,
) -> Vec<IgnoreComment<'a>> {
    let mut comments: Vec<&Comment> = inputs.comments.iter().collect();
    comments.sort_by_key(|comment| comment.span);
    comments.dedup_by_key(|comment| comment.span);
    let mut directives = Vec::new();
    for comment in comments {
        match comment::parse(comment) {
            ParsedComment::Other => {}
            ParsedComment::Malformed(why) => outcome.malformed.push(MalformedComment {
                span: comment.span,
                why,
            }),
            ParsedComment::WithoutReason => outcome.without_reason.push(comment.span),
            ParsedComment::Directive(directive) => directives.push(directive),
        }
    }
    directives
}

fn find_unused(
    inputs: &SuppressionInputs<'_>,
    directive: &IgnoreComment<'_>,
) -> Vec<UnusedSuppression> {
    let idle = |id: &RulePattern| !id.used && is_judged(inputs, id);
    let span = directive.comment.span;
    if directive.ids.iter().all(idle) {
        return vec![UnusedSuppression {
            span,
            rules: directive.ids.iter().map(|id| id.text.clone()).collect(),
            remove: Some(comment::whole(inputs.sources, directive.comment)),
        }];
    }
    let kept: Vec<bool> = directive.ids.iter().map(|id| !idle(id)).collect();
    (0..directive.ids.len())
        .filter(|at| !kept[*at])
        .map(|at| UnusedSuppression {
            span,
            rules: vec![directive.ids[at].text.clone()],
            remove: comment::one_id(inputs.sources, directive, &kept, at),
        })
        .collect()
}

/// Whether all rules that the id stands for ran, so that its silence means something. An id that
/// stands for no rule silences nothing for certain.
fn is_judged(inputs: &SuppressionInputs<'_>, id: &RulePattern) -> bool {
    inputs
        .known
        .iter()
        .filter(|rule| inputs.means(|name| id.matches(name), rule))
        .all(|rule| inputs.ran.contains(rule))
}

#[cfg(test)]
mod tests;
