//! Type checking of calls: questions about facts, functions, methods and macros.

use crate::nearest;
use crate::policy::checker::{ExpressionChecker, boolean};
use crate::policy::foreign_syntax_hints;
use crate::policy::functions;
use crate::policy::kind::{BOOL, ExpressionKind, TEXT};
use crate::policy::operands::either;
use crate::policy::syntax::{ExpressionFault, ExpressionForm, ExpressionTree};
use crate::policy::typed::{CelMacro, FactQuestion, TypedExpr, TypedNode};

/// More nested macros than this are refused: there is no other limit to the work of a rule.
const NESTED: usize = 2;

const QUESTIONS: [(&str, FactQuestion, ExpressionKind); 5] = [
    ("explicit", FactQuestion::Explicit, BOOL),
    ("because", FactQuestion::Because, TEXT),
    ("name", FactQuestion::Name, TEXT),
    ("follows", FactQuestion::Follows, TEXT),
    ("meaning", FactQuestion::Meaning, TEXT),
];

const MACROS: [(&str, CelMacro); 6] = [
    ("all", CelMacro::All),
    ("exists", CelMacro::Exists),
    ("exists_one", CelMacro::ExistsOne),
    ("existsOne", CelMacro::ExistsOne),
    ("map", CelMacro::Map),
    ("filter", CelMacro::Filter),
];

/// The names of everything that may be called.
#[cfg(test)]
pub(in crate::policy) fn words() -> Vec<String> {
    let functions = functions::FUNCTIONS.iter().map(|s| s.name);
    let questions = QUESTIONS.iter().map(|(name, ..)| *name);
    let macros = MACROS.iter().map(|(name, _)| *name);
    let all = functions.chain(questions).chain(macros);
    all.chain(["known", "or"]).map(str::to_owned).collect()
}

impl ExpressionChecker<'_, '_> {
    pub(super) fn call(
        &mut self,
        tree: &ExpressionTree,
        name: &str,
        target: Option<&ExpressionTree>,
        args: &[ExpressionTree],
    ) -> TypedExpr {
        match target {
            Some(target) => self.method(tree, name, target, args),
            None => self.plain_call(tree, name, args),
        }
    }

    fn plain_call(
        &mut self,
        tree: &ExpressionTree,
        name: &str,
        args: &[ExpressionTree],
    ) -> TypedExpr {
        if let Some((_, question, kind)) = QUESTIONS.iter().find(|(n, ..)| *n == name) {
            return self.question(tree, name, *question, kind.clone(), args);
        }
        match (name, args) {
            ("known", [path]) => {
                let expr = self.check_question(name, path);
                boolean(TypedNode::IsKnown(Box::new(expr)))
            }
            ("or", [path, other]) => self.or_else(tree, path, other),
            ("known", _) => self.count(tree, name, 1, args.len()),
            ("or", _) => self.count(tree, name, 2, args.len()),
            ("has", _) => {
                let fault =
                    ExpressionFault::new(tree.range.clone(), "`has()` cannot be used on facts");
                self.report_fault(fault.with_help("use `known(path)` or `explicit(path)`"))
            }
            _ => self.function(tree, name, false, args.iter().collect()),
        }
    }

    fn question(
        &mut self,
        tree: &ExpressionTree,
        name: &str,
        question: FactQuestion,
        kind: ExpressionKind,
        args: &[ExpressionTree],
    ) -> TypedExpr {
        let [path] = args else {
            return self.count(tree, name, 1, args.len());
        };
        let expr = self.expr(path);
        match expr.node {
            TypedNode::Fact(fact) => TypedExpr {
                node: TypedNode::Ask(question, fact),
                kind,
            },
            TypedNode::Literal(_) if expr.kind == ExpressionKind::Any => expr,
            _ => self.no_fact(name, path),
        }
    }

    fn no_fact(&mut self, name: &str, tree: &ExpressionTree) -> TypedExpr {
        let fault = ExpressionFault::new(tree.range.clone(), format!("`{name}` requires a fact"));
        let subject = self.names.subject.as_str();
        self.report_fault(match &tree.form {
            ExpressionForm::Text(text) => fault.with_help(self.names.suggest_unquoted(text)),
            _ => fault.with_help(format!("use a path: `{name}({subject}.FACT)`")),
        })
    }

    /// The first argument of `known` and `or`: a fact, or a `let` made of facts.
    fn check_question(&mut self, name: &str, path: &ExpressionTree) -> TypedExpr {
        let expr = self.expr(path);
        match expr.node {
            TypedNode::Fact(_) | TypedNode::Let(_) | TypedNode::Variable(_) => expr,
            TypedNode::Literal(_) if expr.kind == ExpressionKind::Any => expr,
            _ => self.no_fact(name, path),
        }
    }

    fn or_else(
        &mut self,
        tree: &ExpressionTree,
        path: &ExpressionTree,
        other: &ExpressionTree,
    ) -> TypedExpr {
        let (one, two) = (self.check_question("or", path), self.expr(other));
        if !one.kind.comparable(&two.kind) {
            let message = format!(
                "{} cannot stand in for {}",
                two.kind.with_article(),
                one.kind.with_article()
            );
            return self.fail(&tree.range, message);
        }
        let kind = either(&one.kind, &two.kind);
        TypedExpr {
            node: TypedNode::OrElse(Box::new(one), Box::new(two)),
            kind,
        }
    }

    fn method(
        &mut self,
        tree: &ExpressionTree,
        name: &str,
        target: &ExpressionTree,
        args: &[ExpressionTree],
    ) -> TypedExpr {
        if let Some((_, which)) = MACROS.iter().find(|(n, _)| *n == name) {
            return self.macro_call(tree, name, *which, target, args);
        }
        let args = std::iter::once(target).chain(args).collect();
        self.function(tree, name, true, args)
    }

    fn function(
        &mut self,
        tree: &ExpressionTree,
        name: &str,
        method: bool,
        args: Vec<&ExpressionTree>,
    ) -> TypedExpr {
        let Some(signature) = functions::find(name, method) else {
            return self.unknown_function(tree, name, method);
        };
        let skip = usize::from(method);
        if !(signature.least..=signature.most).contains(&args.len()) {
            return self.count(tree, name, signature.least - skip, args.len() - skip);
        }
        let args: Vec<TypedExpr> = args.into_iter().map(|a| self.expr(a)).collect();
        let kinds: Vec<ExpressionKind> = args.iter().map(|a| a.kind.clone()).collect();
        match signature.function.kind(&kinds) {
            Ok(kind) => TypedExpr {
                node: TypedNode::Call(signature.function, args),
                kind,
            },
            Err(message) => self.fail(&tree.range, format!("`{name}`: {message}")),
        }
    }

    fn unknown_function(&mut self, tree: &ExpressionTree, name: &str, method: bool) -> TypedExpr {
        let own = functions::FUNCTIONS.iter().filter(|s| s.method == method);
        let mut known: Vec<&str> = own.map(|s| s.name).collect();
        if method {
            known.extend(MACROS.iter().map(|(n, _)| *n));
        } else {
            known.extend(["known", "or"]);
            known.extend(QUESTIONS.iter().map(|(n, ..)| *n));
        }
        let fault = ExpressionFault::new(tree.range.clone(), format!("unknown function `{name}`"));
        let elsewhere = foreign_syntax_hints::function(name);
        self.report_fault(
            fault.with_help(elsewhere.map_or_else(|| nearest::help(name, known), str::to_owned)),
        )
    }

    fn count(
        &mut self,
        tree: &ExpressionTree,
        name: &str,
        wanted: usize,
        found: usize,
    ) -> TypedExpr {
        let plural = if wanted == 1 { "" } else { "s" };
        let message = format!("`{name}` takes {wanted} argument{plural}, not {found}");
        self.fail(&tree.range, message)
    }

    fn no_walk(&mut self, tree: &ExpressionTree, name: &str, found: usize) -> TypedExpr {
        let message = format!("`{name}` takes a variable and an expression, not {found} arguments");
        let fault = ExpressionFault::new(tree.range.clone(), message);
        self.report_fault(fault.with_help(format!("`list.{name}(x, x.FACT > 1)`")))
    }

    fn macro_call(
        &mut self,
        tree: &ExpressionTree,
        name: &str,
        which: CelMacro,
        target: &ExpressionTree,
        args: &[ExpressionTree],
    ) -> TypedExpr {
        let range = self.expr(target);
        let item = match &range.kind {
            ExpressionKind::List(item) => (**item).clone(),
            ExpressionKind::Any => ExpressionKind::Any,
            other => {
                let message = format!("{} has no items", other.with_article());
                return self.fail(&target.range, message);
            }
        };
        let most = if which == CelMacro::Map { 3 } else { 2 };
        let (variable, bodies) = match args {
            [variable, bodies @ ..] if !bodies.is_empty() && args.len() <= most => {
                (variable, bodies)
            }
            _ => return self.no_walk(tree, name, args.len()),
        };
        let Some(variable) = single_name(variable) else {
            return self.fail(&variable.range, "expected a variable name");
        };
        if self.depth == NESTED {
            let message = format!("macros can be nested at most {NESTED} deep");
            return self.fail(&tree.range, message);
        }
        self.macro_body(which, range, variable, item, bodies)
    }

    fn macro_body(
        &mut self,
        which: CelMacro,
        range: TypedExpr,
        name: String,
        item: ExpressionKind,
        bodies: &[ExpressionTree],
    ) -> TypedExpr {
        self.depth += 1;
        self.names.variables.push((name, item.clone()));
        let last = bodies.len() - 1;
        let bodies: Vec<TypedExpr> = bodies
            .iter()
            .enumerate()
            .map(|(i, body)| {
                if which == CelMacro::Map && i == last {
                    self.expr(body)
                } else {
                    *self.truth(body)
                }
            })
            .collect();
        self.names.variables.pop();
        self.depth -= 1;
        let kind = match which {
            CelMacro::All | CelMacro::Exists | CelMacro::ExistsOne => BOOL,
            CelMacro::Filter => ExpressionKind::List(Box::new(item)),
            CelMacro::Map => ExpressionKind::List(Box::new(
                bodies
                    .last()
                    .map_or(ExpressionKind::Any, |b| b.kind.clone()),
            )),
        };
        TypedExpr {
            node: TypedNode::Macro(which, Box::new(range), bodies),
            kind,
        }
    }
}

fn single_name(tree: &ExpressionTree) -> Option<String> {
    match &tree.form {
        ExpressionForm::Path(path) if path.len() == 1 => path.first().map(|s| s.word.clone()),
        _ => None,
    }
}
