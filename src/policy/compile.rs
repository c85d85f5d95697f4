//! Compiling: a text to an expression or a path, through `syntax` and `checker`.

use crate::facts::vocabulary::Type;
use crate::policy::checker;
use crate::policy::kind::Kind;
use crate::policy::names::{Named, Names};
use crate::policy::syntax::{self, Fault, Form, Tree};
use crate::policy::typed::Expr;

/// Compiles an expression; `wanted` is the type that it must have as a whole.
pub(super) fn expression(
    text: &str,
    names: &mut Names<'_>,
    wanted: Option<Type>,
) -> Result<Expr, Vec<Fault>> {
    let tree = syntax::parse(text).map_err(|fault| vec![fault])?;
    let expr = checker::check(&tree, names)?;
    match wanted {
        Some(Type::Bool) if !expr.kind.is(Type::Bool) => {
            Err(vec![checker::no_bool(&tree, &expr.kind)])
        }
        Some(wanted) if !expr.kind.is(wanted) => {
            let found = expr.kind.with_article();
            let message = format!("this must be a {}, not {found}", wanted.as_str());
            Err(vec![Fault::new(tree.range, message)])
        }
        _ => Ok(expr),
    }
}

/// Compiles a path that must name a fact or a subject.
pub(super) fn path(text: &str, names: &Names<'_>) -> Result<(Named, Kind), Vec<Fault>> {
    let tree = syntax::parse(text).map_err(|fault| vec![fault])?;
    let fault = match &tree.form {
        Form::Path(path) => match names.resolve(path) {
            Ok(found @ (Named::Fact(_) | Named::Subject(_), _)) => return Ok(found),
            Ok(_) => no_place(&tree),
            Err(unknown) => unknown.fault(&tree.range),
        },
        _ => no_place(&tree),
    };
    Err(vec![fault])
}

fn no_place(tree: &Tree) -> Fault {
    Fault::new(tree.range.clone(), "expected a fact or a subject")
}
