//! Loops of the form: a body is run once, and what it changes is open.

use std::ops::Range;

use super::form::{ExpressionId, LoopForm};
use super::interpreter::CodeInterpreter;
use super::seen::SeenCode;
use super::value::{CodeState, CodeValue};
use crate::facts::cause::Cause;
use crate::facts::raw::ConstValue;

impl<'p> CodeInterpreter<'p, '_> {
    /// A body that runs again and again, or not at all: it is run once, and what it changes is open.
    pub(super) fn repeat(&mut self, form: &'p LoopForm) {
        self.scoped(|run| {
            run.statements(&form.first);
            let items = form.over.map(|over| run.value(over));
            let size = run.state().size();
            if !run.step(size) {
                return;
            }
            let before = run.state().clone();
            run.forget_assigned(&form.range);
            run.bind_element(form.target, items);
            run.loop_condition(form);
            run.block(&form.body);
            run.statements(&form.update);
            let mut after = match run.is_typed() {
                // It is looked at again after the body: an error may be checked there.
                true => {
                    run.loop_condition(form);
                    std::mem::take(run.state())
                }
                // Whoever leaves a round goes on behind the loop.
                false => CodeState {
                    dead: false,
                    ..std::mem::take(run.state())
                },
            };
            // A round that left because of a variable says nothing of code that had no round.
            after.needs.clone_from(&before.needs);
            *run.state() = run.join_states(after, before);
        });
    }

    fn loop_condition(&mut self, form: &'p LoopForm) {
        if let Some(condition) = form.condition {
            self.value(condition);
        }
    }

    /// Names what a loop goes through: the only one of a list, else any.
    fn bind_element(&mut self, target: Option<ExpressionId>, items: Option<CodeValue>) {
        if self.is_typed() {
            return self.declare_elements(target, items);
        }
        if let Some(target) = target {
            let element = match &items {
                Some(CodeValue::Items(items)) if items.len() == 1 => items[0].clone(),
                _ => CodeValue::unknown(Cause::Expression(self.code().text(target).to_owned())),
            };
            self.assign(target, element);
        }
    }

    /// What a loop assigns is not known from the second round on: variables, and named values of the
    /// objects that variables hold.
    pub(super) fn forget_assigned(&mut self, range: &Range<usize>) {
        let outline = self.seen.outline(self.here());
        for (name, value) in &mut self.state().variables {
            let known = matches!(value, CodeValue::Plain(value) if *value != ConstValue::Nil);
            if known && outline.is_assigned_within(name, range) {
                *value = CodeValue::unknown(Cause::Code("a loop"));
            }
        }
        let statements = outline.statements_within(range).into_iter();
        let targets = statements.flat_map(|statement| statement.form.targets());
        for (holder, field) in targets.filter_map(|target| outline.field_of(target)) {
            let held = self.state().variables.get(holder);
            let Some(id) = held.and_then(CodeValue::object) else {
                continue;
            };
            let object = self.object_mut(id);
            if let Some(field) = object.and_then(|object| object.fields.get_mut(field))
                && matches!(field.value, CodeValue::Plain(_))
            {
                field.value = CodeValue::unknown(Cause::Code("a loop"));
            }
        }
    }
}
