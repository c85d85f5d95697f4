//! Expressions whose names are resolved and whose types and units fit, ready to be evaluated.
//! `checker` makes them, `eval` runs them.

use crate::facts::estate::SubjectKind;
use crate::facts::vocabulary::Type;
use crate::policy::checker;
use crate::policy::functions::Function;
use crate::policy::kind::Kind;
use crate::policy::names::{FactPath, Named, Names, SubjectPath};
use crate::policy::scope::Val;
use crate::policy::syntax::{self, Fault, Form, Operator, Tree};

/// An expression that can be evaluated.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Expr {
    pub(super) node: Node,
    pub(super) kind: Kind,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Literal(Val),
    Fact(FactPath),
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
    Ask(Question, FactPath),
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

/// Compiles an expression; `wanted` is the type that it must have as a whole.
pub(super) fn compile(
    text: &str,
    names: &mut Names<'_>,
    wanted: Option<Type>,
) -> Result<Expr, Vec<Fault>> {
    let tree = syntax::parse(text).map_err(|fault| vec![fault])?;
    let expr = checker::check(&tree, names)?;
    match wanted {
        Some(wanted) if !expr.kind.is(wanted) => {
            let found = expr.kind.word();
            let message = format!("this must be a {}, not a {found}", wanted.word());
            Err(vec![Fault::new(tree.range, message)])
        }
        _ => Ok(expr),
    }
}

/// Compiles a path that must name a fact or a subject.
pub(super) fn compile_path(text: &str, names: &Names<'_>) -> Result<(Named, Kind), Vec<Fault>> {
    let tree = syntax::parse(text).map_err(|fault| vec![fault])?;
    let fault = match &tree.form {
        Form::Path(path) => match names.resolve(path) {
            Ok(found @ (Named::Fact(_) | Named::Subject(_), _)) => return Ok(found),
            Ok(_) => no_place(&tree),
            Err(unknown) => Fault::new(tree.range, unknown.message).with_help(unknown.help),
        },
        _ => no_place(&tree),
    };
    Err(vec![fault])
}

fn no_place(tree: &Tree) -> Fault {
    Fault::new(tree.range.clone(), "this must name a fact or a subject")
}
