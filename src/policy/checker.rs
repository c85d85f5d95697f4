//! From the plain tree of an expression to one whose names are resolved and whose types and units
//! fit. Every mistake is collected with its place; after one, checking goes on with something that
//! fits everywhere.

use std::ops::Range;

use crate::facts::vocabulary::Type;
use crate::nearest;
use crate::policy::functions;
use crate::policy::kind::{BOOL, Kind, NUMBER, TEXT};
use crate::policy::names::{Named, Names};
use crate::policy::operands::{binary_kind, either, equality};
use crate::policy::outcome::Val;
use crate::policy::syntax::{Fault, Form, Operator, Tree};
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

/// Resolves and checks a tree.
pub(super) fn check(tree: &Tree, names: &mut Names<'_>) -> Result<Expr, Vec<Fault>> {
    let mut checker = Checker {
        names,
        faults: Vec::new(),
        depth: 0,
    };
    let expr = checker.expr(tree);
    if checker.faults.is_empty() {
        Ok(expr)
    } else {
        Err(checker.faults)
    }
}

struct Checker<'n, 'v> {
    names: &'n mut Names<'v>,
    faults: Vec<Fault>,
    depth: usize,
}

impl Checker<'_, '_> {
    fn expr(&mut self, tree: &Tree) -> Expr {
        match &tree.form {
            Form::Bool(b) => literal(Val::Bool(*b), BOOL),
            Form::Number(n) => literal(Val::Number(*n), NUMBER),
            Form::Text(text) => literal(Val::Text(text.clone()), TEXT),
            Form::Path(path) => match self.names.resolve(path) {
                Ok((named, kind)) => named_expr(named, kind),
                Err(unknown) => {
                    let fault = Fault::new(tree.range.clone(), unknown.message);
                    self.broken(fault.with_help(unknown.help))
                }
            },
            Form::List(items) => self.list(tree, items),
            Form::Operator(operator, args) => self.operator(tree, *operator, args),
            Form::Call { name, target, args } => self.call(tree, name, target.as_deref(), args),
            Form::Refused(what) => {
                let message = format!("{what} cannot be used in a rule");
                self.fail(&tree.range, message)
            }
        }
    }

    fn fail(&mut self, range: &Range<usize>, message: impl Into<String>) -> Expr {
        self.broken(Fault::new(range.clone(), message))
    }

    /// Notes a mistake and goes on with something that fits everywhere.
    fn broken(&mut self, fault: Fault) -> Expr {
        self.faults.push(fault);
        literal(Val::Bool(false), Kind::Any)
    }

    fn list(&mut self, tree: &Tree, items: &[Tree]) -> Expr {
        let items: Vec<Expr> = items.iter().map(|i| self.expr(i)).collect();
        let first = items.first().map_or(Kind::Any, |i| i.kind.clone());
        if items.iter().any(|i| !i.kind.comparable(&first)) {
            return self.fail(&tree.range, "the items of a list must be of one type");
        }
        Expr {
            node: Node::List(items),
            kind: Kind::List(Box::new(first)),
        }
    }

    fn operator(&mut self, tree: &Tree, operator: Operator, args: &[Tree]) -> Expr {
        match (operator, args) {
            (Operator::And, [one, two]) => {
                let (one, two) = (self.truth(one), self.truth(two));
                boolean(Node::And(one, two))
            }
            (Operator::Or, [one, two]) => {
                let (one, two) = (self.truth(one), self.truth(two));
                boolean(Node::Or(one, two))
            }
            (Operator::Not, [one]) => boolean(Node::Not(self.truth(one))),
            (Operator::Negate, [one]) => self.negate(one),
            (Operator::Conditional, [when, one, two]) => self.conditional(tree, [when, one, two]),
            (Operator::In, [item, list]) => self.contained(item, list),
            (Operator::Index, [list, index]) => self.index(list, index),
            (_, [one, two]) => {
                let (left, right) = (self.expr(one), self.expr(two));
                self.binary(tree, operator, left, right)
            }
            _ => self.fail(&tree.range, "this operator has too few operands"),
        }
    }

    fn truth(&mut self, tree: &Tree) -> Box<Expr> {
        let expr = self.expr(tree);
        if expr.kind.is(Type::Bool) {
            return Box::new(expr);
        }
        let message = format!("this must be a bool, not {}", expr.kind.with_article());
        Box::new(self.fail(&tree.range, message))
    }

    fn negate(&mut self, tree: &Tree) -> Expr {
        let expr = self.expr(tree);
        if !expr.kind.is_numeric() {
            let message = format!("a {} cannot be negated", expr.kind.word());
            return self.fail(&tree.range, message);
        }
        let kind = expr.kind.clone();
        Expr {
            node: Node::Negate(Box::new(expr)),
            kind,
        }
    }

    fn conditional(&mut self, tree: &Tree, [when, one, two]: [&Tree; 3]) -> Expr {
        let when = *self.truth(when);
        let (one, two) = (self.expr(one), self.expr(two));
        if !one.kind.comparable(&two.kind) {
            let message = format!(
                "both sides of `? :` must be of one type, not {} and {}",
                one.kind.word(),
                two.kind.word()
            );
            return self.fail(&tree.range, message);
        }
        let kind = either(&one.kind, &two.kind);
        Expr {
            node: Node::Conditional(Box::new([when, one, two])),
            kind,
        }
    }

    /// `x in list`. Membership in facts themselves (`"maxmemory" in server.conf`) is refused: it
    /// would turn what is unknown into a verdict.
    fn contained(&mut self, item: &Tree, list: &Tree) -> Expr {
        if let Form::Path(path) = &list.form
            && self.names.resolve(path).is_err()
        {
            let fault = Fault::new(list.range.clone(), "`in` cannot ask whether a fact exists");
            return self.broken(fault.with_help("ask with `known(path)` or `explicit(path)`"));
        }
        let (item, found) = (self.expr(item), self.expr(list));
        match &found.kind {
            Kind::Any => {}
            Kind::List(kind) if kind.comparable(&item.kind) => {}
            other => {
                let message = format!("a {} cannot be in this {}", item.kind.word(), other.word());
                return self.fail(&list.range, message);
            }
        }
        boolean(Node::In(Box::new(item), Box::new(found)))
    }

    fn index(&mut self, list: &Tree, index: &Tree) -> Expr {
        let (found, at) = (self.expr(list), self.expr(index));
        let kind = match &found.kind {
            Kind::List(kind) => (**kind).clone(),
            Kind::Any => Kind::Any,
            other => {
                let message = format!("a {} has no items", other.word());
                return self.fail(&list.range, message);
            }
        };
        if !at.kind.is_numeric() {
            return self.fail(&index.range, "the place in a list is a number");
        }
        Expr {
            node: Node::Index(Box::new(found), Box::new(at)),
            kind,
        }
    }

    fn binary(&mut self, tree: &Tree, operator: Operator, left: Expr, right: Expr) -> Expr {
        let kind = if is_switch_word(&left, &right) || is_switch_word(&right, &left) {
            equality(&BOOL, &BOOL)
        } else {
            binary_kind(operator, &left.kind, &right.kind)
        };
        match kind {
            Ok(kind) => {
                let (left, right) = (Box::new(left), Box::new(right));
                let node = match operator {
                    Operator::Add
                    | Operator::Subtract
                    | Operator::Multiply
                    | Operator::Divide
                    | Operator::Modulo => Node::Arithmetic(operator, left, right),
                    _ => Node::Compare(operator, left, right),
                };
                Expr { node, kind }
            }
            Err((message, help)) => {
                let fault = Fault::new(tree.range.clone(), message);
                self.broken(match help {
                    Some(help) => fault.with_help(help),
                    None => fault,
                })
            }
        }
    }

    fn call(&mut self, tree: &Tree, name: &str, target: Option<&Tree>, args: &[Tree]) -> Expr {
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
                let fault = Fault::new(tree.range.clone(), "`has()` cannot ask about facts");
                self.broken(fault.with_help("ask with `known(path)` or `explicit(path)`"))
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
            _ => self.fail(&path.range, format!("`{name}` asks about a fact")),
        }
    }

    /// The first argument of `known` and `or`: a fact, or a `let` made of facts.
    fn asked(&mut self, name: &str, path: &Tree) -> Expr {
        let expr = self.expr(path);
        match expr.node {
            Node::Fact(_) | Node::Let(_) | Node::Variable(_) => expr,
            Node::Literal(_) if expr.kind == Kind::Any => expr,
            _ => self.fail(&path.range, format!("`{name}` asks about a fact")),
        }
    }

    fn or_else(&mut self, tree: &Tree, path: &Tree, other: &Tree) -> Expr {
        let (one, two) = (self.asked("or", path), self.expr(other));
        if !one.kind.comparable(&two.kind) {
            let message = format!(
                "a {} cannot stand in for a {}",
                two.kind.word(),
                one.kind.word()
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
            return self.macro_call(tree, *which, target, args);
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
        self.broken(fault.with_help(nearest::help(name, known)))
    }

    fn count(&mut self, tree: &Tree, name: &str, wanted: usize, found: usize) -> Expr {
        let plural = if wanted == 1 { "" } else { "s" };
        let message = format!("`{name}` takes {wanted} argument{plural}, not {found}");
        self.fail(&tree.range, message)
    }

    fn macro_call(&mut self, tree: &Tree, which: Macro, target: &Tree, args: &[Tree]) -> Expr {
        let range = self.expr(target);
        let item = match &range.kind {
            Kind::List(item) => (**item).clone(),
            Kind::Any => Kind::Any,
            other => {
                let message = format!("a {} has no items to look at", other.word());
                return self.fail(&target.range, message);
            }
        };
        let most = if which == Macro::Map { 3 } else { 2 };
        let [variable, bodies @ ..] = args else {
            return self.count(tree, "this macro", 2, args.len());
        };
        if bodies.is_empty() || args.len() > most {
            return self.count(tree, "this macro", 2, args.len());
        }
        let Some(variable) = single_name(variable) else {
            return self.fail(&variable.range, "this must be a name for the item");
        };
        if self.depth == NESTED {
            let message = format!("macros may be nested {NESTED} deep");
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

fn literal(val: Val, kind: Kind) -> Expr {
    Expr {
        node: Node::Literal(val),
        kind,
    }
}

fn boolean(node: Node) -> Expr {
    Expr { node, kind: BOOL }
}

fn named_expr(named: Named, kind: Kind) -> Expr {
    let node = match named {
        Named::Fact(fact) => Node::Fact(fact),
        Named::Subject(subject) => Node::Subject(subject),
        Named::Related(subject, kind) => Node::Related(subject, kind),
        Named::Param(name) => Node::Param(name),
        Named::Let(index) => Node::Let(index),
        Named::Variable(depth) => Node::Variable(depth),
    };
    Expr { node, kind }
}

fn single_name(tree: &Tree) -> Option<String> {
    match &tree.form {
        Form::Path(path) if path.len() == 1 => path.first().map(|s| s.word.clone()),
        _ => None,
    }
}

/// `server.conf["appendonly"] == "yes"`: a switch may be compared with the words that it is written
/// with.
fn is_switch_word(switch: &Expr, word: &Expr) -> bool {
    let is_word =
        matches!(&word.node, Node::Literal(Val::Text(text)) if text == "yes" || text == "no");
    switch.kind == BOOL && is_word
}
