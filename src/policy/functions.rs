//! The functions that expressions can call: names, arguments and results.

use crate::facts::quantity;
use crate::facts::vocabulary::FactType;
use crate::policy::kind::{BOOL, ExpressionKind, NUMBER, TEXT};
use crate::policy::outcome::CelValue;

/// A function whose arguments are evaluated before it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CelFunction {
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
pub(super) struct FunctionSignature {
    pub(super) name: &'static str,
    pub(super) function: CelFunction,
    /// Called on its first argument: `text.contains(part)`.
    pub(super) method: bool,
    pub(super) least: usize,
    pub(super) most: usize,
}

const fn plain(
    name: &'static str,
    function: CelFunction,
    least: usize,
    most: usize,
) -> FunctionSignature {
    FunctionSignature {
        name,
        function,
        method: false,
        least,
        most,
    }
}

const fn method(name: &'static str, function: CelFunction, args: usize) -> FunctionSignature {
    FunctionSignature {
        name,
        function,
        method: true,
        least: args,
        most: args,
    }
}

/// Every function. Arguments of methods include the one that they are called on.
pub(super) const FUNCTIONS: &[FunctionSignature] = &[
    plain("ratio", CelFunction::Ratio, 2, 2),
    plain("as_percent", CelFunction::AsPercent, 1, 1),
    plain("as_bytes", CelFunction::AsBytes, 1, 1),
    plain("as_duration", CelFunction::AsDuration, 1, 1),
    plain("bounded", CelFunction::Bounded, 1, 1),
    plain("floor", CelFunction::Floor, 1, 1),
    plain("ceil", CelFunction::Ceil, 1, 1),
    plain("min", CelFunction::Min, 2, 9),
    plain("max", CelFunction::Max, 2, 9),
    plain("lower", CelFunction::Lower, 1, 1),
    plain("string", CelFunction::Text, 1, 1),
    plain("size", CelFunction::Size, 1, 1),
    method("size", CelFunction::Size, 1),
    method("contains", CelFunction::Contains, 2),
    method("startsWith", CelFunction::StartsWith, 2),
    method("endsWith", CelFunction::EndsWith, 2),
    method("join", CelFunction::Join, 2),
];

pub(super) fn find(name: &str, method: bool) -> Option<&'static FunctionSignature> {
    FUNCTIONS
        .iter()
        .find(|s| s.name == name && s.method == method)
}

impl CelFunction {
    /// The kind of the result, or what is wrong with the arguments' kinds.
    pub(super) fn kind(self, args: &[ExpressionKind]) -> Result<ExpressionKind, String> {
        match self {
            Self::Ratio => numbers_of_one_unit(args).map(|_| ExpressionKind::Of(FactType::Ratio)),
            Self::AsPercent => {
                only(args, |k| k.is_numeric() && k.unit().is_none(), "a ratio").map(|()| TEXT)
            }
            Self::AsBytes => fits(args, FactType::Size).map(|()| TEXT),
            Self::AsDuration => fits(args, FactType::Duration).map(|()| TEXT),
            Self::Bounded => only(args, ExpressionKind::is_numeric, "a number").map(|()| BOOL),
            Self::Floor | Self::Ceil | Self::Min | Self::Max => numbers_of_one_unit(args),
            Self::Lower => only(args, |k| k.is(FactType::Text), "a text").map(|()| TEXT),
            Self::Contains | Self::StartsWith | Self::EndsWith => {
                only(args, |k| k.is(FactType::Text), "texts").map(|()| BOOL)
            }
            Self::Text => only(
                args,
                |k| !matches!(k, ExpressionKind::Subject(_)),
                "a value",
            )
            .map(|()| TEXT),
            Self::Size => only(args, has_size, "a text or a list").map(|()| NUMBER),
            Self::Join => joins(args).map(|()| TEXT),
        }
    }

    /// The result, or `None` where the arguments' values do not fit.
    pub(super) fn call(self, args: &[CelValue]) -> Option<CelValue> {
        let number = |i: usize| args.get(i).and_then(CelValue::number);
        let text = |i: usize| args.get(i).and_then(CelValue::text);
        Some(match self {
            Self::Ratio => CelValue::Number(quotient(number(0)?, number(1)?)?),
            Self::AsPercent => CelValue::Text(percent(number(0)?)),
            Self::AsBytes => CelValue::Text(quantity::show_size(number(0)?)),
            Self::AsDuration => CelValue::Text(quantity::show_duration(number(0)?)),
            // What has no limit is infinity in expressions; what is unknown never comes here.
            Self::Bounded => CelValue::Bool(number(0)?.is_finite()),
            Self::Floor => CelValue::Number(number(0)?.floor()),
            Self::Ceil => CelValue::Number(number(0)?.ceil()),
            Self::Min => CelValue::Number(fold(args, f64::min)?),
            Self::Max => CelValue::Number(fold(args, f64::max)?),
            Self::Lower => CelValue::Text(text(0)?.to_lowercase()),
            Self::Text => CelValue::Text(args.first()?.display_text()),
            Self::Size => CelValue::Number(args.first()?.size()? as f64),
            Self::Contains => CelValue::Bool(text(0)?.contains(text(1)?)),
            Self::StartsWith => CelValue::Bool(text(0)?.starts_with(text(1)?)),
            Self::EndsWith => CelValue::Bool(text(0)?.ends_with(text(1)?)),
            Self::Join => CelValue::Text(join_list(args.first()?, text(1)?)?),
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

fn fold(args: &[CelValue], pick: fn(f64, f64) -> f64) -> Option<f64> {
    let numbers: Option<Vec<f64>> = args.iter().map(CelValue::number).collect();
    numbers?.into_iter().reduce(pick)
}

fn join_list(list: &CelValue, separator: &str) -> Option<String> {
    match list {
        CelValue::List(items) => Some(
            items
                .iter()
                .map(CelValue::display_text)
                .collect::<Vec<_>>()
                .join(separator),
        ),
        _ => None,
    }
}

fn only(
    args: &[ExpressionKind],
    fits: impl Fn(&ExpressionKind) -> bool,
    wanted: &str,
) -> Result<(), String> {
    match args.iter().find(|k| !fits(k)) {
        None => Ok(()),
        Some(kind) => Err(format!("expected {wanted}, found {}", kind.as_str())),
    }
}

fn fits(args: &[ExpressionKind], unit: FactType) -> Result<(), String> {
    let fits = |k: &ExpressionKind| k.is_numeric() && k.unit().is_none_or(|u| u == unit);
    only(args, fits, unit.as_str())
}

fn numbers_of_one_unit(args: &[ExpressionKind]) -> Result<ExpressionKind, String> {
    only(args, ExpressionKind::is_numeric, "a number")?;
    let (first, rest) = args.split_first().ok_or("an argument is missing")?;
    rest.iter().try_fold(first.clone(), |kind, next| {
        if kind.measures_alike(next) {
            Ok(kind.join(next))
        } else {
            Err(format!("{} against {}", kind.as_str(), next.as_str()))
        }
    })
}

fn has_size(kind: &ExpressionKind) -> bool {
    matches!(kind, ExpressionKind::List(_)) || kind.is(FactType::Text)
}

fn joins(args: &[ExpressionKind]) -> Result<(), String> {
    match args {
        [ExpressionKind::List(_) | ExpressionKind::Any, separator]
            if separator.is(FactType::Text) =>
        {
            Ok(())
        }
        _ => Err("expected a list and a text between its items".to_owned()),
    }
}
