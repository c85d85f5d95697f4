//! Calls in expressions: questions about facts, functions, methods and macros.

use crate::nearest;
use crate::policy::checker::{Checker, boolean};
use crate::policy::functions;
use crate::policy::habits;
use crate::policy::kind::{BOOL, Kind, TEXT};
use crate::policy::operands::either;
use crate::policy::syntax::{Fault, Form, Tree};
use crate::policy::typed::{Expr, Macro, Node, Question};

/// More nested macros than this are refused: there is no other limit to the work of a rule.
const NESTED: usize = 2;

const QUESTIONS: [(&str, Question, Kind); 5] = [
    ("explicit", Question::Explicit, BOOL),
    ("because", Question::Because, TEXT),
    ("name", Question::Name, TEXT),
    ("follows", Question::Follows, TEXT),
    ("meaning", Question::Meaning, TEXT),
];

const MACROS: [(&str, Macro); 6] = [
    ("all", Macro::All),
    ("exists", Macro::Exists),
    ("exists_one", Macro::ExistsOne),
    ("existsOne", Macro::ExistsOne),
    ("map", Macro::Map),
    ("filter", Macro::Filter),
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

impl Checker<'_, '_> {
    pub(super) fn call(
        &mut self,
        tree: &Tree,
        name: &str,
        target: Option<&Tree>,
        args: &[Tree],
    ) -> Expr {
        match target {
            Some(target) => self.method(tree, name, target, args),
            None => self.plain_call(tree, name, args),
        }
    }

    fn plain_call(&mut self, tree: &Tree, name: &str, args: &[Tree]) -> Expr {
        if let Some((_, question, kind)) = QUESTIONS.iter().find(|(n, ..)| *n == name) {
            return self.question(tree, name, (*question, kind.clone()), args);
        }
        match (name, args) {
            ("known", [path]) => {
                let expr = self.asked(name, path);
                boolean(Node::IsKnown(Box::new(expr)))
            }
            ("or", [path, other]) => self.or_else(tree, path, other),
            ("known", _) => self.count(tree, name, 1, args.len()),
            ("or", _) => self.count(tree, name, 2, args.len()),
            ("has", _) => {
                let fault = Fault::new(tree.range.clone(), "`has()` cannot be used on facts");
                self.broken(fault.with_help("use `known(path)` or `explicit(path)`"))
            }
            _ => self.function(tree, name, false, args.iter().collect()),
        }
    }

    fn question(
        &mut self,
        tree: &Tree,
        name: &str,
        (question, kind): (Question, Kind),
        args: &[Tree],
    ) -> Expr {
        let [path] = args else {
            return self.count(tree, name, 1, args.len());
        };
        let expr = self.expr(path);
        match expr.node {
            Node::Fact(fact) => Expr {
                node: Node::Ask(question, fact),
                kind,
            },
            Node::Literal(_) if expr.kind == Kind::Any => expr,
            _ => self.no_fact(name, path),
        }
    }

    fn no_fact(&mut self, name: &str, tree: &Tree) -> Expr {
        let fault = Fault::new(tree.range.clone(), format!("`{name}` requires a fact"));
        let subject = self.names.subject.as_str();
        self.broken(match &tree.form {
            Form::Text(text) => fault.with_help(self.names.quoted_fact(text)),
            _ => fault.with_help(format!("use a path: `{name}({subject}.FACT)`")),
        })
    }

    /// The first argument of `known` and `or`: a fact, or a `let` made of facts.
    fn asked(&mut self, name: &str, path: &Tree) -> Expr {
        let expr = self.expr(path);
        match expr.node {
            Node::Fact(_) | Node::Let(_) | Node::Variable(_) => expr,
            Node::Literal(_) if expr.kind == Kind::Any => expr,
            _ => self.no_fact(name, path),
        }
    }

    fn or_else(&mut self, tree: &Tree, path: &Tree, other: &Tree) -> Expr {
        let (one, two) = (self.asked("or", path), self.expr(other));
        if !one.kind.comparable(&two.kind) {
            let message = format!(
                "{} cannot stand in for {}",
                two.kind.with_article(),
                one.kind.with_article()
            );
            return self.fail(&tree.range, message);
        }
        let kind = either(&one.kind, &two.kind);
        Expr {
            node: Node::OrElse(Box::new(one), Box::new(two)),
            kind,
        }
    }

    fn method(&mut self, tree: &Tree, name: &str, target: &Tree, args: &[Tree]) -> Expr {
        if let Some((_, which)) = MACROS.iter().find(|(n, _)| *n == name) {
            return self.macro_call(tree, (name, *which), target, args);
        }
        let args = std::iter::once(target).chain(args).collect();
        self.function(tree, name, true, args)
    }

    fn function(&mut self, tree: &Tree, name: &str, method: bool, args: Vec<&Tree>) -> Expr {
        let Some(signature) = functions::find(name, method) else {
            return self.unknown_function(tree, name, method);
        };
        let skip = usize::from(method);
        if !(signature.least..=signature.most).contains(&args.len()) {
            return self.count(tree, name, signature.least - skip, args.len() - skip);
        }
        let args: Vec<Expr> = args.into_iter().map(|a| self.expr(a)).collect();
        let kinds: Vec<Kind> = args.iter().map(|a| a.kind.clone()).collect();
        match signature.function.kind(&kinds) {
            Ok(kind) => Expr {
                node: Node::Call(signature.function, args),
                kind,
            },
            Err(message) => self.fail(&tree.range, format!("`{name}`: {message}")),
        }
    }

    fn unknown_function(&mut self, tree: &Tree, name: &str, method: bool) -> Expr {
        let own = functions::FUNCTIONS.iter().filter(|s| s.method == method);
        let mut known: Vec<&str> = own.map(|s| s.name).collect();
        if method {
            known.extend(MACROS.iter().map(|(n, _)| *n));
        } else {
            known.extend(["known", "or"]);
            known.extend(QUESTIONS.iter().map(|(n, ..)| *n));
        }
        let fault = Fault::new(tree.range.clone(), format!("unknown function `{name}`"));
        let elsewhere = habits::function(name);
        self.broken(
            fault.with_help(elsewhere.map_or_else(|| nearest::help(name, known), str::to_owned)),
        )
    }

    fn count(&mut self, tree: &Tree, name: &str, wanted: usize, found: usize) -> Expr {
        let plural = if wanted == 1 { "" } else { "s" };
        let message = format!("`{name}` takes {wanted} argument{plural}, not {found}");
        self.fail(&tree.range, message)
    }

    fn no_walk(&mut self, tree: &Tree, name: &str, found: usize) -> Expr {
        let message = format!("`{name}` takes a variable and an expression, not {found} arguments");
        let fault = Fault::new(tree.range.clone(), message);
        self.broken(fault.with_help(format!("`list.{name}(x, x.FACT > 1)`")))
    }

    fn macro_call(
        &mut self,
        tree: &Tree,
        (name, which): (&str, Macro),
        target: &Tree,
        args: &[Tree],
    ) -> Expr {
        let range = self.expr(target);
        let item = match &range.kind {
            Kind::List(item) => (**item).clone(),
            Kind::Any => Kind::Any,
            other => {
                let message = format!("{} has no items", other.with_article());
                return self.fail(&target.range, message);
            }
        };
        let most = if which == Macro::Map { 3 } else { 2 };
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
        self.macro_body(which, range, (variable, item), bodies)
    }

    fn macro_body(
        &mut self,
        which: Macro,
        range: Expr,
        (name, item): (String, Kind),
        bodies: &[Tree],
    ) -> Expr {
        self.depth += 1;
        self.names.variables.push((name, item.clone()));
        let last = bodies.len() - 1;
        let bodies: Vec<Expr> = bodies
            .iter()
            .enumerate()
            .map(|(i, body)| {
                if which == Macro::Map && i == last {
                    self.expr(body)
                } else {
                    *self.truth(body)
                }
            })
            .collect();
        self.names.variables.pop();
        self.depth -= 1;
        let kind = match which {
            Macro::All | Macro::Exists | Macro::ExistsOne => BOOL,
            Macro::Filter => Kind::List(Box::new(item)),
            Macro::Map => Kind::List(Box::new(
                bodies.last().map_or(Kind::Any, |b| b.kind.clone()),
            )),
        };
        Expr {
            node: Node::Macro(which, Box::new(range), bodies),
            kind,
        }
    }
}

fn single_name(tree: &Tree) -> Option<String> {
    match &tree.form {
        Form::Path(path) if path.len() == 1 => path.first().map(|s| s.word.clone()),
        _ => None,
    }
}
