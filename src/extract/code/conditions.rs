//! Branches of the form: an arm whose condition is known runs alone, the others each on their own copy
//! of what is known. What a condition says of the environment goes with the arms.

use super::form::{
    CodeArm, CodeBlock, CodeExpressionForm, ExpressionId, ImportForm, StatementForm,
};
use super::interpreter::CodeInterpreter;
use super::precondition::{Precondition, VariableTest, VariableTests};
use super::value::{CodeState, CodeValue};
use crate::facts::cause::Cause;
use crate::facts::raw::{BranchArm, ConstValue};

impl<'p, 'm> CodeInterpreter<'p, 'm> {
    /// Runs the arms, each on its own copy, and joins what they leave. An arm whose condition is known
    /// runs alone, or not at all.
    pub(super) fn branch(&mut self, arms: &'p [CodeArm]) {
        let mut done: Option<CodeState<'m>> = None;
        let mut all_leave = true;
        for (at, arm) in arms.iter().enumerate() {
            let (truth, test) = match arm.condition {
                // One of the patterns that a value is held against fits.
                Some(condition) if self.holds_pattern(condition) => {
                    ((at + 1 == arms.len()).then_some(true), None)
                }
                Some(condition) => self.condition(condition),
                None => (Some(true), None),
            };
            if truth == Some(false) {
                continue;
            }
            if truth == Some(true) {
                self.arm(arms, at, |run| run.run_arm(arm));
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
            self.arm(arms, at, |run| run.run_arm(arm));
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

    /// Whether a condition is a pattern that a value is held against.
    fn holds_pattern(&self, condition: ExpressionId) -> bool {
        let pattern = self.code().patterns.get(&condition);
        pattern.is_some_and(|pattern| pattern.of.is_some())
    }

    fn run_arm(&mut self, arm: &'p CodeArm) {
        let pattern = arm.condition.filter(|id| self.holds_pattern(*id));
        let Some((pattern, own)) = pattern.zip(self.own_values) else {
            return self.block(&arm.body);
        };
        self.scoped(|run| {
            own.enter_arm(run, pattern);
            run.block(&arm.body);
        });
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

    /// A handler runs on whatever the body left where it failed: on the join of before and behind.
    pub(super) fn attempt(
        &mut self,
        (body, otherwise): (&'p CodeBlock, &'p CodeBlock),
        handlers: &'p [CodeBlock],
        finally: &'p CodeBlock,
    ) {
        let size = self.state().size();
        if !self.step(size * (handlers.len() + 1)) {
            return;
        }
        let before = self.state().clone();
        self.block(body);
        let mut failed = self.state().clone();
        failed.dead = false;
        // What the body needed up to its end says nothing of where it failed.
        failed.needs.clone_from(&before.needs);
        self.state().needs.clone_from(&before.needs);
        let read = self.variable_of_body(body);
        self.state().needs.extend(read);
        let failed = self.join_states(failed, before);
        if !self.state().dead {
            self.block(otherwise);
        }
        for handler in handlers {
            let good = std::mem::replace(self.state(), failed.clone());
            self.block(handler);
            let mut handled = std::mem::take(self.state());
            leave_missing_packages(&mut handled, body);
            *self.state() = self.join_states(good, handled);
        }
        let dead = std::mem::take(&mut self.state().dead);
        self.block(finally);
        self.state().dead |= dead;
    }

    /// What the only statement of a body reads from the environment: a handler runs where it is not
    /// there. The statement was run already, so that nothing is recorded of it again, and what its calls
    /// change is taken back.
    fn variable_of_body(&mut self, body: &'p CodeBlock) -> Option<Precondition> {
        let [only] = &body[..] else {
            return None;
        };
        let StatementForm::Assign { value, .. } = &only.form else {
            return None;
        };
        let size = self.state().size();
        if !self.step(size) {
            return None;
        }
        let before = self.state().clone();
        let records = std::mem::replace(&mut self.frame_mut().records, false);
        let value = self.value(*value);
        self.frame_mut().records = records;
        *self.state() = before;
        match value {
            CodeValue::Plain(ConstValue::Unknown(Cause::EnvironmentVariable(name))) => {
                Some(Precondition::Readable(name))
            }
            _ => None,
        }
    }
}

/// Takes out the names that a handler leaves at nil in place of what the body imports: nothing can be
/// called on them, so that whoever calls relies on the import.
fn leave_missing_packages(handled: &mut CodeState<'_>, body: &CodeBlock) {
    for statement in body {
        let StatementForm::Import(imports) = &statement.form else {
            continue;
        };
        for import in imports {
            let ImportForm::Name { name, .. } = import else {
                continue;
            };
            let stands_in = CodeValue::Plain(ConstValue::Nil);
            if handled.variables.get(name) == Some(&stands_in) {
                handled.variables.remove(name);
            }
        }
    }
}
