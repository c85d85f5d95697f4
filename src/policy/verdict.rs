//! What a rule says where it does not hold: message, place, help, labels and fix, each with what is
//! unknown left out.

use std::collections::BTreeMap;

use crate::facts::estate::Subject;
use crate::facts::fact_path::DirectiveFact;
use crate::facts::intent::{FixIntent, Operation};
use crate::facts::quantity;
use crate::facts::slot::{Encoding, Slot};
use crate::facts::value::{Datum, Strength, Value};
use crate::facts::vocabulary::Type;
use crate::finding::{FaultCopy, Finding, Label, Severity, SubjectRef};
use crate::policy::names::FactReference;
use crate::policy::outcome::Val;
use crate::policy::param;
use crate::policy::place::Place;
use crate::policy::rule::{CaseBody, Edit, FixBody, LabelBody, Rule, Speech};
use crate::policy::scope::Scope;
use crate::policy::template::Template;
use crate::policy::typed::Expr;
use crate::source::Span;

/// A rule that does not hold for a subject: the finding, and what its edits and its fingerprint are
/// made from by whoever knows the sources and the former ids of rules.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// Without fix and fingerprints.
    pub finding: Finding,
    /// The subject's name in fingerprints.
    pub identity: String,
    /// The directive or option that it is about, for fingerprints; empty for a whole subject.
    pub about: String,
    /// The value that it stands on, normalised, for fingerprints.
    pub value_class: String,
    pub fix: Option<FixIntent>,
}

/// Whether a place is only where a value would be written.
fn stands_in(place: Option<&Place>, scope: &Scope<'_>) -> bool {
    let Some(Place::Fact(fact)) = place else {
        return false;
    };
    let value = scope.value(fact, &[]).and_then(|(value, _)| value);
    value.is_none_or(|value| value.span().is_none())
}

/// A rule that fails, before its texts are made.
pub(super) struct Frame<'a> {
    pub(super) rule: &'a Rule,
    pub(super) speech: &'a Speech,
    pub(super) severity: Severity,
    pub(super) strength: Strength,
    pub(super) waivable: bool,
    pub(super) url: Option<String>,
}

impl<'a> Frame<'a> {
    pub(super) fn verdict(self, scope: &Scope<'_>) -> Verdict {
        let case = self.case(scope);
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
            help: case
                .and_then(|case| case.help.as_ref()?.render(scope, &mut Vec::new()).ok())
                .or_else(|| first_text(&self.speech.help, scope)),
            primary: at,
            stands_in: stands_in(place, scope),
            labels: self.labels(scope),
            subject: subject_ref(scope.subject),
            also: Vec::new(),
            parts: Vec::new(),
            fix: None,
            fingerprint: String::new(),
            former: Vec::new(),
            suppressed: None,
            url: self.url.clone(),
        };
        Verdict {
            finding,
            identity: scope.subject.identity.clone(),
            about,
            value_class,
            fix: self.fix(case, scope),
        }
    }

    /// The first case that holds and whose message is known, with the message.
    fn case(&self, scope: &Scope<'_>) -> Option<(&'a CaseBody, String)> {
        let cases = self.speech.cases.iter();
        cases
            .filter(|case| holds(case.when.as_ref(), scope, &mut Vec::new()) == Some(true))
            .find_map(|case| Some((case, case.message.render(scope, &mut Vec::new()).ok()?)))
    }

    /// The first place that holds and exists, that of the case before those of the rule, else the
    /// subject's own.
    fn place(&self, case: Option<&'a CaseBody>, scope: &Scope<'_>) -> (Span, Option<&'a Place>) {
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

    /// What the finding is about: the fact that it stands on, else the first fact that it would
    /// stand on, for a line of configuration the directive.
    fn fingerprint_parts(&self, scope: &Scope<'_>, place: Option<&Place>) -> (String, String) {
        let of_cases = self.speech.cases.iter().filter_map(|case| case.at.as_ref());
        let of_rule = self.speech.at.iter().map(|(_, place)| place);
        let place = place.or_else(|| of_cases.chain(of_rule).next());
        let text = |fact: DirectiveFact| Some(scope.subject.fact(fact)?.text()?.to_owned());
        let line = text(DirectiveFact::Canonical).or_else(|| text(DirectiveFact::Name));
        if let (crate::facts::SubjectKind::Directive, Some(name)) = (scope.subject.kind, line) {
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

    fn message(&self, scope: &Scope<'_>) -> String {
        let message = first_text(&self.speech.message, scope);
        message.unwrap_or_else(|| self.rule.draft.title.clone())
    }

    fn labels(&self, scope: &Scope<'_>) -> Vec<Label> {
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
            if let Val::List(items) = list.val {
                for item in items {
                    labels.extend(one_label(label, scope, &mut vec![item]));
                }
            }
        }
        labels
    }

    /// The first fix that holds, if all of it can be written.
    fn fix(&self, case: Option<&CaseBody>, scope: &Scope<'_>) -> Option<FixIntent> {
        let holds = |fix: &&FixBody| holds(fix.when.as_ref(), scope, &mut Vec::new()) == Some(true);
        let of_case = case.into_iter().flat_map(|case| &case.fixes);
        of_case
            .chain(&self.speech.fixes)
            .filter(holds)
            .find_map(|fix| intent(fix, scope))
    }
}

/// An assumed finding is never an error.
fn severity(severity: Severity, certain: bool) -> Severity {
    if certain {
        severity
    } else {
        severity.min(Severity::Warning)
    }
}

pub(super) fn subject_ref(subject: &Subject) -> SubjectRef {
    SubjectRef {
        kind: subject.kind.as_str(),
        name: subject.name.clone(),
    }
}

/// Whether a condition holds; `None` where that is unknown.
fn holds(when: Option<&Expr>, scope: &Scope<'_>, vars: &mut Vec<Val>) -> Option<bool> {
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
fn first_text(variants: &[(Option<Expr>, Template)], scope: &Scope<'_>) -> Option<String> {
    variants
        .iter()
        .filter(|(when, _)| holds(when.as_ref(), scope, &mut Vec::new()) == Some(true))
        .find_map(|(_, text)| text.render(scope, &mut Vec::new()).ok())
}

fn one_label(label: &LabelBody, scope: &Scope<'_>, vars: &mut Vec<Val>) -> Option<Label> {
    if holds(label.when.as_ref(), scope, vars) != Some(true) {
        return None;
    }
    let span = label.at.find(scope, vars)?;
    let text = label.text.render(scope, vars).ok()?;
    Some(Label { span, text })
}

/// A fix is atomic: one operation that cannot be made drops it. Operations whose condition is known
/// not to hold are left out.
fn intent(fix: &FixBody, scope: &Scope<'_>) -> Option<FixIntent> {
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

fn operation(edit: &Edit, scope: &Scope<'_>) -> Option<(Operation, String)> {
    match edit {
        Edit::Set { fact, ty, to } => set(fact, *ty, to, scope),
        Edit::Rename { fact, to } => {
            let span = value_of(fact, scope)?.span()?;
            let to = to.eval(scope, &mut Vec::new()).ok()?;
            let to = to.val.text()?.to_owned();
            let title = match value_of(fact, scope)?.text() {
                Some(old) => format!("rename `{old}` to `{to}`"),
                None => format!("rename to `{to}`"),
            };
            Some((Operation::Rename { span, to }, title))
        }
        Edit::Remove(fact) => {
            let span = value_of(fact, scope)?.span()?;
            let title = format!("remove `{}`", own_name(fact, scope));
            Some((Operation::Remove { span }, title))
        }
        Edit::MoveAbove(fact) => {
            // What is not known for certain to be a comment is not moved.
            let value = value_of(fact, scope).filter(|value| value.known().is_some())?;
            let span = value.span()?;
            let words = fact.shown().replace(['_', '.'], " ");
            let title = format!("move the {words} to a line of its own");
            Some((Operation::MoveAbove { span }, title))
        }
    }
}

fn set(
    fact: &FactReference,
    ty: Option<Type>,
    to: &Expr,
    scope: &Scope<'_>,
) -> Option<(Operation, String)> {
    let value = value_of(fact, scope)?;
    if value.slot == Slot::None {
        return None;
    }
    let known = to.eval(scope, &mut Vec::new()).ok()?;
    let ty = ty
        .or(to.kind.unit())
        .or_else(|| value.known().and_then(type_of));
    let to = datum(&known.val, ty)?;
    let title = format!(
        "set {} to {}",
        own_name(fact, scope),
        spelled(&to, &value.slot)
    );
    let slot = value.slot.clone();
    Some((Operation::Set { slot, to }, title))
}

fn value_of<'a>(fact: &FactReference, scope: &Scope<'a>) -> Option<&'a Value> {
    scope.value(fact, &[])?.0
}

fn own_name<'v>(fact: &'v FactReference, scope: &Scope<'v>) -> &'v str {
    let own = value_of(fact, scope).and_then(|v| v.own_name.as_deref());
    own.unwrap_or_else(|| fact.shown())
}

fn type_of(datum: &Datum) -> Option<Type> {
    Some(match datum.raw() {
        Datum::Bool(_) => Type::Bool,
        Datum::Int(_) => Type::Int,
        Datum::Float(_) => Type::Number,
        Datum::Size(_) => Type::Size,
        Datum::Duration(_) => Type::Duration,
        Datum::Cores(_) => Type::Cores,
        _ => return None,
    })
}

/// A value as a datum of the type that the place takes.
fn datum(val: &Val, ty: Option<Type>) -> Option<Datum> {
    match val {
        Val::Bool(b) => Some(Datum::Bool(*b)),
        Val::Text(text) if ty == Some(Type::Bool) => match text.as_str() {
            "yes" => Some(Datum::Bool(true)),
            "no" => Some(Datum::Bool(false)),
            _ => None,
        },
        Val::Text(text) => Some(Datum::Text(text.clone())),
        Val::Number(number) => {
            let whole = number.fract() == 0.0;
            let guess = if whole { Type::Int } else { Type::Number };
            param::numeric(ty.unwrap_or(guess), *number)
        }
        Val::List(items) => {
            let items: Option<Vec<Datum>> = items.iter().map(|i| datum(i, None)).collect();
            items.map(Datum::List)
        }
        Val::Subject(..) => None,
    }
}

/// A datum as it is about to be written: sizes exact, in the largest unit that divides them;
/// durations in seconds where the place is no code, since a directive takes no unit.
fn spelled(datum: &Datum, slot: &Slot) -> String {
    match datum {
        Datum::Size(bytes) => exact_size(*bytes),
        Datum::Duration(seconds) if !is_code(slot) => quantity::show_number(*seconds),
        Datum::Bool(flag) if is_code(slot) => flag.to_string(),
        _ => param::show(datum),
    }
}

fn is_code(slot: &Slot) -> bool {
    match slot {
        Slot::Replace { encoding, .. }
        | Slot::InsertField { encoding, .. }
        | Slot::InsertAssignment { encoding, .. }
        | Slot::InsertCall { encoding, .. } => {
            matches!(encoding, Encoding::Go { .. } | Encoding::Rust { .. })
        }
        Slot::None | Slot::InsertLine { .. } => false,
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
pub(super) fn merged(verdicts: Vec<Verdict>) -> Vec<Verdict> {
    let mut places: BTreeMap<(String, Span, String), usize> = BTreeMap::new();
    let mut merged: Vec<Verdict> = Vec::new();
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

fn join(first: &mut Verdict, mut other: Verdict) {
    let rank = |verdict: &Verdict| (verdict.finding.severity, verdict.finding.certain);
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
