//! Flags of the command line: what a value is where its flag is not given. `flag.Int("pool", 10, "..")`
//! gives a pointer to it, `flag.IntVar(&size, "pool", 10, "..")` writes a variable or a field. That a
//! flag is given is seen nowhere, so that every such value is a fallback.

use crate::extract::code::fold;
use crate::extract::code::form::{CallForm, CodeExpressionForm, ExpressionId, StatementForm};
use crate::extract::code::interpreter::CodeInterpreter;
use crate::extract::code::scope::{DeclaredValue, list_of};
use crate::extract::code::value::{CodeValue, FileAt};
use crate::facts::cause::Cause;
use crate::facts::raw::ConstValue;
use crate::knowledge::languages::FlagKind;

/// A call that defines a flag.
struct FlagCall {
    kind: FlagKind,
    /// What is written, where the call is given a pointer.
    target: Option<ExpressionId>,
    default: ExpressionId,
}

impl<'p> CodeInterpreter<'p, '_> {
    /// The value of a flag that a call defines; what it writes is known from then on.
    pub(super) fn define_flag(&mut self, id: ExpressionId, call: &CallForm) -> Option<CodeValue> {
        let flag = self.flag_call(self.here(), call)?;
        let cause = self.quote(id).in_marks();
        let value = self.default_of_flag((self.here(), &flag), cause)?;
        let Some(target) = flag.target else {
            return Some(value);
        };
        if let CodeExpressionForm::Name(name) = &self.code().expression(target).form
            && let Some(held) = self.state().variables.get_mut(name)
        {
            *held = value;
        }
        Some(CodeValue::of_kind("a flag"))
    }

    /// What a variable of the package is where the only flag that writes it is not given.
    pub(super) fn variable_of_flag(&mut self, name: &str, id: ExpressionId) -> Option<CodeValue> {
        let scope = self.scope();
        if !scope.has_flags || !scope.variables.contains_key(name) || scope.is_named_beyond(name) {
            return None;
        }
        let cause = self.quote(id);
        self.only_flag(cause, |run, file, target| {
            let code = run.project.file(file);
            matches!(&code.expression(target).form, CodeExpressionForm::Name(own) if own == name)
        })
    }

    /// The same of a field of a struct of the package.
    pub(super) fn field_of_flag(
        &mut self,
        holder: ExpressionId,
        field: &str,
        id: ExpressionId,
    ) -> Option<CodeValue> {
        let scope = self.scope();
        if !scope.has_flags || scope.is_named_beyond(field) {
            return None;
        }
        let (_, of) = self.struct_of(self.type_of(holder, 0)?, 0)?;
        let cause = self.quote(id);
        self.only_flag(cause, |run, file, target| {
            let code = run.project.file(file);
            let CodeExpressionForm::Member(operand, own) = &code.expression(target).form else {
                return false;
            };
            if own != field {
                return false;
            }
            let held = run.in_file(file, |run| run.type_of(*operand, 0));
            let held = held.and_then(|ty| run.struct_of(ty, 0));
            held.is_some_and(|(_, fields)| std::ptr::eq(fields, of))
        })
    }

    /// Looks something up as another file sees it.
    fn in_file<T>(&mut self, file: FileAt, look: impl FnOnce(&mut Self) -> T) -> T {
        let frame = self.new_frame(file, None);
        self.frames.push(frame);
        let found = look(self);
        self.frames.pop();
        found
    }

    /// The default of the one flag of the package whose target is meant.
    fn only_flag(
        &mut self,
        cause: Cause,
        is_meant: impl Fn(&mut Self, FileAt, ExpressionId) -> bool,
    ) -> Option<CodeValue> {
        if !self.may_look_through(self.length_of_package()) {
            return None;
        }
        let mut found = Vec::new();
        let mut changes = 0;
        for file in self.own_files() {
            let code = self.project.file(file);
            let mut changed: Vec<ExpressionId> = Vec::new();
            code.visit_statements(|statement| match &statement.form {
                StatementForm::Assign {
                    targets,
                    declares: false,
                    ..
                } => {
                    changed.extend(targets.iter().flat_map(|target| list_of(code, *target)));
                }
                StatementForm::Loop(form) => {
                    changed.extend(form.target.iter().flat_map(|target| list_of(code, *target)));
                }
                _ => {}
            });
            for expression in &code.expressions {
                match &expression.form {
                    CodeExpressionForm::Call(call) => {
                        let Some(flag) = self.flag_call(file, call) else {
                            continue;
                        };
                        if flag
                            .target
                            .is_some_and(|target| is_meant(self, file, target))
                        {
                            found.push((file, flag));
                        }
                    }
                    CodeExpressionForm::Unary("&", operand) => changed.push(*operand),
                    _ => {}
                }
            }
            let meant = changed.into_iter();
            changes += meant.filter(|target| is_meant(self, file, *target)).count();
        }
        let [(file, flag)] = &found[..] else {
            return None;
        };
        // The flag itself takes the address; whatever else does or assigns may write another value.
        if changes > 1 {
            return None;
        }
        self.default_of_flag((*file, flag), cause)
    }

    fn default_of_flag(
        &mut self,
        (file, flag): (FileAt, &FlagCall),
        cause: Cause,
    ) -> Option<CodeValue> {
        let declared = DeclaredValue {
            file,
            value: Some(flag.default),
            ty: None,
        };
        let CodeValue::Plain(value) = self.evaluate_declared("a default", &declared) else {
            return None;
        };
        let value = match flag.kind {
            FlagKind::Duration => fold::to_duration(value),
            FlagKind::Other => value,
        };
        let known = !matches!(value, ConstValue::Unknown(_) | ConstValue::Fallback(_));
        known.then(|| CodeValue::Plain(fold::with_fallback(cause, None, value)))
    }

    /// The call of a flag package, or of a set of its flags: the default stands before the sentence of
    /// help.
    fn flag_call(&self, file: FileAt, call: &CallForm) -> Option<FlagCall> {
        let code = self.project.file(file);
        let CodeExpressionForm::Member(_, name) = &code.expression(call.callee).form else {
            return None;
        };
        let names = self.names_of(file)?;
        let rows = self.words()?.flag_packages().iter();
        let mut rows = rows.filter(|row| row.defines(name));
        let row = rows.find(|row| {
            let mut imports = names.other_packages();
            imports.any(|path| row.import_paths.iter().any(|own| own == path))
        })?;
        let arguments: Vec<ExpressionId> = call.arguments.iter().map(|a| a.value).collect();
        let (target, rest) = match (row.writes(name), &arguments[..]) {
            (true, [target, rest @ ..]) => (Some(*target), rest),
            (true, []) => return None,
            (false, rest) => (None, rest),
        };
        // The name is a text, or one that is put before another.
        let is_text = |id: &ExpressionId| code.text(*id).contains('"');
        let default = match rest {
            [name, default, _] | [name, _, default, _] if is_text(name) => *default,
            _ => return None,
        };
        let target = match target.map(|target| &code.expression(target).form) {
            Some(CodeExpressionForm::Unary("&", operand)) => Some(*operand),
            Some(_) => return None,
            None => None,
        };
        Some(FlagCall {
            kind: row.kind(name),
            target,
            default,
        })
    }
}
