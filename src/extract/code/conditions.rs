//! Branches of the form: an arm whose condition is known runs alone, the others each on their own copy
//! of what is known. What a condition says of the environment goes with the arms.

use super::form::{CodeArm, CodeBlock, CodeExpressionForm, ExpressionId, StatementForm};
use super::interpreter::CodeInterpreter;
use super::precondition::{VariableTest, VariableTests};
use super::value::{CodeState, CodeValue};
use crate::facts::raw::{BranchArm, ConstValue};

impl<'p, 'm> CodeInterpreter<'p, 'm> {
    /// Runs the arms, each on its own copy, and joins what they leave. An arm whose condition is known
    /// runs alone, or not at all.
    pub(super) fn branch(&mut self, arms: &'p [CodeArm]) {
        let mut done: Option<CodeState<'m>> = None;
        let mut all_leave = true;
        for (at, arm) in arms.iter().enumerate() {
            let (truth, test) = match arm.condition {
                Some(condition) => self.condition(condition),
                None => (Some(true), None),
            };
            if truth == Some(false) {
                continue;
            }
            if truth == Some(true) {
                self.arm(arms, at, |run| run.block(&arm.body));
                break;
            }
            let size = self.state().size();
            if !self.step(size) {
                break;
            }
            let mut before = self.state().clone();
            if let Some(test) = test {
                let needs = match test.holds {
                    true => &mut before.needs,
                    false => &mut self.state().needs,
                };
                needs.extend(test.needs());
            }
            self.arm(arms, at, |run| run.block(&arm.body));
            let after = std::mem::replace(self.state(), before);
            all_leave &= after.dead || self.leaves(&arm.body);
            done = Some(match done {
                Some(done) => self.join_states(done, after),
                None => after,
            });
        }
        let some_ran = done.is_some();
        if let Some(done) = done {
            let rest = std::mem::take(self.state());
            *self.state() = match self.is_typed() {
                true => self.join_states(rest, done),
                false => self.join_states(done, rest),
            };
        }
        // What is behind a branch all of whose arms leave is an arm of it too; it ends with the block.
        if all_leave && some_ran {
            let behind = self.arm_of(arms, arms.len());
            self.frame_mut().arms.extend(behind);
            self.frame_mut().typed.behind = behind;
        }
    }

    /// Control goes elsewhere at the end of a block, though what holds there may hold behind it too.
    fn leaves(&self, block: &CodeBlock) -> bool {
        let last = block.last().map(|statement| &statement.form);
        let leaves = matches!(
            last,
            Some(StatementForm::Leave(_) | StatementForm::Return(_))
        );
        self.is_typed() && leaves
    }

    fn arm_of(&self, arms: &[CodeArm], arm: usize) -> Option<BranchArm> {
        let condition = arms.first()?.condition?;
        let branch = self.code().expression(condition).range.start;
        Some(BranchArm { branch, arm })
    }

    /// Runs something as an arm of a branch.
    fn arm(&mut self, arms: &[CodeArm], at: usize, body: impl FnOnce(&mut Self)) {
        let arm = self.arm_of(arms, at);
        self.frame_mut().arms.extend(arm);
        body(self);
        if arm.is_some() {
            self.frame_mut().arms.pop();
        }
    }

    /// Whether a condition holds; where that is not known, what it says of a variable of the
    /// environment.
    pub(super) fn condition(&mut self, id: ExpressionId) -> (Option<bool>, Option<VariableTest>) {
        if self.is_typed() {
            self.value(id);
            return (None, self.test_of_variable(id));
        }
        let truth = self.holds(id);
        let test = match truth {
            Some(_) => None,
            None => self.variable_test(id),
        };
        (truth, test)
    }

    fn holds(&mut self, id: ExpressionId) -> Option<bool> {
        let code = self.code();
        match &code.expression(code.see_through(id)).form {
            CodeExpressionForm::Unary("!", inner) => self.holds(*inner).map(|truth| !truth),
            CodeExpressionForm::Test { operands, operator } => match (&operands[..], *operator) {
                ([left, right], "==" | "!=")
                    if matches!(
                        code.expression(*right).form,
                        CodeExpressionForm::Constant(ConstValue::Nil)
                    ) =>
                {
                    let truth = match self.value(*left) {
                        CodeValue::Plain(ConstValue::Unknown(_) | ConstValue::Fallback(_)) => None,
                        CodeValue::Plain(value) => Some(value == ConstValue::Nil),
                        CodeValue::Object(_) | CodeValue::Items(_) => Some(false),
                        _ => None,
                    };
                    truth.map(|truth| truth == (*operator == "=="))
                }
                _ => self.value(id).truth(),
            },
            _ => self.value(id).truth(),
        }
    }

    /// What a condition says where a variable is not set. It was evaluated already, so that nothing is
    /// recorded of it again, and what its calls change is taken back.
    fn variable_test(&mut self, id: ExpressionId) -> Option<VariableTest> {
        let file = self.code();
        let missing = self.project.front.missing_variable();
        let size = self.state().size();
        if !self.step(size) {
            return None;
        }
        let before = self.state().clone();
        let records = std::mem::replace(&mut self.frame_mut().records, false);
        let mut held = |id| match self.value(id) {
            CodeValue::Plain(value) => Some(value),
            _ => None,
        };
        let mut tests = VariableTests {
            file,
            missing,
            held: &mut held,
        };
        let test = tests.test(id);
        self.frame_mut().records = records;
        *self.state() = before;
        test
    }
}
