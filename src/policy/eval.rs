//! Evaluation with three values: a result, or what is missing for one.
//!
//! `&&`, `||`, `all` and `exists` decide without a missing operand where the others suffice. Every
//! other operation needs all of its operands. A result is as strong as the weakest value that it
//! was decided by.

use crate::facts::value::{Origin, State, Strength, Value, Written};
use crate::policy::functions::quotient;
use crate::policy::names::FactReference;
use crate::policy::outcome::{Known, Missing, Outcome, Val};
use crate::policy::scope::{Scope, name_of};
use crate::policy::syntax::Operator;
use crate::policy::typed::{Expr, Macro, Node, Question};

impl Expr {
    pub(super) fn eval(&self, scope: &Scope<'_>, vars: &mut Vec<Val>) -> Outcome {
        match &self.node {
            Node::Literal(val) => Ok(Known::certain(val.clone())),
            Node::Fact(fact) => scope.fact(fact, vars),
            Node::Param(name) => param(scope, name),
            Node::Let(index) => scope.named(*index),
            Node::Variable(depth) => variable(vars, *depth),
            Node::Related(path, kind) => scope.related(path, *kind, vars),
            Node::Subject(path) => match scope.subject_at(path, vars) {
                Some((subject, strength)) => {
                    Ok(Known::certain(Val::Text(subject.name.clone())).at_most(strength))
                }
                None => Err(Missing::absent()),
            },
            Node::And(one, two) => both(one.eval(scope, vars), two.eval(scope, vars), false),
            Node::Or(one, two) => both(one.eval(scope, vars), two.eval(scope, vars), true),
            Node::Not(one) => map(one.eval(scope, vars), |v| v.truth().map(|b| Val::Bool(!b))),
            Node::Negate(one) => map(one.eval(scope, vars), |v| {
                v.number().map(|n| Val::Number(-n))
            }),
            Node::Conditional(parts) => conditional(parts, scope, vars),
            Node::Arithmetic(operator, one, two) => {
                let parts = [one.eval(scope, vars), two.eval(scope, vars)];
                strict(parts, |v| arithmetic(*operator, &v[0], &v[1]))
            }
            Node::Compare(operator, one, two) => {
                let parts = [one.eval(scope, vars), two.eval(scope, vars)];
                strict(parts, |v| compare(*operator, &v[0], &v[1]))
            }
            Node::In(item, list) => {
                let parts = [item.eval(scope, vars), list.eval(scope, vars)];
                strict(parts, |v| contains(&v[1], &v[0]))
            }
            Node::Index(list, at) => index(list.eval(scope, vars), at.eval(scope, vars)),
            Node::List(items) => {
                let items: Vec<Outcome> = items.iter().map(|i| i.eval(scope, vars)).collect();
                strict(items, |vals| Some(Val::List(vals.to_vec())))
            }
            Node::Call(function, args) => {
                let args: Vec<Outcome> = args.iter().map(|a| a.eval(scope, vars)).collect();
                strict(args, |vals| function.call(vals))
            }
            Node::IsKnown(path) => Ok(is_known(path.eval(scope, vars))),
            Node::OrElse(one, two) => match one.eval(scope, vars) {
                Err(missing) if missing.absent && missing.reasons.is_empty() => {
                    two.eval(scope, vars)
                }
                other => other,
            },
            Node::Ask(question, fact) => ask(*question, fact, scope, vars),
            Node::Macro(which, range, bodies) => each(*which, range, bodies, scope, vars),
        }
    }
}

fn param(scope: &Scope<'_>, name: &str) -> Outcome {
    let datum = scope.params.get(name).ok_or_else(Missing::absent)?;
    Ok(Known::certain(Val::of(datum)))
}

/// A macro's variable. One that is a related subject is as strong as the relation.
fn variable(vars: &[Val], depth: usize) -> Outcome {
    let val = vars.get(depth).ok_or_else(Missing::absent)?.clone();
    let strength = match &val {
        Val::Subject(.., strength) => *strength,
        _ => Strength::Certain,
    };
    Ok(Known::certain(val).at_most(strength))
}

fn map(outcome: Outcome, f: impl Fn(&Val) -> Option<Val>) -> Outcome {
    strict([outcome], |vals| f(&vals[0]))
}

/// A value whose type the rule did not expect: possible only where the vocabulary says "anything".
fn misfit() -> Missing {
    Missing::unknown("a value is of another type than the rule expects")
}

/// Why an operation has no result. Numbers always have one, but where they are divided by nothing.
fn no_result(operands: &[Val]) -> Missing {
    if operands.iter().all(|val| val.number().is_some()) {
        Missing::unknown("a division by zero")
    } else {
        misfit()
    }
}

/// An operation that needs all of its operands.
fn strict(parts: impl IntoIterator<Item = Outcome>, f: impl Fn(&[Val]) -> Option<Val>) -> Outcome {
    let mut vals = Vec::new();
    let mut missing: Option<Missing> = None;
    let mut whole = Known::certain(Val::Bool(true));
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
    Ok(Known { val, ..whole })
}

/// `&&` (decided by a false side) and `||` (decided by a true one).
fn both(one: Outcome, two: Outcome, decides: bool) -> Outcome {
    let is = |o: &Outcome| matches!(o, Ok(k) if k.val == Val::Bool(decides));
    match (is(&one), is(&two)) {
        (true, true) => {
            let (one, two) = (one?, two?);
            let strength = one.strength.max(two.strength);
            Ok(Known { strength, ..one })
        }
        (true, false) => one,
        (false, true) => two,
        (false, false) => strict([one, two], |v| match v {
            [Val::Bool(_), Val::Bool(_)] => Some(Val::Bool(!decides)),
            _ => None,
        }),
    }
}

fn conditional(parts: &[Expr; 3], scope: &Scope<'_>, vars: &mut Vec<Val>) -> Outcome {
    let when = parts[0].eval(scope, vars)?;
    let chosen = match when.val.truth() {
        Some(true) => &parts[1],
        Some(false) => &parts[2],
        None => return Err(misfit()),
    };
    Ok(chosen.eval(scope, vars)?.at_most(when.strength))
}

fn arithmetic(operator: Operator, one: &Val, two: &Val) -> Option<Val> {
    if let (Operator::Add, Val::Text(one), Val::Text(two)) = (operator, one, two) {
        return Some(Val::Text(format!("{one}{two}")));
    }
    let (one, two) = (one.number()?, two.number()?);
    let result = match operator {
        Operator::Add => one + two,
        Operator::Subtract => one - two,
        Operator::Multiply => one * two,
        Operator::Divide => quotient(one, two)?,
        Operator::Modulo => one % two,
        _ => return None,
    };
    (!result.is_nan()).then_some(Val::Number(result))
}

fn compare(operator: Operator, one: &Val, two: &Val) -> Option<Val> {
    let order = |f: fn(&f64, &f64) -> bool| Some(f(&one.number()?, &two.number()?));
    Some(Val::Bool(match operator {
        Operator::Equal => equal(one, two),
        Operator::NotEqual => !equal(one, two),
        Operator::Less => order(f64::lt)?,
        Operator::LessEqual => order(f64::le)?,
        Operator::Greater => order(f64::gt)?,
        Operator::GreaterEqual => order(f64::ge)?,
        _ => return None,
    }))
}

/// Equality. A switch equals the word that it is written with.
fn equal(one: &Val, two: &Val) -> bool {
    match (one, two) {
        (Val::Bool(_), Val::Text(word)) => one.shown() == *word,
        (Val::Text(word), Val::Bool(_)) => two.shown() == *word,
        _ => one == two,
    }
}

fn contains(list: &Val, item: &Val) -> Option<Val> {
    match list {
        Val::List(items) => Some(Val::Bool(items.contains(item))),
        _ => None,
    }
}

/// An item of a list; one past its end is absent.
fn index(list: Outcome, at: Outcome) -> Outcome {
    let pair = strict([list, at], |v| Some(Val::List(v.to_vec())))?;
    let Val::List(parts) = &pair.val else {
        return Err(misfit());
    };
    let (Val::List(items), Val::Number(at)) = (&parts[0], &parts[1]) else {
        return Err(misfit());
    };
    if *at < 0.0 || at.fract() != 0.0 {
        return Err(Missing::absent());
    }
    let val = items.get(*at as usize).ok_or_else(Missing::absent)?.clone();
    Ok(Known { val, ..pair })
}

fn is_known(outcome: Outcome) -> Known {
    match outcome {
        Ok(known) => Known::certain(Val::Bool(true)).at_most(known.strength),
        Err(_) => Known::certain(Val::Bool(false)),
    }
}

fn ask(question: Question, fact: &FactReference, scope: &Scope<'_>, vars: &[Val]) -> Outcome {
    let found = scope.value(fact, vars);
    if question == Question::Name {
        let own = found.and_then(|(value, _)| value?.own_name.clone());
        let name = own.unwrap_or_else(|| fact.last_word().to_owned());
        return Ok(Known::certain(Val::Text(name)));
    }
    let (value, strength) = found.ok_or_else(Missing::absent)?;
    let known = match (question, value) {
        (Question::Explicit, None) => Known::certain(Val::Bool(false)),
        (Question::Explicit, Some(value)) => explicit(fact, value)?,
        (Question::Meaning, Some(value)) => meaning(fact, value)?,
        (_, None) => return Err(Missing::absent()),
        (Question::Follows, Some(value)) => match &value.follows {
            Some(follows) => Known::certain(Val::Text(follows.clone())),
            None => {
                let name = name_of(fact, value);
                return Err(Missing::unknown(format!("{name}: it follows nothing")));
            }
        },
        (_, Some(value)) => Known::certain(Val::Text(because(value)?)),
    };
    Ok(known.at_most(strength))
}

/// Whether a person wrote it. Where a place could not be seen the answer is assumed.
fn explicit(fact: &FactReference, value: &Value) -> Outcome {
    let (written, strength) = match &value.written {
        Written::Yes => (true, Strength::Certain),
        Written::No => (false, Strength::Certain),
        Written::NotSeen(_) => (false, Strength::Assumed),
        Written::Unknown(reason) => return Err(Missing::because(name_of(fact, value), reason)),
    };
    Ok(Known::certain(Val::Bool(written)).at_most(strength))
}

/// What a figure stands for: `plain` where it is itself.
fn meaning(fact: &FactReference, value: &Value) -> Outcome {
    use crate::facts::value::{Datum, Meaning};
    let datum = match &value.state {
        State::Set(datum) | State::Default(datum) => datum,
        State::Absent => return Err(Missing::absent()),
        State::Unknown(reason) => return Err(Missing::because(name_of(fact, value), reason)),
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
    Ok(Known::certain(Val::Text(word.to_owned())).at_most(value.strength))
}

/// How a value came to be, in words.
fn because(value: &Value) -> Result<String, Missing> {
    if !value.because.is_empty() {
        return Ok(value.because.join("; "));
    }
    match (&value.origin, &value.state, &value.written) {
        // What it follows is said by `follows`.
        (_, State::Unknown(_), Written::No) if value.follows.is_some() => Err(Missing::absent()),
        (_, State::Unknown(reason), _) => Ok(reason.to_string()),
        (_, _, Written::NotSeen(reason)) => Ok(reason.to_string()),
        (Origin::Default(source), ..) => Ok(format!("the default of {source}")),
        (Origin::Shape(shape), ..) => Ok(format!("set by {shape}")),
        (Origin::Flag(flag), ..) => Ok(format!("given by {flag}")),
        (Origin::Written(_) | Origin::None, ..) => Err(Missing::absent()),
    }
}

/// A macro over a list of values or of related subjects.
fn each(
    which: Macro,
    range: &Expr,
    bodies: &[Expr],
    scope: &Scope<'_>,
    vars: &mut Vec<Val>,
) -> Outcome {
    let list = range.eval(scope, vars)?;
    if !matches!(list.val, Val::List(_)) {
        return Err(misfit());
    }
    let mut found = Vec::new();
    for item in list.val.size().map_or(&[][..], |_| elements(&list.val)) {
        vars.push(item.clone());
        let results: Vec<Outcome> = bodies.iter().map(|b| b.eval(scope, vars)).collect();
        vars.pop();
        found.push((item.clone(), results));
    }
    let outcome = match which {
        Macro::All => fold(&found, false),
        Macro::Exists => fold(&found, true),
        Macro::ExistsOne => exists_one(&found),
        Macro::Filter => filter(found),
        Macro::Map => mapped(found),
    }?;
    Ok(Known {
        secret: outcome.secret || list.secret,
        ..outcome.at_most(list.strength)
    })
}

fn elements(list: &Val) -> &[Val] {
    match list {
        Val::List(items) => items,
        _ => &[],
    }
}

type Found = Vec<(Val, Vec<Outcome>)>;

/// `all` and `exists`: one item may decide.
fn fold(found: &Found, decides: bool) -> Outcome {
    let start = Ok(Known::certain(Val::Bool(!decides)));
    found.iter().fold(start, |outcome, (_, results)| {
        let result = results.first().cloned().unwrap_or_else(|| Err(misfit()));
        both(outcome, result, decides)
    })
}

fn exists_one(found: &Found) -> Outcome {
    let results = found.iter().filter_map(|(_, r)| r.first().cloned());
    strict(results, |vals| {
        let true_ones = vals.iter().filter(|v| **v == Val::Bool(true)).count();
        Some(Val::Bool(true_ones == 1))
    })
}

fn filter(found: Found) -> Outcome {
    let (items, results): (Vec<Val>, Vec<Outcome>) = found
        .into_iter()
        .filter_map(|(item, results)| Some((item, results.into_iter().next()?)))
        .unzip();
    strict(results, |vals| {
        let kept = items
            .iter()
            .zip(vals)
            .filter(|(_, keep)| **keep == Val::Bool(true));
        Some(Val::List(kept.map(|(item, _)| item.clone()).collect()))
    })
}

/// `map(x, result)` and `map(x, condition, result)`.
fn mapped(found: Found) -> Outcome {
    let mut results = Vec::new();
    for (_, mut outcomes) in found {
        let Some(result) = outcomes.pop() else {
            continue;
        };
        match outcomes.pop() {
            Some(Ok(known)) if known.val == Val::Bool(false) => {}
            Some(Err(missing)) => results.push(Err(missing)),
            _ => results.push(result),
        }
    }
    strict(results, |vals| Some(Val::List(vals.to_vec())))
}
