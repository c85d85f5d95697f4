//! In which arms of which branches a place stands: two places in different arms of one branch are
//! never both reached by one run of their function.

use std::cell::RefCell;
use std::collections::HashMap;

use tree_sitter::Node;

use crate::facts::raw::BranchArm;
use crate::syntax::code;

/// What a language calls its branches.
pub(in crate::extract) struct BranchKinds {
    /// A condition with a `consequence`, and an `alternative` if it has one.
    pub(in crate::extract) conditions: &'static [&'static str],
    /// The arms of whatever has several.
    pub(in crate::extract) arms: &'static [&'static str],
    /// Statements behind which nothing of their block runs.
    pub(in crate::extract) leaving: &'static [&'static str],
    pub(in crate::extract) functions: &'static [&'static str],
}

/// The branches of each block behind which nothing of it runs. Many places of one long block ask for
/// them, and looking at all that stands before each place anew would multiply.
#[derive(Default)]
pub(in crate::extract) struct LeavingBranches(RefCell<HashMap<usize, Vec<LeavingBranch>>>);

/// A branch all of whose arms leave.
#[derive(Clone, Copy)]
struct LeavingBranch {
    /// Where its statement begins.
    statement: usize,
    arm: BranchArm,
}

impl LeavingBranches {
    /// Those of a block before a place, the nearest first.
    fn before(&self, block: Node<'_>, place: usize, kinds: &BranchKinds) -> Vec<BranchArm> {
        let mut known = self.0.borrow_mut();
        let of_block = known.entry(block.id()).or_insert_with(|| {
            let mut cursor = block.walk();
            let statements = block.named_children(&mut cursor);
            let leaving = statements.filter_map(|statement| {
                let branch = branch_of(statement, kinds)?;
                leaves_everywhere(branch, kinds).then(|| LeavingBranch {
                    statement: statement.start_byte(),
                    arm: arm(branch, usize::MAX),
                })
            });
            leaving.collect()
        });
        let end = of_block.partition_point(|branch| branch.statement < place);
        of_block[..end].iter().rev().map(|one| one.arm).collect()
    }
}

/// The arms that lead to a place, outermost first. What stands behind a branch all of whose arms leave
/// is an arm of it too.
pub(in crate::extract) fn arms_to(
    place: Node<'_>,
    kinds: &BranchKinds,
    leaving: &LeavingBranches,
) -> Vec<BranchArm> {
    let mut found = Vec::new();
    let mut at = place;
    while let Some(parent) = at.parent() {
        if kinds.conditions.contains(&parent.kind()) {
            let then = code::field(parent, "consequence") == Some(at);
            let otherwise = code::field(parent, "alternative") == Some(at);
            if then || otherwise {
                found.push(arm(parent, usize::from(otherwise)));
            }
        } else if kinds.arms.contains(&at.kind()) {
            found.push(arm(parent, at.start_byte()));
        }
        found.extend(leaving.before(parent, at.start_byte(), kinds));
        if kinds.functions.contains(&parent.kind()) {
            break;
        }
        at = parent;
    }
    found.reverse();
    found
}

fn arm(branch: Node<'_>, arm: usize) -> BranchArm {
    BranchArm {
        branch: branch.start_byte(),
        // What is behind a branch is its alternative.
        arm: match arm {
            usize::MAX => 1,
            arm => arm,
        },
    }
}

/// The branch that a statement is, without another half.
fn branch_of<'t>(statement: Node<'t>, kinds: &BranchKinds) -> Option<Node<'t>> {
    let inner = match statement.kind() {
        "expression_statement" => code::children(statement).first().copied()?,
        _ => statement,
    };
    let condition = kinds.conditions.contains(&inner.kind());
    if condition && code::field(inner, "alternative").is_none() {
        return Some(inner);
    }
    let mut holder = inner;
    if let Some(body) = code::field(inner, "body") {
        holder = body;
    }
    let has_arms = code::children(holder)
        .iter()
        .any(|c| kinds.arms.contains(&c.kind()));
    (!condition && has_arms).then_some(holder)
}

fn leaves_everywhere(branch: Node<'_>, kinds: &BranchKinds) -> bool {
    if let Some(then) = code::field(branch, "consequence") {
        return leaves(then, kinds);
    }
    let arms: Vec<Node<'_>> = code::children(branch);
    let mut arms = arms
        .into_iter()
        .filter(|arm| kinds.arms.contains(&arm.kind()));
    arms.all(|arm| leaves(arm, kinds))
}

/// The last statement of a block leaves it.
fn leaves(block: Node<'_>, kinds: &BranchKinds) -> bool {
    let mut at = block;
    for _ in 0..4 {
        if kinds.leaving.contains(&at.kind()) {
            return true;
        }
        match code::children(at).last() {
            Some(last) => at = *last,
            None => return false,
        }
    }
    kinds.leaving.contains(&at.kind())
}
