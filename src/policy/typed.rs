//! Expressions whose names are resolved and whose types and units fit, ready to be evaluated.
//! `checker` makes them, `eval` runs them.

use crate::facts::estate::SubjectKind;
use crate::policy::functions::Function;
use crate::policy::kind::Kind;
use crate::policy::names::{FactReference, SubjectPath};
use crate::policy::outcome::Val;
use crate::policy::syntax::Operator;

/// An expression that can be evaluated.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Expr {
    pub(super) node: Node,
    pub(super) kind: Kind,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Literal(Val),
    Fact(FactReference),
    Related(SubjectPath, SubjectKind),
    Subject(SubjectPath),
    Param(String),
    Let(usize),
    Variable(usize),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    Not(Box<Expr>),
    Conditional(Box<[Expr; 3]>),
    Negate(Box<Expr>),
    Arithmetic(Operator, Box<Expr>, Box<Expr>),
    Compare(Operator, Box<Expr>, Box<Expr>),
    In(Box<Expr>, Box<Expr>),
    Index(Box<Expr>, Box<Expr>),
    List(Vec<Expr>),
    Call(Function, Vec<Expr>),
    /// `known(x)` of a fact or a `let`.
    IsKnown(Box<Expr>),
    /// `or(x, y)`: y where x is absent.
    OrElse(Box<Expr>, Box<Expr>),
    Ask(Question, FactReference),
    Macro(Macro, Box<Expr>, Vec<Expr>),
}

/// What can be asked of a fact besides its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Question {
    Explicit,
    Because,
    Name,
    Follows,
    Meaning,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Macro {
    All,
    Exists,
    ExistsOne,
    Map,
    Filter,
}
