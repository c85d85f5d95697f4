//! Typed expressions: names are resolved, types and units fit. Created by `checker`, evaluated by
//! `eval`.

use crate::facts::estate::SubjectKind;
use crate::policy::functions::CelFunction;
use crate::policy::kind::ExpressionKind;
use crate::policy::names::{FactReference, SubjectPath};
use crate::policy::outcome::CelValue;
use crate::policy::syntax::CelOperator;

/// An expression that can be evaluated.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct TypedExpr {
    pub(super) node: TypedNode,
    pub(super) kind: ExpressionKind,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum TypedNode {
    Literal(CelValue),
    Fact(FactReference),
    Related(SubjectPath, SubjectKind),
    Subject(SubjectPath),
    Param(String),
    Let(usize),
    Variable(usize),
    And(Box<TypedExpr>, Box<TypedExpr>),
    Or(Box<TypedExpr>, Box<TypedExpr>),
    Not(Box<TypedExpr>),
    Conditional(Box<[TypedExpr; 3]>),
    Negate(Box<TypedExpr>),
    Arithmetic(CelOperator, Box<TypedExpr>, Box<TypedExpr>),
    Compare(CelOperator, Box<TypedExpr>, Box<TypedExpr>),
    In(Box<TypedExpr>, Box<TypedExpr>),
    Index(Box<TypedExpr>, Box<TypedExpr>),
    List(Vec<TypedExpr>),
    Call(CelFunction, Vec<TypedExpr>),
    /// `known(x)` of a fact or a `let`.
    IsKnown(Box<TypedExpr>),
    /// `or(x, y)`: y where x is absent.
    OrElse(Box<TypedExpr>, Box<TypedExpr>),
    Ask(FactQuestion, FactReference),
    Macro(CelMacro, Box<TypedExpr>, Vec<TypedExpr>),
}

/// What can be asked of a fact besides its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FactQuestion {
    Explicit,
    Because,
    Name,
    Follows,
    Meaning,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CelMacro {
    All,
    Exists,
    ExistsOne,
    Map,
    Filter,
}
