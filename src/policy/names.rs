//! Resolves the names in an expression: facts, relations, parameters, `let` names and macro
//! variables.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::facts::estate::SubjectKind;
use crate::facts::fact_path::FactPath;
use crate::facts::vocabulary::{FactType, Vocabulary};
use crate::nearest;
use crate::policy::kind::ExpressionKind;
use crate::policy::param::RuleParam;
use crate::policy::syntax::{
    CelOperator, ExpressionFault, ExpressionForm, ExpressionTree, PathSegment,
};

/// Where a path starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PathRoot {
    /// The subject that the rule is about.
    Subject,
    /// A variable of a macro or of `each`, by its depth.
    Variable(usize),
}

/// A subject: the root, or what a number of relations lead to from there.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SubjectPath {
    pub(super) root: PathRoot,
    /// The kind of each subject on the way; every relation to one subject leads to its `server`.
    pub(super) hops: usize,
    pub(super) kind: SubjectKind,
}

/// A fact of a subject, as an expression names it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct FactReference {
    pub(super) subject: SubjectPath,
    pub(super) fact: FactPath,
}

impl FactReference {
    /// The fact's name as people say it: a directive's name, else the path.
    pub(super) fn display_name(&self) -> &str {
        self.fact.name()
    }

    /// The last word of the path, for a fact that no library has an own word for.
    pub(super) fn last_word(&self) -> &str {
        match &self.fact {
            FactPath::Conf(name) => name,
            other => other.name().rsplit('.').next().unwrap_or_default(),
        }
    }
}

/// What a path names.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum NamedThing {
    Fact(FactReference),
    Subject(SubjectPath),
    /// The list of subjects of this kind that are related to one.
    Related(SubjectPath, SubjectKind),
    Param(String),
    Let(usize),
    /// A macro's variable that is no subject.
    Variable(usize),
}

/// Everything that an expression of a rule may name.
pub(super) struct RuleNames<'a> {
    pub(super) subject: SubjectKind,
    /// `None`: names of directives and options are taken on trust (the built-in pack, which tests
    /// check against the vocabulary).
    pub(super) vocabulary: Option<&'a Vocabulary>,
    pub(super) params: &'a BTreeMap<String, RuleParam>,
    pub(super) lets: Vec<(String, ExpressionKind)>,
    pub(super) variables: Vec<(String, ExpressionKind)>,
}

/// Why a name means nothing, and what could have been meant.
pub(super) struct UnknownName {
    pub(super) message: String,
    pub(super) help: String,
}

impl UnknownName {
    pub(super) fn fault(self, range: &Range<usize>) -> ExpressionFault {
        ExpressionFault::new(range.clone(), self.message).with_help(self.help)
    }
}

impl RuleNames<'_> {
    /// What a path names, with its kind.
    pub(super) fn resolve(
        &self,
        path: &[PathSegment],
    ) -> Result<(NamedThing, ExpressionKind), UnknownName> {
        let (first, rest) = path.split_first().ok_or_else(|| self.unknown_root(""))?;
        if let Some(depth) = self.variables.iter().rposition(|(n, _)| *n == first.word) {
            let kind = self.variables[depth].1.clone();
            return self.after_variable(depth, kind, rest);
        }
        if let Some(index) = self.lets.iter().position(|(n, _)| *n == first.word) {
            expect_end(rest)?;
            return Ok((NamedThing::Let(index), self.lets[index].1.clone()));
        }
        if first.word == "params" {
            return self.param(rest);
        }
        if first.word != self.subject.as_str() {
            return Err(self.unknown_root(&first.word));
        }
        let subject = SubjectPath {
            root: PathRoot::Subject,
            hops: 0,
            kind: self.subject,
        };
        self.after_subject(subject, rest)
    }

    fn after_variable(
        &self,
        depth: usize,
        kind: ExpressionKind,
        rest: &[PathSegment],
    ) -> Result<(NamedThing, ExpressionKind), UnknownName> {
        if let ExpressionKind::Subject(kind) = kind {
            let subject = SubjectPath {
                root: PathRoot::Variable(depth),
                hops: 0,
                kind,
            };
            return self.after_subject(subject, rest);
        }
        expect_end(rest)?;
        Ok((NamedThing::Variable(depth), kind))
    }

    fn after_subject(
        &self,
        mut subject: SubjectPath,
        mut rest: &[PathSegment],
    ) -> Result<(NamedThing, ExpressionKind), UnknownName> {
        while let Some((first, tail)) = rest.split_first()
            && let Some(kind) = Vocabulary::relation(subject.kind, &first.word)
        {
            subject.hops += 1;
            subject.kind = kind;
            rest = tail;
        }
        if let [only] = rest
            && let Some(kind) = Vocabulary::relations(subject.kind, &only.word)
        {
            let list = ExpressionKind::List(Box::new(ExpressionKind::Subject(kind)));
            return Ok((NamedThing::Related(subject, kind), list));
        }
        if rest.is_empty() {
            let kind = ExpressionKind::Subject(subject.kind);
            return Ok((NamedThing::Subject(subject), kind));
        }
        self.fact(subject, rest)
    }

    fn fact(
        &self,
        subject: SubjectPath,
        rest: &[PathSegment],
    ) -> Result<(NamedThing, ExpressionKind), UnknownName> {
        let of = subject.kind;
        let known = fact_at(of, rest).and_then(|fact| Some((self.kind_of(&fact)?, fact)));
        let Some((kind, fact)) = known else {
            let vocabulary = self.vocabulary.cloned().unwrap_or_default();
            return Err(unknown_fact(&vocabulary, of, rest));
        };
        Ok((NamedThing::Fact(FactReference { subject, fact }), kind))
    }

    fn kind_of(&self, fact: &FactPath) -> Option<ExpressionKind> {
        match (self.vocabulary, fact.entry()) {
            (None, Some(entry)) => Some(ExpressionKind::of_fact(entry.ty, entry.words)),
            (None, None) => Some(ExpressionKind::Any),
            (Some(vocabulary), _) => {
                let ty = vocabulary.type_of(fact)?;
                Some(ExpressionKind::of_fact(ty, &vocabulary.words(fact)))
            }
        }
    }

    fn param(&self, rest: &[PathSegment]) -> Result<(NamedThing, ExpressionKind), UnknownName> {
        let names = || self.params.keys().map(String::as_str);
        let Some((first, rest)) = rest.split_first() else {
            return Err(UnknownName {
                message: "`params` alone is not a value".to_owned(),
                help: format!("write `params.NAME`; {}", nearest::help("", names())),
            });
        };
        expect_end(rest)?;
        match self.params.get(&first.word) {
            Some(param) => Ok((
                NamedThing::Param(first.word.clone()),
                ExpressionKind::of(param.ty),
            )),
            None => Err(UnknownName {
                message: format!("the rule has no parameter `{}`", first.word),
                help: if self.params.is_empty() {
                    format!(
                        "declare it: `params: {{ {}: {{ type: int, default: 1 }} }}`",
                        first.word
                    )
                } else {
                    nearest::help(&first.word, names())
                },
            }),
        }
    }

    fn unknown_root(&self, word: &str) -> UnknownName {
        let known = [self.subject.as_str(), "params"].into_iter();
        let own = self.lets.iter().chain(&self.variables);
        let known: Vec<&str> = known.chain(own.map(|(n, _)| n.as_str())).collect();
        let subject = self.subject.as_str();
        let is_kind = SubjectKind::ALL.iter().any(|kind| kind.as_str() == word);
        let message = if is_kind {
            format!("`{word}` is not available here: the rule's subject is `{subject}`")
        } else {
            format!("unknown name `{word}`")
        };
        let mut help = nearest::help(word, known);
        if !is_kind && nearest::nearest(word, [subject]).is_none() {
            help.push_str("; strings must be quoted");
        }
        UnknownName { message, help }
    }

    /// `server.conf.maxmemory-policy`, which is a subtraction: the name as it was meant.
    pub(super) fn find_dashed(&self, tree: &ExpressionTree) -> Option<ExpressionFault> {
        let name = dashed(tree)?;
        let vocabulary = self.vocabulary?;
        let directive =
            vocabulary.directives.contains_key(&name) || vocabulary.aliases.contains_key(&name);
        directive.then(|| {
            let fault =
                ExpressionFault::new(tree.range.clone(), "`-` between names is a subtraction");
            fault.with_help(format!("write {}", FactPath::Conf(name)))
        })
    }

    /// `server.conf[maxmemory]`: a key that lacks its quotes.
    pub(super) fn find_unquoted(
        &self,
        map: &ExpressionTree,
        key: &ExpressionTree,
    ) -> Option<ExpressionFault> {
        let (ExpressionForm::Path(path), ExpressionForm::Path(key_path)) = (&map.form, &key.form)
        else {
            return None;
        };
        let [only] = key_path.as_slice() else {
            return None;
        };
        let no_list = self.resolve(path).is_err() && self.resolve(key_path).is_err();
        no_list.then(|| {
            let fault =
                ExpressionFault::new(key.range.clone(), "a name in brackets must be quoted");
            fault.with_help(format!("write [\"{}\"]", only.word))
        })
    }

    /// What to write instead of a fact's name in quotes.
    pub(super) fn suggest_unquoted(&self, text: &str) -> String {
        let subject = self.subject.as_str();
        match self.vocabulary {
            Some(known)
                if self.subject == SubjectKind::Server && known.directives.contains_key(text) =>
            {
                format!("write `{subject}.{}`", FactPath::Conf(text.to_owned()))
            }
            _ => format!("use a path: `{subject}.FACT`"),
        }
    }

    /// The default of a parameter that is a text.
    pub(super) fn default_text(&self, param: &str) -> Option<&str> {
        self.params.get(param)?.default.as_text()
    }
}

/// The directive's name that a chain of subtractions spells: `conf.io-threads`.
fn dashed(tree: &ExpressionTree) -> Option<String> {
    match &tree.form {
        ExpressionForm::Operator(CelOperator::Subtract, parts) => match parts.as_slice() {
            [one, two] => match (&two.form, dashed(one)) {
                (ExpressionForm::Path(path), Some(start)) if path.len() == 1 => {
                    Some(format!("{start}-{}", path[0].word))
                }
                _ => None,
            },
            _ => None,
        },
        ExpressionForm::Path(path) => match path.as_slice() {
            [.., map, last] if map.word == "conf" && !last.key => Some(last.word.clone()),
            _ => None,
        },
        _ => None,
    }
}

fn expect_end(rest: &[PathSegment]) -> Result<(), UnknownName> {
    match rest.first() {
        None => Ok(()),
        Some(segment) => Err(UnknownName {
            message: format!("cannot select `{}`", segment.word),
            help: "only subjects have facts".to_owned(),
        }),
    }
}

/// The fact of a kind that a path names; what is no listed fact of a client is an option. `conf.NAME`
/// is taken as `conf["NAME"]`, which is the same in CEL.
fn fact_at(kind: SubjectKind, segments: &[PathSegment]) -> Option<FactPath> {
    if let (SubjectKind::Server, [map, key]) = (kind, segments)
        && map.word == "conf"
    {
        return Some(FactPath::Conf(key.word.clone()));
    }
    let path = spell_path(segments);
    let option = || (kind == SubjectKind::Client).then_some(FactPath::Option(path.clone()));
    Vocabulary::find_listed(kind, &path).or_else(option)
}

/// The path as facts are spelled: words with dots, keys in brackets.
fn spell_path(segments: &[PathSegment]) -> String {
    if let [map, key] = segments
        && map.word == "conf"
    {
        return FactPath::Conf(key.word.clone()).to_string();
    }
    let mut path = String::new();
    for segment in segments {
        match (segment.key, path.is_empty()) {
            (true, _) => path.push_str(&format!("[\"{}\"]", segment.word)),
            (false, true) => path.push_str(&segment.word),
            (false, false) => path.push_str(&format!(".{}", segment.word)),
        }
    }
    path
}

fn unknown_fact(
    vocabulary: &Vocabulary,
    kind: SubjectKind,
    segments: &[PathSegment],
) -> UnknownName {
    if let Some(FactPath::Conf(directive)) = fact_at(kind, segments) {
        return unknown_directive(vocabulary, &directive);
    }
    let path = spell_path(segments);
    let path = path.as_str();
    let subject = kind.as_str();
    let message = format!("a {subject} has no fact `{path}`");
    let first = path.split(['.', '[']).next().unwrap_or(path);
    if let Some(of) = Vocabulary::relations(kind, first) {
        let rest = path.strip_prefix(first).unwrap_or("");
        let help = format!(
            "`{subject}.{first}` is a list: ask each {} in it, `{subject}.{first}.all(x, x{rest} > 1)`",
            of.as_str()
        );
        return UnknownName { message, help };
    }
    let all = vocabulary.facts(kind);
    let named = all.iter().filter(|fact| !is_directive(fact));
    let mut listed: Vec<String> = named.map(FactPath::to_string).collect();
    if kind == SubjectKind::Server {
        listed.push("conf[\"DIRECTIVE\"]".to_owned());
    }
    for word in ["server", "clients"] {
        let related = Vocabulary::relation(kind, word).or(Vocabulary::relations(kind, word));
        listed.extend(related.map(|_| word.to_owned()));
    }
    let listed = || listed.iter().map(String::as_str);
    let meant = by_a_part(&all, path);
    if meant.is_empty() || nearest::nearest(path, listed()).is_some() {
        let help = nearest::help(path, listed());
        return UnknownName { message, help };
    }
    let meant: Vec<String> = meant
        .iter()
        .map(|path| format!("`{subject}.{path}`"))
        .collect();
    let help = format!("did you mean {}?", meant.join(" or "));
    UnknownName { message, help }
}

fn unknown_directive(vocabulary: &Vocabulary, directive: &str) -> UnknownName {
    if let Some(name) = vocabulary.aliases.get(directive) {
        return UnknownName {
            message: format!("`{directive}` is an alias of the directive `{name}`"),
            help: format!(
                "use `{}`; it has the value under either name",
                FactPath::Conf(name.clone())
            ),
        };
    }
    let names = vocabulary.directives.keys().map(String::as_str);
    let help = match nearest::nearest(directive, names) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "run `redvet schema facts` to list all facts and directives".to_owned(),
    };
    UnknownName {
        message: format!("unknown directive `{directive}`"),
        help,
    }
}

/// The facts that a part of their name leads to: `memory` without its `limits`, `image` without a
/// further word, a directive without `conf` or with `_`.
fn by_a_part(facts: &[FactPath], path: &str) -> Vec<String> {
    const MAX_LISTED: usize = 6;
    let plain = |path: &str| -> String {
        let letters = path.chars().filter(|c| c.is_alphanumeric());
        letters.flat_map(char::to_lowercase).collect()
    };
    let last = path.rsplit(['.', '[']).next().unwrap_or(path);
    let (all, last, inside) = (plain(path), plain(last), format!("{path}."));
    let end = |p: &str| {
        p.rsplit_once('.')
            .map_or(String::new(), |(_, name)| plain(name))
    };
    let is = |test: &dyn Fn(&FactPath) -> bool| -> Vec<String> {
        let found = facts.iter().filter(|fact| test(fact));
        found.map(FactPath::to_string).collect()
    };
    let tests: [&dyn Fn(&FactPath) -> bool; 4] = [
        &|fact| plain(fact.plain_name()) == all,
        &|fact| !is_directive(fact) && fact.plain_name().starts_with(&inside),
        &|fact| plain(fact.plain_name()) == last,
        &|fact| !is_directive(fact) && end(fact.plain_name()) == last,
    ];
    let found = tests
        .iter()
        .map(|test| is(*test))
        .find(|found| !found.is_empty());
    found
        .filter(|found| found.len() <= MAX_LISTED)
        .unwrap_or_default()
}

fn is_directive(fact: &FactPath) -> bool {
    matches!(fact, FactPath::Conf(_))
}

/// The type that a kind stands for when a datum must be written.
pub(super) fn type_of(kind: &ExpressionKind) -> Option<FactType> {
    match kind {
        ExpressionKind::Of(ty) => Some(*ty),
        ExpressionKind::Word(_) => Some(FactType::Text),
        ExpressionKind::List(_) => Some(FactType::List),
        ExpressionKind::Subject(_) | ExpressionKind::Any => None,
    }
}
