//! Compiles the text of an expression or a path with `syntax` and `checker`.

use crate::facts::vocabulary::FactType;
use crate::policy::checker;
use crate::policy::expression_parser;
use crate::policy::kind::ExpressionKind;
use crate::policy::names::{NamedThing, RuleNames};
use crate::policy::syntax::{ExpressionFault, ExpressionForm, ExpressionTree};
use crate::policy::typed::TypedExpr;

/// Compiles an expression; `wanted` is the type that it must have as a whole.
pub(super) fn expression(
    text: &str,
    names: &mut RuleNames<'_>,
    wanted: Option<FactType>,
) -> Result<TypedExpr, Vec<ExpressionFault>> {
    let tree = expression_parser::parse(text).map_err(|fault| vec![fault])?;
    let expr = checker::check(&tree, names)?;
    match wanted {
        Some(FactType::Bool) if !expr.kind.is(FactType::Bool) => {
            Err(vec![checker::no_bool(&tree, &expr.kind)])
        }
        Some(wanted) if !expr.kind.is(wanted) => {
            let found = expr.kind.with_article();
            let message = format!("this must be a {}, not {found}", wanted.as_str());
            Err(vec![ExpressionFault::new(tree.range, message)])
        }
        _ => Ok(expr),
    }
}

/// Compiles a path that must name a fact or a subject.
pub(super) fn path(
    text: &str,
    names: &RuleNames<'_>,
) -> Result<(NamedThing, ExpressionKind), Vec<ExpressionFault>> {
    let tree = expression_parser::parse(text).map_err(|fault| vec![fault])?;
    let fault = match &tree.form {
        ExpressionForm::Path(path) => match names.resolve(path) {
            Ok(found @ (NamedThing::Fact(_) | NamedThing::Subject(_), _)) => return Ok(found),
            Ok(_) => no_place(&tree),
            Err(unknown) => unknown.fault(&tree.range),
        },
        _ => no_place(&tree),
    };
    Err(vec![fault])
}

fn no_place(tree: &ExpressionTree) -> ExpressionFault {
    ExpressionFault::new(tree.range.clone(), "expected a fact or a subject")
}
