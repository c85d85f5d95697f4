//! The rules of one or more packs, and the pack-wide settings: excluded paths and the audience of
//! rules.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use crate::facts::estate::SubjectKind;
use crate::facts::vocabulary::{FactType, Vocabulary};
use crate::finding::Consequence;
use crate::nearest;
use crate::policy::compile;
use crate::policy::names::RuleNames;
use crate::policy::param::RuleParam;
use crate::policy::rule::CompiledRule;
use crate::policy::rule_source::{FormerId, RuleMistake, RuleProfile};
use crate::policy::settings::QuietPatterns;
use crate::policy::typed::TypedExpr;
use crate::source::Excerpt;

/// What a pack says of itself.
#[derive(Debug, Default)]
pub struct RulePack {
    pub name: String,
    pub version: String,
    pub description: String,
    /// What every id of the pack begins with.
    pub namespace: Option<String>,
    /// The profile of rules that name none.
    pub profile: Option<RuleProfile>,
    /// The address of a rule's page; `{id}` stands for the rule's id.
    pub url: Option<String>,
    /// Where its rules are quiet.
    pub quiet: QuietPatterns,
    pub audiences: BTreeMap<String, Audience>,
    /// What its rules may name as their consequence, the worst first.
    pub consequences: Vec<NamedConsequence>,
}

/// What a fault may do to its subject: the words after "1 server" and after "2 servers".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedConsequence {
    pub name: String,
    pub one: String,
    pub many: String,
}

/// Whom a rule is for.
#[derive(Debug, Default)]
pub struct Audience {
    /// Parameters that every rule for this audience has.
    pub params: BTreeMap<String, RuleParam>,
    /// For a kind of subject: true where the subject is known to be outside the audience.
    outside: BTreeMap<SubjectKind, PathsOutside>,
}

#[derive(Debug)]
struct PathsOutside {
    text: Excerpt,
    expr: OnceLock<Result<TypedExpr, Vec<RuleMistake>>>,
}

impl Audience {
    pub fn new(
        params: BTreeMap<String, RuleParam>,
        outside: impl IntoIterator<Item = (SubjectKind, Excerpt)>,
    ) -> Self {
        let outside = outside.into_iter().map(|(kind, text)| {
            let expr = OnceLock::new();
            (kind, PathsOutside { text, expr })
        });
        Self {
            params,
            outside: outside.collect(),
        }
    }

    /// Checks every condition against the vocabulary.
    pub fn check(&self, vocabulary: &Vocabulary) -> Result<(), Vec<RuleMistake>> {
        let mut mistakes = Vec::new();
        for (kind, outside) in &self.outside {
            let expr = self.compile(*kind, &outside.text, Some(vocabulary));
            if let Err(found) = outside.expr.get_or_init(|| expr) {
                mistakes.extend(found.iter().cloned());
            }
        }
        if mistakes.is_empty() {
            Ok(())
        } else {
            Err(mistakes)
        }
    }

    /// The condition for subjects of a kind.
    pub(super) fn outside(&self, kind: SubjectKind) -> Option<&TypedExpr> {
        let outside = self.outside.get(&kind)?;
        let expr = outside
            .expr
            .get_or_init(|| self.compile(kind, &outside.text, None));
        expr.as_ref().ok()
    }

    fn compile(
        &self,
        subject: SubjectKind,
        text: &Excerpt,
        vocabulary: Option<&Vocabulary>,
    ) -> Result<TypedExpr, Vec<RuleMistake>> {
        let mut names = RuleNames {
            subject,
            vocabulary,
            params: &self.params,
            lets: Vec::new(),
            variables: Vec::new(),
        };
        compile::expression(text.text(), &mut names, Some(FactType::Bool)).map_err(|faults| {
            faults
                .into_iter()
                .map(|f| RuleMistake::of(text, f))
                .collect()
        })
    }
}

/// All rules of a run, by id.
#[derive(Debug, Default)]
pub struct RuleSet {
    rules: BTreeMap<String, CompiledRule>,
    packs: Vec<RulePack>,
    /// Ids that rules had before, each with the one that it was replaced by.
    former: BTreeMap<String, String>,
}

impl RuleSet {
    /// Adds a pack and its rules; a rule for an audience gets the audience's parameters too, which
    /// may come from a pack that was added before. An id that is taken and an audience that no pack
    /// knows are mistakes.
    pub fn add(
        &mut self,
        pack: RulePack,
        rules: Vec<CompiledRule>,
    ) -> Result<(), Vec<RuleMistake>> {
        let mut mistakes = Vec::new();
        self.packs.push(pack);
        for mut rule in rules {
            mistakes.extend(self.join_audience(&mut rule));
            mistakes.extend(self.unknown_consequences(&rule));
            if let Some(taken) = self.rules.get(rule.id()) {
                let message = format!("pack `{}` also has a rule `{}`", taken.pack, rule.id());
                let at = rule.draft.texts().first().map(|text| text.span_all());
                mistakes.extend(at.map(|at| RuleMistake::new(at, message)));
                continue;
            }
            self.rules.insert(rule.id().to_owned(), rule);
        }
        if mistakes.is_empty() {
            Ok(())
        } else {
            Err(mistakes)
        }
    }

    /// Gives a rule its audience's parameters.
    fn join_audience(&self, rule: &mut CompiledRule) -> Option<RuleMistake> {
        let named = rule.draft.audience.as_ref()?;
        let Some(audience) = self.audience_named(named.text(), &rule.pack) else {
            let names: BTreeSet<&str> = self
                .packs
                .iter()
                .flat_map(|p| p.audiences.keys().map(String::as_str))
                .collect();
            let message = format!("unknown audience `{}`", named.text());
            let mistake = RuleMistake::new(named.span_all(), message);
            return Some(mistake.with_help(nearest::help(named.text(), names)));
        };
        for (name, param) in &audience.params {
            let params = &mut rule.draft.params;
            params.entry(name.clone()).or_insert_with(|| param.clone());
        }
        None
    }

    /// The names of consequences that no pack lists.
    fn unknown_consequences(&self, rule: &CompiledRule) -> Vec<RuleMistake> {
        let names = || {
            let listed = self.packs.iter().flat_map(|pack| &pack.consequences);
            listed.map(|listed| listed.name.as_str())
        };
        let named = rule.draft.consequence.iter().map(|variant| &variant.text);
        let unknown = named.filter(|text| !names().any(|name| name == text.text().trim()));
        let mistake = |text: &Excerpt| {
            let name = text.text().trim();
            let message = format!("unknown consequence `{name}`");
            RuleMistake::new(text.span_all(), message).with_help(nearest::help(name, names()))
        };
        unknown.map(mistake).collect()
    }

    /// What a name of a consequence says: its own pack's before another's.
    pub(super) fn consequence(&self, rule: &CompiledRule, name: &str) -> Option<Consequence> {
        let listed = self
            .packs
            .iter()
            .flat_map(|pack| pack.consequences.iter().map(move |listed| (pack, listed)))
            .enumerate()
            .filter(|(_, (_, listed))| listed.name == name);
        let (rank, (_, listed)) = listed.min_by_key(|(_, (pack, _))| pack.name != rule.pack)?;
        Some(Consequence {
            rank,
            one: listed.one.clone(),
            many: listed.many.clone(),
        })
    }

    /// Adds ids that rules had before. Each must lead to a rule that was added, and be no rule's.
    pub fn add_former(&mut self, former: &[FormerId]) -> Result<(), Vec<RuleMistake>> {
        let mut mistakes = Vec::new();
        for one in former {
            let (id, new) = (one.id.text().trim(), one.replaced_by.text().trim());
            if let Some(taken) = self.rules.get(id) {
                let message = format!("pack `{}` has a rule `{id}`", taken.pack);
                mistakes.push(RuleMistake::new(one.id.span_all(), message));
            }
            self.former.insert(id.to_owned(), new.to_owned());
        }
        for one in former {
            if self.current(one.id.text().trim()).is_none() {
                let new = one.replaced_by.text().trim();
                let message = if self.former.contains_key(new) {
                    format!("`{new}` was replaced too, and the chain does not end at a rule")
                } else {
                    format!("unknown rule `{new}`")
                };
                let mistake = RuleMistake::new(one.replaced_by.span_all(), message);
                let help = self.help_for(new).unwrap_or_else(|| {
                    "use the current rule id; run `redvet rules list` to see all rules".to_owned()
                });
                mistakes.push(mistake.with_help(help));
            }
        }
        if mistakes.is_empty() {
            Ok(())
        } else {
            Err(mistakes)
        }
    }

    /// The id that an id stands for today: its own, or the one that replaced it.
    pub fn current<'a>(&'a self, id: &'a str) -> Option<&'a str> {
        let mut at = id;
        // A circle of replacements ends here, too.
        for _ in 0..=self.former.len() {
            if self.rules.contains_key(at) {
                return Some(at);
            }
            at = self.former.get(at)?;
        }
        None
    }

    /// Every former id with the id of today.
    pub fn former(&self) -> impl Iterator<Item = (&str, &str)> {
        self.former
            .keys()
            .filter_map(|old| Some((old.as_str(), self.current(old)?)))
    }

    pub fn rules(&self) -> impl Iterator<Item = &CompiledRule> {
        self.rules.values()
    }

    pub fn get(&self, id: &str) -> Option<&CompiledRule> {
        self.rules.get(id)
    }

    pub fn len(&self) -> usize {
        self.rules.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    pub fn packs(&self) -> &[RulePack] {
        &self.packs
    }

    /// A help text for an id that no rule has.
    pub fn help_for(&self, id: &str) -> Option<String> {
        let near = nearest::nearest(id, self.rules.keys().map(String::as_str))?;
        Some(format!("did you mean `{near}`?"))
    }

    /// The audience of a rule: its own pack's, else another pack's of that name.
    pub(super) fn audience(&self, rule: &CompiledRule) -> Option<&Audience> {
        self.audience_named(rule.draft.audience.as_ref()?.text(), &rule.pack)
    }

    fn audience_named(&self, name: &str, pack: &str) -> Option<&Audience> {
        let own = self.pack(pack).and_then(|p| p.audiences.get(name));
        own.or_else(|| self.packs.iter().find_map(|p| p.audiences.get(name)))
    }

    /// The address of a rule's page.
    pub(super) fn url(&self, rule: &CompiledRule) -> Option<String> {
        let url = self.pack(&rule.pack)?.url.as_deref()?;
        Some(url.replace("{id}", rule.id()))
    }

    pub(super) fn pack(&self, name: &str) -> Option<&RulePack> {
        self.packs.iter().find(|p| p.name == name)
    }
}
