//! A compiled rule. Rules are compiled on first use.
//!
//! Built-in rules are not checked against the vocabulary at run time (tests do that), so a run pays
//! only for the rules it uses, and for their texts only when they report something. Rules of user
//! packs are checked when they are loaded.

use std::sync::OnceLock;

use crate::facts::intent::FixSafety;
use crate::facts::vocabulary::{FactType, Vocabulary};
use crate::nearest;
use crate::policy::compile;
use crate::policy::kind::ExpressionKind;
use crate::policy::names::{FactReference, NamedThing, RuleNames, type_of};
use crate::policy::outcome::CelValue;
use crate::policy::place::FindingPlace;
use crate::policy::rule_source::{
    CaseDraft, EditDraft, FixDraft, LabelDraft, OperationDraft, PerFileDraft, RuleDraft,
    RuleMistake, RuleProfile, TextVariant,
};
use crate::policy::template::{self, MessageTemplate};
use crate::policy::typed::{TypedExpr, TypedNode};
use crate::source::{Excerpt, path};

/// A rule of a pack.
#[derive(Debug)]
pub struct CompiledRule {
    pub draft: RuleDraft,
    /// The pack's name.
    pub pack: String,
    test: OnceLock<CompiledPart<RuleTest>>,
    speech: OnceLock<CompiledPart<RuleMessages>>,
}

type CompiledPart<T> = Result<T, Vec<RuleMistake>>;

impl CompiledRule {
    pub fn new(draft: RuleDraft, pack: impl Into<String>) -> Self {
        Self {
            draft,
            pack: pack.into(),
            test: OnceLock::new(),
            speech: OnceLock::new(),
        }
    }

    pub fn id(&self) -> &str {
        &self.draft.id
    }

    /// The part of the id before its last slash.
    pub fn category(&self) -> &str {
        path::folder(&self.draft.id)
    }

    /// Compiles the rule; with a vocabulary every name and type is checked against it, without one
    /// the names of directives and options are taken on trust.
    pub fn compile(&self, vocabulary: Option<&Vocabulary>) -> Result<(), Vec<RuleMistake>> {
        let test = self
            .test
            .get_or_init(|| compile_test(&self.draft, vocabulary));
        let speech = self
            .speech
            .get_or_init(|| compile_speech(&self.draft, test.as_ref().ok(), vocabulary));
        let mistakes = [test.as_ref().err(), speech.as_ref().err()];
        let mistakes: Vec<RuleMistake> =
            mistakes.into_iter().flatten().flatten().cloned().collect();
        if mistakes.is_empty() {
            Ok(())
        } else {
            Err(mistakes)
        }
    }

    /// What decides whether the rule holds.
    pub(super) fn test(&self) -> Result<&RuleTest, &[RuleMistake]> {
        self.test
            .get_or_init(|| compile_test(&self.draft, None))
            .as_ref()
            .map_err(Vec::as_slice)
    }

    /// What the rule says where it does not hold: compiled only then.
    pub(super) fn speech(&self, test: &RuleTest) -> Result<&RuleMessages, &[RuleMistake]> {
        self.speech
            .get_or_init(|| compile_speech(&self.draft, Some(test), None))
            .as_ref()
            .map_err(Vec::as_slice)
    }
}

/// What decides whether a rule holds.
#[derive(Debug)]
pub(super) struct RuleTest {
    pub(super) lets: Vec<TypedExpr>,
    pub(super) when: Option<TypedExpr>,
    pub(super) assert: TypedExpr,
}

/// What a rule says where it does not hold.
#[derive(Debug, Default)]
pub(super) struct RuleMessages {
    pub(super) cases: Vec<CaseBody>,
    pub(super) message: Vec<(Option<TypedExpr>, MessageTemplate)>,
    pub(super) help: Vec<(Option<TypedExpr>, MessageTemplate)>,
    pub(super) at: Vec<(Option<TypedExpr>, FindingPlace)>,
    pub(super) labels: Vec<LabelBody>,
    pub(super) fixes: Vec<FixBody>,
    /// What a finding is called where a file's are listed as one.
    pub(super) item: Option<MessageTemplate>,
    /// The names of consequences; the first that holds is meant.
    pub(super) consequence: Vec<(Option<TypedExpr>, String)>,
    /// Rules that speak in place of this one, each where its condition holds.
    pub(super) yields_to: Vec<(Option<TypedExpr>, String)>,
}

#[derive(Debug)]
pub(super) struct CaseBody {
    pub(super) when: Option<TypedExpr>,
    pub(super) profile: RuleProfile,
    pub(super) message: MessageTemplate,
    pub(super) help: Option<MessageTemplate>,
    pub(super) at: Option<FindingPlace>,
    pub(super) fixes: Vec<FixBody>,
}

#[derive(Debug)]
pub(super) struct LabelBody {
    pub(super) when: Option<TypedExpr>,
    pub(super) each: Option<TypedExpr>,
    pub(super) at: FindingPlace,
    pub(super) text: MessageTemplate,
}

#[derive(Debug)]
pub(super) struct FixBody {
    pub(super) when: Option<TypedExpr>,
    pub(super) safety: FixSafety,
    pub(super) title: Option<MessageTemplate>,
    pub(super) edits: Vec<(Option<TypedExpr>, FixOperation)>,
}

#[derive(Debug)]
pub(super) enum FixOperation {
    Set {
        fact: FactReference,
        /// The type of the fact, where it is known.
        ty: Option<FactType>,
        to: TypedExpr,
    },
    Rename {
        fact: FactReference,
        to: TypedExpr,
    },
    Remove(FactReference),
    MoveAbove(FactReference),
}

fn compile_test(draft: &RuleDraft, vocabulary: Option<&Vocabulary>) -> CompiledPart<RuleTest> {
    let mut compiler = RuleCompiler::new(draft, vocabulary);
    let test = compiler.test(draft);
    compiler.finish(test)
}

/// Compiles the texts; after a mistake in the test nothing is known of the kinds of its `let`s.
fn compile_speech(
    draft: &RuleDraft,
    test: Option<&RuleTest>,
    vocabulary: Option<&Vocabulary>,
) -> CompiledPart<RuleMessages> {
    let mut compiler = RuleCompiler::new(draft, vocabulary);
    let kind = |at: usize| test.map_or(ExpressionKind::Any, |t| t.lets[at].kind.clone());
    let lets = draft.lets.iter().enumerate();
    compiler.names.lets = lets
        .map(|(at, (name, _))| (name.clone(), kind(at)))
        .collect();
    if draft.is_bundle() {
        let texts = draft.message.iter().chain(&draft.help);
        for variant in texts {
            compiler
                .mistakes
                .extend(template::OF_BUNDLE.mistakes(&variant.text));
        }
        return compiler.finish(Some(RuleMessages::default()));
    }
    let speech = compiler.speech(draft);
    compiler.finish(speech)
}

/// Collects every mistake of a rule; each part is `None` where it has one.
struct RuleCompiler<'v> {
    names: RuleNames<'v>,
    mistakes: Vec<RuleMistake>,
}

impl<'v> RuleCompiler<'v> {
    fn new(draft: &'v RuleDraft, vocabulary: Option<&'v Vocabulary>) -> Self {
        let names = RuleNames {
            subject: draft.subject,
            vocabulary,
            params: &draft.params,
            lets: Vec::new(),
            variables: Vec::new(),
        };
        Self {
            names,
            mistakes: Vec::new(),
        }
    }

    fn finish<T>(self, whole: Option<T>) -> CompiledPart<T> {
        match whole {
            Some(whole) if self.mistakes.is_empty() => Ok(whole),
            _ => Err(self.mistakes),
        }
    }

    fn test(&mut self, draft: &RuleDraft) -> Option<RuleTest> {
        let lets: Vec<Option<TypedExpr>> = draft
            .lets
            .iter()
            .map(|(n, e)| self.compile_named(n, e))
            .collect();
        let when = self.optional(draft.when.as_ref());
        // A bundle is never judged: its members are.
        let assert = match &draft.assert {
            Some(assert) => self.expr(assert, Some(FactType::Bool)),
            None => Some(TypedExpr {
                node: TypedNode::Literal(CelValue::Bool(true)),
                kind: ExpressionKind::Of(FactType::Bool),
            }),
        };
        Some(RuleTest {
            lets: lets.into_iter().collect::<Option<_>>()?,
            when: when?,
            assert: assert?,
        })
    }

    fn speech(&mut self, draft: &RuleDraft) -> Option<RuleMessages> {
        let cases = self.each(&draft.cases, Self::case);
        let message = self.each(&draft.message, Self::text_variant);
        let help = self.each(&draft.help, Self::text_variant);
        let at = self.each(&draft.at, Self::place_variant);
        let labels = self.each(&draft.labels, Self::label);
        let fixes = self.each(&draft.fixes, Self::fix);
        let consequence = self.each(&draft.consequence, Self::named);
        let yields_to = self.each(&draft.yields_to, Self::named);
        let item = self.each(draft.per_file.as_slice(), Self::per_file);
        Some(RuleMessages {
            cases: cases?,
            message: message?,
            help: help?,
            at: at?,
            labels: labels?,
            fixes: fixes?,
            item: item?.pop(),
            consequence: consequence?,
            yields_to: yields_to?,
        })
    }

    /// The template of an item; the texts about the file are filled in where its findings are known.
    fn per_file(&mut self, draft: &PerFileDraft) -> Option<MessageTemplate> {
        for text in std::iter::once(&draft.message).chain(&draft.help) {
            self.mistakes.extend(template::OF_FILE.mistakes(text));
        }
        self.template(&draft.item)
    }

    /// A rule or a consequence by its name, and when it is meant.
    fn named(&mut self, variant: &TextVariant) -> Option<(Option<TypedExpr>, String)> {
        let when = self.optional(variant.when.as_ref())?;
        Some((when, variant.text.text().trim().to_owned()))
    }

    /// Compiles all items, so that all mistakes are found, and only then asks whether all are well.
    fn each<I, O>(&mut self, items: &[I], f: fn(&mut Self, &I) -> Option<O>) -> Option<Vec<O>> {
        let all: Vec<Option<O>> = items.iter().map(|i| f(self, i)).collect();
        all.into_iter().collect()
    }

    fn expr(&mut self, text: &Excerpt, wanted: Option<FactType>) -> Option<TypedExpr> {
        match compile::expression(text.text(), &mut self.names, wanted) {
            Ok(expr) => Some(expr),
            Err(faults) => {
                let mistakes = faults.into_iter().map(|f| RuleMistake::of(text, f));
                self.mistakes.extend(mistakes);
                None
            }
        }
    }

    /// A condition that may be missing: the outer `None` is a mistake.
    #[expect(clippy::option_option, reason = "a mistake and no condition differ")]
    fn optional(&mut self, text: Option<&Excerpt>) -> Option<Option<TypedExpr>> {
        match text {
            None => Some(None),
            Some(text) => self.expr(text, Some(FactType::Bool)).map(Some),
        }
    }

    fn compile_named(&mut self, name: &str, text: &Excerpt) -> Option<TypedExpr> {
        let taken = name == "params"
            || name == self.names.subject.as_str()
            || self.names.lets.iter().any(|(n, _)| n == name);
        if taken {
            let message = format!("`{name}` is already defined");
            self.mistakes
                .push(RuleMistake::new(text.span_all(), message));
        }
        let expr = self.expr(text, None);
        let kind = expr
            .as_ref()
            .map_or(ExpressionKind::Any, |e| e.kind.clone());
        if !taken {
            self.names.lets.push((name.to_owned(), kind));
        }
        expr
    }

    fn template(&mut self, text: &Excerpt) -> Option<MessageTemplate> {
        match MessageTemplate::compile(text, &mut self.names) {
            Ok(template) => Some(template),
            Err(mistakes) => {
                self.mistakes.extend(mistakes);
                None
            }
        }
    }

    fn case(&mut self, draft: &CaseDraft) -> Option<CaseBody> {
        let when = self.optional(draft.when.as_ref());
        let message = self.template(&draft.message);
        let help = self.each(draft.help.as_slice(), Self::template);
        let at = self.each(draft.at.as_slice(), Self::place);
        let fixes = self.each(&draft.fixes, Self::fix);
        Some(CaseBody {
            when: when?,
            profile: draft.profile,
            message: message?,
            help: help?.pop(),
            at: at?.pop(),
            fixes: fixes?,
        })
    }

    fn text_variant(
        &mut self,
        variant: &TextVariant,
    ) -> Option<(Option<TypedExpr>, MessageTemplate)> {
        let when = self.optional(variant.when.as_ref());
        let text = self.template(&variant.text);
        Some((when?, text?))
    }

    fn place_variant(
        &mut self,
        variant: &TextVariant,
    ) -> Option<(Option<TypedExpr>, FindingPlace)> {
        let when = self.optional(variant.when.as_ref());
        let place = self.place(&variant.text);
        Some((when?, place?))
    }

    fn path(&mut self, text: &Excerpt) -> Option<(NamedThing, ExpressionKind)> {
        match compile::path(text.text(), &self.names) {
            Ok(found) => Some(found),
            Err(faults) => {
                let mistakes = faults.into_iter().map(|f| RuleMistake::of(text, f));
                self.mistakes.extend(mistakes);
                None
            }
        }
    }

    fn place(&mut self, text: &Excerpt) -> Option<FindingPlace> {
        match self.path(text)?.0 {
            NamedThing::Fact(fact) => Some(FindingPlace::Fact(fact)),
            NamedThing::Subject(subject) => Some(FindingPlace::Subject(subject)),
            _ => None,
        }
    }

    fn fact(&mut self, text: &Excerpt) -> Option<(FactReference, ExpressionKind)> {
        match self.path(text)? {
            (NamedThing::Fact(fact), kind) => Some((fact, kind)),
            _ => {
                let mistake = RuleMistake::new(text.span_all(), "a fix must change a fact");
                self.mistakes.push(mistake);
                None
            }
        }
    }

    fn label(&mut self, draft: &LabelDraft) -> Option<LabelBody> {
        let each = match &draft.each {
            None => None,
            Some((name, list)) => Some(self.variable(name, list)?),
        };
        let when = self.optional(draft.when.as_ref());
        let at = self.place(&draft.at);
        let text = self.template(&draft.text);
        self.names.variables.clear();
        Some(LabelBody {
            when: when?,
            each,
            at: at?,
            text: text?,
        })
    }

    fn variable(&mut self, name: &str, list: &Excerpt) -> Option<TypedExpr> {
        let expr = self.expr(list, None)?;
        let item = match &expr.kind {
            ExpressionKind::List(item) => (**item).clone(),
            ExpressionKind::Any => ExpressionKind::Any,
            other => {
                let message = format!("`each` requires a list, not a {}", other.as_str());
                self.mistakes
                    .push(RuleMistake::new(list.span_all(), message));
                return None;
            }
        };
        self.names.variables.push((name.to_owned(), item));
        Some(expr)
    }

    fn fix(&mut self, draft: &FixDraft) -> Option<FixBody> {
        let when = self.optional(draft.when.as_ref());
        let title = match &draft.title {
            None => None,
            Some(title) => Some(self.template(title)?),
        };
        let edits = self.each(&draft.edits, Self::edit);
        Some(FixBody {
            when: when?,
            safety: draft.safety,
            title,
            edits: edits?,
        })
    }

    fn edit(&mut self, draft: &EditDraft) -> Option<(Option<TypedExpr>, FixOperation)> {
        let when = self.optional(draft.when.as_ref());
        let edit = match &draft.operation {
            OperationDraft::Set { path, to } => self.set(path, to),
            OperationDraft::Rename { path, to } => {
                let (fact, to) = (self.fact(path), self.expr(to, Some(FactType::Text)));
                fact.zip(to)
                    .map(|((fact, _), to)| FixOperation::Rename { fact, to })
            }
            OperationDraft::Remove { path } => {
                self.fact(path).map(|(f, _)| FixOperation::Remove(f))
            }
            OperationDraft::MoveAbove { path } => {
                self.fact(path).map(|(f, _)| FixOperation::MoveAbove(f))
            }
        };
        Some((when?, edit?))
    }

    fn set(&mut self, path: &Excerpt, to: &Excerpt) -> Option<FixOperation> {
        let fact = self.fact(path);
        let value = self.expr(to, None);
        let ((fact, kind), value) = fact.zip(value)?;
        let switch_word = kind.is(FactType::Bool) && value.kind.is(FactType::Text);
        if !kind.comparable(&value.kind) && !switch_word {
            let (is, to_be) = (kind.with_article(), value.kind.with_article());
            let message = format!("{is} cannot be set to {to_be}");
            self.mistakes.push(RuleMistake::new(to.span_all(), message));
            return None;
        }
        if let (Some(words), TypedNode::Literal(CelValue::Text(word))) = (kind.words(), &value.node)
            && !words.contains(word)
        {
            let message = format!("`{word}` is not an allowed value");
            let help = nearest::help(word, words.iter().map(String::as_str));
            let mistake = RuleMistake::new(to.span_all(), message).with_help(help);
            self.mistakes.push(mistake);
            return None;
        }
        let ty = type_of(&kind);
        Some(FixOperation::Set {
            fact,
            ty,
            to: value,
        })
    }
}
