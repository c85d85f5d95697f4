//! Builds a violation: its message, place, help, labels and fix. Parts that depend on unknown
//! values are left out.

use std::collections::BTreeMap;

use crate::facts::edit_target::{EditTarget, TextEncoding};
use crate::facts::estate::{Estate, Subject, SubjectKind};
use crate::facts::fact_path::{DirectiveFact, ServerFact};
use crate::facts::intent::{FixIntent, IntentOperation};
use crate::facts::quantity;
use crate::facts::value::{Datum, Explicitness, FactValue, Strength};
use crate::facts::vocabulary::FactType;
use crate::finding::{
    Consequence, FaultCopy, Finding, FindingLabel, Severity, SubjectRef, UnsetSetting,
};
use crate::policy::kind::ExpressionKind;
use crate::policy::names::FactReference;
use crate::policy::outcome::CelValue;
use crate::policy::param;
use crate::policy::place::FindingPlace;
use crate::policy::rule::{CaseBody, CompiledRule, FixBody, FixOperation, LabelBody, RuleMessages};
use crate::policy::rule_source::RuleProfile;
use crate::policy::ruleset::RuleSet;
use crate::policy::scope::SubjectScope;
use crate::policy::template::MessageTemplate;
use crate::policy::typed::TypedExpr;
use crate::source::Span;

/// A rule that does not hold for a subject: the finding, and what its edits and its fingerprint are
/// made from where the sources and the former ids of rules are known.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleViolation {
    /// Without fix and fingerprints.
    pub finding: Finding,
    /// The subject's name in fingerprints.
    pub identity: String,
    /// The directive or option that it is about, for fingerprints; empty for a whole subject.
    pub about: String,
    /// The value that it stands on, normalised, for fingerprints.
    pub value_class: String,
    pub fix: Option<FixIntent>,
    /// The rules that report the same fault more precisely.
    pub yields_to: Vec<String>,
}

/// The name and image of a server that is deployed under a kind and a name; a text or a client has
/// none. Services of one name in unrelated projects that run other images are other servers.
fn object(subject: &Subject) -> Option<String> {
    let deployed = subject
        .fact(ServerFact::Deployed)
        .and_then(FactValue::known_datum);
    let is_object = subject.kind == SubjectKind::Server && deployed == Some(&Datum::Bool(true));
    let image = subject.fact(ServerFact::ImageReference);
    let image = image.and_then(FactValue::known_datum).map(param::show);
    is_object.then(|| format!("{} {}", subject.identity, image.unwrap_or_default()))
}

/// Whether a place is only where a value would be written.
fn stands_in(place: Option<&FindingPlace>, scope: &SubjectScope<'_>) -> bool {
    let Some(FindingPlace::Fact(fact)) = place else {
        return false;
    };
    let value = scope.value(fact, &[]).and_then(|(value, _)| value);
    value.is_none_or(|value| value.span().is_none())
}

/// A rule that fails, before its texts are made.
pub(super) struct FailedRule<'a> {
    pub(super) rule: &'a CompiledRule,
    pub(super) speech: &'a RuleMessages,
    pub(super) severity: Severity,
    pub(super) strength: Strength,
    pub(super) waivable: bool,
    /// The profile that it runs in.
    pub(super) profile: RuleProfile,
    pub(super) rules: &'a RuleSet,
}

impl<'a> FailedRule<'a> {
    /// `None` where the case that holds is one of a stricter profile.
    pub(super) fn verdict(self, scope: &SubjectScope<'_>) -> Option<RuleViolation> {
        let case = self.case(scope);
        if case
            .as_ref()
            .is_some_and(|(case, _)| case.profile > self.profile)
        {
            return None;
        }
        let (case, message) = case.map_or((None, None), |(case, text)| (Some(case), Some(text)));
        let (at, place) = self.place(case, scope);
        let (about, value_class) = self.fingerprint_parts(scope, place);
        let certain = self.strength == Strength::Certain;
        let finding = Finding {
            rule: self.rule.id().to_owned(),
            severity: severity(self.severity, certain),
            certain,
            waivable: self.waivable,
            message: message.unwrap_or_else(|| self.message(scope)),
            consequence: self.consequence(scope).filter(|_| certain),
            help: case
                .and_then(|case| case.help.as_ref()?.render(scope, &mut Vec::new()).ok())
                .or_else(|| first_text(&self.speech.help, scope)),
            primary: at,
            stands_in: stands_in(place, scope),
            unset: self.unset(case, place, scope),
            item: self.item(scope),
            object: object(scope.subject),
            labels: self.labels(scope),
            subject: subject_ref(scope.subject, scope.estate),
            also: Vec::new(),
            parts: Vec::new(),
            fix: None,
            fix_obstacle: None,
            fingerprint: String::new(),
            former: Vec::new(),
            suppressed: None,
            url: self.rules.url(self.rule),
        };
        Some(RuleViolation {
            finding,
            identity: scope.subject.identity.clone(),
            about,
            value_class,
            fix: self.fix(case, scope),
            yields_to: self.yields_to(scope),
        })
    }

    /// The first consequence that holds. A line that no server reads does nothing to anything.
    fn consequence(&self, scope: &SubjectScope<'_>) -> Option<Consequence> {
        let subject = scope.subject;
        if subject.kind == SubjectKind::Directive && subject.server.is_none() {
            return None;
        }
        let mut named = self.speech.consequence.iter();
        let (_, name) =
            named.find(|(when, _)| holds(when.as_ref(), scope, &mut Vec::new()) == Some(true))?;
        self.rules.consequence(self.rule, name)
    }

    /// The first case that holds and whose message is known, with the message.
    fn case(&self, scope: &SubjectScope<'_>) -> Option<(&'a CaseBody, String)> {
        let cases = self.speech.cases.iter();
        cases
            .filter(|case| holds(case.when.as_ref(), scope, &mut Vec::new()) == Some(true))
            .find_map(|case| Some((case, case.message.render(scope, &mut Vec::new()).ok()?)))
    }

    /// The first place that holds and exists, that of the case before those of the rule, else the
    /// subject's own.
    fn place(
        &self,
        case: Option<&'a CaseBody>,
        scope: &SubjectScope<'_>,
    ) -> (Span, Option<&'a FindingPlace>) {
        let of_rule = self
            .speech
            .at
            .iter()
            .filter(|(when, _)| holds(when.as_ref(), scope, &mut Vec::new()) == Some(true))
            .map(|(_, place)| place);
        let found = case
            .and_then(|case| case.at.as_ref())
            .into_iter()
            .chain(of_rule)
            .find_map(|place| Some((place.find(scope, &[])?, Some(place))));
        found.unwrap_or((scope.subject.anchor, None))
    }

    /// What it is called where a file's findings are one; unknown parts of it are as in a message.
    fn item(&self, scope: &SubjectScope<'_>) -> Option<String> {
        self.speech
            .item
            .as_ref()?
            .render(scope, &mut Vec::new())
            .ok()
    }

    fn yields_to(&self, scope: &SubjectScope<'_>) -> Vec<String> {
        let rules = self.speech.yields_to.iter();
        rules
            .filter(|(when, _)| holds(when.as_ref(), scope, &mut Vec::new()) == Some(true))
            .map(|(_, rule)| rule.clone())
            .collect()
    }

    /// The fact that the finding stands on, else the first one that it would stand on.
    fn own_place(&self, place: Option<&'a FindingPlace>) -> Option<&'a FindingPlace> {
        let of_cases = self.speech.cases.iter().filter_map(|case| case.at.as_ref());
        let of_rule = self.speech.at.iter().map(|(_, place)| place);
        place.or_else(|| of_cases.chain(of_rule).next())
    }

    /// The setting that the finding is about, if it is certainly not written.
    fn unset(
        &self,
        case: Option<&'a CaseBody>,
        place: Option<&'a FindingPlace>,
        scope: &SubjectScope<'_>,
    ) -> Option<UnsetSetting> {
        let Some(FindingPlace::Fact(fact)) = self.own_place(place) else {
            return None;
        };
        let value = value_of(fact, scope)?;
        let nobodys = matches!(
            value.written,
            Explicitness::No | Explicitness::MaybeElsewhere(_)
        );
        let is_unset = nobodys && value.span().is_none();
        if value.secret || !(is_unset || value.shipped) {
            return None;
        }
        let known = value
            .known_datum()
            .map(|datum| spell_datum(datum, &scope.edit_target(fact).unwrap_or_default()));
        Some(UnsetSetting {
            name: own_name(fact, scope).to_owned(),
            // A figure that moves with the machine is named by what it moves with.
            default: value.derived_from.clone().or(known),
            recommended: self.find_recommended(case, fact, scope),
            bundle: None,
        })
    }

    /// What the fix that holds would write, also where there is no place to write it.
    fn find_recommended(
        &self,
        case: Option<&'a CaseBody>,
        fact: &FactReference,
        scope: &SubjectScope<'_>,
    ) -> Option<String> {
        let of_case = case.into_iter().flat_map(|case| &case.fixes);
        let fixes = of_case.chain(&self.speech.fixes);
        let offered =
            fixes.filter(|fix| holds(fix.when.as_ref(), scope, &mut Vec::new()) == Some(true));
        let mut edits = offered.flat_map(|fix| &fix.edits);
        edits.find_map(|(_, edit)| match edit {
            FixOperation::Set { fact: own, ty, to } if own == fact => {
                let to = to_write(fact, *ty, to, scope)?;
                Some(spell_datum(&to, &scope.edit_target(fact)?))
            }
            _ => None,
        })
    }

    /// What the finding is about: the fact that it stands on, else the first fact that it would
    /// stand on, for a line of configuration the directive.
    fn fingerprint_parts(
        &self,
        scope: &SubjectScope<'_>,
        place: Option<&'a FindingPlace>,
    ) -> (String, String) {
        let place = self.own_place(place);
        let text = |fact: DirectiveFact| Some(scope.subject.fact(fact)?.text()?.to_owned());
        let line = text(DirectiveFact::Canonical).or_else(|| text(DirectiveFact::Name));
        if let (SubjectKind::Directive, Some(name)) = (scope.subject.kind, line) {
            let secret = scope
                .subject
                .fact(DirectiveFact::Value)
                .is_some_and(|v| v.secret);
            let value = if secret {
                None
            } else {
                text(DirectiveFact::Value)
            };
            return (name, value.unwrap_or_default());
        }
        place.map_or_else(Default::default, |p| (p.about(), p.value_class(scope)))
    }

    fn message(&self, scope: &SubjectScope<'_>) -> String {
        let message = first_text(&self.speech.message, scope);
        message.unwrap_or_else(|| self.rule.draft.title.clone())
    }

    fn labels(&self, scope: &SubjectScope<'_>) -> Vec<FindingLabel> {
        let mut labels = Vec::new();
        for label in &self.speech.labels {
            let mut vars = Vec::new();
            let Some(each) = &label.each else {
                labels.extend(one_label(label, scope, &mut vars));
                continue;
            };
            let Ok(list) = each.eval(scope, &mut vars) else {
                continue;
            };
            if let CelValue::List(items) = list.val {
                for item in items {
                    labels.extend(one_label(label, scope, &mut vec![item]));
                }
            }
        }
        labels
    }

    /// The first fix that holds, if all of it can be written.
    fn fix(&self, case: Option<&CaseBody>, scope: &SubjectScope<'_>) -> Option<FixIntent> {
        let holds = |fix: &&FixBody| holds(fix.when.as_ref(), scope, &mut Vec::new()) == Some(true);
        let of_case = case.into_iter().flat_map(|case| &case.fixes);
        of_case
            .chain(&self.speech.fixes)
            .filter(holds)
            .find_map(|fix| intent(fix, scope))
    }
}

/// An assumed finding is never an error.
pub(super) fn severity(severity: Severity, certain: bool) -> Severity {
    if certain {
        severity
    } else {
        severity.min(Severity::Warning)
    }
}

pub(super) fn subject_ref(subject: &Subject, estate: &Estate) -> SubjectRef {
    let of_line = subject.server.as_ref();
    let of_line = of_line.filter(|_| subject.kind == SubjectKind::Directive);
    let server = of_line.and_then(|related| estate.servers.get(related.index));
    SubjectRef {
        path: subject.path.clone(),
        server: server.map(|server| Box::new(subject_ref(server, estate))),
        ..SubjectRef::new(subject.kind.as_str(), subject.name.clone())
    }
}

/// Whether a condition holds; `None` where that is unknown.
fn holds(
    when: Option<&TypedExpr>,
    scope: &SubjectScope<'_>,
    vars: &mut Vec<CelValue>,
) -> Option<bool> {
    match when {
        None => Some(true),
        Some(when) => match when.eval(scope, vars) {
            Ok(known) => known.val.truth(),
            Err(missing) if missing.absent => Some(false),
            Err(_) => None,
        },
    }
}

/// The first text whose condition holds and whose facts are all known.
fn first_text(
    variants: &[(Option<TypedExpr>, MessageTemplate)],
    scope: &SubjectScope<'_>,
) -> Option<String> {
    variants
        .iter()
        .filter(|(when, _)| holds(when.as_ref(), scope, &mut Vec::new()) == Some(true))
        .find_map(|(_, text)| text.render(scope, &mut Vec::new()).ok())
}

fn one_label(
    label: &LabelBody,
    scope: &SubjectScope<'_>,
    vars: &mut Vec<CelValue>,
) -> Option<FindingLabel> {
    if holds(label.when.as_ref(), scope, vars) != Some(true) {
        return None;
    }
    // Where nothing is written, there is nothing to say of it.
    let span = label.at.written_span(scope, vars)?;
    let text = label.text.render(scope, vars).ok()?;
    Some(FindingLabel { span, text })
}

/// A fix is atomic: one operation that cannot be made drops it. Operations whose condition is known
/// not to hold are left out.
fn intent(fix: &FixBody, scope: &SubjectScope<'_>) -> Option<FixIntent> {
    let mut operations = Vec::new();
    let mut titles = Vec::new();
    for (when, edit) in &fix.edits {
        if !holds(when.as_ref(), scope, &mut Vec::new())? {
            continue;
        }
        let (operation, title) = operation(edit, scope)?;
        operations.push(operation);
        titles.push(title);
    }
    if operations.is_empty() {
        return None;
    }
    let title = fix.title.as_ref();
    let title = title.and_then(|t| t.render(scope, &mut Vec::new()).ok());
    Some(FixIntent {
        safety: fix.safety,
        title: sentence(&title.map_or(titles, |title| vec![title])),
        operations,
    })
}

fn operation(edit: &FixOperation, scope: &SubjectScope<'_>) -> Option<(IntentOperation, String)> {
    match edit {
        FixOperation::Set { fact, ty, to } => set(fact, *ty, to, scope),
        FixOperation::Rename { fact, to } => {
            let span = value_of(fact, scope)?.span()?;
            let to = to.eval(scope, &mut Vec::new()).ok()?;
            let to = to.val.text()?.to_owned();
            let title = match value_of(fact, scope)?.text() {
                Some(old) => format!("rename `{old}` to `{to}`"),
                None => format!("rename to `{to}`"),
            };
            Some((IntentOperation::Rename { span, to }, title))
        }
        FixOperation::Remove(fact) => {
            let span = value_of(fact, scope)?.span()?;
            let title = format!("remove `{}`", own_name(fact, scope));
            Some((IntentOperation::Remove { span }, title))
        }
        FixOperation::MoveAbove(fact) => {
            // What is not known for certain to be a comment is not moved.
            let value = value_of(fact, scope).filter(|value| value.known_datum().is_some())?;
            let span = value.span()?;
            let words = fact.display_name().replace(['_', '.'], " ");
            let title = format!("move the {words} to a line of its own");
            Some((IntentOperation::MoveAbove { span }, title))
        }
    }
}

fn set(
    fact: &FactReference,
    ty: Option<FactType>,
    to: &TypedExpr,
    scope: &SubjectScope<'_>,
) -> Option<(IntentOperation, String)> {
    let slot = scope
        .edit_target(fact)
        .filter(|slot| *slot != EditTarget::None)?;
    let to = to_write(fact, ty, to, scope)?;
    let title = format!(
        "set {} to {}",
        own_name(fact, scope),
        spell_datum(&to, &slot)
    );
    Some((IntentOperation::Set { slot, to }, title))
}

/// The datum that an operation writes.
fn to_write(
    fact: &FactReference,
    ty: Option<FactType>,
    to: &TypedExpr,
    scope: &SubjectScope<'_>,
) -> Option<Datum> {
    let known = to.eval(scope, &mut Vec::new()).ok()?;
    let of_value = || value_of(fact, scope)?.known_datum().and_then(type_of);
    let is_count = matches!(to.kind, ExpressionKind::Of(FactType::Int));
    if ty.or(to.kind.unit()).is_none() && !is_count && stands_for_another(fact, scope) {
        return None;
    }
    datum(&known.val, ty.or(to.kind.unit()).or_else(of_value))
}

/// A figure with a meaning of its own does not say what others of its place measure: `-1` may stand
/// among durations, where another bare figure means nanoseconds.
fn stands_for_another(fact: &FactReference, scope: &SubjectScope<'_>) -> bool {
    let value = value_of(fact, scope).and_then(FactValue::known_datum);
    let raw = value.filter(|value| matches!(value, Datum::Special { .. }));
    raw.is_some_and(|value| matches!(value.raw(), Datum::Int(_)))
}

fn value_of<'a>(fact: &FactReference, scope: &SubjectScope<'a>) -> Option<&'a FactValue> {
    scope.value(fact, &[])?.0
}

fn own_name<'v>(fact: &'v FactReference, scope: &SubjectScope<'v>) -> &'v str {
    let own = value_of(fact, scope).and_then(|v| v.own_name.as_deref());
    own.unwrap_or_else(|| fact.display_name())
}

fn type_of(datum: &Datum) -> Option<FactType> {
    Some(match datum.raw() {
        Datum::Bool(_) => FactType::Bool,
        Datum::Int(_) => FactType::Int,
        Datum::Float(_) => FactType::Number,
        Datum::Size(_) => FactType::Size,
        Datum::Duration(_) => FactType::Duration,
        Datum::Cores(_) => FactType::Cores,
        _ => return None,
    })
}

/// A value as a datum of the type that the place takes.
fn datum(val: &CelValue, ty: Option<FactType>) -> Option<Datum> {
    match val {
        CelValue::Bool(b) => Some(Datum::Bool(*b)),
        CelValue::Text(text) if ty == Some(FactType::Bool) => match text.as_str() {
            "yes" => Some(Datum::Bool(true)),
            "no" => Some(Datum::Bool(false)),
            _ => None,
        },
        CelValue::Text(text) => Some(Datum::Text(text.clone())),
        CelValue::Number(number) => {
            let whole = number.fract() == 0.0;
            let guess = if whole {
                FactType::Int
            } else {
                FactType::Number
            };
            param::numeric(ty.unwrap_or(guess), *number)
        }
        CelValue::List(items) => {
            let items: Option<Vec<Datum>> = items.iter().map(|i| datum(i, None)).collect();
            items.map(Datum::List)
        }
        CelValue::Subject(..) => None,
    }
}

/// A datum as it is about to be written: sizes exact, in the largest unit that divides them;
/// durations in seconds where the place is no code, since a directive takes no unit.
fn spell_datum(datum: &Datum, slot: &EditTarget) -> String {
    match datum {
        Datum::Size(bytes) => exact_size(*bytes),
        Datum::Duration(seconds) if !is_code(slot) => quantity::show_number(*seconds),
        Datum::Bool(flag) if is_code(slot) => flag.to_string(),
        _ => param::show(datum),
    }
}

fn is_code(slot: &EditTarget) -> bool {
    match slot {
        EditTarget::Replace { encoding, .. }
        | EditTarget::InsertField { encoding, .. }
        | EditTarget::InsertAssignment { encoding, .. }
        | EditTarget::InsertCall { encoding, .. } => {
            matches!(
                encoding,
                TextEncoding::Go { .. } | TextEncoding::Rust { .. }
            )
        }
        EditTarget::None | EditTarget::InsertLine { .. } => false,
    }
}

fn exact_size(bytes: u64) -> String {
    let units = [("gb", 30), ("mb", 20), ("kb", 10)];
    let fits = |(_, bits): &&(&str, u32)| bytes != 0 && bytes.is_multiple_of(1 << bits);
    match units.iter().find(fits) {
        Some((unit, bits)) => format!("{}{unit}", bytes >> bits),
        None => bytes.to_string(),
    }
}

/// `Set a to 1 and set b to 2`.
fn sentence(titles: &[String]) -> String {
    let text = titles.join(" and ");
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => text,
    }
}

/// One text may configure several servers: the same rule, place and message is one verdict, about
/// the subject that it is worst for. Where the fixes differ there is none.
pub(super) fn merge_violations(verdicts: Vec<RuleViolation>) -> Vec<RuleViolation> {
    let mut places: BTreeMap<(String, Span, String), usize> = BTreeMap::new();
    let mut merged: Vec<RuleViolation> = Vec::new();
    for verdict in verdicts {
        let found = &verdict.finding;
        let key = (found.rule.clone(), found.primary, found.message.clone());
        match places.get(&key).and_then(|at| merged.get_mut(*at)) {
            Some(first) => join(first, verdict),
            None => {
                places.insert(key, merged.len());
                merged.push(verdict);
            }
        }
    }
    merged
}

fn join(first: &mut RuleViolation, mut other: RuleViolation) {
    let rank = |verdict: &RuleViolation| (verdict.finding.severity, verdict.finding.certain);
    if rank(&other) > rank(first) {
        std::mem::swap(first, &mut other);
    }
    if first.fix != other.fix {
        first.fix = None;
    }
    let (first, other) = (&mut first.finding, other.finding);
    first.waivable &= other.waivable;
    let copy = FaultCopy {
        subject: other.subject,
        at: other.primary,
    };
    first.also.push(copy);
    first.also.extend(other.also);
    let own = &first.subject;
    first.also.retain(|copy| copy.subject != *own);
    first.also.sort();
    first.also.dedup();
}
