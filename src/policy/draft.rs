//! A rule as it is written: texts with their places, nothing compiled. `load` makes drafts from
//! files, `rule` compiles them.

use std::collections::BTreeMap;

use crate::facts::estate::SubjectKind;
use crate::facts::intent::Safety;
use crate::finding::Severity;
use crate::policy::param::Param;
use crate::policy::syntax::Fault;
use crate::source::{Excerpt, Span};

/// A mistake in a rule file, with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    pub span: Span,
    pub message: String,
    pub help: Option<String>,
}

impl Mistake {
    pub fn new(span: Span, message: impl Into<String>) -> Self {
        Self {
            span,
            message: message.into(),
            help: None,
        }
    }

    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub(super) fn of(text: &Excerpt, fault: Fault) -> Self {
        Self {
            span: text.span(fault.range),
            message: fault.message,
            help: fault.help,
        }
    }
}

/// When a rule is on without being asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    #[default]
    Recommended,
    Strict,
}

impl Profile {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Recommended => "recommended",
            Self::Strict => "strict",
        }
    }

    /// The profile by its word.
    pub fn named(word: &str) -> Option<Self> {
        [Self::Recommended, Self::Strict]
            .into_iter()
            .find(|p| p.as_str() == word)
    }
}

/// What a rule's page says.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Docs {
    pub why: String,
    pub impact: String,
    pub verify: String,
    pub rollback: String,
    pub references: Vec<String>,
}

/// A rule file.
#[derive(Clone, Debug)]
pub struct RuleDraft {
    pub id: String,
    pub title: String,
    pub subject: SubjectKind,
    pub severity: Severity,
    pub profile: Profile,
    /// Whom the rule is for, by a name that its pack defines.
    pub audience: Option<Excerpt>,
    /// Off unless it is asked for by name.
    pub preview: bool,
    /// No comment, waiver or baseline silences it.
    pub non_waivable: bool,
    pub params: BTreeMap<String, Param>,
    /// Named parts of expressions; each may name those before it.
    pub lets: Vec<(String, Excerpt)>,
    pub when: Option<Excerpt>,
    pub assert: Excerpt,
    pub message: Vec<Variant>,
    pub help: Vec<Variant>,
    pub at: Vec<Variant>,
    pub labels: Vec<LabelDraft>,
    pub fixes: Vec<FixDraft>,
    pub docs: Docs,
}

/// An id that a rule had before it was renamed.
#[derive(Clone, Debug)]
pub struct Former {
    pub id: Excerpt,
    /// The rule that the id stands for today.
    pub replaced_by: Excerpt,
}

/// One of several texts or places: the first that holds with all its facts known wins.
#[derive(Clone, Debug)]
pub struct Variant {
    pub when: Option<Excerpt>,
    pub text: Excerpt,
}

#[derive(Clone, Debug)]
pub struct LabelDraft {
    pub when: Option<Excerpt>,
    /// A variable and the list whose items it stands for, one label each.
    pub each: Option<(String, Excerpt)>,
    pub at: Excerpt,
    pub text: Excerpt,
}

#[derive(Clone, Debug)]
pub struct FixDraft {
    pub when: Option<Excerpt>,
    pub safety: Safety,
    pub title: Option<Excerpt>,
    pub edits: Vec<EditDraft>,
}

#[derive(Clone, Debug)]
pub struct EditDraft {
    pub when: Option<Excerpt>,
    pub operation: OperationDraft,
}

#[derive(Clone, Debug)]
pub enum OperationDraft {
    Set { path: Excerpt, to: Excerpt },
    Rename { path: Excerpt, to: Excerpt },
    Remove { path: Excerpt },
    MoveAbove { path: Excerpt },
}
