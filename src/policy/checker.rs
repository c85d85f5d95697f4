//! From the plain tree of an expression to one whose names are resolved and whose types and units
//! fit. Every mistake is collected with its place; after one, checking goes on with something that
//! fits everywhere.

mod calls;

#[cfg(test)]
pub(super) use calls::words;

use std::ops::Range;

use crate::facts::vocabulary::Type;
use crate::nearest;
use crate::policy::kind::{BOOL, Kind, NUMBER, TEXT};
use crate::policy::names::{Named, Names};
use crate::policy::operands::{binary_kind, either, equality};
use crate::policy::outcome::Val;
use crate::policy::syntax::{Fault, Form, Operator, Tree};
use crate::policy::typed::{Expr, Node};

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
                Err(unknown) => self.broken(unknown.fault(&tree.range)),
            },
            Form::List(items) => self.list(tree, items),
            Form::Operator(operator, args) => self.operator(tree, *operator, args),
            Form::Call { name, target, args } => self.call(tree, name, target.as_deref(), args),
            Form::Refused(what) => {
                let fault = Fault::new(tree.range.clone(), what.message());
                self.broken(match what.help() {
                    Some(help) => fault.with_help(help),
                    None => fault,
                })
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
                if operator == Operator::Subtract
                    && let Some(fault) = self.names.dashed(tree)
                {
                    return self.broken(fault);
                }
                let (left, right) = (self.expr(one), self.expr(two));
                self.words_fit(&left, two, &right);
                self.words_fit(&right, one, &left);
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
        Box::new(self.broken(no_bool(tree, &expr.kind)))
    }

    fn negate(&mut self, tree: &Tree) -> Expr {
        let expr = self.expr(tree);
        if !expr.kind.is_numeric() {
            let message = format!("a {} cannot be negated", expr.kind.as_str());
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
                one.kind.as_str(),
                two.kind.as_str()
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
            let fault = Fault::new(list.range.clone(), "`in` cannot test whether a fact exists");
            return self.broken(fault.with_help("use `known(path)` or `explicit(path)`"));
        }
        let (item_tree, item, found) = (item, self.expr(item), self.expr(list));
        match &found.kind {
            Kind::Any => {}
            Kind::List(kind) if kind.comparable(&item.kind) => {}
            other => {
                let (item, word) = (item.kind.with_article(), other.as_str());
                let fault = Fault::new(
                    list.range.clone(),
                    format!("{item} cannot be in this {word}"),
                );
                return self.broken(match other {
                    Kind::Of(Type::Text) | Kind::Word(_) => {
                        fault.with_help("use `text.contains(part)` to search in a string")
                    }
                    _ => fault,
                });
            }
        }
        self.words_fit(&item, list, &found);
        self.words_fit(&found, item_tree, &item);
        boolean(Node::In(Box::new(item), Box::new(found)))
    }

    fn index(&mut self, list: &Tree, index: &Tree) -> Expr {
        if let Some(fault) = self.names.unquoted(list, index) {
            return self.broken(fault);
        }
        let (found, at) = (self.expr(list), self.expr(index));
        let kind = match &found.kind {
            Kind::List(kind) => (**kind).clone(),
            Kind::Any => Kind::Any,
            other => {
                let message = format!("a {} has no items", other.as_str());
                return self.fail(&list.range, message);
            }
        };
        if !at.kind.is_numeric() {
            return self.fail(&index.range, "a list index must be a number");
        }
        Expr {
            node: Node::Index(Box::new(found), Box::new(at)),
            kind,
        }
    }

    /// Refuses literals that a fact of few words never is.
    fn words_fit(&mut self, fact: &Expr, tree: &Tree, other: &Expr) {
        let Some(words) = fact.kind.words() else {
            return;
        };
        let param = match &other.node {
            Node::Param(name) => self.names.default_text(name),
            _ => None,
        };
        let texts = literals(other)
            .into_iter()
            .chain(param.map(|text| (text, true)));
        for (text, by_default) in texts {
            if words.iter().any(|word| word == text) {
                continue;
            }
            let of = if by_default {
                ", the parameter's default,"
            } else {
                ""
            };
            let message = format!("`{text}`{of} is not an allowed value");
            let help = nearest::help(text, words.iter().map(String::as_str));
            self.faults
                .push(Fault::new(tree.range.clone(), message).with_help(help));
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

/// What is not the bool that it should be.
pub(super) fn no_bool(tree: &Tree, kind: &Kind) -> Fault {
    let message = format!("this must be a bool, not {}", kind.with_article());
    let fault = Fault::new(tree.range.clone(), message);
    if kind.is_switch() {
        return fault.with_help("its values are `yes` and `no`: write `path == \"yes\"`");
    }
    fault
}

/// The texts that stand in an expression as they are, with `false`: none is a default.
fn literals(expr: &Expr) -> Vec<(&str, bool)> {
    match &expr.node {
        Node::Literal(Val::Text(text)) => vec![(text, false)],
        Node::List(items) => items.iter().flat_map(literals).collect(),
        Node::Conditional(parts) => parts[1..].iter().flat_map(literals).collect(),
        _ => Vec::new(),
    }
}

/// `server.conf["appendonly"] == "yes"`: a switch may be compared with the words that it is written
/// with.
fn is_switch_word(switch: &Expr, word: &Expr) -> bool {
    let is_word =
        matches!(&word.node, Node::Literal(Val::Text(text)) if text == "yes" || text == "no");
    switch.kind == BOOL && is_word
}
