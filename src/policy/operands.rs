//! Which kinds of operands fit together, and what comes out.

use crate::facts::vocabulary::Type;
use crate::policy::kind::{BOOL, Kind, NUMBER, TEXT};
use crate::policy::syntax::Operator;

/// The kind of a result that is one or the other.
pub(super) fn either(one: &Kind, two: &Kind) -> Kind {
    match (one, two) {
        (Kind::Any, other) | (other, Kind::Any) => other.clone(),
        _ if one.is_numeric() => one.joined(two),
        (Kind::Word(_), other) | (other, Kind::Word(_)) if one != two => match other {
            Kind::Word(_) => TEXT,
            other => other.clone(),
        },
        _ => one.clone(),
    }
}

/// What is wrong with two operands, and what to do.
pub(super) type Refusal = (String, Option<&'static str>);

const SWITCH: &str = "its values are `yes` and `no`: write `path == \"yes\"`";
const BYTES: &str =
    "write the number of bytes, or use a parameter of type `size` with a default such as `1gb`";
const SECONDS: &str = "write the number of seconds, or use a parameter of type `duration` with a default such as `5m`";
const LIST: &str = "`\"word\" in path` tests for an item, `path.join(\" \")` joins all items, `path.size()` counts them";

pub(super) fn binary_kind(operator: Operator, left: &Kind, right: &Kind) -> Result<Kind, Refusal> {
    match operator {
        Operator::Equal | Operator::NotEqual => equality(left, right),
        Operator::Less | Operator::LessEqual | Operator::Greater | Operator::GreaterEqual => {
            numeric(left, right, "compared as a number")?;
            alike(left, right, "compared")?;
            Ok(BOOL)
        }
        Operator::Add if left.is(Type::Text) && right.is(Type::Text) => Ok(TEXT),
        Operator::Add | Operator::Subtract | Operator::Modulo => {
            numeric(left, right, "used in arithmetic")?;
            alike(left, right, "added")?;
            Ok(left.joined(right))
        }
        Operator::Multiply => {
            numeric(left, right, "used in arithmetic")?;
            if left.unit().is_some() && right.unit().is_some() {
                return Err(apart(left, right, "multiplied"));
            }
            Ok(left.joined(right))
        }
        Operator::Divide => {
            numeric(left, right, "used in arithmetic")?;
            if !left.same_unit(right) {
                return Err(apart(left, right, "divided"));
            }
            Ok(match (left.unit(), right.unit()) {
                (Some(unit), None) => Kind::Of(unit),
                _ => NUMBER,
            })
        }
        _ => Err(("invalid operands for this operator".to_owned(), None)),
    }
}

pub(super) fn equality(left: &Kind, right: &Kind) -> Result<Kind, Refusal> {
    if left.comparable(right) {
        return Ok(BOOL);
    }
    let message = match (left, right) {
        (Kind::List(one), Kind::List(two)) => {
            format!(
                "a list of {} never equals one of {}",
                one.as_str(),
                two.as_str()
            )
        }
        _ => format!(
            "{} never equals {}",
            left.with_article(),
            right.with_article()
        ),
    };
    let pair = [left, right];
    let is = |ty: Type| pair.iter().any(|kind| kind.is(ty));
    let help = if pair.iter().any(|kind| kind.is_switch()) {
        Some(SWITCH)
    } else if pair.iter().any(|kind| matches!(kind, Kind::Word(_))) {
        Some("write the value as a quoted string")
    } else if is(Type::Bool) {
        Some("use a bool directly: `path` or `!path`")
    } else {
        of_text(left, right).or_else(|| counted(left, right))
    };
    Err((message, help))
}

/// What to write instead of a text beside something else.
fn of_text(left: &Kind, right: &Kind) -> Option<&'static str> {
    let other = match (left.is(Type::Text), right.is(Type::Text)) {
        (true, false) => right,
        (false, true) => left,
        _ => return None,
    };
    match other {
        Kind::Of(Type::Size) => Some(BYTES),
        Kind::Of(Type::Duration) => Some(SECONDS),
        Kind::List(_) => Some(LIST),
        other if other.is_numeric() => {
            Some("write numbers without quotes and strings with quotes; strings have no order")
        }
        Kind::Subject(_) => Some("use one of its facts"),
        _ => None,
    }
}

/// A count beside a measure: some directives count in other units.
fn counted(left: &Kind, right: &Kind) -> Option<&'static str> {
    let both = left.is_numeric() && right.is_numeric() && left.same_unit(right);
    both.then_some(
        "one is a plain number: see `docs/facts.md` for its unit, and compare it with a number",
    )
}

fn numeric(left: &Kind, right: &Kind, what: &str) -> Result<(), Refusal> {
    let Some(kind) = [left, right].into_iter().find(|k| !k.is_numeric()) else {
        return Ok(());
    };
    let message = format!("{} cannot be {what}", kind.with_article());
    let help = match kind {
        kind if kind.is_switch() => Some(SWITCH),
        Kind::List(_) => Some("`path.size()` is the number of its items"),
        Kind::Subject(_) => Some("use one of its facts"),
        Kind::Of(Type::Bool) => Some(
            "`!` binds more tightly than a comparison, and comparisons cannot be chained: use parentheses or `&&`",
        ),
        kind if kind.is(Type::Text) => of_text(left, right).or(Some(
            "strings have no order; compare them with `==`, `!=` or `startsWith`",
        )),
        _ => None,
    };
    Err((message, help))
}

fn alike(left: &Kind, right: &Kind, what: &str) -> Result<(), Refusal> {
    if left.measures_alike(right) {
        return Ok(());
    }
    let (message, _) = apart(left, right, what);
    Err((message, counted(left, right)))
}

fn apart(left: &Kind, right: &Kind, what: &str) -> Refusal {
    let message = if left == right {
        format!("two of the unit {} cannot be {what}", left.as_str())
    } else {
        format!("{} and {} cannot be {what}", left.as_str(), right.as_str())
    };
    (message, None)
}
