//! Type checking: turns the syntax tree of an expression into one whose names are resolved and
//! whose types and units fit. All mistakes are collected with their positions; after a mistake,
//! checking continues with a type that fits everywhere, so one mistake does not cause others.

mod calls;

#[cfg(test)]
pub(super) use calls::words;

use std::ops::Range;

use crate::facts::vocabulary::FactType;
use crate::nearest;
use crate::policy::kind::{BOOL, ExpressionKind, NUMBER, TEXT};
use crate::policy::names::{NamedThing, RuleNames};
use crate::policy::operands::{binary_kind, either, equality};
use crate::policy::outcome::CelValue;
use crate::policy::syntax::{CelOperator, ExpressionFault, ExpressionForm, ExpressionTree};
use crate::policy::typed::{TypedExpr, TypedNode};

/// Resolves and checks a tree.
pub(super) fn check(
    tree: &ExpressionTree,
    names: &mut RuleNames<'_>,
) -> Result<TypedExpr, Vec<ExpressionFault>> {
    let mut checker = ExpressionChecker {
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

struct ExpressionChecker<'n, 'v> {
    names: &'n mut RuleNames<'v>,
    faults: Vec<ExpressionFault>,
    depth: usize,
}

impl ExpressionChecker<'_, '_> {
    fn expr(&mut self, tree: &ExpressionTree) -> TypedExpr {
        match &tree.form {
            ExpressionForm::Bool(b) => literal(CelValue::Bool(*b), BOOL),
            ExpressionForm::Number(n) => literal(CelValue::Number(*n), NUMBER),
            ExpressionForm::Text(text) => literal(CelValue::Text(text.clone()), TEXT),
            ExpressionForm::Path(path) => match self.names.resolve(path) {
                Ok((named, kind)) => name_expression(named, kind),
                Err(unknown) => self.report_fault(unknown.fault(&tree.range)),
            },
            ExpressionForm::List(items) => self.list(tree, items),
            ExpressionForm::Operator(operator, args) => self.operator(tree, *operator, args),
            ExpressionForm::Call { name, target, args } => {
                self.call(tree, name, target.as_deref(), args)
            }
            ExpressionForm::Refused(what) => {
                let fault = ExpressionFault::new(tree.range.clone(), what.message());
                self.report_fault(match what.help() {
                    Some(help) => fault.with_help(help),
                    None => fault,
                })
            }
        }
    }

    fn fail(&mut self, range: &Range<usize>, message: impl Into<String>) -> TypedExpr {
        self.report_fault(ExpressionFault::new(range.clone(), message))
    }

    /// Notes a mistake and goes on with something that fits everywhere.
    fn report_fault(&mut self, fault: ExpressionFault) -> TypedExpr {
        self.faults.push(fault);
        literal(CelValue::Bool(false), ExpressionKind::Any)
    }

    fn list(&mut self, tree: &ExpressionTree, items: &[ExpressionTree]) -> TypedExpr {
        let items: Vec<TypedExpr> = items.iter().map(|i| self.expr(i)).collect();
        let first = items
            .first()
            .map_or(ExpressionKind::Any, |i| i.kind.clone());
        if items.iter().any(|i| !i.kind.comparable(&first)) {
            return self.fail(&tree.range, "the items of a list must be of one type");
        }
        TypedExpr {
            node: TypedNode::List(items),
            kind: ExpressionKind::List(Box::new(first)),
        }
    }

    fn operator(
        &mut self,
        tree: &ExpressionTree,
        operator: CelOperator,
        args: &[ExpressionTree],
    ) -> TypedExpr {
        match (operator, args) {
            (CelOperator::And, [one, two]) => {
                let (one, two) = (self.truth(one), self.truth(two));
                boolean(TypedNode::And(one, two))
            }
            (CelOperator::Or, [one, two]) => {
                let (one, two) = (self.truth(one), self.truth(two));
                boolean(TypedNode::Or(one, two))
            }
            (CelOperator::Not, [one]) => boolean(TypedNode::Not(self.truth(one))),
            (CelOperator::Negate, [one]) => self.negate(one),
            (CelOperator::Conditional, [when, one, two]) => {
                self.conditional(tree, [when, one, two])
            }
            (CelOperator::In, [item, list]) => self.check_membership(item, list),
            (CelOperator::Index, [list, index]) => self.index(list, index),
            (_, [one, two]) => {
                if operator == CelOperator::Subtract
                    && let Some(fault) = self.names.find_dashed(tree)
                {
                    return self.report_fault(fault);
                }
                let (left, right) = (self.expr(one), self.expr(two));
                self.words_fit(&left, two, &right);
                self.words_fit(&right, one, &left);
                self.binary(tree, operator, left, right)
            }
            _ => self.fail(&tree.range, "this operator has too few operands"),
        }
    }

    fn truth(&mut self, tree: &ExpressionTree) -> Box<TypedExpr> {
        let expr = self.expr(tree);
        if expr.kind.is(FactType::Bool) {
            return Box::new(expr);
        }
        Box::new(self.report_fault(no_bool(tree, &expr.kind)))
    }

    fn negate(&mut self, tree: &ExpressionTree) -> TypedExpr {
        let expr = self.expr(tree);
        if !expr.kind.is_numeric() {
            let message = format!("a {} cannot be negated", expr.kind.as_str());
            return self.fail(&tree.range, message);
        }
        let kind = expr.kind.clone();
        TypedExpr {
            node: TypedNode::Negate(Box::new(expr)),
            kind,
        }
    }

    fn conditional(
        &mut self,
        tree: &ExpressionTree,
        [when, one, two]: [&ExpressionTree; 3],
    ) -> TypedExpr {
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
        TypedExpr {
            node: TypedNode::Conditional(Box::new([when, one, two])),
            kind,
        }
    }

    /// `x in list`. Membership in facts themselves (`"maxmemory" in server.conf`) is refused: it
    /// would turn what is unknown into a verdict.
    fn check_membership(&mut self, item: &ExpressionTree, list: &ExpressionTree) -> TypedExpr {
        if let ExpressionForm::Path(path) = &list.form
            && self.names.resolve(path).is_err()
        {
            let fault =
                ExpressionFault::new(list.range.clone(), "`in` cannot test whether a fact exists");
            return self.report_fault(fault.with_help("use `known(path)` or `explicit(path)`"));
        }
        let (item_tree, item, found) = (item, self.expr(item), self.expr(list));
        match &found.kind {
            ExpressionKind::Any => {}
            ExpressionKind::List(kind) if kind.comparable(&item.kind) => {}
            other => {
                let (item, word) = (item.kind.with_article(), other.as_str());
                let fault = ExpressionFault::new(
                    list.range.clone(),
                    format!("{item} cannot be in this {word}"),
                );
                return self.report_fault(match other {
                    ExpressionKind::Of(FactType::Text) | ExpressionKind::Word(_) => {
                        fault.with_help("use `text.contains(part)` to search in a string")
                    }
                    _ => fault,
                });
            }
        }
        self.words_fit(&item, list, &found);
        self.words_fit(&found, item_tree, &item);
        boolean(TypedNode::In(Box::new(item), Box::new(found)))
    }

    fn index(&mut self, list: &ExpressionTree, index: &ExpressionTree) -> TypedExpr {
        if let Some(fault) = self.names.find_unquoted(list, index) {
            return self.report_fault(fault);
        }
        let (found, at) = (self.expr(list), self.expr(index));
        let kind = match &found.kind {
            ExpressionKind::List(kind) => (**kind).clone(),
            ExpressionKind::Any => ExpressionKind::Any,
            other => {
                let message = format!("a {} has no items", other.as_str());
                return self.fail(&list.range, message);
            }
        };
        if !at.kind.is_numeric() {
            return self.fail(&index.range, "a list index must be a number");
        }
        TypedExpr {
            node: TypedNode::Index(Box::new(found), Box::new(at)),
            kind,
        }
    }

    /// Refuses literals that a fact of few words never is.
    fn words_fit(&mut self, fact: &TypedExpr, tree: &ExpressionTree, other: &TypedExpr) {
        let Some(words) = fact.kind.words() else {
            return;
        };
        let param = match &other.node {
            TypedNode::Param(name) => self.names.default_text(name),
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
                .push(ExpressionFault::new(tree.range.clone(), message).with_help(help));
        }
    }

    fn binary(
        &mut self,
        tree: &ExpressionTree,
        operator: CelOperator,
        left: TypedExpr,
        right: TypedExpr,
    ) -> TypedExpr {
        let kind = if is_switch_word(&left, &right) || is_switch_word(&right, &left) {
            equality(&BOOL, &BOOL)
        } else {
            binary_kind(operator, &left.kind, &right.kind)
        };
        match kind {
            Ok(kind) => {
                let (left, right) = (Box::new(left), Box::new(right));
                let node = match operator {
                    CelOperator::Add
                    | CelOperator::Subtract
                    | CelOperator::Multiply
                    | CelOperator::Divide
                    | CelOperator::Modulo => TypedNode::Arithmetic(operator, left, right),
                    _ => TypedNode::Compare(operator, left, right),
                };
                TypedExpr { node, kind }
            }
            Err((message, help)) => {
                let fault = ExpressionFault::new(tree.range.clone(), message);
                self.report_fault(match help {
                    Some(help) => fault.with_help(help),
                    None => fault,
                })
            }
        }
    }
}

fn literal(val: CelValue, kind: ExpressionKind) -> TypedExpr {
    TypedExpr {
        node: TypedNode::Literal(val),
        kind,
    }
}

fn boolean(node: TypedNode) -> TypedExpr {
    TypedExpr { node, kind: BOOL }
}

fn name_expression(named: NamedThing, kind: ExpressionKind) -> TypedExpr {
    let node = match named {
        NamedThing::Fact(fact) => TypedNode::Fact(fact),
        NamedThing::Subject(subject) => TypedNode::Subject(subject),
        NamedThing::Related(subject, kind) => TypedNode::Related(subject, kind),
        NamedThing::Param(name) => TypedNode::Param(name),
        NamedThing::Let(index) => TypedNode::Let(index),
        NamedThing::Variable(depth) => TypedNode::Variable(depth),
    };
    TypedExpr { node, kind }
}

/// What is not the bool that it should be.
pub(super) fn no_bool(tree: &ExpressionTree, kind: &ExpressionKind) -> ExpressionFault {
    let message = format!("this must be a bool, not {}", kind.with_article());
    let fault = ExpressionFault::new(tree.range.clone(), message);
    if kind.is_switch() {
        return fault.with_help("its values are `yes` and `no`: write `path == \"yes\"`");
    }
    fault
}

/// The texts that stand in an expression as they are, with `false`: none is a default.
fn literals(expr: &TypedExpr) -> Vec<(&str, bool)> {
    match &expr.node {
        TypedNode::Literal(CelValue::Text(text)) => vec![(text, false)],
        TypedNode::List(items) => items.iter().flat_map(literals).collect(),
        TypedNode::Conditional(parts) => parts[1..].iter().flat_map(literals).collect(),
        _ => Vec::new(),
    }
}

/// `server.conf["appendonly"] == "yes"`: a switch may be compared with the words that it is written
/// with.
fn is_switch_word(switch: &TypedExpr, word: &TypedExpr) -> bool {
    let is_word = matches!(&word.node, TypedNode::Literal(CelValue::Text(text)) if text == "yes" || text == "no");
    switch.kind == BOOL && is_word
}
