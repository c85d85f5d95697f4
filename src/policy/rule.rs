//! A rule whose expressions are compiled: once, when it is first needed.
//!
//! The built-in pack is compiled on trust (tests check it against the vocabulary), so a run pays for
//! the rules that it uses, and for their texts only where they speak; users' packs are compiled against the vocabulary when they load.

use std::sync::OnceLock;

use crate::facts::intent::Safety;
use crate::facts::vocabulary::{Type, Vocabulary};
use crate::nearest;
use crate::policy::compile;
use crate::policy::draft::{
    CaseDraft, EditDraft, FixDraft, LabelDraft, Mistake, OperationDraft, RuleDraft, Variant,
};
use crate::policy::kind::Kind;
use crate::policy::names::{FactReference, Named, Names, type_of};
use crate::policy::outcome::Val;
use crate::policy::place::Place;
use crate::policy::template::Template;
use crate::policy::typed::{Expr, Node};
use crate::source::{Excerpt, path};

/// A rule of a pack.
#[derive(Debug)]
pub struct Rule {
    pub draft: RuleDraft,
    /// The pack's name.
    pub pack: String,
    test: OnceLock<Compiled<Test>>,
    speech: OnceLock<Compiled<Speech>>,
}

type Compiled<T> = Result<T, Vec<Mistake>>;

impl Rule {
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
    pub fn compile(&self, vocabulary: Option<&Vocabulary>) -> Result<(), Vec<Mistake>> {
        let test = self
            .test
            .get_or_init(|| compile_test(&self.draft, vocabulary));
        let speech = self
            .speech
            .get_or_init(|| compile_speech(&self.draft, test.as_ref().ok(), vocabulary));
        let mistakes = [test.as_ref().err(), speech.as_ref().err()];
        let mistakes: Vec<Mistake> = mistakes.into_iter().flatten().flatten().cloned().collect();
        if mistakes.is_empty() {
            Ok(())
        } else {
            Err(mistakes)
        }
    }

    /// What decides whether the rule holds.
    pub(super) fn test(&self) -> Result<&Test, &[Mistake]> {
        self.test
            .get_or_init(|| compile_test(&self.draft, None))
            .as_ref()
            .map_err(Vec::as_slice)
    }

    /// What the rule says where it does not hold: compiled only then.
    pub(super) fn speech(&self, test: &Test) -> Result<&Speech, &[Mistake]> {
        self.speech
            .get_or_init(|| compile_speech(&self.draft, Some(test), None))
            .as_ref()
            .map_err(Vec::as_slice)
    }
}

/// What decides whether a rule holds.
#[derive(Debug)]
pub(super) struct Test {
    pub(super) lets: Vec<Expr>,
    pub(super) when: Option<Expr>,
    pub(super) assert: Expr,
}

/// What a rule says where it does not hold.
#[derive(Debug)]
pub(super) struct Speech {
    pub(super) cases: Vec<CaseBody>,
    pub(super) message: Vec<(Option<Expr>, Template)>,
    pub(super) help: Vec<(Option<Expr>, Template)>,
    pub(super) at: Vec<(Option<Expr>, Place)>,
    pub(super) labels: Vec<LabelBody>,
    pub(super) fixes: Vec<FixBody>,
}

#[derive(Debug)]
pub(super) struct CaseBody {
    pub(super) when: Option<Expr>,
    pub(super) message: Template,
    pub(super) help: Option<Template>,
    pub(super) at: Option<Place>,
    pub(super) fixes: Vec<FixBody>,
}

#[derive(Debug)]
pub(super) struct LabelBody {
    pub(super) when: Option<Expr>,
    pub(super) each: Option<Expr>,
    pub(super) at: Place,
    pub(super) text: Template,
}

#[derive(Debug)]
pub(super) struct FixBody {
    pub(super) when: Option<Expr>,
    pub(super) safety: Safety,
    pub(super) title: Option<Template>,
    pub(super) edits: Vec<(Option<Expr>, Edit)>,
}

#[derive(Debug)]
pub(super) enum Edit {
    Set {
        fact: FactReference,
        /// The type of the fact, where it is known.
        ty: Option<Type>,
        to: Expr,
    },
    Rename {
        fact: FactReference,
        to: Expr,
    },
    Remove(FactReference),
    MoveAbove(FactReference),
}

fn compile_test(draft: &RuleDraft, vocabulary: Option<&Vocabulary>) -> Compiled<Test> {
    let mut compiler = Compiler::new(draft, vocabulary);
    let test = compiler.test(draft);
    compiler.finish(test)
}

/// Compiles the texts; after a mistake in the test nothing is known of the kinds of its `let`s.
fn compile_speech(
    draft: &RuleDraft,
    test: Option<&Test>,
    vocabulary: Option<&Vocabulary>,
) -> Compiled<Speech> {
    let mut compiler = Compiler::new(draft, vocabulary);
    let kind = |at: usize| test.map_or(Kind::Any, |t| t.lets[at].kind.clone());
    let lets = draft.lets.iter().enumerate();
    compiler.names.lets = lets
        .map(|(at, (name, _))| (name.clone(), kind(at)))
        .collect();
    let speech = compiler.speech(draft);
    compiler.finish(speech)
}

/// Collects every mistake of a rule; each part is `None` where it has one.
struct Compiler<'v> {
    names: Names<'v>,
    mistakes: Vec<Mistake>,
}

impl<'v> Compiler<'v> {
    fn new(draft: &'v RuleDraft, vocabulary: Option<&'v Vocabulary>) -> Self {
        let names = Names {
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

    fn finish<T>(self, whole: Option<T>) -> Compiled<T> {
        match whole {
            Some(whole) if self.mistakes.is_empty() => Ok(whole),
            _ => Err(self.mistakes),
        }
    }

    fn test(&mut self, draft: &RuleDraft) -> Option<Test> {
        let lets: Vec<Option<Expr>> = draft.lets.iter().map(|(n, e)| self.named(n, e)).collect();
        let when = self.optional(draft.when.as_ref());
        let assert = self.expr(&draft.assert, Some(Type::Bool));
        Some(Test {
            lets: lets.into_iter().collect::<Option<_>>()?,
            when: when?,
            assert: assert?,
        })
    }

    fn speech(&mut self, draft: &RuleDraft) -> Option<Speech> {
        let cases = self.each(&draft.cases, Self::case);
        let message = self.each(&draft.message, Self::text_variant);
        let help = self.each(&draft.help, Self::text_variant);
        let at = self.each(&draft.at, Self::place_variant);
        let labels = self.each(&draft.labels, Self::label);
        let fixes = self.each(&draft.fixes, Self::fix);
        Some(Speech {
            cases: cases?,
            message: message?,
            help: help?,
            at: at?,
            labels: labels?,
            fixes: fixes?,
        })
    }

    /// Compiles all items, so that all mistakes are found, and only then asks whether all are well.
    fn each<I, O>(&mut self, items: &[I], f: fn(&mut Self, &I) -> Option<O>) -> Option<Vec<O>> {
        let all: Vec<Option<O>> = items.iter().map(|i| f(self, i)).collect();
        all.into_iter().collect()
    }

    fn expr(&mut self, text: &Excerpt, wanted: Option<Type>) -> Option<Expr> {
        match compile::expression(text.text(), &mut self.names, wanted) {
            Ok(expr) => Some(expr),
            Err(faults) => {
                let mistakes = faults.into_iter().map(|f| Mistake::of(text, f));
                self.mistakes.extend(mistakes);
                None
            }
        }
    }

    /// A condition that may be missing: the outer `None` is a mistake.
    #[expect(clippy::option_option, reason = "a mistake and no condition differ")]
    fn optional(&mut self, text: Option<&Excerpt>) -> Option<Option<Expr>> {
        match text {
            None => Some(None),
            Some(text) => self.expr(text, Some(Type::Bool)).map(Some),
        }
    }

    fn named(&mut self, name: &str, text: &Excerpt) -> Option<Expr> {
        let taken = name == "params"
            || name == self.names.subject.as_str()
            || self.names.lets.iter().any(|(n, _)| n == name);
        if taken {
            let message = format!("`{name}` is already defined");
            self.mistakes.push(Mistake::new(text.span_all(), message));
        }
        let expr = self.expr(text, None);
        let kind = expr.as_ref().map_or(Kind::Any, |e| e.kind.clone());
        if !taken {
            self.names.lets.push((name.to_owned(), kind));
        }
        expr
    }

    fn template(&mut self, text: &Excerpt) -> Option<Template> {
        match Template::compile(text, &mut self.names) {
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
            message: message?,
            help: help?.pop(),
            at: at?.pop(),
            fixes: fixes?,
        })
    }

    fn text_variant(&mut self, variant: &Variant) -> Option<(Option<Expr>, Template)> {
        let when = self.optional(variant.when.as_ref());
        let text = self.template(&variant.text);
        Some((when?, text?))
    }

    fn place_variant(&mut self, variant: &Variant) -> Option<(Option<Expr>, Place)> {
        let when = self.optional(variant.when.as_ref());
        let place = self.place(&variant.text);
        Some((when?, place?))
    }

    fn path(&mut self, text: &Excerpt) -> Option<(Named, Kind)> {
        match compile::path(text.text(), &self.names) {
            Ok(found) => Some(found),
            Err(faults) => {
                let mistakes = faults.into_iter().map(|f| Mistake::of(text, f));
                self.mistakes.extend(mistakes);
                None
            }
        }
    }

    fn place(&mut self, text: &Excerpt) -> Option<Place> {
        match self.path(text)?.0 {
            Named::Fact(fact) => Some(Place::Fact(fact)),
            Named::Subject(subject) => Some(Place::Subject(subject)),
            _ => None,
        }
    }

    fn fact(&mut self, text: &Excerpt) -> Option<(FactReference, Kind)> {
        match self.path(text)? {
            (Named::Fact(fact), kind) => Some((fact, kind)),
            _ => {
                let mistake = Mistake::new(text.span_all(), "a fix must change a fact");
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

    fn variable(&mut self, name: &str, list: &Excerpt) -> Option<Expr> {
        let expr = self.expr(list, None)?;
        let item = match &expr.kind {
            Kind::List(item) => (**item).clone(),
            Kind::Any => Kind::Any,
            other => {
                let message = format!("`each` requires a list, not a {}", other.as_str());
                self.mistakes.push(Mistake::new(list.span_all(), message));
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

    fn edit(&mut self, draft: &EditDraft) -> Option<(Option<Expr>, Edit)> {
        let when = self.optional(draft.when.as_ref());
        let edit = match &draft.operation {
            OperationDraft::Set { path, to } => self.set(path, to),
            OperationDraft::Rename { path, to } => {
                let (fact, to) = (self.fact(path), self.expr(to, Some(Type::Text)));
                fact.zip(to)
                    .map(|((fact, _), to)| Edit::Rename { fact, to })
            }
            OperationDraft::Remove { path } => self.fact(path).map(|(f, _)| Edit::Remove(f)),
            OperationDraft::MoveAbove { path } => self.fact(path).map(|(f, _)| Edit::MoveAbove(f)),
        };
        Some((when?, edit?))
    }

    fn set(&mut self, path: &Excerpt, to: &Excerpt) -> Option<Edit> {
        let fact = self.fact(path);
        let value = self.expr(to, None);
        let ((fact, kind), value) = fact.zip(value)?;
        let switch_word = kind.is(Type::Bool) && value.kind.is(Type::Text);
        if !kind.comparable(&value.kind) && !switch_word {
            let (is, to_be) = (kind.with_article(), value.kind.with_article());
            let message = format!("{is} cannot be set to {to_be}");
            self.mistakes.push(Mistake::new(to.span_all(), message));
            return None;
        }
        if let (Some(words), Node::Literal(Val::Text(word))) = (kind.words(), &value.node)
            && !words.contains(word)
        {
            let message = format!("`{word}` is not an allowed value");
            let help = nearest::help(word, words.iter().map(String::as_str));
            let mistake = Mistake::new(to.span_all(), message).with_help(help);
            self.mistakes.push(mistake);
            return None;
        }
        let ty = type_of(&kind);
        Some(Edit::Set {
            fact,
            ty,
            to: value,
        })
    }
}
