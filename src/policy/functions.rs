//! The functions that expressions may call: their names, arguments and results.

use crate::facts::quantity;
use crate::facts::vocabulary::Type;
use crate::policy::kind::{BOOL, Kind, NUMBER, TEXT};
use crate::policy::outcome::Val;

/// A function whose arguments are evaluated before it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Ratio,
    AsPercent,
    AsBytes,
    AsDuration,
    Bounded,
    Floor,
    Ceil,
    Min,
    Max,
    Lower,
    Text,
    Size,
    Contains,
    StartsWith,
    EndsWith,
    Join,
}

/// How a function is called.
pub(super) struct Signature {
    pub(super) name: &'static str,
    pub(super) function: Function,
    /// Called on its first argument: `text.contains(part)`.
    pub(super) method: bool,
    pub(super) least: usize,
    pub(super) most: usize,
}

const fn plain(name: &'static str, function: Function, least: usize, most: usize) -> Signature {
    Signature {
        name,
        function,
        method: false,
        least,
        most,
    }
}

const fn method(name: &'static str, function: Function, args: usize) -> Signature {
    Signature {
        name,
        function,
        method: true,
        least: args,
        most: args,
    }
}

/// Every function. Arguments of methods include the one that they are called on.
pub(super) const FUNCTIONS: &[Signature] = &[
    plain("ratio", Function::Ratio, 2, 2),
    plain("as_percent", Function::AsPercent, 1, 1),
    plain("as_bytes", Function::AsBytes, 1, 1),
    plain("as_duration", Function::AsDuration, 1, 1),
    plain("bounded", Function::Bounded, 1, 1),
    plain("floor", Function::Floor, 1, 1),
    plain("ceil", Function::Ceil, 1, 1),
    plain("min", Function::Min, 2, 9),
    plain("max", Function::Max, 2, 9),
    plain("lower", Function::Lower, 1, 1),
    plain("string", Function::Text, 1, 1),
    plain("size", Function::Size, 1, 1),
    method("size", Function::Size, 1),
    method("contains", Function::Contains, 2),
    method("startsWith", Function::StartsWith, 2),
    method("endsWith", Function::EndsWith, 2),
    method("join", Function::Join, 2),
];

pub(super) fn find(name: &str, method: bool) -> Option<&'static Signature> {
    FUNCTIONS
        .iter()
        .find(|s| s.name == name && s.method == method)
}

impl Function {
    /// The kind of the result, or what is wrong with the arguments' kinds.
    pub(super) fn kind(self, args: &[Kind]) -> Result<Kind, String> {
        match self {
            Self::Ratio => numbers_of_one_unit(args).map(|_| Kind::Of(Type::Ratio)),
            Self::AsPercent => {
                only(args, |k| k.is_numeric() && k.unit().is_none(), "a ratio").map(|()| TEXT)
            }
            Self::AsBytes => fits(args, Type::Size).map(|()| TEXT),
            Self::AsDuration => fits(args, Type::Duration).map(|()| TEXT),
            Self::Bounded => only(args, Kind::is_numeric, "a number").map(|()| BOOL),
            Self::Floor | Self::Ceil | Self::Min | Self::Max => numbers_of_one_unit(args),
            Self::Lower => only(args, |k| k.is(Type::Text), "a text").map(|()| TEXT),
            Self::Contains | Self::StartsWith | Self::EndsWith => {
                only(args, |k| k.is(Type::Text), "texts").map(|()| BOOL)
            }
            Self::Text => only(args, |k| !matches!(k, Kind::Subject(_)), "a value").map(|()| TEXT),
            Self::Size => only(args, has_size, "a text or a list").map(|()| NUMBER),
            Self::Join => joins(args).map(|()| TEXT),
        }
    }

    /// The result, or `None` where the arguments' values do not fit.
    pub(super) fn call(self, args: &[Val]) -> Option<Val> {
        let number = |i: usize| args.get(i).and_then(Val::number);
        let text = |i: usize| args.get(i).and_then(Val::text);
        Some(match self {
            Self::Ratio => Val::Number(quotient(number(0)?, number(1)?)?),
            Self::AsPercent => Val::Text(percent(number(0)?)),
            Self::AsBytes => Val::Text(quantity::show_size(number(0)?)),
            Self::AsDuration => Val::Text(quantity::show_duration(number(0)?)),
            // What has no limit is infinity in expressions; what is unknown never comes here.
            Self::Bounded => Val::Bool(number(0)?.is_finite()),
            Self::Floor => Val::Number(number(0)?.floor()),
            Self::Ceil => Val::Number(number(0)?.ceil()),
            Self::Min => Val::Number(fold(args, f64::min)?),
            Self::Max => Val::Number(fold(args, f64::max)?),
            Self::Lower => Val::Text(text(0)?.to_lowercase()),
            Self::Text => Val::Text(args.first()?.shown()),
            Self::Size => Val::Number(args.first()?.size()? as f64),
            Self::Contains => Val::Bool(text(0)?.contains(text(1)?)),
            Self::StartsWith => Val::Bool(text(0)?.starts_with(text(1)?)),
            Self::EndsWith => Val::Bool(text(0)?.ends_with(text(1)?)),
            Self::Join => Val::Text(joined(args.first()?, text(1)?)?),
        })
    }
}

/// A quotient that is a number: dividing by nothing says nothing.
pub(super) fn quotient(one: f64, two: f64) -> Option<f64> {
    let result = one / two;
    (two != 0.0 && !result.is_nan()).then_some(result)
}

/// A ratio as people read it: at most one decimal.
fn percent(ratio: f64) -> String {
    let shown = format!("{:.1}", ratio * 100.0);
    format!("{} %", shown.strip_suffix(".0").unwrap_or(&shown))
}

fn fold(args: &[Val], pick: fn(f64, f64) -> f64) -> Option<f64> {
    let numbers: Option<Vec<f64>> = args.iter().map(Val::number).collect();
    numbers?.into_iter().reduce(pick)
}

fn joined(list: &Val, separator: &str) -> Option<String> {
    match list {
        Val::List(items) => Some(
            items
                .iter()
                .map(Val::shown)
                .collect::<Vec<_>>()
                .join(separator),
        ),
        _ => None,
    }
}

fn only(args: &[Kind], fits: impl Fn(&Kind) -> bool, wanted: &str) -> Result<(), String> {
    match args.iter().find(|k| !fits(k)) {
        None => Ok(()),
        Some(kind) => Err(format!("expected {wanted}, found {}", kind.as_str())),
    }
}

fn fits(args: &[Kind], unit: Type) -> Result<(), String> {
    let fits = |k: &Kind| k.is_numeric() && k.unit().is_none_or(|u| u == unit);
    only(args, fits, unit.as_str())
}

fn numbers_of_one_unit(args: &[Kind]) -> Result<Kind, String> {
    only(args, Kind::is_numeric, "a number")?;
    let (first, rest) = args.split_first().ok_or("an argument is missing")?;
    rest.iter().try_fold(first.clone(), |kind, next| {
        if kind.measures_alike(next) {
            Ok(kind.joined(next))
        } else {
            Err(format!("{} against {}", kind.as_str(), next.as_str()))
        }
    })
}

fn has_size(kind: &Kind) -> bool {
    matches!(kind, Kind::List(_)) || kind.is(Type::Text)
}

fn joins(args: &[Kind]) -> Result<(), String> {
    match args {
        [Kind::List(_) | Kind::Any, separator] if separator.is(Type::Text) => Ok(()),
        _ => Err("expected a list and a text between its items".to_owned()),
    }
}
