//! A rule as written: texts with their positions, not yet compiled. `load` creates it from a file,
//! `rule` compiles it.

use std::collections::BTreeMap;

use crate::facts::estate::SubjectKind;
use crate::facts::intent::FixSafety;
use crate::finding::Severity;
use crate::policy::param::RuleParam;
use crate::policy::syntax::ExpressionFault;
use crate::source::{Excerpt, Span};

/// A mistake in a rule file, with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleMistake {
    pub span: Span,
    pub message: String,
    pub help: Option<String>,
}

impl RuleMistake {
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

    pub(super) fn of(text: &Excerpt, fault: ExpressionFault) -> Self {
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
pub enum RuleProfile {
    #[default]
    Recommended,
    Strict,
}

impl RuleProfile {
    pub const ALL: &[Self] = &[Self::Recommended, Self::Strict];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Recommended => "recommended",
            Self::Strict => "strict",
        }
    }

    /// The profile by its word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|p| p.as_str() == word)
    }
}

/// What a rule's page says.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct RuleDocs {
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
    pub profile: RuleProfile,
    /// Whom the rule is for, by a name that its pack defines.
    pub audience: Option<Excerpt>,
    /// Off unless it is asked for by name.
    pub preview: bool,
    /// No comment, waiver or baseline silences it.
    pub non_waivable: bool,
    pub params: BTreeMap<String, RuleParam>,
    /// Named parts of expressions; each may name those before it.
    pub lets: Vec<(String, Excerpt)>,
    pub when: Option<Excerpt>,
    /// What must hold; a bundle has none.
    pub assert: Option<Excerpt>,
    /// The ids or patterns of the rules that it reports as one; empty for a rule of its own.
    pub bundle: Vec<Excerpt>,
    /// The members of a bundle that all have to find something before it speaks; empty for any.
    pub needs: Vec<Excerpt>,
    /// What becomes of the others where one of them does not.
    pub otherwise: LoneSettings,
    /// The rules that report the same fault more precisely: where one of them reports this subject, or
    /// the server of this line, this one is silent.
    pub yields_to: Vec<TextVariant>,
    /// The first that holds speaks; where it is silent, and where none holds, the lists below do.
    pub cases: Vec<CaseDraft>,
    pub message: Vec<TextVariant>,
    pub help: Vec<TextVariant>,
    /// What the fault does to its subject: names of consequences that a pack lists.
    pub consequence: Vec<TextVariant>,
    pub at: Vec<TextVariant>,
    pub labels: Vec<LabelDraft>,
    pub fixes: Vec<FixDraft>,
    /// How it reports several findings in one file as one.
    pub per_file: Option<PerFileDraft>,
    pub docs: RuleDocs,
}

/// What a rule says where one change to a file settles all that it found there.
#[derive(Clone, Debug)]
pub struct PerFileDraft {
    /// What a finding is called in the list.
    pub item: Excerpt,
    pub message: Excerpt,
    pub help: Option<Excerpt>,
}

/// One way to break a rule, with all that is said of it.
#[derive(Clone, Debug)]
pub struct CaseDraft {
    pub when: Option<Excerpt>,
    /// The profile in which the case is reported; selecting or enabling the rule by name is as good.
    pub profile: RuleProfile,
    pub message: Excerpt,
    pub help: Option<Excerpt>,
    pub at: Option<Excerpt>,
    pub fixes: Vec<FixDraft>,
}

/// What becomes of the settings of a bundle without those that it needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LoneSettings {
    /// Their own rules report them.
    #[default]
    Alone,
    /// The bundle reports them in the strict profile, and where rules are asked for by name.
    Strict,
}

impl LoneSettings {
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "alone" => Some(Self::Alone),
            "strict" => Some(Self::Strict),
            _ => None,
        }
    }
}

impl RuleDraft {
    /// Every fix that the rule may offer, those of its cases first.
    pub fn all_fixes(&self) -> impl Iterator<Item = &FixDraft> {
        let of_cases = self.cases.iter().flat_map(|case| &case.fixes);
        of_cases.chain(&self.fixes)
    }

    /// Whether it reports what other rules find.
    pub fn is_bundle(&self) -> bool {
        !self.bundle.is_empty()
    }

    /// Whether it says what to do, whatever is broken.
    pub fn has_help(&self) -> bool {
        let every_case = || self.cases.iter().all(|case| case.help.is_some());
        !self.help.is_empty() || !self.cases.is_empty() && every_case()
    }

    /// Every expression and text of the rule.
    pub fn texts(&self) -> Vec<&Excerpt> {
        let variants = [&self.message, &self.help, &self.at].into_iter().flatten();
        let mut texts: Vec<&Excerpt> = self.lets.iter().map(|(_, text)| text).collect();
        texts.extend(self.when.iter().chain(&self.assert));
        texts.extend(variants.flat_map(|v| v.when.iter().chain([&v.text])));
        texts.extend(self.consequence.iter().flat_map(|v| &v.when));
        for label in &self.labels {
            let each = label.each.iter().map(|(_, list)| list);
            texts.extend(each.chain(&label.when).chain([&label.at, &label.text]));
        }
        for case in &self.cases {
            texts.extend(case.when.iter().chain([&case.message]));
            texts.extend(case.help.iter().chain(&case.at));
        }
        texts.extend(self.per_file.iter().map(|said| &said.item));
        for fix in self.all_fixes() {
            texts.extend(fix.when.iter().chain(&fix.title));
            texts.extend(fix.edits.iter().flat_map(EditDraft::texts));
        }
        texts
    }
}

impl EditDraft {
    fn texts(&self) -> impl Iterator<Item = &Excerpt> {
        let (path, to) = match &self.operation {
            OperationDraft::Set { path, to } | OperationDraft::Rename { path, to } => {
                (path, Some(to))
            }
            OperationDraft::Remove { path } | OperationDraft::MoveAbove { path } => (path, None),
        };
        self.when.iter().chain([path]).chain(to)
    }
}

/// An id that a rule had before it was renamed.
#[derive(Clone, Debug)]
pub struct FormerId {
    pub id: Excerpt,
    /// The rule that the id stands for today.
    pub replaced_by: Excerpt,
}

/// One of several texts or places: the first that holds with all its facts known wins.
#[derive(Clone, Debug)]
pub struct TextVariant {
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
    pub safety: FixSafety,
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
