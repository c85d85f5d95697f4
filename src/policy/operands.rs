//! Which kinds of operands fit together, and what comes out.

use crate::facts::vocabulary::Type;
use crate::policy::kind::{BOOL, Kind, NUMBER};
use crate::policy::syntax::Operator;

/// The kind of a result that is one or the other.
pub(super) fn either(one: &Kind, two: &Kind) -> Kind {
    match (one, two) {
        (Kind::Any, other) | (other, Kind::Any) => other.clone(),
        _ if one.is_numeric() => one.joined(two),
        _ => one.clone(),
    }
}

pub(super) type Refusal = (String, Option<&'static str>);

pub(super) fn binary_kind(operator: Operator, left: &Kind, right: &Kind) -> Result<Kind, Refusal> {
    match operator {
        Operator::Equal | Operator::NotEqual => equality(left, right),
        Operator::Less | Operator::LessEqual | Operator::Greater | Operator::GreaterEqual => {
            numeric(left, right, "compared")?;
            same_unit(left, right, "compared")?;
            Ok(BOOL)
        }
        Operator::Add if left.is(Type::Text) && right.is(Type::Text) => Ok(either(left, right)),
        Operator::Add | Operator::Subtract | Operator::Modulo => {
            numeric(left, right, "computed with")?;
            same_unit(left, right, "added")?;
            Ok(left.joined(right))
        }
        Operator::Multiply => {
            numeric(left, right, "computed with")?;
            same_unit(left, right, "multiplied")?;
            Ok(left.joined(right))
        }
        Operator::Divide => {
            numeric(left, right, "computed with")?;
            same_unit(left, right, "divided")?;
            Ok(match (left.unit(), right.unit()) {
                (Some(unit), None) => Kind::Of(unit),
                _ => NUMBER,
            })
        }
        _ => Err(("this operator takes other operands".to_owned(), None)),
    }
}

pub(super) fn equality(left: &Kind, right: &Kind) -> Result<Kind, Refusal> {
    if left.comparable(right) {
        return Ok(BOOL);
    }
    let message = format!(
        "{} never equals {}",
        left.with_article(),
        right.with_article()
    );
    let help = match (left, right) {
        (Kind::Of(Type::Bool), Kind::Of(Type::Text))
        | (Kind::Of(Type::Text), Kind::Of(Type::Bool)) => {
            Some("a switch is a bool: write `path`, `!path` or `path == \"yes\"`")
        }
        (Kind::Of(Type::Size), Kind::Of(Type::Text))
        | (Kind::Of(Type::Text), Kind::Of(Type::Size)) => Some(
            "write bytes as a number, or make a parameter of the type `size`: its default may be `1gb`",
        ),
        (Kind::Of(Type::Duration), Kind::Of(Type::Text))
        | (Kind::Of(Type::Text), Kind::Of(Type::Duration)) => Some(
            "write seconds as a number, or make a parameter of the type `duration`: its default may be `5m`",
        ),
        _ => None,
    };
    Err((message, help))
}

fn numeric(left: &Kind, right: &Kind, what: &str) -> Result<(), Refusal> {
    match [left, right].into_iter().find(|k| !k.is_numeric()) {
        None => Ok(()),
        Some(kind) => Err((
            format!("{} cannot be {what} as a number", kind.with_article()),
            None,
        )),
    }
}

fn same_unit(left: &Kind, right: &Kind, what: &str) -> Result<(), Refusal> {
    if left.same_unit(right) {
        return Ok(());
    }
    let message = format!("{} and {} cannot be {what}", left.word(), right.word());
    Err((message, None))
}
