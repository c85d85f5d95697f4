//! Evaluation in three-valued logic: the result is a value or the list of facts that are missing.
//!
//! `&&`, `||`, `all` and `exists` ignore a missing operand if the others decide the result. All
//! other operations need every operand. A result is only as certain as the least certain value that
//! decided it.

use crate::facts::value::{Explicitness, FactValue, Strength, ValueOrigin, ValueState};
use crate::policy::functions::quotient;
use crate::policy::names::FactReference;
use crate::policy::outcome::{CelValue, Evaluation, KnownResult, MissingOperands};
use crate::policy::scope::{SubjectScope, name_of};
use crate::policy::syntax::CelOperator;
use crate::policy::typed::{CelMacro, FactQuestion, TypedExpr, TypedNode};

impl TypedExpr {
    /// The result, within the steps that the scope has left.
    pub(super) fn eval(&self, scope: &SubjectScope<'_>, vars: &mut Vec<CelValue>) -> Evaluation {
        scope.charge(1)?;
        let result = self.result(scope, vars)?;
        // Small values are copied for what the step itself costs.
        match &result.val {
            CelValue::Text(_) | CelValue::List(_) => scope.charge(result.val.weight())?,
            _ => {}
        }
        Ok(result)
    }

    fn result(&self, scope: &SubjectScope<'_>, vars: &mut Vec<CelValue>) -> Evaluation {
        match &self.node {
            TypedNode::Literal(val) => Ok(KnownResult::certain(val.clone())),
            TypedNode::Fact(fact) => scope.fact(fact, vars),
            TypedNode::Param(name) => param(scope, name),
            TypedNode::Let(index) => scope.named_result(*index),
            TypedNode::Variable(depth) => variable(vars, *depth),
            TypedNode::Related(path, kind) => scope.related(path, *kind, vars),
            TypedNode::Subject(path) => match scope.subject_at(path, vars) {
                Some((subject, strength)) => Ok(KnownResult::certain(CelValue::Text(
                    subject.name.clone(),
                ))
                .at_most(strength)),
                None => Err(MissingOperands::absent()),
            },
            TypedNode::And(one, two) => both(one.eval(scope, vars), two.eval(scope, vars), false),
            TypedNode::Or(one, two) => both(one.eval(scope, vars), two.eval(scope, vars), true),
            TypedNode::Not(one) => map(one.eval(scope, vars), |v| {
                v.truth().map(|b| CelValue::Bool(!b))
            }),
            TypedNode::Negate(one) => map(one.eval(scope, vars), |v| {
                v.number().map(|n| CelValue::Number(-n))
            }),
            TypedNode::Conditional(parts) => conditional(parts, scope, vars),
            TypedNode::Arithmetic(operator, one, two) => {
                let parts = [one.eval(scope, vars), two.eval(scope, vars)];
                strict(parts, |v| arithmetic(*operator, &v[0], &v[1]))
            }
            TypedNode::Compare(operator, one, two) => {
                let parts = [one.eval(scope, vars), two.eval(scope, vars)];
                strict(parts, |v| compare(*operator, &v[0], &v[1]))
            }
            TypedNode::In(item, list) => {
                let parts = [item.eval(scope, vars), list.eval(scope, vars)];
                strict(parts, |v| contains(&v[1], &v[0]))
            }
            TypedNode::Index(list, at) => index(list.eval(scope, vars), at.eval(scope, vars)),
            TypedNode::List(items) => {
                let items: Vec<Evaluation> = items.iter().map(|i| i.eval(scope, vars)).collect();
                strict(items, |vals| Some(CelValue::List(vals.to_vec())))
            }
            TypedNode::Call(function, args) => {
                let args: Vec<Evaluation> = args.iter().map(|a| a.eval(scope, vars)).collect();
                strict(args, |vals| function.call(vals))
            }
            TypedNode::IsKnown(path) => Ok(is_known(path.eval(scope, vars))),
            TypedNode::OrElse(one, two) => match one.eval(scope, vars) {
                Err(missing) if missing.absent && missing.reasons.is_empty() => {
                    two.eval(scope, vars)
                }
                other => other,
            },
            TypedNode::Ask(question, fact) => ask(*question, fact, scope, vars),
            TypedNode::Macro(which, range, bodies) => each(*which, range, bodies, scope, vars),
        }
    }
}

fn param(scope: &SubjectScope<'_>, name: &str) -> Evaluation {
    let datum = scope.params.get(name).ok_or_else(MissingOperands::absent)?;
    Ok(KnownResult::certain(CelValue::of(datum)))
}

/// A macro's variable. One that is a related subject is as strong as the relation.
fn variable(vars: &[CelValue], depth: usize) -> Evaluation {
    let val = vars.get(depth).ok_or_else(MissingOperands::absent)?.clone();
    let strength = match &val {
        CelValue::Subject(.., strength) => *strength,
        _ => Strength::Certain,
    };
    Ok(KnownResult::certain(val).at_most(strength))
}

fn map(outcome: Evaluation, f: impl Fn(&CelValue) -> Option<CelValue>) -> Evaluation {
    strict([outcome], |vals| f(&vals[0]))
}

/// A value whose type the rule did not expect: possible only where the vocabulary says "anything".
fn misfit() -> MissingOperands {
    MissingOperands::unknown("a value is of another type than the rule expects")
}

/// Why an operation has no result. Numbers always have one, but where they are divided by nothing.
fn no_result(operands: &[CelValue]) -> MissingOperands {
    if operands.iter().all(|val| val.number().is_some()) {
        MissingOperands::unknown("a division by zero")
    } else {
        misfit()
    }
}

/// An operation that needs all of its operands.
fn strict(
    parts: impl IntoIterator<Item = Evaluation>,
    f: impl Fn(&[CelValue]) -> Option<CelValue>,
) -> Evaluation {
    let mut vals = Vec::new();
    let mut missing: Option<MissingOperands> = None;
    let mut whole = KnownResult::certain(CelValue::Bool(true));
    for part in parts {
        match part {
            Ok(known) => {
                whole = whole.at_most(known.strength);
                whole.secret |= known.secret;
                vals.push(known.val);
            }
            Err(other) => missing = Some(missing.map_or(other.clone(), |m| m.and(other))),
        }
    }
    if let Some(missing) = missing {
        return Err(missing);
    }
    let val = f(&vals).ok_or_else(|| no_result(&vals))?;
    Ok(KnownResult { val, ..whole })
}

/// `&&` (decided by a false side) and `||` (decided by a true one).
fn both(one: Evaluation, two: Evaluation, decides: bool) -> Evaluation {
    let is = |o: &Evaluation| matches!(o, Ok(k) if k.val == CelValue::Bool(decides));
    match (is(&one), is(&two)) {
        (true, true) => {
            let (one, two) = (one?, two?);
            let strength = one.strength.max(two.strength);
            Ok(KnownResult { strength, ..one })
        }
        (true, false) => one,
        (false, true) => two,
        (false, false) => strict([one, two], |v| match v {
            [CelValue::Bool(_), CelValue::Bool(_)] => Some(CelValue::Bool(!decides)),
            _ => None,
        }),
    }
}

fn conditional(
    parts: &[TypedExpr; 3],
    scope: &SubjectScope<'_>,
    vars: &mut Vec<CelValue>,
) -> Evaluation {
    let when = parts[0].eval(scope, vars)?;
    let chosen = match when.val.truth() {
        Some(true) => &parts[1],
        Some(false) => &parts[2],
        None => return Err(misfit()),
    };
    Ok(chosen.eval(scope, vars)?.at_most(when.strength))
}

fn arithmetic(operator: CelOperator, one: &CelValue, two: &CelValue) -> Option<CelValue> {
    if let (CelOperator::Add, CelValue::Text(one), CelValue::Text(two)) = (operator, one, two) {
        return Some(CelValue::Text(format!("{one}{two}")));
    }
    let (one, two) = (one.number()?, two.number()?);
    let result = match operator {
        CelOperator::Add => one + two,
        CelOperator::Subtract => one - two,
        CelOperator::Multiply => one * two,
        CelOperator::Divide => quotient(one, two)?,
        CelOperator::Modulo => one % two,
        _ => return None,
    };
    (!result.is_nan()).then_some(CelValue::Number(result))
}

fn compare(operator: CelOperator, one: &CelValue, two: &CelValue) -> Option<CelValue> {
    let order = |f: fn(&f64, &f64) -> bool| Some(f(&one.number()?, &two.number()?));
    Some(CelValue::Bool(match operator {
        CelOperator::Equal => equal(one, two),
        CelOperator::NotEqual => !equal(one, two),
        CelOperator::Less => order(f64::lt)?,
        CelOperator::LessEqual => order(f64::le)?,
        CelOperator::Greater => order(f64::gt)?,
        CelOperator::GreaterEqual => order(f64::ge)?,
        _ => return None,
    }))
}

/// Equality. A switch equals the word that it is written with.
fn equal(one: &CelValue, two: &CelValue) -> bool {
    match (one, two) {
        (CelValue::Bool(_), CelValue::Text(word)) => one.display_text() == *word,
        (CelValue::Text(word), CelValue::Bool(_)) => two.display_text() == *word,
        _ => one == two,
    }
}

fn contains(list: &CelValue, item: &CelValue) -> Option<CelValue> {
    match list {
        CelValue::List(items) => Some(CelValue::Bool(items.contains(item))),
        _ => None,
    }
}

/// An item of a list; one past its end is absent.
fn index(list: Evaluation, at: Evaluation) -> Evaluation {
    let pair = strict([list, at], |v| Some(CelValue::List(v.to_vec())))?;
    let CelValue::List(parts) = &pair.val else {
        return Err(misfit());
    };
    let (CelValue::List(items), CelValue::Number(at)) = (&parts[0], &parts[1]) else {
        return Err(misfit());
    };
    if *at < 0.0 || at.fract() != 0.0 {
        return Err(MissingOperands::absent());
    }
    let val = items
        .get(*at as usize)
        .ok_or_else(MissingOperands::absent)?
        .clone();
    Ok(KnownResult { val, ..pair })
}

fn is_known(outcome: Evaluation) -> KnownResult {
    match outcome {
        Ok(known) => KnownResult::certain(CelValue::Bool(true)).at_most(known.strength),
        Err(_) => KnownResult::certain(CelValue::Bool(false)),
    }
}

fn ask(
    question: FactQuestion,
    fact: &FactReference,
    scope: &SubjectScope<'_>,
    vars: &[CelValue],
) -> Evaluation {
    let found = scope.value(fact, vars);
    if question == FactQuestion::Name {
        let own = found.and_then(|(value, _)| value?.own_name.clone());
        let name = own.unwrap_or_else(|| fact.last_word().to_owned());
        return Ok(KnownResult::certain(CelValue::Text(name)));
    }
    let (value, strength) = found.ok_or_else(MissingOperands::absent)?;
    let known = match (question, value) {
        (FactQuestion::Explicit, None) => KnownResult::certain(CelValue::Bool(false)),
        (FactQuestion::Explicit, Some(value)) => explicit(fact, value)?,
        (FactQuestion::Meaning, Some(value)) => meaning(fact, value)?,
        (_, None) => return Err(MissingOperands::absent()),
        (FactQuestion::Follows, Some(value)) => match &value.derived_from {
            Some(follows) => KnownResult::certain(CelValue::Text(follows.clone())),
            None => {
                let name = name_of(fact, value);
                return Err(MissingOperands::unknown(format!(
                    "{name}: it follows nothing"
                )));
            }
        },
        (_, Some(value)) => KnownResult::certain(CelValue::Text(because(value)?)),
    };
    Ok(known.at_most(strength))
}

/// Whether a person wrote it. Where a place could not be seen the answer is assumed.
fn explicit(fact: &FactReference, value: &FactValue) -> Evaluation {
    let (written, strength) = match &value.written {
        Explicitness::Yes => (true, Strength::Certain),
        Explicitness::No => (false, Strength::Certain),
        Explicitness::MaybeElsewhere(_) => (false, Strength::Assumed),
        Explicitness::Unknown(reason) => {
            return Err(MissingOperands::because(name_of(fact, value), reason));
        }
    };
    Ok(KnownResult::certain(CelValue::Bool(written)).at_most(strength))
}

/// What a figure stands for: `plain` where it is itself.
fn meaning(fact: &FactReference, value: &FactValue) -> Evaluation {
    use crate::facts::value::{Datum, Meaning};
    let datum = match &value.state {
        ValueState::Set(datum) | ValueState::Default(datum) => datum,
        ValueState::Absent => return Err(MissingOperands::absent()),
        ValueState::Unknown(reason) => {
            return Err(MissingOperands::because(name_of(fact, value), reason));
        }
    };
    let word = match datum {
        Datum::Special { meaning, .. } => match meaning {
            Meaning::Unlimited => "unlimited",
            Meaning::Off => "off",
            Meaning::Panics => "panics",
            Meaning::SendsNothing => "sends-nothing",
            Meaning::Replaced => "replaced",
        },
        _ => "plain",
    };
    Ok(KnownResult::certain(CelValue::Text(word.to_owned())).at_most(value.strength))
}

/// How a value came to be, in words.
fn because(value: &FactValue) -> Result<String, MissingOperands> {
    if !value.because.is_empty() {
        return Ok(value.because.join("; "));
    }
    match (&value.origin, &value.state, &value.written) {
        // What it follows is said by `follows`.
        (_, ValueState::Unknown(_), Explicitness::No) if value.derived_from.is_some() => {
            Err(MissingOperands::absent())
        }
        (_, ValueState::Unknown(reason), _) => Ok(reason.to_string()),
        (_, _, Explicitness::MaybeElsewhere(reason)) => Ok(reason.to_string()),
        (ValueOrigin::Default(source), ..) => Ok(format!("the default of {source}")),
        (ValueOrigin::Shape(shape), ..) => Ok(format!("set by {shape}")),
        (ValueOrigin::Flag(flag), ..) => Ok(format!("given by {flag}")),
        (ValueOrigin::Written(_) | ValueOrigin::None, ..) => Err(MissingOperands::absent()),
    }
}

/// A macro over a list of values or of related subjects.
fn each(
    which: CelMacro,
    range: &TypedExpr,
    bodies: &[TypedExpr],
    scope: &SubjectScope<'_>,
    vars: &mut Vec<CelValue>,
) -> Evaluation {
    let list = range.eval(scope, vars)?;
    if !matches!(list.val, CelValue::List(_)) {
        return Err(misfit());
    }
    let mut found = Vec::new();
    for item in list.val.size().map_or(&[][..], |_| elements(&list.val)) {
        vars.push(item.clone());
        let results: Vec<Evaluation> = bodies.iter().map(|b| b.eval(scope, vars)).collect();
        vars.pop();
        found.push((item.clone(), results));
    }
    let outcome = match which {
        CelMacro::All => fold(&found, false),
        CelMacro::Exists => fold(&found, true),
        CelMacro::ExistsOne => exists_one(&found),
        CelMacro::Filter => filter(found),
        CelMacro::Map => map_items(found),
    }?;
    Ok(KnownResult {
        secret: outcome.secret || list.secret,
        ..outcome.at_most(list.strength)
    })
}

fn elements(list: &CelValue) -> &[CelValue] {
    match list {
        CelValue::List(items) => items,
        _ => &[],
    }
}

type FactLookup = Vec<(CelValue, Vec<Evaluation>)>;

/// `all` and `exists`: one item may decide.
fn fold(found: &FactLookup, decides: bool) -> Evaluation {
    let start = Ok(KnownResult::certain(CelValue::Bool(!decides)));
    found.iter().fold(start, |outcome, (_, results)| {
        let result = results.first().cloned().unwrap_or_else(|| Err(misfit()));
        both(outcome, result, decides)
    })
}

fn exists_one(found: &FactLookup) -> Evaluation {
    let results = found.iter().filter_map(|(_, r)| r.first().cloned());
    strict(results, |vals| {
        let true_ones = vals.iter().filter(|v| **v == CelValue::Bool(true)).count();
        Some(CelValue::Bool(true_ones == 1))
    })
}

fn filter(found: FactLookup) -> Evaluation {
    let (items, results): (Vec<CelValue>, Vec<Evaluation>) = found
        .into_iter()
        .filter_map(|(item, results)| Some((item, results.into_iter().next()?)))
        .unzip();
    strict(results, |vals| {
        let kept = items
            .iter()
            .zip(vals)
            .filter(|(_, keep)| **keep == CelValue::Bool(true));
        Some(CelValue::List(kept.map(|(item, _)| item.clone()).collect()))
    })
}

/// `map(x, result)` and `map(x, condition, result)`.
fn map_items(found: FactLookup) -> Evaluation {
    let mut results = Vec::new();
    for (_, mut outcomes) in found {
        let Some(result) = outcomes.pop() else {
            continue;
        };
        match outcomes.pop() {
            Some(Ok(known)) if known.val == CelValue::Bool(false) => {}
            Some(Err(missing)) => results.push(Err(missing)),
            _ => results.push(result),
        }
    }
    strict(results, |vals| Some(CelValue::List(vals.to_vec())))
}
