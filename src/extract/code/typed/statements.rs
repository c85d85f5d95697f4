//! Statements: declarations, assignments, loops and returns. Branches are run by `conditions`.

use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use crate::extract::code::form::{
    CodeArm, CodeBlock, CodeExpressionForm, CodeStatement, ExpressionId, FunctionForm, ImportForm,
    LeaveKind, ParameterForm, ParameterTakes, StatementForm, TypeForm,
};
use crate::extract::code::interpreter::{CodeInterpreter, OwnValues};
use crate::extract::code::options::ObjectId;
use crate::extract::code::scope::list_of;
use crate::extract::code::value::CodeValue;
use crate::facts::cause::Cause;
use crate::facts::raw::ConstValue;

const UNREADABLE: &str = "code that cannot be read";
/// What the block that was run gives; no name of a language has a blank.
const GIVEN: &str = " given";

/// An assignment, where it stands.
#[derive(Clone, Copy)]
pub(super) struct AssignmentPlace<'p> {
    block: &'p CodeBlock,
    at: usize,
    /// The names are new ones.
    declares: bool,
}

impl<'p> AssignmentPlace<'p> {
    pub(super) fn statement(&self) -> &'p CodeStatement {
        &self.block[self.at]
    }

    /// The statement behind it.
    pub(super) fn next(&self) -> Option<&'p CodeStatement> {
        self.block.get(self.at + 1)
    }
}

impl<'p, 'm> CodeInterpreter<'p, 'm> {
    pub(in crate::extract::code) fn typed_statements(&mut self, block: &'p CodeBlock) {
        for at in 0..block.len() {
            if self.state().dead || !self.step(1) {
                break;
            }
            if self.frame().typed.in_place {
                let left = &mut self.typed.inline_left;
                *left = left.saturating_sub(1);
            }
            self.typed_statement(block, at);
        }
    }

    pub(super) fn typed_statement(&mut self, block: &'p CodeBlock, at: usize) {
        let statement = &block[at];
        let may_break = matches!(
            statement.form,
            StatementForm::Assign { .. } | StatementForm::Evaluate(_)
        );
        // Part of the statement cannot be read: it may do anything to what is known.
        let broken = may_break && self.code().is_broken(&statement.range);
        if broken {
            self.lose_options(UNREADABLE);
        }
        self.frame_mut().typed.behind = None;
        self.run_statement(block, at);
        if broken {
            self.lose_options(UNREADABLE);
        }
    }

    fn run_statement(&mut self, block: &'p CodeBlock, at: usize) {
        let place = |declares| AssignmentPlace {
            block,
            at,
            declares,
        };
        if let Some(own) = self.own_values {
            return self.run_own_statement(own, block, at);
        }
        match &block[at].form {
            StatementForm::Assign {
                targets,
                value,
                declares,
            } => {
                if let Some(target) = targets.first() {
                    self.assign_all(*target, *value, place(*declares));
                }
            }
            StatementForm::Declare {
                name, ty, value, ..
            } => self.declaration(name, ty.as_ref(), *value, place(true)),
            StatementForm::Evaluate(id) => drop(self.value(*id)),
            StatementForm::Spawn(id) | StatementForm::Defer(id) => self.call_later(*id),
            StatementForm::Block(inner) => {
                self.block(inner);
                // What is declared before a branch stands in a block with it; what is behind the block
                // is behind the branch.
                let headed = inner
                    .last()
                    .is_some_and(|last| last.range == block[at].range);
                let behind = self.frame().typed.behind.filter(|_| headed);
                self.frame_mut().arms.extend(behind);
            }
            StatementForm::Branch(arms) => self.branch(arms),
            StatementForm::Loop(form) => self.repeat(form),
            StatementForm::Return(id) => self.return_values(*id),
            StatementForm::Label => self.arrive_at_label(),
            StatementForm::Unreadable => self.lose_options(UNREADABLE),
            // What breaks off a loop or a branch leaves what it knows to whatever is behind that.
            _ => {}
        }
    }

    /// The same where the language evaluates its expressions itself.
    fn run_own_statement(
        &mut self,
        own: &'p dyn OwnValues<'p, 'm>,
        block: &'p CodeBlock,
        at: usize,
    ) {
        match &block[at].form {
            StatementForm::Assign {
                targets,
                value,
                declares,
            } => {
                for target in targets {
                    own.assign(self, *target, *value, *declares);
                }
            }
            StatementForm::Declare {
                name, ty, value, ..
            } => own.declare(self, name, ty.as_ref(), *value),
            StatementForm::Evaluate(id) => {
                let value = self.value(*id);
                let next = block.get(at + 1).map(|next| &next.form);
                if matches!(next, Some(StatementForm::Branch(arms)) if self.is_matched(arms, *id)) {
                    self.state().variables.insert(matched_name(*id), value);
                }
            }
            StatementForm::Give(id) => {
                let value = self.value(*id);
                self.state().variables.insert(GIVEN.to_owned(), value);
            }
            StatementForm::Return(id) => {
                let value = id.map_or(CodeValue::Plain(ConstValue::Nil), |id| self.value(id));
                let frame = &self.frame().typed;
                if frame.in_place || !frame.literals.is_empty() {
                    self.give_back(CodeValue::Several(vec![value]));
                }
                self.state().dead = true;
            }
            StatementForm::Import(imports) if self.frame().function.is_some() => {
                let names = imports.iter().filter_map(|import| match import {
                    ImportForm::Name { name, path } => {
                        let path = path.split('.').map(str::to_owned);
                        Some((name.clone(), path.collect()))
                    }
                    ImportForm::All { .. } => None,
                });
                self.frame_mut().typed.own.imports.extend(names);
            }
            form
            @ (StatementForm::Block(_) | StatementForm::Branch(_) | StatementForm::Loop(_)) => {
                self.state().variables.remove(GIVEN);
                match form {
                    StatementForm::Block(inner) => self.block(inner),
                    StatementForm::Branch(arms) => self.branch(arms),
                    StatementForm::Loop(form) => self.repeat(form),
                    _ => {}
                }
                if let Some(given) = self.state().variables.remove(GIVEN) {
                    let name = given_name(&block[at].range);
                    self.state().variables.insert(name, given);
                }
            }
            StatementForm::Unreadable => self.lose_options(UNREADABLE),
            _ => {}
        }
    }

    /// Whether the arms of a branch hold patterns against this value.
    fn is_matched(&self, arms: &[CodeArm], value: ExpressionId) -> bool {
        let first = arms.first().and_then(|arm| arm.condition);
        let pattern = first.and_then(|first| self.code().patterns.get(&first));
        pattern.is_some_and(|pattern| pattern.of == Some(value))
    }

    /// What the statement gave that stands in the place of this expression.
    pub(in crate::extract) fn take_given(&mut self, id: ExpressionId) -> Option<CodeValue> {
        let name = given_name(&self.code().expression(id).range);
        self.state().variables.remove(&name)
    }

    /// The value that an arm's pattern is held against.
    pub(in crate::extract) fn matched_value(&self, value: ExpressionId) -> Option<CodeValue> {
        let variables = &self.frame().state.variables;
        variables.get(&matched_name(value)).cloned()
    }

    /// Runs something whose names are its own.
    pub(in crate::extract) fn scoped<T>(&mut self, body: impl FnOnce(&mut Self) -> T) -> T {
        self.typed.next_block += 1;
        let number = self.typed.next_block;
        let frame = &mut self.frame_mut().typed;
        let open = frame.shadowed.len();
        frame.blocks.push(number);
        let given = body(self);
        self.frame_mut().typed.blocks.pop();
        self.uncover(open);
        given
    }

    /// Gives names back what they stood for before as many were declared anew.
    fn uncover(&mut self, open: usize) {
        let shadowed = self.frame_mut().typed.shadowed.split_off(open);
        for (name, value) in shadowed.into_iter().rev() {
            match value {
                Some(value) => self.state().variables.insert(name, value),
                None => self.state().variables.remove(&name),
            };
        }
    }

    /// Names a value in the innermost block.
    pub(in crate::extract) fn declare(&mut self, name: &str, value: CodeValue) {
        let before = self.state().variables.insert(name.to_owned(), value);
        let shadowed = &mut self.frame_mut().typed.shadowed;
        shadowed.push((name.to_owned(), before));
    }

    /// Variables as they were when a part of the code began that may run later; the names that it
    /// declared are gone.
    pub(super) fn forget_declared(&mut self, open: usize) {
        self.frame_mut().typed.shadowed.truncate(open);
    }

    pub(super) fn declared_count(&self) -> usize {
        self.frame().typed.shadowed.len()
    }

    pub(super) fn is_variable(&self, name: &str) -> bool {
        self.frame().state.variables.contains_key(name)
    }

    pub(in crate::extract) fn lose_options(&mut self, kind: &'static str) {
        let reason = Cause::Code(kind);
        for object in self.state().options.values_mut() {
            Rc::make_mut(object).invalidate(&reason);
        }
    }

    /// Where control may jump to, nothing is known of what the function assigns anywhere.
    fn arrive_at_label(&mut self) {
        let Some(id) = self.frame().function else {
            return;
        };
        let range = self.code().function(id).range.clone();
        let outline = self.outline();
        let within = outline.statements_within(&range).into_iter();
        let mut jumps =
            within.filter(|one| matches!(one.form, StatementForm::Leave(LeaveKind::Jump)));
        if jumps.next().is_none() {
            return;
        }
        self.lose_options("a goto");
        for (name, value) in &mut self.state().variables {
            let known = matches!(value, CodeValue::Plain(value) if *value != ConstValue::Nil);
            if known && outline.is_assigned_within(name, &range) {
                *value = CodeValue::of_kind("a goto");
            }
        }
    }

    /// The names of a loop, which are its own.
    pub(in crate::extract::code) fn declare_elements(
        &mut self,
        target: Option<ExpressionId>,
        items: Option<CodeValue>,
    ) {
        if let Some(items) = items {
            self.escape(items, &Cause::Code("a loop"));
        }
        let code = self.code();
        for target in target.map_or_else(Vec::new, |target| list_of(code, target)) {
            if let CodeExpressionForm::Name(name) = &code.expression(target).form {
                let value = match self.own_values {
                    Some(_) => CodeValue::unknown(Cause::Expression(name.clone())),
                    None => CodeValue::of_kind("a loop"),
                };
                self.declare(name, value);
            }
        }
    }

    fn assign_all(&mut self, target: ExpressionId, value: ExpressionId, at: AssignmentPlace<'p>) {
        let code = self.code();
        let (targets, given) = (list_of(code, target), list_of(code, value));
        let is_name =
            |id: &ExpressionId| matches!(code.expression(*id).form, CodeExpressionForm::Name(_));
        // `_ = err` looks at nothing.
        if targets.iter().all(|target| code.text(*target) == "_") && given.iter().all(is_name) {
            return;
        }
        let values = match self.running_total(target, value) {
            Some(total) => vec![total],
            None => self.values(&given, targets.len()),
        };
        for (index, (target, value)) in targets.into_iter().zip(values).enumerate() {
            self.assign_one(target, value, given.get(index).copied(), at);
        }
    }

    /// What is computed of a variable for itself: figures of its type may not hold that.
    fn running_total(&mut self, target: ExpressionId, value: ExpressionId) -> Option<CodeValue> {
        let code = self.code();
        let CodeExpressionForm::Binary(_, left, right) = &code.expression(value).form else {
            return None;
        };
        if *left != target {
            return None;
        }
        self.value(*right);
        Some(CodeValue::of_kind(
            match code.expression(*right).range.is_empty() {
                true => "a counter",
                false => "a running total",
            },
        ))
    }

    /// The values of a list of expressions; one call may give several.
    pub(super) fn values(&mut self, given: &[ExpressionId], wanted: usize) -> Vec<CodeValue> {
        let mut values: Vec<_> = given.iter().map(|value| self.value(*value)).collect();
        if values.len() == 1
            && wanted > 1
            && let Some(only) = values.pop()
        {
            values = match only {
                CodeValue::Several(values) if values.len() == wanted => values,
                other => {
                    self.escape(other, &Cause::Code("several variables"));
                    let cause = given.first().map(|id| self.quote(*id));
                    let cause = cause.unwrap_or_else(|| Cause::Expression(String::new()));
                    vec![CodeValue::unknown(cause); wanted]
                }
            };
        }
        values
    }

    fn assign_one(
        &mut self,
        target: ExpressionId,
        value: CodeValue,
        expression: Option<ExpressionId>,
        at: AssignmentPlace<'p>,
    ) {
        let code = self.code();
        match &code.expression(target).form {
            CodeExpressionForm::Name(name) => {
                let by_value = expression.is_some_and(|e| self.is_value(e));
                self.hold(name, by_value && matches!(value, CodeValue::Options(_)));
                self.assign_name(name, target, value, at);
            }
            CodeExpressionForm::Member(base, field) => {
                self.assign_field((target, *base, field), value, expression, at);
            }
            CodeExpressionForm::Unary("*", pointer) => self.assign_through(*pointer, value),
            form => {
                for part in form.parts() {
                    self.value(part);
                }
                self.escape(value, &Cause::Code("another value"));
            }
        }
    }

    fn assign_name(
        &mut self,
        name: &'p str,
        target: ExpressionId,
        value: CodeValue,
        at: AssignmentPlace<'p>,
    ) {
        let span = self.code().span(target);
        self.name_value(name, span, value, at);
    }

    fn name_value(
        &mut self,
        name: &'p str,
        span: crate::source::Span,
        value: CodeValue,
        at: AssignmentPlace<'p>,
    ) {
        if name == "_" {
            if let CodeValue::Error(errors) = &value {
                self.error_discarded(errors, span);
            }
            return;
        }
        let owned = at.declares || self.is_variable(name);
        match &value {
            CodeValue::Error(errors) => match owned && !self.is_captured(name) {
                true => self.error_bound(errors, span),
                false => self.error_lost(errors),
            },
            CodeValue::Options(id) => self.set_insertion_point(*id, name, at),
            _ => {}
        }
        if at.declares {
            self.declare(name, value);
        } else if !owned {
            self.escape(value, &Cause::CodeVariable(name.to_owned()));
        } else {
            self.state().variables.insert(name.to_owned(), value);
        }
    }

    /// Whether a function literal uses a variable of the function around it that is being read.
    fn is_captured(&self, name: &str) -> bool {
        let frame = self.frame();
        let around = frame.typed.literals.last().copied().or(frame.function);
        let Some(around) = around else { return false };
        let outline = self.outline();
        let range = outline.function(around).range.clone();
        let mut mentions = outline.mentions_within(name, range);
        mentions.any(|mention| {
            let mut inner = outline.function_of(mention);
            // The outermost literal that holds it.
            while let Some(function) = inner.filter(|inner| *inner != around) {
                let outer = outline
                    .closure(function)
                    .and_then(|closure| outline.function_of(closure));
                if outer == Some(around) || outer.is_none() {
                    let form = outline.function(function);
                    let mut parameters = form.parameters.iter();
                    let own = parameters.any(|parameter| parameter.name == name)
                        || !outline.declared_within(name, &form.range).is_empty();
                    return !own;
                }
                inner = outer;
            }
            false
        })
    }

    /// `opts.Field = value`.
    fn assign_field(
        &mut self,
        (target, base, field): (ExpressionId, ExpressionId, &'p str),
        value: CodeValue,
        expression: Option<ExpressionId>,
        at: AssignmentPlace<'p>,
    ) {
        let written = expression.unwrap_or(target);
        if let Some((id, ident)) = self.inner_field(base, field) {
            return self.write_path(id, &ident, value, written);
        }
        let code = self.code();
        if let CodeExpressionForm::Call(call) = &code.expression(base).form
            && self.write_live(call, field, &value, written)
        {
            return;
        }
        match self.place_of(base) {
            CodeValue::Options(id) => {
                let receiver = code.text(base);
                return self.write_field(id, field, value, written, (at.statement(), receiver));
            }
            CodeValue::Struct(fields) => {
                if let Some(id) = self.embedded_with(&fields, field) {
                    return self.write_path(id, field, value, written);
                }
                if let CodeExpressionForm::Name(name) = &code.expression(base).form {
                    let mut fields = (*fields).clone();
                    fields.insert(field.to_owned(), value);
                    if let Some(held) = self.state().variables.get_mut(name) {
                        *held = CodeValue::Struct(Rc::new(fields));
                    }
                    return;
                }
            }
            _ => {}
        }
        if let CodeValue::Options(id) = value {
            self.note_holder(id, field);
        }
        let to = self.quote(target).in_marks();
        self.escape(value, &to);
    }

    /// The options that a struct embeds and that have an option of this name: the struct's own field.
    pub(super) fn embedded_with(
        &self,
        fields: &BTreeMap<String, CodeValue>,
        field: &str,
    ) -> Option<ObjectId> {
        let mut held = fields.iter().filter(|_| !fields.contains_key(field));
        held.find_map(|(name, value)| match value {
            // What is embedded is called by its type.
            CodeValue::Options(id) => {
                let object = self.options(*id)?;
                let embedded = object.option_type == *name && self.is_option(*id, field);
                embedded.then_some(*id)
            }
            _ => None,
        })
    }

    /// What is assigned to: a variable itself, not a copy of what it holds.
    fn place_of(&mut self, base: ExpressionId) -> CodeValue {
        self.held_by_name(base).unwrap_or_else(|| self.value(base))
    }

    /// The options that a variable holds or points to.
    pub(super) fn held_by_name(&self, id: ExpressionId) -> Option<CodeValue> {
        let CodeExpressionForm::Name(name) = &self.code().expression(id).form else {
            return None;
        };
        let held = self.frame().state.variables.get(name).cloned();
        held.filter(|held| matches!(held, CodeValue::Options(_)))
    }

    /// The option that `opts.Field.part` names, where `opts` is known.
    fn inner_field(&self, base: ExpressionId, part: &str) -> Option<(ObjectId, String)> {
        let CodeExpressionForm::Member(inner, outer) = &self.code().expression(base).form else {
            return None;
        };
        let CodeValue::Options(id) = self.held_by_name(*inner)? else {
            return None;
        };
        let ident = format!("{outer}.{part}");
        self.is_option(id, &ident).then_some((id, ident))
    }

    /// `*opts = redis.Options{...}`.
    fn assign_through(&mut self, pointer: ExpressionId, value: CodeValue) {
        match (self.value(pointer), value) {
            (CodeValue::Options(to), CodeValue::Options(from)) => {
                if let Some(object) = self.state().options.get(&from).cloned() {
                    self.state().options.insert(to, object);
                }
            }
            (_, value) => self.escape(value, &Cause::Code("a pointer")),
        }
    }

    fn declaration(
        &mut self,
        name: &'p str,
        ty: Option<&'p TypeForm>,
        given: Option<ExpressionId>,
        at: AssignmentPlace<'p>,
    ) {
        let value = match given {
            Some(given) => self.value(given),
            None => self.zero(ty),
        };
        let value = self.apply_type(value, ty);
        let by_value = match given {
            Some(given) => self.is_value(given),
            None => !ty.is_some_and(TypeForm::is_pointer),
        };
        self.hold(name, by_value && matches!(value, CodeValue::Options(_)));
        if let (CodeValue::Options(id), None) = (&value, self.frame().function) {
            self.note_holder(*id, name);
        }
        let span = self.code().excerpt.span(at.statement().range.clone());
        self.name_value(name, span, value, at);
    }

    fn zero(&mut self, ty: Option<&TypeForm>) -> CodeValue {
        let Some(ty) = ty else {
            return CodeValue::of_kind("a declaration");
        };
        if !ty.is_pointer()
            && let Some((library, option_type)) = self.option_type(ty)
        {
            return CodeValue::Options(self.new_options(library, option_type));
        }
        if let Some(settings) = self.no_settings(ty) {
            return settings;
        }
        let zero = ty.written().and_then(|ty| self.words()?.zero_of(&ty));
        zero.map_or_else(|| CodeValue::of_kind("a declaration"), CodeValue::Plain)
    }

    /// A value that is declared with a type: an untyped figure becomes a duration there.
    pub(super) fn apply_type(&self, value: CodeValue, ty: Option<&TypeForm>) -> CodeValue {
        match (value, ty) {
            (CodeValue::Plain(value), Some(ty)) if self.is_duration(ty) => {
                CodeValue::Plain(crate::extract::code::fold::to_duration(value))
            }
            (value, _) => value,
        }
    }

    /// A parameter of an option type is an object of which nothing is known yet.
    pub(super) fn declare_parameter(&mut self, name: &str, ty: Option<&TypeForm>) {
        let cause = Cause::Expression(name.to_owned());
        let options = ty.and_then(|ty| self.option_type(ty));
        let is_options = options.is_some();
        let value = match options {
            Some((library, option_type)) => {
                let id = self.new_options(library, option_type);
                if let Some(object) = self.options_mut(id) {
                    object.rest_unknown = Some(cause);
                    object.is_parameter = true;
                }
                CodeValue::Options(id)
            }
            None => CodeValue::unknown(cause),
        };
        self.hold(name, is_options && !ty.is_some_and(TypeForm::is_pointer));
        self.declare(name, value);
    }

    /// Parameters of a function that is run for itself, and its named results.
    pub(super) fn declare_parameters(&mut self, function: &FunctionForm) {
        for parameter in named(&function.parameters) {
            self.declare_parameter(&parameter.name, parameter.ty.as_ref());
        }
        for (name, ty) in &function.results {
            if let Some(name) = name {
                self.declare_parameter(name, Some(ty));
            }
        }
    }

    /// Gives parameters what a call gives them.
    pub(super) fn bind_parameters(&mut self, function: &FunctionForm, values: Vec<CodeValue>) {
        let mut values = values.into_iter();
        for parameter in &function.parameters {
            let name = &parameter.name;
            if parameter.takes != ParameterTakes::One {
                self.declare(name, CodeValue::of_kind("arguments"));
                continue;
            }
            let ty = parameter.ty.as_ref();
            if name.is_empty() {
                continue;
            }
            if let Some(value) = values.next() {
                let value = self.apply_type(value, ty);
                self.hold_parameter(name, ty, &value);
                self.declare(name, value);
            }
        }
        for value in values {
            self.escape(value, &Cause::Code("an argument"));
        }
    }

    pub(super) fn hold_parameter(&mut self, name: &str, ty: Option<&TypeForm>, value: &CodeValue) {
        let pointer = ty.is_some_and(TypeForm::is_pointer);
        self.hold(name, !pointer && matches!(value, CodeValue::Options(_)));
    }

    pub(super) fn push_results(&mut self, function: &FunctionForm) {
        let named = function.results.iter().filter_map(|(name, _)| name.clone());
        let named = named.collect();
        self.frame_mut().typed.results.push(named);
    }

    pub(super) fn pop_results(&mut self) {
        self.frame_mut().typed.results.pop();
    }

    fn return_values(&mut self, list: Option<ExpressionId>) {
        let code = self.code();
        let given = list.map_or_else(Vec::new, |list| list_of(code, list));
        // A literal that is read where it stands gives its values to nobody who is looked at.
        let running = self.frame().typed.in_place && self.frame().typed.literals.is_empty();
        let mut values = Vec::new();
        if given.is_empty() {
            let results = self.frame().typed.results.last().cloned();
            for name in results.unwrap_or_default() {
                values.push(self.read_returned(&name, running));
            }
        }
        for id in given {
            let name = match &code.expression(id).form {
                CodeExpressionForm::Name(name) if self.is_variable(name) => Some(name),
                _ => None,
            };
            values.push(match name {
                Some(name) => self.read_returned(name, running),
                None => self.value(id),
            });
        }
        if let [CodeValue::Several(_)] = values.as_slice()
            && let Some(CodeValue::Several(several)) = values.pop()
        {
            values = several;
        }
        if running {
            self.give_back(CodeValue::Several(values));
        } else {
            for value in values {
                if let CodeValue::Options(id) = value {
                    self.note_handing_out(id);
                }
                self.escape(value, &Cause::Code("a caller"));
            }
        }
        self.state().dead = true;
    }

    /// A variable that is returned: to a caller who is looked at too, or away.
    fn read_returned(&mut self, name: &str, running: bool) -> CodeValue {
        let value = self.state().variables.get(name).cloned();
        if let Some(CodeValue::Error(errors)) = &value
            && !running
        {
            let errors = errors.clone();
            self.error_checked(&errors);
        }
        value.unwrap_or_else(|| CodeValue::of_kind("a result"))
    }
}

/// The variable that holds what a statement gave.
fn given_name(range: &Range<usize>) -> String {
    format!(" {}..{}", range.start, range.end)
}

/// The variable that holds what patterns are held against.
fn matched_name(value: ExpressionId) -> String {
    format!(" {}", value.0)
}

/// The parameters that have a name.
fn named(parameters: &[ParameterForm]) -> impl Iterator<Item = &ParameterForm> {
    parameters
        .iter()
        .filter(|parameter| !parameter.name.is_empty())
}
