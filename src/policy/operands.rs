//! Which kinds of operands an operator accepts, and the kind of its result.

use crate::facts::vocabulary::FactType;
use crate::policy::kind::{BOOL, ExpressionKind, NUMBER, TEXT};
use crate::policy::syntax::CelOperator;

/// The kind of a result that is one or the other.
pub(super) fn either(one: &ExpressionKind, two: &ExpressionKind) -> ExpressionKind {
    match (one, two) {
        (ExpressionKind::Any, other) | (other, ExpressionKind::Any) => other.clone(),
        _ if one.is_numeric() => one.join(two),
        (ExpressionKind::Word(_), other) | (other, ExpressionKind::Word(_)) if one != two => {
            match other {
                ExpressionKind::Word(_) => TEXT,
                other => other.clone(),
            }
        }
        _ => one.clone(),
    }
}

/// What is wrong with two operands, and what to do.
pub(super) type OperandMistake = (String, Option<&'static str>);

const SWITCH: &str = "its values are `yes` and `no`: write `path == \"yes\"`";
const BYTES: &str =
    "write the number of bytes, or use a parameter of type `size` with a default such as `1gb`";
const SECONDS: &str = "write the number of seconds, or use a parameter of type `duration` with a default such as `5m`";
const LIST: &str = "`\"word\" in path` tests for an item, `path.join(\" \")` joins all items, `path.size()` counts them";

pub(super) fn binary_kind(
    operator: CelOperator,
    left: &ExpressionKind,
    right: &ExpressionKind,
) -> Result<ExpressionKind, OperandMistake> {
    match operator {
        CelOperator::Equal | CelOperator::NotEqual => equality(left, right),
        CelOperator::Less
        | CelOperator::LessEqual
        | CelOperator::Greater
        | CelOperator::GreaterEqual => {
            numeric(left, right, "compared as a number")?;
            alike(left, right, "compared")?;
            Ok(BOOL)
        }
        CelOperator::Add if left.is(FactType::Text) && right.is(FactType::Text) => Ok(TEXT),
        CelOperator::Add | CelOperator::Subtract | CelOperator::Modulo => {
            numeric(left, right, "used in arithmetic")?;
            alike(left, right, "added")?;
            Ok(left.join(right))
        }
        CelOperator::Multiply => {
            numeric(left, right, "used in arithmetic")?;
            if left.unit().is_some() && right.unit().is_some() {
                return Err(apart(left, right, "multiplied"));
            }
            Ok(left.join(right))
        }
        CelOperator::Divide => {
            numeric(left, right, "used in arithmetic")?;
            if !left.same_unit(right) {
                return Err(apart(left, right, "divided"));
            }
            Ok(match (left.unit(), right.unit()) {
                (Some(unit), None) => ExpressionKind::Of(unit),
                _ => NUMBER,
            })
        }
        _ => Err(("invalid operands for this operator".to_owned(), None)),
    }
}

pub(super) fn equality(
    left: &ExpressionKind,
    right: &ExpressionKind,
) -> Result<ExpressionKind, OperandMistake> {
    if left.comparable(right) {
        return Ok(BOOL);
    }
    let message = match (left, right) {
        (ExpressionKind::List(one), ExpressionKind::List(two)) => {
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
    let is = |ty: FactType| pair.iter().any(|kind| kind.is(ty));
    let help = if pair.iter().any(|kind| kind.is_switch()) {
        Some(SWITCH)
    } else if pair
        .iter()
        .any(|kind| matches!(kind, ExpressionKind::Word(_)))
    {
        Some("write the value as a quoted string")
    } else if is(FactType::Bool) {
        Some("use a bool directly: `path` or `!path`")
    } else {
        of_text(left, right).or_else(|| find_count_mismatch(left, right))
    };
    Err((message, help))
}

/// What to write instead of a text beside something else.
fn of_text(left: &ExpressionKind, right: &ExpressionKind) -> Option<&'static str> {
    let other = match (left.is(FactType::Text), right.is(FactType::Text)) {
        (true, false) => right,
        (false, true) => left,
        _ => return None,
    };
    match other {
        ExpressionKind::Of(FactType::Size) => Some(BYTES),
        ExpressionKind::Of(FactType::Duration) => Some(SECONDS),
        ExpressionKind::List(_) => Some(LIST),
        other if other.is_numeric() => {
            Some("write numbers without quotes and strings with quotes; strings have no order")
        }
        ExpressionKind::Subject(_) => Some("use one of its facts"),
        _ => None,
    }
}

/// A count beside a measure: some directives count in other units.
fn find_count_mismatch(left: &ExpressionKind, right: &ExpressionKind) -> Option<&'static str> {
    let both = left.is_numeric() && right.is_numeric() && left.same_unit(right);
    both.then_some(
        "one is a plain number: see `docs/facts.md` for its unit, and compare it with a number",
    )
}

fn numeric(
    left: &ExpressionKind,
    right: &ExpressionKind,
    what: &str,
) -> Result<(), OperandMistake> {
    let Some(kind) = [left, right].into_iter().find(|k| !k.is_numeric()) else {
        return Ok(());
    };
    let message = format!("{} cannot be {what}", kind.with_article());
    let help = match kind {
        kind if kind.is_switch() => Some(SWITCH),
        ExpressionKind::List(_) => Some("`path.size()` is the number of its items"),
        ExpressionKind::Subject(_) => Some("use one of its facts"),
        ExpressionKind::Of(FactType::Bool) => Some(
            "`!` binds more tightly than a comparison, and comparisons cannot be chained: use parentheses or `&&`",
        ),
        kind if kind.is(FactType::Text) => of_text(left, right).or(Some(
            "strings have no order; compare them with `==`, `!=` or `startsWith`",
        )),
        _ => None,
    };
    Err((message, help))
}

fn alike(left: &ExpressionKind, right: &ExpressionKind, what: &str) -> Result<(), OperandMistake> {
    if left.measures_alike(right) {
        return Ok(());
    }
    let (message, _) = apart(left, right, what);
    Err((message, find_count_mismatch(left, right)))
}

fn apart(left: &ExpressionKind, right: &ExpressionKind, what: &str) -> OperandMistake {
    let message = if left == right {
        format!("two values of the unit {} cannot be {what}", left.as_str())
    } else {
        format!("{} and {} cannot be {what}", left.as_str(), right.as_str())
    };
    (message, None)
}
